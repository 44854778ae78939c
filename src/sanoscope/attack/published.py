"""The attacker on real tables that were published masked cell by cell: what plain masks are worth.

The files are those of the ATIH's public site as others collected them (`docs/attaque.md` says which); nothing of them
is kept here.
"""

import csv
import gzip
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np
from scipy import sparse

from sanoscope.attack.findings import Figure, Finding, Report
from sanoscope.attack.intervals import Narrowed, narrow
from sanoscope.attack.knowledge import Bools, Builder, Floats, Indices, Knowledge
from sanoscope.attack.ratios import numerators

Mark = Literal["exact", "masque", "inconnu"]
LARGEST_SMALL = 10
SMR_COUNTS = ("nb_journees_total", "nb_journees_hc", "nb_journees_hp")
MCO_TOTAL, MCO_HC, MCO_HP, MCO_SESSIONS, MCO_DEATHS = 4, 5, 6, 7, 11
"""Columns of the MCO map: stays, full, partial, sessions, % deaths."""


def attack_smr(path: Path) -> Report:
    """Attack the SMR cube: days by establishment × CM / GN / GME, in all, full and partial.

    Only sums that the table itself states are used: total = full + partial, establishment = Σ CM,
    CM = Σ GN, GN = Σ GME.

    Args:
        path: CSV (gzip or not): finess, cm, gn, gme ("" above its own level), `SMR_COUNTS`.
    """
    begun = time.perf_counter()
    keys, low, high, masked = _read_smr(path)
    sums = _smr_sums(keys)
    known = Knowledge(low.ravel(), high.ravel(), sums, np.zeros(sums.shape[0]), np.zeros(sums.shape[0]))
    narrowed = narrow(known)
    hidden = np.flatnonzero(masked)
    names = [f"{' '.join(part for part in key if part)} {count}" for key in keys for count in SMR_COUNTS]
    findings = _pinned(narrowed, hidden, names)
    narrower = (narrowed.high - narrowed.low)[hidden] < (high - low).ravel()[hidden]
    return Report(
        "Cube SMR : journées par établissement × CM, GN, GME",
        tuple(findings),
        (
            Figure("cellules", masked.size),
            Figure("cellules masquées", len(hidden)),
            Figure("retrouvées exactement", int(narrowed.pinned[hidden].sum())),
            Figure("part retrouvée", 100 * float(narrowed.pinned[hidden].mean()), "%"),
            Figure("part resserrée", 100 * float(narrower.mean()), "%"),
            Figure("sommes contradictoires", int(narrowed.impossible.sum())),
            Figure("durée", time.perf_counter() - begun, "s"),
        ),
    )


def attack_mco(paths: Iterable[Path]) -> Report:
    """Attack MCO maps: stays of establishments, in all, full and partial, and the share of deaths.

    Each row alone: total = full + partial with a part masked; deaths = share × denominator at the digits shown.

    Args:
        paths: CSV files, one a year and sector, French digits.
    """
    begun = time.perf_counter()
    builder = Builder()
    masked: dict[str, str] = {}
    deaths: list[Finding] = []
    rows = 0
    for path in sorted(paths):
        for row in _read_mco(path):
            rows += 1
            name = f"{path.stem} {row[1]}"
            masked |= _mco_parts(builder, name, row)
            deaths += _mco_deaths(name, row)
    narrowed = narrow(builder.build())
    hidden = np.array([builder.index[key] for key in masked], np.int64)
    parts = np.array([kind != "total" for kind in masked.values()], np.bool_)
    findings = _pinned(narrowed, hidden, list(map(str, builder.index)))
    return Report(
        "Cartographie MCO : séjours par établissement, complets et partiels, et part de décès",
        (*findings, *deaths),
        (
            Figure("lignes", rows),
            Figure("masques HC et HP", int(parts.sum())),
            Figure("masques HC et HP retrouvés", int(narrowed.pinned[hidden[parts]].sum())),
            Figure("masques du total", int((~parts).sum())),
            Figure("masques du total retrouvés", int(narrowed.pinned[hidden[~parts]].sum())),
            Figure("décès de 1 à 10 retrouvés", len(deaths)),
            Figure("durée", time.perf_counter() - begun, "s"),
        ),
    )


def _pinned(narrowed: Narrowed, hidden: Indices, names: list[str]) -> list[Finding]:
    found = hidden[narrowed.pinned[hidden] & (narrowed.low[hidden] > 0) & (narrowed.low[hidden] <= LARGEST_SMALL)]
    return [Finding("exact", names[i], int(narrowed.low[i]), int(narrowed.low[i]), "sommes et bornes") for i in found]


def _cell(text: str) -> tuple[float, float, Mark]:
    """Return (low, high, mark) of a published count."""
    digits = "".join(text.split())
    if digits.isdigit():
        return float(digits), float(digits), "exact"
    return (1.0, float(LARGEST_SMALL), "masque") if digits == "1à10" else (0.0, np.inf, "inconnu")


def _read_smr(path: Path) -> tuple[list[tuple[str, ...]], Floats, Floats, Bools]:
    """Return (finess, cm, gn, gme) of each row, and low, high, masked [rows, 3]."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = list(csv.DictReader(text.decode("utf-8").splitlines()))
    keys = [tuple(row[name] for name in ("finess", "cm", "gn", "gme")) for row in rows]
    cells = [[_cell(row[name]) for name in SMR_COUNTS] for row in rows]
    low = np.array([[cell[0] for cell in row] for row in cells])
    high = np.array([[cell[1] for cell in row] for row in cells])
    return keys, low, high, np.array([[cell[2] == "masque" for cell in row] for row in cells], np.bool_)


def _smr_sums(keys: list[tuple[str, ...]]) -> sparse.csr_matrix:
    """Return the sums, each equal to zero: float64[sums, 3 · rows]."""
    number = {key: i for i, key in enumerate(keys)}
    rows, columns, values = [], [], []
    sum_of: dict[tuple[str, ...], int] = {}
    for i, key in enumerate(keys):
        rows += [i] * 3
        columns += [3 * i, 3 * i + 1, 3 * i + 2]
        values += [1.0, -1.0, -1.0]
        whole = _whole(key)
        if whole not in number or whole == key:
            continue
        fresh = whole not in sum_of
        place = len(keys) + 3 * sum_of.setdefault(whole, len(sum_of))
        for count in range(3):
            rows += [place + count] * (1 + fresh)
            columns += [3 * i + count, 3 * number[whole] + count][: 1 + fresh]
            values += [-1.0, 1.0][: 1 + fresh]
    shape = (len(keys) + 3 * len(sum_of), 3 * len(keys))
    return sparse.csr_matrix((values, (rows, columns)), shape=shape)


def _whole(key: tuple[str, ...]) -> tuple[str, ...]:
    """Return the key one level up; the key itself at the top."""
    depth = max(1, sum(map(bool, key)) - 1)
    return (*key[:depth], *("",) * (4 - depth))


def _read_mco(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in list(csv.reader(file))[1:] if row[1]]


def _mco_parts(builder: Builder, name: str, row: list[str]) -> dict[str, str]:
    """Say total = full + partial; return the masked ones and what they are."""
    masked = {}
    for kind, column in (("total", MCO_TOTAL), ("HC", MCO_HC), ("HP", MCO_HP)):
        low, high, mark = _cell(row[column])
        builder.unknown(f"{name} {kind}", low=low, high=high)
        if mark == "masque":
            masked[f"{name} {kind}"] = kind
    builder.equal({f"{name} total": 1, f"{name} HC": -1, f"{name} HP": -1}, 0)
    return masked


def _mco_deaths(name: str, row: list[str]) -> list[Finding]:
    """Invert the share of deaths. Stays and sessions together: certain where there are no sessions."""
    low, high, mark = _cell(row[MCO_TOTAL])
    share = row[MCO_DEATHS].replace("%", "").replace(",", ".").strip()
    if mark != "exact" or _cell(row[MCO_SESSIONS])[1] != 0 or not share.replace(".", "").isdigit():
        return []
    found = numerators(float(share), decimals=1, scale=100, low=int(low), high=int(high))
    if found is None or found[0] != found[1] or not 0 < found[0] <= LARGEST_SMALL:
        return []
    return [Finding("exact", f"{name} décès", *found, "part de décès × effectif")]
