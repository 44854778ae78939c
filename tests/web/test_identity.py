"""Who asks, by a key: an answer is the same for all who may ask; small counts are marked, and told to the journal."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from sanoscope import workspace as workspaces
from sanoscope.access.accounts import Accounts
from sanoscope.access.journal import Journal
from sanoscope.access.scope import DOMAINS, FRANCE, Grant, Perimeter
from sanoscope.edition import edition as editions
from sanoscope.state.database import UnavailableError
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace

SLUG = "casemix-mco"
HERE = "annee=2023&zone=departement:29&regroupement=ghm"
DATA = f"/api/v1/restitutions/{SLUG}/donnees?{HERE}"
FULL = f"{DATA}&version=complete"
MARK = "Version complète, petits effectifs compris"


@pytest.fixture(scope="module")
def place(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small edition in a workspace of its own, whose state is written."""
    root = tmp_path_factory.mktemp("acces") / "espace"
    shutil.copytree(small.root, root, symlinks=True)
    return workspaces.load(root)


@pytest.fixture(scope="module")
def keys(place: Workspace) -> dict[str, str]:
    """Keys by who has them."""
    known, today = Accounts(place), datetime.now(UTC).date()
    rights = {
        "national": Grant("national", FRANCE, frozenset(DOMAINS)),
        "finistere": Grant("securise", Perimeter("departement", frozenset({"29"})), frozenset({"activite"})),
        "rh": Grant("securise", FRANCE, frozenset({"rh"})),
    }
    found = {}
    for name, grant in rights.items():
        known.open(name, name)
        known.give(name, grant, today, today + timedelta(9), "essai")
        found[name] = known.make_key(name, "essai", complete=True)[1]
    found["masquee"] = known.make_key("finistere", "masquée")[1]
    return found


@pytest.fixture(scope="module")
def secure(place: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(place, complete=True), raise_server_exceptions=False) as client:
        yield client


def shown(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_an_open_answer_is_the_same_for_all(secure: TestClient, keys: dict[str, str]) -> None:
    first = secure.get(DATA)
    assert first.headers["cache-control"].startswith("public")
    for key in keys.values():
        assert secure.get(DATA, headers=shown(key)).content == first.content


def test_small_counts_are_told_to_the_secure_profile_inside_its_perimeter(
    secure: TestClient, keys: dict[str, str]
) -> None:
    answer = secure.get(FULL, headers=shown(keys["finistere"]))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    told, public = answer.json(), secure.get(DATA).json()
    assert {row["sejours_etat"] for row in told["lignes"]} == {"exact"}
    assert "approche" in {row["sejours_etat"] for row in public["lignes"]}
    deaths = [row["part_deces"] * row["sejours"] / 100 for row in told["lignes"] if row["part_deces"]]
    assert any(0 < round(number) < 11 for number in deaths), "a small count can be worked out"
    for key, zone in (("national", HERE), ("rh", HERE), ("masquee", HERE), ("finistere", "annee=2023"), ("", HERE)):
        address = f"/api/v1/restitutions/{SLUG}/donnees?{zone}&version=complete"
        refused = secure.get(address, headers=shown(keys[key]) if key else {})
        assert (refused.status_code, refused.json()["code"]) == (403, "acces-refuse"), key


def test_every_file_and_page_of_small_counts_is_marked(secure: TestClient, keys: dict[str, str]) -> None:
    headers = shown(keys["finistere"])

    def got(name: str) -> bytes:
        answer = secure.get(f"{FULL}&format={name}", headers=headers)
        assert answer.status_code == 200
        return answer.content

    assert all(MARK in line for line in got("csv").decode().splitlines()[1:])
    assert all(MARK in line for line in got("csv-fr").decode("utf-8-sig").splitlines()[1:])
    assert all(MARK in line["filigrane"] for line in json.loads(got("json"))["lignes"])
    table = pq.read_table(io.BytesIO(got("parquet")))
    assert all(MARK in text for text in table["filigrane"].to_pylist())
    sheet = openpyxl.load_workbook(io.BytesIO(got("xlsx"))).worksheets[0]
    assert MARK in str(sheet["A2"].value)
    pages = [f"/restitutions/{SLUG}?{HERE}&version=complete", f"/en/restitutions/{SLUG}?{HERE}&version=complete"]
    page, english = (secure.get(address, headers=headers) for address in pages)
    assert MARK in page.text
    assert "finistere" in page.text
    assert "ne sont jamais montrés" not in page.text
    assert "<iframe" not in page.text.replace("&lt;", "<")
    assert "Complete version, small counts included" in english.text
    assert page.headers["cache-control"] == "private, no-store"
    picture = secure.get(f"/restitutions/{SLUG}/graphique.svg?{HERE}&version=complete", headers=headers)
    assert (picture.status_code, "Version complète" in picture.text) == (200, True)
    assert picture.headers["cache-control"] == "private, no-store"
    assert MARK not in secure.get(f"/restitutions/{SLUG}?{HERE}", headers=headers).text


def test_a_page_refuses_as_the_api_does(secure: TestClient, keys: dict[str, str]) -> None:
    for address in (
        f"/restitutions/{SLUG}?{HERE}&version=complete",
        f"/restitutions/{SLUG}/donnees?{HERE}&version=complete",
        f"/restitutions/{SLUG}/graphique.svg?{HERE}&version=complete",
        f"/restitutions/{SLUG}/integrer?{HERE}&version=complete",
    ):
        for headers in ({}, shown(keys["national"])):
            answer = secure.get(address, headers=headers)
            assert (answer.status_code, MARK in answer.text) == (403, False), address
    assert secure.get(f"{FULL}x").json()["code"] == "valeur-inconnue"


def test_the_public_process_never_opens_the_secure_store(
    place: Workspace, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = editions.reading
    monkeypatch.setattr(editions, "reading", lambda path, *a, **k: (opened.append(str(path)), real(path, *a, **k))[1])
    client = TestClient(create_app(place))
    answer = client.get(FULL, headers=shown(keys["finistere"]))
    assert (answer.status_code, answer.json()["code"]) == (403, "version-absente")
    assert client.get(FULL).json()["code"] == "acces-refuse"
    assert client.get(DATA).status_code == 200
    assert opened
    assert not [path for path in opened if "securise" in path]


def test_what_an_account_asks_is_in_the_journal(secure: TestClient, place: Workspace, keys: dict[str, str]) -> None:
    journal = Journal(place)
    before = journal.verify()[0]
    secure.get(DATA)
    secure.get("/sante", headers=shown(keys["national"]))
    assert journal.verify()[0] == before
    secure.get(f"{FULL}&format=csv", headers=shown(keys["finistere"]))
    secure.get(FULL, headers=shown(keys["national"]))
    told, refused = list(journal.lines())[-2:]
    assert (told.actor, told.act, told.told["format"], told.told["statut"]) == ("finistere", "demande", "csv", 200)
    assert told.told["reponses"] == [f"{SLUG}?{HERE}&version=complete @ petite"]
    assert (refused.actor, refused.act, refused.told["statut"]) == ("national", "refus", 403)
    assert journal.verify()[0] == before + 2


def test_what_the_journal_cannot_keep_is_not_answered(
    secure: TestClient, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise UnavailableError("etat-indisponible", "non")

    monkeypatch.setattr(Journal, "write", broken)
    answer = secure.get(FULL, headers=shown(keys["finistere"]))
    assert (answer.status_code, answer.json()["code"]) == (503, "etat-indisponible")
    assert secure.get(DATA).status_code == 200


@pytest.mark.parametrize("sent", ["Bearer x", "Bearer", "bearer sano_" + "x" * 43, "Basic dTpw", "é"])
def test_what_is_no_key_is_refused_everywhere(sent: str, secure: TestClient) -> None:
    for address in (DATA, "/", "/api/v1/catalogue", "/nouveautes.atom"):
        answer = secure.get(address, headers={"Authorization": sent.encode("latin-1")})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_two_keys_at_once_are_refused(secure: TestClient, keys: dict[str, str]) -> None:
    sent = [("Authorization", f"Bearer {keys['national']}"), ("Authorization", f"Bearer {keys['rh']}")]
    assert secure.get(DATA, headers=sent).status_code == 401


def test_a_copied_workspace_keeps_its_key(place: Workspace, tmp_path: Path, keys: dict[str, str]) -> None:
    shutil.copytree(place.root, tmp_path / "copie", symlinks=True)
    assert Journal(workspaces.load(tmp_path / "copie")).verify() == Journal(place).verify()


def test_an_address_that_shows_too_many_refused_keys_waits(place: Workspace, keys: dict[str, str]) -> None:
    few = replace(place, settings=replace(place.settings, essais_par_heure=3))
    app = create_app(few)
    client, other = (TestClient(app, client=(host, 1)) for host in ("192.0.2.1", "192.0.2.2"))
    for _ in range(4):
        assert client.get(DATA, headers=shown(keys["national"])).status_code == 200, (
            "a key that is taken does not count"
        )
    assert [client.get(DATA, headers=shown("sano_x")).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    late = client.get(DATA, headers=shown(keys["national"]))
    assert (late.status_code, late.json()["code"]) == (429, "trop-d-essais")
    assert 0 < int(late.headers["retry-after"]) <= 3600
    assert client.get(DATA).status_code == 200, "what needs no key is answered"
    assert other.get(DATA, headers=shown(keys["national"])).status_code == 200
