"""The inhabitants that rates are by, and the weights that make a standardised rate.

Direct standardisation: rate = 1000 · Σ (n_s ⁄ P_s) · F_s ⁄ ΣF_s over strata s of sex and 5-year age, n stays of the
zone's residents, P its inhabitants, F those of France. Population of the year n − 2, the last that the INSEE gives by
age when the activity of a year is published (DESIGN §5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sanoscope.nomenclature.places import UNKNOWN
from sanoscope.nomenclature.reference import Reference

AGES = tuple(f"{age:02}" for age in range(0, 100, 5))
SEXES = ("1", "2")
STRATA = {(sexe, age): rank for rank, (sexe, age) in enumerate((s, a) for s in SEXES for a in AGES)}
"""Place of each (sexe, age5) in an array of strata: by sex, then by age."""

LAG = 2
"""How many years before that of the activity the population is."""

FRANCE = "france"
LEVELS = ("code_geo", "departement_residence", "region_residence", "territoire_residence")

COLUMNS = ("annee", "niveau", "zone", "sexe", "age5", "habitants")


def inhabitants(reference: Reference, years: Iterable[int]) -> pl.DataFrame:
    """Return (annee, niveau, zone, sexe, age5, habitants): the inhabitants that the rates of each year are by.

    A year whose population no table gives has no row. Where a table gives geographic codes, coarser zones are their
    sums; where it gives départements alone, régions are.

    Args:
        reference: the reference tables.
        years: years of activity.
    """
    lagged = [year - LAG for year in years]
    people = (
        reference["population"]
        .filter(pl.col("annee").is_in(lagged))
        .with_columns(
            pl.col("annee") + LAG,
            pl.col("sexe").cast(pl.String),
            pl.col("age").cast(pl.String).str.zfill(2).alias("age5"),
            pl.col("population").alias("habitants"),
        )
    )
    regions = reference["departements"].select(pl.col("code").alias("departement"), "region")
    coded = people.filter(pl.col("code_geo") != "").drop("departement")
    zones = reference.residences(coded["code_geo"]).select("code_geo", "departement", "region", "territoire")
    by_code = coded.join(zones, on="code_geo", how="left")
    by_department = people.filter(pl.col("code_geo") == "").join(regions, on="departement", how="left")
    # a year that has both would count everyone twice: the finer one is kept
    by_department = by_department.join(by_code.select("annee").unique(), on="annee", how="anti")
    parts = [pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String) | {"annee": pl.Int64, "habitants": pl.Int64})]
    for table in (by_code, by_department):
        for level in (*LEVELS, FRANCE):
            name = level.removesuffix("_residence")
            if level == FRANCE:
                zone = table.with_columns(pl.lit("").alias("zone"))
            elif name in table.columns and not (table is by_department and name == "code_geo"):
                zone = table.with_columns(pl.col(name).fill_null(UNKNOWN).alias("zone"))
            else:
                continue
            summed = zone.group_by("annee", "zone", "sexe", "age5").agg(pl.col("habitants").sum())
            parts.append(summed.select("annee", pl.lit(level).alias("niveau"), "zone", "sexe", "age5", "habitants"))
    return pl.concat([part.select(COLUMNS).cast({"annee": pl.Int64, "habitants": pl.Int64}) for part in parts])


@dataclass(frozen=True, slots=True)
class Weights:
    """What makes the standardised count of a zone: Σ n_s · weight_s, in people as if the zone had France's ages.

    Attributes:
        inhabitants: of the zone.
        weights: float64[strata]; ``inhabitants`` times F_s ⁄ (P_s · ΣF). A stratum without inhabitants is merged with
            the age before of the same sex that has some, the first ones with the first that has.
        merged: how many strata were.
    """

    inhabitants: int
    weights: NDArray[np.float64]
    merged: int


@dataclass(frozen=True)
class Population:
    """The inhabitants of zones by stratum: int64[strata] by (annee, niveau, zone)."""

    of: Mapping[tuple[int, str, str], NDArray[np.int64]]

    def together(self, annee: int, niveau: str, zones: Iterable[str]) -> NDArray[np.int64] | None:
        """Return the inhabitants of zones together, int64[strata]; None where no table gives them."""
        found = [self.of[key] for zone in zones if (key := (annee, niveau, zone)) in self.of]
        return np.asarray(np.sum(found, axis=0)) if found else None

    def weights(self, annee: int, niveau: str, zones: Iterable[str]) -> Weights | None:
        """Return the weights of zones together; None where their inhabitants, or those of France, are not known."""
        own, france = self.together(annee, niveau, zones), self.together(annee, FRANCE, [""])
        if own is None or france is None or not own.sum() or not france.sum():
            return None
        return weights(own, france)


def read_population(rows: pl.DataFrame) -> Population:
    """Return the population that a table of (annee, niveau, zone, sexe, age5, habitants) holds."""
    found: dict[tuple[int, str, str], NDArray[np.int64]] = {}
    for annee, niveau, zone, sexe, age, count in rows.select(COLUMNS).iter_rows():
        strata = found.setdefault((annee, niveau, zone), np.zeros(len(STRATA), np.int64))
        strata[STRATA[sexe, age]] += count
    return Population(found)


def weights(own: NDArray[np.int64], france: NDArray[np.int64]) -> Weights:
    """Return the weights of a zone, from its inhabitants and France's, int64[strata]; each sex has some."""
    ranks = np.arange(len(own))
    group = ranks.copy()
    for start in range(0, len(own), len(AGES)):
        block = slice(start, start + len(AGES))
        lived_in = np.flatnonzero(own[block] > 0) + start
        if len(lived_in):  # an empty age goes with the one before it that is not; the first ones, with the first
            before = np.maximum(np.searchsorted(lived_in, ranks[block], side="right") - 1, 0)
            group[block] = lived_in[before]
    people, reference = np.bincount(group, own, len(own)), np.bincount(group, france, len(own))
    rate = np.divide(reference, people, out=np.zeros(len(own)), where=people > 0)
    return Weights(int(own.sum()), (rate * own.sum() / france.sum())[group], int((group != ranks).sum()))
