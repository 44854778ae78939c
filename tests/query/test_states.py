"""From the sums of a store to what a cell shows: hand-made sums in, states and figures out."""

import numpy as np
import pytest

from sanoscope.catalogue.field import RapportMesure
from sanoscope.query.states import Sums, shown_deviation, shown_ratio
from sanoscope.query.table import State

OF = {"numerateur": "ages", "denominateur": "lignes", "decimales": 2}
AGE = RapportMesure.model_validate({"genre": "rapport", "libelle": "Âge moyen", "definition": "…", **OF})


def sums(*values: int, moved: bool) -> Sums:
    cells = len(values)
    return Sums(np.array(values), np.full(cells, moved), np.zeros(cells), np.zeros(cells, np.bool_))


def test_the_mean_of_a_twin_that_went_below_zero_is_zero() -> None:
    """The sum of the ages of twenty newborns may be -8 in the twin."""
    shown = shown_ratio(AGE, sums(-8, 30, moved=True), sums(20, 20, moved=True), people=False, threshold=11)
    assert shown.estimates() == (0.0, 1.5)


def test_a_deviation_is_that_of_the_stays_and_said_only_as_far_as_its_noise_leaves_any() -> None:
    """Three stays of 2, 4 and 6 nights: √(56 ⁄ 3 − 16); a noise as large as the figure leaves nothing of it."""
    exact = shown_deviation(sums(3, moved=False), sums(12, moved=False), sums(56, moved=False), threshold=0)
    assert exact.values() == (pytest.approx(1.633, abs=5e-4),)
    count, total = sums(100, 5, moved=False), sums(400, 20, moved=False)
    squares = sums(1900, 95, moved=True)
    told = shown_deviation(count, total, squares, threshold=11)
    assert told.states() == (State.APPROXIMATE, State.SECRET)
    wide = Sums(squares.value, squares.moved, np.array([2000.0, 0.0]), squares.silent)
    assert shown_deviation(count, total, wide, threshold=11).states()[0] is State.SECRET
    assert shown_deviation(count, total, sums(1900, 95, moved=False), threshold=11).states()[0] is State.SECRET
