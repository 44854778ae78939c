"""What tests need outside of Python is found, installed where it may be, and told where it may not."""

from pathlib import Path
from types import ModuleType

import pytest
from scripts import tools as tools_script

ROOT = Path(__file__).parents[1]


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, on a machine that has nothing but Rscript."""
    rscript = tmp_path / "bin" / "Rscript"
    rscript.parent.mkdir()
    rscript.write_text(f"#!/bin/sh\necho {tmp_path / 'ailleurs'}\n")
    rscript.chmod(0o755)
    monkeypatch.setenv("PATH", str(rscript.parent))
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "chromium"))
    monkeypatch.setenv("R_LIBS", str(tmp_path / "bibliotheque"))
    monkeypatch.setattr(tools_script, "SITES", ())
    return tools_script


def put(tools: ModuleType, library: Path) -> None:
    for name in tools.R_PACKAGES:
        (library / name).mkdir(parents=True)
        (library / name / "DESCRIPTION").touch()


def test_all_that_is_missing_is_named(tools: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"chromium", "r-cran-httr2", "r-cran-jsonlite", "r-cran-tibble", "r-cran-testthat", "r-cran-knitr"}
    assert {tool.package for tool in tools.missing()} == names
    monkeypatch.setenv("PATH", "")
    assert {tool.package for tool in tools.missing()} == names | {"r-base-core"}


def test_where_all_is_there_r_is_not_even_asked(
    tools: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "chromium").touch()
    put(tools, tmp_path / "bibliotheque")
    monkeypatch.setattr(tools, "_libraries", lambda: pytest.fail("asked"))
    tools.main()
    assert "tout est là" in capsys.readouterr().out


def test_r_says_its_other_libraries(tools: ModuleType, tmp_path: Path) -> None:
    put(tools, tmp_path / "ailleurs")
    assert [tool.package for tool in tools.missing()] == ["chromium"]


def test_where_nothing_may_be_installed_it_says_what_is_skipped_and_fails_nobody(
    tools: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tools, "can_install", lambda: False)
    tools.main()
    told = capsys.readouterr().out
    assert "TESTS SAUTÉS, les pages dans un navigateur : il manque Chromium." in told
    assert "TESTS SAUTÉS, le paquet R" in told
    assert "apt-get install chromium r-cran-httr2" in told


def test_lists_are_renewed_and_what_can_be_is_installed(tools: ModuleType) -> None:
    asked: list[list[str]] = []

    def run(command: list[str]) -> bool:
        asked.append(command)
        return command[1] == "update" or command[-1] == "chromium"

    tools.install(["r-cran-httr2", "chromium"], run)
    assert [command[1] for command in asked] == ["install"]  # what answers for the last of them answers for all
    asked.clear()
    tools.install(["chromium", "r-cran-httr2"], run)
    assert [command[1] for command in asked] == ["install", "update", "install", "install", "install"]
    assert [command[-1] for command in asked[-2:]] == ["chromium", "r-cran-httr2"]


def test_tests_begin_by_it_and_the_demonstration_does_not() -> None:
    rules = dict(
        line.split("##")[0].split(":", 1)
        for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
        if line.startswith(("test:", "demo:", "unit:"))
    )
    assert rules["test"].split().index("tools") < rules["test"].split().index("unit")
    assert "tools" not in rules["demo"]
