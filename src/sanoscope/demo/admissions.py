"""Who enters a service of SMR, HAD or psychiatry: patients whom a hospital sends there, and others.

Those sent keep the number that they have in the MCO files, so the fields are chained; a fifth of the others are people
whom MCO hospitals may draw too (`patients.MOBILE`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sanoscope.demo.patients import draw_patients, last_stays
from sanoscope.demo.records import EPOCH, Bools, Codes, Ints, calendar
from sanoscope.demo.stays import Hospital, Stays

OLDEST = 104
DAYS_A_MONTH = 30.4
NARROWEST = 1e-9
"""Of no profile: what keeps the chances of an age that none is made for above zero."""


@dataclass(frozen=True)
class Profile:
    """Patients of one kind of care.

    Attributes:
        share: of the service's stays, before any other.
        age, spread: mean and standard deviation of age (years).
        women: share of women.
    """

    share: float
    age: float
    spread: float
    women: float = 0.5


def specialised(rng: np.random.Generator, profiles: Sequence[Profile], kept: int) -> list[Profile]:
    """Return the profiles with a share of 0 for all but so many, the usual ones more often."""
    chosen = set(rng.choice(len(profiles), kept, replace=False, p=_shares(profiles)).tolist())
    return [profile if i in chosen else replace(profile, share=0.0) for i, profile in enumerate(profiles)]


@dataclass(frozen=True)
class Admissions:
    """Who enters, one entry a stay.

    Attributes:
        numbers: uint64[stays], who.
        sexes, ages: int64[stays], 1 or 2, years.
        homes: bytes5[stays], geographic code of residence.
        entries: int64[stays], day of entry, counted from `records.EPOCH`.
        origins: bytes1[stays], the official code of where they come from (1 MCO, 2 SMR), or "" for home.
        finals: bool[stays], nothing of theirs that is known here comes later: they may die.
    """

    numbers: NDArray[np.uint64]
    sexes: Ints
    ages: Ints
    homes: Codes
    entries: Ints
    origins: Codes
    finals: Bools

    def __len__(self) -> int:
        """How many stays."""
        return len(self.numbers)

    def where(self, kept: Bools | Ints) -> "Admissions":
        """Return those that a mask keeps, or those of these ranks."""
        return Admissions(
            self.numbers[kept],
            self.sexes[kept],
            self.ages[kept],
            self.homes[kept],
            self.entries[kept],
            self.origins[kept],
            self.finals[kept],
        )


def joined(*parts: Admissions) -> Admissions:
    """Return all of them, one after the other."""
    return Admissions(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.sexes for part in parts]),
        np.concatenate([part.ages for part in parts]),
        np.concatenate([part.homes for part in parts]),
        np.concatenate([part.entries for part in parts]),
        np.concatenate([part.origins for part in parts]),
        np.concatenate([part.finals for part in parts]),
    )


def sent_to(stays: Stays, destination: bytes) -> Admissions:
    """Return the patients of a hospital who leave for a destination (2 SMR, 4 psychiatry, 6 HAD), the same day."""
    sent = stays.fixed["destination"] == destination
    return Admissions(
        stays.numbers,
        stays.fixed["sexe"],
        stays.fixed["age_ans"],
        stays.fixed["code_geo"],
        stays.exits,
        np.full(len(sent), b"1"),
        last_stays(stays.numbers, stays.exits),
    ).where(sent)


@dataclass(frozen=True)
class Catchment:
    """Where the patients of a service who are not sent to it come from.

    Attributes:
        hospital: the hospital beside it, whose patients' homes are theirs.
        number: a rank of its own, after those of hospitals: its patients are no others'.
        codes: bytes5[codes], geographic codes.
        people: float64[codes], patients who live in each.
    """

    hospital: Hospital
    number: int
    codes: Codes
    people: NDArray[np.float64]


def admissions(
    rng: np.random.Generator,
    catchment: Catchment,
    profiles: Sequence[Profile],
    sent: Admissions,
    *,
    most: float,
    stays: Mapping[int, int],
    months: Mapping[int, int],
) -> tuple[Admissions, Ints]:
    """Draw who enters a service; return them and the rank of the profile of each.

    Args:
        rng: source of chance.
        catchment: where the others come from.
        profiles: the kinds of care.
        sent: who may be sent there; taken at random.
        most: the greatest share of the entries that they make.
        stays: how many entries, by year.
        months: last month, by year.
    """
    entered = calendar(sent.entries)[0]
    chosen = [rng.permutation(np.flatnonzero(entered == year))[: int(n * most)] for year, n in stays.items()]
    followers = sent.where(np.sort(np.concatenate(chosen)))
    others = {year: count - len(taken) for (year, count), taken in zip(stays.items(), chosen, strict=True)}
    which = rng.choice(len(profiles), sum(others.values()), p=_shares(profiles))
    new = _others(rng, catchment, [profiles[i] for i in which], others, months)
    return joined(followers, new), np.concatenate([_fitting(rng, profiles, followers), which])


def _shares(profiles: Sequence[Profile]) -> NDArray[np.float64]:
    shares = np.array([profile.share for profile in profiles])
    return np.asarray(shares / shares.sum(), np.float64)


def _fitting(rng: np.random.Generator, profiles: Sequence[Profile], people: Admissions) -> Ints:
    """Return a profile for each, likely for their age and sex."""
    ages, spreads, women = (np.array([getattr(p, name) for p in profiles]) for name in ("age", "spread", "women"))
    distance = (people.ages[:, None] - ages) / spreads
    chances = _shares(profiles) * (np.exp(-(distance**2) / 2) / spreads + NARROWEST)
    chances = chances * np.where(people.sexes[:, None] == 2, women, 1 - women)
    upto = np.cumsum(chances, axis=1)
    drawn = rng.random(len(people))[:, None] * upto[:, -1:]
    return np.asarray((upto < drawn).sum(axis=1), np.int64)


def _others(
    rng: np.random.Generator,
    catchment: Catchment,
    profiles: Sequence[Profile],
    counts: Mapping[int, int],
    months: Mapping[int, int],
) -> Admissions:
    """Draw people who come from home on any day of the first months of each year, so many by year."""
    count = len(profiles)
    ages, spreads, women = (np.array([getattr(p, name) for p in profiles]) for name in ("age", "spread", "women"))
    sexes = np.where(rng.random(count) < women, 2, 1)
    years = np.repeat(list(counts), list(counts.values()))
    age = np.abs(rng.normal(ages, spreads)).clip(0, OLDEST).astype(np.int64)
    new_year = ((years - 1970).astype("datetime64[Y]").astype("datetime64[D]") - EPOCH).astype(np.int64)
    open_days = np.array([months[year] for year in counts]).repeat(list(counts.values())) * DAYS_A_MONTH
    entries = new_year + (rng.random(count) * open_days).astype(np.int64)
    patients = draw_patients(
        rng,
        catchment.number,
        sexes=sexes,
        births=years - age,
        residences=catchment.hospital.residences,
        people=catchment.people,
    )
    return Admissions(
        patients.numbers,
        sexes,
        age,
        catchment.codes[patients.homes],
        entries,
        np.full(count, b"", "S1"),
        last_stays(patients.numbers, entries),
    )
