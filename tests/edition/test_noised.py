"""What two noised tables tell of a group is one figure: asking both averages nothing."""

from itertools import combinations

import polars as pl

from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition


def test_a_group_that_two_tables_tell_has_one_figure(public: Edition) -> None:
    """But where one of them alone tells a coarser group that counts the same: few, and never more than two figures."""
    pairs = differing = 0
    for champ in public.manifest.champs:
        own, told = public.of(champ), catalogue().champs[champ].publication.bruites
        tables = [t for t in own.champ.tables if t.groupes]
        frames = {t.nom: pl.DataFrame(pl.from_arrow(own.engine.table(t.nom))) for t in tables}
        for one, other in combinations(tables, 2):
            counts = set(told[one.nom].comptes) & set(told[other.nom].comptes)
            for group in set(one.groupes) & set(other.groupes):
                keys = ["annee", *([] if group == "ensemble" else group.split(" × "))]
                left, right = (frames[t.nom].filter(pl.col("groupe") == group) for t in (one, other))
                for name in counts:
                    both = left.select(*keys, name).join(right.select(*keys, pl.col(name).alias("_autre")), on=keys)
                    pairs += both.height
                    differing += both.filter(pl.col(name) != pl.col("_autre")).height
    assert pairs > 500
    assert differing < pairs / 10
