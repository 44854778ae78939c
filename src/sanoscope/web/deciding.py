"""The pages of who administers the site: rights, requests, the journal, why an account is answered or is not.

Who administers an organisation alone sees its rights, and nothing else of these.
"""

import json
from collections.abc import Iterator

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from sanoscope.access.accounts import Account, Accounts
from sanoscope.access.administration import SITE, Administration
from sanoscope.access.journal import Journal
from sanoscope.access.reader import Reader
from sanoscope.access.requests import LONGEST, STATES, WAITING, Requests, checked_text
from sanoscope.access.rights import today
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.query.service import Service
from sanoscope.web.administration import DONE, MADE, PREFIX, back, told
from sanoscope.web.granting import Typed, blank, choices, typed, written
from sanoscope.web.posted import Posted
from sanoscope.web.reasons import Why, why
from sanoscope.web.signed import administrator
from sanoscope.web.site import published_edition, root

SHOWN = 200
"""Lines of the journal on its page, and decided requests on theirs."""

AT_ONCE = 5000
"""Lines of the journal that are read at once to be exported."""


def deciding_pages(service: Service) -> APIRouter:
    """Return these pages on a service."""
    routes = APIRouter(default_response_class=HTMLResponse, prefix=PREFIX)
    acts, requests = Administration(service.workspace), Requests(service.workspace)

    @routes.get("/droits")
    def rights(request: Request, fait: str = "") -> HTMLResponse:
        return _rights(request, service, acts, administrator(request), done=fait)

    @routes.post("/droits")
    def give(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who, wished = administrator(request, of_site=True), typed(posted)
        try:
            grant, start, end = wished.right(published_edition(service))
            acts.give(who, posted.text("organisation"), grant, start, end, checked_text(wished.motif, "motif"))
        except CriterionError as error:
            return _rights(request, service, acts, who, wished, posted.text("organisation"), error)
        return back(request, "/droits", "accorde")

    @routes.post("/droits/retirer")
    def withdraw(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        acts.withdraw(administrator(request, of_site=True), posted.text("droit"))
        return back(request, "/droits", "retire")

    @routes.get("/demandes")
    def waiting(request: Request, fait: str = "") -> HTMLResponse:
        administrator(request, of_site=True)
        every = requests.of()
        decided = [one for one in every if one.state != WAITING][:SHOWN]
        attente = [one for one in reversed(every) if one.state == WAITING]
        found = {"attente": attente, "decidees": decided, "etats": STATES, "fait": DONE.get(fait, "")}
        return told(request, "administration-demandes.html", None, **found, **choices(None))

    @routes.get("/demandes/{identifier}")
    def asked(request: Request, identifier: str) -> HTMLResponse:
        return _asked(request, service, administrator(request, of_site=True), requests, identifier)

    @routes.post("/demandes/{identifier}/accorder")
    def approve(request: Request, identifier: str, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who, wished = administrator(request, of_site=True), typed(posted)
        requests.find(identifier)
        try:
            grant, start, end = wished.right(None)
            answer = posted.text("reponse")
            requests.approve(identifier, who, answer=answer, grant=grant, start=start, end=end)
        except CriterionError as error:
            return _asked(request, service, who, requests, identifier, wished, posted.text("reponse"), error)
        return back(request, "/demandes", "decidee")

    @routes.post("/demandes/{identifier}/refuser")
    def refuse(request: Request, identifier: str, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who = administrator(request, of_site=True)
        try:
            requests.refuse(identifier, who, posted.text("reponse"))
        except CriterionError as error:
            return _asked(request, service, who, requests, identifier, None, posted.text("reponse"), error)
        return back(request, "/demandes", "decidee")

    @routes.get("/pourquoi")
    def explain(request: Request, compte: str = "", adresse: str = "") -> HTMLResponse:
        administrator(request, of_site=True)
        return _why(request, service, compte, adresse)

    _journal_routes(routes, service)
    return routes


def _journal_routes(routes: APIRouter, service: Service) -> None:
    journal = Journal(service.workspace)

    @routes.get("/journal")
    def lines(request: Request, acteur: str = "", acte: str = "", verifier: str = "") -> HTMLResponse:
        administrator(request, of_site=True)
        checked, error = None, None
        if verifier:
            try:
                checked = journal.verify()
            except SanoscopeError as altered:
                error = altered
        shown = journal.recent(SHOWN, actor=acteur.strip(), act=acte)
        found = {"acteur": acteur, "acte": acte, "lignes": shown, "actes": journal.acts(), "au_plus": SHOWN}
        return told(request, "administration-journal.html", error, **found, verifie=checked)

    @routes.post("/journal/export")
    def export(request: Request) -> Response:
        who = administrator(request, of_site=True)
        journal.write(who.name, "journal-exporte")
        headers = {"Content-Disposition": f'attachment; filename="journal-{today():%Y-%m-%d}.jsonl"'}
        return StreamingResponse(_written(journal), media_type="application/jsonl; charset=utf-8", headers=headers)


def _written(journal: Journal) -> Iterator[bytes]:
    """Yield the journal, a line in JSON for each of its own, some at a time: no connection is held in between."""
    last = 0
    while some := journal.after(last, AT_ONCE):
        yield "".join(json.dumps(line.document(), ensure_ascii=False) + "\n" for line in some).encode()
        last = some[-1].number


def _rights(
    request: Request,
    service: Service,
    acts: Administration,
    who: Reader,
    wished: Typed | None = None,
    organisation: str = "",
    error: CriterionError | None = None,
    *,
    done: str = "",
) -> HTMLResponse:
    every, day = acts.rights(who), today()
    return told(
        request,
        "administration-droits.html",
        error,
        droits=[right for right in every if right.holds(day)],
        passes=[(right, right.lacks(day)) for right in reversed(every) if not right.holds(day)],
        organisations=sorted({one.organisation for one in acts.accounts(who)} - {who.organisation}),
        organisation=organisation,
        plus_long=LONGEST,
        saisi=wished or blank(),
        donne=who.role == SITE,
        fait=DONE.get(done, ""),
        **choices(published_edition(service)),
    )


def _asked(
    request: Request,
    service: Service,
    who: Reader,
    requests: Requests,
    identifier: str,
    wished: Typed | None = None,
    answer: str = "",
    error: CriterionError | None = None,
) -> HTMLResponse:
    one = requests.find(identifier)
    given = next((right for right in Accounts(service.workspace).rights() if right.identifier == identifier), None)
    return told(
        request,
        "administration-demande.html",
        error,
        demande=one,
        attend=one.state == WAITING,
        sienne=one.account == who.account,
        donne=given,
        etats=STATES,
        saisi=wished or written(one.grant, one.start, one.end, one.reason),
        reponse=answer,
        plus_long=LONGEST,
        **choices(published_edition(service)),
    )


def _why(request: Request, service: Service, name: str, address: str) -> HTMLResponse:
    known, found, error = Accounts(service.workspace), None, None
    if name or address:
        try:
            found = _explained(request, service, known, name, address)
        except SanoscopeError as wrong:
            error = wrong
    return told(
        request,
        "administration-pourquoi.html",
        error,
        comptes=[one.name for one in known.known()],
        compte=name,
        adresse_donnee=address,
        pourquoi=found,
        **choices(None),
    )


def _explained(request: Request, service: Service, known: Accounts, name: str, address: str) -> Why:
    account: Account = known.find(name)
    sites = service.workspace.settings.adresse, root(request)
    return why(service, account, known.rights(account.organisation), address, sites=sites)
