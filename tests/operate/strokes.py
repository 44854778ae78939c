"""Every operation of a piece of work that changes the disk, one by one: told before it is done and after.

Wrapped: what ``os`` changes names by, ``fsync``, files opened to be written and each of their writes, and what is
written by others than Python (DuckDB's statements, Parquet, CSV). Only what is under one directory counts.
"""

import builtins
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.workspace import UNFINISHED

NAMES = ("replace", "rename", "symlink", "link", "mkdir", "unlink", "remove", "rmdir")
DUCKDB = ("store", "create", "create_sorted", "write", "drop", "close")
FREEING = ("unlink", "remove", "rmdir", "fsync", "duckdb.close", "duckdb.drop", "parquet.close")
"""What a full disk does not refuse."""


@dataclass
class Strokes:
    """The operations under a directory, counted from 0.

    Attributes:
        root: the directory.
        before: called with the number and the kind of an operation about to be done.
        after: called with its kind and what it was done to, once it is done.
        done: the kind and the path of each.
    """

    root: Path
    before: Callable[[int, str], None] = lambda number, kind: None
    after: Callable[[str, Any], None] = lambda kind, on: None
    done: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Wrap what changes the disk, for good: this process is made for that."""
        for name in NAMES:
            self._wrap(os, name, name, argument=1 if name in ("symlink", "link") else 0)
        self._wrap(os, "fsync", "fsync")
        for module in (builtins, io):
            module.open = self._opening(module.open)  # type: ignore[attr-defined]
        for name in DUCKDB:
            self._wrap(DuckDBEngine, name, f"duckdb.{name}", root=True)
        self._wrap(pq.ParquetWriter, "write_table", "parquet.write_table", root=True)
        self._wrap(pq.ParquetWriter, "close", "parquet.close", root=True)
        self._wrap(pacsv, "CSVWriter", "csv")
        for name in ("write_csv", "write_parquet"):
            self._wrap(pl.DataFrame, name, name, argument=1)

    def _wrap(self, owner: Any, name: str, kind: str, *, root: bool = False, argument: int = 0) -> None:
        whole = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            on = self.root if root else self._path(args[argument], kwargs.get("dir_fd"))
            return self._stroke(kind, on, lambda: whole(*args, **kwargs))

        setattr(owner, name, wrapped)

    def _opening(self, whole: Callable[..., Any]) -> Callable[..., Any]:
        def opened(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            path = self._path(file, None)
            if not set(mode) & set("wax+") or not self._counts(path) or path.name == ".verrou":
                return whole(file, mode, *args, **kwargs)
            stream = self._stroke("open", path, lambda: whole(file, mode, *args, **kwargs))
            write = stream.write
            stream.write = lambda data: self._stroke("write", path, lambda: write(data))
            return stream

        return opened

    def _stroke(self, kind: str, on: Path, do: Callable[[], Any]) -> Any:
        if not self._counts(on):
            return do()
        number = len(self.done)
        self.done.append(f"{kind} {on.relative_to(self.root)}")
        self.before(number, kind)
        result = do()
        self.after(kind, on)
        return result

    def _path(self, told: Any, directory: int | None) -> Path:
        if isinstance(told, int):
            return Path(f"/proc/self/fd/{told}").readlink()
        above = Path(f"/proc/self/fd/{directory}").readlink() if directory is not None else Path.cwd()
        return Path(above, os.fspath(told)) if isinstance(told, str | os.PathLike) else Path("/")

    def _counts(self, path: Path) -> bool:
        return path == self.root or self.root in path.parents


def unfinished(root: Path) -> list[Path]:
    """Return what was left while it was being written."""
    return [path for path in root.rglob("*") if path.name.startswith(UNFINISHED)]
