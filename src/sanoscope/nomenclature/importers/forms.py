"""The official forms that are known: how each is recognised, and what it becomes."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from sanoscope.nomenclature.places import departement_of_code_geo, departement_of_finess
from sanoscope.nomenclature.tables import TABLES

Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Form:
    """An official form.

    Attributes:
        name: what to call it.
        requires: columns that it must have (as in the file).
        convert: from its frame of text to rows of plain tables.
    """

    name: str
    requires: frozenset[str]
    convert: Callable[[pl.DataFrame], Tables]


def _cas(gp: str) -> pl.Expr:
    """CAS from the first letter of GP (DESIGN §4; consistent with every list of the original site)."""
    letters = {"C": "C", "K": "PI", "N": "O15", "O": "O14", "S": "S", "X": "X", "Z": "Z"}
    return pl.col(gp).str.slice(0, 1).replace(letters)


def _ghm_regroupements(frame: pl.DataFrame, *, year: str, gp: str, gp_label: str) -> Tables:
    """GHM regroupings: one row a GHM and year, with DA, GP, GA and their labels; ASO since 2016."""
    frame = frame.with_columns(
        pl.col("ghm").str.slice(0, 5).alias("racine"), pl.col("ghm").str.slice(0, 2).alias("cmd")
    )
    aso = pl.col("aso").fill_null("?") if "aso" in frame.columns else pl.lit("?")
    ghm = frame.select(
        pl.col(year).alias("annee"),
        "ghm",
        pl.col("libelle_ghm").alias("libelle"),
        "racine",
        "ga",
        pl.col(gp).alias("gp"),
        pl.col("da").alias("doac"),
        _cas(gp).alias("cas"),
        aso.replace("", "?").alias("aso"),
        "cmd",
    )
    levels = [("doac", "da", "libelle_da"), ("gp", gp, gp_label), ("ga", "ga", "libelle_ga")]
    labels = [
        frame.select(
            pl.col(year).alias("annee"),
            pl.lit(level).alias("niveau"),
            pl.col(source).alias("code"),
            pl.col(label).alias("libelle"),
        ).unique(["annee", "niveau", "code"], keep="first")
        for level, source, label in levels
    ]
    # the label of a root is that of its GHM without what follows the last comma (niveau, très courte durée…)
    roots = frame.select(
        pl.col(year).alias("annee"),
        pl.lit("racine").alias("niveau"),
        pl.col("racine").alias("code"),
        pl.col("libelle_ghm").str.replace(r", (niveau \d|très courte durée|en ambulatoire|sans complication.*)$", ""),
    ).rename({"libelle_ghm": "libelle"})
    labels.append(roots.unique(["annee", "niveau", "code"], keep="first"))
    return {"ghm": ghm.unique(["annee", "ghm"], keep="first"), "regroupements": pl.concat(labels)}


def _roots(frame: pl.DataFrame) -> Tables:
    labels = frame.select(
        pl.col("anseqta").alias("annee"),
        pl.lit("racine").alias("niveau"),
        pl.col("racine").alias("code"),
        pl.col("libelle_racine").alias("libelle"),
    )
    return {"regroupements": labels.unique(["annee", "niveau", "code"], keep="first")}


def _geography(frame: pl.DataFrame) -> Tables:
    """Communes with their geographic code and territory; the latest year of the file, the largest commune's name."""
    if "annee" in frame.columns:
        frame = frame.filter(pl.col("annee") == pl.col("annee").max())
    population = pl.col("pop").cast(pl.Float64, strict=False).fill_null(0)
    rows = (
        frame.with_columns(population.alias("pop"))
        .sort("pop", descending=True)
        .unique("code_geo", keep="first", maintain_order=True)
        .with_columns(departement_of_code_geo(pl.col("code_geo")).alias("departement"))
    )
    return {
        "geographie": rows.select(
            "code_geo",
            pl.col("lib_com").fill_null("").replace("", "Sans nom").alias("libelle"),
            "departement",
            pl.lit("").alias("region"),
            pl.col("ts").fill_null("").str.replace("^x+$", "").alias("territoire"),
        )
    }


_CATEGORIES = {"PRIVÉ": "PRIVE", "CHR/U": "CHR/U", "CH": "CH", "CLCC": "CLCC", "PSPH/EBNL": "PSPH/EBNL"}


def _published(frame: pl.DataFrame) -> Tables:
    """An establishment table as ScanSanté publishes it."""
    rows = frame.filter(pl.col("Finess").str.contains(r"^\w{9}$")).unique("Finess", keep="first", maintain_order=True)
    category = pl.col("Catégorie").replace(_CATEGORIES)
    return {
        "etablissements": rows.select(
            pl.col("Finess").alias("finess"),
            pl.col("Raison Sociale").alias("raison_sociale"),
            category.alias("categorie"),
            pl.when(category == "PRIVE").then(pl.lit("prive")).otherwise(pl.lit("public")).alias("secteur"),
            departement_of_finess(pl.col("Finess")).alias("departement"),
        )
    }


def _finess_list(frame: pl.DataFrame) -> Tables:
    """A list of establishments (FINESS, name prefixed by it, commune, status, region)."""
    status = {"Public": "public", "Privé non lucratif": "public"}
    rows = frame.unique("FINESS", keep="first", maintain_order=True)
    return {
        "etablissements": rows.select(
            pl.col("FINESS").alias("finess"),
            pl.col("Raison sociale").str.replace(r"^\w{9} - ", "").alias("raison_sociale"),
            pl.col("Statut Juridique").replace_strict(status, default="prive").alias("secteur"),
            departement_of_finess(pl.col("FINESS")).alias("departement"),
            pl.col("Région").str.extract(r"^(\d{2})").fill_null("").alias("region"),
        )
    }


FORMS: tuple[Form, ...] = (
    Form(
        "regroupements des GHM (tables annuelles)",
        frozenset({"ghm", "libelle_ghm", "da", "gp_cas", "ga", "anseqta"}),
        lambda frame: _ghm_regroupements(frame, year="anseqta", gp="gp_cas", gp_label="libelle_gp_cas"),
    ),
    Form(
        "regroupements des GHM (classification 2025)",
        frozenset({"ghm", "libelle_ghm", "racine", "da", "gp", "ga", "aso", "cas_deduit"}),
        lambda frame: _ghm_regroupements(
            frame.with_columns(pl.lit("2025").alias("annee")), year="annee", gp="gp", gp_label="libelle_gp"
        ),
    ),
    Form("racines de GHM (tables annuelles)", frozenset({"racine", "libelle_racine", "anseqta"}), _roots),
    Form(
        "communes et codes géographiques PMSI", frozenset({"code_com", "code_geo", "ts", "pop", "lib_com"}), _geography
    ),
    Form("établissements d'un tableau publié", frozenset({"Catégorie", "Finess", "Raison Sociale"}), _published),
    Form(
        "liste FINESS", frozenset({"FINESS", "Raison sociale", "Commune", "Statut Juridique", "Région"}), _finess_list
    ),
    *(
        Form(
            f"table simple {table.name}",
            frozenset(column.name for column in table.columns if not column.optional),
            lambda frame, name=table.name: {name: frame},  # type: ignore[misc]
        )
        for table in TABLES.values()
    ),
)
