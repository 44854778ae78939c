"""The two pages of the method: what they say, what they measure, what they do without an edition."""

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from sanoscope import workspace as workspaces
from sanoscope.edition.edition import Edition
from sanoscope.web.app import create_app
from sanoscope.web.language import language
from sanoscope.web.markdown import to_html
from sanoscope.web.method import measures
from sanoscope.workspace import Workspace

PAGES = ("/methode", "/methode/audit")


class Sheet(BaseModel):
    """What an edition may say of a sheet."""

    feuillet: str
    petits: int
    part: float


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


def test_the_public_page_says_every_sign(client: TestClient) -> None:
    page = client.get("/methode").text
    assert "<h1>Lire les chiffres de Sanoscope</h1>" in page
    for sign in ("1 à 10", "≈ 1 230", "s.", "–", "…"):
        assert f'<th scope="row">{sign}</th>' in page


def test_the_worked_example_is_right(client: TestClient) -> None:
    """The two possible tables add up, and what is read is what they share."""
    tables = [
        [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[2:]]
        for table in client.get("/methode").text.split("<table>")[2:5]
    ]
    plain = [[[re.sub(r"<.*?>", "", cell) for cell in row[1:]] for row in table] for table in tables]
    true, twin = ([[int(cell) for cell in row] for row in table] for table in plain[:2])
    for table in (true, twin):
        assert all(a + b == total for a, b, total in table)
        assert [a + b for a, b in zip(*table[:2], strict=True)] == table[2]
    for row, cells in enumerate(plain[2]):
        for column, read in enumerate(cells):
            same = true[row][column] == twin[row][column]
            shown = str(twin[row][column]) if same else f"≈ {twin[row][column]}"
            assert read == ("1 à 10" if true[row][column] <= 10 else shown)


def test_the_audit_page_answers_what_an_auditor_asks(client: TestClient) -> None:
    page = unescape(client.get("/methode/audit").text)
    for word in (
        "jumeau",
        "traceur",
        "certificat",
        "disclosure/checker.py",
        "sanoscope attack",
        "feuillets",
        "paniers",
    ):
        assert word in page
    assert page.count("<h2>") >= 15


@pytest.mark.parametrize("path", PAGES)
def test_links_lead_somewhere(client: TestClient, path: str) -> None:
    for address in set(re.findall(r'href="(/[^"]*)"', client.get(path).text)):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("path", PAGES)
def test_the_method_is_read_before_any_edition_is_published(workspace: Workspace, path: str) -> None:
    assert TestClient(create_app(workspaces.load(workspace.root))).get(path).status_code == 200


def test_what_was_measured_comes_from_the_manifest(client: TestClient, public: Edition) -> None:
    page = client.get("/methode/audit").text
    assert "Ce qui a été mesuré" in page
    small = f"{next(iter(public.manifest.champs.values())).protection[0].petits:,}".replace(",", "\u202f")
    assert f'<th scope="row">Petits</th><td class="nombre">{small}</td>' in page


def test_measures_are_read_whatever_they_are() -> None:
    table = measures(
        [{"nom": "a", "prouve": True, "valeurs": [1, 2]}, {"nom": "b", "secondes": 0.123456, "reste": None}],
        language("fr"),
    )
    assert table
    assert table.headings == ["Nom", "a", "b"]
    assert table.rows == [
        ["Prouve", "oui", ""],
        ["Valeurs", "1, 2", ""],
        ["Secondes", "", "0,1235"],
        ["Reste", "", ""],
    ]
    assert measures([], language("fr")) is None


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## Un **titre**\nSuite.", "<h3>Un <strong>titre</strong></h3><p>Suite.</p>"),
        ("### Sous-titre", "<h4>Sous-titre</h4>"),
        ("- un\n  et demi\n- deux", "<ul><li>un et demi</li><li>deux</li></ul>"),
        ("`a < b` et [la page](/methode)", '<p><code>a &lt; b</code> et <a href="/methode">la page</a></p>'),
        ("[non](javascript:alert(1))", "<p>[non](javascript:alert(1))</p>"),
        ("<script>", "<p>&lt;script&gt;</p>"),
    ],
)
def test_the_little_markdown(text: str, html: str) -> None:
    assert to_html(text) == html


def test_a_table_of_the_little_markdown() -> None:
    html = to_html("| a | n |\n|---|--:|\n| <x> | **1** |")
    assert '<th scope="col">a</th><th scope="col" class="nombre">n</th>' in html
    assert '<th scope="row">&lt;x&gt;</th><td class="nombre"><strong>1</strong></td>' in html
