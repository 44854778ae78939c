"""From a code to its département, where no table says better.

A PMSI geographic code begins with the département: 2A and 2B in Corsica, 9A to 9F overseas. A FINESS begins with the
département too, or overseas with 970 and the last digit of 971 to 975, and with 98 in Mayotte (as the establishments of
ATIH's published tables show: 970400024 is in La Réunion, 980500003 is the CH de Mayotte).
"""

import polars as pl

OVERSEAS = {"9A": "971", "9B": "972", "9C": "973", "9D": "974", "9E": "975", "9F": "976"}
"""Département of overseas prefixes. 975 (Saint-Pierre-et-Miquelon) is in no region and is not one of our 101."""
UNKNOWN = "?"
UNKNOWN_LABEL = "Inconnu"

# 20 is not a département since 1976: such a code does not say which half of Corsica it is in.
_TWO = r"(?:0[1-9]|1\d|2[1-9AB]|[3-8]\d|9[0-5A-F])"


def departement_of_code_geo(code: pl.Expr) -> pl.Expr:
    """Return the département of PMSI geographic codes; "?" for foreigners (99) and what is not a code."""
    return (
        pl.when(code.str.contains(r"^97[1-6]\w\w$"))
        .then(code.str.slice(0, 3))
        .when(code.str.contains(rf"^{_TWO}\w{{3}}$"))
        .then(code.str.slice(0, 2).replace(OVERSEAS))
        .otherwise(pl.lit(UNKNOWN))
    )


def departement_of_finess(finess: pl.Expr) -> pl.Expr:
    """Return the département of FINESS numbers; "?" for what is not one."""
    return (
        pl.when(finess.str.contains(rf"^{_TWO}\w{{7}}$"))
        .then(finess.str.slice(0, 2).replace(OVERSEAS))
        .when(finess.str.contains(r"^970[1-5]\w{5}$"))
        .then(pl.lit("97") + finess.str.slice(3, 1))
        .when(finess.str.contains(r"^98\w{7}$"))
        .then(pl.lit("976"))
        .otherwise(pl.lit(UNKNOWN))
    )
