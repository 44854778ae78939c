"""The shipped codes are the official ones; official forms are recognised; unknown codes have their rule."""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from xlsxwriter import Workbook

from sanoscope.errors import InputFileError
from sanoscope.nomenclature.importers import load_path
from sanoscope.nomenclature.places import departement_of_code_geo, departement_of_finess
from sanoscope.nomenclature.reading import read_table
from sanoscope.nomenclature.reference import load_reference
from sanoscope.nomenclature.tables import TABLES

OWN = load_reference(None)


def official(shared: Path) -> dict[str, dict[str, str]]:
    path = shared / "data" / "reference" / "mco_ghm_hierarchy_2025.csv"
    return {row["ghm"]: row for row in csv.DictReader(path.open(encoding="utf-8-sig"), delimiter=";")}


def test_shipped_lists_are_complete() -> None:
    levels = OWN["regroupements"].group_by("niveau").len()
    complete = {"cmd": 28, "aso": 4, "cas": 7, "doac": 27, "gp": 82, "ga": 217}
    assert dict(levels.iter_rows()).items() >= complete.items()
    assert len(OWN["regions"]) == 18
    assert len(OWN["departements"]) == 101
    assert set(OWN["departements"]["region"]) == set(OWN["regions"]["code"])
    assert OWN["ghm"]["racine"].n_unique() >= 200


def test_every_shipped_ghm_has_its_official_label_and_parents(shared: Path) -> None:
    tree = official(shared)
    for row in OWN["ghm"].iter_rows(named=True):
        known = tree[row["ghm"]]
        assert row["libelle"] == " ".join(known["libelle_ghm"].split())
        ours = [row[n] for n in ("racine", "ga", "gp", "doac", "cas", "aso", "cmd")]
        assert ours == [known[n] for n in ("racine", "ga", "gp", "da", "cas_deduit", "aso", "cmd")]


def test_every_shipped_label_is_the_official_one(shared: Path) -> None:
    tree = official(shared).values()
    for level, code, label in (("doac", "da", "libelle_da"), ("gp", "gp", "libelle_gp"), ("ga", "ga", "libelle_ga")):
        known = {(row[code], " ".join(row[label].split())) for row in tree}
        assert set(OWN.labels(level).items()) - {("?", "Inconnu")} <= known
    path = shared / "data" / "reference" / "nomensland" / "ghm_rghm_regroupement.json.gz"
    rows = json.loads(gzip.decompress(path.read_bytes()))
    roots = {row["racine"]: " ".join(row["libelle_racine"].split()) for row in rows if row["anseqta"] == "2025"}
    ours = {code: label for code, label in OWN.labels("racine").items() if code != "?"}
    assert ours == {code: roots[code] for code in ours}


FORMS = [
    ("reference/nomensland/ghm_ghm_regroupement.json.gz", {"ghm": 36363}),
    ("reference/nomensland/ghm_rghm_regroupement.json.gz", {"regroupements": 9376}),
    ("reference/mco_ghm_hierarchy_2025.csv", {"ghm": 2639}),
    ("reference/geo_commune_codegeo_ts_2019.csv", {"geographie": 5707}),
    ("reference/nomensland/codes_geo_com_ts_corresp.json.gz", {"geographie": 5707}),
    ("reference/finess_2023.xlsx", {"etablissements": 3974}),
    ("reference/insee_population/estim-pop-dep-sexe-aq-1975-2021.xlsx", {"population": 185848}),
    ("published/mco_cartographie/publics_psph_2022_tous_sejours.csv", {"etablissements": 779}),
]


@pytest.mark.parametrize(("path", "rows"), FORMS, ids=lambda v: Path(v).name if isinstance(v, str) else "")
def test_official_forms_are_recognised(shared: Path, tmp_path: Path, path: str, rows: dict[str, int]) -> None:
    (report,) = load_path(shared / "data" / path, tmp_path)
    assert report.error == ""
    assert report.rows.items() >= rows.items()
    for name in report.rows:
        assert len(read_table(TABLES[name], tmp_path / f"{name}.csv")) == report.rows[name]


def test_an_atih_workbook_is_recognised_by_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "regroupements.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet("GHM")
        header = [
            "ghm",
            "libelle_ghm",
            "aso",
            "da",
            "libelle_da",
            "gp_cas",
            "libelle_gp_cas",
            "ga",
            "libelle_ga",
            "anseqta",
        ]
        values = ["01C031", "Craniotomies, niveau 1", "C", "D05", "Nerveux", "C02", "Rachis", "G043", "SNC", 2026]
        for row, line in enumerate([header, values]):
            sheet.write_row(row, 0, line)
    (report,) = load_path(path, tmp_path / "reference")
    assert report.rows["ghm"] == 1
    loaded = load_reference(tmp_path / "reference")
    assert loaded.version("ghm", 2026) == 2026
    assert loaded.tree("ghm", [2026])["cas"].to_list() == ["C"]


def test_population_adds_up_to_the_country(shared: Path, tmp_path: Path) -> None:
    load_path(shared / "data/reference/insee_population/estim-pop-dep-sexe-aq-1975-2021.xlsx", tmp_path)
    people = load_reference(tmp_path)["population"].filter(pl.col("annee") == 2020)
    assert people["population"].sum() == 65_123_843 + 2_163_398  # métropole et DOM, lus dans le classeur


def test_a_year_without_a_version_takes_the_nearest_earlier_else_later() -> None:
    ghm = OWN["ghm"].head(1)
    versions = pl.concat([ghm.with_columns(annee=pl.lit(y, pl.Int64)) for y in (2015, 2020)])
    some = replace(OWN, tables={**OWN.tables, "ghm": versions})
    assert [some.version("ghm", y) for y in (2012, 2015, 2018, 2020, 2026)] == [2015, 2015, 2015, 2020, 2020]


def test_places_follow_from_codes() -> None:
    codes = ["29000", "2A004", "9A100", "9F200", "97411", "99123", "", "XXXXX"]
    geo = pl.DataFrame({"c": codes}).select(departement_of_code_geo(pl.col("c"))).to_series().to_list()
    assert geo == ["29", "2A", "971", "976", "974", "?", "?", "?"]
    finess = ["290000017", "2A0000014", "970100012", "970462024", "980500003", "999999999"]
    places = pl.DataFrame({"c": finess}).select(departement_of_finess(pl.col("c"))).to_series().to_list()
    assert places[:5] == ["29", "2A", "971", "974", "976"]
    assert places[5] == "?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,libelle\n29,Finistère\n", "colonne absente : region"),
        ("code,libelle,region,chef_lieu\n", "colonne inconnue : chef_lieu"),
        ("code,libelle,region\n29,Finistère,53\n29,Finistère,53\n", "déjà dans la table"),
        ("code,libelle,region\n29,,53\n", "« libelle » est vide"),
        ("code,libelle,region\n29,Finistère\n", "ligne 2 : 2 valeurs pour 3 colonnes"),
    ],
)
def test_a_bad_table_says_where_and_what(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "departements.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFileError, match="departements") as error:
        read_table(TABLES["departements"], path)
    assert words in str(error.value)


def test_loading_twice_replaces_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "etablissements.csv"
    path.write_text("finess,raison_sociale,secteur\n290000017,CHU,public\n", encoding="utf-8")
    directory = tmp_path / "reference"
    load_path(path, directory)
    path.write_text("finess,raison_sociale\n290000017,CHU de Brest\n", encoding="utf-8")
    (report,) = load_path(path, directory)
    assert report.replaced == {"etablissements": 1}
    row = read_table(TABLES["etablissements"], directory / "etablissements.csv").row(0, named=True)
    assert (row["raison_sociale"], row["secteur"]) == ("CHU de Brest", "public")


def test_what_is_not_recognised_is_said(tmp_path: Path) -> None:
    path = tmp_path / "inconnu.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    (report,) = load_path(path, tmp_path / "reference")
    assert "aucune des formes connues" in report.error
    assert not (tmp_path / "reference").exists()
