"""``date=``: the answer of the edition that was served on a day, by every face, pinned to it by name."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.errors import CriterionError, NotFoundError
from sanoscope.intake.receive import receive
from sanoscope.query.service import Service
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.cli.test_commands import call
from tests.pmsi import write

SLUG = "cartographie-activite-mco"
SERVED = {"a": "2026-01-03", "b": "2026-01-10"}


@pytest.fixture
def dated(workspace: Workspace, tmp_path: Path) -> Workspace:
    """« a » (20 stays) was served from the 3rd of January 2026, « b » (50) from the 10th."""
    for name, finess, stays in (("a", "290000017", 20), ("b", "290000025", 30)):
        receive(workspace, [write(tmp_path / name, f"{finess}.2023.12.rsa", [{"n": stays}])])
        build(workspace, catalogue(), name=name)
        publication.publish(workspace.editions, name)
    lines = [json.dumps({"instant": f"{day}T06:00:00+00:00", "edition": name}) for name, day in SERVED.items()]
    (workspace.editions / publication.HISTORY).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return workspace


def asked(service: Service, *pairs: tuple[str, str]) -> tuple[str, int | float | None]:
    query, table = service.ask(SLUG, pairs, OPEN)
    return query.canonical, table.figures[0].values[-1]


def test_a_date_is_answered_by_the_edition_of_that_day_and_the_canonical_question_names_it(dated: Workspace) -> None:
    service = Service(dated, catalogue())
    assert asked(service, ("date", "2026-01-09")) == ("annee=2023&edition=a", 20)
    assert asked(service, ("date", "2026-01-10")) == ("annee=2023&edition=b", 50)
    assert asked(service, ("date", datetime.now(UTC).date().isoformat())) == ("annee=2023&edition=b", 50)
    assert asked(service, ("date", "")) == ("annee=2023", 50)


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([("date", "09/01/2026")], "valeur-inconnue"),
        ([("date", (datetime.now(UTC) + timedelta(days=2)).date().isoformat())], "valeur-inconnue"),
        ([("date", "2026-01-09"), ("edition", "a")], "combinaison"),
        ([("date", "2026-01-09"), ("date", "2026-01-10")], "combinaison"),
    ],
)
def test_a_date_that_says_nothing_is_refused(dated: Workspace, pairs: list[tuple[str, str]], code: str) -> None:
    with pytest.raises(CriterionError) as error:
        Service(dated, catalogue()).ask(SLUG, pairs, OPEN)
    assert error.value.code == code


def test_a_date_before_the_first_publication_says_when_that_was(dated: Workspace) -> None:
    with pytest.raises(NotFoundError, match="03/01/2026"):
        Service(dated, catalogue()).ask(SLUG, [("date", "2025-12-31")], OPEN)


def test_pages_api_and_command_take_it(dated: Workspace) -> None:
    client = TestClient(create_app(dated))
    for page in (f"/restitutions/{SLUG}", f"/en/restitutions/{SLUG}"):
        answer = client.get(f"{page}?annee=2023&date=2026-01-09", follow_redirects=False)
        assert answer.headers["location"] == f"{page}?annee=2023&edition=a"
    form = client.get(f"/restitutions/{SLUG}/formulaire?date=2026-01-09").text
    assert '<input type="hidden" name="edition" value="a">' in form
    assert client.get(f"/restitutions/{SLUG}?date=hier").status_code == 400
    assert client.get(f"/restitutions/{SLUG}/formulaire?date=hier").status_code == 400
    assert client.get(f"/restitutions/{SLUG}?date=2025-12-31").status_code == 404
    for name in ("date", "asOf"):
        reply = client.get(f"/api/v1/restitutions/{SLUG}/donnees?{name}=2026-01-09")
        assert reply.json()["edition"]["nom"] == "a"
        assert "edition=a" in reply.headers["link"]
        assert "immutable" not in reply.headers["cache-control"]
    assert client.get(f"/restitutions/{SLUG}?asOf=2026-01-09").status_code == 400
    words = ("query", SLUG, "date=2026-01-09", "--scope", "secure", "--format", "json")
    assert json.loads(call(*words, "--workspace", str(dated.root)))["edition"]["nom"] == "a"
