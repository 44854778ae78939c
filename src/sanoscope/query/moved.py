"""Which figures moved from one edition to another: the same questions asked of both, their answers set side by side.

Nothing is read but answers, as a reader of that scope has them, rounded as they are shown. A gap is worked out where
both figures are exact; an estimate that moved is told beside the other, and no gap is made of it.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.manifest import Manifest
from sanoscope.errors import CriterionError
from sanoscope.query.criteria import Query
from sanoscope.query.rounding import digits_kept, estimate, rounded
from sanoscope.query.table import Figure, Label, Measured, State, Table

Ask: TypeAlias = Callable[[str, list[tuple[str, str]]], Table]
"""Answers the criteria given to a restitution; raises `CriterionError` where there is no such answer."""

Row: TypeAlias = tuple[str, ...]

FIRST = 5
"""Changes that are told one by one, of each level."""


@dataclass(frozen=True, slots=True)
class Side:
    """An edition: what it says of itself, and how it is asked."""

    manifest: Manifest
    ask: Ask


@dataclass(frozen=True, slots=True)
class Seen:
    """A cell as it is shown: its state, its figure if there is one, the digits it is shown with."""

    state: State
    figure: Figure
    digits: int


@dataclass(frozen=True, slots=True)
class Move:
    """A figure that is not the same in both.

    Attributes:
        annee: year asked about.
        ligne: what names its row.
        mesure, titre, unite: its measure.
        avant, apres: what is shown of it.
    """

    annee: int
    ligne: Row
    mesure: str
    titre: str
    unite: str
    avant: Seen
    apres: Seen

    @property
    def ecart(self) -> Figure:
        """The gap, None unless both are exact."""
        if (self.avant.figure is None or self.apres.figure is None) or not self.exact:
            return None
        gap = round(self.apres.figure - self.avant.figure, self.apres.digits)
        return gap if self.apres.digits else int(gap)

    @property
    def evolution(self) -> float | None:
        """The gap in hundredths of what was before, None unless both are exact and there was something."""
        return None if self.ecart is None or not self.avant.figure else round(100 * self.ecart / self.avant.figure, 1)

    @property
    def exact(self) -> bool:
        """Whether both are exact."""
        return self.avant.state is self.apres.state is State.EXACT

    @property
    def size(self) -> tuple[float, float]:
        """How far what is shown moved: in parts of the larger, then as it is; nothing where one is hidden."""
        if self.avant.figure is None or self.apres.figure is None:
            return 0.0, 0.0
        gap = abs(self.apres.figure - self.avant.figure)
        return gap / (max(abs(self.apres.figure), abs(self.avant.figure)) or 1), gap


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved in a restitution, at a level.

    Attributes:
        restitution, regroupement: which; "" where it has no levels.
        annees: the years asked of both.
        chiffres: figures that both show, in any state.
        nouveaux, disparus: figures that only the second, only the first shows.
        changes: of ``chiffres``, exact in both and not the same.
        approches: shown in both, estimated in one at least, and not the same: the true one may not have moved.
        masques: hidden in one and not in the other, or hidden in another way.
        premiers: the largest of ``changes`` and ``approches``, relatively; ``masques`` has none.
        refus: why one of the two does not answer, if it does not.
    """

    restitution: Restitution
    regroupement: str
    annees: tuple[int, ...]
    chiffres: int = 0
    nouveaux: int = 0
    disparus: int = 0
    changes: int = 0
    approches: int = 0
    masques: int = 0
    premiers: tuple[Move, ...] = ()
    refus: str = ""

    @property
    def calme(self) -> bool:
        """Whether nothing moved."""
        told = self.nouveaux, self.disparus, self.changes, self.approches, self.masques, self.refus
        return not any(told)


def comparable(restitution: Restitution, before: Manifest, after: Manifest) -> bool:
    """Tell whether both editions have figures of a restitution, of a year in common at least."""
    return (
        restitution.genre != "transmissions"  # what was sent is compared as such
        and before.repond(restitution)
        and after.repond(restitution)
        and bool(_years(restitution, before, after))
    )


def moved(restitution: Restitution, before: Side, after: Side, *, first: int = FIRST) -> Iterator[Moved]:
    """Yield what moved in a restitution, level by level: the whole country, year by year.

    A level that neither answers (it is not published in this access) is left.

    Args:
        restitution: one that is `comparable`.
        before, after: the editions.
        first: changes to tell one by one.
    """
    years = _years(restitution, before.manifest, after.manifest)
    levels = restitution.criteres.regroupement or ("",)
    for number, level in enumerate(levels):
        if not level and number:
            continue  # no level is asked for by naming none: the first one answers
        found = _level(restitution, level, years, (before, after), first)
        if found:
            yield found


def _years(restitution: Restitution, before: Manifest, after: Manifest) -> tuple[int, ...]:
    held = [set(manifest.champs[restitution.champ].annees) for manifest in (before, after)]
    return tuple(sorted(held[0] & held[1]))


def _level(
    restitution: Restitution, level: str, years: tuple[int, ...], sides: tuple[Side, Side], first: int
) -> Moved | None:
    counted: Counter[str] = Counter()
    moves: list[Move] = []
    for year in years:
        pairs = [("annee", str(year)), *([("regroupement", level)] if level else [])]
        tables, refusals = [], []
        for side in sides:
            try:
                tables.append(side.ask(restitution.slug, pairs))
            except CriterionError as error:
                refusals.append(f"{side.manifest.nom} : {error.message}")
        if len(refusals) == 2:
            return None
        if refusals:
            return Moved(restitution, level, years, refus=refusals[0])
        moves += _moves(tables[0], tables[1], restitution, year, counted)
    return _summed(restitution, level, years, counted, moves, first)


def moved_answer(before: Table, after: Table, restitution: Restitution, query: Query, *, first: int) -> Moved:
    """Return what moved in one answer.

    Args:
        before, after: what two editions answer to the same question.
        restitution, query: the question.
        first: changes to tell one by one.
    """
    counted: Counter[str] = Counter()
    moves = _moves(before, after, restitution, query.annees[-1], counted)
    return _summed(restitution, query.regroupement, query.annees, counted, moves, first)


def _moves(before: Table, after: Table, restitution: Restitution, year: int, counted: Counter[str]) -> list[Move]:
    """Return the figures that are shown in both and are not the same; count all others by what became of them.

    ``year``: of the rows that do not say theirs.
    """
    moves: list[Move] = []
    first, last = _cells(before, restitution), _cells(after, restitution)
    counted["nouveaux"] += len(last.keys() - first.keys())
    counted["disparus"] += len(first.keys() - last.keys())
    common = first.keys() & last.keys()
    counted["chiffres"] += len(common)
    own = next((place for place, label in enumerate(_telling(after, restitution), 1) if label.name == "annee"), 0)
    for key in common:
        (_, _, was), (column, named, now) = first[key], last[key]
        if was == now:
            continue
        of = int(key[own]) if own and key[own].isdigit() else year
        move = Move(of, named, column.name, column.title, column.unit, was, now)
        hidden = was.figure is None or now.figure is None
        counted["changes" if move.exact else "masques" if hidden else "approches"] += 1
        moves += [] if hidden else [move]
    return moves


def _summed(
    restitution: Restitution,
    level: str,
    years: tuple[int, ...],
    counted: Counter[str],
    moves: list[Move],
    first: int,
) -> Moved:
    largest = heapq.nsmallest(first, moves, key=lambda m: (-m.size[0], -m.size[1], m.annee, m.ligne, m.mesure))
    return Moved(
        restitution,
        level,
        years,
        chiffres=counted["chiffres"],
        nouveaux=counted["nouveaux"],
        disparus=counted["disparus"],
        changes=counted["changes"],
        approches=counted["approches"],
        masques=counted["masques"],
        premiers=tuple(largest),
    )


def _telling(table: Table, restitution: Restitution) -> list[Label]:
    """Return the columns that tell a row from another; a name tells nothing."""
    return [
        label
        for label in table.labels
        if not label.name.startswith("libelle_") and label.name not in restitution.attributs
    ]


def _cells(table: Table, restitution: Restitution) -> dict[Row, tuple[Measured, Row, Seen]]:
    """Return the figures of a table by what tells their rows and their measure; a name tells nothing."""
    telling = _telling(table, restitution)
    naming = [label for label in table.labels if label.name not in restitution.attributs[1:]]
    found = {}
    for row, kind in enumerate(table.kinds):
        key = (kind, *(str(label.values[row]) for label in telling))
        named = tuple(dict.fromkeys(label.values[row] for label in naming if label.values[row]))
        for column in table.figures:
            seen = _seen(column, row)
            if seen.state not in (State.NOT_APPLICABLE, State.NOT_AVAILABLE):
                found[*key, column.name] = column, named, seen
    return found


def _seen(column: Measured, row: int) -> Seen:
    state = column.states[row]
    if state is not State.APPROXIMATE:
        return Seen(state, rounded(column, row), column.decimals)
    near, around = estimate(column, row), column.margins[row] if column.margins else None
    return Seen(state, near, max(0, digits_kept(near or 0, around, column.decimals)))
