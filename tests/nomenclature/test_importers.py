"""What each importer takes of its form, what it refuses, and that nothing passes in silence."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook

from sanoscope.errors import InputFileError
from sanoscope.nomenclature.importers import load_path, recognise
from sanoscope.nomenclature.reading import read_table
from sanoscope.nomenclature.reference import load_reference
from sanoscope.nomenclature.tables import TABLES


def written(directory: Path, table: str) -> pl.DataFrame:
    return read_table(TABLES[table], directory / f"{table}.csv")


def test_an_atih_workbook_has_its_header_under_a_title_and_its_year_in_its_name(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.create_sheet("GHM")
    for line in (
        ["Regroupements des GHM", None],
        [],
        ["Version 2024", None],
        ["GHM ", "Libellé GHM", "ASO", "DA", "Libellé DA", "GP_CAS", "Libellé GP_CAS", "GA", "Libellé GA"],
        ["01C031", "Craniotomies, niveau 1", "C", "D05", "Nerveux", "C02", "Rachis", "G043", "SNC"],
        ["Total", "", "", "", "", "", "", "", ""],
    ):
        sheet.append(line)
    book.save(tmp_path / "regroupement_ghm_v2024.xlsx")
    (report,) = load_path(tmp_path / "regroupement_ghm_v2024.xlsx", tmp_path / "reference")
    assert report.form == "regroupements des GHM"
    assert [(r.rows, r.reason) for r in report.refused] == [(1, "le code n'est pas celui d'un GHM")]
    assert written(tmp_path / "reference", "ghm").rows() == [
        (2024, "01C031", "Craniotomies, niveau 1", "01C03", "G043", "C02", "D05", "C", "C", "01")
    ]
    book.save(tmp_path / "regroupements.xlsx")
    (report,) = load_path(tmp_path / "regroupements.xlsx", tmp_path / "reference")
    assert "ne dit pas de quelle année" in report.error


def test_cas_follows_the_first_letter_of_gp_and_aso_may_be_unknown(tmp_path: Path) -> None:
    groups = {"C": "C", "K": "PI", "N": "O15", "O": "O14", "S": "S", "X": "X", "Z": "Z", "Y": "?"}
    rows = [
        {"ghm": f"01C0{i}1", "libelle_ghm": "l", "da": "D", "gp_cas": f"{gp}01", "ga": "G", "anseqta": "2012"}
        for i, gp in enumerate(groups)
    ]
    path = tmp_path / "regroupements.json.gz"
    path.write_bytes(gzip.compress(json.dumps(rows).encode()))
    load_path(path, tmp_path / "reference")
    taken = written(tmp_path / "reference", "ghm")
    assert dict(taken.select(pl.col("gp").str.slice(0, 1), "cas").iter_rows()) == groups
    assert set(taken["aso"]) == {"?"}


def test_root_labels_deduced_from_ghm_are_the_official_ones(shared: Path, tmp_path: Path) -> None:
    load_path(shared / "data/reference/mco_ghm_hierarchy_2025.csv", tmp_path / "deduits")
    load_path(shared / "data/reference/nomensland/ghm_rghm_regroupement.json.gz", tmp_path / "officiels")
    deduced = written(tmp_path / "deduits", "regroupements").filter(pl.col("niveau") == "racine")
    official = written(tmp_path / "officiels", "regroupements").filter(pl.col("annee") == 2025)
    other = deduced.join(official, on="code", suffix="_officiel").filter(
        pl.col("libelle") != pl.col("libelle_officiel")
    )
    assert len(deduced) == len(official) == 679
    assert other["code"].to_list() == ["15M14"]  # « 28SA » dans le libellé de ses GHM, « 28 SA » dans le sien


def test_the_insee_workbook_adds_up_to_its_own_totals(shared: Path, tmp_path: Path) -> None:
    path = shared / "data/reference/insee_population/estim-pop-dep-sexe-aq-1975-2021.xlsx"
    (report,) = load_path(path, tmp_path)
    people = written(tmp_path, "population")
    assert set(people["annee"]) == set(range(1975, 2022))
    assert set(people["age"]) == set(range(0, 100, 5))
    assert sum(refused.rows for refused in report.refused) == 72  # 4 départements × 2 sexes × 9 ans, au-delà de 90 ans
    # « Total » de l'Ain (hommes, femmes) et de la France entière, lus dans la feuille 2021
    ain = people.filter((pl.col("annee") == 2021) & (pl.col("departement") == "01"))
    assert ain["population"].sum() == 662_244
    assert people.filter(pl.col("annee") == 2021)["departement"].n_unique() == 101


def test_broad_ages_are_refused_with_the_right_workbook_named(shared: Path, tmp_path: Path) -> None:
    path = shared / "data/reference/insee_population/estim-pop-dep-sexe-gca-1975-2024.xls"
    (report,) = load_path(path, tmp_path)
    assert "grandes classes d'âge" in report.error
    assert "âge quinquennal" in report.error


def test_geographic_codes_have_their_departement_and_region(shared: Path, tmp_path: Path) -> None:
    load_path(shared / "data/reference/geo_commune_codegeo_ts_2019.csv", tmp_path)
    load_path(shared / "data/geo/codepost2020.xlsx", tmp_path)
    places = written(tmp_path, "geographie")
    assert len(places) == 5919
    found = {row["code_geo"]: row for row in places.iter_rows(named=True)}
    brest, saint_denis = found["29200"], found["9D000"]
    assert (brest["libelle"], brest["departement"], brest["region"]) == ("BREST", "29", "53")
    assert brest["territoire"].startswith("53S")  # du premier fichier : le second n'a pas de territoire
    assert (saint_denis["departement"], saint_denis["region"]) == ("974", "04")
    in_france = places.filter(~pl.col("code_geo").str.contains("^(99|9[GHJE])"))
    assert in_france["departement"].n_unique() == 101
    assert set(in_france["region"]) == set(load_reference()["regions"]["code"])


def test_published_tables_give_category_and_sector(shared: Path, tmp_path: Path) -> None:
    reports = load_path(shared / "data/published/mco_cartographie", tmp_path)
    assert [report.error for report in reports] == [""] * 16
    assert {r.reason for report in reports for r in report.refused} == {
        "ligne de total, ou FINESS qui n'a pas 9 caractères",
        "le FINESS est déjà dans la table",
    }
    rows = written(tmp_path, "etablissements")
    assert set(rows["categorie"]) == {"CHR/U", "CH", "CLCC", "PSPH/EBNL", "PRIVE"}
    assert set(rows.filter(pl.col("categorie") == "PRIVE")["secteur"]) == {"prive"}
    mayotte = rows.row(by_predicate=pl.col("finess") == "980500003", named=True)
    assert (mayotte["categorie"], mayotte["departement"], mayotte["region"]) == ("CH", "976", "06")


def test_a_finess_list_leaves_the_sector_of_non_profit_ones_to_who_knows(shared: Path, tmp_path: Path) -> None:
    load_path(shared / "data/published/mco_cartographie", tmp_path)
    before = written(tmp_path, "etablissements").select("finess", "secteur")
    (report,) = load_path(shared / "data/reference/finess_2023.xlsx", tmp_path)
    after = written(tmp_path, "etablissements").select("finess", "secteur")
    changed = before.join(after, on="finess", suffix="_apres").filter(pl.col("secteur") != pl.col("secteur_apres"))
    assert report.replaced["etablissements"] > 800
    assert changed.rows() == []


def test_the_national_extraction_has_no_header_and_keeps_hospitals_only(tmp_path: Path) -> None:
    def structure(finess: str, name: str, kind: str, family: str, pricing: str) -> str:
        cells = ["structureet", finess, "290000017", name, "", *[""] * 7, "019", "29", "FINISTERE"]
        cells += ["29200 BREST", "", "", kind, "libellé", family, "famille", "", "8610Z", pricing, "", "1", ""]
        return ";".join([*cells, "1970-01-01", "1970-01-01", "2024-01-01", ""])

    lines = [
        "finess;etalab;110;2024-05-13",
        structure("290000025", "CH DE L'EXEMPLE", "355", "1102", "03"),
        structure("290000033", 'CLINIQUE "LA MER"', "365", "1110", "07"),
        structure("290000041", "PHARMACIE", "620", "3201", "01"),
        "geolocalisation;290000025;145000.1;6836000.2;1,ATLASANTE,100,IGN;2024-05-13",
    ]
    path = tmp_path / "etalab-cs1100507-stock.csv"
    path.write_bytes("\n".join(lines).encode("latin-1"))
    (report,) = load_path(path, tmp_path / "reference")
    assert report.form == "extraction nationale FINESS (etalab)"
    assert [(r.rows, r.reason) for r in report.refused] == [
        (1, "ligne de géolocalisation"),
        (1, "n'est pas un établissement hospitalier (famille 11)"),
    ]
    taken = written(tmp_path / "reference", "etablissements")
    columns = ["finess", "raison_sociale", "categorie", "secteur", "finess_juridique", "departement", "region"]
    assert taken.select(columns).rows() == [
        ("290000025", "CH DE L'EXEMPLE", "CH", "public", "290000017", "29", "53"),
        ("290000033", 'CLINIQUE "LA MER"', "PRIVE", "prive", "290000017", "29", "53"),
    ]


def test_a_geocoded_extraction_is_taken(shared: Path, tmp_path: Path) -> None:
    (report,) = load_path(shared / "data/reference/finess_geo_mapping_enrichis.json", tmp_path)
    assert (report.form, report.rows) == ("FINESS géolocalisé (JSON)", {"etablissements": 1550})
    assert sum(refused.rows for refused in report.refused) == 18  # entrées sans numéro


@pytest.mark.parametrize("name", ["nomensland/ghm_dms_nationales.json.gz", "nomensland/ccam_regroupement.json.gz"])
def test_a_foreign_list_of_codes_is_not_taken_for_a_plain_table(shared: Path, tmp_path: Path, name: str) -> None:
    assert recognise(shared / "data/reference" / name) is None


def test_a_folder_is_read_through_and_every_file_reported(tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    (folder / "sous-dossier").mkdir(parents=True)
    (folder / "carte.shp").write_bytes(b"\0\0\x27\x0a\0\0")
    (folder / "note.txt").write_text("bonjour", encoding="utf-8")
    (folder / "casse.xlsx").write_bytes(b"PK\x03\x04 tronque")
    (folder / "sous-dossier" / "regions.csv").write_text("code,libelle\n99,Ailleurs\n", encoding="utf-8")
    (folder / "sous-dossier" / "Bassins de vie.csv").write_text(
        "code_geo,zone,libelle_zone\n29000,B1,Cornouaille\n", encoding="utf-8"
    )
    reports = {report.path.name: report for report in load_path(folder, tmp_path / "reference")}
    assert set(reports) == {"carte.shp", "note.txt", "casse.xlsx", "regions.csv", "Bassins de vie.csv"}
    assert [n for n, report in reports.items() if report.error] == ["carte.shp", "casse.xlsx", "note.txt"]
    assert "liste FINESS" in reports["note.txt"].error  # ce qui est reconnu est dit
    assert reports["Bassins de vie.csv"].rows == {"zonages/bassins-de-vie": 1}
    assert load_reference(tmp_path / "reference").label("regions", "99", 2023) == "Ailleurs"


def test_a_wrong_table_leaves_the_workspace_as_it_was(tmp_path: Path) -> None:
    good, reference = tmp_path / "etablissements.csv", tmp_path / "reference"
    good.write_text("finess,raison_sociale\n290000017,CHU\n", encoding="utf-8")
    load_path(good, reference)
    before = (reference / "etablissements.csv").read_bytes()
    good.write_text("finess,raison_social\n290000017,CHU\n", encoding="utf-8")
    (report,) = load_path(good, reference)
    assert "colonne absente : raison_sociale" in report.error
    assert (reference / "etablissements.csv").read_bytes() == before
    assert [path.name for path in reference.iterdir()] == ["etablissements.csv"]


NO_END = ("finess,raison_sociale\r290000017,CHU\r", "annee\x0cgme,libelle,2025", "finess\x1ca,b")


@pytest.mark.parametrize("text", NO_END)
def test_what_is_no_end_of_a_line_breaks_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode())
    (report,) = load_path(path, tmp_path / "reference")
    assert report.error
    assert not report.rows


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="n'existe pas"):
        recognise(tmp_path / "absent.csv")
