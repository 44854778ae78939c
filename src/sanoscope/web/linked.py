"""The catalogue for machines (``/catalogue``), and the names that last (``/id``), by what the reader accepts.

``/catalogue.ttl``, ``.jsonld`` and ``.rdf`` are pages of `PER_PAGE` datasets (``page=``), which name each other;
``/catalogue/SLUG.ttl`` and ``/catalogue/SLUG/editions/NOM.ttl`` are one dataset. ``/id/restitutions/SLUG`` and
``/id/restitutions/SLUG/editions/NOM`` name a restitution and what an edition says of it: they lead (303) to its
page, its data (JSON) or its description (RDF).
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from rdflib import Graph
from rdflib.plugins.serializers.turtle import TurtleSerializer
from rdflib.term import Node

from sanoscope.api.reader import site_of
from sanoscope.api.replies import cache_control, problem
from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import CriterionError, NotFoundError
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.web.dcat import PREFIXES, Described, answered, entry, listed
from sanoscope.web.kept import Kept

PER_PAGE = 20
"""Datasets of a page of the catalogue."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a graph is written: the extension of its addresses, its media type, its name for rdflib."""

    extension: str
    media_type: str
    format: str


FORMS = {
    one.extension: one
    for one in (
        Form("ttl", "text/turtle", "turtle"),
        Form("jsonld", "application/ld+json", "json-ld"),
        Form("rdf", "application/rdf+xml", "xml"),
    )
}
"""The forms of the catalogue; the first is for who accepts anything."""

RDF_TYPES = {form.media_type: form.extension for form in FORMS.values()}
HTML, JSON = "text/html", "application/json"
READ = ["GET", "HEAD"]
VARY = {"Vary": "Accept"}


class FrenchFirst(TurtleSerializer):
    """Turtle in which the French text comes before the others: udata takes the first title that there is."""

    def sortProperties(self, properties: Any) -> Any:  # noqa: N802 (rdflib's name)
        """Return the properties in their order, once the values of each are in theirs."""
        names = super().sortProperties(properties)
        for values in properties.values():
            values.sort(key=_foreign)
        return names


def linked_pages(service: Service) -> APIRouter:
    """Return the catalogue and the names, on a service."""
    routes = APIRouter()
    kept: Kept[bytes] = Kept(60)

    def page_of(request: Request, form: Form, page: str) -> Response:
        site, number = site_of(request, service.workspace.settings), _number(page)
        editions = tuple((one.nom, one.etat) for one in service.editions())
        key = form.extension, number, site, editions
        return _given(kept.get(key, lambda: _page(service, site, form, number)), form)

    @routes.api_route("/catalogue", methods=READ)
    def negotiated(request: Request, page: str = "1") -> Response:
        chosen = preferred(request.headers.get("accept", ""), (*RDF_TYPES, HTML))
        if chosen == HTML:
            return RedirectResponse(f"{_root(request)}/restitutions", 303, VARY)
        if not chosen:
            return _unacceptable((*RDF_TYPES, HTML))
        answer = page_of(request, FORMS[RDF_TYPES[chosen]], page)
        answer.headers.update(VARY)
        return answer

    @routes.api_route("/catalogue.{extension}", methods=READ)
    def catalogue(extension: str, request: Request, page: str = "1") -> Response:
        return page_of(request, _form(extension), page)

    @routes.api_route("/catalogue/{slug}.{extension}", methods=READ)
    def dataset(slug: str, extension: str, request: Request) -> Response:
        form, site = _form(extension), site_of(request, service.workspace.settings)
        described = Described(service, site)
        described.dataset(entry(service, _open(service, slug), site))
        return _given(written(described.graph, form), form)

    @routes.api_route("/catalogue/{slug}/editions/{nom}.{extension}", methods=READ)
    def version(slug: str, nom: str, extension: str, request: Request) -> Response:
        form, site = _form(extension), site_of(request, service.workspace.settings)
        restitution = _open(service, slug)
        edition, described = service.answering(restitution, nom), Described(service, site)
        one = entry(service, restitution, site)
        described.version(one, edition, asked=answered(service, restitution, nom))
        return _given(written(described.graph, form), form)

    @routes.api_route("/id/restitutions/{slug}", methods=READ)
    def restitution_name(slug: str, request: Request) -> Response:
        service.catalogue.restitution(slug)
        places = {
            HTML: f"/restitutions/{slug}",
            JSON: f"/api/v1/restitutions/{slug}",
            **{media: f"/catalogue/{slug}.{extension}" for media, extension in RDF_TYPES.items()},
        }
        return _leads(request, places, [])

    @routes.api_route("/id/restitutions/{slug}/editions/{nom}", methods=READ)
    def edition_name(slug: str, nom: str, request: Request) -> Response:
        service.answering(service.catalogue.restitution(slug), nom)
        there = f"/catalogue/{slug}/editions/{quote(nom, safe='')}"
        places = {
            HTML: f"/restitutions/{slug}",
            JSON: f"/api/v1/restitutions/{slug}/donnees",
            **{media: f"{there}.{extension}" for media, extension in RDF_TYPES.items()},
        }
        return _leads(request, places, [("edition", nom)])

    return routes


def preferred(accept: str, offered: Sequence[str]) -> str:
    """Return the media type that a reader would have, "" where none of those offered is accepted (RFC 9110, 12.5.1).

    Of those it likes as much, the first offered.

    >>> preferred("text/html;q=0.5, application/ld+json", ("text/turtle", "application/ld+json", "text/html"))
    'application/ld+json'
    >>> preferred("", ("text/turtle", "text/html")), preferred("image/*", ("text/turtle",))
    ('text/turtle', '')
    """
    liked = dict(_ranges(accept)) or {"*/*": 1.0}

    def weight(media_type: str) -> float:
        ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        return next((liked[one] for one in ranges if one in liked), 0.0)

    best = max(offered, key=weight)
    return best if weight(best) > 0 else ""


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Return the ranges of media types of an ``Accept``, each with its weight; what cannot be read weighs nothing."""
    found = []
    for part in accept.split(","):
        name, *parameters = (text.strip().lower() for text in part.split(";"))
        if name:
            found.append((name, _weight(next((p[2:] for p in parameters if p.startswith("q=")), "1"))))
    return found


def _weight(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


def written(graph: Graph, form: Form) -> bytes:
    """Return a graph in a form; the same graph is the same bytes."""
    if form.format == "turtle":
        return _turtle(graph)
    if form.format == "json-ld":
        context = {prefix: str(namespace) for prefix, namespace in PREFIXES.items()}
        return graph.serialize(format="json-ld", context=context, encoding="utf-8")
    return graph.serialize(format=form.format, encoding="utf-8")


def _turtle(graph: Graph) -> bytes:
    out = io.BytesIO()
    FrenchFirst(graph).serialize(out, encoding="utf-8")
    return out.getvalue()


def _foreign(value: Node) -> bool:
    return getattr(value, "language", None) not in (None, "fr")


def _page(service: Service, site: str, form: Form, number: int) -> bytes:
    """Return a page of the catalogue.

    Raises:
        NotFoundError: there is no such page.
    """
    known = listed(service)
    pages = max(1, -(-len(known) // PER_PAGE))
    if number > pages:
        raise NotFoundError(
            "page-inconnue",
            Sentence("Le catalogue n'a pas de page %(page)s.", page=str(number)),
            todo=Sentence("La dernière est la page %(page)s.", page=str(pages)),
        )
    described = Described(service, site)
    editions = service.editions()
    shown = [entry(service, one, site, editions) for one in known[(number - 1) * PER_PAGE : number * PER_PAGE]]
    built = [manifest.cree_le for manifest in editions]
    name = described.catalogue(shown, issued=min(built, default=None), modified=max(built, default=None))
    if number == 1:
        described.service_of(name, (described.name_of(one.slug) for one in known))
    described.paged(name, f"{site}/catalogue.{form.extension}", number, pages, len(known))
    return written(described.graph, form)


def _open(service: Service, slug: str) -> Restitution:
    """Return a restitution of the catalogue.

    Raises:
        NotFoundError: there is none, or it is not for everybody.
    """
    restitution = service.catalogue.restitution(slug)
    if restitution.acces != "libre":
        raise NotFoundError(
            "hors-catalogue",
            Sentence("« %(slug)s » n'est pas en accès libre : le catalogue ouvert ne la décrit pas.", slug=slug),
            todo=Sentence("« /restitutions » les a toutes."),
        )
    return restitution


def _leads(request: Request, places: Mapping[str, str], pairs: list[tuple[str, str]]) -> Response:
    """Return the way from a name to what its reader accepts; the criteria of the name go with it."""
    chosen = preferred(request.headers.get("accept", ""), (HTML, JSON, *RDF_TYPES))
    if not chosen:
        return _unacceptable((HTML, JSON, *RDF_TYPES))
    given = [*request.query_params.multi_items(), *pairs] if chosen in (HTML, JSON) else []
    query = "&".join(f"{quote(name)}={quote(value, safe=':,/')}" for name, value in given)
    return RedirectResponse(_root(request) + places[chosen] + (f"?{query}" if query else ""), 303, VARY)


def _root(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _form(extension: str) -> Form:
    if extension not in FORMS:
        raise NotFoundError(
            "forme-inconnue",
            Sentence("Le catalogue ne s'écrit pas en « %(extension)s ».", extension=extension),
            allowed=list(FORMS),
        )
    return FORMS[extension]


def _number(page: str) -> int:
    if not (page.isascii() and page.isdigit() and len(page) < 6 and int(page)):
        raise CriterionError(
            "valeur-inconnue",
            Sentence("page : « %(page)s » n'est pas admis.", page=page[:40]),
            allowed=[Sentence("un numéro, à partir de 1")],
        )
    return int(page)


def _unacceptable(offered: Sequence[str]) -> Response:
    error = CriterionError(
        "forme-refusee", Sentence("Aucune des formes de cette adresse n'est acceptée."), allowed=offered
    )
    return problem(error, 406)


def _given(body: bytes, form: Form) -> Response:
    return Response(body, media_type=f"{form.media_type}; charset=utf-8", headers=cache_control())
