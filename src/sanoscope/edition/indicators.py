"""The named indicators of a file, as the cells of a table: a row for each entity, a figure or a class and its state."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from sanoscope.catalogue.source import MesurePubliee
from sanoscope.intake.indicators import ENTITIES, ENTITY, EXACT, FIGURE, INDICATOR, KEYS, NAME, ROW, TEXT, VALUES
from sanoscope.intake.indicators import STATE as SAID
from sanoscope.intake.tables import LEVEL, MONTH, STATE

MISSING = "indisponible"
"""State of an indicator of which the files of a year say nothing."""


def named(place: Path, year: int, own: Mapping[str, MesurePubliee]) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the cells of the indicators that have a name, of a file in the store.

    Args:
        place: its directory in the store.
        year: of the file.
        own: the indicators of its table, by name.

    Returns:
        niveau, annee, finess, mois, raison_sociale, then for each name a figure or a class, and its state; and how many
        values of each name are neither what it should be nor a word that is known: they are not available.
    """
    entities = pl.read_parquet(place / ENTITIES)
    wanted = pl.col(INDICATOR).is_in([mesure.de for mesure in own.values()])
    values = pl.scan_parquet(place / VALUES).filter(wanted).collect()
    rows = entities.filter(pl.col(KEYS).is_in([mesure.cle for mesure in own.values()]))
    cells = rows.group_by(ENTITY, maintain_order=True).agg(pl.col(NAME).first())
    strays: dict[str, int] = {}
    for name, mesure in own.items():
        its = rows.filter(pl.col(KEYS) == mesure.cle).select(ROW, ENTITY)
        told = values.filter(pl.col(INDICATOR) == mesure.de).join(its, on=ROW)
        right = pl.col(TEXT).is_in(mesure.classes) if mesure.classes else pl.col(FIGURE).is_not_null()
        astray = (pl.col(SAID) == EXACT) & ~right.fill_null(value=False)
        strays[name] = told.filter(astray).height
        state = pl.when(astray).then(pl.lit(MISSING)).otherwise(pl.col(SAID))
        figure = pl.when(state == EXACT).then(pl.col(TEXT if mesure.classes else FIGURE))
        cells = cells.join(told.select(ENTITY, figure.alias(name), state.alias(name + STATE)), on=ENTITY, how="left")
    return cells.select(
        pl.lit("finess").alias(LEVEL),
        pl.lit(year, pl.Int64).alias("annee"),
        pl.col(ENTITY).alias("finess"),
        pl.lit(12, pl.Int64).alias(MONTH),
        pl.col(NAME).alias("raison_sociale"),
        *(column for name in own for column in (name, name + STATE)),
    ), {name: n for name, n in strays.items() if n}
