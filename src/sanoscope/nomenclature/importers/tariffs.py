"""Tariffs: of GHS (ATIH's own files, the tables of nomensland, lists by GHM), of supplements, of days at home.

Amounts are read to the cent. The tariffs of a file that has several dates of effect are those of one campaign: what it
renews unchanged keeps its old date there, and takes here the campaign's, the latest of the file.
"""

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl

from sanoscope.errors import InputFileError
from sanoscope.nomenclature.importers.form import Importer, Refused, Source, Taken, importer, sift, year_of
from sanoscope.nomenclature.systems import GHM_FORM

_NOT_A_GHM = "le code n'est pas celui d'un GHM"
_NOT_A_GHS = "le numéro n'est pas celui d'un GHS"
_NOT_AN_AMOUNT = "le tarif ne se lit pas comme un montant"
_NO_AMOUNT = "le tarif est vide ou nul"
_TWICE = "le GHS est déjà dans la table, pour ce GHM et cette campagne"
_START = "03-01"
"""When a campaign begins, where a file says its year alone."""

SUPPLEMENTS = {
    **{name: f"t{name.lower()}" for name in ("REA", "REP", "NN1", "NN2", "NN3", "ANT", "RAP", "DIP")},
    **{name: f"t{name.lower()}" for name in ("HHS", "EDPAHS", "EDPCAHS", "EHHS")},
    **{f"PO{n}": f"tpo{roman}" for n, roman in enumerate(("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"), 1)},
    **{"STF": "tsi", "SRC": "tsc", "OHB": "tcaishyp", "POA": "tpoa", "SDC": "sdc", "CTC": "ctc", "9615": "taph_9615"},
    **{"9610": "trdt5_9610", "9611": "trdt6_9611", "9612": "trdt7_9612", "9619": "tprot_9619", "9620": "tict_9620"},
    **{"9621": "tcyb_9621", "9622": "trconf_9622", "9623": "trconf_9623", "9625": "trconf_9625", "6523": "tgam_6523"},
    **{"9631": "ttciea_9631", "9632": "ttcies_9632", "9633": "taie_9633"},
}
"""By code of supplement, its column in the table of nomensland."""


def cents(amount: pl.Expr) -> pl.Expr:
    """Return amounts written in euros (« 3 775,10 € », 3775.1) in whole cents; null for what is not an amount.

    Spaces of any kind and the sign of the euro are left out, broken ones too (U+FFFD); a third decimal is rounded.
    """
    plain = amount.str.replace_all(r"[\s€\u{0080}\u{FFFD}]", "").str.replace(",", ".", literal=True)
    number = pl.when(plain.str.contains(r"^\d+(\.\d+)?$")).then(plain).cast(pl.Float64)
    return (number * 100).round().cast(pl.Int64)


def _text(amount: pl.Expr) -> pl.Expr:
    return cents(amount).cast(pl.String).fill_null("")


def _day(date: pl.Expr) -> pl.Expr:
    """Return a date written 01/03/2024 as 2024-03-01; a date that is written so already stays."""
    return date.str.replace(r"^(\d\d)/(\d\d)/(\d{4})$", "$3-$2-$1")


def _ghs(
    frame: pl.DataFrame, columns: dict[str, str], *, sector: str, campaign: tuple[str, ...] = ()
) -> tuple[pl.DataFrame, tuple[Refused, ...]]:
    """Return rows of ``tarifs_ghs`` from a table of one sector, and what is refused.

    Args:
        frame: the table.
        columns: its columns, by those of ``tarifs_ghs``.
        sector: of all of it.
        campaign: what tells the rows of one campaign; () where the file is of one.
    """
    named = frame.with_columns(pl.col(old).alias(f"_{new}") for new, old in columns.items())
    named = named.with_columns(pl.col("_ghs").str.zfill(4), _day(pl.col("_date_effet")))
    latest = pl.col("_date_effet").max()
    named = named.with_columns(latest.over(campaign) if campaign else latest)
    rows, refused = sift(
        named,
        {
            _NOT_A_GHM: ~pl.col("_ghm").str.contains(f"^(?:{GHM_FORM})$"),
            _NOT_A_GHS: ~pl.col("_ghs").str.contains(r"^\d{4}$"),
            _NOT_AN_AMOUNT: pl.any_horizontal(
                cents(pl.col(f"_{n}")).is_null() for n in ("tarif", "forfait_exb", "tarif_exb", "tarif_exh")
            ),
            _TWICE: ~pl.struct("_ghs", "_ghm", "_date_effet").is_first_distinct(),
        },
    )
    amounts = ("tarif", "forfait_exb", "tarif_exb", "tarif_exh")
    taken = rows.select(
        pl.lit(sector).alias("secteur"),
        *(pl.col(f"_{n}").alias(n) for n in ("ghs", "ghm", "date_effet", "borne_basse", "borne_haute")),
        *(_text(pl.col(f"_{n}")).alias(n) for n in amounts),
    )
    return taken, refused


_OFFICIAL = {
    "ghs": "GHS-NRO",
    "ghm": "GHM-NRO",
    "date_effet": "DATE-EFFET",
    "borne_basse": "SEU-BAS",
    "borne_haute": "SEU-HAU",
    "tarif": "GHS-PRI",
    "forfait_exb": "EXB-FORFAIT",
    "tarif_exb": "EXB-JOURNALIER",
    "tarif_exh": "EXH-PRI",
}
_NOMENSLAND = {name: name for name in _OFFICIAL} | {"tarif": "tarif_base"}


def _sector(path: Path) -> str:
    """Return the sector that a file's name says.

    Raises:
        InputFileError: ``secteur-inconnu``: it says none.
    """
    found = re.search(r"(?<![a-z])(pub|pri)(?![a-z])|(public|prive)", path.name.lower())
    if not found:
        raise InputFileError(
            "secteur-inconnu",
            f"{path.name} ne dit pas de quel secteur sont ses tarifs.",
            todo="Mettez « pub » ou « pri » dans le nom du fichier : « ghs_pub.csv », « sup_pri_2024.csv ».",
        )
    return "public" if found[0].startswith("pub") else "prive"


def _date(path: Path) -> str:
    """Return the date of effect that a file's name says: a day (20250301), or the first of March of its year."""
    found = re.search(r"(?<!\d)(20\d\d)([01]\d)([0-3]\d)(?!\d)", path.name)
    return "-".join(found.groups()) if found else f"{year_of(path, 'tarifs')}-{_START}"


def _known(columns: frozenset[str]) -> Callable[[Source], bool]:
    return lambda source: columns <= set(source.sheets[0][1].columns)


def _ghs_atih(source: Source) -> Taken:
    frame = source.sheets[0][1]
    taken, refused = _ghs(frame, _OFFICIAL, sector=_sector(source.path))
    ignored = tuple(c for c in frame.columns if c not in _OFFICIAL.values())
    return Taken({"tarifs_ghs": taken}, refused, ignored=ignored)


def _ghs_nomensland(frame: pl.DataFrame) -> Taken:
    """The public tariffs of several campaigns (``anseqta``)."""
    taken, refused = _ghs(frame, _NOMENSLAND, sector="public", campaign=("anseqta",))
    return Taken({"tarifs_ghs": taken}, refused)


_BY_GHM = re.compile(r"(?:tarif )?(public|priv[eé])(?: 20\d\d)?", re.IGNORECASE)


def _sectors_of_ghm(frame: pl.DataFrame) -> dict[str, str]:
    """Return column by sector of a list of tariffs by GHM: TARIF PUBLIC, or PUBLIC 2023; {} where it is not one."""
    named = {c: m for c in frame.columns if (m := _BY_GHM.fullmatch(c.strip()))}
    found = {"public" if m[1].lower() == "public" else "prive": c for c, m in named.items()}
    return found if set(frame.columns) == {"GHM", "LIBELLE", *named} and len(found) == 2 else {}


def _by_ghm(source: Source) -> Taken:
    """One line a GHS, whose number is not said: the first of each GHM, its ordinary one, stands for all of them."""
    frame = source.sheets[0][1]
    rows, refused = sift(
        frame,
        {
            _NOT_A_GHM: ~pl.col("GHM").str.contains(f"^(?:{GHM_FORM})$"),
            "autre GHS d'un GHM : la liste n'en dit pas le numéro, le premier est retenu": ~pl.col(
                "GHM"
            ).is_first_distinct(),
        },
    )
    parts, doubts = [], []
    for sector, column in _sectors_of_ghm(frame).items():
        known = cents(pl.col(column)).is_not_null()
        if lost := len(rows.filter(~known)):
            doubts.append(Refused(lost, f"GHM sans tarif du secteur {sector}"))
        parts.append(
            rows.filter(known).select(
                pl.lit(sector).alias("secteur"),
                pl.col("GHM").alias("ghm"),
                pl.lit(_date(source.path)).alias("date_effet"),
                _text(pl.col(column)).alias("tarif"),
            )
        )
    return Taken({"tarifs_ghs": pl.concat(parts)}, refused, tuple(doubts), ("LIBELLE",))


def _supplements_atih(source: Source) -> Taken:
    rows, refused = sift(
        source.sheets[0][1].with_columns(pl.col("CODE").str.to_uppercase()),
        {
            "le code n'est pas celui d'un supplément": ~pl.col("CODE").str.contains(r"^[A-Z0-9]{2,10}$"),
            _NOT_AN_AMOUNT: cents(pl.col("TARIF")).is_null(),
            "le supplément est déjà dans la table": ~pl.col("CODE").is_first_distinct(),
        },
    )
    taken = rows.select(
        pl.lit(_sector(source.path)).alias("secteur"),
        pl.col("CODE").alias("supplement"),
        pl.lit(_date(source.path)).alias("date_effet"),
        _text(pl.col("TARIF")).alias("tarif"),
    )
    return Taken({"tarifs_supplements": taken}, refused)


def _supplements_nomensland(frame: pl.DataFrame) -> Taken:
    """The public tariffs, one row a campaign and one column a supplement; 0 is no tariff."""
    rows, refused = sift(
        frame, {"la campagne est déjà dans la table, ou sans année": ~pl.col("anseqta").is_first_distinct()}
    )
    columns = {code: column for code, column in SUPPLEMENTS.items() if column in frame.columns}
    long = rows.select(
        (pl.col("anseqta") + f"-{_START}").alias("date_effet"), *(pl.col(c).alias(code) for code, c in columns.items())
    ).unpivot(index="date_effet", variable_name="supplement", value_name="tarif")
    amounts = cents(pl.col("tarif")).fill_null(0)
    doubts = (Refused(len(long.filter(amounts == 0)), f"{_NO_AMOUNT} : le supplément n'a pas cours cette année-là"),)
    taken = long.filter(amounts > 0).select(
        pl.lit("public").alias("secteur"), "supplement", "date_effet", _text(pl.col("tarif")).alias("tarif")
    )
    return Taken({"tarifs_supplements": taken}, refused, tuple(d for d in doubts if d.rows))


_A_YEAR = re.compile(r"a(20\d\d)(esms|ssiad)?")


def _ght_nomensland(source: Source) -> Taken:
    """One row a GHT, one column a year and place: a2024, a2024esms, a2024ssiad."""
    frame = source.sheets[0][1]
    rows, refused = sift(
        frame,
        {
            "le numéro n'est pas celui d'un GHT": ~pl.col("paprica_numght").str.contains(r"^\d\d$"),
            "le GHT est déjà dans la table": ~pl.col("paprica_numght").is_first_distinct(),
        },
    )
    parts, empty = [], 0
    for column in frame.columns:
        if found := _A_YEAR.fullmatch(column):
            known = rows.filter(cents(pl.col(column)).fill_null(0) > 0)
            empty += len(rows) - len(known)
            parts.append(
                known.select(
                    pl.col("paprica_numght").alias("numero"),
                    pl.lit(found[2] or "domicile").alias("lieu"),
                    pl.lit(f"{found[1]}-{_START}").alias("date_effet"),
                    _text(pl.col(column)).alias("tarif"),
                )
            )
    ignored = tuple(c for c in frame.columns if c != "paprica_numght" and not _A_YEAR.fullmatch(c))
    doubts = (Refused(empty, _NO_AMOUNT),) if empty else ()
    return Taken({"tarifs_ght": pl.concat(parts)}, refused, doubts, ignored)


def _ght_atih(frame: pl.DataFrame) -> Taken:
    rows, refused = sift(
        frame.with_columns(pl.col("GHT-NRO").str.zfill(2), _day(pl.col("DATE-EFFET"))),
        {
            "le numéro n'est pas celui d'un GHT": ~pl.col("GHT-NRO").str.contains(r"^\d\d$"),
            _NOT_AN_AMOUNT: cents(pl.col("GHT-PRI")).is_null(),
            "le GHT est déjà dans la table": ~pl.struct("GHT-NRO", "DATE-EFFET").is_first_distinct(),
        },
    )
    taken = rows.select(
        pl.col("GHT-NRO").alias("numero"),
        pl.lit("domicile").alias("lieu"),
        pl.col("DATE-EFFET").alias("date_effet"),
        _text(pl.col("GHT-PRI")).alias("tarif"),
    )
    return Taken({"tarifs_ght": taken}, refused)


def _is_ght(source: Source) -> bool:
    columns = source.sheets[0][1].columns
    return "paprica_numght" in columns and any(_A_YEAR.fullmatch(column) for column in columns)


IMPORTERS = (
    Importer("tarifs des GHS (ATIH : ghs_pub, ghs_pri)", _known(frozenset(_OFFICIAL.values())), _ghs_atih),
    importer("tarifs publics des GHS (nomensland)", frozenset({*_NOMENSLAND.values(), "anseqta"}), _ghs_nomensland),
    Importer("tarifs par GHM, public et privé", lambda s: bool(_sectors_of_ghm(s.sheets[0][1])), _by_ghm),
    Importer(
        "tarifs des suppléments (ATIH : sup_pub, sup_pri)", _known(frozenset({"CODE", "TARIF"})), _supplements_atih
    ),
    importer(
        "tarifs publics des suppléments (nomensland)",
        frozenset({"anseqta", "trea", "tsc", "tnn1"}),
        _supplements_nomensland,
        also=frozenset(SUPPLEMENTS.values()),
    ),
    Importer("tarifs des GHT (nomensland)", _is_ght, _ght_nomensland),
    importer(
        "tarifs des GHT (ATIH)", frozenset({"GHT-NRO", "GHT-PRI", "DATE-EFFET"}), _ght_atih, also=frozenset({"GHT-LIB"})
    ),
)
