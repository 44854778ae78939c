"""How extractions are made: beside the readers, a few at a time whatever the number of processes, one after another.

A process that has something to do asks for a place: a lock on a file of the workspace, which its death frees. Whoever
holds a place makes what waits, and first what a process that died there had begun: nothing is made twice, and nothing
is lost. A thread lives as long as something waits.
"""

import fcntl
import os
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from sanoscope import logs
from sanoscope.access.extractions import Extractions, Task
from sanoscope.access.journal import Journal
from sanoscope.api.limits import EXTRACTION_KEPT
from sanoscope.api.replies import described
from sanoscope.errors import SanoscopeError
from sanoscope.present.exports import FORMATS
from sanoscope.present.numbers import FRENCH
from sanoscope.query.origin import signed
from sanoscope.query.reading import here, reading
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.workspace import appear, made

INDEX = "questions.json"
"""The member of a file that says of each question what it was and which member answers it."""

AGAIN = 0.5
"""How long a place that others hold is waited for before it is looked at again (s)."""

TOLD = 1.0
"""How often it is said how far one is, at most (s): each time is a write, that others wait for."""

PACKED = frozenset({"parquet", "arrow", "xlsx", "paquet"})
"""Formats that packing makes no smaller, or hardly."""


class GoneError(Exception):
    """The extraction was removed while it was made."""


class StoppedError(Exception):
    """This process is asked to stop: what it was making will be begun again."""


@dataclass(slots=True)
class _Written:
    """What was written so far: a line of the index a question, how many have no answer."""

    lines: list[dict[str, Any]]
    refused: int = 0


class Extractor:
    """Makes the extractions of a service; safe to share between threads.

    Args:
        service: who answers the questions.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._journal = Journal(service.workspace)
        self.kept = Extractions(service.workspace, timedelta(hours=EXTRACTION_KEPT), complete=service.complete)
        self._threads: list[threading.Thread] = []
        self._lock, self._stopping = threading.Lock(), threading.Event()

    def wake(self) -> None:
        """Have what waits made, if anything does, in threads of this process."""
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            while (
                len(self._threads) < self._service.workspace.settings.extractions_a_la_fois
                and not self._stopping.is_set()
            ):
                self._threads.append(threading.Thread(target=self._work, name="extractions", daemon=True))
                self._threads[-1].start()

    def stop(self, patience: float = 5.0) -> None:
        """Make nothing more; wait for the threads to end, so many seconds at most."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(patience)

    def _work(self) -> None:
        """Make what waits until nothing does: at a place where there is one, else look again."""
        try:
            if self._service.workspace.extractions.is_dir():
                self.kept.purge()
            while not self._stopping.is_set() and self.kept.waiting():
                with self._place() as place:
                    task = self.kept.take(place) if place is not None else None
                    if task is not None:
                        self._make(task, self._service.workspace.extractions / self._hidden(f"en-cours-{place}"))
                if task is None:
                    self._stopping.wait(AGAIN)
        except SanoscopeError as error:  # the state is not there: the next request wakes another thread
            logs.crash(error)

    @contextmanager
    def _place(self) -> Iterator[int | None]:
        """Hold a place, alone among processes; None where others have them all."""
        directory = self._service.workspace.extractions
        if not directory.is_dir():
            made(directory).chmod(0o700)  # there may be small counts in the files
        for place in range(self._service.workspace.settings.extractions_a_la_fois):
            with (directory / self._hidden(f"place-{place}")).open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield place
                return
        yield None

    def _hidden(self, name: str) -> str:
        """Return the name of a file that is no extraction, of this kind of service."""
        return f".{'complet' if self.kept.complete else 'ouvert'}-{name}"

    def _make(self, task: Task, work: Path) -> None:
        try:
            with reading():
                size = self._write(task, work)
                self._told(task)
                appear(work, self.kept.file(task.mark))
            if not self.kept.end(task.mark, size):
                self.kept.file(task.mark).unlink(missing_ok=True)
        except (GoneError, StoppedError):
            pass
        except SanoscopeError as error:
            self.kept.refuse(task.mark, described(error))
        except Exception as error:  # what it says may hold anything: it goes no further
            logs.crash(error)
            self.kept.refuse(task.mark, described(_broken(), 500))
        finally:
            work.unlink(missing_ok=True)

    def _write(self, task: Task, work: Path) -> int:
        """Write the file of an extraction aside, and return its bytes.

        Raises:
            GoneError, StoppedError.
            SanoscopeError: ``extraction-trop-grande``: there is no room for it.
        """
        room = self._service.workspace.settings.extractions_mo * 1_000_000 - self.kept.room()
        way = zipfile.ZIP_STORED if task.format in PACKED else zipfile.ZIP_DEFLATED
        handle = os.open(work, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        so_far, told = _Written([]), time.monotonic()
        with os.fdopen(handle, "w+b") as file, zipfile.ZipFile(file, "w", way, compresslevel=6) as archive:
            for number, (slug, given) in enumerate(task.questions, 1):
                if self._stopping.is_set():
                    raise StoppedError
                self._answer(task, number, slug, given, archive, so_far)
                if file.tell() > room:
                    raise _too_large()
                if time.monotonic() - told >= TOLD or number == len(task.questions):
                    told = time.monotonic()
                    if not self.kept.tell(task.mark, number, so_far.refused):
                        raise GoneError
            archive.writestr(INDEX, orjson.dumps(so_far.lines, option=orjson.OPT_INDENT_2))
        return work.stat().st_size

    def _answer(
        self,
        task: Task,
        number: int,
        slug: str,
        given: Any,
        archive: zipfile.ZipFile,
        so_far: _Written,
    ) -> None:
        """Add the answer to a question to a file, and what it is to the index."""
        line: dict[str, Any] = {"numero": number, "restitution": slug, "criteres": dict(given)}
        so_far.lines.append(line)
        try:
            query, table = self._service.ask(slug, given, task.reader.scope)
        except SanoscopeError as error:
            here().refused.append(f"{slug[:80]} : {error.code}")
            so_far.refused += 1
            line["probleme"] = described(error)
            return
        table = signed(table, self._service.workspace.settings)
        table = replace(table, mark=task.reader.mark()) if query.version else table
        chosen = FORMATS[task.format]
        line |= {"requete": query.canonical, "edition": table.edition, "lignes": len(table)}
        line["fichier"] = f"{number:03d}-{query.restitution}.{chosen.extension}"
        archive.writestr(line["fichier"], chosen.write(table, FRENCH))

    def _told(self, task: Task) -> None:
        """Tell the journal what an account asked, before the file is there."""
        if not task.reader.account:
            return
        asked = tuple(f"{one.restitution}?{one.canonical} @ {one.edition}" for one in here().asked)
        refused = tuple(here().refused)
        self._journal.write(
            task.reader.name,
            "demande" if asked else "refus",
            adresse="/api/v1/extractions",
            extraction=task.mark[:12],
            format=task.format,
            reponses=asked,
            **({"refus": refused} if refused else {}),
        )


def _too_large() -> SanoscopeError:
    return SanoscopeError(
        "extraction-trop-grande",
        Sentence("Il n'y a pas la place de garder cette extraction."),
        todo=Sentence("Demandez-la en plusieurs, en Parquet, ou plus tard : les fichiers ne se gardent qu'un jour."),
    )


def _broken() -> SanoscopeError:
    return SanoscopeError(
        "panne",
        Sentence("Une panne a empêché de répondre."),
        todo=Sentence("Réessayez ; si elle dure, prévenez qui tient ce site."),
    )
