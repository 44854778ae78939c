"""Signing in at a real provider of identities, by our pages: Canaille, on this machine; signing out of both."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from urllib.parse import urlencode, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from sanoscope.access.accounts import Accounts
from sanoscope.access.identities import Identities
from sanoscope.access.journal import Journal
from sanoscope.access.passwords import Passwords
from sanoscope.access.providers import FILE, variable
from sanoscope.errors import SanoscopeError
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.access.people import Clock, Person, person
from tests.access.real import CLIENT, SECRET, SITE, USER, Browser, Canaille, canaille
from tests.web.test_signing import clock, place, sign_in

__all__ = ["clock", "place"]

OURS = {"Origin": SITE}
COOKIE, AWAY = "__Host-session", "__Host-etape"


@pytest.fixture(scope="module")
def real() -> Iterator[Canaille]:
    with canaille() as running:
        yield running


@pytest.fixture
def site(real: Canaille, place: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace that admits the provider, and an account, Jeanne's."""
    (place.root / FILE).write_text(f'[canaille]\ntitre = "Canaille"\nemetteur = "{real.issuer}"\nclient = "{CLIENT}"\n')
    monkeypatch.setenv(variable("canaille"), SECRET)
    Accounts(place).open("jeanne", "ARS")
    return replace(place, settings=replace(place.settings, adresse=SITE))


@pytest.fixture
def client(site: Workspace) -> Iterator[TestClient]:
    app = create_app(site)
    with TestClient(app, base_url=SITE, raise_server_exceptions=False, follow_redirects=False, headers=OURS) as made:
        yield made


def leave(client: TestClient, **asked: str) -> str:
    """Return where the provider's page is."""
    answer = client.get("/connexion/canaille", params=asked)
    assert answer.status_code == 303, answer.text
    assert "HttpOnly" in answer.headers["set-cookie"]
    return answer.headers["location"]


def come_back(client: TestClient, there: str, browser: Browser | None = None) -> Response:
    return client.get("/connexion/canaille/retour", params=(browser or Browser()).signs_in(there))


def invited(site: Workspace, name: str = "jeanne") -> str:
    return Passwords(site).invite(Accounts(site).find(name))


def test_an_invitation_ties_an_identity_to_an_account_which_then_signs_in(client: TestClient, site: Workspace) -> None:
    link = invited(site)
    assert f'href="/connexion/canaille?jeton={link}"' in client.get(f"/connexion/rejoindre?jeton={link}").text
    joined = come_back(client, leave(client, jeton=link))
    assert (joined.status_code, joined.headers["location"]) == (303, "/compte")
    assert ">jeanne</a>" in client.get("/").text
    assert AWAY not in client.cookies
    assert client.get(f"/connexion/rejoindre?jeton={link}").status_code == 404, "it serves once"
    first = client.cookies[COOKIE]
    back = "/restitutions?champ=mco"
    form = client.get("/connexion", params={"vers": back}).text
    button = re.search(r'href="(/connexion/canaille\?vers=[^"]+)"', form)
    assert button, form
    answer = client.get(unescape(button[1]))
    signed = come_back(client, answer.headers["location"])
    assert signed.headers["location"] == back
    assert client.cookies[COOKIE] != first
    english = come_back(client, client.get("/en/connexion/canaille").headers["location"])
    assert english.headers["location"] == "/en/compte"
    acts = [(line.act, line.told.get("par")) for line in Journal(site).latest("jeanne", ("connexion",), 9)]
    assert acts == [("connexion", "canaille")] * 3
    assert "canaille" in client.get("/compte").text


def test_an_identity_without_an_account_opens_nothing(client: TestClient, site: Workspace) -> None:
    refused = come_back(client, leave(client))
    assert (refused.status_code, "aucun compte" in refused.text) == (401, True)
    assert COOKIE not in client.cookies
    Identities(site).bind(Accounts(site).find("jeanne").identifier, "https://autre.exemple.fr", USER)
    assert come_back(client, leave(client)).status_code == 401, "of another issuer"


def test_joining_by_a_provider_leaves_no_password_and_no_session(
    client: TestClient, site: Workspace, clock: Clock
) -> None:
    paul: Person = person(site, clock, "paul")
    sign_in(client, paul)
    sign_in_headers = {"headers": OURS}
    assert client.post("/connexion", data=paul.shown(), **sign_in_headers).status_code == 303
    old = client.cookies[COOKIE]
    come_back(client, leave(client, jeton=invited(site, "paul")))
    assert client.post("/connexion", data=paul.shown(), **sign_in_headers).status_code == 401
    client.cookies.clear()
    client.cookies.set(COOKIE, old)
    assert client.get("/compte").status_code == 401
    client.cookies.clear()
    taken = come_back(client, leave(client, jeton=invited(site)))
    assert (taken.status_code, "celle d&#39;un autre compte" in taken.text) == (503, True), "one identity, one account"


def test_who_comes_back_twice_or_from_elsewhere_is_sent_away(client: TestClient, site: Workspace) -> None:
    come_back(client, leave(client, jeton=invited(site)))
    client.cookies.clear()
    visitor = Browser()
    came = visitor.signs_in(leave(client))
    there = "/connexion/canaille/retour?" + urlencode(came)
    mine = dict(client.cookies)
    client.cookies.clear()
    assert client.get(there).status_code == 401, "another browser"
    client.cookies.update(mine)
    assert client.get(there).status_code == 401, "which has used it up"
    again = "/connexion/canaille/retour?" + urlencode(visitor.signs_in(leave(client)))
    assert client.get(again).status_code == 303
    assert client.get(again).status_code == 401, "twice"
    for nothing in ("", "?state=x&code=y", "?error=access_denied"):
        assert client.get(f"/connexion/canaille/retour{nothing}").status_code == 401, nothing


def test_signing_out_here_shows_the_way_out_there(client: TestClient, site: Workspace, real: Canaille) -> None:
    visitor = Browser()
    come_back(client, leave(client, jeton=invited(site)), visitor)
    out = client.post("/deconnexion")
    link = re.search(r'class="bouton" href="([^"]+)"', out.text)
    assert link
    there = unescape(link[1])
    assert there.startswith(f"{real.issuer}/")
    assert client.get("/compte").status_code == 401
    page = visitor.goes(there)
    if not isinstance(page, str):  # it asks whether to sign out
        page = visitor.fills(page, answer="logout")
    assert isinstance(page, str), page.text
    assert urlsplit(page)._replace(query="").geturl() == f"{SITE}/"


def test_no_way_there_leads_elsewhere_or_is_made_up(client: TestClient, site: Workspace) -> None:
    assert client.get("/connexion/canaille?vers=//ailleurs.fr").status_code == 400
    assert client.get("/connexion/canaille?jeton=inconnu").status_code == 404
    unknown = client.get("/connexion/canail")
    assert (unknown.status_code, "canaille" in unknown.text) == (404, True)
    with TestClient(client.app, base_url=SITE) as provider:
        assert provider.post("/connexion/canaille/fin", data={"logout_token": "x"}).status_code == 401
    (site.root / FILE).write_text('[oubli]\ntitre = "x"\nemetteur = "https://a.fr"\nclient = "c"\n')
    with pytest.raises(SanoscopeError, match="adresse de la connexion"):
        create_app(site)


def test_a_link_of_another_site_signs_nobody_in(client: TestClient, site: Workspace) -> None:
    for origin in ("cross-site", "same-site"):
        answer = client.get("/connexion/canaille?vers=/plan", headers={"Sec-Fetch-Site": origin})
        assert (answer.status_code, answer.headers["location"]) == (303, "/connexion?vers=/plan")
        assert AWAY not in client.cookies
    assert client.get("/connexion/canaille", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert AWAY in client.cookies


def test_departures_are_counted(client: TestClient, site: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sanoscope.web.providing.PER_HOUR", 2)
    with TestClient(create_app(site), base_url=SITE, follow_redirects=False) as few:
        assert [few.get("/connexion/canaille").status_code for _ in range(3)] == [303, 303, 429]
