"""The fiches in the API: what there is, and each about a subject, with the questions and the figures of its blocks."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sanoscope.api import shapes
from sanoscope.api.asked import NOTHING, described
from sanoscope.api.reader import reader
from sanoscope.api.replies import REFUSED, cache_control, given, refusals
from sanoscope.api.routes import MEANINGS
from sanoscope.catalogue.fiche import Fiche
from sanoscope.present.fiche import to_document
from sanoscope.query.fiches import compose, criteria, offered
from sanoscope.query.service import Service

SUBJECTS = {
    "region": "Code de la région, par exemple 53.",
    "ght": MEANINGS["ght"],
    "etablissement": MEANINGS["etablissement"],
    "activite": MEANINGS["activite"],
}
"""What the subject of a fiche is, in one sentence."""

ASKED = {**SUBJECTS, "annee": "Année ; la dernière entière par défaut.", "edition": MEANINGS["edition"]}
"""What each parameter of a fiche is."""


def fiche_routes(service: Service) -> APIRouter:
    """Return these routes on a service."""
    routes = APIRouter(responses=REFUSED)

    @routes.get(
        "/api/v1/fiches",
        summary="Les fiches",
        tags=["catalogue"],
        dependencies=[NOTHING],
        responses=given(list[shapes.Fiche]),
    )
    def fiches() -> JSONResponse:
        return JSONResponse([_described(fiche) for fiche in offered(service)])

    @routes.get(
        "/api/v1/fiches/{slug}",
        summary="Une fiche : ses blocs, leurs questions, leurs chiffres",
        tags=["données"],
        openapi_extra={"parameters": described(ASKED)},
        responses=given(shapes.Sheet) | refusals("Critère refusé", "Fiche ou édition inconnue"),
    )
    def fiche(slug: str, request: Request) -> Response:
        sheet = compose(service, slug, request.query_params.multi_items(), reader(request).scope)
        return Response(
            orjson.dumps(to_document(sheet)),
            media_type="application/json",
            headers={
                **cache_control(sheet.edition, own=sheet.fiche.acces != "libre"),
                "Link": f'</api/v1/fiches/{slug}?{sheet.canonical}>; rel="canonical"',
            },
        )

    return routes


def _described(fiche: Fiche) -> dict[str, Any]:
    return {
        "slug": fiche.slug,
        "titre": fiche.titre,
        "objet": fiche.objet,
        "contenu": list(fiche.contenu),
        "theme": fiche.theme,
        "champs": list(fiche.champs),
        "acces": fiche.acces,
        "sujet": fiche.sujet,
        "niveaux": list(fiche.niveaux),
        "criteres": {name: SUBJECTS.get(name) or MEANINGS[name] for name in criteria(fiche)},
        "restitutions": list(dict.fromkeys(bloc.restitution for bloc in fiche.blocs)),
        "fiche": f"/api/v1/fiches/{fiche.slug}",
        "page": f"/fiches/{fiche.slug}",
    }
