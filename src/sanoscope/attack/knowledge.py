"""What a reader knows, numbers only: unknown counts with bounds, and sums of them with bounds.

An unknown is a non-negative integer. ``low ≤ x ≤ high`` is what its own cell says; a row ``floor ≤ Σ coefficient · x ≤
ceiling`` is what a sum says (an equation where both are equal). Nothing here knows what is counted.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Bounds and sums.

    Attributes:
        low, high: float64[unknowns], bounds of each; high may be infinite.
        rows: float64[rows, unknowns], sparse (CSR).
        floor, ceiling: float64[rows], bounds of each sum; may be infinite.
    """

    low: Floats
    high: Floats
    rows: sparse.csr_matrix
    floor: Floats
    ceiling: Floats

    def restricted(self, keep: Bools) -> "Knowledge":
        """Return what is known of some unknowns; the others only count by their bounds.

        What follows from the answer follows from the whole; the converse holds where the others are pinned.

        Args:
            keep: bool[unknowns].
        """
        inside = self.rows[:, np.flatnonzero(keep)]
        touched = np.flatnonzero(np.diff(inside.indptr) > 0)
        outside = self.rows[touched][:, np.flatnonzero(~keep)]
        low, high = self.low[~keep], self.high[~keep]
        plus, minus = outside.maximum(0).tocsr(), outside.minimum(0).tocsr()
        least, most = plus @ low + minus @ high, plus @ high + minus @ low
        return Knowledge(
            self.low[keep],
            self.high[keep],
            inside[touched].tocsr(),
            self.floor[touched] - most,
            self.ceiling[touched] - least,
        )


class Builder:
    """Knowledge put together piece by piece, unknowns under any hashable names."""

    def __init__(self) -> None:
        self.index: dict[Hashable, int] = {}
        """Number of each unknown, by name."""
        self._low: list[float] = []
        self._high: list[float] = []
        self._terms: list[tuple[int, int, float]] = []
        self._bounds: list[tuple[float, float]] = []

    def unknown(self, key: Hashable, *, low: float = 0, high: float = np.inf) -> int:
        """Register an unknown, or say more of one; return its number."""
        number = self.index.setdefault(key, len(self.index))
        if number == len(self._low):
            self._low.append(0)
            self._high.append(np.inf)
        self._low[number] = max(self._low[number], low)
        self._high[number] = min(self._high[number], high)
        return number

    def between(self, terms: Mapping[Hashable, float], *, low: float = -np.inf, high: float = np.inf) -> None:
        """Say that low ≤ Σ coefficient · unknown ≤ high."""
        row = len(self._bounds)
        self._terms += [(row, self.unknown(key), coefficient) for key, coefficient in terms.items()]
        self._bounds.append((low, high))

    def equal(self, terms: Mapping[Hashable, float], value: float) -> None:
        """Say that Σ coefficient · unknown = value."""
        self.between(terms, low=value, high=value)

    def ratio(self, numerator: Hashable, denominator: Hashable, *, shown: float, half: float, scale: float = 1) -> None:
        """Say that scale · numerator ÷ denominator, rounded, is what is shown.

        Args:
            numerator, denominator: two unknowns.
            shown: the rounded ratio.
            half: half of the last digit shown (0.05 for one decimal).
            scale: 100 for a percentage.
        """
        self.between({numerator: scale, denominator: -(shown - half)}, low=0)
        self.between({numerator: scale, denominator: -(shown + half)}, high=0)

    def build(self) -> Knowledge:
        """Return what was said."""
        row, column, value = (np.array(part) for part in zip(*self._terms, strict=True)) if self._terms else ([],) * 3
        bounds = np.array(self._bounds, float).reshape(-1, 2)
        shape = (len(bounds), len(self._low))
        rows = sparse.csr_matrix((value, (row, column)), shape=shape, dtype=np.float64)
        return Knowledge(np.array(self._low), np.array(self._high), rows, bounds[:, 0], bounds[:, 1])
