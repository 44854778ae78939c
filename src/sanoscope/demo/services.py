"""The SMR, HAD and psychiatry services of the synthetic country: who has them and who sends patients there.

They are in the more populated départements only, so that, few stays as they have, some of their figures are shown. The
second hospital (CH) has SMR, under its own FINESS; a clinic of SMR, a service of HAD and a psychiatric hospital are on
their own, or the CH has them too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sanoscope.demo import had, psy, smr
from sanoscope.demo.activity import Activity
from sanoscope.demo.admissions import Admissions, Catchment, joined, sent_to
from sanoscope.demo.country import THOUSANDS, Country, fictional_finess
from sanoscope.demo.records import Codes
from sanoscope.demo.stays import Hospital, Stays

UNIVERSITY, GENERAL = 0, 1
"""Ranks of hospitals in their département."""
FIRST_NUMBER = 10_000
"""Services are numbered from here, after hospitals."""

LINES_OF_FIELDS = {"smr": 0.04, "had": 0.012, "psy": 0.03}
"""Lines of the other fields, for each line of MCO: far fewer than in the real country, so that all is soon made."""
LINES_A_STAY = {"smr": smr.LINES_A_STAY, "had": had.LINES_A_STAY, "psy": psy.LINES_A_STAY + psy.ACTS_A_STAY}
LEAST_STAYS = 3
"""Of each service, in a year."""
HAD_AFTER_SMR = 0.2
"""Share of those who leave SMR whom the HAD beside it may take."""
_DRAW = {"smr": smr.draw_smr, "had": had.draw_had, "psy": psy.draw_psy}
_DESTINATION = {"smr": b"2", "psy": b"4", "had": b"6"}


@dataclass(frozen=True)
class Kind:
    """Services of one kind.

    Attributes:
        champ: field.
        feeder: rank of the hospital that sends patients.
        people: thousands of inhabitants from which a département has an establishment of its own for it.
        rank: number of that establishment in its département.
        name: its name, with the town.
        categorie, secteur: as in ``etablissements.csv``.
        least: thousands of inhabitants below which nobody has it; between the two numbers, the CH has it.
    """

    champ: str
    feeder: int
    people: int
    rank: int
    name: str
    categorie: str
    secteur: str
    least: int


KINDS = (
    Kind("smr", GENERAL, 10_000, 0, "", "CH", "public", least=500),
    Kind("smr", UNIVERSITY, 1000, 501, "Clinique SMR de {}", "PRIVE", "prive", least=1000),
    Kind("had", UNIVERSITY, 1000, 601, "HAD de {}", "PSPH/EBNL", "public", least=600),
    Kind("psy", GENERAL, 700, 701, "Hôpital psychiatrique de {}", "CH", "public", least=500),
)


@dataclass(frozen=True)
class Service:
    """One service.

    Attributes:
        champ: smr, had or psy.
        finess: the establishment.
        number: its rank, after hospitals.
        feeder: FINESS of the MCO hospital that sends patients.
        size: thousands of inhabitants.
    """

    champ: str
    finess: str
    number: int
    feeder: str
    size: float


def services_of(country: Country) -> tuple[list[Service], pl.DataFrame]:
    """Return the services, and the establishments that have no other activity: rows of ``etablissements.csv``."""
    services: list[Service] = []
    rows = []
    for departement, thousands in THOUSANDS.items():
        hospitals = country.establishments.filter(pl.col("departement") == departement).to_dicts()
        for kind in KINDS:
            if thousands < kind.least:
                continue
            own = thousands >= kind.people
            feeder = hospitals[kind.feeder if own else GENERAL]
            finess = feeder["finess"]
            if own:
                finess = fictional_finess(departement, kind.rank)
                town = feeder["raison_sociale"].partition(" de ")[2]
                of_its_own = {"finess": finess, "raison_sociale": kind.name.format(town)}
                ght = feeder["ght"] if kind.secteur == "public" else ""
                rows.append(feeder | of_its_own | {"categorie": kind.categorie, "secteur": kind.secteur, "ght": ght})
            services.append(
                Service(kind.champ, finess, FIRST_NUMBER + len(services), feeder["finess"], float(thousands))
            )
    return services, pl.DataFrame(rows, schema=country.establishments.schema)


def stays_a_year(services: Sequence[Service], lines: float) -> dict[str, tuple[tuple[Service, int], ...]]:
    """Return, by FINESS of the hospital that sends patients, its services and how many stays each has in a year.

    Args:
        services: those of the country.
        lines: MCO lines of a year.
    """
    people = dict.fromkeys(LINES_OF_FIELDS, 0.0)
    for service in services:
        people[service.champ] += service.size
    beside: dict[str, tuple[tuple[Service, int], ...]] = {}
    for service in services:
        wanted = lines * LINES_OF_FIELDS[service.champ] / LINES_A_STAY[service.champ]
        stays = max(LEAST_STAYS, round(wanted * service.size / people[service.champ]))
        beside[service.feeder] = (*beside.get(service.feeder, ()), (service, stays))
    return beside


def draw_activities(
    services: Sequence[tuple[Service, int]],
    hospital: Hospital,
    stays: Stays,
    codes: Codes,
    people: NDArray[np.float64],
    *,
    months: Mapping[int, int],
    seed: int,
) -> list[tuple[Service, Activity]]:
    """Draw what the services beside a hospital do, in the order in which they take their patients: HAD after SMR.

    Args:
        services: each with how many stays it has in a year.
        hospital: who sends patients.
        stays: the patients that it has had.
        codes: bytes5[codes], geographic codes.
        people: float64[codes], patients who live in each.
        months: last month, by year.
        seed: everything follows from it.
    """
    drawn: list[tuple[Service, Activity]] = []
    from_smr: list[Admissions] = []
    for service, count in services:
        rng = np.random.default_rng([seed, 4, service.number])
        sent = sent_to(stays, _DESTINATION[service.champ])
        if service.champ == "had":
            sent = joined(sent, *(part.where(rng.random(len(part)) < HAD_AFTER_SMR) for part in from_smr))
        activity = _DRAW[service.champ](
            rng,
            service.finess,
            Catchment(hospital, service.number, codes, people),
            sent,
            stays={year: count * month // 12 for year, month in months.items()},
            months=months,
        )
        if service.champ == "smr":
            from_smr.append(activity.leaving)
        drawn.append((service, activity))
    return drawn
