"""The report by mail and posted to an address: what is sent, and that a failure is said and undoes nothing."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sanoscope.edition import publication
from sanoscope.operate import mail
from sanoscope.operate.notices import send
from sanoscope.operate.report import NOTHING, PUBLISHED, SENT, Named, Report, as_html, as_text
from sanoscope.workspace import Settings
from tests.operate.small import drop, place, run
from tests.smtp import MailServer

REPORT = Report("2026-06-06T00:00:00+00:00", etat=PUBLISHED, edition="2026-06-06", refuses=(Named("<x>.rha", "motif"),))


@pytest.fixture
def posted() -> Iterator[tuple[str, list[bytes]]]:
    bodies: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(500 if self.path == "/panne" else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()


def test_the_report_is_posted_as_json(posted: tuple[str, list[bytes]]) -> None:
    url, bodies = posted
    assert send(REPORT, Settings(webhook=url)) == (Named("webhook", SENT),)
    told = json.loads(bodies[0])
    assert (told["etat"], told["edition"], told["code"]) == (PUBLISHED, "2026-06-06", 5)


def test_the_report_is_mailed_to_each(mailed: MailServer) -> None:
    settings = Settings(
        courriel_serveur=mailed.address, courriel_de="de@exemple.fr", courriel_pour="a@exemple.fr, b@exemple.fr"
    )
    assert send(REPORT, settings) == (Named("courriel", SENT),)
    (letter,) = mailed.letters
    assert letter.to == ("a@exemple.fr", "b@exemple.fr")
    assert letter.message["Subject"].startswith("Sanoscope.")


def test_a_password_is_not_said_in_clear(mailed: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mail.USER, "qui")
    monkeypatch.setenv(mail.PASSWORD, "motdepasse")
    settings = Settings(courriel_serveur=mailed.address, courriel_de="de@exemple.fr", courriel_pour="a@exemple.fr")
    assert send(REPORT, settings) == (Named("courriel", "non envoyé (SMTPNotSupportedError)"),)
    starttls = replace(settings, courriel_chiffrement="starttls")  # which this server does not know
    assert send(REPORT, starttls) == (Named("courriel", "non envoyé (SMTPNotSupportedError)"),)
    assert mailed.letters == []


def test_a_notice_that_fails_is_said_without_its_address_and_undoes_nothing(
    tmp_path: Path, posted: tuple[str, list[bytes]]
) -> None:
    url, _ = posted
    workspace = place(
        tmp_path,
        f'webhook = "{url}/panne"\ncourriel_pour = "a@exemple.fr"\ncourriel_serveur = "127.0.0.1:1"\n',
    )
    drop(tmp_path / "depot", 40, 30)
    report = run(workspace)
    assert (report.etat, report.code) == (PUBLISHED, 5)
    assert publication.served(workspace.editions) == report.edition
    assert {one.nom: one.detail for one in report.avis} == {
        "courriel": "non envoyé (ConnectionRefusedError)",
        "webhook": "non envoyé (HTTPError)",
    }
    written = (workspace.operations / "rapports" / "dernier.txt").read_text(encoding="utf-8")
    assert "webhook : non envoyé" in written
    assert url not in written
    assert run(workspace).etat == NOTHING


def test_text_and_page_say_the_same_and_the_page_is_escaped() -> None:
    assert "Refusé : <x>.rha : motif" in as_text(REPORT)
    assert "&lt;x&gt;.rha : motif" in as_html(REPORT)
    assert "<x>" not in as_html(REPORT)
