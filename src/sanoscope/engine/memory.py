"""The reference engine: rows are dictionaries, every node is a plain loop. It defines what is right, slowly."""

import operator
from collections.abc import Callable, Iterable, Mapping
from functools import singledispatchmethod
from typing import Any

import pyarrow as pa

from sanoscope.engine.plan import (
    Aggregate,
    Binary,
    Case,
    Coalesce,
    Column,
    Constant,
    Derive,
    Expression,
    Filter,
    In,
    LeftJoin,
    Measure,
    Plan,
    Prefix,
    Scan,
)

Row = dict[str, Any]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "*": operator.mul,
}


class MemoryEngine:
    """Runs plans over tables held in memory.

    Args:
        tables: rows by table name.
    """

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._tables = {name: table.to_pylist() for name, table in tables.items()}
        self._schemas = {name: table.schema for name, table in tables.items()}

    def run(self, plan: Plan) -> pa.Table:
        """Return the rows of a plan; where there are none, only a table that is scanned keeps its columns."""
        rows = list(self._rows(plan))
        if not rows:
            return self._schemas[plan.table].empty_table() if isinstance(plan, Scan) else pa.table({})
        return pa.table({name: pa.array([row[name] for row in rows]) for name in rows[0]})

    def create(self, name: str, plan: Plan) -> int:
        """Make a table of a plan's rows and return how many there are."""
        table = self.run(plan)
        self._tables[name], self._schemas[name] = table.to_pylist(), table.schema
        return len(self._tables[name])

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table."""
        return tuple(self._schemas[table].names)

    @singledispatchmethod
    def _rows(self, plan: Plan) -> Iterable[Row]:
        raise TypeError(f"not a plan: {plan!r}")

    @_rows.register
    def _(self, plan: Scan) -> Iterable[Row]:
        yield from self._tables[plan.table]

    @_rows.register
    def _(self, plan: Filter) -> Iterable[Row]:
        return (row for row in self._rows(plan.source) if evaluate(plan.condition, row) is True)

    @_rows.register
    def _(self, plan: Derive) -> Iterable[Row]:
        return ({name: evaluate(e, row) for name, e in plan.columns} for row in self._rows(plan.source))

    @_rows.register
    def _(self, plan: LeftJoin) -> Iterable[Row]:
        matches: dict[tuple[Any, ...], list[Row]] = {}
        for row in self._rows(plan.right):
            key = tuple(row[name] for name in plan.on)
            if None not in key:
                matches.setdefault(key, []).append(row)
        nothing = [dict.fromkeys(plan.take)]
        for row in self._rows(plan.left):
            for match in matches.get(tuple(row[name] for name in plan.on), nothing):
                yield row | {name: match[name] for name in plan.take}

    @_rows.register
    def _(self, plan: Aggregate) -> Iterable[Row]:
        source = list(self._rows(plan.source))
        result = []
        for keys in plan.sets:
            groups: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): []}
            for row in source:
                groups.setdefault(tuple(row[key] for key in keys), []).append(row)
            for values, rows in groups.items():
                group = dict.fromkeys(plan.keys) | dict(zip(keys, values, strict=True))
                if len(plan.sets) > 1:
                    group |= {f"grouping_{key}": int(key not in keys) for key in plan.keys}
                result.append(group | {m.name: _aggregate(m, rows) for m in plan.measures})
        return sorted(result, key=lambda row: [row[name] for name in plan.sort]) if plan.sort else result


def evaluate(expression: Expression, row: Row) -> Any:
    """Return the value of an expression for a row; null in, null out, but for COALESCE, CASE and logic."""
    match expression:
        case Column(name):
            return row[name]
        case Constant(value):
            return value
        case Binary(op, left, right):
            return _binary(op, evaluate(left, row), evaluate(right, row))
        case In(inner, values):
            value = evaluate(inner, row)
            return False if not values else None if value is None else value in values
        case Case(branches, otherwise):
            for condition, result in branches:
                if evaluate(condition, row) is True:
                    return evaluate(result, row)
            return evaluate(otherwise, row)
        case Coalesce(inner, otherwise):
            value = evaluate(inner, row)
            return evaluate(otherwise, row) if value is None else value
        case Prefix(inner, length, start):
            value = evaluate(inner, row)
            return None if value is None else value[start - 1 : start - 1 + length]
    raise TypeError(f"not an expression: {expression!r}")


def _binary(op: str, left: Any, right: Any) -> Any:
    if op == "and":
        return False if left is False or right is False else None if left is None or right is None else True
    if op == "or":
        return True if left is True or right is True else None if left is None or right is None else False
    if left is None or right is None:
        return None
    return _OPERATORS[op](left, right)


def _aggregate(measure: Measure, rows: list[Row]) -> Any:
    if measure.function == "count":
        return len(rows)
    values = [row[measure.column] for row in rows if row[measure.column] is not None]
    if not values and measure.function != "distinct":
        return None
    match measure.function:
        case "sum":
            return sum(values)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case _:
            return len(set(values))
