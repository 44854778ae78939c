"""A fiche about a subject: its blocks asked one by one, each of the edition that answers it, as any reader would ask.

A block that cannot be answered (its field or its year is not there, the open side does not publish it) keeps its place
and says why; the others stand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from sanoscope.access.scope import Scope
from sanoscope.catalogue.fiche import Bloc, Fiche
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, NotFoundError, SanoscopeError
from sanoscope.query.compare import reference
from sanoscope.query.criteria import Query, Zone, collected, known_finess, unknown
from sanoscope.query.permission import About, about_subject, check_asking, check_reading
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.query.words import zone_name
from sanoscope.sentence import Inner, Name, Sentence, joined

UNKNOWN = "?"
YEARS = 5
"""Years that ``{annees}`` stands for, at most."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a fiche is about: its code ("" for the country), its name, what the criteria of blocks may name of it."""

    code: str
    name: str
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """An answer set beside another: the kind of comparison, what the other is of, the table with both, if any.

    Attributes:
        kind: one of `criteria.COMPARISONS`; ``name`` of what it is set beside.
        query, table: the question with its comparison, and its answer; None where there is none.
        refused: why there is none.
    """

    kind: str
    name: str = ""
    query: Query | None = None
    table: Table | None = None
    refused: SanoscopeError | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A block of a fiche and its answer.

    Attributes:
        bloc, restitution: what is asked.
        query, table: the question and its whole answer; None where it cannot be answered.
        comparisons: of key figures, what they are set beside.
        refused: why it is not answered.
    """

    bloc: Bloc
    restitution: Restitution
    query: Query | None = None
    table: Table | None = None
    comparisons: tuple[Comparison, ...] = ()
    refused: SanoscopeError | None = None

    @property
    def compared(self) -> tuple[Comparison, ...]:
        """The comparisons that could be made."""
        return tuple(each for each in self.comparisons if each.table is not None)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A fiche about a subject, in a year.

    Attributes:
        fiche: what it is.
        subject, annee: about what, in which year.
        edition: the edition it is pinned to, "" for those that are published.
        parts: its blocks, in order.
    """

    fiche: Fiche
    subject: Subject
    annee: int
    edition: str
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        """What it is, of what and of when."""
        return joined(" — ", [Sentence(self.fiche.titre), self.subject.name, str(self.annee)])

    @property
    def canonical(self) -> str:
        """The canonical query string."""
        given = {self.fiche.sujet: self.subject.code, "annee": str(self.annee), "edition": self.edition}
        return urlencode({name: value for name, value in given.items() if value}, quote_via=quote, safe=":,/")

    @property
    def tables(self) -> tuple[Table, ...]:
        """The answers that it is made of."""
        return tuple(part.table for part in self.parts if part.table is not None)

    @property
    def editions(self) -> dict[str, Table]:
        """The editions that answer, each with an answer of it; that of most blocks first."""
        named = [table.edition for table in self.tables]
        ordered = sorted(dict.fromkeys(named), key=lambda name: -named.count(name))
        return {name: next(table for table in self.tables if table.edition == name) for name in ordered}

    @property
    def pinned(self) -> str:
        """The canonical query string whose answer never changes."""
        first = next(iter(self.editions), "")
        return replace(self, edition=self.edition or first).canonical


def offered(service: Service) -> tuple[Fiche, ...]:
    """Return the fiches of which some block is answered by an edition that is served."""
    known = {restitution.slug for restitution in service.offered()}
    return tuple(f for f in service.catalogue.fiches.values() if any(b.restitution in known for b in f.blocs))


def edition_of(service: Service, fiche: Fiche, name: str = "", *, public: bool = True) -> Edition:
    """Return the edition where the subject of a fiche is looked for: the whole of that which answers its first block.

    Raises:
        NotFoundError: there is no such edition, or none answers any block.
    """
    refused: NotFoundError | None = None
    for slug in dict.fromkeys(bloc.restitution for bloc in fiche.blocs):
        try:
            found = service.answering(service.catalogue.restitution(slug), name, public=public)
        except NotFoundError as error:
            refused = refused or error
        else:
            return service.edition(found.nom, public=public)
    raise refused or NotFoundError("fiche-vide", Sentence("La fiche « %(slug)s » n'a pas de bloc.", slug=fiche.slug))


def years(edition: Edition) -> tuple[tuple[int, ...], int]:
    """Return the years that a fiche may be of, and the one it is of by default: the last whole one, else the last."""
    every = tuple(edition.manifest.annees)
    whole = [year for year in every if edition.manifest.mois_de(year) == 12]
    return every, (whole or every)[-1]


def compose(service: Service, slug: str, pairs: Iterable[tuple[str, str]], scope: Scope) -> Sheet:
    """Return a fiche about a subject.

    Args:
        service: who answers.
        slug: which fiche.
        pairs: the subject by its criterion (``region=53``), ``annee``, ``edition``.
        scope: who asks.

    Raises:
        NotFoundError: there is no such fiche or edition.
        CriterionError: no subject, an unknown criterion or value; says what is allowed.
        ForbiddenError: ``acces-refuse``: no right opens it where its subject is.
    """
    fiche = service.catalogue.fiche(slug)
    check_reading(fiche, scope, slug)
    asked = question(service, slug, pairs, public=scope.masked)
    check_asking(asked, scope)
    given, edition = asked.given, asked.edition
    pinned = given.get("edition", "")
    about = subject(fiche, given.get(fiche.sujet, ""), edition)
    every, latest = years(edition)
    allowed = [str(year) for year in every]
    if given.get("annee", allowed[0]) not in allowed:
        raise unknown("annee", given["annee"], allowed)
    annee = int(given.get("annee", latest))
    parts = tuple(_asked(service, bloc, about, annee, pinned, scope) for bloc in fiche.blocs)
    return Sheet(fiche, about, annee, pinned, parts)


def question(service: Service, slug: str, pairs: Iterable[tuple[str, str]], *, public: bool = True) -> About:
    """Return what a fiche is asked about, as far as rights go; whoever asks it.

    Raises:
        NotFoundError: there is no such fiche or edition.
        CriterionError: an unknown criterion, or one given twice.
    """
    fiche = service.catalogue.fiche(slug)
    given = collected(pairs, criteria(fiche), slug)
    edition = edition_of(service, fiche, given.get("edition", ""), public=public)
    return about_subject(fiche, given, edition)


def criteria(fiche: Fiche) -> tuple[str, ...]:
    """Return the criteria that a fiche takes."""
    own = () if fiche.sujet == "france" else (fiche.sujet,)
    return (*own, "annee", "edition")


def subject(fiche: Fiche, code: str, edition: Edition) -> Subject:
    """Return what a fiche is about, from the value of its criterion.

    Raises:
        CriterionError: ``sujet-absent``, or ``valeur-inconnue``.
    """
    if fiche.sujet == "france":
        return Subject("", Sentence("France entière"), {})
    if not code:
        raise CriterionError(
            "sujet-absent",
            Sentence("La fiche « %(slug)s » demande %(critere)s.", slug=fiche.slug, critere=f"{fiche.sujet}=…"),
            allowed=subjects(fiche, edition),
            todo=Sentence("Donnez l'une de ces valeurs."),
            criterion=fiche.sujet,
        )
    if fiche.sujet == "etablissement":
        one = edition.finess[known_finess(code, edition)]
        places = {"departement": one.departement, "region": one.region}
        known = {level: place for level, place in places.items() if place != UNKNOWN}
        return Subject(one.finess, Name(f"{one.raison_sociale} ({one.finess})"), {"sujet": one.finess, **known})
    if fiche.sujet == "activite":
        level, _, value = code.partition(":")
        value = value.upper()
        if level not in fiche.niveaux or value not in edition.codes(level):
            raise unknown("activite", code, subjects(fiche, edition))
        label = edition.libelles.get(level, {}).get(value, "")
        named = Name(f"{value} {label}".strip())
        return Subject(f"{level}:{value}", named, {"sujet": f"{level}:{value}", "niveau": level})
    if code not in subjects(fiche, edition):
        raise unknown(fiche.sujet, code, subjects(fiche, edition))
    zone = fiche.sujet == "region"
    name = zone_name(Zone("region", code), edition, of_residence=False) if zone else Name(code)
    return Subject(code, name, {"sujet": code})


def subjects(fiche: Fiche, edition: Edition) -> Sequence[str]:
    """Return the codes that a fiche may be asked about in an edition; none for the whole country."""
    match fiche.sujet:
        case "region":
            return sorted(code for code in edition.libelles.get("region", {}) if code != UNKNOWN)
        case "ght":
            return sorted({one.ght for one in edition.finess.values()} - {UNKNOWN})
        case "etablissement":
            return sorted(edition.finess)
        case "activite":
            return [f"{level}:{code}" for level in fiche.niveaux for code in sorted(edition.codes(level) - {UNKNOWN})]
        case _:
            return ()


def _asked(service: Service, bloc: Bloc, about: Subject, annee: int, pinned: str, scope: Scope) -> Part:
    """Return a block with its answer, or with why there is none."""
    part = Part(bloc, service.catalogue.restitution(bloc.restitution))
    try:
        pairs = _pairs(service, part, about, annee, pinned, scope)
        query, table = service.ask(bloc.restitution, pairs, scope)
    except SanoscopeError as error:
        return replace(part, refused=error)
    beside = tuple(_compared(service, query, kind, scope) for kind in bloc.comparer)
    return replace(part, query=query, table=table, comparisons=beside)


def _pairs(
    service: Service, part: Part, about: Subject, annee: int, pinned: str, scope: Scope
) -> list[tuple[str, str]]:
    """Return the criteria of a block, what they name in braces replaced.

    Raises:
        CriterionError: ``lieu-inconnu``: nobody knows in which département or région the subject is;
            ``niveau-etranger``: the restitution is not asked for an activity of that level.
    """
    bloc = part.bloc
    if missing := sorted(bloc.places - {"annee", "annees", *about.places}):
        raise CriterionError(
            "lieu-inconnu",
            Sentence("On ne sait pas où est %(sujet)s : %(lieu)s inconnu.", sujet=about.name, lieu=", ".join(missing)),
            todo=Sentence("L'exploitant le dit dans la table des établissements."),
        )
    level = about.places.get("niveau", "")
    if level and "activite" in bloc.criteres and level not in part.restitution.criteres.activite:
        raise CriterionError(
            "niveau-etranger",
            Sentence(
                "« %(titre)s » ne se demande pas par %(niveau)s.",
                titre=Sentence(part.restitution.titre),
                niveau=Inner(service.catalogue.champs[part.restitution.champ].dimensions[level].libelle),
            ),
            allowed=part.restitution.criteres.activite,
        )
    known = service.answering(part.restitution, pinned, public=scope.masked).manifest.annees
    several = [str(year) for year in sorted({*known, annee}) if annee - YEARS < year <= annee]
    values = {**about.places, "annee": str(annee), "annees": ",".join(several)}
    given = {"annee": "{annee}", **bloc.criteres}
    pairs = [(name, value.format(**values)) for name, value in given.items()]
    return pairs + ([("edition", pinned)] if pinned else [])


def _compared(service: Service, query: Query, kind: str, scope: Scope) -> Comparison:
    """Return the answer of a question set beside another, or why it cannot be."""
    asked = replace(query, comparer=kind)
    restitution = service.catalogue.restitution(query.restitution)
    try:
        edition = service.answering(restitution, query.edition, public=scope.masked)
        name = reference(asked, restitution, edition).name
        _, table = service.ask(query.restitution, asked.criteria().items(), scope)
    except SanoscopeError as error:
        return Comparison(kind, refused=error)
    return Comparison(kind, name, asked, table)
