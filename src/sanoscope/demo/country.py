"""A synthetic country: real départements, invented hospitals, invented geographic codes, a made-up population.

Only the orders of magnitude are real: inhabitants by département in thousands, rounded by hand. Every hospital's
name says that it is fictional.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sanoscope.nomenclature.places import OVERSEAS
from sanoscope.nomenclature.reference import load_reference

THOUSANDS = {
    "01": 660, "02": 520, "03": 330, "04": 170, "05": 140, "06": 1100, "07": 330, "08": 270, "09": 155, "10": 310,
    "11": 375, "12": 280, "13": 2050, "14": 700, "15": 145, "16": 350, "17": 660, "18": 300, "19": 240, "21": 535,
    "22": 605, "23": 115, "24": 415, "25": 545, "26": 520, "27": 600, "28": 430, "29": 920, "2A": 160, "2B": 180,
    "30": 760, "31": 1430, "32": 190, "33": 1650, "34": 1200, "35": 1100, "36": 215, "37": 615, "38": 1290, "39": 260,
    "40": 420, "41": 330, "42": 770, "43": 230, "44": 1450, "45": 685, "46": 175, "47": 330, "48": 77, "49": 820,
    "50": 495, "51": 565, "52": 170, "53": 305, "54": 730, "55": 180, "56": 770, "57": 1050, "58": 200, "59": 2610,
    "60": 830, "61": 275, "62": 1460, "63": 660, "64": 690, "65": 230, "66": 490, "67": 1150, "68": 770, "69": 1900,
    "70": 233, "71": 550, "72": 565, "73": 440, "74": 840, "75": 2130, "76": 1255, "77": 1440, "78": 1460, "79": 375,
    "80": 570, "81": 390, "82": 262, "83": 1090, "84": 565, "85": 690, "86": 440, "87": 370, "88": 360, "89": 335,
    "90": 140, "91": 1320, "92": 1640, "93": 1680, "94": 1420, "95": 1260, "971": 380, "972": 350, "973": 290,
    "974": 870, "976": 300,
}  # fmt: skip
"""Inhabitants, in thousands, by département (hand-rounded orders of magnitude of INSEE's estimates)."""

CATEGORIES = ("CHR/U", "CH", "PSPH/EBNL", "PRIVE")
SIZES = {"CHR/U": 5.0, "CH": 2.0, "PSPH/EBNL": 0.8, "PRIVE": 1.6}
PEOPLE_A_HOSPITAL = 400
"""Beyond its four hospitals, a département has one more for so many thousands of inhabitants."""

PEOPLE_OF_TWO_TERRITORIES = 800
"""A département with so many thousands of inhabitants has two territoires."""
AGE_VARIANCE = 576.0
"""Of the ages of a population (years²): an exponential tilt of θ moves their mean by θ times it."""
ILE_DE_FRANCE = "11"

_FIRST = (
    "Val", "Mont", "Rive", "Clair", "Beau", "Roche", "Font", "Bois", "Pré", "Grand", "Haut", "Pierre", "Aigue", "Combe",
    "Lande", "Chante", "Belle", "Vieux", "Franc", "Haute", "Sainte-Orme", "Saint-Elme", "Bourg", "Mire",
)  # fmt: skip
_LAST = (
    "rive", "joli", "-sur-Onde", "fleuri", "-les-Pins", "bois", "lieu", "brune", "-aux-Moines", "vert", "-le-Vieux",
    "-en-Plaine", "mer", "-la-Forêt", "vent", "-des-Sources", "lune", "-Trois-Rivières", "fort", "-sous-Roc", "aube",
    "-sur-Lin", "neuve", "-les-Ormes",
)  # fmt: skip
_KINDS = {"CHR/U": "CHU de {}", "CH": "CH de {}", "PSPH/EBNL": "Hôpital mutualiste de {}", "PRIVE": "Clinique de {}"}


@dataclass(frozen=True)
class Country:
    """The synthetic country.

    Attributes:
        establishments: rows of ``etablissements.csv`` with a column ``taille`` (weight).
        geography: rows of ``geographie.csv`` with a column ``poids`` (thousands of inhabitants).
        ageing: by département, how much older than the country its inhabitants are (years).
    """

    establishments: pl.DataFrame
    geography: pl.DataFrame
    ageing: dict[str, float]


def draw_country(seed: int) -> Country:
    """Draw the hospitals and the geographic codes."""
    rng = np.random.default_rng([seed, 0])
    regions = dict(load_reference()["departements"].select("code", "region").iter_rows())
    towns = iter(rng.permutation([first + last for first in _FIRST for last in _LAST]).tolist())
    hospitals, places = [], []
    for departement, thousands in THOUSANDS.items():
        codes = _geographic_codes(rng, departement, thousands)
        halves = "AB" if thousands >= PEOPLE_OF_TWO_TERRITORIES else "A"
        places += [
            (code, label, departement, regions[departement], f"T{departement}{halves[i % len(halves)]}", w)
            for i, (code, label, w) in enumerate(codes)
        ]
        extra = [CATEGORIES[1 + 2 * (i % 2)] for i in range(thousands // PEOPLE_A_HOSPITAL)]
        for rank, category in enumerate((*CATEGORIES, *extra)):
            size = SIZES[category] * thousands / (1 + rank) ** 0.7 * rng.lognormal(0, 0.3)
            hospitals.append(
                {
                    "finess": fictional_finess(departement, rank + 1),
                    "raison_sociale": _KINDS[category].format(next(towns)) + " (fictif)",
                    "categorie": category,
                    "secteur": "prive" if category == "PRIVE" else "public",
                    "finess_juridique": "",
                    "code_geo": codes[rank % len(codes)][0],
                    "departement": departement,
                    "region": regions[departement],
                    "ght": "" if category == "PRIVE" else f"GHT {departement}",
                    "taille": size,
                }
            )
    columns = ["code_geo", "libelle", "departement", "region", "territoire", "poids"]
    ageing = {departement: _ageing(rng, departement, regions[departement]) for departement in THOUSANDS}
    return Country(pl.DataFrame(hospitals), pl.DataFrame(places, schema=columns, orient="row"), ageing)


def draw_population(country: Country, years: range) -> pl.DataFrame:
    """Return ``population.csv``: inhabitants by year, geographic code, sex and five-year age."""
    ages = np.arange(0, 100, 5)
    shape = np.where(ages < 60, 1.0, np.exp(-(((ages - 60) / 26) ** 2)))
    older = country.geography["departement"].replace_strict(country.ageing, return_dtype=pl.Float64).to_numpy()
    pyramid = shape * np.exp(older[:, None] * (ages - 40) / AGE_VARIANCE)
    pyramid /= pyramid.sum(axis=1, keepdims=True)
    women = 0.495 + 0.2 * (ages / 95) ** 4
    people = country.geography["poids"].to_numpy()[:, None] * 1000 * pyramid
    frames = []
    for year in years:
        for sex, share in ((1, 1 - women), (2, women)):
            counts = (people * share * (1 + 0.003 * (year - 2022))).round().astype(int)
            frames.append(
                pl.DataFrame(
                    {
                        "annee": np.full(counts.size, year),
                        "code_geo": np.repeat(country.geography["code_geo"].to_numpy(), len(ages)),
                        "sexe": np.full(counts.size, sex),
                        "age": np.tile(ages, len(counts)),
                        "population": counts.ravel(),
                    }
                )
            )
    return pl.concat(frames)


def _ageing(rng: np.random.Generator, departement: str, region: str) -> float:
    """Small départements are older, those around the capital and overseas younger."""
    usual = -6.0 if len(departement) == 3 else -3.0 if region == ILE_DE_FRANCE else 0.0
    return float(usual + (3.0 if usual == 0 and THOUSANDS[departement] < 400 else 0.0) + rng.normal(0, 1))


def _geographic_codes(rng: np.random.Generator, departement: str, thousands: int) -> list[tuple[str, str, float]]:
    """Return (code, label, thousands of inhabitants) of 6 to 15 codes, a large town first."""
    prefix = {d: p for p, d in OVERSEAS.items()}.get(departement, departement)
    count = 6 + min(9, thousands // 150)
    weights = rng.dirichlet(1.5 / (1 + np.arange(count)) ** 0.6) * thousands
    return [
        (f"{prefix}{100 * (i // 10) + 10 * (i % 10):03d}", f"Secteur {i + 1} de {departement} (fictif)", float(w))
        for i, w in enumerate(sorted(weights, reverse=True))
    ]


def fictional_finess(departement: str, number: int) -> str:
    """Return the FINESS of an establishment of a département; no real one is so numbered."""
    start = {"976": "98"}.get(departement, f"970{departement[2:]}" if len(departement) == 3 else departement)
    return f"{start}{'9' * (6 - len(start))}{number:03d}"
