"""Which entities of a source of indicators an establishment of the PMSI is: by codes alone, never by a name.

A public establishment sends under the FINESS of its legal entity, a private one under that of its site; a source has
sites, legal entities, or both.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Literal, TypeAlias

from sanoscope.errors import SanoscopeError

Rule: TypeAlias = Literal["code", "sites", "reference", "historique"]

RULES: Mapping[Rule, str] = {
    "code": "même FINESS",
    "sites": "ses sites, par leur FINESS juridique dans la source",
    "reference": "ses sites, par leur FINESS juridique dans la table « etablissements »",
    "historique": "un FINESS qu'il est devenu ou dont il vient, par la table « finess_historique »",
}
"""The rules, in the order in which they are tried, in words."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of a source: its FINESS, that of its legal entity as the source says it and as we know it, its name."""

    code: str
    legal: str = ""
    known_legal: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """What an establishment is in a source.

    Attributes:
        rule: how it was found.
        entities: their FINESS, ascending.
        missing: FINESS that the history leads to and that the source does not have: the entities are not all of it.
        shared: an entity is of another establishment too: its figures are of more than this one.
    """

    rule: Rule
    entities: tuple[str, ...]
    missing: tuple[str, ...] = ()
    shared: bool = False

    @property
    def whole(self) -> bool:
        """The entities are all of the establishment, and of nothing else."""
        return not (self.missing or self.shared)


def reconciled(
    wanted: Collection[str], entities: Iterable[Entity], history: Iterable[tuple[str, str]] = ()
) -> dict[str, Match]:
    """Return what each establishment is among the entities of a source; one that has none is not there.

    The rules, in this order: an entity has its FINESS; entities have it as legal FINESS, in the source, then in the
    table of establishments; it became, or came from, FINESS that have some by these. An entity whose own FINESS is
    wanted is of nobody else's sites.

    Args:
        wanted: FINESS of the PMSI.
        entities: those of the source, each FINESS once.
        history: (old, new) FINESS.

    Raises:
        SanoscopeError: ``historique-circulaire``.
    """
    known = _Known(entities, frozenset(wanted), History(history))
    found = {code: match for code in wanted if (match := known.match(code))}
    holders = Counter(entity for match in found.values() for entity in match.entities)
    return {
        code: replace(match, shared=match.shared or any(holders[entity] > 1 for entity in match.entities))
        for code, match in found.items()
    }


class History:
    """What FINESS became.

    Args:
        pairs: (old, new) FINESS.

    Raises:
        SanoscopeError: ``historique-circulaire``: a FINESS becomes itself in the end.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.after: dict[str, set[str]] = {}
        self.before: dict[str, set[str]] = {}
        for old, new in pairs:
            self.after.setdefault(old, set()).add(new)
            self.before.setdefault(new, set()).add(old)
        try:
            TopologicalSorter(self.before).prepare()
        except CycleError as error:
            raise SanoscopeError(
                "historique-circulaire",
                f"finess_historique : un FINESS y redevient lui-même ({' → '.join(error.args[1])}).",
                todo="Corrigez cette table : un ancien FINESS mène à un nouveau, jamais l'inverse.",
            ) from error


class _Known:
    """The entities of a source, by what leads to them."""

    def __init__(self, entities: Iterable[Entity], wanted: frozenset[str], history: History) -> None:
        self.codes: set[str] = set()
        self.sites: dict[str, set[str]] = {}
        self.known_sites: dict[str, set[str]] = {}
        self.history = history
        for entity in entities:
            self.codes.add(entity.code)
            if entity.code in wanted:
                continue
            if entity.legal:
                self.sites.setdefault(entity.legal, set()).add(entity.code)
            if entity.known_legal and entity.legal not in wanted:
                self.known_sites.setdefault(entity.known_legal, set()).add(entity.code)

    def match(self, code: str) -> Match | None:
        own = self._own(code)
        if own:
            return own
        for forward in (True, False):
            entities, missing, shared = self._through(code, forward=forward)
            if entities:
                return Match("historique", tuple(sorted(entities)), tuple(sorted(missing)), shared)
        return None

    def _own(self, code: str) -> Match | None:
        """Return what a FINESS is by itself, whatever its history."""
        if code in self.codes:
            return Match("code", (code,))
        for rule, sites in (("sites", self.sites), ("reference", self.known_sites)):
            if code in sites:
                return Match(rule, tuple(sorted(sites[code])))  # type: ignore[arg-type]
        return None

    def _through(self, code: str, *, forward: bool) -> tuple[set[str], set[str], bool]:
        """Return the entities that the history of a FINESS leads to, what it leads to in vain, whether others do."""
        there, back = self.history.after, self.history.before
        if not forward:
            there, back = back, there
        entities, missing, shared = set[str](), set[str](), False
        for other in there.get(code, ()):
            shared |= back[other] != {code}
            own = self._own(other)
            if own:
                entities.update(own.entities)
            elif other in there:
                more, less, of_others = self._through(other, forward=forward)
                entities, missing, shared = entities | more, missing | less, shared | of_others
            else:
                missing.add(other)
        return entities, missing, shared
