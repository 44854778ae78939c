"""Files of SMR, HAD and PSY are received as those of MCO; which field a shared extension is of, and on what grounds."""

import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sanoscope.formats.encode import encode
from sanoscope.formats.registry import layout_of, layouts
from sanoscope.intake.decode import MAIN_TABLE
from sanoscope.intake.names import FIELD_OF, SHARED
from sanoscope.intake.receive import receive
from sanoscope.intake.store import last_transmissions, stored_files
from sanoscope.workspace import Workspace

F = "290000017"
MAIN = {"mco": "rsa", "smr": "rha", "had": "rapss", "psy": "rpsa"}
ANO = {FIELD_OF[kind]: kind for kind in SHARED["ano"]}


def lines(kind: str, year: int, count: int = 3) -> bytes:
    """Return lines that say no more than whose they are, but for a last character that is not blank."""
    layout = layout_of(kind, year)
    last = layout.fields[-1]
    columns = {"finess": np.full(count, F), last.name: np.full(count, "0".rjust(last.length))}
    if kind == "rsa":
        columns["mois_sortie"] = np.full(count, "01")
    return encode(layout, columns, count=count)


def put(folder: Path, *files: tuple[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files:
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("champ", MAIN)
@pytest.mark.parametrize("year", [2013, 2015, 2021, 2023])
def test_a_transmission_of_each_field(workspace: Workspace, tmp_path: Path, champ: str, year: int) -> None:
    """The main file says which field the chaining file beside it is of, though several fields may have its length."""
    main, ano = MAIN[champ], ANO[champ]
    folder = put(
        tmp_path / "envoi", (f"{F}.{year}.12.{main}", lines(main, year)), (f"{F}.{year}.12.ano", lines(ano, year))
    )
    report = receive(workspace, [folder])
    assert report.clean, [r.message for r in report.refused]
    assert {file.kind for file in report.received} == {main, ano}
    for kind in (main, ano):
        (path,) = workspace.store.glob(f"{champ}/{year}/{F}/12/{kind}-*/{MAIN_TABLE[kind]}.parquet")
        assert set(pq.read_table(path)["finess"].to_pylist()) == {F}


@pytest.mark.parametrize("champ", MAIN)
def test_an_archive_of_druides_names_its_field(workspace: Workspace, tmp_path: Path, champ: str) -> None:
    path = tmp_path / f"{F}.2023.12.{champ.upper()}.SEJOURS.SEJOURS.20240105101112.out.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{F}.2023.12.ano", lines(ANO[champ], 2023))
    report = receive(workspace, [path])
    assert [file.kind for file in report.received] == [ANO[champ]]


@pytest.mark.parametrize("champ", MAIN)
def test_a_name_may_say_the_field(workspace: Workspace, tmp_path: Path, champ: str) -> None:
    label = "SSR.CHAINAGE" if champ == "smr" else champ.upper()
    folder = put(tmp_path / "envoi", (f"{F}.2015.12.{label}.ano", lines(ANO[champ], 2015)))
    assert [file.kind for file in receive(workspace, [folder]).received] == [ANO[champ]]


@pytest.mark.parametrize(("champ", "year"), [("mco", 2023), ("had", 2023), ("smr", 2018), ("psy", 2017)])
def test_alone_its_length_says_the_field_where_only_one_has_it(
    workspace: Workspace, tmp_path: Path, champ: str, year: int
) -> None:
    folder = put(tmp_path / "envoi", (f"{F}.{year}.12.ano", lines(ANO[champ], year)))
    assert [file.kind for file in receive(workspace, [folder]).received] == [ANO[champ]]


def beside(year: int, *mains: str) -> list[tuple[str, bytes]]:
    return [(f"{F}.{year}.12.{main}", lines(main, year)) for main in mains]


@pytest.mark.parametrize(
    ("why", "year", "kind", "mains"),
    [
        ("SMR and PSY have the same length", 2023, "ano_smr", ()),
        ("all four fields have the same length", 2015, "ano", ()),
        ("two fields are beside it, both of that length", 2023, "ano_psy", ("rha", "rpsa")),
    ],
)
def test_a_file_whose_field_nothing_tells_is_refused_with_what_to_do(
    workspace: Workspace, tmp_path: Path, why: str, year: int, kind: str, mains: tuple[str, ...]
) -> None:
    widths = [v.width for k in SHARED["ano"] for v in layouts(k) if year in v.years]
    assert len(set(widths)) < len(widths), why
    folder = put(tmp_path / "envoi", (f"{F}.{year}.12.ano", lines(kind, year)), *beside(year, *mains))
    report = receive(workspace, [folder])
    assert [r.code for r in report.refused] == ["champ-inconnu"]
    assert f"{F}.{year}.12.SMR.ano" in report.refused[0].message
    assert sorted(file.kind for file in report.received) == sorted(mains)


def test_another_transmission_beside_it_tells_nothing(workspace: Workspace, tmp_path: Path) -> None:
    folder = put(
        tmp_path / "envoi", (f"{F}.2023.12.ano", lines("ano_smr", 2023)), (f"{F}.2023.11.rha", lines("rha", 2023))
    )
    assert [r.code for r in receive(workspace, [folder]).refused] == ["champ-inconnu"]


def test_a_chaining_file_of_another_field_than_its_folder_is_refused_line_by_line(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = put(tmp_path / "envoi", (f"{F}.2023.12.ano", lines("ano", 2023)), *beside(2023, "rha"))
    report = receive(workspace, [folder])
    (ano,) = (file for file in report.received if file.kind == "ano_smr")
    assert (ano.lues, ano.acceptees, ano.motifs) == (3, 0, {"longueur": 3})


def test_a_drug_file_of_psy_has_no_known_format(workspace: Workspace, tmp_path: Path) -> None:
    folder = put(tmp_path / "envoi", (f"{F}.2023.12.med", b"x" * 120 + b"\r\n"), *beside(2023, "rpsa"))
    report = receive(workspace, [folder])
    assert [r.code for r in report.refused] == ["champ-sans-format"]
    assert "PSY" in report.refused[0].message


@pytest.mark.parametrize("champ", ["mco", "smr", "had"])
def test_the_drugs_go_with_the_field_beside_them(workspace: Workspace, tmp_path: Path, champ: str) -> None:
    """All three fields have 120 characters in 2023."""
    kind = f"med_{champ}"
    folder = put(tmp_path / "envoi", (f"{F}.2023.12.med", lines(kind, 2023)), *beside(2023, MAIN[champ]))
    report = receive(workspace, [folder])
    assert report.clean
    assert {file.kind: file.tables for file in report.received}[kind] == {"medicaments": 3}


NEW = ["rha", "rapss", "rpsa", "r3a"]


@pytest.mark.parametrize("kind", NEW)
def test_a_torn_file_counts_only_for_want_of_better(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    name = f"{F}.2023.12.{kind}"
    receive(workspace, [put(tmp_path / "1", (name, lines(kind, 2023, 2)))])
    report = receive(workspace, [put(tmp_path / "2", (name, lines(kind, 2023, 9)[:-30]))])
    assert report.lines == (9, 8, 1)
    assert report.received[0].tronque
    files = [file for file, _ in stored_files(workspace.store, FIELD_OF[kind])]
    (sent,) = last_transmissions(files, (kind,), ())
    assert sent.fichiers[kind].acceptees == 2


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("year", [2018, 2020])
def test_a_file_of_another_year_is_refused_line_by_line(
    workspace: Workspace, tmp_path: Path, kind: str, year: int
) -> None:
    """2023's lines under an older year's name, whose own code nobody published."""
    report = receive(workspace, [put(tmp_path / "envoi", (f"{F}.{year}.12.{kind}", lines(kind, 2023)))])
    (file,) = report.received
    assert (file.acceptees, file.motifs) == (0, {"format-discordant": 3})


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("other", NEW)
def test_a_file_of_another_kind_is_refused_line_by_line(
    workspace: Workspace, tmp_path: Path, kind: str, other: str
) -> None:
    report = receive(workspace, [put(tmp_path / "envoi", (f"{F}.2023.12.{kind}", lines(other, 2023)))])
    (file,) = report.received
    assert (file.acceptees, file.refusees) == ((3, 0) if kind == other else (0, 3))


def test_a_year_that_no_source_describes_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    report = receive(workspace, [put(tmp_path / "envoi", (f"{F}.2026.12.rha", lines("rha", 2025)))])
    assert [r.code for r in report.refused] == ["format-annee"]
    assert "2025" in report.refused[0].message


def test_a_transmission_of_psy_has_two_main_files_each_with_its_own_last(workspace: Workspace, tmp_path: Path) -> None:
    receive(
        workspace, [put(tmp_path / "1", *beside(2023, "rpsa", "r3a"), (f"{F}.2023.12.ano", lines("ano_psy", 2023)))]
    )
    receive(workspace, [put(tmp_path / "2", (f"{F}.2023.12.r3a", lines("r3a", 2023, 7)))])
    files = [file for file, _ in stored_files(workspace.store, "psy")]
    (sent,) = last_transmissions(files, ("rpsa", "r3a"), ("ano_psy",))
    assert (sent.finess, sent.annee, sent.mois) == (F, 2023, 12)
    assert {kind: file.acceptees for kind, file in sent.fichiers.items()} == {"rpsa": 3, "r3a": 7, "ano_psy": 3}
