"""Every page of the manual is a test: files received, questions, answers, read from the same tables as readers see."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.build import build
from sanoscope.edition.edition import open_edition
from sanoscope.intake.receive import receive
from sanoscope.present.html import headings, rows
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import Table
from tests.pmsi import write

PAGES = sorted((Path(__file__).parents[1] / "docs" / "manuel").glob("*.md"))
TABLE = "Table de référence : "
Cells = list[dict[str, str]]


@dataclass(frozen=True)
class Page:
    """Reference tables, lots of files, received one lot after the other, and questions with their answers."""

    tables: dict[str, Cells]
    lots: list[Cells]
    questions: list[tuple[str, Cells]]


def read_page(path: Path) -> Page:
    tables: dict[str, Cells] = {}
    lots: list[Cells] = []
    questions: list[tuple[str, Cells]] = []
    for section in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        title, _, body = section.partition("\n")
        if title.startswith(TABLE):
            tables[title.removeprefix(TABLE)] = _table(body)
        elif title.startswith("Fichiers"):
            lots.append(_table(body))
        elif title.startswith("Question"):
            command = re.search(r"^ {4}sanoscope query (.+)$", body, re.M)
            assert command, f"{path.name} : « {title} » ne pose pas de question"
            questions.append((command[1], _table(body)))
    assert lots and questions, f"{path.name} n'a pas de fichiers ou pas de question"
    return Page(tables, lots, questions)


def _table(text: str) -> Cells:
    lines = [
        [c.strip() for c in line.strip().strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [dict(zip(lines[0], values, strict=True)) for values in lines[2:]]


def _receive(place: workspaces.Workspace, lot: Cells, folder: Path) -> None:
    by_file: dict[str, list[dict[str, str | int]]] = {}
    for line in lot:
        row: dict[str, str | int] = {
            k: int(v) if v.isdigit() and k not in ("code_geo", "codes_retour") else v
            for k, v in line.items()
            if k != "fichier" and v
        }
        by_file.setdefault(line["fichier"], []).append(row)
    for name, stays in by_file.items():
        write(folder, f"{name}.rsa", stays)
        if any("patient" in stay for stay in stays):
            write(folder, f"{name}.ano", stays)
    assert receive(place, [folder]).clean


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
        text = [",".join(lines[0]), *(",".join(line.values()) for line in lines)]
        (place.reference / f"{name}.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    for number, lot in enumerate(page.lots):
        _receive(place, lot, tmp_path / f"lot{number}")
    build(place, catalogue(), name="manuel", secret=1)
    sides = {
        public: open_edition(place.editions, "manuel", settings=place.settings, public=public)
        for public in (False, True)
    }
    for command, expected in page.questions:
        slug, *words = command.split()
        scope = SECURE if "--scope" in words else OPEN
        edition = sides[scope.masked]
        pairs = [tuple(word.split("=", 1)) for word in words if "=" in word]
        query = parse(pairs, catalogue().restitution(slug), edition, scope)  # type: ignore[arg-type]
        shown = _shown(answer(query, scope, catalogue(), edition))
        wanted = list(expected[0])
        assert [{name: line[name] for name in wanted} for line in shown] == expected, command
