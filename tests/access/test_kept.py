"""Addresses that accounts keep: their own, those of their organisation, nobody else's."""

import pytest

from sanoscope.access.accounts import Accounts
from sanoscope.access.kept import MOST, Kept
from sanoscope.access.reader import Reader
from sanoscope.errors import CriterionError
from sanoscope.workspace import Workspace

QUESTION = "/restitutions/casemix-mco?annee=2023&zone=departement:29"


@pytest.fixture
def kept(workspace: Workspace, state_url: str) -> Kept:
    return Kept(workspace)


def reader(kept: Kept, name: str, organisation: str = "ARS") -> Reader:
    made = Accounts(kept.workspace).open(name, organisation)
    return Reader(account=made.identifier, name=name, organisation=organisation, session="s")


def names(kept: Kept, who: Reader) -> tuple[list[str], list[str]]:
    return [one.name for one in kept.own(who)], [one.name for one in kept.shared(who)]


def test_what_is_kept_is_ones_own_until_it_is_shared(kept: Kept) -> None:
    jeanne, paul, other = reader(kept, "jeanne"), reader(kept, "paul"), reader(kept, "autre", "CHU")
    kept.keep(jeanne, "  Casemix   du Finistère ", QUESTION)
    (one,) = kept.own(jeanne)
    assert (one.name, one.address, one.shared, one.keeper) == ("Casemix du Finistère", QUESTION, False, "jeanne")
    assert names(kept, paul) == ([], [])
    kept.share(paul, one.identifier, shared=True)
    assert names(kept, paul) == ([], []), "not by another"
    kept.share(jeanne, one.identifier, shared=True)
    assert names(kept, jeanne) == ([one.name], [])
    assert names(kept, paul) == ([], [one.name])
    assert names(kept, other) == ([], [])
    kept.forget(paul, one.identifier)
    kept.forget(other, one.identifier)
    Accounts(kept.workspace).close("jeanne")
    assert names(kept, paul) == ([], [one.name])
    kept.forget(jeanne, one.identifier)
    assert names(kept, paul) == ([], [])


def test_an_address_is_kept_once_under_its_last_name(kept: Kept) -> None:
    jeanne = reader(kept, "jeanne")
    for name in ("un", "deux"):
        kept.keep(jeanne, name, QUESTION)
    assert names(kept, jeanne)[0] == ["deux"]


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        (QUESTION, "question"),
        ("/restitutions/casemix-mco", "restitution"),
        ("/fiches/fiche-ght?annee=2023&ght=X", "fiche"),
        ("/paniers/AAAAAAAAAAAAAAAAAAAAAA", "panier"),
        ("/paniers", "page"),
        ("/restitutions?champ=mco", "page"),
        ("/", "page"),
    ],
)
def test_an_address_says_what_it_is(address: str, kind: str, kept: Kept) -> None:
    jeanne = reader(kept, "jeanne")
    kept.keep(jeanne, "x", address)
    assert [one.kind for one in kept.own(jeanne)] == [kind]


@pytest.mark.parametrize(
    "address",
    ["", "https://ailleurs.fr", "//ailleurs.fr", "/\\ailleurs.fr", "javascript:x", "/a b", "/a\nb", "/" + "x" * 12_000],
)
def test_what_is_no_address_of_the_site_is_refused(address: str, kept: Kept) -> None:
    with pytest.raises(CriterionError, match="adresse de ce site"):
        kept.keep(reader(kept, "jeanne"), "x", address)


def test_so_many_are_kept_and_no_more(kept: Kept) -> None:
    jeanne = reader(kept, "jeanne")
    with pytest.raises(CriterionError, match="Donnez un nom"):
        kept.keep(jeanne, " ", "/plan")
    for number in range(MOST):
        kept.keep(jeanne, str(number), f"/plan?{number}")
    with pytest.raises(CriterionError, match="gardez déjà 200"):
        kept.keep(jeanne, "de trop", "/plan")
    kept.keep(jeanne, "autre nom", "/plan?0")
