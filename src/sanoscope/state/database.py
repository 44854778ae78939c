"""The database of the state: where it is, how it is read and written, how it is brought up to date.

One process writes at a time, whatever the database: SQLite's own lock, an advisory lock on PostgreSQL. What readers
leave is little and rare, and every check before a write then holds until it is committed.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from sanoscope.errors import SanoscopeError
from sanoscope.sentence import Sentence
from sanoscope.state.tables import VERSION_TABLE, VERSIONS, metadata
from sanoscope.workspace import Workspace, alone

VARIABLE = "SANOSCOPE_ETAT_URL"
"""Environment variable that says where the state is, before the setting: it may hold a password."""

WAIT = 5
"""How long another writer is waited for (seconds)."""

WRITING, SENDING = 0x5A05C0BE, 0x5A05C0BF
"""Advisory locks on PostgreSQL: of who writes, of who sends mails (any two numbers of ours)."""

BATCH = 10_000
"""Rows copied at once."""

WRITES = "sanoscope_ecrit"
"""Option of a connection whose transaction will write."""

_upgrading = threading.Lock()
"""Alembic runs one migration at a time in a process: its context is the module's."""


class UnavailableError(SanoscopeError):
    """A state that can be neither read nor written now."""


def url_of(workspace: Workspace) -> URL:
    """Return where the state of a workspace is: the variable's URL, else the setting's, else its ``state.db``.

    Raises:
        SanoscopeError: ``etat-adresse``: it is neither of SQLite nor of PostgreSQL.
    """
    written = os.environ.get(VARIABLE, "") or workspace.settings.url
    if not written:
        return URL.create("sqlite", database=str(workspace.state))
    try:
        url = make_url(written)
    except (ArgumentError, ValueError):
        raise _wrong_url() from None  # its message has the URL, and the URL may have a password
    kind = url.get_backend_name()
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite", database=str(workspace.root / str(url.database)))
    raise _wrong_url()


def shown(url: URL) -> str:
    """Return a URL without what is secret in it.

    >>> shown(make_url("postgresql+psycopg://u:mot@h/b?sslpassword=autre&host=/tmp"))
    'postgresql+psycopg://u:***@h/b?host=%2Ftmp'
    """
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    kept = {name: value for name, value in url.query.items() if "pass" not in name.lower()}
    return url.set(query=kept).render_as_string(hide_password=True)


def engine_of(workspace: Workspace) -> Engine:
    """Return the engine of a workspace's state; it connects only when it is used.

    Raises:
        SanoscopeError: ``etat-adresse``.
    """
    return _engine(url_of(workspace))


@contextmanager
def reading(workspace: Workspace) -> Iterator[Connection | None]:
    """Yield the state to read, brought up to date; None, and nothing is made, where there is none.

    Raises:
        UnavailableError: ``etat-indisponible``.
        SanoscopeError: ``etat-plus-recent``, ``etat-adresse``.
    """
    with reading_as_it_is(workspace) as state:
        known = version(state) if state else None
        if known in (None, VERSIONS[-1]):
            yield state if known else None
            return
    upgrade(workspace)
    with reading_as_it_is(workspace) as state:
        yield state


@contextmanager
def reading_as_it_is(workspace: Workspace) -> Iterator[Connection | None]:
    """Yield the state to read, of whatever version; None, and nothing is made, where SQLite has no file.

    Raises:
        UnavailableError: ``etat-indisponible``.
        SanoscopeError: ``etat-adresse``.
    """
    engine = engine_of(workspace)
    if not _made(engine):
        yield None
        return
    with _told(), engine.connect() as connection:
        yield connection


@contextmanager
def writing(workspace: Workspace) -> Iterator[Connection]:
    """Yield the state to write, made and brought up to date; nobody else writes until the end, which commits.

    Raises:
        UnavailableError: ``etat-indisponible``.
        SanoscopeError: ``etat-plus-recent``, ``etat-adresse``.
    """
    with _told(), engine_of(workspace).execution_options(**{WRITES: True}).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT}s'"))
            connection.execute(select(func.pg_advisory_xact_lock(WRITING)))
        upgraded(connection)
        yield connection


def upgrade(workspace: Workspace) -> None:
    """Make the state of a workspace if there is none, and bring it up to date.

    Raises:
        UnavailableError: ``etat-indisponible``.
        SanoscopeError: ``etat-plus-recent``, ``etat-adresse``.
    """
    with writing(workspace):
        pass


def start(workspace: Workspace) -> None:
    """Bring the state up to date as a server starts; where SQLite has none, the first write will make it.

    Raises:
        UnavailableError: ``etat-indisponible``.
        SanoscopeError: ``etat-plus-recent``, ``etat-adresse``.
    """
    if _made(engine_of(workspace)):
        upgrade(workspace)


def version(connection: Connection) -> str | None:
    """Return the version of a state: "" for one of before versions, None for none."""
    tables = inspect(connection)
    if tables.has_table(VERSION_TABLE):
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
        return str(found or "")
    return "" if tables.has_table("paniers") else None


def rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    there = inspect(connection)
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
        if there.has_table(table.name)
    }


def upgraded(connection: Connection) -> None:
    """Bring a state up to date within the transaction under way, which is alone to write.

    Raises:
        SanoscopeError: ``etat-plus-recent``: newer software made it.
    """
    known = version(connection)
    if known == VERSIONS[-1]:
        return
    check_known(known or "")
    migrate(connection, VERSIONS[-1])


def migrate(connection: Connection, to: str) -> None:
    """Bring a state to one of `VERSIONS` not before its own, within the transaction under way."""
    settings = Config()
    place = str(files("sanoscope.state").joinpath("migrations"))
    settings.set_main_option("script_location", place.replace("%", "%%"))
    settings.attributes["connection"] = connection
    with _upgrading:
        command.upgrade(settings, to)


def check_known(known: str) -> None:
    """Do nothing if a version is one that this software knows, or of before versions ("").

    Raises:
        SanoscopeError: ``etat-plus-recent``.
    """
    if known and known not in VERSIONS:
        raise SanoscopeError(
            "etat-plus-recent",
            Sentence("L'état de cet espace de travail vient d'un logiciel plus récent que celui-ci."),
            todo=Sentence("L'exploitant met le logiciel à jour, ou rétablit l'état d'une sauvegarde."),
        )


@contextmanager
def sending(workspace: Workspace) -> Iterator[None]:
    """Hold the mails of a state for one process at a time, on whatever machine; a killed one frees them.

    Raises:
        UnavailableError: ``etat-indisponible``.
        SanoscopeError: ``deja-en-cours``: another process holds them.
    """
    engine, work = engine_of(workspace), "envoi de courriels"
    if engine.dialect.name == "sqlite":
        with alone(workspace.operations / "courriels", work):
            yield
        return
    with _told(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(select(func.pg_try_advisory_lock(SENDING))).scalar():
            message = f"Un autre {work} est en cours pour cet état."
            raise SanoscopeError("deja-en-cours", message, todo="Attendez sa fin, puis relancez.")
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(SENDING)))


def move(workspace: Workspace) -> dict[str, int]:
    """Copy the ``state.db`` of a workspace to where its state now is, and return how many rows each table had.

    Raises:
        SanoscopeError: ``etat-rien-a-copier``, ``etat-pas-vide``, and those of `writing`.
    """
    source, target = _engine(URL.create("sqlite", database=str(workspace.state))), engine_of(workspace)
    if source is target or not _made(source):
        raise SanoscopeError(
            "etat-rien-a-copier",
            "Il n'y a pas d'état à copier : il faut un fichier state.db, et une autre adresse où le mettre.",
            todo=f"Dites-la par le réglage etat.url ou la variable {VARIABLE}, puis relancez.",
        )
    with _told(), source.execution_options(**{WRITES: True}).begin() as old:
        return fill(workspace, old)


def fill(workspace: Workspace, source: Connection) -> dict[str, int]:
    """Copy a state to where the state of a workspace is, in one transaction, and return how many rows each table has.

    Args:
        workspace: its state is empty, or is made.
        source: another state, to read and to bring up to date.

    Raises:
        SanoscopeError: ``etat-pas-vide``, and those of `writing`.
    """
    upgraded(source)
    with writing(workspace) as new:
        check_empty(new)
        for table in metadata.sorted_tables:
            for some in source.execute(select(table)).mappings().partitions(BATCH):
                new.execute(table.insert(), [dict(row) for row in some])
        return rows(new)


def check_empty(state: Connection) -> None:
    """Do nothing if a state has no row.

    Raises:
        SanoscopeError: ``etat-pas-vide``.
    """
    if any(rows(state).values()):
        raise SanoscopeError(
            "etat-pas-vide",
            f"L'état de « {shown(state.engine.url)} » a déjà des lignes : rien n'y est copié.",
            todo="« sanoscope state » les compte ; videz-le, ou donnez une autre base.",
        )


@lru_cache(maxsize=8)
def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(
                url,
                poolclass=NullPool,
                hide_parameters=True,
                connect_args={"timeout": WAIT},
            )
            event.listen(engine, "connect", _prepare)
            event.listen(engine, "begin", _begin)
            return engine
        settings = {"connect_timeout": str(WAIT), **url.query}
        return create_engine(
            url.set(query=settings), poolclass=QueuePool, hide_parameters=True, pool_pre_ping=True, pool_size=4
        )
    except (ImportError, NoSuchModuleError) as error:
        raise SanoscopeError(
            "etat-adresse",
            Sentence("Il manque de quoi parler à PostgreSQL."),
            todo=Sentence("L'exploitant installe « sanoscope[postgresql] »."),
        ) from error


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    """Begin no transaction unasked, keep references, and leave nothing on the disk of what is deleted."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")


def _begin(connection: Connection) -> None:
    """Begin a transaction of SQLite; one that will write takes its turn before it reads."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _made(engine: Engine) -> bool:
    """Tell whether there may be a state: SQLite's file is there, or it is elsewhere."""
    return engine.dialect.name != "sqlite" or Path(str(engine.url.database)).exists()


@contextmanager
def _told() -> Iterator[None]:
    """Say what the database refuses, without what its messages may tell: an address, a user, a value."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise UnavailableError(
            "etat-indisponible",
            Sentence("L'état de ce site ne se lit ni ne s'écrit en ce moment (%(erreur)s).", erreur=_kind(error)),
            todo=Sentence("Réessayez ; l'exploitant voit où il est par « sanoscope state »."),
        ) from None


def _kind(error: Exception) -> str:
    """Return what an error is of, and its SQLSTATE where it has one."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return f"{type(error).__name__} {state}" if state else type(error).__name__


def _wrong_url() -> SanoscopeError:
    return SanoscopeError(
        "etat-adresse",
        Sentence("L'adresse de l'état n'est pas de celles que l'on sait lire (elle n'est pas redite ici)."),
        allowed=["sqlite:///CHEMIN", "postgresql://UTILISATEUR:MOT_DE_PASSE@HOTE/BASE"],
        todo=Sentence("L'exploitant corrige le réglage etat.url, ou la variable %(nom)s.", nom=VARIABLE),
    )
