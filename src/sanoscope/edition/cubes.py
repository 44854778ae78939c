"""The cubes of a field: what its lines add to its sums, the rollups of these, the persons of its distinct counts."""

from collections.abc import Iterable

import polars as pl

from sanoscope.catalogue.field import Champ, Cube, Somme
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.dimensions import ESTABLISHMENTS, GEOGRAPHY, trees
from sanoscope.edition.following import FOLLOWING, store_following
from sanoscope.edition.manifest import Rapprochement, TableCube
from sanoscope.edition.means import means
from sanoscope.edition.noised import persons_table
from sanoscope.edition.rollups import GAIN, Shape, base_shape, shapes
from sanoscope.edition.rules import column, contribution, counts, key
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.plan import (
    Aggregate,
    Binary,
    Case,
    Coalesce,
    Column,
    Constant,
    Derive,
    Expression,
    Filter,
    LeftJoin,
    Measure,
    Plan,
    Scan,
)
from sanoscope.errors import SanoscopeError
from sanoscope.nomenclature.places import UNKNOWN
from sanoscope.nomenclature.reference import Reference


class Cubes:
    """The cubes of a field, made one after the other in its secure store.

    Attributes:
        tables: those made so far.
        follows: it is known what comes after each stay.

    Args:
        engine: where ``_lignes`` is, ``_chainage``, and what `dimensions` stores.
        champ: the field.
        chained: there is a chaining.
    """

    def __init__(self, engine: DuckDBEngine, champ: Champ, *, chained: bool) -> None:
        self.engine = engine
        self.champ = champ
        self.tables: list[TableCube] = []
        self.follows = chained and champ.suites is not None
        self._line = ("annee", "finess", *(champ.chainage.cle if champ.chainage else ()))  # what a chaining tells it by

    def mean(self, name: str, reference: Reference) -> None:
        """Store a national mean by group, in thousandths: of the lines, or from a plain table for the years it has."""
        mean = self.champ.moyennes[name]
        columns = tuple((n, Coalesce(column(n, self.champ), Constant(""))) for n in mean.par)
        value = Coalesce(column(mean.de, self.champ), Constant(0))
        lines = Derive(
            Filter(Scan("_lignes"), counts(self.champ, mean.quand, mean.sauf)),
            (("annee", Column("annee")), *columns, ("valeur", value)),
        )
        plan = Aggregate(lines, (("annee", *mean.par, "valeur"),), (Measure("n", "count"),))
        own = means(pl.DataFrame(pl.from_arrow(self.engine.run(plan))), mean.par, trimmed=mean.rognee)
        own = own.select("annee", *mean.par, pl.col("moyenne").alias(name))
        if mean.reference:
            known = reference[mean.reference].select("annee", *mean.par, pl.col("moyenne").alias(name))
            own = pl.concat([own.join(known, on="annee", how="anti"), known.cast(own.schema)])
        self.engine.store(f"_{name}", own.to_arrow())

    def following(self) -> None:
        """Store what comes after each stay."""
        store_following(self.engine, self.champ)

    def base(self, cube: str) -> None:
        """Make a base cube."""
        declared = self.champ.cubes[cube]
        sums = tuple(Measure(name, "sum", name) for name in declared.sommes)
        grouped = Aggregate(self._counted(declared), (declared.dimensions,), sums)
        self._create(base_shape(self.champ, cube), self._with_parents(grouped, declared.dimensions, declared.sommes))
        if self.champ.unites:
            self.engine.drop("_unites")

    def rollups(self, restitutions: Iterable[Restitution]) -> None:
        """Make each rollup that gains enough, from the smallest table that holds its columns."""
        for wanted in shapes(self.champ, restitutions):
            sources = [t for t in self.tables if t.cube == wanted.cube and set(wanted.columns) <= set(t.colonnes)]
            source = min(sources, key=lambda t: t.lignes)
            if self.engine.count(Aggregate(Scan(source.nom), (wanted.dimensions,), ())) * GAIN > source.lignes:
                continue
            sums = tuple(Measure(name, "sum", name) for name in self.champ.cubes[wanted.cube].sommes)
            self._create(wanted, Aggregate(Scan(source.nom), (wanted.columns,), sums))

    def distinct(self, name: str) -> None:
        """Make the table of a distinct count: one row a person and group of dimensions, with the first month.

        It is enough for any cumulated period.
        """
        declared = self.champ.distincts[name]
        taken = ("codes_retour", declared.colonne)
        chained = LeftJoin(Scan("_lignes"), Scan("_chainage"), self._line, taken)
        kept = Filter(chained, counts(self.champ, declared.quand))
        finest = tuple(d for d in declared.dimensions if d != "mois")
        columns = (*((d, key(d, self.champ)) for d in (*finest, "mois")), (declared.colonne, Column(declared.colonne)))
        grouped = Aggregate(Derive(kept, columns), ((*finest, declared.colonne),), (Measure("mois", "min", "mois"),))
        plan = self._with_parents(grouped, finest, ("mois", declared.colonne))
        parents = tuple(p for d in finest for p in self.champ.dimensions[d].parents)
        wanted = Shape(name, finest, (*finest, *parents, "mois"))
        assert wanted.table == persons_table(self.champ, name)
        self._create(wanted, plan)

    def check(self, reconciliation: list[Rapprochement]) -> None:
        """Do nothing if every line of the store is in the cubes or in a named exclusion.

        Raises:
            SanoscopeError: ``rapprochement``.
        """
        for cube, declared in self.champ.cubes.items():
            if "lignes" not in declared.sommes:
                continue
            table = base_shape(self.champ, cube).table
            rows = self.engine.run(Aggregate(Scan(table), (("annee",),), (Measure("n", "sum", "lignes"),))).to_pylist()
            held = {row["annee"]: row["n"] for row in rows}
            for year in reconciliation:
                left_out = sum(year.exclusions.values())
                if not held.get(year.annee, 0) == year.retenues == year.lignes - left_out:
                    raise SanoscopeError(
                        "rapprochement",
                        f"{year.annee} : {year.lignes} lignes reçues, {left_out} exclues, {held.get(year.annee, 0)} "
                        f"dans le cube {cube}. L'édition n'est pas construite.",
                        todo="Signalez-le : aucune ligne ne doit se perdre.",
                    )

    def drop(self) -> None:
        """Drop what lines were set against."""
        for table in (*(f"_{name}" for name in self.champ.moyennes), *((FOLLOWING,) if self.follows else ())):
            self.engine.drop(table)

    def _counted(self, cube: Cube) -> Plan:
        """What a cube counts: its dimensions, and what each line, or each part of a unit, adds to its sums."""
        lines = self._beside(Filter(Scan("_lignes"), counts(self.champ)))
        sums = {name: self.champ.sommes[name] for name in cube.sommes}
        of_lines = [
            (name, contribution(somme, self.champ)) for name, somme in sums.items() if not self._in_units(somme)
        ]
        dimensions = [(name, key(name, self.champ)) for name in cube.dimensions]
        if not self.champ.unites:
            return Derive(lines, (*dimensions, *of_lines))
        own = [
            (name, Coalesce(column(name, self.champ), Constant(empty)))
            for name, empty in self.champ.unites.par.items()
            if name not in cube.dimensions
        ]
        names = (*cube.dimensions, *(name for name, _ in own))
        parts = Aggregate(
            Derive(lines, (*dimensions, *own, *of_lines)), (names,), tuple(Measure(n, "sum", n) for n, _ in of_lines)
        )
        self.engine.create("_unites", parts)
        unit = tuple(name for name in names if name != "mois")
        begun = Aggregate(Scan("_unites"), (unit,), (Measure("debut", "min", "mois"),))
        known = self.champ.model_copy(update={"colonnes": {}})  # a unit has its columns, those of its lines are gone
        first = Binary("=", Column("mois"), Column("debut"))
        of_units = [
            (name, Case(((first, contribution(somme, known)),), Constant(0)))
            for name, somme in sums.items()
            if self._in_units(somme)
        ]
        kept = [(name, Column(name)) for name in (*cube.dimensions, *(name for name, _ in of_lines))]
        return Derive(LeftJoin(Scan("_unites"), begun, unit, ("debut",)), (*kept, *of_units))

    def _beside(self, lines: Plan) -> Plan:
        """Add to lines what they are set against, and what comes after them."""
        for name, mean in self.champ.moyennes.items():
            lines = LeftJoin(lines, Scan(f"_{name}"), ("annee", *mean.par), (name,))
        if self.follows:
            lines = LeftJoin(lines, Scan(FOLLOWING), self._line, ("suite_jours", "suite_finess"))
        return lines

    def _in_units(self, somme: Somme) -> bool:
        """Tell whether a sum counts units, itself or all that it is the sum of."""
        return somme.unites or any(self._in_units(self.champ.sommes[name]) for name in somme.egale)

    def _with_parents(self, plan: Plan, dimensions: tuple[str, ...], rest: tuple[str, ...]) -> Plan:
        """Add the coarser dimensions that the given ones determine; a code that no table knows belongs to "?"."""
        known: dict[str, Expression] = {name: Column(name) for name in (*dimensions, *rest)}
        for of, on in (
            *((name, ("annee", name)) for name in trees(self.champ)),
            ("finess", ("annee", "finess")),
            ("code_geo", ("code_geo",)),
        ):
            if of in dimensions and self.champ.dimensions[of].parents:
                table = {"finess": ESTABLISHMENTS, "code_geo": GEOGRAPHY}.get(of, f"_{of}")
                parents = self.champ.dimensions[of].parents
                plan = LeftJoin(plan, Scan(table), on, parents)
                known |= {p: Coalesce(Column(p), Constant(UNKNOWN)) for p in parents}
        order = (*dimensions, *(n for n in known if n not in (*dimensions, *rest)), *rest)
        return Derive(plan, tuple((name, known[name]) for name in order))

    def _create(self, wanted: Shape, plan: Plan) -> None:
        self.tables.append(wanted.held(self.engine.create_sorted(wanted.table, plan, wanted.dimensions)))
