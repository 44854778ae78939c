"""The reference tables that a build uses: the package's own, overlaid by those of the workspace."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from pathlib import Path

import polars as pl

from sanoscope.nomenclature.codes import UNDATED, Codes, nearest
from sanoscope.nomenclature.places import UNKNOWN, UNKNOWN_LABEL, departement_of_code_geo, departement_of_finess
from sanoscope.nomenclature.reading import empty, merge, read_table
from sanoscope.nomenclature.systems import LEVELS, NOMENCLATURES, OWNERS, Nomenclature
from sanoscope.nomenclature.tables import CATEGORIES, SECTEURS, TABLES, ZONAGES, Table

__all__ = ["LEVELS", "OWN", "Reference", "load_reference"]

OWN = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Reference:
    """Reference tables by name, each as `tables.TABLES` describes it.

    ``zonages`` has one more column, first: ``zonage``, the name of its file; and its ``libelle_zone`` is ``libelle``.

    Attributes:
        tables: the frames.
        prints: by table, sha256 of each file it came from, by path.
    """

    tables: Mapping[str, pl.DataFrame]
    prints: Mapping[str, Mapping[str, str]]

    def __getitem__(self, name: str) -> pl.DataFrame:
        """Return a table.

        Raises:
            KeyError: there is none of that name, or `only` left it out.
        """
        return self.tables[name]

    @property
    def fingerprints(self) -> dict[str, str]:
        """The sha256 of each file that the tables came from, by path."""
        return {path: sha for of in self.prints.values() for path, sha in of.items()}

    def only(self, names: Collection[str]) -> "Reference":
        """Return the reference that has these tables and no other: what is made of it depends on nothing else."""
        return Reference({n: self.tables[n] for n in sorted(names)}, {n: self.prints[n] for n in sorted(names)})

    # code systems --------------------------------------------------------------------------------------------------

    def codes(self, name: str) -> Codes:
        """Return a nomenclature of `systems.NOMENCLATURES`: its versions, the levels of its codes.

        Raises:
            KeyError: there is none of that name.
        """
        if name not in self._codes:
            self._codes[name] = self._read_codes(NOMENCLATURES[name])
        return self._codes[name]

    def version(self, name: str, year: int) -> int:
        """Return the year whose version of a nomenclature is used for a year; 0 if the nomenclature has no versions."""
        return self.codes(name).version(year)

    def tree(self, name: str, years: Iterable[int]) -> pl.DataFrame:
        """Return (annee, NAME, *levels) of a nomenclature, for the years given.

        ``annee`` is the year asked for; the codes are those of the version used for it, as `version` tells. A level
        that is not known is "?". The levels are ``NOMENCLATURES[name].levels``, in that order.
        """
        return self.codes(name).tree(years)

    def groupings(self, name: str, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return the levels of codes met in given years, those that no version knows included: `Codes.groupings`."""
        return self.codes(name).groupings(pairs)

    def correspondence(self, name: str, from_year: int, to_year: int) -> pl.DataFrame:
        """Return what the codes of a year's version have become in another year's: `Codes.correspondence`."""
        return self.codes(name).correspondence(from_year, to_year)

    @cached_property
    def _codes(self) -> dict[str, Codes]:
        return {}

    def _read_codes(self, system: Nomenclature) -> Codes:
        declared = self["versions"].filter(pl.col("nomenclature") == system.name)
        same, near = (declared.filter(pl.col("identique") == said) for said in ("oui", "non"))
        return Codes(
            system,
            self._rows(system),
            dict(same.select("annee", "version").iter_rows()),
            dict(near.select("annee", "version").iter_rows()),
            self[system.ranges].sort("debut") if system.ranges else pl.DataFrame(),
            self["correspondances"].filter(pl.col("nomenclature") == system.name),
        )

    def _rows(self, system: Nomenclature) -> pl.DataFrame:
        """Return (annee, NAME, libelle, *levels) of a nomenclature, as its table has them; `UNDATED` for all years."""
        rows = self[system.table]
        if system.is_list:
            levels = dict.fromkeys(system.levels, "groupe")
            rows = rows.filter(pl.col("liste") == system.name)
        else:
            levels = {level: level for level in system.levels}
        label = pl.col("libelle")
        if "libelle_en_sus" in rows.columns:
            label = pl.coalesce(label.replace("", None), "libelle_en_sus").alias("libelle")
        return rows.select(
            pl.col("annee").fill_null(UNDATED),
            pl.col("code" if system.is_list else system.name).alias(system.name),
            label,
            *(pl.col(column).alias(level) for level, column in levels.items()),
        )

    # labels --------------------------------------------------------------------------------------------------------

    def labels(self, level: str) -> dict[str, str]:
        """Return label by code of a level, from the latest version that has it; "?" is « Inconnu »."""
        rows = self._labelled(level).sort("annee").select("code", "libelle")
        return {**dict(rows.iter_rows()), UNKNOWN: UNKNOWN_LABEL}

    def label(self, niveau: str, code: str, year: int) -> str:
        """Return the label of a code as a year's version has it, else the nearest that has it, else « Inconnu ».

        Args:
            niveau: a nomenclature or one of its levels, ``regions``, ``departements``, ``geographie``,
                ``categories`` or ``secteurs``.
            code: a code of that level.
            year: the year of the data.
        """
        rows = self._labelled(niveau).filter(pl.col("code") == code)
        if rows.is_empty():
            return UNKNOWN_LABEL
        by_year = dict(rows.select("annee", "libelle").iter_rows())
        same = self.codes(OWNERS[niveau]).identical.get(year) if niveau in OWNERS else None
        return str(by_year[same if year not in by_year and same in by_year else nearest(by_year, year)])

    def _labelled(self, level: str) -> pl.DataFrame:
        """Return (annee, code, libelle) of a level; the year is `UNDATED` where labels have no versions."""
        if level in NOMENCLATURES:
            return self.codes(level).rows.select("annee", pl.col(level).alias("code"), "libelle")
        fixed = {"categories": CATEGORIES, "secteurs": SECTEURS}
        if level in fixed:
            rows = pl.DataFrame({"code": list(fixed[level]), "libelle": list(fixed[level].values())})
        elif level in ("regions", "departements", "geographie"):
            key = "code_geo" if level == "geographie" else "code"
            rows = self[level].select(pl.col(key).alias("code"), "libelle")
        else:
            rows = self["regroupements"].filter(pl.col("niveau") == level)
            return rows.select(pl.col("annee").fill_null(UNDATED), "code", "libelle")
        return rows.select(pl.lit(UNDATED, pl.Int64).alias("annee"), "code", "libelle")

    # establishments and residences ---------------------------------------------------------------------------------

    def establishments(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return the attributes of establishments in given years.

        Args:
            pairs: (annee, finess).

        Returns:
            annee, finess, raison_sociale, categorie, secteur, departement, region, territoire, ght, code_geo, connu
            (bool); what no table knows is deduced from the FINESS (département, région) or "?". The territoire is that
            of the geographic code.
        """
        known = self._dated()
        valid = _valid(pairs, known)
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
        rows = rows.join(self["geographie"].select("code_geo", "territoire"), on="code_geo", how="left")
        maybe = ("categorie", "secteur", "territoire", "ght", "code_geo")
        columns = ["annee", "finess", "raison_sociale", "categorie", "secteur", "departement", "region", *maybe[2:]]
        unknown = [pl.col(name).fill_null("").replace("", UNKNOWN) for name in maybe]
        return rows.with_columns(unknown).select(*columns, "connu").sort("annee", "finess")

    def legal_entities(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return (annee, finess, juridique) of the establishments whose legal FINESS is known in given years.

        Args:
            pairs: (annee, finess), each once.
        """
        known = self._dated().filter(pl.col("finess_juridique").fill_null("") != "")
        valid = _valid(pairs, known).drop_nulls("finess_juridique")
        return valid.select("annee", "finess", pl.col("finess_juridique").alias("juridique"))

    def _dated(self) -> pl.DataFrame:
        """Return the table of establishments, each row with the years in which it is so."""
        return self["etablissements"].with_columns(
            pl.col("annee_debut").fill_null(0), pl.col("annee_fin").fill_null(9999)
        )

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
    read = {name: _overlaid(table, directory) for name, table in TABLES.items()}
    return Reference({name: frame for name, (frame, _) in read.items()}, {name: of for name, (_, of) in read.items()})


def tables_of_level(level: str) -> frozenset[str]:
    """Return the tables that tell the codes and the labels of a level of `Reference.label`."""
    if level in ("categories", "secteurs"):
        return frozenset()
    if level in ("regions", "departements", "geographie"):
        return frozenset({level})
    if level not in NOMENCLATURES:
        return frozenset({"regroupements"})
    system = NOMENCLATURES[level]
    return frozenset({system.table, system.ranges, "versions", "correspondances"} - {""})


def load_plain(table: Table, directory: Path) -> pl.DataFrame:
    """Return one plain table, as `load_reference` has it.

    Raises:
        InputFileError: it is not what it should be.
    """
    return _overlaid(table, directory)[0]


def _overlaid(table: Table, directory: Path | None) -> tuple[pl.DataFrame, dict[str, str]]:
    """Return a table, the package's overlaid by the directory's, and the fingerprints of the files it came from."""
    parts, prints = [], {}
    for base in (OWN, directory):
        for path in _files(base, table):
            rows = read_table(table, path)
            parts.append(_zoning(rows, path.stem) if table is ZONAGES else rows)
            name = path.name if base is OWN or base is None else f"reference/{path.relative_to(base).as_posix()}"
            prints[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    if table is ZONAGES:
        return pl.concat([_zoning(empty(table), ""), *parts]), prints
    first, *others = parts or [empty(table)]
    return reduce(partial(merge, table), others, first.sort(table.key)), prints


def _zoning(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.select(pl.lit(name).alias("zonage"), "zone", pl.col("libelle_zone").alias("libelle"), "code_geo")


def _files(base: Path | None, table: Table) -> list[Path]:
    if base is None:
        return []
    own = [] if table is ZONAGES else [base / f"{table.name}.csv"]
    return [path for path in (*own, *sorted((base / table.name).glob("*.csv"))) if path.is_file()]


def _valid(pairs: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return (annee, finess) with the last row that is so in the year; with nulls where no row is of the FINESS."""
    return (
        pairs.join(known, on="finess", how="left")
        .filter(pl.col("annee_debut").is_null() | pl.col("annee").is_between("annee_debut", "annee_fin"))
        .sort("annee_debut", descending=True, nulls_last=True)
        .unique(["annee", "finess"], keep="first")
    )
