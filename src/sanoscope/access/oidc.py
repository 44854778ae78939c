"""Signing in at a provider of identities: OpenID Connect, authorization code flow with PKCE (RFC 9700).

Who comes back is taken at his word once, from the browser that left, within ten minutes, from the provider he left for.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from requests import Response
from sqlalchemy import RowMapping, delete, insert, select

from sanoscope import logs
from sanoscope.access.providers import Provider
from sanoscope.access.published import BROKEN, Endpoints, Published, session, unavailable
from sanoscope.access.tokens import FRESH, LEEWAY, departure, identity, refused, too_weak
from sanoscope.errors import SignInError
from sanoscope.sentence import Name, Sentence
from sanoscope.state.database import writing
from sanoscope.state.tables import signings, written
from sanoscope.state.tokens import fingerprint
from sanoscope.workspace import Workspace

AWAY = 600
"""How long somebody may be away at his provider (s)."""

LONGEST = 4096
"""Characters of what a provider sends back."""

_AT_FAULT = frozenset({"server_error", "temporarily_unavailable", "invalid_client", "unauthorized_client"})
"""What a provider says that is not of who signs in."""

_SAID = frozenset({"access_denied", "login_required", "consent_required", "interaction_required", "invalid_grant"})
"""What else a provider says that the log repeats."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who has signed in.

    Attributes:
        issuer, subject: who he is to his provider.
        id_token: what the provider signed, to sign out there.
        back, invitation: as they were given when he left.
    """

    issuer: str
    subject: str
    id_token: str
    back: str
    invitation: str


class Signing:
    """Takes readers of a site to their provider and back; one for a process, safe to share between threads.

    Args:
        workspace: where it is kept who is away.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._published: dict[Provider, Published] = {}
        self._left: dict[tuple[str, str], float] = {}

    def begin(self, provider: Provider, redirect_uri: str, browser: str, *, back: str, invitation: str = "") -> str:
        """Return the URL of a provider where a reader signs in.

        Args:
            provider: whose.
            redirect_uri: where the provider sends him back; one a provider.
            browser: a random text that his browser alone holds.
            back: where he goes once he has signed in; an address of this site, which the caller has checked.
            invitation: what the caller wants back with him; it is kept as it is.

        Raises:
            SignInError: ``fournisseur-indisponible``.
            SanoscopeError: those of `writing`.
        """
        where = self._of(provider).endpoints().authorization
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with writing(self._workspace) as connection:
            connection.execute(
                delete(signings).where(signings.c.cree_le < written(_now() - timedelta(seconds=AWAY), fine=True))
            )
            connection.execute(
                insert(signings).values(
                    empreinte=fingerprint(state),
                    navigateur=fingerprint(browser),
                    fournisseur=provider.name,
                    nonce=nonce,
                    verificateur=verifier,
                    retour=back,
                    invitation=invitation,
                    cree_le=written(_now(), fine=True),
                )
            )
        asked = {"acr_values": " ".join(provider.acr)} if provider.acr else {}
        with session(
            provider, scope=provider.scopes, redirect_uri=redirect_uri, code_challenge_method="S256"
        ) as asking:
            url, _ = asking.create_authorization_url(where, state, verifier, nonce=nonce, **asked)
        return str(url)

    def finish(self, provider: Provider, redirect_uri: str, params: Mapping[str, str], browser: str) -> Signed:
        """Return who has come back from a provider; what he comes with serves once, whatever comes of it.

        Args:
            provider: the one whose ``redirect_uri`` he came back to.
            redirect_uri: as `begin` was told.
            params: the query that he came with, one value a name.
            browser: what his browser holds, "" for nothing.

        Raises:
            SignInError: ``connexion-perimee``, ``connexion-refusee``, ``identite-refusee``, ``niveau-insuffisant``,
                ``fournisseur-indisponible``.
            SanoscopeError: those of `writing`.
        """
        began = self._taken(provider, params.get("state", ""), browser)
        published = self._of(provider)
        its = published.endpoints()
        if (its.tells_issuer or "iss" in params) and params.get("iss") != provider.issuer:
            raise refused(provider, "emetteur")
        if "error" in params:
            raise _told(provider, params["error"])
        code = params.get("code", "")
        if not 0 < len(code) <= LONGEST:
            raise refused(provider, "code")
        answer = _exchanged(provider, its, redirect_uri, code, began["verificateur"])
        subject, token = identity(provider, published, answer, began["nonce"])
        return Signed(provider.issuer, subject, token, began["retour"], began["invitation"])

    def ending(self, provider: Provider, id_token: str, back: str) -> str | None:
        """Return the URL of a provider that ends the session there and comes ``back``; None where it has none.

        Raises:
            SignInError: ``fournisseur-indisponible``.
        """
        end = self._of(provider).endpoints().end
        told = {
            "id_token_hint": id_token,
            "client_id": provider.client,
            "post_logout_redirect_uri": back,
            "state": secrets.token_urlsafe(32),  # ProConnect wants 32 characters; nothing is done when it comes back
        }
        return str(add_params_to_uri(end, list(told.items()))) if end else None

    def logout_token(self, provider: Provider, token: str) -> str:
        """Return the subject whom a provider says has left (back-channel logout); a token serves once a process.

        Raises:
            SignInError: ``identite-refusee``, ``fournisseur-indisponible``.
        """
        subject, name = departure(provider, self._of(provider), token)
        with self._lock:
            now = time.monotonic()
            self._left = {one: at for one, at in self._left.items() if now - at < FRESH + 2 * LEEWAY}
            if (provider.name, name) in self._left:
                raise refused(provider, "rejeu")
            self._left[provider.name, name] = now
        return subject

    def _of(self, provider: Provider) -> Published:
        with self._lock:
            return self._published.setdefault(provider, Published(provider))

    def _taken(self, provider: Provider, state: str, browser: str) -> RowMapping:
        """Return what was kept of who left, and keep it no more."""
        its = signings.c.empreinte == fingerprint(state)
        with writing(self._workspace) as connection:
            row = connection.execute(select(signings).where(its)).mappings().first()
            connection.execute(delete(signings).where(its))
        if (
            row is None
            or not browser
            or row["fournisseur"] != provider.name
            or not hmac.compare_digest(row["navigateur"], fingerprint(browser))
            or row["cree_le"] < written(_now() - timedelta(seconds=AWAY), fine=True)
        ):
            raise SignInError(
                "connexion-perimee",
                Sentence(
                    "Cette connexion ne peut pas aboutir : elle a déjà servi, a commencé il y a plus de dix minutes "
                    "ou dans un autre navigateur."
                ),
                todo=Sentence("Recommencez depuis la page de connexion."),
            )
        return row


def _exchanged(provider: Provider, its: Endpoints, redirect_uri: str, code: str, verifier: str) -> Mapping[str, object]:
    """Return what a provider gives for a code."""
    try:
        with session(provider, its.method, redirect_uri=redirect_uri) as asking:
            asking.register_compliance_hook("access_token_response", _not_elsewhere)
            answer: Mapping[str, object] = asking.fetch_token(
                its.token, code=code, code_verifier=verifier, allow_redirects=False
            )
    except OAuthError as error:
        raise _told(provider, error.error) from error
    except BROKEN as error:
        raise unavailable(provider, "echange") from error
    return answer


def _not_elsewhere(answer: Response) -> Response:
    """Return an answer that is one; a redirect is none."""
    if 300 <= answer.status_code < 400:
        raise ValueError(answer.status_code)
    return answer


def _told(provider: Provider, error: object) -> SignInError:
    """Return the error that says that a provider said no; its words are not said again."""
    code = error if isinstance(error, str) else ""
    word = code.replace("_", " ") if code in _AT_FAULT | _SAID else "autre"
    if code in _AT_FAULT:
        return unavailable(provider, word)
    if code == "unmet_authentication_requirements":
        return too_weak(provider)
    logs.say("connexion", "info", fournisseur=provider.name, code="connexion-refusee", raison=word)
    return SignInError(
        "connexion-refusee",
        Sentence("« %(fournisseur)s » n'a pas confirmé qui vous êtes.", fournisseur=Name(provider.title)),
        todo=Sentence("Recommencez, ou connectez-vous autrement."),
    )


def _now() -> datetime:
    return datetime.now(UTC)
