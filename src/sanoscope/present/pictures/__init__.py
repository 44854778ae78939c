"""Pictures beside a table: Vega-Lite specifications made in Python, drawn on the server or in the browser."""
