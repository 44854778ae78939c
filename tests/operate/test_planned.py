"""``calendrier.csv``: what is announced, and that no line that cannot be read is passed over in silence."""

import os
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanoscope.catalogue.load import catalogue
from sanoscope.cli.main import app
from sanoscope.operate.planned import LONGEST, Planned, calendar
from sanoscope.operate.report import PUBLISHED
from sanoscope.workspace import Workspace
from tests.operate.small import drop, place, run

HEADER = "date,quoi,restitution,champ\n"


def written(workspace: Workspace, text: str | bytes) -> None:
    workspace.calendar.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))


def test_lines_are_read_the_soonest_first_whatever_the_order_of_columns(workspace: Workspace) -> None:
    written(workspace, '\ufeffquoi,date,champ,restitution\r\n"SMR, 2025",2026-09-01,SMR,\r\n\r\nTout,2026-05-02,,\r\n')
    found = calendar(workspace, catalogue())
    assert found.faults == ()
    assert found.planned == (
        Planned(date(2026, 5, 2), "Tout"),
        Planned(date(2026, 9, 1), "SMR, 2025", champ="smr"),
    )
    written(workspace, "date,quoi\n2026-05-02,Tout\n")  # what it is about may be left out
    assert calendar(workspace, catalogue()).planned == found.planned[:1]
    assert found.since(date(2026, 5, 3)) == found.planned[1:]


def test_what_it_is_about_says_which_restitutions_it_concerns(workspace: Workspace) -> None:
    written(workspace, f"{HEADER}2026-05-02,tout,,\n2026-05-03,un,casemix-mco,\n2026-05-04,champ,,had\n")
    found, books = calendar(workspace, catalogue()), catalogue()
    for slug, expected in {
        "casemix-mco": ["tout", "un"],
        "casemix-had": ["tout", "champ"],
        "casemix-psy": ["tout"],
    }.items():
        assert [one.what for one in found.about([books.restitutions[slug]]).planned] == expected


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("02/05/2026,x,,", "ligne 3 : « 02/05/2026 » n'est pas une date (AAAA-MM-JJ)"),
        ("20260502,x,,", "« 20260502 » n'est pas une date"),
        ("2026-02-30,x,,", "« 2026-02-30 » n'est pas une date"),
        (",x,,", "«  » n'est pas une date"),
        ("2026-05-02,,,", f"de 1 à {LONGEST} caractères"),
        (f"2026-05-02,{'x' * (LONGEST + 1)},,", f"de 1 à {LONGEST} caractères"),
        ("2026-05-02,x,casemix,", "il n'y a pas de restitution « casemix »"),
        ("2026-05-02,x,,chirurgie", "il n'y a pas de champ « chirurgie » ; sont admis : "),
        ("2026-05-02,x,casemix-mco,mco", "une restitution ou un champ, pas les deux"),
        ("2026-05-02,x", "2 valeurs pour 4 colonnes"),
        ("2026-05-02,un, deux,,", "5 valeurs pour 4 colonnes"),
        ("2026-01-01,bonne,,", "elle est déjà plus haut"),
        ('2026-05-02,"x,,', "un guillemet n'est pas fermé"),
    ],
)
def test_a_bad_line_is_said_and_the_others_are_kept(workspace: Workspace, line: str, why: str) -> None:
    written(workspace, f"{HEADER}2026-01-01,bonne,,\n{line}\n")
    found = calendar(workspace, catalogue())
    assert found.planned == (Planned(date(2026, 1, 1), "bonne"),)
    (fault,) = found.faults
    assert fault.startswith("ligne ")
    assert why in fault


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "les colonnes doivent être date, quoi"),
        ("date,titre\n2026-01-01,x\n", "les colonnes doivent être date, quoi"),
        ("date;quoi\n2026-01-01;x\n", "séparées par des virgules"),
        ("date,quoi,quoi\n2026-01-01,x,x\n", "les colonnes doivent être"),
        (f"{HEADER}2026-01-01,\u00e9t\u00e9,,\n".encode("latin-1"), "ligne 2 : un caractère n'est pas en UTF-8"),
    ],
)
def test_a_bad_file_is_said_whole(workspace: Workspace, text: str | bytes, why: str) -> None:
    written(workspace, text)
    found = calendar(workspace, catalogue())
    assert (found.planned, len(found.faults)) == ((), 1)
    assert why in found.faults[0]


def test_no_file_is_no_fault_and_a_directory_is_one(workspace: Workspace) -> None:
    assert calendar(workspace, catalogue()).faults == ()
    workspace.calendar.mkdir()
    assert calendar(workspace, catalogue()).faults == ("le fichier ne se lit pas (IsADirectoryError)",)


def test_it_is_named_by_what_it_says_alone(workspace: Workspace) -> None:
    written(workspace, f"{HEADER}2026-05-02,x,,\n")
    before = calendar(workspace, catalogue()).planned[0].print
    written(workspace, f"{HEADER}2026-01-01,y,,\n2026-05-02, x ,,\n2026-05-03,x,,\n")
    os.utime(workspace.calendar, (0, 0))
    prints = [one.print for one in calendar(workspace, catalogue()).planned]
    assert prints[1] == before
    assert len(set(prints)) == 3


def test_refresh_and_check_say_what_is_wrong_and_no_edition_depends_on_it(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    written(workspace, f"{HEADER}demain,x,,\n")
    report = run(workspace)
    assert (report.etat, report.code) == (PUBLISHED, 5)
    assert [(one.nom, one.detail) for one in report.avis] == [
        ("calendrier.csv", "ligne 2 : « demain » n'est pas une date (AAAA-MM-JJ)")
    ]
    checked = CliRunner().invoke(app, ["check", report.edition, "--workspace", str(workspace.root)])
    assert "calendrier.csv : ligne 2" in checked.output
    assert checked.exit_code == 0
    written(workspace, f"{HEADER}2026-05-02,x,,\n")
    after = run(workspace)
    assert (after.etat, after.code, after.edition) == ("rien de neuf", 0, report.edition)
