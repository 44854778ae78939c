"""What Prometheus reads: known names, bounded labels, the right sums; for some networks alone."""

import re
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from sanoscope.edition.publication import served
from sanoscope.serve.app import create_app
from sanoscope.serve.metrics import Metrics
from sanoscope.serve.observe import Routes
from sanoscope.web import app as web
from sanoscope.workspace import Workspace
from tests.serve.conftest import DATA, SLUG, with_settings

ROOT = Path(__file__).parents[2]
LOCAL = ("127.0.0.1", 1)


def series(text: str) -> dict[str, float]:
    pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def names(workspace: Workspace) -> set[str]:
    """Every metric, a counter by the name that it is read by."""
    metrics = Metrics(workspace, web.create_app(workspace).state.service)
    ends = {"counter": "_total", "info": "_info"}
    return {family.name + ends.get(family.type, "") for family in metrics.families()}


def test_requests_and_questions_are_counted_by_what_they_are(little: Workspace) -> None:
    client = TestClient(create_app(little), client=LOCAL)
    for path in (DATA, DATA, "/plan", "/en/plan", "/patient/1850578006084", f"/restitutions/{SLUG}-inconnue"):
        client.get(path)
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    found = series(answer.text)
    count = "sanoscope_requete_secondes_count"
    route = "/api/v1/restitutions/{slug}/donnees"
    assert found[f'{count}{{methode="GET",route="{route}",statut="200"}}'] == 2
    assert found[f'{count}{{methode="GET",route="/plan",statut="200"}}'] == 2
    assert found[f'{count}{{methode="GET",route="autre",statut="404"}}'] == 1
    assert found[f'sanoscope_questions_total{{memoire="non",restitution="{SLUG}"}}'] == 1
    assert found[f'sanoscope_questions_total{{memoire="oui",restitution="{SLUG}"}}'] == 1
    assert found[f'sanoscope_question_secondes_total{{restitution="{SLUG}"}}'] > 0
    assert found["sanoscope_editions_ouvertes"] == 1
    assert (found["sanoscope_requetes_au_travail"], found["sanoscope_requetes_en_attente"]) == (0, 0)
    assert f'edition="{served(little.editions)}",etat="en cours"' in answer.text
    assert found['sanoscope_mise_a_jour_etat{etat="publiée"}'] == 1
    assert found['sanoscope_mise_a_jour_lignes{sort="lues"}'] == 140
    assert "1850578006084" not in answer.text


def test_labels_are_words_of_ours(little: Workspace) -> None:
    client = TestClient(create_app(little), client=LOCAL, raise_server_exceptions=False)
    for n in range(30):
        client.get(f"/api/v1/restitutions/patient-{n}/donnees?annee={n}")
        client.request(f"M{n}", f"/patient/{n}")
    text = client.get("/metrics").text
    labels = {(name, value) for name, value in re.findall(r'(\w+)="([^"]*)"', text)}
    assert {value for name, value in labels if name == "route"} <= Routes(web.create_app(little)).templates
    assert {value for name, value in labels if name == "methode"} == {"GET", "autre"}
    assert not [value for name, value in labels if name == "restitution"]


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ("127.0.0.0/8, ::1/128", "127.0.0.1", 200),
        ("127.0.0.0/8, ::1/128", "::1", 200),
        ("127.0.0.0/8, ::1/128", "::ffff:127.0.0.1", 200),
        ("127.0.0.0/8, ::1/128", "192.0.2.7", 404),
        ("127.0.0.0/8", "2001:db8::1", 404),
        ("10.0.0.0/24", "10.0.0.9", 200),
        ("10.0.0.0/24", "127.0.0.1", 404),
        ("", "127.0.0.1", 404),
        ("127.0.0.0/8", "nulle-part", 404),
    ],
)
def test_metrics_are_for_some_networks_alone(
    little: Workspace, tmp_path: Path, networks: str, address: str, status: int
) -> None:
    workspace = with_settings(little, f'[service]\nmetriques = "{networks}"\n', tmp_path / "espace")
    answer = TestClient(create_app(workspace), client=(address, 1)).get("/metrics")
    assert answer.status_code == status
    if status == 404:
        assert "sanoscope_" not in answer.text


def test_a_workspace_without_edition_nor_refresh_says_so(workspace: Workspace) -> None:
    text = TestClient(create_app(workspace), client=LOCAL).get("/metrics").text
    assert 'sanoscope_edition_info{construite="",edition="",etat=""' in text
    assert "sanoscope_mise_a_jour" not in text


def test_the_page_of_metrics_has_each_and_no_other(little: Workspace) -> None:
    page = (ROOT / "docs" / "surveillance.md").read_text(encoding="utf-8")
    section = page.split("## Les mesures")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(sanoscope_\w+)` \|", section, re.M)) == names(little)


def test_what_is_shipped_for_prometheus_asks_for_what_there_is(little: Workspace) -> None:
    known = names(little)
    known |= {f"{name}_{end}" for name in known for end in ("bucket", "count", "sum")}
    rules = yaml.safe_load((ROOT / "deploiement" / "prometheus-alertes.yaml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len(alerts) > 4
    for alert in alerts:
        asked = set(re.findall(r"\bsanoscope_\w+", alert["expr"]))
        assert asked
        assert asked <= known, alert
    scrape = yaml.safe_load((ROOT / "deploiement" / "prometheus.yaml").read_text(encoding="utf-8"))
    assert scrape["scrape_configs"][0]["metrics_path"] == "/metrics"
