"""Unions: sums over leaves that no group holds, yet that a reader can ask for or compute.

A reader may add up any rows he likes (a basket), and what lies between two groups that he is shown. A sum over some
rows of a column is unchanged by all moves exactly when, for each move that touches the column, it holds both its rows
or none: when it is a union of *clusters*, rows tied by moves. So no union of rows gives a small count away if and
only if no cluster has a small total. The same holds for the columns of a row. A cluster with a small total is mended by
a move that leaves it.
"""

import numpy as np
from numpy.typing import NDArray

from sanoscope.disclosure.lattice import Label, Lattice
from sanoscope.disclosure.moves import NONE, Board, Moves, board, jit, room, touch_of, touched
from sanoscope.disclosure.search import Effort, Field, best, mark

TURNS = 12
"""Times that clusters are looked for anew and mended; each turn merges those that are left with others."""


def mend(of: Lattice, on: Field, moves: Moves, effort: Effort) -> Moves:
    """Return more moves, so that no union of rows or of columns has a small total that no move changes.

    Args:
        of: the lattice.
        on: the field on which the moves are marked; changed.
        moves: those found so far.
        effort: how hard to look for a move out of a cluster.
    """
    here = board(of)
    added = np.empty((0, moves.shape[1]), np.int32)
    for _ in range(TURNS):
        known = np.concatenate([moves, added])
        more = np.concatenate([part for part, _ in _both(of, here, on, known, effort)])
        if not len(more):
            break
        added = np.concatenate([added, more])
    return added


def small_unions(of: Lattice, on: Field, moves: Moves) -> NDArray[np.int32]:
    """Return int32[n, 2], a node of each cluster with a small total: what a reader could compute."""
    found = [targets[:, [0, 2]] for targets, _ in _both(of, board(of), on, moves, Effort(starts=0))]
    return np.concatenate(found)


def _both(of: Lattice, here: Board, on: Field, moves: Moves, effort: Effort) -> list[tuple[Moves, int]]:
    """Return moves out of small clusters and how many clusters there are: of rows, then of columns."""
    result = []
    for rows in (True, False):
        found = np.empty((len(of.cells), moves.shape[1]), np.int32)
        if rows:
            lists = _by_column(here, moves, of.columns.nodes)
            count, small = _row_clusters(here, on, *lists, moves, effort, of.threshold, found)
        else:
            lists = _by_row(moves, of)
            count, small = _column_clusters(here, on, *lists, moves, _seen_levels(of), effort, of.threshold, found)
        result.append((found[:count].copy(), small))
    return result


def _by_column(here: Board, moves: Moves, nodes: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the moves that touch each column node: int64[nodes + 1] starts, int32[...] moves."""
    counts = np.zeros(nodes + 1, np.int64)
    _list_columns(here, moves, counts, np.empty(0, np.int32))
    starts = np.concatenate([[0], np.cumsum(counts[:-1])])
    lists = np.empty(starts[-1], np.int32)
    _list_columns(here, moves, starts.copy(), lists)
    return starts, lists


def _by_row(moves: Moves, of: Lattice) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the moves that touch each row node."""
    pairs = []
    for level in range(of.rows.levels.shape[1]):
        one = np.where(moves[:, 0] >= 0, of.rows.levels[moves[:, 0], level], NONE)
        other = np.where(moves[:, 1] >= 0, of.rows.levels[moves[:, 1], level], NONE)
        for node, against in ((one, other), (other, one)):
            which = np.flatnonzero((node != against) & (node >= 0))
            pairs.append(np.stack([node[which], which], axis=1))
    both = np.concatenate(pairs)
    both = both[np.argsort(both[:, 0], kind="stable")]
    return np.searchsorted(both[:, 0], np.arange(of.rows.nodes + 1)).astype(np.int64), both[:, 1].astype(np.int32)


def _seen_levels(of: Lattice) -> NDArray[np.int64]:
    """Return int64[n, 4]: sheet, number, first node and end of each level of columns that a reader sees."""
    found = []
    for sheet, (first, end) in enumerate(zip(of.node_start[:-1], of.node_start[1:], strict=True)):
        for level in np.unique(of.columns.level_of[first:end]):
            own = first + np.flatnonzero(of.columns.level_of[first:end] == level)
            if of.columns.seen[own[0]]:
                found.append((sheet, level, own[0], own[-1] + 1))
    return np.array(found, np.int64).reshape(-1, 4)


@jit
def _list_columns(here, moves, ends, lists):  # type: ignore[no-untyped-def]
    touch = touch_of(here)
    for i in range(moves.shape[0]):
        _, m = touched(here, moves[i], touch)
        for j in range(m):
            column = touch.columns[j]
            if lists.shape[0] > 0:
                lists[ends[column]] = i
            ends[column] += 1


@jit
def _root(parent, x):  # type: ignore[no-untyped-def]
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x


@jit
def _row_clusters(here, on, starts, lists, moves, effort, threshold, found):  # type: ignore[no-untyped-def]
    """Find a move out of each small cluster of rows; return how many moves, and how many clusters."""
    leaves = here.row_levels.shape[0]
    parent, total = np.empty(leaves, np.int32), np.empty(leaves, np.int64)
    fullest, group = np.empty(leaves, np.int32), np.empty(leaves, np.int32)
    anywhere = np.empty(0, np.int32)
    count, small = 0, 0
    for b in range(starts.shape[0] - 1):
        for h in range(leaves):
            parent[h], total[h], fullest[h] = h, 0, -1
        for p in range(starts[b], starts[b + 1]):
            h, k = moves[lists[p], 0], moves[lists[p], 1]
            if h >= 0 and k >= 0:
                parent[_root(parent, h)] = _root(parent, k)
        for h in range(leaves):
            root = _root(parent, h)
            group[h] = root
            total[root] += here.values[h, b]
            if fullest[root] < 0 or here.values[h, b] > here.values[fullest[root], b]:
                fullest[root] = h
        for p in range(starts[b], starts[b + 1]):  # a move of one row changes the total of its cluster
            h, k = moves[lists[p], 0], moves[lists[p], 1]
            if h < 0 or k < 0:
                total[group[max(h, k)]] = 0
        for h in range(leaves):
            if parent[h] == h and 0 < total[h] < threshold and here.labels[h, b] != Label.UNSEEN:
                small += 1
                count += _leave(here, on, fullest[h], np.int32(b), effort, group, anywhere, found, count)
    return count, small


@jit
def _column_clusters(here, on, starts, lists, moves, levels, effort, threshold, found):  # type: ignore[no-untyped-def]  # noqa: PLR0912
    """Find a move out of each small cluster of columns of one level; return how many moves, and how many clusters."""
    leaves, nodes = here.column_levels.shape[0], here.values.shape[1]
    parent, total = np.arange(nodes).astype(np.int32), np.zeros(nodes, np.int64)
    fullest, group = np.full(nodes, -1, np.int32), np.empty(leaves, np.int32)
    anywhere = np.empty(0, np.int32)
    count, small = 0, 0
    for a in range(starts.shape[0] - 1):
        for x in range(levels.shape[0]):
            sheet, level, first, last = levels[x]
            for v in range(first, last):
                parent[v], total[v], fullest[v] = v, 0, -1
            for p in range(starts[a], starts[a + 1]):
                c, d = _nodes(here, moves[lists[p]], sheet, level)
                if c >= 0 and d >= 0:
                    parent[_root(parent, c)] = _root(parent, d)
            for v in range(first, last):
                root = _root(parent, v)
                total[root] += here.values[a, v]
                if fullest[root] < 0 or here.values[a, v] > here.values[a, fullest[root]]:
                    fullest[root] = v
            for p in range(starts[a], starts[a + 1]):  # one column in the level, the other not: the total changes
                c, d = _nodes(here, moves[lists[p]], sheet, level)
                if (c >= 0) != (d >= 0):
                    total[_root(parent, max(c, d))] = 0
            grouped = False
            for v in range(first, last):
                if parent[v] == v and 0 < total[v] < threshold and here.labels[a, v] != Label.UNSEEN:
                    if not grouped:
                        grouped = True
                        for leaf in range(leaves):
                            node = here.column_levels[leaf, level]
                            group[leaf] = _root(parent, node) if node >= 0 else NONE
                    small += 1
                    count += _leave(here, on, np.int32(a), fullest[v], effort, anywhere, group, found, count)
    return count, small


@jit
def _nodes(here, move, sheet, level):  # type: ignore[no-untyped-def]
    """Return the nodes of a move's two columns in a sheet, at a level; (NONE, NONE) where it does nothing there."""
    c, d = move[2 + 2 * sheet], move[3 + 2 * sheet]
    if c == d:
        return NONE, NONE
    return (
        here.column_levels[c, level] if c >= 0 else NONE,
        here.column_levels[d, level] if d >= 0 else NONE,
    )


@jit
def _leave(here, on, a, b, effort, row_groups, column_groups, found, count):  # type: ignore[no-untyped-def]
    """Write a move that changes a node and leaves its cluster, and mark it; return how many were found: 0 or 1.

    With no cell to start from, only the node is written.
    """
    if count >= found.shape[0]:
        return 0
    if effort.starts == 0:
        found[count, 0], found[count, 2] = a, b
        return 1
    up, down = on.up[a, b], on.down[a, b]
    on.up[a, b], on.down[a, b] = 0, 0  # what the node can do already does not count
    there = best(here, on, a, b, effort, row_groups, column_groups, found[count])
    on.up[a, b], on.down[a, b] = up, down
    if not there:
        return 0
    touch = touch_of(here)
    n, m = touched(here, found[count], touch)
    up, down = room(here, touch, n, m)
    mark(on, touch, n, m, up, down)
    return 1
