"""The nomenclatures: which code system is which dimension of the fields, and the coarser levels of its codes.

Everything here is data; `codes` does the work. A nomenclature has the name of its finest dimension.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class Nomenclature:
    """A code system.

    Attributes:
        name: the dimension that its codes are of.
        title: what one of its codes is, in French.
        table: the plain table that has its codes; the column of codes is `name`, but in the table ``codes``, where
            `name` is the value of ``liste``.
        levels: title, in French, by coarser level; the finest first.
        deduced: what the code (column `name`) or a level before it says of a level that the table leaves empty.
        form: regular expression of the codes that levels may be deduced from; "" for any.
        ranges: the plain table of the ranges of codes that say the remaining levels; its column ``debut`` is compared
            with the first level.
    """

    name: str
    title: str
    table: str
    levels: Mapping[str, str] = field(default_factory=dict)
    deduced: Mapping[str, pl.Expr] = field(default_factory=dict)
    form: str = ""
    ranges: str = ""

    @property
    def is_list(self) -> bool:
        """Whether it is one of the short lists of the table ``codes``."""
        return self.table == "codes"


def _start(column: str, length: int) -> pl.Expr:
    return pl.col(column).str.slice(0, length)


def _list(name: str, title: str) -> Nomenclature:
    return Nomenclature(name, title, "codes")


GHM_FORM = r"\d\d\w{4}"
GME_FORM = r"\d{4}[A-Z][A-Z]?\d"
"""GN (4), letter (type of hospitalisation and group of rehabilitation, or root before 2022), weight (since 2022),
severity."""
DP_FORM = r"[A-Z]\d\d[\d+]{0,5}"
ACTE_FORM = r"[A-Z]{4}\d{3}"
CSARR_FORM = r"[A-Z]{3}\+\d{3}"
UCD_FORM = r"\d{7}"
LPP_FORM = r"\d{7}"
ATC_FORM = r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?"

NOMENCLATURES: dict[str, Nomenclature] = {
    one.name: one
    for one in (
        Nomenclature(
            "ghm",
            "GHM",
            "ghm",
            {
                "racine": "Racine de GHM",
                "ga": "Groupe d'activité (GA)",
                "gp": "Groupe de planification (GP)",
                "doac": "Domaine d'activité (DoAc)",
                "cas": "Catégorie d'activité de soins (CAS)",
                "aso": "Activité de soins (ASO)",
                "cmd": "Catégorie majeure de diagnostic (CMD)",
            },
            {"racine": _start("ghm", 5), "cmd": _start("ghm", 2)},
        ),
        Nomenclature(
            "gme",
            "GME",
            "gme",
            {"rgme": "Racine de GME", "gn": "Groupe nosologique (GN)", "cm": "Catégorie majeure (CM)"},
            {"rgme": pl.col("gme").str.head(-1), "gn": _start("gme", 4), "cm": _start("gme", 2)},
            form=GME_FORM,
        ),
        Nomenclature(
            "dp",
            "Diagnostic (CIM-10)",
            "diagnostics",
            {
                "categorie_dp": "Catégorie de la CIM-10",
                "bloc_dp": "Bloc de la CIM-10",
                "chapitre_dp": "Chapitre de la CIM-10",
                "categorie_psy": "Catégorie de diagnostic en psychiatrie",
            },
            {"categorie_dp": _start("dp", 3)},
            form=DP_FORM,
            ranges="plages_diagnostics",
        ),
        Nomenclature(
            "acte",
            "Acte (CCAM)",
            "actes",
            {"sous_chapitre": "Sous-chapitre de la CCAM", "chapitre_acte": "Chapitre de la CCAM"},
        ),
        Nomenclature(
            "csarr",
            "Acte de réadaptation (CSARR)",
            "csarr",
            {"sous_chapitre_csarr": "Sous-chapitre du CSARR", "chapitre_csarr": "Chapitre du CSARR"},
        ),
        Nomenclature(
            "ucd",
            "Médicament (UCD)",
            "ucd",
            {"atc5": "Substance (ATC)", "atc1": "Groupe anatomique (ATC)"},
            {"atc1": _start("atc5", 1)},
        ),
        Nomenclature(
            "lpp",
            "Dispositif médical (LPP)",
            "lpp",
            {"categorie_lpp": "Catégorie de la LPP", "titre_lpp": "Titre de la LPP"},
        ),
        _list("mpp", "Mode de prise en charge principal (HAD)"),
        _list("mpa", "Mode de prise en charge associé (HAD)"),
        _list("mpd", "Mode de prise en charge documentaire (HAD)"),
        _list("karnofsky", "Indice de Karnofsky"),
        _list("ghpc", "Groupe homogène de prise en charge (HAD)"),
        Nomenclature(
            "forme_activite",
            "Forme d'activité (psychiatrie)",
            "codes",
            {"nature": "Nature de prise en charge (psychiatrie)"},
            {"nature": _start("forme_activite", 1).replace({"0": "1"})},
            form=r"[023]\d[DPS]?",
        ),
        Nomenclature(
            "edgar",
            "Nature de l'acte (EDGAR)",
            "codes",
            {"famille_edgar": "Famille d'actes (EDGAR)"},
            {"famille_edgar": _start("edgar", 1)},
            form="[EDGARX][A-Z]?",
        ),
        _list("lieu_acte", "Lieu de l'acte (psychiatrie)"),
        _list("intervenant", "Catégorie professionnelle de l'intervenant (psychiatrie)"),
        _list("mode_entree", "Mode d'entrée"),
        _list("mode_sortie", "Mode de sortie"),
        _list("provenance", "Provenance"),
        _list("destination", "Destination"),
        _list("age5", "Classe d'âge"),
        _list("sexe", "Sexe"),
        Nomenclature(
            "indicateur",
            "Indicateur de pilotage de l'activité",
            "codes",
            {"famille_indicateur": "Famille d'indicateurs"},
        ),
        _list("severite", "Niveau de sévérité"),
        _list("duree_classe", "Durée de séjour"),
        _list("evitable", "Motif d'hospitalisation évitable"),
        _list("valorisation", "Valorisation"),
        _list("liste_en_sus", "Liste en sus"),
    )
}
"""The nomenclatures by name."""

OWNERS: dict[str, str] = {level: one.name for one in NOMENCLATURES.values() for level in (one.name, *one.levels)}
"""Nomenclature by level, each nomenclature's own codes included."""
LEVELS: tuple[str, ...] = tuple(NOMENCLATURES["ghm"].levels)
"""Levels that a GHM belongs to."""
GROUPINGS: tuple[str, ...] = tuple(level for one in NOMENCLATURES.values() for level in one.levels)
"""Every level that is coarser than the codes of its nomenclature."""
LISTS: tuple[str, ...] = tuple(one.name for one in NOMENCLATURES.values() if one.is_list)
"""The short lists of the table ``codes``."""
TITLES: dict[str, str] = {
    level: title for one in NOMENCLATURES.values() for level, title in ((one.name, one.title), *one.levels.items())
}
"""Title in French by level."""
