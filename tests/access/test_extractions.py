"""What the state keeps of extractions, in either database."""

from datetime import timedelta

import pytest

from sanoscope.access.accounts import Accounts
from sanoscope.access.extractions import DONE, REFUSED, WAITING, WORKING, Extractions
from sanoscope.access.reader import ANYBODY, Reader
from sanoscope.access.rights import today
from sanoscope.access.scope import DOMAINS, FRANCE, Grant, Perimeter, Scope
from sanoscope.errors import NotFoundError
from sanoscope.workspace import Workspace

DAY = timedelta(hours=24)
ASKED = [("casemix-mco", [("annee", "2023")]), ("rien", [])]


def test_an_extraction_goes_from_waiting_to_made(workspace: Workspace, state_url: str) -> None:
    kept = Extractions(workspace, DAY)
    assert (kept.waiting(), kept.room(), kept.next_room()) == (0, 0, None)
    name, second = kept.add(ANYBODY, ASKED, "csv"), kept.add(ANYBODY, ASKED, "json")
    assert kept.find(name, ANYBODY).state == WAITING
    first, other = kept.take(0), kept.take(1)
    assert first and other
    assert (first.questions, first.format, first.reader) == (
        (("casemix-mco", (("annee", "2023"),)), ("rien", ())),
        "csv",
        ANYBODY,
    )
    assert kept.take(2) is None
    again = kept.take(0)
    assert again and again.mark == first.mark, "whoever holds a place takes what was left there"
    assert kept.tell(first.mark, 2, 1)
    found = kept.find(name, ANYBODY)
    assert (found.state, found.done, found.refused, kept.waiting()) == (WORKING, 2, 1, 2)
    assert kept.end(first.mark, 1000)
    assert kept.refuse(other.mark, {"code": "panne"})
    assert [kept.find(one, ANYBODY).state for one in (name, second)] == [DONE, REFUSED]
    assert kept.find(second, ANYBODY).problem == {"code": "panne"}
    assert (kept.waiting(), kept.room()) == (0, 1000)
    kept.remove(name, ANYBODY)
    assert not kept.end(first.mark, 1000), "it was removed"
    assert Extractions(workspace, timedelta()).purge() == 1
    with pytest.raises(NotFoundError):
        kept.find(second, ANYBODY)


def test_a_reader_keeps_what_he_had_and_still_has(workspace: Workspace) -> None:
    accounts, kept = Accounts(workspace), Extractions(workspace, DAY)
    account = accounts.open("une", "hôpital")
    everything, some = frozenset(DOMAINS), frozenset({"activite"})
    held = Grant("securise", FRANCE, everything)
    accounts.give("hôpital", held, today(), today(), "essai")
    asked = {
        Grant("national", FRANCE, some),  # what a key lets through of it
        Grant("securise", Perimeter("region", frozenset({"53"})), some),  # which he has no more
    }
    kept.add(Reader(Scope(frozenset(asked)), account.identifier), ASKED, "csv")
    task = kept.take(0)
    assert task
    assert task.reader.scope.grants == {Grant("national", FRANCE, some)}
    accounts.close("une")
    task = kept.take(0)
    assert task and not task.reader.scope.grants
