"""What part of a dataflow is asked for: a key, filters of components, and the criteria that they come to.

The criteria of a question say what is answered; the key and the filters, which observations of the answer are told.
Some filters come to criteria: the year, the level of the rows, and whatever is asked of an attribute ``CRITERE_…``.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sanoscope.errors import CriterionError
from sanoscope.present.cube import NOTHING
from sanoscope.present.sdmx.ids import TIME_PERIOD
from sanoscope.present.sdmx.message import VALUE, Message, Observed
from sanoscope.present.sdmx.shape import CRITERION
from sanoscope.sentence import Sentence

NAMED = re.compile(r"c\[([A-Za-z0-9_-]+)\]")
"""A parameter that filters a component."""

Test = Callable[[str], bool]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _compared(one: str, other: str) -> int:
    """Return -1, 0 or 1 as a value is below, at or above another: as numbers where both are, as texts else."""
    first, second = _number(one), _number(other)
    if first is not None and second is not None:
        return (first > second) - (first < second)
    return (one > other) - (one < other)


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda value, wanted: value == wanted,
    "ne": lambda value, wanted: value != wanted,
    "lt": lambda value, wanted: _compared(value, wanted) < 0,
    "le": lambda value, wanted: _compared(value, wanted) <= 0,
    "gt": lambda value, wanted: _compared(value, wanted) > 0,
    "ge": lambda value, wanted: _compared(value, wanted) >= 0,
    "co": lambda value, wanted: wanted in value,
    "nc": lambda value, wanted: wanted not in value,
    "sw": lambda value, wanted: value.startswith(wanted),
    "ew": lambda value, wanted: value.endswith(wanted),
}
"""The operators of SDMX-REST."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a component: any of the terms, each of conditions that must all hold (``A,B+C``)."""

    terms: tuple[tuple[tuple[str, str], ...], ...]

    def holds(self, value: str) -> bool:
        """Tell whether a value passes; one that is not there is "", and passes where it is not compared."""
        return any(all(self._one(value, *condition) for condition in term) for term in self.terms)

    @staticmethod
    def _one(value: str, operator: str, wanted: str) -> bool:
        return (bool(value) or operator in ("ne", "nc")) and OPERATORS[operator](value, wanted)


def parsed(text: str) -> Filter:
    """Return the filter that a value of a parameter writes.

    >>> parsed("ge:2020+le:2022").holds("2021"), parsed("A,B").holds("C"), parsed("ne:A").holds("B")
    (True, False, True)
    """
    return Filter(tuple(tuple(map(_condition, re.split(r"[+ ]", term))) for term in text.split(",")))


def _condition(text: str) -> tuple[str, str]:
    operator, colon, wanted = text.partition(":")
    return (operator, wanted) if colon and operator in OPERATORS else ("eq", text)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a dataflow.

    Attributes:
        keys: any of them: a code for each dimension, "" for all.
        filters: by component; all must hold.
    """

    keys: tuple[tuple[str, ...], ...]
    filters: Mapping[str, Filter]

    def years(self, known: Iterable[int], dimensions: Sequence[str]) -> list[str] | None:
        """Return the years that are asked for among those that there are; None where no year is asked for."""
        place = dimensions.index(TIME_PERIOD)
        told = [key[place] for key in self.keys if len(key) > place and key[place]]
        by_key = set(told) if len(told) == len(self.keys) else None
        of = self.filters.get(TIME_PERIOD)
        if by_key is None and of is None:
            return None
        years = map(str, known)
        return [year for year in years if (by_key is None or year in by_key) and (of is None or of.holds(year))]

    def level(self, levels: Mapping[str, str], dimensions: Sequence[str]) -> str | None:
        """Return the level of the rows that is asked for: that of the dimension of which a code is; None for none.

        Args:
            levels: by the identifier of the dimension that each brings.
            dimensions: identifiers of the dimensions, in the order of keys.

        Raises:
            CriterionError: ``combinaison``: codes of several are.
        """
        asked = {
            levels[name]
            for key in self.keys
            for name, code in zip(dimensions, key, strict=False)
            if name in levels and code not in ("", NOTHING)
        }
        for name, of in self.filters.items():
            if name in levels and not of.holds(NOTHING):
                asked.add(levels[name])
        if len(asked) > 1:
            raise CriterionError(
                "combinaison",
                Sentence("Une réponse a un seul niveau ; vous demandez des codes de %(n)s.", n=len(asked)),
                allowed=sorted(asked),
                criterion="regroupement",
            )
        return asked.pop() if asked else None

    def of(self, told: Message) -> Message:
        """Return the observations of a message that are asked for."""
        names = list(told.dimensions)
        filters = {name: one for name, one in self.filters.items() if not name.startswith(CRITERION)}

        def wanted(one: Observed) -> bool:
            if not any(all(code in ("", here) for code, here in zip(key, one.key, strict=False)) for key in self.keys):
                return False
            return all(of.holds(_value(name, one, names, told)) for name, of in filters.items())

        return told.only(wanted)


def _value(name: str, one: Observed, dimensions: Sequence[str], told: Message) -> str:
    """Return the value of a component for an observation, as a text; "" where it has none."""
    if name in dimensions:
        return one.key[dimensions.index(name)]
    found = one.value if name == VALUE else one.said.get(name, told.common.get(name))
    return "" if found is None else str(found)


def part(key: str, pairs: Iterable[tuple[str, str]], dimensions: Sequence[str], components: Iterable[str]) -> Part:
    """Return the part of a dataflow that a key and filters ask for.

    Args:
        key: codes by points, ``*`` for all; several keys by commas.
        pairs: parameters ``c[COMPONENT]`` with their values.
        dimensions: identifiers, in the order of keys.
        components: all that may be filtered.

    Raises:
        CriterionError: ``critere-inconnu``, ``critere-double``, ``valeur-inconnue``.
    """
    known, filters = tuple(components), {}
    for name, value in pairs:
        found = NAMED.fullmatch(name)
        if not found or found[1] not in known:
            raise CriterionError(
                "critere-inconnu",
                Sentence("Composant inconnu : « %(name)s ».", name=name),
                allowed=[f"c[{one}]" for one in known],
            )
        if found[1] in filters:
            raise CriterionError(
                "critere-double",
                Sentence("Le critère « %(name)s » est donné deux fois.", name=name),
                todo=Sentence("Séparez les valeurs par des virgules."),
            )
        filters[found[1]] = parsed(value)
    keys = tuple(tuple("" if code == "*" else code for code in one.split(".")) for one in (key or "*").split(","))
    if any(len(one) > len(dimensions) for one in keys):
        raise CriterionError(
            "valeur-inconnue",
            Sentence("La clé « %(cle)s » a plus de codes que la structure n'a de dimensions.", cle=key),
            allowed=[".".join(dimensions)],
        )
    return Part(keys, filters)
