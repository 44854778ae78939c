"""What the open side is given of each base cell: a twin's count, a tracer, a spread.

Every column here is a sum over moves of (what the move does to the cell) × (a number of the move's own). So each adds
up, over any cells of a query, to the same sum over moves of what the move does to the *query*; a move that leaves the
query as it is adds nothing. With random numbers modulo a prime of forty bits that is the tracer: it is 0 modulo that
prime where no move changes the query, and else not, but for a chance of 2⁻⁴⁰. (Forty bits and not sixty-four: sums of
millions of them stay within 64 bits, which makes them three times as fast as wider ones.) With how often each move was
made it is the difference between the twin and the true table. With random numbers of the size of that, it is a sum of
independent terms that is about as large as the difference is likely to be: a margin that has never seen the truth.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanoscope.disclosure.lattice import Lattice
from sanoscope.disclosure.moves import Moves, changes

MODULUS = 2**40 - 87
"""Tracers add up modulo this prime."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The open side of a lattice: base cells where the twin or the tracer is not zero.

    Attributes:
        cells: int32[cells, 2], (row leaf, column leaf), sorted.
        counts: int64[cells], the twin's.
        tracer: int64[cells], from 0 to `MODULUS` − 1.
        spread: float64[cells, draws].
        amounts: int64[cells, amounts], as the counts: exact wherever the tracer adds up to zero.
    """

    cells: NDArray[np.int32]
    counts: NDArray[np.int64]
    tracer: NDArray[np.int64]
    spread: NDArray[np.float64]
    amounts: NDArray[np.int64]


def opened(
    of: Lattice,
    moves: Moves,
    made: NDArray[np.int64],
    *,
    keys: NDArray[np.int64],
    amounts: NDArray[np.int64],
    carriers: NDArray[np.bool_],
    draws: int,
    seed: int,
) -> Opened:
    """Return what the open side is given.

    Args:
        of: the lattice.
        moves, made: the moves, and how often each was made.
        keys: int64[moves], random: who knows them knows what each move touches.
        amounts: int64[base cells, amounts], what else is summed over the people of each base cell (ages, days).
        carriers: bool[amounts, column leaves], the columns whose people carry each amount: exact wherever their tracers
            of these columns add up to zero.
        draws: independent spreads of each cell: more make margins steadier.
        seed: a secret, of the random parts of spreads and amounts.
    """
    random = np.random.default_rng(seed)
    where, which, signs = changes(moves)
    width = of.columns.leaves
    own = of.cells[:, 0].astype(np.int64) * width + of.cells[:, 1]
    places, index = np.unique(
        np.concatenate([own, where[:, 0].astype(np.int64) * width + where[:, 1]]), return_inverse=True
    )
    mine, changed = index[: len(own)], index[len(own) :]
    counts = np.zeros(len(places), np.int64)
    counts[mine] = of.counts
    np.add.at(counts, changed, signs * made[which])
    tracer = np.zeros(len(places), np.int64)
    np.add.at(tracer, changed, signs * keys[which])
    tracer %= MODULUS
    spread = np.zeros((len(places), draws))
    np.add.at(
        spread, changed, signs[:, None] * (_size(made)[:, None] * random.standard_normal((len(moves), draws)))[which]
    )
    carried = np.zeros((len(places), amounts.shape[1]), np.int64)
    carried[mine] = amounts
    for column, given in enumerate(amounts.T):
        share = _share(of, moves, made, given, random)[which] * carriers[column][where[:, 1]]
        np.add.at(carried[:, column], changed, signs * share)
    kept = (counts != 0) | (tracer != 0)
    cells = np.stack([places // width, places % width], axis=1).astype(np.int32)
    return Opened(cells[kept], counts[kept], tracer[kept], spread[kept], carried[kept])


def _size(made: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return float64[moves], the usual number of times that a move is made: the same for all, so it tells nothing."""
    used = made[made != 0].astype(float)
    return np.full(len(made), np.sqrt((used**2).sum() / max(1, len(made))) if len(used) else 0.0)


def _share(
    of: Lattice,
    moves: Moves,
    made: NDArray[np.int64],
    amounts: NDArray[np.int64],
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """Return int64[moves], what each move carries of an amount: its people's mean, and as much again by chance."""
    column = of.cells[:, 1]
    people = np.bincount(column, weights=of.counts, minlength=of.columns.leaves)
    mean = np.bincount(column, weights=amounts, minlength=of.columns.leaves) / np.maximum(people, 1)
    result = np.zeros(len(moves))
    for sheet in range(2, moves.shape[1], 2):
        there = moves[:, sheet] != moves[:, sheet + 1]
        ends = np.stack(
            [mean[moves[:, sheet]] * (moves[:, sheet] >= 0), mean[moves[:, sheet + 1]] * (moves[:, sheet + 1] >= 0)]
        )
        result = np.maximum(result, np.where(there, ends.max(axis=0), 0.0))
    return np.rint(result * (made + random.uniform(-0.5, 0.5, len(moves)))).astype(np.int64)


def new_keys(moves: Moves) -> NDArray[np.int64]:
    """Return int64[moves], random numbers below `MODULUS` from the system's source of chance."""
    return np.random.default_rng().integers(1, MODULUS, len(moves))
