"""The map of an answer as GeoJSON, its charts as Vega-Lite: figures with their states, and how they are drawn."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sanoscope.api import catalogue_shapes as shapes
from sanoscope.api.asked import chosen, described, parted, with_date
from sanoscope.api.reader import reader, with_mark
from sanoscope.api.replies import REFUSED, given, refusals
from sanoscope.api.routes import keeping, question_parameters
from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import NotFoundError
from sanoscope.present.pictures.geojson import geojson
from sanoscope.present.pictures.palette import PALETTES, Theme
from sanoscope.present.pictures.picture import chart, places_of
from sanoscope.present.pictures.values import NothingToDrawError
from sanoscope.query.criteria import Query
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.sentence import Sentence


class GeoJSON(JSONResponse):
    """What is written in GeoJSON (RFC 7946)."""

    media_type = "application/geo+json"

    def render(self, content: Any) -> bytes:
        """Return the bytes of a document."""
        return orjson.dumps(content)


OF_MAPS = {"genre": "Façon de dessiner la carte, de celles que déclare la restitution ; la première par défaut."}
OF_CHARTS = {
    "genre": "Un graphique, de ceux que déclare la restitution ; tous par défaut.",
    "theme": "clair ou sombre ; clair par défaut.",
}
THEMES = {"theme": {"type": "string", "enum": [*PALETTES], "default": "clair"}}


def picture_routes(service: Service) -> APIRouter:
    """Return these routes on a service."""
    routes = APIRouter(responses=REFUSED)

    def asked(slug: str, pairs: list[tuple[str, str]], request: Request) -> tuple[Query, Table, dict[str, str]]:
        """Return a question, its answer, and for how long this is kept."""
        dated = with_date(pairs)
        query, table = service.ask(slug, dated, reader(request).scope)
        return query, with_mark(request, query, table), keeping(service, query, dated)

    @routes.get(
        "/api/v1/restitutions/{slug}/carte",
        summary="La carte d'une réponse (GeoJSON)",
        tags=["données"],
        openapi_extra={"parameters": [*question_parameters(), *described(OF_MAPS)]},
        response_class=GeoJSON,
        responses=given(shapes.FeatureCollection, "Les lignes et leur lieu")
        | refusals("Critère refusé", "Restitution ou édition inconnue, ou sans carte"),
    )
    def carte(slug: str, request: Request) -> Response:
        own, pairs = parted(request.query_params.multi_items(), OF_MAPS)
        query, table, headers = asked(slug, pairs, request)
        restitution = service.catalogue.restitution(slug)
        found = geojson(table, restitution, places_of(service.edition(table.edition)), own.get("genre", "").strip())
        figure = found.figure
        body = {
            "type": "FeatureCollection",
            "features": found.features,
            "sanoscope": {
                **_head(query, table),
                "genre": found.genre,
                "mesure": {
                    "nom": figure.name,
                    "libelle": figure.title,
                    "unite": figure.unit,
                    "decimales": figure.decimals,
                    "definition": figure.definition,
                },
                "credit": found.credit,
                "notes": table.notes,
            },
        }
        return GeoJSON(body, headers=headers)

    @routes.get(
        "/api/v1/restitutions/{slug}/graphiques",
        summary="Les graphiques d'une réponse (Vega-Lite)",
        tags=["données"],
        openapi_extra={"parameters": [*question_parameters(), *described(OF_CHARTS, THEMES)]},
        responses=given(shapes.Charts)
        | refusals("Critère refusé", "Restitution ou édition inconnue, ou sans graphique"),
    )
    def charts(slug: str, request: Request) -> Response:
        own, pairs = parted(request.query_params.multi_items(), OF_CHARTS)
        named = chosen(own, "theme", PALETTES, "clair")
        theme = next(theme for theme in PALETTES if theme == named)
        query, table, headers = asked(slug, pairs, request)
        restitution = service.catalogue.restitution(slug)
        if not restitution.graphiques:
            raise NotFoundError(
                "graphique-absent",
                Sentence("« %(slug)s » n'a pas de graphique.", slug=slug),
                todo=Sentence("Ses chiffres se demandent à /api/v1/restitutions/%(slug)s/donnees.", slug=slug),
            )
        genre = own.get("genre", "").strip()
        genres = [genre] if genre else [one.genre for one in restitution.graphiques]
        body = {**_head(query, table), "graphiques": [_chart(table, restitution, one, theme) for one in genres]}
        return Response(orjson.dumps(body), media_type="application/json", headers=headers)

    return routes


def _head(query: Query, table: Table) -> dict[str, Any]:
    return {
        "titre": table.title,
        "requete": query.canonical,
        "edition": {"nom": table.edition, "etat": table.state, "date": table.made},
        "filigrane": table.mark,
    }


def _chart(table: Table, restitution: Restitution, genre: str, theme: Theme) -> dict[str, Any]:
    """Return a chart, or why there is nothing to draw."""
    try:
        picture = chart(table, restitution, genre=genre, theme=theme)
    except NothingToDrawError as nothing:
        return {"genre": genre, "titre": "", "description": "", "refus": nothing.message, "specification": None}
    return {
        "genre": genre,
        "titre": picture.title,
        "description": picture.description,
        "refus": "",
        "specification": picture.spec,
    }
