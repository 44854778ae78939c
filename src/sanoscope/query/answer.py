"""From a `Query` to a `Table`: plan, run, say what may be shown of each cell, assemble. Every output passes here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanoscope.access.scope import Scope
from sanoscope.catalogue.field import Champ, Mesure
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.disclosure.tracer import MODULUS
from sanoscope.edition.edition import Edition
from sanoscope.edition.manifest import TableCube
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.query import published, words
from sanoscope.query.compare import beside, reference
from sanoscope.query.criteria import Query
from sanoscope.query.persons import counted, looked_up
from sanoscope.query.planner import (
    Question,
    choose,
    choose_open,
    question,
    spreads,
    sums_plan,
)
from sanoscope.query.states import (
    APPROXIMATE,
    EXACT,
    NOT_AVAILABLE,
    SECRET,
    Shown,
    Sums,
    everywhere,
    hide_parts,
    margins,
    riding,
    shown_ratio,
    shown_share,
    shown_sum,
)
from sanoscope.query.table import Label, Measured, Table
from sanoscope.query.transmissions import sent
from sanoscope.sentence import Inner, Sentence, joined

Ints = NDArray[np.int64]
RowKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """The additive figures of an answer: a cell for each row and period, then for each total and period.

    Attributes:
        keys: key of each row: year, then the rows' dimensions (the year is 0 where years are side by side).
        groups: int64[rows], the total each row belongs to; ``group_keys`` their keys.
        columns: int64[rows + totals, periods], by table and column: sums, and in an open edition their tracers and
            spreads.
    """

    keys: list[RowKey]
    groups: Ints
    group_keys: list[RowKey]
    columns: dict[tuple[str, str], Ints]

    def __len__(self) -> int:
        """Number of rows and totals."""
        return len(self.keys) + len(self.group_keys)

    def whole(self) -> Ints:
        """Return the place of the total of each row and total, int64[rows + totals]."""
        return len(self.keys) + np.concatenate([self.groups, np.arange(len(self.group_keys))])


def answer(
    query: Query,
    scope: Scope,
    catalogue: Catalogue,
    edition: Edition,
    *,
    threshold: int = 11,
    plain: Callable[[Query], Table] | None = None,
) -> Table:
    """Return the table that answers a query.

    Args:
        query: what is asked, from `criteria.parse`.
        scope: who asks: a reader who does not see all is answered from the open store alone.
        catalogue: what the restitution is.
        edition: where the figures are.
        threshold: smallest count of people that may be shown.
        plain: how the two answers of a comparison are had, where they may be kept; worked out here without it.

    Raises:
        SanoscopeError: the engine was interrupted, or the edition was built for another catalogue.
        CriterionError: there is nothing of the kind to compare with.
    """
    restitution = catalogue.restitution(query.restitution)
    if edition.manifest.source:
        return published.answered(query, restitution, catalogue, edition.answering(restitution))
    if restitution.genre == "transmissions":
        return sent(query, restitution, catalogue.champ(restitution), edition.of(restitution.champ))
    if not query.comparer:
        return _Answer(query, scope, catalogue, edition, threshold).table()

    def worked_out(asked: Query) -> Table:
        return _Answer(asked, scope, catalogue, edition, threshold).table()

    have, own = plain or worked_out, _Answer(replace(query, comparer=""), scope, catalogue, edition, threshold)
    of = reference(query, own.restitution, own.edition)
    compared = beside(have(own.query), have(of.query), of, own.mesures, own.asked.rows)
    return replace(compared, query=query.canonical)


def check_published(query: Query, scope: Scope, catalogue: Catalogue, edition: Edition) -> None:
    """Do nothing if the store has tables that answer a query; `answer` would raise the same. Reads no figure.

    Raises:
        CriterionError: ``non-publie``: the open side does not publish this crossing; ``trop-long``.
    """
    restitution = catalogue.restitution(query.restitution)
    if edition.manifest.source:
        published.check(query, restitution, catalogue, edition.answering(restitution))
    elif restitution.genre == "activite":
        _Answer(query, scope, catalogue, edition, 0)


class _Answer:
    def __init__(self, query: Query, scope: Scope, catalogue: Catalogue, edition: Edition, threshold: int) -> None:
        if scope.masked != edition.public:
            raise ValueError("an open reader is answered from an open store, a secure one from a secure store")
        self.query = query
        self.threshold = threshold if edition.public else 0
        self.restitution: Restitution = catalogue.restitution(query.restitution)
        self.champ: Champ = catalogue.champ(self.restitution)
        self.edition = edition.of(self.champ.champ)
        self.mesures: dict[str, Mesure] = {name: self.champ.mesures[name] for name in self.restitution.mesures}
        self.asked: Question = question(query, self.restitution, self.edition)
        # the years shown side by side (the one asked for first), or one column for all
        self.periods = tuple(reversed(self.asked.years)) if self.restitution.precedente else (0,)
        if self.restitution.precedente and len(self.periods) == 1:
            self.periods = (query.annees[0], query.annees[0] - 1)
        self.carriers = _carriers(self.champ)
        self.tables = self._tables()

    def table(self) -> Table:
        grid = self._grid()
        sums = [self._sums(grid, period) for period in range(len(self.periods))]
        shown = [self._shown(grid, of) for of in sums]
        order = self._order(grid, shown[0])
        figures = [
            self._figure(name, mesure, period, self._column(mesure, period, grid, sums, shown).at(order))
            for name, mesure in self.mesures.items()
            for period in range(len(self.periods))
        ]
        used = dict.fromkeys(table.nom for table in self.tables.values())
        return Table(
            title=words.title(self.query, self.restitution, self.champ, self.edition),
            query=self.query.canonical,
            labels=self._labels(grid, order),
            figures=tuple(figures),
            kinds=tuple("detail" if place < len(grid.keys) else "total" for place in order.tolist()),
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
            lines = [self.champ.distincts[m.de].lignes for m in self.mesures.values() if m.genre == "distinct"]
            carriers = [carrier for name in needed for carrier in self.carriers.get(name, ())]
            needed = tuple(dict.fromkeys([*needed, *lines, *carriers]))
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
        index: dict[RowKey, int] = {}
        found: list[tuple[Ints, Ints, dict[tuple[str, str], Ints]]] = []
        side_by_side = self.restitution.precedente
        for table in {t.nom: t for t in self.tables.values()}.values():
            own = tuple(name for name, of in self.tables.items() if of.nom == table.nom)
            plan = sums_plan(self.asked, table, own, public=self.edition.public)
            rows = self.edition.engine.run(plan)
            if not rows.num_rows:
                continue
            columns = {m.name: rows[m.name].to_numpy().astype(np.int64) for m in plan.measures}
            kept = np.any(list(columns.values()), axis=0)
            years = rows["annee"].to_pylist()
            keys = zip(
                [0] * len(years) if side_by_side else years,
                *(rows[name].to_pylist() for name in self.asked.rows),
                strict=True,
            )
            place = [index.setdefault(key, len(index)) if keep else 0 for key, keep in zip(keys, kept, strict=True)]
            period = [self.periods.index(year) for year in years] if side_by_side else [0] * len(years)
            of_kept = {(table.nom, name): values[kept] for name, values in columns.items()}
            found.append((np.array(place)[kept], np.array(period)[kept], of_kept))
        group_index: dict[RowKey, int] = {}
        groups = np.array([group_index.setdefault(key[:-1], len(group_index)) for key in index], np.int64)
        shape = len(index) + len(group_index), len(self.periods)
        whole: dict[tuple[str, str], Ints] = {name: np.zeros(shape, np.int64) for _, _, of in found for name in of}
        for places, periods, of in found:
            for name, values in of.items():
                whole[name][places, periods] = values
                np.add.at(whole[name], (len(index) + groups[places], periods), values)
        return Grid(list(index), groups, list(group_index), whole)

    def _sums(self, grid: Grid, period: int) -> dict[str, Sums]:
        """Return every sum of a period in each row and total."""
        nothing = np.zeros((len(grid), len(self.periods)), np.int64)

        def column(table: TableCube, name: str) -> Ints:
            return np.asarray(grid.columns.get((table.nom, name), nothing)[:, period])

        found = {}
        for name, table in self.tables.items():
            never = np.zeros(len(grid), np.bool_)
            if not self.edition.public:
                found[name] = Sums(column(table, name), never, np.zeros(len(grid)), never)
                continue
            tracer = column(table, table.sommes[name]) % MODULUS
            around = margins([column(table, s) for s in spreads(name, table)], len(grid))
            silent = self.edition.silent(tracer)
            found[name] = Sums(column(table, name), tracer != 0, np.where(tracer != 0, around, 0.0), silent)
        return found

    def _shown(self, grid: Grid, sums: dict[str, Sums]) -> dict[str, Shown]:
        """Return what is shown of every sum; of those that ride on counts, according to these."""
        group = np.full(len(grid), self.asked.is_group(total=False))
        group[len(grid.keys) :] = self.asked.is_group(total=True)
        shown = {}
        for name, of in sums.items():
            people = self.champ.sommes[name].effectif
            shown[name] = shown_sum(of, people=people, group=group, threshold=self.threshold)
            carriers = [sums[c] for c in self.carriers.get(name, ()) if c in sums]
            if self.edition.public and carriers:
                shown[name] = riding(shown[name], of, carriers, threshold=self.threshold)
        return hide_parts(shown, self.champ) if self.edition.public else shown

    def _order(self, grid: Grid, shown: dict[str, Shown]) -> Ints:
        """Return the places of the rows to show: group after group, each with its total at the end.

        Rows whose sort figure is masked come last, by code: their order must not say what the mask hides.
        """
        size = np.zeros(len(grid.keys))
        if self.restitution.tri:
            column = shown[getattr(self.mesures[self.restitution.tri], "de", "")]
            told = (column.state == EXACT) | (column.state == APPROXIMATE)
            size = np.where(told, column.figure, -1)[: len(size)]
        members: list[list[int]] = [[] for _ in grid.group_keys]
        for row in sorted(range(len(grid.keys)), key=lambda row: (-size[row], grid.keys[row])):
            if self._is_shown(grid.keys[row]):
                members[grid.groups[row]].append(row)
        order: list[int] = []
        for group in sorted(range(len(members)), key=lambda g: grid.group_keys[g]):
            order += [*members[group], len(grid.keys) + group]
        return np.array(order, np.int64)

    def _is_shown(self, key: RowKey) -> bool:
        return self.asked.shown is None or key[-1] in self.asked.shown

    def _labels(self, grid: Grid, order: Ints) -> tuple[Label, ...]:
        every = [*grid.keys, *((*key, None) for key in grid.group_keys)]
        keys = [every[place] for place in order]
        labels = []
        if not self.restitution.precedente and len(self.query.annees) > 1:
            labels.append(Label("annee", Sentence("Année"), tuple(str(key[0]) for key in keys)))
        for position, dimension in enumerate(self.asked.rows, 1):
            values = [key[position] for key in keys]
            title = Sentence(self.champ.dimensions[dimension].libelle)
            codes = tuple("" if v is None else str(v) for v in values)
            if dimension == "finess":
                labels.append(Label("finess", "FINESS", codes))
                labels += self._attributes(keys, position)
            else:
                texts = self.edition.libelles.get(dimension, {})
                names = tuple(
                    Sentence("Total") if v is None else texts.get(str(v), Sentence("Inconnu")) for v in values
                )
                labels += [Label(dimension, title, codes), Label(f"libelle_{dimension}", Sentence("Libellé"), names)]
        return tuple(labels)

    def _attributes(self, keys: list[RowKey], position: int) -> list[Label]:
        total = Sentence("Total") if self.asked.shown is None else Sentence("Total, tous établissements")
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

    def _figure(self, name: str, mesure: Mesure, period: int, column: Shown) -> Measured:
        suffix, title = "", Sentence(mesure.libelle)
        if self.restitution.precedente:
            suffix, title = ("_n1" if period else ""), joined(" ", [title, str(self.periods[period])])
        return Measured(
            name=name + suffix,
            title=title,
            unit=Sentence(mesure.unite),
            decimals=getattr(mesure, "decimales", 0),
            definition=Sentence(mesure.definition),
            values=column.values(),
            states=column.states(),
            estimates=column.estimates(),
            margins=column.margins(),
        )

    def _column(
        self, mesure: Mesure, period: int, grid: Grid, sums: list[dict[str, Sums]], shown: list[dict[str, Shown]]
    ) -> Shown:
        """Return what every row and total shows of a measure."""
        if mesure.genre == "distinct":
            keys = [*grid.keys, *grid.group_keys]
            if not self.edition.public:
                return counted(self.asked, mesure.de, keys, self.edition, self.champ)
            lines = shown[period].get(self.champ.distincts[mesure.de].lignes, everywhere(SECRET, len(grid)))
            return looked_up(self.asked, mesure.de, keys, lines, self.edition, self.champ)
        if self.restitution.precedente and self.periods[period] not in self.edition.manifest.annees:
            return everywhere(NOT_AVAILABLE, len(grid))
        of = sums[period]
        if mesure.genre == "somme":
            found = shown[period][mesure.de]
            return found if mesure.divise == 1 else found.divided(mesure.divise)
        if mesure.genre == "rapport":
            if mesure.numerateur not in of or mesure.denominateur not in of:
                return everywhere(NOT_AVAILABLE, len(grid))
            people = self.champ.sommes[mesure.numerateur].effectif
            above, below = of[mesure.numerateur], of[mesure.denominateur]
            carriers = [of[c] for c in self.carriers.get(mesure.denominateur, ()) if c in of]
            return shown_ratio(mesure, above, below, people=people, carriers=carriers, threshold=self.threshold)
        part = of[mesure.de]
        carriers = [of[c] for c in self.carriers.get(mesure.de, ()) if c in of]
        found = shown_share(part, part.taken(grid.whole()), carriers=carriers, threshold=self.threshold)
        totals = (np.arange(len(grid)) >= len(grid.keys)) & ~part.zero()
        state = np.where(totals, EXACT, found.state).astype(np.int8)
        return Shown(state, np.where(totals, 100.0, found.figure), found.margin)


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
            Sentence(
                "Une activité par %(activity)s ne se détaille pas par %(level)s en accès libre.",
                activity=Inner(champ.dimensions[activity].libelle),
                level=Inner(champ.dimensions[level].libelle),
            ),
            allowed=[f"regroupement={name}" for name in restitution.criteres.regroupement if name and nested(name)],
            todo=Sentence("Prenez un regroupement emboîté dans cette activité, ou retirez l'activité."),
        )


def _not_published(query: Query, restitution: Restitution, champ: Champ) -> SanoscopeError:
    """What to say of a question whose cross-table the open side does not publish."""
    return CriterionError(
        "non-publie",
        Sentence(
            "« %(slug)s » ne publie pas ce croisement en accès libre : trop d'effectifs y seraient petits.",
            slug=restitution.slug,
        ),
        allowed=[sheet.libelle for sheet in champ.publication.feuillets.values()],
        todo=Sentence("Prenez un regroupement moins fin, une région ou un département, ou retirez le mois."),
    )
