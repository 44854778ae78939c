"""What two noised tables tell of a group is one figure: asking both averages nothing."""

from itertools import combinations

import numpy as np
import polars as pl

from sanoscope.catalogue.field import Bruite
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition
from sanoscope.edition.noised import GROUP, YEAR, _noised


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


def test_days_that_are_there_are_never_told_as_none() -> None:
    """A noise as large as a group of eleven takes its days below zero: an open answer would call that an exact 0."""
    groups = 4000
    days = np.where(np.arange(groups) % 2, 22, 0)
    whole = pl.DataFrame(
        {
            YEAR: 2024,
            GROUP: "ensemble",
            "sejours": 11,
            "journees": days,
            "sejours_ensemble": [f"{n}" for n in range(groups)],
        }
    )
    declared = Bruite(
        libelle="", cube="personnes", niveaux=(("",),), comptes=("sejours",), portees={"journees": ("sejours",)}
    )
    told = _noised(whole, declared, key=b"k" * 32, threshold=11, add=True)["journees"].to_numpy()
    assert ((told == 0) == (days == 0)).all()
    assert (told[days > 0] == 1).any()
