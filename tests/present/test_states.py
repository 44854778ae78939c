"""A cell's state decides which figures it carries, what is read in it and why."""

import re

import pytest

from sanoscope.present.numbers import MEANING, SHOWN, cell, legend, reason
from sanoscope.query.rounding import estimate, margin
from sanoscope.query.table import Figure, State, without_estimates
from tests.present.tables import A, E, M, S, every_state, measured, one


@pytest.mark.parametrize(
    ("state", "value", "estimates", "margins"),
    [
        (M, 4, (), ()),  # a masked figure must not travel
        (E, None, (), ()),
        (A, 1234, (1230,), ()),  # neither must the one that an estimate stands for
        (A, None, (), ()),
        (S, None, (7,), ()),
        (M, None, (7,), ()),
        (E, 12, (), (3,)),
    ],
)
def test_a_cell_carries_what_its_state_allows(
    state: State, value: Figure, estimates: tuple[Figure, ...], margins: tuple[Figure, ...]
) -> None:
    with pytest.raises(ValueError, match="sejours, row 0"):
        measured("sejours", (state,), (value,), estimates=estimates, margins=margins)


def test_columns_are_of_equal_lengths() -> None:
    with pytest.raises(ValueError, match="unequal"):
        measured("sejours", (E, A), (1, None), estimates=(12,))


def test_each_state_is_read() -> None:
    sejours, age, _ = every_state().figures
    assert [cell(sejours, row) for row in range(7)] == [
        "4\u202f321",
        "1 à 10",
        "≈ 1\u202f230",
        "s.",
        "–",
        "…",
        "9\u202f000",
    ]
    assert [cell(age, row) for row in range(7)] == ["50,00", "≈ 70,13", "≈ 71,50", "–", "–", "…", "61,25"]


def test_each_state_says_why() -> None:
    sejours, age, _ = every_state().figures
    assert reason(sejours, 0) == ""
    assert reason(sejours, 1) == "Effectif de 1 à 10, masqué pour protéger les personnes."
    assert reason(sejours, 2) == f"{MEANING[A]} Incertitude : ± 16."
    assert reason(sejours, 3) == MEANING[S]
    assert reason(age, 1) == MEANING[A]


def test_an_unknown_margin_is_not_said() -> None:
    near = one(estimate=1234, margin=None)
    assert (cell(near, 0), estimate(near, 0), margin(near, 0)) == ("≈ 1\u202f234", 1234, None)


def test_decimals_follow_the_margin() -> None:
    near = one(estimate=12.346, margin=0.3, decimals=2)
    assert (cell(near, 0), reason(near, 0)) == ("≈ 12,3", f"{MEANING[A]} Incertitude : ± 0,35.")


def test_every_state_has_its_meaning() -> None:
    assert set(MEANING) == set(State)
    assert set(SHOWN) == set(State) - {E}
    assert all(re.fullmatch(r"[A-ZÀ-Ý].*\.", meaning) for meaning in MEANING.values())


def test_a_legend_says_the_states_of_its_table_and_no_other() -> None:
    assert [line.shown for line in legend(every_state())] == ["un chiffre", "1 à 10", "≈ n", "s.", "–", "…"]
    hidden = legend(without_estimates(every_state()))
    assert [line.shown for line in hidden] == ["un chiffre", "1 à 10", "s.", "–", "…"]


def test_an_operator_may_show_no_estimate() -> None:
    table = every_state()
    hidden = without_estimates(table)
    sejours, age, seances = hidden.figures
    assert [cell(sejours, row) for row in range(7)] == ["4\u202f321", "1 à 10", "s.", "s.", "–", "…", "9\u202f000"]
    assert [cell(age, row) for row in range(7)] == ["50,00", "s.", "s.", "–", "–", "…", "61,25"]
    assert seances == table.figures[2]
    assert not any(figure.estimates or figure.margins for figure in hidden.figures)
    assert (hidden.labels, hidden.kinds, hidden.notes) == (table.labels, table.kinds, table.notes)
