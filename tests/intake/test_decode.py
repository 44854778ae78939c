"""Lines of every kind and year through intake; fuzzed lines never get lost."""

import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanoscope.formats.encode import encode
from sanoscope.formats.registry import layout_of, layouts
from sanoscope.intake.blocks import Block, read_blocks
from sanoscope.intake.decode import MAIN_TABLE, decode
from sanoscope.intake.names import Key
from tests.pmsi import rsa

LAYOUTS = [layout for kind in MAIN_TABLE for layout in layouts(kind)]


def block_of(data: bytes, size: int = 1 << 20) -> Block:
    return next(iter(read_blocks(io.BytesIO(data), size=size, label="essai")))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda v: f"{v.kind}-{v.version}")
def test_every_layout_is_read_back(layout) -> None:  # type: ignore[no-untyped-def]
    year = layout.years[0]
    columns: dict[str, np.ndarray] = {"finess": np.full(3, "290000017")}
    months = {f.name: np.array([1, 2, 12]) for f in layout.columns if f.type == "month" or f.name == "mois_sortie"}
    columns |= months
    zones = {}
    repeated = [zone for zone in layout.zones if not zone.once]
    for position, zone in enumerate(repeated):
        counts = np.array([1, 2, 0]) if position % 2 else np.array([0, 1, 3])
        columns[zone.counter] = counts
        text = next(f for f in zone.fields if f.type == "text" and f.stored)
        items = [f"{i}".ljust(text.length, "A")[: text.length] for i in range(counts.sum())]
        zones[zone.name] = {text.name: np.array(items)}
    data = encode(layout, columns, count=3, zones=zones)
    decoded = decode(block_of(data), kind=layout.kind, key=Key("290000017", year, 12))
    assert decoded.refused == []
    assert decoded.versions == {layout.version: 3}
    main = decoded.tables[MAIN_TABLE[layout.kind]][0]
    assert main.num_rows == 3
    assert {name: main[name].to_pylist() for name in months} == {name: [1, 2, 12] for name in months}
    for zone in repeated:
        text = next(f for f in zone.fields if f.type == "text" and f.stored)
        assert decoded.tables[zone.name][0][text.name].to_pylist() == list(zones[zone.name][text.name])


def test_diagnoses_and_acts_know_their_unit() -> None:
    columns = {
        "finess": np.full(1, "290000017"),
        "mois_sortie": np.array([3]),
        "nb_rum": np.array([2]),
        "nb_das": np.array([3]),
    }
    zones = {
        "unites": {"nb_das": np.array([1, 2]), "numero_rum": np.array([1, 2])},
        "diagnostics": {"code": np.array(["I10", "E119", "N390"])},
    }
    data = encode(layout_of("rsa", 2024), columns, count=1, zones=zones)
    decoded = decode(block_of(data), kind="rsa", key=Key("290000017", 2024, 12))
    table = decoded.tables["diagnostics"][0]
    assert table.select(["rang_unite", "code"]).to_pylist() == [
        {"rang_unite": 1, "code": "I10"},
        {"rang_unite": 2, "code": "E119"},
        {"rang_unite": 2, "code": "N390"},
    ]


GOOD = rsa("290000017", 2023, [{}], newline=b"")
any_line = st.one_of(
    st.just(GOOD),
    st.binary(max_size=400).map(lambda b: b.translate(bytes(c if c not in (0, 10, 13) else 32 for c in range(256)))),
    st.tuples(st.integers(0, len(GOOD) - 1), st.integers(32, 255)).map(
        lambda at: GOOD[: at[0]] + bytes([at[1]]) + GOOD[at[0] + 1 :]
    ),
    st.integers(0, len(GOOD)).map(lambda n: GOOD[:n]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(any_line, min_size=1, max_size=12), st.sampled_from([b"\n", b"\r\n"]))
def test_no_line_is_ever_lost(lines: list[bytes], end: bytes) -> None:
    block = block_of(end.join([GOOD, *lines]) + end)
    decoded = decode(block, kind="rsa", key=Key("290000017", 2023, 12))
    refused = np.concatenate([[], *(r.rows for r in decoded.refused)])
    accepted = sum(t.num_rows for t in decoded.tables.get("sejours", []))
    assert len(set(refused)) == len(refused), "une ligne est refusée deux fois"
    assert block.count == 1 + len(lines) == accepted + len(refused)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([b"a", b"bb", b"", b"ccc\n", b"\r\n", b"\r", b"\n"]), max_size=40), st.integers(1, 9))
def test_blocks_cut_as_a_plain_reader_would(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    wanted = re.split(rb"\r\n|\n|\r", data)
    if wanted[-1] == b"":
        wanted.pop()
    seen = []
    try:
        for block in read_blocks(io.BytesIO(data), size=size, label="essai"):
            raw = block.buffer.tobytes()
            seen += [raw[s : s + n] for s, n in zip(block.starts, block.lengths, strict=True)]
    except Exception as error:
        assert getattr(error, "code", "") == "ligne-sans-fin"
        return
    assert seen == wanted
