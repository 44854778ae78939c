"""A Data Package of an answer (Frictionless v1): what the package is, the fields of its CSV, what each may hold."""

import hashlib
import re
from typing import Any

import pyarrow as pa

from sanoscope.present.columns import Column, key, machine
from sanoscope.present.licences import Licence, licence
from sanoscope.present.numbers import FRENCH, Style
from sanoscope.query.origin import address_of, name_of, years_of
from sanoscope.query.table import State, Table

MEDIA_TYPE = "application/vnd.datapackage+json"

TYPES = {pa.int64(): "integer", pa.float64(): "number", pa.string(): "string"}
"""The Table Schema type of each type of column."""


def stem(table: Table) -> str:
    """Return what the files of an answer are called, without extension: its restitution and its years."""
    return "_".join(filter(None, [table.origin.slug or "tableau", "-".join(map(str, years_of(table)))]))


def datapackage(table: Table, path: str, style: Style = FRENCH, *, data: bytes | None = None) -> dict[str, Any]:
    """Return the descriptor of an answer.

    Args:
        table: the answer.
        path: where its CSV is: an address, or a name beside the descriptor.
        style: how a language says it.
        data: the CSV, whose size and fingerprint are told where it goes with the descriptor.
    """
    say, origin = style.say, table.origin
    terms = licence(origin.sources[0].licence if origin.theirs else origin.licence)
    resource: dict[str, Any] = {
        "profile": "tabular-data-resource",
        "name": _slug(stem(table)),
        "path": path,
        "title": say(table.title),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "header": True, "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True},
        "schema": schema(table, style),
    }
    if data is not None:
        resource |= {"bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    said: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": _slug(stem(table)),
        "id": name_of(table),
        "title": say(table.title),
        "description": "\n\n".join([say(origin.subject), *map(say, table.notes)]).strip(),
        "homepage": address_of(table) if origin.site else "",
        "version": table.edition,
        "created": f"{table.made}T00:00:00Z",
        "licenses": _licences(terms, style),
        "conditions": "" if terms.address else say(terms.title),
        "contributors": [{"title": origin.publisher, "role": "publisher"}],
        "sources": [
            {"title": f"{say(source.title)} ({source.publisher}, {say(source.licence)})", "path": source.link}
            for source in origin.sources
        ],
    }
    return {**{name: value for name, value in said.items() if value}, "resources": [resource]}


def schema(table: Table, style: Style = FRENCH) -> dict[str, Any]:
    """Return the Table Schema of the CSV of an answer."""
    columns = list(machine(table))
    told: dict[str, Any] = {"fields": [_field(column, style) for column in columns], "missingValues": [""]}
    return told | ({"primaryKey": names} if (names := key(columns)) else {})


def _field(column: Column, style: Style) -> dict[str, Any]:
    told: dict[str, Any] = {"name": column.name, "type": TYPES[column.kind], "title": style.say(column.title)}
    if column.definition:
        told["description"] = style.say(column.definition)
    if column.unit:
        told["unit"] = style.say(column.unit)
    if column.role == "etat":
        told["constraints"] = {"required": True, "enum": [state.value for state in State]}
    if column.role == "marge":
        told["constraints"] = {"minimum": 0}
    return told


def _licences(terms: Licence, style: Style) -> list[dict[str, str]]:
    """Return a licence as the descriptor says it: by a name or an address, or not at all."""
    if not terms.address:
        return []
    return [{**({"name": terms.code} if terms.code else {}), "path": terms.address, "title": style.say(terms.title)}]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower())
