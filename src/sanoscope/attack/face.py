"""The open face of a field, declared: what can be asked of it, what counts people, and what ties these counts.

All of it is public: any reader finds it in ``/api/v1/catalogue``. Nothing here runs; the other modules follow it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

CROSS = "×"
"""Between the levels of a crossing, and between their codes: ``mpp×mpa``, ``04×07``."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A restitution that lists the groups of a level of activity for a place.

    Attributes:
        slug: its name.
        labels: levels of its rows; several are a crossing.
        regroupement: criterion that asks for them; "" where the restitution has but one way.
        within: level of ``labels`` that is picked one code at a time by ``activite``; "" for none.
        total: (level, code) of its total, ("", "") for all of the field.
        members: each row is of an establishment of the place; a group's own figure is its total.
        picks: any choice of establishments is a place that it takes; else zones alone are.
    """

    slug: str
    labels: tuple[str, ...]
    regroupement: str = ""
    within: str = ""
    total: tuple[str, str] = ("", "")
    members: bool = False
    picks: bool = True

    @property
    def level(self) -> str:
        """Return the level that its rows are codes of."""
        return CROSS.join(self.labels)


@dataclass(frozen=True, slots=True)
class Map:
    """A restitution that lists establishments, for one activity at a time.

    Attributes:
        slug: its name.
        levels: levels at which the activity is picked.
        monthly: those followed month by month, besides the total.
        total: (level, code) of what it lists without an activity, ("", "") for all of the field.
    """

    slug: str
    levels: tuple[str, ...]
    monthly: tuple[str, ...] = ()
    total: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Shares:
    """A restitution of market shares: zones of residence × establishments.

    Attributes:
        slug: its name.
        levels: levels at which the activity is picked.
        measure: what is shared out.
        share: the share.
        people: of a measure that counts no people (days), those of whom each brings one or more; else "".
    """

    slug: str
    levels: tuple[str, ...]
    measure: str
    share: str
    people: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A sum is that of others, cell by cell; at least that, where not complete."""

    whole: str
    parts: tuple[str, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Ratio:
    """A measure that is scale · numerator ÷ denominator, rounded.

    Attributes:
        name: the measure.
        numerator, denominator: sums, shown or not.
        scale: 100 for a percentage.
        others: of a share of people, the sum that counts the rest of the denominator; else "".
    """

    name: str
    numerator: str
    denominator: str
    scale: float = 1.0
    others: str = ""


@dataclass(frozen=True, slots=True)
class Face:
    """What is open of a field.

    Attributes:
        champ: short name of the field.
        people: measures that count people or their comings, the principal first: 1 to 10 of them is a target.
        listings: the coarsest first.
        partitions: levels of which every group is in no other, by which a system too large is cut.
        maps, shares: restitutions of establishments, of residence.
        amounts: whole measures that people bring and that count none of them (days): no target.
        riders: amount or people, shown or not → people of whom each brings one of it or more.
        links: identities between sums, shown or not.
        ratios: means, and shares of people.
        patients: (measure, sum that counts their lines); ("", "") for none.
        leaf: (criterion, prefix of its value) that asks for one member of the finest places.
        baskets: any choice of members may be asked for.
    """

    champ: str
    people: tuple[str, ...]
    listings: tuple[Listing, ...] = ()
    partitions: tuple[str, ...] = ()
    maps: tuple[Map, ...] = ()
    shares: tuple[Shares, ...] = ()
    amounts: tuple[str, ...] = ()
    riders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    patients: tuple[str, str] = ("", "")
    leaf: tuple[str, str] = ("etablissement", "")
    baskets: bool = True

    @property
    def principal(self) -> str:
        """Return the first count of people."""
        return self.people[0]

    @property
    def counted(self) -> tuple[str, ...]:
        """Return the sums of people that make the system: those shown, and the hidden parts of these."""
        hidden = [part for link in self.links if link.whole in self.people for part in link.parts]
        return tuple(dict.fromkeys([*self.people, *hidden]))

    @property
    def system(self) -> tuple[str, ...]:
        """Return all the sums that make the system."""
        return (*self.counted, *self.amounts)

    @property
    def system_links(self) -> tuple[Link, ...]:
        """Return what ties them: identities, and amounts that are at least the people who bring them."""
        inside = set(self.system)
        identities = [link for link in self.links if {link.whole, *link.parts} <= inside]
        least = [Link(name, people, complete=False) for name, people in self.riders.items()]
        return (*identities, *(link for link in least if {link.whole, *link.parts} <= inside))

    @property
    def whole(self) -> dict[str, str]:
        """Return of each sum of people the one it is part of, both shown or not."""
        counted = set(self.counted)
        return {part: link.whole for link in self.links if link.whole in counted for part in link.parts}

    @property
    def tops(self) -> tuple[str, ...]:
        """Return the measures of people that are part of no other: where they are nothing, there is nothing."""
        return tuple(name for name in self.people if name not in self.whole)

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the sums that a sum is the sum of; () where it is of none."""
        return next((link.parts for link in self.links if link.whole == name), ())

    def carried(self, name: str) -> tuple[str, ...]:
        """Return the sums of which each of some people brings one or more."""
        return tuple(rider for rider, people in self.riders.items() if people == (name,))
