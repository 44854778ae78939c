"""The pages, the PDF, the API and the command of fiches say the same, and lead where they say."""

import io
import re
import shutil
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser
from pypdf import PdfReader
from typer.testing import CliRunner

from sanoscope import workspace as workspaces
from sanoscope.access.accounts import Accounts
from sanoscope.access.scope import DOMAINS, OPEN, Grant, Perimeter
from sanoscope.catalogue.load import catalogue
from sanoscope.cli.main import app as command
from sanoscope.present.fiche import excerpt, keys
from sanoscope.query.fiches import Sheet, compose
from sanoscope.query.service import Service
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace

REGION = "/fiches/fiche-regionale?region=53&annee=2023"
ASKED = ("annee=2023", "region=53&annee=2023", "ght=GHT%2029&annee=2023", "etablissement=290000001&annee=2023")
ASKED += ("activite=cmd:06&annee=2023",)
EVERY = dict(
    zip(
        ("fiche-nationale", "fiche-regionale", "fiche-ght", "fiche-etablissement", "statistiques-mco-par-ghm"),
        ASKED,
        strict=True,
    )
)


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


@pytest.fixture(scope="module")
def identified(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The site, as a reader reads it who holds a right in the Finistère."""
    place = workspaces.load(shutil.copytree(small.root, tmp_path_factory.mktemp("acces") / "espace", symlinks=True))
    known, today = Accounts(place), datetime.now(UTC).date()
    known.open("finistere", "ARS")
    grant = Grant("regional", Perimeter("departement", frozenset({"29"})), frozenset(DOMAINS))
    known.give("ARS", grant, today, today + timedelta(9), "essai")
    key = known.make_key("finistere", "essai")[1]
    return TestClient(create_app(place), headers={"Authorization": f"Bearer {key}"})


@pytest.fixture(scope="module")
def sheet(small: Workspace) -> Sheet:
    return compose(Service(small, catalogue()), "fiche-regionale", [("region", "53"), ("annee", "2023")], OPEN)


def shown(made: Sheet) -> list[str]:
    """The figures that a fiche shows, as they are read."""
    found = [key.figure.text for part in made.parts if part.bloc.affichage == "cles" for key in keys(part)]
    tables = [excerpt(p) for p in made.parts if p.table is not None and p.bloc.affichage == "table"]
    return [*found, *(label for table in tables for column in table.labels for label in column.values if label)]


def plain(text: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", text)).replace("\u202f", " ").replace("\xa0", " ").split())


def test_the_page_holds_every_figure_and_a_link_to_each_answer(client: TestClient, sheet: Sheet) -> None:
    html = client.get(REGION).text
    read = plain(html)
    assert all(plain(text) in read for text in shown(sheet))
    links = {unescape(link) for link in re.findall(r'href="(/restitutions/[^"]+\?[^"]+)"', html)}
    for part in sheet.parts:
        assert part.query is not None
        assert f"/restitutions/{part.query.restitution}?{part.query.canonical}" in links
    for link in links:
        assert client.get(link, follow_redirects=False).status_code == 200
    images = [unescape(address) for address in re.findall(r'<img src="(/restitutions/[^"]+)"', html)]
    assert len(images) == sum(part.bloc.affichage in ("graphique", "carte") for part in sheet.parts)
    assert all(client.get(address).headers["content-type"] == "image/svg+xml" for address in images)


def test_an_identified_fiche_is_refused_outside_the_perimeter(client: TestClient, identified: TestClient) -> None:
    for way in ("/fiches/fiche-etablissement", "/fiches/fiche-etablissement.pdf", "/api/v1/fiches/fiche-etablissement"):
        asked = f"{way}?etablissement={{}}&annee=2023"
        answer = identified.get(asked.format("290000001"), follow_redirects=False)
        assert answer.status_code == 200
        assert answer.headers["cache-control"].startswith("private")
        assert identified.get(asked.format("350000002"), follow_redirects=False).status_code == 403
        for finess in ("290000001", "999999999"):
            assert client.get(asked.format(finess), follow_redirects=False).status_code == 403
    told = identified.get("/api/v1/fiches/fiche-etablissement?etablissement=290000001&annee=2023").text
    assert any(f'"{state}"' in told for state in ("masque", "secret", "approche"))


@pytest.mark.parametrize("slug", ["actes-mco-par-etablissement", "medicaments-en-sus-par-etablissement"])
def test_an_identified_restitution_is_answered_masked_in_the_perimeter(
    client: TestClient, identified: TestClient, slug: str
) -> None:
    """By a service that has no complete version: page and data."""
    for way in (f"/restitutions/{slug}?{{}}", f"/api/v1/restitutions/{slug}/donnees?{{}}"):
        answer = identified.get(way.format("annee=2023&zone=departement:29"))
        assert answer.status_code == 200
        assert answer.headers["cache-control"].startswith("private")
        for criteria in ("annee=2023&zone=departement:35", "annee=2023&etablissement=350000002", "annee=2023"):
            assert identified.get(way.format(criteria)).status_code == 403
        assert client.get(way.format("annee=2023&zone=departement:29")).status_code == 403
    rows = identified.get(way.format("annee=2023&zone=departement:29")).json()["lignes"]
    assert {row["finess"][:2] for row in rows if row["finess"]} == {"29"}
    assert {"exact", "approche"} & {row["sejours_etat"] for row in rows}


@pytest.mark.parametrize(("slug", "asked"), EVERY.items())
def test_each_fiche_has_its_page_its_pdf_and_its_data(identified: TestClient, slug: str, asked: str) -> None:
    page = identified.get(f"/fiches/{slug}?{asked}", follow_redirects=False)
    assert page.status_code == 200
    data = identified.get(f"/api/v1/fiches/{slug}?{asked}").json()
    assert data["requete"] == asked
    for bloc in data["blocs"]:
        assert ("refus" in bloc) != ("tableau" in bloc)
        assert unescape(bloc["titre"]) in plain(page.text)
        if "tableau" in bloc:
            assert identified.get(bloc["donnees"]).json()["requete"] == bloc["requete"]
    pdf = identified.get(f"/fiches/{slug}.pdf?{asked}")
    assert pdf.headers["content-type"] == "application/pdf"
    text = plain(" ".join(each.extract_text() for each in PdfReader(io.BytesIO(pdf.content)).pages))
    assert all(plain(bloc["titre"]) in text for bloc in data["blocs"])


def test_the_pdf_holds_the_figures_and_says_what_it_is(client: TestClient, sheet: Sheet) -> None:
    answer = client.get(REGION.replace("?", ".pdf?"))
    document = PdfReader(io.BytesIO(answer.content))
    pages = [plain(page.extract_text()) for page in document.pages]
    text = " ".join(pages)
    missing = [figure for figure in shown(sheet) if plain(figure) not in text]
    assert not [figure for figure in missing if len(figure) < 20]  # a long name may be on two lines
    assert document.metadata is not None and document.metadata.title == "Fiche régionale — Bretagne (53) — 2023"
    assert document.trailer["/Root"]["/Lang"] == "fr"
    first = next(iter(document.outline))
    assert getattr(first, "title", "") == "Le MCO en chiffres"
    assert all(f"{number} / {len(pages)}" in page for number, page in enumerate(pages, 1))
    assert "region=53&annee=2023&edition=petite" in text
    assert "Édition petite (en cours)" in text
    assert "masqué pour protéger les personnes" in text or "retenue pour qu'aucun effectif" in text
    assert not re.search(r"[\ufffd\u25a1]", text)


def test_the_pdf_is_the_same_each_time(small: Workspace) -> None:
    made = [TestClient(create_app(small)).get("/fiches/fiche-nationale.pdf?annee=2023").content for _ in range(2)]
    assert made[0] == made[1]


def test_a_pdf_says_in_its_place_what_has_no_answer(identified: TestClient) -> None:
    """This hospital has neither HAD nor psychiatry."""
    for language in ("", "/en"):
        answer = identified.get(f"{language}/fiches/fiche-etablissement.pdf?etablissement=290000002&annee=2023")
        assert answer.status_code == 200
        text = plain(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages))
        assert text.count("No answer here:" if language else "Pas de réponse ici :") >= 2


def test_an_english_fiche_has_an_english_pdf(client: TestClient) -> None:
    document = PdfReader(io.BytesIO(client.get("/en" + REGION.replace("?", ".pdf?")).content))
    assert document.trailer["/Root"]["/Lang"] == "en"
    assert "MCO in figures" in document.pages[0].extract_text()


def test_a_form_is_shown_where_the_subject_is_missing_or_wrong(client: TestClient) -> None:
    empty, wrong = client.get("/fiches/fiche-regionale"), client.get("/fiches/fiche-regionale?region=99&annee=2023")
    assert (empty.status_code, wrong.status_code) == (200, 400)
    assert '<option value="53"' in empty.text
    assert 'value="2023" checked' in empty.text
    assert "« 99 » n'est pas admis" in plain(wrong.text)
    assert 'aria-invalid="true"' in wrong.text
    assert '<a href="#region">Aller au champ « Région »</a>' in wrong.text
    assert client.get("/fiches/fiche-regionale.pdf?region=99").status_code == 400
    assert client.get("/api/v1/fiches/fiche-regionale?region=99").json()["code"] == "valeur-inconnue"
    assert client.get("/fiches/rien").status_code == 404
    ght = client.get("/fiches/fiche-ght").text
    assert "GHT 29" in ght and 'value="?"' not in ght


def test_words_become_codes_and_the_address_is_canonical(identified: TestClient) -> None:
    for slug, given, wanted in (
        ("fiche-etablissement", "etablissement=H%C3%B4pital+3&annee=2023", "etablissement=290000004&annee=2023"),
        ("statistiques-mco-par-ghm", "niveau_activite=racine&activite=04m05", "activite=racine:04M05&annee=2023"),
        ("fiche-nationale", "", "annee=2023"),
    ):
        answer = identified.get(f"/fiches/{slug}?{given}", follow_redirects=False)
        assert answer.headers["location"] == f"/fiches/{slug}?{wanted}"
        assert identified.get(answer.headers["location"], follow_redirects=False).status_code == 200


def test_fiches_are_in_the_menu_the_map_and_the_search(client: TestClient) -> None:
    for path in (
        "/themes/indicateurs-synthetiques",
        "/restitutions",
        "/plan",
        "/fiches",
        "/recherche?q=fiche+regionale",
    ):
        assert 'href="/fiches/fiche-regionale"' in client.get(path).text
    assert "statistiques-mco-par-ghm" in client.get("/themes/activite").text
    assert "/fiches/fiche-regionale</loc>" in client.get("/sitemap.xml").text
    assert "/fiches/fiche-regionale?region=53" in unescape(client.get("/recherche?q=bretagne").text)
    menu = client.get("/themes/indicateurs-synthetiques?geo=region").text
    assert "/fiches/fiche-regionale" in menu and "/fiches/fiche-ght" not in menu
    suggested = client.get("/fiches/statistiques-mco-par-ghm/suggestions?activite=04M05&niveau_activite=racine").text
    assert "racine:04M05" in suggested or "04M05" in suggested


@pytest.mark.parametrize("extension", ["pdf", "html", "json"])
def test_the_command_writes_it(small: Workspace, tmp_path: Path, extension: str) -> None:
    file = tmp_path / f"fiche.{extension}"
    asked = ["fiche", "fiche-regionale", "region=53", "annee=2023", "-o", str(file), "--workspace", str(small.root)]
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 0, done.output
    body = file.read_bytes()
    assert body.startswith({"pdf": b"%PDF-", "html": b"<!doctype html>", "json": b"{"}[extension])
    if extension == "html":
        assert b"data:image/svg+xml;base64," in body and b"href=" not in body
    wrong = CliRunner().invoke(command, [*asked[:4], "-o", str(tmp_path / "x.doc"), "--workspace", str(small.root)])
    assert wrong.exit_code == 1


def test_without_script_the_form_leads_to_the_fiche(browser: Browser, site: str) -> None:
    reader = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = reader.new_page()
    page.goto(f"{site}/fiches")
    page.get_by_role("link", name="Fiche régionale").click()
    page.get_by_label("Région").select_option("53")
    page.get_by_role("button", name="Voir la fiche").click()
    page.wait_for_url(site + REGION)  # with its style: until then the page is as wide as its tables
    page.wait_for_load_state("load")
    assert page.locator(".bloc").count() > 5
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    reader.close()
