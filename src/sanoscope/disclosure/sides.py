"""A side of a lattice: leaves, and the coarser groups that they are added up into.

A *level* sorts the leaves into groups (a partition of them, or of some of them). Levels may be nested, as in a
tree, or not: two zonings of one country are two levels. A *node* is a group of a level; the nodes of all levels of a
side share one numbering.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Bools = NDArray[np.bool_]
NOWHERE = -1
"""The node of a leaf at a level that leaves it out."""


@dataclass(frozen=True, slots=True)
class Level:
    """A way to group leaves.

    Attributes:
        codes: int[leaves], the group of each leaf from 0, or `NOWHERE`.
        weight: what losing the exact figure of a group of this level costs (1 for the finest).
        seen: a reader is shown these groups, or can compute them.
    """

    codes: NDArray[np.integer]
    weight: float = 1.0
    seen: bool = True


@dataclass(frozen=True, slots=True)
class Side:
    """Leaves and nodes of a side.

    Attributes:
        levels: int32[leaves, levels], node of each leaf at each level.
        level_of: int16[nodes], level of each node.
        weight: float32[nodes].
        seen: bool[nodes].
    """

    levels: Codes
    level_of: NDArray[np.int16]
    weight: NDArray[np.float32]
    seen: Bools

    @property
    def leaves(self) -> int:
        """Number of leaves."""
        return int(self.levels.shape[0])

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return int(self.level_of.shape[0])

    def above(self) -> Codes:
        """Return int32[nodes, levels]: the node of each level that holds the whole of a node, and more.

        `NOWHERE` where the level has none: where it splits the node, has the same one, or is the node's own.
        """
        found = np.full((self.nodes, self.levels.shape[1]), NOWHERE, np.int32)
        sizes = np.bincount(self.levels[self.levels != NOWHERE], minlength=self.nodes)
        for fine in range(self.levels.shape[1]):
            below = self.levels[:, fine]
            inside = np.flatnonzero(below != NOWHERE)
            for coarse in range(self.levels.shape[1]):
                if fine == coarse:
                    continue
                over = self.levels[inside, coarse]
                low = np.full(self.nodes, np.iinfo(np.int32).max, np.int32)
                high = np.full(self.nodes, NOWHERE - 1, np.int32)
                np.minimum.at(low, below[inside], over)
                np.maximum.at(high, below[inside], over)
                held = (low == high) & (low != NOWHERE)
                held[held] = sizes[low[held]] > sizes[held]
                found[held, coarse] = low[held]
        return found


def side(levels: Sequence[Level]) -> Side:
    """Return the side that has these levels, the first of them the leaves themselves, in order.

    Raises:
        ValueError: no level, levels of different lengths, or a first level that is not 0, 1, 2, …
    """
    if not levels or len({len(level.codes) for level in levels}) != 1:
        raise ValueError("a side has at least one level, and all are of its leaves")
    if not np.array_equal(levels[0].codes, np.arange(len(levels[0].codes))):
        raise ValueError("the first level must number the leaves")
    sizes = [int(level.codes.max(initial=NOWHERE)) + 1 for level in levels]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    columns = [
        np.where(level.codes == NOWHERE, NOWHERE, level.codes + start)
        for level, start in zip(levels, starts, strict=False)
    ]
    level_of = np.repeat(np.arange(len(levels)), sizes)
    return Side(
        levels=np.ascontiguousarray(np.stack(columns, axis=1).astype(np.int32)),
        level_of=level_of.astype(np.int16),
        weight=np.array([level.weight for level in levels], np.float32)[level_of],
        seen=np.array([level.seen for level in levels], np.bool_)[level_of],
    )


def beside(sides: Sequence[Side]) -> Side:
    """Return sides put beside one another as one: leaves and nodes are numbered on from each to the next.

    Levels of different sides share numbers, not nodes: nothing of one side is grouped with anything of another.
    """
    width = max(of.levels.shape[1] for of in sides)
    starts = np.cumsum([0, *(of.nodes for of in sides)])
    parts = []
    for of, start in zip(sides, starts, strict=False):
        own = np.full((of.leaves, width), NOWHERE, np.int32)
        own[:, : of.levels.shape[1]] = np.where(of.levels == NOWHERE, NOWHERE, of.levels + start)
        parts.append(own)
    return Side(
        levels=np.concatenate(parts),
        level_of=np.concatenate([of.level_of for of in sides]),
        weight=np.concatenate([of.weight for of in sides]),
        seen=np.concatenate([of.seen for of in sides]),
    )
