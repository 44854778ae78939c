"""Random lattices for tests: a trunk with nested and overlapping levels, and sheets that agree with it."""

import numpy as np
from hypothesis import strategies as st

from sanoscope.disclosure.lattice import Lattice, Sheet, lattice
from sanoscope.disclosure.sides import Level, Side, side


def trees(leaves: int, *, across: bool = False) -> Side:
    """Leaves in pairs, pairs in fours, all; and across these, odd and even."""
    one = np.arange(leaves)
    levels = [Level(one, 1.0), Level(one // 2, 2.0)]
    if across:
        levels.append(Level(one % 2, 2.0))
    return side([*levels, Level(one * 0, 50.0)])


def random_lattice(seed: int, rows: int = 8, columns: int = 8, *, sheets: bool = True, mean: float = 12.0) -> Lattice:
    rng = np.random.default_rng(seed)
    counts = rng.negative_binomial(0.6, 0.6 / (0.6 + mean), (rows, columns))
    return of_counts(counts, rng, sheets=sheets)


def of_counts(counts: np.ndarray, rng: np.random.Generator, *, sheets: bool = True) -> Lattice:
    """The lattice of a table, with a sheet of two shares of each pair of columns, and one of three shares of all."""
    rows, columns = counts.shape
    cells = table(counts)
    made = []
    if sheets:
        for classes, shares in ((np.arange(columns) // 2, 2), (np.arange(columns) * 0, 3)):
            whole = np.zeros((rows, int(classes.max()) + 1), int)
            np.add.at(whole.T, classes, counts.T)
            split = np.stack([rng.multinomial(n, np.full(shares, 1 / shares)) for n in whole.ravel()])
            own = split.reshape(rows, -1)
            levels = [Level(np.arange(own.shape[1])), Level(np.arange(own.shape[1]) % shares, 5.0)]
            made.append(Sheet(side(levels), shares, classes, table(own)))
    return lattice(trees(rows), trees(columns, across=True), cells, sheets=made)


def table(counts: np.ndarray) -> np.ndarray:
    cells = np.argwhere(counts)
    return np.column_stack([cells, counts[cells[:, 0], cells[:, 1]]])


seeds = st.integers(0, 2**31 - 1)
