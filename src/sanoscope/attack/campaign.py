"""The campaign: ask all that can be asked, then compute all that follows."""

import time
from itertools import combinations

import numpy as np

from sanoscope.attack.averaging import average
from sanoscope.attack.baskets import chains
from sanoscope.attack.blocks import by_programme
from sanoscope.attack.collecting import Collection, Journal, Progress, Task
from sanoscope.attack.differences import Pair, differences
from sanoscope.attack.editions import carried
from sanoscope.attack.face import Face, Listing, Shares
from sanoscope.attack.findings import Figure, Finding, Report
from sanoscope.attack.inference import Inferred, counts, patients, people
from sanoscope.attack.knowledge import Bools
from sanoscope.attack.residence import market_shares
from sanoscope.attack.sheet import SMALLEST_LARGE
from sanoscope.attack.sides import Side
from sanoscope.attack.tables import State
from sanoscope.attack.world import Ask, World, Year
from sanoscope.errors import SanoscopeError

LONGEST_CHAIN = 6
"""Places of the longest chain of baskets."""

ACTIVITIES = 8
"""Activities of which market shares are asked, besides all together: of the `COARSEST` levels."""

COARSEST = 4

COMPUTING = 0.25
"""Part of the time kept for programming."""


def quiet(_what: str, _part: float) -> None:
    """Say nothing of how far it is."""


def audit(
    ask: Ask,
    world: World,
    *,
    baskets: int = 1_000,
    seconds: float = 600.0,
    seed: int = 0,
    progress: Progress = quiet,
    before: Ask | None = None,
    truth: Ask | None = None,
) -> Report:
    """Attack an open face: return what a reader can infer from its answers.

    The same seed asks the same questions and finds the same things, as long as time does not run out.

    Args:
        ask: (slug, criteria) → JSON document; raises `SanoscopeError` for what is refused.
        world: what is public of the country.
        baskets: baskets asked for, each year.
        seconds: time, about; what it does not allow is said in the report.
        seed: what is drawn at random.
        progress: called with what is being done and how far it is.
        before: the open face of an earlier edition.
        truth: the secure face; never used to attack, only to count how often averaging is right.

    Raises:
        SanoscopeError: nothing at all was answered; that proves nothing.
    """
    journal = Journal()
    found: list[Finding] = []
    figures: list[Figure] = []
    for year in world.years:
        attack = _Attack(ask, world.face, year, baskets, seconds / len(world.years), seed, progress, journal)
        found += attack.run(before)
        found += attack.averages(truth)
        figures += attack.figures
    if journal.refused == journal.asked:
        raise SanoscopeError(
            "attaque-vide",
            f"Aucune des {journal.asked} demandes n'a reçu de réponse : l'attaque ne prouve rien.",
            todo="Vérifiez que l'édition répond, et que le monde décrit est bien le sien.",
        )
    figures = [Figure("demandes", journal.asked), Figure("demandes refusées", journal.refused), *figures]
    unfinished = tuple(dict.fromkeys(journal.unfinished))
    title = f"Ce qu'un lecteur peut déduire de la face libre, champ {world.face.champ.upper()}"
    return Report(title, _unique(found), tuple(figures), unfinished)


class _Attack:
    """One year."""

    def __init__(
        self,
        ask: Ask,
        face: Face,
        year: Year,
        baskets: int,
        seconds: float,
        seed: int,
        progress: Progress,
        journal: Journal,
    ) -> None:
        self.ask, self.face, self.year, self.seed = ask, face, year, seed
        self.baskets = baskets if face.baskets else 0
        self.progress, self.journal = progress, journal
        self.until = time.monotonic() + seconds
        self.seconds = seconds
        self.rng = np.random.default_rng((seed, year.annee))
        self.figures: list[Figure] = []
        self.small: list[str] = []
        self.finest: Listing | None = None

    def run(self, before: Ask | None) -> list[Finding]:
        """Ask and compute; return the findings."""
        room = self.baskets + LONGEST_CHAIN
        asking = (1 - COMPUTING) * (0.5 if before else 1)
        collection = Collection(self.ask, self.year, self.face, baskets=room, journal=self.journal)
        began = time.monotonic()
        self._tables(collection, asking * self.seconds * 0.7)
        self.small, self.finest = _masked_most(collection), collection.finest
        pairs = self._baskets(collection, asking * self.seconds - (time.monotonic() - began))
        rows, columns = collection.sides()
        inferred = counts(collection, rows, columns)
        found = [*_disagreements(collection, rows, columns), *inferred.findings]
        found += differences(collection, pairs, rows, columns)
        found += self._families(collection, rows, columns, inferred)
        found += self._shares()
        if before is not None:
            inferred = self._editions(before, collection, rows, columns)
            found += inferred.findings
        found += self._programme(inferred, collection, rows, columns)
        self._count(collection, inferred)
        return found

    def averages(self, truth: Ask | None) -> tuple[Finding, ...]:
        """Ask the same hidden counts by many routes."""
        if self.finest is None or not self.face.baskets:
            return ()
        found = average(
            self.ask,
            self.year,
            small=self.small,
            listing=self.finest,
            measure=self.face.principal,
            rng=self.rng,
            journal=self.journal,
            truth=truth,
        )
        self.figures.append(self._figure("effectifs masqués estimés par moyenne", found.cells))
        if found.hits is not None and found.guess is not None:
            self.figures.append(self._figure("moyennes justes", found.hits, "%"))
            self.figures.append(self._figure("justes en répondant toujours la même valeur", found.guess, "%"))
        return found.findings

    # asking -----------------------------------------------------------------------------------------------------------

    def _tables(self, collection: Collection, seconds: float) -> None:
        nodes = list(reversed(collection.places[: collection.nodes]))
        tasks: list[Task] = [
            *collection.listing_tasks(nodes),
            *collection.map_tasks(),
            *collection.zone_tasks(),
            *collection.month_tasks(),
        ]
        self.journal.run(tasks, seconds=seconds, what=f"tableaux {self.year.annee}", progress=self.progress)

    def _baskets(self, collection: Collection, seconds: float) -> list[Pair]:
        pairs: list[Pair] = []
        tasks: list[Task] = []
        enough = collection.room - LONGEST_CHAIN
        asked = set(range(collection.nodes))
        source = chains(self.year, small=self.small, rng=self.rng)
        # in a country of a few establishments there are not that many baskets
        for _ in range(3 * self.baskets):
            if collection.room <= LONGEST_CHAIN or enough <= 0:
                break
            chain = next(source)
            numbers = [collection.row(place) for place in chain]
            pairs += [Pair(*two) for two in combinations(numbers, 2)]
            for number, place in zip(numbers, chain, strict=True):
                if number not in asked:
                    asked.add(number)
                    tasks += collection.basket_tasks(place, number)
        self.journal.run(tasks, seconds=seconds, what=f"paniers {self.year.annee}", progress=self.progress)
        return pairs

    def _shares(self) -> list[Finding]:
        seconds = max(0.0, self.until - time.monotonic()) * 0.5
        return [finding for one in self.face.shares for finding in self._share(one, seconds / len(self.face.shares))]

    def _share(self, of: Shares, seconds: float) -> tuple[Finding, ...]:
        codes = [f"{level}:{code}" for level in of.levels[:COARSEST] for code in self.year.arbre.get(level, ())]
        chosen = self.rng.permutation(codes)[:ACTIVITIES].tolist() if codes else []
        return market_shares(
            self.ask, self.year, of, ["", *chosen], seconds=seconds, journal=self.journal, progress=self.progress
        )

    # computing --------------------------------------------------------------------------------------------------------

    def _families(self, collection: Collection, rows: Side, columns: Side, inferred: Inferred) -> list[Finding]:
        self.progress("propagation", 0.5)
        families = [patients(collection, rows, columns, inferred.bounds)]
        families += [
            people(collection, rows, columns, inferred.bounds, what) for what in self.face.ratios if what.others
        ]
        return [finding for family in families if family for finding in family.findings]

    def _editions(self, before: Ask, after: Collection, rows: Side, columns: Side) -> Inferred:
        """Ask the earlier edition the same questions, and believe both."""
        room = after.answers.size[0] - after.nodes
        collection = Collection(before, self.year, self.face, baskets=room, journal=self.journal)
        seconds = max(1.0, (self.until - time.monotonic()) * (1 - COMPUTING))
        for place in after.places[after.nodes :]:
            collection.row(place)
        self._tables(collection, seconds * 0.7)
        asked = list(enumerate(collection.places))[collection.nodes :]
        tasks = [task for number, place in asked for task in collection.basket_tasks(place, number)]
        self.journal.run(tasks, seconds=seconds * 0.3, what="paniers d'avant", progress=self.progress)
        earlier = carried(collection, after, rows, columns)
        return counts(after, rows, columns, before=earlier, how="deux éditions")

    def _programme(self, inferred: Inferred, collection: Collection, rows: Side, columns: Side) -> tuple[Finding, ...]:
        self.progress("programmation", 0.0)
        seconds = max(1.0, self.until - time.monotonic())
        zones = _zones(collection)
        done = by_programme(
            inferred,
            rows,
            columns,
            zones,
            tops=self.face.partitions,
            aside=self.face.amounts,
            seconds=seconds,
            seed=self.seed,
            year=self.year.annee,
        )
        self.figures.append(self._figure("effectifs soumis à la programmation", done.tried))
        self.figures.append(self._figure("dont minimum et maximum prouvés", done.settled))
        self.journal.unfinished += done.unfinished
        return done.findings

    def _count(self, collection: Collection, inferred: Inferred) -> None:
        known = inferred.made.known
        small = known.high < SMALLEST_LARGE
        masked = sum(int((states == State.MASKED).sum()) for states in collection.answers.states.values())
        self.figures += [
            self._figure("paniers demandés", len(collection.places) - collection.nodes),
            self._figure("réponses masquées", masked),
            self._figure("inconnues", len(known.low)),
            self._figure("équations", known.rows.shape[0]),
            self._figure("sommes impossibles", int(inferred.narrowed.impossible.sum())),
            self._figure("inconnues de 10 au plus", int(small.sum())),
        ]

    def _figure(self, label: str, value: float, unit: str = "") -> Figure:
        return Figure(f"{self.year.annee} : {label}", value, unit)


def _masked_most(collection: Collection) -> list[str]:
    """Establishments that have masked counts, those with the most first."""
    states = collection.answers.states.get(collection.face.principal)
    if states is None:
        return []
    masked = (states == State.MASKED).sum(axis=1)
    finess = [(int(masked[row]), e.finess) for row, e in enumerate(collection.year.etablissements)]
    return [name for count, name in sorted(finess, key=lambda one: (-one[0], one[1])) if count]


def _zones(collection: Collection) -> list[Bools]:
    """Rows of each département: its establishments, and the places and baskets within it."""
    groups: dict[str, set[str]] = {}
    for one in collection.year.etablissements:
        groups.setdefault(one.departement, set()).add(one.finess)
    size = collection.answers.size[0]
    zones = []
    for code in sorted(groups):
        inside = np.zeros(size, np.bool_)
        inside[: len(collection.places)] = [place.members <= groups[code] for place in collection.places]
        zones.append(inside)
    return zones


def _disagreements(collection: Collection, rows: Side, columns: Side) -> list[Finding]:
    year = collection.year.annee
    return [
        Finding("contradiction", f"{year}, {rows.names[row]}, {columns.names[column]}, {name}", 0, 0, "deux réponses")
        for name, row, column in collection.answers.disagree
    ]


def _unique(found: list[Finding]) -> tuple[Finding, ...]:
    """Each thing once, as it was found first, unless a later way pins what an earlier one only narrowed."""
    best: dict[str, Finding] = {}
    for one in found:
        known = best.get(one.key)
        if known is None or (known.kind == "etroit" and one.kind == "exact"):
            best[one.key] = one
    return tuple(best.values())
