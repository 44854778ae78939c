"""``sanoscope reference load``: recognise, convert, check, merge; nothing is ignored in silence."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sanoscope.errors import InputFileError
from sanoscope.nomenclature.importers import (
    ccam,
    cim,
    finess,
    geography,
    ghm,
    insee,
    lists,
    plain,
    products,
    published,
    smr,
    tariffs,
)
from sanoscope.nomenclature.importers.form import Importer, Refused, Source
from sanoscope.nomenclature.importers.raw import read_raw
from sanoscope.nomenclature.reading import conform, merge, read_table
from sanoscope.nomenclature.shapes import goes_with_shapes, is_shapes, read_shapes, write_shapes
from sanoscope.nomenclature.simplify import lighter
from sanoscope.nomenclature.tables import TABLES, Table
from sanoscope.workspace import appear, made

IMPORTERS: tuple[Importer, ...] = (
    *plain.IMPORTERS,
    *ghm.IMPORTERS,
    *smr.IMPORTERS,
    *cim.IMPORTERS,
    *ccam.IMPORTERS,
    *products.IMPORTERS,
    *lists.IMPORTERS,
    *geography.IMPORTERS,
    *published.IMPORTERS,
    *finess.IMPORTERS,
    *insee.IMPORTERS,
    *tariffs.IMPORTERS,
)
"""All that is recognised; the first that recognises a file takes it."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of one file.

    Attributes:
        path: the file.
        form: what it was recognised as; "" if it was not.
        rows: rows taken, by plain table.
        replaced: rows of the workspace that they replaced, by plain table.
        changed: those of them that said otherwise, by plain table; what was empty does not count.
        refused: rows of the file that were not taken, with the reason.
        doubts: rows that were taken without something of them, or after a choice, with the reason.
        ignored: columns of the file that are not used.
        error: why the whole file was refused, or "".
    """

    path: Path
    form: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    refused: tuple[Refused, ...] = ()
    doubts: tuple[Refused, ...] = ()
    ignored: tuple[str, ...] = ()
    error: str = ""


def recognise(path: Path) -> Importer | None:
    """Return the importer that a file is for, by its content; None for a table of an unknown form.

    Raises:
        InputFileError: the file does not exist or is not a table.
    """
    return _recognised(_read(path))


def load_path(path: Path, directory: Path) -> list[LoadReport]:
    """Take a file, or every file of a folder and its folders, into the plain tables of a reference directory.

    A file is taken as a whole or not at all. Rows taken replace those of the same key; what they leave empty stays.

    Returns:
        One report a file, in the order of their paths; hidden files are not looked at, and a shapefile's parts are one.
    """
    if path.is_dir():
        return [_load_file(found, directory) for found in sorted(path.rglob("*")) if _is_candidate(found)]
    return [_load_file(path, directory)]


def _is_candidate(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and not goes_with_shapes(path)


def _load_file(path: Path, directory: Path) -> LoadReport:
    if is_shapes(path):
        return _load_shapes(path, directory)
    form = ""
    try:
        source = _read(path)
        importer = _recognised(source)
        if importer is None:
            raise _unknown(path)
        form = importer.name
        taken = importer.convert(source)
        checked = {name: conform(_table(name), rows, source=path.name) for name, rows in taken.tables.items()}
        replaced, changed = _write(checked, directory)
    except InputFileError as error:
        return LoadReport(path, form, error=str(error))
    return LoadReport(
        path,
        form,
        {name: len(rows) for name, rows in checked.items()},
        replaced,
        changed,
        taken.refused,
        taken.doubts,
        taken.ignored,
    )


def _load_shapes(path: Path, directory: Path) -> LoadReport:
    """Take the outlines of a zoning, simplified; those of the same name are replaced as a whole."""
    form = "fond de carte"
    name = f"formes/{plain.zoning_name(Path(path.name.split('.')[0]))}"
    place = directory / f"{name}.geojson"
    try:
        shapes = read_shapes(path)
        replaced = len(read_shapes(place)) if place.is_file() else 0
        write_shapes(lighter(shapes), place)
    except InputFileError as error:
        return LoadReport(path, form, error=str(error))
    return LoadReport(path, form, {name: len(shapes)}, {name: replaced})


def _read(path: Path) -> Source:
    if not path.is_file():
        raise InputFileError("fichier-introuvable", f"« {path} » n'existe pas.", todo="Vérifiez le chemin.")
    return Source(path, read_raw(path))


def _recognised(source: Source) -> Importer | None:
    return next((importer for importer in IMPORTERS if importer.recognises(source)), None)


def _unknown(path: Path) -> InputFileError:
    return InputFileError(
        "forme-inconnue",
        f"{path.name} n'est aucune des formes connues.",
        allowed=[
            f"table simple ({', '.join(TABLES)})",
            *(importer.name for importer in IMPORTERS if importer not in plain.IMPORTERS),
        ],
        todo="Vérifiez les noms de colonnes (docs/nomenclatures.md les donne).",
    )


def _write(tables: dict[str, pl.DataFrame], directory: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Merge rows into the workspace's tables; return how many rows they replaced, and how many of these said otherwise.

    All tables are written aside before the first one is put in place.
    """
    replaced, changed, unfinished = {}, {}, []
    for name, rows in tables.items():
        table, path = _table(name), directory / f"{name}.csv"
        old = read_table(table, path) if path.is_file() else rows.clear()
        merged = merge(table, old, rows)
        known = old.join(
            merged.join(rows, on=list(table.key), how="semi", nulls_equal=True), on=list(table.key), nulls_equal=True
        )
        others = [c for c in table.columns if c.name not in table.key]
        given = (pl.col(c.name).is_not_null() if c.type == "integer" else pl.col(c.name) != "" for c in others)
        differs = (now & (pl.col(c.name) != pl.col(f"{c.name}_right")) for now, c in zip(given, others, strict=True))
        replaced[name] = len(known)
        changed[name] = len(known.filter(pl.any_horizontal(pl.lit(value=False), *differs)))
        made(path.parent)
        aside = path.with_suffix(".csv.en-cours")
        merged.write_csv(aside)
        unfinished.append((aside, path))
    for aside, path in unfinished:
        appear(aside, path)
    return replaced, changed


def _table(name: str) -> Table:
    return TABLES[name.split("/", maxsplit=1)[0]]
