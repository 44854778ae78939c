"""Any table file as frames of text: CSV (comma or semicolon), workbook (xlsx, xls), JSON list; gzip or not."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from sanoscope.errors import InputFileError

MAX_BYTES = 1 << 30
"""Largest reference file that is read, decompressed (bytes)."""


def read_raw(path: Path) -> list[tuple[str, pl.DataFrame]]:
    """Return (sheet name or "", frame of text with the first row as header) for each table of a file.

    Raises:
        InputFileError: ``fichier-illisible``: not a table, not readable, or too large.
    """
    try:
        name = path.name.lower()
        if name.endswith((".xlsx", ".xls")):
            return _workbook(path)
        data = _bytes(path)
        if name.removesuffix(".gz").endswith(".json"):
            return [("", _json(data))]
        return [("", _csv(_decoded(data)))]
    except (OSError, EOFError, ValueError, CalamineError, zipfile.BadZipFile, pl.exceptions.PolarsError) as error:
        raise InputFileError(
            "fichier-illisible",
            f"{path.name} ne se lit pas comme une table ({error}).",
            todo="Attendus : CSV, classeur xlsx ou xls, liste JSON, compressés par gzip ou non.",
        ) from error


def _bytes(path: Path) -> bytes:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"plus de {MAX_BYTES} octets une fois décompressé")
    return data


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _csv(text: str) -> pl.DataFrame:
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    lines = list(csv.reader(io.StringIO(text), delimiter=separator))
    return frame_of(lines[0] if lines else [], lines[1:])


def _json(data: bytes) -> pl.DataFrame:
    records = json.loads(data)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ValueError("une liste d'objets est attendue")
    return pl.from_dicts(records, infer_schema_length=None).cast(pl.String)


def _workbook(path: Path) -> list[tuple[str, pl.DataFrame]]:
    workbook = CalamineWorkbook.from_path(path)
    sheets = []
    for name in workbook.sheet_names:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=True)
        sheets.append((name, frame_of(_texts(rows[0]) if rows else [], [_texts(row) for row in rows[1:]])))
    return sheets


def _texts(row: list[Any]) -> list[str]:
    return [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v).strip() for v in row]


def frame_of(header: list[str], lines: list[list[str]]) -> pl.DataFrame:
    """Return lines as a frame; unnamed or repeated columns get a number, short lines are completed with ""."""
    names: list[str] = []
    for position, name in enumerate(header):
        clean = name.strip()
        names.append(clean if clean and clean not in names else f"{clean}#{position}")
    width = len(names)
    filled = [(line + [""] * width)[:width] for line in lines if any(line)]
    return pl.DataFrame(filled, schema=dict.fromkeys(names, pl.String), orient="row")
