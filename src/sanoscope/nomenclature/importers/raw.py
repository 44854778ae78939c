"""Any table file as frames of text: CSV (comma, semicolon or tab), workbook (xlsx, xls), JSON; gzip or not."""

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from sanoscope.errors import InputFileError

MAX_BYTES = 1 << 30
"""Largest reference file that is read, decompressed (bytes)."""


def read_raw(path: Path) -> list[tuple[str, pl.DataFrame]]:
    """Return (sheet name or "", frame of text with the first row as header) for each table of a file.

    A CSV file whose first line is shorter than the next has a caption, not a header: the caption is the sheet's name,
    columns are named "#0", "#1"…

    Raises:
        InputFileError: ``fichier-illisible``: not a table, not readable, or too large.
    """
    try:
        name = path.name.lower()
        if name.endswith((".xlsx", ".xls")):
            return _workbook(path)
        data = _bytes(path)
        if name.removesuffix(".gz").endswith(".json"):
            return _json(data)
        return [_csv(_decoded(data))]
    except (
        OSError,
        EOFError,
        ValueError,
        CalamineError,
        csv.Error,
        zipfile.BadZipFile,
        pl.exceptions.PolarsError,
    ) as e:
        raise InputFileError(
            "fichier-illisible",
            f"{path.name} ne se lit pas comme une table ({e}).",
            todo="Attendus : CSV, classeur xlsx ou xls, JSON (liste d'objets), compressés par gzip ou non.",
        ) from e


def _bytes(path: Path) -> bytes:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"plus de {MAX_BYTES} octets une fois décompressé")
    return data


def _decoded(data: bytes) -> str:
    if b"\0" in data[:4096]:
        raise ValueError("ce n'est pas du texte")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _csv(text: str) -> tuple[str, pl.DataFrame]:
    first, _, others = text.partition("\n")
    first, second = first.removesuffix("\r"), others.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    header = next(csv.reader([first], delimiter=separator), [])
    width = second.count(separator) + 1 if others else 0
    captioned = len(header) < width and '"' not in second
    names = [f"#{i}" for i in range(width)] if captioned else _names(header)
    if not names or not others:
        return "", pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    frame = pl.read_csv(
        io.BytesIO(others.encode()),
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        separator=separator,
        quote_char=None if captioned else '"',
        truncate_ragged_lines=True,
    ).with_columns(pl.all().fill_null(""))
    return first if captioned else "", frame.filter(pl.any_horizontal(pl.all() != ""))


def _json(data: bytes) -> list[tuple[str, pl.DataFrame]]:
    """Return the lists of objects of a document: (its key or "", what its objects hold), outermost first.

    Lists inside objects are sheets of their own, the lists of one key being one sheet; so is a document's own values.
    """
    document = json.loads(data)
    if isinstance(document, dict) and document and all(isinstance(record, dict) for record in document.values()):
        document = list(document.values())
    if isinstance(document, dict) and any(_is_records(value) for value in document.values()):
        document = [document]
    if not isinstance(document, list) or not all(isinstance(record, dict) for record in document):
        raise ValueError("une liste d'objets est attendue")
    return list(_json_sheets("", document))


def _json_sheets(name: str, records: list[dict[str, Any]]) -> Iterator[tuple[str, pl.DataFrame]]:
    flat = [{key: value for key, value in record.items() if not isinstance(value, (list, dict))} for record in records]
    frame = pl.from_dicts(flat, infer_schema_length=None) if any(flat) else pl.DataFrame()
    yield name, frame.cast(pl.String).with_columns(pl.all().fill_null(""))
    nested: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        for key, value in record.items():
            if _is_records(value):
                nested.setdefault(key, []).extend(value)
    for key, inner in nested.items():
        yield from _json_sheets(key, inner)


def _is_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(record, dict) for record in value)


def _workbook(path: Path) -> list[tuple[str, pl.DataFrame]]:
    workbook = CalamineWorkbook.from_path(path)
    sheets = []
    for name in workbook.sheet_names:
        rows = [[_text(cell) for cell in row] for row in workbook.get_sheet_by_name(name).to_python()]
        filled = [row for row in rows if any(row)]
        sheets.append((name, lines_as_frame(filled)))
    return sheets


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def lines_as_frame(lines: list[list[str]]) -> pl.DataFrame:
    """Return lines as a frame, the first one being the header; short lines are completed with ""."""
    names = _names(lines[0]) if lines else []
    rows = [(line + [""] * len(names))[: len(names)] for line in lines[1:]]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def below(frame: pl.DataFrame, row: int) -> pl.DataFrame:
    """Return the frame whose header is a row of this one, and whose rows are those below it."""
    body = frame.slice(row + 1)
    return body.rename(dict(zip(body.columns, _names(list(frame.row(row))), strict=True)))


def _names(header: list[str]) -> list[str]:
    """Return names of columns; an unnamed or repeated one gets a number."""
    names: list[str] = []
    for position, name in enumerate(header):
        clean = re.sub(r"\s+", " ", name).strip()
        names.append(clean if clean and clean not in names else f"{clean}#{position}")
    return names
