"""Alive, or ready: what each says, and when it says no."""

import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sanoscope import __version__
from sanoscope.edition.publication import served
from sanoscope.errors import SanoscopeError
from sanoscope.serve.app import create_app
from sanoscope.workspace import Workspace
from tests.serve.conftest import with_settings

ROOT = Path(__file__).parents[2]


def test_a_service_with_an_edition_lives_and_is_ready(little: Workspace) -> None:
    client, edition = TestClient(create_app(little)), served(little.editions)
    assert client.get("/sante").json() == {"etat": "bon", "edition": edition, "version": __version__}
    ready = client.get("/sante/pret")
    assert ready.status_code == 200
    assert ready.headers["cache-control"] == "no-store"
    checks = {"edition": "bon", "base": "bon", "etat": "bon"}
    assert ready.json() == {"etat": "bon", "edition": edition, "version": __version__, "controles": checks}


def test_a_service_without_edition_lives_and_is_not_ready(workspace: Workspace) -> None:
    client = TestClient(create_app(workspace))
    assert (client.get("/sante").status_code, client.get("/sante").json()["edition"]) == (200, "")
    ready = client.get("/sante/pret")
    assert (ready.status_code, ready.json()["etat"]) == (503, "mauvais")
    assert ready.json()["controles"] == {"edition": "mauvais", "base": "mauvais", "etat": "bon"}


def test_a_service_whose_database_does_not_open_is_not_ready(little: Workspace, tmp_path: Path) -> None:
    place = with_settings(little, "", tmp_path / "espace")
    (place.root / "editions").unlink()
    name = served(little.editions)
    open_side = place.root / "editions" / name / "ouvert"
    open_side.mkdir(parents=True)
    manifest = little.editions / name / "ouvert" / "manifest.json"
    (open_side / "manifest.json").write_bytes(manifest.read_bytes())
    (place.root / "editions" / "publications.jsonl").write_bytes((little.editions / "publications.jsonl").read_bytes())
    (place.root / "editions" / "current").symlink_to(name)
    ready = TestClient(create_app(place)).get("/sante/pret")
    assert (ready.status_code, ready.json()["controles"]["base"]) == (503, "mauvais")


def test_a_service_whose_state_cannot_be_read_says_so_and_serves_figures(
    little: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(create_app(little))
    inner = client.app
    while not hasattr(inner, "state"):
        inner = getattr(inner, "_app")  # noqa: B009

    def unreadable(text: str) -> None:
        raise SanoscopeError("paniers-indisponibles", "non") from sqlite3.OperationalError()

    monkeypatch.setattr(inner.state.service.baskets, "find", unreadable)
    ready = client.get("/sante/pret")
    assert (ready.status_code, ready.json()["etat"], ready.json()["controles"]["etat"]) == (200, "bon", "mauvais")
    assert client.get("/sante").status_code == 200


def test_what_each_says_is_documented_and_used(little: Workspace) -> None:
    page = (ROOT / "docs" / "surveillance.md").read_text(encoding="utf-8").split("## La santé")[1].split("\n## ")[0]
    body = TestClient(create_app(little)).get("/sante/pret").json()
    assert all(f'"{name}"' in page for name in (*body, *body["controles"]))
    deployed = (ROOT / "deploiement" / "kubernetes" / "deployment.yaml").read_text(encoding="utf-8")
    assert "path: /sante" in deployed
    assert "path: /sante/pret" in deployed
