"""A real provider of identities, Canaille, on a free port of this machine, and a browser that signs in there."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
from canaille import create_app
from canaille.app import models
from flask import request
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from sanoscope.access.providers import DISCOVERY, Provider

CLIENT, SECRET = "sanoscope", "un-secret-de-client"
USER, PASSWORD = "jeanne", "un-mot-de-passe-de-jeanne"
SITE = "https://stats.exemple.fr"
RETURN, LEFT = f"{SITE}/connexion/canaille/retour", f"{SITE}/adieu"
"""Where this site is sent back to: no server is there, a browser stops as it is told to go."""


QUIET = {"version": 1, "disable_existing_loggers": False}


class Canaille:
    """A provider that knows one person and this site.

    Attributes:
        issuer: its URL.
        seen: paths that were asked for.
    """

    def __init__(self, port: int) -> None:
        self.seen: list[str] = []
        self.app = create_app(
            {
                "SECRET_KEY": "secret-de-canaille",
                "SERVER_NAME": f"127.0.0.1:{port}",
                "PREFERRED_URL_SCHEME": "http",
                "CANAILLE": {
                    "DATABASE": "memory",
                    "SMTP": None,
                    "LOGGING": {"version": 1, "disable_existing_loggers": False},
                },
                "CANAILLE_OIDC": {"ACTIVE_JWKS": [_key()], "TRUSTED_DOMAINS": []},
            }
        )
        self.app.before_request(self._see)
        self._any, self.app.backend.do_query = self.app.backend.do_query, self._all
        self.issuer = f"http://127.0.0.1:{port}"
        with self.app.app_context():
            backend = self.app.backend
            person = {"formatted_name": "Jeanne Martin", "given_name": "Jeanne", "family_name": "Martin"}
            backend.save(models.User(user_name=USER, password=PASSWORD, emails=["jeanne@exemple.fr"], **person))
            site = models.Client(
                client_id=CLIENT,
                client_secret=SECRET,
                client_name="Sanoscope",
                client_uri=SITE,
                redirect_uris=[RETURN],
                post_logout_redirect_uris=[LEFT, f"{SITE}/"],
                grant_types=["authorization_code"],
                response_types=["code"],
                scope=["openid"],
                token_endpoint_auth_method="client_secret_basic",
                id_token_signed_response_alg="RS256",
            )
            backend.save(site)
            site.audience = [site]
            backend.save(site)

    def provider(self, **other: object) -> Provider:
        """It, as a workspace knows it."""
        known = {"issuer": self.issuer, "discovery": f"{self.issuer}{DISCOVERY}", "client": CLIENT, "secret": SECRET}
        return Provider(**{"name": "canaille", "title": "Canaille", **known, **other})  # type: ignore[arg-type]

    def change_key(self) -> None:
        """Sign with another key from now on, and publish it alone."""
        self.app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [_key()]

    def _all(self, model: type, **wanted: object) -> list[Any]:
        """Find what has all that is wanted, as every other backend of Canaille does: its memory finds what has any."""
        found = [{one.id for one in self._any(model, **{name: value})} for name, value in wanted.items()]
        return [one for one in self._any(model, **wanted) if all(one.id in each for each in found)]

    def _see(self) -> None:
        self.seen.append(request.path)


def _key() -> dict[str, str]:
    return dict(RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True))  # type: ignore[arg-type]


@contextmanager
def canaille() -> Iterator[Canaille]:
    """A provider on a free port, stopped in the end."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    real = Canaille(server.server_port)
    server.app = real.app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield real
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Browser:
    """Somebody's browser: keeps cookies, fills forms, follows links within the provider."""

    def __init__(self) -> None:
        self._session = requests.Session()

    def goes(self, url: str) -> str | requests.Response:
        """Return the page that is shown, or the address of another site that it is sent to."""
        return self._follow(self._session.get(url, allow_redirects=False))

    def fills(self, page: requests.Response, **fields: str) -> str | requests.Response:
        """Send the form of a page, filled."""
        form = _Form(page.text)
        sent = {**form.fields, **fields}
        return self._follow(self._session.post(urljoin(page.url, form.action), data=sent, allow_redirects=False))

    def signs_in(self, url: str, *, answer: str = "accept", password: str = PASSWORD) -> dict[str, str]:
        """Sign in where this site sent it; return what it comes back with."""
        page = self.goes(url)
        if isinstance(page, requests.Response) and "login" in _Form(page.text).fields:
            page = self.fills(page, login=USER)
            assert isinstance(page, requests.Response)
            page = self.fills(page, password=password)
            assert isinstance(page, str) or "password" not in _Form(page.text).fields, "mot de passe refusé"
        if isinstance(page, requests.Response):
            assert "Sanoscope" in page.text, page.text  # it asks for consent
            page = self.fills(page, answer=answer)
        assert isinstance(page, str), page.text
        assert page.startswith(f"{RETURN}?")
        return dict(parse_qsl(urlsplit(page).query))

    def _follow(self, answer: requests.Response) -> str | requests.Response:
        for _ in range(10):
            if not answer.is_redirect:
                return answer
            to = urljoin(answer.url, answer.headers["Location"])
            if urlsplit(to).netloc != urlsplit(answer.url).netloc:
                return to
            answer = self._session.get(to, allow_redirects=False)
        raise AssertionError("redirects")


class _Form(HTMLParser):
    """The form of a page: where it goes, and its fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action, self.fields = "", dict[str, str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        its = dict(attrs)
        if tag == "form":
            self.action = its.get("action") or ""
        elif tag == "input" and its.get("name"):
            self.fields[str(its["name"])] = its.get("value") or ""
