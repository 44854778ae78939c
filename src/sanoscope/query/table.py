"""A table of cells with states: the one thing that is shown, exported and sent."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias


class State(Enum):
    """What a cell is. The value is the word of the column ``NAME_etat`` of exports."""

    EXACT = "exact"
    PRIMARY = "masque"
    SECONDARY = "masque_secondaire"
    NOT_APPLICABLE = "sans_objet"
    NOT_AVAILABLE = "indisponible"

    @property
    def masked(self) -> bool:
        """The cell hides a value."""
        return self in (State.PRIMARY, State.SECONDARY)

    @property
    def word(self) -> str:
        """The word of exports: both kinds of mask are ``masque``."""
        return "masque" if self.masked else self.value


Figure: TypeAlias = int | float | None


@dataclass(frozen=True, slots=True)
class Label:
    """A column of texts: codes, names."""

    name: str
    title: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A column of figures.

    Attributes:
        name: stable name.
        title: what a person reads.
        unit: unit, "" for counts.
        decimals: digits after the point.
        definition: one sentence.
        values: figures; None where the state is not EXACT.
        states: state of each.
    """

    name: str
    title: str
    unit: str
    decimals: int
    definition: str
    values: tuple[Figure, ...]
    states: tuple[State, ...]


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

    def __len__(self) -> int:
        """Number of rows, totals included."""
        return len(self.kinds)
