"""An answer beside another: what the formulas give by hand, what states allow, and nothing that masks hide."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanoscope.access.scope import OPEN, SECURE
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.present.exports import to_csv
from sanoscope.query.answer import answer
from sanoscope.query.compare import Cell, difference, growth, possible, ratio
from sanoscope.query.criteria import parse
from sanoscope.query.table import State, Table

CARTO, CASEMIX, SHARES = "cartographie-activite-mco", "casemix-mco", "parts-de-marche-mco"
E, M, A, S = State.EXACT, State.MASKED, State.APPROXIMATE, State.SECRET
NA, MISSING = State.NOT_APPLICABLE, State.NOT_AVAILABLE


def ask(edition: Edition, slug: str, criteria: str) -> Table:
    pairs = [tuple(part.split("=", 1)) for part in criteria.split("&")]
    scope = OPEN if edition.public else SECURE
    query = parse(pairs, catalogue().restitution(slug), edition, scope)  # type: ignore[arg-type]
    return answer(query, scope, catalogue(), edition)


def lines(table: Table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(table).decode())))


@pytest.mark.parametrize(
    ("one", "other", "apart", "grown"),
    [
        (Cell(E, 120), Cell(E, 100), Cell(E, 20), Cell(E, 20)),
        (Cell(E, 90), Cell(E, 120), Cell(E, -30), Cell(E, -25)),
        (Cell(E, 5), Cell(E, 0), Cell(E, 5), Cell(NA)),
        (Cell(A, 120, 6), Cell(A, 100, 4), Cell(A, 20, 10), Cell(A, 20, 100 * (126 / 96) - 120)),
        (Cell(A, 120, 6), Cell(E, 100), Cell(A, 20, 6), Cell(A, 20, 6)),
        (Cell(A, 120), Cell(E, 100), Cell(A, 20), Cell(A, 20)),
        (Cell(A, 120, 6), Cell(A, 10, 12), Cell(A, 110, 18), Cell(A, 1100)),
        (Cell(M), Cell(E, 100), Cell(S), Cell(S)),
        (Cell(E, 100), Cell(S), Cell(S), Cell(S)),
        (Cell(M), Cell(NA), Cell(NA), Cell(NA)),
        (Cell(S), Cell(MISSING), Cell(MISSING), Cell(MISSING)),
    ],
)
def test_what_two_cells_tell(one: Cell, other: Cell, apart: Cell, grown: Cell) -> None:
    assert difference(one, other) == apart
    found = growth(one, other)
    assert (found.state, found.figure) == (grown.state, pytest.approx(grown.figure) if grown.figure else grown.figure)
    assert found.margin == (None if grown.margin is None else pytest.approx(grown.margin))


@given(st.integers(11, 10**6), st.integers(0, 500), st.integers(11, 10**6), st.integers(0, 500), st.data())
def test_the_truth_is_within_the_margin(a: int, da: int, b: int, db: int, data: st.DataObject) -> None:
    """Whatever two true figures are within their margins, what is said of them is within its own."""
    x, y = data.draw(st.integers(max(0, a - da), a + da)), data.draw(st.integers(max(1, b - db), b + db))
    one, other = Cell(A, a, da), Cell(A, b, db)
    apart, share = difference(one, other), ratio(one, other)
    assert apart.figure is not None and apart.margin is not None and share.figure is not None
    assert abs((x - y) - apart.figure) <= apart.margin + 1e-6
    if share.margin is not None:
        assert abs(100 * x / y - share.figure) <= share.margin + 1e-6


@pytest.mark.parametrize("public_side", [True, False])
def test_the_year_before_is_the_answer_of_the_year_before(edition: Edition, public: Edition, public_side: bool) -> None:
    side = public if public_side else edition
    question = "annee={}&regroupement=racine&zone=departement:29"
    before = {line["racine"]: line for line in lines(ask(side, CASEMIX, question.format(2022)))}
    compared = lines(ask(side, CASEMIX, question.format(2023) + "&comparer=n-1"))
    own = lines(ask(side, CASEMIX, question.format(2023)))
    assert len(compared) == len(own)
    exact = 0
    for line, plain in zip(compared, own, strict=True):
        past = before[line["racine"]]
        for name in ("sejours", "dms"):
            for suffix in ("", "_etat", "_estimation", "_marge"):
                assert line.get(name + suffix) == plain.get(name + suffix)
                assert line.get(f"{name}_n1{suffix}", "") == past.get(name + suffix, "")
        states = {line["sejours_etat"], past["sejours_etat"]}
        if states == {"exact"} and past["sejours"] != "0":
            exact += 1
            assert float(line["sejours_evolution"]) == round(100 * int(line["sejours"]) / int(past["sejours"]) - 100, 1)
        elif states & {"masque", "secret"}:
            assert (line["sejours_evolution"], line["sejours_evolution_etat"]) == ("", "secret")
        elif "approche" in states:
            assert (line["sejours_evolution"], line["sejours_evolution_etat"]) == ("", "approche")
    assert exact


def test_several_years_each_beside_its_own_year_before(edition: Edition) -> None:
    compared = lines(ask(edition, CASEMIX, "annee=2022,2023&regroupement=cas&comparer=n-1"))
    by_key = {(line["annee"], line["cas"]): line for line in compared}
    assert by_key["2023", "C"]["sejours_n1"] == by_key["2022", "C"]["sejours"]
    assert by_key["2022", "C"]["sejours_n1_etat"] == by_key["2022", "C"]["sejours_evolution_etat"] == "indisponible"


def test_a_row_that_was_not_there_counts_none(edition: Edition) -> None:
    table = ask(edition, CASEMIX, "annee=2023&regroupement=cas&etablissement=290000001&comparer=n-1")
    assert all(line["sejours_n1_etat"] == "exact" for line in lines(table))


def test_establishments_are_set_beside_the_whole(edition: Edition) -> None:
    compared = lines(ask(edition, CARTO, "annee=2023&zone=departement:29&comparer=region"))
    region = lines(ask(edition, CARTO, "annee=2023&zone=region:53"))[-1]
    *_, total, whole = compared
    assert (total["raison_sociale"], whole["raison_sociale"]) == ("Total", "Bretagne")
    assert whole["sejours"] == region["sejours"]
    assert whole["sejours_part_etat"] == "sans_objet"
    for line in compared[:-1]:
        assert float(line["sejours_part"]) == round(100 * int(line["sejours"]) / int(region["sejours"]), 1)
        assert float(line["age_moyen_ecart"]) == pytest.approx(
            float(line["age_moyen"]) - float(region["age_moyen"]), abs=0.006
        )


def test_market_shares_are_set_beside_those_of_the_same_establishment(edition: Edition) -> None:
    compared = lines(ask(edition, SHARES, "annee=2023&zone=departement:29&comparer=france"))
    france = {line["finess"]: line for line in lines(ask(edition, SHARES, "annee=2023"))}
    for line in compared:
        assert line["part_de_marche_france"] == france[line["finess"]]["part_de_marche"]
    assert "sejours_n1_part" not in compared[0]


@pytest.mark.parametrize(
    ("slug", "criteria", "kinds"),
    [
        (CASEMIX, "annee=2023", ("n-1",)),
        (CASEMIX, "annee=2022", ()),
        (CASEMIX, "annee=2023&zone=departement:29", ("n-1", "region", "france")),
        (CASEMIX, "annee=2023&zone=region:53", ("n-1", "france")),
        (CASEMIX, "annee=2023&etablissement=290000001", ("n-1", "region", "france")),
        (SHARES, "annee=2023&zone=departement:29", ("region", "france")),
        (SHARES, "annee=2023", ()),
    ],
)
def test_what_may_be_compared(public: Edition, slug: str, criteria: str, kinds: tuple[str, ...]) -> None:
    pairs = [tuple(part.split("=", 1)) for part in criteria.split("&")]
    query = parse(pairs, catalogue().restitution(slug), public, OPEN)  # type: ignore[arg-type]
    assert possible(query, catalogue().restitution(slug), public) == kinds
    for kind in {"n-1", "region", "france"} - set(kinds):
        with pytest.raises(CriterionError) as told:
            answer(replace(query, comparer=kind), OPEN, catalogue(), public)
        assert told.value.code == "sans-comparaison"


def test_an_unknown_comparison_says_what_is_allowed(public: Edition) -> None:
    with pytest.raises(CriterionError) as told:
        parse([("comparer", "n-2")], catalogue().restitution(CASEMIX), public, OPEN)
    assert told.value.allowed == ("france", "n-1", "region")
