"""Who is signed in: sessions that the server keeps. The reader's cookie holds a token drawn at random, and no more.

A session ends when it is not used for a while, and past its time in any case; signing in always draws another token.
What its account may see is read at each request: a right that is withdrawn, an account that is closed, holds no more.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, insert, or_, select, update

from sanoscope.access.journal import Journal
from sanoscope.access.reader import Reader
from sanoscope.access.rights import held_by
from sanoscope.access.scope import Scope
from sanoscope.errors import SignInError
from sanoscope.sentence import Sentence
from sanoscope.state.database import UnavailableError, reading, writing
from sanoscope.state.tables import accounts, identities, sessions, written
from sanoscope.state.tokens import fingerprint
from sanoscope.workspace import Workspace

SEEN = timedelta(minutes=1)
"""How old the last use that is written down may be: a page is not a write."""

SIGNED_IN, REFUSED, SIGNED_OUT = "connexion", "connexion-refusee", "deconnexion"
"""Acts of the journal."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session.

    Attributes:
        identifier: names it; it opens nothing.
        provider: of the identity, "" for a password of here.
        id_token: what the provider told of the reader, to sign out there.
        opened, seen: when it began, when it was last used (UTC, to the minute or so).
    """

    identifier: str
    provider: str
    id_token: str
    opened: datetime
    seen: datetime


class Sessions:
    """The sessions of a workspace; safe to share between threads and processes.

    Args:
        workspace: whose; its settings say how long they last.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self._journal = workspace, Journal(workspace)
        self._idle = timedelta(minutes=workspace.settings.session_inactive)
        self._lasting = timedelta(hours=workspace.settings.session_duree)

    def open(self, account: str, *, provider: str = "", id_token: str = "", instead: str = "") -> str:
        """Open a session of an account, and return its token, which is kept nowhere.

        Args:
            account: by identifier.
            provider, id_token: as of a `Session`.
            instead: token that the browser had; its session ends.

        Raises:
            SignInError: ``connexion-refusee``: the account is closed.
            SanoscopeError: those of `writing`.
        """
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        with writing(self.workspace) as state:
            name = state.execute(_named(account)).scalar()
            if name is None:
                raise SignInError(REFUSED, Sentence("Ce compte n'est pas ouvert."))
            over = or_(~self._lives(now), sessions.c.empreinte == fingerprint(instead))
            state.execute(delete(sessions).where(over))
            state.execute(
                insert(sessions).values(
                    empreinte=fingerprint(token),
                    identifiant=secrets.token_hex(6),
                    compte=account,
                    fournisseur=provider,
                    jeton_identite=id_token,
                    cree_le=written(now),
                    vue_le=written(now),
                )
            )
            self._journal.add(state, name, SIGNED_IN, par=provider or "mot de passe")
        return token

    def reader(self, token: str) -> Reader | None:
        """Return who a token is of, with his rights of today; None where its session is over.

        Raises:
            SanoscopeError: those of `reading`.
        """
        now, mine = datetime.now(UTC), sessions.c.empreinte == fingerprint(token)
        wanted = select(sessions.c.identifiant.label("session"), sessions.c.vue_le, accounts).join(
            accounts, accounts.c.identifiant == sessions.c.compte
        )
        with reading(self.workspace) as state:
            if state is None:
                return None
            live = wanted.where(mine, self._lives(now), accounts.c.ferme_le.is_(None))
            row = state.execute(live).mappings().first()
            if row is None:
                return None
            scope = Scope(held_by(state, row["organisation"]))
        if datetime.fromisoformat(row["vue_le"]) < now - SEEN:
            with suppress(UnavailableError), writing(self.workspace) as state:
                state.execute(update(sessions).where(mine).values(vue_le=written(now)))
        return Reader(scope, row["identifiant"], row["nom"], row["organisation"], row["role"], row["session"])

    def of(self, account: str) -> list[Session]:
        """Return the sessions of an account that live, the last opened first."""
        own = select(sessions).where(sessions.c.compte == account, self._lives(datetime.now(UTC)))
        with reading(self.workspace) as state:
            found = state.execute(own.order_by(sessions.c.cree_le.desc())).mappings() if state else ()
            return [_session(row) for row in found]

    def end(self, reader: Reader, session: str) -> Session | None:
        """End one session of a reader's account, by identifier, and return it; None where it was over."""
        with writing(self.workspace) as state:
            own = (sessions.c.compte == reader.account, sessions.c.identifiant == session)
            row = state.execute(select(sessions).where(*own)).mappings().first()
            if row is None:
                return None
            state.execute(delete(sessions).where(*own))
            self._journal.add(state, reader.name, SIGNED_OUT, session=session)
            return _session(row)

    def end_others(self, reader: Reader) -> int:
        """End every session of a reader's account but the one that he is in; return how many."""
        with writing(self.workspace) as state:
            own = (sessions.c.compte == reader.account, sessions.c.identifiant != reader.session)
            ended = state.execute(delete(sessions).where(*own)).rowcount
            self._journal.add(state, reader.name, SIGNED_OUT, autres=ended)
            return ended

    def end_of(self, issuer: str, subject: str) -> int:
        """End every session of the account that a provider says somebody is: he signed out there; return how many."""
        with writing(self.workspace) as state:
            who = select(identities.c.compte).where(identities.c.emetteur == issuer, identities.c.sujet == subject)
            account = state.execute(who).scalar()
            name = state.execute(_named(account)).scalar() if account else None
            if account is None or name is None:
                return 0
            ended = end_all(state, account)
            self._journal.add(state, name, SIGNED_OUT, par=issuer, sessions=ended)
            return ended

    def _lives(self, now: datetime) -> ColumnElement[bool]:
        return (sessions.c.vue_le > written(now - self._idle)) & (sessions.c.cree_le > written(now - self._lasting))


def end_all(state: Connection, account: str) -> int:
    """End every session of an account, in the transaction under way; return how many."""
    return state.execute(delete(sessions).where(sessions.c.compte == account)).rowcount


def _session(of: RowMapping) -> Session:
    opened, seen = datetime.fromisoformat(of["cree_le"]), datetime.fromisoformat(of["vue_le"])
    return Session(of["identifiant"], of["fournisseur"], of["jeton_identite"], opened, seen)


def _named(account: str) -> Select[str]:
    return select(accounts.c.nom).where(accounts.c.identifiant == account, accounts.c.ferme_le.is_(None))
