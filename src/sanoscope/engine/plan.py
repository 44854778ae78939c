"""A small relational plan: enough to build cubes and to answer questions, and no more.

A plan is a frozen tree of nodes over named tables. Expressions are in the portable subset that all engines share:
comparisons, IN, AND, OR, CASE, sums and products, SUM (modulo 2⁶⁴ too),
COUNT, COUNT DISTINCT, MIN, MAX, GROUPING SETS. Columns that
are grouped by are never null.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Value: TypeAlias = str | int | float | bool
Operator = Literal["=", "<>", "<", "<=", ">", ">=", "+", "*", "and", "or"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the source."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant."""

    value: Value


@dataclass(frozen=True, slots=True)
class Binary:
    """``left op right``."""

    op: Operator
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class In:
    """``expression IN (values)``; no value at all is never true."""

    expression: "Expression"
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """``CASE WHEN condition THEN value … ELSE otherwise END``."""

    branches: tuple[tuple["Expression", "Expression"], ...]
    otherwise: "Expression"


@dataclass(frozen=True, slots=True)
class Coalesce:
    """``COALESCE(expression, otherwise)``: a default for what is null."""

    expression: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first characters of a text, or some of its characters from ``start`` (1 is the first) on."""

    expression: "Expression"
    length: int
    start: int = 1


Expression: TypeAlias = Column | Constant | Binary | In | Case | Coalesce | Prefix


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate.

    ``distinct`` counts the different non-null values of a column; ``count`` counts rows.
    """

    name: str
    function: Literal["sum", "count", "distinct", "min", "max"]
    column: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """A named table."""

    table: str


@dataclass(frozen=True, slots=True)
class Filter:
    """The rows for which the condition is true."""

    source: "Plan"
    condition: Expression


@dataclass(frozen=True, slots=True)
class Derive:
    """The named columns, each computed from the source's."""

    source: "Plan"
    columns: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class LeftJoin:
    """All rows of left with the columns of right that match on equal keys (null where none does)."""

    left: "Plan"
    right: "Plan"
    on: tuple[str, ...]
    take: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Measures by groups.

    Attributes:
        source: what is aggregated.
        sets: grouping sets, each a tuple of key columns; one set is a plain GROUP BY. With several sets the result
            has all keys, null where a set does not group by one, and ``grouping_<key>`` = 1 there, else 0.
        measures: what is computed.
        sort: order of the result's rows ("" for any).
    """

    source: "Plan"
    sets: tuple[tuple[str, ...], ...]
    measures: tuple[Measure, ...]
    sort: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All key columns, in order of first appearance."""
        return tuple(dict.fromkeys(key for keys in self.sets for key in keys))


Plan: TypeAlias = Scan | Filter | Derive | LeftJoin | Aggregate


def all_of(conditions: list[Expression]) -> Expression | None:
    """Return the conjunction of conditions, or None where there is none."""
    if not conditions:
        return None
    result = conditions[0]
    for condition in conditions[1:]:
        result = Binary("and", result, condition)
    return result
