"""The drop folder: what hospitals sent, read from a local folder or from any address that fsspec knows.

Files are copied to a scratch folder, then received from there: what is read no longer changes. A file whose size or
time changes while it is copied is left for the next run, as is one that is cut off. What was taken is remembered by its
name, size and time (or tag), as the list said it before it was read: it is not copied again, but if it changes.
"""

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
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
CUT = "la lecture s'est interrompue : laissé à la prochaine mise à jour"
SILENT = "le dépôt ne répond plus : laissé à la prochaine mise à jour"
UNNAMED = "ne peut pas être copié sous ce nom : à renommer dans le dépôt"

BLOCK = 1 << 20
"""How much is read at once (bytes)."""

TRIES = 2
"""How often a file is read that is cut off."""

CUTS = 3
"""Files in a row that are cut off, after which the others are not tried: each may be waited for."""

NAMES = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ)
"""What keeps a name of an object store from being one of a file: too long, or also that of a folder."""


class Drop(Protocol):
    """A folder of files, wherever it is."""

    def files(self) -> dict[str, str]:
        """Return name (from the folder, with /) → size and time; hidden files are not looked at."""

    def stamp(self, name: str) -> str:
        """Return the size and time of a file now."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""

    def again(self) -> None:
        """Connect again, after a cut."""


@dataclass(frozen=True, slots=True)
class Local:
    """A folder of this machine."""

    root: Path

    def files(self) -> dict[str, str]:
        """Return name → size and time."""
        found = (path for path in sorted(self.root.rglob("*")) if path.is_file())
        names = [path.relative_to(self.root).as_posix() for path in found]
        return {name: stamp for name in names if not _hidden(name) and (stamp := _now(self, name))}

    def stamp(self, name: str) -> str:
        """Return the size and time of a file now."""
        told = (self.root / name).stat()
        return f"{told.st_size}:{told.st_mtime_ns}"

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (self.root / name).open("rb")

    def again(self) -> None:
        """Do nothing."""


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
        """Return name → size and time; the marker of a folder is no file.

        Raises:
            SanoscopeError: ``depot-injoignable``.
        """
        try:
            self.system.invalidate_cache()
            found = self.system.find(self.root, detail=True)
        except Exception as error:  # each file system has its own
            raise _unreachable(error) from None  # what it says may tell an address
        files = {path: told for path, told in sorted(found.items()) if not path.endswith("/")}
        named = {PurePosixPath(path).relative_to(self.root).as_posix(): told for path, told in files.items()}
        return {name: _stamp(told) for name, told in named.items() if not _hidden(name)}

    def stamp(self, name: str) -> str:
        """Return the size and time of a file now."""
        self.system.invalidate_cache()
        return _stamp(self.system.info(f"{self.root}/{name}"))

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return cast(IO[bytes], self.system.open(f"{self.root}/{name}", "rb"))

    def again(self) -> None:
        """Connect again, where the file system does not do it by itself."""
        reconnect = getattr(self.system, "reconnect", None)
        if reconnect:
            reconnect()


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
        SanoscopeError: ``depot-absent`` (none is given), ``depot-introuvable``, ``fsspec-absent``, ``depot-inconnu``,
            ``depot-injoignable`` (nobody answers, or lets in).
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
        import fsspec  # noqa: F401, PLC0415 - an optional part
    except ImportError as error:
        raise SanoscopeError(
            "fsspec-absent",
            f"Lire « {shown(address)} » demande fsspec.",
            todo="Installez « sanoscope[depot] », et le paquet de ce protocole si ce n'est ni S3 ni SFTP.",
        ) from error
    try:
        system, path = _connected(address)
        there = system.isdir(path)
    except (ImportError, ValueError) as error:
        raise SanoscopeError(
            "depot-inconnu",
            f"Rien ne sait lire « {shown(address)} » ({type(error).__name__}).",
            todo="Vérifiez l'adresse ; installez « sanoscope[depot] », qui lit S3 et SFTP, ou le paquet du protocole.",
        ) from None
    except Exception as error:  # each file system has its own
        raise _unreachable(error) from None  # what it says may tell an address, a user
    if not there:
        raise _nowhere(address)
    return Remote(system, str(path).rstrip("/"))


def _connected(address: str) -> tuple[Any, str]:
    """Return the file system of a URL, connected, and the path in it."""
    from fsspec.core import url_to_fs  # noqa: PLC0415 - an optional part
    from fsspec.utils import infer_storage_options  # noqa: PLC0415

    if urlsplit(address).scheme not in ("sftp", "ssh"):
        system, path = url_to_fs(address, skip_instance_cache=True)
        return system, str(path)
    from sanoscope.operate.sftp import KnownSFTP  # noqa: PLC0415 - an optional part

    told = infer_storage_options(address)
    known = {name: told[name] for name in ("port", "username", "password") if told.get(name)}
    return KnownSFTP(told["host"], **known), str(told["path"])


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
    cuts = 0
    for name in wanted:
        why = SILENT if cuts >= CUTS else _take(drop, name, scratch / name)
        cuts = cuts + 1 if why in (CUT, SILENT) else 0
        if why:
            left[name] = why
    apart = {_group(name) for name in left}
    left |= {name: "va avec un fichier laissé" for name in wanted if _group(name) in apart and name not in left}
    for name, why in left.items():
        if why != UNNAMED:
            (scratch / name).unlink(missing_ok=True)
    return Fetched(found, [name for name in wanted if name not in left], left)


def _take(drop: Drop, name: str, target: Path) -> str:
    """Copy a file, once more after a cut; return why it is left, "" where it is not."""
    for _ in range(TRIES):
        why = _copy(drop, name, target)
        if why != CUT:
            return why
        try:
            drop.again()
        except Exception:  # each file system has its own
            return CUT
    return CUT


def _copy(drop: Drop, name: str, target: Path) -> str:
    """Copy a file; return why it is left, "" where it is not.

    Raises:
        OSError: there is no room for it here.
    """
    before = _now(drop, name)
    try:
        source = drop.open(name)
    except (FileNotFoundError, PermissionError):
        return GONE
    except Exception:  # each file system has its own
        return CUT
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = target.open("wb")
    except OSError as error:
        if error.errno in NAMES:
            return UNNAMED
        raise
    whole = True
    with copy:
        try:
            for block in _blocks(source):
                copy.write(block)
        except _CutError:
            whole = False
    after = _now(drop, name)
    if before and after and before != after:
        return CHANGED
    if not whole or (before and target.stat().st_size != int(before.partition(":")[0])):
        return CUT
    return "" if before and after else GONE


class _CutError(Exception):
    """A file that was not read to its end."""


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    """Yield what a file holds.

    Raises:
        _CutError: it cannot be read to its end.
    """
    try:
        with source:
            while block := source.read(BLOCK):
                yield block
    except Exception as error:  # each file system has its own
        raise _CutError from error


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
    """Return the size and time of a file now, "" where they cannot be told."""
    try:
        return drop.stamp(name)
    except Exception:  # each file system has its own
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


def _unreachable(error: Exception) -> SanoscopeError:
    return SanoscopeError(
        "depot-injoignable",
        f"Le dossier de dépôt ne répond pas, ou refuse l'accès ({type(error).__name__}).",
        todo="Vérifiez l'adresse, le réseau, les droits ; pour SFTP, que la clé du serveur est dans known_hosts.",
    )
