"""A year of Saturdays: every figure of every edition is that of a build from scratch of the files delivered so far.

The suite lives through seven Saturdays on which everything happens, with two fields and without their noised tables;
``SANOSCOPE_SAMEDIS=52`` lives through all, with the whole catalogue.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue, catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import build as building
from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.errors import SanoscopeError
from sanoscope.intake.receive import receive
from sanoscope.intake.store import StoredFile, stored_files
from sanoscope.nomenclature.importers import load_path
from sanoscope.operate import refresh as refreshing
from sanoscope.operate import retention
from sanoscope.operate.drop import REFERENCE
from sanoscope.operate.report import NOTHING, PUBLISHED, Report
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import State, Table
from sanoscope.workspace import Workspace
from tests.operate import year
from tests.operate.small import place

SHORT = (14, 16, 35, 36, 38, 39, 40)
EVERY = int(os.environ.get("SANOSCOPE_SAMEDIS", "7")) >= year.WEEKS
SATURDAYS = tuple(range(1, year.WEEKS + 1)) if EVERY else SHORT
PANEL = 1 if EVERY else 4
"""Of how many restitutions one is asked each Saturday; over the year all are."""

CLOCKS: tuple[ModuleType, ...] = (building, publication, refreshing, retention)


@dataclass
class Seen:
    """What a year came to: what was compared, what was seen to happen."""

    compte: Counter[str] = field(default_factory=Counter)
    genres: Counter[str] = field(default_factory=Counter)
    restitutions: set[str] = field(default_factory=set)
    rapports: list[Report] = field(default_factory=list)
    secondes: Counter[str] = field(default_factory=Counter)


def _books() -> Catalogue:
    whole = catalogue()
    if EVERY:
        return whole
    fields = {code: _without_noise(whole.champs[code]) for code in ("mco", "smr")}
    own = {slug: one for slug, one in whole.restitutions.items() if not one.source and not one.sources_croisees}
    asked = {slug: one for slug, one in own.items() if one.champ in fields}
    return replace(whole, champs=fields, restitutions=asked, fiches={}, sources={})


def _without_noise(champ: Champ) -> Champ:
    return champ.model_copy(update={"publication": champ.publication.model_copy(update={"bruites": {}})})


BOOKS = _books()


def test_a_year_of_saturdays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, fresh = place(tmp_path, "garder = 2\njours = 20\n"), place(tmp_path / "neuf")
    seen, week = Seen(), 0
    delivered: dict[bytes, int] = {}
    for number, saturday in enumerate(SATURDAYS):
        came = {d.nom: d for d in (*(year.before() if not week else ()), *_between(week, saturday))}
        week = saturday
        sent = _deliver(came, tmp_path / "depot", tmp_path / "envois" / f"{week:02d}")
        seen.genres.update(d.genre for d in came.values())
        delivered |= {d.contenu: d.lignes for d in came.values()}  # what is sent again is known, and read once
        report = _refreshed(workspace, week, monkeypatch, seen)
        scratch = _from_scratch(fresh, sent, f"neuve-{week:02d}", seen)
        _compare(workspace, report, fresh, scratch, number, seen)
        publication.remove(fresh.editions, scratch)
        print(f"{week:2d} {report.etat} {report.edition} {[n.nom for n in report.repris]}", flush=True)
    _reconciled(workspace, sum(delivered.values()), seen)
    print(f"{dict(seen.compte)} {dict(seen.genres)} { {k: round(v / 1000) for k, v in seen.secondes.items()} }")
    _happened(workspace, seen)


def _between(after: int, until: int) -> Iterator[year.Delivery]:
    return (one for week in range(after + 1, until + 1) for one in year.deliveries(week))


def _deliver(came: dict[str, year.Delivery], *folders: Path) -> Path:
    """Put files in the drop folder, and aside as they came; return the latter."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        for one in came.values():
            (folder / one.nom).parent.mkdir(parents=True, exist_ok=True)
            (folder / one.nom).write_bytes(one.contenu)
    return folders[-1]


def _refreshed(workspace: Workspace, week: int, monkeypatch: pytest.MonkeyPatch, seen: Seen) -> Report:
    class Saturday(datetime):
        @classmethod
        def now(cls, tz=None) -> datetime:
            return year.saturday(week)

    started = time.perf_counter()
    with monkeypatch.context() as patched:
        for module in CLOCKS:
            patched.setattr(module, "datetime", Saturday)
        report = refreshing.refresh(workspace, BOOKS, care=QUICK)
    seen.secondes["mise à jour"] += int(1000 * (time.perf_counter() - started))
    assert report.etat in (PUBLISHED, NOTHING), f"semaine {week} : {report.motif} {report.alertes}"
    assert report.edition == publication.served(workspace.editions)
    assert (report.edition == report.avant) == (report.etat == NOTHING)
    seen.rapports.append(report)
    seen.compte[report.etat] += 1
    seen.compte["champs repris"] += len(report.repris)
    seen.compte["champs construits"] += len(report.construits)
    return report


def _from_scratch(fresh: Workspace, sent: Path, name: str, seen: Seen) -> str:
    """Receive what was delivered and build an edition of all that was so far, as if there had been none before."""
    started = time.perf_counter()
    if (sent / REFERENCE).is_dir():
        load_path(sent / REFERENCE, fresh.reference)
    receive(fresh, [path for path in sorted(sent.iterdir()) if path.is_file()])
    build(fresh, BOOKS, name=name, care=QUICK, whole=True)
    seen.secondes["à partir de rien"] += int(1000 * (time.perf_counter() - started))
    return name


# comparing ---------------------------------------------------------------------------------------------------------


def _compare(workspace: Workspace, report: Report, fresh: Workspace, scratch: str, number: int, seen: Seen) -> None:
    publication.verify(workspace.editions, report.edition)
    here, there = workspace.editions / report.edition, fresh.editions / scratch
    ours, theirs = manifests.read(here), manifests.read(there)
    assert set(ours.champs) == set(theirs.champs)
    for code, champ in ours.champs.items():
        other = theirs.champs[code]
        assert champ.annees == other.annees
        assert _lines(champ, report) == _lines(other, report)
        assert champ.codes_inconnus == other.codes_inconnus
        assert {e.sha256 for e in champ.entrees} == {e.sha256 for e in other.entrees}
        assert champ.tables == other.tables
        base = manifests.database(code, public=False)
        seen.compte.update(_same_tables(here / base, there / base))
    _same_answers(workspace, report.edition, fresh, scratch, number, seen)


def _lines(champ: manifests.ManifestChamp, report: Report) -> list[manifests.Rapprochement]:
    """Return what became of the lines; of those that do not count, an edition knows what was there when it was made."""
    if report.etat == PUBLISHED:
        return champ.rapprochement
    return [of.model_copy(update={"remplacees": 0}) for of in champ.rapprochement]


def _same_tables(one: Path, other: Path) -> Counter[str]:
    """Compare every table of two databases row by row; return how many tables and figures were."""
    found: Counter[str] = Counter()
    with duckdb.connect() as base:
        base.execute(f"ATTACH '{one}' AS a (READ_ONLY); ATTACH '{other}' AS b (READ_ONLY)")
        listed = "SELECT table_name FROM duckdb_tables() WHERE database_name = ?"
        names, others = ({row[0] for row in base.execute(listed, [of]).fetchall()} for of in "ab")
        assert names == others
        for name in names:
            for first, second in (("a", "b"), ("b", "a")):
                astray = base.execute(f'SELECT * FROM {first}."{name}" EXCEPT ALL SELECT * FROM {second}."{name}"')
                assert astray.fetchall() == [], f"{one.name}, {name}"
            table = base.table(f'a."{name}"')
            found.update({"tables": 1, "cases des tables": len(table) * len(table.columns)})
    return found


def _same_answers(workspace: Workspace, name: str, fresh: Workspace, scratch: str, number: int, seen: Seen) -> None:
    sides = {
        (which, scope.masked): open_edition(of.editions, of_name, settings=of.settings, public=scope.masked)
        for which, of, of_name in (("refaite", workspace, name), ("neuve", fresh, scratch))
        for scope in (OPEN, SECURE)
    }
    held = sides["refaite", False].manifest.champs
    asked = [r for r in BOOKS.restitutions.values() if r.champ in held and not r.source]
    for rank, restitution in enumerate(asked):
        if rank % PANEL != number % PANEL:
            continue
        for criteria in _questions(restitution, sides["refaite", False], number + rank):
            ours = _asked(restitution, criteria, sides["refaite", False], SECURE)
            theirs = _asked(restitution, criteria, sides["neuve", False], SECURE)
            assert ours == theirs, (restitution.slug, criteria)
            if ours is None:
                continue
            seen.restitutions.add(restitution.slug)
            seen.compte.update({"questions": 1, "cellules sécurisées": len(ours)})
            shown = _asked(restitution, criteria, sides["refaite", True], OPEN)
            fresh = _asked(restitution, criteria, sides["neuve", True], OPEN)
            assert (shown is None) == (fresh is None), (restitution.slug, criteria)
            if shown is not None and fresh is not None:
                _open_is_true(restitution, criteria, ours, (shown, fresh), seen)


Cells = dict[tuple[str, ...], tuple[State, float | int | None]]


def _open_is_true(
    restitution: Restitution, criteria: list[tuple[str, str]], true: Cells, sides: tuple[Cells, Cells], seen: Seen
) -> None:
    """Compare the exact figures of two open sides with the secure ones, and count those that could have been wrong."""
    champ = BOOKS.champs[restitution.champ]
    counts = {name: somme.effectif for name, somme in champ.sommes.items()}
    people = {name for name, m in champ.mesures.items() if m.genre == "somme" and counts.get(m.de)}
    for side in sides:
        for key, (state, value) in side.items():
            if state is not State.EXACT:
                seen.compte["cellules ouvertes cachées ou approchées"] += 1
                continue
            where = (restitution.slug, criteria, key)
            if key not in true:  # a place that the secure side leaves out: its inhabitants are known
                assert not value or (restitution.jusqua and key[-1] == "population"), where
                continue
            assert true[key] == (State.EXACT, value), where
            assert key[-1] not in people or not value or value >= workspaces.Settings().seuil, where
            seen.compte["chiffres ouverts exacts"] += 1
    both = [k for k in sides[0].keys() & sides[1].keys() if sides[0][k][0] is sides[1][k][0] is State.EXACT]
    assert all(sides[0][key] == sides[1][key] for key in both)
    seen.compte["chiffres ouverts exacts des deux côtés"] += len(both)


def _questions(restitution: Restitution, edition: Edition, turn: int) -> Iterator[list[tuple[str, str]]]:
    """Yield the question of a whole year, and another one that changes from Saturday to Saturday."""
    criteria, years = restitution.criteres, edition.of(restitution.champ).champ.annees
    plain = [("annee", str(years[-1]))]
    yield plain
    others = [[("annee", str(years[0]))]]
    others += [[*plain, ("mois", "2")]] if criteria.mois else []
    others += [[*plain, ("regroupement", level)] for level in criteria.regroupement[1:]]
    others += [[*plain, ("zone", "departement:29")]] if criteria.zone else []
    others += [[*plain, ("etablissement", year.HOSPITALS[1])]] if criteria.etablissements else []
    yield others[turn % len(others)]


def _asked(restitution: Restitution, criteria: list[tuple[str, str]], edition: Edition, scope: Scope) -> Cells | None:
    """Return the cells of an answer by what names them; None where the question is refused."""
    try:
        query = parse(criteria, restitution, edition, scope)
        return _cells(answer(query, scope, BOOKS, edition))
    except SanoscopeError:
        return None


def _cells(table: Table) -> Cells:
    named = zip(*(label.values for label in table.labels), table.kinds, strict=True)
    found: Cells = {}
    for row, names in enumerate(named):
        for of in table.figures:
            found[(*names, of.name)] = of.states[row], of.values[row]
    assert len(found) == len(table) * len(table.figures)
    return found


# what the year came to ---------------------------------------------------------------------------------------------


def _reconciled(workspace: Workspace, delivered: int, seen: Seen) -> None:
    """Every line delivered was accepted or refused, and those of stays are in the last edition's manifest."""
    read, accepted, refused = (
        sum(getattr(report, name) for report in seen.rapports)
        for name in ("lignes_lues", "lignes_acceptees", "lignes_refusees")
    )
    assert read == delivered == accepted + refused
    stored = [f for store in ("mco", "smr") for f, _ in stored_files(workspace.store, store)]
    assert (read, accepted) == (sum(f.lues for f in stored), sum(f.acceptees for f in stored))
    assert refused >= 2  # a torn line, a bad one
    last = manifests.read(workspace.editions / publication.served(workspace.editions))
    for code, kind in (("mco", "rsa"), ("smr", "rha")):
        own = _of_kind(stored, kind)
        told = last.champs[code].rapprochement
        assert own
        assert sum(y.lignes + y.remplacees for y in told) == sum(f.acceptees for f in own)
        assert all(y.lignes == y.retenues + sum(y.exclusions.values()) for y in told)
        assert any(y.remplacees for y in told)
    seen.compte.update({"lignes livrées": delivered, "lignes refusées": refused})


def _of_kind(stored: list[StoredFile], kind: str) -> list[StoredFile]:
    return [file for file in stored if file.kind == kind]


def _happened(workspace: Workspace, seen: Seen) -> None:
    """Nothing of what the test is about was missing from the year."""
    assert set(seen.genres) >= {
        "annuel",
        "mensuel",
        "en retard",
        "après coup",
        "corrigé",
        "tronqué",
        "entier",
        "refusé",
    }
    assert seen.genres["référence"] > len(list(year.before()))
    assert seen.compte[PUBLISHED] >= 5
    assert seen.compte[NOTHING] >= 1
    assert any(report.purgees for report in seen.rapports)
    assert {one.nom.rpartition(".")[2] for report in seen.rapports for one in report.refuses} >= {"zip", "rsa", "rha"}
    repris = [{one.nom for one in report.repris} for report in seen.rapports]
    assert any({"MCO", *({"PILOTAGE"} if EVERY else ())} == of for of in repris)
    assert any({"SMR"} == of for of in repris)
    for what in ("tables", "cases des tables", "questions", "cellules sécurisées", "chiffres ouverts exacts"):
        assert seen.compte[what] > 100, what
    assert seen.compte["chiffres ouverts exacts des deux côtés"] > 100
    assert seen.compte["cellules ouvertes cachées ou approchées"] > 100
    held = manifests.read(workspace.editions / publication.served(workspace.editions)).champs
    every = {r.slug for r in BOOKS.restitutions.values() if r.champ in held and not r.source}
    assert seen.restitutions == every
