"""From e-PMSI files and archives to typed Parquet; what breaks the layout goes to quarantine."""
