"""Lists of establishments that come and go: a CSV or a pasted text in, a CSV (RFC 4180) out."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, suggest
from sanoscope.sentence import Sentence

COLUMNS = ("finess", "raison_sociale", "categorie", "secteur", "departement", "region", "ght")
"""Columns of the file, in order; only the first is read back."""

_SEPARATORS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list names.

    Attributes:
        known: FINESS of the edition, ascending.
        unknown: what else is in it, as it was written, each once, with where it may be a slip for.
    """

    known: tuple[str, ...]
    unknown: tuple[tuple[str, str], ...]


def written(finess: Iterable[str], edition: Edition) -> bytes:
    """Return establishments as CSV: commas, CRLF, UTF-8; a text that a spreadsheet may run begins with « ' »."""
    file = io.StringIO(newline="")
    lines = csv.writer(file)
    lines.writerow(COLUMNS)
    for one in finess:
        lines.writerow([_plain(str(getattr(edition.finess[one], column))) for column in COLUMNS])
    return file.getvalue().encode()


def read(content: bytes | str, edition: Edition) -> Listed:
    """Return what a file or a pasted text names.

    A first line with a column ``finess`` makes it a table (``,``, ``;`` or tabulations); otherwise it is FINESS
    separated by blanks, commas or semicolons.

    Raises:
        CriterionError: ``liste-illisible`` or ``liste-vide``.
    """
    text = _decoded(content) if isinstance(content, bytes) else content.removeprefix("\ufeff")
    first = text.lstrip().partition("\n")[0]
    if re.search(r"\bfiness\b", first, re.IGNORECASE):
        names = _column(text)
    else:
        names = [part.strip("\"'") for part in _SEPARATORS.split(text)]
    names = list(dict.fromkeys(name.upper() for name in names if name))
    if not names:
        raise CriterionError(
            "liste-vide",
            Sentence("Il n'y a aucun FINESS dans cette liste."),
            todo=Sentence("Collez des FINESS, ou choisissez un fichier CSV qui a une colonne « finess »."),
            criterion="liste",
        )
    known = tuple(sorted(name for name in names if name in edition.finess))
    unknown = tuple((name, _slip(name, edition)) for name in names if name not in edition.finess)
    return Listed(known, unknown)


def _decoded(content: bytes) -> str:
    if b"\0" in content or content.startswith(b"PK"):
        raise CriterionError(
            "liste-illisible",
            Sentence("Ce fichier n'est pas du texte."),
            allowed=["CSV", Sentence("texte")],
            todo=Sentence("Depuis un tableur, enregistrez-le en CSV."),
            criterion="liste",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # only FINESS are read, and they are ASCII


def _column(text: str) -> list[str]:
    """Return the cells of the column ``finess``.

    Raises:
        CriterionError: ``liste-illisible``: a line has no such cell, or a quote is not closed.
    """
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if any(line)]
    except csv.Error as error:
        raise _broken(Sentence("Ce n'est pas un CSV : %(error)s.", error=str(error))) from error
    places = [i for i, name in enumerate(lines[0]) if re.search(r"\bfiness\b", name, re.IGNORECASE)]
    if not places:  # a lone carriage return ends a line of CSV, and the name is after it
        raise _broken(Sentence("La première ligne n'a pas de colonne « finess »."))
    place = places[0]
    for number, line in enumerate(lines[1:], 2):
        if len(line) <= place:
            raise _broken(
                Sentence(
                    "Ligne %(number)s : il n'y a pas de colonne « %(colonne)s ».",
                    number=number,
                    colonne=lines[0][place],
                )
            )
    return [line[place].strip(" \"'") for line in lines[1:]]


def _broken(message: str) -> CriterionError:
    return CriterionError(
        "liste-illisible", message, todo=Sentence("Corrigez le fichier, ou collez les FINESS seuls."), criterion="liste"
    )


def _slip(name: str, edition: Edition) -> str:
    """Return what an unknown FINESS may stand for: a spreadsheet takes off a first 0."""
    if f"0{name}" in edition.finess:
        return f"0{name} (un tableur a ôté le zéro)"
    return suggest(name, edition.finess)


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
