"""DuckDB gives what the reference gives, on plans that hypothesis makes."""

import resource
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.memory import MemoryEngine
from sanoscope.engine.plan import (
    Aggregate,
    Binary,
    Case,
    Coalesce,
    Column,
    Constant,
    Derive,
    Filter,
    In,
    LeftJoin,
    Measure,
    Plan,
    Prefix,
    Scan,
)

texts = st.sampled_from(["", "a", "b", "ab", "é'\"--", "x\\y"])
numbers = st.one_of(st.none(), st.integers(-5, 20))
rows = st.lists(
    st.fixed_dictionaries({"k": texts, "l": texts, "n": numbers, "p": st.one_of(st.none(), texts)}), max_size=20
)
others = st.lists(st.fixed_dictionaries({"k": texts, "z": texts}), max_size=5, unique_by=lambda r: r["k"])
SCHEMA = pa.schema([("k", pa.string()), ("l", pa.string()), ("n", pa.int64()), ("p", pa.string())])
OTHER = pa.schema([("k", pa.string()), ("z", pa.string())])

conditions = st.one_of(
    st.builds(lambda v: In(Column("k"), tuple(v)), st.lists(texts, max_size=3)),
    st.builds(
        lambda op, v: Binary(op, Column("n"), Constant(v)),
        st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]),
        st.integers(-5, 20),
    ),
    st.builds(lambda v: Binary("=", Coalesce(Column("p"), Constant("")), Constant(v)), texts),
)
both = st.builds(lambda a, b, op: Binary(op, a, b), conditions, conditions, st.sampled_from(["and", "or"]))
sets = st.sampled_from([(("k",),), (("k", "l"),), ((),), (("k", "l"), ("k",), ()), (("k",), ())])
MEASURES = (
    Measure("lignes", "count"),
    Measure("somme", "sum", "n"),
    Measure("divers", "distinct", "p"),
    Measure("petit", "min", "n"),
    Measure("grand", "max", "n"),
)
derived = Derive(
    LeftJoin(Scan("t"), Scan("u"), ("k",), ("z",)),
    (
        ("k", Column("k")),
        ("l", Coalesce(Column("z"), Prefix(Column("l"), 1))),
        ("n", Case(((Binary("<", Column("n"), Constant(3)), Binary("*", Column("n"), Constant(2))),), Constant(7))),
        ("p", Column("p")),
    ),
)


def same(plan: Plan, left: list[dict], right: list[dict]) -> None:
    tables = {"t": pa.Table.from_pylist(left, schema=SCHEMA), "u": pa.Table.from_pylist(right, schema=OTHER)}
    duck = DuckDBEngine()
    for name, table in tables.items():
        duck.store(name, table)
    duck.lock()
    key = lambda row: tuple((v is None, str(v)) for v in row.values())  # noqa: E731
    assert sorted(duck.run(plan).to_pylist(), key=key) == sorted(MemoryEngine(tables).run(plan).to_pylist(), key=key)


@settings(max_examples=120, deadline=None)
@given(rows, both, sets)
def test_filters_and_groups(left: list[dict], condition: Binary, grouping: tuple) -> None:
    same(Aggregate(Filter(Scan("t"), condition), grouping, MEASURES), left, [])


@settings(max_examples=60, deadline=None)
@given(rows, others, sets)
def test_joins_and_expressions(left: list[dict], right: list[dict], grouping: tuple) -> None:
    same(Aggregate(derived, grouping, MEASURES), left, right)


def test_a_table_without_rows_keeps_its_columns() -> None:
    nothing = SCHEMA.empty_table()
    duck = DuckDBEngine()
    duck.store("t", nothing)
    assert duck.run(Scan("t")).schema == MemoryEngine({"t": nothing}).run(Scan("t")).schema == SCHEMA


def test_a_product_or_sum_of_small_integers_is_not_small() -> None:
    days = pa.table({"n": pa.array([400, 100], pa.int16()), "m": pa.array([120, 120], pa.int8())})
    square, double = Binary("*", Column("n"), Column("n")), Binary("+", Column("m"), Column("m"))
    plan = Derive(Scan("t"), (("square", square), ("double", double)))
    duck = DuckDBEngine()
    duck.store("t", days)
    expected = [{"square": 160_000, "double": 240}, {"square": 10_000, "double": 240}]
    assert duck.run(plan).to_pylist() == MemoryEngine({"t": days}).run(plan).to_pylist() == expected


def test_a_file_that_cannot_be_written_whole_is_not_closed_in_silence(tmp_path: Path) -> None:
    duck = DuckDBEngine(tmp_path / "base.duckdb")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # room for the log of a row, not for its block
    try:
        duck.store("t", pa.table({"n": [1]}))
        with pytest.raises(duckdb.Error):
            duck.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
