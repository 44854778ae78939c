"""Our own answers hold; a copy of them in which a leak is planted does not: the attacker finds each."""

import copy
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import SECURE
from sanoscope.attack.campaign import audit
from sanoscope.attack.findings import Report
from sanoscope.catalogue.load import catalogue
from sanoscope.cli.audit import open_face
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition.build import build
from sanoscope.edition.edition import Edition
from sanoscope.intake.receive import receive
from sanoscope.present.exports import to_json
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.workspace import Workspace
from tests.pmsi import write
from tests.small_country import stays

YEAR = 2022
Document = dict[str, Any]
Ask = Callable[[str, Mapping[str, str]], Document]


@pytest.fixture(scope="module")
def faces(small: Workspace, edition: Edition) -> tuple[Ask, Ask]:
    """The open face, and the truth for the same question."""
    ask, _ = open_face(small.editions, "petite", catalogue(), small.settings)

    def truth(slug: str, criteria: Mapping[str, str]) -> Document:
        query = parse(criteria.items(), catalogue().restitution(slug), edition, SECURE)
        return orjson.loads(to_json(answer(query, SECURE, catalogue(), edition)))

    return ask, truth  # type: ignore[return-value]


def attack(small: Workspace, ask: Ask, baskets: int = 12, champ: str = "mco", seconds: float = 12) -> Report:
    _, world = open_face(small.editions, "petite", catalogue(), small.settings, champ=champ, years=[YEAR])
    return audit(ask, world, baskets=baskets, seconds=seconds, seed=1)


def planted(
    faces: tuple[Ask, Ask], wanted: Callable[[str, Mapping[str, str], Document, str], bool], *, least: int = 0
) -> Ask:
    """The open face, but for the cells that ``wanted`` picks and are ``least`` or more: these are given as they are."""
    ask, truth = faces

    def leaking(slug: str, criteria: Mapping[str, str]) -> Document:
        shown, true = copy.deepcopy(dict(ask(slug, criteria))), truth(slug, criteria)
        texts = [c["nom"] for c in shown["colonnes"] if c["genre"] == "texte"]
        rows = {(r["genre"], *(r[t] for t in texts)): r for r in true["lignes"]}
        for row in shown["lignes"]:
            real = rows.get((row["genre"], *(row[t] for t in texts)))
            for column in [c["nom"] for c in shown["colonnes"] if c["genre"] == "mesure"]:
                told = real and real[f"{column}_etat"] == "exact" and real[column] >= least
                if told and wanted(slug, criteria, row, column):
                    row[column], row[f"{column}_etat"] = real[column], "exact"
        return shown

    return leaking


def test_our_own_answers_hold(small: Workspace, faces: tuple[Ask, Ask]) -> None:
    report = attack(small, faces[0])
    assert report.tient, str(report)[:3000]
    assert not report.of("contradiction")


def test_two_editions_together_hold(small: Workspace, faces: tuple[Ask, Ask], tmp_path: Path) -> None:
    """Three in a hundred stays change; the next edition and the one before are attacked together."""
    place = workspaces.load(shutil.copytree(small.root, tmp_path / "espace", symlinks=True))
    rng = np.random.default_rng(3)
    for name, rows in stays().items():
        if f".{YEAR}." in name:
            late = [rows[i] | {"duree": int(rng.integers(0, 4))} for i in np.flatnonzero(rng.random(len(rows)) < 0.03)]
            for kind in ("rsa", "ano"):
                write(tmp_path / "suite", f"{name}.{kind}", [*rows, *late])
    assert receive(place, [tmp_path / "suite"]).clean
    build(place, catalogue(), name="suite", care=QUICK, before="petite", secret=2)
    ask, world = open_face(place.editions, "suite", catalogue(), place.settings, years=[YEAR])
    report = audit(ask, world, baskets=12, seconds=24, seed=1, before=faces[0])
    assert report.tient, str(report)[:3000]


def test_a_small_count_shown_is_found(small: Workspace, faces: tuple[Ask, Ask]) -> None:
    report = attack(small, planted(faces, lambda s, c, row, column: row[f"{column}_etat"] == "masque"), 1)
    assert report.of("montre")


def test_what_is_approached_given_exactly_is_found(small: Workspace, faces: tuple[Ask, Ask]) -> None:
    """Masks alone, and all else exact: what is published today elsewhere."""
    report = attack(small, planted(faces, lambda s, c, row, column: row[f"{column}_etat"] == "approche"), 1)
    assert report.of("exact")


def test_baskets_given_exactly_are_found(small: Workspace, faces: tuple[Ask, Ask]) -> None:
    def of_baskets(slug: str, criteria: Mapping[str, str], row: Document, column: str) -> bool:
        return "panier" in criteria and row[f"{column}_etat"] in ("approche", "secret")

    assert attack(small, planted(faces, of_baskets), 60).of("exact")


def test_deaths_given_exactly_are_found(small: Workspace, faces: tuple[Ask, Ask]) -> None:
    def of_deaths(slug: str, criteria: Mapping[str, str], row: Document, column: str) -> bool:
        return column in ("part_deces", "sejours", "seances") and row[f"{column}_etat"] != "indisponible"

    assert any("deces" in f.key for f in attack(small, planted(faces, of_deaths), 1).of("exact"))


# the other fields ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("champ", ["smr", "had", "psy", "sus", "actes"])
def test_our_own_answers_hold_in_every_field(small: Workspace, faces: tuple[Ask, Ask], champ: str) -> None:
    report = attack(small, faces[0], champ=champ, seconds=60)
    assert report.tient, str(report)[:3000]
    assert not report.of("contradiction")
    assert report.figure("demandes") > report.figure("demandes refusées") + 10


@pytest.mark.parametrize("champ", ["sus", "actes"])
@pytest.mark.parametrize(("state", "kind"), [("masque", "montre"), ("approche", "exact")])
def test_what_identified_readers_are_told_is_attacked(
    small: Workspace, faces: tuple[Ask, Ask], champ: str, state: str, kind: str
) -> None:
    """The same of an establishment's acts, drugs and devices: a small count shown, or all but the masks exact."""

    def wanted(slug: str, criteria: Mapping[str, str], row: Document, column: str) -> bool:
        return slug.endswith("-par-etablissement") and column == "sejours" and row[f"{column}_etat"] == state

    found = attack(small, planted(faces, wanted), 1, champ, 60).of(kind)
    assert any("etablissement " in f.key and f.key.endswith("sejours") for f in found)


@pytest.mark.parametrize("champ", ["smr", "had", "psy"])
def test_a_small_count_shown_is_found_in_every_field(small: Workspace, faces: tuple[Ask, Ask], champ: str) -> None:
    people = {"smr": "sejours", "had": "sejours", "psy": "prises_en_charge"}[champ]
    leaking = planted(faces, lambda s, c, row, column: row[f"{column}_etat"] == "masque")
    shown = attack(small, leaking, 1, champ, 60).of("montre")
    assert shown
    assert all(people in f.key or "patients" in f.key for f in shown), "days are no target"


@pytest.mark.parametrize(("champ", "column"), [("smr", "sejours"), ("had", "sejours"), ("psy", "prises_en_charge")])
def test_all_but_the_masks_given_exactly_is_found(
    small: Workspace, faces: tuple[Ask, Ask], champ: str, column: str
) -> None:
    leaking = planted(faces, lambda s, c, row, name: name == column and row[f"{name}_etat"] == "approche")
    assert any(f.key.endswith(column) for f in attack(small, leaking, 1, champ, 60).of("exact"))


def test_a_crossing_given_exactly_is_found(small: Workspace, faces: tuple[Ask, Ask]) -> None:
    """Modes are approached, their crossings with Karnofsky's index given: all but one, with their total."""
    crossed = {"statistiques-had-par-karnofsky", "statistiques-had-par-mpp"}
    leaking = planted(
        faces, lambda s, c, row, name: s in crossed and name == "sejours" and row[f"{name}_etat"] == "approche"
    )
    assert any("×" in f.key for f in attack(small, leaking, 1, "had", 60).of("exact"))


def test_days_and_their_mean_give_stays_away(small: Workspace, faces: tuple[Ask, Ask]) -> None:
    """Stays stay masked; days of the same group, and days by stay, do not."""

    def days(slug: str, criteria: Mapping[str, str], row: Document, column: str) -> bool:
        return column in ("journees", "duree_moyenne") and "panier" not in criteria

    assert any(f.key.endswith("sejours") for f in attack(small, planted(faces, days), 1, "had", 60).of("exact"))


@pytest.mark.parametrize("least", [1, 2])
def test_days_alone_give_away_but_one_day(small: Workspace, faces: tuple[Ask, Ask], least: int) -> None:
    """Beside a masked number of stays, a number of days says that there are no more stays: enough, if there is one."""

    def days(slug: str, criteria: Mapping[str, str], row: Document, column: str) -> bool:
        return column.startswith("journees") and row[f"{column}_etat"] in ("secret", "masque", "approche")

    found = attack(small, planted(faces, days, least=least), 1, "smr", 60).of("exact")
    assert {f.low for f in found} == ({1} if least == 1 else set())


def test_the_share_of_men_given_exactly_is_found(small: Workspace, faces: tuple[Ask, Ask]) -> None:
    def of_men(slug: str, criteria: Mapping[str, str], row: Document, column: str) -> bool:
        return column in ("part_hommes", "prises_en_charge") and row[f"{column}_etat"] != "indisponible"

    found = attack(small, planted(faces, of_men), 1, "psy", 60).of("exact")
    assert any(f.key.endswith(("hommes", "femmes")) for f in found)
