"""Why an account is answered at an address or is not, right by right: what the check itself says, in words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from sanoscope.access import rights as days
from sanoscope.access.accounts import Account
from sanoscope.access.rights import Right
from sanoscope.access.scope import OPEN, Grant, Guarded, Scope
from sanoscope.api.asked import PAGE, SIZE, with_date
from sanoscope.errors import CriterionError, ForbiddenError, SanoscopeError
from sanoscope.query.fiches import question
from sanoscope.query.permission import check_asking, check_reading, lacking, needed
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.web.asking import COUNT, wished
from sanoscope.web.language import without_language
from sanoscope.web.looking import NAMES
from sanoscope.web.wishes import Pairs

BESIDE = ("format", PAGE, SIZE, "genre", "theme", COUNT, *NAMES)
"""What addresses of answers take beside criteria."""

FRAMED = "integrer"
"""End of the addresses that answer everybody alike, whoever asks."""

FORMS = ("formulaire", "notice")
"""Ends of the addresses that ask, and answer nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address that is answered.

    Attributes:
        kind: ``question`` to a restitution, ``partage`` for one that is answered alike whoever asks, ``formulaire``
            for none yet, ``fiche``.
        slug, title: of the restitution or the fiche.
        pairs: the criteria of a question.
    """

    kind: Literal["question", "partage", "formulaire", "fiche"]
    slug: str
    title: str
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """Why an account is answered at an address or is not.

    Attributes:
        account, place: who, where.
        free: everybody is answered.
        refused: what the account would be told, where it is refused for want of a right; None where it is not.
        wrong: what else keeps from answering: an unknown criterion or value.
        rights: those of its organisation, each with what it lacks, in words; nothing where it opens the address.
        needed: what a right must be, in words.
    """

    account: Account
    place: Place
    free: bool
    refused: ForbiddenError | None
    wrong: SanoscopeError | None
    rights: tuple[tuple[Right, tuple[str, ...]], ...]
    needed: tuple[str, ...]


def why(service: Service, account: Account, rights: Sequence[Right], address: str, *, sites: Iterable[str] = ()) -> Why:
    """Return why an account is answered at an address today, or is not.

    Args:
        service, account: who answers, whom.
        rights: of the account's organisation.
        address: of a restitution or a fiche: its page, its API, its files.
        sites: addresses of this site (``https://…``) that it may begin with.

    Raises:
        CriterionError: ``adresse-sans-question``: it is no such address.
        NotFoundError: there is no such restitution or fiche.
    """
    place, day = at(service, address, sites), days.today()
    held = [] if account.closed or place.kind == "partage" else [one.grant for one in rights if one.holds(day)]
    refused, wrong = _outcome(service, place, Scope(frozenset(held)))
    free = _outcome(service, place, OPEN)[0] is None
    lacks, wanted, error = _rules(service, place)
    told = tuple((right, (*right.lacks(day), *lacks(right.grant))) for right in rights)
    return Why(account, place, free, refused, wrong or error, told, wanted)


def at(service: Service, address: str, sites: Iterable[str] = ()) -> Place:
    """Return what an address of this site answers.

    Raises:
        CriterionError: ``adresse-sans-question``.
        NotFoundError: there is no such restitution or fiche.
    """
    text = address.strip()
    for site in sites:
        text = text.removeprefix(site.rstrip("/")) if site else text
    parts = urlsplit(text)
    path = without_language(unquote(parts.path)).removeprefix("/api/v1").strip("/").split("/")
    if parts.scheme or parts.netloc or len(path) < 2 or path[0] not in ("restitutions", "fiches"):
        raise CriterionError(
            "adresse-sans-question",
            Sentence("« %(adresse)s » n'est pas l'adresse d'une restitution ou d'une fiche de ce site.", adresse=text),
            allowed=["/restitutions/SLUG?…", "/api/v1/restitutions/SLUG/donnees?…", "/fiches/SLUG?…"],
            todo=Sentence("Copiez l'adresse entière, critères compris."),
            criterion="adresse",
        )
    sent = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in BESIDE]
    if path[0] == "fiches":
        fiche = service.catalogue.fiche(path[1].removesuffix(".pdf"))
        return Place("fiche", fiche.slug, fiche.titre, tuple(sent))
    restitution = service.catalogue.restitution(path[1])
    named = restitution.slug, restitution.titre
    pairs: Pairs = with_date(sent)
    if path[-1] in FORMS or (len(path) == 2 and not pairs):
        return Place("formulaire", *named)
    if len(path) == 2:  # the page of an answer, whose form may have sent words
        pairs = wished(service, restitution, service.pinned(restitution, pairs))
    return Place("partage" if path[-1] == FRAMED else "question", *named, tuple(pairs))


def _outcome(service: Service, place: Place, scope: Scope) -> tuple[ForbiddenError | None, SanoscopeError | None]:
    """Return what refuses a reader for want of a right, or what else does: what the service itself says."""
    try:
        if place.kind == "fiche":
            check_reading(service.catalogue.fiche(place.slug), scope, place.slug)
            check_asking(question(service, place.slug, place.pairs), scope)
        elif place.kind != "formulaire":
            service.question(place.slug, place.pairs, scope)
    except ForbiddenError as error:
        return error, None
    except SanoscopeError as error:
        return None, error
    return None, None


def _rules(
    service: Service, place: Place
) -> tuple[Callable[[Grant], tuple[str, ...]], tuple[str, ...], SanoscopeError | None]:
    """Return what says what a grant lacks for an address, what one must be, and why its perimeter cannot be told."""
    if place.kind == "formulaire":
        return lambda grant: (), (), None
    fiches, restitutions = service.catalogue.fiche, service.catalogue.restitution
    what: Guarded = fiches(place.slug) if place.kind == "fiche" else restitutions(place.slug)
    try:
        about = (
            question(service, place.slug, place.pairs)
            if place.kind == "fiche"
            else service.about(place.slug, place.pairs)
        )
    except SanoscopeError as error:
        return lambda grant: grant.lacks(what), (), error
    return lambda grant: lacking(grant, about), needed(about), None
