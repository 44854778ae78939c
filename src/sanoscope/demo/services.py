"""The SMR, HAD and psychiatry services of the synthetic country: who has them and who sends patients there.

Each département has SMR in its second hospital (CH), under its FINESS. Where more people live, a clinic of SMR is on
its own, and so are a service of HAD and a psychiatric hospital, which the CH has elsewhere; HAD is not everywhere.
"""

from dataclasses import dataclass

import polars as pl

from sanoscope.demo.country import THOUSANDS, Country, fictional_finess

UNIVERSITY, GENERAL = 0, 1
"""Ranks of hospitals in their département."""
FIRST_NUMBER = 10_000
"""Services are numbered from here, after hospitals."""


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
    least: int = 0


KINDS = (
    Kind("smr", GENERAL, 10_000, 0, "", "CH", "public"),
    Kind("smr", UNIVERSITY, 600, 501, "Clinique SMR de {}", "PRIVE", "prive", least=600),
    Kind("had", UNIVERSITY, 400, 601, "HAD de {}", "PSPH/EBNL", "public", least=300),
    Kind("psy", GENERAL, 300, 701, "Hôpital psychiatrique de {}", "CH", "public"),
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
