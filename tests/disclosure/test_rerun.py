"""Running the algorithm again on each world that could be tells them apart for who has the secret, and for no one else.

Everything but the secret is public. So an attacker may take the twins of what is shown, protect each as we would, and
ask in which of them what is hidden looks most like what he sees hidden: a minimality attack (Wong, Fu, Wang and Pei,
VLDB 2007).
"""

from dataclasses import replace

import numpy as np

from sanoscope.disclosure.lattice import Lattice, bounds, lattice, sums
from sanoscope.disclosure.moves import changes
from sanoscope.disclosure.protect import QUICK, Protection, protect
from tests.disclosure.lattices import table, trees

CARE = replace(QUICK, near=16, starts=6, crossings=100, free=2, rounds=12)
SIZE, TRIALS = 5, 20


def test_the_algorithm_run_again_tells_nothing_without_the_secret() -> None:
    rng = np.random.default_rng(5)
    known, blind, chances = 0, 0, []
    while len(chances) < TRIALS:
        counts = rng.negative_binomial(0.6, 0.06, (SIZE, SIZE)).astype(np.int64)
        small = np.argwhere((counts > 0) & (counts <= 10))
        if len(small) == 0:
            continue
        target = tuple(small[rng.integers(len(small))])
        secret = int(rng.integers(2**31))
        seen = protect(of(counts), seed=secret, care=CARE)
        worlds = by_value(twins(counts, seen, rng), target, rng)
        if len(worlds) < 2:
            continue
        chances.append((int(counts[target]) in worlds) / len(worlds))
        with_true = worlds | {int(counts[target]): [counts]}
        known += likeliest(with_true, seen, [secret]) == counts[target]
        blind += likeliest(worlds, seen, rng.integers(2**31, size=2).tolist()) == counts[target]
    expected = sum(chances)
    spread = np.sqrt(sum(p * (1 - p) for p in chances))
    assert known >= 0.7 * TRIALS, "with the secret, the attack works"
    assert blind <= expected + 3 * spread, f"{blind} of {TRIALS}, by chance {expected:.1f}"


def of(counts: np.ndarray) -> Lattice:
    return lattice(trees(SIZE), trees(SIZE, across=True), table(counts))


def twins(counts: np.ndarray, seen: Protection, rng: np.random.Generator) -> list[np.ndarray]:
    """Worlds with the same exact figures and labels, by a long random walk along the moves."""
    lattice_ = of(counts)
    moves = np.zeros((len(seen.moves), SIZE, SIZE), np.int64)
    where, which, signs = changes(seen.moves)
    np.add.at(moves, (which, where[:, 0], where[:, 1]), signs)
    everywhere = np.argwhere(counts >= 0).astype(np.int32)
    nodes = [sums(lattice_.rows, lattice_.columns, everywhere, move.ravel()) for move in moves]
    limits = bounds(lattice_.threshold)
    low, high = limits.low[lattice_.labels], limits.high[lattice_.labels]
    world, values, found = counts.copy(), lattice_.values.copy(), []
    for step in range(4000):
        move, sign = int(rng.integers(len(moves))), int(rng.choice([-1, 1]))
        after = values + sign * nodes[move]
        if ((world + sign * moves[move] >= 0).all()) and ((after >= low) & (after <= high)).all():
            world, values = world + sign * moves[move], after
        if step >= 1000 and step % 15 == 0:
            found.append(world.copy())
    return found


def by_value(
    worlds: list[np.ndarray], target: tuple[int, ...], rng: np.random.Generator
) -> dict[int, list[np.ndarray]]:
    """Two worlds for each value that the target takes."""
    found: dict[int, list[np.ndarray]] = {}
    for number in rng.permutation(len(worlds)):
        same = found.setdefault(int(worlds[number][target]), [])
        if len(same) < 2:
            same.append(worlds[number])
    return found


def likeliest(worlds: dict[int, list[np.ndarray]], seen: Protection, secrets: list[int]) -> int:
    """The value in whose worlds what is hidden is nearest to what is seen hidden."""

    def distance(world: np.ndarray) -> float:
        again = [protect(of(world), seed=secret, care=CARE) for secret in secrets]
        return float(np.mean([(one.moved != seen.moved).mean() for one in again]))

    return min(worlds, key=lambda value: min(distance(world) for world in worlds[value]))
