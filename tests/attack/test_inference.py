"""Propagation and programming, against all the values there are."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanoscope.attack.intervals import narrow
from sanoscope.attack.knowledge import Builder, Knowledge
from sanoscope.attack.programme import extremes
from sanoscope.attack.ratios import denominators, numerators

TOP = 5


@st.composite
def systems(draw: st.DrawFn) -> tuple[Knowledge, np.ndarray]:
    """A small system that has a solution, and all its solutions [solutions, unknowns]."""
    size = draw(st.integers(2, 4))
    truth = np.array(draw(st.lists(st.integers(0, TOP), min_size=size, max_size=size)))
    builder = Builder()
    for i in range(size):
        low = draw(st.integers(0, int(truth[i])))
        builder.unknown(i, low=low, high=draw(st.integers(int(truth[i]), TOP)))
    for _ in range(draw(st.integers(1, 4))):
        terms = {i: draw(st.sampled_from([-2, -1, 0, 1, 1, 1])) for i in range(size)}
        value = sum(c * int(truth[i]) for i, c in terms.items())
        slack = draw(st.sampled_from([0, 0, 1]))
        builder.between({i: c for i, c in terms.items() if c}, low=value, high=value + slack)
    known = builder.build()
    every = np.array(list(product(range(TOP + 1), repeat=size)))
    sums = every @ known.rows.toarray().T
    good = ((every >= known.low) & (every <= known.high)).all(axis=1)
    good &= ((sums >= known.floor) & (sums <= known.ceiling)).all(axis=1)
    return known, every[good]


@given(systems())
@settings(max_examples=150, deadline=None)
def test_propagation_never_excludes_a_value_that_is_possible(system: tuple[Knowledge, np.ndarray]) -> None:
    known, solutions = system
    found = narrow(known)
    assert not found.impossible.any()
    assert (found.low <= solutions.min(axis=0)).all()
    assert (found.high >= solutions.max(axis=0)).all()


@given(systems())
@settings(max_examples=60, deadline=None)
def test_programming_gives_the_least_and_greatest_values(system: tuple[Knowledge, np.ndarray]) -> None:
    known, solutions = system
    found = extremes(known, np.arange(len(known.low)), seconds=30)
    assert found.possible
    assert found.done.all()
    assert found.low.tolist() == solutions.min(axis=0).tolist()
    assert found.high.tolist() == solutions.max(axis=0).tolist()


def test_a_restricted_knowledge_forgets_only() -> None:
    builder = Builder()
    for name in "abc":
        builder.unknown(name, low=1, high=10)
    builder.equal({"a": 1, "b": 1, "c": 1}, 28)
    known = builder.build().restricted(np.array([True, True, False]))
    # c is 1 to 10: a + b is 18 to 27
    assert (known.floor.tolist(), known.ceiling.tolist()) == ([18], [27])
    assert narrow(known).low.tolist() == [8, 8]


def test_impossible_sums_are_told_and_left_aside() -> None:
    builder = Builder()
    builder.unknown("a", low=1, high=10)
    builder.equal({"a": 1}, 12)
    builder.equal({"a": 1, "b": 1}, 12)
    found = narrow(builder.build())
    assert found.impossible.tolist() == [True, False]
    assert (found.low.tolist(), found.high.tolist()) == ([1, 2], [10, 11])
    assert not extremes(builder.build(), np.array([0]), seconds=5).possible


def test_propagation_leaves_what_programming_pins() -> None:
    builder = Builder()
    for name in "abc":
        builder.unknown(name, low=1, high=10)
    for pair, value in {"ab": 15, "bc": 17, "ac": 16}.items():
        builder.equal(dict.fromkeys(pair, 1), value)
    known = builder.build()
    assert not narrow(known).pinned.any()
    found = extremes(known, np.arange(3), seconds=5)
    assert found.low.tolist() == found.high.tolist() == [7, 8, 9]


def test_whole_numbers_pin_what_the_linear_programme_does_not() -> None:
    builder = Builder()
    builder.unknown("a", low=0, high=10)
    builder.unknown("b", low=0, high=10)
    builder.unknown("c", low=0, high=1)
    # 2a + 4b + c... of these only parity decides: c is odd because 7 is
    builder.equal({"a": 2, "b": 4, "c": 1}, 7)
    found = extremes(builder.build(), np.array([2]), seconds=5)
    assert (found.low.tolist(), found.high.tolist()) == ([1], [1])


def test_without_time_nothing_is_said_to_be_done() -> None:
    builder = Builder()
    builder.unknown("a", low=1, high=10)
    builder.equal({"a": 1, "b": 1}, 12)
    found = extremes(builder.build(), np.array([0]), seconds=0)
    assert (found.low.tolist(), found.high.tolist(), found.done.tolist()) == ([1], [10], [False])


@given(st.integers(1, 400), st.integers(0, 400), st.sampled_from([(100, 1), (1, 2), (100, 0)]))
def test_the_numerator_of_a_rounded_ratio_is_among_those_found(n: int, k: int, form: tuple[int, int]) -> None:
    scale, decimals = form
    shown = round(scale * k / n, decimals)
    found = numerators(shown, decimals=decimals, scale=scale, low=n, high=n)
    assert found is not None
    assert found[0] <= k <= found[1]
    assert n in denominators(shown, decimals=decimals, scale=scale, low=1, high=n + 10)


@pytest.mark.parametrize(
    ("shown", "decimals", "scale", "possible"),
    [(33.3, 1, 100, (3, 6, 9)), (2.14, 2, 1, (7,)), (0.0, 1, 100, tuple(range(1, 11))), (12.7, 1, 100, ())],
)
def test_denominators_by_hand(shown: float, decimals: int, scale: float, possible: tuple[int, ...]) -> None:
    assert denominators(shown, decimals=decimals, scale=scale, low=1, high=10) == possible
