"""From an entry to the restitutions that can answer about it, prefilled; only what an open reader is answered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.query.answer import check_published
from sanoscope.query.criteria import Query, parse, taken
from sanoscope.query.fiches import years
from sanoscope.search.entries import Entry


@dataclass(frozen=True, slots=True)
class Link:
    """A restitution or a fiche that can answer.

    Attributes:
        slug, title: which.
        query: canonical query string, "" to begin with the form.
        fiche: it is a fiche.
    """

    slug: str
    title: str
    query: str = ""
    fiche: bool = False

    @property
    def address(self) -> str:
        """Its page: the result, or the form where nothing is asked yet."""
        place = "fiches" if self.fiche else "restitutions"
        return f"/{place}/{self.slug}" + (f"?{self.query}" if self.query else "")

    @property
    def data(self) -> str:
        """The same figures in the API."""
        place = f"fiches/{self.slug}" if self.fiche else f"restitutions/{self.slug}/donnees"
        return f"/api/v1/{place}" + (f"?{self.query}" if self.query else "")


class Links:
    """The restitutions that answer, by criterion and level.

    Whether a question is accepted depends on its criteria and their levels, not on the code: one code of each level is
    tried, as a reader's question would be, and the question kept as a pattern for the others.

    Args:
        catalogue: what can be asked.
        edition: its open store.
        found: all that links are wanted for.
        served: tells whether a restitution is answered by some edition that is served; without it, by this one.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        edition: Edition,
        found: Sequence[Entry],
        served: Callable[[Restitution], bool] | None = None,
    ) -> None:
        self._catalogue, self._edition = catalogue, edition
        self._served = served or edition.manifest.repond
        self._titles = {r.slug: r.titre for r in catalogue.restitutions.values() if OPEN.may_read(r)}
        self._patterns: dict[tuple[str, str], tuple[Query, ...]] = {}
        by_level: dict[tuple[str, str], list[Entry]] = {}
        for entry in found:
            if entry.criterion:
                by_level.setdefault((entry.criterion, entry.level), []).append(entry)
        for level, entries in by_level.items():
            tried = [self._tried(entries, r) for r in catalogue.restitutions.values() if edition.manifest.repond(r)]
            self._patterns[level] = tuple(query for query in tried if query)

    def _tried(self, entries: Sequence[Entry], restitution: Restitution) -> Query | None:
        one = next((entry for entry in entries if self._known(entry, restitution.champ)), None)
        return _pattern(one, restitution, self._catalogue, self._edition) if one else None

    def _known(self, entry: Entry, champ: str) -> bool:
        """Tell whether a field of the edition has an entry: not every hospital is in every field, nor every year."""
        own = self._edition.of(champ)
        if entry.criterion == "etablissement" and entry.value not in own.finess:
            return False
        if entry.criterion == "ght" and entry.value not in {e.ght for e in own.finess.values()}:
            return False
        if entry.criterion == "zone" and entry.level == "code_geo":
            implanted = {e.code_geo for e in own.finess.values()}
            return entry.code in own.residences or entry.code in implanted
        return not entry.year or entry.year in own.manifest.annees

    def of(self, entry: Entry) -> tuple[Link, ...]:
        """Return the restitutions that can answer about an entry; none where no open one does."""
        if not entry.criterion:
            if entry.level == "fiche":
                return self._fiche(entry.code)
            titled = [slug for slug in entry.asked_of if slug in self._titles]
            return tuple(
                Link(slug, self._titles[slug]) for slug in titled if self._served(self._catalogue.restitution(slug))
            )
        filled: dict[str, Any] = {entry.criterion: entry.value}
        if entry.year:
            filled["annees"] = (entry.year,)
        able = [
            pattern
            for pattern in self._patterns[entry.criterion, entry.level]
            if self._known(entry, self._catalogue.restitution(pattern.restitution).champ)
        ]
        queries = [replace(pattern, **filled) for pattern in able]
        answering = [Link(q.restitution, self._titles[q.restitution], q.canonical) for q in queries]
        return (*answering, *self._fiches(entry, {q.restitution for q in queries}))

    def _fiche(self, slug: str) -> tuple[Link, ...]:
        """Return a fiche by its name, if something answers one of its blocks."""
        fiche = self._catalogue.fiches[slug]
        served = any(self._served(self._catalogue.restitution(bloc.restitution)) for bloc in fiche.blocs)
        return (Link(slug, fiche.titre, fiche=True),) if served and OPEN.may_read(fiche) else ()

    def _fiches(self, entry: Entry, answering: set[str]) -> Iterator[Link]:
        """Yield the fiches whose subject an entry may be, where a restitution of theirs answers about it."""
        for fiche in self._catalogue.fiches.values():
            own = entry.level if entry.criterion == "zone" else entry.criterion
            if own != fiche.sujet or (fiche.niveaux and entry.level not in fiche.niveaux):
                continue
            if OPEN.may_read(fiche) and answering & {bloc.restitution for bloc in fiche.blocs}:
                value = entry.code if entry.criterion == "zone" else entry.written
                year = entry.year or years(self._edition)[1]
                yield Link(fiche.slug, fiche.titre, f"{own}={quote(value, safe=':,/')}&annee={year}", fiche=True)


def _pattern(entry: Entry, restitution: Restitution, catalogue: Catalogue, edition: Edition) -> Query | None:
    """Return the question of a restitution that an entry fills, None where an open reader gets no answer."""
    if not OPEN.may_read(restitution) or entry.criterion not in taken(restitution):
        return None
    if entry.criterion == "activite" and entry.level not in restitution.criteres.activite:
        return None
    try:
        query = parse([(entry.criterion, entry.written)], restitution, edition, OPEN)
        check_published(query, OPEN, catalogue, edition)
    except CriterionError:
        return None
    return query
