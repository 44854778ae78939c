"""Leaks that other fields than MCO may have, planted in a country of a few rows: found; stopped, they are not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from sanoscope.attack.campaign import audit
from sanoscope.attack.face import CROSS, Face, Link, Listing, Ratio
from sanoscope.attack.findings import Finding, Report
from sanoscope.attack.world import Establishment, Tree, World, Year
from sanoscope.errors import SanoscopeError

YEAR = 2023
CASEMIX, STATISTICS = "casemix", "statistiques"
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """A cell about to be shown: the levels of its row, its code, its measure and its true value."""

    level: str
    code: str
    measure: str
    value: float
    basket: bool


def weak(cell: Cell) -> str:
    """Mask people from 1 to 10, and nothing else."""
    return "masque" if cell.measure == "sejours" and 0 < cell.value < 11 else "exact"


@dataclass
class Country:
    """A few lines (``finess``, levels of activity, sums), a face, and what is hidden of its answers."""

    face: Face
    lines: list[Line]
    tree: Tree
    policy: Callable[[Cell], str] = weak

    def report(self, baskets: int = 0) -> Report:
        everyone = tuple(Establishment(f) for f in sorted({line["finess"] for line in self.lines}))
        return audit(self.ask, World(self.face, (Year(YEAR, everyone, self.tree, 0),)), baskets=baskets, seconds=60)

    def ask(self, slug: str, criteria: Mapping[str, str]) -> dict[str, Any]:
        way = criteria.get("regroupement", "")
        level, _, picked = criteria.get("activite", "").partition(":")
        known = [one for one in self.face.listings if (one.slug, one.regroupement, one.within) == (slug, way, level)]
        if not known:
            raise SanoscopeError("refus", f"{slug} {dict(criteria)}")
        labels = [label for label in known[0].labels if label != level]
        chosen = [line for line in self._of(criteria) if not level or line[level] == picked]
        keys = dict.fromkeys(tuple(line[label] for label in labels) for line in chosen)
        totals = dict.fromkeys(key[:-1] for key in keys)
        rows = [self._row(labels, key, chosen, level, picked, "panier" in criteria) for key in (*keys, *totals)]
        texts = [{"nom": label, "genre": "texte"} for label in labels]
        figures = [{"nom": name, "genre": "mesure", "decimales": self._decimals(name)} for name in self._measures()]
        return {"colonnes": texts + figures, "lignes": rows}

    def _of(self, criteria: Mapping[str, str]) -> list[Line]:
        who = set(criteria.get("panier", "").split(",")) - {""}
        criterion, prefix = self.face.leaf
        leaf = criteria.get(criterion, "").removeprefix(prefix)
        return [line for line in self.lines if line["finess"] in (who or {leaf or line["finess"]})]

    def _row(
        self, labels: list[str], key: tuple[str, ...], chosen: list[Line], level: str, picked: str, basket: bool
    ) -> Line:
        inside = [line for line in chosen if all(line[label] == c for label, c in zip(labels, key, strict=False))]
        levels = ([level] if level else []) + labels[: len(key)]
        codes = ([picked] if level else []) + list(key)
        row = dict.fromkeys(labels, "") | dict(zip(labels, key, strict=False))
        row["genre"] = "detail" if len(key) == len(labels) else "total"
        for name in self._measures():
            value = self._value(name, inside)
            state = self.policy(Cell(CROSS.join(levels), CROSS.join(codes), name, value, basket))
            row |= {name: value if state == "exact" else None, f"{name}_etat": state, f"{name}_estimation": None}
        return row

    def _measures(self) -> tuple[str, ...]:
        return (*self.face.people, *self.face.amounts, *(ratio.name for ratio in self.face.ratios))

    def _decimals(self, name: str) -> int:
        return int(name in {ratio.name for ratio in self.face.ratios})

    def _value(self, name: str, inside: list[Line]) -> float:
        for ratio in self.face.ratios:
            if ratio.name == name:
                above, below = (sum(line[part] for line in inside) for part in (ratio.numerator, ratio.denominator))
                return round(above / below, 1)
        return sum(line[name] for line in inside)


def found(report: Report, *words: str) -> list[Finding]:
    return [f for f in report.of("exact") if all(f" {word}," in f"{f.key}," for word in words)]


# crossings ----------------------------------------------------------------------------------------------------------

MODES: Tree = {
    "mpp": {"04": {}, "09": {}},
    "mpa": {"00": {}, "07": {}},
    "mpp×mpa": {f"{p}×{a}": {"mpp": p, "mpa": a} for p in ("04", "09") for a in ("00", "07")},
}
STAYS = {("04", "00"): 3, ("04", "07"): 120, ("09", "00"): 130, ("09", "07"): 140}
BY_MODE = [{"finess": "290000001", "mpp": p, "mpa": a, "sejours": n} for (p, a), n in STAYS.items()]
BY_MPA = Listing(CASEMIX, ("mpa",), "mpa")
CROSSED = Listing(STATISTICS, ("mpp", "mpa"))
PICKED = Listing(CASEMIX, ("mpp", "mpa"), "mpp", within="mpa")


def shown_by(*levels: str) -> Callable[[Cell], str]:
    """Exact at these levels, approximated at the others; masked where small."""
    return lambda cell: weak(cell) if 0 < cell.value < 11 or cell.level in levels else "approche"


@pytest.mark.parametrize("crossing", [CROSSED, PICKED])
def test_a_crossing_and_a_margin_give_its_masked_cell(crossing: Listing) -> None:
    face = Face("had", people=("sejours",), listings=(BY_MPA, crossing), partitions=("mpa",))
    report = Country(face, BY_MODE, MODES, shown_by("mpa", "mpp×mpa", "mpa×mpp")).report()
    assert [f.low for f in found(report, "mpp×mpa 04×00", "sejours", "etablissement 290000001")] == [3]
    for level in ("mpa", "mpp×mpa"):
        others = {"mpa", "mpp×mpa", "mpa×mpp"} - {level, level.replace("mpp×mpa", "mpa×mpp")}
        assert Country(face, BY_MODE, MODES, shown_by(*others)).report().tient


def test_a_total_of_a_crossing_is_that_of_its_first_level() -> None:
    face = Face("had", people=("sejours",), listings=(CROSSED,), partitions=("mpp",))
    report = Country(face, BY_MODE, MODES, shown_by("mpp", "mpp×mpa")).report()
    assert [f.low for f in found(report, "mpp×mpa 04×00", "sejours", "etablissement 290000001")] == [3]
    assert Country(face, BY_MODE, MODES, shown_by("mpp×mpa")).report().tient


# days ---------------------------------------------------------------------------------------------------------------

GROUPS: Tree = {"cm": {"01": {}, "02": {}}}
BY_GROUP = Listing(CASEMIX, ("cm",), "cm")
MEAN = Ratio("duree_moyenne", "journees", "sejours")
OF_DAYS = Face(
    "had",
    people=("sejours",),
    listings=(BY_GROUP,),
    partitions=("cm",),
    amounts=("journees",),
    riders={"journees": ("sejours",)},
)


def with_days(stays: int, days: int, *, ratios: tuple[Ratio, ...] = (), hidden: str = "") -> Country:
    """One establishment, 01 of a few stays and days, 02 of many; totals hidden, and a measure if it is named."""
    lines = [
        {"finess": "290000001", "cm": "01", "sejours": stays, "journees": days},
        {"finess": "290000001", "cm": "02", "sejours": 200, "journees": 900},
    ]
    face = replace(OF_DAYS, ratios=ratios)
    return Country(face, lines, GROUPS, lambda c: "secret" if not c.level or c.measure == hidden else weak(c))


def test_one_day_is_one_stay() -> None:
    assert [f.low for f in found(with_days(1, 1).report(), "cm 01", "sejours", "etablissement 290000001")] == [1]
    assert with_days(1, 1, hidden="journees").report().tient
    assert with_days(1, 2).report().tient, "two days may be of one stay or of two"


def test_a_small_number_of_days_is_no_finding() -> None:
    assert with_days(4, 7).report().findings == ()


def test_days_by_stay_give_stays() -> None:
    report = with_days(4, 10, ratios=(MEAN,)).report()  # 2.5 days a stay
    assert [f.low for f in found(report, "cm 01", "sejours", "etablissement 290000001")] == [4]
    assert with_days(4, 10, ratios=(MEAN,), hidden="duree_moyenne").report().tient
    assert with_days(4, 10, ratios=(MEAN,), hidden="journees").report().tient, "2.5 is 2, 4, 6, 8 or 10 stays"


def test_days_bound_stays_that_are_never_shown() -> None:
    face = Face(
        "smr",
        people=("sejours",),
        listings=(BY_GROUP,),
        partitions=("cm",),
        amounts=("journees", "journees_hc", "journees_hp"),
        riders={"journees_hc": ("sejours_hc",), "journees_hp": ("sejours_hp",)},
        links=(Link("sejours", ("sejours_hc", "sejours_hp")), Link("journees", ("journees_hc", "journees_hp"))),
    )
    lines = [{"finess": "290000001", "cm": "01", "sejours": 20, "journees": 95, "journees_hc": 94, "journees_hp": 1}]
    report = Country(face, lines, {"cm": {"01": {}}}).report()
    assert [f.low for f in found(report, "cm 01", "sejours_hp", "etablissement 290000001")] == [1]

    def full_and_partial_hidden(cell: Cell) -> str:
        return "approche" if cell.measure in ("journees_hc", "journees_hp") else weak(cell)

    assert Country(face, lines, {"cm": {"01": {}}}, full_and_partial_hidden).report().tient


def test_a_basket_less_a_basket_of_one_day_more() -> None:
    lines = [
        {"finess": f"29000000{i}", "cm": cm, "sejours": 1 if cm == "01" and i == 0 else 90, "journees": days}
        for i, cm, days in [
            (0, "01", 1),
            (0, "02", 300),
            (1, "01", 400),
            (1, "02", 500),
            (2, "01", 600),
            (2, "02", 700),
        ]
    ]

    def of_baskets(cell: Cell) -> str:
        return "exact" if cell.basket and cell.measure == "journees" else "secret"

    report = Country(OF_DAYS, lines, GROUPS, of_baskets).report(baskets=12)
    assert {f.low for f in report.of("exact") if f.how == "panier moins panier" and "cm 01" in f.key} == {1}
    assert Country(OF_DAYS, lines, GROUPS, lambda cell: "secret").report(baskets=12).tient


# a field without establishments -------------------------------------------------------------------------------------


def test_a_country_less_a_region_gives_the_other() -> None:
    total = ("liste", "medicament")
    face = Face(
        "sus",
        people=("sejours",),
        listings=(Listing("medicaments-en-sus", ("atc1",), "atc1", total=total),),
        leaf=("zone", "region:"),
        baskets=False,
    )
    tree = {"atc1": {"L": {"liste": "medicament"}, "B": {"liste": "medicament"}}, "liste": {"medicament": {}}}
    lines = [
        {"finess": region, "atc1": group, "sejours": n}
        for region, group, n in [("53", "L", 4), ("53", "B", 90), ("11", "L", 100), ("11", "B", 110)]
    ]
    report = Country(face, lines, tree, shown_by("atc1")).report(baskets=10)
    assert [f.low for f in found(report, "zone region:53", "atc1 L")] == [4]
    assert report.figure(f"{YEAR} : paniers demandés") == 0
    assert Country(face, lines, tree, lambda c: weak(c) if c.value <= 90 else "approche").report().tient
