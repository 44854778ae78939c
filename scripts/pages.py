"""The pages of the documentation site: those of docs/, and those made from the catalogue, the code and other texts.

`stage` writes them all in a folder, links put right; mkdocs, of which this is a hook, builds the site from it. Nothing
made is kept in the project.
"""

import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from os.path import relpath
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.pages import Page as SitePage

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sanoscope.catalogue.load import catalogue  # noqa: E402
from sanoscope.web import language as languages  # noqa: E402
from sanoscope.web.language import Language  # noqa: E402
from scripts.reference import pages  # noqa: E402
from scripts.reference.text import code, table  # noqa: E402

DOCS = ROOT / "docs"
ICON = ROOT / "src" / "sanoscope" / "web" / "static" / "icone.svg"
TEXTS = ROOT / "src" / "sanoscope" / "web" / "textes"

ELSEWHERE = {
    ROOT / "README.md": "index.md",
    ROOT / "README.en.md": "index.md",
    ROOT / "GLOSSARY.md": "glossaire.md",
    ROOT / "CONTRIBUTING.md": "contribuer.md",
    ROOT / "CHANGELOG.md": "journal.md",
    ROOT / "DONNEES.md": "journal-des-donnees.md",
    TEXTS / "methode.md": "methode.md",
    TEXTS / "audit.md": "audit.md",
    TEXTS / "en" / "methode.md": "methode.en.md",
    TEXTS / "en" / "audit.md": "audit.en.md",
    DOCS / "manuel": "manuel/index.md",
    ROOT / "deploiement": "deploiement.md",
}
"""What is outside docs/, or is a folder, and the page that it is on the site."""

SERVED = {"/methode": "methode.md", "/methode/audit": "audit.md", "/api": "reference/api.md"}
"""Addresses of the served site that some texts link to, and the page of this site that says it."""

LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
"""A link in Markdown: what is read, and where it leads."""

MEASURES = re.compile(r"<!-- mesures (\w+) ([\w ]+?) -->")
"""In a page, where the definitions of some measures of a field are written."""

IN_FRENCH = (
    '<div class="admonition note" lang="en"><p class="admonition-title">In French</p>'
    "<p>This page has no English version yet: it is shown as it is in French.</p></div>"
)


def stage(folder: Path) -> None:
    """Write every page and picture of the site in a folder, emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DOCS, folder)
    for path in DOCS.rglob("*.md"):
        _write(folder / path.relative_to(DOCS), _linked(path, path.relative_to(DOCS).as_posix()))
    for path, name in ELSEWHERE.items():
        if path.is_file() and not path.name.startswith("README"):
            _write(folder / name, _linked(path, name))
    _write(folder / "manuel" / "index.md", _manual())
    _write(folder / "deploiement.md", _shipped())
    shutil.copy(ICON, folder / ICON.name)
    for page in pages():
        _write(folder / "reference" / f"{page.name}.md", page.markdown)


def generated() -> tuple[str, ...]:
    """Return the names of the pages that the site has and docs/ has not."""
    return (*ELSEWHERE.values(), *(f"reference/{page.name}.md" for page in pages()))


def defined(champ: str, names: Iterable[str], language: Language) -> str:
    """Return the definitions of measures of a field, from the catalogue, as a table in a language."""
    known = catalogue().champs[champ].mesures
    heads = ("mesure", "libellé", "définition") if language.code == "fr" else ("measure", "label", "definition")
    texts = ((name, known[name]) for name in names)
    return table(heads, ([code(n), language.gettext(m.libelle), language.gettext(m.definition)] for n, m in texts))


def navigation(given: Any, names: Iterable[str]) -> Any:
    """Return a navigation whose « * » are the pages that nothing names.

    Args:
        given: the navigation of mkdocs.yml, or a part of it.
        names: the pages that there are.
    """
    french = [name for name in names if not name.endswith(".en.md")]
    left = dict.fromkeys(sorted(set(french) - set(_named(given))))
    return _filled(given, left)


@event_priority(100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Write the pages beside the site and let mkdocs read them there."""
    folder = Path(f"{config.site_dir.rstrip('/')}.pages")
    if Path(config.docs_dir) == DOCS:
        stage(folder)
        config.docs_dir = str(folder)
        config.nav = navigation(config.nav, (path.relative_to(folder).as_posix() for path in folder.rglob("*.md")))
    return config


def on_page_content(html: str, page: SitePage, **_: Any) -> str:
    """Say at the head of a page of the English site that it is in French, where it is."""
    if getattr(page.file, "locale_alternate_of", "fr") != "en" or page.file.locale == "en":
        return html
    return f'{IN_FRENCH}<div lang="fr">{html}</div>'


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _linked(path: Path, name: str) -> str:
    """Return the text of a file that is a page of the site, its links what they are there."""

    def there(found: re.Match[str]) -> str:
        text, target = found.groups()
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        place, sharp, anchor = target.partition("#")
        page = SERVED.get(place) or _page((path.parent / place).resolve())
        return f"[{text}]({relpath(page, Path(name).parent)}{sharp}{anchor})" if page else text

    language = languages.language("en" if name.endswith(".en.md") else "fr")
    told = MEASURES.sub(lambda found: defined(found[1], found[2].split(), language), path.read_text(encoding="utf-8"))
    return LINK.sub(there, told)


def _page(target: Path) -> str:
    """Return the page or the file of the site that a file or a folder is; "" where it is not on the site."""
    if target in ELSEWHERE:
        return ELSEWHERE[target]
    return target.relative_to(DOCS).as_posix() if target.is_relative_to(DOCS) else ""


def _manual() -> str:
    """Return the first page of the manual: what it is, and its pages."""
    titles = {
        path.name: path.read_text(encoding="utf-8").partition("\n")[0]
        for path in sorted((DOCS / "manuel").glob("*.md"))
    }
    lines = [f"- [{title.removeprefix('# ')}]({name})" for name, title in titles.items()]
    told = (
        "# Le manuel\n\nChaque page dit une règle par des tableaux : des fichiers reçus, une question, la "
        "réponse attendue. Ces "
        "pages **sont** les tests : si le logiciel répondait autre chose, il ne serait pas livré. Chaque "
        "restitution y est "
        "demandée au moins une fois.\n\n"
    )
    return told + "\n".join(lines) + "\n"


def _shipped() -> str:
    """Return the page of the files that are shipped to run Sanoscope."""
    parts = ["# Les fichiers de déploiement", "À copier et à adapter ; ils sont dans `deploiement/`."]
    for path in sorted((ROOT / "deploiement").rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8").rstrip("\n")
            parts += [f"## {path.relative_to(ROOT / 'deploiement').as_posix()}", f"````\n{text}\n````"]
    return "\n\n".join(parts) + "\n"


def _named(given: Any) -> list[str]:
    """Return the pages that a navigation names."""
    if isinstance(given, str):
        return [given] if "*" not in given else []
    parts = given.values() if isinstance(given, Mapping) else given
    return [name for part in parts for name in _named(part)]


def _filled(given: Any, left: dict[str, None]) -> Any:
    """Return a navigation with its « * » filled with what is left, of which they are taken away."""
    if isinstance(given, Mapping):
        return {title: _filled(part, left) for title, part in given.items()}
    if not isinstance(given, list):
        return given
    found = []
    for part in given:
        if isinstance(part, str) and "*" in part:
            depth = part.count("/")
            taken = [name for name in left if name.count("/") == depth and fnmatchcase(name, part)]
            found += taken
            for name in taken:
                del left[name]
        else:
            found.append(_filled(part, left))
    return found
