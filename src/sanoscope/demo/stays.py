"""The stays of one hospital over the years, drawn at once; nothing loops over stays."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanoscope.demo.casemix import Casemix
from sanoscope.demo.codes import ASSOCIATED
from sanoscope.demo.patients import chaining_columns, digits, draw_patients, last_stays
from sanoscope.demo.records import EPOCH, Bools, Columns, File, Ints, file_of, items, taken, taken_items

PIE = 0.005
SEVERE = 6
"""From how many nights on a stay of the highest severity begins in intensive care, for a third of them."""
_COUNTERS = {"unites": "nb_rum", "diagnostics": "nb_das", "actes": "nb_zones_actes"}


@dataclass(frozen=True)
class Hospital:
    """What drawing its stays needs to know of a hospital.

    Attributes:
        number: its rank in the country.
        finess: who it is.
        volumes: float64[ghm], shares of its lines.
        residences: float64[codes], shares of the residence codes among its patients.
        ageing: how much older than elsewhere its patients are (years).
    """

    number: int
    finess: str
    volumes: NDArray[np.float64]
    residences: NDArray[np.float64]
    ageing: float


@dataclass(frozen=True)
class Stays:
    """Columns of RSA lines (``fixed``, ``zones``) and of their ANO lines (``chaining``).

    Attributes:
        fixed, chaining: arrays of one value a line.
        zones: arrays of one value an item, in the order of lines.
        numbers: uint64[lines], who each is of.
        exits: int64[lines], day of exit, counted from `records.EPOCH`.
        sessions: bool[lines].
    """

    fixed: Columns
    zones: dict[str, Columns]
    chaining: Columns
    numbers: NDArray[np.uint64]
    exits: Ints
    sessions: Bools

    def sent_by(self, year: int, month: int) -> Bools:
        """Return bool[lines]: which lines a cumulative transmission of that year and month holds."""
        return np.asarray((self.fixed["annee_sortie"] == year) & (self.fixed["mois_sortie"] <= month))

    def transmission(self, year: int, month: int) -> list[File]:
        """Return the RSA and ANO files of a cumulative transmission."""
        part = self.until(year, month)
        return [*file_of("rsa", year, part.fixed, part.zones), *file_of("ano", year, part.chaining)]

    def until(self, year: int, month: int) -> "Stays":
        """Return what a cumulative transmission of that year and month holds, its lines numbered from 1."""
        kept = self.sent_by(year, month)
        keys = {"cle_rsa": np.arange(1, int(kept.sum()) + 1)}
        return Stays(
            taken(self.fixed, kept) | keys,
            taken_items(self.zones, self.fixed, _COUNTERS, kept),
            taken(self.chaining, kept) | keys,
            self.numbers[kept],
            self.exits[kept],
            self.sessions[kept],
        )


def draw_stays(
    rng: np.random.Generator,
    hospital: Hospital,
    casemix: Casemix,
    codes: NDArray[np.bytes_],
    people: NDArray[np.float64],
    *,
    lines: Mapping[int, int],
    months: Mapping[int, int],
) -> Stays:
    """Draw the lines of a hospital.

    Args:
        rng: source of chance, one for each hospital.
        hospital: who.
        casemix: what is done.
        codes: bytes5[codes], geographic codes.
        people: float64[codes], how many patients live in each.
        lines: how many, by year.
        months: last month, by year.
    """
    years = np.repeat(np.array(list(lines)), list(lines.values()))
    last_months = np.repeat([months[year] for year in lines], list(lines.values()))
    count = len(years)
    month = 1 + (rng.random(count) * last_months).astype(np.int64)
    which = np.searchsorted(np.cumsum(hospital.volumes), rng.random(count) * hospital.volumes.sum())
    which = which.clip(max=len(casemix.codes) - 1)
    sex = np.where(rng.random(count) < casemix.women[which], 2, 1)
    age = _ages(rng, casemix, which, hospital.ageing)
    nights = _nights(rng, casemix, which)
    patients = draw_patients(
        rng, hospital.number, sexes=sex, births=years - age, residences=hospital.residences, people=people
    )
    starts = ((years - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]")
    exits = (starts - EPOCH).astype(np.int64) + rng.integers(0, 28, count)
    deaths = _deaths(rng, casemix, which, age, nights) & last_stays(patients.numbers, exits)
    deaths |= casemix.risks[which] == 1  # the GHM itself says so
    fixed: Columns = {
        "finess": np.full(count, hospital.finess.encode()),
        "ghm_lu": casemix.codes[which],
        "ghm": casemix.codes[which],
        "retour_groupage": np.where(casemix.cmd[which] == b"90", b"100", b"000"),
        "sexe": sex,
        "mois_sortie": month,
        "annee_sortie": years,
        "duree": nights,
        "code_geo": codes[patients.homes],
        "code_postal": codes[patients.homes],
        "nb_autorisations": np.zeros(count, np.int64),
        "nb_radiotherapie": np.zeros(count, np.int64),
        "ghs": casemix.ghs[which],
        "nb_reanimation": np.where(casemix.severe[which] & (nights >= SEVERE), nights // 3, 0),
        **_age_columns(rng, casemix, which, age),
        **_movements(rng, casemix, which, nights, deaths),
        **_contents(rng, casemix, which, nights),
    }
    chaining: Columns = {
        **chaining_columns(rng, patients.numbers, exits - nights),
        "finess": fixed["finess"],
        "mois": month,
        "annee_fichier": years,
    }
    zones = _zones(rng, fixed, casemix.acts[which])
    return Stays(fixed, zones, chaining, patients.numbers, exits, casemix.sessions[which])


def _ages(rng: np.random.Generator, casemix: Casemix, which: Ints, ageing: float) -> Ints:
    """Normal, folded back at the limits of the GHM."""
    low, high = casemix.youngest[which], casemix.oldest[which]
    drawn = casemix.ages[which] + casemix.spreads[which] * rng.standard_normal(len(which))
    drawn = drawn + np.where(high - low > 40, ageing, 0.0)
    above = np.abs(drawn - low)
    folded = np.floor(low + np.where(above > high - low, 2 * (high - low) - above, above))
    return np.asarray(folded.clip(low, high), np.int64)


def _nights(rng: np.random.Generator, casemix: Casemix, which: Ints) -> Ints:
    stay = casemix.least[which] + rng.geometric(1 / (1 + casemix.more[which])) - 1
    return np.where(rng.random(len(which)) < casemix.no_night[which], 0, stay).astype(np.int64)


def _deaths(rng: np.random.Generator, casemix: Casemix, which: Ints, age: Ints, nights: Ints) -> Bools:
    """Old age and long stays; the risk of the GHM on top. Nobody dies in a session, few without a night."""
    chance = 0.0003 + 0.14 * (age / 100) ** 4 * np.sqrt(nights) + casemix.risks[which]
    return np.asarray(~casemix.sessions[which] & (rng.random(len(which)) < chance))


def _age_columns(rng: np.random.Generator, casemix: Casemix, which: Ints, age: Ints) -> Columns:
    """Age in days below one year only; weight and gestational age of newborns only."""
    count = len(which)
    newborn = casemix.cmd[which] == b"15"
    days = np.where(newborn, np.where(rng.random(count) < 0.9, 0, 1), rng.integers(29, 365, count))
    grams = (casemix.grams[which] * rng.normal(1, 0.05, count)).clip(400, 5500).astype(np.int64)
    weighed = casemix.grams[which] > 0
    return {
        "age_ans": age,
        "age_jours": np.where(age == 0, digits(days, 3), b""),
        "poids": np.where(weighed, digits(grams, 4), b""),
        "age_gestationnel": np.where(weighed, digits(casemix.weeks[which], 2), b""),
    }


def _movements(rng: np.random.Generator, casemix: Casemix, which: Ints, nights: Ints, deaths: Bools) -> Columns:
    """Entry and exit: 8 home, 7 transfer, 6 mutation, 0 for an act between establishments, 9 death."""
    count = len(which)
    session, newborn = casemix.sessions[which], casemix.cmd[which] == b"15"
    services = np.where(rng.random(count) < PIE, rng.choice(np.array([b"A", b"B"]), count), b"")
    lent = services == b"B"
    moved = ~session & ~newborn & (nights > 0)
    urgent = moved & (rng.random(count) < np.where(casemix.surgical[which], 0.2, 0.6))
    chance = rng.random(count)
    entry = np.where(moved & (chance < 0.05), np.where(chance < 0.03, b"7", b"6"), b"8")
    entry = np.where(lent, b"0", entry)
    chance = rng.random(count)
    out = np.where(moved & (chance < 0.10), np.where(chance < 0.07, b"7", b"6"), b"8")
    out = np.where(casemix.transfers[which], b"7", np.where(lent, b"0", out))
    out = np.where(deaths, b"9", out)
    elsewhere = np.where(
        out == b"6", b"2", rng.choice(np.array([b"1", b"1", b"1", b"2", b"2", b"2", b"4", b"6"]), count)
    )
    return {
        "type_sejour": services,
        "mode_entree": entry,
        "provenance": np.where(entry == b"8", np.where(urgent, b"5", b""), b"1"),
        "mode_sortie": out,
        "destination": np.where((out == b"8") | (out == b"9"), b"", np.where(out == b"0", b"1", elsewhere)),
    }


def _contents(rng: np.random.Generator, casemix: Casemix, which: Ints, nights: Ints) -> Columns:
    """Units, diagnoses, acts and sessions of each line: how many, and the principal diagnosis."""
    count = len(which)
    session = casemix.sessions[which]
    chance = rng.random(count)
    further = (chance < 0.20).astype(np.int64) + (chance < 0.05)
    several = rng.random(count) < 0.05
    return {
        "nb_rum": np.where(nights == 0, 1, 1 + further),
        "nb_seances": np.where(session, np.where(several, rng.integers(2, 12, count), 1), 0),
        "nb_das": np.where(session, 0, np.minimum(rng.poisson(0.6 + nights / 4), 12)),
        "nb_zones_actes": np.minimum(rng.poisson(np.where(casemix.surgical[which] | session, 1.3, 0.5)), 9),
        "dp": casemix.diagnoses[which, rng.integers(0, casemix.diagnoses.shape[1], count)],
    }


def _zones(rng: np.random.Generator, fixed: Columns, acts: NDArray[np.bytes_]) -> dict[str, Columns]:
    """Items of each line; the first unit has its diagnoses and acts, nights are shared by the units."""
    line, rank = items(fixed["nb_rum"])
    part = (fixed["duree"] // fixed["nb_rum"])[line]
    first = rank == 0
    stay, nth = items(fixed["nb_das"])
    start = rng.integers(0, len(ASSOCIATED), len(fixed["dp"]))
    act_line, nth_act = items(fixed["nb_zones_actes"])
    act_start = rng.integers(0, acts.shape[1], len(fixed["dp"]))
    return {
        "unites": {
            "numero_rum": digits(rank + 1, 2),
            "numero_um": digits(rank + 1, 4),
            "finess_geo": fixed["finess"][line],
            "dp": fixed["dp"][line],
            "nb_das": np.where(first, fixed["nb_das"][line], 0),
            "nb_zones_actes": np.where(first, fixed["nb_zones_actes"][line], 0),
            "duree": np.where(first, fixed["duree"][line] - part * (fixed["nb_rum"][line] - 1), part),
        },
        "diagnostics": {"code": np.array(ASSOCIATED, "S6")[(start[stay] + nth) % len(ASSOCIATED)]},
        "actes": {
            "delai": np.zeros(len(act_line), np.int64),
            "code_ccam": acts[act_line, (act_start[act_line] + nth_act) % acts.shape[1]],
            "phase": np.full(len(act_line), b"0"),
            "activite": np.full(len(act_line), b"1"),
            "nb_realisations": np.ones(len(act_line), np.int64),
        },
    }
