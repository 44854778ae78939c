"""How a question reaches who answers it: `Transport`, and the one that goes by HTTP."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from sanoscope import __version__
from sanoscope.errors import SanoscopeError

TRIES = 4
"""Times that a question is put, the first one counted, to a site that asks to come back later."""

PATIENCE = 60.0
"""Seconds that are waited in all before what a site answers is taken as its answer."""

LATER = (429, 503)
"""Statuses that ask to come back later."""

CONNECTING = 10.0
"""Seconds to reach a site."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its headers by their names in small letters, its bytes, not compressed any more."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Who answers: a site, or a workspace in this process."""

    @property
    def place(self) -> str:
        """Its name: what is kept of one is not of another."""

    @property
    def site(self) -> str:
        """The address that links are made from, "" for none."""

    def get(self, path: str, criteria: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Return the answer to a path of the site (it begins with « / ») and criteria, whatever its status.

        Raises:
            SanoscopeError: ``service-injoignable``.
        """

    def close(self) -> None:
        """Let go of what is held open."""


class Http:
    """A site, by its address.

    Args:
        address: where it begins, e.g. ``https://stats.exemple.fr``.
        key: a key of the API, "" for none.
        timeout: seconds that an answer may take.
    """

    def __init__(self, address: str, key: str = "", *, timeout: float = 60.0) -> None:
        self.place = self.site = address.rstrip("/")
        self._timeout = (CONNECTING, timeout)
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"sanoscope/{__version__}"
        self._session.auth = _Bearer(key)
        unreached = Retry(2, read=False, respect_retry_after_header=False)  # nothing was asked yet
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=unreached))

    def get(self, path: str, criteria: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Return the answer; a site that says when to come back is asked again then, within `PATIENCE`."""
        waited = 0.0
        for attempt in range(1, TRIES + 1):
            reply = self._once(path, criteria, headers)
            pause = _pause(reply.headers.get("retry-after", ""), attempt)
            if reply.status not in LATER or attempt == TRIES or waited + pause > PATIENCE:
                break
            time.sleep(pause)
            waited += pause
        return reply

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def _once(self, path: str, criteria: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        try:
            answer = self._session.get(
                self.site + path, params=dict(criteria), headers=dict(headers), timeout=self._timeout
            )
        except requests.RequestException as error:
            raise SanoscopeError(
                "service-injoignable",
                f"« {self.site} » ne répond pas : {type(error).__name__}.",
                todo="Vérifiez l'adresse et le réseau, puis réessayez.",
            ) from error
        return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)


class _Bearer(requests.auth.AuthBase):
    """The key, and nothing that the machine knows of this host otherwise (``.netrc``)."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


def _pause(after: str, attempt: int) -> float:
    """Return how long to wait (s): as the answer says, in seconds or by a date; else 1, 2, 4…"""
    if after.strip().isdigit():
        return float(after)
    try:
        return max(0.0, (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return float(2 ** (attempt - 1))
