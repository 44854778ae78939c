"""Answers as SDMX: what a restitution's data structure is, what states become, messages of data."""
