"""Who asks: what a reader holds decides which questions are answered to him, never what an answer is.

An address means one thing: the same rows, the same figures, the same masks for all those to whom it is answered. What
differs between readers is whether it is. Small counts are told by one version of an answer alone, asked for as such
(``version=complete``), to those who hold the secure profile where the question is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from sanoscope.errors import CriterionError
from sanoscope.sentence import Sentence, joined

Access = Literal["libre", "identifie", "securise"]
Profile = Literal["national", "regional", "etablissement", "securise"]
PerimeterKind = Literal["france", "region", "departement", "ght", "etablissement"]

DOMAINS: Mapping[str, str] = {
    "indicateurs-synthetiques": Sentence("indicateurs synthétiques"),
    "activite": Sentence("activité"),
    "couts-finances": Sentence("coûts et finances"),
    "qualite": Sentence("qualité"),
    "rh": Sentence("ressources humaines"),
    "medicaments": Sentence("médicaments et dispositifs en sus"),
}
"""What a grant may be about, in words."""

PROFILES: Mapping[Profile, str] = {
    "national": Sentence("national"),
    "regional": Sentence("régional"),
    "etablissement": Sentence("établissement"),
    "securise": Sentence("sécurisé"),
}
"""Profiles, in words."""

WITHIN: Mapping[Profile, tuple[PerimeterKind, ...]] = {
    "national": ("france",),
    "regional": ("region", "departement"),
    "etablissement": ("ght", "etablissement"),
    "securise": ("france", "region", "departement", "ght", "etablissement"),
}
"""Kinds of perimeters that a profile may have."""

_NAMED: Mapping[PerimeterKind, tuple[str, str]] = {
    "region": (Sentence("région"), Sentence("régions")),
    "departement": (Sentence("département"), Sentence("départements")),
    "ght": (Sentence("GHT"), Sentence("GHT")),
    "etablissement": (Sentence("établissement"), Sentence("établissements")),
}


class Guarded(Protocol):
    """What is asked: a restitution or a fiche."""

    @property
    def acces(self) -> Access:
        """Who may ask for it."""

    @property
    def domaine(self) -> str:
        """The domain that it is of, a key of `DOMAINS`."""


@dataclass(frozen=True, slots=True)
class Perimeter:
    """Where a grant holds: the country, or those of a kind.

    Attributes:
        kind: of what.
        codes: which; none of the country.
    """

    kind: PerimeterKind = "france"
    codes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if (self.kind == "france") == bool(self.codes):
            raise ValueError(f"perimeter {self.kind!r} with codes {sorted(self.codes)}")

    def __str__(self) -> str:
        """Return it in words."""
        if self.kind == "france":
            return Sentence("France entière")
        name = _NAMED[self.kind][len(self.codes) > 1]
        return joined(" ", [name, ", ".join(sorted(self.codes))])


FRANCE = Perimeter()


@dataclass(frozen=True, slots=True)
class Grant:
    """A right: what a profile opens, somewhere, about some domains.

    Attributes:
        profile: the secure one tells small counts; the others open what is for identified readers, masked.
        perimeter: where.
        domains: keys of `DOMAINS`.
    """

    profile: Profile
    perimeter: Perimeter
    domains: frozenset[str]

    def __post_init__(self) -> None:
        if self.perimeter.kind not in WITHIN[self.profile]:
            raise ValueError(f"profile {self.profile!r} with a perimeter {self.perimeter.kind!r}")
        if not self.domains or not self.domains <= set(DOMAINS):
            raise ValueError(f"domains {sorted(self.domains)}")

    def opens(self, what: Guarded, *, complete: bool = False) -> bool:
        """Tell whether it opens something, in its perimeter; ``complete``: with small counts."""
        return not self.lacks(what, complete=complete)

    def lacks(self, what: Guarded, *, complete: bool = False) -> tuple[str, ...]:
        """Return, in words, what it lacks to open something in its perimeter; nothing where it opens it."""
        lacking: list[str] = []
        if what.domaine not in self.domains:
            lacking.append(Sentence("il n'est pas du domaine « %(nom)s »", nom=DOMAINS[what.domaine]))
        if self.profile != "securise" and (complete or what.acces == "securise"):
            lacking.append(Sentence("son profil n'est pas le profil sécurisé, qui seul ouvre les petits effectifs"))
        return tuple(lacking)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reader may see. No question is answered without one.

    Attributes:
        grants: what he holds today.
        masked: he is answered the published version, unless he asks for the complete one; else always the latter.
    """

    grants: frozenset[Grant] = frozenset()
    masked: bool = True

    def opening(self, what: Guarded, *, complete: bool = False) -> tuple[Grant, ...]:
        """Return the grants that open something somewhere, in a settled order."""
        found = (grant for grant in self.grants if grant.opens(what, complete=complete))
        return tuple(sorted(found, key=lambda g: (g.profile, g.perimeter.kind, sorted(g.perimeter.codes))))

    def may_read(self, what: Guarded, *, complete: bool = False) -> bool:
        """Tell whether something is open to the reader, somewhere."""
        return (what.acces == "libre" and not complete) or bool(self.opening(what, complete=complete))


def perimeter(text: str) -> Perimeter:
    """Return a perimeter as it is written: ``france``, ``region:53,28``, ``ght:NOM``.

    Raises:
        CriterionError: ``perimetre-invalide``.
    """
    kind, _, codes = text.partition(":")
    known: list[PerimeterKind] = [*WITHIN["securise"]]
    wanted = frozenset(
        code.strip().upper() if kind != "ght" else code.strip() for code in codes.split(",") if code.strip()
    )
    for one in known:
        if one == kind and (one == "france") != bool(wanted):
            return Perimeter(one, wanted)
    raise CriterionError(
        "perimetre-invalide",
        Sentence("« %(texte)s » n'est pas un périmètre.", texte=text),
        allowed=["france", *(f"{one}:CODE,CODE" for one in known[1:])],
        criterion="codes",
    )


def made(profile: str, where: Perimeter, domains: Iterable[str]) -> Grant:
    """Return a right as it is typed.

    Raises:
        CriterionError: ``droit-invalide``: no such profile or domain, no domain, or a perimeter that is not of it.
    """
    known: list[Profile] = [*PROFILES]
    found = next((one for one in known if one == profile), None)
    if found is None:
        raise CriterionError(
            "droit-invalide",
            Sentence("« %(nom)s » n'est pas un profil.", nom=profile),
            allowed=known,
            criterion="profil",
        )
    wanted = frozenset(domains)
    for name in sorted(wanted - set(DOMAINS)) or ([] if wanted else [""]):
        raise CriterionError(
            "droit-invalide",
            Sentence("« %(nom)s » n'est pas un domaine.", nom=name) if name else Sentence("Il n'y a pas de domaine."),
            allowed=[*DOMAINS],
            criterion="domaine",
        )
    if where.kind not in WITHIN[found]:
        raise CriterionError(
            "droit-invalide",
            Sentence("Un profil %(nom)s n'a pas un tel périmètre.", nom=PROFILES[found]),
            allowed=[kind if kind == "france" else f"{kind}:CODE,CODE" for kind in WITHIN[found]],
            criterion="perimetre",
        )
    return Grant(found, where, wanted)


def perimeters(grants: Iterable[Grant]) -> Iterator[str]:
    """Yield where grants hold, in words, each once."""
    return iter(dict.fromkeys(str(grant.perimeter) for grant in grants))


OPEN = Scope()
"""Anybody."""

IDENTIFIED = Scope(frozenset({Grant("national", FRANCE, frozenset(DOMAINS))}))
"""An identified reader of the whole country: answered what anybody is, and what is identified, masked alike."""

_ALL = frozenset({Grant("securise", FRANCE, frozenset(DOMAINS))})

EVERYTHING = Scope(_ALL)
"""All that may be asked, each in its version: to know what a store answers, whoever asks."""

SECURE = Scope(_ALL, masked=False)
"""Whoever holds the files: the operator at the command line."""
