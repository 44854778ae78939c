"""From a code to its département, where no table says better.

A PMSI geographic code begins with the département: 2A and 2B in Corsica, 9A to 9F overseas. A FINESS begins with the
département, or overseas with 970 and the last digit of 971 to 975, and with 98 in Mayotte (as ATIH's tables show).
"""

import polars as pl

OVERSEAS = {"9A": "971", "9B": "972", "9C": "973", "9D": "974", "9E": "975", "9F": "976"}
UNKNOWN = "?"


def departement_of_code_geo(code: pl.Expr) -> pl.Expr:
    """Return the département of PMSI geographic codes; "?" for foreigners (99) and what is not a code."""
    two = code.str.slice(0, 2)
    valid = code.str.contains(r"^(?:0[1-9]|[1-8]\d|9[0-5]|2[AB]|9[A-F])\w{3}$")
    overseas = code.str.contains(r"^97[1-6]")
    return (
        pl.when(overseas).then(code.str.slice(0, 3)).when(valid).then(two.replace(OVERSEAS)).otherwise(pl.lit(UNKNOWN))
    )


def departement_of_finess(finess: pl.Expr) -> pl.Expr:
    """Return the département of FINESS numbers; "?" for what is not one."""
    two = finess.str.slice(0, 2)
    return (
        pl.when(finess.str.contains(r"^970[1-5]"))
        .then(pl.lit("97") + finess.str.slice(3, 1))
        .when(two == "98")
        .then(pl.lit("976"))
        .when(two.str.contains(r"^(?:0[1-9]|[1-8]\d|9[0-5]|2[AB])$"))
        .then(two)
        .otherwise(pl.lit(UNKNOWN))
    )
