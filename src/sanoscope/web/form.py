"""The fields of a form, from what a restitution takes and what the edition holds."""

from dataclasses import dataclass
from typing import Literal

from sanoscope.api.routes import MEANINGS
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.query.criteria import taken
from sanoscope.query.words import CATEGORIES, SECTEURS
from sanoscope.web.language import marked

TITLES = {
    "annee": marked("Année"),
    "mois": marked("Cumul jusqu'au mois"),
    "zone": marked("Zone"),
    "etablissement": marked("Établissement"),
    "panier": marked("Panier d'établissements"),
    "secteur": marked("Secteur"),
    "categorie": marked("Catégorie"),
    "ght": marked("GHT"),
    "regroupement": marked("Regroupement des lignes"),
    "activite": marked("Activité"),
}
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre")


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: its value, what is read, whether it is chosen."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the form.

    Attributes:
        name: criterion; ``title`` its label; ``help`` one sentence.
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


def form_fields(restitution: Restitution, edition: Edition, given: dict[str, str]) -> list[FormField]:
    """Return the fields of a restitution's form, filled with what was given."""
    form = _Form(restitution, edition, given)
    return [form.field(name) for name in taken(restitution) if name != "edition"]


class _Form:
    def __init__(self, restitution: Restitution, edition: Edition, given: dict[str, str]) -> None:
        self.restitution = restitution
        self.edition = edition
        self.given = given

    def field(self, name: str) -> FormField:
        kind, groups = getattr(self, f"_{name}")()
        title = TITLES[name]
        if name == "zone":
            residence = self.restitution.criteres.zone == "residence"
            title = (
                marked("Zone de résidence des patients")
                if residence
                else marked("Zone d'implantation des établissements")
            )
        return FormField(name, title, MEANINGS[name], kind, groups, self.given.get(name, ""))

    def _options(self, name: str, values: list[tuple[str, str]], default: str = "") -> list[Option]:
        chosen = self.given.get(name, default).split(",")
        return [Option(value, text, value in chosen) for value, text in values]

    def _annee(self) -> tuple[str, dict[str, list[Option]]]:
        manifest = self.edition.manifest
        years = []
        for year in reversed(manifest.annees):
            month = manifest.mois_de(year)
            complete = "scellée" if manifest.etat == "scellée" else "complète"
            state = f"en cours, M{month}" if month < 12 else complete
            years.append((str(year), f"{year} ({state})"))
        kind = "boxes" if self.restitution.criteres.annee == "plusieurs" else "radios"
        return kind, {"": self._options("annee", years, default=years[0][0])}

    def _mois(self) -> tuple[str, dict[str, list[Option]]]:
        months = [("", "Année entière")] + [(str(i), f"janvier à {name}") for i, name in enumerate(MONTHS, 1)]
        return "select", {"": self._options("mois", months)}

    def _zone(self) -> tuple[str, dict[str, list[Option]]]:
        labels = self.edition.libelles
        groups = {"": self._options("zone", [("", "France entière")])}
        for kind, heading in (("region", "Régions"), ("departement", "Départements")):
            codes = sorted((c, n) for c, n in labels.get(kind, {}).items() if c != "?")
            groups[heading] = self._options("zone", [(f"{kind}:{c}", f"{c} {n}") for c, n in codes])
        territories = sorted({r.territoire for r in self.edition.residences.values()} - {"?"})
        if territories:
            groups["Territoires"] = self._options("zone", [(f"territoire:{t}", t) for t in territories])
        for name, zones in self.edition.zonages.items():
            pairs = [(f"zonage:{name}:{code}", label) for code, (label, _) in sorted(zones.items())]
            groups[f"Zonage {name}"] = self._options("zone", pairs)
        return "select", groups

    def _etablissement(self) -> tuple[str, dict[str, list[Option]]]:
        known = sorted(self.edition.finess.values(), key=lambda e: e.raison_sociale)
        return "text", {"": [Option(e.finess, f"{e.raison_sociale} ({e.departement})") for e in known]}

    def _panier(self) -> tuple[str, dict[str, list[Option]]]:
        return "text", {}

    def _secteur(self) -> tuple[str, dict[str, list[Option]]]:
        return self._select("secteur", SECTEURS)

    def _categorie(self) -> tuple[str, dict[str, list[Option]]]:
        return self._select("categorie", CATEGORIES)

    def _ght(self) -> tuple[str, dict[str, list[Option]]]:
        return self._select("ght", {"?": "Hors GHT"})

    def _select(self, name: str, labels: dict[str, str]) -> tuple[str, dict[str, list[Option]]]:
        values = sorted({str(getattr(e, name)) for e in self.edition.etablissements.values()})
        pairs = [("", "Tous"), *((v, labels.get(v, v)) for v in values)]
        return "select", {"": self._options(name, pairs)}

    def _regroupement(self) -> tuple[str, dict[str, list[Option]]]:
        levels = self.restitution.criteres.regroupement
        titles = {"": "Aucun (toutes activités)", "racine": "Racine", "ghm": "GHM", "doac": "Domaine d'activité (DoAc)"}
        pairs = [(level, titles.get(level, level.upper())) for level in levels]
        return "radios", {"": self._options("regroupement", pairs, default=levels[0])}

    def _activite(self) -> tuple[str, dict[str, list[Option]]]:
        options = [
            Option(f"{level}:{code}", f"{level.upper()} {code} {label}")
            for level in self.restitution.criteres.activite
            if level != "ghm"
            for code, label in sorted(self.edition.libelles.get(level, {}).items())
            if code != "?"
        ]
        return "text", {"": options}
