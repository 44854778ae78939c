"""The classification of SMR: the lists of ScanSanté's query form, and yearly tables of labels that others pass on."""

import polars as pl

from sanoscope.nomenclature.importers.form import Importer, Refused, Source, Taken, importer, labels, sift
from sanoscope.nomenclature.systems import GME_FORM

_CODED = r"^(\w+)(?: - (.*))?$"
"""A choice of the form: code, then label, if there is one."""
_SEVERITY = r" Niveau ([A-C])-\d : (?:(.*?) - )?(?:sans|avec) sévérité$"
"""What tells a GME from the others of its root, and the condition of the root itself."""
_NOT_A_GME = "le code n'est pas celui d'un GME"
_TWICE = "le GME est déjà dans la table, pour cette année"


def root_label(label: pl.Expr) -> pl.Expr:
    """Return the label of a GME's root, from the GME's: without its severity."""
    return label.str.replace(_SEVERITY, " Niveau $1 : $2").str.replace(r" : $", "")


def _is_options(source: Source) -> bool:
    return {"categories_majeures", "groupes_nosologiques", "groupes_medico_economiques"} <= {
        n for n, _ in source.sheets
    }


def _choices(source: Source, sheet: str) -> pl.DataFrame:
    """Return (annee, code, libelle) of a list of the form; the label is "" where it has none."""
    sheets = dict(source.sheets)
    return sheets[sheet].select(
        pl.lit(sheets[""]["reference_year"][0]).alias("annee"),
        pl.col("value").alias("code"),
        pl.col("text").str.extract(_CODED, 2).fill_null("").str.strip_chars().alias("libelle"),
    )


def _options(source: Source) -> Taken:
    """The lists CM, GN and GME of the query form; a GME without a label has that of its GN."""
    groups = _choices(source, "groupes_nosologiques")
    rows, refused = sift(
        _choices(source, "groupes_medico_economiques"),
        {
            _NOT_A_GME: ~pl.col("code").str.contains(f"^(?:{GME_FORM})$"),
            _TWICE: ~pl.struct("annee", "code").is_first_distinct(),
        },
    )
    unnamed = int((rows["libelle"] == "").sum())
    of_gn = (
        pl.col("code").str.slice(0, 4).replace_strict(dict(groups.select("code", "libelle").iter_rows()), default="")
    )
    rows = rows.with_columns(pl.coalesce(pl.col("libelle").replace("", None), of_gn).alias("libelle"))
    code, label, year = pl.col("code"), pl.col("libelle"), pl.col("annee")
    named = [
        labels(_choices(source, "categories_majeures"), "cm", code=code, label=label, year=year),
        labels(groups, "gn", code=code, label=label, year=year),
        labels(rows, "rgme", code=code.str.head(-1), label=root_label(label), year=year),
    ]
    doubts = (Refused(unnamed, "GME sans libellé : celui de leur GN"),) if unnamed else ()
    return Taken({"gme": rows.rename({"code": "gme"}), "regroupements": pl.concat(named)}, refused, doubts)


def _gme(frame: pl.DataFrame) -> Taken:
    rows, refused = sift(
        frame,
        {
            _NOT_A_GME: ~pl.col("code_gme").str.contains(f"^(?:{GME_FORM})$"),
            _TWICE: ~pl.struct("anseqta", "code_gme").is_first_distinct(),
        },
    )
    names = {"anseqta": "annee", "code_gme": "gme", "libelle_gme": "libelle", "code_cm": "cm"}
    return Taken({"gme": rows.select(pl.col(old).alias(new) for old, new in names.items())}, refused)


def _of_level(level: str, title: str) -> Importer:
    """Return the importer of the yearly table of labels of a level of the GME."""
    code, label = f"code_{level}", f"libelle_{level}"

    def convert(frame: pl.DataFrame) -> Taken:
        twice = ~pl.struct("anseqta", code).is_first_distinct()
        rows, refused = sift(frame, {"le code est déjà dans la table, pour cette année": twice})
        named = labels(rows, level, code=pl.col(code), label=pl.col(label), year=pl.col("anseqta"))
        return Taken({"regroupements": named}, refused)

    also = frozenset({"code_cm"})  # which the code begins with
    return importer(f"libellés des {title}", frozenset({code, label, "anseqta"}), convert, also=also)


IMPORTERS = (
    Importer("listes CM, GN et GME du formulaire SMR (JSON)", _is_options, _options),
    importer("GME par année", frozenset({"code_gme", "libelle_gme", "code_cm", "anseqta"}), _gme),
    _of_level("cm", "CM"),
    _of_level("gn", "GN"),
    _of_level("rgme", "racines de GME"),
)
