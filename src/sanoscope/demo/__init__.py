"""A synthetic country, written as official files."""
