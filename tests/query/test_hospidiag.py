"""Hospi Diag: its two files as one source, with nothing lost; groups that an establishment is compared within."""

import io
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import HERE, catalogue, load
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition import publication
from sanoscope.edition.manifest import PUBLIC, read
from sanoscope.edition.published import build_published
from sanoscope.engine.plan import Scan
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.intake.indicators import ENTITIES, VALUES, known_as, stored_indicators
from sanoscope.intake.receive import receive
from sanoscope.present.html import rows
from sanoscope.present.numbers import cell, french
from sanoscope.present.pictures.picture import chart
from sanoscope.query.profile import deciles, tenth
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.published import PERFORMANCE, REGIONAL, received
from tests.web.test_pages import page_cells

SOURCE = "hospi-diag"
CLINICS = ["350000009", "350000019", "350000029"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = workspaces.create(tmp_path_factory.mktemp("hospidiag") / "espace")
    assert received(made, {"hd2022.csv": PERFORMANCE, "pdmreg_2022.csv": REGIONAL}).clean
    build_published(made, catalogue(), SOURCE, name=SOURCE)
    publication.publish(made.editions, SOURCE)
    return made


@pytest.fixture(scope="module")
def service(place: Workspace) -> Service:
    return Service(place, catalogue())


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Workspace:
    """The files of Hospi Diag 2022, received as they are and published, those of both sources."""
    made = workspaces.create(tmp_path_factory.mktemp("hospidiag-reel") / "espace")
    sources = [source.attendu for source in catalogue().sources.values()]
    assert receive(made, [shared / "data" / "indicators" / "hospidiag_2022"], published=sources).clean
    for source in (SOURCE, "hospi-diag-2022"):
        build_published(made, catalogue(), source, name=source)
        publication.publish(made.editions, source)
    return made


def test_the_names_of_its_files_say_which_source_they_are_of() -> None:
    sources = [source.attendu for source in catalogue().sources.values()]
    for name, table in (("hd2022.csv", "hd"), ("hospidiag2016.csv", "hd"), ("pdmreg_2022.csv.gz", "pdmreg")):
        found = known_as(Path(name), sources)
        assert found
        assert (found.source, found.table) == (SOURCE, table)
    assert known_as(Path("pdmza_2022.csv"), sources) is None, "the zones are of the table of market shares"


def test_what_is_said_of_an_establishment_is_kept_with_it(place: Workspace) -> None:
    found = {record.table: at for record, at in stored_indicators(place.store, SOURCE)}
    entities = pl.read_parquet(found["hd"] / ENTITIES).filter(pl.col("entite") == "350000009")
    assert entities.select("categorie", "financement", "champ_pmsi", "taille_mco").row(0) == (
        "PRIVE",
        "TAA",
        "OQN",
        "T2",
    )
    assert pl.read_parquet(found["pdmreg"] / ENTITIES)["zone_regionale"].to_list() == ["53", "53"]
    values = pl.read_parquet(found["hd"] / VALUES)
    assert not values["indicateur"].is_in(["hd.cat", "hd.taa", "hd.rs"]).any()
    assert values.filter(pl.col("texte") == "Cataracte : 3").height == 1, "what has no name is kept as it is written"


def test_two_files_make_one_row_of_an_establishment(service: Service) -> None:
    _, table = service.ask("hospidiag-activite", [("annee", "2022"), ("etablissement", "290000017")], OPEN)
    assert [label.values for label in table.labels] == [("290000017",), ("CHU OUEST",), ("CHR/U",)]
    found = {figure.name: (figure.values[0], figure.states[0].value) for figure in table.figures}
    assert found["pm_medecine"] == (33.3, "exact")
    assert found["utilisation_lits_medecine"] == (88.1, "exact")
    assert found["pm_obstetrique"] == (None, "indisponible"), "« .c » is a word, not a figure"
    assert found["recherche"] == (None, "indisponible")


def test_of_two_columns_the_one_that_says_it_is_read(place: Workspace) -> None:
    edition = Service(place, catalogue()).edition()
    rows = edition.of("mco").engine.run(Scan("publie_finess")).to_pylist()
    said = {row["finess"]: row["marge_brute_hd"] for row in rows}
    assert (said["290000017"], said["350000029"]) == (3.0, 2.0)


# profiles ---------------------------------------------------------------------------------------------------------


def profile(service: Service, *pairs: tuple[str, str]) -> Table:
    return service.ask("hospidiag", [("annee", "2022"), *pairs], OPEN)[1]


def line(table: Table, code: str) -> dict[str, Any]:
    """Return a row of a profile by the code of its indicator: texts, and what the page shows of figures."""
    codes = next(label.values for label in table.labels if label.name == "indicateur")
    row = codes.index(code)
    texts = {label.name: label.values[row] for label in table.labels}
    return texts | {figure.name: cell(figure, row) for figure in table.figures}


def test_a_profile_places_an_establishment_among_the_deciles_of_its_category(service: Service) -> None:
    table = profile(service, ("etablissement", "290000025"))
    # the eleven hospitals have 0.900, 0.910 … 1.000: this one is the fifth, over three deciles and at the fourth
    assert line(table, "P1") == {
        "domaine": "Processus",
        "indicateur": "P1",
        "libelle_indicateur": "IP-DMS, médecine (P1)",
        "unite": "",
        "sens": "↓",
        "lecture_290000025": "",
        "valeur_290000025": "0,940",
        "decile_290000025": "4",
        "d1_ch": "0,910",
        "d2_ch": "0,920",
        "mediane_ch": "0,950",
        "d8_ch": "0,980",
        "d9_ch": "0,990",
        "nombre_ch": "11",
    }
    none = line(table, "A1bis")
    shown = ("valeur_290000025", "decile_290000025", "d1_ch", "nombre_ch")
    assert [none[name] for name in shown] == ["2,1", "…", "…", "1"]
    domains = list(dict.fromkeys(table.labels[0].values))
    assert domains == ["Activité", "Processus", "Qualité", "Ressources humaines", "Finances"]
    assert table.labels[2].values[table.labels[0].values.index("Qualité")] == "Aucun indicateur publié"
    assert any("sans aucune valeur cette année" in note for note in table.notes)


def test_several_are_side_by_side_each_with_its_group(service: Service) -> None:
    table = profile(service, ("panier", "220000000,290000017,350000009"))
    row = line(table, "P12")
    assert (row["valeur_220000000"], row["decile_220000000"], row["lecture_220000000"]) == ("30,25", "1", "défavorable")
    assert (row["valeur_290000017"], row["decile_290000017"], row["nombre_chru"]) == ("40,25", "…", "1")
    assert (row["valeur_350000009"], row["mediane_prive"], row["nombre_prive"]) == ("70,00", "…", "3")
    by_funding = line(profile(service, ("panier", "290000017,350000009"), ("regroupement", "financement")), "P12")
    shown = ("decile_290000017", "decile_350000009", "nombre_taa")
    assert [by_funding[name] for name in shown] == ["8", "9", "15"]
    by_size = line(profile(service, ("etablissement", "350000009"), ("regroupement", "taille_mco")), "P12")
    assert by_size["nombre_t2"] == "8"


def test_less_is_better_where_the_source_says_so(service: Service) -> None:
    row = line(profile(service, ("etablissement", "220000010")), "RH8")
    assert (row["valeur_220000010"], row["decile_220000010"], row["sens"], row["lecture_220000010"]) == (
        "2,1",
        "1",
        "↓",
        "favorable",
    )


@pytest.mark.parametrize(
    ("pairs", "code", "criterion"),
    [
        ([], "trop-long", "etablissement"),
        ([("panier", ",".join([f"22000{n:04d}" for n in range(4)] + CLINICS))], "trop-long", "panier"),
        ([("etablissement", "290000025"), ("categorie", "CH")], "combinaison", "categorie"),
        ([("etablissement", "290000025"), ("comparer", "france")], "sans-comparaison", ""),
        ([("etablissement", "290000025"), ("regroupement", "ghm")], "valeur-inconnue", "regroupement"),
    ],
)
def test_a_profile_is_of_one_establishment_or_a_few(
    pairs: list[tuple[str, str]], code: str, criterion: str, service: Service
) -> None:
    with pytest.raises(CriterionError) as refused:
        profile(service, *pairs)
    assert (refused.value.code, refused.value.criterion) == (code, criterion)


def test_a_profile_is_answered_by_every_face(place: Workspace, service: Service) -> None:
    client, criteria = TestClient(create_app(place)), "annee=2022&etablissement=290000025"
    shown = page_cells(client.get(f"/restitutions/hospidiag?{criteria}").text)
    table = profile(service, ("etablissement", "290000025"))
    assert [[c.text for c in row.cells] for row in rows(table)] == shown
    english = page_cells(client.get(f"/en/restitutions/hospidiag?{criteria}").text)
    assert english[0][0] == "Activity"
    data = f"/api/v1/restitutions/hospidiag/donnees?{criteria}&format="
    (told,) = (one for one in client.get(data + "json").json()["lignes"] if one["indicateur"] == "P1")
    assert (told["valeur_290000025"], told["valeur_290000025_etat"], told["d1_ch"]) == (0.94, "exact", 0.91)
    written = client.get(data + "csv-fr").content.decode("utf-8-sig").splitlines()
    assert "Processus;P1;IP-DMS, médecine (P1);;↓;;0,940;4;0,910;0,920;0,950;0,980;0,990;11" in written
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(data + "xlsx").content)).worksheets[0]
    found = next(row for row in sheet.iter_rows() if row[1].value == "P1")
    assert (found[6].value, found[6].number_format, found[7].value) == (0.94, "#,##0.000", 4)
    sorted_ = page_cells(client.get(f"/restitutions/hospidiag?{criteria}&tri=-valeur_290000025").text)
    assert sorted(map(tuple, sorted_)) == sorted(map(tuple, shown)), "each figure keeps its own decimals"


def test_the_radar_is_of_the_mean_places_of_each_domain(service: Service) -> None:
    table = profile(service, ("panier", "220000000,220000010"))
    drawn = chart(table, catalogue().restitution("hospidiag"))
    # the lowest: beds 1; IP-DMS, less is better, 10 and day surgery 1; absence, the highest, 1; margin 1
    means = {figure.name: figure.values for figure in drawn.behind.figures}
    assert drawn.behind.labels[0].values == ("Activité", "Processus", "Qualité", "Ressources humaines", "Finances")
    assert means["moyenne_220000000"] == (1.0, 5.5, None, 1.0, 1.0)
    assert means["indicateurs_220000000"] == (1, 2, 0, 1, 1)
    assert means["moyenne_220000010"] == (10.0, 5.5, None, 10.0, 10.0)
    assert "CH 0. Activité : 1,0, Processus : 5,5, Qualité (non publié)" in drawn.description
    points = next(layer["data"]["values"] for layer in drawn.spec["layer"] if layer["mark"].get("type") == "point")
    top = next(one for one in points if one["serie"] == "CH 10" and one["domaine"] == "Activité")
    assert (top["x"], top["y"]) == (0.0, 10.0)


def test_the_radar_is_drawn_in_both_languages_and_themes(place: Workspace) -> None:
    client, criteria = TestClient(create_app(place)), "annee=2022&etablissement=290000025"
    for prefix, theme, said in (("", "clair", "Qualité (non publié)"), ("/en", "sombre", "Quality (not published)")):
        answer = client.get(f"{prefix}/restitutions/hospidiag/graphique.svg?{criteria}&theme={theme}")
        assert answer.status_code == 200
        assert said in answer.text.partition("</desc>")[2], "on the axis"
        assert said in answer.text.partition("</desc>")[0], "and in words"
    page = client.get(f"/restitutions/hospidiag?{criteria}").text
    assert "L'image en mots et en chiffres" in unescape(page)
    assert "Position moyenne, CH 4" in unescape(page)
    alone = client.get("/restitutions/hospidiag?annee=2022&etablissement=290000017").text
    assert "il n'y a rien à dessiner" in unescape(alone), "no decile in a group of one"


def test_two_that_are_called_the_same_are_told_apart(service: Service) -> None:
    table = profile(service, ("panier", "220000000,220000010"))
    same = tuple(replace(f, title="CH") if f.name.startswith("valeur_") else f for f in table.figures)
    drawn = chart(replace(table, figures=same), catalogue().restitution("hospidiag"))
    assert "CH (220000000)." in drawn.description
    assert "CH (220000010)." in drawn.description


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"graphique": {"genre": "radar", "mesure": "ip_dms_medecine"}}, "radar"),
        ({"graphique": {"genre": "barres", "mesure": "ip_dms_medecine"}}, "radar"),
        ({"source": ""}, "profil"),
        ({"criteres": {"annee": "plusieurs", "regroupement": ["categorie"]}}, "une seule année"),
        ({"criteres": {"annee": "une"}}, "groupes de comparaison"),
    ],
)
def test_a_profile_is_declared_whole(changes: dict[str, Any], said: str) -> None:
    good = catalogue().restitution("hospidiag").model_dump(by_alias=True)
    assert Restitution.model_validate(good)
    with pytest.raises(ValidationError, match=said):
        Restitution.model_validate(good | changes)


def test_a_profile_is_made_of_indicators_of_a_domain(tmp_path: Path) -> None:
    copy = shutil.copytree(HERE, tmp_path / "catalogue")
    file = copy / "sources" / "hospi-diag.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    sens: bas\n    domaine: P\n", "    sens: bas\n", 1), encoding="utf-8")
    with pytest.raises(SanoscopeError, match=r"hospidiag.yaml : profil : ip_dms_medecine") as refused:
        load(copy)
    assert refused.value.code == "catalogue-invalide"


@given(st.lists(st.integers(-50, 50).map(lambda n: n / 4), min_size=1, max_size=40))
def test_deciles_are_those_of_a_linear_quantile(figures: list[float]) -> None:
    found = deciles(figures)
    assert np.allclose(found, np.quantile(figures, [k / 10 for k in range(1, 10)], method="linear"))
    places = [tenth(figure, found) for figure in sorted(figures)]
    assert places == sorted(places)
    assert all(1 <= place <= 10 for place in places)
    assert tenth(min(figures), found) == 1


# the real files --------------------------------------------------------------------------------------------------


def test_the_real_files_lose_nothing(real: Workspace, shared: Path) -> None:
    rows = {record.table: (record.lues, record.acceptees) for record, _ in stored_indicators(real.store, SOURCE)}
    assert rows == {"hd": (1_490, 1_490), "pdmreg": (1_505, 1_505)}
    for record, at in stored_indicators(real.store, SOURCE):
        file = pl.read_csv(shared / "data/indicators/hospidiag_2022" / record.nom, infer_schema=False)
        said = {"hd": 9, "pdmreg": 2}[record.table]
        assert sum(record.etats.values()) == len(file) * (file.width - said)
        written = file.select(pl.all().exclude(file.columns[:said]).str.strip_chars().fill_null(""))
        blank = written.select(pl.sum_horizontal(pl.all().str.contains(r"^(\.[a-z])?$").sum())).item()
        assert record.etats["indisponible"] == blank
        values = pl.read_parquet(at / VALUES)
        told = values.filter(pl.col("etat") == "exact")
        assert (told["valeur"].is_null() == told["texte"].is_not_null()).all()
        figures = written.unpivot()["value"].str.replace(",", ".").cast(pl.Float64, strict=False).drop_nulls()
        assert figures.sort().equals(values["valeur"].drop_nulls().sort().alias("value"))
    for source, kept, gone in ((SOURCE, 1_527, 1_468), ("hospi-diag-2022", 28_863, 0)):
        (told,) = read(real.editions / source / PUBLIC).champs["mco"].rapprochement
        assert (told.retenues, sum(told.exclusions.values())) == (kept, gone)
        assert told.lignes == kept + gone


PICKED = [
    ("010008407", "hospidiag-activite", "part_cancer_hd", "7,2"),
    ("010008407", "hospidiag-activite", "severite_34", "9,07"),
    ("010008407", "hospidiag-activite", "entrees_urgences", "61,6"),
    ("010008407", "hospidiag-activite", "utilisation_lits_medecine", "100,8"),
    ("010008407", "hospidiag-activite", "utilisation_lits_obstetrique", "42,7"),
    ("970100228", "hospidiag-activite", "pm_medecine", "33,9"),
    ("970100228", "hospidiag-activite", "pm_obstetrique", "55,8"),
    ("010007987", "hospidiag-activite", "recherche", "…"),
    ("010008407", "hospidiag-processus", "ip_dms_medecine", "0,956"),
    ("010008407", "hospidiag-processus", "ip_dms_obstetrique", "0,923"),
    ("010008407", "hospidiag-processus", "icr_par_salle", "234 229"),
    ("010008407", "hospidiag-processus", "cesariennes_hd", "16,77"),
    ("010008407", "hospidiag-processus", "peridurales", "67,83"),
    ("010008407", "hospidiag-processus", "gestes_marqueurs_hd", "87,79"),
    ("010007300", "hospidiag-processus", "utilisation_places", "274,8"),
    ("010007987", "hospidiag-processus", "ip_dms_chirurgie", "1,418"),
    ("010007987", "hospidiag-processus", "utilisation_places", "…"),
    ("010008407", "hospidiag-ressources-humaines", "accouchements_par_etp", "29"),
    ("010007300", "hospidiag-ressources-humaines", "icr_par_anesthesiste", "31 004,3"),
    ("010008407", "hospidiag-ressources-humaines", "icr_par_chirurgien", "54 779,5"),
    ("010008407", "hospidiag-ressources-humaines", "sages_femmes_par_obstetricien", "5,5"),
    ("010007987", "hospidiag-ressources-humaines", "absenteisme_hd", "7,5"),
    ("010007987", "hospidiag-ressources-humaines", "rotation_hd", "42,8"),
]
"""Read by hand in hd2022.csv and pdmreg_2022.csv, thousands spaced: « … » where they write nothing, or .c."""


def test_figures_picked_by_hand_are_those_of_page_and_api(real: Workspace) -> None:
    client = TestClient(create_app(real))
    for finess, slug, name, written in PICKED:
        criteria = f"annee=2022&etablissement={finess}"
        answer = client.get(f"/api/v1/restitutions/{slug}/donnees?{criteria}&format=json").json()
        (line,) = answer["lignes"]
        plain = written.replace(" ", "").replace(",", ".")
        assert line[name] == (None if written == "…" else float(plain)), (finess, name)
        (row,) = page_cells(client.get(f"/restitutions/{slug}?{criteria}").text)
        place = [column["nom"] for column in answer["colonnes"]].index(name)
        assert row[place].replace("\u202f", " ") == written


def test_the_deciles_of_the_real_hospitals_are_numpy_s(real: Workspace, shared: Path) -> None:
    file = pl.read_csv(shared / "data/indicators/hospidiag_2022/hd2022.csv", infer_schema=False)
    service = Service(real, catalogue())
    figures = {
        code: [
            float(text.strip().replace(",", "."))
            for text in file.filter(pl.col("cat") == "CH")[code].drop_nulls()
            if text.strip() not in ("", ".c", ".z")
        ]
        for code in ("A13", "P1", "P9", "P12", "RH4", "RH8")
    }
    hospitals = ("010007987", "010008407")
    table = profile(service, ("panier", ",".join(hospitals)))
    for code, every in figures.items():
        row = line(table, code)
        wanted = np.quantile(every, (0.1, 0.2, 0.5, 0.8, 0.9))
        digits = next(f.digits for f in table.figures if f.name == "d1_ch")[table.labels[1].values.index(code)]
        assert [row[f"{name}_ch"] for name in ("d1", "d2", "mediane", "d8", "d9")] == [
            french(round(float(one), digits), digits) for one in wanted
        ], code
        assert row["nombre_ch"] == str(len(every))
        among = np.quantile(every, [k / 10 for k in range(1, 10)])
        for finess in hospitals:
            written = row[f"valeur_{finess}"].replace("\u202f", "").replace(",", ".")
            place = str(1 + sum(float(written) > one for one in among)) if written != "…" else "…"
            assert row[f"decile_{finess}"] == place, (code, finess)
