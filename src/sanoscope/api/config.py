"""``/api/v1/config``: what this service is and gives at most, so that a program needs no trial to know it."""

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from sanoscope import __version__
from sanoscope.api import catalogue_shapes as shapes
from sanoscope.api.asked import NOTHING
from sanoscope.api.limits import ADDRESS_LARGEST, EXTRACTION_KEPT, EXTRACTION_LARGEST, LOT_LARGEST, PAGE_LARGEST
from sanoscope.api.replies import REFUSED, cache_control, given
from sanoscope.edition.publication import served
from sanoscope.present.exports import FORMATS
from sanoscope.query.service import Service

VERSION = "v1"
"""Of the API: what its addresses begin with, and what does not change within it (docs/api.md)."""


def config_routes(service: Service, languages: Iterable[str]) -> APIRouter:
    """Return this route on a service; ``languages``: those that notices are given in."""
    routes, spoken, settings = APIRouter(responses=REFUSED), list(languages), service.workspace.settings

    @routes.get(
        f"/api/{VERSION}/config",
        summary="Limites, formats, langues",
        tags=["service"],
        dependencies=[NOTHING],
        responses=given(shapes.Config),
    )
    def config() -> JSONResponse:
        body = {
            "api": VERSION,
            "logiciel": __version__,
            "edition": served(service.workspace.editions),
            "seuil": settings.seuil,
            "langues": spoken,
            "limites": {
                "lignes_par_page": PAGE_LARGEST,
                "questions_par_lot": LOT_LARGEST,
                "questions_par_extraction": EXTRACTION_LARGEST,
                "heures_extraction_gardee": EXTRACTION_KEPT,
                "octets_adresse": ADDRESS_LARGEST,
                "secondes_par_question": settings.duree_question,
                "questions_a_la_fois": settings.requetes,
                "questions_en_attente": settings.requetes_en_attente,
                "secondes_attente": settings.attente,
                "cles_refusees_par_heure": settings.essais_par_heure,
            },
            "formats": [
                {"nom": f.name, "libelle": str(f.title), "type": f.media_type, "extension": f.extension}
                for f in FORMATS.values()
            ],
            "description": f"/api/{VERSION}/openapi.json",
            "catalogue": f"/api/{VERSION}/catalogue",
            "documentation": "/api",
        }
        return JSONResponse(body, headers=cache_control())

    return routes
