"""A drop folder, a refresh: one edition, published; what stops it leaves the published one as it was."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanoscope.catalogue.load import catalogue
from sanoscope.cli.main import app
from sanoscope.edition import build as building
from sanoscope.edition import publication
from sanoscope.edition.check import Controle
from sanoscope.operate import drop as drops
from sanoscope.operate import journal as journals
from sanoscope.operate import refresh as refreshing
from sanoscope.operate.refresh import rehearse
from sanoscope.operate.report import BLOCKED, DRY, NOTHING, PUBLISHED, STOPPED
from sanoscope.workspace import alone
from tests.operate.small import drop, editions, figures, place, run

REFERENCE = "code_geo,libelle,departement,region\n29000,Quimper,29,53\n"


def test_from_a_drop_folder_to_a_published_edition_once(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    (tmp_path / "depot" / "reference").mkdir()
    (tmp_path / "depot" / "reference" / "geographie.csv").write_text(REFERENCE, encoding="utf-8")
    first = run(workspace)
    assert (first.etat, first.code, first.recus, first.lignes_lues) == (PUBLISHED, 0, 4, 140)
    assert [r.nom for r in first.references] == ["geographie.csv"]
    assert publication.served(workspace.editions) == first.edition
    before = figures(workspace)
    assert [row["journees"] for row in before] == ["200", "150", "350"]
    second = run(workspace)
    assert (second.etat, second.code, second.lus) == (NOTHING, 0, ())
    assert editions(workspace) == [first.edition]
    assert figures(workspace) == before
    drop(tmp_path / "depot", 41)
    third = run(workspace)
    assert (third.etat, third.avant, third.recus, third.connus) == (PUBLISHED, first.edition, 2, 0)
    assert [row["journees"] for row in figures(workspace)] == ["205", "150", "355"]


def test_what_changes_no_figure_builds_nothing_and_what_does_builds(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    run(workspace)
    drop(tmp_path / "depot", 20, month=3)  # an older transmission does not count
    late = run(workspace)
    assert (late.etat, late.recus) == (NOTHING, 2)
    (tmp_path / "depot" / "reference").mkdir()
    (tmp_path / "depot" / "reference" / "geographie.csv").write_text(REFERENCE, encoding="utf-8")
    assert run(workspace).etat == PUBLISHED


def test_without_a_drop_folder_it_says_where_it_is_not(tmp_path: Path) -> None:
    report = run(place(tmp_path))
    assert (report.etat, report.code) == (STOPPED, 1)
    assert "depot-introuvable" in report.motif


def test_an_empty_drop_folder_publishes_nothing(tmp_path: Path) -> None:
    (tmp_path / "depot").mkdir()
    report = run(place(tmp_path))
    assert (report.etat, report.motif) == (NOTHING, "aucune transmission ne compte")


def test_a_blocked_edition_stays_unpublished_until_its_files_or_its_controls_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    first = run(workspace)
    before = figures(workspace)
    drop(tmp_path / "depot", 4)
    with monkeypatch.context() as patched:
        patched.setattr(refreshing, "check", lambda *_: [Controle("rupture", "bloque", "40 → 4")])
        blocked, again = run(workspace), run(workspace)
    assert (blocked.etat, blocked.code) == (again.etat, again.code) == (BLOCKED, 4)
    assert blocked.edition == again.edition != first.edition
    assert publication.served(workspace.editions) == first.edition
    assert figures(workspace) == before
    admitted = run(workspace)
    assert (admitted.etat, admitted.edition) == (PUBLISHED, blocked.edition)
    assert len(editions(workspace)) == 2


def test_what_was_rolled_back_is_not_published_again(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    first = run(workspace)
    drop(tmp_path / "depot", 4)
    second = run(workspace)
    publication.rollback(workspace.editions)
    third = run(workspace)
    assert third.etat == NOTHING
    assert second.edition in third.motif
    assert publication.served(workspace.editions) == first.edition
    drop(tmp_path / "depot", 42)
    assert run(workspace).etat == PUBLISHED


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    growing = tmp_path / "depot" / "290000017.2023.12.SMR.rha"
    opened = drops.Local.open

    def grow(self: drops.Local, name: str):
        stream = opened(self, name)
        if name == growing.name:
            with growing.open("ab") as more:
                more.write(growing.read_bytes().splitlines(keepends=True)[0])
        return stream

    with monkeypatch.context() as patched:
        patched.setattr(drops.Local, "open", grow)
        report = run(workspace)
    left = {one.nom: one.detail for one in report.laisses}
    assert set(left) == {"290000017.2023.12.SMR.rha", "290000017.2023.12.SMR.ano"}
    assert left[growing.name] == drops.CHANGED
    assert (report.etat, report.code, report.lignes_lues) == (PUBLISHED, 5, 60)
    after = run(workspace)
    assert (after.etat, after.recus, after.lignes_lues) == (PUBLISHED, 2, 41 + 40)


def test_a_clock_set_back_publishes_in_order_and_rolls_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    first = run(workspace)
    before = figures(workspace)

    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None) -> datetime:
            return datetime(2019, 3, 2, tzinfo=tz)

    for module in (building, publication, refreshing):
        monkeypatch.setattr(module, "datetime", Earlier)
    drop(tmp_path / "depot", 40, 33)
    second = run(workspace)
    assert (second.etat, second.edition) == (PUBLISHED, "2019-03-02")
    assert publication.last_protected(workspace.editions) == "2019-03-02"
    assert figures(workspace) != before
    assert publication.rollback(workspace.editions) == first.edition
    assert figures(workspace) == before


def test_an_edition_that_a_killed_refresh_left_altered_is_built_anew(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    first = run(workspace)
    (workspace.editions / publication.POINTER).unlink()
    (workspace.editions / publication.HISTORY).unlink()
    resumed = run(workspace)
    assert (resumed.etat, "puis retirée" in resumed.motif) == (NOTHING, True)
    journals.write(workspace.operations, journals.Journal("publication", first.edition))
    resumed = run(workspace)
    assert (resumed.etat, resumed.edition, resumed.reprise) == (PUBLISHED, first.edition, "publication")
    (workspace.editions / publication.POINTER).unlink()
    (workspace.editions / publication.HISTORY).unlink()
    journals.write(workspace.operations, journals.Journal("publication", first.edition))
    (workspace.editions / first.edition / "ouvert" / "smr.duckdb").write_bytes(b"")
    rebuilt = run(workspace)
    assert rebuilt.etat == PUBLISHED
    assert rebuilt.edition != first.edition


def test_a_purge_that_fails_is_said_and_the_publication_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)

    def full(_: object) -> None:
        raise OSError(28, "NUMEROSECRET")

    with monkeypatch.context() as patched:
        patched.setattr(refreshing.retention, "purge", full)
        report = run(workspace)
    assert (report.etat, report.code) == (PUBLISHED, 5)
    assert [(one.nom, one.detail.split()[0]) for one in report.avis] == [("étape « purge »", "OSError")]
    assert publication.served(workspace.editions) == report.edition
    after = run(workspace)
    assert (after.etat, after.code, after.reprise) == (NOTHING, 0, "purge")


def test_dry_run_says_what_would_be_done_and_writes_nothing(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    there = sorted(tmp_path.rglob("*"))
    report = rehearse(workspace, catalogue())
    assert (report.etat, len(report.lus)) == (DRY, 4)
    assert "seraient reçus" in report.motif
    assert sorted(tmp_path.rglob("*")) == there
    run(workspace)
    assert "rien ne serait construit" in rehearse(workspace, catalogue()).motif


def test_no_report_tells_what_a_file_holds(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    with (tmp_path / "depot" / "290000025.2023.12.SMR.rha").open("ab") as stream:
        stream.write(b"LIGNESECRETE\r\n")
    (tmp_path / "depot" / "reference").mkdir()
    (tmp_path / "depot" / "reference" / "geographie.csv").write_bytes(
        (tmp_path / "depot" / "290000017.2023.12.SMR.ano").read_bytes()
    )
    words = ["refresh", "--effort", "rapide", "--workspace", str(workspace.root)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 5, result.output
    written = [path.read_text(encoding="utf-8") for path in workspace.operations.rglob("*.*") if path.is_file()]
    assert len(written) > 6
    for text in (result.output, *written):
        assert "SECRET" not in text
    told = json.loads((workspace.operations / "rapports" / "dernier.json").read_text(encoding="utf-8"))
    assert {one["nom"] for one in told["refuses"]} == {"290000025.2023.12.SMR.rha", "geographie.csv"}
    assert told["lignes_lues"] == told["lignes_acceptees"] + told["lignes_refusees"]


def test_the_second_of_two_at_once_says_so(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    with alone(workspace.operations, "mise à jour"):
        result = CliRunner().invoke(app, ["refresh", "--workspace", str(workspace.root)])
    assert result.exit_code == 3
    assert "Une autre mise à jour est en cours" in result.output
    assert editions(workspace) == []
