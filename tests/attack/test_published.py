"""Real tables, published masked cell by cell: what comes back of them."""

from pathlib import Path

from sanoscope.attack.published import attack_mco, attack_smr


def test_three_masked_cells_in_five_of_the_smr_cube_come_back(shared: Path) -> None:
    report = attack_smr(shared / "data" / "published" / "smr_2025_etab_cm_gn_gme.csv.gz")
    assert report.figure("cellules") == 1_327_260
    assert report.figure("cellules masquées") == 101_446
    # measured apart, by another programme: 63,462 exactly (62.6 %), 91.1 % narrowed
    assert report.figure("retrouvées exactement") == 63_462
    assert round(report.figure("part resserrée"), 1) == 91.1
    assert report.figure("sommes contradictoires") == 0


def test_masked_full_and_partial_stays_of_the_mco_maps_come_back(shared: Path) -> None:
    report = attack_mco((shared / "data" / "published" / "mco_cartographie").glob("*.csv"))
    assert report.figure("masques HC et HP retrouvés") > 0.95 * report.figure("masques HC et HP") > 1_000
    assert report.figure("décès de 1 à 10 retrouvés") > 200
    # « 244 = 243 + 1 à 10 »
    assert all(1 <= finding.low <= 10 for finding in report.findings)


def test_a_cube_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "cube.csv"
    file.write_text(
        "finess,cm,gn,gme,nb_journees_total,nb_journees_hc,nb_journees_hp\n"
        "A,01,,,120,100,20\n"
        "A,01,0101,,50,50,0\n"
        "A,01,0102,,70,50,20\n"
        "A,01,0101,0101A,1 à 10,1 à 10,0\n"
        "A,01,0101,0101B,43,43,0\n"
        "A,01,0102,0102A,1 à 10,1 à 10,NA\n"
        "A,01,0102,0102B,NA,NA,NA\n",
        encoding="utf-8",
    )
    report = attack_smr(file)
    assert report.figure("cellules masquées") == 4
    assert {(f.key, f.low) for f in report.findings} == {
        ("A 01 0101 0101A nb_journees_total", 7),
        ("A 01 0101 0101A nb_journees_hc", 7),
    }
