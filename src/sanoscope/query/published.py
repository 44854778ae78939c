"""Answers from an edition of a published source: its cells as they are, in the states in which they were published.

Nothing that is masked is worked out. A total over several rows is the source's own where it has one; else it is exact
where every cell is there, approached where the only ones that are not are masked (1 to 10 each), and not available
otherwise. Scores do not add up: where some are asked for, the line says their plain mean, and is called so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.catalogue.source import MesurePubliee, Source
from sanoscope.edition.edition import Edition
from sanoscope.edition.manifest import TableCube
from sanoscope.engine.plan import Column, Expression, Filter, In, Plan, Scan, all_of
from sanoscope.errors import CriterionError
from sanoscope.intake.tables import STATE, TOTAL
from sanoscope.query import words
from sanoscope.query.compare import beside, reference
from sanoscope.query.criteria import Query
from sanoscope.query.planner import Question, question
from sanoscope.query.table import ABSENT, Figure, Kind, Label, Measured, State, Table, said
from sanoscope.sentence import Name, Sentence

LEAST, MOST = 1, 10
"""What a masked count is between."""

WHOLE = Sentence("Total")
MEAN = Sentence(
    "La moyenne simple est celle des chiffres exacts de la colonne : chaque établissement y compte autant, quelle que "
    "soit sa taille."
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is shown: a figure where exact, an estimate and its margin where approached."""

    state: State
    figure: Figure = None
    margin: Figure = None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of an answer: of which year, its cells, its row in the source; of a total, its name instead."""

    year: int
    cells: Mapping[str, Cell]
    row: Row = field(default_factory=dict)
    name: str = ""

    @property
    def kind(self) -> Kind:
        return "total" if self.name else "detail"


def answered(query: Query, restitution: Restitution, catalogue: Catalogue, edition: Edition) -> Table:
    """Return the table that answers a query from an edition of a published source.

    Args:
        query: what is asked.
        restitution: of what.
        catalogue: what the source is.
        edition: the edition, seen by the restitution's field.

    Raises:
        CriterionError: ``non-publie``, ``trop-long``, ``sans-comparaison``.
    """
    if not query.comparer:
        return _Answer(query, restitution, catalogue, edition).table()
    of = reference(query, restitution, edition)
    own = _Answer(replace(query, comparer=""), restitution, catalogue, edition)
    other = _Answer(of.query, restitution, catalogue, edition)
    averaged = {name: mesure for name, mesure in own.mesures.items() if mesure.moyenne}
    return replace(beside(own.table(), other.table(), of, averaged, own.asked.rows), query=query.canonical)


def check(query: Query, restitution: Restitution, catalogue: Catalogue, edition: Edition) -> None:
    """Do nothing if the source answers a query; `answered` would raise the same. Reads no figure.

    Raises:
        CriterionError: ``non-publie``, ``trop-long``.
    """
    _Answer(query, restitution, catalogue, edition)


class _Answer:
    def __init__(self, query: Query, restitution: Restitution, catalogue: Catalogue, edition: Edition) -> None:
        told = edition.manifest.source
        if told is None:
            raise ValueError("an edition of a published source is needed")
        self.query = query
        self.restitution = restitution
        self.edition = edition
        self.source: Source = catalogue.source(told.source)
        self.champ: Champ = catalogue.champ(restitution)
        asked = {name: self.source.mesures[name] for name in restitution.mesures}
        self.mesures = {name: mesure for name, mesure in asked.items() if not mesure.classes}
        self.classes = {name: mesure for name, mesure in asked.items() if mesure.classes}
        self.asked: Question = question(query, restitution, self.champ, edition)
        self._check_criteria()
        self.level: TableCube = self._level()

    def table(self) -> Table:
        lines = self._lines()
        figures = tuple(
            _measured(name, mesure, [line.cells[name] for line in lines]) for name, mesure in self.mesures.items()
        )
        manifest = self.edition.manifest
        return Table(
            title=words.title(self.query, self.restitution, self.champ, self.edition),
            query=self.query.canonical,
            labels=tuple(self._labels(lines)),
            figures=figures,
            kinds=tuple(line.kind for line in lines),
            edition=manifest.nom,
            state=manifest.etat,
            made=manifest.cree_le.date().isoformat(),
            notes=self._notes(figures, total=any(line.name for line in lines)),
            table_used=self.level.nom,
        )

    # what is asked ------------------------------------------------------------------------------------------------

    def _check_criteria(self) -> None:
        if self.query.mois:
            raise CriterionError(
                "non-publie",
                Sentence("La source publiée %(source)s n'a pas de mois.", source=self.source.source),
                todo=Sentence("Retirez le mois : elle donne l'année."),
                criterion="mois",
            )
        if self.source.demande and not any(getattr(self.query, name) for name in self.source.demande):
            raise CriterionError(
                "trop-long",
                Sentence("Le tableau entier serait trop long pour une réponse."),
                allowed=[f"{name}=…" for name in self.source.demande],
                todo=Sentence("Donnez l'un de ces critères."),
                criterion="activite",
            )

    def _level(self) -> TableCube:
        """Return the coarsest table that has the codes of the rows and of the activity: a row of it is one answered."""
        needed = {*self.asked.rows, *(name for name, _ in self.asked.conditions if name in self.champ.dimensions)}
        needed -= set(ATTRIBUTES)
        able = [table for table in self.edition.champ.tables if needed <= set(table.colonnes)]
        if not able:
            raise CriterionError(
                "non-publie",
                Sentence("La source publiée %(source)s n'a pas ce croisement.", source=self.source.source),
                allowed=[", ".join(t.dimensions[1:]) for t in self.edition.champ.tables if t.cube != TOTAL],
                todo=Sentence("Prenez un regroupement emboîté dans cette activité, ou retirez l'activité."),
            )
        return min(able, key=lambda table: (len(table.colonnes), table.lignes))

    def _lines(self) -> list[_Line]:
        """Return the lines of the answer: year by year, its rows, then what can be told of all of them."""
        rows, lines = self._rows(), []
        for year in self.asked.years:
            own = [row for row in rows if row["annee"] == year]
            lines += [_Line(year, {name: _cell(row, name) for name in self.mesures}, row) for row in own]
            total = self._total(own, year)
            lines += [_Line(year, total, name=self._whole_name(len(own)))] if total is not None else []
        return lines

    def _rows(self) -> list[Row]:
        """Return the rows of the source that are asked for, by code.

        Without those of which no file says what is asked, nor, unless they are asked for by name, those that it does
        not concern.
        """
        rows: list[Row] = self.edition.engine.run(self._read(self.level)).to_pylist()
        named = bool(self.query.etablissement or self.query.panier)
        nothing = (None,) if named else (None, State.NOT_APPLICABLE.value)
        rows = [row for row in rows if any(row[name + STATE] not in nothing for name in self.restitution.mesures)]
        order = tuple(dict.fromkeys((*self.asked.rows, *self.level.dimensions)))
        return self._sorted(sorted(rows, key=lambda row: tuple(row[name] for name in order)))

    def _read(self, table: TableCube) -> Plan:
        """Return the plan of the rows of a table that are asked for."""
        conditions: list[Expression] = [In(Column("annee"), self.asked.years)]
        establishments = [(name, values) for name, values in self.asked.conditions if name in ATTRIBUTES]
        conditions += [In(Column(n), values) for n, values in self.asked.conditions if n in table.colonnes]
        if establishments:
            conditions.append(In(Column("finess"), self._among(establishments)))
        condition = all_of(conditions)
        return Filter(Scan(table.nom), condition) if condition else Scan(table.nom)

    def _among(self, conditions: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
        asked = list(conditions)
        return tuple(
            e.finess
            for e in self.edition.etablissements.values()
            if all(getattr(e, name) in values for name, values in asked)
        )

    def _sorted(self, rows: list[Row]) -> list[Row]:
        """Return rows with the largest first where the restitution says by what; those without a figure come last."""
        by = self.restitution.tri
        return sorted(rows, key=lambda row: -(row[by] if row[by] is not None else -1)) if by else rows

    # totals -------------------------------------------------------------------------------------------------------

    def _total(self, rows: Sequence[Row], year: int) -> dict[str, Cell] | None:
        """Return the line of total of a year: a line of the source, or what can be told from the rows."""
        if self.source.totaux == "aucun" or not rows:
            return None
        if year in self.wholes:
            return {name: _cell(self.wholes[year], name) for name in self.mesures}
        if self.source.totaux == "source":
            return None
        work = mean if self.averaged else total
        return {name: work([_cell(r, name) for r in rows], self.mesures[name]) for name in self.mesures}

    @property
    def averaged(self) -> bool:
        """Whether the line of total is one of means."""
        return not self.wholes and any(mesure.moyenne for mesure in self.mesures.values())

    def _whole_name(self, rows: int) -> str:
        if not self.averaged:
            return WHOLE
        if rows == 1:
            return Sentence("Moyenne simple d'un établissement")
        return Sentence("Moyenne simple des %(n)s établissements", n=rows)

    @cached_property
    def wholes(self) -> dict[int, Row]:
        """The lines of the source, by year, that are of all that is asked and of nothing else.

        A source of indicators has none: the row of an establishment is no total.
        """
        if self.source.indicateurs:
            return {}
        given = {name for name, _ in self.asked.conditions}
        known = given | {parent for name in given for parent in self.champ.dimensions[name].parents}
        for table in self.edition.champ.tables:
            if given <= set(table.dimensions[1:]) <= known:
                found: list[Row] = self.edition.engine.run(self._read(table)).to_pylist()
                years = [row["annee"] for row in found]
                return {row["annee"]: row for row in found if years.count(row["annee"]) == 1}
        return {}

    # words --------------------------------------------------------------------------------------------------------

    def _labels(self, lines: Sequence[_Line]) -> Iterable[Label]:
        if len(self.asked.years) > 1:
            yield Label("annee", Sentence("Année"), tuple(str(line.year) for line in lines))
        for position, dimension in enumerate(self.asked.rows):
            codes = [str(line.row.get(dimension, "")) for line in lines]
            title = "FINESS" if dimension == "finess" else Sentence(self.champ.dimensions[dimension].libelle)
            yield Label(dimension, title, tuple(codes))
            if dimension == "finess":
                for name in self.restitution.attributs:
                    said_of_them = tuple(self._said(name, line) for line in lines)
                    yield Label(name, words.ATTRIBUTES[name], said_of_them, tells=False)
            elif known := self.edition.libelles.get(dimension):
                ends = [line.name if position == 0 else "" for line in lines]
                names = [
                    end if line.name else _named(code, known)
                    for line, code, end in zip(lines, codes, ends, strict=True)
                ]
                yield Label(f"libelle_{dimension}", Sentence("Libellé"), tuple(names))

        for name, mesure in self.classes.items():
            letters = ["" if line.name else _letter(line.row, name) for line in lines]
            yield Label(name, Sentence(mesure.libelle), tuple(letters), Sentence(mesure.definition), tells=False)

    def _said(self, attribute: str, line: _Line) -> str:
        if line.name:
            return line.name if attribute == "raison_sociale" else ""
        return words.attribute(attribute, str(line.row["finess"]), line.year, self.edition)

    def _notes(self, figures: Sequence[Measured], *, total: bool) -> tuple[str, ...]:
        return (
            *origin(self.source),
            words.built(self.edition),
            *(Sentence(said) for said in self.source.remarques),
            *([Sentence("Le total est une ligne de la source.")] if total and self.wholes else []),
            *([MEAN] if total and self.averaged else []),
            *(
                [
                    Sentence(
                        "Un total approché est la somme des cellules publiées, où chaque cellule « 1 à 10 » est entre "
                        "%(bas)s et %(haut)s.",
                        bas=LEAST,
                        haut=MOST,
                    )
                ]
                if any(State.APPROXIMATE in figure.states for figure in figures)
                else []
            ),
        )


ATTRIBUTES = ("departement", "region", "secteur", "categorie", "ght")
"""Criteria that are said of an establishment, not of a cell."""


def total(cells: Sequence[Cell], mesure: MesurePubliee) -> Cell:
    """Return what can be told of the total of cells from these alone.

    >>> ten = MesurePubliee(libelle="", definition="", additive=True)
    >>> total([Cell(State.EXACT, 30), Cell(State.MASKED)], ten)
    Cell(state=<State.APPROXIMATE: 'approche'>, figure=35.5, margin=4.5)
    """
    if len(cells) == 1:
        return cells[0]
    states = {cell.state for cell in cells}
    if not mesure.additive or not states <= {State.EXACT, State.MASKED}:
        return Cell(State.NOT_AVAILABLE)
    seen = sum(cell.figure or 0 for cell in cells)
    masked = sum(cell.state is State.MASKED for cell in cells)
    if not masked:
        return Cell(State.EXACT, seen)
    return Cell(State.APPROXIMATE, seen + masked * (LEAST + MOST) / 2, masked * (MOST - LEAST) / 2)


def mean(cells: Sequence[Cell], mesure: MesurePubliee) -> Cell:
    """Return the plain mean of the exact cells of a measure that may be averaged.

    >>> score = MesurePubliee(libelle="", definition="", moyenne=True)
    >>> mean([Cell(State.EXACT, 70.5), Cell(State.NOT_AVAILABLE), Cell(State.EXACT, 80)], score)
    Cell(state=<State.EXACT: 'exact'>, figure=75.25, margin=None)
    """
    if not mesure.moyenne:
        return Cell(State.NOT_APPLICABLE)
    seen = [cell.figure for cell in cells if cell.figure is not None]
    return Cell(State.EXACT, sum(seen) / len(seen)) if seen else Cell(State.NOT_AVAILABLE)


def origin(source: Source) -> tuple[str, ...]:
    """Return where the figures of a source come from, and what its masks are."""
    day: date | None = source.mise_a_jour
    said = Sentence(
        "Source publiée : %(libelle)s. %(editeur)s, licence : %(licence)s. %(lien)s",
        libelle=Sentence(source.libelle),
        editeur=Name(source.editeur),
        licence=Sentence(source.licence),
        lien=Name(source.lien),
    )
    gathered = Sentence("Tableau recueilli par %(par)s.", par=Name(source.par)) if source.par else ""
    dated = Sentence("Mise à jour de la source : %(jour)s.", jour=day) if day else ""
    masks = Sentence(
        "Les masques sont ceux de la source. On peut en partie les recalculer à partir d'autres cellules ; la "
        "plateforme ne le fait pas (la méthode : /methode)."
    )
    return tuple(text for text in (said, gathered, dated, "" if source.indicateurs else masks) if text)


def _named(code: str, known: Mapping[str, str]) -> str:
    return Name(known[code]) if code in known else Sentence("Inconnu")


def _letter(row: Row, name: str) -> str:
    state = said(row[name + STATE])
    return str(row[name]) if state is State.EXACT else ABSENT[state]


def _cell(row: Row, name: str) -> Cell:
    state = said(row[name + STATE])
    return Cell(state, row[name] if state is State.EXACT else None)


def _published(figure: Figure, mesure: MesurePubliee) -> Figure:
    """Return a figure with the digits that are published of its measure: files say what pages show."""
    return figure if figure is None else round(figure, mesure.decimales)


def _measured(name: str, mesure: MesurePubliee, cells: Sequence[Cell]) -> Measured:
    near = any(cell.state is State.APPROXIMATE for cell in cells)
    return Measured(
        name=name,
        title=Sentence(mesure.libelle),
        unit=Sentence(mesure.unite),
        decimals=mesure.decimales,
        definition=Sentence(mesure.definition),
        values=tuple(_published(cell.figure, mesure) if cell.state is State.EXACT else None for cell in cells),
        states=tuple(cell.state for cell in cells),
        estimates=tuple(c.figure if c.state is State.APPROXIMATE else None for c in cells) if near else (),
        margins=tuple(cell.margin for cell in cells) if near else (),
    )
