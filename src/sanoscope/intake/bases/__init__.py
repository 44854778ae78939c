"""A base of stays that somebody has already, received as its files would be, by a mapping of its columns to ours."""
