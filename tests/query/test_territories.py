"""Territories of establishments: who lives there, who is treated there, by hand on a small country; and what is open.

An establishment is in the territory of its geographic code. Four of them, by residence of their stays in 2023:

| establishment | at | 29200 OUEST | 29000 SUD | 35000 EST | 22000 in none |
|---|---|---|---|---|---|
| 290000017 | 29200 OUEST | 60 | 20 | 10 | |
| 290000025 | 29000 SUD; 29200 OUEST in 2022 | 5 | 30 | | |
| 350000014 | 35000 EST | 15 | | 100 | |
| 220000020 | in no table | | | 8 | 12 |
"""

from pathlib import Path

import pyarrow as pa
import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition.build import build
from sanoscope.edition.edition import Edition, in_memory, open_edition
from sanoscope.engine.memory import MemoryEngine
from sanoscope.engine.plan import Scan
from sanoscope.errors import CriterionError
from sanoscope.intake.receive import receive
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import Table
from tests.pmsi import write

STAYS = {
    "290000017.2022.12": {"29200": 40},
    "290000025.2022.12": {"29200": 50},
    "290000017.2023.12": {"29200": 60, "29000": 20, "35000": 10},
    "290000025.2023.12": {"29200": 5, "29000": 30},
    "350000014.2023.12": {"29200": 15, "35000": 100},
    "220000020.2023.12": {"35000": 8, "22000": 12},
}
REFERENCE = {
    "geographie": """code_geo,libelle,departement,region,territoire
29200,Brest,29,53,OUEST
29000,Quimper,29,53,SUD
35000,Rennes,35,53,EST
22000,Saint-Brieuc,22,53,
""",
    "etablissements": """finess,raison_sociale,code_geo,annee_debut,annee_fin
290000017,Brest,29200,,
290000025,Ailleurs,29200,,2022
290000025,Quimper,29000,2023,
350000014,Rennes,35000,,
""",
    "zonages/PTS": """zone,libelle_zone,code_geo
7,Quimper et Rennes,29000
7,Quimper et Rennes,35000
8,Brest,29200
""",
}
CROSSED, FLOWS, MAP = "analyse-croisee-consommation-production-mco", "flux-zones-mco", "cartographie-activite-mco"


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> dict[Scope, Edition]:
    root: Path = tmp_path_factory.mktemp("territoires")
    place = workspaces.create(root / "espace")
    for name, lines in REFERENCE.items():
        path = place.reference / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(lines, encoding="utf-8")
    for name, by_code in STAYS.items():
        write(root / "fichiers", f"{name}.rsa", [{"n": n, "code_geo": code} for code, n in by_code.items()])
    assert receive(place, [root / "fichiers"]).clean
    build(place, catalogue(), name="a", care=QUICK, secret=1)
    settings = place.settings
    return {s: open_edition(place.editions, "a", settings=settings, public=s.masked) for s in (OPEN, SECURE)}


def ask(edition: Edition, scope: Scope, slug: str, **criteria: str) -> Table:
    query = parse(criteria.items(), catalogue().restitution(slug), edition, scope)
    return answer(query, scope, catalogue(), edition)


def figures(table: Table, codes: int = 1) -> dict[tuple[str, ...], tuple[float | None, ...]]:
    """The figures of each row, to a decimal, by its codes: those that are not labels."""
    labels = [label.values for label in table.labels if not label.name.startswith("libelle_")][:codes]
    rows = zip(*(figure.values for figure in table.figures), strict=True)
    rounded = [tuple(None if value is None else round(value, 1) for value in row) for row in rows]
    return dict(zip(zip(*labels, strict=True), rounded, strict=True))


def test_the_crossed_analysis_by_territory(country: dict[Scope, Edition]) -> None:
    table = ask(country[SECURE], SECURE, CROSSED, annee="2023", regroupement="territoire_residence")
    names = ("consomme", "produit", "sur_place", "taux_fuite", "attractivite", "autosuffisance", "solde")
    assert tuple(figure.name for figure in table.figures) == names
    assert figures(table) == {
        ("OUEST",): (80, 90, 60, 25.0, 33.3, 75.0, 10),
        ("SUD",): (50, 35, 30, 40.0, 14.3, 60.0, -15),
        ("EST",): (118, 115, 100, 15.3, 13.0, 84.7, -3),
        ("?",): (12, 20, 0, 100.0, 100.0, 0.0, 8),  # two places that are not known are not the same place
        ("",): (260, 260, 260, 0.0, 0.0, 100.0, 0),
    }


def test_the_territories_of_a_departement_leave_one_for_the_other_inside_it(country: dict[Scope, Edition]) -> None:
    asked = {"annee": "2023", "zone": "departement:29", "regroupement": "territoire_residence"}
    assert figures(ask(country[SECURE], SECURE, CROSSED, **asked)) == {
        ("OUEST",): (80, 90, 60, 25.0, 33.3, 75.0, 10),
        ("SUD",): (50, 35, 30, 40.0, 14.3, 60.0, -15),
        ("",): (130, 125, 115, 11.5, 8.0, 88.5, -5),
    }


def test_the_crossed_analysis_of_a_territory_by_activity(country: dict[Scope, Edition]) -> None:
    asked = {"annee": "2023", "zone": "territoire:OUEST", "regroupement": "cmd"}
    row = (80, 90, 60, 25.0, 33.3, 75.0, 10)
    assert figures(ask(country[SECURE], SECURE, CROSSED, **asked)) == {("04",): row, ("",): row}


def test_an_establishment_that_moved_is_where_it_was_each_year(country: dict[Scope, Edition]) -> None:
    table = ask(country[SECURE], SECURE, CROSSED, annee="2022", regroupement="territoire_residence")
    assert figures(table)["OUEST",] == (90, 90, 90, 0.0, 0.0, 100.0, 0)


def test_flows_between_territories(country: dict[Scope, Edition]) -> None:
    table = ask(country[SECURE], SECURE, FLOWS, annee="2023", regroupement="territoire")
    assert [figure.name for figure in table.figures] == ["sejours", "part_en_ligne", "part_en_colonne"]
    assert figures(table, codes=2) == {
        ("OUEST", "OUEST"): (60, 75.0, 66.7),
        ("OUEST", "EST"): (15, 18.8, 13.0),
        ("OUEST", "SUD"): (5, 6.2, 14.3),
        ("OUEST", ""): (80, 100.0, None),
        ("SUD", "SUD"): (30, 60.0, 85.7),
        ("SUD", "OUEST"): (20, 40.0, 22.2),
        ("SUD", ""): (50, 100.0, None),
        ("EST", "EST"): (100, 84.7, 87.0),
        ("EST", "OUEST"): (10, 8.5, 11.1),
        ("EST", "?"): (8, 6.8, 40.0),
        ("EST", ""): (118, 100.0, None),
        ("?", "?"): (12, 100.0, 60.0),
        ("?", ""): (12, 100.0, None),
    }


@pytest.mark.parametrize(
    ("annee", "zone", "expected"),
    [
        ("2023", "territoire:OUEST", {"290000017": 90}),
        ("2023", "territoire:SUD", {"290000025": 35}),
        ("2022", "territoire:OUEST", {"290000017": 40, "290000025": 50}),
        ("2023", "zonage:PTS:7", {"290000025": 35, "350000014": 115}),
        ("2022", "zonage:PTS:8", {"290000017": 40, "290000025": 50}),
        ("2023", "code_geo:29000", {"290000025": 35}),
    ],
)
def test_the_establishments_of_a_zone(
    country: dict[Scope, Edition], annee: str, zone: str, expected: dict[str, int]
) -> None:
    by_finess = figures(ask(country[SECURE], SECURE, MAP, annee=annee, zone=zone))
    assert {key: row[0] for (key,), row in by_finess.items()} == {**expected, "": sum(expected.values())}
    # the open side answers as of a basket of the same, and says no small count
    shown = [
        ask(country[OPEN], OPEN, MAP, annee=annee, **criteria)
        for criteria in ({"zone": zone}, {"panier": ",".join(expected)})
    ]
    assert shown[0].figures == shown[1].figures


def test_a_territory_that_is_not_known_says_which_are(country: dict[Scope, Edition]) -> None:
    for scope, edition in country.items():
        with pytest.raises(CriterionError) as refused:
            ask(edition, scope, MAP, annee="2023", zone="territoire:NORD")
        assert set(refused.value.allowed) == {"territoire:EST", "territoire:OUEST", "territoire:SUD"}


@pytest.mark.parametrize("champ", ["mco", "smr", "had", "psy"])
@pytest.mark.parametrize(
    "criteria",
    [
        {"regroupement": "territoire_residence"},
        {"zone": "territoire:T29O", "regroupement": "departement_residence"},
        {"zone": "territoire:T29O"},
    ],
)
def test_what_a_territory_produces_is_not_open(champ: str, criteria: dict[str, str], public: Edition) -> None:
    """No sheet publishes establishments by territory of residence: what is treated on the spot has no open figure."""
    with pytest.raises(CriterionError) as refused:
        ask(public, OPEN, f"analyse-croisee-consommation-production-{champ}", annee="2023", **criteria)
    assert refused.value.code == "non-publie"


@pytest.mark.parametrize("champ", ["mco", "smr", "had", "psy"])
def test_flows_between_territories_are_not_open(champ: str, public: Edition) -> None:
    with pytest.raises(CriterionError) as refused:
        ask(public, OPEN, f"flux-zones-{champ}", annee="2023", regroupement="territoire")
    assert refused.value.code == "non-publie"


def test_the_reference_engine_gives_the_same(edition: Edition) -> None:
    for slug, level in ((CROSSED, "territoire_residence"), (FLOWS, "territoire")):
        fast, plain = (ask(e, SECURE, slug, annee="2023", regroupement=level) for e in (edition, in_memory(edition)))
        assert (fast.labels, fast.figures) == (plain.labels, plain.figures)
        assert len(fast) > 4


def test_an_edition_built_before_territories_were_kept_answers_as_it_did(edition: Edition) -> None:
    now = edition.of("mco")
    held = [*(t.nom for t in now.champ.tables), "etablissements", "residences", "zonages", "libelles", "population"]
    tables: dict[str, pa.Table] = {name: now.engine.run(Scan(name)) for name in held}
    for name in {*held} - {"residences"}:
        tables[name] = tables[name].select([c for c in tables[name].column_names if c != "territoire"])
    assert tables["etablissements"].num_columns == now.engine.run(Scan("etablissements")).num_columns - 1
    earlier, zone = Edition(now.manifest, {"mco": MemoryEngine(tables)}), {"annee": "2023", "zone": "territoire:T29O"}
    found = ask(earlier, SECURE, MAP, **zone)
    assert found.figures == ask(now, SECURE, MAP, **zone).figures
    assert len(found) > 2
