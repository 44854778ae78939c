"""The default engine: DuckDB, in memory or on one file.

A file to answer from is opened read-only; once the inputs are declared external access is off, the configuration is
locked; memory, threads, temporary files and time are bounded (DESIGN §7).
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from sanoscope.engine.limits import Limit, granted
from sanoscope.engine.plan import Plan
from sanoscope.engine.sql import to_sql
from sanoscope.errors import BusyError, SanoscopeError, TooLongError
from sanoscope.sentence import Sentence

READ = "lue"
"""What a file that is read is called within DuckDB."""

SPILLED = "2GB"
"""What may be written beside a file that is read, where that is allowed."""

AGAIN = 30
"""When a question that took too much may be tried again (s): others may have slowed it down."""

NARROWER = Sentence(
    "Restreignez-la : moins d'années, une zone plus petite, un regroupement moins fin. Si elle répond d'habitude, "
    "réessayez dans un instant : d'autres questions l'ont peut-être gênée."
)


class DuckDBEngine:
    """Runs plans on DuckDB; safe to use from several threads (each query gets its own cursor).

    Args:
        path: the database, or None for one in memory.
        read_only: open an existing file to answer from it.
        memory: DuckDB's memory limit, e.g. ``"4GB"``.
        threads: processors to use.
        spill: what does not fit in memory may be written beside a file that is read (`SPILLED`); else it is an error.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        read_only: bool = False,
        memory: str = "4GB",
        threads: int = 2,
        spill: bool = True,
    ) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "threads": threads,
            "autoinstall_known_extensions": False,
        }
        self._memory, self._read = memory, path if read_only else None
        self._written = None if read_only else path
        self._connection = duckdb.connect(":memory:" if self._read or not path else str(path), config=config)
        if self._read:  # attached, so that each engine has its own limits: a file opened twice would share them
            beside = f"{self._read}.tmp" if spill else ""
            self._connection.execute(f"SET temp_directory = {_quoted(beside)}")
            self._connection.execute(f"SET max_temp_directory_size = '{SPILLED}'")
            self._connection.execute(f"ATTACH {_quoted(str(self._read))} AS {READ} (READ_ONLY)")
            self._connection.execute(f"USE {READ}")
            self.lock()

    def lock(self) -> None:
        """Let nothing more in: no file, no network, no other setting."""
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def store(self, name: str, table: pa.Table) -> int:
        """Make a table of rows at hand and return how many there are."""
        self._connection.register("_rows", table)
        self._connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM _rows')
        self._connection.unregister("_rows")
        return int(table.num_rows)

    def table(self, name: str) -> pa.Table:
        """Return all the rows of a table."""
        return self._connection.table(f'"{name}"').to_arrow_table()

    def see(
        self,
        name: str,
        files: Sequence[Path],
        columns: Mapping[str, pa.DataType] | None = None,
        *,
        directory: str = "",
    ) -> None:
        """Show Parquet files as one table; a column that a file lacks is null there.

        Args:
            name: of the table.
            files: at least one.
            columns: columns that it must have, with their types: null where none of the files has them.
            directory: name of a further column, the directory of each row's file; "" for none.
        """
        names = [str(file) for file in files]
        seen = self._connection.read_parquet(names, union_by_name=True, filename=bool(directory))
        if directory:
            seen = seen.project(f'* EXCLUDE (filename), parse_dirpath(filename) AS "{directory}"')
        absent = {column: type_ for column, type_ in (columns or {}).items() if column not in seen.columns}
        nulls = [
            f'CAST(NULL AS {"VARCHAR" if pa.types.is_string(t) else "BIGINT"}) AS "{c}"' for c, t in absent.items()
        ]
        seen.project(", ".join(["*", *nulls])).create_view(name)

    def run(self, plan: Plan) -> pa.Table:
        """Return the rows of a plan.

        Raises:
            TooLongError: ``question-trop-longue``: the time granted (`limits.within`) is over.
            BusyError: ``question-trop-lourde``: it needs more memory than is granted.
            SanoscopeError: ``calcul-impossible``.
        """
        limit, query = granted(), to_sql(plan, dialect="duckdb")
        if limit and not limit.left:
            raise _too_long(limit)
        cursor = self._connection.cursor()
        try:
            if self._read:
                cursor.execute(f"USE {READ}")
            with _interrupted(cursor, limit):
                return cursor.sql(query).to_arrow_table()
        except duckdb.InterruptException as error:
            raise _too_long(limit) from error
        except duckdb.OutOfMemoryException as error:
            raise BusyError(
                "question-trop-lourde",
                Sentence("Cette question demande plus de mémoire que les %(n)s accordés.", n=self._memory),
                todo=NARROWER,
                after=AGAIN,
            ) from error
        except duckdb.Error as error:
            message = Sentence("Le moteur n'a pas pu répondre (%(erreur)s).", erreur=type(error).__name__)
            raise SanoscopeError("calcul-impossible", message) from error
        finally:
            cursor.close()

    def count(self, plan: Plan) -> int:
        """Return how many rows a plan has."""
        ((rows,),) = self._connection.execute(f"SELECT count(*) FROM ({to_sql(plan, dialect='duckdb')})").fetchall()
        return int(rows)

    def create(self, name: str, plan: Plan) -> int:
        """Make a table of a plan's rows and return how many there are."""
        self._connection.execute(f'CREATE TABLE "{name}" AS {to_sql(plan, dialect="duckdb")}')
        return self._count(name)

    def create_sorted(self, name: str, plan: Plan, order: Sequence[str]) -> int:
        """Make a table of a plan's rows, in an order that lets a filter skip most of them."""
        columns = ", ".join(f'"{column}"' for column in order)
        query = f"SELECT * FROM ({to_sql(plan, dialect='duckdb')}) ORDER BY {columns}"
        self._connection.execute(f'CREATE TABLE "{name}" AS {query}')
        return self._count(name)

    def drop(self, name: str) -> None:
        """Forget a table."""
        self._connection.execute(f'DROP TABLE "{name}"')

    def drop_view(self, name: str) -> None:
        """Forget what `see` showed."""
        self._connection.execute(f'DROP VIEW "{name}"')

    def write(self, plan: Plan, path: Path) -> None:
        """Write the rows of a plan as Parquet."""
        self._connection.sql(to_sql(plan, dialect="duckdb")).write_parquet(str(path), compression="zstd")

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table."""
        return tuple(self._connection.table(f'"{table}"').columns)

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        named = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() ORDER BY table_name"
        return {name: self._count(name) for (name,) in self._connection.execute(named).fetchall()}

    def _count(self, name: str) -> int:
        ((rows,),) = self._connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()
        return int(rows)

    def close(self) -> None:
        """Write everything to the file and let it go.

        Raises:
            duckdb.Error: it cannot be written, as on a full disk. Closing alone would leave rows in a log beside the
                file, and say nothing.
        """
        try:
            if self._written:
                self._connection.execute("CHECKPOINT")
        finally:
            self._connection.close()


@contextmanager
def _interrupted(cursor: duckdb.DuckDBPyConnection, limit: Limit | None) -> Iterator[None]:
    """Interrupt what a cursor does once its time is over, until it has heard: before it begins, it hears nothing."""
    if limit is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        wait = limit.left
        while not done.wait(wait):
            cursor.interrupt()
            wait = 0.05

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _too_long(limit: Limit | None) -> TooLongError:
    seconds = max(1, round(limit.seconds)) if limit else 0
    return TooLongError(
        "question-trop-longue",
        Sentence("Cette question demande plus de temps que les %(n)s s accordées.", n=seconds),
        todo=NARROWER,
        after=AGAIN,
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
