"""What a provider signs: who somebody is, that he has left (OpenID Connect Core 3.1.3.7, Back-Channel Logout 2.6)."""

import hmac
import time
from collections.abc import Mapping
from typing import Any

from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry, Token

from sanoscope import logs
from sanoscope.access.providers import Provider
from sanoscope.access.published import Published
from sanoscope.errors import SignInError
from sanoscope.sentence import Name, Sentence

ALGORITHMS = ("RS256", "PS256", "ES256")
"""How a token may be signed: by a key that only its provider has."""

LEEWAY = 60
"""How far the clock of a provider may be from ours (s)."""

LONGEST = 16_384
"""Characters of a token."""

LONGEST_SUBJECT = 255
"""Characters of a subject (OpenID Connect Core 2)."""

FRESH = 600
"""How old a token that says that somebody has left may be (s)."""

LEFT = "http://schemas.openid.net/event/backchannel-logout"


def identity(provider: Provider, published: Published, answer: Mapping[str, Any], nonce: str) -> tuple[str, str]:
    """Return the subject that a token endpoint's answer identifies, and the token that says so.

    Raises:
        SignInError: ``identite-refusee``, ``niveau-insuffisant``, ``fournisseur-indisponible``.
    """
    text = answer.get("id_token")
    token = _verified(provider, published, text, nonce={"essential": True, "value": nonce})
    its, access = token.claims, answer.get("access_token")
    if "at_hash" in its and not _is_of(its["at_hash"], access, token.header["alg"]):
        raise refused(provider, "jeton d acces")
    if provider.acr and not (isinstance(its.get("acr"), str) and its["acr"] in provider.acr):
        raise too_weak(provider)
    return str(its["sub"]), str(text)


def departure(provider: Provider, published: Published, text: str) -> tuple[str, str]:
    """Return the subject that a logout token says has left, and the identifier of the token.

    Raises:
        SignInError: ``identite-refusee``, ``fournisseur-indisponible``.
    """
    its = _verified(provider, published, text, jti={"essential": True}).claims
    events = its.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LEFT), dict) or "nonce" in its:
        raise refused(provider, "evenement")
    if its["iat"] < time.time() - FRESH:
        raise refused(provider, "age")
    return str(its["sub"]), str(its["jti"])


def refused(provider: Provider, reason: str) -> SignInError:
    """Return the error that says that what a provider sent is not taken; only the log has why."""
    logs.say("connexion", "alerte", fournisseur=provider.name, code="identite-refusee", raison=reason)
    return SignInError(
        "identite-refusee",
        Sentence("Ce que « %(fournisseur)s » dit de vous n'est pas recevable.", fournisseur=Name(provider.title)),
        todo=Sentence("Recommencez ; si cela dure, dites-le à qui tient ce site."),
    )


def _verified(provider: Provider, published: Published, text: object, **also: Any) -> Token:
    """Return a token that the provider signed, for this site, that holds now."""
    if not isinstance(text, str) or len(text) > LONGEST:
        raise refused(provider, "forme")
    try:
        token = _signed(published, text)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise refused(provider, "signature") from error
    its, essential = token.claims, {"essential": True}
    claims = JWTClaimsRegistry(
        now=lambda: int(time.time()),
        leeway=LEEWAY,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client},
        **{"sub": essential, "exp": essential, "iat": essential, **also},
    )
    try:
        claims.validate(its)
    except JoseError as error:
        raise refused(provider, "contenu") from error
    several = isinstance(its["aud"], list) and len(its["aud"]) > 1
    if its.get("azp", None if several else provider.client) != provider.client:
        raise refused(provider, "destinataire")
    if len(its["sub"]) > LONGEST_SUBJECT:
        raise refused(provider, "sujet")
    return token


def _signed(published: Published, text: str) -> Token:
    """Return a token whose signature holds; a key that is not known may be new."""
    ways = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        return jwt.decode(text, published.keys(), registry=ways)
    except InvalidKeyIdError:
        return jwt.decode(text, published.newer_keys(), registry=ways)


def _is_of(half: object, access: object, algorithm: str) -> bool:
    """Tell whether a token has the half hash of the access token that came with it."""
    if not isinstance(half, str) or not isinstance(access, str):
        return False
    return hmac.compare_digest(half.encode(), create_half_hash(access, algorithm))


def too_weak(provider: Provider) -> SignInError:
    """Return the error that says that somebody was identified at a level that is not admitted."""
    logs.say("connexion", "alerte", fournisseur=provider.name, code="niveau-insuffisant", raison="niveau")
    return SignInError(
        "niveau-insuffisant",
        Sentence(
            "« %(fournisseur)s » ne vous a pas identifié au niveau de garantie que ce site demande.",
            fournisseur=Name(provider.title),
        ),
        allowed=provider.acr,
        todo=Sentence("Recommencez avec un moyen plus sûr : une carte, une application mobile, un second facteur."),
    )
