"""What is public of the country that is attacked: who there is, where, and the tree of activities."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sanoscope.attack.face import Face

Ask = Callable[[str, Mapping[str, str]], Mapping[str, Any]]
"""(slug, criteria) → the JSON document of the open API; raises `SanoscopeError` for a question that is refused."""

Tree = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Level → code → {coarser level: code that holds it}; all the levels above, not only the next."""

UNKNOWN = frozenset({"", "?"})


@dataclass(frozen=True, slots=True)
class Establishment:
    """An establishment and the groups it is in; "" or "?" where it is in none.

    Of a field that publishes no establishment, the finest place there is (a région), ``finess`` its code.
    """

    finess: str
    departement: str = ""
    region: str = ""
    secteur: str = ""
    categorie: str = ""
    ght: str = ""
    territoire: str = ""


@dataclass(frozen=True, slots=True)
class Residence:
    """A residence code and the zones that hold it."""

    code_geo: str
    departement: str = ""
    region: str = ""
    territoire: str = ""


@dataclass(frozen=True, slots=True)
class Year:
    """A year of the edition.

    Attributes:
        annee: the year.
        etablissements: all that transmitted something that year.
        arbre: see `Tree`; codes that no nomenclature knows included.
        mois: last month transmitted, 1 to 12.
        residences: residence codes, for market shares; none to leave those out.
    """

    annee: int
    etablissements: tuple[Establishment, ...]
    arbre: Tree
    mois: int = 12
    residences: tuple[Residence, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """A field: its open face, and the years that can be asked for, the most important first."""

    face: Face
    years: tuple[Year, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Something that can be asked for: a leaf (an establishment, a residence code) or several together.

    Attributes:
        criteria: as the API takes them.
        members: the leaves it holds.
        node: it is published as such; a basket is not, and what is masked of it bounds nothing.
        complete: it is the sum of its members, no more.
    """

    criteria: Mapping[str, str] = field(hash=False)
    members: frozenset[str]
    node: bool = True
    complete: bool = True

    @property
    def told(self) -> bool:
        """Tell whether being small, or not, is told of it: of a leaf, a département, a région, the country.

        Of any other choice (a GHT, a sector, a territory) an estimate may be of a small count.
        """
        zone = self.criteria.get("zone", "departement:").partition(":")[0]
        return self.node and set(self.criteria) <= {"zone", "etablissement"} and zone in ("departement", "region")

    @property
    def zone(self) -> bool:
        """Tell whether it is the country or a zone, no establishments being picked."""
        return set(self.criteria) <= {"zone"}

    @property
    def name(self) -> str:
        """Return what a person reads."""
        if "panier" in self.criteria and len(self.members) > 3:
            return f"panier de {len(self.members)} ({', '.join(sorted(self.members)[:3])}…)"
        return ", ".join(f"{name} {value}" for name, value in self.criteria.items()) or "France"


def basket(members: Iterable[str]) -> Place:
    """Return a basket of establishments."""
    chosen = frozenset(members)
    return Place({"panier": ",".join(sorted(chosen))}, chosen, node=False)


def establishments_places(year: Year, leaf: tuple[str, str]) -> tuple[Place, ...]:
    """Return all that is published of establishments: each alone, then zones, sectors, categories, GHT, France.

    Args:
        year: who there is.
        leaf: see `Face.leaf`.
    """
    everyone = year.etablissements
    criterion, prefix = leaf
    places = [Place({criterion: prefix + e.finess}, frozenset({e.finess})) for e in everyone]
    for kind, criterion, prefix in _GROUPS:
        groups: dict[str, set[str]] = {}
        for one in everyone:
            groups.setdefault(getattr(one, kind), set()).add(one.finess)
        places += [
            Place({criterion: prefix + code}, frozenset(groups[code])) for code in sorted(groups) if code not in UNKNOWN
        ]
    return (*places, Place({}, frozenset(e.finess for e in everyone)))


def residence_places(year: Year) -> tuple[Place, ...]:
    """Return the zones of residence: codes, then territories, départements, régions, France.

    France holds more than its codes: residents of abroad, unknown codes.
    """
    places = [Place({"zone": f"code_geo:{r.code_geo}"}, frozenset({r.code_geo})) for r in year.residences]
    for kind in ("territoire", "departement", "region"):
        groups: dict[str, set[str]] = {}
        for one in year.residences:
            groups.setdefault(getattr(one, kind), set()).add(one.code_geo)
        places += [
            Place({"zone": f"{kind}:{code}"}, frozenset(groups[code])) for code in sorted(groups) if code not in UNKNOWN
        ]
    return (*places, Place({}, frozenset(r.code_geo for r in year.residences), complete=False))


_GROUPS = (
    ("departement", "zone", "departement:"),
    ("region", "zone", "region:"),
    ("secteur", "secteur", ""),
    ("categorie", "categorie", ""),
    ("ght", "ght", ""),
    ("territoire", "zone", "territoire:"),
)
