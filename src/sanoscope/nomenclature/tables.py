"""The plain reference tables: what their columns are and mean.

Each is a CSV file: UTF-8, comma, header, one line a row. `reading` reads and checks them.
"""

from dataclasses import dataclass
from typing import Literal

CATEGORIES = {"CHR/U": "CHR/U", "CH": "CH", "CLCC": "CLCC", "PSPH/EBNL": "PSPH/EBNL", "PRIVE": "PRIVÉ"}
"""Label by category of establishment, as ATIH's tables write it."""
SECTEURS = {"public": "Public et PSPH (ex-DGF)", "prive": "Privé (ex-OQN)"}
"""Label by sector."""
LEVELS = ("racine", "ga", "gp", "doac", "cas", "aso", "cmd")
"""Levels that a GHM belongs to."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a plain table.

    Attributes:
        name: as in the header.
        meaning: one line, in French.
        type: ``text`` or ``integer``.
        optional: may be empty, or missing from the file.
        form: regular expression that the whole of a value follows; "" for any value.
        allowed: the values admitted, or () for any.
    """

    name: str
    meaning: str
    type: Literal["text", "integer"] = "text"
    optional: bool = False
    form: str = ""
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A plain table: its file is ``name.csv``; ``key`` names the columns that no two rows share."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return tuple(column.name for column in self.columns if not column.optional)

    def fits(self, header: tuple[str, ...]) -> bool:
        """Tell whether a header is that of such a table: all that it must have, nothing that it does not know."""
        return set(self.required) <= set(header) <= set(self.names) and len(header) == len(set(header))


_CODE_GEO = r"\w{5}"
_DEPARTEMENT = r"\d\d|2[AB]|9[78]\d|\?"
_REGION = r"\d\d|\?"

ETABLISSEMENTS = Table(
    "etablissements",
    "Les établissements et leurs attributs, au fil du temps.",
    (
        Column("finess", "FINESS sous lequel l'établissement transmet (9 caractères)", form=r"\w{9}"),
        Column("raison_sociale", "nom"),
        Column(
            "categorie", "CHR/U, CH, CLCC, PSPH/EBNL ou PRIVE (affiché PRIVÉ)", optional=True, allowed=tuple(CATEGORIES)
        ),
        Column("secteur", "public (ex-DGF : public et PSPH) ou prive (ex-OQN)", optional=True, allowed=tuple(SECTEURS)),
        Column("finess_juridique", "FINESS de l'entité juridique", optional=True, form=r"\w{9}"),
        Column("code_geo", "code géographique PMSI du lieu", optional=True, form=_CODE_GEO),
        Column("departement", "code du département ; vide : déduit du FINESS", optional=True, form=_DEPARTEMENT),
        Column("region", "code de la région ; vide : déduit du département", optional=True, form=_REGION),
        Column("ght", "groupement hospitalier de territoire", optional=True),
        Column("annee_debut", "première année où la ligne vaut ; vide : depuis toujours", "integer", optional=True),
        Column("annee_fin", "dernière année où la ligne vaut ; vide : encore", "integer", optional=True),
    ),
    ("finess", "annee_debut"),
)

GEOGRAPHIE = Table(
    "geographie",
    "Les codes géographiques PMSI.",
    (
        Column("code_geo", "code géographique PMSI (5 caractères)", form=_CODE_GEO),
        Column("libelle", "nom"),
        Column("departement", "code du département ; vide : déduit du code", optional=True, form=_DEPARTEMENT),
        Column("region", "code de la région ; vide : déduit du département", optional=True, form=_REGION),
        Column("territoire", "territoire de santé", optional=True),
    ),
    ("code_geo",),
)

POPULATION = Table(
    "population",
    "La population, par code géographique ou par département (l'une des deux colonnes est vide).",
    (
        Column("annee", "année (1er janvier)", "integer"),
        Column("code_geo", "code géographique PMSI", optional=True, form=_CODE_GEO),
        Column("departement", "code du département", optional=True, form=_DEPARTEMENT),
        Column("sexe", "1 homme, 2 femme", "integer", allowed=("1", "2")),
        Column("age", "premier âge de la classe de 5 ans : 0, 5 … 95 (95 ans et plus)", "integer"),
        Column("population", "habitants", "integer"),
    ),
    ("annee", "code_geo", "departement", "sexe", "age"),
)

GHM = Table(
    "ghm",
    "Les GHM et leurs regroupements, par version annuelle de la classification.",
    (
        Column("annee", "année de la version", "integer"),
        Column("ghm", "code du GHM (6 caractères)", form=r"\d\d\w{4}"),
        Column("libelle", "libellé du GHM"),
        *(Column(level, f"code {level} du GHM ; ? : inconnu dans cette version") for level in LEVELS),
    ),
    ("annee", "ghm"),
)

VERSIONS_GHM = Table(
    "versions_ghm",
    "Les années dont la classification est, code pour code, celle d'une autre année : écrite une seule fois.",
    (
        Column("annee", "année", "integer"),
        Column("identique_a", "année sous laquelle les lignes de ghm.csv sont écrites", "integer"),
    ),
    ("annee",),
)

REGROUPEMENTS = Table(
    "regroupements",
    "Les libellés des niveaux de regroupement des GHM.",
    (
        Column("annee", "année de la version", "integer"),
        Column("niveau", "aso, cas, cmd, doac, gp, ga ou racine", allowed=LEVELS),
        Column("code", "code dans ce niveau"),
        Column("libelle", "libellé"),
    ),
    ("annee", "niveau", "code"),
)

REGIONS = Table(
    "regions", "Les régions.", (Column("code", "code INSEE", form=_REGION), Column("libelle", "nom")), ("code",)
)

DEPARTEMENTS = Table(
    "departements",
    "Les départements.",
    (
        Column("code", "code : 01…95, 2A, 2B, 971, 972, 973, 974, 976", form=_DEPARTEMENT),
        Column("libelle", "nom"),
        Column("region", "code de la région", form=_REGION),
    ),
    ("code",),
)

ZONAGES = Table(
    "zonages",
    "Un zonage libre par fichier de zonages/ : le nom du fichier est celui du zonage.",
    (
        Column("code_geo", "code géographique PMSI", form=_CODE_GEO),
        Column("zone", "code de la zone"),
        Column("libelle_zone", "nom de la zone"),
    ),
    ("code_geo",),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ETABLISSEMENTS,
        GEOGRAPHIE,
        POPULATION,
        GHM,
        VERSIONS_GHM,
        REGROUPEMENTS,
        REGIONS,
        DEPARTEMENTS,
        ZONAGES,
    )
}
"""The plain tables by name."""
