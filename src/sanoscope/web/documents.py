"""The pages that do not change with a question: method, audit, editions, API."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sanoscope.api.routes import MEANINGS
from sanoscope.edition.edition import Edition
from sanoscope.edition.publication import served
from sanoscope.present.exports import FORMATS
from sanoscope.query.service import Service
from sanoscope.web import language as languages
from sanoscope.web.compared import address, earlier
from sanoscope.web.method import measures, text
from sanoscope.web.site import page, published_edition


def documents(service: Service) -> APIRouter:
    """Return these pages on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)

    @routes.get("/methode")
    def method(request: Request) -> HTMLResponse:
        written = text("methode", languages.of(request))
        return page(request, "methode.html", texte=written, audit=False, mesures=None)

    @routes.get("/methode/audit")
    def audit(request: Request) -> HTMLResponse:
        edition = published_edition(service)
        return page(
            request,
            "methode.html",
            texte=text("audit", languages.of(request)),
            audit=True,
            edition=edition.nom if edition else "",
            mesures=measures(_protections(edition), languages.of(request)) if edition else None,
        )

    @routes.get("/editions")
    def edition_list(request: Request) -> HTMLResponse:
        known = service.editions()
        return page(
            request,
            "editions.html",
            editions=known,
            served=served(service.workspace.editions),
            avant=earlier(known),
            comparaison=address,
        )

    @routes.get("/api")
    def api_page(request: Request) -> HTMLResponse:
        restitutions = service.offered()
        return page(request, "api.html", restitutions=restitutions, meanings=MEANINGS, formats=FORMATS)

    return routes


def _protections(edition: Edition) -> list[dict[str, object]]:
    """Return what protects each year of each field of an edition; what names it comes first."""
    return [
        {**year.model_dump(), "annee": f"{code.upper()} {year.annee}"}
        for code, champ in edition.manifest.champs.items()
        for year in champ.protection
    ]
