"""A site that answers badly, on a free port: busy, silent, not an API; it counts what it is asked and says it."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CODES = [
    {"code": f"0{n}", "libelle": f"N{n}", "valeur": f"racine:0{n}", "parents": {"cmd": ["01", "02"]}} for n in (1, 2, 3)
]


def problem(status: int, code: str) -> dict[str, Any]:
    return {
        "type": f"urn:sanoscope:erreur:{code}",
        "title": "Non.",
        "status": status,
        "code": code,
        "admis": [],
        "conseil": "",
    }


class BadSite(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Counter[str] = Counter()
        self.over = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: BadSite

    def do_GET(self) -> None:
        first = "/" + self.path.split("/")[1].split("?")[0]
        self.server.asked[first] += 1
        match first:
            case "/occupe" if self.server.asked[first] < 3:
                self.told(503, problem(503, "occupe"), {"Retry-After": "0"})
            case "/occupe":
                self.told(200, [])
            case "/longtemps":
                self.told(429, problem(429, "trop-de-requetes"), {"Retry-After": "3600"})
            case "/sans-edition":
                self.told(503, problem(503, "aucune-edition"))
            case "/page":
                self.told(502, "<html>Bad gateway</html>")
            case "/texte":
                self.told(200, "bonjour")
            case "/muet":
                self.server.over.wait(30)
            case "/entetes":
                self.told(200, {name.lower(): value for name, value in self.headers.items()})
            case "/compte":
                self.told(200, self.server.asked)
            case "/pages":
                last = "page=2" in self.path
                link = {} if last else {"Link": '</pages/x>; rel="first", </api/v1/codes/racine?page=2>; rel="next"'}
                self.told(200, {"codes": CODES[2:] if last else CODES[:2]}, link)
            case _:
                self.told(404, problem(404, "page-inconnue"))

    def told(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def bad_site() -> Iterator[BadSite]:
    """Serve it; who waits for a silent answer is let go at the end."""
    server = BadSite()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join(10)
