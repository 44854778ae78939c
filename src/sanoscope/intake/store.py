"""The store: what was received, as typed Parquet, one directory a file; nothing is ever overwritten.

``store/CHAMP/ANNEE/FINESS/MOIS/KIND-SHA/`` holds ``fichier.json`` (what was received, what was counted) and one
Parquet file a table. A directory appears by one rename, so a file is either wholly in the store or not at all.
"""

import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sanoscope.formats.registry import layouts
from sanoscope.intake.names import FIELD_OF, Key
from sanoscope.workspace import appear

RECORD = "fichier.json"


@dataclass(frozen=True, slots=True, eq=False)
class StoredFile:
    """What the store knows of one received file.

    Attributes:
        kind: kind of file (``rsa``, ``ano``…).
        finess, annee, mois: whose transmission, cumulated up to which month.
        nom: name of the file; ``archive`` the archive it came in, or "".
        sha256: fingerprint of its bytes (hexadecimal); ``taille`` their number.
        instant: when it was sent, if its archive says so, else when it was received (ISO 8601).
        lues, acceptees, refusees: lines; lues = acceptees + refusees.
        motifs: refused lines by reason.
        versions: accepted lines by layout version.
        tables: rows by table.
        tronque: the last line was cut off: such a file counts only where no whole one exists.
        logiciel: version of Sanoscope that read it.
        absentes: of lines taken from a base (`base_receive`), what it does not have of what a file would: columns
            (of a zone: ``zone.colonne``) and whole zones.
    """

    kind: str
    finess: str
    annee: int
    mois: int
    nom: str
    archive: str
    sha256: str
    taille: int
    instant: str
    lues: int
    acceptees: int
    refusees: int
    motifs: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    tronque: bool = False
    logiciel: str = ""
    absentes: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """Whose transmission it belongs to."""
        return Key(self.finess, self.annee, self.mois)

    @property
    def place(self) -> Path:
        """Where it is in the store and, for its refused lines, in the quarantine."""
        return place_of(kind=self.kind, key=self.key, sha256=self.sha256)

    def admet(self, version: str) -> bool:
        """Tell whether a layout version is not that of its year but one that the year admits."""
        return any(layout.version == version and self.annee in layout.admitted for layout in layouts(self.kind))

    @property
    def rank(self) -> tuple[bool, int, datetime]:
        """The greatest counts: whole before torn, then the latest month, then the latest sent."""
        return (not self.tronque, self.mois, datetime.fromisoformat(self.instant))


@dataclass(frozen=True, slots=True)
class Transmission:
    """The files of one establishment and year, of one field, that count.

    Attributes:
        finess, annee: whose, of which year.
        fichiers: by kind: the last valid file of each main kind, and the companions that go with them.
    """

    finess: str
    annee: int
    fichiers: Mapping[str, StoredFile]

    @property
    def mois(self) -> int:
        """The month up to which it is cumulated."""
        return max(file.mois for file in self.fichiers.values())


def place_of(*, kind: str, key: Key, sha256: str) -> Path:
    """Return where a received file goes, relative to the store (and, for its refused lines, to the quarantine)."""
    return Path(FIELD_OF[kind], str(key.annee), key.finess, f"{key.mois:02d}", f"{kind}-{sha256[:16]}")


def read_record(directory: Path) -> StoredFile:
    """Return what the store knows of the file held by directory."""
    return StoredFile(**json.loads((directory / RECORD).read_text(encoding="utf-8")))


def stored_files(store: Path, champ: str = "mco") -> Iterator[tuple[StoredFile, Path]]:
    """Yield every received file of a field with its directory, in a stable order."""
    for path in sorted((store / champ).glob(f"*/*/*/*/{RECORD}")):
        yield read_record(path.parent), path.parent


def last_transmissions(
    files: Iterable[StoredFile],
    mains: Sequence[str] = ("rsa",),
    companions: Sequence[str] = ("ano",),
    years: Collection[int] | None = None,
) -> list[Transmission]:
    """Return, for each establishment and year, the files that count (DESIGN §5: the last valid, cumulative).

    Args:
        files: what the store has of a field.
        mains: kinds of file that hold its lines: each counts by its own.
        companions: kinds that go with them (chaining, drugs): they count when they are of the month of a main file and
            were not sent before it, as the sequence numbers of another transmission would tell of the wrong stays.
        years: years to take; None is all.
    """
    best: dict[tuple[str, int], dict[str, StoredFile]] = {}
    beside: dict[tuple[str, Key], StoredFile] = {}
    for file in files:
        if not file.acceptees or (years is not None and file.annee not in years):
            continue
        if file.kind in mains:
            held = best.setdefault((file.finess, file.annee), {})
            if file.kind not in held or file.rank > held[file.kind].rank:
                held[file.kind] = file
        elif file.kind in companions:
            known = beside.get((file.kind, file.key))
            if known is None or file.rank > known.rank:
                beside[file.kind, file.key] = file
    transmissions = []
    for (finess, annee), held in sorted(best.items(), key=lambda item: (item[0][1], item[0][0])):
        chosen = {kind: held[kind] for kind in mains if kind in held}
        for kind in companions:
            found = [beside[kind, main.key] for main in held.values() if (kind, main.key) in beside]
            later = [f for f in found if any(f.key == m.key and _sent(f) >= _sent(m) for m in held.values())]
            if later:
                chosen[kind] = max(later, key=lambda f: f.rank)
        transmissions.append(Transmission(finess, annee, chosen))
    return transmissions


def _sent(file: StoredFile) -> datetime:
    return datetime.fromisoformat(file.instant)


class Writer:
    """Writes the tables of one file beside their final place, then puts them there in one rename."""

    def __init__(self, store: Path, work: Path) -> None:
        self._store = store
        self._work = work
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._rows: dict[str, int] = {}
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)

    @property
    def rows(self) -> dict[str, int]:
        """Rows written so far, by table."""
        return dict(self._rows)

    def write(self, name: str, table: pa.Table) -> None:
        """Append a batch of rows to a table; a column that a later layout adds or drops opens a second part."""
        parts = [key for key in self._writers if key.split("~")[0] == name]
        part = next((key for key in parts if self._writers[key].schema.equals(table.schema)), None)
        if part is None:
            part = f"{name}~{len(parts) + 1}" if parts else name
            path = self._work / f"{part}.parquet"
            self._writers[part] = pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1)
        self._writers[part].write_table(table)
        self._rows[name] = self._rows.get(name, 0) + table.num_rows

    def commit(self, record: StoredFile) -> Path:
        """Close the tables, write the record, and make the whole visible at once; the same bytes twice are one."""
        self._close()
        text = json.dumps(asdict(record), ensure_ascii=False, indent=1)
        (self._work / RECORD).write_text(text, encoding="utf-8")
        target = self._store / record.place
        try:
            appear(self._work, target)
        except OSError:
            if not (target / RECORD).exists():
                raise
            self.abandon()
        return target

    def abandon(self) -> None:
        """Leave no trace."""
        self._close()
        shutil.rmtree(self._work, ignore_errors=True)

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
