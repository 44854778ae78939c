"""Small official files for tests, from rows that name only what matters."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sanoscope.formats.encode import encode
from sanoscope.formats.registry import layout_of
from sanoscope.intake.names import parse_file_name

PLAIN: dict[str, str | int] = {
    "ghm": "04M053",
    "sexe": 1,
    "age_ans": 50,
    "duree": 3,
    "mois_sortie": 1,
    "mode_sortie": "8",
    "mode_entree": "8",
    "type_sejour": " ",
    "code_geo": "29000",
    "nb_seances": 0,
    "dp": "J189",
}
"""A plain stay: what a row does not say."""

CHAINED = ("patient", "codes_retour", "delai")
"""What of a row goes in its chaining line."""

PERSON: dict[str, str | int] = {"sexe": "1", "age_ans": 50, "code_geo": "29000"}
SCORES = ("habillage", "deplacement", "alimentation", "continence", "comportement", "relation")
UNAIDED: dict[str, str | int] = {f"avq_{name}": 1 for name in SCORES}
PLAIN_OF: dict[str, dict[str, str | int]] = {
    "rha": {**PERSON, **UNAIDED, "type_hospitalisation": "1", "mois_rhs": 1},
    "rapss": {**PERSON, **UNAIDED, "mpa": "00", "karnofsky": "050", "mois_fin_sous_sequence": 1},
    "rpsa": {**PERSON, "mois_fin_sequence": 1},
    "r3a": PERSON,
    "med_mco": {"mois_administration": 1},
    "med_smr": {"mois_administration": 1},
    "med_had": {"mois_administration": 1},
    "dmi_mco": {"mois_pose": 1},
}
"""The same of other kinds of file, as `deliver` writes them."""

ANO_OF = {"rha": "ano_smr", "rapss": "ano_had", "rpsa": "ano_psy"}
"""The chaining file of each of them that has one."""

KEYS = ("cle_sejour", "cle_patient", "cle_rsa")
"""What tells one stay, or one patient of an establishment, from another."""

TEXTS = ("text", "date", "dated")
"""The types of field that are not numbers."""

Row = Mapping[str, str | int]


def rsa(finess: str, year: int, rows: Iterable[Row], *, newline: bytes = b"\r\n") -> bytes:
    """Return RSA lines.

    A row may carry ``n``, the number of such lines, any field of the fixed part, and ``actes``: its acts, separated by
    blanks, each a CCAM code, CODE/activity, or CODE/activity/times.
    """
    lines = [{**PLAIN, **row} for row in rows for _ in range(int(row.get("n", 1)))]
    count = len(lines)
    names = {name for line in lines for name in line} - {"n", "actes", *CHAINED}
    columns = {name: np.array([line.get(name, PLAIN.get(name, "")) for line in lines]) for name in names}
    columns["finess"] = np.full(count, finess)
    columns["cle_rsa"] = np.arange(1, count + 1)
    columns["annee_sortie"] = np.full(count, year)
    columns["nb_rum"] = np.ones(count, np.int64)
    if "ghm_lu" not in columns:
        columns["ghm_lu"] = columns["ghm"]
    acts = [str(line.get("actes", "")).split() for line in lines]
    columns["nb_zones_actes"] = np.array([len(of) for of in acts], np.int64)
    units = {"numero_rum": np.ones(count, np.int64), "finess_geo": np.full(count, finess)}
    units["nb_zones_actes"] = columns["nb_zones_actes"]
    zones = {"unites": units, "actes": _acts([act for of in acts for act in of])}
    return encode(layout_of("rsa", year), columns, count=count, zones=zones, newline=newline)


def _acts(acts: list[str]) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Return the columns of acts written CODE/activity/times."""
    parts = [(*act.split("/"), "1", "1")[:3] for act in acts]
    texts = {"code_ccam": [p[0] for p in parts], "activite": [p[1] for p in parts], "phase": ["0" for _ in parts]}
    numbers = {"delai": [0 for _ in parts], "nb_realisations": [int(p[2]) for p in parts]}
    columns: dict[str, np.ndarray[Any, np.dtype[Any]]] = {name: np.array(of, "S7") for name, of in texts.items()}
    return columns | {name: np.array(of, np.int64) for name, of in numbers.items()}


def ano(finess: str, year: int, rows: Iterable[Row]) -> bytes:
    """Return the chaining lines that go with `rsa` of the same rows (``patient``, ``codes_retour``)."""
    lines = [row for row in rows for _ in range(int(row.get("n", 1)))]
    count = len(lines)
    columns = {
        "finess": np.full(count, finess),
        "numero_anonyme": np.array([str(line.get("patient", f"P{i}")) for i, line in enumerate(lines)]),
        "codes_retour": np.array([str(line.get("codes_retour", "000000000")) for line in lines]),
        "cle_rsa": np.arange(1, count + 1),
        "delai": np.array([str(line.get("delai", "")) for line in lines]),
    }
    return encode(layout_of("ano", year), columns, count=count)


def write(directory: Path, name: str, rows: Iterable[Row]) -> Path:
    """Write FINESS.ANNEE.MOIS.rsa or .ano."""
    finess, year, _, kind = name.split(".")
    make = {"rsa": rsa, "ano": ano}[kind]
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_bytes(make(finess, int(year), list(rows)))
    return path


def lines(kind: str, finess: str, year: int, rows: Iterable[Row]) -> bytes:
    """Return lines of any kind of file: a row gives the fields of the fixed part that matter, and ``n``, how many."""
    layout = layout_of(kind, year)
    every = [row for row in rows for _ in range(int(row.get("n", 1)))]
    names = {name for row in every for name in row} - {"n"}
    numbers = {field.name for field in layout.fields if field.type not in TEXTS}
    columns = {name: np.array([row.get(name, 0 if name in numbers else "") for row in every]) for name in names}
    columns["finess"] = np.full(len(every), finess)
    return encode(layout, columns, count=len(every))


def put(directory: Path, name: str, kind: str, rows: Iterable[Row]) -> Path:
    """Write FINESS.ANNEE.MOIS.EXTENSION, of a kind of file."""
    finess, year, *_ = name.split(".")
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_bytes(lines(kind, finess, int(year), list(rows)))
    return path


def deliver(directory: Path, name: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Write a file of rows of texts and, where they name patients, its chaining; what a row does not say is plain.

    Args:
        directory: where.
        name: FINESS.ANNEE.MOIS.EXTENSION; without extension, RSA.
        rows: ``n`` lines each, of the stay whose key the row gives, or else of as many stays.
    """
    told = parse_file_name(name if name.count(".") > 2 else f"{name}.rsa")
    finess, year, kind = told.key.finess, told.key.annee, told.kind
    numbers = {"n", *(field.name for field in layout_of(kind, year).columns if field.type not in TEXTS)}
    typed = [{name: int(value) if name in numbers else value for name, value in row.items()} for row in rows]
    if kind == "rsa":
        every, content = typed, rsa(finess, year, typed)
    else:
        every = _every(kind, year, typed)
        own = [{name: value for name, value in row.items() if name not in CHAINED} for row in every]
        content = lines(kind, finess, year, own)
    made = {told.extension: content}
    if any("patient" in row for row in typed):
        made["ano"] = ano(finess, year, every) if kind == "rsa" else _chaining(kind, finess, year, every)
    directory.mkdir(parents=True, exist_ok=True)
    for extension, content in made.items():
        (directory / f"{told.key}.{told.champ.upper()}.{extension}").write_bytes(content)


def _every(kind: str, year: int, rows: Iterable[Row]) -> list[Row]:
    """Return each line of rows, with what they do not say: the key of a stay of its own, and what is plain."""
    own = [name for name in KEYS if name in layout_of(kind, year).by_name]
    copies = [row for row in rows for _ in range(int(row.get("n", 1)))]
    return [{**PLAIN_OF[kind], **dict.fromkeys(own, str(at)), **row, "n": 1} for at, row in enumerate(copies, 1)]


def _chaining(kind: str, finess: str, year: int, rows: Iterable[Row]) -> bytes:
    """Return the chaining lines of the stays of rows that name their patients."""
    stays = {row["cle_sejour"]: row for row in rows if "patient" in row}
    chained: list[Row] = [
        {"cle_sejour": key, "numero_anonyme": row["patient"], "codes_retour": row.get("codes_retour", "000000000")}
        for key, row in stays.items()
    ]
    return lines(ANO_OF[kind], finess, year, chained)
