"""Columns into lines of a layout: the inverse of intake, for tests and for synthetic data.

Vectorised: the fixed parts are one byte matrix, the items of each zone another; they are woven into lines by offsets.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanoscope.formats.layout import Field, Layout, Zone

Columns = Mapping[str, NDArray[Any]]
SPACE = ord(" ")


def encode(
    layout: Layout,
    columns: Columns,
    *,
    count: int,
    zones: Mapping[str, Columns] | None = None,
    newline: bytes = b"\r\n",
) -> bytes:
    """Return ``count`` lines, ISO-8859-1.

    Args:
        layout: the layout to write.
        columns: values of the fields that each line has once (`Layout.columns`), arrays of ``count`` texts or integers
            (text left-aligned and blank-padded, integers zero-padded, a number of days of presence as so many 1s and
            then 0s); a field left out is blank, but for ``version``, which the layout knows.
        count: number of lines.
        zones: values of each repeated zone's items by field, flat, in the order of lines; how many items each line has
            is what its counter in ``columns`` says.
        newline: end of line.

    Raises:
        ValueError: an unknown field or zone; a column of another size or type; a value that does not fit its field or
            would break its line; a counter that disagrees with the items, or with what their owners say they own.
    """
    zones = zones or {}
    repeated = {zone.name for zone in layout.zones if not zone.once}
    unknown = {*columns} - {field.name for field in layout.columns} | {*zones} - repeated
    if unknown:
        raise ValueError(f"unknown in {layout.kind} {layout.version}: {', '.join(sorted(unknown))}")
    if layout.coded and "version" not in columns:
        columns = {**columns, "version": np.full(count, layout.version.encode("ascii"))}
    once = np.ones(count, np.int64)
    repeats = {zone.name: once if zone.once else _numbers(columns, zone.counter, count) for zone in layout.zones}
    parts = [(_matrix(layout.fields, _of(layout.fields, columns), count, layout.width), once)]
    for zone in layout.zones:
        items = _of(zone.fields, columns) if zone.once else zones.get(zone.name, {})
        if zone.owner:
            _check_owned(zone, zones.get(zone.owner, {}), repeats)
        parts.append((_matrix(zone.fields, items, int(repeats[zone.name].sum()), zone.width), repeats[zone.name]))
    parts.append((np.tile(np.frombuffer(newline, np.uint8), (count, 1)), np.ones(count, np.int64)))
    return _weave(parts, count).tobytes()


def _of(fields: tuple[Field, ...], columns: Columns) -> Columns:
    return {field.name: columns[field.name] for field in fields if field.name in columns}


def _numbers(columns: Columns, name: str, count: int) -> NDArray[np.int64]:
    """Return int64[count]: a counter's values; blank or left out is 0."""
    values = np.asarray(columns.get(name, np.zeros(count, np.int64)))
    if values.dtype.kind in "US":
        values = np.char.add("0", np.char.strip(values.astype(str)))
    return values.astype(np.int64)


def _check_owned(zone: Zone, owners: Columns, repeats: Mapping[str, NDArray[np.int64]]) -> None:
    """Each line must have as many items as its owners say they own, where they say it."""
    if zone.owner_counter not in owners:
        return
    owned = _numbers(owners, zone.owner_counter, len(owners[zone.owner_counter]))
    last = np.cumsum(repeats[zone.owner])
    upto = np.concatenate([[0], np.cumsum(owned)])
    if len(owned) == last[-1:].sum() and (upto[last] - upto[last - repeats[zone.owner]] == repeats[zone.name]).all():
        return
    raise ValueError(f"zone {zone.name}: {zone.counter} disagrees with {zone.owner_counter} of {zone.owner}")


def _weave(parts: list[tuple[NDArray[np.uint8], NDArray[np.int64]]], count: int) -> NDArray[np.uint8]:
    if all((repeats == 1).all() for _, repeats in parts):
        return np.hstack([matrix for matrix, _ in parts]).ravel()
    lengths = np.sum([matrix.shape[1] * repeats for matrix, repeats in parts], axis=0)
    offset = np.cumsum(lengths) - lengths
    out = np.empty(int(lengths.sum()), np.uint8)
    for matrix, repeats in parts:
        width = matrix.shape[1]
        first = np.cumsum(repeats) - repeats
        place = np.repeat(offset - first * width, repeats) + np.arange(len(matrix)) * width
        if len(matrix):
            np.lib.stride_tricks.sliding_window_view(out, width, writeable=True)[place] = matrix
        offset = offset + repeats * width
    return out


def _matrix(fields: tuple[Field, ...], columns: Columns, count: int, width: int) -> NDArray[np.uint8]:
    unknown = {*columns} - {field.name for field in fields}
    if unknown:
        raise ValueError(f"unknown in the zone: {', '.join(sorted(unknown))}")
    matrix = np.full((count, width), SPACE, np.uint8)
    for field in fields:
        if field.name in columns:
            values = np.asarray(columns[field.name])
            if values.shape != (count,):
                raise ValueError(f"{field.name}: {count} values expected, its shape is {values.shape}")
            matrix[:, field.start - 1 : field.end] = _characters(values, field)
    return matrix


def _characters(values: NDArray[Any], field: Field) -> NDArray[np.uint8]:
    """Return uint8[values, length]: the characters of a column."""
    if values.dtype.kind in "iu":
        return _days(values, field) if field.type == "presence" else _digits(values, field)
    if values.dtype.kind not in "US":
        raise ValueError(f"{field.name}: texts or integers expected, not {values.dtype}")
    encoded = values if values.dtype.kind == "S" else np.char.encode(values, "latin-1")
    longest = encoded.dtype.itemsize
    if longest > field.length and len(encoded) and int(np.char.str_len(encoded).max()) > field.length:
        raise ValueError(f"{field.name}: a value is longer than {field.length} characters")
    fitted = np.ascontiguousarray(encoded.astype(f"S{field.length}"))
    characters = fitted.view(np.uint8).reshape(-1, field.length)
    characters = np.where(characters == 0, np.uint8(SPACE), characters)
    if (characters < SPACE).any():
        raise ValueError(f"{field.name}: a value has a control character")
    return characters


def _days(values: NDArray[Any], field: Field) -> NDArray[np.uint8]:
    """Return a number of days as that many 1s, then 0s."""
    if len(values) and (values.min() < 0 or values.max() > field.length):
        raise ValueError(f"{field.name}: {values.min()}..{values.max()} does not fit {field.length} days")
    return (ord("0") + (np.arange(field.length) < values[:, np.newaxis])).astype(np.uint8)


def _digits(values: NDArray[Any], field: Field) -> NDArray[np.uint8]:
    if len(values) and (values.min() < 0 or values.max() >= 10**field.length):
        raise ValueError(f"{field.name}: {values.min()}..{values.max()} does not fit {field.length} digits")
    characters = np.full((len(values), field.length), ord("0"), np.uint8)
    rest = values.astype(np.uint64)
    for place in reversed(range(field.length)):
        if not rest.any():
            break
        tens = rest // 10
        characters[:, place] += (rest - tens * 10).astype(np.uint8)
        rest = tens
    return characters
