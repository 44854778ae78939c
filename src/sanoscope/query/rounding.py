"""Figures as every face shows them: rounded to their digits where exact, to their uncertainty where estimated."""

import math

from sanoscope.query.table import Figure, Measured


def digits_kept(value: float, margin: float | None, decimals: int = 0) -> int:
    """Return how many digits after the point an estimate keeps; negative for tens, hundreds…

    The last digit kept is the one that the first digit of the margin falls on (GUM, JCGM 100:2008, §7.2.6: no more
    digits than the uncertainty bears out). Never finer than the measure's own decimals, and never so coarse that an
    estimate loses its own first digit: a count must not become zero.

    >>> digits_kept(1234, 12), digits_kept(12.345, 0.3, decimals=2), digits_kept(14, 100)
    (-1, 1, -1)
    """
    if not margin:
        return decimals
    kept = -_magnitude(margin)
    if value:
        kept = max(kept, -_magnitude(value))
    return min(decimals, kept)


def to_uncertainty(value: int | float, margin: float | None, decimals: int = 0) -> int | float:
    """Return an estimate rounded to its uncertainty; to the measure's decimals where the margin is unknown.

    Args:
        value: the estimate, in the measure's unit.
        margin: half-width of its uncertainty, same unit; None where unknown.
        decimals: digits after the point of the measure.

    >>> to_uncertainty(1234, 12), to_uncertainty(1234, 0.4), to_uncertainty(1234, None)
    (1230, 1234, 1234)
    >>> to_uncertainty(12.346, 0.03, decimals=2), to_uncertainty(12.346, 0.3, decimals=2)
    (12.35, 12.3)
    """
    figure = unsigned_zero(round(value, digits_kept(value, margin, decimals)))
    return figure if decimals else int(figure)


def unsigned_zero(value: float) -> float:
    """Return a figure as it is, and zero for the negative zero that rounding -0.001 gives: « -0,00 » says nothing.

    >>> unsigned_zero(-0.0), unsigned_zero(-0.5)
    (0.0, -0.5)
    """
    return value + 0.0


def margin_shown(value: float, margin: float, decimals: int = 0) -> int | float:
    """Return the margin around the rounded estimate: what rounding moved is added, two digits are kept, upwards.

    So what was certain of the estimate stays certain of what is shown.

    >>> margin_shown(1234, 12), margin_shown(1_234_567, 12_345), margin_shown(12.346, 0.03, decimals=2)
    (16, 17000, 0.04)
    """
    return _widened(margin + abs(value - to_uncertainty(value, margin, decimals)), decimals)


NOISE = 5e-7
"""What a float's last bits may add to two digits: not a reason to round up."""


def _widened(wide: float, decimals: int) -> int | float:
    """Return a half-width rounded upwards to two digits, to the measure's decimals at most."""
    digits = min(decimals, 1 - _magnitude(wide)) if wide else decimals
    if digits <= 0:
        figure = math.ceil(wide / 10.0**-digits - NOISE) * int(10.0**-digits)
        return float(figure) if decimals else figure
    return math.ceil(wide * 10.0**digits - NOISE) / 10.0**digits  # of two whole numbers: the nearest float


def _magnitude(value: float) -> int:
    """Return the power of ten of the first digit: 2 for 123, -2 for 0.05."""
    return math.floor(math.log10(abs(value)))


def near(column: Measured) -> tuple[list[Figure], list[Figure]]:
    """Return what `estimate` and `margin` give of each row of a column, each cell rounded once."""
    estimates: list[Figure] = [None] * len(column.states)
    margins: list[Figure] = [None] * len(column.states)
    for row, value in enumerate(column.estimates):
        if value is not None:
            around = _margin(column, row)
            estimates[row] = shown = to_uncertainty(value, around, column.decimals)
            if around is not None:
                margins[row] = _widened(around + abs(value - shown), column.decimals)
    return estimates, margins


def rounded(column: Measured, row: int) -> Figure:
    """Return the exact figure of a cell, rounded to the digits that are shown; None where it is not exact."""
    value = column.values[row]
    if value is None:
        return None
    return unsigned_zero(round(value, column.at(row))) if column.decimals else round(value)


def estimate(column: Measured, row: int) -> Figure:
    """Return the estimate of a cell, rounded to its uncertainty as it is shown; None where there is none."""
    near = _estimate(column, row)
    return None if near is None else to_uncertainty(near, _margin(column, row), column.decimals)


def margin(column: Measured, row: int) -> Figure:
    """Return the half-width of the uncertainty around what `estimate` returns; None where it is unknown."""
    near, around = _estimate(column, row), _margin(column, row)
    return None if near is None or around is None else margin_shown(near, around, column.decimals)


def _estimate(column: Measured, row: int) -> Figure:
    return column.estimates[row] if column.estimates else None


def _margin(column: Measured, row: int) -> Figure:
    return column.margins[row] if column.margins else None
