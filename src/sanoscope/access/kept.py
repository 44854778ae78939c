"""Addresses of the site that an account keeps under a name: restitutions, questions, baskets, any page.

An address means one thing, so a question is kept by its address; whoever opens it is answered by his own rights. One
that is shared is seen by all the accounts of the organisation.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, select, update

from sanoscope.access.reader import Reader
from sanoscope.errors import CriterionError
from sanoscope.sentence import Sentence
from sanoscope.state.database import reading, writing
from sanoscope.state.tables import accounts, kept, written
from sanoscope.workspace import Workspace

MOST = 200
"""Addresses of an account."""

LONGEST_NAME, LONGEST = 120, 12_000
"""Characters of a name; of an address (500 establishments named one by one are 10,000)."""


@dataclass(frozen=True, slots=True)
class Saved:
    """An address that is kept.

    Attributes:
        identifier: names it.
        name, address: what its keeper called it; a path and a query, without language.
        shared: whether those of his organisation see it.
        keeper: the name of the account.
        day: when it was kept (UTC, ISO 8601).
    """

    identifier: str
    name: str
    address: str
    shared: bool
    keeper: str
    day: str

    @property
    def kind(self) -> str:
        """What it is: ``question``, ``restitution``, ``fiche``, ``panier`` or ``page``."""
        path, _, query = self.address.partition("?")
        first, _, rest = path.lstrip("/").partition("/")
        if first == "restitutions" and rest:
            return "question" if query else "restitution"
        return {"fiches": "fiche", "paniers": "panier"}.get(first, "page") if rest else "page"


class Kept:
    """The addresses that the accounts of a workspace keep; safe to share between threads and processes.

    Args:
        workspace: where they are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def keep(self, reader: Reader, name: str, address: str) -> None:
        """Keep an address of a reader's, under another name where he has it already.

        Raises:
            CriterionError: ``adresse-invalide``, ``nom-invalide``, ``trop-d-adresses``.
            SanoscopeError: those of `writing`.
        """
        named, address = _named(name), _checked(address)
        with writing(self.workspace) as state:
            own = kept.c.compte == reader.account
            if state.execute(update(kept).where(own, kept.c.adresse == address).values(nom=named)).rowcount:
                return
            if state.execute(select(func.count()).select_from(kept).where(own)).scalar_one() >= MOST:
                raise CriterionError(
                    "trop-d-adresses",
                    Sentence("Vous gardez déjà %(n)s adresses.", n=MOST),
                    todo=Sentence("Oubliez-en."),
                )
            state.execute(
                insert(kept).values(
                    identifiant=secrets.token_urlsafe(9),
                    compte=reader.account,
                    nom=named,
                    adresse=address,
                    partage=0,
                    cree_le=written(datetime.now(UTC)),
                )
            )

    def own(self, reader: Reader) -> Sequence[Saved]:
        """Return what a reader keeps, by name."""
        with reading(self.workspace) as state:
            return [] if state is None else _found(state, kept.c.compte == reader.account)

    def shared(self, reader: Reader) -> Sequence[Saved]:
        """Return what the others of his organisation share, by name; what a closed account shared goes on."""
        others = (kept.c.compte != reader.account) & (kept.c.partage == 1)
        with reading(self.workspace) as state:
            return [] if state is None else _found(state, others & (accounts.c.organisation == reader.organisation))

    def share(self, reader: Reader, identifier: str, *, shared: bool) -> None:
        """Share an address that a reader keeps, or no more; one that is not his is left."""
        with writing(self.workspace) as state:
            its = (kept.c.compte == reader.account, kept.c.identifiant == identifier)
            state.execute(update(kept).where(*its).values(partage=int(shared)))

    def forget(self, reader: Reader, identifier: str) -> None:
        """Forget an address that a reader keeps; one that is not his is left."""
        with writing(self.workspace) as state:
            state.execute(delete(kept).where(kept.c.compte == reader.account, kept.c.identifiant == identifier))


def _found(state: Connection, wanted: ColumnElement[bool]) -> list[Saved]:
    own = select(kept, accounts.c.nom.label("gardien")).join(accounts).where(wanted)
    return [_saved(row) for row in state.execute(own.order_by(func.lower(kept.c.nom), kept.c.identifiant)).mappings()]


def _saved(of: RowMapping) -> Saved:
    return Saved(of["identifiant"], of["nom"], of["adresse"], bool(of["partage"]), of["gardien"], of["cree_le"])


def _named(text: str) -> str:
    name = " ".join(text.split())[:LONGEST_NAME]
    if not name or not name.isprintable():
        raise CriterionError("nom-invalide", Sentence("Donnez un nom à cette adresse."), criterion="nom")
    return name


def _checked(address: str) -> str:
    """Return an address of this site.

    Raises:
        CriterionError: ``adresse-invalide``.
    """
    ours = address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
    if not ours or " " in address or len(address) > LONGEST:
        raise CriterionError(
            "adresse-invalide",
            Sentence("Ce n'est pas une adresse de ce site."),
            todo=Sentence("Gardez-la depuis sa page."),
            criterion="adresse",
        )
    return address
