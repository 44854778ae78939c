"""The short lists of the SNDS's schema: modes of care at home, ways in and out of hospital."""

import polars as pl

from sanoscope.nomenclature.importers.form import Importer, Taken, importer, sift

_FORMER = r"\s*\[[^\]]*\(Jusqu.en \d{4}\)\]"
"""What a label was before, which the SNDS adds to it."""
_SHORT = (
    ("mode_entree", "modes d'entrée", "ENT_MOD_COD", "ENT_MOD_LIB"),
    ("mode_sortie", "modes de sortie", "SOR_MOD_COD", "SOR_MOD_LIB"),
    ("provenance", "provenances", "PRV_COD", "PRV_LIB"),
    ("destination", "destinations", "DST_COD", "DST_LIB"),
)
"""List, what it is, columns of the code and of the label."""


def _modes(frame: pl.DataFrame) -> Taken:
    """Modes of care: one list for each of the places where a mode may be written (columns MPP, MPA and MPD)."""
    rows, refused = sift(
        frame.with_columns(pl.col("PEC_PAL_LIB").str.replace(_FORMER, "")),
        {"le mode n'a pas de libellé": pl.col("PEC_PAL_LIB") == ""},
    )
    parts = [
        rows.filter(pl.col(name) == "1").select(
            pl.lit(name.lower()).alias("liste"),
            pl.col("PEC_PAL_COD").alias("code"),
            pl.col("PEC_PAL_LIB").alias("libelle"),
        )
        for name in ("MPP", "MPA", "MPD")
    ]
    return Taken({"codes": pl.concat(parts)}, refused)


def _short(name: str, title: str, code: str, label: str) -> Importer:
    def convert(frame: pl.DataFrame) -> Taken:
        technical = pl.col("TEC_COL") != "0"
        rows, refused = sift(frame, {"valeur technique du SNDS (inconnue ou sans objet)": technical})
        taken = rows.select(pl.lit(name).alias("liste"), pl.col(code).alias("code"), pl.col(label).alias("libelle"))
        return Taken({"codes": taken}, refused)

    return importer(f"{title} (SNDS)", frozenset({code, label, "TEC_COL"}), convert)


IMPORTERS = (
    importer(
        "modes de prise en charge en HAD (SNDS)", frozenset({"PEC_PAL_COD", "PEC_PAL_LIB", "MPP", "MPA", "MPD"}), _modes
    ),
    *(_short(*spec) for spec in _SHORT),
)
