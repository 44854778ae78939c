"""The rows of one establishment and year of a base, checked, typed and written as those of a file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sanoscope import __version__
from sanoscope.formats.layout import Field
from sanoscope.intake.bases.base import literal, quoted
from sanoscope.intake.bases.correspondance import fields_of
from sanoscope.intake.bases.rows import (
    FINESS,
    KEY,
    LINE,
    NOT_KNOWN,
    OTHER,
    OWNER_FIELD,
    PIECES,
    PRINT,
    RANK,
    YEAR,
    Sheet,
    YearOfBase,
    blank,
    extracted,
    typed,
)
from sanoscope.intake.columns import Longs, Mask, counts
from sanoscope.intake.decode import MAIN_TABLE
from sanoscope.intake.names import Key
from sanoscope.intake.quarantine import RowQuarantine
from sanoscope.intake.store import StoredFile, Writer
from sanoscope.workspace import UNFINISHED, Workspace

Blocks = Callable[[str], Iterator[pa.RecordBatch]]
"""What gives the rows of a question, some at a time."""

_Refuse = Callable[[Mask, str, str], None]
"""What refuses the lines of a mask that were not refused before: (bool[lines], code, message)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of an establishment and year that make one file of the store.

    Attributes:
        workspace: where they go.
        blocks: what reads them.
        sheet: their table: the stays, or their chaining.
        key: whose they are.
        absent: what the base has not of what such a file has.
        year: of stays, the zones that the base has; None for a chaining.
        name: what they are taken from; ``now`` the moment of the intake (ISO 8601).
    """

    workspace: Workspace
    blocks: Blocks
    sheet: Sheet
    key: Key
    absent: list[str]
    year: YearOfBase | None
    name: str
    now: str

    def write(self, whole: str) -> StoredFile | None:
        """Write them and their record; None where there are none."""
        workspace, kind = self.workspace, self.sheet.layout.kind
        writer = Writer(workspace.store, workspace.store / f"{UNFINISHED}{uuid4().hex}")
        refused = RowQuarantine(workspace.quarantine)
        try:
            bad = self._bad_items()
            read, lines = self._main(writer, refused, bad)
            if not read:
                writer.abandon()
                return None
            for zone in self._zones():
                for block in self._items(zone, lines):
                    writer.write(zone, self._item_columns(zone, block)[0])
            wrong = sum(refused.reasons.values())
            record = StoredFile(
                kind=kind,
                finess=self.key.finess,
                annee=self.key.annee,
                mois=self.key.mois,
                nom=self.name,
                archive="",
                sha256=whole,
                taille=read,
                instant=self.now,
                lues=read,
                acceptees=read - wrong,
                refusees=wrong,
                motifs=dict(refused.reasons),
                versions={self.sheet.layout.version: read - wrong} if read > wrong else {},
                tables=writer.rows,
                logiciel=__version__,
                absentes=self.absent,
            )
            refused.commit(workspace.quarantine / record.place.with_suffix(".csv"))
            writer.commit(record)
        except BaseException:
            writer.abandon()
            refused.abandon()
            raise
        return record

    def _main(self, writer: Writer, refused: RowQuarantine, bad: Mapping[int, tuple[str, str]]) -> tuple[int, Longs]:
        """Write the lines; return how many were read, and the numbers of those refused."""
        read, out = 0, [np.zeros(0, np.int64)]
        for block in self.blocks(f"SELECT * FROM {self.sheet.sql} WHERE {self._own} ORDER BY {quoted(LINE)}"):
            read += block.num_rows
            lines = np.asarray(block[LINE]).astype(np.int64)
            keep: Mask = np.ones(len(lines), bool)

            def refuse(mask: Mask, code: str, message: str) -> None:
                rows = np.flatnonzero(mask & keep)  # noqa: B023 - of this block
                if len(rows):
                    refused.add(lines[rows], code, message, contents(block, rows))  # noqa: B023
                    keep[rows] = False  # noqa: B023

            columns: dict[str, pa.Array] = {}
            for f in self.sheet.fields:
                columns[f.name], wrong = self._column(block, f)
                for mask, code, message in wrong:
                    refuse(mask, code, message)
            self._check(block, columns, refuse)
            for code, message in dict.fromkeys(bad.values()):
                those = [line for line, why in bad.items() if why == (code, message)]
                refuse(np.isin(lines, those), code, message)
            out.append(lines[~keep])
            kept = pa.array(np.flatnonzero(keep))
            if len(kept):
                year = pa.array(np.full(len(kept), self.key.annee, np.int16))
                taken = {name: values.take(kept) for name, values in columns.items()}
                writer.write(
                    MAIN_TABLE[self.sheet.layout.kind],
                    pa.table({"annee": year, "ligne": pa.array(lines[keep])} | taken),
                )
        return read, np.concatenate(out)

    def _check(self, block: pa.RecordBatch, columns: Mapping[str, pa.Array], refuse: _Refuse) -> None:
        """Refuse what no file could have: no key, no group, no month, another year, the same stay twice."""
        refuse(_equal(block[KEY], ""), "cle-absente", "le numéro du séjour est vide")
        refuse(~_equal(block[YEAR], str(self.key.annee)), "annee-discordante", f"l'année n'est pas {self.key.annee}")
        if self.year:
            refuse(_equal(block["ghm"], ""), "ghm-absent", "le GHM est vide")
            month = counts(columns["mois_sortie"])
            refuse((month < 1) | (month > 12), "mois-invalide", "mois de sortie absent ou hors de 01 à 12")
        refuse(np.asarray(block[OTHER]), "doublon-discordant", "plusieurs lignes de ce séjour, qui diffèrent")
        refuse(np.asarray(block[RANK]) > 1, "doublon", "la même ligne, une fois de plus")

    def _column(self, block: pa.RecordBatch, f: Field) -> tuple[pa.Array, tuple[tuple[Mask, str, str], ...]]:
        """Return a column of ours and what is wrong in it."""
        if f.name in self.sheet.given:
            told = typed(block[f.name], f)
        elif f.name == "finess":
            told = typed(block[FINESS], f)
        elif f.name == "cle_rsa":
            told = typed(block[KEY], f)
        elif f.name == "version" and self.sheet.layout.coded:
            told = typed(pa.array([self.sheet.layout.version] * block.num_rows, pa.string()), f)
        else:
            return blank(f, block.num_rows), ()
        return told.values, told.wrong

    @property
    def _own(self) -> str:
        return f"{quoted(FINESS)} = {literal(self.key.finess)}"

    def _zones(self) -> tuple[str, ...]:
        """Return the zones that the base has, in the order of the layout."""
        if self.year is None:
            return ()
        held = {*self.year.zones, *self.year.pieces}
        return tuple(z.name for z in self.sheet.layout.zones if z.name in held)

    def _items(self, zone: str, refused: Longs) -> Iterator[pa.RecordBatch]:
        """Yield the items of a zone with the line of their stay, in its order, but of refused lines."""
        sheet = extracted(zone)
        has_owner = (
            self.year is not None and zone in self.year.zones and OWNER_FIELD.name in self.year.zones[zone].given
        )
        rank = f"TRY_CAST({quoted(OWNER_FIELD.name)} AS INTEGER), " if has_owner else ""
        out = f" AND {quoted(LINE)} NOT IN ({', '.join(map(str, refused))})" if len(refused) else ""
        stays = f"SELECT {quoted(KEY)}, {quoted(LINE)} AS ligne FROM {self.sheet.sql} WHERE {self._own}{out}"
        yield from self.blocks(
            f"SELECT items.*, ligne FROM {sheet} items JOIN ({stays}) USING ({quoted(KEY)}) WHERE {self._own} "
            f"ORDER BY ligne, {rank}items.{quoted(LINE)}"
        )

    def _item_columns(self, zone: str, block: pa.RecordBatch) -> tuple[pa.Table, list[tuple[Mask, str, str]]]:
        """Return the rows of a zone, and what is wrong in them."""
        assert self.year is not None
        (of,) = (z for z in self.sheet.layout.zones if z.name == zone)
        given = set(self.year.zones[zone].given) if zone in self.year.zones else {f.name for f in of.fields}
        columns = {"ligne": block["ligne"].cast(pa.int64())}
        wrong: list[tuple[Mask, str, str]] = []
        for f in ((OWNER_FIELD,) if of.owner else ()) + fields_of(zone, self.sheet.layout):
            if f.name in given:
                told = typed(block[f.name], f)
                columns[f.name] = told.values
                wrong += told.wrong
            else:
                columns[f.name] = blank(f, block.num_rows)
        return pa.table(columns), wrong

    def _bad_items(self) -> dict[int, tuple[str, str]]:
        """Return the lines that have an item that is not of its type, as in a file, each with the first reason."""
        found: dict[int, tuple[str, str]] = {}
        for zone in self._zones():
            for block in self._items(zone, np.zeros(0, np.int64)):
                lines = np.asarray(block["ligne"])
                for mask, code, message in self._item_columns(zone, block)[1]:
                    for line in lines[mask]:
                        found.setdefault(int(line), (code, f"zone {zone} : {message}"))
        return found


def _equal(texts: pa.Array, text: str) -> Mask:
    return np.asarray(pc.equal(texts, text))


def contents(block: pa.RecordBatch, rows: Longs) -> list[str]:
    """Return refused lines as their values, by name; what tells rows is not of them."""
    taken = block.take(pa.array(rows)).to_pylist()
    return [
        " ; ".join(
            f"{name.lstrip('#')}={value}".replace(NOT_KNOWN, "") for name, value in row.items() if _told(name, value)
        )
        for row in taken
    ]


def _told(name: str, value: object) -> bool:
    return value not in ("", None) and name not in (PRINT, RANK, OTHER, LINE) and not name.startswith(PIECES)
