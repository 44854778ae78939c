"""What a refresh did and why it stopped: one frozen report, as text, as a page, as JSON.

It names files, editions and controls, counts files and lines, and has no cell of any table nor any content of a line.
"""

import html
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sanoscope.workspace import put

PUBLISHED, NOTHING, DRY, BLOCKED, STOPPED = "publiée", "rien de neuf", "à blanc", "bloquée", "arrêtée"
CODES = {PUBLISHED: 0, NOTHING: 0, DRY: 0, BLOCKED: 4, STOPPED: 1}
"""What the command returns, by what the refresh came to."""

BUSY, RESERVED = 3, 5
"""What it returns where another is at work; where it came to its end, but something was refused, left or not sent."""

REPORTS = "rapports"
LISTED = 50
"""Names of one kind that the text and the page show; the JSON has all."""


@dataclass(frozen=True, slots=True)
class Named:
    """A file, an edition or a control, and what is said of it."""

    nom: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a refresh did.

    Attributes:
        debut, fin: when (ISO 8601, UTC).
        depot: where the files were.
        etat: what it came to: a key of `CODES`; ``motif``: why, where it did not publish.
        reprise: the step at which the one before was interrupted, "" if it was not.
        trouves: files in the drop; ``lus``: those taken; ``laisses``: those left for the next run.
        recus, connus: files that entered the store, files that it had; ``refuses``: files refused, or lines of a file.
        lignes_lues, lignes_acceptees, lignes_refusees: lines of the files received.
        references: reference tables loaded, and the rows of each.
        edition: the edition made, or served where there is nothing new; ``avant``: the one served before.
        repris: fields that the edition made took over, and from which; ``construits``: those it built, and why.
        controles: how many controls were made; ``alertes``, those that warn or block, with what to do.
        gardees, purgees: what became of the editions.
        etapes: the steps and their seconds.
        courriels, courriels_en_attente: mails that went to subscribers, and those left for the next time.
        avis: what was sent of this report, or why not; what went wrong once the edition was published.
    """

    debut: str
    fin: str = ""
    depot: str = ""
    etat: str = STOPPED
    motif: str = ""
    reprise: str = ""
    trouves: int = 0
    lus: tuple[str, ...] = ()
    laisses: tuple[Named, ...] = ()
    recus: int = 0
    connus: int = 0
    refuses: tuple[Named, ...] = ()
    lignes_lues: int = 0
    lignes_acceptees: int = 0
    lignes_refusees: int = 0
    references: tuple[Named, ...] = ()
    edition: str = ""
    avant: str = ""
    repris: tuple[Named, ...] = ()
    construits: tuple[Named, ...] = ()
    controles: int = 0
    alertes: tuple[Named, ...] = ()
    gardees: tuple[Named, ...] = ()
    purgees: tuple[str, ...] = ()
    etapes: tuple[Named, ...] = ()
    courriels: int = 0
    courriels_en_attente: int = 0
    avis: tuple[Named, ...] = ()

    @property
    def code(self) -> int:
        """What the command returns."""
        reserved = self.laisses or self.refuses or any(one.detail != SENT for one in self.avis)
        return RESERVED if reserved and self.etat in (PUBLISHED, NOTHING) else CODES[self.etat]

    @property
    def titre(self) -> str:
        """What it came to, in a line."""
        which = f" : {self.edition}" if self.edition else ""
        return f"Mise à jour {self.etat}{which}"


SENT = "envoyé"


def as_json(report: Report) -> str:
    """Return a report as JSON."""
    return json.dumps(asdict(report) | {"code": report.code}, ensure_ascii=False, indent=1)


def as_text(report: Report) -> str:
    """Return a report as text."""
    return "\n".join([report.titre, *(f"{name} : {value}" for name, value in _lines(report))]) + "\n"


def as_html(report: Report) -> str:
    """Return a report as a page."""
    rows = (f"<tr><th scope=row>{html.escape(n)}</th><td>{html.escape(v)}</td></tr>" for n, v in _lines(report))
    title = html.escape(report.titre)
    return (
        f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title}</title>'
        f"<style>body{{font-family:sans-serif}}th{{text-align:left;vertical-align:top;padding-right:1em}}</style>"
        f"<h1>{title}</h1><table>{''.join(rows)}</table></html>\n"
    )


def keep(report: Report, directory: Path) -> Path:
    """Write a report in its three forms and return the text's path; the last one is also ``dernier.*``."""
    stamp = report.debut.replace(":", "").replace("+0000", "Z")
    for end, text in (("json", as_json(report)), ("html", as_html(report)), ("txt", as_text(report))):
        put(directory / REPORTS / f"{stamp}.{end}", text)
        put(directory / REPORTS / f"dernier.{end}", text)
    return directory / REPORTS / f"{stamp}.txt"


def _lines(report: Report) -> Iterator[tuple[str, str]]:
    """Yield what a report says, by what it is about; what there is nothing of is not said."""
    if report.motif:
        yield "Motif", report.motif
    if report.reprise:
        yield "Reprise", f"la précédente s'est interrompue à l'étape « {report.reprise} »"
    yield "Du", f"{report.debut} au {report.fin}"
    if report.depot:
        yield "Dépôt", f"{report.depot} ; {report.trouves} fichiers, dont {len(report.lus)} nouveaux ou changés"
    if report.lus:
        yield "Fichiers", f"{report.recus} reçus, {report.connus} déjà connus, {len(report.refuses)} refusés"
    if report.lignes_lues:
        yield (
            "Lignes",
            f"{report.lignes_lues} lues = {report.lignes_acceptees} acceptées + {report.lignes_refusees} refusées",
        )
    yield from _listed("Laissé", report.laisses)
    yield from _listed("Refusé", report.refuses)
    yield from _listed("Référence", report.references)
    if report.edition and report.avant != report.edition:
        yield "Servie avant", report.avant or "aucune"
    for what, fields in (("Champs repris", report.repris), ("Champs construits", report.construits)):
        if fields:
            yield what, " ; ".join(f"{one.nom} ({one.detail})" for one in fields)
    if report.controles:
        yield "Contrôles", f"{report.controles}, dont {len(report.alertes)} qui alertent ou bloquent"
    yield from _listed("Contrôle", report.alertes)
    yield from _listed("Gardée", report.gardees)
    yield from (("Purgée", name) for name in report.purgees)
    if report.courriels or report.courriels_en_attente:
        left = f"{report.courriels_en_attente} laissés à la prochaine fois"
        yield "Abonnés", f"{report.courriels} courriels partis, {left}"
    yield from _listed("Étape", report.etapes)
    yield from _listed("Avis", report.avis)


def _listed(what: str, named: "tuple[Named, ...] | list[Named]") -> Iterator[tuple[str, str]]:
    for one in named[:LISTED]:
        yield what, f"{one.nom} : {one.detail}"
    if len(named) > LISTED:
        yield what, f"… et {len(named) - LISTED} autres"
