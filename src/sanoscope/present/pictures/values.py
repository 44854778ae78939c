"""What of a table may be drawn: exact and approximate figures, as the table shows them; never what is masked.

A picture is made of the same rounded figures as the cells: no bar is longer, and no point lies elsewhere, than what is
written in the table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sanoscope.errors import NotFoundError
from sanoscope.present.numbers import said
from sanoscope.query.rounding import estimate, margin, rounded
from sanoscope.query.table import Figure, Label, Measured, State, Table
from sanoscope.sentence import Number, Sentence, joined

BEGINNING = 30
"""How much of a name an axis is sure to show."""

NAMES = ("raison_sociale", "libelle_")
"""Columns that name a row better than its code, by the beginning of their name."""


class NothingToDrawError(NotFoundError):
    """A table holds nothing that this picture could show; says why."""

    def __init__(self, why: str) -> None:
        super().__init__("rien-a-dessiner", why, todo="Les chiffres publiés sont dans le tableau.")


@dataclass(frozen=True, slots=True)
class Value:
    """A figure that may be drawn.

    Attributes:
        row: row of the table.
        figure: the figure, as rounded as the table shows it.
        approximate: it is an estimate.
        margin: half-width of its uncertainty, None where unknown or exact.
        text: what the table shows, with the margin where it is known.
        short: what the table shows.
    """

    row: int
    figure: float
    approximate: bool
    margin: Figure
    text: str
    short: str

    def datum(self) -> dict[str, object]:
        """Return what a specification holds of it."""
        found: dict[str, object] = {"valeur": self.figure, "court": self.short, "approche": self.approximate}
        if self.margin is not None:
            found |= {"bas": max(0.0, self.figure - self.margin), "haut": self.figure + self.margin}
        return found


def measured(table: Table, name: str) -> Measured:
    """Return a column of figures.

    Raises:
        NothingToDrawError: the table has none of that name.
    """
    found = next((figure for figure in table.figures if figure.name == name), None)
    if found is None:
        raise NothingToDrawError(Sentence("Le tableau n'a pas de mesure « %(name)s ».", name=name))
    return found


def column(table: Table, *names: str) -> Label | None:
    """Return the first column of texts that has one of these names."""
    return next((label for name in names for label in table.labels if label.name == name), None)


def value(figure: Measured, row: int) -> Value | None:
    """Return what may be drawn of a cell: None unless it is exact or approximate."""
    text = said(figure, row)
    exact = rounded(figure, row)
    if exact is not None:
        return Value(row, exact, approximate=False, margin=None, text=text, short=text)
    near = estimate(figure, row)
    if near is None:
        return None
    around = margin(figure, row)
    whole = text
    if around is not None:
        whole = Sentence("%(valeur)s (± %(marge)s)", valeur=text, marge=Number(around, figure.decimals))
    return Value(row, near, approximate=True, margin=around, text=whole, short=text)


def details(table: Table) -> list[int]:
    """Return the rows that are not totals."""
    return [row for row, kind in enumerate(table.kinds) if kind == "detail"]


def values(figure: Measured, rows: Iterable[int]) -> list[Value]:
    """Return what may be drawn of rows, in their order.

    Raises:
        NothingToDrawError: there is nothing among them; says of what states they are.
    """
    asked = list(rows)
    found = [v for row in asked if (v := value(figure, row)) is not None]
    if not found:
        raise NothingToDrawError(_why(figure, asked))
    return found


def _why(figure: Measured, rows: Sequence[int]) -> str:
    if not rows:
        return Sentence("Aucune ligne ne répond à ces critères : il n'y a rien à dessiner.")
    states = {figure.states[row] for row in rows}
    if states <= {State.MASKED, State.SECRET}:
        return Sentence(
            "%(mesure)s : toutes les valeurs sont masquées ou secrètes, aucune ne se dessine.", mesure=figure.title
        )
    if states <= {State.NOT_AVAILABLE}:
        return Sentence("%(mesure)s : aucune valeur n'est disponible à ce niveau.", mesure=figure.title)
    return Sentence("%(mesure)s : aucune valeur publiée à dessiner.", mesure=figure.title)


def names(table: Table) -> list[str]:
    """Return a name for each row, no two alike: the label, else the code.

    Where two labels are the same, the code follows them; where they only begin alike, it is first: an axis cuts names.
    """
    telling = [label for label in table.labels if label.tells]
    plain = [label for label in table.labels if label.name.startswith(NAMES)] or telling[-1:]
    many = [label for label in plain if len({label.values[row] for row in details(table)}) > 1] or plain[-1:]
    texts = [_together(list(dict.fromkeys(label.values[row] for label in many[::-1]))) for row in range(len(table))]
    codes = column(table, "finess") or next((c for c in table.labels if c not in plain and c.name != "annee"), None)
    if codes is None:
        return texts
    same, near = _codes_of(texts, codes), _codes_of([text[:BEGINNING] for text in texts], codes)
    found: list[str] = []
    for text, code in zip(texts, codes.values, strict=True):
        if len(same[text]) > 1:
            found.append(joined(" ", [text, f"({code})"]))
        else:
            found.append(joined(" · ", [code, text]) if len(near[text[:BEGINNING]]) > 1 and code else text)
    return found


def _codes_of(texts: Sequence[str], codes: Label) -> dict[str, set[str]]:
    seen: dict[str, set[str]] = {}
    for text, code in zip(texts, codes.values, strict=True):
        seen.setdefault(text, set()).add(code)
    return seen


def _together(texts: Sequence[str]) -> str:
    """Return the texts of a row as one, each still a name or a sentence of its own."""
    return texts[0] if len(texts) == 1 else joined(" · ", texts)


def years(table: Table) -> list[str]:
    """Return the years that a table's rows are of; none where it has no such column."""
    label = column(table, "annee")
    return sorted({label.values[row] for row in details(table)}) if label else []


def not_drawn(figure: Measured, rows: Iterable[int]) -> str:
    """Return how many of the rows have no published figure, in words; "" for none."""
    count = sum(1 for row in rows if value(figure, row) is None)
    if not count:
        return ""
    if count == 1:
        return Sentence("1 valeur non publiée n'est pas dessinée.")
    return Sentence("%(n)s valeurs non publiées, non dessinées.", n=count)


def extract(table: Table, rows: Sequence[int], figures: Sequence[Measured]) -> Table:
    """Return the table behind a picture: the rows and the columns of figures that it is made of, states included."""

    def kept(of: Measured) -> Measured:
        return replace(
            of,
            values=tuple(of.values[r] for r in rows),
            states=tuple(of.states[r] for r in rows),
            estimates=tuple(of.estimates[r] for r in rows) if of.estimates else (),
            margins=tuple(of.margins[r] for r in rows) if of.margins else (),
            digits=tuple(of.digits[r] for r in rows) if of.digits else (),
        )

    labels = tuple(Label(label.name, label.title, tuple(label.values[r] for r in rows)) for label in table.labels)
    kinds = tuple(table.kinds[r] for r in rows)
    return replace(table, labels=labels, figures=tuple(kept(figure) for figure in figures), kinds=kinds)
