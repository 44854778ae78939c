"""The plain reference tables: their columns, what they mean, how they are read and checked.

Each is a CSV file: UTF-8, comma, header, one line a row. A column that may be empty says so.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sanoscope.errors import InputFileError, suggest


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, meaning, whether it holds integers, whether it may be empty."""

    name: str
    meaning: str
    integer: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A plain table: its file is ``name.csv``; ``key`` names the columns that no two rows share."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)


_GHM_LEVELS = ("racine", "ga", "gp", "doac", "cas", "aso", "cmd")

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "etablissements",
            "Les établissements et leurs attributs, au fil du temps.",
            (
                Column("finess", "FINESS e-PMSI (9 caractères)"),
                Column("raison_sociale", "nom"),
                Column("categorie", "CHR/U, CH, CLCC, PSPH/EBNL ou PRIVE", optional=True),
                Column("secteur", "public (ex-DGF) ou prive (ex-OQN)", optional=True),
                Column("finess_juridique", "FINESS de l'entité juridique", optional=True),
                Column("code_geo", "code géographique PMSI du lieu", optional=True),
                Column("departement", "code du département (01…95, 2A, 2B, 971…976)", optional=True),
                Column("region", "code de la région", optional=True),
                Column("ght", "groupement hospitalier de territoire", optional=True),
                Column("annee_debut", "première année où la ligne vaut", integer=True, optional=True),
                Column("annee_fin", "dernière année où la ligne vaut", integer=True, optional=True),
            ),
            ("finess", "annee_debut"),
        ),
        Table(
            "geographie",
            "Les codes géographiques PMSI.",
            (
                Column("code_geo", "code géographique PMSI (5 caractères)"),
                Column("libelle", "nom"),
                Column("departement", "code du département"),
                Column("region", "code de la région"),
                Column("territoire", "territoire de santé", optional=True),
            ),
            ("code_geo",),
        ),
        Table(
            "population",
            "La population, par code géographique ou par département.",
            (
                Column("annee", "année (1er janvier)", integer=True),
                Column("code_geo", "code géographique PMSI", optional=True),
                Column("departement", "code du département", optional=True),
                Column("sexe", "1 homme, 2 femme", integer=True),
                Column("age", "premier âge de la classe de 5 ans (0, 5 … 95)", integer=True),
                Column("population", "habitants", integer=True),
            ),
            ("annee", "code_geo", "departement", "sexe", "age"),
        ),
        Table(
            "ghm",
            "Les GHM et leurs regroupements, par version annuelle de la classification.",
            (
                Column("annee", "année de la version", integer=True),
                Column("ghm", "code du GHM (6 caractères)"),
                Column("libelle", "libellé du GHM"),
                *(Column(level, f"code {level} du GHM") for level in _GHM_LEVELS),
            ),
            ("annee", "ghm"),
        ),
        Table(
            "regroupements",
            "Les libellés des niveaux de regroupement.",
            (
                Column("annee", "année de la version", integer=True),
                Column("niveau", "aso, cas, cmd, doac, gp, ga ou racine"),
                Column("code", "code dans ce niveau"),
                Column("libelle", "libellé"),
            ),
            ("annee", "niveau", "code"),
        ),
        Table("regions", "Les régions.", (Column("code", "code"), Column("libelle", "nom")), ("code",)),
        Table(
            "departements",
            "Les départements.",
            (Column("code", "code"), Column("libelle", "nom"), Column("region", "code de la région")),
            ("code",),
        ),
        Table(
            "zonages",
            "Des zonages libres : chaque code géographique dans une zone.",
            (
                Column("zonage", "nom du zonage"),
                Column("zone", "code de la zone"),
                Column("libelle", "nom de la zone"),
                Column("code_geo", "code géographique PMSI"),
            ),
            ("zonage", "code_geo"),
        ),
    )
}


def read_table(table: Table, path: Path) -> pl.DataFrame:
    """Return a plain table, checked; absent texts are "", absent integers null.

    Raises:
        InputFileError: the file is not UTF-8, a column is missing or unknown, a value is not of its type or a key comes
            twice, with the line where it is.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(path, f"n'est pas en UTF-8 ({error.reason})", "Enregistrez-la en UTF-8.") from error
    lines = list(csv.reader(text.splitlines()))
    header = tuple(lines[0]) if lines else ()
    _check_header(table, path, header)
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(header):
            raise _invalid(path, f"ligne {number} : {len(line)} valeurs pour {len(header)} colonnes", "Corrigez-la.")
    frame = pl.DataFrame(lines[1:], schema=dict.fromkeys(header, pl.String), orient="row")
    return conform(table, frame, source=str(path))


def conform(table: Table, frame: pl.DataFrame, *, source: str) -> pl.DataFrame:
    """Return the frame with the columns and types of a table, its rows checked.

    Args:
        table: what it must be.
        frame: columns of text; an optional column may be missing.
        source: how to name it in an error; rows are numbered as lines of a file with a header.

    Raises:
        InputFileError: ``table-invalide``.
    """
    columns = []
    for column in table.columns:
        if column.name not in frame.columns:
            columns.append(pl.lit("").alias(column.name))
        else:
            columns.append(pl.col(column.name).cast(pl.String).fill_null("").str.strip_chars())
    frame = frame.select(columns)
    for column in table.columns:
        if not column.optional:
            _refuse_rows(table, frame, frame[column.name] == "", f"« {column.name} » est vide", source)
        if column.integer:
            values = frame[column.name].replace("", None).cast(pl.Int64, strict=False)
            wrong = values.is_null() & (frame[column.name] != "")
            _refuse_rows(table, frame, wrong, f"« {column.name} » n'est pas un nombre entier", source)
            frame = frame.with_columns(values.alias(column.name))
    doubled = frame.select(pl.struct(table.key).is_duplicated() & ~pl.struct(table.key).is_first_distinct()).to_series()
    _refuse_rows(table, frame, doubled, f"la clé ({', '.join(table.key)}) est déjà dans la table", source)
    return frame


def _check_header(table: Table, path: Path, header: tuple[str, ...]) -> None:
    missing = [c.name for c in table.columns if not c.optional and c.name not in header]
    unknown = [name for name in header if name not in table.names]
    if missing:
        raise _invalid(path, f"colonne absente : {', '.join(missing)}", f"Colonnes : {', '.join(table.names)}.")
    if unknown:
        raise _invalid(path, f"colonne inconnue : {', '.join(unknown)}", suggest(unknown[0], table.names))


def _refuse_rows(table: Table, frame: pl.DataFrame, bad: pl.Series, what: str, source: str) -> None:
    rows: Iterator[int] = iter(bad.arg_true().to_list())
    first = next(rows, None)
    if first is not None:
        line = ", ".join(f"{name}={value}" for name, value in frame.row(first, named=True).items() if name in table.key)
        raise InputFileError(
            "table-invalide",
            f"{source}, ligne {first + 2} ({line}) : {what} ; {int(bad.sum())} ligne(s) dans ce cas.",
            todo="Corrigez la table, puis chargez-la de nouveau.",
        )


def _invalid(path: Path, what: str, todo: str) -> InputFileError:
    return InputFileError("table-invalide", f"La table {path.name} {what}.", todo=todo)
