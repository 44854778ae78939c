"""Costs of the synthetic country: by group and sector, of units of work, and the fees of its clinics."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sanoscope.demo.casemix import Casemix
from sanoscope.demo.drawn import Numbers, written
from sanoscope.demo.had import MODES
from sanoscope.nomenclature.reference import load_reference

SAMPLED = 0.15
"""Share of the stays whose cost the study measures."""
COMMON = ("clinique_medical", "clinique_soignant", "clinique_autre")
DIRECT = ("lgg", "logistique_medicale", "medicaments", "dmi", "consommables", "autres_directes")
POSTS = {
    "mco": (
        *COMMON,
        *("reanimation", "soins_intensifs", "surveillance_continue", "bloc", "anesthesie", "imagerie", "laboratoire"),
        *("urgences", "autres_plateaux", *DIRECT),
    ),
    "smr": (*COMMON, "readaptation", "imagerie", "laboratoire", "autres_plateaux", *DIRECT),
    "had": (*COMMON, "liberaux", "materiel", *(post for post in DIRECT if post != "dmi")),
}
"""Posts of each study, structure apart."""
SECTORS = {"mco": ("DG", "OQN"), "smr": ("DAF", "OQN"), "had": ("DG", "OQN")}
SHARES = ((1.0, 0.65), (0.7, 0.35))
"""Of each sector: its costs next to those of the first, and its share of the stays."""
STRUCTURE = 0.06
SMR, HAD = (5200, 400, 28), (210, 3000, 21)
"""Of a group in the middle: euros a stay, stays, days; euros a day, days, days."""
UNITS = {
    ("930.11", "Restauration", "repas"): 9.5,
    ("930.12", "Blanchisserie", "kg de linge"): 2.1,
    ("930.2", "Nettoyage", "m²"): 41.0,
    ("932.1", "Urgences", "passage"): 190.0,
    ("932.2", "Bloc opératoire", "ICR"): 1.1,
    ("932.3", "Anesthésiologie", "ICR"): 0.9,
    ("932.4", "Imagerie", "ICR"): 0.8,
    ("932.5", "Laboratoire", "B"): 0.16,
    ("933.1", "Pharmacie", "€ de produits"): 0.11,
    ("933.2", "Stérilisation", "m³"): 410.0,
}
CATEGORIES = {"CHU": ("CHU", 0.95, 28), "CH": ("Centres hospitaliers", 1.05, 240), "EBNL": ("Non lucratif", 1.0, 60)}
"""Of each: its name, its costs next to all, about how many hospitals tell theirs."""
SPECIALTIES = {"02": "Anesthésie", "04": "Chirurgie générale", "11": "ORL", "15": "Ophtalmologie", "41": "Orthopédie"}


@dataclass(frozen=True, slots=True)
class _Groups:
    """Groups of a study: the name of their code, the codes, and of each a cost, how many there are, how long."""

    code: str
    codes: list[str]
    costs: Numbers
    counts: Numbers
    lengths: Numbers


def costs(rng: np.random.Generator, casemix: Casemix, year: int, lines: float) -> dict[str, pl.DataFrame]:
    """Return the studies of costs of a year, by the name of their files.

    Args:
        rng: draws them.
        casemix: the GHM, their volumes and nights.
        year: of the study.
        lines: RSA lines of the country in that year.
    """
    kept = ~casemix.sessions & ~np.isin(casemix.cmd, (b"90",))
    nights = ((1 - casemix.no_night) * (casemix.least + casemix.more))[kept]
    stays = 450 + 520 * nights + np.where(casemix.surgical[kept], 900, 0)
    gme = sorted(load_reference()["gme"]["gme"].unique())
    ghpc = [f"{main}{beside}" for main, mode in MODES.items() for beside in mode.associated]
    studies = {
        "mco": _Groups("ghm", casemix.codes[kept].astype(str).tolist(), stays, casemix.volumes[kept] * lines, nights),
        "smr": _Groups("gme", gme, *(_around(rng, len(gme), middle) for middle in SMR)),
        "had": _Groups("ghpc", ghpc, *(_around(rng, len(ghpc), middle) for middle in HAD)),
    }
    return {
        f"enc_{field}_{year}.csv": pl.concat(
            _sector(rng, groups, POSTS[field], sector, share)
            for sector, share in zip(SECTORS[field], SHARES, strict=True)
        )
        for field, groups in studies.items()
    }


def _around(rng: np.random.Generator, size: int, middle: float) -> Numbers:
    return np.asarray(middle * np.exp(rng.normal(0, 0.4, size)), np.float64)


def _sector(
    rng: np.random.Generator, groups: _Groups, posts: tuple[str, ...], sector: str, share: tuple[float, float]
) -> pl.DataFrame:
    """Return the rows of a sector; the posts add up to the cost without structure, to the cent."""
    size = len(groups.codes)
    national = np.maximum(1, np.rint(groups.counts * share[1]))
    studied = np.maximum(1, np.rint(national * SAMPLED * rng.uniform(0.5, 1.5, size))).clip(max=national)
    whole = groups.costs * share[0] * np.exp(rng.normal(0, 0.1, size))
    parts = np.round(rng.dirichlet(np.arange(len(posts), 0, -1) * 2.0, size) * (whole * (1 - STRUCTURE))[:, None], 2)
    structure, without = np.round(whole * STRUCTURE, 2), parts.sum(axis=1)
    variation = rng.uniform(0.3, 1.1, size)
    margin = 1.96 * variation * whole / np.sqrt(studied)
    figures = {
        "effectif_enc": (studied, 0),
        "effectif_national": (national, 0),
        "taux_sondage": (studied / national * 100, 1),
        "duree_enc": (groups.lengths, 1),
        "cout_complet": (without + structure, 2),
        "ic_bas": (np.maximum(0, whole - margin), 2),
        "ic_haut": (whole + margin, 2),
        "coefficient_variation": (variation * 100, 1),
        "cout_hors_structure": (without, 2),
        **{post: (parts[:, place], 2) for place, post in enumerate(posts)},
        "structure": (structure, 2),
    }
    named = pl.DataFrame({groups.code: groups.codes, "secteur": [sector] * size})
    return named.with_columns(written(values, decimals).alias(name) for name, (values, decimals) in figures.items())


def units(rng: np.random.Generator) -> pl.DataFrame:
    """Return the costs of units of work by category of hospitals: mean and quartiles of those that tell theirs."""
    rows = []
    for (section, label, unit), middle in UNITS.items():
        for category, (name, next_to, hospitals) in CATEGORIES.items():
            told = middle * next_to * np.exp(rng.normal(0, 0.25, int(hospitals * rng.uniform(0.6, 1))))
            quartiles = np.quantile(told, (0.25, 0.5, 0.75))
            said = written(np.array([told.mean(), *quartiles]), 2).to_list()
            rows.append((section, label, unit, category, name, str(len(told)), *said))
    names = ("section", "libelle", "unite", "categorie", "libelle_categorie", "etablissements")
    return pl.DataFrame(rows, [*names, "moyenne", "q1", "mediane", "q3"], orient="row")


def overruns(rng: np.random.Generator, clinics: pl.DataFrame) -> pl.DataFrame:
    """Return the fees of the specialties of clinics and what goes beyond their tariffs; a few have one doctor.

    Args:
        rng: draws them.
        clinics: (finess, raison_sociale).
    """
    rows = []
    for finess, name in clinics.select("finess", "raison_sociale").iter_rows():
        for code, label in SPECIALTIES.items():
            doctors = int(rng.integers(1, 8))
            acts = int(doctors * rng.integers(150, 900))
            beyond = int(acts * rng.beta(2, 4))
            fees = acts * rng.uniform(60, 140)
            above = beyond * rng.uniform(15, 80)
            said = written(np.array([fees, above, beyond / acts * 100, above / fees * 100]), 1).to_list()
            rows.append((finess, name, code, label, str(doctors), str(acts), str(beyond), *said))
    names = ("finess", "raison_sociale", "specialite", "libelle_specialite", "praticiens", "actes")
    rates = ("actes_avec_depassement", "honoraires", "depassements", "part_actes", "taux_depassement")
    return pl.DataFrame(rows, [*names, *rates], orient="row")
