"""A workspace that answers in this process: the application that is served, without a server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import anyio
from anyio.from_thread import start_blocking_portal

from sanoscope import workspace as workspaces
from sanoscope.client.transport import Reply
from sanoscope.web.app import create_app

HOST = "127.0.0.1"


class Local:
    """A workspace, by its directory. It answers what ``sanoscope serve`` would, right for right.

    Args:
        directory: the workspace.
        key: a key of the API, "" for none: then only what is open to anybody is answered. With it the secure stores
            may be opened as by ``sanoscope serve --complet``, for what its account may see, and the journal has it.

    Raises:
        NotFoundError: it is no workspace.
    """

    def __init__(self, directory: Path, key: str = "") -> None:
        workspace = workspaces.load(directory)
        self.place = str(workspace.root.resolve())
        self.site = workspace.settings.adresse.rstrip("/")
        self._app = create_app(workspace, complete=bool(key))
        self._headers = {"host": HOST} | ({"authorization": f"Bearer {key}"} if key else {})

    def get(self, path: str, criteria: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Return the answer of the application."""
        with start_blocking_portal() as portal:  # a loop of its own: a notebook has one that runs already
            return portal.call(self._answer, path, urlencode(criteria), {**self._headers, **headers})

    def close(self) -> None:
        """Nothing is held open."""

    async def _answer(self, path: str, query: str, headers: Mapping[str, str]) -> Reply:
        status, asked = 0, False
        told: dict[str, str] = {}
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:  # who asks never leaves
                await anyio.sleep_forever()
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, told
            if message["type"] == "http.response.start":
                status = message["status"]
                told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]}
            else:
                parts.append(message.get("body", b""))

        await self._app(_scope(path, query, headers), receive, send)
        return Reply(status, told, b"".join(parts))


def _scope(path: str, query: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return a request as ASGI has it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "root_path": "",
        "query_string": query.encode("ascii"),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": (HOST, 0),
        "server": (HOST, 80),
        "state": {},
    }
