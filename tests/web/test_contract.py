"""The API is what its description says, whatever it is sent: schemathesis asks each route, well and badly."""

import json
import os
from collections import Counter
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
from sanoscope.present.exports import FORMATS
from sanoscope.web.app import HEADERS, create_app
from sanoscope.workspace import Workspace
from tests.small_country import YEARS

EXAMPLES = int(os.environ.get("SANOSCOPE_EXEMPLES", "5"))
"""Of each route, drawn beside those that cover its description one by one."""

DESCRIPTION = "/api/v1/openapi.json"
SLUGS = ("casemix-mco", "cartographie-activite-smr", "taux-de-recours-mco", "casemix-had")
FICHES = ("fiche-nationale", "fiche-regionale")
KNOWN = {
    "annee": [str(year) for year in YEARS],
    "zone": ["region:53", "departement:29", "france"],
    "comparer": ["n-1", "region"],
    "region": ["53"],
    "q": ["hôpital", "290000001", "chirurgie"],
    "limite": [1, 50],
    "format": [*FORMATS],
    "genre": ["dataflow", "datastructure", "codelist", "*"],
    "contexte": ["dataflow"],
    "agence": ["SANOSCOPE", "*"],
    "ressource": ["CASEMIX_MCO"],
    "numero": ["1.0.0", "~"],
    "cle": ["*"],
    "composant": ["*", "TIME_PERIOD"],
    "references": ["none", "children"],
}
"""What the parameters may hold in the small country where questions are to be answered."""

LEFT = ("positive_data_acceptance", "negative_data_rejection")
"""Checks that do not fit: not all criteria go together, and no rule of the description says which basket there is."""


@pytest.fixture(scope="module")
def app(small: Workspace) -> Any:
    return create_app(small)


def configured() -> SchemathesisConfig:
    generation = GenerationConfig(max_examples=EXAMPLES, deterministic=True, database="none")
    project = ProjectConfig(generation=generation, continue_on_failure=True)
    project.phases.update(phases=["examples", "coverage", "fuzzing"])
    for name in LEFT:
        getattr(project.checks, name).enabled = False
    return SchemathesisConfig(projects=ProjectsConfig(default=project))


@pytest.fixture(scope="module")
def described(app: Any) -> OpenApiSchema:
    """The API as it says it is."""
    return schemathesis.openapi.from_asgi(DESCRIPTION, app, config=configured())


@pytest.fixture(scope="module")
def known(app: Any) -> OpenApiSchema:
    """The same, limited to parameters that go together and to what the small country has: questions are answered."""
    written = json.loads(TestClient(app).get(DESCRIPTION).content)
    for path, methods in written["paths"].items():
        values = KNOWN | {"slug": list(FICHES if "fiches" in path else SLUGS)}
        kept = [one for one in methods["get"].get("parameters", ()) if one["name"] in values]
        for parameter in kept:
            own = parameter["schema"].get("enum")  # of « format », each route says its own
            parameter["schema"]["enum"] = own or values[parameter["name"]]
        methods["get"]["parameters"] = kept
    schema = schemathesis.openapi.from_dict(written, config=configured())
    schema.app = app
    return schema


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
    for route in {route for route, _ in made}:
        assert made[route, 405], route
        assert made[route, 200] or name == "described", route
    assert len({route for route, _ in made}) == len(schema.raw_schema["paths"])
