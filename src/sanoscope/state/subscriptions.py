"""Who is told by mail of what: asked, confirmed, announced to, forgotten. Addresses leave this module for mails alone.

A subscription is an address and a subject: a restitution, a theme or "" for all. It counts once it is confirmed, by the
link of a first mail; until then it is forgotten after `FORGOTTEN`. The mails to send are rows, one a subscription and
edition, so that none is sent twice and what fails is sent the next time.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from sanoscope.errors import SanoscopeError
from sanoscope.sentence import Sentence
from sanoscope.state.database import reading, writing
from sanoscope.state.tables import announced, mails, subscriptions, tokens, written
from sanoscope.state.tokens import fingerprint
from sanoscope.workspace import Workspace

FORGOTTEN = timedelta(days=7)
"""After which a subscription that is not confirmed is no more."""

AGAIN = timedelta(hours=1)
"""Before which the mail to confirm is not sent again."""

A_DAY = 10
"""Mails to confirm that an address gets at most in a day: nobody fills another's letter box from here."""

AHEAD = timedelta(minutes=10)
"""How long a mail to confirm is left to the process that was asked for it."""

LASTING = timedelta(days=90)
"""How long the row of a mail is kept: past that its edition, which was announced, is not announced again."""

VALID = timedelta(days=800)
"""How long the link to unsubscribe of a mail works; that of the last one always does."""

TRIES, PATIENCE = 5, timedelta(days=5)
"""A mail is given up once it was tried so often and waited so long (RFC 5321, §4.5.4.1, says 4 or 5 days)."""

MOST = 100_000
"""Subscriptions of a workspace, so that nobody fills the disk."""

CONFIRM, LEAVE = "confirmer", "partir"
"""What a token is for."""

WAITING, GONE, GIVEN_UP = "attente", "parti", "abandon"
"""States of a mail."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told of what.

    Attributes:
        identifier: names it here; it opens nothing.
        address: where mails go, in small letters.
        subject: a restitution's slug, a theme, or "" for all.
        language: ``fr`` or ``en``.
        confirmed: whether the address's owner said yes.
        until: day after which it is forgotten if it is not confirmed.
    """

    identifier: str
    address: str
    subject: str
    language: str
    confirmed: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to send: what an edition brings, or, where ``edition`` is "", the mail to confirm."""

    subscription: Subscription
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """The tokens of a mail's links, drawn for it (256 bits each); ``confirm`` is "" in the mail of an edition."""

    confirm: str
    leave: str


class Subscriptions:
    """The subscriptions of a workspace; safe to share between threads and processes.

    Args:
        workspace: where they are; nothing is made there until the first is asked.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def ask(self, address: str, subject: str, language: str) -> Mail | None:
        """Keep what a reader asks, and return the mail to send; None where one went a moment ago.

        What is done does not depend on whether the address is known, but for the words of the mail.

        Raises:
            SanoscopeError: ``abonnements-pleins``, or those of `writing`.
        """
        now = datetime.now(UTC)
        with writing(self.workspace) as state:
            _tidy(state, now)
            if state.execute(select(func.count()).select_from(subscriptions)).scalar_one() >= MOST:
                raise SanoscopeError(
                    "abonnements-pleins",
                    Sentence("Ce site garde déjà %(most)s abonnements.", most=MOST),
                    todo=Sentence("Suivez les nouveautés par RSS, et prévenez qui tient ce site."),
                )
            whose = (subscriptions.c.courriel == address, subscriptions.c.sujet == subject)
            known = state.execute(select(subscriptions).where(*whose)).mappings().first()
            if known is None:
                values = {"identifiant": secrets.token_urlsafe(16), "courriel": address, "sujet": subject}
                state.execute(insert(subscriptions).values(**values, langue=language, demande_le=written(now)))
            elif known["confirme_le"] is None:
                state.execute(update(subscriptions).where(*whose).values(langue=language, demande_le=written(now)))
            found = state.execute(select(subscriptions).where(*whose)).mappings().one()
            return _to_confirm(state, _subscription(found), now)

    def known(self, token: str, use: str) -> Subscription | None:
        """Return the subscription that a token is of, None where there is none any more."""
        with reading(self.workspace) as state:
            return _of(state, token, use, datetime.now(UTC)) if state else None

    def confirm(self, token: str, published: Mapping[str, Collection[str]]) -> Subscription | None:
        """Confirm the subscription that a token is of, and return it; what is published already is not announced to it.

        Args:
            token: of the mail to confirm.
            published: the subjects that each published edition updates.
        """
        if self.known(token, CONFIRM) is None:
            return None
        now = datetime.now(UTC)
        with writing(self.workspace) as state:
            _announce(state, published, now)
            found = _of(state, token, CONFIRM, now)
            if found and not found.confirmed:
                own = subscriptions.c.identifiant == found.identifier
                state.execute(update(subscriptions).where(own).values(confirme_le=written(now)))
            return found

    def forget(self, token: str, *, everywhere: bool = False) -> None:
        """Delete the subscription that a token is of, or all those of its address; what is no more stays so."""
        if self.known(token, LEAVE) is None:
            return
        with writing(self.workspace) as state:
            found = _of(state, token, LEAVE, datetime.now(UTC))
            if found:
                column, value = (
                    (subscriptions.c.courriel, found.address)
                    if everywhere
                    else (subscriptions.c.identifiant, found.identifier)
                )
                state.execute(delete(subscriptions).where(column == value))

    def announce(self, published: Mapping[str, Collection[str]]) -> None:
        """Put the mails of the published editions that are not announced yet among those to send.

        Args:
            published: the subjects that each published edition updates.
        """
        with reading(self.workspace) as state:
            if state is None:
                return
        with writing(self.workspace) as state:
            now = datetime.now(UTC)
            _tidy(state, now)
            _announce(state, published, now)

    def waiting(self, editions: Collection[str]) -> list[Mail]:
        """Return the mails to send: those of editions, and those to confirm that the process asked did not send.

        Those that were tried less come first: one that a server breaks off on keeps none behind it.
        """
        late = (mails.c.edition == "") & (mails.c.mis_le < written(datetime.now(UTC) - AHEAD))
        wanted = (
            select(subscriptions, mails.c.edition)
            .join(mails, mails.c.abonnement == subscriptions.c.identifiant)
            .where(mails.c.etat == WAITING, mails.c.edition.in_(list(editions)) | late)
            .order_by(mails.c.essais, mails.c.mis_le, mails.c.edition, subscriptions.c.identifiant)
        )
        with reading(self.workspace) as state:
            found = state.execute(wanted).mappings().all() if state else ()
        return [Mail(_subscription(row), row["edition"]) for row in found]

    def attempt(self, mail: Mail) -> Links | None:
        """Count a try of a mail and draw its links; None where it is no longer to be sent."""
        links = Links("" if mail.edition else secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        with writing(self.workspace) as state:
            mine = (*_own(mail), mails.c.etat == WAITING)
            if not state.execute(update(mails).where(*mine).values(essais=mails.c.essais + 1)).rowcount:
                return None
            drawn = [(CONFIRM, links.confirm), (LEAVE, links.leave)]
            now = written(datetime.now(UTC))
            rows = [
                {
                    "empreinte": fingerprint(token),
                    "abonnement": mail.subscription.identifier,
                    "usage": use,
                    "cree_le": now,
                }
                for use, token in drawn
                if token
            ]
            state.execute(insert(tokens), rows)
        return links

    def sent(self, mail: Mail) -> None:
        """Write down that a mail has gone."""
        with writing(self.workspace) as state:
            state.execute(update(mails).where(*_own(mail)).values(etat=GONE))

    def failed(self, mail: Mail) -> bool:
        """Leave a mail for the next time, or give it up, which is told, once it was tried and waited enough."""
        long_ago = written(datetime.now(UTC) - PATIENCE)
        with writing(self.workspace) as state:
            enough = (*_own(mail), mails.c.essais >= TRIES, mails.c.mis_le < long_ago)
            return bool(state.execute(update(mails).where(*enough).values(etat=GIVEN_UP)).rowcount)

    def tidy(self) -> None:
        """Delete what is not to be kept any more: what was not confirmed in time, old mails, old links."""
        with reading(self.workspace) as state:
            if state is None:
                return
        with writing(self.workspace) as state:
            _tidy(state, datetime.now(UTC))


def _to_confirm(state: Connection, asked: Subscription, now: datetime) -> Mail | None:
    """Return the mail to confirm a subscription, written down to be sent; None where there were enough of them."""
    first, yesterday = mails.c.edition == "", written(now - timedelta(days=1))
    own = (first, mails.c.abonnement == asked.identifier)
    just = state.execute(select(mails).where(*own, mails.c.mis_le > written(now - AGAIN))).first()
    theirs = subscriptions.c.courriel == asked.address
    tried = select(func.count()).select_from(tokens.join(subscriptions)).where(theirs, tokens.c.usage == CONFIRM)
    to_go = select(func.count()).select_from(mails.join(subscriptions)).where(theirs, first, mails.c.etat == WAITING)
    count = state.execute(tried.where(tokens.c.cree_le > yesterday)).scalar_one() + state.execute(to_go).scalar_one()
    if just or count >= A_DAY:
        return None
    state.execute(delete(mails).where(*own))
    row = {"abonnement": asked.identifier, "edition": "", "etat": WAITING, "essais": 0, "mis_le": written(now)}
    state.execute(insert(mails).values(**row))
    return Mail(asked)


def _announce(state: Connection, published: Mapping[str, Collection[str]], now: datetime) -> None:
    known = set(state.execute(select(announced.c.edition)).scalars())
    for edition in (name for name in published if name not in known):
        there = exists().where(mails.c.abonnement == subscriptions.c.identifiant, mails.c.edition == edition)
        who: Select[tuple[str, str, str, int, str]] = select(
            subscriptions.c.identifiant, literal(edition), literal(WAITING), literal(0), literal(written(now))
        ).where(subscriptions.c.confirme_le.is_not(None), subscriptions.c.sujet.in_(list(published[edition])), ~there)
        state.execute(insert(mails).from_select(["abonnement", "edition", "etat", "essais", "mis_le"], who))
        state.execute(insert(announced).values(edition=edition))


def _tidy(state: Connection, now: datetime) -> None:
    """Delete what is not kept: what was not confirmed in time, old mails, old links but those of the last mail."""
    late = subscriptions.c.demande_le < written(now - FORGOTTEN)
    state.execute(delete(subscriptions).where(subscriptions.c.confirme_le.is_(None), late))
    state.execute(delete(mails).where(mails.c.mis_le < written(now - LASTING)))
    newer = tokens.alias()
    replaced = exists().where(newer.c.abonnement == tokens.c.abonnement, newer.c.cree_le > tokens.c.cree_le)
    state.execute(delete(tokens).where(tokens.c.cree_le < written(now - VALID), replaced))


def _of(state: Connection, token: str, use: str, now: datetime) -> Subscription | None:
    wanted = (
        select(subscriptions)
        .join(tokens, tokens.c.abonnement == subscriptions.c.identifiant)
        .where(tokens.c.empreinte == fingerprint(token), tokens.c.usage == use)
    )
    row = state.execute(wanted).mappings().first()
    found = _subscription(row) if row else None
    return found if found and (found.confirmed or now <= found.until) else None


def _subscription(row: RowMapping) -> Subscription:
    return Subscription(
        row["identifiant"],
        row["courriel"],
        row["sujet"],
        row["langue"],
        row["confirme_le"] is not None,
        datetime.fromisoformat(row["demande_le"]) + FORGOTTEN,
    )


def _own(mail: Mail) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return mails.c.abonnement == mail.subscription.identifier, mails.c.edition == mail.edition
