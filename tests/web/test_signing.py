"""Signing in and out, by the pages: the cookie, where one comes back, what is refused, what is told."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from sanoscope import workspace as workspaces
from sanoscope.access.journal import Journal
from sanoscope.access.passwords import Passwords
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.access.people import Clock, Person, person
from tests.smtp import mail_server

OURS = {"Origin": "http://testserver"}
OTHER = "lampe quartz hibou mercredi"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def place(small: Workspace, tmp_path: Path) -> Workspace:
    """The small edition, in a workspace whose state is written."""
    root = tmp_path / "espace"
    root.mkdir()
    (root / "editions").symlink_to(small.editions)
    (root / "sanoscope.toml").write_text("")
    return workspaces.load(root)


@pytest.fixture
def client(place: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(place), raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


@pytest.fixture
def jeanne(place: Workspace, clock: Clock) -> Person:
    return person(place, clock, "jeanne")


def sign_in(client: TestClient, who: Person, **other: str) -> Response:
    return client.post("/connexion", data=who.shown(**other), headers=OURS)


def test_who_signs_in_comes_back_where_he_was_and_is_told_by_his_name(client: TestClient, jeanne: Person) -> None:
    here = "/restitutions?champ=mco"
    entry = re.search(r'href="(/connexion\?vers=[^"]+)"', client.get(here).text)
    assert entry
    form = client.get(entry[1])
    assert f'name="vers" value="{here}"' in form.text
    answer = sign_in(client, jeanne, vers=here)
    assert (answer.status_code, answer.headers["location"]) == (303, here)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("session=")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/"))
    assert "Max-Age" not in cookie, "it ends with the browser"
    page = client.get(here)
    assert ">jeanne</a>" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    assert "no-store" not in client.get("/static/sanoscope.css").headers.get("cache-control", "")
    english = client.post("/en/connexion", data=jeanne.shown(), headers=OURS)
    assert english.headers["location"] == "/en/compte"


def test_where_the_site_is_https_the_cookie_is_for_it_alone(place: Workspace, jeanne: Person) -> None:
    settings = replace(place.settings, adresse="https://stats.exemple.fr")
    app = create_app(replace(place, settings=settings))
    with TestClient(app, base_url="https://stats.exemple.fr", follow_redirects=False) as client:
        origin = {"Origin": "https://stats.exemple.fr"}
        cookie = client.post("/connexion", data=jeanne.shown(), headers=origin).headers["set-cookie"]
        assert cookie.startswith("__Host-session=")
        assert "Secure" in cookie
        assert "Domain" not in cookie
        assert ">jeanne</a>" in client.get("/").text


def test_signing_in_and_out_each_change_the_cookie(client: TestClient, jeanne: Person) -> None:
    sign_in(client, jeanne)
    first = client.cookies["session"]
    sign_in(client, jeanne)
    second = client.cookies["session"]
    assert first != second
    gone = client.post("/deconnexion", headers=OURS)
    assert "Vous êtes déconnecté" in gone.text
    assert "session" not in client.cookies
    for old in (first, second, "inconnu"):
        client.cookies.set("session", old)
        assert ">jeanne</a>" not in client.get("/").text
        client.cookies.clear()
    assert client.post("/deconnexion", headers=OURS).status_code == 401


@pytest.mark.parametrize("vers", ["https://ailleurs.fr/", "//ailleurs.fr", "/\\ailleurs.fr", "javascript:alert(1)"])
def test_no_way_in_leads_elsewhere(vers: str, client: TestClient, jeanne: Person) -> None:
    assert client.get("/connexion", params={"vers": vers}).status_code == 400
    assert sign_in(client, jeanne, vers=vers).status_code == 400


def test_a_refusal_keeps_the_name_and_tells_nothing_more(client: TestClient, jeanne: Person) -> None:
    known = sign_in(client, jeanne, mot_de_passe="un autre")
    unknown = client.post("/connexion", data={"nom": "jeannot", "mot_de_passe": "x", "code": "1"}, headers=OURS)
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("jeanne", "NOM") == unknown.text.replace("jeannot", "NOM")
    assert 'value="jeanne"' in known.text
    assert "un autre" not in known.text
    assert "session" not in client.cookies
    hostile = client.post("/connexion", data={"nom": '"><script>x', "mot_de_passe": "", "code": ""}, headers=OURS)
    assert "<script>x" not in hostile.text


def test_posts_of_other_sites_do_nothing_in_a_session(client: TestClient, jeanne: Person) -> None:
    sign_in(client, jeanne)
    others: list[dict[str, str]] = [
        {},
        {"Origin": "https://ailleurs.fr"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-site"},
    ]
    for headers in others:
        assert client.post("/deconnexion", headers=headers).status_code == 403, headers
        assert client.post("/paniers", data={"nom_du_panier": "x"}, headers=headers).status_code == 403, headers
    assert ">jeanne</a>" in client.get("/").text
    assert client.post("/deconnexion", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_too_many_refusals_close_the_door_to_the_account_and_to_the_address(place: Workspace, jeanne: Person) -> None:
    few = replace(place, settings=replace(place.settings, essais_par_heure=3))
    with TestClient(create_app(few), client=("192.0.2.1", 1), follow_redirects=False) as client:
        for _ in range(3):
            assert sign_in(client, jeanne, mot_de_passe="un autre").status_code == 401
        refused = sign_in(client, jeanne)
        assert (refused.status_code, "session" in client.cookies) == (429, False)
        assert int(refused.headers["retry-after"]) > 0
        app = client.app
    elsewhere = TestClient(app, client=("192.0.2.2", 1), follow_redirects=False)
    assert sign_in(elsewhere, jeanne).status_code == 429, "the account, from anywhere"
    assert sign_in(elsewhere, jeanne, nom="paul").status_code == 401, "another account"


def test_a_link_makes_an_account_its_owners(client: TestClient, place: Workspace, jeanne: Person, clock: Clock) -> None:
    link = Passwords(place).invite(jeanne.account)
    page = client.get("/connexion/rejoindre", params={"jeton": link})
    assert page.headers["referrer-policy"] == "same-origin", "else browsers hide where its form is posted from"
    assert "<svg" in page.text
    found = re.search(r'name="secret" value="([A-Z2-7]{32})"', page.text)
    assert found
    secret = found[1]
    typed = {"jeton": link, "secret": secret, "mot_de_passe": OTHER, "encore": OTHER}
    for other, word in (
        ({"encore": "autre"}, "pas les mêmes"),
        ({"code": "000000"}, "de l&#39;instant"),
        ({"mot_de_passe": "court", "encore": "court", "code": clock.code(secret)}, "trop court"),
    ):
        answer = client.post("/connexion/rejoindre", data=typed | {"code": "1"} | other, headers=OURS)
        assert (answer.status_code, word in answer.text) == (400, True), other
        assert f'value="{secret}"' in answer.text, "the telephone has this one"
        assert OTHER not in answer.text
    answer = client.post("/connexion/rejoindre", data=typed | {"code": clock.code(secret)}, headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/compte")
    assert ">jeanne</a>" in client.get("/").text
    assert client.get("/connexion/rejoindre", params={"jeton": link}).status_code == 404


def test_a_forgotten_password_is_chosen_again_by_mail_and_telephone(
    place: Workspace, jeanne: Person, clock: Clock
) -> None:
    with mail_server() as box:
        settings = replace(
            place.settings, adresse="http://testserver", courriel_serveur=box.address, courriel_de="site@exemple.fr"
        )
        with TestClient(create_app(replace(place, settings=settings)), follow_redirects=False) as client:
            said = {
                client.post("/connexion/oubli", data={"courriel": address}, headers=OURS).text
                for address in ("personne@exemple.fr", "jeanne@exemple.fr")
            }
            assert len(said) == 1
            (letter,) = box.wait(1)
            assert letter.to == ("jeanne@exemple.fr",)
            link = re.search(r"http://testserver(/connexion/mot-de-passe\?jeton=([\w-]+))", letter.text)
            assert link
            assert "Pour le compte « jeanne »" in client.get(link[1]).text
            typed = {"jeton": link[2], "mot_de_passe": OTHER, "encore": OTHER}
            there = "/connexion/mot-de-passe"
            wrong = client.post(there, data=typed | {"code": "000000"}, headers=OURS)
            assert (wrong.status_code, "de l&#39;instant" in wrong.text) == (400, True)
            done = client.post(
                "/connexion/mot-de-passe", data=typed | {"code": clock.code(jeanne.secret)}, headers=OURS
            )
            assert (done.status_code, "session" in client.cookies) == (303, True)
            assert sign_in(client, jeanne).status_code == 401
            assert sign_in(client, jeanne, mot_de_passe=OTHER).status_code == 303


def test_without_mail_the_page_says_whom_to_ask(client: TestClient) -> None:
    assert "n'envoie pas de courriels" in client.get("/connexion/oubli").text.replace("&#39;", "'")
    assert client.post("/connexion/oubli", data={"courriel": "a@b.fr"}, headers=OURS).status_code == 404


def test_a_state_that_is_down_gives_no_right_and_takes_no_page_away(
    client: TestClient, place: Workspace, jeanne: Person
) -> None:
    sign_in(client, jeanne)
    place.state.rename(place.root / "ailleurs")
    place.state.mkdir()
    page = client.get("/restitutions")
    assert (page.status_code, ">jeanne</a>" in page.text) == (200, False)


def test_who_signs_in_is_told_to_the_journal(client: TestClient, place: Workspace, jeanne: Person) -> None:
    sign_in(client, jeanne, mot_de_passe="un autre")
    sign_in(client, jeanne)
    client.get("/restitutions/casemix-mco?annee=2023&zone=departement:29")
    acts = [(line.actor, line.act) for line in Journal(place).lines()][-3:]
    assert acts == [("jeanne", "connexion-refusee"), ("jeanne", "connexion"), ("jeanne", "demande")]
