"""The stays of one hospital in one year, drawn at once; nothing loops over stays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanoscope.demo.casemix import ACTS, ASSOCIATED, Casemix

Ints = NDArray[np.int64]
STAYS_A_PATIENT = 1.7
CHAINING_ERRORS = 0.02
PIE = 0.004


@dataclass(frozen=True)
class Hospital:
    """What drawing its stays needs to know of a hospital.

    Attributes:
        finess, category: who it is.
        volumes: float64[ghm], shares of its lines.
        residences: float64[codes], shares of the residence codes among its patients.
    """

    finess: str
    category: str
    volumes: NDArray[np.float64]
    residences: NDArray[np.float64]


@dataclass(frozen=True)
class Stays:
    """Columns of RSA and ANO lines: see `files`."""

    fixed: dict[str, NDArray[np.generic] | Ints]
    zones: dict[str, dict[str, NDArray[np.generic] | Ints]]
    chaining: dict[str, NDArray[np.generic] | Ints]
    sessions: int


def draw_stays(
    rng: np.random.Generator,
    hospital: Hospital,
    casemix: Casemix,
    codes: NDArray[np.bytes_],
    people: NDArray[np.float64],
    *,
    year: int,
    lines: int,
    months: int,
) -> Stays:
    """Draw the lines of a hospital from January to a month.

    Args:
        rng: source of chance, one for each hospital and year.
        hospital: who.
        casemix: what is done.
        codes: bytes5[codes], geographic codes.
        people: float64[codes], how many patients live in each in a year of the demo.
        year: year of discharge.
        lines: how many.
        months: last month.
    """
    which = np.searchsorted(np.cumsum(hospital.volumes), rng.random(lines) * hospital.volumes.sum())
    session = casemix.sessions[which]
    age = np.clip(rng.normal(casemix.ages[which], np.where(casemix.ages[which] < 1, 0.1, 14)), 0, 104).astype(np.int64)
    mother = casemix.women[which] == 1.0
    age = np.where(mother, np.clip(age, 15, 49 + 30 * (casemix.ages[which] > 40)), age)
    sex = np.where(rng.random(lines) < casemix.women[which], 2, 1)
    nights = np.where(
        casemix.nights[which] > 0, rng.geometric(1 / (1 + casemix.nights[which])) - 1 + ~casemix.day[which], 0
    ).astype(np.int64)
    dead = ~session & (rng.random(lines) < 0.0004 + 0.05 * (age / 100) ** 4 * np.sqrt(1 + nights))
    home = np.searchsorted(np.cumsum(hospital.residences), rng.random(lines) * hospital.residences.sum())
    month = rng.integers(1, months + 1, lines)
    units = np.where(session | (nights == 0), 1, 1 + (rng.random(lines) < 0.15) + (rng.random(lines) < 0.05))
    associated = np.where(session, 0, np.minimum(rng.poisson(0.6 + nights / 4), 12))
    acts = np.minimum(rng.poisson(np.where(casemix.surgical[which], 1.6, 0.4)), 9)
    entry = rng.choice(np.array([b"8", b"7", b"6"]), lines, p=[0.93, 0.04, 0.03])
    fixed: dict[str, NDArray[np.generic] | Ints] = {
        "finess": np.full(lines, hospital.finess.encode()),
        "cle_rsa": np.arange(1, lines + 1),
        "ghm_lu": casemix.codes[which],
        "ghm": casemix.codes[which],
        "retour_groupage": np.full(lines, b"000"),
        "nb_rum": units.astype(np.int64),
        "age_ans": age,
        "sexe": sex,
        "mode_entree": entry,
        "provenance": np.where((entry == b"8") & (rng.random(lines) < 0.3) & (nights > 0), b"5", b" "),
        "mois_sortie": month,
        "annee_sortie": np.full(lines, year),
        "mode_sortie": np.where(dead, b"9", np.where(rng.random(lines) < 0.05, b"7", b"8")),
        "type_sejour": np.where(rng.random(lines) < PIE, rng.choice(np.array([b"A", b"B"]), lines), b" "),
        "duree": nights,
        "code_geo": codes[home],
        "code_postal": codes[home],
        "nb_seances": np.where(session, np.where(rng.random(lines) < 0.05, rng.integers(2, 12, lines), 1), 0),
        "nb_autorisations": np.zeros(lines, np.int64),
        "nb_radiotherapie": np.zeros(lines, np.int64),
        "ghs": np.full(lines, b"0001"),
        "dp": casemix.diagnoses[which],
        "nb_das": associated,
        "nb_zones_actes": acts,
    }
    zones = _zones(rng, hospital, casemix.diagnoses[which], units, associated, acts, nights)
    chaining = _chaining(rng, home, sex, year - age, people, fixed["cle_rsa"], month, year)
    return Stays(fixed, zones, chaining, int(session.sum()))


def _zones(
    rng: np.random.Generator,
    hospital: Hospital,
    diagnosis: NDArray[np.bytes_],
    units: Ints,
    associated: Ints,
    acts: Ints,
    nights: Ints,
) -> dict[str, dict[str, NDArray[np.generic] | Ints]]:
    line = np.repeat(np.arange(len(units)), units)
    rank = np.arange(len(line)) - np.repeat(np.cumsum(units) - units, units)
    first = rank == 0
    return {
        "unites": {
            "numero_rum": rank + 1,
            "finess_geo": np.full(len(line), hospital.finess.encode()),
            "dp": diagnosis[line],
            "nb_das": np.where(first, associated[line], 0),
            "nb_zones_actes": np.where(first, acts[line], 0),
            "duree": np.where(first, nights[line], 0),
        },
        "diagnostics": {"code": rng.choice(np.array(ASSOCIATED, "S6"), int(associated.sum()))},
        "actes": {
            "code_ccam": rng.choice(np.array(ACTS, "S7"), int(acts.sum())),
            "phase": np.full(int(acts.sum()), b"0"),
            "activite": np.full(int(acts.sum()), b"1"),
            "nb_realisations": np.ones(int(acts.sum()), np.int64),
        },
    }


def _chaining(
    rng: np.random.Generator,
    home: Ints,
    sex: Ints,
    born: Ints,
    people: NDArray[np.float64],
    keys: NDArray[np.generic] | Ints,
    month: Ints,
    year: int,
) -> dict[str, NDArray[np.generic] | Ints]:
    """A patient is one of those who live there, of that sex, born that year: the same number everywhere, every year."""
    # newborns are all of one year; the others spread over a century
    neighbours = np.maximum(1, people[home] / np.where(born >= year - 1, 8, 200)).astype(np.int64)
    person = (rng.random(len(home)) * neighbours).astype(np.int64)
    identity = ((home * 2 + sex - 1) * 256 + (born - 1850)) * 4096 + person % 4096
    scattered = (identity.astype(np.uint64) * np.uint64(6364136223846793005)) & np.uint64((1 << 53) - 1)
    return {
        "codes_retour": np.where(rng.random(len(home)) < CHAINING_ERRORS, b"000001000", b"000000000"),
        "numero_anonyme": np.char.add("P", np.char.zfill(scattered.astype("U16"), 16)).astype("S17"),
        "delai": 40000 + (year - 2011) * 365 + month * 30,
        "cle_rsa": keys,
        "mois": month,
        "annee_fichier": np.full(len(home), year),
    }
