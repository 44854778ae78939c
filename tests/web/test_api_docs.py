"""`docs/api.md` says what the API does: each address with its parameters, each example, each code of refusal."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from sanoscope.query.criteria import CRITERIA, DATE
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```http\nGET (\S+)\n(?:→ (\d+) ([\w-]+)\n)?```$", PAGE, re.M)
CODES = dict(re.findall(r"^\| `([\w-]+)` \| (\d\w\w) \| .+ \|$", PAGE, re.M))

ROOMS = ("api", "query", "search", "engine", "present/pictures")
"""Whatever these refuse may be told by the API."""

FILES = ("serve/door.py", "serve/places.py", "web/app.py", "web/identity.py")
OTHERS = {
    *(
        "restitution-inconnue",
        "fiche-inconnue",
        "cle-refusee",
        "etat-indisponible",
        "methode-refusee",
        "requete-refusee",
    ),
    "extraction-inconnue",
    *("aucune-edition-ce-jour", "aucune-edition-publiee", "edition-retiree"),
    *("champ-absent", "restitution-absente", "source-absente"),
}
"""Of other rooms, what a question may meet."""


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


@pytest.mark.parametrize(("address", "status", "code"), EXAMPLES)
def test_every_example_does_what_it_says(client: TestClient, address: str, status: str, code: str) -> None:
    answer = client.get(address)
    assert answer.status_code == int(status or 200), answer.text
    if code:
        assert answer.json()["code"] == code
        assert CODES[code] == status


def test_every_address_has_its_section_its_parameters_and_an_example(client: TestClient) -> None:
    description: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    sections = dict(re.findall(r"^### `(GET [^`]+)`\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S))
    told = {
        f"{method.upper()} {path}": operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if "restitutions" not in operation.get("tags", ()) and method == "get"
    }
    assert sections.keys() == told.keys()
    for name, operation in told.items():
        assert "```http\nGET " in sections[name], name
        known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        if {*CRITERIA} <= known:
            assert "| les critères |" in sections[name]
            known -= {*CRITERIA, DATE, "asOf"}
        written = {
            parameter
            for cell in re.findall(r"^\| (`.+?`) \|", sections[name], re.M)
            for parameter in re.findall(r"`(\w+)`", cell)
        }
        assert written == known, name


def test_every_code_of_refusal_is_documented_and_no_other() -> None:
    sources = [path for room in ROOMS for path in (ROOT / "src" / "sanoscope" / room).rglob("*.py")]
    sources += [ROOT / "src" / "sanoscope" / file for file in FILES]
    found = set(OTHERS)
    for path in sources:
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'(?:Error|__init__)\(\s*"([a-z][a-z-]+)"', text))
        found |= set(re.findall(r'Pace\(\s*\S+,\s*"([a-z-]+)"', text))
    assert CODES.keys() == found
