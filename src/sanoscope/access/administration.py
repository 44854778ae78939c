"""What administrators do: those of an organisation to its accounts, those of the site to all accounts, and to rights.

Who may do what is checked here, where it is done, whatever page asks for it. An account that somebody does not
administer is to him as one that does not exist. Nobody acts on his own account: another does, or the operator.
"""

from collections.abc import Sequence
from datetime import date

from sanoscope.access.accounts import Account, Accounts, Key
from sanoscope.access.journal import Journal
from sanoscope.access.passwords import Passwords
from sanoscope.access.reader import Reader
from sanoscope.access.rights import Right
from sanoscope.access.scope import Grant
from sanoscope.access.sessions import end_all
from sanoscope.errors import CriterionError, ForbiddenError, NotFoundError
from sanoscope.sentence import Sentence
from sanoscope.state.database import writing
from sanoscope.workspace import Workspace

SITE = "site"


class Administration:
    """The administration of a workspace's accounts and rights; safe to share between threads and processes.

    Every act may raise ForbiddenError ``reserve-aux-administrateurs``, and those of `writing`.

    Args:
        workspace: whose.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._accounts, self._passwords, self._journal = Accounts(workspace), Passwords(workspace), Journal(workspace)

    def accounts(self, by: Reader) -> list[Account]:
        """Return the accounts that an administrator sees: his organisation's, or all."""
        _check(by)
        return [one for one in self._accounts.known() if by.role == SITE or one.organisation == by.organisation]

    def find(self, by: Reader, identifier: str) -> Account:
        """Return an account that an administrator sees.

        Raises:
            NotFoundError: ``compte-inconnu``: there is none, or he does not see it.
        """
        found = next((one for one in self.accounts(by) if one.identifier == identifier), None)
        if found is None:
            raise NotFoundError(
                "compte-inconnu",
                Sentence("Ce compte n'est pas de ceux que vous administrez."),
                todo=Sentence("Repartez de la liste des comptes."),
            )
        return found

    def keys(self, by: Reader) -> dict[str, list[Key]]:
        """Return the keys of the accounts that an administrator sees, by account, those that are revoked left out."""
        seen: dict[str, list[Key]] = {one.identifier: [] for one in self.accounts(by)}
        every = self._accounts.keys()
        for key in every:
            if key.account in seen and not key.revoked:
                seen[key.account].append(key)
        return seen

    def rights(self, by: Reader, organisation: str = "") -> Sequence[Right]:
        """Return the rights of an organisation, or of all: for who does not administer the site, his own one's."""
        _check(by)
        return self._accounts.rights(organisation if by.role == SITE else by.organisation)

    def open(self, by: Reader, name: str, *, organisation: str = "", address: str = "", role: str = "") -> Account:
        """Open an account: of one's own organisation, without a role, for who does not administer the site.

        Raises:
            CriterionError: ``nom-invalide``, ``compte-connu``, ``role-inconnu``.
        """
        _check(by, of_site=bool(role) or organisation not in ("", by.organisation))
        whose = organisation or by.organisation
        return self._accounts.open(name, whose, address=address, role=role, by=by.name)

    def invite(self, by: Reader, identifier: str) -> tuple[Account, str]:
        """Make the link of an account, and return both; the link is kept nowhere.

        Raises:
            NotFoundError: ``compte-inconnu``.
            ForbiddenError: ``compte-le-sien``, ``compte-du-site``.
            CriterionError: ``compte-ferme``.
        """
        account = self._other(by, identifier)
        if account.closed:
            raise CriterionError("compte-ferme", Sentence("Ce compte est fermé : il n'a pas de lien."))
        return account, self._passwords.invite(account, by=by.name)

    def close(self, by: Reader, identifier: str) -> None:
        """Close an account.

        Raises:
            NotFoundError: ``compte-inconnu``.
            ForbiddenError: ``compte-le-sien``, ``compte-du-site``.
        """
        self._accounts.close(self._other(by, identifier).name, by=by.name)

    def revoke(self, by: Reader, identifier: str, key: str) -> None:
        """Revoke a key of an account.

        Raises:
            NotFoundError: ``compte-inconnu``, ``cle-inconnue``.
            ForbiddenError: ``compte-le-sien``, ``compte-du-site``.
        """
        account = self._other(by, identifier)
        if key not in {one.identifier for one in self.keys(by)[account.identifier]}:
            raise NotFoundError("cle-inconnue", Sentence("Ce compte n'a pas cette clé."))
        self._accounts.revoke(key, by=by.name)

    def end_sessions(self, by: Reader, identifier: str) -> int:
        """End every session of an account, and return how many there were.

        Raises:
            NotFoundError: ``compte-inconnu``.
            ForbiddenError: ``compte-le-sien``, ``compte-du-site``.
        """
        account = self._other(by, identifier)
        with writing(self.workspace) as state:
            ended = end_all(state, account.identifier)
            self._journal.add(state, by.name, "sessions-finies", compte=account.name, sessions=ended)
        return ended

    def trust(self, by: Reader, identifier: str, role: str) -> None:
        """Say what an account administers.

        Raises:
            NotFoundError: ``compte-inconnu``.
            ForbiddenError: ``compte-le-sien``.
            CriterionError: ``role-inconnu``.
        """
        _check(by, of_site=True)
        self._accounts.trust(self._other(by, identifier).name, role, by=by.name)

    def give(self, by: Reader, organisation: str, grant: Grant, start: date, end: date, reason: str) -> Right:
        """Give a right to another organisation than one's own: one's own is asked for, and another decides.

        Raises:
            ForbiddenError: ``organisation-la-sienne``.
            CriterionError: ``nom-invalide``, ``droit-invalide``.
        """
        _check(by, of_site=True)
        if " ".join(organisation.split()) == by.organisation:
            raise ForbiddenError(
                "organisation-la-sienne",
                Sentence("Un droit pour votre organisation se demande : un autre administrateur en décide."),
                todo=Sentence("Demandez-le de votre compte ; l'exploitant peut aussi l'accorder par la commande."),
                criterion="organisation",
            )
        return self._accounts.give(organisation, grant, start, end, reason, by=by.name)

    def withdraw(self, by: Reader, right: str) -> None:
        """Withdraw a right, from now on.

        Raises:
            NotFoundError: ``droit-inconnu``.
        """
        _check(by, of_site=True)
        self._accounts.withdraw(right, by=by.name)

    def _other(self, by: Reader, identifier: str) -> Account:
        """Return an account that an administrator may act on: neither his own, nor one above him."""
        account = self.find(by, identifier)
        if account.identifier == by.account:
            raise ForbiddenError(
                "compte-le-sien",
                Sentence("On n'administre pas son propre compte."),
                todo=Sentence(
                    "Un autre administrateur le fait, ou l'exploitant ; vos clés et vos sessions sont à /compte."
                ),
            )
        if account.role == SITE and by.role != SITE:  # who makes its link would become it
            raise ForbiddenError(
                "compte-du-site",
                Sentence("Ce compte administre le site : seuls ceux qui l'administrent aussi y touchent."),
            )
        return account


def _check(by: Reader, *, of_site: bool = False) -> None:
    if not (by.role and by.session) or (of_site and by.role != SITE):
        raise ForbiddenError(
            "reserve-aux-administrateurs",
            Sentence("Ceci est pour qui administre les comptes."),
            todo=Sentence("Demandez-le à qui administre ceux de votre organisation, ou ce site."),
        )
