"""Whom providers of identities say that accounts are: an issuer and a subject are one account, or none."""

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from sanoscope.access.journal import OPERATOR, Journal
from sanoscope.access.passwords import JOIN, taken
from sanoscope.errors import SanoscopeError
from sanoscope.sentence import Sentence
from sanoscope.state.database import reading, writing
from sanoscope.state.tables import accounts, identities, passwords, written
from sanoscope.state.tokens import fingerprint
from sanoscope.workspace import Workspace


class Identities:
    """The identities of the accounts of a workspace; safe to share between threads and processes.

    Args:
        workspace: where they are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._journal = Journal(workspace)

    def bind(self, account: str, issuer: str, subject: str, *, by: str = OPERATOR) -> None:
        """Say that an account, by its identifier, is who an issuer calls so; nothing where it already is.

        Raises:
            SanoscopeError: ``compte-ferme``, ``identite-prise``, and those of `writing`.
        """
        with writing(self.workspace) as state:
            self.add(state, account, issuer, subject, by=by)

    def join(self, link: str, issuer: str, subject: str) -> str:
        """Say that the account of an invitation is who an issuer calls so, and return it, by its identifier.

        The invitation serves no more; the account has no password any more, if it had one, and its sessions end.

        Args:
            link: the SHA-256 of the token of a link to join.
            issuer, subject: as of `bind`.

        Raises:
            NotFoundError: ``lien-perime``.
            SanoscopeError: ``identite-prise``, and those of `writing`.
        """
        with writing(self.workspace) as state:
            account = taken(state, link, JOIN)
            self.add(state, account.identifier, issuer, subject, by=account.name)
            state.execute(delete(passwords).where(passwords.c.compte == account.identifier))
            return account.identifier

    def add(self, state: Connection, account: str, issuer: str, subject: str, *, by: str = OPERATOR) -> None:
        """Do as `bind` in the transaction under way, which is alone to write: with what an invitation does, say.

        Raises:
            SanoscopeError: ``compte-ferme``, ``identite-prise``.
        """
        open_ = select(accounts.c.nom).where(accounts.c.identifiant == account, accounts.c.ferme_le.is_(None))
        name = state.execute(open_).scalar()
        if name is None:
            raise SanoscopeError(
                "compte-ferme",
                Sentence("Ce compte n'est pas ouvert."),
                todo=Sentence("Demandez à qui tient ce site de l'ouvrir."),
            )
        mine = select(identities.c.compte).where(identities.c.emetteur == issuer, identities.c.sujet == subject)
        holder = state.execute(mine).scalar()
        if holder == account:
            return
        if holder is not None:
            raise SanoscopeError(
                "identite-prise",
                Sentence("Cette identité est déjà celle d'un autre compte."),
                todo=Sentence("Connectez-vous avec lui, ou demandez à qui tient ce site de le fermer."),
            )
        now = written(datetime.now(UTC))
        state.execute(insert(identities).values(emetteur=issuer, sujet=subject, compte=account, lie_le=now))
        self._journal.add(state, by, "identite-liee", compte=name, emetteur=issuer, sujet=fingerprint(subject))

    def account_of(self, issuer: str, subject: str) -> str:
        """Return the identifier of the open account that an issuer calls so; "" for none.

        Raises:
            SanoscopeError: those of `reading`.
        """
        its = select(identities.c.compte).join(accounts, accounts.c.identifiant == identities.c.compte)
        wanted = its.where(
            identities.c.emetteur == issuer, identities.c.sujet == subject, accounts.c.ferme_le.is_(None)
        )
        with reading(self.workspace) as state:
            return "" if state is None else str(state.execute(wanted).scalar() or "")
