"""What an edition says of itself."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import NotFoundError, SanoscopeError
from sanoscope.sentence import Sentence
from sanoscope.workspace import put

FILE = "manifest.json"
TRACER, SPREAD = "_traceur", "_ecart"
"""What the names of the columns that go with a sum of an open table end with."""

SILENT = "tus"
"""Table of the open store that holds the tracers of the groups of which nothing is said."""

ENTITIES, HISTORY = "entites", "finess_historique"
"""Tables of an edition of a source of indicators: its entities, by year and table; what FINESS became."""

DRAWS = 2
"""Spreads that an open count has."""

THOUSAND = 1000
"""Spreads are kept as whole thousandths."""

PUBLIC, SECURE = "ouvert", "securise"
"""The two sides of an edition's directory. The open faces read the first alone."""


def database(champ: str, *, public: bool) -> str:
    """Return where an edition keeps the tables of a field, its open store's or its true ones, from its directory."""
    return f"{PUBLIC if public else SECURE}/{champ}.duckdb"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Entree(_Model):
    """A received file that the edition is made from."""

    nom: str
    genre: str
    finess: str
    annee: int
    mois: int
    instant: str
    sha256: str
    lignes: int
    tronque: bool = False


class Rapprochement(_Model):
    """Where the lines of a year went: lignes = retenues + the exclusions.

    Attributes:
        lignes: lines of the transmissions that count.
        retenues: lines in the cubes.
        exclusions: lines left out, by named exclusion.
        remplacees: lines of the store that a later transmission replaces.
        impossibles: lines in the cubes that have an impossible value, by the code of the control that bounds them.
    """

    annee: int
    lignes: int
    retenues: int
    exclusions: dict[str, int]
    remplacees: int
    impossibles: dict[str, int] = {}


class TableCube(_Model):
    """A table of the edition.

    Attributes:
        nom: its name.
        cube: base cube, or sheet, that it sums.
        dimensions: the finest dimensions; ``colonnes``: these with all that they determine.
        lignes: rows.
        sommes: the sums that an open table holds, each with the column of its tracer.
        comptes: those of them that count people, with their spreads as well.
        groupes: the kinds of groups of a noised table, whose sums have no tracer.
        acces: of an open table, whose questions it answers: anybody's, or those of identified restitutions alone.
    """

    nom: str
    cube: str
    dimensions: list[str]
    colonnes: list[str]
    lignes: int
    sommes: dict[str, str] = {}
    comptes: list[str] = []
    groupes: list[str] = []
    acces: Literal["libre", "identifie"] = "libre"


class ProtectionAnnee(_Model):
    """What protects the open side of a year, in counts of groups (nodes of the lattice).

    Attributes:
        annee: the year.
        groupes: groups that are not empty.
        petits: of 1 to 10 people.
        approches: larger ones that are approached.
        une_valeur: small ones without a second certified value: the named exceptions.
        dix_valeurs: small ones with every value from 1 to 10 certified.
        tailles_tues: groups whose size is not said, because it would give a small one away.
        reunions_petites: unions of establishments, or of activities, with a small total that nothing changes.
        mouvements: moves.
        erreur_mediane: median relative error of what is approached.
    """

    annee: int
    groupes: int
    petits: int
    approches: int
    une_valeur: int
    dix_valeurs: int
    tailles_tues: int
    reunions_petites: int
    mouvements: int
    erreur_mediane: float


class Recette(_Model):
    """All that the figures of a field depend on, as fingerprints: of one recipe, the figures are the same.

    Attributes:
        fichiers: the files that count, as the store holds them; of a field made of others, their recipes.
        tables: the reference tables that the field reads.
        regles: its part of the catalogue, the threshold.
        logiciel: version of Sanoscope.
    """

    fichiers: str
    tables: str
    regles: str
    logiciel: str


class ManifestChamp(_Model):
    """What an edition holds of a field, and what it was made from.

    Attributes:
        annees: its years.
        entrees: the files it was made from.
        rapprochement: where their lines went.
        versions: by tree of codes and year, the year of the version used.
        codes_inconnus: what no nomenclature knows, counted.
        tables, empreinte: of the store at hand, the true one or the open one: its tables, its fingerprint (sha256).
        tables_ouvertes, empreinte_ouverte: of the open store, in the manifest of the whole.
        protection: what protects its open side.
        recette: what its figures depend on; None where an earlier version built it.
        repris: the edition that built it, of which it was taken over as it is; "" where this one did.
        entites: of a source of indicators, how many rows its table of entities has (`ENTITIES`); 0 where it has none.
        absentes: by year, what its lines do not say because the base that they were taken from has it not.
    """

    annees: list[int]
    entrees: list[Entree]
    rapprochement: list[Rapprochement]
    versions: dict[str, dict[int, int]]
    codes_inconnus: dict[str, int]
    tables: list[TableCube]
    empreinte: str
    tables_ouvertes: list[TableCube] = []
    empreinte_ouverte: str = ""
    protection: list[ProtectionAnnee] = []
    recette: Recette | None = None
    repris: str = ""
    entites: int = 0
    absentes: dict[int, list[str]] = {}

    def mois_de(self, annee: int) -> int:
        """Return the latest month that an establishment sent for a year."""
        return max((e.mois for e in self.entrees if e.annee == annee), default=0)


class SourcePubliee(_Model):
    """The published source that an edition is of: its masks are its publisher's own.

    Attributes:
        source: its name in the catalogue; ``libelle`` what it is.
        editeur, par, licence, lien: who publishes it, who gathered it, under what licence, where.
        mise_a_jour: the day it says it was brought up to date (ISO), "" if it does not say.
        restitutions: those that it answers, and no other.
        cellules: figures by state.
        moyennes: measures whose line of total is their plain mean.
        annees: the years in which each restitution has something to say; of one that is not there, those of the field.
    """

    source: str
    libelle: str
    editeur: str
    par: str
    licence: str
    lien: str
    mise_a_jour: str
    restitutions: list[str]
    cellules: dict[str, int]
    moyennes: list[str] = []
    annees: dict[str, list[int]] = {}


class Manifest(_Model):
    """An edition: what it was made from, by what, and what it holds of each field.

    An edition of a published source has one store, which is open: there is nothing in it that its publisher did not
    show.

    Attributes:
        regles: fingerprint of what decides the figures beside the files and the reference tables: the catalogue, the
            threshold.
        scelle_le: when it was sealed.
        sceau: sha256 of the whole of this manifest but itself, hence of the fingerprints of the tables; "" for an
            edition that is not sealed, or was by an earlier version.
    """

    nom: str
    etat: Literal["en cours", "scellée"] = "en cours"
    cree_le: datetime
    logiciel: str
    moteur: str
    nomenclatures: dict[str, str]
    champs: dict[str, ManifestChamp]
    source: SourcePubliee | None = None
    regles: str = ""
    scelle_le: datetime | None = None
    sceau: str = ""

    def repond(self, restitution: Restitution) -> bool:
        """Tell whether the edition has the figures of a restitution: those of its field, or those of its source."""
        if self.source:
            return restitution.slug in self.source.restitutions
        return not restitution.source and restitution.champ in self.champs

    def renouvelle(self, restitution: Restitution) -> bool:
        """Tell whether the edition brings new figures of a restitution: of a field that it built, not took over."""
        return self.repond(restitution) and (self.source is not None or not self.champs[restitution.champ].repris)

    def base(self, champ: str, *, public: bool) -> str:
        """Return where the tables of a field are, from the edition's directory."""
        return database(champ, public=public or self.source is not None)

    @property
    def annees(self) -> list[int]:
        """The years of all its fields."""
        return sorted({annee for champ in self.champs.values() for annee in champ.annees})

    @property
    def tarife(self) -> bool:
        """Tell whether there were tariffs to value stays by."""
        return any("tarifs_ghs" in path for path in self.nomenclatures)

    def mois_de(self, annee: int) -> int:
        """Return the latest month that an establishment sent for a year, whatever the field."""
        return max((champ.mois_de(annee) for champ in self.champs.values()), default=0)


def made(manifest: Manifest) -> str:
    """Return which fields an edition took over and which it built, in French; "" for that of a published source."""
    if manifest.source:
        return ""
    taken = [f"{code.upper()} (de {of.repris})" for code, of in manifest.champs.items() if of.repris]
    built = [code.upper() for code, of in manifest.champs.items() if not of.repris]
    return f"Champs repris : {', '.join(taken) or 'aucun'} ; construits : {', '.join(built) or 'aucun'}."


def opened(manifest: Manifest, *, threshold: int) -> Manifest:
    """Return what the open side may know of a manifest.

    Left out: how many lines an establishment sent, impossible values, and every year or kind of code of which a count
    is small.
    """

    def told(*counts: int) -> bool:
        return not any(0 < count < threshold for count in counts)

    def of(champ: ManifestChamp) -> ManifestChamp:
        years = [year.model_copy(update={"impossibles": {}}) for year in champ.rapprochement]
        return champ.model_copy(
            update={
                "entrees": [entry.model_copy(update={"lignes": 0}) for entry in champ.entrees],
                "rapprochement": [y for y in years if told(y.lignes, y.retenues, y.remplacees, *y.exclusions.values())],
                "codes_inconnus": {what: n for what, n in champ.codes_inconnus.items() if told(n)},
                "tables": champ.tables_ouvertes,
                "empreinte": champ.empreinte_ouverte,
            }
        )

    return manifest.model_copy(update={"champs": {name: of(champ) for name, champ in manifest.champs.items()}})


def sealed(manifest: Manifest, when: datetime) -> Manifest:
    """Return a manifest that says it is final, with its seal."""
    final = manifest.model_copy(update={"etat": "scellée", "scelle_le": when, "sceau": ""})
    return final.model_copy(update={"sceau": _print(final)})


def check_seal(manifest: Manifest) -> None:
    """Do nothing if a manifest is as it was sealed, or never was.

    Raises:
        SanoscopeError: ``edition-alteree``.
    """
    if manifest.sceau and manifest.sceau != _print(manifest.model_copy(update={"sceau": ""})):
        raise SanoscopeError(
            "edition-alteree",
            Sentence("Le manifeste de l'édition « %(nom)s » n'est plus celui qui a été scellé.", nom=manifest.nom),
            todo=Sentence("Rétablissez-la d'une sauvegarde."),
        )


def _print(manifest: Manifest) -> str:
    said = manifest.model_dump(mode="json", exclude_defaults=True)  # a later version may have more to say
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def fields(directory: Path) -> Mapping[str, ManifestChamp]:
    """Return the fields of an edition; none of one that is not there, or that this version cannot read."""
    try:
        return read(directory).champs
    except SanoscopeError:
        return {}


def read(directory: Path) -> Manifest:
    """Return the manifest of an edition's directory.

    Raises:
        NotFoundError: ``edition-introuvable``.
        SanoscopeError: ``edition-ancienne``: another version of Sanoscope built it.
    """
    path = directory / FILE
    if not path.is_file():
        named = directory.parent if directory.name == PUBLIC else directory
        raise NotFoundError(
            "edition-introuvable",
            f"Il n'y a pas d'édition « {named.name} ».",
            allowed=sorted(p.parent.name for p in named.parent.glob(f"*/{FILE}") if not p.parent.is_symlink()),
            todo="« sanoscope build » en construit une.",
        )
    try:
        return Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise SanoscopeError(
            "edition-ancienne",
            Sentence("L'édition « %(nom)s » a été construite par une autre version du logiciel.", nom=directory.name),
            todo=Sentence("Reconstruisez-la avec « sanoscope build »."),
        ) from error


def write(directory: Path, manifest: Manifest) -> None:
    """Write a manifest, all or nothing."""
    put(directory / FILE, manifest.model_dump_json(indent=1))
