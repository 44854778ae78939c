"""Baskets of establishments: picked in a list, imported, exported, saved under a name, shared by a link."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanoscope.access.baskets import LARGEST, LONGEST_NAME, checked_size, is_identifier
from sanoscope.access.scope import Scope
from sanoscope.api.reader import reader
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, NotFoundError, suggest
from sanoscope.query.criteria import taken
from sanoscope.query.service import Service
from sanoscope.query.words import CATEGORIES, SECTEURS
from sanoscope.sentence import Sentence
from sanoscope.web import language as languages
from sanoscope.web.language import marked
from sanoscope.web.lists import Listed, read, written
from sanoscope.web.pace import Pace
from sanoscope.web.picking import FILTERS, ONE_OF, OTHERS, Picker, choices, picker
from sanoscope.web.posted import Posted, posting
from sanoscope.web.site import page

CHANGED = "panier-change"
"""Event by which the form that the picker is in learns that the basket changed."""

OWN = ("pour", "question", "dans", "nom_du_panier", "liste", "fichier", "restitution")
"""Parameters of the page: the restitution that is waiting for the basket and its question, or the one whose form the
picker is in; what is to be saved or imported; the restitution to use it in."""

TITLES = {
    "region": marked("Région"),
    "departement": marked("Département"),
    "categorie": marked("Catégorie"),
    "secteur": marked("Secteur"),
    "ght": marked("GHT"),
}


MOST_CRITERIA = 40


@dataclass(frozen=True, slots=True)
class Use:
    """A restitution that a basket may be used in, and its form; the list of FINESS is added to the address."""

    slug: str
    title: str
    address: str


def basket_pages(service: Service) -> APIRouter:
    """Return the pages of baskets on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)
    pace = Pace(
        service.workspace.settings.paniers_par_heure,
        "trop-de-paniers",
        marked("Trop de paniers enregistrés depuis votre adresse : au plus %(n)s par heure."),
        marked("Réessayez dans %(minutes)s min ; d'ici là, l'adresse du résultat garde la liste des FINESS."),
    )

    @routes.get("/paniers")
    def pick(request: Request) -> HTMLResponse:
        given = _known(request.query_params.multi_items())
        return _page(request, service, given)

    @routes.post("/paniers")
    def save(request: Request, posted: Posted = Depends(posting())) -> Response:  # noqa: B008
        pace.check(request)
        given = _known(posted.fields)
        try:
            basket = service.baskets.save(
                posted.text("nom_du_panier"), picker(given, service.edition(), service.baskets).selection
            )
        except CriterionError as error:
            return _page(request, service, given, error)
        waiting = urlencode({name: value for name, value in given if name in ("pour", "question") and value})
        address = f"/paniers/{basket.identifier}" + (f"?{waiting}" if waiting else "")
        return RedirectResponse(languages.of(request).href(address), 303)

    @routes.post("/paniers/importer")
    def take(request: Request, posted: Posted = Depends(posting())) -> Response:  # noqa: B008
        given, edition = _known(posted.fields), service.edition()
        try:
            selection = set(picker(given, edition, service.baskets).selection)
            listed = _listed(posted, edition)
            if listed.unknown:
                return _page(request, service, given, listed=listed)
            selected = checked_size(tuple(sorted(selection | set(listed.known))))
        except CriterionError as error:
            return _page(request, service, given, error)
        kept = [(n, v) for n, v in given if n in ("pour", "question") and v]
        address = "/paniers?" + urlencode([("panier", ",".join(selected)), ("choisis", "oui"), *kept], safe=",")
        return RedirectResponse(languages.of(request).href(address), 303)

    @routes.get("/paniers/selection.csv")
    def export(request: Request) -> Response:
        given, edition = _known(request.query_params.multi_items()), service.edition()
        selected = checked_size(picker(given, edition, service.baskets).selection)
        return Response(
            written(selected, edition),
            media_type="text/csv; charset=utf-8; header=present",
            headers={"Content-Disposition": 'attachment; filename="panier.csv"'},
        )

    @routes.get("/paniers/utiliser")
    def use(request: Request, restitution: str = "") -> Response:
        given = _known(request.query_params.multi_items())
        one = dict(reversed(given))
        service.catalogue.restitution(restitution)
        question = one.get("question", "") if one.get("pour") == restitution else ""
        try:
            selected = checked_size(picker(given, service.edition(), service.baskets).selection)
        except CriterionError as error:
            return _page(request, service, given, error)
        (form,) = _uses(service, restitution, question, reader(request).scope)
        address = f"{form.address}&panier={','.join(selected)}"
        return RedirectResponse(languages.of(request).href(address), 303)

    @routes.get("/paniers/{identifier}")
    def shared(identifier: str, request: Request, pour: str = "", question: str = "") -> HTMLResponse:
        basket = service.baskets.find(identifier) if is_identifier(identifier) else None
        if basket is None or basket.identifier != identifier:
            raise NotFoundError(
                "panier-inconnu",
                Sentence("Aucun panier n'a le lien « /paniers/%(identifier)s ».", identifier=identifier[:60]),
                todo=Sentence("Vérifiez le lien en entier, ou composez un panier sur /paniers."),
            )
        edition = service.edition()
        answer = page(
            request,
            "panier.html",
            panier=basket,
            presents=[edition.finess[finess] for finess in basket.finess if finess in edition.finess],
            absents=[finess for finess in basket.finess if finess not in edition.finess],
            liste=",".join(finess for finess in basket.finess if finess in edition.finess),
            edition=edition,
            emplois=_uses(service, pour, question, reader(request).scope),
            etiquettes=(CATEGORIES, SECTEURS),
        )
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    return routes


def _listed(posted: Posted, edition: Edition) -> Listed:
    """Return what the file, or the pasted text, names; both count when both are there."""
    lists: list[bytes | str] = [*posted.files.values(), posted.text("liste")]
    found = [read(content, edition) for content in lists if content.strip()] or [read("", edition)]
    known = sorted({finess for listed in found for finess in listed.known})
    return Listed(tuple(known), tuple(dict.fromkeys(each for listed in found for each in listed.unknown)))


def _known(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return parameters of the page.

    Raises:
        CriterionError: ``critere-inconnu``.
    """
    given, names = list(items), (*FILTERS, *OTHERS, *OWN)
    for name, _ in given:
        if name not in names:
            raise CriterionError(
                "critere-inconnu",
                Sentence("Paramètre inconnu : « %(name)s ».", name=name),
                allowed=names,
                todo=suggest(name, names),
            )
    return given


def _page(
    request: Request,
    service: Service,
    given: list[tuple[str, str]],
    error: CriterionError | None = None,
    listed: Listed | None = None,
) -> HTMLResponse:
    """Return the picker, with what was wrong in the last gesture; what was filled in is kept."""
    edition, one = service.edition(), dict(reversed(given))
    try:
        shown = picker(given, edition, service.baskets)
    except CriterionError as refused:
        error = refused
        shown = picker([], edition, service.baskets)
    error = error or shown.error
    by_htmx = "HX-Request" in request.headers  # htmx shows nothing of a page that is refused
    answer = page(
        request,
        "paniers.html",
        400 if (error or listed) and not by_htmx else 200,
        choix=shown,
        erreur=error,
        liste_lue=listed,
        reprise=_retaken(shown, listed, one) if listed else "",
        filtres=_filters(edition, languages.of(request)),
        total=len(edition.finess),
        edition=edition,
        plus_grand=LARGEST,
        plus_long=LONGEST_NAME,
        ailleurs={name: one[name] for name in ("pour", "question", "dans") if one.get(name)},
        emplois=_uses(service, one.get("pour", ""), one.get("question", ""), reader(request).scope),
        nom_du_panier=one.get("nom_du_panier", ""),
        liste_collee=one.get("liste", ""),
        dans=one.get("dans", ""),
        etiquettes=(CATEGORIES, SECTEURS),
    )
    if one.get("dans"):
        answer.headers["HX-Trigger-After-Settle"] = CHANGED
    return answer


def _retaken(shown: Picker, listed: Listed, one: dict[str, str]) -> str:
    """Return the address of the picker with the known establishments of a list, without the others."""
    selection = ",".join(sorted({*shown.selection, *listed.known}))
    kept = {name: one[name] for name in ("pour", "question") if one.get(name)}
    return "/paniers?" + urlencode({"panier": selection, "choisis": "oui", **kept}, safe=",")


def _filters(edition: Edition, language: languages.Language) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Return the lists that filter: title, and (value, text) by value."""
    named: dict[str, Mapping[str, str]] = {
        "categorie": CATEGORIES,
        "secteur": SECTEURS,
        "ght": {"?": marked("Hors GHT")},
    }
    found = {}
    for name in ONE_OF:
        labels = edition.libelles.get(name, {})
        texts = [
            (code, language.gettext(named[name].get(code, code)) if name in named else f"{code} {labels.get(code, '')}")
            for code in choices(name, edition)
        ]
        found[name] = (language.gettext(TITLES[name]), texts)
    return found


def _uses(service: Service, slug: str, question: str, scope: Scope) -> list[Use]:
    """Return what a basket may be used in: the restitution that waits for it with its question, else all that take one.

    Raises:
        NotFoundError: there is no such restitution.
    """
    held = service.edition().manifest
    takes = [
        r
        for r in service.catalogue.restitutions.values()
        if r.criteres.etablissements and held.repond(r) and scope.may_read(r)
    ]
    if not slug:
        return [Use(r.slug, r.titre, f"/restitutions/{quote(r.slug)}/formulaire?portee=panier") for r in takes]
    restitution = service.catalogue.restitution(slug)
    names = {*taken(restitution), "niveau_zone", "niveau_activite"} - {"panier", "etablissement"}
    kept = [(name, value) for name, value in _pairs(question) if name in names]
    address = f"/restitutions/{quote(slug)}/formulaire?" + urlencode([*kept, ("portee", "panier")], safe=":,")
    return [Use(slug, restitution.titre, address)]


def _pairs(question: str) -> list[tuple[str, str]]:
    """Return the criteria of a question that waits.

    Raises:
        CriterionError: ``valeur-inconnue``: it is no query string.
    """
    try:
        return parse_qsl(question, max_num_fields=MOST_CRITERIA)
    except ValueError as error:
        raise CriterionError("valeur-inconnue", Sentence("question : ce n'est pas une suite de critères.")) from error
