"""A backup has everything, as it was at one instant; a restored workspace answers as the one that was saved."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select, text

from sanoscope import workspace as workspaces
from sanoscope.access.baskets import Baskets
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.published import build_published
from sanoscope.errors import SanoscopeError
from sanoscope.operate.archive import MANIFEST, SUM
from sanoscope.operate.backup import backup
from sanoscope.operate.report import NOTHING
from sanoscope.state import portable
from sanoscope.state.database import VARIABLE, engine_of, migrate, version
from sanoscope.state.tables import VERSIONS, metadata
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.operate.saved import (
    back,
    checked,
    command,
    files,
    fill,
    left,
    rewritten,
    sample,
    shared,
    state_rows,
    tables,
    value,
)
from tests.operate.small import figures, run
from tests.published import CUBE, establishments, published_beside, received
from tests.state.test_state import legacy

SECRET = "motdepasse"


# what is saved --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def country(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small country: every restitution answered, an edition sealed, another that shares its fields."""
    root = tmp_path_factory.mktemp("pays") / "espace"
    shutil.copytree(small.root, root, symlinks=True)
    made = workspaces.load(root)
    publication.seal(made.editions, "petite")
    build(made, catalogue(), name="suivante", care=QUICK, secret=1, before="petite")
    publication.publish(made.editions, "suivante")
    published_beside(made)
    assert received(made, {"smr_2025.csv": CUBE, "smr_2025.json": establishments()}).clean
    build_published(made, catalogue(), "smr-2025", name="smr-2025")
    publication.publish(made.editions, "smr-2025")
    (made.root / "LISEZMOI.txt").write_text("à l'exploitant\n", encoding="utf-8")
    (made.reference / "indicateurs perdus é.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    made.quarantine.mkdir(exist_ok=True)
    (made.quarantine / "fichiers.jsonl").write_text('{"motif": "essai"}\n', encoding="utf-8")
    return made


# whole ----------------------------------------------------------------------------------------------------------------


def test_every_row_and_every_file_comes_back(country: Workspace, tmp_path: Path) -> None:
    made = backup(country, tmp_path)
    assert made.path is not None
    assert made.doubts == []
    result = back(made.path, tmp_path / "rétabli")
    assert result.doubts == []
    assert files(result.workspace.root) == files(country.root)
    assert shared(result.workspace.root) == shared(country.root) != set()
    compared = 0
    for one, other in zip(tables(country.root), tables(result.workspace.root), strict=True):
        assert one[0] == other[0]
        assert one[1].equals(other[1]), one[0]
        compared += one[1].num_rows
    counted = {n: e.lignes or 0 for n, e in made.entries.items() if n.endswith((".parquet", ".duckdb"))}
    assert compared == sum(counted.values()) > 10_000
    assert sum(result.lignes.values()) == sum(entry.lignes or 0 for entry in made.entries.values())
    held = sum(p.stat().st_size for p in country.root.rglob("*") if p.is_file() and not p.is_symlink())
    assert made.path.stat().st_size < held  # what two editions share is there once


@pytest.mark.usefixtures("state_url")
def test_every_row_of_the_state_comes_back(
    workspace: Workspace, postgresql: str, state_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace)
    made, rows = backup(workspace, tmp_path), state_rows(workspace)
    assert made.path is not None
    assert made.left == ([] if state_url else ["state.db"])
    if state_url:
        monkeypatch.setenv(VARIABLE, postgresql_beside(postgresql))
    result = back(made.path, tmp_path / "rétabli")
    assert (result.doubts, state_rows(result.workspace)) == ([], rows)
    assert result.state == {name: len(found) for name, found in rows.items()} == dict.fromkeys(rows, 5)


def postgresql_beside(url: str) -> str:
    """Another empty schema of the same server."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA a_cote")
    return url.rpartition("%3D")[0] + "%3Da_cote"


def test_a_restored_workspace_gives_the_same_bytes_for_every_restitution(country: Workspace, tmp_path: Path) -> None:
    made = backup(country, tmp_path)
    assert made.path is not None
    result = back(made.path, tmp_path / "rétabli")
    with TestClient(create_app(country)) as one, TestClient(create_app(result.workspace)) as other:
        answered = 0
        for path in addresses():
            first, second = one.get(path), other.get(path)
            assert (second.status_code, second.content) == (first.status_code, first.content), path
            answered += first.status_code == 200
        assert answered >= 2 * len(catalogue().restitutions)


def addresses() -> Iterator[str]:
    """Each restitution as page and by the API, as it comes and of the sealed edition; then what is beside them."""
    for slug, restitution in catalogue().restitutions.items():
        for criteria in ["niveau_activite="] + ([] if restitution.source else ["edition=petite"]):
            yield f"/restitutions/{slug}?{criteria}"
            yield f"/api/v1/restitutions/{slug}/donnees?{criteria}&format=csv"
            yield f"/api/v1/restitutions/{slug}/donnees?{criteria}&format=json"
    yield from ("/", "/editions", "/actualites.rss", "/calendrier.ics", "/api/v1/catalogue", "/recherche?q=brest")


@pytest.mark.parametrize("way", ["to postgresql", "to sqlite"])
def test_a_state_goes_from_one_database_to_the_other(
    workspace: Workspace, postgresql: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = ("sqlite:///autre.db", postgresql) if way == "to postgresql" else (postgresql, "sqlite:///ici/la.db")
    monkeypatch.setenv(VARIABLE, here)
    fill(workspace)
    rows, made = state_rows(workspace), backup(workspace, tmp_path)
    (workspace.root / "autre.db").unlink(missing_ok=True)
    assert made.path is not None
    assert not [name for name in made.entries if name.endswith(".db")]
    monkeypatch.setenv(VARIABLE, there)
    result = back(made.path, tmp_path / "rétabli")
    assert (result.doubts, state_rows(result.workspace)) == ([], rows)
    assert Baskets(result.workspace).save("après", ["290000017"]).name == "après"


def test_no_table_numbers_its_rows_itself() -> None:
    """A database would have to be told the last number: see `portable` before such a table is made."""
    counted = [t.name for t in metadata.sorted_tables if t.autoincrement_column is not None]
    assert counted == []


@pytest.mark.parametrize("known", ["", *VERSIONS])
def test_a_state_of_each_version_is_brought_up_to_date_as_it_comes_back(
    workspace: Workspace, known: str, tmp_path: Path
) -> None:
    if known:
        engine = create_engine(f"sqlite:///{workspace.state}")
        with engine.begin() as state:
            migrate(state, known)
            for table, rows in sample(portable.tables_of(known)):
                state.execute(table.insert(), rows)
        engine.dispose()
    else:
        legacy(workspace)
    digest = hashlib.sha256(workspace.state.read_bytes()).hexdigest()
    made = backup(workspace, tmp_path)
    assert hashlib.sha256(workspace.state.read_bytes()).hexdigest() == digest  # a backup changes nothing of it
    assert made.path is not None
    assert made.head.etat == (known or VERSIONS[0])
    result = back(made.path, tmp_path / "rétabli")
    with engine_of(result.workspace).connect() as state:
        assert version(state) == VERSIONS[-1]
        found = {str(row.identifiant) for row in state.execute(select(metadata.tables["paniers"]))}
    assert found == ({value(metadata.tables["paniers"].c.identifiant, n) for n in range(5)} if known else {"abc"})
    assert result.doubts == []


def test_a_state_of_newer_software_is_neither_saved_nor_restored(workspace: Workspace, tmp_path: Path) -> None:
    fill(workspace)
    made = backup(workspace, tmp_path)
    assert made.path is not None
    path = rewritten(made.path, tmp_path / "a.tar", told=lambda head: head | {"etat": "9999"})
    with pytest.raises(SanoscopeError) as refused:
        back(path, tmp_path / "rétabli")
    assert refused.value.code == "etat-plus-recent"
    with engine_of(workspace).begin() as state:
        state.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SanoscopeError) as refused:
        backup(workspace, tmp_path / "b.tar")
    assert refused.value.code == "etat-plus-recent"
    assert not (tmp_path / "b.tar").exists()


def test_a_workspace_without_a_state_or_an_edition_comes_back_without(workspace: Workspace, tmp_path: Path) -> None:
    made = backup(workspace, tmp_path)
    assert made.path is not None
    assert (made.head.edition, made.head.etat) == ("", "")
    result = back(made.path, tmp_path / "rétabli")
    assert (result.state, result.doubts) == ({}, [])
    assert not result.workspace.state.exists()
    assert result.workspace.editions.is_dir()


def test_a_state_that_has_rows_is_not_mixed_with_another(
    little: Workspace, saved: Path, postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, postgresql)
    Baskets(little).save("déjà là", ["290000017"])
    with pytest.raises(SanoscopeError) as refused:
        back(saved, tmp_path / "rétabli")
    assert refused.value.code == "etat-pas-vide"
    assert left(tmp_path / "rétabli") == []
    assert len(state_rows(little)["paniers"]) == 1


def test_the_password_of_the_state_is_written_nowhere(
    little: Workspace, postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, postgresql.replace("postgres:@", f"postgres:{SECRET}@"))
    assert SECRET in os.environ[VARIABLE]
    Baskets(little).save("A", ["290000017"])
    said = command("backup", str(tmp_path / "a.tar"), "--workspace", str(little.root))
    said += command("restore", "--verifier", str(tmp_path / "a.tar"))
    said += command("restore", str(tmp_path / "a.tar"), str(tmp_path / "rétabli"), code=1)  # the state has a row
    assert "etat-pas-vide" in said
    assert SECRET not in said
    assert SECRET.encode() not in (tmp_path / "a.tar").read_bytes()


# the commands ---------------------------------------------------------------------------------------------------------


def test_the_commands_say_what_they_did_and_count_it(little: Workspace, tmp_path: Path) -> None:
    (little.root / "divers").mkdir(exist_ok=True)
    said = command("backup", str(tmp_path), "--workspace", str(little.root))
    (path,) = tmp_path.glob("espace-*.tar")
    assert f"Sauvegarde faite : {path}" in said
    assert "Laissé, n'étant pas de l'espace de travail : divers" in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    verified = command("restore", "--verifier", str(path))
    assert "Archive bonne" in verified
    result = command("restore", str(path), str(tmp_path / "rétabli"))
    assert "(100 %)" in result
    assert figures(workspaces.load(tmp_path / "rétabli")) == figures(little)
    shutil.copytree(little.root.parent / "depot", tmp_path / "depot")
    again = run(workspaces.load(tmp_path / "rétabli"))
    assert (again.etat, again.lus) == (NOTHING, ())
    assert "[sauvegarde-existante]" in command("backup", str(path), "--workspace", str(little.root), code=1)
    assert "[restauration-impossible]" in command("restore", str(path), str(tmp_path / "rétabli"), code=1)
    assert "[options]" in command("restore", str(path), code=1)
    assert "[sauvegarde-inconnue]" in command("restore", "--verifier", str(tmp_path / "aucune"), code=1)
    for inside in (little.root, little.store, little.editions):
        assert "[sauvegarde-impossible]" in command("backup", str(inside), "--workspace", str(little.root), code=1)
    nowhere = str(tmp_path / "pas monté" / "a.tar")
    assert "[sauvegarde-impossible]" in command("backup", nowhere, "--workspace", str(little.root), code=1)


def test_a_backup_goes_through_a_pipe_to_be_encrypted(little: Workspace, tmp_path: Path) -> None:
    """« gzip » stands for what encrypts."""
    call = f"{sys.executable} -m sanoscope"
    line = (
        f"{call} backup - --workspace {little.root} | gzip > {tmp_path}/a.gz && "
        f"gzip -dc {tmp_path}/a.gz | {call} restore - {tmp_path}/retabli"
    )
    source = {"PYTHONPATH": str(Path(workspaces.__file__).parents[1])}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], env=os.environ | source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "(100 %)" in done.stdout
    assert figures(workspaces.load(tmp_path / "retabli")) == figures(little)
    with pytest.raises(SanoscopeError) as refused:
        checked(tmp_path / "a.gz")
    assert refused.value.code == "sauvegarde-inconnue"


def test_what_tar_unpacks_is_the_workspace(little: Workspace, saved: Path, tmp_path: Path) -> None:
    """In ten years, without this software."""
    subprocess.run(["tar", "-xf", str(saved), "-C", str(tmp_path)], check=True)
    subprocess.run(["sha256sum", "-c", "--quiet", SUM], cwd=tmp_path, check=True)
    for name, (print_, _, _) in files(tmp_path / "espace").items():
        assert files(little.root)[name][0] == print_
    told = [json.loads(line) for line in (tmp_path / MANIFEST).read_text(encoding="utf-8").splitlines()]
    assert {one["nom"] for one in told} == {
        p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_symlink() or p.is_file()
    } - {MANIFEST, SUM}
