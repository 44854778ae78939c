"""Two languages: the address says which, every sentence has both, links and answers stay in theirs."""

import re
from datetime import date
from html import unescape
from importlib.resources import files

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

from sanoscope.catalogue.load import catalogue
from sanoscope.web.app import create_app
from sanoscope.web.language import language
from sanoscope.web.messages import messages, untranslated
from sanoscope.web.plan import paths
from sanoscope.workspace import Workspace


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


def english_file() -> bytes:
    return files("sanoscope.web").joinpath("locale", "en", "LC_MESSAGES", "messages.po").read_bytes()


def test_every_sentence_has_its_english() -> None:
    english = read_po(english_file().decode().splitlines(keepends=True), locale="en")
    assert untranslated(catalogue(), english) == [], "« .venv/bin/python scripts/messages.py » les met dans messages.po"


def test_english_names_the_same_values_as_french() -> None:
    for message in read_po(english_file().decode().splitlines(keepends=True), locale="en"):
        french = message.id if isinstance(message.id, tuple) else (message.id,)
        english = message.string if isinstance(message.string, tuple) else (message.string,)
        if french != ("",):
            named = [set(re.findall(r"%\(\w+\)s|<[^>]+>", text)) for text in (*french, *english)]
            assert all(each == named[0] for each in named), french[0]


def test_what_is_written_is_found() -> None:
    found = {message: place for message, place in messages(catalogue()) if isinstance(message, str)}
    assert found["Aller au contenu"] == "templates/base.html"
    assert found["Indicateurs synthétiques"] == "site.py"
    assert found["Parts de marché MCO"] == "parts-de-marche-mco"


@pytest.mark.parametrize("path", [*paths(catalogue()), "/nulle-part", "/recherche?q=casemix"])
def test_a_page_speaks_one_language(client: TestClient, path: str) -> None:
    french, english = client.get(path), client.get("/en" + ("" if path == "/" else path))
    assert french.status_code == english.status_code
    assert '<html lang="fr"' in french.text
    assert '<html lang="en"' in english.text
    assert french.headers["content-language"] == "fr"
    assert english.headers["content-language"] == "en"
    assert "Skip to content" in english.text
    assert "Aller au contenu" not in english.text


@pytest.mark.parametrize("path", ["/", "/aide", "/plan", "/restitutions", "/methode", "/restitutions/casemix-mco"])
def test_links_stay_in_their_language(client: TestClient, path: str) -> None:
    page = client.get("/en" + ("" if path == "/" else path)).text
    body = re.sub(r'<a [^>]*hreflang="fr".*?</a>|<link [^>]*>', "", page)
    inside = set(re.findall(r'(?:href|action)="(/[^"]*)"', body))
    assert inside
    assert all(re.match(r"/(en(/|$)|api/v1|static|affichage|sante)", address) for address in inside), inside


def test_the_switch_keeps_the_question(client: TestClient) -> None:
    question = "/restitutions/casemix-mco?annee=2023&regroupement=cas"
    french = unescape(client.get(question).text)
    english = unescape(client.get(f"/en{question}").text)
    assert f'<a href="/en{question}" hreflang="en" lang="en">English</a>' in french
    assert f'<a href="{question}" hreflang="fr" lang="fr">Français</a>' in english


def test_a_form_leads_to_the_canonical_address_of_its_language(client: TestClient) -> None:
    answer = client.get("/en/restitutions/casemix-mco?annee=2023&mois=", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/en/restitutions/casemix-mco?annee=2023&")


def test_what_has_no_language_has_one_address(client: TestClient) -> None:
    for path in ("/api/v1/catalogue", "/static/sanoscope.css", "/sante", "/sitemap.xml"):
        assert client.get(path).status_code == 200
        assert client.get(f"/en{path}").status_code == 404


def test_notices_are_translated_by_paragraph(client: TestClient) -> None:
    page = unescape(client.get("/en/restitutions/parts-de-marche-mco/notice").text)
    assert "<h2>Definition</h2>" in page
    assert "Sessions (CMD 28) are not stays." in page


def test_figures_and_days_are_said_as_the_language_says_them() -> None:
    french, english = language("fr"), language("en")
    assert (french.number(1234.5, 1), english.number(1234.5, 1)) == ("1\u202f234,5", "1,234.5")
    assert (french.date(date(2020, 9, 4)), english.date(date(2020, 9, 4))) == ("4 septembre 2020", "4 September 2020")
    assert (french.month(8), english.month(8)) == ("août", "August")


def test_addresses() -> None:
    english = language("en")
    assert [english.href(p) for p in ("/", "/plan", "/api", "/api/v1/catalogue", "//x.fr", "#bas", "https://x.fr")] == [
        "/en",
        "/en/plan",
        "/en/api",
        "/api/v1/catalogue",
        "//x.fr",
        "#bas",
        "https://x.fr",
    ]
    assert language("fr").href("/plan") == "/plan"


def test_a_translation_is_text_not_html(client: TestClient) -> None:
    """What comes from a reader stays text, in a sentence with values too."""
    page = client.get("/recherche", params={"q": "<b>x</b>"}).text
    assert "<b>x</b>" not in page


def test_a_strange_path_makes_no_link_to_elsewhere(client: TestClient) -> None:
    for path in ("//ailleurs.fr/", "/en//ailleurs.fr/", "/%2Failleurs.fr/", '/"><script>'):
        page = client.get(f"http://testserver{path}").text
        assert 'href="//' not in page
        assert "<script>" not in page
    page = client.get("/a%3Fb%20c").text
    assert '<a href="/en/a%3Fb%20c"' in page
