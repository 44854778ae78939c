"""A stream of bytes as blocks of whole lines, whatever ends them (CR LF, LF, CR, mixed).

Memory depends on the block size alone. A line is a pair (start, length) in the block's buffer: no line is ever a
Python object.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sanoscope.errors import InputFileError

CR, LF = 13, 10
_MARKS = {
    b"\xef\xbb\xbf": "UTF-8 avec marque d'ordre (BOM)",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "une archive zip",
    b"\x1f\x8b": "un fichier gzip",
}


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines.

    Attributes:
        buffer: uint8[bytes].
        starts: int64[lines], where each line begins in the buffer.
        lengths: int64[lines], characters of each line, its end not counted.
        first_line: number of the first line in the file, from 1.
        first_byte: where the buffer begins in the file (bytes).
        torn: the last line is the file's last and has no line end.
    """

    buffer: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    first_line: int
    first_byte: int
    torn: bool = False

    @property
    def count(self) -> int:
        """Number of lines."""
        return len(self.starts)


def read_blocks(stream: IO[bytes], *, size: int, label: str) -> Iterator[Block]:
    """Yield the lines of a stream, block by block; nothing at all for an empty stream.

    Args:
        stream: bytes, read once, forward.
        size: bytes to read at a time; a block also holds the rest of the block before.
        label: how to name the file in an error.

    Raises:
        InputFileError: ``encodage`` (not one byte a character), ``ligne-sans-fin`` (no line end in a whole block).
    """
    rest, first_line, first_byte = b"", 1, 0
    while chunk := stream.read(size):
        data = rest + chunk
        if first_byte == 0:
            _check_encoding(data, label)
        cut = _last_end(data)
        if cut == 0:
            if len(data) > 4 * size:
                raise InputFileError(
                    "ligne-sans-fin",
                    f"{label} : aucune fin de ligne dans les {len(data)} octets qui suivent l'octet {first_byte}.",
                    todo="Ce n'est pas un fichier PMSI à lignes ; redemandez-le.",
                )
            rest = data
            continue
        block = _split(data[:cut], first_line, first_byte, torn=False)
        yield block
        rest, first_line, first_byte = data[cut:], first_line + block.count, first_byte + cut
    if rest:
        ended = rest[-1] in (CR, LF)
        yield _split(rest, first_line, first_byte, torn=not ended)


def _last_end(data: bytes) -> int:
    """Return where the part of data that surely ends with a whole line stops (a final CR may be half of CR LF)."""
    end = len(data) - 1 if data.endswith(b"\r") else len(data)
    return max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end)) + 1


def _split(data: bytes, first_line: int, first_byte: int, *, torn: bool) -> Block:
    buffer = np.frombuffer(data, np.uint8)
    carriage = np.flatnonzero(buffer == CR)
    feed = np.flatnonzero(buffer == LF)
    after = np.minimum(carriage + 1, len(buffer) - 1)
    lone = carriage[(buffer[after] != LF) | (after == carriage)]
    ends = np.sort(np.concatenate([feed, lone])) if len(lone) else feed
    if torn:
        ends = np.append(ends, len(buffer))
    starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)
    lengths = ends - starts
    # the CR of a CR LF belongs to the line end
    has_text = lengths > 0
    closing = np.zeros(len(ends), bool)
    closing[has_text] = buffer[ends[has_text] - 1] == CR
    if torn:
        closing[-1] = False
    return Block(buffer, starts, lengths - closing, first_line, first_byte, torn)


def _check_encoding(data: bytes, label: str) -> None:
    for mark, what in _MARKS.items():
        if data.startswith(mark):
            raise InputFileError(
                "encodage",
                f"{label} : le fichier est {what} ; un fichier e-PMSI est en ISO-8859-1, un octet par caractère.",
                todo="Donnez le fichier tel que le logiciel de l'ATIH l'a produit.",
            )
    if b"\x00" in data[:4096]:
        raise InputFileError(
            "encodage",
            f"{label} : le fichier contient des octets nuls : il est en UTF-16, binaire ou abîmé.",
            todo="Donnez le fichier tel que le logiciel de l'ATIH l'a produit (ISO-8859-1).",
        )
