"""A table of establishments as ScanSanté publishes it: category, FINESS, name, then figures that are not taken."""

import polars as pl

from sanoscope.nomenclature.importers.form import Taken, importer, sift, with_region
from sanoscope.nomenclature.places import UNKNOWN, departement_of_finess
from sanoscope.nomenclature.tables import CATEGORIES

_CODES = {label: code for code, label in CATEGORIES.items()}


def _establishments(frame: pl.DataFrame) -> Taken:
    """The sector is that of the category: PRIVÉ is OQN, all others are DGF."""
    rows, refused = sift(
        frame,
        {
            "ligne de total, ou FINESS qui n'a pas 9 caractères": ~pl.col("Finess").str.contains(r"^\w{9}$"),
            "catégorie inconnue": ~pl.col("Catégorie").is_in(_CODES),
            "le FINESS est déjà dans la table": ~pl.col("Finess").is_first_distinct(),
        },
    )
    category = pl.col("Catégorie").replace(_CODES)
    taken = rows.select(
        pl.col("Finess").alias("finess"),
        pl.col("Raison Sociale").alias("raison_sociale"),
        category.alias("categorie"),
        pl.when(category == "PRIVE").then(pl.lit("prive")).otherwise(pl.lit("public")).alias("secteur"),
        departement_of_finess(pl.col("Finess")).replace(UNKNOWN, "").alias("departement"),
    )
    return Taken({"etablissements": with_region(taken)}, refused)


IMPORTERS = (
    importer(
        "établissements d'un tableau publié", frozenset({"Catégorie", "Finess", "Raison Sociale"}), _establishments
    ),
)
