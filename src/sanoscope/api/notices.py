"""The notice of a restitution: its text (Markdown), or with the definitions of its measures (JSON)."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sanoscope.api import catalogue_shapes as shapes
from sanoscope.api.asked import chosen, described
from sanoscope.api.asked import given as parameters
from sanoscope.api.replies import REFUSED, cache_control, given, refusals
from sanoscope.query.service import Service

MARKDOWN = "text/markdown"
FORMATS = {"json": "application/json", "markdown": MARKDOWN}

Say = Callable[[str], str]
"""Says a French text in a language: a sentence, or the paragraphs of a notice one by one."""


def notice_routes(service: Service, languages: Mapping[str, Say]) -> APIRouter:
    """Return this route on a service; ``languages``: how each says a text, the first one by default."""
    routes, first = APIRouter(responses=REFUSED), next(iter(languages))
    asked_by = {
        "format": "json (texte et définitions) ou markdown (texte seul) ; sinon ce que dit l'en-tête Accept.",
        "langue": f"{' ou '.join(languages)} ; sinon ce que dit l'en-tête Accept-Language, {first} par défaut.",
    }
    enums = {"format": {"type": "string", "enum": [*FORMATS]}, "langue": {"type": "string", "enum": [*languages]}}

    @routes.get(
        "/api/v1/restitutions/{slug}/notice",
        summary="La notice d'une restitution et les définitions de ses mesures",
        tags=["catalogue"],
        openapi_extra={"parameters": described(asked_by, enums)},
        responses={
            200: given(shapes.Notice)[200] | {"content": {MARKDOWN: {"schema": {"type": "string"}}}},
            **refusals("Paramètre refusé", "Restitution inconnue"),
        },
    )
    def notice(slug: str, request: Request) -> Response:
        asked = parameters(request.query_params.multi_items(), asked_by)
        accepted = preferred(request.headers.get("accept", ""), FORMATS.values())
        default = "markdown" if accepted == MARKDOWN else "json"
        kind = chosen(asked, "format", FORMATS, default) or default
        wished = preferred(request.headers.get("accept-language", ""), languages) or first
        code = chosen(asked, "langue", languages, wished) or wished
        restitution, say = service.catalogue.restitution(slug), languages[code]
        headers = {**cache_control(), "Content-Language": code, "Vary": "Accept, Accept-Language"}
        if kind == "markdown":
            return Response(say(restitution.notice), media_type=f"{MARKDOWN}; charset=utf-8", headers=headers)
        body = {
            "restitution": slug,
            "titre": say(restitution.titre),
            "langue": code,
            "notice": say(restitution.notice),
            "mesures": [
                defined(name, measure, say) for name, measure in service.catalogue.mesures(restitution).items()
            ],
        }
        return JSONResponse(body, headers=headers)

    return routes


def defined(name: str, measure: Any, say: Say = str) -> dict[str, Any]:
    """Return what a measure of the catalogue is, in a language."""
    return {
        "nom": name,
        "libelle": say(measure.libelle),
        "unite": say(getattr(measure, "unite", "")),
        "decimales": getattr(measure, "decimales", 0),
        "definition": say(measure.definition),
    }


def preferred(header: str, among: Any) -> str:
    """Return what a header of preferences (RFC 9110) likes best among some values; "" where it names none of them.

    >>> preferred("en-GB,en;q=0.9,fr;q=0.5", ["fr", "en"])
    'en'
    """
    known, best, most = [*among], "", 0.0
    for part in header.lower().split(","):
        name, *rest = (piece.strip() for piece in part.split(";"))
        weight = next((_weight(one[2:]) for one in rest if one.startswith("q=")), 1.0)
        found = next((one for one in known if name in (one, "") or name.partition("-")[0] == one), "")
        if name and found and weight > most:
            best, most = found, weight
    return best


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
