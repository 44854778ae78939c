"""``sanoscope reference load``: recognise, convert, check, merge; nothing is ignored in silence."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sanoscope.errors import InputFileError
from sanoscope.nomenclature.importers.forms import FORMS, Tables
from sanoscope.nomenclature.importers.insee import is_insee, population
from sanoscope.nomenclature.importers.raw import read_raw
from sanoscope.nomenclature.reference import OWN, merge
from sanoscope.nomenclature.tables import TABLES, Table, conform, read_table


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of one file.

    Attributes:
        path: the file.
        form: what it was recognised as; "" if it was not.
        rows: rows taken, by plain table.
        replaced: rows of the workspace that they replaced, by plain table.
        error: why it was refused, or "".
    """

    path: Path
    form: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    error: str = ""


def load_path(path: Path, directory: Path) -> list[LoadReport]:
    """Take a file, or every file of a folder, into the plain tables of a workspace's reference directory."""
    if path.is_dir():
        return [_load_file(found, directory) for found in sorted(path.rglob("*")) if _is_candidate(found)]
    return [_load_file(path, directory)]


def _is_candidate(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _load_file(path: Path, directory: Path) -> LoadReport:
    try:
        form, tables = _recognised(path)
        checked = {
            name: conform(TABLES[name], _completed(name, frame), source=path.name) for name, frame in tables.items()
        }
        replaced = {name: _write(TABLES[name], frame, directory) for name, frame in checked.items()}
    except InputFileError as error:
        return LoadReport(path, error=str(error))
    return LoadReport(path, form, {name: len(frame) for name, frame in checked.items()}, replaced)


def _recognised(path: Path) -> tuple[str, Tables]:
    if not path.is_file():
        raise InputFileError("fichier-introuvable", f"« {path} » n'existe pas.")
    sheets = read_raw(path)
    yearly = [population(name, frame) for name, frame in sheets if is_insee(name, frame)]
    if yearly:
        return "population INSEE par département, sexe et âge", {"population": pl.concat(yearly)}
    for _, frame in sheets:
        columns = frozenset(frame.columns)
        form = next((form for form in FORMS if form.requires <= columns), None)
        if form is not None:
            return form.name, form.convert(frame)
    raise InputFileError(
        "forme-inconnue",
        f"{path.name} n'est aucune des formes connues.",
        allowed=[form.name for form in FORMS] + ["population INSEE par département, sexe et âge"],
        todo="Vérifiez les noms de colonnes (docs/nomenclatures.md les donne).",
    )


def _completed(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Fill the région where only the département is known."""
    if name != "geographie" or "region" not in frame.columns or (frame["region"] != "").all():
        return frame
    regions = read_table(TABLES["departements"], OWN / "departements.csv")
    known = regions.select(pl.col("code").alias("departement"), pl.col("region").alias("deduced"))
    return frame.join(known, on="departement", how="left").with_columns(
        pl.coalesce(pl.col("region").replace("", None), "deduced", pl.lit("?")).alias("region")
    )


def _write(table: Table, rows: pl.DataFrame, directory: Path) -> int:
    """Merge rows into the workspace's table, all or nothing; return how many they replaced."""
    path = directory / f"{table.name}.csv"
    old = read_table(table, path) if path.is_file() else rows.clear()
    replaced = len(old.join(rows.select(table.key), on=list(table.key), how="semi", nulls_equal=True))
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".csv.en-cours")
    merge(table, old, rows).write_csv(unfinished)
    unfinished.replace(path)
    return replaced
