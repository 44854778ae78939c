"""What a backup meets: damage, hostility, a refresh beside it, a kill, a full disk; it is whole, or it is not there.

``SANOSCOPE_SAUVEGARDES=100 pytest tests/operate/test_backup_faults.py`` takes more of them beside refreshes, and flips
more bytes.
"""

import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from sanoscope import workspace as workspaces
from sanoscope.edition import publication
from sanoscope.errors import SanoscopeError
from sanoscope.operate import snapshot
from sanoscope.operate.archive import FORMAT, HEAD, MANIFEST, POINTED, SUM
from sanoscope.operate.backup import backup
from sanoscope.operate.report import NOTHING, PUBLISHED
from sanoscope.operate.snapshot import SCRATCH
from sanoscope.workspace import LOCK, UNFINISHED, Workspace
from tests.operate.saved import Member, back, checked, command, files, left, members, rewritten, write
from tests.operate.small import drop, figures, place, run

TIMES = int(os.environ.get("SANOSCOPE_SAUVEGARDES", "3"))


# damage ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20 * TIMES))
def test_a_flipped_byte_is_told_or_changes_nothing(seed: int, little: Workspace, saved: Path, tmp_path: Path) -> None:
    """What is between members and after the end is nobody's."""
    data, chance = bytearray(saved.read_bytes()), random.Random(seed)
    at = chance.randrange(len(data)) if seed % 2 else chance.choice(headers(saved)) + chance.randrange(512)
    data[at] ^= 1 << chance.randrange(8)
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    try:
        wrong = checked(path).wrong
    except SanoscopeError as refused:
        assert refused.code in ("sauvegarde-inconnue", "sauvegarde-hostile")
        wrong = [refused.code]
    if wrong:
        with pytest.raises(SanoscopeError):
            back(path, tmp_path / "rétabli")
        assert left(tmp_path / "rétabli") == []
    else:
        assert files(back(path, tmp_path / "rétabli").workspace.root) == files(little.root)


def headers(path: Path) -> list[int]:
    with tarfile.open(path) as tar:
        return [info.offset for info in tar]


@pytest.mark.parametrize("part", [0.0, 0.001, 0.3, 0.7, 0.97, 0.9999])
def test_a_torn_archive_is_told(saved: Path, tmp_path: Path, part: float) -> None:
    data = saved.read_bytes()
    end = members_end(saved)
    path = tmp_path / "a.tar"
    path.write_bytes(data[: int(end * part)])
    with pytest.raises(SanoscopeError) as refused:
        back(path, tmp_path / "rétabli")
    assert refused.value.code in ("sauvegarde-inconnue", "sauvegarde-abimee")
    assert left(tmp_path / "rétabli") == []
    if part > 0.01:
        (said,) = checked(path).wrong
        assert "coupée" in said
        assert "coupée" in command("restore", "--verifier", str(path), code=1)


def members_end(path: Path) -> int:
    with tarfile.open(path) as tar:
        return max(info.offset_data + info.size for info in tar)


def test_a_byte_of_each_member_a_missing_one_and_one_too_many_are_all_named(saved: Path, tmp_path: Path) -> None:
    found = members(saved)
    names = [info.name for info, data in found if data and info.name not in (HEAD, MANIFEST, SUM)]
    changed = [(i, bytes([d[0] ^ 1]) + d[1:] if i.name in names else d) for i, d in found]
    said = " ".join(checked(write(tmp_path / "a.tar", changed)).wrong)
    assert [name for name in names if f"« {name} » n'est pas ce qui a été sauvegardé (empreinte" not in said] == []
    gone = names[len(names) // 2]
    fewer = [one for one in found if one[0].name != gone]
    assert checked(write(tmp_path / "b.tar", fewer)).wrong == [f"« {gone} » manque"]
    more = [*found[:5], member("espace/reference/plus.csv", b"a\n"), *found[5:]]
    said = checked(write(tmp_path / "c.tar", more)).wrong
    assert said == ["« espace/reference/plus.csv » n'est pas dans le manifeste"]
    short = [(i, d[:-1] if i.name == gone else d) for i, d in found]
    assert "octets au lieu de" in checked(write(tmp_path / "d.tar", short)).wrong[0]
    lie = [(i, d.replace(b'"lignes": 2,', b'"lignes": 3,', 1) if i.name == MANIFEST else d) for i, d in found]
    assert lie != found
    assert checked(write(tmp_path / "e.tar", lie)).wrong == ["son manifeste n'est pas celui qui a été écrit"]
    with pytest.raises(SanoscopeError) as refused:
        back(tmp_path / "b.tar", tmp_path / "rétabli")
    assert (refused.value.code, gone in refused.value.message) == ("sauvegarde-abimee", True)
    assert left(tmp_path / "rétabli") == []


# hostility ------------------------------------------------------------------------------------------------------------


def member(name: str, data: bytes = b"", *, kind: bytes = tarfile.REGTYPE, to: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, to, 0o4755
    return info, data


SYM, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE
HOSTILE = {
    "above": [member("../dehors", b"x")],
    "above, within": [member("espace/../../dehors", b"x")],
    "absolute": [member("/tmp/dehors", b"x")],
    "of no part": [member("dehors", b"x")],
    "dot": [member("espace/./a", b"x")],
    "empty": [member("", b"x")],
    "symbolic link": [member("espace/reference/lien", kind=SYM, to="/etc/passwd")],
    "symbolic link above": [member("espace/store/lien", kind=SYM, to="../../..")],
    "pointer out": [member("espace/editions/current", kind=SYM, to="../../..")],
    "through the pointer": [
        member("espace/editions/autre", kind=SYM, to="/tmp"),
        member("espace/editions/autre/dehors", b"x"),
    ],
    "within a file": [member("espace/a", b"x"), member("espace/a/b", b"x")],
    "hard link out": [member("espace/lien", kind=HARD, to="/etc/passwd")],
    "hard link above": [member("espace/lien", kind=HARD, to="../../etc/passwd")],
    "hard link to what is not there": [member("espace/lien", kind=HARD, to="espace/rien")],
    "device": [member("espace/a", kind=tarfile.CHRTYPE)],
    "pipe": [member("espace/a", kind=tarfile.FIFOTYPE)],
    "twice": [member("espace/a", b"x"), member("espace/a", b"y")],
    "head again": [member(HEAD, b"{}")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_member_is_refused_before_anything_of_it_is_written(name: str, saved: Path, tmp_path: Path) -> None:
    """Although the manifest tells of it."""
    more, inside = HOSTILE[name], tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    path = rewritten(saved, tmp_path / "a.tar", more=more, without=[POINTED] if "pointer" in name else [])
    for does in (lambda: checked(path), lambda: back(path, inside / "rétabli")):
        with pytest.raises(SanoscopeError) as refused:
            does()
        assert refused.value.code == "sauvegarde-hostile"
    assert left(inside / "rétabli") == []
    assert [p.name for p in (tmp_path / "a").rglob("*") if p.name not in ("b", "rétabli", LOCK)] == []
    assert not Path("/tmp/dehors").exists()


def test_what_is_no_backup_or_of_another_form_says_so(saved: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "autre.tar", [member("espace/a", b"x")])
    newer = rewritten(saved, tmp_path / "a.tar", told=lambda head: {"format": FORMAT + 1, "autre": ""})
    text = tmp_path / "texte.tar"
    text.write_text("bonjour\n" * 1000, encoding="utf-8")
    unknown, later = "sauvegarde-inconnue", "sauvegarde-plus-recente"
    for path, code in ((other, unknown), (text, unknown), (newer, later)):
        with pytest.raises(SanoscopeError) as refused:
            checked(path)
        assert refused.value.code == code


def test_a_file_is_private_and_none_is_run_as_another(saved: Path, tmp_path: Path) -> None:
    """Permissions that a member claims: to write to all, to be run as its owner."""
    info, data = member("espace/reference/a.csv", b"x\n")
    info.mode = 0o6777
    made = back(rewritten(saved, tmp_path / "a.tar", more=[(info, data)]), tmp_path / "rétabli").workspace
    assert stat.S_IMODE((made.reference / "a.csv").stat().st_mode) == 0o755


# at work --------------------------------------------------------------------------------------------------------------


def test_beside_refreshes_each_backup_is_whole_and_goes_on(tmp_path: Path) -> None:
    """Editions are built, published and purged meanwhile; each archive, restored, is one moment of it."""
    workspace = place(tmp_path, "garder = 1\njours = 1\n")
    drop(tmp_path / "depot", 40, 30)
    assert run(workspace).etat == PUBLISHED
    made, failed, done = [], [], threading.Event()

    def weeks() -> None:
        try:
            count = 41
            while not done.is_set():
                drop(tmp_path / "depot", count)
                assert run(workspace).etat == PUBLISHED
                publication.remove(workspace.editions, sorted(p.name for p in removable(workspace))[0])
                count += 1
        except Exception as error:
            failed.append(error)

    refreshing = threading.Thread(target=weeks)
    refreshing.start()
    try:
        for n in range(TIMES):
            made.append(backup(workspace, tmp_path / f"{n}.tar"))
    finally:
        done.set()
        refreshing.join()
    assert failed == []
    for n, one in enumerate(made):
        assert one.path is not None
        result = back(one.path, tmp_path / f"lieu {n}" / "espace")
        assert (result.doubts, one.doubts) == ([], [])
        restored = result.workspace
        assert publication.current(restored.editions) == one.head.edition
        days = int(figures(restored)[0]["journees"])
        shutil.copytree(tmp_path / "depot", tmp_path / f"lieu {n}" / "depot")
        after = run(restored)
        assert after.etat in (PUBLISHED, NOTHING), after.motif
        assert int(figures(restored)[0]["journees"]) >= days
        assert figures(restored) == figures(workspace)
        assert publication.current(restored.editions) in publication.published(restored.editions)
    assert scratches(workspace) == []


def removable(workspace: Workspace) -> list[Path]:
    now = publication.served(workspace.editions)
    return [p for p in workspace.editions.glob("[!.]*/") if not p.is_symlink() and p.name != now]


def scratches(workspace: Workspace) -> list[Path]:
    return [path for path in workspace.root.rglob("*") if path.name == SCRATCH]


def test_an_edition_removed_while_it_is_held_is_left_out(
    little: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copied(little, tmp_path)
    first = publication.current(workspace.editions)
    drop(tmp_path / "depot", 50)
    assert run(workspace).etat == PUBLISHED
    second = snapshot._second

    def removing(path: Path, target: Path) -> Path:
        if path.name.endswith(".duckdb") and first in path.parts and (workspace.editions / first).is_dir():
            publication.remove(workspace.editions, first)
        return second(path, target)

    monkeypatch.setattr(snapshot, "_second", removing)
    made = backup(workspace, tmp_path / "a.tar")
    assert (first, made.head.edition) == (first, publication.current(workspace.editions))
    assert [name for name in made.entries if name.startswith(f"espace/editions/{first}/")] == []
    assert back(tmp_path / "a.tar", tmp_path / "rétabli").doubts == []


def test_an_edition_published_while_it_is_held_is_served_with_what_tells_of_it(
    little: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copied(little, tmp_path)
    drop(tmp_path / "depot", 50)
    second, ran = snapshot._second, []

    def publishing(path: Path, target: Path) -> Path:
        if path.name == publication.HISTORY and not ran:
            ran.append(run(workspace).etat)
        return second(path, target)

    monkeypatch.setattr(snapshot, "_second", publishing)
    made = backup(workspace, tmp_path / "a.tar")
    assert ran == [PUBLISHED]
    assert made.head.edition == publication.current(workspace.editions)
    restored = back(tmp_path / "a.tar", tmp_path / "rétabli").workspace
    assert publication.publications(restored.editions) == publication.publications(workspace.editions)
    assert figures(restored) == figures(workspace)


def copied(little: Workspace, root: Path) -> Workspace:
    shutil.copytree(little.root.parent, root, symlinks=True, dirs_exist_ok=True)
    return workspaces.load(root / "espace")


# cut off --------------------------------------------------------------------------------------------------------------

SLOW = """
import sys, time
from pathlib import Path
from sanoscope import workspace as workspaces
from sanoscope.operate import backup, restore
def slow(name):
    print(name, flush=True)
    if "editions" in name:
        sys.stdin.readline()
what, one, two = sys.argv[1:]
if what == "backup":
    backup.backup(workspaces.load(Path(one)), Path(two), progress=slow)
else:
    restore.restore(open(one, "rb"), Path(two), progress=slow)
"""


def killed(*words: str) -> None:
    """Begin a backup or a restoration, and kill it among the editions."""
    source = str(Path(workspaces.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *words],
        env=os.environ | {"PYTHONPATH": source},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if "editions" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_killed_nothing_has_its_name_and_the_next_one_clears_and_completes(
    little: Workspace, saved: Path, tmp_path: Path
) -> None:
    workspace, there = copied(little, tmp_path), tmp_path / "sauvegardes"
    there.mkdir()
    killed("backup", str(workspace.root), str(there))
    assert scratches(workspace) != []
    assert [name for name in left(there) if not name.startswith(UNFINISHED)] == []
    assert run(workspace).etat == NOTHING
    assert backup(workspace, there).path is not None
    assert (scratches(workspace), len(left(there))) == ([], 1)
    killed("restore", str(saved), str(tmp_path / "rétabli"))
    assert not (tmp_path / "rétabli" / workspaces.SETTINGS_FILE).exists()
    assert left(tmp_path / "rétabli") != []
    made = back(saved, tmp_path / "rétabli").workspace
    assert files(made.root) == files(little.root)


@pytest.mark.parametrize("room", [1 << 9, 1 << 14, 1 << 18])
def test_a_full_disk_leaves_nothing_and_says_so(room: int, little: Workspace, saved: Path, tmp_path: Path) -> None:
    """No file may grow beyond ``room`` bytes."""
    workspace = copied(little, tmp_path)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    there = tmp_path / "sauvegardes"
    there.mkdir()
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, kept[1]))
        for does, code in (
            (lambda: backup(workspace, there), "sauvegarde-impossible"),
            (lambda: back(saved, tmp_path / "rétabli"), "restauration-impossible"),
        ):
            with pytest.raises(SanoscopeError) as refused:
                does()
            assert refused.value.code in (code, "etat-indisponible")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert (left(there), left(tmp_path / "rétabli"), scratches(workspace)) == ([], [], [])


def test_one_backup_at_a_time(little: Workspace, tmp_path: Path) -> None:
    workspace = copied(little, tmp_path)

    def again(_: str) -> None:
        with pytest.raises(SanoscopeError) as refused:
            backup(workspace, tmp_path)
        assert refused.value.code == "deja-en-cours"

    assert backup(workspace, tmp_path / "a.tar", progress=again).path


def test_what_is_damaged_already_is_saved_as_it_is_and_said(little: Workspace, tmp_path: Path) -> None:
    workspace = copied(little, tmp_path)
    stored = next(workspace.store.rglob("*.parquet"))
    stored.write_bytes(b"ronge")
    base = next((workspace.editions / publication.current(workspace.editions)).rglob("*.duckdb"))
    data = bytearray(base.read_bytes())
    data[len(data) // 2] ^= 255
    base.write_bytes(data)
    said = command("backup", str(tmp_path / "a.tar"), "--workspace", str(workspace.root), code=1)
    assert f"{stored.relative_to(workspace.root)} » ne se lit pas (ArrowInvalid)" in said
    assert "n'est plus ce qui a été construit" in said
    assert "Sauvegarde faite" in said
    assert checked(tmp_path / "a.tar").wrong == []
    said = command("restore", str(tmp_path / "a.tar"), str(tmp_path / "rétabli"), code=1)
    assert "n'est plus celle qui a été construite" in said
    assert files(tmp_path / "rétabli") == files(workspace.root)


def test_a_link_that_leads_nowhere_is_said(little: Workspace, tmp_path: Path) -> None:
    workspace = copied(little, tmp_path)
    (tmp_path / "ailleurs.csv").write_text("a\n1\n", encoding="utf-8")
    (workspace.reference / "lien.csv").symlink_to(tmp_path / "ailleurs.csv")
    backup(workspace, tmp_path / "a.tar")
    restored = back(tmp_path / "a.tar", tmp_path / "rétabli").workspace
    assert (restored.reference / "lien.csv").read_text(encoding="utf-8") == "a\n1\n"
    (tmp_path / "ailleurs.csv").unlink()
    with pytest.raises(SanoscopeError) as refused:
        backup(workspace, tmp_path / "b.tar")
    assert refused.value.code == "sauvegarde-impossible"
    assert "lien.csv" in refused.value.message


def test_a_part_on_another_disk_without_links_is_copied(
    little: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copied(little, tmp_path)

    def refused(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    backup(workspace, tmp_path / "a.tar")
    assert files(back(tmp_path / "a.tar", tmp_path / "rétabli").workspace.root) == files(workspace.root)
