"""``sanoscope restore``: an archive back to a workspace of its own, whole or not at all."""

import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sanoscope import workspace as workspaces
from sanoscope.edition import publication
from sanoscope.errors import SanoscopeError
from sanoscope.operate.archive import POINTED, STATE, TREE, Contents, Head, Nobody, disk, read, rows_of
from sanoscope.operate.backup import Progress
from sanoscope.state import portable
from sanoscope.state.database import check_empty, check_known, engine_of, reading_as_it_is
from sanoscope.state.tables import VERSIONS
from sanoscope.workspace import LOCK, SETTINGS_FILE, UNFINISHED, Workspace, alone, made, settle, share, sync

OWN = 0o755
"""Permissions that a file may have again: nobody but its owner writes to it."""

LISTED = 20
"""What does not hold of an archive that is told one by one."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Attributes:
        workspace: where.
        contents: of the archive.
        lignes: rows counted again in what was restored, by name of member; of the state, as it was before it was
            brought up to date.
        state: rows of the state by table, as it is now; none where there was none.
        doubts: what is as it was saved, but is not what it was made as; in French.
    """

    workspace: Workspace
    contents: Contents
    lignes: Mapping[str, int]
    state: Mapping[str, int]
    doubts: list[str]


def verify(stream: IO[bytes], *, progress: Progress | None = None) -> Contents:
    """Read a whole archive back against its manifest, and return what was found; nothing is written.

    Raises:
        SanoscopeError: ``sauvegarde-inconnue``, ``sauvegarde-plus-recente``, ``sauvegarde-hostile``,
            ``restauration-impossible`` (the disk does not give it).
    """
    with _told():
        return read(stream, Nobody(progress or (lambda _: None)))


def restore(stream: IO[bytes], directory: Path, *, progress: Progress | None = None) -> Restored:
    """Make a workspace of an archive; it is one once all of it is there, is on the disk, and is what was saved.

    Its state goes to where its settings, or ``SANOSCOPE_ETAT_URL``, say it is: that must be empty.

    Args:
        stream: the archive.
        directory: the workspace to make; it is not there, or is empty.
        progress: told what is being done.

    Raises:
        SanoscopeError: those of `verify`; ``sauvegarde-abimee``, ``restauration-impossible`` (the directory holds
            something, the disk refuses), ``etat-pas-vide``, ``etat-plus-recent``, ``etat-indisponible``, and those of
            the settings that were saved. Nothing is kept then.
    """
    say = progress or (lambda _: None)
    _check_empty(directory)
    with _told(), alone(directory, "restauration"):
        work = directory / f"{UNFINISHED}restauration"
        try:
            work.mkdir()
            contents = read(stream, _Keeper(work, say))
            if contents.wrong:
                raise _damaged(contents)
            place = workspaces.load(work / TREE)
            say("lignes des tables")
            counted = _counted(contents, work, place)
            say("état")
            state = _state(contents, work, place)
            settle(place.root)
            _into_place(place.root, directory)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    restored = workspaces.create(directory)  # with the directories that had nothing
    say("empreintes des éditions")
    return Restored(restored, contents, counted, state, [*_lost(contents, counted, state), *_altered(restored)])


class _Keeper:
    """Writes the members of an archive under a directory, as they were."""

    def __init__(self, work: Path, say: Progress) -> None:
        self._work, self._say = work, say
        self._with_state = False

    def begin(self, head: Head) -> None:
        """Refuse a state that this software does not know."""
        check_known(head.etat)
        self._with_state = bool(head.etat)

    def file(self, info: tarfile.TarInfo, blocks: Iterator[bytes]) -> None:
        """Write a file; once the settings say where the state is, refuse one that has rows."""
        target = self._target(info)
        with target.open("xb") as stream:
            for block in blocks:
                stream.write(block)
        target.chmod(info.mode & OWN)
        os.utime(target, (info.mtime, info.mtime))
        if self._with_state and target == self._work / TREE / SETTINGS_FILE:
            with reading_as_it_is(workspaces.load(target.parent)) as state:
                if state is not None:
                    check_empty(state)

    def link(self, info: tarfile.TarInfo) -> None:
        """Give a file its other name, or make the pointer."""
        target = self._target(info)
        if info.name == POINTED:
            target.symlink_to(info.linkname)
            os.utime(target, (info.mtime, info.mtime), follow_symlinks=False)
        else:
            share(self._work / info.linkname, target)

    def _target(self, info: tarfile.TarInfo) -> Path:
        tarfile.data_filter(info, str(self._work))  # no other name comes here; Python is asked all the same
        target = self._work / info.name
        self._say(str(Path(info.name).parent))
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def _counted(contents: Contents, work: Path, place: Workspace) -> dict[str, int]:
    """Count again the rows of the tables whose rows were counted when they were saved."""
    counted = {}
    for name, entry in contents.entries.items():
        if entry.lignes is not None:
            counted[name] = rows_of(work / name, place.settings) or 0
    return counted


def _state(contents: Contents, work: Path, place: Workspace) -> dict[str, int]:
    """Put the rows of the state back, and return how many each of its tables has."""
    if not contents.head.etat:
        return {}
    url = engine_of(place).url
    if url.get_backend_name() == "sqlite":
        made(Path(str(url.database)).parent)
    return portable.put_back(place, work / STATE, contents.head.etat)


def _into_place(work: Path, directory: Path) -> None:
    """Give what is whole and on the disk its name; the settings last, which make a workspace of it."""
    for path in sorted(work.iterdir(), key=lambda path: path.name == SETTINGS_FILE):
        path.replace(directory / path.name)
        sync(directory)


def _lost(contents: Contents, counted: Mapping[str, int], state: Mapping[str, int]) -> Iterator[str]:
    """Say which tables do not have the rows that they had; those of a state that was brought up to date may differ."""
    for name, rows in counted.items():
        if rows != contents.entries[name].lignes:
            yield f"« {name} » : {rows} lignes au lieu de {contents.entries[name].lignes}"
    if contents.head.etat == VERSIONS[-1]:
        for table, rows in state.items():
            if rows != counted[f"{STATE}/{table}{portable.END}"]:
                yield f"état, {table} : {rows} lignes au lieu de {counted[f'{STATE}/{table}{portable.END}']}"


def _altered(workspace: Workspace) -> Iterator[str]:
    """Say which editions are not as they were built."""
    for place in sorted(workspace.editions.glob("[!.]*/")):
        if place.is_symlink() or not place.is_dir():
            continue
        try:
            publication.verify(workspace.editions, place.name)
        except (SanoscopeError, OSError) as error:
            yield f"édition {place.name} : {error.message if isinstance(error, SanoscopeError) else error.strerror}"


def _check_empty(directory: Path) -> None:
    """Do nothing if a directory is not there, or holds nothing but what a killed restoration left.

    Raises:
        SanoscopeError: ``restauration-impossible``.
    """
    there = [] if not os.path.lexists(directory) else [*directory.iterdir()] if directory.is_dir() else [directory]
    if any(path.name != LOCK and not path.name.startswith(UNFINISHED) for path in there):
        raise SanoscopeError(
            "restauration-impossible",
            f"« {directory} » existe et n'est pas un dossier vide : rien n'y est écrit.",
            todo="Donnez un nouveau dossier ; une fois vérifié, il prend la place de l'ancien.",
        )


def _damaged(contents: Contents) -> SanoscopeError:
    told = contents.wrong[:LISTED]
    rest = [f"… et {len(contents.wrong) - LISTED} autres"] if len(contents.wrong) > LISTED else []
    return SanoscopeError(
        "sauvegarde-abimee",
        "\n- ".join(["L'archive n'est plus ce qui a été sauvegardé : rien n'en est gardé.", *told, *rest]),
        todo="Prenez une autre sauvegarde ; « sanoscope restore --verifier ARCHIVE » la vérifie sans rien écrire.",
    )


def _told() -> AbstractContextManager[None]:
    return disk("restauration-impossible", "L'archive ne se lit pas, ou ne s'écrit pas")
