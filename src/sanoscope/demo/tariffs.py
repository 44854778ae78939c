"""Tariffs of the synthetic country, from the profile of each GHM: they only claim to look like tariffs."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from sanoscope.demo.casemix import Casemix

PRIVATE = 0.55
"""What a private tariff is of a public one: doctors are paid beside it."""
GROWTH = 0.025
"""By how much tariffs rise from one campaign to the next."""
CARE, CARE_RISE = 98_000, 1_500
"""Cents: a day in intensive care in the first campaign, and what each later one adds."""
ISLANDS = {"971": 12_700, "972": 12_700, "973": 13_100, "974": 13_100, "976": 13_100, "2A": 11_100, "2B": 11_100}
"""Geographic coefficients, ten-thousandths, overseas and in Corsica; the region of the capital has its own."""
CAPITAL = ("75", "77", "78", "91", "92", "93", "94", "95")
CAPITAL_COEFFICIENT = 10_700


def draw_tariffs(casemix: Casemix, years: Sequence[int]) -> dict[str, pl.DataFrame]:
    """Return the plain tables of tariffs, by their name: a campaign begins in March, the first the year before."""
    campaigns = range(min(years) - 1, max(years) + 1)
    start = [f"{year}-03-01" for year in campaigns]
    supplements = [
        (sector, date, CARE + CARE_RISE * n) for sector in ("public", "prive") for n, date in enumerate(start)
    ]
    coefficients = ISLANDS | dict.fromkeys(CAPITAL, CAPITAL_COEFFICIENT)
    return {
        "tarifs_ghs": pl.concat(_campaign(casemix, date, n) for n, date in enumerate(start)),
        "tarifs_supplements": pl.DataFrame(
            [(sector, "REA", date, cents) for sector, date, cents in supplements],
            ["secteur", "supplement", "date_effet", "tarif"],
            orient="row",
        ),
        "coefficients_geographiques": pl.DataFrame(
            [(departement, start[0], value) for departement, value in coefficients.items()],
            ["departement", "date_effet", "coefficient"],
            orient="row",
        ),
    }


def _campaign(casemix: Casemix, date: str, rank: int) -> pl.DataFrame:
    nights = (1 - casemix.no_night) * (casemix.least + casemix.more)
    whole = 45_000 + 52_000 * nights + np.where(casemix.surgical, 90_000, 0)
    whole = np.where(casemix.sessions, 32_000, whole) * (1 + GROWTH) ** rank
    low = np.where(casemix.severe & (nights > 8), np.floor(nights / 2), 0).astype(np.int64)
    high = np.where(nights > 1, np.ceil(3 * nights) + 3, 0).astype(np.int64)
    lump = (low > 0) & (np.arange(len(low)) % 2 == 0)
    parts = []
    for sector, share in (("public", 1.0), ("prive", PRIVATE)):
        tariff = np.rint(whole * share).astype(np.int64)
        night = np.rint(tariff / np.maximum(1.0, nights)).astype(np.int64)
        parts.append(
            pl.DataFrame(
                {
                    "secteur": [sector] * len(tariff),
                    "ghs": casemix.ghs.astype(str),
                    "ghm": casemix.codes.astype(str),
                    "date_effet": [date] * len(tariff),
                    "borne_basse": low,
                    "borne_haute": high,
                    "tarif": tariff,
                    "forfait_exb": np.where(lump, tariff // 2, 0),
                    "tarif_exb": np.where((low > 0) & ~lump, night * 6 // 10, 0),
                    "tarif_exh": np.where(high > 0, night * 4 // 10, 0),
                }
            ).filter(pl.col("ghs") != "9999")
        )
    return pl.concat(parts)
