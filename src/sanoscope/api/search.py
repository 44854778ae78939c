"""The address of the search: ``/api/v1/recherche?q=…``."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sanoscope.api import shapes
from sanoscope.api.asked import given as parameters
from sanoscope.api.asked import number
from sanoscope.api.replies import REFUSED, cache_control, given, refusals
from sanoscope.search.find import LIMIT, LONGEST, MOST, Result, Results, Search

_MEANINGS = {
    "q": "Ce qui est cherché : des mots, un code, un FINESS, un lieu. Accents et fautes de frappe sont pardonnés.",
    "limite": "Résultats de chaque genre, au plus.",
}


def search_routes(search: Search) -> APIRouter:
    """Return the API of a search."""
    routes = APIRouter(responses=REFUSED)

    @routes.get(
        "/api/v1/recherche",
        summary="Chercher une restitution, un indicateur, une activité, un établissement, une zone",
        tags=["recherche"],
        openapi_extra={"parameters": _parameters()},
        responses=given(shapes.Results, "Les résultats par genre, chacun avec les restitutions qui répondent")
        | refusals("Recherche refusée", "Aucune édition publiée"),
    )
    def found(request: Request) -> JSONResponse:
        asked = parameters(request.query_params.multi_items(), _MEANINGS)
        results = search.find(asked.get("q", ""), number(asked, "limite", LIMIT, MOST))
        return JSONResponse(_written(results), headers=cache_control())

    return routes


def _written(results: Results) -> dict[str, Any]:
    return {
        "q": results.text,
        "edition": results.edition,
        "exact": results.exact,
        "nombre": len(results),
        "groupes": [
            {"genre": kind.value, "suite": kind in results.more, "resultats": [_result(result) for result in of]}
            for kind, of in results.groups.items()
        ],
    }


def _result(result: Result) -> dict[str, Any]:
    entry = result.entry
    return {
        "niveau": entry.level,
        "niveau_libelle": entry.level_title,
        "code": entry.code,
        "libelle": entry.name,
        "precision": entry.detail,
        "critere": entry.criterion,
        "valeur": entry.written,
        "restitutions": [
            {"slug": link.slug, "titre": link.title, "page": link.address, "donnees": link.data}
            for link in result.links
        ],
    }


def _parameters() -> list[dict[str, Any]]:
    text = {"type": "string", "maxLength": LONGEST}
    number = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
    return [
        {"in": "query", "name": "q", "required": True, "description": _MEANINGS["q"], "schema": text},
        {"in": "query", "name": "limite", "required": False, "description": _MEANINGS["limite"], "schema": number},
    ]
