"""Baskets minus baskets: what lies between two places, one within the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sanoscope.attack.collecting import Collection
from sanoscope.attack.face import Face
from sanoscope.attack.findings import Finding
from sanoscope.attack.knowledge import Bools
from sanoscope.attack.sheet import SMALLEST_LARGE
from sanoscope.attack.sides import Side
from sanoscope.attack.tables import State

CLOSE = 3
"""Establishments that two places may differ by to be compared without having been asked together."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows, the second within the first: their difference is known without being asked for."""

    larger: int
    smaller: int


def differences(collection: Collection, asked: Iterable[Pair], rows: Side, columns: Side) -> list[Finding]:
    """Return the small differences of two exact answers, in people; in days, one alone is one person's.

    Args:
        collection: the answers.
        asked: pairs that were asked one against the other; all that are `CLOSE` are added to them.
        rows, columns: the sides, for the names.
    """
    pairs = dict.fromkeys([*asked, *_close(collection)])
    found = []
    for name, counted, most in _told(collection.face):
        if name not in collection.answers.states:
            continue
        values, exact = collection.answers.values[name], collection.answers.states[name] == State.EXACT
        for pair in pairs:
            for column in _small(values, exact, pair, most):
                gap = int(values[pair.larger, column] - values[pair.smaller, column])
                where = f"{rows.names[pair.larger]} moins {rows.names[pair.smaller]}"
                key = f"{collection.year.annee}, {where}, {columns.names[column]}, {counted}"
                found.append(Finding("exact", key, gap, gap, "panier moins panier"))
    return found


def _told(face: Face) -> Iterator[tuple[str, str, int]]:
    """Yield (measure, people that its differences count, greatest difference that is a target)."""
    for name in face.people:
        yield name, name, SMALLEST_LARGE - 1
    for name in face.amounts:
        for (counted,) in [of for rider, of in face.riders.items() if rider == name and len(of) == 1]:
            yield name, counted, 1


def _small(values: np.ndarray, exact: Bools, pair: Pair, most: int) -> np.ndarray:
    """Columns where both are exact and differ by 1 or more, no more than ``most``."""
    gap = values[pair.larger] - values[pair.smaller]
    return np.flatnonzero(exact[pair.larger] & exact[pair.smaller] & (gap > 0) & (gap <= most))


def _close(collection: Collection) -> list[Pair]:
    """Pairs of places, one within the other, that differ by a few establishments."""
    number = {e.finess: i for i, e in enumerate(collection.year.etablissements)}
    places = collection.places
    row, member = np.array([(i, number[m]) for i, place in enumerate(places) for m in place.members]).T
    held = sparse.csr_matrix((np.ones(len(row), np.int32), (row, member)), shape=(len(places), len(number)))
    sizes = np.asarray(held.sum(axis=1)).ravel()
    shared = (held @ held.T).tocoo()
    gap = sizes[shared.row] - sizes[shared.col]
    kept = (shared.data == sizes[shared.col]) & (gap > 0) & (gap <= CLOSE)
    return [Pair(int(a), int(b)) for a, b in zip(shared.row[kept], shared.col[kept], strict=True)]
