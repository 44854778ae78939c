"""Asking: every table of a year that the open face gives, then baskets, into one record of answers."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from sanoscope.attack.knowledge import Indices
from sanoscope.attack.sheet import Answers
from sanoscope.attack.sides import TOTAL, YEAR, Column, Side, activity_columns, column_side, place_side
from sanoscope.attack.tables import Row, State, Table, read
from sanoscope.attack.world import Ask, Place, Year, establishments_places
from sanoscope.errors import SanoscopeError

CASEMIX, MAP = "casemix-mco", "cartographie-activite-mco"
CASEMIX_LEVELS = ("cmd", "doac", "cas", "gp", "ga", "racine", "ghm")
MAP_LEVELS = ("aso", "cas", "doac", "cmd", "gp", "ga", "racine")
MONTHLY = ("aso", "cas", "doac", "cmd")
"""Levels that are followed month by month."""

TOO_MANY_REFUSALS = 30
"""Places that are refused a level before it is given up."""

COUNTS = ("sejours", "sejours_hc", "sejours_hp", "seances", "patients")
RATIOS = ("part_deces", "part_hommes", "dms", "dms_seances_incluses", "age_moyen")

Progress = Callable[[str, float], None]
"""(what is being done, part done from 0 to 1)."""

Task = Callable[[], None]


@dataclass
class Journal:
    """What was asked, and what could not be."""

    asked: int = 0
    refused: int = 0
    unfinished: list[str] = field(default_factory=list)

    def table(self, ask: Ask, slug: str, criteria: Mapping[str, str]) -> Table | None:
        """Ask; a refusal (`SanoscopeError`) is counted and gives nothing: it is an answer too."""
        self.asked += 1
        try:
            document = ask(slug, criteria)
        except SanoscopeError:
            self.refused += 1
            return None
        return read(document)

    def run(self, tasks: Sequence[Task], *, seconds: float, what: str, progress: Progress) -> None:
        """Run tasks in turn, as far as time goes; say what was left."""
        until = time.monotonic() + seconds
        for done, task in enumerate(tasks):
            if time.monotonic() >= until:
                self.unfinished.append(f"{what} : {done} demandes sur {len(tasks)}")
                return
            if done % 50 == 0:
                progress(what, done / len(tasks))
            task()


class Collection:
    """The answers about a year, by place and activity.

    Args:
        ask: the open face.
        year: what is asked of.
        baskets: places kept for baskets.
        journal: where questions are counted.
    """

    def __init__(self, ask: Ask, year: Year, *, baskets: int, journal: Journal) -> None:
        self.ask, self.year, self.journal = ask, year, journal
        self.places: list[Place] = list(establishments_places(year))
        self.nodes = len(self.places)
        self.columns: tuple[Column, ...] = activity_columns(year.arbre, months=year.mois, monthly=MONTHLY)
        size = (self.nodes + baskets, len(self.columns))
        self.answers = Answers(size)
        self.ratios = Answers(size)
        self.decimals: dict[str, int] = {}
        self._refusals: Counter[str] = Counter()
        self._column = {column: i for i, column in enumerate(self.columns)}
        self._row = {self._key(place): i for i, place in enumerate(self.places)}
        self._finess = {e.finess: self._row[f"etablissement={e.finess}"] for e in year.etablissements}
        self._level = {
            level: np.array([self._column[YEAR, level, code] for code in year.arbre[level]], np.int64)
            for level in year.arbre
        }

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of the casemix that the year has."""
        return tuple(level for level in CASEMIX_LEVELS if level in self.year.arbre)

    def row(self, place: Place) -> int:
        """Return the row of a place, a new one if it has none.

        Raises:
            ValueError: there is no room left.
        """
        key = self._key(place)
        if key not in self._row:
            if len(self.places) == self.answers.size[0]:
                raise ValueError(f"no room for more than {self.answers.size[0] - self.nodes} baskets")
            self._row[key] = len(self.places)
            self.places.append(place)
        return self._row[key]

    def sides(self) -> tuple[Side, Side]:
        """Return the sides of what was collected: places and activities."""
        columns = column_side(self.columns, self.year.arbre, months=self.year.mois, whole=self.levels)
        empty = [Place({"panier": f"vide {i}"}, frozenset(), node=False) for i in range(self.room)]
        return place_side([*self.places, *empty]), columns

    @property
    def room(self) -> int:
        """Baskets that may still be added."""
        return self.answers.size[0] - len(self.places)

    # questions ------------------------------------------------------------------------------------------------------

    def casemix_tasks(self, places: Iterable[Place]) -> list[Task]:
        """Return the questions « casemix of a place by a level », every level."""
        return [partial(self.casemix, place, level) for place in places for level in self.levels]

    def basket_tasks(self, place: Place, number: int) -> list[Task]:
        """Return the questions asked of a basket: its map, its casemix by the finest level and by another, in turn."""
        known = [level for level in reversed(self.levels) if self._open(level)]
        levels = known[:1] + known[1:][number % max(1, len(known) - 1) :][:1]
        return [*(partial(self.casemix, place, level) for level in levels), partial(self.map, place, (YEAR, *TOTAL))]

    def _open(self, level: str) -> bool:
        """Tell whether it is worth asking for a level: not when so many places were refused it, and none was not."""
        return self._refusals[level] < TOO_MANY_REFUSALS

    def map_tasks(self) -> list[Task]:
        """Return the questions « map of France, one activity »: a row for every establishment."""
        france = self.places[self.nodes - 1]
        whole = [column for column in self.columns if column[0] == YEAR and (column[1] in MAP_LEVELS or not column[1])]
        return [partial(self.map, france, column) for column in whole]

    def zone_tasks(self) -> list[Task]:
        """Return the questions « map of a place, all activities », whose totals part full and partial stays."""
        return [partial(self.map, place, (YEAR, *TOTAL)) for place in self.places[: self.nodes - 1]]

    def month_tasks(self) -> list[Task]:
        """Return the questions « map of France, one activity, cumulated to a month »."""
        france = self.places[self.nodes - 1]
        return [partial(self.map, france, column) for column in self.columns if 0 < column[0] < YEAR]

    def casemix(self, place: Place, level: str) -> None:
        """Ask the casemix of a place by a level."""
        if not self._open(level):
            return
        criteria = {"annee": str(self.year.annee), "regroupement": level, **place.criteria}
        table = self.journal.table(self.ask, CASEMIX, criteria)
        if table is None:
            self._refusals[level] += 1
            return
        self._refusals[level] = -len(self.places)  # it is answered: it may be refused here and there
        row = self.row(place)
        self._nothing_else(table, np.array([row]), self._level[level])
        for line in table.rows:
            code = TOTAL if line.total else (level, line.labels[level])
            self._take(table, line, row, (YEAR, *code))

    def map(self, place: Place, column: Column) -> None:
        """Ask the map of a place for an activity and a period, unless France is known to have nothing of it."""
        if self._nowhere(self._column[YEAR, *column[1:]]):
            return
        period, level, code = column
        criteria = {"annee": str(self.year.annee), **place.criteria}
        criteria |= {"activite": f"{level}:{code}"} if level else {}
        criteria |= {"mois": str(period)} if period < YEAR else {}
        table = self.journal.table(self.ask, MAP, criteria)
        if table is None:
            return
        row = self.row(place)
        members = np.array([self._finess[member] for member in sorted(place.members)], np.int64)
        self._nothing_else(table, members, np.array([self._column[column]]))
        for line in table.rows:
            self._take(table, line, row if line.total else self._finess[line.labels["finess"]], column)

    # answers --------------------------------------------------------------------------------------------------------

    def _nothing_else(self, table: Table, rows: Indices, columns: Indices) -> None:
        for name in COUNTS:
            if name in table.decimals:
                self.answers.absent(name, rows, columns)

    def _nowhere(self, column: int) -> bool:
        states = [
            self.answers.states[n][self.nodes - 1, column] for n in ("sejours", "seances") if n in self.answers.states
        ]
        return len(states) == 2 and all(state == State.ABSENT for state in states)

    def _take(self, table: Table, line: Row, row: int, column: Column) -> None:
        if column not in self._column:
            self.journal.unfinished.append(f"code inconnu de l'arbre : {column[1]} {column[2]}")
            return
        place = self._column[column]
        for name, cell in line.cells.items():
            if name in COUNTS:
                self.answers.say(name, row, place, cell)
            elif name in RATIOS and cell.state is State.EXACT:
                self.decimals[name] = table.decimals[name]
                self.ratios.say(name, row, place, cell)

    @staticmethod
    def _key(place: Place) -> str:
        return "&".join(f"{name}={value}" for name, value in sorted(place.criteria.items()))
