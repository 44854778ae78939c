"""Questions of structures: which artefacts an address means, what goes with them, in how much detail, in which form."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from sanoscope.api.sdmx.accepted import Form
from sanoscope.api.sdmx.artefacts import (
    AGENCIES,
    CATEGORIES,
    CATEGORISED,
    CODES,
    CONCEPTS,
    FLOW,
    INSTALL,
    STRUCTURE,
    Artefact,
    Artefacts,
    pysdmx,
    unknown,
)
from sanoscope.errors import CriterionError, UnsupportedError
from sanoscope.present.sdmx.ids import AGENCY
from sanoscope.sentence import Sentence

KINDS = (FLOW, STRUCTURE, CODES, CONCEPTS, AGENCIES, CATEGORIES, CATEGORISED)
"""The kinds of artefacts that there are."""

LATEST = ("*", "~", "+", "latest", "all", "")
"""Versions that are the one there is."""

DETAILS = ("full", "allstubs", "allcompletestubs", "referencestubs", "referencecompletestubs")
"""How much is told: of all artefacts, or of those that go with the ones asked for."""

UNDONE = ("referencepartial", "raw")
"""What SDMX has besides, and is not done here."""

REFERENCES = ("none", "parents", "parentsandsiblings", "ancestors", "children", "descendants", "all")
"""What may go with what is asked for; or a kind of artefacts."""

_EMPTY = re.compile(r',"groups":\[\]|\s*<str:MeasureRelationship>.*?</str:MeasureRelationship>', re.S)
"""What pysdmx writes and says nothing: no groups, which the schema refuses; of one measure, that it is the one."""


def version(artefact: Artefact, asked: str) -> bool:
    """Tell whether a version of an address is that of an artefact: itself, its beginning, or the latest."""
    return any(one in LATEST or artefact.version in (one, f"{one}.0") for one in asked.split(","))


def found(artefacts: Artefacts, kind: str, agency: str, ids: str, asked: str) -> list[Artefact]:
    """Return the artefacts that an address means.

    Args:
        artefacts: all that there are.
        kind: one of `KINDS`, or ``*``.
        agency, ids: by commas, or ``*``.
        asked: version.

    Raises:
        NotFoundError: ``artefact-inconnu``: none.
    """
    agencies, names = agency.split(","), ids.split(",")
    of_kind = [one for one in artefacts.index.values() if kind in ("*", one.kind)]
    matching = [
        one
        for one in of_kind
        if ("*" in agencies or "all" in agencies or one.agency in agencies)
        and ("*" in names or "all" in names or one.id in names)
        and version(one, asked)
    ]
    missing = [name for name in names if name not in ("*", "all") and name not in {one.id for one in matching}]
    if not matching or missing:
        name = f"{agency}:{','.join(missing) or ids}({asked})"
        raise unknown(kind, name, [one.id for one in of_kind] or KINDS)
    return matching


def beside(artefacts: Artefacts, asked: Iterable[Artefact], references: str) -> list[Artefact]:
    """Return what goes with artefacts, without these.

    Raises:
        CriterionError: ``valeur-inconnue``: ``references`` is none of `REFERENCES` and no kind.
    """
    own = list(asked)
    match references:
        case "" | "none":
            more: list[Artefact] = []
        case "parents":
            more = _each(own, artefacts.parents)
        case "children":
            more = _each(own, artefacts.children)
        case "descendants":
            more = _closed(own, artefacts.children)
        case "ancestors":
            more = _closed(own, artefacts.parents)
        case "parentsandsiblings":
            above = _each(own, artefacts.parents)
            more = [*above, *_each(above, artefacts.children)]
        case "all":
            more = _all(artefacts, own)
        case kind if kind in KINDS:
            more = [one for one in _all(artefacts, own) if one.kind == kind]
        case _:
            raise CriterionError(
                "valeur-inconnue",
                Sentence(
                    "%(criterion)s : « %(value)s » n'est pas admis.", criterion="references", value=references[:40]
                ),
                allowed=(*REFERENCES, *KINDS),
                criterion="references",
            )
    there = {(one.kind, one.id) for one in own}
    return [one for key, one in {(one.kind, one.id): one for one in more}.items() if key not in there]


def _each(of: Iterable[Artefact], related: Callable[[Artefact], list[Artefact]]) -> list[Artefact]:
    return [other for one in of for other in related(one)]


def _closed(of: Iterable[Artefact], related: Callable[[Artefact], list[Artefact]]) -> list[Artefact]:
    """Return what is related to artefacts, what is to that, and so on."""
    known: dict[tuple[str, str], Artefact] = {}
    new = list(of)
    while new:
        new = [one for one in _each(new, related) if (one.kind, one.id) not in known]
        known |= {(one.kind, one.id): one for one in new}
    return list(known.values())


def _all(artefacts: Artefacts, own: list[Artefact]) -> list[Artefact]:
    """Return all that artefacts refer to, what refers to them, and what that refers to."""
    above = _each(own, artefacts.parents)
    return [*_closed(own, artefacts.children), *above, *_each(above, artefacts.children)]


def made(asked: Iterable[Artefact], more: Iterable[Artefact], detail: str) -> list[Any]:
    """Return artefacts as pysdmx has them, as stubs where ``detail`` says so.

    Raises:
        CriterionError: ``valeur-inconnue``: ``detail`` is nothing that SDMX has.
        UnsupportedError: ``sdmx-non-fait``: it is one of `UNDONE`; ``extra-absent``: pysdmx is not there.
    """
    if detail not in (*DETAILS, *UNDONE):
        raise CriterionError(
            "valeur-inconnue",
            Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion="detail", value=detail[:40]),
            allowed=DETAILS,
            criterion="detail",
        )
    if detail in UNDONE:
        raise UnsupportedError(
            "sdmx-non-fait",
            Sentence("%(criterion)s : « %(value)s » n'est pas fait ici.", criterion="detail", value=detail),
            allowed=DETAILS,
        )
    of_all, of_more = detail.startswith("all"), detail != "full"
    return [*(one.make(stub=of_all) for one in asked), *(one.make(stub=of_more) for one in more)]


def written(structures: list[Any], form: Form, day: str) -> bytes:
    """Return a message of structures.

    Args:
        structures: as pysdmx has them.
        form: in which form.
        day: ISO; the message is dated of it.

    Raises:
        UnsupportedError: ``extra-absent``: pysdmx, or what it writes XML with, is not there.
    """
    pysdmx()
    from datetime import UTC, datetime  # noqa: PLC0415

    from pysdmx.io.format import Format  # noqa: PLC0415
    from pysdmx.io.writer import write_sdmx  # noqa: PLC0415
    from pysdmx.model import Organisation  # noqa: PLC0415
    from pysdmx.model.message import Header  # noqa: PLC0415

    prepared = datetime.fromisoformat(day).replace(tzinfo=UTC)
    header = Header(id="STRUCTURES", prepared=prepared, sender=Organisation(id=AGENCY), test=False)
    kind = Format.STRUCTURE_SDMX_ML_3_0 if form is Form.STRUCTURE_XML else Format.STRUCTURE_SDMX_JSON_2_0_0
    try:
        text = write_sdmx(structures, kind, prettyprint=False, header=header)
    except ImportError as error:
        raise UnsupportedError(
            "extra-absent", Sentence("SDMX-ML demande lxml et xmltodict, qui ne sont pas installés."), todo=INSTALL
        ) from error
    return _EMPTY.sub("", text or "").replace('xml:lang="en"', 'xml:lang="fr"').encode("utf-8")
