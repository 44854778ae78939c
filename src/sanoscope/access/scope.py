"""Who asks: the scope of a query decides whether small counts are masked."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["libre", "identifie", "securise"]
_ORDER: tuple[Level, ...] = ("libre", "identifie", "securise")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reader may see.

    Attributes:
        level: which restitutions are open to him.
        masked: small counts are hidden from him.
    """

    level: Level
    masked: bool = True

    def may_read(self, access: Level) -> bool:
        """Tell whether a restitution of this access level is open to the reader."""
        return _ORDER.index(self.level) >= _ORDER.index(access)


OPEN = Scope("libre")
"""Anybody."""

SECURE = Scope("securise", masked=False)
"""Whoever holds the files: the operator at the command line."""
