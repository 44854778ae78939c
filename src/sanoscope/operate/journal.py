"""The state of a refresh, on the disk: what it was doing when it was killed, what it built, what it published.

The steps say by themselves whether they are done: a file received is in the store, an edition appears by one rename.
The journal tells which edition is the refresh's own, so that a resumed run takes it up instead of building another,
and which one it published, so that an edition that was rolled back is not published again.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sanoscope.workspace import put

FILE = "journal.json"


@dataclass(frozen=True, slots=True)
class Journal:
    """What the last refresh left.

    Attributes:
        etape: the step under way, "" when it came to its end.
        edition: the edition that it built, or was about to.
        publiee: the last edition that it published.
    """

    etape: str = ""
    edition: str = ""
    publiee: str = ""


def read(directory: Path) -> Journal:
    """Return the journal of a directory; an empty one where there is none."""
    path = directory / FILE
    return Journal(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else Journal()


def write(directory: Path, journal: Journal) -> None:
    """Keep a journal, all or nothing."""
    put(directory / FILE, json.dumps(asdict(journal), ensure_ascii=False, indent=1))
