"""The rows of a table in another order, some of them, or a page of them: how it is looked at, not what it says.

What is not shown has no place among what is: cells that are masked or missing come last whatever the order, by code.
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

from sanoscope.errors import CriterionError, suggest
from sanoscope.present.labels import labels
from sanoscope.query.rounding import estimate, rounded
from sanoscope.query.table import Label, Measured, Table, taken
from sanoscope.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a table is looked at.

    Attributes:
        sort: column that the rows are sorted by, "-" before it for the largest first; "" leaves them as they are.
        text: words that the labels of the rows kept hold, without regard to case or accents; "" keeps all.
    """

    sort: str = ""
    text: str = ""


def arranged(table: Table, how: Arrangement) -> Table:
    """Return a table with its rows sorted and picked; totals come last, of all rows whatever is picked.

    Raises:
        CriterionError: ``tri-inconnu``: the table has no such column.
    """
    details = [row for row, kind in enumerate(table.kinds) if kind == "detail"]
    totals = [row for row, kind in enumerate(table.kinds) if kind == "total"]
    if how.text:
        terms = plain(how.text).split()
        details = [row for row in details if _holds(table, row, terms)]
    if how.sort:
        return taken(table, [*_sorted(table, details, how.sort), *totals])
    return taken(table, sorted([*details, *totals])) if how.text else table


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the rows of a table.

    Attributes:
        table: the rows of the page; the totals at the end of the whole table are on each of its pages.
        number, pages: the page and how many there are, from 1; ``number`` is 0 where all rows are shown together.
        first, last: places of its rows among those that are no totals, from 1; 0 where there are none.
        rows: how many of these there are on all pages.
    """

    table: Table
    number: int
    pages: int
    first: int
    last: int
    rows: int


def paged(table: Table, number: int, *, size: int) -> Page:
    """Return a page of a table as it is arranged; a total within the table stays with the rows before it.

    Pages are as long as one another, so that the last is no scrap: half as long again as ``size`` at most.

    Args:
        table: all rows.
        number: of the page, from 1; 0 for all rows together.
        size: rows of a page, about, totals aside.

    Raises:
        CriterionError: ``valeur-inconnue``: there are not so many pages.
    """
    details = [row for row, kind in enumerate(table.kinds) if kind == "detail"]
    pages = max(1, (2 * len(details) + size) // (2 * size))
    length = -(-len(details) // pages)
    if not 0 <= number <= pages:
        raise CriterionError(
            "valeur-inconnue",
            Sentence("page : « %(page)s » n'est pas admis.", page=str(number)),
            allowed=[Sentence("1 à %(n)s", n=pages)],
        )
    if pages == 1 or number == 0:
        return Page(table, number, pages, min(1, len(details)), len(details), len(details))
    first, last = (number - 1) * length, min(number * length, len(details))
    end = details[-1] + 1
    start, stop = 0 if number == 1 else details[first], end if number == pages else details[last]
    rows = [*range(start, stop), *range(end, len(table))]
    return Page(taken(table, rows), number, pages, first + 1, last, len(details))


def plain(text: str) -> str:
    """Return a text without case or accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def _holds(table: Table, row: int, terms: list[str]) -> bool:
    text = plain(" ".join(labels(table, row)))
    return all(term in text for term in terms)


def _sorted(table: Table, details: list[int], sort: str) -> list[int]:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    texts = {label.name: label for label in table.labels}
    figures = {figure.name: figure for figure in table.figures}
    if name not in texts and name not in figures:
        known = [*texts, *figures]
        raise CriterionError(
            "tri-inconnu",
            Sentence("tri : il n'y a pas de colonne « %(name)s ».", name=name),
            allowed=known,
            todo=suggest(name, known),
        )
    by_code = sorted(details, key=lambda row: [plain(text) for text in labels(table, row)])
    keys: dict[int, Any] = {row: _key(texts.get(name), figures.get(name), row) for row in by_code}
    told = [row for row in by_code if keys[row] is not None]
    ordered = sorted(told, key=lambda row: keys[row], reverse=down)  # equal ones stay by code, either way
    return [*ordered, *(row for row in by_code if keys[row] is None)]


def _key(label: Label | None, figure: Measured | None, row: int) -> Any:
    if label is not None:
        return plain(label.values[row])
    if figure is None:
        return None
    exact = rounded(figure, row)
    return estimate(figure, row) if exact is None else exact
