"""Two départements, twelve hospitals, three years, six fields, small counts everywhere: what masks are for."""

from pathlib import Path

import numpy as np

from tests.pmsi import write
from tests.small_fields import write_small_fields

HOSPITALS = [f"29000{n:04d}" for n in range(1, 8)] + [f"35000{n:04d}" for n in range(1, 6)]
GHMS = ["04M053", "05M092", "08C481", "06K04J", "02C05J", "14Z13A", "15M05A", "28Z04Z", "28Z07Z", "90Z00Z", "99X99Z"]
CODES = ["29000", "29200", "35000", "35400", "22000", "99100"]
TERRITORIES = {"29000": "T29S", "29200": "T29O", "35000": "T35", "35400": "T35"}
DIAGNOSES = ["I500", "J440", "F102", "S720", "E86", "K359", "H259", "F171"]
ACTS = ["ACQK001", "AHPA009", "ACQN001", "AFLB010", "ZZZZ999"]
YEARS = (2022, 2023, 2024)


def stays(seed: int = 7) -> dict[str, list[dict[str, str | int]]]:
    """The stays of each transmission, by FINESS.YEAR.MONTH."""
    rng, other = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    found = {}
    for number, finess in enumerate(HOSPITALS):
        for year in YEARS:
            month = 9 if year == YEARS[-1] and number != 3 else 12 if year != YEARS[-1] else 5
            count = int(30 + 400 / (1 + number % 7))
            found[f"{finess}.{year}.{month}"] = [
                _stay(rng, finess, month) | {"actes": _acts(other)} for _ in range(count)
            ]
    return found


def write_small_country(root: Path) -> None:
    for name, rows in stays().items():
        write(root / "fichiers", f"{name}.rsa", rows)
        write(root / "fichiers", f"{name}.ano", rows)
    write_small_fields(root / "fichiers", HOSPITALS, YEARS)
    (root / "reference").mkdir()
    lines = ["finess,raison_sociale,categorie,secteur,ght,departement,code_geo"]
    kinds = [("CHR/U", "public"), ("CH", "public"), ("PRIVE", "prive"), ("PSPH/EBNL", "public")]
    for number, finess in enumerate(HOSPITALS[:-1]):  # the last one is in no table
        category, sector = kinds[number % 4]
        at = [code for code in CODES if code.startswith(finess[:2])][number % 2]
        lines.append(f"{finess},Hôpital {number},{category},{sector},GHT {finess[:2]},{finess[:2]},{at}")
    (root / "reference" / "etablissements.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    places = [f"{code},Commune {code},{code[:2]},53,{of}" for code, of in TERRITORIES.items()]
    geography = "\n".join(["code_geo,libelle,departement,region,territoire", *places])
    (root / "reference" / "geographie.csv").write_text(geography + "\n", encoding="utf-8")
    (root / "reference" / "tarifs_ghs.csv").write_text("\n".join(_tariffs()) + "\n", encoding="utf-8")
    (root / "reference" / "population.csv").write_text("\n".join(_population()) + "\n", encoding="utf-8")


def _tariffs() -> list[str]:
    """The tariffs of each GHM that a nomenclature knows, from March on: private ones are half of the public ones."""
    lines = ["secteur,ghs,ghm,date_effet,borne_basse,borne_haute,tarif,tarif_exb,tarif_exh"]
    for year in range(YEARS[0] - 1, YEARS[-1] + 1):
        for rank, ghm in enumerate(GHMS[:-2]):
            bounds = "0,0" if ghm[5] == "J" or ghm.startswith("28") else "2,6"
            for sector, share in (("public", 1), ("prive", 2)):
                cents = (60_000 * (rank + 1) + 1_000 * (year - YEARS[0])) // share
                lines.append(f"{sector},,{ghm},{year}-03-01,{bounds},{cents},{cents // 10},{cents // 20}")
    return lines


def _population() -> list[str]:
    """The inhabitants two years before each year: fewer of the old, more in 29000; no man of 95 or more in 22000."""
    lines = ["annee,code_geo,departement,sexe,age,population"]
    for year in (2020, 2021, 2022):
        for rank, code in enumerate(CODES[:-1]):  # the last one is abroad
            for sexe in (1, 2):
                for age in range(0, 100, 5):
                    people = (6 - rank) * max(2, 40 - age // 4) + 3 * sexe
                    if not (code == "22000" and sexe == 1 and age == 95):
                        lines.append(f"{year},{code},,{sexe},{age},{people}")
    return lines


def _stay(rng: np.random.Generator, finess: str, month: int) -> dict[str, str | int]:
    ghm = str(rng.choice(GHMS, p=[0.2, 0.12, 0.08, 0.2, 0.12, 0.06, 0.05, 0.08, 0.05, 0.02, 0.02]))
    near = [0.6, 0.2, 0.1, 0.04, 0.04, 0.02] if finess.startswith("29") else [0.1, 0.04, 0.6, 0.2, 0.04, 0.02]
    stay: dict[str, str | int] = {
        "ghm": ghm,
        "sexe": int(rng.integers(1, 3)),
        "age_ans": int(rng.integers(0, 100)),
        "duree": 0 if ghm[5] == "J" or ghm.startswith("28") else int(rng.integers(0, 9)),
        "mois_sortie": int(rng.integers(1, month + 1)),
        "mode_sortie": "9" if rng.random() < 0.04 else "8",
        "type_sejour": "B" if rng.random() < 0.02 else " ",
        "code_geo": str(rng.choice(CODES, p=near)),
        "nb_seances": int(rng.integers(1, 4)) if ghm.startswith("28") else 0,
        "patient": f"P{int(rng.integers(0, 2500)):05d}",
        "codes_retour": "000001000" if rng.random() < 0.05 else "000000000",
    }
    # what depends on the others changes nothing of what is drawn
    age, month = int(stay["age_ans"]), int(stay["mois_sortie"])
    stay["dp"] = DIAGNOSES[(3 * age + month) % len(DIAGNOSES)]
    stay["delai"] = 30 * month + age % 30
    stay["mode_entree"] = "7" if age % 9 == 0 else "8"
    stay["age_gestationnel"], stay["poids"] = (34 + age % 8, 2000 + 20 * age) if ghm.startswith("15") else (0, 0)
    return stay


def _acts(rng: np.random.Generator) -> str:
    """No act, one or several different ones, of three chapters; the last one is in no nomenclature."""
    drawn = rng.choice(ACTS, rng.choice(4, p=[0.5, 0.3, 0.15, 0.05]), replace=False, p=[0.4, 0.3, 0.2, 0.09, 0.01])
    return " ".join(f"{code}/{rng.choice(['1', '4'], p=[0.9, 0.1])}/{rng.integers(1, 3)}" for code in drawn)
