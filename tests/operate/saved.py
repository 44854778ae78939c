"""Backups to look into: what a workspace has, file by file and row by row, and archives that were tampered with."""

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Integer, MetaData, select
from typer.testing import CliRunner

from sanoscope.cli.main import app
from sanoscope.operate.archive import HEAD, MANIFEST, SUM, Contents
from sanoscope.operate.restore import Restored, restore, verify
from sanoscope.state.database import engine_of, upgrade
from sanoscope.state.tables import metadata
from sanoscope.workspace import LOCK, Workspace

Member = tuple[tarfile.TarInfo, bytes]


def command(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.output + result.stderr
    return result.output + result.stderr


def left(directory: Path) -> list[str]:
    """What is in a directory but its lock."""
    return [path.name for path in directory.iterdir() if path.name != LOCK] if directory.exists() else []


def back(path: Path, directory: Path) -> Restored:
    with path.open("rb") as stream:
        return restore(stream, directory)


def checked(path: Path) -> Contents:
    with path.open("rb") as stream:
        return verify(stream)


def files(root: Path) -> dict[str, tuple[str, int, int]]:
    """Every file of a workspace but its state and its locks: fingerprint, permissions, time (s)."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if (path.is_dir() and not path.is_symlink()) or path.name == LOCK or name.startswith("state.db"):
            continue
        told = path.lstat()
        data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        found[name] = (hashlib.sha256(data).hexdigest(), stat.S_IMODE(told.st_mode) & 0o755, int(told.st_mtime))
    return found


def shared(root: Path) -> set[frozenset[str]]:
    """Names of the files that have several."""
    names: dict[int, set[str]] = {}
    for path in (p for p in root.rglob("*") if p.is_file() and not p.is_symlink()):
        names.setdefault(path.stat().st_ino, set()).add(path.relative_to(root).as_posix())
    return {frozenset(of) for of in names.values() if len(of) > 1}


def tables(root: Path) -> Iterator[tuple[str, pa.Table]]:
    """Every table of the store and of the editions, with all its rows in their order."""
    for path in sorted(root.rglob("*.parquet")):
        yield path.relative_to(root).as_posix(), pq.read_table(path)
    for path in sorted(root.rglob("*.duckdb")):
        with duckdb.connect(str(path), read_only=True) as base:
            for (name,) in base.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall():
                yield f"{path.relative_to(root)} {name}", base.table(f'"{name}"').to_arrow_table()


def state_rows(workspace: Workspace) -> dict[str, list[Any]]:
    with engine_of(workspace).connect() as state:
        return {
            table.name: [tuple(row) for row in state.execute(select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }


def value(column: Any, n: int) -> Any:
    """The n-th value of a column, of whatever kind."""
    for key in column.foreign_keys:
        return value(key.column, n)
    if column.nullable and n == 2:
        return None
    return n if isinstance(column.type, Integer) else f"{column.name} {n} é 'x' \"y\"\n\u2028 \\ 🏥"


def sample(of: MetaData) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Yield each table with rows of every kind that its columns take, whatever the tables are."""

    for table in of.sorted_tables:
        yield table, [{column.name: value(column, n) for column in table.columns} for n in range(5)]


def fill(workspace: Workspace) -> None:
    """Put rows in every table of the state, whatever they are."""
    upgrade(workspace)
    with engine_of(workspace).begin() as state:
        for table, rows in sample(metadata):
            state.execute(table.insert(), rows)


def members(path: Path) -> list[Member]:
    with tarfile.open(path) as tar:
        return [(info, stream.read() if info.isreg() and (stream := tar.extractfile(info)) else b"") for info in tar]


def write(path: Path, found: list[Member]) -> Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in found:
            if info.isreg():
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def rewritten(
    path: Path,
    target: Path,
    *,
    told: Callable[[dict[str, Any]], dict[str, Any]] = lambda head: head,
    more: list[Member] | None = None,
    without: Collection[str] = (),
) -> Path:
    """Write an archive anew with another head, or more members before its end; its manifest says so, as it should."""
    found = members(path)
    body = [one for one in found if one[0].name not in (HEAD, MANIFEST, SUM, *without)]
    head = json.dumps(told(json.loads(found[0][1]))).encode()
    lines = [json.loads(line) for line in {info.name: data for info, data in found}[MANIFEST].splitlines()]
    for line in lines:
        if line["nom"] == HEAD:
            line |= {"sha256": hashlib.sha256(head).hexdigest(), "taille": len(head)}
    for info, data in more or []:
        print_ = hashlib.sha256(data).hexdigest()
        lines.append({"nom": info.name, "sha256": print_, "taille": len(data), "lignes": None, "lien": info.linkname})
    manifest = "".join(json.dumps(line) + "\n" for line in lines).encode()
    end = [(MANIFEST, manifest), (SUM, f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode())]
    whole = [(tarfile.TarInfo(HEAD), head), *body, *(more or []), *((tarfile.TarInfo(n), d) for n, d in end)]
    return write(target, whole)
