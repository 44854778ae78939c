"""The reference tables that a build uses: the package's own, overlaid by those of the workspace."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from sanoscope.nomenclature.places import UNKNOWN, departement_of_code_geo, departement_of_finess
from sanoscope.nomenclature.tables import TABLES, Table, conform, read_table

OWN = Path(__file__).parent / "data"
LEVELS = ("racine", "ga", "gp", "doac", "cas", "aso", "cmd")
"""Levels that a GHM belongs to."""


@dataclass(frozen=True)
class Reference:
    """Reference tables by name, each as `tables.TABLES` describes it.

    Attributes:
        tables: the frames.
        fingerprints: sha256 of each file they came from, by path.
    """

    tables: Mapping[str, pl.DataFrame]
    fingerprints: Mapping[str, str]

    def __getitem__(self, name: str) -> pl.DataFrame:
        """Return a table."""
        return self.tables[name]

    @cached_property
    def ghm_versions(self) -> tuple[int, ...]:
        """The years whose classification is known."""
        return tuple(sorted(self["ghm"]["annee"].unique()))

    def ghm_version(self, year: int) -> int:
        """Return the version to use for a year: its own, else the nearest earlier, else the nearest later."""
        earlier = [version for version in self.ghm_versions if version <= year]
        return max(earlier) if earlier else min(self.ghm_versions)

    def ghm_of_years(self, years: Iterable[int]) -> pl.DataFrame:
        """Return (annee, ghm, libelle, racine, ga, gp, doac, cas, aso, cmd, version) for the years given."""
        parts = [
            self["ghm"]
            .filter(pl.col("annee") == self.ghm_version(year))
            .with_columns(
                pl.lit(year, pl.Int64).alias("annee"), pl.lit(self.ghm_version(year), pl.Int64).alias("version")
            )
            for year in sorted(set(years))
        ]
        return pl.concat(parts)

    def labels(self, level: str) -> dict[str, str]:
        """Return label by code of a level, from the latest version that has it; "?" is « Inconnu »."""
        if level == "ghm":
            rows = self["ghm"].sort("annee").select("ghm", "libelle")
        elif level in ("regions", "departements"):
            rows = self[level].select("code", "libelle")
        elif level == "geographie":
            rows = self["geographie"].select("code_geo", "libelle")
        else:
            rows = self["regroupements"].filter(pl.col("niveau") == level).sort("annee").select("code", "libelle")
        return {**dict(rows.iter_rows()), UNKNOWN: "Inconnu"}

    def establishments(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return the attributes of establishments in given years.

        Args:
            pairs: (annee, finess).

        Returns:
            annee, finess, raison_sociale, categorie, secteur, departement, region, ght, code_geo, connu (bool); what no
            table knows is deduced from the FINESS (département, région) or "?".
        """
        known = self["etablissements"].with_columns(
            pl.col("annee_debut").fill_null(0), pl.col("annee_fin").fill_null(9999)
        )
        valid = (
            pairs.join(known, on="finess", how="left")
            .filter(pl.col("annee_debut").is_null() | pl.col("annee").is_between("annee_debut", "annee_fin"))
            .sort("annee_debut", descending=True, nulls_last=True)
            .unique(["annee", "finess"], keep="first")
        )
        # an establishment known for other years only is still known by its name
        latest = known.sort("annee_fin").unique("finess", keep="last")
        missing = pairs.join(valid, on=["annee", "finess"], how="anti").join(latest, on="finess", how="left")
        rows = pl.concat([valid, missing.select(valid.columns)])
        named = pl.col("raison_sociale").is_not_null()
        rows = rows.with_columns(
            pl.when(pl.col("departement").fill_null("") == "")
            .then(departement_of_finess(pl.col("finess")))
            .otherwise(pl.col("departement"))
            .alias("departement"),
            pl.col("raison_sociale").fill_null("Établissement inconnu"),
            named.alias("connu"),
        )
        regions = self["departements"].select(pl.col("code").alias("departement"), pl.col("region").alias("region_dep"))
        rows = rows.join(regions, on="departement", how="left").with_columns(
            pl.coalesce(pl.col("region").replace("", None), "region_dep", pl.lit(UNKNOWN)).alias("region")
        )
        unknown = [pl.col(c).fill_null("").replace("", UNKNOWN) for c in ("categorie", "secteur", "ght", "code_geo")]
        columns = ["annee", "finess", "raison_sociale", "categorie", "secteur", "departement", "region", "ght"]
        return rows.with_columns(unknown).select(*columns, "code_geo", "connu").sort("annee", "finess")

    def residences(self, codes: pl.Series) -> pl.DataFrame:
        """Return (code_geo, libelle, departement, region, territoire, connu) of geographic codes; unknown ones too."""
        rows = pl.DataFrame({"code_geo": codes.unique()}).join(self["geographie"], on="code_geo", how="left")
        rows = rows.with_columns(
            pl.col("libelle").is_not_null().alias("connu"),
            pl.coalesce(pl.col("departement").replace("", None), departement_of_code_geo(pl.col("code_geo"))).alias(
                "departement"
            ),
        )
        regions = self["departements"].select(pl.col("code").alias("departement"), pl.col("region").alias("region_dep"))
        return (
            rows.join(regions, on="departement", how="left")
            .with_columns(
                pl.coalesce(pl.col("region").replace("", None), "region_dep", pl.lit(UNKNOWN)).alias("region"),
                pl.col("territoire").fill_null("").replace("", UNKNOWN),
                pl.col("libelle").fill_null("Code géographique inconnu"),
            )
            .drop("region_dep")
            .sort("code_geo")
        )


def load_reference(directory: Path | None = None) -> Reference:
    """Return the package's tables, overlaid by the plain tables of a directory (rows of the same key replace).

    Raises:
        InputFileError: a table of the directory is not what it should be.
    """
    frames: dict[str, pl.DataFrame] = {}
    prints: dict[str, str] = {}
    for table in TABLES.values():
        frame = _empty(table)
        for base in (OWN, directory):
            for path in _files(base, table):
                frame = merge(table, frame, read_table(table, path))
                prints[path.name if base is OWN else f"reference/{path.name}"] = hashlib.sha256(
                    path.read_bytes()
                ).hexdigest()
        frames[table.name] = frame
    return Reference(frames, prints)


def merge(table: Table, old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Return old with the rows of new, which replace those of the same key; what new leaves empty is kept from old."""
    key = list(table.key)
    kept = old.join(new.select(key), on=key, how="anti", nulls_equal=True)
    before = new.select(key).join(old, on=key, how="left", nulls_equal=True, maintain_order="left")
    filled = [
        pl.coalesce(new[c.name], before[c.name])
        if c.integer
        else pl.coalesce(new[c.name].replace("", None), before[c.name], pl.lit("")).alias(c.name)
        for c in table.columns
        if c.name not in key
    ]
    return pl.concat([kept, new.with_columns(filled)], how="vertical_relaxed").sort(key)


def _files(base: Path | None, table: Table) -> list[Path]:
    if base is None:
        return []
    own = [base / f"{table.name}.csv"]
    folder = sorted((base / table.name).glob("*.csv")) if (base / table.name).is_dir() else []
    return [path for path in [*own, *folder] if path.is_file()]


def _empty(table: Table) -> pl.DataFrame:
    return conform(table, pl.DataFrame(schema=dict.fromkeys(table.names, pl.String)), source=table.name)
