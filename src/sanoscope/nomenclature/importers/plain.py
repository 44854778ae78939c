"""Our own plain tables, given as files: recognised by their header, or by their name when the header is wrong."""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

from sanoscope.nomenclature.importers.form import Importer, Source, Taken
from sanoscope.nomenclature.reading import read_table
from sanoscope.nomenclature.tables import TABLES, ZONAGES, Table


def zoning_name(path: Path) -> str:
    """Return the name of a zoning: its file's, in small letters, digits and hyphens."""
    ascii_only = unicodedata.normalize("NFKD", path.stem.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-") or "zonage"


def _recognises(table: Table) -> Callable[[Source], bool]:
    def recognises(source: Source) -> bool:
        if source.path.suffix.lower() != ".csv":
            return False
        return source.path.stem == table.name or table.fits(tuple(source.sheets[0][1].columns))

    return recognises


def _convert(table: Table) -> Callable[[Source], Taken]:
    def convert(source: Source) -> Taken:
        name = f"{table.name}/{zoning_name(source.path)}" if table is ZONAGES else table.name
        return Taken({name: read_table(table, source.path)})

    return convert


IMPORTERS = tuple(
    Importer(f"table simple {table.name}", _recognises(table), _convert(table)) for table in TABLES.values()
)
