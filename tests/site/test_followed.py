"""The tutorial and the guides are followed word by word, in an empty directory, by the command that is installed.

What a page gives to type (blocks ``sh`` and ``python``) is run in order; each line of the block ``text`` after it must
be printed, in that order, « … » standing for anything. Only the port is another one than 8000.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from scripts.pages import DOCS

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import Catalogue, catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.query.service import Service
from tests.web.conftest import served

TUTORIAL = DOCS / "tutoriel.md"
GUIDES = sorted(path for path in (DOCS / "guides").glob("*.md") if not path.name.startswith("index"))
MARK = "::fin du bloc::"


@dataclass(frozen=True)
class Step:
    """What a page gives to type, and what it says is printed."""

    language: str
    typed: str
    printed: str


def steps(path: Path) -> list[Step]:
    """The blocks of a page that are typed, each with what the page shows next."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", path.read_text(encoding="utf-8"), re.M | re.S)
    found = []
    for (language, typed), (after, shown) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language in ("sh", "python"):
            found.append(Step(language, typed, shown if after == "text" else ""))
    return found


def missing(wanted: str, printed: str) -> list[str]:
    """The lines of a page that are not printed in that order."""
    left, found = printed, []
    for line in wanted.splitlines():
        match = re.search(".*?".join(map(re.escape, line.split("…"))), left)
        if match:
            left = left[match.end() :]
        else:
            found.append(line)
    return found


def follow(path: Path, here: Path, environment: dict[str, str], port: int) -> None:
    """Type all of a page, in one shell and one Python, and check what each block prints."""
    if shutil.which("curl") is None:
        pytest.skip("curl n'est pas là")
    everything = steps(path)
    script, python = ["set -e"], []
    for number, step in enumerate(everything):
        typed = step.typed.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace("--port 8000", f"--port {port}")
        if step.language == "python":
            python.append(typed)  # a page has one program, told in parts: each part begins with those before
            name = here / f".bloc{number}.py"
            name.write_text("\n".join([*python[:-1], f"print({MARK!r})", typed]), encoding="utf-8")
            typed = f"{sys.executable} {name} | sed '0,/{MARK}/d'"
        script.append(f"{typed}\necho '{MARK}'")
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=here,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )
    printed = done.stdout.split(f"{MARK}\n")
    assert done.returncode == 0, f"{path.name} s'arrête : {done.stdout[-1500:]}"
    for step, said in zip(everything, printed, strict=False):
        assert missing(step.printed, said) == [], f"{path.name}\n{step.typed}\nn'affiche pas cela, mais :\n{said}"
    assert len(printed) == len(everything) + 1


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment that has the command, as an installation leaves it."""
    place = tmp_path_factory.mktemp("commandes")
    command = place / "sanoscope"
    command.write_text(f"#!{sys.executable}\nfrom sanoscope.cli.main import app\n\napp()\n", encoding="utf-8")
    command.chmod(0o755)
    paths = os.pathsep.join(filter(None, [str(DOCS.parent / "src"), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PATH": f"{place}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": paths}


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """The workspace that the tutorial ends with, followed in an empty directory."""
    here = tmp_path_factory.mktemp("vide")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    follow(TUTORIAL, here, environment, port)
    return here / "mon-espace"


@pytest.fixture(scope="module")
def port(followed: Path) -> Iterator[int]:
    """Where the workspace of the tutorial is served."""
    with served(workspaces.load(followed)) as address:
        yield int(address.rpartition(":")[2])


def test_the_tutorial_ends_where_it_says_it_does(followed: Path) -> None:
    assert (followed / "par-api.csv").read_bytes() == (followed / "par-commande.csv").read_bytes()
    assert (followed / "editions" / "current").resolve().name == "essai"
    last = [step for step in steps(TUTORIAL) if step.printed][-1]
    assert last.printed == "Les deux fichiers sont les mêmes.\n"


def test_the_tutorial_shows_what_each_command_prints() -> None:
    typed = steps(TUTORIAL)
    assert len(typed) >= 12
    assert [step.typed for step in typed if not step.printed] == ["kill $!\n"]


def test_both_tutorials_are_the_same_steps() -> None:
    assert steps(TUTORIAL) == steps(DOCS / "tutoriel.en.md")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_does_what_it_says(guide: Path, followed: Path, environment: dict[str, str], port: int) -> None:
    assert steps(guide) or "```yaml" in guide.read_text(encoding="utf-8")
    follow(guide, followed, environment, port)


def test_the_restitution_of_the_guide_is_one_and_answers(followed: Path) -> None:
    (written,) = re.findall(
        r"^```yaml\n(.*?)^```$",
        (DOCS / "guides" / "ajouter-une-restitution.md").read_text(encoding="utf-8"),
        re.M | re.S,
    )
    added = Restitution.model_validate(yaml.safe_load(written))
    books = catalogue()
    assert added.slug not in books.restitutions
    more = Catalogue(
        books.champs, {**books.restitutions, added.slug: added}, books.sources, books.fiches, books.controles
    )
    _, table = Service(workspaces.load(followed), more).ask(added.slug, [("annee", "2023")], OPEN)
    assert len(table) > 10


def test_what_a_page_would_have_wrong_is_seen() -> None:
    assert missing("a … c\nd\n", "xx a b c\nd\n") == []
    assert missing("d\na … c\n", "xx a b c\nd\n") == ["a … c"]
    assert missing("90 fichiers", "9 fichiers") == ["90 fichiers"]
