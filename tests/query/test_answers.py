"""Every answer is the reference's, whatever table of the edition gave it; every open answer keeps its small counts."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition, in_memory
from sanoscope.edition.rollups import base_shape
from sanoscope.errors import CriterionError, ForbiddenError
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import State, Table
from tests.query.test_criteria import questions


@pytest.fixture(scope="session")
def reference(edition: Edition) -> Edition:
    """The same edition, in memory, with nothing but its base cubes: no rollup can be wrong there."""
    champ = catalogue().champs["mco"]
    bases = {base_shape(champ, cube).table for cube in champ.cubes} | {"patients__annee__finess__ghm"}
    tables = [t for t in edition.of("mco").champ.tables if t.nom in bases]
    own = {"mco": edition.of("mco").champ.model_copy(update={"tables": tables})}
    plain = in_memory(Edition(edition.manifest.model_copy(update={"champs": own}), edition.of("mco").engines))
    assert len(tables) == len(bases) < len(edition.of("mco").champ.tables)
    return plain


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_memory_equals_duckdb(edition: Edition, reference: Edition, data: st.DataObject) -> None:
    slug, criteria = data.draw(questions(edition))
    query = parse(criteria.items(), catalogue().restitution(slug), edition, SECURE)
    fast = answer(query, SECURE, catalogue(), edition)
    plain = answer(query, SECURE, catalogue(), reference)
    assert (fast.labels, fast.figures, fast.kinds, fast.title) == (
        plain.labels,
        plain.figures,
        plain.kinds,
        plain.title,
    )


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_open_answers_are_true_and_show_no_small_count(edition: Edition, public: Edition, data: st.DataObject) -> None:
    slug, criteria = data.draw(questions(edition))
    try:
        table = ask(public, OPEN, slug, criteria)
    except CriterionError as refused:
        # a code that is nowhere in the open store is not known there
        assert refused.code in ("non-publie", "valeur-inconnue")
        return
    truth = ask(edition, SECURE, slug, criteria)
    counts = {"sejours", "sejours_hc", "sejours_hp", "seances", "sejours_n1"}
    true_rows = {key: row for row, key in enumerate(row_keys(truth))}
    for row, key in enumerate(row_keys(table)):
        for shown, true in zip(table.figures, truth.figures, strict=True):
            value, state = shown.values[row], shown.states[row]
            real = (true.values[true_rows[key]] if key in true_rows else 0) or 0
            if state is State.EXACT:
                assert value == real
                assert shown.name not in counts or not 1 <= value <= 10
            elif state is State.MASKED:
                assert 0 <= real <= 10
            else:
                assert value is None


def test_memory_equals_duckdb_on_the_open_store(public: Edition) -> None:
    plain = in_memory(public)
    for slug, criteria in (
        ("cartographie-activite-mco", {"annee": "2023"}),
        ("casemix-mco", {"annee": "2022,2023", "regroupement": "doac", "secteur": "public"}),
        ("parts-de-marche-mco", {"annee": "2023", "zone": "departement:29", "regroupement": "cas"}),
    ):
        assert ask(public, OPEN, slug, criteria).figures == ask(plain, OPEN, slug, criteria).figures


def test_an_open_reader_is_never_answered_from_the_secure_store(edition: Edition) -> None:
    with pytest.raises(ForbiddenError, match="version complète"):
        ask(edition, OPEN, "casemix-mco", {"annee": "2023"})
    query = parse([("annee", "2023")], catalogue().restitution("casemix-mco"), edition, SECURE)
    with pytest.raises(ValueError, match="who may ask"):
        answer(query, OPEN, catalogue(), edition)


def ask(edition: Edition, scope: Scope, slug: str, criteria: Mapping[str, str]) -> Table:
    query = parse(criteria.items(), catalogue().restitution(slug), edition, scope)
    return answer(query, scope, catalogue(), edition)


def row_keys(table: Table) -> list[tuple[str, ...]]:
    return [(kind, *(label.values[row] for label in table.labels)) for row, kind in enumerate(table.kinds)]


@pytest.mark.parametrize(
    "criteria",
    [
        {"annee": "2023", "regroupement": "racine"},
        {"annee": "2022,2023", "regroupement": "cas"},
        {"annee": "2023", "regroupement": "racine", "zone": "departement:29"},
        {"annee": "2023", "regroupement": "ga", "activite": "doac:D09"},
        {"annee": "2023", "regroupement": "doac", "activite": "racine:04M05"},
    ],
)
def test_patients_of_published_groups_are_told_with_their_noise(
    edition: Edition, public: Edition, criteria: dict[str, str]
) -> None:
    table, truth = ask(public, OPEN, "casemix-mco", criteria), ask(edition, SECURE, "casemix-mco", criteria)
    (shown,), (true,) = ([f for f in of.figures if f.name == "patients"] for of in (table, truth))
    real = dict(zip(row_keys(truth), true.values, strict=True))
    seen = set()
    for row, key in enumerate(row_keys(table)):
        state, count = shown.states[row], real.get(key) or 0
        seen.add(state)
        if state is State.APPROXIMATE:
            assert count >= 11 and abs(shown.estimates[row] - count) < 80 and shown.estimates[row] >= 11
        elif state is State.MASKED:
            assert 1 <= count <= 10
        elif state is State.EXACT:
            assert count == shown.values[row] == 0
    assert seen & {State.APPROXIMATE, State.MASKED}


def test_patients_of_the_same_group_under_two_names_have_one_figure(public: Edition) -> None:
    rows = ask(public, OPEN, "casemix-mco", {"annee": "2023", "regroupement": "cmd"})
    patients = next(f for f in rows.figures if f.name == "patients")
    large = [i for i, state in enumerate(patients.states[:-1]) if state is State.APPROXIMATE]
    assert large, "le jeu d'essai doit avoir de grands effectifs"
    for row in large[:3]:
        code = rows.labels[0].values[row]
        alone = ask(public, OPEN, "casemix-mco", {"annee": "2023", "regroupement": "cmd", "activite": f"cmd:{code}"})
        (figure,) = (f for f in alone.figures if f.name == "patients")
        assert figure.estimates == (patients.estimates[row],) * 2


@pytest.mark.parametrize("more", [{"secteur": "public"}, {"mois": "6"}, {"panier": "290000017,290000025"}])
def test_patients_of_anything_else_are_not_told(public: Edition, more: dict[str, str]) -> None:
    if "panier" in more:
        more = {"panier": ",".join(sorted(public.finess)[:2])}
    table = ask(public, OPEN, "casemix-mco", {"annee": "2023", "regroupement": "cas", **more})
    patients = next(f for f in table.figures if f.name == "patients")
    assert set(patients.states) <= {State.NOT_AVAILABLE}


def test_a_row_s_identity_never_gives_a_hidden_part_away(public: Edition) -> None:
    asked = {"annee": "2023", "activite": "racine:04M05"}
    figures = {f.name: f for f in ask(public, OPEN, "cartographie-activite-mco", asked).figures}
    parts = [figures[n].states for n in ("sejours", "sejours_hc", "sejours_hp")]
    hidden = [sum(state is not State.EXACT for state in row) for row in zip(*parts, strict=True)]
    assert any(hidden), "le jeu d'essai doit avoir de petits effectifs"
    assert 1 not in hidden


def test_a_small_group_is_not_broken_down(public: Edition) -> None:
    asked = {"annee": "2023", "activite": "racine:15M05"}
    figures = {f.name: f for f in ask(public, OPEN, "cartographie-activite-mco", asked).figures}
    small = [row for row, state in enumerate(figures["sejours"].states) if state is State.MASKED]
    assert small, "le jeu d'essai doit avoir de petits effectifs"
    for name in ("sejours_hc", "sejours_hp"):
        assert all(figures[name].states[row] is not State.EXACT for row in small)


def test_the_order_of_rows_says_nothing_of_masked_figures(public: Edition) -> None:
    asked = {"annee": "2023", "zone": "departement:29"}
    table = ask(public, OPEN, "parts-de-marche-mco", asked)
    rows = list(zip(table.labels[0].values, table.figures[0].states, strict=True))[:-1]
    told = (State.EXACT, State.APPROXIMATE)
    hidden = [code for code, state in rows if state not in told]
    assert hidden, "le jeu d'essai doit avoir de petits effectifs"
    assert [state not in told for _, state in rows] == sorted(state not in told for _, state in rows)
    assert hidden == sorted(hidden)
