"""How a published table is written: its file, its columns, the words that stand for figures that are not there.

These are declared values, filled from ``catalogue/sources/*.yaml`` (`catalogue.source` says what a source is); nothing
here reads a file: `intake.tables` does.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"« {pattern} » n'est pas une expression régulière ({error})") from error
    return pattern


Motif = Annotated[str, AfterValidator(_compiles)]
"""A regular expression that a whole value must match."""

Motifs = dict[str, Motif]
"""All must match: a pattern by column of the file."""

EtatPublie = Literal["masque", "secret", "indisponible", "sans_objet"]
"""What a cell without a figure is, in the words of the column ``NAME_etat`` of exports."""


class Cle(_Frozen):
    """A code of a row.

    Attributes:
        de: the file's column.
        forme: what a code looks like; a row with another is refused.
        caracteres: how many of its first characters are the code; 0 is all.
    """

    de: str
    forme: Motif = ".*"
    caracteres: int = Field(0, ge=0)


class Attribut(_Frozen):
    """What a row says of its establishment.

    Attributes:
        de: the file's column.
        valeurs: what its words become; a word that is not there stays.
    """

    de: str
    valeurs: dict[str, str] = {}


class Mois(_Frozen):
    """Up to which month a row goes.

    Attributes:
        de: the file's column.
        forme: what it looks like, the month in its only group.
    """

    de: str
    forme: Motif


class Niveau(_Frozen):
    """What makes a row one of a level.

    Attributes:
        si: what its columns look like.
        cles: the codes that a row of the level has; all of the file's without it.
        lues: codes that are found otherwise than in the rows of other levels.
    """

    si: Motifs = {}
    cles: tuple[str, ...] = ()
    lues: dict[str, Cle] = {}


class Valeur(_Frozen):
    """A column of figures.

    Attributes:
        de: the file's column.
        suffixe: what follows a figure: ``%``.
        entier: figures are whole numbers.
        etats: words that mean something else than in the other columns; ``""`` is an empty cell.
    """

    de: str
    suffixe: str = ""
    entier: bool = True
    etats: dict[str, EtatPublie] = {}


class Forme(_Frozen):
    """A file of a published table. It is known by its columns.

    Attributes:
        nom: what the file is, in one word.
        genre: ``csv`` or ``json`` (a list of objects); either may be compressed by gzip.
        separateur, codage: of a CSV file.
        decimale, milliers: the mark before decimals, and the one between thousands.
        lignes: of a JSON file, the key of its list of rows; "" where the document is the list.
        attendus: of a JSON file, what it must say elsewhere (``key.key``), or it is another table.
        annee_du_nom: pattern that finds, in a file's name, the last two digits of its year.
        cles: the codes, by dimension.
        attributs: what is said of the establishment: ``raison_sociale``, ``categorie``, ``departement``, ``region``.
        mois: up to which month a row goes; without it, 12.
        libelles: columns of the labels of codes, by dimension: read in the rows of the level of that name.
        total: what makes a row the total of the whole country.
        sous_totaux: what makes a row a total that the rows repeat: read, counted, not kept in editions.
        niveaux: the levels, a row is of the first that fits.
        valeurs: the figures, by measure.
        etats: words that stand for a figure.
    """

    nom: str
    genre: Literal["csv", "json"]
    separateur: str = ","
    codage: Literal["utf-8", "latin-1"] = "utf-8"
    decimale: Literal[".", ","] = "."
    milliers: str = ""
    lignes: str = ""
    attendus: dict[str, str] = {}
    annee_du_nom: Motif = r"(?<!\d)20(\d\d)(?!\d)"
    cles: dict[str, Cle]
    attributs: dict[str, Attribut] = {}
    mois: Mois | None = None
    libelles: dict[str, str] = {}
    total: Motifs = {}
    sous_totaux: Motifs = {}
    niveaux: dict[str, Niveau]
    valeurs: dict[str, Valeur]
    etats: dict[str, EtatPublie]

    @model_validator(mode="after")
    def _coherent(self) -> "Forme":
        if self.genre == "csv" and (self.lignes or self.attendus):
            raise ValueError(f"{self.nom} : « lignes » et « attendus » ne valent que pour le JSON")
        for level, niveau in self.niveaux.items():
            if unknown := {*niveau.cles, *niveau.lues} - set(self.cles):
                raise ValueError(f"{self.nom}, niveau {level} : clé inconnue ({', '.join(sorted(unknown))})")
        return self

    def codes(self, niveau: str) -> tuple[str, ...]:
        """Return the codes that rows of a level have; a total has none."""
        return (self.niveaux[niveau].cles or tuple(self.cles)) if niveau in self.niveaux else ()

    @property
    def colonnes(self) -> frozenset[str]:
        """The file's columns that are used: it must have them all."""
        keys = [*self.cles.values(), *(key for niveau in self.niveaux.values() for key in niveau.lues.values())]
        conditions = [self.total, self.sous_totaux, *(niveau.si for niveau in self.niveaux.values())]
        return frozenset(
            [
                *(key.de for key in keys),
                *(attribute.de for attribute in self.attributs.values()),
                *([self.mois.de] if self.mois else []),
                *self.libelles.values(),
                *(column for patterns in conditions for column in patterns),
                *(value.de for value in self.valeurs.values()),
            ]
        )
