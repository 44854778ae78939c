"""The addresses of pictures; in a browser, pictures alive under the strict policy, and fixed without script."""

import re
from html import unescape
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.query.service import Service
from sanoscope.web.app import create_app
from sanoscope.web.language import language
from sanoscope.web.pictures import images
from sanoscope.workspace import Workspace

CASEMIX = "casemix-mco/graphique.{}?annee=2023&regroupement=cas"
MAP = "cartographie-activite-mco/carte.{}?annee=2023"


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small), raise_server_exceptions=False)


@pytest.mark.parametrize("address", [CASEMIX, MAP, MAP + "&genre=departements", MAP + "&genre=regions"])
@pytest.mark.parametrize(
    ("extension", "media"), [("svg", "image/svg+xml"), ("png", "image/png"), ("json", "application/json")]
)
def test_a_picture_has_an_address_in_each_format(client: TestClient, address: str, extension: str, media: str) -> None:
    answer = client.get(f"/restitutions/{address.format(extension)}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(media)
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert client.get(f"/restitutions/{address.format(extension)}").content == answer.content


def test_a_pinned_picture_may_be_kept_for_ever(client: TestClient) -> None:
    answer = client.get(f"/restitutions/{CASEMIX.format('svg')}&edition=petite")
    assert "immutable" in answer.headers["cache-control"]


def test_the_theme_changes_the_colours(client: TestClient) -> None:
    light, dark = (client.get(f"/restitutions/{CASEMIX.format('svg')}&theme={t}").text for t in ("clair", "sombre"))
    assert 'fill="#ffffff"' in light
    assert 'fill="#1c2427"' in dark


@pytest.mark.parametrize("slug", ["casemix-mco", "parts-de-marche-mco", "cartographie-activite-mco"])
def test_a_picture_draws_the_figures_of_its_table_and_no_other(client: TestClient, slug: str) -> None:
    criteria = "annee=2023&zone=departement:29"
    spec = client.get(f"/restitutions/{slug}/graphique.json?{criteria}").json()
    document = client.get(f"/api/v1/restitutions/{slug}/donnees?{criteria}").json()
    declared = catalogue().restitution(slug).graphiques[0]
    published = [
        line.get(declared.mesure) if line.get(declared.mesure) is not None else line[f"{declared.mesure}_estimation"]
        for line in document["lignes"]
        if line[f"{declared.mesure}_etat"] in ("exact", "approche")
    ]
    drawn = [datum["valeur"] for datum in spec["layer"][0]["data"]["values"]]
    assert drawn
    assert all(value in published for value in drawn)


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("casemix-mco/graphique.gif?annee=2023", 400, "format-inconnu"),
        ("casemix-mco/graphique.svg?annee=1999", 400, "valeur-inconnue"),
        ("casemix-mco/graphique.svg?theme=noir", 400, "theme-inconnu"),
        ("casemix-mco/graphique.svg?genre=points", 400, "genre-inconnu"),
        ("casemix-mco/graphique.svg?theme=clair&theme=sombre", 400, "critere-double"),
        ("casemix-mco/carte.svg?annee=2023", 404, "rien-a-dessiner"),
        ("cartographie-activite-mco/carte.svg?genre=flux", 400, "genre-inconnu"),
        ("rien/carte.svg", 404, "restitution-inconnue"),
        ("casemix-mco/graphique.svg?edition=../x", 404, "edition-introuvable"),
    ],
)
def test_errors_of_pictures_teach(client: TestClient, address: str, status: int, code: str) -> None:
    answer = client.get(f"/restitutions/{address}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_restitution_with_several_charts_has_a_switch_the_first_shown(client: TestClient) -> None:
    path = "/restitutions/hospitalisation-partielle-mco?annee=2023"
    first, other = client.get(path).text, client.get(f"{path}&graphique=nuage&carte=regions").text
    switch = re.findall(
        r'<a class="puce pale" href="([^"]+)#(graphique|carte)" rel="nofollow"( aria-current="true")?>', first
    )
    assert [(unescape(a).removeprefix(path), kind, bool(now)) for a, kind, now in switch] == [
        ("", "graphique", True),
        ("&graphique=nuage", "graphique", False),
        ("", "carte", True),
        ("&carte=departements", "carte", False),
        ("&carte=regions", "carte", False),
    ]
    assert re.findall(r'<img src="[^"]*/(\w+)\.svg\?([^"]*)"', other) == [
        ("graphique", "annee=2023&amp;genre=nuage"),
        ("carte", "annee=2023&amp;genre=regions"),
    ]
    assert f'href="{path}&amp;carte=regions#graphique"' in other  # one switch leaves the other as it is
    assert "graphique=nuage&amp;carte=regions&amp;tri=" in other  # so do the links that sort
    assert client.get(f"{path}&graphique=camembert").status_code == 400


def test_sums_that_a_map_alone_shows_are_in_a_table_under_it(client: TestClient) -> None:
    criteria = "annee=2023"
    page = client.get(f"/restitutions/cartographie-activite-mco?{criteria}&carte=departements").text
    under = re.findall(
        r'<tr><th scope="row"><span lang="fr">|<tr><th scope="row">(\d\w)</th>', page.split('id="carte"')[1]
    )
    spec = client.get(f"/restitutions/cartographie-activite-mco/carte.json?{criteria}&genre=departements").json()
    drawn = {d["nom"]: d["dit"] for d in spec["layer"][0]["transform"][0]["from"]["data"]["values"]}
    assert under == ["29", "35"]
    for name, figure in drawn.items():
        assert f"<td>{name}</td>" in page
        assert figure.split(" (±")[0] in unescape(page.split('id="carte"')[1])
    rest = client.get(f"/restitutions/cartographie-activite-mco?{criteria}").text.split('id="carte"')[1]
    assert "<table" not in rest  # a circle an establishment: its figure is in the page's own table


def test_the_funnel_is_drawn_of_the_last_year_around_its_mean(client: TestClient) -> None:
    def spec(years: str) -> Any:
        return client.get(
            f"/restitutions/hospitalisation-partielle-mco/graphique.json?annee={years}&genre=nuage"
        ).json()

    assert spec("2022,2023")["layer"][-1]["data"] == spec("2023")["layer"][-1]["data"]
    document = client.get("/api/v1/restitutions/hospitalisation-partielle-mco/donnees?annee=2023").json()
    total = document["lignes"][-1]
    means = [
        layer["data"]["values"][0]["moyenne"] for layer in spec("2023")["layer"] if "moyenne" in str(layer["data"])
    ]
    assert means == [total["part_hp"] if total["part_hp_etat"] == "exact" else total["part_hp_estimation"]]


def test_what_has_nothing_to_draw_says_so_in_its_page(small: Workspace) -> None:
    service = Service(small, catalogue())
    pairs = [("annee", "2022"), ("zone", "departement:22")]
    query, table = service.ask("cartographie-activite-mco", pairs, OPEN)
    found = images(
        catalogue().restitution("cartographie-activite-mco"), query, table, service.edition(), language("fr")
    )
    assert [(i.kind, bool(i.reason)) for i in found] == [("graphique", True), ("carte", True)]


# in a browser --------------------------------------------------------------------------------------------------------


QUESTIONS = [
    "casemix-mco?annee=2023",
    "casemix-mco?annee=2022,2023&regroupement=cas",
    "cartographie-activite-mco?annee=2023",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_pictures_come_alive_under_the_strict_policy(browser: Browser, site: str, question: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1000, "height": 900})  # type: ignore[arg-type]
    tab, said = context.new_page(), []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    answer = tab.goto(f"{site}/restitutions/{question}")
    assert answer
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    figures = tab.locator("figure.image")
    for number in range(figures.count()):
        figures.nth(number).scroll_into_view_if_needed()
        figures.nth(number).locator(".vive").wait_for(timeout=20_000)
    assert tab.locator(".vive").count() == figures.count() > 0
    ground = tab.evaluate(
        "getComputedStyle(document.querySelector('.vive').shadowRoot.querySelector('svg')).backgroundColor"
    )
    assert ground == ("rgb(28, 36, 39)" if scheme == "dark" else "rgb(255, 255, 255)")
    assert tab.locator("figure.image picture:visible").count() == 0
    assert said == []
    context.close()


def test_a_mark_says_its_figure_when_pointed_at(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 900}, reduced_motion="reduce")
    tab = context.new_page()
    tab.goto(f"{site}/restitutions/casemix-mco?annee=2023&regroupement=cas")
    tab.locator(".vive").first.wait_for(timeout=20_000)
    tab.locator(".vive").first.scroll_into_view_if_needed()
    box = tab.evaluate(
        "(() => { const r = document.querySelector('.vive').shadowRoot.querySelector('.mark-rect.role-mark path')"
        ".getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )
    tab.mouse.move(*box)
    bubble = tab.locator(".infobulle")
    bubble.wait_for(timeout=5_000)
    said = bubble.inner_text()
    assert re.search(r"Séjours\s+(≈ )?\d", said)
    place = bubble.bounding_box()
    assert place
    tab.mouse.move(box[0], place["y"] + place["height"] - 4)  # into the bubble: it stays as it is (WCAG 1.4.13)
    tab.wait_for_timeout(600)
    assert bubble.is_visible()
    assert bubble.inner_text() == said
    tab.mouse.move(2, 2)
    bubble.wait_for(state="hidden", timeout=2_000)
    tab.mouse.move(*box)
    bubble.wait_for(timeout=5_000)
    tab.keyboard.press("Escape")
    assert bubble.is_hidden()
    context.close()


@pytest.mark.parametrize("way", ["without script", "vega missing"])
def test_the_fixed_picture_stays_where_scripts_fail(browser: Browser, site: str, way: str) -> None:
    context = browser.new_context(java_script_enabled=way != "without script")
    tab = context.new_page()
    tab.route("**/vega.min.js", lambda route: route.abort())
    with tab.expect_response(lambda response: ".svg?" in response.url) as drawn:
        tab.goto(f"{site}/restitutions/casemix-mco?annee=2023")
        tab.locator("figure.image").first.scroll_into_view_if_needed()
    assert drawn.value.status == 200
    tab.wait_for_timeout(500)
    picture = tab.locator("figure.image img").first
    assert picture.is_visible()
    assert (picture.get_attribute("alt") or "").startswith("Séjours : les")
    assert tab.locator(".vive").count() == 0
    context.close()


def test_the_specification_is_vega_lite_and_loads_nothing(client: TestClient) -> None:
    spec = orjson.loads(client.get(f"/restitutions/{MAP.format('json')}").content)
    assert spec["$schema"].endswith("vega-lite/v6.json")
    assert '"url"' not in orjson.dumps(spec).decode()
