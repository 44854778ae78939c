"""A `Table` made readable: CSV, XLSX, Parquet, JSON, HTML."""
