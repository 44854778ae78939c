"""``sanoscope access``: from an account to a key that answers, and the journal of all of it."""

import json
from pathlib import Path

from typer.testing import CliRunner

from sanoscope.access.accounts import Accounts
from sanoscope.access.passwords import JOIN, Passwords
from sanoscope.access.reader import Reader
from sanoscope.access.requests import Requests
from sanoscope.access.rights import today
from sanoscope.access.scope import Grant, Perimeter
from sanoscope.cli.main import app
from sanoscope.workspace import Workspace


def access(place: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["access", *words, "--workspace", str(place)])
    assert done.exit_code == code, done.output
    return done.output


def test_from_an_account_to_a_key_and_back(workspace: Workspace) -> None:
    place = workspace.root
    access(place, "open", "jeanne", "--organisation", "ARS Bretagne")
    given = access(
        place,
        "give",
        "ARS Bretagne",
        "--profil",
        "regional",
        "--perimetre",
        "region:53",
        "--domaines",
        "activite",
        "--motif",
        "convention",
    )
    key = access(place, "key", "jeanne", "--nom", "R", "--jours", "30").split()[-1]
    told = Accounts(workspace).reader(key)
    assert [str(grant.perimeter) for grant in told.scope.grants] == ["région 53"]
    listed = access(place, "accounts")
    assert "jeanne (ARS Bretagne)" in listed
    assert "région 53" in listed
    assert key not in listed
    right = given.split()[1]
    access(place, "withdraw", right)
    assert not Accounts(workspace).reader(key).scope.grants
    assert "Journal intact : 4 lignes" in access(place, "journal")
    lines = [json.loads(line) for line in access(place, "journal", "--export").splitlines()]
    assert [line["acte"] for line in lines] == ["compte-ouvert", "droit-accorde", "cle-faite", "droit-retire"]
    assert {line["acteur"] for line in lines} == {"exploitant"}
    access(place, "close", "jeanne")
    assert "fermé" in access(place, "accounts")


def test_what_is_wrong_is_said(workspace: Workspace) -> None:
    place = workspace.root
    give = ("give", "A", "--motif", "m", "--profil")
    france, domain = ("--perimetre", "france"), ("--domaines", "activite")
    for words, said in (
        ((*give, "roi", *france, *domain), "national, regional, etablissement, securise"),
        ((*give, "regional", *france, *domain), "region:CODE,CODE"),
        ((*give, "national", "--perimetre", "ville:1", *domain), "perimetre-invalide"),
        ((*give, "national", *france, "--domaines", "tout"), "medicaments"),
        ((*give, "national", *france, "--domaines", ""), "pas de domaine"),
        ((*give, "national", *france, *domain, "--du", "hier"), "AAAA-MM-JJ"),
        (("key", "personne", "--nom", "R"), "compte-inconnu"),
    ):
        assert said in access(place, *words, code=1)
    assert "0 lignes" in access(place, "journal")


def test_an_account_is_invited_and_trusted(workspace: Workspace) -> None:
    place = workspace.root
    access(place, "open", "paul", "--organisation", "ARS", "--courriel", "Paul@Exemple.fr", "--role", "organisation")
    said = access(place, "invite", "paul")
    assert "sert une fois, en 7 jours" in said
    _, link = said.split("/connexion/rejoindre?jeton=")
    assert Passwords(workspace).holder(link.strip(), JOIN).address == "paul@exemple.fr"
    assert "administrateur de son organisation" in access(place, "accounts")
    access(place, "role", "paul", "aucun")
    assert "administrateur" not in access(place, "accounts")
    assert "organisation, site" in access(place, "role", "paul", "roi", code=1)
    assert "paul" in access(place, "invite", "pau", code=1)


def test_requests_are_listed_and_decided(workspace: Workspace) -> None:
    place, known = workspace.root, Requests(workspace)
    account = Accounts(workspace).open("jeanne", "ARS")
    jeanne = Reader(account=account.identifier, name="jeanne", organisation="ARS", session="s")
    grant = Grant("regional", Perimeter("region", frozenset({"53"})), frozenset({"activite"}))
    assert "Aucune demande n'attend" in access(place, "requests")
    first, second = (known.ask(jeanne, grant, today(), today(), reason).identifier for reason in ("a", "b"))
    listed = access(place, "requests")
    assert listed.index(first) < listed.index(second)
    assert "jeanne (ARS)" in listed
    assert "région 53" in access(place, "approve", first, "--reponse", "convention signée")
    assert "demande-decidee" in access(place, "approve", first, code=1)
    assert "reponse-absente" in access(place, "refuse", second, "--reponse", " ", code=1)
    access(place, "refuse", second, "--reponse", "hors du projet")
    assert "Aucune demande n'attend" in access(place, "requests")
    every = access(place, "requests", "--toutes")
    assert all(word in every for word in ("accordée", "par exploitant : convention signée", "refusée"))
    assert "demande-inconnue" in access(place, "refuse", "inconnue", "--reponse", "x", code=1)


def test_why_an_account_is_answered_is_said(small: Workspace, tmp_path: Path) -> None:
    place = tmp_path / "espace"
    place.mkdir()
    (place / "editions").symlink_to(small.editions)
    (place / "sanoscope.toml").write_text("")
    access(place, "open", "jeanne", "--organisation", "ARS")
    open_to_all = "/restitutions/casemix-mco?annee=2023&zone=departement:29"
    assert access(place, "why", "jeanne", open_to_all).strip() == "Oui, comme à tous."
    full = f"{open_to_all}&version=complete"
    assert "profil sécurisé" in access(place, "why", "jeanne", full)
    words = ("--perimetre", "departement:29", "--domaines", "activite", "--motif", "m")
    access(place, "give", "ARS", "--profil", "securise", *words)
    assert "version publiée" in access(place, "why", "jeanne", full), "by the public service"
    said = access(place, "why", "jeanne", full, "--complet")
    assert said.startswith("Oui.\n")
    assert "il ouvre cette adresse" in said
    assert "adresse-sans-question" in access(place, "why", "jeanne", "/plan", code=1)
    assert "compte-inconnu" in access(place, "why", "jean", full, code=1)
