"""What is exported is what is seen: each state in each format."""

import csv
import io
from dataclasses import replace
from typing import Any

import openpyxl
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sanoscope.present import exports
from sanoscope.present.exports import DOCUMENT, FORMATS
from sanoscope.present.numbers import FRENCH, cell
from sanoscope.query.table import Measured, State, Table, taken, without_estimates
from tests.present.tables import every_state

SEJOURS = [
    # exact, state, estimate, margin
    (4321, "exact", None, None),
    (None, "masque", None, None),
    (None, "approche", 1230, 16),
    (None, "secret", None, None),
    (None, "sans_objet", None, None),
    (None, "indisponible", None, None),
    (9000, "exact", None, None),
]
AGES = [50.0, None, None, None, None, None, 61.25]
NEAR_AGES = [None, 70.13, 71.5, None, None, None, None]
COLUMNS = ["finess", "raison_sociale", "sejours", "sejours_etat", "sejours_estimation", "sejours_marge"]
COLUMNS += ["age", "age_etat", "age_estimation", "seances", "seances_etat"]


def written(name: str, table: Table) -> bytes:
    return FORMATS[name].write(table)


def sheet(table: Table) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written("xlsx", table)))


def test_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv", every_state()).decode())))
    assert list(rows[0]) == COLUMNS
    said = [[r[n] for n in COLUMNS[2:6]] for r in rows]
    assert said == [["" if x is None else str(x) for x in row] for row in SEJOURS]
    assert [r["age_estimation"] for r in rows] == ["", "70.13", "71.5", "", "", "", ""]


def test_json() -> None:
    document = orjson.loads(written("json", every_state()))
    assert [tuple(row[n] for n in COLUMNS[2:6]) for row in document["lignes"]] == SEJOURS
    assert [row["age"] for row in document["lignes"]] == AGES
    assert [row["age_estimation"] for row in document["lignes"]] == NEAR_AGES
    assert [line["etat"] for line in document["legende"]] == [state for _, state, *_ in SEJOURS[:-1]]


def test_parquet() -> None:
    data = io.BytesIO(written("parquet", every_state()))
    frame = pl.read_parquet(data)
    assert frame.columns == ["genre_ligne", *COLUMNS]
    assert frame.select(COLUMNS[2:6]).rows() == SEJOURS
    assert frame["age_estimation"].to_list() == NEAR_AGES
    assert (frame["sejours_estimation"].dtype, frame["age_estimation"].dtype) == (pl.Int64, pl.Float64)
    assert pq.read_schema(data).metadata[b"edition"] == b"petite"


def test_arrow_is_the_parquet() -> None:
    with pa.ipc.open_stream(written("arrow", every_state())) as stream:
        table = stream.read_all()
    assert table.equals(pq.read_table(io.BytesIO(written("parquet", every_state()))), check_metadata=True)
    assert table.schema.metadata[b"edition"] == b"petite"


def test_french_csv_shows_the_page() -> None:
    text = written("csv-fr", every_state()).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0] == ["FINESS", "Raison sociale", "Sejours", "Age (ans)", "Seances"]
    assert [row[2] for row in rows[1:]] == ["4321", "1 à 10", "≈ 1230", "s.", "–", "…", "9000"]
    assert [row[3] for row in rows[1:4]] == ["50,00", "≈ 70,13", "≈ 71,50"]
    assert rows[6][1] == "'=1+1"


def test_xlsx_is_dated_of_its_edition() -> None:
    assert sheet(every_state()).properties.created.date().isoformat() == every_state().made


def test_xlsx_shows_the_page() -> None:
    table = sheet(every_state())["Tableau"]
    said = ["1 à 10", "≈ 1\u202f230", "s.", "–", "…"]
    assert [table.cell(row, 3).value for row in range(4, 11)] == [4321, *said, 9000]
    for row in range(5, 10):
        assert table.cell(row, 3).alignment.horizontal == "right"
        assert table.cell(row, 3).font.italic
    assert not table.cell(4, 3).font.italic
    assert table.cell(9, 2).data_type == "s"


def test_the_workbook_has_the_legend_of_its_table() -> None:
    notes = {row[0].value: row[1].value for row in sheet(every_state())["Notes"].iter_rows()}
    assert {"« ≈ n »", "« s. »", "« 1 à 10 »", "« – »", "« … »"} <= set(notes)
    assert "« ≈ n »" not in {row[0].value for row in sheet(without_estimates(every_state()))["Notes"].iter_rows()}


@pytest.mark.parametrize("name", ["csv", "json", "parquet", "arrow"])
def test_no_estimate_no_column(name: str) -> None:
    data = written(name, without_estimates(every_state()))
    assert b"_estimation" not in data
    assert b"_marge" not in data
    assert b"1230" not in data


@pytest.mark.parametrize("name", ["csv", "parquet", "arrow"])
def test_a_large_table_is_written_piece_by_piece(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same table, with the same columns in each piece."""

    def read(data: bytes) -> list[Any]:
        if name == "csv":
            return list(csv.DictReader(io.StringIO(data.decode())))
        frame = pl.read_parquet(io.BytesIO(data)) if name == "parquet" else pl.read_ipc_stream(io.BytesIO(data))
        return frame.to_dicts()

    whole = read(written(name, every_state()))
    pieces = FORMATS[name].pieces
    assert pieces
    monkeypatch.setattr(exports, "ROWS", 2)
    found = [*pieces(every_state(), FRENCH)]
    assert len([piece for piece in found if piece]) >= 4
    assert read(b"".join(found)) == whole
    assert read(written(name, taken(every_state(), []))) == []


def test_a_mean_without_decimals_is_rounded_as_it_is_shown() -> None:
    values = (2187.5, 2186.5, 99.7, -0.4)
    column = Measured("pmct", "PMCT", "€", 0, "Une moyenne.", values, (State.EXACT,) * 4)
    table = replace(every_state(), labels=(), figures=(column,), kinds=("detail",) * 4)
    shown = [cell(column, row, replace(FRENCH, group="")) for row in range(4)]
    assert shown == ["2188", "2186", "100", "0"]
    assert [row["pmct"] for row in orjson.loads(written("json", table))["lignes"]] == list(map(int, shown))
    assert pq.read_table(io.BytesIO(written("parquet", table)))["pmct"].to_pylist() == list(map(int, shown))


def test_the_typed_columns_carry_all_that_the_json_says_beside_its_rows() -> None:
    table = every_state()
    told = orjson.loads(written("json", table))
    del told["lignes"]
    metadata = pq.read_table(io.BytesIO(written("parquet", table))).schema.metadata
    assert orjson.loads(metadata[DOCUMENT.encode()]) == told


def test_the_decimals_of_each_row_are_told_where_they_are_not_those_of_the_column() -> None:
    table = every_state()
    plain = next(one for one in table.figures if one.name == "age")
    assert not any("decimales_lignes" in one for one in orjson.loads(written("json", table))["colonnes"])
    around = tuple(None if one is None else 0.3 for one in plain.estimates)
    age = replace(plain, margins=around)
    (told,) = orjson.loads(written("json", replace(table, labels=(), figures=(age,))))["colonnes"]
    assert set(told["decimales_lignes"]) == {1, 2}
    for row, digits in enumerate(told["decimales_lignes"]):
        text = cell(age, row)
        if text[-1].isdigit() and "," in text:
            assert len(text.partition(",")[2]) == digits
