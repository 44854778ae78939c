"""From an entry to the restitutions that can answer about it, prefilled; only what an open reader is answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.query.answer import check_published
from sanoscope.query.criteria import Query, parse, taken
from sanoscope.search.entries import Entry


@dataclass(frozen=True, slots=True)
class Link:
    """A restitution that can answer.

    Attributes:
        slug, title: which.
        query: canonical query string, "" to begin with the form.
    """

    slug: str
    title: str
    query: str = ""

    @property
    def address(self) -> str:
        """Its page: the result, or the form where nothing is asked yet."""
        return f"/restitutions/{self.slug}" + (f"?{self.query}" if self.query else "")

    @property
    def data(self) -> str:
        """The same figures in the API."""
        return f"/api/v1/restitutions/{self.slug}/donnees" + (f"?{self.query}" if self.query else "")


class Links:
    """The restitutions that answer, by criterion and level.

    Whether a question is accepted depends on its criteria and their levels, not on the code: one code of each level is
    tried, as a reader's question would be, and the question kept as a pattern for the others.

    Args:
        catalogue: what can be asked.
        edition: its open store.
        found: all that links are wanted for.
    """

    def __init__(self, catalogue: Catalogue, edition: Edition, found: Sequence[Entry]) -> None:
        self._titles = {r.slug: r.titre for r in catalogue.restitutions.values() if OPEN.may_read(r.acces)}
        self._patterns: dict[tuple[str, str], tuple[Query, ...]] = {}
        for entry in found:
            level = (entry.criterion, entry.level)
            if entry.criterion and level not in self._patterns:
                tried = [_pattern(entry, r, catalogue, edition) for r in catalogue.restitutions.values()]
                self._patterns[level] = tuple(query for query in tried if query)

    def of(self, entry: Entry) -> tuple[Link, ...]:
        """Return the restitutions that can answer about an entry; none where no open one does."""
        if not entry.criterion:
            return tuple(Link(slug, self._titles[slug]) for slug in entry.asked_of if slug in self._titles)
        filled: dict[str, Any] = {entry.criterion: entry.value}
        if entry.year:
            filled["annees"] = (entry.year,)
        queries = [replace(pattern, **filled) for pattern in self._patterns[entry.criterion, entry.level]]
        return tuple(Link(q.restitution, self._titles[q.restitution], q.canonical) for q in queries)


def _pattern(entry: Entry, restitution: Restitution, catalogue: Catalogue, edition: Edition) -> Query | None:
    """Return the question of a restitution that an entry fills, None where an open reader gets no answer."""
    if not OPEN.may_read(restitution.acces) or entry.criterion not in taken(restitution):
        return None
    if entry.criterion == "activite" and entry.level not in restitution.criteres.activite:
        return None
    try:
        query = parse([(entry.criterion, entry.written)], restitution, edition, OPEN)
        check_published(query, OPEN, catalogue, edition)
    except CriterionError:
        return None
    return query
