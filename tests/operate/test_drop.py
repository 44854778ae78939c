"""The drop folder, wherever it is: what is new, what goes together, what is left."""

from pathlib import Path
from typing import IO

import pytest

from sanoscope import workspace as workspaces
from sanoscope.errors import SanoscopeError
from sanoscope.operate.drop import CHANGED, Local, Remote, drop_at, fetch, news, remember, shown
from sanoscope.operate.report import NOTHING, PUBLISHED
from tests.operate.small import drop, figures, place, run


def test_what_was_taken_is_not_taken_again_and_its_companions_are(tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    drop(folder, 3, 2)
    (folder / ".290000017.2023.12.rha.en-cours").write_bytes(b"hidden")
    there = Local(folder)
    found, wanted = news(there, "depot", tmp_path)
    assert len(found) == len(wanted) == 4
    remember("depot", tmp_path, fetch(there, found, wanted, tmp_path / "essai"))
    assert news(there, "depot", tmp_path)[1] == []
    assert len(news(there, "autre", tmp_path)[1]) == 4
    (folder / "290000017.2023.12.SMR.ano").write_bytes(b"changed")
    again = news(there, "depot", tmp_path)
    assert again[1] == ["290000017.2023.12.SMR.ano", "290000017.2023.12.SMR.rha"]
    (folder / "290000017.2023.12.SMR.rha").unlink()
    fetched = fetch(there, *again, tmp_path / "essai")
    assert set(fetched.laisses) == {"290000017.2023.12.SMR.rha", "290000017.2023.12.SMR.ano"}
    remember("depot", tmp_path, fetched)
    assert news(there, "depot", tmp_path)[1] == ["290000017.2023.12.SMR.ano"]


def test_a_drop_folder_behind_a_url_is_fetched_once_and_published(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    drop(tmp_path / "ici", 40, 30)
    memory.put(str(tmp_path / "ici"), "/seau/samedi", recursive=True)
    workspace = place(tmp_path)
    settings = (workspace.root / "sanoscope.toml").read_text(encoding="utf-8").replace("../depot", "memory://seau")
    (workspace.root / "sanoscope.toml").write_text(settings, encoding="utf-8")
    workspace = workspaces.load(workspace.root)
    first = run(workspace)
    assert (first.etat, first.recus, first.trouves) == (PUBLISHED, 4, 4), first.motif
    assert [row["journees"] for row in figures(workspace)] == ["200", "150", "350"]
    assert (run(workspace).etat, run(workspace).lus) == (NOTHING, ())
    drop(tmp_path / "plus", 41)
    memory.put(str(tmp_path / "plus" / "290000017.2023.12.SMR.rha"), "/seau/samedi/290000017.2023.12.SMR.rha")
    memory.put(str(tmp_path / "plus" / "290000017.2023.12.SMR.ano"), "/seau/samedi/290000017.2023.12.SMR.ano")
    assert (run(workspace).etat, figures(workspace)[0]["journees"]) == (PUBLISHED, "205")


def test_a_remote_file_that_changes_while_it_is_read_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pipe("/seau/290000017.2023.12.rha", b"one")
    there = drop_at("memory://seau", tmp_path)
    assert isinstance(there, Remote)
    found, wanted = news(there, "memory://seau", tmp_path)
    opened = Remote.open

    def change(self: Remote, name: str) -> IO[bytes]:
        stream = opened(self, name)
        memory.pipe(f"/seau/{name}", b"another")
        return stream

    monkeypatch.setattr(Remote, "open", change)
    assert fetch(there, found, wanted, tmp_path / "essai").laisses == {"290000017.2023.12.rha": CHANGED}
    assert list((tmp_path / "essai").iterdir()) == []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "depot-absent"),
        ("nulle-part", "depot-introuvable"),
        ("memory://vide", "depot-introuvable"),
        ("inconnu://hote/dossier", "depot-inconnu"),
    ],
)
def test_a_drop_folder_that_is_not_there_says_what_to_do(tmp_path: Path, address: str, code: str) -> None:
    if "://" in address:
        pytest.importorskip("fsspec")
    with pytest.raises(SanoscopeError) as caught:
        drop_at(address, tmp_path)
    assert caught.value.code == code
    assert caught.value.todo


def test_an_address_is_shown_without_its_password() -> None:
    assert shown("sftp://nom:motdepasse@hote/depot?cle=secret") == "sftp://hote/depot"
    assert shown("/srv/depot") == "/srv/depot"
