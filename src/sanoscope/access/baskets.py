"""Baskets that readers saved: a name, an unguessable identifier, establishments. Kept in the workspace's state.

There are no accounts: nobody owns a basket, so nobody can change one. Whoever wants another list saves another basket.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, or_, select

from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.sentence import Sentence
from sanoscope.state.database import UnavailableError, reading, writing
from sanoscope.state.tables import baskets as saved
from sanoscope.workspace import Workspace

LONGEST_NAME = 60
"""Characters of a name."""

LARGEST = 500
"""Establishments of a basket: the address of an answer names each (10 characters), and long addresses are refused."""

MOST = 20_000
"""Baskets of a workspace: about 100 MB at worst, so that nobody fills the disk."""

_NAME = re.compile(r"[^\W_](?:[\w .'’()/&+-]*[\w.)])?")
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{22}")


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
        workspace: where they are; nothing is made there until the first is saved.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def find(self, text: str) -> Basket | None:
        """Return the basket of an identifier or of a name (whatever its case), None where there is none."""
        if not text or len(text) > LONGEST_NAME or "\0" in text:
            return None
        wanted = select(saved).where(or_(saved.c.identifiant == text, saved.c.cle == _key(text)))
        with _said(), reading(self.workspace) as state:
            found = state.execute(wanted.order_by(saved.c.identifiant != text)).mappings().first() if state else None
        if not found:
            return None
        made = date.fromisoformat(found["cree_le"])
        return Basket(found["identifiant"], found["nom"], tuple(found["finess"].split(",")), made)

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
        with _said(), writing(self.workspace) as state:
            known = state.execute(select(saved).where(saved.c.cle == _key(basket.name))).mappings().first()
            if known and known["finess"] == ",".join(basket.finess):
                made = date.fromisoformat(known["cree_le"])
                return Basket(known["identifiant"], known["nom"], basket.finess, made)
            if known:
                raise _taken(basket.name)
            if state.execute(select(func.count()).select_from(saved)).scalar_one() >= MOST:
                raise SanoscopeError(
                    "paniers-pleins",
                    Sentence("Ce site garde déjà %(most)s paniers.", most=MOST),
                    todo=Sentence("Exportez le vôtre en CSV, et prévenez qui tient ce site."),
                )
            state.execute(
                saved.insert().values(
                    identifiant=basket.identifier,
                    nom=basket.name,
                    cle=_key(basket.name),
                    finess=",".join(basket.finess),
                    cree_le=basket.made.isoformat(),
                )
            )
        return basket


@contextmanager
def _said() -> Iterator[None]:
    """Say in the words of baskets that the state is not there."""
    try:
        yield
    except UnavailableError as error:
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
