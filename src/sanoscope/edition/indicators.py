"""The named indicators of a file, as the cells of a table.

A row for each entity and what crosses it, a figure or a class and its state.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from sanoscope.catalogue.source import MesurePubliee
from sanoscope.intake.indicator_forms import FINESS
from sanoscope.intake.indicators import ENTITIES, ENTITY, EXACT, FIGURE, INDICATOR, KEYS, LEGAL, NAME, ROW, TEXT, VALUES
from sanoscope.intake.indicators import STATE as SAID
from sanoscope.intake.tables import LEVEL, MONTH, STATE

MISSING, NOT_CONCERNED = "indisponible", "sans_objet"
"""States of an indicator of which the files of a year say nothing, and of one that is not for an entity."""


def named(
    place: Path,
    year: int,
    own: Mapping[str, MesurePubliee],
    dimensions: Sequence[str] = ("finess",),
    said: Sequence[str] = (),
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the cells of the indicators that have a name, of a file in the store.

    Args:
        place: its directory in the store.
        year: of the file.
        own: the indicators of its table, by name.
        dimensions: what its rows are of, the entity's first.
        said: what is wanted of what it says of its entities; what it does not say is left out.

    Returns:
        niveau, annee, the codes by dimension, mois, the name of each code (``raison_sociale`` of an establishment,
        ``libelle_DIMENSION`` else), what is said, then for each name a figure or a class, and its state; and how many
        values of each name are neither what it should be nor a word that is known: they are not available.
    """
    entity, *crossed = dimensions
    entities = pl.read_parquet(place / ENTITIES)
    read = {one for mesure in own.values() for one in (mesure.de, mesure.sinon)}
    wanted = pl.col(INDICATOR).is_in(sorted(read))
    values = pl.scan_parquet(place / VALUES).filter(wanted).collect()
    rows = entities.filter(pl.col(KEYS).is_in([mesure.cle for mesure in own.values()]))
    keys = [ENTITY, *crossed]
    texts = [NAME, *(f"libelle_{name}" for name in crossed)]
    attributes = [name for name in said if name in entities.columns]
    cells = rows.group_by(keys, maintain_order=True).agg(pl.col(*texts, *attributes).first())
    strays: dict[str, int] = {}
    for name, mesure in own.items():
        its = rows.filter(pl.col(KEYS) == mesure.cle).select(ROW, *keys)
        told = _told(values, mesure).join(its, on=ROW)
        right = pl.col(TEXT).is_in(mesure.classes) if mesure.classes else pl.col(FIGURE).is_not_null()
        astray = (pl.col(SAID) == EXACT) & ~right.fill_null(value=False)
        strays[name] = told.filter(astray).height
        state = pl.when(astray).then(pl.lit(MISSING)).otherwise(pl.col(SAID))
        figure = pl.when(state == EXACT).then(pl.col(TEXT if mesure.classes else FIGURE))
        cells = cells.join(told.select(*keys, figure.alias(name), state.alias(name + STATE)), on=keys, how="left")
    return cells.select(
        pl.lit(level_of(dimensions)).alias(LEVEL),
        pl.lit(year, pl.Int64).alias("annee"),
        pl.col(ENTITY).alias(entity),
        *crossed,
        pl.lit(12, pl.Int64).alias(MONTH),
        pl.col(NAME).alias("raison_sociale" if entity == "finess" else f"libelle_{entity}"),
        *texts[1:],
        *attributes,
        *(column for name in own for column in (name, name + STATE)),
    ), {name: n for name, n in strays.items() if n}


def entities(place: Path, table: str, year: int) -> pl.DataFrame:
    """Return the establishments that the rows of a file are of, each once; none where it is of something else.

    Args:
        place: its directory in the store.
        table, year: of the file.

    Returns:
        annee, tableau, finess, juridique, nom: "" where the file does not say.
    """
    rows = pl.read_parquet(place / ENTITIES).filter(pl.col(ENTITY).str.contains(f"^(?:{FINESS})$"))
    each = rows.group_by(ENTITY, maintain_order=True).agg(pl.col(LEGAL).max(), pl.col(NAME).first())
    return each.select(
        pl.lit(year, pl.Int64).alias("annee"),
        pl.lit(table).alias("tableau"),
        pl.col(ENTITY).alias("finess"),
        pl.col(LEGAL).alias("juridique"),
        pl.col(NAME).alias("nom"),
    )


def level_of(dimensions: Sequence[str]) -> str:
    """Return the name of the table of rows that are of these dimensions."""
    return "_".join(dimensions)


def _told(values: pl.DataFrame, mesure: MesurePubliee) -> pl.DataFrame:
    """Return what a file says of an indicator, once for each of its rows: of two columns, the one that has a figure."""
    ranks = {mesure.de: 0, mesure.sinon: 1} if mesure.sinon else {mesure.de: 0}
    found = values.filter(pl.col(INDICATOR).is_in(list(ranks)))
    order = (pl.col(SAID) != EXACT, pl.col(INDICATOR).replace_strict(ranks, default=0))
    return found.sort(*order, maintain_order=True).unique(ROW, keep="first", maintain_order=True).sort(ROW)
