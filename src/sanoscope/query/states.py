"""From what a store holds to what a reader is shown: the state of each cell.

In the secure store every figure is exact. In the open one, a sum is exact where its tracer adds up to zero: no move
changes it, so it is the same in the twin as in the truth. Else it is a twin's: small, it is masked; larger, approached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from sanoscope.catalogue.field import Champ, RapportMesure
from sanoscope.edition.manifest import THOUSAND
from sanoscope.query.table import Figure, State

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum in one cell.

    Attributes:
        value: the count: the true one, or the twin's.
        moved: some move changes it; never in the secure store.
        margin: half-width of the uncertainty of a moved count, 0 where unknown.
    """

    value: int
    moved: bool = False
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a cell shows: a figure where it is exact, an estimate with its margin where it is approached."""

    state: State
    value: Figure = None
    estimate: Figure = None
    margin: Figure = None


NOTHING = Shown(State.NOT_AVAILABLE)


def margin(spreads: Sequence[int]) -> float:
    """Return the half-width within which a count is likely to be, from its spreads (thousandths): two deviations."""
    if not spreads:
        return 0.0
    return max(1.0, ceil(2 * hypot(*spreads) / sqrt(len(spreads)) / THOUSAND))


def shown_sum(of: Sum, *, people: bool, group: bool, threshold: int) -> Shown:
    """Return what is shown of a sum.

    Args:
        of: the sum.
        people: it counts people or their stays: 1 to threshold − 1 is never shown.
        group: it is of a published group, which is small in the twin exactly when it is in truth; of anything else
            (a basket, a cumulation of months) being small in the twin says nothing: it is kept secret.
        threshold: smallest count that may be shown; 0 for a reader who sees all.
    """
    if people and 0 < of.value < threshold:
        return Shown(State.MASKED if group else State.SECRET)
    if not of.moved:
        return Shown(State.EXACT, of.value)
    if of.value < threshold:
        return Shown(State.MASKED if people and group else State.SECRET)
    return Shown(State.APPROXIMATE, estimate=of.value, margin=of.margin or None)


def shown_ratio(mesure: RapportMesure, above: Sum, below: Sum, *, people: bool, threshold: int) -> Shown:
    """Return what is shown of a ratio: exact where both its parts are and say no small count.

    A ratio that is not one of people (a mean) is shown with no more digits than leave ``threshold`` possible sums: a
    mean age of twelve people to two decimals would give the sum of their ages away.
    """
    if below.value == 0 and not below.moved:
        return Shown(State.NOT_APPLICABLE)
    hidden = 0 < below.value < threshold or (below.moved and below.value < threshold)
    if mesure.personnes or people:
        parts = (above.value, below.value - above.value) if mesure.personnes else (above.value,)
        hidden = hidden or any(0 < part < threshold for part in parts)
        hidden = hidden or (above.moved and any(part < threshold for part in parts))
    if hidden:
        return Shown(State.SECRET)
    figure = mesure.pour * above.value / below.value
    if above.moved or below.moved:
        part = max(above.margin / max(1, above.value), below.margin / below.value)
        return Shown(State.APPROXIMATE, estimate=figure, margin=abs(figure) * part or None)
    if not mesure.personnes and threshold and below.value < threshold * 10**mesure.decimales:
        kept = max(d for d in range(mesure.decimales + 1) if below.value >= threshold * 10**d)
        if kept < mesure.decimales:
            return Shown(State.APPROXIMATE, estimate=round(figure, kept), margin=0.5 / 10**kept)
    return Shown(State.EXACT, figure)


def shown_share(part: Sum, whole: Sum, *, threshold: int) -> Shown:
    """Return what is shown of a share of a total, in percent."""
    if whole.value == 0 and not whole.moved:
        return Shown(State.NOT_APPLICABLE)
    if any(0 < s.value < threshold or (s.moved and s.value < threshold) for s in (part, whole)):
        return Shown(State.SECRET)
    figure = 100 * part.value / whole.value
    if part.moved or whole.moved:
        error = part.margin / max(1, part.value) + whole.margin / whole.value
        return Shown(State.APPROXIMATE, estimate=figure, margin=figure * error or None)
    return Shown(State.EXACT, figure)


def hide_zeros(shown: dict[str, Shown], champ: Champ) -> dict[str, Shown]:
    """Return a row's sums with the zeros within a masked sum kept secret: a small group is not broken down."""
    masked = [set(champ.feuilles(name)) for name, cell in shown.items() if cell.state is State.MASKED]
    secret = Shown(State.SECRET)
    return {
        name: secret
        if cell.state is State.EXACT and any(set(champ.feuilles(name)) < parts for parts in masked)
        else cell
        for name, cell in shown.items()
    }
