"""The plain reference tables: what their columns are and mean.

Each is a CSV file: UTF-8, comma, header, one line a row. `reading` reads and checks them.
"""

from dataclasses import dataclass
from typing import Literal

from sanoscope.nomenclature.systems import (
    ACTE_FORM,
    ATC_FORM,
    CSARR_FORM,
    DP_FORM,
    GHM_FORM,
    GME_FORM,
    GROUPINGS,
    LEVELS,
    LISTS,
    LPP_FORM,
    NOMENCLATURES,
    UCD_FORM,
)

CATEGORIES = {"CHR/U": "CHR/U", "CH": "CH", "CLCC": "CLCC", "PSPH/EBNL": "PSPH/EBNL", "PRIVE": "PRIVÉ"}
"""Label by category of establishment, as ATIH's tables write it."""
SECTEURS = {"public": "Public et PSPH (ex-DGF)", "prive": "Privé (ex-OQN)"}
"""Label by sector."""


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
    """A plain table: its file is ``name.csv``.

    Attributes:
        key: the columns that no two rows share; a row replaces that of the same key of another table.
        whole: columns of what is replaced as one: all the rows that agree on them; () for row by row.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    whole: tuple[str, ...] = ()

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

FINESS_HISTORIQUE = Table(
    "finess_historique",
    "Ce que des FINESS sont devenus : fusions, reprises, transferts d'un site.",
    (
        Column("ancien", "FINESS d'avant (9 caractères)", form=r"\w{9}"),
        Column("nouveau", "FINESS d'après (9 caractères)", form=r"\w{9}"),
        Column("date", "jour du changement : 2021-01-01 ; vide : inconnu", optional=True, form=r"\d{4}-\d\d-\d\d"),
        Column("motif", "ce qui s'est passé : fusion, reprise…", optional=True),
    ),
    ("ancien", "nouveau"),
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

DMS_REFERENCE = Table(
    "dms_reference",
    "Les durées moyennes de séjour nationales par GHM, officielles ; sinon l'édition calcule les siennes.",
    (
        Column("annee", "année", "integer"),
        Column("ghm", "code du GHM (6 caractères)", form=GHM_FORM),
        Column("moyenne", "durée moyenne de séjour, en millièmes de nuit", "integer"),
    ),
    ("annee", "ghm"),
)

_ANNEE = Column("annee", "année de la version", "integer")
_ANNEE_OU_TOUTES = Column("annee", "année de la version ; vide : vaut pour toutes", "integer", optional=True)

GHM = Table(
    "ghm",
    "Les GHM et leurs regroupements, par version annuelle de la classification.",
    (
        _ANNEE,
        Column("ghm", "code du GHM (6 caractères)", form=GHM_FORM),
        Column("libelle", "libellé du GHM"),
        *(Column(level, f"code {level} du GHM ; ? : inconnu dans cette version") for level in LEVELS),
    ),
    ("annee", "ghm"),
)

GME = Table(
    "gme",
    "Les GME, par version annuelle de la classification.",
    (
        _ANNEE,
        Column("gme", "code du GME (7 caractères ; 6 avant 2022)", form=GME_FORM),
        Column("libelle", "libellé du GME"),
        Column("rgme", "racine ; vide : le code sans son dernier caractère", optional=True),
        Column("gn", "groupe nosologique ; vide : les quatre premiers caractères", optional=True, form=r"\d{4}"),
        Column("cm", "catégorie majeure ; vide : les deux premiers caractères", optional=True, form=r"\d\d"),
    ),
    ("annee", "gme"),
)

DIAGNOSTICS = Table(
    "diagnostics",
    "Les codes de la CIM-10 à usage PMSI, catégories de trois caractères comprises.",
    (
        _ANNEE_OU_TOUTES,
        Column("dp", "code, sans point", form=DP_FORM),
        Column("libelle", "libellé"),
        Column("categorie_dp", "catégorie ; vide : les trois premiers caractères", optional=True, form=r"[A-Z]\d\d"),
        Column("bloc_dp", "bloc ; vide : celui de plages_diagnostics.csv", optional=True),
        Column("chapitre_dp", "chapitre ; vide : celui de plages_diagnostics.csv", optional=True, form=r"\d\d"),
        Column("categorie_psy", "catégorie en psychiatrie ; vide : celle de plages_diagnostics.csv", optional=True),
    ),
    ("annee", "dp"),
)

PLAGES_DIAGNOSTICS = Table(
    "plages_diagnostics",
    "Le bloc, le chapitre et la catégorie en psychiatrie de chaque catégorie de la CIM-10, par plage.",
    (
        Column("debut", "première catégorie de la plage", form=r"[A-Z]\d\d"),
        Column("fin", "dernière catégorie de la plage", form=r"[A-Z]\d\d"),
        Column("bloc_dp", "bloc, écrit comme la CIM-10 : A00-A09"),
        Column("chapitre_dp", "chapitre : 01 à 22", form=r"\d\d"),
        Column("categorie_psy", "catégorie de diagnostic en psychiatrie ; vide : le bloc", optional=True),
    ),
    ("debut",),
)

ACTES = Table(
    "actes",
    "Les actes de la CCAM, ceux qui n'ont plus cours compris.",
    (
        _ANNEE_OU_TOUTES,
        Column("acte", "code (7 caractères, sans phase ni activité)", form=ACTE_FORM),
        Column("libelle", "libellé"),
        Column("sous_chapitre", "sous-chapitre : 07.02", optional=True, form=r"\d\d\.\d\d"),
        Column("chapitre_acte", "chapitre : 07", optional=True, form=r"\d\d"),
    ),
    ("annee", "acte"),
)

CSARR = Table(
    "csarr",
    "Les actes de réadaptation du CSARR.",
    (
        _ANNEE_OU_TOUTES,
        Column("csarr", "code : ALQ+183", form=CSARR_FORM),
        Column("libelle", "libellé"),
        Column("sous_chapitre_csarr", "sous-chapitre : 01.01", optional=True, form=r"\d\d\.\d\d"),
        Column("chapitre_csarr", "chapitre : 01", optional=True, form=r"\d\d"),
    ),
    ("annee", "csarr"),
)

UCD = Table(
    "ucd",
    "Les médicaments, par unité commune de dispensation (UCD).",
    (
        _ANNEE_OU_TOUTES,
        Column("ucd", "code UCD7 : les caractères 6 à 12 d'un code UCD13", form=UCD_FORM),
        Column("libelle", "libellé"),
        Column("atc5", "code ATC, le plus fin connu", optional=True, form=ATC_FORM),
        Column("atc1", "groupe anatomique ; vide : le premier caractère de l'ATC", optional=True, form="[A-Z]"),
    ),
    ("annee", "ucd"),
)

LPP = Table(
    "lpp",
    "Les dispositifs médicaux de la liste des produits et prestations (LPP).",
    (
        _ANNEE_OU_TOUTES,
        Column("lpp", "code (7 chiffres)", form=LPP_FORM),
        Column("libelle", "libellé", optional=True),
        Column("libelle_en_sus", "libellé dans la liste en sus, pris quand le premier manque", optional=True),
        Column("categorie_lpp", "titre, sous-titre et rubrique : 3.1.1", optional=True, form=r"\d(\.\d+)*"),
        Column("titre_lpp", "titre : 1 à 5", optional=True, form=r"\d"),
    ),
    ("annee", "lpp"),
)

CODES = Table(
    "codes",
    "Les listes courtes : modes de prise en charge en HAD, formes d'activité et actes de psychiatrie, modes d'entrée…",
    (
        _ANNEE_OU_TOUTES,
        Column("liste", ", ".join(LISTS), allowed=LISTS),
        Column("code", "code dans cette liste"),
        Column("libelle", "libellé"),
        Column("groupe", "niveau plus large : nature d'une forme d'activité, famille d'un acte EDGAR", optional=True),
    ),
    ("annee", "liste", "code"),
)

NATURES = {"acte": "Acte de la CCAM", "diagnostic": "Diagnostic principal", "ghm": "GHM"}
"""What the codes of an indicator may be, by nature."""

INDICATEURS = Table(
    "indicateurs",
    "Ce que réunit chaque indicateur de pilotage : les séjours dont un code commence comme l'un de ceux-ci.",
    (
        Column("indicateur", "code de l'indicateur ; son nom et sa famille sont dans codes.csv, liste indicateur"),
        Column("nature", "acte (CCAM), diagnostic (principal) ou ghm", allowed=tuple(NATURES)),
        Column("code", "début du code ; vide : l'indicateur ne réunit plus rien", optional=True, form=r"\w{1,7}"),
    ),
    ("indicateur", "nature", "code"),
    whole=("indicateur",),
)

VERSIONS = Table(
    "versions",
    "La version à prendre pour une année qui n'en a pas d'écrite.",
    (
        Column("nomenclature", "celle dont on parle", allowed=tuple(NOMENCLATURES)),
        Column("annee", "année", "integer"),
        Column("version", "année sous laquelle les lignes sont écrites", "integer"),
        Column("identique", "oui : la même, code pour code ; non : la plus proche", allowed=("oui", "non")),
    ),
    ("nomenclature", "annee"),
)

CORRESPONDANCES = Table(
    "correspondances",
    "Ce qu'un code d'une version est devenu dans une autre, là où ni le code ni le libellé ne le disent.",
    (
        Column("nomenclature", "celle dont on parle", allowed=tuple(NOMENCLATURES)),
        Column("annee_de", "année de la version de départ", "integer"),
        Column("code_de", "code de départ"),
        Column("annee_a", "année de la version d'arrivée", "integer"),
        Column("code_a", "code d'arrivée"),
    ),
    ("nomenclature", "annee_de", "code_de", "annee_a", "code_a"),
)

REGROUPEMENTS = Table(
    "regroupements",
    "Les libellés des niveaux de regroupement de toutes les nomenclatures.",
    (
        _ANNEE_OU_TOUTES,
        Column("niveau", "un niveau : cmd, gn, bloc_dp, atc1…", allowed=GROUPINGS),
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

CONTROLES = Table(
    "controles",
    "Les seuils des contrôles avant publication, là où ils ne sont pas ceux du logiciel.",
    (
        Column("code", "code du contrôle : rupture-edition"),
        Column("niveau", "alerte, bloque, ou sans : le contrôle n'est pas fait", allowed=("alerte", "bloque", "sans")),
        Column("seuil", "au-dessus de combien, en pour cent ; vide : jamais", optional=True, form=r"\d+(\.\d+)?"),
    ),
    ("code", "niveau"),
)

TOTAUX_CONTROLE = Table(
    "totaux_controle",
    "Des totaux nationaux connus par ailleurs, auxquels une édition est comparée.",
    (
        Column("annee", "année entière", "integer"),
        Column("champ", "champ : mco, smr, had, psy…"),
        Column("somme", "somme du champ : sejours, journees…"),
        Column("valeur", "total attendu, dans l'unité de la somme", "integer"),
        Column(
            "tolerance", "écart qui bloque, en pour cent ; vide : celui du contrôle", optional=True, form=r"\d+(\.\d+)?"
        ),
    ),
    ("annee", "champ", "somme"),
)

_CENTS = "en centimes d'euro"
_DATE_EFFET = Column("date_effet", "premier jour où le tarif vaut : 2024-03-01", form=r"\d{4}-\d\d-\d\d")
_SECTEUR = Column("secteur", "public (ex-DGF : public et PSPH) ou prive (ex-OQN)", allowed=tuple(SECTEURS))

TARIFS_GHS = Table(
    "tarifs_ghs",
    "Les tarifs des séjours de MCO, par secteur, GHS, GHM et date d'effet.",
    (
        _SECTEUR,
        Column("ghs", "numéro de GHS (4 chiffres) ; vide : tout séjour du GHM", optional=True, form=r"\d{4}"),
        Column("ghm", "code du GHM (6 caractères)", form=GHM_FORM),
        _DATE_EFFET,
        Column("borne_basse", "borne extrême basse, en nuits ; 0 ou vide : aucune", "integer", optional=True),
        Column("borne_haute", "borne extrême haute, en nuits ; 0 ou vide : aucune", "integer", optional=True),
        Column("tarif", f"tarif du GHS, {_CENTS}", "integer"),
        Column("forfait_exb", f"forfait retiré sous la borne basse, {_CENTS}", "integer", optional=True),
        Column("tarif_exb", f"retiré par nuit sous la borne basse, sans forfait, {_CENTS}", "integer", optional=True),
        Column("tarif_exh", f"ajouté par nuit au-dessus de la borne haute, {_CENTS}", "integer", optional=True),
    ),
    ("secteur", "ghs", "ghm", "date_effet"),
)

TARIFS_SUPPLEMENTS = Table(
    "tarifs_supplements",
    "Les tarifs des suppléments au séjour de MCO.",
    (
        _SECTEUR,
        Column("supplement", "code du supplément : REA, STF, 9610…", form=r"[A-Z0-9]{2,10}"),
        _DATE_EFFET,
        Column("tarif", f"tarif d'un supplément, {_CENTS}", "integer"),
    ),
    ("secteur", "supplement", "date_effet"),
)

TARIFS_GHT = Table(
    "tarifs_ght",
    "Les tarifs par jour de l'hospitalisation à domicile (GHT), par lieu de prise en charge.",
    (
        Column("numero", "numéro de GHT (2 chiffres)", form=r"\d\d"),
        Column(
            "lieu",
            "domicile, esms (établissement social ou médico-social) ou ssiad (avec un service de soins à domicile)",
            allowed=("domicile", "esms", "ssiad"),
        ),
        _DATE_EFFET,
        Column("tarif", f"tarif d'une journée, {_CENTS}", "integer"),
    ),
    ("numero", "lieu", "date_effet"),
)

TARIFS_GME = Table(
    "tarifs_gme",
    "Les tarifs des séjours de SMR (GMT), par secteur, GME et date d'effet.",
    (
        _SECTEUR,
        Column("gmt", "numéro de GMT (4 chiffres) ; vide : tout séjour du GME", optional=True, form=r"\d{4}"),
        Column("gme", "code du GME", form=GME_FORM),
        _DATE_EFFET,
        Column("borne_basse", "début de la zone forfaitaire, en journées ; vide : aucune", "integer", optional=True),
        Column("borne_haute", "fin de la zone forfaitaire, en journées ; vide : aucune", "integer", optional=True),
        Column("tarif", f"tarif de la zone forfaitaire, ou d'une journée d'un GMT sans zone, {_CENTS}", "integer"),
        Column("tarif_zone_basse", f"par journée avant la zone, {_CENTS}", "integer", optional=True),
        Column("tarif_zone_haute", f"par journée après la zone, {_CENTS}", "integer", optional=True),
    ),
    ("secteur", "gmt", "gme", "date_effet"),
)

COEFFICIENTS_GEOGRAPHIQUES = Table(
    "coefficients_geographiques",
    "Ce par quoi les tarifs sont multipliés dans un département.",
    (
        Column("departement", "code du département", form=_DEPARTEMENT),
        _DATE_EFFET,
        Column("coefficient", "coefficient, en dix-millièmes : 10700 pour 7 %", "integer"),
    ),
    ("departement", "date_effet"),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ETABLISSEMENTS,
        FINESS_HISTORIQUE,
        GEOGRAPHIE,
        POPULATION,
        DMS_REFERENCE,
        GHM,
        GME,
        DIAGNOSTICS,
        PLAGES_DIAGNOSTICS,
        ACTES,
        CSARR,
        UCD,
        LPP,
        CODES,
        INDICATEURS,
        REGROUPEMENTS,
        VERSIONS,
        CORRESPONDANCES,
        REGIONS,
        DEPARTEMENTS,
        ZONAGES,
        CONTROLES,
        TOTAUX_CONTROLE,
        TARIFS_GHS,
        TARIFS_SUPPLEMENTS,
        TARIFS_GHT,
        TARIFS_GME,
        COEFFICIENTS_GEOGRAPHIQUES,
    )
}
"""The plain tables by name."""
