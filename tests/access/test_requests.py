"""Requests: asked by one, decided by another, once; what is given is what was asked, or less; each act is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from sanoscope.access.accounts import Accounts
from sanoscope.access.journal import Journal
from sanoscope.access.reader import ANYBODY, Reader
from sanoscope.access.requests import MOST, OPERATING, Request, Requests
from sanoscope.access.rights import today
from sanoscope.access.scope import DOMAINS, FRANCE, Grant, Perimeter
from sanoscope.errors import SanoscopeError
from sanoscope.workspace import Workspace

ACTIVITY, BOTH = frozenset({"activite"}), frozenset({"activite", "qualite"})
BRETAGNE = Perimeter("region", frozenset({"53", "52"}))
ASKED = Grant("regional", BRETAGNE, BOTH)


def reader(workspace: Workspace, name: str, organisation: str = "ARS", role: str = "") -> Reader:
    """Somebody who is signed in."""
    account = Accounts(workspace).open(name, organisation, role=role)
    return Reader(account=account.identifier, name=name, organisation=organisation, role=role, session="s")


@pytest.fixture
def known(workspace: Workspace, state_url: str) -> Requests:
    return Requests(workspace)


@pytest.fixture
def jeanne(known: Requests) -> Reader:
    return reader(known.workspace, "jeanne")


@pytest.fixture
def sophie(known: Requests) -> Reader:
    return reader(known.workspace, "sophie", "Agence", "site")


def asked(known: Requests, who: Reader, grant: Grant = ASKED) -> Request:
    return known.ask(who, grant, today(), today() + timedelta(30), "convention")


def code(act: Callable[[], object]) -> str:
    with pytest.raises(SanoscopeError) as caught:
        act()
    return caught.value.code


def test_what_is_asked_and_approved_is_a_right(known: Requests, jeanne: Reader, sophie: Reader) -> None:
    one, accounts = asked(known, jeanne), Accounts(known.workspace)
    assert (one.state, one.name, one.organisation) == ("attente", "jeanne", "ARS")
    assert known.waiting() == known.waiting("ARS") == [one]
    assert not accounts.rights()
    right = known.approve(one.identifier, sophie, answer="  bien\n vu ")
    assert accounts.rights("ARS") == [right]
    assert (right.identifier, right.grant, right.start, right.end) == (one.identifier, ASKED, one.start, one.end)
    assert right.reason == "convention"
    (decided,) = known.of("ARS")
    assert (decided.state, decided.decider, decided.answer) == ("accordee", "sophie", "bien vu")
    assert not known.waiting()
    lines = list(Journal(known.workspace).lines())[2:]
    assert [(line.actor, line.act) for line in lines] == [
        ("jeanne", "demande-faite"),
        ("sophie", "droit-accorde"),
        ("sophie", "demande-accordee"),
    ]
    assert all(one.identifier in line.told.values() for line in lines)
    Journal(known.workspace).verify()


def test_who_asks_does_not_decide(known: Requests, jeanne: Reader, sophie: Reader) -> None:
    own, other = asked(known, sophie), reader(known.workspace, "marc", "Agence", "site")
    for act in (known.approve, lambda one, by: known.refuse(one, by, "non")):
        assert code(lambda act=act: act(own.identifier, sophie)) == "demande-la-sienne"  # type: ignore[misc]
        for role in ("", "organisation"):
            by = replace(jeanne, role=role)
            assert code(lambda act=act, by=by: act(own.identifier, by)) == "reserve-aux-administrateurs"  # type: ignore[misc]
    assert [one.state for one in known.of()] == ["attente"]
    assert known.approve(own.identifier, other).organisation == "Agence"
    assert known.approve(asked(known, sophie).identifier, OPERATING).grant == ASKED


def test_a_request_is_decided_once(known: Requests, jeanne: Reader, sophie: Reader) -> None:
    given, refused, cancelled = (asked(known, jeanne).identifier for _ in range(3))
    known.approve(given, sophie)
    known.refuse(refused, sophie, "hors du projet")
    known.cancel(cancelled, jeanne)
    for one in (given, refused, cancelled):
        for act in (
            lambda one=one: known.approve(one, sophie),
            lambda one=one: known.refuse(one, sophie, "non"),
            lambda one=one: known.cancel(one, jeanne),
        ):
            assert code(act) == "demande-decidee"
    assert len(Accounts(known.workspace).rights()) == 1
    assert [line.act for line in Journal(known.workspace).recent(2)] == ["demande-annulee", "demande-refusee"]


WITHIN: list[tuple[Grant, bool]] = [
    (ASKED, True),
    (Grant("regional", BRETAGNE, ACTIVITY), True),
    (Grant("regional", Perimeter("region", frozenset({"53"})), BOTH), True),
    (Grant("regional", Perimeter("region", frozenset({"53", "11"})), BOTH), False),
    (Grant("regional", Perimeter("departement", frozenset({"53"})), BOTH), False),
    (Grant("national", FRANCE, BOTH), False),
    (Grant("securise", BRETAGNE, BOTH), False),
    (Grant("regional", BRETAGNE, BOTH | {"rh"}), False),
]


@pytest.mark.parametrize(("given", "admitted"), WITHIN)
def test_what_is_given_is_what_was_asked_or_less(workspace: Workspace, given: Grant, admitted: bool) -> None:
    known, jeanne = Requests(workspace), reader(workspace, "jeanne")
    one = asked(known, jeanne)
    if admitted:
        assert known.approve(one.identifier, OPERATING, grant=given).grant == given
        assert Accounts(workspace).rights()[0].grant == given
        assert known.find(one.identifier).grant == ASKED, "what was asked stays"
    else:
        assert code(lambda: known.approve(one.identifier, OPERATING, grant=given)) == "demande-depassee"
        assert not Accounts(workspace).rights()
        assert known.waiting()


def test_the_whole_of_small_counts_may_be_narrowed_to_anything(workspace: Workspace) -> None:
    known, jeanne = Requests(workspace), reader(workspace, "jeanne")
    every = Grant("securise", FRANCE, frozenset(DOMAINS))
    for given, _ in WITHIN:
        assert known.approve(asked(known, jeanne, every).identifier, OPERATING, grant=given).grant == given


def test_days_may_be_fewer_and_not_more(workspace: Workspace) -> None:
    known, jeanne, day = Requests(workspace), reader(workspace, "jeanne"), timedelta(1)
    one = asked(known, jeanne)

    def approve(**days: date) -> Callable[[], object]:
        return lambda: known.approve(one.identifier, OPERATING, **days)  # type: ignore[arg-type]

    for days in ({"start": one.start - day}, {"end": one.end + day}):
        assert code(approve(**days)) == "demande-depassee"
    assert code(approve(end=one.start - day)) == "droit-invalide"
    right = known.approve(one.identifier, OPERATING, start=one.start + day, end=one.end - day)
    assert (right.start, right.end) == (one.start + day, one.end - day)


def test_what_cannot_be_asked(workspace: Workspace) -> None:
    known, jeanne, now = Requests(workspace), reader(workspace, "jeanne"), today()
    key = replace(jeanne, session="")
    for who, start, end, reason, expected in (
        (ANYBODY, now, now, "m", "connexion-requise"),
        (key, now, now, "m", "connexion-requise"),
        (jeanne, now, now - timedelta(1), "m", "droit-invalide"),
        (jeanne, now - timedelta(9), now - timedelta(1), "m", "droit-invalide"),
        (jeanne, now, now, " \n", "droit-invalide"),
        (jeanne, now, now, "m" * 501, "texte-trop-long"),
    ):
        assert code(lambda w=who, s=start, e=end, r=reason: known.ask(w, ASKED, s, e, r)) == expected  # type: ignore[misc]
    for _ in range(MOST):
        last = asked(known, jeanne)
    assert code(lambda: asked(known, jeanne)) == "trop-de-demandes"
    asked(known, reader(workspace, "paul"))
    known.cancel(last.identifier, jeanne)
    asked(known, jeanne)
    assert code(lambda: known.refuse(known.waiting()[0].identifier, OPERATING, " ")) == "reponse-absente"


def test_a_request_is_cancelled_by_who_asked_or_administers_his_organisation(workspace: Workspace) -> None:
    known, jeanne = Requests(workspace), reader(workspace, "jeanne")
    others = [
        reader(workspace, "paul"),
        reader(workspace, "ailleurs", "CHU", "organisation"),
        reader(workspace, "site", "Agence", "site"),
        ANYBODY,
    ]
    one = asked(known, jeanne)
    for other in others:
        assert code(lambda other=other: known.cancel(one.identifier, other)) == "demande-inconnue"  # type: ignore[misc]
    assert code(lambda: known.cancel("inconnue", jeanne)) == "demande-inconnue"
    known.cancel(one.identifier, reader(workspace, "chef", "ARS", "organisation"))
    known.cancel(asked(known, jeanne).identifier, jeanne)
    assert {one.state for one in known.of()} == {"annulee"}


def test_a_right_and_its_request_are_decided_together(
    known: Requests, jeanne: Reader, sophie: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails in the middle gives no right and decides nothing."""
    one = asked(known, jeanne)
    real = Journal.add

    def failing(self: Journal, state: object, actor: str, act: str, **told: str) -> None:
        if act == "demande-accordee":
            raise RuntimeError("panne")
        real(self, state, actor, act, **told)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="panne"):
        patch.setattr(Journal, "add", failing)
        known.approve(one.identifier, sophie)
    assert known.find(one.identifier).state == "attente"
    assert not Accounts(known.workspace).rights()
    assert "droit-accorde" not in Journal(known.workspace).acts()
