"""A `Table` as a statistical cube: dimensions whose codes tell each figure from all others, measures, observations.

A row's key is its year and its codes; a total has `TOTAL` where a detail has a code, and `REFERENCE` where it is that
of what the answer is compared with. What only describes a row (a name, a category, a class) is no dimension: names are
the labels of codes, the rest are attributes of the row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from sanoscope.query.rounding import estimate, margin, rounded
from sanoscope.query.table import Figure, Kind, Label, Measured, State, Table
from sanoscope.sentence import Sentence

TOTAL, REFERENCE, NOTHING = "_T", "_R", "_Z"
"""Codes of a total, of the total that it is compared with, and of what a dimension says nothing of."""

TIME, METRIC, SUBJECT = "annee", "mesure", "sujet"
"""Names of the dimensions that every cube has, and of that of a table with a measure once for each of several."""

NAME = "libelle_"
"""How the name of a column of labels begins: what follows is the dimension whose codes they name."""

NAMES = {"finess": "raison_sociale"}
"""The columns that name codes of a dimension and are called otherwise."""

PLACES = ("code_geo", "departement", "region", "territoire", "origine", "zone")
"""How the names of dimensions of places begin, or end."""


class KeyTwiceError(ValueError):
    """Two rows of a table have the same key: it is no cube."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension: its name, title, and the labels of its codes, in the order in which the table has them."""

    name: str
    title: str
    codes: dict[str, str]

    @property
    def role(self) -> str:
        """``time``, ``metric``, ``geo`` or "": what the dimension is about."""
        if self.name in (TIME, METRIC):
            return {TIME: "time", METRIC: "metric"}[self.name]
        return "geo" if self.name.startswith(PLACES) or self.name.endswith(PLACES) else ""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: as a column of figures says it (`Measured`)."""

    name: str
    title: str
    unit: str
    decimals: int
    definition: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: its key along the dimensions of rows, its kind, and what is said of it, by column."""

    key: tuple[str, ...]
    kind: Kind
    said: dict[str, str]


@dataclass(frozen=True, slots=True)
class Observation:
    """A figure, in its state, as it is shown.

    Attributes:
        key: a code of each dimension.
        row: place of the row that it is of.
        state: what the cell is.
        value: rounded to its digits where it is exact, None elsewhere.
        estimate, margin: as of `Measured`, rounded to the uncertainty.
        decimals: digits after the point.
    """

    key: tuple[str, ...]
    row: int
    state: State
    value: Figure
    estimate: Figure
    margin: Figure
    decimals: int


@dataclass(frozen=True, slots=True)
class Cube:
    """A cube.

    Attributes:
        table: what it was made of: its title, its question, its edition, its notes.
        dimensions: of time, of the rows, of the subject where there are several, of measures.
        measures: by name.
        attributes: columns that are said of rows.
        rows: of the table, in its order.
        observations: row by row.
    """

    table: Table
    dimensions: tuple[Dimension, ...]
    measures: dict[str, Measure]
    attributes: tuple[Label, ...]
    rows: tuple[Row, ...]
    observations: tuple[Observation, ...]


def cube(table: Table) -> Cube:
    """Return the cube that a table is.

    Raises:
        KeyTwiceError: two rows have the same codes.
    """
    telling = [label for label in table.labels if label.tells and not label.name.startswith(NAME)]
    along = [label for label in telling if label.name != TIME]
    keys = _keys(table, along)
    years = _years(table)
    titles = {TIME: Sentence("Année")} | {label.name: label.title for label in along}
    dimensions = [Dimension(TIME, titles[TIME], {year: year for year in years})]
    for place, label in enumerate(along):
        codes = [key[place + 1] for key in keys]
        dimensions.append(Dimension(label.name, label.title, _labelled(table, label.name, codes)))
    subjects = {figure.subject.code: figure.subject.name for figure in table.figures if figure.subject}
    if subjects:
        dimensions.append(Dimension(SUBJECT, Sentence("Établissement ou groupe"), subjects))
    measures = {measure.name: measure for measure in map(_measure, table.figures)}
    dimensions.append(
        Dimension(METRIC, Sentence("Mesure"), {name: measure.title for name, measure in measures.items()})
    )
    out = {label.name for label in telling} | set(NAMES.values())
    attributes = tuple(
        label
        for label in table.labels
        if label.name not in out - set(NAMES.values()) and not label.name.startswith(NAME)
    )
    rows = tuple(
        Row(key, kind, {label.name: label.values[row] for label in attributes})
        for row, (key, kind) in enumerate(zip(keys, table.kinds, strict=True))
    )
    return Cube(table, tuple(dimensions), measures, attributes, rows, tuple(_observations(table, keys)))


def _keys(table: Table, along: Sequence[Label]) -> list[tuple[str, ...]]:
    """Return the key of each row: its year, then its codes.

    Raises:
        KeyTwiceError: two have the same.
    """
    years = next((label.values for label in table.labels if label.name == TIME), _years(table) * len(table))
    found: dict[tuple[str, ...], None] = {}
    for row, kind in enumerate(table.kinds):
        codes = [label.values[row] for label in along]
        key = (years[row], *(code or (TOTAL if kind == "total" else NOTHING) for code in codes))
        if kind == "total" and key in found:
            key = (years[row], *(code or REFERENCE for code in codes))
        if key in found:
            raise KeyTwiceError(f"{table.origin.slug}?{table.query}: {key} is the key of two rows")
        found[key] = None
    return list(found)


def _years(table: Table) -> tuple[str, ...]:
    """Return the years that a table is of: those of its rows; that of its question where they do not say."""
    told = next((label.values for label in table.labels if label.name == TIME), ())
    asked = parse_qs(table.query).get(TIME, [""])[0]
    return tuple(dict.fromkeys(told)) or (asked,)


def _labelled(table: Table, name: str, codes: Sequence[str]) -> dict[str, str]:
    """Return the codes of a dimension with their labels: the last that is told, or the code itself."""
    named = {NAME + name, NAMES.get(name, "")}
    texts = next((label.values for label in table.labels if label.name in named), ())
    found = {code: Sentence("Total") if code == TOTAL else code for code in codes}
    for code, text in zip(codes, texts, strict=False):
        if text:
            found[code] = text
    return found


def _measure(figure: Measured) -> Measure:
    name, title = (figure.subject.measure, figure.subject.title) if figure.subject else (figure.name, figure.title)
    return Measure(name, title, figure.unit, figure.decimals, figure.definition)


def _observations(table: Table, keys: Sequence[tuple[str, ...]]) -> Iterator[Observation]:
    split = any(figure.subject for figure in table.figures)
    ends = []
    for figure in table.figures:
        subject = (figure.subject.code if figure.subject else NOTHING,) if split else ()
        ends.append((*subject, _measure(figure).name))
    for row, key in enumerate(keys):
        for figure, end in zip(table.figures, ends, strict=True):
            yield Observation(
                (*key, *end),
                row,
                figure.states[row],
                rounded(figure, row),
                estimate(figure, row),
                margin(figure, row),
                figure.at(row),
            )
