"""The search on the demo edition: what the index costs, how long a text takes, how often a mistyped one is found."""

import random
import statistics
import string
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import demo
from sanoscope.catalogue.load import catalogue
from sanoscope.query.service import Service
from sanoscope.search.entries import entries
from sanoscope.search.find import LONGEST, Results, Search, searchable
from sanoscope.search.words import words

TRIED = 2000
LONG = 8
"""Letters of the words that are mistyped."""


def run() -> list[str]:
    """Return the lines of the report.

    Raises:
        FileNotFoundError: there is no demo edition: run ``make demo`` first.
    """
    service = Service(demo(), catalogue())
    edition = service.edition()
    found = entries(catalogue(), edition)
    built, before = [], _resident()
    for _ in range(5):
        started = time.perf_counter()
        kept = searchable(service, edition)
        built.append(1000 * (time.perf_counter() - started))
    grown = (_resident() - before) / len(built)
    search = Search(service)
    search.find("appendicectomie")

    rng = random.Random(1)
    names = sorted({entry.name for entry in found if LONG <= len(entry.name) <= LONGEST - 1})
    long_words = sorted({w for name in names for w in words(name) if len(w) >= LONG and w.isalpha()})
    asked = {
        "mot": rng.choices(long_words, k=TRIED),
        "mot, une faute": [_mistyped(word, rng) for word in rng.choices(long_words, k=TRIED)],
        "libellé entier": rng.choices(names, k=TRIED),
        "libellé entier, une faute": [_mistyped(name, rng) for name in rng.choices(names, k=TRIED)],
    }
    report = [
        "| mesure | valeur |",
        "|---|---|",
        f"| fiches, index en mémoire | {len(found)}, {kept.index.size / 1e6:.1f} Mo |",
    ]
    report.append(
        f"| construction, médiane de 5 ; mémoire du processus | {statistics.median(built):.0f} ms ; {grown:.0f} Mo |"
    )
    for what, texts in asked.items():
        middle, high = _times(search, texts)
        report.append(f"| {what} : médiane, 95ᵉ centile | {middle:.1f} ms, {high:.1f} ms |")
    for what, texts, there in (("mot", long_words, _has_word), ("libellé", names, _has_name)):
        share = _recall(search, texts, rng, there)
        report.append(
            f"| {what} de {LONG} lettres ou plus, une faute : dans les dix premiers de son genre | {share:.1%} |"
        )
    return report


def _recall(search: Search, texts: Sequence[str], rng: random.Random, there: Callable[[Results, str], bool]) -> float:
    return sum(there(search.find(_mistyped(text, rng)), text) for text in rng.choices(texts, k=TRIED)) / TRIED


def _has_word(results: Results, word: str) -> bool:
    return any(word in words(result.entry.name) for of in results.groups.values() for result in of)


def _has_name(results: Results, name: str) -> bool:
    return any(result.entry.name == name for of in results.groups.values() for result in of)


def _mistyped(text: str, rng: random.Random) -> str:
    """Return a text with one letter left out, added, changed or exchanged with the next; never a digit."""
    place = rng.choice([i for i, character in enumerate(text[:-1]) if character.isalpha() and text[i + 1].isalpha()])
    letter = rng.choice(string.ascii_lowercase)
    before, here, after = text[:place], text[place], text[place + 1 :]
    return rng.choice(
        [before + after, before + letter + here + after, before + letter + after, before + after[0] + here + after[1:]]
    )


def _times(search: Search, texts: Sequence[str]) -> tuple[float, float]:
    """Return the median and the 95th centile of the milliseconds that texts take."""
    times = []
    for text in texts:
        started = time.perf_counter()
        search.find(text)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def _resident() -> float:
    """Return the megabytes that this process holds (Linux)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    print("\n".join(run()))
