"""Quality and capacities on the page and by the API: figures picked by hand from the raw files, to the digit."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sanoscope import workspace as workspaces
from sanoscope.access.scope import FRANCE, OPEN, Grant, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.edition import publication
from sanoscope.edition.edition import in_memory
from sanoscope.edition.published import build_published
from sanoscope.errors import CriterionError
from sanoscope.intake.receive import receive
from sanoscope.query.answer import answer
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.published import QUALITY as SMALL
from tests.published import published_beside, received
from tests.web.test_pages import page_cells

QUALITY, STAY, DAY = "qualite", "satisfaction-des-patients", "satisfaction-chirurgie-ambulatoire"
CARE, REHAB, BEDS = "qualite-des-prises-en-charge", "qualite-ssr-had", "equipements-et-capacites"
NORTH, SOUTH, CLINIC = "290000108", "290000116", "350000019"

HAS = [
    ("010000024", 2019, QUALITY, "note_48h", "75,09", 2),
    ("010000032", 2019, STAY, "note_48h", "71,79", 2),
    ("450012968", 2019, STAY, "recommandation_48h", "65,8", 1),
    ("270000326", 2019, STAY, "repas_48h", "62.9", 2),
    ("570000596", 2019, STAY, "reponses_48h", "85", 0),
    ("770790707", 2019, STAY, "evolution_48h", "2-Stable", None),
    ("130782071", 2020, STAY, "note_48h", "71.33", 2),
    ("690780663", 2020, STAY, "sortie_48h", "73.2", 2),
    ("540000445", 2020, STAY, "classe_48h", "C", None),
    ("750300881", 2019, DAY, "chambre_ambulatoire", "71,63", 2),
    ("130001647", 2019, DAY, "recommandation_ambulatoire", "87", 1),
    ("330780537", 2019, DAY, "classe_ambulatoire", "B", None),
    ("070000179", 2020, DAY, "sortie_ambulatoire", "71.7", 2),
    ("130786742", 2020, DAY, "note_ambulatoire", "83.3", 2),
    ("620000653", 2020, DAY, "reponses_ambulatoire", "66", 0),
    ("520780180", 2019, CARE, "solutions_hydroalcooliques", "106", 0),
    ("520004714", 2019, CARE, "douleur_court_sejour", "72%", 0),
    ("750300774", 2019, CARE, "lettre_ambulatoire", "0", 0),
    ("770300010", 2019, CARE, "ratio_thrombo_embolique", "4.26934834923063", 2),
    ("770300010", 2019, CARE, "alerte_thrombo_embolique", "1", 0),
    ("350000246", 2019, CARE, "solutions_hydroalcooliques_psy", "60", 0),
    ("670783273", 2020, CARE, "ratio_infection", "2.6559127533133", 2),
    ("500000146", 2020, QUALITY, "alerte_infection", "1", 0),
    ("890975501", 2019, REHAB, "lettre_ssr", "21", 0),
    ("490543675", 2019, REHAB, "classe_projet_ssr", "A", None),
    ("790017289", 2019, REHAB, "escarre_had", "83%", 0),
    ("450018528", 2019, REHAB, "dossier_had", "63", 0),
]
"""FINESS, year, restitution, measure, what the raw file says, and the decimals it is shown with; None for a word."""

SAE = [
    ("100000090", 2022, BEDS, "lits_medecine", "326", 0),
    ("100000090", 2022, BEDS, "places_mco", "56", 0),
    ("340782036", 2022, BEDS, "lits_mco", "332", 0),
    ("340782036", 2022, BEDS, "journees_mco", "84978", 0),
    ("080000425", 2022, BEDS, "lits_obstetrique", "41", 0),
    ("080000425", 2022, BEDS, "sejours_complets_mco", "21496", 0),
    ("780300323", 2022, BEDS, "lits_chirurgie", "84", 0),
    ("780300323", 2022, BEDS, "journees_exploitables_mco", "42340", 0),
    ("250000023", 2022, BEDS, "lits_chirurgie", "0", 0),
    ("250000023", 2022, BEDS, "journees_mco", "3010", 0),
    ("460000110", 2022, BEDS, "lits_mco", "207", 0),
    ("460000110", 2022, BEDS, "places_mco", "33", 0),
    ("630783538", 2022, BEDS, "lits_medecine", "28", 0),
    ("260020078", 2022, BEDS, "journees_mco", "2648", 0),
    ("760805770", 2022, BEDS, "lits_mco", "584", 0),
    ("760805770", 2022, BEDS, "sejours_complets_mco", "33253", 0),
    ("210987699", 2022, BEDS, "lits_obstetrique", "12", 0),
    ("210987699", 2022, BEDS, "journees_exploitables_mco", "50088", 0),
    ("800015729", 2022, BEDS, "sejours_complets_mco", "4608", 0),
    ("500000401", 2022, BEDS, "places_mco", "23", 0),
]

FRANCE_ACCOUNTS = Scope(frozenset({Grant("national", FRANCE, frozenset({"couts-finances"}))}))

Picked = tuple[str, int, str, str, str, int | None]


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The site of the real files of quality and of the capacities, each published once."""
    place = workspaces.create(tmp_path_factory.mktemp("qualite") / "espace")
    folder = shared / "data" / "indicators"
    for source, path in (("qualite-has", folder / "has"), ("sae", folder / "sae_2022" / "MCO_2022r.csv.gz")):
        assert receive(place, [path], published=[catalogue().source(source).attendu]).clean
        build_published(place, catalogue(), source, name=source)
        publication.publish(place.editions, source)
    return TestClient(create_app(place))


def on_page(client: TestClient, address: str) -> list[dict[str, str]]:
    """Return the rows of the table of a page, by name of column."""
    page = client.get(address)
    assert page.status_code == 200, address
    names = re.findall(r'data-tri="([^"]+)"', page.text)
    return [dict(zip(names, row, strict=True)) for row in page_cells(page.text)]


@pytest.mark.parametrize("picked", [*HAS, *SAE], ids=lambda one: "-".join(map(str, one[:4])))
def test_a_figure_of_a_raw_file_is_on_the_page_and_in_the_api(real: TestClient, picked: Picked) -> None:
    finess, year, slug, measure, raw, decimals = picked
    asked = f"annee={year}&etablissement={finess}"
    page = on_page(real, f"/restitutions/{slug}?{asked}")[0]
    (told,) = (
        row
        for row in real.get(f"/api/v1/restitutions/{slug}/donnees?{asked}").json()["lignes"]
        if row["genre"] == "detail"
    )
    assert (page["finess"], told["finess"]) == (finess, finess)
    if decimals is None:
        assert (page[measure], told[measure]) == (raw, raw)
        return
    figure = round(float(raw.rstrip("%").replace(",", ".")), decimals)
    assert (told[measure], told[measure + "_etat"]) == (figure, "exact")
    assert page[measure] == f"{figure:,.{decimals}f}".replace(",", "\u202f").replace(".", ",")


@pytest.mark.parametrize(
    ("finess", "year", "slug", "measure", "word", "state"),
    [
        ("010000065", 2019, STAY, "note_48h", "…", "indisponible"),
        ("170000087", 2019, REHAB, "lettre_ssr", "–", "sans_objet"),
        ("780300323", 2020, CARE, "solutions_hydroalcooliques", "…", "indisponible"),
        ("260020078", 2022, BEDS, "lits_medecine", "…", "indisponible"),
    ],
)
def test_what_a_raw_file_does_not_say_is_a_state(
    real: TestClient, finess: str, year: int, slug: str, measure: str, word: str, state: str
) -> None:
    asked = f"annee={year}&etablissement={finess}"
    assert on_page(real, f"/restitutions/{slug}?{asked}")[0][measure] == word
    row = real.get(f"/api/v1/restitutions/{slug}/donnees?{asked}").json()["lignes"][0]
    assert (row[measure], row[measure + "_etat"]) == (None, state)


def test_a_restitution_is_of_the_years_that_say_something(real: TestClient) -> None:
    """The survey of 2020 has nothing of rehabilitation: 2019 is the last year, and 2020 is refused."""
    assert (
        real.get(f"/api/v1/restitutions/{REHAB}/donnees?zone=departement:29").json()["requete"].startswith("annee=2019")
    )
    refused = real.get(f"/api/v1/restitutions/{REHAB}/donnees?annee=2020")
    assert (refused.status_code, "2019" in refused.text) == (400, True)
    lines_of = real.get(f"/api/v1/restitutions/{REHAB}/donnees?annee=2019").json()["lignes"]
    assert [row["genre"] for row in lines_of].count("detail") == 1888


# small files --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    place = workspaces.create(tmp_path_factory.mktemp("petite") / "espace")
    published_beside(place)
    return place


def ask(place: Workspace, slug: str, **criteria: str) -> Table:
    return Service(place, catalogue()).ask(slug, list(criteria.items()), OPEN)[1]


def lines(table: Table, *names: str) -> list[tuple[str | float | None, ...]]:
    """Return the rows of some columns: texts, and figures where they are exact."""
    columns = {label.name: label.values for label in table.labels}
    columns |= {figure.name: figure.values for figure in table.figures}
    return list(zip(*(columns[name] for name in names), strict=True))


def test_several_years_follow_each_other_each_with_its_own_mean(place: Workspace) -> None:
    table = ask(place, STAY, annee="2018,2019")
    assert lines(table, "annee", "finess", "raison_sociale", "classe_48h", "note_48h", "reponses_48h") == [
        ("2018", NORTH, "CHU, SITE NORD", "B", 74.2, 412),
        ("2018", SOUTH, "CHU, SITE SUD", "non disponible", None, None),
        ("2018", CLINIC, "CLINIQUE", "A", 80.0, 96),
        ("2018", "", "Moyenne simple des 3 établissements", "", 77.1, None),
        ("2019", NORTH, "CHU, SITE NORD", "B", 75.09, 412),
        ("2019", SOUTH, "CHU, SITE SUD", "non disponible", None, None),
        ("2019", CLINIC, "CLINIQUE", "A", 79.5, 96),
        ("2019", "", "Moyenne simple des 3 établissements", "", 77.3, None),
    ]
    assert list(table.kinds) == ["detail", "detail", "detail", "total"] * 2
    assert sum("moyenne simple" in note for note in table.notes) == 1


def test_the_history_of_a_site_is_drawn_over_the_years(place: Workspace) -> None:
    client = TestClient(create_app(place))
    page = client.get(f"/restitutions/{STAY}?annee=2018,2019&panier={NORTH},{CLINIC}")
    assert page.status_code == 200
    assert "Courbes." in page.text
    assert [(row["annee"], row["note_48h"]) for row in on_page(client, page.url.raw_path.decode())] == [
        ("2018", "74,20"),
        ("2018", "80,00"),
        ("2018", "77,10"),
        ("2019", "75,09"),
        ("2019", "79,50"),
        ("2019", "77,30"),
    ]


def test_one_site_beside_the_mean_of_its_region_and_of_the_country(place: Workspace) -> None:
    table = ask(place, STAY, annee="2019", etablissement=NORTH, comparer="region")
    names = ("raison_sociale", "note_48h", "note_48h_ecart", "reponses_48h")
    assert [
        tuple(v if isinstance(v, str) or v is None else round(v, 2) for v in row) for row in lines(table, *names)
    ] == [
        ("CHU, SITE NORD", 75.09, -2.21, 412),
        ("Moyenne simple d'un établissement", 75.09, -2.21, None),
        ("Bretagne", 77.3, None, None),
    ]
    assert "reponses_48h_ecart" not in {figure.name for figure in table.figures}
    before = ask(place, STAY, annee="2019", etablissement=NORTH, comparer="n-1")
    assert round(lines(before, "note_48h_ecart")[0][0], 2) == 0.89  # type: ignore[call-overload]


def test_what_has_no_mean_is_not_compared(place: Workspace) -> None:
    with pytest.raises(CriterionError, match="telle quelle"):
        ask(place, BEDS, annee="2022", comparer="france")


def test_sites_that_a_survey_does_not_concern_are_there_by_name_alone(place: Workspace) -> None:
    assert [row[0] for row in lines(ask(place, REHAB, annee="2019"), "finess")] == [NORTH, SOUTH, ""]
    named = ask(place, REHAB, annee="2019", etablissement=CLINIC)
    assert lines(named, "finess", "classe_lettre_ssr")[0] == (CLINIC, "sans objet")
    assert lines(ask(place, DAY, annee="2019", panier=f"{SOUTH},{CLINIC}"), "finess") == [(CLINIC,), ("",)]


def test_years_of_a_source_that_adds_up_have_a_total_each(workspace: Workspace) -> None:
    rows = "finess;raison_sociale;produits;charges;resultat\n290000017;CHU;{};90;10\n290000025;CH;50;40;10\n"
    assert received(workspace, {f"comptes_financiers_{n}.csv": rows.format(n) for n in (2022, 2023)}).clean
    build_published(workspace, catalogue(), "comptes-financiers", name="comptes")
    publication.publish(workspace.editions, "comptes")
    books = catalogue()
    money = books.restitutions["suivi-financier"]
    several = money.criteres.model_copy(update={"annee": "plusieurs"})
    changed = money.model_copy(update={"criteres": several})
    books = replace(books, restitutions={**books.restitutions, "suivi-financier": changed})
    table = Service(workspace, books).ask("suivi-financier", [("annee", "2022,2023")], FRANCE_ACCOUNTS)[1]
    assert lines(table, "annee", "finess", "total_produits") == [
        ("2022", "290000017", 2022),
        ("2022", "290000025", 50),
        ("2022", "", 2072),
        ("2023", "290000017", 2023),
        ("2023", "290000025", 50),
        ("2023", "", 2073),
    ]


def test_both_engines_answer_alike(place: Workspace) -> None:
    service = Service(place, catalogue())
    pairs = [("annee", "2018,2019"), ("comparer", "region"), ("etablissement", NORTH)]
    query, edition = service.question(STAY, pairs, OPEN)
    assert answer(query, OPEN, catalogue(), in_memory(edition)) == answer(query, OPEN, catalogue(), edition)


def test_no_count_of_answers_below_eleven_is_shown_nor_the_share_that_would_tell_it(workspace: Workspace) -> None:
    name = "resultats-esatis48h-mco-open-data-2018.csv"
    assert received(workspace, {name: SMALL[name].replace(";412;", ";9;").replace(";96;", ";10,0;")}).clean
    build_published(workspace, catalogue(), "qualite-has", name="petits")
    publication.publish(workspace.editions, "petits")
    table = ask(workspace, STAY)
    told = {figure.name: [state.value for state in figure.states] for figure in table.figures}
    sites = next(label.values for label in table.labels if label.name == "finess")
    small = [row for row, site in enumerate(sites) if site in (NORTH, "350000019")]
    assert len(small) == 2
    assert {told["reponses_48h"][row] for row in small} == {"masque"}
    assert {told["recommandation_48h"][row] for row in small} == {"secret"}
    assert {told["note_48h"][row] for row in small} == {"exact"}
