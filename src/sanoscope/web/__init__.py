"""Server-made pages: form and result."""
