"""National means by group, whole or trimmed of extreme values."""

import polars as pl

FENCE = 1.5
"""How many interquartile ranges above the third quartile a value is extreme (Tukey, 1977)."""

THOUSAND = 1000


def means(counted: pl.DataFrame, by: tuple[str, ...], *, trimmed: bool) -> pl.DataFrame:
    """Return (annee, *by, moyenne), the mean value of each group and year, in whole thousandths.

    Args:
        counted: (annee, *by, valeur, n), how many lines of a group have each value.
        by: columns of the groups.
        trimmed: leave out values above `FENCE`.
    """
    keys = ["annee", *by]
    kept = counted.sort(*keys, "valeur")
    if trimmed:
        reached = pl.col("n").cum_sum().over(keys) / pl.col("n").sum().over(keys)
        kept = kept.with_columns(reached.alias("_rang"))
        low, high = (pl.col("valeur").filter(pl.col("_rang") >= part).first().over(keys) for part in (0.25, 0.75))
        kept = kept.filter(pl.col("valeur") <= high + FENCE * (high - low))
    mean = (pl.col("valeur") * pl.col("n")).sum() / pl.col("n").sum()
    return kept.group_by(keys).agg((mean * THOUSAND).round().cast(pl.Int64).alias("moyenne")).sort(keys)
