"""Averaging: the same hidden count asked by many routes, each an estimate minus an estimate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sanoscope.attack.collecting import Journal
from sanoscope.attack.face import CROSS, Listing
from sanoscope.attack.findings import Finding
from sanoscope.attack.sheet import SMALLEST_LARGE
from sanoscope.attack.tables import State, Table
from sanoscope.attack.world import Ask, Year, basket

ESTABLISHMENTS, ROUTES = 6, 10
SIGMAS = 3.0
"""What beats the best guess by more is not luck."""


@dataclass(frozen=True, slots=True)
class Averages:
    """Averages of hidden counts.

    Attributes:
        cells: hidden counts that could be averaged.
        hits: share of them that the rounded average gives, in percent; None without the truth.
        guess: share that the best constant gives.
        findings: those it gave, where that is more than luck.
    """

    cells: int
    hits: float | None
    guess: float | None
    findings: tuple[Finding, ...]


def average(
    ask: Ask,
    year: Year,
    *,
    small: list[str],
    listing: Listing,
    measure: str,
    rng: np.random.Generator,
    journal: Journal,
    truth: Ask | None,
) -> Averages:
    """Ask by many routes, and judge by the truth when it is given.

    Args:
        ask: the open face.
        year: what is asked of.
        small: establishments that have hidden counts.
        listing: what is asked.
        measure: the count of people.
        rng: source of chance.
        journal: where questions are counted.
        truth: the secure face, which the attacker does not have: only to judge him.
    """
    guesses: dict[tuple[str, str], int] = {}
    for finess in small[:ESTABLISHMENTS]:
        guesses |= _of(ask, year, finess, listing, measure, rng, journal)
    if truth is None or not guesses:
        return Averages(len(guesses), None, None, ())
    values: dict[tuple[str, str], float] = {}
    for finess in {finess for finess, _ in guesses}:
        table = journal.table(truth, listing.slug, _criteria(year, listing, {"etablissement": finess}))
        values |= {(finess, code): value for code, value in _figures(table, listing, measure, hidden=False).items()}
    real = [int(values.get(key, 0)) for key in guesses]
    hits = [key for key, value in zip(guesses, real, strict=True) if guesses[key] == value]
    best = max(real.count(value) for value in set(real)) / len(real)
    margin = SIGMAS * math.sqrt(max(best * (1 - best), 0.01) / len(real))
    better = len(hits) / len(real) > best + margin
    found = tuple(
        Finding("exact", f"{year.annee}, {finess}, {listing.level} {code}, {measure}", value, value, "moyenne")
        for finess, code in hits
        if better and 0 < (value := guesses[finess, code]) < SMALLEST_LARGE
    )
    return Averages(len(real), 100 * len(hits) / len(real), 100 * best, found)


def _of(
    ask: Ask, year: Year, finess: str, listing: Listing, measure: str, rng: np.random.Generator, journal: Journal
) -> dict[tuple[str, str], int]:
    """Return the rounded average of each hidden count of an establishment."""
    slug = listing.slug
    table = journal.table(ask, slug, _criteria(year, listing, {"etablissement": finess}))
    hidden = _figures(table, listing, measure, hidden=True)
    others = [e.finess for e in year.etablissements if e.finess != finess]
    differences: dict[str, list[float]] = {code: [] for code in hidden}
    for _ in range(ROUTES):
        members = rng.choice(others, min(len(others), 1 + int(rng.integers(1, 12))), replace=False).tolist()
        less, more = (
            _figures(
                journal.table(ask, slug, _criteria(year, listing, basket(b).criteria)), listing, measure, hidden=False
            )
            for b in (members, [*members, finess])
        )
        for code in hidden:
            if code in less and code in more:
                differences[code].append(more[code] - less[code])
    return {(finess, code): round(float(np.mean(d))) for code, d in differences.items() if len(d) > 1}


def _criteria(year: Year, listing: Listing, place: Mapping[str, str]) -> dict[str, str]:
    way = {"regroupement": listing.regroupement} if listing.regroupement else {}
    return {"annee": str(year.annee), **way, **place}


def _figures(table: Table | None, listing: Listing, measure: str, *, hidden: bool) -> dict[str, float]:
    """People by code: of hidden cells (as 0), or the figure or estimate of all that have one."""
    found = {}
    for row in table.rows if table else ():
        cell = row.cells[measure]
        if row.total != listing.members or hidden != (hidden and cell.state is State.MASKED):
            continue
        value = 0.0 if hidden else cell.value if cell.state is State.EXACT else cell.estimate
        if value is not None:
            found[CROSS.join(row.labels[level] for level in listing.labels)] = float(value)
    return found
