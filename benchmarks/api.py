"""What the API adds to a question: the whole answer as JSON, in process and over HTTP, beside the question alone.

The three are asked one after another, again and again, of the demo edition; no answer is kept from one to the next.
Beside the time that passes is the time of processors (the client's with it), which a busy machine changes less.
"""

import asyncio
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

from benchmarks import demo
from sanoscope.access.scope import OPEN
from sanoscope.query.reading import reading
from sanoscope.query.service import Service
from sanoscope.serve.app import create_app

TIMES = 60
QUESTIONS = (
    ("casemix-mco", "annee=2023&zone=departement:29&regroupement=ghm"),
    ("casemix-mco", "annee=2023&regroupement=ghm"),
    ("cartographie-activite-mco", "annee=2023"),
    ("parts-de-marche-mco", "annee=2023"),
)
CODINGS = ("identity", "gzip")


def run(times: int = TIMES) -> list[str]:
    """Return the lines of the report.

    Raises:
        FileNotFoundError: there is no demo edition: run ``make demo`` first.
    """
    app = create_app(demo())
    service = _service(app)
    report = [
        "| question | lignes | codage | octets | seule | dans le processus | par HTTP "
        "| processeur : seule | dans le processus | par HTTP |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    with _served(app) as port, asyncio.Runner() as runner:
        connection = HTTPConnection("127.0.0.1", port)
        for slug, criteria in QUESTIONS:
            path = f"/api/v1/restitutions/{slug}/donnees"
            for coding in CODINGS:
                ways: list[Callable[[], int]] = [
                    partial(_alone, service, slug, criteria),
                    lambda: runner.run(_asgi(app, path, criteria, coding)),  # noqa: B023
                    partial(_http, connection, path, criteria, coding),
                ]
                took: list[list[tuple[float, float]]] = [[], [], []]
                told = [0, 0, 0]
                for _ in range(times + 3):  # the first ones open what stays open
                    for way, ask in enumerate(ways):
                        told[way] = _timed(took[way], service, ask)
                passed, worked = ([statistics.median(one[3:]) for one in map(list, of)] for of in _columns(took))
                cells = f"`{slug}?{criteria}` | {told[0]} | {coding} | {told[2]}"
                report.append(f"| {cells} | {_compared(passed)} | {_compared(worked)} |")
    return report


def _columns(took: list[list[tuple[float, float]]]) -> Iterator[list[list[float]]]:
    """Yield the times that passed, then those of processors, each by way."""
    for which in (0, 1):
        yield [[one[which] for one in way] for way in took]


def _compared(seconds: list[float]) -> str:
    """Return the time alone, then the others with what they add to it."""
    alone, *more = seconds
    return f"{1000 * alone:.1f} ms | " + " | ".join(
        f"{1000 * one:.1f} ms, {100 * (one / alone - 1):+.0f} %" for one in more
    )


def _timed(took: list[tuple[float, float]], service: Service, ask: Callable[[], int]) -> int:
    """Ask once, with no answer kept, and add the seconds that pass and that processors work; return what is told."""
    service._answers.clear()
    began, worked = time.perf_counter(), time.process_time()
    told = ask()
    took.append((time.perf_counter() - began, time.process_time() - worked))
    return told


def _alone(service: Service, slug: str, criteria: str) -> int:
    with reading():  # as each request does
        return len(service.ask(slug, parse_qsl(criteria), OPEN)[1])


async def _asgi(app: Any, path: str, criteria: str, coding: str) -> int:
    """Ask as a server does, without a network."""
    size = 0
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": criteria.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"accept-encoding", coding.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal size
        size += len(message.get("body", b""))

    await app(scope, receive, send)
    return size


def _http(connection: HTTPConnection, path: str, criteria: str, coding: str) -> int:
    connection.request("GET", f"{path}?{criteria}", headers={"Accept-Encoding": coding})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} à {path}?{criteria}")
    return len(body)


def _service(app: Any) -> Service:
    """Return the service of an application, under what it is served with."""
    while not hasattr(app, "state"):
        app = app._app
    found: Service = app.state.service
    return found


@contextmanager
def _served(app: Any) -> Iterator[int]:
    """Serve an application on a free port of this machine, and give the port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, http="h11", log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


if __name__ == "__main__":
    print("\n".join(run()))
