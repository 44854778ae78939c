"""The noise of counts of persons: as large as it is said to be, drawn once for each set, never below the threshold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanoscope.disclosure.keyed import MARGIN, SCALE, additive, told

KEY = b"0123456789abcdef"


def test_the_noise_is_two_sided_geometric() -> None:
    draws = 200_000
    noise = told([f"ensemble {i}" for i in range(draws)], np.full(draws, 1000), key=KEY, threshold=11) - 1000
    alpha = math.exp(-1 / SCALE)
    for k in range(-12, 13):
        expected = (1 - alpha) / (1 + alpha) * alpha ** abs(k)
        error = math.sqrt(expected * (1 - expected) / draws)
        assert abs((noise == k).mean() - expected) < 4.5 * error
    assert noise.max() > 25 and noise.min() < -25, "the noise has no end"
    assert 0.90 < (abs(noise) <= MARGIN).mean() < 0.97


def test_a_set_has_one_noise_and_another_key_another() -> None:
    names, counts = ["a", "b", "a"], np.array([500, 500, 500])
    first = told(names, counts, key=KEY, threshold=11)
    assert first[0] == first[2]
    many = [f"ensemble {i}" for i in range(1000)]
    large = np.full(1000, 500)
    assert (told(many, large, key=KEY, threshold=11) != told(many, large, key=KEY[::-1], threshold=11)).mean() > 0.8


@given(st.lists(st.integers(1, 60), min_size=1), st.integers(2, 20))
def test_small_is_all_that_is_said_of_a_small_count(counts: list[int], threshold: int) -> None:
    figures = told([str(i) for i in range(len(counts))], np.array(counts), key=KEY, threshold=threshold)
    for count, figure in zip(counts, figures, strict=True):
        assert figure == 0 if count < threshold else figure >= threshold


def test_a_count_that_adds_up_is_told_as_nothing_only_if_it_is() -> None:
    draws = 5000
    sets = [f"ensemble {i}" for i in range(draws)]
    for count in (11, 15, 30):
        assert additive(sets, np.full(draws, count), key=KEY, threshold=11).min() >= 1
    assert not additive(sets, np.zeros(draws, np.int64), key=KEY, threshold=11).any()
    small = additive(sets, np.full(draws, 3), key=KEY, threshold=11)
    assert small.min() < 0 and abs(small.mean() - 3) < 0.4, "the noise of small ones is whole: their sums are fair"


@pytest.mark.parametrize("key", [b"", b"court", b"x" * 65])
def test_a_key_that_is_not_secret_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="16 to 64"):
        told(["a"], np.array([1]), key=key, threshold=11)
