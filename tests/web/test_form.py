"""The form (step 2): what it offers, what it sends, what it says when it is wrong, its pieces."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.web.app import create_app
from sanoscope.web.wishes import criteria
from sanoscope.workspace import Workspace
from tests.web.test_search_pages import Tags

CASEMIX, SHARES, MAP = "casemix-mco", "parts-de-marche-mco", "cartographie-activite-mco"
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small), raise_server_exceptions=False, follow_redirects=False)


def attributes(html: str, identifier: str) -> dict[str, str | None]:
    (found,) = [a for _, a in Tags(html).tags if a.get("id") == identifier]
    return found


def radio(html: str, name: str, value: str) -> dict[str, str | None]:
    (found,) = [a for t, a in Tags(html).tags if t == "input" and (a.get("name"), a.get("value")) == (name, value)]
    return found


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        (
            "annee=2023&mois=&niveau_zone=&zone=&portee=agrege&secteur=&panier=&regroupement=cas",
            "annee=2023&regroupement=cas",
        ),
        ("annee=2022&annee=2023&portee=agrege&regroupement=cas", "annee=2022,2023&regroupement=cas"),
        (
            "annee=2023&niveau_zone=departement&zone=departement:29&regroupement=cas",
            "annee=2023&zone=departement:29&regroupement=cas",
        ),
        (
            "annee=2023&portee=panier&panier=290000002,290000001&etablissement=350000001&secteur=prive&regroupement=cas",
            "annee=2023&panier=290000001,290000002&regroupement=cas",
        ),
        (
            "annee=2023&portee=etablissement&etablissement=Hôpital 2&panier=zzz&regroupement=cas",
            "annee=2023&etablissement=290000003&regroupement=cas",
        ),
        (
            "annee=2023&portee=agrege&secteur=public&etablissement=zzz&regroupement=cas",
            "annee=2023&secteur=public&regroupement=cas",
        ),
        (
            "annee=2023&regroupement=racine&niveau_activite=cas&activite=c",
            "annee=2023&regroupement=racine&activite=cas:C",
        ),
        (
            "annee=2023&regroupement=racine&niveau_activite=&activite=04M05",
            "annee=2023&regroupement=racine&activite=racine:04M05",
        ),
        ("annee=&mois=", "annee=2024&regroupement=racine"),
    ],
)
def test_what_is_sent_becomes_criteria(client: TestClient, sent: str, wanted: str) -> None:
    answer = client.get(f"/restitutions/{CASEMIX}?{sent}")
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/restitutions/{CASEMIX}?{wanted}")
    assert client.get(answer.headers["location"]).status_code == 200


def test_an_address_without_fields_of_the_form_is_left_as_it_is(edition: Edition) -> None:
    given = [("annee", "2023"), ("zonne", "x"), ("panier", "Mon panier"), ("activite", "racine:04M05")]
    assert criteria(given, catalogue().restitution(CASEMIX), edition) == given


@pytest.mark.parametrize(
    ("slug", "sent", "field", "said"),
    [
        (CASEMIX, "annee=1999", "annee", "« 1999 » n'est pas admis"),
        (CASEMIX, "annee=2023&zone=departement:999", "zone", "« departement:999 » n'est pas admis"),
        (CASEMIX, "annee=2023&niveau_zone=region&zone=", "zone", "pas de zone"),
        (CASEMIX, "annee=2023&portee=panier", "panier", "Il n'y a pas de panier"),
        (CASEMIX, "annee=2023&portee=panier&panier=Inconnu", "panier", "ni un panier enregistré"),
        (CASEMIX, "annee=2023&portee=etablissement", "etablissement", "Il n'y a pas d'établissement"),
        (CASEMIX, "annee=2023&portee=etablissement&etablissement=hopital", "etablissement", "peut être 11 codes"),
        (CASEMIX, "annee=2023&portee=etablissement&etablissement=290000099", "etablissement", "n'a rien transmis"),
        (CASEMIX, "annee=2023&niveau_activite=racine", "activite", "pas d'activité"),
        (CASEMIX, "annee=2023&niveau_activite=cas&activite=racine:04M05", "activite", "pas du niveau choisi"),
        (CASEMIX, "annee=2023&activite=zzzz", "activite", "ne se trouve pas"),
        (CASEMIX, "annee=2023&mois=6&regroupement=racine", "mois", "ne publie pas"),
        (SHARES, "annee=2023&zone=code_geo:29000&regroupement=racine", "regroupement", "ne publie pas"),
    ],
)
def test_an_error_is_beside_its_field(client: TestClient, slug: str, sent: str, field: str, said: str) -> None:
    answer = client.get(f"/restitutions/{slug}?{sent}")
    html = answer.text
    assert answer.status_code == 400
    summary = attributes(html, "erreur")
    assert (summary["role"], summary["tabindex"], "autofocus" in summary) == ("alert", "-1", True)
    assert f'href="#{field}"' in html
    told = unescape(html.split(f'id="faute-{field}"')[1].split("</p>")[0])
    assert said in told
    assert f"faute-{field}" in str(attributes(html, field)["aria-describedby"])
    assert html.count('class="faute"') == 1


def test_what_was_filled_in_is_kept_when_it_is_wrong(client: TestClient) -> None:
    sent = "annee=2022&annee=2023&zone=departement:29&portee=panier&panier=<b>&etablissement=290000001&regroupement=ga"
    html = client.get(f"/restitutions/{CASEMIX}?{sent}&niveau_activite=racine&activite=04M05&edition=petite").text
    assert "checked" in radio(html, "annee", "2022")
    assert "checked" in radio(html, "annee", "2023")
    assert "checked" in radio(html, "portee", "panier")
    assert "checked" in radio(html, "regroupement", "ga")
    assert attributes(html, "panier")["value"] == "<b>"
    assert "<b>" not in html
    assert attributes(html, "etablissement")["value"] == "290000001"
    assert attributes(html, "activite")["value"] == "04M05"
    assert radio(html, "edition", "petite")["type"] == "hidden"
    assert '<option value="departement:29" selected>' in html
    assert '<option value="racine" selected>' in html


def test_levels_say_what_is_open(client: TestClient) -> None:
    shares = client.get(f"/restitutions/{SHARES}").text
    assert "disabled" in radio(shares, "regroupement", "ghm")
    html = client.get(f"/restitutions/{CASEMIX}").text
    for level in ("racine", "cmd", "doac", "gp", "ga", "cas", "ghm"):
        assert "disabled" not in radio(html, "regroupement", level)
        monthly = client.get(f"/api/v1/restitutions/{CASEMIX}/donnees?mois=6&regroupement={level}").status_code == 200
        label = unescape(html.split(f'name="regroupement" value="{level}"')[1].split("</label>")[0])
        assert ("année entière seulement" in label) != monthly
    for spelled in ("Catégorie majeure de diagnostic", "Domaine d'activité", "Groupe homogène de malades"):
        assert spelled in unescape(html)


def test_years_say_their_state(client: TestClient) -> None:
    assert {"2024 (en cours, M9)", "2023 (complète)"} <= set(
        re.findall(r"20\d\d \(.*?\)", client.get(f"/restitutions/{CASEMIX}").text)
    )
    english = client.get(f"/en/restitutions/{CASEMIX}").text
    assert {"2024 (in progress, M9)", "2023 (complete)"} <= set(re.findall(r"20\d\d \(.*?\)", english))


def test_siblings_are_named(client: TestClient) -> None:
    html = client.get(f"/restitutions/{CASEMIX}").text.split('class="carte voisines"')[1].split("</nav>")[0]
    own, others = html.split("La même question, ailleurs")
    assert f'href="/restitutions/{MAP}"' in own
    assert f'href="/restitutions/{CASEMIX}"' not in html
    assert 'aria-current="page"' in own
    assert set(re.findall(r'href="/restitutions/([\w-]+)"', others)) == {"casemix-smr", "casemix-had", "casemix-psy"}
    assert "casemix-smr" not in own


# pieces -------------------------------------------------------------------------------------------------------------


def test_a_level_narrows_the_zones(client: TestClient) -> None:
    every = client.get(f"/restitutions/{CASEMIX}/zones").text
    region = client.get(f"/restitutions/{CASEMIX}/zones?niveau_zone=region&zone=region:53")
    values = re.findall(r'<option value="(.*?)"', region.text)
    assert values[0] == ""
    assert {value.partition(":")[0] for value in values[1:]} == {"region"}
    assert '<option value="region:53" selected>' in region.text
    assert region.headers["HX-Trigger-After-Swap"]
    assert {"region", "departement"} <= {v.partition(":")[0] for v in re.findall(r'<option value="(.*?)"', every)}
    assert "<html" not in every


def test_suggestions_follow_the_level_and_what_is_open(client: TestClient) -> None:
    def suggested(query: str, slug: str = CASEMIX) -> list[str]:
        return re.findall(r'data-valeur="(.*?)"', client.get(f"/restitutions/{slug}/suggestions?{query}").text)

    every = suggested("activite=04M05")
    assert "racine:04M05" in every
    assert not any(value.startswith("ghm:") for value in every)
    assert suggested("activite=04M05&niveau_activite=racine")[0] == "racine:04M05"
    assert all(value.startswith("ga:") for value in suggested("activite=chirurgie&niveau_activite=ga"))
    assert suggested("champ=etablissement&etablissement=290000001") == ["290000001"]
    for nothing in ("", "activite=", "activite=%F0%9F%99%82", "activite=" + "a" * 400):
        assert suggested(nothing) == []


def test_the_hint_counts_the_rows_of_the_answer(client: TestClient) -> None:
    question = "annee=2023&zone=departement:29&regroupement=cas"
    rows = client.get(f"/api/v1/restitutions/{CASEMIX}/donnees?{question}").json()["lignes"]
    told = client.get(f"/restitutions/{CASEMIX}/apercu?{question}&portee=agrege", headers=HTMX).text
    assert f"La réponse aura {len(rows)} lignes" in told
    assert "<html" not in told
    refused = client.get(f"/restitutions/{CASEMIX}/apercu?annee=2023&regroupement=racine&mois=6", headers=HTMX)
    assert refused.status_code == 200  # htmx shows nothing of an answer that is refused
    assert "ne publie pas ce croisement" in refused.text


def test_the_hint_without_script_is_on_the_form(client: TestClient) -> None:
    leads = client.get(f"/restitutions/{CASEMIX}/apercu?annee=2023&regroupement=cas").headers["location"]
    assert urlsplit(leads).path == f"/restitutions/{CASEMIX}/formulaire"
    assert "lignes, total compris" in client.get(leads).text
    refused = client.get(f"/restitutions/{CASEMIX}/formulaire?annee=2023&regroupement=racine&mois=6&compter=oui")
    assert "ne publie pas ce croisement" in refused.text
    assert "La réponse aura" not in client.get(f"/restitutions/{CASEMIX}").text


def test_leaving_for_the_picker_carries_the_question(client: TestClient) -> None:
    sent = "annee=2023&mois=&zone=region:53&portee=panier&panier=290000001&regroupement=cas"
    leads = client.get(f"/restitutions/{CASEMIX}/panier?{sent}").headers["location"]
    carried = parse_qs(urlsplit(leads).query)
    assert carried["pour"] == [CASEMIX]
    assert parse_qs(carried["question"][0]) == {"annee": ["2023"], "zone": ["region:53"], "regroupement": ["cas"]}
    assert carried["panier"] == ["290000001"]
    back = client.get(f"/paniers/utiliser?restitution={CASEMIX}&coche=290000002&{urlsplit(leads).query}").headers[
        "location"
    ]
    assert parse_qs(urlsplit(back).query)["panier"] == ["290000001,290000002"]
    html = client.get(back).text
    assert "checked" in radio(html, "portee", "panier")
    assert "checked" in radio(html, "regroupement", "cas")
    assert '<option value="region:53" selected>' in html


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)",
    "{{ 7*7 }}",
    "%(n)s",
    "\0",
    "a" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "name",
    [
        "zone",
        "panier",
        "etablissement",
        "activite",
        "regroupement",
        "niveau_zone",
        "niveau_activite",
        "portee",
        "comparer",
        "x",
    ],
)
def test_nothing_hostile_gets_through(client: TestClient, name: str, text: str) -> None:
    for path in ("", "/formulaire", "/apercu", "/zones", "/suggestions"):
        sent = {"annee": "2023", "portee": "panier" if name == "panier" else "etablissement", name: text}
        answer = client.get(f"/restitutions/{CASEMIX}{path}", params=sent, headers=HTMX)
        assert answer.status_code in (200, 303, 400), path
        for tag, given in Tags(answer.text).tags:
            assert not any(attribute.startswith("on") for attribute in given)
            data = given.get("type") == "application/ld+json"  # a block of data is no script
            assert tag != "script" or data or str(given["src"]).startswith("/static/")
            assert tag != "img" or str(given["src"]).startswith("/static/")


def test_words_of_the_form_teach(edition: Edition) -> None:
    asked = [("portee", "etablissement"), ("etablissement", "hôpital")]
    with pytest.raises(CriterionError) as refused:
        criteria(asked, catalogue().restitution(CASEMIX), edition)
    assert "290000001 (Hôpital 0)" in refused.value.allowed


@pytest.mark.parametrize(
    "slug", [slug for slug, one in catalogue().restitutions.items() if OPEN.may_read(one) and not one.source]
)
def test_every_open_restitution_has_a_form(client: TestClient, slug: str) -> None:
    assert client.get(f"/restitutions/{slug}").status_code == 200


def test_a_recruitment_zone_is_refused_where_establishments_are_not_counted(client: TestClient) -> None:
    answer = client.get("/restitutions/taux-de-recours-tous-champs?annee=2023&zone=recrutement:290000001")
    assert answer.status_code == 400
    assert "pas de zone de recrutement" in answer.text
