"""What each stay is worth: its tariff, less or more for an extreme duration, times its sessions, and its supplements.

The tariff is that of its GHS (or GHM) in the sector of its establishment, in force in the month of its exit: the last
date of effect, less than twelve months old (a campaign runs from the first of March to the end of February). What the
grouping program wrote in the line of its extreme days is believed before the bounds of the tariff table.

Tariffs are in cents, amounts in thousandths of euro: a tenth of a day at so many cents is as many thousandths. Sources:
ATIH, « Manuel d'utilisation des tableaux MAT2A » (base, EXB, EXH, suppléments), as pmeasyr (G. Pressiat) reproduces
them; the prudential coefficient and the share of the health insurance are left out.
"""

import polars as pl

from sanoscope.catalogue.field import Champ, Valorisation
from sanoscope.edition.rules import column, condition, contribution
from sanoscope.engine.plan import Binary, Case, Coalesce, Column, Constant, Expression, In
from sanoscope.nomenclature.places import UNKNOWN

MONTH = ("annee", "_mois")
PLACE = ("secteur", "coefficient")
"""The scale by which a stay is paid."""
GROUP = ("_ghs", "_ghm")
TARIFF = ("borne_basse", "borne_haute", "tarif", "forfait_exb", "tarif_exb", "tarif_exh")
PAID = ("tarif", "forfait_exb", "tarif_exb", "tarif_exh")
"""What of a tariff the geographic coefficient multiplies."""

VALID = 12
"""How many months a tariff is in force at most."""

ONE = 10_000
"""The geographic coefficient that changes nothing: ten-thousandths."""

SCALE = "public"
"""The sector whose tariffs are the single scale that establishments are compared on."""

PER_CENT = 10
"""Thousandths of euro in a cent."""

WORTH, NO_SECTOR, NO_TARIFF = "valorise", "sans-secteur", "sans-tarif"


def places(ends: pl.DataFrame, establishments: pl.DataFrame, coefficients: pl.DataFrame) -> pl.DataFrame:
    """Return (annee, _mois, finess, secteur, coefficient): the scale by which the stays that end in a month are paid.

    Args:
        ends: (annee, _mois, finess) met.
        establishments: (annee, finess, secteur, departement).
        coefficients: the plain table; a département that it does not have is multiplied by 1.
    """
    known = ends.join(establishments, on=["annee", "finess"], how="left")
    found = _latest(known, coefficients, ("departement",), ("coefficient",))
    return found.select(*MONTH, "finess", pl.col("secteur").fill_null(UNKNOWN), pl.col("coefficient").fill_null(ONE))


def in_force(met: pl.DataFrame, tariffs: pl.DataFrame) -> pl.DataFrame:
    """Return groups met with `TARIFF`, null where none is known, and ``echelle``, the tariff of the public scale.

    A group that the table has by GHM alone has the tariff of its GHM; so has one whose GHS is not said: among several
    GHS, that of the smallest number.

    Args:
        met: (annee, _mois, secteur, coefficient, _ghs, _ghm), each once.
        tariffs: the plain table ``tarifs_ghs``.

    Returns:
        Amounts in cents, to the nearest once multiplied by the coefficient; the scale has none.
    """
    known = tariffs.rename({"ghs": "_ghs", "ghm": "_ghm"})
    keys = [*MONTH, *PLACE, *GROUP]
    own = _priced(met, known, TARIFF)
    of_scale = met.select(*MONTH, pl.lit(SCALE).alias("secteur"), *GROUP).unique()
    scale = _priced(of_scale, known, ("tarif",)).select(*MONTH, *GROUP, pl.col("tarif").alias("echelle"))
    found = own.join(scale, on=[*MONTH, *GROUP], how="left").with_columns(pl.coalesce("echelle", "tarif"))
    return found.with_columns(_multiplied(pl.col(name)) for name in PAID).select(*keys, *TARIFF, "echelle").sort(keys)


def supplements_in_force(met: pl.DataFrame, tariffs: pl.DataFrame, codes: tuple[str, ...]) -> pl.DataFrame:
    """Return months and scales met with the price of each supplement (cents), in a column `price`; 0 if unknown.

    Args:
        met: (annee, _mois, secteur, coefficient), each once.
        tariffs: the plain table ``tarifs_supplements``.
        codes: of the supplements.
    """
    for code in codes:
        own = tariffs.filter(pl.col("supplement") == code).select("secteur", "date_effet", pl.col("tarif").alias("_"))
        priced = _latest(met, own, ("secteur",), ("_",), months=VALID)
        met = priced.with_columns(_multiplied(pl.col("_")).fill_null(0).alias(price(code))).drop("_")
    return met


def _multiplied(amount: pl.Expr) -> pl.Expr:
    return (amount * pl.col("coefficient") + ONE // 2) // ONE


def _priced(met: pl.DataFrame, tariffs: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """Return groups met with what their own GHS is paid, else their GHM."""
    by_ghm = ("secteur", "_ghm")
    own = _latest(met, tariffs, ("secteur", *GROUP), names, months=VALID)
    others = own.filter(pl.col("tarif").is_null()).select(met.columns)
    said = pl.col("_ghs") != ""
    whole = _latest(others.filter(said), tariffs.filter(~said), by_ghm, names, months=VALID)
    lowest = tariffs.sort("_ghs", descending=True)  # of one date the last row counts
    unsaid = _latest(others.filter(~said), lowest, by_ghm, names, months=VALID)
    return pl.concat([own.filter(pl.col("tarif").is_not_null()), whole, unsaid])


def _latest(
    met: pl.DataFrame, dated: pl.DataFrame, by: tuple[str, ...], names: tuple[str, ...], *, months: int = 0
) -> pl.DataFrame:
    """Return rows with what the last date of effect by their month says of them, null where there is none.

    Args:
        met: has ``annee``, ``_mois`` and ``by``.
        dated: has ``date_effet`` and ``by``; of one month, the last row counts.
        by: what rows and dates agree on.
        names: columns taken.
        months: for how many a date of effect holds; 0 is for ever.
    """
    date = pl.col("date_effet").str
    month = date.slice(0, 4).cast(pl.Int64) * 12 + date.slice(5, 2).cast(pl.Int64)
    begun = dated.select(month.alias("_le"), month.alias("_depuis"), *by, *names)
    begun = begun.unique(["_le", *by], keep="last", maintain_order=True).sort("_le")
    rows = met.with_columns((pl.col("annee").cast(pl.Int64) * 12 + pl.col("_mois")).cast(pl.Int64).alias("_le"))
    found = rows.sort("_le").join_asof(begun, on="_le", by=list(by), check_sortedness=False)
    if months:
        held = pl.col("_le") - pl.col("_depuis") < months
        found = found.with_columns(pl.when(held).then(pl.col(name)).alias(name) for name in names)
    return found.drop("_le", "_depuis")


def price(code: str) -> str:
    """Return the column of the price of a supplement."""
    return f"prix_{code}"


def number(code: str) -> str:
    """Return the column that says how many of a supplement an item of a zone tells."""
    return f"nombre_{code}"


def group(declared: Valorisation, champ: Champ) -> tuple[tuple[str, Expression], ...]:
    """Return the columns `GROUP` of a line: « 0000 » is a GHS that is not said."""
    said = Coalesce(column(declared.ghs, champ), Constant(""))
    ghs = Case(((Binary("=", said, Constant("0000")), Constant("")),), said)
    return (("_ghs", ghs), ("_ghm", Coalesce(column(declared.ghm, champ), Constant(""))))


def why(declared: Valorisation, champ: Champ) -> Expression:
    """Return what ``valorisation`` says of a line that has its tariff beside it."""
    branches: list[tuple[Expression, Expression]] = []
    for none in declared.non_valorises:
        found = condition(none.quand, champ)
        for but in none.sauf:
            found = Binary("and", found, Binary("=", condition(but, champ), Constant(value=False)))
        branches.append((found, Constant(none.code)))
    branches.append((In(_text("secteur"), ("", UNKNOWN)), Constant(NO_SECTOR)))
    branches.append((Binary("<", Coalesce(Column("tarif"), Constant(-1)), Constant(0)), Constant(NO_TARIFF)))
    return Case(tuple(branches), Constant(WORTH))


def amounts(declared: Valorisation, champ: Champ, *, items: bool) -> dict[str, Expression]:
    """Return the amounts of a line that has its tariff and the prices of supplements beside it, by their names.

    In thousandths of euro, what is taken off below the lower bound counted as positive.

    Args:
        declared, champ: how lines are valued, and of what field.
        items: it has how many supplements the items of its zone tell.
    """
    nights, below, beyond = (_count(column(n, champ)) for n in (declared.duree, declared.jours_exb, declared.jours_exh))
    low, high, lump, less, more = (_count(Column(n)) for n in ("borne_basse", "borne_haute", *PAID[1:]))
    said = Coalesce(column(declared.borne, champ), Constant(""))
    told = Binary("or", In(said, ("0", "1", "2")), Binary(">", beyond, Constant(0)))
    short = Case(
        ((Binary(">", lump, Constant(0)), _thousandths(lump)),), _thousandths(_times(less, _less(low, nights)))
    )
    above = Binary("and", Binary(">", high, Constant(0)), Binary(">", nights, high))
    counted = [(code, _count(column(name, champ))) for code, name in declared.supplements.items()]
    if declared.rayons and items:
        counted += [(code, _count(Column(number(code)))) for code in declared.rayons.codes]
    sessions = champ.sommes[declared.fois]
    times = Case(((condition(sessions.quand, champ), contribution(sessions, champ)),), Constant(1))
    base = _thousandths(_count(Column("tarif")))
    return {
        "montant_ghs": _times(base, times),
        "montant_exb": Case(
            (
                (Binary("=", said, Constant("1")), _thousandths(lump)),
                (Binary("=", said, Constant("2")), _times(less, below)),
                (told, Constant(0)),
                (Binary("<", nights, low), short),
            ),
            Constant(0),
        ),
        "montant_exh": Case(
            ((told, _thousandths(_times(more, beyond))), (above, _thousandths(_times(more, _less(nights, high))))),
            Constant(0),
        ),
        "montant_supplements": _thousandths(added([_times(n, _count(Column(price(code)))) for code, n in counted])),
        "montant_echelle": _thousandths(_count(Column("echelle"))),
    }


def total() -> Expression:
    """Return what a line is worth in all, from its amounts."""
    parts: list[Expression] = [Column(n) for n in ("montant_ghs", "montant_exh", "montant_supplements")]
    return added([*parts, _times(Column("montant_exb"), Constant(-1))])


def added(parts: list[Expression]) -> Expression:
    """Return a sum; 0 of nothing."""
    whole: Expression = Constant(0)
    for part in parts:
        whole = Binary("+", whole, part)
    return whole


def _text(name: str) -> Expression:
    return Coalesce(Column(name), Constant(""))


def _count(value: Expression) -> Expression:
    return Coalesce(value, Constant(0))


def _times(one: Expression, other: Expression) -> Expression:
    return Binary("*", one, other)


def _less(one: Expression, other: Expression) -> Expression:
    return Binary("+", one, _times(other, Constant(-1)))


def _thousandths(cents: Expression) -> Expression:
    return _times(cents, Constant(PER_CENT))
