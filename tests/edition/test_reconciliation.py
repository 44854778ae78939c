"""FINESS are matched by codes alone: what each rule gives, what the history may not do, and how far it goes on all."""

import csv
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import catalogue
from sanoscope.cli.main import app
from sanoscope.edition.edition import in_memory, open_edition
from sanoscope.edition.published import build_published
from sanoscope.edition.reconciliation import Entity, History, Match, reconciled
from sanoscope.errors import SanoscopeError
from sanoscope.intake.receive import receive
from sanoscope.workspace import Workspace
from tests.conftest import SHARED
from tests.published import BEDS, STAFF, received, small_source

LEGAL, NORTH, SOUTH, CLINIC = "290000017", "290000108", "290000116", "290000204"
SITES = (Entity(NORTH, LEGAL), Entity(SOUTH, LEGAL), Entity(CLINIC, "290000199"))


def test_each_rule_in_its_order() -> None:
    found = reconciled((LEGAL, CLINIC, "350000019"), SITES)
    assert found == {LEGAL: Match("sites", (NORTH, SOUTH)), CLINIC: Match("code", (CLINIC,))}
    both = (*SITES, Entity(LEGAL))
    assert reconciled((LEGAL,), both) == {LEGAL: Match("code", (LEGAL,))}, "its own row comes before its sites"
    ours = (Entity(NORTH, "", LEGAL), Entity(SOUTH, "290000033", LEGAL))
    assert reconciled((LEGAL,), ours) == {LEGAL: Match("reference", (NORTH, SOUTH))}
    kept = reconciled((LEGAL, "290000033"), ours)
    assert kept[LEGAL] == Match("reference", (NORTH,)), "what the source says of a site comes before what we know"
    assert kept["290000033"] == Match("sites", (SOUTH,))


def test_a_name_is_no_match() -> None:
    assert not reconciled(("350000019",), [Entity("350000027", name="CH de Rennes")])


def test_a_site_that_sends_by_itself_is_not_counted_with_its_legal_entity() -> None:
    found = reconciled((LEGAL, NORTH), SITES)
    assert (found[LEGAL].entities, found[NORTH].entities) == ((SOUTH,), (NORTH,))
    assert found[LEGAL].whole
    assert found[NORTH].whole


def test_the_history_is_followed_both_ways_and_says_what_is_not_whole() -> None:
    chain = [("A", "B"), ("B", "C")]
    assert reconciled(("A",), [Entity("C")], chain)["A"] == Match("historique", ("C",))
    assert reconciled(("C",), [Entity("A")], chain)["C"] == Match("historique", ("A",))
    assert reconciled(("A",), [Entity("N", "C")], chain)["A"].entities == ("N",), "the sites of what it became"
    merger = [("A", "N"), ("B", "N")]
    assert reconciled(("N",), [Entity("A"), Entity("B")], merger)["N"] == Match("historique", ("A", "B"))
    part = reconciled(("N",), [Entity("A")], merger)["N"]
    assert (part.missing, part.whole) == (("B",), False)
    assert reconciled(("A",), [Entity("N")], merger)["A"].shared, "N is of B too"
    assert reconciled(("N1",), [Entity("O")], [("O", "N1"), ("O", "N2")])["N1"].shared, "O was of N2 too"
    assert not reconciled(("B",), [Entity("C")], [("A", "B"), ("A", "C")]), "what became of A beside it is not B"


def test_an_entity_of_two_establishments_is_whole_for_neither() -> None:
    found = reconciled(("A", "N"), [Entity("N")], [("A", "N")])
    assert {code: match.shared for code, match in found.items()} == {"A": True, "N": True}


@pytest.mark.parametrize("pairs", [[("A", "A")], [("A", "B"), ("B", "A")], [("A", "B"), ("B", "C"), ("C", "B")]])
def test_a_history_that_turns_in_a_circle_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(SanoscopeError) as error:
        History(pairs)
    assert error.value.code == "historique-circulaire"


def of_sae(place: Workspace, name: str = "sae") -> None:
    assert received(place, {"MCO_2022r.csv": BEDS}, source="sae").clean
    build_published(place, catalogue(), "sae", name=name)


def test_an_edition_keeps_its_entities_its_legal_codes_and_the_history(workspace: Workspace) -> None:
    known = f"finess,raison_sociale,finess_juridique\n{NORTH},SITE NORD,290000009\n"
    (workspace.reference / "etablissements.csv").write_text(known, encoding="utf-8")
    (workspace.reference / "finess_historique.csv").write_text(
        "ancien,nouveau,date,motif\n290000009,290000017,2021-01-01,fusion\n", encoding="utf-8"
    )
    of_sae(workspace)
    edition = open_edition(workspace.editions, "sae", settings=workspace.settings, public=True)
    for one in (edition, in_memory(edition)):
        assert one.entites == {
            (2022, "mco"): {
                NORTH: Entity(NORTH, LEGAL, "290000009", "CHU, SITE NORD"),
                SOUTH: Entity(SOUTH, LEGAL, "", "CHU, SITE SUD"),
            }
        }
        assert one.historique == (("290000009", LEGAL),)
    (workspace.reference / "finess_historique.csv").write_text(f"ancien,nouveau\n{NORTH},{NORTH}\n", encoding="utf-8")
    with pytest.raises(SanoscopeError) as error:
        of_sae(workspace, "autre")
    assert error.value.code == "historique-circulaire"


def test_the_command_says_how_many_by_which_rule_and_who_is_left(tmp_path: Path) -> None:
    place, out = workspaces.create(tmp_path / "espace"), tmp_path / "rapport.csv"
    of_sae(place)
    assert received(place, {f"bilan_social_{year}.csv": STAFF for year in (2021, 2022, 2023)}).clean
    build_published(place, catalogue(), "bilan-social", name="essai")
    run = CliRunner()
    said = run.invoke(app, ["reconcile", "sae", "essai", "--out", str(out), "--workspace", str(place.root)])
    assert said.exit_code == 0, said.output
    assert "2022 (source : 2022) : 1 établissements rapprochés sur 2, 50.00 %, dont 1 avec des chiffres" in said.output
    assert "2023 (source : 2022) : 1 établissements" in said.output
    assert "2021 : la source n'a ni cette année ni une année d'avant." in said.output
    assert "  1 : ses sites, par leur FINESS juridique dans la source" in said.output
    assert "  sans rapprochement : 290000025 CH SUD" in said.output
    assert "Entités de la source sans établissement : 0 sur 2." in said.output
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert [(row["annee"], row["finess"], row["regle"], row["entites"]) for row in rows] == [
        (year, *row)
        for year in ("2022", "2023")
        for row in ((LEGAL, "sites", f"{NORTH} {SOUTH}"), ("290000025", "aucune", ""))
    ]


def test_the_command_wants_a_source_of_indicators(tmp_path: Path) -> None:
    place = small_source(tmp_path)
    said = CliRunner().invoke(app, ["reconcile", "smr-2025", "open-ccam-2024", "--workspace", str(place.root)])
    assert said.exit_code == 1
    assert "[sans-entites]" in said.stderr


# on real data -----------------------------------------------------------------------------------------------------

BOOKS = SHARED / "data" / "indicators" / "sae_2022"
TABLES = SHARED / "data" / "published" / "mco_cartographie"


@pytest.fixture(scope="module")
def sae(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Entity], dict[str, Entity]]:
    """The entities of the SAE 2022: those of its identification (every site), those of its MCO table."""
    if not BOOKS.is_dir() or not TABLES.is_dir():
        pytest.skip(f"pas de SAE ni de cartographie MCO dans {SHARED}")
    place = workspaces.create(Path(tmp_path_factory.mktemp("sae")) / "espace")
    files = [BOOKS / "ID_2022r.csv.gz", BOOKS / "MCO_2022r.csv.gz"]
    assert receive(place, files, published=[catalogue().source("sae").attendu]).clean
    build_published(place, catalogue(), "sae", name="sae")
    entities = open_edition(place.editions, "sae", settings=place.settings, public=True).entites
    return dict(entities[2022, "id"]), dict(entities[2022, "mco"])


def transmitting(year: int) -> dict[str, str]:
    """Name of each establishment of the MCO tables of a year, by FINESS; the line of total has none."""
    found = {}
    for path in sorted(TABLES.glob(f"*_{year}_*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row[1:3] for row in csv.reader(file)][1:]
        found |= {code: name for code, name in rows if re.fullmatch(r"\w{9}", code)}
        assert sum(not code for code, _ in rows) == 1, "all rows but one total have a FINESS"
    return found


def test_sae_and_mco_of_2022_match_almost_all_and_each_that_does_not_is_listed(
    sae: tuple[dict[str, Entity], dict[str, Entity]],
) -> None:
    sites, beds = sae
    wanted = transmitting(2022)
    found = reconciled(wanted, sites.values())
    left = {code: name for code, name in wanted.items() if code not in found}
    print(f"2022 : {len(found)} sur {len(wanted)}", *(f"{code} {name}" for code, name in left.items()), sep="\n  ")
    assert (len(wanted), len(found)) == (1464, 1454)
    assert len(found) / len(wanted) >= 0.98
    assert sorted(left) == [
        "180010209", "200200145", "370013286", "520005398", "640019634",
        "640020681", "680021680", "920008539", "970411989", "970500005",
    ]  # fmt: skip
    assert sum(match.rule == "code" for match in found.values()) == 860
    assert sum(match.rule == "sites" for match in found.values()) == 594
    assert all(match.whole for match in found.values())
    assert len(reconciled(wanted, beds.values())) == 1392, "of whom the others have no MCO table: dialysis and the like"


def test_the_rate_falls_with_the_years_between_without_a_history(
    sae: tuple[dict[str, Entity], dict[str, Entity]],
) -> None:
    rates = {}
    for year in range(2015, 2023):
        wanted = transmitting(year)
        rates[year] = round(100 * len(reconciled(wanted, sae[0].values())) / len(wanted), 2)
    print(rates)
    assert list(rates.values()) == sorted(rates.values())
    assert rates[2021] > 98
