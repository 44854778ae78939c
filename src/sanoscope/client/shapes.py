"""What the API says beside its tables, as Python's type checkers know it; a site that says more is read as well."""

from typing import Any, TypedDict


class Decrite(TypedDict):
    """A restitution, and what may be asked of it."""

    slug: str
    titre: str
    objet: str
    contenu: list[str]
    theme: str
    sous_theme: str
    champ: str
    acces: str
    rythme: str
    source: str
    criteres: dict[str, str]
    regroupements: list[str]
    activites: list[str]
    formats: list[str]
    donnees: str


class Detaillee(Decrite):
    """The same with its notice (Markdown) and its measures."""

    notice: str
    mesures: list[dict[str, Any]]


class Valeur(TypedDict):
    """A value that a criterion takes.

    ``ouvert``: it is answered to anybody; ``mois``: by month too; None where it is not told.
    """

    valeur: str
    libelle: str
    ouvert: bool | None
    mois: bool | None


class Niveau(TypedDict):
    """A level whose codes a criterion takes, how they are written in it, and where they are."""

    niveau: str
    libelle: str
    forme: str
    codes: str
    ouvert: bool | None


class CritereDit(TypedDict):
    """A criterion of a restitution: what it means, what it is by default, what it may be."""

    nom: str
    sens: str
    plusieurs: bool
    defaut: str
    valeurs: list[Valeur]
    niveaux: list[Niveau]


class Code(TypedDict):
    """A code of a level, what is written in its criterion, and the codes that it is in by level."""

    code: str
    libelle: str
    valeur: str
    parents: dict[str, list[str]]


class EditionPubliee(TypedDict):
    """A published edition; ``publiee``: it is the one that answers by default."""

    nom: str
    etat: str
    cree_le: str
    annees: list[int]
    publiee: bool
    source: dict[str, Any] | None
    champs: dict[str, dict[str, Any]]


class Lien(TypedDict):
    """A restitution that answers about what was found."""

    slug: str
    titre: str
    page: str
    donnees: str


class Resultat(TypedDict):
    """Something that was found, and how it is asked for: ``critere`` = ``valeur``."""

    niveau: str
    niveau_libelle: str
    code: str
    libelle: str
    precision: str
    critere: str
    valeur: str
    restitutions: list[Lien]


class Groupe(TypedDict):
    """What was found of a kind; ``suite``: there is more."""

    genre: str
    suite: bool
    resultats: list[Resultat]


class Trouvailles(TypedDict):
    """What was found; ``exact``: as it was written, otherwise what is nearest."""

    q: str
    edition: str
    exact: bool
    nombre: int
    groupes: list[Groupe]
