"""What has not changed is taken over from the edition before, to the byte; what has is built anew."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.check import check
from sanoscope.edition.manifest import Manifest
from sanoscope.edition.noised import KEY_FILE
from sanoscope.edition.recipe import recipe, tables_of
from sanoscope.edition.sent import counting
from sanoscope.intake.receive import receive
from sanoscope.nomenclature.reference import Reference, load_reference
from sanoscope.nomenclature.tables import TABLES
from sanoscope.workspace import Workspace
from tests.pmsi import deliver

FIELDS = ("had", "smr")


def send(workspace: Workspace, folder: Path, champ: str, finess: str, month: int, count: int) -> None:
    kind, more = {
        "smr": ("rha", {"gme": "0127SC1", "journees_hors_we": "5"}),
        "had": ("rapss", {"mpp": "04", "mpa": "07", "duree_sous_sequence": "5"}),
    }[champ]
    at = folder / f"{champ}-{finess}-{month}-{count}"
    rows = [{"n": "1", "patient": f"P{stay:03d}", **more} for stay in range(count)]
    deliver(at, f"{finess}.2023.{month}.{kind}", rows)
    assert receive(workspace, [at]).clean


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hospitals, two fields and what is composed of them, an edition « a » that is published."""
    root = tmp_path_factory.mktemp("reprise")
    place = workspaces.create(root / "espace")
    for champ in FIELDS:
        for rank, finess in enumerate(("290000017", "350000014")):
            send(place, root / "fichiers", champ, finess, 9, 30 + 7 * rank)
    build(place, catalogue(), name="a", care=QUICK)
    publication.publish(place.editions, "a")
    return root


@pytest.fixture
def place(first: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(first, tmp_path / "copie", symlinks=True)
    return workspaces.load(tmp_path / "copie" / "espace")


def again(place: Workspace, name: str = "b", *, before: str = "a", whole: bool = False) -> Manifest:
    return build(place, catalogue(), name=name, before=before, care=QUICK, whole=whole)


def came(manifest: Manifest) -> dict[str, str]:
    return {code: of.repris for code, of in manifest.champs.items()}


def files(place: Workspace, name: str, champ: str) -> dict[str, Path]:
    """The databases and the certificates of a field."""
    root = place.editions / name
    return {str(p.relative_to(root)): p for p in sorted(root.rglob(f"*{champ}*")) if p.is_file()}


def test_only_what_changed_is_built(place: Workspace, tmp_path: Path) -> None:
    send(place, tmp_path, "smr", "290000017", 10, 41)
    manifest = again(place)
    assert came(manifest) == {"had": "a", "smr": "", "ensemble": ""}
    old, new = files(place, "a", "had"), files(place, "b", "had")
    assert list(old) == list(new) == ["ouvert/had.duckdb", "securise/certificat-had-2023.npz", "securise/had.duckdb"]
    assert all(old[name].samefile(new[name]) for name in old)
    assert not any(p.samefile(files(place, "a", "smr")[name]) for name, p in files(place, "b", "smr").items())
    assert manifests.read(place.editions / "b" / manifests.PUBLIC).champs["had"].repris == "a"
    assert all(control.bon for control in check(place.editions, "b", catalogue(), place.settings))
    publication.publish(place.editions, "b")
    third = again(place, "c", before="b")  # it says where a field was built, however often it was taken over since
    assert came(third) == {"had": "a", "smr": "b", "ensemble": "b"}


def test_all_is_built_when_asked_to(place: Workspace) -> None:
    assert set(came(again(place)).values()) == {"a"}
    assert set(came(again(place, "c", whole=True)).values()) == {""}


def test_a_transmission_that_does_not_count_rebuilds_nothing_and_is_counted(place: Workspace, tmp_path: Path) -> None:
    send(place, tmp_path, "smr", "290000017", 3, 12)
    manifest = again(place)
    assert set(came(manifest).values()) == {"a"}
    assert [year.remplacees for year in manifest.champs["smr"].rapprochement] == [12]
    assert [year.remplacees for year in again(place, "c", whole=True).champs["smr"].rapprochement] == [12]


def test_the_same_lines_of_another_chaining_are_another_recipe(place: Workspace, tmp_path: Path) -> None:
    deliver(
        tmp_path / "autre",
        "290000017.2023.9.rapss",
        [{"n": "1", "patient": "LEMEME", "mpp": "04", "mpa": "07", "duree_sous_sequence": "5"}] * 30,
    )
    (tmp_path / "autre" / "290000017.2023.9.HAD.rapss").unlink()
    (tmp_path / "autre" / "290000017.2023.9.HAD.ano").rename(tmp_path / "autre" / "290000017.2023.9.HAD.ano.tmp")
    shutil.copy(
        next(p for p in (place.root.parent / "fichiers").rglob("290000017.*.rapss")),
        tmp_path / "autre" / "290000017.2023.9.HAD.rapss",
    )
    (tmp_path / "autre" / "290000017.2023.9.HAD.ano.tmp").rename(tmp_path / "autre" / "290000017.2023.9.HAD.ano")
    receive(place, [tmp_path / "autre"])
    assert came(again(place)) == {"had": "", "smr": "a", "ensemble": ""}


@pytest.mark.parametrize("side", [True, False])
def test_what_is_no_longer_as_it_was_built_is_built_anew(place: Workspace, *, side: bool) -> None:
    with (place.editions / "a" / manifests.database("had", public=side)).open("ab") as stream:
        stream.write(b"x")
    manifest = again(place)
    assert came(manifest) == {"had": "", "smr": "a", "ensemble": ""}
    assert publication.verify(place.editions, "b") == manifest


@pytest.mark.parametrize("gone", [KEY_FILE, "certificat-had-2023.npz"])
def test_what_is_without_its_key_or_its_proof_is_built_anew(place: Workspace, gone: str) -> None:
    (place.editions / "a" / manifests.SECURE / gone).unlink()
    known = "a" if gone != KEY_FILE else ""
    assert came(again(place)) == {"had": "", "smr": known, "ensemble": ""}


def test_another_threshold_builds_all(place: Workspace) -> None:
    other = Workspace(place.root, replace(place.settings, seuil=6))
    assert set(came(again(other)).values()) == {""}


def test_another_version_builds_all(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sanoscope.edition.recipe.__version__", "9.9.9")
    assert set(came(again(place)).values()) == {""}


def test_a_reference_table_rebuilds_the_fields_that_read_it(place: Workspace) -> None:
    (place.reference / "gme.csv").write_text("annee,gme,libelle,cm,gn\n2023,0127SC1,Nouveau nom,01,0127\n", "utf-8")
    assert came(again(place)) == {"had": "a", "smr": "", "ensemble": ""}


def test_sealing_or_removing_one_leaves_the_other_whole(place: Workspace) -> None:
    publication.seal(place.editions, "a")
    sealed = {name: path.read_bytes() for name, path in files(place, "a", "").items()}
    assert set(came(again(place)).values()) == {"a"}
    publication.publish(place.editions, "b")
    again(place, "c", before="b")
    publication.remove(place.editions, "c")
    publication.seal(place.editions, "b")
    assert {name: path.read_bytes() for name, path in files(place, "a", "").items()} == sealed
    for name in ("a", "b"):
        publication.verify(place.editions, name)
    assert all(control.bon for control in check(place.editions, "b", catalogue(), place.settings))


def test_the_edition_before_may_go(place: Workspace) -> None:
    again(place)
    publication.publish(place.editions, "b")
    publication.remove(place.editions, "a")
    publication.verify(place.editions, "b")
    assert set(came(again(place, "c", before="b")).values()) == {"a"}


def test_where_there_are_no_links_it_is_copied(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(18, "EXDEV")

    monkeypatch.setattr(os, "link", no_links)
    assert set(came(again(place)).values()) == {"a"}
    for name, path in files(place, "a", "smr").items():
        copy = files(place, "b", "smr")[name]
        assert copy.read_bytes() == path.read_bytes()
        assert not copy.samefile(path)


# what a field depends on -------------------------------------------------------------------------------------------


def test_a_build_can_read_no_reference_table_that_its_field_does_not_declare(small: Workspace) -> None:
    """It is given no other: the small country, which has every field, would not have been built."""
    held = manifests.read(small.editions / "petite").champs
    assert set(held) == set(catalogue().champs)
    own = load_reference().only(tables_of(catalogue().champs["smr"]))
    assert own["gme"].height
    for read in (lambda: own["ghm"], lambda: own.codes("ghm"), lambda: own.labels("ghm")):
        with pytest.raises(KeyError):
            read()
    declared = {name for code, of in held.items() if not of.repris for name in tables_of(catalogue().champs[code])}
    beside = {"controles", "totaux_controle", "finess_historique"}
    assert set(TABLES) - declared == {"csarr", "tarifs_ght", "tarifs_gme", *beside}


def test_each_field_has_another_recipe_with_each_table_it_reads_and_no_other(small: Workspace) -> None:
    books, reference, sent = catalogue(), load_reference(small.reference), counting(small, catalogue())
    for code, of in sent.items():
        own = tables_of(books.champs[code])
        known = recipe(of, books, reference.only(own), small.settings)
        for name in TABLES:
            prints = {**reference.prints, name: {f"{name}.csv": "autre"}}
            changed = recipe(of, books, Reference(reference.tables, prints).only(own), small.settings)
            assert (changed != known) == (name in own), (code, name)


def test_a_recipe_is_the_same_in_every_process(first: Path) -> None:
    code = (
        "from pathlib import Path; from sanoscope import workspace as w;"
        "from sanoscope.catalogue.load import catalogue;"
        "from sanoscope.edition.recipe import recipe, tables_of; from sanoscope.edition.sent import counting;"
        "from sanoscope.nomenclature.reference import load_reference;"
        f"p = w.load(Path({str(first / 'espace')!r})); r = load_reference(p.reference); c = catalogue();"
        "print([recipe(s, c, r.only(tables_of(s.champ)), p.settings) for s in counting(p, c).values()])"
    )
    path = os.pathsep.join([str(Path(workspaces.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert "fichiers=" in told.pop()
