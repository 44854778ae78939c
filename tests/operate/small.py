"""The smallest workspaces that refresh: two hospitals of rehabilitation, one year."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

from sanoscope import workspace as workspaces
from sanoscope.access.baskets import Baskets
from sanoscope.access.scope import OPEN, SECURE
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition.edition import open_edition
from sanoscope.operate.refresh import refresh
from sanoscope.operate.report import Report
from sanoscope.present.exports import FORMATS
from sanoscope.present.numbers import FRENCH
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.workspace import SETTINGS_FILE, Workspace
from tests.pmsi import deliver

HOSPITALS = ("290000017", "290000025")
SLUG = "cartographie-activite-smr"


def drop(directory: Path, *counts: int, month: int = 12) -> None:
    """Deliver the weeks of the hospitals, as many as said of each, all of the same patient number."""
    for finess, count in zip(HOSPITALS, counts, strict=False):
        deliver(
            directory,
            f"{finess}.2023.{month}.rha",
            [{"n": str(count), "journees_hors_we": "5", "patient": "NUMEROSECRET"}],
        )


def place(root: Path, settings: str = "") -> Workspace:
    """Return a workspace whose drop folder is beside it."""
    made = workspaces.create(root / "espace")
    text = f'[moteur]\nprocessus = 1\n[rafraichissement]\ndepot = "../depot"\n{settings}'
    (made.root / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return workspaces.load(made.root)


def run(workspace: Workspace) -> Report:
    """Refresh in this process."""
    return refresh(workspace, catalogue(), care=QUICK)


def command(workspace: Workspace) -> "subprocess.Popen[str]":
    """Begin the command in a process group of its own."""
    call = [sys.executable, "-m", "sanoscope", "refresh", "--effort", "rapide", "--workspace", str(workspace.root)]
    return subprocess.Popen(
        call,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def environment() -> dict[str, str]:
    """Return the environment of a process that runs this software and its tests."""
    places = [str(Path(workspaces.__file__).parents[1]), str(Path(__file__).parents[2])]
    paths = os.pathsep.join([*places, *filter(None, [os.environ.get("PYTHONPATH", "")])])
    return {**os.environ, "PYTHONPATH": paths}


def figures(workspace: Workspace, *, secure: bool = True) -> list[dict[str, str]]:
    """Return what the published edition answers."""
    books, reader = catalogue(), SECURE if secure else OPEN
    restitution = books.restitution(SLUG)
    edition = open_edition(workspace.editions, settings=workspace.settings, public=reader.masked)
    query = parse([("annee", "2023")], restitution, edition, reader, Baskets(workspace))
    data = FORMATS["csv"].write(answer(query, reader, books, edition), FRENCH)
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


def editions(workspace: Workspace) -> list[str]:
    """Return the names of the editions, and of what is being written among them."""
    return sorted(p.name for p in workspace.editions.iterdir() if p.is_dir() and not p.is_symlink())
