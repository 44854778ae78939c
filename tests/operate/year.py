"""What four hospitals send of two fields, Saturday after Saturday of 2024: cumulated months, with all that goes wrong.

A delivery is (name in the drop folder → content, lines in it). Month m is due in the week after its end; rehabilitation
comes two weeks after acute care, every second hospital a week after the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from tests.pmsi import UNAIDED, Row, ano, lines, rsa

YEAR, WEEKS = 2024, 52
HOSPITALS = ("290000017", "290000025", "350000014", "350000022")
GHMS = ("04M053", "05M092", "08C481", "06K04J", "28Z04Z", "15M05A")
GMES = ("0127SC1", "0147SC2", "0127UB1", "0147JA0")
CODES = ("29000", "29200", "35000", "22000")
BROKEN = b"UNE LIGNE QUE RIEN NE SAIT LIRE\r\n"

MISSING = {("mco", 1, 4), ("mco", 1, 5), ("mco", 1, 6), ("smr", 3, 9)}
"""Transmissions of 2024 that do not come when they are due: field, hospital, month."""

AFTERWARDS = {("mco", 1, 5): 39}
"""Those of them that come once a later one has."""

LATE = {("smr", 3, 2): 17, ("mco", 3, 10): 48}
"""Those that come weeks after they are due, before the next one."""

CORRECTED = {("mco", 0, 3): 16, ("smr", 2, 6): 31, ("mco", 2, 9): 42}
"""The week in which a month is sent again, with more stays; what is sent later has them."""

TORN = ("mco", 2, 8)
"""Sent with its last line cut off, and whole a week later."""

BAD_LINE = ("smr", 1, 4)
"""It has a line that cannot be read."""

REFUSED, OF_LAST_YEAR, SECTORS, GROUPS, SAME = 10, 30, 20, 28, 33
"""The weeks of an archive that is none, of a correction of 2023, of two reference tables, of a file sent twice."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that is put in the drop folder: what it is (``genre``), its content, the lines that it has."""

    genre: str
    nom: str
    contenu: bytes
    lignes: int = 0


def saturday(week: int) -> datetime:
    """Return the instant of the refresh of a week, from 1."""
    return datetime(2024, 1, 6, 6, tzinfo=UTC) + timedelta(weeks=week - 1)


def due(champ: str, hospital: int, month: int) -> int:
    """Return the week in which a month of 2024 is due; month 0 is the whole of 2023."""
    return month * 52 // 12 + 1 + (2 if champ == "smr" else 0) + hospital % 2


def deliveries(week: int) -> Iterator[Delivery]:
    """Yield what comes between two Saturdays."""
    for champ in ("mco", "smr"):
        for hospital in range(len(HOSPITALS)):
            for month in range(12):
                yield from _of(champ, hospital, month, week)
    if week == REFUSED:
        yield Delivery("refusé", f"{HOSPITALS[0]}.2024.2.20240310120000.in.zip", b"PK pas une archive")
    if week == OF_LAST_YEAR:
        yield from _files("corrigé", "mco", 0, 2023, 12, week)
    if week == SECTORS:
        yield Delivery("référence", "reference/etablissements.csv", establishments("prive"))
    if week == GROUPS:
        rows = "".join(f"2024,{code},Groupe {code} de juillet,{code[:2]},{code[:4]}\n" for code in GMES)
        yield Delivery("référence", "reference/gme.csv", f"annee,gme,libelle,cm,gn\n{rows}".encode())
    if week == SAME:
        yield from _files("de nouveau", "mco", 0, 2024, 6, week)


def establishments(sector: str) -> bytes:
    """Return the reference table of the hospitals; the last one is in no table."""
    lines_ = ["finess,raison_sociale,categorie,secteur,ght,departement,code_geo"]
    for rank, finess in enumerate(HOSPITALS[:-1]):
        of = "public" if rank else sector
        lines_.append(f"{finess},Hôpital {rank},CH,{of},GHT {finess[:2]},{finess[:2]},{finess[:2]}000")
    return ("\n".join(lines_) + "\n").encode()


def before() -> Iterator[Delivery]:
    """Yield the reference tables that are there from the beginning, and what an operator does without."""
    yield Delivery("référence", "reference/etablissements.csv", establishments("public"))
    places = "".join(f"{code},Commune {code},{code[:2]},53,T{code[:2]}\n" for code in CODES)
    header = "code_geo,libelle,departement,region,territoire\n"
    yield Delivery("référence", "reference/geographie.csv", (header + places).encode())
    people = "".join(
        f"{annee},{code},,{sexe},{age},{50 + rank}\n"
        for annee in (2021, 2022)
        for rank, code in enumerate(CODES)
        for sexe in (1, 2)
        for age in range(0, 100, 5)
    )
    header = "annee,code_geo,departement,sexe,age,population\n"
    yield Delivery("référence", "reference/population.csv", (header + people).encode())
    # four hospitals of which one is late are not a country of which a quarter is missing
    without = ("fichiers-tronques", "etablissements-absents", "etablissements-en-retard", "codes-inconnus")
    rows = "".join(f"{code},sans,\n" for code in without)
    yield Delivery("référence", "reference/controles.csv", f"code,niveau,seuil\n{rows}".encode())


def _of(champ: str, hospital: int, month: int, week: int) -> Iterator[Delivery]:
    """Yield what a hospital sends of a month in a week, if it does."""
    of, planned = (champ, hospital, month), due(champ, hospital, month)
    if month == 0:
        yield from _files("annuel", champ, hospital, 2023, 12, week) if week == planned else ()
        return
    told = {
        AFTERWARDS.get(of, 0): "après coup",
        CORRECTED.get(of, 0): "corrigé",
        planned + 1 if of == TORN else 0: "entier",
        LATE.get(of, planned) if of not in MISSING else 0: "en retard" if of in LATE else "mensuel",
    }
    if week in told and week:
        genre = "tronqué" if of == TORN and week == planned else told[week]
        yield from _files(genre, champ, hospital, 2024, month, week)


def _files(genre: str, champ: str, hospital: int, year: int, month: int, week: int) -> Iterator[Delivery]:
    """Yield the file of a transmission and its chaining, as they are sent in a week."""
    finess, rows = HOSPITALS[hospital], [r for m in range(1, month + 1) for r in _month(champ, hospital, year, m, week)]
    if champ == "mco":
        made = {"rsa": (rsa(finess, year, rows), len(rows)), "ano": (ano(finess, year, rows), len(rows))}
    else:
        own = [{k: v for k, v in row.items() if k != "patient"} for row in rows]
        stays = {row["cle_sejour"]: row["patient"] for row in rows}
        chained: list[Row] = [
            {"cle_sejour": key, "numero_anonyme": who, "codes_retour": "000000000"} for key, who in stays.items()
        ]
        made = {
            "rha": (lines("rha", finess, year, own), len(own)),
            "ano": (lines("ano_smr", finess, year, chained), len(chained)),
        }
    main = next(iter(made))
    content, count = made[main]
    if genre == "tronqué":
        made[main] = content[:-40], count
    if (champ, hospital, month) == BAD_LINE and year == YEAR:
        made[main] = content + BROKEN, count + 1
    for extension, (bytes_, n) in made.items():
        yield Delivery(genre, f"{finess}.{year}.{month}.{champ.upper()}.{extension}", bytes_, n)


def _month(champ: str, hospital: int, year: int, month: int, week: int) -> Iterator[Row]:
    """Yield the lines of a month as they are known in a week: those that a correction adds come with it."""
    first = {**CORRECTED, **({} if year == YEAR else {("mco", 0, 12): OF_LAST_YEAR})}.get((champ, hospital, month), 99)
    corrected = week >= first and (year == YEAR) == ((champ, hospital, month) in CORRECTED)
    rng = np.random.default_rng([year, month, hospital, len(champ), champ == "mco"])
    for stay in range(int(6 + 4 * hospital + rng.integers(0, 5)) + (9 if corrected else 0)):
        yield from _stay(rng, champ, month, f"{month:02d}{stay:03d}", year)


def _stay(rng: np.random.Generator, champ: str, month: int, key: str, year: int) -> Iterator[Row]:
    person: dict[str, str | int] = {
        "sexe": str(rng.integers(1, 3)),
        "age_ans": int(rng.integers(1, 99)),
        "code_geo": str(rng.choice(CODES, p=[0.4, 0.2, 0.3, 0.1])),
        "patient": f"P{int(rng.integers(0, 300)):04d}",
    }
    if champ == "mco":
        ghm = str(rng.choice(GHMS, p=[0.4, 0.2, 0.12, 0.13, 0.1, 0.05]))
        session = ghm.startswith("28")
        yield person | {
            "sexe": int(person["sexe"]),
            "ghm": ghm,
            "duree": 0 if session or ghm.endswith("J") else int(rng.integers(0, 9)),
            "mois_sortie": month,
            "mode_sortie": "9" if rng.random() < 0.05 else "8",
            "nb_seances": 1 if session else 0,
            "delai": 30 * month + int(rng.integers(0, 28)),
        }
        return
    fixed = person | UNAIDED | {"cle_sejour": f"{key:>07}", "gme": str(rng.choice(GMES)), "annee_rhs": year}
    for _ in range(int(rng.integers(1, 4))):
        yield fixed | {"type_hospitalisation": "1", "mois_rhs": month, "journees_hors_we": int(rng.integers(1, 6))}
