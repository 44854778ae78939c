"""The page by which a reader asks for a right for his organisation, and sees what became of its requests."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from sanoscope.access.accounts import Accounts
from sanoscope.access.reader import Reader
from sanoscope.access.requests import LONGEST, MOST, STATES, WAITING, Requests
from sanoscope.errors import CriterionError
from sanoscope.query.service import Service
from sanoscope.web.administration import DONE, MADE, back, told
from sanoscope.web.granting import Typed, blank, choices, typed
from sanoscope.web.posted import Posted
from sanoscope.web.signed import HOME, signed_in
from sanoscope.web.site import published_edition

PATH = "/demandes"


def requesting_pages(service: Service) -> APIRouter:
    """Return these pages on a service."""
    routes = APIRouter(default_response_class=HTMLResponse, prefix=HOME)
    requests, accounts = Requests(service.workspace), Accounts(service.workspace)

    def shown(
        request: Request,
        who: Reader,
        wished: Typed | None = None,
        error: CriterionError | None = None,
        *,
        done: str = "",
    ) -> HTMLResponse:
        own = requests.of(who.organisation)
        return told(
            request,
            "demandes.html",
            error,
            demandes=own,
            annulables=[
                one.identifier for one in own if one.state == WAITING and (who.role or one.account == who.account)
            ],
            donnes={right.identifier: right for right in accounts.rights(who.organisation)},
            etats=STATES,
            saisi=wished or blank(),
            au_plus=MOST,
            plus_long=LONGEST,
            fait=DONE.get(done, ""),
            **choices(published_edition(service)),
        )

    @routes.get(PATH)
    def form(request: Request, fait: str = "") -> HTMLResponse:
        return shown(request, signed_in(request), done=fait)

    @routes.post(PATH)
    def ask(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who, wished = signed_in(request), typed(posted)
        try:
            grant, start, end = wished.right(published_edition(service))
            requests.ask(who, grant, start, end, wished.motif)
        except CriterionError as error:
            return shown(request, who, wished, error)
        return back(request, PATH, "demandee", HOME)

    @routes.post(f"{PATH}/annuler")
    def cancel(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        who = signed_in(request)
        try:
            requests.cancel(posted.text("demande"), who)
        except CriterionError as error:
            return shown(request, who, None, error)
        return back(request, PATH, "annulee", HOME)

    return routes
