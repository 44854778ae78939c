"""The description of the API: beside the one route that gives data, an operation for each restitution, typed.

A request is answered by the one route; an operation says which criteria its restitution takes, and its columns.
"""

from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.query.criteria import BESIDE, COMPARISONS, CRITERIA, taken
from sanoscope.query.permission import COMPLETE
from sanoscope.query.table import State

GENERIC = "/api/v1/restitutions/{slug}/donnees"
TAG = "restitutions"
STATES = "Etat"
MONTHS = [str(month) for month in range(1, 13)]

Schema = dict[str, Any]


def describe(app: FastAPI, catalogue: Catalogue) -> None:
    """Give an application a description in which each restitution has its operation; made once, when it is asked."""
    plain = app.openapi

    def whole() -> Schema:
        if app.openapi_schema is None:
            plain()
            if app.openapi_schema is not None:
                app.openapi_schema = typed(app.openapi_schema, catalogue)
        return app.openapi_schema or {}

    app.openapi = whole  # type: ignore[method-assign]


def typed(description: Schema, catalogue: Catalogue) -> Schema:
    """Return a description with an operation for each restitution, beside the one for all."""
    found = deepcopy(description)
    generic, shared = found["paths"][GENERIC]["get"], found.setdefault("components", {})
    schemas = shared.setdefault("schemas", {})
    schemas[STATES] = {"type": "string", "enum": [state.value for state in State], "title": "État d'une cellule"}
    asked = [one for one in generic["parameters"] if one["in"] == "query"]
    shared["parameters"] = {one["name"]: one for one in asked}
    refused = {status: said for status, said in generic["responses"].items() if status != "200"}
    shared["responses"] = {f"donnees_{status}": said for status, said in refused.items()}
    for slug, restitution in catalogue.restitutions.items():
        name = f"donnees_{slug.replace('-', '_')}"
        schemas[name] = _table(restitution, catalogue)
        told = deepcopy(generic["responses"]["200"])
        either = [{"$ref": f"#/components/schemas/{one}"} for one in (name, "JsonStat")]
        told["content"]["application/json"] = {"schema": {"anyOf": either}}
        found["paths"][GENERIC.replace("{slug}", slug)] = {
            "get": {
                "operationId": name,
                "summary": restitution.titre,
                "description": restitution.objet,
                "tags": [TAG],
                "parameters": [_told(one, restitution) for one in asked if _takes(one, restitution)],
                "responses": {"200": told} | {s: {"$ref": f"#/components/responses/donnees_{s}"} for s in refused},
            }
        }
    return found


def _takes(parameter: Schema, restitution: Restitution) -> bool:
    """Tell whether a restitution takes a parameter: all but the criteria that it does not take."""
    name = parameter["name"]
    return name not in CRITERIA or name in (*taken(restitution), *BESIDE)


def _told(parameter: Schema, restitution: Restitution) -> Schema:
    """Return a parameter: with its values, where these are few and the same in every edition; else where it is."""
    values = {
        "mois": MONTHS,
        "regroupement": [level for level in restitution.criteres.regroupement if level],
        "comparer": [*COMPARISONS],
        "version": [COMPLETE],
    }.get(parameter["name"])
    if not values:
        return {"$ref": f"#/components/parameters/{parameter['name']}"}
    return parameter | {"schema": {"type": "string", "enum": values}}


def _table(restitution: Restitution, catalogue: Catalogue) -> Schema:
    """Return the schema of the answers of a restitution: those of any, whose rows have its columns."""
    rows = {"type": "array", "items": _row(restitution, catalogue)}
    return {
        "title": restitution.titre,
        "allOf": [{"$ref": "#/components/schemas/Data"}, {"type": "object", "properties": {"lignes": rows}}],
    }


def _row(restitution: Restitution, catalogue: Catalogue) -> Schema:
    state = {"$ref": f"#/components/schemas/{STATES}"}
    properties: Schema = {"genre": {"type": "string", "enum": ["detail", "total"]}}
    dimensions = catalogue.champ(restitution).dimensions
    for name in (*restitution.lignes, *restitution.attributs):
        known = {"type": "string", "title": dimensions[name].libelle} if name in dimensions else {"type": "string"}
        properties |= {} if name in ("regroupement", "origine") else {name: known}
    measures = catalogue.mesures(restitution)
    if restitution.genre == "profil":  # a row an indicator, columns by establishment
        measures = {}
    for name, measure in measures.items():
        if getattr(measure, "classes", ()):
            properties[name] = {"type": "string", "title": measure.libelle, "description": measure.definition}
            continue
        kind = "number" if getattr(measure, "decimales", 0) else "integer"
        said = {"title": measure.libelle, "description": measure.definition}
        figure = {"type": [kind, "null"]}
        properties |= {
            name: figure | said,
            f"{name}_etat": state,
            f"{name}_estimation": figure,
            f"{name}_marge": {"type": ["number", "null"]},
        }
    return {"type": "object", "properties": properties, "required": ["genre"]}
