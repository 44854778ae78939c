"""Rates by population: crude, standardised, their confidence intervals and their indices.

Standardised: `edition.population`. 95 % intervals of Fay and Feuer (Stat. Med. 16, 1997), of the gamma distribution: of
a crude rate, it is the exact one of a Poisson count (Garwood, Biometrika 28, 1936).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from sanoscope.catalogue.field import Champ, TauxMesure
from sanoscope.disclosure.keyed import MARGIN
from sanoscope.edition.edition import Edition
from sanoscope.edition.noised import SMALL, SQUARES, STANDARD
from sanoscope.edition.population import FRANCE, STRATA, Weights
from sanoscope.engine.plan import Aggregate, Measure
from sanoscope.query.criteria import Query
from sanoscope.query.noised import CELLS, carrier_of, columns_of, published, told
from sanoscope.query.planner import Question, RowKey, choose, filtered
from sanoscope.query.states import (
    APPROXIMATE,
    EXACT,
    MASKED,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    SECRET,
    Floats,
    Shown,
)
from sanoscope.sentence import Sentence

REGION = "region_residence"
RISK = 0.05


@dataclass(frozen=True, slots=True)
class Place:
    """A zone of residence: its level, and the codes that make it."""

    niveau: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standard:
    """Standardised counts, by cell: what each is, of how many people, and whether it may be said.

    Attributes:
        state: int8[cells].
        standard, squares: float64[cells], Σ n·w and Σ n·w², w as in `edition.population.Weights`.
        margin: float64[cells], half-width of the uncertainty of ``standard``.
    """

    state: NDArray[np.int8]
    standard: Floats
    squares: Floats
    margin: Floats


def interval(standard: Floats, squares: Floats, heaviest: Floats) -> tuple[Floats, Floats]:
    """Return the bounds of Fay and Feuer of standardised counts, in the same unit.

    Args:
        standard: Σ n·w.
        squares: Σ n·w², which is their variance.
        heaviest: the largest weight.
    """
    nothing = standard <= 0
    squares = np.where(squares <= 0, standard, squares)
    mean, spread = np.where(nothing, 1.0, standard), np.where(nothing, 1.0, squares)
    low = np.where(nothing, 0.0, spread / (2 * mean) * chi2.ppf(RISK / 2, 2 * mean**2 / spread))
    mean, spread = np.maximum(standard, 0) + heaviest, np.where(nothing, 0.0, squares) + heaviest**2
    high = spread / (2 * mean) * chi2.ppf(1 - RISK / 2, 2 * mean**2 / spread)
    return np.asarray(low), np.asarray(high)


class Rates:
    """The rates of the rows and totals of an answer.

    Args:
        asked, query: the question.
        cube: the base cube that sums are answered from, in a secure edition.
        keys: key of each row and total: year, then the rows' dimensions; a total lacks the last one.
        edition, champ: where, and of what field.
    """

    def __init__(
        self, asked: Question, query: Query, cube: str, keys: Sequence[RowKey], edition: Edition, champ: Champ
    ) -> None:
        self.asked, self.query, self.cube = asked, query, cube
        self.keys, self.edition, self.champ = list(keys), edition, champ
        self.residence = next((n for n in asked.rows if champ.dimensions[n].axe == "residence"), "")
        self.notes: tuple[str, ...] = ()
        self._weights_of = cache(edition.population.weights)
        self._done: dict[tuple[str, bool, Question], Standard] = {}

    # places ---------------------------------------------------------------------------------------------------------

    @cached_property
    def _places(self) -> list[Place]:
        at = self.asked.rows.index(self.residence) + 1 if self.residence else 0
        whole = self._asked_place()
        return [Place(self.residence, (key[at],)) if at and len(key) > at else whole for key in self.keys]

    def _asked_place(self) -> Place:
        for name, values in self.asked.conditions:
            if self.champ.dimensions[name].axe == "residence":
                return Place(name, values)
        return Place(FRANCE, ("",))

    def _weights(self, places: Sequence[Place]) -> list[Weights | None]:
        years = [key[0] or self.query.annees[0] for key in self.keys]
        weights = [self._weights_of(year, place.niveau, place.codes) for year, place in zip(years, places, strict=True)]
        merged = sum(w.merged for w in {id(w): w for w in weights if w}.values())
        if merged:
            said = Sentence("Classes d'âge sans habitant réunies à la précédente du même sexe : %(n)s.", n=merged)
            self.notes = tuple(dict.fromkeys([*self.notes, said]))
        lacking = sorted({year for year, w in zip(years, weights, strict=True) if w is None})
        if lacking and all(w is None for w in weights):
            said = Sentence(
                "Les taux demandent la population de %(annees)s, que les tables de référence n'ont pas.",
                annees=", ".join(str(year - 2) for year in lacking),
            )
            self.notes = tuple(dict.fromkeys([*self.notes, said]))
        return weights

    def population(self) -> Shown:
        """Return the inhabitants of the zone of each cell."""
        weights = self._weights(self._places)
        people = np.array([w.inhabitants if w else 0 for w in weights], np.int64)
        state = np.where(people > 0, EXACT, NOT_AVAILABLE).astype(np.int8)
        return Shown(state, people, np.zeros(len(people)))

    # rates ----------------------------------------------------------------------------------------------------------

    def crude(self, mesure: TauxMesure, counted: Shown) -> Shown:
        """Return the crude rate of what is counted, or a bound of its interval."""
        people = self.population()
        hidden = np.where(counted.state == MASKED, SECRET, counted.state)  # "1 à 10" is said of counts alone
        states = np.where(people.state == NOT_AVAILABLE, NOT_AVAILABLE, hidden).astype(np.int8)
        figure, margin = counted.figure.astype(np.float64), counted.margin
        if mesure.borne:
            figure = interval(figure, figure, np.ones(len(figure)))[mesure.borne == "haute"]
        scale = mesure.pour / np.maximum(1, people.figure)
        return Shown(states, figure * scale, margin * scale)

    def standardised(self, mesure: TauxMesure) -> Shown:
        """Return a standardised rate, a crude one of persons, a bound of it or its index."""
        own = self._rate(mesure, self.asked, self.keys, self._places)
        if not mesure.indice:
            return own
        if mesure.indice == "france":
            keys, asked = self._elsewhere("")
            others = [Place(FRANCE, ("",))] * len(keys)
        else:
            regions = [self._region(place) for place in self._places]
            keys, asked = self._elsewhere(REGION, regions)
            others = [Place(REGION, (region,)) if region else Place("", ()) for region in regions]
        of = self._rate(mesure, asked, keys, others)
        both = (own.figure > 0) & (of.figure > 0)
        figure = 100 * np.divide(own.figure, of.figure, out=np.zeros(len(both)), where=both)
        error = [np.divide(x.margin, x.figure, out=np.zeros(len(both)), where=both) for x in (own, of)]
        state = np.maximum(own.state, of.state)  # exact, approached, secret…: the one that tells least
        nowhere = np.array([not place.codes for place in others], np.bool_) | ((state == EXACT) & ~both)
        state = np.where(nowhere, NOT_APPLICABLE, state)
        return Shown(state.astype(np.int8), figure, figure * (error[0] + error[1]))

    def _region(self, place: Place) -> str:
        """Return the région that a zone is in; "" for none, or several."""
        if place.niveau == REGION:
            return place.codes[0]
        name = place.niveau.removesuffix("_residence")
        if name not in ("departement", "territoire", "code_geo"):
            return ""
        residences = self.edition.residences.values()
        found = {r.region for r in residences if getattr(r, name) in place.codes} - {"?"}
        return found.pop() if len(found) == 1 else ""

    def _elsewhere(self, level: str, regions: Sequence[str] = ()) -> tuple[list[RowKey], Question]:
        """Return the question, and the keys, of the same rows in their région, or in France where level is ""."""
        rows = tuple(level if n == self.residence else n for n in self.asked.rows)
        kept = [(n, v) for n, v in self.asked.conditions if self.champ.dimensions[n].axe != "residence"]
        at = self.asked.rows.index(self.residence) + 1 if self.residence else 0
        if at and not level:
            keys = [(*key[:at], *key[at + 1 :]) for key in self.keys]
        elif at:
            keys = [(*key[:at], region, *key[at + 1 :]) for key, region in zip(self.keys, regions, strict=True)]
        else:
            keys = list(self.keys)
            if level and regions and regions[0]:
                kept.append((level, (regions[0],)))
        return keys, replace(self.asked, rows=tuple(n for n in rows if n), conditions=tuple(kept), shown=None)

    def _rate(self, mesure: TauxMesure, asked: Question, keys: list[RowKey], places: list[Place]) -> Shown:
        weights = self._weights(places)
        people = np.array([w.inhabitants if w else 1 for w in weights])
        of = self._standard(mesure, asked, keys, weights)
        figure, margin = of.standard, of.margin
        if mesure.borne:
            heaviest = np.array([w.weights.max() if w else 1.0 for w in weights])
            heaviest = heaviest if mesure.standardise else np.ones(len(keys))
            figure = interval(of.standard, of.squares, heaviest)[mesure.borne == "haute"]
        scale = mesure.pour / people
        state = np.where([w is None for w in weights], NOT_AVAILABLE, of.state).astype(np.int8)
        return Shown(state, figure * scale, margin * scale)

    def _standard(
        self, mesure: TauxMesure, asked: Question, keys: list[RowKey], weights: Sequence[Weights | None]
    ) -> Standard:
        name = mesure.de, mesure.standardise, asked
        if name not in self._done:
            read = self._looked_up if self.edition.public else self._counted
            self._done[name] = read(mesure, asked, keys, weights)
        return self._done[name]

    def _counted(
        self, mesure: TauxMesure, asked: Question, keys: list[RowKey], weights: Sequence[Weights | None]
    ) -> Standard:
        """Return standardised counts from the strata of a secure store."""
        persons = mesure.de in self.champ.distincts
        if persons and not self.edition.tables(mesure.de):
            nothing = np.zeros(len(keys))
            return Standard(np.full(len(keys), NOT_AVAILABLE, np.int8), nothing, nothing, nothing)
        strata = ("age5", "sexe") if mesure.standardise else ()
        table = choose(replace(asked, rows=(*asked.rows, *strata)), mesure.de if persons else self.cube, self.edition)
        measure = (
            Measure("n", "distinct", self.champ.distincts[mesure.de].colonne)
            if persons
            else Measure("n", "sum", mesure.de)
        )
        sets = tuple(("annee", *rows, *strata) for rows in dict.fromkeys((asked.rows, asked.rows[:-1])))
        counts: dict[RowKey, Floats] = {}
        for row in self.edition.engine.run(Aggregate(filtered(asked, table), sets, (measure,))).to_pylist():
            summed = bool(asked.rows) and row.get(f"grouping_{asked.rows[-1]}", 0)
            key = ("annee", *(asked.rows[:-1] if summed else asked.rows))
            place = STRATA.get((row["sexe"], row["age5"])) if strata else 0
            if place is not None:
                counts.setdefault(tuple(row[n] for n in key), np.zeros(len(STRATA)))[place] += row["n"]
        nobody = np.zeros(len(STRATA))
        whole = np.array([counts.get(key, nobody) for key in keys]).reshape(len(keys), len(STRATA))
        even = np.ones(len(STRATA))
        each = np.array([w.weights if w and strata else even for w in weights]).reshape(len(keys), len(STRATA))
        return Standard(
            np.full(len(keys), EXACT, np.int8),
            (whole * each).sum(axis=1),
            (whole * each**2).sum(axis=1),
            np.zeros(len(keys)),
        )

    def _looked_up(
        self, mesure: TauxMesure, asked: Question, keys: list[RowKey], weights: Sequence[Weights | None]
    ) -> Standard:
        """Return standardised counts as the noised tables of an open store tell them."""
        more = (mesure.de + STANDARD, mesure.de + SQUARES) if mesure.standardise else ()
        state = np.full(len(keys), NOT_AVAILABLE, np.int8)
        standard, squares, each = np.zeros(len(keys)), np.zeros(len(keys)), np.ones(len(keys))
        whole = not (asked.last_month or asked.selected)
        for rows in dict.fromkeys((asked.rows, asked.rows[:-1])) if whole else ():
            question = replace(asked, rows=rows)
            place = published(mesure.de, question, self.edition, self.champ, standard=mesure.standardise)
            if not place:
                continue
            first = carrier_of(mesure.de, place[0], self.champ)
            found = told(question, *place, (*columns_of(mesure.de, place[0], self.champ), *more), self.edition)
            own = np.array([len(key) == len(rows) + 1 for key in keys])
            cells, small = found.at(keys, CELLS), found.at(keys, first + SMALL)
            here = np.select([cells > 1, cells == 0, small > 0], [NOT_AVAILABLE, EXACT, SECRET], APPROXIMATE)
            state = np.where(own, here, state).astype(np.int8)
            count = found.at(keys, mesure.de).astype(np.float64)
            people = np.maximum(1.0, found.at(keys, first))
            each = np.where(own, count / people if first != mesure.de else 1.0, each)
            standard = np.where(own, found.at(keys, mesure.de + STANDARD) / 1000 if more else count, standard)
            squares = np.where(own, found.at(keys, mesure.de + SQUARES) / 1000 if more else count, squares)
        standard, squares = np.maximum(0.0, standard), np.maximum(0.0, squares)
        size = np.sqrt(squares / np.maximum(1.0, standard))
        return Standard(state, standard, squares, np.where(state == APPROXIMATE, MARGIN * size * each, 0.0))
