"""Searching: a text that is safe to look for, an index for each edition, what each result leads to."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.query.service import KEPT_EDITIONS, Service
from sanoscope.search.entries import Entry, Kind, entries
from sanoscope.search.index import Index
from sanoscope.search.links import Link, Links
from sanoscope.search.words import words
from sanoscope.sentence import Sentence

LONGEST = 200
"""Characters that a text to look for may have."""
LIMIT = 10
"""Results of each kind, unless told otherwise."""
MOST = 50


@dataclass(frozen=True, slots=True)
class Result:
    """An entry and the restitutions that can answer about it; none where no open one does."""

    entry: Entry
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """What was found.

    Attributes:
        text: what was looked for, blanks and control characters made one space.
        edition: name of the edition.
        exact: the words are there as they were written; otherwise these are the nearest.
        groups: results by kind, best first; a kind without any is left out.
        more: kinds of which there are more than shown.
    """

    text: str
    edition: str
    exact: bool
    groups: dict[Kind, tuple[Result, ...]]
    more: frozenset[Kind] = frozenset()

    def __len__(self) -> int:
        """Number of results."""
        return sum(map(len, self.groups.values()))

    def best(self, most: int) -> "Results":
        """Return at most so many of them: the first of each kind, then the second, and so on."""
        places = sorted((place, list(Kind).index(kind)) for kind, of in self.groups.items() for place in range(len(of)))
        kept = {(list(Kind)[kind], place) for place, kind in places[:most]}
        groups = {
            kind: tuple(result for place, result in enumerate(of) if (kind, place) in kept)
            for kind, of in self.groups.items()
        }
        return replace(self, groups={kind: of for kind, of in groups.items() if of})


@dataclass(frozen=True, slots=True)
class Searchable:
    """The index of an edition's open store, and what its entries lead to."""

    index: Index
    links: Links


def searchable(service: Service, edition: Edition) -> Searchable:
    """Return an edition ready to be searched."""
    found = entries(service.catalogue, edition)
    links = Links(service.catalogue, edition, found, service.answers)
    return Searchable(Index(found, [bool(links.of(entry)) for entry in found]), links)


class Search:
    """Searches in the editions of a service, as an open reader; safe to share between threads."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._kept: OrderedDict[str, Searchable] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, text: str, limit: int = LIMIT) -> Results:
        """Return what a text finds in the published edition, at most ``limit`` results of each kind.

        Raises:
            CriterionError: ``recherche-vide``, ``recherche-longue`` or ``valeur-inconnue`` (the limit).
            NotFoundError: no edition is published.
        """
        if not 1 <= limit <= MOST:
            raise CriterionError(
                "valeur-inconnue",
                Sentence("limite : %(limit)s n'est pas admis.", limit=limit),
                allowed=[Sentence("1 à %(n)s", n=MOST)],
            )
        asked = cleaned(text)
        edition = self.service.edition()
        ready = self._ready(edition)
        found = ready.index.find(asked, limit + 1)
        groups = {
            kind: tuple(Result(entry, ready.links.of(entry)) for entry in of[:limit])
            for kind, of in found.entries.items()
        }
        more = frozenset(kind for kind, of in found.entries.items() if len(of) > limit)
        return Results(asked, edition.nom, found.exact, groups, more)

    def _ready(self, edition: Edition) -> Searchable:
        with self._lock:
            if edition.nom not in self._kept:
                self._kept[edition.nom] = searchable(self.service, edition)
            self._kept.move_to_end(edition.nom)
            while len(self._kept) > KEPT_EDITIONS:
                self._kept.popitem(last=False)
            return self._kept[edition.nom]


def cleaned(text: str) -> str:
    """Return a text to look for on one line, without control characters.

    Raises:
        CriterionError: ``recherche-longue``, or ``recherche-vide``: there is no letter or digit in it.
    """
    if len(text) > LONGEST:
        raise CriterionError(
            "recherche-longue",
            Sentence("Le texte cherché a %(n)s caractères.", n=len(text)),
            allowed=[Sentence("%(n)s caractères au plus", n=LONGEST)],
            todo=Sentence("Gardez-en un mot, un code ou un nom."),
        )
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not words(line):
        what = Sentence("Il n'y a rien à chercher.")
        if line:
            what = Sentence("Il n'y a ni lettre ni chiffre dans « %(texte)s ».", texte=line)
        raise CriterionError(
            "recherche-vide",
            what,
            todo=Sentence("Écrivez un mot, un code, un établissement ou un lieu, par exemple « 06C04 »."),
        )
    return line
