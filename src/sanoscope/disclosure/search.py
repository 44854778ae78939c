"""The search of moves: for each small node the cheapest move that changes it.

The cost of a move is the weight of the large nodes that it touches and that no earlier move touched: these will no more
be shown exactly. Candidates are the nearest non-zero cells of the same row and of the same column (leaves are expected
in the order of their groups), because near leaves share most of their groups, and a shared group is not touched.

Which of two moves is taken is drawn as well: each group's weight is what it was given times a random factor, and nodes
of a weight are served in a random order. Everything but the secret is public, so who could run the search again on each
world that may be would else see in which of them it hides what it hides here (a minimality attack: Wong, Fu, Wang and
Pei, VLDB 2007). So drawn, the search hides as different things twice in one world as in two.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sanoscope.disclosure.lattice import Label, Lattice
from sanoscope.disclosure.moves import MANY, NONE, Moves, apart, board, jit, room, touch_of, touched
from sanoscope.disclosure.sides import NOWHERE, Side

NEVER = 1e18
JITTER = 0.3
"""Standard deviation of the logarithm of the random factor of a weight."""

PER_TARGET = 3
"""Moves that are found for a node at most, in one search."""


class Field(NamedTuple):
    """Where moves are searched, and what those found have touched so far.

    Attributes:
        row_start: int64[row leaves, sheets + 1], where the non-zero cells of a row begin in each sheet.
        row_leaf: int32[cells], their column leaves, in order.
        column_start, column_leaf: the non-zero cells of each column leaf, as row leaves.
        row_members_start, row_members: the leaves of each row node; the same for columns.
        row_level, column_level: int16[nodes], level of each node.
        row_weight, column_weight: float32[nodes].
        sheet: int8[column nodes], sheet of each node.
        leaf_start, ties, shares: as in `Lattice`; leaf_node: int32[column leaves], node of each leaf.
        moved: bool[row nodes, column nodes], some move changes it.
        up, down: int16[row nodes, column nodes], how far one move can take it.
    """

    row_start: NDArray[np.int64]
    row_leaf: NDArray[np.int32]
    column_start: NDArray[np.int64]
    column_leaf: NDArray[np.int32]
    row_members_start: NDArray[np.int64]
    row_members: NDArray[np.int32]
    column_members_start: NDArray[np.int64]
    column_members: NDArray[np.int32]
    row_level: NDArray[np.int16]
    column_level: NDArray[np.int16]
    row_weight: NDArray[np.float32]
    column_weight: NDArray[np.float32]
    sheet: NDArray[np.int8]
    leaf_start: NDArray[np.int64]
    leaf_node: NDArray[np.int32]
    ties: NDArray[np.int32]
    shares: NDArray[np.int32]
    moved: NDArray[np.bool_]
    up: NDArray[np.int16]
    down: NDArray[np.int16]


class Effort(NamedTuple):
    """How hard to search.

    Attributes:
        width: values besides its own that a small node should be able to take.
        near: candidates of a row, and of a column.
        starts: cells of a node to start from.
        cheap: a move that costs no more is taken at once.
        highest: a move that costs more is not taken.
        halves: moves of one row or of one column are allowed where a pair does for no candidate.
        crossings: moves of the trunk tried for a node of another sheet that no move of its own sheet changes.
    """

    width: int = 4
    near: int = 16
    starts: int = 3
    cheap: float = 1.0
    highest: float = NEVER
    halves: bool = False
    crossings: int = 0


def field(of: Lattice, random: np.random.Generator) -> Field:
    """Return an empty field on a lattice, its weights drawn."""
    there = sparse.csr_matrix(
        (np.ones(len(of.cells), np.int8), (of.cells[:, 0], of.cells[:, 1])), shape=(of.rows.leaves, of.columns.leaves)
    )
    across = there.T.tocsr()
    across.sort_indices()
    keys = of.cells[:, 0].astype(np.int64) * (of.columns.leaves + 1) + of.cells[:, 1]
    starts = np.arange(of.rows.leaves)[:, None] * (of.columns.leaves + 1) + of.leaf_start[None, :]
    shape = of.values.shape
    return Field(
        np.searchsorted(keys, starts).astype(np.int64),
        of.cells[:, 1].copy(),
        across.indptr.astype(np.int64),
        across.indices.astype(np.int32),
        *_members(of.rows),
        *_members(of.columns),
        of.rows.level_of,
        of.columns.level_of,
        _drawn(of.rows, random),
        _drawn(of.columns, random),
        (np.searchsorted(of.node_start, np.arange(of.columns.nodes), side="right") - 1).astype(np.int8),
        of.leaf_start,
        of.leaf_nodes,
        of.ties,
        of.shares,
        np.zeros(shape, np.bool_),
        np.zeros(shape, np.int16),
        np.zeros(shape, np.int16),
    )


def _drawn(of: Side, random: np.random.Generator) -> NDArray[np.float32]:
    return np.asarray(of.weight * random.lognormal(0.0, JITTER, of.nodes), np.float32)


def _members(of: Side) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    leaf, level = np.nonzero(of.levels != NOWHERE)
    node = of.levels[leaf, level]
    order = np.lexsort((leaf, node))
    start = np.searchsorted(node[order], np.arange(of.nodes + 1))
    return start.astype(np.int64), leaf[order].astype(np.int32)


def search(of: Lattice, on: Field, targets: NDArray[np.integer], effort: Effort) -> Moves:
    """Find moves for targets, one after the other, and mark on the field what they touch.

    Args:
        of: the lattice.
        on: the field, changed.
        targets: int[targets, 2], (row node, column node), in the order in which they are served.
        effort: how hard.

    Returns:
        int32[moves, 2 + 2·sheets], the moves found.
    """
    found = np.empty((PER_TARGET * len(targets) + 1, 2 + 2 * of.sheets), np.int32)
    anywhere = np.empty(0, np.int32)
    count = serve(board(of), on, targets.astype(np.int32), effort, anywhere, anywhere, found)
    return np.asarray(found[:count].copy())


def serve_order(of: Lattice, on: Field, width: int, random: np.random.Generator) -> NDArray[np.int32]:
    """Return int32[targets, 2]: the small nodes that are not wide enough yet, the heaviest first, else at random."""
    wanting = of.small & (on.up.astype(np.int32) + on.down < width)
    nodes = np.argwhere(wanting).astype(np.int32)
    weight = of.rows.weight[nodes[:, 0]] * of.columns.weight[nodes[:, 1]]
    trunk = nodes[:, 1] >= of.node_start[1]
    return nodes[np.lexsort((random.random(len(nodes)), -weight, trunk))]


def replay(of: Lattice, on: Field, moves: Moves) -> Moves:
    """Mark moves known beforehand, and return those of them that can still be made or undone."""
    kept: NDArray[np.bool_] = _replay(board(of), on, moves)
    return np.asarray(moves[kept])


@jit
def _replay(board, on, moves):  # type: ignore[no-untyped-def]
    touch = touch_of(board)
    kept = np.zeros(moves.shape[0], np.bool_)
    for i in range(moves.shape[0]):
        n, m = touched(board, moves[i], touch)
        up, down = room(board, touch, n, m)
        if up + down > 0:
            mark(on, touch, n, m, up, down)
            kept[i] = True
    return kept


@jit
def serve(board, on, targets, effort, row_groups, column_groups, found):  # type: ignore[no-untyped-def]
    """Find moves for targets and write them; return how many. Groups: a move must leave the group of its first leaf."""
    touch = touch_of(board)
    count = 0
    for t in range(targets.shape[0]):
        a, b = targets[t, 0], targets[t, 1]
        for _ in range(PER_TARGET):
            if on.up[a, b] + on.down[a, b] >= effort.width:
                break
            if not best(board, on, a, b, effort, row_groups, column_groups, found[count]):
                break
            n, m = touched(board, found[count], touch)
            up, down = room(board, touch, n, m)
            mark(on, touch, n, m, up, down)
            count += 1
    return count


def widen(of: Lattice, on: Field, targets: NDArray[np.integer], effort: Effort) -> Moves:
    """Find moves for nodes that no move within the labels changes, by saying nothing more of what stands in the way.

    Nodes that a move would make small, or large, become `Label.HIDDEN`: their label is no more said. The labels of
    the lattice change; each such node is an exception to be named.
    """
    here = board(of)
    low, high = here.low.copy(), here.high.copy()
    low[Label.LARGE] = 0
    high[[Label.SMALL, Label.BELOW]] = high[Label.LARGE]
    relaxed = here._replace(low=low, high=high)
    found = np.empty((PER_TARGET * len(targets) + 1, 2 + 2 * of.sheets), np.int32)
    anywhere = np.empty(0, np.int32)
    count = serve(relaxed, on, targets.astype(np.int32), effort._replace(width=1), anywhere, anywhere, found)
    _hide(here, found[:count])
    return np.asarray(found[:count].copy())


def drop(of: Lattice, on: Field, targets: NDArray[np.integer], *, partners: int = 1) -> Moves:
    """Return moves of one row that can never be made, for nodes that no move changes.

    They prove nothing: the node takes no other value. But nothing that they touch is shown exactly, so that no sum of
    exact figures gives the node away. Each such node is an exception to be named.

    Args:
        of: the lattice.
        on: the field, changed.
        targets: int[targets, 2], (row node, column node).
        partners: columns that each is moved against.
    """
    found = []
    here, touch = board(of), touch_of(board(of))
    for a, b in targets:
        sheet = int(on.sheet[b])
        rows = on.row_members[on.row_members_start[a] : on.row_members_start[a + 1]]
        columns = on.column_members[on.column_members_start[b] : on.column_members_start[b + 1]]
        counts = of.values[np.ix_(rows, on.leaf_node[columns])]
        row, column = np.unravel_index(int(counts.argmax()), counts.shape)
        h, c = rows[row], columns[column]
        others = np.setdiff1d(_partners(of, c, sheet), columns)
        empty = of.values[h, on.leaf_node[others]] == 0
        price = _apart(of, c, others)  # the nearest share most groups; a total is touched only for want of another
        for d in others[np.lexsort((abs(others - c), empty, price))][:partners]:
            move = np.full(2 + 2 * of.sheets, NONE, np.int32)
            move[[0, 2 + 2 * sheet, 3 + 2 * sheet]] = h, c, d
            for other in range(1, of.sheets if sheet == 0 else 0):
                gain, loss = of.ties[c, other], of.ties[d, other]
                if gain != loss:
                    move[2 + 2 * other], move[3 + 2 * other] = gain, loss
            n, m = touched(here, move, touch)
            mark(on, touch, n, m, 0, 0)
            found.append(move)
    return np.array(found, np.int32).reshape(-1, 2 + 2 * of.sheets)


def _apart(of: Lattice, column: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the weight of the heaviest group that each of other columns is not in with one; 0 where there is none."""
    levels = of.columns.levels
    differ = (levels[others] != levels[column]) & (levels[others] != NOWHERE)
    weights = np.where(differ, of.columns.weight[np.maximum(levels[others], 0)], 0.0)
    return np.asarray(weights.max(axis=1, initial=0.0))


def _partners(of: Lattice, column: int, sheet: int) -> NDArray[np.int64]:
    """Return the columns that one may be moved against alone: of its class, or any of the trunk."""
    if sheet == 0:
        return np.arange(of.leaf_start[1])
    first = column - (column - of.leaf_start[sheet]) % of.shares[sheet]
    return np.arange(first, first + of.shares[sheet])


@jit
def _hide(board, moves):  # type: ignore[no-untyped-def]
    """Hide the nodes whose size keeps moves from being made, or undone."""
    touch = touch_of(board)
    for i in range(moves.shape[0]):
        n, m = touched(board, moves[i], touch)
        for x in range(n):
            for y in range(m):
                a, b = touch.rows[x], touch.columns[y]
                value, label = board.values[a, b], board.labels[a, b]
                tight_below = label == Label.LARGE and value == board.low[Label.LARGE]
                tight_above = label in (Label.SMALL, Label.BELOW) and value == board.high[Label.SMALL]
                if tight_below or tight_above:
                    board.labels[a, b] = Label.HIDDEN


@jit
def mark(on, touch, n, m, up, down):  # type: ignore[no-untyped-def]
    """Write on the field what a move touches, and how far it can take each node."""
    for i in range(n):
        for j in range(m):
            a, b = touch.rows[i], touch.columns[j]
            more, less = (up, down) if touch.row_signs[i] == touch.column_signs[j] else (down, up)
            on.moved[a, b] = True
            on.up[a, b] = max(on.up[a, b], more)
            on.down[a, b] = max(on.down[a, b], less)


@jit
def best(board, on, a, b, effort, row_groups, column_groups, chosen):  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0915
    """Write the best move that changes a node: the cheapest wide enough, else the widest; tell if there is one."""
    sheet = on.sheet[b]
    level, column_level = on.row_level[a], on.column_level[b]
    have_up, have_down = on.up[a, b], on.down[a, b]
    wide, widest, cost, exists = False, have_up + have_down, effort.highest, False
    ks, ds = np.empty(effort.near + 1, np.int32), np.empty(effort.near + 1, np.int32)
    touch = touch_of(board)
    move = np.empty_like(chosen)
    column_touch = np.empty((effort.near + 1, touch.columns.shape[0]), np.int32)
    column_signs = np.empty((effort.near + 1, touch.columns.shape[0]), np.int8)
    sizes = np.empty(effort.near + 1, np.int64)
    tried = 0
    for x in range(on.row_members_start[a], on.row_members_start[a + 1]):
        h = on.row_members[x]
        first, last = on.row_start[h, sheet], on.row_start[h, sheet + 1]
        for p in range(first, last):
            c = on.row_leaf[p]
            if board.column_levels[c, column_level] != b:
                continue
            tried += 1
            if tried > effort.starts:
                break
            begin, end = on.column_start[c], on.column_start[c + 1]
            q = begin + np.searchsorted(on.column_leaf[begin:end], h)
            n_k = near(on.column_leaf, begin, end, q, ks, effort.near, board.row_levels, level, a, row_groups, 0, 0)
            base, share = on.leaf_start[sheet], on.shares[sheet]
            n_d = near(
                on.row_leaf,
                first,
                last,
                p,
                ds,
                effort.near,
                board.column_levels,
                column_level,
                b,
                column_groups,
                base,
                share,
            )
            if effort.halves or n_k == 0:
                ks[n_k] = NONE
                n_k += 1
            if (effort.halves or n_d == 0) and sheet == 0:
                ds[n_d] = NONE
                n_d += 1
            for j in range(n_d):
                sizes[j] = apart(board.column_levels, c, ds[j], column_touch[j], column_signs[j], 0)
            for i in range(n_k):
                k = ks[i]
                n = apart(board.row_levels, h, k, touch.rows, touch.row_signs, 0)
                for j in range(n_d):
                    d = ds[j]
                    if k >= 0 and d >= 0 and board.labels[k, on.leaf_node[d]] == Label.ZERO:
                        continue
                    up, down, price = value_of(
                        board,
                        on,
                        touch,
                        n,
                        column_touch[j],
                        column_signs[j],
                        sizes[j],
                        cost if wide else effort.highest,
                    )
                    if up + down <= 0:
                        continue
                    span = max(up, have_up) + max(down, have_down)
                    if span < effort.width and (wide or span <= widest):
                        continue
                    if sheet == 0 and on.shares.shape[0] > 1:
                        move[0], move[1], move[2], move[3] = h, k, c, d
                        limit = (cost if wide else effort.highest) - price
                        up, down, more = lifted(board, on, touch, n, move, up, down, effort.width, limit, NONE, NONE)
                        price += more
                        span = max(up, have_up) + max(down, have_down)
                        if up + down <= 0 or (span < effort.width and (wide or span <= widest)):
                            continue
                    else:
                        move[:] = NONE
                        move[0], move[1], move[2 + 2 * sheet], move[3 + 2 * sheet] = h, k, c, d
                    if span >= effort.width:
                        if not wide or price < cost:
                            wide, cost, exists = True, price, True
                            chosen[:] = move
                            if price <= effort.cheap:
                                return True
                    else:
                        widest, exists = span, True
                        chosen[:] = move
    if not exists and sheet > 0 and effort.crossings > 0:
        return cross(board, on, a, b, effort, row_groups, column_groups, chosen)
    return exists


@jit
def cross(board, on, a, b, effort, row_groups, column_groups, chosen):  # type: ignore[no-untyped-def]
    """Write a move of the trunk that changes a node of another sheet on its way; tell if there is one.

    For a node that no move within its classes changes: some of its people change class as well.
    """
    sheet = on.sheet[b]
    base, share = on.leaf_start[sheet], on.shares[sheet]
    touch, pair = touch_of(board), touch_of(board)
    ks = np.empty(effort.near, np.int32)
    tried, crossings = 0, 0
    for x in range(on.row_members_start[a], on.row_members_start[a + 1]):
        h = on.row_members[x]
        for p in range(on.row_start[h, sheet], on.row_start[h, sheet + 1]):
            column = on.row_leaf[p]
            if board.column_levels[column, on.column_level[b]] != b:
                continue
            tried += 1
            if tried > effort.starts:
                return False
            gain = column - (column - base) % share
            begin, end = on.column_start[column], on.column_start[column + 1]
            q = begin + np.searchsorted(on.column_leaf[begin:end], h)
            n_k = near(
                on.column_leaf, begin, end, q, ks, effort.near, board.row_levels, on.row_level[a], a, row_groups, 0, 0
            )
            for i in range(n_k):
                k = ks[i]
                n = apart(board.row_levels, h, k, touch.rows, touch.row_signs, 0)
                for t in range(on.row_start[h, 0], on.row_start[h, 1]):
                    c = on.row_leaf[t]
                    if on.ties[c, sheet] != gain or board.values[k, c] == 0:
                        continue
                    for u in range(on.row_start[h, 0], on.row_start[h, 1]):
                        d = on.row_leaf[u]
                        if on.ties[d, sheet] == gain or board.values[k, d] == 0:
                            continue
                        crossings += 1
                        if crossings > effort.crossings:
                            return False
                        m = apart(board.column_levels, c, d, pair.columns, pair.column_signs, 0)
                        up, down, _ = value_of(board, on, touch, n, pair.columns, pair.column_signs, m, effort.highest)
                        if up + down == 0:
                            continue
                        chosen[0], chosen[1], chosen[2], chosen[3] = h, k, c, d
                        up, down, _ = lifted(board, on, touch, n, chosen, up, down, 1, effort.highest, sheet, column)
                        other = chosen[3 + 2 * sheet]
                        together = column_groups.shape[0] > 0 and other >= 0
                        if up + down > 0 and not (together and column_groups[other] == column_groups[column]):
                            return True
    return False


@jit
def near(leaves, first, last, at, found, most, levels, level, node, groups, base, share):  # type: ignore[no-untyped-def]
    """Write the nearest leaves of a list that are not in the node, nor in the group of the one they are near to.

    With a ``share``, they are of its class too: leaves from ``base`` on are numbered class by class.
    """
    count = 0
    below, above = at - 1, at + 1
    mine = leaves[at]
    if share > 0:
        lowest = mine - (mine - base) % share
        while first < at and leaves[first] < lowest:
            first += 1
        while last > at + 1 and leaves[last - 1] >= lowest + share:
            last -= 1
    while count < most and (below >= first or above < last):
        for step in range(2):
            if step == 0:
                if below < first:
                    continue
                leaf = leaves[below]
                below -= 1
            else:
                if above >= last:
                    continue
                leaf = leaves[above]
                above += 1
            if levels[leaf, level] == node or count >= most:
                continue
            if groups.shape[0] > 0 and groups[leaf] == groups[mine]:
                continue
            found[count] = leaf
            count += 1
    return count


@jit
def value_of(board, on, touch, n, columns, signs, m, limit):  # type: ignore[no-untyped-def]
    """Return how often a pair of columns can be moved and undone, and what it costs; it stops over the limit."""
    up, down, price = MANY, MANY, 0.0
    for i in range(n):
        for j in range(m):
            a, b = touch.rows[i], columns[j]
            value, label = board.values[a, b], board.labels[a, b]
            over, under = board.high[label] - value, value - board.low[label]
            if touch.row_signs[i] != signs[j]:
                over, under = under, over
            up, down = min(up, over), min(down, under)
            if up <= 0 and down <= 0:
                return 0, 0, NEVER
            if label == Label.LARGE and not on.moved[a, b]:
                price += on.row_weight[a] * on.column_weight[b] * (1.0 + 0.3 * board.low[Label.LARGE] / value)
                if price > limit:
                    return 0, 0, NEVER
    return max(up, 0), max(down, 0), price


@jit
def lifted(board, on, touch, n, move, up, down, width, limit, pinned, column):  # type: ignore[no-untyped-def]
    """Choose the columns of the other sheets for a move of the trunk, and write them into it.

    Where a sheet is ``pinned``, the first of its two columns is the given one, and the other is of another share.

    Returns:
        How often the whole move can be made and undone (0, 0: the sheets do not let it), and what the sheets cost.
    """
    h, k = move[0], move[1]
    price = 0.0
    for s in range(1, on.shares.shape[0]):
        move[2 + 2 * s], move[3 + 2 * s] = NONE, NONE
        gain = on.ties[move[2], s] if move[2] >= 0 else NONE
        loss = on.ties[move[3], s] if move[3] >= 0 else NONE
        if gain == loss:
            continue
        reach, least, found_up, found_down = 0, NEVER, 0, 0
        for x in range(on.shares[s] + 2):
            if s == pinned:
                if x >= on.shares[s]:
                    break
                c, d = column, loss + x if loss >= 0 else NONE
                if d - loss == c - gain:
                    continue
            elif x < on.shares[s]:  # the same share of both classes: what is summed over classes does not change
                c, d = gain + x if gain >= 0 else NONE, loss + x if loss >= 0 else NONE
            elif reach == 0:
                giver, taker = (h, k) if x == on.shares[s] else (k, h)
                c, d = _fullest(board, on, taker, gain, s), _fullest(board, on, giver, loss, s)
            else:
                break
            more, less = _leaf_room(board, on, h, k, c, d)
            if min(up, more) + min(down, less) <= min(reach, width - 1):
                continue
            m = apart(board.column_levels, c, d, touch.columns, touch.column_signs, 0)
            more, less, cost = value_of(board, on, touch, n, touch.columns, touch.column_signs, m, limit - price)
            span = min(up, more) + min(down, less)
            if span > 0 and (cost < least if span >= width and reach >= width else span > reach):
                reach, least, found_up, found_down = span, cost, min(up, more), min(down, less)
                move[2 + 2 * s], move[3 + 2 * s] = c, d
        if reach == 0:
            return 0, 0, NEVER
        up, down, price = found_up, found_down, price + least
    return up, down, price


@jit
def _leaf_room(board, on, h, k, c, d):  # type: ignore[no-untyped-def]
    """Return how often a pair could be moved and undone as far as its own cells have people to give."""
    more = less = MANY
    for row, column, sign in ((h, c, 1), (h, d, -1), (k, c, -1), (k, d, 1)):
        if row >= 0 and column >= 0:
            there = board.values[row, on.leaf_node[column]]
            if sign > 0:
                less = min(less, there)
            else:
                more = min(more, there)
    return more, less


@jit
def _fullest(board, on, row, first, s):  # type: ignore[no-untyped-def]
    """Return the column of a class that has the most in a row (in the other row where there is none)."""
    if first < 0 or row < 0:
        return first
    best_column, most = first, -1
    for x in range(on.shares[s]):
        there = board.values[row, on.leaf_node[first + x]]
        if there > most:
            best_column, most = first + x, there
    return best_column


__all__ = ["NEVER", "Effort", "Field", "drop", "field", "replay", "search", "serve", "serve_order", "widen"]
