"""The fields of a form, from what a restitution takes and what the edition holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sanoscope.api.routes import MEANINGS
from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.query.criteria import taken
from sanoscope.query.openness import Openness
from sanoscope.query.words import CATEGORIES, SECTEURS
from sanoscope.sentence import Name
from sanoscope.web.language import Language, marked
from sanoscope.web.wishes import activity_level, scope_of, zone_level
from sanoscope.web.zones import levels

TITLES = {
    "annee": marked("Année"),
    "mois": marked("Cumul jusqu'au mois"),
    "zone": marked("Zone"),
    "niveau_zone": marked("Niveau de zone"),
    "portee": marked("Étendue"),
    "etablissement": marked("Établissement"),
    "panier": marked("Panier d'établissements"),
    "secteur": marked("Secteur"),
    "categorie": marked("Catégorie"),
    "ght": marked("GHT"),
    "regroupement": marked("Regroupement des lignes"),
    "niveau_activite": marked("Niveau d'activité"),
    "activite": marked("Activité"),
    "seuil": marked("Seuil sur une colonne croisée"),
}
SCOPES = {
    "agrege": marked("Données agrégées"),
    "panier": marked("Panier d'établissements"),
    "etablissement": marked("Un établissement"),
}
LEVELS = {
    "": marked("Aucun (toutes activités)"),
    "racine": marked("Racine de GHM, sans niveau de sévérité"),
    "ghm": marked("Groupe homogène de malades (GHM)"),
}
"""Levels whose title in the field says too little."""

CLOSED = marked("non publié en accès libre")
YEARLY = marked("année entière seulement")


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: its value, what is read, whether it is chosen; a note beside it; whether it is closed to the reader."""

    value: str
    text: str
    chosen: bool = False
    note: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the form.

    Attributes:
        name: criterion, or a field that only the form has; ``title`` its label; ``help`` one sentence.
        kind: ``boxes``, ``radios``, ``select``, or ``text`` with suggestions.
        groups: options by heading ("" for none).
        value: what was given.
    """

    name: str
    title: str
    help: str
    kind: Literal["boxes", "radios", "select", "text"]
    groups: dict[str, list[Option]]
    value: str = ""


class Form:
    """The form of a restitution, filled with what was given.

    Args:
        restitution: what is asked, of ``champ``.
        edition: where it will be answered.
        openness: what an open reader is answered of it.
        given: by name of field.
        language: of the page.
        crossed: labels of the crossed columns, by name.
    """

    def __init__(
        self,
        restitution: Restitution,
        champ: Champ,
        edition: Edition,
        openness: Openness,
        given: dict[str, str],
        language: Language,
        crossed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.restitution = restitution
        self.champ = champ
        self.edition = edition
        self.openness = openness
        self.given = given
        self.language = language
        self.crossed = crossed

    def fields(self) -> dict[str, FormField]:
        """Return the fields by name: the criteria that the restitution takes, and what helps to choose them."""
        names = [name for name in taken(self.restitution) if name in TITLES]
        if "zone" in names:
            names.append("niveau_zone")
        if "panier" in names:
            names.append("portee")
        if "activite" in names:
            names.append("niveau_activite")
        return {name: getattr(self, f"_{name}")() for name in names}

    def zone(self, level: str = "") -> FormField:
        """Return the list of zones: those of a level, or all of them, level by level."""
        chosen = self.given.get("zone", "").removeprefix("france")
        whole = self.language.gettext("France entière")
        groups = {"": [Option("", whole, not chosen)]}
        for found in levels(self.edition, residence=self.restitution.criteres.zone == "residence"):
            options = [Option(value, Name(text), value == chosen) for value, text in found.zones]
            if found.name == level:
                choose = self.language.gettext("Choisissez dans la liste")
                return self._field("zone", "select", {"": [Option("", choose, not chosen), *options]})
            if found.name not in self.openness.zones:
                options = [Option("", self.language.gettext(CLOSED), closed=True)]
            groups[self.language.say(found.several)] = options
        if chosen and not any(option.chosen for options in groups.values() for option in options):
            groups[""].append(Option(chosen, chosen, chosen=True))
        return self._field("zone", "select", groups)

    def _field(
        self,
        name: str,
        kind: Literal["boxes", "radios", "select", "text"],
        groups: dict[str, list[Option]],
        value: str = "",
    ) -> FormField:
        title = TITLES[name]
        if name == "zone" and self.restitution.criteres.zone == "residence":
            title = marked("Zone de résidence des patients")
        elif name == "zone":
            title = marked("Zone d'implantation des établissements")
        elif name == "regroupement" and self.restitution.genre == "profil":
            title = marked("Groupe de comparaison")
        told = self.language.say
        return FormField(name, told(title), told(MEANINGS.get(name, "")), kind, groups, value)

    def _options(self, name: str, values: list[tuple[str, str]], default: str = "") -> list[Option]:
        """Return options; a value given that is none of them is one too, so that nothing given is lost."""
        chosen = [part.strip() for part in self.given.get(name, default).split(",")]
        others = [part for part in chosen if part and part not in dict(values)]
        return [Option(value, text, value in chosen) for value, text in [*values, *zip(others, others, strict=True)]]

    def _annee(self) -> FormField:
        manifest = self.edition.manifest
        years = []
        for year in reversed(manifest.annees):
            month = manifest.mois_de(year)
            complete = marked("scellée") if manifest.etat == "scellée" else marked("complète")
            state = self.language.gettext(complete)
            if month < 12:
                state = self.language.gettext("en cours, M%(mois)s", mois=month)
            years.append((str(year), f"{year} ({state})"))
        kind: Literal["boxes", "radios"] = "boxes" if self.restitution.criteres.annee == "plusieurs" else "radios"
        return self._field("annee", kind, {"": self._options("annee", years, default=years[0][0])})

    def _mois(self) -> FormField:
        month, told = self.language.month, self.language.gettext
        months = [("", told(marked("Année entière"))), ("1", month(1))]
        months += [
            (str(n), told(marked("%(premier)s à %(dernier)s"), premier=month(1), dernier=month(n)))
            for n in range(2, 12)
        ]
        return self._field("mois", "select", {"": self._options("mois", months)})

    def _niveau_zone(self) -> FormField:
        told = self.language.say
        found = levels(self.edition, residence=self.restitution.criteres.zone == "residence")
        every = [(level.name, told(level.one), level.name in self.openness.zones) for level in found]
        chosen = zone_level(self.given)
        options = [Option("", told(marked("Tous les niveaux")), not chosen)]
        options += [
            Option(name, title, name == chosen, "" if answered else told(CLOSED), not answered)
            for name, title, answered in every
        ]
        return self._field("niveau_zone", "select", {"": options})

    def _zone(self) -> FormField:
        return self.zone()

    def _portee(self) -> FormField:
        chosen, names = scope_of(self.given), list(SCOPES)
        if self.restitution.genre == "profil":  # of establishments that are named, one by default
            names.remove("agrege")
            chosen = chosen if chosen in names else "etablissement"
        options = [Option(name, self.language.gettext(SCOPES[name]), name == chosen) for name in names]
        return self._field("portee", "radios", {"": options})

    def _etablissement(self) -> FormField:
        known = sorted(self.edition.finess.values(), key=lambda e: e.raison_sociale)
        options = [Option(e.finess, Name(f"{e.raison_sociale} ({e.departement})")) for e in known]
        return self._field("etablissement", "text", {"": options}, self.given.get("etablissement", ""))

    def _panier(self) -> FormField:
        return self._field("panier", "text", {}, self.given.get("panier", ""))

    def _secteur(self) -> FormField:
        return self._among("secteur", SECTEURS)

    def _categorie(self) -> FormField:
        return self._among("categorie", CATEGORIES)

    def _ght(self) -> FormField:
        return self._among("ght", {"?": marked("Hors GHT")})

    def _among(self, name: str, labels: Mapping[str, str]) -> FormField:
        values = sorted({str(getattr(e, name)) for e in self.edition.etablissements.values()})
        told = self.language.say
        pairs = [("", told(marked("Tous"))), *((v, told(labels[v]) if v in labels else v) for v in values)]
        return self._field(name, "select", {"": self._options(name, pairs)})

    def _regroupement(self) -> FormField:
        allowed = self.restitution.criteres.regroupement
        chosen = self.given.get("regroupement", allowed[0])
        options = []
        for level in allowed:
            closed = level not in self.openness.groupings
            note = CLOSED if closed else ""
            if not closed and self.restitution.criteres.mois and level not in self.openness.monthly:
                note = YEARLY
            told = self.language.say(note)
            options.append(Option(level, self._level(level), level == chosen, told, closed and level != chosen))
        return self._field("regroupement", "radios", {"": options})

    def _niveau_activite(self) -> FormField:
        chosen = activity_level(self.given)
        options = [Option("", self.language.gettext("Toutes les activités"), not chosen)]
        for level in self.restitution.criteres.activite:
            closed = level not in self.openness.activities
            note = self.language.gettext(CLOSED) if closed else ""
            options.append(Option(level, self._level(level), level == chosen, note, closed and level != chosen))
        return self._field("niveau_activite", "select", {"": options})

    def _activite(self) -> FormField:
        options = [
            Option(f"{level}:{code}", Name(f"{level.upper()} {code} {label}"))
            for level in self.restitution.criteres.activite
            if level in self.openness.activities
            for code, label in sorted(self.edition.libelles.get(level, {}).items())
            if code != "?"
        ]
        return self._field("activite", "text", {"": options}, self.given.get("activite", ""))

    def _seuil(self) -> FormField:
        options = [Option(name, self.language.gettext(title)) for name, title in self.crossed.items()]
        return self._field("seuil", "text", {"": options}, self.given.get("seuil", ""))

    def _level(self, level: str) -> str:
        """Return what a level is called, spelled out."""
        return self.language.gettext(LEVELS.get(level) or self.champ.dimensions[level].libelle)
