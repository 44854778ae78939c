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
