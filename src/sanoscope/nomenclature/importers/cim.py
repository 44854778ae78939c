"""The CIM-10: ATIH's file of codes, which has no header, and a hierarchy of chapters and blocks."""

import re

import polars as pl

from sanoscope.nomenclature.importers.form import Importer, Source, Taken, importer, labels, sift, year_of
from sanoscope.nomenclature.reading import read_table
from sanoscope.nomenclature.reference import OWN
from sanoscope.nomenclature.systems import DP_FORM
from sanoscope.nomenclature.tables import PLAGES_DIAGNOSTICS

_CODE, _LABEL = 0, 5
"""Position of the code and of the long label among the six fields of a line: code, types, label in capitals, label."""
_FLAGS = r"[ON]{4}"
"""The third field: admitted or not as principal, related, associated… diagnosis."""
_DELETED = r"^\*\*\* SU(\d\d) \*\*\* (.*)$"
"""A label that begins with the year when the code was deleted."""


def _is_codes(source: Source) -> bool:
    first = source.sheets[0][1].columns
    return (
        len(first) == 6
        and re.fullmatch(DP_FORM, first[_CODE]) is not None
        and re.fullmatch(_FLAGS, first[2]) is not None
    )


def _codes(source: Source) -> Taken:
    """Every code, categories of three characters included; the first line, read as a header, is one of them."""
    frame = source.sheets[0][1]
    names = ["dp", "libelle"]
    kept = [frame.columns[_CODE], frame.columns[_LABEL]]
    first = pl.DataFrame([kept], schema=dict.fromkeys(names, pl.String), orient="row")
    rows = pl.concat([first, frame.select(pl.col(old).alias(new) for old, new in zip(kept, names, strict=True))])
    rows, refused = sift(
        rows.with_columns(pl.all().str.strip_chars()),
        {
            "le code n'est pas celui d'un diagnostic": ~pl.col("dp").str.contains(f"^(?:{DP_FORM})$"),
            "le code est déjà dans la table": ~pl.col("dp").is_first_distinct(),
        },
    )
    century = pl.when(pl.col("libelle").str.contains(r"^\*\*\* SU9")).then(pl.lit("19")).otherwise(pl.lit("20"))
    deleted = pl.format("{} (code supprimé en {}{})", _deleted(2), century, _deleted(1))
    rows = rows.select(
        pl.lit(year_of(source.path, "diagnostics")).alias("annee"),
        "dp",
        pl.coalesce(deleted, "libelle").alias("libelle"),
    )
    categories = rows.filter(pl.col("dp").str.len_chars() == 3)
    named = labels(categories, "categorie_dp", code=pl.col("dp"), label=pl.col("libelle"), year=pl.col("annee"))
    ignored = ("types du code", "libellé en capitales")
    return Taken({"diagnostics": rows, "regroupements": named}, refused, ignored=ignored)


def _deleted(group: int) -> pl.Expr:
    return pl.col("libelle").str.extract(_DELETED, group)


def _hierarchy(frame: pl.DataFrame) -> Taken:
    """Labels of the chapters, and of the blocks that begin where one of ``plages_diagnostics.csv`` does."""
    ranges = read_table(PLAGES_DIAGNOSTICS, OWN / "plages_diagnostics.csv")
    starts = dict(ranges.select("debut", "bloc_dp").iter_rows())
    block = pl.col("diag_deb").replace_strict(starts, default="")
    chapter = pl.col("hiera").str.len_chars() == 2
    rows, refused = sift(
        frame.with_columns(block.alias("bloc")),
        {
            "groupe de blocs, qui n'est pas un niveau": ~chapter & (pl.col("niveau_fin") == "0"),
            "le bloc ne commence pas comme l'une des plages connues": ~chapter & (pl.col("bloc") == ""),
        },
    )
    label, year = pl.col("lib"), pl.col("annee_deb")
    blocks = rows.filter(~chapter)
    mental = blocks.filter(pl.col("hiera").str.starts_with("05"))
    named = [
        labels(rows.filter(chapter), "chapitre_dp", code=pl.col("hiera"), label=label, year=year),
        labels(blocks, "bloc_dp", code=pl.col("bloc"), label=label, year=year),
        labels(mental, "categorie_psy", code=pl.col("bloc"), label=label, year=year),
    ]
    return Taken({"regroupements": pl.concat(named)}, refused)


IMPORTERS = (
    Importer("codes de la CIM-10 (ATIH, sans en-tête)", _is_codes, _codes),
    importer(
        "chapitres et blocs de la CIM-10",
        frozenset({"hiera", "diag_deb", "diag_fin", "lib", "annee_deb", "niveau_fin"}),
        _hierarchy,
    ),
)
