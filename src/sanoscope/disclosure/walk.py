"""Walks among twins: tables that tell a reader exactly the same story as the true one.

A twin is the true table with moves made or undone, any number of times, as long as every node stays within the bounds
of its label. A walk makes one move after the other; each table on its way is a twin, so the smallest and the largest
count that a node takes on the way are certain: nobody can tell them from the true one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanoscope.disclosure.lattice import Label, Lattice
from sanoscope.disclosure.moves import Moves, board, jit, make, room, touch_of, touched

INNER = 4
"""Rounds that pull the same way."""

LONG = 1_000
"""A step makes a move at most this often: larger ones teach nothing more about small nodes."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk has been.

    Attributes:
        steps: int32[steps, 2], (move, times), in order.
        lowest, highest: int32[row nodes, column nodes], extremes of each node on the way.
        end: int32[row nodes, column nodes], the twin at its end.
    """

    steps: NDArray[np.int32]
    lowest: NDArray[np.int32]
    highest: NDArray[np.int32]
    end: NDArray[np.int32]

    @property
    def span(self) -> NDArray[np.int32]:
        """int32[row nodes, column nodes]: values that each node takes, but one."""
        return self.highest - self.lowest


def explore(of: Lattice, moves: Moves, *, rounds: int, seed: int) -> Walk:
    """Walk to the extremes of small nodes: each round pulls some of them up and the others down, at random.

    Args:
        of: the lattice.
        moves: as in `moves`.
        rounds: how many times all moves are gone through; directions change every `INNER` rounds.
        seed: of the random directions.
    """
    here = board(of)
    lowest, highest = of.values.copy(), of.values.copy()
    random = np.random.default_rng(seed)
    parts = []
    small = of.small
    pull = np.zeros(of.values.shape, np.int8)
    steps = np.empty((4 * len(moves), 2), np.int32)
    parts.append(steps[: _try_each(here, moves, lowest, highest, steps)].copy())
    for turn in range(rounds):
        if turn % INNER == 0:
            pull = np.where(small, _directions(of, random, turn // INNER), 0).astype(np.int8)
        order = random.permutation(len(moves)).astype(np.int32)
        steps = np.empty((len(moves), 2), np.int32)
        limits = of.threshold, int(random.integers(2**31))
        count = _pull(here, moves, order, pull, lowest, highest, *limits, steps)
        parts.append(steps[:count].copy())
    return Walk(np.concatenate(parts) if parts else np.empty((0, 2), np.int32), lowest, highest, here.values)


def _directions(of: Lattice, random: np.random.Generator, turn: int) -> NDArray[np.int64]:
    """Return ±1 for each node: each by itself, whole columns or whole rows alike, or 0: wherever chance leads."""
    rows, columns = of.values.shape
    match turn % 4:
        case 0 | 3:
            return random.choice([-1, 1], (rows, columns))
        case 1:
            return random.choice([-1, 1], (1, columns))
        case _:
            return random.choice([-1, 1], (rows, 1))


def settle(of: Lattice, moves: Moves, *, rounds: int, seed: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Draw a twin at random.

    The draw favours, for base cells that may be small, counts as frequent as they are in the whole table: that one
    distribution is all that it knows of the truth.

    Returns:
        int32[row nodes, column nodes], the twin; int64[moves], how often each move was made to get there.
    """
    here = board(of)
    frequency = np.bincount(np.clip(of.counts, 0, of.threshold), minlength=of.threshold + 1)[: of.threshold].astype(
        float
    )
    frequency[0] = frequency[1]
    chance = np.log((frequency + 1) / (frequency + 1).sum())
    base = np.zeros(of.columns.nodes, np.bool_)
    base[of.leaf_nodes] = True
    random = np.random.default_rng(seed)
    made = np.zeros(len(moves), np.int64)
    for _ in range(rounds):
        order = random.permutation(len(moves)).astype(np.int32)
        _draw(here, moves, order, chance, base, made, int(random.integers(2**31)))
    return here.values, made


@jit
def _note(here, touch, n, m, lowest, highest):  # type: ignore[no-untyped-def]
    """Note how low and how high the touched nodes have been."""
    for i in range(n):
        for j in range(m):
            a, b = touch.rows[i], touch.columns[j]
            value = here.values[a, b]
            lowest[a, b] = min(lowest[a, b], value)
            highest[a, b] = max(highest[a, b], value)


@jit
def _try_each(here, moves, lowest, highest, steps):  # type: ignore[no-untyped-def]
    """Make and undo each move by itself, both ways: what any of them changes has a second value for certain."""
    touch = touch_of(here)
    count = 0
    for which in range(moves.shape[0]):
        n, m = touched(here, moves[which], touch)
        up, down = room(here, touch, n, m)
        for times in (min(up, LONG), -min(down, LONG)):
            if times != 0:
                for step in (times, -times):
                    make(here, touch, n, m, step)
                    _note(here, touch, n, m, lowest, highest)
                    steps[count, 0], steps[count, 1] = which, step
                    count += 1
    return count


@jit
def _pull(here, moves, order, pull, lowest, highest, threshold, seed, steps):  # type: ignore[no-untyped-def]
    """Go through moves once; each goes as far as it can where most of what it touches is pulled."""
    np.random.seed(seed)
    touch = touch_of(here)
    count = 0
    for which in order:
        n, m = touched(here, moves[which], touch)
        up, down = room(here, touch, n, m)
        up, down = min(up, LONG), min(down, LONG)
        if up == 0 and down == 0:
            continue
        wish = 0
        for i in range(n):
            for j in range(m):
                a, b = touch.rows[i], touch.columns[j]
                way = pull[a, b]
                if (way > 0 and highest[a, b] < threshold - 1) or (way < 0 and lowest[a, b] > 1):  # not there yet
                    wish += way * touch.row_signs[i] * touch.column_signs[j]
        times = np.random.randint(-down, up + 1)
        if wish > 0:
            times = up
        elif wish < 0:
            times = -down
        if times == 0:
            continue
        make(here, touch, n, m, times)
        _note(here, touch, n, m, lowest, highest)
        steps[count, 0], steps[count, 1] = which, times
        count += 1
    return count


@jit
def _draw(here, moves, order, chance, base, made, seed):  # type: ignore[no-untyped-def]
    """One sweep of Gibbs sampling: each move as often as its base cells' counts are likely."""
    np.random.seed(seed)
    most = 25
    touch = touch_of(here)
    weight = np.empty(2 * most + 1, np.float64)
    for which in order:
        n, m = touched(here, moves[which], touch)
        up, down = room(here, touch, n, m)
        up, down = min(up, most), min(down, most)
        if up == 0 and down == 0:
            continue
        total = 0.0
        for times in range(-down, up + 1):
            likely = 0.0
            for i in range(n):
                if touch.rows[i] >= here.row_levels.shape[0]:
                    continue
                for j in range(m):
                    a, b = touch.rows[i], touch.columns[j]
                    if base[b] and here.labels[a, b] != Label.LARGE:
                        value = here.values[a, b] + times * touch.row_signs[i] * touch.column_signs[j]
                        if value < chance.shape[0]:
                            likely += chance[value]
            weight[times + down] = np.exp(likely)
            total += weight[times + down]
        drawn = np.random.random() * total
        times = -down
        while times < up and drawn > weight[times + down]:
            drawn -= weight[times + down]
            times += 1
        make(here, touch, n, m, times)
        made[which] += times
