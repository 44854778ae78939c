#!/usr/bin/env python3
"""Prend les images de docs/portail.md : l'application servie sur la machine, ouverte dans Chromium.

« scripts/screenshots.py [ESPACE] [DOSSIER] » ; sans argument, demo-workspace (« make demo » le fait) et docs/captures.
Chromium se nomme par la variable CHROMIUM.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Page, sync_playwright

from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from sanoscope.workspace import load as load_workspace

ROOT = Path(__file__).parents[1]
MOST_BYTES, MOST_IN_ALL = 250_000, 2_000_000
"""Of a picture, of all of them."""
BASKET = "/paniers?region=53&coche=229999001,229999002"
MCO = "/restitutions/cartographie-activite-mco?annee=2023"
CASEMIX = "/restitutions/casemix-mco?annee=2023&regroupement=doac"


@dataclass(frozen=True, slots=True)
class Capture:
    """A picture to take.

    Attributes:
        name: of its file.
        path: the page.
        size: of the window (CSS px).
        clip: selector of the one part to take; "" takes the window.
        before: what to do on the page first.
        options: of the browser's context.
        paper: as it would be printed.
    """

    name: str
    path: str
    size: tuple[int, int] = (1280, 860)
    clip: str = ""
    before: Callable[[Page], None] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    paper: bool = False


def _to_table(page: Page) -> None:
    page.locator(".outils-tableau").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.outils-tableau').scrollIntoView()")


def _alive(number: int) -> Callable[[Page], None]:
    def wait(page: Page) -> None:
        figure = page.locator("figure.image").nth(number)
        figure.scroll_into_view_if_needed()
        figure.locator(".vive").wait_for(timeout=20_000)

    return wait


CAPTURES = (
    Capture("accueil", "/"),
    Capture("menu", "/restitutions", (1280, 1040), before=lambda page: page.locator(".entree > a").nth(1).hover()),
    Capture("formulaire", "/restitutions/casemix-mco/formulaire"),
    Capture("panier", BASKET),
    Capture("tableau", MCO, before=_to_table),
    Capture("graphique", CASEMIX, clip="figure.image >> nth=0 >> .vive", before=_alive(0)),
    Capture("carte", MCO, clip="figure.image >> nth=1 >> .vive", before=_alive(1)),
    Capture("mobile", CASEMIX, (360, 780), options={"is_mobile": True, "has_touch": True, "device_scale_factor": 1.5}),
    Capture("sombre", MCO, options={"color_scheme": "dark"}),
    Capture("anglais", f"/en{CASEMIX}"),
    Capture("impression", CASEMIX, (1123, 794), paper=True, options={"bypass_csp": True}),
)


@contextmanager
def served(workspace: Workspace) -> Iterator[str]:
    """Serve a workspace on a free port of this machine; give its address."""
    server = uvicorn.Server(uvicorn.Config(create_app(workspace), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise SystemExit("L'application n'a pas démarré.")
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def take(workspace: Workspace, out: Path, only: tuple[str, ...] = ()) -> dict[str, int]:
    """Take the pictures; return the size of each file (bytes)."""
    out.mkdir(parents=True, exist_ok=True)
    sizes = {}
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with served(workspace) as site, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for one in (c for c in CAPTURES if not only or c.name in only):
            width, height = one.size
            options = {"locale": "fr-FR", "reduced_motion": "reduce", **one.options}
            context = browser.new_context(viewport={"width": width, "height": height}, **options)
            page = context.new_page()
            answer = page.goto(site + one.path, wait_until="networkidle")
            if not answer or not answer.ok:
                raise SystemExit(f"{one.path} : {answer.status if answer else 'pas de réponse'}")
            if one.paper:
                page.emulate_media(media="print")
                page.add_style_tag(content="body { padding: 12mm 10mm }")  # the margins of the sheet
            if one.before:
                one.before(page)
            page.wait_for_timeout(300)
            path = out / f"{one.name}.png"
            taken = page.locator(one.clip) if one.clip else page
            taken.screenshot(path=path)
            sizes[one.name] = path.stat().st_size
            context.close()
        browser.close()
    return sizes


def main() -> None:
    """Take all pictures and tell their sizes; fail if one is too heavy for the repository."""
    given = [Path(a) for a in sys.argv[1:]]
    workspace = load_workspace(given[0] if given else ROOT / "demo-workspace")
    sizes = take(workspace, given[1] if len(given) > 1 else ROOT / "docs" / "captures")
    for name, size in sizes.items():
        print(f"{name}.png : {size} octets")
    heavy = [name for name, size in sizes.items() if size > MOST_BYTES]
    if heavy or sum(sizes.values()) > MOST_IN_ALL:
        raise SystemExit(f"Trop lourd : {', '.join(heavy) or 'le tout'}.")


if __name__ == "__main__":
    main()
