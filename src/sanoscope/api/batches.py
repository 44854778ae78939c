"""Several questions at once, as they are posted in JSON: each is asked, allowed and answered by itself."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from pydantic import ValidationError

from sanoscope.api import shapes
from sanoscope.api.asked import with_date
from sanoscope.api.posted import LARGEST, check_origin, received
from sanoscope.errors import CriterionError
from sanoscope.sentence import Sentence

FORM = '{"questions": [{"restitution": "…", "criteres": {"annee": "2023"}}], "format": "json"}'


def asking(most: int, formats: tuple[str, ...]) -> Callable[[Request], Awaitable[shapes.Batch]]:
    """Return a dependency that gives the questions that are posted.

    It raises `RefusedError`, and CriterionError ``envoi-trop-grand``, ``corps-illisible``, ``trop-de-questions`` or
    ``format-inconnu``.

    Args:
        most: questions that there may be.
        formats: those that they may be answered in.
    """

    async def asked(request: Request) -> shapes.Batch:
        check_origin(request)
        body = await received(request, LARGEST, Sentence("Posez ces questions en plusieurs envois."))
        return batch(body, most, formats)

    return asked


def batch(body: bytes, most: int, formats: tuple[str, ...]) -> shapes.Batch:
    """Return the questions of a body.

    Raises:
        CriterionError: ``corps-illisible``, ``trop-de-questions``, ``format-inconnu``.
    """
    try:
        found = shapes.Batch.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_url=False, include_input=False)[0]["loc"]))
        raise CriterionError(
            "corps-illisible",
            Sentence("Ce qui est envoyé n'est pas la liste de questions attendue (%(ou)s).", ou=where[:80] or "JSON"),
            allowed=[FORM],
            todo=Sentence("Un critère a un texte ou un nombre entier ; plusieurs valeurs s'écrivent « 2022,2023 »."),
        ) from None
    if len(found.questions) > most:
        raise CriterionError(
            "trop-de-questions",
            Sentence("Il y a %(n)s questions.", n=len(found.questions)),
            allowed=[Sentence("1 à %(n)s", n=most)],
            todo=Sentence("Posez-les en plusieurs envois, ou demandez une extraction."),
        )
    if found.format not in formats:
        raise CriterionError(
            "format-inconnu", Sentence("Format « %(liste)s » inconnu.", liste=found.format[:40]), allowed=formats
        )
    return found


def pairs(question: shapes.Question) -> list[tuple[str, str]]:
    """Return the criteria of a question as an address has them."""
    return with_date((name, str(value)) for name, value in question.criteres.items())


def body_of(most: int, formats: tuple[str, ...]) -> dict[str, Any]:
    """Return what the description of a route says of the questions that are posted."""
    schema = shapes.Batch.model_json_schema(ref_template="#/components/schemas/{model}")
    question = schema.pop("$defs")["Question"]
    schema["properties"]["questions"] |= {"items": question, "maxItems": most}
    schema["properties"]["format"] |= {"enum": list(formats)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
