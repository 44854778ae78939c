"""An edition opened to be asked: its tables, what they hold, the names of things."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sanoscope.edition import manifest as manifests
from sanoscope.edition.build import DATABASE, PUBLIC_DATABASE
from sanoscope.edition.manifest import SILENT, Manifest, TableCube
from sanoscope.edition.publication import current
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.memory import MemoryEngine
from sanoscope.engine.plan import Aggregate, Scan
from sanoscope.engine.protocol import Engine
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
    """An edition and the engine that answers from it.

    Attributes:
        manifest: what it says of itself.
        engine: answers from its tables.
        public: these are the open store's: a twin, with its tracer.
    """

    manifest: Manifest
    engine: Engine
    public: bool = False

    @property
    def nom(self) -> str:
        """Its name."""
        return self.manifest.nom

    @cached_property
    def etablissements(self) -> Mapping[tuple[int, str], Etablissement]:
        """Establishments by (year, FINESS)."""
        rows = (Etablissement(**row) for row in self._rows("etablissements"))
        return {(e.annee, e.finess): e for e in rows}

    @cached_property
    def finess(self) -> Mapping[str, Etablissement]:
        """Establishments by FINESS, as of the latest year that they sent."""
        return {e.finess: e for _, e in sorted(self.etablissements.items())}

    @cached_property
    def residences(self) -> Mapping[str, Residence]:
        """Geographic codes of residence by code."""
        return {row["code_geo"]: Residence(**row) for row in self._rows("residences")}

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
        """Every code of a dimension: those of the nomenclatures and those met in the data."""
        if dimension not in self._codes:
            tables = [t for t in self.manifest.tables if dimension in t.colonnes]
            met: set[str] = set()
            if tables:
                smallest = min(tables, key=lambda t: t.lignes)
                rows = self.engine.run(Aggregate(Scan(smallest.nom), ((dimension,),), ()))
                met = set(rows.to_pydict().get(dimension, []))
            self._codes[dimension] = frozenset(met | set(self.libelles.get(dimension, ())))
        return self._codes[dimension]

    @cached_property
    def _codes(self) -> dict[str, frozenset[str]]:
        return {}

    def tables(self, cube: str) -> list[TableCube]:
        """The tables that hold a cube, the smallest first."""
        return sorted((t for t in self.manifest.tables if t.cube == cube), key=lambda t: (t.lignes, t.nom))

    def _rows(self, table: str) -> list[dict[str, Any]]:
        return self.engine.run(Scan(table)).to_pylist()  # type: ignore[no-any-return]


def open_edition(
    directory: Path, name: str = "", *, settings: Settings, public: bool = False, timeout: float = 0
) -> Edition:
    """Open an edition read-only.

    Args:
        directory: the workspace's editions.
        name: which; "" is the published one.
        settings: memory and processors to grant.
        public: open its open store, and nothing else of it; the secure store otherwise.
        timeout: seconds after which a question is interrupted (0: never).

    Raises:
        NotFoundError: there is no such edition, or none is published.
    """
    place = directory / (name or current(directory))
    manifest = manifests.read(place / manifests.PUBLIC if public else place)
    engine = DuckDBEngine(
        place / (PUBLIC_DATABASE if public else DATABASE),
        read_only=True,
        memory=settings.memoire,
        threads=settings.processus,
        timeout=timeout,
    )
    return Edition(manifest, engine, public)


def in_memory(edition: Edition) -> Edition:
    """Return the same edition answered by the reference engine."""
    names = [t.nom for t in edition.manifest.tables] + ["etablissements", "residences", "zonages", "libelles"]
    names += [SILENT] if edition.public else []
    tables: dict[str, pa.Table] = {name: edition.engine.run(Scan(name)) for name in names}
    return Edition(edition.manifest, MemoryEngine(tables), edition.public)
