"""The descriptions of the same formats made by others, read as they are: the oracles of our positions."""

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import openpyxl
import polars as pl

from sanoscope.formats.layout import Field


@dataclass(frozen=True, slots=True)
class Described:
    """A field as somebody else places it."""

    start: int
    length: int
    label: str

    @property
    def end(self) -> int:
        return self.start + self.length - 1

    @property
    def is_filler(self) -> bool:
        return bool(re.search(r"\bfiller|^fil|zone r[ée]serv", self.label.lower()))


JOINED = {"ghm", "ghm_lu", "codes_retour", "gme", "gme_etablissement"}
"""Our fields that are several consecutive official ones."""


BLANK = {"mois", "annee_fichier", "numero_anonyme", "index_liaison", "cle_patient"} | {
    *("identifiant_permanent", "numero_anonyme_mere", "chainage_mere_enfant", "numero_anonyme_individuel"),
}
"""Our fields that an establishment's version of a file leaves blank: there, they lie inside a filler."""


SPLIT = {"mois_rhs", "annee_rhs", "mois_sortie_sejour", "annee_sortie_sejour"}
"""Our fields that are halves of an official « Mois / Année » of six characters, where it is not two fields."""


def disagreements(fields: Iterable[Field], described: list[Described]) -> list[str]:
    """Return our fields that are not exactly one described field of like label, saying where they are.

    Allowed: a field of `JOINED` or a filler may be a run of several; a filler or a field of `BLANK` may lie inside a
    filler, a field of `SPLIT` inside a month and year.
    """
    return [f"{f.name} {f.start}-{f.end}" for f in fields if not _is_described(f, described)]


def _is_described(field: Field, described: list[Described]) -> bool:
    ours_is_filler = field.name.startswith("reserve")
    fillers = [d for d in described if d.is_filler]
    if (ours_is_filler or field.name in BLANK) and any(d.start <= field.start <= field.end <= d.end for d in fillers):
        return True
    if field.name in SPLIT and any(
        d.start <= field.start <= field.end <= d.end and d.length == 6 and alike(field.label, d.label)
        for d in described
    ):
        return True
    run = [d for d in described if field.start <= d.start <= field.end]
    if not run or run[0].start != field.start or run[-1].end != field.end:
        return False
    if len(run) > 1:
        return field.name in JOINED or all(d.is_filler for d in run)
    return ours_is_filler == run[0].is_filler and alike(field.label, run[0].label)


EMPTY = {
    "de",
    "du",
    "des",
    "la",
    "le",
    "les",
    "en",
    "dans",
    "ce",
    "pour",
    "top",
    "type",
    "nomb",
    "nb",
    "nume",
    "code",
    "elig",
}
"""Words, cut at four letters, that tell nothing apart."""


def alike(ours: str, theirs: str) -> bool:
    """Tell whether two labels name one thing: half of the words of the shorter, by four letters."""
    a, b = _words(ours), _words(theirs)
    return bool(a & b) and len(a & b) >= min(len(a), len(b)) / 2


def _words(label: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", label.lower()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    return {w[:4] for w in words if len(w) > 1} - EMPTY


def _number(cell: object) -> int | None:
    text = str(cell).strip() if cell is not None else ""
    return int(float(text)) if re.fullmatch(r"\d+(\.0)?", text) else None


def official(path: Path, sheet: str, column: int, *, shift: int = 0) -> list[Described]:
    """Return what an ATIH sheet places: size, start and end are three columns from `column`; labels are before.

    `shift` characters are taken off (LAMDA files of 2016 begin with a second FINESS number).
    """
    found: list[Described] = []
    for row in _rows(path, sheet):
        size, start, end = (_number(row[column + i]) if len(row) > column + i else None for i in range(3))
        if start is not None and end is not None and end >= start and (not found or start - shift > found[-1].start):
            assert size in (None, end - start + 1), f"{sheet} : la feuille se contredit en {start}"
            if start > shift:
                found.append(Described(start - shift, end - start + 1, _label(row, column)))
    return found


def official_item(path: Path, sheet: str, column: int, *, first: str, count: int) -> list[Described]:
    """Return the `count` fields of a repeated zone, from its first one's label (a pattern), by adding up sizes."""
    found: list[Described] = []
    for row in _rows(path, sheet):
        label, size = _label(row, column), _number(row[column]) if len(row) > column else None
        if size and len(found) < count and (found or re.search(first, label)):
            found.append(Described(found[-1].end + 1 if found else 1, size, label))
    return found


@cache
def _rows(path: Path, sheet: str) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(path, data_only=True, read_only=True)
    return list(book[sheet].iter_rows(values_only=True))


def _label(row: tuple[object, ...], column: int) -> str:
    return " ".join(str(cell) for cell in row[:column] if cell is not None).strip()


JUMPS = {("ssr", "rha_ano", "14")}
"""Tables of formats_pmeasyr whose positions jump (from 104 to 246), though the lengths go on."""


def pmeasyr(path: Path, table: str, year: str, champ: str = "mco") -> list[Described]:
    """Return a table of formats_pmeasyr; where it has no positions, or jumps, lengths are added up."""
    frame = pl.read_parquet(path).filter(
        (pl.col("champ") == champ)
        & (pl.col("table") == table)
        & (pl.col("an") == year)
        & pl.col("longueur").is_not_null()
    )
    rows = frame.select("position", "longueur", "libelle", "nom").rows()
    if frame["position"].null_count() > len(rows) / 2 or (champ, table, year) in JUMPS:
        sizes = frame["longueur"].to_list()
        rows = [(1 + sum(sizes[:i]), *row[1:]) for i, row in enumerate(rows)]
    found = {(p, n): label if label and not name.lower().startswith("fil") else name for p, n, label, name in rows if p}
    return [Described(p, n, label) for (p, n), label in sorted(found.items())]


def pmsixml(path: Path, tag: str) -> list[Described]:
    """Return the records of one tag (RSA, RU, ZA…) of pmsixml: lengths in order, with their positions when given."""
    found: list[Described] = []
    position = 1
    for row in csv.reader(path.open(encoding="utf-8"), delimiter=";"):
        if len(row) > 5 and row[0].strip() == tag and row[3].strip().isdigit():
            found.append(Described(position, int(row[3]), row[1].lstrip("@").strip()))
            position += int(row[3])
    return found
