"""Reading the JSON documents of the open API: what each cell says, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class State(IntEnum):
    """What is known of a cell. In the order of what it is worth: a later one replaces an earlier one."""

    UNASKED = 0
    ABSENT = 1
    UNKNOWN = 2
    ROUGH = 3
    MASKED = 4
    EXACT = 5


_STATES = {"exact": State.EXACT, "masque": State.MASKED, "approche": State.ROUGH}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its state, its figure where exact, its estimate where approximated."""

    state: State
    value: float
    estimate: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row: a total or not, its labels and its cells by column name."""

    total: bool
    labels: Mapping[str, str]
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A document: its rows, and the decimals of each measure."""

    rows: tuple[Row, ...]
    decimals: Mapping[str, int]


def read(document: Mapping[str, Any]) -> Table:
    """Return the table of a document of ``/api/v1/restitutions/SLUG/donnees``.

    Raises:
        KeyError: it is not such a document.
    """
    columns = document["colonnes"]
    labels = [column["nom"] for column in columns if column["genre"] == "texte"]
    decimals = {column["nom"]: int(column["decimales"]) for column in columns if column["genre"] == "mesure"}
    rows = tuple(
        Row(
            line["genre"] == "total",
            {name: line[name] for name in labels},
            {name: _cell(line, name) for name in decimals},
        )
        for line in document["lignes"]
    )
    return Table(rows, decimals)


def _cell(line: Mapping[str, Any], name: str) -> Cell:
    state = _STATES.get(line[f"{name}_etat"], State.UNKNOWN)
    value = line[name]
    if state is State.EXACT and value is not None:
        return Cell(state, float(value))
    return Cell(State.UNKNOWN if state is State.EXACT else state, 0.0, line.get(f"{name}_estimation"))
