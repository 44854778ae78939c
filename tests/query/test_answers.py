"""Every answer is the reference's, whatever table of the edition gave it; every open answer keeps its small counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanoscope.access.scope import OPEN, SECURE
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition, in_memory
from sanoscope.edition.rollups import base_shape
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import State, Table
from tests.query.test_criteria import questions


@pytest.fixture(scope="session")
def reference(edition: Edition) -> Edition:
    """The same edition, in memory, with nothing but its base cubes: no rollup can be wrong there."""
    champ = catalogue().champs["mco"]
    bases = {base_shape(champ, cube).table for cube in champ.cubes} | {"patients__annee__finess__ghm"}
    tables = [t for t in edition.manifest.tables if t.nom in bases]
    plain = in_memory(Edition(edition.manifest.model_copy(update={"tables": tables}), edition.engine))
    assert len(tables) == len(bases) < len(edition.manifest.tables)
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


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_open_answers_show_no_small_count(edition: Edition, data: st.DataObject) -> None:
    slug, criteria = data.draw(questions(edition))
    query = parse(criteria.items(), catalogue().restitution(slug), edition, OPEN)
    table, truth = (answer(query, scope, catalogue(), edition) for scope in (OPEN, SECURE))
    counts = {"sejours", "sejours_hc", "sejours_hp", "seances", "patients", "sejours_n1"}
    true_rows = {key: row for row, key in enumerate(row_keys(truth))}
    assert len(true_rows) == len(truth) == len(table)
    for row, key in enumerate(row_keys(table)):
        for shown, true in zip(table.figures, truth.figures, strict=True):
            value, state = shown.values[row], shown.states[row]
            if state is State.EXACT:
                assert value == true.values[true_rows[key]]
                assert shown.name not in counts or not 1 <= (value or 0) <= 10
            else:
                assert value is None


def row_keys(table: Table) -> list[tuple[str, ...]]:
    return [(kind, *(label.values[row] for label in table.labels)) for row, kind in enumerate(table.kinds)]


def test_a_row_s_identity_never_gives_a_masked_part_away(edition: Edition) -> None:
    asked = [("annee", "2023"), ("activite", "racine:04M05")]
    query = parse(asked, catalogue().restitution("cartographie-activite-mco"), edition, OPEN)
    figures = {f.name: f for f in answer(query, OPEN, catalogue(), edition).figures}
    parts = [figures[n].states for n in ("sejours", "sejours_hc", "sejours_hp")]
    masked = [sum(state.masked for state in row) for row in zip(*parts, strict=True)]
    assert any(masked), "le jeu d'essai doit avoir de petits effectifs"
    assert 1 not in masked


def test_the_order_of_rows_says_nothing_of_masked_figures(edition: Edition) -> None:
    asked = [("annee", "2023"), ("zone", "departement:29"), ("activite", "racine:04M05")]
    query = parse(asked, catalogue().restitution("parts-de-marche-mco"), edition, OPEN)
    table = answer(query, OPEN, catalogue(), edition)
    rows = list(zip(table.labels[0].values, table.figures[0].values, table.figures[0].states, strict=True))[:-1]
    shown = [value for _, value, state in rows if not state.masked]
    hidden = [code for code, _, state in rows if state.masked]
    assert len(hidden) > 2, "le jeu d'essai doit avoir de petits effectifs"
    assert [state.masked for *_, state in rows] == sorted(state.masked for *_, state in rows)
    assert shown == sorted(shown, key=lambda v: -(v or 0))
    assert hidden == sorted(hidden)
