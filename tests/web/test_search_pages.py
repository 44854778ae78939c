"""The search on the open faces: page, suggestions and API say the same, escape all, teach when they refuse."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from sanoscope.web.app import create_app
from sanoscope.web.search import SUGGESTED
from sanoscope.workspace import Workspace

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "chirurgie' onfocus='alert(1)",
    "{{ 7*7 }} chirurgie",
    "%(texte)s %s chirurgie",
]


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small), raise_server_exceptions=False)


class Tags(HTMLParser):
    """Names of the tags and of their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("path", ["/recherche", "/recherche/suggestions", "/en/recherche"])
def test_nothing_hostile_gets_through(client: TestClient, path: str, text: str) -> None:
    answer = client.get(path, params={"q": text})
    assert answer.status_code == 200
    for tag, attributes in Tags(answer.text).tags:
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "script" or str(attributes["src"]).startswith("/static/")
        assert tag != "img" or str(attributes["src"]).startswith("/static/")
    assert "49" not in re.findall(r'value="(.*?)"', answer.text)
    if "suggestions" not in path:
        (shown,) = [a["value"] for tag, a in Tags(answer.text).tags if tag == "input" and a.get("name") == "q"]
        assert shown == text


def test_labels_are_escaped_too(small: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(small)
    from sanoscope.search import find  # noqa: PLC0415

    real = find.entries

    def poisoned(*args: object) -> list[object]:
        from dataclasses import replace  # noqa: PLC0415

        return [replace(e, name=f"<b onclick=x>{e.name}</b>", detail="<i>") for e in real(*args)]  # type: ignore[arg-type]

    monkeypatch.setattr(find, "entries", poisoned)
    client = TestClient(app)
    for path in ("/recherche?q=06C08", "/recherche/suggestions?q=06C08"):
        html = client.get(path).text
        assert "&lt;b onclick=x&gt;" in html
        assert "<b onclick" not in html
        assert "<i>" not in html


def test_page_and_api_say_the_same(client: TestClient) -> None:
    for text in ("appendicetomie", "290000001", "finistere", "06C081", "part de marché"):
        document = client.get("/api/v1/recherche", params={"q": text}).json()
        page = client.get("/recherche", params={"q": text}).text
        names = [r["libelle"] for group in document["groupes"] for r in group["resultats"]]
        assert [unescape(re.sub("<.*?>", "", h)) for h in re.findall(r"<h3.*?>(.*?)</h3>", page)] == names
        in_api = [link["page"] for g in document["groupes"] for r in g["resultats"] for link in r["restitutions"]]
        in_page = [unescape(href) for href in re.findall(r'href="(/(?:restitutions|fiches)/[^"]+)"', page)]
        assert in_page == in_api
        assert document["nombre"] == len(names)


def test_links_lead_to_an_answer_without_a_detour(client: TestClient) -> None:
    for text in ("06C08", "290000001", "departement 29"):
        document = client.get("/api/v1/recherche", params={"q": text, "limite": 1}).json()
        links = [link for g in document["groupes"] for r in g["resultats"] for link in r["restitutions"]]
        assert links
        for link in links:
            assert client.get(link["page"], follow_redirects=False).status_code == 200
            assert client.get(link["donnees"]).status_code == 200


def test_what_no_restitution_answers_is_said(client: TestClient) -> None:
    page = client.get("/recherche?q=gme+0127JA0").text
    assert page.count("Aucune restitution en accès libre n'y répond.") == page.count("<h3") == 1
    (group,) = client.get("/api/v1/recherche?q=gme+0127JA0").json()["groupes"]
    assert group["resultats"][0]["restitutions"] == []


def test_suggestions_are_a_listbox(client: TestClient) -> None:
    html = client.get("/recherche/suggestions?q=chir").text
    tags = Tags(html).tags
    roles = [attributes.get("role") for _, attributes in tags if attributes.get("role")]
    assert roles[0] == "listbox"
    assert 1 < roles.count("option") <= SUGGESTED
    identifiers = [a["id"] for _, a in tags if "id" in a]
    assert len(identifiers) == len(set(identifiers))
    for tag, attributes in tags:
        if attributes.get("role") == "group":
            assert attributes["aria-labelledby"] in identifiers
        if attributes.get("role") == "option":
            assert (tag, attributes["aria-selected"], attributes["tabindex"]) == ("a", "false", "-1")
            assert client.get(str(attributes["href"]), follow_redirects=False).status_code == 200


@pytest.mark.parametrize("text", ["", "🙂", "a" * 500, "xyzzyqwv"])
def test_no_suggestion_is_an_empty_hidden_list(client: TestClient, text: str) -> None:
    answer = client.get("/recherche/suggestions", params={"q": text})
    assert answer.status_code == 200
    (box,) = Tags(answer.text).tags
    assert "hidden" in box[1]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "recherche-vide"),
        ("q=%00%01", 400, "recherche-vide"),
        ("q=" + "a" * 201, 400, "recherche-longue"),
        ("q=a&limite=beaucoup", 400, "valeur-inconnue"),
        ("q=a&limite=51", 400, "valeur-inconnue"),
        ("q=a&limite=٣", 400, "valeur-inconnue"),
        ("q=a&q=b", 400, "critere-double"),
        ("q=a&limit=3", 400, "critere-inconnu"),
    ],
)
def test_api_errors_are_problems(client: TestClient, query: str, status: int, code: str) -> None:
    answer = client.get(f"/api/v1/recherche?{query}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
    assert answer.json()["admis"] or answer.json()["conseil"]


def test_the_page_refuses_in_its_form(client: TestClient) -> None:
    answer = client.get("/recherche", params={"q": "a" * 300})
    assert answer.status_code == 400
    assert "300 caractères" in answer.text
    assert 'role="alert"' in answer.text
    assert client.get("/recherche").status_code == 200


def test_the_api_describes_its_search(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()["paths"]["/api/v1/recherche"]["get"]
    assert [p["name"] for p in described["parameters"]] == ["q", "limite"]


def test_limits_hold(client: TestClient) -> None:
    groups = client.get("/api/v1/recherche?q=chirurgie&limite=3").json()["groupes"]
    assert max(len(group["resultats"]) for group in groups) == 3
    assert [group["suite"] for group in groups if group["genre"] == "activites"] == [True]
    (one,) = client.get("/api/v1/recherche?q=290000001&limite=1").json()["groupes"]
    assert one["suite"] is False
