"""What a service of SMR, HAD or psychiatry sends: its lines, the chaining of its stays, and who goes on elsewhere."""

from dataclasses import dataclass, replace

import numpy as np

from sanoscope.demo.admissions import Admissions
from sanoscope.demo.patients import chaining_columns
from sanoscope.demo.records import Bools, Columns, File, Ints, Records, file_of, items, taken

SCORES = ("habillage", "deplacement", "alimentation", "continence", "comportement", "relation")


@dataclass(frozen=True)
class Activity:
    """The stays of a service over the years.

    Attributes:
        lines: its files, the first one with a ``cle_sejour`` that the chaining follows; a ``mois`` is that of the
            transmission.
        chaining: columns of the ANO lines, one a stay; the stay of key k is the k-th.
        chained: kind of the ANO file.
        leaving: who leaves alive, on the day of exit.
    """

    lines: tuple[Records, ...]
    chaining: Columns
    chained: str
    leaving: Admissions

    def transmission(self, year: int, month: int) -> list[File]:
        """Return the files of a cumulative transmission; one that would be empty is not made."""
        parts = [records.until(year, month) for records in self.lines]
        keys = np.unique(parts[0].columns["cle_sejour"])
        chaining = taken(self.chaining, keys - 1) | {
            "cle_sejour": keys,
            "mois": np.full(len(keys), month),
            "annee_fichier": np.full(len(keys), year),
        }
        for part in (part for part in parts if "mois" in part.columns):
            part.columns["mois"] = np.full(len(part.months), month)
        return [file for part in parts for file in part.files(year)] + file_of(self.chained, year, chaining)


def chaining_of(rng: np.random.Generator, finess: str, stays: Admissions) -> Columns:
    """Return the chaining columns of stays."""
    return chaining_columns(rng, stays.numbers, stays.entries) | {"finess": np.full(len(stays), finess.encode())}


def leaving(stays: Admissions, exits: Ints, deaths: Bools, origin: bytes) -> Admissions:
    """Return those who leave alive, as who may enter elsewhere on that day."""
    return replace(stays, entries=exits, origins=np.full(len(stays), origin)).where(~deaths)


def person_columns(finess: str, stays: Admissions, of: Ints) -> Columns:
    """Return what each line says of its patient and of the establishment; ``of`` is the stay of each line."""
    return {
        "finess": np.full(len(of), finess.encode()),
        "finess_geo": np.full(len(of), finess.encode()),
        "age_ans": stays.ages[of],
        "sexe": stays.sexes[of],
        "code_geo": stays.homes[of],
        "code_postal": stays.homes[of],
    }


def movement_columns(stays: Admissions, deaths: Bools, of: Ints, *, first: Bools, last: Bools) -> Columns:
    """Return entry (8 home, 7 transfer) on the first line of each stay, exit (8 home, 9 death) on its last."""
    origins = stays.origins[of]
    return {
        "mode_entree": np.where(first, np.where(origins == b"", b"8", b"7"), b""),
        "provenance": np.where(first, origins, b""),
        "mode_sortie": np.where(last, np.where(deaths[of], b"9", b"8"), b""),
    }


def score_columns(rng: np.random.Generator, physical: np.ndarray, of: Ints) -> Columns:
    """Return scores of dependence, 1 (none) to 4, about a mean of each stay; those of behaviour are lower."""
    means = physical[of]
    return {
        f"avq_{name}": (means - lower + rng.normal(0, 0.7, len(of))).round().clip(1, 4).astype(np.int64)
        for name, lower in zip(SCORES, (0, 0, 0.3, 0.3, 0.9, 0.9), strict=True)
    }


def days_of(entries: Ints, durations: Ints) -> tuple[Ints, Ints, Ints]:
    """Return, of each day of each stay, the stay, the rank of the day in it from 0, and the day."""
    stay, rank = items(durations)
    return stay, rank, entries[stay] + rank
