"""What moved in one answer from an edition to another: the same question asked of both."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from orjson import dumps

from sanoscope.api import catalogue_shapes as shapes
from sanoscope.api.asked import SIZE, described, number, parted, with_date
from sanoscope.api.limits import PAGE_LARGEST
from sanoscope.api.reader import reader, with_mark
from sanoscope.api.replies import REFUSED, given, refusals
from sanoscope.api.routes import keeping, question_parameters
from sanoscope.errors import CriterionError
from sanoscope.present.moved import COUNTS, told
from sanoscope.query.moved import moved_answer
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.sentence import Sentence

FIRST = 100
"""Changes that are told where nothing else is asked for."""

ASKED = {
    "avec": "Nom de l'édition à laquelle comparer : ses chiffres sont ceux d'avant.",
    SIZE: f"Écarts donnés un par un, les plus grands d'abord : {PAGE_LARGEST} au plus, {FIRST} par défaut.",
}
SCHEMAS = {SIZE: {"type": "integer", "minimum": 1, "maximum": PAGE_LARGEST, "default": FIRST}}


def moved_routes(service: Service) -> APIRouter:
    """Return this route on a service."""
    routes = APIRouter(responses=REFUSED)
    parameters = [*described(ASKED, SCHEMAS), *question_parameters()]
    parameters[0] = parameters[0] | {"required": True}

    @routes.get(
        "/api/v1/restitutions/{slug}/ecarts",
        summary="Les écarts d'une réponse entre deux éditions",
        tags=["données"],
        openapi_extra={"parameters": parameters},
        responses=given(shapes.Moves) | refusals("Critère refusé", "Restitution ou édition inconnue"),
    )
    def moves(slug: str, request: Request) -> Response:
        asked, pairs = parted(request.query_params.multi_items(), ASKED)
        first, scope = number(asked, SIZE, FIRST, PAGE_LARGEST), reader(request).scope
        restitution = service.catalogue.restitution(slug)
        dated = with_date(pairs)
        query, after = service.ask(slug, dated, scope)
        with_whom = asked.get("avec", "").strip()
        if not with_whom:
            raise CriterionError(
                "edition-absente",
                Sentence("Il manque l'édition à laquelle comparer."),
                allowed=[m.nom for m in service.editions() if m.repond(restitution) and m.nom != after.edition],
                todo=Sentence("Donnez-la par « avec »."),
                criterion="avec",
            )
        if restitution.genre == "transmissions":
            raise CriterionError(
                "ecarts-sans-objet",
                Sentence("« %(slug)s » dit ce qui a été transmis : elle n'a pas de chiffres à comparer.", slug=slug),
                todo=Sentence("« /editions/comparer » dit les transmissions qui ont changé."),
            )
        _, before = service.ask(slug, [*(query.criteria() | {"edition": with_whom}).items()], scope)
        found = moved_answer(before, after, restitution, query, first=first)
        counts = {name: getattr(found, name) for name in COUNTS}
        body = {
            "restitution": slug,
            "requete": query.canonical,
            "de": _made(before),
            "a": _made(after),
            "filigrane": with_mark(request, query, after).mark,
            **counts,
            "ecarts": [told(move) for move in found.premiers],
            "suite": found.changes + found.approches > len(found.premiers),
        }
        return Response(dumps(body), media_type="application/json", headers=keeping(service, query, dated))

    return routes


def _made(table: Table) -> dict[str, str]:
    return {"nom": table.edition, "etat": table.state, "date": table.made}
