"""What administrators may do: their organisation's accounts, none above them, none elsewhere, never their own."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sanoscope.access.accounts import Accounts
from sanoscope.access.administration import Administration
from sanoscope.access.journal import Journal
from sanoscope.access.passwords import JOIN, Passwords
from sanoscope.access.reader import Reader
from sanoscope.access.rights import today
from sanoscope.access.scope import FRANCE, Grant
from sanoscope.access.sessions import Sessions
from sanoscope.errors import NotFoundError, SanoscopeError
from sanoscope.state.database import reading
from sanoscope.state.tables import accounts, grants, keys, links, sessions
from sanoscope.workspace import Workspace

NATIONAL = Grant("national", FRANCE, frozenset({"activite"}))
NAMES = ("chef", "paul", "patron", "ailleurs", "chef.ailleurs", "site")


@pytest.fixture
def known(workspace: Workspace) -> Accounts:
    """ARS: its administrator, a reader, an administrator of the site; CHU: a reader, an administrator; and the site."""
    made = Accounts(workspace)
    for name, organisation, role in (
        ("chef", "ARS", "organisation"),
        ("paul", "ARS", ""),
        ("patron", "ARS", "site"),
        ("ailleurs", "CHU", ""),
        ("chef.ailleurs", "CHU", "organisation"),
        ("site", "Agence", "site"),
    ):
        account = made.open(name, organisation, role=role)
        Sessions(workspace).open(account.identifier)
        Passwords(workspace).invite(account)
        made.make_key(name, "clé")
    made.give("CHU", NATIONAL, today(), today(), "essai")
    return made


def who(known: Accounts, name: str) -> Reader:
    account = known.find(name)
    return Reader(
        account=account.identifier, name=name, organisation=account.organisation, role=account.role, session="s"
    )


def key_of(known: Accounts, account: str) -> str:
    every = known.keys()
    return next(one.identifier for one in every if one.account == account)


def state_of(workspace: Workspace, organisation: str) -> list[object]:
    """Every row that is an organisation's, or of one of its accounts."""
    with reading(workspace) as state:
        assert state is not None
        mine = select(accounts.c.identifiant).where(accounts.c.organisation == organisation)
        wanted = [select(table).where(table.c.organisation == organisation) for table in (accounts, grants)]
        wanted += [select(table).where(table.c.compte.in_(mine)) for table in (keys, links, sessions)]
        return [sorted(map(tuple, state.execute(one).all()), key=repr) for one in wanted]


def every_act(acts: Administration, by: Reader, identifier: str, key: str) -> dict[str, Callable[[], object]]:
    """Everything that an administrator may try on an account."""
    return {
        "find": lambda: acts.find(by, identifier),
        "invite": lambda: acts.invite(by, identifier),
        "revoke": lambda: acts.revoke(by, identifier, key),
        "sessions": lambda: acts.end_sessions(by, identifier),
        "close": lambda: acts.close(by, identifier),
    }


def outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except SanoscopeError as error:
        return f"{error.code} {error}"
    return "done"


def test_an_administrator_of_an_organisation_does_nothing_elsewhere(known: Accounts) -> None:
    acts, chef = Administration(known.workspace), who(known, "chef")
    assert [one.name for one in acts.accounts(chef)] == ["chef", "patron", "paul"]
    before = state_of(known.workspace, "CHU"), state_of(known.workspace, "Agence")
    for other in ("ailleurs", "chef.ailleurs", "site"):
        account = known.find(other)
        key = key_of(known, account.identifier)
        tried = every_act(acts, chef, account.identifier, key)
        absent = every_act(acts, chef, "un-compte-qui-n-est-pas", key)
        for name, act in tried.items():
            assert outcome(act) == outcome(absent[name]), name
            assert outcome(act).startswith("compte-inconnu")
        own = known.find("paul").identifier
        assert outcome(lambda key=key, own=own: acts.revoke(chef, own, key)).startswith("cle-inconnue")  # type: ignore[misc]
    for act in (
        lambda: acts.open(chef, "nouveau", organisation="CHU"),
        lambda: acts.open(chef, "nouveau", role="site"),
        lambda: acts.open(chef, "nouveau", role="organisation"),
        lambda: acts.trust(chef, known.find("paul").identifier, "site"),
        lambda: acts.give(chef, "CHU", NATIONAL, today(), today(), "m"),
        lambda: acts.give(chef, "ARS", NATIONAL, today(), today(), "m"),
        lambda: acts.withdraw(chef, known.rights("CHU")[0].identifier),
    ):
        assert outcome(act).startswith("reserve-aux-administrateurs")
    assert [one.organisation for one in acts.rights(chef, "CHU")] == []
    assert (state_of(known.workspace, "CHU"), state_of(known.workspace, "Agence")) == before


def test_an_administrator_of_an_organisation_does_not_become_one_of_the_site(known: Accounts) -> None:
    """Who makes the link of an account becomes it: none of who administers the site, nor one from before he did."""
    acts, chef = Administration(known.workspace), who(known, "chef")
    patron = known.find("patron").identifier
    key = key_of(known, patron)
    before = state_of(known.workspace, "ARS")
    for name, act in every_act(acts, chef, patron, key).items():
        assert outcome(act).startswith("done" if name == "find" else "compte-du-site"), name
    assert state_of(known.workspace, "ARS") == before
    paul, link = acts.invite(chef, known.find("paul").identifier)
    assert Passwords(known.workspace).holder(link, JOIN) == paul
    acts.trust(who(known, "site"), paul.identifier, "site")
    with pytest.raises(NotFoundError):
        Passwords(known.workspace).holder(link, JOIN)


def test_nobody_administers_his_own_account(known: Accounts) -> None:
    acts = Administration(known.workspace)
    for name in ("chef", "site"):
        by = who(known, name)
        key = key_of(known, by.account)
        for act, tried in every_act(acts, by, by.account, key).items():
            assert outcome(tried).startswith("done" if act == "find" else "compte-le-sien"), act
    site = who(known, "site")
    assert outcome(lambda: acts.trust(site, site.account, "")).startswith("compte-le-sien")
    assert outcome(lambda: acts.give(site, " Agence ", NATIONAL, today(), today(), "m")).startswith(
        "organisation-la-sienne"
    )


def test_each_act_is_done_and_told_by_the_name_of_who_did_it(known: Accounts) -> None:
    acts, site, before = (
        Administration(known.workspace),
        who(known, "site"),
        len(list(Journal(known.workspace).lines())),
    )
    paul = known.find("paul").identifier
    key = acts.keys(site)[paul][0].identifier
    made = acts.open(site, "neuf", organisation="CHU", role="organisation")
    acts.invite(site, paul)
    acts.revoke(site, paul, key)
    assert acts.end_sessions(site, paul) == 1
    acts.trust(site, paul, "organisation")
    acts.withdraw(site, acts.give(site, "CHU", NATIONAL, today(), today(), "m").identifier)
    acts.close(site, paul)
    assert (made.role, acts.keys(site)[paul], known.find("paul").closed != "") == ("organisation", [], True)
    assert outcome(lambda: acts.invite(site, paul)).startswith("compte-ferme")
    lines = list(Journal(known.workspace).lines())[before:]
    assert {line.actor for line in lines} == {"site"}
    assert [line.act for line in lines] == [
        "compte-ouvert",
        "lien-fait",
        "cle-revoquee",
        "sessions-finies",
        "role-change",
        "droit-accorde",
        "droit-retire",
        "compte-ferme",
    ]
    assert Journal(known.workspace).last("compte-ferme").keys() == {"site"}


def test_no_account_is_called_as_the_journal_calls_the_operator(known: Accounts) -> None:
    for name in ("exploitant", " Exploitant "):
        assert outcome(lambda name=name: known.open(name, "ARS")).startswith("nom-invalide")  # type: ignore[misc]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whoever_does_what_other_organisations_are_as_they_were(known: Accounts, data: st.DataObject) -> None:
    """Readers and administrators of an organisation, on any account: nothing of another organisation changes."""
    by = who(known, data.draw(st.sampled_from([name for name in NAMES if known.find(name).role != "site"])))
    account = known.find(data.draw(st.sampled_from(NAMES)))
    key = key_of(known, known.find(data.draw(st.sampled_from(NAMES))).identifier)
    others = sorted({"ARS", "CHU", "Agence"} - {by.organisation})
    before = [state_of(known.workspace, name) for name in others]
    acts = every_act(Administration(known.workspace), by, account.identifier, key)
    outcome(acts[data.draw(st.sampled_from(sorted(acts)))])
    assert [state_of(known.workspace, name) for name in others] == before
