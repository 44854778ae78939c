"""A field made of others: the persons that several fields have, each counted once."""

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition import manifest as manifests
from sanoscope.edition.manifest import SILENT, ManifestChamp, TableCube
from sanoscope.edition.noised import open_noised, persons_table
from sanoscope.edition.rollups import base_shape
from sanoscope.edition.stores import fingerprint, reading
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.workspace import Settings

SHARED = ("etablissements", "residences", "zonages", "population")
"""Tables of the fields that the whole has together."""

FIELD = "champ"
"""The dimension that tells of which field a person is a patient."""


def compose(
    champ: Champ,
    catalogue: Catalogue,
    built: Mapping[str, ManifestChamp],
    work: Path,
    settings: Settings,
    key: bytes,
    progress: Callable[[str], None],
) -> ManifestChamp | None:
    """Build a field of those already built in the same edition; None where none of them has persons.

    Its secure store has a row for each person, place, age, sex and field; its one cube counts these rows.

    Args:
        champ: the field, with ``compose``.
        catalogue: what the others are.
        built: the manifests of the fields of the edition.
        work: directory of the edition.
        settings: memory and threads, and the threshold.
        key: secret of the noise.
        progress: told what is being done, in French.
    """
    (name,) = champ.distincts
    (cube,) = champ.cubes
    has = [code for code in champ.compose if code in built and any(t.cube == name for t in built[code].tables)]
    if not has:
        return None
    progress("patients de tous les champs")
    engines = {code: reading(work / manifests.database(code, public=False), settings) for code in has}
    declared = champ.distincts[name]
    finest = tuple(d for d in declared.dimensions if d != FIELD)
    columns = list(
        dict.fromkeys((*finest, *(p for d in finest for p in champ.dimensions[d].parents), declared.colonne))
    )
    parts = [
        pl.DataFrame(pl.from_arrow(engine.table(persons_table(catalogue.champs[code], name))))
        .select(columns)
        .unique()
        .with_columns(pl.lit(code.upper()).alias(FIELD))
        for code, engine in engines.items()
    ]
    persons = pl.concat(parts, how="vertical_relaxed")
    secure = DuckDBEngine(work / manifests.database(champ.champ, public=False), memory=settings.memoire, threads=2)
    public = DuckDBEngine(work / manifests.database(champ.champ, public=True), memory=settings.memoire, threads=2)
    for table in SHARED:
        rows = [pl.DataFrame(pl.from_arrow(engine.table(table))) for engine in engines.values()]
        whole = pl.concat(rows, how="vertical_relaxed").unique()
        if table == "etablissements":  # of one that several fields have, as the one it sent most of has it
            whole = whole.sort("mois").unique(["annee", "finess"], keep="last")
        for store in (secure, public):
            store.store(table, whole.to_arrow())
    labels = [pl.DataFrame(pl.from_arrow(engine.table("libelles"))) for engine in engines.values()]
    titles = [(FIELD, code.upper(), catalogue.champs[code].libelle) for code in has]
    names = pl.DataFrame(titles, ["niveau", "code", "libelle"], orient="row")
    known = pl.concat([*labels, names]).filter(pl.col("niveau").is_in(list(champ.dimensions))).unique()
    for store in (secure, public):
        store.store("libelles", known.to_arrow())
    secure.store(persons_table(champ, name), persons.to_arrow())
    shape = base_shape(champ, cube)
    (count,) = champ.cubes[cube].sommes
    counted = persons.group_by(shape.columns).agg(pl.len().cast(pl.Int64).alias(count)).sort(shape.columns)
    secure.store(shape.table, counted.select(*shape.columns, count).to_arrow())
    tables = [
        TableCube(
            nom=persons_table(champ, name),
            cube=name,
            dimensions=list(declared.dimensions),
            colonnes=[c for c in persons.columns if c != declared.colonne],
            lignes=len(persons),
        ),
        TableCube(
            nom=shape.table,
            cube=cube,
            dimensions=list(shape.dimensions),
            colonnes=list(shape.columns),
            lignes=len(counted),
        ),
    ]
    public.store(SILENT, pl.DataFrame(schema={"traceur": pl.Int64}).to_arrow())
    told = open_noised(
        secure, public, champ, champ.publication.bruites, threshold=settings.seuil, key=key, progress=progress
    )
    for engine in (secure, public, *engines.values()):
        engine.close()
    return ManifestChamp(
        annees=sorted({annee for code in has for annee in built[code].annees}),
        entrees=[entry for code in has for entry in built[code].entrees],
        rapprochement=[],
        versions={},
        codes_inconnus={},
        tables=tables,
        empreinte=fingerprint(work / manifests.database(champ.champ, public=False)),
        tables_ouvertes=told,
        empreinte_ouverte=fingerprint(work / manifests.database(champ.champ, public=True)),
    )
