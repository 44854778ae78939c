"""`sanoscope attack`: a verdict for each field, 1 if any does not hold."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanoscope.attack import campaign
from sanoscope.attack.findings import Finding, Report
from sanoscope.attack.world import World
from sanoscope.catalogue.load import catalogue
from sanoscope.cli.audit import open_faces
from sanoscope.cli.main import app
from sanoscope.workspace import Workspace

FIELDS = ("mco", "smr", "had", "psy", "sus", "actes")


def call(place: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["attack", "petite", *words, "--workspace", str(place)])
    return result.exit_code, result.output + result.stderr


def test_one_field_is_attacked(small: Workspace) -> None:
    code, said = call(small.root, "--champ", "sus", "--years", "2022", "--seconds", "60")
    assert code == 0, said
    assert "champ SUS" in said
    assert said.count("Verdict : tient.") == 1


def test_every_field_has_its_verdict_and_one_is_enough_to_fail(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(ask: object, world: World, **how: object) -> Report:
        leak = (Finding("exact", "2022, total, sejours", 3, 3, "sommes"),) if world.face.champ == "had" else ()
        return Report(f"champ {world.face.champ}", leak, ())

    monkeypatch.setattr(campaign, "audit", found)
    code, said = call(small.root)
    assert code == 1
    assert all(f"champ {field}" in said for field in FIELDS)
    assert (said.count("Verdict : tient."), said.count("NE TIENT PAS")) == (5, 1)
    assert call(small.root, "--champ", "smr,psy")[0] == 0


def test_a_field_that_is_not_there_is_an_error(small: Workspace) -> None:
    code, said = call(small.root, "--champ", "urgences")
    assert code == 1
    assert "n'a pas le champ URGENCES" in said


def test_the_largest_field_is_attacked_last(small: Workspace) -> None:
    faces = open_faces(small.editions, "petite", catalogue(), small.settings, years=[2022])
    assert set(faces) == set(FIELDS)
    assert next(iter(faces)) == "smr"
    assert list(faces)[-1] == "mco"


def test_an_edition_of_a_published_source_is_not_ours_to_attack(tmp_path: Path) -> None:
    figures = "nb_journees_total,nb_journees_hc,nb_journees_hp,sexe_ratio,age_moyen,avq_physique,avq_relationnel"
    head = f"finess,raison_sociale,categorie,dep_code,reg_code,periode,cm,gn,gme,{figures},nb_actes_csarr"
    line = "290000017,Hôpital,CH,29,53,2025-12,,,,900,900,0,50%,70.1,8.1,4.2,1.5"
    path = tmp_path / "cube.csv"
    path.write_text(f"{head}\n{line}\n", encoding="utf-8")
    place = str(tmp_path / "espace")
    for words in (
        ["init", place],
        ["intake", str(path), "--source", "smr-2025", "--workspace", place],
        ["build", "--source", "smr-2025", "--name", "petite", "--workspace", place],
    ):
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output + result.stderr
    code, said = call(Path(place))
    assert code == 1
    assert "source publiée" in said
