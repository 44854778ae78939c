"""Programming on blocks: a département × a group of activities at a time, all sums that touch it.

Outside a block the bounds of propagation stand for the rest, so that what a block pins is pinned; what needs two blocks
at once may escape. A knowledge small enough is one block, and nothing escapes.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sanoscope.attack.findings import Finding, Kind
from sanoscope.attack.inference import Inferred
from sanoscope.attack.knowledge import Bools, Indices, Knowledge
from sanoscope.attack.programme import Extremes, extremes
from sanoscope.attack.sheet import NARROW, SMALLEST_LARGE
from sanoscope.attack.sides import Side

WHOLE = 4_000
"""Open unknowns up to which everything is one block."""


@dataclass(frozen=True, slots=True)
class Programmed:
    """What programming gave: findings, unknowns tried, those settled for certain, what was not done."""

    findings: tuple[Finding, ...]
    tried: int
    settled: int
    unfinished: tuple[str, ...]


def by_programme(
    inferred: Inferred,
    rows: Side,
    columns: Side,
    zones: Sequence[Bools],
    *,
    tops: Sequence[str],
    aside: Sequence[str],
    seconds: float,
    seed: int,
    year: int,
) -> Programmed:
    """Return what programming pins that propagation did not.

    Args:
        inferred: the system, propagated.
        rows, columns: its sides.
        zones: bool[rows] of each block of places.
        tops: levels whose groups make the blocks: partitions of activity.
        aside: measures that are no target.
        seconds: time.
        seed: order of the blocks.
        year: for the names.
    """
    until = time.monotonic() + seconds
    known, narrowed = inferred.made.known, inferred.narrowed
    known = Knowledge(narrowed.low, narrowed.high, known.rows, known.floor, known.ceiling)
    left = ~narrowed.pinned & (narrowed.high < SMALLEST_LARGE)
    measures = inferred.made.measures
    left &= ~np.isin(inferred.made.node[:, 0], [measures.index(name) for name in aside if name in measures])
    found: list[Finding] = []
    unfinished: list[str] = []
    tried = settled = 0
    for keep in _blocks(inferred, columns, zones, tops, seed):
        targets = np.flatnonzero(left & keep)
        if len(targets) == 0:
            continue
        if time.monotonic() >= until:
            unfinished.append(f"programmation {year} : des blocs n'ont pas été tentés")
            break
        left[targets] = False
        local = np.cumsum(keep) - 1
        result = extremes(known.restricted(keep), local[targets], seconds=until - time.monotonic())
        tried, settled = tried + len(targets), settled + int(result.done.sum())
        found += _found(inferred, targets, result, rows, columns, year)
    if tried > settled:
        unfinished.append(f"programmation {year} : {tried - settled} effectifs sur {tried} sans bornes prouvées")
    return Programmed(tuple(found), tried, settled, tuple(unfinished))


def _found(
    inferred: Inferred, targets: Indices, result: Extremes, rows: Side, columns: Side, year: int
) -> Iterator[Finding]:
    if not result.possible:
        yield Finding("contradiction", f"{year}, un bloc de {len(targets)} effectifs", 0, 0, "programme entier")
        return
    for unknown, low, high in zip(targets, result.low, result.high, strict=True):
        if 1 <= high < SMALLEST_LARGE and high - low <= NARROW:
            measure, row, column = inferred.made.node[unknown]
            key = f"{year}, {rows.names[row]}, {columns.names[column]}, {inferred.made.measures[measure]}"
            kind: Kind = "exact" if low == high else "etroit"
            yield Finding(kind, key, int(low), int(high), "programme entier")


def _blocks(
    inferred: Inferred, columns: Side, zones: Sequence[Bools], levels: Sequence[str], seed: int
) -> Iterator[Bools]:
    """Yield bool[unknowns]: open unknowns of each block."""
    open_ = ~inferred.narrowed.pinned
    if int(open_.sum()) <= WHOLE:
        yield open_
        return
    node = inferred.made.node
    tops = [i for i, name in enumerate(columns.names) if name.split(" ")[0] in levels and name.count(" ") == 1]
    held = columns.above.tocsc()
    pairs = [(zone, top) for zone in range(len(zones)) for top in tops]
    for pair in np.random.default_rng(seed).permutation(len(pairs)):
        zone, top = pairs[pair]
        inside = np.zeros(len(columns), np.bool_)
        inside[held.indices[held.indptr[top] : held.indptr[top + 1]]] = True
        inside[top] = True
        yield np.asarray(open_ & zones[zone][node[:, 1]] & inside[node[:, 2]])
