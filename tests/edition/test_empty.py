"""A year of which every line is excluded: an edition of it is built, checked and followed as any other."""

from pathlib import Path

import pytest

from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.check import check
from sanoscope.edition.edition import open_edition
from sanoscope.intake.receive import receive
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.workspace import Workspace
from tests.pmsi import deliver

FINESS = "290000017"
KINDS = {
    "mco": ("rsa", {"ghm": "90Z00Z"}, {"ghm": "04M053"}),
    "smr": ("rha", {"gme": "9001SC1"}, {"gme": "0127SC1", "journees_hors_we": "5"}),
    "had": ("rapss", {}, {"mpp": "04", "mpa": "07", "duree_sous_sequence": "5"}),
    "psy": ("rpsa", {}, {"forme_activite": "01", "dp": "F200", "nb_jours_presence": "3"}),
}


def made(place: Workspace, folder: Path, champ: str, name: str, row: dict[str, str], before: str = "") -> None:
    month = len(list(folder.glob("*"))) + 1
    deliver(folder / name, f"{FINESS}.2023.{month}.{KINDS[champ][0]}", [{"n": "30", **row}])
    assert receive(place, [folder / name]).clean
    build(place, catalogue(), name=name, care=QUICK, before=before)
    found = check(place.editions, name, catalogue(), place.settings)
    assert [c.nom for c in found if c.sans_appel and not c.bon] == []
    publication.publish(place.editions, name)


def asked(place: Workspace, champ: str, scope: Scope) -> list[object]:
    books, edition = catalogue(), open_edition(place.editions, settings=place.settings, public=scope.masked)
    query = parse([("annee", "2023")], books.restitution(f"cartographie-activite-{champ}"), edition, scope)
    return list(answer(query, scope, books, edition).figures[0].values)


@pytest.mark.parametrize("champ", KINDS)
def test_a_year_in_which_nothing_counts(champ: str, workspace: Workspace, tmp_path: Path) -> None:
    _, nothing, something = KINDS[champ]
    made(workspace, tmp_path / "f", champ, "vide", nothing)
    for scope in (OPEN, SECURE):
        assert not any(asked(workspace, champ, scope))
    made(workspace, tmp_path / "f", champ, "pleine", something, before="vide")
    assert asked(workspace, champ, OPEN) == asked(workspace, champ, SECURE)
    assert all(asked(workspace, champ, OPEN))
    made(workspace, tmp_path / "f", champ, "revidee", nothing, before="pleine")
    for scope in (OPEN, SECURE):
        assert not any(asked(workspace, champ, scope))
