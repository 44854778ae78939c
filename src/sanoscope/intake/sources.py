"""From the paths an operator gives to the files there are to read: loose files, folders and archives.

An archive is opened with suspicion: a member that would land outside, that swells beyond reason, that is
encrypted or truncated is refused by name, and the rest goes on.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from sanoscope.errors import InputFileError
from sanoscope.intake.names import ArchiveName, FileName, Key, parse_archive_name, parse_file_name


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read, loose or member of an archive.

    Attributes:
        path: the loose file, or the archive.
        member: name inside the archive, or "".
        name: what its official name says.
        size: bytes to read, decompressed.
        sent: when it was made, if its archive says so.
    """

    path: Path
    member: str
    name: FileName
    size: int
    sent: datetime | None

    @property
    def label(self) -> str:
        """How to name it to a person."""
        return f"{self.path.name}:{self.member}" if self.member else self.path.name

    @property
    def place(self) -> Path:
        """Where the other files of its transmission lie: its archive, or its folder."""
        return self.path if self.member else self.path.parent

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the bytes; what an archive or a disk has to complain about becomes an InputFileError."""
        try:
            if not self.member:
                with self.path.open("rb") as stream:
                    yield stream
                return
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as member:
                yield member
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise InputFileError(
                "archive-abimee",
                f"{self.label} : l'archive est tronquée ou abîmée ({error}).",
                todo="Redemandez l'archive, puis relancez la réception.",
            ) from error
        except OSError as error:
            raise InputFileError(
                "lecture-impossible",
                f"{self.label} : lecture impossible ({error.strerror or error}).",
                todo="Vérifiez les droits et le disque, puis relancez.",
            ) from error


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not read, and why. ``noted`` says it is expected (a known kind left alone)."""

    label: str
    code: str
    message: str
    noted: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What there is under the paths that were given.

    Attributes:
        sources: files to read; some have no kind yet (`champs.settle`).
        refusals: what is refused outright, or left alone.
        told: the fields that the names of files lying together tell, by place and transmission.
    """

    sources: list[Source] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    told: dict[tuple[Path, Key], set[str]] = field(default_factory=dict)


class _Finder:
    """Collects what there is to read and what is refused outright."""

    def __init__(self, max_ratio: int) -> None:
        self.found = Found()
        self._max_ratio = max_ratio

    def refuse(self, label: str, code: str, message: str, *, noted: bool = False) -> None:
        """Note a refusal."""
        self.found.refusals.append(Refusal(label, code, message, noted))

    def look(self, path: Path) -> None:
        """Take in a loose file or an archive."""
        if path.suffix.lower() == ".zip":
            self._archive(path)
        else:
            self._keep(path, None, path.stat().st_size, None)

    def _archive(self, path: Path) -> None:
        try:
            archive_name = parse_archive_name(path.name)
            with zipfile.ZipFile(path) as archive:
                members = [info for info in archive.infolist() if not info.is_dir()]
        except InputFileError as error:
            self.refuse(path.name, error.code, str(error))
            return
        except (zipfile.BadZipFile, OSError) as error:
            message = f"{path.name} : archive tronquée ou abîmée ({error}). Redemandez-la, puis relancez la réception."
            self.refuse(path.name, "archive-abimee", message)
            return
        if not members:
            self.refuse(path.name, "archive-vide", f"{path.name} : l'archive ne contient rien.")
        for info in members:
            reason = _suspicion(info, self._max_ratio)
            if reason:
                self.refuse(f"{path.name}:{info.filename}", reason[0], f"{path.name} : {reason[1]}")
            else:
                self._keep(path, info.filename, info.file_size, archive_name)

    def _keep(self, path: Path, member: str | None, size: int, archive: ArchiveName | None) -> None:
        label = f"{path.name}:{member}" if member else path.name
        try:
            name = parse_file_name(PurePosixPath(member or path.name).name)
        except InputFileError as error:
            self.refuse(label, error.code, str(error))
            return
        source = Source(path, member or "", name, size, archive.sent if archive else None)
        champ = name.champ or (archive.champ if archive else "")
        if champ:
            self.found.told.setdefault((source.place, name.key), set()).add(champ)
        if name.kind or name.choices:
            self.found.sources.append(source)
        else:
            message = f"{label} : fichier e-PMSI connu, mais que Sanoscope ne lit pas (encore)."
            self.refuse(label, "non-lu", message, noted=True)


def files_of(folder: Path) -> list[Path]:
    """Return the files of a folder and its folders, in a stable order; hidden ones are not looked at."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))


def find_sources(paths: list[Path], *, max_ratio: int) -> Found:
    """Return what there is to read under paths, in a stable order, and what is refused outright.

    Args:
        paths: files, folders (walked through) and archives.
        max_ratio: largest accepted ratio of decompressed to compressed size of a member.
    """
    finder = _Finder(max_ratio)
    for path in paths:
        if path.is_dir():
            for found in files_of(path):
                finder.look(found)
        elif path.is_file():
            finder.look(path)
        else:
            finder.refuse(str(path), "fichier-introuvable", f"« {path} » n'existe pas.")
    return finder.found


def _suspicion(info: zipfile.ZipInfo, max_ratio: int) -> tuple[str, str] | None:
    # ZipInfo cuts orig_filename at a null byte; both spellings must be innocent.
    parts = [part for name in (info.filename, info.orig_filename) for part in name.replace("\\", "/").split("/")]
    if ".." in parts or info.filename.startswith(("/", "\\")) or info.filename[1:2] == ":":
        return "archive-chemin", f"le membre « {info.filename} » désigne un endroit hors de l'archive ; il est refusé."
    if info.flag_bits & 0x1:
        return "archive-chiffree", f"le membre « {info.filename} » est chiffré. Donnez le fichier en clair."
    if info.file_size > max_ratio * max(info.compress_size, 1) and info.file_size > 1 << 20:
        return "archive-bombe", (
            f"le membre « {info.filename} » passerait de {info.compress_size} à {info.file_size} octets, au-delà du "
            f"facteur {max_ratio} admis (réglage reception.facteur_decompression) ; il est refusé."
        )
    return None
