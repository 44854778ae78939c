"""What hospitals of the synthetic country do: a profile for each GHM that the package knows.

The profiles are invented from the code alone (CMD, type, severity) and have no other claim than to look like
hospital activity: ages, sexes, lengths and volumes that differ as they should.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sanoscope.nomenclature.reference import load_reference

SESSIONS_SHARE = 0.36
ERRORS_SHARE = 0.002
_AGE_OF_CMD = {
    "01": 60, "02": 72, "03": 32, "04": 62, "05": 71, "06": 52, "07": 60, "08": 56, "09": 55, "10": 55, "11": 62,
    "12": 66, "13": 45, "14": 31, "15": 0, "16": 63, "17": 64, "18": 52, "19": 45, "20": 48, "21": 42, "22": 35,
    "23": 58, "25": 50, "26": 45, "27": 52, "28": 64, "90": 55,
}  # fmt: skip
_VOLUME_OF_CMD = {"06": 3.0, "05": 2.5, "08": 2.5, "02": 2.0, "04": 1.8, "14": 2.5, "15": 1.6, "23": 2.2, "11": 1.7}
_NIGHTS = {"C": 4.0, "K": 1.5, "M": 4.5, "Z": 2.5, "H": 1.0}
_SEVERITY_NIGHTS = {
    "1": 0.8,
    "2": 1.8,
    "3": 2.8,
    "4": 4.5,
    "J": 0.0,
    "T": 0.25,
    "Z": 0.6,
    "A": 0.9,
    "B": 1.3,
    "C": 2.2,
    "D": 3.5,
    "E": 0.5,
}
_SEVERITY_VOLUME = {
    "1": 5.0,
    "2": 3.0,
    "3": 1.6,
    "4": 0.7,
    "J": 20.0,
    "T": 14.0,
    "Z": 4.0,
    "A": 5.0,
    "B": 2.0,
    "C": 1.0,
    "D": 0.4,
    "E": 0.3,
}
DIAGNOSES = {
    "01": "I639", "02": "H259", "03": "J350", "04": "J189", "05": "I500", "06": "K409", "07": "K802", "08": "M171",
    "09": "L031", "10": "E119", "11": "N390", "12": "N40", "13": "D259", "14": "O800", "15": "Z380", "16": "D649",
    "17": "C910", "18": "A419", "19": "F329", "20": "F102", "21": "T509", "22": "T300", "23": "Z512", "25": "B24",
    "26": "T07", "27": "Z940", "28": "Z511", "90": "Z768",
}  # fmt: skip
"""A plausible CIM-10 code by CMD."""
ASSOCIATED = ("I10", "E119", "I489", "N189", "J449", "E669", "Z867", "D649", "F329", "I2510", "Z501", "E785")
ACTS = ("DEQP003", "ZBQK002", "HHQE005", "JQGD010", "NEKA020", "BFGA004", "EBLA003", "ZZQP004", "YYYY600", "GELD004")


@dataclass(frozen=True)
class Casemix:
    """One entry a GHM.

    Attributes:
        codes: bytes6[ghm].
        volumes: float64[ghm], shares of all lines.
        ages, nights: float64[ghm], mean age (years) and mean nights.
        women: float64[ghm], share of women.
        sessions: bool[ghm].
        surgical: bool[ghm]; ``day``: bool[ghm], no night as a rule.
        diagnoses: bytes6[ghm].
    """

    codes: NDArray[np.bytes_]
    volumes: NDArray[np.float64]
    ages: NDArray[np.float64]
    nights: NDArray[np.float64]
    women: NDArray[np.float64]
    sessions: NDArray[np.bool_]
    surgical: NDArray[np.bool_]
    day: NDArray[np.bool_]
    diagnoses: NDArray[np.bytes_]


def draw_casemix(seed: int) -> Casemix:
    """Return the national casemix: Zipf over roots, then over severities."""
    rng = np.random.default_rng([seed, 1])
    codes = load_reference()["ghm"]["ghm"].to_list()
    roots = sorted({code[:5] for code in codes})
    rank = dict(zip(rng.permutation(roots).tolist(), range(1, len(roots) + 1), strict=True))
    cmd = [code[:2] for code in codes]
    volume = np.array(
        [_VOLUME_OF_CMD.get(code[:2], 1.0) * _SEVERITY_VOLUME[code[5]] / rank[code[:5]] ** 0.8 for code in codes]
    )
    sessions, errors = np.array(cmd) == "28", np.array(cmd) == "90"
    for chosen, share in ((sessions, SESSIONS_SHARE), (errors, ERRORS_SHARE)):
        volume[chosen] *= share / volume[chosen].sum()
    rest = ~sessions & ~errors
    volume[rest] *= (1 - SESSIONS_SHARE - ERRORS_SHARE) / volume[rest].sum()
    nights = np.array([_NIGHTS[code[2]] * _SEVERITY_NIGHTS[code[5]] for code in codes])
    nights[sessions] = 0
    women = np.array([{"14": 1.0, "13": 1.0, "12": 0.0}.get(c, 0.5) for c in cmd])
    spread = {code[:5]: rng.normal(0, 6) for code in codes}
    ages = np.array([_AGE_OF_CMD[code[:2]] + (0 if code[:2] in ("14", "15") else spread[code[:5]]) for code in codes])
    return Casemix(
        codes=np.array(codes, "S6"),
        volumes=volume,
        ages=ages.clip(0, 90),
        nights=nights,
        women=women,
        sessions=sessions,
        surgical=np.array([code[2] in "CK" for code in codes]),
        day=np.array([code[5] in "JT" for code in codes]),
        diagnoses=np.array([DIAGNOSES[c] for c in cmd], "S6"),
    )
