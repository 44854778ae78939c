"""The search: a page of results and, as one types, a list of suggestions."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sanoscope.errors import CriterionError
from sanoscope.search.entries import Entry, Kind
from sanoscope.search.find import LONGEST, Result, Search
from sanoscope.search.words import words
from sanoscope.web.language import marked
from sanoscope.web.site import page

SUGGESTED = 8
"""Suggestions shown at most."""

TITLES = {
    Kind.RESTITUTION: marked("Restitutions"),
    Kind.MEASURE: marked("Indicateurs"),
    Kind.ACTIVITY: marked("Activités"),
    Kind.ESTABLISHMENT: marked("Établissements"),
    Kind.ZONE: marked("Zones"),
}


def search_pages(search: Search) -> APIRouter:
    """Return the pages of a search."""
    routes = APIRouter(default_response_class=HTMLResponse)

    @routes.get("/recherche")
    def results(request: Request, q: str = "") -> HTMLResponse:
        if not q.strip():
            return page(request, "recherche.html", texte="", resultats=None, erreur=None, titres=TITLES)
        try:
            found = search.find(q)
        except CriterionError as error:
            shown = q[:LONGEST]
            return page(request, "recherche.html", 400, texte=shown, resultats=None, erreur=error, titres=TITLES)
        return page(request, "recherche.html", texte=found.text, resultats=found, erreur=None, titres=TITLES)

    @routes.get("/recherche/suggestions")
    def suggestions(request: Request, q: str = "") -> HTMLResponse:
        if len(q) > LONGEST or not words(q):
            return page(request, "suggestions.html", groupes={}, nombre=0, titres=TITLES)
        found = search.find(q, SUGGESTED).best(SUGGESTED)
        groups = {kind: [(result.entry, _address(result)) for result in of] for kind, of in found.groups.items()}
        return page(request, "suggestions.html", groupes=groups, nombre=len(found), titres=TITLES)

    return routes


def _address(result: Result) -> str:
    """Return where a suggestion leads: the only restitution that answers, else a search that finds it first."""
    if len(result.links) == 1:
        return result.links[0].address
    return "/recherche?" + urlencode({"q": precise(result.entry)})


def precise(entry: Entry) -> str:
    """Return the text that finds an entry before others, e.g. ``racine 06C04``."""
    if entry.kind in (Kind.ACTIVITY, Kind.ZONE):
        return f"{entry.level} {entry.code}"
    return f"{entry.level} {entry.name}" if entry.kind is Kind.MEASURE else entry.code
