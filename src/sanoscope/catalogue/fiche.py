"""A fiche: one subject (a country, a région, a GHT, an establishment, an activity) described by several restitutions.

A fiche is one YAML file of ``catalogue/fiches``; a new one needs no code. It adds no figure of its own: each of its
blocks is a question to a restitution, and shows a part of the answer.
"""

from string import Formatter
from typing import Any, Literal, TypeAlias

from pydantic import Field, model_validator

from sanoscope.catalogue.field import Frozen

Sujet: TypeAlias = Literal["france", "region", "ght", "etablissement", "activite"]

PLACES: dict[str, frozenset[str]] = {
    "france": frozenset(),
    "region": frozenset({"sujet"}),
    "ght": frozenset({"sujet"}),
    "etablissement": frozenset({"sujet", "departement", "region"}),
    "activite": frozenset({"sujet", "niveau"}),
}
"""What the criteria of a block may name of each subject, in braces; the years ``{annee}`` and ``{annees}`` besides."""

YEARS = frozenset({"annee", "annees"})


class Bloc(Frozen):
    """A block: a question to a restitution, and what is shown of its answer.

    Attributes:
        titre: its heading.
        restitution: slug of the restitution asked.
        criteres: criterion → value, in which ``{sujet}`` is the code of the subject, ``{annee}`` the year, ``{annees}``
            five years at most up to it; of an establishment ``{departement}`` and ``{region}``, where it is; of an
            activity ``{niveau}``, its level. The year is given if ``annee`` is not.
        affichage: ``cles``, figures of the total row; ``table``, first rows and totals; ``graphique``; ``carte``.
        mesures: measures shown; all where none is named.
        textes: columns of texts shown by a ``table``; all where none is named.
        comparer: of ``cles``, what their figures are set beside.
        tri: of a ``table``, column its rows are sorted by, "-" before it for the largest first.
        premiers: of a ``table``, most rows shown.
        genre: of a ``graphique`` or a ``carte``, which of those that the restitution declares; "" for the first.
    """

    titre: str
    restitution: str
    criteres: dict[str, str] = Field(default_factory=dict)
    affichage: Literal["cles", "table", "graphique", "carte"]
    mesures: tuple[str, ...] = ()
    textes: tuple[str, ...] = ()
    comparer: tuple[Literal["n-1", "region", "france"], ...] = ()
    tri: str = ""
    premiers: int = Field(10, ge=1, le=60)
    genre: str = ""

    @model_validator(mode="after")
    def _coherent(self) -> "Bloc":
        if self.comparer and self.affichage != "cles":
            raise ValueError(f"bloc « {self.titre} » : comparer ne va qu'avec l'affichage « cles »")
        if (self.tri or self.textes) and self.affichage != "table":
            raise ValueError(f"bloc « {self.titre} » : tri et textes ne vont qu'avec l'affichage « table »")
        if self.genre and self.affichage not in ("graphique", "carte"):
            raise ValueError(f"bloc « {self.titre} » : genre ne va qu'avec un graphique ou une carte")
        if self.affichage == "cles" and "annees" in self.places:
            raise ValueError(f"bloc « {self.titre} » : les chiffres clés sont ceux d'une année")
        if {"edition", "comparer"} & set(self.criteres):
            raise ValueError(f"bloc « {self.titre} » : l'édition est celle de la fiche ; comparer s'écrit à part")
        return self

    @property
    def places(self) -> frozenset[str]:
        """What its criteria name in braces."""
        found = (name for value in self.criteres.values() for _, name, _, _ in Formatter().parse(value))
        return frozenset(name for name in found if name is not None)


class Fiche(Frozen):
    """A fiche.

    Attributes:
        slug: its name in addresses and commands.
        titre, objet: title, purpose.
        theme, sous_theme: where the menu shows it.
        champs: fields that its blocks are of.
        domaine: what grants are about, where it is not the theme (`access.scope.DOMAINS`).
        acces: who may ask for it; of its blocks none may be harder to have.
        sujet: what it is about.
        niveaux: of an ``activite``, levels at which it is picked: those that its first restitution takes.
        blocs: its parts, in order.
    """

    slug: str = Field(pattern=r"[a-z0-9-]+")
    titre: str
    objet: str
    theme: Literal["indicateurs-synthetiques", "activite", "couts-finances", "qualite", "rh"]
    sous_theme: str
    domaine: Literal["indicateurs-synthetiques", "activite", "couts-finances", "qualite", "rh", "medicaments"] = (
        "activite"
    )
    champs: tuple[str, ...] = Field(min_length=1)
    acces: Literal["libre", "identifie", "securise"] = "libre"
    sujet: Sujet
    niveaux: tuple[str, ...] = ()
    blocs: tuple[Bloc, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _of_its_theme(cls, written: Any) -> Any:
        """Take the theme as domain where none is written: the default is never met."""
        return {"domaine": written.get("theme"), **written} if isinstance(written, dict) else written

    @model_validator(mode="after")
    def _coherent(self) -> "Fiche":
        if (self.sujet == "activite") != bool(self.niveaux):
            raise ValueError("niveaux va avec le sujet « activite », et seulement avec lui")
        known = PLACES[self.sujet] | YEARS
        for bloc in self.blocs:
            if unknown := bloc.places - known:
                names = ", ".join(f"{{{name}}}" for name in sorted(known))
                raise ValueError(f"bloc « {bloc.titre} » : {', '.join(sorted(unknown))} inconnu ; connus : {names}")
        if len({bloc.titre for bloc in self.blocs}) < len(self.blocs):
            raise ValueError("blocs : deux ont le même titre")
        return self

    @property
    def contenu(self) -> tuple[str, ...]:
        """What it holds: the titles of its blocks."""
        return tuple(bloc.titre for bloc in self.blocs)
