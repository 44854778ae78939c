"""The three steps of every restitution, in Chromium: by touch on a narrow page, by keyboard alone on a wide one.

The first without script, the second with it, some with both. What a reader downloads at the end is opened, and compared
with the page cell by cell.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.workspace import Workspace
from tests.web.conftest import served
from tests.web.reading import STATES, compare, fits, opened, reach, rows
from tests.web.test_pages import QUESTIONS

READ = [one for one in catalogue().restitutions.values() if OPEN.may_read(one)]
TWICE = ("cartographie-activite-mco", "casemix-smr", "parts-de-marche-had", "statistiques-psy-par-nature")
"""Restitutions that are walked in both ways with and without script; the others once in each way, for time."""
SHOW = "Visualiser les résultats"
NARROWED = {
    "actes-ccam-par-etablissement": ("activite", "AHPA0090"),
    "parts-de-marche-hospi-diag": ("activite", "zone_attraction:290000017"),
    "hospidiag": ("etablissement", "290000017"),
}
"""The field to fill first, where the whole table is too long for an answer, or is of no establishment."""

EXPORTED = [
    *(f"{one.slug}?niveau_activite=&{'='.join(NARROWED.get(one.slug, ('activite', '')))}" for one in READ),
    *(f"{slug}?{criteria}" for slug, criteria in QUESTIONS),
]
"""Each restitution as it comes, then other questions: masks of every kind, years, months, baskets, comparisons."""


@pytest.fixture(scope="module")
def site(whole: Workspace) -> Iterator[str]:
    with served(whole) as address:
        yield address


def each(who: str, *, script: bool) -> pytest.MarkDecorator:
    """Each restitution, read with or without script; `TWICE` in both ways."""
    cases = [(script, one) for one in READ] + [(not script, one) for one in READ if one.slug in TWICE]
    names = [f"{one.slug}{'' if scripted else ' without script'}" for scripted, one in cases]
    return pytest.mark.parametrize((who, "one"), cases, indirect=[who], ids=names)


@pytest.fixture(scope="module")
def reader(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A narrow page, with or without script."""
    page = opened(browser, script=request.param, width=360, touch=True)
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def typist(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A wide page whose reader has a keyboard alone, with or without script."""
    page = opened(browser, script=request.param, width=1280)
    yield page
    page.context.close()


def link(one: Restitution) -> str:
    """The link of a restitution in the menu."""
    return f'.entree > a[href="/restitutions/{one.slug}"]'


def check_form(page: Page, site: str, one: Restitution) -> None:
    page.wait_for_url(f"{site}/restitutions/{one.slug}")
    assert page.locator("h1").inner_text() == one.titre
    assert fits(page)


def check_result(page: Page, site: str, one: Restitution) -> None:
    page.wait_for_url(f"{site}/restitutions/{one.slug}?annee=*")
    assert one.titre in page.locator("h1").inner_text()
    assert fits(page)
    shown = page.locator(".resultat tbody tr:not(.total)").count()
    assert shown >= 1
    assert page.locator(".compte").inner_text().startswith(f"{shown} ligne")


@each("reader", script=False)
def test_three_steps_lead_to_a_table(reader: Page, site: str, one: Restitution) -> None:
    reader.goto(f"{site}/restitutions")
    assert fits(reader)
    reader.locator(link(one)).tap()
    check_form(reader, site, one)
    if one.slug in NARROWED:
        field, value = NARROWED[one.slug]
        reader.fill(f"#{field}", value)
    reader.get_by_role("button", name=SHOW).tap()
    check_result(reader, site, one)
    asked = reader.url.partition("?")[2]
    reader.get_by_role("link", name="Modifier la question").tap()
    reader.wait_for_url(f"{site}/restitutions/{one.slug}/formulaire?{asked}")
    assert reader.get_by_role("button", name=SHOW).is_visible()


@each("typist", script=True)
def test_a_keyboard_is_enough(typist: Page, site: str, one: Restitution) -> None:
    typist.goto(f"{site}/restitutions?champ={one.champ}")
    assert fits(typist)
    reach(typist, link(one))
    typist.keyboard.press("Enter")
    check_form(typist, site, one)
    if one.slug in NARROWED:
        field, value = NARROWED[one.slug]
        reach(typist, f"#{field}")
        typist.keyboard.type(value)
    reach(typist, typist.get_by_role("button", name=SHOW))
    typist.keyboard.press("Enter")
    check_result(typist, site, one)
    heading = typist.locator(".resultat th.nombre a.tri").first
    name = heading.get_attribute("data-tri")
    reach(typist, heading)
    typist.keyboard.press("Enter")
    typist.wait_for_url(f"**&tri=-{name}*")
    typist.locator('th[aria-sort="descending"]').wait_for()
    if not typist.locator(".resultat td button").count():  # not every table hides something
        return
    reach(typist, ".resultat td button")
    if typist.locator(".mot:popover-open").count() == 0:  # without script
        typist.keyboard.press("Enter")
    typist.locator(".mot:popover-open").wait_for()
    typist.keyboard.press("Escape")
    typist.locator(".mot:popover-open").wait_for(state="detached")


@pytest.mark.parametrize("address", EXPORTED)
def test_every_file_holds_what_the_page_shows(browser: Browser, site: str, address: str) -> None:
    page = opened(browser, f"{site}/restitutions/{address}", script=False)
    addresses = page.locator(".deroulant.a-gauche a").evaluate_all("all => all.map(a => a.href)")
    links = {address.split("&format=")[1]: address for address in addresses}
    files = {name: page.request.get(address).body() for name, address in links.items()}
    met = compare(rows(page), page.evaluate(STATES), files)
    assert met
    if "etablissement=290000001" in address:
        assert {"exact", "approche"} < met
    page.context.close()
