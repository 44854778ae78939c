"""A `Table` as the cells of a page: texts ready to show, with the reason of each mask."""

from dataclasses import dataclass

from sanoscope.present.numbers import MEANING, cell, french, heading
from sanoscope.query.table import State, Table


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a page: its text, why it is not a figure ("" when it is one), whether it is a number."""

    text: str
    reason: str = ""
    number: bool = False


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
    """A bar of a chart: label, value shown, length in hundredths of the longest."""

    label: str
    value: str
    length: float


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
                *(Cell(cell(f, row), MEANING.get(f.states[row], ""), number=True) for f in table.figures),
            ),
        )
        for row, kind in enumerate(table.kinds)
    ]


def bars(table: Table, measure: str, first: int) -> list[Bar]:
    """Return the largest exact values of a measure, longest first: what is masked is not drawn."""
    figure = next(f for f in table.figures if f.name == measure)
    names = next((label for label in table.labels if label.name.startswith(("raison", "libelle"))), table.labels[-1])
    shown = [
        (value, names.values[row])
        for row, value in enumerate(figure.values)
        if value is not None and figure.states[row] is State.EXACT and table.kinds[row] == "detail"
    ]
    largest = sorted(shown, key=lambda pair: -pair[0])[:first]
    longest = max((value for value, _ in largest), default=0) or 1
    return [Bar(name, french(value, figure.decimals), 100 * value / longest) for value, name in largest]
