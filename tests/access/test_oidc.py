"""What a provider may send that is not to be believed, and what this site sends it, and where."""

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey, RSAKey
from sqlalchemy import func, select

from sanoscope import logs
from sanoscope.access import oidc, published
from sanoscope.access.oidc import Signed, Signing
from sanoscope.access.providers import DISCOVERY, Provider
from sanoscope.errors import SignInError
from sanoscope.state.database import reading
from sanoscope.state.tables import signings
from sanoscope.workspace import Settings, Workspace
from tests.access.stub import (
    ACCESS,
    CLIENT,
    EC,
    OTHER,
    RSA,
    SECRET,
    SUBJECT,
    Stub,
    critical,
    half,
    shared,
    slow,
    stub,
    unsigned,
)

BROWSER, RETURN = "navigateur", "https://stats.exemple.fr/connexion/bouchon/retour"
LEFT = "http://schemas.openid.net/event/backchannel-logout"
FORGED = RSAKey.generate_key(2048, {"kid": "un"})
"""A key of somebody else, under a name of the provider's."""


@pytest.fixture(scope="module")
def server() -> Iterator[Stub]:
    with stub() as running:
        yield running


@pytest.fixture
def its(server: Stub) -> Stub:
    """A provider as new."""
    server.keys, server.answer, server.discovery, server.location = [RSA], (200, {}), {}, ""
    server.asked.clear()
    return server


@pytest.fixture
def signing(workspace: Workspace) -> Signing:
    return Signing(workspace)


def left(signing: Signing, provider: Provider, browser: str = BROWSER) -> tuple[dict[str, str], str]:
    """Somebody goes to his provider: what he comes back with, and the nonce that his token must have."""
    asked = parse_qs(urlsplit(signing.begin(provider, RETURN, browser, back="/x")).query)
    return {"state": asked["state"][0], "code": "un-code"}, asked["nonce"][0]


def code_of(does: Callable[[], object]) -> str:
    with pytest.raises(SignInError) as caught:
        does()
    return caught.value.code


def refusal(signing: Signing, provider: Provider, params: dict[str, str], browser: str = BROWSER) -> str:
    return code_of(lambda: signing.finish(provider, RETURN, params, browser))


# --- what is believed


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")])
def test_a_token_of_the_provider_is_believed(its: Stub, signing: Signing, key: RSAKey, alg: str) -> None:
    its.keys = [OKPKey.generate_key("Ed25519", {"kid": "ed"}), key]
    provider = its.provider()
    came, nonce = left(signing, provider)
    token = its.signs(its.claims(nonce, at_hash=half(), azp=CLIENT), key, alg)
    assert signing.finish(provider, RETURN, came, BROWSER) == Signed(its.issuer, SUBJECT, token, "/x", "")


def test_a_clock_may_be_a_minute_off(its: Stub, signing: Signing) -> None:
    provider, now = its.provider(), int(time.time())
    for times in ({"exp": now - 50}, {"iat": now + 50, "nbf": now + 50}):
        came, nonce = left(signing, provider)
        its.signs(its.claims(nonce, **times))
        assert signing.finish(provider, RETURN, came, BROWSER).subject == SUBJECT


BAD: dict[str, Callable[[Stub, str], object]] = {
    "signed by another key": lambda its, nonce: its.signs(its.claims(nonce), FORGED),
    "signed by a key not known": lambda its, nonce: its.signs(its.claims(nonce), OTHER),
    "signed by nobody": lambda its, nonce: its.gives(unsigned(its.claims(nonce))),
    "signed HS256 by the public key": lambda its, nonce: its.gives(shared(its.claims(nonce))),
    "signed RS512": lambda its, nonce: its.signs(its.claims(nonce), alg="RS512"),
    "with a key of its own": lambda its, nonce: its.signs(
        its.claims(nonce), FORGED, kid="autre", jwk=FORGED.as_dict(private=False)
    ),
    "with a critical header": lambda its, nonce: its.gives(critical(its.claims(nonce))),
    "of another issuer": lambda its, nonce: its.signs(its.claims(nonce, iss="https://autre.exemple.fr")),
    "of an issuer with a slash": lambda its, nonce: its.signs(its.claims(nonce, iss=its.issuer + "/")),
    "of no issuer": lambda its, nonce: its.signs(its.claims(nonce, iss=None)),
    "for another site": lambda its, nonce: its.signs(its.claims(nonce, aud="autre")),
    "for nobody": lambda its, nonce: its.signs(its.claims(nonce, aud=[])),
    "for several, of whom it does not say which": lambda its, nonce: its.signs(its.claims(nonce, aud=[CLIENT, "x"])),
    "for several, given to another": lambda its, nonce: its.signs(its.claims(nonce, aud=[CLIENT, "x"], azp="x")),
    "given to another": lambda its, nonce: its.signs(its.claims(nonce, azp="x")),
    "of a time that is over": lambda its, nonce: its.signs(its.claims(nonce, exp=int(time.time()) - 70)),
    "of no end": lambda its, nonce: its.signs(its.claims(nonce, exp=None)),
    "of an end that is no number": lambda its, nonce: its.signs(its.claims(nonce, exp="demain")),
    "of no beginning": lambda its, nonce: its.signs(its.claims(nonce, iat=None)),
    "of tomorrow": lambda its, nonce: its.signs(its.claims(nonce, iat=int(time.time()) + 70)),
    "with another nonce": lambda its, _: its.signs(its.claims("un-autre")),
    "with no nonce": lambda its, _: its.signs(its.claims("", nonce=None)),
    "of nobody": lambda its, nonce: its.signs(its.claims(nonce, sub="")),
    "of no subject": lambda its, nonce: its.signs(its.claims(nonce, sub=None)),
    "of a subject that is no text": lambda its, nonce: its.signs(its.claims(nonce, sub=[SUBJECT])),
    "of a subject too long": lambda its, nonce: its.signs(its.claims(nonce, sub="x" * 256)),
    "with another access token": lambda its, nonce: its.signs(its.claims(nonce, at_hash=half("autre"))),
    "with an empty hash": lambda its, nonce: its.signs(its.claims(nonce, at_hash="")),
    "too long": lambda its, nonce: its.signs(its.claims(nonce, x="x" * 20_000)),
    "that is none": lambda its, _: its.gives(None),
    "that is no text": lambda its, _: its.gives({"sub": SUBJECT}),
    "that is empty": lambda its, _: its.gives(""),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_token_is_not_believed(its: Stub, signing: Signing, bad: Callable[[Stub, str], object]) -> None:
    provider = its.provider()
    came, nonce = left(signing, provider)
    bad(its, nonce)
    assert refusal(signing, provider, came) == "identite-refusee"
    its.signs(its.claims(nonce))  # a good one, for who has come back already
    assert refusal(signing, provider, came) == "connexion-perimee"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=60),
        st.lists(st.binary(max_size=40), min_size=3, max_size=3).map(
            lambda parts: ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        ),
        st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=8), st.lists, max_leaves=6),
    )
)
def test_no_text_is_a_token(its: Stub, signing: Signing, text: object) -> None:
    """Whatever the token endpoint gives, it is a refusal that is said, never a crash."""
    provider = its.provider()
    came, _ = left(signing, provider)
    its.gives(text)
    assert refusal(signing, provider, came) in ("identite-refusee", "fournisseur-indisponible")


# --- levels: Pro Santé Connect, ProConnect


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ("eidas1", True),
        ("eidas2", True),
        ("eidas3", False),
        ("eidas0", False),
        ("EIDAS1", False),
        (None, False),
        ("", False),
        (["eidas1"], False),
        ({"eidas1": 1}, False),
        (1, False),
    ],
)
def test_a_level_is_one_of_those_that_are_admitted(its: Stub, signing: Signing, told: Any, taken: bool) -> None:
    provider = its.provider(acr=("eidas1", "eidas2"))
    came, nonce = left(signing, provider)
    its.signs(its.claims(nonce, acr=told))
    if taken:
        assert signing.finish(provider, RETURN, came, BROWSER).subject == SUBJECT
    else:
        with pytest.raises(SignInError) as caught:
            signing.finish(provider, RETURN, came, BROWSER)
        assert (caught.value.code, caught.value.allowed) == ("niveau-insuffisant", ("eidas1", "eidas2"))


def test_the_levels_and_scopes_are_asked(its: Stub, signing: Signing) -> None:
    url = signing.begin(its.provider(acr=("eidas1", "eidas2"), scopes="openid scope_all"), RETURN, BROWSER, back="/")
    asked = parse_qs(urlsplit(url).query)
    assert (asked["acr_values"], asked["scope"]) == (["eidas1 eidas2"], ["openid scope_all"])
    assert asked["realm"] == ["stats"]  # what the endpoint already had
    assert "acr_values" not in signing.begin(its.provider(), RETURN, BROWSER, back="/")


# --- who comes back


def test_what_somebody_comes_back_with_serves_once_even_at_the_same_time(
    its: Stub, workspace: Workspace, state_url: str
) -> None:
    signing, provider = Signing(workspace), its.provider()
    came, nonce = left(signing, provider)
    its.signs(its.claims(nonce))
    told: list[str] = []
    ready = threading.Barrier(4)

    def comes() -> None:
        ready.wait()
        try:
            told.append(signing.finish(provider, RETURN, came, BROWSER).subject)
        except SignInError as error:
            told.append(error.code)

    threads = [threading.Thread(target=comes) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["connexion-perimee"] * 3 + [SUBJECT]
    assert its.asked.count("/token") == 1


def test_ten_minutes_are_enough(its: Stub, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    signing, provider = Signing(workspace), its.provider()
    (late, _), (early, nonce) = left(signing, provider), left(signing, provider)
    its.signs(its.claims(nonce))
    now = datetime.now(UTC)
    monkeypatch.setattr(oidc, "_now", lambda: now + timedelta(seconds=599))
    assert signing.finish(provider, RETURN, early, BROWSER).subject == SUBJECT
    monkeypatch.setattr(oidc, "_now", lambda: now + timedelta(seconds=602))
    assert refusal(signing, provider, late) == "connexion-perimee"
    for _ in range(3):
        left(signing, provider)
    monkeypatch.setattr(oidc, "_now", lambda: now + timedelta(seconds=1300))
    left(signing, provider)  # who leaves has the rows of those who never came back removed
    with reading(workspace) as state:
        assert state is not None
        assert state.execute(select(func.count()).select_from(signings)).scalar() == 1


def test_nothing_that_is_kept_lets_somebody_in(its: Stub, signing: Signing, workspace: Workspace) -> None:
    """Who reads the state has neither the state parameter nor what the browser holds."""
    came, _ = left(signing, its.provider())
    with reading(workspace) as state:
        assert state is not None
        kept = json.dumps([list(row) for row in state.execute(select(signings))])
    assert came["state"] not in kept
    assert BROWSER not in kept


@pytest.mark.parametrize("params", [{}, {"state": ""}, {"state": "inventé", "code": "x"}, {"code": "x"}])
def test_who_never_left_does_not_come_back(its: Stub, signing: Signing, params: dict[str, str]) -> None:
    left(signing, its.provider())
    assert refusal(signing, its.provider(), params) == "connexion-perimee"
    assert "/token" not in its.asked


# --- mix-up: two providers, one of them hostile


def test_what_another_provider_sends_is_not_taken(its: Stub, signing: Signing) -> None:
    """RFC 9207: who says that he is another, or says nothing where he always does, is not believed."""
    provider = its.provider()
    for iss in ("https://autre.exemple.fr", its.issuer + "/", ""):
        came, nonce = left(signing, provider)
        its.signs(its.claims(nonce))
        assert refusal(signing, provider, came | {"iss": iss}) == "identite-refusee"
        came, _ = left(signing, provider)
        assert refusal(signing, provider, {**came, "iss": iss, "error": "access_denied"}) == "identite-refusee"
    its.discovery = {"authorization_response_iss_parameter_supported": True}
    fresh = its.provider(title="Autre titre")
    came, _ = left(signing, fresh)
    assert refusal(signing, fresh, came) == "identite-refusee"
    assert "/token" not in its.asked  # no code was sent anywhere
    came, nonce = left(signing, fresh)
    its.signs(its.claims(nonce))
    assert signing.finish(fresh, RETURN, came | {"iss": its.issuer}, BROWSER).subject == SUBJECT


def test_a_return_from_one_provider_is_nothing_at_the_address_of_another(its: Stub, signing: Signing) -> None:
    with stub() as other:
        honest, hostile = its.provider(), other.provider(name="hostile")
        came, nonce = left(signing, honest)
        other.signs(other.claims(nonce))
        assert refusal(signing, hostile, came) == "connexion-perimee"
        assert "/token" not in other.asked  # the hostile one is told no code, no verifier
        its.signs(its.claims(nonce))
        assert refusal(signing, honest, came) == "connexion-perimee"  # and it has served


# --- what a provider says no with


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "connexion-refusee"),
        ("login_required", "connexion-refusee"),
        ("<b>Jeanne</b>", "connexion-refusee"),
        ("temporarily_unavailable", "fournisseur-indisponible"),
        ("server_error", "fournisseur-indisponible"),
        ("unmet_authentication_requirements", "niveau-insuffisant"),
    ],
)
def test_no_is_said_in_our_words(its: Stub, signing: Signing, error: str, code: str) -> None:
    came, _ = left(signing, its.provider())
    stream = io.StringIO()
    logs.configure(Settings(format="json"), stream)
    try:
        with pytest.raises(SignInError) as caught:
            signing.finish(
                its.provider(), RETURN, {**came, "error": error, "error_description": "MOTS DU FOURNISSEUR"}, BROWSER
            )
    finally:
        logs.silence()
    assert caught.value.code == code
    assert "« Bouchon »" in str(caught.value)
    line = json.loads(stream.getvalue())
    assert (line["evenement"], line["fournisseur"]) == ("connexion", "bouchon")
    assert logs.UNSAID not in line.values()
    for told in (str(caught.value), stream.getvalue()):
        assert not any(word in told for word in ("Jeanne", "MOTS", error if "<" in error else "MOTS"))


def test_why_a_token_is_refused_is_told_to_the_log_alone(its: Stub, signing: Signing) -> None:
    said, words = set(), set()
    for bad in ("of another issuer", "signed by another key", "given to another", "with another access token"):
        came, nonce = left(signing, its.provider())
        BAD[bad](its, nonce)
        stream = io.StringIO()
        logs.configure(Settings(format="json"), stream)
        try:
            with pytest.raises(SignInError) as caught:
                signing.finish(its.provider(), RETURN, came, BROWSER)
        finally:
            logs.silence()
        said.add(str(caught.value))
        words.add(json.loads(stream.getvalue())["raison"])
    assert len(said) == 1
    assert words == {"contenu", "signature", "destinataire", "jeton d acces"}


# --- keys


def test_a_key_that_is_not_known_is_looked_for_once(
    its: Stub, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody makes this site ask a provider for its keys again and again by names of keys that he invents."""
    provider = its.provider()

    def invented(kid: str) -> str:
        came, nonce = left(signing, provider)
        its.signs(its.claims(nonce), RSAKey.generate_key(2048, {"kid": kid}))
        return refusal(signing, provider, came)

    assert {invented("a"), invented("b")} == {"identite-refusee"}
    assert its.asked.count("/jwks") == 1  # read a moment ago
    later = published.now() + published.REST + 1
    monkeypatch.setattr(published, "now", lambda: later)
    assert {invented("c"), invented("d"), invented("e")} == {"identite-refusee"}
    assert its.asked.count("/jwks") == 2
    its.keys = [OTHER]
    monkeypatch.setattr(published, "now", lambda: later + published.REST + 1)
    came, nonce = left(signing, provider)
    its.signs(its.claims(nonce), OTHER)
    assert signing.finish(provider, RETURN, came, BROWSER).subject == SUBJECT
    assert its.asked.count("/jwks") == 3


def test_what_a_provider_publishes_is_kept_an_hour(
    its: Stub, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, start = its.provider(), published.now()
    for after, read in ((0, 1), (3500, 1), (3700, 2)):
        monkeypatch.setattr(published, "now", lambda at=start + after: at)
        left(signing, provider)
        assert its.asked.count(DISCOVERY) == read


# --- where this site speaks, and how


def test_the_secret_goes_to_the_token_endpoint_as_it_is_wanted(its: Stub, signing: Signing) -> None:
    came, nonce = left(signing, its.provider())
    its.signs(its.claims(nonce))
    signing.finish(its.provider(), RETURN, came, BROWSER)
    assert base64.b64decode(its.proved.removeprefix("Basic ")).decode() == f"{CLIENT}:{SECRET}"
    assert set(its.posted) == {"grant_type", "code", "redirect_uri", "code_verifier"}
    assert its.posted["redirect_uri"] == RETURN
    assert len(its.posted["code_verifier"]) == 43
    its.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}  # ProConnect
    fresh = its.provider(title="Autre titre")
    came, nonce = left(signing, fresh)
    its.signs(its.claims(nonce))
    signing.finish(fresh, RETURN, came, BROWSER)
    assert (its.proved, its.posted["client_id"], its.posted["client_secret"]) == ("", CLIENT, SECRET)


def test_a_discovery_document_may_be_elsewhere(its: Stub, signing: Signing) -> None:
    """Pro Santé Connect: the address is another, the issuer in it must be the same."""
    with stub() as other:
        other.discovery = its.document()
        moved = its.provider(discovery=f"{other.issuer}{DISCOVERY}")
        came, nonce = left(signing, moved)
        its.signs(its.claims(nonce))
        assert signing.finish(moved, RETURN, came, BROWSER).issuer == its.issuer
        assert (DISCOVERY in its.asked, other.asked) == (False, [DISCOVERY])


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://autre.exemple.fr"},
        {"issuer": None},
        {"token_endpoint": "http://autre.exemple.fr/token"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://u:p@autre.exemple.fr/"},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"token_endpoint_auth_methods_supported": 3},
    ],
)
def test_a_discovery_document_that_says_something_else_is_not_followed(
    its: Stub, signing: Signing, told: dict[str, Any]
) -> None:
    its.discovery = told
    assert code_of(lambda: left(signing, its.provider())) == "fournisseur-indisponible"
    assert its.asked == [DISCOVERY]
    assert code_of(lambda: left(signing, its.provider())) == "fournisseur-indisponible"
    assert its.asked == [DISCOVERY]  # it is left alone a moment


def test_no_redirect_is_followed(its: Stub, signing: Signing) -> None:
    with stub() as other:
        its.location = f"{other.issuer}{DISCOVERY}"
        other.discovery = {"issuer": its.issuer}
        assert code_of(lambda: left(signing, its.provider())) == "fournisseur-indisponible"
        assert other.asked == []
        its.location = ""
        fresh = its.provider(title="Autre titre")
        came, _ = left(signing, fresh)
        its.location, its.answer = f"{other.issuer}/token", (307, {"access_token": ACCESS})
        assert refusal(signing, fresh, came) == "fournisseur-indisponible"
        assert other.asked == []  # neither the code nor the secret went there


@pytest.mark.parametrize(
    "answer",
    [
        (200, "<html>panne</html>"),
        (200, "[" * 100_000),
        (200, [1]),
        (200, {"error": ["invalid_grant"]}),
        (500, {"id_token": "x"}),
        (503, "panne"),
    ],
)
def test_an_answer_that_is_none_is_the_provider_s_trouble(its: Stub, signing: Signing, answer: Any) -> None:
    came, _ = left(signing, its.provider())
    its.answer = answer
    assert refusal(signing, its.provider(), came) in ("fournisseur-indisponible", "connexion-refusee")


def test_an_answer_has_its_size(its: Stub, signing: Signing) -> None:
    for size, code in ((published.LARGEST - 10_000, ""), (published.LARGEST, "fournisseur-indisponible")):
        came, nonce = left(signing, its.provider())
        its.signs(its.claims(nonce))
        its.answer = (200, json.dumps(its.answer[1]) + " " * size)
        if code:
            assert refusal(signing, its.provider(), came) == code
        else:
            assert signing.finish(its.provider(), RETURN, came, BROWSER).subject == SUBJECT


def test_who_does_not_answer_is_not_waited_for(signing: Signing, its: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that takes the line and says nothing, and one that says a letter now and then."""
    monkeypatch.setattr(published, "WAIT", 0.2)
    monkeypatch.setattr(published, "WHOLE", 0.2)
    for letters in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"):
        with slow(letters) as (port, said):
            mute = its.provider(discovery=f"http://127.0.0.1:{port}/")
            assert code_of(lambda mute=mute: left(signing, mute)) == "fournisseur-indisponible"
            assert len(said) < 200  # it was not heard to the end
    gone = its.provider(discovery="http://127.0.0.1:1/")
    assert code_of(lambda: left(signing, gone)) == "fournisseur-indisponible"


# --- leaving


def test_a_session_is_ended_at_the_provider_where_it_can(its: Stub, signing: Signing) -> None:
    end = signing.ending(its.provider(), "jeton", "https://stats.exemple.fr/adieu")
    assert end is not None
    told = parse_qs(urlsplit(end).query)
    assert end.startswith(f"{its.issuer}/logout?")
    assert (told["id_token_hint"], told["client_id"]) == (["jeton"], [CLIENT])
    assert told["post_logout_redirect_uri"] == ["https://stats.exemple.fr/adieu"]
    for nowhere in (None, "http://autre.exemple.fr/logout"):
        its.discovery = {"end_session_endpoint": nowhere}
        assert signing.ending(its.provider(title=str(nowhere)), "jeton", "https://x.fr") is None


def departure(its: Stub, **other: Any) -> dict[str, Any]:
    return its.claims("", **{"nonce": None, "events": {LEFT: {}}, "jti": f"j-{time.monotonic_ns()}", **other})


def test_who_has_left_his_provider_is_known(its: Stub, signing: Signing) -> None:
    token = its.signs(departure(its), typ="logout+jwt")
    assert signing.logout_token(its.provider(), token) == SUBJECT
    assert code_of(lambda: signing.logout_token(its.provider(), token)) == "identite-refusee"  # it serves once


@pytest.mark.parametrize(
    "bad",
    [
        {"nonce": "x"},
        {"events": None},
        {"events": [LEFT]},
        {"events": {"autre": {}}},
        {"events": {LEFT: None}},
        {"jti": None},
        {"sub": None},
        {"iat": 1},
        {"aud": "autre"},
        {"iss": "https://autre.exemple.fr"},
        {"exp": 1},
    ],
)
def test_a_logout_token_is_not_believed(its: Stub, signing: Signing, bad: dict[str, Any]) -> None:
    token = its.signs(departure(its, **bad))
    assert code_of(lambda: signing.logout_token(its.provider(), token)) == "identite-refusee"


def test_a_token_that_says_who_somebody_is_does_not_say_that_he_left(its: Stub, signing: Signing) -> None:
    token = its.signs(its.claims("n", jti="un"))
    assert code_of(lambda: signing.logout_token(its.provider(), token)) == "identite-refusee"
    came, _ = left(signing, its.provider())
    its.signs(departure(its))
    assert refusal(signing, its.provider(), came) == "identite-refusee"
