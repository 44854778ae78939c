"""Places at work, given one after another to those who wait, in the order in which they came."""

import asyncio
from collections import deque
from collections.abc import Callable

from sanoscope.errors import BusyError
from sanoscope.sentence import Sentence


class Places:
    """So many places, so many who may wait for one, for so long; of one event loop.

    Args:
        places: requests at work at once.
        waiting: requests that may wait.
        patience: how long each may wait (s).
        seen: told how many are at work and how many wait, each time that changes.
    """

    def __init__(
        self, places: int, waiting: int, patience: float, *, seen: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        self._free, self._most, self._patience = places, waiting, patience
        self._queue: deque[asyncio.Future[None]] = deque()
        self._taken, self._seen = 0, seen

    async def take(self) -> None:
        """Take a place, the first to come being the first to have one; to be given back by `give`.

        Raises:
            BusyError: ``trop-de-requetes``: too many wait, or this one waited too long.
        """
        if self._free and not self._queue:
            self._free -= 1
        elif len(self._queue) >= self._most:
            raise self._full()
        else:
            await self._wait()
        self._taken += 1
        self._tell()

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        self._tell()
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._next()  # its turn came as it gave up
            else:
                self._queue.remove(turn)
                self._tell()
            if isinstance(error, TimeoutError):
                raise self._full() from error
            raise

    def give(self) -> None:
        """Give a place back: to the one who has waited longest, if there is one."""
        self._taken -= 1
        self._next()
        self._tell()

    def _next(self) -> None:
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _tell(self) -> None:
        self._seen(self._taken, len(self._queue))

    def _full(self) -> BusyError:
        return BusyError(
            "trop-de-requetes",
            Sentence("Trop de demandes arrivent en ce moment ; la vôtre n'a pas été traitée."),
            todo=Sentence("Réessayez dans %(n)s s.", n=max(1, round(self._patience))),
            after=max(1, round(self._patience)),
        )
