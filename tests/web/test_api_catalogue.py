"""The catalogue side of the API: what may be asked, of which codes, where figures are, how they are typed."""

import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator

from sanoscope.access.scope import DOMAINS, Grant, Scope
from sanoscope.access.scope import FRANCE as EVERYWHERE
from sanoscope.api.asked import Part
from sanoscope.api.limits import PAGE_LARGEST
from sanoscope.catalogue.load import catalogue
from sanoscope.errors import CriterionError, NotFoundError
from sanoscope.present.exports import FORMATS
from sanoscope.present.numbers import FRENCH
from sanoscope.present.pictures.geojson import centres, zones
from sanoscope.query.criteria import BESIDE, DATE, taken
from sanoscope.query.service import Service
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.small_country import HOSPITALS, YEARS

SLUGS = catalogue().restitutions
READER = Scope(frozenset({Grant("national", EVERYWHERE, frozenset(DOMAINS))}))
"""Who may read all that is published."""


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


@pytest.fixture(scope="module")
def everything(whole: Workspace) -> TestClient:
    return TestClient(create_app(whole))


def told(client: TestClient, address: str, status: int = 200) -> Any:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_what_is_given_at_most_is_told(client: TestClient, small: Workspace) -> None:
    said = told(client, "/api/v1/config")
    assert said["limites"]["lignes_par_page"] == PAGE_LARGEST
    assert said["limites"]["secondes_par_question"] == small.settings.duree_question
    assert [one["nom"] for one in said["formats"]] == [*FORMATS]
    assert said["edition"] == "petite"
    for place in (said["description"], said["catalogue"], said["documentation"]):
        assert client.get(place).status_code == 200


@pytest.mark.parametrize("slug", SLUGS)
def test_criteria_are_those_that_are_taken_each_with_its_values(everything: TestClient, slug: str) -> None:
    said = told(everything, f"/api/v1/restitutions/{slug}/criteres")
    assert [one["nom"] for one in said["criteres"]] == [*taken(SLUGS[slug]), *BESIDE, DATE]
    for one in said["criteres"]:
        assert one["sens"]
        assert one["valeurs"] or one["niveaux"] or one["nom"] in (DATE, "categorie", "secteur"), one


def test_values_are_admitted_and_what_is_open_is_answered(client: TestClient) -> None:
    """Each value is asked for alone: an open one has an answer, a closed one says that it is not published."""
    seen = set()
    for slug in ("casemix-mco", "activite-infra-annuelle-mco"):
        said = {one["nom"]: one for one in told(client, f"/api/v1/restitutions/{slug}/criteres")["criteres"]}
        assert said["annee"]["defaut"] == str(YEARS[-1])
        assert said["annee"]["plusieurs"] == (SLUGS[slug].criteres.annee == "plusieurs")
        for name in said.keys() & {"annee", "secteur", "categorie", "regroupement", "mois"}:
            for value in said[name]["valeurs"]:
                answer = client.get(f"/api/v1/restitutions/{slug}/donnees", params={name: value["valeur"]})
                refused = {200: "", 400: "non-publie"}[answer.status_code]
                assert answer.json().get("code", "") == refused, (slug, name, value)
                assert value["ouvert"] in (None, not refused), (slug, name, value)
                seen.add(value["ouvert"])
    assert seen == {True, False, None}


@pytest.mark.parametrize("slug", ["casemix-mco", "taux-de-recours-mco", "casemix-smr", "actes-mco-par-etablissement"])
def test_every_level_leads_to_codes_that_criteria_take(everything: TestClient, slug: str) -> None:
    for criterion in told(everything, f"/api/v1/restitutions/{slug}/criteres")["criteres"]:
        for level in criterion["niveaux"]:
            found = told(everything, f"{level['codes']}&limite=1")
            assert found["nombre"] >= 1, level
            assert found["critere"] in (criterion["nom"], "etablissement")
            written = level["forme"].split(":")[0]
            assert found["codes"][0]["valeur"].startswith(written) or written.isupper() or written == "recrutement"


def test_codes_come_page_by_page_each_once(client: TestClient) -> None:
    whole = told(client, "/api/v1/codes/etablissement")
    assert [one["code"] for one in whole["codes"]] == sorted(HOSPITALS)
    seen, address = [], "/api/v1/codes/etablissement?limite=5"
    while address:
        answer = client.get(address)
        assert answer.json()["nombre"] == len(HOSPITALS)
        seen += [one["code"] for one in answer.json()["codes"]]
        by_rel = {rel: link for link, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["link"])}
        address = by_rel.get("next", "")
    assert seen == sorted(HOSPITALS)
    assert "prev" in by_rel
    said = told(client, "/api/v1/codes/etablissement?limite=5&page=4", 404)
    assert (said["code"], said["admis"]) == ("page-au-dela", ["1 à 3"])


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("etablissement?q=HOPITAL 10", ["350000004"]),  # « Hôpital 10 », without its accent
        ("etablissement?q=35000&limite=2", ["350000001", "350000002"]),
        ("etablissement?parent=departement:35&q=hopital 9", ["350000003"]),
        ("departement?parent=region:53&q=ille", ["35"]),
        ("code_geo?parent=territoire:T35", ["35000", "35400"]),
        ("cmd?q=06", ["06"]),
        ("racine?parent=cmd:06", ["06K04"]),
        ("secteur", ["prive", "public"]),
        ("ght", ["GHT 29", "GHT 35"]),
    ],
)
def test_codes_are_found_by_code_by_label_and_by_what_they_are_in(
    client: TestClient, address: str, codes: list[str]
) -> None:
    assert [one["code"] for one in told(client, f"/api/v1/codes/{address}")["codes"]] == codes


def test_every_level_has_its_codes(everything: TestClient) -> None:
    levels = told(everything, "/api/v1/codes")["niveaux"]
    assert {"racine", "gme", "region", "code_geo", "etablissement", "ght", "section_analyse"} <= {
        one["niveau"] for one in levels
    }
    for one in levels:
        assert told(everything, f"{one['codes']}?limite=1")["nombre"], one


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("config?x=1", 400, "critere-inconnu"),
        ("catalogue?theme=activite", 400, "critere-inconnu"),
        ("editions?x=", 400, "critere-inconnu"),
        ("editions/petite?x=", 400, "critere-inconnu"),
        ("editions/autre", 404, "edition-introuvable"),
        ("fiches?x=1", 400, "critere-inconnu"),
        ("restitutions/casemix-mco?annee=2023", 400, "critere-inconnu"),
        ("restitutions/casemix-mco/criteres?annee=2023", 400, "critere-inconnu"),
        ("restitutions/casemix-mco/notice?format=pdf", 400, "valeur-inconnue"),
        ("restitutions/casemix-mco/notice?langue=de", 400, "valeur-inconnue"),
        ("restitutions/nulle/notice", 404, "restitution-inconnue"),
        ("codes/nul", 404, "niveau-inconnu"),
        ("codes/racine?edition=autre", 404, "edition-introuvable"),
        ("codes/racine?limite=0", 400, "valeur-inconnue"),
        ("codes/racine?limite=10001", 400, "valeur-inconnue"),
        ("codes/racine?page=deux", 400, "valeur-inconnue"),
        ("codes/racine?parent=region:53", 400, "valeur-inconnue"),
        ("codes/racine?q=-", 400, "recherche-vide"),
        ("codes/racine?q=a&q=b", 400, "critere-double"),
        ("changements?depuis=hier", 400, "valeur-inconnue"),
        ("changements?depuis=2024-02-30", 400, "valeur-inconnue"),
        ("restitutions/casemix-mco/ecarts", 400, "edition-absente"),
        ("restitutions/casemix-mco/ecarts?avec=autre", 404, "edition-introuvable"),
        ("restitutions/suivi-des-transmissions-mco/ecarts?avec=petite", 400, "ecarts-sans-objet"),
        ("restitutions/casemix-mco/carte", 404, "carte-absente"),
        ("restitutions/cartographie-activite-mco/carte?genre=flux", 400, "genre-inconnu"),
        ("restitutions/cartographie-activite-mco/carte?theme=clair", 400, "critere-inconnu"),
        ("restitutions/casemix-mco/graphiques?genre=nul", 400, "genre-inconnu"),
        ("restitutions/casemix-mco/graphiques?theme=vert", 400, "valeur-inconnue"),
        ("restitutions/suivi-des-transmissions-mco/graphiques", 404, "graphique-absent"),
    ],
)
def test_nothing_is_ignored_in_silence(client: TestClient, address: str, status: int, code: str) -> None:
    assert told(client, f"/api/v1/{address}", status)["code"] == code


def test_a_notice_is_text_or_text_and_definitions_in_the_language_preferred(client: TestClient) -> None:
    place, restitution = "/api/v1/restitutions/casemix-mco/notice", SLUGS["casemix-mco"]
    said = told(client, place)
    assert said["notice"].split() == restitution.notice.split()
    assert [one["nom"] for one in said["mesures"]] == [*restitution.mesures]
    assert all(one["definition"] for one in said["mesures"])
    plain = client.get(place, headers={"Accept": "text/markdown"})
    assert (plain.headers["content-type"], plain.text) == ("text/markdown; charset=utf-8", said["notice"])
    english = client.get(place, headers={"Accept-Language": "de, en-GB;q=0.9, fr;q=0.5"})
    assert english.headers["content-language"] == english.json()["langue"] == "en"
    assert english.json()["notice"] != said["notice"]
    assert english.json() == told(client, f"{place}?langue=en")


def test_an_edition_says_what_it_holds_and_nothing_of_the_secure_side(client: TestClient, small: Workspace) -> None:
    said = told(client, "/api/v1/editions/petite")
    assert said["publiee"]
    assert said["champs"]["mco"]["couverture"][-1] == {
        "annee": 2024,
        "mois": 9,
        "etablissements": 12,
        "jusqu_au_mois": {"5": 1, "9": 11},
    }
    public = json.loads((small.editions / "petite" / "ouvert" / "manifest.json").read_text(encoding="utf-8"))
    secure = json.loads((small.editions / "petite" / "manifest.json").read_text(encoding="utf-8"))
    for champ, held in said["champs"].items():
        assert held["empreinte"] == public["champs"][champ]["empreinte"] != secure["champs"][champ]["empreinte"]
    assert "impossibles" not in {key for year in said["champs"]["mco"]["rapprochement"] for key in year if year[key]}


MAPPED = [slug for slug, one in SLUGS.items() if one.carte and one.acces == "libre"]


@pytest.mark.parametrize("slug", MAPPED)
def test_a_map_has_every_row_of_the_answer_with_its_state_at_its_place(client: TestClient, slug: str) -> None:
    carte = SLUGS[slug].carte
    assert carte
    question = "annee=2023"
    data = told(client, f"/api/v1/restitutions/{slug}/donnees?{question}")
    rows = [row for row in data["lignes"] if row["genre"] == "detail"]
    for genre in carte.genres:
        answer = client.get(f"/api/v1/restitutions/{slug}/carte?{question}&genre={genre}")
        if answer.status_code == 404:  # the level asked for by default is not one of zones
            assert answer.json()["code"] == "rien-a-dessiner"
            continue
        assert answer.headers["content-type"] == "application/geo+json"
        found, name = answer.json(), carte.mesure
        assert found["sanoscope"]["edition"] == data["edition"]
        assert found["sanoscope"]["mesure"]["nom"] == name
        properties = [feature["properties"] for feature in found["features"]]
        if genre in ("points", "codes", "flux") or "finess" not in rows[0]:
            figures = (name, f"{name}_etat", f"{name}_estimation")
            assert [[one.get(n) for n in figures] for one in properties] == [
                [row.get(n) for n in figures] for row in rows
            ]
        else:  # territories: what is shown of each is the sum of what is shown, if all of it is
            for feature in found["features"]:
                assert feature["properties"][f"{name}_etat"] in ("exact", "approche", "secret")
        kinds = {feature["geometry"]["type"] for feature in found["features"] if feature["geometry"]}
        assert kinds <= {{"points": "Point", "codes": "Point", "flux": "LineString"}.get(genre, "MultiPolygon")}


def test_a_masked_row_is_on_the_map_without_a_figure(client: TestClient) -> None:
    found = told(client, "/api/v1/restitutions/cartographie-activite-mco/carte?annee=2023&activite=cmd:14")
    states = {feature["properties"]["sejours_etat"] for feature in found["features"]}
    assert "masque" in states
    for feature in found["features"]:
        if feature["properties"]["sejours_etat"] == "masque":
            assert feature["properties"]["sejours"] is None


def test_charts_are_the_specifications_that_pages_draw(client: TestClient) -> None:
    asked = "annee=2023&regroupement=cmd"
    said = told(client, f"/api/v1/restitutions/casemix-mco/graphiques?{asked}")
    declared = SLUGS["casemix-mco"].graphiques
    assert [one["genre"] for one in said["graphiques"]] == [one.genre for one in declared]
    drawn = told(client, f"/restitutions/casemix-mco/graphique.json?{asked}")
    assert said["graphiques"][0]["specification"] == drawn
    dark = told(client, f"/api/v1/restitutions/casemix-mco/graphiques?{asked}&theme=sombre&genre={declared[0].genre}")
    assert dark["graphiques"][0]["specification"]["config"]["background"] != drawn["config"]["background"]


@pytest.fixture(scope="module")
def description(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = told(client, "/api/v1/openapi.json")
    return found


@pytest.mark.parametrize("slug", SLUGS)
def test_an_operation_takes_the_criteria_of_its_restitution_and_has_its_columns(
    slug: str, description: dict[str, Any], whole_service: Service
) -> None:
    restitution = SLUGS[slug]
    operation = description["paths"][f"/api/v1/restitutions/{slug}/donnees"]["get"]
    assert operation["operationId"] == f"donnees_{slug.replace('-', '_')}"
    known = description["components"]["parameters"]
    parameters = [known[one["$ref"].split("/")[-1]] if "$ref" in one else one for one in operation["parameters"]]
    names = [one["name"] for one in parameters]
    assert set(names) >= {*taken(restitution), *BESIDE, DATE, "format"}
    assert not {"mois", "zone", "etablissement", "regroupement", "activite"} & {*names} - {*taken(restitution)}
    if restitution.acces == "securise":
        return
    pairs = [("etablissement", HOSPITALS[0])] if restitution.genre == "profil" else []
    try:
        _, table = whole_service.ask(slug, pairs, READER)
    except CriterionError:
        return
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    body = json.loads(FORMATS["json"].write(table, FRENCH))
    wrong = [
        e.message for e in Draft202012Validator({**schema, "components": description["components"]}).iter_errors(body)
    ]
    assert not wrong, wrong[:3]
    row = description["components"]["schemas"][operation["operationId"]]["allOf"][1]["properties"]["lignes"]["items"]
    missing = {name for name in row["properties"] if not name.endswith(("_estimation", "_marge"))}
    missing -= {name for one in body["lignes"] for name in one}
    assert not (missing and body["lignes"]), missing
    states = {one["etat"] for one in body["legende"]}
    assert states <= {*description["components"]["schemas"]["Etat"]["enum"]}


@pytest.fixture(scope="module")
def whole_service(whole: Workspace) -> Service:
    return Service(whole, catalogue())


def test_overseas_and_mainland_are_where_they_are() -> None:
    """Longitudes and latitudes of a few places, as any atlas has them."""
    for level, code, place in (
        ("departements", "29", (-4.1, 48.3)),
        ("departements", "2A", (9.0, 41.9)),
        ("departements", "974", (55.5, -21.1)),
        ("regions", "03", (-53.2, 3.9)),
    ):
        at = centres(level)[code]  # type: ignore[arg-type]
        assert at == pytest.approx(place, abs=0.3), code
    assert (len(zones("departements")), len(zones("regions"))) == (101, 18)
    for shape in zones("departements").values():
        for polygon in shape["coordinates"]:
            assert all(ring[0] == ring[-1] and len(ring) > 3 for ring in polygon)


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_page_is_a_part_and_pages_are_the_whole(page: int) -> None:
    lines = [*range(25)]
    assert lines[Part(page, 10).of(25)] == lines[10 * (page - 1) : 10 * page]
    with pytest.raises(NotFoundError):
        Part(4, 10).of(25)
