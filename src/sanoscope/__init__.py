"""Sanoscope: from PMSI files to published tables that give no small count away."""

from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sanoscope.client import Client, Reponse

__all__ = ["Client", "Reponse", "__version__"]
__version__ = version("sanoscope")


def __getattr__(name: str) -> object:
    """Return what notebooks import from here, loaded when it is asked for: the package alone stays cheap."""
    if name in ("Client", "Reponse"):
        from sanoscope import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
