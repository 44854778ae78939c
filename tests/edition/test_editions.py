"""An edition is immutable and whole; publishing moves one pointer; nothing is published that was altered."""

import json
import shutil
from datetime import date
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


# sealed, removed ------------------------------------------------------------------------------------------------------


def test_a_sealed_edition_is_final(two_editions: Workspace) -> None:
    place = two_editions.editions
    sealed = publication.seal(place, "a")
    assert (sealed.etat, len(sealed.sceau)) == ("scellée", 64)
    files = [path for path in (place / "a").rglob("*") if path.is_file()]
    assert not [path for path in files if path.stat().st_mode & 0o222]
    for attempt, code in (
        (lambda: publication.seal(place, "a"), "deja-scellee"),
        (lambda: build(two_editions, catalogue(), name="a"), "edition-existante"),
        (lambda: publication.remove(place, "a"), "edition-scellee"),
    ):
        with pytest.raises(SanoscopeError) as error:
            attempt()
        assert error.value.code == code
        assert error.value.todo
    assert publication.verify(place, "a") == sealed
    publication.publish(place, "a")
    assert stays(two_editions) == 20


@pytest.mark.parametrize("side", ["", manifests.PUBLIC])
def test_a_sealed_manifest_that_was_edited_is_seen(two_editions: Workspace, side: str) -> None:
    publication.seal(two_editions.editions, "a")
    path = two_editions.editions / "a" / side / manifests.FILE
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8").replace('"mois": 12', '"mois": 11'), encoding="utf-8")
    with pytest.raises(SanoscopeError) as error:
        publication.verify(two_editions.editions, "a")
    assert error.value.code == "edition-alteree"


def test_a_seal_that_was_cut_off_between_its_two_manifests_is_done_again(
    two_editions: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, write_one = two_editions.editions, manifests.write
    with monkeypatch.context() as patched:
        patched.setattr(manifests, "write", lambda at, m: write_one(at, m) if at.name == manifests.PUBLIC else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publication.seal(place, "a")
    assert publication.verify(place, "a").etat == "en cours"
    assert publication.seal(place, "a").etat == "scellée"
    publication.verify(place, "a")


def test_what_is_served_is_not_removed_and_what_is_removed_is_gone(two_editions: Workspace) -> None:
    place = two_editions.editions
    publication.publish(place, "a")
    with pytest.raises(SanoscopeError) as error:
        publication.remove(place, "a")
    assert error.value.code == "edition-servie"
    publication.publish(place, "b")
    publication.remove(place, "a")
    assert sorted(p.name for p in place.iterdir()) == [".verrou", "b", "current", publication.HISTORY]
    with pytest.raises(NotFoundError, match="Il n'y a pas d'édition « a »"):
        publication.rollback(place)


# the history of what was served ---------------------------------------------------------------------------------------

MAP = catalogue().restitutions["cartographie-activite-mco"]


def history(place: Path, *lines: str) -> None:
    (place / publication.HISTORY).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def event(day: str, name: str, *, back: bool = False) -> str:
    return json.dumps({"instant": f"{day}T06:00:00+00:00", "edition": name} | ({"retour": True} if back else {}))


def test_an_edition_answers_for_the_day_on_which_it_was_served(two_editions: Workspace) -> None:
    place = two_editions.editions
    publication.publish(place, "b")
    history(place, event("2026-01-03", "a"), event("2026-01-10", "b"))
    served = {day: publication.served_on(place, date(2026, 1, day), MAP) for day in (3, 9, 10, 11)}
    assert served == {3: "a", 9: "a", 10: "b", 11: "b"}
    with pytest.raises(NotFoundError) as before:
        publication.served_on(place, date(2026, 1, 2), MAP)
    assert before.value.code == "aucune-edition-ce-jour"
    assert "03/01/2026" in before.value.todo


def test_an_edition_that_was_withdrawn_does_not_answer_for_its_days(two_editions: Workspace) -> None:
    place = two_editions.editions
    publication.publish(place, "a")
    history(place, event("2026-01-03", "a"), event("2026-01-10", "b"), event("2026-01-12", "a", back=True))
    assert publication.published(place) == {"a"}
    assert publication.served_on(place, date(2026, 1, 9), MAP) == "a"
    assert publication.served_on(place, date(2026, 1, 12), MAP) == "a"
    with pytest.raises(NotFoundError) as withdrawn:
        publication.served_on(place, date(2026, 1, 10), MAP)
    assert (withdrawn.value.code, withdrawn.value.allowed) == ("edition-retiree", ("a",))


def test_a_way_back_keeps_the_dates_of_what_came_before(two_editions: Workspace) -> None:
    place = two_editions.editions
    publication.publish(place, "a")
    publication.publish(place, "b")
    before = publication.publications(place)
    publication.rollback(place)
    after = publication.publications(place)
    assert after[:-1] == before
    assert (after[-1].edition, after[-1].retour) == ("a", True)
    publication.publish(place, "b")
    assert publication.rollback(place) == "a"


def test_a_history_without_instants_counts_from_the_day_of_the_build(two_editions: Workspace) -> None:
    place = two_editions.editions
    publication.publish(place, "b")
    history(place, '{"edition": "disparue"}', '{"edition": "a"}', '{"edition": "b"}')
    assert [e.instant for e in publication.publications(place)][1:] == [
        manifests.read(place / name).cree_le for name in ("a", "b")
    ]
    assert publication.served_on(place, manifests.read(place / "b").cree_le.date(), MAP) == "b"
    publication.publish(place, "a")
    assert [e.edition for e in publication.publications(place)] == ["disparue", "a", "b", "a"]


def test_a_publication_cut_off_before_it_is_written_down_is_told_by_the_pointer(two_editions: Workspace) -> None:
    place = two_editions.editions
    publication.publish(place, "a")
    publication._point(place, "b")
    with (place / publication.HISTORY).open("a", encoding="utf-8") as stream:
        stream.write('{"instant": "20')
    assert [e.edition for e in publication.publications(place)] == ["a", "b"]
    assert publication.published(place) == {"a", "b"}
    assert publication.rollback(place) == "a"
    assert [(e.edition, e.retour) for e in publication.publications(place)] == [("a", False), ("b", False), ("a", True)]


# late files -----------------------------------------------------------------------------------------------------------


def test_late_files_make_a_new_edition_and_never_an_edit(two_editions: Workspace, tmp_path: Path) -> None:
    """A hospital corrects a year that is sealed, as by LAMDA: the figures of the sealed edition stay."""
    place = two_editions.editions
    publication.publish(place, "b")
    publication.seal(place, "b")
    kept = {path: path.read_bytes() for path in sorted((place / "b").rglob("*")) if path.is_file()}
    late = write(tmp_path / "lamda", "290000025.2023.12.rsa", [{"n": 34}])
    assert receive(two_editions, [late]).clean
    build(two_editions, catalogue(), name="b-lamda")
    publication.publish(place, "b-lamda")
    assert (stays(two_editions), stays(two_editions, "b")) == (54, 50)
    assert {path: path.read_bytes() for path in kept} == kept
    publication.verify(place, "b")
    moved = [
        (e.finess, e.annee)
        for e in manifests.read(place / "b-lamda").champs["mco"].entrees
        if e not in manifests.read(place / "b").champs["mco"].entrees
    ]
    assert moved == [("290000025", 2023)]
