"""The rows of a state as files that depend on no database: one a table, one JSON object a line.

They are those of the version of the state they were read from. To be put back they are first made a state of that
version again, in SQLite, which is brought up to date and copied to wherever the state is.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import URL, Connection, MetaData, create_engine, select

from sanoscope.state.database import BATCH, check_known, engine_of, fill, migrate, reading_as_it_is, version
from sanoscope.state.tables import VERSION_TABLE, VERSIONS, metadata
from sanoscope.workspace import Workspace

END = ".jsonl"
"""What the name of a file of rows ends with, after that of its table."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a state.

    Attributes:
        version: of the state; one of `VERSIONS`.
        lignes: how many, by table.
    """

    version: str
    lignes: dict[str, int]


def write(workspace: Workspace, directory: Path) -> Rows | None:
    """Write the rows of a workspace's state, as they are at one instant; None, and nothing, where there is no state.

    Args:
        workspace: its state is not changed, whatever its version.
        directory: which is there; it gets one file a table.

    Raises:
        UnavailableError: ``etat-indisponible``.
        SanoscopeError: ``etat-plus-recent``, ``etat-adresse``.
    """
    one_instant = {"isolation_level": "REPEATABLE READ"} if engine_of(workspace).dialect.name == "postgresql" else {}
    with reading_as_it_is(workspace) as state:
        if state is None:
            return None
        state.execution_options(**one_instant)
        known = version(state)
        if known is None:
            return None
        check_known(known)
        known = known or VERSIONS[0]  # one of before versions is as the first migration makes it
        counts = {}
        for table in tables_of(known).sorted_tables:
            found = state.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            with (directory / f"{table.name}{END}").open("w", encoding="utf-8") as stream:
                counts[table.name] = 0
                for row in found:
                    stream.write(json.dumps(dict(row), ensure_ascii=False) + "\n")
                    counts[table.name] += 1
        return Rows(known, counts)


def put_back(workspace: Workspace, directory: Path, known: str) -> dict[str, int]:
    """Make the state of a workspace of the rows that `write` wrote, and return how many each table has.

    Args:
        workspace: its state is empty, or is made.
        directory: where the rows are; it gets an unfinished state, that goes again.
        known: version of the state that they were of.

    Raises:
        UnavailableError: ``etat-indisponible``.
        SanoscopeError: ``etat-pas-vide``, ``etat-plus-recent``, ``etat-adresse``.
    """
    check_known(known)
    stage = directory / "etat.db"
    with _state(stage) as state:
        migrate(state, known)
        for table in tables_of(known).sorted_tables:
            rows = _read(directory / f"{table.name}{END}")
            while some := list(islice(rows, BATCH)):
                state.execute(table.insert(), some)
        counts = fill(workspace, state)
    stage.unlink()
    return counts


def tables_of(known: str) -> MetaData:
    """Return the tables that a state of a version has."""
    if known == VERSIONS[-1]:
        return metadata
    found = MetaData()
    with _state(None) as state:
        migrate(state, known)
        found.reflect(state, only=lambda name, _: name != VERSION_TABLE)
    return found


@contextmanager
def _state(path: Path | None) -> Iterator[Connection]:
    """Give a state of SQLite that is made by who asks, in memory or in a file."""
    engine = create_engine(URL.create("sqlite", database=str(path) if path else ":memory:"), hide_parameters=True)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _read(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield json.loads(line)
