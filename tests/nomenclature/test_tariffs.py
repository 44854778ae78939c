"""Tariffs: each official form, what is taken of it, what is reported; rows read = rows kept + rows reported."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from sanoscope.nomenclature.importers import LoadReport, load_path, recognise
from sanoscope.nomenclature.importers.tariffs import cents
from sanoscope.nomenclature.reading import read_table
from sanoscope.nomenclature.tables import TABLES

GHS = "GHS-NRO;CMD-COD;DCS-MCO;GHM-NRO;GHS-LIB;SEU-BAS;SEU-HAU;GHS-PRI;EXB-FORFAIT;EXB-JOURNALIER;EXH-PRI;DATE-EFFET"


def load(root: Path, name: str, text: str, codage: str = "utf-8") -> LoadReport:
    path = root / name
    path.write_bytes(text.encode(codage))
    (report,) = load_path(path, root / "reference")
    return report


def rows(root: Path, table: str) -> list[tuple[object, ...]]:
    return read_table(TABLES[table], root / "reference" / f"{table}.csv").rows()


def reported(report: LoadReport) -> dict[str, int]:
    return {one.reason: one.rows for one in (*report.refused, *report.doubts)}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("3 775,10 €", 377510),
        ("3\u202f775,10\u00a0€", 377510),
        ("4 038 \ufffd", 403800),
        ("1 691,00 \u0080", 169100),
        ("4 161,50", 416150),
        ("3753.62", 375362),
        ("0", 0),
        ("1,005", 100),
        ("", None),
        ("gratuit", None),
        ("-3", None),
    ],
)
def test_amounts_are_read_to_the_cent(written: str, read: int | None) -> None:
    assert pl.DataFrame({"a": [written]}).select(cents(pl.col("a"))).item() == read


def test_the_official_file_of_ghs(tmp_path: Path) -> None:
    text = "\r\n".join(
        [
            GHS,
            '22;"01";"C";"01C031";"Craniotomies, âge supérieur";0;11;4000,5;0;0;100,25;"01/03/2024"',
            '25;"01";"C";"01C034";"Craniotomies";12;124;16000;0;400,75;300;"01/03/2024"',
            '9610;"28";"Z";"28Z11Z";"Reconduit";0;0;700;0;0;0;"01/03/2023"',
            '22;"01";"C";"01C031";"Encore";0;11;4000,5;0;0;100,25;"01/03/2024"',
            '23;"01";"C";"01C03";"Pas un GHM";0;11;4000;0;0;100;"01/03/2024"',
            '24;"01";"C";"01C033";"Pas un montant";0;11;néant;0;0;100;"01/03/2024"',
        ]
    )
    report = load(tmp_path, "ghs_pub.csv", text, "latin-1")
    assert report.form.startswith("tarifs des GHS (ATIH")
    assert rows(tmp_path, "tarifs_ghs") == [
        ("public", "0022", "01C031", "2024-03-01", 0, 11, 400050, 0, 0, 10025),
        ("public", "0025", "01C034", "2024-03-01", 12, 124, 1600000, 0, 40075, 30000),
        ("public", "9610", "28Z11Z", "2024-03-01", 0, 0, 70000, 0, 0, 0),
    ]
    assert report.rows["tarifs_ghs"] + sum(reported(report).values()) == 6
    assert report.ignored == ("CMD-COD", "DCS-MCO", "GHS-LIB")
    private = load(tmp_path, "ghs_pri.csv", text, "latin-1")
    assert (private.rows, private.replaced) == ({"tarifs_ghs": 3}, {"tarifs_ghs": 0})
    assert {row[0] for row in rows(tmp_path, "tarifs_ghs")} == {"public", "prive"}


def test_a_file_whose_name_says_no_sector_is_refused(tmp_path: Path) -> None:
    line = '22;"01";"C";"01C031";"Craniotomies";0;11;4000,5;0;0;100,25;"01/03/2024"'
    report = load(tmp_path, "ghs.csv", f"{GHS}\r\n{line}\r\n")
    assert "ne dit pas de quel secteur" in report.error
    assert not (tmp_path / "reference" / "tarifs_ghs.csv").exists()


@pytest.mark.parametrize(("name", "date"), [("sup_pub_20250301.csv", "2025-03-01"), ("sup_pub_2024.csv", "2024-03-01")])
def test_the_official_file_of_supplements(tmp_path: Path, name: str, date: str) -> None:
    report = load(tmp_path, name, "CODE;TARIF\r\nREA;1034,68\r\nstf;503,04\r\nREA;1\r\nSRC;x\r\n")
    assert rows(tmp_path, "tarifs_supplements") == [("public", "REA", date, 103468), ("public", "STF", date, 50304)]
    assert report.rows["tarifs_supplements"] + sum(reported(report).values()) == 4


def test_the_official_file_of_days_at_home(tmp_path: Path) -> None:
    load(tmp_path, "ght_pri.csv", 'GHT-NRO;GHT-LIB;GHT-PRI;DATE-EFFET\r\n1;"GHT1";67,3;"01/01/2026"\r\n')
    assert rows(tmp_path, "tarifs_ght") == [("01", "domicile", "2026-01-01", 6730)]


def test_a_list_by_ghm_gives_both_sectors_and_says_what_it_leaves(tmp_path: Path) -> None:
    text = "GHM;LIBELLE;TARIF PUBLIC;TARIF PRIVE\r\n01C031;Âge;3 775,10 €;1 691,00 €\r\n01C031;Âge;2 032,50 €;\r\n"
    text += "01C032;Âge;6 703,20 €;\r\nTOTAL;;;\r\n"
    report = load(tmp_path, "2022GHMGHS.csv", text, "cp1252")
    assert rows(tmp_path, "tarifs_ghs") == [
        ("prive", "", "01C031", "2022-03-01", None, None, 169100, None, None, None),
        ("public", "", "01C031", "2022-03-01", None, None, 377510, None, None, None),
        ("public", "", "01C032", "2022-03-01", None, None, 670320, None, None, None),
    ]
    assert sorted(reported(report).values()) == [1, 1, 1]


def test_plain_tables_of_gmt_and_coefficients_are_taken(tmp_path: Path) -> None:
    text = "secteur,gme,date_effet,borne_basse,borne_haute,tarif,tarif_zone_basse,tarif_zone_haute\n"
    load(tmp_path, "tarifs_gme.csv", text + "public,0106SB2,2024-03-01,8,56,900000,45000,20000\n")
    assert rows(tmp_path, "tarifs_gme")[0][:4] == ("public", "", "0106SB2", "2024-03-01")
    load(tmp_path, "c.csv", "departement,date_effet,coefficient\n971,2022-03-01,12700\n")
    assert rows(tmp_path, "coefficients_geographiques") == [("971", "2022-03-01", 12700)]


def test_the_published_tariffs_of_ghs_lose_nothing(shared: Path, tmp_path: Path) -> None:
    path = shared / "data/reference/nomensland/tarifs_mco_ghs.json.gz"
    source = json.loads(gzip.decompress(path.read_bytes()))
    (report,) = load_path(path, tmp_path)
    assert report.rows["tarifs_ghs"] + sum(r.rows for r in report.refused) == len(source) == 51451
    read = read_table(TABLES["tarifs_ghs"], tmp_path / "tarifs_ghs.csv")
    assert read["date_effet"].n_unique() == 16
    assert int(read["tarif"].sum()) == sum(round(100 * row["tarif_base"]) for row in source)
    assert read.filter(pl.col("tarif_exb") > 0).height == sum(row["tarif_exb"] > 0 for row in source)


def test_the_published_supplements_and_days_at_home_lose_nothing(shared: Path, tmp_path: Path) -> None:
    of = shared / "data/reference/nomensland"
    (supplements,) = load_path(of / "tarifs_mco_supplements.json.gz", tmp_path)
    assert supplements.rows["tarifs_supplements"] + sum(r.rows for r in supplements.doubts) == 19 * 41
    (days,) = load_path(of / "tarifs_had_ght.json.gz", tmp_path)
    source = json.loads(gzip.decompress((of / "tarifs_had_ght.json.gz").read_bytes()))
    columns = sum(name.startswith("a20") for row in source for name in row)
    assert days.rows["tarifs_ght"] + sum(r.rows for r in days.doubts) == columns == 1240
    read = read_table(TABLES["tarifs_supplements"], tmp_path / "tarifs_supplements.csv")
    assert read.filter(pl.col("supplement") == "REA", pl.col("date_effet") == "2024-03-01")["tarif"].item() == 99682


@pytest.mark.parametrize("year", [2022, 2023, 2024])
def test_the_published_lists_by_ghm_lose_nothing(shared: Path, tmp_path: Path, year: int) -> None:
    """That of 2023 has no accents left: they are not what it is read for."""
    path = shared / f"data/reference/{year}GHMGHS.csv"
    importer = recognise(path)
    assert importer
    assert importer.name == "tarifs par GHM, public et privé"
    (report,) = load_path(path, tmp_path)
    refused = sum(r.rows for r in report.refused)
    lines = [line for line in path.read_bytes().splitlines()[1:] if line.strip(b";\r ")]
    read = read_table(TABLES["tarifs_ghs"], tmp_path / "tarifs_ghs.csv")
    assert read["ghm"].n_unique() + refused == len(lines) == 5671
    assert report.rows["tarifs_ghs"] == 2 * 2629
    assert set(read["date_effet"]) == {f"{year}-03-01"}
