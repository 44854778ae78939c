"""Places at work: the first to come is the first served; whoever gives up gives his turn back."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sanoscope.errors import BusyError
from sanoscope.serve.places import Places


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run in a thread of its own: a browser of other tests may have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work()).result()  # type: ignore[arg-type]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_turns_come_in_the_order_of_arrival_and_nobody_passes_before() -> None:
    async def work() -> None:
        order: list[int] = []
        places = Places(1, 10, 60)
        await places.take()

        async def one(number: int) -> None:
            await places.take()
            order.append(number)
            await settled()
            places.give()

        tasks = [asyncio.create_task(one(n)) for n in range(5)]
        await settled()
        places.give()
        late = asyncio.create_task(one(99))  # comes as a place is given: it goes last
        await asyncio.gather(*tasks, late)
        assert order == [0, 1, 2, 3, 4, 99]

    run(work)


def test_beyond_those_who_may_wait_there_is_no_place() -> None:
    async def work() -> None:
        seen: list[tuple[int, int]] = []
        places = Places(2, 1, 60, seen=lambda taken, waiting: seen.append((taken, waiting)))
        await places.take()
        await places.take()
        waiting = asyncio.create_task(places.take())
        await settled()
        with pytest.raises(BusyError) as caught:
            await places.take()
        assert (caught.value.code, caught.value.after) == ("trop-de-requetes", 60)
        places.give()
        await waiting
        assert max(seen) == (2, 1)
        places.give()
        places.give()
        assert seen[-1] == (0, 0)

    run(work)


def test_who_waits_too_long_or_goes_away_leaves_the_queue() -> None:
    async def work() -> None:
        places = Places(1, 2, 0.01)
        await places.take()
        with pytest.raises(BusyError):
            await places.take()
        patient = Places(1, 2, 60)
        await patient.take()
        gone = asyncio.create_task(patient.take())
        last = asyncio.create_task(patient.take())
        await settled()
        gone.cancel()
        await settled()
        patient.give()
        await last
        patient.give()
        await patient.take()  # nothing was lost

    run(work)


def test_a_turn_that_comes_as_one_goes_away_goes_to_the_next() -> None:
    async def work() -> None:
        places = Places(1, 2, 60)
        await places.take()
        gone = asyncio.create_task(places.take())
        last = asyncio.create_task(places.take())
        await settled()
        places.give()  # the turn of the first has come…
        gone.cancel()  # … as it goes away
        await last
        places.give()
        await asyncio.wait_for(places.take(), 1)

    run(work)
