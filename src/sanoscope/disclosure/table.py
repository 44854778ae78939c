"""Protecting one table: its rows, columns, sums of columns and totals, all together.

The table is a matrix x of non-negative integers: rows × base columns. What a reader sees of it, or can compute from
what he sees, are *forms*: integer combinations of base columns (``total = full + part``), for each row and for
each total (the sum of the rows of a group). A value of a form is *small* from 1 to threshold − 1.

The protection is a set W of *moves*. A move w adds to some cells of x and takes from others: the product of a
pattern of columns (one unit, or one unit against another) and a pattern of rows (one row, or one row against another).
A unit is what one more person changes: several base columns at once (one stay more is one man more as well).
A move is *legal* when x + w tells a reader the same story as x: what was zero is zero, what was small is small, what
was large is large, and what cannot be negative is not. For every small value of the table, W holds a legal move that
changes it. A value is shown exactly when no move of W changes it.

Why nothing small can be computed back. Let c be small, w in W a legal move that changes c. Every value shown exactly
is the same in x and in x + w, by construction; every masked value bears the same label in both. So x and x + w give
the very same published table, and c differs between them: whatever a reader combines, equations, bounds,
integrality, he cannot tell which of the two is true. The moves are thus the certificate: `check` verifies it.

This is complementary suppression (Fischetti and Salazar 2000) with the alternative table kept as the proof, and
the patterns restricted to at most two rows and two units so that a greedy search is enough. It protects one table; many
tables together are the business of the lattice.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Mask(IntEnum):
    """What becomes of a value."""

    SHOWN = 0
    PRIMARY = 1
    SECONDARY = 2


@dataclass(frozen=True, slots=True)
class Forms:
    """What can be seen of a row of base counts.

    Attributes:
        coefficients: int64[base columns, forms].
        seen: bool[forms]: the reader sees or can compute it: it is protected. What is not seen must only stay ≥ 0.
        units: int64[units, base columns]: what one more person may add to a row.
    """

    coefficients: Ints
    seen: Bools
    units: Ints


@dataclass(frozen=True, slots=True)
class Move:
    """Add ``columns`` to row ``plus``, take it from row ``minus`` (−1: from none)."""

    plus: int
    minus: int
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Protection:
    """How a table may be shown.

    Attributes:
        rows: int8[rows, forms], `Mask` of each value.
        totals: int8[groups, forms], `Mask` of each group's total.
        moves: the certificate.
        uncertified: (row or rows + group, form) of the small values that no legal move changes; all that bears on them
            is masked.
    """

    rows: NDArray[np.int8]
    totals: NDArray[np.int8]
    moves: tuple[Move, ...]
    uncertified: tuple[tuple[int, int], ...]


def protect(counts: Ints, groups: Ints, forms: Forms, *, threshold: int = 11) -> Protection:
    """Choose what to mask so that no small value of the table can be computed back from the rest.

    Args:
        counts: int64[rows, base columns], non-negative.
        groups: int64[rows], group of each row, from 0; each group has a total.
        forms: what is seen of each row and each total.
        threshold: smallest count that may be shown.

    Returns:
        The masks, with the moves that prove them.
    """
    return _Search(counts, groups, forms, threshold).run()


def check(counts: Ints, groups: Ints, forms: Forms, protection: Protection, *, threshold: int = 11) -> None:
    """Verify a protection from its moves alone.

    Raises:
        ValueError: a move is not legal, changes something shown, or a certified small value is changed by none.
    """
    nodes = _nodes(counts, groups)
    values = nodes @ forms.coefficients
    masks = np.vstack([protection.rows, protection.totals])
    changed_by_some = np.zeros(values.shape, bool)
    for move in protection.moves:
        twin = counts.copy()
        twin[move.plus] += move.columns
        if move.minus >= 0:
            twin[move.minus] -= move.columns
        other = _nodes(twin, groups) @ forms.coefficients
        if (other < 0).any():
            raise ValueError(f"{move} makes a count negative")
        if (_label(other, threshold) != _label(values, threshold))[:, forms.seen].any():
            raise ValueError(f"{move} changes the label of a value")
        changed = (other != values) & forms.seen
        if (masks[changed] == Mask.SHOWN).any():
            raise ValueError(f"{move} changes a value that is shown")
        changed_by_some |= changed
    small = (_label(values, threshold) == 1) & forms.seen
    bare = {(int(node), int(form)) for node, form in np.argwhere(small & ~changed_by_some)}
    if bare - set(protection.uncertified):
        raise ValueError(f"no move changes {sorted(bare - set(protection.uncertified))}")


def _nodes(counts: Ints, groups: Ints) -> Ints:
    """Rows, then totals of the groups."""
    totals = np.zeros((int(groups.max()) + 1 if len(groups) else 0, counts.shape[1]), np.int64)
    np.add.at(totals, groups, counts)
    return np.vstack([counts, totals])


def _label(values: Ints, threshold: int) -> NDArray[np.int8]:
    """0 for zero, 1 for small, 2 for large."""
    return ((values > 0).astype(np.int8) + (values >= threshold)).astype(np.int8)


def _patterns(units: Ints) -> Ints:
    """Return int64[patterns, base]: ± one unit, one unit against another, each once."""
    against = (units[:, None, :] - units[None, :, :]).reshape(-1, units.shape[1])
    patterns = np.unique(np.vstack([units, -units, against]), axis=0)
    return np.asarray(patterns[(patterns != 0).any(axis=1)])


class _Search:
    """Greedy: the small values one after the other, each by the legal move that loses least."""

    def __init__(self, counts: Ints, groups: Ints, forms: Forms, threshold: int) -> None:
        self.rows = len(counts)
        self.groups = groups
        self.seen = forms.seen
        self.values = _nodes(counts, groups) @ forms.coefficients
        self.label = _label(self.values, threshold)
        self.masked = np.zeros(self.values.shape, bool)
        self.changed = np.zeros(self.values.shape, bool)
        self.patterns = _patterns(forms.units)
        self.effects = self.patterns @ forms.coefficients
        useful = (self.effects[:, forms.seen] != 0).any(axis=1)
        self.patterns, self.effects = self.patterns[useful], self.effects[useful]
        self.legal = np.stack([self._legal(effect, threshold) for effect in self.effects])
        patterns = {tuple(p): i for i, p in enumerate(self.patterns.tolist())}
        self.opposite = np.array([patterns[tuple(p)] for p in (-self.patterns).tolist()])
        # losing a total costs as much as losing a screen of rows; among rows the small ones go first
        size = np.log1p(self.values.clip(min=0))
        self.weight = np.where(np.arange(len(self.values))[:, None] < self.rows, 1 + size, 40 * (1 + size))
        self.weight *= (self.label == 2) & self.seen
        self.members = [np.flatnonzero(groups == g) for g in range(len(self.values) - self.rows)]
        self.price = np.full(self.legal.shape, np.inf)
        self._refresh(np.arange(len(self.values)))
        self.moves: list[Move] = []

    def run(self) -> Protection:
        small = (self.label == 1) & self.seen
        uncertified = []
        # totals first: a move that frees a total frees a row of it too
        for node, form in sorted(map(tuple, np.argwhere(small).tolist()), key=lambda c: (c[0] < self.rows, c)):
            if self.changed[node, form]:
                continue
            rows = [node] if node < self.rows else self.members[node - self.rows].tolist()
            best = min((self._best(row, form, total=node >= self.rows) for row in rows), default=None)
            if best is None or not np.isfinite(best[0]):
                uncertified.append((int(node), int(form)))
                self._withhold(node, form)
            else:
                self._apply(*best[1:])
        masks = np.where(small, Mask.PRIMARY, np.where(self.masked, Mask.SECONDARY, Mask.SHOWN)).astype(np.int8)
        return Protection(masks[: self.rows], masks[self.rows :], tuple(self.moves), tuple(uncertified))

    def _legal(self, effect: Ints, threshold: int) -> Bools:
        """Return bool[nodes]: adding the effect to the node keeps its labels and what cannot be negative."""
        after = self.values + effect
        same = (_label(after, threshold) == self.label) | ~self.seen
        zero_kept = (self.label != 0) | (effect == 0) | ~self.seen
        return np.asarray((same & zero_kept & (after >= 0)).all(axis=1))

    def _best(self, row: int, form: int, *, total: bool) -> tuple[float, int, int, int]:
        """Return (loss, pattern, row, partner or −1) of the best legal move that changes this row's form.

        With ``total`` the form of the group's total must change as well: no partner can make up for it.
        """
        group = int(self.groups[row])
        patterns = np.flatnonzero((self.effects[:, form] != 0) & self.legal[:, row])
        if not len(patterns):
            return (np.inf, -1, row, -1)
        own = self.price[patterns, row]
        alone = own + self.price[patterns, self.rows + group]
        first = int(np.argmin(alone))
        best = (float(alone[first]), int(patterns[first]), row, -1)
        members = self.members[group]
        if total or len(members) < 2:
            return best
        prices = self.price[np.ix_(self.opposite[patterns], members)]
        prices[:, members == row] = np.inf
        partner = np.argmin(prices, axis=1)
        together = own + prices[np.arange(len(patterns)), partner]
        first = int(np.argmin(together))
        return min(best, (float(together[first]), int(patterns[first]), row, int(members[partner[first]])))

    def _apply(self, pattern: int, plus: int, minus: int) -> None:
        self.moves.append(Move(plus, minus, tuple(self.patterns[pattern].tolist())))
        touched = (self.effects[pattern] != 0) & self.seen
        second = minus if minus >= 0 else self.rows + int(self.groups[plus])
        nodes = np.array([plus, second])
        self.masked[nodes] |= touched
        self.changed[nodes] |= touched
        self._refresh(nodes)

    def _withhold(self, node: int, form: int) -> None:
        """Mask all that bears on a value that no legal move changes: its node, and the totals above it."""
        nodes = np.array([node, self.rows + int(self.groups[node])] if node < self.rows else [node])
        self.masked[nodes] |= self.seen & (self.label[nodes] != 0)
        self._refresh(nodes)

    def _refresh(self, nodes: Ints) -> None:
        """Price what each pattern loses at each node: what it changes there and is still shown; ∞ where not legal."""
        lost = (self.effects != 0).astype(np.float64) @ (self.weight[nodes] * ~self.masked[nodes]).T
        self.price[:, nodes] = np.where(self.legal[:, nodes], lost, np.inf)
