"""The SMR, HAD, psychiatry and products of the small country: weeks, sub-sequences, sequences, acts, drugs and devices.

Each writes its files in a folder of its own: extensions such as ``ano`` are those of several fields, and what is beside
a file tells of which it is.
"""

from pathlib import Path

import numpy as np

from tests.pmsi import put

GMES = ["0127JA0", "0127SC1", "0127UB1", "0147JA0", "0147SC2", "0127UA1"]
MODES = [("04", "07"), ("09", "00"), ("05", "03"), ("04", "00"), ("03", "09")]
DIAGNOSES = ["F200", "F321", "F102", "F412", "F603"]
PRODUCTS = [("3400890000240", "med"), ("9000025", "med"), ("3100156", "dmi"), ("3100311", "dmi")]
GEO = ["29000", "29200", "35000", "35400", "22000"]

Rows = list[dict[str, str | int]]


def write_small_fields(root: Path, hospitals: list[str], years: tuple[int, ...], seed: int = 11) -> None:
    """Write the files of some of the hospitals: all have SMR, every second HAD, every third psychiatry."""
    rng = np.random.default_rng(seed)
    for number, finess in enumerate(hospitals):
        for year in years:
            month = 9 if year == years[-1] else 12
            name = f"{finess}.{year}.{month}"
            stays = int(20 + 120 / (1 + number % 5))
            weeks = [row for stay in range(stays) for row in _smr(rng, stay, year, month)]
            put(root / "smr", f"{name}.rha", "rha", weeks)
            put(root / "smr", f"{name}.ano", "ano_smr", _chained(rng, weeks))
            if number % 2 == 0:
                days = [row for stay in range(stays) for row in _had(rng, stay, year, month)]
                put(root / "had", f"{name}.rapss", "rapss", days)
                put(root / "had", f"{name}.ano", "ano_had", _chained(rng, days))
            if number % 3 == 0:
                sequences = [_psy(rng, stay, year, month) for stay in range(stays)]
                put(root / "psy", f"{name}.rpsa", "rpsa", sequences)
                put(root / "psy", f"{name}.ano", "ano_psy", _chained(rng, sequences))
                put(root / "psy", f"{name}.r3a", "r3a", [_act(rng, year, month) for _ in range(2 * stays)])
            drugs, devices = ([_product(rng, kind, month) for _ in range(stays)] for kind in ("med", "dmi"))
            put(root / "produits", f"{name}.MCO.med", "med_mco", drugs)
            put(root / "produits", f"{name}.dmi", "dmi_mco", devices)


def _person(rng: np.random.Generator) -> dict[str, str | int]:
    return {
        "sexe": str(rng.integers(1, 3)),
        "age_ans": int(rng.integers(18, 98)),
        "code_geo": str(rng.choice(GEO, p=[0.4, 0.2, 0.25, 0.1, 0.05])),
    }


def _scores(rng: np.random.Generator) -> dict[str, str | int]:
    names = ("habillage", "deplacement", "alimentation", "continence", "comportement", "relation")
    return {f"avq_{name}": int(rng.integers(1, 5)) for name in names}


def _smr(rng: np.random.Generator, stay: int, year: int, month: int) -> Rows:
    gme = str(rng.choice(GMES, p=[0.3, 0.25, 0.2, 0.15, 0.06, 0.04]))
    whole = gme[4] not in "HIJKL"
    first = int(rng.integers(1, month + 1))
    fixed = {**_person(rng), **_scores(rng), "cle_sejour": f"{stay:07d}", "gme": gme, "annee_rhs": year}
    return [
        {
            **fixed,
            "type_hospitalisation": "1" if whole else str(rng.integers(2, 5)),
            "mois_rhs": min(month, first + week // 4),
            "journees_hors_we": 5 if whole else int(rng.integers(1, 6)),
            "journees_we": 2 if whole else 0,
            "nb_csarr": 0,
        }
        for week in range(int(rng.integers(1, 7)))
    ]


def _had(rng: np.random.Generator, stay: int, year: int, month: int) -> Rows:
    mpp, mpa = MODES[int(rng.choice(len(MODES), p=[0.35, 0.25, 0.2, 0.15, 0.05]))]
    fixed = {**_person(rng), **_scores(rng), "cle_sejour": f"{stay:05d}", "mpp": mpp, "mpa": mpa}
    fixed["ghpc"] = f"{mpp}{mpa}"
    first = int(rng.integers(1, month + 1))
    return [
        {
            **fixed,
            "karnofsky": str(rng.choice(["030", "040", "050"])),
            "duree_sous_sequence": int(rng.integers(1, 15)),
            "mois_fin_sous_sequence": min(month, first + part),
            "annee_fin_sous_sequence": year,
        }
        for part in range(int(rng.integers(1, 4)))
    ]


def _psy(rng: np.random.Generator, stay: int, year: int, month: int) -> dict[str, str | int]:
    return {
        **_person(rng),
        "cle_sejour": f"{stay:06d}",
        "cle_patient": f"{stay % 60:016d}",
        "forme_activite": str(rng.choice(["01", "20", "21"], p=[0.5, 0.4, 0.1])),
        "dp": str(rng.choice(DIAGNOSES)),
        "mois_fin_sequence": int(rng.integers(1, month + 1)),
        "annee_fin_sequence": year,
        "nb_jours_presence": int(rng.integers(1, 20)),
        "nb_demi_journees": int(rng.integers(0, 4)),
    }


def _act(rng: np.random.Generator, year: int, month: int) -> dict[str, str | int]:
    return {
        **_person(rng),
        "cle_patient": f"{int(rng.integers(0, 90)):016d}",
        "forme_activite": str(rng.choice(["30", "32"])),
        "dp": str(rng.choice(DIAGNOSES)),
        "date_acte": f"15{int(rng.integers(1, month + 1)):02d}{year}",
        "nature_acte": str(rng.choice(["E", "G", "A"])),
        "lieu_acte": "L01",
    }


def _product(rng: np.random.Generator, kind: str, month: int) -> dict[str, str | int]:
    codes = [code for code, of in PRODUCTS if of == kind]
    row: dict[str, str | int] = {
        "cle_rsa": str(int(rng.integers(1, 40))),
        "type_prestation": "06" if kind == "med" else "07",
        "montant_milliemes": int(rng.integers(1, 900)) * 1000,
    }
    code, when = str(rng.choice(codes, p=[0.9, 0.1])), int(rng.integers(1, month + 1))
    if kind == "med":
        return row | {
            "code_ucd": code,
            "quantite_milliemes": int(rng.integers(0, 4)) * 500,
            "mois_administration": when,
        }
    return row | {"code_lpp": code, "nb_poses": int(rng.integers(0, 3)), "mois_pose": when}


def _chained(rng: np.random.Generator, rows: Rows) -> Rows:
    keys = dict.fromkeys(row["cle_sejour"] for row in rows)
    return [
        {"cle_sejour": key, "numero_anonyme": f"P{int(rng.integers(0, 2500)):05d}", "codes_retour": "000000000"}
        for key in keys
    ]
