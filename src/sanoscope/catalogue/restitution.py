"""A restitution: one question that readers ask, with all that its form, its table and its notice need.

A restitution is one YAML file of ``catalogue/restitutions``; a new one needs no code.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from sanoscope.catalogue.crossed import Indicateur, Rapport
from sanoscope.catalogue.field import Frozen


class Criteres(Frozen):
    """Which criteria a restitution takes; the others are refused by name.

    Attributes:
        annee: ``une`` or ``plusieurs``.
        mois: cumulated to a month.
        zone: whose zone: of the ``etablissement``, of the ``residence``, or none.
        etablissements: establishment, basket, sector, category, GHT.
        etablissement_de: the dimension that the establishments picked are of: ``finess``, those of the stays, or
            another one, such as where stays go next.
        regroupement: levels of activity that the rows may be grouped by; the first is the default, ``""`` is none.
        activite: levels at which one activity may be picked.
    """

    annee: Literal["une", "plusieurs"] = "plusieurs"
    mois: bool = True
    zone: Literal["", "etablissement", "residence"] = ""
    etablissements: bool = False
    etablissement_de: str = "finess"
    regroupement: tuple[str, ...] = ()
    activite: tuple[str, ...] = ()


class Graphique(Frozen):
    """A chart that goes with the table.

    Attributes:
        genre: ``barres``, a bar a row (lines over the years where several are asked); ``lignes``, over the years;
            ``pyramide``, by age and sex; ``nuage``, each row against its size, with control limits; ``nuage-croise``,
            each row by two columns; ``radar``, of a profile, the mean place of the indicators of each domain.
        mesure: column drawn; of a ``nuage-croise``, upwards; none of a ``radar``, which is of all.
        premiers: most rows drawn.
        effectif: of a ``nuage``, the measure that gives the size of a row: the denominator of the proportion drawn; of
            a ``nuage-croise``, the column that gives the size of a point, "" for points of one size.
        abscisse: of a ``nuage-croise``, the column drawn along.
        couleur: of a ``nuage-croise``, the column of texts that colours points: ``categorie``, ``secteur``, a class.
    """

    genre: Literal["barres", "lignes", "pyramide", "nuage", "nuage-croise", "radar"]
    mesure: str = ""
    premiers: int = Field(20, ge=1, le=60)
    effectif: str = ""
    abscisse: str = ""
    couleur: str = ""

    @property
    def chiffres(self) -> tuple[str, ...]:
        """The columns of figures that it draws."""
        return tuple(filter(None, (self.mesure, self.effectif, self.abscisse)))

    @model_validator(mode="after")
    def _of_its_kind(self) -> "Graphique":
        if (self.genre == "nuage") != bool(self.effectif) and self.genre != "nuage-croise":
            raise ValueError("graphique : effectif va avec le genre « nuage », et seulement avec lui")
        if (self.genre == "radar") == bool(self.mesure):
            raise ValueError("graphique : mesure va avec tous les genres sauf « radar », et seulement avec eux")
        if (self.genre == "nuage-croise") != bool(self.abscisse) or (self.couleur and not self.abscisse):
            raise ValueError("graphique : abscisse, et couleur, vont avec le genre « nuage-croise »")
        return self


def _several(given: Any) -> Any:
    return [given] if isinstance(given, dict) else given


Graphiques = Annotated[
    tuple[Graphique, ...], BeforeValidator(_several, json_schema_input_type=Graphique | tuple[Graphique, ...])
]
"""One chart, or several: the first by default."""


class Carte(Frozen):
    """The map that goes with the table.

    Attributes:
        genres: ways to draw it, the first by default: ``points``, a circle an establishment; ``codes``, a circle a
            geographic code; ``departements`` and ``regions``, territories coloured by class; ``flux``, from origin to
            destination.
        mesure: measure drawn.
    """

    genres: tuple[Literal["points", "codes", "departements", "regions", "flux"], ...] = Field(min_length=1)
    mesure: str


class Restitution(Frozen):
    """A restitution.

    Attributes:
        slug: its name in addresses and commands.
        titre, objet, contenu: title, purpose, main contents.
        theme, sous_theme: where the menu shows it.
        champ: field.
        domaine: what grants are about, where it is not the theme (`access.scope.DOMAINS`).
        acces: who may ask for it.
        rythme: how often it is brought up to date.
        genre: ``activite``, figures of a cube; ``transmissions``, who has sent what; ``publiee``, figures that only a
            published source gives; ``profil``, those of a few establishments, with their place in their group.
        cube: base cube it is answered from; "" where it is not from one.
        source: the published source of a ``publiee`` or a ``profil``.
        filtre: what of the cube it is about, by dimension: allowed values.
        criteres: what it takes.
        lignes: dimensions of the rows; ``regroupement`` stands for the level asked for, ``origine`` for the zones of
            residence that go with it where it is one of establishments' zones.
        attributs: columns that describe a row's establishment.
        mesures: columns of figures.
        indicateurs: columns taken from sources of indicators, beside the measures, where the rows are establishments.
        rapports: ratios of measures and of these columns.
        precedente: show each measure for the year before too (same months).
        memes_etablissements: only establishments that have sent the month asked for in both years count; no month is
            the last one that all have sent.
        tri: measure by which rows are sorted, descending; "" sorts by code.
        jusqua: show the first rows, in that order, that make so many hundredths of the total; 0 shows all.
        graphiques: charts, the first by default, no two of a genre; in the file ``graphique``: one, or a list.
        carte: map.
        notice: definitions, sources, limits (Markdown, French).
    """

    slug: str
    titre: str
    objet: str
    contenu: tuple[str, ...]
    theme: Literal["indicateurs-synthetiques", "activite", "couts-finances", "qualite", "rh"]
    sous_theme: str
    domaine: Literal["indicateurs-synthetiques", "activite", "couts-finances", "qualite", "rh", "medicaments"] = (
        "activite"
    )
    champ: str
    acces: Literal["libre", "identifie", "securise"]
    rythme: Literal["hebdomadaire", "mensuel", "annuel"]
    genre: Literal["activite", "transmissions", "publiee", "profil"] = "activite"
    cube: str = ""
    source: str = ""
    filtre: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    criteres: Criteres
    lignes: tuple[str, ...]
    attributs: tuple[str, ...] = ()
    mesures: tuple[str, ...] = ()
    indicateurs: tuple[Indicateur, ...] = ()
    rapports: tuple[Rapport, ...] = ()
    precedente: bool = False
    memes_etablissements: bool = False
    tri: str = ""
    jusqua: int = Field(0, ge=0, le=100)
    graphiques: Graphiques = Field((), alias="graphique")
    carte: Carte | None = None
    notice: str

    @model_validator(mode="before")
    @classmethod
    def _of_its_theme(cls, written: Any) -> Any:
        """Take the theme as domain where none is written: the default is never met."""
        return {"domaine": written.get("theme"), **written} if isinstance(written, dict) else written

    @property
    def colonnes(self) -> tuple[str, ...]:
        """The columns of figures and of classes, in order: its measures, what is crossed, the ratios of both."""
        return (*self.mesures, *self.croisees)

    @property
    def croisees(self) -> tuple[str, ...]:
        """Of these, those that are not measures of its field."""
        return (*(one.colonne for one in self.indicateurs), *(ratio.nom for ratio in self.rapports))

    @property
    def sources_croisees(self) -> tuple[str, ...]:
        """The sources that its columns are taken from, each once."""
        return tuple(dict.fromkeys(one.source for one in self.indicateurs))

    @model_validator(mode="after")
    def _crossed(self) -> "Restitution":
        if not self.croisees:
            return self
        if not self.indicateurs:
            raise ValueError("rapports : ils vont avec des indicateurs")
        if (self.genre, self.lignes) != ("activite", ("finess",)):
            raise ValueError("indicateurs : ils vont avec une activité dont les lignes sont [finess]")
        if self.criteres.mois or self.precedente:
            raise ValueError("indicateurs : ils sont de l'année entière, sans mois ni précédente")
        names = (*self.colonnes, "finess", "annee", *self.attributs)
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"indicateurs : {', '.join(sorted(twice))} y est deux fois ; donnez un « nom »")
        own = {*self.mesures, *(one.colonne for one in self.indicateurs)}
        if unknown := {name for ratio in self.rapports for name in ratio.de} - own:
            raise ValueError(f"rapports : {', '.join(sorted(unknown))} n'est ni une mesure ni un indicateur d'ici")
        return self

    @model_validator(mode="after")
    def _drawn_of_its_columns(self) -> "Restitution":
        drawn = [name for chart in self.graphiques for name in chart.chiffres]
        drawn += [self.carte.mesure] if self.carte else []
        if unknown := [name for name in drawn if name and name not in self.colonnes]:
            raise ValueError(f"graphique ou carte : {', '.join(unknown)} n'est pas une mesure de la restitution")
        if any((chart.genre == "radar") != (self.genre == "profil") for chart in self.graphiques):
            raise ValueError("graphique : un profil se dessine en « radar », et lui seul")
        texts = ("", *self.attributs, *(one.colonne for one in self.indicateurs))
        if wrong := [chart.couleur for chart in self.graphiques if chart.couleur not in texts]:
            raise ValueError(f"graphique : couleur « {wrong[0]} » n'est ni un attribut ni une classe d'ici")
        if len({chart.genre for chart in self.graphiques}) < len(self.graphiques):
            raise ValueError("graphique : deux sont du même genre, qui les distingue dans une adresse")
        return self

    @model_validator(mode="after")
    def _coherent(self) -> "Restitution":
        if (self.genre == "activite") != bool(self.cube):
            raise ValueError("cube va avec le genre « activite », et seulement avec lui")
        if (self.genre in ("publiee", "profil")) != bool(self.source):
            raise ValueError("source va avec les genres « publiee » et « profil », et seulement avec eux")
        if self.genre == "profil" and (self.criteres.annee != "une" or not self.criteres.regroupement):
            raise ValueError("profil : il y faut une seule année, et les groupes de comparaison en regroupement")
        if (self.genre == "transmissions") == bool(self.mesures):
            raise ValueError("mesures va avec tous les genres sauf « transmissions », et seulement avec eux")
        if self.tri and self.tri not in self.mesures:
            raise ValueError(f"tri : {self.tri} n'est pas une mesure de la restitution")
        if self.jusqua and not self.tri:
            raise ValueError("jusqua demande tri")
        if "regroupement" in self.lignes and not self.criteres.regroupement:
            raise ValueError("lignes : regroupement demande criteres.regroupement")
        if self.memes_etablissements and not self.precedente:
            raise ValueError("memes_etablissements demande precedente")
        if self.precedente and self.criteres.annee != "une":
            raise ValueError("precedente : criteres.annee doit être « une »")
        return self
