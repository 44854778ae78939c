"""What a request passes before it is answered: its size, then a place at work. What is refused costs next to nothing.

A body is received whole, within its size and its time, before a place is asked for: whoever sends slowly holds none.
A reader who goes away while he waits gives his turn back.
"""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sanoscope.api.limits import ADDRESS_LARGEST
from sanoscope.api.posted import LARGEST
from sanoscope.errors import SanoscopeError
from sanoscope.sentence import Sentence
from sanoscope.serve.places import Places
from sanoscope.web.app import Protected
from sanoscope.web.language import ByAddress
from sanoscope.web.site import refusal

LARGEST_BODY = 4 * LARGEST
"""Bytes of a body: beyond what any form takes, which says better what is too much of it."""

SENDING = 10.0
"""Seconds that a body may take to come."""

ALWAYS = ("/sante", "/metrics", "/static")
"""Addresses that are answered however many requests there are."""


class GoneError(Exception):
    """The reader went away before he was answered."""


class Door:
    """ASGI middleware: sizes, then a place.

    Args:
        app: who answers.
        places: those that there are.
        waited: told how long each request waited for its place (s).
        refused: told each time that there was none.
    """

    def __init__(
        self,
        app: ASGIApp,
        places: Places,
        *,
        waited: Callable[[float], None] = lambda _: None,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        self._app, self._places = app, places
        self._waited, self._refused = waited, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why it is not."""
        if scope["type"] != "http" or _always(scope["path"]):
            await self._app(scope, receive, send)
            return
        if len(scope["raw_path"]) + len(scope["query_string"]) > ADDRESS_LARGEST:
            await _refuse(_too_long_an_address(), 414, scope, receive, send)
            return
        try:
            body = await _whole(receive)
        except GoneError:
            return
        except SanoscopeError as error:
            await _refuse(error, 413 if error.code == "envoi-trop-grand" else 408, scope, receive, send)
            return
        await self._answer(body, scope, receive, send)

    async def _answer(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        began = asyncio.get_running_loop().time()
        try:
            await _unless_gone(self._places.take(), receive)
        except GoneError:
            return
        except SanoscopeError as error:
            self._refused()
            await _refuse(error, 503, scope, receive, send)
            return
        try:
            waited = asyncio.get_running_loop().time() - began
            scope.setdefault("state", {})["attente"] = waited
            self._waited(waited)
            await self._app(scope, _again(body, receive), send)
        finally:
            self._places.give()


def _always(path: str) -> bool:
    return any(path == start or path.startswith(f"{start}/") for start in ALWAYS)


async def _whole(receive: Receive) -> bytes:
    """Return the body of a request.

    Raises:
        GoneError: the reader went away.
        SanoscopeError: ``envoi-trop-grand`` or ``envoi-trop-lent``.
    """
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(SENDING):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise GoneError
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > LARGEST_BODY:
                    raise SanoscopeError(
                        "envoi-trop-grand",
                        Sentence("Ce qui est envoyé est trop grand."),
                        allowed=[f"{LARGEST_BODY // 1024} Ko au plus"],
                    )
    except TimeoutError as error:
        raise SanoscopeError(
            "envoi-trop-lent",
            Sentence("Ce qui est envoyé n'est pas arrivé à temps."),
            allowed=[f"{SENDING:.0f} s"],
            todo=Sentence("Réessayez."),
        ) from error
    return bytes(body)


async def _unless_gone(turn: Awaitable[None], receive: Receive) -> None:
    """Wait for a turn as long as the reader is there.

    Raises:
        GoneError: he went away.
        SanoscopeError: he has no turn.
    """
    mine, gone = asyncio.ensure_future(turn), asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((mine, gone), return_when=asyncio.FIRST_COMPLETED)
        if mine.done():
            mine.result()
            return
        raise GoneError
    finally:
        for task in (mine, gone):
            task.cancel()
        await asyncio.gather(mine, gone, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was received, then what comes after it."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


async def _refuse(error: SanoscopeError, status: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with an error, in the language of the address, and let go of the connection."""

    async def page(inner: Scope, receive: Receive, send: Send) -> None:
        said = refusal(Request(inner), error, status)
        said.headers["Connection"] = "close"
        await said(inner, receive, send)

    await Protected(ByAddress(page))(scope, receive, send)


def _too_long_an_address() -> SanoscopeError:
    return SanoscopeError(
        "adresse-trop-longue",
        Sentence("Cette adresse est trop longue."),
        allowed=[f"{ADDRESS_LARGEST // 1024} Ko au plus"],
        todo=Sentence("Pour un grand ensemble d'établissements, enregistrez un panier et donnez son nom."),
    )
