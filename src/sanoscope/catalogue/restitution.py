"""A restitution: one question that readers ask, with all that its form, its table and its notice need.

A restitution is one YAML file of ``catalogue/restitutions``; a new one needs no code.
"""

from typing import Literal

from pydantic import model_validator

from sanoscope.catalogue.field import Frozen


class Criteres(Frozen):
    """Which criteria a restitution takes; the others are refused by name.

    Attributes:
        annee: ``une`` or ``plusieurs``.
        mois: cumulated to a month.
        zone: whose zone: of the ``etablissement``, of the ``residence``, or none.
        etablissements: establishment, basket, sector, category, GHT.
        regroupement: levels of activity that the rows may be grouped by; the first is the default, ``""`` is none.
        activite: levels at which one activity may be picked.
    """

    annee: Literal["une", "plusieurs"] = "plusieurs"
    mois: bool = True
    zone: Literal["", "etablissement", "residence"] = ""
    etablissements: bool = False
    regroupement: tuple[str, ...] = ()
    activite: tuple[str, ...] = ()


class Graphique(Frozen):
    """The picture that goes with the table."""

    genre: Literal["barres", "lignes"]
    mesure: str
    premiers: int = 20


class Restitution(Frozen):
    """A restitution.

    Attributes:
        slug: its name in addresses and commands.
        titre, objet, contenu: title, purpose, main contents.
        theme, sous_theme: where the menu shows it.
        champ: field.
        acces: who may ask for it.
        rythme: how often it is brought up to date.
        cube: base cube it is answered from.
        criteres: what it takes.
        lignes: dimensions of the rows; ``regroupement`` stands for the level asked for.
        attributs: columns that describe a row's establishment.
        mesures: columns of figures.
        precedente: show each measure for the year before too (same months).
        tri: measure by which rows are sorted, descending; "" sorts by code.
        graphique: picture.
        notice: definitions, sources, limits (Markdown, French).
    """

    slug: str
    titre: str
    objet: str
    contenu: tuple[str, ...]
    theme: Literal["indicateurs-synthetiques", "activite", "couts-finances", "qualite", "rh"]
    sous_theme: str
    champ: str
    acces: Literal["libre", "identifie", "securise"]
    rythme: Literal["hebdomadaire", "mensuel", "annuel"]
    cube: str
    criteres: Criteres
    lignes: tuple[str, ...]
    attributs: tuple[str, ...] = ()
    mesures: tuple[str, ...]
    precedente: bool = False
    tri: str = ""
    graphique: Graphique | None = None
    notice: str

    @model_validator(mode="after")
    def _coherent(self) -> "Restitution":
        if self.tri and self.tri not in self.mesures:
            raise ValueError(f"tri : {self.tri} n'est pas une mesure de la restitution")
        if "regroupement" in self.lignes and not self.criteres.regroupement:
            raise ValueError("lignes : regroupement demande criteres.regroupement")
        if self.precedente and self.criteres.annee != "une":
            raise ValueError("precedente : criteres.annee doit être « une »")
        return self
