"""What describes an answer to programs: the columns of its CSV (CSVW, Data Package), and how it is cited."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from sanoscope.api.asked import format_of, with_date
from sanoscope.api.reader import for_a_file, reader
from sanoscope.api.replies import REFUSED, cache_control, refusals
from sanoscope.api.routes import closed, question_parameters
from sanoscope.present import citation, csvw, datapackage
from sanoscope.query.origin import address_of, pinned
from sanoscope.query.service import Service
from sanoscope.query.table import Table

TEXT, BIBTEX, CSL = (
    "text/plain; charset=utf-8",
    "application/x-bibtex; charset=utf-8",
    "application/vnd.citationstyles.csl+json",
)
CITATIONS = {"texte": TEXT, "bibtex": BIBTEX, "csl-json": CSL}
"""How an answer may be cited, and the media type of each."""


def describing_routes(service: Service) -> APIRouter:
    """Return what describes answers, on a service."""
    routes = APIRouter(responses=REFUSED)

    @routes.get(
        "/api/v1/restitutions/{slug}/csvw",
        summary="Les colonnes du CSV, en CSVW",
        tags=["données"],
        openapi_extra={"parameters": question_parameters()},
        response_class=Response,
        responses=_given("Les métadonnées CSVW", csvw.MEDIA_TYPE),
    )
    def columns(slug: str, request: Request) -> Response:
        table, headers = _asked(service, slug, request, request.query_params.multi_items())
        return _json(csvw.csvw(table, f"donnees?{table.query}&format=csv"), csvw.MEDIA_TYPE, headers)

    @routes.get(
        "/api/v1/restitutions/{slug}/datapackage",
        summary="Le CSV comme paquet de données (Frictionless)",
        tags=["données"],
        openapi_extra={"parameters": question_parameters()},
        response_class=Response,
        responses=_given("Le descripteur du paquet", datapackage.MEDIA_TYPE),
    )
    def package(slug: str, request: Request) -> Response:
        table, headers = _asked(service, slug, request, request.query_params.multi_items())
        path = f"{table.origin.site}/api/v1/restitutions/{slug}/donnees?{pinned(table)}&format=csv"
        return _json(datapackage.datapackage(table, path), datapackage.MEDIA_TYPE, headers)

    @routes.get(
        "/api/v1/restitutions/{slug}/citation",
        summary="Comment citer une réponse",
        tags=["données"],
        openapi_extra={"parameters": [*question_parameters(), _format()]},
        response_class=Response,
        responses=_given("La citation", *CITATIONS.values()),
    )
    def cited(slug: str, request: Request) -> Response:
        items = request.query_params.multi_items()
        name = format_of(items, CITATIONS, "texte")
        table, headers = _asked(service, slug, request, [pair for pair in items if pair[0] != "format"])
        return _cited(table, name, datetime.now(UTC).date(), headers)

    return routes


def _asked(service: Service, slug: str, request: Request, items: list[tuple[str, str]]) -> tuple[Table, dict[str, str]]:
    """Return an answer as it leaves the site, and how long what is said of it may be kept.

    Raises:
        CriterionError: a criterion is refused.
    """
    pairs = with_date(items)
    query, table = service.ask(slug, pairs, reader(request).scope)
    return for_a_file(request, query, table, service.workspace.settings), cache_control(own=closed(service, query))


def _cited(table: Table, name: str, seen: date, headers: dict[str, str]) -> Response:
    address = address_of(table)
    if name == "csl-json":
        return _json(citation.csl(table, address, seen), CSL, headers)
    written = citation.bibtex(table, address, seen) if name == "bibtex" else citation.sentence(table, address, seen)
    return Response(f"{written}\n", media_type=CITATIONS[name], headers=headers)


def _json(document: object, media_type: str, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(document), media_type=media_type, headers=headers)


def _format() -> dict[str, Any]:
    kinds = {"type": "string", "enum": list(CITATIONS), "default": "texte"}
    return {"in": "query", "required": False, "name": "format", "description": "Forme de la citation.", "schema": kinds}


def _given(description: str, *media_types: str) -> dict[int | str, dict[str, Any]]:
    """Return what the description of a route says of its answers."""
    shown: dict[str, Any] = {media_type.partition(";")[0]: {} for media_type in media_types}
    return {
        200: {"description": description, "content": shown},
        **refusals("Critère refusé", "Restitution ou édition inconnue"),
    }
