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
        columns: values of the fixed part by field, arrays of ``count`` (text left-aligned and blank-padded, integers
            zero-padded); a field left out is blank, but for ``version``, which the layout knows.
        count: number of lines.
        zones: values of each zone's items by field, flat, in the order of lines; how many items each line has is
            what its counter in ``columns`` says.
        newline: end of line.

    Raises:
        ValueError: an unknown field or zone, a value too long for its field, a counter that disagrees with the items.
    """
    zones = zones or {}
    unknown = {*columns} - {field.name for field in layout.fields} | {*zones} - {zone.name for zone in layout.zones}
    if unknown:
        raise ValueError(f"unknown in {layout.kind} {layout.version}: {', '.join(sorted(unknown))}")
    if layout.coded and "version" not in columns:
        columns = {**columns, "version": np.full(count, layout.version)}
    fixed = _matrix(layout.fields, columns, count, layout.width)
    parts = [(fixed, np.ones(count, np.int64))]
    for zone in layout.zones:
        parts.append(_items(zone, zones.get(zone.name, {}), columns, count))
    parts.append((np.tile(np.frombuffer(newline, np.uint8), (count, 1)), np.ones(count, np.int64)))
    return _weave(parts, count).tobytes()


def _items(zone: Zone, columns: Columns, fixed: Columns, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    repeats = np.asarray(fixed.get(zone.counter, np.zeros(count)), np.int64)
    total = int(repeats.sum())
    sizes = {name: len(values) for name, values in columns.items()}
    if any(size != total for size in sizes.values()):
        raise ValueError(f"zone {zone.name}: {zone.counter} says {total} items, the columns have {sizes}")
    return _matrix(zone.fields, columns, total, zone.width), repeats


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
    matrix = np.full((count, width), SPACE, np.uint8)
    for field in fields:
        if field.name in columns:
            matrix[:, field.start - 1 : field.end] = _characters(np.asarray(columns[field.name]), field)
    return matrix


def _characters(values: NDArray[Any], field: Field) -> NDArray[np.uint8]:
    if values.dtype.kind in "iu":
        if len(values) and (values.min() < 0 or values.max() >= 10**field.length):
            raise ValueError(f"{field.name}: {values.min()}..{values.max()} does not fit {field.length} digits")
        powers = 10 ** np.arange(field.length - 1, -1, -1, dtype=np.int64)
        return (values[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    encoded = values if values.dtype.kind == "S" else np.char.encode(values.astype(str), "latin-1")
    longest = encoded.dtype.itemsize
    if longest > field.length and len(encoded) and int(np.char.str_len(encoded).max()) > field.length:
        raise ValueError(f"{field.name}: a value is longer than {field.length} characters")
    fitted = np.ascontiguousarray(encoded.astype(f"S{field.length}"))
    characters = fitted.view(np.uint8).reshape(-1, field.length)
    return np.where(characters == 0, SPACE, characters).astype(np.uint8)
