"""The portal: home, menu, help, news and maps lead where they say, and say what the edition holds."""

import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import catalogue
from sanoscope.catalogue.restitution import Criteres
from sanoscope.edition import publication
from sanoscope.web.app import create_app
from sanoscope.web.feeds import ATOM
from sanoscope.web.help import EXAMPLES, terms
from sanoscope.web.menu import fields, suits
from sanoscope.web.plan import SITEMAP, paths
from sanoscope.workspace import Workspace

ALL = {slug: r for slug, r in catalogue().restitutions.items() if not r.source}
"""What the small edition answers: restitutions of a published source are offered where an edition has it."""
OFFERED = replace(catalogue(), restitutions=ALL)


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


@pytest.fixture
def empty(workspace: Workspace) -> TestClient:
    """The site before any edition is published."""
    return TestClient(create_app(workspaces.load(workspace.root)))


def main(page: str) -> str:
    return unescape(page.split('<main id="contenu"')[1].split("</main>", maxsplit=1)[0])


# every page -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/restitutions", "/themes/activite", "/aide", "/glossaire", "/calendrier"])
def test_every_link_of_a_page_leads_somewhere(client: TestClient, path: str) -> None:
    page = client.get(path).text
    for address in {unescape(a) for a in re.findall(r'href="(/[^"]*)"', page)}:
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize(
    "path", ["/", "/nulle-part", "/api/v1/catalogue", "/static/sanoscope.css", "/nouveautes.atom", "/sante/pret"]
)
def test_every_answer_protects_who_reads_it(path: str, small: Workspace) -> None:
    for address in ("", "http://stats.exemple.fr", "https://stats.exemple.fr"):
        client = TestClient(create_app(replace(small, settings=replace(small.settings, adresse=address))))
        told = client.get(path).headers
        policy = told["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
        assert (told["x-content-type-options"], told["referrer-policy"]) == ("nosniff", "same-origin")
        assert ("strict-transport-security" in told) is address.startswith("https")


@pytest.mark.parametrize(
    "path", ["/", "/restitutions", "/aide", "/calendrier", "/nouveautes", "/plan", "/editions", "/nouveautes.atom"]
)
def test_pages_are_read_before_any_edition_is_published(empty: TestClient, path: str) -> None:
    assert empty.get(path).status_code == 200


def test_the_home_page_is_light(client: TestClient) -> None:
    """Less than 150 kB in all, as it is sent: the page and all that it loads."""
    page = client.get("/").text
    loaded = re.findall(r'(?:src|<link rel="(?:stylesheet|icon)" href)="(/static/[^"]+)"', page)
    styles = [client.get(path).text for path in loaded if path.endswith(".css")]
    loaded += [f"/static/{name}" for style in styles for name in re.findall(r'url\("([^"]+)"\)', style)]
    assert len(set(loaded)) > 4
    assert len(page.encode()) + sum(len(client.get(path).content) for path in set(loaded)) < 150_000


# home and menu --------------------------------------------------------------------------------------------------------


def test_home_has_the_ways_in(client: TestClient) -> None:
    page = client.get("/").text
    for theme in ("indicateurs-synthetiques", "activite", "couts-finances", "qualite"):
        assert f'href="/themes/{theme}"' in main(page)
        assert f'href="/nouveautes?theme={theme}"' in main(page)
    for filtered in ("champ=mco", "geo=departement", "etab=ght"):
        assert f'href="/restitutions?{filtered}"' in main(page)
    assert '<form class="recherche" role="search" action="/recherche" method="get">' in page
    assert 'hx-get="/recherche/suggestions"' in page


def test_the_menu_says_of_each_restitution_what_it_is(client: TestClient) -> None:
    page = main(client.get("/restitutions").text)
    for slug, restitution in ALL.items():
        entry = page.split(f'<a href="/restitutions/{slug}">')[1].split("</li>\n<li class")[0]
        field = fields(catalogue())[restitution.champ]
        assert field in entry or field == restitution.sous_theme  # its card says so already
        assert restitution.objet in entry
        assert all(point in entry for point in restitution.contenu)
        assert "Mise à jour le " in entry or "Pas encore de données" in entry


def listed(page: str) -> set[str]:
    return set(re.findall(r'<li class="entree">\s*<a href="/restitutions/([\w-]+)"', page))


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", lambda r: True),
        ("champ=mco", lambda r: r.champ == "mco"),
        ("geo=departement", lambda r: r.criteres.zone != ""),
        ("etab=panier", lambda r: r.criteres.etablissements),
        ("theme=activite&champ=mco", lambda r: (r.theme, r.champ) == ("activite", "mco")),
        ("champ=smr", lambda r: r.champ == "smr"),
        ("champ=sus&geo=region", lambda r: r.champ == "sus" and r.criteres.zone != ""),
        ("theme=rh", lambda r: r.theme == "rh"),
    ],
)
def test_filters_leave_what_they_say(client: TestClient, query: str, kept) -> None:  # type: ignore[no-untyped-def]
    page = main(client.get(f"/restitutions?{query}").text)
    assert listed(page) == {slug for slug, r in ALL.items() if kept(r)}


def test_every_field_of_the_catalogue_is_a_filter_in_the_order_of_the_field(client: TestClient) -> None:
    assert list(fields(catalogue()).values())[:4] == ["MCO", "SMR", "HAD", "PSY"]
    assert set(fields(catalogue())) == {r.champ for r in ALL.values()}
    for path in ("/", "/restitutions"):
        page = main(client.get(path).text)
        assert [name for name in fields(catalogue()) if f'href="/restitutions?champ={name}"' in page] == list(
            fields(catalogue())
        )
    beside = client.get("/en/restitutions").text
    assert "Médicaments" not in re.sub(r"<[^>]*>", "", main(beside))


def test_a_filter_knows_what_a_restitution_takes() -> None:
    some = next(iter(ALL.values()))
    narrow = some.model_copy(update={"criteres": Criteres()})
    assert suits(narrow, {"geo": "france"})
    assert not suits(narrow, {"geo": "region"})
    assert not suits(narrow, {"etab": "panier"})


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/restitutions?chanp=mco", 400, "Vouliez-vous dire « champ »"),
        ("/restitutions?champ=mko", 400, "mco"),
        ("/restitutions?champ=mco&champ=had", 400, "deux fois"),
        ("/themes/activites", 404, "« activite »"),
        ("/themes/activite?theme=rh", 400, "champ"),
        ("/nouveautes?theme=rien", 400, "activite"),
        ("/nouveautes.rss?theme=<script>", 400, "&lt;script&gt;"),
        ("/affichage?theme=rose", 400, "sombre"),
        ("/affichage?theme=clair&retour=//ailleurs.fr", 400, "ailleurs.fr"),
        ("/affichage?theme=clair&retour=/\\ailleurs.fr", 400, "ailleurs.fr"),
        ("/affichage?theme=clair&retour=https://ailleurs.fr", 400, "ailleurs.fr"),
    ],
)
def test_wrong_addresses_are_told(client: TestClient, path: str, status: int, words: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == status
    assert words in answer.text


# display --------------------------------------------------------------------------------------------------------------


def test_a_display_is_kept(small: Workspace) -> None:
    reader = TestClient(create_app(small))
    assert "data-affichage" not in reader.get("/plan").text
    answer = reader.get("/affichage?theme=sombre&retour=/en/plan?a=1", follow_redirects=False)
    assert answer.headers["location"] == "/en/plan?a=1"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    page = reader.get("/plan")
    assert 'data-affichage="sombre"' in page.text
    assert "Cookie" in page.headers["vary"]
    hostile = TestClient(create_app(small)).get("/plan", headers={"cookie": "affichage=<script>"})
    assert "data-affichage" not in hostile.text


# help -----------------------------------------------------------------------------------------------------------------


def test_every_example_answers(client: TestClient) -> None:
    page = main(client.get("/aide").text)
    found = re.findall(r'<a href="(/restitutions/[\w-]+\?[^"]+)">(.*?)</a>', page)
    assert [question for _, question in found] == [e.question for e in EXAMPLES]
    for address, question in found:
        answer = client.get(address)
        assert answer.status_code == 200, question
        assert answer.text.count("<tr") > 3, question
        assert "Aucune ligne ne répond" not in answer.text, question


def test_the_glossary_defines_each_word_once(client: TestClient) -> None:
    page = main(client.get("/glossaire").text)
    assert len(terms()) > 40
    names = [re.sub(r"<.*?>", "", name) for name in re.findall(r"<dt id=.*?</dt>", page)]
    assert sorted(names) == sorted(terms())
    anchors = re.findall(r'<dt id="([^"]+)"', page)
    assert len(set(anchors)) == len(anchors)
    assert names.index("Édition") < names.index("FINESS")  # accents do not count in the order


def test_the_calendar_gives_the_next_day(client: TestClient, small: Workspace) -> None:
    page = main(client.get("/calendrier").text)
    rows = re.findall(r"<tr>.*?</tr>", page, re.S)
    for slug, restitution in ALL.items():
        row = next(r for r in rows if f'href="/restitutions/{slug}"' in r)
        rhythm = {"hebdomadaire": "chaque semaine", "mensuel": "chaque mois", "annuel": "chaque année"}
        assert rhythm[restitution.rythme] in row
    weekly = next(r for r in rows if "casemix-mco" in r)
    assert "d'ici au" in weekly
    assert "2024 (jusqu'à septembre)" in page


# news -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_feeds_say_what_the_page_says(client: TestClient, prefix: str) -> None:
    page = client.get(f"{prefix}/nouveautes").text
    atom = ET.fromstring(client.get(f"{prefix}/nouveautes.atom").content)
    rss = ET.fromstring(client.get(f"{prefix}/nouveautes.rss").content)
    entries, items = atom.findall(f"{{{ATOM}}}entry"), rss.findall("channel/item")
    assert len(entries) == len(items) == page.count("<article") == 1
    name = {tag: entries[0].findtext(f"{{{ATOM}}}{tag}") for tag in ("id", "title", "updated", "summary")}
    assert name["id"] == items[0].findtext("guid")
    assert str(name["id"]).startswith("urn:sanoscope:edition:petite:")
    assert "2022, 2023, 2024" in str(name["title"])
    assert ("Parts de marché MCO" if not prefix else "MCO market shares") in str(name["summary"])
    link = entries[0].find(f"{{{ATOM}}}link")
    assert link is not None
    assert link.get("href") == f"http://testserver{prefix}/nouveautes#petite"
    assert 'id="petite"' in page


def test_identifiers_do_not_change(small: Workspace) -> None:
    first, second = (TestClient(create_app(small)).get("/nouveautes.atom").text for _ in range(2))
    assert re.findall(r"<id>(urn.*?)</id>", first) == re.findall(r"<id>(urn.*?)</id>", second) != []


def test_a_theme_without_restitutions_has_no_news(client: TestClient) -> None:
    if not any(r.theme == "rh" for r in ALL.values()):
        assert "Aucune mise à jour" in client.get("/nouveautes?theme=rh").text
    assert client.get("/nouveautes?theme=activite").text.count("<article") == 1


# maps -----------------------------------------------------------------------------------------------------------------


def test_the_map_names_every_page(client: TestClient) -> None:
    page = main(client.get("/plan").text)
    for path in paths(OFFERED):
        assert f'href="{path}"' in page, path


def test_the_sitemap_names_every_page_in_each_language(client: TestClient) -> None:
    urls = ET.fromstring(client.get("/sitemap.xml").content).findall(f"{{{SITEMAP}}}url")
    places = [str(url.findtext(f"{{{SITEMAP}}}loc")).removeprefix("http://testserver") for url in urls]
    assert len(places) == len(set(places)) == 2 * len(list(paths(OFFERED)))
    for place in places:
        assert client.get(place).status_code == 200, place
    assert all([link.get("hreflang") for link in url][1:] == ["fr", "en", "x-default"] for url in urls)


def test_only_what_was_published_is_news(small: Workspace, tmp_path: Path) -> None:
    """An edition that was built and never published is told to nobody; a sealed one says so at once."""
    copied = tmp_path / "espace"
    shutil.copytree(small.root, copied, symlinks=True)
    editions = copied / "editions"
    shutil.copytree(editions / "petite", editions / "secrete", symlinks=True)
    reader = TestClient(create_app(workspaces.load(copied)))
    before = main(reader.get("/calendrier").text)
    assert "secrete" not in before
    assert "scellée" not in before
    publication.seal(editions, "petite")
    assert "scellée" in main(reader.get("/calendrier").text)
