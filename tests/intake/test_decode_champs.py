"""What only files of SMR, HAD and PSY have: presence, dates that give a month, zones after zones; fuzzed lines."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanoscope.formats.encode import encode
from sanoscope.formats.registry import layout_of, layouts
from sanoscope.intake.decode import MAIN_TABLE, Decoded, decode
from sanoscope.intake.names import FIELD_OF, Key
from tests.intake.test_decode import block_of

F = "290000017"


def read(kind: str, year: int, data: bytes) -> Decoded:
    return decode(block_of(data), kind=kind, key=Key(F, year, 12))


def texts(*values: str) -> np.ndarray:
    return np.array(values)


def test_days_of_presence_are_counted() -> None:
    columns = {
        "finess": np.full(4, F),
        "journees_hors_we": texts("11111", "10100", "1  01", ""),
        "journees_we": np.array([2, 1, 0, 0]),
        "mois_rhs": np.full(4, "03"),
    }
    decoded = read("rha", 2023, encode(layout_of("rha", 2023), columns, count=4))
    table = decoded.tables["semaines"][0]
    assert decoded.refused == []
    assert table["journees_hors_we"].to_pylist() == [5, 2, 2, 0]
    assert table["journees_we"].to_pylist() == [2, 1, 0, 0]


@pytest.mark.parametrize("days", ["11211", "1111X", "-1111"])
def test_another_character_than_0_and_1_refuses_the_line(days: str) -> None:
    columns = {"finess": np.full(2, F), "journees_hors_we": texts(days, "11111")}
    decoded = read("rha", 2023, encode(layout_of("rha", 2023), columns, count=2))
    (refused,) = decoded.refused
    assert (refused.rows.tolist(), refused.code, refused.start) == ([0], "presence-invalide", 143)
    assert "journees_hors_we" in refused.message
    assert decoded.tables["semaines"][0].num_rows == 1


@pytest.mark.parametrize("month", ["00", "13", "99"])
def test_a_month_is_1_to_12_or_blank(month: str) -> None:
    columns = {"finess": np.full(3, F), "mois_fin_sous_sequence": texts(month, "", "12")}
    decoded = read("rapss", 2023, encode(layout_of("rapss", 2023), columns, count=3))
    assert [(r.rows.tolist(), r.code) for r in decoded.refused] == [([0], "mois-invalide")]
    assert decoded.tables["sous_sequences"][0]["mois_fin_sous_sequence"].to_pylist() == [None, 12]


def test_the_date_of_an_act_gives_its_month_and_year() -> None:
    """In December's file, an act of the year before keeps its own year."""
    columns = {"finess": np.full(3, F), "date_acte": texts("05032023", "31122022", "")}
    table = read("r3a", 2023, encode(layout_of("r3a", 2023), columns, count=3)).tables["actes_ambulatoires"][0]
    assert table.select(["date_acte", "mois_acte", "annee_acte"]).to_pylist() == [
        {"date_acte": dt.date(2023, 3, 5), "mois_acte": 3, "annee_acte": 2023},
        {"date_acte": dt.date(2022, 12, 31), "mois_acte": 12, "annee_acte": 2022},
        {"date_acte": None, "mois_acte": None, "annee_acte": None},
    ]
    decoded = read(
        "r3a", 2023, encode(layout_of("r3a", 2023), {**columns, "date_acte": texts("31022023", "", "")}, count=3)
    )
    assert [(r.rows.tolist(), r.code) for r in decoded.refused] == [([0], "date-invalide")]


def test_years_that_write_the_month_have_the_same_columns() -> None:
    columns = {"finess": np.full(1, F), "mois_acte": np.array([3]), "annee_acte": np.array([2016])}
    table = read("r3a", 2016, encode(layout_of("r3a", 2016), columns, count=1)).tables["actes_ambulatoires"][0]
    assert (table["mois_acte"].to_pylist(), table["annee_acte"].to_pylist()) == ([3], [2016])
    dated = read("r3a", 2023, encode(layout_of("r3a", 2023), {"finess": np.full(1, F)}, count=1))
    assert table.schema.field("mois_acte").type == dated.tables["actes_ambulatoires"][0].schema.field("mois_acte").type


def rapss(year: int, newline: bytes = b"\r\n") -> bytes:
    """Two lines of which every zone has items: the groupings come after diagnoses and acts, then their tariffs."""
    columns = {
        "finess": np.full(2, F),
        "cle_sejour": texts("00001", "00002"),
        "nb_diagnostics_mpp": np.array([1, 0]),
        "nb_das": np.array([2, 1]),
        "nb_actes": np.array([0, 1]),
        "ghpc_etablissement": texts("", "1109"),
        "nb_ght_etablissement": texts("", "1"),
        "ghpc": texts("0915", "1109"),
        "nb_ght": np.array([2, 1]),
    }
    zones = {
        "diagnostics_mpp": {"code": texts("C509")},
        "diagnostics": {"code": texts("I10", "E119", "N390")},
        "actes": {"code_ccam": texts("HHFA001")},
        "ght_etablissement": {"numero_ght": texts("04"), "nb_jours": np.array([7])},
        "ght": {"numero_ght": texts("11", "12", "04"), "nb_jours": np.array([4, 3, 7])},
    }
    return encode(layout_of("rapss", year), columns, count=2, zones=zones, newline=newline)


@pytest.mark.parametrize("year", [2014, 2019, 2021, 2022, 2023, 2026])
def test_the_groupings_at_the_end_of_a_rapss_are_columns_of_its_line(year: int) -> None:
    decoded = read("rapss", year, rapss(year))
    assert decoded.refused == []
    table = decoded.tables["sous_sequences"][0]
    assert table.select(["ghpc_etablissement", "nb_ght_etablissement", "ghpc", "nb_ght"]).to_pylist() == [
        {"ghpc_etablissement": "", "nb_ght_etablissement": None, "ghpc": "0915", "nb_ght": 2},
        {"ghpc_etablissement": "1109", "nb_ght_etablissement": 1, "ghpc": "1109", "nb_ght": 1},
    ]
    assert decoded.tables["ght"][0].to_pylist() == [
        {"ligne": 1, "numero_ght": "11", "nb_jours": 4},
        {"ligne": 1, "numero_ght": "12", "nb_jours": 3},
        {"ligne": 2, "numero_ght": "04", "nb_jours": 7},
    ]
    assert decoded.tables["ght_etablissement"][0].to_pylist() == [{"ligne": 2, "numero_ght": "04", "nb_jours": 7}]
    assert decoded.tables["diagnostics"][0]["code"].to_pylist() == ["I10", "E119", "N390"]
    assert "groupage" not in decoded.tables


def test_a_rapss_cut_before_its_groupings_is_refused() -> None:
    first, second = rapss(2023, b"\n").split(b"\n")[:2]
    for cut in (165, 180, len(first) - 1, len(first) - 11):
        decoded = read("rapss", 2023, first[:cut] + b"\n" + second + b"\n")
        assert [(r.rows.tolist(), r.code) for r in decoded.refused] == [([0], "longueur")], cut
        assert decoded.tables["sous_sequences"][0]["ligne"].to_pylist() == [2]


def test_the_code_of_another_year_is_refused_even_where_a_year_has_no_known_code() -> None:
    """2019 has no published code; M64, of 2022, places things otherwise; in 2024 it does not, and is read."""
    data = encode(layout_of("rha", 2022), {"finess": np.full(1, F)}, count=1)
    assert [r.code for r in read("rha", 2019, data).refused] == ["format-discordant"]
    assert "M64" in read("rha", 2019, data).refused[0].message
    assert read("rha", 2024, data).versions == {"rha-2024": 1}
    assert read("rha", 2021, data).versions == {"M64": 1}, "the layout of the next year is admitted"


def test_a_year_may_have_a_code_and_lines_without_one() -> None:
    """HAD 2021: H33 and H34 are known by their code; other lines are as formats_pmeasyr describes them."""
    assert layout_of("rapss", 2021).version == "H33"
    other = next(v for v in layouts("rapss") if v.version == "rapss-2019")
    data = encode(other, {"finess": np.full(1, F), "version": texts("H31")}, count=1)
    assert read("rapss", 2021, data).versions == {"rapss-2019": 1}
    assert read("rapss", 2021, rapss(2021)).versions == {"H33": 2}


NEW = [kind for kind in MAIN_TABLE if kind not in ("rsa", "ano", "rss", "vidhosp")]
LATEST = [(kind, max(year for v in layouts(kind) for year in v.years)) for kind in NEW]
GOOD = {kind: encode(layout_of(kind, year), {"finess": np.full(1, F)}, count=1, newline=b"") for kind, year in LATEST}
GOOD["rapss"] = rapss(dict(LATEST)["rapss"], b"\n").split(b"\n")[0]


def broken(good: bytes) -> st.SearchStrategy[bytes]:
    """A good line, cut, or with one character changed, or any bytes that do not end a line."""
    changed = st.tuples(st.integers(0, len(good) - 1), st.integers(32, 255))
    return st.one_of(
        st.just(good),
        st.binary(max_size=len(good) + 9).map(
            lambda b: b.translate(bytes(c if c not in (0, 10, 13) else 32 for c in range(256)))
        ),
        changed.map(lambda at: good[: at[0]] + bytes([at[1]]) + good[at[0] + 1 :]),
        st.integers(0, len(good)).map(lambda n: good[:n]),
    )


@pytest.mark.parametrize(("kind", "year"), LATEST)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_line_is_ever_lost(kind: str, year: int, data: st.DataObject) -> None:
    lines = data.draw(st.lists(broken(GOOD[kind]), min_size=1, max_size=12))
    block = block_of(b"\n".join([GOOD[kind], *lines]) + b"\n")
    decoded = decode(block, kind=kind, key=Key(F, year, 12))
    refused = np.concatenate([[], *(r.rows for r in decoded.refused)])
    accepted = sum(t.num_rows for t in decoded.tables.get(MAIN_TABLE[kind], []))
    assert len(set(refused)) == len(refused), "une ligne est refusée deux fois"
    assert block.count == 1 + len(lines) == accepted + len(refused)
    assert accepted >= 1


def test_every_kind_has_its_field_and_its_table() -> None:
    assert set(FIELD_OF) == set(MAIN_TABLE)
