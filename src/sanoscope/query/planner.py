"""From a `Query` to plans on the smallest table that can answer."""

from dataclasses import dataclass
from typing import Any

from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition, Etablissement
from sanoscope.edition.manifest import DRAWS, SPREAD, TableCube
from sanoscope.engine.plan import (
    Aggregate,
    Binary,
    Column,
    Constant,
    Expression,
    Filter,
    In,
    Measure,
    Plan,
    Scan,
    all_of,
)
from sanoscope.errors import SanoscopeError
from sanoscope.query.criteria import Query, Zone
from sanoscope.sentence import Sentence

RowKey = tuple[Any, ...]
"""Key of a row of an answer: its year, then the values of its dimensions; of a total, without the last one."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query in the words of the cubes.

    Attributes:
        rows: dimensions of the rows; the last one is what a total runs over.
        years: years to read, the year before included where it is compared.
        conditions: what filters, by column: allowed values.
        last_month: cumulated to that month; 0 is no limit.
        shown: establishments whose rows are shown, or None for all (the others still count in totals and shares).
        selected: establishments are picked in a way that makes no published group: a basket, a sector…
        identified: it is asked of a restitution that is not for anybody: who asks has been checked.
    """

    rows: tuple[str, ...]
    years: tuple[int, ...]
    conditions: tuple[tuple[str, tuple[str, ...]], ...]
    last_month: int
    shown: frozenset[str] | None
    selected: bool = False
    identified: bool = False

    def is_group(self, *, total: bool) -> bool:
        """Tell whether a row (or a total) is a published group of establishments, over a whole year."""
        one_by_one = "finess" in self.rows and not total
        return not self.last_month and (one_by_one or not self.selected)

    def reads(self, table: TableCube) -> bool:
        """Tell whether an open table may answer it."""
        return self.identified or table.acces == "libre"


def question(query: Query, restitution: Restitution, champ: Champ, edition: Edition) -> Question:
    """Return the question that a query asks of an edition's cubes."""
    origins = {dimension.lieu: name for name, dimension in champ.dimensions.items() if dimension.lieu}
    level = query.regroupement
    origin = origins.get(level, "")
    rows = tuple({"regroupement": level, "origine": origin}.get(name, name) for name in restitution.lignes)
    rows = tuple(name for name in rows if name)
    years = query.annees
    if restitution.precedente:
        years = tuple(year for year in (years[0] - 1, years[0]) if year in edition.manifest.annees)
    conditions: list[tuple[str, tuple[str, ...]]] = list(restitution.filtre.items())
    if query.activite:
        conditions.append((query.activite[0], (query.activite[1],)))
    by_residence = restitution.criteres.zone == "residence"
    if by_residence:
        conditions += _residence(query, edition)
    selection = _establishments(query, years, edition, in_zone=not by_residence)
    if selection and (named := restitution.criteres.etablissement_de) != "finess":
        selection = [(named, tuple(sorted(_finess_of(selection, edition))))]
    if selection and not by_residence:
        conditions += selection
    month = query.mois
    if restitution.memes_etablissements:
        month, both = same_establishments(query, edition)
        conditions.append(("finess", tuple(sorted(both))))
    shown = _finess_of(selection, edition) if selection and by_residence else None
    whole = {"region", "departement"} if not query.etablissement else {"finess"}
    selected = not by_residence and (
        len(selection) > 1 or bool(query.panier) or any(c not in whole for c, _ in selection)
    )
    selected |= restitution.memes_etablissements
    identified = restitution.acces != "libre"
    return Question(rows, years, tuple(conditions), month, shown, selected, identified)


def same_establishments(query: Query, edition: Edition) -> tuple[int, frozenset[str]]:
    """Return the month up to which two years are compared (0: whole), and who has sent it in both.

    It is the month asked for, else the last that any has sent in the year.
    """
    (year,) = query.annees
    month = query.mois or edition.manifest.mois_de(year) or 12
    sent = [
        {e.finess for e in edition.etablissements.values() if e.annee == y and e.mois >= month}
        for y in (year, year - 1)
    ]
    return month % 12, frozenset(sent[0] & sent[1])


def needed_columns(asked: Question) -> set[str]:
    """Return the columns that a table must have to answer."""
    needed = {"annee", *asked.rows, *(column for column, _ in asked.conditions)}
    return needed | {"mois"} if asked.last_month else needed


def choose(asked: Question, cube: str, edition: Edition) -> TableCube:
    """Return the smallest table of a cube that has every column the question needs.

    Raises:
        SanoscopeError: ``sans-table``: the edition was built for another catalogue.
    """
    needed = needed_columns(asked)
    for table in edition.tables(cube):
        if needed <= set(table.colonnes):
            return table
    raise SanoscopeError(
        "sans-table",
        Sentence(
            "L'édition « %(nom)s » n'a pas de quoi répondre : %(liste)s.",
            nom=edition.nom,
            liste=", ".join(sorted(needed)),
        ),
        todo=Sentence("Reconstruisez-la avec « sanoscope build »."),
    )


def choose_open(asked: Question, sums: tuple[str, ...], edition: Edition) -> dict[str, TableCube]:
    """Return the smallest open table for each sum that the lattice publishes along the question's columns."""
    needed = needed_columns(asked)
    held = [t for t in edition.champ.tables if not t.groupes and asked.reads(t) and needed <= set(t.colonnes)]
    tables = sorted(held, key=lambda t: (t.lignes, t.nom))
    return {name: next(t for t in tables if name in t.sommes) for name in sums if any(name in t.sommes for t in tables)}


def sums_plan(asked: Question, table: TableCube, sums: tuple[str, ...], *, public: bool) -> Aggregate:
    """Return the plan of additive figures: one row for each year and row of the answer.

    From an open table, the tracer of each sum comes with it, one more sum, and its spreads where it has some.
    """
    keys = ("annee", *asked.rows)
    measures = [Measure(name, "sum", name) for name in sums]
    if public:
        measures += [Measure(tracer, "sum", tracer) for tracer in dict.fromkeys(table.sommes[n] for n in sums)]
        measures += [Measure(spread, "sum", spread) for name in sums for spread in spreads(name, table)]
    return Aggregate(filtered(asked, table), (keys,), tuple(measures), keys)


def spreads(name: str, table: TableCube) -> tuple[str, ...]:
    """Return the columns of an open table that say how far its count may be from the true one."""
    return tuple(f"{name}{SPREAD}{draw}" for draw in range(DRAWS)) if name in table.comptes else ()


def distinct_plan(asked: Question, table: TableCube, name: str, column: str) -> Plan:
    """Return the plan of distinct persons: the rows, and the totals, which are not their sum."""
    keys = ("annee", *asked.rows)
    return Aggregate(filtered(asked, table), (keys, keys[:-1]), (Measure(name, "distinct", column),))


def filtered(asked: Question, table: TableCube) -> Plan:
    """Return the rows of a table that a question is about."""
    conditions: list[Expression] = [In(Column("annee"), asked.years)]
    conditions += [In(Column(column), values) for column, values in asked.conditions]
    if asked.last_month:
        conditions.append(Binary("<=", Column("mois"), Constant(asked.last_month)))
    condition = all_of(conditions)
    return Filter(Scan(table.nom), condition) if condition else Scan(table.nom)


def _residence(query: Query, edition: Edition) -> list[tuple[str, tuple[str, ...]]]:
    zone = query.zone
    match zone.kind:
        case "france" | "recrutement":  # the latter is read from figures: `query.recruitment`
            return []
        case "code_geo":
            return [("code_geo", (zone.code,))]
        case "zonage":
            return [("code_geo", tuple(sorted(edition.zonages[zone.zonage][zone.code][1])))]
        case kind:
            return [(f"{kind}_residence", (zone.code,))]


def _establishments(
    query: Query, years: tuple[int, ...], edition: Edition, *, in_zone: bool
) -> list[tuple[str, tuple[str, ...]]]:
    conditions: list[tuple[str, tuple[str, ...]]] = [
        (name, (getattr(query, name),)) for name in ("secteur", "categorie", "ght") if getattr(query, name)
    ]
    if query.etablissement:
        conditions.append(("finess", (query.etablissement,)))
    if query.panier:
        conditions.append(("finess", query.panier))
    zone = query.zone
    if in_zone and zone.kind in ("region", "departement"):
        conditions.append((zone.kind, (zone.code,)))
    elif in_zone and zone.kind != "france":
        conditions.append(("finess", _implanted(query.zone, years, edition)))
    return conditions


def _implanted(zone: Zone, years: tuple[int, ...], edition: Edition) -> tuple[str, ...]:
    """Return the establishments that are in a territory, a code or a free zone in one of the years.

    They are named one by one, as a basket is: the open side publishes no such zone.
    """

    def inside(one: Etablissement) -> bool:
        if zone.kind == "territoire":
            return one.territoire == zone.code
        codes = edition.zonages[zone.zonage][zone.code][1] if zone.kind == "zonage" else {zone.code}
        return one.code_geo in codes

    return tuple(sorted({e.finess for e in edition.etablissements.values() if e.annee in years and inside(e)}))


def _finess_of(conditions: list[tuple[str, tuple[str, ...]]], edition: Edition) -> frozenset[str]:
    return frozenset(
        e.finess
        for e in edition.etablissements.values()
        if all(getattr(e, column) in values for column, values in conditions)
    )
