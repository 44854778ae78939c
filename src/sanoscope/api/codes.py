"""The codes that criteria may hold: their levels, and a page of those of one, all or by words of their label."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sanoscope.api import catalogue_shapes as shapes
from sanoscope.api.asked import PAGES, PAGING, TOTAL, described, part
from sanoscope.api.asked import given as parameters
from sanoscope.api.replies import REFUSED, cache_control, given, refusals
from sanoscope.edition.edition import Edition
from sanoscope.query.service import Service
from sanoscope.search.codes import PLACES, Level, activities, codes, level, levels, matching, takes
from sanoscope.search.find import LONGEST, cleaned

EDITION = {"edition": "Nom d'une édition ; celle qui répond par défaut."}
ASKED = {
    "q": "Début du code ou de mots du libellé ; sans accents ni majuscules.",
    "parent": "NIVEAU:CODE : les seuls codes qui sont dans celui-là, par exemple departement:29.",
    **PAGING,
    **EDITION,
}
LINKS = {
    "headers": {
        "Link": {"description": "Les pages autour (RFC 8288)", "schema": {"type": "string"}},
        TOTAL: {"description": "Codes de toutes les pages", "schema": {"type": "integer"}},
    }
}


def code_routes(service: Service) -> APIRouter:
    """Return these routes on a service."""
    routes, declared = APIRouter(responses=REFUSED), activities(service.catalogue)

    def of_level(name: str, named: str) -> Edition:
        """Return the edition that codes are of: the one named, the published one if it has some, else one that has."""
        published = service.edition(named)
        if named or name in levels(declared, published):
            return published
        tried = {published.nom}
        for restitution in service.catalogue.restitutions.values():
            if not takes(restitution, name) or not service.answers(restitution):
                continue
            edition = service.edition(service.answering(restitution).nom)
            if edition.nom not in tried and name in levels(declared, edition):
                return edition
            tried.add(edition.nom)
        return published

    @routes.get(
        "/api/v1/codes",
        summary="Les niveaux de codes",
        tags=["catalogue"],
        openapi_extra={"parameters": described(EDITION)},
        responses=given(shapes.Levels) | refusals("Paramètre refusé", "Édition inconnue"),
    )
    def all_levels(request: Request) -> JSONResponse:
        named = parameters(request.query_params.multi_items(), EDITION).get("edition", "").strip()
        edition = service.edition(named)
        known = levels(declared, edition)
        if not named:
            for name in (*declared, *PLACES):
                beside = {} if name in known else levels(declared, of_level(name, ""))
                known |= {name: beside[name]} if name in beside else {}
        found = [_level(one, named) for one in known.values()]
        return JSONResponse({"edition": edition.nom, "niveaux": found}, headers=cache_control(named))

    @routes.get(
        "/api/v1/codes/{niveau}",
        summary="Les codes d'un niveau",
        tags=["catalogue"],
        openapi_extra={"parameters": described(ASKED, PAGES | {"q": {"type": "string", "maxLength": LONGEST}})},
        responses={200: given(shapes.Codes)[200] | LINKS, **refusals("Paramètre refusé", "Niveau ou édition inconnus")},
    )
    def some(niveau: str, request: Request) -> JSONResponse:
        asked = parameters(request.query_params.multi_items(), ASKED)
        named, page = asked.get("edition", "").strip(), part(asked)
        text = cleaned(asked["q"]) if "q" in asked else ""
        edition = of_level(niveau, named)
        of = level(niveau, declared, edition)
        found = matching(codes(of, edition), text, asked.get("parent", "").strip(), of)
        shown = found[page.of(len(found))]
        body = {
            "edition": edition.nom,
            "niveau": of.name,
            "libelle": str(of.title),
            "critere": of.criterion,
            "nombre": len(found),
            "page": page.page,
            "limite": page.size,
            "codes": [
                {
                    "code": one.code,
                    "libelle": str(one.name),
                    "valeur": one.value,
                    "parents": {name: list(above) for name, above in one.parents.items()},
                }
                for one in shown
            ],
        }
        links = page.links(f"/api/v1/codes/{quote(niveau)}", asked, len(found))
        return JSONResponse(body, headers={**cache_control(named), "Link": links, TOTAL: str(len(found))})

    return routes


def _level(of: Level, named: str) -> dict[str, Any]:
    pinned = f"?edition={quote(named)}" if named else ""
    return {
        "niveau": of.name,
        "libelle": str(of.title),
        "critere": of.criterion,
        "champs": list(of.champs),
        "parents": list(of.parents),
        "codes": f"/api/v1/codes/{quote(of.name)}{pinned}",
    }
