"""Signing in at a real provider, through its own pages: Canaille, on this machine."""

from collections.abc import Iterator
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from sanoscope.access import published
from sanoscope.access.oidc import Signing
from sanoscope.access.providers import Provider
from sanoscope.errors import SignInError
from sanoscope.workspace import Workspace
from tests.access.real import CLIENT, LEFT, RETURN, SECRET, USER, Browser, Canaille, canaille

BROWSER = "ce-que-garde-un-navigateur"


@pytest.fixture(scope="module")
def real() -> Iterator[Canaille]:
    with canaille() as running:
        yield running


@pytest.fixture
def provider(real: Canaille) -> Provider:
    real.seen.clear()
    return real.provider()


@pytest.fixture
def signing(workspace: Workspace) -> Signing:
    return Signing(workspace)


def refusal(signing: Signing, provider: Provider, params: dict[str, str], browser: str = BROWSER) -> str:
    with pytest.raises(SignInError) as caught:
        signing.finish(provider, RETURN, params, browser)
    return caught.value.code


def test_somebody_signs_in_consents_and_is_who_the_provider_says(signing: Signing, provider: Provider) -> None:
    url = signing.begin(provider, RETURN, BROWSER, back="/compte?x=1", invitation="invité")
    asked = dict(parse_qsl(urlsplit(url).query))
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == ("code", "S256", "openid")
    assert len(asked["state"]) == len(asked["nonce"]) == len(asked["code_challenge"]) == 43  # 256 bits
    came = Browser().signs_in(url)
    assert came["iss"] == provider.issuer  # RFC 9207
    who = signing.finish(provider, RETURN, came, BROWSER)
    assert (who.issuer, who.subject, who.back, who.invitation) == (provider.issuer, USER, "/compte?x=1", "invité")
    assert refusal(signing, provider, came) == "connexion-perimee"  # what he came with serves once


def test_a_wrong_password_and_a_refused_consent_do_not_sign_in(signing: Signing, provider: Provider) -> None:
    url = signing.begin(provider, RETURN, BROWSER, back="/")
    with pytest.raises(AssertionError, match="mot de passe refusé"):
        Browser().signs_in(url, password="faux")
    visitor = Browser()
    visitor.signs_in(signing.begin(provider, RETURN, BROWSER, back="/"))  # he has consented
    asked = signing.begin(provider, RETURN, BROWSER, back="/") + "&prompt=consent"
    came = visitor.signs_in(asked, answer="deny")
    assert came["error"] == "access_denied"
    assert refusal(signing, provider, came) == "connexion-refusee"


def test_the_provider_wants_the_verifier_and_gives_for_a_code_once(signing: Signing, provider: Provider) -> None:
    """What PKCE promises is kept by the other side too: a code that was stolen is worth nothing without it."""
    came = Browser().signs_in(signing.begin(provider, RETURN, BROWSER, back="/"))
    token = signing._of(provider).endpoints().token
    sent = {"grant_type": "authorization_code", "redirect_uri": RETURN, "code": came["code"]}
    for verifier in ({}, {"code_verifier": "x" * 43}):
        stolen = requests.post(token, data=sent | verifier, auth=(CLIENT, SECRET), timeout=10)
        assert (stolen.status_code, stolen.json()["error"]) in ((400, "invalid_grant"), (400, "invalid_request"))
    signing.finish(provider, RETURN, came, BROWSER)
    again = signing.begin(provider, RETURN, BROWSER, back="/")
    replayed = came | {"state": parse_qs(urlsplit(again).query)["state"][0]}
    assert refusal(signing, provider, replayed) == "connexion-refusee"  # the provider says so


def test_a_code_of_somebody_else_put_into_a_session_of_mine_is_refused(signing: Signing, provider: Provider) -> None:
    """Code injection: the thief's own sign-in ends with the code of his victim; its verifier is not his."""
    victim = Browser().signs_in(signing.begin(provider, RETURN, BROWSER, back="/"))
    thief = Browser().signs_in(signing.begin(provider, RETURN, "voleur", back="/"))
    assert refusal(signing, provider, thief | {"code": victim["code"]}, "voleur") == "connexion-refusee"


def test_another_browser_does_not_finish_what_one_began(signing: Signing, provider: Provider) -> None:
    """Login CSRF: a link that ends the thief's sign-in in the victim's browser."""
    for browser in ("un-autre", ""):
        came = Browser().signs_in(signing.begin(provider, RETURN, BROWSER, back="/"))
        assert refusal(signing, provider, came, browser) == "connexion-perimee"
        assert refusal(signing, provider, came) == "connexion-perimee"  # and it has served


def test_a_wrong_secret_is_the_site_s_trouble(real: Canaille, signing: Signing) -> None:
    wrong = real.provider(secret="un-autre")
    came = Browser().signs_in(signing.begin(wrong, RETURN, BROWSER, back="/"))
    assert refusal(signing, wrong, came) == "fournisseur-indisponible"


def test_a_new_key_is_found_and_the_old_one_is_taken_no_more(
    real: Canaille, provider: Provider, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def signs_in() -> str:
        came = Browser().signs_in(signing.begin(provider, RETURN, BROWSER, back="/"))
        return signing.finish(provider, RETURN, came, BROWSER).subject

    assert [signs_in(), signs_in()] == [USER, USER]
    assert real.seen.count("/oauth/jwks.json") == 1
    real.change_key()
    later = published.now() + published.REST + 1
    monkeypatch.setattr(published, "now", lambda: later)
    assert [signs_in(), signs_in()] == [USER, USER]
    assert real.seen.count("/oauth/jwks.json") == 2
    real.change_key()  # just after the keys were read: it is known once they are old enough
    with pytest.raises(SignInError, match="recevable"):
        signs_in()
    assert real.seen.count("/oauth/jwks.json") == 2
    monkeypatch.setattr(published, "now", lambda: later + published.REST + 1)
    assert signs_in() == USER


def test_who_leaves_leaves_the_provider_too(signing: Signing, provider: Provider) -> None:
    visitor = Browser()

    def begins() -> str:
        return signing.begin(provider, RETURN, BROWSER, back="/")

    who = signing.finish(provider, RETURN, visitor.signs_in(begins()), BROWSER)
    assert isinstance(visitor.goes(begins()), str)  # the provider knows him still: no page
    end = signing.ending(provider, who.id_token, LEFT)
    assert end is not None
    gone = visitor.goes(end)
    assert isinstance(gone, str)
    assert gone.startswith(f"{LEFT}?state=")
    assert len(parse_qs(urlsplit(gone).query)["state"][0]) >= 32  # ProConnect wants as many
    asked = visitor.goes(begins())
    assert isinstance(asked, requests.Response)  # it asks him who he is
    assert "login" in asked.url


def test_a_level_that_the_provider_does_not_give_is_not_made_up(real: Canaille, signing: Signing) -> None:
    strict = real.provider(acr=("eidas1", "eidas2"))
    url = signing.begin(strict, RETURN, BROWSER, back="/")
    assert parse_qs(urlsplit(url).query)["acr_values"] == ["eidas1 eidas2"]
    assert refusal(signing, strict, Browser().signs_in(url)) == "niveau-insuffisant"
