"""The form and the baskets in Chromium: with and without script, narrow and wide, by keyboard, read by axe."""

import pytest
from playwright.sync_api import Browser, expect

from tests.web.reading import fits, opened, violations

FORM = "/restitutions/casemix-mco"
ONE, TWO = "290000001", "290000002"
BOTH = pytest.mark.parametrize(("script", "width"), [(True, 1280), (True, 360), (False, 1280), (False, 360)])


@BOTH
def test_a_question_is_asked(browser: Browser, site: str, script: bool, width: int) -> None:
    page = opened(browser, script=script, width=width)
    page.goto(site + FORM)
    page.get_by_label("2023").check()
    page.get_by_label("2024").uncheck()
    assert page.locator("#niveau_zone").is_visible() == script
    if script:
        page.select_option("#niveau_zone", "departement")
        expect(page.locator("#zone option[value='region:53']")).to_have_count(0)
    page.select_option("#zone", "departement:29")
    page.get_by_label("Catégorie d'activité de soins").check()
    if script:
        expect(page.locator("#apercu")).to_contain_text("La réponse aura")
    else:
        page.get_by_role("button", name="Combien de lignes ?").click()
        expect(page.locator("#apercu")).to_contain_text("La réponse aura")
    page.get_by_role("button", name="Visualiser les résultats").click()
    assert page.url == f"{site}{FORM}?annee=2023&zone=departement:29&regroupement=cas"
    page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_the_scope_shows_its_fields(browser: Browser, site: str, script: bool) -> None:
    page = opened(browser, script=script, width=360)
    page.goto(site + FORM)
    for scope, field in (("agrege", "secteur"), ("panier", "panier"), ("etablissement", "etablissement")):
        page.check(f"[name=portee][value={scope}]")
        for other in ("secteur", "panier", "etablissement"):
            assert page.locator(f"#{other}").is_visible() == (other == field)
    page.context.close()


@BOTH
def test_a_basket_is_picked_for_a_question(browser: Browser, site: str, script: bool, width: int) -> None:
    page = opened(browser, script=script, width=width)
    page.goto(f"{site}{FORM}/formulaire?annee=2023&regroupement=cas")
    page.check("[name=portee][value=panier]")
    page.get_by_role("button", name="Composer le panier").click()
    if script:
        page.select_option("#f-departement", "29")
        expect(page.locator("#choix-etat")).to_contain_text("sur 7")
        page.check(f"#c-{ONE}")
        expect(page.locator("#panier")).to_have_value(ONE)
        page.check(f"#c-{TWO}")
        expect(page.locator("#panier")).to_have_value(f"{ONE},{TWO}")
        assert page.url.endswith("regroupement=cas")
        page.get_by_role("button", name="Tout décocher").click()
        expect(page.locator("#panier")).to_have_value("")
        page.fill("#f-nom", "hopital 0")
        expect(page.locator("#choix-etat")).to_contain_text("sur 1 ")
        page.press("#f-nom", "Enter")  # the list alone is asked, not another page
        page.get_by_role("button", name="Cocher ce qui est affiché").click()
        expect(page.locator("#panier")).to_have_value(ONE)
        wanted = ONE
    else:
        page.check(f"#c-{ONE}")
        page.select_option("#f-departement", "35")
        page.get_by_role("button", name="Filtrer").click()
        assert page.locator("#choix-etat").inner_text().startswith("1 établissement choisi")
        page.check("#c-350000001")
        page.get_by_role("button", name="Casemix MCO").click()
        wanted = f"{ONE},350000001"
        assert page.locator("#panier").input_value() == wanted
    page.get_by_role("button", name="Visualiser les résultats").click()
    assert page.url == f"{site}{FORM}?annee=2023&panier={wanted}&regroupement=cas"
    page.context.close()


@BOTH
def test_a_basket_is_saved_exported_imported(browser: Browser, site: str, script: bool, width: int) -> None:
    page = opened(browser, script=script, width=width)
    page.goto(f"{site}/paniers")
    page.check(f"#c-{TWO}")
    if script:
        expect(page.locator("#choix-etat")).to_contain_text("1 établissement choisi")
    with page.expect_download() as got:
        page.get_by_role("button", name="Exporter en CSV").click()
    assert TWO in got.value.path().read_text(encoding="utf-8")
    page.set_input_files("#fichier", {"name": "p.csv", "mimeType": "text/csv", "buffer": f"finess\n{ONE}\n".encode()})
    page.get_by_role("button", name="Importer", exact=True).click()
    assert page.locator("[name=coche]:checked").count() == 2
    page.fill("#nom_du_panier", f"Essai {script} {width}")
    page.get_by_role("button", name="Enregistrer").click()
    assert page.locator("h1").inner_text() == f"Panier « Essai {script} {width} »"
    page.get_by_role("link", name="Casemix MCO").click()
    assert page.locator("#panier").input_value() == f"{ONE},{TWO}"
    page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_an_error_has_the_focus_and_leads_to_its_field(browser: Browser, site: str, script: bool) -> None:
    page = opened(browser, script=script, width=360)
    page.goto(f"{site}{FORM}?annee=2023&zone=departement:999")
    expect(page.locator("#erreur")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # from the target of the link, the field itself or what follows it
    expect(page.locator("#zone")).to_have_attribute("aria-invalid", "true")
    assert page.url.endswith("#zone")
    page.context.close()


def test_the_keyboard_is_enough(browser: Browser, site: str) -> None:
    page = opened(browser, script=True, width=1280)
    page.goto(site + FORM)
    page.focus("[name=portee][value=agrege]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(page.locator("#etablissement")).to_be_focused()
    page.keyboard.type("hopital 2")
    expect(page.locator("#suggestions-etablissement [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#etablissement")).to_have_value("290000003")
    expect(page.locator("#suggestions-etablissement")).to_be_hidden()
    page.focus("#niveau_activite")
    page.keyboard.type("Racine")
    page.focus("#activite")
    page.keyboard.type("04M05")
    expect(page.locator("#suggestions-activite [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#activite")).to_have_value("racine:04M05")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}{FORM}?annee=2024&etablissement=290000003&regroupement=racine&activite=racine:04M05")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_a_form_opens(browser: Browser, site: str, scheme: str) -> None:
    page = opened(browser, script=True, width=1280, scheme=scheme)

    page.goto(site + FORM)
    expect(page.locator("#apercu")).not_to_be_empty()
    assert violations(page) == []
    page.check("[name=portee][value=panier]")
    page.get_by_role("button", name="Composer le panier").click()
    expect(page.locator("#choix-liste")).to_be_visible()
    assert violations(page) == []
    page.check("[name=portee][value=etablissement]")
    page.locator("#etablissement").press_sequentially("hop")
    expect(page.locator("#suggestions-etablissement [role=option]").first).to_be_visible()
    assert violations(page) == []
    page.context.close()


def test_nothing_scrolls_sideways(browser: Browser, site: str) -> None:
    page = opened(browser, script=True, width=320)
    long = f"{FORM}?annee=2023&panier={'290000099,' * 40}"
    for path in (
        FORM,
        f"{FORM}/formulaire?portee=panier&panier={ONE}",
        long,
        "/paniers",
        f"/paniers?choisis=oui&coche={ONE}",
    ):
        page.goto(site + path)
        assert fits(page), path
    page.goto(site + FORM)
    page.check("[name=portee][value=panier]")
    page.get_by_role("button", name="Composer le panier").click()
    expect(page.locator("#choix-liste")).to_be_visible()
    assert fits(page)
    page.context.close()
