"""My account, by its page: rights, kept addresses, keys, sessions, password."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from sanoscope.access.accounts import Accounts
from sanoscope.access.scope import Grant, Perimeter
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.access.people import PASSWORD, Person, person
from tests.web.test_signing import OTHER, OURS, clock, place, sign_in

__all__ = ["clock", "place"]

QUESTION = "/restitutions/casemix-mco?annee=2023&zone=departement:29"


@pytest.fixture
def jeanne(place: Workspace, clock: object) -> Person:
    return person(place, clock, "jeanne")  # type: ignore[arg-type]


@pytest.fixture
def mine(place: Workspace, jeanne: Person) -> Iterator[TestClient]:
    """A browser in which Jeanne is signed in."""
    with TestClient(create_app(place), raise_server_exceptions=False, headers=OURS) as made:
        sign_in(made, jeanne)
        yield made


def test_who_is_not_signed_in_is_shown_the_way(place: Workspace, jeanne: Person) -> None:
    with TestClient(create_app(place), headers=OURS) as client:
        page = client.get("/compte")
        assert (page.status_code, 'href="/connexion?vers=/compte"' in page.text) == (401, True)
        _, key = Accounts(place).make_key("jeanne", "R")
        shown = {"Authorization": f"Bearer {key}"}
        assert client.get("/compte", headers=shown).status_code == 401, "a key opens no account"
        for route in ("adresses", "adresses/partager", "adresses/oublier", "cles", "cles/revoquer", "sessions"):
            for headers in ({}, shown):
                assert client.post(f"/compte/{route}", data={"nom": "x"}, headers=headers).status_code == 401, route


def test_rights_are_told_as_they_hold(mine: TestClient, place: Workspace) -> None:
    assert "vous lisez ce que tous lisent" in mine.get("/compte").text
    today = datetime.now(UTC).date()
    grant = Grant("regional", Perimeter("region", frozenset({"53"})), frozenset({"activite"}))
    right = Accounts(place).give("ARS", grant, today, today + timedelta(9), "convention")
    Accounts(place).give("ARS", grant, today - timedelta(9), today - timedelta(1), "passé")
    assert mine.get("/compte").text.count("région 53") == 1
    english = mine.get("/en/compte").text
    assert "regional" in english
    assert "until" in english
    Accounts(place).withdraw(right.identifier)
    assert "région 53" not in mine.get("/compte").text


def test_a_question_is_kept_from_its_page_shared_and_forgotten(
    mine: TestClient, place: Workspace, jeanne: Person
) -> None:
    shown = mine.get(QUESTION).text
    found = re.search(r'name="adresse" value="([^"]+)"', shown)
    name = re.search(r'id="nom-garde" name="nom" value="([^"]+)"', shown)
    assert found
    assert name
    address = found[1].replace("&amp;", "&")
    assert address.startswith("/restitutions/casemix-mco?")
    assert "Casemix" in name[1]
    page = mine.post("/compte/adresses", data={"nom": name[1], "adresse": address})
    assert found[1] in page.text
    assert mine.get(address).status_code == 200
    identifier = re.search(r'name="identifiant" value="([^"]+)"', page.text)
    assert identifier
    shared = mine.post("/compte/adresses/partager", data={"identifiant": identifier[1], "partage": "oui"})
    assert ">partagée<" in shared.text
    with TestClient(create_app(place), headers=OURS) as client:
        sign_in(client, person(place, jeanne.clock, "paul"))
        assert found[1] in client.get("/compte").text
        client.post("/compte/adresses/oublier", data={"identifiant": identifier[1]})
    assert found[1] not in mine.post("/compte/adresses/oublier", data={"identifiant": identifier[1]}).text
    refused = mine.post("/compte/adresses", data={"nom": "x", "adresse": "//ailleurs.fr"})
    assert (refused.status_code, "adresse de ce site" in refused.text) == (400, True)
    hostile = mine.post("/compte/adresses", data={"nom": "<script>x", "adresse": "/plan"})
    assert "<script>x" not in hostile.text


def test_a_key_is_made_told_once_and_revoked(mine: TestClient, place: Workspace, jeanne: Person) -> None:
    made = mine.post("/compte/cles", data={"nom": "R", "jours": "30", "domaine": ["activite", "rh"]})
    key = re.search(r"sano_[\w-]+", made.text)
    assert key
    assert key[0] not in mine.get("/compte").text
    assert Accounts(place).reader(key[0]).name == "jeanne"
    identifier = re.search(r'name="cle" value="([^"]+)"', made.text)
    assert identifier
    with TestClient(create_app(place), headers=OURS) as client:
        sign_in(client, person(place, jeanne.clock, "paul"))
        client.post("/compte/cles/revoquer", data={"cle": identifier[1]})
    assert Accounts(place).reader(key[0]), "not by another"
    mine.post("/compte/cles/revoquer", data={"cle": identifier[1]})
    assert identifier[1] not in mine.get("/compte").text
    for wrong in ({"jours": "400"}, {"jours": "x"}, {"domaine": []}, {"domaine": ["tout"]}, {"nom": ""}):
        sent = {"nom": "R", "jours": "30", "domaine": ["rh"]} | wrong
        assert mine.post("/compte/cles", data=sent).status_code == 400, wrong


def test_sessions_and_sign_ins_are_told_and_ended(mine: TestClient, place: Workspace, jeanne: Person) -> None:
    with TestClient(create_app(place), headers=OURS) as other:
        sign_in(other, jeanne, mot_de_passe="un autre")
        sign_in(other, jeanne)
        page = mine.get("/compte").text
        assert page.count("celle-ci") == 1
        assert page.count(">refusée<") == 1
        mine.post("/compte/sessions", data={"autres": "oui"})
        assert other.get("/compte").status_code == 401
    assert mine.get("/compte").status_code == 200


def test_a_password_is_changed_by_the_one_there_is(mine: TestClient, jeanne: Person) -> None:
    typed = {"mot_de_passe": OTHER, "encore": OTHER}
    wrong = mine.post("/compte/mot-de-passe", data=jeanne.shown(ancien="faux", **typed))
    assert (wrong.status_code, "ne vont pas ensemble" in wrong.text) == (400, True)
    assert mine.post("/compte/mot-de-passe", data=jeanne.shown(ancien=PASSWORD, **typed)).status_code == 200
    assert mine.get("/compte").status_code == 200, "this session goes on"
    assert sign_in(mine, jeanne).status_code == 401
    assert sign_in(mine, jeanne, mot_de_passe=OTHER).status_code == 200
