"""Data of the API: pages of one table, nothing sent twice to who has it, several questions at once."""

import csv
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import polars as pl
import pytest
from fastapi.testclient import TestClient

from sanoscope import workspace as workspaces
from sanoscope.access.accounts import Accounts
from sanoscope.access.journal import Journal
from sanoscope.access.scope import Grant, Perimeter
from sanoscope.api import routes
from sanoscope.api.limits import LOT_LARGEST
from sanoscope.edition.publication import POINTER
from sanoscope.engine.limits import granted
from sanoscope.present import exports
from sanoscope.present.exports import FORMATS
from sanoscope.query import service as services
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace

SLUG = "casemix-mco"
DATA = f"/api/v1/restitutions/{SLUG}/donnees"
WHERE = "annee=2023&zone=departement:29&regroupement=ghm"
FULL = f"{WHERE}&version=complete"
OPEN = f"{DATA}?annee=2023&regroupement=ghm"


@pytest.fixture(scope="module")
def place(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("donnees") / "espace"
    shutil.copytree(small.root, root, symlinks=True)
    return workspaces.load(root)


@pytest.fixture(scope="module")
def client(place: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(place, complete=True), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def key(place: Workspace) -> dict[str, str]:
    """The headers of who may see the small counts of the Finistère."""
    known, today = Accounts(place), datetime.now(UTC).date()
    grant = Grant("securise", Perimeter("departement", frozenset({"29"})), frozenset({"activite"}))
    known.open("finistere", "finistere")
    known.give("finistere", grant, today, today + timedelta(9), "essai")
    return {"Authorization": f"Bearer {known.make_key('finistere', 'essai', complete=True)[1]}"}


@pytest.fixture
def nothing_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed")

    monkeypatch.setattr(services.Service, "reply", refused)


def rows(name: str, data: bytes) -> list[Any]:
    if name == "csv":
        return list(csv.DictReader(io.StringIO(data.decode())))
    if name == "json":
        return list(orjson.loads(data)["lignes"])
    read = pl.read_parquet if name == "parquet" else pl.read_ipc_stream
    return read(io.BytesIO(data)).to_dicts()


@pytest.mark.parametrize("name", ["json", "csv", "parquet", "arrow"])
@pytest.mark.parametrize("size", [1, 4, 10_000])
def test_the_pages_of_a_table_are_the_table(client: TestClient, name: str, size: int) -> None:
    """One after another, with the columns of the table, even where a page has no estimate."""
    whole = rows(name, client.get(f"{OPEN}&format={name}").content)
    assert any("sejours_estimation" in row for row in whole)
    found, following = [], f"{OPEN}&format={name}&limite={size}"
    while following:
        answer = client.get(following)
        assert answer.headers["x-total-count"] == str(len(whole))
        some = rows(name, answer.content)
        assert len(some) == min(size, len(whole) - len(found))
        found += some
        following = answer.links.get("next", {}).get("url", "")
    assert found == whole


def test_links_lead_to_pages_of_the_edition_that_answered(client: TestClient) -> None:
    links = client.get(f"{OPEN}&limite=2&page=2&format=csv").links
    assert set(links) == {"canonical", "first", "prev", "next", "last", "describedby"}
    assert links["canonical"]["url"] == OPEN
    assert all("edition=petite" in links[name]["url"] for name in ("first", "prev", "next", "last"))
    last = client.get(links["last"]["url"])
    assert "next" not in last.links
    assert set(client.get(links["first"]["url"]).links) == {"canonical", "first", "next", "last", "describedby"}
    assert set(client.get(OPEN).links) == {"canonical", "describedby"}


@pytest.mark.parametrize(
    ("given", "status", "code", "allowed"),
    [
        ("page=0", 400, "valeur-inconnue", "1 à 999999999"),
        ("limite=10001", 400, "valeur-inconnue", "1 à 10000"),
        ("page=²", 400, "valeur-inconnue", "1 à 999999999"),
        ("page=1&page=1", 400, "critere-double", ""),
        ("page=99", 404, "page-au-dela", "1 à 1"),
    ],
)
def test_a_page_that_is_not_there_is_an_error(
    client: TestClient, given: str, status: int, code: str, allowed: str
) -> None:
    answer = client.get(f"{OPEN}&{given}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["admis"] == ([allowed] if allowed else [])


def test_who_has_an_answer_is_not_answered_again(client: TestClient, nothing_computed: None) -> None:
    """Its tag is known before anything is computed; a tag of no answer computes it."""
    assert client.get(OPEN).status_code == 500
    made = TestClient(client.app)
    for name in FORMATS:
        for coding in ("gzip", "identity"):
            headers = {"Accept-Encoding": coding}
            tag = tagged(made, f"{OPEN}&format={name}", headers)
            again = made.get(f"{OPEN}&format={name}", headers={**headers, "If-None-Match": f'"autre", W/{tag}'})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert again.headers["cache-control"] == "public, max-age=300"
            assert again.headers["vary"] == "Accept-Encoding"


def tagged(client: TestClient, address: str, headers: dict[str, str]) -> str:
    """Return the tag of an address, from a 304 to who says that he has whatever there is."""
    return str(client.get(address, headers={**headers, "If-None-Match": "*"}).headers["etag"])


def test_each_representation_has_its_tag(client: TestClient, place: Workspace) -> None:
    addresses = [f"{OPEN}&format={name}" for name in FORMATS]
    addresses += [f"{OPEN}&limite=2", f"{OPEN}&limite=2&page=2", f"{DATA}?annee=2022", f"{OPEN}&edition=petite"]
    addresses += [OPEN.replace("/api/v1", ""), OPEN.replace("/api/v1", "/en")]
    codings = ({"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"})
    answers = [client.get(address, headers=coding) for address in addresses for coding in codings]
    tags = [answer.headers["etag"] for answer in answers]
    assert all(tag.startswith('"') for tag in tags)
    packed = [answer.headers.get("content-encoding") == "gzip" for answer in answers]
    assert [tag.endswith('-gzip"') for tag in tags] == packed
    bodies = {tag: answer.content for tag, answer in zip(tags, answers, strict=True)}
    assert len(bodies) == sum(packed) + len(addresses)
    rounded = replace(place, settings=replace(place.settings, approche=False))
    assert TestClient(create_app(rounded)).get(OPEN).headers["etag"] not in tags
    for changed in ({"editeur": "ARS"}, {"licence": ""}, {"adresse": "https://stats.exemple.fr"}):  # files say them
        other = replace(place, settings=replace(place.settings, **changed))
        assert TestClient(create_app(other)).get(f"{OPEN}&format=paquet").headers["etag"] not in tags


def test_a_tag_is_of_one_coding(client: TestClient) -> None:
    packed = client.get(OPEN, headers={"Accept-Encoding": "gzip"}).headers["etag"]
    plain = client.get(OPEN, headers={"Accept-Encoding": "identity"}).headers["etag"]
    assert packed != plain

    def asked(coding: str, tag: str) -> int:
        return client.get(OPEN, headers={"Accept-Encoding": coding, "If-None-Match": tag}).status_code

    assert asked("gzip", packed) == asked("identity", plain) == asked("gzip", plain) == 304
    assert asked("identity", packed) == 200, "he cannot read what is packed"
    script = client.get("/static/sanoscope.css")
    again = client.get("/static/sanoscope.css", headers={"If-None-Match": script.headers["etag"]})
    assert (script.headers["etag"][-6:], again.status_code) == ('-gzip"', 304)


def test_the_date_is_that_of_the_last_publication(client: TestClient, place: Workspace) -> None:
    pointer, day = place.editions / POINTER, datetime(2025, 3, 1, 12, tzinfo=UTC)
    was = pointer.lstat().st_mtime
    try:
        os.utime(pointer, (day.timestamp(), day.timestamp()), follow_symlinks=False)
        told = client.get(OPEN).headers["last-modified"]
        assert told == format_datetime(day, usegmt=True)

        def asked(**headers: str) -> int:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.get(OPEN, headers=named).status_code

        assert asked(if_modified_since=told) == 304
        assert asked(if_modified_since=format_datetime(day - timedelta(seconds=1), usegmt=True)) == 200
        assert asked(if_modified_since="hier") == asked(if_modified_since=told, if_none_match='"autre"') == 200
    finally:
        os.utime(pointer, (was, was), follow_symlinks=False)


def test_head_is_get_without_its_body(client: TestClient) -> None:
    got, head = client.get(OPEN), client.head(OPEN)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(got.headers)
    assert client.head(f"{DATA}?annee=1999").status_code == 400
    assert client.head(OPEN, headers={"If-None-Match": got.headers["etag"]}).status_code == 304


def test_what_is_for_one_reader_is_known_by_no_tag(client: TestClient, key: dict[str, str]) -> None:
    answer = client.get(f"{DATA}?{FULL}", headers={**key, "If-None-Match": "*"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    assert not {"etag", "last-modified"} & set(answer.headers)


def test_the_journal_has_what_an_account_was_told_it_has_already(
    client: TestClient, place: Workspace, key: dict[str, str]
) -> None:
    tag = client.get(OPEN).headers["etag"]
    assert client.get(OPEN, headers={**key, "If-None-Match": tag}).status_code == 304
    (line,) = Journal(place).latest("finistere", ["demande"], 1)
    assert (line.told["statut"], line.told["reponses"]) == (304, [f"{SLUG}?annee=2023&regroupement=ghm @ petite"])


@pytest.mark.parametrize("name", ["csv", "parquet", "arrow"])
def test_a_large_table_is_sent_piece_by_piece(client: TestClient, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"{OPEN}&format={name}"
    whole = client.get(address)
    monkeypatch.setattr(routes, "ROWS", 2)
    monkeypatch.setattr(exports, "ROWS", 2)
    for coding in ("gzip", "identity"):
        answer = client.get(address, headers={"Accept-Encoding": coding})
        assert "content-length" not in answer.headers
        assert rows(name, answer.content) == rows(name, whole.content)
        assert answer.headers["etag"].endswith('-gzip"') == (coding == "gzip")


def lot(client: TestClient, questions: list[dict[str, Any]], **sent: Any) -> Any:
    return client.post("/api/v1/lot", json={"questions": questions}, **sent)


def asked(text: str) -> dict[str, Any]:
    return {"restitution": SLUG, "criteres": dict(pair.split("=") for pair in text.split("&"))}


def test_a_batch_is_answered_as_its_questions_are(client: TestClient) -> None:
    texts = ("annee=2023", "annee=1999", WHERE, "asOf=2001-01-01", "mot=1", FULL)
    found = lot(client, [asked(text) for text in texts])
    assert (found.status_code, found.headers["cache-control"]) == (200, "private, no-store")
    for text, reply in zip(texts, found.json(), strict=True):
        alone = client.get(f"{DATA}?{text}")
        kept = "tableau" if alone.status_code == 200 else "probleme"
        assert reply == {"statut": alone.status_code, kept: alone.json()}


def test_a_batch_is_asked_with_the_rights_of_its_reader(
    client: TestClient, place: Workspace, key: dict[str, str]
) -> None:
    elsewhere = FULL.replace("departement:29", "departement:35")
    full, refused = lot(client, [asked(FULL), asked(elsewhere)], headers=key).json()
    assert (full["statut"], refused["statut"], refused["probleme"]["code"]) == (200, 403, "acces-refuse")
    assert all("petits effectifs compris" in row["filigrane"] for row in full["tableau"]["lignes"])
    (line,) = Journal(place).latest("finistere", ["demande"], 1)
    assert len(line.told["reponses"]) == 1  # type: ignore[arg-type]
    assert line.told["refus"] == [f"{SLUG} : acces-refuse"]
    assert lot(client, [asked(elsewhere)], headers=key).status_code == 200
    (line,) = Journal(place).latest("finistere", ["demande", "refus"], 1)
    assert (line.act, line.told["reponses"]) == ("refus", [])


def test_a_batch_has_the_time_of_one_question(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    ends, answer = [], services.answer

    def seen(*given: Any, **named: Any) -> Any:
        limit = granted()
        ends.append(limit and limit.until)
        return answer(*given, **named)

    monkeypatch.setattr(services, "answer", seen)
    assert lot(client, [asked("annee=2022&zone=region:53"), asked("annee=2024&zone=region:53")]).status_code == 200
    assert len(ends) == 2
    assert len(set(ends)) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "corps-illisible"),
        (b"[]", "corps-illisible"),
        (b'{"questions": []}', "corps-illisible"),
        (b'{"questions": [{"restitution": "x", "criteres": {"annee": [2023]}}]}', "corps-illisible"),
        (b'{"questions": [{"restitution": "x", "criteres": {"annee": true}}]}', "corps-illisible"),
        (b'{"questions": [{"restitution": "x"}], "autre": 1}', "corps-illisible"),
        (b'{"questions": [{"restitution": "\\ud800"}]}', "corps-illisible"),
        (b'{"questions": [{"restitution": "x"}], "format": "csv"}', "format-inconnu"),
        (orjson.dumps({"questions": [{"restitution": "x"}] * (LOT_LARGEST + 1)}), "trop-de-questions"),
        (b" " * 300_000, "envoi-trop-grand"),
    ],
)
def test_a_batch_that_is_none_is_refused(client: TestClient, body: bytes, code: str) -> None:
    answer = client.post("/api/v1/lot", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["admis"]


@pytest.mark.parametrize("method", ["/api/v1/lot", "/api/v1/extractions"])
def test_what_the_page_of_another_site_posts_is_refused(client: TestClient, method: str) -> None:
    body = {"questions": [asked("annee=2023")]}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://ailleurs.fr"}):
        answer = client.post(method, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "envoi-etranger")
