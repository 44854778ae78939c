"""Messages of data: an answer as SDMX-CSV 2.0 and SDMX-JSON 2.0.

Both hold the same observations: their key, their figure where it is exact, their statuses, our word for their state
and, where they are approached, the estimate and its margin. What holds for all of an answer (its edition, its question,
the criteria) is said of each: it changes from an answer to another, so it is nothing of the dataflow.
"""

import csv
import io
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sanoscope.catalogue.load import Catalogue, catalogue
from sanoscope.present.cube import METRIC, NOTHING, TIME, Cube, Observation, cube
from sanoscope.present.numbers import FRENCH, MEANING, Style
from sanoscope.present.sdmx.ids import AGENCY, TIME_PERIOD, VERSION, code_id, component_id, flow_id, unit_id
from sanoscope.present.sdmx.shape import EDITION, MARK, QUESTION, Shape, common, criterion_id, own_shape, shape
from sanoscope.present.sdmx.states import CONFIDENTIALITY, OBSERVATION, STATUS
from sanoscope.query.table import Figure, Table
from sanoscope.sentence import Sentence

VALUE = "OBS_VALUE"
SCHEMA = (
    "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/data-message/tools/schemas/2.0.0/"
    "sdmx-json-data-schema.json"
)

OBSERVED = {
    "OBS_STATUS": Sentence("Statut de l'observation"),
    "CONF_STATUS": Sentence("Statut de confidentialité"),
    "ETAT": Sentence("État de la cellule"),
    "UNIT_MEASURE": Sentence("Unité"),
    "DECIMALS": Sentence("Décimales"),
    "ESTIMATION": Sentence("Estimation, d'une valeur approchée"),
    "MARGE": Sentence("Marge de l'estimation"),
}
"""What is said of every observation."""

CODED = ("OBS_STATUS", "CONF_STATUS", "ETAT", "UNIT_MEASURE")
"""Those of these attributes that have a code list."""

Told = str | int | float | None


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation: the identifier of the code of each dimension, its figure, what is said of it."""

    key: tuple[str, ...]
    value: Figure
    said: dict[str, Told]


@dataclass(frozen=True, slots=True)
class Message:
    """Observations of a dataflow.

    Attributes:
        flow: identifier of the dataflow.
        title: of the answer; ``made``: the day of its edition (ISO).
        dimensions: titles of the dimensions, by identifier; time is the last.
        names: of each dimension, what its codes are called, by identifier.
        attributes: titles of what is said of observations, by identifier.
        lists: of those that have a code list, what its codes are called, by identifier.
        common: what is said of all of them, by identifier; ``titles`` their titles.
        observations: row by row.
    """

    flow: str
    title: str
    made: str
    dimensions: dict[str, str]
    names: dict[str, dict[str, str]]
    attributes: dict[str, str]
    lists: dict[str, dict[str, str]]
    common: dict[str, str]
    titles: dict[str, str]
    observations: tuple[Observed, ...]

    def only(self, keep: Callable[[Observed], bool]) -> "Message":
        """Return the same with some of its observations."""
        return replace(self, observations=tuple(one for one in self.observations if keep(one)))

    def saying(self, attributes: Collection[str]) -> "Message":
        """Return the same with some of its attributes."""
        return replace(
            self,
            attributes={name: title for name, title in self.attributes.items() if name in attributes},
            common={name: value for name, value in self.common.items() if name in attributes},
        )

    def without_values(self) -> "Message":
        """Return the same without any figure: what observations there are, and what is said of them."""
        return replace(self, observations=tuple(replace(one, value=None) for one in self.observations))


def message(table: Table, style: Style = FRENCH, known: Catalogue | None = None) -> Message:
    """Return an answer as a message, in the structure of its restitution.

    Args:
        table: the answer.
        style: the language of names and titles.
        known: the catalogue that has the restitution; the package's own without it.
    """
    of, books = cube(table), known or catalogue()
    found = books.restitutions.get(table.origin.slug)
    form = shape(found, books) if found else own_shape(of)
    titles = {**form.dimensions, METRIC: Sentence("Mesure"), TIME: Sentence("Année")}
    dimensions = {component_id(name): style.say(title) for name, title in titles.items()}
    places = {component_id(one.name): place for place, one in enumerate(of.dimensions)}
    if strange := set(places) - set(dimensions):
        raise ValueError(f"{table.origin.slug}: {strange} are not in its structure")
    own = {component_id(one.name): one.codes for one in of.dimensions}
    return Message(
        flow=flow_id(table.origin.slug),
        title=style.say(table.title),
        made=table.made,
        dimensions=dimensions,
        names={name: _names(own.get(name, {}), style) for name in dimensions},
        attributes={name: style.say(title) for name, title in OBSERVED.items()}
        | {component_id(name): style.say(title) for name, title in form.attributes.items()},
        lists=_lists({one.unit for one in of.measures.values()}, style),
        common=_common(table, form, style),
        titles={name: style.say(title) for name, title in common(form).items()},
        observations=tuple(_observed(one, of, dimensions, places, style) for one in of.observations),
    )


def unit_names(units: Collection[str]) -> dict[str, str]:
    """Return what the codes of units are called, by identifier."""
    return {unit_id(unit): unit or Sentence("nombre") for unit in sorted(units)}


def _lists(units: Collection[str], style: Style) -> dict[str, dict[str, str]]:
    """Return the code lists of attributes: the units of an answer, all of the others."""
    states = {state.value: text for state, text in MEANING.items()}
    found: tuple[Mapping[str, str], ...] = (OBSERVATION, CONFIDENTIALITY, states, unit_names(units))
    return {name: {code: style.say(text) for code, text in of.items()} for name, of in zip(CODED, found, strict=True)}


def _names(codes: dict[str, str], style: Style) -> dict[str, str]:
    """Return what the codes of a dimension are called; of one that the answer does not have, that it has nothing."""
    named = {code_id(code): style.say(text) for code, text in codes.items()}
    return named or {NOTHING: style.say(Sentence("Sans objet"))}


def _common(table: Table, form: Shape, style: Style) -> dict[str, str]:
    given = dict(parse_qsl(table.query))
    told = {EDITION: table.edition, QUESTION: table.query}
    told |= {MARK: style.say(table.mark)} if table.mark else {}
    return told | {criterion_id(name): given[name] for name in form.criteria if name in given}


def _observed(
    one: Observation, of: Cube, dimensions: Collection[str], places: dict[str, int], style: Style
) -> Observed:
    status, name = STATUS[one.state], one.key[-1]
    said: dict[str, Told] = {
        "OBS_STATUS": status.observation,
        "CONF_STATUS": status.confidentiality,
        "ETAT": one.state.value,
        "UNIT_MEASURE": unit_id(of.measures[name].unit),
        "DECIMALS": one.decimals,
        "ESTIMATION": one.estimate,
        "MARGE": one.margin,
    }
    for label in of.attributes:
        text = style.say(label.values[one.row])
        if label.subject is None:
            said[component_id(label.name)] = text or None
        elif label.subject.code in one.key:
            said[component_id(label.subject.measure)] = text or None
    key = tuple(code_id(one.key[places[name]]) if name in places else NOTHING for name in dimensions)
    return Observed(key, one.value, said)


def to_sdmx_csv(table: Table, style: Style = FRENCH) -> bytes:
    """SDMX-CSV 2.0: a line an observation."""
    return as_csv(message(table, style))


def to_sdmx_json(table: Table, style: Style = FRENCH) -> bytes:
    """SDMX-JSON 2.0, data message: flat observations, the codes of each dimension with their names."""
    return as_json(message(table, style))


def as_csv(told: Message) -> bytes:
    """Return a message as SDMX-CSV 2.0."""
    structure = ("dataflow", f"{AGENCY}:{told.flow}({VERSION})", "I")
    whole = tuple(told.common.values())
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    columns = (*told.dimensions, VALUE, *told.attributes, *told.common)
    writer.writerow(("STRUCTURE", "STRUCTURE_ID", "ACTION", *columns))
    writer.writerows(
        (*structure, *one.key, one.value, *(one.said.get(name) for name in told.attributes), *whole)
        for one in told.observations
    )
    return out.getvalue().encode("utf-8")


def as_json(told: Message) -> bytes:
    """Return a message as SDMX-JSON 2.0, dated of the day of its edition: the same answer is the same bytes."""
    lists = {name: told.lists[name] for name in CODED if name in told.attributes}
    places = {name: {code: place for place, code in enumerate(known)} for name, known in lists.items()}
    whole = [0] * len(told.common)
    used = [dict.fromkeys(one.key[place] for one in told.observations) for place in range(len(told.dimensions))]
    indices = [{code: place for place, code in enumerate(codes)} for codes in used]
    observations = {
        ":".join(str(index[code]) for index, code in zip(indices, one.key, strict=True)): [
            one.value,
            *(places[name][str(one.said[name])] if name in places else one.said.get(name) for name in told.attributes),
            *whole,
        ]
        for one in told.observations
    }
    structure = {
        "name": told.title,
        "links": [{"urn": flow_urn(told.flow), "rel": "dataflow"}],
        "dataSets": [0],
        "dimensions": {
            "observation": [
                {"id": name, "name": title, "keyPosition": place, "values": _values(name, used[place], told)}
                | ({"roles": ["TIME_PERIOD"]} if name == TIME_PERIOD else {})
                for place, (name, title) in enumerate(told.dimensions.items())
            ]
            if told.observations
            else []
        },
        "measures": {"observation": [{"id": VALUE, "name": "Valeur", "format": {"dataType": "Double"}}]},
        "attributes": {
            "observation": [
                *(_attribute(name, title, lists.get(name)) for name, title in told.attributes.items()),
                *(
                    _attribute(name, told.titles[name]) | {"values": [{"value": value}]}
                    for name, value in told.common.items()
                ),
            ],
        },
    }
    data_set = {
        "structure": 0,
        "links": [{"urn": flow_urn(told.flow), "rel": "dataflow"}],
        "action": "Information",
        "observations": observations,
    }
    return orjson.dumps(
        {
            "meta": {
                "schema": SCHEMA,
                "id": told.flow,
                "test": False,
                "prepared": f"{told.made}T00:00:00Z",
                "sender": {"id": AGENCY},
            },
            "data": {"structures": [structure], "dataSets": [data_set]},
        }
    )


def flow_urn(flow: str) -> str:
    """Return the URN of a dataflow."""
    return f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={AGENCY}:{flow}({VERSION})"


def _values(name: str, codes: Collection[str], told: Message) -> list[dict[str, str]]:
    if name == TIME_PERIOD:
        return [{"value": code} for code in codes]
    named = told.names[name]
    return [{"id": code, "name": named.get(code, code)} for code in codes]


def _attribute(name: str, title: str, codes: dict[str, str] | None = None) -> dict[str, Any]:
    said: dict[str, Any] = {"id": name, "name": title, "relationship": {"observation": {}}}
    if codes is not None:
        said["values"] = [{"id": code, "name": text} for code, text in codes.items()]
    elif name in ("ESTIMATION", "MARGE", "DECIMALS"):
        said["format"] = {"dataType": "Integer" if name == "DECIMALS" else "Double"}
    return said
