"""A refresh killed, cut off or short of disk at each of its operations: the published edition answers as before, the
next refresh comes to the same figures, nothing that was received, refused or loaded is lost, one can roll back.

``SANOSCOPE_COUPS=300 pytest tests/operate/test_faults.py`` takes as many points instead of 50.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from sanoscope.errors import SanoscopeError
from sanoscope.operate import journal as journals
from sanoscope.operate.report import PUBLISHED, STOPPED
from tests.operate.small import command, drop, editions, environment, figures, place, run

BLOWS = int(os.environ.get("SANOSCOPE_COUPS", "50"))
FULL = max(20, BLOWS * 2 // 5)
ROOM = 16_000_000 * BLOWS
"""Twice what a copy of the workspace takes, for each state that a power cut leaves (bytes)."""

STEPS = {"dépôt", "réception", "référence", "construction", "contrôles", "publication", "purge", ""}
"""Of the journal; the last is before the first, and after the last."""

Told = dict[str, Any]


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory, in memory where there is room: a real disk adds its slowness, and nothing that is looked at."""
    memory = Path("/dev/shm")
    there = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    with TemporaryDirectory(dir=memory if there else None) as made:
        yield Path(made)


def disturbed(what: str, many: int, root: Path) -> list[Told]:
    """Return what became of a refresh disturbed in many ways, of which none lost anything (`tests.operate.faults`)."""
    result = root / "resultat.json"
    call = [sys.executable, "-m", "tests.operate.faults", what, str(root), str(many), str(result)]
    done = subprocess.run(call, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[Told] = json.loads(result.read_text(encoding="utf-8"))
    lost = [one for one in found if one["manque"]]
    assert not lost, json.dumps(lost[:5], ensure_ascii=False, indent=1)
    assert len(found) >= min(many, 50), "it has some 250 operations: all of them, then"
    return found


def spread(found: list[Told]) -> bool:
    """Tell whether every step was disturbed, at operations that differ."""
    by_step = Counter(one["étape"] for one in found)
    return set(by_step) == STEPS and len({one["numéro"] for one in found}) > len(found) // 2


def test_killed_at_any_operation_nothing_is_lost(root: Path) -> None:
    found = disturbed("coups", BLOWS, root)
    assert spread(found)
    assert all(one["tué"] for one in found)
    assert all(one["reprise"] == one["étape"] for one in found), "the journal tells the step that was under way"


def test_after_a_power_cut_at_any_operation_nothing_is_lost(root: Path) -> None:
    found = disturbed("coupure", BLOWS, root)
    assert spread(found)
    assert {one["mode"] for one in found} == {"rien", "noms", "melange"}


def test_a_disk_full_from_any_operation_on_is_said_and_nothing_is_lost(root: Path) -> None:
    found = disturbed("plein", FULL, root)
    assert spread(found)
    for one in found:
        assert (one["état"], one["code"]) in {(STOPPED, 1), (PUBLISHED, 5)}, one
        assert "SECRET" not in one["dit"]
        told = "OSError" in one["dit"] or "IOException" in one["dit"]
        assert told or one["étape"] == "", "once all is done, only the copies of the report cannot be written"
    assert {one["état"] for one in found} == {STOPPED, PUBLISHED}


def test_files_that_the_system_does_not_let_grow_stop_it_and_nothing_is_lost(root: Path) -> None:
    found = disturbed("etroit", 4, root)
    for one in found:
        assert (one["état"], one["code"]) == (STOPPED, 1), one
        assert "SECRET" not in one["dit"]
    assert "« dépôt » : OSError" in found[0]["dit"]
    assert all("« construction » : FatalException" in one["dit"] for one in found[1:]), "databases are not cut short"


def test_two_refreshes_at_once_make_one_edition(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 44, 30)
    process = command(workspace)
    try:
        while not journals.read(workspace.operations).etape:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(SanoscopeError, match="Une autre mise à jour est en cours"):
            run(workspace)
        os.kill(process.pid, signal.SIGCONT)
        output = process.communicate()[0]
        assert process.returncode == 0, output
    finally:
        process.kill()
    assert [row["journees"] for row in figures(workspace)] == ["220", "150", "370"]
    assert len(editions(workspace)) == 1
