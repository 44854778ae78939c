"""The classes of a map: about as many territories in each, with limits that are round numbers."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import floor, log10

from sanoscope.sentence import Number, Sentence, joined

CLASSES = 6
"""Most classes: more are not told apart by their lightness."""


def limits(values: Sequence[float], most: int = CLASSES) -> tuple[float, ...]:
    """Return the limits between classes, ascending: at most ``most`` − 1; no class is empty.

    Quantiles, rounded to two digits where that leaves as many classes, to more where it does not.

    >>> limits([10, 20, 30, 1000, 2000, 30000], most=3)
    (25.0, 1500.0)
    """
    ordered = sorted(values)
    wanted = min(most, len(set(ordered)))
    best: tuple[float, ...] = ()
    for digits in (2, 3, 4):
        found = _without_empty([_round(_quantile(ordered, i / wanted), digits) for i in range(1, wanted)], ordered)
        if len(found) > len(best):
            best = found
        if len(best) == wanted - 1:
            break
    return best


def place(value: float, of: Sequence[float]) -> int:
    """Return the number of the class of a value; a value on a limit belongs to the class above."""
    return bisect_right(of, value)


def labels(of: Sequence[float], unit: str) -> list[str]:
    """Return what each class is called, from the lowest.

    >>> labels((25.0, 1500.0), "")
    ['moins de 25', '25 à 1\\u202f500', '1\\u202f500 et plus']
    """
    if not of:
        return [Sentence("toutes les valeurs")]
    digits = max(_digits(limit) for limit in of)
    said = [Number(limit, digits) for limit in of]

    def with_unit(text: str) -> str:
        return joined(" ", [text, unit]) if unit else text

    middle = [with_unit(Sentence("%(bas)s à %(haut)s", bas=low, haut=high)) for low, high in pairwise(said)]
    lowest = with_unit(Sentence("moins de %(valeur)s", valeur=said[0]))
    return [lowest, *middle, Sentence("%(valeur)s et plus", valeur=with_unit(said[-1]))]


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Return a quantile, half way between its neighbours (type 2 of Hyndman and Fan, 1996)."""
    position = part * len(ordered)
    low = floor(position)
    if position > low:
        return ordered[low]
    return (ordered[low - 1] + ordered[low]) / 2


def _round(value: float, digits: int) -> float:
    if not value:
        return 0.0
    return round(value, digits - 1 - floor(log10(abs(value))))


def _without_empty(found: Sequence[float], ordered: Sequence[float]) -> tuple[float, ...]:
    kept: list[float] = []
    below = 0
    for limit in sorted(set(found)):
        count = sum(1 for v in ordered if v < limit)
        if below < count < len(ordered):
            kept.append(float(limit))
            below = count
    return tuple(kept)


def _digits(limit: float) -> int:
    text = f"{limit:.4f}".rstrip("0")
    return len(text) - text.index(".") - 1
