"""Columns of sources of indicators beside the measures of an answer, and ratios of both.

They are worked out from the answer as it is shown, and from published editions: they say nothing that a reader could
not work out himself. What is masked, approached or missing gives no ratio.
"""

from calendar import isleap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, TypeAlias

from sanoscope.catalogue.crossed import Indicateur, Rapport
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.catalogue.source import MesurePubliee
from sanoscope.edition.edition import Edition
from sanoscope.edition.matched import nearest_year
from sanoscope.edition.published import TABLE
from sanoscope.edition.reconciliation import Match, reconciled
from sanoscope.engine.plan import Column, Filter, In, Scan
from sanoscope.intake.tables import STATE
from sanoscope.query.criteria import Query
from sanoscope.query.rounding import rounded
from sanoscope.query.table import ABSENT, Label, Measured, State, Table, said
from sanoscope.sentence import Name, Sentence

Row: TypeAlias = Mapping[str, Any]
Beside: TypeAlias = Callable[[str], Edition | None]
"""From the name of a source to the edition of it that is served, None where none is."""

LEVEL = "finess"
"""Of the tables of a source, the one whose rows are its establishments."""


def nothing_beside(source: str) -> Edition | None:
    """Return no edition, of any source."""
    return None


@dataclass(frozen=True, slots=True)
class Value:
    """What an establishment has of an indicator: a figure or a class where it is exact."""

    state: State
    figure: float | str | None = None


NONE = Value(State.NOT_AVAILABLE)


def crossed(
    table: Table, query: Query, restitution: Restitution, catalogue: Catalogue, edition: Edition, beside: Beside
) -> Table:
    """Return an answer with the columns that its restitution takes from sources, and its ratios.

    Args:
        table: the answer, as it is shown.
        query: what it answers.
        restitution: of what.
        catalogue: what the sources are.
        edition: the one that answered: its establishments are those looked for.
        beside: the served editions of sources.
    """
    return _Crossing(table, query, restitution, catalogue, edition, beside).table()


def bare(table: Table, restitution: Restitution) -> Table:
    """Return an answer without what was crossed."""
    out = set(restitution.croisees)
    return replace(
        table,
        labels=tuple(label for label in table.labels if label.name not in out),
        figures=tuple(figure for figure in table.figures if figure.name not in out),
        beside=(),
    )


class _Crossing:
    def __init__(
        self,
        table: Table,
        query: Query,
        restitution: Restitution,
        catalogue: Catalogue,
        edition: Edition,
        beside: Beside,
    ) -> None:
        self.before = table
        self.restitution = restitution
        self.catalogue = catalogue
        self.edition = edition
        self.sources = {name: beside(name) for name in restitution.sources_croisees}
        labels = {label.name: label.values for label in table.labels}
        self.codes = labels["finess"]
        own = str(query.annees[-1])
        self.years = tuple(int(year or own) for year in labels.get("annee", (own,) * len(table)))
        # the rows below a total are not all that it counts where some are left out, or where it is of another answer
        partial = restitution.criteres.zone == "residence" or restitution.jusqua or query.comparer
        self.totals = not partial
        self._rows: dict[tuple[str, int], dict[str, Row]] = {}
        self._matches: dict[tuple[str, str, int], dict[str, Match]] = {}
        """What was read of a source in a year, and what its tables match: its measures share both."""

    def table(self) -> Table:
        labels, figures = list(self.before.labels), list(self.before.figures)
        for one in self.restitution.indicateurs:
            mesure = self.catalogue.sources[one.source].mesures[one.mesure]
            values = self._values(one)
            if mesure.classes:
                letters = tuple(map(_letter, values))
                title, definition = Sentence(mesure.libelle), Sentence(mesure.definition)
                labels.append(Label(one.colonne, title, letters, definition, tells=False))
            else:
                figures.append(_measured(one, mesure, values))
        columns = {figure.name: figure for figure in figures}
        figures += [self._ratio(ratio, columns) for ratio in self.restitution.rapports]
        notes = (note for note in self._notes() if note not in self.before.notes)
        return replace(
            self.before,
            labels=tuple(labels),
            figures=tuple(figures),
            notes=(*self.before.notes, *notes),
            beside=tuple(source.nom for source in self.sources.values() if source),
        )

    # indicators ---------------------------------------------------------------------------------------------------

    def _values(self, one: Indicateur) -> list[Value]:
        """Return the value of an indicator in every row: of an establishment, or what its rows tell of a total."""
        mesure = self.catalogue.sources[one.source].mesures[one.mesure]
        known = {year: self._of_year(one, year) for year in dict.fromkeys(self.years)}
        found: list[Value] = []
        since: list[Value] = []
        for code, kind, year in zip(self.codes, self.before.kinds, self.years, strict=True):
            if kind == "total":
                found.append(_summed(since) if self.totals and mesure.additive else NONE)
                since = []
            else:
                found.append(known[year].get(code, NONE))
                since.append(found[-1])
        return found

    def _of_year(self, one: Indicateur, year: int) -> dict[str, Value]:
        """Return the value of an indicator for each establishment of a year that has one whole in the source."""
        source, declared = self.sources[one.source], self.catalogue.sources[one.source]
        there = nearest_year(year, source) if source else 0
        if source is None or not there:
            return {}
        mesure, table = declared.mesures[one.mesure], declared.tableau(one.mesure)
        if (one.source, there) not in self._rows:
            self._rows[one.source, there] = _rows(source.of(declared.champ), there)
        if (one.source, table, year) not in self._matches:
            self._matches[one.source, table, year] = self._matched(source, table, year, there)
        rows = self._rows[one.source, there]
        return {
            code: _together([_value(rows.get(entity), one.mesure) for entity in match.entities], mesure)
            for code, match in self._matches[one.source, table, year].items()
            if match.whole
        }

    def _matched(self, source: Edition, table: str, year: int, there: int) -> dict[str, Match]:
        """Return what the establishments of a year, asked for or not, are in a table of a source."""
        wanted = {finess for of, finess in self.edition.etablissements if of == year}
        return reconciled(wanted, source.entites.get((there, table), {}).values(), source.historique)

    # ratios -------------------------------------------------------------------------------------------------------

    def _ratio(self, ratio: Rapport, columns: Mapping[str, Measured]) -> Measured:
        values = [
            _divided([columns[name] for name in ratio.numerateur], columns[ratio.denominateur], row, ratio, year)
            for row, year in enumerate(self.years)
        ]
        return Measured(
            name=ratio.nom,
            title=Sentence(ratio.libelle),
            unit=Sentence(ratio.unite),
            decimals=ratio.decimales,
            definition=Sentence(ratio.definition),
            values=tuple(_figure(value) for value in values),
            states=tuple(value.state for value in values),
        )

    # words --------------------------------------------------------------------------------------------------------

    def _notes(self) -> Iterable[str]:
        years = sorted(set(self.years))
        for name, source in self.sources.items():
            libelle = Sentence(self.catalogue.sources[name].libelle)
            if source is None:
                yield Sentence("%(source)s : aucune édition n'en est publiée, ses colonnes sont « … ».", source=libelle)
                continue
            declared = self.catalogue.sources[name]
            yield Sentence(
                "Colonnes croisées : %(source)s, %(editeur)s, licence : %(licence)s, édition %(nom)s.",
                source=libelle,
                editeur=Name(declared.editeur),
                licence=Sentence(declared.licence),
                nom=source.nom,
            )
            for year in years:
                there = nearest_year(year, source)
                if not there:
                    yield Sentence("Cette édition n'a ni %(annee)s ni une année d'avant.", annee=str(year))
                elif there != year:
                    yield Sentence(
                        "Elle n'a pas %(annee)s : les chiffres croisés sont de %(avant)s, la plus proche avant elle.",
                        annee=str(year),
                        avant=str(there),
                    )
        yield Sentence(
            "Les FINESS sont rapprochés par leurs codes. Ce qui s'additionne est la somme des sites d'un "
            "établissement, « … » s'il en manque un. Un rapport n'est donné que si tout ce dont il est fait est exact."
        )


def _rows(source: Edition, year: int) -> dict[str, Row]:
    """Return the row of each establishment of a source in a year."""
    name = next((table.nom for table in source.champ.tables if table.nom == TABLE + LEVEL), "")
    if not name:
        return {}
    rows = source.engine.run(Filter(Scan(name), In(Column("annee"), (year,)))).to_pylist()
    return {row[LEVEL]: row for row in rows}


def _value(row: Row | None, mesure: str) -> Value:
    return Value(said(row[mesure + STATE]), row[mesure]) if row else NONE


def _together(cells: Sequence[Value], mesure: MesurePubliee) -> Value:
    """Return what sites have together: their sum where it is one, what they all are where they agree on a class."""
    if len(cells) == 1:
        return cells[0]
    if mesure.additive:
        return _summed(cells)
    alike = set(cells)
    return alike.pop() if mesure.classes and len(alike) == 1 else NONE


def _summed(cells: Sequence[Value]) -> Value:
    """Return a sum where all that it is of is exact; what there is no occasion for adds nothing."""
    states = {cell.state for cell in cells}
    if not states or State.NOT_AVAILABLE in states:
        return NONE
    if states == {State.NOT_APPLICABLE}:
        return Value(State.NOT_APPLICABLE)
    if not states <= {State.EXACT, State.NOT_APPLICABLE}:
        return Value(State.SECRET)
    return Value(State.EXACT, sum(cell.figure for cell in cells if isinstance(cell.figure, int | float)))


def _divided(above: Sequence[Measured], below: Measured, row: int, ratio: Rapport, year: int) -> Value:
    """Return a ratio of what is shown: none where a part is not exact, whatever it is approached by."""
    parts = (*above, below)
    states = {part.states[row] for part in parts}
    for state in (State.NOT_AVAILABLE, State.NOT_APPLICABLE):
        if state in states:
            return Value(state)
    figures = [rounded(part, row) for part in parts]
    if states != {State.EXACT} or None in figures:
        return Value(State.SECRET)
    *over, under = (float(figure or 0) for figure in figures)
    under *= (366 if isleap(year) else 365) if ratio.par_jour else 1
    return Value(State.EXACT, ratio.facteur * prod(over) / under) if under else Value(State.NOT_APPLICABLE)


def _measured(one: Indicateur, mesure: MesurePubliee, values: Sequence[Value]) -> Measured:
    return Measured(
        name=one.colonne,
        title=Sentence(mesure.libelle),
        unit=Sentence(mesure.unite),
        decimals=mesure.decimales,
        definition=Sentence(mesure.definition),
        values=tuple(_figure(value) for value in values),
        states=tuple(value.state for value in values),
    )


def _figure(value: Value) -> float | None:
    return float(value.figure) if value.state is State.EXACT and value.figure is not None else None


def _letter(value: Value) -> str:
    return str(value.figure) if value.state is State.EXACT else ABSENT[value.state]
