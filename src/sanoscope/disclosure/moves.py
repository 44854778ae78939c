"""Moves: what may be added to a table without anything that is shown exactly changing.

A move gives one person to two base cells and takes one from two others::

              column c   column d
    row h        +1         −1
    row k        −1         +1

so that every sum that holds both rows, or both columns, is as it was. With no row k (or no column d) only that half is
left: the sums of all rows (of all columns) change too. Where c and d belong to different classes of a sheet, the same
people change class in that sheet as well: the move has a pair of columns there too, for the same rows.

A move is a row of int32[2 + 2·sheets]: h, k, then c and d for each sheet, `NONE` where there is none.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from sanoscope.disclosure.lattice import Lattice, bounds

NONE = -1
MANY = 30_000
"""No move is made more often than this at once: counts of times fit 16 bits."""

jit: Any = numba.njit(cache=True, nogil=True)
Moves = NDArray[np.int32]


class Board(NamedTuple):
    """A lattice as the compiled functions see it.

    Attributes:
        values: int32[row nodes, column nodes].
        labels: uint8[row nodes, column nodes].
        low, high: int32[labels], bounds of each label.
        row_levels, column_levels: int32[leaves, levels].
        sheets: number of sheets.
    """

    values: NDArray[np.int32]
    labels: NDArray[np.uint8]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    row_levels: NDArray[np.int32]
    column_levels: NDArray[np.int32]
    sheets: int


class Touch(NamedTuple):
    """Room to write down what a move touches: nodes of each side, with +1 or −1."""

    rows: NDArray[np.int32]
    row_signs: NDArray[np.int8]
    columns: NDArray[np.int32]
    column_signs: NDArray[np.int8]


def board(of: Lattice) -> Board:
    """Return the board of a lattice; its values are a copy, to be walked on."""
    limits = bounds(of.threshold)
    return Board(of.values.copy(), of.labels, limits.low, limits.high, of.rows.levels, of.columns.levels, of.sheets)


@jit
def touch_of(board):  # type: ignore[no-untyped-def]
    """Return room for what any move of a board touches."""
    n, m = 2 * board.row_levels.shape[1], 2 * board.column_levels.shape[1] * board.sheets
    return Touch(np.empty(n, np.int32), np.empty(n, np.int8), np.empty(m, np.int32), np.empty(m, np.int8))


@jit
def apart(levels, one, other, nodes, signs, start):  # type: ignore[no-untyped-def]
    """Write from ``start`` on the nodes that hold one leaf and not the other, with +1 or −1; return where they end."""
    found = start
    for level in range(levels.shape[1]):
        mine = levels[one, level] if one >= 0 else NONE
        theirs = levels[other, level] if other >= 0 else NONE
        if mine == theirs:
            continue
        if mine >= 0:
            nodes[found] = mine
            signs[found] = 1
            found += 1
        if theirs >= 0:
            nodes[found] = theirs
            signs[found] = -1
            found += 1
    return found


@jit
def touched(board, move, touch):  # type: ignore[no-untyped-def]
    """Write what a move touches and return how many nodes of each side."""
    n = apart(board.row_levels, move[0], move[1], touch.rows, touch.row_signs, 0)
    m = 0
    for s in range(2, move.shape[0], 2):
        if move[s] != move[s + 1]:
            m = apart(board.column_levels, move[s], move[s + 1], touch.columns, touch.column_signs, m)
    return n, m


@jit
def room(board, touch, n, m):  # type: ignore[no-untyped-def]
    """Return how often a move can be made, and undone, before a touched node leaves the bounds of its label."""
    up, down = MANY, MANY
    for i in range(n):
        for j in range(m):
            a, b = touch.rows[i], touch.columns[j]
            value, label = board.values[a, b], board.labels[a, b]
            over, under = board.high[label] - value, value - board.low[label]
            if touch.row_signs[i] != touch.column_signs[j]:
                over, under = under, over
            up, down = min(up, over), min(down, under)
            if up <= 0 and down <= 0:
                return 0, 0
    return max(up, 0), max(down, 0)


@jit
def make(board, touch, n, m, times):  # type: ignore[no-untyped-def]
    """Make a move on the values of a board, ``times`` over (undo it where negative)."""
    for i in range(n):
        for j in range(m):
            board.values[touch.rows[i], touch.columns[j]] += times * touch.row_signs[i] * touch.column_signs[j]


def changes(moves: Moves) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int8]]:
    """Return what moves do to base cells: int32[changes, 2] cells, int64[changes] move, int8[changes] ±1."""
    cells, moved, ways = [], [], []
    for sheet in range(2, moves.shape[1], 2):
        there = moves[:, sheet] != moves[:, sheet + 1]
        for row, column, sign in ((0, sheet, 1), (0, sheet + 1, -1), (1, sheet, -1), (1, sheet + 1, 1)):
            which = np.flatnonzero(there & (moves[:, row] != NONE) & (moves[:, column] != NONE))
            cells.append(moves[which][:, [row, column]])
            moved.append(which)
            ways.append(np.full(len(which), sign, np.int8))
    return np.concatenate(cells), np.concatenate(moved), np.concatenate(ways)
