"""The page on data of the API: each of its examples is sent, and answered as it says."""

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from sanoscope import workspace as workspaces
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace

PAGE = Path(__file__).parents[2] / "docs" / "api-donnees.md"
BLOCK = re.compile(r"^```http\n(.*?)^```", re.M | re.S)
ANYTHING = "…"


@dataclass
class Exchange:
    """A request of the page, and what it says of the answer."""

    method: str
    address: str
    headers: Message
    body: str
    status: int
    told: Message
    document: Any


@dataclass
class Known:
    """What the answers so far had in their headers, for the requests that come after."""

    values: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        return re.sub(r"\{(ETag|Location)\}", lambda found: self.values[found[1]], text)


def exchanges() -> list[Exchange]:
    """Return the examples of the page, in order."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    found = []
    for sent, answered in zip(blocks[::2], blocks[1::2], strict=True):
        first, _, rest = sent.partition("\n")
        headers, _, body = rest.partition("\n\n") if "\n\n" in rest else (rest, "", "")
        line, _, told = answered.partition("\n")
        heads, _, document = told.partition("\n\n") if "\n\n" in told else (told, "", "")
        if told.startswith("\n"):
            heads, document = "", told
        method, address = first.split(" ", 1)
        status = int(line.removeprefix("HTTP/1.1 "))
        of = Parser().parsestr
        found.append(Exchange(method, address, of(headers), body, status, of(heads), orjson.loads(document or "null")))
    return found


@pytest.fixture(scope="module")
def client(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("api") / "espace"
    shutil.copytree(small.root, root, symlinks=True)
    with TestClient(create_app(workspaces.load(root))) as client:
        yield client


def fits(said: Any, got: Any) -> bool:
    """Tell whether a document has what the page shows of it."""
    if isinstance(said, dict):
        return isinstance(got, dict) and all(name in got and fits(value, got[name]) for name, value in said.items())
    if isinstance(said, list):
        return len(said) == len(got) and all(map(fits, said, got))
    return bool(said == got)


def matches(said: str, got: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, said.split(ANYTHING))), got) is not None


def test_every_example_is_answered_as_the_page_says(client: TestClient) -> None:
    found, known = exchanges(), Known()
    assert len(found) >= 9
    for one in found:
        headers = {name: known.filled(value) for name, value in one.headers.items()}

        def send(one: Exchange = one, headers: dict[str, str] = headers) -> Any:
            return client.request(one.method, known.filled(one.address), headers=headers, content=one.body or None)

        answer = send()
        for _ in range(600):  # an extraction takes the time that it takes
            if not (one.document and fits({"etat": "faite"}, one.document)) or fits(one.document, answer.json()):
                break
            threading.Event().wait(0.05)
            answer = send()
        assert answer.status_code == one.status, f"{one.address} : {answer.text[:300]}"
        for name, value in one.told.items():
            assert matches(known.filled(value), answer.headers[name]), f"{one.address} : {name} {answer.headers[name]}"
        if one.document is not None:
            assert fits(one.document, answer.json()), f"{one.address} : {answer.text[:300]}"
        known.values |= {name: answer.headers[name] for name in ("ETag", "Location") if name in answer.headers}


def test_every_code_that_these_routes_add_is_on_the_page() -> None:
    rooms = Path(__file__).parents[2] / "src" / "sanoscope"
    names = ("api/batches", "api/paging", "api/posted", "api/extractions", "api/extracting", "access/extractions")
    source = "".join((rooms / f"{name}.py").read_text(encoding="utf-8") for name in names)
    codes = set(re.findall(r'Error\(\s*"([\w-]+)"', source)) - {"panne", "envoi-etranger"}
    assert len(codes) >= 9
    assert [code for code in sorted(codes) if f"`{code}`" not in PAGE.read_text(encoding="utf-8")] == []
