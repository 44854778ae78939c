"""The checker: verifies a certificate in one pass, from the tables and the list of steps alone.

It shares no code with the search: it knows what a lattice is, what a move does, and nothing of how moves are found. A
certificate is a walk that starts at the true table; each step makes or undoes a move some times. If at every step every
node stays within the bounds of its label, every table on the way is a twin, and the values that a small node took on
the way are values that nobody can tell from the true one. If further what is shown exactly is touched by no move, all
the twins are published alike.
"""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from sanoscope.disclosure.lattice import Lattice, bounds

jit: Any = numba.njit(cache=True, nogil=True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a certificate proves.

    Attributes:
        small: small nodes.
        single: small nodes that took one value alone: the exceptions to be named.
        full: small nodes that took every value from 1 to threshold − 1.
        outside: steps that took some node out of its label; 0 or the certificate is void.
        exposed: nodes said to be exact that a move touches, or small nodes said to be exact; 0 or it is void.
        astray: base cells where the open table is not the true one with the moves made; 0 or it is void.
    """

    small: int
    single: int
    full: int
    outside: int
    exposed: int
    astray: int

    @property
    def holds(self) -> bool:
        """The certificate is valid and has no exception."""
        return self.outside == self.exposed == self.astray == self.single == 0


def verify(
    of: Lattice,
    moves: NDArray[np.int32],
    steps: NDArray[np.int32],
    made: NDArray[np.int64],
    twin: NDArray[np.int64],
    exact: NDArray[np.bool_],
) -> Verdict:
    """Verify a certificate.

    Args:
        of: the true table with its labels.
        moves: int32[moves, 2 + 2·sheets].
        steps: int32[steps, 2], (move, times).
        made: int64[moves], how often each was made to get the twin.
        twin: int64[row nodes, column nodes], sums of what the open side holds.
        exact: bool[row nodes, column nodes], what the open side shows exactly: its tracer adds up to zero.
    """
    limits = bounds(of.threshold)
    levels = of.rows.levels, of.columns.levels
    values = of.values.copy()
    low, high, moved = values.copy(), values.copy(), np.zeros(values.shape, np.bool_)
    _walk(values.copy(), *levels, moves, _each(moves), of.labels, *limits, low, high, moved)
    reached = of.values.copy()
    _walk(reached, *levels, moves, _times(made), of.labels, *limits, low.copy(), high.copy(), moved)
    outside = _walk(values, *levels, moves, steps, of.labels, *limits, low, high, moved)
    small = of.small
    low, high = np.where(small, low, 0), np.where(small, high, 0)
    return Verdict(
        small=int(small.sum()),
        single=int((small & (low == high)).sum()),
        full=int((small & (low <= 1) & (high >= of.threshold - 1)).sum()),
        outside=int(outside),
        exposed=int((exact & (moved | small)).sum()),
        astray=int((reached != twin).sum()),
    )


def _each(moves: NDArray[np.int32]) -> NDArray[np.int32]:
    """Every move made and undone: what it touches, whatever the walk does."""
    which = np.repeat(np.arange(len(moves), dtype=np.int32), 2)
    return np.stack([which, np.tile(np.array([1, -1], np.int32), len(moves))], axis=1)


def _times(made: NDArray[np.int64]) -> NDArray[np.int32]:
    which = np.flatnonzero(made)
    return np.stack([which, made[which]], axis=1).astype(np.int32)


@jit
def _walk(values, row_levels, column_levels, moves, steps, labels, low, high, lowest, highest, moved):  # type: ignore[no-untyped-def]
    """Take the steps; note extremes and what is touched; return how many steps left a label."""
    outside = 0
    for s in range(steps.shape[0]):
        move, times = moves[steps[s, 0]], steps[s, 1]
        left = False
        for level in range(row_levels.shape[1]):
            for end in range(2):
                row = row_levels[move[end], level] if move[end] >= 0 else -1
                other = row_levels[move[1 - end], level] if move[1 - end] >= 0 else -1
                if row < 0 or row == other:
                    continue
                for pair in range(2, move.shape[0], 2):
                    for column_level in range(column_levels.shape[1]):
                        for side in range(2):
                            one, two = move[pair + side], move[pair + 1 - side]
                            column = column_levels[one, column_level] if one >= 0 else -1
                            against = column_levels[two, column_level] if two >= 0 else -1
                            if column < 0 or column == against:
                                continue
                            values[row, column] += times if end == side else -times
                            moved[row, column] = True
                            label, value = labels[row, column], values[row, column]
                            if value < low[label] or value > high[label]:
                                left = True
                            lowest[row, column] = min(lowest[row, column], value)
                            highest[row, column] = max(highest[row, column], value)
        if left:
            outside += 1
    return outside
