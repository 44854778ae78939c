"""The state in SQLite and in PostgreSQL: made once, brought up to date, taken over, never a crash, never a password."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from typer.testing import CliRunner

import sanoscope
from sanoscope.access.baskets import Baskets
from sanoscope.cli import main
from sanoscope.cli.main import app
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.state import database
from sanoscope.state.database import UnavailableError, engine_of, reading, rows, shown, start, upgrade, url_of, writing
from sanoscope.state.tables import VERSIONS, metadata
from sanoscope.workspace import Workspace

ONE, TWO = "290000001", "290000002"
SECRET = "motdepasse"

LEGACY = """
CREATE TABLE IF NOT EXISTS paniers (
    identifiant TEXT PRIMARY KEY,
    nom TEXT NOT NULL,
    cle TEXT NOT NULL UNIQUE,
    finess TEXT NOT NULL,
    cree_le TEXT NOT NULL
) STRICT
"""
"""As the software made it before states had versions."""


def command(*words: str, place: Workspace, code: int = 0) -> str:
    result = CliRunner().invoke(app, [*words, "--workspace", str(place.root)])
    assert result.exit_code == code, result.output
    return result.output


def legacy(place: Workspace) -> None:
    with sqlite3.connect(place.state) as old:
        old.execute(LEGACY)
        old.execute("INSERT INTO paniers VALUES ('abc', 'CHU Ouest', 'chu ouest', '290000001,290000002', '2026-01-09')")
    old.close()


# versions -------------------------------------------------------------------------------------------------------------


def test_the_tables_are_those_that_the_migrations_make(workspace: Workspace, state_url: str) -> None:
    upgrade(workspace)
    with engine_of(workspace).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert database.version(connection) == VERSIONS[-1]


def test_the_versions_are_those_of_the_migrations() -> None:
    settings = Config()
    settings.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(settings)
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == VERSIONS


@pytest.mark.usefixtures("state_url")
def test_reading_makes_nothing(workspace: Workspace, state_url: str) -> None:
    assert Baskets(workspace).find("CHU") is None
    start(replace(workspace))
    said = command("state", place=workspace)
    assert not workspace.state.exists()
    if not state_url:
        assert "aucune ; l'état sera fait par la première écriture" in said


def test_a_state_of_before_versions_is_taken_over_with_its_rows(workspace: Workspace) -> None:
    legacy(workspace)
    assert "sans numéro" in command("state", place=workspace)
    found = Baskets(workspace).find("CHU Ouest")
    assert found is not None
    assert (found.identifier, found.finess, found.made.isoformat()) == ("abc", (ONE, TWO), "2026-01-09")
    said = command("state", place=workspace)
    assert f"Version : {VERSIONS[-1]}, celle de ce logiciel" in said
    assert "paniers : 1 lignes" in said
    with engine_of(workspace).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_state_of_newer_software_is_an_error_that_says_what_to_do(workspace: Workspace, state_url: str) -> None:
    upgrade(workspace)
    with writing(workspace) as state:
        state.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for does in (
        lambda: Baskets(workspace).find("A"),
        lambda: Baskets(workspace).save("A", [ONE]),
        lambda: start(workspace),
    ):
        with pytest.raises(SanoscopeError) as refused:
            does()
        assert refused.value.code == "etat-plus-recent"
        assert "met le logiciel à jour" in refused.value.todo
    assert "plus récente que ce logiciel" in command("state", place=workspace)
    assert "[etat-plus-recent]" in command("state", "upgrade", place=workspace, code=1)


def test_a_migration_that_breaks_leaves_the_state_as_it_was(
    workspace: Workspace, state_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Baskets(workspace).save("A", [ONE])
    with engine_of(workspace).execution_options(**{database.WRITES: True}).begin() as state:
        state.execute(text("DROP TABLE alembic_version"))
        for table in reversed(metadata.sorted_tables):
            if table.name != "paniers":  # all that there was before versions
                table.drop(state)
    upgrading = database.command.upgrade

    def broken(*args: object) -> None:
        upgrading(*args)  # type: ignore[arg-type]
        raise OSError(28, "disque plein")

    with monkeypatch.context() as patched:
        patched.setattr(database.command, "upgrade", broken)
        with pytest.raises(OSError, match="disque plein"):
            upgrade(workspace)
    with engine_of(workspace).connect() as connection:
        assert database.version(connection) == ""
    assert Baskets(workspace).find("A") == before


# several at once ------------------------------------------------------------------------------------------------------

SAVER = """
import sys
from pathlib import Path
from sanoscope import workspace as workspaces
from sanoscope.access.baskets import Baskets
from sanoscope.errors import CriterionError
baskets = Baskets(workspaces.load(Path(sys.argv[1])))
sys.stdin.readline()  # all begin together
for n in range(5):
    baskets.save(f"{sys.argv[2]} {n}", ["290000001"])
    baskets.save("commun", ["290000002"])
    try:
        baskets.save("disputé", [f"29000000{sys.argv[2][-1]}"])
    except CriterionError as error:
        assert error.code == "nom-pris", error
"""


def saving(place: Workspace, names: Sequence[str]) -> list["subprocess.Popen[str]"]:
    environment = {**os.environ, "PYTHONPATH": str(Path(sanoscope.__file__).parents[1])}
    return [
        subprocess.Popen(
            [sys.executable, "-c", SAVER, str(place.root), name],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in names
    ]


def test_processes_that_start_and_save_at_once_lose_nothing(workspace: Workspace, state_url: str) -> None:
    """The state is not made yet: they make it together too."""
    processes = saving(workspace, [f"processus {n}" for n in range(4)])
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outputs
    with reading(workspace) as state:
        assert state is not None
        assert rows(state)["paniers"] == 4 * 5 + 2
        names = state.execute(text("SELECT nom FROM paniers")).scalars().all()
    assert sorted(names) == sorted(["commun", "disputé", *(f"processus {p} {n}" for p in range(4) for n in range(5))])


def test_threads_that_save_at_once_lose_nothing(workspace: Workspace, state_url: str) -> None:
    baskets = Baskets(workspace)

    def save(n: int) -> str:
        try:
            return baskets.save(f"nom {n % 20}", [f"29000000{n % 2}"]).identifier
        except CriterionError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(save, range(60)))
    with reading(workspace) as state:
        assert state is not None
        assert rows(state)["paniers"] == 20
    assert len(set(said)) == 20  # n and n + 20 have the same list


def test_one_process_at_a_time_sends(workspace: Workspace, state_url: str) -> None:
    with database.sending(workspace):
        with pytest.raises(SanoscopeError) as refused, database.sending(workspace):
            pass
        assert refused.value.code == "deja-en-cours"
    with database.sending(workspace):
        pass


# addresses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "state.db"),
        ("sqlite:///autre.db", "autre.db"),
        (f"postgresql://qui:{SECRET}@hote/base", "postgresql+psycopg://qui:***@hote/base"),
        (f"postgres://qui@hote/base?sslpassword={SECRET}", "postgresql+psycopg://qui@hote/base"),
    ],
)
def test_the_setting_says_where_and_the_variable_says_it_before(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, written: str, said: str
) -> None:
    place = replace(workspace, settings=replace(workspace.settings, url=written))
    assert shown(url_of(place)).endswith(said)
    monkeypatch.setenv(database.VARIABLE, "sqlite:////ailleurs/etat.db")
    assert shown(url_of(place)) == "/ailleurs/etat.db"


@pytest.mark.parametrize(
    "url",
    [f"mysql://qui:{SECRET}@hote/base", f"n'importe quoi {SECRET}", "sqlite://", f"postgresql://qui:{SECRET}@hote:x/b"],
)
def test_another_address_is_refused_without_being_repeated(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(database.VARIABLE, url)
    said = command("state", place=workspace, code=1)
    assert "[etat-adresse]" in said
    assert database.VARIABLE in said
    assert SECRET not in said


def test_a_database_that_does_not_answer_is_said_and_figures_are_served(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(database.VARIABLE, f"postgresql://qui:{SECRET}@127.0.0.1:1/base")
    with pytest.raises(UnavailableError) as refused:
        upgrade(workspace)
    assert SECRET not in f"{refused.value} {refused.value.__cause__}"
    said = command("state", place=workspace, code=1)
    assert "[etat-indisponible]" in said
    assert SECRET not in said
    main._start_state(workspace)
    assert "ne se lit ni ne s'écrit" in capsys.readouterr().err


# from one to the other ------------------------------------------------------------------------------------------------


def test_a_state_moves_to_postgresql_with_every_row(
    workspace: Workspace, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    legacy(workspace)
    saved = [Baskets(workspace).save(f"Panier {n}", [ONE, TWO]) for n in range(30)]
    assert "[etat-rien-a-copier]" in command("state", "move", place=workspace, code=1)
    monkeypatch.setenv(database.VARIABLE, postgresql)
    assert "paniers : 31 lignes copiées" in command("state", "move", place=workspace)
    assert [Baskets(workspace).find(one.identifier) for one in saved] == saved
    assert Baskets(workspace).find("abc") is not None
    assert "[etat-pas-vide]" in command("state", "move", place=workspace, code=1)


def test_help_does_not_load_what_only_the_state_needs() -> None:
    call = (
        "import sys, sanoscope.cli.main; sys.exit(any(m in sys.modules for m in ('sqlalchemy', 'alembic', 'psycopg')))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(sanoscope.__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", call], env=environment, check=False).returncode == 0
