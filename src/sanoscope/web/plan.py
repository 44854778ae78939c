"""The map of the site, as a page for readers and as ``/sitemap.xml`` (sitemaps.org 0.9) for search engines."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from sanoscope.catalogue.load import Catalogue
from sanoscope.query.fiches import offered
from sanoscope.query.service import Service
from sanoscope.web.language import NAMES, SOURCE, language, marked
from sanoscope.web.menu import everything, grouped
from sanoscope.web.site import THEMES, page, root

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"


@dataclass(frozen=True, slots=True)
class Place:
    """A page: its path without language, its name in French."""

    path: str
    name: str


SECTIONS = {
    marked("Se servir de Sanoscope"): (
        Place("/", marked("Accueil")),
        Place("/aide", marked("Aide et exemples")),
        Place("/paniers", marked("Paniers d'établissements")),
        Place("/fiches", marked("Les fiches")),
        Place("/glossaire", marked("Glossaire")),
        Place("/plan", marked("Plan du site")),
    ),
    marked("Comprendre les chiffres"): (
        Place("/methode", marked("La méthode")),
        Place("/methode/audit", marked("Son audit")),
        Place("/editions", marked("Les éditions")),
        Place("/editions/comparer", marked("Comparer deux éditions")),
    ),
    marked("Suivre, réutiliser"): (
        Place("/calendrier", marked("Calendrier des mises à jour")),
        Place("/nouveautes", marked("Nouveautés")),
        Place("/abonnement", marked("Être prévenu des mises à jour")),
        Place("/api", marked("L'API")),
    ),
}
"""The pages that do not depend on the catalogue, by section. A new page has its line here."""


def plan_pages(service: Service) -> APIRouter:
    """Return both maps on a service."""
    routes = APIRouter()

    @routes.get("/plan")
    def plan(request: Request) -> HTMLResponse:
        themes = grouped(everything(service))
        return page(request, "plan.html", sections=SECTIONS, by_theme=themes)

    @routes.get("/sitemap.xml")
    def sitemap(request: Request) -> Response:
        site = root(request)
        restitutions = {restitution.slug: restitution for restitution in service.offered()}
        fiches = {fiche.slug: fiche for fiche in offered(service)}
        known = replace(service.catalogue, restitutions=restitutions, fiches=fiches)
        return Response(sitemap_xml(known, site), media_type="application/xml")

    return routes


def paths(catalogue: Catalogue) -> Iterator[str]:
    """Yield the path of every page, without language: forms and notices, not results."""
    for section in SECTIONS.values():
        yield from (place.path for place in section)
    yield "/restitutions"
    held = {r.theme for r in catalogue.restitutions.values()} | {f.theme for f in catalogue.fiches.values()}
    yield from (f"/themes/{theme}" for theme in THEMES if theme in held)
    for slug in catalogue.restitutions:
        yield from (f"/restitutions/{slug}", f"/restitutions/{slug}/notice")
    yield from (f"/fiches/{slug}" for slug in catalogue.fiches)


def sitemap_xml(catalogue: Catalogue, site: str) -> bytes:
    """Return the sitemap: each page in each language, with its versions in the others."""
    ET.register_namespace("", SITEMAP)
    ET.register_namespace("xhtml", XHTML)
    root = ET.Element(f"{{{SITEMAP}}}urlset")
    for path in paths(catalogue):
        versions = {code: site + language(code).href(path) for code in NAMES}
        for address in versions.values():
            url = ET.SubElement(root, f"{{{SITEMAP}}}url")
            ET.SubElement(url, f"{{{SITEMAP}}}loc").text = address
            for code, other in (*versions.items(), ("x-default", versions[SOURCE])):
                ET.SubElement(url, f"{{{XHTML}}}link", {"rel": "alternate", "hreflang": code, "href": other})
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
