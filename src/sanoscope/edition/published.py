"""``sanoscope build --source``: an edition of a published source, its cells as they were published.

A table for each level of the source (establishments, CM, GN…): its codes, and for each measure a figure where one was
published and a state everywhere. What is masked stays so, and no figure is worked out but those of indicators that say
so (`edition.worked_out`). There is one store, which is open: all that is in it may be shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from sanoscope import __version__
from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.source import Source
from sanoscope.edition import manifest as manifests
from sanoscope.edition.build import edition_name
from sanoscope.edition.indicators import MISSING, NOT_CONCERNED, entities, level_of, named
from sanoscope.edition.reconciliation import History
from sanoscope.edition.stores import complete, fingerprint, unfinished
from sanoscope.edition.worked_out import shown, with_gaps, with_ratios, wrong_sums
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.errors import SanoscopeError
from sanoscope.intake.indicators import StoredIndicators, stored_indicators
from sanoscope.intake.tables import CELLS, LEVEL, MONTH, STATE, SUBTOTAL, StoredTable, stored_tables
from sanoscope.nomenclature.places import UNKNOWN
from sanoscope.nomenclature.reference import Reference, load_reference
from sanoscope.nomenclature.systems import OWNERS
from sanoscope.workspace import Workspace, alone

ATTRIBUTES = ("raison_sociale", "categorie", "secteur", "departement", "region")
"""What a source may say of its establishments; it knows better than the reference tables."""

PRIVATE = "PRIVE"
KIND = "publie"
"""Kind of the files of a source, in a manifest."""

TABLE = "publie_"
"""What the names of the tables of levels begin with."""


def build_published(
    workspace: Workspace,
    catalogue: Catalogue,
    name_of_source: str,
    *,
    name: str = "",
    progress: Callable[[str], None] | None = None,
) -> manifests.Manifest:
    """Build an edition of a published source and return its manifest.

    Args:
        workspace: where the store, the reference tables and the editions are.
        catalogue: what the source is.
        name_of_source: which.
        name: of the edition; "" is today's date.
        progress: called with what is being done, in French.

    Raises:
        NotFoundError: ``source-inconnue``.
        SanoscopeError: ``rien-a-construire``, ``edition-existante``, ``source-contradictoire`` (two of its files say
            otherwise of the same row).
    """
    source = catalogue.source(name_of_source)
    files, older = _indicators(workspace, source) if source.indicateurs else _tables(workspace, source)
    if not files:
        raise SanoscopeError(
            "rien-a-construire",
            f"Le dépôt n'a aucun fichier de la source {source.source}.",
            todo=f"Recevez-le d'abord : « sanoscope intake FICHIER » ({source.lien}).",
        )
    say = progress or (lambda step: None)
    with alone(workspace.editions, "construction"):
        target = edition_name(workspace, name)
        with unfinished(workspace, target, manifests.PUBLIC) as work:
            reference = load_reference(workspace.reference)
            made = _Construction(workspace, source, catalogue.champs[source.champ], reference, work)
            champ = made.run(files, older, say)
            manifest = manifests.Manifest(
                nom=target,
                cree_le=datetime.now(UTC),
                logiciel=__version__,
                moteur="duckdb",
                nomenclatures=dict(reference.fingerprints),
                champs={source.champ: champ},
                source=_told(source, made.states, made.years(catalogue)),
            )
            complete(work, manifest, manifest)
    return manifest


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a source: what the store knows of it, its rows as cells, its subtotals.

    Of a file of indicators, its rows of no named indicator, the values of each name that are not what it should be, and
    the establishments it is of.
    """

    record: StoredTable | StoredIndicators
    cells: pl.DataFrame
    subtotals: int = 0
    unnamed: int = 0
    strays: Mapping[str, int] = field(default_factory=dict)
    entities: pl.DataFrame = field(default_factory=pl.DataFrame)


def _tables(workspace: Workspace, source: Source) -> tuple[list[_File], int]:
    """Return the last received file of each form of a source, and how many rows of older ones there are."""
    received = stored_tables(workspace.store, source.source)
    latest = {record.forme: (record, place) for record, place in reversed(received)}
    older = sum(record.acceptees for record, _ in received) - sum(record.acceptees for record, _ in latest.values())
    year = pl.lit(source.annee, pl.Int64).alias("annee")
    return [
        _File(record, pl.read_parquet(place / CELLS).with_columns(year), record.niveaux.get(SUBTOTAL, 0))
        for record, place in latest.values()
    ], older


def _indicators(workspace: Workspace, source: Source) -> tuple[list[_File], int]:
    """Return the last received file of each table and year of a source, and how many rows of older ones there are."""
    received = stored_indicators(workspace.store, source.source)
    latest = {(record.table, record.annee): (record, place) for record, place in reversed(received)}
    older = sum(record.acceptees for record, _ in received) - sum(record.acceptees for record, _ in latest.values())
    found = []
    for record, place in latest.values():
        own = {name: one for name, one in source.mesures.items() if one.de.startswith(f"{record.table}.")}
        said = (*ATTRIBUTES[1:], *source.attributs)
        cells, strays = named(place, record.annee, own, record.dimensions, said)
        own_entities = entities(place, record.table, record.annee)
        found.append(_File(record, cells, 0, record.acceptees - len(cells), strays, own_entities))
    return found, older


def _told(source: Source, states: dict[str, int], years: dict[str, list[int]]) -> manifests.SourcePubliee:
    return manifests.SourcePubliee(
        source=source.source,
        libelle=source.libelle,
        editeur=source.editeur,
        par=source.par,
        licence=source.licence,
        lien=source.lien,
        mise_a_jour=source.mise_a_jour.isoformat() if source.mise_a_jour else "",
        restitutions=list(source.restitutions),
        cellules=states,
        annees=years,
        moyennes=[name for name, mesure in source.mesures.items() if mesure.moyenne],
    )


class _Construction:
    """The build of one source: its cells as tables of the edition, the names of things beside them."""

    def __init__(self, workspace: Workspace, source: Source, champ: Champ, reference: Reference, work: Path) -> None:
        self.source = source
        self.dimensions = {**champ.dimensions, **source.dimensions}
        self.reference = reference
        self.database = work / manifests.database(source.champ, public=True)
        settings = workspace.settings
        self.engine = DuckDBEngine(self.database, memory=settings.memoire, threads=settings.processus)
        self.forms = {form.nom: form for form in source.fichiers}
        told = [form.cles for form in source.fichiers] + [form.dimensions for form in source.indicateurs]
        self.codes = list(dict.fromkeys(code for codes in told for code in codes))
        self.of_level = {level_of(form.dimensions): form.dimensions for form in source.indicateurs}
        self.coarser: dict[str, set[str]] = {}
        self.states: dict[str, int] = {}
        self.said = pl.DataFrame()
        """annee, and a column for each measure: whether its cell says something."""
        self.wrong: dict[str, int] = {}

    def run(self, files: Sequence[_File], older: int, say: Callable[[str], None]) -> manifests.ManifestChamp:
        say("lecture des tableaux reçus")
        frames = [file.cells for file in files]
        cells, repeated = self._cells(frames)
        say("tables")
        tables = [self._level(level, rows) for (level,), rows in cells.group_by(LEVEL, maintain_order=True)]
        say("établissements et libellés")
        unknown = self._names(frames)
        for name in self.source.mesures:
            astray = sum(file.strays.get(name, 0) for file in files)
            if astray:
                unknown[f"valeurs inattendues ({name})"] = astray
        unknown |= {f"sommes fausses ({name})": n for name, n in self.wrong.items()}
        told = self._entities(files) if self.source.indicateurs else 0
        self.engine.close()
        print_ = fingerprint(self.database)
        years = sorted({file.record.annee for file in files})
        return manifests.ManifestChamp(
            annees=years,
            entrees=[_entry(file.record, _latest(file.cells)) for file in files],
            rapprochement=[
                self._reconciled(year, files, cells, repeated.get(year, 0), older if year == years[-1] else 0)
                for year in years
            ],
            versions={},
            codes_inconnus=unknown,
            tables=tables,
            empreinte=print_,
            tables_ouvertes=tables,
            empreinte_ouverte=print_,
            entites=told,
        )

    def _reconciled(
        self, year: int, files: Sequence[_File], cells: pl.DataFrame, repeated: int, older: int
    ) -> manifests.Rapprochement:
        own = [file for file in files if file.record.annee == year]
        gone = {"sous-totaux": sum(f.subtotals for f in own), "repetees-d-un-fichier-a-l-autre": repeated}
        if self.source.indicateurs:
            gone = {"sans-indicateur-nomme": sum(f.unnamed for f in own), "meme-etablissement": repeated}
        return manifests.Rapprochement(
            annee=year,
            lignes=sum(file.record.acceptees for file in own),
            retenues=cells.filter(pl.col("annee") == year).height,
            exclusions=gone,
            remplacees=older,
        )

    def _cells(self, frames: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, dict[int, int]]:
        """Return the rows of all files, each once, and how many of each year were there twice.

        Raises:
            SanoscopeError: ``source-contradictoire``.
        """
        keys = ["annee", *self.codes]
        if self.source.indicateurs:
            return self._joined(frames)
        figures = [column for name in self.source.mesures for column in (name, name + STATE)]
        alike = [
            frame.filter(pl.col(LEVEL) != SUBTOTAL).select(
                LEVEL,
                *(pl.col(key) if key in frame.columns else pl.lit("").alias(key) for key in keys),
                *figures,
            )
            for frame in frames
        ]
        every = pl.concat(alike)
        cells = every.unique(maintain_order=True)
        twice = cells.filter(pl.struct(LEVEL, *keys).is_duplicated())
        if len(twice):
            row = twice.row(0, named=True)
            raise SanoscopeError(
                "source-contradictoire",
                f"Les fichiers reçus de la source {self.source.source} ne disent pas la même chose d'une ligne : "
                f"{', '.join(f'{key}={row[key]}' for key in (LEVEL, *keys) if row[key])} "
                f"({len(twice)} lignes ainsi).",
                todo="Recevez des fichiers de la même mise à jour.",
            )
        self._count(cells)
        return cells, _less(every, cells)

    def _joined(self, frames: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, dict[int, int]]:
        """Return a row for each entity and year, with what each of its files says, and how many rows had others.

        Where no file says anything of it, a measure has no state.
        """
        whole = pl.concat(frames, how="diagonal")
        keys = [LEVEL, "annee", *(code for code in self.codes if code in whole.columns)]
        whole = whole.with_columns(pl.col(keys[2:]).fill_null(""))
        taken = [
            pl.col(column).drop_nulls().first() if column in whole.columns else pl.lit(None, kind).alias(column)
            for name, mesure in self.source.mesures.items()
            for column, kind in ((name, pl.String if mesure.classes else pl.Float64), (name + STATE, pl.String))
        ]
        said = [pl.col(name).replace("", None).drop_nulls().first() for name in self._attributes(whole)]
        cells = whole.group_by(keys, maintain_order=True).agg(*said, *taken)
        self.wrong = wrong_sums(cells, self.source.mesures)
        cells = with_ratios(shown(cells, self.source.mesures), self.source.mesures)
        cells = with_gaps(cells, self.source.mesures, keys)
        self._count(cells)
        return cells, _less(whole, cells)

    def _attributes(self, cells: pl.DataFrame) -> list[str]:
        """Return the columns of what a source of indicators says of its entities, in its own dimensions."""
        return [name for name in self.source.attributs if name in cells.columns]

    def years(self, catalogue: Catalogue) -> dict[str, list[int]]:
        """Return the years in which each restitution has something to say."""
        found = {}
        for slug in self.source.restitutions:
            own = [name for name in catalogue.restitution(slug).mesures if name in self.source.mesures]
            found[slug] = sorted(self.said.filter(pl.any_horizontal(own))["annee"].unique()) if own else []
        return found

    def _count(self, cells: pl.DataFrame) -> None:
        nothing = [MISSING, NOT_CONCERNED]
        self.said = cells.select(
            "annee",
            *(~pl.col(name + STATE).fill_null(MISSING).is_in(nothing).alias(name) for name in self.source.mesures),
        )
        states = pl.concat([cells[name + STATE].fill_null(MISSING).alias("etat") for name in self.source.mesures])
        self.states = dict(states.value_counts().sort("etat").iter_rows())

    def _level(self, level: str, rows: pl.DataFrame) -> manifests.TableCube:
        """Store the rows of a level, with the codes that they have, in the order of these."""
        codes = tuple(dict.fromkeys(code for form in self.forms.values() for code in form.codes(level)))
        keys = self.of_level.get(level, codes)
        figures = [column for name in self.source.mesures for column in (name, name + STATE)]
        attributes = self._attributes(rows)
        kept = rows.select("annee", *keys, *attributes, *figures).sort("annee", *keys)
        of = self._with_coarser(kept.select("annee", *keys))
        kept = pl.concat([of, kept.select(*attributes, *figures)], how="horizontal")
        name = TABLE + level
        return manifests.TableCube(
            nom=name,
            cube=level,
            dimensions=["annee", *keys],
            colonnes=of.columns,
            lignes=self.engine.store(name, kept.to_arrow()),
        )

    def _with_coarser(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows of indicators with what their codes determine, where a tree of the nomenclatures tells it."""
        for name in self.codes if self.source.indicateurs else ():
            tree, parents = self.dimensions[name].arbre, self.dimensions[name].parents
            if tree and parents and name in rows.columns:
                levels = self.reference.groupings(tree, rows.select("annee", pl.col(name).alias(tree)))
                levels = levels.select("annee", pl.col(tree).alias(name), *parents)
                rows = rows.join(levels, on=["annee", name], how="left", maintain_order="left")
                for parent in parents:
                    self.coarser.setdefault(parent, set()).update({*rows[parent]} - {UNKNOWN})
        return rows

    def _entities(self, files: Sequence[_File]) -> int:
        """Store the establishments of every table and year, with their legal entities, and what FINESS became.

        Raises:
            SanoscopeError: ``historique-circulaire``.
        """
        told = pl.concat([file.entities for file in files])
        known = self.reference.legal_entities(told.select("annee", "finess").unique())
        told = told.join(known.rename({"juridique": "juridique_connu"}), on=["annee", "finess"], how="left")
        told = told.with_columns(pl.col("juridique_connu").fill_null("")).sort("annee", "tableau", "finess")
        history = self.reference[manifests.HISTORY].select("ancien", "nouveau")
        History(history.iter_rows())
        self.engine.store(manifests.HISTORY, history.to_arrow())
        return self.engine.store(manifests.ENTITIES, told.to_arrow())

    # names --------------------------------------------------------------------------------------------------------

    def _names(self, frames: Sequence[pl.DataFrame]) -> dict[str, int]:
        """Store establishments, places and labels; return what no table knows, counted."""
        establishments = self._establishments(frames)
        self.engine.store("etablissements", establishments.to_arrow())
        codes = establishments["code_geo"].unique()
        residences = self.reference.residences(codes.filter(codes != "?"))
        self.engine.store("residences", residences.to_arrow())
        self.engine.store("zonages", self.reference["zonages"].to_arrow())
        labels, lost = self._labels(frames)
        self.engine.store("libelles", labels.to_arrow())
        unnamed = establishments.filter(~pl.col("connu"))["finess"].n_unique()
        return {what: n for what, n in {"établissements inconnus": unnamed, **lost}.items() if n}

    def _establishments(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Return the establishments as the reference tables have them, with what the source says instead."""
        texts = [pl.String] * len(ATTRIBUTES)
        said = [
            frame.filter(pl.col("finess") != "").select(
                "annee",
                "finess",
                MONTH,
                *(
                    pl.col(name).replace("", None) if name in frame.columns else pl.lit(None, kind).alias(name)
                    for name, kind in zip(ATTRIBUTES, texts, strict=True)
                ),
            )
            for frame in frames
            if "finess" in frame.columns
        ]
        schema = {"annee": pl.Int64, "finess": pl.String, MONTH: pl.Int64, **dict.fromkeys(ATTRIBUTES, pl.String)}
        rows = pl.concat([pl.DataFrame(schema=schema), *said])
        told = rows.group_by("annee", "finess").agg(
            pl.col(MONTH).max(), *(pl.col(a).drop_nulls().first() for a in ATTRIBUTES)
        )
        private = pl.when(pl.col("categorie") == PRIVATE).then(pl.lit("prive")).otherwise(pl.lit("public"))
        told = told.with_columns(
            pl.coalesce("secteur", pl.when(pl.col("categorie").is_not_null()).then(private)).alias("secteur")
        )
        pairs = told.select("annee", "finess")
        known = self.reference.establishments(pairs)
        joined = known.join(told, on=["annee", "finess"], suffix="_dit", maintain_order="left")
        return joined.select(
            *(
                pl.coalesce(f"{column}_dit", column).alias(column) if column in ATTRIBUTES else pl.col(column)
                for column in known.columns
                if column != "connu"
            ),
            (pl.col("connu") | pl.col("raison_sociale_dit").is_not_null()).alias("connu"),
            MONTH,
        )

    def _labels(self, frames: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, dict[str, int]]:
        """Return (niveau, code, libelle) of the codes met and of places, and how many codes nothing names."""
        met = {
            name: {code for frame in frames if name in frame.columns for code in frame[name].unique()} - {""}
            for name in self.codes
            if name != "finess"
        }
        met |= self.coarser
        rows: list[tuple[str, str, str]] = []
        lost: dict[str, int] = {}
        for name, codes in met.items():
            known = {**self._reference_labels(name), **self._own_labels(name, frames)}
            found = {code: label for code in codes if (label := known.get(code) or known.get(code[:-1], ""))}
            rows += [(name, code, found[code]) for code in sorted(found)]
            if known and len(found) < len(codes):
                lost[f"codes sans libellé ({self.dimensions[name].libelle})"] = len(codes) - len(found)
        for name in ("departement", "region"):
            rows += [(name, code, label) for code, label in self.reference.labels(f"{name}s").items()]
        return pl.DataFrame(rows, schema=["niveau", "code", "libelle"], orient="row"), lost

    def _reference_labels(self, name: str) -> dict[str, str]:
        nomenclature = self.dimensions[name].nomenclature or name
        return self.reference.labels(nomenclature) if nomenclature in OWNERS else {}

    def _own_labels(self, name: str, frames: Sequence[pl.DataFrame]) -> dict[str, str]:
        """Return what rows say of codes: those of the level of that name, of files that have levels."""
        column = f"libelle_{name}"
        said = [frame for frame in frames if {name, column} <= set(frame.columns)]
        if not self.source.indicateurs:
            said = [frame.filter(pl.col(LEVEL) == name) for frame in said]
        return {code: label for frame in said for code, label in frame.select(name, column).iter_rows() if label}


def _latest(frame: pl.DataFrame) -> int:
    return int(frame.select(pl.col(MONTH).max().fill_null(12)).item())


def _less(every: pl.DataFrame, kept: pl.DataFrame) -> dict[int, int]:
    """Return how many rows fewer there are, by year."""
    before, after = (dict(frame.group_by("annee").len().iter_rows()) for frame in (every, kept))
    return {year: n - after.get(year, 0) for year, n in before.items()}


def _entry(record: StoredTable | StoredIndicators, month: int) -> manifests.Entree:
    return manifests.Entree(
        nom=record.nom,
        genre=KIND,
        finess="",
        annee=record.annee,
        mois=month,
        instant=record.instant,
        sha256=record.sha256,
        lignes=record.acceptees,
    )
