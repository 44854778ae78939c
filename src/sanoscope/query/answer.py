"""From a `Query` to a `Table`: plan, run, say what may be shown of each cell, assemble. Every output passes here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanoscope.access.scope import Scope
from sanoscope.catalogue.field import Champ, Mesure
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.edition.manifest import TRACER, TableCube
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.query import words
from sanoscope.query.criteria import Query
from sanoscope.query.planner import (
    Question,
    choose,
    choose_open,
    distinct_plan,
    question,
    spreads,
    sums_plan,
)
from sanoscope.query.states import NOTHING, Shown, Sum, hide_zeros, margin, shown_ratio, shown_share, shown_sum
from sanoscope.query.table import Kind, Label, Measured, State, Table

Ints = NDArray[np.int64]
RowKey = tuple[Any, ...]


@dataclass
class Grid:
    """The additive figures of an answer, by row and period.

    Attributes:
        keys: key of each row: year, then the rows' dimensions (the year is 0 where years are side by side).
        groups: int64[rows], the total each row belongs to; ``group_keys`` their keys.
        columns: int64 or uint64[rows, periods], by column: sums, and in an open edition their tracers and spreads.
    """

    keys: list[RowKey]
    groups: Ints
    group_keys: list[RowKey]
    columns: dict[str, NDArray[Any]]
    totals: dict[str, NDArray[Any]] = field(init=False)

    def __post_init__(self) -> None:
        """Add up the rows of each group; tracers wrap around, as they must."""
        self.totals = {}
        for name, values in self.columns.items():
            total = np.zeros((len(self.group_keys), values.shape[1]), values.dtype)
            np.add.at(total, self.groups, values)
            self.totals[name] = total

    def sum(self, name: str, spread: tuple[str, ...], *, row: int, period: int, total: bool) -> Sum:
        """Return a sum of a row, or of the total of a group."""
        of = self.totals if total else self.columns
        moved = bool(of[name + TRACER][row, period]) if name + TRACER in of else False
        return Sum(int(of[name][row, period]), moved, margin([int(of[s][row, period]) for s in spread]) if moved else 0)


def answer(query: Query, scope: Scope, catalogue: Catalogue, edition: Edition, *, threshold: int = 11) -> Table:
    """Return the table that answers a query.

    Args:
        query: what is asked, from `criteria.parse`.
        scope: who asks: a reader who does not see all is answered from the open store alone.
        catalogue: what the restitution is.
        edition: where the figures are.
        threshold: smallest count of people that may be shown.

    Raises:
        SanoscopeError: the engine was interrupted, or the edition was built for another catalogue.
    """
    return _Answer(query, scope, catalogue, edition, threshold).table()


class _Answer:
    def __init__(self, query: Query, scope: Scope, catalogue: Catalogue, edition: Edition, threshold: int) -> None:
        if scope.masked != edition.public:
            raise ValueError("an open reader is answered from an open store, a secure one from a secure store")
        self.query = query
        self.edition = edition
        self.threshold = threshold if edition.public else 0
        self.restitution: Restitution = catalogue.restitution(query.restitution)
        self.champ: Champ = catalogue.champ(self.restitution)
        self.mesures: dict[str, Mesure] = {name: self.champ.mesures[name] for name in self.restitution.mesures}
        self.asked: Question = question(query, self.restitution, edition)
        # the years shown side by side (the one asked for first), or one column for all
        self.periods = tuple(reversed(self.asked.years)) if self.restitution.precedente else (0,)
        if self.restitution.precedente and len(self.periods) == 1:
            self.periods = (query.annees[0], query.annees[0] - 1)
        self.carriers = _carriers(self.champ)
        self.tables = self._tables()

    def table(self) -> Table:
        grid = self._grid()
        sums = {
            (kind, i, period): self._sums(grid, kind, i, period)
            for kind, count in (("detail", len(grid.keys)), ("total", len(grid.group_keys)))
            for i in range(count)
            for period in range(len(self.periods))
        }
        order = self._order(grid, sums)
        figures = [
            self._figure(name, mesure, period, grid, sums, order)
            for name, mesure in self.mesures.items()
            for period in range(len(self.periods))
        ]
        used = dict.fromkeys(table.nom for table in self.tables.values())
        return Table(
            title=words.title(self.query, self.restitution, self.edition),
            query=self.query.canonical,
            labels=self._labels(grid, order),
            figures=tuple(figures),
            kinds=tuple(kind for kind, _ in order),
            edition=self.edition.nom,
            state=self.edition.manifest.etat,
            made=self.edition.manifest.cree_le.date().isoformat(),
            notes=words.notes(self.query, self.restitution, self.edition, figures),
            table_used=", ".join(used),
        )

    def _tables(self) -> dict[str, TableCube]:
        """Return the table that answers each sum; a sum that the open side does not publish this way has none."""
        needed = needed_sums(list(self.mesures.values()))
        if self.edition.public:
            needed = tuple(dict.fromkeys([*needed, *(c for name in needed for c in self.carriers.get(name, ()))]))
        else:
            return dict.fromkeys(needed, choose(self.asked, self.restitution.cube, self.edition))
        if self.query.activite and self.query.regroupement:
            _check_nested(self.query.activite[0], self.query.regroupement, self.restitution, self.champ)
        found = choose_open(self.asked, needed, self.edition)
        main = [m.de for m in self.mesures.values() if m.genre == "somme"]
        if not all(name in found for name in main):
            raise _not_published(self.query, self.restitution, self.champ)
        return found

    # rows -------------------------------------------------------------------------------------------------------

    def _grid(self) -> Grid:
        names = tuple(self.tables)
        index: dict[RowKey, int] = {}
        found: list[tuple[int, int, dict[str, Any]]] = []
        columns: dict[str, Any] = {}
        for table in {t.nom: t for t in self.tables.values()}.values():
            own = tuple(name for name in names if self.tables[name].nom == table.nom)
            plan = sums_plan(self.asked, table, own, public=self.edition.public)
            kept = [*own]
            if self.edition.public:
                kept += [name + TRACER for name in own] + [s for name in own for s in spreads(name, table)]
            columns |= {name: np.uint64 if name.endswith(TRACER) else np.int64 for name in kept}
            for row in self.edition.engine.run(plan).to_pylist():
                if not any(row[name] for name in kept):
                    continue
                side_by_side = self.restitution.precedente
                key = (0 if side_by_side else row["annee"], *(row[name] for name in self.asked.rows))
                period = self.periods.index(row["annee"]) if side_by_side else 0
                found.append((index.setdefault(key, len(index)), period, {name: row[name] for name in kept}))
        values = {name: np.zeros((len(index), len(self.periods)), kind) for name, kind in columns.items()}
        for place, period, row in found:
            for name, value in row.items():
                values[name][place, period] = value
        keys = list(index)
        group_index: dict[RowKey, int] = {}
        groups = np.array([group_index.setdefault(key[:-1], len(group_index)) for key in keys], np.int64)
        return Grid(keys, groups, list(group_index), values)

    def _sums(self, grid: Grid, kind: str, i: int, period: int) -> dict[str, tuple[Sum, Shown]]:
        """Return every sum of a cell's row, with what is shown of it."""
        found = {
            name: grid.sum(name, self._spreads(name), row=i, period=period, total=kind == "total")
            for name in self.tables
        }
        group = self.asked.is_group(total=kind == "total")
        shown = {name: self._shown(name, found, group=group) for name in found}
        if self.edition.public:
            shown = hide_zeros(shown, self.champ)
        return {name: (found[name], shown[name]) for name in found}

    def _shown(self, name: str, found: dict[str, Sum], *, group: bool) -> Shown:
        """Return what is shown of a sum; of one that rides on counts, according to these."""
        people = self.champ.sommes[name].effectif
        carriers = [found[c] for c in self.carriers.get(name, ()) if c in found]
        if self.edition.public and carriers and found[name].moved:
            carrying = Sum(sum(c.value for c in carriers), moved=True)
            if shown_sum(carrying, people=True, group=False, threshold=self.threshold).state is State.SECRET:
                return Shown(State.SECRET)
            return Shown(State.APPROXIMATE, estimate=found[name].value)
        return shown_sum(found[name], people=people, group=group, threshold=self.threshold)

    def _spreads(self, name: str) -> tuple[str, ...]:
        return spreads(name, self.tables[name]) if self.edition.public else ()

    def _order(self, grid: Grid, sums: dict[Any, dict[str, tuple[Sum, Shown]]]) -> list[tuple[Kind, int]]:
        """Return (kind, index) of the rows to show: group after group, each with its total at the end.

        Rows whose sort figure is masked come last, by code: their order must not say what the mask hides.
        """
        size = np.zeros(len(grid.keys))
        if self.restitution.tri:
            column = getattr(self.mesures[self.restitution.tri], "de", "")
            for row in range(len(size)):
                of, shown = sums["detail", row, 0][column]
                size[row] = of.value if shown.state in (State.EXACT, State.APPROXIMATE) else -1
        order: list[tuple[Kind, int]] = []
        for group in sorted(range(len(grid.group_keys)), key=lambda g: grid.group_keys[g]):
            members = [i for i in range(len(grid.keys)) if grid.groups[i] == group and self._is_shown(grid.keys[i])]
            members.sort(key=lambda i: (-size[i], grid.keys[i]))
            order += [("detail", i) for i in members]
            order.append(("total", group))
        return order

    def _is_shown(self, key: RowKey) -> bool:
        return self.asked.shown is None or key[-1] in self.asked.shown

    def _labels(self, grid: Grid, order: list[tuple[Kind, int]]) -> tuple[Label, ...]:
        keys = [grid.keys[i] if kind == "detail" else (*grid.group_keys[i], None) for kind, i in order]
        labels = []
        if not self.restitution.precedente and len(self.query.annees) > 1:
            labels.append(Label("annee", "Année", tuple(str(key[0]) for key in keys)))
        for position, dimension in enumerate(self.asked.rows, 1):
            values = [key[position] for key in keys]
            title = self.champ.dimensions[dimension].libelle
            codes = tuple("" if v is None else str(v) for v in values)
            if dimension == "finess":
                labels.append(Label("finess", "FINESS", codes))
                labels += self._attributes(keys, position)
            else:
                texts = self.edition.libelles.get(dimension, {})
                names = tuple("Total" if v is None else texts.get(str(v), "Inconnu") for v in values)
                labels += [Label(dimension, title, codes), Label(f"libelle_{dimension}", "Libellé", names)]
        return tuple(labels)

    def _attributes(self, keys: list[RowKey], position: int) -> list[Label]:
        total = "Total" if self.asked.shown is None else "Total, tous établissements"
        described: dict[str, list[str]] = {name: [] for name in self.restitution.attributs}
        for key in keys:
            finess = key[position]
            for name, values in described.items():
                if finess is None:
                    values.append(total if name == "raison_sociale" else "")
                else:
                    values.append(words.attribute(name, finess, key[0] or self.query.annees[0], self.edition))
        return [Label(name, words.ATTRIBUTES[name], tuple(values)) for name, values in described.items()]

    # figures ----------------------------------------------------------------------------------------------------

    def _figure(
        self,
        name: str,
        mesure: Mesure,
        period: int,
        grid: Grid,
        sums: dict[Any, dict[str, tuple[Sum, Shown]]],
        order: list[tuple[Kind, int]],
    ) -> Measured:
        if mesure.genre == "distinct":
            cells = self._distinct(mesure.de, grid, order)
        else:
            cells = [self._cell(mesure, period, kind, i, grid, sums) for kind, i in order]
        suffix, title = "", mesure.libelle
        if self.restitution.precedente:
            suffix, title = ("_n1" if period else ""), f"{mesure.libelle} {self.periods[period]}"
        estimates = tuple(cell.estimate for cell in cells)
        margins = tuple(cell.margin for cell in cells)
        return Measured(
            name=name + suffix,
            title=title,
            unit=mesure.unite,
            decimals=getattr(mesure, "decimales", 0),
            definition=mesure.definition,
            values=tuple(cell.value for cell in cells),
            states=tuple(cell.state for cell in cells),
            estimates=estimates if any(e is not None for e in estimates) else (),
            margins=margins if any(m is not None for m in margins) else (),
        )

    def _cell(
        self,
        mesure: Mesure,
        period: int,
        kind: Kind,
        i: int,
        grid: Grid,
        sums: dict[Any, dict[str, tuple[Sum, Shown]]],
    ) -> Shown:
        if self.restitution.precedente and self.periods[period] not in self.edition.manifest.annees:
            return NOTHING
        of = sums[kind, i, period]
        if mesure.genre == "rapport":
            if mesure.numerateur not in of or mesure.denominateur not in of:
                return NOTHING
            people = self.champ.sommes[mesure.numerateur].effectif
            above, below = of[mesure.numerateur][0], of[mesure.denominateur][0]
            return shown_ratio(mesure, above, below, people=people, threshold=self.threshold)
        if mesure.genre == "somme":
            return of[mesure.de][1]
        group = i if kind == "total" else int(grid.groups[i])
        whole = sums["total", group, period][mesure.de][0]
        if kind == "total" and (whole.value or whole.moved):
            return Shown(State.EXACT, 100.0)
        return shown_share(of[mesure.de][0], whole, threshold=self.threshold)

    def _distinct(self, name: str, grid: Grid, order: list[tuple[Kind, int]]) -> list[Shown]:
        if self.edition.public:
            return [NOTHING] * len(order)
        if not self.edition.tables(name):
            return [NOTHING] * len(order)
        table = choose(self.asked, name, self.edition)
        column = self.champ.distincts[name].colonne
        counts: dict[RowKey, int] = {}
        for row in self.edition.engine.run(distinct_plan(self.asked, table, name, column)).to_pylist():
            last = self.asked.rows[-1]
            head = (row["annee"], *(row[d] for d in self.asked.rows[:-1]))
            counts[head if row[f"grouping_{last}"] else (*head, row[last])] = row[name]
        keys = [grid.keys[i] if kind == "detail" else grid.group_keys[i] for kind, i in order]
        return [Shown(State.EXACT, counts.get(key, 0)) for key in keys]


def _carriers(champ: Champ) -> dict[str, tuple[str, ...]]:
    """Return the counts whose people carry each of the other sums of the open side."""
    return {name: of for sheet in champ.publication.feuillets.values() for name, of in sheet.portees.items()}


def needed_sums(mesures: Sequence[Mesure]) -> tuple[str, ...]:
    """Return the sums that measures are made of."""
    names: list[str] = []
    for mesure in mesures:
        if mesure.genre == "rapport":
            names += [mesure.numerateur, mesure.denominateur]
        elif mesure.genre != "distinct":
            names.append(mesure.de)
    return tuple(dict.fromkeys(names))


def _check_nested(activity: str, level: str, restitution: Restitution, champ: Champ) -> None:
    """Refuse an activity broken down by a level that is not nested with it: their crossings are not protected."""

    def nested(other: str) -> bool:
        return (
            activity == other
            or activity in champ.dimensions[other].parents
            or other in champ.dimensions[activity].parents
        )

    if not nested(level):
        raise CriterionError(
            "non-publie",
            f"Une activité par {activity} ne se détaille pas par {level} en accès libre.",
            allowed=[f"regroupement={name}" for name in restitution.criteres.regroupement if name and nested(name)],
            todo="Prenez un regroupement emboîté dans cette activité, ou retirez l'activité.",
        )


def _not_published(query: Query, restitution: Restitution, champ: Champ) -> SanoscopeError:
    """What to say of a question whose cross-table the open side does not publish."""
    return CriterionError(
        "non-publie",
        f"« {restitution.slug} » ne publie pas ce croisement en accès libre : trop d'effectifs y seraient petits.",
        allowed=[sheet.libelle for sheet in champ.publication.feuillets.values()],
        todo="Prenez un regroupement moins fin, une région ou un département, ou retirez le mois.",
    )
