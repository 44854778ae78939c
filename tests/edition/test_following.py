"""What follows a stay, and national means, by hand."""

import polars as pl
import pytest

from sanoscope.edition.following import following
from sanoscope.edition.means import means

KEYS = ("annee", "finess", "cle_rsa")


def test_the_next_stay_of_the_same_patient_follows() -> None:
    stays = pl.DataFrame(
        [
            # patient A: 3 nights from day 10, back on day 18 elsewhere, then the next year
            (2022, "A", 1, "000000000", "A", "10", 3),
            (2022, "B", 1, "000000000", "A", "18", 0),
            (2023, "A", 9, "000000000", "A", "400", 1),
            # patient B: admitted elsewhere on the day of discharge; patient C has one stay; D is badly chained
            (2022, "A", 2, "000000000", "B", "5", 2),
            (2022, "C", 1, "000000000", "B", "7", 4),
            (2022, "A", 3, "000000000", "C", "5", 2),
            (2022, "A", 4, "000000010", "D", "5", 2),
            (2022, "B", 2, "000000010", "D", "9", 2),
            # patient E: the chaining does not say when
            (2022, "A", 5, "000000000", "E", "", 2),
            (2022, "B", 3, "000000000", "E", "9", 2),
        ],
        schema=[*KEYS, "codes_retour", "numero_anonyme", "delai", "_duree"],
        orient="row",
    )
    found = {row[:3]: row[3:] for row in following(stays, KEYS, "delai").iter_rows()}
    assert found == {(2022, "A", 1): (5, "B"), (2022, "B", 1): (382, "A"), (2022, "A", 2): (0, "C")}


@pytest.mark.parametrize(("trimmed", "mean"), [(False, 8090), (True, 4500)])
def test_a_mean_may_leave_extremes_out(trimmed: bool, mean: int) -> None:
    """1 to 8 nights ten times each, 40 nine times: quartiles 3 and 7, hence a fence at 13; 720 ⁄ 89 and 360 ⁄ 80."""
    counted = pl.DataFrame(
        {"annee": [2023] * 9, "ghm": ["04M053"] * 9, "valeur": [1, 2, 3, 4, 5, 6, 7, 8, 40], "n": [10] * 8 + [9]}
    )
    assert means(counted, ("ghm",), trimmed=trimmed).rows() == [(2023, "04M053", mean)]
