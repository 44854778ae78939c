"""PMSI geographic codes: the correspondence of communes, and that of postal codes."""

import re

import polars as pl

from sanoscope.nomenclature.importers.form import Importer, Source, Taken, importer, sift, with_region
from sanoscope.nomenclature.places import UNKNOWN, departement_of_code_geo

_NOT_A_CODE = "le code géographique n'a pas 5 caractères"


def _places(frame: pl.DataFrame, *, territory: pl.Expr) -> pl.DataFrame:
    """Return rows of ``geographie``: of the places of a code, the most populated one gives name and territory.

    Args:
        frame: (code_geo, nom, habitants, …).
        territory: the territory of a place.
    """
    named = pl.col("nom").replace("", "Sans nom").alias("libelle")
    habitants = pl.col("habitants").cast(pl.Float64, strict=False).fill_null(0)
    rows = (
        frame.sort(habitants, descending=True, maintain_order=True)
        .unique("code_geo", keep="first", maintain_order=True)
        .select(
            "code_geo",
            named,
            departement_of_code_geo(pl.col("code_geo")).replace(UNKNOWN, "").alias("departement"),
            territory.alias("territoire"),
        )
    )
    return with_region(rows).sort("code_geo")


def _communes(frame: pl.DataFrame) -> Taken:
    """Communes with their geographic code and health territory; the latest year, if the file has several."""
    refusals = {_NOT_A_CODE: ~pl.col("code_geo").str.contains(r"^\w{5}$")}
    if "annee" in frame.columns:
        latest = str(frame["annee"].max())
        refusals = {f"d'une année antérieure à {latest}, la dernière du fichier": pl.col("annee") != latest, **refusals}
    rows, refused = sift(frame, refusals)
    rows = rows.rename({"lib_com": "nom", "pop": "habitants"})
    # outside health territories the file writes a run of x
    return Taken({"geographie": _places(rows, territory=pl.col("ts").str.replace("^x+$", ""))}, refused)


def _column(frame: pl.DataFrame, pattern: str) -> str:
    return next((name for name in frame.columns if re.match(pattern, name)), "")


def _is_postal(source: Source) -> bool:
    return any(
        _column(frame, r"Code postal \d{4}") and _column(frame, r"Code géographique PMSI") for _, frame in source.sheets
    )


def _postal(source: Source) -> Taken:
    """Postal codes with their geographic code (ATIH): every code, foreign countries included, without territory."""
    frame = next(frame for _, frame in source.sheets if _column(frame, r"Code géographique PMSI"))
    rows = frame.select(
        pl.col(_column(frame, r"Code géographique PMSI")).alias("code_geo"),
        pl.col("Libellé poste").alias("nom"),
        pl.col(_column(frame, r"Population .* au maximum")).alias("habitants"),
    )
    rows, refused = sift(rows, {_NOT_A_CODE: ~pl.col("code_geo").str.contains(r"^\w{5}$")})
    return Taken({"geographie": _places(rows, territory=pl.lit(""))}, refused)


IMPORTERS = (
    importer(
        "communes et codes géographiques PMSI", frozenset({"code_com", "code_geo", "ts", "pop", "lib_com"}), _communes
    ),
    Importer("codes postaux et codes géographiques PMSI", _is_postal, _postal),
)
