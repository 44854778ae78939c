"""Identified restitutions, masked: to who holds the right, where he holds it, what anybody holding it would be told."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sanoscope.access.scope import DOMAINS, EVERYTHING, IDENTIFIED, OPEN, SECURE, Grant, Perimeter, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition
from sanoscope.edition.manifest import database
from sanoscope.edition.opening import audit_year, finest
from sanoscope.errors import CriterionError, ForbiddenError
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import Measured, State, Table
from sanoscope.workspace import Workspace

ACTS, DRUGS, DEVICES = (
    "actes-mco-par-etablissement",
    "medicaments-en-sus-par-etablissement",
    "dmi-en-sus-par-etablissement",
)
OF_ALL = {ACTS: "statistiques-mco-par-acte", DRUGS: "medicaments-en-sus", DEVICES: "dmi-en-sus"}
"""What anybody is answered, by region, of what identified readers are answered by establishment."""

FINEST = {ACTS: "acte", DRUGS: "ucd", DEVICES: "lpp"}
PEOPLE = frozenset({"sejours"})


def ask(edition: Edition, slug: str, scope: Scope, **criteria: str) -> Table:
    query = parse(criteria.items(), catalogue().restitution(slug), edition, scope)
    return answer(query, scope, catalogue(), edition)


def cells(table: Table) -> dict[tuple[str, ...], dict[str, tuple[State, Any]]]:
    """The cells of a table by the codes of their row: states and figures, estimates included."""
    codes = [label.values for label in table.labels if label.name in ("finess", *FINEST.values())]
    return {
        key: {f.name: (f.states[row], told(f, row)) for f in table.figures}
        for row, key in enumerate(zip(*codes, strict=True))
    }


def told(figure: Measured, row: int) -> Any:
    exact = figure.values[row]
    return exact if exact is not None else figure.estimates[row] if figure.estimates else None


def grant(kind: str, *codes: str, domains: frozenset[str] = frozenset(DOMAINS)) -> Scope:
    profile = "regional" if kind in ("region", "departement") else "etablissement"
    return Scope(frozenset({Grant(profile, Perimeter(kind, frozenset(codes)), domains)}))  # type: ignore[arg-type]


@pytest.mark.parametrize("slug", OF_ALL)
@pytest.mark.parametrize("year", ["2022", "2023", "2024"])
def test_no_small_count_is_told_and_what_is_exact_is_true(
    edition: Edition, public: Edition, slug: str, year: str
) -> None:
    criteria = {"annee": year, "regroupement": FINEST[slug]}
    shown, true = (cells(ask(e, slug, s, **criteria)) for e, s in ((public, IDENTIFIED), (edition, SECURE)))
    assert {key for key in true if key[-1]}, "establishments are rows"
    seen = set()
    for key, row in shown.items():
        real: Mapping[str, tuple[State, Any]] = true.get(key, {})
        for name, (state, figure) in row.items():
            seen.add(state)
            if state is State.EXACT and key in true:
                assert figure == pytest.approx(real[name][1]), (key, name)
            if name in PEOPLE and state is not State.MASKED:
                assert figure is None or figure == 0 or figure >= 11, (key, name)
            if name in PEOPLE and state is State.MASKED:  # within a small group, none and a few are told alike
                assert key not in true or 0 < real[name][1] < 11, (key, name)
    assert {State.EXACT, State.MASKED, State.APPROXIMATE} <= seen


@pytest.mark.parametrize("slug", OF_ALL)
def test_what_anybody_is_answered_is_the_sum_of_it(public: Edition, slug: str) -> None:
    """A region's total of an act is one figure, whoever asks and of whichever table."""
    of = {"annee": "2023", "zone": "region:53", "regroupement": FINEST[slug]}
    by_place = {key: row for key, row in cells(ask(public, slug, IDENTIFIED, **of)).items() if not key[-1]}
    for_all = {(*key, ""): row for key, row in cells(ask(public, OF_ALL[slug], OPEN, **of)).items() if key[0]}
    assert len(by_place) == len(for_all) > 1
    assert by_place == for_all


@pytest.mark.parametrize("slug", OF_ALL)
def test_it_is_answered_inside_a_perimeter_alone(public: Edition, slug: str) -> None:
    one = public.of("actes").finess["290000001"]
    here = {
        "departement": {"zone": f"departement:{one.departement}"},
        "region": {"zone": f"region:{one.region}"},
        "ght": {"ght": one.ght},
        "etablissement": {"etablissement": one.finess},
    }
    for kind, criteria in here.items():
        scope = grant(kind, one.finess if kind == "etablissement" else getattr(one, kind))
        assert ask(public, slug, scope, annee="2023", **criteria) == ask(
            public, slug, IDENTIFIED, annee="2023", **criteria
        )
        for outside in ({}, {"etablissement": "350000002"}, {"zone": "departement:35"}):
            if kind != "region" or not outside:  # both départements are in it
                with pytest.raises(ForbiddenError, match="identifié"):
                    ask(public, slug, scope, annee="2023", **outside)
    for scope in (OPEN, grant("etablissement", one.finess, domains=frozenset({"rh"}))):
        with pytest.raises(ForbiddenError, match="identifié"):
            ask(public, slug, scope, annee="2023", etablissement=one.finess)
    whole = ask(public, slug, EVERYTHING, annee="2023", etablissement=one.finess)
    assert whole == ask(public, slug, IDENTIFIED, annee="2023", etablissement=one.finess)


@pytest.mark.parametrize("slug", OF_ALL.values())
def test_no_zone_of_an_open_question_is_an_establishment(public: Edition, slug: str) -> None:
    """A region is answered to anybody; nothing finer is, whatever it is called, and to an identified reader neither."""
    taken = {"annee": "2023", "regroupement": FINEST[next(s for s, of in OF_ALL.items() if of == slug)]}
    codes = {one.code_geo for one in public.finess.values()} - {"?"}
    finer = [*(f"code_geo:{code}" for code in codes), *(f"territoire:{t}" for t in public.territoires)]
    assert ask(public, slug, OPEN, zone="region:53", **taken).figures
    for zone in ("departement:29", "departement:35", *finer):
        for scope in (OPEN, IDENTIFIED):
            with pytest.raises(CriterionError) as refused:
                ask(public, slug, scope, zone=zone, **taken)
            assert refused.value.code == "non-publie"


@pytest.mark.parametrize("champ", ["actes", "sus"])
def test_an_open_table_that_is_not_the_sum_of_the_finer_is_seen(small: Workspace, tmp_path: Path, champ: str) -> None:
    field, place = catalogue().champs[champ], shutil.copytree(small.editions / "petite", tmp_path / "petite")
    sheet = next(iter(field.publication.feuillets))
    assert audit_year(place, field, 2023, small.settings).astray == 0
    with duckdb.connect(str(place / database(champ, public=True))) as base:
        columns = {
            name: {row[0] for row in base.sql(f"DESCRIBE {name}").fetchall()} for name in (sheet, finest(field, sheet))
        }
        assert ["finess" in of for of in columns.values()] == [False, True]
        base.execute(f"UPDATE {sheet} SET sejours = sejours + 1")
    assert audit_year(place, field, 2023, small.settings).astray > 0
