"""The result in Chromium: its table in place, framed and on paper, its words, its files as a reader gets them."""

import io
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

from sanoscope.web import tableau
from sanoscope.workspace import Workspace
from tests.web.conftest import served
from tests.web.reading import fits, opened, reach, rows

CASEMIX = "/restitutions/casemix-mco?annee=2023&regroupement=racine"
CARTO = "/restitutions/cartographie-activite-mco?annee=2023"
SHARES = "/restitutions/parts-de-marche-mco?annee=2023&zone=departement:29"
MASKED = "/restitutions/parts-de-marche-mco?annee=2023&zone=departement:22"


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


@pytest.mark.parametrize("script", [True, False])
def test_a_table_of_several_pages_is_sorted_and_filtered_whole(
    browser: Browser, small: Workspace, monkeypatch: pytest.MonkeyPatch, script: bool
) -> None:
    monkeypatch.setattr(tableau, "ROWS", 4)
    with served(small) as site:
        page = opened(browser, f"{site}{CASEMIX}&page=toutes", script=script)
        whole = rows(page)
        page.get_by_role("link", name="Par pages").first.click()
        page.wait_for_url(f"{site}{CASEMIX}#tableau")
        assert rows(page) == [*whole[:4], whole[-1]]
        page.get_by_role("link", name="Suivante").first.click()
        page.wait_for_url(f"{site}{CASEMIX}&page=2#tableau")
        assert rows(page) == [*whole[4:8], whole[-1]]
        assert fits(page)
        page.locator('a.tri[data-tri="racine"]').click()
        page.wait_for_url(f"{site}{CASEMIX}&tri=racine#tableau")
        assert [row[0] for row in rows(page)[:4]] == sorted(row[0] for row in whole[:-1])[:4]
        page.get_by_label("Filtrer les lignes").last.fill(whole[-2][0])
        page.get_by_role("button", name="Filtrer").click()
        page.wait_for_url("**filtre=*")
        assert rows(page) == whole[-2:]
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


# elsewhere -----------------------------------------------------------------------------------------------------------


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


def test_a_workbook_is_downloaded_and_tells_its_question(browser: Browser, site: str) -> None:
    page = opened(browser, f"{site}{CASEMIX}&comparer=n-1")
    page.locator(".deroulant.a-gauche summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel (XLSX)").click()
    assert download.value.suggested_filename == "casemix-mco_2023.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    notes = {row[0].value: row[1].value for row in book["Notes"].iter_rows()}
    assert notes["Requête"] == f"{CASEMIX}&comparer=n-1".split("?")[1]
    assert "petite" in notes["Édition"]
    assert any(str(name).startswith("« ") for name in notes)
    page.context.close()
