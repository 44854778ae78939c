"""Versioned code systems and reference tables."""
