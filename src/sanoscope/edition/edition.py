"""An edition opened to be asked: its tables, what they hold, the names of things."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition import manifest as manifests
from sanoscope.edition.manifest import ENTITIES, HISTORY, SILENT, Manifest, ManifestChamp, TableCube
from sanoscope.edition.population import Population, read_population
from sanoscope.edition.publication import absent, current, without_field
from sanoscope.edition.reconciliation import Entity
from sanoscope.edition.stores import reading
from sanoscope.engine.memory import MemoryEngine
from sanoscope.engine.plan import Aggregate, Scan
from sanoscope.engine.protocol import Engine
from sanoscope.nomenclature.places import UNKNOWN
from sanoscope.workspace import Settings


@dataclass(frozen=True, slots=True)
class Etablissement:
    """An establishment in a year, as the edition knows it; ``mois``: its transmission goes up to that month."""

    annee: int
    finess: str
    raison_sociale: str
    categorie: str
    secteur: str
    departement: str
    region: str
    ght: str
    code_geo: str
    connu: bool
    mois: int
    territoire: str


@dataclass(frozen=True, slots=True)
class Residence:
    """A geographic code of residence."""

    code_geo: str
    libelle: str
    departement: str
    region: str
    territoire: str
    connu: bool


@dataclass(frozen=True)
class Edition:
    """An edition and the engines that answer from it, one for each of its fields.

    What is asked of a whole edition (its establishments, its labels) is what its fields have together; figures are
    asked of one field: `of`.

    Attributes:
        manifest: what it says of itself.
        engines: answer from the tables of each field.
        public: these are the open store's: a twin, with its tracer.
    """

    manifest: Manifest
    engines: Mapping[str, Engine]
    public: bool = False

    @property
    def nom(self) -> str:
        """Its name."""
        return self.manifest.nom

    def of(self, champ: str) -> "Edition":
        """Return the edition as one field of it sees it.

        Raises:
            NotFoundError: ``champ-absent``: it does not hold that field.
        """
        if champ not in self.engines:
            raise without_field(champ, self.manifest)
        if len(self.engines) == 1:
            return self
        if champ not in self._views:
            own = {champ: self.manifest.champs[champ]}
            manifest = self.manifest.model_copy(update={"champs": own})
            self._views[champ] = Edition(manifest, {champ: self.engines[champ]}, self.public)
        return self._views[champ]

    def answering(self, restitution: Restitution) -> "Edition":
        """Return the edition as a restitution's field sees it: of a source, in the years that it has something to say.

        Raises:
            NotFoundError: it does not have the restitution's figures.
        """
        if not self.manifest.repond(restitution):
            raise absent(restitution, self.manifest)
        seen, source = self.of(restitution.champ), self.manifest.source
        years = source.annees.get(restitution.slug) if source else None
        if not years or years == seen.champ.annees:
            return seen
        if restitution.slug not in self._views:
            champs = {restitution.champ: seen.champ.model_copy(update={"annees": years})}
            manifest = self.manifest.model_copy(update={"champs": champs})
            self._views[restitution.slug] = Edition(manifest, seen.engines, self.public)
        return self._views[restitution.slug]

    @cached_property
    def _views(self) -> dict[str, "Edition"]:
        return {}

    @property
    def champ(self) -> ManifestChamp:
        """What the manifest says of the one field of a view."""
        (champ,) = self.manifest.champs.values()
        return champ

    @property
    def engine(self) -> Engine:
        """The engine of the one field of a view."""
        (engine,) = self.engines.values()
        return engine

    @cached_property
    def etablissements(self) -> Mapping[tuple[int, str], Etablissement]:
        """Establishments by (year, FINESS); of one that several fields have, as the one it sent most of has it."""
        rows = self._rows("etablissements")
        for row in rows:  # an edition built before the territory was kept has that of the code
            place = self.residences.get(row["code_geo"])
            row.setdefault("territoire", place.territoire if place else UNKNOWN)
        known = sorted((Etablissement(**row) for row in rows), key=lambda e: e.mois)
        return {(e.annee, e.finess): e for e in known}

    @cached_property
    def finess(self) -> Mapping[str, Etablissement]:
        """Establishments by FINESS, as of the latest year that they sent."""
        return {e.finess: e for _, e in sorted(self.etablissements.items())}

    @cached_property
    def entites(self) -> Mapping[tuple[int, str], Mapping[str, Entity]]:
        """Of a source of indicators, its entities by FINESS, of each year and table of its files; none of others."""
        found: dict[tuple[int, str], dict[str, Entity]] = {}
        for row in self._rows(ENTITIES) if self._has_entities else ():
            entity = Entity(row["finess"], row["juridique"], row["juridique_connu"], row["nom"])
            found.setdefault((row["annee"], row["tableau"]), {})[entity.code] = entity
        return found

    @cached_property
    def historique(self) -> tuple[tuple[str, str], ...]:
        """Of a source of indicators, what FINESS became when it was built: (old, new)."""
        return tuple((row["ancien"], row["nouveau"]) for row in self._rows(HISTORY)) if self._has_entities else ()

    @property
    def _has_entities(self) -> bool:
        return any(champ.entites for champ in self.manifest.champs.values())

    @cached_property
    def residences(self) -> Mapping[str, Residence]:
        """Geographic codes of residence by code."""
        return {row["code_geo"]: Residence(**row) for row in self._rows("residences")}

    @cached_property
    def territoires(self) -> frozenset[str]:
        """The territories where patients live or establishments are."""
        lived_in = {place.territoire for place in self.residences.values()}
        return frozenset(lived_in | {e.territoire for e in self.etablissements.values()}) - {UNKNOWN}

    @cached_property
    def population(self) -> Population:
        """The inhabitants that rates are by; none in an edition of a published source."""
        if self.manifest.source:
            return Population({})
        tables = [pl.DataFrame(pl.from_arrow(engine.run(Scan("population")))) for engine in self.engines.values()]
        return read_population(pl.concat(tables).unique())

    def silent(self, tracers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which tracers are those of groups of which an open store says nothing."""
        if len(self._silent) == 0:
            return np.zeros(len(tracers), np.bool_)
        at = np.minimum(np.searchsorted(self._silent, tracers), len(self._silent) - 1)
        return np.asarray(self._silent[at] == tracers)

    @cached_property
    def _silent(self) -> NDArray[np.int64]:
        return np.sort(self.engine.run(Scan(SILENT))["traceur"].to_numpy())

    @cached_property
    def zonages(self) -> Mapping[str, Mapping[str, tuple[str, frozenset[str]]]]:
        """Free zonings: name → zone → (label, geographic codes)."""
        found: dict[str, dict[str, tuple[str, frozenset[str]]]] = {}
        for row in self._rows("zonages"):
            zones = found.setdefault(row["zonage"], {})
            label, codes = zones.get(row["zone"], (row["libelle"], frozenset()))
            zones[row["zone"]] = (label, codes | {row["code_geo"]})
        return found

    @cached_property
    def libelles(self) -> Mapping[str, Mapping[str, str]]:
        """Labels: dimension → code → label."""
        found: dict[str, dict[str, str]] = {}
        for row in self._rows("libelles"):
            found.setdefault(row["niveau"], {})[row["code"]] = row["libelle"]
        return found

    def codes(self, dimension: str) -> frozenset[str]:
        """Every code of a dimension: those of the nomenclatures and those met in the data; no code is none of them."""
        if dimension not in self._codes:
            met: set[str] = set()
            for champ, engine in self.engines.items():
                held = [t for t in self.manifest.champs[champ].tables if dimension in t.colonnes]
                smallest = {t.cube: t for t in sorted(held, key=lambda t: -t.lignes)}  # a cube may lack some of them
                for table in smallest.values():
                    rows = engine.run(Aggregate(Scan(table.nom), ((dimension,),), ()))
                    met |= set(rows.to_pydict().get(dimension, []))
            self._codes[dimension] = frozenset((met | set(self.libelles.get(dimension, ()))) - {""})
        return self._codes[dimension]

    @cached_property
    def _codes(self) -> dict[str, frozenset[str]]:
        return {}

    def tables(self, cube: str) -> list[TableCube]:
        """The tables that hold a cube, the smallest first."""
        return sorted((t for t in self.champ.tables if t.cube == cube), key=lambda t: (t.lignes, t.nom))

    def _rows(self, table: str) -> list[dict[str, Any]]:
        return [row for engine in self.engines.values() for row in engine.run(Scan(table)).to_pylist()]


def open_edition(
    directory: Path, name: str = "", *, settings: Settings, public: bool = False, serving: bool = False
) -> Edition:
    """Open an edition read-only.

    Args:
        directory: the workspace's editions.
        name: which; "" is the published one.
        settings: memory and processors to grant.
        public: open its open store, and nothing else of it; the secure store otherwise.
        serving: to answer readers, within the memory granted to their questions.

    Raises:
        NotFoundError: there is no such edition, or none is published.
    """
    place = directory / (name or current(directory))
    manifest = manifests.read(place / manifests.PUBLIC if public else place)
    engines = {
        champ: reading(place / manifest.base(champ, public=public), settings, serving=serving)
        for champ in manifest.champs
    }
    return Edition(manifest, engines, public)


def in_memory(edition: Edition) -> Edition:
    """Return the same edition answered by the reference engine."""
    engines: dict[str, Engine] = {}
    for champ, engine in edition.engines.items():
        names = [t.nom for t in edition.manifest.champs[champ].tables]
        names += ["etablissements", "residences", "zonages", "libelles"]
        names += [] if edition.manifest.source else ["population"]
        if edition.public and not edition.manifest.source:
            names.append(SILENT)
        names += [ENTITIES, HISTORY] if edition.manifest.champs[champ].entites else []
        tables: dict[str, pa.Table] = {name: engine.run(Scan(name)) for name in names}
        engines[champ] = MemoryEngine(tables)
    return Edition(edition.manifest, engines, edition.public)
