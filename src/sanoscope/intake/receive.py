"""Receiving files: the whole of ``sanoscope intake``.

Each file is read once, as a stream of blocks; its tables and its refused lines are written beside their place and
appear there together. Several files are read by several processes; the order of arrival is the order given.
"""

import itertools
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import pyarrow as pa

from sanoscope.errors import InputFileError
from sanoscope.intake.bases.correspondance import Acces, Correspondance, load_correspondance
from sanoscope.intake.bases.receive import receive_base
from sanoscope.intake.bases.report import BaseReport
from sanoscope.intake.champs import settle
from sanoscope.intake.indicator_forms import Attendu
from sanoscope.intake.indicators import IndicatorFile, StoredIndicators, known_as, receive_indicators
from sanoscope.intake.quarantine import note_refused_files
from sanoscope.intake.reading import FileReport, receive_file
from sanoscope.intake.sources import Refusal, Source, files_of, find_sources
from sanoscope.intake.store import StoredFile
from sanoscope.intake.tables import StoredTable, TableFile, receive_table, recognised
from sanoscope.workspace import Workspace, alone

Progress = Callable[[int, int], None]
"""Called with (bytes read, bytes to read)."""


@dataclass(frozen=True, slots=True)
class GivenBase:
    """An existing base: what its tables are, where it is, the folder that its path starts from."""

    mapping: Correspondance
    where: Acces
    folder: Path


SMALL = 64 * 1024 * 1024
"""Below this many bytes in all, starting other processes costs more than it saves."""


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """What became of everything that was given."""

    files: list[FileReport] = field(default_factory=list)
    noted: list[Refusal] = field(default_factory=list)
    bases: list[BaseReport] = field(default_factory=list)

    @property
    def received(self) -> list[StoredFile | StoredTable | StoredIndicators]:
        """Files that entered the store."""
        return [f.stored for f in self.files if f.stored and not f.known]

    @property
    def known(self) -> list[StoredFile | StoredTable | StoredIndicators]:
        """Files that were in the store already."""
        return [f.stored for f in self.files if f.stored and f.known]

    @property
    def refused(self) -> list[Refusal]:
        """Files that were refused whole."""
        return [f.refusal for f in self.files if f.refusal]

    @property
    def lines(self) -> tuple[int, int, int]:
        """Lines (read, accepted, refused) of the files received; read = accepted + refused."""
        received, lost = self.received, sum(sum(base.hors.values()) for base in self.bases)
        return (
            sum(f.lues for f in received) + lost,
            sum(f.acceptees for f in received),
            sum(f.refusees for f in received) + lost,
        )

    @property
    def clean(self) -> bool:
        """Nothing was refused, neither file nor line, and no file was torn."""
        lost = any(base.hors for base in self.bases)
        return not (self.refused or lost) and all(f.refusees == 0 and not f.tronque for f in self.received)


def given_base(mapping: str | Path, base: Path | None = None) -> GivenBase:
    """Return a base by its mapping, shipped or a file, and by its path where the mapping does not say it.

    Raises:
        SanoscopeError: ``correspondance-inconnue``, ``correspondance-invalide``.
    """
    declared, folder = load_correspondance(mapping)
    where = declared.base
    if base:
        where = where.model_copy(update={"chemin": str(base.absolute()), "forme": ""})
    return GivenBase(declared, where, folder)


def receive(
    workspace: Workspace,
    paths: list[Path],
    *,
    progress: Progress | None = None,
    published: Sequence[Attendu] = (),
    named: bool = False,
    bases: Sequence[GivenBase] = (),
) -> IntakeReport:
    """Take files, folders, archives and published tables into the store; what breaks the layout goes to quarantine.

    Args:
        workspace: where.
        paths: what to read; folders are walked through.
        progress: told how far it is.
        published: the sources whose tables are recognised by their columns.
        named: ``published`` is the one source that every file is said to be of.
        bases: existing bases of stays to take as well.

    Raises:
        SanoscopeError: another intake is at work in this workspace; a base is not as its mapping says.
    """
    tables, others, unread = _published_tables(paths, published, named=named)
    sources, refusals = settle(find_sources(others, max_ratio=workspace.settings.facteur_decompression))
    now = datetime.now(UTC).isoformat()
    with alone(workspace.store, "réception"), alone(workspace.quarantine, "réception"):
        reports = _read_all(workspace, sources, now, progress or (lambda done, total: None))
        reports += unread
        reports += [_received_table(workspace, table, now) for table in tables]
        taken = [receive_base(workspace, of.mapping, of.where, of.folder, now) for of in bases]
        reports += [report for files, _ in taken for report in files]
    noted = [r for r in refusals if r.noted]
    reports = [*reports, *(FileReport(r.label, refusal=r) for r in refusals if not r.noted)]
    note_refused_files(workspace.quarantine, [r.refusal for r in reports if r.refusal])
    return IntakeReport(reports, noted, [base for _, base in taken])


def _published_tables(
    paths: list[Path], published: Sequence[Attendu], *, named: bool
) -> tuple[list[TableFile | IndicatorFile], list[Path], list[FileReport]]:
    """Return the published tables among files, the other paths, and the files that could not be told."""
    if not published:
        return [], paths, []
    tables: list[TableFile | IndicatorFile] = []
    others: list[Path] = []
    unread: list[FileReport] = []
    for path in (file for given in paths for file in (files_of(given) if given.is_dir() else [given])):
        try:
            table = _recognised(path, published, named=named) if path.is_file() else None
        except InputFileError as error:
            unread.append(FileReport(path.name, refusal=Refusal(path.name, error.code, str(error))))
            continue
        if table:
            tables.append(table)
        else:
            others.append(path)
    return tables, others, unread


def _recognised(path: Path, published: Sequence[Attendu], *, named: bool) -> TableFile | IndicatorFile | None:
    """Return which table of a source a file is: of indicators, by its name; else by its columns."""
    found = known_as(path, published)
    tables = [source for source in published if source.fichiers]
    if found or (tables and not named):
        return found or recognised(path, tables)
    if named:
        return recognised(path, published, named=True)
    return None


def _received_table(workspace: Workspace, table: TableFile | IndicatorFile, now: str) -> FileReport:
    label = table.path.name
    stored: StoredTable | StoredIndicators
    try:
        if isinstance(table, IndicatorFile):
            stored, known = receive_indicators(workspace, table, now)
        else:
            stored, known = receive_table(workspace, table, now)
    except InputFileError as error:
        return FileReport(label, refusal=Refusal(label, error.code, str(error)))
    return FileReport(label, stored=stored, known=known)


def _read_all(workspace: Workspace, sources: list[Source], now: str, progress: Progress) -> list[FileReport]:
    total = sum(source.size for source in sources)
    processes = min(workspace.settings.processus, len(sources))
    if processes < 2 or total < SMALL:
        before = itertools.accumulate((source.size for source in sources), initial=0)
        return [
            receive_file(workspace, source, now, partial(_advance, progress, done, total))
            for source, done in zip(sources, before, strict=False)
        ]
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_share, initargs=(counter,)) as pool:
        futures = [pool.submit(_receive_in_pool, workspace, source, now) for source in sources]
        while not all(future.done() for future in futures):
            wait(futures, timeout=0.2)
            progress(counter.value, total)
        progress(total, total)
        return [future.result() for future in futures]


def _advance(progress: Progress, before: int, total: int, read: int) -> None:
    progress(before + read, total)


_counter: "Synchronized[int] | None" = None


def _share(counter: "Synchronized[int]") -> None:
    global _counter  # noqa: PLW0603 - the only way to hand a shared value to pool workers
    _counter = counter
    pa.set_cpu_count(1)


def _receive_in_pool(workspace: Workspace, source: Source, now: str) -> FileReport:
    seen = 0

    def count(done: int) -> None:
        nonlocal seen
        if _counter is not None:
            with _counter.get_lock():
                _counter.value += done - seen
        seen = done

    return receive_file(workspace, source, now, count)
