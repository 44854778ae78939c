"""``/calendrier.ics``: what was done, is due and is announced, as RFC 5545 has it; what is announced elsewhere too."""

import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient

from sanoscope.catalogue.load import catalogue
from sanoscope.edition import manifest as manifests
from sanoscope.query.updates import due
from sanoscope.web.app import create_app
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


# announced ------------------------------------------------------------------------------------------------------------

ANNOUNCED = """date,quoi,restitution,champ
2100-01-09,"Fin d'année, avec; tout",,
2100-03-01,Semaine 8,casemix-mco,
2100-02-01,HAD corrigée,,had
2001-01-01,Il y a longtemps,,
2100-13-01,Une faute,,
"""


@pytest.fixture
def told(small: Workspace, tmp_path: Path) -> TestClient:
    """The site of the same edition, with announced updates, one of them past and one that cannot be read."""
    (tmp_path / "editions").symlink_to(small.editions)
    place = Workspace(tmp_path, small.settings)
    place.calendar.write_text(ANNOUNCED, encoding="utf-8")
    return TestClient(create_app(place))


def announced(events: list[Event]) -> dict[str, Event]:
    return {e["DTSTART"]: e for e in events if e["UID"].startswith("urn:sanoscope:annonce:")}


def test_announced_updates_are_events(told: TestClient) -> None:
    found = announced(read(told.get("/calendrier.ics").text))
    assert list(found) == ["20010101", "21000109", "21000201", "21000301"]
    assert found["21000109"]["SUMMARY"] == "Annoncé pour le 9 janvier 2100 : Fin d'année\\, avec\\; tout"
    assert found["21000201"]["DESCRIPTION"].startswith("HAD")
    title = catalogue().restitutions["casemix-mco"].titre
    assert found["21000301"]["DESCRIPTION"] == title
    anchor = found["21000301"]["URL"].removeprefix("http://testserver/calendrier#")
    assert f'id="{anchor}"' in told.get("/calendrier").text
    of_one = announced(read(told.get("/calendrier.ics?restitution=casemix-mco").text))
    assert list(of_one) == ["20010101", "21000109", "21000301"]
    of_theme = announced(read(told.get("/calendrier.ics?theme=rh").text))
    assert list(of_theme) == ["20010101", "21000109"], "those of all restitutions"


def test_announced_updates_are_on_the_page_and_what_cannot_be_read_is_said(told: TestClient) -> None:
    page = told.get("/calendrier").text
    rows = re.findall(r'<tr id="annonce-\w+"><th scope="row"><time datetime="([\d-]+)">.*?<td>([^<]+)</td>', page, re.S)
    assert rows == [
        ("2100-01-09", "Fin d&#39;année, avec; tout"),
        ("2100-02-01", "HAD corrigée"),
        ("2100-03-01", "Semaine 8"),
    ]
    assert "1 ligne du calendrier annoncé ne se lit pas" in page
    english = told.get("/en/calendrier").text
    assert '<td lang="fr">Semaine 8</td>' in english
    assert "1 line of the announced calendar cannot be read" in english


def test_announced_updates_are_in_the_feeds_from_today_on(told: TestClient) -> None:
    atom = ET.fromstring(told.get("/nouveautes.atom").content)
    names = {"a": "http://www.w3.org/2005/Atom"}
    titles = [entry.findtext("a:title", "", names) for entry in atom.findall("a:entry", names)]
    assert titles[0] == "Annoncé pour le 9 janvier 2100 : Fin d'année, avec; tout"
    assert [title.rpartition(" : ")[2] for title in titles[:3]] == [
        "Fin d'année, avec; tout",
        "HAD corrigée",
        "Semaine 8",
    ]
    assert len(titles) == 4  # the edition
    identifiers = [entry.findtext("a:id", "", names) for entry in atom.findall("a:entry", names)]
    assert len(set(identifiers)) == 4
    rss = ET.fromstring(told.get("/nouveautes.rss?theme=activite").content)
    assert [item.findtext("guid", "") for item in rss.iter("item")] == identifiers
    other = ET.fromstring(told.get("/nouveautes.rss?theme=rh").content)
    assert [item.findtext("guid", "") for item in other.iter("item")] == identifiers[:1], "that of all restitutions"
    english = ET.fromstring(told.get("/en/nouveautes.rss").content)
    assert english.findtext("channel/item/title", "").startswith("Announced for 9 January 2100: ")
