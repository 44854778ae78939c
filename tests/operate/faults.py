"""One refresh, disturbed at each of its operations in turn, then all that must hold looked at.

``python -m tests.operate.faults WHAT DIRECTORY HOW_MANY RESULT`` with WHAT among ``coups`` (killed), ``plein`` (the
disk is full from there on), ``etroit`` (files may not grow) and ``coupure`` (power cut). Modules and the catalogue are
loaded once; each run and each look is a process forked from this one, which itself never starts a thread. The field is
reduced to what a map needs, so that a refresh takes less than a second; nothing of the refresh itself is.
"""

import csv
import errno
import hashlib
import importlib
import io
import json
import math
import os
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor  # noqa: F401 - loaded before the forks
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import Catalogue, catalogue
from sanoscope.disclosure.protect import QUICK, warm_up
from sanoscope.edition import build as building
from sanoscope.edition import publication
from sanoscope.errors import SanoscopeError
from sanoscope.intake.store import RECORD, read_record
from sanoscope.operate import journal as journals
from sanoscope.operate.refresh import refresh
from sanoscope.operate.report import NOTHING, PUBLISHED, Report, as_text
from sanoscope.workspace import Workspace
from tests.operate.disk import MODES, Disk
from tests.operate.small import SLUG, drop, editions, figures, place
from tests.operate.strokes import FREEING, Strokes, unfinished

AT_ONCE = 2
STEPS = ("dépôt", "réception", "référence", "construction", "contrôles", "publication", "purge", "")
REFERENCE = "code_geo,libelle,departement,region\n29000,{},29,53\n"

Told = dict[str, Any]


def small_catalogue() -> Catalogue:
    """Return what a map of rehabilitation needs, and the controls."""
    books = catalogue()
    smr = books.champs["smr"]
    plain = smr.model_copy(update={"publication": smr.publication.model_copy(update={"bruites": {}})})
    maps = {SLUG: books.restitutions[SLUG]}
    return replace(books, champs={"smr": plain}, restitutions=maps, fiches={}, sources={})


def run(workspace: Workspace, books: Catalogue) -> Report:
    return refresh(workspace, books, care=QUICK)


def prepare(root: Path, books: Catalogue) -> None:
    """Make a workspace with two editions, of which the next purge removes one, and a drop folder with all that comes.

    What comes: a corrected transmission, one with a line to refuse, a file to refuse, a reference table that changed.
    """
    workspace = place(root, "garder = 1\njours = 1\n")
    (root / "depot" / "reference").mkdir(parents=True)
    for day, weeks, town in ((2, 40, "Quimper"), (9, 41, "Brest")):
        _today(datetime(2019, 3, day))
        drop(root / "depot", weeks, 30)
        (root / "depot" / "reference" / "geographie.csv").write_text(REFERENCE.format(town), encoding="utf-8")
        report = run(workspace, books)
        assert report.etat == PUBLISHED, report.motif
    drop(root / "depot", 44, 33)
    with (root / "depot" / "290000025.2023.12.SMR.rha").open("ab") as stream:
        stream.write(b"LIGNESECRETE\r\n")
    (root / "depot" / "290000033.2023.12.rha").write_bytes(b"")
    (root / "depot" / "reference" / "geographie.csv").write_text(REFERENCE.format("Lorient"), encoding="utf-8")


def _today(day: datetime) -> None:
    class Then(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return day.replace(tzinfo=tz)

    for module in (building, publication):
        module.datetime = Then  # type: ignore[attr-defined]


# what must hold -------------------------------------------------------------------------------------------------------


def kept(workspace: Workspace) -> Told:
    """Return all that was received, refused and loaded: what must not be lost."""
    store, refused = {}, {}
    for record in sorted(workspace.store.rglob(RECORD)):
        told = read_record(record.parent)
        rows: dict[str, int] = {}
        for file in sorted(record.parent.glob("*.parquet")):
            name = file.stem.split("~")[0]
            rows[name] = rows.get(name, 0) + int(pq.read_table(file).num_rows)
        if rows != told.tables:
            raise AssertionError(f"{told.place} : {rows} lignes au lieu de {told.tables}")
        store[str(told.place)] = [told.sha256, told.lues, told.acceptees, told.refusees]
    for file in sorted(workspace.quarantine.rglob("[!.]*.csv")):
        refused[str(file.relative_to(workspace.quarantine))] = hashlib.sha256(file.read_bytes()).hexdigest()
    whole = {json.loads(line)["fichier"] for line in _lines(workspace.quarantine / "fichiers.jsonl")}
    tables = {path.name: path.read_text(encoding="utf-8") for path in sorted(workspace.reference.glob("*.csv"))}
    return {"store": store, "quarantine": refused, "refusés": sorted(whole), "référence": tables}


def uncounted(workspace: Workspace, depot: Path) -> list[str]:
    """Return the files of the drop folder of which a line is neither in the store nor in the quarantine, or is in both.

    Lines are counted in the files themselves: those dropped, the Parquet's, the quarantine's.
    """
    held = {told.sha256: told for told in (read_record(r.parent) for r in workspace.store.rglob(RECORD))}
    refused = {json.loads(line)["fichier"] for line in _lines(workspace.quarantine / "fichiers.jsonl")}
    found = []
    for file in sorted(path for path in depot.iterdir() if path.is_file()):
        told = held.get(hashlib.sha256(file.read_bytes()).hexdigest())
        if told is None:
            found += [file.name] if file.name not in refused else []
            continue
        received = (workspace.store / told.place).glob("*.parquet")  # a line is a row: these kinds have one table
        quarantined = workspace.quarantine / told.place.with_suffix(".csv")
        with quarantined.open(encoding="utf-8", newline="") if quarantined.exists() else io.StringIO() as stream:
            aside = sum(1 for _ in csv.DictReader(stream))
        rows = sum(int(pq.read_metadata(part).num_rows) for part in received)
        counts = len(file.read_bytes().splitlines()), rows, aside
        if counts[0] != counts[1] + counts[2]:
            found.append(f"{file.name} : {counts[0]} lignes déposées, {counts[1]} reçues, {counts[2]} refusées")
    return found


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def answers(workspace: Workspace) -> Told:
    """Return which edition is published and what it answers, its files verified."""
    name = publication.current(workspace.editions)
    publication.verify(workspace.editions, name)
    return {"édition": name, "vrais": figures(workspace), "ouverts": figures(workspace, secure=False)}


def faults(root: Path, books: Catalogue, before: Told, expected: Told, *, tidy: bool) -> list[str]:
    """Return what does not hold of a workspace whose refresh was disturbed; then refresh it, and look again.

    Args:
        root: of the workspace and of its drop folder.
        books: the catalogue.
        before: what was answered before the refresh.
        expected: what an undisturbed refresh comes to.
        tidy: nothing unfinished is left by that refresh; after a power cut, the store is tidied by the next reception.
    """
    found = []
    workspace = workspaces.load(root / "espace")
    now = answers(workspace)
    if now != before and now["vrais"] != expected["vrais"]:
        found.append(f"après l'arrêt, {now['édition']} ne répond ni comme avant ni comme après")
    report = run(workspace, books)
    if report.etat not in (PUBLISHED, NOTHING) or report.avis:
        found.append(f"la mise à jour suivante : {report.etat}, {report.motif}, {report.avis}")
    if answers(workspace)["vrais"] != expected["vrais"]:
        found.append("la mise à jour suivante n'a pas les chiffres attendus")
    kept_now = kept(workspace)
    found += [f"{name} : {kept_now[name]} au lieu de {told}" for name, told in expected["gardé"].items()
              if kept_now[name] != told]  # fmt: skip
    found += uncounted(workspace, root / "depot")
    names = editions(workspace)
    if len(names) != 2 or publication.published(workspace.editions) < set(names):
        found.append(f"éditions : {names}, publiées : {sorted(publication.published(workspace.editions))}")
    found += [f"reste {path.relative_to(root)}" for path in unfinished(workspace.root) if tidy]
    publication.rollback(workspace.editions)
    if answers(workspace) != before:
        found.append("le retour ne répond pas comme avant")
    return found


# running --------------------------------------------------------------------------------------------------------------


class Runs:
    """Disturbs copies of one workspace.

    Args:
        root: where all is done.
    """

    def __init__(self, root: Path) -> None:
        self.books = small_catalogue()
        warm_up()
        os.fsync = lambda _: None  # a kill leaves what was written, fsynced or not; a power cut is made by `Disk`
        self.root = root
        self.model = root / "modele"
        self.say(lambda: prepare(self.model, self.books))
        self.before: Told = self.say(lambda: answers(workspaces.load(self.model / "espace")))
        for name in self.say(self._loading):
            importlib.import_module(name)
        self.expected, self.strokes = self._undisturbed()

    def _loading(self) -> list[str]:
        """Return the modules that a refresh loads as it goes."""
        known = set(sys.modules)
        there = self.copy("modules")
        run(workspaces.load(there / "espace"), self.books)
        answers(workspaces.load(there / "espace"))
        return sorted(name for name in set(sys.modules) - known if sys.modules[name].__spec__)

    def _undisturbed(self) -> tuple[Told, list[tuple[str, str]]]:
        """Return what a refresh comes to, and each of its operations with the step that it is part of."""
        there = self.copy("sans")

        def whole() -> Told:
            workspace = workspaces.load(there / "espace")
            steps: list[str] = []
            note = Strokes(workspace.root, lambda *_: steps.append(journals.read(workspace.operations).etape))
            note.watch()
            report = run(workspace, self.books)
            assert report.etat == PUBLISHED, as_text(report)
            assert (report.lignes_refusees, len(report.purgees)) == (1, 1), as_text(report)
            return {"faits": note.done, "étapes": steps, "gardé": kept(workspace), **answers(workspace)}

        told = self.say(whole)
        return told, list(zip(told["faits"], told["étapes"], strict=True))

    def copy(self, name: str) -> Path:
        shutil.copytree(self.model, self.root / name, symlinks=True)
        return self.root / name

    def points(self, many: int, allowed: Callable[[str], bool] = lambda _: True) -> list[int]:
        """Return operations to disturb; of several writes of one file in a row, the first."""
        first = [n for n, stroke in enumerate(self.strokes) if n == 0 or stroke != self.strokes[n - 1]]
        return self.some([n for n in first if allowed(self.strokes[n][0])], many, lambda n: n)

    def some(self, of: Sequence[Any], many: int, number: Callable[[Any], int]) -> list[Any]:
        """Return so many of the things of operations, as many of each step where it has them, far from each other."""
        steps = [[one for one in of if self.strokes[number(one)][1] == step] for step in STEPS]
        chosen: list[Any] = []
        for rank, own in enumerate(sorted(steps, key=len)):
            count = min(len(own), math.ceil((many - len(chosen)) / (len(steps) - rank)))
            chosen += [own[int((n + 0.5) * len(own) / count)] for n in range(count)]
        return sorted(chosen, key=of.index)

    def say(self, do: Callable[[], Any]) -> Any:
        """Return what a function returns in a process of its own."""
        (result,) = self.each([do])
        if "erreur" in result:
            raise AssertionError(result["erreur"])
        return result["rend"]

    def each(self, jobs: Sequence[Callable[[], Any]]) -> list[Told]:
        """Return what becomes of each job in a process of its own: what it returns, or its error, or its signal.

        A job may have jobs of its own, before it does anything else.
        """
        results: list[Told] = [{} for _ in jobs]
        running: dict[int, int] = {}
        for number, job in enumerate(jobs):
            if len(running) == AT_ONCE:
                self._end(running, results)
            pid = os.fork()
            if pid == 0:
                self._child(job)
            running[pid] = number
        while running:
            self._end(running, results)
        return results

    def _child(self, job: Callable[[], Any]) -> None:
        try:
            told = {"rend": job()}
        except BaseException:
            told = {"erreur": traceback.format_exc()}
        self._result(os.getpid()).write_text(json.dumps(told), encoding="utf-8")
        os._exit(0)

    def _end(self, running: dict[int, int], results: list[Told]) -> None:
        pid, status = os.wait()
        file = self._result(pid)
        ended = {"erreur": f"signal {os.WTERMSIG(status)}"} if os.WIFSIGNALED(status) else {}
        results[running.pop(pid)] = ended or json.loads(file.read_text(encoding="utf-8"))
        file.unlink(missing_ok=True)

    def _result(self, pid: int) -> Path:
        return self.root / f"resultat-{pid}.json"

    def disturbed(self, do: Callable[..., Told], points: Sequence[tuple[Any, ...]]) -> list[Told]:
        """Return what is told of each point; of one that could not be looked at, what went wrong."""
        ended = self.each([partial(do, *point) for point in points])
        return [end.get("rend", {"point": point, "manque": [end.get("erreur")]})
                for point, end in zip(points, ended, strict=True)]  # fmt: skip

    def looked_at(self, there: Path, *, tidy: bool = True) -> list[str]:
        """Return what does not hold of a disturbed copy, which is then removed."""
        found = faults(there, self.books, self.before, self.expected, tidy=tidy)
        shutil.rmtree(there)
        return found

    def told(self, number: int, **more: Any) -> Told:
        what, step = self.strokes[number]
        return {"numéro": number, "opération": what, "étape": step, **more}


def killed(runs: Runs, many: int) -> list[Told]:
    """Kill a refresh before each of some of its operations, and return what became of each."""

    def blow(there: Path, at: int) -> None:
        workspace = workspaces.load(there / "espace")

        def kill(number: int, _: str) -> None:
            if number == at:
                os.kill(os.getpid(), signal.SIGKILL)

        Strokes(workspace.root, kill).watch()
        run(workspace, runs.books)

    def one(at: int) -> Told:
        there = runs.copy(f"coup-{at}")
        (ended,) = runs.each([partial(blow, there, at)])
        reached = journals.read(there / "espace" / "rafraichissement").etape
        return runs.told(at, tué=ended.get("erreur") == "signal 9", reprise=reached, manque=runs.looked_at(there))

    return runs.disturbed(one, [(at,) for at in runs.points(many)])


def full(runs: Runs, many: int) -> list[Told]:
    """Fill the disk from each of some operations on, and return what became of each: what was said, what holds."""

    def fill(there: Path, at: int) -> Told:
        workspace = workspaces.load(there / "espace")

        def refuse(number: int, kind: str) -> None:
            if number >= at and kind not in FREEING:
                if kind.startswith("duckdb."):
                    raise duckdb.IOException("No space left on device")
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        Strokes(workspace.root, refuse).watch()
        return _said(run(workspace, runs.books))

    def one(at: int) -> Told:
        there = runs.copy(f"plein-{at}")
        said = runs.say(partial(fill, there, at))
        return runs.told(at, **said, manque=runs.looked_at(there))

    points = runs.points(many, lambda what: what.split()[0] not in FREEING)
    return runs.disturbed(one, [(at,) for at in points])


def narrow(runs: Runs, many: int) -> list[Told]:
    """Let no file grow beyond some bytes, which the system itself refuses, and return what became of each refresh.

    From less than the files of the drop folder to almost the larger database: 2^15 to 2^21 bytes.
    """

    def fill(there: Path, room: int) -> Told:
        workspace = workspaces.load(there / "espace")
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        report = run(workspace, runs.books)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return _said(report)

    def one(room: int) -> Told:
        there = runs.copy(f"etroit-{room}")
        said = runs.say(partial(fill, there, room))
        return {"place": room, **said, "manque": runs.looked_at(there)}

    return runs.disturbed(one, [(int(2 ** (15 + 6 * rank / (many - 1))),) for rank in range(many)])


def _said(report: Report) -> Told:
    return {"état": report.etat, "code": report.code, "dit": as_text(report)}


def cut(runs: Runs, many: int) -> list[Told]:
    """Make what power cuts leave of a refresh before some of its operations, and return what became of each."""

    def watched(there: Path, at: Callable[[Disk, int], None]) -> None:
        workspace = workspaces.load(there / "espace")
        disk = Disk(workspace.root)

        def before(number: int, _: str) -> None:
            disk.observe()
            at(disk, number)

        def after(kind: str, on: Path) -> None:
            disk.observe(whole=kind in ("rename", "replace"))
            if kind == "fsync":
                disk.synced(on)

        Strokes(workspace.root, before, after).watch()
        run(workspace, runs.books)

    def looked(there: Path) -> list[tuple[int, str]]:
        """Return where and how to cut, so that no two states are alike."""
        found: dict[int, tuple[int, str]] = {}

        def note(disk: Disk, number: int) -> None:
            for mode in MODES:
                found.setdefault(disk.signature(mode, number), (number, mode))

        watched(there, note)
        return list(found.values())

    states = [(number, mode) for number, mode in runs.say(lambda: looked(runs.copy("vue")))]
    chosen = runs.some(states, many, lambda state: state[0])
    places = {(number, mode): runs.root / f"coupure-{number}-{mode}" for number, mode in chosen}

    def write(disk: Disk, number: int) -> None:
        for mode in MODES:
            if (number, mode) in places:
                disk.write(places[number, mode] / "espace", mode, number)

    runs.say(lambda: watched(runs.copy("ecrite"), write))
    for there in places.values():
        shutil.copytree(runs.model / "depot", there / "depot", copy_function=shutil.copy2)

    def one(number: int, mode: str) -> Told:
        wrong = runs.looked_at(places[number, mode], tidy=False)
        return runs.told(number, mode=mode, états=len(states), manque=wrong)

    return runs.disturbed(one, list(places))


WHAT = {"coups": killed, "plein": full, "etroit": narrow, "coupure": cut}

if __name__ == "__main__":
    what, root, many, result = sys.argv[1:]
    try:
        outcome = WHAT[what](Runs(Path(root).resolve()), int(many))
    except SanoscopeError as error:
        sys.exit(str(error))
    Path(result).write_text(json.dumps(outcome, ensure_ascii=False), encoding="utf-8")
