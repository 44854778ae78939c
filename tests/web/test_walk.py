"""The three steps of every restitution, in Chromium: with and without script, narrow and wide, by keyboard alone.

What a reader downloads at the end of them is opened, and compared with the page cell by cell.
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

READ = [one for one in catalogue().restitutions.values() if OPEN.may_read(one.acces)]
EACH = pytest.mark.parametrize("one", READ, ids=[one.slug for one in READ])
SHOW = "Visualiser les résultats"
NARROWED = {"actes-ccam-par-etablissement": "AHPA0090"}
"""The activity to choose first, where the whole table is too long for an answer."""

EXPORTED = [
    *(f"{one.slug}?niveau_activite=&activite={NARROWED.get(one.slug, '')}" for one in READ),
    *(f"{slug}?{criteria}" for slug, criteria in QUESTIONS),
]
"""Each restitution as it comes, then other questions: masks of every kind, years, months, baskets, comparisons."""


@pytest.fixture(scope="module")
def site(whole: Workspace) -> Iterator[str]:
    with served(whole) as address:
        yield address


@pytest.fixture(scope="module", params=[(s, w) for s in (True, False) for w in (360, 1280)], ids="{0[0]}-{0[1]}".format)
def reader(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page with or without script, narrow or wide."""
    script, width = request.param
    page = opened(browser, script=script, width=width)
    yield page
    page.context.close()


@pytest.fixture(scope="module", params=[True, False], ids=["script", "no script"])
def typist(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page whose reader has a keyboard alone, with or without script."""
    page = opened(browser, script=request.param)
    yield page
    page.context.close()


def link(one: Restitution) -> str:
    """The link of a restitution in the menu."""
    return f'.entree > a[href="/restitutions/{one.slug}"]'


@EACH
def test_three_steps_lead_to_a_table(reader: Page, site: str, one: Restitution) -> None:
    reader.goto(f"{site}/restitutions", wait_until="domcontentloaded")
    assert fits(reader)
    reader.locator(link(one)).click()
    reader.wait_for_url(f"{site}/restitutions/{one.slug}")
    assert reader.locator("h1").inner_text() == one.titre
    assert fits(reader)
    if one.slug in NARROWED:
        reader.fill("#activite", NARROWED[one.slug])
    reader.get_by_role("button", name=SHOW).click()
    reader.wait_for_url(f"{site}/restitutions/{one.slug}?annee=*", wait_until="domcontentloaded")
    assert one.titre in reader.locator("h1").inner_text()
    assert fits(reader)
    assert reader.locator(".resultat tbody tr").count() > 1
    assert f"{reader.locator('.resultat tbody tr:not(.total)').count()} ligne" in reader.locator(".compte").inner_text()
    asked = reader.url.partition("?")[2]
    reader.get_by_role("link", name="Modifier la question").click()
    reader.wait_for_url(f"{site}/restitutions/{one.slug}/formulaire?{asked}")
    assert reader.get_by_role("button", name=SHOW).is_visible()


@EACH
def test_a_keyboard_is_enough(typist: Page, site: str, one: Restitution) -> None:
    typist.goto(f"{site}/restitutions", wait_until="domcontentloaded")
    reach(typist, link(one))
    typist.keyboard.press("Enter")
    typist.wait_for_url(f"{site}/restitutions/{one.slug}")
    if one.slug in NARROWED:
        reach(typist, "#activite")
        typist.keyboard.type(NARROWED[one.slug])
    reach(typist, typist.get_by_role("button", name=SHOW))
    typist.keyboard.press("Enter")
    typist.wait_for_url(f"{site}/restitutions/{one.slug}?annee=*")
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
