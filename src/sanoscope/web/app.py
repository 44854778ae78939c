"""The application: pages and API on one service, errors that teach, headers that protect."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sanoscope import __version__
from sanoscope.api.codes import code_routes
from sanoscope.api.config import config_routes
from sanoscope.api.criteria import criteria_routes
from sanoscope.api.describing import describing_routes
from sanoscope.api.description import describe
from sanoscope.api.editions import edition_routes
from sanoscope.api.extracting import Extractor
from sanoscope.api.extractions import extraction_routes
from sanoscope.api.fiches import fiche_routes
from sanoscope.api.health import health_routes
from sanoscope.api.lots import lot_routes
from sanoscope.api.moved import moved_routes
from sanoscope.api.notices import notice_routes
from sanoscope.api.pictures import picture_routes
from sanoscope.api.routes import router
from sanoscope.api.sdmx.routes import sdmx_routes
from sanoscope.api.search import search_routes
from sanoscope.catalogue.load import catalogue
from sanoscope.errors import NotFoundError, SanoscopeError
from sanoscope.query.reading import reading
from sanoscope.query.service import Service
from sanoscope.search.find import Search
from sanoscope.sentence import Sentence
from sanoscope.web.account import account_pages
from sanoscope.web.administration import administration_pages
from sanoscope.web.baskets import basket_pages
from sanoscope.web.compared import compared_pages
from sanoscope.web.deciding import deciding_pages
from sanoscope.web.display import displays
from sanoscope.web.documents import documents
from sanoscope.web.embedding import embedding
from sanoscope.web.feeds import feeds
from sanoscope.web.fiches import fiche_pages
from sanoscope.web.fragments import fragments
from sanoscope.web.help import help_pages
from sanoscope.web.home import home
from sanoscope.web.identity import Identified
from sanoscope.web.joining import joining_pages
from sanoscope.web.language import ByAddress
from sanoscope.web.linked import linked_pages
from sanoscope.web.menu import menu
from sanoscope.web.notice import notices
from sanoscope.web.pace import extraction_pace
from sanoscope.web.pictures import pictures
from sanoscope.web.plan import plan_pages
from sanoscope.web.providing import Providers, providing_pages
from sanoscope.web.representation import Headed, Tagged
from sanoscope.web.requesting import requesting_pages
from sanoscope.web.routing import methods
from sanoscope.web.search import search_pages
from sanoscope.web.security import security_pages
from sanoscope.web.signing import signing_pages, tries
from sanoscope.web.site import refusal
from sanoscope.web.steps import steps
from sanoscope.web.subscribing import subscribing_pages
from sanoscope.workspace import Workspace

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""Scripts and styles come from our own files or not at all: nothing inline, nothing evaluated."""

HTTPS_ALONE = {"Strict-Transport-Security": "max-age=31536000"}
"""For a year, browsers come back by HTTPS alone."""

PACKING = 3
"""Of gzip: a third more bytes than at 6, for less than half the time (a table of 669 rows in JSON, 491 kB: 21 kB in
0.7 ms, 17 in 1.7)."""


def create_app(workspace: Workspace, *, complete: bool = False) -> FastAPI:
    """Return the web application of a workspace; ``complete``: small counts too, for those who may see them."""
    app = FastAPI(
        title="Sanoscope",
        version=__version__,
        description="Les restitutions hospitalières, par une adresse. Mêmes critères que dans les formulaires.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=_extracting,
    )
    service = Service(workspace, catalogue(), complete=complete)
    app.state.service = service
    app.state.extractor = Extractor(service)
    search = Search(service)
    app.include_router(health_routes(service))
    app.include_router(router(service))
    app.include_router(describing_routes(service))
    app.include_router(sdmx_routes(service))
    app.include_router(search_routes(search))
    app.include_router(fiche_routes(service))
    spoken = notices()
    app.include_router(config_routes(service, spoken))
    app.include_router(notice_routes(service, spoken))
    for more_of_it in (criteria_routes, code_routes, edition_routes, moved_routes, picture_routes):
        app.include_router(more_of_it(service))
    app.include_router(lot_routes(service))
    app.include_router(extraction_routes(app.state.extractor, extraction_pace(workspace.settings)))
    describe(app, service.catalogue)
    for pages in (home, menu, steps, help_pages, feeds, plan_pages, documents, compared_pages, pictures, basket_pages):
        app.include_router(pages(service), include_in_schema=False)
    for described in (linked_pages, embedding):
        app.include_router(described(service), include_in_schema=False)
    refusals, known = tries(workspace.settings), Providers(service)
    for more in (
        subscribing_pages(service),
        security_pages(service),
        account_pages(service, refusals),
        requesting_pages(service),
        administration_pages(service),
        deciding_pages(service),
        signing_pages(service, refusals, known),
        joining_pages(service, refusals, known),
        providing_pages(service, known),
    ):
        app.include_router(more, include_in_schema=False)
    for others in (search_pages(search), fragments(service, search), fiche_pages(service, search), displays()):
        app.include_router(others, include_in_schema=False)
    static = Path(str(files("sanoscope.web").joinpath("static")))
    app.mount("/static", StaticFiles(directory=static), name="static")
    app.add_middleware(Identified, workspace=workspace)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=PACKING)
    app.add_middleware(Tagged)
    app.add_middleware(Headed)
    app.add_middleware(Protected, encrypted=workspace.settings.adresse.startswith("https://"))
    app.add_middleware(ByAddress)
    app.add_middleware(OneReading)

    @app.exception_handler(SanoscopeError)
    def told(request: Request, error: SanoscopeError) -> Response:
        return refusal(request, error)

    @app.exception_handler(HTTPException)
    def lost(request: Request, error: HTTPException) -> Response:
        said = NotFoundError(
            "page-inconnue",
            Sentence("Il n'y a rien à l'adresse « %(path)s ».", path=request.url.path),
            todo=Sentence("Repartez de l'accueil."),
        )
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(methods(app.routes, request.scope))
        if error.status_code != 404:
            code = "methode-refusee" if error.status_code == 405 else "requete-refusee"
            told = Sentence("Requête refusée (%(status_code)s).", status_code=error.status_code)
            said = NotFoundError(code, told, allowed=headers.get("Allow", "").split(", "))
        answer = refusal(request, said, error.status_code)
        answer.headers.update(headers)
        return answer

    @app.exception_handler(Exception)
    def broken(request: Request, error: Exception) -> Response:
        said = SanoscopeError(
            "panne",
            Sentence("Une panne a empêché de répondre."),
            todo=Sentence("Réessayez ; si elle dure, prévenez qui tient ce site."),
        )
        return refusal(request, said, 500)

    return app


@asynccontextmanager
async def _extracting(app: FastAPI) -> AsyncIterator[None]:
    """Go on with the extractions that wait as the application starts; make no more of them as it stops."""
    app.state.extractor.wake()
    yield
    await run_sync(app.state.extractor.stop)


class Protected:
    """ASGI middleware: `HEADERS` on every answer, where it does not say otherwise itself.

    Args:
        app: who answers.
        encrypted: the site is read by HTTPS: browsers are told never to try otherwise.
    """

    def __init__(self, app: ASGIApp, *, encrypted: bool = False) -> None:
        self.app, self.headers = app, HEADERS | (HTTPS_ALONE if encrypted else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and the answer back with its headers."""

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)  # a page made for other sites' frames says so itself
            await send(message)

        await self.app(scope, receive, protected)


class OneReading:
    """ASGI middleware: a request ends on the editions on which it began."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        with reading():
            await self.app(scope, receive, send)
