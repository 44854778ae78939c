"""Files of indicators of the synthetic country, as their sources write them: invented figures of invented hospitals.

A hospital keeps its rank from year to year. Beds, staff and accounts follow its stays; nothing else follows from
anything. Costs are in `costs`, scores in `quality`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from sanoscope.demo.casemix import Casemix
from sanoscope.demo.costs import costs, overruns, units
from sanoscope.demo.country import Country, fictional_finess
from sanoscope.demo.drawn import Drawn, Numbers, figures, left_out, written
from sanoscope.demo.quality import quality

DAYS_A_LINE = 0.9
"""Days of full stay by RSA line, over the country."""
STAYS_A_LINE = 0.35
"""Full stays by RSA line."""
PLACES_A_LINE = 1 / 900
OPEN_DAYS = 365
SITES = {"one": (1.0,), "two": (0.7, 0.3)}
"""Share of each site of a hospital."""
FIRST_SITE = 500
"""Sites are numbered from there in their département."""
SIZES = (500, 1000, 2000, 4000)
"""RSA lines from which a hospital is of the next size of Hospi Diag, T1 to T5."""
HOSPI_DIAG = {"CHR/U": "CHR", "CH": "CH", "PSPH/EBNL": "EBNL", "PRIVE": "CLI"}
"""Its categories."""

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
TRADES = {
    "MED": ("Médecins", 6.0),
    "SF": ("Sages-femmes", 0.7),
    "IDE": ("Infirmiers", 10.0),
    "AS": ("Aides-soignants", 8.0),
    "MKDE": ("Masseurs-kinésithérapeutes", 0.4),
    "MERM": ("Manipulateurs d'électroradiologie", 0.9),
    "ADM": ("Personnels administratifs", 5.0),
}
"""Of each trade: its name, its people by 1,000 RSA lines."""
OF_TRADES = {
    "etp": Drawn(0.92, 0.03, most=1),
    "taux_absenteisme": Drawn(9, 0.25, most=40),
    "rotation": Drawn(12, 0.35, most=60),
    "part_interim": Drawn(1.5, 0.8, most=40),
    "part_cdd": Drawn(10, 0.4, most=60),
    "age_moyen": Drawn(42, 0.05),
}
"""Of a trade; ETP are by person."""
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
PERFORMANCE = {
    "A7": Drawn(9, 0.5, most=100),
    "A9": Drawn(18, 0.3, most=100),
    "A10": Drawn(0.8, 0.8),
    "A11": Drawn(60, 0.9),
    "A12": Drawn(32, 0.4, most=100),
    "A13": Drawn(88, 0.1),
    "A14": Drawn(76, 0.15),
    "A15": Drawn(62, 0.2),
    "P1": Drawn(1, 0.1, decimals=3),
    "P2": Drawn(0.97, 0.12, decimals=3),
    "P3": Drawn(1, 0.07, decimals=3),
    "P9": Drawn(240_000, 0.3, decimals=0),
    "P10": Drawn(20, 0.15, most=60),
    "P11": Drawn(80, 0.1, most=100),
    "P12": Drawn(58, 0.2, most=100),
    "P13": Drawn(86, 0.1, most=100),
    "P14": Drawn(95, 0.3),
    "P15": Drawn(93, 0.04, most=100),
    "RH1": Drawn(48, 0.2),
    "RH2": Drawn(42_000, 0.3, decimals=0),
    "RH3": Drawn(61_000, 0.3, decimals=0),
    "RH4": Drawn(21, 0.2),
    "RH5": Drawn(1.3, 0.3),
    "RH6": Drawn(4.2, 0.3),
    "RH8": Drawn(8.8, 0.2),
    "RH9": Drawn(12, 0.3),
    "F1_D": Drawn(5, 0.4),
    "F2_D": Drawn(4, 0.4),
    "F3_D": Drawn(1.2, 0.7),
    "F4_D": Drawn(9, 0.5),
    "F5_D": Drawn(46, 0.2, most=100),
}
FORMS = {"bilan_social": STAFF, "comptes_financiers": ACCOUNTS, "hd": PERFORMANCE}
SHARES = {"A1bis": 0.2, "A2bis": 0.3, "A3bis": 0.4, "A4bis": 0.3, "A5bis": 0.5}
"""Market shares in a region follow the stays, this much apart."""


def write_indicators(
    directory: Path,
    country: Country,
    casemix: Casemix,
    lines: Mapping[str, Sequence[int]],
    *,
    years: Sequence[int],
    seed: int,
) -> None:
    """Write the files of every source, one a year.

    Args:
        directory: where; made if needed.
        country: its hospitals.
        casemix: the groups that they treat.
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
            columns = {
                column: left_out(rng, written(figures(rng, how, ranks[column], sizes[:, place]), how.decimals))
                for column, how in drawn.items()
            }
            frame = hospitals.select("finess", "raison_sociale").with_columns(**columns)
            if name == "comptes_financiers":
                frame = _balanced(rng, frame)
            elif name == "hd":
                frame = _placed(frame, hospitals, sizes[:, place])
            frame.write_csv(directory / f"{name}_{year}.csv", separator=";")
    sites = _sites(hospitals)
    for place, year in enumerate(years):
        rng = np.random.default_rng([seed, 8, year])
        own = sizes[sites["rang"], place] * sites["part"].to_numpy()
        _latin(directory / f"MCO_{year}r.csv", _beds(rng, sites, own, year))
        for name, frame in quality(rng, sites.select("FI", "RS", "FI_EJ"), year).items():
            _latin(directory / name, frame)
        trades = _trades(rng, hospitals, sizes[:, place])
        trades.write_csv(directory / f"bilan_social_metiers_{year}.csv", separator=";")
        _shares(rng, hospitals, sizes[:, place]).write_csv(directory / f"pdmreg_{year}.csv", separator=";")
        lines_of_all = float(sizes[:, place].sum())
        for name, frame in {**costs(rng, casemix, year, lines_of_all), f"rtc_{year}.csv": units(rng)}.items():
            frame.write_csv(directory / name, separator=";")
        clinics = hospitals.filter(pl.col("secteur") == "prive")
        overruns(rng, clinics).write_csv(directory / f"depassements_honoraires_{year}.csv", separator=";")


def _latin(path: Path, frame: pl.DataFrame) -> None:
    path.write_bytes(frame.write_csv(separator=";").encode("cp1252"))


def _balanced(rng: np.random.Generator, accounts: pl.DataFrame) -> pl.DataFrame:
    """Add charges and the result to accounts: income less charges."""
    income = accounts["produits"].replace("", None).cast(pl.Int64)
    result = (income * pl.Series(rng.normal(0, 0.015, len(accounts)))).round().cast(pl.Int64)
    added = {"charges": income - result, "resultat": result}
    return accounts.with_columns(column.cast(pl.String).fill_null("").alias(name) for name, column in added.items())


def _placed(indicators: pl.DataFrame, hospitals: pl.DataFrame, sizes: Numbers) -> pl.DataFrame:
    """Add to the indicators of Hospi Diag what each hospital is; clinics have their accounts elsewhere."""
    private = pl.col("champ_pmsi") == "OQN"
    placed = indicators.rename({"raison_sociale": "rs"}).with_columns(
        hospitals["secteur"].replace_strict({"prive": "OQN", "public": "DGF"}).alias("champ_pmsi"),
        pl.lit("TAA").alias("taa"),
        hospitals["categorie"].replace_strict(HOSPI_DIAG).alias("cat"),
        pl.Series("taille_MCO", [f"T{1 + n}" for n in np.digitize(sizes, SIZES)]),
    )
    own = [column for column in indicators.columns if column.endswith("_D")]
    return placed.with_columns(pl.when(private).then(pl.lit("")).otherwise(pl.col(own)).name.keep())


def _shares(rng: np.random.Generator, hospitals: pl.DataFrame, sizes: Numbers) -> pl.DataFrame:
    """Return the market shares of the hospitals in their region, in per cent."""
    frame = hospitals.select("finess", pl.col("region").alias("zone"))
    for name, spread in SHARES.items():
        part = pl.Series(sizes * np.exp(spread * rng.normal(size=len(sizes))))
        whole = frame.with_columns(part=part).select(pl.col("part") / pl.col("part").sum().over("zone") * 100)
        frame = frame.with_columns(written(whole["part"].to_numpy(), 1).alias(name))
    return frame


def _trades(rng: np.random.Generator, hospitals: pl.DataFrame, sizes: Numbers) -> pl.DataFrame:
    """Return the staff of each hospital by trade; a trade without people has no row."""
    frames = []
    for code, (name, by_lines) in TRADES.items():
        ranks = rng.normal(size=len(hospitals))
        people = np.rint(figures(rng, Drawn(by_lines, 0.3, grows=True), ranks, sizes))
        columns = {}
        for column, how in OF_TRADES.items():
            values = figures(rng, how, rng.normal(size=len(hospitals)), sizes)
            columns[column] = written(values * people if column == "etp" else values, how.decimals)
        frame = hospitals.select("finess", "raison_sociale").with_columns(
            pl.lit(code).alias("metier"),
            pl.lit(name).alias("libelle_metier"),
            pl.Series("effectif", people).cast(pl.Int64),
            **columns,
        )
        frames.append(frame.filter(pl.col("effectif") > 0))
    return pl.concat(frames)


def _sites(hospitals: pl.DataFrame) -> pl.DataFrame:
    """Return (FI, RS, FI_EJ, rang, part): the sites of the hospitals, the rank of each and the part it has of it.

    A clinic is its own site. A public hospital is a legal entity: its sites, one or two, have FINESS of their own.
    """
    rows = []
    for rank, hospital in enumerate(hospitals.iter_rows(named=True)):
        legal, name = hospital["finess"], hospital["raison_sociale"]
        if hospital["secteur"] == "prive":
            rows.append((legal, name, legal, rank, 1.0))
            continue
        for number, share in enumerate(SITES["one" if rank % 3 else "two"]):
            finess = fictional_finess(hospital["departement"], FIRST_SITE + 2 * int(legal[-3:]) + number)
            rows.append((finess, f"{name}, site {number + 1}", legal, rank, share))
    return pl.DataFrame(rows, ["FI", "RS", "FI_EJ", "rang", "part"], orient="row")


def _beds(rng: np.random.Generator, sites: pl.DataFrame, lines: Numbers, year: int) -> pl.DataFrame:
    """Return the rows of the SAE's form of MCO: beds, places, stays and days of each site."""
    days, occupancy = lines * DAYS_A_LINE, rng.uniform(0.65, 0.95, len(lines))
    parts = rng.dirichlet((20, 14, 3), len(lines))
    columns: dict[str, Numbers] = {}
    for place, letters in enumerate(("MED", "CHI", "OBS")):
        part = parts[:, place]
        beds = np.maximum(1, np.rint(days * part / occupancy / OPEN_DAYS))
        columns |= {f"LIT_{letters}": beds, f"JLI_{letters}": beds * OPEN_DAYS}
        columns[f"SEJHC_{letters}"] = np.rint(lines * STAYS_A_LINE * part)
        columns[f"JOU_{letters}"] = np.minimum(np.rint(days * part), beds * OPEN_DAYS)
    for figure in ("LIT", "JLI", "SEJHC", "JOU"):
        columns[f"{figure}_MCO"] = sum(
            (columns[f"{figure}_{of}"] for of in ("MED", "CHI", "OBS")), np.zeros(len(lines))
        )
    columns["PLA_MCO"] = np.rint(lines * PLACES_A_LINE)
    whole = [pl.Series(name, values).cast(pl.Int64) for name, values in columns.items()]
    return sites.select(pl.lit(year).alias("AN"), "FI", "RS", "FI_EJ").with_columns(whole)
