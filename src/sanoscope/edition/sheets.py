"""From the cubes of a year to the lattice that `disclosure` protects: what a field publishes, as numbers.

A column of the trunk is a (class, count) pair, e.g. (racine 04M05, complete stays). A sheet with a dimension ``par``
has for columns (class, count, value of the dimension); one without, (class, count): the counts are the shares.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sanoscope.catalogue.field import Champ, Feuillet
from sanoscope.disclosure.lattice import Lattice, Sheet, lattice
from sanoscope.disclosure.sides import NOWHERE, Level, side
from sanoscope.edition.rollups import base_shape
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.plan import Aggregate, Binary, Column, Constant, Filter, Measure, Scan

ROW_WEIGHTS = (1.0, 4.0, 20.0)
"""What losing a figure of each level of establishments costs: an establishment, a département, a région."""

READ_BY_ALL = 5.0
"""How many times dearer it is to lose a figure of the finest places that anybody reads, of finer ones that few do."""

WHOLE = 5_000.0
"""What losing the total of an establishment or a zone costs: so much that it is lost only where nothing else can be."""

PART = 5.0
"""What losing one part of such a total costs: its men, its deaths, one of its months."""

ASIDE = ("cmd", "aso")
"""Groups that are not ancestors of the others: they do not help to put columns in order."""

COUNT = "compte"
PEOPLE = "_n"


@dataclass(frozen=True)
class YearSheet:
    """A sheet of a year: its columns by name, the amounts that ride on its counts.

    Attributes:
        nom: name of the sheet.
        columns: one row a column leaf, in order: dimensions of its class, their parents, ``par``, ``compte``.
        amounts: rows of the lattice's cells that belong to it, with one column for each sum that it carries.
    """

    nom: str
    feuillet: Feuillet
    columns: pl.DataFrame
    cells: pl.DataFrame


@dataclass(frozen=True)
class Year:
    """A year's lattice and the names of its rows and columns."""

    annee: int
    lattice: Lattice
    rows: tuple[str, ...]
    sheets: tuple[YearSheet, ...]

    @property
    def names(self) -> list[str]:
        """A name for each column leaf that is the same in another edition."""
        found = []
        for sheet in self.sheets:
            parts = [pl.col(name).cast(pl.String) for name in sheet.columns.columns]
            found += (
                sheet.columns.select(pl.concat_str([pl.lit(sheet.nom), *parts], separator="|")).to_series().to_list()
            )
        return found

    def carriers(self, names: list[str]) -> NDArray[np.bool_]:
        """Return bool[sums, column leaves], the columns whose people carry each sum."""
        return np.array(
            [
                np.concatenate(
                    [
                        sheet.columns[COUNT].is_in(sheet.feuillet.portees.get(name, ())).to_numpy()
                        for sheet in self.sheets
                    ]
                )
                for name in names
            ]
        ).reshape(len(names), -1)

    def amounts(self) -> tuple[list[str], NDArray[np.int64]]:
        """Return the sums that ride on counts, and int64[cells, sums] what each base cell has of them."""
        names = list(dict.fromkeys(name for sheet in self.sheets for name in sheet.feuillet.portees))
        held = np.zeros((len(self.lattice.cells), len(names)), np.int64)
        keys = self.lattice.cells[:, 0].astype(np.int64) * self.lattice.columns.leaves + self.lattice.cells[:, 1]
        for sheet, start in zip(self.sheets, self.lattice.leaf_start, strict=False):
            if not sheet.feuillet.portees:
                continue
            cells = sheet.cells.filter(pl.col(PEOPLE) > 0)
            own = cells["ligne"].to_numpy() * self.lattice.columns.leaves + cells["colonne"].to_numpy() + start
            at = np.searchsorted(keys, own)
            for name in sheet.feuillet.portees:
                held[at, names.index(name)] = cells[name].to_numpy()
        return names, held


def read_year(engine: DuckDBEngine, champ: Champ, annee: int, threshold: int) -> Year:
    """Return the lattice of a year.

    Args:
        engine: an edition's secure store.
        champ: the field, with what it publishes.
        annee: the year.
        threshold: smallest count of people that may be shown.
    """
    public = champ.publication
    establishments = _read(engine, champ, next(iter(champ.cubes)), annee, public.lignes, ()).sort(
        *reversed(public.lignes)
    )
    rows = (
        establishments.unique(champ.ligne, maintain_order=True)
        .with_row_index("ligne")
        .with_columns(pl.col("ligne").cast(pl.Int64))
    )
    built: list[YearSheet] = []
    for name, declared in public.feuillets.items():
        built.append(_sheet(engine, champ, annee, name, declared, rows, built[0] if built else None))
    trunk, *others = built
    row_levels = [Level(np.arange(len(rows)))]
    for name, weight in zip(public.lignes[1:], ROW_WEIGHTS[1:], strict=False):
        row_levels.append(Level(_codes(rows, [name]), weight * READ_BY_ALL if name == public.libre else weight))
    row_levels.append(Level(np.zeros(len(rows), np.int64), 1000.0))
    made = lattice(
        side(row_levels),
        side(_levels(champ, trunk, WHOLE)),
        _counts(trunk),
        sheets=[Sheet(side(_levels(champ, s, PART)), _shares(s), _tie(champ, trunk, s), _counts(s)) for s in others],
        threshold=threshold,
    )
    return Year(annee, made, tuple(rows[champ.ligne]), tuple(built))


def _read(
    engine: DuckDBEngine, champ: Champ, cube: str, annee: int, dimensions: tuple[str, ...], sums: tuple[str, ...]
) -> pl.DataFrame:
    table = base_shape(champ, cube).table
    year = Filter(Scan(table), Binary("=", Column("annee"), Constant(annee)))
    plan = Aggregate(year, (dimensions,), tuple(Measure(name, "sum", name) for name in sums))
    return pl.DataFrame(pl.from_arrow(engine.run(plan)))


def parents(champ: Champ, declared: Feuillet) -> tuple[str, ...]:
    """Return the coarser dimensions that a sheet's own determine."""
    own = declared.dimensions
    found = dict.fromkeys(p for name in own for p in champ.dimensions[name].parents)
    return tuple(name for name in found if name not in own)


def _sheet(
    engine: DuckDBEngine,
    champ: Champ,
    annee: int,
    name: str,
    declared: Feuillet,
    rows: pl.DataFrame,
    trunk: YearSheet | None,
) -> YearSheet:
    coarse = parents(champ, declared)
    by = (*declared.dimensions, *coarse)
    sums = (*declared.comptes, *declared.portees)
    table = _read(engine, champ, declared.cube, annee, (champ.ligne, *by), sums)
    class_names = [n for n in by if n != declared.par and n not in _parents_of(champ, declared.par)]
    if trunk is None:
        columns = _long(table, declared).select(*by, COUNT).unique()
        # near columns share most of their groups: the count first, then the tree that the class belongs to
        columns = columns.sort(COUNT, *reversed([n for n in by if n not in ASIDE]))
    else:
        classes = (
            trunk.columns.select([n for n in class_names if n in trunk.columns.columns]).unique().sort(class_names)
        )
        shares = _share_values(table, champ, declared)
        columns = classes.join(shares, how="cross", maintain_order="left_right")
    columns = columns.with_row_index("colonne").with_columns(pl.col("colonne").cast(pl.Int64))
    cells = _long(table, declared).join(rows.select(champ.ligne, "ligne"), on=champ.ligne)
    cells = cells.join(columns, on=[n for n in columns.columns if n != "colonne"])
    return YearSheet(name, declared, columns.drop("colonne"), cells)


def _parents_of(champ: Champ, dimension: str) -> tuple[str, ...]:
    return champ.dimensions[dimension].parents if dimension else ()


def _share_values(table: pl.DataFrame, champ: Champ, declared: Feuillet) -> pl.DataFrame:
    """The columns of a class: its counts, by each value of the dimension that breaks it down."""
    counts = pl.DataFrame({COUNT: list(declared.comptes)})
    if not declared.par:
        return counts
    above = champ.dimensions[declared.par].parents
    values = table.select(declared.par, *above).unique().sort(*above, declared.par)
    # counts are classes of their own there, the shares are the values
    return counts.join(values, how="cross", maintain_order="left_right")


def _long(table: pl.DataFrame, declared: Feuillet) -> pl.DataFrame:
    """One row a count; what rides on several counts goes with the largest of them."""
    index = [n for n in table.columns if n not in declared.comptes]
    long = table.unpivot(list(declared.comptes), index=index, variable_name=COUNT, value_name=PEOPLE)
    long = long.filter(pl.col(PEOPLE) > 0)
    keys = [n for n in index if n not in declared.portees]
    for name, carriers in declared.portees.items():
        carried = pl.col(PEOPLE) * pl.col(COUNT).is_in(carriers)
        first = (carried == carried.max().over(keys)) & (carried > 0)
        alone = first & (first.cast(pl.Int32).cum_sum().over(keys) == 1)
        long = long.with_columns(pl.when(alone).then(pl.col(name)).otherwise(0).alias(name))
    return long


def _counts(sheet: YearSheet) -> NDArray[np.int64]:
    return sheet.cells.select("ligne", "colonne", PEOPLE).to_numpy().astype(np.int64)


def _shares(sheet: YearSheet) -> int:
    """Return how many columns a class is broken into; of a year in which nothing counts there is no column at all."""
    declared = sheet.feuillet
    return max(1, sheet.columns[declared.par].n_unique()) if declared.par else len(declared.comptes)


def _tie(champ: Champ, trunk: YearSheet, sheet: YearSheet) -> NDArray[np.int64]:
    """Return the class of each column of the trunk in a sheet, or `NOWHERE`."""
    declared = sheet.feuillet
    classes = sheet.columns.with_row_index("rang").with_columns(pl.col("rang").cast(pl.Int64) // _shares(sheet))
    on = [n for n in trunk.columns.columns if n in sheet.columns.columns and n != COUNT]
    if declared.par:
        whole = {leaf: count for count in declared.comptes for leaf in champ.feuilles(count)}
        of = trunk.columns.with_columns(pl.col(COUNT).replace_strict(whole, default=None))
        on.append(COUNT)
    else:
        of = trunk.columns
    found = of.join(classes.select(*on, "rang").unique(), on=on, how="left", maintain_order="left")
    return found["rang"].fill_null(NOWHERE).to_numpy()


def _levels(champ: Champ, sheet: YearSheet, whole: float) -> list[Level]:
    """Return the levels of a sheet's columns: each dimension, alone and with the one it is broken down by.

    ``whole`` is what losing a total of all columns costs.
    """
    declared, columns = sheet.feuillet, sheet.columns
    broken = [(declared.par,), *((p,) for p in _parents_of(champ, declared.par))] if declared.par else [()]
    dimensions = [n for n in columns.columns if n not in (COUNT, *(b for by in broken for b in by))]
    found = [Level(np.arange(len(columns)))]
    seen = {found[0].codes.tobytes()}
    for by in broken:
        for of in [(n,) for n in dimensions] + [()]:
            for codes in _of_counts(champ, declared, columns, [*of, *by]):
                if codes.tobytes() not in seen:
                    seen.add(codes.tobytes())
                    weight = min(5.0, float(np.sqrt(len(columns) / (codes.max() + 1)))) if of or by else whole
                    found.append(Level(codes, weight))
    known = {_partition(level.codes) for level in found}
    for pair in declared.croise:
        for codes in _of_counts(champ, declared, columns, list(pair)):
            if _partition(codes) not in known:
                known.add(_partition(codes))
                found.append(Level(codes, min(5.0, float(np.sqrt(len(columns) / (codes.max() + 1))))))
    return found


def _partition(codes: NDArray[np.integer]) -> tuple[bytes, bytes]:
    """Return the groups of some columns, whatever their numbers are."""
    _, first, which = np.unique(codes, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[which].tobytes(), (codes == NOWHERE).tobytes()


def _of_counts(champ: Champ, declared: Feuillet, columns: pl.DataFrame, by: list[str]) -> list[NDArray[np.int64]]:
    """Return the groups by some dimensions of each count, of all counts, and of sums of some of them."""
    groups = [_codes(columns, [*by, COUNT])]
    if len(declared.comptes) > 1:
        groups.append(_codes(columns, by) if by else np.zeros(len(columns), np.int64))
    for name, somme in champ.sommes.items():
        leaves = champ.feuilles(name)
        if not somme.egale or not set(leaves) < set(declared.comptes):
            continue
        inside = columns[COUNT].is_in(leaves).to_numpy()
        whole = groups[1][~inside]
        codes = np.full(len(columns), NOWHERE, np.int64)
        if len(np.intersect1d(groups[1][inside], whole)):  # else it is the same as all counts
            codes[inside] = np.unique(groups[1][inside], return_inverse=True)[1]
            groups.append(codes)
    return groups


def _codes(table: pl.DataFrame, names: list[str]) -> NDArray[np.int64]:
    ranks = table.select(pl.struct(names).rank("dense") - 1).to_series()
    return ranks.to_numpy().astype(np.int64)
