"""Acts are as many whatever they are counted by: a stay of one hospital is not that of another."""

import pytest

from sanoscope.access.scope import SECURE
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse


@pytest.mark.parametrize("year", ["2022", "2023", "2024"])
def test_the_acts_of_all_groups_are_those_of_all_hospitals(edition: Edition, year: str) -> None:
    totals = []
    for slug in ("statistiques-mco-par-acte", "actes-par-ghm-mco"):
        query = parse([("annee", year), ("regroupement", "acte")], catalogue().restitution(slug), edition, SECURE)
        table = answer(query, SECURE, catalogue(), edition)
        totals.append(
            {f.name: f.values[table.kinds.index("total")] for f in table.figures if f.name in ("sejours", "actes")}
        )
    assert totals[0] == totals[1]
