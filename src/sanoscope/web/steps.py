"""The steps to a table, by their addresses: the form (2), the result (3) and its files, the notice of both."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanoscope.api.reader import reader, with_mark
from sanoscope.api.routes import file
from sanoscope.errors import CriterionError
from sanoscope.present.numbers import Style
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.web import language as languages
from sanoscope.web.asking import form_page, wished
from sanoscope.web.following import of_restitution
from sanoscope.web.looking import address, looking
from sanoscope.web.notice import notice_html
from sanoscope.web.result import Results
from sanoscope.web.site import page
from sanoscope.web.tableau import in_language, style
from sanoscope.web.wishes import joined


def steps(service: Service) -> APIRouter:
    """Return the pages of a restitution."""
    routes = APIRouter(default_response_class=HTMLResponse)
    results = Results(service)

    @routes.get("/restitutions/{slug}")
    def restitution_page(slug: str, request: Request) -> Response:
        restitution = service.catalogue.restitution(slug)
        every = request.query_params.multi_items()
        if not every:
            return form_page(request, service, restitution, {})
        sent, look = looking(every)
        try:
            sent = service.pinned(restitution, sent)
            query, table = service.ask(slug, wished(service, restitution, sent), reader(request).scope)
            table = with_mark(request, query, table)
            drawn = results.table(request, query, table, look)
            images = results.images(request, query, table, look)
        except CriterionError as error:
            return form_page(request, service, restitution, dict(joined(sent)), error)
        if urlencode(every) != urlencode([*query.criteria().items(), *look.items().items()]):
            there = address(f"/restitutions/{slug}", query, look)
            return RedirectResponse(languages.of(request).href(there), 303)
        return results.page(request, query, table, drawn, images)

    @routes.get("/restitutions/{slug}/integrer")
    def bare(slug: str, request: Request) -> Response:
        return results.embedded(request, slug)

    @routes.get("/restitutions/{slug}/donnees")
    def data(slug: str, request: Request) -> Response:
        spoken = languages.of(request)
        path = spoken.href(f"/restitutions/{slug}/donnees")

        def dressed(table: Table) -> tuple[Table, Style]:
            return in_language(table, spoken), style(spoken)

        answer = file(service, slug, request, path, dressed)
        answer.headers["Content-Language"] = spoken.code
        return answer

    @routes.get("/restitutions/{slug}/formulaire")
    def form(slug: str, request: Request) -> HTMLResponse:
        restitution = service.catalogue.restitution(slug)
        every = request.query_params.multi_items()
        try:
            given = dict(joined(service.pinned(restitution, every)))
        except CriterionError as error:
            return form_page(request, service, restitution, dict(joined(every)), error)
        return form_page(request, service, restitution, given, counted="compter" in given)

    @routes.get("/restitutions/{slug}/notice")
    def notice(slug: str, request: Request) -> HTMLResponse:
        restitution = service.catalogue.restitution(slug)
        return page(
            request,
            "notice.html",
            restitution=restitution,
            notice=notice_html(restitution, languages.of(request), level=2),
            mesures=service.catalogue.mesures(restitution),
            offre=of_restitution(service, restitution),
        )

    return routes
