"""Every page of the manual is a test: files received, questions, answers, read from the same tables as readers see.

The reference engine must give the same answers, and every restitution of the catalogue is asked on some page.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE
from sanoscope.catalogue.load import catalogue
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.edition import in_memory
from sanoscope.edition.published import build_published
from sanoscope.intake.receive import receive
from sanoscope.present.html import headings, rows
from sanoscope.query.answer import answer
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.workspace import Workspace
from tests.pmsi import deliver

PAGES = sorted((Path(__file__).parents[1] / "docs" / "manuel").glob("*.md"))
TABLE = "Table de référence : "
PUBLISHED = "Table publiée : "
Cells = list[dict[str, str]]


@dataclass(frozen=True)
class Page:
    """What a page of the manual says.

    Attributes:
        tables: reference tables by name.
        lots: files, received one lot after the other.
        published: tables of published sources, by source and name of the file.
        questions: commands, and the tables that answer them.
    """

    tables: dict[str, Cells]
    lots: list[Cells]
    published: dict[tuple[str, str], Cells]
    questions: list[tuple[str, Cells]]


def read_page(path: Path) -> Page:
    page = Page({}, [], {}, [])
    for section in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        title, _, body = section.partition("\n")
        if title.startswith(TABLE):
            page.tables[title.removeprefix(TABLE)] = _table(body)
        elif title.startswith(PUBLISHED):
            source, _, name = title.removeprefix(PUBLISHED).partition(", ")
            page.published[source, name] = _table(body)
        elif title.startswith("Fichiers"):
            page.lots.append(_table(body))
        elif title.startswith("Question"):
            command = re.search(r"^ {4}sanoscope query (.+)$", body, re.M)
            assert command, f"{path.name} : « {title} » ne pose pas de question"
            page.questions.append((command[1], _table(body)))
    assert page.lots or page.published, f"{path.name} n'a pas de fichiers"
    assert page.questions, f"{path.name} n'a pas de question"
    return page


def _table(text: str) -> Cells:
    lines = [
        [c.strip() for c in line.strip().strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [dict(zip(lines[0], values, strict=True)) for values in lines[2:]]


def _write_table(path: Path, lines: Cells, *, separator: str = ",", encoding: str = "utf-8") -> Path:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(lines)
    return path


def _receive(place: Workspace, lot: Cells, folder: Path) -> None:
    by_file: dict[str, Cells] = {}
    for line in lot:
        said = {name: value for name, value in line.items() if value and name != "fichier"}
        by_file.setdefault(line["fichier"], []).append(said)
    for name, lines in by_file.items():
        deliver(folder, name, lines)
    assert receive(place, [folder]).clean


def _publish(place: Workspace, page: Page, folder: Path) -> None:
    """Publish an edition of the page's files, and one of each of its published tables."""
    for number, lot in enumerate(page.lots):
        _receive(place, lot, folder / f"lot{number}")
    if page.lots:
        build(place, catalogue(), name="manuel", secret=1)
        publication.publish(place.editions, "manuel")
    for (name, file), lines in page.published.items():
        source = catalogue().source(name)
        form = (source.fichiers or source.indicateurs)[0]
        path = folder / "publiees" / file
        _write_table(path, lines, separator=form.separateur[0], encoding=form.codage)
        assert receive(place, [path], published=[source.attendu], named=True).clean
    for name in dict.fromkeys(name for name, _ in page.published):
        build_published(place, catalogue(), name, name=name)
        publication.publish(place.editions, name)


def _shown(table: Table) -> Cells:
    names = [label.name for label in table.labels] + [figure.name for figure in table.figures]
    assert len(names) == len(headings(table))
    texts = [[cell.text.replace("\u202f", " ") for cell in row.cells] for row in rows(table)]
    return [dict(zip(names, line, strict=True)) for line in texts]


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_page(path: Path, tmp_path: Path) -> None:
    page = read_page(path)
    place = workspaces.create(tmp_path / "espace")
    for name, lines in page.tables.items():
        _write_table(place.reference / f"{name}.csv", lines)
    _publish(place, page, tmp_path)
    service = Service(place, catalogue())
    for command, expected in page.questions:
        slug, *words = command.split()
        scope = SECURE if "--scope" in words else OPEN
        pairs = [(name, value) for name, _, value in (word.partition("=") for word in words) if value]
        query, edition = service.question(slug, pairs, scope)
        table = answer(query, scope, catalogue(), edition, sources=service.source)
        wanted = list(expected[0])
        assert [{name: line[name] for name in wanted} for line in _shown(table)] == expected, command
        plain = answer(query, scope, catalogue(), in_memory(edition), sources=service.source)
        assert plain == table, f"{command} : memory ≠ duckdb"


def test_every_restitution_is_asked_on_a_page() -> None:
    asked = {command.split()[0] for path in PAGES for command, _ in read_page(path).questions}
    assert asked == set(catalogue().restitutions)
