"""From a `Query` to a `Table`: plan, run, say what may be shown of each cell, assemble. Every output passes here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sanoscope.access.scope import Scope
from sanoscope.catalogue.field import (
    Champ,
    EcartTypeMesure,
    FluxMesure,
    IndiceMesure,
    Mesure,
    PartMesure,
    RapportMesure,
)
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.edition.lacking import follows
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.query import profile, published, words
from sanoscope.query.compare import beside, reference
from sanoscope.query.criteria import Query
from sanoscope.query.crossed import Beside, bare, crossed, nothing_beside
from sanoscope.query.national import national
from sanoscope.query.noised import Told
from sanoscope.query.origin import origin_of
from sanoscope.query.persons import counted, looked_up
from sanoscope.query.planner import Question, RowKey, question
from sanoscope.query.rates import Rates
from sanoscope.query.recruitment import CODE, enough, recruitment_zone
from sanoscope.query.sources import (
    CONSUMED,
    EVERYWHERE,
    INSIDE,
    PRODUCED,
    VIEW,
    Source,
    folded,
    needed_sums,
    read_rows,
    source_of,
    sums_of,
    view_of,
    viewed,
)
from sanoscope.query.states import (
    APPROXIMATE,
    EXACT,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    SECRET,
    Ints,
    Shown,
    Sums,
    against,
    everywhere,
    hide_parts,
    riding,
    shown_deviation,
    shown_difference,
    shown_outside,
    shown_ratio,
    shown_share,
    shown_sum,
)
from sanoscope.query.table import Label, Measured, Table
from sanoscope.query.thresholds import check_thresholds, kept
from sanoscope.query.transmissions import sent
from sanoscope.sentence import Inner, Sentence, joined


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

    def by_column(self, part: Sums) -> tuple[Ints, Sums]:
        """Return the place of the column of each row, and what each column adds up to; totals are in the first one.

        Rows are in the same column where they agree on the year and the last dimension.
        """
        names: dict[RowKey, int] = {}
        column = np.array([names.setdefault((key[0], key[-1]), len(names)) for key in self.keys], np.int64)
        value, margin = np.zeros(len(names), np.int64), np.zeros(len(names))
        moved, silent = np.zeros(len(names), np.bool_), np.zeros(len(names), np.bool_)
        rows = len(self.keys)
        np.add.at(value, column, part.value[:rows])
        np.logical_or.at(moved, column, part.moved[:rows])
        np.add.at(margin, column, part.margin[:rows])
        np.logical_or.at(silent, column, part.silent[:rows])
        return np.append(column, np.zeros(len(self.group_keys), np.int64)), Sums(value, moved, margin, silent)

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
    sources: Beside = nothing_beside,
) -> Table:
    """Return the table that answers a query.

    Args:
        query: what is asked, from `criteria.parse`.
        scope: who asks: a reader who does not see all is answered from the open store alone.
        catalogue: what the restitution is.
        edition: where the figures are.
        threshold: smallest count of people that may be shown.
        plain: how the two answers of a comparison are had, where they may be kept; worked out here without it.
        sources: the served editions of sources, for the restitutions that take columns from them.

    Raises:
        SanoscopeError: the engine was interrupted, or the edition was built for another catalogue.
        CriterionError: there is nothing of the kind to compare with; ``seuil`` is of another kind than its column.
    """
    restitution = catalogue.restitution(query.restitution)
    if not scope.may_read(restitution, complete=bool(query.version)):
        raise ValueError("a question is answered to who may ask for it")
    found = _answered(query, restitution, scope, catalogue, edition, threshold, plain, sources)
    return replace(found, origin=origin_of(restitution, catalogue, edition.manifest))


def _answered(
    query: Query,
    restitution: Restitution,
    scope: Scope,
    catalogue: Catalogue,
    edition: Edition,
    threshold: int,
    plain: Callable[[Query], Table] | None,
    sources: Beside,
) -> Table:
    """Return the table of what answers the kind of a restitution: a source, the transmissions, a cube."""
    if restitution.genre == "profil":
        return profile.answered(query, restitution, catalogue, edition.answering(restitution))
    if edition.manifest.source:
        return published.answered(query, restitution, catalogue, edition.answering(restitution))
    if restitution.genre == "transmissions":
        return sent(query, restitution, catalogue.champ(restitution), edition.of(restitution.champ))
    check_thresholds(query.seuil, catalogue.classes(restitution))
    own = _own(replace(query, seuil=()), scope, catalogue, edition, threshold, plain)
    if not restitution.indicateurs:
        return own
    found = crossed(own, query, restitution, catalogue, edition.answering(restitution), sources)
    return replace(kept(found, query.seuil), query=query.canonical)


def _own(
    query: Query,
    scope: Scope,
    catalogue: Catalogue,
    edition: Edition,
    threshold: int,
    plain: Callable[[Query], Table] | None,
) -> Table:
    """Return what an edition of the field answers, compared if that is asked, without what is taken from sources."""
    if not query.comparer:
        return _Answer(query, scope, catalogue, edition, threshold).table()

    def worked_out(asked: Query) -> Table:
        return _Answer(asked, scope, catalogue, edition, threshold).table()

    have, own = plain or worked_out, _Answer(replace(query, comparer=""), scope, catalogue, edition, threshold)
    of = reference(query, own.restitution, own.edition)
    mine, theirs = (bare(have(one), own.restitution) for one in (own.query, of.query))
    compared = beside(mine, theirs, of, own.mesures, own.asked.rows)
    return replace(compared, query=query.canonical)


def check_published(query: Query, scope: Scope, catalogue: Catalogue, edition: Edition, *, threshold: int = 11) -> None:
    """Do nothing if the store has tables that answer a query; `answer` would raise the same.

    Reads no figure, except those that say which codes a recruitment zone has.

    Raises:
        CriterionError: ``non-publie``: the open side does not publish this crossing; ``trop-long``;
            ``valeur-inconnue``: an establishment has no recruitment zone.
    """
    restitution = catalogue.restitution(query.restitution)
    if restitution.genre == "profil":
        profile.check(query)
    elif edition.manifest.source:
        published.check(query, restitution, catalogue, edition.answering(restitution))
    elif restitution.genre == "activite":
        check_thresholds(query.seuil, catalogue.classes(restitution))
        _Answer(query, scope, catalogue, edition, threshold)


class _Answer:
    def __init__(self, query: Query, scope: Scope, catalogue: Catalogue, edition: Edition, threshold: int) -> None:
        if edition.public == bool(query.version):
            raise ValueError("a question is answered from the store of its version")
        self.query = query
        self.threshold = threshold if edition.public else 0
        self.restitution: Restitution = catalogue.restitution(query.restitution)
        self.champ: Champ = catalogue.champ(self.restitution)
        self.edition = edition.of(self.champ.champ)
        self.mesures: dict[str, Mesure] = {name: self.champ.mesures[name] for name in self.restitution.mesures}
        self.asked: Question = question(query, self.restitution, self.champ, self.edition)
        if query.zone.kind == "recrutement":
            codes = recruitment_zone(
                query.zone.code, query.annees[-1], self.edition, self.champ, threshold=self.threshold
            )
            self.asked = replace(self.asked, conditions=(*self.asked.conditions, (CODE, tuple(sorted(codes)))))
        # the years shown side by side (the one asked for first), or one column for all
        self.periods = tuple(reversed(self.asked.years)) if self.restitution.precedente else (0,)
        if self.restitution.precedente and len(self.periods) == 1:
            self.periods = (query.annees[0], query.annees[0] - 1)
        self.carriers = _carriers(self.champ)
        self.sources = self._sources()
        # of the sums whose totals are not the sum of their rows, what answers these
        self.totals = {name: of for name, source in self.sources.items() if (of := self._of_totals(name, source))}

    def table(self) -> Table:
        grid = self._grid()
        totals = self._read_all(self.totals)
        sums = [self._sums(grid, totals, period) for period in range(len(self.periods))]
        shown = [self._shown(grid, of) for of in sums]
        keys = [*grid.keys, *grid.group_keys]
        rates = Rates(self.asked, self.query, self.restitution.cube, keys, self.edition, self.champ)
        nothing = everywhere(NOT_AVAILABLE, len(grid))
        unpriced = words.unpriced(self.restitution, self.champ, self.edition)
        columns = {
            (name, period): nothing
            if unpriced
            else self._told(mesure, period, grid, self._column(mesure, period, grid, sums, shown, rates))
            for name, mesure in self.mesures.items()
            for period in range(len(self.periods))
        }
        order = self._order(grid, shown[0], columns.get((self.restitution.tri, 0)))
        figures = [
            self._figure(name, self.mesures[name], period, self._in_order(self.mesures[name], column, order, grid))
            for (name, period), column in columns.items()
        ]
        used = dict.fromkeys(source.table.nom for source in self.sources.values())
        return Table(
            title=words.title(self.query, self.restitution, self.champ, self.edition),
            query=self.query.canonical,
            labels=self._labels(grid, order),
            figures=tuple(figures),
            kinds=tuple("detail" if place < len(grid.keys) else "total" for place in order.tolist()),
            edition=self.edition.nom,
            state=self.edition.manifest.etat,
            made=self.edition.manifest.cree_le.date().isoformat(),
            notes=(*words.notes(self.query, self.restitution, self.champ, self.edition, figures), *rates.notes),
            table_used=", ".join(used),
        )

    def _sources(self) -> dict[str, Source]:
        """Return what answers each sum; a sum that the open side does not publish this way has nothing."""
        lines = [self.champ.distincts[m.de].lignes for m in self.mesures.values() if m.genre == "distinct"]
        needed = tuple(dict.fromkeys([*needed_sums(list(self.mesures.values()), self.champ), *lines]))
        if self.edition.public:
            needed = tuple(dict.fromkeys([*needed, *(c for name in needed for c in self._carrying(name))]))
            if self.query.activite and self.query.regroupement:
                _check_crossing(self.query.activite[0], self.query.regroupement, self.restitution, self.champ)
        found = {}
        for name in needed:
            base, _, view = name.partition(VIEW)
            asked = viewed(self.asked, view, self.champ)
            if source := source_of(base, asked, self.restitution.cube, self.edition, self.champ):
                found[name] = replace(source, folded=view == INSIDE)
        counted_ = [m for m in self.mesures.values() if m.genre in ("somme", "flux")]
        main = needed_sums(counted_, self.champ) or tuple(lines)
        if not all(name in found for name in main):
            raise _not_published(self.query, self.restitution, self.champ)
        return found

    def _carrying(self, name: str) -> list[str]:
        """Return the counts whose people carry a sum, of the same people as it."""
        base, at, view = name.partition(VIEW)
        return [carrier + at + view for carrier in self.carriers.get(base, ())]

    # rows -------------------------------------------------------------------------------------------------------

    def _grid(self) -> Grid:
        index: dict[RowKey, int] = {}
        found: list[tuple[Ints, Ints, dict[tuple[str, str], Ints]]] = []
        side_by_side = self.restitution.precedente
        # those of the rows asked for first: they say which rows there are
        for (view, table), read in sorted(self._read_all(self.sources).items()):
            if not read.keys:
                continue
            kept = np.any(list(read.columns.values()), axis=0)
            years = [key[0] for key in read.keys]
            keys = [(0, *key[1:]) if side_by_side else key for key in read.keys]
            if view == EVERYWHERE:
                kept &= np.array([key in index for key in keys])
            place = [index.setdefault(key, len(index)) if keep else 0 for key, keep in zip(keys, kept, strict=True)]
            period = [self.periods.index(year) for year in years] if side_by_side else [0] * len(years)
            of_kept = {(table + VIEW + view, name): values[kept] for name, values in read.columns.items()}
            found.append((np.array(place)[kept], np.array(period)[kept], of_kept))
        group_index: dict[RowKey, int] = {}
        groups = np.array([group_index.setdefault(key[:-1], len(group_index)) for key in index], np.int64)
        shape = len(index) + len(group_index), len(self.periods)
        whole: dict[tuple[str, str], Ints] = {key: np.zeros(shape, np.int64) for _, _, of in found for key in of}
        for places, periods, of in found:
            for column, values in of.items():
                whole[column][places, periods] = values
                np.add.at(whole[column], (len(index) + groups[places], periods), values)
        return Grid(list(index), groups, list(group_index), whole)

    def _read_all(self, sources: Mapping[str, Source]) -> dict[tuple[str, str], Told]:
        """Return the rows of sums, by whose they are (see `sources.VIEW`) and table: each is read once."""
        by_table: dict[tuple[str, str], list[str]] = {}
        for name, source in sources.items():
            by_table.setdefault((name.partition(VIEW)[2], source.table.nom), []).append(name)
        return {at: self._read(sources[names[0]], names) for at, names in by_table.items()}

    def _read(self, source: Source, names: Sequence[str]) -> Told:
        read = read_rows(source, [name.partition(VIEW)[0] for name in names], self.edition, self.champ)
        return folded(read, source.asked, self.champ) if source.folded else read

    def _of_totals(self, name: str, source: Source) -> Source | None:
        """Return what answers the totals of a sum that are not the sum of their rows, None where they are.

        The rows of a noised table each have a noise; what stays in a zone is more than what stays in its parts.
        """
        base, _, view = name.partition(VIEW)
        if view == EVERYWHERE or not (source.kind or source.folded):
            return None
        asked = viewed(replace(self.asked, rows=self.asked.rows[:-1]), view, self.champ)
        found = source_of(base, asked, self.restitution.cube, self.edition, self.champ)
        return replace(found, folded=source.folded) if found else None

    def _sums(self, grid: Grid, totals: Mapping[tuple[str, str], Told], period: int) -> dict[str, Sums]:
        """Return every sum of a period in each row and total; ``totals`` are those that are not sums of their rows."""
        year = self.periods[period] if self.restitution.precedente else 0
        keys = [(year or group[0], *group[1:]) for group in grid.group_keys]
        found = {}
        for key, source in self.sources.items():
            name, _, view = key.partition(VIEW)
            place = source.table.nom + VIEW + view
            columns = {of: values[:, period] for (at, of), values in grid.columns.items() if at == place}
            found[key] = self._sum(name, source, columns, len(grid))
            if whole := self.totals.get(key):
                read = totals[view, whole.table.nom]
                columns = {of: read.at(keys, of) for of in read.columns}
                found[key] = found[key].followed_by(self._sum(name, whole, columns, len(keys)), len(grid.keys))
        return found

    def _sum(self, name: str, source: Source, columns: Mapping[str, Ints], cells: int) -> Sums:
        return sums_of(name, source, columns, cells, self.edition, self.champ, threshold=self.threshold)

    def _shown(self, grid: Grid, sums: dict[str, Sums]) -> dict[str, Shown]:
        """Return what is shown of every sum; of those that ride on counts, according to these."""
        group = np.full(len(grid), self.asked.is_group(total=False))
        group[len(grid.keys) :] = self.asked.is_group(total=True)
        shown = {}
        for name, of in sums.items():
            people = self.champ.sommes[name.partition(VIEW)[0]].effectif
            shown[name] = shown_sum(of, people=people, group=group, threshold=self.threshold)
            carriers = [sums[c] for c in self._carrying(name) if c in sums]
            if self.edition.public and carriers:
                shown[name] = riding(shown[name], of, carriers, threshold=self.threshold)
        if not self.edition.public:
            return shown
        elsewhere = {name: column for name, column in shown.items() if VIEW in name}
        return hide_parts({n: column for n, column in shown.items() if n not in elsewhere}, self.champ) | elsewhere

    def _order(self, grid: Grid, shown: dict[str, Shown], sorting: Shown | None) -> Ints:
        """Return the places of the rows to show: group after group, each with its total at the end.

        Rows whose sort figure is masked come last, by code: their order must not say what the mask hides.
        """
        size, told = np.zeros(len(grid.keys)), np.ones(len(grid.keys), np.bool_)
        if sorting:
            told = ((sorting.state == EXACT) | (sorting.state == APPROXIMATE))[: len(size)]
            size = np.where(told, sorting.figure[: len(size)], -1)
        members: list[list[int]] = [[] for _ in grid.group_keys]
        for row in sorted(range(len(grid.keys)), key=lambda row: (-size[row], grid.keys[row])):
            if self._is_shown(grid.keys[row]):
                members[grid.groups[row]].append(row)
        order: list[int] = []
        for group in sorted(range(len(members)), key=lambda g: grid.group_keys[g]):
            kept = members[group]
            if self.restitution.jusqua:
                counted = shown[getattr(self.mesures[self.restitution.tri], "de", "")].figure
                kept = [row for row in kept if told[row]]
                kept = enough(kept, counted, self.restitution.jusqua / 100 * counted[len(grid.keys) + group])
            order += [*kept, len(grid.keys) + group]
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
                texts = words.names(dimension, self.champ, self.edition)
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
        return [Label(name, words.ATTRIBUTES[name], tuple(values), tells=False) for name, values in described.items()]

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
        self,
        mesure: Mesure,
        period: int,
        grid: Grid,
        sums: list[dict[str, Sums]],
        shown: list[dict[str, Shown]],
        rates: Rates,
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
        match mesure.genre:
            case "somme":
                found = shown[period].get(
                    view_of(mesure.de, everywhere=mesure.partout), everywhere(NOT_AVAILABLE, len(grid))
                )
                found = self._of_rows(found, grid) if mesure.partout else found
                return found if mesure.divise == 1 else found.divided(mesure.divise)
            case "rapport" | "indice":
                return self._proportion(mesure, period, of, grid)
            case "part":
                return self._share(mesure, of, grid)
            case "ecart_type":
                return self._deviation(mesure, of, grid)
            case "population":
                return rates.population()
            case "taux" if mesure.standardise or mesure.de in self.champ.distincts:
                distinct = self.champ.distincts.get(mesure.de)
                told = shown[period].get(distinct.lignes if distinct else mesure.de)
                return rates.standardised(mesure).where_told(told) if told else rates.standardised(mesure)
            case "taux":
                counted_ = shown[period].get(view_of(mesure.de, everywhere=mesure.partout))
                found = rates.crude(mesure, counted_) if counted_ else everywhere(NOT_AVAILABLE, len(grid))
                return self._of_rows(found, grid) if mesure.partout else found
            case "flux":
                return self._flow(mesure, of, shown[period])
            case _:
                raise AssertionError(mesure.genre)

    def _told(self, mesure: Mesure, period: int, grid: Grid, column: Shown) -> Shown:
        """Return a column where what it follows from was received: not available in the years when it was not."""
        absent = self.edition.champ.absentes
        if not absent:
            return column
        sums = [name.partition(VIEW)[0] for name in needed_sums([mesure], self.champ)]
        persons = [mesure.de] if mesure.genre in ("distinct", "taux") else []
        asked = [*self.asked.rows, *(name for name, _ in self.asked.conditions)]
        needed = follows([*sums, *persons, *asked], self.champ)
        years = {year for year, names in absent.items() if needed.intersection(names)}
        side_by_side = self.periods[period] if self.restitution.precedente else 0
        of_rows = [side_by_side or key[0] for key in (*grid.keys, *grid.group_keys)]
        out = np.array([year in years for year in of_rows], np.bool_)
        return Shown(np.where(out, NOT_AVAILABLE, column.state).astype(np.int8), column.figure, column.margin)

    def _flow(self, mesure: FluxMesure, of: dict[str, Sums], shown: dict[str, Shown]) -> Shown:
        consumed, produced, inside = (f"{mesure.de}{VIEW}{view}" for view in (CONSUMED, PRODUCED, INSIDE))
        match mesure.sens:
            case "solde":
                return shown_difference(shown[produced], shown[consumed])
            case "fuite":
                return shown_outside(of[inside], of[consumed], threshold=self.threshold)
            case "attractivite":
                return shown_outside(of[inside], of[produced], threshold=self.threshold)
            case "autosuffisance":
                return shown_outside(of[inside], of[consumed], complement=True, threshold=self.threshold)
            case _:
                return shown[f"{mesure.de}{VIEW}{mesure.sens}"]

    def _of_rows(self, column: Shown, grid: Grid) -> Shown:
        """Return a column of what is had everywhere: the totals of the rows shown say nothing there."""
        totals = np.arange(len(grid)) >= len(grid.keys)
        return Shown(np.where(totals, NOT_APPLICABLE, column.state).astype(np.int8), column.figure, column.margin)

    def _ratio(self, mesure: RapportMesure, of: dict[str, Sums], grid: Grid) -> Shown:
        if mesure.numerateur not in of or mesure.denominateur not in of:
            return everywhere(NOT_AVAILABLE, len(grid))
        people = self.champ.sommes[mesure.numerateur].effectif
        above, below = of[mesure.numerateur], of[mesure.denominateur]
        carriers = [of[c] for c in self.carriers.get(mesure.denominateur, ()) if c in of]
        return shown_ratio(mesure, above, below, people=people, carriers=carriers, threshold=self.threshold)

    def _proportion(self, mesure: RapportMesure | IndiceMesure, period: int, of: dict[str, Sums], grid: Grid) -> Shown:
        if mesure.genre == "rapport":
            return self._ratio(mesure, of, grid)
        ratio, args = mesure.rapport, (self.asked, self.restitution, self.edition, self.champ)
        of_country = national(ratio, *args, threshold=self.threshold)
        side_by_side = self.periods[period] if self.restitution.precedente else 0
        years = [side_by_side or key[0] for key in (*grid.keys, *grid.group_keys)]
        reference = np.array([of_country.get(year, 0.0) for year in years])
        return against(mesure, self._ratio(ratio, of, grid), reference, threshold=self.threshold)

    def _deviation(self, mesure: EcartTypeMesure, of: dict[str, Sums], grid: Grid) -> Shown:
        count, total, squares = (of.get(name) for name in (mesure.nombre, mesure.somme, mesure.carres))
        if count is None or total is None or squares is None:
            return everywhere(NOT_AVAILABLE, len(grid))
        return shown_deviation(count, total, squares, threshold=self.threshold)

    def _share(self, mesure: PartMesure, of: dict[str, Sums], grid: Grid) -> Shown:
        whole = view_of(mesure.de, everywhere=mesure.dans == "partout")
        if mesure.de not in of or whole not in of:
            return everywhere(NOT_AVAILABLE, len(grid))
        part = of[mesure.de]
        carriers = [of[c] for c in self.carriers.get(mesure.de, ()) if c in of]
        if mesure.dans == "partout":
            return self._of_rows(shown_share(part, of[whole], carriers=carriers, threshold=self.threshold), grid)
        if mesure.dans == "colonne":
            column, wholes = grid.by_column(part)
            found = shown_share(part, wholes.taken(column), carriers=carriers, threshold=self.threshold)
            return self._of_rows(found, grid)
        found = shown_share(part, part.taken(grid.whole()), carriers=carriers, threshold=self.threshold)
        full = (np.arange(len(grid)) >= len(grid.keys)) & ~part.zero()
        state = np.where(full, EXACT, found.state).astype(np.int8)
        return Shown(state, np.where(full, 100.0, found.figure), found.margin)

    def _in_order(self, mesure: Mesure, column: Shown, order: Ints, grid: Grid) -> Shown:
        """Return a column in the order of the rows shown; a cumulated share is cumulated along it."""
        found = column.at(order)
        if mesure.genre != "part" or not mesure.cumulee:
            return found
        told = (found.state == EXACT) | (found.state == APPROXIMATE)
        detail = order < len(grid.keys)
        group = np.append(grid.groups, np.arange(len(grid.group_keys)))[order]
        figure = np.zeros(len(order))
        for own in range(len(grid.group_keys)):
            here = (group == own) & detail
            figure[here] = np.cumsum(np.where(told[here], found.figure[here], 0.0))
        near = np.logical_or.accumulate(found.state == APPROXIMATE)
        state = np.where(detail, np.where(told & near, APPROXIMATE, found.state), NOT_APPLICABLE).astype(np.int8)
        return Shown(state, figure, np.zeros(len(order)))


def _carriers(champ: Champ) -> dict[str, tuple[str, ...]]:
    """Return the counts whose people carry each of the other sums of the open side."""
    noised = {name: of for told in champ.publication.bruites.values() for name, of in told.portees.items()}
    return noised | {name: of for sheet in champ.publication.feuillets.values() for name, of in sheet.portees.items()}


def _check_crossing(activity: str, level: str, restitution: Restitution, champ: Champ) -> None:
    """Refuse an activity broken down by a level that is not nested with it, unless a table publishes their crossing."""
    if champ.dimensions[level].axe != champ.dimensions[activity].axe:
        return

    crossed = champ.croisements | champ.croisements_bruites

    def protected(other: str) -> bool:
        return champ.emboites(activity, other) or {activity, other} in crossed

    if not protected(level):
        raise CriterionError(
            "non-publie",
            Sentence(
                "Une activité par %(activity)s ne se détaille pas par %(level)s en accès libre.",
                activity=Inner(champ.dimensions[activity].libelle),
                level=Inner(champ.dimensions[level].libelle),
            ),
            allowed=[f"regroupement={name}" for name in restitution.criteres.regroupement if name and protected(name)],
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
        allowed=[
            *(sheet.libelle for sheet in champ.publication.feuillets.values()),
            *(told.libelle for told in champ.publication.bruites.values()),
        ],
        todo=Sentence("Prenez un regroupement moins fin, une région ou un département, ou retirez le mois."),
    )
