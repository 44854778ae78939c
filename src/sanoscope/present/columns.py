"""The columns of the files for machines: labels, then exact figures and states, estimates and margins beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from sanoscope.query.rounding import near, rounded
from sanoscope.query.table import WORDS, Figure, Table
from sanoscope.sentence import Sentence

MARK = "filigrane"
"""Column that bears the mark of a table, on each row: what is cut out of the file bears it too."""

Role = Literal["libelle", "filigrane", "mesure", "etat", "estimation", "marge"]
"""What a column holds."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file for machines.

    Attributes:
        name: stable name, the header of the CSV.
        kind: type of its values.
        values: one a row; None where there is none.
        role: what it holds.
        title: what a person reads; ``definition`` one sentence, "" for none.
        unit: unit of figures, "" for counts.
        tells: it tells a row from another.
    """

    name: str
    kind: pa.DataType
    values: Sequence[Any]
    role: Role = "libelle"
    title: str = ""
    definition: str = ""
    unit: str = ""
    tells: bool = False


def machine(table: Table) -> Iterator[Column]:
    """Columns for machines: labels, then exact figures and states, then estimates and margins where there are any.

    The pages of a table have the columns of the table.
    """
    text = pa.string()
    for label in table.labels:
        yield Column(label.name, text, label.values, "libelle", label.title, label.definition, tells=label.tells)
    if table.mark:
        yield Column(MARK, text, [table.mark] * len(table), "filigrane", Sentence("Filigrane"))
    for figure, whole in zip(table.figures, table.whole.figures, strict=True):
        rows, kind = range(len(table)), pa.float64() if figure.decimals else pa.int64()
        of = {"mesure": figure.title}
        exact = [rounded(figure, row) for row in rows]
        yield Column(figure.name, kind, exact, "mesure", figure.title, figure.definition, figure.unit)
        states = [WORDS[state] for state in figure.states]
        yield Column(f"{figure.name}_etat", text, states, "etat", Sentence("%(mesure)s : état du chiffre", **of))
        estimates, margins = near(figure)
        if _any(whole.estimates):
            title = Sentence("%(mesure)s : estimation", **of)
            yield Column(f"{figure.name}_estimation", kind, estimates, "estimation", title, unit=figure.unit)
        if _any(whole.margins):
            title = Sentence("%(mesure)s : marge de l'estimation", **of)
            yield Column(f"{figure.name}_marge", kind, margins, "marge", title, unit=figure.unit)


def key(columns: Sequence[Column]) -> list[str]:
    """Return the fewest columns that name each row once, the first ones rather, none empty; [] where none do."""
    telling = [column for column in columns if column.tells and all(column.values)]
    for column in telling[::-1]:
        fewer = [one for one in telling if one is not column]
        if _unique(fewer):
            telling = fewer
    return [column.name for column in telling] if _unique(telling) else []


def _unique(columns: Sequence[Column]) -> bool:
    rows = list(zip(*(column.values for column in columns), strict=True))
    return bool(rows) and len(set(rows)) == len(rows)


def _any(figures: Sequence[Figure]) -> bool:
    return any(figure is not None for figure in figures)
