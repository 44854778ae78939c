"""The pages of administrators: each to whom it is for, each act by a form of ours, nothing of another organisation."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import select

from sanoscope.access.accounts import Accounts
from sanoscope.access.journal import Journal
from sanoscope.access.passwords import JOIN, Passwords
from sanoscope.access.requests import Requests
from sanoscope.access.rights import today
from sanoscope.access.scope import FRANCE, Grant, Perimeter
from sanoscope.access.sessions import Sessions
from sanoscope.query.service import Service
from sanoscope.state.database import reading
from sanoscope.state.tables import accounts, grants, keys, links, requests, sessions
from sanoscope.web.administration import administration_pages
from sanoscope.web.app import create_app
from sanoscope.web.deciding import deciding_pages
from sanoscope.workspace import Workspace
from tests.access.people import Clock, Person, person
from tests.smtp import mail_server
from tests.web.test_english import french_in
from tests.web.test_signing import OURS, clock, place, sign_in

__all__ = ["clock", "place"]

ROLES = {"chef": ("ARS", "organisation"), "paul": ("ARS", ""), "sophie": ("Agence", "site"), "marc": ("CHU", "site")}
BRETAGNE = Grant("regional", Perimeter("region", frozenset({"53"})), frozenset({"activite", "qualite"}))
TYPED = {"profil": "regional", "perimetre": "region", "codes": "53", "domaine": ["activite"], "motif": "convention"}
TYPED |= {"du": today().isoformat(), "au": (today() + timedelta(30)).isoformat()}

Browser = Callable[[str], TestClient]


@pytest.fixture
def people(place: Workspace, clock: Clock) -> dict[str, Person]:
    """ARS: its administrator, a reader; two administrators of the site; CHU: « ailleurs », who has all there is."""
    Accounts(place).open("ailleurs", "CHU", address="ailleurs@exemple.fr")
    return {name: person(place, clock, name, *whose) for name, whose in ROLES.items()}


@pytest.fixture
def browser(place: Workspace, people: dict[str, Person]) -> Iterator[Browser]:
    """A browser in which somebody is signed in, or nobody for ""."""
    app = create_app(place)

    def made(name: str) -> TestClient:
        client = TestClient(app, raise_server_exceptions=False, headers=OURS, follow_redirects=False)
        if name:
            sign_in(client, people[name])
        return client

    yield made


def identifier(place: Workspace, name: str) -> str:
    return Accounts(place).find(name).identifier


def asked(place: Workspace, name: str) -> str:
    """Have somebody ask for a right; return the request."""
    account = Accounts(place).find(name)
    token = Sessions(place).open(account.identifier)
    who = Sessions(place).reader(token)
    assert who
    return Requests(place).ask(who, BRETAGNE, today(), today() + timedelta(30), "convention").identifier


OF_SITE = ("/administration/demandes", "/administration/journal", "/administration/pourquoi")


def test_each_page_is_for_whom_it_is(browser: Browser, place: Workspace) -> None:
    own, other = (f"/administration/comptes/{identifier(place, name)}" for name in ("paul", "ailleurs"))
    request = f"/administration/demandes/{asked(place, 'paul')}"
    site = (*OF_SITE, request)
    wanted = {
        "": dict.fromkeys(("/administration", "/administration/droits", "/compte/demandes", own, other, *site), 401),
        "paul": dict.fromkeys(("/administration", "/administration/droits", own, other, *site), 403)
        | {"/compte/demandes": 200},
        "chef": dict.fromkeys(("/administration", "/administration/droits", "/compte/demandes", own), 200)
        | dict.fromkeys(site, 403)
        | {other: 404},
        "sophie": dict.fromkeys(
            ("/administration", "/administration/droits", "/compte/demandes", own, other, *site), 200
        ),
    }
    for name, pages in wanted.items():
        client = browser(name)
        for path, status in pages.items():
            answer = client.get(path)
            assert answer.status_code == status, (name, path)
            if not name:
                assert f'href="/connexion?vers={path}"' in answer.text
            if status == 200:
                assert answer.headers["cache-control"] == "private, no-store"
                assert answer.headers["x-robots-tag"] == "noindex"
                assert not re.search(r"<script(?! src)|<style| style=| on\w+=", answer.text), path
                if name == "sophie":
                    names = ["paul", "ailleurs", "sophie", "chef", "marc", "convention"]
                    assert not french_in(client.get(f"/en{path}").text, names), path
    absent = browser("chef").get("/administration/comptes/nul-n-a-ce-compte")
    assert absent.status_code == 404
    assert absent.text.replace("nul-n-a-ce-compte", "X") == browser("chef").get(other).text.replace(
        other.split("/")[-1], "X"
    )


def test_a_key_administers_nothing(browser: Browser, place: Workspace) -> None:
    _, key = Accounts(place).make_key("sophie", "R")
    shown = {"Authorization": f"Bearer {key}"}
    assert browser("").get("/administration", headers=shown).status_code == 401
    assert browser("").post("/administration/comptes", data={"nom": "x"}, headers=shown).status_code == 401


def routes(place: Workspace) -> list[str]:
    """Every address under /administration to which something is posted."""
    service = Service(place, create_app(place).state.service.catalogue)
    every = [*administration_pages(service).routes, *deciding_pages(service).routes]
    return sorted(one.path for one in every if isinstance(one, APIRoute) and "POST" in one.methods)


def rows(place: Workspace, organisation: str) -> list[object]:
    """Every row that is an organisation's, or of one of its accounts."""
    with reading(place) as state:
        assert state is not None
        mine = select(accounts.c.identifiant).where(accounts.c.organisation == organisation)
        wanted = [select(table).where(table.c.organisation == organisation) for table in (accounts, grants, requests)]
        wanted += [select(table).where(table.c.compte.in_(mine)) for table in (keys, links, sessions)]
        return [sorted(map(tuple, state.execute(one).all()), key=repr) for one in wanted]


def everything(place: Workspace, name: str) -> dict[str, str]:
    """All that may be typed of an account: what it has, and what it asks for."""
    known, account = Accounts(place), Accounts(place).find(name)
    key, _ = known.make_key(name, "clé")
    Passwords(place).invite(account)
    right = known.give(account.organisation, BRETAGNE, today(), today(), "m")
    return {
        "compte": account.identifier,
        "cle": key.identifier,
        "droit": right.identifier,
        "demande": asked(place, name),
        "organisation": account.organisation,
        "nom": f"neuf.{name}",
        "role": "site",
        "sur": "oui",
        "reponse": "non",
        "courriel": "",
    }


def posted(client: TestClient, path: str, of: dict[str, str], **headers: str) -> int:
    where = path.replace("{identifier}", of["demande"] if "/demandes/" in path else of["compte"])
    return client.post(where, data=TYPED | of, headers=headers or None).status_code


def test_an_administrator_of_an_organisation_changes_nothing_of_another(browser: Browser, place: Workspace) -> None:
    of, paths = everything(place, "ailleurs"), routes(place)
    assert len(paths) == 11, "a new act is tried here too"
    before = rows(place, "CHU"), rows(place, "Agence")
    for name in ("chef", "paul", ""):
        client = browser(name)
        for path in paths:
            status = posted(client, path, of)
            assert status in ({"chef": (403, 404), "paul": (403,), "": (401,)}[name]), (name, path, status)
            assert (rows(place, "CHU"), rows(place, "Agence")) == before, (name, path)
    client = browser("chef")
    for path in paths:  # the same acts on nobody: the same answer
        absent = posted(client, path, of | {"compte": "personne", "demande": "aucune", "cle": "x", "droit": "x"})
        assert absent == posted(client, path, of), path
    mixed = of | {"compte": identifier(place, "paul")}  # a key of another's, at the address of one's own
    assert posted(client, "/administration/comptes/{identifier}/cles", mixed) == 404
    assert (rows(place, "CHU"), rows(place, "Agence")) == before


def test_posts_of_other_sites_do_nothing(browser: Browser, place: Workspace) -> None:
    of, client, before = everything(place, "ailleurs"), browser("sophie"), []
    for headers in ({"Origin": "https://ailleurs.fr"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        before = before or [rows(place, name) for name in ("CHU", "ARS", "Agence")]
        for path in (*routes(place), "/compte/demandes", "/compte/demandes/annuler"):
            assert posted(client, path, of, **headers) == 403, path
        assert [rows(place, name) for name in ("CHU", "ARS", "Agence")] == before


def test_an_account_is_opened_invited_and_closed(browser: Browser, place: Workspace) -> None:
    client = browser("chef")
    assert client.post("/administration/comptes", data={"nom": "paul"}).status_code == 400
    wrong = client.post("/administration/comptes", data={"nom": "léa", "courriel": "léa"})
    assert (wrong.status_code, 'value="léa"' in wrong.text) == (400, True)
    made = client.post("/administration/comptes", data={"nom": "léa", "courriel": "Lea@exemple.fr"})
    there = made.headers["location"].split("?")[0]
    assert "Le compte est ouvert" in client.get(made.headers["location"]).text
    account = Accounts(place).find("léa")
    assert (account.organisation, account.role, account.address) == ("ARS", "", "lea@exemple.fr")
    page = client.post(f"{there}/lien", data={"courriel": ""})
    link = re.search(r"http://testserver/connexion/rejoindre\?jeton=([\w-]+)</code>", page.text)
    assert link
    assert Passwords(place).holder(link[1], JOIN) == account
    assert link[1] not in client.get(there).text, "it is told once"
    assert link[1] not in "".join(str(line.told) for line in Journal(place).lines())
    assert client.post(f"{there}/fermer", data={"sur": ""}).status_code == 400, "it is not sure"
    assert not Accounts(place).find("léa").closed
    assert client.post(f"{there}/fermer", data={"sur": "oui"}).status_code == 303
    assert Accounts(place).find("léa").closed
    assert "fermé le" in client.get(there).text
    assert client.post(f"{there}/lien", data={"courriel": ""}).status_code == 400
    acts = [(line.actor, line.act) for line in Journal(place).lines() if line.told.get("compte") == "léa"]
    assert acts == [("chef", "compte-ouvert"), ("chef", "lien-fait"), ("chef", "compte-ferme")]


def test_its_keys_and_sessions_end_and_its_role_changes(browser: Browser, place: Workspace) -> None:
    paul, client, known = browser("paul"), browser("sophie"), Accounts(place)
    key, _ = known.make_key("paul", "carnet")
    there = f"/administration/comptes/{identifier(place, 'paul')}"
    page = client.get(there).text
    assert "carnet" in page
    client.post(f"{there}/cles", data={"cle": key.identifier})
    client.post(f"{there}/sessions")
    assert "carnet" not in client.get(there).text
    assert paul.get("/compte").status_code == 401
    assert client.post(f"{there}/role", data={"role": "organisation"}).status_code == 303
    assert known.find("paul").role == "organisation"
    assert client.post(f"{there}/role", data={"role": "roi"}).status_code == 400
    mine = f"/administration/comptes/{identifier(place, 'sophie')}"
    assert client.post(f"{mine}/role", data={"role": ""}).status_code == 403
    assert client.post(f"{mine}/lien", data={"courriel": ""}).status_code == 403
    assert "Faire un lien" not in client.get(mine).text


def test_the_list_is_searched_and_hostile_names_are_told_as_text(browser: Browser) -> None:
    client = browser("sophie")
    page = client.get("/administration", params={"q": "AILL chu"}).text
    assert "1 compte montré" in page
    hostile = client.get("/administration", params={"q": '"><script>x', "fait": "<script>x"})
    assert "<script>x" not in hostile.text
    assert "0 compte" in hostile.text
    refused = client.post("/administration/comptes", data={"nom": "<script>x", "organisation": "ARS"})
    assert (refused.status_code, "<script>x" in refused.text) == (400, False)


def test_a_link_goes_by_mail_where_the_site_sends_any(place: Workspace, people: dict[str, Person]) -> None:
    with mail_server() as box:
        settings = replace(
            place.settings, adresse="http://testserver", courriel_serveur=box.address, courriel_de="site@exemple.fr"
        )
        with TestClient(create_app(replace(place, settings=settings)), headers=OURS) as client:
            sign_in(client, people["sophie"])
            there = f"/administration/comptes/{identifier(place, 'ailleurs')}"
            page = client.post(f"{there}/lien", data={"courriel": "oui"}).text
            (letter,) = box.wait(1)
            assert letter.to == ("ailleurs@exemple.fr",)
            link = re.search(r"http://testserver/connexion/rejoindre\?jeton=[\w-]+", page)
            assert link
            assert link[0] in letter.text
            client.post(f"/en{there}/lien", data={"courriel": "oui"})
            assert "Give this link to nobody" in box.wait(2)[1].text


def test_rights_are_given_and_withdrawn(browser: Browser, place: Workspace) -> None:
    client, known = browser("sophie"), Accounts(place)
    for other, word in (
        ({"codes": "99"}, "n&#39;est pas un code"),
        ({"codes": ""}, "n&#39;est pas un périmètre"),
        ({"perimetre": "france"}, "pas de codes"),
        ({"perimetre": "france", "codes": ""}, "pas un tel périmètre"),
        ({"profil": "roi"}, "pas un profil"),
        ({"domaine": ["tout"]}, "pas un domaine"),
        ({"domaine": []}, "pas de domaine"),
        ({"du": "hier"}, "pas un jour"),
        ({"au": "2020-01-01"}, "après avoir commencé"),
        ({"motif": " "}, "il a un motif"),
        ({"motif": "m" * 501}, "501 caractères"),
        ({"organisation": ""}, "pas être un nom"),
        ({"organisation": "Agence"}, "se demande"),
    ):
        answer = client.post("/administration/droits", data=TYPED | {"organisation": "ARS"} | other)
        assert (answer.status_code in (400, 403), word in answer.text) == (True, True), other
    assert not known.rights()
    assert client.post("/administration/droits", data=TYPED | {"organisation": "ARS"}).status_code == 303
    (right,) = known.rights("ARS")
    assert (str(right.grant.perimeter), right.reason) == ("région 53", "convention")
    assert "région 53" in browser("chef").get("/administration/droits").text
    assert client.post("/administration/droits/retirer", data={"droit": right.identifier}).status_code == 303
    assert not known.held("ARS")
    assert "il a été retiré" in client.get("/administration/droits").text
    assert client.post("/administration/droits/retirer", data={"droit": "inconnu"}).status_code == 404
    assert [line.actor for line in Journal(place).recent(2, actor="sophie")] == ["sophie", "sophie"]


def test_a_right_is_asked_for_and_decided(browser: Browser, place: Workspace) -> None:
    paul, sophie, known = browser("paul"), browser("sophie"), Requests(place)
    refused = paul.get("/restitutions/casemix-mco?annee=2023&version=complete")
    assert (refused.status_code, 'href="/compte/demandes"' in refused.text) == (403, True)
    wrong = paul.post("/compte/demandes", data=TYPED | {"codes": "53, 99"})
    assert (wrong.status_code, 'value="53, 99"' in wrong.text) == (400, True)
    assert not known.of()
    for typed in (TYPED | {"domaine": ["activite", "qualite"]}, TYPED, TYPED):
        assert paul.post("/compte/demandes", data=typed).status_code == 303
    third, second, first = (one.identifier for one in reversed(known.waiting()))
    assert paul.get("/compte/demandes").text.count("en attente</strong>") == 3
    paul.post("/compte/demandes/annuler", data={"demande": third})
    page = f"/administration/demandes/{first}"
    shown = sophie.get(page).text
    assert 'value="qualite" checked' in shown
    assert 'value="rh" checked' not in shown
    narrower = TYPED | {"reponse": "sans la qualité"}
    wider = sophie.post(f"{page}/accorder", data=TYPED | {"domaine": ["activite", "qualite", "rh"]})
    assert (wider.status_code, "plus large" in wider.text) == (400, True)
    assert sophie.post(f"{page}/accorder", data=narrower).status_code == 303
    assert sophie.post(f"{page}/accorder", data=narrower).status_code == 400, "twice"
    (right,) = Accounts(place).rights("ARS")
    assert (right.identifier, right.grant.domains) == (first, {"activite"})
    there = f"/administration/demandes/{second}"
    assert sophie.post(f"{there}/refuser", data={"reponse": ""}).status_code == 400
    assert sophie.post(f"{there}/refuser", data={"reponse": "déjà accordé"}).status_code == 303
    told = paul.get("/compte/demandes").text
    assert re.search(r"Droit accordé : <strong>régional</strong> · région 53 · activité, du", " ".join(told.split()))
    assert all(word in told for word in ("accordée", "sans la qualité", "refusée", "déjà accordé", "annulée"))
    assert sophie.get("/administration/demandes/inconnue").status_code == 404


def test_who_asks_does_not_decide_on_his_page(browser: Browser, place: Workspace) -> None:
    own, sophie = asked(place, "sophie"), browser("sophie")
    page = f"/administration/demandes/{own}"
    assert "Accorder ce droit" not in sophie.get(page).text
    assert sophie.post(f"{page}/accorder", data=TYPED).status_code == 403
    assert browser("marc").post(f"{page}/accorder", data=TYPED).status_code == 303
    assert Accounts(place).held("Agence")


def test_the_journal_is_read_checked_and_exported(browser: Browser, place: Workspace) -> None:
    client = browser("sophie")
    page = client.get("/administration/journal?acteur=paul&acte=mot-de-passe-choisi").text
    body = page.split("<tbody>")[1]
    assert body.count("<tr>") == 1
    assert "paul" in body
    assert "Journal intact" in client.get("/administration/journal?verifier=oui").text
    before = len(list(Journal(place).lines()))
    answer = client.post("/administration/journal/export")
    assert "attachment" in answer.headers["content-disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == before + 1
    assert (lines[-1]["acte"], lines[-1]["acteur"]) == ("journal-exporte", "sophie")
    assert [line["sceau"] for line in lines] == [line.seal for line in Journal(place).lines()][: len(lines)]
    with reading(place) as state:
        assert state is not None
        state.exec_driver_sql("UPDATE journal SET acteur = 'autre' WHERE numero = 2")
        state.commit()
    altered = client.get("/administration/journal?verifier=oui")
    assert (altered.status_code, "ligne 2" in altered.text) == (503, True)
    assert client.get("/administration/journal").status_code == 200


def test_the_why_page_says_what_the_account_then_reads(browser: Browser, place: Workspace) -> None:
    known, sophie, paul = Accounts(place), browser("sophie"), browser("paul")
    known.give(
        "ARS", Grant("securise", Perimeter("departement", frozenset({"29"})), frozenset({"rh"})), today(), today(), "m"
    )
    known.give("ARS", Grant("national", FRANCE, frozenset({"medicaments"})), today(), today(), "m")
    for address in (
        "/restitutions/casemix-mco?annee=2023&zone=departement:29",
        "/restitutions/casemix-mco?annee=2023&zone=departement:29&version=complete",
        "/restitutions/actes-mco-par-etablissement?annee=2023",
        "/api/v1/restitutions/medicaments-en-sus-par-etablissement/donnees?annee=2023&version=complete",
        "/restitutions/casemix-mco",
    ):
        page = sophie.get(
            "/administration/pourquoi", params={"compte": "paul", "adresse": f"http://testserver{address}"}
        )
        assert page.status_code == 200
        verdict = re.search(r'id="titre-verdict">(\w+)', page.text)
        assert verdict
        assert {"Oui": False, "Non": True}[verdict[1]] == (
            paul.get(address, follow_redirects=True).status_code == 403
        ), address
    lacking = sophie.get(
        "/administration/pourquoi?compte=paul&adresse=/restitutions/actes-mco-par-etablissement?annee=2023"
    )
    assert lacking.text.count("pas du domaine « activité »") == 2
    english = sophie.get(
        "/en/administration/pourquoi?compte=paul&adresse=/restitutions/actes-mco-par-etablissement?annee=2023"
    )
    assert "not of the domain" in english.text
    for params, status in (
        ({"compte": "personne", "adresse": "/restitutions/casemix-mco"}, 404),
        ({"compte": "paul", "adresse": "https://ailleurs.fr/restitutions/casemix-mco"}, 400),
        ({"compte": "paul", "adresse": "/restitutions/inconnue?annee=2023"}, 404),
    ):
        answer = sophie.get("/administration/pourquoi", params=params)
        assert (answer.status_code, 'role="alert"' in answer.text) == (status, True)
