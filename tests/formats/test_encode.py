"""Lines written, then cut by hand: everything is where the layout says; what does not fit is refused."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sanoscope.formats.encode import encode
from sanoscope.formats.layout import Field, Layout
from sanoscope.formats.registry import kinds, layout_of, layouts

Columns = dict[str, NDArray[np.generic]]
EVERY = [layout for kind in kinds() for layout in layouts(kind)]


def drawn(fields: Sequence[Field], count: int, rng: np.random.Generator) -> Columns:
    """Return any text (accents included) or number that fits each field."""
    columns: Columns = {}
    for f in fields:
        if f.type == "integer":
            columns[f.name] = rng.integers(0, 10 ** min(f.length, 9), count)
        else:
            letters = rng.choice(list("ABZ019é-"), (count, f.length))
            columns[f.name] = np.array(["".join(row)[: rng.integers(1, f.length + 1)] for row in letters], dtype=str)
    return columns


def written(value: object, f: Field) -> str:
    return f"{value:0{f.length}d}" if isinstance(value, (int, np.integer)) else str(value).ljust(f.length)


def cut(line: str, layout: Layout, counts: dict[str, int]) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Read a line as a person would: the fixed part, then each zone item by item."""
    yield "", 0, {f.name: line[f.start - 1 : f.end] for f in layout.fields}
    at = layout.width
    for zone in layout.zones:
        for rank in range(counts[zone.name]):
            item = line[at : at + zone.width]
            yield zone.name, rank, {f.name: item[f.start - 1 : f.end] for f in zone.fields}
            at += zone.width
    assert at == len(line)


@pytest.mark.parametrize("layout", EVERY, ids=lambda v: f"{v.kind}-{v.version}")
def test_what_is_written_is_what_is_read(layout: Layout) -> None:
    rng = np.random.default_rng(8)
    count = 5
    columns = drawn(layout.columns, count, rng)
    repeated = [zone for zone in layout.zones if not zone.once]
    repeats = {zone.name: rng.integers(0, 4, count) for zone in repeated}
    if "unites" in repeats:
        repeats["unites"] = rng.integers(1, 4, count)
    columns |= {zone.counter: repeats[zone.name] for zone in repeated}
    zones = {zone.name: drawn(zone.fields, int(repeats[zone.name].sum()), rng) for zone in repeated}
    repeats |= {zone.name: np.ones(count, np.int64) for zone in layout.zones if zone.once}
    for zone in layout.zones:
        if zone.owner:  # the first unit of each line owns them all
            owned = np.zeros(int(repeats[zone.owner].sum()), np.int64)
            owned[np.cumsum(repeats[zone.owner]) - repeats[zone.owner]] = repeats[zone.name]
            zones[zone.owner][zone.owner_counter] = owned
    lines = encode(layout, columns, count=count, zones=zones).decode("latin-1").split("\r\n")
    assert lines.pop() == ""
    assert len(lines) == count
    for n, line in enumerate(lines):
        for name, rank, values in cut(line, layout, {k: int(v[n]) for k, v in repeats.items()}):
            fields = next((z.fields for z in layout.zones if z.name == name), layout.fields)
            source = zones.get(name, columns)
            at = int(repeats[name][:n].sum()) + rank if name else n
            assert values == {f.name: written(source[f.name][at], f) for f in fields}


def test_a_line_by_hand() -> None:
    columns = {
        "finess": np.array(["290000017", "290000017"]),
        "duree": np.array([3, 12]),
        "nb_rum": np.array([1, 2]),
        "nb_das": np.array([0, 1]),
    }
    zones = {"unites": {"numero_rum": np.array([1, 1, 2])}, "diagnostics": {"code": np.array(["E119"])}}
    first, second = encode(layout_of("rsa", 2023), columns, count=2, zones=zones).split(b"\r\n")[:2]
    assert len(first) == 262 + 61
    assert len(second) == 262 + 2 * 61 + 6
    assert (first[0:9], first[9:12], first[70:74]) == (b"290000017", b"228", b"0003")
    assert second.endswith(b"E119  ")


def test_an_end_of_line_may_be_chosen_and_no_line_is_no_byte() -> None:
    assert encode(layout_of("ano", 2023), {"mois": np.array([3])}, count=1, newline=b"\n")[47:] == (
        b"03" + b" " * (1103 - 49) + b"\n"
    )
    assert encode(layout_of("rsa", 2023), {}, count=0) == b""


def test_a_blank_counter_is_none() -> None:
    line = encode(layout_of("rsa", 2023), {"nb_rum": np.array(["01"]), "nb_das": np.array([""])}, count=1)
    assert len(line) == 262 + 61 + 2


@pytest.mark.parametrize(
    ("why", "columns"),
    [
        ("does not fit 4 digits", {"duree": np.array([10000])}),
        ("does not fit 4 digits", {"duree": np.array([-1])}),
        ("longer than 6 characters", {"dp": np.array(["J189999"])}),
        ("control character", {"dp": np.array(["J1\r\n"])}),
        ("latin-1", {"dp": np.array(["Ж"])}),
        ("texts or integers", {"duree": np.array([3.0])}),
        ("texts or integers", {"duree": np.array([True])}),
        ("1 values expected", {"duree": np.array([3, 4])}),
        ("1 values expected", {"numero_rum": np.array([1, 2])}),
        ("unknown in rsa 228: invente", {"invente": np.array([1])}),
    ],
)
def test_what_does_not_fit_is_refused(why: str, columns: Columns) -> None:
    units = {"unites": {"numero_rum": columns.pop("numero_rum", np.array([1]))}}
    with pytest.raises(ValueError, match=why):
        encode(layout_of("rsa", 2023), {"nb_rum": np.array([1]), **columns}, count=1, zones=units)


def test_one_value_is_not_spread_over_several_lines() -> None:
    with pytest.raises(ValueError, match="3 values expected"):
        encode(layout_of("rsa", 2023), {"duree": np.array([3])}, count=3)


def test_units_must_own_the_diagnoses_of_their_own_line() -> None:
    """The totals agree, the lines do not: one line's diagnosis would be read as its neighbour's."""
    columns = {"nb_rum": np.array([1, 1]), "nb_das": np.array([1, 1])}
    codes = {"code": np.array(["E119", "I10"])}
    with pytest.raises(ValueError, match="diagnostics: nb_das disagrees"):
        zones = {"unites": {"nb_das": np.array([2, 0])}, "diagnostics": codes}
        encode(layout_of("rsa", 2023), columns, count=2, zones=zones)
    zones = {"unites": {"nb_das": np.array([1, 1])}, "diagnostics": codes}
    assert encode(layout_of("rsa", 2023), columns, count=2, zones=zones)


def test_a_field_of_many_digits_is_written_whole() -> None:
    """Numbers of 20 digits and more are beyond 64 bits; their field is not."""
    line = encode(layout_of("ano", 2023), {"index_liaison": np.array([5])}, count=1)
    assert line[:32] == b"5".rjust(32, b"0")
