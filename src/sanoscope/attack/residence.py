"""Market shares: zones of residence × establishments, and the shares inverted."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from sanoscope.attack.collecting import Journal, Progress
from sanoscope.attack.face import Link, Shares
from sanoscope.attack.findings import Finding
from sanoscope.attack.intervals import reconcile
from sanoscope.attack.ratios import numerators
from sanoscope.attack.sheet import Answers, Bounds, bounds, findings, of_amount, unknowns
from sanoscope.attack.sides import flat_side, place_side
from sanoscope.attack.tables import State
from sanoscope.attack.world import Ask, Place, Year, residence_places

TOTAL_NAME = "total"


def market_shares(
    ask: Ask,
    year: Year,
    of: Shares,
    activities: Sequence[str],
    *,
    seconds: float,
    journal: Journal,
    progress: Progress,
) -> tuple[Finding, ...]:
    """Ask the market shares of every zone, one activity after another, and return what follows.

    Args:
        ask: the open face.
        year: its residences are the zones; none gives nothing.
        of: the restitution.
        activities: "" for all, or "level:code".
        seconds: time for all.
        journal: where questions are counted.
        progress: told how far it is.
    """
    found: list[Finding] = []
    for activity in activities if year.residences else ():
        one = _Shares(ask, year, of, activity, journal)
        what = f"parts de marché {activity}".strip()
        tasks = [partial(one.zone, row) for row in range(len(one.places) - 1, -1, -1)]
        journal.run(tasks, seconds=seconds / len(activities), what=what, progress=progress)
        found += one.findings()
    return tuple(found)


class _Shares:
    def __init__(self, ask: Ask, year: Year, of: Shares, activity: str, journal: Journal) -> None:
        self.ask, self.year, self.of, self.activity, self.journal = ask, year, of, activity, journal
        self.places: tuple[Place, ...] = residence_places(year)
        self.names = (TOTAL_NAME, *(e.finess for e in year.etablissements))
        self.number = {name: i for i, name in enumerate(self.names)}
        self.answers = Answers((len(self.places), len(self.names)))
        self.shares = Answers((len(self.places), len(self.names)))
        self.decimals = 1

    def zone(self, row: int) -> None:
        criteria = {"annee": str(self.year.annee), **self.places[row].criteria}
        criteria |= {"activite": self.activity} if self.activity else {}
        table = self.journal.table(self.ask, self.of.slug, criteria)
        if table is None:
            return
        self.answers.absent(self.of.measure, np.array([row]), np.arange(len(self.names)))
        for line in table.rows:
            name = TOTAL_NAME if line.total else line.labels["finess"]
            if name not in self.number:
                self.journal.unfinished.append(f"établissement inconnu : {name}")
                continue
            self.answers.say(self.of.measure, row, self.number[name], line.cells[self.of.measure])
            if self.of.share in line.cells and not line.total:
                self.decimals = table.decimals[self.of.share]
                self.shares.say("part", row, self.number[name], line.cells[self.of.share])

    def findings(self) -> list[Finding]:
        if not self.answers.states:
            return []
        rows, columns = place_side(self.places), flat_side(self.names)
        measure, counted = self.of.measure, self.of.people
        said = self._inverted(bounds(self.answers, rows, columns, whole={}))
        states = self.answers.states[measure]
        links = []
        if counted:
            # where there is a day there is someone, and no more of them than days
            low, high = said[measure]
            said = {measure: of_amount(states, (low, high)), counted: (np.minimum(low, 1), high.copy())}
            said[counted][0][states == State.ROUGH] = 1
            links.append(Link(measure, (counted,), complete=False))
        made = unknowns(said, dict.fromkeys(said, states != State.UNASKED), rows, columns, links)
        sure = (states == State.EXACT)[tuple(made.node[:, 1:].T)] & (made.node[:, 0] == 0)
        _, narrowed = reconcile(made.known, sure)
        how = f"parts de marché {self.activity}".strip()
        shown = {measure: states == State.EXACT}
        aside = (measure,) if counted else ()
        year = self.year.annee
        return findings(made, narrowed, shown, rows, columns, how=how, year=year, aside=aside)

    def _inverted(self, said: Bounds) -> Bounds:
        """Let shares × exact totals bound what is hidden."""
        low, high = (bound.copy() for bound in said[self.of.measure])
        shown = self.shares.states.get("part", np.zeros(low.shape, np.uint8)) == State.EXACT
        for row, column in zip(*np.nonzero(shown & (low < high) & (low == high)[:, :1]), strict=True):
            share = float(self.shares.values["part"][row, column])
            whole = int(low[row, 0])
            found = numerators(share, decimals=self.decimals, scale=100, low=whole, high=whole)
            if found is not None:
                low[row, column] = max(low[row, column], found[0])
                high[row, column] = min(high[row, column], found[1])
        return {self.of.measure: (low, high)}
