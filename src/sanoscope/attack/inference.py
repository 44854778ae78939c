"""From answers to what they give away: counts, then the people behind each ratio.

Counts first (stays, full, partial, sessions, patients). Then two families that are never shown as counts but by a
ratio: deaths and survivors, men and women. Each family is one system of its own, whose denominators are those already
narrowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sanoscope.attack.collecting import Collection
from sanoscope.attack.findings import Finding
from sanoscope.attack.intervals import Narrowed, reconcile
from sanoscope.attack.knowledge import Bools, Floats
from sanoscope.attack.ratios import denominators
from sanoscope.attack.sheet import SMALLEST_LARGE, Bounds, Link, Unknowns, bounds, findings, unknowns
from sanoscope.attack.sides import Side
from sanoscope.attack.tables import State

ADDITIVE = ("sejours", "sejours_hc", "sejours_hp", "seances")
STAYS = Link("sejours", ("sejours_hc", "sejours_hp"))
WHOLE = {"sejours_hc": "sejours", "sejours_hp": "sejours"}
SUMS = "sommes et bornes"
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class People:
    """People that a share tells of: those it counts, and the others."""

    share: str
    counted: str
    others: str


PEOPLE = (People("part_deces", "deces", "survivants"), People("part_hommes", "hommes", "femmes"))
MEANS = {"dms": "sejours", "dms_seances_incluses": "lignes", "age_moyen": "lignes"}
"""Mean → its denominator."""


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
    answers = collection.answers
    said: Bounds = {n: b for n, b in bounds(answers, rows, columns, whole=WHOLE).items() if n in ADDITIVE}
    asked = {n: _believed(answers.states[n], rows) for n in said}
    if before is not None:
        said = {n: _both(said[n], before[n]) if n in before else said[n] for n in said}
        asked = {n: asked[n] | (said[n][1] < np.inf) for n in said}
    said = _ratios_narrow(collection, said)
    exact = {n: answers.states[n] == State.EXACT for n in said}
    return _system(said, asked, exact, rows, columns, [STAYS], how=how, year=collection.year.annee)


def patients(collection: Collection, rows: Side, columns: Side, known: Bounds) -> Inferred | None:
    """Return what follows about patients: no more than stays and sessions, no fewer than in any part."""
    answers = collection.answers
    if "patients" not in answers.states or "sejours" not in known:
        return None
    low, high = bounds(answers, rows, columns, whole={})["patients"]
    exact = answers.states["patients"] == State.EXACT
    high = np.where(exact, high, np.minimum(high, _lines(known)[1]))
    # people do not add up: only what a node holds alone is the same in all that holds it
    said = {"patients": (low, np.maximum(low, high))}
    asked = {"patients": _believed(answers.states["patients"], rows)}
    return _system(
        said, asked, {"patients": exact}, rows, columns, [], how=SUMS, year=collection.year.annee, adds=False
    )


def people(collection: Collection, rows: Side, columns: Side, known: Bounds, what: People) -> Inferred | None:
    """Return what follows about the people that a share tells of; None if it is nowhere shown."""
    shown = collection.ratios.states.get(what.share)
    if shown is None or "sejours" not in known:
        return None
    share = collection.ratios.values[what.share] / 100
    half = 0.5 * 10.0 ** -collection.decimals[what.share] / 100
    low, high = _lines(known)
    seen = shown == State.EXACT
    said: Bounds = {"lignes": (low, high)}
    for name, part in ((what.counted, share), (what.others, 1 - share)):
        least = np.where(seen, np.ceil(np.maximum(part - half, 0) * low - SLACK), 0)
        most = np.where(seen, np.floor(_product(np.minimum(part + half, 1), high) + SLACK), high)
        said[name] = (least, np.maximum(least, most))
    asked = dict.fromkeys(said, _believed(collection.answers.states["sejours"], rows) | seen)
    link = Link("lignes", (what.counted, what.others))
    exact = {"lignes": low == high}
    how = "rapport inversé"
    found = _system(said, asked, exact, rows, columns, [link], how=how, year=collection.year.annee)
    kept = tuple(f for f in found.findings if not f.key.endswith("lignes"))
    return Inferred(found.made, found.narrowed, found.bounds, kept)


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
) -> Inferred:
    made = unknowns(said, asked, rows, columns, links, adds=adds)
    sure = np.zeros(len(made.node), np.bool_)
    for position, name in enumerate(made.measures):
        here = made.node[:, 0] == position
        sure[here] = exact[name][tuple(made.node[here, 1:].T)] if name in exact else False
    believed, narrowed = reconcile(made.known, sure)
    made = replace(made, known=believed)
    found = findings(made, narrowed, exact, rows, columns, how=how, year=year)
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


def _lines(known: Bounds) -> tuple[Floats, Floats]:
    """Bounds of stays and lines of sessions together: a line carries one session or more."""
    low, high = known["sejours"]
    if "seances" not in known:
        return low, high
    return low + np.minimum(known["seances"][0], 1), high + known["seances"][1]


def _ratios_narrow(collection: Collection, said: Bounds) -> Bounds:
    """Let means and shares that are shown narrow hidden denominators, and nights bound full stays."""
    if "sejours" not in said:
        return said
    low, high = (bound.copy() for bound in said["sejours"])
    no_sessions = said["seances"][1] == 0 if "seances" in said else np.ones(low.shape, np.bool_)
    scales = {**dict.fromkeys(MEANS, 1.0), **{what.share: 100.0 for what in PEOPLE}}
    for name, states in collection.ratios.states.items():
        sure = no_sessions | (MEANS.get(name) == "sejours")
        hidden = (states == State.EXACT) & sure & (high < SMALLEST_LARGE) & (low < high)
        for place in zip(*np.nonzero(hidden), strict=True):
            shown = float(collection.ratios.values[name][place])
            limits = {"low": int(low[place]), "high": int(high[place])}
            possible = denominators(shown, decimals=collection.decimals[name], scale=scales[name], **limits)
            if possible:
                low[place], high[place] = possible[0], possible[-1]
    narrower = {**said, "sejours": (low, high)}
    return narrower | _nights_narrow(collection, narrower)


def _nights_narrow(collection: Collection, said: Bounds) -> Bounds:
    """A full stay has a night or more: nights, mean × denominator, bound full stays."""
    if "dms" not in collection.ratios.states or "sejours_hc" not in said:
        return {}
    seen = collection.ratios.states["dms"] == State.EXACT
    most = collection.ratios.values["dms"] + 0.5 * 10.0 ** -collection.decimals["dms"]
    nights = np.where(seen, np.floor(_product(most, said["sejours"][1]) + SLACK), np.inf)
    low, high = said["sejours_hc"]
    return {"sejours_hc": (low, np.maximum(low, np.minimum(high, nights)))}


def _product(part: Floats, whole: Floats) -> Floats:
    """Part · whole, 0 where the part is 0 even of an infinite whole."""
    return np.multiply(part, whole, out=np.zeros_like(part), where=part > 0)
