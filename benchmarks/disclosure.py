"""What protecting costs on a table of national size: time, memory, exact figures lost; and what a query's check costs.

The table is drawn here: establishments × groups for one year, heavy tails, structural zeros, trees on both sides.
"""

import resource
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import numpy as np
import pyarrow as pa

from benchmarks import demo
from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.checker import verify
from sanoscope.disclosure.lattice import Lattice, lattice, sums
from sanoscope.disclosure.protect import Care, protect
from sanoscope.disclosure.sides import Level, side
from sanoscope.disclosure.tracer import new_keys, opened
from sanoscope.edition.edition import open_edition
from sanoscope.edition.manifest import TRACER
from sanoscope.engine.plan import Aggregate, Measure, Plan, Scan
from sanoscope.engine.protocol import Engine
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse

RUNS = 31
ASKED = [
    ("cartographie-activite-mco", "annee=2023"),
    ("casemix-mco", "annee=2022,2023,2024&regroupement=racine"),
    ("parts-de-marche-mco", "annee=2023&zone=departement:29"),
]
NATIONAL = Care(width=2, near=64, budget=0.2485, dearest=2.5, settling=6, rounds=96)


def national(seed: int = 1, *, establishments: int = 1300, groups: int = 650, total: int = 18_000_000) -> Lattice:
    rng = np.random.default_rng(seed)
    department = np.sort(rng.choice(101, establishments, p=_weights(rng, 101, 0.7)))
    region = np.sort(rng.integers(0, 18, 101))[department]
    domain = np.sort(rng.choice(27, groups, p=_weights(rng, 27, 0.6)))
    middle = np.unique(domain * 4 + rng.integers(0, 3, groups), return_inverse=True)[1]
    order = np.lexsort((middle, domain))
    domain, middle = domain[order], middle[order]
    size, share = _weights(rng, establishments, 1.35), _weights(rng, groups, 1.9)
    active = (
        rng.random((establishments, 27)) < 0.15 + 0.85 * (size.argsort().argsort() / establishments)[:, None] ** 1.5
    )
    mean = size[:, None] * share[None, :] * active[:, domain] * rng.lognormal(0, 1.1, (establishments, groups))
    mean *= total / mean.sum()
    counts = rng.negative_binomial(2.0, 2.0 / (2.0 + mean))
    rows = side(_levels([np.arange(establishments), department, region], (1, 4, 20)))
    columns = side(_levels([np.arange(groups), middle, domain], (1, 2, 4)))
    cells = np.argwhere(counts)
    return lattice(rows, columns, np.column_stack([cells, counts[cells[:, 0], cells[:, 1]]]))


def _weights(rng: np.random.Generator, count: int, spread: float) -> np.ndarray:
    drawn = rng.lognormal(0, spread, count)
    return drawn / drawn.sum()


def _levels(codes: list[np.ndarray], weights: tuple[float, ...]) -> list[Level]:
    ranked = [np.unique(c, return_inverse=True)[1] for c in codes]
    return [*map(Level, ranked, weights), Level(codes[0] * 0, 50.0)]


def run() -> list[str]:
    """Return the lines of the report.

    Raises:
        FileNotFoundError: there is no demo edition: run ``make demo`` first.
    """
    return ["| mesure | valeur |", "|---|---|", *_protection(), *_check_cost()]


def _protection() -> list[str]:
    of = national()
    start = time.perf_counter()
    made = protect(of, seed=1, care=NATIONAL)
    took = time.perf_counter() - start
    none = np.zeros((0, of.columns.leaves), np.bool_)
    empty = np.zeros((len(of.cells), 0), np.int64)
    public = opened(of, made.moves, made.made, keys=new_keys(made.moves), amounts=empty, carriers=none, draws=1, seed=2)
    twin = sums(of.rows, of.columns, public.cells, public.counts)
    start = time.perf_counter()
    said = verify(of, made.moves, made.walk.steps, made.made, twin, ~made.moved & (of.values > 0))
    checked = time.perf_counter() - start
    lost = made.moved & of.large
    error = np.abs(made.twin - of.values)[lost] / of.values[lost]
    nodes = int((of.values > 0).sum())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return [
        f"| groupes non vides, dont petits | {nodes}, {said.small} |",
        f"| plus grands, approchés | {lost.sum()}, {lost.sum() / nodes:.1%} des non vides |",
        f"| erreur relative médiane de ceux-ci | {np.median(error):.2%} |",
        f"| petits sans deuxième valeur | {said.single} |",
        f"| petits avec les dix valeurs | {said.full / said.small:.1%} |",
        f"| réunions petites que rien ne change | {made.small_unions} |",
        f"| certificat valide (hors bornes, exposés, écarts) | {said.outside}, {said.exposed}, {said.astray} |",
        f"| durée, puis vérification | {took:.0f} s, {checked:.0f} s |",
        f"| mémoire maximale | {memory:.2f} Go |",
    ]


def _check_cost() -> list[str]:
    """Time the same sums with and without their tracers, in turn; then what tracers add to whole answers."""
    place = demo()
    edition = open_edition(place.editions, settings=place.settings, public=True)
    plain = (Measure("sejours", "sum", "sejours"),)
    traced = (*plain, Measure("t", "sum", "sejours" + TRACER))
    bare = [Aggregate(Scan("activite"), (("annee", "finess"),), measures) for measures in (plain, traced)]
    without, with_ = _medians([lambda p=p: edition.engine.run(p) for p in bare])  # type: ignore[misc]
    lines = [f"| une somme avec son traceur ÷ sans | {with_ / without:.2f} |"]
    for slug, criteria in ASKED:
        query = parse(
            [part.split("=", 1) for part in criteria.split("&")], catalogue().restitution(slug), edition, OPEN
        )
        plans: list[Aggregate] = []
        answer(query, OPEN, catalogue(), replace(edition, engine=_Listening(edition.engine, plans)))
        light = [replace(p, measures=tuple(m for m in p.measures if not m.name.endswith(TRACER))) for p in plans]
        without, with_, whole = _medians(
            [
                lambda of=light: [edition.engine.run(p) for p in of],  # type: ignore[misc]
                lambda of=plans: [edition.engine.run(p) for p in of],  # type: ignore[misc]
                lambda q=query: answer(q, OPEN, catalogue(), edition),  # type: ignore[misc]
            ]
        )
        lines.append(
            f"| réponse ÷ réponse sans ses traceurs, `{slug} {criteria}` | {whole / (whole - with_ + without):.2f} |"
        )
    return lines


class _Listening:
    """An engine that notes the aggregates with a tracer that it is asked for."""

    def __init__(self, engine: Engine, plans: list[Aggregate]) -> None:
        self.engine, self.plans = engine, plans

    def run(self, plan: Plan) -> pa.Table:
        if isinstance(plan, Aggregate) and any(m.name.endswith(TRACER) for m in plan.measures):
            self.plans.append(plan)
        return self.engine.run(plan)


def _medians(work: list[Callable[[], object]]) -> list[float]:
    """Return the median seconds of each, run in turn after a warm-up."""
    times: list[list[float]] = [[] for _ in work]
    for number in range(RUNS + 1):
        for index, function in enumerate(work):
            started = time.perf_counter()
            function()
            if number:
                times[index].append(time.perf_counter() - started)
    return [median(values) for values in times]
