"""The synthetic country as official files: one RSA and one ANO file a hospital, year and transmission."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sanoscope.demo.casemix import SESSIONS_SHARE, Casemix, draw_casemix
from sanoscope.demo.country import Country, draw_country, draw_population
from sanoscope.demo.stays import STAYS_A_PATIENT, Hospital, draw_stays
from sanoscope.formats.encode import encode
from sanoscope.formats.registry import layout_of

YEARS = (2022, 2023, 2024)
LAST_MONTH = 9
"""The last year is under way: it stops here for most hospitals."""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was made: lines and sessions of the transmissions that count, establishments, bytes, seconds."""

    lines: int
    sessions: int
    establishments: int
    files: int
    size: int
    seconds: float


@dataclass(frozen=True)
class _Task:
    hospital: Hospital
    number: int
    sizes: tuple[int, ...]
    directory: Path
    years: tuple[int, ...]
    seed: int


def generate(
    directory: Path,
    *,
    years: Sequence[int] = YEARS,
    lines: int = 1_500_000,
    seed: int = 1,
    processes: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> DemoReport:
    """Write ``fichiers/`` and ``reference/`` of a synthetic country.

    Args:
        directory: where; made if needed.
        years: years of discharge, the last one under way.
        lines: RSA lines to make, at least, transmissions that count.
        seed: everything follows from it, whatever the number of processes.
        processes: how many draw and write.
        progress: called with (hospitals done, hospitals in all).
    """
    started = time.perf_counter()
    country, casemix = draw_country(seed), draw_casemix(seed)
    _write_reference(directory / "reference", country, years)
    (directory / "fichiers").mkdir(parents=True, exist_ok=True)
    tasks = _tasks(directory / "fichiers", country, casemix, tuple(years), lines, seed)
    results = []
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_prepare, initargs=(seed, lines)
    ) as pool:
        for done, future in enumerate(as_completed([pool.submit(_write, task) for task in tasks]), 1):
            results.append(future.result())
            if progress:
                progress(done, len(tasks))
    made, sessions, files, size = (sum(column) for column in zip(*results, strict=True))
    return DemoReport(made, sessions, len(tasks), files, size, time.perf_counter() - started)


def _write_reference(directory: Path, country: Country, years: Sequence[int]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    country.establishments.drop("taille").write_csv(directory / "etablissements.csv")
    country.geography.drop("poids").write_csv(directory / "geographie.csv")
    draw_population(country, range(min(years) - 2, max(years) - 1)).write_csv(directory / "population.csv")


def _tasks(
    directory: Path, country: Country, casemix: Casemix, years: tuple[int, ...], lines: int, seed: int
) -> list[_Task]:
    rng = np.random.default_rng([seed, 2])
    weights = country.establishments["taille"].to_numpy()
    sizes = np.maximum(30, np.ceil(lines * weights / weights.sum() / (len(years) - 1 + LAST_MONTH / 12) * 1.02))
    tasks = []
    for number, row in enumerate(country.establishments.iter_rows(named=True)):
        yearly = tuple(int(sizes[number] * (1 + 0.012 * i)) for i in range(len(years)))
        hospital = Hospital(
            row["finess"],
            row["categorie"],
            _volumes(rng, casemix, row["categorie"], yearly[0]),
            _residences(country.geography, row),
        )
        tasks.append(_Task(hospital, number, yearly, directory, years, seed))
    return tasks


def _volumes(rng: np.random.Generator, casemix: Casemix, category: str, size: int) -> NDArray[np.float64]:
    """A hospital does part of everything: more of it when it is large, more surgery by the day in a clinic."""
    kept = rng.random(len(casemix.codes)) < min(1.0, 0.15 + size / 4000)
    taste = rng.lognormal(0, 0.5, len(casemix.codes))
    if category == "PRIVE":
        taste *= np.where(casemix.surgical, 2.0, 0.5)
    volumes = casemix.volumes * taste * (kept | (casemix.volumes > 0.004))
    sessions = SESSIONS_SHARE * rng.choice([0.0 if category in ("CH", "PRIVE") else 0.8, 0.8, 1.2, 1.4])
    for chosen, share in ((casemix.sessions, sessions), (~casemix.sessions, 1 - sessions)):
        volumes[chosen] *= share / volumes[chosen].sum()
    return np.asarray(volumes, np.float64)


def _residences(geography: pl.DataFrame, hospital: dict[str, str]) -> NDArray[np.float64]:
    """Four patients in five live in the département, one in six in the rest of the region."""
    people = geography["poids"].to_numpy()
    near = (geography["departement"] == hospital["departement"]).to_numpy()
    around = (geography["region"] == hospital["region"]).to_numpy() & ~near
    town = (geography["code_geo"] == hospital["code_geo"]).to_numpy()
    share = np.zeros(len(people))
    for where, part in ((town, 0.35), (near, 0.45), (around, 0.16), (~near & ~around, 0.04)):
        if where.any():
            share[where] += part * people[where] / people[where].sum()
    return np.asarray(share / share.sum(), np.float64)


_shared: tuple[Casemix, NDArray[np.bytes_], NDArray[np.float64]]


def _prepare(seed: int, lines: int) -> None:
    """Draw once a process what all hospitals share."""
    global _shared  # noqa: PLW0603 - the initializer of a pool has no other way
    geography = draw_country(seed).geography
    people = geography["poids"].to_numpy() / geography["poids"].sum() * lines / 3 / STAYS_A_PATIENT
    _shared = (draw_casemix(seed), np.array(geography["code_geo"].to_list(), "S5"), people)


def _write(task: _Task) -> tuple[int, int, int, int]:
    casemix, codes, people = _shared
    made = sessions = files = size = 0
    for year, lines in zip(task.years, task.sizes, strict=True):
        for month in _months(task, year):
            rng = np.random.default_rng([task.seed, 3, task.number, year, month])
            count = lines * month // 12
            stays = draw_stays(rng, task.hospital, casemix, codes, people, year=year, lines=count, months=month)
            name = f"{task.hospital.finess}.{year}.{month}"
            rsa = encode(layout_of("rsa", year), stays.fixed, count=count, zones=stays.zones)
            chaining = {"finess": stays.fixed["finess"], **stays.chaining}
            ano = encode(layout_of("ano", year), chaining, count=count)
            (task.directory / f"{name}.rsa").write_bytes(rsa)
            (task.directory / f"{name}.ano").write_bytes(ano)
            files, size = files + 2, size + len(rsa) + len(ano)
        made, sessions = made + count, sessions + stays.sessions
    return made, sessions, files, size


def _months(task: _Task, year: int) -> tuple[int, ...]:
    """The transmissions of a year, the one that counts last: some hospitals are late, some had sent before."""
    if year == task.years[-1]:
        return (5,) if task.number % 40 == 7 else (8,) if task.number % 25 == 3 else (LAST_MONTH,)
    return (6, 12) if task.number % 60 == 11 else (12,)
