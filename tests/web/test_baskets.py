"""Baskets on the open faces: picked, exported, imported, saved, shared, used; what is hostile is refused."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from typer.testing import CliRunner

from sanoscope.access.baskets import LARGEST, LONGEST_NAME, Baskets
from sanoscope.cli.main import app
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.state.database import reading
from sanoscope.state.tables import baskets
from sanoscope.web import lists
from sanoscope.web.app import create_app
from sanoscope.web.picking import SHOWN, Filters, find, picker
from sanoscope.workspace import DEFAULT_SETTINGS, SETTINGS_FILE, Settings, Workspace
from tests.web.test_search_pages import Tags

ONE, TWO, OTHER = "290000001", "290000002", "350000001"
ALL = [f"29000{n:04d}" for n in range(1, 8)] + [f"35000{n:04d}" for n in range(1, 6)]


@pytest.fixture
def place(small: Workspace, tmp_path: Path, state_url: str) -> Workspace:
    """A workspace with the same editions and no basket, its state in each database in turn."""
    (tmp_path / "editions").symlink_to(small.editions)
    (tmp_path / SETTINGS_FILE).write_text(DEFAULT_SETTINGS, encoding="utf-8")
    return replace(small, root=tmp_path)


@pytest.fixture
def client(place: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(place), raise_server_exceptions=False, follow_redirects=False) as opened:
        yield opened


def kept(place: Workspace) -> list[tuple[str, str]] | None:
    """The baskets in the state, None where there is no state."""
    with reading(place) as state:
        return [(row.nom, row.finess) for row in state.execute(select(baskets))] if state else None


def ticked(html: str) -> set[str]:
    return {str(a["value"]) for _, a in Tags(html).tags if a.get("name") == "coche" and "checked" in a}


def shown(html: str) -> list[str]:
    return [str(a["value"]) for _, a in Tags(html).tags if a.get("name") == "coche"]


def saved(client: TestClient, name: str = "CHU de l'Ouest", finess: tuple[str, ...] = (ONE, TWO)) -> str:
    answer = client.post("/paniers", data={"nom_du_panier": name, "panier": ",".join(finess)})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


# picking ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("", ALL),
        ("departement=29", ALL[:7]),
        ("region=53&categorie=CHR/U", [ALL[0], ALL[4], ALL[8]]),
        ("secteur=prive", [ALL[2], ALL[6], ALL[10]]),
        ("ght=GHT 35", ALL[7:11]),
        ("finess=35", ALL[7:]),
        ("nom=hopital 10", [ALL[10]]),
        ("nom=HÔPIT", ALL[:11]),
        ("nom=rien", []),
        (f"choisis=oui&panier={OTHER}&coche={ONE}", [ONE, OTHER]),
    ],
)
def test_filters_find(client: TestClient, question: str, wanted: list[str]) -> None:
    html = client.get(f"/paniers?{question}").text
    assert sorted(shown(html)) == sorted(wanted)
    assert f"sur {len(wanted)} ({len(ALL)} en tout)" in html or not wanted


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (f"panier={OTHER}&coche={ONE}", {ONE, OTHER}),
        (f"panier={OTHER}&departement=29&coche={ONE}&geste=page", {*ALL[:7], OTHER}),
        (f"panier={OTHER}&coche={ONE}&geste=aucun", set()),
        ("secteur=prive&geste=trouves", {ALL[2], ALL[6], ALL[10]}),
    ],
)
def test_gestures_tick(client: TestClient, question: str, wanted: set[str]) -> None:
    html = client.get(f"/paniers?{question}").text
    (elsewhere,) = [a["value"] for _, a in Tags(html).tags if a.get("name") == "panier" and a.get("type") == "hidden"]
    assert ticked(html) | set(filter(None, str(elsewhere).split(","))) == wanted
    assert ticked(html) <= set(shown(html))
    assert f"<strong>{len(wanted)} établissement" in html


def test_a_long_list_has_pages_and_a_limit(edition: Edition) -> None:
    model = edition.finess[ONE]
    many = {f"{n:09d}": replace(model, finess=f"{n:09d}", raison_sociale=f"Nom {n}") for n in range(LARGEST + 20)}
    big = replace(edition)
    big.__dict__["finess"] = many
    none = Baskets(Workspace(Path("nulle-part"), Settings()))
    first, second = picker([], big, none), picker([("page", "2")], big, none)
    assert (len(first.found), len(first.shown), first.pages) == (LARGEST + 20, SHOWN, -(-(LARGEST + 20) // SHOWN))
    assert not set(first.shown) & set(second.shown)
    kept = picker([("panier", first.shown[0].finess), ("page", "2"), ("geste", "page")], big, none)
    assert set(kept.selection) == {first.shown[0].finess, *(one.finess for one in second.shown)}
    assert kept.elsewhere == (first.shown[0].finess,)
    refused = picker([("panier", first.shown[0].finess), ("geste", "trouves")], big, none)
    assert refused.error
    assert refused.error.code == "panier-trop-grand"
    assert refused.selection == (first.shown[0].finess,)
    changed = picker([("ici", "3"), ("avant", "autre"), ("nom", "nom")], big, none)
    assert changed.page == 1
    assert picker([("ici", "3"), ("avant", first.before)], big, none).page == 3


def test_names_are_found_without_accents_or_case(edition: Edition) -> None:
    assert find(Filters(nom="hôp"), (), edition) == find(Filters(nom="HOP"), (), edition)


@pytest.mark.parametrize(
    "question",
    [
        "regon=53",
        "region=99",
        "page=deux",
        "page=-1",
        "geste=tout",
        "choisis=non",
        "panier=Inconnu",
        "panier=999999999",
    ],
)
def test_what_is_not_admitted_is_said(client: TestClient, question: str) -> None:
    answer = client.get(f"/paniers?{question}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert question.partition("=")[2] in answer.text or question.partition("=")[0] in answer.text


# lists --------------------------------------------------------------------------------------------------------------


def test_what_is_exported_is_imported(client: TestClient) -> None:
    answer = client.get(f"/paniers/selection.csv?panier={ONE}&coche={OTHER}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(answer.content.decode(), newline=""), strict=True))
    assert lines == [
        ["finess", "raison_sociale", "categorie", "secteur", "departement", "region", "ght"],
        [ONE, "Hôpital 0", "CHR/U", "public", "29", "53", "GHT 29"],
        [OTHER, "Hôpital 7", "PSPH/EBNL", "public", "35", "53", "GHT 35"],
    ]
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n") == 3
    assert b";" not in answer.content
    back = client.post(
        "/paniers/importer", files={"fichier": ("panier.csv", answer.content, "text/csv")}, data={"coche": TWO}
    )
    assert back.status_code == 303
    assert parse_qs(urlsplit(back.headers["location"]).query)["panier"] == [f"{ONE},{TWO},{OTHER}"]
    assert ticked(client.get(back.headers["location"]).text) == {ONE, TWO, OTHER}


@pytest.mark.parametrize(
    "content",
    [
        f"{ONE}\n{OTHER}\n",
        f"{ONE}, {OTHER} ; {ONE}",
        f"\ufeffraison_sociale;N° FINESS\r\nHôpital « A ; B »;{ONE}\r\nAutre;{OTHER}\r\n".replace("« A ; B »", "A"),
        f'nom,finess\n"A, ""B""\nsur deux lignes",{ONE}\n\nC,"{OTHER}"\n',
        f"finess\trégion\n{ONE}\t53\n{OTHER}\t53",
    ],
)
def test_lists_are_read_as_they_come(edition: Edition, content: str) -> None:
    for given in (content, content.encode(), content.removeprefix("\ufeff").encode("latin-1", "replace")):
        assert lists.read(given, edition) == lists.Listed((ONE, OTHER), ())


def test_unknown_numbers_are_named_and_nothing_is_taken(client: TestClient) -> None:
    answer = client.post("/paniers/importer", data={"liste": f"{ONE} 999999999 <i>x {OTHER}", "coche": TWO})
    assert answer.status_code == 400
    told = unescape(answer.text.split('id="erreur"')[1].split("</div>")[0])
    assert "2 numéros" in told
    assert "« 999999999 »" in told
    assert "« <I>X »" in told
    assert "<i>x" not in answer.text.lower().replace("&lt;i&gt;x", "")
    assert ticked(answer.text) == {TWO}
    (leads,) = re.findall(r'class="bouton" href="(/paniers\?.*?)"', answer.text)
    assert ticked(client.get(unescape(leads)).text) == {ONE, TWO, OTHER}


def test_a_zero_that_a_spreadsheet_took_off_is_guessed(edition: Edition) -> None:
    other = replace(edition)
    other.__dict__["finess"] = {"010000001": edition.finess[ONE]}
    assert lists.read("10000001", other).unknown == (("10000001", "010000001 (un tableur a ôté le zéro)"),)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "liste-vide"),
        (b"finess\n\n", "liste-vide"),
        (b"PK\x03\x04....", "liste-illisible"),
        (b"finess\0", "liste-illisible"),
        (b'finess,nom\n290000001,"a', "liste-illisible"),
        (b"nom,finess\nseul\n", "liste-illisible"),
        (b"nom\rfiness\n290000001", "liste-illisible"),
    ],
)
def test_lists_that_cannot_be_read_say_why(edition: Edition, content: bytes, code: str) -> None:
    with pytest.raises(CriterionError) as refused:
        lists.read(content, edition)
    assert refused.value.code == code
    assert refused.value.todo


def test_a_formula_is_text_in_the_file(edition: Edition) -> None:
    other = replace(edition)
    other.__dict__["finess"] = {ONE: replace(edition.finess[ONE], raison_sociale='=HYPERLINK("x")')}
    (_, line) = csv.reader(io.StringIO(lists.written([ONE], other).decode()))
    assert line[1] == '\'=HYPERLINK("x")'


# saved --------------------------------------------------------------------------------------------------------------


def test_a_basket_is_saved_and_shared_by_its_link(client: TestClient) -> None:
    link = saved(client)
    assert re.fullmatch(r"/paniers/[\w-]{22}", link)
    page = client.get(link)
    assert page.status_code == 200
    assert page.headers["x-robots-tag"] == "noindex"
    html = unescape(page.text)
    assert "Panier « CHU de l'Ouest »" in html
    assert f"http://testserver{link}" in html
    assert "garde la liste des FINESS" in html
    (copy,) = re.findall(r'href="(/paniers\?[^"]+)"', html)
    assert ticked(client.get(copy).text) == {ONE, TWO}
    for use in re.findall(r'href="(/restitutions/[^"]+formulaire[^"]+)"', html):
        assert f'value="{ONE},{TWO}"' in client.get(use).text
    assert client.get(f"/en{link}").status_code == 200


def test_a_saved_basket_answers_by_page_api_and_command(client: TestClient, place: Workspace) -> None:
    identifier = saved(client).rpartition("/")[2]
    plain = client.get(
        f"/api/v1/restitutions/casemix-mco/donnees?annee=2023&regroupement=cas&panier={ONE},{TWO}&format=csv"
    )
    for name in ("CHU de l'Ouest", "chu de l'ouest", identifier, f"{identifier},{ONE}"):
        asked = {"annee": "2023", "regroupement": "cas", "panier": name}
        page = client.get("/restitutions/casemix-mco", params=asked)
        assert page.headers["location"] == f"/restitutions/casemix-mco?annee=2023&panier={ONE},{TWO}&regroupement=cas"
        answer = client.get("/api/v1/restitutions/casemix-mco/donnees", params={**asked, "format": "csv"})
        assert answer.content == plain.content
        assert f"panier={ONE},{TWO}" in answer.headers["link"]
        words = ["query", "casemix-mco", "annee=2023", "regroupement=cas", f"panier={name}", "--format", "csv"]
        told = CliRunner().invoke(app, [*words, "--workspace", str(place.root)])
        assert told.exit_code == 0, told.output
        assert told.output.split() == plain.text.split()


def test_an_unknown_name_says_what_is_allowed(client: TestClient) -> None:
    saved(client, "Secret de polichinelle")
    answer = client.get("/api/v1/restitutions/casemix-mco/donnees?panier=Secret")
    assert (answer.status_code, answer.json()["code"]) == (400, "valeur-inconnue")
    assert "ni un panier enregistré" in answer.json()["title"]
    assert "nom exact" in answer.json()["conseil"]
    assert "polichinelle" not in answer.text  # a basket is shared by who has it, not listed
    listed = client.get("/paniers").text
    assert "polichinelle" not in listed


def test_a_name_is_taken_once_and_a_basket_never_changes(client: TestClient) -> None:
    link = saved(client)
    assert saved(client, "chu de l'ouest ") == link  # the same list under the same name
    again = client.post("/paniers", data={"nom_du_panier": "CHU de l'Ouest", "panier": OTHER})
    assert again.status_code == 400
    assert "s'appelle déjà" in unescape(again.text)
    assert 'value="CHU de l&#39;Ouest"' in again.text
    assert ticked(again.text) == {OTHER}
    assert OTHER not in client.get(link).text


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a" * (LONGEST_NAME + 1),
        "<b>gras</b>",
        "un,deux",
        "290000001",
        "123",
        "a\u202eb",
        "a\0b",
        "a;b",
        "-a",
        "région:53",
    ],
)
def test_names_that_are_not_admitted(client: TestClient, place: Workspace, name: str) -> None:
    answer = client.post("/paniers", data={"nom_du_panier": name, "panier": ONE})
    assert answer.status_code == 400
    assert 'id="faute-nom"' in answer.text
    assert "<b>gras" not in answer.text
    assert kept(place) is None


def test_an_empty_basket_is_not_saved(client: TestClient) -> None:
    answer = client.post("/paniers", data={"nom_du_panier": "Vide"})
    assert answer.status_code == 400
    assert "Le panier est vide" in answer.text
    assert client.get("/paniers/selection.csv").status_code == 400


@pytest.mark.parametrize(
    "link", ["/paniers/x", "/paniers/" + "a" * 22, "/paniers/CHU", "/paniers/%3Cscript%3E", "/paniers/" + "a" * 9000]
)
def test_links_to_nothing(client: TestClient, link: str) -> None:
    saved(client, "CHU")
    answer = client.get(link)
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_a_basket_whose_establishments_are_gone_says_so(client: TestClient, place: Workspace) -> None:
    basket = Baskets(place).save("Ancien", ["999999999", ONE])
    html = client.get(f"/paniers/{basket.identifier}").text
    assert "999999999" in html.split('role="alert"')[1].split("</div>")[0]
    refused = client.get("/api/v1/restitutions/casemix-mco/donnees?panier=Ancien").json()
    assert "« 999999999 » n'a rien transmis dans cette édition" in refused["title"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 303),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "https://testserver"}, 303),  # behind a proxy that ends TLS
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://ailleurs.fr"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "https://ailleurs.fr"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver.ailleurs.fr"}, 403),
    ],
)
def test_posts_of_other_sites_are_refused(
    client: TestClient, place: Workspace, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/paniers", data={"nom_du_panier": "A", "panier": ONE}, headers=headers)
    assert answer.status_code == status
    assert (kept(place) is not None) == (status == 303)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x" * 300_000, "application/x-www-form-urlencoded"),
        (b"panier=%ff", "application/x-www-form-urlencoded"),
        (b"a=&" * 5000, "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", "multipart/form-data"),
        (b"--x\r\n\r\nrien\r\n--x--", "multipart/form-data; boundary=x"),
        (b"nom_du_panier=A&inconnu=1", "application/x-www-form-urlencoded"),
    ],
)
def test_bodies_that_are_no_form_of_ours(client: TestClient, place: Workspace, body: bytes, kind: str) -> None:
    for path in ("/paniers", "/paniers/importer"):
        answer = client.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert kept(place) is None


def test_the_state_is_made_when_a_basket_is_and_holds_nothing_else(client: TestClient, place: Workspace) -> None:
    client.get("/paniers")
    client.get("/restitutions/casemix-mco?panier=Rien")
    assert kept(place) is None
    saved(client)
    assert kept(place) == [("CHU de l'Ouest", f"{ONE},{TWO}")]


def test_a_state_that_cannot_be_read_is_said(
    client: TestClient, place: Workspace, state_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.state.write_bytes(b"ceci n'est pas une base" * 100)
    if state_url:
        monkeypatch.setenv("SANOSCOPE_ETAT_URL", "postgresql://qui:motdepasse@127.0.0.1:1/rien")
    answer = client.post("/paniers", data={"nom_du_panier": "A", "panier": ONE})
    assert answer.status_code == 503
    assert "exportez votre sélection" in answer.text
    assert "motdepasse" not in answer.text
    with pytest.raises(SanoscopeError, match="ne se lisent"):
        Baskets(place).find("A")


# pace ---------------------------------------------------------------------------------------------------------------


def test_an_address_saves_so_many_baskets_an_hour_and_is_told_when_to_come_back(place: Workspace) -> None:
    few = replace(place, settings=replace(place.settings, paniers_par_heure=2))
    one = TestClient(create_app(few), follow_redirects=False, client=("192.0.2.7", 1))
    saved(one, "un")
    saved(one, "deux")
    refused = one.post("/paniers", data={"nom_du_panier": "trois", "panier": ONE})
    assert refused.status_code == 429
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert "au plus 2 par heure" in refused.text
    assert "Réessayez dans 60 min" in refused.text
    english = one.post("/en/paniers", data={"nom_du_panier": "trois", "panier": ONE})
    assert "at most 2 an hour" in english.text
    assert one.get("/paniers").status_code == 200  # nothing else is counted
    there = Baskets(few)
    assert [bool(there.find(name)) for name in ("un", "deux", "trois")] == [True, True, False]


def test_addresses_are_counted_apart_and_those_of_an_ipv6_network_together(place: Workspace) -> None:
    few = replace(place, settings=replace(place.settings, paniers_par_heure=1))
    application = create_app(few)
    statuses = []
    for number, address in enumerate(["192.0.2.7", "192.0.2.8", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]):
        client = TestClient(application, follow_redirects=False, client=(address, 1))
        statuses.append(client.post("/paniers", data={"nom_du_panier": f"n{number}", "panier": ONE}).status_code)
    assert statuses == [303, 303, 303, 429, 303]
