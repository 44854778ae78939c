"""The codes of one nomenclature: its versions in time, and the coarser levels of each code."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from sanoscope.nomenclature.places import UNKNOWN
from sanoscope.nomenclature.systems import Nomenclature

UNDATED = 0
"""Year of the rows that hold for every version: a list that is not revised as a whole each year."""


@dataclass(frozen=True, slots=True)
class Version:
    """The codes used for a year.

    Attributes:
        asked: the year asked for.
        year: the year whose version it is; another one when the asked year's is not known, `UNDATED` when the
            nomenclature has no versions.
        table: (annee, NAME, libelle, *levels), by code; ``annee`` is `year`.
    """

    asked: int
    year: int
    table: pl.DataFrame


@dataclass(frozen=True)
class Codes:
    """A nomenclature and what the reference tables say of it.

    Attributes:
        system: which.
        rows: (annee, NAME, libelle, *levels) of every version; `UNDATED` rows hold for all; "" is not known.
        identical: by year, the one whose version is the same, code for code.
        nearby: by year without a version, the one whose version is to be used.
        ranges: (debut, fin, level…), by ``debut``; none where the nomenclature has no ranges.
        pairs: explicit correspondences: (annee_de, code_de, annee_a, code_a).
    """

    system: Nomenclature
    rows: pl.DataFrame
    identical: Mapping[int, int]
    nearby: Mapping[int, int]
    ranges: pl.DataFrame
    pairs: pl.DataFrame

    @cached_property
    def years(self) -> tuple[int, ...]:
        """The years whose version is known; none for a list without versions."""
        written = {int(year) for year in self.rows["annee"].unique()} - {UNDATED}
        return tuple(sorted(written | {year for year, same in self.identical.items() if same in written}))

    def version(self, year: int) -> int:
        """Return the version to use for a year: its own, the one said to be used, else the nearest one.

        The nearest is the latest of those before, else the first of those after. `UNDATED` if there are no versions.
        """
        if year not in self.years and self.nearby.get(year) in self.years:
            return self.nearby[year]
        return nearest(self.years, year) if self.years else UNDATED

    def of(self, year: int) -> Version:
        """Return the codes to use for a year; `Version.year` tells which version it is."""
        version = self.version(year)
        if version not in self._tables:
            layers = dict.fromkeys((UNDATED, self.identical.get(version, version), version))
            rows = pl.concat(self.rows.filter(pl.col("annee") == layer) for layer in layers)
            name = self.system.name
            if len(layers) > 1 and rows[name].is_duplicated().any():  # what a layer leaves empty is kept from below
                last = (_given(x).drop_nulls().last().fill_null("") for x in ("libelle", *self.system.levels))
                rows = rows.group_by(name).agg(last)
            dated = rows.select(pl.lit(version, pl.Int64).alias("annee"), name, "libelle", *self.system.levels)
            self._tables[version] = self._complete(dated).sort(name)
        return Version(year, version, self._tables[version])

    @cached_property
    def _tables(self) -> dict[int, pl.DataFrame]:
        return {}

    def tree(self, years: Iterable[int]) -> pl.DataFrame:
        """Return (annee, NAME, *levels): each code of the version of each year; ``annee`` is the year asked for."""
        columns = (self.system.name, *self.system.levels)
        asked = sorted(set(years))
        empty = self.rows.select("annee", *columns).clear()
        parts = [self.of(year).table.select(pl.lit(year, pl.Int64).alias("annee"), *columns) for year in asked]
        return pl.concat([empty, *parts])

    def groupings(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return the levels of codes in given years; a code that its version does not know is kept.

        Args:
            pairs: (annee, NAME).

        Returns:
            annee, NAME, *levels, version, connu (bool), by year and code. The levels of an unknown code are those that
            the code itself tells, "?" elsewhere.
        """
        name = self.system.name
        pairs = pairs.select("annee", name).unique()
        versions = {year: self.version(year) for year in pairs["annee"].unique()}
        known = self.tree(versions).with_columns(pl.lit(value=True).alias("connu"))
        rows = pairs.join(known, on=["annee", name], how="left").with_columns(
            pl.col("connu").fill_null(value=False), *(pl.col(level).fill_null("") for level in self.system.levels)
        )
        version = pl.col("annee").replace_strict(versions, return_dtype=pl.Int64).alias("version")
        columns = ("annee", name, *self.system.levels, "version", "connu")
        return self._complete(rows).with_columns(version).select(columns).sort("annee", name)

    def correspondence(self, from_year: int, to_year: int) -> pl.DataFrame:
        """Return what each code of a year's version has become in another's.

        Returns:
            de, a (codes; "" for none), par (``table``: said by ``correspondances.csv``; ``code``: the same code is in
            both; ``libelle``: no code is the same, but one label is, only once on each side; "": nothing is known),
            niveaux (the levels that differ between the two codes, joined by commas). By ``de``, then ``a``.
        """
        before, after = self.of(from_year), self.of(to_year)
        old, new = (version.table.rename({self.system.name: "code"}) for version in (before, after))
        said = self.pairs.filter((pl.col("annee_de") == before.year) & (pl.col("annee_a") == after.year))
        by_table = _found(said, "code_de", "code_a", "table")
        left = old.filter(~pl.col("code").is_in(by_table["de"].implode()))
        by_code = _found(left.join(new, on="code", how="semi"), "code", "code", "code")
        left = left.join(new, on="code", how="anti")
        labels = _by_label(left).join(_by_label(new.join(old, on="code", how="anti")), on="mots", suffix="_a")
        by_label = _found(labels, "code", "code_a", "libelle")
        lost = left.filter(~pl.col("code").is_in(by_label["de"].implode())).with_columns(pl.lit("").alias("aucun"))
        found = pl.concat([by_table, by_code, by_label, _found(lost, "code", "aucun", "")])
        both = found.join(old, left_on="de", right_on="code", how="left").join(
            new, left_on="a", right_on="code", how="left", suffix="_a"
        )
        moved = (pl.when(pl.col(x) != pl.col(f"{x}_a")).then(pl.lit(x)) for x in self.system.levels)
        differing = pl.concat_str(pl.lit(None, pl.String), *moved, separator=",", ignore_nulls=True)
        return both.select("de", "a", "par", differing.alias("niveaux")).sort("de", "a")

    def _complete(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their empty levels deduced from the code, then from the ranges, else "?"."""
        formed = pl.col(self.system.name).str.contains(f"^(?:{self.system.form or '.*'})$")
        for level, deduced in self.system.deduced.items():
            rows = rows.with_columns(
                pl.coalesce(_given(level), pl.when(formed).then(deduced)).fill_null("").alias(level)
            )
        if self.system.ranges:
            rows = self._ranged(rows)
        return rows.with_columns(_given(level).fill_null(UNKNOWN).alias(level) for level in self.system.levels)

    def _ranged(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with the levels of the range that their first level is in."""
        first, *others = self.system.levels
        starts, ends = self.ranges["debut"].to_list(), self.ranges["fin"].to_list()
        values = {code: bisect_right(starts, code) - 1 for code in rows[first].unique()}
        places = [(code, place) for code, place in values.items() if place >= 0 and code <= ends[place]]
        found = pl.DataFrame(places, schema={first: pl.String, "place": pl.Int64}, orient="row").join(
            self.ranges.select(*others).with_row_index("place").cast({"place": pl.Int64}), on="place"
        )
        joined = rows.join(found, on=first, how="left", suffix="_plage")
        ranged = (pl.coalesce(_given(x), f"{x}_plage").fill_null("").alias(x) for x in others)
        return joined.with_columns(ranged).select(rows.columns)


def nearest(years: Collection[int], year: int) -> int:
    """Return the year itself if there, else the nearest earlier one, else the nearest later one."""
    earlier = [known for known in years if known <= year]
    return max(earlier) if earlier else min(years)


def _given(column: str) -> pl.Expr:
    """Return a column with null for what is not known."""
    return pl.col(column).replace("", None)


def _found(rows: pl.DataFrame, old: str, new: str, how: str) -> pl.DataFrame:
    return rows.select(pl.col(old).alias("de"), pl.col(new).alias("a"), pl.lit(how).alias("par"))


def _by_label(rows: pl.DataFrame) -> pl.DataFrame:
    """Return (mots, code) of the codes that alone have their label; ``mots`` is it, without case or punctuation."""
    words = pl.col("libelle").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars().alias("mots")
    named = rows.select(words, "code")
    return named.filter((pl.col("mots") != "") & ~pl.col("mots").is_duplicated())
