"""Which editions are kept, and why."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.operate import retention
from sanoscope.workspace import Workspace
from tests.operate.small import drop, editions, figures, place, run

NOW = datetime(2026, 6, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Six editions of a year of months: a to e published in this order, then f, only built."""
    root = tmp_path_factory.mktemp("retention")
    workspace = place(root)
    drop(root / "depot", 40, 30)
    first = run(workspace).edition
    history = []
    for month, name in enumerate("abcdef", 1):
        built = datetime(2026, month, 1, tzinfo=UTC)
        shutil.copytree(workspace.editions / first, workspace.editions / name)
        for side in (workspace.editions / name, workspace.editions / name / "ouvert"):
            told = manifests.read(side)
            manifests.write(side, told.model_copy(update={"nom": name, "cree_le": built}))
        if name != "f":
            history.append(json.dumps({"instant": built.isoformat(), "edition": name}))
    shutil.rmtree(workspace.editions / first)
    (workspace.editions / publication.HISTORY).write_text("\n".join(history) + "\n", encoding="utf-8")
    (workspace.editions / publication.POINTER).unlink()
    (workspace.editions / publication.POINTER).symlink_to("e")
    return workspace


def going(workspace: Workspace, *, keep: int, days: int, now: datetime = NOW) -> str:
    settings = replace(workspace.settings, garder=keep, jours=days)
    return "".join(one.edition for one in retention.sort(replace(workspace, settings=settings), now) if not one.raison)


def test_the_last_published_and_the_recent_are_kept(made: Workspace) -> None:
    assert going(made, keep=1, days=1) == "abcf"
    assert going(made, keep=3, days=1) == "af"
    assert going(made, keep=1, days=100) == "ab"
    assert going(made, keep=1, days=10, now=NOW - timedelta(days=400)) == ""  # a clock set back removes nothing


def test_what_is_served_sealed_or_unreadable_is_kept(made: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "espace"
    shutil.copytree(made.root, root, symlinks=True)
    workspace = replace(made, root=root, settings=replace(made.settings, garder=1, jours=1))
    publication.seal(workspace.editions, "a")
    (workspace.editions / "b" / "manifest.json").write_text("{}", encoding="utf-8")
    (workspace.editions / publication.POINTER).unlink()
    (workspace.editions / publication.POINTER).symlink_to("c")
    before = figures(workspace)
    told = {one.edition: one.raison for one in retention.purge(workspace)}
    assert told == {
        "a": "scellée",
        "b": "illisible : à vous de voir",
        "c": "servie",
        "d": "",
        "e": "l'une des 1 dernières publiées avant",
        "f": "",
    }
    assert editions(workspace) == ["a", "b", "c", "e"]
    assert figures(workspace) == before


def test_what_a_kill_left_of_a_purge_is_no_edition_and_goes(made: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "espace"
    shutil.copytree(made.root, root, symlinks=True)
    workspace = replace(made, root=root)
    (workspace.editions / "a").rename(workspace.editions / ".en-cours-purge-a")
    assert "a" not in [m.nom for m in publication.editions(workspace.editions)]
    retention.purge(workspace)
    assert editions(workspace) == ["b", "c", "d", "e", "f"]
