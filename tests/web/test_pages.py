"""The open faces: pages, API, exports say the same thing; errors teach; nothing hostile gets through."""

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient

from sanoscope.catalogue.load import catalogue
from sanoscope.query.table import State
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace

QUESTIONS = [
    ("cartographie-activite-mco", "annee=2023&activite=racine:04M05"),
    ("cartographie-activite-mco", "annee=2022,2023&zone=departement:29"),
    ("casemix-mco", "annee=2023&regroupement=racine"),
    ("casemix-mco", "annee=2024&mois=6&panier=290000001,290000002&regroupement=cas"),
    ("parts-de-marche-mco", "annee=2023&zone=departement:29"),
    ("parts-de-marche-mco", "annee=2022&zone=region:53&regroupement=cas"),
    ("cartographie-activite-mco", "annee=2023&zone=departement:29&comparer=region"),
    ("cartographie-activite-mco", "annee=2022,2023&comparer=n-1"),
    ("casemix-mco", "annee=2023&etablissement=290000001&regroupement=cas&comparer=france"),
    ("parts-de-marche-mco", "annee=2023&zone=departement:29&comparer=france"),
]


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small), raise_server_exceptions=False)


def page_cells(html: str) -> list[list[str]]:
    """The texts of a page's table; a header over several columns is the text of the first."""
    body = html.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    found = []
    for row in re.findall(r"<tr.*?</tr>", body, re.S):
        texts: list[str] = []
        for attributes, cell in re.findall(r"<t[hd]([^>]*)>(.*?)</t[hd]>", row, re.S):
            over = re.search(r'colspan="(\d+)"', attributes)
            texts += [unescape(re.sub(r"<[^>]+>", "", cell)).strip(), *([""] * (int(over[1]) - 1 if over else 0))]
        found.append(texts)
    return found


@pytest.mark.parametrize("slug", catalogue().restitutions)
def test_every_restitution_has_its_form_and_notice(client: TestClient, slug: str) -> None:
    form, notice = client.get(f"/restitutions/{slug}"), client.get(f"/restitutions/{slug}/notice")
    if source := catalogue().restitution(slug).source:  # no edition of this one is published here
        assert (form.status_code, notice.status_code) == (404, 200)
        assert f"sanoscope build --source {source}" in form.text
        return
    assert (form.status_code, notice.status_code) == (200, 200)
    labels = set(re.findall(r'<label for="(\w+)"', form.text))
    fields = set(re.findall(r'<(?:select|input type="text") id="(\w+)"', form.text))
    assert labels == fields
    assert "2024 (en cours, M9)" in form.text


def test_the_form_sends_to_the_canonical_address(client: TestClient) -> None:
    answer = client.get(
        "/restitutions/cartographie-activite-mco?annee=2023&annee=2022&mois=&zone=departement:29&secteur=",
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/restitutions/cartographie-activite-mco?annee=2022,2023&zone=departement:29"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/restitutions/cartographie-activite-mco?anne=2023", 400, "Vouliez-vous dire"),
        ("/restitutions/casemix-mcoo", 404, "casemix-mco"),
        ("/restitutions/casemix-mco?edition=../../etc", 404, "petite"),
        ("/nulle-part", 404, "accueil"),
        ("/restitutions/casemix-mco?zone=<script>alert(1)</script>", 400, "&lt;script&gt;"),
    ],
)
def test_error_pages_teach(client: TestClient, path: str, status: int, words: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert words in answer.text
    assert not inline(answer.text)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/restitutions/casemix-mco/donnees?annee=1999", 400, "valeur-inconnue"),
        ("/api/v1/restitutions/casemix-mco/donnees?format=pdf", 400, "format-inconnu"),
        ("/api/v1/restitutions/casemix-mco/donnees?annee=2022&annee=2023", 400, "critere-double"),
        ("/api/v1/restitutions/casemix-mco/donnees?scope=secure", 400, "critere-inconnu"),
        ("/api/v1/restitutions/rien/donnees", 404, "restitution-inconnue"),
        ("/api/v1/rien", 404, "page-inconnue"),
    ],
)
def test_api_errors_are_problems(client: TestClient, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "path",
    ["/", "/restitutions", "/restitutions/casemix-mco", "/restitutions/casemix-mco?annee=2023", "/paniers", "/plan"],
)
def test_a_page_loads_htmx_if_it_uses_it_and_describes_itself(client: TestClient, path: str) -> None:
    html = client.get(path).text
    assert (" hx-get=" in html) == ("htmx.min.js" in html)
    description = re.search(r'<meta name="description" content="([^"]+)">', html)
    assert description
    assert 50 < len(unescape(description[1])) < 200


def test_the_api_describes_itself(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    parameters = described["paths"]["/api/v1/restitutions/{slug}/donnees"]["get"]["parameters"]
    assert {"annee", "zone", "panier", "format", "slug"} <= {p["name"] for p in parameters}
    for path in ("/api/v1/restitutions/{slug}/donnees", "/api/v1/fiches/{slug}", "/api/v1/recherche"):
        replies = described["paths"][path]["get"]["responses"]
        assert [list(replies[status]["content"]) for status in ("400", "404")] == 2 * [["application/problem+json"]]
    assert [r["slug"] for r in client.get("/api/v1/catalogue").json()] == list(catalogue().restitutions)
    assert client.get("/api/v1/restitutions/casemix-mco").json()["mesures"]
    assert client.get("/api/v1/editions").json()[0]["publiee"]
    assert client.get("/sante").json()["etat"] == "bon"


def inline(html: str) -> list[str]:
    """The scripts, handlers and styles written in a page: only files of ours may run.

    A block of data (schema.org) is none; nothing in it can end it.
    """
    html = re.sub(r'<script type="application/ld\+json">[^<>&]*</script>', "", html)
    html = re.sub(r'<script (type="module" )?src="/static/[\w./-]+\.js"( defer)?></script>', "", html)
    return re.findall(r"<script.*|<style.*|<[^>]+\s(?:style|on\w+|hx-on\S*)=[^>]*>", html)


def test_pages_run_no_script_of_their_own_and_say_so(client: TestClient) -> None:
    casemix = "/restitutions/casemix-mco"
    for path in ("/", "/methode", "/methode/audit", "/editions", "/api", casemix, f"{casemix}?annee=2023"):
        answer = client.get(path)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert not inline(answer.text)
        assert 'lang="fr"' in answer.text
        assert 'href="/methode"' in answer.text


@pytest.mark.parametrize(("slug", "criteria"), QUESTIONS)
def test_a_table_has_the_legend_of_its_states(client: TestClient, slug: str, criteria: str) -> None:
    page = client.get(f"/restitutions/{slug}?{criteria}").text
    legend = page.split('<section class="legende"')[1].split("</section>")[0]
    document = client.get(f"/api/v1/restitutions/{slug}/donnees?{criteria}").json()
    states = {word for line in document["lignes"] for name, word in line.items() if name.endswith("_etat")}
    assert {line["etat"] for line in document["legende"]} == states
    assert re.findall(r"<dd>(.*?)</dd>", unescape(legend)) == [line["sens"] for line in document["legende"]]


def test_the_api_page_names_every_state(client: TestClient) -> None:
    page = client.get("/api").text
    assert all(f"<code>{state.value}</code>" in page for state in State)


def test_a_pinned_link_may_be_kept_for_ever(client: TestClient) -> None:
    answer = client.get("/api/v1/restitutions/casemix-mco/donnees?annee=2023&edition=petite")
    assert "immutable" in answer.headers["cache-control"]
