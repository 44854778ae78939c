"""What comes after each stay: the same patient's next stay, by the chaining."""

import polars as pl

from sanoscope.catalogue.field import Champ
from sanoscope.edition.rules import column, counts
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.plan import Column, Derive, Filter, LeftJoin, Scan

FOLLOWING = "_suites"
"""Table of (annee, finess, *key of the chaining, suite_jours, suite_finess)."""

RETURN_CODES = ("000000000", "0000000")
"""Return codes of a chaining that holds; seven before 2013."""


def store_following(engine: DuckDBEngine, champ: Champ) -> None:
    """Store, for each stay that another one follows, in how many days and in which establishment.

    Args:
        engine: where ``_lignes`` and ``_chainage`` are; the table `FOLLOWING` is written there.
        champ: the field, with ``suites`` and ``chainage``.
    """
    assert champ.suites is not None
    assert champ.chainage is not None
    declared, keys = champ.suites, ("annee", "finess", *champ.chainage.cle)
    lines = Filter(Scan("_lignes"), counts(champ, declared.quand, declared.sauf))
    chained = LeftJoin(lines, Scan("_chainage"), keys, ("codes_retour", "numero_anonyme", declared.entree))
    names = (*keys, "codes_retour", "numero_anonyme", declared.entree)
    columns = (*((n, Column(n)) for n in names), ("_duree", column(declared.duree, champ)))
    read = pl.DataFrame(pl.from_arrow(engine.run(Derive(chained, columns))))
    engine.store(FOLLOWING, following(read, keys, declared.entree).to_arrow())


def following(stays: pl.DataFrame, keys: tuple[str, ...], entry: str) -> pl.DataFrame:
    """Return (*keys, suite_jours, suite_finess) of the stays that another one follows.

    Args:
        stays: keys, codes_retour, numero_anonyme, the day of entry (text or number) and ``_duree`` (nights).
        keys: what tells a stay.
        entry: the column of the day of entry.
    """
    known = stays.filter(pl.col("codes_retour").is_in(RETURN_CODES), pl.col("numero_anonyme").is_not_null())
    known = known.with_columns(
        pl.col(entry).cast(pl.Int64, strict=False).alias("_debut"), pl.col("_duree").fill_null(0).cast(pl.Int64)
    ).filter(pl.col("_debut").is_not_null())
    known = known.with_columns((pl.col("_debut") + pl.col("_duree")).alias("_fin"))
    known = known.sort("numero_anonyme", "_debut", "_fin", *keys)
    after = known.with_columns(
        pl.col("_debut").shift(-1).over("numero_anonyme").alias("_suivant"),
        pl.col("finess").shift(-1).over("numero_anonyme").alias("suite_finess"),
    ).filter(pl.col("_suivant").is_not_null())
    days = (pl.col("_suivant") - pl.col("_fin")).clip(0).alias("suite_jours")
    return after.select(*keys, days, "suite_finess").unique(list(keys), keep="first")
