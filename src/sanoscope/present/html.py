"""A `Table` as the cells of a page: texts ready to show, with the reason of each mask."""

from dataclasses import dataclass

from sanoscope.present.labels import labels
from sanoscope.present.numbers import FRENCH, Style, cell, heading, reason
from sanoscope.query.table import State, Table


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a page: its text; of a measure, the word of its state, and why it is not exact ("" where it is)."""

    text: str
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a page; its first cell is its header, and takes the place of ``span`` columns."""

    kind: str
    cells: tuple[Cell, ...]
    span: int = 1


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column: its stable name, what is read, its definition."""

    text: str
    definition: str = ""
    number: bool = False
    name: str = ""


def headings(table: Table) -> list[Heading]:
    """Return the headings of a table's columns."""
    return [Heading(label.title, label.definition, name=label.name) for label in table.labels] + [
        Heading(heading(figure), figure.definition, number=True, name=figure.name) for figure in table.figures
    ]


def rows(table: Table, style: Style = FRENCH) -> list[Row]:
    """Return the rows of a table, their figures and reasons as a language writes them."""
    columns = [_column(table, number, style) for number in range(len(table.figures))]
    found = []
    for row, kind in enumerate(table.kinds):
        texts = labels(table, row)
        named = [i for i, text in enumerate(texts) if text]
        span = (named[1] if len(named) > 1 else len(texts)) if kind == "total" and named[:1] == [0] else 1
        cells = (*(Cell(text) for text in texts), *(column[row] for column in columns))
        found.append(Row(kind, cells, span if _unnamed(table, row) else 1))
    return found


def _unnamed(table: Table, row: int) -> bool:
    """Tell whether a row has no code of its own: its name is its header, over the columns that are left empty."""
    return bool(table.labels) and not table.labels[0].values[row]


def _column(table: Table, number: int, style: Style) -> list[Cell]:
    """Return the cells of a column of figures; those that show no figure are all alike, by state."""
    figure, alike = table.figures[number], dict[State, Cell]()
    cells = []
    for row, state in enumerate(figure.states):
        made = alike.get(state) or Cell(cell(figure, row, style), state.value, reason(figure, row, style))
        if state not in (State.EXACT, State.APPROXIMATE):
            alike[state] = made
        cells.append(made)
    return cells
