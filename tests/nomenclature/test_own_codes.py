"""The codes that the package ships: enough to replay a published table, and the same as those of ATIH's query form."""

import re
from pathlib import Path

import polars as pl

from sanoscope.nomenclature.importers import load_path
from sanoscope.nomenclature.reference import LEVELS, load_reference

OWN = load_reference()


def form_options(shared: Path) -> dict[str, dict[str, str]]:
    """Return label by code of each list of ATIH's query form, by the list's title."""
    text = (shared / "data/reference/arborescence_des_filtres_cartographie_MCO.md").read_text(encoding="utf-8")
    lists: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in text.replace("\\&", "&").splitlines():
        if "**" in line:
            current = lists.setdefault(line.replace("*", "").replace("\\", "").strip(), {})
        elif option := re.match(r"(\w+) - (.+)", line.strip()):
            current[option[1]] = option[2].strip()
    return lists


def test_every_ghm_of_the_replayed_tables_is_known(shared: Path) -> None:
    replayed = set(re.findall(r'\("(\d\d[A-Z]\d\d\w)", \d+\)', (shared / "replay.py").read_text(encoding="utf-8")))
    assert len(replayed) == 33
    assert replayed <= set(OWN["ghm"]["ghm"])


def test_the_lists_of_the_query_form_are_ours(shared: Path) -> None:
    lists = form_options(shared)
    for level, title in (("cas", "Catégorie d'activité de soins (CAS)"), ("doac", "Domaine d'activité (DoAc)")):
        assert OWN.labels(level) == {**lists[title], "?": "Inconnu"}
    # the form also offers the groups of former years
    groups = lists["Groupe planification (GP)"]
    former = {code: groups.pop(code) for code in ("C26", "X25")}
    assert OWN.labels("gp") == {**groups, "?": "Inconnu"}
    assert not former.keys() & set(OWN["ghm"]["gp"])
    for level, title in (("racine", "Racine de GHM"), ("ghm", "GHM")):
        assert set(OWN.labels(level)) - {"?"} <= set(lists[title])


def test_a_shipped_root_has_all_its_ghm(shared: Path, tmp_path: Path) -> None:
    load_path(shared / "data/reference/mco_ghm_hierarchy_2025.csv", tmp_path)
    official = load_reference(tmp_path).codes("ghm").of(2025).table
    roots = OWN["ghm"]["racine"].unique()
    assert set(OWN["ghm"]["ghm"]) == set(official.filter(pl.col("racine").is_in(roots.to_list()))["ghm"])
    assert 200 <= len(roots) < official["racine"].n_unique()


def test_the_years_said_identical_are(shared: Path, tmp_path: Path) -> None:
    (report,) = load_path(shared / "data/reference/nomensland/ghm_ghm_regroupement.json.gz", tmp_path)
    assert not report.error
    official = load_reference(tmp_path)["ghm"]
    for year, same in OWN.codes("ghm").identical.items():
        of = {y: official.filter(pl.col("annee") == y).drop("annee").sort("ghm") for y in (year, same)}
        assert of[year].equals(of[same]), year


def test_shipped_ghm_spread_over_all_cmd_and_kinds() -> None:
    ghm = OWN["ghm"]
    assert set(ghm["cmd"]) == set(OWN.labels("cmd")) - {"?"}
    assert set(ghm["ghm"].str.slice(2, 1)) >= {"C", "K", "M", "Z"}
    assert {"J", "T", "1", "4", "Z", "E", "A"} <= set(ghm["ghm"].str.slice(5, 1))


def test_every_parent_has_a_label_and_the_tree_is_strict() -> None:
    for level in LEVELS:
        assert set(OWN["ghm"][level]) <= set(OWN.labels(level)), level
    for child, parent in (
        ("ghm", "racine"),
        ("racine", "ga"),
        ("ga", "gp"),
        ("gp", "doac"),
        ("gp", "cas"),
        ("racine", "aso"),
    ):
        assert OWN["ghm"].select(child, parent).unique()[child].is_unique().all(), (child, parent)
