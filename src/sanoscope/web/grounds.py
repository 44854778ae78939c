"""The outlines that the operator loaded, as choices of a map: ``genre=fond:NAME`` or ``genre=fond:NAME:PRINT``.

PRINT is of the file: a link that has it draws these outlines or says that they changed. Outlines are no part of an
edition; a map that names none never uses them.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from sanoscope.errors import CriterionError, NotFoundError, SanoscopeError
from sanoscope.nomenclature.shapes import read_shapes
from sanoscope.present.pictures.outlines import Outlines, outlines
from sanoscope.sentence import Sentence
from sanoscope.web.language import marked
from sanoscope.workspace import Workspace

PREFIX = "fond:"
FOLDER = "formes"
"""Of the reference tables: where « sanoscope reference load » puts outlines."""
TITLES = {
    "departements": marked("par département, contours « %(fond)s »"),
    "regions": marked("par région, contours « %(fond)s »"),
    "code_geo": marked("par établissement, à son code géographique « %(fond)s »"),
}
"""What a map is called that is drawn with loaded outlines, by what they are of."""
KEPT = 16
"""Files kept read; a workspace has a few."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """Outlines, and the fingerprint of their file."""

    outlines: Outlines
    fingerprint: str

    @property
    def genre(self) -> str:
        """What asks for a map drawn with them, for ever."""
        return f"{PREFIX}{self.outlines.name}:{self.fingerprint}"

    @property
    def title(self) -> Sentence:
        """What such a map is called."""
        return Sentence(TITLES[self.outlines.what], fond=self.outlines.name)


def grounds(workspace: Workspace) -> tuple[Ground, ...]:
    """Return the outlines of a workspace that maps can be drawn with, by name; a file that cannot be read is logged."""
    found = []
    for path in sorted((workspace.reference / FOLDER).glob("*.geojson")):
        try:
            state = path.stat()
            ground = _read(path, state.st_mtime_ns, state.st_size)
        except (OSError, SanoscopeError) as error:
            _log.warning("%s", error)
        else:
            found += [ground] if ground else []
    return tuple(found)


def chosen(genre: str, among: Sequence[Ground]) -> Ground | None:
    """Return the outlines that a genre names; None for a genre of our own maps.

    Raises:
        CriterionError: there are no such outlines.
        NotFoundError: they changed since the link was made.
    """
    if not genre.startswith(PREFIX):
        return None
    name, _, fingerprint = genre.removeprefix(PREFIX).partition(":")
    ground = next((g for g in among if g.outlines.name == name), None)
    if ground is None:
        raise CriterionError(
            "fond-inconnu", Sentence("Fond « %(fond)s » inconnu.", fond=name), allowed=[g.genre for g in among]
        )
    if fingerprint and fingerprint != ground.fingerprint:
        raise NotFoundError(
            "fond-change",
            Sentence("Les contours « %(fond)s » ont changé depuis que ce lien a été fait.", fond=name),
            todo=Sentence("Pour ceux d'aujourd'hui : genre=%(genre)s.", genre=ground.genre),
        )
    return ground


@lru_cache(maxsize=KEPT)
def _read(path: Path, _changed: int, _size: int) -> Ground | None:
    """Return the outlines of a file as it is now: another time or size is another file."""
    fingerprint = sha256(path.read_bytes()).hexdigest()[:8]
    found = outlines(path.stem, read_shapes(path))
    return Ground(found, fingerprint) if found else None
