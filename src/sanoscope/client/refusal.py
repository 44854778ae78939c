"""A refusal of the API (problem+json) as the error that it was where it was made."""

import json
from typing import Any

from sanoscope.client.transport import Reply
from sanoscope.errors import (
    BusyError,
    CriterionError,
    ForbiddenError,
    LaterError,
    NotFoundError,
    SanoscopeError,
    SignInError,
    TooLongError,
    TooOftenError,
)

KINDS: dict[int, type[SanoscopeError]] = {
    400: CriterionError,
    401: SignInError,
    403: ForbiddenError,
    404: NotFoundError,
    429: TooOftenError,
    503: BusyError,
    504: TooLongError,
}
"""What is raised, by the status of the answer; a `SanoscopeError` for all else."""


def refusal(reply: Reply, place: str) -> SanoscopeError:
    """Return the error that an answer tells, with its code, its message, what is allowed, what to do.

    Args:
        reply: an answer whose status is not of success.
        place: who answered.
    """
    try:
        told: Any = json.loads(reply.body)
        code, message, allowed, todo = told["code"], told["title"], told["admis"], told["conseil"]
    except (ValueError, KeyError, TypeError):
        return SanoscopeError(
            "reponse-illisible",
            f"« {place} » a répondu {reply.status} sans dire pourquoi.",
            todo="Vérifiez que cette adresse est celle d'un Sanoscope, sans rien après le nom du site.",
        )
    kind = KINDS.get(reply.status, SanoscopeError)
    if issubclass(kind, LaterError):
        after = reply.headers.get("retry-after", "")
        return kind(code, message, todo=todo, after=int(after) if after.isdigit() else 0)
    return kind(code, message, allowed=allowed, todo=todo)
