"""Who a request comes from: what he may see, and in whose name what leaves is marked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sanoscope.access.scope import OPEN, Scope
from sanoscope.sentence import Name, Sentence

ROLES: Mapping[str, str] = {
    "": Sentence("lecteur"),
    "organisation": Sentence("administrateur de son organisation"),
    "site": Sentence("administrateur du site"),
}
"""What an account administers, in words: nothing; the accounts of its organisation; all accounts, and the rights."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader.

    Attributes:
        scope: what he may see.
        account: identifier of his account, "" for none.
        name, organisation: what it is called, whose it is.
        role: what it administers (`ROLES`); "" for nothing, and for whoever shows a key.
        session: identifier of the session that he is signed in by; "" for none, and for whoever shows a key.
    """

    scope: Scope = OPEN
    account: str = ""
    name: str = ""
    organisation: str = ""
    role: str = ""
    session: str = ""

    def mark(self) -> str:
        """Return what is written on all that tells small counts: what it is, to whom it was given, when (UTC)."""
        now = datetime.now(UTC)
        return Sentence(
            "Version complète, petits effectifs compris : ne pas diffuser. "
            "Remise à %(nom)s le %(jour)s à %(heure)s (UTC).",
            nom=Name(self.name),
            jour=now.date(),
            heure=f"{now:%H:%M}",
        )


ANYBODY = Reader()
