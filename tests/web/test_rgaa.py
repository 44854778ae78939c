"""What of docs/rgaa.md a machine can check, on a page of each kind: structure, names, reflow, text spacing, focus."""

import pytest
from playwright.sync_api import Browser, Page

from tests.web.reading import COLOURS, PAGES, opened, violations

STRUCTURE = """() => {
  const all = (s) => [...document.querySelectorAll(s)], said = [];
  const levels = all("h1,h2,h3,h4,h5,h6").map((h) => Number(h.tagName[1]));
  if (levels.filter((l) => l === 1).length !== 1) said.push("un seul h1 : " + levels);
  if (levels.some((l, i) => i && l > levels[i - 1] + 1)) said.push("titres sautés : " + levels);
  if (all("main").length !== 1) said.push("un seul main");
  if (!document.documentElement.lang) said.push("langue");
  if (!document.title.includes("Sanoscope")) said.push("titre : " + document.title);
  for (const n of all("nav")) if (!n.ariaLabel && !n.getAttribute("aria-labelledby")) said.push("nav sans nom");
  for (const t of all("table")) if (!t.caption?.textContent.trim()) said.push("tableau sans titre");
  for (const h of all("th")) if (!h.scope || !h.textContent.trim()) said.push("en-tête : " + h.outerHTML.slice(0, 80));
  for (const f of all("fieldset")) if (!f.querySelector("legend")) said.push("groupe sans légende");
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) said.push("ordre de tabulation forcé");
  const ids = all("[id]").map((e) => e.id);
  if (new Set(ids).size !== ids.length) said.push("id en double");
  return said;
}"""
SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }"""
"""Of WCAG 1.4.12 (RGAA 10.12)."""


def wide(page: Page) -> int:
    """How many pixels of the page are beyond the window's right edge."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_every_page_is_built_of_named_parts(browser: Browser, site: str) -> None:
    page = browser.new_page()
    for path in PAGES:
        page.goto(site + path)
        assert page.evaluate(STRUCTURE) == [], path
    page.close()


@pytest.mark.parametrize(("scheme", "rules"), [("light", None), ("dark", COLOURS)], ids=["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: str, scheme: str, rules: object) -> None:
    """Once the pictures are alive."""
    page = opened(browser, scheme=scheme)
    for path in PAGES:
        page.goto(site + path)
        for figure in page.locator("figure.image").all():
            figure.scroll_into_view_if_needed()
            figure.locator(".vive").wait_for(timeout=20_000)
        assert violations(page, rules) == [], path
    page.context.close()


def test_pictures_have_a_short_alternative_and_their_description_on_the_page(browser: Browser, site: str) -> None:
    page = browser.new_page()
    for path in (p for p in PAGES if "2023" in p and "integrer" not in p):
        page.goto(site + path)
        for figure in page.locator("figure.image").all():
            alt = figure.locator("img").get_attribute("alt") or ""
            assert 20 < len(alt) < 150, alt
            words = figure.locator("details.replie p").first.text_content() or ""
            assert len(words) > len(alt)
            figure.scroll_into_view_if_needed()
            figure.locator(".vive").wait_for(timeout=20_000)
            assert figure.locator(".vive").get_attribute("aria-label") == alt
    page.close()


def test_text_spacing_and_narrow_windows_lose_nothing(browser: Browser, site: str) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    for width in (320, 640, 1280):  # 320: reflow; 640: a window of 1280 at 200 %
        page.set_viewport_size({"width": width, "height": 700})
        for path in PAGES:
            page.goto(site + path)
            assert wide(page) <= 0, (path, width)
            page.add_style_tag(content=SPACING)
            assert wide(page) <= 0, (path, width, "espacement")
    context.close()


@pytest.mark.parametrize("path", PAGES[:6])
def test_focus_is_seen_wherever_it_goes(browser: Browser, site: str, path: str) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(site + path)
    if not path.endswith("1999"):  # there the focus begins on the error
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "evitement"
    for _ in range(40):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "(() => { const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);"
            "return e === document.body || s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1"
            " && r.width > 0 && r.bottom > 0 && r.top < innerHeight; })()"
        )
        assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
    page.close()
