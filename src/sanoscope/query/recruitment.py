"""Where the patients of an establishment come from: the geographic codes that make 80 % of its activity."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanoscope.catalogue.field import Champ
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.query.planner import Question, RowKey
from sanoscope.query.sources import Source, read_rows, source_of, sums_of
from sanoscope.query.states import Sums
from sanoscope.sentence import Sentence

ENOUGH = 0.8
CODE = "code_geo"


def recruitment_zone(finess: str, annee: int, edition: Edition, champ: Champ, *, threshold: int) -> tuple[str, ...]:
    """Return the geographic codes that make most of an establishment's activity in a year, the most frequent first.

    They are those of the table « zone de recrutement »: 80 % of what the establishment's total says. In an open edition
    counts by code are noised: a code is in or out as these say, and a small one is out.

    Args:
        finess, annee: of whom, and when.
        edition, champ: where, and of what field.
        threshold: smallest count of people that may be told; 0 for a reader who sees all.

    Raises:
        CriterionError: ``valeur-inconnue``: it had no activity that year, or none that may be told; or the field does
            not tell establishments and geographic codes together.
    """
    cube = next((name for name, of in champ.cubes.items() if {"finess", CODE} <= set(of.dimensions)), None)
    if cube is None:
        raise CriterionError(
            "valeur-inconnue",
            Sentence("zone : ce champ n'a pas de zone de recrutement, il ne compte pas par établissement."),
            todo=Sentence("Prenez une région, un département ou un territoire."),
            criterion="zone",
        )
    asked = Question((CODE,), (annee,), (("finess", (finess,)),), 0, None)
    sources = [source_of(champ.principale, of, cube, edition, champ) for of in (asked, replace(asked, rows=()))]
    found: list[str] = []
    if all(sources):
        (keys, counts), (_, whole) = (_counted(source, edition, champ, threshold) for source in sources if source)
        told = (counts.value > 0) & ~counts.small(threshold)
        order = sorted(np.flatnonzero(told).tolist(), key=lambda row: (-counts.value[row], keys[row]))
        found = [str(keys[row][-1]) for row in enough(order, counts.value, ENOUGH * whole.value.sum())]
    if not found:
        raise CriterionError(
            "valeur-inconnue",
            Sentence("zone : « %(finess)s » n'a pas de zone de recrutement en %(annee)s.", finess=finess, annee=annee),
            todo=Sentence("Prenez une autre année ou un autre établissement."),
            criterion="zone",
        )
    return tuple(found)


def enough(rows: Sequence[int], counted: NDArray[Any], wanted: float) -> list[int]:
    """Return the first rows that make enough together."""
    before = np.cumsum([0.0, *(max(0.0, float(counted[row])) for row in rows)])[:-1]
    return [row for row, had in zip(rows, before, strict=True) if had < wanted]


def _counted(source: Source, edition: Edition, champ: Champ, threshold: int) -> tuple[list[RowKey], Sums]:
    read = read_rows(source, [champ.principale], edition, champ)
    sums = sums_of(champ.principale, source, read.columns, len(read.keys), edition, champ, threshold=threshold)
    return read.keys, sums
