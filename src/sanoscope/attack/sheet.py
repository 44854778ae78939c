"""All that was answered of one table, and the knowledge that makes.

A sheet is a table of places × activities for several measures. Each node of it is one unknown; the sums of both sides
and the identities between measures are its equations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sanoscope.attack.face import Link
from sanoscope.attack.findings import Finding, Kind
from sanoscope.attack.intervals import Narrowed
from sanoscope.attack.knowledge import Bools, Floats, Indices, Knowledge
from sanoscope.attack.sides import Side, Sum
from sanoscope.attack.tables import Cell, State

SMALLEST_LARGE = 11
NARROW = 2
"""Greatest width of an interval that is reported as narrow: three values."""

ZERO, SKIPPED = -1, -2
"""No unknown is made of a node: it is zero, or nothing was asked of it."""

Bounds = dict[str, tuple[Floats, Floats]]
"""Measure → (low, high), float64[rows, columns]."""


@dataclass(frozen=True)
class Answers:
    """What was answered of each node.

    Attributes:
        size: (rows, columns).
        states: uint8[rows, columns] by measure, `State`.
        values: float64[rows, columns] by measure, where exact.
        disagree: (measure, row, column) of which two exact answers differ.
    """

    size: tuple[int, int]
    states: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    values: dict[str, Floats] = field(default_factory=dict)
    disagree: list[tuple[str, int, int]] = field(default_factory=list)

    def measure(self, name: str) -> NDArray[np.uint8]:
        """Return the states of a measure, all unasked if it is new."""
        if name not in self.states:
            self.states[name] = np.zeros(self.size, np.uint8)
            self.values[name] = np.zeros(self.size)
        return self.states[name]

    def say(self, name: str, row: int, column: int, cell: Cell) -> None:
        """Record an answer; what says more is kept."""
        states = self.measure(name)
        known = states[row, column]
        if known == State.EXACT and cell.state is State.EXACT and self.values[name][row, column] != cell.value:
            self.disagree.append((name, row, column))
        if cell.state > known:
            states[row, column] = cell.state
            self.values[name][row, column] = cell.value

    def absent(self, name: str, rows: Indices, columns: Indices) -> None:
        """Record that tables of rows × columns were given: what they do not show is nothing."""
        states = self.measure(name)
        block = states[np.ix_(rows, columns)]
        states[np.ix_(rows, columns)] = np.maximum(block, State.ABSENT)


def bounds(answers: Answers, rows: Side, columns: Side, *, whole: Mapping[str, str]) -> Bounds:
    """Return what each node's own answer says.

    "1 à 10" is 1 to 10, but 0 to 10 below a node that is masked, or kept secret and may be small; an approximation is
    11 or more; what is not there is zero, except below such a node. Of a basket, or of months cumulated, only exact
    figures are believed.

    Args:
        answers: what was answered.
        rows, columns: the sides.
        whole: measure → the measure that it is part of.
    """
    hidden = (State.MASKED, State.UNKNOWN)
    masked = {name: np.isin(states, hidden) & rows.node[:, None] for name, states in answers.states.items()}
    below = {name: _below(marked, rows, columns) for name, marked in masked.items()}
    found: Bounds = {}
    for name, states in answers.states.items():
        over = whole.get(name, "")
        under = below[name] | (masked[over] | below[over] if over in masked else False)
        low, high = np.zeros(states.shape), np.full(states.shape, np.inf)
        exact = states == State.EXACT
        low[exact] = high[exact] = answers.values[name][exact]
        node = rows.node[:, None] & columns.node[None, :]
        told = rows.told[:, None] & columns.told[None, :]
        marked = (states == State.MASKED) & told
        low[marked & ~under] = 1
        high[marked] = SMALLEST_LARGE - 1
        low[(states == State.ROUGH) & told & ~under] = SMALLEST_LARGE
        nothing = (states == State.ABSENT) & node
        high[nothing] = np.where(under[nothing], SMALLEST_LARGE - 1, 0)
        found[name] = (low, high)
    return found


def of_amount(states: NDArray[np.uint8], read: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return the bounds of days, from those that the same answers would give of people.

    That days are approximated does not say that they are many, nor their absence within a mask that they are few.
    """
    low, high = read
    return np.where(states == State.ROUGH, 0, low), np.where((states == State.ABSENT) & (high > 0), np.inf, high)


@dataclass(frozen=True, slots=True)
class Unknowns:
    """The knowledge of a sheet and where each node is in it.

    Attributes:
        known: the knowledge.
        measures: names, in the order of ``number``.
        number: int32[measures, rows, columns], number of the unknown, `ZERO` or `SKIPPED`.
        node: int64[unknowns, 3], (measure, row, column) of each.
    """

    known: Knowledge
    measures: tuple[str, ...]
    number: NDArray[np.int32]
    node: Indices


def unknowns(
    said: Bounds,
    asked: Mapping[str, Bools],
    rows: Side,
    columns: Side,
    links: Sequence[Link],
    *,
    adds: bool = True,
) -> Unknowns:
    """Return the knowledge that bounds and sums make.

    Args:
        said: bounds of each measure.
        asked: bool[rows, columns] by measure: something was answered. Of the rest an unknown is made only where a
            side is free.
        rows, columns: the sides.
        links: identities between measures.
        adds: False where one person may be in several parts: a whole is then at most the sum of its parts, and at
            least each of them.
    """
    measures = tuple(said)
    if not measures:
        nothing = np.zeros(0)
        known = Knowledge(nothing, nothing, sparse.csr_matrix((0, 0)), nothing, nothing)
        return Unknowns(known, (), np.zeros((0, len(rows), len(columns)), np.int32), np.zeros((0, 3), np.int64))
    low, high = (np.stack([said[name][bound] for name in measures]) for bound in (0, 1))
    open_ = (rows.free[:, None] | columns.free[None, :]) & (rows.node | rows.free)[:, None]
    answered = np.stack([asked[name] for name in measures])
    # of an activity that nothing was answered of anywhere, there is nothing to say
    open_ &= (answered.any(axis=(0, 1)) | columns.free)[None, :]
    made = (high > 0) & (answered | open_[None])
    number = np.where(high == 0, ZERO, SKIPPED).astype(np.int32)
    number[made] = np.arange(int(made.sum()), dtype=np.int32)
    rows_of = _Rows(int(made.sum()), adds=adds)
    for position, _ in enumerate(measures):
        for one in rows.sums:
            rows_of.add(number[position][one.whole], number[position][one.parts].T, one)
        for one in columns.sums:
            rows_of.add(number[position][:, one.whole], number[position][:, one.parts], one)
    for link in links:
        if {link.whole, *link.parts} <= set(measures):
            parts = np.stack([number[measures.index(name)].ravel() for name in link.parts], axis=1)
            rows_of.add(number[measures.index(link.whole)].ravel(), parts, Sum(0, np.array([0]), link.complete))
    matrix, limits = rows_of.built()
    known = Knowledge(low[made], high[made], matrix, limits[:, 0], limits[:, 1])
    return Unknowns(known, measures, number, np.argwhere(made))


class _Rows:
    """Sums put together, many at a time: whole − Σ parts is 0, or ≥ 0 where there is more; people may be twice."""

    def __init__(self, size: int, *, adds: bool) -> None:
        self.size, self.adds = size, adds
        self.count = 0
        self.pieces: list[tuple[Indices, Indices, Floats]] = []
        self.limits: list[Floats] = []

    def add(self, whole: NDArray[np.int32], parts: NDArray[np.int32], what: Sum) -> None:
        """Add a sum for each of int32[n] and int32[n, parts]; those of which something was not asked are left out."""
        kept = (whole != SKIPPED) & (parts != SKIPPED).all(axis=1) & ((whole >= 0) | (parts >= 0).any(axis=1))
        whole, parts = whole[kept], parts[kept]
        if self.adds:
            self._rows(whole, parts, 0.0, 0.0 if what.complete else np.inf)
            return
        if what.complete:
            self._rows(whole, parts, -np.inf, 0.0)
        instance, place = np.nonzero(parts >= 0)
        self._rows(whole[instance], parts[instance, place][:, None], 0.0, np.inf)

    def _rows(self, whole: NDArray[np.int32], parts: NDArray[np.int32], floor: float, ceiling: float) -> None:
        start = self.count + np.arange(len(whole))
        row, place = np.nonzero(parts >= 0)
        here = whole >= 0
        self.pieces.append((start[here], whole[here].astype(np.int64), np.ones(int(here.sum()))))
        self.pieces.append((start[row], parts[row, place].astype(np.int64), -np.ones(len(row))))
        self.limits.append(np.tile([floor, ceiling], (len(whole), 1)))
        self.count += len(whole)

    def built(self) -> tuple[sparse.csr_matrix, Floats]:
        """Return the rows, and float64[rows, 2], their floors and ceilings."""
        if not self.pieces:
            return sparse.csr_matrix((0, self.size)), np.zeros((0, 2))
        row, column, value = (np.concatenate(part) for part in zip(*self.pieces, strict=True))
        matrix = sparse.csr_matrix((value, (row, column)), shape=(self.count, self.size))
        return matrix, np.concatenate(self.limits)


def findings(
    made: Unknowns,
    narrowed: Narrowed,
    shown: Mapping[str, Bools],
    rows: Side,
    columns: Side,
    *,
    how: str,
    year: int,
    aside: Sequence[str] = (),
) -> list[Finding]:
    """Return the small counts that are shown, pinned or nearly so, and the sums that cannot be.

    Args:
        made, narrowed: the knowledge, and what propagation made of it.
        shown: bool[rows, columns] by measure: exact as answered.
        rows, columns: the sides, for the names.
        how: the way.
        year: year of the sheet.
        aside: measures that are no target, such as days: only their sums that cannot be are reported.
    """
    low, high = narrowed.low, narrowed.high
    small = (high >= 1) & (high < SMALLEST_LARGE) & (high - low <= NARROW)
    found = []
    for unknown in np.flatnonzero(small):
        measure, row, column = made.node[unknown]
        name = made.measures[measure]
        if name in aside:
            continue
        kind: Kind = "exact" if low[unknown] == high[unknown] else "etroit"
        if name in shown and shown[name][row, column]:
            kind = "montre"
        key = f"{year}, {rows.names[row]}, {columns.names[column]}, {name}"
        found.append(Finding(kind, key, int(low[unknown]), int(high[unknown]), how if kind != "montre" else "réponse"))
    for impossible in np.flatnonzero(narrowed.impossible):
        measure, row, column = made.node[made.known.rows.indices[made.known.rows.indptr[impossible]]]
        key = f"{year}, {rows.names[row]}, {columns.names[column]}, {made.measures[measure]}, somme {impossible}"
        found.append(Finding("contradiction", key, 0, 0, how))
    return found


def _below(masked: Bools, rows: Side, columns: Side) -> Bools:
    """bool[rows, columns]: a node that strictly holds this one, on one side or both, is masked."""
    if not masked.any():
        return masked
    marked = sparse.csr_matrix(masked)
    over_columns = marked @ columns.above.T
    over_rows = rows.above @ (marked + over_columns)
    return np.asarray((over_columns + over_rows).toarray() > 0)
