"""What the answers of the API are like, as its description tells it; a test holds each answer to it."""

from typing import Annotated, Any, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr

from sanoscope.edition.manifest import Rapprochement, SourcePubliee


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(_Shape):
    """A refusal (RFC 9457): its code for machines, what was wrong, what is admitted, what to do."""

    type: str
    title: str
    status: int
    code: str
    admis: list[str]
    conseil: str


class Health(_Shape):
    """Whether the service lives: which edition it serves."""

    etat: Literal["bon", "mauvais"]
    edition: str
    version: str


class Ready(Health):
    """Whether it can answer: each of its checks."""

    controles: dict[str, Literal["bon", "mauvais"]]


class Described(_Shape):
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


class Detailed(Described):
    """The same with its notice and its measures."""

    notice: str
    mesures: list[dict[str, Any]]


class Field(_Shape):
    """A field of an edition: its years, where their lines went."""

    annees: list[int]
    rapprochement: list[Rapprochement]


class Edition(_Shape):
    """A published edition."""

    nom: str
    etat: str
    cree_le: str
    annees: list[int]
    publiee: bool
    source: SourcePubliee | None
    champs: dict[str, Field]


class Made(_Shape):
    """The edition that answered."""

    nom: str
    etat: str
    date: str


class Sense(_Shape):
    """A state that figures are in, and what it means."""

    etat: str
    sens: str


class Column(_Shape):
    """A column of a table; a measure has its unit, its decimals, its definition.

    ``decimales_lignes``: the decimals that each row is shown with, where they are not all ``decimales``.
    """

    nom: str
    libelle: str
    genre: Literal["texte", "mesure"]
    unite: str = ""
    decimales: int = 0
    definition: str = ""
    decimales_lignes: list[int] = []


class Pagination(_Shape):
    """Which page of a table its rows are: its number, how many there are, rows of a page, rows of the table."""

    page: int
    pages: int
    limite: int
    lignes: int


class Data(_Shape):
    """A table: rows have ``genre`` (``detail`` or ``total``), each column, and ``_etat`` beside each measure."""

    titre: str
    requete: str
    pagination: Pagination | None = None
    edition: Made
    notes: list[str]
    legende: list[Sense]
    colonnes: list[Column]
    lignes: list[dict[str, str | float | int | None]]


class JsonStat(BaseModel):
    """The same table in JSON-stat 2.0, a dataset: its figures along dimensions, the state of each."""

    model_config = ConfigDict(extra="allow")

    version: Literal["2.0"]
    kind: Literal["dataset"] = pydantic.Field(alias="class")
    id: list[str]
    size: list[int]
    dimension: dict[str, Any]
    value: list[float | int | None] | dict[str, float | int]
    status: dict[str, str]


class Link(_Shape):
    """A restitution that answers about what was found."""

    slug: str
    titre: str
    page: str
    donnees: str


class Result(_Shape):
    """Something that was found, and how it is asked for."""

    niveau: str
    niveau_libelle: str
    code: str
    libelle: str
    precision: str
    critere: str
    valeur: str
    restitutions: list[Link]


class Group(_Shape):
    """What was found of a kind; ``suite``: there is more."""

    genre: str
    suite: bool
    resultats: list[Result]


class Results(_Shape):
    """What was found."""

    q: str
    edition: str
    exact: bool
    nombre: int
    groupes: list[Group]


class Fiche(_Shape):
    """A fiche, and what may be asked of it."""

    slug: str
    titre: str
    objet: str
    contenu: list[str]
    theme: str
    champs: list[str]
    acces: str
    sujet: str
    niveaux: list[str]
    criteres: dict[str, str]
    restitutions: list[str]
    fiche: str
    page: str


class Subject(_Shape):
    """What a fiche is about."""

    genre: str
    code: str
    nom: str


class Refused(_Shape):
    """Why a block has no answer."""

    code: str
    message: str
    conseil: str = ""


class Comparison(_Shape):
    """What a block is set beside."""

    comparer: str
    refus: Refused | None = None
    nom: str = ""
    requete: str = ""
    donnees: str = ""
    tableau: Data | None = None


class Block(_Shape):
    """A block: its question, what it shows of the answer."""

    titre: str
    affichage: str
    restitution: str
    refus: Refused | None = None
    requete: str = ""
    page: str = ""
    donnees: str = ""
    image: str = ""
    tableau: Data | None = None
    lignes_laissees: int = 0
    comparaisons: list[Comparison] = []


class Sheet(_Shape):
    """A fiche about a subject."""

    fiche: str
    titre: str
    objet: str
    sujet: Subject
    annee: int
    requete: str
    editions: list[Made]
    blocs: list[Block]


class Question(_Shape):
    """A question of a batch: the restitution, and the criteria by name, as an address has them."""

    restitution: str
    criteres: dict[str, StrictStr | Annotated[StrictInt, pydantic.Field(ge=0, le=999_999_999)]] = {}


class Batch(_Shape):
    """Several questions, and the format of the answers."""

    questions: list[Question] = pydantic.Field(min_length=1)
    format: str = "json"


class Reply(_Shape):
    """What one question of a batch is answered: a table, or why there is none."""

    statut: int
    tableau: Data | None = None
    probleme: Problem | None = None


class Extraction(_Shape):
    """An extraction: how far it is. ``fichier`` is where its file is once it is made, ``probleme`` why it is not."""

    extraction: str
    etat: Literal["en attente", "en cours", "faite", "refusée"]
    format: str
    questions: int
    faites: int
    refusees: int
    cree_le: str
    fini_le: str | None = None
    expire_le: str | None = None
    fichier: str | None = None
    octets: int | None = None
    probleme: Problem | None = None
