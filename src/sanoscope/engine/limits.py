"""How long an answer is waited for: said once for a whole question, heard by every plan that is run for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """Time granted: ``seconds`` in all, ``until`` when (`time.monotonic`)."""

    seconds: float
    until: float

    @property
    def left(self) -> float:
        """Seconds left, 0 when it is over."""
        return max(0.0, self.until - time.monotonic())


_LIMIT: ContextVar[Limit | None] = ContextVar("limit", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give all that is run inside so many seconds together; a limit set outside that comes first holds."""
    outer, inner = _LIMIT.get(), Limit(seconds, time.monotonic() + seconds)
    token = _LIMIT.set(outer if outer and outer.until < inner.until else inner)
    try:
        yield
    finally:
        _LIMIT.reset(token)


def granted() -> Limit | None:
    """Return the time granted to what is run now, None for all that it needs."""
    return _LIMIT.get()
