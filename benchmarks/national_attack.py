"""The attacker on our own open side at national size: every group of the lattice, and 10,000 baskets of establishments.

``python -m benchmarks.national_attack [YEARS]``: each year is a table of `benchmarks.disclosure.national`, protected,
then known as a reader knows it: exact where the tracer adds up to zero, "1 à 10", "≈", or nothing. Every sum of both
trees and every basket that is shown exactly is an equation; what intervals make of them all is counted.
"""

import sys
import time
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from benchmarks.disclosure import NATIONAL, national
from sanoscope.attack.intervals import narrow
from sanoscope.attack.knowledge import Knowledge
from sanoscope.disclosure.lattice import Label, Lattice, membership
from sanoscope.disclosure.protect import Protection, protect
from sanoscope.disclosure.sides import Side
from sanoscope.disclosure.tracer import MODULUS, new_keys, opened

BASKETS = 10_000
SMALLEST_LARGE = 11


def run(years: int = 1) -> Iterator[str]:
    """Yield the lines of a report."""
    heads = (
        "année",
        "petits",
        "paniers exacts",
        "paniers de 1 à 10",
        "équations",
        "retrouvés",
        "à trois valeurs",
        "durée",
    )
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|---|---|---|---|---|---|"
    for year in range(1, years + 1):
        of = national(seed=year)
        yield _attacked(of, protect(of, seed=year, care=NATIONAL), year)


def _attacked(of: Lattice, made: Protection, year: int) -> str:
    start = time.perf_counter()
    none = np.zeros((0, of.columns.leaves), np.bool_)
    empty = np.zeros((len(of.cells), 0), np.int64)
    keys = new_keys(made.moves)
    public = opened(of, made.moves, made.made, keys=keys, amounts=empty, carriers=none, draws=1, seed=year)
    shape = of.rows.leaves, of.columns.leaves
    base = [sparse.csr_matrix((a, public.cells.T), shape=shape) for a in (public.counts, public.tracer)]
    rows, columns = membership(of.rows), membership(of.columns)
    twin, tracer = (np.asarray((rows @ table @ columns.T).toarray()) for table in base)
    exact = tracer % MODULUS == 0
    baskets = _baskets(of, np.random.default_rng(year))
    sums, traced = (np.asarray((baskets @ table @ columns.T).toarray()) for table in base)
    shown = (traced % MODULUS == 0) & (sums >= SMALLEST_LARGE)
    pinned_small = int(((traced % MODULUS == 0) & (sums > 0) & (sums < SMALLEST_LARGE)).sum())
    low, high = _said(of, twin, exact)
    number = np.arange(low.size).reshape(low.shape)
    parts = [*_sums(of.rows, number), *_sums(of.columns, number.T)]
    which, column = np.nonzero(shown)
    leaves = of.rows.levels[:, 0]
    given = [(None, number[leaves[baskets[b].indices], v], int(sums[b, v])) for b, v in zip(which, column, strict=True)]
    matrix, limits = _system(parts, given, low.size)
    known = Knowledge(low.ravel(), high.ravel(), matrix, limits, limits)
    narrowed = narrow(known)
    small = of.small.ravel()
    width = (narrowed.high - narrowed.low)[small]
    true = of.values.ravel()[small]
    found = int(((width == 0) & (narrowed.low[small] == true)).sum())
    near = int(((width > 0) & (width <= 2)).sum())
    took = time.perf_counter() - start
    figures = [year, small.sum(), shown.sum(), pinned_small, matrix.shape[0], found, near, f"{took:.0f} s"]
    if narrowed.impossible.any():
        figures[0] = f"{year} ({int(narrowed.impossible.sum())} sommes impossibles)"
    return f"| {' | '.join(map(str, figures))} |"


def _said(of: Lattice, twin: np.ndarray, exact: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each group's own answer says: a group below a small one may be empty."""
    low, high = np.zeros(twin.shape), np.full(twin.shape, np.inf)
    hidden = of.labels == Label.HIDDEN
    masked, below = ~exact & (twin < SMALLEST_LARGE) & ~hidden, of.labels == Label.BELOW
    low[masked & ~below] = 1
    high[masked | (below & (twin < SMALLEST_LARGE))] = SMALLEST_LARGE - 1
    low[~exact & (twin >= SMALLEST_LARGE) & ~hidden] = SMALLEST_LARGE
    told = exact & ~(below & (twin == 0))
    low[told] = high[told] = twin[told]
    return low, high


def _sums(of: Side, number: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Yield (numbers of a group, numbers of its parts, 0): each level is the sum of the one below it."""
    for fine, coarse in zip(range(of.levels.shape[1]), range(1, of.levels.shape[1]), strict=False):
        pairs = np.unique(of.levels[:, [fine, coarse]], axis=0)
        for node in np.unique(pairs[:, 1]):
            children = pairs[pairs[:, 1] == node, 0]
            for across in range(number.shape[1]):
                yield number[node, across], number[children, across], 0


def _system(parts: list, given: list, size: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Whole − Σ parts = 0; Σ parts = what a basket shows."""
    rows, columns, values, limits = [], [], [], []
    for row, (whole, pieces, total) in enumerate([*parts, *given]):
        if whole is not None:
            rows.append([row])
            columns.append([whole])
            values.append([1.0])
        rows.append(np.full(len(pieces), row))
        columns.append(pieces)
        values.append(np.full(len(pieces), -1.0 if whole is not None else 1.0))
        limits.append(total)
    at = np.concatenate(rows), np.concatenate(columns)
    matrix = sparse.csr_matrix((np.concatenate(values), at), shape=(len(limits), size))
    return matrix, np.array(limits, float)


def _baskets(of: Lattice, rng: np.random.Generator) -> sparse.csr_matrix:
    """Baskets at random, and against someone: a zone or the country without one establishment, one with a large one."""
    count, zones = of.rows.leaves, of.rows.levels[:, 1]
    largest = np.argsort(-np.bincount(of.cells[:, 0], weights=of.counts, minlength=count))[:20]
    chosen = []
    for number in range(BASKETS):
        one = int(rng.integers(count))
        match number % 4:
            case 0:
                chosen.append(rng.choice(count, int(rng.integers(2, 30)), replace=False))
            case 1:
                chosen.append(np.setdiff1d(np.flatnonzero(zones == zones[one]), [one]))
            case 2:
                chosen.append(np.unique([one, int(rng.choice(largest))]))
            case _:
                chosen.append(np.unique([one, *rng.choice(np.flatnonzero(zones == zones[one]), 3)]))
    at = np.repeat(np.arange(len(chosen)), [len(c) for c in chosen]), np.concatenate(chosen)
    return sparse.csr_matrix((np.ones(len(at[0]), np.int64), at), shape=(len(chosen), count))


if __name__ == "__main__":
    print("\n".join(run(*map(int, sys.argv[1:2]))))
