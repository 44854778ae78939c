"""From the sums of a store to what a cell shows: hand-made sums in, states and figures out."""

import numpy as np

from sanoscope.catalogue.field import RapportMesure
from sanoscope.query.states import Sums, shown_ratio

OF = {"numerateur": "ages", "denominateur": "lignes", "decimales": 2}
AGE = RapportMesure.model_validate({"genre": "rapport", "libelle": "Âge moyen", "definition": "…", **OF})


def sums(*values: int, moved: bool) -> Sums:
    cells = len(values)
    return Sums(np.array(values), np.full(cells, moved), np.zeros(cells), np.zeros(cells, np.bool_))


def test_the_mean_of_a_twin_that_went_below_zero_is_zero() -> None:
    """The sum of the ages of twenty newborns may be -8 in the twin."""
    shown = shown_ratio(AGE, sums(-8, 30, moved=True), sums(20, 20, moved=True), people=False, threshold=11)
    assert shown.estimates() == (0.0, 1.5)
