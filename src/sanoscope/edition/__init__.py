"""Immutable, named editions made from the last valid transmissions."""
