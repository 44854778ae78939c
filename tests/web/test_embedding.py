"""What a site that is given the address of a result shows of it (oEmbed), and what the policy of our pages lets be."""

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace

RESULT = "http://testserver/restitutions/casemix-mco?annee=2023&zone=departement:29&regroupement=racine"


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


class Tags(HTMLParser):
    """The elements of a page or of a frame, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def asked(client: TestClient, **given: str) -> Any:
    return client.get("/oembed", params={"url": RESULT, **given})


def test_a_result_is_discovered_and_framed(client: TestClient) -> None:
    links = [a for tag, a in Tags(client.get(RESULT).text).found if tag == "link" and "oembed" in (a.get("type") or "")]
    assert [a["type"] for a in links] == ["application/json+oembed", "text/xml+oembed"]
    told = client.get(str(links[0]["href"])).json()
    assert told == asked(client).json()
    assert {name: told[name] for name in ("version", "type", "width", "height", "provider_name")} == {
        "version": "1.0",
        "type": "rich",
        "width": 800,
        "height": 600,
        "provider_name": "Sanoscope",
    }
    ((tag, frame),) = Tags(told["html"]).found
    assert (tag, frame["width"], frame["height"], frame["title"]) == ("iframe", "800", "600", told["title"])
    shown = client.get(str(frame["src"]))
    assert shown.status_code == 200
    assert "frame-ancestors *" in shown.headers["content-security-policy"]
    read = ET.fromstring(client.get(str(links[1]["href"])).content)
    assert {one.tag: one.text for one in read} == {name: str(value) for name, value in told.items()}


def test_it_is_never_larger_than_asked(client: TestClient) -> None:
    told = asked(client, maxwidth="320", maxheight="4000").json()
    assert (told["width"], told["height"]) == (320, 600)
    assert 'width="320" height="600"' in told["html"]


def test_english_stays_english_and_a_view_is_kept(client: TestClient) -> None:
    told = asked(client, url=RESULT.replace("/restitutions", "/en/restitutions") + "&tri=sejours").json()
    ((_, frame),) = Tags(told["html"]).found
    assert str(frame["src"]).startswith("http://testserver/en/restitutions/casemix-mco/integrer?annee=2023")
    assert str(frame["src"]).endswith("tri=sejours")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://ailleurs.fr/restitutions/casemix-mco?annee=2023",
        "http://testserver.ailleurs.fr/restitutions/casemix-mco?annee=2023",
        "http://testserver@ailleurs.fr/restitutions/casemix-mco?annee=2023",
        "http://testserver/restitutions/casemix-mco",
        "http://testserver/restitutions/rien?annee=2023",
        "http://testserver/restitutions/casemix-mco?annee=1800",
        "http://testserver/restitutions/casemix-mco?annee=2023&version=complete",
        "http://testserver/restitutions/medicaments-en-sus-par-etablissement?annee=2023",
        "http://testserver/restitutions/../sante?annee=2023",
        "http://testserver/restitutions/casemix-mco/donnees?annee=2023",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_open_result_of_ours_is_not_found(client: TestClient, url: str) -> None:
    answer = asked(client, url=url)
    assert answer.status_code == 404
    assert answer.json()["code"] == "adresse-inconnue"


def test_bad_wishes_are_refused(client: TestClient) -> None:
    assert asked(client, format="yaml").status_code == 501
    for side in ("maxwidth", "maxheight"):
        for value in ("0", "-1", "large", "1e3"):
            answer = asked(client, **{side: value})
            assert (answer.status_code, answer.json()["code"]) == (400, "valeur-inconnue")


def test_what_comes_from_the_address_is_escaped(client: TestClient) -> None:
    told = asked(client, url=RESULT + "&filtre=" + quote('"><script>alert(1)</script>')).json()
    ((tag, _),) = Tags(told["html"]).found
    assert tag == "iframe"
    assert "<script" not in told["html"]
    xml = asked(client, url=RESULT + "&filtre=" + quote("]]><b>"), format="xml")
    assert ET.fromstring(xml.content).findtext("type") == "rich"


def test_no_policy_of_ours_stops_the_data_of_a_page(site: str, browser: Browser) -> None:
    """A block of data is no script: Chromium reads it, executes nothing, and has nothing to say of it."""
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in ("/", "/restitutions/casemix-mco", "/restitutions/casemix-mco?annee=2023&regroupement=racine"):
        page.goto(site + path, wait_until="load")
        text = page.locator('script[type="application/ld+json"]').text_content()
        assert json.loads(text or "")["@context"] == "https://schema.org"
    page.close()
    assert not said
