"""What a program has already is not sent again: entity tags, dates, conditional requests (RFC 9110, 8.8 and 13).

A tag is made here of what a representation depends on, before it is made. What the content coding adds to it is added
where it is coded (`web.representation`).
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import orjson
from fastapi import Request, Response

from sanoscope import __version__
from sanoscope.edition.publication import POINTER

_LISTED = re.compile(r'(?:W/)?("[^"]*")')


def tag(*parts: str) -> str:
    """Return the strong entity tag of what depends on some texts, and on this version of the software.

    >>> tag("a", "b") == tag("a", "b") != tag("ab")
    True
    """
    whole = orjson.dumps([__version__, *map(str, parts)])
    return f'"{hashlib.sha256(whole).hexdigest()[:32]}"'


def last_published(editions: Path) -> datetime | None:
    """Return when the published edition last changed, way back included (UTC, to the second); None where none is."""
    try:
        moved = (editions / POINTER).lstat().st_mtime
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(int(moved), UTC)


def validators(etag: str, modified: datetime | None = None) -> dict[str, str]:
    """Return the headers by which a representation is known again."""
    told = {"ETag": etag}
    return told | ({"Last-Modified": format_datetime(modified, usegmt=True)} if modified else {})


def has_already(request: Request, etag: str, modified: datetime | None = None) -> bool:
    """Tell whether a GET or HEAD is of somebody who has the representation that he would be answered."""
    if request.method not in ("GET", "HEAD"):
        return False
    known = request.headers.getlist("if-none-match")
    if known:
        listed = ",".join(known)
        return listed.strip() == "*" or etag in _LISTED.findall(listed)
    since = _date(request.headers.get("if-modified-since", ""))
    return bool(since and modified and modified <= since)


def unchanged(headers: Mapping[str, str]) -> Response:
    """Return the answer to who has a representation already, with its headers."""
    return Response(status_code=304, headers=dict(headers))


def json_answer(request: Request, document: Any, headers: Mapping[str, str]) -> Response:
    """Return a document as JSON, or 304 to who has it: its tag is that of its bytes.

    Args:
        request: who asks.
        document: what `orjson` writes.
        headers: those of the answer, ``Cache-Control`` among them.
    """
    body = orjson.dumps(document)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    told = {**headers, **validators(etag)}
    if has_already(request, etag):
        return unchanged(told)
    return Response(body, media_type="application/json", headers=told)


def _date(text: str) -> datetime | None:
    """Return the instant of a header; None for none, and for what is no date (RFC 9110, 13.1.3: it is not heard)."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
