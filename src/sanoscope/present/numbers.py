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
