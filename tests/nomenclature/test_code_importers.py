"""The official forms of the codes of the four fields: what is taken of each, refused, doubted, left aside."""

import json
from pathlib import Path

import polars as pl
import pytest

from sanoscope.nomenclature.importers import LoadReport, load_path, recognise
from sanoscope.nomenclature.reading import read_table
from sanoscope.nomenclature.reference import load_reference
from sanoscope.nomenclature.tables import TABLES


def loaded(shared: Path, name: str, into: Path) -> LoadReport:
    (report,) = load_path(shared / "data/reference" / name, into)
    assert not report.error
    return report


def refused(report: LoadReport) -> dict[str, int]:
    return {r.reason: r.rows for r in report.refused}


def written(directory: Path, table: str) -> pl.DataFrame:
    return read_table(TABLES[table], directory / f"{table}.csv")


def level(directory: Path, name: str) -> pl.DataFrame:
    return written(directory, "regroupements").filter(pl.col("niveau") == name)


def test_the_smr_form_gives_16_cm_97_gn_and_1319_gme_of_2025(shared: Path, tmp_path: Path) -> None:
    report = loaded(shared, "smr_options_nomenclature_cm_gn_gme.json", tmp_path)
    assert (report.rows["gme"], refused(report)) == (1319, {})
    assert [(d.rows, d.reason) for d in report.doubts] == [(7, "GME sans libellé : celui de leur GN")]
    assert (len(level(tmp_path, "cm")), len(level(tmp_path, "gn"))) == (16, 97)
    reference = load_reference(tmp_path)
    tree = reference.tree("gme", [2025])
    assert (len(tree), tree["gn"].n_unique(), tree["cm"].n_unique()) == (1319, 97, 16)
    assert tree.filter(pl.col("gme") == "0106SB2").rows() == [(2025, "0106SB2", "0106SB", "0106", "01")]
    name = "Tumeurs malignes du système nerveux / HC Réadaptation spécialisée Niveau B"
    assert reference.label("rgme", "0106SB", 2025) == f"{name} : phy[9-12] ou cog[7-8]"
    assert reference.label("gme", "0106SB2", 2025) == f"{name}-2 : phy[9-12] ou cog[7-8] - avec sévérité"
    assert reference.label("gme", "9001ZZ0", 2025) == reference.label("gn", "9001", 2025)


def test_a_published_smr_table_has_no_gme_that_the_form_does_not_know(shared: Path, tmp_path: Path) -> None:
    loaded(shared, "smr_options_nomenclature_cm_gn_gme.json", tmp_path)
    published = pl.read_csv(shared / "data/published/smr_2025_etab_cm_gn_gme.csv.gz", infer_schema=False)
    met = published.filter(pl.col("gme").fill_null("") != "").select(pl.lit(2025).alias("annee"), "gme").unique()
    rows = load_reference(tmp_path).groupings("gme", met)
    assert len(rows) > 1000
    assert rows.filter(~pl.col("connu"))["gme"].to_list() == []


def test_yearly_tables_of_gme_give_the_versions_of_2014_to_2018(shared: Path, tmp_path: Path) -> None:
    for name, rows in (("gme", {"gme": 3565}), *((x, {"regroupements": n}) for x, n in (("cm", 80), ("gn", 477)))):
        assert loaded(shared, f"nomensland/lib_ssr_{name}.json.gz", tmp_path).rows == rows
    loaded(shared, "nomensland/lib_ssr_rgme.json.gz", tmp_path)
    reference = load_reference(tmp_path)
    counts = {year: len(reference.tree("gme", [year])) for year in range(2014, 2019)}
    assert counts == {2014: 689, 2015: 690, 2016: 690, 2017: 748, 2018: 748}
    assert {year: reference.version("gme", year) for year in (2013, 2016, 2020, 2022, 2026)} == {
        2013: 2014,
        2016: 2016,
        2020: 2018,
        2022: 2025,  # de même forme que 2025, dit versions.csv
        2026: 2025,
    }
    roots = reference.tree("gme", [2018])["rgme"].unique()
    assert len(roots) == 278
    assert set(roots) <= set(reference.labels("rgme"))


def test_the_cim_has_no_header_and_every_code_finds_its_chapter(shared: Path, tmp_path: Path) -> None:
    report = loaded(shared, "cim_10_atih_2019.tsv", tmp_path)
    assert (report.rows, refused(report)) == ({"diagnostics": 15751, "regroupements": 1685}, {})
    assert report.ignored == ("types du code", "libellé en capitales")
    reference = load_reference(tmp_path)
    assert reference.label("dp", "A00", 2019) == "Choléra"  # la première ligne, qui n'est pas un en-tête
    assert reference.label("dp", "M6530", 2019) == 'Doigt "à ressort" - Sièges multiples (code supprimé en 2009)'
    tree = reference.tree("dp", [2023])
    assert reference.version("dp", 2023) == 2019
    known = tree.filter(pl.col("dp").is_in(written(tmp_path, "diagnostics")["dp"].implode()))
    assert len(known) == 15751
    assert {c: int((known[c] == "?").sum()) for c in ("categorie_dp", "bloc_dp", "chapitre_dp")} == {
        "categorie_dp": 0,
        "bloc_dp": 0,
        "chapitre_dp": 0,
    }
    one = known.filter(pl.col("dp") == "B24+0")
    assert one.rows() == [(2023, "B24+0", "B24", "B20-B24", "01", "AUTRES")]


def test_our_ranges_are_the_blocks_of_the_official_hierarchy(shared: Path, tmp_path: Path) -> None:
    report = loaded(shared, "cim_hierarchie.csv", tmp_path)
    assert refused(report) == {"groupe de blocs, qui n'est pas un niveau": 6}
    official = pl.read_csv(shared / "data/reference/cim_hierarchie.csv", separator=";", infer_schema=False)
    blocks = official.filter(pl.col("niveau_fin") == "1").select("diag_deb", "diag_fin", pl.col("hiera").str.head(2))
    reference = load_reference(tmp_path)
    ranges = {debut: (fin, chapitre) for debut, fin, _, chapitre, _ in reference["plages_diagnostics"].iter_rows()}
    for start, after, chapter in blocks.iter_rows():
        fin, ours = ranges[start]
        assert ours == chapter, start
        assert fin < after or start == "Z80", start  # le fichier arrête Z80 avant Z99, qui en fait partie
    assert set(ranges) - set(blocks["diag_deb"]) == {"X85", "Y10", "Y35", "Y40", "Y85", "Y90"}


def test_acts_have_their_chapter_whatever_the_order_of_the_files(shared: Path, tmp_path: Path) -> None:
    files = ("nomensland/ccam_hierarchie_actes.json.gz", "nomensland/ccam_actes.json.gz")
    trees = []
    for place, order in ((tmp_path / "a", files), (tmp_path / "b", files[::-1])):
        reports = [loaded(shared, name, place) for name in order]
        assert [report.rows["actes"] for report in reports] == [8593, 8593]
        assert reports[1].replaced["actes"] == 8593
        assert reports[1].changed["actes"] == 0  # les deux disent la même chose
        trees.append(load_reference(place).tree("acte", [2024]))
    assert trees[0].equals(trees[1])
    assert (len(trees[0]), trees[0]["chapitre_acte"].n_unique(), trees[0]["sous_chapitre"].n_unique()) == (8593, 19, 90)
    assert not (trees[0]["chapitre_acte"] == "?").any()


def test_csarr_acts_are_taken_and_modulators_are_not(shared: Path, tmp_path: Path) -> None:
    report = loaded(shared, "nomensland/csarr_code.json.gz", tmp_path)
    assert refused(report) == {"modulateur ou extension documentaire, qui n'est pas un acte": 64}
    loaded(shared, "nomensland/csarr_hier.json.gz", tmp_path)
    reference = load_reference(tmp_path)
    tree = reference.tree("csarr", [2019])
    assert set(tree["sous_chapitre_csarr"]) <= set(reference.labels("sous_chapitre_csarr"))
    assert tree.filter(pl.col("csarr") == "ALQ+183").rows() == [(2019, "ALQ+183", "01.01", "01")]


def test_drugs_have_the_atc_of_their_latest_event(shared: Path, tmp_path: Path) -> None:
    report = loaded(shared, "nomensland/mco_medref_atih_historique_liste_ucd.json.gz", tmp_path)
    assert report.rows["ucd"] == 1295
    assert sum(refused(report).values()) == 5279 - 1295
    assert [(d.rows, d.reason) for d in report.doubts] == [
        (2, "sans code ATC"),
        (1, "sans leur code ATC, qui n'en est pas un"),
    ]
    again = loaded(shared, "nomensland/ucd_tot_table.json.gz", tmp_path)
    assert (again.rows["ucd"], again.replaced["ucd"]) == (1775, 853)
    assert 0 < again.changed["ucd"] <= 853  # les deux ne nomment pas les médicaments de même
    reference = load_reference(tmp_path)
    tree = reference.tree("ucd", [2023])
    assert tree.filter(pl.col("ucd") == "9000294").rows() == [(2023, "9000294", "L01BC07", "L")]
    assert set(tree["atc1"]) <= {*reference.labels("atc1")}


def test_the_list_of_devices_never_renames_one(shared: Path, tmp_path: Path) -> None:
    files = ("nomensland/lpp_fiche.json.gz", "nomensland/mco_dmiref_atih_historique_liste_lpp.json.gz")
    for name in files:
        loaded(shared, name, tmp_path)
    reference = load_reference(tmp_path)
    # « Implants vasculaires », dit la liste en sus
    assert reference.label("lpp", "3123772", 2023).startswith("ENDOPROTHESE CORONAIRE, STENT LIB. BIOLIMUS")
    assert reference.label("lpp", "3107744", 2023) == "Implants vasculaires"  # qui n'a pas de fiche
    tree = reference.tree("lpp", [2023])
    assert set(tree["titre_lpp"]) == {"1", "2", "3", "4", "5", "?"}
    stent = tree.filter(pl.col("lpp") == "3154761")
    assert stent.rows() == [(2023, "3154761", "3.1.1", "3")]
    assert reference.label("categorie_lpp", "3.5", 2023) == "CODES ARRIVES A ECHEANCE"  # deux niveaux seulement


def test_the_lists_of_the_snds_are_those_that_we_ship(shared: Path, tmp_path: Path) -> None:
    report = loaded(shared, "snds/IR_HAD_PEC_PAL.csv", tmp_path)
    assert report.rows == {"codes": 68}
    for name in ("MS_ENT_V", "MS_SOR_V", "MS_PRV_V", "MS_DST_V"):
        found = refused(loaded(shared, f"snds/{name}.csv", tmp_path))
        assert found == {"valeur technique du SNDS (inconnue ou sans objet)": 2}
    lists = ("mpp", "mpa", "mpd", "mode_entree", "mode_sortie", "provenance", "destination")
    own = load_reference()["codes"].filter(pl.col("liste").is_in(lists))
    official = written(tmp_path, "codes")
    assert (
        official.select("liste", "code").sort("liste", "code").equals(own.select("liste", "code").sort("liste", "code"))
    )
    named = official.filter((pl.col("liste") == "mpp") & (pl.col("code") == "05"))
    assert named["libelle"].to_list() == ["Chimiothérapie anticancéreuse"]  # sans ce qu'elle était avant 2009
    assert recognise(shared / "data/reference/snds/MS_CIV_V.csv") is None


def test_duplicates_conflicts_and_unknown_columns_are_said(tmp_path: Path) -> None:
    def load(rows: list[dict[str, str]]) -> LoadReport:
        path = tmp_path / "actes.json"
        path.write_text(json.dumps(rows), encoding="utf-8")
        (report,) = load_path(path, tmp_path / "reference")
        return report

    act = {"type_acte": "0", "date_debut": "2005-03-01", "couleur": "bleu"}
    first = load(
        [
            {"code": "AAFA001", "libelle_long": "Exérèse", **act},
            {"code": "AAFA001", "libelle_long": "Exérèse, encore", **act},
            {"code": "AAFA0012", "libelle_long": "Code trop long", **act},
        ]
    )
    assert first.rows == {"actes": 1}
    assert refused(first) == {"le code n'est pas celui d'un acte": 1, "l'acte est déjà dans la table": 1}
    assert first.ignored == ("couleur",)
    second = load([{"code": "AAFA001", "libelle_long": "Autre libellé", **act}])
    assert (second.replaced, second.changed) == ({"actes": 1}, {"actes": 1})


def test_a_cim_without_a_year_in_its_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cim.tsv"
    path.write_text(
        "A00   \t3\tNNNN\t3\tCHOLERA\tCholéra\nA000  \t0\tNOOO\t0\tCHOLERA 01\tCholéra 01\n", encoding="utf-8"
    )
    (report,) = load_path(path, tmp_path / "reference")
    assert "ne dit pas de quelle année sont ses diagnostics" in report.error


def test_a_document_without_a_list_of_objects_is_not_a_table(tmp_path: Path) -> None:
    path = tmp_path / "texte.json"
    path.write_text('{"titre": "rien", "lignes": [1, 2]}', encoding="utf-8")
    (report,) = load_path(path, tmp_path / "reference")
    assert "une liste d'objets est attendue" in report.error


@pytest.mark.parametrize("code", ["0147", "147SC2", "0147SCX"])
def test_a_gme_has_the_form_of_one(tmp_path: Path, code: str) -> None:
    path = tmp_path / "gme.csv"
    path.write_text(f"annee,gme,libelle\n2025,{code},Essai\n", encoding="utf-8")
    (report,) = load_path(path, tmp_path / "reference")
    assert "« gme » n'a pas la forme attendue" in report.error
