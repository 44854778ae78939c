"""Counts of distinct persons of an answer: counted anew in the secure store, looked up in the open one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sanoscope.catalogue.field import Champ
from sanoscope.disclosure.keyed import MARGIN
from sanoscope.edition.edition import Edition
from sanoscope.edition.noised import SMALL
from sanoscope.query.noised import CELLS, published, told
from sanoscope.query.planner import Question, RowKey, choose, distinct_plan
from sanoscope.query.states import (
    APPROXIMATE,
    EXACT,
    MASKED,
    NOT_AVAILABLE,
    SECRET,
    Shown,
    everywhere,
)


def counted(asked: Question, name: str, keys: Sequence[RowKey], edition: Edition, champ: Champ) -> Shown:
    """Return the persons of rows and totals, from a secure store.

    Args:
        asked: the question.
        name: which distinct count of the field.
        keys: key of each row (year, rows' dimensions) and total (without the last dimension).
        edition, champ: where they are, and of what field.
    """
    if not edition.tables(name):
        return everywhere(NOT_AVAILABLE, len(keys))
    plan = distinct_plan(asked, choose(asked, name, edition), name, champ.distincts[name].colonne)
    counts: dict[RowKey, int] = {}
    last = asked.rows[-1]
    for row in edition.engine.run(plan).to_pylist():
        head = (row["annee"], *(row[d] for d in asked.rows[:-1]))
        counts[head if row[f"grouping_{last}"] else (*head, row[last])] = row[name]
    figures = np.array([counts.get(key, 0) for key in keys], np.int64)
    return Shown(np.full(len(keys), EXACT, np.int8), figures, np.zeros(len(keys)))


def looked_up(
    asked: Question, name: str, keys: Sequence[RowKey], lines: Shown, edition: Edition, champ: Champ
) -> Shown:
    """Return the persons of rows and totals that an open store tells: of published groups, with their noise.

    Args:
        asked, name, keys, edition, champ: as in `counted`.
        lines: what is shown of the lines of these rows: where their number is not told, nor is that of persons.
    """
    figures, small = np.full(len(keys), -1, np.int64), np.zeros(len(keys), np.bool_)
    whole = replace(asked, rows=asked.rows[:-1])
    if asked.selected or asked.last_month or asked.shown is not None:
        return everywhere(NOT_AVAILABLE, len(keys))
    for question in (asked, whole):
        if place := published(name, question, edition, champ):
            found = told(question, *place, (name, name + SMALL), edition)
            alone = found.at(keys, CELLS) == 1
            figures = np.where(alone, found.at(keys, name), figures)
            small |= alone & (found.at(keys, name + SMALL) > 0)
    nobody = (lines.state == EXACT) & (lines.figure == 0)
    state = np.select(
        [nobody, lines.state == SECRET, figures < 0, lines.state == MASKED, small],
        [EXACT, SECRET, NOT_AVAILABLE, MASKED, MASKED],
        APPROXIMATE,
    )
    return Shown(state.astype(np.int8), np.maximum(figures, 0), np.full(len(keys), float(MARGIN)))
