"""What is posted: from our own pages or from no page at all, of a bounded size."""

from urllib.parse import urlsplit

from fastapi import Request

from sanoscope.errors import CriterionError, RefusedError
from sanoscope.sentence import Sentence

LARGEST = 256 * 1024
"""Bytes of a post: a list of 500 establishments with their names is 60 kB."""


async def received(request: Request, largest: int, todo: str) -> bytes:
    """Return the body of a request.

    Args:
        request: it.
        largest: bytes that it may have.
        todo: what to do where it has more.

    Raises:
        CriterionError: ``envoi-trop-grand``.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            raise CriterionError(
                "envoi-trop-grand",
                Sentence("Ce qui est envoyé est trop grand."),
                allowed=[f"{largest // 1024} Ko au plus"],
                todo=todo,
            )
    return bytes(body)


def check_origin(request: Request, *, strict: bool = False) -> None:
    """Do nothing if a post comes from our own pages, or from no page at all (a command).

    Browsers say where a post comes from in ``Sec-Fetch-Site``, older ones in ``Origin``, and pages cannot forge
    either (the Fetch standard's forbidden headers).

    Args:
        request: the post.
        strict: in a session, whose cookie is trusted: it must come from our own pages, and say so.

    Raises:
        RefusedError: ``envoi-etranger``: it comes from another site.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin" or (site == "none" and not strict)
    elif origin is not None:
        ours = urlsplit(origin).netloc == request.headers.get("host")
    else:
        ours = not strict
    if not ours:
        raise RefusedError(
            "envoi-etranger",
            Sentence("Cet envoi vient d'un autre site ; rien n'a été fait."),
            todo=Sentence("Ouvrez la page de ce site qui a ce formulaire, et envoyez de là."),
        )
