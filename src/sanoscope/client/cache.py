"""Answers kept on the disk: for ever where they never change, else as long as they say.

Past that, who answers is asked whether they changed. A file is an answer: a line of JSON (address, when it came,
headers), then its bytes. It takes its name when it is whole, so several processes may share a directory. A directory
may be removed at any time: all is asked again.
"""

import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from sanoscope.client.transport import Reply, Transport

KEPT = ("cache-control", "content-type", "etag", "link")
"""Headers that are kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is kept, and when it came (s since 1970)."""

    reply: Reply
    came: float

    def fresh(self, now: float) -> bool:
        """Tell whether it may be given without asking."""
        said = self.reply.headers.get("cache-control", "")
        age = re.search(r"\bmax-age=(\d+)", said)
        return "immutable" in said or bool(age and now < self.came + int(age[1]))


class Cached:
    """A transport whose answers are kept.

    Args:
        transport: who answers.
        directory: where they are kept; made if it is not there, for its owner alone.
        own: what is not said to be for everybody (``public``) is not kept: questions are asked in somebody's name.
    """

    def __init__(self, transport: Transport, directory: Path, *, own: bool = False) -> None:
        self._transport, self._directory, self._own = transport, directory, own
        self.place, self.site = transport.place, transport.site
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get(self, path: str, criteria: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Return the answer that is kept if it is fresh, or if who answers says that it did not change; else ask."""
        address = f"{self.place}{path}?{urlencode(sorted(criteria.items()))}"
        file = self._directory / hashlib.sha256(address.encode()).hexdigest()
        kept = _read(file)
        if kept and kept.fresh(time.time()):
            return kept.reply
        tag = kept.reply.headers.get("etag") if kept else None
        reply = self._transport.get(path, criteria, {**headers, "If-None-Match": tag} if tag else headers)
        if kept and reply.status == 304:
            reply = replace(kept.reply, headers={**kept.reply.headers, **_kept(reply.headers)})
        if self._keepable(reply):
            _write(file, address, reply)
        return reply

    def close(self) -> None:
        """Let go of what the transport holds open."""
        self._transport.close()

    def _keepable(self, reply: Reply) -> bool:
        said = reply.headers.get("cache-control", "")
        mine = "no-store" in said or "private" in said or (self._own and "public" not in said)
        return reply.status == 200 and not mine and ("max-age" in said or "etag" in reply.headers)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in KEPT if name in headers}


def _read(file: Path) -> Kept | None:
    """Return what a file keeps; None where there is none that can be read."""
    try:
        head, _, body = file.read_bytes().partition(b"\n")
        told = json.loads(head)
        return Kept(Reply(200, dict(told["entetes"]), body), float(told["recu"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(file: Path, address: str, reply: Reply) -> None:
    """Keep an answer; what cannot be written is not kept."""
    head = json.dumps({"adresse": address, "recu": time.time(), "entetes": _kept(reply.headers)})
    handle, work = tempfile.mkstemp(dir=file.parent, prefix=".en-cours-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(head.encode() + b"\n" + reply.body)
        Path(work).replace(file)
    except OSError:
        Path(work).unlink(missing_ok=True)
