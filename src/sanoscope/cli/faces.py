"""The face of a field as its catalogue declares it: what any reader finds in ``/api/v1/catalogue``.

Besides what anybody is answered, it has what an identified reader of the whole country is: the same masks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from sanoscope.attack.face import CROSS, Face, Link, Listing, Map, Ratio, Shares
from sanoscope.attack.world import Tree
from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.engine.plan import Aggregate, Scan

COMINGS = frozenset({"seances"})
"""What goes with people and is a target all the same: each session is a person's coming, as a stay is."""

NOT_EACH = frozenset({"jours", "journees_tp", "demi_journees_tp"})
"""What some of those who carry it bring none of: nights of sessions, whole or half days of part-time care."""

EACH = {"quantite_dispositifs": ("sejours",)}
"""What the catalogue does not count as people and of which each brings one or more: a device is fitted whole."""

TOTAL = ("", "")


def face_of(champ: Champ, catalogue: Catalogue) -> Face:
    """Return the face of a field, identified restitutions included.

    Args:
        champ: the field.
        catalogue: its restitutions.
    """
    every = [r for r in catalogue.restitutions.values() if r.champ == champ.champ and not r.source]
    masked = [r for r in every if r.acces != "securise" and r.genre == "activite"]
    opened = _Open(champ, tuple(r for r in masked if exact(r, champ)))
    people, riders = opened.people(), opened.riders()
    listings = sorted(opened.listings(), key=opened.fineness)
    levels = dict.fromkeys(level for one in listings for level in one.labels)
    shown = set(opened.shown.values())
    return Face(
        champ.champ,
        people=people,
        listings=tuple(listings),
        partitions=tuple(level for level in levels if not champ.dimensions[level].parents),
        maps=tuple(opened.maps()),
        shares=tuple(opened.shares(people)),
        amounts=tuple(name for name in riders if name in shown and name not in people),
        riders=riders,
        links=tuple(opened.links()),
        ratios=tuple(opened.ratios()),
        patients=opened.patients(),
        leaf=("etablissement", "") if champ.ligne == "finess" else ("zone", f"{champ.ligne}:"),
        baskets=any(r.criteres.etablissements for r in opened.restitutions),
    )


def exact(restitution: Restitution, champ: Champ) -> bool:
    """Tell whether a restitution asks the lattice its own questions, by activity or by establishment.

    What is told with a noise has no exact figure to start from; what compares zones, years or several activities picked
    together only adds up figures that the others show one by one.
    """
    sums = _Open(champ, ()).summed
    shown = [m for m in (champ.mesures[name] for name in restitution.mesures) if m.genre in ("somme", "part")]
    levels = [n for n in restitution.criteres.regroupement if n]
    above = {*levels, *(parent for n in levels for parent in champ.dimensions[n].parents)}
    plain = not restitution.memes_etablissements and not above & set(restitution.filtre)
    people = any(champ.dimensions[n].axe == "personne" for n in restitution.lignes if n in champ.dimensions)
    whose = all(getattr(m, "dans", "total") == "total" and not getattr(m, "partout", False) for m in shown)
    shares = restitution.criteres.zone != "residence" or restitution.lignes[-1] == "finess"
    return bool(shown) and plain and whose and shares and not people and all(m.de in sums for m in shown)


def tree_of(edition: Edition, annee: int, face: Face, champ: Champ) -> Tree:
    """Return the levels and codes of a year that a face can be asked for, and what holds what.

    Besides what the nomenclature says, a group holds another where it does so in all that was transmitted.

    Args:
        edition: the open side of the field.
        annee: the year.
        face: what can be asked.
        champ: the field.
    """
    picked = [
        level for levels in (*(m.levels for m in face.maps), *(s.levels for s in face.shares)) for level in levels
    ]
    levels = list(dict.fromkeys([*picked, *(label for one in face.listings for label in (*one.labels, one.level))]))
    totals = {one.level: one.total for one in face.listings if one.total != TOTAL}
    tree: dict[str, dict[str, dict[str, str]]] = {}
    for level in levels:
        coarser = [other for other in levels if _holds(other, level, champ)]
        if codes := _codes(edition, annee, level, coarser, totals.get(level, TOTAL)):
            tree[level] = codes
    for level in [level for level in tree if CROSS in level]:
        _complete(tree, level)
    for whole, code in totals.values():
        tree.setdefault(whole, {})[code] = {}
    return tree


def _complete(tree: dict[str, dict[str, dict[str, str]]], level: str) -> None:
    """Add to a crossing the codes of one side that its table has none of, with every code of the other.

    A table of stays has nothing of a group of sessions: of what it does not count, the crossing would miss a part.
    """
    parts = level.split(CROSS)
    for part in parts:
        known = {code.split(CROSS)[parts.index(part)] for code in tree[level]}
        others = [list(tree.get(name, {})) for name in parts]
        for code in tree.get(part, {}).keys() - known:
            others[parts.index(part)] = [code]
            for pair in product(*others):
                held = dict(zip(parts, pair, strict=True))
                above = [tree[n][c] for n, c in held.items()]
                tree[level][CROSS.join(pair)] = held | {n: c for of in above for n, c in of.items()}


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open of a field, read from its restitutions. Sums have the names of the measures that show them."""

    champ: Champ
    restitutions: tuple[Restitution, ...]

    @property
    def shown(self) -> dict[str, str]:
        """Return sum → measure that shows it as it is."""
        every = [(name, self.champ.mesures[name]) for r in self.restitutions for name in r.mesures]
        whole = [(name, m) for name, m in every if m.genre == "somme" and m.divise == 1 and m.decimales == 0]
        return {m.de: name for name, m in whole if not m.partout}

    @property
    def summed(self) -> set[str]:
        """Return the sums that the lattice tells."""
        leaves = {c for sheet in self.champ.publication.feuillets.values() for c in (*sheet.comptes, *sheet.portees)}
        return leaves | {name for name in self.champ.sommes if set(self.champ.feuilles(name)) <= leaves}

    @property
    def levels(self) -> set[str]:
        """Return the levels of activity that the lattice tells sums by."""
        sheets = self.champ.publication.feuillets.values()
        found = {n for s in sheets for n in self.champ.avec_parents(s.dimensions)}
        return {n for n in found if self.champ.dimensions[n].axe == "activite"}

    @property
    def monthly(self) -> bool:
        """Tell whether the lattice tells sums by month."""
        return any("mois" in sheet.dimensions for sheet in self.champ.publication.feuillets.values())

    @property
    def carriers(self) -> dict[str, tuple[str, ...]]:
        """Return sum → counts whose people carry it, as the first sheet that has it says."""
        sheets = self.champ.publication.feuillets.values()
        return {name: of for sheet in reversed(sheets) for name, of in sheet.portees.items()}

    def name(self, somme: str) -> str:
        """Return the name of a sum, shown or not."""
        return self.shown.get(somme, somme)

    def named(self, *sums: str) -> tuple[str, ...]:
        """Return the names of sums."""
        return tuple(map(self.name, sums))

    def people(self) -> tuple[str, ...]:
        """Return the measures that count people."""
        of_people = [s for s in self.shown if self.champ.sommes[s].effectif]
        return self.named(*(s for s in of_people if s in COMINGS or s not in self.carriers))

    def riders(self) -> dict[str, tuple[str, ...]]:
        """Return what people bring one or more of, each."""
        counted = {s: of for s, of in self.carriers.items() if self.champ.sommes[s].effectif and s not in NOT_EACH}
        found = {self.name(s): self.named(*of) for s, of in counted.items()}
        return found | {name: of for name, of in EACH.items() if name in self.shown.values()}

    def links(self) -> Iterator[Link]:
        """Yield the identities of the field."""
        for name, somme in self.champ.sommes.items():
            if somme.egale:
                yield Link(self.name(name), self.named(*somme.egale))

    def ratios(self) -> Iterator[Ratio]:
        """Yield the means and the shares of people."""
        for name in dict.fromkeys(name for r in self.restitutions for name in r.mesures):
            mesure = self.champ.mesures[name]
            if mesure.genre == "rapport" and {mesure.numerateur, mesure.denominateur} <= self.summed:
                above, below = self.named(mesure.numerateur, mesure.denominateur)
                others = self._others(mesure.numerateur, mesure.denominateur) if mesure.personnes else ""
                yield Ratio(name, above, below, scale=mesure.pour, others=others)

    def _others(self, numerator: str, denominator: str) -> str:
        """Return the count of those of a denominator that a numerator leaves out."""
        sheets = self.champ.publication.feuillets.values()
        ways = [self.champ.sommes[denominator].egale, *(sheet.comptes for sheet in sheets)]
        pair = next((way for way in ways if numerator in way and len(way) == 2), None)
        return self.name(next(name for name in pair if name != numerator)) if pair else f"hors {numerator}"

    def patients(self) -> tuple[str, str]:
        """Return the measure of distinct persons and the sum of their lines."""
        for name in (name for r in self.restitutions for name in r.mesures):
            mesure = self.champ.mesures[name]
            if mesure.genre == "distinct":
                return name, self.name(self.champ.distincts[mesure.de].lignes)
        return TOTAL

    def listings(self) -> Iterator[Listing]:
        """Yield the tables of groups of activity, then the crossings that picking an activity gives."""
        for r in self.restitutions:
            total, picks = _whole(r), r.criteres.etablissements
            members = r.lignes == ("regroupement", "finess")
            if (members or r.lignes == ("regroupement",)) and r.criteres.zone != "residence":
                for level in (n for n in r.criteres.regroupement if n in self.levels):
                    way = Listing(r.slug, (level,), regroupement=level, total=total, members=members, picks=picks)
                    yield way
                    for other in r.criteres.activite:
                        if self._crossed(level, other):
                            labels = tuple(name for name in self.champ.dimensions if name in (level, other))
                            yield replace(way, labels=labels, within=other)
            elif set(r.lignes) <= self.levels:
                yield Listing(r.slug, r.lignes, total=total, picks=picks)

    def _crossed(self, level: str, other: str) -> bool:
        """Tell whether some sheet crosses two levels that are not nested."""
        if {level} & {other, *_later(other, self.champ)} or other in _later(level, self.champ):
            return False
        return {level, other} in self.champ.croisements

    def fineness(self, one: Listing) -> tuple[int, int]:
        """Return the order of a listing: coarse before fine, then crossings."""
        places = list(self.champ.dimensions)
        return len(one.labels), -min(places.index(level) for level in one.labels)

    def maps(self) -> Iterator[Map]:
        """Yield the tables of establishments."""
        for r in self.restitutions:
            of_all = r.lignes == ("regroupement", "finess") and "" in r.criteres.regroupement
            if r.criteres.zone != "residence" and (of_all or r.lignes == ("finess",)):
                levels = r.criteres.activite
                coarsest = tuple(level for level in levels if not self.champ.dimensions[level].parents)
                yield Map(r.slug, levels, coarsest if r.criteres.mois and self.monthly else (), _whole(r))

    def shares(self, people: tuple[str, ...]) -> Iterator[Shares]:
        """Yield the tables of market shares, the coarsest levels first."""
        for r in self.restitutions:
            shares = [(name, m.de) for name in r.mesures if (m := self.champ.mesures[name]).genre == "part"]
            for name, of in shares if r.criteres.zone == "residence" and r.lignes[-1] == "finess" else ():
                measure = self.name(of)
                levels = sorted(r.criteres.activite, key=lambda level: bool(self.champ.dimensions[level].parents))
                yield Shares(r.slug, tuple(levels), measure, name, "" if measure in people else people[0])


def _whole(restitution: Restitution) -> tuple[str, str]:
    """Return the (level, code) of all that a restitution is about."""
    return next(((name, values[0]) for name, values in restitution.filtre.items()), TOTAL)


def _later(level: str, champ: Champ) -> tuple[str, ...]:
    """Return the levels that come after one in a tree that both are in."""
    every = list(champ.dimensions)
    trees = [{name, *champ.dimensions[name].parents} for name in every if champ.dimensions[name].axe == "activite"]
    return tuple(o for o in every[every.index(level) + 1 :] if any({level, o} <= tree for tree in trees))


def _holds(other: str, level: str, champ: Champ) -> bool:
    """Tell whether the codes of a level, or of a crossing, may each be in one code of another."""
    parts = level.split(CROSS)
    over = {*parts, *(above for part in parts for above in _later(part, champ))}
    return other != level and set(other.split(CROSS)) <= over


def _codes(
    edition: Edition, annee: int, level: str, coarser: list[str], whole: tuple[str, str]
) -> dict[str, dict[str, str]]:
    """Return the codes of a level and what holds each; those of ``whole`` alone, where it is one."""
    parts = [*level.split(CROSS), *(name for name in whole[:1] if name)]
    table = next((t for t in edition.champ.tables if {"annee", *parts} <= set(t.colonnes)), None)
    if table is None:
        return {}
    held = [other for other in coarser if set(other.split(CROSS)) <= set(table.colonnes)]
    columns = dict.fromkeys([*parts, *(name for other in held for name in other.split(CROSS))])
    found: dict[str, dict[str, str]] = {}
    for row in edition.engine.run(Aggregate(Scan(table.nom), (("annee", *columns),), ())).to_pylist():
        if row["annee"] != annee or (whole[0] and row[whole[0]] != whole[1]):
            continue
        above = {other: CROSS.join(row[name] for name in other.split(CROSS)) for other in held}
        above |= {whole[0]: whole[1]} if whole[0] else {}
        known = found.setdefault(CROSS.join(row[name] for name in level.split(CROSS)), above)
        for other in [o for o, code in known.items() if above[o] != code]:
            del known[other]
    return found
