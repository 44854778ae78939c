"""My account: rights, kept addresses, keys of the API, sessions and last sign-ins, password."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanoscope.access.accounts import Accounts, Key
from sanoscope.access.journal import Journal
from sanoscope.access.kept import Kept
from sanoscope.access.passwords import SHORTEST, Passwords
from sanoscope.access.reader import ROLES, Reader
from sanoscope.access.scope import DOMAINS, PROFILES
from sanoscope.access.sessions import REFUSED, SIGNED_IN, Sessions
from sanoscope.errors import CriterionError, SanoscopeError, SignInError
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.web import language as languages
from sanoscope.web.language import marked
from sanoscope.web.pace import Pace
from sanoscope.web.posted import Posted, posting
from sanoscope.web.signed import HOME, check_twice, signed_in
from sanoscope.web.site import page
from sanoscope.web.subscribing import LARGEST, PRIVATE
from sanoscope.workspace import Workspace

SIGN_INS = 10
"""Last sign-ins that are told."""

MOST_KEYS = 20
"""Keys of an account that hold."""

MADE = posting(LARGEST)

KINDS = {
    "question": marked("Questions"),
    "restitution": marked("Restitutions"),
    "fiche": marked("Fiches"),
    "panier": marked("Paniers"),
    "page": marked("Pages"),
}
"""Kinds of kept addresses, in the order of the page."""


def account_pages(service: Service, refusals: Pace) -> APIRouter:
    """Return the pages of one's account on a service; ``refusals``: how often a password may be refused."""
    routes = APIRouter(default_response_class=HTMLResponse, prefix=HOME)
    mine = _Mine(service.workspace)

    @routes.get("")
    def home(request: Request) -> HTMLResponse:
        return mine.page(request, signed_in(request))

    @routes.post("/adresses")
    def keep(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who = signed_in(request)
        try:
            mine.kept.keep(who, posted.text("nom"), posted.text("adresse"))
        except CriterionError as error:
            return mine.page(request, who, error)
        return _back(request, "adresses")

    @routes.post("/adresses/partager")
    def share(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        mine.kept.share(signed_in(request), posted.text("identifiant"), shared=posted.text("partage") == "oui")
        return _back(request, "adresses")

    @routes.post("/adresses/oublier")
    def forget(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        mine.kept.forget(signed_in(request), posted.text("identifiant"))
        return _back(request, "adresses")

    @routes.post("/cles")
    def make(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who = signed_in(request)
        try:
            text = mine.make_key(who, posted)
        except SanoscopeError as error:
            return mine.page(request, who, error)
        return mine.page(request, who, text=text)

    @routes.post("/cles/revoquer")
    def revoke(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who = signed_in(request)
        if any(key.identifier == posted.text("cle") for key in mine.keys(who)):
            mine.accounts.revoke(posted.text("cle"), by=who.name)
        return _back(request, "cles")

    @routes.post("/sessions")
    def end(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        mine.sessions.end_others(signed_in(request))
        return _back(request, "sessions")

    @routes.post("/mot-de-passe")
    def change(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who = signed_in(request)
        whose = f"compte:{who.name}"
        refusals.admit(whose)
        try:
            check_twice(posted)
            account = mine.accounts.find(who.name)
            mine.passwords.change(account, posted.text("ancien"), posted.text("mot_de_passe"), posted.text("code"))
        except SignInError as error:
            refusals.count(whose)
            return mine.page(request, who, error)
        except CriterionError as error:
            return mine.page(request, who, error)
        mine.sessions.end_others(who)
        return _back(request, "mot-de-passe")

    return routes


class _Mine:
    """What is told and done of the account of who is signed in."""

    def __init__(self, workspace: Workspace) -> None:
        self.accounts, self.kept = Accounts(workspace), Kept(workspace)
        self.passwords, self.sessions = Passwords(workspace), Sessions(workspace)
        self._journal = Journal(workspace)

    def page(
        self, request: Request, who: Reader, error: SanoscopeError | None = None, *, text: str = ""
    ) -> HTMLResponse:
        """Return the page; ``text``: that of a key that was just made, told this once."""
        found: Mapping[str, object] = {
            "roles": ROLES,
            "droits": self.accounts.held(who.organisation),
            "profils": PROFILES,
            "domaines": DOMAINS,
            "natures": KINDS,
            "gardees": self.kept.own(who),
            "partagees": self.kept.shared(who),
            "cles": self.keys(who),
            "cle": text,
            "peut_complete": any(grant.profile == "securise" for grant in who.scope.grants),
            "sessions": self.sessions.of(who.account),
            "connexions": self._journal.latest(who.name, (SIGNED_IN, REFUSED), SIGN_INS),
            "refusee": REFUSED,
            "a_mot_de_passe": self.passwords.has_one(who.account),
            "plus_court": SHORTEST,
            "erreur": error,
        }
        return page(request, "compte.html", 400 if error else 200, headers=PRIVATE, **found)

    def keys(self, who: Reader) -> list[Key]:
        """Return the keys of an account that are not revoked, the last made first."""
        return [key for key in reversed(self.accounts.keys()) if key.account == who.account and not key.revoked]

    def make_key(self, who: Reader, posted: Posted) -> str:
        """Make a key of an account as a form asks for, and return its text.

        Raises:
            CriterionError: ``trop-de-cles``.
            SanoscopeError: those of `Accounts.make_key`.
        """
        if len(self.keys(who)) >= MOST_KEYS:
            raise CriterionError(
                "trop-de-cles", Sentence("Vous avez déjà %(n)s clés.", n=MOST_KEYS), todo=Sentence("Révoquez-en.")
            )
        days = posted.text("jours")
        _, text = self.accounts.make_key(
            who.name,
            posted.text("nom"),
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0,
            domains=[value for name, value in posted.fields if name == "domaine"],
            complete=posted.text("complete") == "oui",
            by=who.name,
        )
        return text


def _back(request: Request, part: str) -> RedirectResponse:
    return RedirectResponse(languages.of(request).href(f"{HOME}#{part}"), 303)
