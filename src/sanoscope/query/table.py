"""A table of cells with states: the one thing that is shown, exported and sent."""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal, TypeAlias

from sanoscope.sentence import Sentence


class State(Enum):
    """What a cell is. The value is the word of the column ``NAME_etat`` of exports."""

    EXACT = "exact"
    MASKED = "masque"
    APPROXIMATE = "approche"
    SECRET = "secret"
    NOT_APPLICABLE = "sans_objet"
    NOT_AVAILABLE = "indisponible"

    __hash__ = object.__hash__  # there is one of each: no call in Python for each cell of a table


WORDS = {state: state.value for state in State}
"""The word of each state: `Enum.value` is a call in Python."""


def said(state: str | None) -> State:
    """Return the state of a stored cell; it has none where no file of its source says anything of it."""
    return State(state or State.NOT_AVAILABLE)


ABSENT = {
    State.MASKED: Sentence("masqué"),
    State.SECRET: Sentence("secret"),
    State.NOT_AVAILABLE: Sentence("non disponible"),
    State.NOT_APPLICABLE: Sentence("sans objet"),
}
"""What stands for a class that is not there."""


Figure: TypeAlias = int | float | None


@dataclass(frozen=True, slots=True)
class Credit:
    """A published source that figures are from: what it is, who publishes it, under what licence, where."""

    title: str
    publisher: str
    licence: str
    link: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What a table answers and who publishes it: what goes with a file that leaves the site.

    Attributes:
        slug, title, subject, notice: the restitution; ``notice`` is Markdown.
        sources: the published sources that its figures are from, the one that answers first; () for figures of our own.
        theirs: the first of them has all the figures: its licence is theirs.
        site: public address of the site, without a last slash, "" where there is none.
        publisher: who publishes the figures, by name.
        licence: what our own figures may be used for, a key of `present.licences.LICENCES`, "" for what is not said.
    """

    slug: str = ""
    title: str = ""
    subject: str = ""
    notice: str = ""
    sources: tuple[Credit, ...] = ()
    theirs: bool = False
    site: str = ""
    publisher: str = "Sanoscope"
    licence: str = ""


NOWHERE = Origin()
"""Of a table that was made by hand."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Of whom a column is, in a table that has a measure once for each of several.

    Attributes:
        code, name: of whom: an establishment, a group.
        measure, title: what is measured of each: the name and the title that their columns share.
    """

    code: str
    name: str
    measure: str
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    """A column of texts: codes, names, classes.

    Attributes:
        name: stable name.
        title: what a person reads.
        values: one a row.
        definition: one sentence, where it is a measure; "" else.
        tells: it tells a row from another. What is said of a row, and may change from year to year, does not.
        subject: of whom it is, as of `Measured`.
    """

    name: str
    title: str
    values: tuple[str, ...]
    definition: str = ""
    tells: bool = True
    subject: Subject | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A column of figures.

    Attributes:
        name: stable name.
        title: what a person reads.
        unit: unit, "" for counts.
        decimals: digits after the point.
        definition: one sentence.
        values: figures where the state is EXACT, None elsewhere.
        states: state of each.
        estimates: figures where the state is APPROXIMATE, None elsewhere; () when nothing is approached.
        margins: half-width of the uncertainty of each estimate, in the measure's unit, None where unknown; () when
            none is known.
        digits: digits after the point of each row, where they are not the column's: of a column whose rows are of
            several measures; () otherwise.
        subject: of whom it is, where the table has a measure once for each of several; None otherwise.

    Raises:
        ValueError: a cell carries a figure that its state forbids, or the columns are of unequal lengths.
    """

    name: str
    title: str
    unit: str
    decimals: int
    definition: str
    values: tuple[Figure, ...]
    states: tuple[State, ...]
    estimates: tuple[Figure, ...] = ()
    margins: tuple[Figure, ...] = ()
    digits: tuple[int, ...] = ()
    subject: Subject | None = None

    def __post_init__(self) -> None:
        rows = len(self.states)
        if len(self.values) != rows or {len(self.estimates), len(self.margins), len(self.digits)} - {0, rows}:
            raise ValueError(f"{self.name}: columns of unequal lengths")
        nothing = (None,) * rows
        cells = zip(self.states, self.values, self.estimates or nothing, self.margins or nothing, strict=True)
        for row, (state, value, estimate, margin) in enumerate(cells):
            exact, approximate = state is State.EXACT, state is State.APPROXIMATE
            misplaced = margin is not None and not approximate
            if misplaced or (value is not None) != exact or (estimate is not None) != approximate:
                raise ValueError(f"{self.name}, row {row}: {state.value} with {value}, ≈ {estimate} ± {margin}")

    def at(self, row: int) -> int:
        """Return the digits after the point of a row."""
        return self.digits[row] if self.digits else self.decimals


Kind = Literal["detail", "total"]


@dataclass(frozen=True, slots=True)
class Table:
    """An answer.

    Attributes:
        title: repeats the criteria.
        query: canonical query string.
        labels, figures: columns, in order.
        kinds: kind of each row.
        edition: name of the edition; ``state`` its state; ``made`` its date (ISO).
        notes: what a reader must know, in French.
        table_used: the table of the edition that answered.
        mark: what all that is made of it must bear, "" for nothing.
        beside: names of the editions of sources that some of its columns are from.
        origin: what it answers and who publishes it.
        page: which page of which table its rows are; None for a whole table.
    """

    title: str
    query: str
    labels: tuple[Label, ...]
    figures: tuple[Measured, ...]
    kinds: tuple[Kind, ...]
    edition: str
    state: str
    made: str
    notes: tuple[str, ...] = field(default=())
    table_used: str = ""
    mark: str = ""
    beside: tuple[str, ...] = ()
    origin: Origin = NOWHERE
    page: "Page | None" = None

    @property
    def whole(self) -> "Table":
        """Return the table that it is a page of; itself where it is whole."""
        return self.page.whole if self.page else self

    def __len__(self) -> int:
        """Number of rows, totals included."""
        return len(self.kinds)


@dataclass(frozen=True, slots=True)
class Page:
    """Where the rows of a page are in their table.

    Attributes:
        number: from 1.
        size: rows of a page; the last one may have fewer.
        whole: the table.
    """

    number: int
    size: int
    whole: Table

    @property
    def last(self) -> int:
        """Number of the last page; a table without rows has one."""
        return max(1, -(-len(self.whole) // self.size))


def paged(table: Table, number: int, size: int) -> Table:
    """Return a page of a table, in its order: no row where the number is past the last one."""
    first = (number - 1) * size
    rows = list(range(first, min(first + size, len(table))))
    return replace(taken(table, rows), page=Page(number, size, table))


def without_estimates(table: Table) -> Table:
    """Return a table whose approximate cells are secret: no estimate, no margin (setting ``masquage.approche``)."""
    return replace(table, figures=tuple(_without_estimates(figure) for figure in table.figures))


def _without_estimates(figure: Measured) -> Measured:
    states = tuple(State.SECRET if state is State.APPROXIMATE else state for state in figure.states)
    return replace(figure, states=states, estimates=(), margins=())


def taken(table: Table, rows: list[int]) -> Table:
    """Return some rows of a table, in the order given."""

    def of(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(values[row] for row in rows) if values else ()

    return replace(
        table,
        labels=tuple(replace(label, values=of(label.values)) for label in table.labels),
        figures=tuple(
            replace(
                f,
                values=of(f.values),
                states=of(f.states),
                estimates=of(f.estimates),
                margins=of(f.margins),
                digits=of(f.digits),
            )
            for f in table.figures
        ),
        kinds=of(table.kinds),
    )
