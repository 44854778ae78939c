"""What the commands say in the log: how many files, lines, controls; what each step took."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sanoscope import logs
from sanoscope.edition.check import Controle
from sanoscope.edition.manifest import Manifest
from sanoscope.errors import SanoscopeError
from sanoscope.intake.receive import IntakeReport
from sanoscope.operate.archive import Entry, Head
from sanoscope.operate.report import BLOCKED, STOPPED, Report


def say_step(command: str, step: str, seconds: float) -> None:
    """Say that a step is done."""
    logs.say("etape", commande=command, etape=step, secondes=round(seconds, 1))


def say_intake(command: str, report: IntakeReport) -> None:
    """Say what was received."""
    read, accepted, refused = report.lines
    logs.say(
        "reception",
        "info" if report.clean else "alerte",
        commande=command,
        recus=len(report.received),
        connus=len(report.known),
        refuses=len(report.refused),
        lignes_lues=read,
        lignes_acceptees=accepted,
        lignes_refusees=refused,
    )


def say_build(command: str, manifest: Manifest, seconds: float) -> None:
    """Say what an edition was built of."""
    years = [year for champ in manifest.champs.values() for year in champ.rapprochement]
    logs.say(
        "construction",
        commande=command,
        edition=manifest.nom,
        champs=len(manifest.champs),
        lignes=sum(year.lignes for year in years),
        retenues=sum(year.retenues for year in years),
        remplacees=sum(year.remplacees for year in years),
        secondes=round(seconds, 1),
    )


def say_publication(command: str, edition: str, controls: Sequence[Controle], seconds: float) -> None:
    """Say that an edition is published, and after which controls."""
    warned = sum(control.niveau != "note" for control in controls)
    logs.say(
        "publication",
        "alerte" if warned else "info",
        commande=command,
        edition=edition,
        controles=len(controls),
        alertes=warned,
        secondes=round(seconds, 1),
    )


def say_mails(sent: int, left: int, given_up: int, why: str) -> None:
    """Say what became of mails to subscribers: how many, and what kept the last one."""
    logs.say(
        "courriels",
        "alerte" if left or given_up else "info",
        partis=sent,
        laisses=left,
        abandonnes=given_up,
        erreur=why,
    )


def say_backup(command: str, head: Head, entries: Iterable[Entry], doubts: int, seconds: float) -> None:
    """Say what was backed up, or restored."""
    found = list(entries)
    logs.say(
        "sauvegarde",
        "alerte" if doubts else "info",
        commande=command,
        edition=head.edition,
        fichiers=len(found),
        octets=sum(entry.taille for entry in found),
        lignes=sum(entry.lignes or 0 for entry in found),
        doutes=doubts,
        secondes=round(seconds, 1),
    )


def say_refusal(command: str, error: SanoscopeError) -> None:
    """Say that a command stopped, and the code of why."""
    logs.say("refus", "erreur", commande=command, code=error.code)


def say_refresh(report: Report) -> None:
    """Say what a refresh came to."""
    logs.say(
        "mise-a-jour",
        "erreur" if report.etat in (STOPPED, BLOCKED) else "alerte" if report.code else "info",
        etat=report.etat,
        code=report.code,
        edition=report.edition,
        avant=report.avant,
        reprise=report.reprise or "aucune",
        fichiers=report.trouves,
        recus=report.recus,
        connus=report.connus,
        refuses=len(report.refuses),
        laisses=len(report.laisses),
        lignes_lues=report.lignes_lues,
        lignes_acceptees=report.lignes_acceptees,
        lignes_refusees=report.lignes_refusees,
        controles=report.controles,
        alertes=len(report.alertes),
        gardees=len(report.gardees),
        purgees=len(report.purgees),
        secondes=seconds(report),
    )


def seconds(report: Report) -> float:
    """Return how long a refresh took, to the second; 0 where its clock was set back."""
    if not report.fin:
        return 0.0
    return max(0.0, (datetime.fromisoformat(report.fin) - datetime.fromisoformat(report.debut)).total_seconds())
