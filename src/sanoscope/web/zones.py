"""The zones of a form, level by level: a short list once a level is chosen, all of them otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass

from sanoscope.edition.edition import Edition
from sanoscope.sentence import Name
from sanoscope.web.language import marked

FRANCE = "france"
TITLES = {
    "region": (marked("Régions"), marked("Région")),
    "departement": (marked("Départements"), marked("Département")),
    "territoire": (marked("Territoires"), marked("Territoire")),
    "recrutement": (marked("Zones de recrutement"), marked("Zone de recrutement d'un établissement")),
}
"""Several, one."""


@dataclass(frozen=True, slots=True)
class Level:
    """A level of zones.

    Attributes:
        name: ``region``, ``departement``, ``territoire`` or ``zonage:NAME``.
        several, one: its titles in French; of a free zoning, its name.
        zones: (value of the criterion, what is read), by code.
    """

    name: str
    several: str
    one: str
    zones: tuple[tuple[str, str], ...]


def levels(edition: Edition, *, residence: bool = False) -> Iterator[Level]:
    """Yield the levels that an edition has zones of, the widest first. Geographic codes are too many for a list.

    ``residence``: zones are those of patients, hence the recruitment zones of establishments too.
    """
    for kind in ("region", "departement"):
        codes = sorted((code, name) for code, name in edition.libelles.get(kind, {}).items() if code != "?")
        if codes:
            yield Level(kind, *TITLES[kind], tuple((f"{kind}:{code}", f"{code} {name}") for code, name in codes))
    if edition.territoires:
        pairs = tuple((f"territoire:{code}", code) for code in sorted(edition.territoires))
        yield Level("territoire", *TITLES["territoire"], pairs)
    for name, zones in sorted(edition.zonages.items()):
        pairs = tuple((f"zonage:{name}:{code}", label) for code, (label, _) in sorted(zones.items()))
        yield Level(f"zonage:{name}", Name(name), Name(name), pairs)
    if residence:
        known = sorted(edition.finess.values(), key=lambda e: (e.raison_sociale, e.finess))
        pairs = tuple((f"recrutement:{e.finess}", f"{e.raison_sociale} ({e.finess})") for e in known)
        yield Level("recrutement", *TITLES["recrutement"], pairs)


def level_of(zone: str) -> str:
    """Return the level that a value of the criterion is of: "" for none given, ``france`` for the whole country.

    >>> level_of("departement:29"), level_of("zonage:PTS:7"), level_of("")
    ('departement', 'zonage:PTS', '')
    """
    kind, _, rest = zone.partition(":")
    return f"zonage:{rest.partition(':')[0]}" if kind == "zonage" else kind
