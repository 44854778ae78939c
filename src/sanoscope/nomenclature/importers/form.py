"""What an importer is: how it knows its files, what it takes of them, what it refuses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sanoscope.nomenclature.reading import read_table
from sanoscope.nomenclature.reference import OWN
from sanoscope.nomenclature.tables import DEPARTEMENTS

Sheets = list[tuple[str, pl.DataFrame]]
"""The tables of a file: (name of the sheet or "", every cell as text)."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that has been read."""

    path: Path
    sheets: Sheets


@dataclass(frozen=True, slots=True)
class Refused:
    """Rows of a file that were not taken.

    Attributes:
        rows: how many.
        reason: why, in French.
    """

    rows: int
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What an importer made of a file.

    Attributes:
        tables: rows of text by plain table; a zoning is named ``zonages/NAME``.
        refused: what it did not take.
    """

    tables: Mapping[str, pl.DataFrame]
    refused: tuple[Refused, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Importer:
    """An official form, or one of our plain tables.

    Attributes:
        name: what to call it, in French.
        recognises: by the content of the file.
        convert: to rows of plain tables; may raise InputFileError.
    """

    name: str
    recognises: Callable[[Source], bool]
    convert: Callable[[Source], Taken]


def importer(name: str, columns: frozenset[str], convert: Callable[[pl.DataFrame], Taken]) -> Importer:
    """Return an importer for files one sheet of which has all these columns; that sheet is converted."""

    def first(source: Source) -> pl.DataFrame | None:
        return next((frame for _, frame in source.sheets if columns <= set(frame.columns)), None)

    def converted(source: Source) -> Taken:
        frame = first(source)
        assert frame is not None, "convert is called on what was recognised"
        return convert(frame)

    return Importer(name, lambda source: first(source) is not None, converted)


def sift(frame: pl.DataFrame, refusals: Mapping[str, pl.Expr]) -> tuple[pl.DataFrame, tuple[Refused, ...]]:
    """Return the rows that no condition refuses, and how many each refused.

    Args:
        frame: the rows.
        refusals: condition (true where a row is refused) by reason, applied one after the other.
    """
    refused = []
    for reason, condition in refusals.items():
        kept = frame.filter(~condition)
        if len(kept) < len(frame):
            refused.append(Refused(len(frame) - len(kept), reason))
        frame = kept
    return frame, tuple(refused)


def with_region(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the région (of 2016) of its column ``departement``, "" where there is none."""
    regions = read_table(DEPARTEMENTS, OWN / "departements.csv").select(pl.col("code").alias("departement"), "region")
    return frame.join(regions, on="departement", how="left", maintain_order="left").with_columns(
        pl.col("region").fill_null("")
    )
