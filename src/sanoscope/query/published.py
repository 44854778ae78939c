"""Answers from an edition of a published source: its cells as they are, in the states in which they were published.

Nothing that is masked is worked out. A total over several rows is the source's own where it has one; else it is exact
where every cell is there, approached where the only ones that are not are masked (1 to 10 each), and not available
otherwise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
from sanoscope.query.compare import reference
from sanoscope.query.criteria import Query
from sanoscope.query.planner import Question, question
from sanoscope.query.table import Figure, Label, Measured, State, Table
from sanoscope.sentence import Name, Sentence

LEAST, MOST = 1, 10
"""What a masked count is between."""

WHOLE = Sentence("Total")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is shown: a figure where exact, an estimate and its margin where approached."""

    state: State
    figure: Figure = None
    margin: Figure = None


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
    if query.comparer:
        reference(query, restitution, edition)
    return _Answer(query, restitution, catalogue, edition).table()


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
        rows = self._rows()
        total = self._total(rows)
        columns = {name: [_cell(row, name) for row in rows] for name in self.mesures}
        kinds = ["detail"] * len(rows)
        if total is not None:
            for name, cell in total.items():
                columns[name].append(cell)
            kinds.append("total")
        figures = tuple(_measured(name, mesure, columns[name]) for name, mesure in self.mesures.items())
        manifest = self.edition.manifest
        return Table(
            title=words.title(self.query, self.restitution, self.champ, self.edition),
            query=self.query.canonical,
            labels=tuple(self._labels(rows, total=total is not None)),
            figures=figures,
            kinds=tuple("total" if kind == "total" else "detail" for kind in kinds),
            edition=manifest.nom,
            state=manifest.etat,
            made=manifest.cree_le.date().isoformat(),
            notes=self._notes(figures, total=total is not None),
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

    def _rows(self) -> list[Row]:
        """Return the rows of the source that are asked for, by code."""
        rows: list[Row] = self.edition.engine.run(self._read(self.level)).to_pylist()
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

    def _total(self, rows: Sequence[Row]) -> dict[str, Cell] | None:
        """Return the line of total: a line of the source, or what can be told from the rows."""
        if self.source.totaux == "aucun" or not rows:
            return None
        if self.whole is not None:
            return {name: _cell(self.whole, name) for name in self.mesures}
        if self.source.totaux == "source":
            return None
        return {name: total([_cell(r, name) for r in rows], self.mesures[name]) for name in self.mesures}

    @cached_property
    def whole(self) -> Row | None:
        """The line of the source that is of all that is asked, and of nothing else; None where it has none."""
        given = {name for name, _ in self.asked.conditions}
        known = given | {parent for name in given for parent in self.champ.dimensions[name].parents}
        for table in self.edition.champ.tables:
            if given <= set(table.dimensions[1:]) <= known:
                found: list[Row] = self.edition.engine.run(self._read(table)).to_pylist()
                return found[0] if len(found) == 1 else None
        return None

    # words --------------------------------------------------------------------------------------------------------

    def _labels(self, rows: Sequence[Row], *, total: bool) -> Iterable[Label]:
        end = [""] if total else []
        for position, dimension in enumerate(self.asked.rows):
            codes = [str(row[dimension]) for row in rows]
            title = "FINESS" if dimension == "finess" else Sentence(self.champ.dimensions[dimension].libelle)
            yield Label(dimension, title, (*codes, *end))
            if dimension == "finess":
                for name in self.restitution.attributs:
                    said = [words.attribute(name, code, self.asked.years[-1], self.edition) for code in codes]
                    yield Label(name, words.ATTRIBUTES[name], (*said, *([_last(name)] if total else [])))
            elif known := self.edition.libelles.get(dimension):
                names = [Name(known[code]) if code in known else Sentence("Inconnu") for code in codes]
                last = [WHOLE if position == 0 else ""] if total else []
                yield Label(f"libelle_{dimension}", Sentence("Libellé"), (*names, *last))

        for name, mesure in self.classes.items():
            letters = [
                row[name] if row[name + STATE] == State.EXACT else ABSENT[State(row[name + STATE])] for row in rows
            ]
            yield Label(name, Sentence(mesure.libelle), (*letters, *end))

    def _notes(self, figures: Sequence[Measured], *, total: bool) -> tuple[str, ...]:
        manifest = self.edition.manifest
        return (
            *origin(self.source),
            Sentence(
                "Édition %(nom)s (%(etat)s), construite le %(jour)s.",
                nom=manifest.nom,
                etat=Sentence(manifest.etat),
                jour=manifest.cree_le.date(),
            ),
            *(Sentence(said) for said in self.source.remarques),
            *([Sentence("Le total est une ligne de la source.")] if total and self.whole else []),
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


ABSENT = {
    State.MASKED: Sentence("masqué"),
    State.SECRET: Sentence("secret"),
    State.NOT_AVAILABLE: Sentence("non disponible"),
    State.NOT_APPLICABLE: Sentence("sans objet"),
}
"""What stands for a class that is not there."""

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


def _last(attribute: str) -> str:
    return WHOLE if attribute == "raison_sociale" else ""


def _cell(row: Row, name: str) -> Cell:
    state = State(row[name + STATE])
    return Cell(state, row[name] if state is State.EXACT else None)


def _measured(name: str, mesure: MesurePubliee, cells: Sequence[Cell]) -> Measured:
    near = any(cell.state is State.APPROXIMATE for cell in cells)
    return Measured(
        name=name,
        title=Sentence(mesure.libelle),
        unit=Sentence(mesure.unite),
        decimals=mesure.decimales,
        definition=Sentence(mesure.definition),
        values=tuple(cell.figure if cell.state is State.EXACT else None for cell in cells),
        states=tuple(cell.state for cell in cells),
        estimates=tuple(c.figure if c.state is State.APPROXIMATE else None for c in cells) if near else (),
        margins=tuple(cell.margin for cell in cells) if near else (),
    )
