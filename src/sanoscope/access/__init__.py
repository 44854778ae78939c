"""Who asks: the `Scope` of a query."""
