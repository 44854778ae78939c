"""Whom providers say that accounts are: one identity is one account, and each tie is told by the journal."""

import json

import pytest

from sanoscope.access.accounts import Accounts
from sanoscope.access.identities import Identities
from sanoscope.access.journal import Journal
from sanoscope.errors import SanoscopeError
from sanoscope.state.database import writing
from sanoscope.workspace import Workspace

ISSUER, SUBJECT = "https://id.exemple.fr", "f:12:899700000000"


@pytest.fixture
def known(workspace: Workspace, state_url: str) -> Identities:
    return Identities(workspace)


def account(known: Identities, name: str) -> str:
    return Accounts(known.workspace).open(name, "ARS Bretagne").identifier


def told(known: Identities) -> list[tuple[str, dict[str, object]]]:
    return [(one.actor, dict(one.told)) for one in Journal(known.workspace).lines() if one.act == "identite-liee"]


def code_of(known: Identities, *tie: str) -> str:
    with pytest.raises(SanoscopeError) as caught:
        known.bind(*tie)
    return caught.value.code


def test_an_identity_is_one_account_and_an_account_may_have_several(known: Identities) -> None:
    assert known.account_of(ISSUER, SUBJECT) == ""  # there is no state yet
    jeanne, paul = account(known, "jeanne"), account(known, "paul")
    known.bind(jeanne, ISSUER, SUBJECT, by="jeanne")
    known.bind(jeanne, "https://autre.exemple.fr", SUBJECT)
    assert known.account_of(ISSUER, SUBJECT) == known.account_of("https://autre.exemple.fr", SUBJECT) == jeanne
    for issuer, subject in ((ISSUER + "/", SUBJECT), (ISSUER, SUBJECT.upper()), (ISSUER, ""), ("", SUBJECT)):
        assert known.account_of(issuer, subject) == ""
    assert code_of(known, paul, ISSUER, SUBJECT) == "identite-prise"
    assert known.account_of(ISSUER, SUBJECT) == jeanne
    known.bind(jeanne, ISSUER, SUBJECT)  # it already is: nothing is told again
    assert [actor for actor, _ in told(known)] == ["jeanne", "exploitant"]
    assert {line["compte"] for _, line in told(known)} == {"jeanne"}
    assert SUBJECT not in json.dumps(told(known))  # its print alone
    Journal(known.workspace).verify()


def test_an_account_that_is_closed_is_nobody(known: Identities) -> None:
    jeanne = account(known, "jeanne")
    known.bind(jeanne, ISSUER, SUBJECT)
    Accounts(known.workspace).close("jeanne")
    assert known.account_of(ISSUER, SUBJECT) == ""
    assert code_of(known, jeanne, ISSUER, "autre") == "compte-ferme"
    assert code_of(known, "inventé", ISSUER, "autre") == "compte-ferme"
    assert code_of(known, account(known, "paul"), ISSUER, SUBJECT) == "identite-prise"


def test_a_tie_is_made_with_all_of_its_transaction_or_not_at_all(known: Identities) -> None:
    jeanne = account(known, "jeanne")
    with pytest.raises(RuntimeError), writing(known.workspace) as state:
        known.add(state, jeanne, ISSUER, SUBJECT)
        raise RuntimeError
    assert (known.account_of(ISSUER, SUBJECT), told(known)) == ("", [])
