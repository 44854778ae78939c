"""A lattice: counts on pairs of leaves, and their sums on every pair of nodes of two sides.

The columns come in *sheets*. The first, the *trunk*, is a table of its own; every other sheet counts the same people by
the same rows, but in another direction. What a sheet shares with the trunk are *classes* of columns: for each row and
class, the columns of the class add up to the same in both. Stays by establishment × group are a trunk; by
establishment × domain × month, a sheet whose classes are the domains. A column of a sheet is a (class, *share*) pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sanoscope.disclosure.sides import NOWHERE, Side, beside

Ints = NDArray[np.int32]
INFINITE = np.iinfo(np.int32).max


class Label(IntEnum):
    """What is publicly said of a node, whatever the protection: the bounds of its count."""

    ZERO = 0
    SMALL = 1
    LARGE = 2
    BELOW = 3
    """Not broken down: it lies within a small node, so it is small or zero."""
    UNSEEN = 4
    HIDDEN = 5
    """Near the threshold; on which side is not said, as it would give a small one away: a named exception."""


class Bounds(NamedTuple):
    """Smallest and largest count that each `Label` allows: int32[labels]."""

    low: Ints
    high: Ints


def bounds(threshold: int) -> Bounds:
    """Return the public bounds of each label; a count is small from 1 to threshold − 1."""
    low = np.array([0, 1, threshold, 0, 0, 1], np.int32)
    high = np.array([0, threshold - 1, INFINITE, threshold - 1, INFINITE, 2 * threshold], np.int32)
    return Bounds(low, high)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of columns beside the trunk.

    Attributes:
        columns: its side; leaf number class × shares + share.
        shares: how many columns a class is broken into.
        tie: int[trunk leaves], class of each column of the trunk, or `NOWHERE`: the sheet does not count it.
        counts: int[cells, 3], (row leaf, own column leaf, count).
    """

    columns: Side
    shares: int
    tie: NDArray[np.integer]
    counts: NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Lattice:
    """Counts of a table and of all that is added up from it.

    Attributes:
        rows, columns: the sides; the columns are the trunk's, then those of each sheet.
        cells: int32[cells, 2], (row leaf, column leaf) of the base cells, sorted; the others are zero.
        counts: int32[cells], non-negative.
        values: int32[row nodes, column nodes].
        labels: uint8[row nodes, column nodes], `Label` of each node.
        threshold: smallest count that may be shown.
        leaf_start: int64[sheets + 1], first column leaf of each sheet, the trunk's first.
        node_start: int64[sheets + 1], first column node of each sheet.
        shares: int32[sheets], columns of a class (0 for the trunk).
        ties: int32[trunk leaves, sheets], first column leaf of the class of each trunk leaf, or `NOWHERE`.
    """

    rows: Side
    columns: Side
    cells: Ints
    counts: Ints
    values: Ints
    labels: NDArray[np.uint8]
    threshold: int
    leaf_start: NDArray[np.int64]
    node_start: NDArray[np.int64]
    shares: Ints
    ties: Ints

    @property
    def sheets(self) -> int:
        """Number of sheets, the trunk included."""
        return len(self.shares)

    @property
    def leaf_nodes(self) -> Ints:
        """int32[column leaves], node of each column leaf."""
        sheet = np.searchsorted(self.leaf_start, np.arange(self.columns.leaves), side="right") - 1
        return (np.arange(self.columns.leaves) - self.leaf_start[sheet] + self.node_start[sheet]).astype(np.int32)

    @property
    def small(self) -> NDArray[np.bool_]:
        """bool[row nodes, column nodes]: what must not be learnt."""
        seen = self.rows.seen[:, None] & self.columns.seen[None, :]
        return np.asarray((self.values > 0) & (self.values < self.threshold) & seen)

    @property
    def large(self) -> NDArray[np.bool_]:
        """bool[row nodes, column nodes]: what may be shown, where nothing small needs it changed."""
        return np.asarray((self.values >= self.threshold) & (self.labels != Label.UNSEEN))


def lattice(
    rows: Side,
    trunk: Side,
    counts: NDArray[np.integer],
    *,
    sheets: Sequence[Sheet] = (),
    threshold: int = 11,
) -> Lattice:
    """Add up counts.

    Args:
        rows, trunk: the sides.
        counts: int[cells, 3], (row leaf, trunk column leaf, count), each cell once, count non-negative.
        sheets: what else is counted of the same people.
        threshold: smallest count that may be shown.

    Raises:
        ValueError: a negative count, a cell twice, a leaf that a side does not have, or a sheet that does not agree
            with the trunk on what they share.
    """
    sides = [trunk, *(sheet.columns for sheet in sheets)]
    columns = beside(sides)
    leaf_start = np.cumsum([0, *(of.leaves for of in sides)])
    parts = [_checked(rows, of, part) for of, part in zip(sides, [counts, *(s.counts for s in sheets)], strict=True)]
    ties = np.full((trunk.leaves, len(sides)), NOWHERE, np.int32)
    for number, sheet in enumerate(sheets, 1):
        tied = sheet.tie != NOWHERE
        ties[tied, number] = leaf_start[number] + sheet.tie[tied] * sheet.shares
        _agree(parts[0], parts[number], sheet)
    whole = np.concatenate([part + np.array([0, start, 0]) for part, start in zip(parts, leaf_start, strict=False)])
    whole = whole[np.lexsort((whole[:, 1], whole[:, 0]))]
    cells, amounts = whole[:, :2].astype(np.int32), whole[:, 2].astype(np.int32)
    values = sums(rows, columns, cells, amounts).astype(np.int32)
    return Lattice(
        rows=rows,
        columns=columns,
        cells=cells,
        counts=amounts,
        values=values,
        labels=_labels(rows, columns, values, threshold),
        threshold=threshold,
        leaf_start=leaf_start,
        node_start=np.cumsum([0, *(of.nodes for of in sides)]),
        shares=np.array([0, *(s.shares for s in sheets)], np.int32),
        ties=ties,
    )


def _checked(rows: Side, columns: Side, counts: NDArray[np.integer]) -> NDArray[np.int64]:
    counts = np.asarray(counts, np.int64).reshape(-1, 3)
    if len(counts) and (counts.min() < 0 or (counts[:, :2].max(axis=0) >= (rows.leaves, columns.leaves)).any()):
        raise ValueError("counts are not negative, and cells are within the sides")
    if len(np.unique(counts[:, 0] * columns.leaves + counts[:, 1])) < len(counts):
        raise ValueError("a cell is given twice")
    return counts[counts[:, 2] > 0]


def _agree(trunk: NDArray[np.int64], own: NDArray[np.int64], sheet: Sheet) -> None:
    tied = trunk[sheet.tie[trunk[:, 1]] != NOWHERE]
    classes = sheet.columns.leaves // sheet.shares
    shared = [
        np.bincount(part[:, 0] * classes + of, weights=part[:, 2], minlength=1)
        for part, of in ((tied, sheet.tie[tied[:, 1]]), (own, own[:, 1] // sheet.shares))
    ]
    size = max(map(len, shared))
    one, other = (np.pad(amounts, (0, size - len(amounts))) for amounts in shared)
    if not np.array_equal(one, other):
        raise ValueError("a sheet and the trunk must add up to the same for each row and class")


def sums(rows: Side, columns: Side, cells: Ints, amounts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return int64[row nodes, column nodes]: sums of amounts given for each base cell."""
    base = sparse.csr_matrix(
        (amounts.astype(np.int64), (cells[:, 0], cells[:, 1])), shape=(rows.leaves, columns.leaves)
    )
    return np.asarray((membership(rows) @ base @ membership(columns).T).toarray())


def membership(of: Side) -> sparse.csr_matrix:
    """Return int64[nodes, leaves], 1 where the leaf is in the node."""
    leaf, level = np.nonzero(of.levels != NOWHERE)
    ones = np.ones(len(leaf), np.int64)
    return sparse.csr_matrix((ones, (of.levels[leaf, level], leaf)), shape=(of.nodes, of.leaves))


def _labels(rows: Side, columns: Side, values: Ints, threshold: int) -> NDArray[np.uint8]:
    seen = rows.seen[:, None] & columns.seen[None, :]
    small = (values > 0) & (values < threshold) & seen
    labels = np.where(values == 0, Label.ZERO, np.where(small, Label.SMALL, Label.LARGE)).astype(np.uint8)
    below_row = _under(small, rows.above())
    below = below_row | _under((small | below_row).T, columns.above()).T
    labels[below] = Label.BELOW
    labels[~seen] = Label.UNSEEN
    return labels


def _under(marked: NDArray[np.bool_], above: Ints) -> NDArray[np.bool_]:
    """Tell of each row whether a row above it is marked, column by column."""
    found = np.zeros_like(marked)
    for level in range(above.shape[1]):
        held = np.flatnonzero(above[:, level] != NOWHERE)
        found[held] |= marked[above[held, level]]
    return found
