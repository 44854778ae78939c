"""Which classification is used for a year, and what becomes of a code that it does not know."""

from pathlib import Path

import polars as pl

from sanoscope.nomenclature.reference import Reference, load_reference

HEADER = "annee,ghm,libelle,racine,ga,gp,doac,cas,aso,cmd\n"


def with_ghm(directory: Path, lines: str) -> Reference:
    (directory / "ghm.csv").write_text(HEADER + lines, encoding="utf-8")
    return load_reference(directory)


def test_the_year_used_is_said(tmp_path: Path) -> None:
    some = with_ghm(tmp_path, "2018,01C031,Craniotomies,01C03,G043,C02,D05,C,C,01\n")
    used = {year: some.codes("ghm").of(year).year for year in (2015, 2018, 2020, 2022, 2023, 2025, 2030)}
    assert used == {2015: 2018, 2018: 2018, 2020: 2018, 2022: 2022, 2023: 2023, 2025: 2025, 2030: 2025}


def test_a_year_said_identical_takes_the_rows_of_the_other_and_its_own(tmp_path: Path) -> None:
    own = load_reference()
    some = with_ghm(tmp_path, "2023,01C039,Essai,01C03,G043,C02,D05,C,C,01\n")
    added = some.codes("ghm").of(2023).table.join(own.codes("ghm").of(2025).table, on="ghm", how="anti")
    assert added["ghm"].to_list() == ["01C039"]
    assert len(some.codes("ghm").of(2023).table) == len(own.codes("ghm").of(2025).table) + 1
    assert set(some.codes("ghm").of(2023).table["annee"]) == {2023}


def test_a_full_table_of_2025_serves_the_years_said_identical(tmp_path: Path) -> None:
    some = with_ghm(tmp_path, "2025,01C999,Essai,01C99,G043,C02,D05,C,C,01\n")
    assert "01C999" in some.codes("ghm").of(2022).table["ghm"]


def test_a_row_of_the_workspace_replaces_that_of_the_package(tmp_path: Path) -> None:
    some = with_ghm(tmp_path, "2025,01C031,Autre libellé,01C03,G043,C02,D05,C,C,01\n")
    assert some.label("ghm", "01C031", 2025) == "Autre libellé"
    assert len(some["ghm"]) == len(load_reference()["ghm"])


def test_the_tree_has_one_row_a_ghm_and_year() -> None:
    own = load_reference()
    tree = own.tree("ghm", [2023, 2026, 2023])
    assert tree.columns == ["annee", "ghm", "racine", "ga", "gp", "doac", "cas", "aso", "cmd"]
    assert tree.select("annee", "ghm").is_unique().all()
    assert set(tree["annee"]) == {2023, 2026}
    assert (own.version("ghm", 2023), own.version("ghm", 2026)) == (2023, 2025)


def test_an_unknown_ghm_is_kept_with_what_its_code_says() -> None:
    pairs = pl.DataFrame({"annee": [2026, 2023], "ghm": ["06K04J", "99X99Z"]})
    assert load_reference().groupings("ghm", pairs).rows() == [
        (2023, "99X99Z", "99X99", "?", "?", "?", "?", "?", "99", 2023, False),
        (2026, "06K04J", "06K04", "G022", "K02", "D01", "PI", "M", "06", 2025, True),
    ]


def test_a_label_is_that_of_the_year_else_of_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "regroupements.csv").write_text(
        "annee,niveau,code,libelle\n2015,doac,D01,Ancien nom\n2015,doac,D99,Disparu\n", encoding="utf-8"
    )
    some = load_reference(tmp_path)
    asked = [("D01", 2010), ("D01", 2020), ("D01", 2022), ("D01", 2025), ("D99", 2025), ("D77", 2025), ("?", 2025)]
    assert [some.label("doac", *question) for question in asked] == [
        "Ancien nom",
        "Ancien nom",
        "Digestif",  # 2022 est dite identique à 2025
        "Digestif",
        "Disparu",
        "Inconnu",
        "Inconnu",
    ]
    assert some.label("departements", "2A", 2025) == "Corse-du-Sud"
    assert some.label("categories", "PRIVE", 2025) == "PRIVÉ"


def test_a_zoning_is_a_file_of_zonages(tmp_path: Path) -> None:
    (tmp_path / "zonages").mkdir()
    (tmp_path / "zonages" / "bassins.csv").write_text(
        "code_geo,zone,libelle_zone\n29000,B1,Cornouaille\n29200,B2,Brest\n", encoding="utf-8"
    )
    some = load_reference(tmp_path)
    assert some["zonages"].rows() == [("bassins", "B1", "Cornouaille", "29000"), ("bassins", "B2", "Brest", "29200")]
    assert "reference/zonages/bassins.csv" in some.fingerprints


def test_departement_and_region_follow_from_codes_when_no_table_says(tmp_path: Path) -> None:
    finess = ["290000017", "2A0000014", "970400024", "980500003", "200200145"]
    rows = load_reference().establishments(pl.DataFrame({"annee": [2023] * 5, "finess": finess}))
    places = {row["finess"]: (row["departement"], row["region"], row["connu"]) for row in rows.iter_rows(named=True)}
    assert places == {
        "290000017": ("29", "53", False),
        "2A0000014": ("2A", "94", False),
        "970400024": ("974", "04", False),
        "980500003": ("976", "06", False),
        "200200145": ("?", "?", False),  # ancien code de la Corse : lequel des deux départements ?
    }
    codes = load_reference().residences(pl.Series(["9F100", "99139", "2B001"]))
    assert codes.select("code_geo", "departement", "region").rows() == [
        ("2B001", "2B", "94"),
        ("99139", "?", "?"),
        ("9F100", "976", "06"),
    ]
