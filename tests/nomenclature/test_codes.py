"""A nomenclature over the years: its tree, the codes that nobody knows, what a code has become."""

from pathlib import Path

import polars as pl
import pytest

from sanoscope.nomenclature.importers import load_path
from sanoscope.nomenclature.reference import Reference, load_reference
from sanoscope.nomenclature.systems import NOMENCLATURES, OWNERS, TITLES

OWN = load_reference()


def with_tables(directory: Path, **tables: str) -> Reference:
    for name, text in tables.items():
        (directory / f"{name}.csv").write_text(text, encoding="utf-8")
    return load_reference(directory)


def test_a_level_belongs_to_one_nomenclature() -> None:
    levels = [level for one in NOMENCLATURES.values() for level in (one.name, *one.levels)]
    assert len(levels) == len(set(levels)) == len(OWNERS) == len(TITLES)


UNSHIPPED = {"ghpc"}
"""Nomenclatures whose codes no open source lists: an operator loads them (docs/nomenclatures.md)."""


@pytest.mark.parametrize("name", sorted({*NOMENCLATURES} - UNSHIPPED))
def test_every_shipped_code_has_its_levels_and_every_level_its_label(name: str) -> None:
    tree = OWN.tree(name, [2023, 2025])
    assert tree.columns == ["annee", name, *NOMENCLATURES[name].levels]
    assert set(tree["annee"]) == {2023, 2025}
    assert tree.select("annee", name).is_unique().all()
    for level in tree.columns[1:]:
        assert "?" not in tree[level], level
        assert set(tree[level]) <= set(OWN.labels(level)), level


@pytest.mark.parametrize(
    ("child", "parents"),
    [("gme", ("rgme", "gn", "cm")), ("dp", ("categorie_dp", "bloc_dp", "chapitre_dp"))],
)
def test_levels_are_a_tree(child: str, parents: tuple[str, ...]) -> None:
    tree = OWN.tree(child, [2025])
    for below, above in zip((child, *parents), parents, strict=False):
        assert tree.select(below, above).unique()[below].is_unique().all(), (below, above)


def test_a_code_that_no_table_knows_keeps_what_it_says_itself() -> None:
    diagnoses = pl.DataFrame({"annee": 2023, "dp": ["F2099", "A179", "X6090", "C97", "A14", "inconnu"]})
    rows = OWN.groupings("dp", diagnoses)
    assert not rows["connu"].any()
    assert {code: levels for _, code, *levels in rows.drop("version", "connu").iter_rows()} == {
        "F2099": ["F20", "F20-F29", "05", "F20-F29"],
        "A179": ["A17", "A15-A19", "01", "AUTRES"],
        "X6090": ["X60", "X60-X84", "20", "X60-X84"],
        "C97": ["C97", "C97", "02", "AUTRES"],
        "A14": ["A14", "?", "?", "?"],  # entre deux plages
        "inconnu": ["?", "?", "?", "?"],
    }
    groups = pl.DataFrame({"annee": [2012, 2019, 2023], "gme": ["01C10", "0103A1", "0199SA1"]})
    assert OWN.groupings("gme", groups).rows() == [
        (2012, "01C10", "?", "?", "?", 2025, False),  # un GMD ou un GHJ, que rien ne décrit
        (2019, "0103A1", "0103A", "0103", "01", 2025, False),
        (2023, "0199SA1", "0199SA", "0199", "01", 2025, False),
    ]
    forms = pl.DataFrame({"annee": 2016, "forme_activite": ["22", "09", "33S", "99"]})
    natures = OWN.groupings("forme_activite", forms).select("forme_activite", "nature")
    assert dict(natures.iter_rows()) == {"22": "2", "09": "1", "33S": "3", "99": "?"}
    drugs = pl.DataFrame({"annee": [2023, 2023], "ucd": ["9000294", "9999999"]})
    assert OWN.groupings("ucd", drugs)["atc1"].to_list() == ["L", "?"]


def test_a_version_completes_what_holds_for_all_years(tmp_path: Path) -> None:
    some = with_tables(
        tmp_path,
        actes="annee,acte,libelle,sous_chapitre,chapitre_acte\n,AAFA001,Exérèse,01.02,01\n"
        "2020,AAFA001,Exérèse (2020),,\n2020,AAFA999,Nouvel acte,01.02,01\n",
    )
    assert (some.version("acte", 2018), some.version("acte", 2024)) == (2020, 2020)
    tree = some.tree("acte", [2024])
    rows = tree.filter(pl.col("acte").str.starts_with("AAFA")).rows()
    assert rows == [(2024, "AAFA001", "01.02", "01"), (2024, "AAFA999", "01.02", "01")]
    assert len(tree) == len(OWN.tree("acte", [2024])) + 2
    assert some.label("acte", "AAFA001", 2024) == "Exérèse (2020)"
    assert OWN.version("acte", 2024) == 0


def test_the_version_of_a_year_may_be_said(tmp_path: Path) -> None:
    some = with_tables(tmp_path, gme="annee,gme,libelle\n2018,0103A1,Ancien\n")
    assert {year: some.version("gme", year) for year in (2016, 2019, 2021, 2022, 2024, 2025)} == {
        2016: 2018,
        2019: 2018,
        2021: 2018,
        2022: 2025,  # et non 2018, la plus proche antérieure
        2024: 2025,
        2025: 2025,
    }


def test_what_a_code_has_become_is_said_with_what_tells_it(tmp_path: Path) -> None:
    some = with_tables(
        tmp_path,
        gme="annee,gme,libelle,gn,cm\n"
        "2017,0103A1,Pareil,,\n2017,0106A1,Tumeurs,,\n2017,0109A1,Deux,,\n2017,0109A2,Deux,,\n2017,0112A1,Scindé,,\n"
        "2017,0115A1,Déplacé,,\n"
        "2018,0103A1,Pareil autrement dit,,\n2018,0206A1,« tumeurs »,,\n2018,0110A1,Deux,,\n2018,0113A1,X,,\n"
        "2018,0114A1,Y,,\n2018,0115A1,Déplacé,0215,02\n",
        correspondances="nomenclature,annee_de,code_de,annee_a,code_a\ngme,2017,0112A1,2018,0113A1\n"
        "gme,2017,0112A1,2018,0114A1\n",
    )
    assert some.correspondence("gme", 2017, 2018).rows() == [
        ("0103A1", "0103A1", "code", ""),
        ("0106A1", "0206A1", "libelle", "rgme,gn,cm"),
        ("0109A1", "", "", ""),  # deux codes portent ce libellé : rien n'est deviné
        ("0109A2", "", "", ""),
        ("0112A1", "0113A1", "table", "rgme,gn"),
        ("0112A1", "0114A1", "table", "rgme,gn"),
        ("0115A1", "0115A1", "code", "gn,cm"),
    ]


def test_real_versions_of_ghm_correspond_by_code(shared: Path, tmp_path: Path) -> None:
    load_path(shared / "data/reference/nomensland/ghm_ghm_regroupement.json.gz", tmp_path)
    found = load_reference(tmp_path).correspondence("ghm", 2016, 2025)
    how = dict(found["par"].value_counts().iter_rows())
    official = load_reference(tmp_path)
    before, after = (set(official.tree("ghm", [year])["ghm"]) for year in (2016, 2025))
    assert how["code"] == len(before & after)
    assert set(found["de"]) == before
    moved = found.filter((pl.col("par") == "code") & (pl.col("niveaux") != ""))
    assert 0 < len(moved) < len(found)


def test_an_unknown_nomenclature_is_an_error() -> None:
    with pytest.raises(KeyError):
        OWN.tree("ghs", [2023])
