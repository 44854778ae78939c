"""What is taken, what is refused and why: nothing lost, nothing silent, lines read = accepted + refused."""

import csv
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sanoscope.errors import SanoscopeError
from sanoscope.intake.receive import IntakeReport, receive
from sanoscope.intake.store import last_transmissions, stored_files
from sanoscope.workspace import Workspace, alone
from tests.pmsi import ano, rsa, write

F, NAME = "290000017", "290000017.2023.12.rsa"
STAYS = [{"n": 5}, {"ghm": "06K04J", "duree": 0}]


def put(folder: Path, name: str, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


def stays(workspace: Workspace) -> int:
    return sum(pq.read_metadata(p).num_rows for p in workspace.store.glob("mco/*/*/*/rsa-*/sejours*.parquet"))


def reasons(report: IntakeReport) -> dict[str, int]:
    return report.received[0].motifs


def test_a_good_file_is_wholly_taken(workspace: Workspace, tmp_path: Path) -> None:
    report = receive(workspace, [write(tmp_path, NAME, STAYS)])
    assert report.clean
    assert report.lines == (6, 6, 0)
    table = pq.read_table(next(workspace.store.glob("mco/2023/*/12/rsa-*/sejours.parquet")))
    assert table.select(["annee", "ligne", "finess", "ghm", "age_ans", "duree", "code_geo"]).slice(
        4, 2
    ).to_pylist() == [
        {"annee": 2023, "ligne": 5, "finess": F, "ghm": "04M053", "age_ans": 50, "duree": 3, "code_geo": "29000"},
        {"annee": 2023, "ligne": 6, "finess": F, "ghm": "06K04J", "age_ans": 50, "duree": 0, "code_geo": "29000"},
    ]
    units = pq.read_table(next(workspace.store.glob("mco/2023/*/12/rsa-*/unites.parquet")))
    assert units.num_rows == 6
    assert set(units["finess_geo"].to_pylist()) == {F}


def test_the_same_file_twice_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path, NAME, STAYS)
    receive(workspace, [path])
    before = sorted(p.stat().st_mtime_ns for p in workspace.store.rglob("*.parquet"))
    again = receive(workspace, [path])
    assert (len(again.received), len(again.known), again.lines) == (0, 1, (0, 0, 0))
    assert sorted(p.stat().st_mtime_ns for p in workspace.store.rglob("*.parquet")) == before


def test_a_newer_transmission_supersedes_and_the_older_stays(workspace: Workspace, tmp_path: Path) -> None:
    receive(workspace, [write(tmp_path / "1", NAME, [{"n": 5}])])
    receive(workspace, [write(tmp_path / "2", NAME, [{"n": 8}])])
    files = [file for file, _ in stored_files(workspace.store)]
    assert sorted(f.acceptees for f in files) == [5, 8]
    assert [t.fichiers["rsa"].acceptees for t in last_transmissions(files)] == [8]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_any_line_end_will_do(workspace: Workspace, tmp_path: Path, newline: bytes) -> None:
    report = receive(workspace, [put(tmp_path, NAME, rsa(F, 2023, STAYS, newline=newline))])
    assert report.clean
    assert report.lines == (6, 6, 0)


def test_mixed_line_ends_and_no_end_at_the_end(workspace: Workspace, tmp_path: Path) -> None:
    data = b"".join(rsa(F, 2023, [{}], newline=end) for end in (b"\r\n", b"\n", b"\r", b"\r\n"))
    report = receive(workspace, [put(tmp_path, NAME, data[:-2])])
    assert report.clean
    assert report.lines == (4, 4, 0)


def test_bad_lines_go_to_quarantine_one_by_one_with_reason_and_position(workspace: Workspace, tmp_path: Path) -> None:
    good = rsa(F, 2023, [{}], newline=b"")
    bad_age, bad_version, other = bytearray(good), bytearray(good), bytearray(good)
    bad_age[52:55] = b"4X5"
    bad_version[9:12] = b"227"
    other[0:9] = b"350000014"
    month = good[:61] + b"13" + good[63:]
    lines = [
        good,
        bytes(bad_age),
        good[:200],
        bytes(bad_version),
        b"",
        bytes(other),
        month,
        good + b"x",
        good + b"  ",
        good,
    ]
    report = receive(workspace, [put(tmp_path, NAME, b"\r\n".join(lines) + b"\r\n")])
    assert report.lines == (10, 3, 7)
    assert reasons(report) == {
        "ligne-vide": 1,
        "longueur": 2,
        "finess-discordant": 1,
        "non-numerique": 1,
        "mois-invalide": 1,
        "format-discordant": 1,
    }
    assert not report.clean
    kept = csv.DictReader(next(workspace.quarantine.rglob("*.csv")).open(encoding="utf-8"))
    found = {int(row["ligne"]): row for row in kept}
    assert sorted(found) == [2, 3, 4, 5, 6, 7, 8]
    assert (found[2]["motif"], found[2]["position"]) == ("non-numerique", "53")
    assert "age_ans" in found[2]["message"]
    assert found[2]["contenu"] == bytes(bad_age).decode("latin-1")
    assert int(found[2]["octet"]) == len(good) + 2
    assert "celui de 2022" in found[4]["message"]
    assert stays(workspace) == 3


def test_a_torn_file_keeps_its_lines_but_counts_only_for_want_of_better(workspace: Workspace, tmp_path: Path) -> None:
    receive(workspace, [write(tmp_path / "1", NAME, [{"n": 5}])])
    torn = rsa(F, 2023, [{"n": 9}])[:-150]
    report = receive(workspace, [put(tmp_path / "2", NAME, torn)])
    assert report.lines == (9, 8, 1)
    assert report.received[0].tronque
    assert not report.clean
    files = [file for file, _ in stored_files(workspace.store)]
    assert [t.fichiers["rsa"].acceptees for t in last_transmissions(files)] == [5]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        (NAME, b"", "fichier-vide"),
        (NAME, b"\xef\xbb\xbf" + rsa(F, 2023, STAYS), "encodage"),
        (NAME, rsa(F, 2023, STAYS).decode("latin-1").encode("utf-16"), "encodage"),
        (NAME, b"PK\x03\x04" + b"z" * 100, "encodage"),
        ("290000017.2009.12.rsa", rsa(F, 2023, STAYS), "format-annee"),
        ("290000017.2023.13.rsa", rsa(F, 2023, STAYS), "mois-invalide"),
        ("sejours.txt", b"bonjour", "nom-inconnu"),
        ("n_importe_quoi.zip", b"PK", "nom-inconnu"),
        ("290000017.2023.12.05012024101112.out.zip", b"PK\x03\x04tronque", "archive-abimee"),
    ],
)
def test_a_bad_file_is_refused_by_name_and_the_rest_goes_on(
    workspace: Workspace, tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    bad = put(tmp_path / "mauvais", name, data)
    good = write(tmp_path / "bons", "350000014.2023.12.rsa", STAYS)
    report = receive(workspace, [bad, good])
    assert [r.code for r in report.refused] == [code]
    assert name in report.refused[0].message
    assert report.lines == (6, 6, 0)
    assert code in (workspace.quarantine / "fichiers.jsonl").read_text(encoding="utf-8")


def test_archives_are_opened_with_suspicion(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "290000017.2023.12.05012024101112.out.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, rsa(F, 2023, STAYS))
        archive.writestr("290000017.2023.12.ano", ano(F, 2023, STAYS))
        archive.writestr("290000017.2023.12.tra.txt", "suivi")
        archive.writestr("../../etc/290000017.2023.12.rsa", rsa(F, 2023, STAYS))
        archive.writestr("290000017.2023.11.rsa", b"0" * 50_000_000)
        archive.writestr("lisez-moi.md", "?")
    report = receive(workspace, [path])
    assert sorted(r.code for r in report.refused) == ["archive-bombe", "archive-chemin", "nom-inconnu"]
    assert [r.code for r in report.noted] == ["non-lu"]
    assert sorted(f.kind for f in report.received) == ["ano", "rsa"]
    assert {f.instant for f in report.received} == {"2024-01-05T10:11:12+00:00"}
    assert not (tmp_path.parent / "etc").exists()


def test_a_truncated_archive_loses_nothing_else(workspace: Workspace, tmp_path: Path) -> None:
    whole = tmp_path / "290000017.2023.12.05012024101112.out.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(NAME, rsa(F, 2023, [{"n": 200}]))
    data = bytearray(whole.read_bytes())
    data[2000:2100] = b"\x00" * 100  # the content no longer has its checksum
    whole.write_bytes(bytes(data))
    report = receive(workspace, [whole, write(tmp_path / "bons", "350000014.2023.12.rsa", STAYS)])
    assert [r.code for r in report.refused] == ["archive-abimee"]
    assert [f.finess for f in report.received] == ["350000014"]
    assert not list(workspace.store.glob(".en-cours*"))


def test_the_older_of_two_archives_stays_behind(workspace: Workspace, tmp_path: Path) -> None:
    for stamp, n in (("06012024080000", 9), ("05012024080000", 4)):  # the older arrives last
        with zipfile.ZipFile(tmp_path / f"290000017.2023.12.{stamp}.out.zip", "w") as archive:
            archive.writestr(NAME, rsa(F, 2023, [{"n": n}]))
        receive(workspace, [tmp_path / f"290000017.2023.12.{stamp}.out.zip"])
    files = [file for file, _ in stored_files(workspace.store)]
    assert [t.fichiers["rsa"].acceptees for t in last_transmissions(files)] == [9]


def test_chaining_of_an_older_transmission_is_not_used(workspace: Workspace, tmp_path: Path) -> None:
    write(tmp_path / "1", NAME, [{"n": 5}])
    write(tmp_path / "1", "290000017.2023.12.ano", [{"n": 5}])
    receive(workspace, [tmp_path / "1"])
    files = [file for file, _ in stored_files(workspace.store)]
    assert last_transmissions(files)[0].fichiers.get("ano") is not None
    receive(workspace, [write(tmp_path / "2", NAME, [{"n": 6}])])
    files = [file for file, _ in stored_files(workspace.store)]
    assert last_transmissions(files)[0].fichiers.get("ano") is None


def test_a_line_may_be_in_the_layout_of_the_next_year(workspace: Workspace, tmp_path: Path) -> None:
    data = rsa(F, 2023, STAYS)
    report = receive(workspace, [put(tmp_path, "290000017.2022.12.rsa", data)])
    assert report.clean
    assert report.received[0].versions == {"228": 6}
    assert report.received[0].admet("228")


def test_blocks_of_any_size_give_the_same_tables(workspace: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path, NAME, [{"n": 40}, {"ghm": "28Z04Z", "nb_seances": 2, "n": 3}])
    seen = []
    for size in (400, 1000, 5000, 1 << 20):
        place = replace(workspace, root=tmp_path / str(size), settings=replace(workspace.settings, bloc=size))
        assert receive(place, [path]).lines == (43, 43, 0)
        seen.append(pq.read_table(next(place.store.rglob("sejours.parquet"))))
    assert all(table.equals(seen[0]) for table in seen)


def test_two_intakes_do_not_mix_and_a_killed_one_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path, NAME, STAYS)
    with alone(workspace.store, "réception"), pytest.raises(SanoscopeError) as error:
        receive(workspace, [path])
    assert error.value.code == "deja-en-cours"
    (workspace.store / ".en-cours-abandon").mkdir()
    (workspace.quarantine / ".en-cours-abandon.csv").write_text("ligne", encoding="utf-8")
    assert receive(workspace, [path]).clean
    assert not [p for folder in (workspace.store, workspace.quarantine) for p in folder.glob(".en-cours*")]
