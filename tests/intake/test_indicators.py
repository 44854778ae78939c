"""Files of indicators: every value is kept, with its state; what is not as declared is refused, whole, and said."""

import gzip
import re
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import yaml

from sanoscope.catalogue.load import catalogue
from sanoscope.catalogue.source import Source
from sanoscope.edition.indicators import named
from sanoscope.errors import InputFileError
from sanoscope.intake.indicators import ENTITIES, VALUES, StoredIndicators, known_as, stored_indicators
from sanoscope.intake.receive import IntakeReport, receive
from sanoscope.workspace import Workspace

SAE = """BOR;AN;FI;RS;FI_EJ;PERSO;EFF;ETP;NOTE
Q;2022;290000017;CHU;290000001;M1;12;1,5;oui
Q;2022;290000017;CHU;290000001;M2;;.5;
Q;2021;290000017;CHU;290000001;M3;1;1;
Q;2022;29000001;CHU;290000001;M1;1;1;
Q;2022;290000017;CHU;290000001;M1;9;9;
Q;2022;290000025;CH
"""


def taken(workspace: Workspace, path: Path, name: str = "sae") -> tuple[IntakeReport, StoredIndicators, Path]:
    report = receive(workspace, [path], published=[catalogue().source(name).attendu])
    assert not report.refused, report.refused
    ((record, place), *_) = stored_indicators(workspace.store, name)
    return report, record, place


def test_every_row_is_kept_or_refused_with_its_reason(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "Q20_2022r.csv.gz"
    path.write_bytes(gzip.compress(SAE.encode("cp1252")))
    report, record, place = taken(workspace, path)
    assert (record.table, record.annee, record.cles) == ("q20", 2022, ["perso"])
    assert (record.lues, record.acceptees, record.refusees) == (6, 2, 4)
    assert record.motifs == {"colonnes": 1, "annee": 1, "code": 1, "doublon": 1}
    kept = (workspace.quarantine / record.place.with_suffix(".csv")).read_text()
    assert kept.count("\n") == 5
    assert "290000025;CH" in kept
    entities, values = pl.read_parquet(place / ENTITIES), pl.read_parquet(place / VALUES)
    assert entities.rows() == [
        (2, "290000017", "290000001", "CHU", "perso=M1"),
        (3, "290000017", "290000001", "CHU", "perso=M2"),
    ]
    assert sorted(values.rows()) == [
        (2, "q20.eff", 12.0, None, "exact"),
        (2, "q20.etp", 1.5, None, "exact"),
        (2, "q20.note", None, "oui", "exact"),
        (3, "q20.eff", None, None, "indisponible"),
        (3, "q20.etp", 0.5, None, "exact"),
        (3, "q20.note", None, None, "indisponible"),
    ]
    assert not report.clean
    again = receive(workspace, [path], published=[catalogue().source("sae").attendu])
    assert len(again.known) == 1


def test_a_torn_file_loses_its_last_line_and_says_so(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "MCO_2022r.csv"
    path.write_text("BOR;AN;FI;RS;FI_EJ;LIT_MED\nMCO;2022;290000017;A;290000001;12\nMCO;2022;290000025;B;290000001;1")
    _, record, _ = taken(workspace, path)
    assert (record.lues, record.acceptees, record.motifs) == (2, 1, {"coupee": 1})


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("MCO_2022r.csv", "BOR;AN;RS\nMCO;2022;A\n", "tableau-inconnu"),
        ("MCO_2022r.csv", "BOR;AN;FI;RS\nMCO;2021;290000017;A\n", "tableau-vide"),
        ("MCO_2022r.csv.gz", "pas du gzip", "fichier-illisible"),
        ("bilan_social_2023.csv", "finess;finess\n1;2\n", "fichier-illisible"),
        ("bilan_social_2023.csv", "finess;FINESS\n1;2\n", "fichier-illisible"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(
    name: str, text: str, code: str, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    sources = [source.attendu for source in catalogue().sources.values()]
    report = receive(workspace, [tmp_path / name], published=sources)
    assert [one.code for one in report.refused] == [code]
    assert not stored_indicators(workspace.store)


def test_a_name_says_the_source_and_the_year() -> None:
    sources = [source.attendu for source in catalogue().sources.values()]
    for name, known in (
        ("Q20_2022r.csv.gz", ("sae", "q20", 2022)),
        ("BLOCS_P_2023.csv", ("sae", "blocs_p", 2023)),
        ("bilan_social_2024.csv", ("bilan-social", "bilan_social", 2024)),
    ):
        found = known_as(Path(name), sources)
        assert found
        assert (found.source, found.table, found.annee) == known
    for name in ("Q20_2022r.txt", "290000017.2022.12.rsa", "bilan_social.csv", "mco_2024.csv"):
        assert known_as(Path(name), sources) is None, name
    (sae,) = (source for source in sources if source.nom == "sae")
    with pytest.raises(InputFileError, match="plusieurs sources"):
        known_as(Path("Q20_2022r.csv"), [sae, sae.model_copy(update={"nom": "autre"})])


def test_a_new_source_is_described_as_the_documentation_says(workspace: Workspace, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    written = re.search(r"### Une nouvelle source.*?```yaml\n(.*?)```", page, re.S)
    assert written
    assert written[1].count("\n") < 30
    source = Source.model_validate(yaml.safe_load(written[1]))
    path = tmp_path / "urgences_2025.csv"
    path.write_text("finess;nom;passages;attente\n290000017;CHU;52310;B\n290000025;CH;NC;A\n350000019;CL;dix;D\n")
    assert receive(workspace, [path], published=[source.attendu]).clean
    ((record, place),) = stored_indicators(workspace.store, "urgences-locales")
    cells, strays = named(place, record.annee, source.mesures)
    assert cells.select("finess", "passages", "passages_etat", "classe_attente", "classe_attente_etat").rows() == [
        ("290000017", 52310.0, "exact", "B", "exact"),
        ("290000025", None, "indisponible", "A", "exact"),
        ("350000019", None, "indisponible", None, "indisponible"),
    ]
    assert strays == {"passages": 1, "classe_attente": 1}, "what is not what it should be is counted"


def test_a_workbook_is_read_as_its_csv_would_be(workspace: Workspace, tmp_path: Path) -> None:
    source = catalogue().source("bilan-social")
    form = source.indicateurs[0].model_copy(update={"genre": "xlsx", "motif": r"bilan_(?P<annee>\d{4})\.xlsx"})
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("finess", "raison_sociale", "ETP_medical", "rotation"),
        ("290000017", "CHU", 12.0, 3.25),
        ("x", "", 1, 1),
    ):
        sheet.append(row)
    book.save(tmp_path / "bilan_2023.xlsx")
    receive(
        workspace,
        [tmp_path / "bilan_2023.xlsx"],
        published=[source.attendu.model_copy(update={"indicateurs": (form,)})],
    )
    ((record, place),) = stored_indicators(workspace.store)
    assert (record.lues, record.acceptees, record.motifs) == (2, 1, {"code": 1})
    found = pl.read_parquet(place / VALUES).select("indicateur", "valeur").rows()
    assert found == [("bilan_social.etp_medical", 12.0), ("bilan_social.rotation", 3.25)]


def test_the_whole_sae_loses_nothing(workspace: Workspace, shared: Path) -> None:
    folder = shared / "data" / "indicators" / "sae_2022"
    report = receive(workspace, [folder], published=[catalogue().source("sae").attendu])
    read, accepted, refused = report.lines
    assert (len(report.received), len(report.refused)) == (52, 0)
    assert (read, accepted, refused) == (207_195, 207_193, 2)
    assert sum(sum(one[0].etats.values()) for one in stored_indicators(workspace.store)) == 4_107_053
    picked = {
        ("mco", "290000017", "", "mco.lit_med"): None,
        ("mco", "010000024", "", "mco.lit_med"): 270,
        ("mco", "010000024", "", "mco.jou_mco"): 110058,
        ("mco", "010000032", "", "mco.sea_med"): 1292,
        ("q20", "010000024", "perso=M1010", "q20.etpsal"): 22.12,
        ("q24", "010000024", "disci=2000", "q24.etppnm"): 1123.26,
        ("psy", "010000495", "dis=INF", "psy.fil_tot"): 2914,
        ("blocs_p", "010000024", "perso=M1030", "blocs_p.etpsal"): 11.68,
        ("urgences", "010000024", "", "urgences.emg"): 1,
        ("ght", "84101", "", "ght.lit_mco"): 2460,
    }
    places = {record.table: place for record, place in stored_indicators(workspace.store)}
    for (table, entity, keys, indicator), wanted in picked.items():
        rows = pl.read_parquet(places[table] / ENTITIES)
        its = rows.filter((pl.col("entite") == entity) & (pl.col("cles") == keys)).select("ligne")
        values = pl.read_parquet(places[table] / VALUES).filter(pl.col("indicateur") == indicator).join(its, on="ligne")
        assert values["valeur"].to_list() == ([wanted] if wanted is not None else []), (table, entity, indicator)


def test_a_column_may_be_called_as_ours_are(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "MCO_2022r.csv"
    path.write_text("BOR;AN;FI;RS;FI_EJ;LIGNE;ETAT\nMCO;2022;290000017;A;290000001;7;2\n")
    _, record, place = taken(workspace, path)
    assert (record.acceptees, record.refusees) == (1, 0)
    assert sorted(pl.read_parquet(place / VALUES).rows()) == [
        (2, "mco.etat", 2.0, None, "exact"),
        (2, "mco.ligne", 7.0, None, "exact"),
    ]


UNITS = """section;libelle;unite;categorie;libelle_categorie;moyenne
930.11;Restauration;repas;CH;C.H.;9,87
930.11;Restauration;repas;CHU;;8,41
930.11;Restauration;repas;CHU;;8,5
930.11;Restauration;repas;ch;;8
93011-;Restauration;repas;CH;C.H.;8
930.12;Blanchisserie;;CH;C.H.;1,6
"""


def test_an_entity_may_be_a_group_and_codes_may_cross_it(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "rtc_2023.csv"
    path.write_text(UNITS)
    _, record, place = taken(workspace, path, "rtc")
    assert record.dimensions == ["section_analyse", "unite_oeuvre", "categorie_rtc"]
    assert (record.lues, record.acceptees, record.motifs) == (6, 2, {"code": 3, "doublon": 1})
    own = {"moyen": catalogue().source("rtc").mesures["cout_unite_moyen"]}
    cells, strays = named(place, 2023, own, record.dimensions)
    assert not strays
    assert cells.select("section_analyse", "libelle_section_analyse", "libelle_categorie_rtc", "moyen").rows() == [
        ("930.11", "Restauration", "C.H.", 9.87),
        ("930.11", "Restauration", "", 8.41),
    ]
    (tmp_path / "rtc_2024.csv").write_text(
        "section;libelle;unite;libelle_categorie;moyenne\n930.11;Restauration;repas;CH;9\n"
    )
    report = receive(workspace, [tmp_path / "rtc_2024.csv"], published=[catalogue().source("rtc").attendu])
    assert [(one.code, "categorie" in one.message) for one in report.refused] == [("tableau-inconnu", True)]
