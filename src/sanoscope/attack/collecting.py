"""Asking: every table of a year that the open face gives, then baskets, into one record of answers."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from sanoscope.attack.face import CROSS, Face, Listing, Map
from sanoscope.attack.knowledge import Indices
from sanoscope.attack.sheet import Answers
from sanoscope.attack.sides import TOTAL, YEAR, Column, Side, activity_columns, column_side, place_side
from sanoscope.attack.tables import Row, State, Table, read
from sanoscope.attack.world import Ask, Place, Year, establishments_places
from sanoscope.errors import SanoscopeError

TOO_MANY_REFUSALS = 30
"""Refusals of a listing before it is given up."""

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
        face: what can be asked, and what is counted.
        baskets: places kept for baskets.
        journal: where questions are counted.
    """

    def __init__(self, ask: Ask, year: Year, face: Face, *, baskets: int, journal: Journal) -> None:
        self.ask, self.year, self.face, self.journal = ask, year, face, journal
        self.places: list[Place] = list(establishments_places(year, face.leaf))
        self.nodes = len(self.places)
        monthly = tuple(dict.fromkeys(level for map_ in face.maps for level in map_.monthly))
        self.columns: tuple[Column, ...] = activity_columns(year.arbre, months=year.mois, monthly=monthly)
        self.listings = tuple(one for one in face.listings if set(one.labels) | {one.level} <= set(year.arbre))
        self.counts = (*face.people, *face.amounts, *(face.patients[:1] if face.patients[0] else ()))
        self._ratios = frozenset(ratio.name for ratio in face.ratios)
        size = (self.nodes + baskets, len(self.columns))
        self.answers = Answers(size)
        self.ratios = Answers(size)
        self.decimals: dict[str, int] = {}
        self._refusals: Counter[Listing] = Counter()
        self._column = {column: i for i, column in enumerate(self.columns)}
        self._row = {self._key(place): i for i, place in enumerate(self.places)}
        self._finess = {e.finess: row for row, e in enumerate(year.etablissements)}
        self._level = {
            level: np.array([self._column[YEAR, level, code] for code in year.arbre[level]], np.int64)
            for level in year.arbre
        }

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels whose groups add up to all of the field."""
        return tuple(dict.fromkeys(one.level for one in self.listings if one.total == TOTAL))

    @property
    def finest(self) -> Listing | None:
        """The finest listing that was answered; None where there is none."""
        known = [one for one in self.listings if one.picks and not one.within]
        answered = [one for one in known if self._refusals[one] < 0]
        return answered[-1] if answered else known[-1] if known else None

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

    def listing_tasks(self, places: Iterable[Place]) -> list[Task]:
        """Return the questions « groups of a level, for a place », every listing."""
        return [
            partial(self.listing, place, one) for place in places for one in self.listings if one.picks or place.zone
        ]

    def basket_tasks(self, place: Place, number: int) -> list[Task]:
        """Return the questions asked of a basket: its maps, the finest listing and another, in turn."""
        known = [one for one in reversed(self.listings) if one.picks and self._open(one)]
        chosen = known[:1] + known[1:][number % max(1, len(known) - 1) :][:1]
        return [
            *(partial(self.listing, place, one) for one in chosen),
            *(partial(self.map, place, one, (YEAR, *one.total)) for one in self.face.maps),
        ]

    def _open(self, listing: Listing) -> bool:
        """Tell whether a listing is worth asking for: not when refused so many times, and never answered."""
        return self._refusals[listing] < TOO_MANY_REFUSALS

    def map_tasks(self) -> list[Task]:
        """Return the questions « map of France, one activity »: a row for every establishment."""
        return [
            partial(self.map, self._france, one, column)
            for one in self.face.maps
            for column in self.columns
            if column[0] == YEAR and (column[1:] == one.total or column[1] in one.levels)
        ]

    def zone_tasks(self) -> list[Task]:
        """Return the questions « map of a place, all activities », whose totals part full and partial stays."""
        return [
            partial(self.map, place, one, (YEAR, *one.total))
            for one in self.face.maps
            for place in self.places[: self.nodes - 1]
        ]

    def month_tasks(self) -> list[Task]:
        """Return the questions « map of France, one activity, cumulated to a month »."""
        return [
            partial(self.map, self._france, one, column)
            for one in self.face.maps
            for column in self.columns
            if one.monthly and 0 < column[0] < YEAR and column[1] in ("", *one.monthly)
        ]

    @property
    def _france(self) -> Place:
        return self.places[self.nodes - 1]

    def listing(self, place: Place, listing: Listing) -> None:
        """Ask the groups of a level for a place; of a crossing that is asked so, one code after another."""
        for code in self.year.arbre[listing.within] if listing.within else ("",):
            if self._open(listing):
                self._listed(place, listing, code)

    def _listed(self, place: Place, listing: Listing, picked: str) -> None:
        criteria = {"annee": str(self.year.annee), **place.criteria}
        criteria |= {"regroupement": listing.regroupement} if listing.regroupement else {}
        criteria |= {"activite": f"{listing.within}:{picked}"} if listing.within else {}
        table = self.journal.table(self.ask, listing.slug, criteria)
        if table is None:
            self._refusals[listing] += 1
            return
        self._refusals[listing] = -len(self.places)  # it is answered: it may be refused here and there
        row = self.row(place)
        level = self.year.arbre[listing.level]
        inside = [i for i, above in enumerate(level.values()) if not picked or above.get(listing.within) == picked]
        members = [self._finess[member] for member in sorted(place.members)] if listing.members else []
        self._nothing_else(table, np.array([row, *members]), self._level[listing.level][inside])
        for line in table.rows:
            own = row if line.total or not listing.members else self._finess[line.labels["finess"]]
            self._take(table, line, own, (YEAR, *self._node(listing, line, picked)))

    @staticmethod
    def _node(listing: Listing, line: Row, picked: str) -> tuple[str, str]:
        """Return the (level, code) of a line; a total of some of the labels is a group of these."""
        said = {level: line.labels.get(level, "") for level in listing.labels}
        said |= {listing.within: picked} if listing.within else {}
        levels = [level for level in listing.labels if said[level] or not line.total]
        return (CROSS.join(levels), CROSS.join(said[level] for level in levels)) if levels else listing.total

    def map(self, place: Place, map_: Map, column: Column) -> None:
        """Ask a map of a place for an activity and a period, unless France is known to have nothing of it."""
        if self._nowhere(self._column[YEAR, *column[1:]]):
            return
        period, level, code = column
        criteria = {"annee": str(self.year.annee), **place.criteria}
        criteria |= {"activite": f"{level}:{code}"} if (level, code) != map_.total else {}
        criteria |= {"mois": str(period)} if period < YEAR else {}
        table = self.journal.table(self.ask, map_.slug, criteria)
        if table is None:
            return
        row = self.row(place)
        members = np.array([self._finess[member] for member in sorted(place.members)], np.int64)
        self._nothing_else(table, members, np.array([self._column[column]]))
        for line in table.rows:
            self._take(table, line, row if line.total else self._finess[line.labels["finess"]], column)

    # answers --------------------------------------------------------------------------------------------------------

    def _nothing_else(self, table: Table, rows: Indices, columns: Indices) -> None:
        for name in self.counts:
            if name in table.decimals:
                self.answers.absent(name, rows, columns)

    def _nowhere(self, column: int) -> bool:
        tops, states = self.face.tops, self.answers.states
        return all(n in states and states[n][self.nodes - 1, column] == State.ABSENT for n in tops)

    def _take(self, table: Table, line: Row, row: int, column: Column) -> None:
        if column not in self._column:
            self.journal.unfinished.append(f"code inconnu de l'arbre : {column[1]} {column[2]}")
            return
        place = self._column[column]
        for name, cell in line.cells.items():
            if name in self.counts:
                self.answers.say(name, row, place, cell)
            elif name in self._ratios and cell.state is State.EXACT:
                self.decimals[name] = table.decimals[name]
                self.ratios.say(name, row, place, cell)

    @staticmethod
    def _key(place: Place) -> str:
        return "&".join(f"{name}={value}" for name, value in sorted(place.criteria.items()))
