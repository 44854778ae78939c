"""Under load: some are answered, some wait, the others are told to come back; health and metrics always answer."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sanoscope.api.limits import ADDRESS_LARGEST
from sanoscope.serve import door
from sanoscope.serve.app import create_app
from sanoscope.workspace import Workspace
from tests.serve.conftest import DATA, Held, site, until, with_settings

TWO_AND_THREE = "[service]\nrequetes = 2\nrequetes_en_attente = 3\nattente = 60\n[moteur]\nprocessus = 1\n"


def test_so_many_are_answered_so_many_wait_the_others_are_refused_and_all_is_free_again(
    little: Workspace, held: Held, tmp_path: Path
) -> None:
    workspace = with_settings(little, TWO_AND_THREE, tmp_path / "espace")
    with site(workspace) as here, ThreadPoolExecutor(12) as readers:
        working = [readers.submit(here.get, DATA) for _ in range(2)]
        until(lambda: held.count == 2)
        waiting = [readers.submit(here.get, DATA) for _ in range(3)]
        until(lambda: here.metric("sanoscope_requetes_en_attente") == 3)
        assert here.metric("sanoscope_requetes_au_travail") == 2
        refused = [readers.submit(here.get, path).result() for path in (DATA, DATA, "/plan", "/en/plan")]
        assert [status for status, _, _ in refused] == [503] * 4
        assert all(headers["retry-after"] == "60" for _, headers, _ in refused)
        assert all("content-security-policy" in headers for _, headers, _ in refused)
        problem = json.loads(refused[0][2])
        assert (problem["code"], problem["status"]) == ("trop-de-requetes", 503)
        assert refused[0][1]["content-type"] == "application/problem+json"
        assert "Trop de demandes" in refused[2][2]
        assert "Too many requests" in refused[3][2]
        for path in ("/sante", "/sante/pret", "/metrics", "/static/sanoscope.css"):
            assert here.get(path)[0] == 200, path
        assert held.count == 2  # those who wait are not at work
        held.go.set()
        assert [each.result()[0] for each in (*working, *waiting)] == [200] * 5
        until(lambda: here.metric("sanoscope_requetes_au_travail") == 0)
        assert here.metric("sanoscope_requetes_en_attente") == 0
        assert here.metric("sanoscope_requetes_refusees_total") == 4
        assert here.get(DATA)[0] == 200


def test_a_reader_who_goes_away_while_he_waits_gives_his_turn_back(
    little: Workspace, held: Held, tmp_path: Path
) -> None:
    text = "[service]\nrequetes = 1\nrequetes_en_attente = 1\nattente = 60\n"
    with site(with_settings(little, text, tmp_path / "espace")) as here, ThreadPoolExecutor(4) as readers:
        working = readers.submit(here.get, DATA)
        until(lambda: held.count == 1)
        with socket.create_connection(("127.0.0.1", here.port)) as gone:
            gone.sendall(f"GET {DATA} HTTP/1.1\r\nHost: ici\r\n\r\n".encode())
            until(lambda: here.metric("sanoscope_requetes_en_attente") == 1)
        until(lambda: here.metric("sanoscope_requetes_en_attente") == 0)
        waiting = readers.submit(here.get, DATA)
        until(lambda: here.metric("sanoscope_requetes_en_attente") == 1)
        held.go.set()
        assert (working.result()[0], waiting.result()[0]) == (200, 200)
        assert held.count <= 2


def test_a_reader_who_waited_too_long_is_refused(little: Workspace, held: Held, tmp_path: Path) -> None:
    text = "[service]\nrequetes = 1\nrequetes_en_attente = 1\nattente = 1\n"
    with site(with_settings(little, text, tmp_path / "espace")) as here, ThreadPoolExecutor(2) as readers:
        working = readers.submit(here.get, DATA)
        until(lambda: held.count == 1)
        status, headers, _ = here.get(DATA)
        assert (status, headers["retry-after"]) == (503, "1")
        held.go.set()
        assert working.result()[0] == 200


def test_who_sends_slowly_holds_no_place_and_is_not_waited_for(
    little: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "SENDING", 0.5)
    text = "[service]\nrequetes = 1\nrequetes_en_attente = 1\nattente = 60\n"
    with (
        site(with_settings(little, text, tmp_path / "espace")) as here,
        socket.create_connection(("127.0.0.1", here.port)) as sender,
    ):
        sender.sendall(b"POST /paniers HTTP/1.1\r\nHost: ici\r\nContent-Length: 100\r\n\r\nnom=")
        assert here.get(DATA)[0] == 200
        assert sender.recv(1000).startswith(b"HTTP/1.1 408")


def test_a_stopped_server_ends_what_it_is_answering(little: Workspace, held: Held) -> None:
    with site(little) as here, ThreadPoolExecutor(1) as readers:
        working = readers.submit(here.get, DATA)
        until(lambda: held.count == 1)
        here.server.should_exit = True
        until(lambda: not here.server.servers[0].is_serving())
        threading.Timer(0.2, held.go.set).start()
        assert working.result()[0] == 200
        here.thread.join(30)
        assert not here.thread.is_alive()


def test_what_is_too_large_is_refused_with_the_size_that_is_admitted(little: Workspace) -> None:
    client = TestClient(create_app(little))
    long = client.get(f"/plan?texte={'x' * ADDRESS_LARGEST}")
    assert long.status_code == 414
    assert "16 Ko au plus" in long.text
    assert client.get(f"/api/v1/restitutions/{'x' * ADDRESS_LARGEST}").json()["code"] == "adresse-trop-longue"
    large = client.post("/paniers", content=b"x" * (door.LARGEST_BODY + 1))
    assert large.status_code == 413
    assert "1024 Ko au plus" in large.text
    five_hundred = ",".join(f"29{n:07d}" for n in range(500))
    assert client.get("/paniers", params={"panier": five_hundred}).status_code != 414
