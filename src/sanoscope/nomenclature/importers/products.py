"""Drugs (UCD) and devices (LPP): the tables of the Assurance maladie, and ATIH's histories of the lists « en sus »."""

import polars as pl

from sanoscope.nomenclature.importers.form import Refused, Taken, importer, labels, sift
from sanoscope.nomenclature.systems import ATC_FORM, LPP_FORM, UCD_FORM

_NOT_AN_UCD = "le code n'est pas un UCD7"
_NOT_A_LPP = "le code n'est pas un code de la LPP"
_OLDER = "le code est déjà pris, de l'évènement le plus récent si le fichier les date"
_DEPTH = 3
"""Steps of the LPP's tree that make a category: title, part, heading."""


def _latest_first(frame: pl.DataFrame) -> pl.DataFrame:
    """Return events from the latest to the oldest; of the same day, in the order of the file."""
    dated = [
        pl.col(name).str.to_date("%d/%m/%Y", strict=False)
        for name in ("dateeffet", "datepublication")
        if name in frame.columns
    ]
    return frame.sort(pl.coalesce(dated), descending=True, nulls_last=True, maintain_order=True) if dated else frame


def _drugs(frame: pl.DataFrame, *, code: str, label: pl.Expr, atc: str, substance: str) -> Taken:
    """Return drugs with their ATC code, "" where it is not one, and the names of substances."""
    rows, refused = sift(
        frame.with_columns(pl.col(code, atc).str.strip_chars()),
        {_NOT_AN_UCD: ~pl.col(code).str.contains(f"^{UCD_FORM}$"), _OLDER: ~pl.col(code).is_first_distinct()},
    )
    known = pl.col(atc).str.contains(f"^(?:{ATC_FORM})$")
    unknown = rows.filter(~known)
    rows = rows.with_columns(pl.when(known).then(pl.col(atc)).otherwise(pl.lit("")).alias(atc))
    taken = rows.select(pl.col(code).alias("ucd"), label.alias("libelle"), pl.col(atc).alias("atc5"))
    named = labels(rows, "atc5", code=pl.col(atc), label=pl.col(substance))
    absent, wrong = int((unknown[atc] == "").sum()), int((unknown[atc] != "").sum())
    doubts = ((absent, "sans code ATC"), (wrong, "sans leur code ATC, qui n'en est pas un"))
    return Taken({"ucd": taken, "regroupements": named}, refused, tuple(Refused(n, why) for n, why in doubts if n))


def _ucd_history(frame: pl.DataFrame) -> Taken:
    return _drugs(
        _latest_first(frame),
        code="ucd7",
        label=pl.col("libelleucd"),
        atc="codeatc",
        substance="denominationcommuneinternationale",
    )


def _ucd_table(frame: pl.DataFrame) -> Taken:
    label = pl.coalesce(pl.col("libelle_court_specialite").replace("", None), "libelle_long_ucd")
    return _drugs(frame, code="code_ucd", label=label, atc="code_atc", substance="libelle_atc")


def _lpp_table(frame: pl.DataFrame) -> Taken:
    """Devices and the place of each in the tree; a step numbered 0 is none."""
    rows, refused = sift(
        frame,
        {
            _NOT_A_LPP: ~pl.col("code_tips").str.contains(f"^{LPP_FORM}$"),
            "le code est déjà dans la table": ~pl.col("code_tips").is_first_distinct(),
        },
    )
    steps = [f"arbo{step}" for step in range(1, _DEPTH + 1)]
    place = pl.concat_str(steps, separator=".").str.replace(r"(\.0)+$", "")
    depth = place.str.count_matches(".", literal=True) + 1
    heading = pl.coalesce(pl.when(depth == step).then(pl.col(f"lib_arbo{step}")) for step in range(_DEPTH, 0, -1))
    taken = rows.select(
        pl.col("code_tips").alias("lpp"),
        pl.col("nom_court").alias("libelle"),
        place.alias("categorie_lpp"),
        pl.col("arbo1").alias("titre_lpp"),
    )
    named = [
        labels(rows, "categorie_lpp", code=place, label=heading),
        labels(rows, "titre_lpp", code=pl.col("arbo1"), label=pl.col("lib_arbo1")),
    ]
    return Taken({"lpp": taken, "regroupements": pl.concat(named)}, refused)


def _lpp_history(frame: pl.DataFrame) -> Taken:
    """Codes that were on the list « en sus »: their label there is often that of a family, so it has its own column."""
    rows, refused = sift(
        _latest_first(frame),
        {
            _NOT_A_LPP: ~pl.col("codelpp").str.contains(f"^{LPP_FORM}$"),
            _OLDER: ~pl.col("codelpp").is_first_distinct(),
        },
    )
    return Taken(
        {"lpp": rows.select(pl.col("codelpp").alias("lpp"), pl.col("libelle").alias("libelle_en_sus"))}, refused
    )


_DATES = frozenset({"dateeffet", "datepublication"})
IMPORTERS = (
    importer(
        "historique des UCD en sus (ATIH)",
        frozenset({"ucd7", "libelleucd", "codeatc", "denominationcommuneinternationale"}),
        _ucd_history,
        also=_DATES,
    ),
    importer(
        "UCD de l'Assurance maladie",
        frozenset({"code_ucd", "libelle_long_ucd", "libelle_court_specialite", "code_atc", "libelle_atc"}),
        _ucd_table,
    ),
    importer(
        "LPP de l'Assurance maladie",
        frozenset(
            {"code_tips", "nom_court", *(f"{what}{n}" for n in range(1, _DEPTH + 1) for what in ("arbo", "lib_arbo"))}
        ),
        _lpp_table,
    ),
    importer(
        "historique de la LPP en sus (ATIH)", frozenset({"codelpp", "libelle", "evenement"}), _lpp_history, also=_DATES
    ),
)
