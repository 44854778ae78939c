"""Whatever the grants, whatever the question, whatever the face: nothing outside is told, counted, kept or worked out.

A refusal is measured by the work it is, not by a clock: plans run by the engine, statements run on the state, answers
worked out, answers kept. The two tables of `IDENTIFIED` are closed here for the sake of it.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from sanoscope import workspace as workspaces
from sanoscope.access.accounts import Accounts
from sanoscope.access.scope import EVERYTHING, FRANCE, Grant, Profile, Scope
from sanoscope.edition.edition import Edition
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.errors import CriterionError, ForbiddenError
from sanoscope.present.exports import FORMATS
from sanoscope.query import service as services
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.serve.app import create_app
from sanoscope.web import app as web
from sanoscope.workspace import Workspace
from tests.query.test_permission import IDENTIFIED, books, criteria, grants, holds

EXAMPLES = int(os.environ.get("SANOSCOPE_EXEMPLES", "8"))

UNKNOWN = "980000998"
"""A FINESS that is neither in the edition nor in any grant."""

PROFILES: dict[bool, Profile] = {True: "securise", False: "national"}

Pairs = list[tuple[str, str]]

FACES = (
    *(f"/api/v1/restitutions/{{slug}}/donnees?{{query}}&format={name}" for name in FORMATS),
    "/api/v1/restitutions/{slug}/csvw?{query}",
    "/api/v1/restitutions/{slug}/datapackage?{query}",
    "/api/v1/restitutions/{slug}/citation?{query}&format=csl-json",
    "/api/v1/restitutions/{slug}/ecarts?avec=petite&{query}",
    "/api/v1/restitutions/{slug}/carte?{query}",
    "/api/v1/restitutions/{slug}/graphiques?{query}",
    "/restitutions/{slug}/donnees?{query}&format=csv-fr",
    "/en/restitutions/{slug}/donnees?{query}",
    "/restitutions/{slug}?{query}",
    "/en/restitutions/{slug}?{query}",
    "/restitutions/{slug}/integrer?{query}",
    "/restitutions/{slug}/graphique.svg?{query}",
    "/restitutions/{slug}/graphique.json?{query}",
    "/restitutions/{slug}/carte.png?{query}",
    "/restitutions/{slug}/apercu?{query}",
    "/restitutions/{slug}/formulaire?{query}&compter=oui",
)
"""Addresses at which a question is asked: files, pages, the frame, pictures, how many rows there will be."""

BESIDE = (
    "/restitutions/{slug}/notice",
    "/restitutions/{slug}/zones?{query}",
    "/restitutions/{slug}/suggestions?champ=etablissement&{query}",
    "/nouveautes.atom",
    "/nouveautes.rss",
    "/calendrier.ics",
    "/sitemap.xml",
    "/catalogue.ttl",
    "/catalogue/{slug}.ttl",
    "/oembed?url=http://testserver/restitutions/{slug}?annee%3D2023",
    "/editions/comparer?de=petite&a=petite&restitution={slug}",
    "/recherche?q={place}",
    "/recherche?q={slug}",
    "/recherche/suggestions?q={place}",
    "/api/v1/recherche?q={place}",
    "/api/v1/editions",
    "/api/v1/catalogue",
    "/api/v1/editions/petite",
    "/api/v1/changements",
    "/api/v1/codes/etablissement?q={place}",
    "/api/v1/restitutions/{slug}",
    "/api/v1/restitutions/{slug}/criteres",
    "/api/v1/restitutions/{slug}/notice",
    "/methode/audit",
    "/paniers/selection.csv?panier={place}",
)
"""Addresses whose answers do not depend on who asks."""


@dataclass
class Work:
    """What was done: plans that the engine ran, statements on the state, answers that were worked out."""

    plans: int = 0
    statements: list[str] = field(default_factory=list)
    answers: int = 0


@dataclass(repr=False)
class Place:
    """The small country as it is served, the complete version too, and its service."""

    client: TestClient
    service: Service
    accounts: Accounts
    oracle: Service
    work: Work
    number: Iterator[int] = field(default_factory=count)
    edition: Edition = field(init=False)

    def __post_init__(self) -> None:
        self.edition = self.service.edition("petite")

    def key(self, held: frozenset[Grant]) -> str:
        """Return a new key that opens some grants."""
        name, today = f"lecteur {next(self.number)}", datetime.now(UTC).date()
        self.accounts.open(name, name)
        for grant in held:
            self.accounts.give(name, grant, today, today + timedelta(9), "essai")
        return self.accounts.make_key(name, "essai", complete=True)[1]

    def asked(self, address: str, key: str) -> tuple[int, bytes, Work, list[str]]:
        """Return the status and the body of an answer, the work it was, and what is kept that was not."""
        before = {*self.service._answers}
        self.work.plans, self.work.answers, self.work.statements = 0, 0, []
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = self.client.get(address, headers=headers | {"HX-Request": "true"})
        done = Work(self.work.plans, [*self.work.statements], self.work.answers)
        return answer.status_code, answer.content, done, sorted(map(str, {*self.service._answers} - before))

    def questions(self) -> list[str]:
        """Return what the metrics count of questions."""
        told = self.client.get("/metrics").text.splitlines()
        return [line for line in told if line.startswith(("sanoscope_questions", "sanoscope_question_"))]


@pytest.fixture(scope="module")
def place(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("faces") / "espace"
    shutil.copytree(small.root, root, symlinks=True)
    workspace, work, made = workspaces.load(root), Work(), []

    def service(*given: Any, **named: Any) -> Service:
        made.append(Service(*given, **named))
        return made[-1]

    run, answer = DuckDBEngine.run, services.answer

    def ran(self: DuckDBEngine, plan: Any) -> Any:
        work.plans += 1
        return run(self, plan)

    def answered(*given: Any, **named: Any) -> Table:
        work.answers += 1
        return answer(*given, **named)

    def executed(_: Any, __: Any, statement: str, *___: Any) -> None:
        work.statements.append(statement)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web, "catalogue", books)
        patch.setattr(web, "Service", service)
        patch.setattr(DuckDBEngine, "run", ran)
        patch.setattr(services, "answer", answered)
        event.listen(Engine, "before_cursor_execute", executed)
        with TestClient(create_app(workspace, complete=True), client=("127.0.0.1", 1)) as client:
            yield Place(client, made[0], Accounts(workspace), Service(workspace, books(), complete=True), work)
        event.remove(Engine, "before_cursor_execute", executed)


def everywhere(held: frozenset[Grant]) -> frozenset[Grant]:
    """Return the same grants, over the whole country: the pages that they may ask for are the same."""
    return frozenset(Grant(PROFILES[grant.profile == "securise"], FRANCE, grant.domains) for grant in held)


def address(face: str, slug: str, pairs: Pairs) -> str:
    finess = dict(pairs).get("etablissement", "290000001")
    return face.format(slug=slug, query=urlencode(pairs), place=finess)


def refused(service: Service, slug: str, pairs: Pairs, scope: Scope) -> bool:
    """Tell whether a question is not for who asks it."""
    try:
        service.question(slug, pairs, scope)
    except ForbiddenError:
        return True
    except CriterionError:
        return False
    return False


def figures(service: Service, slug: str, pairs: Pairs) -> set[str]:
    """Return the figures of an answer that are not written by chance, as files and pages write them."""
    try:
        table = service.ask(slug, pairs, EVERYTHING)[1]
    except CriterionError:
        return set()
    shown = (v for f in table.figures if not f.decimals for of in (f.values, f.estimates) for v in of)
    large = {int(value) for value in shown if value is not None and value >= 3000}
    return {f"{v:,}".replace(",", mark) for v in large for mark in ("", ",", "\u202f", "\u00a0")}


@st.composite
def questions(draw: st.DrawFn, edition: Edition) -> tuple[str, Pairs]:
    slug = draw(st.sampled_from([*IDENTIFIED, IDENTIFIED[0], "casemix-mco"]))
    pairs = draw(criteria(edition))
    if slug == "casemix-mco" or draw(st.integers(0, 3)) == 0:
        pairs = [*pairs, ("version", "complete")]
    return slug, pairs


MANY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[*HealthCheck],
    phases=[Phase.explicit, Phase.generate],  # a key is made for each: making cases smaller would take minutes
)


@MANY
@given(data=st.data())
def test_what_is_refused_is_in_no_face(place: Place, data: st.DataObject) -> None:
    slug, pairs = data.draw(questions(place.edition))
    held = data.draw(grants(place.edition))
    assume(refused(place.service, slug, pairs, Scope(held)))
    secret, key, before = figures(place.oracle, slug, pairs), place.key(held), place.questions()
    for reader in (key, ""):
        for face in FACES:
            status, body, work, kept = place.asked(address(face, slug, pairs), reader)
            assert status == (200 if "apercu" in face or "compter" in face else 403), face
            assert (work.answers, kept) == (0, []), face
            assert not [figure for figure in secret if figure.encode() in body], face
        for face in BESIDE if slug in IDENTIFIED else ():  # of an open table they have what is open
            _, body, work, kept = place.asked(address(face, slug, pairs), reader)
            assert work.answers == 0, face
            assert not [figure for figure in secret if re.search(rf"(?<!\d){figure}(?!\d)".encode(), body)], face
    assert place.questions() == before, "counted"


@settings(MANY, max_examples=max(1, EXAMPLES // 2))
@given(data=st.data())
def test_what_is_answered_is_the_same_for_all_and_inside(place: Place, data: st.DataObject) -> None:
    slug, held = data.draw(st.sampled_from(IDENTIFIED)), data.draw(grants(place.edition))
    pairs = data.draw(criteria(place.edition))
    assume(not refused(place.service, slug, pairs, Scope(held)))
    key, whole = place.key(held), place.key(everywhere(held))
    for face in FACES:
        status, body, _, _ = place.asked(address(face, slug, pairs), key)
        assert (status, body) == place.asked(address(face, slug, pairs), whole)[:2], face
    status, body, _, _ = place.asked(f"/api/v1/restitutions/{slug}/donnees?{urlencode(pairs)}", key)
    assert status in (200, 400)
    if status == 200:
        shown = {row["finess"] for row in orjson.loads(body)["lignes"]} & {*place.edition.finess}
        opening = [grant for grant in held if "activite" in grant.domains]
        assert any(all(holds(grant, finess, place.edition) for finess in shown) for grant in opening)


@MANY
@given(data=st.data())
def test_two_refusals_are_one(place: Place, data: st.DataObject) -> None:
    """Of an establishment outside and of one that nobody knows: the same bytes, by the same work, nothing kept."""
    slug, asked = data.draw(questions(place.edition))
    held, outside = data.draw(grants(place.edition)), data.draw(st.sampled_from(sorted(place.edition.finess)))
    rest = [pair for pair in asked if pair[0] not in ("etablissement", "panier")]
    name = data.draw(st.sampled_from(["etablissement", "panier"]))
    there, nowhere = ([*rest, (name, finess)] for finess in (outside, UNKNOWN))
    assume(refused(place.service, slug, there, Scope(held)))
    key = place.key(held)
    for face in FACES:
        first, second = (place.asked(address(face, slug, pairs), key) for pairs in (there, nowhere))
        told = second[1].replace(UNKNOWN.encode(), outside.encode())
        assert first[0] == second[0], face
        assert first[1] == told, face
        assert first[2:] == second[2:], face


@MANY
@given(data=st.data())
def test_what_is_not_a_question_is_the_same_for_all(place: Place, data: st.DataObject) -> None:
    slug, pairs = data.draw(questions(place.edition))
    key = place.key(data.draw(grants(place.edition)))
    for face in BESIDE:
        asked = address(face, slug, pairs)
        assert place.asked(asked, key)[:2] == place.asked(asked, "")[:2], face
