"""How long the served demo edition takes to answer while another is built beside it, over what it takes at rest."""

import contextlib
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from benchmarks import DEMO, demo
from sanoscope.edition.edition import open_edition
from sanoscope.workspace import Workspace

ASKED, EVERY = 160, 0.25
"""Requests of a phase, and the seconds between two, whatever the answers take."""

YEARS = (2023, 2024)
PHASES = ("repos", "construction", "repos")


def run() -> list[str]:
    """Return the lines of the report.

    Raises:
        FileNotFoundError: there is no demo edition: run ``make demo`` first.
    """
    addresses = _addresses(demo())
    took: dict[str, list[float]] = {name: [] for name in PHASES}
    with tempfile.TemporaryDirectory(dir=".", prefix=".banc-") as scratch:
        place = Path(scratch) / "espace"
        shutil.copytree(DEMO, place, symlinks=True, copy_function=_linked)
        for phase in PHASES:
            with _served(place) as port, _building(place) if phase == "construction" else contextlib.nullcontext():
                took[phase] += _asked(port, addresses)
    report = ["| le service | demandes | p50 | p95 |", "|---|---|---|---|"]
    centiles = {name: (statistics.median(times), statistics.quantiles(times, n=20)[-1]) for name, times in took.items()}
    for name, (middle, high) in centiles.items():
        report.append(f"| {name} | {len(took[name])} | {middle:.0f} ms | {high:.0f} ms |")
    ratios = [busy / idle for busy, idle in zip(centiles["construction"], centiles["repos"], strict=True)]
    report.append(f"| construction ÷ repos | | {ratios[0]:.2f} | {ratios[1]:.2f} |")
    return report


def _addresses(place: Workspace) -> list[str]:
    """Return questions that differ, so that each is computed, as pages and as data."""
    edition = open_edition(place.editions, settings=place.settings).of("mco")
    finess = {year: sorted(f for y, f in edition.etablissements if y == year) for year in YEARS}
    asked = [
        f"/restitutions/parts-de-marche-mco?annee={year}&zone=departement:{area}"
        for year in YEARS
        for area in sorted({code[:2] for code in finess[year]})
    ]
    for page in (
        "/restitutions/casemix-mco?annee={}&etablissement={}&regroupement=racine",
        "/api/v1/restitutions/cartographie-activite-mco/donnees?annee={}&etablissement={}&format=json",
    ):
        asked += [page.format(year, code) for year in YEARS for code in finess[year]]
    random.Random(1).shuffle(asked)
    return asked[:ASKED]


@contextlib.contextmanager
def _served(place: Path) -> Iterator[int]:
    """Serve a workspace anew, so that no answer is kept, and give the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = _command("serve", "--port", str(port), "--workspace", str(place))
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                _ask(port, "/sante")
                break
            time.sleep(0.1)
        _ask(port, "/restitutions/casemix-mco?annee=2023&regroupement=cas")
        yield port
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _building(place: Path) -> Iterator[None]:
    """Build an edition of everything meanwhile; it must not be finished before the questions are."""
    process = _command("build", "--tout", "--name", "banc", "--workspace", str(place), own_group=True)
    time.sleep(5)  # its imports are done: it is at work
    try:
        yield
        if process.poll() is not None:
            sys.exit("la construction s'est terminée avant les demandes : la mesure ne vaut rien")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command(*arguments: str, own_group: bool = False) -> "subprocess.Popen[bytes]":
    call = [sys.executable, "-m", "sanoscope", *arguments]
    return subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=own_group)


def _asked(port: int, addresses: list[str]) -> list[float]:
    """Return the milliseconds that each answer takes from the instant that its request was due."""
    began = time.perf_counter()

    def one(number: int, address: str) -> float:
        due = began + number * EVERY
        time.sleep(max(0.0, due - time.perf_counter()))
        _ask(port, address)
        return 1000 * (time.perf_counter() - due)

    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(one, range(len(addresses)), addresses))


def _ask(port: int, address: str) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", address)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} à {address}")


def _linked(source: str, target: str) -> None:
    """Give a file of the demo another name: the benchmark writes none of them again."""
    os.link(source, target)


if __name__ == "__main__":
    print("\n".join(run()))
