"""What a field counts by establishment and month, and how much of it moved from one edition or year to another."""

from collections.abc import Collection
from functools import cached_property
from typing import Literal

import polars as pl

from sanoscope.catalogue.field import Champ
from sanoscope.edition.edition import Edition
from sanoscope.engine.plan import Aggregate, Measure, Plan, Scan

GRAIN = ("annee", "mois", "finess")
By = Literal["champ", "etablissement"]


class Activity:
    """The sums of a field of an edition.

    Args:
        edition: as the field sees it.
        champ: the field.
    """

    def __init__(self, edition: Edition, champ: Champ) -> None:
        self.edition = edition
        self.champ = champ
        self._sums: dict[str, pl.DataFrame] = {}

    @cached_property
    def sent(self) -> dict[int, dict[str, int]]:
        """By year and establishment, the month up to which it sent."""
        found: dict[int, dict[str, int]] = {}
        for entry in (e for e in self.edition.champ.entrees if e.genre in self.champ.fichiers):
            of = found.setdefault(entry.annee, {})
            of[entry.finess] = max(entry.mois, of.get(entry.finess, 0))
        return found

    def counts(self, somme: str) -> bool:
        """Tell whether the field has a sum by establishment and month."""
        return bool(self.champ.fichiers and somme in self.champ.sommes and self._cube(somme, GRAIN))

    def sums(self, somme: str) -> pl.DataFrame:
        """Return (annee, mois, finess, n) of a sum."""
        if somme not in self._sums:
            self._sums[somme] = self._run(somme, GRAIN)
        return self._sums[somme]

    def of(self, annee: int) -> dict[str, int]:
        """Return the principal sum of a year by establishment; of all years where it is 0."""
        rows = self.sums(self.champ.principale)
        rows = rows.filter(pl.col("annee") == annee) if annee else rows
        return {finess: int(n) for finess, n in rows.group_by("finess").agg(pl.col("n").sum()).iter_rows()}

    def total(self, somme: str, annee: int) -> int:
        """Return a sum of a year."""
        return int(self._run(somme, ("annee",)).filter(pl.col("annee") == annee)["n"].sum())

    def _cube(self, somme: str, grain: tuple[str, ...]) -> str:
        """Return the first cube that has a sum at a grain; "" for none.

        What is counted by units is not the same in all of them: only the same cube may be compared.
        """
        cubes = self.champ.cubes.items()
        return next((n for n, c in cubes if somme in c.sommes and set(grain) <= {*c.dimensions}), "")

    def _run(self, somme: str, grain: tuple[str, ...]) -> pl.DataFrame:
        held = self.edition.tables(self._cube(somme, grain))
        table = next(t.nom for t in held if set(grain) <= {*t.colonnes})
        plan: Plan = Aggregate(Scan(table), (grain,), (Measure("n", "sum", somme),))
        found = pl.DataFrame(pl.from_arrow(self.edition.engine.run(plan)))
        return found.with_columns(pl.col(name).cast(pl.Int64) for name in found.columns if name != "finess")


def common_months(before: Activity, after: Activity, years: Collection[int], *, lag: int, by: By) -> pl.DataFrame:
    """Return (annee, finess, limite): up to which month an establishment is compared.

    Args:
        before, after: what is compared.
        years: of ``after``.
        lag: how many years before is ``before``.
        by: of a field against another edition, all establishments are compared up to the latest month that both
            editions have, so that what was lost or came twice is seen; one by one, each up to the latest month that it
            sent to both. Against the year before, only those that sent both years, in either case.
    """
    rows: list[tuple[int, str, int]] = []
    for year in years:
        then, now = before.sent.get(year - lag, {}), after.sent[year]
        latest = min(max(then.values(), default=0), max(now.values()))
        for finess in {*then, *now}:
            if by == "champ" and not lag:
                rows.append((year, finess, latest))
            elif finess in then and (finess in now or not lag):
                rows.append((year, finess, min(then[finess], now.get(finess, then[finess]))))
    return pl.DataFrame(rows, {"annee": pl.Int64, "finess": pl.String, "limite": pl.Int64}, orient="row")


def changes(
    before: pl.DataFrame, after: pl.DataFrame, limits: pl.DataFrame, *, lag: int, by: By, least: int
) -> pl.DataFrame:
    """Return (annee, groupe, jusqu_a, avant, apres, ecart): each year and group's largest change, the worst first.

    Sums are cumulated from January to each month; ``ecart`` is in per cent of ``avant``.

    Args:
        before, after: (annee, mois, finess, n).
        limits: (annee, finess, limite), see `common_months`.
        lag: how many years before is ``before``.
        by: groups are establishments, or there is one, "".
        least: cumulated sums of ``before`` that are smaller are left out.
    """
    group = pl.lit("") if by == "champ" else pl.col("finess")
    keys = ["annee", "groupe", "jusqu_a"]
    months = pl.DataFrame({"jusqu_a": range(1, 13)}, {"jusqu_a": pl.Int64})

    def cumulated(sums: pl.DataFrame, name: str) -> pl.DataFrame:
        held = sums.join(limits, on=["annee", "finess"]).filter(pl.col("mois") <= pl.col("limite"))
        held = held.group_by("annee", "mois", group.alias("groupe")).agg(pl.col("n").sum())
        held = held.join(months, how="cross").filter(pl.col("mois") <= pl.col("jusqu_a"))
        return held.group_by(keys).agg(pl.col("n").sum().alias(name))

    was = cumulated(before.with_columns(pl.col("annee") + lag), "avant").filter(pl.col("avant") >= least)
    both = was.join(cumulated(after, "apres"), on=keys, how="left").with_columns(pl.col("apres").fill_null(0))
    both = both.with_columns((100 * (pl.col("apres") - pl.col("avant")) / pl.col("avant")).alias("ecart"))
    ranked = both.sort(pl.col("ecart").abs(), *keys, descending=[True, False, False, False])
    return ranked.unique(["annee", "groupe"], keep="first", maintain_order=True)
