"""The noised tables of the open store: one figure a published group, with its noise, or that it is small.

Their groups are every combination of the levels that a field declares (`catalogue.field.Bruite`), told apart by the
column ``groupe``. The noise is drawn for the *set* counted (`disclosure.keyed`), which for persons is told by their
numbers and for stays by the base cells they come from: a set met under two names has one noise (see `_named`).
"""

import secrets
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sanoscope.catalogue.field import Bruite, Champ
from sanoscope.disclosure.keyed import additive, names, noise, told
from sanoscope.edition.manifest import SECURE, TableCube
from sanoscope.edition.population import FRANCE, STRATA, Population, read_population
from sanoscope.edition.rollups import base_shape
from sanoscope.edition.stores import both
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.plan import Aggregate, Measure, Scan
from sanoscope.workspace import Settings

GROUP = "groupe"
SMALL = "_petit"
"""What the name of the column that says that a count is small ends with."""

STANDARD, SQUARES = "_standardise", "_carres"
"""What the names of the standardised counts, and of their sums of squared weights, end with: thousandths."""

KEY_FILE = "cle-personnes"

YEAR = "annee"
_AGES = ("sexe", "age5")
_OWN, _SET, _NAME = "_propre", "_ensemble", "_nom"


def group_name(dimensions: Iterable[str]) -> str:
    """Return what the column ``groupe`` says of groups of some levels."""
    return " × ".join(sorted(dimensions)) or "ensemble"


def levels(declared: Bruite) -> list[tuple[str, ...]]:
    """Return the levels of each kind of group that is told."""
    return [tuple(name for name in combination if name) for combination in product(*declared.niveaux)]


def open_noised(
    secure: DuckDBEngine,
    public: DuckDBEngine,
    champ: Champ,
    tables: Iterable[str],
    *,
    threshold: int,
    key: bytes,
    progress: Callable[[str], None] | None = None,
) -> list[TableCube]:
    """Write noised tables, and return them.

    Args:
        secure: the edition's secure store.
        public: the open store.
        champ: the field.
        tables: which of its noised tables.
        threshold: smallest count of people that may be told.
        key: secret of the noise.
        progress: told what is being done, in French.
    """
    declared = {name: champ.publication.bruites[name] for name in tables}
    population = Population({})
    if any(of.strates for of in declared.values()):
        population = read_population(pl.DataFrame(pl.from_arrow(secure.table("population"))))
    written = []
    for name, of in declared.items():
        if progress:
            progress(f"figures bruitées : {of.libelle}")
        every = list(dict.fromkeys(n for axis in of.niveaux for n in axis if n))
        table = _told(secure, champ, of, every, population, threshold=threshold, key=key)
        public.store(name, table.to_arrow())
        written.append(
            TableCube(
                nom=name,
                cube=name,
                dimensions=[YEAR, *every],
                colonnes=[YEAR, *every],
                lignes=len(table),
                sommes=dict.fromkeys((*of.comptes, *of.portees), ""),
                groupes=[group_name(combination) for combination in levels(of)],
            )
        )
    return written


def _told(
    secure: DuckDBEngine,
    champ: Champ,
    declared: Bruite,
    every: list[str],
    population: Population,
    *,
    threshold: int,
    key: bytes,
) -> pl.DataFrame:
    """Return what a noised table tells, one row a group; ``every`` is the dimensions that tell groups."""
    source = (
        _Persons(secure, champ, declared) if declared.cube in champ.distincts else _Stays(secure, champ, declared, key)
    )
    parts = [_noone(declared, every, champ)]
    for combination in levels(declared):
        columns = [n for n in every if n in combination or any(n in champ.dimensions[o].parents for o in combination)]
        groups = source.groups(columns)
        if declared.strates:
            zone = next((n for n in columns if champ.dimensions[n].axe == "residence"), FRANCE)
            groups = groups.join(_standardised(source, columns, zone, population), on=[YEAR, *columns], how="left")
        others = [pl.lit("").alias(n) for n in every if n not in columns]
        said = [part for n in sorted(combination) for part in (pl.lit(f" {n}="), pl.col(n))]
        own = pl.concat_str(pl.lit(champ.champ), *said).alias(_OWN)
        parts.append(groups.with_columns(pl.lit(group_name(combination)).alias(GROUP), own, *others))
    whole = _named(pl.concat(parts, how="diagonal_relaxed"), declared, champ)
    table = _noised(whole, declared, key=key, threshold=threshold, add=source.add).sort(YEAR, GROUP, *every)
    return table.select(YEAR, GROUP, *every, *_figures(declared))


def _named(whole: pl.DataFrame, declared: Bruite, champ: Champ) -> pl.DataFrame:
    """Return groups with, as ``NAME_ensemble``, the name of the set of each count.

    It is the coarsest group that counts the same set, and how many: a set met under two names has one noise, so has a
    group that two tables tell, and one that another edition tells with one stay more has another noise.
    """
    names = []
    for place, name in enumerate(sorted(declared.comptes, key=lambda name: name != champ.principale)):
        said = pl.concat_str(pl.lit(f"{name} "), YEAR, pl.lit(" "), _OWN, pl.lit(" "), name).alias(_NAME)
        size = pl.col(_OWN).str.count_matches("=").alias("_axes")
        sets = pl.col(f"{name}_ensemble").alias(_SET)
        names.append(whole.select(sets, size, pl.lit(place).alias("_rang"), said))
    order = ("_axes", "_rang", _NAME)
    first = pl.concat(names).sort(order).unique(_SET, keep="first", maintain_order=True).select(_SET, _NAME)
    for name in declared.comptes:
        of = f"{name}_ensemble"
        whole = whole.join(first, left_on=of, right_on=_SET, how="left", maintain_order="left")
        whole = whole.drop(of).rename({_NAME: of})
    return whole.drop(_OWN)


def _figures(declared: Bruite) -> list[str]:
    """Return the columns of figures of a noised table."""
    found = [column for name in declared.comptes for column in (name, name + SMALL)] + list(declared.portees)
    return found + [name + end for name in declared.strates for end in (STANDARD, SQUARES)]


class _Stays:
    """What a base cube counts, at the grain of what is told."""

    add = True

    def __init__(self, secure: DuckDBEngine, champ: Champ, declared: Bruite, key: bytes) -> None:
        self.declared = declared
        own = dict.fromkeys(n for axis in declared.niveaux for n in axis if n)
        ages = _AGES if declared.strates else ()
        self.sums = (*declared.comptes, *declared.portees)
        plan = Aggregate(
            Scan(base_shape(champ, declared.cube).table),
            (tuple(dict.fromkeys((YEAR, *own, *ages))),),
            tuple(Measure(n, "sum", n) for n in self.sums),
        )
        cells = pl.DataFrame(pl.from_arrow(secure.run(plan)))
        drawn = names([cells[n].to_numpy() for n in cells.columns if n not in self.sums], key=key)
        halves = {"_a": drawn & np.uint64(0x7FFFFFFF), "_b": drawn >> np.uint64(33)}
        cells = cells.with_columns(pl.col(YEAR).cast(pl.Int16), *(pl.col(n).cast(pl.Int64) for n in self.sums))
        self.cells = cells.with_columns(
            (pl.col(name) * pl.Series(of.astype(np.int64))).alias(name + half)
            for name in declared.comptes
            for half, of in halves.items()
        )
        self.cells = self.cells.with_columns(pl.col(pl.String).cast(pl.Categorical))

    def groups(self, columns: list[str]) -> pl.DataFrame:
        """Return each group: its sums, and by count ``NAME_ensemble``, what tells whom it counts."""
        keyed = [n + half for n in self.declared.comptes for half in ("_a", "_b")]
        summed = self.cells.group_by(YEAR, *columns).agg(pl.col(*self.sums, *keyed).sum())
        tells = [
            pl.concat_str([YEAR, n + "_a", n + "_b"], separator=" ").alias(f"{n}_ensemble")
            for n in self.declared.comptes
        ]
        return summed.with_columns(*tells, pl.col(pl.Categorical).cast(pl.String)).drop(keyed)

    def strata(self, columns: list[str]) -> pl.DataFrame:
        """Return the sums of each group in each stratum."""
        own = self.cells.group_by(YEAR, *dict.fromkeys((*columns, *_AGES)))
        return own.agg(pl.col(*self.declared.strates).sum()).with_columns(pl.col(pl.Categorical).cast(pl.String))


class _Persons:
    """The distinct persons of a table that has a row for each of them and group of dimensions."""

    add = False

    def __init__(self, secure: DuckDBEngine, champ: Champ, declared: Bruite) -> None:
        self.secure, self.declared = secure, declared
        self.table = persons_table(champ, declared.cube)
        self.person = champ.distincts[declared.cube].colonne

    def groups(self, columns: list[str]) -> pl.DataFrame:
        """Return each group: its persons, and what tells whom it counts.

        Nested groups with as many persons have the same ones; so have groups told apart by nothing here.
        """
        (name,) = self.declared.comptes
        measures = (
            Measure(name, "distinct", self.person),
            Measure("_premier", "min", self.person),
            Measure("_dernier", "max", self.person),
        )
        found = self._run(columns, measures)
        tells = pl.concat_str([YEAR, name, "_premier", "_dernier"], separator=" ").alias(f"{name}_ensemble")
        return found.with_columns(tells).drop("_premier", "_dernier")

    def strata(self, columns: list[str]) -> pl.DataFrame:
        """Return the persons of each group in each stratum."""
        (name,) = self.declared.comptes
        return self._run(list(dict.fromkeys((*columns, *_AGES))), (Measure(name, "distinct", self.person),))

    def _run(self, columns: list[str], measures: tuple[Measure, ...]) -> pl.DataFrame:
        plan = Aggregate(Scan(self.table), ((YEAR, *columns),), measures)
        counts = [m.name for m in measures if m.function == "distinct"]
        found = pl.DataFrame(pl.from_arrow(self.secure.run(plan)))
        return found.with_columns(pl.col(YEAR).cast(pl.Int16), pl.col(counts).cast(pl.Int64))


def persons_table(champ: Champ, name: str) -> str:
    """Return the table of the secure store that holds the persons of a distinct count."""
    return "__".join((name, *(d for d in champ.distincts[name].dimensions if d != "mois")))


def _standardised(source: _Stays | _Persons, columns: list[str], zone: str, population: Population) -> pl.DataFrame:
    """Return the standardised sums of each group, and those of squared weights, where a population is known."""
    cells = source.strata(columns)
    code = pl.col(zone) if zone != FRANCE else pl.lit("")
    cells = cells.with_columns(code.alias("_zone"))
    rows = []
    for annee, of in cells.select(YEAR, "_zone").unique().iter_rows():
        found = population.weights(annee, zone, [of])
        if found:
            rows += [(annee, of, sexe, age, found.weights[at]) for (sexe, age), at in STRATA.items()]
    schema = {YEAR: pl.Int16, "_zone": pl.String, "sexe": pl.String, "age5": pl.String, "_poids": pl.Float64}
    weights = pl.DataFrame(rows, schema, orient="row")
    weighed = cells.join(weights, on=[YEAR, "_zone", *_AGES], how="inner")
    powers = [(name, end, power) for name in source.declared.strates for end, power in ((STANDARD, 1), (SQUARES, 2))]
    weighted = [(pl.col(name) * pl.col("_poids") ** power).sum().alias(name + end) for name, end, power in powers]
    return weighed.group_by(YEAR, *columns).agg(weighted)


def _noised(whole: pl.DataFrame, declared: Bruite, *, key: bytes, threshold: int, add: bool) -> pl.DataFrame:
    """Return groups with noised figures.

    A count that adds up keeps its noise where it is small: ``_petit`` alone says so, and unions are not biased. An
    amount has a noise of its own, in what one of its people carries on average; so has a standardised count, in the
    root mean square of their weights. Nothing is told as 0, and nothing else is, but what few people carry: a 0 is read
    as exact.
    """
    whole = whole.filter(pl.any_horizontal(pl.col(n) > 0 for n in declared.comptes))
    found: dict[str, NDArray[np.int64] | pl.Series] = {}
    for name in declared.comptes:
        counts, sets = whole[name].to_numpy(), whole[f"{name}_ensemble"].to_list()
        found[name] = (additive if add else told)(sets, counts, key=key, threshold=threshold)
        found[name + SMALL] = ((counts > 0) & (counts < threshold)).astype(np.int64)
    for name, carriers in declared.portees.items():
        amount = whole[name].to_numpy()
        noisy = np.rint(amount * (1 + _of_one(whole, name, carriers, key=key))).astype(np.int64)
        few = np.asarray(found[carriers[0] + SMALL]) > 0
        found[name] = np.where(few | (amount == 0), noisy, np.maximum(1, noisy))
    for name in declared.strates:
        drawn = _of_one(whole, name + STANDARD, declared.portees.get(name, (name,)), key=key)
        amount, shown = np.maximum(1, whole[name].to_numpy()), np.maximum(0, np.asarray(found[name]))
        weighed, squares = (whole[name + end].fill_null(0).to_numpy() for end in (STANDARD, SQUARES))
        each = _two_digits(np.sqrt(squares / amount))  # the root mean square of the weights
        found[name + STANDARD] = np.rint(1000 * (weighed + each * amount * drawn)).astype(np.int64)
        found[name + SQUARES] = np.rint(1000 * each**2 * shown).astype(np.int64)
    return whole.select(YEAR, GROUP, pl.exclude(YEAR, GROUP, *found)).with_columns(
        pl.Series(name, values) for name, values in found.items()
    )


def _of_one(whole: pl.DataFrame, name: str, carriers: tuple[str, ...], *, key: bytes) -> NDArray[np.float64]:
    """Return the noise of a figure of each group, divided by the people who carry it: what one of them weighs in it."""
    people = np.maximum(1, whole.select(pl.sum_horizontal(carriers)).to_series().to_numpy())
    sets = [f"{name} {of}" for of in whole[f"{carriers[0]}_ensemble"].to_list()]
    return np.asarray(noise(sets, key=key) / people)


def _two_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    size = 10.0 ** (np.floor(np.log10(np.maximum(values, 1e-9))) - 1)
    return np.asarray(np.rint(values / size) * size)


def audit_noised(place: Path, champ: Champ, name: str, settings: Settings) -> tuple[int, int, int]:
    """Verify what an edition's open store tells with a noise; return groups, small ones, and how many are not as made.

    Args:
        place: directory of the edition.
        champ: the field.
        name: which of its noised tables.
        settings: memory and threads, and the threshold.
    """
    secure, public = both(place, champ.champ, settings)
    again = DuckDBEngine(memory=settings.memoire, threads=settings.processus)
    key = (place / SECURE / KEY_FILE).read_bytes()
    open_noised(secure, again, champ, [name], threshold=settings.seuil, key=key)
    made, served = (pl.DataFrame(pl.from_arrow(engine.table(name))) for engine in (again, public))
    pairs = ((made, served), (served, made))
    astray = sum(one.join(other, on=made.columns, how="anti").height for one, other in pairs)
    count = champ.publication.bruites[name].comptes[0]
    return len(served), served.filter(pl.col(count + SMALL) > 0).height, astray


def noise_key(place: Path, before: Path | None, secret: int) -> bytes:
    """Return the key of the noise of an edition, that of the edition before if there is one, and keep it.

    A key that changed would let the editions' figures be averaged.

    Args:
        place: directory of the edition.
        before: directory of the edition published now.
        secret: what is drawn at random depends on it; 0 to draw it from the system's source of chance.
    """
    earlier = before / SECURE / KEY_FILE if before else None
    if earlier and earlier.is_file():
        key = earlier.read_bytes()
    else:
        key = secret.to_bytes(32, "big") if secret else secrets.token_bytes(32)
    kept = place / SECURE / KEY_FILE
    kept.touch(mode=0o600)
    kept.write_bytes(key)
    return key


def _noone(declared: Bruite, every: list[str], champ: Champ) -> pl.DataFrame:
    counts = dict.fromkeys((*declared.comptes, *declared.portees), pl.Int64())
    texts = dict.fromkeys((GROUP, _OWN, *every, *(f"{n}_ensemble" for n in declared.comptes)), pl.String())
    times = {n: pl.Int16() for n in every if champ.dimensions[n].axe == "temps"}
    standard = dict.fromkeys((n + end for n in declared.strates for end in (STANDARD, SQUARES)), pl.Float64())
    return pl.DataFrame(schema={YEAR: pl.Int16(), **texts, **times, **counts, **standard})
