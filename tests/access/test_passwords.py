"""Passwords and second factors: what is taken, what is not, what a refusal tells; links that serve once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from sanoscope.access import passwords as module
from sanoscope.access.accounts import Accounts
from sanoscope.access.journal import Journal
from sanoscope.access.passwords import JOIN, RENEW, Passwords, address_of, check_password, new_secret
from sanoscope.access.sessions import Sessions
from sanoscope.errors import CriterionError, NotFoundError, SignInError
from sanoscope.state.database import reading
from sanoscope.state.tables import metadata
from sanoscope.workspace import Workspace
from tests.access.people import PASSWORD, Clock, Person, person

OTHER = "lampe quartz hibou mercredi"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def jeanne(workspace: Workspace, clock: Clock) -> Person:
    return person(workspace, clock, "jeanne")


@pytest.fixture
def known(workspace: Workspace) -> Passwords:
    return Passwords(workspace)


def test_a_name_a_password_and_a_code_open_the_account(jeanne: Person, known: Passwords, clock: Clock) -> None:
    assert known.sign_in(" jeanne ", PASSWORD, clock.code(jeanne.secret)) == jeanne.account
    code = clock.code(jeanne.secret)
    assert known.sign_in("jeanne", PASSWORD, f" {code[:3]} {code[3:]} ") == jeanne.account


def test_a_code_serves_once_and_in_its_time(jeanne: Person, known: Passwords, clock: Clock) -> None:
    code = clock.code(jeanne.secret)
    known.sign_in("jeanne", PASSWORD, code)
    with pytest.raises(SignInError, match="ne vont pas ensemble"):
        known.sign_in("jeanne", PASSWORD, code)
    late = clock.code(jeanne.secret)
    clock.now += 60
    with pytest.raises(SignInError):
        known.sign_in("jeanne", PASSWORD, late)
    before = clock.code(jeanne.secret)
    clock.now += 30
    known.sign_in("jeanne", PASSWORD, before)


def test_a_refusal_does_not_say_what_was_wrong(jeanne: Person, known: Passwords, clock: Clock) -> None:
    secret, said = jeanne.secret, set()
    shown = [
        ("jeanne", "un autre mot de passe", clock.code(secret)),
        ("jeanne", PASSWORD, "000000"),
        ("jeanne", PASSWORD, "six chiffres é"),
        ("jeanne", "", ""),
        ("personne", PASSWORD, clock.code(secret)),
    ]
    Accounts(known.workspace).open("sans", "ARS")
    for name, password, code in [*shown, ("sans", PASSWORD, clock.code(secret))]:
        with pytest.raises(SignInError) as refused:
            known.sign_in(name, password, code)
        said.add(str(refused.value))
    Accounts(known.workspace).close("jeanne")
    with pytest.raises(SignInError) as refused:
        known.sign_in("jeanne", PASSWORD, clock.code(secret))
    assert said == {str(refused.value)}


def test_an_account_that_is_not_there_takes_as_long(
    jeanne: Person, known: Passwords, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    class Counted:
        def verify_and_update(self, password: str, of: str) -> tuple[bool, None]:
            hashed.append(of)
            return False, None

    monkeypatch.setattr(module, "_hasher", Counted())
    for name in ("jeanne", "personne"):
        with pytest.raises(SignInError):
            known.sign_in(name, PASSWORD, "123456")
    assert len(hashed) == 2, "one comparison each"
    assert {of.split("$")[1:4] == hashed[0].split("$")[1:4] for of in hashed} == {True}, "of the same cost"


@pytest.mark.parametrize(
    "password",
    ["court", "motdepasse123", "azertyuiop12", "aaaaaaaaaaaaaaaa", "jeanne jeanne", "é" * 257, "x" * 100_000],
)
def test_a_weak_password_is_refused(password: str, jeanne: Person) -> None:
    with pytest.raises(CriterionError, match="trop court, ou trop facile"):
        check_password(password, jeanne.account)
    check_password(OTHER, jeanne.account)


def test_a_password_is_taken_as_it_is_typed(jeanne: Person, known: Passwords, clock: Clock) -> None:
    longest = ("Été 2026, les marées ! " * 12)[:256]
    for password in (longest, "  des espaces autour, et É accentué  "):
        known.join(known.invite(jeanne.account), password, jeanne.secret, clock.code(jeanne.secret))
        assert known.sign_in("jeanne", password, clock.code(jeanne.secret))
        for near in (password.swapcase(), password.strip(), password + "x", password[:-1]):
            if near != password:
                with pytest.raises(SignInError):
                    known.sign_in("jeanne", near, clock.code(jeanne.secret))


def test_a_link_serves_once_ends_the_sessions_and_stands_alone(
    jeanne: Person, known: Passwords, clock: Clock, workspace: Workspace
) -> None:
    sessions = Sessions(workspace)
    session = sessions.open(jeanne.account.identifier)
    first = known.invite(jeanne.account)
    second = known.invite(jeanne.account)
    secret = new_secret()
    for link, use in ((first, JOIN), (second, RENEW), ("inconnu", JOIN)):
        with pytest.raises(NotFoundError, match="ne sert plus"):
            known.holder(link, use)
    for bad, error in ((("faible", secret, clock.code(secret)), "facile"), ((OTHER, secret, "000000"), "de l'instant")):
        with pytest.raises(CriterionError, match=error):
            known.join(second, *bad)
    with pytest.raises(CriterionError):
        known.join(second, OTHER, "court", "000000")
    assert sessions.reader(session)
    known.join(second, OTHER, secret, clock.code(secret))
    assert sessions.reader(session) is None
    with pytest.raises(NotFoundError):
        known.join(second, OTHER, secret, clock.code(secret))
    assert known.sign_in("jeanne", OTHER, clock.code(secret))
    for password, of in ((PASSWORD, secret), (OTHER, jeanne.secret)):
        with pytest.raises(SignInError):
            known.sign_in("jeanne", password, clock.code(of))


def test_a_link_has_its_time(jeanne: Person, known: Passwords, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    link, now = known.invite(jeanne.account, RENEW), datetime.now(UTC)
    monkeypatch.setattr(module, "_now", lambda: (now + timedelta(minutes=61)).isoformat(timespec="seconds"))
    with pytest.raises(NotFoundError):
        known.renew(link, OTHER, clock.code(jeanne.secret))
    monkeypatch.setattr(module, "_now", lambda: (now + timedelta(minutes=59)).isoformat(timespec="seconds"))
    with pytest.raises(CriterionError, match="de l'instant"):
        known.renew(link, OTHER, "000000")
    known.renew(link, OTHER, clock.code(jeanne.secret))
    assert known.sign_in("jeanne", OTHER, clock.code(jeanne.secret))


def test_who_is_signed_in_changes_his_password_by_the_one_he_has(
    jeanne: Person, known: Passwords, clock: Clock
) -> None:
    with pytest.raises(SignInError):
        known.change(jeanne.account, OTHER, OTHER, clock.code(jeanne.secret))
    with pytest.raises(CriterionError):
        known.change(jeanne.account, PASSWORD, "faible", clock.code(jeanne.secret))
    known.change(jeanne.account, PASSWORD, OTHER, clock.code(jeanne.secret))
    assert known.sign_in("jeanne", OTHER, clock.code(jeanne.secret))


def test_each_act_is_told_and_no_secret_is(jeanne: Person, known: Passwords, clock: Clock) -> None:
    link = known.invite(jeanne.account, RENEW)
    with pytest.raises(SignInError):
        known.sign_in("jeanne", "un essai raté", "000000")
    journal = Journal(known.workspace)
    assert [line.act for line in journal.lines()] == [
        "compte-ouvert", "lien-fait", "mot-de-passe-choisi", "lien-fait", "connexion-refusee",
    ]  # fmt: skip
    journal.verify()
    with reading(known.workspace) as state:
        assert state is not None
        rows = [str(row) for table in metadata.sorted_tables for row in state.execute(select(table))]
    assert not [row for row in rows for text in (PASSWORD, link, "essai raté") if text in row]
    assert any("$argon2id$" in row for row in rows)


def test_a_password_costs_what_it_should() -> None:
    assert module._hasher.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_an_application_of_codes_reads_the_account(jeanne: Person) -> None:
    said = address_of(jeanne.secret, jeanne.account)
    assert said.startswith("otpauth://totp/Sanoscope:jeanne?")
    assert f"secret={jeanne.secret}" in said


def test_one_address_of_one_account_gets_a_link(jeanne: Person, known: Passwords, clock: Clock) -> None:
    assert known.of_address("jeanne@exemple.fr") == jeanne.account
    Accounts(known.workspace).open("jumelle", "ARS", address="jeanne@exemple.fr")
    assert known.of_address("jeanne@exemple.fr") == jeanne.account, "the other has no password"
    assert known.of_address("personne@exemple.fr") is None
    assert known.of_address("") is None
