"""An existing base, opened to be read: its tables and their columns, whatever holds them, as views of one DuckDB.

Nothing is downloaded: DuckDB files, Parquet and CSV are read by DuckDB itself; a SQLite file is copied, table by table
and a block at a time, into the working database, because DuckDB reads it only with an extension.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from sanoscope.errors import SanoscopeError
from sanoscope.intake.bases.correspondance import Acces

BLOCK = 50_000
"""Rows of a SQLite table that are copied at once."""

ENDINGS = {"parquet": ".parquet", "csv": ".csv"}


@dataclass(slots=True)
class Base:
    """A base, open.

    Attributes:
        connection: where its tables are views; what is written goes to the working database.
        path, forme: what it is.
        tables: the columns of each table and their types of DuckDB, as they are written, by name in lower case.
        views: how SQL names each of them.
    """

    connection: duckdb.DuckDBPyConnection
    path: Path
    forme: str
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)

    def has(self, table: str) -> bool:
        """Tell whether there is a table of a name; capitals do not matter."""
        return table.lower() in self.tables

    def columns(self, table: str) -> Mapping[str, str]:
        """Return the types of the columns of a table, by name as it is written."""
        return self.tables[table.lower()]

    def view(self, table: str) -> str:
        """Return how SQL names a table."""
        return self.views[table.lower()]


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def opened(where: Acces, folder: Path, work: Path, *, memory: str, threads: int) -> Iterator[Base]:
    """Open a base; nothing is ever written to it.

    Args:
        where: the base, its path relative to ``folder``.
        folder: of the mapping file.
        work: the working database, a file that does not exist.
        memory, threads: what DuckDB may use.

    Raises:
        SanoscopeError: ``base-introuvable``, ``base-illisible``.
    """
    path = folder / where.chemin
    if not where.chemin or not path.exists():
        raise SanoscopeError(
            "base-introuvable",
            f"Il n'y a pas de base « {path} »." if where.chemin else "La correspondance ne dit pas où est la base.",
            todo="Donnez son chemin par --base, ou par « base: {chemin: … } » dans la correspondance.",
        )
    forme = where.forme or _told(path)
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": memory,
        "threads": threads,
        "temp_directory": str(work.with_suffix(".tmp")),
    }
    connection = duckdb.connect(str(work), config=config)
    try:
        base = Base(connection, path, forme)
        try:
            _see(base, where)
        except (duckdb.Error, sqlite3.Error, OSError, pa.ArrowException) as error:
            raise _unreadable(path, forme, error) from error
        if not base.tables:
            raise SanoscopeError(
                "base-illisible", f"{path.name} n'a aucune table.", todo="Vérifiez que c'est bien la base."
            )
        yield base
    finally:
        connection.close()


def _told(path: Path) -> str:
    """Return what a base is, by its first characters or by the files that it has."""
    if path.is_dir():
        return next((f for f, end in ENDINGS.items() if any(_files(path, end))), "parquet")
    for forme, end in ENDINGS.items():
        if path.name.lower().endswith((end, f"{end}.gz")):
            return forme
    with path.open("rb") as stream:
        return "sqlite" if stream.read(16) == b"SQLite format 3\0" else "duckdb"


def _see(base: Base, where: Acces) -> None:
    match base.forme:
        case "duckdb":
            base.connection.execute(f"ATTACH {literal(str(base.path))} AS base (READ_ONLY)")
            found = base.connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'base' UNION ALL "
                "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'base' AND NOT internal "
                "ORDER BY ALL"
            ).fetchall()
            for schema, name in found:
                _keep(base, name, f"base.{quoted(schema)}.{quoted(name)}")
        case "sqlite":
            _copy(base)
        case forme:
            folder = base.path if base.path.is_dir() else base.path.parent
            for name, files in _by_table(folder, ENDINGS[forme], base.path).items():
                _keep(base, name, _reads(forme, files, where.separateur))


def _reads(forme: str, files: list[Path], separator: str) -> str:
    """Return how SQL reads the files of a table; every value of a CSV file is a text."""
    listed = f"[{', '.join(literal(str(path)) for path in files)}]"
    if forme == "parquet":
        return f"read_parquet({listed}, union_by_name = true)"
    return (
        f"read_csv({listed}, all_varchar = true, header = true, delim = {literal(separator)}, quote = '\"', "
        "null_padding = false, union_by_name = true)"
    )


def _by_table(folder: Path, end: str, only: Path) -> dict[str, list[Path]]:
    """Return the files of each table: ``TABLE.parquet``, or those of the folder ``TABLE``."""
    found: dict[str, list[Path]] = {}
    for path in _files(folder, end):
        if only.is_file() and path != only:
            continue
        own = path.name.lower().split(end)[0] if path.parent == folder else path.parent.name
        name = path.name[: len(own)] if path.parent == folder else own
        found.setdefault(name, []).append(path)
    return found


def _files(folder: Path, end: str) -> list[Path]:
    every = [*folder.glob("*"), *folder.glob("*/*")]
    return sorted(p for p in every if p.is_file() and p.name.lower().endswith((end, f"{end}.gz")))


def _keep(base: Base, name: str, view: str) -> None:
    described = base.connection.execute(f"DESCRIBE SELECT * FROM {view}").fetchall()
    base.tables[name.lower()] = {row[0]: row[1] for row in described}
    base.views[name.lower()] = view


def _copy(base: Base) -> None:
    """Copy the tables of a SQLite file, a block at a time, with the types that they declare; others are texts."""
    source = sqlite3.connect(f"{base.path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        found = source.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
        ).fetchall()
        for name in (row[0] for row in found):
            types = {row[1]: _type(row[2]) for row in source.execute(f"PRAGMA table_info({quoted(name)})").fetchall()}
            copy = quoted(f"copie de {name}")
            base.connection.execute(
                f"CREATE TABLE {copy} ({', '.join(f'{quoted(column)} {kind}' for column, kind in types.items())})"
            )
            rows = source.execute(f"SELECT * FROM {quoted(name)}")
            while block := rows.fetchmany(BLOCK):
                texts = [_texts(values) for values in zip(*block, strict=True)]
                base.connection.register("bloc", pa.table(texts, names=list(types)))
                base.connection.execute(f"INSERT INTO {copy} SELECT * FROM bloc")
                base.connection.unregister("bloc")
            _keep(base, name, copy)
    finally:
        source.close()


def _texts(values: tuple[object, ...]) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _type(declared: str) -> str:
    told = declared.upper()
    if "INT" in told:
        return "BIGINT"
    return "DOUBLE" if any(word in told for word in ("REAL", "DOUB", "FLOA", "NUM", "DEC")) else "VARCHAR"


def _unreadable(path: Path, forme: str, error: Exception) -> SanoscopeError:
    return SanoscopeError(
        "base-illisible",
        f"{path.name} ne se lit pas comme une base {forme} ({' '.join(str(error).split())}).",
        allowed=("un fichier DuckDB", "un dossier de Parquet ou de CSV, un fichier par table", "un fichier SQLite"),
        todo="Vérifiez le chemin et la forme ; d'une autre base (PostgreSQL…), exportez les tables en Parquet.",
    )
