"""Figures as French text."""

import math
from dataclasses import dataclass

from sanoscope.query.table import Figure, Measured, State, Table

NARROW_SPACE = "\u202f"
SHOWN = {
    State.MASKED: "1 à 10",
    State.APPROXIMATE: "≈ n",
    State.SECRET: "s.",
    State.NOT_APPLICABLE: "–",
    State.NOT_AVAILABLE: "…",
}
"""What a reader sees where a figure is not exact; an estimate takes the place of n."""

MEANING = {
    State.EXACT: "Valeur exacte.",
    State.MASKED: "Effectif de 1 à 10, masqué pour protéger les personnes.",
    State.APPROXIMATE: "Valeur approchée, pour qu'aucun effectif de 1 à 10 ne se déduise des autres.",
    State.SECRET: "Valeur secrète, retenue pour qu'aucun effectif de 1 à 10 ne se déduise des autres.",
    State.NOT_APPLICABLE: "Sans objet : rien à rapporter.",
    State.NOT_AVAILABLE: "Donnée indisponible.",
}
"""Why a cell is what it is, in one sentence."""


def french(value: Figure, decimals: int, space: str = NARROW_SPACE) -> str:
    """Return a figure with French separators, e.g. « 1 234,5 »; "" for None."""
    if value is None:
        return ""
    return f"{value:,.{decimals}f}".replace(",", space).replace(".", ",")


def heading(column: Measured) -> str:
    """Return the title of a column with its unit."""
    return f"{column.title} ({column.unit})" if column.unit else column.title


# what is uncertain --------------------------------------------------------------------------------------------------


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
    return min(decimals, max(kept, -_magnitude(value)) if value else kept)


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
    figure = round(value, digits_kept(value, margin, decimals))
    return figure if decimals else int(figure)


def margin_shown(value: float, margin: float, decimals: int = 0) -> int | float:
    """Return the margin around the rounded estimate: what rounding moved is added, two digits are kept, upwards.

    So what was certain of the estimate stays certain of what is shown.

    >>> margin_shown(1234, 12), margin_shown(1_234_567, 12_345), margin_shown(12.346, 0.03, decimals=2)
    (16, 17000, 0.04)
    """
    wide = margin + abs(value - to_uncertainty(value, margin, decimals))
    digits = min(decimals, 1 - _magnitude(wide)) if wide else decimals
    upwards = math.ceil(round(wide * 10.0**digits, 6))  # a float's last bits are not a reason to round up
    figure = round(upwards * 10.0**-digits, digits)
    return figure if decimals else int(figure)


def _magnitude(value: float) -> int:
    """Return the power of ten of the first digit: 2 for 123, -2 for 0.05."""
    return math.floor(math.log10(abs(value)))


# the cells of a column ----------------------------------------------------------------------------------------------


def cell(column: Measured, row: int, space: str = NARROW_SPACE) -> str:
    """Return what a reader sees in a cell."""
    value, near = column.values[row], _estimate(column, row)
    if value is not None:
        return french(value, column.decimals, space)
    if near is not None:
        digits = digits_kept(near, _margin(column, row), column.decimals)
        return f"≈ {french(estimate(column, row), max(0, digits), space)}"
    return SHOWN[column.states[row]]


def reason(column: Measured, row: int) -> str:
    """Return why a cell is not an exact figure, in words, with its margin where it is known; "" where it is exact."""
    state, around = column.states[row], margin(column, row)
    if state is State.EXACT:
        return ""
    return MEANING[state] + ("" if around is None else f" Incertitude : ± {french(around, column.decimals)}.")


def rounded(column: Measured, row: int) -> Figure:
    """Return the exact figure of a cell, rounded to the digits that are shown; None where it is not exact."""
    value = column.values[row]
    if value is None:
        return None
    return round(value, column.decimals) if column.decimals else int(value)


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


@dataclass(frozen=True, slots=True)
class Meaning:
    """A line of a table's legend: a state, what a reader sees of it, what it means."""

    state: State
    shown: str
    meaning: str


def legend(table: Table) -> list[Meaning]:
    """Return the legend of a table: of the states that it holds, and no other."""
    present = {state for figure in table.figures for state in figure.states}
    return [Meaning(state, SHOWN.get(state, "un chiffre"), MEANING[state]) for state in State if state in present]
