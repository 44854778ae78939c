"""Subscriptions in SQLite and in PostgreSQL: asked, confirmed, told once of each edition, ended, forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from sqlalchemy import select, text

from sanoscope.errors import SanoscopeError
from sanoscope.state import subscriptions as module
from sanoscope.state.database import VARIABLE, move, reading, rows
from sanoscope.state.subscriptions import CONFIRM, LEAVE, Links, Mail, Subscription, Subscriptions
from sanoscope.state.tables import mails
from sanoscope.workspace import Workspace

WHO, OTHER = "jeanne@exemple.fr", "paul@exemple.fr"
FIRST, SECOND = {"e1": {"", "activite", "a"}}, {"e1": {"", "activite", "a"}, "e2": {"", "activite", "b"}}

pytestmark = pytest.mark.usefixtures("state_url")


@pytest.fixture
def box(workspace: Workspace) -> Subscriptions:
    return Subscriptions(workspace)


def clock(patch: pytest.MonkeyPatch, later: timedelta) -> None:
    """Let the subscriptions' clock be so far ahead."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Ahead":
            return cls.fromisoformat((datetime.now(tz or UTC) + later).isoformat())

    patch.setattr(module, "datetime", Ahead)


def asked(box: Subscriptions, subject: str = "", who: str = WHO) -> tuple[Mail, Links]:
    """Ask for a subscription and have its mail sent."""
    mail = box.ask(who, subject, "fr")
    assert mail is not None
    links = box.attempt(mail)
    assert links is not None
    box.sent(mail)
    return mail, links


def subscribed(
    box: Subscriptions, subject: str = "", who: str = WHO, published: dict[str, set[str]] = FIRST
) -> tuple[Subscription, Links]:
    _, links = asked(box, subject, who)
    found = box.confirm(links.confirm, published)
    assert found is not None
    return found, links


def counts(box: Subscriptions) -> dict[str, int]:
    with reading(box.workspace) as state:
        return rows(state) if state else {}


# asked and confirmed --------------------------------------------------------------------------------------------------


def test_a_subscription_counts_once_its_mail_is_confirmed(box: Subscriptions) -> None:
    _, links = asked(box, "a")
    box.announce(SECOND)
    assert box.waiting(SECOND) == []
    found = box.known(links.confirm, CONFIRM)
    assert found is not None
    assert (found.address, found.subject, found.confirmed) == (WHO, "a", False)
    assert box.confirm(links.confirm, SECOND) is not None
    assert box.confirm(links.confirm, SECOND) is not None  # the button pressed twice
    known = box.known(links.leave, LEAVE)
    assert known is not None
    assert known.confirmed
    assert counts(box)["abonnements"] == 1


def test_a_token_opens_only_what_it_is_for_and_only_its_print_is_kept(box: Subscriptions) -> None:
    _, links = asked(box)
    assert box.known(links.confirm, LEAVE) is None
    assert box.known(links.leave, CONFIRM) is None
    assert box.confirm(links.leave, FIRST) is None
    box.forget(links.confirm)
    assert counts(box)["abonnements"] == 1
    with reading(box.workspace) as state:
        assert state is not None
        kept = str(state.execute(text("SELECT * FROM jetons")).all())
    assert links.confirm not in kept
    assert links.leave not in kept


def test_asking_again_at_once_sends_nothing_more_and_later_one_more_mail(
    box: Subscriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(box)
    assert box.ask(WHO, "", "fr") is None
    clock(monkeypatch, timedelta(hours=2))
    asked(box)
    assert counts(box)["abonnements"] == 1


def test_one_who_is_subscribed_is_answered_by_a_mail_as_any_other(
    box: Subscriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(box)
    assert box.ask(WHO, "", "en") is None
    clock(monkeypatch, timedelta(hours=2))
    mail, links = asked(box)
    assert mail.subscription.confirmed
    assert mail.subscription.language == "fr"
    assert links.confirm


@pytest.mark.parametrize("gone", [True, False])
def test_an_address_gets_ten_mails_to_confirm_in_a_day(
    box: Subscriptions, monkeypatch: pytest.MonkeyPatch, *, gone: bool
) -> None:
    """Whether they are asked for many subjects or often for one, whether they have gone or wait."""
    if gone:
        for n in range(5):
            asked(box, f"s{n}")
        clock(monkeypatch, timedelta(hours=2))
        for n in range(5):
            asked(box, f"s{n}")
        clock(monkeypatch, timedelta(hours=4))
    else:
        assert all(box.ask(WHO, f"s{n}", "fr") for n in range(10))
    assert box.ask(WHO, "s10", "fr") is None
    assert box.ask(OTHER, "s10", "fr") is not None
    if gone:
        clock(monkeypatch, timedelta(hours=27))
        assert box.ask(WHO, "s0", "fr") is not None


def test_what_is_not_confirmed_in_seven_days_is_forgotten(box: Subscriptions, monkeypatch: pytest.MonkeyPatch) -> None:
    _, links = asked(box)
    kept, _ = subscribed(box, "a", OTHER)
    clock(monkeypatch, timedelta(days=7, minutes=1))
    assert box.known(links.confirm, CONFIRM) is None
    assert box.confirm(links.confirm, FIRST) is None
    box.tidy()
    assert counts(box)["abonnements"] == 1
    box.announce(SECOND | {"e3": {"a"}})
    assert [mail.subscription.identifier for mail in box.waiting({"e3"})] == [kept.identifier]


def test_a_full_box_says_so_to_known_and_unknown_alike(box: Subscriptions, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(box)
    monkeypatch.setattr(module, "MOST", 1)
    for who in (WHO, OTHER):
        with pytest.raises(SanoscopeError) as refused:
            box.ask(who, "", "fr")
        assert refused.value.code == "abonnements-pleins"


# told -----------------------------------------------------------------------------------------------------------------


def test_each_is_told_of_the_editions_that_touch_what_he_follows_and_of_none_before_him(box: Subscriptions) -> None:
    whole, _ = subscribed(box, "")
    a, _ = subscribed(box, "a", OTHER)
    b, _ = subscribed(box, "b", OTHER)
    box.announce(SECOND)
    waiting = {(mail.subscription.identifier, mail.edition) for mail in box.waiting(SECOND)}
    assert waiting == {(whole.identifier, "e2"), (b.identifier, "e2")}
    late, _ = subscribed(box, "a", WHO, published=SECOND)
    box.announce(SECOND | {"e3": {"a"}})
    assert {m.subscription.identifier for m in box.waiting({"e3"})} == {a.identifier, late.identifier}


def test_a_subscription_and_an_edition_have_one_row_however_many_announce(box: Subscriptions) -> None:
    for n in range(20):
        subscribed(box, "b", f"qui{n}@exemple.fr")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: box.announce(SECOND), range(12)))
    with reading(box.workspace) as state:
        assert state is not None
        found = state.execute(select(mails.c.abonnement).where(mails.c.edition == "e2")).scalars().all()
    assert len(found) == len(set(found)) == 20


def test_a_mail_that_went_does_not_go_again_and_one_that_failed_does_after_the_others(
    box: Subscriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("a@exemple.fr", "b@exemple.fr", "c@exemple.fr"):
        subscribed(box, "b", who)
    box.announce(SECOND)
    first, second, third = box.waiting(SECOND)
    assert box.attempt(first)
    assert not box.failed(first)
    assert box.attempt(second)
    box.sent(second)
    assert box.attempt(second) is None
    assert box.waiting(SECOND) == [third, first]
    box.announce(SECOND)
    assert box.waiting(SECOND) == [third, first]
    for _ in range(module.TRIES):
        assert box.attempt(first)
        assert not box.failed(first)  # often, but not for long
    clock(monkeypatch, module.PATIENCE + timedelta(minutes=1))
    assert box.attempt(first)
    assert box.failed(first)
    assert box.waiting(SECOND) == [third]


def test_mails_to_confirm_that_were_not_sent_wait_for_the_next_notice(
    box: Subscriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = box.ask(WHO, "", "fr")
    assert box.waiting(()) == []  # the process that was asked is at it
    clock(monkeypatch, module.AHEAD + timedelta(minutes=1))
    assert box.waiting(()) == [mail]


# ended ----------------------------------------------------------------------------------------------------------------


def test_ending_deletes_the_address_with_all_that_hangs_on_it(box: Subscriptions) -> None:
    _, links = subscribed(box, "b")
    box.announce(SECOND)
    (mail,) = box.waiting(SECOND)
    box.forget(links.leave)
    assert box.attempt(mail) is None  # one that was about to go
    box.forget(links.leave)
    assert box.known(links.leave, LEAVE) is None
    told = counts(box)
    assert (told["abonnements"], told["jetons"], told["envois"]) == (0, 0, 0)
    if box.workspace.state.exists():
        assert WHO.encode() not in box.workspace.state.read_bytes()


def test_one_link_ends_its_own_or_all_those_of_the_address(box: Subscriptions) -> None:
    _, one = subscribed(box, "a")
    subscribed(box, "b")
    subscribed(box, "activite")
    subscribed(box, "b", OTHER)
    box.forget(one.leave)
    assert counts(box)["abonnements"] == 3
    _, again = subscribed(box, "")
    box.forget(again.leave, everywhere=True)
    assert counts(box)["abonnements"] == 1


def test_old_links_are_deleted_but_those_of_the_last_mail(box: Subscriptions, monkeypatch: pytest.MonkeyPatch) -> None:
    _, old = subscribed(box, "b")
    clock(monkeypatch, timedelta(days=1))
    box.announce(SECOND)
    (mail,) = box.waiting(SECOND)
    last = box.attempt(mail)
    assert last is not None
    clock(monkeypatch, module.VALID + timedelta(days=2))
    box.tidy()
    assert box.known(old.leave, LEAVE) is None
    assert box.known(last.leave, LEAVE) is not None
    assert counts(box)["envois"] == 0


def test_nothing_is_made_where_nobody_asked(workspace: Workspace) -> None:
    box = Subscriptions(workspace)
    box.announce(FIRST)
    box.tidy()
    assert box.waiting(FIRST) == []
    assert box.confirm("rien", FIRST) is None
    box.forget("rien")
    assert not workspace.state.exists()


def test_subscriptions_move_to_postgresql_with_their_mails(
    workspace: Workspace, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    box = Subscriptions(workspace)
    found, links = subscribed(box, "b")
    box.announce(SECOND)
    before = box.waiting(SECOND)
    monkeypatch.setenv(VARIABLE, postgresql)
    moved = move(workspace)
    assert (moved["abonnements"], moved["envois"], moved["annonces"]) == (1, 2, 2)
    assert box.waiting(SECOND) == before
    known = box.known(links.leave, LEAVE)
    assert known is not None
    assert known.identifier == found.identifier
