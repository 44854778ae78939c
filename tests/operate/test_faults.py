"""A refresh killed anywhere, or short of disk: the published edition answers as before, and the next one completes.

``SANOSCOPE_COUPS=50 pytest tests/operate/test_faults.py`` kills at 50 points instead of 6.
"""

import contextlib
import os
import random
import resource
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sanoscope import workspace as workspaces
from sanoscope.edition import publication
from sanoscope.operate import journal as journals
from sanoscope.operate.report import NOTHING, PUBLISHED
from sanoscope.workspace import UNFINISHED, Workspace
from tests.operate.small import command, drop, editions, figures, place, run

BLOWS = int(os.environ.get("SANOSCOPE_COUPS", "6"))
STEPS = ("dépôt", "réception", "référence", "construction", "contrôles", "publication", "purge")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that published an edition, then a corrected file in its drop folder."""
    root = tmp_path_factory.mktemp("avant")
    workspace = place(root)
    drop(root / "depot", 40, 30)
    assert run(workspace).etat == PUBLISHED
    drop(root / "depot", 44)
    return root


@pytest.fixture(scope="module")
def undisturbed(before: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, str]], float]:
    """What the same refresh answers when nothing disturbs it, and its seconds from its lock to its end."""
    workspace = copy(before, tmp_path_factory.mktemp("sans") / "essai")
    with beginning(workspace) as process:
        began = time.perf_counter()
        output = process.communicate()[0]
    assert process.returncode == 0, output
    return figures(workspace), time.perf_counter() - began


def copy(before: Path, root: Path) -> Workspace:
    shutil.copytree(before, root, symlinks=True)
    return workspaces.load(root / "espace")


@contextlib.contextmanager
def beginning(workspace: Workspace) -> Any:
    """Begin a refresh and give it once it holds its lock."""
    lock = workspace.operations / ".verrou"
    lock.unlink()
    process = command(workspace)
    while not lock.exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.005)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(workspace: Workspace, of: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    assert publication.current(workspace.editions) == of
    publication.verify(workspace.editions, of)
    return figures(workspace), figures(workspace, secure=False)


@pytest.mark.parametrize("blow", range(BLOWS))
def test_killed_anywhere_nothing_is_lost(
    blow: int, before: Path, undisturbed: tuple[list[dict[str, str]], float], tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    wait = seconds * (blow + random.Random(blow).random()) / BLOWS
    killed(before, tmp_path / "essai", expected, lambda _: time.sleep(wait))


@pytest.mark.parametrize("step", STEPS)
def test_killed_as_a_step_begins_nothing_is_lost(
    step: str, before: Path, undisturbed: tuple[list[dict[str, str]], float], tmp_path: Path
) -> None:
    def reached(workspace: Workspace) -> None:
        later, end = STEPS[STEPS.index(step) :], time.monotonic() + 60
        while journals.read(workspace.operations).etape not in later and time.monotonic() < end:
            time.sleep(0.0005)

    killed(before, tmp_path / "essai", undisturbed[0], reached)


def killed(before: Path, root: Path, expected: list[dict[str, str]], wait: Callable[[Workspace], None]) -> None:
    """Kill a refresh after a wait, ask the published edition, refresh again."""
    workspace = copy(before, root)
    first = publication.current(workspace.editions)
    served = answers(workspace, first)
    with beginning(workspace) as process:
        wait(workspace)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    interrupted = journals.read(workspace.operations).etape
    print(f"tué à l'étape « {interrupted} »")
    now = publication.current(workspace.editions)
    if now == first:
        assert answers(workspace, first) == served
    else:
        assert figures(workspace) == expected
    report = run(workspace)
    assert report.etat in (PUBLISHED, NOTHING), report.motif
    assert report.reprise == interrupted
    assert figures(workspace) == expected
    assert len(editions(workspace)) == 2
    assert publication.published(workspace.editions) == set(editions(workspace))
    left = [p for d in ("store", "editions", "rafraichissement") for p in (workspace.root / d).rglob(f"{UNFINISHED}*")]
    assert left == []
    assert publication.rollback(workspace.editions) == first
    assert answers(workspace, first) == served


@pytest.mark.parametrize("room", [1 << 6, 1 << 9, 1 << 12, 1 << 14])
def test_a_full_disk_stops_it_and_once_there_is_room_it_completes(
    room: int, before: Path, undisturbed: tuple[list[dict[str, str]], float], tmp_path: Path
) -> None:
    """No file may grow beyond ``room`` bytes, as on a disk that fills."""
    workspace = copy(before, tmp_path / "essai")
    first = publication.current(workspace.editions)
    served = answers(workspace, first)
    process = command(workspace)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, room))
    output = process.communicate()[0]
    assert process.returncode == 1, output
    assert "Mise à jour arrêtée" in output
    assert "SECRET" not in output
    assert answers(workspace, first) == served
    report = run(workspace)
    assert report.etat == PUBLISHED, report.motif
    assert figures(workspace) == undisturbed[0]
    assert len(editions(workspace)) == 2


def test_two_refreshes_at_once_make_one_edition(
    before: Path, undisturbed: tuple[list[dict[str, str]], float], tmp_path: Path
) -> None:
    workspace = copy(before, tmp_path / "essai")
    with beginning(workspace) as one:
        while not journals.read(workspace.operations).etape:
            time.sleep(0.005)
        os.kill(one.pid, signal.SIGSTOP)
        two = command(workspace)
        said = two.communicate()[0]
        os.kill(one.pid, signal.SIGCONT)
        output = one.communicate()[0]
    assert (one.returncode, two.returncode) == (0, 3), f"{output}\n{said}"
    assert "Une autre mise à jour est en cours" in said
    assert figures(workspace) == undisturbed[0]
    assert len(editions(workspace)) == 2
