"""The HTTP API: criteria in, bytes of a `Table` out."""
