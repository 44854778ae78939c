"""An edition is immutable and whole; publishing moves one pointer; nothing is published that was altered."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import SECURE
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.tracer import MODULUS
from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.check import check
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.edition.noised import audit_noised
from sanoscope.edition.opening import audit_year, certificate
from sanoscope.edition.rollups import base_shape, shapes
from sanoscope.engine.plan import Aggregate, Measure, Scan
from sanoscope.errors import NotFoundError, SanoscopeError
from sanoscope.intake.receive import receive
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.service import Service
from sanoscope.workspace import Workspace
from tests.pmsi import write


@pytest.fixture
def two_editions(workspace: Workspace, tmp_path: Path) -> Workspace:
    """« a » from one hospital's file, « b » from the same and another's."""
    receive(workspace, [write(tmp_path / "1", "290000017.2023.12.rsa", [{"n": 20}])])
    build(workspace, catalogue(), name="a")
    receive(workspace, [write(tmp_path / "2", "290000025.2023.12.rsa", [{"n": 30}])])
    build(workspace, catalogue(), name="b")
    return workspace


def stays(workspace: Workspace, name: str = "") -> int | float | None:
    edition = open_edition(workspace.editions, name, settings=workspace.settings)
    query = parse([], catalogue().restitution("cartographie-activite-mco"), edition, SECURE)
    return answer(query, SECURE, catalogue(), edition).figures[0].values[-1]


def test_an_edition_keeps_nothing_of_what_it_was_made_from(two_editions: Workspace) -> None:
    places = sorted(path.name for path in (two_editions.editions / "b").rglob("*") if path.is_file())
    stores = [f"{champ}.duckdb" for champ in ("mco", "pilotage")]
    assert places == ["certificat-mco-2023.npz", "cle-personnes", *2 * ["manifest.json"], *sorted(2 * stores)]


def test_publishing_moves_the_pointer_and_rollback_moves_it_back(two_editions: Workspace) -> None:
    place = two_editions.editions
    with pytest.raises(NotFoundError) as none:
        publication.current(place)
    assert none.value.code == "aucune-edition-publiee"
    publication.publish(place, "a")
    assert stays(two_editions) == 20
    publication.publish(place, "b")
    assert stays(two_editions) == 50
    assert publication.rollback(place) == "a"
    assert stays(two_editions) == 20
    assert stays(two_editions, "b") == 50
    with pytest.raises(SanoscopeError, match="Aucune édition n'a été publiée avant"):
        publication.rollback(place)


def test_a_service_follows_the_pointer_and_keeps_pinned_links(two_editions: Workspace) -> None:
    place = two_editions.editions
    publication.publish(place, "a")
    service = Service(two_editions, catalogue())
    slug = "cartographie-activite-mco"
    assert service.ask(slug, [], SECURE)[1].edition == "a"
    publication.publish(place, "b")
    assert service.ask(slug, [], SECURE)[1].edition == "b"
    assert service.ask(slug, [("edition", "a")], SECURE)[1].figures[0].values[-1] == 20
    with pytest.raises(NotFoundError) as unknown:
        service.ask(slug, [("edition", "c")], SECURE)
    assert unknown.value.allowed == ("a", "b")


def test_an_unpublished_edition_is_not_served(two_editions: Workspace) -> None:
    publication.publish(two_editions.editions, "a")
    with pytest.raises(NotFoundError):
        Service(two_editions, catalogue()).edition("b")


def test_an_altered_edition_is_neither_published_nor_checked(two_editions: Workspace) -> None:
    with (two_editions.editions / "a" / manifests.database("mco", public=False)).open("ab") as stream:
        stream.write(b"x")
    for attempt in (
        lambda: publication.publish(two_editions.editions, "a"),
        lambda: check(two_editions.editions, "a", catalogue(), two_editions.settings),
    ):
        with pytest.raises(SanoscopeError) as error:
            attempt()
        assert error.value.code == "edition-alteree"


def test_an_edition_is_never_built_over(two_editions: Workspace) -> None:
    with pytest.raises(SanoscopeError) as error:
        build(two_editions, catalogue(), name="a")
    assert error.value.code == "edition-existante"
    for name in ("../x", "a/b", ".cache", "current"):
        with pytest.raises(SanoscopeError):
            build(two_editions, catalogue(), name=name)


def test_sealing_is_said(two_editions: Workspace) -> None:
    assert publication.seal(two_editions.editions, "a").etat == "scellée"
    assert manifests.read(two_editions.editions / "a").etat == "scellée"


def test_nothing_to_build_says_what_to_do(workspace: Workspace) -> None:
    with pytest.raises(SanoscopeError, match="sanoscope intake"):
        build(workspace, catalogue())


def test_a_failed_build_leaves_nothing(two_editions: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sanoscope.edition.cubes.Cubes.rollups", lambda self, restitutions: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build(two_editions, catalogue(), name="c")
    assert sorted(p.name for p in two_editions.editions.iterdir()) == [".verrou", "a", "b"]


def test_the_same_files_give_the_same_figures_again(two_editions: Workspace, tmp_path: Path) -> None:
    other = workspaces.create(tmp_path / "autre")
    shutil.copytree(two_editions.store, other.store, dirs_exist_ok=True)
    build(other, catalogue(), name="b")
    assert stays(other, "b") == stays(two_editions, "b") == 50


def test_every_line_is_in_a_cube_or_in_a_named_exclusion(edition: Edition) -> None:
    for year in edition.of("mco").champ.rapprochement:
        assert year.lignes == year.retenues + sum(year.exclusions.values())
        assert year.exclusions.keys() == {"cmd-90", "pie-prestataire"}
        assert all(year.exclusions.values())
    sent = sum(e.lignes for e in edition.of("mco").champ.entrees if e.genre == "rsa")
    assert sent == sum(year.lignes for year in edition.of("mco").champ.rapprochement)


def test_every_rollup_adds_up_to_its_base_cube(small: Workspace) -> None:
    controls = {c.nom: c for c in check(small.editions, "petite", catalogue(), small.settings)}
    assert all(c.bon for c in controls.values()), controls
    assert "MCO, agrégats du cube activite" in controls
    assert {f"MCO, certificat de {year}" for year in (2022, 2023, 2024)} <= set(controls)


def test_a_certificate_that_is_not_of_what_is_served_is_seen(two_editions: Workspace, tmp_path: Path) -> None:
    champ = catalogue().champs["mco"]
    receive(two_editions, [write(tmp_path / "3", "290000033.2023.12.rsa", [{"n": 30}, {"n": 4, "duree": 0}])])
    build(two_editions, catalogue(), name="c", secret=1)
    assert audit_year(two_editions.editions / "c", champ, 2023, two_editions.settings).astray == 0
    path = certificate(two_editions.editions / "c", champ, 2023)
    with np.load(path) as kept:
        spoilt = {name: kept[name] for name in kept.files}
    spoilt["faits"] = spoilt["faits"] + 1
    np.savez_compressed(path, **spoilt)
    assert audit_year(two_editions.editions / "c", champ, 2023, two_editions.settings).astray > 0


@pytest.mark.parametrize("name", ["patients", "recours", "recrutement", "ages"])
def test_noised_figures_are_what_their_key_gives(small: Workspace, tmp_path: Path, name: str) -> None:
    champ = catalogue().champs["mco"]
    place = shutil.copytree(small.editions / "petite", tmp_path / "petite")
    groups, few, astray = audit_noised(place, champ, name, small.settings)
    assert groups > few > 0 == astray
    key = place / "securise" / "cle-personnes"
    assert key.stat().st_mode & 0o077 == 0
    key.write_bytes(b"une autre clef, de 32 octets....")
    assert audit_noised(place, champ, name, small.settings)[2] > 0


def test_the_open_store_holds_no_true_small_count(edition: Edition, public: Edition) -> None:
    """Base cells of 1 to 10 that the twin has at their true count are no more than chance; none is said to be exact."""
    keys = ("annee", "finess", "racine")
    true, twin = (
        {tuple(r[k] for k in keys): r for r in e.of("mco").engine.run(Aggregate(Scan(t), (keys,), m)).to_pylist()}
        for e, t, m in (
            (edition, "activite__annee__mois__finess__ghm", (Measure("n", "sum", "lignes"),)),
            (public, "activite", (Measure("n", "sum", "lignes"), Measure("t", "sum", "lignes_traceur"))),
        )
    )
    small = {key: row["n"] for key, row in true.items() if 0 < row["n"] <= 10}
    assert small
    assert all(twin[key]["t"] % MODULUS for key in small)
    assert any(twin[key]["n"] != n for key, n in small.items())
    assert not any(entry.lignes for entry in public.of("mco").champ.entrees)


def test_rollups_follow_from_the_catalogue(edition: Edition) -> None:
    books = catalogue()
    champ = books.champs["mco"]
    wanted = {s.table for s in shapes(champ, books.restitutions.values())}
    held = {t.nom for t in edition.of("mco").champ.tables if t.cube in champ.cubes}
    bases = {base_shape(champ, cube).table for cube in champ.cubes}
    assert bases <= held
    assert held - bases <= wanted
    assert shapes(champ, []) == []


def test_unknown_codes_are_kept_and_reported(edition: Edition) -> None:
    unknown = edition.of("mco").champ.codes_inconnus
    assert unknown["établissements inconnus"] == 1
    assert unknown["lignes dont le code est inconnu (GHM)"] > 0
    table = base_shape(catalogue().champs["mco"], "activite").table
    rows = edition.of("mco").engine.run(
        Aggregate(Scan(table), (("ghm", "cmd", "racine", "gp"),), (Measure("n", "sum", "lignes"),))
    )
    odd = [row for row in rows.to_pylist() if row["ghm"] == "99X99Z"]
    assert [(r["cmd"], r["racine"], r["gp"]) for r in odd] == [("99", "99X99", "?")]
