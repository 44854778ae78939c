"""Official files of indicators on their way into the store: known by their names, read once, nothing lost.

``store/indicateurs/SOURCE/TABLE-YEAR-SHA/`` holds ``fichier.json`` (what was received, what was counted),
``entites.parquet`` (a row for each row of the file that was taken: its number, entity, legal entity, name, keys, and
the codes that cross the entity's, each with its name, and what is said of it) and ``valeurs.parquet`` (its number,
indicator, figure, text, state). Rows that are not as declared go to the quarantine, whole, with the reason.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from io import BytesIO
from pathlib import Path

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from sanoscope import __version__
from sanoscope.errors import InputFileError
from sanoscope.intake.indicator_forms import Attendu, FormeIndicateurs
from sanoscope.intake.tables import LINE, Refused, as_written, csv_rows, keep, keep_refused, plain, unreadable
from sanoscope.workspace import Workspace

FOLDER = "indicateurs"
RECORD, ENTITIES, VALUES = "fichier.json", "entites.parquet", "valeurs.parquet"

ROW, ENTITY, LEGAL, NAME, KEYS = "ligne", "entite", "juridique", "nom", "cles"
INDICATOR, FIGURE, TEXT, STATE = "indicateur", "valeur", "texte", "etat"

EXACT = "exact"


@dataclass(frozen=True, slots=True)
class StoredIndicators:
    """What the store knows of a file of indicators.

    Attributes:
        source, table, annee: of which source it is which table, of which year.
        nom, sha256, taille: of the file (bytes).
        instant: when it was received (ISO 8601).
        lues, acceptees, refusees: rows; lues = acceptees + refusees.
        motifs: refused rows by reason.
        entites: how many entities its rows are of; ``cles`` what tells the rows of one apart.
        etats: values by state; texts are exact.
        textes: how many of the exact values are texts.
        laissees: columns of the file that are not kept.
        dimensions: what a row is of: the entity's dimension, and those that cross it.
        logiciel: version of Sanoscope that read it.
    """

    source: str
    table: str
    annee: int
    nom: str
    sha256: str
    taille: int
    instant: str
    lues: int
    acceptees: int
    refusees: int
    motifs: dict[str, int] = field(default_factory=dict)
    entites: int = 0
    cles: list[str] = field(default_factory=list)
    etats: dict[str, int] = field(default_factory=dict)
    textes: int = 0
    laissees: list[str] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=lambda: ["finess"])
    logiciel: str = ""

    @property
    def place(self) -> Path:
        """Where it is in the store and, for its refused rows, in the quarantine."""
        return Path(FOLDER, self.source, f"{self.table}-{self.annee}-{self.sha256[:16]}")

    @property
    def tronque(self) -> bool:
        """A file that is cut off has a refused row, or is refused."""
        return False


@dataclass(frozen=True, slots=True)
class IndicatorFile:
    """A file of indicators: which table of which source, of which year."""

    path: Path
    source: str
    forme: FormeIndicateurs
    table: str
    annee: int


def stored_indicators(store: Path, source: str = "*") -> list[tuple[StoredIndicators, Path]]:
    """Return what the store has of a source, or of all, with its directory, the last received first."""
    found = [
        (StoredIndicators(**json.loads(path.read_text(encoding="utf-8"))), path.parent)
        for path in (store / FOLDER).glob(f"{source}/*/{RECORD}")
    ]
    return sorted(found, key=lambda one: (one[0].instant, one[0].sha256), reverse=True)


def known_as(path: Path, sources: Sequence[Attendu]) -> IndicatorFile | None:
    """Return which file of indicators a file is, by its name; None where it is none.

    Raises:
        InputFileError: ``tableau-ambigu``: several sources have files of this name.
    """
    name = path.name.removesuffix(".gz")
    found = []
    for source in sources:
        for form in source.indicateurs:
            said = re.fullmatch(form.motif, name)
            if said:
                year = int(said["annee"])
                table = form.nom or said["table"].lower()
                found.append(IndicatorFile(path, source.nom, form, table, year + 2000 if year < 100 else year))
    if len(found) > 1:
        raise InputFileError(
            "tableau-ambigu",
            f"{path.name} a le nom d'un fichier de plusieurs sources.",
            allowed=sorted({one.source for one in found}),
            todo="Renommez-le comme sa source l'écrit.",
        )
    return found[0] if found else None


def receive_indicators(workspace: Workspace, file: IndicatorFile, now: str) -> tuple[StoredIndicators, bool]:
    """Take a file of indicators into the store; return its record, and whether it was there already.

    Args:
        workspace: where.
        file: what its name says that it is.
        now: the moment of this intake (ISO 8601).

    Raises:
        InputFileError: ``fichier-illisible``, ``tableau-inconnu`` (it lacks a column), ``tableau-vide``.
    """
    data = file.path.read_bytes()
    print_ = hashlib.sha256(data).hexdigest()
    for known, _ in stored_indicators(workspace.store, file.source):
        if (known.sha256, known.table, known.annee) == (print_, file.table, file.annee):
            return known, True
    file = replace(file, forme=_separated(file, data))
    frame, refused = _texts(file, data)
    read = len(frame) + len(refused)
    form = file.forme
    missing = [column for column in form.exigees if column not in frame.columns]
    if missing:
        raise InputFileError(
            "tableau-inconnu",
            f"{file.path.name} n'a pas {'la colonne' if len(missing) == 1 else 'les colonnes'} {', '.join(missing)} "
            f"d'un fichier « {file.table} » de la source {file.source}.",
            todo="Vérifiez le fichier (docs/sources.md).",
        )
    keys = [column for column in form.cles if column in frame.columns]
    good, others = _checked(frame, file, keys)
    refused += others
    if good.is_empty():
        why = f" ; la première : {refused[0].message}" if refused else ""
        raise InputFileError(
            "tableau-vide",
            f"{file.path.name} : aucune de ses {read} lignes n'est celle d'un fichier « {file.table} »{why}.",
            todo="Redemandez-le, ou vérifiez la source.",
        )
    left = [column for column in form.laissees if column in frame.columns]
    values = _values(good, file, {*form.dites, *keys, *left})
    reasons: dict[str, int] = {}
    for one in refused:
        reasons[one.reason] = reasons.get(one.reason, 0) + 1
    record = StoredIndicators(
        source=file.source,
        table=file.table,
        annee=file.annee,
        nom=file.path.name,
        sha256=print_,
        taille=len(data),
        instant=now,
        lues=read,
        acceptees=len(good),
        refusees=len(refused),
        motifs=reasons,
        entites=good[form.entite].n_unique(),
        cles=keys,
        etats=dict(values.group_by(STATE).len().sort(STATE).iter_rows()),
        textes=values.filter(pl.col(TEXT).is_not_null()).height,
        laissees=left,
        dimensions=list(form.dimensions),
        logiciel=__version__,
    )
    keep_refused(workspace.quarantine / record.place.with_suffix(".csv"), refused)
    entities = _entities(good, form, keys)
    keep(workspace.store, record.place, asdict(record), {ENTITIES: entities, VALUES: values})
    return record, False


def _separated(file: IndicatorFile, data: bytes) -> FormeIndicateurs:
    """Return the form of a file with its own separator: of those declared, the one that its first line has most."""
    form = file.forme
    if len(form.separateur) == 1:
        return form
    first = plain(file.path, data).split(b"\n", 1)[0]
    return form.model_copy(update={"separateur": max(form.separateur, key=lambda one: first.count(one.encode()))})


def _texts(file: IndicatorFile, data: bytes) -> tuple[pl.DataFrame, list[Refused]]:
    """Return every column of a file as text, named in small letters, with the line of each row; and rows too wide."""
    form = file.forme
    if form.genre == "xlsx":
        frame, refused = _workbook(file, data), list[Refused]()
    else:
        frame, refused = csv_rows(file.path, plain(file.path, data), form.separateur, form.codage)
    names = _once(file.path, [form.renommees.get(column.lower(), column.lower()) for column in frame.columns])
    return frame.rename(dict(zip(frame.columns, names, strict=True))), refused


def _once(path: Path, names: list[str]) -> list[str]:
    """Return the names of columns, none of which is there twice."""
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise unreadable(path, f"la colonne « {twice} » y est deux fois")
    return names


def _workbook(file: IndicatorFile, data: bytes) -> pl.DataFrame:
    """Return the first sheet of a workbook; figures as they would be written in a CSV file, "." before decimals."""
    try:
        sheet = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()
    except (CalamineError, OSError, ValueError) as error:
        raise unreadable(file.path, str(error)) from error
    if not sheet:
        raise unreadable(file.path, "sa première feuille est vide")
    names = [str(name).strip().lower() for name in sheet[0]]
    _once(file.path, [name for name in names if name])
    rows = [[_written(value) for value in row] for row in sheet[1:]]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names) if name}
    lines = pl.Series(LINE, range(2, len(rows) + 2), pl.Int64)
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_columns(lines)


def _written(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _checked(frame: pl.DataFrame, file: IndicatorFile, keys: Sequence[str]) -> tuple[pl.DataFrame, list[Refused]]:
    """Return the rows that are as declared, and the others, each with the first thing wrong in it."""
    form = file.forme
    texts = [column for column in frame.columns if column != LINE]
    frame = frame.with_columns(pl.col(texts).fill_null("").str.strip_chars())
    codes = {form.entite: form.forme, **{one.de: one.forme for one in form.croise.values()}}
    checks = [
        ("code", f"« {column} » n'a pas la forme attendue ({pattern})", ~_fits(column, pattern))
        for column, pattern in codes.items()
    ]
    if form.annee:
        other = pl.col(form.annee) != str(file.annee)
        checks.append(("annee", f"« {form.annee} » n'est pas l'année du fichier ({file.annee})", other))
    again = ~pl.struct(*codes, *keys).is_first_distinct()
    checks.append(("doublon", f"une ligne avant elle a les mêmes codes ({', '.join((*codes, *keys))})", again))
    why = pl.coalesce(*(pl.when(wrong).then(pl.lit(n)) for n, (_, _, wrong) in enumerate(checks)), pl.lit(-1))
    frame = frame.with_columns(why.alias("#motif"))
    bad = frame.filter(pl.col("#motif") >= 0)
    refused = []
    for row in bad.iter_rows(named=True):
        reason, message, _ = checks[row["#motif"]]
        refused.append(as_written(row, reason, message, form.separateur))
    return frame.filter(pl.col("#motif") < 0).drop("#motif"), refused


def _values(frame: pl.DataFrame, file: IndicatorFile, without: Iterable[str]) -> pl.DataFrame:
    """Return the values of rows: a row each, with its indicator, its figure or its text, its state."""
    form, out = file.forme, {LINE, *without}
    columns = [column for column in frame.columns if column not in out]
    long = frame.select(LINE, *columns).unpivot(index=LINE, on=columns, variable_name="colonne", value_name="dit")
    number = pl.col("dit").str.strip_suffix(form.suffixe) if form.suffixe else pl.col("dit")
    number = number.str.strip_chars().str.replace(",", ".", literal=True)
    number = pl.when(number.str.contains(r"^-?(\d+(\.\d*)?|\.\d+)$")).then(number).cast(pl.Float64)
    state = pl.coalesce(
        *(pl.when(_fits("dit", pattern)).then(pl.lit(said)) for pattern, said in form.etats.items()), pl.lit(EXACT)
    )
    long = long.with_columns(state.alias(STATE))
    figure = pl.when(pl.col(STATE) == EXACT).then(number)
    return long.with_columns(figure.alias(FIGURE)).select(
        pl.col(LINE).alias(ROW),
        (pl.lit(f"{file.table}.") + pl.col("colonne")).alias(INDICATOR),
        FIGURE,
        pl.when((pl.col(STATE) == EXACT) & pl.col(FIGURE).is_null()).then("dit").alias(TEXT),
        STATE,
    )


def _entities(frame: pl.DataFrame, form: FormeIndicateurs, keys: Sequence[str]) -> pl.DataFrame:
    """Return what the rows are of: the entity, its legal entity, its name, its keys as ``name=code`` texts, and by
    dimension the codes that cross the entity's, each with its name."""
    none = pl.lit("")
    crossed = [
        column
        for name, one in form.croise.items()
        for column in (
            pl.col(one.de).alias(name),
            (pl.col(one.libelle) if one.libelle else pl.col(one.de).replace_strict(one.noms, default="")).alias(
                f"libelle_{name}"
            ),
        )
    ]
    told = [pl.lit(f"{key}=") + pl.col(key) for key in keys]
    return frame.select(
        pl.col(LINE).alias(ROW),
        pl.col(form.entite).alias(ENTITY),
        (pl.col(form.juridique) if form.juridique in frame.columns else none).alias(LEGAL),
        (pl.col(form.libelle) if form.libelle in frame.columns else none).alias(NAME),
        (pl.concat_str(told, separator=" ") if told else none).alias(KEYS),
        *crossed,
        *(
            (pl.col(one.de).replace(one.valeurs) if one.de in frame.columns else none).alias(name)
            for name, one in form.attributs.items()
        ),
    )


def _fits(column: str, pattern: str) -> pl.Expr:
    return pl.col(column).str.contains(f"^(?:{pattern})$")
