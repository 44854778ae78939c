"""Figures as text: in French, or as another language writes them."""

from collections.abc import Callable
from dataclasses import dataclass

from sanoscope.query.rounding import digits_kept, estimate, margin
from sanoscope.query.table import Figure, Measured, State, Table
from sanoscope.sentence import Number, Sentence, joined

NARROW_SPACE = "\u202f"
SHOWN = {
    State.MASKED: Sentence("1 à 10"),
    State.APPROXIMATE: "≈ n",
    State.SECRET: "s.",
    State.NOT_APPLICABLE: "–",
    State.NOT_AVAILABLE: "…",
}
"""What a reader sees where a figure is not exact; an estimate takes the place of n."""

MEANING = {
    State.EXACT: Sentence("Valeur exacte."),
    State.MASKED: Sentence("Effectif de 1 à 10, masqué pour protéger les personnes."),
    State.APPROXIMATE: Sentence("Valeur approchée, pour qu'aucun effectif de 1 à 10 ne se déduise des autres."),
    State.SECRET: Sentence("Valeur secrète, retenue pour qu'aucun effectif de 1 à 10 ne se déduise des autres."),
    State.NOT_APPLICABLE: Sentence("Sans objet : rien à rapporter."),
    State.NOT_AVAILABLE: Sentence("Donnée indisponible."),
}
"""Why a cell is what it is, in one sentence."""

A_FIGURE = Sentence("un chiffre")
"""What a legend calls an exact cell."""

UNCERTAINTY = Sentence("Incertitude : ±")
"""What comes before the margin of an estimate."""


def _same(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Style:
    """How a language writes figures, and what it says where there are none.

    Attributes:
        group: between thousands.
        decimal: before the decimals.
        say: from a French sentence of this module to its own.
        code: the language (BCP 47).
    """

    group: str = NARROW_SPACE
    decimal: str = ","
    say: Callable[[str], str] = _same
    code: str = "fr"

    def number(self, value: Figure, decimals: int) -> str:
        """Return a figure with its separators; "" for None; what rounds to zero has no sign."""
        if value is None:
            return ""
        whole, point, part = f"{value:z,.{decimals}f}".partition(".")
        return whole.replace(",", self.group) + (self.decimal + part if point else "")


FRENCH = Style()


def french(value: Figure, decimals: int) -> str:
    """Return a figure with French separators, e.g. « 1 234,5 »; "" for None."""
    return FRENCH.number(value, decimals)


def heading(column: Measured) -> str:
    """Return the title of a column with its unit."""
    return Sentence("%(mesure)s (%(unite)s)", mesure=column.title, unite=column.unit) if column.unit else column.title


def cell(column: Measured, row: int, style: Style = FRENCH) -> str:
    """Return what a reader sees in a cell."""
    value = column.values[row]
    if value is not None:
        return style.number(value, column.at(row))
    if column.states[row] is State.APPROXIMATE:
        return f"≈ {style.number(estimate(column, row), shown_digits(column, row))}"
    return style.say(SHOWN[column.states[row]])


def shown_digits(column: Measured, row: int) -> int:
    """Return the digits after the point that a figure is shown with; of an estimate, what its margin bears out."""
    if column.states[row] is not State.APPROXIMATE:
        return column.at(row)
    near, around = column.estimates[row], column.margins[row] if column.margins else None
    return max(0, digits_kept(near or 0, around, column.decimals))


def said(column: Measured, row: int) -> str:
    """Return what a reader sees in a cell, as a sentence: it is written in the language that says it."""
    value, near = column.values[row], estimate(column, row)
    if value is not None:
        return Number(value, column.at(row))
    if near is None:
        return Sentence(SHOWN[column.states[row]])
    digits = digits_kept(near, column.margins[row] if column.margins else None, column.decimals)
    return Sentence("≈ %(n)s", n=Number(near, max(0, digits)))


def with_unit(text: str, column: Measured) -> str:
    """Return a figure with the unit of its column."""
    return joined(" ", [text, column.unit]) if column.unit else text


def reason(column: Measured, row: int, style: Style = FRENCH) -> str:
    """Return why a cell is not an exact figure, in words, with its margin where it is known; "" where it is exact."""
    state = column.states[row]
    if state is State.EXACT:
        return ""
    said, around = style.say(MEANING[state]), margin(column, row)
    return said if around is None else f"{said} {style.say(UNCERTAINTY)} {style.number(around, column.decimals)}."


@dataclass(frozen=True, slots=True)
class Meaning:
    """A line of a table's legend: a state, what a reader sees of it, what it means."""

    state: State
    shown: str
    meaning: str


def legend(table: Table) -> list[Meaning]:
    """Return the legend of a table: of the states that it holds, and no other."""
    present = frozenset[State]().union(*(figure.states for figure in table.figures))
    return [Meaning(state, SHOWN.get(state, A_FIGURE), MEANING[state]) for state in State if state in present]
