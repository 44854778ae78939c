"""Each leak planted in a small platform: the attacker finds it; stopped, he does not."""

from collections.abc import Mapping

import numpy as np
import pytest

from sanoscope.attack.campaign import audit
from sanoscope.attack.findings import Finding, Report
from sanoscope.attack.world import Ask
from sanoscope.errors import SanoscopeError
from tests.attack.platform import ROOTS, Asked, Platform, Shown, weak

CASEMIX, MAP = "casemix-mco", "cartographie-activite-mco"
# establishments × (05M09, 05M10: both GA G1, DoAc D1, CMD 05; 06K04: G2, D1, 06; 06C01: G3, D2, 06)
BIG = [[100, 100, 100, 100], [200, 200, 200, 200], [300, 300, 300, 300]]


def attack(platform: Platform, *, baskets: int = 12, before: Ask | None = None, truth: Ask | None = None) -> Report:
    return audit(platform.ask, platform.world(), baskets=baskets, seconds=60, before=before, truth=truth)


def found(report: Report, *words: str) -> Finding | None:
    """The exact finding whose key holds all of these words."""
    return next((f for f in report.of("exact") if all(f" {word}," in f"{f.key}," for word in words)), None)


def one_small(value: int = 3) -> np.ndarray:
    """Establishment 0 has ``value`` stays of 05M09; all else is large."""
    counts = np.array(BIG)
    counts[0, 0] = value
    return counts


def tables_of_establishments(slug: str, criteria: Mapping[str, str]) -> bool:
    return slug == CASEMIX and "etablissement" in criteria


def roots_only(slug: str, criteria: Mapping[str, str]) -> bool:
    return tables_of_establishments(slug, criteria) and criteria["regroupement"] == "racine"


def approximate(cell: Asked) -> Shown:
    if cell.value == 0:
        return "exact", None
    return ("masque", None) if cell.value < 11 else ("approche", round(cell.value, -1))


# sums ---------------------------------------------------------------------------------------------------------------


def test_the_total_of_a_table_gives_its_one_masked_row() -> None:
    report = attack(Platform(one_small(), answers=roots_only))
    assert found(report, "racine 05M09", "sejours").low == 3
    assert not report.tient
    assert attack(Platform(one_small(), answers=roots_only, totals=False)).tient


def test_the_tree_of_activities_gives_a_masked_root() -> None:
    # no totals: only GA G1 = 05M09 + 05M10
    levels = {"racine", "ga"}

    def answers(slug: str, criteria: Mapping[str, str]) -> bool:
        return tables_of_establishments(slug, criteria) and criteria["regroupement"] in levels

    report = attack(Platform(one_small(), answers=answers, totals=False))
    assert found(report, "racine 05M09", "sejours").low == 3


def test_full_and_partial_stays_give_one_another() -> None:
    full, partial = np.array(BIG), np.zeros((3, 4), int)
    partial[0, 0] = 4

    def answers(slug: str, criteria: Mapping[str, str]) -> bool:
        return slug == MAP and criteria.get("activite") == "racine:05M09" and "panier" not in criteria

    report = attack(Platform(full, partial, answers=answers, totals=False))
    assert found(report, "racine 05M09", "sejours_hp").low == 4

    def stopped(cell: Asked) -> Shown:
        return approximate(cell) if cell.measure == "sejours_hc" and cell.finess.endswith("0") else weak(cell)

    assert attack(Platform(full, partial, answers=answers, totals=False, policy=stopped)).tient


def test_a_departement_gives_its_one_masked_establishment() -> None:
    def answers(slug: str, criteria: Mapping[str, str]) -> bool:
        return slug == CASEMIX and not {"panier", "secteur", "categorie", "ght"} & set(criteria)

    def no_row_total(cell: Asked) -> Shown:
        return approximate(cell) if cell.place == "etablissement" and cell.level != "racine" else weak(cell)

    report = attack(Platform(one_small(), answers=answers, policy=no_row_total))
    assert found(report, "racine 05M09", "sejours").low == 3


# baskets ------------------------------------------------------------------------------------------------------------


def only(*kinds: str) -> object:
    """Exact figures for these kinds of places; approximations and masks for the others."""
    return lambda cell: weak(cell) if cell.place in kinds else approximate(cell)


def large_establishments_and(kind: str) -> object:
    """Exact for large establishments and a kind of place; nothing exact of the small one but what is asked by root."""

    def policy(cell: Asked) -> Shown:
        if cell.place == "etablissement" and not cell.finess.endswith("0"):
            return weak(cell)
        return weak(cell) if cell.place == kind else approximate(cell)

    return policy


def test_a_basket_of_a_small_and_a_large_establishment() -> None:
    report = attack(Platform(one_small(), policy=large_establishments_and("panier")))
    assert found(report, "racine 05M09", "sejours").low == 3
    assert attack(Platform(one_small(), policy=large_establishments_and("nothing"))).tient


def test_a_departement_less_its_basket_of_all_but_one() -> None:
    def policy(cell: Asked) -> Shown:
        small = cell.place == "panier" and cell.criteria["panier"].count(",") < 2
        return approximate(cell) if small or cell.place == "etablissement" else weak(cell)

    zones = ("29", "29", "29", "29", "35")
    counts = np.vstack([one_small(), [[400] * 4, [500] * 4]])
    report = attack(Platform(counts, zones=zones, policy=policy), baskets=30)
    assert found(report, "racine 05M09", "sejours").low == 3
    stopped = only("zone", "france")
    assert attack(Platform(counts, zones=zones, policy=stopped), baskets=30).tient


def test_two_baskets_differ_by_a_small_group() -> None:
    # 0 and 3 have 4 and 3 stays; every basket with both or neither is exact, and no one else
    counts = np.vstack([one_small(4), one_small(3)[:1], [[300] * 4, [400] * 4]])

    def policy(cell: Asked) -> Shown:
        members = set(cell.criteria.get("panier", "").split(","))
        both = {f"29000000{i}" for i in (0, 3)}
        if cell.place == "panier" and (both <= members or not both & members):
            return weak(cell)
        return approximate(cell)

    report = attack(Platform(counts, policy=policy), baskets=40)
    gap = [f for f in report.of("exact") if f.how == "panier moins panier" and "racine 05M09" in f.key]
    assert gap
    assert {f.low for f in gap} == {7}


def test_three_pairs_need_the_programme() -> None:
    counts = np.array([[7, 100, 100, 100], [8, 100, 100, 100], [9, 100, 100, 100]])

    def policy(cell: Asked) -> Shown:
        pair = cell.place == "panier" and cell.criteria["panier"].count(",") == 1
        return weak(cell) if pair and cell.code == "05M09" else approximate(cell)

    report = attack(Platform(counts, policy=policy), baskets=20)
    pinned = [f for f in report.of("exact") if "racine 05M09" in f.key]
    assert {f.how for f in pinned} == {"programme entier"}
    assert {f.low for f in pinned if "etablissement" in f.key} == {7, 8, 9}


# time ---------------------------------------------------------------------------------------------------------------


def test_two_editions_show_what_neither_does() -> None:
    def first(cell: Asked) -> Shown:
        return approximate(cell) if cell.code == "05M10" else weak(cell)

    def second(cell: Asked) -> Shown:
        return approximate(cell) if cell.code == "" else weak(cell)

    earlier = Platform(one_small(), answers=roots_only, policy=first)
    later = Platform(one_small(), answers=roots_only, policy=second)
    assert attack(earlier).tient
    assert attack(later).tient
    report = attack(later, before=earlier.ask)
    assert found(report, "racine 05M09", "sejours").low == 3
    assert {f.how for f in report.of("exact")} == {"deux éditions"}


def test_an_establishment_that_has_changed_is_not_believed_twice() -> None:
    def first(cell: Asked) -> Shown:
        return approximate(cell) if cell.code == "05M10" else weak(cell)

    def second(cell: Asked) -> Shown:
        return approximate(cell) if cell.code == "" else weak(cell)

    more = one_small()
    more[0, 2] += 5
    more[0, 1] += 4
    earlier = Platform(one_small(), answers=roots_only, policy=first)
    later = Platform(more, answers=roots_only, policy=second)
    assert attack(later, before=earlier.ask).tient


def test_a_month_less_the_one_before() -> None:
    monthly = np.full((12, 3, 4), 50)
    monthly[2, 0, :] = 1  # March of establishment 0: 4 stays in all

    def answers(slug: str, criteria: Mapping[str, str]) -> bool:
        return slug == MAP and "activite" not in criteria and "panier" not in criteria

    report = attack(Platform(monthly.sum(axis=0), monthly=monthly, answers=answers))
    assert found(report, "etablissement 290000000", "total mois 3", "sejours").low == 4


# ratios -------------------------------------------------------------------------------------------------------------

WITH_RATIOS = {CASEMIX: ("sejours", "seances", "part_deces", "dms"), MAP: ("sejours",)}


def test_a_share_of_deaths_gives_deaths_and_survivors() -> None:
    deaths = np.zeros((3, 4), int)
    deaths[0, 1], deaths[1, 2] = 4, 195  # 4 deaths of 100; 5 survivors of 200
    country = {"hc": np.array(BIG), "deaths": deaths, "measures": WITH_RATIOS, "answers": roots_only}
    report = attack(Platform(**country))
    assert found(report, "etablissement 290000000", "racine 05M10", "deces").low == 4
    assert found(report, "etablissement 290000001", "racine 06K04", "survivants").low == 5

    def stopped(cell: Asked) -> Shown:
        return ("masque", None) if cell.measure == "part_deces" else weak(cell)

    assert attack(Platform(**country, policy=stopped)).tient


def test_deaths_add_up_too() -> None:
    # 5 deaths of 05M09, not shown; 20 of 05M10 and 25 of G1 are
    deaths = np.zeros((3, 4), int)
    deaths[0, :2] = 5, 20

    def policy(cell: Asked) -> Shown:
        if cell.measure == "part_deces" and cell.finess.endswith("0") and cell.code not in ("05M10", "G1"):
            return "masque", None
        return weak(cell)

    report = attack(
        Platform(np.array(BIG), deaths=deaths, measures=WITH_RATIOS, answers=tables_of_establishments, policy=policy)
    )
    assert found(report, "etablissement 290000000", "racine 05M09", "deces").low == 5


def test_a_mean_stay_gives_its_small_denominator() -> None:
    nights = np.array(BIG) * 2
    nights[0, 0] = 15  # 15 nights ÷ 7 stays = 2.14
    country = {"hc": one_small(7), "nights": nights, "measures": WITH_RATIOS, "answers": roots_only, "totals": False}
    report = attack(Platform(**country))
    assert found(report, "etablissement 290000000", "racine 05M09", "sejours").low == 7

    def stopped(cell: Asked) -> Shown:
        return ("masque", None) if cell.measure == "dms" and cell.code == "05M09" else weak(cell)

    assert attack(Platform(**country, policy=stopped)).tient


def test_nights_bound_full_stays() -> None:
    # one night in 100 stays: one full stay, though all three counts are hidden
    full, nights = np.zeros((3, 4), int), np.zeros((3, 4), int)
    full[0, 0] = nights[0, 0] = 1
    measures = {CASEMIX: ("sejours", "dms"), MAP: ("sejours_hc", "sejours_hp")}

    def answers(slug: str, criteria: Mapping[str, str]) -> bool:
        return roots_only(slug, criteria) or (slug == MAP and criteria.get("activite") == "racine:05M09")

    country = {"hc": full, "hp": np.array(BIG) - full, "nights": nights, "measures": measures, "answers": answers}

    def policy(cell: Asked) -> Shown:
        return weak(cell) if cell.measure in ("sejours", "dms") else approximate(cell)

    report = attack(Platform(**country, policy=policy))
    assert found(report, "etablissement 290000000", "racine 05M09", "sejours_hc").low == 1

    def stopped(cell: Asked) -> Shown:
        return ("masque", None) if cell.measure == "dms" else policy(cell)

    assert attack(Platform(**country, policy=stopped)).tient


def test_a_market_share_gives_its_numerator() -> None:
    residents = np.array([[8, 150, 250], [90, 80, 70]])

    def answers(slug: str, criteria: Mapping[str, str]) -> bool:
        return slug == "parts-de-marche-mco" and criteria.get("zone") == "code_geo:29000" and "activite" not in criteria

    def hidden(cell: Asked) -> Shown:
        return approximate(cell) if cell.measure == "sejours" and cell.finess else weak(cell)

    report = attack(Platform(np.array(BIG), residents=residents, answers=answers, policy=hidden))
    assert found(report, "zone code_geo:29000", "290000000", "sejours").low == 8

    def stopped(cell: Asked) -> Shown:
        return ("approche", None) if cell.measure == "part_de_marche" else hidden(cell)

    assert attack(Platform(np.array(BIG), residents=residents, answers=answers, policy=stopped)).tient


# labels and estimates -----------------------------------------------------------------------------------------------


def test_labels_alone_give_counts() -> None:
    # four times « 1 à 10 », 40 in all: each is 10
    counts = np.array([[10, 10, 10, 10], [200] * 4, [300] * 4])
    report = attack(Platform(counts, answers=roots_only))
    pinned = [f for f in report.of("exact") if "etablissement 290000000" in f.key and "sejours" in f.key]
    assert len([f for f in pinned if "racine" in f.key]) == 4
    counts[0] = [9, 10, 10, 9]  # 38 in all: many ways
    assert attack(Platform(counts, answers=roots_only)).tient


def test_estimates_with_fresh_noise_are_averaged_away() -> None:
    rng = np.random.default_rng(3)
    counts = np.vstack([rng.integers(1, 11, (6, 4)), [[300] * 4]])

    def noisy(spread: float) -> object:
        noise = np.random.default_rng(5)

        def policy(cell: Asked) -> Shown:
            if 0 < cell.value < 11 and cell.place != "panier":
                return "masque", None
            return "approche", cell.value + noise.normal(0, spread)

        return policy

    truth = Platform(counts, policy=lambda cell: ("exact", None)).ask
    report = attack(Platform(counts, policy=noisy(0.3)), truth=truth)
    assert {f.how for f in report.of("exact")} == {"moyenne"}
    assert report.figure("2023 : moyennes justes") > 80
    assert attack(Platform(counts, policy=noisy(50)), truth=truth).tient


# the attacker himself -----------------------------------------------------------------------------------------------


def test_a_small_count_shown_as_such_is_reported() -> None:
    report = attack(Platform(one_small(), answers=roots_only, policy=lambda cell: ("exact", None)))
    assert [f.low for f in report.of("montre")] == [3]
    assert not report.tient


def test_answers_that_disagree_are_reported() -> None:
    platform = Platform(one_small(), answers=lambda slug, criteria: "panier" not in criteria)

    def liar(slug: str, criteria: Mapping[str, str]) -> dict:
        document = platform.ask(slug, criteria)
        if slug == MAP:
            for line in document["lignes"]:
                line["sejours"] = (line["sejours"] or 0) + 1000
                line["sejours_etat"] = "exact"
        return document

    report = audit(liar, platform.world(), baskets=2, seconds=60)
    assert {f.how for f in report.of("contradiction")} == {"deux réponses", "sommes et bornes"}


def test_a_platform_that_gives_national_figures_only_holds() -> None:
    def answers(slug: str, criteria: Mapping[str, str]) -> bool:
        return slug == CASEMIX and set(criteria) == {"annee", "regroupement"}

    counts = np.array([[3, 1, 40, 2], [7, 9, 10, 30], [20, 30, 4, 5]])
    platform = Platform(counts, answers=answers)
    report = attack(platform)
    assert report.tient
    assert report.findings == ()
    assert report.figure("demandes refusées") == sum(not answers(*question) for question in platform.asked)
    assert not attack(Platform(counts)).tient


def test_a_platform_that_answers_nothing_proves_nothing() -> None:
    with pytest.raises(SanoscopeError, match="ne prouve rien"):
        attack(Platform(one_small(), answers=lambda slug, criteria: False))


@pytest.mark.parametrize("seed", [1, 2])
def test_all_that_is_said_to_be_exact_is_true(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 40, (5, 4)) * rng.integers(0, 2, (5, 4))
    partial = rng.integers(0, 15, (5, 4)) * (counts > 0)
    platform = Platform(counts, partial, zones=("29", "29", "29", "35", "35"))
    report = attack(platform)
    exact = [f for f in report.of("exact") if ", etablissement" in f.key and "racine" in f.key and "moins" not in f.key]
    assert len(exact) > 5
    for finding in exact:
        _, place, column, measure = finding.key.split(", ")
        who, what = platform.finess.index(place.split()[1]), ROOTS.index(column.split()[1])
        parts = {"sejours": counts + partial, "sejours_hc": counts, "sejours_hp": partial}
        assert finding.low == parts[measure][who, what]


def test_the_same_seed_asks_and_finds_the_same() -> None:
    counts = np.random.default_rng(4).integers(0, 30, (5, 4))
    one, other, third = Platform(counts), Platform(counts), Platform(counts)
    first = audit(one.ask, one.world(), baskets=10, seconds=60, seed=1)
    assert audit(other.ask, other.world(), baskets=10, seconds=60, seed=1).findings == first.findings
    assert one.asked == other.asked
    audit(third.ask, third.world(), baskets=10, seconds=60, seed=2)
    assert third.asked != one.asked


def test_the_report_reads_as_french() -> None:
    text = str(attack(Platform(one_small(), answers=roots_only)))
    assert "Verdict : NE TIENT PAS." in text
    assert "etablissement 290000000, racine 05M09, sejours : = 3 (sommes et bornes)" in text
