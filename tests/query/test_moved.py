"""Two editions side by side: what they were made from, the figures that moved, and nothing that they do not show."""

import csv
import io
import json
from pathlib import Path

import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.changes import Other, Sending, changes
from sanoscope.edition.edition import open_edition
from sanoscope.intake.receive import receive
from sanoscope.present.numbers import cell
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import Table
from sanoscope.workspace import Workspace
from tests.cli.test_commands import call
from tests.pmsi import write

SLUG = "cartographie-activite-mco"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """« a », then « b »: a hospital sends its last months, another corrects, a third is new, a fourth is the same."""
    root = tmp_path_factory.mktemp("deux")
    place = workspaces.create(root / "espace")
    many = [{"n": 40, "actes": "ACQK001/1/1"}, {"n": 25, "duree": 0}]
    sent = {
        "290000017.2023.9.rsa": [{"n": 60, "mois_sortie": 5}],
        "290000025.2023.12.rsa": many,
        "290000041.2023.12.rsa": [*many, {"n": 4, "ghm": "08C481"}],
    }
    receive(place, [write(root / "1", name, rows) for name, rows in sent.items()])
    build(place, catalogue(), name="a", secret=1)
    late = {
        "290000017.2023.12.rsa": [{"n": 60, "mois_sortie": 5}, {"n": 15, "mois_sortie": 11}],
        "290000025.2023.12.rsa": [{"n": 50}, {"n": 25, "duree": 0}],
        "290000033.2023.12.rsa": many,
    }
    receive(place, [write(root / "2", name, rows) for name, rows in late.items()])
    build(place, catalogue(), name="b", before="a", secret=1)
    return place


def compared(two: Workspace, *words: str) -> dict:  # type: ignore[type-arg]
    return json.loads(call("diff", "a", "b", "--format", "json", *words, "--workspace", str(two.root)))


def test_transmissions_come_first(two: Workspace) -> None:
    found = changes(*(manifests.read(two.editions / name) for name in "ab"))
    mco = [sent for sent in found.transmissions if sent.champ == "mco"]
    assert mco == [
        Sending("mco", 2023, "290000017", 9, 12, ("rsa",)),
        Sending("mco", 2023, "290000025", 12, 12, ("rsa",)),
        Sending("mco", 2023, "290000033", 0, 12, ("rsa",)),
    ]
    assert [sent.nature for sent in mco] == ["remplacee", "remplacee", "nouvelle"]
    back = changes(*(manifests.read(two.editions / name) for name in "ba"))
    assert [sent.nature for sent in back.transmissions if sent.champ == "mco"][-1] == "disparue"
    assert found.pareilles == len({sent.champ for sent in found.transmissions})
    assert found.autres == ()


def test_nomenclatures_versions_and_software_are_told() -> None:
    known = {"ghm": "1" * 64, "geo": "2" * 64}
    plain = {"nom": "a", "cree_le": "2026-01-01T00:00:00Z", "logiciel": "0.1", "moteur": "duckdb", "champs": {}}
    before, after = (
        manifests.Manifest.model_validate(plain | changed)
        for changed in ({"nomenclatures": known}, {"nomenclatures": known | {"ghm": "3" * 64}, "logiciel": "0.2"})
    )
    assert changes(before, after).autres == (
        Other("nomenclature", "ghm", "1" * 12, "3" * 12),
        Other("logiciel", "Sanoscope", "0.1", "0.2"),
    )
    assert changes(before, before).autres == ()


def test_the_same_edition_twice_has_nothing_that_moved(two: Workspace) -> None:
    found = json.loads(call("diff", "a", "a", "--format", "json", "--workspace", str(two.root)))
    assert found["transmissions"] == []
    assert len(found["restitutions"]) > 20
    counts = ("nouveaux", "disparus", "changes", "approches", "masques")
    assert {sum(one[name] for name in counts) for one in found["restitutions"]} == {0}
    assert sum(one["chiffres"] for one in found["restitutions"]) > 100


def test_figures_that_moved_are_those_of_the_two_answers(two: Workspace) -> None:
    """By hand, of the true figures: the stays of each hospital, and of all."""
    (found,) = compared(two, "--restitution", SLUG, "--scope", "secure", "--premiers", "100")["restitutions"]
    assert found["annees"] == [2023]
    stays = {move["ligne"][0]: move for move in found["premiers"] if move["mesure"] == "sejours"}
    moved = {name: (m["avant"]["valeur"], m["apres"]["valeur"], m["ecart"]) for name, m in stays.items()}
    assert moved == {"290000017": (60, 75, 15), "290000025": (65, 75, 10), "Total": (194, 284, 90)}
    assert stays["290000017"]["evolution"] == 25.0
    assert found["nouveaux"] == _shown_figures(two, "290000033") > 3
    assert found["disparus"] == 0


def _shown_figures(two: Workspace, finess: str) -> int:
    words = ("query", SLUG, "edition=b", "--scope", "secure", "--format", "csv", "--workspace", str(two.root))
    (row,) = [row for row in csv.DictReader(io.StringIO(call(*words))) if row["finess"] == finess]
    return sum(row[name] in ("exact", "masque", "approche", "secret") for name in row if name.endswith("_etat"))


def table(two: Workspace, name: str, slug: str, *pairs: tuple[str, str]) -> Table:
    edition = open_edition(two.editions, name, settings=two.settings, public=True)
    query = parse(pairs, catalogue().restitution(slug), edition, OPEN)
    return answer(query, OPEN, catalogue(), edition)


def test_the_open_side_tells_what_two_open_answers_show_and_no_more(two: Workspace) -> None:
    """Every figure told is in one of the two answers as it is shown there; no gap is made with an estimate."""
    found = compared(two, "--premiers", "1000")["restitutions"]
    told = [(one, move) for one in found for move in one["premiers"]]
    assert {"exact", "approche"} <= {move[side]["etat"] for _, move in told for side in ("avant", "apres")}
    for _, move in told:
        exact = move["avant"]["etat"] == move["apres"]["etat"] == "exact"
        assert (move["ecart"] is None) != exact
        assert exact or move["evolution"] is None
    shown = {}
    for name, side in (("a", "avant"), ("b", "apres")):
        for level in ("cmd", "racine"):
            answered = table(two, name, "casemix-mco", ("annee", "2023"), ("regroupement", level))
            shown[side, level] = {cell(column, row) for column in answered.figures for row in range(len(answered))}
    for one, move in told:
        if one["restitution"] == "casemix-mco" and one["regroupement"] in ("cmd", "racine"):
            for side in ("avant", "apres"):
                texts = {t.replace("≈ ", "").replace("\u202f", "") for t in shown[side, one["regroupement"]]}
                figure = move[side]["valeur"]
                written = {str(figure), f"{figure:.1f}", f"{figure:.2f}"}
                assert {text.replace(".", ",") for text in written} & texts


def test_identified_and_secure_restitutions_are_compared_in_secure_access_alone(two: Workspace) -> None:
    closed = {slug for slug, r in catalogue().restitutions.items() if r.acces != "libre"}
    assert not closed & {one["restitution"] for one in compared(two)["restitutions"]}
    assert closed & {one["restitution"] for one in compared(two, "--scope", "secure")["restitutions"]}


def test_the_command_writes_text_and_csv(two: Workspace, tmp_path: Path) -> None:
    at = ("--workspace", str(two.root))
    said = call("diff", "a", "b", "--restitution", SLUG, "--scope", "secure", *at)
    assert "MCO 2023 290000017 : remplacée, M9 → M12 (rsa)" in said
    assert "MCO 2023 290000033 : nouvelle, – → M12 (rsa)" in said
    assert "Séjours : 60 → 75 (+25,0 %)" in said
    out = tmp_path / "ecarts.csv"
    call("diff", "a", "b", "--restitution", SLUG, "--scope", "secure", "--format", "csv", "-o", str(out), *at)
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert {"transmission-nouvelle", "transmission-remplacee", "nombre-changes", "chiffre"} <= {r["quoi"] for r in rows}
    mark = "Version complète, petits effectifs compris : ne pas diffuser. Remise à exploitant"
    assert said.startswith(mark)
    assert all(row["filigrane"].startswith(mark) for row in rows)
    assert compared(two, "--scope", "secure")["filigrane"].startswith(mark)
    assert "filigrane" not in compared(two)
    assert "« c »" in call("diff", "a", "c", *at, code=1)


def test_an_edition_that_is_not_published_may_be_compared_before_it_is(two: Workspace) -> None:
    assert not publication.served(two.editions)
    assert compared(two)["restitutions"]
