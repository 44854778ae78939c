"""The API is what its description says, whatever it is sent: schemathesis asks each route, well and badly."""

import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from schemathesis import Case
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import Status
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.specs.openapi.schemas import OpenApiSchema

from sanoscope.api.replies import PROBLEM
from sanoscope.catalogue.load import catalogue
from sanoscope.present.exports import FORMATS
from sanoscope.web.app import HEADERS, create_app
from sanoscope.workspace import Workspace
from tests.small_country import YEARS

PHASES = ("examples", "coverage", "fuzzing")
EXAMPLES = int(os.environ.get("SANOSCOPE_EXEMPLES", "5"))
"""Of each route, drawn beside those that cover its description one by one."""

DESCRIPTION = "/api/v1/openapi.json"
SLUGS = ("casemix-mco", "cartographie-activite-smr", "taux-de-recours-mco", "casemix-had")
SLUGS_OF = {"carte": ("cartographie-activite-mco", "taux-de-recours-mco"), "graphiques": ("casemix-mco", "casemix-had")}
"""Where not all will do: with a map, with charts."""
NEEDED = ("avec", "q", "region")
"""Parameters without which nothing is answered."""
FICHES = ("fiche-regionale",)
KNOWN = {
    "annee": [str(year) for year in YEARS[1:]],
    "zone": ["region:53", "departement:29", "france"],
    "comparer": ["n-1"],
    "region": ["53"],
    "q": ["hôpital", "290000001", "chirurgie"],
    "limite": [1, 50],
    "page": [1],
    "format": [*FORMATS],
    "genre": ["dataflow", "datastructure", "codelist", "*"],
    "contexte": ["dataflow"],
    "agence": ["SANOSCOPE", "*"],
    "ressource": ["CASEMIX_MCO"],
    "numero": ["1.0.0", "~"],
    "cle": ["*"],
    "composant": ["*", "TIME_PERIOD"],
    "references": ["none", "children"],
    "niveau": ["departement", "etablissement", "racine"],
    "nom": ["petite"],
    "depuis": ["2020-01-31"],
    "avec": ["petite"],
    "langue": ["fr", "en"],
    "theme": ["clair", "sombre"],
}
"""What the parameters may hold in the small country where questions are to be answered."""

TYPED = re.compile(r"/api/v1/restitutions/(?!\{)[\w-]+/donnees")
"""The operations of the restitutions, one each: the same route answers them all."""

QUESTION = {
    "type": "object",
    "properties": {
        "restitution": {"enum": list(SLUGS)},
        "criteres": {"type": "object", "properties": {"annee": {"enum": list(YEARS)}}, "additionalProperties": False},
    },
    "required": ["restitution"],
    "additionalProperties": False,
}
"""What a question of a batch may be there."""


@pytest.fixture(scope="module")
def app(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The small edition, with a state of its own, where anybody may ask for as many extractions as the test sends."""
    root = tmp_path_factory.mktemp("contrat")
    for part in ("editions", "reference"):
        (root / part).symlink_to(getattr(small, part))
    settings = replace(small.settings, extractions_par_heure=10_000, extractions_en_attente=10_000)
    return create_app(Workspace(root, settings))


def configured(
    *, narrowed: bool = False, examples: int = EXAMPLES, phases: Sequence[str] = PHASES
) -> SchemathesisConfig:
    """All checks. ``narrowed``: to values that go together: to refuse them is wrong, to admit others is not."""
    generation = GenerationConfig(max_examples=examples, deterministic=True, database="none")
    project = ProjectConfig(generation=generation, continue_on_failure=True)
    project.phases.update(phases=[*phases])
    checks = project.checks
    if narrowed:
        checks.negative_data_rejection.expected_statuses = [*checks.negative_data_rejection.expected_statuses, "2xx"]
    else:  # which years there are, and which criteria go together, depends on the edition
        checks.positive_data_acceptance.expected_statuses = [*checks.positive_data_acceptance.expected_statuses, "400"]
    return SchemathesisConfig(projects=ProjectsConfig(default=project))


def read(app: Any, written: dict[str, Any], config: SchemathesisConfig) -> OpenApiSchema:
    schema = schemathesis.openapi.from_dict(written, config=config)
    schema.app = app
    return schema


@pytest.fixture(scope="module")
def written(app: Any) -> dict[str, Any]:
    """The API as it says it is."""
    found: dict[str, Any] = json.loads(TestClient(app).get(DESCRIPTION).content)
    return found


@pytest.fixture(scope="module")
def described(app: Any, written: dict[str, Any]) -> OpenApiSchema:
    """Each route as it says it is, with any parameters that it says to take."""
    paths = {path: methods for path, methods in written["paths"].items() if not TYPED.fullmatch(path)}
    return read(app, written | {"paths": paths}, configured())


@pytest.fixture(scope="module")
def known(app: Any, written: dict[str, Any]) -> OpenApiSchema:
    """The same, limited to parameters that go together and to what the small country has: questions are answered."""
    paths = deepcopy({path: methods for path, methods in written["paths"].items() if not TYPED.fullmatch(path)})
    for path, methods in paths.items():
        known = KNOWN if "sdmx" in path else {name: values for name, values in KNOWN.items() if name != "genre"}
        values = known | {"slug": list(SLUGS_OF.get(path.rpartition("/")[2], FICHES if "fiches" in path else SLUGS))}
        for operation in methods.values():
            kept = [one for one in operation.get("parameters", ()) if one["name"] in values or one["in"] == "path"]
            for parameter in kept:
                if parameter["name"] not in values:
                    continue
                parameter["schema"] = {"enum": parameter["schema"].get("enum") or values[parameter["name"]]}
                parameter["required"] |= parameter["name"] in NEEDED
            operation["parameters"] = kept
            for body in operation.get("requestBody", {}).get("content", {}).values():
                body["schema"]["properties"]["questions"]["items"] = QUESTION
    return read(app, written | {"paths": paths}, configured(narrowed=True))


@pytest.fixture(scope="module")
def typed(app: Any, written: dict[str, Any]) -> OpenApiSchema:
    """The operation of each restitution, asked once or twice: the others say what their one route does."""
    paths = {path: methods for path, methods in written["paths"].items() if TYPED.fullmatch(path)}
    examples = max(1, EXAMPLES // 5)
    return read(app, written | {"paths": paths}, configured(examples=examples, phases=["fuzzing"]))


@schemathesis.check
def our_own_form(ctx: Any, response: Response, case: Case) -> None:
    """A refusal is told in our form, with our headers; a success too has these."""
    for name, value in HEADERS.items():
        assert response.headers[name.lower()] == [value], name
    if response.status_code < 400 or case.method == "HEAD":
        return
    assert response.headers["content-type"] == [PROBLEM]
    told = response.json()
    assert set(told) == {"type", "title", "status", "code", "admis", "conseil"}
    assert told["status"] == response.status_code
    assert told["type"] == f"urn:sanoscope:erreur:{told['code']}"


def found(schema: OpenApiSchema) -> tuple[Counter[tuple[str, int]], list[str]]:
    """Run everything; return how many answers of each status each route gave, and what was wrong, each once."""
    made: Counter[tuple[str, int]] = Counter()
    wrong = set()
    for event in schemathesis.engine.from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            of = event.recorder
            made.update(
                (str(event.label), one.response.status_code if one.response else 0) for one in of.interactions.values()
            )
            for case, checks in of.checks.items():
                for check in checks:
                    if check.status is Status.FAILURE and check.failure_info:
                        sent = of.cases[case].value.as_curl_command()
                        wrong.add(f"{event.label}: {check.name}: {check.failure_info.failure}\n{sent}"[:1500])
        elif isinstance(event, NonFatalError | FatalError):
            wrong.add(str(event))
    return made, sorted(wrong)


@pytest.mark.parametrize("name", ["described", "known"])
def test_every_route_answers_as_it_says(name: str, request: pytest.FixtureRequest) -> None:
    schema = request.getfixturevalue(name)
    made, wrong = found(schema)
    print(f"{made.total()} requêtes : {sorted(made.items())}")
    assert not wrong, "\n\n".join(wrong[:10]) + f"\n{len(wrong)} en tout"
    operations = {f"{method.upper()} {path}" for path, of in schema.raw_schema["paths"].items() for method in of}
    assert {route for route, _ in made} == operations
    for path in schema.raw_schema["paths"]:
        assert any(made[route, 405] for route in operations if route.partition(" ")[2] == path), path
    for route in operations:
        if name == "known" and "extractions/{" not in route:  # nobody guesses what an extraction is called
            assert made[route, 200] or made[route, 202], route


def test_every_restitution_answers_as_its_operation_says(typed: OpenApiSchema) -> None:
    made, wrong = found(typed)
    print(f"{made.total()} requêtes")
    assert not wrong, "\n\n".join(wrong[:10]) + f"\n{len(wrong)} en tout"
    assert len({route for route, _ in made}) == len(catalogue().restitutions)
