"""Reading the noised tables of an open store: a published group as it is told, or the union of several."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sanoscope.catalogue.field import Champ
from sanoscope.disclosure.keyed import MARGIN
from sanoscope.edition.edition import Edition
from sanoscope.edition.manifest import TableCube
from sanoscope.edition.noised import GROUP, SMALL, group_name, levels
from sanoscope.engine.plan import Aggregate, Binary, Column, Constant, Expression, Filter, In, Measure, Scan, all_of
from sanoscope.query.planner import Question, RowKey, needed_columns
from sanoscope.query.states import Ints, Sums

CELLS = "_cellules"
"""Column that says of how many groups a figure is the union."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a noised table tells of some rows.

    Attributes:
        keys: key of each row: year, then the values of its dimensions.
        columns: int64[rows] by column, with `CELLS`.
    """

    keys: list[RowKey]
    columns: dict[str, Ints]

    def at(self, keys: Sequence[RowKey], column: str) -> Ints:
        """Return a column for given keys, 0 for those that have no row."""
        place = {key: row for row, key in enumerate(self.keys)}
        values = np.append(self.columns.get(column, np.zeros(len(self.keys), np.int64)), 0)
        return np.asarray(values[[place.get(key, -1) for key in keys]], np.int64)


def finest(names: Iterable[str], champ: Champ) -> frozenset[str]:
    """Return dimensions without those that others of them determine, years aside."""
    wanted = set(names) - {"annee"}
    return frozenset(n for n in wanted if not any(n in champ.dimensions[o].parents for o in wanted))


def published(
    name: str, asked: Question, edition: Edition, champ: Champ, *, unions: bool = False, standard: bool = False
) -> tuple[TableCube, str] | None:
    """Return the noised table that tells a figure of a question's rows, and the kind of groups that they are in it.

    Args:
        name: the sum or distinct count.
        asked: the question.
        edition, champ: where, and of what field.
        unions: rows may be unions of groups, where none is published as it is: what is counted adds up.
        standard: its standardised count is wanted.
    """
    bruites = champ.publication.bruites
    held = [t for t in edition.champ.tables if t.groupes and asked.reads(t) and name in t.sommes]
    held = [t for t in held if name in bruites[t.nom].strates or not standard]
    for exactly in (True, False) if unions else (True,):
        for table in held:
            if kind := _kind_of_group(asked, table, champ, exactly=exactly):
                return table, kind
    return None


def _kind_of_group(asked: Question, table: TableCube, champ: Champ, *, exactly: bool) -> str:
    """Return the kind of groups, in a noised table, that a question's rows are, or are unions of; "" for none."""
    wanted = needed_columns(asked)
    if not wanted <= set(table.colonnes):
        return ""
    own = group_name(finest(wanted, champ))
    if own in table.groupes or exactly:
        return own if own in table.groupes else ""
    for combination in sorted(levels(champ.publication.bruites[table.nom]), key=len):
        held = {"annee", *combination, *(p for n in combination for p in champ.dimensions[n].parents)}
        if wanted <= held:
            return group_name(combination)
    return ""


def told(asked: Question, table: TableCube, kind: str, names: Sequence[str], edition: Edition) -> Told:
    """Return what a noised table tells of the rows of a question.

    Args:
        asked: the question.
        table: the noised table; ``kind`` of groups, from `published`.
        names: columns of figures.
        edition: where it is.
    """
    conditions: list[Expression] = [Binary("=", Column(GROUP), Constant(kind)), In(Column("annee"), asked.years)]
    conditions += [In(Column(column), values) for column, values in asked.conditions]
    if asked.last_month:
        conditions.append(Binary("<=", Column("mois"), Constant(asked.last_month)))
    source = Filter(Scan(table.nom), all_of(conditions) or Constant(value=True))
    measures = (*(Measure(n, "sum", n) for n in names), Measure(CELLS, "count"))
    keys = ("annee", *asked.rows)
    rows = edition.engine.run(Aggregate(source, (keys,), measures))
    if not rows.num_rows:
        return Told([], {m.name: np.zeros(0, np.int64) for m in measures})
    found = list(zip(*(rows[name].to_pylist() for name in keys), strict=True))
    return Told(found, {m.name: rows[m.name].to_numpy().astype(np.int64) for m in measures})


def sums_told(told_: Mapping[str, Ints], name: str, carrier: str, *, threshold: int) -> Sums:
    """Return a sum that is told with a noise: that of one group, small or not, or of the union of several.

    Args:
        told_: its columns.
        name: the sum.
        carrier: the count whose people carry it; itself where it is one.
        threshold: smallest count that is told.
    """
    value, cells, small = told_[name], told_[CELLS], told_[carrier + SMALL]
    one, counted = cells == 1, carrier == name
    least = threshold if counted else 0
    shown = np.where(one & (small > 0) & counted, 0, np.maximum(value, np.where(one, least, 0)))
    nothing = (value == 0) & (small == 0)
    each = 1.0 if counted else np.abs(value) / np.maximum(1, told_[carrier])
    margin = np.where(nothing, 0.0, np.ceil(MARGIN * each * np.sqrt(np.maximum(1, cells))))
    return Sums(np.where(nothing, 0, shown), ~nothing, margin, np.zeros(len(cells), np.bool_), one)


def carrier_of(name: str, table: TableCube, champ: Champ) -> str:
    """Return the count whose people carry a sum of a noised table; itself where it is one."""
    return champ.publication.bruites[table.nom].portees.get(name, (name,))[0]


def columns_of(name: str, table: TableCube, champ: Champ) -> tuple[str, ...]:
    """Return the columns of a noised table that tell a sum."""
    carrier = carrier_of(name, table, champ)
    return tuple(dict.fromkeys((name, carrier, carrier + SMALL)))
