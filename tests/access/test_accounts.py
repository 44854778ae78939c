"""Accounts, rights and keys: what a key opens is what its organisation holds that day, no more; each act is told."""

from datetime import date, timedelta

import pytest

from sanoscope.access import rights as module
from sanoscope.access.accounts import Accounts
from sanoscope.access.journal import Journal
from sanoscope.access.scope import DOMAINS, FRANCE, Grant, Perimeter, perimeter
from sanoscope.errors import SanoscopeError, SignInError
from sanoscope.workspace import Workspace

ALL = frozenset(DOMAINS)
DAY = date(2026, 6, 15)
BRETAGNE = Perimeter("region", frozenset({"53"}))


@pytest.fixture
def known(workspace: Workspace, state_url: str, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setattr(module, "today", lambda: DAY)
    return Accounts(workspace)


def on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(module, "today", lambda: day)


def test_a_key_opens_what_its_organisation_holds_that_day(known: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    known.open("jeanne", "ARS Bretagne")
    _, text = known.make_key("jeanne", "R", days=300)
    assert known.reader(text).scope.grants == frozenset()
    right = known.give("ARS Bretagne", Grant("regional", BRETAGNE, ALL), DAY, DAY + timedelta(9), "convention 12")
    known.give("Autre", Grant("national", FRANCE, ALL), DAY, DAY, "autre")
    who = known.reader(text)
    assert (who.name, who.scope.grants) == ("jeanne", {right.grant})
    for day, held in ((DAY - timedelta(1), False), (DAY + timedelta(9), True), (DAY + timedelta(10), False)):
        on(monkeypatch, day)
        assert bool(known.reader(text).scope.grants) is held
    on(monkeypatch, DAY)
    known.withdraw(right.identifier)
    assert not known.reader(text).scope.grants
    assert known.rights("ARS Bretagne")[0].withdrawn


def test_a_key_goes_no_further_than_it_says(known: Accounts) -> None:
    known.open("secret", "DREES")
    known.give("DREES", Grant("securise", BRETAGNE, frozenset({"activite", "rh"})), DAY, DAY, "étude")
    _, masked = known.make_key("secret", "masquée", domains=["activite", "qualite"])
    _, full = known.make_key("secret", "complète", complete=True)
    assert known.reader(masked).scope.grants == {Grant("regional", BRETAGNE, frozenset({"activite"}))}
    assert known.reader(full).scope.grants == {Grant("securise", BRETAGNE, frozenset({"activite", "rh"}))}
    assert known.reader(full).scope.masked


def test_a_key_that_is_not_taken_does_not_say_why(known: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    known.open("un", "A")
    known.open("deux", "A")
    first, revoked = known.make_key("un", "a", days=1)
    _, closed = known.make_key("deux", "b", days=300)
    assert known.reader(revoked).name == "un"
    known.revoke(first.identifier)
    known.close("deux")
    _, old = known.make_key("un", "c", days=1)
    on(monkeypatch, DAY + timedelta(2))
    said = set()
    for text in (revoked, closed, old, old[:-1], "sano_" + "x" * 43, ""):
        with pytest.raises(SignInError) as caught:
            known.reader(text)
        said.add(str(caught.value))
    assert len(said) == 1


def test_each_act_is_told_and_no_key_is(known: Accounts) -> None:
    known.open("un", "A")
    right = known.give("A", Grant("national", FRANCE, ALL), DAY, DAY, "motif")
    key, text = known.make_key("un", "a")
    known.revoke(key.identifier)
    known.withdraw(right.identifier)
    known.close("un")
    journal = Journal(known.workspace)
    acts = ["compte-ouvert", "droit-accorde", "cle-faite", "cle-revoquee", "droit-retire", "compte-ferme"]
    assert [line.act for line in journal.lines()] == acts
    assert journal.verify()[0] == len(acts)
    assert text not in "".join(map(str, journal.lines()))
    if known.workspace.state.exists():
        assert text.encode() not in known.workspace.state.read_bytes()


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda a: a.open("un", "A"), "compte-connu"),
        (lambda a: a.open("", "A"), "nom-invalide"),
        (lambda a: a.open("x" * 90, "A"), "nom-invalide"),
        (lambda a: a.close("personne"), "compte-inconnu"),
        (lambda a: a.make_key("personne", "a"), "compte-inconnu"),
        (lambda a: a.make_key("un", "a", days=0), "cle-invalide"),
        (lambda a: a.make_key("un", "a", days=9999), "cle-invalide"),
        (lambda a: a.make_key("un", "a", domains=["tout"]), "cle-invalide"),
        (lambda a: a.revoke("x"), "cle-inconnue"),
        (lambda a: a.withdraw("x"), "droit-inconnu"),
        (lambda a: a.give("A", Grant("national", FRANCE, ALL), DAY, DAY - timedelta(1), "m"), "droit-invalide"),
        (lambda a: a.give("A", Grant("national", FRANCE, ALL), DAY, DAY, " "), "droit-invalide"),
        (lambda _: perimeter("ville:3"), "perimetre-invalide"),
        (lambda _: perimeter("region:"), "perimetre-invalide"),
        (lambda _: perimeter("france:53"), "perimetre-invalide"),
    ],
)
def test_what_is_refused_changes_nothing(act: object, code: str, known: Accounts) -> None:
    known.open("un", "A")
    with pytest.raises(SanoscopeError) as caught:
        act(known)  # type: ignore[operator]
    assert caught.value.code == code
    assert len(list(Journal(known.workspace).lines())) == 1


def test_a_perimeter_is_read_as_it_is_written() -> None:
    assert perimeter("france") == FRANCE
    assert perimeter("region:53") == BRETAGNE
    assert perimeter("departement:2a, 29") == Perimeter("departement", frozenset({"2A", "29"}))
    assert perimeter("ght:Union Bretagne") == Perimeter("ght", frozenset({"Union Bretagne"}))
