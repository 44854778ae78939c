"""Signing in, by a password and a second factor of here, and out."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from sanoscope.access.passwords import Passwords
from sanoscope.access.sessions import Sessions
from sanoscope.errors import SanoscopeError, SignInError
from sanoscope.query.service import Service
from sanoscope.web import language as languages
from sanoscope.web import pace as paces
from sanoscope.web.display import local
from sanoscope.web.language import marked
from sanoscope.web.pace import Pace
from sanoscope.web.posted import Posted, posting
from sanoscope.web.providing import Providers
from sanoscope.web.signed import HOME, drop, let_in, signed_in
from sanoscope.web.site import page
from sanoscope.web.subscribing import LARGEST, PRIVATE
from sanoscope.workspace import Settings

MADE = posting(LARGEST)


def tries(settings: Settings) -> Pace:
    """Return how often who signs in may be refused, by address and by account."""
    return Pace(
        settings.essais_par_heure,
        "trop-d-essais",
        marked("Trop d'essais refusés : au plus %(n)s par heure."),
        marked("Réessayez dans %(minutes)s min."),
    )


def signing_pages(service: Service, refusals: Pace, known: Providers) -> APIRouter:
    """Return the pages to sign in and out on a service; ``refusals``: how often who signs in may be refused."""
    routes = APIRouter(default_response_class=HTMLResponse)
    settings = service.workspace.settings
    passwords, sessions = Passwords(service.workspace), Sessions(service.workspace)

    @routes.get("/connexion")
    def form(request: Request, vers: str = HOME) -> HTMLResponse:
        return _form(request, known, local(vers))

    @routes.post("/connexion")
    def sign_in(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        back, name = local(posted.text("vers") or HOME), posted.text("nom").strip()
        whose = paces.address_of(request), f"compte:{name}"
        try:
            refusals.admit(*whose)
            account = passwords.sign_in(name, posted.text("mot_de_passe"), posted.text("code"))
        except SignInError as error:
            refusals.count(*whose)
            return _form(request, known, back, name, error)
        return let_in(request, sessions, account.identifier, languages.of(request).href(back))

    @routes.post("/deconnexion")
    def sign_out(request: Request) -> Response:
        who = signed_in(request)
        provider, there = known.way_out(request, sessions.end(who, who.session))
        answer = page(request, "deconnexion.html", headers=PRIVATE, fournisseur=provider, ailleurs=there)
        drop(answer, settings)
        return answer

    return routes


def _form(
    request: Request, known: Providers, back: str, name: str = "", error: SanoscopeError | None = None
) -> HTMLResponse:
    return page(
        request,
        "connexion.html",
        401 if error else 200,
        vers=back,
        nom=name,
        erreur=error,
        headers=PRIVATE,
        fournisseurs=tuple(known.known.values()),
    )
