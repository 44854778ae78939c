"""A field (champ): what its stays are, what is left out, what is counted, along which dimensions.

A field is one YAML file of ``catalogue/champs``; these are its types. Nothing here runs: `edition` builds from it,
`query` answers from it.
"""

from collections.abc import Iterable
from functools import cached_property
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Frozen(BaseModel):
    """A declared value: immutable, and no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Intervalle(Frozen):
    """A range of integers, bounds included."""

    min: int | None = None
    max: int | None = None


Conditions = dict[str, Annotated[list[str] | Intervalle, Field(union_mode="left_to_right")]]
"""All must hold: a column among values, or within a range."""


class Exclusion(Frozen):
    """Lines that are left out before any count, under a name that the reconciliation shows."""

    code: str
    libelle: str
    quand: Conditions


class Impossible(Frozen):
    """Lines that no hospital can have meant: those that meet ``quand`` and not ``sauf``.

    Attributes:
        quand, sauf: conditions.
        apres_transmission: those of a month that comes after that of the transmission.
    """

    quand: Conditions = {}
    sauf: Conditions = {}
    apres_transmission: bool = False


class Colonne(Frozen):
    """A column of a line that follows from one of its file.

    Attributes:
        de: the file's column; of several, the first that the line has.
        prefixe: a beginning; where the value has it, the ``caracteres`` that follow it are kept, elsewhere all.
        apres: how many of its first characters are left out.
        caracteres: how many of the next ones are kept; 0 is all, where none is left out.
        valeurs: what each value becomes; a value that is not there becomes ``sinon``. Without it, values stay.
        sinon: see ``valeurs``.
        bornes: the first values of classes, from 0; a number becomes the class it is in, named by its first value in
            two digits ("35"). The last class has no end; an absent number is 0.
    """

    de: tuple[str, ...]
    prefixe: str = ""
    apres: int = Field(0, ge=0)
    caracteres: int = Field(0, ge=0)
    valeurs: dict[str, str] = {}
    sinon: str = "?"
    bornes: tuple[Annotated[int, Field(ge=0, le=99)], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return {**given, "de": [given["de"]]} if isinstance(given, dict) and isinstance(given.get("de"), str) else given

    @model_validator(mode="after")
    def _coherent(self) -> "Colonne":
        if self.apres and not self.caracteres:
            raise ValueError("apres demande caracteres")
        if self.bornes and (self.bornes[0] != 0 or list(self.bornes) != sorted(set(self.bornes))):
            raise ValueError("bornes : croissantes, à partir de 0")
        return self


class Unites(Frozen):
    """What is counted where a line is only a part of it: a stay told week by week, a patient told act by act.

    A unit is made of the lines that agree on all of these columns, and on every dimension but the month of the cube
    that counts it. It counts once, in the first month of its lines, hence once in what is cumulated from January.

    Attributes:
        libelle: what a unit is, in words.
        par: the columns, each with what an empty one is.
    """

    libelle: str
    par: dict[str, str | int]


class Chainage(Frozen):
    """Where the anonymous number of a line's patient is.

    Attributes:
        fichier: kind of the chaining file.
        cle: columns that a line and its chaining share, beside the establishment and the year.
    """

    fichier: str
    cle: tuple[str, ...]


class Codes(Frozen):
    """Where a line has codes of a kind: a column of its own, or of the items of a repeated zone of it."""

    zone: str = ""
    de: str


class Listes(Frozen):
    """Lists of codes, of a plain table that an operator edits; a line is then a stay and a list that it is in.

    A stay is in a list where one of its codes begins as one of the list does. It is a line for each list that it is in,
    once, and none where it is in none.

    Attributes:
        table: the plain table, with columns ``nature``, ``code`` and that of the lists' names.
        colonne: that column; a line has it.
        natures: by kind of code, where lines have them.
    """

    table: str
    colonne: str
    natures: dict[str, Codes]


class Moyenne(Frozen):
    """A national mean that lines are set against: what each would add were it as the others of its group.

    A line has it as a column of the same name, in thousandths. It is the mean of the lines received, unless the plain
    table ``reference`` has the year.

    Attributes:
        libelle: what it is.
        par: columns of the groups.
        de: the column whose mean it is.
        quand, sauf: the lines it is a mean of.
        rognee: without those above Q3 + 1.5 (Q3 − Q1) of their group (Tukey's fences).
        reference: the plain table that replaces it, with columns ``annee``, those of ``par`` and ``moyenne``.
    """

    libelle: str
    par: tuple[str, ...]
    de: str
    quand: Conditions = {}
    sauf: Conditions = {}
    rognee: bool = False
    reference: str = ""


class Suites(Frozen):
    """What comes after a stay in the life of its patient, by the chaining: columns ``suite_jours``, ``suite_finess``.

    ``suite_jours`` is the number of days between the end of a stay and the beginning of the same patient's next one,
    in any establishment and any year of the edition; absent where there is none, or where the chaining says nothing.

    Attributes:
        entree: column of the chaining file that says when the stay begins: days from a date of the patient's own.
        duree: column of the line, nights.
        quand, sauf: the lines that are stays, before and after.
    """

    entree: str
    duree: str
    quand: Conditions = {}
    sauf: Conditions = {}


class NonValorise(Frozen):
    """Lines that no tariff pays for: those that meet ``quand`` and none of ``sauf``."""

    code: str
    quand: Conditions = {}
    sauf: tuple[Conditions, ...] = ()


class Rayons(Frozen):
    """Supplements told by the items of a repeated zone: their code, how many of each."""

    zone: str
    code: str
    nombre: str
    codes: tuple[str, ...]


class Valorisation(Frozen):
    """How lines are valued by tariffs (`edition.tariffs`): each gets the columns of `VALUED`.

    Attributes:
        ghs, ghm: columns of the line's group; a GHS that is not said is any of the GHM.
        duree: nights, set against the bounds of the tariff.
        borne: what the line itself says of the lower bound: 0 not below it; 1 below it, less a fixed sum; 2 the same,
            less so much a night. Where it says so, or nights beyond the upper one, it is believed; else bounds are.
        jours_exb, jours_exh: nights below (tenths) and beyond, as the line says them.
        fois: the sum that says how many times a line's tariff is due; 1 for a line that adds nothing to it.
        supplements: by code of supplement, the column that says how many.
        rayons: those that a repeated zone tells.
        chainage: columns that the chaining tells, beside the line's own.
        non_valorises: lines without a value, in order: a line goes to the first that fits.
    """

    ghs: str
    ghm: str
    duree: str
    borne: str
    jours_exb: str
    jours_exh: str
    fois: str
    supplements: dict[str, str]
    rayons: Rayons | None = None
    chainage: tuple[str, ...] = ()
    non_valorises: tuple[NonValorise, ...] = ()


VALUED = (
    "valorisation",
    "montant_ghs",
    "montant_exb",
    "montant_exh",
    "montant_supplements",
    "montant_total",
    "montant_echelle",
)
"""Columns of a line that is valued: ``valorise``, or why it is not; then amounts, in thousandths of euro, 0 where it is
not: of the GHS, taken off below the lower bound, added beyond the upper one, of supplements, all together; and the
tariff of the public scale alone, once whatever the line has of it."""


class Somme(Frozen):
    """A column of the cubes: a sum over lines, additive along every dimension.

    Attributes:
        libelle: label.
        quand: which lines count.
        sauf: which of these do not.
        somme: the column added up, or several; without it each line counts 1.
        fois: columns whose sum multiplies what a line adds: a score weighted by days.
        au_moins: smallest value that a counted line adds.
        un_si: lines that add 1 whatever the column says.
        egale: the other sums that this one is the sum of (an identity, not computed).
        unites: units are counted, not lines (see `Unites`); conditions are on the unit's columns.
        effectif: it is a count of people or of their stays: 1 to 10 is never shown.
    """

    libelle: str
    quand: Conditions = {}
    sauf: Conditions = {}
    somme: tuple[str, ...] = ()
    fois: tuple[str, ...] = ()
    unites: bool = False
    au_moins: int | None = None
    un_si: Conditions = {}
    egale: tuple[str, ...] = ()
    effectif: bool = False

    @model_validator(mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("somme"), str):
            return {**given, "somme": [given["somme"]]}
        return given


class Dimension(Frozen):
    """A column that groups and filters.

    Attributes:
        libelle: label.
        parents: coarser dimensions that it determines.
        nomenclature: what gives its labels: a level of the regroupings, ``etablissements``, ``geographie``…
        arbre: the versioned tree that gives its parents, by the name that `Reference.groupings` knows.
        axe: which criterion it belongs to.
        lieu: of a zone of residence, the dimension of establishments that has the same zones.
    """

    libelle: str
    parents: tuple[str, ...] = ()
    nomenclature: str = ""
    arbre: str = ""
    axe: Literal["temps", "etablissement", "residence", "activite", "personne"]
    lieu: str = ""


class Cube(Frozen):
    """A base cube: sums at the finest grain that restitutions need, from which rollups are made."""

    dimensions: tuple[str, ...]
    sommes: tuple[str, ...]


class Distinct(Frozen):
    """Persons that must be counted, never added up: one row for each person and group of dimensions.

    Attributes:
        libelle: label.
        colonne: what tells one from another.
        lignes: sum that counts their lines: where the open side hides it, it hides them.
        quand: which lines count.
        dimensions: along what.
    """

    libelle: str
    colonne: str
    lignes: str
    quand: Conditions = {}
    dimensions: tuple[str, ...]


class Feuillet(Frozen):
    """A cross-table that the open side publishes, by establishment and year (a sheet of `disclosure.lattice`).

    Attributes:
        libelle: what it crosses, in words.
        cube: base cube it is summed from.
        classe: dimensions of its columns; of the first sheet, the trunk, all that it has.
        par: dimension that each class of columns is broken down by; without it, the counts themselves do that.
        croise: of the trunk, pairs of levels of its class whose crossing is published too. What a class is broken down
            ``par`` always is crossed with it.
        comptes: disjoint counts of people.
        portees: other sums that go with it, each with the counts whose people carry it.
    """

    libelle: str
    cube: str
    classe: tuple[str, ...]
    par: str = ""
    croise: tuple[tuple[str, str], ...] = ()
    comptes: tuple[str, ...]
    portees: dict[str, tuple[str, ...]] = {}

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of its columns, that which breaks them down included."""
        return (*self.classe, *((self.par,) if self.par else ()))


class Bruite(Frozen):
    """Figures that the open side tells with a noise of their own (`disclosure.keyed`), group by group.

    For what does not add up (persons, standardised counts), and for crossings so fine that a lattice would hide most
    of them.

    Attributes:
        libelle: what it crosses, in words.
        cube: the base cube, or the distinct count, that it is made from.
        niveaux: by axis, the levels that groups are made of; "" is all of them together. Every combination is told.
        comptes: counts of people; of a distinct count, that one.
        portees: other sums that go with them, each with the counts whose people carry it.
        strates: sums, among ``comptes`` and ``portees``, whose standardised counts are told as well: the cube has ages
            and sexes, and a zone of residence is one axis.
    """

    libelle: str
    cube: str
    niveaux: tuple[tuple[str, ...], ...]
    comptes: tuple[str, ...]
    portees: dict[str, tuple[str, ...]] = {}
    strates: tuple[str, ...] = ()


class Publication(Frozen):
    """What is open: everything of it is protected as one, anything else is answered to secure readers alone.

    Attributes:
        lignes: dimensions of establishments whose groups are nodes of the lattice, the finest first; any other
            selection of establishments is a basket.
        libre: which of ``lignes`` is the finest that anybody is answered by; finer ones are for the identified readers
            of identified restitutions, protected with all the rest. "" is the first: all are for anybody.
        feuillets: the cross-tables; the first is the trunk.
        bruites: what is told with a noise.
    """

    lignes: tuple[str, ...]
    libre: str = ""
    feuillets: dict[str, Feuillet]
    bruites: dict[str, Bruite] = {}


class SommeMesure(Frozen):
    """A sum, as it is.

    Attributes:
        divise: what the sum is divided by to be in the unit said: thousandths are added up as integers.
        decimales: digits shown.
        partout: of the people of the zone wherever they are treated, whatever establishments are picked.
    """

    genre: Literal["somme"]
    libelle: str
    de: str
    partout: bool = False
    divise: int = 1
    decimales: int = 0
    unite: str = ""
    definition: str


class RapportMesure(Frozen):
    """A ratio of two sums.

    Attributes:
        pour: multiplier (100 for a percentage).
        divise: divisor, of thousandths that are added up as integers.
        decimales: digits shown.
        personnes: the numerator counts people: it and its complement must not be small.
    """

    genre: Literal["rapport"]
    libelle: str
    numerateur: str
    denominateur: str
    pour: int = 1
    divise: int = 1
    decimales: int
    unite: str = ""
    personnes: bool = False
    definition: str


class IndiceMesure(Frozen):
    """A ratio of two sums, set against the same ratio of the whole country, all groups together, in the same year.

    Attributes:
        pour: what the country has: 100, or 1.
    """

    genre: Literal["indice"]
    libelle: str
    numerateur: str
    denominateur: str
    pour: int = 100
    decimales: int
    unite: str = ""
    definition: str

    @property
    def rapport(self) -> RapportMesure:
        """The ratio itself."""
        return RapportMesure(
            genre="rapport",
            libelle=self.libelle,
            numerateur=self.numerateur,
            denominateur=self.denominateur,
            decimales=self.decimales,
            definition=self.definition,
        )


class PartMesure(Frozen):
    """The share of a sum in a whole.

    Attributes:
        dans: the whole: the ``total`` of the row's group; the total of its ``colonne``, the rows that agree on the
            last dimension; or the same sum ``partout``, whatever establishments are picked.
        cumulee: added to the shares of the rows before, in the order of the table.
    """

    genre: Literal["part"]
    libelle: str
    de: str
    dans: Literal["total", "colonne", "partout"] = "total"
    cumulee: bool = False
    decimales: int = 1
    unite: str = "%"
    definition: str


class EcartTypeMesure(Frozen):
    """The standard deviation, over those counted, of what they add to a sum.

    Attributes:
        somme: the sum.
        carres: the sum of its squares.
        nombre: the count of those who add to it.
    """

    genre: Literal["ecart_type"]
    libelle: str
    somme: str
    carres: str
    nombre: str
    decimales: int
    unite: str = ""
    definition: str


class DistinctMesure(Frozen):
    """Distinct persons."""

    genre: Literal["distinct"]
    libelle: str
    de: str
    unite: str = ""
    definition: str


class TauxMesure(Frozen):
    """A rate: a sum, or distinct persons, by population of the row's zone of residence, two years before.

    Attributes:
        de: the sum or distinct count.
        partout: see `SommeMesure`.
        pour: so many inhabitants.
        standardise: by 5-year ages and sexes, directly, France as reference; it is crude otherwise.
        borne: the lower or upper bound of its 95 % confidence interval, instead of the rate.
        indice: the rate in hundredths of that of the zone's région, or of France.
    """

    genre: Literal["taux"]
    libelle: str
    de: str
    partout: bool = False
    pour: int = 1000
    standardise: bool = False
    borne: Literal["", "basse", "haute"] = ""
    indice: Literal["", "region", "france"] = ""
    decimales: int = 1
    unite: str = ""
    definition: str


class PopulationMesure(Frozen):
    """The inhabitants of the row's zone of residence, two years before."""

    genre: Literal["population"]
    libelle: str
    unite: str = ""
    definition: str


class FluxMesure(Frozen):
    """What a row's zone consumes and produces.

    Attributes:
        de: the sum.
        sens: ``consomme`` C, by its residents, wherever; ``produit`` P, by its establishments, for anyone;
            ``sur_place`` I, both; ``fuite`` (C − I) ⁄ C, ``attractivite`` (P − I) ⁄ P, ``autosuffisance`` I ⁄ C;
            ``solde`` P − C.
    """

    genre: Literal["flux"]
    libelle: str
    de: str
    sens: Literal["consomme", "produit", "sur_place", "fuite", "attractivite", "autosuffisance", "solde"]
    decimales: int = 0
    unite: str = ""
    definition: str


Mesure = Annotated[
    SommeMesure
    | RapportMesure
    | IndiceMesure
    | PartMesure
    | EcartTypeMesure
    | DistinctMesure
    | TauxMesure
    | PopulationMesure
    | FluxMesure,
    Field(discriminator="genre"),
]


class Champ(Frozen):
    """A field of hospital activity.

    Attributes:
        champ: short name.
        libelle: label.
        avec: what of ``communs`` it shares with other fields.
        principale: the sum by which it counts first.
        fichiers: kinds of file whose main tables hold the lines; none where it is made of other fields.
        compose: these fields.
        zone: the repeated zone whose items are the lines, each with the columns of the line that it is part of (those
            of the zone come first where both have one); "" where the lines are those of the main tables.
        listes: the lists of codes that make lines of stays; None where lines are not told by lists.
        chainage: where the anonymous numbers are.
        colonnes: columns of a line that follow from those of its file.
        unites: what is counted, where a line is only a part of it.
        exclusions: what is left out, in order: a line goes to the first that fits.
        impossibles: lines that are counted apart, by the code of the control that bounds their share
            (``catalogue/controles.yaml``); they count as the others do.
        drapeaux: named conditions.
        moyennes: national means that lines are set against.
        suites: what comes after a stay.
        valorisation: how lines are valued by tariffs.
        sommes, distincts, mesures: what is counted and what is shown of it.
        dimensions, cubes: along what.
        publication: what of it is open.
    """

    champ: str
    libelle: str
    avec: tuple[str, ...] = ()
    principale: str
    fichiers: tuple[str, ...] = ()
    compose: tuple[str, ...] = ()
    zone: str = ""
    listes: Listes | None = None
    chainage: Chainage | None = None
    colonnes: dict[str, Colonne] = {}
    unites: Unites | None = None
    exclusions: tuple[Exclusion, ...] = ()
    impossibles: dict[str, Impossible] = {}
    drapeaux: dict[str, Conditions] = {}
    moyennes: dict[str, Moyenne] = {}
    suites: Suites | None = None
    valorisation: Valorisation | None = None
    sommes: dict[str, Somme]
    distincts: dict[str, Distinct] = {}
    dimensions: dict[str, Dimension]
    cubes: dict[str, Cube]
    mesures: dict[str, Mesure]
    publication: Publication

    @model_validator(mode="after")
    def _names_exist(self) -> "Champ":
        sums, dimensions = set(self.sommes), set(self.dimensions)
        _known("principale", (self.principale,), sums)
        for name, cube in self.cubes.items():
            _known(f"cube {name}", cube.dimensions, dimensions)
            _known(f"cube {name}", cube.sommes, sums)
        for name, dimension in self.dimensions.items():
            _known(f"dimension {name}", dimension.parents, dimensions)
        for name, somme in self.sommes.items():
            _known(f"somme {name}", somme.egale, sums)
        self._check_measures()
        _known("publication, libre", (self.publication.libre or self.ligne,), set(self.publication.lignes))
        _known("distincts", tuple(distinct.lignes for distinct in self.distincts.values()), sums)
        for name, sheet in self.publication.feuillets.items():
            _known(f"feuillet {name}", (*sheet.comptes, *sheet.portees), set(self.cubes[sheet.cube].sommes))
            _known(f"feuillet {name}", sheet.dimensions, dimensions)
            crossed = tuple(n for pair in sheet.croise for n in pair)
            _known(f"feuillet {name}, croise", crossed, set(self.avec_parents(sheet.classe)))
        for name, told in self.publication.bruites.items():
            _known(f"bruité {name}", (told.cube,), {*self.cubes, *self.distincts})
            _known(f"bruité {name}", tuple(n for axis in told.niveaux for n in axis if n), dimensions)
            _known(f"bruité {name}", (*told.comptes, *told.portees), {*sums, *self.distincts})
            _known(f"bruité {name}, strates", told.strates, {*told.comptes, *told.portees})
        if bool(self.fichiers) == bool(self.compose):
            raise ValueError("un champ a des fichiers, ou se compose d'autres champs")
        if self.zone and self.listes:
            raise ValueError("les lignes d'un champ sont les éléments d'une zone, ou se disent par listes")
        if not self.unites and (counted := [name for name, somme in self.sommes.items() if somme.unites]):
            raise ValueError(f"sommes {', '.join(counted)} : « unites » demande que le champ dise ce qu'est une unité")
        return self

    def _check_measures(self) -> None:
        sums, persons = set(self.sommes), set(self.distincts)
        for name, mesure in self.mesures.items():
            match mesure.genre:
                case "rapport" | "indice":
                    _known(f"mesure {name}", (mesure.numerateur, mesure.denominateur), sums)
                case "ecart_type":
                    _known(f"mesure {name}", (mesure.somme, mesure.carres, mesure.nombre), sums)
                case "distinct":
                    _known(f"mesure {name}", (mesure.de,), persons)
                case "taux":
                    _known(f"mesure {name}", (mesure.de,), sums | persons)
                case "somme" | "part" | "flux":
                    _known(f"mesure {name}", (mesure.de,), sums)

    @property
    def ligne(self) -> str:
        """The dimension whose values are the rows of what is protected: establishments, or what takes their place."""
        return self.publication.lignes[0]

    @property
    def libre(self) -> str:
        """The dimension whose values are the finest rows that anybody is answered by."""
        return self.publication.libre or self.ligne

    def avec_parents(self, dimensions: Iterable[str]) -> tuple[str, ...]:
        """Return dimensions and the coarser ones that they determine."""
        given = tuple(dimensions)
        return tuple(dict.fromkeys([*given, *(p for name in given for p in self.dimensions[name].parents)]))

    @cached_property
    def croisements(self) -> frozenset[frozenset[str]]:
        """The pairs of levels, not nested, whose crossing some sheet publishes."""
        sheets = self.publication.feuillets.values()
        return frozenset(frozenset(pair) for sheet in sheets for pair in sheet.croise) | self._crossings(
            (sheet.classe, (sheet.par,)) for sheet in sheets if sheet.par
        )

    @cached_property
    def croisements_bruites(self) -> frozenset[frozenset[str]]:
        """The same of noised tables."""
        tables = self.publication.bruites.values()
        return self._crossings(pair for told in tables for pair in combinations(told.niveaux, 2))

    def _crossings(self, axes: Iterable[tuple[Iterable[str], Iterable[str]]]) -> frozenset[frozenset[str]]:
        levels = ([self.avec_parents(name for name in axis if name) for axis in pair] for pair in axes)
        return frozenset(frozenset((a, b)) for ones, others in levels for a in ones for b in others)

    def emboites(self, one: str, other: str) -> bool:
        """Tell whether one of two levels determines the other."""
        return one == other or one in self.dimensions[other].parents or other in self.dimensions[one].parents

    def feuilles(self, somme: str) -> tuple[str, ...]:
        """Return the sums that a sum is in the end the sum of; itself where it is of none."""
        parts = self.sommes[somme].egale
        return tuple(leaf for part in parts for leaf in self.feuilles(part)) if parts else (somme,)


def _known(where: str, names: tuple[str, ...], known: set[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"{where} : {', '.join(unknown)} inconnu ; connus : {', '.join(sorted(known))}")
