"""A batch of questions, answered together: ``POST /api/v1/lot``."""

from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from sanoscope.api import shapes
from sanoscope.api.batches import asking, body_of, pairs
from sanoscope.api.limits import LOT_LARGEST
from sanoscope.api.reader import reader, with_mark
from sanoscope.api.replies import REFUSED, cache_control, described, given, refusals, status_of
from sanoscope.engine.limits import within
from sanoscope.errors import SanoscopeError
from sanoscope.present.exports import document
from sanoscope.query.reading import here
from sanoscope.query.service import Service

FORMATS = ("json",)


def lot_routes(service: Service) -> APIRouter:
    """Return this route on a service."""
    routes = APIRouter(responses=REFUSED)

    @routes.post(
        "/api/v1/lot",
        summary="Plusieurs questions d'un coup : à chacune son tableau, ou pourquoi il n'y en a pas",
        tags=["données"],
        openapi_extra=body_of(LOT_LARGEST, FORMATS),
        responses=given(list[shapes.Reply], "Les réponses, dans l'ordre des questions")
        | refusals("Envoi refusé", "Rien n'est publié"),
    )
    def lot(request: Request, wanted: shapes.Batch = Depends(asking(LOT_LARGEST, FORMATS))) -> Response:  # noqa: B008
        with within(service.workspace.settings.duree_question):
            replies = [_reply(service, request, question) for question in wanted.questions]
        return Response(orjson.dumps(replies), media_type="application/json", headers=cache_control(own=True))

    return routes


def _reply(service: Service, request: Request, question: shapes.Question) -> dict[str, Any]:
    try:
        query, table = service.ask(question.restitution, pairs(question), reader(request).scope)
    except SanoscopeError as error:
        here().refused.append(f"{question.restitution[:80]} : {error.code}")
        return {"statut": status_of(error), "probleme": described(error)}
    return {"statut": 200, "tableau": document(with_mark(request, query, table))}
