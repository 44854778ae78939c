"""Whether a question may be asked: before anything is looked up, so that a refusal tells nothing of what there is.

A question is inside a perimeter when one of its criteria holds all that it is about inside it: its zone, its
establishments, its GHT. A comparison must be inside too. A question that is about nothing in particular is about the
whole country.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sanoscope.access.scope import DOMAINS, Access, Grant, Guarded, Perimeter, PerimeterKind, Scope, perimeters
from sanoscope.catalogue.fiche import Fiche
from sanoscope.edition.edition import Edition
from sanoscope.errors import ForbiddenError, SanoscopeError
from sanoscope.sentence import Sentence

COMPLETE = "complete"
"""Value of ``version``: the answer with its small counts."""


def check_reading(what: Guarded, scope: Scope, name: str, *, complete: bool = False) -> None:
    """Do nothing if something is open to a reader somewhere.

    Args:
        what, scope: a restitution or a fiche, and who asks.
        name: its slug.
        complete: with small counts.

    Raises:
        ForbiddenError: ``acces-refuse``.
    """
    if not scope.may_read(what, complete=complete):
        raise refused(what, name, (), complete=complete)


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about, as far as rights go: nothing of it is looked up yet.

    Attributes:
        what, slug: a restitution or a fiche, and its name.
        edition: where.
        given: its criteria, as they are written.
        named: FINESS that it names, those of saved baskets among them, known or not.
        complete: with small counts.
        anywhere: a right opens it wherever it holds.
        residence: its zone is of residents: an establishment then picks rows, and totals are of all.
    """

    what: Guarded
    slug: str
    edition: Edition
    given: Mapping[str, str]
    named: tuple[str, ...]
    complete: bool
    anywhere: bool
    residence: bool

    @property
    def free(self) -> bool:
        """It is for everybody."""
        return self.what.acces == "libre" and not self.complete


def check_asking(about: About, scope: Scope) -> None:
    """Do nothing if a question is for everybody, or a grant lacks nothing to open it.

    Raises:
        ForbiddenError: ``acces-refuse``.
    """
    if about.free or any(not lacking(grant, about) for grant in scope.grants):
        return
    grants = scope.opening(about.what, complete=about.complete)
    raise refused(about.what, about.slug, grants, complete=about.complete)


def lacking(grant: Grant, about: About) -> tuple[str, ...]:
    """Return, in words, what a grant lacks to open a question that is not for everybody; nothing where it opens it."""
    found = grant.lacks(about.what, complete=about.complete)
    outside = "" if about.anywhere else _outside(grant.perimeter, about)
    return (*found, outside) if outside else found


def needed(about: About) -> tuple[str, ...]:
    """Return, in words, what a grant must be to open a question: its domain, its profile, its perimeter."""
    what = about.what
    secure = about.complete or what.acces == "securise"
    where = [f"{name}={about.given[name]}" for name in PLACES if about.given.get(name, FRANCE) != FRANCE]
    if about.residence:
        where = [one for one in where if one.startswith("zone=")]
    held = Sentence("un périmètre qui est la France entière")
    if about.anywhere:
        held = Sentence("un périmètre quelconque")
    elif where:
        held = Sentence("un périmètre qui contient %(ou)s", ou=", ".join(where))
    return (
        Sentence("le domaine « %(nom)s »", nom=DOMAINS[what.domaine]),
        Sentence("le profil sécurisé") if secure else Sentence("un profil quelconque"),
        held,
    )


def about_subject(fiche: Fiche, given: Mapping[str, str], edition: Edition) -> About:
    """Return what a fiche is about, as far as rights go: its subject, known or not."""
    code = given.get(fiche.sujet, "")
    asked = {**given, "zone": f"region:{code}"} if fiche.sujet == "region" else given
    named = (code,) if fiche.sujet == "etablissement" else ()
    return About(fiche, fiche.slug, edition, asked, named, complete=False, anywhere=False, residence=False)


def refused(what: Guarded, name: str, grants: Iterable[Grant], *, complete: bool) -> SanoscopeError:
    """Return the refusal of something to who holds some grants for it, which do not hold where he asks."""
    held = list(perimeters(grants))
    said = Sentence("« %(slug)s » est d'accès %(acces)s.", slug=name, acces=ACCESS[what.acces])
    if complete and what.acces != "securise":
        said = Sentence("La version complète de « %(slug)s » est d'accès sécurisé.", slug=name)
    todo = Sentence("Connectez-vous avec un compte qui y donne droit, ou demandez-en le droit.")
    if held:
        todo = Sentence("Demandez une zone ou un établissement de votre périmètre, ou demandez-en un plus grand.")
    return ForbiddenError("acces-refuse", said, allowed=held, todo=todo)


ACCESS: Mapping[Access, str] = {
    "libre": Sentence("libre"),
    "identifie": Sentence("identifié"),
    "securise": Sentence("sécurisé"),
}
"""Ways of access, in words."""

FRANCE = "france"
PLACES = ("zone", "etablissement", "panier", "ght")
"""Criteria by which a question may be inside a perimeter."""

WAYS: Mapping[PerimeterKind, str] = {
    "region": Sentence("une région, un département, un établissement ou un panier"),
    "departement": Sentence("un département, un établissement ou un panier"),
    "ght": Sentence("un GHT, un établissement ou un panier"),
    "etablissement": Sentence("un établissement ou un panier"),
}
"""What puts a question inside a perimeter, in words."""


def _outside(perimeter: Perimeter, about: About) -> str:
    """Return, in words, why a question is not inside a perimeter; "" where it is."""
    if perimeter.kind == "france":
        return ""
    given, named, edition, where = about.given, about.named, about.edition, str(perimeter)
    compared = given.get("comparer", "")
    if compared == "france" or (compared == "region" and perimeter.kind != "region"):
        return Sentence("la comparaison demandée sort de son périmètre (%(ou)s)", ou=where)
    if _zone_inside(perimeter, given.get("zone", ""), edition):
        return ""
    if about.residence:  # an establishment picks rows of residents: totals are of all
        return Sentence(
            "la zone demandée n'est pas dans son périmètre (%(ou)s) : par lieu de résidence, elle seule compte",
            ou=where,
        )
    if perimeter.kind == "ght" and given.get("ght") in perimeter.codes:
        return ""
    if named and all(_held(perimeter, finess, edition) for finess in named):
        return ""
    return Sentence(
        "rien de ce qui est demandé ne tient la question dans son périmètre (%(ou)s) : il faudrait %(quoi)s de là",
        ou=where,
        quoi=WAYS[perimeter.kind],
    )


def _zone_inside(perimeter: Perimeter, zone: str, edition: Edition) -> bool:
    kind, _, code = zone.partition(":")
    if kind == perimeter.kind:  # kinds of zones of which a perimeter may be: region, departement
        return code in perimeter.codes
    if kind == "departement" and perimeter.kind == "region":
        regions = _regions(code, edition)
        return bool(regions) and regions <= perimeter.codes
    return False


def _regions(departement: str, edition: Edition) -> set[str]:
    """Return the région of a département, as the edition's geography has it; none of one that it does not know."""
    of_establishments = {one.region for one in edition.etablissements.values() if one.departement == departement}
    return of_establishments | {one.region for one in edition.residences.values() if one.departement == departement}


def _held(perimeter: Perimeter, finess: str, edition: Edition) -> bool:
    """Tell whether an establishment is in a perimeter in every year that it has sent; one that nobody knows is not."""
    if perimeter.kind == "etablissement":
        return finess in perimeter.codes
    own = [one for (_, known), one in edition.etablissements.items() if known == finess]
    return bool(own) and all(getattr(one, perimeter.kind) in perimeter.codes for one in own)
