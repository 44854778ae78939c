"""Maps on loaded outlines: offered by the page, asked for by name, never another picture under the same link."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sanoscope.nomenclature.importers import load_path
from sanoscope.present.pictures.geometry import geometry
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.present.test_outlines import around

MAP = "/restitutions/cartographie-activite-mco/carte.json?annee=2023&edition=petite"
PAGE = "/restitutions/cartographie-activite-mco?annee=2023"


def write(path: Path, *codes: str) -> Path:
    """Outlines of some départements, each a square."""
    features = [
        {"type": "Feature", "properties": {"code": s.code, "nom": s.libelle}, "geometry": s.geometry}
        for s in around("departements", *codes)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture
def place(small: Workspace, tmp_path: Path) -> Workspace:
    """The small edition in a workspace of its own."""
    root = tmp_path / "espace"
    shutil.copytree(small.root, root, symlinks=True)
    return replace(small, root=root)


@pytest.fixture
def client(place: Workspace, tmp_path: Path) -> Iterator[TestClient]:
    (report,) = load_path(write(tmp_path / "Mes départements.geojson", "29", "22"), place.reference)
    assert not report.error
    yield TestClient(create_app(place), raise_server_exceptions=False)


def test_the_page_offers_them_with_their_fingerprint(client: TestClient) -> None:
    text = client.get(PAGE).text
    way = re.search(r'href="([^"]*)&amp;carte=(fond:mes-departements:\w+)#carte"[^>]*>([^<]*)<', text)
    assert way
    assert way[3] == "par département, contours « mes-departements »"
    shown = client.get(f"{PAGE}&carte={way[2]}").text
    assert f"carte.svg?annee=2023&amp;genre={way[2]}" in shown


def test_a_map_is_drawn_with_them(client: TestClient) -> None:
    answer = client.get(f"{MAP}&genre=fond:mes-departements")
    assert answer.status_code == 200, answer.text
    assert {f["id"] for f in answer.json()["data"]["values"]["features"]} == {"29", "22"}
    assert client.get(f"{MAP.replace('.json', '.svg')}&genre=fond:mes-departements").text.startswith("<svg")


def test_only_a_link_with_the_fingerprint_may_be_kept_for_ever(client: TestClient) -> None:
    loose = client.get(f"{MAP}&genre=fond:mes-departements")
    assert loose.headers["cache-control"] == "public, max-age=300"
    fixed = loose.headers["link"].split(">")[0].lstrip("<")
    assert "mes-departements%3A" in fixed
    assert "immutable" in client.get(fixed).headers["cache-control"]


def test_other_outlines_never_come_under_the_same_link(client: TestClient, place: Workspace, tmp_path: Path) -> None:
    fixed = client.get(f"{MAP}&genre=fond:mes-departements").headers["link"].split(">")[0].lstrip("<")
    plain = client.get(f"{MAP}&genre=departements").content
    load_path(write(tmp_path / "Mes départements.geojson", "29", "35"), place.reference)
    changed = client.get(fixed)
    assert (changed.status_code, changed.json()["code"]) == (404, "fond-change")
    assert "genre=fond:mes-departements:" in changed.json()["conseil"]
    assert {f["id"] for f in client.get(f"{MAP}&genre=fond:mes-departements").json()["data"]["values"]["features"]} == {
        "29",
        "35",
    }
    assert client.get(f"{MAP}&genre=departements").content == plain


def test_an_unknown_one_says_which_there_are(client: TestClient) -> None:
    answer = client.get(f"{MAP}&genre=fond:rien")
    assert (answer.status_code, answer.json()["code"]) == (400, "fond-inconnu")
    assert any(one.startswith("fond:mes-departements:") for one in answer.json()["admis"])


def test_a_file_spoilt_by_hand_stops_no_page(client: TestClient, place: Workspace) -> None:
    (place.reference / "formes" / "gate.geojson").write_text("{")
    assert client.get(PAGE).status_code == 200
    assert client.get(f"{MAP}&genre=fond:gate").json()["code"] == "fond-inconnu"


def test_without_any_the_page_offers_our_own_alone(small: Workspace) -> None:
    text = TestClient(create_app(small)).get(PAGE).text
    assert "fond:" not in text
    assert geometry("departements").credit == "Natural Earth"
