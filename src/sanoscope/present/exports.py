"""A `Table` as a file. What is exported is what is seen: the same rows, figures, masks.

In CSV, Parquet, Arrow and JSON a column NAME holds exact figures only (plain digits, point for decimals, empty where
not exact) and NAME_etat the state of each; where something in it is approximate, NAME_estimation holds the estimates,
rounded to their uncertainty, and NAME_marge the half-width of that uncertainty, if any is known. The French-Excel CSV
and XLSX show what the page shows.

Every writer takes the `Style` of a language: what is read (titles, headings, notes, legend) is said in it; names of
columns and words of states never change.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from sanoscope.present.columns import MARK
from sanoscope.present.columns import machine as _machine
from sanoscope.present.jsonstat import to_json_stat
from sanoscope.present.labels import labels
from sanoscope.present.numbers import FRENCH, Style, cell, heading, legend, shown_digits
from sanoscope.present.packet import packed
from sanoscope.present.sdmx.message import to_sdmx_csv, to_sdmx_json
from sanoscope.query.rounding import rounded
from sanoscope.query.table import Measured, Page, Table, taken
from sanoscope.sentence import Sentence

SDMX_CSV = "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8"
SDMX_JSON = "application/vnd.sdmx.data+json; version=2.0.0"


ROWS = 5000
"""Rows that are written at once, of a table that is written piece by piece."""

DOCUMENT = "document"
"""Metadata of a file of typed columns: all that its JSON says beside its rows, as JSON."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format.

    Attributes:
        name, extension, media_type, title: what it is called, by whom.
        write: how a table becomes its bytes.
        pieces: the same bytes, piece by piece, so that a large table is never all there as a file; None where the
            format is written whole.
        standard: it is one of official statistics, for programs that speak it.
    """

    name: str
    extension: str
    media_type: str
    title: str
    write: Callable[[Table, Style], bytes]
    pieces: Callable[[Table, Style], Iterator[bytes]] | None = None
    standard: bool = False


def to_csv(table: Table, style: Style = FRENCH) -> bytes:
    """RFC 4180, UTF-8, comma, header; exact figures, states, estimates: nothing that a language changes."""
    return b"".join(csv_pieces(table, style))


def csv_pieces(table: Table, style: Style = FRENCH) -> Iterator[bytes]:
    """Yield what `to_csv` returns, some rows at a time."""
    for number, part in enumerate(_parts(table)):
        columns = list(_machine(part))
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        if not number:
            writer.writerow([column.name for column in columns])
        writer.writerows(zip(*(column.values for column in columns), strict=True))
        yield out.getvalue().encode("utf-8")


def to_csv_fr(table: Table, style: Style = FRENCH) -> bytes:
    """What French Excel opens: semicolon, decimal comma, byte order mark; what the page shows."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(_headings(table, style) + ([style.say(Sentence("Filigrane"))] if table.mark else []))
    plain = replace(style, group="", decimal=",")  # what a French spreadsheet reads as a number
    for row in range(len(table)):
        # a formula must not hide in a name
        texts = [f"'{text}" if text[:1] in "=+-@\t" and text else text for text in labels(table, row)]
        marked = [style.say(table.mark)] if table.mark else []
        writer.writerow(texts + [cell(figure, row, plain) for figure in table.figures] + marked)
    return out.getvalue().encode("utf-8-sig")


def to_json(table: Table, style: Style = FRENCH) -> bytes:
    """One object: title, query, edition, notes, legend, columns with their definitions, rows."""
    return orjson.dumps(document(table, style))


def document(table: Table, style: Style = FRENCH) -> dict[str, Any]:
    """Return a table as the object that its JSON is."""
    columns = list(_machine(table))
    names = ["genre", *(column.name for column in columns)]
    cells = zip(table.kinds, *(column.values for column in columns), strict=True)
    return about(table, style) | {"lignes": [dict(zip(names, values, strict=True)) for values in cells]}


def about(table: Table, style: Style = FRENCH) -> dict[str, Any]:
    """Return what the JSON of a table says of it, beside its rows."""
    say = style.say
    return {
        "titre": say(table.title),
        "requete": table.query,
        **_pagination(table),
        "edition": {"nom": table.edition, "etat": say(table.state), "date": table.made},
        "notes": [say(note) for note in table.notes],
        "legende": [{"etat": line.state.value, "sens": say(line.meaning)} for line in legend(table)],
        "colonnes": [{"nom": label.name, "libelle": say(label.title), "genre": "texte"} for label in table.labels]
        + ([{"nom": MARK, "libelle": say(Sentence("Filigrane")), "genre": "texte"}] if table.mark else [])
        + [
            {
                "nom": figure.name,
                "libelle": say(figure.title),
                "genre": "mesure",
                "unite": say(figure.unit),
                "decimales": figure.decimals,
                "definition": say(figure.definition),
                **_digits(figure),
            }
            for figure in table.figures
        ],
    }


def _pagination(table: Table) -> dict[str, Any]:
    page = table.page
    if page is None:
        return {}
    told = {"page": page.number, "pages": page.last, "limite": page.size, "lignes": len(page.whole)}
    return {"pagination": told}


def _digits(column: Measured) -> dict[str, list[int]]:
    """Return the digits after the point that each row is shown with, where they are not all the column's."""
    if not column.digits and not (column.decimals and any(near is not None for near in column.estimates)):
        return {}
    shown = [shown_digits(column, row) for row in range(len(column.states))]
    return {"decimales_lignes": shown} if set(shown) != {column.decimals} else {}


def to_parquet(table: Table, style: Style = FRENCH) -> bytes:
    """Typed columns; what the JSON says beside its rows in the file's metadata."""
    return b"".join(parquet_pieces(table, style))


def parquet_pieces(table: Table, style: Style = FRENCH) -> Iterator[bytes]:
    """Yield what `to_parquet` returns, a row group at a time."""
    return _written(table, style, pq.ParquetWriter)


def to_arrow(table: Table, style: Style = FRENCH) -> bytes:
    """An Arrow IPC stream: the columns and the metadata of the Parquet file, as a program has them in memory."""
    return b"".join(arrow_pieces(table, style))


def arrow_pieces(table: Table, style: Style = FRENCH) -> Iterator[bytes]:
    """Yield what `to_arrow` returns, a batch at a time."""
    return _written(table, style, pa.ipc.new_stream)


def _written(table: Table, style: Style, writer_of: Callable[[Any, pa.Schema], Any]) -> Iterator[bytes]:
    """Yield what a writer of Arrow tables makes of a table, some rows at a time; its schema tells of the whole."""
    out, said = _Drain(), _metadata(table, style)
    parts = (_columns(part).replace_schema_metadata(said) for part in _parts(table))
    first = next(parts)
    with writer_of(out, first.schema) as writer:
        for part in chain((first,), parts):
            writer.write_table(part)
            yield out.drained()
    yield out.drained()


class _Drain(io.RawIOBase):
    """What a writer writes to, emptied as it goes: it knows how far it is, not what was there."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        self._written += len(self._pieces[-1])
        return len(self._pieces[-1])

    def drained(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def typed(table: Table, style: Style = FRENCH) -> pa.Table:
    """Return a table as typed columns; in the schema's metadata its title, query, edition, notes, and `about` whole."""
    return _columns(table).replace_schema_metadata(_metadata(table, style))


def _columns(table: Table) -> pa.Table:
    columns: dict[str, pa.Array] = {"genre_ligne": pa.array(table.kinds, pa.string())}
    columns |= {column.name: pa.array(column.values, column.kind) for column in _machine(table)}
    return pa.table(columns)


def _metadata(table: Table, style: Style) -> dict[str, str | bytes]:
    notes = "\n".join(map(style.say, table.notes))
    said = {"titre": style.say(table.title), "requete": table.query, "edition": table.edition, "notes": notes}
    return {**said, DOCUMENT: orjson.dumps(about(table, style))}


def to_packet(table: Table, style: Style = FRENCH) -> bytes:
    """A zip of the CSV with what describes it: CSVW, Data Package, citation, notice."""
    return packed(table, style, to_csv(table, style))


def to_xlsx(table: Table, style: Style = FRENCH) -> bytes:
    """A workbook: the table with typed numbers, and a sheet of notes (criteria, edition, definitions, legend).

    It is dated of the day of its edition: the same table is the same bytes.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(out, options)
    workbook.set_properties({"created": datetime.fromisoformat(table.made)})
    _table_sheet(workbook, table, style)
    _notes_sheet(workbook, table, style)
    workbook.close()
    return out.getvalue()


def _parts(table: Table) -> Iterator[Table]:
    """Yield the rows of a table, `ROWS` at a time, with all its columns; one without rows is one part."""
    whole = table.whole
    for first in range(0, max(1, len(table)), ROWS):
        rows = list(range(first, min(first + ROWS, len(table))))
        yield table if len(table) <= ROWS else replace(taken(table, rows), page=Page(1, ROWS, whole))


def _headings(table: Table, style: Style) -> list[str]:
    """What heads each column, for a reader."""
    return [style.say(text) for text in (*(label.title for label in table.labels), *map(heading, table.figures))]


def _table_sheet(workbook: Any, table: Table, style: Style) -> None:
    sheet = workbook.add_worksheet(style.say(Sentence("Tableau")))
    bold = workbook.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
    said = {
        kind: workbook.add_format({"italic": True, "align": "right", "font_color": "#555555", "bold": kind == "total"})
        for kind in ("detail", "total")
    }
    sheet.write(0, 0, style.say(table.title), workbook.add_format({"bold": True, "font_size": 12}))
    if table.mark:
        sheet.write_string(1, 0, style.say(table.mark), workbook.add_format({"bold": True, "font_color": "#b00020"}))
        sheet.set_footer(f"&L{style.say(table.mark)[:200]}")
    headings = _headings(table, style)
    for column, text in enumerate(headings):
        sheet.write(2, column, text, bold)
    formats = {
        (decimals, kind): workbook.add_format(
            {"num_format": "#,##0" + ("." + "0" * decimals if decimals else ""), "bold": kind == "total"}
        )
        for decimals in {n for figure in table.figures for n in (figure.decimals, *figure.digits)}
        for kind in ("detail", "total")
    }
    total = workbook.add_format({"bold": True})
    for row, kind in enumerate(table.kinds):
        for column, text in enumerate(labels(table, row)):
            sheet.write_string(row + 3, column, text, total if kind == "total" else None)
        for column, figure in enumerate(table.figures, len(table.labels)):
            exact = rounded(figure, row)
            if exact is None:  # a text: no formula takes an estimate for an exact figure
                sheet.write_string(row + 3, column, cell(figure, row, style), said[kind])
            else:
                sheet.write_number(row + 3, column, exact, formats[figure.at(row), kind])
    sheet.freeze_panes(3, 1)
    sheet.autofilter(2, 0, 2 + len(table), len(headings) - 1)
    for column, label in enumerate(table.labels):
        sheet.set_column(column, column, min(50, max([len(headings[column]), *map(len, label.values)]) + 2))
    sheet.set_column(len(table.labels), len(headings) - 1, 14)


def _notes_sheet(workbook: Any, table: Table, style: Style) -> None:
    say = style.say
    sheet = workbook.add_worksheet(say(Sentence("Notes")))
    bold = workbook.add_format({"bold": True, "valign": "top"})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    lines = [(say(Sentence("Titre")), say(table.title)), (say(Sentence("Requête")), table.query)]
    lines += [(say(Sentence("Édition")), f"{table.edition} ({say(table.state)})")]
    lines += [(say(Sentence("Note")), say(note)) for note in table.notes]
    lines += [(say(heading(figure)), say(figure.definition)) for figure in table.figures]
    lines += [(say(Sentence("« %(signe)s »", signe=line.shown)), say(line.meaning)) for line in legend(table)]
    for row, (name, text) in enumerate(lines):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, text, wrapped)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 110)


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("csv", "csv", "text/csv; charset=utf-8", "CSV (analyse)", to_csv, csv_pieces),
        Format("csv-fr", "csv", "text/csv; charset=utf-8", "CSV (Excel français)", to_csv_fr),
        Format(
            "xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel (XLSX)", to_xlsx
        ),
        Format("parquet", "parquet", "application/vnd.apache.parquet", "Parquet", to_parquet, parquet_pieces),
        Format("arrow", "arrows", "application/vnd.apache.arrow.stream", "Arrow", to_arrow, arrow_pieces),
        Format("json", "json", "application/json", "JSON", to_json),
        Format("paquet", "zip", "application/zip", "Paquet (CSV décrit)", to_packet),
        Format("json-stat", "json", "application/json", "JSON-stat 2.0", to_json_stat, standard=True),
        Format("sdmx-csv", "csv", SDMX_CSV, "SDMX-CSV 2.0", to_sdmx_csv, standard=True),
        Format("sdmx-json", "json", SDMX_JSON, "SDMX-JSON 2.0", to_sdmx_json, standard=True),
    )
}
"""Every format by name."""
