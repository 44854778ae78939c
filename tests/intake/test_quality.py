"""Files of quality of the HAS: all twelve that we have load, every row and every value, in the states they say."""

from functools import cache
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import catalogue
from sanoscope.errors import InputFileError
from sanoscope.intake.indicators import (
    ENTITIES,
    VALUES,
    StoredIndicators,
    known_as,
    receive_indicators,
    stored_indicators,
)
from sanoscope.intake.receive import receive
from sanoscope.workspace import Workspace
from tests.published import CARE, QUALITY, received

Stored = dict[tuple[str, int], tuple[StoredIndicators, Path]]

FILES = {
    ("esatis48h", 2019): (1152, {"exact": 19930, "indisponible": 5414}),
    ("esatis48h", 2020): (1150, {"exact": 18829, "indisponible": 6471}),
    ("esatisca", 2019): (945, {"exact": 16248, "indisponible": 2652}),
    ("esatisca", 2020): (931, {"exact": 15544, "indisponible": 3076}),
    ("iqss", 2019): (3392, {"exact": 42744, "indisponible": 342, "sans_objet": 112946}),
    ("iqss", 2020): (758, {"exact": 5144, "sans_objet": 162}),
    ("lexique-esatis48h", 2019): (25, {"exact": 25}),
    ("lexique-esatis48h", 2020): (25, {"exact": 25}),
    ("lexique-esatisca", 2019): (23, {"exact": 23}),
    ("lexique-esatisca", 2020): (23, {"exact": 23}),
    ("lexique-iqss", 2019): (49, {"exact": 49}),
    ("lexique-iqss", 2020): (9, {"exact": 9}),
}
"""Rows of each file, and its values by state, as counted by hand from the files."""


@cache
def values(place: Path) -> dict[tuple[str, str], tuple[float | None, str | None, str]]:
    """Return the figure, the text and the state of each indicator of each entity."""
    rows = pl.read_parquet(place / VALUES).join(pl.read_parquet(place / ENTITIES), on="ligne")
    return {
        (one["entite"], one["indicateur"].partition(".")[2]): (one["valeur"], one["texte"], one["etat"])
        for one in rows.iter_rows(named=True)
    }


@pytest.fixture(scope="module")
def stored(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Stored:
    place = workspaces.create(tmp_path_factory.mktemp("has") / "espace")
    folder = shared / "data" / "indicators" / "has"
    report = receive(place, [folder], published=[catalogue().source("qualite-has").attendu])
    assert (len(report.received), report.refused, report.lines) == (12, [], (8482, 8482, 0))
    assert report.clean
    return {(record.table, record.annee): (record, at) for record, at in stored_indicators(place.store)}


def test_every_real_file_loads_whole(stored: Stored) -> None:
    found = {key: (record.lues, record.etats) for key, (record, _) in stored.items()}
    assert found == FILES
    for record, _ in stored.values():
        assert (record.acceptees, record.refusees, record.laissees) == (record.lues, 0, []), record.nom


@pytest.mark.parametrize(
    ("table", "year", "entity", "column", "told"),
    [
        ("esatis48h", 2019, "010000024", "score_all_rea_ajust", (75.09, None, "exact")),
        ("esatis48h", 2019, "010000024", "score_accueil_rea_ajust", (71.36, None, "exact")),
        ("esatis48h", 2019, "010000024", "classement", (None, "B", "exact")),
        ("esatis48h", 2019, "010000024", "participation", (None, "1- Obligatoire", "exact")),
        ("esatis48h", 2019, "450012968", "evolution", (None, None, "indisponible")),
        ("esatis48h", 2020, "010000024", "nb_rep_score_all_rea_ajust", (572.0, None, "exact")),
        ("esatis48h", 2020, "010000024", "evolution", (None, None, "indisponible")),
        ("esatisca", 2020, "010000032", "region", (None, "Auvergne-Rhône-Alpes", "exact")),
        ("iqss", 2019, "170000087", "res_dpa_dtn_had", (72.0, None, "exact")),
        ("iqss", 2019, "170000087", "res_dpa_qls_v2_mco", (5.0, None, "exact")),
        ("iqss", 2019, "170000087", "evol_dpa_dtn_had", (None, None, "sans_objet")),
        ("iqss", 2019, "170000087", "res_dpa_qls_ssr", (None, None, "sans_objet")),
        ("iqss", 2019, "170000087", "evol_ias_icsha_v3_mhs", (None, None, "sans_objet")),
        ("iqss", 2019, "770300010", "ete_ortho_alerte_sup", (1.0, None, "exact")),
        ("iqss", 2020, "640780946", "ete_ortho_ratio_oe", (1.60514510015526, None, "exact")),
        ("lexique-iqss", 2019, "finess_pmsi", "label", (None, "FINESS PMSI de l’établissement", "exact")),
        ("lexique-esatis48h", 2019, "region", "label", (None, "Région", "exact")),
        ("lexique-esatisca", 2020, "Depot", "label", (None, "Dépot d'au moins une adresse mail valide", "exact")),
    ],
)
def test_real_values_are_what_the_files_say(
    stored: Stored,
    table: str,
    year: int,
    entity: str,
    column: str,
    told: tuple[float | None, str | None, str],
) -> None:
    assert values(stored[table, year][1])[entity, column] == told


def test_the_legal_entity_and_the_number_of_the_pmsi_are_kept(
    stored: Stored,
) -> None:
    legal = {
        table: dict(pl.read_parquet(stored[table, 2019][1] / ENTITIES).select("entite", "juridique").iter_rows())
        for table in ("esatis48h", "iqss")
    }
    assert (legal["esatis48h"]["010000024"], legal["iqss"]["170000087"]) == ("010780054", "170023279")


def test_every_measure_is_a_variable_of_the_lexicons(
    stored: Stored,
) -> None:
    """A measure is of a column that its lexicon knows: none is named after nothing."""
    known = {
        (table, code.lower())
        for table in ("esatis48h", "esatisca", "iqss")
        for year in (2019, 2020)
        for code in pl.read_parquet(stored[f"lexique-{table}", year][1] / ENTITIES)["entite"]
    }
    for name, mesure in catalogue().source("qualite-has").mesures.items():
        table, _, column = mesure.de.partition(".")
        assert (table, column) in known, name


def test_words_say_states_and_a_column_of_another_year_has_its_name(workspace: Workspace) -> None:
    assert received(workspace, QUALITY).clean
    places = {(record.table, record.annee): at for record, at in stored_indicators(workspace.store)}
    care = values(places["iqss", 2019])
    assert care["290000108", "ete_ortho_alerte_sup"] == (0.0, None, "exact")
    assert ("290000108", "ete_ortho_alerte_supe") not in care
    assert care["290000116", "classe_ias_icsha_v3_mhs"] == (None, None, "sans_objet")
    assert care["350000019", "res_dpa_qls_v2_mco"] == (None, None, "sans_objet")
    assert care["350000019", "type"] == (None, "Privé", "exact")
    assert values(places["esatis48h", 2018])["290000116", "classement"] == (None, None, "indisponible")


def test_a_workbook_of_another_year_is_read_as_the_csv(workspace: Workspace, tmp_path: Path) -> None:
    header, *rows = (line.split(";") for line in CARE.replace("supe", "sup").splitlines())
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (header, *rows):
        sheet.append(row)
    path = tmp_path / "resultats-iqss-open-data-2021.xlsx"
    book.save(path)
    assert receive(workspace, [path], published=[catalogue().source("qualite-has").attendu]).clean
    ((record, place),) = stored_indicators(workspace.store)
    assert (record.table, record.annee, record.lues) == ("iqss", 2021, 3)
    assert values(place)["290000108", "ete_ortho_ratio_oe"][0] == 1.60514510015526


def test_a_workbook_with_a_column_twice_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("finess", "nom_ES", "type", "TYPE"), ("290000108", "CHU", "a", "b")):
        sheet.append(row)
    path = tmp_path / "resultats-iqss-open-data-2021.xlsx"
    book.save(path)
    file = known_as(path, [catalogue().source("qualite-has").attendu])
    assert file
    with pytest.raises(InputFileError, match="« type » y est deux fois"):
        receive_indicators(workspace, file, "2021-01-01T00:00:00")
