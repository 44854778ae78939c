"""Large extractions: made beside the readers, for who asked alone, once, whatever stops or comes between."""

import io
import json
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from sanoscope import workspace as workspaces
from sanoscope.access.accounts import Accounts
from sanoscope.access.extractions import Extractions
from sanoscope.access.journal import Journal
from sanoscope.access.reader import ANYBODY
from sanoscope.access.scope import FRANCE, Grant
from sanoscope.api import extracting
from sanoscope.api.extracting import Extractor
from sanoscope.query import service as services
from sanoscope.state.database import writing
from sanoscope.state.tables import extractions
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace

SLUG = "casemix-mco"
ADDRESS = "/api/v1/extractions"
DAY = timedelta(hours=24)
FULL = {"annee": "2023", "regroupement": "ghm", "version": "complete"}


@pytest.fixture
def place(small: Workspace, tmp_path: Path) -> Workspace:
    """The small edition, and a state of its own."""
    root = tmp_path / "espace"
    root.mkdir()
    shutil.copy(small.root / workspaces.SETTINGS_FILE, root)
    for name in ("editions", "reference"):
        (root / name).symlink_to(small.root / name)
    return workspaces.load(root)


@pytest.fixture
def client(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(extracting, "AGAIN", 0.02)
    monkeypatch.setattr(extracting, "TOLD", 0)
    with TestClient(create_app(place, complete=True), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def keys(place: Workspace) -> dict[str, dict[str, str]]:
    """Headers by account: both may see small counts everywhere."""
    known, today, found = Accounts(place), datetime.now(UTC).date(), {}
    for name in ("une", "autre"):
        known.open(name, name)
        known.give(name, Grant("securise", FRANCE, frozenset({"activite"})), today, today + timedelta(9), "essai")
        found[name] = {"Authorization": f"Bearer {known.make_key(name, 'essai', complete=True)[1]}"}
    return found


class Held:
    """Questions that wait to be let go; how many came."""

    def __init__(self) -> None:
        self.go, self.count = threading.Event(), 0


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    holding, answer = Held(), services.answer

    def slow(*given: Any, **named: Any) -> Any:
        holding.count += 1
        assert holding.go.wait(60)
        return answer(*given, **named)

    monkeypatch.setattr(services, "answer", slow)
    yield holding
    holding.go.set()


def until(holds: Callable[[], object]) -> None:
    for _ in range(3000):
        if holds():
            return
        threading.Event().wait(0.02)
    raise AssertionError("n'est pas arrivé")


def ask(client: TestClient, *criteria: dict[str, str], form: str = "csv", headers: dict[str, str] | None = None) -> Any:
    questions = [{"restitution": SLUG, "criteres": one} for one in criteria]
    return client.post(ADDRESS, json={"questions": questions, "format": form}, headers=headers)


def made(client: TestClient, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    until(lambda: client.get(address, headers=headers).json()["etat"] in ("faite", "refusée"))
    found: dict[str, Any] = client.get(address, headers=headers).json()
    return found


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def ended(place: Workspace, **values: Any) -> None:
    with writing(place) as state:
        state.execute(update(extractions).values(**values))


def test_the_file_has_what_each_question_is_answered(client: TestClient) -> None:
    years = [{"annee": year} for year in ("2022", "1999", "2023")]
    posted = ask(client, *years)
    assert posted.status_code == 202
    address = posted.headers["location"]
    told = made(client, address)
    assert (told["etat"], told["faites"], told["refusees"]) == ("faite", 3, 1)
    assert datetime.fromisoformat(told["expire_le"]) - datetime.fromisoformat(told["fini_le"]) == DAY
    answer = client.get(told["fichier"])
    assert (answer.status_code, answer.headers["content-type"], len(answer.content)) == (
        200,
        "application/zip",
        told["octets"],
    )
    found = files(answer.content)
    index = json.loads(found.pop("questions.json"))
    assert [line["criteres"] for line in index] == years
    for year, line in zip(("2022", "1999", "2023"), index, strict=True):
        alone = client.get(f"/api/v1/restitutions/{SLUG}/donnees?annee={year}&format=csv")
        if alone.status_code == 200:
            assert found.pop(line["fichier"]) == alone.content
            assert (line["edition"], line["lignes"]) == ("petite", int(alone.headers["x-total-count"]))
            assert f"?{line['requete']}>" in alone.headers["link"]
        else:
            assert line["probleme"] == alone.json()
    assert not found
    assert client.get(told["fichier"], headers={"Range": "bytes=0-1"}).content == b"PK"


def test_its_packages_say_who_publishes_them(place: Workspace) -> None:
    known = replace(place.settings, adresse="https://stats.exemple.fr", editeur="ARS Bretagne")
    with TestClient(create_app(replace(place, settings=known))) as client:
        told = made(client, ask(client, {"annee": "2023"}, form="paquet").headers["location"])
        packed = files(files(client.get(told["fichier"]).content)["001-casemix-mco.zip"])
    described = json.loads(packed["datapackage.json"])
    assert described["id"].startswith("https://stats.exemple.fr/id/restitutions/casemix-mco/editions/petite")
    assert "ARS Bretagne" in packed["datapackage.json"].decode()


def test_it_is_its_makers_alone(client: TestClient, place: Workspace, keys: dict[str, dict[str, str]]) -> None:
    address = ask(client, FULL, headers=keys["une"]).headers["location"]
    told = made(client, address, keys["une"])
    for headers in (keys["autre"], {}):
        for path in (address, told["fichier"]):
            answer = client.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "extraction-inconnue")
        assert client.delete(address, headers=headers).status_code == 404
    (name,) = [name for name in files(client.get(told["fichier"], headers=keys["une"]).content) if name[0] == "0"]
    assert name == f"001-{SLUG}.csv"
    acts = [(line.act, line.told) for line in Journal(place).latest("une", ["demande", "extraction-remise"], 9)]
    assert [act for act, _ in acts] == ["extraction-remise", "demande"]
    assert acts[1][1]["reponses"] == [f"{SLUG}?annee=2023&regroupement=ghm&version=complete @ petite"]
    (path,) = place.extractions.glob("*.zip")
    assert (path.stat().st_mode & 0o777, place.extractions.stat().st_mode & 0o777) == (0o600, 0o700)
    assert address.rpartition("/")[2] not in str(path), "what names it is kept nowhere"


def test_small_counts_are_marked(client: TestClient, keys: dict[str, dict[str, str]]) -> None:
    told = made(client, ask(client, FULL, headers=keys["une"]).headers["location"], keys["une"])
    found = files(client.get(told["fichier"], headers=keys["une"]).content)
    assert all("Remise à une" in line for line in found[f"001-{SLUG}.csv"].decode().splitlines()[1:])


def test_a_right_that_is_lost_before_its_turn_is_lost(
    client: TestClient, place: Workspace, keys: dict[str, dict[str, str]], held: Held
) -> None:
    ask(client, {"annee": "2024", "zone": "region:53"})  # which holds the only place
    until(lambda: held.count)
    address = ask(client, FULL, headers=keys["une"]).headers["location"]
    known = Accounts(place)
    (right,) = known.held("une")
    known.withdraw(right.identifier)
    held.go.set()
    assert made(client, address, keys["une"])["refusees"] == 1
    (line,) = Journal(place).latest("une", ["demande", "refus"], 1)
    assert (line.act, line.told["refus"]) == ("refus", [f"{SLUG} : acces-refuse"])


def test_what_a_process_that_died_had_begun_is_made_again(place: Workspace) -> None:
    kept = Extractions(place, DAY)
    name = kept.add(ANYBODY, [(SLUG, [("annee", "2023")])], "csv")
    later = kept.add(ANYBODY, [(SLUG, [("annee", "2022")])], "csv")
    assert kept.take(0) is not None  # and it dies there
    kept.tell(kept.find(name, ANYBODY).mark, 1, 0)
    with TestClient(create_app(place)) as client:  # as it starts again, nobody asks for anything
        until(lambda: kept.waiting() == 0)
        for one in (name, later):
            assert files(client.get(f"{ADDRESS}/{one}/fichier").content)


def test_several_processes_make_each_once(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its locks, as processes have: two files opened are two owners."""
    monkeypatch.setattr(extracting, "AGAIN", 0.02)
    makers = [Extractor(create_app(place).state.service) for _ in range(3)]
    taken, at_work, most = [], 0, 0
    make = Extractor._make

    def counted(self: Extractor, task: Any, work: Path) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        taken.append(task.mark)
        make(self, task, work)
        at_work -= 1

    monkeypatch.setattr(Extractor, "_make", counted)
    kept = makers[0].kept
    for year in ("2022", "2023", "2024") * 3:
        kept.add(ANYBODY, [(SLUG, [("annee", year)])], "csv")
    for maker in makers:
        maker.wake()
    until(lambda: kept.waiting() == 0)
    assert (len(taken), len(set(taken)), most) == (9, 9, 1)
    assert len([*place.extractions.glob("*.zip")]) == 9


def test_what_is_given_up_is_not_made(client: TestClient, place: Workspace, held: Held) -> None:
    address = ask(client, {"annee": "2024"}, {"annee": "2022", "zone": "region:53"}).headers["location"]
    until(lambda: held.count)
    told = client.get(address)
    assert (told.json()["etat"], told.headers["retry-after"]) == ("en cours", "2")
    early = client.get(f"{address}/fichier")
    assert (early.status_code, early.json()["code"], early.headers["retry-after"]) == (409, "extraction-en-cours", "2")
    assert client.delete(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.delete(address).status_code == 204
    held.go.set()
    until(lambda: not [*place.extractions.glob(".*en-cours*")])
    assert client.get(address).status_code == 404
    assert not [*place.extractions.glob("*.zip")]
    assert held.count == 1, "the second question is not asked"


def test_it_is_gone_after_a_day(client: TestClient, place: Workspace) -> None:
    told = made(client, ask(client, {"annee": "2023"}).headers["location"])
    ended(place, fini_le=(datetime.now(UTC) - DAY).isoformat(timespec="milliseconds"))
    assert client.get(told["extraction"]).status_code == client.get(told["fichier"]).status_code == 404
    made(client, ask(client, {"annee": "2022"}).headers["location"])
    assert len([*place.extractions.glob("*.zip")]) == 1


def test_they_are_bounded(place: Workspace, held: Held) -> None:
    few = replace(place, settings=replace(place.settings, extractions_par_heure=3, extractions_en_attente=2))
    with TestClient(create_app(few)) as client:
        first, second, third = (ask(client, {"annee": year}) for year in ("2022", "2023", "2024"))
        assert [first.status_code, second.status_code, third.status_code] == [202, 202, 503]
        assert (third.json()["code"], third.headers["retry-after"]) == ("trop-d-extractions", "60")
        held.go.set()
        made(client, second.headers["location"])
        assert ask(client, {"annee": "2024"}).status_code == 202
        often = ask(client, {"annee": "2024"})
        assert (often.status_code, often.json()["code"]) == (429, "trop-d-extractions")
        assert int(often.headers["retry-after"]) > 3000


def test_their_room_is_bounded(client: TestClient, place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    made(client, ask(client, {"annee": "2023"}).headers["location"])
    ended(place, octets=place.settings.extractions_mo * 1_000_000 - 10)
    told = made(client, ask(client, {"annee": "2022"}).headers["location"])
    assert (told["etat"], told["probleme"]["code"]) == ("refusée", "extraction-trop-grande")
    refused = client.get(f"{told['extraction']}/fichier")
    assert (refused.status_code, refused.json()["code"]) == (404, "extraction-refusee")
    ended(place, octets=place.settings.extractions_mo * 1_000_000)
    full = ask(client, {"annee": "2022"})
    assert (full.status_code, full.json()["code"]) == (503, "trop-d-extractions")
    assert 86_000 < int(full.headers["retry-after"]) <= 86_400
    assert not [*place.extractions.glob(".*en-cours*")]


def test_what_breaks_is_told_without_what_it_says(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("290000001")

    monkeypatch.setattr(services, "answer", broken)
    told = made(client, ask(client, {"annee": "2023"}).headers["location"])
    assert (told["etat"], told["probleme"]["code"]) == ("refusée", "panne")
    assert "290000001" not in json.dumps(told)


def test_a_service_with_small_counts_and_another_know_nothing_of_each_other(
    client: TestClient, place: Workspace
) -> None:
    address = ask(client, {"annee": "2023"}).headers["location"]
    made(client, address)
    with TestClient(create_app(place)) as other:
        assert other.get(address).status_code == 404
        theirs = ask(other, {"annee": "2023"}).headers["location"]
        made(other, theirs)
        assert client.get(theirs).status_code == 404
