"""The reference tables that a build uses: the package's own, overlaid by those of the workspace."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from pathlib import Path

import polars as pl

from sanoscope.nomenclature.places import UNKNOWN, UNKNOWN_LABEL, departement_of_code_geo, departement_of_finess
from sanoscope.nomenclature.reading import empty, merge, read_table
from sanoscope.nomenclature.tables import CATEGORIES, GHM, LEVELS, SECTEURS, TABLES, ZONAGES, Table

__all__ = ["LEVELS", "OWN", "Reference", "Version", "load_reference"]

OWN = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Version:
    """The classification of GHM used for a year.

    Attributes:
        asked: the year asked for.
        year: the year whose classification it is; another one when the asked year's is not known.
        table: rows of ``ghm.csv``, whose ``annee`` is `year`.
    """

    asked: int
    year: int
    table: pl.DataFrame


@dataclass(frozen=True)
class Reference:
    """Reference tables by name, each as `tables.TABLES` describes it.

    ``zonages`` has one more column, first: ``zonage``, the name of its file; and its ``libelle_zone`` is ``libelle``.

    Attributes:
        tables: the frames.
        fingerprints: sha256 of each file they came from, by path.
    """

    tables: Mapping[str, pl.DataFrame]
    fingerprints: Mapping[str, str]

    def __getitem__(self, name: str) -> pl.DataFrame:
        """Return a table."""
        return self.tables[name]

    # versions of the GHM classification ----------------------------------------------------------------------------

    @cached_property
    def ghm_versions(self) -> tuple[int, ...]:
        """The years whose classification is known."""
        return tuple(sorted({*self["ghm"]["annee"], *self._identical}))

    @cached_property
    def _identical(self) -> Mapping[int, int]:
        """The years declared identical to another whose rows are here."""
        written = set(self["ghm"]["annee"])
        pairs = self["versions_ghm"].select("annee", "identique_a").iter_rows()
        return {year: same for year, same in pairs if same in written}

    def ghm_version(self, year: int) -> int:
        """Return the version to use for a year: its own, else the nearest earlier, else the nearest later."""
        return _nearest(self.ghm_versions, year)

    def ghm(self, year: int) -> Version:
        """Return the classification to use for a year; `Version.year` tells which it is.

        The rows of a year declared identical to another are the other's, overlaid by its own if it has some.
        """
        version = self.ghm_version(year)
        rows = self["ghm"].filter(pl.col("annee") == version)
        if version in self._identical:
            same = self["ghm"].filter(pl.col("annee") == self._identical[version])
            rows = merge(GHM, same.with_columns(pl.lit(version, pl.Int64).alias("annee")), rows)
        return Version(year, version, rows)

    def ghm_lookup(self, years: Iterable[int]) -> pl.DataFrame:
        """Return what a build joins on, for the years given.

        Returns:
            annee, ghm, racine, ga, gp, doac, cas, aso, cmd, version: ``annee`` is the year asked for, ``version`` the
            year of the classification used.
        """
        used = [self.ghm(year) for year in sorted(set(years))]
        return pl.concat(
            v.table.select(
                pl.lit(v.asked, pl.Int64).alias("annee"), "ghm", *LEVELS, pl.lit(v.year, pl.Int64).alias("version")
            )
            for v in used
        )

    def ghm_of_years(self, years: Iterable[int]) -> pl.DataFrame:
        """Return `ghm_lookup`, by the name that ``edition`` knows."""
        return self.ghm_lookup(years)

    def tree(self, name: str, years: Iterable[int]) -> pl.DataFrame:
        """Return (annee, NAME, *levels) of each year's version of a tree of codes."""
        return {"ghm": self.ghm_of_years}[name](years)

    def version(self, name: str, year: int) -> int:
        """Return the year of the version that is used for a year."""
        return {"ghm": self.ghm_version}[name](year)

    def groupings(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return the groupings of GHM in given years; a code that its version does not know is kept.

        Args:
            pairs: (annee, ghm).

        Returns:
            annee, ghm, racine, ga, gp, doac, cas, aso, cmd, version, connu (bool). An unknown code has its first five
            characters as racine, the first two as cmd and "?" elsewhere.
        """
        pairs = pairs.select("annee", "ghm").unique()
        versions = {year: self.ghm_version(year) for year in pairs["annee"].unique()}
        rows = pairs.join(self.ghm_lookup(versions).drop("version"), on=["annee", "ghm"], how="left")
        by_code = {"racine": pl.col("ghm").str.slice(0, 5), "cmd": pl.col("ghm").str.slice(0, 2)}
        return rows.with_columns(
            *(pl.col(level).fill_null(by_code.get(level, pl.lit(UNKNOWN))) for level in LEVELS),
            pl.col("annee").replace_strict(versions, return_dtype=pl.Int64).alias("version"),
            pl.col("racine").is_not_null().alias("connu"),
        ).sort("annee", "ghm")

    # labels --------------------------------------------------------------------------------------------------------

    def labels(self, level: str) -> dict[str, str]:
        """Return label by code of a level, from the latest version that has it; "?" is « Inconnu »."""
        rows = self._labelled(level).sort("annee").select("code", "libelle")
        return {**dict(rows.iter_rows()), UNKNOWN: UNKNOWN_LABEL}

    def label(self, niveau: str, code: str, year: int) -> str:
        """Return the label of a code as a year's version has it, else the nearest that has it, else « Inconnu ».

        Args:
            niveau: a level of `LEVELS`, ``ghm``, ``regions``, ``departements``, ``geographie``, ``categories`` or
                ``secteurs``.
            code: a code of that level.
            year: the year of the data.
        """
        rows = self._labelled(niveau).filter(pl.col("code") == code)
        if rows.is_empty():
            return UNKNOWN_LABEL
        by_year = dict(rows.select("annee", "libelle").iter_rows())
        same = self._identical.get(year)
        return str(by_year[same if year not in by_year and same in by_year else _nearest(by_year, year)])

    def _labelled(self, level: str) -> pl.DataFrame:
        """Return (annee, code, libelle) of a level; the year is 0 where labels have no versions."""
        fixed = {"categories": CATEGORIES, "secteurs": SECTEURS}
        if level == "ghm":
            return self["ghm"].select("annee", pl.col("ghm").alias("code"), "libelle")
        if level in fixed:
            rows = pl.DataFrame({"code": list(fixed[level]), "libelle": list(fixed[level].values())})
        elif level in ("regions", "departements", "geographie"):
            key = "code_geo" if level == "geographie" else "code"
            rows = self[level].select(pl.col(key).alias("code"), "libelle")
        else:
            return self["regroupements"].filter(pl.col("niveau") == level).select("annee", "code", "libelle")
        return rows.select(pl.lit(0, pl.Int64).alias("annee"), "code", "libelle")

    # establishments and residences ---------------------------------------------------------------------------------

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

    A table is ``NAME.csv`` or the files of a folder ``NAME/``; zonings are the files of ``zonages/``.

    Raises:
        InputFileError: a table of the directory is not what it should be.
    """
    frames: dict[str, pl.DataFrame] = {}
    prints: dict[str, str] = {}
    for table in TABLES.values():
        parts = []
        for base in (OWN, directory):
            for path in _files(base, table):
                rows = read_table(table, path)
                parts.append(_zoning(rows, path.stem) if table is ZONAGES else rows)
                name = path.name if base is OWN or base is None else f"reference/{path.relative_to(base).as_posix()}"
                prints[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        if table is ZONAGES:
            frames[table.name] = pl.concat([_zoning(empty(table), ""), *parts])
        else:
            frames[table.name] = reduce(partial(merge, table), parts, empty(table))
    return Reference(frames, prints)


def _zoning(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.select(pl.lit(name).alias("zonage"), "zone", pl.col("libelle_zone").alias("libelle"), "code_geo")


def _files(base: Path | None, table: Table) -> list[Path]:
    if base is None:
        return []
    own = [] if table is ZONAGES else [base / f"{table.name}.csv"]
    return [path for path in (*own, *sorted((base / table.name).glob("*.csv"))) if path.is_file()]


def _nearest(years: Collection[int], year: int) -> int:
    """Return the year itself if there, else the nearest earlier one, else the nearest later one."""
    earlier = [known for known in years if known <= year]
    return max(earlier) if earlier else min(years)
