"""A `Table` as the cells of a page: texts ready to show, with the reason of each mask."""

from dataclasses import dataclass

from sanoscope.present.numbers import cell, estimate, heading, reason
from sanoscope.query.table import Table


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a page: its text; of a measure, the word of its state, and why it is not exact ("" where it is)."""

    text: str
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a page."""

    kind: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column, with its definition."""

    text: str
    definition: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: label, value shown, length in hundredths of the longest, word of its state."""

    label: str
    value: str
    length: float
    state: str


def headings(table: Table) -> list[Heading]:
    """Return the headings of a table's columns."""
    return [Heading(label.title) for label in table.labels] + [
        Heading(heading(figure), figure.definition, number=True) for figure in table.figures
    ]


def rows(table: Table) -> list[Row]:
    """Return the rows of a table."""
    return [
        Row(
            kind,
            (
                *(Cell(label.values[row]) for label in table.labels),
                *(Cell(cell(f, row), f.states[row].value, reason(f, row)) for f in table.figures),
            ),
        )
        for row, kind in enumerate(table.kinds)
    ]


def bars(table: Table, measure: str, first: int) -> list[Bar]:
    """Return the largest values of a measure, exact or approximate, longest first: what is masked is not drawn."""
    figure = next(f for f in table.figures if f.name == measure)
    names = next((label for label in table.labels if label.name.startswith(("raison", "libelle"))), table.labels[-1])
    shown = [
        (value, row)
        for row, exact in enumerate(figure.values)
        if (value := estimate(figure, row) if exact is None else exact) is not None and table.kinds[row] == "detail"
    ]
    largest = sorted(shown, key=lambda pair: -pair[0])[:first]
    longest = max((value for value, _ in largest), default=0) or 1
    return [
        Bar(names.values[row], cell(figure, row), 100 * value / longest, figure.states[row].value)
        for value, row in largest
    ]
