"""Noise for counts of persons, which do not add up: a patient of two groups is one patient of both together.

No move keeps such a count as it is at every level, so none of them is ever exact. Each gets a noise that is drawn once
for the *set of persons* that it counts, from a secret key: the same set, met under two names (a group with one child)
or in two editions, has the same noise, and asking again averages nothing. This is the cell key method of Fraser and
Wooton (2005; Thompson, Broadfoot and Elazar, 2013, for the Australian census) with the noise of the geometric mechanism
(Ghosh, Roughgarden and Sundararajan, SIAM J. Comput. 41, 2012): a whole number k with a probability that falls as
exp(−|k| ⁄ scale), without an end. So no world is ever ruled out: if one person more or less changes m of the figures
shown, what is shown is at most exp(m ⁄ scale) times as likely in one world as in the other.

A small count is only said to be small. What could pin it is a bound, "a group has at least what its whole has and its
siblings have not": each term of that bound carries a noise of its own, as large as the small count itself.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

SCALE = 4.0
"""Scale of the noise, in persons: its standard deviation is about `SCALE` × √2."""

MARGIN = ceil(2 * sqrt(2) * SCALE)
"""Two standard deviations: half-width of the uncertainty that is told."""


def told(sets: Sequence[str], counts: NDArray[np.int64], *, key: bytes, threshold: int) -> NDArray[np.int64]:
    """Return what may be told of counts of persons: 0 for a small one, else the count with its noise.

    Args:
        sets: what tells the set of each count from the others.
        counts: int64[sets], 1 or more.
        key: secret, 16 to 64 bytes: who knows it can take the noise away.
        threshold: smallest count that is told; a noise never takes one below it.

    Raises:
        ValueError: the key is too short to be secret, or too long.
    """
    noised = np.maximum(threshold, counts + noise(sets, key=key))
    return np.where(counts < threshold, 0, noised)


def additive(sets: Sequence[str], counts: NDArray[np.int64], *, key: bytes, threshold: int) -> NDArray[np.int64]:
    """Return what may be told of counts that are added up: each with its noise, small ones too, so that sums are fair.

    Arguments and errors as in `told`, counts of 0 besides. Nothing is told as 0, and nothing else is, but a small one.
    """
    noised = counts + noise(sets, key=key)
    return np.where(counts == 0, 0, np.where(counts < threshold, noised, np.maximum(1, noised)))


def noise(sets: Sequence[str], *, key: bytes) -> NDArray[np.int64]:
    """Return the noise of sets, int64[sets]; arguments and errors as in `told`."""
    if not 16 <= len(key) <= 64:
        raise ValueError(f"a key of 16 to 64 bytes, not {len(key)}")
    drawn = _drawn(sets, key) >> np.uint64(11)
    return _geometric((2 * drawn + 1) / 2**53 - 1)  # even between −1 and 1, neither included


def names(rows: Sequence[NDArray[np.object_]], *, key: bytes) -> NDArray[np.uint64]:
    """Return a number for each row of base cells, uint64[rows], which sums of rows tell sets by.

    Args:
        rows: the columns of the rows, of the same length: what tells one from another.
        key: secret.
    """
    found = np.zeros(len(rows[0]), np.uint64)
    for column in rows:
        values = column.tolist()
        known = list(dict.fromkeys(values))
        drawn = dict(zip(known, _drawn(map(str, known), key).tolist(), strict=True))
        found = _mixed(found ^ np.fromiter((drawn[value] for value in values), np.uint64, len(values)))
    return found


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers scattered one to one (the finalizer of SplitMix64: Steele, Lea and Flood, OOPSLA 2014)."""
    with np.errstate(over="ignore"):
        numbers = (numbers + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
        numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return numbers ^ (numbers >> np.uint64(31))


def _drawn(texts: Iterable[str], key: bytes) -> NDArray[np.uint64]:
    """Return a number for each text, uint64[texts], drawn evenly."""
    drawn = [blake2b(text.encode(), key=key, digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(drawn), ">u8").astype(np.uint64)


def _geometric(drawn: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return int64, two-sided geometric numbers of scale `SCALE`, from even ones between −1 and 1.

    With α = exp(−1 ⁄ SCALE), P(0) = (1 − α) ⁄ (1 + α) and P(|k| ≥ j) = 2 αʲ ⁄ (1 + α).
    """
    alpha = np.exp(-1 / SCALE)
    beyond = 1 - np.abs(drawn)  # even between 0 and 1: the part of the draws that lie further out
    size = np.floor(np.log(beyond * (1 + alpha) / 2) / np.log(alpha))
    return np.asarray((np.sign(drawn) * np.maximum(0, size)).astype(np.int64))
