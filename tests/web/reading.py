"""A reader of the site in Chromium: opens pages, moves by the keyboard, reads tables and their files, asks axe."""

import csv
import io
from collections.abc import Mapping

import openpyxl
import orjson
import polars as pl
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from sanoscope.present.exports import FORMATS

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""What axe must find nothing against: the norm, and its own advice (heading order, regions, empty headers)."""

PAGES = (
    "/",
    "/restitutions",
    "/restitutions/casemix-mco/formulaire",
    "/restitutions/casemix-mco/formulaire?annee=1999",
    "/restitutions/casemix-mco?annee=2022,2023&regroupement=cas&comparer=n-1",
    "/restitutions/cartographie-activite-mco?annee=2023",
    "/restitutions/cartographie-activite-mco?annee=2023&graphique=nuage&carte=departements&tri=-sejours&filtre=hop",
    "/restitutions/casemix-mco/integrer?annee=2023&regroupement=cas",
    "/restitutions/casemix-mco/integrer?annee=1999",
    "/restitutions/casemix-mco/notice",
    "/restitutions/rien?annee=2023",
    "/themes/activite",
    "/fiches",
    "/fiches/fiche-ght",
    "/fiches/fiche-regionale?region=53&annee=2023",
    "/fiches/fiche-ght?ght=GHT%2029&annee=2023",
    "/fiches/statistiques-mco-par-ghm?activite=racine:99Z99",
    "/paniers",
    "/paniers?nom=x&geste=rien",
    "/recherche?q=brest",
    "/recherche?q=zzzzzzzz",
    "/aide",
    "/glossaire",
    "/calendrier",
    "/nouveautes",
    "/abonnement",
    "/plan",
    "/methode",
    "/methode/audit",
    "/editions",
    "/editions/comparer",
    "/editions/comparer?de=petite&a=petite&restitution=casemix-mco",
    "/api",
    "/nulle-part",
    "/en",
    "/en/restitutions/parts-de-marche-mco",
    "/en/restitutions/casemix-mco?annee=2023&regroupement=cas",
)
"""A page of each kind, those of errors among them."""

ROWS = """() => [...document.querySelectorAll('.resultat tbody tr')].filter(r => !r.hidden).map(r =>
  [...r.cells].flatMap(c => [c.textContent.trim(), ...Array(c.colSpan - 1).fill('')]))"""
"""The texts of the rows that are shown, a header over several columns in the first of them."""

STATES = """() => [...document.querySelectorAll('.resultat tbody tr')].map(r =>
  [...r.querySelectorAll('td.nombre')].map(c =>
    ['masque','approche','secret','sans_objet','indisponible'].find(s => c.classList.contains(s)) ?? 'exact'))"""
"""The state of each figure."""


def opened(
    browser: Browser,
    address: str = "",
    *,
    script: bool = True,
    width: int = 1280,
    touch: bool = False,
    scheme: str = "light",
) -> Page:
    """Open a page in a context of its own: close that when done."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        java_script_enabled=script,
        reduced_motion="reduce",
        has_touch=touch,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    if address:
        page.goto(address, wait_until="load" if script else "domcontentloaded")
    return page


def rows(page: Page) -> list[list[str]]:
    """The texts of the rows that are shown."""
    found: list[list[str]] = page.evaluate(ROWS)
    return found


def reach(page: Page, what: str | Locator) -> None:
    """Press Tab until what is focused is the first that a selector finds; fail if it is never."""
    wanted = (page.locator(what) if isinstance(what, str) else what).first.element_handle()
    for _ in range(400):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{what} is never reached by Tab")


def fits(page: Page) -> bool:
    """Tell whether nothing goes beyond the right edge of the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules of axe that another scheme of colours may break: the others see the same page."""


def violations(page: Page, rules: object = None) -> list[tuple[str, str]]:
    """What axe finds wrong: the rule, and the beginning of what breaks it."""
    found = Axe().run(page, options={"runOnly": rules or RULES}).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:160]) for v in found]


def compare(shown: list[list[str]], states: list[list[str]], files: Mapping[str, bytes]) -> set[str]:
    """Compare the files of an answer with the table of its page, cell by cell; return the states that were met.

    Args:
        shown: the texts of the rows of the page.
        states: the state of each figure of these rows.
        files: the bytes of each format by name.
    """
    shown = [[text.replace("\u202f", "") for text in row] for row in shown]
    assert set(files) == set(FORMATS)
    assert list(csv.reader(io.StringIO(files["csv-fr"].decode("utf-8-sig")), delimiter=";"))[1:] == shown
    lines = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    document = orjson.loads(files["json"])
    table = pl.read_parquet(io.BytesIO(files["parquet"])).to_dicts()
    assert pl.read_ipc_stream(io.BytesIO(files["arrow"])).to_dicts() == table
    sheet = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))["Tableau"]
    in_book = list(sheet.iter_rows(min_row=4, values_only=True))
    names = [column["nom"] for column in document["colonnes"]]
    figures = [column["nom"] for column in document["colonnes"] if column["genre"] == "mesure"]
    first, found = len(names) - len(figures), set()
    every = zip(shown, states, lines, document["lignes"], table, in_book, strict=True)
    for texts, kinds, line, json, row, cells in every:
        assert [text or "" for text in cells[:first]] == texts[:first]
        for name in names[:first]:
            assert line[name] == json[name] == row[name]
        for text, name, state, cell in zip(texts[first:], figures, kinds, cells[first:], strict=True):
            found.add(state)
            assert line[f"{name}_etat"] == json[f"{name}_etat"] == row[f"{name}_etat"] == state
            if state == "exact":
                assert float(text.replace(",", ".")) == float(line[name]) == json[name] == row[name] == cell
                assert isinstance(cell, int | float)
            else:
                assert line[name] == "" and json[name] is None and row[name] is None
                assert cell.replace("\u202f", "") == text
            if state == "approche":
                near = float(text.removeprefix("≈ ").replace(",", "."))
                assert near == float(line[f"{name}_estimation"]) == json[f"{name}_estimation"]
                assert near == row[f"{name}_estimation"]
            elif f"{name}_estimation" in line:
                assert line[f"{name}_estimation"] == "" and row[f"{name}_estimation"] is None
    return found
