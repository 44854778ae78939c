"""What the documentation of the clients says is so: its examples run, word by word, and it names all there is."""

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sanoscope import Client, Reponse
from sanoscope import workspace as workspaces
from sanoscope.access.accounts import Accounts
from sanoscope.access.scope import DOMAINS, FRANCE, Grant
from sanoscope.client.assistant import MOST_ROWS, server
from sanoscope.workspace import Workspace
from tests.web.conftest import served

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def place(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small country where the page says that a workspace is."""
    root = tmp_path_factory.mktemp("clients") / "mon-espace"
    shutil.copytree(small.root, root, symlinks=True)
    return workspaces.load(root)


@pytest.fixture(scope="module")
def address(place: Workspace) -> Iterator[str]:
    with served(place) as site:
        yield site


def test_every_example_in_python_runs(place: Workspace, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known, today = Accounts(place), datetime.now(UTC).date()
    known.open("lecteur", "lecteur")
    known.give("lecteur", Grant("securise", FRANCE, frozenset(DOMAINS)), today, today + timedelta(9), "essai")
    monkeypatch.setenv("SANOSCOPE_CLE", known.make_key("lecteur", "essai", complete=True)[1])
    monkeypatch.chdir(place.root.parent)
    names: dict[str, Any] = {}
    examples = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    assert len(examples) >= 7
    for example in examples:
        exec(example.replace("https://stats.exemple.fr", address), names)
    assert names["total"].height == 1 and names["total"]["etat"].item() == "exact"
    assert list((place.root.parent / "reponses").iterdir())


def test_every_method_and_attribute_is_named(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.root.parent)
    for name in (name for name in vars(Client) if not name.startswith("_") and name != "close"):
        assert f"{name}(" in PAGE, name
    told = set(re.findall(r"[.`](\w+)", PAGE))
    assert {name for name in vars(Reponse) if not name.startswith("_")} - {"etiquettes"} <= told
    assert {name for name in vars(Client("mon-espace").demander("casemix-mco")) if not name.startswith("_")} <= told


def test_every_tool_and_error_is_named() -> None:
    tools = asyncio.run(server(Client("http://127.0.0.1:9")).list_tools())
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE.split("## Assistant")[1], re.M)) == {t.name for t in tools}
    assert f"{MOST_ROWS} lignes" in PAGE
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/sanoscope/client").glob("*.py"))
    source += (ROOT / "src/sanoscope/cli/assistant.py").read_text(encoding="utf-8")
    own = set(re.findall(r'SanoscopeError\(\s*"([\w-]+)"', source)) - {"options"}
    assert own == set(re.findall(r"^\| `([a-z-]+)` \|", PAGE.split("## Carnets")[0], re.M)) & own
    assert len(own) == 5


def test_the_configuration_of_an_assistant_is_ours() -> None:
    (told,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.M | re.S)
    assert json.loads(told)["mcpServers"]["sanoscope"]["command"] == "sanoscope"


def test_every_notebook_is_listed() -> None:
    for path in (ROOT / "docs" / "carnets").glob("*.ipynb"):
        assert f"(carnets/{path.name})" in PAGE
