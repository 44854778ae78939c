"""A provider of identities that says whatever a test has it say, on a free port of this machine."""

import contextlib
import hmac
import json
import socket
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oidc.core.util import create_half_hash
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

from sanoscope.access.providers import DISCOVERY, Provider

CLIENT, SECRET = "sanoscope", "secret-du-client"
SUBJECT = "f:1234:899700000000"
ACCESS = "jeton-d-acces"
RSA, OTHER = RSAKey.generate_key(2048, {"kid": "un"}), RSAKey.generate_key(2048, {"kid": "deux"})
EC = ECKey.generate_key("P-256", {"kid": "courbe"})


@dataclass
class Stub:
    """A provider.

    Attributes:
        port: where it is.
        keys: those that it publishes.
        answer: what its token endpoint gives, with a status: a text as it is, else JSON.
        discovery: what its discovery document has besides, or without (None).
        location: where all of it is, if anywhere else: a redirect.
        asked: the paths that were asked for; ``posted``: what the token endpoint was sent, ``proved``: and its header.
    """

    port: int
    keys: list[Key] = field(default_factory=lambda: [RSA])
    answer: tuple[int, Any] = (200, {})
    discovery: dict[str, Any] = field(default_factory=dict)
    location: str = ""
    asked: list[str] = field(default_factory=list)
    posted: dict[str, str] = field(default_factory=dict)
    proved: str = ""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realms/stats"

    def provider(self, **other: Any) -> Provider:
        """It, as a workspace knows it."""
        known = {"issuer": self.issuer, "discovery": f"{self.issuer}{DISCOVERY}", "client": CLIENT, "secret": SECRET}
        return Provider(**{"name": "bouchon", "title": "Bouchon", **known, **other})

    def document(self) -> dict[str, Any]:
        """Its discovery document."""
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth?realm=stats",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post"],
            **self.discovery,
        }
        return {name: value for name, value in told.items() if value is not None}

    def claims(self, nonce: str, /, **other: Any) -> dict[str, Any]:
        """What a good token says, changed; None takes a claim out."""
        now = int(time.time())
        told = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **other,
        }
        return {name: value for name, value in told.items() if value is not None}

    def signs(self, claims: dict[str, Any], key: Key = RSA, alg: str = "RS256", **header: Any) -> str:
        """Have the token endpoint give a token, and return it."""
        token = jwt.encode({"alg": alg, "kid": key.kid, **header}, claims, key, algorithms=[alg])
        self.gives(token)
        return token

    def gives(self, token: Any) -> None:
        """Have the token endpoint give this."""
        self.answer = (200, {"access_token": ACCESS, "token_type": "Bearer", "expires_in": 60, "id_token": token})


def half(access: str = ACCESS) -> str:
    """The hash of an access token that an identity may have."""
    return str(create_half_hash(access, "RS256").decode())


def unsigned(claims: dict[str, Any]) -> str:
    """A token of algorithm ``none``."""
    return f"{_body({'alg': 'none', 'kid': 'un'}, claims)}."


def shared(claims: dict[str, Any]) -> str:
    """A token signed HS256 by what everybody has: the public key, as PEM."""
    body = _body({"alg": "HS256", "kid": "un"}, claims)
    return f"{body}.{_text(hmac.digest(RSA.as_pem(private=False), body.encode(), 'sha256'))}"


def critical(claims: dict[str, Any]) -> str:
    """A token, well signed, of which this site must know a header that nobody knows (RFC 7515, 4.1.11)."""
    body = _body({"alg": "RS256", "kid": "un", "crit": ["inconnu"], "inconnu": 1}, claims)
    return f"{body}.{_text(RSA.get_op_key('sign').sign(body.encode(), PKCS1v15(), SHA256()))}"


def _body(*parts: dict[str, Any]) -> str:
    return ".".join(_text(json.dumps(part).encode()) for part in parts)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


@contextmanager
def stub() -> Iterator[Stub]:
    """A provider on a free port, stopped in the end."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path.removeprefix("/realms/stats")
            its.asked.append(path)
            if its.location:
                self._say(302, {})
            elif path == DISCOVERY:
                self._say(200, its.document())
            elif path == "/jwks":
                self._say(200, {"keys": [one.as_dict(private=False) for one in its.keys]})
            else:
                self._say(404, {})

        def do_POST(self) -> None:
            its.asked.append("/token")
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            its.posted, its.proved = dict(parse_qsl(sent)), self.headers.get("Authorization", "")
            self._say(*its.answer)

        def _say(self, status: int, told: Any) -> None:
            body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", its.location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    its = Stub(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield its
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def slow(beginning: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A port where something begins to be said, then a letter at a time, or nothing at all; and what was said."""
    listening = socket.create_server(("127.0.0.1", 0))
    over, said = threading.Event(), list[bytes]()

    def speaks() -> None:
        with contextlib.suppress(OSError):
            line, _ = listening.accept()
            with line:
                line.sendall(beginning)
                while not over.wait(0.02) and len(said) < 200:
                    if beginning:
                        line.sendall(b" ")
                        said.append(b" ")

    thread = threading.Thread(target=speaks, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1], said
    finally:
        over.set()
        listening.close()
        thread.join()
