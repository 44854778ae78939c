"""What stays are worth, as readers are told it: amounts to secure readers alone, means and an index with a noise."""

from pathlib import Path

import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.edition import Edition
from sanoscope.edition.noised import audit_noised
from sanoscope.errors import SanoscopeError
from sanoscope.intake.receive import receive
from sanoscope.query.answer import answer
from sanoscope.query.service import Service
from sanoscope.query.table import Measured, State, Table
from sanoscope.workspace import Workspace
from tests.pmsi import deliver

BY_GROUP, BY_PLACE, IN_DETAIL = "casemix-valorise", "casemix-valorise-par-etablissement", "recettes-des-sejours"


def asked(place: Workspace, slug: str, scope: Scope, **criteria: str) -> Table:
    query, edition = Service(place, catalogue()).question(slug, list(criteria.items()), scope)
    return answer(query, scope, catalogue(), edition)


def figure(table: Table, name: str) -> Measured:
    return next(one for one in table.figures if one.name == name)


def test_the_open_store_has_no_amount_but_the_noised_tariffs(public: Edition) -> None:
    amounts = {n for n in catalogue().champs["mco"].sommes if n.startswith("montant_")}
    held = {sum_ for table in public.of("mco").champ.tables for sum_ in table.sommes} & amounts
    assert held == {"montant_echelle"}
    tables = [table for table in public.of("mco").champ.tables if "montant_echelle" in table.sommes]
    assert all(table.groupes for table in tables)  # told with a noise, never by the lattice


@pytest.mark.parametrize("name", ["valorisation", "valorisation_groupes"])
def test_what_is_told_is_as_it_was_made(small: Workspace, name: str) -> None:
    groups, _, wrong = audit_noised(small.editions / "petite", catalogue().champs["mco"], name, small.settings)
    assert groups > 0
    assert wrong == 0


@pytest.mark.parametrize(
    ("slug", "criteria"),
    [(BY_GROUP, {}), (BY_GROUP, {"zone": "departement:29"}), (BY_GROUP, {"regroupement": "racine"}), (BY_PLACE, {})],
)
def test_no_open_figure_is_exact_but_nothing_and_the_whole_share(
    small: Workspace, slug: str, criteria: dict[str, str]
) -> None:
    table = asked(small, slug, OPEN, annee="2023", **criteria)
    truth = asked(small, slug, SECURE, annee="2023", **criteria)
    assert len(table.kinds) == len(truth.kinds) > 2
    for name in ("sejours_valorises", "pmct", "indice_casemix"):
        states = set(figure(table, name).states)
        assert states <= {State.APPROXIMATE, State.MASKED, State.SECRET, State.NOT_APPLICABLE}
        assert State.APPROXIMATE in states
    # a group that is small has no mean
    for counted, mean in zip(figure(table, "sejours_valorises").states, figure(table, "pmct").states, strict=True):
        assert counted is not State.MASKED or mean is State.SECRET


def test_a_margin_is_told_and_holds_most_of_the_time(small: Workspace) -> None:
    held = []
    for year in ("2022", "2023"):
        table, truth = (asked(small, BY_PLACE, scope, annee=year) for scope in (OPEN, SECURE))
        known = dict(zip(truth.labels[0].values, figure(truth, "pmct").values, strict=True))
        told = figure(table, "pmct")
        assert told.margins
        for finess, mean, margin in zip(table.labels[0].values, told.estimates, told.margins, strict=True):
            if mean is not None and margin is not None:
                held.append(abs(float(known[finess] or 0) - float(mean)) <= float(margin))
    assert len(held) > 15
    assert sum(held) / len(held) > 0.8


def test_the_index_of_the_country_is_one_hundred_and_that_of_a_part_is_set_against_it(small: Workspace) -> None:
    whole = asked(small, BY_PLACE, SECURE, annee="2023")
    assert figure(whole, "indice_casemix").values[-1] == pytest.approx(100)
    part = asked(small, BY_PLACE, SECURE, annee="2023", zone="departement:35")
    mean, index = (float(figure(part, name).values[-1] or 0) for name in ("pmct", "indice_casemix"))
    assert index == pytest.approx(100 * mean / float(figure(whole, "pmct").values[-1] or 1))
    years = asked(small, BY_PLACE, SECURE, annee="2022,2023")
    totals = [v for v, kind in zip(figure(years, "indice_casemix").values, years.kinds, strict=True) if kind == "total"]
    assert totals == [pytest.approx(100)] * 2


def test_amounts_are_for_secure_readers(small: Workspace) -> None:
    with pytest.raises(SanoscopeError) as refused:
        asked(small, IN_DETAIL, OPEN, annee="2023")
    assert refused.value.code == "acces-refuse"
    table = asked(small, IN_DETAIL, SECURE, annee="2023", regroupement="valorisation")
    counts = [figure(table, name).values[-1] for name in ("sejours_valorises", "sejours_non_valorises")]
    stays = asked(small, "casemix-mco", SECURE, annee="2023", regroupement="cas")
    assert sum(int(n or 0) for n in counts) == figure(stays, "sejours").values[-1]


def test_a_grouping_that_is_not_open_is_refused(small: Workspace) -> None:
    with pytest.raises(SanoscopeError) as refused:
        asked(small, BY_GROUP, OPEN, annee="2023", regroupement="racine", zone="departement:29")
    assert refused.value.code == "non-publie"


def test_without_tariffs_an_edition_is_built_and_says_that_it_has_none(tmp_path: Path) -> None:
    place = workspaces.create(tmp_path / "espace")
    deliver(tmp_path / "fichiers", "290000017.2023.12", [{"n": "20", "ghm": "04M053", "ghs": "1144"}])
    assert receive(place, [tmp_path / "fichiers"]).clean
    build(place, catalogue(), name="sans", care=QUICK, secret=1)
    publication.publish(place.editions, "sans")
    table = asked(place, IN_DETAIL, SECURE, annee="2023")
    assert {state for of in table.figures for state in of.states} == {State.NOT_AVAILABLE}
    assert any("Aucune table de tarifs" in note for note in table.notes)
    assert any("Aucune table de tarifs" in note for note in asked(place, BY_PLACE, OPEN, annee="2023").notes)
