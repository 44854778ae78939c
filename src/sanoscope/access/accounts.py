"""Accounts, the rights of their organisations, keys of the API: what makes a `Reader` of who shows a key.

Each act is told by the journal in the transaction that does it.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from sanoscope.access import rights
from sanoscope.access.journal import OPERATOR, Journal
from sanoscope.access.reader import ROLES, Reader
from sanoscope.access.rights import Right, check_period, give_in, held_by, now, rights_of
from sanoscope.access.scope import DOMAINS, WITHIN, Grant, Profile, Scope
from sanoscope.errors import CriterionError, NotFoundError, SanoscopeError, SignInError, suggest
from sanoscope.sentence import Sentence
from sanoscope.state.database import reading, writing
from sanoscope.state.tables import accounts, grants, keys, links, sessions
from sanoscope.state.tokens import fingerprint
from sanoscope.workspace import Workspace

PREFIX = "sano_"
"""How a key begins, so that those who look for leaked secrets find it."""

LONGEST_KEY = 366
"""Days that a key may last."""

_NAME = re.compile(r"[\w.@+-](?:[\w .@+'’&()-]{0,78}[\w.)@+-])?")


@dataclass(frozen=True, slots=True)
class Account:
    """An account.

    Attributes:
        identifier: names it for ever.
        name, organisation: what it is called, whose it is.
        opened, closed: when; "" for one that is open.
        address: where its mails go; "" for nowhere.
        role: what it administers, a key of `ROLES`.
    """

    identifier: str
    name: str
    organisation: str
    opened: str
    closed: str
    address: str
    role: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the API; its text is told once, as it is made.

    Attributes:
        identifier, name: names it.
        account: whose, by identifier.
        domains: those that it is for.
        complete: it may ask for small counts, where its account may.
        expires: last day that it is taken.
        revoked: when it was, or "".
    """

    identifier: str
    account: str
    name: str
    domains: frozenset[str]
    complete: bool
    expires: date
    revoked: str


class Accounts:
    """The accounts of a workspace; safe to share between threads and processes.

    Args:
        workspace: where they are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._journal = Journal(workspace)

    def open(self, name: str, organisation: str, *, address: str = "", role: str = "", by: str = OPERATOR) -> Account:
        """Open an account.

        Raises:
            SanoscopeError: ``nom-invalide``, ``compte-connu``, ``role-inconnu``, and those of `writing`.
        """
        names = _named(name), _named(organisation)
        if names[0].casefold() == OPERATOR:  # the journal calls by it who acts on the machine itself
            raise _no_name(names[0])
        made = Account(secrets.token_urlsafe(16), *names, now(), "", address, _role(role))
        with writing(self.workspace) as state:
            if state.execute(select(accounts).where(accounts.c.nom == made.name)).first():
                raise CriterionError(
                    "compte-connu",
                    Sentence("Le compte « %(nom)s » existe déjà.", nom=made.name),
                    todo=Sentence("Choisissez un autre nom ; celui d'un compte fermé ne sert plus."),
                    criterion="nom",
                )
            values = {"identifiant": made.identifier, "nom": made.name, "organisation": made.organisation}
            values |= {"courriel": address, "role": role, "cree_le": made.opened}
            state.execute(insert(accounts).values(**values))
            told = {"compte": made.name, "organisation": made.organisation, "role": role}
            self._journal.add(state, by, "compte-ouvert", **told)
        return made

    def trust(self, name: str, role: str, *, by: str = OPERATOR) -> None:
        """Say what an account administers; links made before it administers the site serve no more.

        Raises:
            SanoscopeError: ``compte-inconnu``, ``role-inconnu``, and those of `writing`.
        """
        with writing(self.workspace) as state:
            account = _account(state, name)
            its = accounts.c.identifiant == account.identifier
            state.execute(update(accounts).where(its).values(role=_role(role)))
            if role == "site":  # others could make a link of it until now
                state.execute(delete(links).where(links.c.compte == account.identifier))
            self._journal.add(state, by, "role-change", compte=account.name, role=role)

    def find(self, name: str) -> Account:
        """Return the account of a name.

        Raises:
            SanoscopeError: ``compte-inconnu``, and those of `reading`.
        """
        with reading(self.workspace) as state:
            if state is None:
                raise _unknown("compte", name, ())
            return _account(state, name)

    def close(self, name: str, *, by: str = OPERATOR) -> None:
        """Close an account: its keys are taken no more, its sessions end.

        Raises:
            SanoscopeError: ``compte-inconnu``, and those of `writing`.
        """
        with writing(self.workspace) as state:
            account = _account(state, name)
            state.execute(update(accounts).where(accounts.c.identifiant == account.identifier).values(ferme_le=now()))
            state.execute(delete(sessions).where(sessions.c.compte == account.identifier))
            state.execute(delete(links).where(links.c.compte == account.identifier))
            self._journal.add(state, by, "compte-ferme", compte=account.name)

    def give(
        self, organisation: str, grant: Grant, start: date, end: date, reason: str, *, by: str = OPERATOR
    ) -> Right:
        """Give a right to an organisation.

        Raises:
            SanoscopeError: ``nom-invalide``, ``droit-invalide``, and those of `writing`.
        """
        check_period(start, end, reason)
        made = Right(secrets.token_hex(6), _named(organisation), grant, start, end, reason.strip(), "")
        with writing(self.workspace) as state:
            give_in(state, self._journal, made, by)
        return made

    def withdraw(self, identifier: str, *, by: str = OPERATOR) -> None:
        """Withdraw a right, from now on.

        Raises:
            SanoscopeError: ``droit-inconnu``, and those of `writing`.
        """
        with writing(self.workspace) as state:
            its = grants.c.identifiant == identifier
            if not state.execute(select(grants).where(its)).first():
                raise _unknown("droit", identifier, state.execute(select(grants.c.identifiant)).scalars())
            state.execute(update(grants).where(its).values(retire_le=now()))
            self._journal.add(state, by, "droit-retire", droit=identifier)

    def rights(self, organisation: str = "") -> Sequence[Right]:
        """Return the rights of an organisation, or of all, those that hold no more among them."""
        with reading(self.workspace) as state:
            return [] if state is None else rights_of(state, organisation)

    def held(self, organisation: str) -> Sequence[Right]:
        """Return the rights of an organisation that hold today."""
        return [right for right in self.rights(organisation) if right.holds(rights.today())]

    def known(self) -> Sequence[Account]:
        """Return every account there was, by name."""
        with reading(self.workspace) as state:
            found = () if state is None else state.execute(select(accounts).order_by(accounts.c.nom)).mappings()
            return [of_row(row) for row in found]

    def keys(self) -> Sequence[Key]:
        """Return every key there was, the first made first."""
        with reading(self.workspace) as state:
            found = () if state is None else state.execute(select(keys).order_by(keys.c.cree_le)).mappings()
            return [_key(row) for row in found]

    def make_key(
        self,
        account: str,
        name: str,
        *,
        days: int = 90,
        domains: Iterable[str] = DOMAINS,
        complete: bool = False,
        by: str = OPERATOR,
    ) -> tuple[Key, str]:
        """Make a key of an account; return it, and its text, which is kept nowhere.

        Raises:
            SanoscopeError: ``compte-inconnu``, ``cle-invalide``, ``nom-invalide``, and those of `writing`.
        """
        wanted = frozenset(domains)
        if not 1 <= days <= LONGEST_KEY or not wanted or not wanted <= set(DOMAINS):
            raise SanoscopeError(
                "cle-invalide",
                f"Une clé vaut de 1 à {LONGEST_KEY} jours, pour un domaine au moins.",
                allowed=DOMAINS,
            )
        text, expires = PREFIX + secrets.token_urlsafe(32), rights.today() + timedelta(days=days)
        with writing(self.workspace) as state:
            of = _account(state, account)
            made = Key(secrets.token_hex(6), of.identifier, _named(name), wanted, complete, expires, "")
            state.execute(
                insert(keys).values(
                    identifiant=made.identifier,
                    empreinte=fingerprint(text),
                    compte=of.identifier,
                    nom=made.name,
                    domaines=",".join(sorted(wanted)),
                    complete=int(complete),
                    cree_le=now(),
                    expire_le=expires.isoformat(),
                )
            )
            self._journal.add(state, by, "cle-faite", cle=made.identifier, compte=of.name, jusqu_au=expires.isoformat())
        return made, text

    def revoke(self, identifier: str, *, by: str = OPERATOR) -> None:
        """Revoke a key, from now on.

        Raises:
            SanoscopeError: ``cle-inconnue``, and those of `writing`.
        """
        with writing(self.workspace) as state:
            its = keys.c.identifiant == identifier
            if not state.execute(select(keys).where(its)).first():
                raise _unknown("cle", identifier, state.execute(select(keys.c.identifiant)).scalars())
            state.execute(update(keys).where(its).values(revoquee_le=now()))
            self._journal.add(state, by, "cle-revoquee", cle=identifier)

    def reader(self, text: str) -> Reader:
        """Return who shows a key: his account's rights of today, as far as the key goes.

        Raises:
            SignInError: ``cle-refusee``: unknown, expired, revoked, or of an account that is closed: which is not said.
            SanoscopeError: those of `reading`.
        """
        with reading(self.workspace) as state:
            shown = select(keys, accounts.c.nom.label("compte_nom"), accounts.c.organisation, accounts.c.ferme_le)
            mine = shown.join(accounts).where(keys.c.empreinte == fingerprint(text))
            row = state.execute(mine).mappings().first() if state is not None else None
            key = _key(row) if row else None
            if (
                state is None
                or row is None
                or key is None
                or row["ferme_le"]
                or key.revoked
                or key.expires < rights.today()
            ):
                raise SignInError(
                    "cle-refusee",
                    Sentence("Cette clé n'est pas admise."),
                    todo=Sentence("Elle a pu expirer ou être révoquée : demandez-en une à qui tient ce site."),
                )
            held = held_by(state, row["organisation"])
        scope = Scope(frozenset(kept for grant in held if (kept := _limited(grant, key))))
        return Reader(scope, key.account, row["compte_nom"], row["organisation"])


def _limited(grant: Grant, key: Key) -> Grant | None:
    """Return a grant as far as a key goes; None where it does not."""
    domains = grant.domains & key.domains
    if not domains:
        return None
    if key.complete or grant.profile != "securise":
        return replace(grant, domains=domains)
    masked: Profile = next(name for name, kinds in WITHIN.items() if grant.perimeter.kind in kinds)
    return Grant(masked, grant.perimeter, domains)


def of_row(of: RowMapping) -> Account:
    """Return the account of a row of the table."""
    named = of["identifiant"], of["nom"], of["organisation"], of["cree_le"], of["ferme_le"] or ""
    return Account(*named, of["courriel"], of["role"])


def _key(of: RowMapping) -> Key:
    domains, expires = frozenset(of["domaines"].split(",")), date.fromisoformat(of["expire_le"])
    revoked = of["revoquee_le"] or ""
    return Key(of["identifiant"], of["compte"], of["nom"], domains, bool(of["complete"]), expires, revoked)


def _account(state: Connection, name: str) -> Account:
    row = state.execute(select(accounts).where(accounts.c.nom == name.strip())).mappings().first()
    if row is None:
        raise _unknown("compte", name, state.execute(select(accounts.c.nom)).scalars())
    return of_row(row)


def _unknown(what: str, value: str, known: Iterable[str]) -> SanoscopeError:
    allowed = sorted(known)
    code = {"compte": "compte-inconnu", "droit": "droit-inconnu", "cle": "cle-inconnue"}[what]
    said = Sentence("« %(nom)s » n'est pas connu.", nom=value)
    return NotFoundError(code, said, allowed=allowed, todo=suggest(value, allowed))


def _named(text: str) -> str:
    name = " ".join(text.split())
    if not _NAME.fullmatch(name):
        raise _no_name(name)
    return name


def _no_name(text: str) -> SanoscopeError:
    return CriterionError(
        "nom-invalide",
        Sentence("« %(nom)s » ne peut pas être un nom.", nom=text),
        allowed=[Sentence("1 à 80 lettres, chiffres, espaces, . @ + - ' & ( )")],
        criterion="nom",
    )


def _role(role: str) -> str:
    if role not in ROLES:
        said = Sentence("« %(nom)s » n'est pas un rôle.", nom=role)
        raise CriterionError("role-inconnu", said, allowed=[name for name in ROLES if name], criterion="role")
    return role
