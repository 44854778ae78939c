"""``sanoscope serve``: several processes see one publication, count together, replace each other, stop in order."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from sanoscope import workspace as workspaces
from sanoscope.errors import SanoscopeError
from sanoscope.serve.run import listen
from sanoscope.workspace import Workspace
from tests.operate.small import drop, run
from tests.serve.conftest import DATA, SECONDS, until


@pytest.fixture
def own(little: Workspace, tmp_path: Path) -> Workspace:
    """A workspace to publish in."""
    shutil.copytree(little.root, tmp_path / "espace", symlinks=True)
    return workspaces.load(tmp_path / "espace")


def free_port() -> int:
    with listen("127.0.0.1", 0) as listening:
        return int(listening.getsockname()[1])


class Served:
    """The command at work, and what it writes."""

    def __init__(self, workspace: Workspace, log: Path, processes: int) -> None:
        self.port, self.log, self.asked = free_port(), log, 0
        call = [sys.executable, "-m", "sanoscope", "serve", "--port", str(self.port), "--processus", str(processes)]
        source = str(Path(workspaces.__file__).parents[1])
        paths = os.pathsep.join([source, *filter(None, [os.environ.get("PYTHONPATH", "")])])
        with log.open("w") as stream:
            self.command = subprocess.Popen(
                [*call, "--workspace", str(workspace.root)],
                env={**os.environ, "PYTHONPATH": paths},
                stdout=subprocess.DEVNULL,
                stderr=stream,
                start_new_session=True,
            )

    def get(self, path: str) -> tuple[int, str]:
        """Return an answer on a connection of its own; 0 where there is none."""
        self.asked += path == DATA
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            connection.close()

    def lines(self, event: str = "requete") -> list[dict[str, Any]]:
        whole, _, _ = self.log.read_text(encoding="utf-8").rpartition("\n")  # the last one may be half written
        told = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
        return [line for line in told if line["evenement"] == event]

    def questions(self) -> list[dict[str, Any]]:
        """Return the lines of all that was asked; a line is written once its answer is sent."""

        def told() -> list[dict[str, Any]]:
            return [line for line in self.lines() if line["route"] == "/api/v1/restitutions/{slug}/donnees"]

        until(lambda: len(told()) == self.asked)
        return told()

    def processes(self) -> set[int]:
        return {line["processus"] for line in self.lines()}


@contextmanager
def served(workspace: Workspace, log: Path, processes: int) -> Iterator[Served]:
    at_work = Served(workspace, log, processes)
    try:
        until(lambda: at_work.get("/sante")[0] == 200)
        yield at_work
    finally:
        if at_work.command.poll() is None:
            os.killpg(at_work.command.pid, signal.SIGKILL)
        at_work.command.wait(SECONDS)


def test_several_processes_answer_as_one(own: Workspace, tmp_path: Path) -> None:
    with served(own, tmp_path / "journal", 2) as site:

        def both_answered(since: int = 0) -> bool:
            site.get(DATA)
            return len({line["processus"] for line in site.questions()[since:]}) >= 2

        until(both_answered)
        first = {line["edition"] for line in site.questions()}
        drop(own.root.parent / "depot", 41, 30)
        after = run(own).edition
        assert {after} != first
        asked = site.asked
        until(lambda: both_answered(asked))
        assert {line["edition"] for line in site.questions()[asked:]} == {after}

        for _ in range(3):  # whichever process is asked, it tells what all counted
            _, text = site.get("/metrics")
            (counted,) = [
                float(line.rpartition(" ")[2])
                for line in text.splitlines()
                if line.startswith("sanoscope_requete_secondes_count") and "donnees" in line
            ]
            assert counted == site.asked
            assert "sanoscope_requetes_au_travail 0.0" in text
            assert f'edition="{after}"' in text

        victim = min(site.processes())
        known = site.processes()
        os.kill(victim, signal.SIGKILL)

        def replaced() -> bool:
            site.get("/sante")
            return bool(site.processes() - known)

        until(replaced)
        assert site.get("/metrics")[0] == 200
        site.command.send_signal(signal.SIGTERM)
        assert site.command.wait(SECONDS) == 0
        assert [line["etat"] for line in site.lines("service")] == ["ouvert", "fermé"]
        assert not [line for line in site.log.read_text(encoding="utf-8").splitlines() if "Traceback" in line]


def test_one_process_stops_when_asked(own: Workspace, tmp_path: Path) -> None:
    with served(own, tmp_path / "journal", 1) as site:
        assert site.get("/sante/pret")[0] == 200
        site.command.send_signal(signal.SIGTERM)
        assert site.command.wait(SECONDS) in (0, -signal.SIGTERM)
        assert site.get("/sante")[0] == 0


def test_an_address_that_is_taken_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SanoscopeError) as caught:
        listen("127.0.0.1", taken.getsockname()[1])
    assert caught.value.code == "adresse-prise"
    assert "--port" in caught.value.todo
