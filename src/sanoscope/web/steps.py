"""The steps to a table, by their addresses: the form (2), the result (3), and the notice that goes with both."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanoscope.access.scope import OPEN
from sanoscope.errors import CriterionError
from sanoscope.query.service import Service
from sanoscope.web import language as languages
from sanoscope.web.asking import form_page
from sanoscope.web.notice import notice_html
from sanoscope.web.result import result_page
from sanoscope.web.site import page


def steps(service: Service) -> APIRouter:
    """Return the pages of a restitution."""
    routes = APIRouter(default_response_class=HTMLResponse)

    @routes.get("/restitutions/{slug}")
    def restitution_page(slug: str, request: Request) -> Response:
        restitution = service.catalogue.restitution(slug)
        pairs = joined(request.query_params.multi_items())
        if not pairs:
            return form_page(request, service, restitution, {})
        try:
            query, table = service.ask(slug, pairs, OPEN)
        except CriterionError as error:
            return form_page(request, service, restitution, dict(pairs), error)
        if urlencode(pairs) != urlencode(list(query.criteria().items())):
            return RedirectResponse(languages.of(request).href(f"/restitutions/{slug}?{query.canonical}"), 303)
        return result_page(request, restitution, query, table)

    @routes.get("/restitutions/{slug}/formulaire")
    def form(slug: str, request: Request) -> HTMLResponse:
        given = dict(joined(request.query_params.multi_items()))
        return form_page(request, service, service.catalogue.restitution(slug), given)

    @routes.get("/restitutions/{slug}/notice")
    def notice(slug: str, request: Request) -> HTMLResponse:
        restitution = service.catalogue.restitution(slug)
        champ = service.catalogue.champ(restitution)
        return page(
            request,
            "notice.html",
            restitution=restitution,
            notice=notice_html(restitution, languages.of(request)),
            mesures={name: champ.mesures[name] for name in restitution.mesures},
        )

    return routes


def joined(items: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join the boxes ticked for one criterion by commas; leave out what is empty."""
    found: dict[str, list[str]] = {}
    for name, value in items:
        if value.strip():
            found.setdefault(name, []).append(value.strip())
    return [(name, ",".join(values)) for name, values in found.items()]
