"""Two editions on one page: what they were made from and the open figures that moved; and an older one says so."""

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import catalogue
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.intake.receive import receive
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.pmsi import write
from tests.web.conftest import served
from tests.web.reading import violations
from tests.web.test_english import french_in
from tests.web.test_rgaa import STRUCTURE

SLUG = "cartographie-activite-mco"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """« a » then « b » published, « c » built and published to nobody."""
    root = tmp_path_factory.mktemp("trois")
    place = workspaces.create(root / "espace")
    for name, finess, stays in (("a", "290000017", 60), ("b", "290000025", 40), ("c", "290000033", 30)):
        receive(place, [write(root / name, f"{finess}.2023.12.rsa", [{"n": stays}])])
        build(place, catalogue(), name=name, before="a" if name > "a" else "", secret=1)
    publication.publish(place.editions, "a")
    publication.publish(place.editions, "b")
    return place


@pytest.fixture(scope="module")
def client(three: Workspace) -> TestClient:
    return TestClient(create_app(three))


def main(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.text.split('<main id="contenu"')[1].split("</main>", maxsplit=1)[0])


def test_the_list_leads_to_the_comparison_with_the_one_before(client: TestClient) -> None:
    page = main(client, "/editions")
    assert re.findall(r'href="(/editions/comparer[^"]*)"', page) == ["/editions/comparer?de=a&a=b"]


def test_an_edition_that_is_not_published_is_told_to_nobody(client: TestClient) -> None:
    assert re.findall(r'id="edition-\d+">(\w) ', main(client, "/editions")) == ["b", "a"]
    assert [edition["nom"] for edition in client.get("/api/v1/editions").json()] == ["b", "a"]


def test_the_comparison_says_what_came_and_what_moved(client: TestClient) -> None:
    page = main(client, f"/editions/comparer?de=a&a=b&restitution={SLUG}")
    assert "290000025" in page
    assert re.search(r"<td>nouvelle</td><td>–</td><td>décembre</td>", page)
    (total,) = re.findall(r"Total.*?</tr>", page, re.S)[:1]
    assert re.findall(r'<td class="nombre">(.*?)</td>', total) == ["60", "100", "40 (66,7 %)"]
    for address in re.findall(r'href="(/[^"]*)"', page):
        assert client.get(address).status_code == 200, address
    assert main(client, "/editions/comparer").count("<option selected>") == 2


def test_only_published_editions_are_compared(client: TestClient) -> None:
    for query in ("de=a&a=c", "de=c&a=a", "de=rien&a=a"):
        assert client.get(f"/editions/comparer?{query}").status_code == 404
    assert client.get("/editions/comparer?de=a&a=b&restitution=rien").status_code == 404
    assert "c" not in re.findall(r"<option[^>]*>(\w)</option>", main(client, "/editions/comparer"))


@pytest.mark.parametrize("slug", [s for s, r in catalogue().restitutions.items() if r.acces != "libre"])
def test_no_closed_restitution_is_compared(client: TestClient, slug: str) -> None:
    assert "<h3" not in main(client, f"/editions/comparer?de=a&a=b&restitution={slug}")
    assert slug not in main(client, "/editions/comparer?de=a&a=b")


def test_an_answer_pinned_to_an_older_edition_says_that_there_is_another(client: TestClient) -> None:
    line = "Une édition plus récente est publiée : b."
    page = main(client, f"/restitutions/{SLUG}?annee=2023&edition=a")
    assert line in page
    assert f'<a href="/restitutions/{SLUG}?annee=2023">' in page
    assert f'<a href="/editions/comparer?de=a&a=b&restitution={SLUG}">' in page
    for query in ("annee=2023", "annee=2023&edition=b"):
        assert line not in main(client, f"/restitutions/{SLUG}?{query}")


def test_it_is_said_in_english(client: TestClient) -> None:
    for path in (f"/en/editions/comparer?de=a&a=b&restitution={SLUG}", f"/en/restitutions/{SLUG}?annee=2023&edition=a"):
        assert not french_in(client.get(path).text), path


def test_before_two_editions_there_is_nothing_to_compare(workspace: Workspace) -> None:
    assert "Il faut deux éditions" in main(TestClient(create_app(workspace)), "/editions/comparer")


def test_the_page_is_accessible(browser: Browser, three: Workspace) -> None:
    with served(three) as site:
        page = browser.new_page()
        page.goto(f"{site}/editions/comparer?de=a&a=b&restitution=casemix-mco")
        page.locator("details.replie").evaluate("each => each.open = true")
        assert page.evaluate(STRUCTURE) == []
        assert violations(page) == []
        page.close()


def test_what_moved_in_one_answer_is_told_figure_by_figure(client: TestClient) -> None:
    """60 stays in « a », 40 of another hospital besides in « b »: its row is new, the total moved."""
    address = f"/api/v1/restitutions/{SLUG}/ecarts"
    said = client.get(f"{address}?avec=a").json()
    assert (said["de"]["nom"], said["a"]["nom"], said["suite"]) == ("a", "b", False)
    assert said["requete"] == "annee=2023"
    moved = {one["mesure"]: one for one in said["ecarts"]}["sejours"]
    assert (moved["avant"], moved["apres"]) == ({"valeur": 60, "etat": "exact"}, {"valeur": 100, "etat": "exact"})
    assert (moved["annee"], moved["ecart"], moved["evolution"]) == (2023, 40, 66.7)
    assert said["nouveaux"] > 0
    back = client.get(f"{address}?edition=a&avec=b").json()
    assert (back["disparus"], back["nouveaux"]) == (said["nouveaux"], 0)
    assert client.get(f"{address}?avec=a&limite=1").json()["suite"] == (said["changes"] + said["approches"] > 1)
    one = client.get(f"{address}?avec=a&etablissement=290000017").json()
    assert (one["changes"], one["ecarts"]) == (0, [])
    for query, status in (("avec=c", 404), ("avec=a&edition=c", 404), ("avec=a&etablissement=290000025", 400)):
        assert client.get(f"{address}?{query}").status_code == status, query


def test_what_was_published_since_a_day_is_told_the_latest_first(client: TestClient, three: Workspace) -> None:
    said = client.get("/api/v1/changements").json()
    assert [one["edition"] for one in said["changements"]] == ["b", "a"]
    assert SLUG in said["changements"][0]["renouvelees"]
    assert client.get(said["changements"][0]["details"]).json()["nom"] == "b"
    day = said["changements"][0]["publiee_le"][:10]
    assert len(client.get(f"/api/v1/changements?depuis={day}").json()["changements"]) == 2
    assert client.get("/api/v1/changements?depuis=2999-01-01").json()["changements"] == []
    assert client.get("/api/v1/editions/c").status_code == 404
