"""The pages, made on the server: home, form, result, notice, method, editions. They need no script."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from sanoscope import __version__
from sanoscope.access.scope import OPEN
from sanoscope.api.routes import MEANINGS
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.publication import current, editions
from sanoscope.errors import CriterionError, NotFoundError, SanoscopeError
from sanoscope.present.exports import FORMATS
from sanoscope.present.html import bars, headings, rows
from sanoscope.present.numbers import legend
from sanoscope.query.criteria import Query
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.web.form import form_fields
from sanoscope.web.markdown import to_html
from sanoscope.web.method import Measures, measures, text

THEMES = {
    "indicateurs-synthetiques": "Indicateurs synthétiques",
    "activite": "Activité",
    "couts-finances": "Coûts et finances",
    "qualite": "Qualité",
    "rh": "Ressources humaines",
}

_environment = Environment(
    loader=PackageLoader("sanoscope.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _page(name: str, status: int = 200, **context: object) -> HTMLResponse:
    html = _environment.get_template(name).render(version=__version__, themes=THEMES, **context)
    return HTMLResponse(html, status)


def error_page(error: SanoscopeError) -> HTMLResponse:
    """Return the page of an error: what was wrong, what is allowed, what to do."""
    status = 404 if isinstance(error, NotFoundError) else 400 if isinstance(error, CriterionError) else 503
    return _page("erreur.html", status, error=error)


def pages(service: Service) -> APIRouter:
    """Return the pages on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)

    @routes.get("/")
    def home() -> HTMLResponse:
        by_theme: dict[str, list[Restitution]] = {}
        for restitution in service.catalogue.restitutions.values():
            by_theme.setdefault(restitution.theme, []).append(restitution)
        return _page("accueil.html", by_theme=by_theme, edition=service.edition())

    @routes.get("/restitutions/{slug}")
    def restitution_page(slug: str, request: Request) -> Response:
        restitution = service.catalogue.restitution(slug)
        pairs = _joined(request.query_params.multi_items())
        if not pairs:
            return _form(service, restitution, {})
        try:
            query, table = service.ask(slug, pairs, OPEN)
        except CriterionError as error:
            return _form(service, restitution, dict(pairs), error)
        if urlencode(pairs) != urlencode(list(query.criteria().items())):
            return RedirectResponse(f"/restitutions/{slug}?{query.canonical}", 303)
        return _result(restitution, query, table)

    @routes.get("/restitutions/{slug}/formulaire")
    def form_page(slug: str, request: Request) -> HTMLResponse:
        given = dict(_joined(request.query_params.multi_items()))
        return _form(service, service.catalogue.restitution(slug), given)

    @routes.get("/restitutions/{slug}/notice")
    def notice(slug: str) -> HTMLResponse:
        restitution = service.catalogue.restitution(slug)
        champ = service.catalogue.champ(restitution)
        mesures = {name: champ.mesures[name] for name in restitution.mesures}
        return _page("notice.html", restitution=restitution, notice=to_html(restitution.notice), mesures=mesures)

    @routes.get("/methode")
    def method() -> HTMLResponse:
        return _page("methode.html", texte=text("methode"), audit=False, mesures=None)

    @routes.get("/methode/audit")
    def audit() -> HTMLResponse:
        name, measured = _protection(service)
        return _page("methode.html", texte=text("audit"), audit=True, edition=name, mesures=measured)

    @routes.get("/editions")
    def edition_list() -> HTMLResponse:
        place = service.workspace.editions
        return _page("editions.html", editions=editions(place), served=current(place))

    @routes.get("/api")
    def api_page() -> HTMLResponse:
        return _page(
            "api.html", restitutions=service.catalogue.restitutions.values(), meanings=MEANINGS, formats=FORMATS
        )

    return routes


def _protection(service: Service) -> tuple[str, Measures | None]:
    """Return the published edition's name and what was measured of its protection; nothing where none is published."""
    try:
        edition = service.edition()
    except NotFoundError:
        return "", None
    return edition.nom, measures(getattr(edition.manifest, "protection", ()))


def _joined(items: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join the boxes ticked for one criterion by commas; leave out what is empty."""
    found: dict[str, list[str]] = {}
    for name, value in items:
        if value.strip():
            found.setdefault(name, []).append(value.strip())
    return [(name, ",".join(values)) for name, values in found.items()]


def _form(
    service: Service, restitution: Restitution, given: dict[str, str], error: CriterionError | None = None
) -> HTMLResponse:
    edition = service.edition()
    fields = form_fields(restitution, edition, given)
    return _page(
        "formulaire.html",
        400 if error else 200,
        restitution=restitution,
        siblings=service.catalogue.restitutions.values(),
        edition=edition,
        fields=fields,
        error=error,
        notice=to_html(restitution.notice),
    )


def _result(restitution: Restitution, query: Query, table: Table) -> HTMLResponse:
    chart = restitution.graphique
    return _page(
        "resultat.html",
        restitution=restitution,
        query=query,
        table=table,
        headings=headings(table),
        rows=rows(table),
        legend=legend(table),
        bars=bars(table, chart.mesure, chart.premiers) if chart else [],
        chart_title=next((f.title for f in table.figures if chart and f.name == chart.mesure), ""),
        formats=FORMATS.values(),
        pinned=query.canonical if query.edition else f"{query.canonical}&edition={table.edition}",
    )
