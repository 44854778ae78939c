"""From what a store holds to what a reader is shown: the state of each cell, a column at a time.

In the secure store every figure is exact. In the open one, a sum is exact where its tracer adds up to zero: no move
changes it, so it is the same in the twin as in the truth. Else it is a twin's: small, it is masked; larger, approached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanoscope.catalogue.field import Champ, IndiceMesure, RapportMesure
from sanoscope.edition.manifest import THOUSAND
from sanoscope.query.table import Figure, State

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

STATES = tuple(State)
EXACT, MASKED, APPROXIMATE, SECRET, NOT_APPLICABLE, NOT_AVAILABLE = range(len(STATES))
"""Numbers of the states in arrays: their order in `State`."""


@dataclass(frozen=True, slots=True)
class Sums:
    """A sum in each cell.

    Attributes:
        value: int64[cells], the counts: the true ones, or the twin's.
        moved: bool[cells], some move changes it; never in the secure store.
        margin: float64[cells], half-width of the uncertainty of a moved count, 0 where unknown.
        silent: bool[cells], nothing is said of it, not even whether it is small.
        alone: bool[cells], it is told with a noise, of one published group and not of a union; None where it is not
            told so.
    """

    value: Ints
    moved: Bools
    margin: Floats
    silent: Bools
    alone: Bools | None = None

    def small(self, threshold: int) -> Bools:
        """Tell where it is not shown whatever it counts: a small count, or one that may be."""
        return np.asarray(((self.value < threshold) & ((self.value > 0) | self.moved)) | self.silent)

    def zero(self) -> Bools:
        """Tell where there is nothing, for certain."""
        return np.asarray((self.value == 0) & ~self.moved)

    def taken(self, cells: Ints) -> "Sums":
        """Return it in some cells."""
        alone = None if self.alone is None else self.alone[cells]
        return Sums(self.value[cells], self.moved[cells], self.margin[cells], self.silent[cells], alone)

    def followed_by(self, other: "Sums", cells: int) -> "Sums":
        """Return its first cells, then those of another; who is alone is told of both or of neither."""
        alone = [s.alone if s.alone is not None else np.ones(len(s.value), np.bool_) for s in (self, other)]
        told = None if self.alone is None and other.alone is None else np.append(alone[0][:cells], alone[1])
        return Sums(
            np.append(self.value[:cells], other.value),
            np.append(self.moved[:cells], other.moved),
            np.append(self.margin[:cells], other.margin),
            np.append(self.silent[:cells], other.silent),
            told,
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What each cell of a column shows.

    Attributes:
        state: int8[cells], the number of its state in `STATES`.
        figure: int64 or float64[cells], the exact figure or the estimate; means nothing in other states.
        margin: float64[cells], half-width of an estimate's uncertainty, 0 where unknown.
    """

    state: NDArray[np.int8]
    figure: Ints | Floats
    margin: Floats

    def divided(self, by: int) -> "Shown":
        """Return it in a unit so many times larger."""
        return Shown(self.state, self.figure / by, self.margin / by)

    def where_told(self, other: "Shown") -> "Shown":
        """Return it with nothing said where no figure is said of what it is made from."""
        hidden = (other.state == MASKED) | (other.state == SECRET)
        return Shown(np.where(hidden, SECRET, self.state).astype(np.int8), self.figure, self.margin)

    def at(self, cells: Ints) -> "Shown":
        """Return what some cells show, in that order."""
        return Shown(self.state[cells], self.figure[cells], self.margin[cells])

    def states(self) -> tuple[State, ...]:
        """Return the state of each cell."""
        return tuple(map(STATES.__getitem__, self.state.tolist()))

    def values(self) -> tuple[Figure, ...]:
        """Return the exact figures, None elsewhere."""
        return self._where(EXACT, self.figure)

    def estimates(self) -> tuple[Figure, ...]:
        """Return the estimates, None elsewhere; () where there is none."""
        return self._where(APPROXIMATE, self.figure) if (self.state == APPROXIMATE).any() else ()

    def margins(self) -> tuple[Figure, ...]:
        """Return the margins that are known, None elsewhere; () where there is none."""
        known = (self.state == APPROXIMATE) & (self.margin > 0)
        return self._chosen(known, self.margin) if known.any() else ()

    def _where(self, state: int, figures: Ints | Floats) -> tuple[Figure, ...]:
        return self._chosen(self.state == state, figures)

    @staticmethod
    def _chosen(kept: Bools, figures: Ints | Floats) -> tuple[Figure, ...]:
        return tuple(figure if keep else None for keep, figure in zip(kept.tolist(), figures.tolist(), strict=True))


def everywhere(state: int, cells: int, figure: float = 0.0) -> Shown:
    """Return a column that is in one state."""
    return Shown(np.full(cells, state, np.int8), np.full(cells, figure), np.zeros(cells))


def margins(spreads: Sequence[Ints], cells: int) -> Floats:
    """Return the half-width within which counts are likely to be, from their spreads (thousandths): two deviations."""
    if not spreads:
        return np.zeros(cells)
    size = np.sqrt(np.square(np.asarray(spreads, np.float64)).mean(axis=0))
    return np.asarray(np.maximum(1.0, np.ceil(2 * size / THOUSAND)))


def shown_sum(of: Sums, *, people: bool, group: Bools, threshold: int) -> Shown:
    """Return what is shown of a sum.

    Args:
        of: the sum.
        people: it counts people or their stays: 1 to threshold − 1 is never shown.
        group: bool[cells], it is of a published group, which is small in the twin exactly when it is in truth; of
            anything else (a basket, a cumulation of months) being small in the twin says nothing: it is kept secret.
        threshold: smallest count that may be shown; 0 for a reader who sees all.
    """
    low = of.value < threshold
    masked = np.where((group if of.alone is None else of.alone) & people, MASKED, SECRET)
    hidden = (low & (of.value > 0)) if people else np.zeros(len(low), np.bool_)
    state = np.select([of.silent, hidden, ~of.moved, low], [SECRET, masked, EXACT, masked], APPROXIMATE)
    return Shown(state.astype(np.int8), of.value, of.margin)


def riding(shown: Shown, of: Sums, carriers: Sequence[Sums], *, threshold: int) -> Shown:
    """Return what is shown of a sum that rides on counts (days, ages): where it is moved and they are few, nothing."""
    hidden = few(carriers, threshold=threshold)
    state = np.select([~of.moved, hidden], [shown.state, SECRET], APPROXIMATE)
    return Shown(state.astype(np.int8), shown.figure, np.zeros(len(hidden)))


def few(carriers: Sequence[Sums], *, threshold: int) -> Bools:
    """Tell where the people of counts are few together, or are not told."""
    silent = np.any([c.silent for c in carriers], axis=0)
    return np.asarray((np.sum([c.value for c in carriers], axis=0) < threshold) | silent)


def shown_ratio(
    mesure: RapportMesure, above: Sums, below: Sums, *, people: bool, carriers: Sequence[Sums] = (), threshold: int
) -> Shown:
    """Return what is shown of a ratio: exact where both its parts are and say no small count.

    ``carriers`` are the counts whose people its denominator is of, where it does not count people itself (days).

    A ratio that is not one of people (a mean) is shown with no more digits than leave ``threshold`` possible sums: a
    mean age of twelve people to two decimals would give the sum of their ages away.
    """
    size = np.sum([c.value for c in carriers], axis=0) if carriers else below.value
    hidden = below.small(threshold) | above.silent
    if carriers:
        hidden |= few(carriers, threshold=threshold)
    if mesure.personnes or people:
        parts = (above.value, below.value - above.value) if mesure.personnes else (above.value,)
        for part in parts:
            hidden |= ((part > 0) & (part < threshold)) | (above.moved & (part < threshold))
    divisor = np.maximum(1, below.value)
    moved = above.moved | below.moved
    # the twin may take a small sum of ages or days below zero; a mean of them is never there
    figure = mesure.pour / mesure.divise * np.where(moved, np.maximum(0, above.value), above.value) / divisor
    error = np.maximum(above.margin / np.maximum(1, above.value), below.margin / divisor)
    margin = np.where(moved, np.abs(figure) * error, 0.0)
    coarse = np.zeros(len(figure), np.bool_)
    if not mesure.personnes and threshold:
        for digits in range(mesure.decimales):  # as many as there are people enough for
            here = (size >= threshold * 10**digits) & (size < threshold * 10 ** (digits + 1)) & ~moved
            figure = np.where(here, figure.round(digits), figure)
            margin = np.where(here, 0.5 / 10**digits, margin)
            coarse |= here
    state = np.select([below.zero(), hidden, moved | coarse], [NOT_APPLICABLE, SECRET, APPROXIMATE], EXACT)
    return Shown(state.astype(np.int8), figure, margin)


def against(mesure: IndiceMesure, shown: Shown, reference: NDArray[np.float64], *, threshold: int) -> Shown:
    """Return a ratio set against that of a reference, float64[cells]; where there is no reference there is nothing.

    An open reader is told it of noised sums alone: of exact ones, it would say too much of them.
    """
    known = reference > 0
    factor = mesure.pour / np.where(known, reference, 1.0)
    secret = (shown.state == EXACT) & (threshold > 0)
    state = np.select([~known, secret], [NOT_APPLICABLE, SECRET], shown.state).astype(np.int8)
    return Shown(state, shown.figure * factor, shown.margin * factor)


def shown_deviation(count: Sums, total: Sums, squares: Sums, *, threshold: int) -> Shown:
    """Return what is shown of a standard deviation, that of ``total`` over ``count``.

    An open reader is told it of noised squares alone, where their noise leaves something of it: of exact ones, it would
    have to be rounded to say no sum.
    """
    people = np.maximum(1, count.value)
    mean = total.value / people
    figure = np.sqrt(np.maximum(0.0, squares.value / people - mean**2))
    around = (squares.margin + 2 * mean * total.margin) / people
    margin = around / np.maximum(2 * figure, 1e-9)
    hidden = count.small(threshold) | total.silent | squares.silent | (margin > figure)
    if threshold:
        hidden |= ~squares.moved
    state = np.select([count.zero(), hidden, squares.moved], [NOT_APPLICABLE, SECRET, APPROXIMATE], EXACT)
    return Shown(state.astype(np.int8), figure, margin)


def shown_share(part: Sums, whole: Sums, *, carriers: Sequence[Sums] = (), threshold: int) -> Shown:
    """Return what is shown of a share of a total, in percent; ``carriers`` as in `shown_ratio`."""
    hidden = part.small(threshold) | whole.small(threshold)
    if carriers:
        hidden |= few(carriers, threshold=threshold) & ~part.zero()
    divisor = np.maximum(1, whole.value)
    figure = 100 * part.value / divisor
    moved = part.moved | whole.moved
    error = part.margin / np.maximum(1, part.value) + whole.margin / divisor
    state = np.select([whole.zero(), hidden, moved], [NOT_APPLICABLE, SECRET, APPROXIMATE], EXACT)
    return Shown(state.astype(np.int8), figure, figure * error)


def shown_outside(inside: Sums, whole: Sums, *, complement: bool = False, threshold: int) -> Shown:
    """Return the part of a whole that is not inside, in percent, or with ``complement`` the part that is.

    Neither may be told where the inside or the outside counts few people.
    """
    part = inside.value
    outside = whole.value - part
    moved = inside.moved | whole.moved
    hidden = whole.small(threshold) | inside.small(threshold)
    hidden |= (outside < threshold) & ((outside > 0) | moved)
    divisor = np.maximum(1, whole.value)
    figure = 100 * (part if complement else outside) / divisor
    margin = np.where(moved, 100 * (inside.margin + whole.margin) / divisor, 0.0)
    state = np.select([whole.zero(), hidden, moved], [NOT_APPLICABLE, SECRET, APPROXIMATE], EXACT)
    return Shown(state.astype(np.int8), np.clip(figure, 0, 100), margin)


def shown_difference(one: Shown, other: Shown) -> Shown:
    """Return one minus other, as far as what both show tells it."""
    told = [(c.state == EXACT) | (c.state == APPROXIMATE) for c in (one, other)]
    near = (one.state == APPROXIMATE) | (other.state == APPROXIMATE)
    state = np.select([~(told[0] & told[1]), near], [SECRET, APPROXIMATE], EXACT)
    return Shown(state.astype(np.int8), one.figure - other.figure, np.where(near, one.margin + other.margin, 0.0))


def hide_parts(shown: Mapping[str, Shown], champ: Champ) -> dict[str, Shown]:
    """Return sums with what must not be said of the parts of others: a small group is not broken down.

    Zeros within a masked sum are kept secret; so is, within a secret one, that a part is small: it may be nothing.
    """
    found = {}
    for name, column in shown.items():
        wholes = [o for o in shown if set(champ.feuilles(name)) < set(champ.feuilles(o))]
        state = column.state
        for whole in wholes:
            zeros = (state == EXACT) & (shown[whole].state == MASKED)
            few = (state == MASKED) & (shown[whole].state == SECRET)
            state = np.where(zeros | few, SECRET, state).astype(np.int8)
        found[name] = Shown(state, column.figure, column.margin)
    return found
