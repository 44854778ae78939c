"""What a provider of identities publishes: where it is asked what, and the keys that it signs with.

Each call has its time and each answer its size; no redirect is followed.
"""

import io
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet
from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from sanoscope import logs
from sanoscope.access.providers import Provider, secure
from sanoscope.errors import SignInError
from sanoscope.sentence import Name, Sentence

WAIT = 5.0
"""How long a provider is waited for, to connect and then between two parts of an answer (s)."""

WHOLE = 10.0
"""How long an answer may take in all, once it has begun (s)."""

LARGEST = 1 << 20
"""Size of the largest answer (bytes)."""

KEPT = 3600.0
"""How long what was read is good for (s)."""

REST = 30.0
"""How long after keys were read they are not read again, whatever a token says (s)."""

PAUSE = 5.0
"""How long a provider that did not answer is left alone (s)."""

BROKEN = (RequestException, HTTPError, OSError, ValueError, TypeError, RecursionError)
"""What reading an answer may raise: a line, a server, a text that is not what it should be."""

Read = TypeVar("Read")

_KINDS = ("RSA", "EC")
"""Kinds of keys that may sign an identity: never one that is shared."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider is asked what.

    Attributes:
        authorization, token, keys: URLs.
        end: URL where a session is ended, "" for none.
        method: how this site proves itself to the second one.
        tells_issuer: it says who it is in what it sends back (RFC 9207).
    """

    authorization: str
    token: str
    keys: str
    end: str
    method: str
    tells_issuer: bool


class Published:
    """What a provider publishes, read when it is asked for and kept for an hour; safe to share between threads.

    Args:
        provider: which.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._lock = threading.Lock()
        self._endpoints: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._failed = float("-inf")

    def endpoints(self) -> Endpoints:
        """Return where it is asked what.

        Raises:
            SignInError: ``fournisseur-indisponible``: it does not answer, or not what it should.
        """
        with self._lock:
            return self._its()

    def keys(self) -> KeySet:
        """Return its keys.

        Raises:
            SignInError: ``fournisseur-indisponible``.
        """
        with self._lock:
            if not self._keys or now() - self._keys[0] > KEPT:
                self._keys = (now(), self._read(self._its().keys, _keys))
            return self._keys[1]

    def newer_keys(self) -> KeySet:
        """Return its keys, read again unless they were just read: one of them may be new.

        Raises:
            SignInError: ``fournisseur-indisponible``.
        """
        with self._lock:
            if not self._keys or now() - self._keys[0] > REST:
                self._keys = (now(), self._read(self._its().keys, _keys))
            return self._keys[1]

    def _its(self) -> Endpoints:
        if not self._endpoints or now() - self._endpoints[0] > KEPT:
            self._endpoints = (now(), self._read(self._provider.discovery, self._checked))
        return self._endpoints[1]

    def _checked(self, told: dict[str, Any]) -> Endpoints:
        """Return what a discovery document says.

        Raises:
            ValueError: it is another's, or secrets cannot be sent where it says.
        """
        if told.get("issuer") != self._provider.issuer:
            raise ValueError("issuer")
        authorization, token, keys = (
            told.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        if not (secure(authorization) and secure(token) and secure(keys)):
            raise ValueError("endpoints")
        end = told.get("end_session_endpoint")
        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = next((one for one in ("client_secret_basic", "client_secret_post") if one in methods), None)
        if method is None:
            raise ValueError("token_endpoint_auth_methods_supported")
        tells = told.get("authorization_response_iss_parameter_supported") is True
        return Endpoints(str(authorization), str(token), str(keys), str(end) if secure(end) else "", method, tells)

    def _read(self, url: str, made: Callable[[dict[str, Any]], Read]) -> Read:
        if now() - self._failed < PAUSE:
            raise unavailable(self._provider, "attente")
        try:
            with session(self._provider) as asking:
                answer = asking.get(url, withhold_token=True, allow_redirects=False)
            told = json.loads(answer.content)
            if answer.status_code != 200 or not isinstance(told, dict):
                raise ValueError(answer.status_code)
            return made(told)
        except (*BROKEN, JoseError) as error:
            self._failed = now()
            raise unavailable(self._provider, "publication") from error


def session(provider: Provider, method: str = "client_secret_basic", **options: str) -> OAuth2Session:
    """Return who speaks to a provider, once: it keeps no cookie of an earlier time."""
    made = OAuth2Session(provider.client, provider.secret, token_endpoint_auth_method=method, **options)
    made.headers["Accept-Encoding"] = "identity"
    for scheme in ("https://", "http://"):
        made.mount(scheme, _Bounded())
    return made


def unavailable(provider: Provider, reason: str) -> SignInError:
    """Return the error that says that a provider does not answer, or not what it should; the log has why."""
    logs.say("connexion", "alerte", fournisseur=provider.name, code="fournisseur-indisponible", raison=reason)
    return SignInError(
        "fournisseur-indisponible",
        Sentence("« %(fournisseur)s » ne répond pas comme il le devrait.", fournisseur=Name(provider.title)),
        todo=Sentence("Réessayez dans un moment ; si cela dure, dites-le à qui tient ce site."),
    )


def now() -> float:
    """Return the time by which what is kept grows old (s)."""
    return time.monotonic()


class _Bounded(HTTPAdapter):
    """Waits so long for an answer, and takes so much of it, as it is sent."""

    def send(self, request: PreparedRequest, *_: object, **options: Any) -> Response:
        """Return an answer that was wholly read.

        Raises:
            RequestException, HTTPError, OSError: the line breaks.
            ValueError: the answer is too long, or too large.
        """
        response = super().send(request, **{**options, "stream": True, "timeout": WAIT})
        try:
            end, read = time.monotonic() + WHOLE, bytearray()
            while part := response.raw.read1(1 << 16, decode_content=False):
                read += part
                if len(read) > LARGEST or time.monotonic() > end:
                    raise ValueError("answer")
        finally:
            response.raw.close()
        response.raw = io.BytesIO(bytes(read))
        return response


def _keys(told: dict[str, Any]) -> KeySet:
    """Return the keys of a set that may sign an identity; those of a kind that is not known are left out.

    Raises:
        ValueError: there are none.
    """
    found: list[Key] = []
    for one in told["keys"] if isinstance(told.get("keys"), list) else ():
        if isinstance(one, dict) and one.get("kty") in _KINDS and one.get("use", "sig") == "sig":
            try:
                found.append(JWKRegistry.import_key(one))
            except (JoseError, ValueError, TypeError, KeyError):
                continue
    if not found:
        raise ValueError("keys")
    return KeySet(found)
