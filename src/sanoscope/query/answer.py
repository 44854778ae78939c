"""From a `Query` to a `Table`: plan, run, protect, assemble. Every output of Sanoscope passes here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanoscope.access.scope import Scope
from sanoscope.catalogue.field import Champ, Mesure
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.query import words
from sanoscope.query.criteria import Query
from sanoscope.query.masking import Masks, leaves, mask, needed_sums
from sanoscope.query.planner import Question, choose, distinct_plan, question, sums_plan
from sanoscope.query.table import Figure, Kind, Label, Measured, State, Table

Ints = NDArray[np.int64]
RowKey = tuple[Any, ...]


@dataclass(frozen=True)
class Grid:
    """The additive figures of an answer.

    Attributes:
        keys: key of each row: year, then the rows' dimensions (the year is 0 where years are side by side).
        groups: int64[rows], the total each row belongs to; ``group_keys`` their keys.
        sums: int64[rows, periods] by sum.
    """

    keys: list[RowKey]
    groups: Ints
    group_keys: list[RowKey]
    sums: dict[str, Ints]

    @property
    def totals(self) -> dict[str, Ints]:
        """int64[groups, periods] by sum."""
        result = {}
        for name, values in self.sums.items():
            total = np.zeros((len(self.group_keys), values.shape[1]), np.int64)
            np.add.at(total, self.groups, values)
            result[name] = total
        return result


def answer(query: Query, scope: Scope, catalogue: Catalogue, edition: Edition, *, threshold: int = 11) -> Table:
    """Return the table that answers a query.

    Args:
        query: what is asked, from `criteria.parse`.
        scope: who asks; decides whether small counts are masked.
        catalogue: what the restitution is.
        edition: where the figures are.
        threshold: smallest count of people that may be shown.

    Raises:
        SanoscopeError: the engine was interrupted, or the edition was built for another catalogue.
    """
    return _Answer(query, scope, catalogue, edition, threshold).table()


class _Answer:
    def __init__(self, query: Query, scope: Scope, catalogue: Catalogue, edition: Edition, threshold: int) -> None:
        self.query = query
        self.scope = scope
        self.edition = edition
        self.threshold = threshold
        self.restitution: Restitution = catalogue.restitution(query.restitution)
        self.champ: Champ = catalogue.champ(self.restitution)
        self.mesures: dict[str, Mesure] = {name: self.champ.mesures[name] for name in self.restitution.mesures}
        self.asked: Question = question(query, self.restitution, edition)
        # the years shown side by side (the one asked for first), or one column for all
        self.periods = tuple(reversed(self.asked.years)) if self.restitution.precedente else (0,)
        if self.restitution.precedente and len(self.periods) == 1:
            self.periods = (query.annees[0], query.annees[0] - 1)

    def table(self) -> Table:
        chosen = choose(self.asked, self.restitution.cube, self.edition)
        held = self.champ.cubes[self.restitution.cube].sommes
        needed = needed_sums(list(self.mesures.values()))
        names = tuple(dict.fromkeys([*needed, *(leaf for n in needed for leaf in leaves(self.champ, n, held))]))
        rows = self.edition.engine.run(sums_plan(self.asked, chosen, names)).to_pylist()
        grid = self._grid(rows, names, needed)
        masks = None
        if self.scope.masked and grid.keys:
            masks = mask(self.champ, self.mesures, grid.sums, grid.groups, threshold=self.threshold)
        order = self._order(grid, masks)
        figures = [
            self._figure(name, mesure, period, grid, masks, order)
            for name, mesure in self.mesures.items()
            for period in range(len(self.periods))
        ]
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
            table_used=chosen.nom,
        )

    # rows -------------------------------------------------------------------------------------------------------

    def _grid(self, rows: list[dict[str, Any]], names: Sequence[str], needed: Sequence[str]) -> Grid:
        side_by_side = self.restitution.precedente
        index: dict[RowKey, int] = {}
        found: list[tuple[int, int, dict[str, Any]]] = []
        for row in rows:
            if not any(row[name] for name in needed):
                continue
            key = (0 if side_by_side else row["annee"], *(row[name] for name in self.asked.rows))
            period = self.periods.index(row["annee"]) if side_by_side else 0
            found.append((index.setdefault(key, len(index)), period, row))
        sums = {name: np.zeros((len(index), len(self.periods)), np.int64) for name in names}
        for place, period, row in found:
            for name in names:
                sums[name][place, period] = row[name]
        keys = list(index)
        group_index: dict[RowKey, int] = {}
        groups = np.array([group_index.setdefault(key[:-1], len(group_index)) for key in keys], np.int64)
        return Grid(keys, groups, list(group_index), sums)

    def _order(self, grid: Grid, masks: Masks | None) -> list[tuple[Kind, int]]:
        """Return (kind, index) of the rows to show: group after group, each with its total at the end.

        Rows whose sort figure is masked come last, by code: their order must not say what the mask hides.
        """
        size = np.zeros(len(grid.keys))
        if self.restitution.tri:
            column = getattr(self.mesures[self.restitution.tri], "de", "")
            size = grid.sums[column][:, 0].astype(float)
            for row in range(len(size) if masks else 0):
                if masks and masks.sum_state(column, row=row, period=0, total=False).masked:
                    size[row] = -1
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
        self, name: str, mesure: Mesure, period: int, grid: Grid, masks: Masks | None, order: list[tuple[Kind, int]]
    ) -> Measured:
        if mesure.genre == "distinct":
            cells = self._distinct(mesure.de, grid, masks, order)
        else:
            totals = grid.totals
            cells = [self._cell(name, mesure, period, kind, i, grid, totals, masks) for kind, i in order]
        suffix, title = "", mesure.libelle
        if self.restitution.precedente:
            suffix, title = ("_n1" if period else ""), f"{mesure.libelle} {self.periods[period]}"
        return Measured(
            name=name + suffix,
            title=title,
            unit=mesure.unite,
            decimals=getattr(mesure, "decimales", 0),
            definition=mesure.definition,
            values=tuple(value if state is State.EXACT else None for value, state in cells),
            states=tuple(state for _, state in cells),
        )

    def _cell(
        self,
        name: str,
        mesure: Mesure,
        period: int,
        kind: Kind,
        i: int,
        grid: Grid,
        totals: dict[str, Ints],
        masks: Masks | None,
    ) -> tuple[Figure, State]:
        if self.restitution.precedente and self.periods[period] not in self.edition.manifest.annees:
            return None, State.NOT_AVAILABLE
        total = kind == "total"
        values = totals if total else grid.sums
        if mesure.genre == "rapport":
            below = int(values[mesure.denominateur][i, period])
            if below == 0:
                return None, State.NOT_APPLICABLE
            state = masks.ratio_state(name, mesure, row=i, period=period, total=total) if masks else State.EXACT
            return mesure.pour * int(values[mesure.numerateur][i, period]) / below, state
        state = masks.sum_state(mesure.de, row=i, period=period, total=total) if masks else State.EXACT
        value = int(values[mesure.de][i, period])
        if mesure.genre == "somme":
            return value, state
        group = i if total else int(grid.groups[i])
        whole = int(totals[mesure.de][group, period])
        if whole == 0:
            return None, State.NOT_APPLICABLE
        whole_state = masks.sum_state(mesure.de, row=group, period=period, total=True) if masks else State.EXACT
        hidden = state.masked or whole_state.masked
        return 100 * value / whole, State.SECONDARY if hidden else State.EXACT

    def _distinct(
        self, name: str, grid: Grid, masks: Masks | None, order: list[tuple[Kind, int]]
    ) -> list[tuple[Figure, State]]:
        if not self.edition.tables(name):
            return [(None, State.NOT_AVAILABLE)] * len(order)
        table = choose(self.asked, name, self.edition)
        column = self.champ.distincts[name].colonne
        counts: dict[RowKey, int] = {}
        for row in self.edition.engine.run(distinct_plan(self.asked, table, name, column)).to_pylist():
            last = self.asked.rows[-1]
            head = (row["annee"], *(row[d] for d in self.asked.rows[:-1]))
            counts[head if row[f"grouping_{last}"] else (*head, row[last])] = row[name]
        rows = [counts.get(key, 0) for key in grid.keys]
        totals = [counts.get(key, 0) for key in grid.group_keys]
        states = [self._person_state(value, i, masks) for i, value in enumerate(rows)]
        total_states = [self._person_total_state(g, totals[g], rows, states, grid, masks) for g in range(len(totals))]
        return [(rows[i], states[i]) if kind == "detail" else (totals[i], total_states[i]) for kind, i in order]

    def _person_state(self, value: int, row: int, masks: Masks | None) -> State:
        if masks is None:
            return State.EXACT
        if 0 < value < self.threshold:
            return State.PRIMARY
        # fewer stays than people cannot be: where the stays are masked, so are the people
        counts = [mesure.de for mesure in self.mesures.values() if mesure.genre == "somme"]
        masked = any(masks.sum_state(n, row=row, period=0, total=False).masked for n in counts)
        return State.SECONDARY if masked and value else State.EXACT

    def _person_total_state(
        self, group: int, value: int, rows: list[int], states: list[State], grid: Grid, masks: Masks | None
    ) -> State:
        """People do not add up, yet a total bounds its rows from below: it is shown where that says nothing."""
        if masks is None:
            return State.EXACT
        if 0 < value < self.threshold:
            return State.PRIMARY
        members = [i for i in range(len(rows)) if grid.groups[i] == group]
        hidden = [i for i in members if states[i].masked]
        left = value - sum(rows[i] for i in members if not states[i].masked)
        return State.SECONDARY if hidden and left > len(hidden) else State.EXACT
