"""Acts, in five régions: a stay counts in each of its acts, so that no count of stays is the sum of others of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE
from sanoscope.attack.campaign import audit
from sanoscope.attack.findings import Report
from sanoscope.attack.world import Ask
from sanoscope.catalogue.load import catalogue
from sanoscope.cli.audit import open_face
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition.build import build
from sanoscope.edition.check import check
from sanoscope.edition.edition import open_edition
from sanoscope.intake.receive import receive
from sanoscope.present.exports import to_json
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.workspace import Workspace
from tests.pmsi import write

HOSPITALS = ["290000017", "350000014", "440000289", "140000100", "750712184", "590780193"]
ACTS = ["ACQK001", "ACQN001", "AHPA009", "AFLB010", "HHQE005", "JQGD010"]
SHARES = [0.35, 0.25, 0.2, 0.1, 0.07, 0.03]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("actes")
    rng = np.random.default_rng(5)
    for number, finess in enumerate(HOSPITALS):
        rows: list[dict[str, str | int]] = [
            {
                "duree": int(rng.integers(0, 3)),
                "actes": " ".join(rng.choice(ACTS, rng.integers(1, 4), replace=False, p=SHARES)),
            }
            for _ in range(25 + 30 * number)
        ]
        write(root / "fichiers", f"{finess}.2023.12.rsa", rows)
    own = workspaces.create(root / "espace")
    assert receive(own, [root / "fichiers"]).clean
    build(own, catalogue(), name="actes", care=QUICK, secret=1)
    return own


def attacked(place: Workspace, ask: Ask | None = None) -> Report:
    own, world = open_face(place.editions, "actes", catalogue(), place.settings, champ="actes", years=[2023])
    return audit(ask or own, world, baskets=0, seconds=60, seed=1)


def told(place: Workspace, *, truth: bool) -> Ask:
    """Answers of the open side, or the true ones with nothing but small counts masked."""
    scope = SECURE if truth else OPEN
    edition = open_edition(place.editions, "actes", settings=place.settings, public=not truth)

    def ask(slug: str, criteria: Mapping[str, str]) -> Mapping[str, Any]:
        query = parse(criteria.items(), catalogue().restitution(slug), edition, scope)
        document: dict[str, Any] = orjson.loads(to_json(answer(query, scope, catalogue(), edition)))
        for row in document["lignes"] if truth else ():
            for name in ("sejours", "actes", "part_hp", "dms"):
                if 0 < (row["sejours"] or 0) < 11 and name != "sejours":
                    row[name], row[f"{name}_etat"] = None, "secret"
            if 0 < row["sejours"] < 11:
                row["sejours"], row["sejours_etat"] = None, "masque"
        return document

    return ask


def test_acts_hold_against_the_attacker(place: Workspace) -> None:
    report = attacked(place)
    assert report.tient, str(report)[:3000]
    assert not report.of("contradiction")
    assert report.figure("demandes") > report.figure("demandes refusées") + 10
    assert all(control.bon for control in check(place.editions, "actes", catalogue(), place.settings))


def test_the_same_acts_masked_cell_by_cell_do_not(place: Workspace) -> None:
    """Without the protection, chapters, régions and France give small acts away: the attacker does see acts."""
    assert attacked(place, told(place, truth=True)).of("exact")
