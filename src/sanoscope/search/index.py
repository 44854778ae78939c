"""The index of an edition: SQLite's full-text search (FTS5) in memory, made once, then only read.

Three passes, each made only where the one before finds nothing: the words as they are or as beginnings of words; each
word replaced by those of the index that are close to it; whatever shares most runs of three characters with the text.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from typing import Any

from sanoscope.search.entries import Entry, Kind
from sanoscope.search.words import asked_words, trigrams, words

CLOSE = 0.77
"""Smallest likeness (`difflib` ratio) of a word to the one it is taken for: one letter wrong of five or more."""
NEAR_WORDS = 3
"""Words of the index that one word may be taken for."""
CANDIDATES = 60
SHARED = 0.5
"""Smallest share of a text's trigrams that a name must have to be found by them."""

_SCHEMA = """
CREATE VIRTUAL TABLE fiches
    USING fts5(code, nom, texte, content='', prefix='2 3', tokenize='unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE mots_des_fiches USING fts5vocab(fiches, row);
CREATE VIRTUAL TABLE mots USING fts5(mot, tokenize='trigram', detail=none);
CREATE VIRTUAL TABLE morceaux USING fts5(nom, content='', tokenize='trigram');
"""
_FILLED = """
INSERT INTO mots SELECT '_' || term || '_' FROM mots_des_fiches;
INSERT INTO fiches(fiches) VALUES ('optimize');
INSERT INTO morceaux(morceaux) VALUES ('optimize');
INSERT INTO fiches(fiches, rank) VALUES ('rank', 'bm25(8.0, 4.0, 1.0)');
PRAGMA query_only = ON;
"""
_NEAREST = "SELECT mot FROM mots WHERE mots MATCH ? ORDER BY rank LIMIT ?"


@dataclass(frozen=True, slots=True)
class Found:
    """What a text finds.

    Attributes:
        entries: by kind, best first.
        exact: every word is there as it was written.
    """

    entries: dict[Kind, tuple[Entry, ...]]
    exact: bool


class Index:
    """What can be found, ready to be searched from any thread.

    Args:
        found: the entries. Those of a kind that are in ``answered`` come before those that are not.
        answered: for each entry, whether some restitution answers about it.
    """

    def __init__(self, found: Sequence[Entry], answered: Sequence[bool]) -> None:
        order = sorted(range(len(found)), key=lambda i: (list(Kind).index(found[i].kind), not answered[i]))
        self._entries = tuple(found[i] for i in order)
        self._shelves: list[tuple[Kind, int, int]] = []
        for (kind, _), places in groupby(range(len(order)), lambda i: (self._entries[i].kind, answered[order[i]])):
            shelf = list(places)
            self._shelves.append((kind, shelf[0], shelf[-1]))
        self._by_code: dict[str, list[int]] = {}
        for place, entry in enumerate(self._entries):
            for name in {entry.code, f"{entry.level} {entry.code}"}:
                self._by_code.setdefault(" ".join(asked_words(name)), []).append(place)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._fill()

    def __len__(self) -> int:
        """Number of entries."""
        return len(self._entries)

    @property
    def size(self) -> int:
        """Bytes of the database."""
        (pages,), (page,) = (self._read(f"PRAGMA {what}") for what in ("page_count", "page_size"))
        return int(pages[0]) * int(page[0])

    def find(self, text: str, limit: int) -> Found:
        """Return at most ``limit`` entries of each kind for a text; a code, or ``level code``, comes first."""
        asked = asked_words(text)
        if not asked:
            return Found({}, exact=True)
        codes = self._by_code.get(" ".join(asked), ())
        found = self._ranked("fiches", _all_of([_beginning(word) for word in asked]), limit, first=codes)
        if found:
            return Found(found, exact=True)
        nearest = [self._near(word) for word in asked]
        if all(nearest):
            found = self._ranked("fiches", _all_of([_any_of(near) for near in nearest]), limit)
        return Found(found or self._alike(" ".join(asked), limit), exact=False)

    def _fill(self) -> None:
        self._database.executescript(_SCHEMA)
        rows = [(place, *_columns(entry)) for place, entry in enumerate(self._entries)]
        with self._database:
            self._database.executemany("INSERT INTO fiches(rowid, code, nom, texte) VALUES (?, ?, ?, ?)", rows)
            pieces = [(place, f"_{name.replace(' ', '_')}_") for place, _, name, _ in rows]
            self._database.executemany("INSERT INTO morceaux(rowid, nom) VALUES (?, ?)", pieces)
        self._database.executescript(_FILLED)

    def _ranked(
        self, table: str, expression: str, limit: int, first: Sequence[int] = ()
    ) -> dict[Kind, tuple[Entry, ...]]:
        """Return the entries that an expression finds, by kind: those of ``first``, then by rank."""
        best = f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rank LIMIT ?"
        found: dict[Kind, dict[int, None]] = {}
        for kind, start, stop in self._shelves:
            known = found.setdefault(kind, dict.fromkeys(p for p in first if self._entries[p].kind is kind))
            if len(known) < limit:
                known.update((place, None) for (place,) in self._read(best, expression, start, stop, limit))
        shown = {kind: tuple(self._entries[place] for place in list(places)[:limit]) for kind, places in found.items()}
        return {kind: places for kind, places in shown.items() if places}

    def _near(self, word: str) -> list[str]:
        """Return the words of the index that a word may stand for: itself or a longer one, else those close to it."""
        if self._read("SELECT 1 FROM fiches WHERE fiches MATCH ? LIMIT 1", _beginning(word)):
            return [_beginning(word)]
        candidates = [row[0][1:-1] for row in self._read(_NEAREST, _any_of(_pieces(f"_{word}_")), CANDIDATES)]
        return [_beginning(near) for near in get_close_matches(word, candidates, n=NEAR_WORDS, cutoff=CLOSE)]

    def _alike(self, text: str, limit: int) -> dict[Kind, tuple[Entry, ...]]:
        """Return the entries whose name shares enough runs of three characters with a text."""
        wanted = set(trigrams("_" + text.replace(" ", "_")))
        if not wanted:
            return {}
        found = self._ranked("morceaux", _any_of(map(_quoted, sorted(wanted))), limit)
        kept = {
            kind: tuple(e for e in entries if len(wanted & _name_pieces(e)) >= SHARED * len(wanted))
            for kind, entries in found.items()
        }
        return {kind: entries for kind, entries in kept.items() if entries}

    def _read(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


def _columns(entry: Entry) -> tuple[str, str, str]:
    """Return an entry's code, name and other words, as they are indexed."""
    others = f"{entry.level} {entry.level_title} {entry.detail} {entry.text}"
    return " ".join(words(entry.code)), " ".join(words(entry.name)), " ".join(words(others))


def _name_pieces(entry: Entry) -> set[str]:
    return set(trigrams("_" + "_".join(words(entry.name)) + "_"))


def _quoted(word: str) -> str:
    """Return a word as FTS5 reads it, never as syntax: words have letters, digits and ``_`` only."""
    return f'"{word}"'


def _pieces(word: str) -> Iterator[str]:
    return map(_quoted, trigrams(word))


def _beginning(word: str) -> str:
    """Return the expression of a word and of those that begin like it, the plural of the question left out.

    The whole word counts twice, so that it comes before longer ones. One letter begins too many: it is a code.
    """
    if len(word) == 1:
        return _quoted(word)
    start = word[:-1] if len(word) > 4 and word[-1] in "sx" else word
    return f"({_quoted(word)} OR {_quoted(start)} *)"


def _all_of(expressions: Sequence[str]) -> str:
    return " AND ".join(expressions)


def _any_of(expressions: Iterator[str] | Sequence[str]) -> str:
    return "(" + " OR ".join(expressions) + ")"
