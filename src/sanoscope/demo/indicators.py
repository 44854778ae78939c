"""Files of indicators of the synthetic country, as their sources write them: invented figures of invented hospitals.

A hospital keeps its rank from year to year. Beds and staff follow its stays; nothing else follows from anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sanoscope.demo.country import Country, fictional_finess

Numbers = NDArray[np.float64]

DAYS_A_LINE = 0.9
"""Days of full stay by RSA line, over the country."""
STAYS_A_LINE = 0.35
"""Full stays by RSA line."""
PLACES_A_LINE = 1 / 900
OPEN_DAYS = 365
ONE_SITE, TWO_SITES = (1.0,), (0.7, 0.3)
"""Share of each site of a hospital."""
FIRST_SITE = 500
"""Sites are numbered from there in their département."""
MISSING = 0.03
"""Share of the cells that a hospital leaves empty."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How an indicator is drawn: lognormal around a middle.

    Attributes:
        middle: by hospital, or by 1,000 RSA lines where it grows with the stays.
        spread: relative, between hospitals; a year moves it by a fifth of it.
        grows: with the stays.
        most: the largest that it can be.
        decimals: written.
    """

    middle: float
    spread: float = 0.2
    grows: bool = False
    most: float = 1e12
    decimals: int = 1


STAFF = {
    "etp_medical": Drawn(6, 0.15, grows=True),
    "etp_soignant": Drawn(22, 0.15, grows=True),
    "etp_medico_technique": Drawn(3, 0.3, grows=True),
    "etp_educatif": Drawn(0.5, 0.5, grows=True),
    "etp_technique": Drawn(5, 0.3, grows=True),
    "etp_administratif": Drawn(5, 0.2, grows=True),
    "taux_absenteisme": Drawn(9, 0.2, most=40),
    "rotation": Drawn(12, 0.3, most=60),
    "age_moyen": Drawn(42, 0.04),
    "part_cdd": Drawn(10, 0.4, most=60),
    "part_interim": Drawn(1.5, 0.7, most=30),
}
ACCOUNTS = {
    "produits": Drawn(4200, 0.2, grows=True, decimals=0),
    "taux_marge_brute": Drawn(5, 0.4, most=20),
    "taux_caf": Drawn(3.5, 0.5, most=20),
    "duree_apparente_dette": Drawn(9, 0.5, most=60),
    "independance_financiere": Drawn(48, 0.2, most=100),
    "intensite_investissement": Drawn(4, 0.5, most=40),
    "vetuste_equipements": Drawn(78, 0.1, most=100),
    "vetuste_batiments": Drawn(52, 0.2, most=100),
    "fonds_de_roulement": Drawn(32, 0.5),
    "besoin_en_fonds_de_roulement": Drawn(18, 0.5),
}
FORMS = {"bilan_social": STAFF, "comptes_financiers": ACCOUNTS}


def write_indicators(
    directory: Path, country: Country, lines: Mapping[str, Sequence[int]], *, years: Sequence[int], seed: int
) -> None:
    """Write the files of every source, one a year.

    Args:
        directory: where; made if needed.
        country: its hospitals.
        lines: RSA lines of each hospital, by FINESS: in each of the years.
        years: those of the files.
        seed: everything follows from it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    hospitals = country.establishments
    sizes = np.array([lines[finess] for finess in hospitals["finess"]], np.float64)
    for number, (name, drawn) in enumerate(FORMS.items()):
        rng = np.random.default_rng([seed, 7, number])
        ranks = {column: rng.normal(size=len(hospitals)) for column in drawn}
        for place, year in enumerate(years):
            columns = {column: _written(rng, how, ranks[column], sizes[:, place]) for column, how in drawn.items()}
            frame = hospitals.select("finess", "raison_sociale").with_columns(**columns)
            if name == "comptes_financiers":
                frame = _balanced(rng, frame)
            frame.write_csv(directory / f"{name}_{year}.csv", separator=";")
    beds = _beds(np.random.default_rng([seed, 8]), hospitals, sizes, years)
    for (year,), frame in beds.group_by("AN", maintain_order=True):
        (directory / f"MCO_{year}r.csv").write_bytes(frame.write_csv(separator=";").encode("cp1252"))


def _written(rng: np.random.Generator, how: Drawn, ranks: Numbers, sizes: Numbers) -> pl.Series:
    """Return the figures of a column as texts, some of them missing."""
    moved = how.spread * (ranks + 0.2 * rng.normal(size=len(ranks)))
    figures = np.minimum(how.middle * np.exp(moved) * (sizes / 1000 if how.grows else 1), how.most)
    said = [f"{figure:.{how.decimals}f}".replace(".", ",") for figure in figures]
    gone = rng.random(len(said)) < MISSING
    return pl.Series(["" if empty else text for text, empty in zip(said, gone, strict=True)])


def _balanced(rng: np.random.Generator, accounts: pl.DataFrame) -> pl.DataFrame:
    """Add charges and the result to accounts: income less charges."""
    income = accounts["produits"].replace("", None).cast(pl.Int64)
    result = (income * pl.Series(rng.normal(0, 0.015, len(accounts)))).round().cast(pl.Int64)
    added = {"charges": income - result, "resultat": result}
    return accounts.with_columns(figures.cast(pl.String).fill_null("").alias(name) for name, figures in added.items())


def _beds(rng: np.random.Generator, hospitals: pl.DataFrame, sizes: Numbers, years: Sequence[int]) -> pl.DataFrame:
    """Return the rows of the SAE's form of MCO: a site each, with beds, places, stays and days.

    A clinic is its own site. A public hospital is a legal entity: its sites, one or two, have FINESS of their own.
    """
    rows = []
    for rank, hospital in enumerate(hospitals.iter_rows(named=True)):
        occupancy, parts = (
            rng.uniform(0.65, 0.95),
            dict(zip(("MED", "CHI", "OBS"), rng.dirichlet((20, 14, 3)), strict=True)),
        )
        for number, share in enumerate(ONE_SITE if hospital["secteur"] == "prive" or rank % 3 else TWO_SITES):
            finess, name = hospital["finess"], hospital["raison_sociale"]
            if hospital["secteur"] != "prive":
                finess = fictional_finess(hospital["departement"], FIRST_SITE + 2 * int(finess[-3:]) + number)
                name = f"{name}, site {number + 1}"
            for year, lines in zip(years, sizes[rank] * share, strict=True):
                row: dict[str, str | int] = {"AN": year, "FI": finess, "RS": name, "FI_EJ": hospital["finess"]}
                days = lines * DAYS_A_LINE * rng.normal(1, 0.02)
                for letters, part in parts.items():
                    beds = max(1, round(days * part / occupancy / OPEN_DAYS))
                    row[f"LIT_{letters}"], row[f"JLI_{letters}"] = beds, beds * OPEN_DAYS
                    row[f"SEJHC_{letters}"] = round(lines * STAYS_A_LINE * part)
                    row[f"JOU_{letters}"] = min(round(days * part), beds * OPEN_DAYS)
                for figure in ("LIT", "JLI", "SEJHC", "JOU"):
                    row[f"{figure}_MCO"] = sum(int(row[f"{figure}_{letters}"]) for letters in parts)
                rows.append(row | {"PLA_MCO": round(lines * PLACES_A_LINE)})
    return pl.DataFrame(rows)
