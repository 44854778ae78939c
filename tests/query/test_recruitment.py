"""A recruitment zone is what its own table shows, on both sides."""

import pytest

from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.recruitment import recruitment_zone

SIDES = pytest.mark.parametrize("scope", [OPEN, SECURE], ids=["ouvert", "securise"])


def codes(edition: Edition, scope: Scope, slug: str, **criteria: str) -> set[str]:
    """The geographic codes that are the rows of an answer."""
    query = parse(criteria.items(), catalogue().restitution(slug), edition, scope)
    table = answer(query, scope, catalogue(), edition)
    (own,) = [label.values for label in table.labels if label.name == "code_geo"]
    return {code for code, kind in zip(own, table.kinds, strict=True) if kind == "detail"}


@SIDES
@pytest.mark.parametrize("champ", ["mco", "smr", "had", "psy"])
def test_the_zone_is_the_codes_of_its_table(champ: str, scope: Scope, edition: Edition, public: Edition) -> None:
    store, found = (public if scope.masked else edition).of(champ), set()
    for annee, finess in store.etablissements:
        of_table = codes(store, scope, f"zone-de-recrutement-{champ}", annee=str(annee), etablissement=finess)
        found.add(frozenset(of_table))
        try:
            zone = recruitment_zone(
                finess, annee, store, catalogue().champs[champ], threshold=11 if scope.masked else 0
            )
        except CriterionError as refused:
            assert refused.code == "valeur-inconnue"
            zone = ()
        assert set(zone) == of_table, (annee, finess)
    assert len(found) > 1


@SIDES
def test_what_is_asked_of_the_zone_is_told_of_these_codes(scope: Scope, edition: Edition, public: Edition) -> None:
    store = public if scope.masked else edition
    for finess in store.of("mco").finess:
        of_table = codes(store, scope, "zone-de-recrutement-mco", annee="2023", etablissement=finess)
        asked = {"annee": "2023", "zone": f"recrutement:{finess}", "regroupement": "code_geo"}
        assert codes(store, scope, "taux-de-recours-mco", **asked) == of_table, finess
