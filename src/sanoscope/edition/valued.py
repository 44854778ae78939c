"""Lines with what each is worth: the columns of `catalogue.field.VALUED`, by the tariffs of `edition.tariffs`."""

from dataclasses import dataclass

import polars as pl

from sanoscope.catalogue.field import VALUED, Champ, Rayons
from sanoscope.edition.rules import key
from sanoscope.edition.tariffs import (
    GROUP,
    MONTH,
    PLACE,
    TARIFF,
    WORTH,
    amounts,
    group,
    in_force,
    number,
    places,
    price,
    supplements_in_force,
    total,
    why,
)
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
    LeftJoin,
    Measure,
    Plan,
    Scan,
)
from sanoscope.nomenclature.reference import Reference

ITEMS = "_rayons"
"""What shows the items of the zone that tells supplements."""

_PLACES, _TARIFFS, _SUPPLEMENTS = "_lieux", "_tarifs", "_supplements"
"""Tables that lines are joined with: by what scale a month's are paid, tariffs, prices of supplements."""

MONTH_OF_LINE = MONTH[1]


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines to be valued: the table ``_lignes``.

    Attributes:
        names: the columns that they keep.
        of_line: columns that tell a line from another, and the items of its zones; they are not kept.
        chained: ``_chainage`` tells more of them.
        items: `ITEMS` shows the items of the zone that tells supplements.
    """

    names: tuple[str, ...]
    of_line: tuple[str, ...]
    chained: bool
    items: bool


def valued_lines(engine: DuckDBEngine, champ: Champ, reference: Reference, lines: Lines) -> Plan:
    """Store the tariffs that lines meet, and return the plan of the lines with what they are worth.

    Args:
        engine: where ``_lignes`` is, and ``_chainage``; `forget_tariffs` drops what is written there.
        champ: the field, with ``valorisation``.
        reference: establishments, tariffs, supplements, geographic coefficients.
        lines: what the lines are.
    """
    declared = champ.valorisation
    assert declared is not None
    grouped = _grouped(champ, lines)
    ends = _rows(engine, Aggregate(grouped, ((*MONTH, "finess"),), ()))
    known = reference.establishments(ends.select("annee", "finess").unique())
    attributes = known.select("annee", "finess", "secteur", "departement")
    _store(engine, _PLACES, places(ends, attributes, reference["coefficients_geographiques"]))
    placed = LeftJoin(grouped, Scan(_PLACES), (*MONTH, "finess"), PLACE)
    met = _rows(engine, Aggregate(placed, ((*MONTH, *PLACE, *GROUP),), ()))
    _store(engine, _TARIFFS, in_force(met, reference["tarifs_ghs"]))
    codes = (*declared.supplements, *(declared.rayons.codes if declared.rayons else ()))
    scales = met.select(*MONTH, *PLACE).unique()
    _store(engine, _SUPPLEMENTS, supplements_in_force(scales, reference["tarifs_supplements"], codes))
    priced: Plan = LeftJoin(placed, Scan(_TARIFFS), (*MONTH, *PLACE, *GROUP), (*TARIFF, "echelle"))
    priced = LeftJoin(priced, Scan(_SUPPLEMENTS), (*MONTH, *PLACE), tuple(price(code) for code in codes))
    if declared.rayons:
        priced = _with_items(priced, declared.rayons, lines) if lines.items else priced
    return _worth(priced, champ, lines)


def forget_tariffs(engine: DuckDBEngine) -> None:
    """Drop the tables that `valued_lines` stored."""
    for table in (_PLACES, _TARIFFS, _SUPPLEMENTS):
        engine.drop(table)


def _grouped(champ: Champ, lines: Lines) -> Plan:
    """Return the lines with their month, their group and what the chaining tells of them; it may say nothing."""
    declared = champ.valorisation
    assert declared is not None
    whole: Plan = Scan("_lignes")
    told: list[tuple[str, Expression]] = [(name, Constant("")) for name in declared.chainage]
    if lines.chained and champ.chainage:
        whole = LeftJoin(whole, Scan("_chainage"), ("annee", "finess", *champ.chainage.cle), declared.chainage)
        told = [(name, Column(name)) for name in declared.chainage]
    kept = [(name, Column(name)) for name in (*lines.names, *lines.of_line)]
    return Derive(whole, (*kept, *told, (MONTH_OF_LINE, key("mois", champ)), *group(declared, champ)))


def _with_items(lines: Plan, rays: Rayons, told: Lines) -> Plan:
    """Return lines with how many supplements of each code the items of the zone tell: columns `tariffs.number`."""
    names = tuple(number(code) for code in rays.codes)
    many = Coalesce(Column(rays.nombre), Constant(0))
    of_code = tuple(
        (name, Case(((Binary("=", Coalesce(Column(rays.code), Constant("")), Constant(code)), many),), Constant(0)))
        for name, code in zip(names, rays.codes, strict=True)
    )
    items = Derive(Scan(ITEMS), (*((name, Column(name)) for name in told.of_line), *of_code))
    summed = Aggregate(items, (told.of_line,), tuple(Measure(name, "sum", name) for name in names))
    return LeftJoin(lines, summed, told.of_line, names)


def _worth(lines: Plan, champ: Champ, told: Lines) -> Plan:
    """Return priced lines with `VALUED`: what is not worth anything is worth 0."""
    declared = champ.valorisation
    assert declared is not None
    found = amounts(declared, champ, items=told.items)
    kept = tuple((name, Column(name)) for name in told.names)
    said: tuple[tuple[str, Expression], ...] = (("valorisation", Column("valorisation")),)
    worth = Binary("=", Column("valorisation"), Constant(WORTH))
    first = Derive(lines, (*kept, ("valorisation", why(declared, champ)), *found.items()))
    paid = Derive(first, (*kept, *said, *((n, Case(((worth, Column(n)),), Constant(0))) for n in found)))
    whole = Derive(paid, (*kept, *said, *((n, Column(n)) for n in found), ("montant_total", total())))
    assert {name for name, _ in whole.columns} >= set(VALUED)
    return whole


def _rows(engine: DuckDBEngine, plan: Plan) -> pl.DataFrame:
    read = pl.DataFrame(pl.from_arrow(engine.run(plan)))
    return read.with_columns(pl.col(MONTH).cast(pl.Int64))


def _store(engine: DuckDBEngine, name: str, rows: pl.DataFrame) -> None:
    engine.store(name, rows.to_arrow())
