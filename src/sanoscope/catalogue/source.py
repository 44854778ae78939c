"""A published source: a table that its publisher has masked already, taken as it is and served as an edition.

A source is one YAML file of ``catalogue/sources``. Its figures are never added to ours nor computed back: a cell is
shown in the state in which it was published.
"""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from sanoscope.catalogue.field import Dimension, Frozen
from sanoscope.intake.forms import Forme
from sanoscope.intake.indicator_forms import Attendu, FormeIndicateurs


class MesurePubliee(Frozen):
    """A column of figures, as published.

    Attributes:
        libelle, definition: label, and one sentence.
        unite, decimales: its unit and the digits that are published.
        additive: rows add up: a total is their sum where it can be told.
        moyenne: rows may be averaged: beside them is the plain mean of their exact figures, and is called so.
        de: of a source of indicators, what it is in the files: ``TABLE.COLUMN``, in small letters.
        sinon: the column that says it where that one does not: two sectors that have each their own.
        cle: and of which rows of an entity, where it has several: ``column=code``.
        sens: whether more is better: ``haut``, ``bas`` or ``neutre``.
        classes: of a column of letters, these, from the best to the worst.
        personnes: it counts people, or what is done to them or by them: from 1 to one less than this is not shown; 0:
            it is no such count.
        parmi: the count that it is a part of: what is left of it is not shown so small either.
        porte: the counts whose people carry it: where one of them is not shown, neither is it.
        somme: the measures that it is the sum of, but for 1; rows where it is not are counted.
        ecart: instead of ``de``, the measure whose gap it is, in per cent, to the only other row along ``entre``.
        rapport: instead of ``de``, two measures of the source, the first over the second, where both are shown.
        facteur: what that ratio is multiplied by: 100 for per cent.
        domaine: of the source's ``domaines``, the one that it is of.
    """

    genre: Literal["publiee"] = "publiee"
    libelle: str
    unite: str = ""
    decimales: int = Field(0, ge=0)
    additive: bool = False
    moyenne: bool = False
    definition: str
    de: str = Field("", pattern=r"([a-z0-9_]+\.[a-z0-9_]+)?")
    sinon: str = Field("", pattern=r"([a-z0-9_]+\.[a-z0-9_]+)?")
    cle: str = ""
    sens: Literal["haut", "bas", "neutre"] = "neutre"
    classes: tuple[str, ...] = ()
    domaine: str = ""
    personnes: int = Field(0, ge=0)
    parmi: str = ""
    porte: tuple[str, ...] = ()
    somme: tuple[str, ...] = ()
    ecart: str = ""
    entre: str = ""
    rapport: tuple[str, ...] = Field((), max_length=2)
    facteur: float = Field(1, gt=0)

    @model_validator(mode="after")
    def _coherent(self) -> "MesurePubliee":
        if bool(self.ecart) != bool(self.entre):
            raise ValueError("« ecart » va avec « entre »")
        if bool(self.de) + bool(self.ecart) + bool(self.rapport) > 1:
            raise ValueError("« de », « ecart » et « rapport » ne vont pas ensemble")
        if self.rapport and (len(self.rapport) < 2 or self.additive):
            raise ValueError("« rapport » est de deux mesures, et ne s'additionne pas")
        if (self.classes or self.sinon) and not self.de:
            raise ValueError("« classes » et « sinon » demandent « de »")
        if self.moyenne and (self.additive or self.classes):
            raise ValueError("ce qui s'additionne, ou une classe, n'a pas de moyenne")
        if self.parmi and not self.personnes:
            raise ValueError("« parmi » demande « personnes »")
        return self

    @property
    def nommees(self) -> frozenset[str]:
        """The other measures that it names."""
        return frozenset(filter(None, (self.parmi, *self.porte, *self.somme, self.ecart, *self.rapport)))


class Source(Frozen):
    """A published source.

    Attributes:
        source: its name, in commands and editions.
        libelle: what it is, in one line.
        champ: the field that it is about.
        annee: the year of its figures; 0 where its files say which years they are of.
        editeur, licence, lien: who publishes it, under what licence, where.
        par: who gathered it, where it is not its publisher.
        mise_a_jour: the day it says it was brought up to date, None if it does not say.
        restitutions: those that it answers.
        dimensions: those that its field does not have, or has otherwise.
        domaines: what its figures are about, by code: the axes of a profile, in their order.
        mesures: its figures.
        totaux: what the line of total is: ``calcules``, a line of the source where it has one, else what its rows tell;
            ``source``, a line of the source or none (rows that are too small are left out: of them nothing is known);
            ``aucun``, none.
        demande: criteria one of which must be given: the whole is too long for a page.
        remarques: what a reader must know of its figures, one sentence each.
        fichiers: the files it comes in;
        indicateurs: or those of a source of indicators, of as many years as there are: every figure of theirs is kept,
            entity × year × indicator × value × state; the measures are those that have a name.
    """

    source: str = Field(pattern=r"[a-z0-9-]+")
    libelle: str
    champ: str
    annee: int = 0
    editeur: str
    licence: str
    lien: str
    par: str = ""
    mise_a_jour: date | None = None
    restitutions: tuple[str, ...] = Field(min_length=1)
    dimensions: dict[str, Dimension] = Field(default_factory=dict)
    domaines: dict[str, str] = Field(default_factory=dict)
    mesures: dict[str, MesurePubliee]
    totaux: Literal["calcules", "source", "aucun"] = "calcules"
    demande: tuple[Literal["etablissement", "panier", "activite"], ...] = ()
    remarques: tuple[str, ...] = ()
    fichiers: tuple[Forme, ...] = ()
    indicateurs: tuple[FormeIndicateurs, ...] = ()

    @model_validator(mode="after")
    def _measures_exist(self) -> "Source":
        if bool(self.fichiers) == bool(self.indicateurs) or bool(self.fichiers) != bool(self.annee):
            raise ValueError("une source a des fichiers et une année, ou des indicateurs")
        for name, mesure in self.mesures.items():
            if bool(mesure.de or mesure.ecart or mesure.rapport) != bool(self.indicateurs):
                raise ValueError(f"{name} : « de », « ecart » et « rapport » sont de ceux d'une source d'indicateurs")
            if (mesure.personnes or mesure.nommees) and not self.indicateurs:
                raise ValueError(f"{name} : les masques d'une source qui a des fichiers sont les siens")
            if unknown := mesure.nommees - set(self.mesures):
                raise ValueError(f"{name} : {', '.join(sorted(unknown))} n'est pas une mesure de la source")
            self._of_the_right_kind(name, mesure)
        if odd := {mesure.domaine for mesure in self.mesures.values()} - {"", *self.domaines}:
            raise ValueError(f"domaine {', '.join(sorted(odd))} inconnu")
        if len({form.nom for form in self.fichiers}) < len(self.fichiers):
            raise ValueError("fichiers : deux ont le même nom")
        for form in self.fichiers:
            if set(form.valeurs) != set(self.mesures):
                raise ValueError(f"fichier {form.nom} : ses valeurs doivent être les mesures de la source")
            for name, value in form.valeurs.items():
                if value.entier and self.mesures[name].decimales:
                    raise ValueError(f"fichier {form.nom} : {name} est entier et a des décimales")
        return self

    def _of_the_right_kind(self, name: str, mesure: MesurePubliee) -> None:
        """Check what the measures that one names are."""
        if any(not self.mesures[part].de or self.mesures[part].classes for part in mesure.rapport):
            raise ValueError(f"{name} : « rapport » est de deux mesures chiffrées de ses fichiers")
        counted = {one for one in (mesure.parmi, *mesure.porte) if one}
        if uncounted := {one for one in counted if not self.mesures[one].personnes}:
            raise ValueError(f"{name} : {', '.join(sorted(uncounted))} n'a pas « personnes »")

    def tableau(self, name: str) -> str:
        """Return the table of the files that a measure of indicators is of; of a ratio, that of its first part."""
        mesure = self.mesures[name]
        return self.mesures[mesure.rapport[0]].de.partition(".")[0] if mesure.rapport else mesure.de.partition(".")[0]

    @property
    def attributs(self) -> tuple[str, ...]:
        """Its dimensions that its files of indicators say of an entity: groups that it may be compared within."""
        said = {name for form in self.indicateurs for name in form.attributs}
        return tuple(name for name in self.dimensions if name in said)

    @property
    def attendu(self) -> Attendu:
        """The source as intake knows it."""
        return Attendu(nom=self.source, annee=self.annee, fichiers=self.fichiers, indicateurs=self.indicateurs)
