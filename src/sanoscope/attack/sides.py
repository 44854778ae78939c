"""The two sides of a sheet: places and activities, and what is the sum of what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sanoscope.attack.knowledge import Bools, Indices
from sanoscope.attack.world import Place, Tree

TOTAL = ("", "")
"""The column of the total: no level, no code."""

YEAR = 13
"""The period of the whole year, after the cumulated months 1 to 12; a month alone is −1 to −12."""

Column = tuple[int, str, str]
"""(period, level, code)."""


@dataclass(frozen=True, slots=True)
class Sum:
    """One node is the sum of others (at least, where not complete)."""

    whole: int
    parts: Indices
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Side:
    """Nodes of a side.

    Attributes:
        names: what a person reads of each node.
        sums: what is the sum of what.
        above: bool[nodes, nodes], sparse: the second strictly holds the first.
        node: bool[nodes], published as such: a mask there means 1 to 10.
        told: bool[nodes], a group whose being small, or not, is told: not a cumulation of months, nor a GHT.
        free: bool[nodes], an unknown is made of it even when it was not asked.
    """

    names: tuple[str, ...]
    sums: tuple[Sum, ...]
    above: sparse.csr_matrix
    node: Bools
    told: Bools
    free: Bools

    def __len__(self) -> int:
        """Number of nodes."""
        return len(self.names)


def place_side(places: Sequence[Place]) -> Side:
    """Return the side of places: leaves, which are asked for by their own names, and what they are put together in."""
    leaves = {next(iter(p.members)): i for i, p in enumerate(places) if p.node and len(p.members) == 1 and _leaf(p)}
    rows, columns = zip(*((i, leaves[m]) for i, p in enumerate(places) for m in p.members), strict=True)
    ones = np.ones(len(rows), np.int32)
    held = sparse.csr_matrix((ones, (rows, columns)), shape=(len(places), len(places)))
    sizes = np.asarray(held.sum(axis=1)).ravel()
    node = np.array([p.node for p in places])
    shared = (held @ held.T).tocoo()
    strictly = (shared.data == sizes[shared.row]) & (sizes[shared.row] < sizes[shared.col]) & node[shared.col]
    within = sparse.csr_matrix(
        (np.ones(int(strictly.sum()), np.bool_), (shared.row[strictly], shared.col[strictly])), shape=shared.shape
    )
    free = np.zeros(len(places), np.bool_)
    free[list(leaves.values())] = True
    composite = [i for i in range(len(places)) if not free[i]]
    sums = [_place_sum(i, places, held, sizes, within) for i in composite]
    # a node that a basket is the complement in is an unknown even where it was not asked
    free[[one.whole for one, i in zip(sums, composite, strict=True) if one.whole != i]] = True
    above = within.multiply(node[:, None]).tocsr().astype(np.bool_)
    return Side(tuple(p.name for p in places), tuple(sums), above, node, np.array([p.told for p in places]), free)


def _place_sum(
    place: int, places: Sequence[Place], held: sparse.csr_matrix, sizes: Indices, within: sparse.csr_matrix
) -> Sum:
    """Return what a place is the sum of; a basket of most of a node is said by what the node has besides."""
    members = np.sort(held[place].indices).astype(np.int64)
    over = within[place].indices
    over = over[[places[i].complete for i in over]] if len(over) else over
    if places[place].node or len(over) == 0 or sizes[over].min() - sizes[place] + 1 >= sizes[place]:
        return Sum(place, members, places[place].complete)
    closest = int(over[np.argmin(sizes[over])])
    missing = np.setdiff1d(held[closest].indices, members).astype(np.int64)
    return Sum(closest, np.concatenate([[place], missing]))


def activity_columns(tree: Tree, *, months: int, monthly: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of a year: the total and every code, then months cumulated and alone.

    Args:
        tree: levels and codes.
        months: last month; 0 for no months.
        monthly: levels asked month by month, besides the total.
    """
    codes = [TOTAL, *((level, code) for level in tree for code in tree[level])]
    columns = [(YEAR, *code) for code in codes]
    followed = [code for code in codes if code == TOTAL or code[0] in monthly]
    for month in range(1, months + 1):
        columns += [(month, *code) for code in followed]
        columns += [(-month, *code) for code in followed if month > 1]
    return tuple(columns)


def column_side(columns: Sequence[Column], tree: Tree, *, months: int, whole: Sequence[str]) -> Side:
    """Return the side of activities.

    Args:
        columns: from `activity_columns`.
        tree: levels and codes.
        months: last month.
        whole: levels whose codes add up to the total.
    """
    number = {column: i for i, column in enumerate(columns)}
    sums: dict[tuple[int, str], list[int]] = {}
    links = _links(tree)
    for (period, level, code), i in number.items():
        if level in whole and (period, *TOTAL) in number:
            sums.setdefault((number[period, *TOTAL], level), []).append(i)
        for coarser in links.get(level, ()):
            above = (period, coarser, tree[level][code].get(coarser, ""))
            if above in number:
                sums.setdefault((number[above], level), []).append(i)
    # a month alone is a difference of two cumulated ones; its own tree says nothing more
    found = [Sum(w, np.array(parts, np.int64)) for (w, _), parts in sums.items() if columns[w][0] > 0]
    found += _month_sums(number, months)
    held = [(i, above) for column, i in number.items() for above in _holders(column, number, tree) if above != i]
    row, over = np.array(held, np.int64).reshape(-1, 2).T
    shape = (len(columns), len(columns))
    return Side(
        tuple(map(_column_name, columns)),
        tuple(found),
        sparse.csr_matrix((np.ones(len(row), np.bool_), (row, over)), shape=shape),
        np.array([period > 0 for period, _, _ in columns]),
        np.array([period == YEAR for period, _, _ in columns]),
        np.array([period < 0 for period, _, _ in columns]),
    )


def flat_side(names: Sequence[str]) -> Side:
    """Return a side of a total, first, and the rest, of which it is the sum."""
    count = len(names)
    above = sparse.csr_matrix(
        (np.ones(count - 1, np.bool_), (np.arange(1, count), np.zeros(count - 1, np.int64))), shape=(count, count)
    )
    every = np.ones(count, np.bool_)
    return Side(tuple(names), (Sum(0, np.arange(1, count)),), above, every, every, ~every)


def _leaf(place: Place) -> bool:
    """A place of one member may be a group of one: the leaf is asked for by its own name."""
    ((member),) = place.members
    return any(value.rpartition(":")[2] == member for value in place.criteria.values())


def _links(tree: Tree) -> dict[str, tuple[str, ...]]:
    """Return the next coarser levels of each level: those that hold each code of it, with no such level between."""
    over = {
        level: set.intersection(*(set(parents) for parents in codes.values())) if codes else set()
        for level, codes in tree.items()
    }
    return {
        level: tuple(c for c in coarser if not any(c in over.get(between, ()) for between in coarser if between != c))
        for level, coarser in over.items()
    }


def _month_sums(number: Mapping[Column, int], months: int) -> list[Sum]:
    sums = []
    for (period, level, code), i in number.items():
        before = (period - 1, level, code)
        if 1 < period <= months:
            sums.append(Sum(i, np.array([number[before], number[-period, level, code]])))
        if period == months and period < YEAR:
            sums.append(Sum(number[YEAR, level, code], np.array([i])))
    return sums


def _holders(column: Column, number: Mapping[Column, int], tree: Tree) -> list[int]:
    """Return the columns that hold a column, itself included."""
    period, level, code = column
    codes = [TOTAL, (level, code), *(tree[level][code].items() if level else ())]
    periods = range(period, YEAR + 1) if period > 0 else ()
    return [number[p, *c] for p in periods for c in dict.fromkeys(codes) if (p, *c) in number]


def _column_name(column: Column) -> str:
    period, level, code = column
    when = "" if period == YEAR else f" cumul M{period}" if period > 0 else f" mois {-period}"
    return (f"{level} {code}" if level else "total") + when
