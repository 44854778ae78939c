"""What is worked out of the cells of indicators before they are stored: gaps, sums that are wrong, what is not shown.

Cells have, for each measure, a column of its name (a figure, or none) and one of its state.
"""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from sanoscope.catalogue.source import MesurePubliee
from sanoscope.intake.indicators import EXACT
from sanoscope.intake.tables import STATE

MASKED, SECRET, NOT_APPLICABLE, NOT_AVAILABLE = "masque", "secret", "sans_objet", "indisponible"
THRESHOLD = 11
"""The count below which « 1 à 10 » is said; what is below another threshold is said to be secret."""
ROUNDING = 1
"""How far a sum may be from what it should be, in its unit: parts are rounded."""


def with_gaps(cells: pl.DataFrame, mesures: Mapping[str, MesurePubliee], keys: Sequence[str]) -> pl.DataFrame:
    """Return cells with the gaps, in per cent, of each row to the only other one along a dimension.

    Without one other figure that is shown, or where it is 0, there is no gap to tell.

    Args:
        cells: with the columns of gaps.
        mesures: of the source.
        keys: what tells rows apart: the level, the year, the codes.
    """
    for name, mesure in mesures.items():
        if not mesure.ecart:
            continue
        alike = [key for key in keys if key != mesure.entre]
        own = pl.col(mesure.ecart)
        other = pl.when(own.count().over(alike) == 2).then(own.sum().over(alike) - own)
        told = (own.is_not_null() & (other != 0)).fill_null(value=False)
        state = pl.when(told).then(pl.lit(EXACT)).otherwise(pl.lit(NOT_APPLICABLE))
        cells = cells.with_columns(
            pl.when(told).then((own - other) / other * 100).alias(name),
            state.alias(name + STATE),
        )
    return cells


def with_ratios(cells: pl.DataFrame, mesures: Mapping[str, MesurePubliee]) -> pl.DataFrame:
    """Return cells with the ratios of two of their measures.

    A ratio is exact where both are and the second is not zero; where one is not, it is in its state, and where the
    second is zero, there is no occasion for it. Where nothing is said of either, nothing is of it.

    Args:
        cells: of what is shown, with the columns of ratios.
        mesures: of the source.
    """
    for name, mesure in mesures.items():
        if not mesure.rapport:
            continue
        above, below = mesure.rapport
        said = [pl.col(part + STATE) for part in mesure.rapport]
        off = [pl.when(state != EXACT).then(state) for state in (one.fill_null(NOT_AVAILABLE) for one in said)]
        none = pl.when(pl.col(below) == 0).then(pl.lit(NOT_APPLICABLE))
        state = pl.when(pl.any_horizontal(one.is_not_null() for one in said)).then(
            pl.coalesce(*off, none, pl.lit(EXACT))
        )
        figure = pl.when(state == EXACT).then(mesure.facteur * pl.col(above) / pl.col(below))
        cells = cells.with_columns(figure.alias(name), state.alias(name + STATE))
    return cells


def wrong_sums(cells: pl.DataFrame, mesures: Mapping[str, MesurePubliee]) -> dict[str, int]:
    """Return, by measure that is a sum, how many rows have another one; those that lack a part are not told of."""
    found = {}
    for name, mesure in mesures.items():
        if mesure.somme:
            off = pl.col(name) - sum((pl.col(part) for part in mesure.somme), pl.lit(0.0))
            found[name] = cells.filter(off.abs() > ROUNDING + 1e-6).height
    return {name: n for name, n in found.items() if n}


def shown(cells: pl.DataFrame, mesures: Mapping[str, MesurePubliee]) -> pl.DataFrame:
    """Return cells without the counts of people that are too small, nor what would tell them.

    A small count is masked; a part whose whole would leave so few is secret, and so is all that either carries.
    """
    cells = cells.with_columns(_figures_as_said(_small(mesures)))
    return cells.with_columns(_figures_as_said(_carried(mesures)))


Said = tuple[str, pl.Expr]
"""A measure, and what it is where its figure is not to be shown."""


def _small(mesures: Mapping[str, MesurePubliee]) -> Iterator[Said]:
    for name, mesure in mesures.items():
        if mesure.personnes:
            word = pl.lit(MASKED if mesure.personnes == THRESHOLD else SECRET)
            few = pl.when(_few(pl.col(name), mesure.personnes)).then(word)
            left = pl.lit(None, pl.String)
            if mesure.parmi:
                rest = pl.col(mesure.parmi) - pl.col(name)
                left = pl.when(_few(rest, mesures[mesure.parmi].personnes)).then(pl.lit(SECRET))
            yield name, pl.coalesce(few, left)


def _few(count: pl.Expr, threshold: int) -> pl.Expr:
    return (count > 0) & (count < threshold)


def _carried(mesures: Mapping[str, MesurePubliee]) -> Iterator[Said]:
    for name, mesure in mesures.items():
        if mesure.porte:
            hidden = pl.any_horizontal(pl.col(of + STATE).is_in([MASKED, SECRET]) for of in mesure.porte)
            yield name, pl.when(hidden & (pl.col(name + STATE) == EXACT)).then(pl.lit(SECRET))


def _figures_as_said(said: Iterator[Said]) -> Iterator[pl.Expr]:
    for name, word in said:
        yield pl.when(word.is_null()).then(pl.col(name)).alias(name)
        yield pl.coalesce(word, name + STATE).alias(name + STATE)
