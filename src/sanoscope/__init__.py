"""Sanoscope: from PMSI files to published tables that give no small count away."""

from importlib.metadata import version

__version__ = version("sanoscope")
