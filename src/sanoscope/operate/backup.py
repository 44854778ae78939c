"""``sanoscope backup``: a whole workspace in one file, taken while it is at work."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from sanoscope import __version__
from sanoscope.edition import manifest as manifests
from sanoscope.edition.publication import prints
from sanoscope.errors import SanoscopeError
from sanoscope.operate.archive import FORMAT, POINTED, TREE, Entry, Head, Writer, disk, rows_of
from sanoscope.operate.snapshot import Held, held, parts
from sanoscope.workspace import UNFINISHED, Workspace, alone, appear

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What was backed up.

    Attributes:
        path: the archive; None where it went to a stream.
        head: what it says it is.
        entries: what it has, by name.
        left: names in the root of the workspace that it does not have.
        doubts: what was backed up as it is, but is no longer what it was made as; in French.
    """

    path: Path | None
    head: Head
    entries: Mapping[str, Entry]
    left: list[str]
    doubts: list[str]


@dataclass(frozen=True, slots=True)
class Total:
    """What a part of a workspace has: files and other names of them, bytes, rows of tables."""

    fichiers: int = 0
    octets: int = 0
    lignes: int = 0


def backup(workspace: Workspace, destination: Path, *, progress: Progress | None = None) -> Backup:
    """Back a workspace up to a new file, whole and on the disk before it has its name; only its owner can read it.

    Args:
        workspace: what is backed up, while it is at work.
        destination: the file, or a directory in which it is named after the workspace and the instant.
        progress: told the part of the workspace that is being written.

    Raises:
        SanoscopeError: ``sauvegarde-existante`` (the file is there), ``sauvegarde-impossible`` (it cannot be written,
            or would be a part of what is backed up), ``deja-en-cours``, and those of reading the state.
    """
    name = f"{workspace.root.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
    target = (destination / name if destination.is_dir() else destination).absolute()
    _check_place(workspace, target)
    with _told(str(target)), alone(target.parent, "sauvegarde"):
        work = target.with_name(f"{UNFINISHED}{target.name}")
        try:
            with os.fdopen(os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                made = _written(workspace, stream, progress or (lambda _: None))
            _check_place(workspace, target)
            appear(work, target)
        finally:
            work.unlink(missing_ok=True)
    return replace(made, path=target)


def backup_to(workspace: Workspace, stream: IO[bytes], *, progress: Progress | None = None) -> Backup:
    """Back a workspace up to a stream, in one pass: to encrypt it without its ever being in clear on a disk.

    Raises:
        SanoscopeError: ``sauvegarde-impossible``, ``deja-en-cours``, and those of reading the state.
    """
    with _told("la sortie"):
        return _written(workspace, stream, progress or (lambda _: None))


def totals(entries: Iterable[Entry]) -> dict[str, Total]:
    """Return what each part of a workspace has, by the name of its directory; "" is the root."""
    found: dict[str, Total] = {}
    for entry in entries:
        of = found.get(entry.part, Total())
        found[entry.part] = Total(of.fichiers + 1, of.octets + entry.taille, of.lignes + (entry.lignes or 0))
    return found


def _written(workspace: Workspace, stream: IO[bytes], progress: Progress) -> Backup:
    with held(workspace) as found:
        head = Head(
            format=FORMAT,
            logiciel=__version__,
            cree_le=datetime.now(UTC).isoformat(timespec="seconds"),
            edition=found.edition,
            etat=found.state.version if found.state else "",
        )
        writer, doubts = Writer(stream, head), []
        for name, path in found.files.items():
            progress(str(PurePosixPath(name).parent))
            try:
                rows = None if name == POINTED else rows_of(path, workspace.settings)
            except Exception as error:  # whatever its reader has: what is damaged is backed up as it is
                rows = None
                doubts.append(f"« {name} » ne se lit pas ({type(error).__name__})")
            writer.add(name, path, rows)
        doubts += _altered(workspace, found, writer.entries)
        writer.close()
    return Backup(None, head, writer.entries, found.left, doubts)


def _altered(workspace: Workspace, found: Held, entries: Mapping[str, Entry]) -> Iterator[str]:
    """Say which cubes are no longer those that their edition was built with."""
    of_editions = f"{TREE}/{workspace.editions.name}/*/{manifests.FILE}"
    for name in (name for name in found.files if PurePosixPath(name).match(of_editions)):
        place = PurePosixPath(name).parent
        try:
            built = prints(manifests.read(found.files[name].parent))
        except SanoscopeError as error:
            yield f"édition {place.name} : {error.message}"
            continue
        for file, print_ in built.items():
            known = entries.get(str(place / file))
            if known is None or known.sha256 != print_:
                yield f"édition {place.name} : « {file} » n'est plus ce qui a été construit"


def _check_place(workspace: Workspace, target: Path) -> None:
    """Do nothing if an archive may be made there.

    Raises:
        SanoscopeError: ``sauvegarde-existante``, ``sauvegarde-impossible``.
    """
    if os.path.lexists(target):
        raise SanoscopeError(
            "sauvegarde-existante",
            f"« {target} » existe : une sauvegarde n'en remplace jamais une autre.",
            todo="Donnez un autre nom, ou un dossier : elle y est nommée d'après l'espace de travail et l'instant.",
        )
    where = target.parent.resolve()
    if not where.is_dir():
        raise SanoscopeError(
            "sauvegarde-impossible",
            f"Le dossier « {target.parent} » n'existe pas.",
            todo="Vérifiez que le disque des sauvegardes est monté, ou créez le dossier.",
        )
    own = [part.resolve() for part in parts(workspace)]
    if where == workspace.root or any(where.is_relative_to(part) for part in own):
        raise SanoscopeError(
            "sauvegarde-impossible",
            f"« {where} » fait partie de ce qui est sauvegardé : chaque sauvegarde y aurait les précédentes.",
            todo="Mettez-la ailleurs ; sur un autre disque, ou mieux une autre machine.",
        )


def _told(where: str) -> AbstractContextManager[None]:
    return disk("sauvegarde-impossible", f"La sauvegarde n'a pas pu être écrite dans {where}")
