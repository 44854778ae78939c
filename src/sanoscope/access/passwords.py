"""Signing in by a password and a second factor, both of here: joining by a link, signing in, choosing another.

Passwords are kept as argon2id hashes, and have to be hard to guess (zxcvbn, as NIST SP 800-63B-4 and ANSSI ask: no
rule of composition). The second factor is a code of 30 seconds (TOTP, RFC 6238); each serves once. A refusal never says
what was wrong, and takes as long whether the account is there or not.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta

import pyotp
from pwdlib import PasswordHash
from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from zxcvbn_rs_py import zxcvbn

from sanoscope.access.accounts import Account, of_row
from sanoscope.access.journal import OPERATOR, Journal
from sanoscope.access.sessions import REFUSED, end_all
from sanoscope.errors import CriterionError, NotFoundError, SanoscopeError, SignInError
from sanoscope.sentence import Sentence
from sanoscope.state.database import reading, writing
from sanoscope.state.tables import accounts, links, passwords, written
from sanoscope.state.tokens import fingerprint
from sanoscope.workspace import Workspace

JOIN, RENEW = "rejoindre", "mot-de-passe"
"""What a link is for: to choose a password and a second factor, or another password."""

VALID = {JOIN: timedelta(days=7), RENEW: timedelta(hours=1)}
"""How long a link holds."""

SHORTEST, LONGEST = 12, 256
"""Characters of a password."""

GUESSED = 100
"""Characters of a password that are tried to be guessed: longer ones are hard anyway, and long to try."""

HARD = 3
"""Score of zxcvbn, of 0 to 4, from which a password is hard to guess: more than 10^8 tries."""

SITE = "Sanoscope"
"""What an application of codes calls us."""

_hasher = PasswordHash.recommended()
_nobody = _hasher.hash(secrets.token_urlsafe(16))
"""What the password of an account that is not there is compared with: it takes as long."""


class Passwords:
    """The passwords of a workspace's accounts; safe to share between threads and processes.

    Args:
        workspace: whose accounts.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self._journal = workspace, Journal(workspace)

    def invite(self, account: Account, use: str = JOIN, *, by: str = OPERATOR) -> str:
        """Make the link of an account, instead of those that it has; return its token, which is kept nowhere.

        Raises:
            SanoscopeError: those of `writing`.
        """
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        with writing(self.workspace) as state:
            state.execute(delete(links).where(links.c.compte == account.identifier))
            state.execute(delete(links).where(links.c.expire_le < written(now)))
            row = {"empreinte": fingerprint(token), "compte": account.identifier, "usage": use}
            state.execute(insert(links).values(**row, cree_le=written(now), expire_le=written(now + VALID[use])))
            self._journal.add(state, by, "lien-fait", compte=account.name, usage=use)
        return token

    def of_address(self, address: str) -> Account | None:
        """Return the one account that has a mail address and a password, None for none or several."""
        wanted = select(accounts).join(passwords).where(accounts.c.courriel == address, accounts.c.ferme_le.is_(None))
        with reading(self.workspace) as state:
            found = state.execute(wanted).mappings().all() if state else []
        return of_row(found[0]) if len(found) == 1 else None

    def holder(self, token: str, use: str) -> Account:
        """Return the account of a link.

        Raises:
            NotFoundError: ``lien-perime``.
            SanoscopeError: those of `reading`.
        """
        with reading(self.workspace) as state:
            return _holder(state, fingerprint(token), use)

    def join(self, token: str, password: str, secret: str, code: str) -> Account:
        """Give the account of a link its password and its second factor; every session of it ends, the link too.

        Args:
            token: of a link to join.
            password: see `check_password`.
            secret: of the second factor, as `new_secret` makes it.
            code: of now, by that secret.

        Raises:
            NotFoundError: ``lien-perime``.
            CriterionError: ``mot-de-passe-faible``, ``code-faux``.
            SanoscopeError: those of `writing`.
        """
        step = _step(secret, code) if _is_secret(secret) else None
        if step is None:
            raise _wrong_code()
        check_password(password, self.holder(token, JOIN))
        row = {"mot_de_passe": _hasher.hash(password), "totp": secret, "totp_pas": step, "change_le": _now()}
        with writing(self.workspace) as state:
            account = taken(state, fingerprint(token), JOIN)
            state.execute(delete(passwords).where(passwords.c.compte == account.identifier))
            state.execute(insert(passwords).values(compte=account.identifier, **row))
            self._journal.add(state, account.name, "mot-de-passe-choisi", usage=JOIN)
        return account

    def renew(self, token: str, password: str, code: str) -> Account:
        """Give the account of a link another password, by its second factor; every session of it ends, the link too.

        Raises:
            NotFoundError: ``lien-perime``.
            CriterionError: ``mot-de-passe-faible``, ``code-faux``.
            SanoscopeError: those of `writing`.
        """
        account = self.holder(token, RENEW)
        check_password(password, account)
        hashed = _hasher.hash(password)
        with writing(self.workspace) as state:
            if not _code_taken(state, account.identifier, code):
                raise _wrong_code()
            taken(state, fingerprint(token), RENEW)
            _change(state, account.identifier, hashed)
            self._journal.add(state, account.name, "mot-de-passe-choisi", usage=RENEW)
        return account

    def change(self, account: Account, old: str, new: str, code: str) -> None:
        """Give an account another password, by the one it has and its second factor; its sessions go on.

        Raises:
            CriterionError: ``mot-de-passe-faible``.
            SignInError: ``connexion-refusee``.
            SanoscopeError: those of `writing`.
        """
        check_password(new, account)
        self.sign_in(account.name, old, code)
        with writing(self.workspace) as state:
            _change(state, account.identifier, _hasher.hash(new))
            self._journal.add(state, account.name, "mot-de-passe-choisi", usage="compte")

    def has_one(self, account: str) -> bool:
        """Tell whether an account, by identifier, signs in by a password."""
        with reading(self.workspace) as state:
            own = select(passwords.c.compte).where(passwords.c.compte == account)
            return state is not None and state.execute(own).first() is not None

    def sign_in(self, name: str, password: str, code: str) -> Account:
        """Return the account that a name, a password and a code are of; the code serves no more.

        Raises:
            SignInError: ``connexion-refusee``: it does not say what was wrong.
            SanoscopeError: those of `writing`.
        """
        wanted = select(accounts, passwords).join(passwords)
        with reading(self.workspace) as state:
            its = wanted.where(accounts.c.nom == name.strip(), accounts.c.ferme_le.is_(None))
            row = state.execute(its).mappings().first() if state is not None else None
        typed = password if len(password) <= LONGEST else ""  # as it is, or not at all: never its beginning
        good, better = _hasher.verify_and_update(typed, row["mot_de_passe"] if row else _nobody)
        if row is None:
            raise refused()
        with writing(self.workspace) as state:
            if good and _code_taken(state, row["identifiant"], code):
                if better:
                    _change(state, row["identifiant"], better)
                return of_row(row)
            self._journal.add(state, row["nom"], REFUSED, par="mot de passe")
        raise refused()


def new_secret() -> str:
    """Return the secret of a second factor (160 bits, base 32)."""
    return pyotp.random_base32()


def address_of(secret: str, account: Account) -> str:
    """Return what an application of codes reads (``otpauth://``), from a QR code or a link."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name=SITE)


def check_password(password: str, account: Account) -> None:
    """Do nothing if a password is long and hard to guess, for who knows its account.

    Raises:
        CriterionError: ``mot-de-passe-faible``.
    """
    own = password[:GUESSED].casefold()
    for known in filter(None, (account.name, account.organisation, account.address, SITE)):
        own = own.replace(known.casefold(), "")
    if SHORTEST <= len(password) <= LONGEST and int(zxcvbn(own).score) >= HARD:
        return
    raise CriterionError(
        "mot-de-passe-faible",
        Sentence("Ce mot de passe est trop court, ou trop facile à deviner."),
        allowed=[Sentence("%(a)s à %(b)s caractères", a=SHORTEST, b=LONGEST)],
        todo=Sentence("Quatre ou cinq mots sans rapport entre eux font un bon mot de passe."),
        criterion="mot_de_passe",
    )


def refused() -> SignInError:
    """Return the refusal of who signs in."""
    return SignInError(
        REFUSED,
        Sentence("Ce nom, ce mot de passe et ce code ne vont pas ensemble."),
        todo=Sentence("Vérifiez-les ; chaque code ne sert qu'une fois : attendez le suivant."),
    )


def _holder(state: Connection | None, of: str, use: str) -> Account:
    wanted = select(accounts).join(links).where(links.c.empreinte == of, links.c.usage == use)
    live = wanted.where(links.c.expire_le > _now(), accounts.c.ferme_le.is_(None))
    row = state.execute(live).mappings().first() if state is not None else None
    if row is None:
        raise NotFoundError(
            "lien-perime",
            Sentence("Ce lien ne sert plus : il a déjà servi, ou son temps est passé."),
            todo=Sentence("Demandez-en un autre à qui tient ce site."),
        )
    return of_row(row)


def taken(state: Connection, link: str, use: str) -> Account:
    """Return the account of a link, by its SHA-256, that then serves no more; its sessions end.

    Raises:
        NotFoundError: ``lien-perime``.
    """
    account = _holder(state, link, use)
    state.execute(delete(links).where(links.c.compte == account.identifier))
    end_all(state, account.identifier)
    return account


def _change(state: Connection, account: str, hashed: str) -> None:
    own = passwords.c.compte == account
    state.execute(update(passwords).where(own).values(mot_de_passe=hashed, change_le=_now()))


def _code_taken(state: Connection, account: str, code: str) -> bool:
    """Tell whether a code is the one of an account, and later than the last one that was taken: then it is the last."""
    own = passwords.c.compte == account
    row: RowMapping | None = state.execute(select(passwords).where(own)).mappings().first()
    step = _step(row["totp"], code) if row else None
    if row is None or step is None or step <= row["totp_pas"]:
        return False
    state.execute(update(passwords).where(own).values(totp_pas=step))
    return True


def _step(secret: str, code: str) -> int | None:
    """Return the step of time that a code is of: the present one, or one before or after it; None for none."""
    clock, typed = pyotp.TOTP(secret), "".join(code.split())
    now = int(_seconds()) // clock.interval
    steps = (step for step in (now - 1, now, now + 1) if secrets.compare_digest(clock.generate_otp(step), typed))
    return next(steps, None) if typed.isascii() else None


def _is_secret(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def _wrong_code() -> SanoscopeError:
    return CriterionError(
        "code-faux",
        Sentence("Ce code n'est pas celui de l'instant."),
        todo=Sentence("Attendez le suivant, et vérifiez l'heure de votre téléphone."),
        criterion="code",
    )


def _seconds() -> float:
    return time.time()


def _now() -> str:
    return written(datetime.now(UTC))
