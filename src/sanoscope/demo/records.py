"""Lines of official files as columns, and what a cumulative transmission holds of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanoscope.formats.encode import encode
from sanoscope.formats.registry import layout_of

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.bytes_]
Columns = dict[str, NDArray[Any]]

EPOCH = np.datetime64("2000-01-01")
"""Days are counted from this one."""


_EXTENSIONS = {
    **dict.fromkeys(("ano_smr", "ano_had", "ano_psy"), "ano"),
    **dict.fromkeys(("med_mco", "med_smr", "med_had"), "med"),
    "dmi_mco": "dmip",
}


@dataclass(frozen=True)
class File:
    """A file of a transmission: its kind, its bytes, how many lines."""

    kind: str
    text: bytes
    lines: int

    @property
    def extension(self) -> str:
        """End of its official name."""
        return _EXTENSIONS.get(self.kind, self.kind)


def file_of(kind: str, year: int, columns: Columns, zones: Mapping[str, Columns] | None = None) -> list[File]:
    """Return the file of these lines in the layout of a year; none if there is no line."""
    lines = len(columns["finess"])
    if not lines:
        return []
    return [File(kind, encode(layout_of(kind, year), columns, count=lines, zones=zones), lines)]


@dataclass(frozen=True)
class Records:
    """Lines of one kind of file.

    Attributes:
        kind: kind of file (``rha``…).
        columns: arrays of one value a line.
        zones: arrays of one value an item, in the order of lines, by zone.
        counters: the column that counts the items of each zone.
        years, months: int64[lines], the year of the file and the month that each line belongs to.
    """

    kind: str
    columns: Columns
    zones: Mapping[str, Columns]
    counters: Mapping[str, str]
    years: Ints
    months: Ints

    def until(self, year: int, month: int) -> "Records":
        """Return what a cumulative transmission of that year and month holds."""
        return self.where((self.years == year) & (self.months <= month))

    def where(self, kept: Bools) -> "Records":
        """Return the lines that a mask keeps, with their items."""
        zones = taken_items(self.zones, self.columns, self.counters, kept)
        return Records(self.kind, taken(self.columns, kept), zones, self.counters, self.years[kept], self.months[kept])

    def files(self, year: int) -> list[File]:
        """Return their file, in the layout of a year."""
        return file_of(self.kind, year, self.columns, self.zones)


def taken(columns: Columns, kept: Bools) -> Columns:
    """Return the lines that a mask keeps."""
    return {name: values[kept] for name, values in columns.items()}


def taken_items(
    zones: Mapping[str, Columns], columns: Columns, counters: Mapping[str, str], kept: Bools
) -> dict[str, Columns]:
    """Return the items of the lines that a mask keeps, by zone; ``counters`` names the column that counts them."""
    return {name: taken(values, np.repeat(kept, columns[counters[name]])) for name, values in zones.items()}


def items(counter: Ints) -> tuple[Ints, Ints]:
    """Return, of each item of a zone, its line and its rank in it, from 0."""
    line = np.repeat(np.arange(len(counter)), counter)
    return line, np.arange(len(line)) - np.repeat(np.cumsum(counter) - counter, counter)


def runs(*keys: Ints) -> tuple[Ints, Ints]:
    """Return where each run of equal keys starts, and how long it is."""
    changed = np.zeros(len(keys[0]), bool)
    changed[:1] = True
    for key in keys:
        changed[1:] |= key[1:] != key[:-1]
    starts = np.flatnonzero(changed)
    return starts, np.diff(np.append(starts, len(changed)))


def rank_in(*keys: Ints) -> Ints:
    """Return the rank of each line in its run of equal keys, from 0."""
    starts, lengths = runs(*keys)
    return np.asarray(np.arange(len(keys[0])) - np.repeat(starts, lengths), np.int64)


def calendar(days: Ints) -> tuple[Ints, Ints]:
    """Return year and month (1..12) of days counted from `EPOCH`."""
    months = (EPOCH + days).astype("datetime64[M]").astype(np.int64)
    return 1970 + months // 12, 1 + months % 12
