"""How an official file of indicators is written: its name, its keys, the words that stand for figures.

These are declared values, filled from ``catalogue/sources/*.yaml`` (`catalogue.source` says what a source of
indicators is); nothing here reads a file: `intake.indicators` does.
"""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sanoscope.intake.forms import Attribut, EtatPublie, Forme, Motif

FINESS = r"\d[\dAB]\d{7}"
"""What a FINESS looks like."""


class Croisement(BaseModel):
    """A code that crosses the entity's: a row is of both.

    Attributes:
        de: the file's column.
        forme: what a code looks like; a row with another is refused.
        libelle: column of its name, "" for none.
        noms: its names, where the file has no such column and codes are few.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    de: str
    forme: Motif = ".+"
    libelle: str = ""
    noms: dict[str, str] = {}

    @model_validator(mode="after")
    def _named_once(self) -> "Croisement":
        if self.libelle and self.noms:
            raise ValueError("croise : « libelle » ou « noms »")
        return self


class FormeIndicateurs(BaseModel):
    """A file of indicators. It is known by its name, and must have its columns.

    Its columns are named in small letters, here and in what is read of it. Every column that is neither a key nor left
    out is an indicator, ``TABLE.COLUMN``, whether the catalogue says more of it or not.

    Attributes:
        nom: the table, in one word; "" where the name of the file says it, in the group ``table`` of ``motif``.
        motif: the file's whole name, without ``.gz``; its group ``annee`` is the year, of two or four digits.
        genre: ``csv`` or ``xlsx`` (its first sheet).
        separateur, codage: of a CSV file; of several separators, the one that its first line has most is its own.
        entite: column of the entity's code; ``forme``: what a code looks like.
        dimension: what an entity is: an establishment, or what else a code of this dimension is.
        croise: codes that cross it, by dimension.
        juridique, libelle: columns of the FINESS of the legal entity and of the entity's name, where the file has them.
        annee: column of the year, "" for none; it must say what the name of the file says.
        attributs: what is said of the entity, by name: its ``categorie``, its size; they are kept with it.
        cles: columns that tell the rows of an entity apart (a trade, a discipline); those that the file has.
        laissees: columns that are no indicators.
        renommees: columns that a year calls otherwise: by its name there, the one it has in the other years.
        suffixe: what may follow a figure: ``%``.
        etats: what a value that is no figure means, by pattern of the whole; the first that fits; what fits none is a
            text (a class, an answer).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    nom: str = Field("", pattern=r"[a-z0-9_]*")
    motif: Motif
    genre: Literal["csv", "xlsx"] = "csv"
    separateur: str = Field(";", min_length=1)
    codage: Literal["utf-8", "cp1252"] = "utf-8"
    entite: str
    forme: Motif = FINESS
    dimension: str = "finess"
    croise: dict[str, Croisement] = {}
    juridique: str = ""
    libelle: str = ""
    annee: str = ""
    attributs: dict[str, Attribut] = {}
    cles: tuple[str, ...] = ()
    laissees: tuple[str, ...] = ()
    renommees: dict[str, str] = {}
    suffixe: str = ""
    etats: dict[Motif, EtatPublie] = {"": "indisponible"}

    @model_validator(mode="after")
    def _named(self) -> "FormeIndicateurs":
        groups = set(re.compile(self.motif).groupindex)
        if "annee" not in groups or ("table" in groups) == bool(self.nom):
            raise ValueError("motif : il y faut le groupe « annee », et « table » si la forme n'a pas de nom")
        return self

    @property
    def exigees(self) -> tuple[str, ...]:
        """Columns that a file must have."""
        crossed = (column for one in self.croise.values() for column in (one.de, one.libelle))
        return tuple(filter(None, (self.entite, self.annee, *crossed)))

    @property
    def dites(self) -> tuple[str, ...]:
        """Columns that say what a row is of, beside its keys."""
        said = (self.juridique, self.libelle, *(one.de for one in self.attributs.values()))
        return (*self.exigees, *filter(None, said))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What a row is of: the entity's dimension, and those that cross it."""
        return (self.dimension, *self.croise)


class Attendu(BaseModel):
    """A source as intake knows it: its name, and the tables of a year or the files of indicators it may come in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nom: str
    annee: int
    fichiers: tuple[Forme, ...] = ()
    indicateurs: tuple[FormeIndicateurs, ...] = ()
