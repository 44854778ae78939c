"""What hospitals of the synthetic country do: a profile for each GHM that the package knows.

The profiles are made from the code (CMD, type, severity) and from what the official label says of age, death and
birth weight. Volumes are orders of magnitude set by hand: they have no other claim than to look like activity.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanoscope.demo.codes import DIAGNOSES, acts_of
from sanoscope.nomenclature.reference import load_reference

SESSIONS_SHARE = 0.36
ERRORS_SHARE = 0.002
OLDEST = 104
_PERCENT_OF_CMD = {
    "01": 5.5, "02": 6.5, "03": 5, "04": 5, "05": 8.5, "06": 15, "07": 3, "08": 13, "09": 5, "10": 3.5, "11": 5.5,
    "12": 2.5, "13": 3, "14": 6, "15": 4.5, "16": 2, "17": 2.5, "18": 1.3, "19": 1.5, "20": 1.5, "21": 1.5, "22": 0.1,
    "23": 9, "25": 0.1, "26": 0.1, "27": 0.1,
}  # fmt: skip
_AGE_OF_CMD = {
    "01": 60, "02": 70, "03": 32, "04": 62, "05": 69, "06": 56, "07": 60, "08": 56, "09": 55, "10": 55, "11": 62,
    "12": 66, "13": 45, "14": 30, "15": 0, "16": 63, "17": 64, "18": 52, "19": 45, "20": 48, "21": 42, "22": 35,
    "23": 58, "25": 50, "26": 45, "27": 52, "28": 64, "90": 55,
}  # fmt: skip
_NIGHTS = {"C": 4.0, "K": 1.5, "M": 4.5, "Z": 2.5, "H": 1.0}
_SEVERITIES = {  # code: (volume, nights as a multiple of the type's, least nights, chance of no night)
    "1": (5.0, 0.8, 1, 0.2), "2": (3.0, 1.8, 3, 0.0), "3": (1.6, 2.8, 4, 0.0), "4": (0.7, 4.5, 5, 0.0),
    "J": (20.0, 0.0, 0, 1.0), "T": (14.0, 0.25, 1, 0.45), "Z": (5.0, 0.6, 1, 0.45), "E": (0.05, 0.5, 1, 0.3),
    "A": (5.0, 0.9, 1, 0.0), "B": (2.0, 1.3, 2, 0.0), "C": (1.0, 2.2, 3, 0.0), "D": (0.4, 3.5, 4, 0.0),
}  # fmt: skip
_AGE_LIMIT = re.compile(r"âge (inférieur|supérieur) (?:à )?(\d+) ans")
_NEWBORN = re.compile(r"Nouveau-nés de (\d+)\s?g et âge gestationnel de (\d+)\s?SA")


@dataclass(frozen=True)
class Casemix:
    """One entry a GHM.

    Attributes:
        codes: bytes6[ghm].
        volumes: float64[ghm], shares of all lines.
        cmd: bytes2[ghm].
        ages, spreads: float64[ghm], mean and standard deviation of age (years); 0 and 0 for newborns.
        youngest, oldest: int64[ghm], limits of age (years), both included.
        women: float64[ghm], share of women.
        no_night: float64[ghm], chance of leaving the same day.
        least, more: nights of the others: int64[ghm] at least, float64[ghm] mean of what comes on top.
        risks: float64[ghm], chance of death beyond that of age.
        transfers: bool[ghm], always transferred elsewhere.
        grams, weeks: int64[ghm], birth weight and gestational age of newborns, 0 for others.
        sessions, surgical, severe: bool[ghm].
        ghs: bytes4[ghm], one for each; 9999 is none.
        diagnoses, acts: bytes6[ghm, 3], bytes7[ghm, 3].
    """

    codes: NDArray[np.bytes_]
    volumes: NDArray[np.float64]
    cmd: NDArray[np.bytes_]
    ages: NDArray[np.float64]
    spreads: NDArray[np.float64]
    youngest: NDArray[np.int64]
    oldest: NDArray[np.int64]
    women: NDArray[np.float64]
    no_night: NDArray[np.float64]
    least: NDArray[np.int64]
    more: NDArray[np.float64]
    risks: NDArray[np.float64]
    transfers: NDArray[np.bool_]
    grams: NDArray[np.int64]
    weeks: NDArray[np.int64]
    sessions: NDArray[np.bool_]
    surgical: NDArray[np.bool_]
    severe: NDArray[np.bool_]
    ghs: NDArray[np.bytes_]
    diagnoses: NDArray[np.bytes_]
    acts: NDArray[np.bytes_]


def draw_casemix(seed: int) -> Casemix:
    """Return the national casemix: Zipf over the roots of each CMD, then severities."""
    rng = np.random.default_rng([seed, 1])
    codes, labels = zip(*load_reference()["ghm"].select("ghm", "libelle").sort("ghm").iter_rows(), strict=True)
    cmd = np.array([code[:2] for code in codes])
    severities = [_SEVERITIES[code[5]] for code in codes]
    grams, weeks = np.array([_birth(label) for label in labels]).T
    youngest, oldest = np.array([_age_limits(*pair) for pair in zip(codes, labels, strict=True)]).T
    ages, spreads = _ages(rng, codes, youngest, oldest)
    no_night, least, more = _nights(codes)
    volumes = np.array([severity[0] for severity in severities]) * _zipf(rng, codes)
    volumes *= np.where(cmd == "15", np.where(grams > 0, (grams / 3300) ** 6, 0.003), 1)
    return Casemix(
        codes=np.array(codes, "S6"),
        volumes=_shared_out(volumes, cmd),
        cmd=cmd.astype("S2"),
        ages=ages,
        spreads=spreads,
        youngest=youngest,
        oldest=oldest,
        women=np.array([_women(*pair) for pair in zip(codes, labels, strict=True)]),
        no_night=no_night,
        least=least,
        more=more,
        risks=np.array([_risk(*pair) for pair in zip(codes, labels, strict=True)]),
        transfers=np.array([label.startswith("Transferts précoces") for label in labels]),
        grams=grams,
        weeks=weeks,
        sessions=cmd == "28",
        surgical=np.array([code[2] in "CK" for code in codes]),
        severe=np.array([code[5] in "4D" for code in codes]),
        ghs=np.array(["9999" if code.startswith("90") else f"{n:04d}" for n, code in enumerate(codes, 1)], "S4"),
        diagnoses=np.array([DIAGNOSES[c] for c in cmd], "S6"),
        acts=np.array([acts_of(c) for c in cmd], "S7"),
    )


def _zipf(rng: np.random.Generator, codes: tuple[str, ...]) -> NDArray[np.float64]:
    """Return 1 / rank^0.8 of the root of each GHM, ranks drawn within its CMD."""
    weights: dict[str, float] = {}
    for cmd in sorted({code[:2] for code in codes}):
        roots = sorted({code[:5] for code in codes if code[:2] == cmd})
        weights |= {root: 1 / rank**0.8 for rank, root in enumerate(rng.permutation(roots).tolist(), 1)}
    return np.array([weights[code[:5]] for code in codes])


def _shared_out(volumes: NDArray[np.float64], cmd: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return the volumes as shares of all lines: sessions, errors, then each CMD's part of what is left."""
    rest = (1 - SESSIONS_SHARE - ERRORS_SHARE) / sum(_PERCENT_OF_CMD.values())
    shares = {name: percent * rest for name, percent in _PERCENT_OF_CMD.items()}
    shares |= {"28": SESSIONS_SHARE, "90": ERRORS_SHARE}
    for name, share in shares.items():
        volumes[cmd == name] *= share / volumes[cmd == name].sum()
    return volumes


def _age_limits(code: str, label: str) -> tuple[int, int]:
    if code[:2] == "15":
        return 0, 0
    youngest, oldest = {"13": (12, OLDEST), "14": (15, 49)}.get(code[:2], (0, OLDEST))
    for side, limit in _AGE_LIMIT.findall(label):
        if side == "inférieur":
            oldest = int(limit) - 1
        else:
            youngest = int(limit) + 1
    return youngest, oldest


def _ages(
    rng: np.random.Generator, codes: tuple[str, ...], youngest: NDArray[np.int64], oldest: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation: of the CMD, moved a little by root, narrow where the label is."""
    taste = {root: rng.normal(0, 6) for root in sorted({code[:5] for code in codes})}
    fixed = np.array([code[:2] in ("14", "15") for code in codes])
    usual = np.array([_AGE_OF_CMD[code[:2]] + taste[code[:5]] for code in codes])
    width = oldest - youngest
    middle = np.where(oldest < OLDEST, youngest + 0.4 * width, youngest + 0.3 * width)
    means = np.where(width < 30, middle, usual.clip(youngest, oldest))
    means = np.where(fixed, [_AGE_OF_CMD[code[:2]] for code in codes], means)
    return means, np.where(width < 30, width / 4, np.where(fixed, 5.5, 15.0))


def _nights(codes: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Return chance of no night, least nights, mean of further ones; a root with J or T keeps its level 1 overnight."""
    by_day = {code[:5] for code in codes if code[5] in "JT"}
    least = np.array([_SEVERITIES[code[5]][2] for code in codes])
    mean = np.array([_NIGHTS[code[2]] * _SEVERITIES[code[5]][1] for code in codes])
    no_night = np.array(
        [
            1.0 if code[:2] == "28" else 0.0 if code[5] == "1" and code[:5] in by_day else _SEVERITIES[code[5]][3]
            for code in codes
        ]
    )
    return no_night, least, np.maximum(mean - least, 0.2)


def _women(code: str, label: str) -> float:
    if "sein" in label.split():
        return 0.99
    return {"12": 0.0, "13": 1.0, "14": 1.0}.get(code[:2], 0.5)


def _risk(code: str, label: str) -> float:
    """Severity E is « décès » in the classification; palliative care ends often so."""
    return 1.0 if code[5] == "E" else 0.5 if label.lower().startswith("soins palliatifs") else 0.0


def _birth(label: str) -> tuple[int, int]:
    found = _NEWBORN.search(label)
    return (int(found[1]), int(found[2])) if found else (0, 0)
