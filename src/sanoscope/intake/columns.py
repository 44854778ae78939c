"""Characters into typed columns, one field at a time, all lines at once.

Every function takes ``raw``, uint8[lines, characters of the field], and returns the column and a mask bool[lines] of
the lines whose characters are not of the type.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sanoscope.formats.layout import Field

SPACE, ZERO, ONE = 32, 48, 49
Bytes = NDArray[np.uint8]
Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]


def gather(buffer: Bytes, starts: Longs, width: int) -> Bytes:
    """Return uint8[len(starts), width]: the characters from each start."""
    if not len(starts):
        return np.zeros((0, width), np.uint8)
    return np.lib.stride_tricks.sliding_window_view(buffer, width)[starts]


def column(raw: Bytes, field: Field) -> tuple[pa.Array, Mask]:
    """Return the column of a field and the lines that break its type."""
    if field.type == "integer":
        return integers(raw)
    if field.type == "month":
        return months(raw)
    if field.type in ("date", "dated"):
        return dates(raw)
    if field.type == "presence":
        return presence(raw)
    return texts(raw), np.zeros(len(raw), bool)


def integers(raw: Bytes) -> tuple[pa.Array, Mask]:
    """Digits, right-aligned, padded with zeros or blanks; all blank is null."""
    value = np.zeros(len(raw), np.int64)
    begun = np.zeros(len(raw), bool)
    bad = np.zeros(len(raw), bool)
    width = raw.shape[1]
    for position in range(width):
        character = raw[:, position]
        digit = character - ZERO  # uint8: what is not a digit wraps around above 9
        is_digit = digit < 10
        bad |= ~is_digit & ((character != SPACE) | begun)
        begun |= is_digit
        value = value * 10 + np.where(is_digit, digit, 0)
    kind = np.int16 if width <= 4 else np.int32 if width <= 9 else np.int64
    return pa.array(value.astype(kind), mask=~begun | bad), bad


def months(raw: Bytes) -> tuple[pa.Array, Mask]:
    """An integer of 1 to 12; all blank is null."""
    values, bad = integers(raw)
    number = counts(values)
    beyond = np.asarray(values.is_valid()) & ((number < 1) | (number > 12))
    return pc.if_else(pa.array(beyond), pa.scalar(None, values.type), values), bad | beyond


def presence(raw: Bytes) -> tuple[pa.Array, Mask]:
    """One character a day, 1 (present), 0 or blank (absent); the column is the number of days present."""
    days = (raw == ONE).sum(axis=1).astype(np.int16)
    bad = ((raw != ONE) & (raw != ZERO) & (raw != SPACE)).any(axis=1)
    return pa.array(days, mask=bad), bad


def derived(field: Field, values: pa.Array) -> Mapping[str, pa.Array]:
    """Return the columns that a field gives besides its own: the month and the year of a ``dated`` one."""
    if field.type != "dated":
        return {}
    what = field.name.removeprefix("date_")
    return {
        f"mois_{what}": pc.month(values).cast(pa.int16()),
        f"annee_{what}": pc.year(values).cast(pa.int16()),
    }


def dates(raw: Bytes) -> tuple[pa.Array, Mask]:
    """DDMMYYYY; all blank is null."""
    blank = (raw == SPACE).all(axis=1)
    digits = (raw - ZERO).astype(np.int64)
    day, month = digits[:, 0] * 10 + digits[:, 1], digits[:, 2] * 10 + digits[:, 3]
    year = digits[:, 4:8] @ np.array([1000, 100, 10, 1])
    plausible = (digits < 10).all(axis=1) & (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1)
    months = np.where(plausible, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(plausible, day - 1, 0).astype("timedelta64[D]")
    exists = plausible & (days.astype("datetime64[M]") == months)
    return pa.array(days, mask=~exists), ~exists & ~blank


def texts(raw: Bytes) -> pa.Array:
    """Text, trimmed, ISO-8859-1; blank is the empty text."""
    width = raw.shape[1]
    if (raw > 127).any():
        decoded = np.char.decode(np.ascontiguousarray(raw).view(f"S{width}").ravel(), "latin-1")
        return pc.utf8_trim_whitespace(pa.array(decoded, pa.string()))
    data = pa.py_buffer(np.ascontiguousarray(raw).tobytes())
    offsets = pa.py_buffer((np.arange(len(raw) + 1, dtype=np.int64) * width).astype(np.int32).tobytes())
    return pc.ascii_trim_whitespace(pa.StringArray.from_buffers(len(raw), offsets, data))


def counts(values: pa.Array) -> Longs:
    """Return int64[lines]: a counter, where blank is 0."""
    return np.asarray(pc.fill_null(values, 0)).astype(np.int64)
