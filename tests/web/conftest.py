"""The site served on a free port, and a browser to read it with."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from sanoscope import workspace as workspaces
from sanoscope.access.accounts import Accounts
from sanoscope.access.scope import DOMAINS, FRANCE, Grant
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.published import published_beside

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))


@contextmanager
def served(workspace: Workspace, *, complete: bool = False) -> Iterator[str]:
    """Serve a workspace on a free port; give the address of its site."""
    app = create_app(workspace, complete=complete)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def site(small: Workspace) -> Iterator[str]:
    """The address of the small country's site."""
    with served(small) as address:
        yield address


@pytest.fixture(scope="session")
def whole(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small country's workspace with the published tables beside its edition: it answers every restitution."""
    root = tmp_path_factory.mktemp("entier") / "espace"
    shutil.copytree(small.root, root, symlinks=True)
    place = workspaces.load(root)
    published_beside(place)
    return place


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium n'est pas là (variable CHROMIUM pour dire où il est)")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def written(whole: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace that answers all in one of its own, whose state is written."""
    root = tmp_path_factory.mktemp("ecrit") / "espace"
    shutil.copytree(whole.root, root, symlinks=True)
    return workspaces.load(root)


@pytest.fixture(scope="session")
def key(written: Workspace) -> str:
    """The key of an account that may see all."""
    known, today = Accounts(written), datetime.now(UTC).date()
    known.open("tout", "tout")
    known.give("tout", Grant("securise", FRANCE, frozenset(DOMAINS)), today, today + timedelta(9), "essai")
    return known.make_key("tout", "essai", complete=True)[1]


@pytest.fixture(scope="session")
def address(written: Workspace) -> Iterator[str]:
    """The address of the site, which answers small counts to those who may see them."""
    with served(written, complete=True) as site:
        yield site
