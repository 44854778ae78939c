"""The texts at the head of a row, as a person reads them: a total says so first."""

from sanoscope.query.table import Table

NAMES = ("raison_sociale", "libelle_")
"""Columns that name a row, by the beginning of their name."""


def labels(table: Table, row: int) -> list[str]:
    """Return the texts of a row; of a total that has no code, its name comes in the code's place."""
    texts = [label.values[row] for label in table.labels]
    if table.kinds[row] == "total" and texts and not texts[0]:
        place = next((i for i, label in enumerate(table.labels) if label.name.startswith(NAMES)), None)
        texts[0] = (texts[place] if place is not None else "") or "Total"
        if place is not None:
            texts[place] = ""
    return texts
