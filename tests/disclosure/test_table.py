"""Nothing small can be computed back from a protected table: proven on random ones, and by brute force on tiny ones."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import milp

from sanoscope.disclosure.table import Forms, Mask, Protection, check, protect

# total = full + part, all three seen
STAYS = Forms(np.array([[1, 1, 0], [1, 0, 1]]), np.ones(3, bool), np.eye(2, dtype=np.int64))
ONE = Forms(np.array([[1]]), np.ones(1, bool), np.array([[1]]))

counts = st.one_of(st.just(0), st.integers(1, 12), st.integers(0, 400))
tables = st.integers(1, 9).flatmap(lambda n: hnp.arrays(np.int64, (n, 2), elements=counts))


def all_in_one(n: int) -> np.ndarray:
    return np.zeros(n, np.int64)


def seen_values(x: np.ndarray, forms: Forms) -> np.ndarray:
    return np.vstack([x, x.sum(axis=0)]) @ forms.coefficients


def masks_of(protection: Protection) -> np.ndarray:
    return np.vstack([protection.rows, protection.totals])


@settings(max_examples=300, deadline=None)
@given(tables)
def test_every_protection_verifies(x: np.ndarray) -> None:
    groups = all_in_one(len(x))
    protection = protect(x, groups, STAYS)
    check(x, groups, STAYS, protection)
    values, masks = seen_values(x, STAYS), masks_of(protection)
    small = (values > 0) & (values < 11)
    assert (masks[small] == Mask.PRIMARY).all()
    assert (masks[~small] != Mask.PRIMARY).all()
    assert (masks[values == 0] == Mask.SHOWN).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5).flatmap(lambda n: hnp.arrays(np.int64, (n, 2), elements=counts)))
def test_an_integer_programme_cannot_pin_a_small_value_down(x: np.ndarray) -> None:
    """An attacker who knows the method: shown values as equations, labels as bounds; two answers at least."""
    groups = all_in_one(len(x))
    protection = protect(x, groups, STAYS)
    values, masks = seen_values(x, STAYS), masks_of(protection)
    nodes = np.vstack([np.eye(len(x)), np.ones(len(x))])
    matrix = np.stack([np.outer(nodes[i], STAYS.coefficients[:, k]).ravel() for i, k in np.ndindex(values.shape)])
    low, high = values.ravel().astype(float), values.ravel().astype(float)
    for cell, (value, state) in enumerate(zip(values.ravel(), masks.ravel(), strict=True)):
        if state == Mask.PRIMARY:
            low[cell], high[cell] = 1, 10
        elif state == Mask.SECONDARY:
            low[cell], high[cell] = (11 if value else 0), np.inf
    uncertified = {(node, form) for node, form in protection.uncertified}
    for i, k in np.argwhere(masks == Mask.PRIMARY):
        if (int(i), int(k)) in uncertified:
            continue
        goal = matrix[i * values.shape[1] + k]
        ends = [
            milp(sign * goal, constraints=(matrix, low, high), integrality=np.ones(matrix.shape[1])).fun * sign
            for sign in (1, -1)
        ]
        assert ends[1] - ends[0] >= 1, (x, i, k)


def test_the_smallest_leak_is_closed() -> None:
    """44 = 40 + 4: masking 4 alone gives it away."""
    x = np.array([[40, 4], [30, 20], [50, 0]])
    protection = protect(x, all_in_one(3), STAYS)
    assert protection.rows.tolist() == [[0, 2, 1], [0, 2, 2], [0, 0, 0]]
    assert protection.totals.tolist() == [[0, 0, 0]]


def test_two_small_values_protect_each_other() -> None:
    x = np.array([[5], [7], [100], [200]])
    protection = protect(x, all_in_one(4), ONE)
    assert protection.rows.ravel().tolist() == [1, 1, 0, 0]
    assert protection.totals.tolist() == [[0]]


def test_ten_and_ten_are_not_given_away_by_twenty() -> None:
    """10 + 10 = 20 with both masked as « 1 à 10 » would be exact: a third row must give way."""
    x = np.array([[10], [10], [50]])
    protection = protect(x, all_in_one(3), ONE)
    check(x, all_in_one(3), ONE, protection)
    assert (protection.rows.ravel() != 0).sum() + (protection.totals != 0).sum() > 2


def test_groups_have_their_own_totals() -> None:
    x = np.array([[5], [20], [30], [40]])
    protection = protect(x, np.array([0, 0, 1, 1]), ONE)
    assert protection.rows.ravel().tolist() == [1, 2, 0, 0]
    assert protection.totals.ravel().tolist() == [0, 0]


def test_brute_force_on_tiny_tables() -> None:
    """All tables of two rows up to 13: every small value has another table with the same publication."""
    for a, b, c, d in itertools.product((0, 1, 3, 10, 11, 13), repeat=4):
        x = np.array([[a, b], [c, d]])
        protection = protect(x, all_in_one(2), STAYS)
        masks, values = masks_of(protection), seen_values(x, STAYS)
        for i, k in np.argwhere(masks == Mask.PRIMARY):
            if (int(i), int(k)) in protection.uncertified:
                continue
            others = set()
            for move in itertools.product((-1, 0, 1), repeat=4):
                y = x + np.array(move).reshape(2, 2)
                if (y < 0).any():
                    continue
                w = seen_values(y, STAYS)
                shown = masks == Mask.SHOWN
                same = (w == values)[shown].all() and (label(w) == label(values))[~shown].all()
                if same:
                    others.add(int(w[i, k]))
            assert len(others) > 1, (x.tolist(), int(i), int(k))


def label(values: np.ndarray) -> np.ndarray:
    return (values > 0).astype(int) + (values >= 11)


@pytest.mark.parametrize("spoil", ["show", "drop", "move"])
def test_the_checker_sees_a_bad_protection(spoil: str) -> None:
    x = np.array([[40, 4], [30, 20], [50, 0]])
    groups = all_in_one(3)
    good = protect(x, groups, STAYS)
    if spoil == "show":
        rows = good.rows.copy()
        rows[0, 1] = Mask.SHOWN
        bad = replace(good, rows=rows)
    elif spoil == "drop":
        bad = replace(good, moves=())
    else:
        bad = replace(good, moves=(replace(good.moves[0], columns=(1, 1)),))
    with pytest.raises(ValueError, match=r"move|changes"):
        check(x, groups, STAYS, bad)
