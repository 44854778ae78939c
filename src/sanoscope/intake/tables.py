"""Published tables on their way into the store: recognised by their columns, read once, nothing lost.

``store/publie/SOURCE/FORM-SHA/`` holds ``fichier.json`` (what was received, what was counted) and ``cellules.parquet``:
a row for each row of the file that was taken, with its level, its codes, and for each measure a figure and a state.
Rows that are not as declared go to the quarantine, whole, with the reason; a file without the columns is refused.
"""

import csv
import gzip
import hashlib
import io
import json
import re
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from sanoscope import __version__
from sanoscope.errors import InputFileError
from sanoscope.intake.forms import Cle, Forme, Motifs, Valeur
from sanoscope.intake.indicator_forms import Attendu
from sanoscope.intake.quarantine import SCHEMA
from sanoscope.nomenclature.reading import csv_texts
from sanoscope.workspace import UNFINISHED, Workspace, appear, made

FOLDER = "publie"
RECORD, CELLS = "fichier.json", "cellules.parquet"
TOTAL, SUBTOTAL = "total", "sous-total"
"""Levels of the rows that are totals: of the whole country, and those that repeat other rows."""

EXACT = "exact"
STATE = "_etat"
"""State of a figure that is there; what the name of the column of states ends with."""

LINE, LEVEL, MONTH = "#ligne", "niveau", "mois"
MOST_BYTES = 1 << 30
"""Largest published table that is read, decompressed (bytes)."""

ENDINGS = (".csv", ".csv.gz", ".json", ".json.gz", ".txt", ".txt.gz")
"""Endings of the names of files whose columns are looked at."""


@dataclass(frozen=True, slots=True)
class StoredTable:
    """What the store knows of a published table.

    Attributes:
        source, forme, annee: which source and which of its files, of which year.
        nom: name of the file; ``sha256`` the fingerprint of its bytes, ``taille`` their number.
        instant: when it was received (ISO 8601).
        lues, acceptees, refusees: rows; lues = acceptees + refusees.
        motifs: refused rows by reason.
        niveaux: accepted rows by level.
        laissees: columns of the file that are not used.
        logiciel: version of Sanoscope that read it.
    """

    source: str
    forme: str
    annee: int
    nom: str
    sha256: str
    taille: int
    instant: str
    lues: int
    acceptees: int
    refusees: int
    motifs: dict[str, int] = field(default_factory=dict)
    niveaux: dict[str, int] = field(default_factory=dict)
    laissees: list[str] = field(default_factory=list)
    logiciel: str = ""

    @property
    def place(self) -> Path:
        """Where it is in the store and, for its refused rows, in the quarantine."""
        return Path(FOLDER, self.source, f"{self.forme}-{self.sha256[:16]}")

    @property
    def tronque(self) -> bool:
        """A table that is cut off has a refused row, or is refused."""
        return False


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that is a published table: which form of which source."""

    path: Path
    attendu: Attendu
    forme: Forme


def stored_tables(store: Path, source: str) -> list[tuple[StoredTable, Path]]:
    """Return what the store has of a source, with its directory, the last received first."""
    found = [
        (StoredTable(**json.loads(path.read_text(encoding="utf-8"))), path.parent)
        for path in (store / FOLDER / source).glob(f"*/{RECORD}")
    ]
    return sorted(found, key=lambda one: (one[0].instant, one[0].sha256), reverse=True)


# recognising -------------------------------------------------------------------------------------------------------


def recognised(path: Path, sources: Sequence[Attendu], *, named: bool = False) -> TableFile | None:
    """Return which published table a file is, by its columns; None where it is none of them.

    Args:
        path: the file.
        sources: those that are known.
        named: the reader names the only source: a file of none of its forms, or whose name says another year, is said.

    Raises:
        InputFileError: ``tableau-inconnu`` (only if named), ``tableau-ambigu``, ``autre-annee``, or it cannot be read.
    """
    if not named and not path.name.lower().endswith(ENDINGS):
        return None
    try:
        found = [TableFile(path, source, form) for source in sources for form in source.fichiers if _is(path, form)]
    except InputFileError:
        if named:
            raise
        return None
    if named and not found:
        raise _unknown(path, sources)
    if len({file.attendu.nom for file in found}) > 1:
        this_year = [file for file in found if _year(file) == file.attendu.annee]
        if len({file.attendu.nom for file in this_year}) != 1:
            raise InputFileError(
                "tableau-ambigu",
                f"{path.name} a les colonnes de plusieurs sources.",
                allowed=[f"--source {file.attendu.nom}" for file in found],
                todo="Dites laquelle.",
            )
        found = this_year
    if not found:
        return None
    file = max(found, key=lambda file: len(file.forme.colonnes))
    if not named and _year(file) not in (0, file.attendu.annee):
        raise InputFileError(
            "autre-annee",
            f"{path.name} a les colonnes de la source {file.attendu.nom}, qui est de {file.attendu.annee} ; son nom "
            f"dit {_year(file)}.",
            todo=f"Si c'est bien le tableau de {file.attendu.annee}, donnez --source {file.attendu.nom}.",
        )
    return file


def _year(file: TableFile) -> int:
    """Return the year in a file's name, 0 where it says none."""
    years = re.findall(file.forme.annee_du_nom, file.path.name)
    return 2000 + int(years[-1]) if years else 0


def _is(path: Path, form: Forme) -> bool:
    is_json = path.name.lower().removesuffix(".gz").endswith(".json")
    if is_json != (form.genre == "json"):
        return False
    if is_json:
        document = _document(path)
        rows = _rows(document, form)
        said = all(_at(document, place) == value for place, value in form.attendus.items())
        return said and bool(rows) and isinstance(rows[0], dict) and form.colonnes <= set(rows[0])
    return form.colonnes <= set(_header(path, form))


def _unknown(path: Path, sources: Sequence[Attendu]) -> InputFileError:
    forms = [form for source in sources for form in source.fichiers]
    return InputFileError(
        "tableau-inconnu",
        f"{path.name} n'est aucun des fichiers de la source {', '.join(source.nom for source in sources)}.",
        allowed=[
            *(f"{form.nom} ({form.genre} : {', '.join(sorted(form.colonnes))})" for form in forms),
            *(form.motif for source in sources for form in source.indicateurs),
        ],
        todo="Vérifiez le fichier et ses noms de colonnes (docs/sources.md).",
    )


# reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not as declared: its line, the reason in a word and in a sentence, the row as it is written."""

    line: int
    reason: str
    message: str
    content: str


def receive_table(workspace: Workspace, file: TableFile, now: str) -> tuple[StoredTable, bool]:
    """Take a published table into the store; return its record, and whether it was there already.

    Args:
        workspace: where.
        file: what was recognised.
        now: the moment of this intake (ISO 8601).

    Raises:
        InputFileError: it cannot be read as declared, or none of its rows can.
    """
    data = file.path.read_bytes()
    print_ = hashlib.sha256(data).hexdigest()
    for known, _ in stored_tables(workspace.store, file.attendu.nom):
        if known.sha256 == print_ and known.forme == file.forme.nom:
            return known, True
    frame, refused = _texts(file.path, data, file.forme)
    read = len(frame) + len(refused)
    columns = [column for column in frame.columns if column != LINE]
    cells, others = _typed(frame, file.forme)
    refused += others
    if cells.is_empty():
        why = f" ; la première : {refused[0].message}" if refused else ""
        raise InputFileError(
            "tableau-vide",
            f"{file.path.name} : aucune de ses {read} lignes n'est celle d'un tableau « {file.attendu.nom} »{why}.",
            todo="Redemandez-le, ou vérifiez la source.",
        )
    reasons: dict[str, int] = {}
    for one in refused:
        reasons[one.reason] = reasons.get(one.reason, 0) + 1
    record = StoredTable(
        source=file.attendu.nom,
        forme=file.forme.nom,
        annee=file.attendu.annee,
        nom=file.path.name,
        sha256=print_,
        taille=len(data),
        instant=now,
        lues=read,
        acceptees=len(cells),
        refusees=len(refused),
        motifs=reasons,
        niveaux=dict(cells.group_by(LEVEL, maintain_order=True).len().iter_rows()),
        laissees=[column for column in columns if column not in file.forme.colonnes],
        logiciel=__version__,
    )
    keep_refused(workspace.quarantine / record.place.with_suffix(".csv"), refused)
    keep(workspace.store, record.place, asdict(record), {CELLS: cells})
    return record, False


def keep(store: Path, place: Path, record: Mapping[str, Any], frames: Mapping[str, pl.DataFrame]) -> None:
    """Write tables, by the names of their files, and their record beside their place; put them there in one rename."""
    work = store / f"{UNFINISHED}{uuid4().hex}"
    work.mkdir(parents=True)
    try:
        for name, frame in frames.items():
            frame.write_parquet(work / name)
        text = json.dumps(record, ensure_ascii=False, indent=1)
        (work / RECORD).write_text(text, encoding="utf-8")
        appear(work, store / place)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def keep_refused(path: Path, refused: Sequence[Refused]) -> None:
    """Write the rows that were refused, in their order, into the quarantine; nothing where there is none."""
    if not refused:
        return
    ordered = sorted(refused, key=lambda one: one.line)
    columns: dict[str, list[Any]] = {
        "ligne": [one.line for one in ordered],
        "octet": [None] * len(ordered),
        "position": [0] * len(ordered),
        "motif": [one.reason for one in ordered],
        "message": [one.message for one in ordered],
        "contenu": [one.content for one in ordered],
    }
    unfinished = made(path.parent) / f"{UNFINISHED}{uuid4().hex}.csv"
    pacsv.write_csv(pa.table(columns, schema=SCHEMA), unfinished)
    appear(unfinished, path)


def _texts(path: Path, data: bytes, form: Forme) -> tuple[pl.DataFrame, list[Refused]]:
    """Return every column of a file as text, with the number of each line, and the lines of another width."""
    whole = plain(path, data)
    if form.genre == "json":
        return _json_texts(path, whole, form)
    return csv_rows(path, whole, form.separateur, form.codage)


def csv_rows(path: Path, whole: bytes, separator: str, encoding: str) -> tuple[pl.DataFrame, list[Refused]]:
    """Return every column of a CSV file as text, with the line of each row (`LINE`), and the rows that are refused.

    Those are the ones of another width, and the last one where it has no end: a number of a file that was cut off would
    be read short.

    Raises:
        InputFileError: ``fichier-illisible``.
    """
    try:
        header = _names(whole.split(b"\n", 1)[0], separator, encoding)
        frame, wrong = csv_texts(whole, header, delimiter=separator, encoding=encoding.replace("utf-8", "utf8"))
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise unreadable(path, str(error)) from error
    refused = [
        Refused(
            row.number or 0,
            "colonnes",
            f"{row.actual_columns} valeurs pour {row.expected_columns} colonnes",
            row.text or "",
        )
        for row in wrong
    ]
    frame = frame.with_columns(_numbers(len(frame), {one.line for one in refused}))
    return _untorn(frame, refused, separator) if not whole.endswith((b"\n", b"\r")) else (frame, refused)


def _untorn(frame: pl.DataFrame, refused: list[Refused], separator: str) -> tuple[pl.DataFrame, list[Refused]]:
    """Refuse the last line, which has no end."""
    if frame.is_empty() or any(one.line > frame[LINE][-1] for one in refused):
        return frame, refused
    message = "la dernière ligne n'a pas de fin : le fichier a pu être coupé"
    last = as_written(frame.row(-1, named=True), "coupee", message, separator)
    return frame.head(-1), [*refused, last]


def _json_texts(path: Path, data: bytes, form: Forme) -> tuple[pl.DataFrame, list[Refused]]:
    rows = _rows(_parsed(path, data), form)
    refused = [
        Refused(number, "colonnes", "ce n'est pas un objet qui a toutes les colonnes", json.dumps(row)[:1000])
        for number, row in enumerate(rows, 1)
        if not isinstance(row, dict) or not form.colonnes <= set(row)
    ]
    out = {one.line for one in refused}
    kept = [row for number, row in enumerate(rows, 1) if number not in out]
    names = list(dict.fromkeys(name for row in kept for name in row))
    columns = {name: [_text(row.get(name)) for row in kept] for name in names}
    lines = [number for number in range(1, len(rows) + 1) if number not in out]
    frame = pl.DataFrame({**columns, LINE: lines}, schema={**dict.fromkeys(names, pl.String), LINE: pl.Int64})
    return frame, refused


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _numbers(rows: int, refused: set[int]) -> pl.Series:
    """Return the line of each row that was read: the header is the first, refused lines have their own numbers."""
    lines = (number for number in range(2, rows + len(refused) + 2) if number not in refused)
    return pl.Series(LINE, list(lines)[:rows], pl.Int64)


def plain(path: Path, data: bytes) -> bytes:
    """Return the bytes of a file, decompressed.

    Raises:
        InputFileError: ``fichier-illisible``.
    """
    if path.suffix.lower() != ".gz":
        return data.removeprefix(b"\xef\xbb\xbf")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            whole = stream.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, f"archive tronquée ou abîmée : {error}") from error
    if len(whole) > MOST_BYTES:
        raise unreadable(path, f"plus de {MOST_BYTES} octets une fois décompressé")
    return whole.removeprefix(b"\xef\xbb\xbf")


def _header(path: Path, form: Forme) -> list[str]:
    """Return the names of the columns of a CSV file, from its first line."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rb") as stream:
            return _names(stream.readline(1 << 16).removeprefix(b"\xef\xbb\xbf"), form.separateur, form.codage)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise unreadable(path, str(error)) from error


def _names(line: bytes, separator: str, encoding: str) -> list[str]:
    return [n.strip() for n in next(csv.reader([line.decode(encoding).strip()], delimiter=separator), [])]


def _document(path: Path) -> Any:
    try:
        return _parsed(path, plain(path, path.read_bytes()))
    except OSError as error:
        raise unreadable(path, str(error)) from error


def _parsed(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise unreadable(path, f"ce n'est pas du JSON : {error}") from error


def _rows(document: Any, form: Forme) -> list[Any]:
    rows = _at(document, form.lignes) if form.lignes else document
    return rows if isinstance(rows, list) else []


def _at(document: Any, place: str) -> Any:
    for key in place.split("."):
        document = document.get(key) if isinstance(document, dict) else None
    return document


def unreadable(path: Path, why: str) -> InputFileError:
    """Return the error of a file that cannot be read."""
    return InputFileError("fichier-illisible", f"{path.name} ne se lit pas ({why}).", todo="Redemandez ce fichier.")


# cells -------------------------------------------------------------------------------------------------------------


def _typed(frame: pl.DataFrame, form: Forme) -> tuple[pl.DataFrame, list[Refused]]:
    """Return the cells of the rows that are as declared, and the other rows, each with the first thing wrong in it."""
    frame = frame.with_columns(pl.col(column).str.strip_chars() for column in form.colonnes)
    frame = frame.with_columns(_level(form).alias("#niveau"))
    checks: list[tuple[str, str, pl.Expr]] = [("niveau", "ses codes ne sont d'aucun niveau", pl.col("#niveau") == "")]
    detail = ~pl.col("#niveau").is_in([TOTAL, SUBTOTAL])
    for level in form.niveaux:
        for name, key in ((name, _found(name, level, form)) for name in form.codes(level)):
            wrong = (pl.col("#niveau") == level) & ~pl.col(key.de).str.contains(_whole(key.forme))
            checks.append(("code", f"{name} n'a pas la forme attendue ({key.forme})", wrong))
    if form.mois:
        wrong = detail & ~pl.col(form.mois.de).str.contains(_whole(form.mois.forme))
        checks.append(("mois", f"{form.mois.de} n'a pas la forme attendue ({form.mois.forme})", wrong))
    for value in form.valeurs.values():
        wrong = (pl.col("#niveau") != SUBTOTAL) & _state(value, form).is_null()
        checks.append(("valeur", f"« {value.de} » n'est ni un chiffre ni un mot connu", wrong))
    reason = pl.coalesce(
        *(pl.when(wrong).then(pl.lit(place, pl.Int64)) for place, (_, _, wrong) in enumerate(checks)),
        pl.lit(-1, pl.Int64),
    )
    frame = frame.with_columns(reason.alias("#motif"))
    bad, good = frame.filter(pl.col("#motif") >= 0), frame.filter(pl.col("#motif") < 0)
    refused = []
    for row in bad.iter_rows(named=True):
        why, message, _ = checks[row["#motif"]]
        refused.append(as_written(row, why, message, form.separateur))
    cells = _cells(good, form)
    first = pl.struct(LEVEL, *form.cles).is_first_distinct()
    again = cells.select((pl.col(LEVEL) != SUBTOTAL) & ~first).to_series()
    twice = good.filter(again).iter_rows(named=True)
    refused += [as_written(row, "doublon", "une ligne avant elle a les mêmes codes", form.separateur) for row in twice]
    return cells.filter(~again), refused


def as_written(row: Mapping[str, Any], reason: str, message: str, separator: str) -> Refused:
    """Return the refusal of a row that was read; columns of ours, whose names begin with « # », are not of it."""
    texts = [value for column, value in row.items() if not column.startswith("#")]
    return Refused(row[LINE], reason, message, separator.join(texts))


def _cells(frame: pl.DataFrame, form: Forme) -> pl.DataFrame:
    """Return level, codes, month, what is said of the establishment, labels, and each measure with its state."""
    month = pl.lit(12, pl.Int64)
    if form.mois:
        month = pl.col(form.mois.de).str.extract(_whole(form.mois.forme), 1).cast(pl.Int64, strict=False)
    return frame.select(
        pl.col("#niveau").alias(LEVEL),
        *(_code(name, form).alias(name) for name in form.cles),
        month.alias(MONTH),
        *(_attribute(a.de, a.valeurs).alias(name) for name, a in form.attributs.items()),
        *(pl.col(column).alias(f"libelle_{name}") for name, column in form.libelles.items()),
        *(
            expression
            for name, value in form.valeurs.items()
            for expression in (_figure(value, form).alias(name), _state(value, form).alias(name + STATE))
        ),
    )


def _level(form: Forme) -> pl.Expr:
    branches = [(TOTAL, form.total), (SUBTOTAL, form.sous_totaux)]
    branches = [(name, patterns) for name, patterns in branches if patterns]
    branches += [(name, niveau.si) for name, niveau in form.niveaux.items()]
    return pl.coalesce(*(pl.when(_match(patterns)).then(pl.lit(name)) for name, patterns in branches), pl.lit(""))


def _match(patterns: Motifs) -> pl.Expr:
    fits = [pl.col(column).str.contains(_whole(pattern)) for column, pattern in patterns.items()]
    return pl.all_horizontal(*fits) if fits else pl.lit(value=True)


def _found(name: str, level: str, form: Forme) -> Cle:
    """Return where a code is found in the rows of a level."""
    return form.niveaux[level].lues.get(name, form.cles[name])


def _code(name: str, form: Forme) -> pl.Expr:
    """Return a code, found as the level of the row says; "" where the level has none."""
    having = [level for level in form.niveaux if name in form.codes(level)]
    found = [pl.when(pl.col("#niveau") == level).then(_start(_found(name, level, form))) for level in having]
    return pl.coalesce(*found, pl.lit(""))


def _start(key: Cle) -> pl.Expr:
    column = pl.col(key.de)
    return column.str.slice(0, key.caracteres) if key.caracteres else column


def _attribute(column: str, words: Mapping[str, str]) -> pl.Expr:
    return pl.col(column).replace(dict(words)) if words else pl.col(column)


def _number(value: Valeur, form: Forme) -> pl.Expr:
    """Return the digits of a figure, "." before its decimals; null for what is not one."""
    text = pl.col(value.de)
    if value.suffixe:
        text = text.str.strip_suffix(value.suffixe)
    if form.milliers:
        text = text.str.replace_all(f"[{re.escape(form.milliers)}]", "")
    digits = text.str.replace_all(form.decimale, ".", literal=True)
    return pl.when(digits.str.contains(r"^\d+$" if value.entier else r"^-?\d+(\.\d+)?$")).then(digits)


def _figure(value: Valeur, form: Forme) -> pl.Expr:
    """Return a figure, null where there is none: a word never becomes one."""
    exact = pl.when(_state(value, form) == EXACT).then(_number(value, form))
    return exact.cast(pl.Int64 if value.entier else pl.Float64)


def _state(value: Valeur, form: Forme) -> pl.Expr:
    """Return the state of a cell; null for a word that is not declared."""
    words = {**form.etats, **value.etats}
    said = [pl.when(pl.col(value.de) == word).then(pl.lit(state)) for word, state in words.items()]
    return pl.coalesce(*said, pl.when(_number(value, form).is_not_null()).then(pl.lit(EXACT)))


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"
