"""CSVW: what the CSV of an answer holds, for machines (W3C, Metadata Vocabulary for Tabular Data, 2015).

What a cell may be is said by types and formats; titles and definitions are in the language of the `Style`.
"""

from typing import Any
from urllib.parse import quote

import pyarrow as pa

from sanoscope.present.columns import Column, key, machine
from sanoscope.present.licences import licence
from sanoscope.present.numbers import FRENCH, Style
from sanoscope.query.origin import address_of, name_of
from sanoscope.query.table import State, Table

MEDIA_TYPE = "application/csvm+json"
SUFFIX = "-metadata.json"
"""What the name of the metadata ends with, after that of the CSV: where a reader of CSVW looks for it."""

TYPES = {pa.int64(): "integer", pa.float64(): "double", pa.string(): "string"}
"""The CSVW datatype of each type of column."""


def csvw(table: Table, url: str, style: Style = FRENCH) -> dict[str, Any]:
    """Return the metadata of the CSV of an answer.

    Args:
        table: the answer.
        url: where its CSV is, from where the metadata is.
        style: how a language says it.
    """
    say, origin = style.say, table.origin
    columns = list(machine(table))
    terms = licence(origin.sources[0].licence if origin.theirs else origin.licence)
    said: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": style.code}],
        "url": url,
        "dc:title": say(table.title),
        "dc:description": [say(note) for note in table.notes] or say(origin.subject),
        "dc:identifier": name_of(table),
        "dc:source": [source.link for source in origin.sources],
        "dc:publisher": origin.publisher,
        "dc:issued": {"@value": table.made, "@type": "xsd:date"},
        "dc:license": {"@id": terms.address} if terms.address else say(terms.title),
        "dcat:landingPage": {"@id": address_of(table)},
    }
    schema: dict[str, Any] = {"columns": [_column(column, style) for column in columns]}
    if names := key(columns):
        schema["primaryKey"] = [_variable(name) for name in names]
    dialect = {"encoding": "utf-8", "delimiter": ",", "header": True, "lineTerminators": ["\r\n", "\n"]}
    return {**{name: value for name, value in said.items() if value}, "dialect": dialect, "tableSchema": schema}


def _column(column: Column, style: Style) -> dict[str, Any]:
    """Return what a column is; its first title is its header."""
    say, state = style.say, column.role == "etat"
    told: dict[str, Any] = {
        "name": _variable(column.name),
        "titles": list(dict.fromkeys((column.name, say(column.title)))),
        "datatype": {"base": "string", "format": "|".join(s.value for s in State)} if state else TYPES[column.kind],
    }
    if state:
        told["required"] = True
    if column.definition:
        told["dc:description"] = say(column.definition)
    if column.unit:
        told["schema:unitText"] = say(column.unit)
    return told


def _variable(name: str) -> str:
    """Return a name as a variable of URI templates (RFC 6570), which CSVW asks for."""
    return quote(name, safe="_").replace("-", "%2D")
