"""What a fiche shows of the answers of its blocks: the total's figures and what they are set beside, or first rows.

Nothing is worked out here: each figure is a cell of an answer, in the state that it has there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sanoscope.edition.edition import Edition
from sanoscope.present.arrange import Arrangement, arranged
from sanoscope.present.exports import document
from sanoscope.present.html import Cell
from sanoscope.present.numbers import FRENCH, Meaning, Style, cell, legend, reason
from sanoscope.present.pictures.frame import Picture
from sanoscope.present.pictures.picture import carte, chart, places_of
from sanoscope.query.fiches import Comparison, Part, Sheet
from sanoscope.query.rounding import estimate
from sanoscope.query.table import Measured, State, Table, taken
from sanoscope.sentence import Sentence, joined

GAPS = {
    "evolution": Sentence("évolution"),
    "part": Sentence("part"),
    "ecart": Sentence("écart"),
}
"""What the column of a comparison is called, by the end of its name (`query.compare`)."""

SIGNED = ("evolution", "ecart")
"""Those that say how much more: a sign goes before."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a key figure is set beside: whose, its figure, and how they differ (what of difference, its figure)."""

    name: str
    figure: Cell
    gap: str
    difference: Cell


@dataclass(frozen=True, slots=True)
class Key:
    """A key figure: name, title, unit and definition of its measure, its cell, what it is set beside."""

    name: str
    title: str
    unit: str
    definition: str
    figure: Cell
    beside: tuple[Beside, ...]


def excerpt(part: Part) -> Table:
    """Return what a block shows of its answer, as a table.

    Key figures are those of the total row; a table has its first rows, in the order that the block asks for, and every
    total; of a picture the whole answer.

    Args:
        part: a block that is answered.

    Raises:
        ValueError: it is not.
    """
    if part.table is None:
        raise ValueError("nothing answers this block")
    bloc, table = part.bloc, part.table
    if bloc.affichage == "cles":
        return _of_measures(
            taken(table, [row for row, kind in enumerate(table.kinds) if kind == "total"]), bloc.mesures
        )
    if bloc.affichage != "table":
        return table
    if bloc.tri:
        table = arranged(table, Arrangement(bloc.tri))
    details = [row for row, kind in enumerate(table.kinds) if kind == "detail"][: bloc.premiers]
    totals = [row for row, kind in enumerate(table.kinds) if kind == "total"]
    shown = _of_measures(taken(table, sorted([*details, *totals])), bloc.mesures)
    texts = tuple(label for label in shown.labels if not bloc.textes or label.name in bloc.textes)
    return replace(shown, labels=texts)


def left_out(part: Part) -> int:
    """Return how many rows of its answer a table leaves out."""
    if part.table is None or part.bloc.affichage != "table":
        return 0
    return max(0, part.table.kinds.count("detail") - part.bloc.premiers)


def keys(part: Part, style: Style = FRENCH) -> list[Key]:
    """Return the key figures of a block, in the order of its measures; none where no row answers."""
    table = excerpt(part)
    if not len(table):
        return []
    return [
        Key(
            figure.name,
            figure.title,
            figure.unit,
            figure.definition,
            _cell(figure, 0, style),
            tuple(_beside(figure.name, comparison, style) for comparison in part.compared),
        )
        for figure in table.figures
    ]


def picture(part: Part, edition: Callable[[str], Edition]) -> Picture | None:
    """Return the picture of a block, in French and for a clear page; None where it has none.

    Args:
        part: the block.
        edition: gives an edition by its name: maps need to know where its establishments are.

    Raises:
        NothingToDrawError: there is nothing to draw.
    """
    if part.table is None or part.bloc.affichage not in ("graphique", "carte"):
        return None
    if part.bloc.affichage == "graphique":
        return chart(part.table, part.restitution, genre=part.bloc.genre)
    return carte(part.table, part.restitution, places_of(edition(part.table.edition)), genre=part.bloc.genre)


def meanings(sheet: Sheet) -> list[Meaning]:
    """Return the legend of a fiche: of the states that it shows, and no other."""
    found: dict[State, Meaning] = {}
    for part in sheet.parts:
        if part.table is None or part.bloc.affichage in ("graphique", "carte"):
            continue
        others = [_compared(comparison, part.bloc.mesures) for comparison in part.compared]
        for table in (excerpt(part), *others):
            found.update((line.state, line) for line in legend(table))
    return [found[state] for state in State if state in found]


def notes(sheet: Sheet) -> list[str]:
    """Return what must be known of the answers of a fiche, each said once, with its fields where not of all."""
    found: dict[str, dict[str, None]] = {}
    for part in sheet.parts:
        for note in () if part.table is None else part.table.notes:
            found.setdefault(note, {})[part.restitution.champ.upper()] = None
    every = {champ for of in found.values() for champ in of}
    return [note if set(of) == every else joined(" — ", [", ".join(of), note]) for note, of in found.items()]


def to_document(sheet: Sheet) -> dict[str, Any]:
    """Return a fiche for machines: its subject, its year, its blocks with their questions, addresses and figures."""
    return {
        "fiche": sheet.fiche.slug,
        "titre": sheet.title,
        "objet": sheet.fiche.objet,
        "sujet": {"genre": sheet.fiche.sujet, "code": sheet.subject.code, "nom": sheet.subject.name},
        "annee": sheet.annee,
        "requete": sheet.canonical,
        "editions": [{"nom": t.edition, "etat": t.state, "date": t.made} for t in sheet.editions.values()],
        "blocs": [_block(part) for part in sheet.parts],
    }


def _block(part: Part) -> dict[str, Any]:
    said: dict[str, Any] = {
        "titre": part.bloc.titre,
        "affichage": part.bloc.affichage,
        "restitution": part.restitution.slug,
    }
    if part.refused or part.query is None:
        error = part.refused
        return said | {
            "refus": {"code": error.code, "message": error.message, "conseil": error.todo} if error else None
        }
    asked = part.query.canonical
    picture = part.bloc.affichage if part.bloc.affichage in ("graphique", "carte") else ""
    image = f"/restitutions/{part.restitution.slug}/{picture}.svg?{asked}"
    return said | {
        "requete": asked,
        "page": f"/restitutions/{part.restitution.slug}?{asked}",
        "donnees": f"/api/v1/restitutions/{part.restitution.slug}/donnees?{asked}",
        **({"image": image + (f"&genre={part.bloc.genre}" if part.bloc.genre else "")} if picture else {}),
        "tableau": document(excerpt(part)),
        "lignes_laissees": left_out(part),
        "comparaisons": [_comparison(each, part) for each in part.comparisons],
    }


def _comparison(each: Comparison, part: Part) -> dict[str, Any]:
    said: dict[str, Any] = {"comparer": each.kind}
    if each.query is None or each.table is None:
        error = each.refused
        return said | {"refus": {"code": error.code, "message": error.message} if error else None}
    asked = each.query.canonical
    donnees = f"/api/v1/restitutions/{part.restitution.slug}/donnees?{asked}"
    table = document(_compared(each, part.bloc.mesures))
    return said | {"nom": each.name, "requete": asked, "donnees": donnees, "tableau": table}


def _compared(each: Comparison, measures: tuple[str, ...]) -> Table:
    """Return the total row of a comparison, with the columns of the measures that are shown."""
    if each.table is None:
        raise ValueError("nothing answers this comparison")
    total = [row for row, kind in enumerate(each.table.kinds) if kind == "total"]
    return _of_measures(taken(each.table, total), measures)


def _beside(name: str, each: Comparison, style: Style) -> Beside:
    columns = {figure.name: figure for figure in _compared(each, (name,)).figures}
    gap = next(end for end in GAPS if f"{name}_{end}" in columns)
    theirs, difference = columns[f"{name}_{each.kind.replace('-', '')}"], columns[f"{name}_{gap}"]
    cell_of = _cell(difference, 0, style, signed=gap in SIGNED)
    return Beside(each.name, _cell(theirs, 0, style), GAPS[gap], replace(cell_of, text=_with_unit(cell_of, difference)))


def _with_unit(of: Cell, column: Measured) -> str:
    return f"{of.text}\u00a0{column.unit}" if of.state in ("exact", "approche") and column.unit else of.text


def _cell(column: Measured, row: int, style: Style, *, signed: bool = False) -> Cell:
    text = cell(column, row, style)
    near = column.values[row] if column.values[row] is not None else estimate(column, row)
    if signed and near is not None and round(near, column.decimals) > 0:
        text = f"≈ +{text.removeprefix('≈ ')}" if text.startswith("≈") else f"+{text}"
    return Cell(text, column.states[row].value, reason(column, row, style))


def _of_measures(table: Table, measures: tuple[str, ...]) -> Table:
    """Return a table with the columns of some measures alone: theirs, of the year before too, and of a comparison."""
    if not measures:
        return table
    order = [
        figure
        for name in measures
        for figure in table.figures
        if figure.name == name or figure.name.removeprefix(f"{name}_") in ENDS
    ]
    return replace(table, figures=tuple(order))


ENDS = (*GAPS, "n1", "region", "france")
"""What the name of a measure's other columns ends with."""
