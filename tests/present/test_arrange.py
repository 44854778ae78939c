"""A table in another order: what is shown is sorted as shown, what is not has no place among it."""

import pytest

from sanoscope.errors import CriterionError
from sanoscope.present.arrange import Arrangement, arranged
from sanoscope.query.table import Table
from tests.present.tables import every_state


def codes(table: Table) -> str:
    return "".join(table.labels[0].values) + ("" if table.kinds[-1] == "detail" else "T")


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", "123456T"),
        ("sejours", "312456T"),  # 1 230, 4 321, then what is not told, by code
        ("-sejours", "132456T"),
        ("-age", "321456T"),
        ("seances", "123564T"),
        ("-seances", "412356T"),  # equal ones stay by code
        ("finess", "123456T"),
        ("-finess", "654321T"),
        ("-raison_sociale", "543216T"),
    ],
)
def test_rows_are_sorted_and_totals_stay_last(sort: str, order: str) -> None:
    assert codes(arranged(every_state(), Arrangement(sort))) == order


def test_every_cell_follows_its_row() -> None:
    table = arranged(every_state(), Arrangement("-finess"))
    assert table.figures[0].values == (None, None, None, None, None, 4321, 9000)
    assert table.figures[0].margins[3] == 12
    assert len(table.figures[1].margins) == 0


@pytest.mark.parametrize(
    ("text", "order"), [("ch 3", "3T"), ("CH", "12345T"), ("6", "6T"), ("ch 2", "2T"), ("néant", "T"), ("=1", "6T")]
)
def test_rows_are_picked_by_their_labels(text: str, order: str) -> None:
    assert codes(arranged(every_state(), Arrangement(text=text))) == order


def test_an_unknown_column_says_which_there_are() -> None:
    with pytest.raises(CriterionError) as told:
        arranged(every_state(), Arrangement("-sejour"))
    assert told.value.code == "tri-inconnu"
    assert "« sejours »" in told.value.todo
