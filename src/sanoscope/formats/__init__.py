"""Record layouts of e-PMSI files by kind and year, as data."""
