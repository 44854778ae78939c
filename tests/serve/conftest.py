"""A small workspace with an edition, its application as it is served, a log to read, questions that can be held."""

import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from sanoscope import logs
from sanoscope import workspace as workspaces
from sanoscope.query import service as services
from sanoscope.serve.app import create_app
from sanoscope.serve.run import listen
from sanoscope.workspace import SETTINGS_FILE, Settings, Workspace
from tests.operate.small import drop, place, run

SLUG = "cartographie-activite-smr"
DATA = f"/api/v1/restitutions/{SLUG}/donnees?annee=2023"
SECONDS = 120
"""After which a wait is a failure."""


@pytest.fixture(scope="session")
def little(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("serve")
    workspace = place(root)
    drop(root / "depot", 40, 30)
    assert run(workspace).code == 0
    return workspace


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log of this process."""
    hook, stream = sys.excepthook, io.StringIO()
    logs.configure(Settings(), stream)
    yield stream
    sys.excepthook = hook
    logs.silence()
    logging.captureWarnings(False)
    logging.getLogger().handlers.clear()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def with_settings(workspace: Workspace, text: str, root: Path) -> Workspace:
    """The same editions under other settings."""
    root.mkdir()
    for name in ("editions", "rafraichissement"):
        (root / name).symlink_to(workspace.root / name)
    (root / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return workspaces.load(root)


@dataclass
class Site:
    """A server on a free port of this machine."""

    server: uvicorn.Server
    port: int
    thread: threading.Thread

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def metric(self, name: str) -> float:
        _, _, text = self.get("/metrics")
        return sum(
            float(line.rpartition(" ")[2]) for line in text.splitlines() if line.split("{")[0].split()[0] == name
        )


@contextmanager
def site(workspace: Workspace) -> Iterator[Site]:
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(create_app(workspace), http="h11", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield Site(server, listening.getsockname()[1], thread)
    server.should_exit = True
    thread.join(SECONDS)


def until(holds: Callable[[], object]) -> None:
    """Wait for something to hold."""
    for _ in range(SECONDS * 50):
        if holds():
            return
        threading.Event().wait(0.02)
    raise AssertionError("n'est pas arrivé")


@dataclass
class Held:
    """Questions held until they are let go; how many are."""

    go: threading.Event = field(default_factory=threading.Event)
    count: int = 0


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    holding, answer, lock = Held(), services.answer, threading.Lock()

    def slow(*given: Any, **named: Any) -> Any:
        with lock:
            holding.count += 1
        assert holding.go.wait(SECONDS)
        return answer(*given, **named)

    monkeypatch.setattr(services, "answer", slow)
    yield holding
    holding.go.set()
