"""The fields of a right: what a form types, shown again as it was, and the right that it makes."""

from dataclasses import dataclass, fields
from datetime import date, timedelta

from sanoscope.access.rights import today
from sanoscope.access.scope import DOMAINS, PROFILES, Grant, Perimeter, PerimeterKind, made, perimeter
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, suggest
from sanoscope.nomenclature.places import UNKNOWN
from sanoscope.sentence import Sentence
from sanoscope.web.language import marked
from sanoscope.web.posted import Posted

YEAR = timedelta(days=365)
"""How long a right is asked for or given, unless told otherwise."""

KINDS: dict[PerimeterKind, str] = {
    "france": marked("France entière"),
    "region": marked("Régions"),
    "departement": marked("Départements"),
    "ght": marked("GHT"),
    "etablissement": marked("Établissements"),
}
"""Kinds of perimeters, as a list names them."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A right as it is typed, field by field; ``domaines``: the boxes ticked."""

    profil: str = "regional"
    perimetre: str = "region"
    codes: str = ""
    domaines: tuple[str, ...] = ()
    du: str = ""
    au: str = ""
    motif: str = ""

    def right(self, edition: Edition | None) -> tuple[Grant, date, date]:
        """Return the right, its first and its last day.

        Args:
            edition: the one that is served, which knows the codes; None where there is none: any code is taken.

        Raises:
            CriterionError: ``droit-invalide``, ``perimetre-invalide``, ``perimetre-inconnu``.
        """
        codes = "" if self.perimetre == "france" else f":{self.codes}"
        if self.perimetre == "france" and self.codes.strip():
            raise CriterionError(
                "perimetre-invalide",
                Sentence("La France entière n'a pas de codes."),
                todo=Sentence("Effacez les codes, ou choisissez un autre périmètre."),
                criterion="codes",
            )
        where = perimeter(self.perimetre + codes)
        if edition:
            _check_known(where, edition)
        return made(self.profil, where, self.domaines), _day(self.du, "du"), _day(self.au, "au")


def typed(posted: Posted) -> Typed:
    """Return what a form has typed."""
    given = {one.name: posted.text(one.name) for one in fields(Typed) if one.name != "domaines"}
    return Typed(**given, domaines=tuple(value for name, value in posted.fields if name == "domaine"))


def blank() -> Typed:
    """Return an empty form: for a year, from today."""
    return Typed(du=today().isoformat(), au=(today() + YEAR).isoformat())


def written(grant: Grant, start: date, end: date, reason: str) -> Typed:
    """Return a right as a form types it."""
    where = grant.perimeter
    codes, domains = ", ".join(sorted(where.codes)), tuple(sorted(grant.domains))
    return Typed(grant.profile, where.kind, codes, domains, start.isoformat(), end.isoformat(), reason)


def choices(edition: Edition | None) -> dict[str, object]:
    """Return what a form of rights lists: profiles, kinds of perimeters, domains, the codes of the areas."""
    zones = edition.libelles if edition else {}
    return {
        "profils": PROFILES,
        "perimetres": KINDS,
        "domaines": DOMAINS,
        "zones": {
            KINDS[kind]: sorted((code, name) for code, name in zones.get(kind, {}).items() if code != UNKNOWN)
            for kind in ("region", "departement")
        },
        "ght": sorted({one.ght for one in edition.finess.values()} - {UNKNOWN}) if edition else [],
    }


def _check_known(where: Perimeter, edition: Edition) -> None:
    known = {
        "region": edition.libelles.get("region", {}).keys(),
        "departement": edition.libelles.get("departement", {}).keys(),
        "ght": {one.ght for one in edition.finess.values()},
        "etablissement": edition.finess.keys(),
    }
    for code in sorted(where.codes):
        allowed = sorted({*known[where.kind]} - {UNKNOWN})
        if code not in allowed:
            raise CriterionError(
                "perimetre-inconnu",
                Sentence("« %(code)s » n'est pas un code de l'édition servie.", code=code),
                allowed=allowed,
                todo=suggest(code, allowed) or Sentence("Vérifiez le code et le genre de périmètre."),
                criterion="codes",
            )


def _day(text: str, criterion: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise CriterionError(
            "droit-invalide",
            Sentence("« %(texte)s » n'est pas un jour.", texte=text.strip()),
            todo=Sentence("Écrivez AAAA-MM-JJ."),
            criterion=criterion,
        ) from error
