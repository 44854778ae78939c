"""Existing bases of stays, made of what the store has decoded of files: as pmeasyr's, and as the SNDS's."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from sanoscope.intake.bases.correspondance import CHAINING, STAYS, Correspondance, load_correspondance
from sanoscope.intake.store import stored_files

WIDTHS = {"ghm": (2, 1, 2, 1), "ghm_lu": (2, 1, 2, 1), "codes_retour": (1,) * 9}
"""How a field is cut, where a base has its parts in several columns."""

PADDED = {"mois_sortie": 2, "mois": 2, "annee_sortie": 4, "annee_fichier": 4}
"""Whole numbers that bases keep as the characters of the file."""


def tables(store: Path, mapping: str, years: tuple[int, ...]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the tables of a base that a shipped mapping reads, with what the store has of stays."""
    declared, _ = load_correspondance(mapping)
    for year in years:
        held = {name: decoded(store, name, year) for name in declared.tables}
        for name, table in declared.tables.items():
            if table.table and (rows := held[name]) is not None:
                yield table.name(year), as_base(declared, name, rows, held)


def decoded(store: Path, name: str, year: int) -> pl.DataFrame | None:
    """Return the rows of a table of the store of a year, items with the key of their stay; None where it has none."""
    kind, found = ("ano" if name == CHAINING else "rsa"), []
    for file, place in stored_files(store):
        if file.kind == kind and file.annee == year and (place / f"{name}.parquet").is_file():
            rows = pl.read_parquet(place / f"{name}.parquet")
            if name not in (STAYS, CHAINING):
                key = pl.read_parquet(place / f"{STAYS}.parquet", columns=["ligne", "finess", "cle_rsa"])
                rows = rows.join(key, on="ligne")
            found.append(rows)
    return pl.concat(found) if found else None


def as_base(
    declared: Correspondance, name: str, rows: pl.DataFrame, held: dict[str, pl.DataFrame | None]
) -> pl.DataFrame:
    """Return the rows of a table of ours in the columns of a base."""
    table = declared.tables[name]
    columns = {table.cle.etablissement: pl.col("finess"), table.cle.sejour: pl.col("cle_rsa")}
    for ours, taken in table.colonnes.items():
        if ours not in rows.columns:
            continue
        if len(taken.de) == 1:
            value = pl.col(ours)
            columns[taken.de[0]] = value.cast(pl.String).str.zfill(PADDED[ours]) if ours in PADDED else value
            continue
        at = 0
        for of, width in zip(taken.de, WIDTHS[ours], strict=True):
            columns[of] = pl.col(ours).str.slice(at, width)
            at += width
    for zone, other in declared.tables.items():
        if name == STAYS and other.morceaux:
            columns[other.morceaux] = pl.lit("")
            assert held[zone] is None, f"écrivez la zone {zone}"
    return rows.select(value.alias(of) for of, value in columns.items())


def write_duckdb(path: Path, store: Path, mapping: str, years: tuple[int, ...]) -> Path:
    """Write a base in one DuckDB file."""
    with duckdb.connect(str(path)) as connection:
        for name, rows in tables(store, mapping, years):
            connection.register("lignes", rows.to_arrow())
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM lignes')
            connection.unregister("lignes")
    return path


def write_parquet(folder: Path, store: Path, mapping: str, years: tuple[int, ...]) -> Path:
    """Write a base as a folder of Parquet files, one a table."""
    folder.mkdir(parents=True)
    for name, rows in tables(store, mapping, years):
        rows.write_parquet(folder / f"{name}.parquet")
    return folder
