"""``sanoscope build``: from the transmissions that count to an edition.

Each step is a plan of the engine, so that another engine builds the same. The directory of the edition appears by one
rename, complete or not at all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa

from sanoscope import __version__
from sanoscope.catalogue.field import Champ, Cube, Somme
from sanoscope.catalogue.load import Catalogue
from sanoscope.disclosure.protect import Care
from sanoscope.edition import manifest as manifests
from sanoscope.edition.composed import compose
from sanoscope.edition.following import FOLLOWING, store_following
from sanoscope.edition.means import means
from sanoscope.edition.noised import noise_key, open_noised, persons_table
from sanoscope.edition.opening import open_store
from sanoscope.edition.population import inhabitants
from sanoscope.edition.rollups import GAIN, Shape, base_shape, shapes
from sanoscope.edition.rules import column, contribution, counts, exclusion, mentioned
from sanoscope.edition.stores import complete, fingerprint, unfinished
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.plan import (
    Aggregate,
    Binary,
    Case,
    Coalesce,
    Column,
    Constant,
    Derive,
    Expression,
    Filter,
    LeftJoin,
    Measure,
    Plan,
    Scan,
)
from sanoscope.errors import SanoscopeError
from sanoscope.formats.registry import layouts
from sanoscope.intake.decode import MAIN_TABLE
from sanoscope.intake.names import FIELD_OF
from sanoscope.intake.store import StoredFile, Transmission, last_transmissions, stored_files
from sanoscope.nomenclature.places import UNKNOWN
from sanoscope.nomenclature.reference import Reference, load_reference
from sanoscope.workspace import Workspace, alone

Progress = Callable[[str], None]


def build(
    workspace: Workspace,
    catalogue: Catalogue,
    *,
    years: Iterable[int] = (),
    name: str = "",
    care: Care | None = None,
    before: str = "",
    secret: int = 0,
    progress: Progress | None = None,
) -> manifests.Manifest:
    """Build an edition and return its manifest.

    Args:
        workspace: where the store, the reference tables and the editions are.
        catalogue: what will be asked.
        years: years to take; none is all that the store has.
        name: name of the edition; "" is today's date.
        care: how much work protecting each year is worth.
        before: the edition that is published, whose moves are kept; "" for none.
        secret: what the protection draws at random depends on it; 0, as for any edition to be published, draws it
            from the system's source of chance.
        progress: called with what is being done, in French.

    Raises:
        SanoscopeError: ``rien-a-construire``, ``edition-existante``, ``rapprochement`` (a line is nowhere).
    """
    wanted = set(years)
    stored = {place: dict(stored_files(workspace.store, place)) for place in dict.fromkeys(FIELD_OF.values())}
    sent: dict[str, _Sent] = {}
    for code, champ in ((code, champ) for code, champ in catalogue.champs.items() if champ.fichiers):
        places = dict.fromkeys(FIELD_OF[kind] for kind in champ.fichiers)
        files = {file: path for place in places for file, path in stored[place].items()}
        transmissions = last_transmissions(
            list(files), champ.fichiers, (champ.chainage.fichier,) if champ.chainage else (), wanted or None
        )
        transmissions = [t for t in transmissions if any(_rows(f, champ) for f in t.fichiers.values())]
        if transmissions:
            sent[code] = _Sent(champ, files, transmissions)
    if not sent:
        raise SanoscopeError(
            "rien-a-construire",
            f"Le dépôt n'a aucune transmission{' pour ' + ', '.join(map(str, sorted(wanted))) if wanted else ''}.",
            todo="Recevez d'abord des fichiers : « sanoscope intake CHEMIN ».",
        )
    with alone(workspace.editions, "construction"):
        target = edition_name(workspace, name)
        with unfinished(workspace, target, manifests.PUBLIC, manifests.SECURE) as work:
            earlier = workspace.editions / before if before else None
            key = noise_key(work, earlier, secret)
            reference = load_reference(workspace.reference)
            built = {}
            for code, of in sent.items():

                def say(step: str, champ: str = code) -> None:
                    if progress:
                        progress(f"{champ.upper()}, {step}")

                part = _Construction(workspace, catalogue, of, reference, work, say)
                built[code] = part.run(care or Care(), earlier, secret, key)
            for champ in (champ for champ in catalogue.champs.values() if champ.compose):

                def tell(step: str, code: str = champ.champ) -> None:
                    if progress:
                        progress(f"{code.upper()}, {step}")

                whole = compose(champ, catalogue, built, work, workspace.settings, key, tell)
                if whole:
                    built[champ.champ] = whole
            manifest = manifests.Manifest(
                nom=target,
                cree_le=datetime.now(UTC),
                logiciel=__version__,
                moteur="duckdb",
                nomenclatures=dict(reference.fingerprints),
                champs=built,
            )
            complete(work, manifest, manifests.opened(manifest, threshold=workspace.settings.seuil))
    return manifest


def edition_name(workspace: Workspace, name: str) -> str:
    """Return the name of an edition to build; "" is that of the day.

    Raises:
        SanoscopeError: ``nom-invalide``, ``edition-existante``.
    """
    if name and (not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name.startswith(".")):
        raise SanoscopeError(
            "nom-invalide",
            f"« {name} » ne peut pas nommer une édition.",
            allowed=["lettres, chiffres, tiret, point, souligné"],
        )
    if name == "current" or (name and (workspace.editions / name).exists()):
        raise SanoscopeError(
            "edition-existante",
            f"L'édition « {name} » existe ; une édition ne change jamais.",
            todo="Donnez un autre --name.",
        )
    today = datetime.now(UTC).date().isoformat()
    names = [name] if name else [today, *(f"{today}-{n}" for n in range(2, 1000))]
    return next(candidate for candidate in names if not (workspace.editions / candidate).exists())


@dataclass(frozen=True)
class _Sent:
    """A field, all the files that the store has of it, and the transmissions that count."""

    champ: Champ
    files: dict[StoredFile, Path]
    transmissions: list[Transmission]


class _Construction:
    """The build of one field: the engine on its file of the edition, the inputs as its tables."""

    def __init__(
        self,
        workspace: Workspace,
        catalogue: Catalogue,
        sent: _Sent,
        reference: Reference,
        work: Path,
        progress: Progress,
    ) -> None:
        self.workspace = workspace
        self.catalogue = catalogue
        self.champ = sent.champ
        self.files = sent.files
        self.transmissions = sent.transmissions
        self.work = work
        self.progress = progress
        self.years = sorted({t.annee for t in sent.transmissions})
        self.reference = reference
        self.trees = [n for n, d in self.champ.dimensions.items() if d.arbre]
        self.database = work / manifests.database(self.champ.champ, public=False)
        self.public_database = work / manifests.database(self.champ.champ, public=True)
        settings = workspace.settings
        self.engine = DuckDBEngine(self.database, memory=settings.memoire, threads=settings.processus)
        self.tables: list[manifests.TableCube] = []
        self.unknown: dict[str, int] = {}

    def run(self, care: Care, before: Path | None, secret: int, key: bytes) -> manifests.ManifestChamp:
        self.progress("lecture des transmissions")
        self._see_inputs()
        self.progress("nomenclatures")
        self._store_dimensions()
        reconciliation = self._reconcile()
        for name in self.champ.moyennes:
            self.progress(f"moyenne de référence : {name}")
            self._mean(name)
        if self.champ.suites and self.chained:
            self.progress("suites des séjours")
            store_following(self.engine, self.champ)
        for cube in self.champ.cubes:
            self.progress(f"cube {cube}")
            self._base_cube(cube)
        self.progress("agrégats")
        self._rollups()
        for distinct in self.champ.distincts:
            self.progress(f"comptes distincts : {distinct}")
            self._distinct(distinct)
        self._check(reconciliation)
        self._drop_inputs()
        tables, protection = self._open(care, before, secret, key)
        self.engine.close()
        return manifests.ManifestChamp(
            annees=self.years,
            entrees=[_entry(f) for t in self.transmissions for f in t.fichiers.values()],
            rapprochement=reconciliation,
            versions={
                self.champ.dimensions[n].arbre: {
                    year: self.reference.version(self.champ.dimensions[n].arbre, year) for year in self.years
                }
                for n in self.trees
            },
            codes_inconnus=self.unknown,
            tables=self.tables,
            empreinte=fingerprint(self.database),
            tables_ouvertes=tables,
            empreinte_ouverte=fingerprint(self.public_database),
            protection=protection,
        )

    def _open(
        self, care: Care, before: Path | None, secret: int, key: bytes
    ) -> tuple[list[manifests.TableCube], list[manifests.ProtectionAnnee]]:
        """Make the open store: names of things as they are, counts of a twin."""
        settings = self.workspace.settings
        public = DuckDBEngine(self.public_database, memory=settings.memoire, threads=settings.processus)
        for table in ("etablissements", "residences", "zonages", "libelles", "population"):
            public.store(table, self.engine.table(table))
        made = open_store(
            self.engine,
            public,
            self.champ,
            self.years,
            self.work,
            threshold=settings.seuil,
            care=care,
            before=before,
            workers=settings.processus,
            secret=secret,
            progress=self.progress,
        )
        tables = [
            name
            for name, told in self.champ.publication.bruites.items()
            if self.chained or told.cube not in self.champ.distincts
        ]
        made[0].extend(
            open_noised(
                self.engine,
                public,
                self.champ,
                tables,
                threshold=settings.seuil,
                key=key,
                progress=self.progress,
            )
        )
        public.close()
        return made

    # inputs -----------------------------------------------------------------------------------------------------

    def _see_inputs(self) -> None:
        chaining = self._parts(self.champ.chainage.fichier) if self.champ.chainage else []
        if chaining:
            self.engine.see("_chainage", chaining)
        self.chained = bool(chaining)
        if self.champ.zone:
            self._see_items()
        else:
            self.engine.see("_lignes", self._parts(*self.champ.fichiers), self._columns())

    def _see_items(self) -> None:
        """Show the items of the field's zone as lines; what tells of which line each is: its file, its number there."""
        of = ("_dossier", "ligne")
        items, lines = self._columns(self.champ.zone), self._columns()
        self.engine.see("_elements", self._parts(*self.champ.fichiers, table=self.champ.zone), items, directory=of[0])
        self.engine.see("_entieres", self._parts(*self.champ.fichiers), lines, directory=of[0])
        used = mentioned(self.champ)
        taken = tuple(name for name in ("annee", *lines) if name in used and name not in items)
        whole = LeftJoin(Scan("_elements"), Scan("_entieres"), of, taken)
        kept = (*(name for name in items if name in used), *taken)
        self.engine.create("_lignes", Derive(whole, tuple((name, Column(name)) for name in kept)))
        for view in ("_elements", "_entieres"):
            self.engine.drop_view(view)

    def _columns(self, zone: str = "") -> dict[str, pa.DataType]:
        """Return the columns that some layout of the field's files has: a year's file may lack them.

        Those of the lines themselves, or of a zone of theirs.
        """
        every = [layout for kind in self.champ.fichiers for layout in layouts(kind)]
        zones = [z.fields for layout in every for z in layout.zones if z.name == zone]
        once = [z.fields for layout in every for z in layout.zones if z.once]  # fields of the line, wherever they are
        parts = zones if zone else [*(layout.fields for layout in every), *once]
        fields = {f.name: f for part in parts for f in part if f.stored}
        found = {name: pa.string() if f.type == "text" else pa.int64() for name, f in fields.items()}
        # without chaining nothing is known of what comes after a stay
        unknown = {"suite_jours": pa.int64(), "suite_finess": pa.string()} if self.champ.suites else {}
        return found if self.chained else found | unknown

    def _parts(self, *kinds: str, table: str = "") -> list[Path]:
        """Return the files of a table of the transmissions; "" is the main one of each kind."""
        found: list[Path] = []
        for file in (t.fichiers[kind] for t in self.transmissions for kind in kinds if kind in t.fichiers):
            directory, name = self.files[file], table or MAIN_TABLE[file.kind]
            found += sorted([*directory.glob(f"{name}.parquet"), *directory.glob(f"{name}~*.parquet")])
        return found

    def _drop_inputs(self) -> None:
        if self.champ.zone:
            self.engine.drop("_lignes")
        for view in (*(() if self.champ.zone else ("_lignes",)), *(("_chainage",) if self.chained else ())):
            self.engine.drop_view(view)
        beside = [f"_{name}" for name in self.champ.moyennes] + [FOLLOWING] * bool(self.champ.suites and self.chained)
        for table in (*(f"_{name}" for name in self.trees), *beside, "_etablissements", "_geographie"):
            self.engine.drop(table)

    # dimensions -------------------------------------------------------------------------------------------------

    def _store_dimensions(self) -> None:
        self.unknown = {}
        for name in self.trees:
            self._store_codes(name)
        sent = pl.DataFrame({n: [getattr(t, n) for t in self.transmissions] for n in ("annee", "finess", "mois")})
        establishments = self.reference.establishments(sent.select("annee", "finess"))
        self.engine.store("etablissements", establishments.join(sent, on=["annee", "finess"]).to_arrow())
        self.engine.store("_etablissements", establishments.to_arrow())
        codes: list[str] = []
        if "code_geo" in self.champ.dimensions:
            codes = self.engine.run(Aggregate(Scan("_lignes"), (("code_geo",),), ()))["code_geo"].to_pylist()
        residences = self.reference.residences(pl.Series("code_geo", codes, pl.String))
        renamed = {n: f"{n}_residence" for n in ("departement", "region", "territoire")}
        self.engine.store("_geographie", residences.rename(renamed).to_arrow())
        self.engine.store("residences", residences.to_arrow())
        self.engine.store("population", inhabitants(self.reference, self.years).to_arrow())
        self.engine.store("zonages", self.reference["zonages"].to_arrow())
        self.engine.store("libelles", self._labels())
        self._count_unknown(establishments, residences)

    def _labels(self) -> pa.Table:
        levels = {name: d.nomenclature for name, d in self.champ.dimensions.items() if d.nomenclature}
        rows = [
            (dimension, code, label)
            for dimension, nomenclature in levels.items()
            if nomenclature not in ("etablissements", "geographie")
            for code, label in self.reference.labels(nomenclature).items()
        ]
        return pa.table(dict(zip(("niveau", "code", "libelle"), map(list, zip(*rows, strict=True)), strict=True)))

    def _store_codes(self, name: str) -> None:
        """Store the coarser levels of every code met; count the lines whose code no nomenclature knows."""
        declared = self.champ.dimensions[name]
        codes = Derive(Scan("_lignes"), tuple((n, self._key(n)) for n in ("annee", name)))
        met = Aggregate(codes, (("annee", name),), (Measure("lignes", "count"),))
        pairs = pl.DataFrame(pl.from_arrow(self.engine.run(met))).with_columns(pl.col("annee").cast(pl.Int64))
        asked = pairs.select("annee", pl.col(name).alias(declared.arbre))
        known = self.reference.groupings(declared.arbre, asked).rename({declared.arbre: name})
        lost = (
            pairs.filter(pl.col(name) != "")
            .join(known.filter(~pl.col("connu")), on=["annee", name], how="semi")["lignes"]
            .sum()
        )
        if lost:
            self.unknown[f"lignes dont le code est inconnu ({declared.libelle})"] = int(lost)
        self.engine.store(f"_{name}", known.select("annee", name, *declared.parents).to_arrow())

    def _count_unknown(self, establishments: pl.DataFrame, residences: pl.DataFrame) -> None:
        unknown = {
            "établissements inconnus": establishments.filter(~pl.col("connu"))["finess"].n_unique(),
            "codes géographiques inconnus": residences.filter(~pl.col("connu")).height,
        }
        self.unknown |= {what: n for what, n in unknown.items() if n}

    # counts -----------------------------------------------------------------------------------------------------

    def _reconcile(self) -> list[manifests.Rapprochement]:
        named = Derive(Scan("_lignes"), (("annee", Column("annee")), ("exclusion", exclusion(self.champ))))
        rows = self.engine.run(Aggregate(named, (("annee", "exclusion"),), (Measure("n", "count"),))).to_pylist()
        counting = [f for t in self.transmissions for kind, f in t.fichiers.items() if kind in self.champ.fichiers]
        held = set(counting)
        replaced = [f for f in self.files if f.kind in self.champ.fichiers and f not in held]
        return [
            manifests.Rapprochement(
                annee=year,
                lignes=sum(_rows(f, self.champ) for f in counting if f.annee == year),
                retenues=sum(r["n"] for r in rows if r["annee"] == year and not r["exclusion"]),
                exclusions={
                    e.code: sum(r["n"] for r in rows if r["annee"] == year and r["exclusion"] == e.code)
                    for e in self.champ.exclusions
                },
                remplacees=sum(_rows(f, self.champ) for f in replaced if f.annee == year),
            )
            for year in self.years
        ]

    def _key(self, name: str) -> Expression:
        """Return a dimension of a line; a code that is not there is "", a number 0."""
        nothing = Constant(0) if self.champ.dimensions[name].axe == "temps" else Constant("")
        return Coalesce(column(name, self.champ), nothing)

    def _counted(self, cube: Cube) -> Plan:
        """What a cube counts: its dimensions, and what each line, or each part of a unit, adds to its sums."""
        lines = self._beside(Filter(Scan("_lignes"), counts(self.champ)))
        sums = {name: self.champ.sommes[name] for name in cube.sommes}
        of_lines = [
            (name, contribution(somme, self.champ)) for name, somme in sums.items() if not self._in_units(somme)
        ]
        dimensions = [(name, self._key(name)) for name in cube.dimensions]
        if not self.champ.unites:
            return Derive(lines, (*dimensions, *of_lines))
        own = [
            (name, Coalesce(column(name, self.champ), Constant(empty)))
            for name, empty in self.champ.unites.par.items()
            if name not in cube.dimensions
        ]
        names = (*cube.dimensions, *(name for name, _ in own))
        parts = Aggregate(
            Derive(lines, (*dimensions, *own, *of_lines)), (names,), tuple(Measure(n, "sum", n) for n, _ in of_lines)
        )
        self.engine.create("_unites", parts)
        unit = tuple(name for name in names if name != "mois")
        begun = Aggregate(Scan("_unites"), (unit,), (Measure("debut", "min", "mois"),))
        known = self.champ.model_copy(update={"colonnes": {}})  # a unit has its columns, those of its lines are gone
        first = Binary("=", Column("mois"), Column("debut"))
        of_units = [
            (name, Case(((first, contribution(somme, known)),), Constant(0)))
            for name, somme in sums.items()
            if self._in_units(somme)
        ]
        kept = [(name, Column(name)) for name in (*cube.dimensions, *(name for name, _ in of_lines))]
        return Derive(LeftJoin(Scan("_unites"), begun, unit, ("debut",)), (*kept, *of_units))

    def _beside(self, lines: Plan) -> Plan:
        """Add to lines what they are set against, and what comes after them."""
        for name, mean in self.champ.moyennes.items():
            lines = LeftJoin(lines, Scan(f"_{name}"), ("annee", *mean.par), (name,))
        if self.champ.suites and self.chained and self.champ.chainage:
            on = ("annee", "finess", *self.champ.chainage.cle)
            lines = LeftJoin(lines, Scan(FOLLOWING), on, ("suite_jours", "suite_finess"))
        return lines

    def _mean(self, name: str) -> None:
        """Store a national mean by group, in thousandths: of the lines, or from a plain table for the years it has."""
        mean = self.champ.moyennes[name]
        columns = tuple((n, Coalesce(column(n, self.champ), Constant(""))) for n in mean.par)
        value = Coalesce(column(mean.de, self.champ), Constant(0))
        lines = Derive(
            Filter(Scan("_lignes"), counts(self.champ, mean.quand, mean.sauf)),
            (("annee", Column("annee")), *columns, ("valeur", value)),
        )
        plan = Aggregate(lines, (("annee", *mean.par, "valeur"),), (Measure("n", "count"),))
        own = means(pl.DataFrame(pl.from_arrow(self.engine.run(plan))), mean.par, trimmed=mean.rognee)
        own = own.select("annee", *mean.par, pl.col("moyenne").alias(name))
        if mean.reference:
            known = self.reference[mean.reference].select("annee", *mean.par, pl.col("moyenne").alias(name))
            own = pl.concat([own.join(known, on="annee", how="anti"), known.cast(own.schema)])
        self.engine.store(f"_{name}", own.to_arrow())

    def _in_units(self, somme: Somme) -> bool:
        """Tell whether a sum counts units, itself or all that it is the sum of."""
        return somme.unites or any(self._in_units(self.champ.sommes[name]) for name in somme.egale)

    def _base_cube(self, cube: str) -> None:
        declared = self.champ.cubes[cube]
        sums = tuple(Measure(name, "sum", name) for name in declared.sommes)
        grouped = Aggregate(self._counted(declared), (declared.dimensions,), sums)
        self._create(base_shape(self.champ, cube), self._with_parents(grouped, declared.dimensions, declared.sommes))
        if self.champ.unites:
            self.engine.drop("_unites")

    def _with_parents(self, plan: Plan, dimensions: tuple[str, ...], rest: tuple[str, ...]) -> Plan:
        """Add the coarser dimensions that the given ones determine; a code that no table knows belongs to "?"."""
        known: dict[str, Expression] = {name: Column(name) for name in (*dimensions, *rest)}
        for key, on in (
            *((name, ("annee", name)) for name in self.trees),
            ("finess", ("annee", "finess")),
            ("code_geo", ("code_geo",)),
        ):
            if key in dimensions and self.champ.dimensions[key].parents:
                table = {"finess": "_etablissements", "code_geo": "_geographie"}.get(key, f"_{key}")
                parents = self.champ.dimensions[key].parents
                plan = LeftJoin(plan, Scan(table), on, parents)
                known |= {p: Coalesce(Column(p), Constant(UNKNOWN)) for p in parents}
        order = (*dimensions, *(n for n in known if n not in (*dimensions, *rest)), *rest)
        return Derive(plan, tuple((name, known[name]) for name in order))

    def _create(self, wanted: Shape, plan: Plan) -> int:
        rows = self.engine.create_sorted(wanted.table, plan, wanted.dimensions)
        self.tables.append(
            manifests.TableCube(
                nom=wanted.table,
                cube=wanted.cube,
                dimensions=list(wanted.dimensions),
                colonnes=list(wanted.columns),
                lignes=rows,
            )
        )
        return rows

    def _rollups(self) -> None:
        """Make each rollup that gains enough, from the smallest table that holds its columns."""
        for wanted in shapes(self.champ, self.catalogue.restitutions.values()):
            sources = [t for t in self.tables if t.cube == wanted.cube and set(wanted.columns) <= set(t.colonnes)]
            source = min(sources, key=lambda t: t.lignes)
            if self.engine.count(Aggregate(Scan(source.nom), (wanted.dimensions,), ())) * GAIN > source.lignes:
                continue
            sums = tuple(Measure(name, "sum", name) for name in self.champ.cubes[wanted.cube].sommes)
            self._create(wanted, Aggregate(Scan(source.nom), (wanted.columns,), sums))

    def _distinct(self, name: str) -> None:
        """One row a person and group of dimensions, with the first month: enough for any cumulated period."""
        declared = self.champ.distincts[name]
        if not self.chained:
            return
        assert self.champ.chainage is not None
        taken = ("codes_retour", declared.colonne)
        chained = LeftJoin(Scan("_lignes"), Scan("_chainage"), ("annee", "finess", *self.champ.chainage.cle), taken)
        kept = Filter(chained, counts(self.champ, declared.quand))
        finest = tuple(d for d in declared.dimensions if d != "mois")
        columns = (*((d, self._key(d)) for d in (*finest, "mois")), (declared.colonne, Column(declared.colonne)))
        grouped = Aggregate(Derive(kept, columns), ((*finest, declared.colonne),), (Measure("mois", "min", "mois"),))
        plan = self._with_parents(grouped, finest, ("mois", declared.colonne))
        parents = tuple(p for d in finest for p in self.champ.dimensions[d].parents)
        wanted = Shape(name, finest, (*finest, *parents, "mois"))
        assert wanted.table == persons_table(self.champ, name)
        self._create(wanted, plan)

    def _check(self, reconciliation: list[manifests.Rapprochement]) -> None:
        """Every line of the store is in the cubes or in a named exclusion."""
        for cube, declared in self.champ.cubes.items():
            if "lignes" not in declared.sommes:
                continue
            table = base_shape(self.champ, cube).table
            rows = self.engine.run(Aggregate(Scan(table), (("annee",),), (Measure("n", "sum", "lignes"),))).to_pylist()
            held = {row["annee"]: row["n"] for row in rows}
            for year in reconciliation:
                left_out = sum(year.exclusions.values())
                if not held.get(year.annee, 0) == year.retenues == year.lignes - left_out:
                    raise SanoscopeError(
                        "rapprochement",
                        f"{year.annee} : {year.lignes} lignes reçues, {left_out} exclues, {held.get(year.annee, 0)} "
                        f"dans le cube {cube}. L'édition n'est pas construite.",
                        todo="Signalez-le : aucune ligne ne doit se perdre.",
                    )


def _rows(file: StoredFile, champ: Champ) -> int:
    """Return how many lines of a field a file has: those accepted, or the items of the field's zone in them."""
    return file.tables.get(champ.zone, 0) if champ.zone else file.acceptees


def _entry(file: StoredFile) -> manifests.Entree:
    return manifests.Entree(
        nom=file.nom,
        genre=file.kind,
        finess=file.finess,
        annee=file.annee,
        mois=file.mois,
        instant=file.instant,
        sha256=file.sha256,
        lignes=file.acceptees,
        tronque=file.tronque,
    )
