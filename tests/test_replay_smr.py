"""Published SMR totals, replayed as weekly lines and counted again: the published figures to the unit and the decimal.

The replay is ours: it writes, for each establishment, weeks whose days, ages, scores and acts add up to what was
published. It knows the official layout and the published table, and nothing of how Sanoscope counts.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition.build import build
from sanoscope.edition.edition import open_edition
from sanoscope.formats.encode import encode
from sanoscope.formats.registry import layout_of
from sanoscope.intake.receive import receive
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import State, Table
from sanoscope.workspace import Workspace

YEAR, DEPARTEMENTS = 2025, ("2A", "2B", "29")
DAYS = {"journees": "nb_journees_total", "journees_hc": "nb_journees_hc", "journees_hp": "nb_journees_hp"}
MEANS = {
    "age_moyen": "age_moyen",
    "avq_physique": "avq_physique",
    "avq_relationnel": "avq_relationnel",
    "actes_csarr_par_jour": "nb_actes_csarr",
}
SCORES = (("habillage", "deplacement", "alimentation", "continence"), ("comportement", "relation"))


@pytest.fixture(scope="module")
def published(shared: Path) -> dict[str, dict[str, str]]:
    path = shared / "data" / "published" / "smr_2025_total_etablissements_latest.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["data"]
    whole = (r for r in rows if all(r[column].isdigit() for column in DAYS.values()))
    return {r["finess"]: r for r in whole if r["finess"][:2] in DEPARTEMENTS}


@pytest.fixture(scope="module")
def replayed(published: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("rejeu-smr")
    folder = root / "smr"
    folder.mkdir()
    for finess, row in published.items():
        month = int(row["periode"].removeprefix("M"))
        (folder / f"{finess}.{YEAR}.{month}.rha").write_bytes(weeks(finess, row))
    place = workspaces.create(root / "espace")
    assert receive(place, [folder]).clean
    build(place, catalogue(), name="rejeu", care=QUICK, secret=1)
    return place


def weeks(finess: str, row: dict[str, str]) -> bytes:
    """Return lines that add up to a published row: whole weeks, and single days to make up every sum."""
    complete, partial = (int(row[DAYS[name]]) if row[DAYS[name]].isdigit() else 0 for name in DAYS if "_" in name)
    lengths = np.array([*_lengths(complete, 7), *_lengths(partial, 5)])
    count, whole = len(lengths), int(lengths.sum())
    full = np.arange(count) < len(list(_lengths(complete, 7)))
    columns: dict[str, Any] = {
        "finess": np.full(count, finess),
        "cle_sejour": np.char.zfill((np.arange(count) // 4).astype(str), 7),
        "gme": np.where(full, "0127SC1", "0127JA0"),
        "type_hospitalisation": np.where(full, "1", "2"),
        "sexe": np.full(count, "1"),
        "code_geo": np.full(count, "29000"),
        "mois_rhs": np.full(count, 1),
        "annee_rhs": np.full(count, YEAR),
        "journees_hors_we": np.minimum(lengths, 5),
        "journees_we": np.maximum(lengths - 5, 0),
        "age_ans": _spread(_mean(row, "age_moyen"), lengths),
        "nb_csarr": np.zeros(count, np.int64),
        "nb_csar": np.zeros(count, np.int64),
    }
    for names, mean in zip(SCORES, ("avq_physique", "avq_relationnel"), strict=True):
        total = _spread(_mean(row, mean), lengths)
        for rank, name in enumerate(names):
            columns[f"avq_{name}"] = total // len(names) + (rank < total % len(names))
    acts = round(_mean(row, "actes_csarr_par_jour") * whole)
    each = np.full(count, acts // count) + (np.arange(count) < acts % count)
    layout = layout_of("rha", YEAR)
    zone = next(z for z in layout.zones if z.name == "csarr")
    columns["nb_csarr"] = each
    filled = {field.name: np.full(int(each.sum()), 1 if field.type == "integer" else "0") for field in zone.fields}
    return encode(layout, columns, count=count, zones={"csarr": filled})


def _lengths(days: int, week: int) -> Iterator[int]:
    single = min(days, week + days % week)
    yield from [week] * ((days - single) // week)
    yield from [1] * single


def _mean(row: dict[str, str], name: str) -> float:
    return float(row[MEANS[name]])


def _spread(mean: float, lengths: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an integer a line, two that follow each other, so that their mean by day is as near as can be."""
    low = int(np.floor(mean))
    more = round((mean - low) * int(lengths.sum()))
    found = np.full(len(lengths), low)
    for place in np.argsort(-lengths, kind="stable"):
        if lengths[place] <= more:
            found[place] += 1
            more -= int(lengths[place])
    assert more == 0
    return found


def ask(place: Workspace, scope: Scope) -> Table:
    edition = open_edition(place.editions, "rejeu", settings=place.settings, public=scope.masked)
    query = parse([], catalogue().restitution("cartographie-activite-smr"), edition, scope)
    return answer(query, scope, catalogue(), edition)


def test_the_secure_table_is_the_published_one(replayed: Workspace, published: dict[str, dict[str, str]]) -> None:
    table = ask(replayed, SECURE)
    codes = table.labels[0].values
    assert {code for code in codes if code} == published.keys()
    for figure in table.figures:
        for place, code in enumerate(codes):
            if code and figure.name in DAYS:
                said = published[code][DAYS[figure.name]]
                assert figure.values[place] == (int(said) if said.isdigit() else 0), (code, figure.name)
            elif code and figure.name in MEANS:
                said = float(published[code][MEANS[figure.name]])
                assert figure.values[place] == pytest.approx(said, abs=0.005), (code, figure.name)
    days = next(figure for figure in table.figures if figure.name == "journees")
    assert days.values[-1] == sum(int(row["nb_journees_total"]) for row in published.values())


def test_the_open_table_shows_the_same_or_hides(replayed: Workspace) -> None:
    secure, shown = ask(replayed, SECURE), ask(replayed, OPEN)
    exact = 0
    for true, told in zip(secure.figures, shown.figures, strict=True):
        for real, value, state in zip(true.values, told.values, told.states, strict=True):
            if state is State.EXACT:
                assert value == real
                exact += 1
    assert exact > len(shown)
