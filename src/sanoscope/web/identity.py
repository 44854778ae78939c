"""Who asks: a session or a key of the API says so; what he then asks is in the journal before he is answered."""

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sanoscope.access.accounts import Accounts
from sanoscope.access.journal import Journal
from sanoscope.access.reader import ANYBODY, Reader
from sanoscope.access.sessions import Sessions
from sanoscope.api.reader import STATE
from sanoscope.api.replies import OWN
from sanoscope.errors import SanoscopeError, SignInError
from sanoscope.query.reading import here
from sanoscope.sentence import Sentence
from sanoscope.state.database import UnavailableError
from sanoscope.web.language import marked
from sanoscope.web.pace import Pace, address_of
from sanoscope.web.signed import check_ours, token
from sanoscope.web.site import refusal
from sanoscope.workspace import Workspace

SCHEME = "bearer"
FILES = "/static/"
"""Addresses whose answer depends on nobody."""

LONGEST = 2000
"""Characters of an address that the journal keeps."""


class Identified:
    """ASGI middleware: says who asks, and tells the journal what an account asks.

    Args:
        app: who answers.
        workspace: whose accounts.
    """

    def __init__(self, app: ASGIApp, workspace: Workspace) -> None:
        self._app = app
        self._settings = workspace.settings
        self._accounts, self._sessions, self._journal = Accounts(workspace), Sessions(workspace), Journal(workspace)
        self._refusals = Pace(
            workspace.settings.essais_par_heure,
            "trop-d-essais",
            marked("Trop de clés refusées à votre adresse : au plus %(n)s par heure."),
            marked("Réessayez dans %(minutes)s min, avec une clé qui vaut."),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its reader, or say why he is not admitted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            who = await self._reader(Request(scope))
            if who.session:
                check_ours(Request(scope))
        except SanoscopeError as error:
            await self._refuse(error, scope, receive, send)
            return
        scope = {**scope, "state": {**scope.get("state", {}), STATE: who}}
        if not who.account:
            await self._app(scope, receive, send)
            return
        refused = False

        async def told(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                try:
                    await run_sync(self._tell, who, Request(scope), message["status"])
                except SanoscopeError as error:  # what the journal does not have is not answered
                    refused = True
                    await self._refuse(error, scope, receive, send)
                if who.session and not scope["path"].startswith(FILES):
                    MutableHeaders(scope=message)["Cache-Control"] = OWN  # the page says whose it is
            if not refused:
                await send(message)

        await self._app(scope, receive, told)

    async def _reader(self, request: Request) -> Reader:
        shown = request.headers.getlist("authorization")
        if not shown:
            return await self._signed_in(request)
        scheme, _, key = shown[0].partition(" ")
        if len(shown) > 1 or scheme.lower() != SCHEME:
            raise SignInError(
                "authentification-inconnue",
                Sentence("L'en-tête Authorization n'est pas de la forme « Bearer CLÉ »."),
                todo=Sentence("Retirez-le, ou donnez une clé de l'API."),
            )
        self._refusals.admit(address_of(request))
        try:
            return await run_sync(self._accounts.reader, key.strip())
        except SignInError:
            self._refusals.count(address_of(request))
            raise

    async def _signed_in(self, request: Request) -> Reader:
        """Return who the session of a request is of; a session that cannot be read gives no right."""
        shown = token(request, self._settings)
        if not shown or request.url.path.startswith(FILES):
            return ANYBODY
        try:
            return await run_sync(self._sessions.reader, shown) or ANYBODY
        except UnavailableError:
            return ANYBODY

    def _tell(self, who: Reader, request: Request, status: int) -> None:
        asked = tuple(f"{one.restitution}?{one.canonical} @ {one.edition}" for one in here().asked)
        refused = tuple(here().refused)
        if not asked and not refused and status < 400:
            return
        answered = status < 400 and (bool(asked) or not refused)
        self._journal.write(
            who.name,
            "demande" if answered else "refus",
            adresse=request.url.path[:LONGEST],
            criteres=request.url.query[:LONGEST],
            format=request.query_params.get("format", ""),
            statut=status,
            reponses=asked,
            **({"refus": refused} if refused else {}),
        )

    @staticmethod
    async def _refuse(error: SanoscopeError, scope: Scope, receive: Receive, send: Send) -> None:
        await refusal(Request(scope), error)(scope, receive, send)
