"""Codes that criteria may hold, level by level: what the open side of an edition knows of each, with what it is in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.engine.plan import Aggregate, Scan
from sanoscope.errors import CriterionError, NotFoundError, suggest
from sanoscope.query.words import CATEGORIES, SECTEURS
from sanoscope.search.entries import LEVELS, UNKNOWN, UNNAMED
from sanoscope.search.words import words
from sanoscope.sentence import Sentence

ZONES = ("region", "departement", "territoire", "code_geo", "zonage")
"""Levels of codes that ``zone`` may hold."""

ATTRIBUTES = ("secteur", "categorie", "ght")
"""Levels of codes that are criteria by their own names, and what establishments are of."""

ESTABLISHMENT = "etablissement"

PLACES = (*ZONES, ESTABLISHMENT, *ATTRIBUTES)
"""Levels that no field declares."""

TITLES = {**LEVELS, ESTABLISHMENT: LEVELS["finess"], "secteur": "Secteur", "categorie": "Catégorie"}

PARENTS = {
    "departement": ("region",),
    "code_geo": ("departement", "region", "territoire"),
    "zonage": ("zonage",),
    ESTABLISHMENT: ("departement", "region", "territoire", "code_geo", "ght", "secteur", "categorie"),
}
"""Of the levels that no field declares, those that they are in."""

Parents = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Level:
    """A level of codes.

    Attributes:
        name: its name in addresses; ``title`` in words.
        criterion: the one that its codes are written in.
        champs: of activity, the fields that have it.
        parents: the levels that its codes are in.
    """

    name: str
    title: str
    criterion: str
    champs: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """A code: its label, what is written in its criterion, and the codes that it is in by level."""

    code: str
    name: str
    value: str
    parents: Parents = field(default_factory=lambda: MappingProxyType({}))


def activities(catalogue: Catalogue) -> dict[str, Level]:
    """Return the levels of activity that some restitution takes, whatever any edition has."""
    found: dict[str, Level] = {}
    for restitution in catalogue.restitutions.values():
        champ = catalogue.champ(restitution)
        taken = (*restitution.criteres.activite, *restitution.criteres.regroupement)
        for name in taken:
            if not name or champ.dimensions[name].axe != "activite":
                continue
            declared, known = champ.dimensions[name], found.get(name)
            champs = (*known.champs, restitution.champ) if known else (restitution.champ,)
            parents = (*(known.parents if known else ()), *declared.parents)
            title = known.title if known else declared.libelle
            found[name] = Level(
                name, title, "activite", tuple(dict.fromkeys(champs)), tuple(p for p in dict.fromkeys(parents))
            )
    return found


def takes(restitution: Restitution, name: str) -> bool:
    """Tell whether a restitution has a criterion that codes of a level are written in."""
    criteres = restitution.criteres
    if name in ZONES:
        return bool(criteres.zone)
    if name == ESTABLISHMENT or name in ATTRIBUTES:
        return criteres.etablissements
    return name in (*criteres.activite, *criteres.regroupement)


def levels(declared: Mapping[str, Level], edition: Edition) -> dict[str, Level]:
    """Return the levels of codes of an edition by name: activities, zones, establishments and what they are of.

    ``declared``: what `activities` gives.
    """
    found = {
        name: level
        for name, level in declared.items()
        if any(champ in edition.engines for champ in level.champs) and edition.codes(name) - {UNKNOWN}
    }
    for name in PLACES:
        if _has(name, edition):
            found[name] = Level(name, TITLES[name], "zone" if name in ZONES else name, parents=PARENTS.get(name, ()))
    return found


def zone_levels(edition: Edition) -> tuple[str, ...]:
    """Return the kinds of zones that an edition has codes of."""
    return tuple(name for name in ZONES if _has(name, edition))


def level(name: str, declared: Mapping[str, Level], edition: Edition) -> Level:
    """Return a level of codes of an edition by its name.

    Raises:
        NotFoundError: ``niveau-inconnu``.
    """
    known = levels(declared, edition)
    if name not in known:
        raise NotFoundError(
            "niveau-inconnu",
            Sentence("L'édition « %(nom)s » n'a pas de codes « %(niveau)s ».", nom=edition.nom, niveau=name[:40]),
            allowed=known,
            todo=suggest(name[:40], known),
        )
    return known[name]


def codes(of: Level, edition: Edition) -> list[Code]:
    """Return the codes of a level, ascending; the one that stands for unknown is none of them."""
    if of.criterion == "activite":
        return list(_activity(of, edition))
    return sorted((code for code in _others(of.name, edition) if code.code != UNKNOWN), key=lambda c: c.value)


def matching(found: list[Code], text: str, parent: str, of: Level) -> list[Code]:
    """Return the codes whose words, code or label, begin with each word of a text, within a code of another level.

    Args:
        found: codes of a level ``of``.
        text: whatever its accents; "" for all.
        parent: ``LEVEL:CODE``; "" for any.

    Raises:
        CriterionError: ``valeur-inconnue``: the level is in no such one.
    """
    if parent:
        name, _, code = parent.partition(":")
        if name not in of.parents or not code:
            raise CriterionError(
                "valeur-inconnue",
                Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion="parent", value=parent[:40]),
                allowed=[f"{one}:CODE" for one in of.parents],
                criterion="parent",
            )
        found = [one for one in found if code in one.parents.get(name, ())]
    asked = words(text)
    return [one for one in found if _named(asked, [*words(one.code), *words(one.name)])] if asked else found


def _named(asked: list[str], known: list[str]) -> bool:
    return all(any(word.startswith(start) for word in known) for start in asked)


def _activity(of: Level, edition: Edition) -> Iterator[Code]:
    labels, above = edition.libelles.get(of.name, {}), _above(of, edition)
    for code in sorted(edition.codes(of.name) - {UNKNOWN}):
        parents = {name: tuple(sorted(pairs.get(code, ()))) for name, pairs in above.items()}
        known = MappingProxyType({name: of for name, of in parents.items() if of})
        yield Code(code, labels.get(code, UNNAMED), f"{of.name}:{code}", known)


def _above(of: Level, edition: Edition) -> dict[str, dict[str, set[str]]]:
    """Return, by level above, the codes that each code is in, as the tables of the edition have them."""
    found: dict[str, dict[str, set[str]]] = {parent: {} for parent in of.parents}
    for champ, engine in edition.engines.items():
        for parent, pairs in found.items():
            held = [t for t in edition.manifest.champs[champ].tables if {of.name, parent} <= {*t.colonnes}]
            for table in {t.cube: t for t in sorted(held, key=lambda t: -t.lignes)}.values():
                rows = engine.run(Aggregate(Scan(table.nom), ((of.name, parent),), ())).to_pydict()
                for code, above in zip(rows[of.name], rows[parent], strict=True):
                    if above not in ("", UNKNOWN):
                        pairs.setdefault(code, set()).add(above)
    return found


def _has(name: str, edition: Edition) -> bool:
    return any(one.code != UNKNOWN for one in _others(name, edition))


def _others(name: str, edition: Edition) -> Iterator[Code]:
    """Yield the codes of a level that no field declares."""
    if name in ATTRIBUTES:
        return _attribute(name, edition)
    return {
        "region": _region,
        "departement": _departement,
        "territoire": _territory,
        "zonage": _zoning,
        "code_geo": _geographic,
        ESTABLISHMENT: _establishment,
    }[name](edition)


def _region(edition: Edition) -> Iterator[Code]:
    for code, label in edition.libelles.get("region", {}).items():
        yield Code(code, label, f"region:{code}")


def _departement(edition: Edition) -> Iterator[Code]:
    regions = _regions(edition)
    for code, label in edition.libelles.get("departement", {}).items():
        yield Code(code, label, f"departement:{code}", _of(region=regions.get(code, UNKNOWN)))


def _territory(edition: Edition) -> Iterator[Code]:
    for code in edition.territoires:
        yield Code(code, code, f"territoire:{code}")


def _zoning(edition: Edition) -> Iterator[Code]:
    for zoning, zones in edition.zonages.items():
        for code, (label, _) in zones.items():
            yield Code(code, label, f"zonage:{zoning}:{code}", _of(zonage=zoning))


def _establishment(edition: Edition) -> Iterator[Code]:
    for one in edition.finess.values():
        above = _of(**{parent: getattr(one, parent) for parent in PARENTS[ESTABLISHMENT]})
        yield Code(one.finess, one.raison_sociale, one.finess, above)


def _attribute(name: str, edition: Edition) -> Iterator[Code]:
    said = {"secteur": SECTEURS, "categorie": CATEGORIES}.get(name, {})
    for code in {str(getattr(one, name)) for one in edition.etablissements.values()}:
        yield Code(code, said.get(code, code), code)


def _geographic(edition: Edition) -> Iterator[Code]:
    for place in edition.residences.values():
        above = _of(departement=place.departement, region=place.region, territoire=place.territoire)
        yield Code(place.code_geo, place.libelle if place.connu else UNNAMED, f"code_geo:{place.code_geo}", above)
    implanted = {one.code_geo: one for one in edition.finess.values() if one.code_geo not in edition.residences}
    for code, one in implanted.items():
        above = _of(departement=one.departement, region=one.region, territoire=one.territoire)
        yield Code(code, UNNAMED, f"code_geo:{code}", above)


def _regions(edition: Edition) -> dict[str, str]:
    of_residents = {one.departement: one.region for one in edition.residences.values()}
    return of_residents | {one.departement: one.region for one in edition.finess.values()}


def _of(**above: str) -> Parents:
    return MappingProxyType({name: (code,) for name, code in above.items() if code != UNKNOWN})
