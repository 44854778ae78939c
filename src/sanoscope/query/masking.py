"""From the measures of a table to what `disclosure` protects, and back to the state of each cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanoscope.catalogue.field import Champ, Mesure
from sanoscope.disclosure.table import Forms, Mask, Protection, protect
from sanoscope.query.table import State

Ints = NDArray[np.int64]


def needed_sums(mesures: Sequence[Mesure]) -> tuple[str, ...]:
    """Return the sums that measures are made of."""
    names: list[str] = []
    for mesure in mesures:
        if mesure.genre == "rapport":
            names += [mesure.numerateur, mesure.denominateur]
        elif mesure.genre != "distinct":
            names.append(mesure.de)
    return tuple(dict.fromkeys(names))


def leaves(champ: Champ, name: str, held: Sequence[str]) -> tuple[str, ...]:
    """Return the sums that a sum is the sum of, as far as the cube holds them; itself where it holds none."""
    parts = champ.sommes[name].egale
    if not parts or not set(parts) <= set(held):
        return (name,)
    return tuple(leaf for part in parts for leaf in leaves(champ, part, held))


@dataclass(frozen=True)
class Masks:
    """The masks of a table of several periods.

    Attributes:
        protection: what `disclosure` decided; forms are those of the first period, then of the next.
        sums: index of each sum's form within a period.
        complements: index of the form « denominator − numerator » of each ratio of people.
        width: forms of one period.
    """

    protection: Protection
    sums: dict[str, int]
    complements: dict[str, int]
    width: int

    def sum_state(self, name: str, *, row: int, period: int, total: bool) -> State:
        """Return the state of a sum in a row (or a group's total)."""
        if name not in self.sums:
            return State.EXACT
        return _STATES[self._mask(self.sums[name], row, period, total)]

    def ratio_state(self, name: str, mesure: Mesure, *, row: int, period: int, total: bool) -> State:
        """Return the state of a ratio: shown only where its parts, and their difference, could be."""
        if mesure.genre != "rapport":
            raise TypeError(f"{name} is not a ratio")
        forms = [self.sums[n] for n in (mesure.numerateur, mesure.denominateur) if n in self.sums]
        if name in self.complements:
            forms.append(self.complements[name])
        masked = any(self._mask(form, row, period, total) != Mask.SHOWN for form in forms)
        return State.SECONDARY if masked else State.EXACT

    def _mask(self, form: int, row: int, period: int, total: bool) -> Mask:  # noqa: FBT001 - private
        masks = self.protection.totals if total else self.protection.rows
        return Mask(int(masks[row, period * self.width + form]))


_STATES = {Mask.SHOWN: State.EXACT, Mask.PRIMARY: State.PRIMARY, Mask.SECONDARY: State.SECONDARY}


def mask(
    champ: Champ,
    mesures: dict[str, Mesure],
    sums: dict[str, Ints],
    groups: Ints,
    *,
    threshold: int,
) -> Masks:
    """Protect a table.

    Args:
        champ: the field: identities, units, what counts people.
        mesures: the measures shown, by name.
        sums: int64[rows, periods] by sum: the needed sums and their leaves.
        groups: int64[rows], group of each row (each has a total).
        threshold: smallest count of people that may be shown.
    """
    wanted = [n for n in needed_sums(list(mesures.values())) if champ.sommes[n].effectif]
    parts = {name: leaves(champ, name, list(sums)) for name in wanted}
    base = tuple(dict.fromkeys(leaf for leaf_names in parts.values() for leaf in leaf_names))
    vector = {name: np.isin(base, leaf_names).astype(np.int64) for name, leaf_names in parts.items()}
    forms: list[Ints] = list(vector.values())
    complements = {}
    for name, mesure in mesures.items():
        if mesure.genre == "rapport" and mesure.personnes:
            complements[name] = len(forms)
            forms.append(vector[mesure.denominateur] - vector[mesure.numerateur])
    seen = len(forms)
    forms += _structural(champ, base, list(sums))
    one = Forms(np.array(forms).T, np.arange(len(forms)) < seen, _units(champ, base))
    periods = next(iter(sums.values())).shape[1]
    counts = np.hstack([np.stack([sums[name][:, p] for name in base], axis=1) for p in range(periods)])
    protection = protect(counts, groups, _repeated(one, periods), threshold=threshold)
    return Masks(protection, {name: i for i, name in enumerate(vector)}, complements, len(forms))


def _structural(champ: Champ, base: tuple[str, ...], held: list[str]) -> list[Ints]:
    """Forms that nobody sees but that everybody knows cannot be negative."""
    rows = list(np.eye(len(base), dtype=np.int64))
    for greater, smaller in champ.positives:
        parts = [set(leaves(champ, name, held)) for name in (greater, smaller)]
        if parts[0] | parts[1] <= set(base):
            rows.append(np.isin(base, list(parts[0])).astype(np.int64) - np.isin(base, list(parts[1])).astype(np.int64))
    return rows


def _units(champ: Champ, base: tuple[str, ...]) -> Ints:
    """What one more person adds to the base columns; a column that no declared unit touches is its own."""
    units = {tuple(int(name in unit) for name in base) for unit in champ.unites} - {(0,) * len(base)}
    touched = np.array(sorted(units), np.int64).reshape(-1, len(base)).any(axis=0)
    own = [tuple(row) for row in np.eye(len(base), dtype=np.int64)[~touched].tolist()]
    return np.array(sorted(units) + own, np.int64).reshape(-1, len(base))


def _repeated(one: Forms, periods: int) -> Forms:
    """The same forms for each period, side by side."""
    if periods == 1:
        return one
    blocks = np.eye(periods, dtype=np.int64)
    return Forms(
        np.kron(blocks, one.coefficients).astype(np.int64),
        np.tile(one.seen, periods),
        np.kron(blocks, one.units).astype(np.int64),
    )
