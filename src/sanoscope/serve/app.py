"""The application as it is served: the pages and the API, behind a door, observed."""

import os
from pathlib import Path

import anyio.to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from sanoscope import logs
from sanoscope import workspace as workspaces
from sanoscope.serve.door import Door
from sanoscope.serve.metrics import Metrics, metrics_route
from sanoscope.serve.observe import Observed, Routes
from sanoscope.serve.places import Places
from sanoscope.web import app as web
from sanoscope.workspace import Workspace

PLACE = "SANOSCOPE_ESPACE"
"""Variable by which a process is told the workspace that it serves."""

COMPLETE = "SANOSCOPE_COMPLET"
"""Variable by which a process is told that it may give small counts to those who may see them."""

SPARE = 16
"""Threads beyond those of the requests at work: for what is never refused (health, metrics, files)."""


def create_app(workspace: Workspace, *, complete: bool = False) -> ASGIApp:
    """Return the application of a workspace, as it is served; ``complete``: small counts too, for who may see them."""
    settings = workspace.settings
    app = web.create_app(workspace, complete=complete)
    metrics = Metrics(workspace, app.state.service)
    app.include_router(metrics_route(metrics, settings.metriques))
    places = Places(settings.requetes, settings.requetes_en_attente, settings.attente, seen=metrics.places)
    door = Door(app, places, waited=metrics.waited.observe, refused=metrics.refused.inc)
    return Threads(Observed(door, Routes(app), metrics), settings.requetes + SPARE)


def of_environment() -> ASGIApp:
    """Return the application of the workspace that `PLACE` names: what each of several processes does."""
    place = workspaces.load(Path(os.environ[PLACE]))
    logs.configure(place.settings)
    logs.guard()
    return create_app(place, complete=COMPLETE in os.environ)


class Threads:
    """ASGI middleware: as many threads as there may be work for (the default is 40).

    Args:
        app: who answers.
        threads: how many.
    """

    def __init__(self, app: ASGIApp, threads: int) -> None:
        self._app, self._threads, self._told = app, threads, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if not self._told:  # the threads are those of the event loop that runs
            anyio.to_thread.current_default_thread_limiter().total_tokens = self._threads
            self._told = True
        await self._app(scope, receive, send)
