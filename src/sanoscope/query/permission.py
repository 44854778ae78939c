"""Whether a question may be asked: before anything is looked up, so that a refusal tells nothing of what there is.

A question is inside a perimeter when one of its criteria holds all that it is about inside it: its zone, its
establishments, its GHT. A comparison must be inside too. A question that is about nothing in particular is about the
whole country.
"""

from collections.abc import Iterable, Mapping

from sanoscope.access.scope import Access, Grant, Guarded, Perimeter, Scope, perimeters
from sanoscope.catalogue.fiche import Fiche
from sanoscope.catalogue.restitution import Restitution
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


def check_asking(
    given: Mapping[str, str],
    establishments: Iterable[str],
    restitution: Restitution,
    edition: Edition,
    scope: Scope,
    *,
    complete: bool,
) -> None:
    """Do nothing if a question that is not for everybody is inside the perimeter of a grant that opens its restitution.

    Args:
        given: its criteria, as they are written.
        establishments: FINESS that it names, those of saved baskets among them, known or not.
        restitution, edition, scope: of what, where, who asks.
        complete: with small counts.

    Raises:
        ForbiddenError: ``acces-refuse``.
    """
    grants = scope.opening(restitution, complete=complete)
    named, residence = tuple(establishments), restitution.criteres.zone == "residence"
    if not any(_inside(grant.perimeter, given, named, edition, residence=residence) for grant in grants):
        raise refused(restitution, restitution.slug, grants, complete=complete)


def check_subject(fiche: Fiche, code: str, edition: Edition, scope: Scope) -> None:
    """Do nothing if a fiche is for everybody, or its subject is inside the perimeter of a grant that opens it.

    Args:
        fiche: which; ``code`` of its subject, known or not.
        edition, scope: where, who asks.

    Raises:
        ForbiddenError: ``acces-refuse``.
    """
    if fiche.acces == "libre":
        return
    given: dict[str, str] = {"zone": f"region:{code}"} if fiche.sujet == "region" else {str(fiche.sujet): code}
    named = (code,) if fiche.sujet == "etablissement" else ()
    grants = scope.opening(fiche)
    if not any(_inside(grant.perimeter, given, named, edition, residence=False) for grant in grants):
        raise refused(fiche, fiche.slug, grants, complete=False)


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


def _inside(
    perimeter: Perimeter, given: Mapping[str, str], named: tuple[str, ...], edition: Edition, *, residence: bool
) -> bool:
    """Tell whether criteria are inside a perimeter; ``residence``: their zone is of residents."""
    if perimeter.kind == "france":
        return True
    compared = given.get("comparer", "")
    if compared == "france" or (compared == "region" and perimeter.kind != "region"):
        return False
    if _zone_inside(perimeter, given.get("zone", ""), edition):
        return True
    if residence:  # of residents, an establishment picks rows: totals are of all
        return False
    if perimeter.kind == "ght" and given.get("ght") in perimeter.codes:
        return True
    return bool(named) and all(_held(perimeter, finess, edition) for finess in named)


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
