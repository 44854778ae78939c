"""The site of the documentation: it builds without a warning, every link of it leads somewhere, nothing is elsewhere.

By default the French site alone is built; ``SANOSCOPE_SITE=entier`` builds and reads the English one too.
"""

import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from scripts.pages import DOCS, ELSEWHERE, navigation, stage

ROOT = Path(__file__).parents[2]
WHOLE = os.environ.get("SANOSCOPE_SITE") == "entier"
ENGLISH = (
    "index",
    "tutoriel",
    "guides/index",
    "comprendre-le-masquage",
    "definitions",
    "api-apercu",
    "methode",
    "audit",
)
"""Pages that have an English version."""


class Links(HTMLParser):
    """The links of a page, what it loads, and the identifiers it has."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {str(given[name]) for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        elif tag == "link" and given.get("rel") not in ("canonical", "alternate", "prev", "next"):
            self.loads.append(str(given.get("href")))
        elif tag in ("script", "img", "iframe", "source") and given.get("src"):
            self.loads.append(str(given["src"]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning stops it (strict)."""
    place = tmp_path_factory.mktemp("site") / "site"
    environment = {**os.environ, "SANOSCOPE_SITE_ANGLAIS": str(WHOLE).lower(), "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(place)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert built.returncode == 0, built.stderr[-4000:]
    assert "WARNING" not in built.stderr
    return place


@cache
def read(path: Path) -> Links:
    found = Links()
    found.feed(path.read_text(encoding="utf-8"))
    return found


def test_every_link_and_anchor_leads_somewhere(site: Path) -> None:
    broken, seen = [], 0
    for path in site.rglob("*.html"):
        for link in {*read(path).links, *read(path).loads}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            seen += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target.suffix == ".html" and anchor not in read(target).ids):
                broken.append(f"{path.relative_to(site)} : {link}")
    assert seen > 3_000
    assert broken == []


def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    loads = {load for path in site.rglob("*.html") for load in read(path).loads}
    assert {load for load in loads if urlsplit(load).netloc} == set()
    styles = [path.read_text(encoding="utf-8") for path in (site / "assets").rglob("*.css")]
    assert styles
    assert [found for text in styles for found in re.findall(r"url\(['\"]?(https?:[^)]*)", text)] == []


def test_search_knows_french_and_english(site: Path) -> None:
    assert '"lang":["fr","en"]' in (site / "search" / "search_index.json").read_text(encoding="utf-8").replace(" ", "")
    assert (site / "assets" / "javascripts" / "lunr" / "min" / "lunr.fr.min.js").is_file()


@pytest.mark.skipif(not WHOLE, reason="SANOSCOPE_SITE=entier lit aussi le site anglais")
def test_a_page_in_french_says_so_on_the_english_site(site: Path) -> None:
    for path in (site / "en").rglob("*.html"):
        name = path.relative_to(site / "en").with_suffix("").as_posix()
        assert ("This page has no English version yet" in path.read_text(encoding="utf-8")) == (name not in ENGLISH), (
            name
        )


def test_what_must_be_in_english_is(tmp_path: Path) -> None:
    stage(tmp_path / "pages")
    for name in ENGLISH:
        french, english = (tmp_path / "pages" / f"{name}{end}" for end in (".md", ".en.md"))
        assert english.is_file(), name
        assert len(english.read_text(encoding="utf-8")) > 0.5 * len(french.read_text(encoding="utf-8")), name


def test_every_page_of_docs_has_its_place() -> None:
    """What mkdocs would stop at, said in words."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
    Loader.add_constructor("!ENV", lambda *_: True)
    nav = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader)["nav"]
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")] + list(ELSEWHERE.values())
    named = str(navigation(nav, pages))
    left = [page for page in pages if not page.endswith(".en.md") and f"'{page}'" not in named]
    assert left == [], "mettez ces pages dans « nav » de mkdocs.yml"


def test_a_star_takes_what_nothing_names() -> None:
    given = [{"A": ["a/index.md", "a/*.md"]}, "x.md"]
    assert navigation(given, ["x.md", "a/2.md", "a/1.md", "a/index.md", "a/1.en.md", "a/b/3.md"]) == [
        {"A": ["a/index.md", "a/1.md", "a/2.md"]},
        "x.md",
    ]
