"""Restitutions of indicators: identified ones answer inside a perimeter, of their domain, and nobody else."""

from pathlib import Path

import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import FRANCE, OPEN, Grant, Perimeter, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.errors import ForbiddenError
from sanoscope.query.service import Service
from tests.published import published_beside

OUEST, SUD = "290000017", "290000025"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    place = workspaces.create(Path(tmp_path_factory.mktemp("indicateurs")) / "espace")
    published_beside(place)
    return Service(place, catalogue())


def holding(domain: str, perimeter: Perimeter) -> Scope:
    profile = "national" if perimeter == FRANCE else "etablissement"
    return Scope(frozenset({Grant(profile, perimeter, frozenset({domain}))}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("slug", "domain", "measure", "figure"),
    [("ressources-humaines", "rh", "etp_medicaux", 812.4), ("suivi-financier", "couts-finances", "resultat", -7760.0)],
)
def test_identified_indicators_answer_inside_the_perimeter_alone(
    slug: str, domain: str, measure: str, figure: float, service: Service
) -> None:
    mine = holding(domain, Perimeter("etablissement", frozenset({OUEST})))
    _, table = service.ask(slug, [("annee", "2023"), ("etablissement", OUEST)], mine)
    assert next(one.values[0] for one in table.figures if one.name == measure) == figure
    whole = service.ask(slug, [("annee", "2023")], holding(domain, FRANCE))[1]
    assert next(label.values[:2] for label in whole.labels if label.name == "finess") == (OUEST, SUD)
    refusals = [
        (mine, [("annee", "2023"), ("etablissement", SUD)]),
        (mine, [("annee", "2023")]),
        (holding("activite", FRANCE), [("annee", "2023")]),
        (OPEN, [("annee", "2023"), ("etablissement", OUEST)]),
    ]
    for scope, pairs in refusals:
        with pytest.raises(ForbiddenError):
            service.ask(slug, pairs, scope)


def test_a_trade_of_few_people_has_neither_their_number_nor_what_would_tell_of_them(service: Service) -> None:
    mine = holding("rh", Perimeter("etablissement", frozenset({SUD})))
    _, table = service.ask("ressources-humaines-par-metier", [("annee", "2023"), ("etablissement", SUD)], mine)
    assert next(label.values for label in table.labels if label.name == "metier") == ("IDE", "SF", "")
    told = {figure.name: [state.value for state in figure.states] for figure in table.figures}
    assert told.pop("etp_metier") == ["exact", "exact", "exact"]
    assert told.pop("agents_metier") == ["exact", "masque", "approche"]
    assert {states[1] for states in told.values()} == {"secret"}
    assert {states[2] for states in told.values()} == {"indisponible"}
    with pytest.raises(ForbiddenError):
        service.ask("ressources-humaines-par-metier", [("annee", "2023"), ("etablissement", OUEST)], mine)


def test_open_indicators_answer_everybody(service: Service) -> None:
    _, table = service.ask("equipements-et-capacites", [("annee", "2022"), ("zone", "departement:29")], OPEN)
    assert [one.values for one in table.figures if one.name == "lits_mco"] == [(385.0, 83.0)]
