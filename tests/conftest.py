"""What every test may ask for: real data beside the checkout, an empty workspace, a small published edition."""

from pathlib import Path

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

SHARED = Path(__file__).parents[1].parent / "shared"


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
