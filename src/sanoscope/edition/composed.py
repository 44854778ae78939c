"""A field made of others: the persons that several fields have, each counted once."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition import manifest as manifests
from sanoscope.edition.manifest import ManifestChamp, TableCube
from sanoscope.edition.noised import open_noised, persons_table
from sanoscope.edition.opening import store_silent
from sanoscope.edition.rollups import Shape, base_shape
from sanoscope.edition.stores import fingerprint, reading
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.workspace import Settings

SHARED = ("etablissements", "residences", "zonages", "population")
"""Tables of the fields that the whole has together."""

FIELD = "champ"
"""The dimension that tells of which field a person is a patient."""

Part = tuple[Champ, DuckDBEngine]
"""A field already built, and its secure store."""


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
    parts = [
        (catalogue.champs[code], reading(work / manifests.database(code, public=False), settings))
        for code in champ.compose
        if code in built and any(table.cube == name for table in built[code].tables)
    ]
    if not parts:
        return None
    progress("patients de tous les champs")
    places = [work / manifests.database(champ.champ, public=side) for side in (False, True)]
    secure, public = (DuckDBEngine(place, memory=settings.memoire, threads=settings.processus) for place in places)
    for table, rows in _names(champ, parts).items():
        for store in (secure, public):
            store.store(table, rows.to_arrow())
    persons = _persons(champ, name, parts)
    tables = [_store_persons(secure, champ, name, persons), _store_counts(secure, champ, persons)]
    store_silent(public, ())
    told = open_noised(
        secure, public, champ, champ.publication.bruites, threshold=settings.seuil, key=key, progress=progress
    )
    for engine in (secure, public, *(engine for _, engine in parts)):
        engine.close()
    whole = [built[of.champ] for of, _ in parts]
    return ManifestChamp(
        annees=sorted({annee for of in whole for annee in of.annees}),
        entrees=[entry for of in whole for entry in of.entrees],
        rapprochement=[],
        versions={},
        codes_inconnus={},
        tables=tables,
        empreinte=fingerprint(places[0]),
        tables_ouvertes=told,
        empreinte_ouverte=fingerprint(places[1]),
    )


def _names(champ: Champ, parts: Sequence[Part]) -> dict[str, pl.DataFrame]:
    """Return the tables of what the fields know of establishments, zones, inhabitants and codes, each thing once."""
    found = {
        table: pl.concat([_read(engine, table) for _, engine in parts], how="vertical_relaxed").unique()
        for table in SHARED
    }
    # of an establishment that several fields have, as the one it sent most of has it
    found["etablissements"] = found["etablissements"].sort("mois").unique(["annee", "finess"], keep="last")
    titles = [(FIELD, of.champ.upper(), of.libelle) for of, _ in parts]
    own = pl.DataFrame(titles, ["niveau", "code", "libelle"], orient="row")
    labels = pl.concat([*(_read(engine, "libelles") for _, engine in parts), own])
    return found | {"libelles": labels.filter(pl.col("niveau").is_in(list(champ.dimensions))).unique()}


def _persons(champ: Champ, name: str, parts: Sequence[Part]) -> pl.DataFrame:
    """Return a row for each person, place, age, sex and field."""
    declared = champ.distincts[name]
    finest = [d for d in declared.dimensions if d != FIELD]
    columns = dict.fromkeys((*finest, *(p for d in finest for p in champ.dimensions[d].parents), declared.colonne))
    found = [
        _read(engine, persons_table(of, name))
        .select(*columns)
        .unique()
        .with_columns(pl.lit(of.champ.upper()).alias(FIELD))
        for of, engine in parts
    ]
    return pl.concat(found, how="vertical_relaxed")


def _store_persons(secure: DuckDBEngine, champ: Champ, name: str, persons: pl.DataFrame) -> TableCube:
    declared = champ.distincts[name]
    columns = tuple(column for column in persons.columns if column != declared.colonne)
    shape = Shape(name, tuple(declared.dimensions), columns)
    assert shape.table == persons_table(champ, name)
    secure.store(shape.table, persons.to_arrow())
    return shape.held(len(persons))


def _store_counts(secure: DuckDBEngine, champ: Champ, persons: pl.DataFrame) -> TableCube:
    """Store the one cube of the field: how many rows of persons each of its cells has."""
    ((cube, declared),) = champ.cubes.items()
    (count,) = declared.sommes
    shape = base_shape(champ, cube)
    counted = persons.group_by(shape.columns).agg(pl.len().cast(pl.Int64).alias(count)).sort(shape.columns)
    secure.store(shape.table, counted.select(*shape.columns, count).to_arrow())
    return shape.held(len(counted))


def _read(engine: DuckDBEngine, table: str) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(engine.table(table)))
