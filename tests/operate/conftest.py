"""A workspace that was refreshed once, and its backup."""

from pathlib import Path

import pytest

from sanoscope.access.baskets import Baskets
from sanoscope.operate.backup import backup
from sanoscope.operate.report import PUBLISHED
from sanoscope.workspace import Workspace
from tests.operate.small import drop, place, run


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The smallest workspace that was refreshed, with two baskets."""
    root = tmp_path_factory.mktemp("petite")
    workspace = place(root)
    drop(root / "depot", 40, 30)
    assert run(workspace).etat == PUBLISHED
    Baskets(workspace).save("CHU Ouest", ["290000017"])
    Baskets(workspace).save("Été d'Ouest", ["290000017", "290000025"])
    return workspace


@pytest.fixture(scope="module")
def saved(little: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = backup(little, tmp_path_factory.mktemp("sauvegardes"))
    assert made.path is not None
    assert made.doubts == []
    return made.path
