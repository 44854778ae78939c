"""What the open side answers of a restitution, level by level: a form says it before a reader asks."""

from dataclasses import dataclass

from sanoscope.access.scope import OPEN
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


def openness(service: Service, slug: str) -> Openness:
    """Return what an open reader is answered of a restitution, from the published edition. Reads no figure."""
    restitution = service.catalogue.restitution(slug)
    edition = service.edition().of(restitution.champ)
    taken = restitution.criteres

    def answered(*pairs: tuple[str, str]) -> bool:
        try:
            query = parse(pairs, restitution, edition, OPEN)
            check_published(query, OPEN, service.catalogue, edition)
        except CriterionError:
            return False
        return True

    zones = {}
    if taken.zone:
        zones = {kind: next(iter(sorted(codes))) for kind, codes in _zones(service).items() if codes}
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


def _zones(service: Service) -> dict[str, set[str]]:
    edition = service.edition()
    kinds = {kind: set(edition.libelles.get(kind, {})) for kind in ("region", "departement")}
    kinds["territoire"] = {r.territoire for r in edition.residences.values()}
    kinds |= {f"zonage:{name}": set(zones) for name, zones in edition.zonages.items()}
    return {kind: codes - {UNKNOWN} for kind, codes in kinds.items()}
