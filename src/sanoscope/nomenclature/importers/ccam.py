"""The catalogues of acts: CCAM (acts, and their hierarchy) and CSARR."""

import polars as pl

from sanoscope.nomenclature.importers.form import Taken, importer, labels, sift
from sanoscope.nomenclature.systems import ACTE_FORM, CSARR_FORM

_TWICE = "l'acte est déjà dans la table"


def _acts(frame: pl.DataFrame) -> Taken:
    """Acts and their labels, without hierarchy: what the other file says of it stays."""
    rows, refused = sift(
        frame,
        {
            "le code n'est pas celui d'un acte": ~pl.col("code").str.contains(f"^{ACTE_FORM}$"),
            _TWICE: ~pl.col("code").is_first_distinct(),
        },
    )
    return Taken({"actes": rows.select(pl.col("code").alias("acte"), pl.col("libelle_long").alias("libelle"))}, refused)


def _hierarchy(frame: pl.DataFrame) -> Taken:
    """Acts (type A) and headings (type H), of which chapters and sub-chapters are levels."""
    heading = pl.col("type") == "H"
    chapter, part = heading & (pl.col("niveau") == "1"), heading & (pl.col("niveau") == "2")
    rows, refused = sift(
        frame,
        {
            "titre ou paragraphe, qui n'est pas un niveau": heading & ~chapter & ~part,
            "le code n'est pas celui d'un acte": ~heading & ~pl.col("code").str.contains(f"^{ACTE_FORM}$"),
            _TWICE: ~heading & ~pl.col("code").is_first_distinct(),
        },
    )
    in_part = pl.concat_str("niveau_1", "niveau_2", separator=".")
    acts = rows.filter(~heading).select(
        pl.col("code").alias("acte"),
        "libelle",
        in_part.alias("sous_chapitre"),
        pl.col("niveau_1").alias("chapitre_acte"),
    )
    named = [
        labels(rows.filter(chapter), "chapitre_acte", code=pl.col("niveau_1"), label=pl.col("libelle")),
        labels(rows.filter(part), "sous_chapitre", code=in_part, label=pl.col("libelle")),
    ]
    return Taken({"actes": acts, "regroupements": pl.concat(named)}, refused)


def _csarr(frame: pl.DataFrame) -> Taken:
    rows, refused = sift(
        frame,
        {
            "modulateur ou extension documentaire, qui n'est pas un acte": pl.col("code").str.len_chars() == 2,
            "le code n'est pas celui d'un acte": ~pl.col("code").str.contains(f"^{CSARR_FORM}$"),
            "l'acte est déjà dans la table, pour cette année": ~pl.struct("anseqta", "code").is_first_distinct(),
        },
    )
    taken = rows.select(
        pl.col("anseqta").alias("annee"),
        pl.col("code").alias("csarr"),
        "libelle",
        pl.col("code_hier").str.slice(0, 5).alias("sous_chapitre_csarr"),
        pl.col("code_hier").str.slice(0, 2).alias("chapitre_csarr"),
    )
    return Taken({"csarr": taken}, refused)


def _csarr_headings(frame: pl.DataFrame) -> Taken:
    length = pl.col("code_hier").str.len_chars()
    rows, refused = sift(frame, {"paragraphe, qui n'est pas un niveau": ~length.is_in([2, 5])})
    code, label, year = pl.col("code_hier"), pl.col("libelle_hier"), pl.col("anseqta")
    named = [
        labels(rows.filter(length == size), level, code=code, label=label, year=year)
        for size, level in ((2, "chapitre_csarr"), (5, "sous_chapitre_csarr"))
    ]
    return Taken({"regroupements": pl.concat(named)}, refused)


IMPORTERS = (
    importer("actes de la CCAM", frozenset({"code", "libelle_long", "type_acte", "date_debut"}), _acts),
    importer(
        "hiérarchie de la CCAM",
        frozenset({"strate", "code", "parent", "libelle", "type", "niveau", "niveau_1", "niveau_2"}),
        _hierarchy,
    ),
    importer("actes du CSARR", frozenset({"code_hier", "code", "libelle", "anseqta"}), _csarr),
    importer("hiérarchie du CSARR", frozenset({"code_hier", "libelle_hier", "anseqta"}), _csarr_headings),
)
