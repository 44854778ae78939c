"""From answers to what they give away: counts, then the people behind each ratio.

Counts first (stays, full, partial, sessions, patients), with the days that bound them. Then the families that are never
shown as counts but by a ratio: deaths and survivors, men and women. Each family is one system of its own, whose
denominators are those already narrowed. Which counts, days and ratios a field has, its `Face` says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sanoscope.attack.collecting import Collection
from sanoscope.attack.face import Face, Link, Ratio
from sanoscope.attack.findings import Finding
from sanoscope.attack.intervals import Narrowed, reconcile
from sanoscope.attack.knowledge import Bools, Floats
from sanoscope.attack.ratios import denominators
from sanoscope.attack.sheet import SMALLEST_LARGE, Bounds, Unknowns, bounds, findings, of_amount, unknowns
from sanoscope.attack.sides import Side
from sanoscope.attack.tables import State

SUMS = "sommes et bornes"
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Inferred:
    """A system, narrowed: what was found in it, and its bounds given back node by node."""

    made: Unknowns
    narrowed: Narrowed
    bounds: Bounds
    findings: tuple[Finding, ...]


def counts(
    collection: Collection, rows: Side, columns: Side, *, before: Bounds | None = None, how: str = SUMS
) -> Inferred:
    """Return what follows about stays and sessions.

    Args:
        collection: the answers.
        rows, columns: its sides.
        before: what another edition says, to be believed as well.
        how: the way that findings name.
    """
    face, answers = collection.face, collection.answers
    said = told(collection, rows, columns)
    asked = {n: _believed(answers.states[n], rows) for n in said if n in answers.states}
    asked |= {n: _of_whole(n, asked, face) for n in said if n not in asked}
    if before is not None:
        said = {n: _both(said[n], before[n]) if n in before else said[n] for n in said}
        asked = {n: asked[n] | (said[n][1] < np.inf) for n in said}
    said = ratios_narrow(collection, said)
    exact = {n: answers.states[n] == State.EXACT for n in said if n in answers.states}
    year = collection.year.annee

    def narrowed(system: Bounds) -> Inferred:
        links, aside = list(face.system_links), face.amounts
        return _system(system, asked, exact, rows, columns, links, how=how, year=year, aside=aside)

    first = narrowed(said)
    # what sums say of days says where there is someone: a second pass, where that is news
    again = someone(first.bounds, face)
    return narrowed(again) if again is not None else first


def told(collection: Collection, rows: Side, columns: Side) -> Bounds:
    """Return what the answers themselves say of the sums that make the system, parts that are never shown included."""
    face, answers = collection.face, collection.answers
    read = bounds(answers, rows, columns, whole=face.whole)
    said: Bounds = {}
    for name in face.system:
        if name in read:
            said[name] = of_amount(answers.states[name], read[name]) if name in face.amounts else read[name]
        elif face.whole.get(name, "") in read:
            whole = read[face.whole[name]]
            said[name] = (np.zeros_like(whole[0]), whole[1].copy())
    return said


def _of_whole(name: str, asked: Mapping[str, Bools], face: Face) -> Bools:
    """A part that is never shown is asked with what it is part of."""
    return asked[face.whole[name]]


def patients(collection: Collection, rows: Side, columns: Side, known: Bounds) -> Inferred | None:
    """Return what follows about patients: no more than their lines, no fewer than in any part."""
    answers = collection.answers
    name, lines = collection.face.patients
    if name not in answers.states or not known:
        return None
    low, high = bounds(answers, rows, columns, whole={})[name]
    exact = answers.states[name] == State.EXACT
    high = np.where(exact, high, np.minimum(high, sums(known, lines, collection.face)[1]))
    # people do not add up: only what a node holds alone is the same in all that holds it
    said = {name: (low, np.maximum(low, high))}
    asked = {name: _believed(answers.states[name], rows)}
    return _system(said, asked, {name: exact}, rows, columns, [], how=SUMS, year=collection.year.annee, adds=False)


def people(collection: Collection, rows: Side, columns: Side, known: Bounds, what: Ratio) -> Inferred | None:
    """Return what follows about the people that a share tells of; None if it is nowhere shown."""
    shown = collection.ratios.states.get(what.name)
    face, whole = collection.face, what.denominator
    if shown is None or not known:
        return None
    share = collection.ratios.values[what.name] / what.scale
    half = 0.5 * 10.0 ** -collection.decimals[what.name] / what.scale
    low, high = sums(known, whole, face)
    seen = shown == State.EXACT
    said: Bounds = {whole: (low, high)}
    for name, part in ((what.numerator, share), (what.others, 1 - share)):
        least = np.where(seen, np.ceil(np.maximum(part - half, 0) * low - SLACK), 0)
        most = np.where(seen, np.floor(_product(np.minimum(part + half, 1), high) + SLACK), high)
        said[name] = (least, np.maximum(least, most))
        if name in known:
            said[name] = _both(known[name], said[name])
    principal = collection.answers.states.get(face.principal, np.zeros(low.shape, np.uint8))
    asked = dict.fromkeys(said, _believed(principal, rows) | seen)
    link = Link(whole, (what.numerator, what.others))
    exact = {whole: low == high}
    year = collection.year.annee
    return _system(said, asked, exact, rows, columns, [link], how="rapport inversé", year=year, aside=(whole,))


def _system(
    said: Bounds,
    asked: Mapping[str, Bools],
    exact: Mapping[str, Bools],
    rows: Side,
    columns: Side,
    links: list[Link],
    *,
    how: str,
    year: int,
    adds: bool = True,
    aside: Sequence[str] = (),
) -> Inferred:
    """Return a system, narrowed; nothing is reported of the measures put ``aside``."""
    made = unknowns(said, asked, rows, columns, links, adds=adds)
    sure = np.zeros(len(made.node), np.bool_)
    for position, name in enumerate(made.measures):
        here = made.node[:, 0] == position
        sure[here] = exact[name][tuple(made.node[here, 1:].T)] if name in exact else False
    believed, narrowed = reconcile(made.known, sure)
    made = replace(made, known=believed)
    found = findings(made, narrowed, exact, rows, columns, how=how, year=year, aside=aside)
    given: Bounds = {}
    for position, name in enumerate(made.measures):
        low, high = (bound.copy() for bound in said[name])
        here = made.number[position] >= 0
        low[here], high[here] = (bound[made.number[position][here]] for bound in (narrowed.low, narrowed.high))
        given[name] = (low, high)
    return Inferred(made, narrowed, given, tuple(found))


def _believed(states: np.ndarray, rows: Side) -> Bools:
    """Of a basket only exact figures say something."""
    return np.asarray(np.where(rows.node[:, None], states != State.UNASKED, states == State.EXACT))


def _both(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return the bounds that hold in both; those of the first where they cannot."""
    low, high = np.maximum(one[0], other[0]), np.minimum(one[1], other[1])
    apart = low > high
    return np.where(apart, one[0], low), np.where(apart, one[1], high)


def sums(known: Bounds, name: str, face: Face) -> tuple[Floats, Floats]:
    """Return the bounds of any sum that a face names, from those of the system.

    A sum that is not in the system is that of its parts; failing that, people who bring one or more of something are
    no more than it, and some where there is any.
    """
    if name in known:
        return known[name]
    if parts := face.parts(name):
        each = [sums(known, part, face) for part in parts]
        return np.sum([low for low, _ in each], axis=0), np.sum([high for _, high in each], axis=0)
    low, high = (np.full_like(next(iter(known.values()))[0], bound) for bound in (0, np.inf))
    for rider in face.carried(name):
        if rider in known:
            low, high = np.maximum(low, np.minimum(known[rider][0], 1)), np.minimum(high, known[rider][1])
    return low, high


def ratios_narrow(collection: Collection, said: Bounds) -> Bounds:
    """Let ratios that are shown narrow what they are ratios of."""
    said = {name: (low.copy(), high.copy()) for name, (low, high) in said.items()}
    for ratio in collection.face.ratios:
        if said and ratio.name in collection.ratios.states:
            _denominator(collection, said, ratio)
            _numerator(collection, said, ratio)
    return someone(said, collection.face) or said


def someone(said: Bounds, face: Face) -> Bounds | None:
    """Return bounds where there is someone wherever there are days; None where that is known already.

    That there are no more of them than days, the system says.
    """
    found, news = dict(said), False
    for rider, counted in face.riders.items():
        if rider not in said or len(counted) != 1 or counted[0] not in said:
            continue
        low, high = found[counted[0]]
        here = (said[rider][0] > 0) & (low == 0) & (high >= 1)
        news |= bool(here.any())
        found[counted[0]] = (np.where(here, 1, low), high)
    return found if news else None


def _denominator(collection: Collection, said: Bounds, ratio: Ratio) -> None:
    """Few values of a small denominator give a ratio to so many digits, fewer still where its numerator is known."""
    face, name = collection.face, ratio.denominator
    target, sure = _only_part(said, name, face)
    if not target:
        return
    low, high = said[target]
    decimals, values = collection.decimals[ratio.name], collection.ratios.values[ratio.name] / ratio.scale
    seen = (collection.ratios.states[ratio.name] == State.EXACT) & sure
    if ratio.numerator in said:
        half = 0.5 * 10.0**-decimals / ratio.scale
        least, most = said[ratio.numerator]
        with np.errstate(divide="ignore", invalid="ignore"):
            floor = np.ceil(least / (values + half) - SLACK)
            ceiling = np.where(values > half, np.floor(most / (values - half) + SLACK), np.inf)
        _narrowed(low, high, np.where(seen, floor, 0), np.where(seen, ceiling, np.inf))
    for place in zip(*np.nonzero(seen & (high < SMALLEST_LARGE) & (low < high)), strict=True):
        shown = float(collection.ratios.values[ratio.name][place])
        limits = {"low": int(low[place]), "high": int(high[place])}
        possible = denominators(shown, decimals=decimals, scale=ratio.scale, **limits)
        if possible:
            low[place], high[place] = possible[0], possible[-1]


def _only_part(said: Bounds, name: str, face: Face) -> tuple[str, Bools]:
    """Return the sum of the system that a denominator is, and bool[rows, columns] where it is: where it has no other
    part; "" where there is none."""
    if name in said:
        return name, np.ones(said[name][0].shape, np.bool_)
    inside = [part for part in face.parts(name) if part in said]
    if len(inside) != 1:
        return "", np.zeros((0, 0), np.bool_)
    others = [sums(said, part, face)[1] == 0 for part in face.parts(name) if part != inside[0]]
    return inside[0], np.logical_and.reduce(others)


def _numerator(collection: Collection, said: Bounds, ratio: Ratio) -> None:
    """A numerator is at most ratio × denominator; those who bring it are no more: nights bound full stays."""
    counted = collection.face.riders.get(ratio.numerator, ())
    targets = [name for name in (ratio.numerator, *counted) if name in said]
    if ratio.others or not targets:
        return
    seen = collection.ratios.states[ratio.name] == State.EXACT
    half = 0.5 * 10.0 ** -collection.decimals[ratio.name]
    most = (collection.ratios.values[ratio.name] + half) / ratio.scale
    whole = sums(said, ratio.denominator, collection.face)[1]
    ceiling = np.where(seen, np.floor(_product(most, whole) + SLACK), np.inf)
    for name in targets:
        _narrowed(*said[name], np.zeros_like(ceiling), ceiling)


def _narrowed(low: Floats, high: Floats, floor: Floats, ceiling: Floats) -> None:
    """Narrow bounds in place, but where they would cross."""
    fits = np.maximum(low, floor) <= np.minimum(high, ceiling)
    np.copyto(low, np.maximum(low, floor), where=fits)
    np.copyto(high, np.minimum(high, ceiling), where=fits)


def _product(part: Floats, whole: Floats) -> Floats:
    """Part · whole, 0 where the part is 0 even of an infinite whole."""
    return np.multiply(part, whole, out=np.zeros_like(part), where=part > 0)
