"""The command ``sanoscope``: one function a command, one way to show an error."""

import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.status import Status
from rich.table import Table as RichTable

from sanoscope import logs
from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE
from sanoscope.catalogue.control import NIVEAUX
from sanoscope.catalogue.load import catalogue
from sanoscope.cli.access import access_app
from sanoscope.cli.common import WorkspaceOption, err, out, saying, workspace_of
from sanoscope.disclosure.protect import QUICK, Care
from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.edition.build import build as build_edition
from sanoscope.edition.check import Controle
from sanoscope.edition.check import check as check_edition
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.edition.published import build_published
from sanoscope.edition.release import release
from sanoscope.errors import SanoscopeError
from sanoscope.intake.bases.correspondance import shipped
from sanoscope.intake.bases.report import said_of_base
from sanoscope.intake.receive import GivenBase, IntakeReport, given_base, receive
from sanoscope.intake.store import StoredFile
from sanoscope.intake.tables import StoredTable
from sanoscope.nomenclature.importers import load_path
from sanoscope.operate.lines import say_build, say_intake, say_publication, say_refusal
from sanoscope.operate.planned import calendar
from sanoscope.present.exports import FORMATS
from sanoscope.present.html import headings, rows
from sanoscope.present.numbers import FRENCH, legend
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.dated import pinned
from sanoscope.query.moved import FIRST
from sanoscope.query.origin import signed
from sanoscope.query.table import Table
from sanoscope.workspace import Workspace

if TYPE_CHECKING:
    from sanoscope.search.find import Results

app = typer.Typer(
    help="Sanoscope : des fichiers du PMSI aux tableaux publiés, sans livrer de petit effectif.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
reference_app = typer.Typer(help="Les tables de référence (nomenclatures, établissements, géographie, population).")
app.add_typer(reference_app, name="reference")
state_app = typer.Typer(help="L'état : où est ce que les lecteurs laissent, sa version, ses lignes.")
app.add_typer(state_app, name="state")
app.add_typer(access_app, name="access")

BEHIND = 10
"""Niceness of long work: it takes what answering leaves."""

LISTED = 20
"""Messages of one kind that a command prints; the rest is in the quarantine."""


def _give_way() -> None:
    """Let a service of the same machine pass before this process."""
    os.setpriority(os.PRIO_PROCESS, 0, max(BEHIND, os.getpriority(os.PRIO_PROCESS, 0)))


@app.command()
def init(directory: Annotated[Path, typer.Argument(metavar="DOSSIER", help="Le dossier à préparer.")]) -> None:
    """Prépare un espace de travail : réglages documentés et dossiers vides."""
    with saying():
        made = workspaces.create(directory)
        out.print(f"Espace de travail prêt : {made.root}", highlight=False)


@reference_app.command("load")
def reference_load(
    paths: Annotated[list[Path], typer.Argument(metavar="CHEMIN...", help="Fichiers ou dossiers.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Charge des tables de référence : reconnaît chaque fichier et dit ce qu'il en a pris."""
    with saying():
        place = workspace_of(workspace)
        reports = [report for path in paths for report in load_path(path, place.reference)]
        for report in reports:
            if report.error:
                err.print(f"{report.path.name} : refusé. {report.error}", highlight=False, markup=False)
                continue
            taken = ", ".join(
                f"{n} lignes dans {t} (dont {report.replaced[t]} remplacées, {report.changed.get(t, 0)} modifiées)"
                for t, n in report.rows.items()
            )
            out.print(f"{report.path.name} : {report.form} ; {taken}", highlight=False, markup=False)
            _listed(f"{report.path.name} : {r.rows} lignes refusées, {r.reason}" for r in report.refused)
            _listed(f"{report.path.name} : {r.rows} lignes prises, {r.reason}" for r in report.doubts)
            if report.ignored:
                ignored = f"{report.path.name} : colonnes laissées : {', '.join(report.ignored)}"
                out.print(ignored, highlight=False, markup=False)
        if any(report.error or report.refused for report in reports):
            raise typer.Exit(1)


@app.command()
def intake(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CHEMIN...]",
            help="Fichiers, dossiers, archives e-PMSI ou tableaux publiés ; ou la correspondance (YAML) d'une base.",
        ),
    ] = None,
    source: Annotated[
        str, typer.Option("--source", help="La source publiée dont sont ces fichiers ; sinon leurs colonnes la disent.")
    ] = "",
    base: Annotated[
        Path | None, typer.Option("--base", help="Une base de séjours : fichier DuckDB, dossier de Parquet ou de CSV.")
    ] = None,
    mapping: Annotated[
        str,
        typer.Option("--correspondance", help="Ce que sont ses tables et colonnes : pmeasyr, snds ou un fichier YAML."),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Reçoit fichiers PMSI, tableaux publiés ou base ; ce qui rompt le format va en quarantaine, avec sa raison."""
    _give_way()
    with saying("intake"):
        paths, bases = _bases(paths or [], base, mapping)
        place = workspace_of(workspace, logged=True)
        books = catalogue()
        sources = [books.source(source)] if source else list(books.sources.values())
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True) as progress:
            task = progress.add_task("Réception", total=None)
            report = receive(
                place,
                paths,
                progress=lambda n, total: progress.update(task, completed=n, total=total),
                published=[one.attendu for one in sources],
                named=bool(source),
                bases=bases,
            )
        say_intake("intake", report)
        _say_intake(report, place)
        if not report.clean:
            raise typer.Exit(1)


def _bases(paths: list[Path], base: Path | None, mapping: str) -> tuple[list[Path], list[GivenBase]]:
    """Return the paths that are not mappings, and the bases that are given; ``--base`` is of the one mapping."""
    given = [mapping] if mapping else []
    given += [str(path) for path in paths if path.suffix.lower() in (".yaml", ".yml")]
    others = [path for path in paths if str(path) not in given]
    if base and len(given) != 1:
        raise SanoscopeError(
            "options",
            f"--base {base} : dites, et une seule fois, ce que sont ses tables et colonnes.",
            allowed=[*(f"--correspondance {name}" for name in shipped()), "--correspondance FICHIER.yaml"],
        )
    if not (others or given):
        raise SanoscopeError(
            "options", "Rien à recevoir.", todo="Donnez des chemins, ou une base et sa correspondance."
        )
    return others, [given_base(name, base) for name in given]


def _say_intake(report: IntakeReport, place: Workspace) -> None:
    read, accepted, refused = report.lines
    out.print(
        f"{len(report.received)} fichiers reçus, {len(report.known)} déjà connus, {len(report.refused)} refusés.",
        highlight=False,
    )
    out.print(f"{read} lignes lues = {accepted} acceptées + {refused} refusées.", highlight=False)
    _listed(note.message for note in report.noted)
    _say_tables(report)
    for base in report.bases:
        _listed(said_of_base(base, place.quarantine), every=True)
    _say_neighbours(report)
    torn = [f.nom for f in report.received if f.tronque]
    _listed(f"{name} : fichier tronqué ; il ne compte que faute de mieux." for name in torn)
    _listed(
        f"{f.nom} : {f.refusees} lignes refusées ({', '.join(f'{why} : {n}' for why, n in f.motifs.items())}), "
        f"gardées dans {place.quarantine / f.place.with_suffix('.csv')}"
        for f in report.received
        if f.refusees
    )
    _listed(f"Refusé [{refusal.code}] {refusal.message}" for refusal in report.refused)


def _say_tables(report: IntakeReport) -> None:
    """Say what each published table was taken for, and what of it is not used."""
    for table in (f for f in report.received if isinstance(f, StoredTable)):
        levels = ", ".join(f"{name} {n}" for name, n in table.niveaux.items())
        left = f" ; colonnes laissées : {', '.join(table.laissees)}" if table.laissees else ""
        out.print(
            f"{table.nom} : source {table.source} ({table.forme}), {table.annee} ; lignes par niveau : {levels}{left}.",
            highlight=False,
            markup=False,
        )


def _say_neighbours(report: IntakeReport) -> None:
    """Say, once a year and version, that lines were in the layout of the year after."""
    lines: dict[tuple[int, str], int] = {}
    for file in (f for f in report.received if isinstance(f, StoredFile)):
        for version, count in file.versions.items():
            if file.admet(version):
                lines[file.annee, version] = lines.get((file.annee, version), 0) + count
    for (year, version), count in lines.items():
        out.print(f"{year} : {count} lignes au format {version}, celui de l'année suivante (admis).", highlight=False)


def _listed(messages: Iterable[str], *, every: bool = False) -> None:
    """Print the first messages on the error output, and how many are left; or every one."""
    everything = list(messages)
    for message in everything if every else everything[:LISTED]:
        err.print(message, highlight=False, markup=False)
    if len(everything) > LISTED and not every:
        err.print(f"… et {len(everything) - LISTED} autres : voyez le dossier quarantine/.", highlight=False)


@app.command()
def build(
    years: Annotated[str, typer.Option("--years", help="Années, séparées par des virgules ; toutes par défaut.")] = "",
    engine: Annotated[Literal["duckdb"], typer.Option("--engine", help="Moteur de calcul.")] = "duckdb",
    name: Annotated[str, typer.Option("--name", help="Nom de l'édition ; la date du jour par défaut.")] = "",
    effort: Annotated[
        Literal["normal", "rapide"], typer.Option("--effort", help="Soin mis à perdre peu de chiffres exacts.")
    ] = "normal",
    source: Annotated[
        str, typer.Option("--source", help="La source publiée dont faire une édition, telle quelle, masques compris.")
    ] = "",
    whole: Annotated[
        bool,
        typer.Option("--tout", help="Construit tous les champs, même ceux dont rien n'a changé."),
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Construit une édition des dernières transmissions valides, ou d'une source publiée."""
    _give_way()
    with saying("build"):
        place, began = workspace_of(workspace, logged=True), time.perf_counter()
        if source and (years or effort != "normal" or whole):
            raise SanoscopeError("options", "--years, --effort et --tout ne valent pas pour une source publiée.")
        with err.status("Construction") as status:

            def say(step: str) -> None:
                status.update(f"Construction : {step}")

            if source:
                manifest = build_published(place, catalogue(), source, name=name, progress=say)
            else:
                manifest = build_edition(
                    place,
                    catalogue(),
                    years=_years(years),
                    name=name,
                    care=_care(effort),
                    before=publication.last_protected(place.editions),
                    whole=whole,
                    progress=say,
                )
        say_build("build", manifest, time.perf_counter() - began)
        for code, champ in manifest.champs.items():
            for year in champ.rapprochement:
                left_out = ", ".join(f"{n} {code}" for code, n in year.exclusions.items()) or "aucune"
                out.print(
                    f"{code.upper()} {year.annee} : {year.lignes} lignes = {year.retenues} retenues + exclues "
                    f"({left_out}) ; {year.remplacees} d'anciennes transmissions laissées.",
                    highlight=False,
                )
            for what, n in champ.codes_inconnus.items():
                out.print(f"{code.upper()} : {n} {what} (comptés, étiquetés « inconnu »).", highlight=False)
        _say_made(manifest)
        out.print(
            f"Édition {manifest.nom} construite avec {engine}. « sanoscope publish {manifest.nom} » la publie.",
            highlight=False,
        )


@app.command()
def refresh(
    depot: Annotated[
        str, typer.Option("--depot", help="Le dossier de dépôt, ou son adresse ; sinon celui des réglages.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="À blanc : dit ce qui serait fait, n'écrit rien.")] = False,
    effort: Annotated[
        Literal["normal", "rapide"], typer.Option("--effort", help="Soin mis à perdre peu de chiffres exacts.")
    ] = "normal",
    workspace: WorkspaceOption = None,
) -> None:
    """Met à jour, seul : reçoit ce qui est déposé, construit, contrôle, publie, purge ; ne refait rien sans raison."""
    from sanoscope.cli.notify import writes
    from sanoscope.operate.refresh import refresh as refresh_workspace
    from sanoscope.operate.refresh import rehearse
    from sanoscope.operate.report import BUSY, as_text

    _give_way()
    with saying("refresh"):
        place = workspace_of(workspace, logged=True)
        try:
            with err.status("Mise à jour") as status:
                if dry_run:
                    report = rehearse(place, catalogue(), depot=depot)
                else:
                    report = refresh_workspace(
                        place,
                        catalogue(),
                        depot=depot,
                        care=_care(effort),
                        progress=lambda step: status.update(f"Mise à jour : {step}"),
                        write=writes(place),
                    )
        except SanoscopeError as error:
            if error.code != "deja-en-cours":
                raise
            say_refusal("refresh", error)
            err.print(str(error), highlight=False, markup=False)
            raise typer.Exit(BUSY) from error
        out.print(as_text(report), end="", highlight=False, markup=False)
        if report.code:
            raise typer.Exit(report.code)


@app.command()
def notify(workspace: WorkspaceOption = None) -> None:
    """Envoie aux abonnés les courriels qui attendent, et de nouveau ceux qui n'étaient pas partis ; les compte."""
    from sanoscope.cli.notify import notify as notify_subscribers

    with saying("notify"):
        told, whole = notify_subscribers(workspace_of(workspace, logged=True))
        out.print(told, highlight=False, markup=False)
        if not whole:
            raise typer.Exit(1)


def _care(effort: str) -> Care:
    return QUICK if effort == "rapide" else Care()


def _years(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdigit() for part in parts):
        raise SanoscopeError("annees-invalides", f"--years « {text} » : donnez des années, par exemple 2022,2023.")
    return [int(part) for part in parts]


@app.command()
def check(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="L'édition à contrôler.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Contrôle une édition avant publication ; 1 si un contrôle la bloque."""
    _give_way()
    with saying():
        place = workspace_of(workspace)
        controls = check_edition(place.editions, edition, catalogue(), place.settings)
        _say_made(manifests.read(place.editions / edition))
        _say_controls(controls)
        _listed(f"{place.calendar.name} : {fault}" for fault in calendar(place, catalogue()).faults)
        if not all(control.bon for control in controls):
            raise typer.Exit(1)


def _say_made(manifest: manifests.Manifest) -> None:
    if told := manifests.made(manifest):
        out.print(told, highlight=False, markup=False)


def _say_controls(controls: Sequence[Controle]) -> None:
    """Print controls by level, the worst first, with what to do about those that are not notes."""
    for level, style in (("bloque", "bold red"), ("alerte", "yellow"), ("note", "green")):
        for control in (c for c in controls if c.niveau == level):
            out.print(f"[{style}]{level}[/]  {escape(f'{control.nom} : {control.detail}')}", highlight=False)
            if level != "note":
                out.print(f"        [{control.code}] {control.que_faire}", highlight=False, markup=False)
    told = [f"{sum(c.niveau == level for c in controls)} {level}" for level in NIVEAUX]
    out.print(f"{len(controls)} contrôles : {', '.join(told)}.", highlight=False)


@app.command()
def publish(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="L'édition à servir.")],
    malgre_tout: Annotated[
        str, typer.Option("--malgre-tout", metavar="RAISON", help="Publie une édition bloquée ; la raison est gardée.")
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Publie une édition qu'aucun contrôle ne bloque : c'est elle qui répond désormais."""
    with saying("publish"):
        place, began = workspace_of(workspace, logged=True), time.perf_counter()
        with err.status("Contrôles"):
            found = release(place.editions, edition, catalogue(), place.settings, malgre_tout=malgre_tout)
        say_publication("publish", edition, found, time.perf_counter() - began)
        _say_controls([control for control in found if control.niveau != "note"])
        out.print(f"Édition {edition} publiée.", highlight=False)


@app.command()
def rollback(workspace: WorkspaceOption = None) -> None:
    """Revient à l'édition publiée avant celle-ci."""
    with saying():
        previous = publication.rollback(workspace_of(workspace).editions)
        out.print(f"Édition {previous} publiée de nouveau.", highlight=False)


@app.command()
def seal(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="L'édition à sceller.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Scelle une édition : elle est définitive."""
    with saying():
        publication.seal(workspace_of(workspace).editions, edition)
        out.print(f"Édition {edition} scellée.", highlight=False)


@app.command()
def editions(workspace: WorkspaceOption = None) -> None:
    """Liste les éditions, la plus récente d'abord."""
    with saying():
        place = workspace_of(workspace)
        served = publication.served(place.editions)
        for manifest in publication.editions(place.editions):
            mark = " ← publiée" if manifest.nom == served else ""
            years = ", ".join(map(str, manifest.annees))
            of = f"  source {manifest.source.source}" if manifest.source else ""
            out.print(f"{manifest.nom}  {manifest.etat}  {years}{of}{mark}", highlight=False)


@app.command()
def reconcile(
    source: Annotated[str, typer.Argument(metavar="EDITION_SOURCE", help="L'édition d'une source d'indicateurs.")],
    activity: Annotated[str, typer.Argument(metavar="EDITION", help="L'édition dont on cherche les établissements.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--out", help="Le fichier CSV à écrire : chaque établissement, sa règle.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Rapproche les FINESS d'une édition de ceux d'une source : par quelle règle, et lesquels ne le sont pas."""
    from sanoscope.edition.matched import lines, matched, to_csv

    with saying():
        place, books = workspace_of(workspace), catalogue()
        of_source, of_activity = (
            open_edition(place.editions, name, settings=place.settings, public=True) for name in (source, activity)
        )
        reports, before = matched(of_source, of_activity, books)
        for line in (line for report in reports for line in lines(report)):
            out.print(line, highlight=False, markup=False)
        for year in before:
            out.print(f"{year} : la source n'a ni cette année ni une année d'avant.", highlight=False)
        if output:
            output.write_bytes(to_csv(reports))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="L'édition d'avant.")],
    after: Annotated[str, typer.Argument(metavar="B", help="L'édition d'après.")],
    restitution: Annotated[
        list[str] | None, typer.Option("--restitution", help="Une restitution ; plusieurs fois pour plusieurs.")
    ] = None,
    first: Annotated[int, typer.Option("--premiers", min=0, help="Plus grands écarts dits, par niveau.")] = FIRST,
    format_: Annotated[Literal["texte", "json", "csv"], typer.Option("--format", help="Comment l'écrire.")] = "texte",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Le fichier à écrire.")] = None,
    scope: Annotated[Literal["open", "secure"], typer.Option("--scope", help="secure : effectifs entiers.")] = "open",
    workspace: WorkspaceOption = None,
) -> None:
    """Compare deux éditions : ce dont elles sont faites, puis les chiffres qui ont bougé."""
    import orjson

    from sanoscope.access.journal import OPERATOR
    from sanoscope.access.reader import Reader
    from sanoscope.cli.diff import compared
    from sanoscope.present import moved

    with saying():
        place = workspace_of(workspace)
        mark = Reader(SECURE, name=OPERATOR).mark() if scope == "secure" else ""
        with err.status("Comparaison") as status:
            found = compared(
                place,
                (before, after),
                SECURE if scope == "secure" else OPEN,
                catalogue(),
                slugs=restitution or (),
                first=first,
                progress=lambda slug: status.update(f"Comparaison : {slug}"),
            )
        if format_ == "csv":
            data = moved.to_csv(found.changes, found.moved, mark)
        elif format_ == "json":
            document = {"filigrane": mark} if mark else {}
            document |= moved.document(before, after, found.changes, found.moved)
            data = orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"
        else:
            data = "\n".join(
                [*filter(None, [mark]), *moved.text(before, after, found.changes, found.moved), ""]
            ).encode()
        if output:
            output.write_bytes(data)
        else:
            sys.stdout.buffer.write(data)


def _source(place: Workspace, name: str) -> Edition | None:
    """Return the served edition of a source, None where none is published."""
    found = publication.of_source(place.editions, name)
    return open_edition(place.editions, found, settings=place.settings, public=True) if found else None


@app.command()
def query(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="La restitution.")],
    criteria: Annotated[
        list[str] | None, typer.Argument(metavar="critere=valeur...", help="Ce qui est demandé.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)} ; sinon un tableau lisible.")] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Le fichier à écrire.")] = None,
    scope: Annotated[Literal["open", "secure"], typer.Option("--scope", help="secure : effectifs entiers.")] = "open",
    explain: Annotated[bool, typer.Option("--explain", help="Dit quelle table a répondu.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Répond à une question : sanoscope query casemix-mco annee=2023 zone=departement:29."""
    from sanoscope.access.baskets import Baskets
    from sanoscope.access.journal import OPERATOR
    from sanoscope.access.reader import Reader

    with saying():
        place = workspace_of(workspace)
        books = catalogue()
        restitution = books.restitution(slug)
        pairs = pinned([_pair(text) for text in criteria or []], restitution, place.editions)
        reader = SECURE if scope == "secure" else OPEN
        named = dict(pairs).get("edition", "") or publication.answering(place.editions, restitution)
        edition = open_edition(place.editions, named, settings=place.settings, public=reader.masked)
        asked = parse(pairs, restitution, edition, reader, Baskets(place))
        served = partial(_source, place)
        table = answer(asked, reader, books, edition, threshold=place.settings.seuil, sources=served)
        if asked.version:
            table = replace(table, mark=Reader(reader, name=OPERATOR).mark())
        if explain:
            err.print(f"Table : {table.table_used}", highlight=False)
        _deliver(signed(table, place.settings), format_, output)


@app.command()
def fiche(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Le nom de la fiche.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Le fichier à écrire : .pdf, .html ou .json.")],
    criteria: Annotated[
        list[str] | None, typer.Argument(metavar="critere=valeur...", help="Le sujet et l'année.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Écrit une fiche : sanoscope fiche fiche-regionale region=53 annee=2023 -o fiche.pdf."""
    from sanoscope.cli.sheets import WRITERS, write_sheet

    with saying():
        kind = output.suffix.removeprefix(".").lower()
        if kind not in WRITERS:
            raise SanoscopeError("format-inconnu", f"Format de fiche « {output.name} » inconnu.", allowed=WRITERS)
        pairs = [_pair(text) for text in criteria or []]
        sheet = write_sheet(workspace_of(workspace), slug, pairs, output)
        err.print(f"{sheet.title} : {len(sheet.parts)} blocs écrits dans {output}", highlight=False, markup=False)
        refused = [part for part in sheet.parts if part.refused]
        _listed(f"Sans réponse : {part.bloc.titre}. {part.refused.message}" for part in refused if part.refused)


@app.command()
def search(
    text: Annotated[list[str], typer.Argument(metavar="TEXTE...", help="Des mots, un code, un FINESS, un lieu.")],
    limit: Annotated[int, typer.Option("--limite", help="Résultats de chaque genre.")] = 10,
    workspace: WorkspaceOption = None,
) -> None:
    """Cherche dans l'édition publiée : sanoscope search appendicectomie."""
    from sanoscope.query.service import Service
    from sanoscope.search.find import Search

    with saying():
        found = Search(Service(workspace_of(workspace), catalogue())).find(" ".join(text), limit)
        _print_found(found)


def _print_found(found: "Results") -> None:
    if not found.exact:
        out.print("Ces mots ne se trouvent pas tels quels." if len(found) else "Rien n'y ressemble.")
    for kind, results in found.groups.items():
        out.print(kind.value, style="bold")
        for result in results:
            entry = result.entry
            answering = ", ".join(link.slug for link in result.links) or "aucune restitution en accès libre"
            asked = f"{entry.criterion}={entry.written} : " if entry.criterion else ""
            lines = f"  {entry.code}  {entry.name} ({entry.level_title})\n      {asked}{answering}"
            out.print(lines, highlight=False, markup=False)


def _pair(text: str) -> tuple[str, str]:
    name, equal, value = text.partition("=")
    if not equal:
        raise SanoscopeError("critere-illisible", f"« {text} » : écrivez critere=valeur, par exemple annee=2023.")
    return name, value


def _deliver(table: Table, format_: str, output: Path | None) -> None:
    name = format_ or (output.suffix.removeprefix(".") if output else "")
    if name and name not in FORMATS:
        raise SanoscopeError("format-inconnu", f"Format « {name} » inconnu.", allowed=FORMATS)
    if not name:
        _print(table)
        return
    data = FORMATS[name].write(table, FRENCH)
    if output:
        output.write_bytes(data)
        err.print(f"{len(table)} lignes écrites dans {output}", highlight=False)
    elif sys.stdout.isatty() and name in ("xlsx", "parquet", "arrow", "paquet"):
        raise SanoscopeError("sortie", f"Le format {name} est binaire.", todo="Donnez un fichier par -o FICHIER.")
    else:
        sys.stdout.buffer.write(data)


def _print(table: Table) -> None:
    shown = RichTable(title=table.title, title_justify="left")
    for column in headings(table):
        shown.add_column(column.text, justify="right" if column.number else "left")
    for row in rows(table):
        shown.add_row(*(c.text for c in row.cells), style="bold" if row.kind == "total" else None)
    out.print(shown, soft_wrap=False)
    for line in legend(table):
        out.print(f"{line.shown} : {line.meaning}", highlight=False, markup=False)
    for note in (*table.notes, *filter(None, [table.mark])):
        out.print(note, highlight=False, markup=False)


@state_app.callback(invoke_without_command=True)
def state(context: typer.Context, workspace: WorkspaceOption = None) -> None:
    """Dit où est l'état (paniers, abonnements), sa version, les lignes de ses tables ; n'y change rien."""
    if context.invoked_subcommand:
        return
    from sanoscope.cli.state import told

    with saying():
        for line in told(workspace_of(workspace)):
            out.print(line, highlight=False, markup=False)


@state_app.command("upgrade")
def state_upgrade(workspace: WorkspaceOption = None) -> None:
    """Fait l'état s'il n'y en a pas, et le porte à la version de ce logiciel."""
    from sanoscope.cli.state import told
    from sanoscope.state.database import upgrade

    with saying():
        place = workspace_of(workspace)
        upgrade(place)
        for line in told(place):
            out.print(line, highlight=False, markup=False)


@state_app.command("move")
def state_move(workspace: WorkspaceOption = None) -> None:
    """Copie state.db dans la base que disent le réglage etat.url ou SANOSCOPE_ETAT_URL, si elle est vide."""
    from sanoscope.state.database import move

    with saying():
        for table, count in move(workspace_of(workspace)).items():
            out.print(f"{table} : {count} lignes copiées", highlight=False, markup=False)


@app.command()
def backup(
    destination: Annotated[
        str, typer.Argument(metavar="DESTINATION", help="Un nouveau fichier, un dossier, ou - : la sortie standard.")
    ],
    workspace: WorkspaceOption = None,
) -> None:
    """Sauvegarde l'espace de travail et l'état dans une archive, pendant que le service répond."""
    from sanoscope.cli.backup import saved, say_saved

    _give_way()
    with saying("backup"):
        place = workspace_of(workspace, logged=True)
        with err.status("Sauvegarde") as status:
            made = saved(place, destination, lambda what: status.update(f"Sauvegarde : {escape(what)}"))
        for line in say_saved(made):
            (out if made.path else err).print(line, highlight=False, markup=False)
        _wrong(made.doubts)


@app.command()
def restore(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="Une sauvegarde, ou - : l'entrée standard.")],
    directory: Annotated[
        Path | None, typer.Argument(metavar="DOSSIER", help="L'espace de travail à faire : nouveau, ou vide.")
    ] = None,
    verify_: Annotated[
        bool, typer.Option("--verifier", help="Relit l'archive entière et dit ce qui n'y est plus bon ; n'écrit rien.")
    ] = False,
) -> None:
    """Rétablit une sauvegarde dans un nouveau dossier, ou la vérifie."""
    from sanoscope.cli.backup import restored, say_restored, say_verified, verified

    with saying("restore"), err.status("Lecture") as status:
        if verify_ == (directory is not None):
            raise SanoscopeError("options", "Donnez le DOSSIER où rétablir l'archive, ou --verifier, et pas les deux.")
        if directory is None:
            contents = verified(archive, lambda what: status.update(f"Vérification : {escape(what)}"))
            lines, wrong = say_verified(contents), contents.wrong
        else:
            made = restored(archive, directory, lambda what: status.update(f"Restauration : {escape(what)}"))
            lines, wrong = say_restored(made), made.doubts
        for line in lines:
            out.print(line, highlight=False, markup=False)
        _wrong(wrong)


def _wrong(messages: Sequence[str]) -> None:
    """Say what does not hold, all of it, and exit with 1 if anything."""
    for message in messages:
        err.print(message, highlight=False, markup=False)
    if messages:
        raise typer.Exit(1)


@app.command()
def attack(
    edition: Annotated[str, typer.Argument(metavar="[EDITION]", help="L'édition ; celle publiée par défaut.")] = "",
    champ: Annotated[str, typer.Option("--champ", help="Champs, séparés par des virgules ; tous par défaut.")] = "",
    years: Annotated[str, typer.Option("--years", help="Années, séparées par des virgules ; toutes par défaut.")] = "",
    baskets: Annotated[int, typer.Option("--baskets", help="Paniers demandés, par champ et année.")] = 1_000,
    seconds: Annotated[float, typer.Option("--seconds", help="Durée en tout, à peu près.")] = 600.0,
    seed: Annotated[int, typer.Option("--seed", help="Graine des tirages.")] = 0,
    before: Annotated[str, typer.Option("--before", help="Une édition antérieure, à recouper.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Attaque une édition par sa face ouverte, champ par champ : que peut déduire un lecteur ?"""
    from sanoscope.attack.campaign import audit
    from sanoscope.cli.audit import open_faces

    with saying():
        place = workspace_of(workspace)
        champs = [part.strip().lower() for part in champ.split(",") if part.strip()]
        faces = open_faces(place.editions, edition, catalogue(), place.settings, champs=champs, years=_years(years))
        earlier = open_faces(place.editions, before, catalogue(), place.settings) if before else {}
        until, held = time.monotonic() + seconds, True
        for number, (name, (ask, world)) in enumerate(faces.items()):
            if before and name not in earlier:
                err.print(f"L'édition « {before} » n'a pas le champ {name.upper()} : rien à recouper.", highlight=False)
            with err.status("Attaque") as status:
                report = audit(
                    ask,
                    world,
                    baskets=baskets,
                    seconds=max(1.0, (until - time.monotonic()) / (len(faces) - number)),
                    seed=seed,
                    progress=partial(_attacking, status, name),
                    before=earlier[name][0] if name in earlier else None,
                )
            out.print(str(report), highlight=False, markup=False)
            held &= report.tient
        if not held:
            raise typer.Exit(1)


def _attacking(status: Status, champ: str, what: str, part: float) -> None:
    status.update(f"Attaque {champ.upper()} : {what} ({part:.0%})")


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="Adresse ; réglage service.hote par défaut.")] = "",
    port: Annotated[int, typer.Option("--port", help="Port ; réglage service.port par défaut.")] = 0,
    processes: Annotated[int, typer.Option("--processus", min=1, help="Processus qui répondent.")] = 1,
    complete: Annotated[
        bool, typer.Option("--complet", help="Donner aussi la version complète, à qui en a le droit.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Sert les pages et l'API de l'édition publiée."""
    with saying("serve"):
        _serve(workspace_of(workspace, logged=True), host, port, processes, complete=complete)


def _serve(place: Workspace, host: str, port: int, processes: int = 1, *, complete: bool = False) -> None:
    from sanoscope.serve.run import listen, run

    logs.configure(place.settings)
    publication.current(place.editions)
    _start_state(place)
    address, number = host or place.settings.hote, port or place.settings.port
    with listen(address, number) as listening:
        out.print(f"Sanoscope répond sur http://{address}:{number}/ (Ctrl-C pour arrêter)", highlight=False)
        run(place, listening, processes=processes, complete=complete)


def _start_state(place: Workspace) -> None:
    """Bring the state up to date; figures are served without it, so one that is not there is said and awaited."""
    from sanoscope.state.database import UnavailableError, start

    try:
        start(place)
    except UnavailableError as error:
        err.print(str(error), highlight=False, markup=False)


@app.command()
def assistant(
    address: Annotated[
        str,
        typer.Option("--adresse", envvar="SANOSCOPE_ADRESSE", help="Le site à interroger, au lieu d'un espace."),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Répond à un assistant par MCP, sur l'entrée et la sortie standard : il cherche, lit et cite les tableaux."""
    from sanoscope.cli.assistant import answer_assistant

    with saying():
        answer_assistant(address, workspace)


@app.command()
def exemple(
    directory: Annotated[Path, typer.Argument(metavar="DOSSIER", help="Le dossier où les écrire, fait au besoin.")],
) -> None:
    """Écrit de petits fichiers d'essai : une vingtaine d'hôpitaux fictifs de Bretagne, et leurs tables de référence."""
    from sanoscope.demo.files import write_sample

    with saying():
        made = write_sample(directory)
        out.print(
            f"{made.establishments} hôpitaux fictifs, {made.lines} lignes de MCO, {made.files} fichiers dans "
            f"{directory / 'fichiers'} ; tables de référence dans {directory / 'reference'}.",
            highlight=False,
        )


@app.command()
def demo(
    directory: Annotated[Path, typer.Option("--directory", help="Où travailler.")] = Path("demo-workspace"),
    lines: Annotated[int, typer.Option("--lines", help="Lignes de RSA à fabriquer, au moins.")] = 1_500_000,
    serve_: Annotated[bool, typer.Option("--serve/--no-serve", help="Servir à la fin.")] = True,
    host: Annotated[str, typer.Option("--host", help="Adresse où servir.")] = "",
    port: Annotated[int, typer.Option("--port", help="Port où servir.")] = 0,
) -> None:
    """Fabrique un pays synthétique et le mène des fichiers à la page servie."""
    from sanoscope.demo.run import run

    with saying():
        with err.status("Fabrication, réception et construction d'un pays synthétique…"):
            place = run(directory, lines=lines, say=lambda step: out.print(step, highlight=False))
        if serve_:
            _serve(place, host, port)
