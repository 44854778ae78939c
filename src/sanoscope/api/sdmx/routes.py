"""The routes of SDMX-REST: ``structure``, ``data`` and ``availability``."""

from typing import Any

from fastapi import APIRouter, Request, Response

from sanoscope.api.replies import REFUSED, cache_control, refusals
from sanoscope.api.routes import closed, lasting
from sanoscope.api.sdmx.accepted import DATA, STRUCTURE, Form, accepted
from sanoscope.api.sdmx.artefacts import FLOW, Artefacts
from sanoscope.api.sdmx.availability import constraint
from sanoscope.api.sdmx.data import TAKEN, answered, flow
from sanoscope.api.sdmx.structures import beside, found, made, written
from sanoscope.engine.limits import within
from sanoscope.errors import CriterionError
from sanoscope.present.sdmx.message import as_csv, as_json
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence

ROOT = "/api/v1/sdmx"
PLACES = {
    "genre": "dataflow, datastructure, codelist, conceptscheme, agencyscheme, categoryscheme, categorisation, ou *.",
    "contexte": "dataflow : les données se demandent par flux.",
    "agence": "SANOSCOPE, ou *.",
    "ressource": "Nom de l'artefact : celui d'une restitution, en capitales (CASEMIX_MCO), plusieurs, ou *.",
    "numero": "Version : 1.0.0, ~ ou latest ; *.",
    "cle": "Une valeur par dimension, séparées par des points ; * pour toutes.",
    "composant": "Dimensions dont on veut les codes, séparées par des virgules ; * pour toutes.",
}
"""What each part of an address is."""

MEANT = {
    "c": "Filtre d'un composant : c[COMPOSANT]=VALEUR, avec les opérateurs de SDMX-REST.",
    "asOf": "Les données telles qu'elles étaient publiées ce jour-là.",
    "attributes": "dsd, all, obs, dataset, none, ou des attributs séparés par des virgules.",
    "measures": "all, none ou OBS_VALUE.",
    "dimensionAtObservation": "AllDimensions.",
    "references": "Ce qui vient avec : none, parents, parentsandsiblings, ancestors, children, descendants, all, "
    "ou un genre d'artefacts.",
    "detail": "full, allstubs, allcompletestubs, referencestubs ou referencecompletestubs.",
}
"""What each parameter is, in one sentence."""


def sdmx_routes(service: Service) -> APIRouter:
    """Return SDMX-REST on a service."""
    routes = APIRouter(responses=REFUSED, tags=["sdmx"])
    artefacts = Artefacts(service)

    def structure(request: Request) -> Response:
        form = accepted(request, STRUCTURE)
        given = _only(request, ("references", "detail"))
        genre, agence, ressource, numero = _path(request, "genre", "agence", "ressource", "numero")
        asked = found(artefacts, genre, agence, ressource, numero)
        more = beside(artefacts, asked, given.get("references", "none"))
        with within(service.workspace.settings.duree_question):
            told = made(asked, more, given.get("detail", "full"))
        return _structures(service, told, form)

    def data(request: Request) -> Response:
        form = accepted(request, DATA)
        one = flow(artefacts, *_path(request, "contexte", "agence", "ressource", "numero"))
        (key,) = _path(request, "cle")
        of = answered(artefacts, one, key, request.query_params.multi_items(), request)
        fixed = of.query.edition if of.pinned and lasting(service, one.slug) else ""
        return Response(
            (as_csv if form is Form.DATA_CSV else as_json)(of.told),
            media_type=form.value,
            headers={**cache_control(fixed, own=closed(service, of.query)), "Vary": "Accept"},
        )

    def availability(request: Request) -> Response:
        form = accepted(request, STRUCTURE)
        one = flow(artefacts, *_path(request, "contexte", "agence", "ressource", "numero"))
        own = ("references", "mode")
        given = _only(request, (*own, "asOf"), filters=True)
        items = [pair for pair in request.query_params.multi_items() if pair[0] not in own]
        key, component = _path(request, "cle", "composant")
        of = answered(artefacts, one, key, items, request)
        told = constraint(of.told, component, given.get("mode", "exact"))
        asked = artefacts.index[FLOW, of.told.flow]
        references = given.get("references", "none")
        more = [asked, *beside(artefacts, [asked], references)] if references != "none" else []
        with within(service.workspace.settings.duree_question):
            return _structures(service, [told, *made([], more, "full")], form)

    for path, answer, params in (
        ("structure/{genre}/{agence}/{ressource}/{numero}", structure, ("references", "detail")),
        ("data/{contexte}/{agence}/{ressource}/{numero}/{cle}", data, ("c", *TAKEN[1:])),
        (
            "availability/{contexte}/{agence}/{ressource}/{numero}/{cle}/{composant}",
            availability,
            ("c", "asOf", "references"),
        ),
    ):
        _added(routes, path, answer, params)
    return routes


def _added(routes: APIRouter, path: str, answer: Any, params: tuple[str, ...]) -> None:
    """Add a route; those whose address leaves out what ends it are the same, and are not described again."""
    kind = answer.__name__
    forms = STRUCTURE if kind != "data" else DATA
    title = {"structure": "Structures SDMX", "data": "Données SDMX", "availability": "Ce qu'il y a de données SDMX"}
    parts = path.split("/")
    for end in range(len(parts), 1, -1):
        routes.add_api_route(
            f"{ROOT}/{'/'.join(parts[:end])}",
            answer,
            methods=["GET"],
            summary=title[kind],
            name=f"{kind}_{end}",
            include_in_schema=end == len(parts),
            response_class=Response,
            responses={
                200: {"description": "Un message SDMX", "content": {form.value: {} for form in forms}},
                **refusals("Demande refusée", "Artefact ou observation inconnus"),
            },
            openapi_extra={"parameters": [*_within(path), *map(_parameter, params)]},
        )


def _within(path: str) -> list[dict[str, Any]]:
    """Return the parameters that an address has in itself."""
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    text = {"type": "string"}
    return [{"in": "path", "name": one, "required": True, "description": PLACES[one], "schema": text} for one in names]


def _path(request: Request, *names: str) -> list[str]:
    """Return what an address has for its parameters; what it leaves out is all, or the latest."""
    return [request.path_params.get(name, "~" if name == "numero" else "*") for name in names]


def _parameter(name: str) -> dict[str, Any]:
    said = {"in": "query", "name": name, "required": False, "description": MEANT[name]}
    if name == "c":
        schema = {"type": "object", "additionalProperties": {"type": "string"}}
        return {**said, "style": "deepObject", "explode": True, "schema": schema}
    return {**said, "schema": {"type": "string"}}


def _only(request: Request, names: tuple[str, ...], *, filters: bool = False) -> dict[str, str]:
    """Return the parameters of a request.

    Raises:
        CriterionError: ``critere-inconnu``: there are others.
    """
    items = request.query_params.multi_items()
    for name, _ in items:
        if name not in names and not (filters and name.startswith("c[")):
            raise CriterionError(
                "critere-inconnu", Sentence("Critère inconnu : « %(name)s ».", name=name), allowed=names
            )
    return dict(items)


def _structures(service: Service, structures: list[Any], form: Form) -> Response:
    """Return a message of structures, dated of the latest edition."""
    day = max((edition.cree_le.date().isoformat() for edition in service.editions()), default="2000-01-01")
    return Response(
        written(structures, form, day),
        media_type=form.value,
        headers={**cache_control(), "Vary": "Accept"},
    )
