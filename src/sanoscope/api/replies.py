"""What replies have in common: how long they are kept, and how a refusal is said."""

from typing import Any

import orjson
from fastapi import Response

from sanoscope.errors import CriterionError, NotFoundError, SanoscopeError

PROBLEM = "application/problem+json"
"""The media type of a refusal (RFC 9457)."""

LASTING, BRIEF = "public, max-age=31536000, immutable", "public, max-age=300"
"""A year, in seconds; five minutes, as another edition may be published."""


def cache_control(edition: str = "") -> dict[str, str]:
    """Return the header that says how long a reply may be kept.

    Args:
        edition: the one that the question names, which never changes; "" for those that are published.
    """
    return {"Cache-Control": LASTING if edition else BRIEF}


def problem(error: SanoscopeError) -> Response:
    """Return an error as problem+json (RFC 9457)."""
    status = 404 if isinstance(error, NotFoundError) else 400 if isinstance(error, CriterionError) else 503
    body = {
        "type": f"urn:sanoscope:erreur:{error.code}",
        "title": error.message,
        "status": status,
        "code": error.code,
        "admis": error.allowed[:200],
        "conseil": error.todo,
    }
    return Response(orjson.dumps(body), status, media_type=PROBLEM)


def refusals(criterion: str, unknown: str) -> dict[int | str, dict[str, Any]]:
    """Return what the description of a route says of its refusals: of a criterion, of what is not there."""
    said = {400: criterion, 404: unknown}
    return {status: {"description": what, "content": {PROBLEM: {}}} for status, what in said.items()}
