"""What the answers about the catalogue are like: limits, criteria, codes, notices, editions, changes, maps."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sanoscope.api.shapes import Made
from sanoscope.edition.manifest import ProtectionAnnee, Rapprochement, SourcePubliee

Etat = Literal["exact", "masque", "approche", "secret", "sans_objet", "indisponible"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Limits(_Shape):
    """What is answered at most."""

    lignes_par_page: int
    questions_par_lot: int
    questions_par_extraction: int
    heures_extraction_gardee: int
    octets_adresse: int
    secondes_par_question: int
    questions_a_la_fois: int
    questions_en_attente: int
    secondes_attente: int
    cles_refusees_par_heure: int


class WrittenFormat(_Shape):
    """A format: its name, what it is, its media type and extension."""

    nom: str
    libelle: str
    type: str
    extension: str


class Config(_Shape):
    """What this service is, and what it gives at most."""

    api: str
    logiciel: str
    edition: str
    seuil: int
    langues: list[str]
    limites: Limits
    formats: list[WrittenFormat]
    description: str
    catalogue: str
    documentation: str


class Allowed(_Shape):
    """A value that a criterion may have; ``ouvert``: an open reader is answered, ``mois``: by month too."""

    valeur: str
    libelle: str
    ouvert: bool | None = None
    mois: bool | None = None


class CodeLevel(_Shape):
    """Values that are codes: how they are written, where they are listed."""

    niveau: str
    libelle: str
    forme: str
    codes: str
    ouvert: bool | None = None


class Criterion(_Shape):
    """A criterion: its meaning, and its values or where they are."""

    nom: str
    sens: str
    plusieurs: bool
    defaut: str
    valeurs: list[Allowed]
    niveaux: list[CodeLevel]


class Criteria(_Shape):
    """The criteria that a restitution takes, in an edition."""

    restitution: str
    edition: str
    donnees: str
    criteres: list[Criterion]


class Level(_Shape):
    """A level of codes."""

    niveau: str
    libelle: str
    critere: str
    champs: list[str]
    parents: list[str]
    codes: str


class Levels(_Shape):
    """The levels of codes of an edition."""

    edition: str
    niveaux: list[Level]


class Code(_Shape):
    """A code, what is written in its criterion, and the codes that it is in by level."""

    code: str
    libelle: str
    valeur: str
    parents: dict[str, list[str]]


class Codes(_Shape):
    """A page of the codes of a level."""

    edition: str
    niveau: str
    libelle: str
    critere: str
    nombre: int
    page: int
    limite: int
    codes: list[Code]


class Defined(_Shape):
    """A measure, and what it is."""

    nom: str
    libelle: str
    unite: str
    decimales: int
    definition: str


class Notice(_Shape):
    """The notice of a restitution (Markdown), and the definitions of its measures."""

    restitution: str
    titre: str
    langue: str
    notice: str
    mesures: list[Defined]


class Coverage(_Shape):
    """How many establishments sent a year, by the latest month that they sent."""

    annee: int
    mois: int
    etablissements: int
    jusqu_au_mois: dict[str, int]


class HeldField(_Shape):
    """What an edition holds of a field."""

    annees: list[int]
    empreinte: str
    repris: str
    couverture: list[Coverage]
    versions: dict[str, dict[str, int]]
    codes_inconnus: dict[str, int]
    rapprochement: list[Rapprochement]
    protection: list[ProtectionAnnee]


class Publication(_Shape):
    """A day that an edition began to be served; ``retour``: those published after it were withdrawn."""

    edition: str
    instant: str
    retour: bool


class HeldEdition(_Shape):
    """All that readers may know of an edition."""

    nom: str
    etat: str
    cree_le: str
    scelle_le: str
    sceau: str
    publiee: bool
    publications: list[str]
    logiciel: str
    moteur: str
    regles: str
    annees: list[int]
    nomenclatures: dict[str, str]
    source: SourcePubliee | None
    champs: dict[str, HeldField]
    restitutions: list[str]


class Change(_Shape):
    """An edition that was published, and the restitutions that it answers."""

    edition: str
    etat: str
    cree_le: str
    publiee_le: str
    empreinte: str
    source: str
    restitutions: list[str]
    renouvelees: list[str]
    details: str


class Changes(_Shape):
    """The editions published from a day on, the latest first, and the ways back."""

    depuis: str
    changements: list[Change]
    retours: list[Publication]


class Seen(_Shape):
    """A cell as it is shown in one edition."""

    valeur: float | int | None
    etat: Etat


class Move(_Shape):
    """A figure that is not the same in both editions."""

    annee: int
    ligne: list[str]
    mesure: str
    avant: Seen
    apres: Seen
    ecart: float | int | None
    evolution: float | None


class Moves(_Shape):
    """What moved in an answer from one edition to another: counts of figures, and the largest changes."""

    restitution: str
    requete: str
    de: Made
    a: Made
    filigrane: str
    chiffres: int
    nouveaux: int
    disparus: int
    changes: int
    approches: int
    masques: int
    ecarts: list[Move]
    suite: bool


class Geometry(_Shape):
    """A geometry of GeoJSON (RFC 7946): degrees, WGS 84."""

    type: Literal["Point", "MultiPolygon", "LineString"]
    coordinates: list[Any]


class Feature(_Shape):
    """A row of the answer, where it is: its texts, the figure drawn and its state."""

    type: Literal["Feature"]
    id: str
    geometry: Geometry | None
    properties: dict[str, str | float | int | None]


class MapMember(_Shape):
    """What a map is of."""

    titre: str
    requete: str
    edition: Made
    genre: str
    mesure: Defined
    credit: str
    filigrane: str
    notes: list[str]


class FeatureCollection(_Shape):
    """The rows of an answer on a map (GeoJSON, RFC 7946)."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    sanoscope: MapMember


class Chart(_Shape):
    """A chart: its Vega-Lite specification, or why there is nothing to draw."""

    genre: str
    titre: str
    description: str
    refus: str
    specification: dict[str, Any] | None


class Charts(_Shape):
    """The charts of an answer."""

    titre: str
    requete: str
    edition: Made
    filigrane: str
    graphiques: list[Chart]
