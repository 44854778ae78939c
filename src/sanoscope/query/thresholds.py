"""The criterion ``seuil``: rows kept by what they show in a crossed column, such as ``lits_mco:100-500``.

It reads the answer as it is shown and nothing else: a cell that is not exact is not in any range, and how many rows
were left out for that is said. The rows that are left are those that a reader would pick himself.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import CriterionError, suggest
from sanoscope.query.rounding import rounded
from sanoscope.query.table import ABSENT, Table, taken
from sanoscope.sentence import Number, Sentence, joined

NUMBER = r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?"
RANGE = re.compile(rf"({NUMBER})?-({NUMBER})?")
"""Two bounds, one of which may be left out, with a hyphen between; a bound may be below zero."""
CLASS = re.compile(r"[A-Za-z0-9][A-Za-z0-9+]{0,20}")
CRITERION = "seuil"


@dataclass(frozen=True, slots=True)
class Seuil:
    """What a column must be: from ``low`` to ``high``, both kept and either None for no bound, or of a class."""

    column: str
    low: float | None = None
    high: float | None = None
    letter: str = ""

    def __str__(self) -> str:
        """Return the form it has in an address."""
        bounds = "-".join("" if bound is None else _written(bound) for bound in (self.low, self.high))
        return f"{self.column}:{self.letter or bounds}"

    def holds(self, value: float) -> bool:
        """Tell whether a figure is between the bounds."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def thresholds(text: str, restitution: Restitution) -> tuple[Seuil, ...]:
    """Return what a criterion says, by column; of one column, one.

    Raises:
        CriterionError: ``valeur-inconnue``: no such column, or neither bounds nor a class; ``combinaison``: a column is
            given twice.
    """
    found: dict[str, Seuil] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        one = _threshold(part, restitution)
        if one.column in found:
            raise CriterionError(
                "combinaison",
                Sentence("seuil : la colonne « %(nom)s » est donnée deux fois.", nom=one.column),
                todo=Sentence("Gardez un seuil par colonne ; il peut avoir deux bornes : 100-500."),
                criterion=CRITERION,
            )
        found[one.column] = one
    return tuple(found[name] for name in sorted(found))


def _threshold(text: str, restitution: Restitution) -> Seuil:
    column, _, value = (part.strip() for part in text.partition(":"))
    known = restitution.croisees
    if column not in known:
        raise _unknown(text, [f"{name}:MIN-MAX" for name in known], suggest(column, known))
    bounds = RANGE.fullmatch(value)
    if bounds and any(bounds.groups()):
        low, high = (None if bound is None else float(bound) for bound in bounds.groups())
        if low is not None and high is not None and low > high:
            raise _unknown(text, [f"{column}:{_written(high)}-{_written(low)}"], "")
        return Seuil(column, low, high)
    if not CLASS.fullmatch(value):
        raise _unknown(text, [f"{column}:{form}" for form in ("100-500", "100-", "-500", "A")], "")
    return Seuil(column, letter=value.upper())


def check_thresholds(asked: Sequence[Seuil], classes: Mapping[str, Sequence[str]]) -> None:
    """Do nothing if bounds are of figures, and classes of columns that have them.

    Args:
        asked: what `thresholds` gave.
        classes: of the columns of classes, theirs.

    Raises:
        CriterionError: ``valeur-inconnue``.
    """
    for one in asked:
        own = classes.get(one.column)
        if (own is None) == bool(one.letter) or (own is not None and one.letter not in own):
            raise _unknown(str(one), [f"{one.column}:{of}" for of in own or ("100-500", "100-", "-500")], "")


def kept(table: Table, asked: Sequence[Seuil]) -> Table:
    """Return an answer with the rows that are within what is asked, without its totals: they are of all rows."""
    if not asked:
        return table
    details = [row for row, kind in enumerate(table.kinds) if kind == "detail"]
    known = [row for row in details if all(_value(table, one, row) is not None for one in asked)]
    rows = [row for row in known if all(_within(table, one, row) for one in asked)]
    titles = {of.name: of.title for of in table.labels} | {of.name: of.title for of in table.figures}
    said = [_said(one, titles[one.column]) for one in asked]
    notes = [Sentence("Seules sont montrées les lignes de ce seuil ; le total, qui est de toutes, ne l'est pas.")]
    if len(known) < len(details):
        out = len(details) - len(known)
        notes.append(Sentence("Lignes écartées parce que leur chiffre n'est pas connu : %(n)s.", n=out))
    shown = taken(table, rows)
    return replace(shown, title=joined(" — ", [table.title, *said]), notes=(*table.notes, *notes))


def _value(table: Table, one: Seuil, row: int) -> float | str | None:
    """Return the figure or the class of a cell as it is shown, None where it is not exact."""
    figure = next((of for of in table.figures if of.name == one.column), None)
    if figure is not None:
        return rounded(figure, row)
    letter = next(of for of in table.labels if of.name == one.column).values[row]
    return None if letter in ABSENT.values() else letter


def _within(table: Table, one: Seuil, row: int) -> bool:
    value = _value(table, one, row)
    return value == one.letter if isinstance(value, str) else value is not None and one.holds(value)


def _said(one: Seuil, title: str) -> str:
    low, high = (None if bound is None else Number(bound, _decimals(bound)) for bound in (one.low, one.high))
    if one.letter:
        return Sentence("%(mesure)s : %(classe)s", mesure=title, classe=one.letter)
    if high is None:
        return Sentence("%(mesure)s : %(bas)s et plus", mesure=title, bas=low or "")
    if low is None:
        return Sentence("%(mesure)s : %(haut)s et moins", mesure=title, haut=high)
    return Sentence("%(mesure)s : de %(bas)s à %(haut)s", mesure=title, bas=low, haut=high)


def _decimals(bound: float) -> int:
    return len(_written(bound).partition(".")[2])


def _written(bound: float) -> str:
    return str(int(bound)) if bound.is_integer() else str(bound)


def _unknown(text: str, allowed: Sequence[str], todo: str) -> CriterionError:
    said = Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion=CRITERION, value=text)
    return CriterionError("valeur-inconnue", said, allowed=allowed, todo=todo, criterion=CRITERION)
