"""Published tables, replayed as official files and counted again: the truth to the unit, the public table or a mask."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition.build import build
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.intake.receive import receive
from sanoscope.nomenclature.importers import load_path
from sanoscope.present.numbers import Style, cell
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.rounding import rounded
from sanoscope.query.table import State, Table

YEAR, DEPARTEMENTS = 2022, "2A,2B"
PUBLISHED = {
    "sejours": "Nombre de séjoursséances total",
    "sejours_hc": "Nombre de séjours en hospit complète",
    "sejours_hp": "Nombre de séjours en hospit partielle",
    "seances": "Nombre de séances",
    "part_hommes": "Sexe ratio (% homme)",
    "age_moyen": "Age moyen",
    "dms_seances_incluses": "Durée moyenne de séjour",
    "part_deces": "% décès",
}
TRUTH = {"sejours": "total", "sejours_hc": "full", "sejours_hp": "part", "seances": "sessions"}
RATIOS = {
    "part_hommes": ("men", 100, 1),
    "age_moyen": ("ages", 1, 2),
    "dms_seances_incluses": ("days", 1, 2),
    "part_deces": ("dead", 100, 1),
}


def tables(shared: Path) -> list[Path]:
    folder = shared / "data" / "published" / "mco_cartographie"
    return [folder / f"{sector}_{YEAR}_tous_sejours.csv" for sector in ("publics_psph", "prives_oqn")]


@pytest.fixture(scope="module")
def replayed(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[tuple[Edition, ...], dict[str, dict[str, str]]]:
    """The edition made from the replay of the public and private tables, and the truth by FINESS."""
    root = tmp_path_factory.mktemp("rejeu")
    place = workspaces.create(root / "espace")
    truth: dict[str, dict[str, str]] = {}
    for number, table in enumerate(tables(shared)):
        out = root / str(number)
        options = ["--year", str(YEAR), "--departments", DEPARTEMENTS]
        subprocess.run([sys.executable, str(shared / "replay.py"), str(table), str(out), *options], check=True)
        truth |= {row["finess"]: row for row in csv.DictReader((out / "truth.csv").open(encoding="utf-8"))}
        load_path(table, place.reference)
        assert receive(place, [out / "raw"]).clean
    build(place, catalogue(), name="rejeu", care=QUICK)
    editions = tuple(open_edition(place.editions, "rejeu", settings=place.settings, public=p) for p in (False, True))
    return editions, truth


def ask(editions: tuple[Edition, ...], scope: Scope) -> Table:
    edition = editions[scope.masked]
    query = parse([("annee", str(YEAR))], catalogue().restitution("cartographie-activite-mco"), edition, scope)
    return answer(query, scope, catalogue(), edition)


def test_the_secure_table_is_the_truth(replayed: tuple[tuple[Edition, ...], dict[str, dict[str, str]]]) -> None:
    edition, truth = replayed
    table = ask(edition, SECURE)
    finess = table.labels[0].values
    assert set(finess) - {""} == set(truth)
    for figure in table.figures:
        for row, code in enumerate(finess):
            if not code:
                continue
            if figure.name in TRUTH:
                assert figure.values[row] == int(truth[code][TRUTH[figure.name]]), (figure.name, code)
            else:
                column, factor, decimals = RATIOS[figure.name]
                expected = round(factor * int(truth[code][column]) / int(truth[code]["lines"]), decimals)
                assert rounded(figure, row) == expected, (figure.name, code)


def test_the_open_table_is_the_published_one_or_masked(
    shared: Path, replayed: tuple[tuple[Edition, ...], dict[str, dict[str, str]]]
) -> None:
    edition, _ = replayed
    table = ask(edition, OPEN)
    published = {
        row["Finess"]: row for path in tables(shared) for row in csv.DictReader(path.open(encoding="utf-8-sig"))
    }
    masked = 0
    for figure in table.figures:
        for row, code in enumerate(table.labels[0].values):
            if not code:
                continue
            seen = (
                published[code][PUBLISHED[figure.name]].removesuffix(" %").replace("\u202f", " ").replace("\xa0", " ")
            )
            if figure.states[row] is not State.EXACT:
                masked += 1
                continue
            assert seen not in ("1 à 10", "NA"), f"{code} {figure.name} : masqué à la publication, montré ici"
            assert cell(figure, row, Style(group=" ")) == seen, f"{code} {figure.name}"
    assert masked < len(table) * len(table.figures), "tout masquer n'est pas publier"
