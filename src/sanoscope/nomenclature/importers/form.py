"""What an importer is: how it knows its files, what it takes of them, what it refuses."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from sanoscope.errors import InputFileError
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
    """Rows of a file that were not taken, or not wholly.

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
        doubts: rows that it took without something of them, or after a choice: how many and what.
        ignored: columns of the file that it does not use.
    """

    tables: Mapping[str, pl.DataFrame]
    refused: tuple[Refused, ...] = field(default=())
    doubts: tuple[Refused, ...] = field(default=())
    ignored: tuple[str, ...] = field(default=())


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


def importer(
    name: str,
    columns: frozenset[str],
    convert: Callable[[pl.DataFrame], Taken],
    *,
    also: frozenset[str] = frozenset(),
) -> Importer:
    """Return an importer for files one sheet of which has all these columns; that sheet is converted.

    Args:
        name: what to call it, in French.
        columns: those that the sheet is known by; all are used.
        convert: the sheet to rows of plain tables.
        also: the other columns that it uses, where they are; the rest is reported as ignored.
    """

    def first(source: Source) -> pl.DataFrame | None:
        return next((frame for _, frame in source.sheets if columns <= set(frame.columns)), None)

    def converted(source: Source) -> Taken:
        frame = first(source)
        assert frame is not None, "convert is called on what was recognised"
        return replace(convert(frame), ignored=tuple(c for c in frame.columns if c not in columns | also))

    return Importer(name, lambda source: first(source) is not None, converted)


def year_of(path: Path, what: str) -> str:
    """Return the year in a file's name, the last one if there are several.

    Raises:
        InputFileError: ``annee-inconnue``: there is none; ``what`` names what it is the year of.
    """
    years = re.findall(r"(?<!\d)20\d\d(?!\d)", path.name)
    if not years:
        raise InputFileError(
            "annee-inconnue",
            f"{path.name} ne dit pas de quelle année sont ses {what}.",
            todo=f"Mettez l'année dans le nom du fichier, par exemple « {path.name.split('.')[0]}_2024 ».",
        )
    return str(years[-1])


def labels(
    frame: pl.DataFrame, level: str, *, code: pl.Expr, label: pl.Expr, year: pl.Expr | None = None
) -> pl.DataFrame:
    """Return rows of ``regroupements`` for a level, the first label of each code and year; unlabelled ones left out."""
    rows = frame.select(
        (pl.lit("") if year is None else year).alias("annee"),
        pl.lit(level).alias("niveau"),
        code.alias("code"),
        label.alias("libelle"),
    )
    known = rows.filter((pl.col("code") != "") & (pl.col("libelle").fill_null("") != ""))
    return known.unique(["annee", "niveau", "code"], keep="first", maintain_order=True)


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
