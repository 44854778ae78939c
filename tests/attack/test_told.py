"""What an estimate says: of a published group, that it is of eleven or more; of any other choice, nothing."""

import pytest

from sanoscope.attack.world import Place, basket

MEMBERS = frozenset({"290000001", "290000002"})


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ({}, True),
        ({"zone": "region:53"}, True),
        ({"zone": "departement:29"}, True),
        ({"etablissement": "290000001"}, True),
        ({"zone": "territoire:T29S"}, False),
        ({"ght": "GHT 29"}, False),
        ({"secteur": "public"}, False),
        ({"categorie": "CH"}, False),
        ({"zone": "departement:29", "secteur": "public"}, False),
    ],
)
def test_an_estimate_of_a_published_group_alone_says_that_it_is_large(criteria: dict[str, str], *, told: bool) -> None:
    """A GHT of nine is estimated as its twin is: at twelve, for instance. Its size is said nowhere."""
    assert Place(criteria, MEMBERS).told is told
    assert not basket(MEMBERS).told
