"""Who asks, from a request: as whoever let it in has told."""

from dataclasses import replace

from fastapi import Request

from sanoscope.access.reader import ANYBODY, Reader
from sanoscope.query.criteria import Query
from sanoscope.query.origin import signed
from sanoscope.query.table import Table
from sanoscope.workspace import Settings

STATE = "lecteur"
"""Where a request has its reader, in the state of its ASGI scope."""


def reader(request: Request) -> Reader:
    """Return who asks; anybody where nobody said who."""
    found: Reader = request.scope.get("state", {}).get(STATE, ANYBODY)
    return found


def site_of(request: Request, settings: Settings) -> str:
    """Return the public address of the site, without a last slash: the settings', else the one that is read."""
    return settings.adresse or str(request.base_url).rstrip("/")


def for_a_file(request: Request, query: Query, table: Table, settings: Settings) -> Table:
    """Return an answer as it leaves the site: with its mark, and with who publishes it, where."""
    return signed(with_mark(request, query, table), settings, site_of(request, settings))


def with_mark(request: Request, query: Query, table: Table) -> Table:
    """Return an answer with its mark where it tells small counts."""
    return replace(table, mark=reader(request).mark()) if query.version else table
