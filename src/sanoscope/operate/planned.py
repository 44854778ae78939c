"""The updates that the operator announces: ``calendrier.csv``, at the root of a workspace. No figure depends on it.

A line that cannot be read as one is left out and said, with its number and what is wrong with it.
"""

import csv
import hashlib
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.workspace import Workspace

NEEDED, OPTIONAL = ("date", "quoi"), ("restitution", "champ")
"""Columns: the day (ISO), what, and what it is about: a restitution, a field, or neither for the whole site."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LONGEST = 200
"""Characters of what is announced: a title, not a text."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An update that is announced: its day, what it is, and the restitution or the field it is about ("" for any)."""

    day: date
    what: str
    restitution: str = ""
    champ: str = ""

    @property
    def print(self) -> str:
        """What names it: the same as long as its line is."""
        told = "\n".join([self.day.isoformat(), self.what, self.restitution, self.champ])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def concerns(self, restitution: Restitution) -> bool:
        """Tell whether it is about a restitution: it, its field, or all."""
        return self.restitution in ("", restitution.slug) and self.champ in ("", restitution.champ)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is announced, the soonest first.

    Attributes:
        planned: the updates.
        faults: what is wrong with the file, in French, a line of it each.
        when: when the file was written.
    """

    planned: tuple[Planned, ...] = ()
    faults: tuple[str, ...] = ()
    when: datetime = EPOCH

    def since(self, day: date) -> tuple[Planned, ...]:
        """Return what is announced for a day or later."""
        return tuple(one for one in self.planned if one.day >= day)

    def about(self, restitutions: Collection[Restitution]) -> "Calendar":
        """Return what of it is about one of some restitutions."""
        kept = tuple(one for one in self.planned if any(map(one.concerns, restitutions)))
        return Calendar(kept, self.faults, self.when)


def calendar(workspace: Workspace, catalogue: Catalogue) -> Calendar:
    """Return what is announced in a workspace; nothing where there is no file."""
    try:
        data, stamp = workspace.calendar.read_bytes(), workspace.calendar.stat().st_mtime
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        return Calendar()
    except OSError as error:
        return Calendar(faults=(f"le fichier ne se lit pas ({type(error).__name__})",))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Calendar(faults=(f"ligne {line} : un caractère n'est pas en UTF-8",))
    found: dict[Planned, None] = {}
    faults = []
    for line, read in _lines(text, catalogue):
        if isinstance(read, str):
            faults.append(f"ligne {line} : {read}")
        elif read in found:
            faults.append(f"ligne {line} : elle est déjà plus haut")
        else:
            found[read] = None
    ordered = sorted(found, key=lambda one: (one.day, one.what, one.restitution, one.champ))
    return Calendar(tuple(ordered), tuple(faults), datetime.fromtimestamp(int(stamp), UTC))


def _lines(text: str, catalogue: Catalogue) -> Iterator[tuple[int, Planned | str]]:
    """Yield each line with its number: what it announces, or what is wrong with it."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if wrong := _wrong_header(header):
            yield 1, wrong
            return
        for row in rows:
            if len(row) == len(header):
                values = {name: " ".join(value.split()) for name, value in zip(header, row, strict=True)}
                yield rows.line_num, _planned(values, catalogue)
            elif row:
                yield rows.line_num, f"{len(row)} valeurs pour {len(header)} colonnes"
    except csv.Error:
        yield rows.line_num, "ce n'est pas du CSV : un guillemet n'est pas fermé, ou l'est trop tôt"


def _wrong_header(header: list[str]) -> str:
    if len(set(header)) == len(header) and {*NEEDED} <= {*header} <= {*NEEDED, *OPTIONAL}:
        return ""
    named = f"{', '.join(NEEDED)} et, si l'on veut, {', '.join(OPTIONAL)}"
    return f"les colonnes doivent être {named}, séparées par des virgules"


def _planned(values: Mapping[str, str], catalogue: Catalogue) -> Planned | str:
    """Return what a line announces, or what is wrong with it."""
    what, slug, champ = values["quoi"], values.get("restitution", ""), values.get("champ", "").lower()
    try:
        day = datetime.strptime(values["date"], "%Y-%m-%d").date()
    except ValueError:
        return f"« {values['date']} » n'est pas une date (AAAA-MM-JJ)"
    if not 0 < len(what) <= LONGEST:
        return f"« quoi » doit avoir de 1 à {LONGEST} caractères"
    if slug and slug not in catalogue.restitutions:
        return f"il n'y a pas de restitution « {slug} »"
    if champ and champ not in catalogue.champs:
        return f"il n'y a pas de champ « {champ} » ; sont admis : {', '.join(catalogue.champs)}"
    if slug and champ:
        return "donnez une restitution ou un champ, pas les deux"
    return Planned(day, what, slug, champ)
