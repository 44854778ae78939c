"""The exact minimum and maximum of chosen unknowns, by linear then integer programming (HiGHS).

One model a connected component of the sums, warm-started from one unknown to the next. Where the best vertex is not
whole, the integer programme decides. What time did not allow is said, never guessed: its bounds are those of before.
"""

import time
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from sanoscope.attack.knowledge import Bools, Floats, Indices, Knowledge

SLACK = 1e-6
MIP_SECONDS = 20.0
"""Time for one integer programme."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """The least and greatest value of each target.

    Attributes:
        low, high: float64[targets], integers or infinite: proven bounds, the tightest where ``done``.
        done: bool[targets], both were reached.
        possible: False where no values satisfy everything.
    """

    low: Floats
    high: Floats
    done: Bools
    possible: bool


def extremes(known: Knowledge, targets: Indices, *, seconds: float) -> Extremes:
    """Return the least and greatest value of unknowns, over all whole values that satisfy what is known.

    Args:
        known: what is known; bounds already narrowed make it faster.
        targets: int64[targets], numbers of unknowns.
        seconds: time after which what remains is left as it is.
    """
    until = time.monotonic() + seconds
    low, high = known.low[targets].copy(), known.high[targets].copy()
    done = low == high
    possible = True
    component = _components(known)
    for label in np.unique(component[targets[~done]]):
        members = component == label
        model = _Model(known.restricted(members), until)
        local = np.cumsum(members) - 1
        for place in np.flatnonzero((component[targets] == label) & ~done):
            if time.monotonic() >= until:
                return Extremes(low, high, done, possible)
            unknown = int(local[targets[place]])
            least, greatest = model.extreme(unknown, highest=False), model.extreme(unknown, highest=True)
            if model.impossible:
                possible = False
                break
            if least is not None:
                low[place] = max(low[place], least)
            if greatest is not None:
                high[place] = min(high[place], greatest)
            done[place] = least is not None and greatest is not None
    return Extremes(low, high, done, possible)


def _components(known: Knowledge) -> NDArray[np.int32]:
    """int32[unknowns]: the component of each; unknowns of a common sum are together."""
    rows, unknowns = known.rows.shape
    link = known.rows.tocoo()
    size = rows + unknowns
    links = sparse.csr_matrix((np.ones(link.nnz), (link.row, rows + link.col)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1][rows:])


class _Model:
    """HiGHS on one component."""

    def __init__(self, known: Knowledge, until: float) -> None:
        self.until = until
        self.impossible = False
        self.size = len(known.low)
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
            self.highs.setOptionValue(option, value)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.size, known.rows.shape[0]
        model.col_cost_ = np.zeros(self.size)
        model.col_lower_, model.col_upper_ = known.low, known.high
        model.row_lower_, model.row_upper_ = known.floor, known.ceiling
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = known.rows.indptr
        model.a_matrix_.index_ = known.rows.indices
        model.a_matrix_.value_ = known.rows.data
        self.highs.passModel(model)

    def extreme(self, unknown: int, *, highest: bool) -> float | None:
        """Return the least or greatest value of an unknown (infinite if unbounded), None if time was short."""
        highs = self.highs
        sense = highspy.ObjSense.kMaximize if highest else highspy.ObjSense.kMinimize
        highs.changeObjectiveSense(sense)
        highs.changeColCost(unknown, 1.0)
        try:
            found = self._run()
            if found is None or np.isinf(found) or self._whole():
                return None if found is None else self._rounded(found, highest=highest)
            return self._integer(highest=highest)
        finally:
            highs.changeColCost(unknown, 0.0)

    def _integer(self, *, highest: bool) -> float | None:
        self._integrality(highspy.HighsVarType.kInteger)
        found = self._run(MIP_SECONDS)
        self._integrality(highspy.HighsVarType.kContinuous)
        return None if found is None else self._rounded(found, highest=highest)

    def _integrality(self, kind: highspy.HighsVarType) -> None:
        every = np.arange(self.size, dtype=np.int32)
        self.highs.changeColsIntegrality(self.size, every, np.full(self.size, int(kind), np.uint8))

    def _run(self, most: float = np.inf) -> float | None:
        left = min(most, max(0.0, self.until - time.monotonic()))
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + left)
        self.highs.run()
        status = self.highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return float(self.highs.getInfo().objective_function_value)
        if status == highspy.HighsModelStatus.kInfeasible:
            self.impossible = True
        # counts are not negative: only a greatest value can be without bound
        return np.inf if status in _UNBOUNDED else None

    def _whole(self) -> bool:
        values = np.array(self.highs.getSolution().col_value)
        return bool(np.all(np.abs(values - np.round(values)) < SLACK))

    @staticmethod
    def _rounded(value: float, *, highest: bool) -> float:
        return float(np.floor(value + SLACK) if highest else np.ceil(value - SLACK))


_UNBOUNDED = (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible)
