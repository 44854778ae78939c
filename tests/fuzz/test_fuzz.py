"""What reads from outside raises our own errors alone: a short run of atheris, the same each time, on all its targets.

``make fuzz`` runs each target longer.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS, Target

RUNS = int(os.environ.get("SANOSCOPE_FUZZ", "400"))
"""Executions; the startup alone takes about 8 s."""

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris n'est pas là : il lui faut Linux et Python < 3.14")
def test_only_our_own_errors_come_out(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "tout", str(tmp_path / "corpus"), f"-runs={RUNS}", "-seed=1"]
    # the largest memory that a process had is that of who started it, if it was larger: a shell between has little
    between = ["sh", "-c", '"$@"; exit $?', "sh", *command]
    done = subprocess.run(
        between, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, check=False
    )
    told = done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, told[-3000:]
    assert f"Done {RUNS} runs" in told


@pytest.mark.parametrize(("name", "target"), TARGETS.items(), ids=TARGETS)
def test_every_seed_is_read_to_the_end(name: str, target: Target) -> None:
    """A seed is what we write ourselves: it goes far into what it is for."""
    assert target.seeds(), name
    if name not in ("questions", "fichiers", "tout", "listes", "envois", "references"):  # some of theirs are wrong
        target.one(target.seeds()[0])
