"""How often one address may leave something here: counted in memory, by this process alone."""

import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from math import ceil

from fastapi import Request
from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from sanoscope.api.reader import reader
from sanoscope.errors import TooOftenError
from sanoscope.sentence import Sentence
from sanoscope.web.language import marked
from sanoscope.workspace import Settings

IPV6_PREFIX = 64
"""Bits of an IPv6 address that tell one subscriber from another: the rest he chooses himself (RFC 6177)."""


class Pace:
    """At most so many of something an hour from an address.

    Args:
        per_hour: how many.
        code: of the error past that.
        message: what it says, with ``%(n)s`` for how many; ``todo``: what to do, with ``%(minutes)s`` to wait.
    """

    def __init__(self, per_hour: int, code: str, message: str, todo: str) -> None:
        self._said = code, message, todo
        self._limit = RateLimitItemPerHour(per_hour)
        self._counts = MovingWindowRateLimiter(MemoryStorage())

    def check(self, request: Request) -> None:
        """Count a request.

        Raises:
            TooOftenError: its address has had its share of the last hour.
        """
        if not self._counts.hit(self._limit, address_of(request)):
            raise self._refusal(address_of(request))

    def admit(self, *whose: str) -> None:
        """Do nothing if each of some, an address or an account, may still try; nothing is counted.

        Raises:
            TooOftenError: one has had its share of the last hour.
        """
        for one in whose:
            if not self._counts.test(self._limit, one):
                raise self._refusal(one)

    def count(self, *whose: str) -> None:
        """Count a try of each of some."""
        for one in whose:
            self._counts.hit(self._limit, one)

    def _refusal(self, whose: str) -> TooOftenError:
        wait = ceil(self._counts.get_window_stats(self._limit, whose).reset_time - time.time())
        code, message, todo = self._said
        return TooOftenError(
            code,
            Sentence(message, n=self._limit.amount),
            todo=Sentence(todo, minutes=ceil(wait / 60)),
            after=max(1, wait),
        )


def extraction_pace(settings: Settings) -> Callable[[Request], None]:
    """Return what counts the extractions that a reader asks for: his account, or his address where he has none."""
    pace = Pace(
        settings.extractions_par_heure,
        "trop-d-extractions",
        marked("Vous avez demandé trop d'extractions : au plus %(n)s par heure."),
        marked("Réessayez dans %(minutes)s min."),
    )

    def check(request: Request) -> None:
        who = reader(request).account or address_of(request)
        pace.admit(who)
        pace.count(who)

    return check


def address_of(request: Request) -> str:
    """Return what tells who a request is of."""
    return subscriber(request.client.host if request.client else "")


def subscriber(address: str) -> str:
    """Return what tells who an address is of: itself, or the network of an IPv6 one.

    >>> subscriber("192.0.2.7"), subscriber("2001:db8:1:2:3::4")
    ('192.0.2.7', '2001:db8:1:2::/64')
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((known, IPV6_PREFIX), strict=False)) if known.version == 6 else str(known)
