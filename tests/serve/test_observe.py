"""What is known of a request: its route, its time, what it asked in our own words; never what a reader typed."""

import io
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from sanoscope import logs
from sanoscope.query.service import Service
from sanoscope.serve.app import create_app
from sanoscope.serve.observe import IDENTIFIER, METHODS, Routes
from sanoscope.web import app as web
from sanoscope.workspace import Workspace
from tests.serve.conftest import DATA, SLUG, lines, site

HOSTILE = ("1850578006084", "MARTIN Jeanne", "jeanne@exemple.fr", "' OR 1=1 --", "<script>", "une\nligne")


@pytest.fixture(scope="module")
def client(little: Workspace) -> TestClient:
    return TestClient(create_app(little), raise_server_exceptions=False, client=("127.0.0.1", 1))


def test_a_request_is_one_line_with_its_identifier(client: TestClient, log: io.StringIO) -> None:
    answers = [client.get(f"/en/restitutions/{SLUG}/resultat"), client.get(DATA), client.get(DATA)]
    told = lines(log)
    assert [line[name] for line, name in zip(told, 3 * ["identifiant"], strict=True)] == [
        answer.headers[IDENTIFIER] for answer in answers
    ]
    line = told[2]
    assert set(line) == {*logs.COMMON, *logs.EVENTS["requete"]}
    assert (line["route"], line["methode"], line["statut"]) == ("/api/v1/restitutions/{slug}/donnees", "GET", 200)
    assert (line["restitution"], line["criteres"]) == (SLUG, ["annee"])
    assert (line["questions"], line["de_memoire"]) == (1, 1)
    assert line["octets"] == int(answers[2].headers["content-length"])
    assert line["ms"] > 0


def test_an_identifier_that_comes_with_a_request_is_not_read(client: TestClient, log: io.StringIO) -> None:
    answer = client.get("/sante", headers={IDENTIFIER: "1850578006084"})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers[IDENTIFIER])
    assert "1850578006084" not in log.getvalue()


def paths(little: Workspace) -> list[str]:
    """Every route, with hostile texts in the place of its parameters."""
    templates = sorted(Routes(web.create_app(little)).templates - {"autre"})
    assert len(templates) > 40
    return [re.sub(r"\{[^}]*\}", quote(HOSTILE[n % len(HOSTILE)]), path) for n, path in enumerate(templates)]


def test_no_text_of_a_reader_is_in_the_log_whatever_the_route(
    little: Workspace, client: TestClient, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    names = ("annee", "zone", "panier", "activite", "etablissement", "edition", "date", "texte", "q", "nom", *HOSTILE)
    for path in [*paths(little), f"/restitutions/{SLUG}", DATA.split("?", maxsplit=1)[0], f"/{HOSTILE[1]}"]:
        for value in HOSTILE[:3]:
            for prefix in ("", "/en"):
                client.get(prefix + path, params=dict.fromkeys(names, value), headers=hostile_headers(value))
            client.post(path, data={"nom": value, "panier": value}, headers=hostile_headers(value))
            client.request(value.split()[0].upper()[:5] or "X", path, params={"recherche": value})
    seen, printed = log.getvalue(), capfd.readouterr()
    assert len(lines(log)) > 500
    assert logs.UNSAID not in {str(v) for line in lines(log) for v in line.values()}
    for text in (seen, printed.out, printed.err):
        assert not [secret for secret in HOSTILE if secret in text]
    assert {line["methode"] for line in lines(log)} <= {*METHODS, "autre"}


def hostile_headers(value: str) -> dict[str, str]:
    return {"X-Request-ID": value, "Referer": f"https://{value}", "User-Agent": value, "Cookie": f"affichage={value}"}


def test_what_breaks_is_told_by_its_place_alone_and_answered(
    client: TestClient, log: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError(f"patient {HOSTILE[0]}")

    monkeypatch.setattr(Service, "_question", broken)
    api, page = client.get(DATA), client.get(f"/restitutions/{SLUG}/integrer?annee=2023")
    assert (api.status_code, page.status_code) == (500, 500)
    assert api.json()["code"] == "panne"
    assert "Une panne a empêché de répondre" in page.text
    crash, request = lines(log)[:2]
    assert (crash["evenement"], crash["erreur"], crash["identifiant"]) == (
        "panne",
        "ValueError",
        api.headers[IDENTIFIER],
    )
    assert crash["lieu"].startswith("test_observe.py:")
    assert (request["statut"], request["niveau"]) == (500, "erreur")
    printed = capfd.readouterr()
    for text in (log.getvalue(), printed.out, printed.err, api.text, page.text):
        assert HOSTILE[0] not in text


def test_a_server_writes_nothing_else_even_when_it_is_sent_nonsense(
    little: Workspace, log: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError(HOSTILE[0])

    monkeypatch.setattr(Service, "_question", broken)
    with site(little) as here:
        assert here.get(DATA)[0] == 500
        assert here.get(f"/{HOSTILE[0]}", {"X-Autre": HOSTILE[0]})[0] == 404
        with socket.create_connection(("127.0.0.1", here.port)) as nonsense:
            nonsense.sendall(f"{HOSTILE[0]} n'est pas une requête\r\n\r\n".encode())
            assert nonsense.recv(1000).startswith(b"HTTP/1.1 400")
    printed = capfd.readouterr()
    for text in (log.getvalue(), printed.out, printed.err):
        assert HOSTILE[0] not in text


def test_every_route_has_the_form_of_a_route_of_the_log(little: Workspace) -> None:
    form = logs.EVENTS["requete"]["route"]
    assert callable(form)
    assert all(map(form, Routes(web.create_app(little)).templates))


def test_the_page_of_the_log_has_each_event_and_each_field() -> None:
    page = (Path(__file__).parents[2] / "docs" / "surveillance.md").read_text(encoding="utf-8")
    section = page.split("## Le journal")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `([\w-]+)` \| [^|]+ \| ([^|]+) \|$", section, re.M))
    assert {event: set(re.findall(r"`(\w+)`", fields)) for event, fields in rows.items()} == {
        event: set(forms) for event, forms in logs.EVENTS.items()
    }
    assert all(f"`{name}`" in section for name in logs.COMMON)
