"""The synthetic country: whole, plausible, the same every time, readable by intake."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from sanoscope import workspace as workspaces
from sanoscope.demo.country import CATEGORIES
from sanoscope.demo.files import DemoReport, generate
from sanoscope.intake.receive import receive


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport]:
    root = tmp_path_factory.mktemp("demo")
    return root, generate(root, lines=30_000, processes=2)


def prints(root: Path) -> dict[str, str]:
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def test_it_is_the_same_whatever_the_number_of_processes(made: tuple[Path, DemoReport], tmp_path: Path) -> None:
    generate(tmp_path, lines=30_000, processes=1)
    assert prints(tmp_path) == prints(made[0])


def test_every_departement_has_every_category_and_every_name_is_fictional(made: tuple[Path, DemoReport]) -> None:
    rows = pl.read_csv(made[0] / "reference" / "etablissements.csv", infer_schema=False)
    by_departement = rows.group_by("departement").agg(pl.col("categorie").unique())
    assert len(by_departement) == 101
    assert all(set(kinds) == set(CATEGORIES) for kinds in by_departement["categorie"])
    assert rows["raison_sociale"].str.contains("fictif").all()
    assert rows["finess"].n_unique() == len(rows)
    population = pl.read_csv(made[0] / "reference" / "population.csv", schema_overrides={"code_geo": pl.String})
    assert 60e6 < population.filter(pl.col("annee") == 2022)["population"].sum() < 75e6


def test_intake_takes_every_line_and_the_activity_is_plausible(made: tuple[Path, DemoReport], tmp_path: Path) -> None:
    root, report = made
    assert report.lines >= 30_000
    place = workspaces.create(tmp_path / "espace")
    received = receive(place, [root / "fichiers"])
    assert received.clean
    assert sum(f.acceptees for f in received.received if f.kind == "rsa") >= report.lines
    names = ["ghm", "duree", "sexe", "age_ans", "mode_sortie"]
    stays = pl.concat([pl.read_parquet(p, columns=names) for p in place.store.rglob("sejours.parquet")])
    session = stays["ghm"].str.starts_with("28")
    assert 0.2 < session.mean() < 0.5
    assert stays.filter(session)["duree"].sum() == 0
    hospital = stays.filter(~session)
    assert 0.35 < (hospital["duree"] == 0).mean() < 0.7
    assert 1 < hospital["duree"].mean() < 5
    assert 0.005 < (hospital["mode_sortie"] == "9").mean() < 0.03
    assert stays.filter(pl.col("ghm").str.starts_with("14"))["sexe"].unique().to_list() == ["2"]
    assert stays.filter(pl.col("ghm").str.starts_with("15"))["age_ans"].max() == 0
    numbers = ["codes_retour", "numero_anonyme"]
    chaining = pl.concat([pl.read_parquet(p, columns=numbers) for p in place.store.rglob("chainage.parquet")])
    assert 0.005 < (chaining["codes_retour"] != "000000000").mean() < 0.05
    assert 1.1 < len(chaining) / chaining["numero_anonyme"].n_unique() < 4
