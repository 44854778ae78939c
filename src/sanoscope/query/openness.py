"""What the open side answers of a restitution, level by level: a form says it before a reader asks."""

from dataclasses import dataclass

from sanoscope.access.scope import EVERYTHING
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.query.answer import check_published
from sanoscope.query.criteria import parse
from sanoscope.query.service import Service

UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Openness:
    """The levels that are answered, each tried alone, the rest of the question by default.

    Attributes:
        groupings: levels of the rows answered over a whole year; ``monthly`` those answered by month too.
        zones: kinds of zones; ``activities`` levels of activity.
    """

    groupings: frozenset[str]
    monthly: frozenset[str]
    zones: frozenset[str]
    activities: frozenset[str]


def openness(service: Service, restitution: Restitution, edition: Edition) -> Openness:
    """Return what an open reader is answered of a restitution, from an edition.

    Of a published source, everything: what it has not is said when it is asked.
    """
    taken = restitution.criteres
    if edition.manifest.source:
        everywhere = frozenset(_zones(edition, residence=taken.zone == "residence") if taken.zone else ())
        return Openness(frozenset(taken.regroupement), frozenset(), everywhere, frozenset(taken.activite))

    def answered(*pairs: tuple[str, str]) -> bool:
        try:
            query = parse(pairs, restitution, edition, EVERYTHING)
            check_published(query, EVERYTHING, service.catalogue, edition)
        except CriterionError:
            return False
        return True

    zones = {}
    if taken.zone:
        zones = {
            kind: next(iter(sorted(codes)))
            for kind, codes in _zones(edition, residence=taken.zone == "residence").items()
            if codes
        }
    activities = {level: sorted(edition.codes(level) - {UNKNOWN})[:1] for level in taken.activite}
    return Openness(
        frozenset(level for level in taken.regroupement if answered(("regroupement", level))),
        frozenset(
            level for level in taken.regroupement if taken.mois and answered(("regroupement", level), ("mois", "1"))
        ),
        frozenset(kind for kind, code in zones.items() if answered(("zone", f"{kind}:{code}"))),
        frozenset(
            level for level, codes in activities.items() if codes and answered(("activite", f"{level}:{codes[0]}"))
        ),
    )


def _zones(edition: Edition, *, residence: bool) -> dict[str, set[str]]:
    kinds = {kind: set(edition.libelles.get(kind, {})) for kind in ("region", "departement")}
    kinds["territoire"] = set(edition.territoires)
    kinds["recrutement"] = set(edition.finess) if residence else set()
    kinds |= {f"zonage:{name}": set(zones) for name, zones in edition.zonages.items()}
    return {kind: codes - {UNKNOWN} for kind, codes in kinds.items()}
