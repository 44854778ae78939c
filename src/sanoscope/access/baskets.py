"""Baskets that readers saved: a name, an unguessable identifier, establishments. Kept in the workspace's ``state.db``.

There are no accounts: nobody owns a basket, so nobody can change one. Whoever wants another list saves another basket.
"""

import re
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.sentence import Sentence

LONGEST_NAME = 60
"""Characters of a name."""

LARGEST = 500
"""Establishments of a basket: the address of an answer names each (10 characters), and long addresses are refused."""

MOST = 20_000
"""Baskets of a workspace: about 100 MB at worst, so that nobody fills the disk."""

WAIT = 5.0
"""Seconds to wait for another writer."""

_NAME = re.compile(r"[^\W_](?:[\w .'’()/&+-]*[\w.)])?")
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{22}")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS paniers (
    identifiant TEXT PRIMARY KEY,
    nom TEXT NOT NULL,
    cle TEXT NOT NULL UNIQUE,
    finess TEXT NOT NULL,
    cree_le TEXT NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Basket:
    """A saved basket.

    Attributes:
        identifier: 22 characters drawn at random (128 bits): whoever has it has the link.
        name: what its maker called it; no other basket of the workspace has this name.
        finess: its establishments, ascending.
        made: day it was saved (UTC).
    """

    identifier: str
    name: str
    finess: tuple[str, ...]
    made: date


class Baskets:
    """The saved baskets of a workspace; safe to share between threads and processes.

    Args:
        path: the database, made when the first basket is saved.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, text: str) -> Basket | None:
        """Return the basket of an identifier or of a name (whatever its case), None where there is none."""
        if not text or len(text) > LONGEST_NAME or not self.path.exists():
            return None
        with self._opened() as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'paniers'").fetchone():
                return None
            columns = "SELECT identifiant, nom, finess, cree_le FROM paniers"
            row = database.execute(f"{columns} WHERE identifiant = ?", (text,)).fetchone()
            row = row or database.execute(f"{columns} WHERE cle = ?", (_key(text),)).fetchone()
        return Basket(row[0], row[1], tuple(row[2].split(",")), date.fromisoformat(row[3])) if row else None

    def save(self, name: str, finess: Sequence[str]) -> Basket:
        """Keep a basket and return it; the same list under the same name is the basket that is there already.

        Raises:
            CriterionError: ``nom-invalide``, ``nom-pris``, ``panier-vide`` or ``panier-trop-grand``.
            SanoscopeError: ``paniers-pleins`` or ``paniers-indisponibles``.
        """
        basket = Basket(
            secrets.token_urlsafe(16),
            checked_name(name),
            checked_size(tuple(sorted(set(finess)))),
            datetime.now(UTC).date(),
        )
        with self._opened() as database:
            database.execute(_SCHEMA)
            database.execute("BEGIN IMMEDIATE")
            known = database.execute(
                "SELECT identifiant, finess, cree_le, nom FROM paniers WHERE cle = ?", (_key(basket.name),)
            ).fetchone()
            if known and known[1] == ",".join(basket.finess):
                return Basket(known[0], known[3], basket.finess, date.fromisoformat(known[2]))
            if known:
                raise _taken(basket.name)
            if database.execute("SELECT count(*) FROM paniers").fetchone()[0] >= MOST:
                raise SanoscopeError(
                    "paniers-pleins",
                    Sentence("Ce site garde déjà %(most)s paniers.", most=MOST),
                    todo=Sentence("Exportez le vôtre en CSV, et prévenez qui tient ce site."),
                )
            database.execute(
                "INSERT INTO paniers VALUES (?, ?, ?, ?, ?)",
                (basket.identifier, basket.name, _key(basket.name), ",".join(basket.finess), basket.made.isoformat()),
            )
            database.execute("COMMIT")
        return basket

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Yield the database; what is begun and not committed is forgotten."""
        try:
            with closing(sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)) as database:
                yield database
        except sqlite3.Error as error:
            raise SanoscopeError(
                "paniers-indisponibles",
                Sentence("Les paniers enregistrés ne se lisent ni ne s'écrivent en ce moment."),
                todo=Sentence("Réessayez ; sinon, exportez votre sélection en CSV et prévenez qui tient ce site."),
            ) from error


def is_identifier(text: str) -> bool:
    """Tell whether a text may be the identifier of a basket."""
    return bool(_IDENTIFIER.fullmatch(text))


def checked_name(text: str) -> str:
    """Return a name for a basket, blanks made one space.

    Raises:
        CriterionError: ``nom-invalide``: empty, too long, or it may be taken for FINESS, a list or an address.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    wrong = Sentence("est vide") if not name else ""
    if len(name) > LONGEST_NAME:
        wrong = Sentence("a %(n)s caractères", n=len(name))
    elif name and not (_NAME.fullmatch(name) and any(map(str.isalpha, name)) and not _like_finess(name)):
        wrong = Sentence("« %(name)s » n'est pas admis", name=name)
    if wrong:
        raise CriterionError(
            "nom-invalide",
            Sentence("Le nom du panier %(wrong)s.", wrong=wrong),
            allowed=[
                Sentence("1 à %(n)s caractères", n=LONGEST_NAME),
                Sentence("des lettres, au moins une"),
                Sentence("chiffres et espaces"),
                "- _ . ' ( ) / & +",
            ],
            todo=Sentence("Par exemple « CHU de l'Ouest »."),
            criterion="nom",
        )
    return name


def checked_size(finess: tuple[str, ...]) -> tuple[str, ...]:
    """Return the establishments of a basket.

    Raises:
        CriterionError: ``panier-vide`` or ``panier-trop-grand``.
    """
    if not finess:
        raise CriterionError(
            "panier-vide",
            Sentence("Le panier est vide."),
            todo=Sentence("Choisissez au moins un établissement."),
            criterion="panier",
        )
    if len(finess) > LARGEST:
        raise CriterionError(
            "panier-trop-grand",
            Sentence("Le panier aurait %(n)s établissements.", n=len(finess)),
            allowed=[Sentence("%(n)s au plus", n=LARGEST)],
            todo=Sentence("Pour un plus grand ensemble, choisissez une zone, un secteur, une catégorie ou un GHT."),
            criterion="panier",
        )
    return finess


def _taken(name: str) -> CriterionError:
    return CriterionError(
        "nom-pris",
        Sentence("Un autre panier s'appelle déjà « %(name)s ».", name=name),
        todo=Sentence("Choisissez un autre nom ; un panier enregistré ne change pas."),
        criterion="nom",
    )


def _like_finess(name: str) -> bool:
    return bool(re.fullmatch(r"[0-9][0-9ABab][0-9]{7}", name))


def _key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()
