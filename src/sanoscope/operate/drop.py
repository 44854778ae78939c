"""The drop folder: what hospitals sent, read from a local folder or from any address that fsspec knows.

Files are copied to a scratch folder, then received from there: what is read no longer changes. A file whose size or
time changes while it is copied is left for the next run. What was taken is remembered by its name, size and time (or
tag): it is not copied again.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol, cast
from urllib.parse import urlsplit, urlunsplit

from sanoscope import __version__
from sanoscope.errors import InputFileError, SanoscopeError
from sanoscope.intake.names import parse_file_name
from sanoscope.workspace import put

REFERENCE = "reference"
"""Folder of the drop whose files are reference tables."""

FILE = "depot.json"
TIMES = ("ETag", "etag", "mtime", "LastModified", "last_modified", "modified", "created")
"""Where file systems say that a file changed, the surest first."""

CHANGED = "change pendant la lecture : laissé à la prochaine mise à jour"
GONE = "n'est plus lisible : laissé à la prochaine mise à jour"


class Drop(Protocol):
    """A folder of files, wherever it is."""

    def files(self) -> dict[str, str]:
        """Return name (from the folder, with /) → size and time; hidden files are not looked at."""

    def stamp(self, name: str) -> str:
        """Return the size and time of a file now."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""


@dataclass(frozen=True, slots=True)
class Local:
    """A folder of this machine."""

    root: Path

    def files(self) -> dict[str, str]:
        """Return name → size and time."""
        found = (path for path in sorted(self.root.rglob("*")) if path.is_file())
        names = [path.relative_to(self.root).as_posix() for path in found]
        return {name: self.stamp(name) for name in names if not _hidden(name)}

    def stamp(self, name: str) -> str:
        """Return the size and time of a file now."""
        told = (self.root / name).stat()
        return f"{told.st_size}:{told.st_mtime_ns}"

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (self.root / name).open("rb")


@dataclass(frozen=True, slots=True)
class Remote:
    """A folder that fsspec reads.

    Attributes:
        system: its file system.
        root: where it is there.
    """

    system: Any
    root: str

    def files(self) -> dict[str, str]:
        """Return name → size and time."""
        self.system.invalidate_cache()
        found = self.system.find(self.root, detail=True)
        named = {PurePosixPath(path).relative_to(self.root).as_posix(): told for path, told in sorted(found.items())}
        return {name: _stamp(told) for name, told in named.items() if not _hidden(name)}

    def stamp(self, name: str) -> str:
        """Return the size and time of a file now."""
        self.system.invalidate_cache()
        return _stamp(self.system.info(f"{self.root}/{name}"))

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return cast(IO[bytes], self.system.open(f"{self.root}/{name}", "rb"))


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was copied from a drop.

    Attributes:
        trouves: name → stamp of all that is there.
        lus: names copied.
        laisses: name → why it was left.
    """

    trouves: Mapping[str, str]
    lus: Sequence[str]
    laisses: Mapping[str, str] = field(default_factory=dict)


def drop_at(address: str, root: Path) -> Drop:
    """Return the drop at an address.

    Args:
        address: a folder, from ``root`` if it is relative, or the URL of one.
        root: of the workspace.

    Raises:
        SanoscopeError: ``depot-absent`` (none is given), ``depot-introuvable``, ``fsspec-absent``, ``depot-inconnu``.
    """
    if not address:
        raise SanoscopeError(
            "depot-absent",
            "Aucun dossier de dépôt n'est donné.",
            todo="Donnez-le par --depot, ou par le réglage rafraichissement.depot.",
        )
    if "://" not in address:
        folder = root / Path(address).expanduser()
        if not folder.is_dir():
            raise _nowhere(address)
        return Local(folder)
    try:
        import fsspec  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise SanoscopeError(
            "fsspec-absent",
            f"Lire « {shown(address)} » demande fsspec.",
            todo="Installez « sanoscope[depot] » et le paquet de ce protocole (s3fs, paramiko…).",
        ) from error
    try:
        system, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise SanoscopeError(
            "depot-inconnu",
            f"Rien ne sait lire « {shown(address)} » ({type(error).__name__}).",
            todo="Vérifiez l'adresse, et que le paquet de ce protocole est installé (s3fs, paramiko…).",
        ) from error
    if not system.isdir(path):
        raise _nowhere(address)
    return Remote(system, str(path).rstrip("/"))


def shown(address: str) -> str:
    """Return an address without the name and the password that it may have."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")) if parts.scheme else address


def news(drop: Drop, address: str, kept: Path) -> tuple[dict[str, str], list[str]]:
    """Return all the files of a drop (name → stamp), and the names to take: new or changed, and what goes with them.

    The field of a file may be told by the others of its transmission: these are taken with it.

    Args:
        drop: the folder.
        address: where it is.
        kept: directory where what was taken is remembered.
    """
    found, known = drop.files(), _remembered(address, kept)
    fresh = {_group(name) for name, stamp in found.items() if known.get(name) != stamp}
    return found, [name for name in found if _group(name) in fresh]


def fetch(drop: Drop, found: Mapping[str, str], wanted: Sequence[str], scratch: Path) -> Fetched:
    """Copy files of a drop; those that change meanwhile are left, with those that go with them.

    Args:
        drop: the folder.
        found: name → stamp of all its files.
        wanted: the files to copy.
        scratch: where to.
    """
    left: dict[str, str] = {}
    for name in wanted:
        before = _now(drop, name)
        try:
            source = drop.open(name)
        except OSError:
            left[name] = GONE
            continue
        target = scratch / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        if not before or _now(drop, name) != before:
            left[name] = CHANGED
    apart = {_group(name) for name in left}
    left |= {name: "va avec un fichier laissé" for name in wanted if _group(name) in apart and name not in left}
    for name in left:
        (scratch / name).unlink(missing_ok=True)
    return Fetched(found, [name for name in wanted if name not in left], left)


def remember(address: str, kept: Path, fetched: Fetched) -> None:
    """Remember what was taken; what was left will be looked at again, and what is no longer there is forgotten."""
    known = _remembered(address, kept)
    taken = {name: fetched.trouves[name] for name in fetched.lus}
    files = {n: s for n, s in (known | taken).items() if n in fetched.trouves and n not in fetched.laisses}
    told = {"depot": shown(address), "logiciel": __version__, "fichiers": files}
    put(kept / FILE, json.dumps(told, ensure_ascii=False, indent=1))


def _remembered(address: str, kept: Path) -> dict[str, str]:
    """Return name → stamp of what was taken; another version of the software looks at everything again."""
    path = kept / FILE
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    same = (told.get("depot"), told.get("logiciel")) == (shown(address), __version__)
    return dict(told["fichiers"]) if same else {}


def _group(name: str) -> tuple[str, str]:
    """Return what tells the files that go together: the transmission of a folder, the parts of a shapefile."""
    path = PurePosixPath(name)
    try:
        return str(path.parent), str(parse_file_name(path.name).key)
    except InputFileError:
        return str(path.parent), path.stem


def _now(drop: Drop, name: str) -> str:
    try:
        return drop.stamp(name)
    except OSError:
        return ""


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(name).parts)


def _stamp(told: Mapping[str, Any]) -> str:
    return f"{told['size']}:{next((told[name] for name in TIMES if told.get(name)), '')}"


def _nowhere(address: str) -> SanoscopeError:
    return SanoscopeError(
        "depot-introuvable",
        f"Le dossier de dépôt « {shown(address)} » n'existe pas, ou n'est pas un dossier.",
        todo="Vérifiez le montage et le réglage rafraichissement.depot.",
    )
