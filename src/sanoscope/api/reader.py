"""Who asks, from a request: as whoever let it in has told."""

from dataclasses import replace

from fastapi import Request

from sanoscope.access.reader import ANYBODY, Reader
from sanoscope.query.criteria import Query
from sanoscope.query.table import Table

STATE = "lecteur"
"""Where a request has its reader, in the state of its ASGI scope."""


def reader(request: Request) -> Reader:
    """Return who asks; anybody where nobody said who."""
    found: Reader = request.scope.get("state", {}).get(STATE, ANYBODY)
    return found


def with_mark(request: Request, query: Query, table: Table) -> Table:
    """Return an answer with its mark where it tells small counts."""
    return replace(table, mark=reader(request).mark()) if query.version else table
