"""The pages of administrators about accounts: those of one's organisation, or all of them for who administers the site.

Who may do what is `access.administration`'s to say; every act is posted from a form of ours and told to the journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanoscope import logs
from sanoscope.access.accounts import Account, Key
from sanoscope.access.administration import Administration
from sanoscope.access.journal import Journal
from sanoscope.access.passwords import JOIN, VALID
from sanoscope.access.reader import ROLES, Reader
from sanoscope.access.rights import today
from sanoscope.access.scope import DOMAINS, PROFILES
from sanoscope.access.sessions import SIGNED_IN, Session, Sessions
from sanoscope.api.replies import status_of
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.operate.mail import server
from sanoscope.operate.subscribers import by_mail
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.web import language as languages
from sanoscope.web.language import marked
from sanoscope.web.mails import invitation
from sanoscope.web.posted import Posted, posting
from sanoscope.web.signed import administrator
from sanoscope.web.site import page, root
from sanoscope.web.subscribing import LARGEST, checked_address

PREFIX = "/administration"

HEADERS = {"X-Robots-Tag": "noindex", "Cache-Control": "no-store"}

MADE = posting(LARGEST)

YES = "oui"

DONE = {
    "ouvert": marked("Le compte est ouvert. Il lui faut un lien pour se connecter."),
    "ferme": marked("Le compte est fermé : ses clés ne valent plus, ses sessions sont finies."),
    "revoquee": marked("La clé est révoquée."),
    "finies": marked("Ses sessions sont finies."),
    "role": marked("Son rôle est changé."),
    "accorde": marked("Le droit est accordé."),
    "retire": marked("Le droit est retiré."),
    "decidee": marked("La demande est décidée."),
    "demandee": marked("La demande est faite. Un administrateur du site en décidera."),
    "annulee": marked("La demande est annulée."),
}
"""What was done, by what the address says of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """An account of the list: its keys that are not revoked, when it last signed in, or ""."""

    account: Account
    keys: Sequence[Key]
    seen: str


def administration_pages(service: Service) -> APIRouter:
    """Return the pages about accounts on a service."""
    routes = APIRouter(default_response_class=HTMLResponse, prefix=PREFIX)
    desk = _Desk(service)

    @routes.get("")
    def every(request: Request, q: str = "", fait: str = "") -> HTMLResponse:
        return desk.every(request, administrator(request), q, done=fait)

    @routes.post("/comptes")
    def open_account(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who = administrator(request)
        try:
            address = checked_address(posted.text("courriel")) if posted.text("courriel").strip() else ""
            made = desk.acts.open(
                who,
                posted.text("nom"),
                organisation=" ".join(posted.text("organisation").split()),
                address=address,
                role=posted.text("role"),
            )
        except CriterionError as error:
            return desk.every(request, who, typed=posted, error=error)
        return back(request, f"/comptes/{made.identifier}", "ouvert")

    @routes.get("/comptes/{identifier}")
    def one(request: Request, identifier: str, fait: str = "") -> HTMLResponse:
        return desk.one(request, administrator(request), identifier, done=fait)

    @routes.post("/comptes/{identifier}/lien")
    def invite(
        request: Request,
        identifier: str,
        later: BackgroundTasks,
        posted: Posted = Depends(MADE),  # noqa: B008
    ) -> Response:
        who, settings = administrator(request), service.workspace.settings
        account, token = desk.acts.invite(who, identifier)
        spoken = languages.of(request)
        link = f"{settings.adresse or root(request)}{spoken.href('/connexion/rejoindre')}?jeton={token}"
        mailed = posted.text("courriel") == YES and by_mail(settings) and bool(account.address)
        if mailed:
            later.add_task(_send, service, account, link, spoken)
        return desk.one(request, who, identifier, link=link, mailed=mailed)

    @routes.post("/comptes/{identifier}/fermer")
    def close(request: Request, identifier: str, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who = administrator(request)
        if posted.text("sur") != YES:
            error = CriterionError(
                "confirmation-absente",
                Sentence("Un compte fermé ne se rouvre pas, et son nom ne sert plus."),
                todo=Sentence("Cochez la case, si vous en êtes sûr."),
                criterion="sur",
            )
            return desk.one(request, who, identifier, error=error)
        desk.acts.close(who, identifier)
        return back(request, f"/comptes/{identifier}", "ferme")

    @routes.post("/comptes/{identifier}/cles")
    def revoke(request: Request, identifier: str, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        desk.acts.revoke(administrator(request), identifier, posted.text("cle"))
        return back(request, f"/comptes/{identifier}", "revoquee")

    @routes.post("/comptes/{identifier}/sessions")
    def end(request: Request, identifier: str) -> Response:
        desk.acts.end_sessions(administrator(request), identifier)
        return back(request, f"/comptes/{identifier}", "finies")

    @routes.post("/comptes/{identifier}/role")
    def trust(request: Request, identifier: str, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        desk.acts.trust(administrator(request, of_site=True), identifier, posted.text("role"))
        return back(request, f"/comptes/{identifier}", "role")

    return routes


class _Desk:
    """What is told and done about accounts."""

    def __init__(self, service: Service) -> None:
        self.acts = Administration(service.workspace)
        self._settings = service.workspace.settings
        self._journal, self._sessions = Journal(service.workspace), Sessions(service.workspace)

    def every(
        self,
        request: Request,
        who: Reader,
        words: str = "",
        *,
        done: str = "",
        typed: Posted | None = None,
        error: CriterionError | None = None,
    ) -> HTMLResponse:
        """Return the list of accounts, those that have some words in their names where they are given."""
        seen, keys = self._journal.last(SIGNED_IN), self.acts.keys(who)
        accounts = self.acts.accounts(who)
        asked = words.casefold().split()
        shown = [
            Line(one, keys[one.identifier], seen.get(one.name, ""))
            for one in accounts
            if all(word in f"{one.name} {one.organisation}".casefold() for word in asked)
        ]
        return told(
            request,
            "administration.html",
            error,
            comptes=sorted(shown, key=lambda line: (bool(line.account.closed), line.account.organisation)),
            tous=len(accounts),
            mots=words,
            organisations=sorted({one.organisation for one in accounts}),
            saisi={name: typed.text(name) if typed else "" for name in ("nom", "organisation", "courriel", "role")},
            roles=ROLES,
            fait=DONE.get(done, ""),
        )

    def one(
        self,
        request: Request,
        who: Reader,
        identifier: str,
        *,
        done: str = "",
        link: str = "",
        mailed: bool = False,
        error: CriterionError | None = None,
    ) -> HTMLResponse:
        """Return the page of an account; ``link``: its link, told once; ``mailed``: it goes to its address."""
        account = self.acts.find(who, identifier)
        sessions: list[Session] = self._sessions.of(account.identifier)
        return told(
            request,
            "administration-compte.html",
            error,
            compte=account,
            sien=account.identifier == who.account,
            du_site=account.role == "site" and who.role != "site",
            lien=link,
            envoye=mailed,
            jours=VALID[JOIN].days,
            par_courriel=by_mail(self._settings) and bool(account.address),
            cles=self.acts.keys(who)[account.identifier],
            sessions=sessions,
            vu=self._journal.last(SIGNED_IN).get(account.name, ""),
            droits=[right for right in self.acts.rights(who, account.organisation) if right.holds(today())],
            roles=ROLES,
            profils=PROFILES,
            domaines=DOMAINS,
            fait=DONE.get(done, ""),
        )


def told(request: Request, name: str, error: SanoscopeError | None = None, **context: object) -> HTMLResponse:
    """Return a page of administrators, with what was wrong in the last act."""
    status = status_of(error) if error else 200
    return page(request, name, status, headers=HEADERS, erreur=error, **context)


def back(request: Request, path: str, done: str, prefix: str = PREFIX) -> RedirectResponse:
    """Return the way to a page, which says what was done."""
    return RedirectResponse(languages.of(request).href(f"{prefix}{quote(path)}?fait={done}"), 303)


def _send(service: Service, account: Account, link: str, spoken: languages.Language) -> None:
    """Send its link to an account; the page has said it already."""
    settings = service.workspace.settings
    try:
        with server(settings) as opened:
            opened.send_message(invitation(settings, account.address, account.name, link, spoken))
    except (OSError, ValueError) as error:
        logs.say("courriels", "alerte", laisses=1, erreur=type(error).__name__)
