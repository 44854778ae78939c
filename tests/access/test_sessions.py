"""Sessions: what opens them, what ends them, what they see."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from sanoscope.access.accounts import Accounts
from sanoscope.access.journal import Journal
from sanoscope.access.reader import Reader
from sanoscope.access.scope import DOMAINS, FRANCE, Grant
from sanoscope.access.sessions import Sessions
from sanoscope.errors import SignInError
from sanoscope.state.database import reading, writing
from sanoscope.state.tables import sessions as table
from sanoscope.workspace import Workspace

NATIONAL = Grant("national", FRANCE, frozenset(DOMAINS))


@pytest.fixture
def sessions(workspace: Workspace, state_url: str) -> Sessions:
    return Sessions(workspace)


@pytest.fixture
def jeanne(sessions: Sessions) -> str:
    return Accounts(sessions.workspace).open("jeanne", "ARS", role="site").identifier


def aged(sessions: Sessions, **by: timedelta) -> None:
    """Have every session begun, or been seen, that long ago."""
    now = datetime.now(UTC)
    with writing(sessions.workspace) as state:
        state.execute(update(table).values({n: (now - a).isoformat(timespec="seconds") for n, a in by.items()}))


def got(sessions: Sessions, token: str) -> Reader:
    who = sessions.reader(token)
    assert who is not None
    return who


def test_a_session_sees_what_its_organisation_holds_now(sessions: Sessions, jeanne: str) -> None:
    known, token, today = Accounts(sessions.workspace), sessions.open(jeanne), datetime.now(UTC).date()
    who = got(sessions, token)
    assert (who.name, who.organisation, who.role, who.scope.grants) == ("jeanne", "ARS", "site", frozenset())
    right = known.give("ARS", NATIONAL, today, today, "essai")
    assert got(sessions, token).scope.grants == {NATIONAL}
    known.withdraw(right.identifier)
    assert not got(sessions, token).scope.grants
    known.close("jeanne")
    assert sessions.reader(token) is None
    with pytest.raises(SignInError):
        sessions.open(jeanne)


def test_a_session_that_is_not_used_or_is_old_is_over(sessions: Sessions, jeanne: str) -> None:
    token = sessions.open(jeanne)
    aged(sessions, vue_le=timedelta(minutes=29))
    assert sessions.reader(token), "which is a use"
    aged(sessions, cree_le=timedelta(hours=11, minutes=59))
    assert sessions.reader(token)
    aged(sessions, vue_le=timedelta(minutes=31))
    assert sessions.reader(token) is None
    token = sessions.open(jeanne)
    aged(sessions, cree_le=timedelta(hours=12, minutes=1))
    assert sessions.reader(token) is None
    sessions.open(jeanne)
    with reading(sessions.workspace) as state:
        assert state is not None
        assert len(state.execute(select(table)).all()) == 1, "those that are over are not kept"


def test_a_use_is_written_down_once_a_minute(sessions: Sessions, jeanne: str) -> None:
    token = sessions.open(jeanne)

    def seen() -> datetime:
        (one,) = sessions.of(jeanne)
        return one.seen

    aged(sessions, vue_le=timedelta(seconds=50))
    before = seen()
    sessions.reader(token)
    assert seen() == before
    aged(sessions, vue_le=timedelta(seconds=70))
    sessions.reader(token)
    assert seen() >= before


def test_signing_in_draws_another_token(sessions: Sessions, jeanne: str) -> None:
    first = sessions.open(jeanne)
    second = sessions.open(jeanne, instead=first)
    assert first != second
    assert sessions.reader(first) is None
    assert got(sessions, second).account == jeanne
    with reading(sessions.workspace) as state:
        assert state is not None
        kept = str(state.execute(select(table)).all())
    assert second not in kept, "the state does not have it"
    assert sessions.reader("") is sessions.reader("inconnu") is None


def test_sessions_are_ended_by_whose_they_are(sessions: Sessions, jeanne: str) -> None:
    other = Accounts(sessions.workspace).open("paul", "ARS").identifier
    tokens = [sessions.open(jeanne) for _ in range(3)]
    his = sessions.open(other)
    me = got(sessions, tokens[0])
    sessions.end(got(sessions, his), me.session)
    assert sessions.reader(tokens[0]), "not by another"
    sessions.end(me, got(sessions, tokens[1]).session)
    assert sessions.reader(tokens[1]) is None
    assert sessions.end_others(me) == 1
    assert [sessions.reader(token) is not None for token in (*tokens, his)] == [True, False, False, True]
    sessions.end(me, me.session)
    assert sessions.reader(tokens[0]) is None
    journal = Journal(sessions.workspace)
    acts = [line.act for line in journal.latest("jeanne", ("connexion", "deconnexion"), 10)]
    assert acts == ["deconnexion"] * 3 + ["connexion"] * 3, "the last first"
    assert [line.act for line in journal.latest("jeanne", ("connexion",), 2)] == ["connexion"] * 2
