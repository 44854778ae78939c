"""Counts of distinct persons of an answer: counted anew in the secure store, looked up in the open one."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sanoscope.catalogue.field import Champ
from sanoscope.disclosure.keyed import MARGIN
from sanoscope.edition.edition import Edition
from sanoscope.edition.persons import EVERYTHING, EVERYWHERE
from sanoscope.engine.plan import Column, Expression, Filter, In, Plan, Scan, all_of
from sanoscope.query.planner import Question, choose, distinct_plan
from sanoscope.query.states import (
    APPROXIMATE,
    EXACT,
    MASKED,
    NOT_AVAILABLE,
    SECRET,
    Shown,
    everywhere,
)

RowKey = tuple[Any, ...]
Group = tuple[str, str, str, str]
"""Level of place, place, level of activity, activity."""


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
    groups = [_group(asked, key, champ) for key in keys]
    if not edition.tables(name) or not any(groups):
        return everywhere(NOT_AVAILABLE, len(keys))
    told = _read(asked.years, name, [group for group in groups if group], edition)
    found = [told.get((key[0], group), -1) if group else -1 for key, group in zip(keys, groups, strict=True)]
    figures = np.array(found, np.int64)
    nobody = (lines.state == EXACT) & (lines.figure == 0)
    state = np.select(
        [nobody, lines.state == SECRET, figures < 0, lines.state == MASKED, figures == 0],
        [EXACT, SECRET, NOT_AVAILABLE, MASKED, MASKED],
        APPROXIMATE,
    )
    return Shown(state.astype(np.int8), np.maximum(figures, 0), np.full(len(keys), float(MARGIN)))


def _group(asked: Question, key: RowKey, champ: Champ) -> Group | None:
    """Return the published group of a row or total; None where it is of none."""
    published = champ.publication
    if asked.selected or asked.last_month or asked.shown is not None:
        return None
    place, activity = (EVERYWHERE, ""), (EVERYTHING, "")
    own = [(n, code) for n, code in zip(asked.rows, key[1:], strict=False)]
    # a row is within what is asked for: the finer of both is its group
    for name, code in [*((n, values[0]) for n, values in asked.conditions if len(values) == 1), *own]:
        if name in published.lignes:
            place = (name, code) if _finer(name, place[0], champ) else place
        elif name in published.distincts:
            activity = (name, code) if _finer(name, activity[0], champ) else activity
        else:
            return None
    if any(len(values) != 1 for _, values in asked.conditions):
        return None
    return (*place, *activity)


def _finer(name: str, other: str, champ: Champ) -> bool:
    return other in (EVERYWHERE, EVERYTHING, name) or other in champ.dimensions[name].parents


def _read(years: tuple[int, ...], name: str, groups: Iterable[Group], edition: Edition) -> dict[tuple[int, Group], int]:
    """Return what is told of groups, by year and group; 0 of small ones."""
    columns = ("niveau_lieu", "lieu", "niveau_activite", "activite")
    wanted = [tuple(dict.fromkeys(values)) for values in zip(*groups, strict=True)]
    conditions: list[Expression] = [In(Column("annee"), years)]
    # one of many codes is faster looked for here than there
    conditions += [In(Column(c), v) for c, v in zip(columns, wanted, strict=True) if len(v) < 20]
    plan: Plan = Scan(name)
    condition = all_of(conditions)
    rows = edition.engine.run(Filter(plan, condition) if condition else plan).to_pydict()
    if not rows:
        return {}
    keys = zip(*(rows[column] for column in columns), strict=True)
    return {(year, key): count for year, key, count in zip(rows["annee"], keys, rows["nombre"], strict=True)}
