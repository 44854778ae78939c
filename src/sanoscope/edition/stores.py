"""The databases of an edition: where each is, how it is read, and how a new edition appears, whole or not at all."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sanoscope.edition import manifest as manifests
from sanoscope.edition.manifest import Manifest, database
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.workspace import UNFINISHED, Settings, Workspace, appear


def reading(path: Path, settings: Settings, *, serving: bool = False) -> DuckDBEngine:
    """Open a database read-only, with the memory and processors granted.

    Args:
        path: the database.
        settings: what is granted.
        serving: to answer readers: the memory of a question, and nothing is written beside the database.
    """
    memory = settings.memoire_question if serving else settings.memoire
    return DuckDBEngine(path, read_only=True, memory=memory, threads=settings.processus, spill=not serving)


def both(place: Path, champ: str, settings: Settings) -> tuple[DuckDBEngine, DuckDBEngine]:
    """Open the secure and the open database of a field of an edition."""
    return (
        reading(place / database(champ, public=False), settings),
        reading(place / database(champ, public=True), settings),
    )


@contextmanager
def unfinished(workspace: Workspace, name: str, *sides: str) -> Iterator[Path]:
    """Give a directory to make an edition in; leave nothing of it where that fails.

    Args:
        workspace: where the editions are.
        name: of the edition.
        sides: directories that it has.
    """
    work = workspace.editions / f"{UNFINISHED}{name}"
    for side in sides:
        (work / side).mkdir(parents=True)
    try:
        yield work
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def complete(work: Path, manifest: Manifest, shown: Manifest) -> None:
    """Write what an edition says of itself, to the operator and to the open side, and make it appear by one rename."""
    manifests.write(work, manifest)
    manifests.write(work / manifests.PUBLIC, shown)
    appear(work, work.with_name(manifest.nom))


def fingerprint(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
