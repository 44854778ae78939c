"""The INSEE workbook of population by département, sex and five-year age, one sheet a year.

Form: « Estimation de population au 1er janvier, par département, sexe et âge quinquennal »; a row of sexes (Ensemble,
Hommes, Femmes) over a row of age classes, then one row a département.
"""

import re

import polars as pl

TITLE = "Estimation de population au 1er janvier, par département, sexe et âge quinquennal"
_SEXES = {"Hommes": "1", "Femmes": "2"}


def is_insee(sheet: str, frame: pl.DataFrame) -> bool:
    """Tell whether a sheet is one of the yearly ones."""
    return bool(re.fullmatch(r"\d{4}", sheet)) and bool(frame.columns) and frame.columns[0].startswith(TITLE)


def population(sheet: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of ``population`` (annee, departement, sexe, age, population) of a yearly sheet."""
    rows = frame.rows()
    head = next(i for i, row in enumerate(rows) if row[0].startswith("Département"))
    sexes, ages = _filled(rows[head]), rows[head + 1]
    found = []
    for row in rows[head + 2 :]:
        code = row[0].strip().zfill(2)
        if not re.fullmatch(r"(?:0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6])", code):
            continue
        for sex, age, value in zip(sexes, ages, row, strict=True):
            lower = re.match(r"(\d+)", age)
            if sex in _SEXES and lower and value:
                found.append((sheet, code, _SEXES[sex], lower[1], value))
    columns = ["annee", "departement", "sexe", "age", "population"]
    return pl.DataFrame(found, schema=dict.fromkeys(columns, pl.String), orient="row")


def _filled(row: tuple[str, ...]) -> list[str]:
    """Repeat each heading over the empty cells that follow it."""
    filled, current = [], ""
    for cell in row:
        current = cell or current
        filled.append(current)
    return filled
