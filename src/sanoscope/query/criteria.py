"""A `Query`: what is asked, checked once and frozen; one canonical query string for all the ways to ask it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from sanoscope.access.scope import Scope
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, suggest
from sanoscope.query.permission import COMPLETE, About, check_asking, check_reading
from sanoscope.query.thresholds import Seuil, thresholds
from sanoscope.sentence import Sentence

if TYPE_CHECKING:
    from sanoscope.access.baskets import Baskets

CRITERIA = (
    "annee",
    "mois",
    "zone",
    "etablissement",
    "panier",
    "secteur",
    "categorie",
    "ght",
    "regroupement",
    "activite",
    "seuil",
    "comparer",
    "version",
    "edition",
)
"""Every criterion, in canonical order."""

DATE = "date"
"""Given in the place of ``edition``: the one that answered that day (`query.dated`). No question keeps it."""

COMPARISONS = ("n-1", "region", "france")
"""What ``comparer`` puts beside the figures: the year before, the région around, the whole country."""

BESIDE = ("comparer", "version")
"""Criteria that every restitution takes, chosen beside a result."""

FINESS = re.compile(r"[0-9][0-9AB][0-9]{7}")
"""What a FINESS looks like."""

ZONES = ("france", "region", "departement", "territoire", "code_geo", "zonage", "recrutement")
"""Kinds of zones; the last one, of residence alone, is where the patients of an establishment come from."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone: its kind (`ZONES`), its code, and for a free zoning the name of the zoning."""

    kind: str = "france"
    code: str = ""
    zonage: str = ""

    def __str__(self) -> str:
        """Return the form it has in an address."""
        return ":".join(part for part in (self.kind, self.zonage, self.code) if part)


@dataclass(frozen=True, slots=True)
class Query:
    """A question to a restitution. Build it with `parse`, which checks it.

    Attributes:
        restitution: slug.
        annees: years, ascending.
        mois: cumulated to that month; 0 is the whole year.
        zone: zone of the establishment or of residence, as the restitution says.
        etablissement: one FINESS, or "".
        panier: several, ascending.
        secteur, categorie, ght: aggregates of establishments, or "".
        regroupement: level of the rows, "" for none.
        activite: (level, code) picked, or None.
        seuil: what crossed columns must be, by column (`query.thresholds`).
        comparer: one of `COMPARISONS`, or "": what the figures are set beside (`query.compare`).
        version: `permission.COMPLETE`, with small counts, or "": as it is published.
        edition: pinned edition, "" for the published one.
    """

    restitution: str
    annees: tuple[int, ...]
    mois: int = 0
    zone: Zone = Zone()
    etablissement: str = ""
    panier: tuple[str, ...] = ()
    secteur: str = ""
    categorie: str = ""
    ght: str = ""
    regroupement: str = ""
    activite: tuple[str, str] | None = None
    seuil: tuple[Seuil, ...] = ()
    comparer: str = ""
    version: str = ""
    edition: str = ""

    def criteria(self) -> dict[str, str]:
        """Return the criteria that are set, in canonical order."""
        given = {
            "annee": ",".join(map(str, self.annees)),
            "mois": str(self.mois) if self.mois else "",
            "zone": str(self.zone) if self.zone.kind != "france" else "",
            "etablissement": self.etablissement,
            "panier": ",".join(self.panier),
            "secteur": self.secteur,
            "categorie": self.categorie,
            "ght": self.ght,
            "regroupement": self.regroupement,
            "activite": ":".join(self.activite) if self.activite else "",
            "seuil": ",".join(map(str, self.seuil)),
            "comparer": self.comparer,
            "version": self.version,
            "edition": self.edition,
        }
        return {name: value for name, value in given.items() if value}

    @property
    def canonical(self) -> str:
        """The canonical query string: two queries are the same question when these are equal."""
        return urlencode(self.criteria(), quote_via=quote, safe=":,/")


def parse(
    pairs: Iterable[tuple[str, str]],
    restitution: Restitution,
    edition: Edition,
    scope: Scope,
    baskets: "Baskets | None" = None,
) -> Query:
    """Return the question that criteria make; a criterion left empty is not given.

    Args:
        pairs: (criterion, value), as in a form, an address or a command.
        restitution: what is asked.
        edition: where it will be answered: its years, zones and establishments are what is allowed.
        scope: who asks.
        baskets: the saved ones, by whose names ``panier`` may be given; the question keeps their FINESS.

    Raises:
        ForbiddenError: the question is not for who asks; it is told before anything is looked up.
        CriterionError: an unknown criterion or value, or a combination that means nothing; says what is allowed.
        NotFoundError: the edition does not have the restitution's figures.
    """
    complete = not (edition.public or edition.manifest.source)
    check_reading(restitution, scope, restitution.slug, complete=complete)
    given = _given(pairs, restitution)
    if complete_asked(given) and not complete:
        check_reading(restitution, scope, restitution.slug, complete=True)
    held = edition.answering(restitution)
    check_asking(_about(given, restitution, held, baskets, complete=complete), scope)
    return _Parser(restitution, held, baskets).parse({**given, "version": COMPLETE if complete else ""})


def about(
    pairs: Iterable[tuple[str, str]],
    restitution: Restitution,
    edition: Edition,
    baskets: "Baskets | None" = None,
    *,
    complete: bool,
) -> About:
    """Return what criteria are about, as far as rights go: what `parse` checks before anything is looked up.

    Args:
        pairs, restitution, edition, baskets: as of `parse`.
        complete: it will be answered from the secure store of the edition, whichever this one is.

    Raises:
        CriterionError: an unknown criterion, or one given twice.
        NotFoundError: the edition does not have the restitution's figures.
    """
    return _about(_given(pairs, restitution), restitution, edition.answering(restitution), baskets, complete=complete)


def _given(pairs: Iterable[tuple[str, str]], restitution: Restitution) -> dict[str, str]:
    return collected(pairs, (*taken(restitution), *BESIDE), restitution.slug, also=(DATE,))


def _about(
    given: Mapping[str, str], restitution: Restitution, edition: Edition, baskets: "Baskets | None", *, complete: bool
) -> About:
    wanted = complete or complete_asked(given)
    anywhere = restitution.acces == "libre" and not complete
    residence = restitution.criteres.zone == "residence"
    return About(restitution, restitution.slug, edition, given, _named(given, baskets), wanted, anywhere, residence)


def taken(restitution: Restitution) -> tuple[str, ...]:
    """Return the criteria that a restitution's form asks for, in canonical order.

    Those `BESIDE` are not among them, though every restitution takes them: they are chosen beside a result.
    """
    criteria = restitution.criteres
    refused = set(BESIDE)
    if not criteria.mois:
        refused.add("mois")
    if not criteria.zone:
        refused.add("zone")
    if not criteria.etablissements:
        refused |= {"etablissement", "panier", "secteur", "categorie", "ght"}
    if not criteria.regroupement:
        refused.add("regroupement")
    if not criteria.activite:
        refused.add("activite")
    if not restitution.croisees:
        refused.add("seuil")
    return tuple(name for name in CRITERIA if name not in refused)


def complete_asked(given: Mapping[str, str]) -> bool:
    """Tell whether criteria ask for the complete version.

    Raises:
        CriterionError: ``valeur-inconnue``: there is no such version.
    """
    version = given.get("version", "")
    if version not in ("", COMPLETE):
        raise unknown("version", version, [COMPLETE])
    return bool(version)


def _named(given: Mapping[str, str], baskets: "Baskets | None") -> tuple[str, ...]:
    """Return the FINESS that criteria name, those of saved baskets among them, known or not."""
    one = [given["etablissement"]] if "etablissement" in given else []
    return tuple(finess.upper() for finess in (*one, *_in_basket(given.get("panier", ""), baskets)))


def _in_basket(text: str, baskets: "Baskets | None") -> Iterator[str]:
    """Yield what a basket names: the FINESS of saved baskets, and what is none as it is written."""
    for part in dict.fromkeys(filter(None, map(str.strip, text.split(",")))):
        saved = baskets.find(part) if baskets and not FINESS.fullmatch(part.upper()) else None
        yield from saved.finess if saved else (part,)


def picked(text: str, edition: Edition, baskets: "Baskets | None" = None) -> tuple[str, ...]:
    """Return the establishments of a basket, ascending: FINESS, names or identifiers of saved baskets, by commas.

    Raises:
        CriterionError: ``valeur-inconnue``: neither an establishment of the edition nor a saved basket.
    """
    return tuple(sorted({known_finess(finess, edition, "panier") for finess in _in_basket(text, baskets)}))


def known_finess(text: str, edition: Edition, criterion: str = "etablissement") -> str:
    """Return a FINESS that an edition knows.

    Raises:
        CriterionError: ``valeur-inconnue``.
    """
    finess = text.strip().upper()
    if finess in edition.finess:
        return finess
    if FINESS.fullmatch(finess):
        what = Sentence("n'a rien transmis dans cette édition")
    elif criterion == "panier":
        what = Sentence("n'est ni un FINESS (9 caractères) ni un panier enregistré")
    else:
        what = Sentence("n'est pas un FINESS (9 caractères)")
    raise CriterionError(
        "valeur-inconnue",
        Sentence("%(criterion)s : « %(text)s » %(what)s.", criterion=criterion, text=text.strip(), what=what),
        allowed=sorted(edition.finess),
        todo=suggest(finess, edition.finess) or _basket_todo(criterion),
        criterion=criterion,
    )


def _basket_todo(criterion: str) -> str:
    if criterion != "panier":
        return ""
    return Sentence(
        "Donnez des FINESS séparés par des virgules, ou le nom exact ou l'identifiant d'un panier enregistré."
    )


def collected(
    pairs: Iterable[tuple[str, str]], allowed: Sequence[str], slug: str, *, also: Sequence[str] = ()
) -> dict[str, str]:
    """Return what is given by name, without blanks around it; what is left empty is not given.

    Args:
        pairs: (name, value).
        allowed: names that are admitted.
        slug: what is asked, for who must be told that a name is not.
        also: names that are admitted elsewhere in its place, told with the others.

    Raises:
        CriterionError: ``critere-inconnu``, or ``critere-double``.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            said = Sentence("Critère inconnu : « %(name)s ».", name=name)
            if name in CRITERIA:
                said = Sentence("Critère étranger à « %(slug)s » : « %(name)s ».", slug=slug, name=name)
            raise CriterionError(
                "critere-inconnu",
                said,
                allowed=(*allowed, *also),
                todo=suggest(name, (*allowed, *also)),
            )
        if name in found:
            raise CriterionError(
                "critere-double",
                Sentence("Le critère « %(name)s » est donné deux fois.", name=name),
                todo=Sentence("Séparez les valeurs par des virgules."),
                criterion=name,
            )
        if value.strip():
            found[name] = value.strip()
    return found


class _Parser:
    def __init__(self, restitution: Restitution, edition: Edition, baskets: "Baskets | None") -> None:
        self.criteres = restitution.criteres
        self.restitution = restitution
        self.edition = edition
        self.baskets = baskets

    def parse(self, given: dict[str, str]) -> Query:
        if "etablissement" in given and "panier" in given:
            raise CriterionError(
                "combinaison",
                Sentence("Un établissement et un panier sont donnés ensemble."),
                todo=Sentence("Gardez l'un des deux ; un panier peut ne compter qu'un établissement."),
                criterion="panier",
            )
        known = self.edition.etablissements.values()
        return Query(
            restitution=self.restitution.slug,
            annees=self._years(given.get("annee", "")),
            mois=self._month(given.get("mois", "")),
            zone=self._zone(given.get("zone", "france")),
            etablissement=known_finess(given["etablissement"], self.edition) if "etablissement" in given else "",
            panier=picked(given.get("panier", ""), self.edition, self.baskets),
            secteur=self._among("secteur", given, {e.secteur for e in known}),
            categorie=self._among("categorie", given, {e.categorie for e in known}),
            ght=self._among("ght", given, {e.ght for e in known}),
            regroupement=self._level(given.get("regroupement", "")),
            activite=self._activity(given["activite"]) if "activite" in given else None,
            seuil=thresholds(given.get("seuil", ""), self.restitution),
            comparer=self._among("comparer", given, set(COMPARISONS)),
            version=given["version"],
            edition=given.get("edition", ""),
        )

    def _years(self, text: str) -> tuple[int, ...]:
        allowed = [str(year) for year in self.edition.manifest.annees]
        wanted = [part.strip() for part in text.split(",") if part.strip()] or allowed[-1:]
        for year in wanted:
            if year not in allowed:
                raise unknown("annee", year, allowed)
        if len(set(wanted)) > 1 and self.criteres.annee == "une":
            raise CriterionError(
                "combinaison",
                Sentence(
                    "« %(slug)s » se demande pour une année ; vous en donnez %(n)s.",
                    slug=self.restitution.slug,
                    n=len(set(wanted)),
                ),
                allowed=allowed,
                criterion="annee",
            )
        return tuple(sorted({int(year) for year in wanted}))

    def _month(self, text: str) -> int:
        allowed = [str(month) for month in range(1, 13)]
        if text and text.removeprefix("0") not in allowed:
            raise unknown("mois", text, allowed)
        month = int(text or 0)
        return 0 if month == 12 else month

    def _zone(self, text: str) -> Zone:
        kind, _, code = text.partition(":")
        kinds = [k for k in ZONES[:-1] if k != "zonage" or self.edition.zonages]
        kinds += ["recrutement"] if self.criteres.zone == "residence" else []
        if kind not in kinds:
            forms = ["france"] + [f"{k}:CODE" for k in kinds[1:5]] + (["zonage:NOM:CODE"] if "zonage" in kinds else [])
            forms += ["recrutement:FINESS"] if "recrutement" in kinds else []
            raise unknown("zone", text, forms)
        if kind == "france":
            if code:
                raise unknown("zone", text, ["france"])
            return Zone()
        if kind == "recrutement":
            return Zone("recrutement", known_finess(code, self.edition, "zone"))
        if kind == "zonage":
            zonage, _, code = code.partition(":")
            if zonage not in self.edition.zonages:
                raise unknown("zone", text, [f"zonage:{name}:CODE" for name in self.edition.zonages])
            if code not in self.edition.zonages[zonage]:
                raise unknown("zone", text, [f"zonage:{zonage}:{c}" for c in self.edition.zonages[zonage]])
            return Zone("zonage", code, zonage)
        codes = self._zone_codes(kind)
        if code not in codes:
            raise unknown("zone", text, [f"{kind}:{c}" for c in sorted(codes)])
        return Zone(kind, code)

    def _zone_codes(self, kind: str) -> set[str]:
        if kind in ("region", "departement"):
            return {c for c in self.edition.libelles.get(kind, {}) if c != "?"}
        if kind == "territoire":
            return set(self.edition.territoires)
        return {*self.edition.residences, *(e.code_geo for e in self.edition.finess.values() if e.code_geo != "?")}

    def _among(self, name: str, given: dict[str, str], allowed: set[str]) -> str:
        value = given.get(name, "")
        if value and value not in allowed:
            raise unknown(name, value, sorted(allowed))
        return value

    def _level(self, text: str) -> str:
        levels = self.criteres.regroupement
        if not text:
            return levels[0] if levels else ""
        if text not in levels:
            raise unknown("regroupement", text, [level for level in levels if level])
        return text

    def _activity(self, text: str) -> tuple[str, str]:
        level, _, code = text.partition(":")
        if level not in self.criteres.activite:
            raise unknown("activite", text, [f"{name}:CODE" for name in self.criteres.activite])
        code = code.upper()
        if code not in self.edition.codes(level):
            raise unknown("activite", f"{level}:{code}", [f"{level}:{c}" for c in sorted(self.edition.codes(level))])
        return level, code


def unknown(criterion: str, value: str, allowed: Sequence[str]) -> CriterionError:
    """Return the error of a criterion whose value is none of those that are allowed."""
    return CriterionError(
        "valeur-inconnue",
        Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion=criterion, value=value),
        allowed=allowed,
        todo=suggest(value, allowed),
        criterion=criterion,
    )
