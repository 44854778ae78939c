"""A table in another order: what is shown is sorted as shown, what is not has no place among it."""

from dataclasses import replace

import pytest

from sanoscope.errors import CriterionError
from sanoscope.present.arrange import Arrangement, arranged, paged
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


@pytest.mark.parametrize(
    ("number", "order", "places"), [(1, "123T", (1, 3)), (2, "456T", (4, 6)), (0, "123456T", (1, 6))]
)
def test_a_page_has_its_rows_and_the_totals(number: int, order: str, places: tuple[int, int]) -> None:
    page = paged(every_state(), number, size=4)
    assert codes(page.table) == order
    assert (page.first, page.last, page.rows, page.pages) == (*places, 6, 2)


def test_a_total_within_a_table_stays_with_the_rows_before_it() -> None:
    table = replace(every_state(), kinds=("detail", "detail", "total", "detail", "total", "detail", "total"))
    pages = ["".join(paged(table, number, size=1).table.labels[0].values) for number in (1, 2, 3, 4)]
    assert pages == ["1", "23", "45", "6"]  # the last total has no code


def test_pages_that_are_not_there_are_refused() -> None:
    assert [paged(every_state(), 1, size=size).pages for size in (1, 2, 3, 4, 5, 6)] == [6, 3, 2, 2, 1, 1]
    nothing = paged(arranged(every_state(), Arrangement(text="néant")), 1, size=6)
    assert (nothing.first, nothing.last, nothing.rows, len(nothing.table)) == (0, 0, 0, 1)
    for number in (3, -1):
        with pytest.raises(CriterionError, match=f"page : « {number} »"):
            paged(every_state(), number, size=4)
