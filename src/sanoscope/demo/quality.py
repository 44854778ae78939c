"""Scores of quality of the synthetic country, in the files of the HAS: e-Satis, two collections, and IQSS."""

import numpy as np
import polars as pl

from sanoscope.demo.drawn import Drawn, figures, written

ANSWERS = 30
"""Below so many answers there is no score."""
NOT_CONCERNED = "Non concerné (pas d'activité)"
EVOLUTIONS = ("1-Diminution", "2-Stable", "3-Amélioration")
STAYING = ("all_rea", "accueil_rea", "PECinf_rea", "PECmed_rea", "chambre_rea", "repas_rea", "sortie_rea")
DAY = ("all", "AVH", "ACC", "PEC", "CER", "OVS")
COLLECTIONS = {"esatis48h": (STAYING, (77.3, 74.0, 70.7)), "esatisca": (DAY, (79.7, 76.5, 73.1))}
"""Scores of each collection, the one of all first, and from where on it is of class A, B, C (HAS, 2019 and 2020)."""
CARE = {
    "ias_icsha_v3_mhs": 82,
    "dpa_qls_v2_mco": 70,
    "dpa_pcd_mco": 88,
    "ca_qls_v2_mco": 66,
    "dpa_qls_ssr": 72,
    "dpa_pcd_ssr": 90,
}
"""Indicators of care, and around what they are."""
GOOD, FAIR = 80, 60
"""From where on a result of care is of class A, of class B."""
CONCERNED = 0.8
"""Share of the sites that an indicator of care concerns."""


def quality(rng: np.random.Generator, sites: pl.DataFrame, year: int) -> dict[str, pl.DataFrame]:
    """Return the files of a year, by their name.

    Args:
        rng: draws them.
        sites: (FI, RS, FI_EJ).
        year: of the collection.
    """
    told = {
        f"resultats-{name}-mco-open-data-{year}.csv": _satisfaction(rng, sites, scores, limits)
        for name, (scores, limits) in COLLECTIONS.items()
    }
    return told | {f"resultats-iqss-open-data-{year}.csv": _care(rng, sites)}


def _satisfaction(
    rng: np.random.Generator, sites: pl.DataFrame, scores: tuple[str, ...], limits: tuple[float, ...]
) -> pl.DataFrame:
    count = len(sites)
    answers = np.rint(np.exp(rng.normal(5, 1, count)))
    enough = pl.Series(answers >= ANSWERS)
    whole = rng.normal(75, 3, count)
    columns = {f"nb_rep_score_{scores[0]}_ajust": pl.Series(answers).cast(pl.Int64).cast(pl.String)}
    for name in scores:
        values = whole if name == scores[0] else np.minimum(whole + rng.normal(0, 5, count), 100)
        columns[f"score_{name}_ajust"] = written(values, 2).zip_with(enough, pl.Series([""] * count))
    classes = pl.Series([("D", "C", "B", "A")[n] for n in np.digitize(whole, sorted(limits))])
    moved = pl.Series(rng.choice(EVOLUTIONS, count, p=(0.2, 0.6, 0.2)))
    recommended = written(figures(rng, Drawn(56, 0.12, most=100), rng.normal(size=count), whole), 1)
    return sites.select(
        pl.col("FI_EJ").alias("finess"), pl.col("FI").alias("finess_geo"), pl.col("RS").alias("rs_finess_geo")
    ).with_columns(
        classement=classes.zip_with(enough, pl.Series(["DI"] * count)),
        evolution=moved.zip_with(enough, pl.Series(["4-Non calculable"] * count)),
        taux_reco_brut=recommended.zip_with(enough, pl.Series([""] * count)),
        **columns,
    )


def _care(rng: np.random.Generator, sites: pl.DataFrame) -> pl.DataFrame:
    count, columns = len(sites), {}
    for name, middle in CARE.items():
        values = np.rint(figures(rng, Drawn(middle, 0.15, most=100), rng.normal(size=count), np.ones(count)))
        concerned, nothing = pl.Series(rng.random(count) < CONCERNED), pl.Series([NOT_CONCERNED] * count)
        classes = pl.Series([("C", "B", "A")[n] for n in np.digitize(values, (FAIR, GOOD))])
        columns[f"res_{name}"] = written(values, 0).zip_with(concerned, nothing)
        columns[f"classe_{name}"] = classes.zip_with(concerned, nothing)
    return sites.select(
        pl.col("FI").alias("finess"), pl.col("FI_EJ").alias("finess_pmsi"), pl.col("RS").alias("nom_ES")
    ).with_columns(**columns)
