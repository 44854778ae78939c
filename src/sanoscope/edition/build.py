"""``sanoscope build``: from the transmissions that count to an edition.

Each step is a plan of the engine, so that another engine builds the same. The directory of the edition appears by one
rename, complete or not at all.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sanoscope import __version__
from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.disclosure.protect import Care
from sanoscope.edition import manifest as manifests
from sanoscope.edition.composed import compose
from sanoscope.edition.cubes import Cubes
from sanoscope.edition.dimensions import drop_dimensions, store_dimensions, trees
from sanoscope.edition.inputs import Inputs
from sanoscope.edition.noised import noise_key, open_noised
from sanoscope.edition.opening import open_store
from sanoscope.edition.recipe import composed_recipe, recipe, tables_of
from sanoscope.edition.rules import exclusion, impossible
from sanoscope.edition.sent import Sent, counting
from sanoscope.edition.stores import complete, fingerprint, unfinished
from sanoscope.edition.taken import Before
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.plan import Aggregate, Case, Column, Constant, Derive, LeftJoin, Measure, Scan
from sanoscope.errors import SanoscopeError
from sanoscope.nomenclature.reference import Reference, load_reference
from sanoscope.workspace import Settings, Workspace, alone

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
    whole: bool = False,
    progress: Progress | None = None,
) -> manifests.Manifest:
    """Build an edition and return its manifest.

    A field of which nothing has changed since the edition before is taken over from it as it is.

    Args:
        workspace: where the store, the reference tables and the editions are.
        catalogue: what will be asked.
        years: years to take; none is all that the store has.
        name: name of the edition; "" is today's date.
        care: how much work protecting each year is worth.
        before: the edition that is published, whose moves are kept; "" for none.
        secret: what the protection draws at random depends on it; 0, as for any edition to be published, draws it
            from the system's source of chance.
        whole: build every field, whatever has changed.
        progress: called with what is being done, in French.

    Raises:
        SanoscopeError: ``rien-a-construire``, ``edition-existante``, ``rapprochement`` (a line is nowhere).
    """
    wanted = set(years)
    sent = counting(workspace, catalogue, wanted)
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
            fields = _Fields(workspace, catalogue, work, earlier, Before(None if whole else earlier, work), progress)
            built = {code: fields.of(each, reference, care or Care(), secret, key) for code, each in sent.items()}
            for champ in (champ for champ in catalogue.champs.values() if champ.compose):
                if made := fields.composed(champ, built, key):
                    built[champ.champ] = made
            manifest = manifests.Manifest(
                nom=target,
                cree_le=datetime.now(UTC),
                logiciel=__version__,
                moteur="duckdb",
                nomenclatures=dict(reference.fingerprints),
                champs=built,
                regles=rules_of(catalogue, workspace.settings),
            )
            complete(work, manifest, manifests.opened(manifest, threshold=workspace.settings.seuil))
    return manifest


def rules_of(catalogue: Catalogue, settings: Settings) -> str:
    """Return the fingerprint of what decides figures beside files and reference tables: catalogue and threshold."""
    return hashlib.sha256(f"{catalogue.empreinte} {settings.seuil}".encode()).hexdigest()


def _of_field(champ: str, progress: Progress | None) -> Progress:
    """Return what tells the progress of a field's build, as that of the whole."""

    def say(step: str) -> None:
        if progress:
            progress(f"{champ.upper()}, {step}")

    return say


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
class _Fields:
    """The fields of an edition that is being made: each taken over from the edition before, or built."""

    workspace: Workspace
    catalogue: Catalogue
    work: Path
    earlier: Path | None
    before: Before
    progress: Progress | None

    def of(self, sent: Sent, reference: Reference, care: Care, secret: int, key: bytes) -> manifests.ManifestChamp:
        """Return a field that has files."""
        say, own = _of_field(sent.champ.champ, self.progress), reference.only(tables_of(sent.champ))
        wanted = recipe(sent, self.catalogue, own, self.workspace.settings)
        if taken := self.before.take(sent.champ, wanted):
            say(f"repris de {taken.repris}")
            years = [year.model_copy(update={"remplacees": sent.replaced(year.annee)}) for year in taken.rapprochement]
            return taken.model_copy(update={"rapprochement": years})
        construction = _Construction(self.workspace, self.catalogue, sent, own, self.work, say)
        return construction.run(care, self.earlier, secret, key).model_copy(update={"recette": wanted})

    def composed(
        self, champ: Champ, built: Mapping[str, manifests.ManifestChamp], key: bytes
    ) -> manifests.ManifestChamp | None:
        """Return a field made of others, None where none of them has persons; it is taken over only if they all are."""
        say, settings = _of_field(champ.champ, self.progress), self.workspace.settings
        parts = {code: built[code] for code in champ.compose if code in built}
        wanted = composed_recipe(champ, parts, self.catalogue, settings)
        same = all(part.repris for part in parts.values())
        if same and (taken := self.before.take(champ, wanted)):
            say(f"repris de {taken.repris}")
            return taken
        made = compose(champ, self.catalogue, built, self.work, settings, key, say)
        return made.model_copy(update={"recette": wanted}) if made else None


class _Construction:
    """The build of one field: the engine on its file of the edition, the inputs as its tables."""

    def __init__(
        self,
        workspace: Workspace,
        catalogue: Catalogue,
        sent: Sent,
        reference: Reference,
        work: Path,
        progress: Progress,
    ) -> None:
        self.workspace = workspace
        self.catalogue = catalogue
        self.sent = sent
        self.champ = sent.champ
        self.work = work
        self.progress = progress
        self.years = sent.years
        self.reference = reference
        self.database = work / manifests.database(self.champ.champ, public=False)
        self.public_database = work / manifests.database(self.champ.champ, public=True)
        settings = workspace.settings
        self.engine = DuckDBEngine(self.database, memory=settings.memoire, threads=settings.processus)
        self.inputs = Inputs(self.engine, sent, work)

    def run(self, care: Care, before: Path | None, secret: int, key: bytes) -> manifests.ManifestChamp:
        self.progress("lecture des transmissions")
        self.inputs.show(self.reference)
        self.progress("nomenclatures")
        unknown = store_dimensions(self.engine, self.champ, self.reference, self.sent.transmissions)
        reconciliation = self._reconcile()
        cubes = self._count()
        cubes.check(reconciliation)
        cubes.drop()
        drop_dimensions(self.engine, self.champ)
        self.inputs.forget()
        tables, protection = self._open(care, before, secret, key)
        self.engine.close()
        return manifests.ManifestChamp(
            annees=self.years,
            entrees=self.sent.entries,
            rapprochement=reconciliation,
            versions={
                self.champ.dimensions[n].arbre: {
                    year: self.reference.version(self.champ.dimensions[n].arbre, year) for year in self.years
                }
                for n in trees(self.champ)
            },
            codes_inconnus=unknown,
            tables=cubes.tables,
            empreinte=fingerprint(self.database),
            tables_ouvertes=tables,
            empreinte_ouverte=fingerprint(self.public_database),
            protection=protection,
            absentes=self.sent.absent,
        )

    def _count(self) -> Cubes:
        cubes = Cubes(self.engine, self.champ, chained=self.inputs.chained)
        for name in self.champ.moyennes:
            self.progress(f"moyenne de référence : {name}")
            cubes.mean(name, self.reference)
        if cubes.follows:
            self.progress("suites des séjours")
            cubes.following()
        for cube in self.champ.cubes:
            self.progress(f"cube {cube}")
            cubes.base(cube)
        self.progress("agrégats")
        cubes.rollups(self.catalogue.restitutions.values())
        for distinct in self.champ.distincts if self.inputs.chained else ():
            self.progress(f"comptes distincts : {distinct}")
            cubes.distinct(distinct)
        return cubes

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
            if self.inputs.chained or told.cube not in self.champ.distincts
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

    def _reconcile(self) -> list[manifests.Rapprochement]:
        named = Derive(Scan("_lignes"), (("annee", Column("annee")), ("exclusion", exclusion(self.champ))))
        rows = self.engine.run(Aggregate(named, (("annee", "exclusion"),), (Measure("n", "count"),))).to_pylist()
        wrong = self._impossible()
        return [
            manifests.Rapprochement(
                annee=year,
                lignes=self.inputs.lines(year),
                retenues=sum(r["n"] for r in rows if r["annee"] == year and not r["exclusion"]),
                exclusions={
                    e.code: sum(r["n"] for r in rows if r["annee"] == year and r["exclusion"] == e.code)
                    for e in self.champ.exclusions
                },
                remplacees=self.sent.replaced(year),
                impossibles=wrong.get(year, {}),
            )
            for year in self.years
        ]

    def _impossible(self) -> dict[int, dict[str, int]]:
        """Return how many of the lines that count have each impossible value, by year."""
        declared = self.champ.impossibles
        if not declared:
            return {}
        of = ("annee", "finess")
        sent = Derive(Scan("etablissements"), (*((n, Column(n)) for n in of), ("mois_transmis", Column("mois"))))
        lines = LeftJoin(Scan("_lignes"), sent, of, ("mois_transmis",))
        told = {code: impossible(one, self.champ, Column("mois_transmis")) for code, one in declared.items()}
        each = ((code, Case(((wrong, Constant(1)),), Constant(0))) for code, wrong in told.items())
        found = Derive(lines, (("annee", Column("annee")), *each))
        rows = self.engine.run(Aggregate(found, (("annee",),), tuple(Measure(c, "sum", c) for c in told))).to_pylist()
        return {row["annee"]: {code: int(row[code]) for code in told} for row in rows}
