"""A control: what must hold of an edition before it is published, from when it is worth a warning, or blocks.

``catalogue/controles.yaml`` lists them; these are its types. `edition.controls` measures, `edition.check` judges.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sanoscope.catalogue.field import Frozen

Niveau = Literal["note", "alerte", "bloque"]
"""What a control says of an edition: nothing to see, to be looked at, not to be published."""

NIVEAUX: tuple[Niveau, ...] = ("note", "alerte", "bloque")
"""From the least to the worst."""


class Seuils(Frozen):
    """Above what a control warns, and above what it blocks, in its unit; None is never."""

    alerte: float | None = Field(None, ge=0)
    bloque: float | None = Field(None, ge=0)

    def niveau(self, valeur: float) -> Niveau:
        """Return the level of what was measured."""
        if self.bloque is not None and valeur > self.bloque:
            return "bloque"
        return "alerte" if self.alerte is not None and valeur > self.alerte else "note"


class _Controle(Frozen):
    """What every control has.

    Attributes:
        code: stable, by which an operator names it.
        libelle: what it looks at.
        pourquoi: what a fault would mean.
        que_faire: what to do about it.
    """

    code: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    libelle: str
    pourquoi: str
    que_faire: str


class Integrite(_Controle):
    """What is true or not: one fault blocks, and no operator can have it otherwise.

    Attributes:
        genre: ``empreinte``, the tables are those that were built; ``rapprochement``, every line is in a cube or in a
            named exclusion; ``agregats``, every rollup adds up to its cube; ``certificat``, the open store is what its
            certificate proves; ``bruites``, what is told with a noise is what the key gives; ``tables``, the tables
            of a published source have the rows that were received.
    """

    genre: Literal["empreinte", "rapprochement", "agregats", "certificat", "bruites", "tables"]

    @property
    def seuils(self) -> Seuils:
        """One fault blocks."""
        return Seuils(alerte=None, bloque=0)


class _Seuille(_Controle):
    """A control whose thresholds an operator may change."""

    seuils: Seuils

    @model_validator(mode="after")
    def _ordered(self) -> "_Seuille":
        warns, blocks = self.seuils.alerte, self.seuils.bloque
        if warns is not None and blocks is not None and warns > blocks:
            raise ValueError(f"{self.code} : seuils, l'alerte vient avant le blocage")
        return self


class Completude(_Seuille):
    """Who is missing in the latest year of a field: a share (%).

    Attributes:
        manque: ``absents``, establishments that sent the year before and nothing this year; ``retards``, those that
            stop at least ``mois`` months before the latest month; ``tronques``, those whose file is cut off, in any
            year.
        part: of the establishments, or of their stays: of the year before for the absent, else of the year.
    """

    genre: Literal["completude"]
    manque: Literal["absents", "retards", "tronques"]
    mois: int = Field(1, ge=1, le=11)
    part: Literal["etablissements", "sejours"]


class Rupture(_Seuille):
    """How much a sum, cumulated month after month from January, differs from what it was: a change (%).

    Attributes:
        face_a: ``edition``, the last published one, for each year that both have; ``annee``, the year before, for the
            latest year.
        par: the field as a whole, or each establishment.
        somme: the sum; "" is the one by which the field counts first.
        minimum: cumulated sums below it, before, are left out.
    """

    genre: Literal["rupture"]
    face_a: Literal["edition", "annee"]
    par: Literal["champ", "etablissement"]
    somme: str = ""
    minimum: int = Field(ge=11)


class ValeurImpossible(_Seuille):
    """The share (%) of a year's lines that have what a field declares impossible under the control's code."""

    genre: Literal["valeur_impossible"]


class CodeInconnu(_Seuille):
    """The share (%) of codes that no nomenclature knows: of lines, of establishments, of places of residence."""

    genre: Literal["code_inconnu"]
    de: Literal["lignes", "etablissements", "residences"]


class TotalNational(_Seuille):
    """How far (%) a sum of a whole year is from the total that ``totaux_controle.csv`` gives."""

    genre: Literal["total_national"]


Controle = Annotated[
    Integrite | Completude | Rupture | ValeurImpossible | CodeInconnu | TotalNational, Field(discriminator="genre")
]


class Controles(Frozen):
    """``controles.yaml``: the controls, in the order in which they are made."""

    controles: tuple[Controle, ...]

    @model_validator(mode="after")
    def _codes_differ(self) -> "Controles":
        codes = [controle.code for controle in self.controles]
        if doubled := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"code déjà pris : {', '.join(doubled)}")
        return self
