"""The regroupings of GHM: yearly tables of GHM or of roots, as ATIH publishes them (workbook) or others pass on.

Columns are found by their header, whatever the accents, the case and the order, among the first ten rows of a sheet.
"""

import re
import unicodedata

import polars as pl

from sanoscope.nomenclature.importers.form import Importer, Source, Taken, labels, sift, year_of
from sanoscope.nomenclature.importers.raw import below
from sanoscope.nomenclature.places import UNKNOWN

CAS_OF_GP = {"C": "C", "K": "PI", "N": "O15", "O": "O14", "S": "S", "X": "X", "Z": "Z"}
"""CAS by first letter of GP (consistent with every list of ATIH's query form)."""

_HEADER_ROWS = 10
_ALIASES = {
    "annee": ("anseqta", "annee"),
    "ghm": ("ghm", "code_ghm"),
    "racine": ("racine", "code_racine", "racine_ghm", "racine_de_ghm"),
    "libelle": ("libelle_ghm", "libelle_du_ghm", "lib_ghm"),
    "libelle_racine": ("libelle_racine", "libelle_de_la_racine", "libelle_de_racine", "lib_racine"),
    "doac": ("da", "doac", "domaine_d_activite", "domaines_d_activite", "code_da"),
    "libelle_doac": ("libelle_da", "libelle_doac", "libelle_domaine_d_activite", "libelle_domaines_d_activite"),
    "gp": ("gp", "gp_cas", "groupe_de_planification", "groupes_de_planification", "code_gp"),
    "libelle_gp": ("libelle_gp", "libelle_gp_cas", "libelle_groupe_de_planification"),
    "ga": ("ga", "ga_cas", "groupe_d_activite", "groupes_d_activite", "code_ga"),
    "libelle_ga": ("libelle_ga", "libelle_ga_cas", "libelle_groupe_d_activite", "libelle_groupes_d_activite"),
    "aso": ("aso", "activite_de_soins"),
}
_NAMES = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_OF_GHM = frozenset({"ghm", "libelle", "doac", "gp", "ga"})
_OF_ROOT = frozenset({"racine", "libelle_racine"})


def _plain(header: str) -> str:
    """Return a header without accents, case nor punctuation."""
    ascii_only = unicodedata.normalize("NFKD", header.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")


def _renamed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the known columns under our names; the first of two columns of the same meaning."""
    found: dict[str, str] = {}
    for column in frame.columns:
        name = _NAMES.get(_plain(column))
        if name and name not in found:
            found[name] = column
    return frame.select(pl.col(column).alias(name) for name, column in found.items())


def _sheet(source: Source, wanted: frozenset[str]) -> pl.DataFrame | None:
    """Return the first sheet that has the wanted columns, in its header or in a row of its top."""
    for _, frame in source.sheets:
        candidates = [frame] + [below(frame, row) for row in range(min(_HEADER_ROWS, len(frame)))]
        for candidate in candidates:
            renamed = _renamed(candidate)
            if wanted <= set(renamed.columns):
                return renamed
    return None


def _with_year(source: Source, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its year: its own column, else the year that the file's name ends with."""
    if "annee" in frame.columns:
        return frame
    return frame.with_columns(pl.lit(year_of(source.path, "regroupements")).alias("annee"))


def _labels(frame: pl.DataFrame, level: str, label: pl.Expr) -> pl.DataFrame:
    return labels(frame, level, code=pl.col(level), label=label, year=pl.col("annee"))


def _root_labels(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the labels of roots: of a root's first GHM, without what tells it from the others of the root."""
    severity = (
        r", (?:niveau [1-4]|tr[eè]s courte dur[eé]e|en ambulatoire"
        r"|sans (?:complication significative|problème significatif))$"
    )
    alone = pl.len().over("annee", "racine") == 1
    label = pl.when(alone).then(pl.col("libelle")).otherwise(pl.col("libelle").str.replace(severity, ""))
    # the levels of severity come first, then very short and ambulatory stays
    last = pl.col("ghm").str.slice(5, 1).is_in(["E", "J", "T"])
    named = rows.with_columns(label.alias("libelle")).sort(last, "ghm")
    return _labels(named, "racine", pl.col("libelle"))


def _ghm(source: Source) -> Taken:
    frame = _sheet(source, _OF_GHM)
    assert frame is not None, "convert is called on what was recognised"
    rows, refused = sift(
        _with_year(source, frame),
        {
            "le code n'est pas celui d'un GHM": ~pl.col("ghm").str.contains(r"^\d\d[A-Z]\d\d\w$"),
            "un libellé ou un regroupement manque": pl.any_horizontal(pl.col(*sorted(_OF_GHM)) == ""),
            "le GHM est déjà dans la table, pour cette année": ~pl.struct("annee", "ghm").is_first_distinct(),
        },
    )
    code = pl.col("ghm").str
    aso = pl.col("aso").replace("", UNKNOWN) if "aso" in rows.columns else pl.lit(UNKNOWN).alias("aso")
    cas = pl.col("gp").str.slice(0, 1).replace_strict(CAS_OF_GP, default=UNKNOWN)
    rows = rows.with_columns(code.slice(0, 5).alias("racine"), code.slice(0, 2).alias("cmd"), aso, cas.alias("cas"))
    named = [_labels(rows, n, pl.col(f"libelle_{n}")) for n in ("doac", "gp", "ga") if f"libelle_{n}" in rows.columns]
    named.append(_root_labels(rows))
    columns = ["annee", "ghm", "libelle", "racine", "ga", "gp", "doac", "cas", "aso", "cmd"]
    return Taken({"ghm": rows.select(columns), "regroupements": pl.concat(named)}, refused)


def _roots(source: Source) -> Taken:
    frame = _sheet(source, _OF_ROOT)
    assert frame is not None, "convert is called on what was recognised"
    rows, refused = sift(
        _with_year(source, frame),
        {
            "le code n'est pas celui d'une racine": ~pl.col("racine").str.contains(r"^\d\d[A-Z]\d\d$"),
            "le libellé manque": pl.col("libelle_racine") == "",
            "la racine est déjà dans la table, pour cette année": ~pl.struct("annee", "racine").is_first_distinct(),
        },
    )
    return Taken({"regroupements": _labels(rows, "racine", pl.col("libelle_racine"))}, refused)


IMPORTERS = (
    Importer("regroupements des GHM", lambda source: _sheet(source, _OF_GHM) is not None, _ghm),
    Importer("libellés des racines de GHM", lambda source: _sheet(source, _OF_ROOT) is not None, _roots),
)
