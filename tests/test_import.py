"""docs/import.md says what is read, and its example runs as it says."""

import json
import re
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from sanoscope.cli.main import app
from sanoscope.intake.bases.correspondance import (
    REQUIRED,
    Acces,
    Cle,
    Colonne,
    Correspondance,
    TableDeBase,
    load_correspondance,
    shipped,
)
from tests.cli.test_commands import call

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.M | re.S)
    return str(found)


def test_the_example_runs_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with duckdb.connect("entrepot.duckdb") as connection:
        connection.execute(block("sql"))
    Path("entrepot.yaml").write_text(block("yaml"), encoding="utf-8")
    said = ""
    for line in block("sh").splitlines():
        result = CliRunner().invoke(app, line.split()[1:])
        assert result.exit_code == (1 if " intake " in line else 0), result.output + result.stderr
        said += result.output + result.stderr
    for line in block("text").splitlines():
        assert line in said


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    place = str(tmp_path / "espace")
    call("init", place)
    for words in ((), ("--base", "x.duckdb"), ("--correspondance", "pmeasy"), ("--correspondance", "pmeasyr")):
        result = CliRunner().invoke(app, ["intake", *words, "--workspace", place])
        assert result.exit_code == 1
        assert "Erreur" in result.stderr
        assert len(result.stderr.splitlines()) > 2


def test_every_key_is_documented() -> None:
    for model in (Correspondance, Acces, TableDeBase, Cle, Colonne):
        for name in model.model_fields:
            assert f"| `{name}` |" in PAGE, name
    for table, columns in REQUIRED.items():
        assert f"`{table}`" in PAGE
        assert all(f"`{column}`" in PAGE for column in columns)


def test_the_schema_for_editors_is_that_of_the_model() -> None:
    kept = json.loads((ROOT / "docs" / "schemas" / "correspondance.json").read_text(encoding="utf-8"))
    assert kept == Correspondance.model_json_schema(), "« .venv/bin/python scripts/schemas.py » les refait"


def test_every_error_and_reason_is_documented() -> None:
    place = ROOT / "src" / "sanoscope" / "intake" / "bases"
    source = "".join(path.read_text(encoding="utf-8") for path in place.glob("*.py"))
    codes = {*re.findall(r'Error\(\s*"([a-z-]+)"', source), *re.findall(r'"((?:[a-z]+-)+[a-z]+)"', source)}
    assert {"doublon-discordant", "colonne-absente", "ghm-absent"} <= codes
    for code in codes - {"latin-1"}:
        assert f"`{code}`" in PAGE, code


def test_every_correspondence_is_in_the_table() -> None:
    for table in REQUIRED:
        given = {name: load_correspondance(name)[0].tables[table] for name in shipped()}
        columns = dict.fromkeys(column for declared in given.values() for column in declared.colonnes)
        for column in columns:
            row = [f"| {table} | `{column}` |"]
            for name in ("pmeasyr", "snds"):
                taken = given[name].colonnes.get(column)
                row.append(f"{' '.join(f'`{of}`' for of in taken.de)} |" if taken else "|")
            assert " ".join(row) in PAGE
