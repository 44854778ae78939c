"""Where the patients of an establishment come from: the geographic codes that make 80 % of its activity."""

import numpy as np

from sanoscope.catalogue.field import Champ
from sanoscope.edition.edition import Edition
from sanoscope.edition.noised import SMALL
from sanoscope.errors import CriterionError
from sanoscope.query.planner import Question
from sanoscope.query.sources import read_rows, source_of
from sanoscope.sentence import Sentence

ENOUGH = 0.8
CODE = "code_geo"


def recruitment_zone(finess: str, annee: int, edition: Edition, champ: Champ) -> tuple[str, ...]:
    """Return the geographic codes that make most of an establishment's activity in a year, the most frequent first.

    In an open edition counts by code are noised: a code is in or out as these say, and a small one is out.

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
    source = source_of(champ.principale, asked, cube, edition, champ)
    read = read_rows(source, [champ.principale], edition, champ) if source else None
    found: list[str] = []
    if read and read.keys:
        counts = read.columns[champ.principale]
        told = counts * (read.columns.get(champ.principale + SMALL, np.zeros(len(counts), np.int64)) == 0)
        order = sorted(range(len(counts)), key=lambda row: (-told[row], read.keys[row]))
        before = np.cumsum([0, *(told[row] for row in order)])[:-1]
        enough = ENOUGH * max(1, told.sum())
        rows = [row for row, had in zip(order, before, strict=True) if had < enough and told[row] > 0]
        found = [str(read.keys[row][-1]) for row in rows]
    if not found:
        raise CriterionError(
            "valeur-inconnue",
            Sentence("zone : « %(finess)s » n'a pas de zone de recrutement en %(annee)s.", finess=finess, annee=annee),
            todo=Sentence("Prenez une autre année ou un autre établissement."),
            criterion="zone",
        )
    return tuple(found)
