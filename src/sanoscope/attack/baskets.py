"""Baskets that a reader would make: at random, and against someone."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sanoscope.attack.world import UNKNOWN, Establishment, Place, Year, basket

Chain = tuple[Place, ...]
"""Places, each within the one before: what is between two of them is a difference that a reader can compute."""


def chains(year: Year, *, small: Sequence[str], rng: np.random.Generator) -> Iterator[Chain]:
    """Yield chains without end, each kind in turn.

    Args:
        year: who there is.
        small: establishments of which small counts are masked, the most first; those that are attacked.
        rng: source of chance.
    """
    everyone = [e.finess for e in year.etablissements]
    by_finess = {e.finess: e for e in year.etablissements}
    zones = _zones(year)
    targets = list(small) or everyone
    makers = (_nested, _pair, _all_but_one_of_zone, _random, _all_but_one, _sector_of_zone)
    while True:
        for make in makers:
            target = targets[min(len(targets) - 1, int(rng.exponential(max(1.0, len(targets) / 3))))]
            chain = make(by_finess[target], everyone, zones, year, rng)
            if all(place.members for place in chain):
                yield chain


Zones = Mapping[str, Sequence[str]]


def _zones(year: Year) -> dict[str, list[str]]:
    zones: dict[str, list[str]] = {}
    for one in year.etablissements:
        zones.setdefault(one.departement, []).append(one.finess)
    return zones


def _nested(target: Establishment, everyone: list[str], zones: Zones, _: Year, rng: np.random.Generator) -> Chain:
    """A basket that loses its members one by one, the target first."""
    pool = zones[target.departement] if rng.random() < 0.5 else everyone
    others = [f for f in pool if f != target.finess]
    rng.shuffle(others)
    members = [target.finess, *others[: 2 + int(rng.integers(0, 4))]]
    return tuple(basket(members[i:]) for i in range(len(members)))


def _pair(target: Establishment, everyone: list[str], _: Zones, __: Year, rng: np.random.Generator) -> Chain:
    """The target beside another, and that other alone, by its own page."""
    other = everyone[int(rng.integers(len(everyone)))]
    return basket({target.finess, other}), Place({"etablissement": other}, frozenset({other}))


def _all_but_one_of_zone(
    target: Establishment, everyone: list[str], zones: Zones, year: Year, rng: np.random.Generator
) -> Chain:
    """A département, and the same without the target."""
    if target.departement in UNKNOWN:
        return _all_but_one(target, everyone, zones, year, rng)
    members = frozenset(zones[target.departement])
    whole = Place({"zone": f"departement:{target.departement}"}, members)
    return whole, basket(members - {target.finess})


def _all_but_one(target: Establishment, everyone: list[str], _: Zones, __: Year, ___: np.random.Generator) -> Chain:
    """France, and the same without the target."""
    return Place({}, frozenset(everyone)), basket(set(everyone) - {target.finess})


def _random(_: Establishment, everyone: list[str], __: Zones, ___: Year, rng: np.random.Generator) -> Chain:
    """Any basket."""
    size = min(len(everyone), 2 + int(rng.geometric(0.1)))
    return (basket(rng.choice(everyone, size, replace=False).tolist()),)


def _sector_of_zone(target: Establishment, _: list[str], __: Zones, year: Year, rng: np.random.Generator) -> Chain:
    """A zone, and its public or private establishments: criteria that cross."""
    kind = "departement" if rng.random() < 0.5 else "region"
    code, sector = getattr(target, kind), target.secteur
    members = frozenset(e.finess for e in year.etablissements if getattr(e, kind) == code)
    part = frozenset(e.finess for e in year.etablissements if getattr(e, kind) == code and e.secteur == sector)
    if {code, sector} & UNKNOWN or part == members:
        return (basket(members),)
    zone = {"zone": f"{kind}:{code}"}
    return Place(zone, members), Place({**zone, "secteur": sector}, part, node=False)
