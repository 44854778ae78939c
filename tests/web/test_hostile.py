"""Every page, feed, picture, file and form, sent anything: it answers, protects who reads it, and echoes no mark-up."""

import os
import re
import shutil
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from sanoscope import workspace as workspaces
from sanoscope.query.criteria import CRITERIA, DATE
from sanoscope.serve.observe import Routes
from sanoscope.web.app import HEADERS, create_app
from sanoscope.workspace import SETTINGS_FILE, Workspace
from tests.small_country import HOSPITALS

EXAMPLES = int(os.environ.get("SANOSCOPE_EXEMPLES", "250"))
"""Requests that are drawn, beside one of each route with each hostile text."""

MARKS = ("<zq>", 'zq"on=', "zq'on=")
"""Texts that a page must never have as they are: an element, the end of an attribute."""

HOSTILE = (
    "".join(MARKS) + "{{7*7}} %(n)s %s %",
    "\r\nSet-Cookie: a=b",
    "//ailleurs.fr",
    "\0",
    "/\\ailleurs.fr",
    *MARKS,
    "../../etc/passwd",
    "' OR 1=1 --",
    "=1+1",
    "é" * 1500,
    "\ud7ff\U0010ffff",
    "",
    " ",
    ",",
    ":",
    "-1",
    "9" * 40,
)
SENSIBLE = ("casemix-mco", "taux-de-recours-mco", "fiche-etablissement", "activite", "svg", "png", HOSPITALS[0], "2023")
SENSIBLE += ("region:53", "departement:29", "ghm", "n-1", "petite", "mco", "1", "2099-01-01", "complete", "csv", "xlsx")
NAMES = (
    *CRITERIA,
    DATE,
    "format",
    "theme",
    "genre",
    "q",
    "de",
    "a",
    "restitution",
    "retour",
    "pour",
    "question",
    "dans",
)
NAMES += (
    "liste",
    "nom_du_panier",
    "niveau_zone",
    "niveau_activite",
    "portee",
    "champ",
    "tri",
    "page",
    "carte",
    "jeton",
)
NAMES += ("graphique", "cherche", "choisis", "courriel", "compter", "region", "adresse", "colonnes", "vue", "envoi")

SENT = ("Cookie", "Referer", "Accept", "Accept-Language", "Accept-Encoding", "HX-Request", "User-Agent", "Origin")
SENT += ("Sec-Fetch-Site", "X-Forwarded-For", "X-Forwarded-Host", "Range", "If-None-Match", "If-Modified-Since")
ELSEWHERE = {"Content-Security-Policy": ("/integrer",)}
"""Headers that are others at some addresses: what may be framed."""

values = st.one_of(st.sampled_from(HOSTILE), st.sampled_from(SENSIBLE), st.sampled_from(MARKS), st.text(max_size=30))
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), values), values), max_size=5)
headers = st.dictionaries(
    st.sampled_from(SENT),
    st.one_of(st.sampled_from(["affichage=sombre", "affichage=<zq>", "gzip", "en", "true", "bytes=0-1"]), values),
    max_size=3,
)
bodies = st.one_of(
    pairs.map(lambda each: ("application/x-www-form-urlencoded", "&".join(f"{quote(n)}={quote(v)}" for n, v in each))),
    st.tuples(
        st.sampled_from(["multipart/form-data; boundary=b", "multipart/form-data", "text/plain", "", "é/<zq>"]), values
    ),
    values.map(
        lambda text: (
            "multipart/form-data; boundary=b",
            f'--b\r\nContent-Disposition: form-data; name="liste"; filename="{text}"\r\n\r\n{text}\r\n--b--\r\n',
        )
    ),
)


@pytest.fixture(scope="module")
def place(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small edition in a workspace of its own, which readers may write to, and subscribe to."""
    root = tmp_path_factory.mktemp("hostile") / "espace"
    shutil.copytree(small.root, root, symlinks=True)
    (root / SETTINGS_FILE).write_text(
        '[service]\nadresse = "https://stats.exemple.fr"\n'
        "paniers_par_heure = 1000000\nabonnements_par_heure = 1000000\n"
        '[rafraichissement]\ncourriel_serveur = "127.0.0.1:1"\ncourriel_de = "a@exemple.fr"\n',
        encoding="utf-8",
    )
    return workspaces.load(root)


@pytest.fixture(scope="module")
def client(place: Workspace) -> Iterator[TestClient]:
    """What breaks is raised: a test that meets it fails with its place."""
    with TestClient(create_app(place), base_url="https://stats.exemple.fr", follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def routes(place: Workspace) -> list[tuple[str, str]]:
    """Method and path of every route that is not of the API."""
    found = [
        (method, route.path)
        for route in Routes(create_app(place))._routes
        if isinstance(route, Route) and not route.path.startswith(("/api/", "/sante"))
        for method in sorted(route.methods or ())
    ]
    assert len(found) > 45
    return [*found, ("GET", "/static/{slug}"), ("GET", "/{slug}")]


def filled(path: str, texts: Iterator[str]) -> str:
    return re.sub(r"\{[^}]*\}", lambda _: quote(next(texts), safe=""), path)


def check(
    client: TestClient, method: str, address: str, sent: dict[str, str], body: tuple[str, str] | None = None
) -> None:
    """Send a request; hold what is answered to what every answer must be."""
    known = {name: value.encode("utf-8", "replace") for name, value in sent.items()}
    if body:
        known["Content-Type"] = body[0].encode()
    content = body[1].encode("utf-8", "replace") if body else None
    answer = client.request(method, address, headers=known, content=content)
    assert answer.status_code < 500, (answer.status_code, method, address)
    for name, value in HEADERS.items():
        told = answer.headers[name]
        assert told == value or any(one in address for one in ELSEWHERE.get(name, ())), (name, told)
    assert answer.headers["Strict-Transport-Security"]
    for name, value in answer.headers.items():
        assert not any(mark in value for mark in MARKS), (name, value)
        assert name.lower() != "set-cookie" or value.startswith(("affichage=", 'session=""', "etape=")), value
    assert "access-control-allow-origin" not in answer.headers
    there = answer.headers.get("location", "/")
    assert re.match(r"/(?![/\\])|https://stats\.exemple\.fr/", there), there
    kind = answer.headers.get("content-type", "")
    if any(markup in kind for markup in ("html", "xml", "svg")):
        assert not [mark for mark in MARKS if mark in answer.text], (method, address, sent)
        assert "49<zq" not in answer.text
        assert "{{" not in answer.text.replace("{{7*7}}", "")


@pytest.mark.parametrize("text", HOSTILE[:4], ids=range(4))
def test_every_route_takes_a_hostile_text_everywhere(
    client: TestClient, routes: list[tuple[str, str]], text: str
) -> None:
    query = "&".join(f"{name}={quote(text)}" for name in (*NAMES[:4], "q", "theme", "retour", "de", "champ", "panier"))
    for method, path in routes:
        for prefix in ("", "/en"):
            body = ("application/x-www-form-urlencoded", query) if method == "POST" else None
            texts = iter([text] * 9)
            check(
                client, method, f"{prefix}{filled(path, texts)}?{query}", {"Cookie": f"affichage={text.strip()}"}, body
            )


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_every_route_takes_anything(client: TestClient, routes: list[tuple[str, str]], data: st.DataObject) -> None:
    method, path = data.draw(st.sampled_from(routes))
    if data.draw(st.integers(0, 9)) == 0:
        method = data.draw(st.sampled_from(["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "POST", "X"]))
    texts = (data.draw(st.one_of(st.sampled_from(SENSIBLE), values)) for _ in range(9))
    asked = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in data.draw(pairs))
    address = data.draw(st.sampled_from(["", "/en"])) + filled(path, texts) + (f"?{asked}" if asked else "")
    body = data.draw(bodies) if method not in ("GET", "HEAD") else None
    check(client, method, address, data.draw(headers), body)


SILENT = ("/static/", "/static/../app.py", "/static/%2e%2e/app.py", "/.git/HEAD", "/docs", "/redoc", "/openapi.json")
SILENT += ("/metrics", "/sanoscope.toml", "/state.db", "/journal.cle", "/editions/petite/securise/mco.duckdb")


@pytest.mark.parametrize("path", SILENT)
def test_nothing_is_served_that_is_not_meant(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.request("TRACE", "/").status_code == 405
