"""Interval propagation: each sum narrows its unknowns, over and over, until nothing moves.

Bounds consistency of linear constraints over integers (Apt, Principles of Constraint Programming, 2003, §6.4): for each
term of a row, the bounds of the others bound it. Fast, complete on no more than one row at a time.
"""

from dataclasses import dataclass

import numba as nb
import numpy as np

from sanoscope.attack.knowledge import Bools, Floats, Knowledge

SLACK = 1e-6
ROUNDS = 200
"""Passes over the rows that something changed; a longer chase narrows nothing that matters here."""
ATTEMPTS = 30
"""Times that what contradicts itself is given up and all begun again."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What propagation gives.

    Attributes:
        low, high: float64[unknowns], integers or infinite.
        impossible: bool[rows], the sums that no values within the bounds satisfy; they were then left aside.
    """

    low: Floats
    high: Floats
    impossible: Bools

    @property
    def pinned(self) -> Bools:
        """bool[unknowns], exactly known."""
        return np.asarray(self.low == self.high)


def narrow(known: Knowledge, *, rounds: int = ROUNDS) -> Narrowed:
    """Return the bounds that each unknown can be seen to have, one sum at a time, to a fixed point."""
    low, high = np.ceil(known.low - SLACK), np.floor(known.high + SLACK)
    if known.rows.nnz == 0:
        return Narrowed(low, high, np.zeros(known.rows.shape[0], np.bool_))
    columns = known.rows.tocsc()
    impossible = _propagate(
        known.rows.indptr.astype(np.int64),
        known.rows.indices.astype(np.int64),
        known.rows.data.astype(np.float64),
        columns.indptr.astype(np.int64),
        columns.indices.astype(np.int64),
        known.floor,
        known.ceiling,
        low,
        high,
        rounds,
    )
    return Narrowed(low, high, impossible)


def reconcile(known: Knowledge, sure: Bools) -> tuple[Knowledge, Narrowed]:
    """Narrow what is known, giving up as little of it as contradictions ask.

    Where a sum is impossible, what was only a label (a mask, an approximation, a row that is not there) of its unknowns
    is no longer believed; a sum of figures alone that does not hold is left aside. Then all starts again.

    Args:
        known: what is known.
        sure: bool[unknowns], known by a figure, not by a label.

    Returns:
        What is still believed, and its bounds; ``impossible`` tells all the sums that ever were. Nothing is narrowed
        where no agreement was found.
    """
    low, high, floor, ceiling = (a.copy() for a in (known.low, known.high, known.floor, known.ceiling))
    ever = np.zeros(len(floor), np.bool_)
    for _ in range(ATTEMPTS):
        believed = Knowledge(low, high, known.rows, floor, ceiling)
        narrowed = narrow(believed)
        bad = np.flatnonzero(narrowed.impossible)
        if len(bad) == 0:
            return believed, Narrowed(narrowed.low, narrowed.high, ever)
        ever[bad] = True
        touched = np.unique(known.rows[bad].indices)
        doubted = touched[~sure[touched] & ((low[touched] > 0) | np.isfinite(high[touched]))]
        low, high, floor, ceiling = low.copy(), high.copy(), floor.copy(), ceiling.copy()
        low[doubted], high[doubted] = 0, np.inf
        if len(doubted) == 0:
            floor[bad], ceiling[bad] = -np.inf, np.inf
    return believed, Narrowed(believed.low, believed.high, ever)


@nb.njit(cache=True)
def _propagate(  # type: ignore[no-untyped-def]
    start, index, coefficient, column_start, column_rows, floor, ceiling, low, high, rounds
):
    """Narrow low and high in place; return bool[rows], what is impossible."""
    count = start.shape[0] - 1
    impossible = np.zeros(count, np.bool_)
    queued = np.ones(count, np.bool_)
    for _ in range(rounds):
        moved = False
        for row in range(count):
            if not queued[row] or impossible[row]:
                continue
            queued[row] = False
            terms = slice(start[row], start[row + 1])
            found = _narrow_row(index[terms], coefficient[terms], floor[row], ceiling[row], low, high)
            impossible[row] = found[0] < 0
            for position in found[1:]:
                moved = True
                i = index[start[row] + position]
                for other in range(column_start[i], column_start[i + 1]):
                    queued[column_rows[other]] = True
        if not moved:
            break
    return impossible


@nb.njit(cache=True)
def _narrow_row(index, coefficient, floor, ceiling, low, high):  # type: ignore[no-untyped-def]
    """Narrow the unknowns of one sum; return [0 or −1 if impossible, positions of those that moved]."""
    found = [0]
    least, most = (0.0, 0), (0.0, 0)
    for i, a in zip(index, coefficient):  # noqa: B905 - numba has no strict
        least = _plus(least, a * low[i] if a > 0 else a * high[i], 1)
        most = _plus(most, a * high[i] if a > 0 else a * low[i], 1)
    if (least[1] == 0 and least[0] > ceiling + SLACK) or (most[1] == 0 and most[0] < floor - SLACK):
        found[0] = -1
        return found
    for position, (i, a) in enumerate(zip(index, coefficient)):  # noqa: B905
        others_least = _plus(least, a * low[i] if a > 0 else a * high[i], -1)
        others_most = _plus(most, a * high[i] if a > 0 else a * low[i], -1)
        # floor − others' most ≤ a · x ≤ ceiling − others' least
        most_here = ceiling - others_least[0] if others_least[1] == 0 else np.inf
        least_here = floor - others_most[0] if others_most[1] == 0 else -np.inf
        if a < 0:
            most_here, least_here = least_here, most_here
        new_low = max(low[i], np.ceil(least_here / a - SLACK))
        new_high = min(high[i], np.floor(most_here / a + SLACK))
        if new_low > new_high:
            found[0] = -1
            return found
        if new_low > low[i] or new_high < high[i]:
            low[i], high[i] = new_low, new_high
            found.append(position)
        least = _plus(others_least, a * low[i] if a > 0 else a * high[i], 1)
        most = _plus(others_most, a * high[i] if a > 0 else a * low[i], 1)
    return found


@nb.njit(cache=True)
def _plus(total, term, sign):  # type: ignore[no-untyped-def]
    """Add a term to a sum, or take it off."""
    if np.isfinite(term):
        return total[0] + sign * term, total[1]
    return total[0], total[1] + sign
