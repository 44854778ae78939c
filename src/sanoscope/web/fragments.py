"""Pieces of the form that htmx asks for: zones of a level, suggestions, how many rows the answer will have."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanoscope.api.reader import reader
from sanoscope.errors import CriterionError
from sanoscope.query.service import Service
from sanoscope.search.entries import Kind
from sanoscope.search.find import LONGEST, MOST, Search
from sanoscope.search.words import words
from sanoscope.sentence import Sentence
from sanoscope.web import language as languages
from sanoscope.web.asking import COUNT, form_of, hint
from sanoscope.web.site import page
from sanoscope.web.wishes import OWN, joined

SUGGESTED = 10
"""Suggestions shown at most."""

KINDS = {"activite": Kind.ACTIVITY, "etablissement": Kind.ESTABLISHMENT}
"""Fields that suggest while one types, each with what is looked for."""

LEVELS = "niveaux-changes"
"""Event by which the form learns that a list of zones was replaced."""


def fragments(service: Service, search: Search) -> APIRouter:
    """Return the pieces of the form on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)

    @routes.get("/restitutions/{slug}/zones")
    def zones(slug: str, request: Request, niveau_zone: str = "") -> HTMLResponse:
        restitution = service.catalogue.restitution(slug)
        form = form_of(service, restitution, dict(request.query_params), languages.of(request))
        answer = page(request, "zones.html", f=form.zone(niveau_zone))
        answer.headers["HX-Trigger-After-Swap"] = LEVELS
        return answer

    @routes.get("/restitutions/{slug}/suggestions")
    def suggestions(slug: str, request: Request, champ: str = "activite", niveau_activite: str = "") -> HTMLResponse:
        service.catalogue.restitution(slug)
        return suggested(request, search, slug, champ, niveau_activite)

    @routes.get("/restitutions/{slug}/apercu")
    def preview(slug: str, request: Request) -> Response:
        restitution = service.catalogue.restitution(slug)
        sent = request.query_params.multi_items()
        if "HX-Request" not in request.headers:
            address = f"/restitutions/{slug}/formulaire?{urlencode([*sent, (COUNT, 'oui')])}"
            return RedirectResponse(languages.of(request).href(address), 303)
        return page(request, "apercu.html", apercu=hint(service, restitution, sent, reader(request).scope))

    @routes.get("/restitutions/{slug}/panier")
    def basket(slug: str, request: Request) -> RedirectResponse:
        """Leave the form for the picker, which brings back to it with all that was filled in."""
        service.catalogue.restitution(slug)
        sent = joined(request.query_params.multi_items())
        kept = [(name, value) for name, value in sent if name not in ("panier", "etablissement", COUNT, *OWN[:1])]
        carried = {"pour": slug, "question": urlencode(kept), "panier": dict(sent).get("panier", "")}
        address = "/paniers?" + urlencode({name: value for name, value in carried.items() if value})
        return RedirectResponse(languages.of(request).href(address), 303)

    return routes


def suggested(request: Request, search: Search, slug: str, champ: str, level: str) -> HTMLResponse:
    """Return what a field of a form suggests for what was typed: only what the form's page answers about.

    Args:
        request: with what was typed, by the name of the field.
        search: where it is looked for.
        slug: of the restitution or the fiche.
        champ: the field, one of `KINDS`.
        level: of an activity, the level chosen, "" for any.

    Raises:
        CriterionError: there is no such field.
    """
    if champ not in KINDS:
        raise CriterionError(
            "valeur-inconnue", Sentence("champ : « %(champ)s » n'est pas admis.", champ=champ), allowed=KINDS
        )
    text = request.query_params.get(champ, "")
    level = level if champ == "activite" else "finess"
    found = []
    if len(text) <= LONGEST - len(level) - 1 and words(text):
        asked = f"{level} {text}" if champ == "activite" else text
        results = search.find(asked, MOST).groups.get(KINDS[champ], ())
        found = [
            result.entry
            for result in results
            if (not level or result.entry.level == level) and any(link.slug == slug for link in result.links)
        ]
    shown, more = found[:SUGGESTED], len(found) > SUGGESTED
    return page(request, "suggestions-champ.html", champ=champ, trouves=shown, suite=more)
