"""A `Reponse` as a notebook shows it: the texts of the page, and beneath what no figure may be read without."""

from collections.abc import Sequence
from html import escape

from sanoscope.client.reponse import Colonne, Reponse
from sanoscope.present.html import Cell, rows
from sanoscope.present.numbers import A_FIGURE, FRENCH, MEANING, SHOWN, UNCERTAINTY
from sanoscope.query.table import State

SHOWN_ROWS = 100
"""Rows of detail that a notebook shows."""

RIGHT = ' style="text-align:right"'


def cells(answer: Reponse) -> list[list[Cell]]:
    """Return the cells of each row: labels as a page shows them, then figures, with the word of each state and why."""
    columns = [_figures(answer, one) for one in answer.colonnes if one.genre == "mesure"]
    texts = rows(answer.etiquettes)
    return [[*row.cells, *(column[number] for column in columns)] for number, row in enumerate(texts)]


def _figures(answer: Reponse, column: Colonne) -> list[Cell]:
    table, name = answer.arrow(), column.nom
    values, states = table.column(name).to_pylist(), table.column(f"{name}_etat").to_pylist()
    near, around = (_beside(answer, f"{name}_{what}") for what in ("estimation", "marge"))
    digits = column.decimales_lignes or (column.decimales,) * len(answer)
    return [
        figure(column, State(state), value if value is not None else estimate, margin, shown)
        for state, value, estimate, margin, shown in zip(states, values, near, around, digits, strict=True)
    ]


def _beside(answer: Reponse, name: str) -> Sequence[int | float | None]:
    """Return a column of estimates or margins; nothing on any row where there is none."""
    table = answer.arrow()
    return table.column(name).to_pylist() if name in table.column_names else [None] * len(answer)


def figure(column: Colonne, state: State, value: int | float | None, margin: int | float | None, digits: int) -> Cell:
    """Return a figure as a page shows it.

    Args:
        column: the measure.
        state: what it is.
        value: the figure or the estimate, None for neither.
        margin: half-width of the uncertainty of an estimate, None where unknown.
        digits: after the point.
    """
    if state is State.EXACT:
        return Cell(FRENCH.number(value, digits), state.value)
    if state is not State.APPROXIMATE:
        return Cell(SHOWN[state], state.value, MEANING[state])
    around = "" if margin is None else f" {UNCERTAINTY} {FRENCH.number(margin, column.decimales)}."
    return Cell(f"≈ {FRENCH.number(value, digits)}", state.value, MEANING[state] + around)


def to_html(answer: Reponse, limit: int | None = None) -> str:
    """Return a table as HTML.

    Args:
        answer: the table.
        limit: rows of detail to show at most, totals beside; None for all.
    """
    heads = "".join(_head(one) for one in answer.colonnes if one.nom in _shown(answer))
    texts = len(answer.etiquettes.labels)
    body, left = [], len(answer) if limit is None else limit
    hidden = 0
    for kind, row in zip(answer.etiquettes.kinds, cells(answer), strict=True):
        if kind == "detail" and left <= 0:
            hidden += 1
            continue
        left -= kind == "detail"
        body.append(_row(kind, row, texts))
    beneath = [f"<p>{escape(line)}</p>" for line in _beneath(answer, hidden)]
    return (
        f'<div class="sanoscope"><table><caption>{escape(answer.titre)}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>{''.join(beneath)}</div>"
    )


def _shown(answer: Reponse) -> set[str]:
    """Return the names of the columns that are shown: the mark is told beneath."""
    labels = {label.name for label in answer.etiquettes.labels}
    return labels | {one.nom for one in answer.colonnes if one.genre == "mesure"}


def _head(column: Colonne) -> str:
    text = f"{column.libelle} ({column.unite})" if column.unite else column.libelle
    side = RIGHT if column.genre == "mesure" else ""
    return f'<th scope="col" title="{escape(column.definition)}"{side}>{escape(text)}</th>'


def _row(kind: str, row: Sequence[Cell], texts: int) -> str:
    said = "".join(f"<td>{escape(one.text)}</td>" for one in row[:texts])
    figures = "".join(
        f'<td class="{one.state}" title="{escape(one.reason)}"{RIGHT}>{escape(one.text)}</td>' for one in row[texts:]
    )
    return f'<tr class="{kind}">{said}{figures}</tr>'


def _beneath(answer: Reponse, hidden: int) -> list[str]:
    """Return what is said under the table: rows that are not shown, the mark, the legend, notes, the source."""
    lines = [f"{hidden} autres lignes : polars(), pandas() ou html() les ont toutes."] if hidden else []
    lines += [answer.filigrane] if answer.filigrane else []
    signs = [f"{SHOWN.get(State(state), A_FIGURE)} : {sense}" for state, sense in answer.legende.items()]
    return [*lines, *signs, *answer.notes, answer.citation]
