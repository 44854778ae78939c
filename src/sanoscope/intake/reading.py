"""One file on its way into the store: read once, block by block, hashed as it goes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import IO
from uuid import uuid4

from sanoscope import __version__
from sanoscope.errors import InputFileError
from sanoscope.formats.registry import layout_of
from sanoscope.intake.blocks import Block, read_blocks
from sanoscope.intake.decode import Decoded, decode
from sanoscope.intake.indicators import StoredIndicators
from sanoscope.intake.quarantine import LineQuarantine
from sanoscope.intake.sources import Refusal, Source
from sanoscope.intake.store import RECORD, StoredFile, Writer, place_of, read_record
from sanoscope.intake.tables import StoredTable
from sanoscope.workspace import UNFINISHED, Workspace


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: received, already there, or refused."""

    label: str
    stored: StoredFile | StoredTable | StoredIndicators | None = None
    known: bool = False
    refusal: Refusal | None = None


def receive_file(workspace: Workspace, source: Source, now: str, progress: Callable[[int], None]) -> FileReport:
    """Take one file into the store.

    Args:
        workspace: where.
        source: the file.
        now: the moment of this intake (ISO 8601), the same for all its files.
        progress: called with the bytes read so far.
    """
    try:
        known = _already_stored(workspace, source)
        if known:
            return FileReport(source.label, stored=known, known=True)
        layout_of(source.name.kind, source.name.key.annee)
        return FileReport(source.label, stored=_Reading(workspace, source, now, progress).run())
    except InputFileError as error:
        message = str(error) if source.label in str(error) else f"{source.label} : {error}"
        return FileReport(source.label, refusal=Refusal(source.label, error.code, message))


def _already_stored(workspace: Workspace, source: Source) -> StoredFile | None:
    """Return the record of the very same bytes, if they are in the store; hashed only where a candidate exists."""
    key = source.name.key
    parent = (workspace.store / place_of(kind=source.name.kind, key=key, sha256="")).parent
    for record in sorted(parent.glob(f"{source.name.kind}-*/{RECORD}")):
        stored = read_record(record.parent)
        if stored.taille == source.size and stored.sha256 == _fingerprint(source):
            return stored
    return None


def _fingerprint(source: Source) -> str:
    with source.open() as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


class _Hashed:
    """A stream that is hashed and counted as it is read."""

    def __init__(self, stream: IO[bytes], progress: Callable[[int], None]) -> None:
        self._stream = stream
        self._progress = progress
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.digest.update(data)
        self.size += len(data)
        self._progress(self.size)
        return data


class _Reading:
    """One file on its way into the store."""

    def __init__(self, workspace: Workspace, source: Source, now: str, progress: Callable[[int], None]) -> None:
        self._workspace = workspace
        self._source = source
        self._now = now
        self._progress = progress
        self._writer = Writer(workspace.store, workspace.store / f"{UNFINISHED}{uuid4().hex}")
        self._quarantine = LineQuarantine(workspace.quarantine)
        self._read = 0
        self._torn = False
        self._versions: dict[str, int] = {}

    def run(self) -> StoredFile:
        try:
            with self._source.open() as stream:
                hashed = _Hashed(stream, self._progress)
                size = self._workspace.settings.bloc
                for block in read_blocks(hashed, size=size, label=self._source.label):  # type: ignore[arg-type]
                    self._take(block)
            return self._finish(hashed)
        except BaseException:
            self._writer.abandon()
            self._quarantine.abandon()
            raise

    def _take(self, block: Block) -> None:
        decoded = decode(block, kind=self._source.name.kind, key=self._source.name.key)
        self._read += block.count
        for name, tables in decoded.tables.items():
            for table in tables:
                self._writer.write(name, table)
        for version, lines in decoded.versions.items():
            self._versions[version] = self._versions.get(version, 0) + lines
        self._torn = self._torn or _cut_off(block, decoded)
        self._quarantine.add(block, decoded.refused)

    def _finish(self, hashed: _Hashed) -> StoredFile:
        name, source = self._source.name, self._source
        if self._read == 0:
            raise InputFileError(
                "fichier-vide", f"{source.label} : le fichier est vide.", todo="Redemandez-le à l'établissement."
            )
        refused = sum(self._quarantine.reasons.values())
        record = StoredFile(
            kind=name.kind,
            finess=name.key.finess,
            annee=name.key.annee,
            mois=name.key.mois,
            nom=source.member or source.path.name,
            archive=source.path.name if source.member else "",
            sha256=hashed.digest.hexdigest(),
            taille=hashed.size,
            instant=source.sent.replace(tzinfo=UTC).isoformat() if source.sent else self._now,
            lues=self._read,
            acceptees=self._read - refused,
            refusees=refused,
            motifs=self._quarantine.reasons,
            versions=self._versions,
            tables=self._writer.rows,
            tronque=self._torn,
            logiciel=__version__,
        )
        self._quarantine.commit(self._workspace.quarantine / record.place.with_suffix(".csv"))
        self._writer.commit(record)
        return record


def _cut_off(block: Block, decoded: Decoded) -> bool:
    """Tell whether the file's last line has no end and was refused: the file was cut off in the middle."""
    return block.torn and any(block.count - 1 in refused.rows for refused in decoded.refused)
