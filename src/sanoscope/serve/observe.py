"""What is known of a request once it is answered: a line of the log, metrics, an identifier. None of what it holds."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sanoscope import logs
from sanoscope.query.criteria import CRITERIA, DATE
from sanoscope.query.reading import Reading, reading
from sanoscope.serve.metrics import Metrics
from sanoscope.web.language import without_language
from sanoscope.web.routing import flat

IDENTIFIER = "X-Request-ID"
"""Header of every answer: the identifier of its line. That of a request is not read: it may hold anything."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NAMES = (*CRITERIA, DATE, "format")
"""Names of criteria that a line may have."""

OTHER = "autre"
BROKEN = "Une panne a empêché de répondre ; elle est notée sous {}."


@dataclass(slots=True)
class Exchange:
    """A request as it goes: its identifier, when it began, the status and the bytes of what was answered."""

    identifier: str = field(default_factory=lambda: uuid4().hex)
    began: float = field(default_factory=time.perf_counter)
    status: int = 0
    size: int = 0


class Routes:
    """The routes of an application, as they are declared."""

    def __init__(self, app: FastAPI) -> None:
        self._routes = tuple(flat(app.routes))

    @property
    def templates(self) -> frozenset[str]:
        """Return all there are, `OTHER` among them."""
        return frozenset({OTHER, *(route.path for route in self._routes)})

    def template(self, scope: Scope) -> str:
        """Return the route that a request is for, `OTHER` for none."""
        asked = {**scope, "path": without_language(scope["path"]), "root_path": ""}
        partial = OTHER
        for route in self._routes:
            match, _ = route.matches(asked)
            if match is Match.FULL:
                return route.path
            if match is Match.PARTIAL and partial == OTHER:
                partial = route.path
        return partial


class Observed:
    """ASGI middleware, the outermost: measures, tells, and answers for what breaks.

    Args:
        app: who answers.
        routes: to tell requests by.
        metrics: what counts them.
    """

    def __init__(self, app: ASGIApp, routes: Routes, metrics: Metrics) -> None:
        self._app, self._routes, self._metrics = app, routes, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and say what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange()
        scope = {**scope, "state": dict(scope.get("state", {}))}

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                MutableHeaders(scope=message)[IDENTIFIER] = exchange.identifier
            elif message["type"] == "http.response.body":
                exchange.size += len(message.get("body", b""))
            await send(message)

        with reading() as read:
            try:
                await self._app(scope, receive, sent)
            except Exception as error:  # what it says may hold anything: it goes no further
                self._metrics.crashes.inc()
                logs.crash(error, identifiant=exchange.identifier, route=self._routes.template(scope))
                if not exchange.status:
                    told = PlainTextResponse(BROKEN.format(exchange.identifier), 500, {"Connection": "close"})
                    await told(scope, receive, sent)
            finally:
                self._said(scope, exchange, read)

    def _said(self, scope: Scope, exchange: Exchange, read: Reading) -> None:
        route = self._routes.template(scope)
        method = scope["method"] if scope["method"] in METHODS else OTHER
        seconds = time.perf_counter() - exchange.began
        self._metrics.answered(route, method, exchange.status, seconds, read.asked)
        logs.say(
            "requete",
            "erreur" if exchange.status == 500 else "info",
            identifiant=exchange.identifier,
            route=route,
            methode=method,
            statut=exchange.status,
            ms=round(seconds * 1000, 1),
            attente_ms=round(scope["state"].get("attente", 0.0) * 1000, 1),
            octets=exchange.size,
            **_asked(scope, read),
        )


def _asked(scope: Scope, read: Reading) -> dict[str, Any]:
    """Return what a request asked: its first restitution and edition, the criteria that it names, how many more."""
    if not read.asked:
        return {}
    first = read.asked[0]
    return {
        "restitution": first.restitution,
        "edition": first.edition,
        "criteres": _criteria(scope["query_string"].decode("latin-1")),
        "questions": len(read.asked),
        "de_memoire": sum(question.kept for question in read.asked),
    }


def _criteria(query: str) -> list[str]:
    given: Iterable[str] = dict(parse_qsl(query, keep_blank_values=True))
    return [name for name in NAMES if name in given]
