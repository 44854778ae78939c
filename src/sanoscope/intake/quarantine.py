"""What was refused, with its reasons: lines in one CSV a file, whole files in one journal."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from sanoscope.intake.blocks import Block
from sanoscope.intake.decode import Refused
from sanoscope.intake.sources import Refusal
from sanoscope.workspace import UNFINISHED, appear, made, sync

SCHEMA = pa.schema(
    [
        ("ligne", pa.int64()),
        ("octet", pa.int64()),
        ("position", pa.int32()),
        ("motif", pa.string()),
        ("message", pa.string()),
        ("contenu", pa.string()),
    ]
)
"""ligne: number in the file, from 1; octet: where it begins, from 0; position: character concerned, from 1 (0: all)."""


class _Quarantine:
    """Refused lines, written as they come; no file where there is none."""

    def __init__(self, directory: Path) -> None:
        self._work = directory / f"{UNFINISHED}{uuid4().hex}.csv"
        self._writer: pacsv.CSVWriter | None = None
        self.reasons: dict[str, int] = {}

    def commit(self, path: Path) -> None:
        """Close and put in place; nothing happens where no line was refused."""
        if self._writer is not None:
            self._writer.close()
            appear(self._work, path)

    def abandon(self) -> None:
        """Leave no trace."""
        if self._writer is not None:
            self._writer.close()
            self._work.unlink(missing_ok=True)

    def _write(self, columns: Iterable[Any], code: str, lines: int) -> None:
        """Write refused lines, one column a field of `SCHEMA`."""
        if self._writer is None:
            self._work.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pacsv.CSVWriter(self._work, SCHEMA)
        arrays = [pa.array(values, f.type) for values, f in zip(columns, SCHEMA, strict=True)]
        self._writer.write_table(pa.table(arrays, schema=SCHEMA))
        self.reasons[code] = self.reasons.get(code, 0) + lines


class LineQuarantine(_Quarantine):
    """The refused lines of one file."""

    def add(self, block: Block, refusals: list[Refused]) -> None:
        """Keep the refused lines of a block, whole."""
        for refused in refusals:
            rows, n = refused.rows, len(refused.rows)
            columns = (
                block.first_line + rows,
                block.first_byte + block.starts[rows],
                np.full(n, refused.start, np.int32),
                pa.repeat(refused.code, n),
                pa.repeat(refused.message, n),
                _texts(block.buffer, block.starts[rows], block.lengths[rows]),
            )
            self._write(columns, refused.code, n)


class RowQuarantine(_Quarantine):
    """The refused lines of a base."""

    def add(self, lines: NDArray[np.int64], code: str, message: str, contents: Sequence[str]) -> None:
        """Keep lines: their numbers, why they are refused, what they have."""
        n = len(lines)
        said = pa.repeat(code, n), pa.repeat(message, n)
        self._write((lines, pa.nulls(n), np.zeros(n, np.int32), *said, list(contents)), code, n)


def note_refused_files(directory: Path, refusals: list[Refusal]) -> None:
    """Append refused files to ``fichiers.jsonl`` (their content stays where the operator has it)."""
    if not refusals:
        return
    path = made(directory) / "fichiers.jsonl"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with path.open("a", encoding="utf-8") as stream:
        for refusal in refusals:
            entry = {"instant": now, "fichier": refusal.label, "motif": refusal.code, "message": refusal.message}
            stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
    sync(path)
    sync(directory)


def _texts(buffer: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> pa.Array:
    """Return the lines as text (ISO-8859-1), in one gather."""
    ends = np.cumsum(lengths)
    source = np.arange(int(ends[-1])) + np.repeat(starts - (ends - lengths), lengths)
    raw = buffer[source]
    # an ISO-8859-1 character above 127 takes two bytes in UTF-8
    wide = np.concatenate([[0], np.cumsum(raw > 127)])
    offsets = np.concatenate([[0], ends])
    data = raw.tobytes().decode("latin-1").encode("utf-8")
    array = pa.LargeStringArray.from_buffers(
        len(starts), pa.py_buffer((offsets + wide[offsets]).astype(np.int64).tobytes()), pa.py_buffer(data)
    )
    return pc.cast(array, pa.string())
