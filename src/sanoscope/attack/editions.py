"""Two editions: where an establishment has not changed, what either shows exactly holds in both."""

import numpy as np

from sanoscope.attack.collecting import Collection
from sanoscope.attack.inference import told
from sanoscope.attack.knowledge import Bools
from sanoscope.attack.sheet import Bounds
from sanoscope.attack.sides import Side
from sanoscope.attack.tables import State


def carried(before: Collection, after: Collection, rows: Side, columns: Side) -> Bounds:
    """Return the bounds that an earlier edition adds to a later one.

    An establishment of which one figure shown exactly in both differs has changed; so have the places that hold it. Of
    the others the reader supposes that nothing has: it is what he would do, and most of the time he is right.

    Args:
        before, after: the same questions to both.
        rows, columns: the sides, the same for both.
    """
    changed = _changed(before, after, rows)
    said = told(before, rows, columns)
    for name in said:
        low, high = said[name]
        low[changed], high[changed] = 0, np.inf
    return said


def _changed(before: Collection, after: Collection, rows: Side) -> Bools:
    changed = np.zeros(len(rows), np.bool_)
    for name in set(before.answers.states) & set(after.answers.states):
        shown = [c.answers.states[name] == State.EXACT for c in (before, after)]
        values = [c.answers.values[name] for c in (before, after)]
        changed |= (shown[0] & shown[1] & (values[0] != values[1])).any(axis=1)
    leaf = {e.finess: i for i, e in enumerate(after.year.etablissements)}
    for row, place in enumerate(after.places):
        changed[row] |= any(changed[leaf[member]] for member in place.members)
    return changed
