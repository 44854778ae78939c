"""Counts of persons of the open store: one figure for each published group, noised, or the mere fact that it is small.

Their groups are those of the lattice (an establishment, a département, a région, France, by a level of activity, or all
of it): a basket, a sector or some months of a year have none.
"""

import secrets
from pathlib import Path

import polars as pl

from sanoscope.catalogue.field import Champ
from sanoscope.disclosure.keyed import told
from sanoscope.edition.manifest import SECURE, TableCube
from sanoscope.edition.stores import both
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.plan import Aggregate, Measure, Plan, Scan
from sanoscope.workspace import Settings

EVERYWHERE, EVERYTHING = "france", "total"
"""Levels of the groups of all establishments, and of all activity."""

COLUMNS = ("annee", "niveau_lieu", "lieu", "niveau_activite", "activite")
KEY_FILE = "cle-personnes"


def open_persons(
    secure: DuckDBEngine,
    public: DuckDBEngine,
    champ: Champ,
    name: str,
    table: str,
    *,
    threshold: int,
    key: bytes,
) -> TableCube:
    """Write the open counts of persons, and return their table.

    Args:
        secure: the edition's secure store; ``table`` holds a row for each person and group there.
        public: the open store.
        champ: the field.
        name: which of its distinct counts.
        table: where the persons are.
        threshold: smallest count of people that may be told.
        key: secret of the noise.
    """
    person = champ.distincts[name].colonne
    measures = (
        Measure("nombre", "distinct", person),
        Measure("premier", "min", person),
        Measure("dernier", "max", person),
    )
    parts = [_no_one()]
    for place in (*champ.publication.lignes, EVERYWHERE):
        for activity in (*champ.publication.distincts, EVERYTHING):
            keys = ["annee", *(n for n in (place, activity) if n not in (EVERYWHERE, EVERYTHING))]
            plan: Plan = Aggregate(Scan(table), (tuple(keys),), measures)
            found = pl.DataFrame(pl.from_arrow(secure.run(plan)))
            parts.append(
                found.select(
                    pl.col("annee").cast(pl.Int16),
                    pl.lit(place).alias("niveau_lieu"),
                    (pl.lit("") if place == EVERYWHERE else pl.col(place)).alias("lieu"),
                    pl.lit(activity).alias("niveau_activite"),
                    (pl.lit("") if activity == EVERYTHING else pl.col(activity)).alias("activite"),
                    pl.col("nombre").cast(pl.Int64),
                    # nested groups with as many persons have the same ones; so have groups told apart by nothing here
                    pl.concat_str(["annee", "nombre", "premier", "dernier"], separator=" ").alias("ensemble"),
                )
            )
    whole = pl.concat(parts).filter(pl.col("nombre") > 0)
    counts = told(whole["ensemble"].to_list(), whole["nombre"].to_numpy(), key=key, threshold=threshold)
    open_ = whole.select(*COLUMNS, pl.Series("nombre", counts)).sort(COLUMNS)
    public.store(name, open_.to_arrow())
    return TableCube(nom=name, cube=name, dimensions=list(COLUMNS), colonnes=list(COLUMNS), lignes=len(open_))


def audit_persons(place: Path, champ: Champ, name: str, table: str, settings: Settings) -> tuple[int, int, int]:
    """Verify what an edition's open store says of persons; return groups, small ones, and how many are not as made.

    Args:
        place: directory of the edition.
        champ: the field.
        name: which of its distinct counts.
        table: where the persons are in the secure store.
        settings: memory and threads, and the threshold.
    """
    secure, public = both(place, champ.champ, settings)
    again = DuckDBEngine(memory=settings.memoire, threads=settings.processus)
    key = (place / SECURE / KEY_FILE).read_bytes()
    open_persons(secure, again, champ, name, table, threshold=settings.seuil, key=key)
    made, served = (pl.DataFrame(pl.from_arrow(engine.table(name))) for engine in (again, public))
    compared = made.join(served, on=COLUMNS, how="full", suffix="_servi", coalesce=True)
    astray = compared.filter(pl.col("nombre").ne_missing(pl.col("nombre_servi"))).height
    return len(served), served.filter(pl.col("nombre") == 0).height, astray


def noise_key(place: Path, before: Path | None, secret: int) -> bytes:
    """Return the key of the noise of an edition, that of the edition before if there is one, and keep it.

    A key that changed would let the editions' figures be averaged.

    Args:
        place: directory of the edition.
        before: directory of the edition published now.
        secret: what is drawn at random depends on it; 0 to draw it from the system's source of chance.
    """
    earlier = before / SECURE / KEY_FILE if before else None
    if earlier and earlier.is_file():
        key = earlier.read_bytes()
    else:
        key = secret.to_bytes(32, "big") if secret else secrets.token_bytes(32)
    kept = place / SECURE / KEY_FILE
    kept.touch(mode=0o600)
    kept.write_bytes(key)
    return key


def _no_one() -> pl.DataFrame:
    texts = dict.fromkeys(COLUMNS[1:], pl.String)
    return pl.DataFrame(schema={"annee": pl.Int16, **texts, "nombre": pl.Int64, "ensemble": pl.String})
