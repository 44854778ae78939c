"""Extractions of FINESS, the national directory of establishments, in the forms that circulate."""

import polars as pl

from sanoscope.nomenclature.importers.form import Importer, Source, Taken, importer, sift, with_region
from sanoscope.nomenclature.places import UNKNOWN, departement_of_finess
from sanoscope.nomenclature.tables import CATEGORIES

_NOT_FINESS = "le FINESS n'a pas 9 caractères"
_TWICE = "le FINESS est déjà dans la table"
_CODES = {label.upper(): code for code, label in CATEGORIES.items()}

# Position of what is taken in a « structureet » line of the open-data extraction (cs1100502, cs1100507).
_LINE, _FINESS, _LEGAL, _NAME, _LONG_NAME, _KIND, _FAMILY, _FAMILY_NAME, _PRICING = (
    f"#{i}" for i in (0, 1, 2, 3, 4, 18, 20, 21, 24)
)
_KINDS = {"101": "CHR/U", "355": "CH", "106": "CH", "131": "CLCC"}
"""Category by kind of establishment (categetab): centre hospitalier régional, centre hospitalier, ex-hôpital local,
centre de lutte contre le cancer."""
_SECTORS = {"03": "public", "04": "public", "15": "public", "07": "prive"}
"""Sector by way of pricing (codemft): établissements publics, PSPH and other private ones under dotation globale; the
private ones that are not. Other ways do not tell."""


def _refusals(finess: str) -> dict[str, pl.Expr]:
    return {_NOT_FINESS: ~pl.col(finess).str.contains(r"^\w{9}$"), _TWICE: ~pl.col(finess).is_first_distinct()}


def _departement(finess: str) -> pl.Expr:
    return departement_of_finess(pl.col(finess)).replace(UNKNOWN, "").alias("departement")


def _list(frame: pl.DataFrame) -> Taken:
    """FINESS, name prefixed by it, commune, legal status, région.

    A private non-profit establishment may be in either sector (of those that ATIH publishes, 142 are OQN and 172 DGF):
    it is left empty.
    """
    rows, refused = sift(frame, _refusals("FINESS"))
    sectors = {"Public": "public", "Privé lucratif": "prive"}
    taken = rows.select(
        pl.col("FINESS").alias("finess"),
        pl.col("Raison sociale").str.replace(r"^\w{9} - ", "").alias("raison_sociale"),
        pl.col("Statut Juridique").replace_strict(sectors, default="").alias("secteur"),
        _departement("FINESS"),
        pl.col("Région").str.extract(r"^(\d{2}) - ").fill_null("").alias("region"),
    )
    return Taken({"etablissements": taken}, refused)


def _geocoded(frame: pl.DataFrame) -> Taken:
    """A JSON extraction enriched with the category that ATIH publishes and with codes of place."""
    rows, refused = sift(
        frame, {"sans identité dans FINESS": pl.col("raison_sociale") == "", **_refusals("nofinesset")}
    )
    category = pl.col("categorie").str.to_uppercase().replace_strict(_CODES, default="")
    sector = pl.when(category == "PRIVE").then(pl.lit("prive")).when(category != "").then(pl.lit("public"))
    taken = rows.select(
        pl.col("nofinesset").alias("finess"),
        "raison_sociale",
        category.alias("categorie"),
        sector.otherwise(pl.lit("")).alias("secteur"),
        pl.col("nofinessej").alias("finess_juridique"),
        _departement("nofinesset"),
    )
    return Taken({"etablissements": with_region(taken)}, refused)


def _is_open_data(source: Source) -> bool:
    return any(name.startswith("finess;etalab;") and _PRICING in frame.columns for name, frame in source.sheets)


def _open_data(source: Source) -> Taken:
    """The national open-data extraction: no header, semicolons; lines « structureet », then « geolocalisation ».

    Only hospitals are taken: the family (categagretab) of what hospital law rules begins with 11.
    """
    frame = next(frame for name, frame in source.sheets if name.startswith("finess;etalab;"))
    rows, refused = sift(
        frame,
        {
            "ligne de géolocalisation": pl.col(_LINE) == "geolocalisation",
            "ligne d'un autre type que structureet": pl.col(_LINE) != "structureet",
            "n'est pas un établissement hospitalier (famille 11)": ~pl.col(_FAMILY).str.starts_with("11"),
            **_refusals(_FINESS),
        },
    )
    sector = pl.col(_PRICING).replace_strict(_SECTORS, default="")
    by_sector = pl.when(sector == "prive").then(pl.lit("PRIVE")).otherwise(pl.lit(""))
    kind = pl.col(_KIND).replace_strict(_KINDS, default="")
    non_public = pl.col(_PRICING).is_in(["04", "15"]) & (kind == "")
    taken = rows.select(
        pl.col(_FINESS).alias("finess"),
        pl.coalesce(pl.col(_LONG_NAME).replace("", None), pl.col(_NAME)).alias("raison_sociale"),
        pl.when(kind != "")
        .then(kind)
        .when(non_public)
        .then(pl.lit("PSPH/EBNL"))
        .otherwise(by_sector)
        .alias("categorie"),
        sector.alias("secteur"),
        pl.col(_LEGAL).alias("finess_juridique"),
        _departement(_FINESS),
    )
    return Taken({"etablissements": with_region(taken)}, refused)


IMPORTERS = (
    importer("liste FINESS", frozenset({"FINESS", "Raison sociale", "Commune", "Statut Juridique", "Région"}), _list),
    importer(
        "FINESS géolocalisé (JSON)", frozenset({"nofinesset", "nofinessej", "raison_sociale", "categorie"}), _geocoded
    ),
    Importer("extraction nationale FINESS (etalab)", _is_open_data, _open_data),
)
