"""security.txt says to whom, until when, in which languages, and where it is itself (RFC 9116)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from sanoscope import workspace as workspaces
from sanoscope.errors import SanoscopeError
from sanoscope.web.app import create_app
from sanoscope.web.security import PATH, written
from sanoscope.workspace import SETTINGS_FILE, Workspace

CONTACT = "mailto:securite@exemple.fr"


def client(workspace: Workspace, contact: str, address: str = "") -> TestClient:
    settings = replace(workspace.settings, securite_contact=contact, adresse=address)
    return TestClient(create_app(replace(workspace, settings=settings)))


def test_it_says_to_whom_a_weakness_is_told(workspace: Workspace) -> None:
    answer = client(workspace, CONTACT, "https://stats.exemple.fr").get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    told = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert list(told) == ["Contact", "Expires", "Preferred-Languages", "Canonical"]
    assert (told["Contact"], told["Canonical"]) == (CONTACT, f"https://stats.exemple.fr{PATH}")
    left = datetime.fromisoformat(told["Expires"]) - datetime.now(UTC)
    assert timedelta(27) < left < timedelta(63)
    assert f"Canonical: http://testserver{PATH}" in client(workspace, CONTACT).get(PATH).text


def test_where_it_is_not_set_it_is_said(workspace: Workspace) -> None:
    answer = client(workspace, "").get(PATH)
    assert answer.status_code == 404
    assert "securite_contact" in answer.text


@pytest.mark.parametrize(
    ("day", "last"), [((2026, 1, 1), "2026-02-28"), ((2026, 1, 31), "2026-02-28"), ((2026, 12, 31), "2027-01-31")]
)
def test_it_holds_until_the_end_of_the_next_month(day: tuple[int, int, int], last: str) -> None:
    assert f"Expires: {last}T23:59:59Z\n" in written(CONTACT, "https://a", date(*day))


@pytest.mark.parametrize(
    "contact", ["securite@exemple.fr", "http://exemple.fr", "mailto:a b@c", "https://a\nExpires: b"]
)
def test_a_contact_is_an_address(workspace: Workspace, contact: str) -> None:
    text = contact.replace("\n", "\\n")
    (workspace.root / SETTINGS_FILE).write_text(f'[service]\nsecurite_contact = "{text}"\n', encoding="utf-8")
    with pytest.raises(SanoscopeError, match="securite_contact"):
        workspaces.load(workspace.root)
