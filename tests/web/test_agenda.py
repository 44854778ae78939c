"""``/calendrier.ics``: what was done and what is due, as RFC 5545 has it."""

import re
from datetime import date

import pytest
from fastapi.testclient import TestClient

from sanoscope.catalogue.load import catalogue
from sanoscope.edition import manifest as manifests
from sanoscope.web.app import create_app
from sanoscope.web.updates import due
from sanoscope.workspace import Workspace

Event = dict[str, str]


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


def read(body: str) -> list[Event]:
    """Read a calendar by the grammar: folded lines, properties, one level of components; refuse what is not of it."""
    lines = body.split("\r\n")
    assert lines.pop() == ""
    assert all(line and "\n" not in line and len(line.encode()) <= 75 for line in lines)
    unfolded = "\r\n".join(lines).replace("\r\n ", "").split("\r\n")
    assert (unfolded[0], unfolded[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert "VERSION:2.0" in unfolded
    found: list[Event] = []
    for line in unfolded[1:-1]:
        name, value = re.fullmatch(r"([A-Z-]+)(?:;[A-Z]+=[A-Z]+)?:(.*)", line).groups()  # type: ignore[union-attr]
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and line != "END:VEVENT":
            assert name not in found[-1]
            found[-1][name] = value
    return found


def test_events_are_well_formed_and_say_what_is_due(client: TestClient, small: Workspace) -> None:
    answer = client.get("/calendrier.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = read(answer.content.decode())
    assert all({"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= event.keys() for event in events)
    identifiers = [event["UID"] for event in events]
    assert len(set(identifiers)) == len(identifiers) > 20
    done = [event for event in events if event["UID"].startswith("urn:sanoscope:edition:petite:")]
    assert len(done) == 1
    made = manifests.read(small.editions / "petite" / manifests.PUBLIC).cree_le.date()
    (next_,) = [event for event in events if event["UID"] == "urn:sanoscope:attendue:casemix-mco"]
    assert next_["DTSTART"] == f"{due('hebdomadaire', made):%Y%m%d}"
    assert date.fromisoformat(next_["DTEND"]) > date.fromisoformat(next_["DTSTART"])
    assert next_["URL"] == "http://testserver/restitutions/casemix-mco"


def test_texts_are_escaped_and_unfold_to_what_they_say(client: TestClient) -> None:
    (done,) = [e for e in read(client.get("/calendrier.ics").text) if "edition:petite" in e["UID"]]
    assert not re.search(r"(?<!\\)[,;]", done["DESCRIPTION"])
    title = catalogue().restitutions["parts-de-marche-mco"].titre
    assert title in done["DESCRIPTION"].replace("\\,", ",")


def test_a_calendar_may_be_of_a_theme_or_of_a_restitution(client: TestClient) -> None:
    one = read(client.get("/calendrier.ics?restitution=casemix-mco").text)
    assert [event["UID"].rsplit(":", 1)[0] for event in one] == [
        "urn:sanoscope:edition:petite",
        "urn:sanoscope:attendue",
    ]
    whole = read(client.get("/calendrier.ics").text)
    assert 0 < len(read(client.get("/calendrier.ics?theme=activite").text)) < len(whole)
    assert client.get("/calendrier.ics?theme=rien").status_code == 400
    assert client.get("/calendrier.ics?restitution=rien").status_code == 404


def test_it_is_the_same_twice_linked_from_the_page_and_in_english(client: TestClient) -> None:
    assert client.get("/calendrier.ics").content == client.get("/calendrier.ics").content
    assert 'href="/calendrier.ics"' in client.get("/calendrier").text
    english = read(client.get("/en/calendrier.ics").text)
    assert any(event["SUMMARY"].startswith("Update expected: ") for event in english)


def test_before_any_edition_it_is_empty(workspace: Workspace) -> None:
    assert read(TestClient(create_app(workspace)).get("/calendrier.ics").text) == []
