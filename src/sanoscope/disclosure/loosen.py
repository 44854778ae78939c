"""More moves at no cost: rectangles whose every large node is inexact already.

The search finds the few moves that must be; a small node that is changed by one of them alone may only take few values.
Whatever else can be moved among nodes that are not shown exactly anyway costs nothing, and lets a walk take small nodes
much farther.
"""

import numpy as np
from numpy.typing import NDArray

from sanoscope.disclosure.lattice import Lattice
from sanoscope.disclosure.moves import NONE, Moves, apart, board, jit, touch_of
from sanoscope.disclosure.search import Field, lifted, near, value_of


def loosen(
    of: Lattice, on: Field, targets: NDArray[np.int32], *, most: int, near_by: int = 24, starts: int = 10
) -> Moves:
    """Return moves that touch nothing but what some move touches already.

    Args:
        of: the lattice.
        on: the field; not changed.
        targets: int32[targets, 2], nodes to find moves for.
        most: moves for each target.
        near_by, starts: as in `Effort`.
    """
    found = np.empty((len(targets) * most, 2 + 2 * of.sheets), np.int32)
    count = _loosen(board(of), on, targets, most, near_by, starts, found)
    return found[:count].copy()


def distinct(moves: Moves) -> Moves:
    """Return moves without those that are another one, or its opposite, in order of first appearance."""
    swapped = moves.copy()
    swapped[:, 0], swapped[:, 1] = moves[:, 1], moves[:, 0]
    swapped[:, 2::2], swapped[:, 3::2] = moves[:, 3::2], moves[:, 2::2]
    alike = np.where((moves[:, 0] > moves[:, 1])[:, None], swapped, moves)
    order = np.lexsort(alike.T)  # of those that are alike the first comes first
    alike = alike[order]
    first = np.append(True, (alike[1:] != alike[:-1]).any(axis=1))[: len(moves)]
    return np.asarray(moves[np.sort(order[first])])


@jit
def _loosen(board, on, targets, most, near_by, starts, found):  # type: ignore[no-untyped-def]
    count = 0
    for t in range(targets.shape[0]):
        a, b = targets[t, 0], targets[t, 1]
        full, tried = count + most, 0
        for x in range(on.row_members_start[a], on.row_members_start[a + 1]):
            h = on.row_members[x]
            for p in range(on.row_start[h, on.sheet[b]], on.row_start[h, on.sheet[b] + 1]):
                if count >= full or tried >= starts:
                    break
                if board.column_levels[on.row_leaf[p], on.column_level[b]] == b:
                    tried += 1
                    count = _around(board, on, a, b, h, p, near_by, found[:full], count)
    return count


@jit
def _around(board, on, a, b, h, p, near_by, found, count):  # type: ignore[no-untyped-def]
    """Write free moves around one cell from ``count`` on, as many as there is room for; return where they end."""
    sheet, c = on.sheet[b], on.row_leaf[p]
    anywhere = np.empty(0, np.int32)
    ks, ds = np.empty(near_by, np.int32), np.empty(near_by, np.int32)
    touch, paired = touch_of(board), touch_of(board)
    begin, end = on.column_start[c], on.column_start[c + 1]
    q = begin + np.searchsorted(on.column_leaf[begin:end], h)
    n_k = near(on.column_leaf, begin, end, q, ks, near_by, board.row_levels, on.row_level[a], a, anywhere, 0, 0)
    n_d = near(
        on.row_leaf,
        on.row_start[h, sheet],
        on.row_start[h, sheet + 1],
        p,
        ds,
        near_by,
        board.column_levels,
        on.column_level[b],
        b,
        anywhere,
        on.leaf_start[sheet],
        on.shares[sheet],
    )
    for i in range(n_k):
        k = ks[i]
        n = apart(board.row_levels, h, k, touch.rows, touch.row_signs, 0)
        for j in range(n_d):
            d = ds[j]
            if count >= found.shape[0]:
                return count
            if not (on.moved[k, on.leaf_node[d]] and on.moved[k, on.leaf_node[c]] and on.moved[h, on.leaf_node[d]]):
                continue
            m = apart(board.column_levels, c, d, paired.columns, paired.column_signs, 0)
            up, down, _ = value_of(board, on, touch, n, paired.columns, paired.column_signs, m, 0.0)
            found[count] = NONE
            found[count, 0], found[count, 1], found[count, 2 + 2 * sheet], found[count, 3 + 2 * sheet] = h, k, c, d
            if sheet == 0 and up + down > 0:
                up, down, _ = lifted(board, on, touch, n, found[count], up, down, 1, 0.0, NONE, NONE)
            if up + down > 0:
                count += 1
    return count
