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
from sanoscope.intake.columns import SPACE, Bytes, Longs, Mask, column, counts, derived, gather
from sanoscope.intake.names import Key

MAIN_TABLE = {
    "rsa": "sejours",
    "ano": "chainage",
    "rss": "rum",
    "vidhosp": "venues",
    "rha": "semaines",
    "ano_smr": "chainage",
    "rapss": "sous_sequences",
    "ano_had": "chainage",
    "rpsa": "sequences",
    "r3a": "actes_ambulatoires",
    "ano_psy": "chainage",
    "ssrha": "sejours",
    "med_mco": "medicaments",
    "dmi_mco": "dispositifs",
    "med_smr": "medicaments",
    "med_had": "medicaments",
}
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
    """Share the lines out between the layouts that the year admits, those of known code first; refuse the others."""
    left = block.lengths > 0
    coded = [layout for layout in layouts(kind) if layout.coded]
    for layout in coded:
        if year in layout.years or year in layout.admitted:
            rows = _carrying(block, left, layout)
            left[rows] = False
            yield layout, rows
    for layout in layouts(kind):
        if year in layout.years and not layout.coded:
            for other in coded:
                if other.fields != layout.fields:
                    rows = _carrying(block, left, other)
                    left[rows] = False
                    _refuse_code(rows, other, other.version, year, result)
            rows = np.flatnonzero(left & (block.lengths >= _code_end(layout)))
            left[rows] = False
            yield layout, rows
    _refuse_versions(block, np.flatnonzero(left), layout_of(kind, year), year, result)


def _code_end(layout: Layout) -> int:
    """Return how many characters a line must have to carry a code; the files FICHCOMP have none."""
    return layout["version"].end if "version" in layout.by_name else 0


def _carrying(block: Block, among: Mask, layout: Layout) -> Longs:
    """Return the lines that carry the code of a layout, where that layout has it."""
    at = layout["version"]
    rows = np.flatnonzero(among & (block.lengths >= at.end))
    seen = gather(block.buffer, block.starts[rows] + at.start - 1, at.length)
    carried: Longs = rows[(seen == np.frombuffer(layout.version.encode("ascii"), np.uint8)).all(axis=1)]
    return carried


def _refuse_code(rows: Longs, official: Layout, code: str, year: int, result: Decoded) -> None:
    reason = ("format-discordant", f"version du format lisible, mais pas à la place du format {official.version}")
    try:
        layout_for(official.kind, year=year, version=code)
    except InputFileError as error:
        reason = (error.code, str(error).replace("\n", " "))
    result.refuse(rows, reason[0], official["version"].start, reason[1])


def _refuse_versions(block: Block, rows: Longs, official: Layout, year: int, result: Decoded) -> None:
    if not len(rows):
        return
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
        _refuse_code(rows[which == index], official, bytes(code).decode("latin-1"), year, result)


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
        columns = self._columns(fixed, layout.fields)
        self._check_month(columns)
        repeats = self._repeats(columns)
        self._check_length(repeats)
        zones = self._zones(repeats)
        self._hand_over(columns, zones)

    def refuse(self, bad: Mask, code: str, start: int, message: str) -> None:
        """Refuse the lines of a mask that were not refused before."""
        self.result.refuse(self.rows[bad & self.keep], code, start, message)
        self.keep &= ~bad

    def _columns(self, part: Bytes, fields: tuple[Field, ...]) -> dict[str, pa.Array]:
        """Return the columns of a part that each line has once: those to store, and the counters of zones."""
        counters = {zone.counter for zone in self.layout.zones}
        columns: dict[str, pa.Array] = {}
        for f in fields:
            if f.stored or f.name in counters:
                values, bad = column(part[:, f.start - 1 : f.end], f)
                self.refuse(bad, *_type_reason(f))
                columns |= {f.name: values, **derived(f, values)}
        return columns

    def _repeats(self, columns: dict[str, pa.Array]) -> dict[str, Longs]:
        """Return how often each line has each zone; add to columns those of the zones that come once."""
        repeats: dict[str, Longs] = {}
        starts = self.block.starts[self.rows]
        offset = starts + self.layout.width
        for zone in self.layout.zones:
            if zone.once:
                short = offset + zone.width > starts + self.block.lengths[self.rows]
                self.refuse(short, "longueur", 0, _length_message(self.layout))
                columns |= self._columns(
                    gather(self.block.buffer, np.where(short, starts, offset), zone.width), zone.fields
                )
                repeats[zone.name] = np.ones(len(self.rows), np.int64)
            else:
                repeats[zone.name] = counts(columns[zone.counter])
            offset = offset + repeats[zone.name] * zone.width
        return repeats

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
            expected += repeats[zone.name] * zone.width
        lengths = self.block.lengths[self.rows]
        bad = lengths != expected
        longer = np.flatnonzero(lengths > expected)
        if len(longer):
            written = np.concatenate([[0], np.cumsum(self.block.buffer != SPACE)])
            start = self.block.starts[self.rows[longer]]
            bad[longer] = written[start + lengths[longer]] != written[start + expected[longer]]
        self.refuse(bad, "longueur", 0, _length_message(self.layout))

    def _zones(self, repeats: dict[str, Longs]) -> dict[str, tuple[Longs, dict[str, pa.Array]]]:
        """Return each zone that has items as (int64[items] line of each item, columns)."""
        found: dict[str, tuple[Longs, dict[str, pa.Array]]] = {}
        offset = self.block.starts[self.rows] + self.layout.width
        for zone in self.layout.zones:
            repeat = np.where(self.keep & (not zone.once), repeats[zone.name], 0)
            lines = np.repeat(np.arange(len(self.rows)), repeat)
            rank = np.arange(len(lines)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
            items = gather(self.block.buffer, offset[lines] + rank * zone.width, zone.width)
            values = {f.name: self._item_column(items, f, zone, lines) for f in zone.fields if f.stored}
            if zone.owner in found:
                values = {"rang_unite": _owner_rank(zone, found[zone.owner], repeat)} | values
            if len(lines):
                found[zone.name] = (lines, values)
            offset = offset + repeats[zone.name] * zone.width
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
        hidden = {f.name for f in layout.columns if not f.stored}
        stored = {name: values.take(pa.array(kept)) for name, values in columns.items() if name not in hidden}
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
    code, what = TYPE_REASONS[f.type]
    return code, f.start, f"« {f.name} » (caractères {f.start} à {f.end}) n'est pas {what}"


TYPE_REASONS = {
    "text": ("", ""),
    "integer": ("non-numerique", "un nombre"),
    "month": ("mois-invalide", "un mois de 01 à 12"),
    "date": ("date-invalide", "une date (JJMMAAAA)"),
    "dated": ("date-invalide", "une date (JJMMAAAA)"),
    "presence": ("presence-invalide", "une suite de 0 (absent) et de 1 (présent), un caractère par jour"),
}
"""By type of field: the code of the reason and what its characters should be; any character is a text."""


def _length_message(layout: Layout) -> str:
    return f"longueur différente de celle qu'annoncent ses compteurs : {_described(layout)}"


def _described(layout: Layout) -> str:
    zones = "".join(f" + {zone.width}" + ("" if zone.once else f" × {zone.counter}") for zone in layout.zones)
    return f"{layout.version}, {layout.width} caractères{zones}"
