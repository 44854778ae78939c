"""The client on a site: what it asks, waits for, keeps, and how it tells what went wrong."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from sanoscope import Client, Reponse
from sanoscope.client import transport
from sanoscope.client.cache import Cached
from sanoscope.client.transport import Http, Reply
from sanoscope.errors import (
    BusyError,
    CriterionError,
    ForbiddenError,
    NotFoundError,
    SanoscopeError,
    SignInError,
    TooOftenError,
)
from sanoscope.query.criteria import DATE
from sanoscope.workspace import Workspace

YEAR = {"annee": 2023, "zone": "departement:29", "regroupement": "cas"}


class Scripted:
    """A site that answers what it is told to, in turn, the last for ever; it remembers what it was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.asked = list(replies), list[tuple[str, dict[str, str]]]()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                reply = outer.replies.pop(0) if len(outer.replies) > 1 else outer.replies[0]
                self.send_response(reply.status)
                for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    made: list[Scripted] = []

    def make(*replies: Reply) -> Scripted:
        made.append(Scripted(*replies))
        return made[-1]

    yield make
    for one in made:
        one.server.shutdown()
        one.server.server_close()


@pytest.fixture(scope="module")
def near(small: Workspace) -> Client:
    """A client of the small country's workspace."""
    return Client(small.root)


def problem(status: int, code: str, headers: Mapping[str, str] | None = None) -> Reply:
    told = {"type": f"urn:sanoscope:erreur:{code}", "title": "Non.", "status": status, "code": code}
    body = json.dumps({**told, "admis": ["a", "b"], "conseil": "Ceci."}).encode()
    return Reply(status, {"content-type": "application/problem+json", **(headers or {})}, body)


OK = Reply(200, {"content-type": "application/json"}, b"[]")


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, sanoscope; print([m for m in ('pyarrow', 'polars', 'requests', 'fastapi') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    code = "import sys; from sanoscope import Client; Client('http://127.0.0.1:9'); print('fastapi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_table_says_what_it_is(site: str, near: Client) -> None:
    for client in (Client(site), near):
        answer = client.demander("cartographie-activite-mco", annee=[2022, 2023], comparer="n-1")
        assert answer.titre.startswith("Cartographie")
        assert answer.requete == "annee=2022,2023&comparer=n-1"
        assert answer.edition.nom == "petite" and answer.edition.date <= datetime.now(UTC).date()
        assert set(answer.legende) <= {"exact", "masque", "approche", "secret", "sans_objet", "indisponible"}
        sejours = next(one for one in answer.colonnes if one.nom == "sejours")
        assert sejours.genre == "mesure" and sejours.definition
        assert answer.lien.endswith(
            "/restitutions/cartographie-activite-mco?annee=2022,2023&comparer=n-1&edition=petite"
        )
        assert answer.lien in answer.citation and answer.titre in answer.citation
        assert repr(answer).startswith("<Reponse cartographie-activite-mco?annee=2022,2023")
        again = client.demander("cartographie-activite-mco", annee=2023, edition="petite")
        assert again.lien.count("edition=") == 1


def test_criteria_are_written_as_in_an_address(site: str) -> None:
    client = Client(site)
    basket = ["290000002", "290000001"]
    answer = client.demander("casemix-mco", annee=range(2022, 2024), panier=basket, mois=None, zone="")
    assert answer.requete == "annee=2022,2023&panier=290000001,290000002&regroupement=racine"
    today = client.demander("casemix-mco", annee="2023", **{DATE: date.today()})
    assert "edition=petite" in today.requete
    with pytest.raises(CriterionError):
        client.demander("casemix-mco", annee=True)


def test_a_measure_is_reckoned_with_where_it_is_shown(near: Client) -> None:
    answer = near.demander("cartographie-activite-mco", annee=2023, activite="racine:04M05")
    for name in ("sejours", "sejours_hp", "seances"):
        one = answer.mesure(name)
        assert one["etat"].to_list() == answer.etats[name].to_list()
        shown = one["etat"].is_in(["exact", "approche"])
        assert (one["valeur"].is_not_null() == shown).all()
        assert one.filter(pl.col("etat") == "exact")["marge"].unique().to_list() in ([0], [])
        assert (one.filter(pl.col("etat") == "approche")["marge"] > 0).all()
    with pytest.raises(SanoscopeError) as told:
        answer.mesure("sejour")
    assert told.value.code == "mesure-inconnue" and "« sejours »" in told.value.todo


def test_a_notebook_shows_the_table_its_masks_and_its_source(near: Client) -> None:
    answer = near.demander("cartographie-activite-mco", annee=2023, activite="racine:04M05")
    shown = answer._repr_html_()
    assert ">1 à 10</td>" in shown and ">≈ " in shown and "Incertitude : ±" in shown
    assert "masqué pour protéger les personnes" in shown
    assert escape(answer.citation) in shown
    few = answer.html(3)
    assert few.count('<tr class="detail">') == 3 and "9 autres lignes" in few and '<tr class="total">' in few


def test_several_questions_are_answered_in_their_order(site: str) -> None:
    asked = [
        ("casemix-mco", {"annee": year, "regroupement": level}) for year in (2022, 2023) for level in ("cas", "cmd")
    ]
    answers = Client(site).plusieurs(asked)
    assert [one.requete for one in answers] == [
        f"annee={c['annee']}&regroupement={c['regroupement']}" for _, c in asked
    ]
    with pytest.raises(CriterionError):
        Client(site).plusieurs([*asked, ("casemix-mco", {"anee": 2023})])


def test_what_is_beside_tables(site: str, near: Client) -> None:
    far = Client(site)
    assert "casemix-mco" in {one["slug"] for one in far.catalogue()}
    assert "## " in far.restitution("casemix-mco")["notice"]
    assert [one["nom"] for one in far.editions()] == ["petite"]
    assert (far.catalogue(), far.editions()) == (near.catalogue(), near.editions())
    zones = next(one for one in far.chercher("Finistère")["groupes"] if one["genre"] == "zones")
    assert zones["resultats"][0]["valeur"] == "departement:29"


def test_criteria_and_codes_are_listed(site: str) -> None:
    client = Client(site)
    told = {one["nom"]: one for one in client.criteres("casemix-mco")}
    assert "2023" in {value["valeur"] for value in told["annee"]["valeurs"]}
    assert "departement:29" in {one["valeur"] for one in client.codes("departement")}
    assert all("290000001" in one["code"] for one in client.codes("etablissement", "290000001"))


def test_changes_maps_and_charts_are_those_of_the_api(site: str, near: Client) -> None:
    far = Client(site)
    asked: dict[str, Any] = {"annee": 2023, "zone": "departement:29"}
    assert [one["edition"] for one in far.changements()["changements"]] == ["petite"]
    assert far.changements("2999-01-01")["changements"] == []
    assert far.ecarts("casemix-mco", "petite", **asked)["ecarts"] == []
    drawn = far.carte("cartographie-activite-mco", annee=2023)
    assert drawn["type"] == "FeatureCollection" and drawn["features"]
    assert far.graphiques("casemix-mco", **asked) == near.graphiques("casemix-mco", **asked)
    assert drawn == near.carte("cartographie-activite-mco", annee=2023)
    with pytest.raises(NotFoundError):
        far.carte("casemix-mco")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, CriterionError), (401, SignInError), (403, ForbiddenError), (404, NotFoundError), (500, SanoscopeError)],
)
def test_a_refusal_is_the_error_that_it_was(
    scripted: Callable[..., Scripted], status: int, kind: type[SanoscopeError]
) -> None:
    site = scripted(problem(status, "essai"))
    with pytest.raises(kind) as told:
        Client(site.address).catalogue()
    assert type(told.value) is kind
    assert (told.value.code, told.value.message, told.value.allowed, told.value.todo) == (
        "essai",
        "Non.",
        ("a", "b"),
        "Ceci.",
    )
    assert len(site.asked) == 1


def test_the_same_refusals_come_from_a_site_and_a_workspace(site: str, near: Client) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("casemix-mcoo", {}),
        ("casemix-mco", {"anee": 2023}),
        ("casemix-mco", {"annee": 1999}),
        ("casemix-mco", {"edition": "rien"}),
        ("casemix-mco", {"version": "complete"}),
        ("../../sante", {}),
    ]
    for slug, criteria in cases:
        told = []
        for client in (Client(site), near):
            with pytest.raises(SanoscopeError) as error:
                client.demander(slug, **criteria)
            told.append((type(error.value), error.value.code, str(error.value)))
        assert told[0] == told[1], slug


def test_what_is_no_answer_of_ours_is_told(scripted: Callable[..., Scripted]) -> None:
    with pytest.raises(SanoscopeError) as told:
        Client(scripted(Reply(502, {}, b"<html>")).address).catalogue()
    assert told.value.code == "reponse-illisible"
    with pytest.raises(SanoscopeError) as told:
        Client("http://127.0.0.1:9").catalogue()
    assert told.value.code == "service-injoignable"
    with pytest.raises(SanoscopeError) as told:
        Reponse("x", pa.table({"a": [1]}))
    assert told.value.code == "reponse-illisible"


@pytest.mark.parametrize("status", [429, 503])
def test_it_comes_back_when_it_is_asked_to(
    scripted: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(transport.time, "sleep", slept.append)
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    busy = [problem(status, "occupe", {"retry-after": after}) for after in ("7", soon)]
    site = scripted(*busy, problem(status, "occupe"), OK)
    assert Client(site.address).catalogue() == []
    assert slept[0] == 7 and 25 < slept[1] <= 30 and slept[2] == 4
    assert len(site.asked) == 4


def test_it_does_not_wait_for_ever(scripted: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(transport.time, "sleep", slept.append)
    site = scripted(problem(429, "trop-souvent", {"retry-after": "3600"}))
    with pytest.raises(TooOftenError) as told:
        Client(site.address).catalogue()
    assert (told.value.after, slept, len(site.asked)) == (3600, [], 1)
    site = scripted(problem(503, "occupe", {"retry-after": "1"}))
    with pytest.raises(BusyError):
        Client(site.address).catalogue()
    assert (slept, len(site.asked)) == ([1, 1, 1], 4)


def test_a_key_is_shown_to_the_site_and_to_no_other(
    scripted: Callable[..., Scripted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login moi password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    other = scripted(OK)
    elsewhere = other.address.replace("127.0.0.1", "localhost")
    site = scripted(Reply(307, {"location": f"{elsewhere}/api/v1/catalogue"}, b""))
    Client(site.address, "sano_clef").catalogue()
    assert site.asked[0][1]["authorization"] == "Bearer sano_clef"
    assert "authorization" not in other.asked[0][1]
    Client(other.address).catalogue()
    assert "authorization" not in other.asked[1][1]


def test_answers_are_asked_for_packed(scripted: Callable[..., Scripted]) -> None:
    site = scripted(OK)
    Client(site.address).catalogue()
    assert "gzip" in site.asked[0][1]["accept-encoding"]


FOR_EVER = "public, max-age=31536000, immutable"


def test_what_never_changes_is_asked_once(scripted: Callable[..., Scripted], tmp_path: Path) -> None:
    site = scripted(replace(OK, headers={"cache-control": FOR_EVER}))
    for _ in range(2):
        assert Client(site.address, cache=tmp_path / "gardé").catalogue() == []
    assert len(site.asked) == 1
    Client(site.address, cache=tmp_path / "gardé").editions()
    assert len(site.asked) == 2


def test_what_may_change_is_asked_again_once_its_time_is_over(
    scripted: Callable[..., Scripted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("sanoscope.client.cache.time.time", lambda: now[0])
    brief = {"cache-control": "public, max-age=300", "etag": '"a"'}
    site = scripted(replace(OK, headers=brief), Reply(304, brief, b""), replace(OK, body=b'["b"]', headers=brief))
    client = Client(site.address, cache=tmp_path)
    for later, expected, times in [(0, [], 1), (299, [], 1), (2, [], 2), (299, [], 2), (2, ["b"], 3)]:
        now[0] += later
        assert client.catalogue() == expected
        assert len(site.asked) == times
    assert [headers.get("if-none-match") for _, headers in site.asked] == [None, '"a"', '"a"']


@pytest.mark.parametrize(
    ("said", "key", "kept"),
    [
        ({"cache-control": FOR_EVER}, "sano_x", True),
        ({"cache-control": "private, no-store"}, "", False),
        ({"cache-control": "private, max-age=60"}, "", False),
        ({"etag": '"a"'}, "", True),
        ({"etag": '"a"'}, "sano_x", False),
        ({}, "", False),
    ],
)
def test_what_is_for_one_reader_is_not_kept(
    scripted: Callable[..., Scripted], tmp_path: Path, said: dict[str, str], key: str, kept: bool
) -> None:
    Client(scripted(replace(OK, headers=said)).address, key, cache=tmp_path).catalogue()
    assert bool(list(tmp_path.iterdir())) == kept


def test_refusals_are_not_kept(scripted: Callable[..., Scripted], tmp_path: Path) -> None:
    site = scripted(problem(404, "x", {"cache-control": FOR_EVER}), replace(OK, headers={"cache-control": FOR_EVER}))
    client = Client(site.address, cache=tmp_path)
    with pytest.raises(NotFoundError):
        client.catalogue()
    assert client.catalogue() == []


def test_what_is_kept_badly_is_asked_again(scripted: Callable[..., Scripted], tmp_path: Path) -> None:
    site = scripted(replace(OK, headers={"cache-control": FOR_EVER}))
    client = Client(site.address, cache=tmp_path)
    client.catalogue()
    (file,) = tmp_path.iterdir()
    for broken in (b"", b"{", b"[]\n", b'{"recu": 1}\n[]'):
        file.write_bytes(broken)
        assert client.catalogue() == []
    assert len(site.asked) == 5


def test_many_may_keep_in_one_directory(scripted: Callable[..., Scripted], tmp_path: Path) -> None:
    body = json.dumps([{"slug": "x" * 50_000}]).encode()
    site = scripted(Reply(200, {"cache-control": "public, max-age=0", "etag": '"a"'}, body))
    kept = [Cached(Http(site.address), tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda n: kept[n % 4].get("/api/v1/catalogue", {}, {}).body, range(40)))
    assert set(replies) == {body}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_pinned_answer_is_kept_whole(site: str, tmp_path: Path) -> None:
    first = Client(site, cache=tmp_path).demander("casemix-mco", edition="petite", **YEAR)
    lost = Client(site, cache=tmp_path)
    lost._transport._transport.get = None  # type: ignore[attr-defined]
    again = lost.demander("casemix-mco", edition="petite", **YEAR)
    assert first.arrow().equals(again.arrow(), check_metadata=True) and first.lien == again.lien
