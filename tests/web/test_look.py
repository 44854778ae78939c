"""How the pages look: contrasts measured from the colours, summaries, nothing stopped by our own policy."""

import re
from importlib.resources import files

import pytest
from playwright.sync_api import Browser

from tests.web.reading import PAGES

STYLE = files("sanoscope.web").joinpath("static", "sanoscope.css").read_text(encoding="utf-8")
TEXTS = {
    "texte": ("fond", "carte", "zebre"),
    "discret": ("fond", "carte", "zebre"),
    "lien": ("fond", "carte", "zebre"),
    "accent": ("fond", "carte"),
    "accent-texte": ("accent",),
    "alerte": ("alerte-fond",),
    "bandeau-texte": ("bandeau",),
    "bandeau": ("bandeau-texte",),
    "theme-synthese": ("carte",),
    "theme-activite": ("carte",),
    "theme-couts": ("carte",),
    "theme-qualite": ("carte",),
}
"""Colours of text and what they are read on: 4.5 to 1 (WCAG 2.2, 1.4.3)."""

EDGES = {"bord": ("carte", "fond"), "accent": ("carte", "fond")}
"""Colours of edges and focus rings: 3 to 1 (1.4.11)."""


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def palettes() -> dict[str, dict[str, str]]:
    """The colours of each theme: those of :root, then with those that more contrast changes."""
    base, stronger = (
        re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", block)
        for block in (
            STYLE.split("@media (prefers-contrast")[0],
            STYLE.split("(prefers-contrast: more)")[1].split("\n}")[0],
        )
    )
    found = {}
    for position, name in enumerate(("clair", "sombre")):
        found[name] = {token: values[position] for token, *values in base}
        found[f"{name}, contrasté"] = found[name] | {token: values[position] for token, *values in stronger}
    return found


def test_contrast_is_measured_right() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48  # the known grey that fails


@pytest.mark.parametrize("theme", palettes())
def test_colours_are_readable_in_every_theme(theme: str) -> None:
    colours = palettes()[theme]
    for pairs, least in ((TEXTS, 7 if "contrasté" in theme else 4.5), (EDGES, 3)):
        for front, backs in pairs.items():
            wanted = 4.5 if front.startswith(("theme", "alerte")) else least
            for back in backs:
                assert contrast(colours[front], colours[back]) >= wanted, (theme, front, back)


def test_every_colour_is_a_token() -> None:
    rules = STYLE.split("/* 2.")[1]
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rules)) <= {"#fff", "#000"}  # paper


def test_the_policy_stops_nothing_of_ours(browser: Browser, site: str) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    refused = 0
    for path in PAGES:
        answer = page.goto(site + path)
        refused += answer is not None and not answer.ok
    assert [text for text in said if "status of 4" not in text] == []  # the browser's word on a page that is an error
    assert len(said) == refused > 0
    page.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_summary_shows_on_hover_focus_and_touch(browser: Browser, site: str, script: bool) -> None:
    reader = browser.new_context(java_script_enabled=script)
    page = reader.new_page()
    page.goto(f"{site}/restitutions")
    entry = page.locator(".entree").first
    bubble, link, more = entry.locator(".bulle"), entry.locator("> a"), entry.locator("summary")
    assert not bubble.is_visible()
    link.hover()
    assert bubble.is_visible()
    if script:
        page.keyboard.press("Escape")
        assert not bubble.is_visible()
    page.mouse.move(0, 0)
    assert not bubble.is_visible()
    more.focus()
    page.keyboard.press("Shift+Tab")  # by the keyboard: the link before it
    assert bubble.is_visible()
    reader.close()
    touching = browser.new_context(java_script_enabled=script, has_touch=True, is_mobile=True)
    page = touching.new_page()
    page.goto(f"{site}/restitutions")
    page.locator(".entree summary").first.tap()
    assert page.locator(".entree .bulle").first.is_visible()
    page.locator(".entree summary").first.tap()
    assert not page.locator(".entree .bulle").first.is_visible()
    touching.close()


def test_the_choice_wins_over_the_system(browser: Browser, site: str) -> None:
    reader = browser.new_context(color_scheme="light")
    page = reader.new_page()
    page.goto(f"{site}/plan")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto(f"{site}/affichage?theme=sombre&retour=/plan")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    reader.close()
