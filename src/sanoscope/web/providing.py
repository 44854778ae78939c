"""Signing in at a provider of identities: there and back, tied to an account by an invitation; told that one left."""

import secrets
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanoscope.access.identities import Identities
from sanoscope.access.oidc import AWAY, Signed, Signing
from sanoscope.access.passwords import JOIN, Passwords
from sanoscope.access.providers import Provider, providers
from sanoscope.access.sessions import Session, Sessions
from sanoscope.api.posted import LARGEST
from sanoscope.errors import NotFoundError, SignInError, suggest
from sanoscope.query.service import Service
from sanoscope.sentence import Name, Sentence
from sanoscope.state.tokens import fingerprint
from sanoscope.web import language as languages
from sanoscope.web.display import local
from sanoscope.web.language import marked
from sanoscope.web.pace import Pace
from sanoscope.web.posted import Posted, posting
from sanoscope.web.signed import HOME, drop, let_in, put, token
from sanoscope.web.site import root
from sanoscope.web.subscribing import PRIVATE

STEP = "etape"
"""Cookie of a browser whose reader is away at his provider."""

OURS = ("same-origin", "none")
"""Where a reader comes from, as browsers say it, who follows a button of ours, or an address that he typed."""

PER_HOUR = 200
"""Departures from one address in an hour: a hospital behind one address signs in, nobody fills the state."""


class Providers:
    """The providers of identities of a site, and what is done with those who come from them.

    Args:
        service: whose workspace has them.

    Raises:
        SanoscopeError: those of `providers`.
    """

    def __init__(self, service: Service) -> None:
        self.known = providers(service.workspace)
        self.signing = Signing(service.workspace)
        self._address = service.workspace.settings.adresse

    def named(self, name: str) -> Provider:
        """Return a provider.

        Raises:
            NotFoundError: ``fournisseur-inconnu``.
        """
        found = self.known.get(name)
        if found is None:
            raise NotFoundError(
                "fournisseur-inconnu",
                Sentence("Il n'y a pas de fournisseur d'identité « %(nom)s ».", nom=Name(name[:60])),
                allowed=self.known,
                todo=suggest(name, self.known),
            )
        return found

    def site(self, request: Request) -> str:
        """Return the address of this site, which providers know: that of the settings where there is one."""
        return self._address or root(request)

    def back(self, request: Request, provider: Provider) -> str:
        """Return where a provider sends its readers back."""
        return f"{self.site(request)}/connexion/{provider.name}/retour"

    def way_out(self, request: Request, session: Session | None) -> tuple[str, str]:
        """Return the name of the provider of a session that has ended, and the address to sign out there too, or ""."""
        provider = self.known.get(session.provider) if session else None
        if session is None or provider is None:
            return "", ""
        try:
            return provider.title, self.signing.ending(provider, session.id_token, f"{self.site(request)}/") or ""
        except SignInError:  # it is away: the session here has ended all the same
            return "", ""


def providing_pages(service: Service, known: Providers) -> APIRouter:
    """Return the pages by which readers go to their provider and come back; after those of `signing` and `joining`."""
    routes = APIRouter(default_response_class=HTMLResponse, prefix="/connexion")
    settings = service.workspace.settings
    passwords, identities = Passwords(service.workspace), Identities(service.workspace)
    sessions = Sessions(service.workspace)
    pace = Pace(
        PER_HOUR,
        "trop-d-essais",
        marked("Trop de connexions commencées depuis votre adresse : au plus %(n)s par heure."),
        marked("Réessayez dans %(minutes)s min."),
    )

    @routes.get("/{fournisseur}")
    def leave(fournisseur: str, request: Request, vers: str = HOME, jeton: str = "") -> Response:
        provider, back = known.named(fournisseur), languages.of(request).href(local(vers))
        if request.headers.get("sec-fetch-site", OURS[0]) not in OURS:  # a link of another site signs nobody in
            return RedirectResponse(languages.of(request).href(f"/connexion?vers={quote(local(vers))}"), 303)
        pace.check(request)
        if jeton:
            passwords.holder(jeton, JOIN)
        browser = secrets.token_urlsafe(32)
        invitation = fingerprint(jeton) if jeton else ""
        there = known.signing.begin(provider, known.back(request, provider), browser, back=back, invitation=invitation)
        answer = RedirectResponse(there, 303, headers=PRIVATE)
        put(answer, settings, browser, STEP, seconds=AWAY)
        return answer

    @routes.get("/{fournisseur}/retour")
    def come_back(fournisseur: str, request: Request) -> Response:
        provider = known.named(fournisseur)
        browser, came = token(request, settings, STEP), dict(request.query_params)
        signed = known.signing.finish(provider, known.back(request, provider), came, browser)
        account = _account(provider, signed)
        own = {"provider": provider.name, "id_token": signed.id_token}
        answer = let_in(request, sessions, account, signed.back, **own)
        drop(answer, settings, STEP)
        return answer

    @routes.post("/{fournisseur}/fin")
    def left(fournisseur: str, request: Request, posted: Posted = Depends(posting(LARGEST))) -> Response:  # noqa: B008
        provider = known.named(fournisseur)
        sessions.end_of(provider.issuer, known.signing.logout_token(provider, posted.text("logout_token")))
        return Response(status_code=204, headers=PRIVATE)

    def _account(provider: Provider, signed: Signed) -> str:
        if signed.invitation:
            return identities.join(signed.invitation, signed.issuer, signed.subject)
        account = identities.account_of(signed.issuer, signed.subject)
        if not account:
            title = Name(provider.title)
            raise SignInError(
                "identite-sans-compte",
                Sentence("« %(nom)s » dit qui vous êtes, mais aucun compte d'ici n'est le vôtre.", nom=title),
                todo=Sentence("Ouvrez d'abord le lien que donne qui administre les comptes de votre organisation."),
            )
        return account

    return routes
