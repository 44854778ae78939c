"""A plan as SQL, built as a SQLGlot tree: never by pasting text, so no value can be taken for code."""

from functools import singledispatch

from sqlglot import exp

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

_BINARY: dict[str, type[exp.Expr]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "+": exp.Add,
    "*": exp.Mul,
    "and": exp.And,
    "or": exp.Or,
}


def to_sql(plan: Plan, *, dialect: str) -> str:
    """Return the SQL of a plan in a dialect SQLGlot knows, e.g. ``"duckdb"`` or ``"spark"``."""
    return _select(plan).sql(dialect=dialect)


@singledispatch
def _select(plan: Plan) -> exp.Select:
    raise TypeError(f"not a plan: {plan!r}")


@_select.register
def _(plan: Scan) -> exp.Select:
    return _star().from_(_table(plan.table), copy=False)


@_select.register
def _(plan: Filter) -> exp.Select:
    return _star().from_(_from(plan.source), copy=False).where(_expression(plan.condition), copy=False)


@_select.register
def _(plan: Derive) -> exp.Select:
    columns = [_named(_expression(e), name) for name, e in plan.columns]
    return exp.Select().select(*columns, copy=False).from_(_from(plan.source), copy=False)


@_select.register
def _(plan: LeftJoin) -> exp.Select:
    left, right = _from(plan.left, "l"), _from(plan.right, "r")
    equal = [exp.EQ(this=_of("l", key), expression=_of("r", key)) for key in plan.on]
    taken = [_named(_of("r", name), name) for name in plan.take]
    everything = exp.Column(this=exp.Star(), table=exp.to_identifier("l"))
    return exp.select(everything, *taken).from_(left).join(right, on=exp.and_(*equal), join_type="left")


@_select.register
def _(plan: Aggregate) -> exp.Select:
    keys = [_column(key) for key in plan.keys]
    several = len(plan.sets) > 1
    marks = [
        _named(exp.Anonymous(this="GROUPING", expressions=[_column(key)]), f"grouping_{key}")
        for key in (plan.keys if several else ())
    ]
    select = exp.Select().select(*keys, *marks, *[_measure(m) for m in plan.measures], copy=False)
    condition = None
    source = plan.source
    if isinstance(source, Filter):  # one level less for the reader and the optimiser
        condition, source = _expression(source.condition), source.source
    select = select.from_(_from(source), copy=False)
    if condition is not None:
        select = select.where(condition, copy=False)
    if several:
        sets = [exp.Tuple(expressions=[_column(key) for key in keys_of]) for keys_of in plan.sets]
        select.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=sets)]))
    elif keys:
        select = select.group_by(*map(_column, plan.keys), copy=False)
    return select.order_by(*map(_column, plan.sort), copy=False) if plan.sort else select


def _star() -> exp.Select:
    return exp.Select().select("*", copy=False)


def _named(expression: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(expression, name, quoted=True, copy=False)


def _from(plan: Plan, alias: str = "s") -> exp.Expr:
    if isinstance(plan, Scan):
        return exp.alias_(_table(plan.table), alias, table=True, copy=False)
    return _select(plan).subquery(alias, copy=False)


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def _column(name: str) -> exp.Column:
    return exp.Column(this=exp.to_identifier(name, quoted=True))


def _of(alias: str, name: str) -> exp.Column:
    return exp.Column(this=exp.to_identifier(name, quoted=True), table=exp.to_identifier(alias))


def _measure(measure: Measure) -> exp.Expr:
    if measure.function == "count":
        aggregate: exp.Expr = exp.Count(this=exp.Star())
    elif measure.function == "distinct":
        aggregate = exp.Count(this=exp.Distinct(expressions=[_column(measure.column)]))
    else:
        function = {"sum": exp.Sum, "min": exp.Min, "max": exp.Max}[measure.function](this=_column(measure.column))
        whole = exp.DataType(this=exp.DataType.Type.BIGINT)
        aggregate = exp.Cast(this=function, to=whole) if measure.function == "sum" else function
    return _named(aggregate, measure.name)


@singledispatch
def _expression(expression: Expression) -> exp.Expr:
    raise TypeError(f"not an expression: {expression!r}")


@_expression.register
def _(expression: Column) -> exp.Expr:
    return _column(expression.name)


@_expression.register
def _(expression: Constant) -> exp.Expr:
    return exp.convert(expression.value)


@_expression.register
def _(expression: Binary) -> exp.Expr:
    left, right = _expression(expression.left), _expression(expression.right)
    if expression.op in ("+", "*"):  # of columns of 8 or 16 bits the result may need more
        left = exp.cast(left, "BIGINT")
    return exp.paren(_BINARY[expression.op](this=left, expression=right))


@_expression.register
def _(expression: In) -> exp.Expr:
    if not expression.values:
        return exp.false()
    return exp.In(this=_expression(expression.expression), expressions=[exp.convert(v) for v in expression.values])


@_expression.register
def _(expression: Case) -> exp.Expr:
    case = exp.Case()
    for condition, value in expression.branches:
        case = case.when(_expression(condition), _expression(value))
    return case.else_(_expression(expression.otherwise))


@_expression.register
def _(expression: Coalesce) -> exp.Expr:
    return exp.Coalesce(this=_expression(expression.expression), expressions=[_expression(expression.otherwise)])


@_expression.register
def _(expression: Prefix) -> exp.Expr:
    return exp.Substring(
        this=_expression(expression.expression),
        start=exp.Literal.number(expression.start),
        length=exp.Literal.number(expression.length),
    )
