"""The synthetic country as official files, in one folder a field: ``fichiers/mco``, ``smr``, ``had``, ``psy``.

A hospital, a year and a transmission have an RSA file and its ANO file. The services to which a hospital sends patients
are drawn with it: RHA, RAPSS, or RPSA and R3A, each with their ANO file.
Drugs and devices (FICHCOMP) are those of university hospitals. Files of indicators are beside, in ``indicateurs``.
"""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sanoscope.demo.casemix import SESSIONS_SHARE, Casemix, draw_casemix
from sanoscope.demo.country import Country, draw_country, draw_population
from sanoscope.demo.indicators import write_indicators
from sanoscope.demo.patients import STAYS_A_PATIENT
from sanoscope.demo.products import draw_products
from sanoscope.demo.records import File
from sanoscope.demo.services import LINES_OF_FIELDS, Service, draw_activities, services_of, stays_a_year
from sanoscope.demo.stays import Hospital, draw_stays
from sanoscope.demo.tariffs import draw_tariffs

YEARS = (2022, 2023, 2024)
LAST_MONTH = 9
"""The last year is under way: it stops here for most hospitals."""
COMMON = 0.008
"""A root that holds so large a share of all lines is done everywhere."""
MATERNITIES = {"CHR/U": 1.0, "CH": 0.7, "PSPH/EBNL": 0.25, "PRIVE": 0.4}
"""How many hospitals of each category have a maternity."""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was made.

    Attributes:
        lines: RSA lines of the transmissions that count (earlier ones apart).
        sessions: those of CMD 28.
        patients: anonymous numbers among them.
        others: lines of the other fields and products, by kind of file (``rha``…), in the transmissions that count.
        establishments: how many have MCO.
        files: how many.
        size: bytes written in ``fichiers/``.
        seconds: elapsed.
    """

    lines: int
    sessions: int
    patients: int
    others: dict[str, int]
    establishments: int
    files: int
    size: int
    seconds: float


@dataclass(frozen=True)
class _Done:
    lines: int
    sessions: int
    patients: NDArray[np.uint64]
    others: Mapping[str, int]
    files: int
    size: int


@dataclass(frozen=True)
class _Task:
    hospital: Hospital
    services: tuple[tuple[Service, int], ...]
    products: bool
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
    progress: Callable[[str, int, int], None] | None = None,
) -> DemoReport:
    """Write ``fichiers/``, ``indicateurs/`` and ``reference/`` of a synthetic country.

    Args:
        directory: where; made if needed.
        years: years of discharge, the last one under way.
        lines: RSA lines to make, at least, transmissions that count.
        seed: everything follows from it, whatever the number of processes.
        processes: how many draw and write.
        progress: called with (step in French, hospitals done, hospitals in all).
    """
    started = time.perf_counter()
    country, casemix = draw_country(seed), draw_casemix(seed)
    services, specialised = services_of(country)
    _write_reference(directory / "reference", country, specialised, years)
    for name, table in draw_tariffs(casemix, years).items():
        table.write_csv(directory / "reference" / f"{name}.csv")
    for champ in ("mco", *LINES_OF_FIELDS):
        (directory / "fichiers" / champ).mkdir(parents=True, exist_ok=True)
    tasks = _tasks(directory / "fichiers", country, services, casemix, years=tuple(years), lines=lines, seed=seed)
    sizes = {task.hospital.finess: task.sizes[:-1] for task in tasks}
    write_indicators(directory / "indicateurs", country, casemix, sizes, years=years[:-1], seed=seed)
    results = []
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_prepare, initargs=(seed, lines)
    ) as pool:
        for done, future in enumerate(as_completed([pool.submit(_write, task) for task in tasks]), 1):
            results.append(future.result())
            if progress:
                progress("Fichiers des établissements", done, len(tasks))
    return DemoReport(
        lines=sum(done.lines for done in results),
        sessions=sum(done.sessions for done in results),
        patients=len(np.unique(np.concatenate([done.patients for done in results]))),
        others=dict(sum((Counter(done.others) for done in results), Counter())),
        establishments=len(tasks),
        files=sum(done.files for done in results),
        size=sum(done.size for done in results),
        seconds=time.perf_counter() - started,
    )


def write_sample(
    directory: Path, *, region: str = "53", years: Sequence[int] = YEARS[-2:], lines: int = 20_000, seed: int = 1
) -> DemoReport:
    """Write ``fichiers/`` and ``reference/`` of the hospitals of one region of the synthetic country, MCO alone.

    Args:
        directory: where; made if needed.
        region: code of the region.
        years: years of discharge, the last one under way.
        lines: RSA lines to make, at least, transmissions that count.
        seed: everything follows from it.
    """
    started = time.perf_counter()
    whole, casemix = draw_country(seed), draw_casemix(seed)
    country = replace(whole, establishments=whole.establishments.filter(pl.col("region") == region))
    _write_reference(directory / "reference", country, None, years)
    (directory / "fichiers" / "mco").mkdir(parents=True, exist_ok=True)
    tasks = _tasks(directory / "fichiers", country, (), casemix, years=tuple(years), lines=lines, seed=seed)
    _prepare(seed, lines)
    results = [_write(replace(task, products=False)) for task in tasks]
    return DemoReport(
        lines=sum(done.lines for done in results),
        sessions=sum(done.sessions for done in results),
        patients=len(np.unique(np.concatenate([done.patients for done in results]))),
        others={},
        establishments=len(tasks),
        files=sum(done.files for done in results),
        size=sum(done.size for done in results),
        seconds=time.perf_counter() - started,
    )


def _write_reference(directory: Path, country: Country, specialised: pl.DataFrame | None, years: Sequence[int]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    everything = [country.establishments, *([specialised] if specialised is not None else [])]
    pl.concat(everything).drop("taille").write_csv(directory / "etablissements.csv")
    country.geography.drop("poids").write_csv(directory / "geographie.csv")
    draw_population(country, range(min(years) - 2, max(years) - 1)).write_csv(directory / "population.csv")


def _tasks(
    directory: Path,
    country: Country,
    services: Sequence[Service],
    casemix: Casemix,
    *,
    years: tuple[int, ...],
    lines: int,
    seed: int,
) -> list[_Task]:
    rng = np.random.default_rng([seed, 2])
    weights = country.establishments["taille"].to_numpy()
    sizes = np.maximum(10, np.ceil(lines * weights / weights.sum() / (len(years) - 1 + LAST_MONTH / 12) * 1.02))
    beside = stays_a_year(services, lines / (len(years) - 1 + LAST_MONTH / 12))
    tasks = []
    for number, row in enumerate(country.establishments.iter_rows(named=True)):
        yearly = tuple(int(sizes[number] * (1 + 0.012 * i)) for i in range(len(years)))
        hospital = Hospital(
            number=number,
            finess=row["finess"],
            volumes=_volumes(rng, casemix, row["categorie"], weights[number] / weights.mean()),
            residences=_residences(country.geography, row),
            ageing=country.ageing[row["departement"]],
        )
        products = row["categorie"] == "CHR/U"
        tasks.append(_Task(hospital, beside.get(row["finess"], ()), products, yearly, directory, years, seed))
    return tasks


def _volumes(rng: np.random.Generator, casemix: Casemix, category: str, size: float) -> NDArray[np.float64]:
    """A hospital does part of all roots, more of them when large (size 1 is the mean); a clinic does more surgery."""
    _, root = np.unique(casemix.codes.astype("S5"), return_inverse=True)
    common = np.bincount(root, casemix.volumes) > COMMON
    kept = (common | (rng.random(len(common)) < 0.15 + 0.25 * size))[root]
    taste = rng.lognormal(0, 0.5, len(casemix.codes))
    if category == "PRIVE":
        taste *= np.where(casemix.surgical, 2.0, 0.5)
    taste *= np.where(np.isin(casemix.cmd, (b"14", b"15")), rng.random() < MATERNITIES[category], 1)
    taste *= np.where(np.isin(casemix.cmd, (b"22", b"26", b"27")), category == "CHR/U", 1)
    volumes = casemix.volumes * taste * kept
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


def _write(task: _Task) -> _Done:
    """Draw the stays of a hospital and of its services and write their files; the last month of a year has all."""
    casemix, codes, people = _shared
    months = {year: _months(task, year) for year in task.years}
    lines = {year: size * months[year][-1] // 12 for year, size in zip(task.years, task.sizes, strict=True)}
    rng = np.random.default_rng([task.seed, 3, task.hospital.number])
    last = {year: sent[-1] for year, sent in months.items()}
    stays = draw_stays(rng, task.hospital, casemix, codes, people, lines=lines, months=last)
    senders: list[_Sender] = [("mco", task.hospital.finess, stays.transmission)]
    if task.products:
        drawn = draw_products(np.random.default_rng([task.seed, 5, task.hospital.number]), stays)
        senders += [("mco", task.hospital.finess, partial(products.transmission, stays)) for products in drawn]
    activities = draw_activities(task.services, task.hospital, stays, codes, people, months=last, seed=task.seed)
    senders += [(service.champ, service.finess, activity.transmission) for service, activity in activities]
    others = Counter[str]()
    files = size = 0
    for (champ, finess, transmission), (year, sent) in itertools.product(senders, months.items()):
        for month in sent:
            for file in transmission(year, month):
                path = task.directory / champ / f"{finess}.{year}.{month}.{file.extension}"
                path.write_bytes(file.text)
                files, size = files + 1, size + len(file.text)
                if month == sent[-1] and file.kind not in _NOT_COUNTED:
                    others[file.kind] += file.lines
    return _Done(len(stays.numbers), int(stays.sessions.sum()), np.unique(stays.numbers), others, files, size)


_Sender = tuple[str, str, Callable[[int, int], list[File]]]
"""Field, FINESS, and what gives the files of a transmission of a year up to a month."""
_NOT_COUNTED = ("rsa", "ano", "ano_smr", "ano_had", "ano_psy")


def _months(task: _Task, year: int) -> tuple[int, ...]:
    """The transmissions of a year, the one that counts last: some hospitals are late, some had sent before."""
    number = task.hospital.number
    if year == task.years[-1]:
        return (5,) if number % 40 == 7 else (8,) if number % 25 == 3 else (LAST_MONTH,)
    return (6, 12) if number % 60 == 11 else (12,)
