"""What a question may take: time, memory, temporary files; beyond, it is refused and says what to do."""

import time
from pathlib import Path

import duckdb
import pytest

from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.limits import granted, within
from sanoscope.engine.plan import Aggregate, LeftJoin, Measure, Plan, Scan
from sanoscope.errors import BusyError, TooLongError

MANY = 300_000
COUNT: Plan = Aggregate(Scan("lignes"), ((),), (Measure("n", "count"),))
ENDLESS: Plan = Aggregate(
    LeftJoin(Scan("lignes"), Scan("lignes"), ("meme",), ("code",)), ((),), (Measure("n", "count"),)
)
"""MANY² pairs: hours."""

LARGE: Plan = Aggregate(Scan("lignes"), (("code", "texte"),), (Measure("n", "count"),))
"""A group a line, each with 200 characters."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("limites") / "l'édition.duckdb"
    with duckdb.connect(str(path)) as database:
        database.execute(
            "CREATE TABLE lignes AS "
            f"SELECT range AS code, 1 AS meme, repeat('x', 200) || range AS texte FROM range({MANY})"
        )
    return path


def opened(file: Path, memory: str = "1GB", *, spill: bool = False) -> DuckDBEngine:
    return DuckDBEngine(file, read_only=True, memory=memory, threads=1, spill=spill)


def test_a_question_longer_than_its_time_is_interrupted_and_says_so(file: Path) -> None:
    engine = opened(file)
    with pytest.raises(TooLongError) as caught, within(0.2):
        engine.run(ENDLESS)
    assert (caught.value.code, caught.value.after) == ("question-trop-longue", 30)
    assert "moins d'années" in caught.value.todo
    assert engine.run(COUNT).to_pylist() == [{"n": MANY}]  # nothing is left of the limit, nor of the interruption


def test_time_is_that_of_the_whole_question_however_many_plans_it_runs(file: Path) -> None:
    with within(60):
        outer = granted()
        with within(1000):
            assert granted() is outer  # the first to come holds
        with within(0.001):
            time.sleep(0.002)
            with pytest.raises(TooLongError):
                opened(file).run(ENDLESS)
        assert granted() is outer
    assert granted() is None


def test_a_question_larger_than_its_memory_is_refused_and_writes_nothing(file: Path) -> None:
    engine = opened(file, "40MB")
    before = sorted(file.parent.iterdir())
    with pytest.raises(BusyError) as caught:
        engine.run(LARGE)
    assert caught.value.code == "question-trop-lourde"
    assert "40MB" in caught.value.message
    assert sorted(file.parent.iterdir()) == before
    assert engine.run(COUNT).to_pylist() == [{"n": MANY}]
    assert opened(file, "40MB", spill=True).run(LARGE).num_rows == MANY  # a control may write beside the file


def test_each_opening_of_a_file_has_its_own_limits(file: Path) -> None:
    small, large = opened(file, "40MB"), opened(file, "2GB")
    with pytest.raises(BusyError):
        small.run(LARGE)
    assert large.run(LARGE).num_rows == MANY


@pytest.mark.parametrize(
    "order",
    [
        "SET memory_limit = '64GB'",
        "SET threads = 64",
        "SET temp_directory = '/tmp'",
        "SET enable_external_access = true",
        "ATTACH '/tmp/autre.duckdb' AS autre",
        "SELECT * FROM read_csv('/etc/hostname')",
        "COPY lignes TO '/tmp/lignes.csv'",
        "CREATE TABLE autre AS SELECT 1",
        "INSERT INTO lignes VALUES (1, 1, '')",
        "INSTALL httpfs",
    ],
)
def test_what_is_opened_to_answer_can_do_nothing_else(file: Path, order: str) -> None:
    with pytest.raises(duckdb.Error):
        opened(file)._connection.execute(order)
