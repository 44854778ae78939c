"""The promise on random lattices: what is exact is the same for all twins, and small nodes have other values."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import milp

from sanoscope.disclosure import checker
from sanoscope.disclosure.checker import Verdict, verify
from sanoscope.disclosure.lattice import Label, Lattice, bounds, lattice, membership, sums
from sanoscope.disclosure.protect import QUICK, Care, Protection, protect
from sanoscope.disclosure.search import NONE, field
from sanoscope.disclosure.sides import Level, side
from sanoscope.disclosure.tracer import MODULUS, Opened, new_keys, opened
from sanoscope.disclosure.unions import small_unions
from tests.disclosure.lattices import of_counts, random_lattice, seeds, table

CARE = replace(QUICK, near=24, starts=10, crossings=400, free=3, rounds=24)


def open_side(of: Lattice, protection: Protection) -> Opened:
    amounts = (of.counts * 50 + of.cells.sum(axis=1))[:, None].astype(np.int64)
    carriers = np.ones((1, of.columns.leaves), np.bool_)
    keys = new_keys(protection.moves)
    return opened(of, protection.moves, protection.made, keys=keys, amounts=amounts, carriers=carriers, draws=2, seed=3)


def traced(of: Lattice, made: Opened) -> np.ndarray:
    """The tracer of every node: sums modulo a prime."""
    base = sparse.csr_matrix(
        (made.tracer, (made.cells[:, 0], made.cells[:, 1])), shape=(of.rows.leaves, of.columns.leaves)
    )
    return (membership(of.rows) @ base @ membership(of.columns).T).toarray() % MODULUS


def verdict(of: Lattice, protection: Protection, made: Opened) -> Verdict:
    twin = sums(of.rows, of.columns, made.cells, made.counts)
    exact = (traced(of, made) == 0) & (of.values > 0)
    return verify(of, protection.moves, protection.walk.steps, protection.made, twin, exact)


@settings(max_examples=15, deadline=None)
@given(seeds, st.booleans())
def test_every_certificate_verifies(seed: int, sheets: bool) -> None:
    of = random_lattice(seed, sheets=sheets)
    protection = protect(of, seed=seed, care=CARE)
    said = verdict(of, protection, open_side(of, protection))
    assert (said.outside, said.exposed, said.astray) == (0, 0, 0)
    assert said.small == of.small.sum()
    # a small table has tight corners: what has no second value is named, and is not shown exactly
    assert said.single == (protection.walk.span[of.small] == 0).sum()


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_what_is_exact_is_true_and_never_small(seed: int) -> None:
    of = random_lattice(seed)
    made = open_side(of, protect(of, seed=seed, care=CARE))
    exact = traced(of, made) == 0
    twin = sums(of.rows, of.columns, made.cells, made.counts)
    assert (twin[exact] == of.values[exact]).all()
    assert not (exact & of.small).any()
    assert (twin >= 0).all()
    amounts = sums(of.rows, of.columns, made.cells, made.amounts[:, 0])
    true = sums(of.rows, of.columns, of.cells, of.counts * 50 + of.cells.sum(axis=1))
    assert (amounts[exact] == true[exact]).all()


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_a_twin_bears_the_same_labels(seed: int) -> None:
    of = random_lattice(seed)
    twin = protect(of, seed=seed, care=CARE).twin
    limits = bounds(of.threshold)
    assert (twin >= limits.low[of.labels]).all()
    assert (twin <= limits.high[of.labels]).all()


@settings(max_examples=15, deadline=None)
@given(seeds, st.lists(st.integers(0, 7), min_size=1, max_size=6, unique=True), st.integers(0, 7))
def test_no_basket_gives_a_small_count(seed: int, basket: list[int], column: int) -> None:
    of = random_lattice(seed)
    protection = protect(of, seed=seed, care=CARE)
    assert len(small_unions(of, field(of, np.random.default_rng(0)), protection.moves)) == 0
    made = open_side(of, protection)
    inside = np.isin(made.cells[:, 0], basket) & (made.cells[:, 1] == column)
    if made.tracer[inside].sum() == 0:
        assert not 0 < made.counts[inside].sum() < of.threshold


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_an_integer_programme_cannot_pin_a_small_count_down(seed: int) -> None:
    """All that is exact as equations, all labels as bounds, integers: two values at least, but for named exceptions."""
    of = random_lattice(seed, 6, 6, sheets=False)
    protection = protect(of, seed=seed, care=CARE)
    exact = (traced(of, open_side(of, protection)) == 0) & (of.labels != Label.UNSEEN)
    nodes = sparse.kron(membership(of.rows), membership(of.columns)).tocsr()
    limits = bounds(of.threshold)
    low = np.where(exact, of.values, limits.low[of.labels]).ravel().astype(float)
    high = np.where(exact, of.values, limits.high[of.labels]).ravel().astype(float)
    high[high >= limits.high[Label.LARGE]] = np.inf
    named = of.small & (protection.walk.span == 0)
    for node in np.flatnonzero((of.small & ~named).ravel())[:12]:
        goal = nodes[[node]].toarray().ravel()
        ends = [
            sign * milp(sign * goal, constraints=(nodes, low, high), integrality=np.ones(len(goal))).fun
            for sign in (1, -1)
        ]
        assert ends[1] - ends[0] >= 1


def test_brute_force_on_a_tiny_table() -> None:
    """Every table of two by three with the same exact figures and labels: the small ones differ among them."""
    counts = np.array([[3, 20, 14], [25, 4, 30]])
    rows, columns = (
        side([Level(np.arange(2)), Level(np.zeros(2, int), 50.0)]),
        side([Level(np.arange(3)), Level(np.zeros(3, int), 50.0)]),
    )
    of = lattice(rows, columns, table(counts))
    protection = protect(of, seed=1, care=CARE)
    exact = traced(of, open_side(of, protection)) == 0
    limits = bounds(of.threshold)
    others = counts.ravel() + np.array(list(itertools.product(range(-4, 5), repeat=6)))
    others = others[(others >= 0).all(axis=1)].reshape(-1, 2, 3)
    values = membership(rows).toarray() @ others @ membership(columns).toarray().T
    same = (values == of.values)[:, exact].all(axis=1)
    within = ((values >= limits.low[of.labels]) & (values <= limits.high[of.labels])).all(axis=(1, 2))
    found = values[same & within]
    for a, b in np.argwhere(of.small):
        assert len(np.unique(found[:, a, b])) > 1


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_the_next_edition_keeps_what_it_hid(seed: int) -> None:
    """A few counts change; the moves of the edition before are kept: both together pin nothing down."""
    rng = np.random.default_rng(seed)
    counts = rng.negative_binomial(0.6, 0.05, (8, 8))
    first = of_counts(counts, rng, sheets=False)
    before = protect(first, seed=1, care=CARE)
    late = counts + (rng.random(counts.shape) < 0.03) * rng.integers(1, 4, counts.shape)
    second = of_counts(late, rng, sheets=False)
    after = protect(second, seed=2, before=before.moves, care=CARE)
    same = first.values == second.values
    hidden = before.moved & after.moved
    assert not (first.small & same & ~hidden).any()


@pytest.mark.parametrize("spoil", ["steps", "twin", "exact"])
def test_the_checker_sees_a_bad_certificate(spoil: str) -> None:
    of = random_lattice(5)
    protection = protect(of, seed=5, care=Care(rounds=8))
    made = open_side(of, protection)
    assert verdict(of, protection, made).outside == 0
    twin = sums(of.rows, of.columns, made.cells, made.counts)
    exact = (traced(of, made) == 0) & (of.values > 0)
    steps = protection.walk.steps
    if spoil == "steps":
        steps = np.concatenate([steps, [[int(np.argmax(protection.moves[:, 1] != NONE)), 30_000]]]).astype(np.int32)
    elif spoil == "twin":
        twin = twin + 1
    else:
        exact = exact | of.small
    said = verify(of, protection.moves, steps, protection.made, twin, exact)
    assert {"steps": said.outside, "twin": said.astray, "exact": said.exposed}[spoil] > 0


def test_the_checker_is_short_enough_to_be_read() -> None:
    assert len(Path(checker.__file__).read_text(encoding="utf-8").splitlines()) < 150


def test_a_group_is_not_below_another_that_is_the_same() -> None:
    """Two levels that group alike: neither is a part of the other, and a small count of both is at least 1."""
    same = np.array([0, 0, 1])
    columns = side([Level(np.arange(3)), Level(same), Level(same), Level(np.zeros(3, int), 50.0)])
    rows = side([Level(np.arange(2)), Level(np.zeros(2, int), 50.0)])
    of = lattice(rows, columns, table(np.array([[2, 1, 30], [40, 50, 60]])))
    _, one, other, _ = columns.levels[2]
    assert of.labels[0, columns.levels[0, 1]] == of.labels[0, columns.levels[0, 2]] == Label.SMALL
    assert (columns.above()[[one, other], :3] == -1).all()
    assert of.labels[0, columns.levels[0, 0]] == Label.BELOW


def test_sheets_must_agree_with_the_trunk() -> None:
    of = random_lattice(1, sheets=False)
    rows, columns = side([Level(np.arange(8))]), side([Level(np.arange(8))])
    cells = table(of.values[:8, :8])
    with pytest.raises(ValueError, match="twice"):
        lattice(rows, columns, np.concatenate([cells, cells]))
    with pytest.raises(ValueError, match="within"):
        lattice(rows, columns, cells + np.array([100, 0, 0]))
