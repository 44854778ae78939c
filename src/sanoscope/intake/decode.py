"""Blocks of lines into typed tables, by the layout that each line claims; refusals with reason and position.

All of it is vectorised over lines: one gather of the fixed parts, then one column at a time; the items of a zone are
gathered the same way from their own starts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from sanoscope.errors import InputFileError
from sanoscope.formats.layout import Field, Layout, Zone
from sanoscope.formats.registry import layout_for, layout_of, layouts
from sanoscope.intake.blocks import Block
from sanoscope.intake.columns import SPACE, Bytes, Longs, Mask, column, counts, gather
from sanoscope.intake.names import Key

MAIN_TABLE = {"rsa": "sejours", "ano": "chainage", "rss": "rum", "vidhosp": "venues"}
"""Name of the table that the fixed part of each kind fills; zones fill tables of their own name."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Lines refused for one reason.

    Attributes:
        rows: int64[refused], index of each line in the block.
        code: stable name of the reason.
        start: first character concerned, from 1 (0: the whole line).
        message: the reason, in French.
    """

    rows: Longs
    code: str
    start: int
    message: str


@dataclass(slots=True)
class Decoded:
    """What one block gave: batches of rows by table, refusals, accepted lines by layout version."""

    tables: dict[str, list[pa.Table]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)

    def refuse(self, rows: Longs, code: str, start: int, message: str) -> None:
        """Note a refusal, if any line is concerned."""
        if len(rows):
            self.refused.append(Refused(rows, code, start, message))

    def add(self, table: str, columns: dict[str, pa.Array]) -> None:
        """Note a batch of rows."""
        self.tables.setdefault(table, []).append(pa.table(columns))


def decode(block: Block, *, kind: str, key: Key) -> Decoded:
    """Return the typed content of a block.

    Args:
        block: whole lines.
        kind: kind of file.
        key: what the file name says; the FINESS of each line must agree, the year chooses the layout.
    """
    result = Decoded()
    result.refuse(np.flatnonzero(block.lengths == 0), "ligne-vide", 0, "ligne vide")
    for layout, rows in _by_layout(block, kind, key.annee, result):
        _Lines(block, rows, layout, result, key).decode()
    return result


def _by_layout(block: Block, kind: str, year: int, result: Decoded) -> Iterator[tuple[Layout, Longs]]:
    """Share the lines out between the layouts that the year admits; refuse the others."""
    left = block.lengths > 0
    for layout in layouts(kind):
        if year not in layout.years and year not in layout.admitted:
            continue
        at = layout["version"]
        rows = np.flatnonzero(left & (block.lengths >= at.end))
        if layout.coded:
            seen = gather(block.buffer, block.starts[rows] + at.start - 1, at.length)
            rows = rows[(seen == np.frombuffer(layout.version.encode("ascii"), np.uint8)).all(axis=1)]
        elif year not in layout.years:
            continue
        if len(rows):
            left[rows] = False
            yield layout, rows
    _refuse_versions(block, np.flatnonzero(left), layout_of(kind, year), year, result)


def _refuse_versions(block: Block, rows: Longs, official: Layout, year: int, result: Decoded) -> None:
    at = official["version"]
    short = block.lengths[rows] < at.end
    message = f"ligne de moins de {at.end} caractères : pas de numéro de version du format"
    result.refuse(rows[short], "longueur", 0, message)
    rows = rows[~short]
    if not official.coded:
        return
    seen = gather(block.buffer, block.starts[rows] + at.start - 1, at.length)
    codes, which = np.unique(np.ascontiguousarray(seen).view(f"S{at.length}").ravel(), return_inverse=True)
    for index, code in enumerate(codes):
        reason = ("format-discordant", f"version du format lisible, mais pas à la place du format {official.version}")
        try:
            layout_for(official.kind, year=year, version=bytes(code).decode("latin-1"))
        except InputFileError as error:
            reason = (error.code, str(error).replace("\n", " "))
        result.refuse(rows[which == index], reason[0], at.start, reason[1])


class _Lines:
    """The lines of a block that share one layout; ``keep`` says which are still accepted."""

    def __init__(self, block: Block, rows: Longs, layout: Layout, result: Decoded, key: Key) -> None:
        self.block = block
        self.layout = layout
        self.result = result
        self.key = key
        self.rows = rows
        self.keep: Mask = np.ones(len(rows), bool)

    def decode(self) -> None:
        """Check, type and hand over the lines."""
        layout = self.layout
        short = self.block.lengths[self.rows] < layout.width
        self.refuse(short, "longueur", 0, f"ligne plus courte que la partie fixe du format {_described(layout)}")
        self.rows, self.keep = self.rows[~short], self.keep[~short]
        fixed = gather(self.block.buffer, self.block.starts[self.rows], layout.width)
        self._check_finess(fixed)
        counters = {zone.counter for zone in layout.zones}
        columns = {f.name: self._column(fixed, f) for f in layout.fields if f.stored or f.name in counters}
        self._check_month(columns)
        repeats = {name: counts(columns[name]) for name in counters}
        self._check_length(repeats)
        zones = self._zones(repeats)
        self._hand_over(columns, zones)

    def refuse(self, bad: Mask, code: str, start: int, message: str) -> None:
        """Refuse the lines of a mask that were not refused before."""
        self.result.refuse(self.rows[bad & self.keep], code, start, message)
        self.keep &= ~bad

    def _column(self, fixed: Bytes, f: Field) -> pa.Array:
        values, bad = column(fixed[:, f.start - 1 : f.end], f)
        self.refuse(bad, *_type_reason(f))
        return values

    def _check_finess(self, fixed: Bytes) -> None:
        if "finess" in self.layout.by_name:
            at = self.layout["finess"]
            bad = (fixed[:, at.start - 1 : at.end] != np.frombuffer(self.key.finess.encode("ascii"), np.uint8)).any(
                axis=1
            )
            message = f"le FINESS de la ligne n'est pas {self.key.finess}, celui du nom du fichier"
            self.refuse(bad, "finess-discordant", at.start, message)

    def _check_month(self, columns: dict[str, pa.Array]) -> None:
        if "mois_sortie" in columns:
            month = counts(columns["mois_sortie"])
            start = self.layout["mois_sortie"].start
            self.refuse((month < 1) | (month > 12), "mois-invalide", start, "mois de sortie absent ou hors de 01 à 12")

    def _check_length(self, repeats: dict[str, Longs]) -> None:
        """Lines must be as long as their counters say; blanks after the end are forgiven."""
        expected = np.full(len(self.rows), self.layout.width, np.int64)
        for zone in self.layout.zones:
            expected += repeats[zone.counter] * zone.width
        lengths = self.block.lengths[self.rows]
        bad = lengths != expected
        longer = np.flatnonzero(lengths > expected)
        if len(longer):
            written = np.concatenate([[0], np.cumsum(self.block.buffer != SPACE)])
            start = self.block.starts[self.rows[longer]]
            bad[longer] = written[start + lengths[longer]] != written[start + expected[longer]]
        message = f"longueur différente de celle qu'annoncent ses compteurs : {_described(self.layout)}"
        self.refuse(bad, "longueur", 0, message)

    def _zones(self, repeats: dict[str, Longs]) -> dict[str, tuple[Longs, dict[str, pa.Array]]]:
        """Return each zone that has items as (int64[items] line of each item, columns)."""
        found: dict[str, tuple[Longs, dict[str, pa.Array]]] = {}
        offset = self.block.starts[self.rows] + self.layout.width
        for zone in self.layout.zones:
            repeat = np.where(self.keep, repeats[zone.counter], 0)
            lines = np.repeat(np.arange(len(self.rows)), repeat)
            rank = np.arange(len(lines)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
            items = gather(self.block.buffer, offset[lines] + rank * zone.width, zone.width)
            values = {f.name: self._item_column(items, f, zone, lines) for f in zone.fields if f.stored}
            if zone.owner in found:
                values = {"rang_unite": _owner_rank(zone, found[zone.owner], repeat)} | values
            if len(lines):
                found[zone.name] = (lines, values)
            offset = offset + repeats[zone.counter] * zone.width
        return found

    def _item_column(self, items: Bytes, f: Field, zone: Zone, lines: Longs) -> pa.Array:
        values, bad = column(items[:, f.start - 1 : f.end], f)
        if bad.any():
            of_line = np.zeros(len(self.rows), bool)
            of_line[lines[bad]] = True
            code, start, message = _type_reason(f)
            self.refuse(of_line, code, start, f"zone {zone.name} : {message}")
        return values

    def _hand_over(self, columns: dict[str, pa.Array], zones: dict[str, tuple[Longs, dict[str, pa.Array]]]) -> None:
        kept = np.flatnonzero(self.keep)
        if not len(kept):
            return
        layout, versions = self.layout, self.result.versions
        versions[layout.version] = versions.get(layout.version, 0) + len(kept)
        numbers = self.block.first_line + self.rows
        stored = {f.name: columns[f.name].take(pa.array(kept)) for f in layout.fields if f.stored}
        year = pa.array(np.full(len(kept), self.key.annee, np.int16))
        self.result.add(MAIN_TABLE[layout.kind], {"annee": year, "ligne": pa.array(numbers[kept])} | stored)
        for name, (lines, values) in zones.items():
            inside = np.flatnonzero(self.keep[lines])
            if len(inside):
                taken = {n: v.take(pa.array(inside)) for n, v in values.items()}
                self.result.add(name, {"ligne": pa.array(numbers[lines[inside]])} | taken)


def _owner_rank(zone: Zone, owner: tuple[Longs, dict[str, pa.Array]], repeat: Longs) -> pa.Array:
    """Return int16[items]: rank, from 1, of the owning item in its line; null where the counters disagree."""
    lines, values = owner
    owned = counts(values[zone.owner_counter])
    rank = np.arange(len(lines)) - np.searchsorted(lines, lines) + 1
    total = np.bincount(lines, weights=owned, minlength=len(repeat)).astype(np.int64)
    agree = total == repeat
    ranks = np.zeros(int(repeat.sum()), np.int16)
    ranks[np.repeat(agree, repeat)] = np.repeat(rank, np.where(agree[lines], owned, 0))
    return pa.array(ranks, mask=ranks == 0)


def _type_reason(f: Field) -> tuple[str, int, str]:
    what = "une date (JJMMAAAA)" if f.type == "date" else "un nombre"
    code = "date-invalide" if f.type == "date" else "non-numerique"
    return code, f.start, f"« {f.name} » (caractères {f.start} à {f.end}) n'est pas {what}"


def _described(layout: Layout) -> str:
    zones = "".join(f" + {zone.width} × {zone.counter}" for zone in layout.zones)
    return f"{layout.version}, {layout.width} caractères{zones}"
