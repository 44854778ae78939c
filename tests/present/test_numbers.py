"""Figures as French text; estimates rounded to what is known of them, and no further."""

import io
import math
import re
from dataclasses import replace

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanoscope.present.exports import FORMATS, document
from sanoscope.present.html import rows
from sanoscope.present.numbers import FRENCH, french
from sanoscope.present.pictures.values import value as drawn_value
from sanoscope.query.rounding import margin_shown, to_uncertainty
from sanoscope.sentence import Number
from sanoscope.web.language import language
from tests.present.tables import A, E, measured
from tests.present.test_pictures import table


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, 0, "0"),
        (1234, 0, "1\u202f234"),
        (1234.5, 1, "1\u202f234,5"),
        (-12.346, 2, "-12,35"),
        (None, 0, ""),
        (-0.004, 2, "0,00"),
    ],
)
def test_figures_are_french(value: float | None, decimals: int, text: str) -> None:
    assert french(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "margin", "decimals", "shown", "around"),
    [
        (1234, 12, 0, 1230, 16),
        (1234, 9, 0, 1234, 9),
        (1234, 0.4, 0, 1234, 1),
        (1234, 0, 0, 1234, 0),
        (1_234_567, 12_345, 0, 1_230_000, 17_000),
        (14, 100, 0, 10, 110),  # a count does not become zero
        (0, 30, 0, 0, 30),
        (12.346, 0.03, 2, 12.35, 0.04),
        (12.346, 0.3, 2, 12.3, 0.35),
        (12.346, 4, 2, 12.0, 4.4),
        (0.004, 0.5, 1, 0.0, 0.6),
    ],
)
def test_an_estimate_is_rounded_to_its_uncertainty(
    value: float, margin: float, decimals: int, shown: float, around: float
) -> None:
    assert to_uncertainty(value, margin, decimals) == shown
    assert margin_shown(value, margin, decimals) == pytest.approx(around)


@pytest.mark.parametrize("value", [-0.0, -0.004])
def test_no_format_shows_a_negative_zero(value: float) -> None:
    figures = (
        measured("dms", (E,), (value,), decimals=2),
        measured("age", (A,), (None,), estimates=(value,), margins=(0.03,), decimals=2),
    )
    kept = replace(table({"racine": ["01C03"]}, *figures), query="annee=2023")
    for name in ("csv", "csv-fr", "json"):
        assert not re.search(r"-0\b", FORMATS[name].write(kept, FRENCH).decode()), name
    frame = pl.read_parquet(io.BytesIO(FORMATS["parquet"].write(kept, FRENCH)))
    assert [math.copysign(1, frame[column][0]) for column in ("dms", "age_estimation")] == [1, 1]
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].write(kept, FRENCH)))
    assert [book["Tableau"].cell(4, column).value for column in (2, 3)] == [0, "≈ 0,00"]
    assert [c.text for c in rows(kept)[0].cells] == ["01C03", "0,00", "≈ 0,00"]
    assert [drawn.short for figure in figures if (drawn := drawn_value(figure, 0))] == ["0,00", "≈ 0,00"]
    assert [language(code).number(value, 2) for code in ("fr", "en")] == ["0,00", "0.00"]
    assert Number(value, 2) == "0,00"


def test_without_a_margin_the_measure_decides() -> None:
    assert to_uncertainty(1234, None) == 1234
    assert to_uncertainty(12.346, None, 2) == 12.35


@given(st.integers(11, 10**7), st.floats(0.01, 10**6))
def test_counts_stay_counts_and_what_was_certain_stays_certain(value: int, margin: float) -> None:
    shown, around = to_uncertainty(value, margin), margin_shown(value, margin)
    assert isinstance(shown, int)
    assert isinstance(around, int)
    assert shown > 0
    assert shown - around <= value - margin + 1e-6
    assert shown + around >= value + margin - 1e-6


@given(st.floats(0, 10**5), st.floats(0.001, 10**4), st.integers(1, 3))
def test_ratios_too(value: float, margin: float, decimals: int) -> None:
    shown, around = to_uncertainty(value, margin, decimals), margin_shown(value, margin, decimals)
    assert shown == round(shown, decimals)
    assert abs(shown - value) + margin <= around + 1e-6


def test_a_mean_without_decimals_is_the_same_in_a_file_and_on_the_page() -> None:
    shown = table({"finess": ["1"]}, measured("recette", (E,), (2187.8,)))
    assert rows(shown)[0].cells[1].text == "2\u202f188"
    for name in ("csv", "csv-fr", "json"):
        assert b"2188" in FORMATS[name].write(shown, FRENCH), name


def test_json_says_the_decimals_of_each_row_where_they_differ() -> None:
    plain = measured("age", (E, E), (50.5, 61.0), decimals=2)
    coarse = measured("dms", (E, A), (4.25, None), estimates=(None, 4.0), margins=(None, 0.3), decimals=2)
    counts = measured("sejours", (E, A), (40, None), estimates=(None, 120), margins=(None, 20))
    profile = replace(measured("valeur", (E, E), (9.5, 1.052), decimals=3), digits=(1, 3))
    shown = table({"finess": ["1", "2"]}, plain, coarse, counts, profile)
    told = {one["nom"]: one.get("decimales_lignes") for one in document(shown)["colonnes"]}
    assert told == {"finess": None, "age": None, "dms": [2, 1], "sejours": None, "valeur": [1, 3]}
    assert [row.cells[2].text for row in rows(shown)] == ["4,25", "≈ 4,0"]
