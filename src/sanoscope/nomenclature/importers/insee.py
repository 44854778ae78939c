"""The INSEE workbook of population by département, sex and five-year age, one sheet a year.

Form: « Estimation de population au 1er janvier, par département, sexe et âge quinquennal »; a row of sexes (Ensemble,
Hommes, Femmes) over a row of age classes, then one row a département.
"""

import re

import polars as pl

from sanoscope.errors import InputFileError
from sanoscope.nomenclature.importers.form import Importer, Refused, Source, Taken

_TITLE = "Estimation de population au 1er janvier, par département, sexe et "
_FIVE, _BROAD = _TITLE + "âge quinquennal", _TITLE + "grande classe d'âge"
_SEXES = {"Hommes": "1", "Femmes": "2"}
_AGE = re.compile(r"(\d+) (?:à (\d+) ans|ans et plus)")
_CODE = r"^(?:0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6])$"


def _years(source: Source, title: str) -> list[tuple[str, pl.DataFrame]]:
    return [
        (name, frame)
        for name, frame in source.sheets
        if re.fullmatch(r"\d{4}", name) and frame.columns and frame.columns[0].startswith(title)
    ]


def _population(source: Source) -> Taken:
    parts = [_year(name, frame) for name, frame in _years(source, _FIVE)]
    rows = pl.concat(parts)
    whole = rows.filter(pl.col("population").str.contains(r"^\d+$"))
    lost = len(rows) - len(whole)
    refused = (Refused(lost, "l'effectif manque (avant 1999, outre-mer : au-delà de 90 ans)"),) if lost else ()
    return Taken({"population": whole}, refused)


def _year(sheet: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return (annee, departement, sexe, age, population) of a yearly sheet, as text."""
    code = frame.columns[0]
    head = frame[code].str.starts_with("Département").arg_max()
    assert head is not None, "a sheet is never empty"
    sexes, ages = _filled(frame.row(head)), frame.row(head + 1)
    names = {}
    for column, sex, age in zip(frame.columns, sexes, ages, strict=True):
        if sex in _SEXES and age not in ("", "Total"):
            found = _AGE.fullmatch(age)
            if found is None or int(found[1]) % 5 or (found[2] and int(found[2]) != int(found[1]) + 4):
                raise InputFileError(
                    "table-invalide",
                    f"Feuille {sheet} : « {age} » n'est pas une classe d'âge de 5 ans.",
                    todo="Reprenez le classeur d'origine de l'INSEE.",
                )
            names[column] = f"{_SEXES[sex]} {found[1]}"
    return (
        frame.slice(head + 2)
        .with_columns(pl.col(code).str.zfill(2))
        .filter(pl.col(code).str.contains(_CODE))
        .select(pl.col(code).alias("departement"), *(pl.col(c).alias(name) for c, name in names.items()))
        .unpivot(index="departement", variable_name="classe", value_name="population")
        .select(
            pl.lit(sheet).alias("annee"),
            "departement",
            pl.col("classe").str.extract(r"^(\d)").alias("sexe"),
            pl.col("classe").str.extract(r" (\d+)$").alias("age"),
            "population",
        )
    )


def _filled(row: tuple[str, ...]) -> list[str]:
    """Repeat each heading over the empty cells that follow it."""
    filled, current = [], ""
    for cell in row:
        current = cell or current
        filled.append(current)
    return filled


def _too_broad(source: Source) -> Taken:
    raise InputFileError(
        "ages-trop-larges",
        f"{source.path.name} donne la population par grandes classes d'âge.",
        todo="Il faut les classes de 5 ans : prenez le classeur « par département, sexe et âge quinquennal ».",
    )


IMPORTERS = (
    Importer("population INSEE par département, sexe et âge", lambda s: bool(_years(s, _FIVE)), _population),
    Importer("population INSEE par grandes classes d'âge", lambda s: bool(_years(s, _BROAD)), _too_broad),
)
