"""Plain tables read, checked and merged. Absent texts are "", absent integers null."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from sanoscope.errors import InputFileError, suggest
from sanoscope.nomenclature.tables import Column, Table

_AGAIN = "Corrigez la table, puis chargez-la de nouveau."


def read_table(table: Table, path: Path) -> pl.DataFrame:
    """Return a plain table, checked.

    Raises:
        InputFileError: ``table-invalide``: the file is not UTF-8, a column is missing or unknown, a value is not of its
            type or a key comes twice; the message has the line where it is.
    """
    frame = _texts(path)
    _check_header(table, path, tuple(frame.columns))
    return conform(table, frame, source=path.name)


def conform(table: Table, frame: pl.DataFrame, *, source: str) -> pl.DataFrame:
    """Return the frame with the columns and types of a table, its rows checked; runs of blanks become one space.

    Args:
        table: what it must be.
        frame: columns of text; an optional column may be missing.
        source: how to name it in an error; rows are numbered as lines of a file with a header.

    Raises:
        InputFileError: ``table-invalide``.
    """
    present = set(frame.columns)
    frame = frame.select(
        pl.col(c.name).cast(pl.String).fill_null("").str.replace_all(r"\s+", " ").str.strip_chars()
        if c.name in present
        else pl.lit("").alias(c.name)
        for c in table.columns
    )
    for column in table.columns:
        frame = _checked_column(table, column, frame, source)
    doubled = frame.select(pl.struct(table.key).is_duplicated() & ~pl.struct(table.key).is_first_distinct()).to_series()
    _refuse(table, frame, doubled, f"la clé ({', '.join(table.key)}) est déjà dans la table", source)
    return frame


def merge(table: Table, old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Return old with the rows of new, which replace those of the same key; what new leaves empty is kept from old.

    Where a table has wholes (`Table.whole`), all the old rows of a whole that new has are gone.
    """
    key = list(table.key)
    if table.whole:
        old = old.join(new.select(table.whole), on=table.whole, how="anti")
    kept = old.join(new.select(key), on=key, how="anti", nulls_equal=True)
    before = new.select(key).join(old, on=key, how="left", nulls_equal=True, maintain_order="left")
    filled = [
        pl.coalesce(new[c.name], before[c.name])
        if c.type == "integer"
        else pl.coalesce(new[c.name].replace("", None), before[c.name], pl.lit("")).alias(c.name)
        for c in table.columns
        if c.name not in key
    ]
    return pl.concat([kept, new.with_columns(filled)], how="vertical_relaxed").sort(key)


def empty(table: Table) -> pl.DataFrame:
    """Return the table with its columns and types, without rows."""
    return conform(table, pl.DataFrame(schema=dict.fromkeys(table.names, pl.String)), source=table.name)


def _texts(path: Path) -> pl.DataFrame:
    """Return every column of a CSV file as text."""
    data = path.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _invalid(path, f"ligne {line} : un caractère n'est pas en UTF-8", "Enregistrez-la en UTF-8.") from error
    header = data.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8").strip()
    names = [name.strip().strip('"') for name in header.split(",")]
    try:
        read, wrong = csv_texts(data, names)
    except pa.ArrowInvalid as error:
        if not data.strip():
            raise _invalid(path, "le fichier est vide", "Sa première ligne doit nommer les colonnes.") from error
        if header and not data.split(b"\n", 1)[-1].strip():
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        raise _invalid(path, f"ce n'est pas du CSV ({error})", _AGAIN) from error
    if wrong:
        row = wrong[0]
        what = f"ligne {row.number} : {row.actual_columns} valeurs pour {row.expected_columns} colonnes"
        raise _invalid(path, what, "Mettez entre guillemets une valeur qui contient une virgule.")
    return read


def csv_texts(
    data: bytes, names: Sequence[str], *, delimiter: str = ",", encoding: str = "utf8"
) -> tuple[pl.DataFrame, list[pacsv.InvalidRow]]:
    """Return every column of a CSV file as text, and the lines that have another number of values.

    Args:
        data: the file, its header first.
        names: of its columns, in order.
        delimiter, encoding: how it is written.

    Raises:
        pyarrow.ArrowInvalid, UnicodeDecodeError: it is not CSV, or not in that encoding.
    """
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise pa.ArrowInvalid(f"la colonne « {twice} » y est deux fois")
    wrong: list[pacsv.InvalidRow] = []

    def keep_wrong(row: pacsv.InvalidRow) -> str:
        wrong.append(row)
        return "skip"

    read = pacsv.read_csv(
        io.BytesIO(data),
        read_options=pacsv.ReadOptions(use_threads=False, column_names=names, skip_rows=1, encoding=encoding),
        parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep_wrong),
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return cast(pl.DataFrame, pl.from_arrow(read)), wrong


def _checked_column(table: Table, column: Column, frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """Return the frame with this column in its type."""
    name, values = column.name, frame[column.name]
    given = values != ""
    if not column.optional:
        _refuse(table, frame, ~given, f"« {name} » est vide", source)
    if column.form:
        wrong = given & ~values.str.contains(f"^(?:{column.form})$")
        _refuse(table, frame, wrong, f"« {name} » n'a pas la forme attendue ({column.meaning})", source, name)
    if column.allowed:
        wrong = given & ~values.is_in(column.allowed)
        admitted = ", ".join(column.allowed)
        _refuse(table, frame, wrong, f"« {name} » n'est pas l'une des valeurs admises ({admitted})", source, name)
    if column.type == "text":
        return frame
    integers = values.replace("", None).cast(pl.Int64, strict=False)
    _refuse(table, frame, given & integers.is_null(), f"« {name} » n'est pas un nombre entier", source, name)
    return frame.with_columns(integers.alias(name))


def _check_header(table: Table, path: Path, header: tuple[str, ...]) -> None:
    missing = [name for name in table.required if name not in header]
    unknown = [name for name in header if name not in table.names]
    if missing:
        raise _invalid(path, f"colonne absente : {', '.join(missing)}", f"Colonnes : {', '.join(table.names)}.")
    if unknown:
        todo = suggest(unknown[0], table.names) or f"Colonnes : {', '.join(table.names)}."
        raise _invalid(path, f"colonne inconnue : {', '.join(unknown)}", todo)


def _refuse(table: Table, frame: pl.DataFrame, bad: pl.Series, what: str, source: str, column: str = "") -> None:
    """Raise for the first bad row, if there is one."""
    first = bad.arg_max() if bad.any() else None
    if first is None:
        return
    row = frame.row(first, named=True)
    shown = {name: row[name] for name in (*table.key, *((column,) if column else ())) if row[name] not in ("", None)}
    where = ", ".join(f"{name}={value}" for name, value in shown.items())
    raise InputFileError(
        "table-invalide",
        f"{source}, ligne {first + 2}{f' ({where})' if where else ''} : {what} ; {int(bad.sum())} ligne(s) ainsi.",
        todo=_AGAIN,
    )


def _invalid(path: Path, what: str, todo: str) -> InputFileError:
    return InputFileError("table-invalide", f"{path.name} : {what}.", todo=todo)
