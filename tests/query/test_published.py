"""Answers of an edition of a published source: its cells as they are, its own masks, totals that are told honestly."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.edition.check import check
from sanoscope.edition.edition import in_memory, open_edition
from sanoscope.edition.published import build_published
from sanoscope.engine.plan import Scan
from sanoscope.errors import CriterionError, NotFoundError, SanoscopeError
from sanoscope.intake.receive import receive
from sanoscope.present.exports import FORMATS
from sanoscope.present.numbers import FRENCH, cell
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.service import Service
from sanoscope.query.table import State, Table
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.published import ACTS, CUBE, establishments, received, small_source
from tests.web.test_english import french_in
from tests.web.test_pages import page_cells

SMR, CCAM, DP = "cartographie-activite-smr", "actes-ccam-par-etablissement", "diagnostics-principaux-mco"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return small_source(tmp_path_factory.mktemp("publie"))


def ask(place: Workspace, slug: str, scope: Scope = OPEN, **criteria: str) -> Table:
    return Service(place, catalogue()).ask(slug, list(criteria.items()), scope)[1]


def seen(table: Table) -> list[list[str]]:
    """Return the rows as they are read: first label, then figures without separators."""
    return [
        [table.labels[0].values[row] or "Total", *(cell(f, row).replace("\u202f", "") for f in table.figures)]
        for row in range(len(table))
    ]


def test_cells_are_shown_as_published_and_the_total_is_the_source_s(place: Workspace) -> None:
    table = ask(place, SMR)
    assert seen(table) == [
        ["290000017", "900", "700", "200", "55,1", "73,12", "10,15", "4,03", "3,38"],
        ["290000025", "300", "…", "1 à 10", "40,0", "60,00", "8,00", "3,00", "1,00"],
        ["350000019", "50", "50", "0", "100,0", "37,00", "5,66", "5,18", "3,05"],
        ["Total", "1250", "1045", "205", "53,0", "70,10", "9,80", "4,00", "2,90"],
    ]
    assert [label.values[1] for label in table.labels] == ["290000025", "HOPITAL B", "CH", "M6"]


def test_without_the_source_s_total_a_total_says_what_its_cells_tell(tmp_path: Path) -> None:
    alone = small_source(tmp_path, total=False)
    # 300 + 900 + 50; HC has a cell that is not there; HP = 200 + 0 + (1 to 10); means are never worked out
    assert seen(ask(alone, SMR))[-1] == ["Total", "1250", "…", "≈ 206", "…", "…", "…", "…", "…"]
    total = ask(alone, SMR).figures[2]
    assert (total.estimates[-1], total.margins[-1]) == (205.5, 4.5)


def test_a_part_of_the_activity_and_a_zone(place: Workspace) -> None:
    assert seen(ask(place, SMR, activite="cm:01", zone="departement:29")) == [
        ["290000017", "900", "700", "200", "55,1", "73,12", "10,15", "4,03", "3,38"],
        ["290000025", "1 à 10", "0", "1 à 10", "…", "…", "…", "…", "…"],
        ["Total", "≈ 906", "700", "≈ 206", "…", "…", "…", "…", "…"],
    ]
    one = seen(ask(place, SMR, activite="cm:02"))
    assert one == [["290000025", "292", "292", "0", "41,0", "61,00", "8,00", "3,00", "1,00"], ["Total", *one[0][1:]]]
    assert seen(ask(place, SMR, etablissement="290000025"))[-1][1:] == seen(ask(place, SMR))[1][1:]
    assert len(ask(place, SMR, secteur="prive")) == 2


def test_a_masked_cell_carries_no_figure_in_any_format(place: Workspace) -> None:
    table = ask(place, SMR, activite="gn:0106")
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].write(table, FRENCH).decode())))
    assert (rows[1]["journees"], rows[1]["journees_etat"]) == ("", "masque")
    assert "1 à 10" in FORMATS["csv-fr"].write(table, FRENCH).decode("utf-8-sig")
    document: dict[str, Any] = json.loads(FORMATS["json"].write(table, FRENCH))
    assert document["lignes"][1]["journees"] is None
    for name in FORMATS:
        assert FORMATS[name].write(table, FRENCH)


def test_both_faces_and_both_engines_answer_alike(place: Workspace) -> None:
    assert seen(ask(place, SMR, SECURE)) == seen(ask(place, SMR))
    edition = open_edition(place.editions, "smr-2025", settings=place.settings, public=True)
    query = parse([("activite", "cm:01")], catalogue().restitution(SMR), edition, OPEN)
    by_duckdb, by_memory = (answer(query, OPEN, catalogue(), e) for e in (edition, in_memory(edition)))
    assert by_duckdb == by_memory


def test_the_answer_says_where_it_comes_from(place: Workspace) -> None:
    said = " ".join(ask(place, SMR).notes)
    for word in ("ATIH", "CC BY-SA 4.0", "12/03/2026", "/methode", "masques sont ceux de la source", "smr-2025"):
        assert word in said
    told = open_edition(place.editions, "smr-2025", settings=place.settings, public=True).manifest.source
    assert told
    assert (told.licence, told.cellules) == ("CC BY-SA 4.0", {"exact": 72, "indisponible": 11, "masque": 5})


def test_what_a_source_does_not_have_is_refused(place: Workspace) -> None:
    for criteria, code in (({"mois": "3"}, "non-publie"), ({"comparer": "france"}, "sans-comparaison")):
        with pytest.raises(CriterionError) as error:
            ask(place, SMR, zone="region:53", **criteria)
        assert error.value.code == code
    with pytest.raises(CriterionError) as error:
        ask(place, CCAM)
    assert error.value.code == "trop-long"
    with pytest.raises(NotFoundError) as other:
        ask(place, "casemix-smr", edition="smr-2025")
    assert other.value.allowed == (SMR,)


def test_each_restitution_is_answered_by_the_edition_that_has_it(place: Workspace) -> None:
    assert publication.served(place.editions) == "smr-2025"
    table = ask(place, CCAM, etablissement="290000017")
    assert table.edition == "open-ccam-2024"
    assert seen(table) == [
        ["290000017", "78", "80", "0,5", "60", "61"],
        ["290000017", "14", "14", "12,0", "s.", "s."],
    ]
    assert "total" not in table.kinds
    assert [row[0] for row in seen(ask(place, CCAM, activite="acte:BAFA0060"))] == ["350000019"]


def test_a_restitution_whose_source_no_edition_has_says_what_to_do(place: Workspace) -> None:
    with pytest.raises(NotFoundError) as error:
        ask(place, DP)
    assert error.value.code == "source-absente"
    assert "mco-diagnostics-2024" in error.value.message
    assert "sanoscope build --source mco-diagnostics-2024" in error.value.todo


def test_the_page_shows_what_the_file_holds(place: Workspace) -> None:
    client = TestClient(create_app(place))
    address = f"/restitutions/{SMR}?annee=2025&activite=cm:01&edition=smr-2025"
    page = client.get(address)
    assert page.status_code == 200
    shown = [[text for text in row if text] for row in page_cells(page.text)]
    assert [row[-8:] for row in shown] == [row[1:] for row in _spaced(ask(place, SMR, activite="cm:01"))]
    assert "CC BY-SA 4.0" in page.text
    data = client.get(f"/api/v1/restitutions/{SMR}/donnees?annee=2025&activite=cm:01&edition=smr-2025").json()
    assert [row["journees"] for row in data["lignes"]] == [900, None, 50, None]


def _spaced(table: Table) -> list[list[str]]:
    return [[""] + [cell(f, row) for f in table.figures] for row in range(len(table))]


PATHS = (
    "/",
    "/editions",
    "/restitutions",
    "/methode/audit",
    "/nouveautes",
    "/calendrier",
    "/paniers",
    "/recherche?q=a",
)


@pytest.mark.parametrize(
    "path",
    [*PATHS, f"/restitutions/{SMR}", f"/restitutions/{SMR}/formulaire?edition=smr-2025", f"/restitutions/{CCAM}"],
)
def test_the_site_stands_on_published_sources_alone(place: Workspace, path: str) -> None:
    client = TestClient(create_app(place))
    for prefix in ("", "/en"):
        assert client.get(prefix + path).status_code == 200


def test_only_what_a_served_edition_answers_is_offered(place: Workspace) -> None:
    client = TestClient(create_app(place))
    for path in ("/restitutions", "/sitemap.xml", "/plan", "/calendrier"):
        page = client.get(path).text
        assert f"/restitutions/{SMR}" in page
        assert f"/restitutions/{CCAM}" in page
        assert DP not in page
        assert "casemix-mco" not in page
    missing = client.get(f"/restitutions/{DP}")
    assert missing.status_code == 404
    assert "sanoscope build --source mco-diagnostics-2024" in missing.text


def test_pages_of_published_sources_are_in_english(place: Workspace) -> None:
    client = TestClient(create_app(place))
    asked = (
        f"{SMR}?annee=2025",
        f"{CCAM}?etablissement=290000017",
        f"{CCAM}/formulaire",
        f"{CCAM}/notice",
    )
    for path in ("/editions", *(f"/restitutions/{address}" for address in asked)):
        answer = client.get(f"/en{path}")
        assert answer.status_code == 200
        assert "\n".join(french_in(answer.text, ["Établissement inconnu"])) == ""


def test_controls_reconcile_and_certify_nothing(place: Workspace) -> None:
    controls = check(place.editions, "smr-2025", catalogue(), place.settings)
    assert [c.bon for c in controls] == [True] * 3
    assert "14 lignes = 11 retenues + 3 exclues" in controls[2].detail
    assert "certifié" in controls[1].detail


def test_files_that_contradict_each_other_build_nothing(workspace: Workspace) -> None:
    other = establishments().replace('"900"', '"901"')
    received(workspace, {"smr_2025.csv": CUBE, "smr_2025.json": other})
    with pytest.raises(SanoscopeError) as error:
        build_published(workspace, catalogue(), "smr-2025")
    assert error.value.code == "source-contradictoire"
    assert "290000017" in error.value.message
    assert not list(workspace.editions.glob("[!.]*"))


def test_the_last_file_of_a_form_counts(workspace: Workspace) -> None:
    received(workspace, {"open_ccam_24.csv": ACTS})
    received(workspace, {"open_ccam_24.csv": ACTS.replace("78;80", "79;81")})
    manifest = build_published(workspace, catalogue(), "open-ccam-2024", name="actes")
    assert manifest.champs["mco"].rapprochement[0].remplacees == 3
    publication.publish(workspace.editions, "actes")
    assert seen(ask(workspace, CCAM, activite="acte:AHPA0090"))[0][1:3] == ["79", "81"]


def test_nothing_received_says_what_to_do(workspace: Workspace) -> None:
    with pytest.raises(SanoscopeError) as error:
        build_published(workspace, catalogue(), "smr-2025")
    assert error.value.code == "rien-a-construire"
    assert "sanoscope intake" in error.value.todo


# the real ones ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Workspace:
    place = workspaces.create(tmp_path_factory.mktemp("reel") / "espace")
    folder = shared / "data" / "published"
    names = ("smr_2025_etab_cm_gn_gme.csv.gz", "smr_2025_total_etablissements_latest.json")
    names += ("open_ccam_24.csv.gz", "mco_2024_diagnostic_principal_national.csv")
    files = [*(folder / n for n in names), shared / "data" / "indicators" / "hospidiag_2022" / "pdmza_2022.csv"]
    receive(place, files, published=[s.attendu for s in catalogue().sources.values()])
    for source in (one.source for one in catalogue().sources.values() if one.fichiers):
        build_published(place, catalogue(), source, name=source)
        publication.publish(place.editions, source)
    return place


def test_the_real_smr_year_has_36_736_655_days(real: Workspace) -> None:
    table = ask(real, SMR, annee="2025")
    days, full, partial = table.figures[:3]
    assert len(table) == 1_570
    assert days.values[-1] == sum(value or 0 for value in days.values[:-1]) == 36_736_655
    assert (full.values[-1], partial.values[-1]) == (30_485_083, 6_251_572)
    assert partial.states.count(State.MASKED) == full.states.count(State.NOT_AVAILABLE) == 10
    states = open_edition(real.editions, "smr-2025", settings=real.settings, public=True).manifest.source
    assert states
    assert states.cellules["masque"] == 101_446  # the masked counts of the cube, counted apart (docs/attaque.md)


@pytest.mark.parametrize("days", ["journees", "journees_hc", "journees_hp"])
@pytest.mark.parametrize(("part", "whole"), [("gn", ["finess", "cm"]), ("gme", ["finess", "cm", "gn"])])
def test_days_add_up_along_the_tree_in_every_visible_row(
    real: Workspace, days: str, part: str, whole: list[str]
) -> None:
    """CM = ΣGN = ΣGME, wherever the source shows the whole and all its parts."""
    engine = open_edition(real.editions, "smr-2025", settings=real.settings, public=True).of("smr").engine
    parts, wholes = (
        pl.DataFrame(pl.from_arrow(engine.run(Scan(f"publie_{level}")))).select(*whole, days, f"{days}_etat")
        for level in (part, whole[-1])
    )
    seen = (pl.col(f"{days}_etat") == "exact").all().alias("vus")
    summed = parts.group_by(whole).agg(pl.col(days).sum().alias("somme"), seen)
    both = wholes.filter(pl.col(f"{days}_etat") == "exact").join(summed.filter("vus"), on=whole)
    assert len(both) > 1_000
    assert both.filter(pl.col(days) != pl.col("somme")).is_empty()


def test_the_real_acts_of_a_hospital_are_the_file_s(real: Workspace, shared: Path) -> None:
    file = pl.read_csv(shared / "data/published/open_ccam_24.csv.gz", separator=";", infer_schema=False)
    rows = file.filter(pl.col("finess") == "290000017").sort("finessgeo", "acte")
    table = ask(real, CCAM, etablissement="290000017")
    assert table.labels[2].values == tuple(rows["finessgeo"])
    assert table.labels[3].values == tuple(rows["acte"])
    assert [str(value) for value in table.figures[0].values] == rows["nb_sejsea"].to_list()
    masked = [state is State.SECRET for state in table.figures[3].states]
    assert masked == [text == "." for text in rows["nb_sej_0_nuit"]]
    assert any(masked)


def test_the_real_diagnoses_have_the_source_s_totals(real: Workspace) -> None:
    chapters = ask(real, DP)
    assert len(chapters) == 22
    assert chapters.figures[0].values[-1] == 20_914_244 == sum(v or 0 for v in chapters.figures[0].values[:-1])
    tumours = ask(real, DP, regroupement="bloc_dp", activite="chapitre_dp:02")
    assert tumours.figures[0].values[-1] == 776_776
    codes = ask(real, DP, regroupement="dp", activite="bloc_dp:0101")
    assert codes.figures[0].values[-1] == 93_868


def test_the_real_hospi_diag_shares_are_the_file_s(real: Workspace, shared: Path) -> None:
    file = pl.read_csv(shared / "data/indicators/hospidiag_2022/pdmza_2022.csv", infer_schema=False)
    rows = file.filter(pl.col("zone") == "290000017").sort("finess")
    table = ask(real, "parts-de-marche-hospi-diag", activite="zone_attraction:290000017")
    assert table.labels[1].values == tuple(rows["finess"])
    for number, figure in enumerate(table.figures, 1):
        written = [text.strip().replace(",", ".") if text else "" for text in rows[f"A{number}"]]
        assert [f"{v:g}" if v is not None else "" for v in figure.values] == [
            f"{float(t):g}" if t else "" for t in written
        ]
    states = open_edition(real.editions, "hospi-diag-2022", settings=real.settings, public=True).manifest.source
    assert states
    assert sum(states.cellules.values()) == 6 * 28_863


def test_rows_that_were_not_received_block(place: Workspace, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(place.root, tmp_path / "copie", symlinks=True))
    place_of = copy / "editions" / "smr-2025" / manifests.PUBLIC
    manifest = manifests.read(place_of)
    manifest.champs["smr"].tables[0].lignes += 1
    manifests.write(place_of, manifest)
    controls = check(copy / "editions", "smr-2025", catalogue(), place.settings)
    assert [(c.code, c.niveau) for c in controls if not c.bon] == [("tables", "bloque")]
