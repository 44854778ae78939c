"""Crossings of two levels of activity in open access: what a sheet declares can be asked, nothing else is offered."""

import pytest

from sanoscope.access.scope import OPEN, SECURE
from sanoscope.catalogue.load import catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.query.answer import answer, check_published
from sanoscope.query.criteria import parse
from sanoscope.query.openness import openness
from sanoscope.query.service import Service
from sanoscope.query.table import State, Table
from sanoscope.workspace import Workspace

CROSSINGS = [
    (champ.champ, *sorted(pair))
    for champ in catalogue().champs.values()
    for pair in sorted(champ.croisements, key=sorted)
    if all(champ.dimensions[level].axe == "activite" for level in pair)
]
OPENED = [r for r in catalogue().restitutions.values() if r.acces == "libre" and r.genre == "activite"]


def ways(champ: str, *pair: str) -> list[tuple[Restitution, str, str]]:
    """The restitutions that cross two levels, and which is picked, which is the rows' (both "" where rows are both)."""
    own = [r for r in OPENED if r.champ == champ]
    both = [(r, "", "") for r in own if set(pair) <= set(r.lignes)]
    return both + [
        (r, picked, level)
        for r in own
        for picked, level in (pair, pair[::-1])
        if picked in r.criteres.activite and level in r.criteres.regroupement
    ]


def asked(r: Restitution, edition: Edition, picked: str, level: str) -> list[dict[str, str]]:
    """A question for each code that is picked."""
    if not picked:
        return [{}]
    codes = sorted(edition.of(r.champ).codes(picked) - {"?"})
    return [{"activite": f"{picked}:{code}", "regroupement": level} for code in codes]


def test_the_fields_cross_what_their_notices_say() -> None:
    assert {("mco", "chapitre_dp", "cmd"), ("psy", "categorie_psy", "forme_activite"), ("had", "mpa", "mpp")} <= set(
        CROSSINGS
    )


@pytest.mark.parametrize(("champ", "one", "other"), CROSSINGS)
def test_every_crossing_of_a_sheet_is_answered_as_the_truth_allows(
    champ: str, one: str, other: str, public: Edition, edition: Edition
) -> None:
    found = ways(champ, one, other)
    assert found
    exact = 0
    for r, picked, level in found:
        for criteria in asked(r, public, picked, level):
            of_open = answer(parse(criteria.items(), r, public, OPEN), OPEN, catalogue(), public)
            of_secure = answer(parse(criteria.items(), r, edition, SECURE), SECURE, catalogue(), edition)
            exact += agree(of_open, of_secure)
    assert exact


def agree(shown: Table, true: Table) -> int:
    """Assert that what an open answer shows exactly is true, that no small count is; return how many are."""
    keys = [label.values for label in true.labels]
    truth = {key: row for row, key in enumerate(zip(*keys, strict=True))}
    exact = 0
    for row, key in enumerate(zip(*(label.values for label in shown.labels), strict=True)):
        for figure, of in zip(shown.figures, true.figures, strict=True):
            if figure.states[row] == State.EXACT and key in truth:
                value = of.values[truth[key]]
                assert figure.values[row] == value, (figure.name, key)
                assert figure.name not in ("sejours", "prises_en_charge") or not 0 < (value or 0) < 11
                exact += 1
    return exact


def test_distinct_persons_are_not_told_of_a_crossing(public: Edition) -> None:
    r = catalogue().restitution("casemix-had")
    query = parse({"activite": "mpp:04", "regroupement": "mpa"}.items(), r, public, OPEN)
    table = answer(query, OPEN, catalogue(), public)
    (patients,) = [figure for figure in table.figures if figure.name == "patients"]
    details = [state for state, kind in zip(patients.states, table.kinds, strict=True) if kind == "detail"]
    assert set(details) <= {State.NOT_AVAILABLE, State.SECRET, State.MASKED}
    assert State.NOT_AVAILABLE in details


@pytest.mark.parametrize("r", OPENED, ids=lambda r: r.slug)
def test_a_form_offers_only_levels_that_are_answered(r: Restitution, small: Workspace, public: Edition) -> None:
    own = public.of(r.champ)
    service = Service(small, catalogue())
    offered = openness(service, r, own)
    assert offered.groupings or not r.criteres.regroupement
    for level in offered.activities:
        for code in sorted(own.codes(level) - {"?"})[:3]:
            query = parse({"activite": f"{level}:{code}"}.items(), r, public, OPEN)
            check_published(query, OPEN, catalogue(), public)


def test_what_no_sheet_crosses_is_refused_with_what_is_allowed(public: Edition) -> None:
    r = catalogue().restitution("casemix-mco")
    query = parse({"activite": "cmd:04", "regroupement": "doac"}.items(), r, public, OPEN)
    with pytest.raises(CriterionError) as caught:
        check_published(query, OPEN, catalogue(), public)
    assert caught.value.code == "non-publie"
    assert "regroupement=racine" in caught.value.allowed
