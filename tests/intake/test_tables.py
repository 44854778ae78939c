"""Published tables at intake: known by their columns, every row in the store or in the quarantine, masks kept."""

import csv
import gzip
from pathlib import Path

import polars as pl
import pytest

from sanoscope.catalogue.load import catalogue
from sanoscope.errors import NotFoundError
from sanoscope.intake.receive import IntakeReport, receive
from sanoscope.intake.tables import CELLS, StoredTable, stored_tables
from sanoscope.workspace import Workspace
from tests.published import ACTS, CUBE, HEADER, A, establishments, received


def only(report: IntakeReport) -> StoredTable:
    (table,) = report.received
    assert isinstance(table, StoredTable)
    return table


def refusal(report: IntakeReport) -> tuple[str, str]:
    (one,) = report.refused
    return one.code, one.message


def test_a_table_is_known_by_its_columns_and_every_row_is_a_cell(workspace: Workspace) -> None:
    table = only(received(workspace, {"tableau.csv": CUBE}))
    assert (table.source, table.forme, table.lues, table.acceptees, table.refusees) == ("smr-2025", "cube", 10, 10, 0)
    assert table.niveaux == {"finess": 3, "cm": 4, "gn": 3}
    cells = pl.read_parquet(workspace.store / table.place / CELLS)
    row = cells.row(by_predicate=(pl.col("finess") == "290000025") & (pl.col("niveau") == "finess"), named=True)
    assert (row["journees"], row["journees_etat"]) == (300, "exact")
    assert (row["journees_hc"], row["journees_hc_etat"]) == (None, "indisponible")
    assert (row["journees_hp"], row["journees_hp_etat"]) == (None, "masque")
    assert (row["mois"], row["categorie"]) == (6, "CH")


def test_the_same_bytes_twice_are_one(workspace: Workspace) -> None:
    received(workspace, {"tableau.csv": CUBE})
    again = received(workspace, {"tableau.csv": CUBE})
    assert (len(again.received), len(again.known)) == (0, 1)
    assert len(stored_tables(workspace.store, "smr-2025")) == 1


def test_a_dot_that_covers_zero_is_secret_and_decimal_commas_are_read(workspace: Workspace) -> None:
    table = only(received(workspace, {"open_ccam_24.csv": ACTS}))
    cells = pl.read_parquet(workspace.store / table.place / CELLS)
    assert cells["dms_globale"].to_list() == [0.5, 12.0, 0.0]
    assert cells["sejours_0_nuit"].to_list() == [60, None, 15]
    assert cells["sejours_0_nuit_etat"].to_list() == ["exact", "secret", "exact"]
    assert table.laissees == ["dep", "reg"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{A},03,,,120,100", "colonnes"),
        (f"{A},,,0103A,12,12,0,5%,50,5,5,1", "niveau"),
        ("Total,T,CH,53,29,2025-12,,,,12,12,0,5%,50,5,5,1", "code"),
        (f"{A},3,,,12,12,0,5%,50,5,5,1", "code"),
        ("350000027,D,CH,53,35,2024-12,,,,12,12,0,5%,50,5,5,1", "mois"),
        (f"{A},03,,,1 a 10,0,0,5%,50,5,5,1", "valeur"),
        (f"{A},03,,,-5,0,0,5%,50,5,5,1", "valeur"),
        (f"{A},03,,,12.5,0,0,5%,50,5,5,1", "valeur"),
        (f"{A},01,,,12,12,0,5%,50,5,5,1", "doublon"),
    ],
)
def test_a_row_that_is_not_as_declared_is_refused_whole(workspace: Workspace, row: str, reason: str) -> None:
    report = received(workspace, {"tableau.csv": CUBE + row + "\n"})
    table = only(report)
    assert report.lines == (11, 10, 1)
    assert not report.clean
    assert table.motifs == {reason: 1}
    with (workspace.quarantine / table.place.with_suffix(".csv")).open(encoding="utf-8") as stream:
        (kept,) = csv.DictReader(stream)
    assert (kept["ligne"], kept["motif"], kept["contenu"]) == ("12", reason, row)
    assert kept["message"]


def test_a_last_line_without_an_end_is_refused_and_the_others_are_numbered_as_in_the_file(workspace: Workspace) -> None:
    lines = CUBE.splitlines()
    cut = "\n".join([*lines[:3], "a,b", *lines[3:]])[:-1]
    report = received(workspace, {"tableau.csv": cut})
    assert report.lines == (11, 9, 2)
    with (workspace.quarantine / only(report).place.with_suffix(".csv")).open(encoding="utf-8") as stream:
        kept = [(row["ligne"], row["motif"], row["contenu"]) for row in csv.DictReader(stream)]
    assert kept == [("4", "colonnes", "a,b"), ("12", "coupee", lines[-1][:-1])]


def test_a_torn_archive_is_refused_whole(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "smr_2025.csv.gz"
    file.write_bytes(gzip.compress(CUBE.encode())[:-20])
    source = catalogue().source("smr-2025").attendu
    code, message = refusal(receive(workspace, [file], published=[source], named=True))
    assert code == "fichier-illisible"
    assert "tronquée" in message
    assert not stored_tables(workspace.store, "smr-2025")


def test_a_wrong_file_is_refused_with_the_columns_that_it_should_have(workspace: Workspace) -> None:
    code, message = refusal(received(workspace, {"t.csv": CUBE.replace("sexe_ratio", "sexe")}, source="smr-2025"))
    assert code == "tableau-inconnu"
    assert "sexe_ratio" in message
    code, message = refusal(received(workspace, {"smr.json": establishments("2024")}, source="smr-2025"))
    assert code == "tableau-inconnu"
    report = received(workspace, {"t.csv": "a,b\n1,2\n"})
    assert refusal(report)[0] == "nom-inconnu"


def test_a_column_named_twice_is_refused(workspace: Workspace) -> None:
    first, rest = ACTS.split("\n", 1)
    code, message = refusal(received(workspace, {"open_ccam_24.csv": f"{first};acte\n{rest}"}))
    assert code == "fichier-illisible"
    assert "« acte » y est deux fois" in message


def test_a_file_without_a_row_is_refused(workspace: Workspace) -> None:
    assert refusal(received(workspace, {"t.csv": HEADER + "\n"}))[0] == "tableau-vide"


def test_a_name_that_says_another_year_is_refused_unless_the_source_is_said(workspace: Workspace) -> None:
    code, message = refusal(received(workspace, {"open_ccam_23.csv": ACTS}))
    assert code == "autre-annee"
    assert "2023" in message
    assert only(received(workspace, {"open_ccam_23.csv": ACTS}, source="open-ccam-2024")).acceptees == 3


def test_a_source_that_is_not_known_says_which_are() -> None:
    with pytest.raises(NotFoundError) as error:
        catalogue().source("smr-2024")
    assert "smr-2025" in error.value.allowed


def test_the_real_tables_are_taken_whole(workspace: Workspace, shared: Path) -> None:
    folder = shared / "data" / "published"
    names = ("smr_2025_etab_cm_gn_gme.csv.gz", "smr_2025_total_etablissements_latest.json")
    names += ("open_ccam_24.csv.gz", "mco_2024_diagnostic_principal_national.csv")
    sources = [source.attendu for source in catalogue().sources.values()]
    report = receive(workspace, [folder / name for name in names], published=sources)
    assert report.clean
    # counted apart, with wc and jq: lines without headers, objects
    assert [f.lues for f in report.received] == [442_420, 1_570, 335_399, 11_009]
    for table in report.received:
        assert isinstance(table, StoredTable)
        cells = pl.read_parquet(workspace.store / table.place / CELLS).filter(pl.col("niveau") != "sous-total")
        for name in [column.removesuffix("_etat") for column in cells.columns if column.endswith("_etat")]:
            shown = cells[f"{name}_etat"] == "exact"
            assert cells.filter(~shown)[name].null_count() == (~shown).sum()
            if cells[name].dtype == pl.Int64:  # a count that is shown is 0 or at least 11
                assert cells.filter(shown & pl.col(name).is_between(1, 10)).is_empty()


def test_in_the_real_smr_cube_each_level_adds_up_to_the_one_above(workspace: Workspace, shared: Path) -> None:
    source = catalogue().source("smr-2025").attendu
    file = shared / "data" / "published" / "smr_2025_etab_cm_gn_gme.csv.gz"
    table = only(receive(workspace, [file], published=[source]))
    cells = pl.read_parquet(workspace.store / table.place / CELLS)
    levels = {"finess": ["finess"], "cm": ["finess", "cm"], "gn": ["finess", "cm", "gn"], "gme": [""]}
    compared = 0
    for above, below in zip(levels, list(levels)[1:], strict=False):
        keys = levels[above]
        parts = cells.filter(pl.col("niveau") == below).group_by(keys)
        seen = (pl.col("journees_etat") == "exact").all().alias("vus")
        sums = parts.agg(pl.col("journees").sum().alias("somme"), seen, pl.len().alias("n"))
        both = cells.filter((pl.col("niveau") == above) & (pl.col("journees_etat") == "exact")).join(sums, on=keys)
        whole = both.filter("vus")
        assert whole.filter(pl.col("journees") != pl.col("somme")).is_empty()
        hidden = both.filter(~pl.col("vus"))  # what is masked is between 1 and 10 each
        assert hidden.filter(pl.col("somme") >= pl.col("journees")).is_empty()
        compared += whole.height
    assert compared > 30_000
    parts = pl.col("journees_hc") + pl.col("journees_hp")
    rows = cells.filter(pl.all_horizontal(pl.col("^journees.*_etat$") == "exact"))
    assert rows.height > 380_000
    assert rows.filter(pl.col("journees") != parts).is_empty()
