"""The commands as an operator types them: what they print, what they return, what they say when it goes wrong."""

import csv
import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanoscope.cli.main import app
from tests.pmsi import rsa, write

COMMANDS = [
    "init",
    "backup",
    "restore",
    "intake",
    "build",
    "check",
    "publish",
    "rollback",
    "seal",
    "editions",
    "refresh",
    "query",
    "serve",
]
run = CliRunner()
MARK = "Version complète, petits effectifs compris : ne pas diffuser."


def call(*words: str, code: int = 0) -> str:
    result = run.invoke(app, list(words))
    assert result.exit_code == code, result.output + result.stderr
    return result.output


@pytest.mark.parametrize("command", [*COMMANDS, "demo", "reference"])
def test_every_command_has_its_help_in_french(command: str) -> None:
    assert command in call("--help")
    assert len(call(command, "--help")) > 100


def test_from_files_to_an_answer(tmp_path: Path) -> None:
    place, raw = tmp_path / "espace", tmp_path / "fichiers"
    write(raw, "290000017.2023.12.rsa", [{"n": 40}, {"n": 4, "duree": 0}])
    write(raw, "290000025.2023.12.rsa", [{"n": 30}, {"n": 20, "duree": 0}])
    call("init", str(place))
    at = ("--workspace", str(place))
    assert "94 lignes lues = 94 acceptées + 0 refusées." in call("intake", str(raw), *at)
    assert "0 fichiers reçus, 2 déjà connus" in call("intake", str(raw), *at)
    assert "94 lignes = 94 retenues" in call("build", "--name", "essai", *at)
    assert "note  MCO, rapprochement : 94 lignes = 94 retenues + 0 exclues" in call("check", "essai", *at)
    own = place / "reference" / "controles.csv"
    own.write_text("code,niveau,seuil\netablissements-inconnus,bloque,50\n", encoding="utf-8")
    assert "bloque  MCO, établissements inconnus : 2 établissements" in call("check", "essai", *at, code=1)
    assert "[edition-bloquee]" in call("publish", "essai", *at, code=1)
    assert "publiée" not in call("editions", *at)
    assert "bloque  MCO, établissements" in call("publish", "essai", "--malgre-tout", "liste attendue lundi", *at)
    assert "essai  en cours  2023 ← publiée" in call("editions", *at)
    assert "1 à 10" in call("query", "cartographie-activite-mco", "annee=2023", *at)
    words = ("query", "cartographie-activite-mco", "annee=2023", "--scope", "secure", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(call(*words, *at))))
    assert [row["sejours_hp"] for row in rows] == ["4", "20", "24"]
    assert {row["filigrane"].split(" le ")[0] for row in rows} == {f"{MARK} Remise à exploitant"}
    assert MARK in call(*words[:-2], *at)
    assert "filigrane" not in call(*words[:3], "--format", "csv", *at)
    out = tmp_path / "tableau.xlsx"
    call("query", "casemix-mco", "annee=2023", "-o", str(out), *at)
    assert out.read_bytes()[:2] == b"PK"


def test_a_refused_line_makes_the_command_fail_and_say_where(tmp_path: Path) -> None:
    place = tmp_path / "espace"
    call("init", str(place))
    data = rsa("290000017", 2023, [{"n": 3}])
    (tmp_path / "290000017.2023.12.rsa").write_bytes(data + b"torn line\r\n")
    output = call("intake", str(tmp_path / "290000017.2023.12.rsa"), "--workspace", str(place), code=1)
    assert "4 lignes lues = 3 acceptées + 1 refusées." in output
    assert "longueur : 1" in output
    assert "quarantine" in output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("query", "casemix-mco", "annee"), "critere=valeur"),
        (("query", "casemix", "annee=2023"), "casemix-mco"),
        (("publish", "rien"), "Il n'y a pas d'édition « rien »"),
        (("build", "--years", "deux"), "2022,2023"),
        (("build",), "sanoscope intake"),
    ],
)
def test_errors_say_what_to_do(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    place = tmp_path / "espace"
    call("init", str(place))
    assert said in call(*words, "--workspace", str(place), code=1)


def test_outside_a_workspace_it_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "sanoscope init" in call("editions", code=1)


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    call("init", str(tmp_path))
    (tmp_path / "sanoscope.toml").write_text("[masquage]\nseuill = 5\n", encoding="utf-8")
    output = call("editions", "--workspace", str(tmp_path), code=1)
    assert "seuill" in output
    assert "seuil" in output
