"""``sanoscope refresh``: from a drop folder to a published edition, alone.

Every step may be done again: intake knows files by their fingerprint, an edition appears by one rename, a publication
is one pointer. So a refresh that was killed is taken up by the next one, and two in a row make one edition.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sanoscope import logs
from sanoscope.catalogue.load import Catalogue
from sanoscope.disclosure.protect import Care
from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.edition.build import build, edition_name
from sanoscope.edition.check import Controle, check
from sanoscope.edition.manifest import Manifest
from sanoscope.edition.recipe import differences
from sanoscope.edition.release import release
from sanoscope.errors import InputFileError, SanoscopeError
from sanoscope.intake.receive import IntakeReport, receive
from sanoscope.nomenclature.importers import load_path
from sanoscope.operate import drop as drops
from sanoscope.operate import journal as journals
from sanoscope.operate import measures, retention, subscribers
from sanoscope.operate.journal import Journal
from sanoscope.operate.lines import say_build, say_intake, say_publication, say_refresh, say_step
from sanoscope.operate.notices import send
from sanoscope.operate.planned import calendar
from sanoscope.operate.recipe import Recipe, recipe_now, recipe_of
from sanoscope.operate.report import BLOCKED, DRY, NOTHING, PUBLISHED, STOPPED, Named, Report, keep
from sanoscope.workspace import UNFINISHED, Workspace, alone

Progress = Callable[[str], None]
COMMAND = "refresh"


def blocks(controls: Sequence[Controle]) -> bool:
    """Tell whether controls forbid the publication of an edition."""
    return not all(control.bon for control in controls)


def refresh(
    workspace: Workspace,
    catalogue: Catalogue,
    *,
    depot: str = "",
    care: Care | None = None,
    progress: Progress | None = None,
    write: subscribers.Write | None = None,
) -> Report:
    """Receive what the drop folder has, build and check an edition if anything counts anew, publish it, purge.

    Args:
        workspace: where.
        catalogue: what will be asked.
        depot: the drop folder or its URL; "" is the one of the settings.
        care: how much work protecting each year is worth.
        progress: called with what is being done, in French.
        write: what makes the mails to subscribers; without it none is sent.

    Returns:
        The report, also kept in the workspace and sent as the settings say; what stopped the refresh is in it.

    Raises:
        SanoscopeError: ``deja-en-cours``: another refresh is at work in this workspace.
    """
    with alone(workspace.operations, "mise à jour"):
        run = _Run(
            workspace, catalogue, depot or workspace.settings.depot, care or Care(), progress or (lambda _: None), write
        )
        report = replace(run.whole(), fin=_now())
        report = replace(report, avis=(*report.avis, *send(report, workspace.settings)))
        try:
            keep(report, workspace.operations)
            measures.write(workspace.operations)
        except OSError as error:
            kept = Named("compte rendu", f"non écrit ({type(error).__name__})")
            report = replace(report, avis=(*report.avis, kept))
        say_refresh(report)
    return report


def rehearse(workspace: Workspace, catalogue: Catalogue, *, depot: str = "") -> Report:
    """Return what a refresh would do (« à blanc »); nothing is written, and what a file holds is not known.

    Raises:
        SanoscopeError: the drop folder is not there, or cannot be read.
    """
    debut, address = _now(), depot or workspace.settings.depot
    drop = drops.drop_at(address, workspace.root)
    found, wanted = drops.news(drop, address, workspace.operations)
    served = publication.last_protected(workspace.editions)
    pending = _pending(workspace, catalogue, served)
    if wanted:
        motif = "les fichiers nouveaux seraient reçus ; s'ils comptent, une édition serait construite et publiée"
    elif pending:
        motif = "une édition serait construite de ce que le dépôt a déjà, et publiée"
    else:
        motif = "rien de neuf : rien ne serait construit"
    kept = retention.sort(workspace)
    return Report(
        debut,
        fin=_now(),
        depot=drops.shown(address),
        etat=DRY,
        motif=motif,
        reprise=journals.read(workspace.operations).etape,
        trouves=len(found),
        lus=tuple(wanted),
        edition=served,
        avant=served,
        gardees=tuple(Named(one.edition, one.raison) for one in kept if one.raison),
        purgees=tuple(one.edition for one in kept if not one.raison),
    )


class _Run:
    """One refresh: its steps, its journal, its report as it grows."""

    def __init__(
        self,
        workspace: Workspace,
        catalogue: Catalogue,
        address: str,
        care: Care,
        progress: Progress,
        write: subscribers.Write | None,
    ) -> None:
        self.workspace, self.catalogue, self.address = workspace, catalogue, address
        self.care, self.progress, self.write = care, progress, write
        self.report = Report(_now(), depot=drops.shown(address))
        self.journal = Journal()
        self.step = ""

    def whole(self) -> Report:
        """Do every step and return the report; what stops it is said there."""
        try:
            self._steps()
        except InputFileError as error:  # its message may tell what a file holds
            self._stop(error.code)
        except SanoscopeError as error:
            self._stop(f"{error.code} : {error.message}")
        except Exception as error:  # a machine that works alone says what broke, whatever it is
            logs.crash(error)
            self._stop(f"{type(error).__name__} ({_place(error)})")
        return self.report

    def _stop(self, why: str) -> None:
        """Say what stopped the refresh; once the edition is published, it is a reserve."""
        if self.report.etat in (PUBLISHED, NOTHING):
            self._warn(f"étape « {self.step} »", why)
        else:
            self.report = replace(self.report, etat=STOPPED, motif=f"étape « {self.step} » : {why}")

    def _steps(self) -> None:
        self.step = "journal"
        self.journal = journals.read(self.workspace.operations)
        self.report = replace(self.report, reprise=self.journal.etape)
        self._receive()
        served = publication.last_protected(self.workspace.editions)
        self.report = replace(self.report, edition=served, avant=served)
        if served and served == self.journal.edition:
            self._write(publiee=served)
        with self._step("construction"):
            wanted = _pending(self.workspace, self.catalogue, served)
            made = self._build(wanted, served) if wanted else ""
        if made and self._checked(made):
            self._publish(made)
        elif not made:
            same = "les fichiers qui comptent sont ceux de l'édition publiée"
            motif = self.report.motif or (same if served else "aucune transmission ne compte")
            self.report = replace(self.report, etat=NOTHING, motif=motif)
        if self.report.etat in (PUBLISHED, NOTHING):
            with self._step("purge"):
                kept = retention.purge(self.workspace)
            self.report = replace(
                self.report,
                gardees=tuple(Named(one.edition, one.raison) for one in kept if one.raison),
                purgees=tuple(one.edition for one in kept if not one.raison),
            )
            self._announced()
            self._notify()
        self._write(etape="")

    # receiving ----------------------------------------------------------------------------------------------------

    def _receive(self) -> None:
        """Copy what is new in the drop, receive it, load its reference tables."""
        operations, scratch = self.workspace.operations, self.workspace.operations / f"{UNFINISHED}depot"
        with self._step("dépôt"):
            drop = drops.drop_at(self.address, self.workspace.root)
            found, wanted = drops.news(drop, self.address, operations)
            fetched = drops.fetch(drop, found, wanted, scratch)
        left = tuple(Named(name, why) for name, why in fetched.laisses.items())
        self.report = replace(self.report, trouves=len(found), lus=tuple(fetched.lus), laisses=left)
        tables = [name for name in fetched.lus if name.startswith(f"{drops.REFERENCE}/")]
        files = [scratch / name for name in fetched.lus if name not in tables]
        with self._step("réception"):
            if files:
                published = [source.attendu for source in self.catalogue.sources.values()]
                received = receive(self.workspace, files, published=published)
                say_intake(COMMAND, received)
                self._received(received)
        with self._step("référence"):
            self._load(scratch, tables)
            drops.remember(self.address, operations, fetched)
            shutil.rmtree(scratch, ignore_errors=True)

    def _received(self, intake: IntakeReport) -> None:
        whole = [Named(r.label, f"{r.code} ; voyez quarantine/fichiers.jsonl") for r in intake.refused]
        parts = [
            Named(f.nom, f"{f.refusees} lignes refusées{', fichier tronqué' if f.tronque else ''} ; voyez quarantine/")
            for f in intake.received
            if f.refusees or f.tronque
        ]
        read, accepted, refused = intake.lines
        self.report = replace(
            self.report,
            recus=len(intake.received),
            connus=len(intake.known),
            refuses=(*whole, *parts),
            lignes_lues=read,
            lignes_acceptees=accepted,
            lignes_refusees=refused,
        )

    def _load(self, scratch: Path, tables: Sequence[str]) -> None:
        """Load reference tables."""
        loaded, refused = [], []
        for report in load_path(scratch / drops.REFERENCE, self.workspace.reference) if tables else ():
            if report.error or report.refused:
                why = "« sanoscope reference load » dit pourquoi"
                refused.append(Named(report.path.name, f"table refusée, en tout ou en partie ; {why}"))
            if report.rows:
                rows = ", ".join(f"{n} lignes dans {table}" for table, n in report.rows.items())
                loaded.append(Named(report.path.name, rows))
        self.report = replace(self.report, references=tuple(loaded), refuses=(*self.report.refuses, *refused))

    # editions -----------------------------------------------------------------------------------------------------

    def _build(self, wanted: Recipe, served: str) -> str:
        """Return the edition to publish: the one that a killed refresh left, or a new one; "" where there is none."""
        editions, left = self.workspace.editions, self.journal.edition
        if left and left != served and _recipe(editions, left, self.catalogue) == wanted:
            if left == self.journal.publiee:
                motif = f"l'édition {left} a été publiée, puis retirée : elle n'est pas publiée de nouveau"
                self.report = replace(self.report, motif=motif)
                return ""
            return left
        name = edition_name(self.workspace, "")
        self._write(edition=name)
        self.progress(f"construction de {name}")
        began = time.perf_counter()
        made = build(self.workspace, self.catalogue, name=name, care=self.care, before=served, progress=self.progress)
        say_build(COMMAND, made, time.perf_counter() - began)
        return name

    def _checked(self, name: str) -> bool:
        """Check an edition and tell whether it may be published."""
        self._say_made(name)
        with self._step("contrôles"):
            controls = check(self.workspace.editions, name, self.catalogue, self.workspace.settings)
        told = tuple(
            Named(c.nom, f"{c.niveau} : {c.detail}. {c.que_faire}".strip()) for c in controls if c.niveau != "note"
        )
        self.report = replace(self.report, controles=len(controls), alertes=told)
        if blocks(controls):
            motif = f"des contrôles s'opposent à sa publication : « sanoscope check {name} » dit lesquels et pourquoi"
            self.report = replace(self.report, etat=BLOCKED, motif=motif)
            return False
        return True

    def _say_made(self, name: str) -> None:
        """Say of each field of an edition from which it was taken over, or why it was built."""
        editions, avant = self.workspace.editions, self.report.avant
        made, before = manifests.read(editions / name).champs, manifests.fields(editions / avant) if avant else {}
        why = {code: differences(before[code].recette, of.recette) for code, of in made.items() if code in before}
        taken = tuple(Named(code.upper(), f"de {of.repris}") for code, of in made.items() if of.repris)
        built = tuple(
            Named(code.upper(), ", ".join(why.get(code, ["nouveau"]))) for code, of in made.items() if not of.repris
        )
        self.report = replace(self.report, edition=name, repris=taken, construits=built)

    def _publish(self, name: str) -> None:
        with self._step("publication"):
            began = time.perf_counter()
            try:
                found = release(self.workspace.editions, name, self.catalogue, self.workspace.settings)
                say_publication(COMMAND, name, found, time.perf_counter() - began)
            finally:  # it is published once the pointer is moved, even if that could not be written down
                if publication.served(self.workspace.editions) == name:
                    self.report = replace(self.report, etat=PUBLISHED)
            self._write(publiee=name)

    def _notify(self) -> None:
        """Tell subscribers; mails that do not go are said, and left for the next time."""
        if self.write is None or not subscribers.by_mail(self.workspace.settings):
            return
        with self._step("abonnés"):
            try:
                told = subscribers.notify(self.workspace, self.catalogue, self.write)
            except SanoscopeError as error:  # the state is not there, or another process is sending
                self._warn("abonnés", error.code)
                return
        self.report = replace(self.report, courriels=told.sent, courriels_en_attente=told.left)
        if told.left:
            self._warn("abonnés", f"{told.left} courriels non partis ({told.why}) ; « sanoscope notify » les envoie")
        if told.given_up:
            self._warn("abonnés", f"{told.given_up} courriels abandonnés ({told.why})")

    def _announced(self) -> None:
        """Say what is wrong with the calendar that the operator announces."""
        for fault in calendar(self.workspace, self.catalogue).faults:
            self._warn(self.workspace.calendar.name, fault)

    def _warn(self, what: str, why: str) -> None:
        self.report = replace(self.report, avis=(*self.report.avis, Named(what, why)))

    # journal ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.step = name
        self.progress(name)
        self._write(etape=name)
        began = time.perf_counter()
        yield
        seconds = time.perf_counter() - began
        say_step(COMMAND, name, seconds)
        took = Named(name, f"{seconds:.1f} s")
        self.report = replace(self.report, etapes=(*self.report.etapes, took))

    def _write(self, **values: str) -> None:
        self.journal = replace(self.journal, **values)
        journals.write(self.workspace.operations, self.journal)


def _pending(workspace: Workspace, catalogue: Catalogue, served: str) -> Recipe | None:
    """Return the recipe of an edition to build, None where the published one is of that recipe or nothing counts."""
    wanted = recipe_now(workspace, catalogue)
    known = _recipe(workspace.editions, served, catalogue) if served else None
    return wanted if wanted.files and wanted != known else None


def _recipe(editions: Path, name: str, catalogue: Catalogue) -> Recipe | None:
    """Return the recipe of an edition, None where there is no such edition whose tables are those that were built."""
    try:
        manifest: Manifest = publication.verify(editions, name)
    except (SanoscopeError, OSError):
        return None
    return recipe_of(manifest, catalogue)


def _place(error: Exception) -> str:
    """Return where an error was raised, without what it says."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
