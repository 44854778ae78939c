"""Intake beside ``wc -l`` on the same file, in turn; peak memory on a file of 1 GB."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sanoscope.demo.casemix import draw_casemix
from sanoscope.demo.stays import Hospital, draw_stays
from sanoscope.formats.encode import encode
from sanoscope.formats.registry import layout_of

FINESS, YEAR = "290000017", 2023
RUNS = 5
RECEIVE = """
import sys, pathlib
from sanoscope import workspace
from sanoscope.intake.receive import receive
report = receive(workspace.create(pathlib.Path(sys.argv[1])), [pathlib.Path(sys.argv[2])])
assert report.clean, report
"""


def write_rsa(path: Path, size: int) -> int:
    """Write an RSA file of about ``size`` bytes and return its lines."""
    casemix, rng = draw_casemix(1), np.random.default_rng(1)
    codes, people = np.array([b"29000", b"29200"], "S5"), np.array([5e4, 5e4])
    hospital = Hospital(FINESS, "CH", casemix.volumes, np.array([0.7, 0.3]))
    lines = 0
    with path.open("wb") as stream:
        while stream.tell() < size:
            stays = draw_stays(rng, hospital, casemix, codes, people, year=YEAR, lines=50_000, months=12)
            stream.write(encode(layout_of("rsa", YEAR), stays.fixed, count=50_000, zones=stays.zones))
            lines += 50_000
    return lines


def timed(*command: str) -> float:
    """Return the seconds a command takes."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def run() -> list[str]:
    """Return the lines of the report."""
    report = ["| mesure | valeur |", "|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = root / f"{FINESS}.{YEAR}.12.rsa"
        lines = write_rsa(path, 250_000_000)
        size = path.stat().st_size
        idle = timed(sys.executable, "-c", "import sanoscope.intake.receive")
        ratios, seconds = [], []
        for number in range(RUNS):
            counting = timed("wc", "-l", str(path))
            taking = timed(sys.executable, "-c", RECEIVE, str(root / f"e{number}"), str(path)) - idle
            shutil.rmtree(root / f"e{number}")
            ratios.append(taking / counting)
            seconds.append(taking)
        middle = statistics.median(seconds)
        report += [
            f"| fichier | {lines} lignes, {size / 1e6:.0f} Mo, 6 tables Parquet typées |",
            f"| réception, médiane de {RUNS} | {lines / middle:,.0f} lignes/s, {size / middle / 1e6:.0f} Mo/s |",
            f"| réception ÷ `wc -l`, même fichier, même exécution | {statistics.median(ratios):.0f} fois son temps |",
        ]
        large = write_rsa(path, 1_000_000_000)
        peak = _peak(root, path)
        report.append(
            f"| mémoire maximale, fichier de {path.stat().st_size / 1e9:.2f} Go ({large} lignes) | {peak:.0f} Mo |"
        )
    return report


def _peak(root: Path, path: Path) -> float:
    """Return the peak memory (MB) of an intake, measured by itself."""
    said = RECEIVE + "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)"
    command = [sys.executable, "-c", said, str(root / "grand"), str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
