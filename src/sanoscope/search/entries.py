"""What can be found: one entry for each thing that a reader may pick, from the catalogue and an edition."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from sanoscope.catalogue.load import Catalogue
from sanoscope.edition.edition import Edition, Etablissement
from sanoscope.nomenclature.systems import TITLES
from sanoscope.query.criteria import Zone
from sanoscope.sentence import Name, Sentence

UNKNOWN = "?"
LEVELS = {
    "finess": "Établissement",
    "ght": "Groupement hospitalier de territoire (GHT)",
    "region": "Région",
    "departement": "Département",
    "territoire": "Territoire",
    "zonage": "Zonage",
    "code_geo": "Code géographique",
}
"""Titles of the levels that no field of the catalogue names: establishments and zones."""
UNNAMED = "Code inconnu des nomenclatures"


class Kind(Enum):
    """A kind of entry, in the order in which they are shown. The value is its word in addresses and files."""

    RESTITUTION = "restitutions"
    MEASURE = "indicateurs"
    ACTIVITY = "activites"
    ESTABLISHMENT = "etablissements"
    ZONE = "zones"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found.

    Attributes:
        kind: what it is; ``level`` of what sort: ``racine``, ``departement``, the field of a measure.
        code: its name for machines: slug, code, FINESS.
        name: what a reader sees; ``level_title`` the level in words; ``detail`` where it is.
        text: other words by which it is found.
        criterion: the criterion of a query that it fills, "" for none.
        value: what it fills it with, in the type of `Query`; None for none.
        year: year to ask for, 0 for the edition's latest.
        asked_of: slugs of the restitutions that it is found in, where it fills no criterion.
    """

    kind: Kind
    level: str
    code: str
    name: str
    level_title: str = ""
    detail: str = ""
    text: str = ""
    criterion: str = ""
    value: str | tuple[str, str] | Zone | None = None
    year: int = 0
    asked_of: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """The value as it is written in an address, e.g. ``racine:06C04``; "" for none."""
        return ":".join(self.value) if isinstance(self.value, tuple) else str(self.value or "")


def entries(catalogue: Catalogue, edition: Edition) -> list[Entry]:
    """Return all that can be found, kind after kind, by level and code."""
    return [
        *_restitutions(catalogue),
        *_fiches(catalogue),
        *_measures(catalogue),
        *_activities(catalogue, edition),
        *_establishments(edition),
        *_zones(edition),
    ]


def _restitutions(catalogue: Catalogue) -> Iterator[Entry]:
    for restitution in catalogue.restitutions.values():
        champ = catalogue.champ(restitution)
        yield Entry(
            Kind.RESTITUTION,
            restitution.champ,
            restitution.slug,
            restitution.titre,
            level_title=restitution.champ.upper(),
            detail=restitution.objet,
            text=_joined(restitution.slug, restitution.sous_theme, champ.libelle, *restitution.contenu),
            asked_of=(restitution.slug,),
        )


def _fiches(catalogue: Catalogue) -> Iterator[Entry]:
    for fiche in catalogue.fiches.values():
        yield Entry(
            Kind.RESTITUTION,
            "fiche",
            fiche.slug,
            fiche.titre,
            level_title=Sentence("Fiche"),
            detail=fiche.objet,
            text=_joined(fiche.slug, fiche.sous_theme, *fiche.contenu),
            asked_of=(fiche.slug,),
        )


def _measures(catalogue: Catalogue) -> Iterator[Entry]:
    """Yield the measures of the fields, then those of published sources; of one name in one field, one entry."""
    found: dict[tuple[str, str], Entry] = {}
    for name, champ in catalogue.champs.items():
        own = [r for r in catalogue.restitutions.values() if r.champ == name and not r.source]
        for mesure, declared in champ.mesures.items():
            asked_of = tuple(r.slug for r in own if mesure in r.mesures)
            found[name, mesure] = _measure(name, mesure, declared.libelle, declared.definition, asked_of)
    for restitution in (r for r in catalogue.restitutions.values() if r.source):
        for mesure, publiee in catalogue.mesures(restitution).items():
            key, slug = (restitution.champ, mesure), restitution.slug
            new = _measure(restitution.champ, mesure, publiee.libelle, publiee.definition, (slug,))
            known = found.get(key)
            found[key] = replace(known, asked_of=(*known.asked_of, slug)) if known else new
    yield from found.values()


def _measure(champ: str, code: str, name: str, definition: str, asked_of: tuple[str, ...]) -> Entry:
    return Entry(Kind.MEASURE, champ, code, name, level_title=champ.upper(), detail=definition, asked_of=asked_of)


def _activities(catalogue: Catalogue, edition: Edition) -> Iterator[Entry]:
    """Yield the codes of every code system that the edition has labels of, whatever it is.

    A restitution that comes to take a level makes its codes lead to it: nothing of them is written here.
    """
    known = {name: d for champ in catalogue.champs.values() for name, d in champ.dimensions.items()}
    for level, labels in edition.libelles.items():
        if level in known and known[level].axe != "activite":
            continue
        title = known[level].libelle if level in known else TITLES.get(level, level.upper())
        codes = edition.codes(level) if level in known else labels
        for code in sorted(set(codes) - {UNKNOWN}):
            yield Entry(
                Kind.ACTIVITY,
                level,
                code,
                labels.get(code, UNNAMED),
                level_title=title,
                criterion="activite",
                value=(level, code),
            )


def _establishments(edition: Edition) -> Iterator[Entry]:
    for finess, one in sorted(edition.finess.items()):
        yield Entry(
            Kind.ESTABLISHMENT,
            "finess",
            finess,
            one.raison_sociale,
            level_title=LEVELS["finess"],
            detail=Name(_joined(*_places(one, edition), separator=", ")),
            text=_joined(*_known(one.categorie, one.ght)),
            criterion="etablissement",
            value=finess,
            year=one.annee,
        )
    for ght in sorted({e.ght for e in edition.finess.values()} - {UNKNOWN}):
        members = sum(e.ght == ght for e in edition.finess.values())
        yield Entry(
            Kind.ESTABLISHMENT,
            "ght",
            ght,
            ght,
            level_title=LEVELS["ght"],
            detail=Sentence("%(n)s établissements", n=members) if members > 1 else Sentence("1 établissement"),
            criterion="ght",
            value=ght,
        )


def _places(one: Etablissement, edition: Edition) -> Iterator[str]:
    """Yield the names of the places where an establishment is: code, département, région."""
    residence = edition.residences.get(one.code_geo)
    if residence and residence.connu:
        yield residence.libelle
    for level, code in (("departement", one.departement), ("region", one.region)):
        if code != UNKNOWN:
            yield edition.libelles.get(level, {}).get(code, code)


def _zones(edition: Edition) -> Iterator[Entry]:
    for level in ("region", "departement"):
        for code, name in sorted(edition.libelles.get(level, {}).items()):
            if code != UNKNOWN:
                yield _zone(Zone(level, code), name)
    territories: dict[str, set[str]] = {}
    for residence in edition.residences.values():
        names = edition.libelles.get("departement", {})
        territories.setdefault(residence.territoire, set()).add(names.get(residence.departement, ""))
    for code, departements in sorted(territories.items()):
        if code != UNKNOWN:
            yield _zone(Zone("territoire", code), code, _joined(*sorted(departements), separator=", "))
    for zonage, zones in sorted(edition.zonages.items()):
        for code, (label, _) in sorted(zones.items()):
            yield _zone(Zone("zonage", code, zonage), label, zonage)
    yield from _geographic_codes(edition)


def _geographic_codes(edition: Edition) -> Iterator[Entry]:
    implanted = {e.code_geo: e.departement for e in edition.finess.values() if e.code_geo != UNKNOWN}
    names = edition.libelles.get("departement", {})
    for code in sorted({*edition.residences, *implanted} - {UNKNOWN}):
        residence = edition.residences.get(code)
        departement = residence.departement if residence else implanted[code]
        name = residence.libelle if residence else UNNAMED
        yield _zone(Zone("code_geo", code), name, names.get(departement, ""))


def _zone(zone: Zone, name: str, detail: str = "") -> Entry:
    return Entry(
        Kind.ZONE,
        zone.kind,
        zone.code,
        name,
        level_title=LEVELS[zone.kind],
        detail=Name(detail),
        criterion="zone",
        value=zone,
    )


def _known(*values: str) -> Iterable[str]:
    return (value for value in values if value != UNKNOWN)


def _joined(*values: str, separator: str = " ") -> str:
    return separator.join(value for value in values if value)
