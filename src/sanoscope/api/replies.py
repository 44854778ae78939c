"""What replies have in common: how long they are kept, and how a refusal is said."""

from typing import Any

import orjson
from fastapi import Response

from sanoscope.api.shapes import Problem
from sanoscope.errors import (
    CriterionError,
    ForbiddenError,
    LaterError,
    NotAcceptableError,
    NotFoundError,
    NotYetError,
    RefusedError,
    SanoscopeError,
    SignInError,
    TooLongError,
    TooOftenError,
    UnsupportedError,
)

PROBLEM = "application/problem+json"
"""The media type of a refusal (RFC 9457)."""

LASTING, BRIEF = "public, max-age=31536000, immutable", "public, max-age=300"
"""A year, in seconds; five minutes, as another edition may be published."""


OWN = "private, no-store"
"""What is for one reader: nobody else keeps it."""


def cache_control(edition: str = "", *, own: bool = False) -> dict[str, str]:
    """Return the header that says how long a reply may be kept.

    Args:
        edition: the one that the question names, which never changes; "" for those that are published.
        own: it is not for everybody.
    """
    return {"Cache-Control": OWN if own else LASTING if edition else BRIEF}


STATUSES = {
    ForbiddenError: 403,
    CriterionError: 400,
    RefusedError: 403,
    SignInError: 401,
    NotFoundError: 404,
    NotYetError: 409,
    TooOftenError: 429,
    TooLongError: 504,
    NotAcceptableError: 406,
    UnsupportedError: 501,
}
"""The status of an answer by what is wrong, the first that fits; 503 for all else: nothing that was asked is wrong."""


def status_of(error: SanoscopeError) -> int:
    """Return the status of the answer that says an error."""
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 503)


def again(error: SanoscopeError) -> dict[str, str]:
    """Return the header that says how, or when, trying again may make sense, where it may."""
    if isinstance(error, SignInError):
        return {"WWW-Authenticate": 'Bearer realm="Sanoscope"'}
    return {"Retry-After": str(error.after)} if isinstance(error, LaterError) else {}


def problem(error: SanoscopeError, status: int = 0) -> Response:
    """Return an error as problem+json (RFC 9457), with the status that goes with it where none is given."""
    status = status or status_of(error)
    return Response(orjson.dumps(described(error, status)), status, again(error), PROBLEM)


def described(error: SanoscopeError, status: int = 0) -> dict[str, Any]:
    """Return an error as the object that its problem+json is."""
    return {
        "type": f"urn:sanoscope:erreur:{error.code}",
        "title": error.message,
        "status": status or status_of(error),
        "code": error.code,
        "admis": error.allowed[:200],
        "conseil": error.todo,
    }


_SAID = {PROBLEM: {"schema": Problem.model_json_schema()}}

REFUSED: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Requête refusée : le code dit pourquoi", "content": _SAID},
    501: {"description": "Ce service ne fait pas cela", "content": _SAID},
    503: {"description": "Rien n'est répondu pour l'instant", "content": _SAID},
    504: {"description": "La question prend plus de temps qu'il n'en est accordé", "content": _SAID},
}
"""What the description of every route says of its refusals."""


def refusals(criterion: str, unknown: str) -> dict[int | str, dict[str, Any]]:
    """Return what the description of a route says besides of its refusals: of a criterion, of what is not there."""
    said = {400: criterion, 404: unknown}
    return {status: {"description": what, "content": _SAID} for status, what in said.items()}


def given(model: Any, description: str = "") -> dict[int | str, dict[str, Any]]:
    """Return what the description of a route says of its answer, from a shape or a list of them."""
    return {200: {"model": model, "description": description or "Ce qui est demandé"}}
