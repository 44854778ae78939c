"""The same tables from Python: a `Client` on the address of a site or on a workspace, with the same code."""

from sanoscope.client.client import Client
from sanoscope.client.reponse import Reponse

__all__ = ["Client", "Reponse"]
