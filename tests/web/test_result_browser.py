"""The result in Chromium: three steps to it, its table in place and on paper, its files, its words."""

import csv
import io
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openpyxl
import orjson
import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from sanoscope.catalogue.load import catalogue

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WALKED = [
    f"{kind}-{champ}" for kind in ("cartographie-activite", "casemix", "parts-de-marche") for champ in ("mco", "smr")
]
"""Restitutions whose result is walked through in a browser; `test_pages` and `test_result` answer all of them."""
CASEMIX = "/restitutions/casemix-mco?annee=2023&regroupement=racine"
CARTO = "/restitutions/cartographie-activite-mco?annee=2023"
SHARES = "/restitutions/parts-de-marche-mco?annee=2023&zone=departement:29"
MASKED = "/restitutions/parts-de-marche-mco?annee=2023&zone=departement:22"
EXPORTED = [
    f"{CASEMIX}&comparer=n-1".replace("&reg", "&etablissement=290000001&reg"),
    f"{CARTO}&zone=departement:29&comparer=region",
    SHARES,
]
ROWS = """(all) => [...document.querySelectorAll('.resultat tbody tr')].filter(r => !r.hidden).map(r =>
  [...r.cells].flatMap(c => [c.textContent.trim(), ...Array(c.colSpan - 1).fill('')]))"""
"""The texts of the rows that are shown, a header over several columns in the first of them."""


def opened(browser: Browser, address: str, *, script: bool = True, width: int = 1280, touch: bool = False) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        java_script_enabled=script,
        reduced_motion="reduce",
        has_touch=touch,
        accept_downloads=True,
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(address, wait_until="load" if script else "domcontentloaded")
    return page


def rows(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(ROWS)
    return found


# the three steps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("slug", WALKED)
def test_three_steps_lead_to_a_table(browser: Browser, site: str, slug: str, script: bool, width: int) -> None:
    page = opened(browser, f"{site}/restitutions", script=script, width=width)
    page.locator(f'.entree > a[href="/restitutions/{slug}"]').click()
    page.get_by_role("button", name="Visualiser les résultats").click()
    page.wait_for_url("**/restitutions/*?annee=*")
    assert page.locator(".resultat tbody tr").count() > 1
    assert catalogue().restitution(slug).titre in page.locator("h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Modifier la question").click()
    page.get_by_role("button", name="Visualiser les résultats").wait_for()
    page.context.close()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("slug", WALKED)
def test_three_steps_by_keyboard_alone(browser: Browser, site: str, slug: str, script: bool) -> None:
    page = opened(browser, f"{site}/restitutions", script=script)
    reach(page, f'.entree > a[href="/restitutions/{slug}"]')
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/restitutions/{slug}")
    reach(page, page.get_by_role("button", name="Visualiser les résultats"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/restitutions/*?annee=*")
    sorted_by = catalogue().restitution(slug).mesures[0]
    reach(page, f'.resultat a[data-tri="{sorted_by}"]')
    page.keyboard.press("Enter")
    page.wait_for_url(f"**&tri=-{sorted_by}*")
    if page.locator(".resultat td button").count():  # not every table hides something
        reach(page, ".resultat td button")
        if not script:
            page.keyboard.press("Enter")
        page.locator(".mot:popover-open").wait_for()
        page.keyboard.press("Escape")
        assert page.locator(".mot:popover-open").count() == 0
    page.context.close()


def reach(page: Page, what: str | Locator) -> None:
    """Press Tab until what is focused is the first that a selector finds; fail if it is never."""
    wanted = page.locator(what).first if isinstance(what, str) else what
    wanted.wait_for()
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.locator("*:focus").count() and wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{what} is never reached by Tab")


# the table -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [SHARES, f"/en{CARTO}&comparer=n-1"])
def test_the_script_sorts_as_the_server_does(browser: Browser, site: str, address: str) -> None:
    page = opened(browser, site + address)
    names = page.locator("a.tri").evaluate_all("links => links.map(link => link.dataset.tri)")
    for name in names[:6]:
        for _ in range(2):
            page.locator(f'a.tri[data-tri="{name}"]').click()
            here = page.url
            assert "tri=" in here
            by_server = page.request.get(here.split("#")[0])
            other = page.context.new_page()
            other.set_content(by_server.text(), wait_until="domcontentloaded")
            assert rows(page) == rows(other), here
            sort = 'th => th.map(one => one.getAttribute("aria-sort"))'
            assert page.locator("thead th").evaluate_all(sort) == other.locator("thead th").evaluate_all(sort)
            other.close()
    page.context.close()


def test_the_script_filters_as_the_server_does(browser: Browser, site: str) -> None:
    page = opened(browser, site + CARTO)
    whole = rows(page)
    page.get_by_label("Filtrer les lignes").last.fill("Prive hôpital")
    kept = rows(page)
    assert 1 < len(kept) < len(whole)
    assert "lignes sur" in page.locator(".compte").inner_text()
    assert page.url.endswith("&filtre=Prive%20h%C3%B4pital")
    words = page.locator(".compte").inner_text()
    page.reload()
    assert rows(page) == kept
    assert page.locator(".compte").inner_text() == words
    page.context.close()


def test_the_header_stays_in_sight(browser: Browser, site: str) -> None:
    page = opened(browser, site + CASEMIX)
    page.locator(".resultat").evaluate("frame => { frame.style.maxHeight = '200px'; frame.scrollTop = 120; }")
    head, frame = page.locator("thead th").first.bounding_box(), page.locator(".resultat").bounding_box()
    assert head and frame
    assert abs(head["y"] - frame["y"]) <= 2
    page.context.close()


@pytest.mark.parametrize("way", ["hover", "focus", "touch", "touch without script"])
def test_a_mask_says_why(browser: Browser, site: str, way: str) -> None:
    page = opened(
        browser, site + MASKED, script=way != "touch without script", touch=way.startswith("touch"), width=700
    )
    cell = page.locator("td.masque button").first
    words = page.locator("#etat-masque")
    cell.scroll_into_view_if_needed()
    page.wait_for_timeout(100)
    assert not words.is_visible()
    if way == "hover":
        cell.hover()
    elif way == "focus":
        reach(page, "td.masque button")
    else:
        cell.tap()
    words.wait_for()
    said = words.inner_text()
    assert "Effectif de 1 à 10, masqué pour protéger les personnes." in said
    assert "Secret primaire" in said
    page.keyboard.press("Escape")
    words.wait_for(state="hidden")
    page.context.close()


def test_an_estimate_says_its_own_margin(browser: Browser, site: str) -> None:
    page = opened(browser, site + CASEMIX)
    found = page.locator("td.approche button").all()
    cell = next(one for one in found if "±" in (one.get_attribute("title") or ""))
    title = cell.get_attribute("title") or ""
    cell.scroll_into_view_if_needed()
    cell.hover()
    words = page.locator("#etat-approche")
    words.wait_for()
    assert title in words.inner_text()
    assert cell.get_attribute("title") is None  # one bubble, not two
    page.mouse.move(0, 0)
    words.wait_for(state="hidden")
    assert cell.get_attribute("title") == title
    page.context.close()


def test_arrows_go_from_a_mask_to_the_next(browser: Browser, site: str) -> None:
    page = opened(browser, site + SHARES)
    assert page.locator('td button:not([tabindex="-1"])').count() <= 5
    reach(page, "td button")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('td') !== null")
    assert page.evaluate("document.activeElement !== document.querySelector('td button')")
    page.context.close()


# files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", EXPORTED)
def test_every_file_holds_what_the_page_shows(browser: Browser, site: str, address: str, tmp_path: Path) -> None:
    page = opened(browser, site + address)
    shown = [[text.replace("\u202f", "") for text in row] for row in rows(page)]
    states = page.evaluate(
        "[...document.querySelectorAll('.resultat tbody tr')].map(r => [...r.querySelectorAll('td.nombre')].map(c => "
        "['masque','approche','secret','sans_objet','indisponible'].find(s => c.classList.contains(s)) ?? 'exact'))"
    )
    page.locator(".deroulant.a-gauche summary").click()
    files: dict[str, bytes] = {}
    for link in page.locator(".deroulant.a-gauche a").all():
        with page.expect_download() as download:
            link.click()
        name = (link.get_attribute("href") or "").rsplit("=", 1)[1]
        files[name] = Path(download.value.path()).read_bytes()
    page.context.close()
    assert set(files) == {"csv", "csv-fr", "xlsx", "parquet", "json"}

    assert list(csv.reader(io.StringIO(files["csv-fr"].decode("utf-8-sig")), delimiter=";"))[1:] == shown
    lines = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    document = orjson.loads(files["json"])
    table = pl.read_parquet(io.BytesIO(files["parquet"]))
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    figures = [column["nom"] for column in document["colonnes"] if column["genre"] == "mesure"]
    first = len(document["colonnes"]) - len(figures)
    found = set()
    for number, (texts, kinds, line) in enumerate(zip(shown, states, lines, strict=True)):
        for place, (name, state) in enumerate(zip(figures, kinds, strict=True)):
            text, json = texts[first + place], document["lignes"][number]
            in_sheet = book["Tableau"].cell(number + 4, first + place + 1).value
            found.add(state)
            assert line[f"{name}_etat"] == json[f"{name}_etat"] == table[f"{name}_etat"][number] == state
            if state == "exact":
                value = float(text.replace(",", "."))
                assert value == float(line[name]) == json[name] == table[name][number] == in_sheet
                assert isinstance(in_sheet, int | float)
            else:
                assert line[name] == "" and json[name] is None and table[name][number] is None
                assert in_sheet.replace("\u202f", "") == text
            if state == "approche":
                near = float(text.removeprefix("≈ ").replace(",", "."))
                assert near == float(line[f"{name}_estimation"]) == json[f"{name}_estimation"]
            elif f"{name}_estimation" in line:
                assert line[f"{name}_estimation"] == ""
    assert {"exact", "approche"} <= found
    assert found & {"masque", "secret"}
    notes = {row[0].value: row[1].value for row in book["Notes"].iter_rows()}
    assert notes["Requête"] == address.split("?")[1]
    assert "petite" in notes["Édition"]
    assert any(str(name).startswith("« ") for name in notes)


# readers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: str, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    embedded = CASEMIX.replace("?", "/integrer?")
    for address in (
        f"{CARTO}&tri=-sejours&filtre=hop&comparer=n-1",
        f"/en{CASEMIX}",
        embedded,
        f"{embedded}&anne=1",
        "/restitutions/rien?annee=2023",
    ):
        page.goto(site + address)
        found = Axe().run(page, options={"runOnly": RULES})
        assert not [(v["id"], v["nodes"][0]["html"][:200]) for v in found.response["violations"]], address
    page.close()


@pytest.mark.parametrize("address", [CASEMIX, f"{CARTO}&comparer=n-1", SHARES, CASEMIX.replace("?", "/integrer?")])
def test_nothing_scrolls_sideways_on_a_small_screen(browser: Browser, site: str, address: str) -> None:
    page = opened(browser, site + address, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return


def test_a_frame_of_another_site_shows_the_table(browser: Browser, site: str, tmp_path: Path) -> None:
    page = opened(browser, f"{site}{CASEMIX}")
    whole = rows(page)
    code = page.get_by_label("Code à intégrer dans une page").input_value()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    (tmp_path / "index.html").write_text(f"<!doctype html><title>Ailleurs</title>{code}", encoding="utf-8")
    elsewhere = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))  # another origin
    threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
    page.goto(f"http://127.0.0.1:{elsewhere.server_port}/index.html")
    frame = page.frame_locator("iframe")
    frame.locator(".resultat").wait_for()
    assert frame.locator(".resultat tbody tr").count() == len(whole)
    frame.locator('a[data-tri="sejours"]').click()
    assert frame.locator('th[aria-sort="descending"]').count() == 1
    assert [text for text in said if "favicon" not in text and "404" not in text] == []
    elsewhere.shutdown()
    page.context.close()


def test_the_sheet_is_whole(browser: Browser, site: str) -> None:
    page = opened(browser, f"{site}{CASEMIX}&comparer=n-1", width=1047)
    page.emulate_media(media="print")
    frame = "document.querySelector('.resultat')"
    assert (
        page.evaluate(f"{frame}.scrollHeight <= {frame}.clientHeight + 1 && getComputedStyle({frame}).overflow")
        == "visible"
    )
    assert page.evaluate(
        "document.querySelector('.resultat table').offsetWidth <= document.querySelector('main').clientWidth"
    )
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    printed = page.locator(".imprime").inner_text()
    assert "Édition petite" in printed
    assert f"{CASEMIX}&comparer=n-1&edition=petite" in printed
    for hidden in (".actions", ".comparer", ".outils-tableau", ".citer", ".tete", ".pied"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator(".legende").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_printing_is_a_button_with_script_and_a_word_without(browser: Browser, site: str, script: bool) -> None:
    page = opened(browser, f"{site}{CASEMIX}", script=script)
    button, word = page.get_by_role("button", name="Imprimer"), page.get_by_text("Pour imprimer : Ctrl + P.")
    expect(button).to_be_visible(visible=script)
    expect(word).to_be_visible(visible=not script)
    if script:
        page.evaluate("globalThis.print = () => { document.title = 'imprimé'; }")
        button.click()
        assert page.title() == "imprimé"
    page.context.close()
