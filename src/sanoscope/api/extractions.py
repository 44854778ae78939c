"""Large extractions: asked for, made beside the readers, fetched when they are made (``/api/v1/extractions``)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse

from sanoscope.access.extractions import DONE, REFUSED, Extraction
from sanoscope.access.journal import Journal
from sanoscope.api import shapes
from sanoscope.api.batches import asking, body_of, pairs
from sanoscope.api.extracting import Extractor
from sanoscope.api.limits import EXTRACTION_LARGEST
from sanoscope.api.posted import check_origin
from sanoscope.api.reader import reader
from sanoscope.api.replies import REFUSED as REFUSALS
from sanoscope.api.replies import cache_control, given, refusals
from sanoscope.errors import BusyError, NotFoundError, NotYetError
from sanoscope.present.exports import FORMATS
from sanoscope.sentence import Sentence

ADDRESS = "/api/v1/extractions"
UNKNOWN = "Extraction inconnue, ou qui n'est plus gardée"
SOON = 2
"""When an extraction that is not made may be asked about again (s)."""

FULL = 60
"""When another may be asked for, where too many wait (s)."""


def extraction_routes(extractor: Extractor, pace: Callable[[Request], None]) -> APIRouter:
    """Return these routes.

    Args:
        extractor: makes the extractions.
        pace: counts those that a reader asks for; raises `TooOftenError` where they are too many.
    """
    routes = APIRouter(responses=REFUSALS)
    formats, kept = tuple(FORMATS), extractor.kept

    @routes.post(
        ADDRESS,
        status_code=202,
        summary="Demander une extraction : beaucoup de questions, dans un même fichier, fait à côté",
        tags=["extractions"],
        openapi_extra=body_of(EXTRACTION_LARGEST, formats),
        responses={
            **refusals("Envoi refusé", "Rien n'est publié"),
            202: {"model": shapes.Extraction, "description": "Elle se fera : l'en-tête Location la suit"},
        },
    )
    def ask(
        request: Request,
        wanted: shapes.Batch = Depends(asking(EXTRACTION_LARGEST, formats)),  # noqa: B008
    ) -> Response:
        kept.purge()
        _check_room(extractor)
        pace(request)
        questions = [(question.restitution, pairs(question)) for question in wanted.questions]
        name = kept.add(reader(request), questions, wanted.format)
        extractor.wake()
        address = f"{ADDRESS}/{name}"
        return _told(extractor, name, kept.find(name, reader(request)), 202, {"Location": address})

    @routes.get(
        ADDRESS + "/{nom}",
        summary="Où en est une extraction",
        tags=["extractions"],
        responses=given(shapes.Extraction)
        | refusals("Demande refusée", "Extraction inconnue, ou qui n'est plus gardée"),
    )
    def state(nom: str, request: Request) -> Response:
        found = kept.find(nom, reader(request))
        if found.state not in (DONE, REFUSED):
            extractor.wake()  # whoever was to make it may be gone
        return _told(extractor, nom, found)

    @routes.get(
        ADDRESS + "/{nom}/fichier",
        summary="Le fichier d'une extraction : un zip, une réponse par fichier, et questions.json",
        tags=["extractions"],
        response_class=FileResponse,
        responses={
            **refusals("Demande refusée", "Extraction inconnue, qui n'est plus gardée, ou refusée"),
            200: {"description": "Le fichier", "content": {"application/zip": {}}},
        },
    )
    def file(nom: str, request: Request) -> Response:
        who = reader(request)
        found = kept.find(nom, who)
        _check_made(found)
        if who.account:
            Journal(kept.workspace).write(who.name, "extraction-remise", extraction=found.mark[:12])
        day = found.asked.date().isoformat()
        return FileResponse(
            kept.file(found.mark),
            media_type="application/zip",
            filename=f"extraction-{day}.zip",
            headers=cache_control(own=True),
        )

    @routes.delete(
        ADDRESS + "/{nom}",
        status_code=204,
        summary="Renoncer à une extraction, ou en retirer le fichier",
        tags=["extractions"],
        responses={**refusals("Demande refusée", UNKNOWN), 204: {"description": "Il n'en reste rien"}},
    )
    def remove(nom: str, request: Request) -> Response:
        check_origin(request)
        kept.remove(nom, reader(request))
        return Response(status_code=204)

    return routes


def _check_room(extractor: Extractor) -> None:
    """Do nothing if another extraction may wait.

    Raises:
        BusyError: ``trop-d-extractions``: too many wait, or their files take all the room there is.
    """
    kept, settings = extractor.kept, extractor.kept.workspace.settings
    if kept.waiting() >= settings.extractions_en_attente:
        raise BusyError(
            "trop-d-extractions",
            Sentence("Trop d'extractions attendent en ce moment ; la vôtre n'a pas été prise."),
            todo=Sentence("Réessayez dans %(n)s s.", n=FULL),
            after=FULL,
        )
    if kept.room() >= settings.extractions_mo * 1_000_000:
        free = kept.next_room() or datetime.now(UTC)
        after = max(FULL, round((free - datetime.now(UTC)).total_seconds()))
        raise BusyError(
            "trop-d-extractions",
            Sentence("Les extractions déjà faites prennent toute la place ; la vôtre n'a pas été prise."),
            todo=Sentence("Réessayez dans %(minutes)s min, ou retirez-en (DELETE).", minutes=-(-after // 60)),
            after=after,
        )


def _check_made(found: Extraction) -> None:
    """Do nothing if the file of an extraction is there.

    Raises:
        NotYetError: ``extraction-en-cours``.
        NotFoundError: ``extraction-refusee``.
    """
    if found.state == REFUSED:
        raise NotFoundError(
            "extraction-refusee",
            Sentence("Cette extraction n'a pas pu être faite."),
            todo=Sentence("Son adresse dit pourquoi ; demandez-en une autre."),
        )
    if found.state != DONE:
        raise NotYetError(
            "extraction-en-cours",
            Sentence("Cette extraction n'est pas encore faite."),
            todo=Sentence("Réessayez dans %(n)s s.", n=SOON),
            after=SOON,
        )


def _told(
    extractor: Extractor, name: str, found: Extraction, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    address = f"{ADDRESS}/{name}"
    told: dict[str, Any] = {
        "extraction": address,
        "etat": found.state,
        "format": found.format,
        "questions": found.questions,
        "faites": found.done,
        "refusees": found.refused,
        "cree_le": found.asked.isoformat(),
    }
    if found.ended:
        told |= {"fini_le": found.ended.isoformat(), "expire_le": (found.ended + extractor.kept.kept).isoformat()}
    if found.state == DONE:
        told |= {"fichier": f"{address}/fichier", "octets": found.size}
    if found.problem:
        told["probleme"] = found.problem
    later = {} if found.ended else {"Retry-After": str(SOON)}
    return Response(
        orjson.dumps(told),
        status,
        headers={**cache_control(own=True), **later, **(headers or {})},
        media_type="application/json",
    )
