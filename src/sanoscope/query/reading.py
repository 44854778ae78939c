"""One request: it ends on the editions on which it began, and remembers what it asked (for those who measure).

An edition that is published meanwhile answers the next request. One that is removed from the disk meanwhile, or that
the service has let go, is still read by who holds it: its files stay as long as they are open.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from sanoscope.edition.edition import Edition
from sanoscope.edition.publication import steady


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was answered.

    Attributes:
        restitution, edition: of what, from what.
        canonical: its criteria.
        kept: the answer was in memory.
        seconds: it took.
    """

    restitution: str
    edition: str
    canonical: str
    kept: bool
    seconds: float


@dataclass(slots=True)
class Reading:
    """What one request reads.

    Attributes:
        editions: those that it opened, by directory, name and side.
        asked: its questions that were answered, in order.
        refused: those of several that were not, while others were: the restitution and why.
    """

    editions: dict[tuple[Path, str, bool], Edition] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


_READING: ContextVar[Reading | None] = ContextVar("reading", default=None)


@contextmanager
def reading() -> Iterator[Reading]:
    """Read as one request what is read inside; within another, as that one."""
    outer = _READING.get()
    if outer is not None:
        yield outer
        return
    token = _READING.set(Reading())
    try:
        with steady():
            yield here()
    finally:
        _READING.reset(token)


def here() -> Reading:
    """Return the request that is being answered; one of its own where there is none."""
    return _READING.get() or Reading()
