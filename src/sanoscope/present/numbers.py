"""Figures as French text."""

from sanoscope.query.table import Figure, Measured, State

NARROW_SPACE = "\u202f"
SHOWN = {
    State.PRIMARY: "1 à 10",
    State.SECONDARY: "masqué",
    State.NOT_APPLICABLE: "–",
    State.NOT_AVAILABLE: "…",
}
"""What a reader sees in place of a figure that is not shown."""

MEANING = {
    State.PRIMARY: "Effectif de 1 à 10, masqué pour protéger les personnes.",
    State.SECONDARY: "Valeur masquée pour qu'aucun petit effectif ne se déduise des autres.",
    State.NOT_APPLICABLE: "Sans objet : rien à rapporter.",
    State.NOT_AVAILABLE: "Donnée indisponible.",
}


def french(value: Figure, decimals: int, space: str = NARROW_SPACE) -> str:
    """Return a figure with French separators, e.g. « 1 234,5 »; "" for None."""
    if value is None:
        return ""
    return f"{value:,.{decimals}f}".replace(",", space).replace(".", ",")


def cell(column: Measured, row: int, space: str = NARROW_SPACE) -> str:
    """Return what a reader sees in a cell."""
    state = column.states[row]
    return french(column.values[row], column.decimals, space) if state is State.EXACT else SHOWN[state]


def rounded(column: Measured, row: int) -> Figure:
    """Return the exact figure of a cell, rounded to the digits that are shown; None where it is not exact."""
    value = column.values[row]
    if value is None:
        return None
    return round(value, column.decimals) if column.decimals else int(value)


def heading(column: Measured) -> str:
    """Return the title of a column with its unit."""
    return f"{column.title} ({column.unit})" if column.unit else column.title
