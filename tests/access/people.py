"""Accounts that sign in, and the clock of their telephones."""

from dataclasses import dataclass

import pyotp
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from sanoscope.access import passwords as module
from sanoscope.access.accounts import Account, Accounts
from sanoscope.access.passwords import Passwords, new_secret
from sanoscope.workspace import Workspace

PASSWORD = "cheval pile agrafe correcte"


class Clock:
    """The clock by which codes are made and taken; each code that is asked for is of the next half minute.

    Passwords are hashed at the least cost: what is tried is not how long it takes.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 1_800_000_000
        patch.setattr(module, "_seconds", lambda: self.now)
        cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
        patch.setattr(module, "_hasher", cheap)
        patch.setattr(module, "_nobody", cheap.hash("personne"))

    def code(self, secret: str) -> str:
        """Return the code of a secret, which has not served."""
        self.now += 30
        return pyotp.TOTP(secret).at(self.now)


@dataclass(frozen=True)
class Person:
    """Somebody who has an account, a password and a telephone."""

    account: Account
    secret: str
    clock: Clock

    def shown(self, **other: str) -> dict[str, str]:
        """Return what he types to sign in."""
        return {"nom": self.account.name, "mot_de_passe": PASSWORD, "code": self.clock.code(self.secret)} | other


def person(workspace: Workspace, clock: Clock, name: str, organisation: str = "ARS", role: str = "") -> Person:
    """Open an account and join by its link."""
    account = Accounts(workspace).open(name, organisation, address=f"{name}@exemple.fr", role=role)
    known, secret = Passwords(workspace), new_secret()
    known.join(known.invite(account), PASSWORD, secret, clock.code(secret))
    return Person(account, secret, clock)
