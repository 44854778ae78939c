"""Who the stays are of: people who come back, mostly to the same hospital, with one anonymous number all along.

A patient has a sex, a year of birth and a home. Most are known to one hospital only; a few are *mobile*: several
hospitals draw them from the people of their home, and so share them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

STAYS_A_PATIENT = 1.7
VISITS = 1.0
"""Lines for each person whom a hospital may draw: as not all are drawn, and as hospitals share the mobile ones, a
patient has about STAYS_A_PATIENT lines."""
MOBILE = 0.2
CHAINING_ERRORS = 0.02
_BORN_FROM = 1850
_YEARS_OF_BIRTH = 256
_SCATTER = np.uint64(6364136223846793005)
"""An odd number: multiplying by it mixes the numbers without making two of them equal."""


@dataclass(frozen=True)
class Patients:
    """Of each line: ``numbers`` uint64, who it is; ``homes`` int64, index of the residence code."""

    numbers: NDArray[np.uint64]
    homes: Ints


def draw_patients(
    rng: np.random.Generator,
    hospital: int,
    *,
    sexes: Ints,
    births: Ints,
    residences: NDArray[np.float64],
    people: NDArray[np.float64],
) -> Patients:
    """Say which patient each line of a hospital is of; sex and year of birth are given.

    Args:
        rng: source of chance.
        hospital: its rank in the country.
        sexes: int64[lines], 1 or 2.
        births: int64[lines], years of birth.
        residences: float64[codes], shares of the residence codes among the hospital's patients.
        people: float64[codes], patients who live in each.
    """
    cohorts = (sexes - 1) * _YEARS_OF_BIRTH + births - _BORN_FROM
    persons = np.ceil(np.bincount(cohorts) / VISITS).astype(np.int64)
    first = np.cumsum(persons) - persons
    person = first[cohorts] + (rng.random(len(cohorts)) * persons[cohorts]).astype(np.int64)

    total = int(persons.sum())
    home = np.searchsorted(np.cumsum(residences), rng.random(total) * residences.sum()).clip(max=len(residences) - 1)
    cohort = np.repeat(np.arange(len(persons)), persons)
    # those of one home, sex and year of birth: many among newborns, few elsewhere
    neighbours = np.maximum(1, people[home] * MOBILE * persons[cohort] / total).astype(np.int64)
    shared = ((home * 2 * _YEARS_OF_BIRTH + cohort) << 20) + (rng.random(total) * neighbours).astype(np.int64)
    own = (1 << 52) + (hospital << 32) + np.arange(total)
    identity = np.where(rng.random(total) < MOBILE, shared, own).astype(np.uint64)
    return Patients((identity * _SCATTER & np.uint64((1 << 53) - 1))[person], home[person])


def last_stays(numbers: NDArray[np.uint64], days: Ints) -> NDArray[np.bool_]:
    """Return which lines are the last of their patient, by day."""
    order = np.lexsort((days, numbers))
    last = np.ones(len(order), bool)
    last[order[:-1]] = numbers[order[1:]] != numbers[order[:-1]]
    return last


def chaining_columns(
    rng: np.random.Generator, numbers: NDArray[np.uint64], entries: Ints
) -> dict[str, NDArray[np.bytes_]]:
    """Return the chaining columns of ANO lines.

    The day number (``delai``) counts from a day of the patient's own: only differences between stays mean something.

    Args:
        rng: source of chance.
        numbers: uint64[lines].
        entries: int64[lines], day of entry, counted from any day.
    """
    lines = len(numbers)
    codes = np.array([b"000000000", b"100000000", b"010000000", b"001000000", b"000100000", b"000000001"])
    wrong = rng.random(lines) < CHAINING_ERRORS
    kind = np.where(wrong, rng.integers(1, len(codes), lines), 0)
    origin = 10_000 + (numbers % np.uint64(20_000)).astype(np.int64)
    return {
        "codes_retour": codes[kind],
        "numero_anonyme": digits(numbers, 16, prefix=b"P"),
        "delai": digits(origin + entries, 5),
    }


def digits(values: NDArray[np.uint64] | Ints, width: int, *, prefix: bytes = b"") -> NDArray[np.bytes_]:
    """Return non-negative numbers as zero-padded text of ``width`` digits after a prefix."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.uint64)
    characters = (values.astype(np.uint64)[:, None] // powers % np.uint64(10) + np.uint64(ord("0"))).astype(np.uint8)
    start = np.tile(np.frombuffer(prefix, np.uint8), (len(values), 1))
    return np.ascontiguousarray(np.hstack([start, characters])).view(f"S{len(prefix) + width}").ravel()
