"""What form of an answer a request accepts: the media types of SDMX 3.0, and how each is written."""

from dataclasses import dataclass
from enum import Enum

from fastapi import Request

from sanoscope.errors import NotAcceptableError
from sanoscope.sentence import Sentence


class Form(Enum):
    """A form of answers. The value is its media type, as an answer says it."""

    DATA_JSON = "application/vnd.sdmx.data+json;version=2.0.0"
    DATA_CSV = "application/vnd.sdmx.data+csv;version=2.0.0"
    STRUCTURE_JSON = "application/vnd.sdmx.structure+json;version=2.0.0"
    STRUCTURE_XML = "application/vnd.sdmx.structure+xml;version=3.0.0"


DATA = (Form.DATA_JSON, Form.DATA_CSV)
STRUCTURE = (Form.STRUCTURE_JSON, Form.STRUCTURE_XML)
"""The forms of each kind of answer, the first by default."""

SHORT = {"json": "application/json", "csv": "text/csv", "xml": "application/xml"}
"""Media types that are none of SDMX's, by the end of the one that answers them."""

WRITTEN = {"labels": "id", "timeformat": "original", "keys": "none"}
"""What SDMX-CSV may be asked for in its media type, as it is done here."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A media type that is accepted: how much, and with which parameters."""

    name: str
    asked: dict[str, str]
    weight: float


def accepted(request: Request, forms: tuple[Form, ...]) -> Form:
    """Return the form of an answer that a request would rather have.

    Args:
        request: its ``Accept`` says what it takes; anything without it.
        forms: those that there are, the first by default.

    Raises:
        NotAcceptableError: ``forme-refusee``: it takes none of them.
    """
    wishes = sorted(_wishes(request.headers.get("accept", "*/*")), key=lambda wish: -wish.weight)
    for wish in wishes:
        found = next((form for form in forms if wish.weight and _fits(wish, form)), None)
        if found:
            return found
    raise NotAcceptableError(
        "forme-refusee",
        Sentence("Aucune des formes demandées n'est faite ici."),
        allowed=[form.value for form in forms],
        todo=Sentence("Demandez l'une de celles-ci dans l'en-tête Accept."),
    )


def _wishes(text: str) -> list[_Wish]:
    found = []
    for part in text.split(","):
        name, *rest = (one.strip() for one in part.split(";"))
        pairs = [one.partition("=") for one in rest]
        asked = {key.strip().lower(): value.strip(' "').lower() for key, _, value in pairs if key}
        weight = asked.pop("q", "1")
        found.append(_Wish(name.lower(), asked, float(weight) if weight.replace(".", "", 1).isdigit() else 0.0))
    return found


def _fits(wish: _Wish, form: Form) -> bool:
    """Tell whether a form is what is wished for, its version and its ways of writing with it."""
    media, _, version = form.value.partition(";version=")
    if wish.name in ("*/*", "application/*", "", SHORT[media.rpartition("+")[2]]):
        return True
    known = {"version": version, **WRITTEN, "charset": "utf-8"}
    return wish.name == media and all(known.get(name) == value for name, value in wish.asked.items())
