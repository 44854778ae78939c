"""Protecting a lattice: moves, twin, certificate, in the order in which they are found."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanoscope.disclosure.lattice import Label, Lattice, Sheet, lattice
from sanoscope.disclosure.loosen import distinct, loosen
from sanoscope.disclosure.moves import MANY, Moves
from sanoscope.disclosure.search import NEVER, Effort, Field, drop, field, replay, search, serve_order, widen
from sanoscope.disclosure.sides import Level, side
from sanoscope.disclosure.unions import mend, small_unions
from sanoscope.disclosure.walk import Walk, explore, settle

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Care:
    """How much work a protection is worth.

    Attributes:
        width: values besides its own that one move should let a small node take.
        near: candidates of a row, and of a column, in the search.
        starts: cells of a small node that a search starts from.
        cheap: a move that costs no more is taken at once.
        dear: a move that costs more is made only where no other will do.
        crossings: moves of the trunk tried for a node of another sheet that none of its own sheet changes.
        budget: part of the non-zero nodes that may be lost to let small nodes take more values.
        dearest: most that one move may cost for that alone.
        free: free moves looked for around each small node.
        rounds: of the walk that makes the certificate.
        settling: of the walk that draws the twin.
    """

    width: int = 3
    near: int = 24
    starts: int = 10
    cheap: float = 0.0
    dear: float = 1_000.0
    crossings: int = 2_000
    budget: float = 0.25
    dearest: float = 2.0
    free: int = 8
    rounds: int = 64
    settling: int = 8


PARTNERS = 12
"""Columns against which a node is dropped that belongs to a small union, so that the union is left."""

QUICK = Care(width=1, near=10, starts=2, cheap=4.0, crossings=200, budget=0.0, free=1, rounds=4, settling=4)
"""For a demonstration: every small node is protected, but takes fewer certified values, at a greater loss."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What protects a lattice.

    Attributes:
        moves: the moves of which no exact figure knows.
        twin: int32[row nodes, column nodes], the table that the open side is given.
        made: int64[moves], how often each move was made to get from the true table to the twin.
        walk: twins in which small nodes take other values: the certificate.
        moved: bool[row nodes, column nodes], some move changes the node: it is not shown exactly.
        hidden: int32[n, 2], the large nodes of which nothing is said.
        small_unions: unions of rows, and of columns, with a small total that nothing changes.
    """

    moves: Moves
    twin: NDArray[np.int32]
    made: NDArray[np.int64]
    walk: Walk
    moved: NDArray[np.bool_]
    hidden: NDArray[np.int32]
    small_unions: int


def protect(
    of: Lattice, *, seed: int, before: Moves | None = None, care: Care | None = None, say: Say = lambda _: None
) -> Protection:
    """Choose moves so that every small node is changed by some, at little loss; draw a twin; certify.

    Args:
        of: the lattice; the labels of named exceptions change.
        seed: a secret of the installation.
        before: moves of the edition before, kept where they still can be made, so that what they hide stays hidden.
        care: how much work it is worth.
        say: told what is being done.
    """
    care = care or Care()
    random = np.random.default_rng(seed)
    on = field(of, random)
    say("mouvements")
    needed = _cover(of, on, before, care, random)
    mending = Effort(1, care.near, care.starts, care.cheap, care.dear, crossings=care.crossings)
    for effort in (mending, mending._replace(highest=NEVER)):
        needed = np.concatenate([needed, mend(of, on, needed, effort)])
    needed = np.concatenate([needed, drop(of, on, serve_order(of, on, 1, random))])
    needed = np.concatenate([needed, drop(of, on, small_unions(of, on, needed), partners=PARTNERS)])
    say("élargissement")
    moves = _enrich(of, on, needed, care, random)
    say("certificat")
    replay(of, on, moves)
    walk = explore(of, moves, rounds=care.rounds, seed=seed + 1)
    say("jumeau")
    twin, made = settle(of, moves[: len(needed)], rounds=care.settling, seed=seed + 2)
    return Protection(
        moves=moves,
        twin=twin,
        made=np.pad(made, (0, len(moves) - len(made))),
        walk=walk,
        moved=on.moved,
        hidden=np.argwhere(of.labels == Label.HIDDEN).astype(np.int32),
        small_unions=len(small_unions(of, on, moves)),
    )


def _cover(of: Lattice, on: Field, before: Moves | None, care: Care, random: np.random.Generator) -> Moves:
    """Every small node by some move: those known, those found, halves, and at last by hiding what stands in the way."""
    found = [replay(of, on, before)] if before is not None and len(before) else []
    first = Effort(care.width, care.near, care.starts, care.cheap, care.dear)
    found.append(search(of, on, serve_order(of, on, care.width, random), first))
    harder = Effort(1, care.near, 10, care.cheap, care.dear, crossings=care.crossings)
    halves = harder._replace(near=3 * care.near, starts=30, halves=True)
    for effort in (harder, halves):
        found.append(search(of, on, serve_order(of, on, 1, random), effort))
    for effort in (halves, halves._replace(highest=NEVER)):  # first what costs no total
        found.append(widen(of, on, serve_order(of, on, 1, random), effort))
    return np.concatenate(found)


def _enrich(of: Lattice, on: Field, moves: Moves, care: Care, random: np.random.Generator) -> Moves:
    """Let small nodes take more values: by what is free, then by what is cheap as long as the budget lasts.

    The moves given come first in what is returned.
    """
    everything = np.argwhere(of.small).astype(np.int32)
    moves = distinct(np.concatenate([moves, loosen(of, on, everything, most=care.free)]))
    spent = float((on.moved & of.large).sum()) / max(1, int((of.values > 0).sum()))
    if spent >= care.budget:
        return moves
    walk = explore(of, moves, rounds=care.rounds // 3, seed=int(random.integers(2**31)))
    reach = np.clip(np.stack([walk.highest - of.values, of.values - walk.lowest]), 0, MANY).astype(np.int16)
    np.maximum(on.up, np.where(of.small, reach[0], 0), out=on.up)
    np.maximum(on.down, np.where(of.small, reach[1], 0), out=on.down)
    wanting = serve_order(of, on, of.threshold - 2, random)
    cheap = Effort(of.threshold - 2, care.near, 10, 0.0, care.dearest)
    more = [moves]
    for part in np.array_split(wanting, 32):
        if float((on.moved & of.large).sum()) >= care.budget * (of.values > 0).sum():
            break
        more.append(search(of, on, part, cheap))
    more.append(loosen(of, on, everything, most=care.free))
    return distinct(np.concatenate(more))


def warm_up() -> None:
    """Protect a table of a few cells: what is compiled once is then at hand."""
    counts = np.arange(48).reshape(8, 6) % 23
    whole = np.zeros(8, np.int64)
    rows = side([Level(np.arange(8)), Level(whole)])
    trunk, other = (
        side([Level(np.arange(6)), Level(whole[:6])]),
        side([Level(np.arange(12)), Level(np.arange(12) // 2)]),
    )
    cells = np.argwhere(counts)
    table = np.column_stack([cells, counts[cells[:, 0], cells[:, 1]]])
    halves = np.concatenate([table, table]) * [1, 2, 1]
    halves[len(table) :, 1] += 1
    halves[:, 2] = (halves[:, 2] + (np.arange(len(halves)) < len(table))) // 2
    sheet = Sheet(other, 2, np.arange(6), halves)
    protect(lattice(rows, trunk, table, sheets=[sheet]), seed=0, care=QUICK)


if __name__ == "__main__":
    warm_up()
