"""What an edition knows of the codes of its lines: coarser levels, names, establishments, zones, inhabitants."""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from sanoscope.catalogue.field import Champ
from sanoscope.edition.population import inhabitants
from sanoscope.edition.rules import key
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.plan import Aggregate, Derive, Measure, Scan
from sanoscope.intake.store import Transmission
from sanoscope.nomenclature.reference import Reference

ESTABLISHMENTS, GEOGRAPHY = "_etablissements", "_geographie"
"""Tables of the coarser dimensions of establishments and of geographic codes of residence, while cubes are made."""

UNKNOWN_LINES = "lignes dont le code est inconnu"
UNKNOWN_ESTABLISHMENTS, UNKNOWN_RESIDENCES = "établissements inconnus", "codes géographiques inconnus"
"""What a manifest calls what no nomenclature knows; the first is followed by the kind of code."""


def trees(champ: Champ) -> list[str]:
    """Return the dimensions whose coarser levels a nomenclature tells; each has a table, its name after ``_``."""
    return [name for name, dimension in champ.dimensions.items() if dimension.arbre]


def store_dimensions(
    engine: DuckDBEngine, champ: Champ, reference: Reference, transmissions: Sequence[Transmission]
) -> dict[str, int]:
    """Store the tables that cubes are joined with and those that answers read; return how much of what is unknown.

    Args:
        engine: where ``_lignes`` is.
        champ: the field.
        reference: the reference tables.
        transmissions: those that count: of which establishments and years, up to which month.
    """
    unknown = {}
    for name in trees(champ):
        if lost := _store_levels(engine, champ, name, reference):
            unknown[f"{UNKNOWN_LINES} ({champ.dimensions[name].libelle})"] = lost
    sent = pl.DataFrame({n: [getattr(t, n) for t in transmissions] for n in ("annee", "finess", "mois")})
    establishments = reference.establishments(sent.select("annee", "finess"))
    engine.store("etablissements", establishments.join(sent, on=["annee", "finess"]).to_arrow())
    engine.store(ESTABLISHMENTS, establishments.to_arrow())
    codes: list[str] = []
    if "code_geo" in champ.dimensions:
        codes = engine.run(Aggregate(Scan("_lignes"), (("code_geo",),), ()))["code_geo"].to_pylist()
    residences = reference.residences(pl.Series("code_geo", codes, pl.String))
    renamed = {n: f"{n}_residence" for n in ("departement", "region", "territoire")}
    engine.store(GEOGRAPHY, residences.rename(renamed).to_arrow())
    engine.store("residences", residences.to_arrow())
    engine.store("population", inhabitants(reference, sorted({t.annee for t in transmissions})).to_arrow())
    engine.store("zonages", reference["zonages"].to_arrow())
    engine.store("libelles", _labels(champ, reference))
    strangers = {
        UNKNOWN_ESTABLISHMENTS: establishments.filter(~pl.col("connu"))["finess"].n_unique(),
        UNKNOWN_RESIDENCES: residences.filter(~pl.col("connu")).height,
    }
    return unknown | {what: n for what, n in strangers.items() if n}


def drop_dimensions(engine: DuckDBEngine, champ: Champ) -> None:
    """Drop the tables that cubes were joined with."""
    for table in (*(f"_{name}" for name in trees(champ)), ESTABLISHMENTS, GEOGRAPHY):
        engine.drop(table)


def _labels(champ: Champ, reference: Reference) -> pa.Table:
    levels = {name: d.nomenclature for name, d in champ.dimensions.items() if d.nomenclature}
    rows = [
        (dimension, code, label)
        for dimension, nomenclature in levels.items()
        if nomenclature not in ("etablissements", "geographie")
        for code, label in reference.labels(nomenclature).items()
    ]
    return pa.table(dict(zip(("niveau", "code", "libelle"), map(list, zip(*rows, strict=True)), strict=True)))


def _store_levels(engine: DuckDBEngine, champ: Champ, name: str, reference: Reference) -> int:
    """Store the coarser levels of every code met; return how many lines have a code that no nomenclature knows."""
    declared = champ.dimensions[name]
    codes = Derive(Scan("_lignes"), tuple((n, key(n, champ)) for n in ("annee", name)))
    met = Aggregate(codes, (("annee", name),), (Measure("lignes", "count"),))
    pairs = pl.DataFrame(pl.from_arrow(engine.run(met))).with_columns(pl.col("annee").cast(pl.Int64))
    asked = pairs.select("annee", pl.col(name).alias(declared.arbre))
    known = reference.groupings(declared.arbre, asked).rename({declared.arbre: name})
    engine.store(f"_{name}", known.select("annee", name, *declared.parents).to_arrow())
    unknown = known.filter(~pl.col("connu"))
    return int(pairs.filter(pl.col(name) != "").join(unknown, on=["annee", name], how="semi")["lignes"].sum())
