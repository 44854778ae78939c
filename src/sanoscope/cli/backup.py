"""What ``sanoscope backup`` and ``sanoscope restore`` do with their words, and what they say."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sanoscope import logs
from sanoscope.errors import SanoscopeError
from sanoscope.operate.archive import STATE, Contents, Entry, Head
from sanoscope.operate.backup import Backup, Progress, backup, backup_to, totals
from sanoscope.operate.lines import say_backup
from sanoscope.operate.restore import Restored, restore, verify
from sanoscope.state.tables import VERSIONS
from sanoscope.workspace import Workspace

STREAM = "-"
"""In the place of an archive: the standard input or output."""


def saved(place: Workspace, destination: str, progress: Progress) -> Backup:
    """Back a workspace up to a file, a directory or the standard output."""
    began = time.perf_counter()
    if destination != STREAM:
        made = backup(place, Path(destination).expanduser(), progress=progress)
    elif sys.stdout.isatty():
        raise SanoscopeError("sortie", "Une sauvegarde est binaire.", todo="Donnez un fichier, ou un tube qui la lit.")
    else:
        made = backup_to(place, sys.stdout.buffer, progress=progress)
    say_backup("backup", made.head, made.entries.values(), len(made.doubts), time.perf_counter() - began)
    return made


def verified(archive: str, progress: Progress) -> Contents:
    """Read an archive back against its manifest."""
    with _opened(archive) as stream:
        return verify(stream, progress=progress)


def restored(archive: str, directory: Path, progress: Progress) -> Restored:
    """Make a workspace of an archive."""
    began = time.perf_counter()
    with _opened(archive) as stream:
        made = restore(stream, directory, progress=progress)
    logs.configure(made.workspace.settings)
    entries = made.contents.entries.values()
    say_backup("restore", made.contents.head, entries, len(made.doubts), time.perf_counter() - began)
    return made


def say_saved(made: Backup) -> Iterator[str]:
    """Yield what there is to say of a backup."""
    yield from _listed(made.head, made.entries.values())
    if made.left:
        yield f"Laissé, n'étant pas de l'espace de travail : {', '.join(made.left)}"
    size = sum(entry.taille for entry in made.entries.values())
    yield f"Sauvegarde faite : {made.path or 'sortie standard'}, {size} octets de fichiers."


def say_verified(contents: Contents) -> Iterator[str]:
    """Yield what there is to say of an archive that was read back."""
    yield from _listed(contents.head, contents.entries.values())
    if not contents.wrong:
        yield f"Archive bonne : {len(contents.entries)} membres, tous ceux de son manifeste et tels qu'il les dit."


def say_restored(made: Restored) -> Iterator[str]:
    """Yield what there is to say of a restoration."""
    contents = made.contents
    yield from _listed(contents.head, contents.entries.values())
    if contents.head.etat and contents.head.etat != VERSIONS[-1]:
        yield f"État porté de la version {contents.head.etat} à la version {VERSIONS[-1]}."
    yield from (f"État, {table} : {rows} lignes" for table, rows in made.state.items())
    said, found = sum(entry.lignes or 0 for entry in contents.entries.values()), sum(made.lignes.values())
    yield f"Lignes rétablies : {found} sur {said} ({100 * found // said if said else 100} %)."
    yield f"Espace de travail rétabli : {made.workspace.root}"


def _listed(head: Head, entries: Iterable[Entry]) -> Iterator[str]:
    yield f"Du {head.cree_le}, Sanoscope {head.logiciel}, édition servie : {head.edition or 'aucune'}"
    for part, total in sorted(totals(entries).items()):
        name = {"": "racine", STATE: f"état (version {head.etat})"}.get(part, part)
        yield f"{name} : {total.fichiers} fichiers, {total.octets} octets, {total.lignes} lignes"


@contextmanager
def _opened(archive: str) -> Iterator[IO[bytes]]:
    if archive == STREAM:
        yield sys.stdin.buffer
        return
    try:
        stream = Path(archive).expanduser().open("rb")
    except OSError as error:
        raise SanoscopeError(
            "sauvegarde-inconnue", f"« {archive} » ne s'ouvre pas : {error.strerror}.", todo="Vérifiez le chemin."
        ) from error
    with stream:
        yield stream
