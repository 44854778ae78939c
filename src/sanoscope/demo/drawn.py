"""How an invented indicator is drawn, and written as official files write it."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

MISSING = 0.03
"""Share of the cells that a hospital leaves empty."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How an indicator is drawn: lognormal around a middle.

    Attributes:
        middle: by hospital, or by 1,000 RSA lines where it grows with the stays.
        spread: relative, between hospitals; a year moves it by a fifth of it.
        grows: with the stays.
        most: the largest that it can be.
        decimals: written.
    """

    middle: float
    spread: float = 0.2
    grows: bool = False
    most: float = 1e12
    decimals: int = 1


def figures(rng: np.random.Generator, how: Drawn, ranks: Numbers, sizes: Numbers) -> Numbers:
    """Return the figures of a year.

    Args:
        rng: draws what the year adds.
        how: the indicator is drawn.
        ranks: of the hospitals, standard normal: they keep them from year to year.
        sizes: their RSA lines.
    """
    moved = how.spread * (ranks + 0.2 * rng.normal(size=len(ranks)))
    drawn = np.minimum(how.middle * np.exp(moved) * (sizes / 1000 if how.grows else 1), how.most)
    return np.asarray(drawn, np.float64)


def written(values: Numbers, decimals: int) -> pl.Series:
    """Return figures as texts, with a comma."""
    return pl.Series([f"{value:.{decimals}f}".replace(".", ",") for value in values], dtype=pl.String)


def left_out(rng: np.random.Generator, texts: pl.Series) -> pl.Series:
    """Return texts, some of them empty."""
    return texts.zip_with(pl.Series(rng.random(len(texts)) >= MISSING), pl.Series([""] * len(texts)))
