"""The demonstration: a synthetic country through the whole chain, as an operator would take real files."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import catalogue
from sanoscope.demo.files import YEARS, generate
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.published import build_published
from sanoscope.intake.indicators import FOLDER
from sanoscope.intake.receive import receive
from sanoscope.nomenclature.importers import load_path
from sanoscope.workspace import Workspace

EDITION = "demo"


def run(directory: Path, *, lines: int, say: Callable[[str], None]) -> Workspace:
    """Make, receive, build and publish the demonstration; one that is already published is kept.

    Args:
        directory: the workspace; made if needed.
        lines: RSA lines to make, at least.
        say: told what happens, in French.
    """
    place = workspaces.create(directory)
    if (place.editions / publication.POINTER).is_symlink():
        say(f"L'édition {publication.current(place.editions)} est déjà là (« make clean » pour tout refaire).")
        return place
    started = time.perf_counter()
    # what protects the counts is compiled once, beside the making of the files
    warming = subprocess.Popen([sys.executable, "-m", "sanoscope.disclosure.protect"])
    raw = place.root / "demonstration"
    made = generate(raw, lines=lines, years=YEARS, processes=place.settings.processus)
    say(
        f"Pays synthétique : {made.lines} lignes de MCO ({made.establishments} établissements fictifs), "
        f"{_others(made.others)}, {made.files} fichiers, {made.size / 1e9:.1f} Go, {made.seconds:.0f} s."
    )
    for report in load_path(raw / "reference", place.reference):
        say(f"Référence : {report.path.name}, {sum(report.rows.values())} lignes.")
    step = time.perf_counter()
    received = receive(place, [raw / "fichiers"])
    read, accepted, refused = received.lines
    took = time.perf_counter() - step
    say(f"Réception : {read} lignes lues = {accepted} acceptées + {refused} refusées, {took:.0f} s.")
    shutil.rmtree(raw / "fichiers")
    _indicators(place, raw / "indicateurs", say)
    step = time.perf_counter()
    warming.wait()
    build(place, catalogue(), name=EDITION, care=QUICK)
    publication.publish(place.editions, EDITION)
    say(f"Édition {EDITION} construite et publiée, {time.perf_counter() - step:.0f} s.")
    say(f"Du premier octet à l'édition publiée : {time.perf_counter() - started:.0f} s.")
    return place


def _indicators(place: Workspace, files: Path, say: Callable[[str], None]) -> None:
    """Receive the files of indicators, build and publish an edition of each source that has some."""
    step = time.perf_counter()
    books = catalogue()
    received = receive(place, [files], published=[source.attendu for source in books.sources.values()])
    sources = sorted({path.parent.name for path in (place.store / FOLDER).glob("*/*")})
    for source in sources:
        build_published(place, books, source, name=source)
        publication.publish(place.editions, source)
    read, accepted, refused = received.lines
    took = time.perf_counter() - step
    say(
        f"Indicateurs : {read} lignes lues = {accepted} acceptées + {refused} refusées ; sources publiées : "
        f"{', '.join(sources)}, {took:.0f} s."
    )


_NAMES = {
    "rha": "RHA",
    "rapss": "RAPSS",
    "rpsa": "RPSA",
    "r3a": "R3A",
    "med_mco": "lignes de médicaments en MCO",
    "med_smr": "en SMR",
    "med_had": "en HAD",
    "dmi_mco": "lignes de dispositifs",
}


def _others(lines: Mapping[str, int]) -> str:
    """Say how many lines the other fields have, by kind of file."""
    return ", ".join(f"{lines.get(kind, 0)} {name}" for kind, name in _NAMES.items())
