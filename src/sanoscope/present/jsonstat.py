"""An answer as JSON-stat 2.0 (https://json-stat.org/full/): a dataset that any of its readers takes as it is.

``value`` has exact figures alone, and ``status`` our word for the state of every cell that the table has. An estimate
is never among the values: ``extension.estimation`` and ``extension.marge`` have it, and its margin, by the place of
its cell. A cell that the table does not have, as its cube is wider than its rows, is in none of these.
"""

from collections.abc import Mapping
from math import prod
from typing import Any
from urllib.parse import quote

import orjson

from sanoscope.present.cube import METRIC, Cube, Dimension, cube
from sanoscope.present.numbers import FRENCH, Style, legend
from sanoscope.query.table import Figure, Table

DENSE = 2
"""Cells of the cube for one of the table, at most, for the values to be a list: they are listed by place above."""


def to_json_stat(table: Table, style: Style = FRENCH) -> bytes:
    """JSON-stat 2.0, a dataset."""
    return orjson.dumps(dataset(table, style), option=orjson.OPT_NON_STR_KEYS)


def dataset(table: Table, style: Style = FRENCH) -> dict[str, Any]:
    """Return an answer as the object that its JSON-stat is."""
    of, say = cube(table), style.say
    size = [len(one.codes) for one in of.dimensions]
    places = _places(of)
    values = {place: one.value for place, one in zip(places, of.observations, strict=True) if one.value is not None}
    roles = {role: [one.name for one in of.dimensions if one.role == role] for role in ("time", "geo", "metric")}
    address = f"/api/v1/restitutions/{quote(table.origin.slug)}/donnees?{table.query}"
    return {
        "version": "2.0",
        "class": "dataset",
        "label": say(table.title),
        "source": f"Sanoscope, {table.edition}",
        "updated": table.made,
        "href": f"{address}&format=json-stat",
        "link": {"alternate": [{"type": "application/json", "href": address}]},
        "id": [one.name for one in of.dimensions],
        "size": size,
        "role": {role: names for role, names in roles.items() if names},
        "dimension": {one.name: _dimension(one, of, style) for one in of.dimensions},
        "value": _listed(values, prod(size), len(places)),
        "status": {place: one.state.value for place, one in zip(places, of.observations, strict=True)},
        "note": [say(note) for note in table.notes],
        "extension": {
            "requete": table.query,
            "restitution": table.origin.slug,
            "edition": {"nom": table.edition, "etat": say(table.state), "date": table.made},
            "legende": [{"etat": line.state.value, "sens": say(line.meaning)} for line in legend(table)],
            **({"filigrane": say(table.mark)} if table.mark else {}),
            "estimation": {
                place: one.estimate
                for place, one in zip(places, of.observations, strict=True)
                if one.estimate is not None
            },
            "marge": {
                place: one.margin for place, one in zip(places, of.observations, strict=True) if one.margin is not None
            },
            "attributs": [
                {"nom": one.name, "libelle": say(one.title), "definition": say(one.definition)} for one in of.attributes
            ],
            "lignes": [
                {"genre": row.kind, "cle": row.key, **{name: say(text) for name, text in row.said.items()}}
                for row in of.rows
            ],
        },
    }


def _places(of: Cube) -> list[int]:
    """Return the place of each observation among the cells of the cube, the last dimension running fastest."""
    indices = [{code: index for index, code in enumerate(one.codes)} for one in of.dimensions]
    found = []
    for one in of.observations:
        place = 0
        for index, code in zip(indices, one.key, strict=True):
            place = place * len(index) + index[code]
        found.append(place)
    return found


def _listed(values: Mapping[int, Figure], cells: int, known: int) -> list[Figure] | Mapping[int, Figure]:
    """Return the values of a cube as a list of all its cells, or by place where most of them are not in the table."""
    return [values.get(place) for place in range(cells)] if cells <= DENSE * known else values


def _dimension(one: Dimension, of: Cube, style: Style) -> dict[str, Any]:
    category: dict[str, Any] = {
        "index": list(one.codes),
        "label": {code: style.say(text) for code, text in one.codes.items()},
    }
    said: dict[str, Any] = {"label": style.say(one.title), "category": category}
    if one.name == METRIC:
        category["unit"] = {
            name: {"decimals": each.decimals} | ({"label": style.say(each.unit)} if each.unit else {})
            for name, each in of.measures.items()
        }
        category["note"] = {name: [style.say(each.definition)] for name, each in of.measures.items()}
    return said
