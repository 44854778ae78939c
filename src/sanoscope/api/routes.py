"""The routes of the API, all under ``/api/v1``."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from sanoscope.api import shapes
from sanoscope.api.asked import AS_OF, NOTHING, PAGE, SIZE, described, format_of, with_date
from sanoscope.api.conditional import has_already, last_published, tag, unchanged, validators
from sanoscope.api.limits import PAGE_LARGEST
from sanoscope.api.paging import LARGEST_NUMBER, TOTAL, asked, links, page_of
from sanoscope.api.paging import MEANINGS as PAGING
from sanoscope.api.reader import for_a_file, reader, site_of
from sanoscope.api.replies import REFUSED, cache_control, given, refusals
from sanoscope.catalogue.restitution import Restitution
from sanoscope.engine.limits import within
from sanoscope.present import csvw, datapackage
from sanoscope.present.exports import FORMATS, ROWS
from sanoscope.present.numbers import FRENCH, Style
from sanoscope.query.criteria import BESIDE, CRITERIA, DATE, Query, taken
from sanoscope.query.service import Service
from sanoscope.query.table import Table

MEANINGS = {
    "annee": "Année, ou plusieurs séparées par des virgules ; la dernière par défaut.",
    "mois": "Cumul de janvier à ce mois (1 à 12).",
    "zone": "france, region:CODE, departement:CODE, territoire:CODE, code_geo:CODE ou zonage:NOM:CODE.",
    "etablissement": "FINESS d'un établissement.",
    "panier": "FINESS de plusieurs établissements, séparés par des virgules, ou nom d'un panier enregistré.",
    "secteur": "public ou prive.",
    "categorie": "CHR/U, CH, CLCC, PSPH/EBNL ou PRIVE.",
    "ght": "Groupement hospitalier de territoire.",
    "regroupement": "Niveau de la classification par lequel grouper les lignes.",
    "activite": "Une activité : NIVEAU:CODE, par exemple doac:D01.",
    "seuil": "Lignes dont une colonne croisée est entre deux bornes, ou d'une classe : COLONNE:MIN-MAX, COLONNE:A.",
    "comparer": "n-1, region ou france : la même question un an avant, ou ailleurs, à côté de chaque chiffre.",
    "version": "complete : avec les petits effectifs, pour qui en a le droit ; rien : la version publiée.",
    "edition": "Nom d'une édition, pour que le lien ne change jamais ; l'édition publiée par défaut.",
    "date": "AAAA-MM-JJ : l'édition qui répondait ce jour-là, au lieu de son nom.",
}
"""What each criterion is, in one sentence."""


def file(
    service: Service,
    slug: str,
    request: Request,
    path: str,
    dressed: Callable[[Table], tuple[Table, Style]] = lambda table: (table, FRENCH),
) -> Response:
    """Return the answer to a question as a file, or a page of it; 304 to who has it already.

    Args:
        service: who answers.
        slug: the restitution.
        request: who asks, the criteria, ``format`` (JSON by default), ``page`` and ``limite``.
        path: the address of such files, without criteria.
        dressed: gives a table as it is said in a language, and the style of that language.

    Raises:
        CriterionError: a criterion, the format or the page is refused.
        NotFoundError: an unknown restitution or edition, a page beyond the last.
    """
    items = request.query_params.multi_items()
    pairs = with_date((name, value) for name, value in items if name not in ("format", *PAGING))
    chosen, page = FORMATS[format_of(items, FORMATS, "json")], asked(items)
    published, scope = last_published(service.workspace.editions), reader(request).scope
    with within(service.workspace.settings.duree_question):
        query, edition = service.question(slug, pairs, scope)
        headers = keeping(service, query, pairs)
        if not closed(service, query):  # what is for one reader is kept by nobody
            settings = service.workspace.settings  # what a described file says of who publishes it
            said = (site_of(request, settings), settings.editeur, settings.licence)
            etag = tag(path, chosen.name, repr(page), *said, *service.depends(query, edition))
            modified = max(filter(None, (published, edition.manifest.scelle_le)), default=None)
            headers |= validators(etag, modified)
            if has_already(request, etag, modified):
                service.known(query, edition)
                return unchanged(headers)
        table = for_a_file(request, query, service.reply(query, edition, scope), service.workspace.settings)
    if page:
        table = page_of(table, page)
    beside = f"/api/v1/restitutions/{slug}"
    linked = [
        f'<{path}?{query.canonical}>; rel="canonical"',
        *links(table, query, path, chosen.name),
        f'<{beside}/csvw?{query.canonical}>; rel="describedby"; type="{csvw.MEDIA_TYPE}"',
        f'<{beside}/datapackage?{query.canonical}>; rel="describedby"; type="{datapackage.MEDIA_TYPE}"',
    ]
    told = {
        "Content-Disposition": _attachment(query, chosen.extension),
        **headers,
        "Link": ", ".join(linked),
        TOTAL: str(len(table.whole)),
    }
    if chosen.pieces and len(table) > ROWS:
        return StreamingResponse(chosen.pieces(*dressed(table)), headers=told, media_type=chosen.media_type)
    return Response(chosen.write(*dressed(table)), headers=told, media_type=chosen.media_type)


def closed(service: Service, query: Query) -> bool:
    """Tell whether the answer to a question is not for everybody."""
    return bool(query.version) or service.catalogue.restitution(query.restitution).acces != "libre"


def lasting(service: Service, slug: str) -> bool:
    """Tell whether the answers of an edition to a restitution never change: none of it is from an edition beside it."""
    return not service.catalogue.restitution(slug).indicateurs


def keeping(service: Service, query: Query, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the header that says how long what is told of an answer may be kept; ``pairs``: as it was asked."""
    pinned = query.edition if DATE not in dict(pairs) and lasting(service, query.restitution) else ""
    return cache_control(pinned, own=closed(service, query))


def router(service: Service) -> APIRouter:
    """Return the API on a service."""
    routes = APIRouter(responses=REFUSED)

    @routes.get(
        "/api/v1/catalogue",
        summary="Les restitutions",
        tags=["catalogue"],
        dependencies=[NOTHING],
        responses=given(list[shapes.Described]),
    )
    def catalogue() -> JSONResponse:
        return JSONResponse([_described(r) for r in service.catalogue.restitutions.values()])

    @routes.get(
        "/api/v1/restitutions/{slug}",
        summary="Une restitution",
        tags=["catalogue"],
        dependencies=[NOTHING],
        responses=given(shapes.Detailed) | refusals("Paramètre refusé", "Restitution inconnue"),
    )
    def restitution(slug: str) -> JSONResponse:
        found = service.catalogue.restitution(slug)
        mesures = [m.model_dump() | {"nom": name} for name, m in service.catalogue.mesures(found).items()]
        return JSONResponse({**_described(found), "notice": found.notice, "mesures": mesures})

    @routes.get(
        "/api/v1/restitutions/{slug}/donnees",
        summary="Les données d'une restitution",
        tags=["données"],
        openapi_extra={"parameters": _parameters()},
        responses={
            200: given(shapes.Data | shapes.JsonStat, "Le tableau")[200]
            | {"content": {f.media_type: {} for f in FORMATS.values()}},
            **refusals("Critère refusé", "Restitution ou édition inconnue"),
        },
    )
    def data(slug: str, request: Request) -> Response:
        return file(service, slug, request, f"/api/v1/restitutions/{slug}/donnees")

    return routes


def _described(restitution: Restitution) -> dict[str, Any]:
    return {
        "slug": restitution.slug,
        "titre": restitution.titre,
        "objet": restitution.objet,
        "contenu": list(restitution.contenu),
        "theme": restitution.theme,
        "sous_theme": restitution.sous_theme,
        "champ": restitution.champ,
        "acces": restitution.acces,
        "rythme": restitution.rythme,
        "source": restitution.source,
        "criteres": {name: MEANINGS[name] for name in (*taken(restitution), *BESIDE, DATE)},
        "regroupements": [level for level in restitution.criteres.regroupement if level],
        "activites": list(restitution.criteres.activite),
        "formats": list(FORMATS),
        "donnees": f"/api/v1/restitutions/{restitution.slug}/donnees",
    }


def question_parameters() -> list[dict[str, Any]]:
    """Return the criteria of a question, as the description of a route has them."""
    return described({**{name: MEANINGS[name] for name in (*CRITERIA, DATE)}, AS_OF: MEANINGS[DATE]})


def _parameters() -> list[dict[str, Any]]:
    schemas: dict[str, dict[str, Any]] = {
        "format": {"type": "string", "enum": list(FORMATS), "default": "json"},
        PAGE: {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER},
        SIZE: {"type": "integer", "minimum": 1, "maximum": PAGE_LARGEST},
    }
    return [*question_parameters(), *described({"format": "Format du fichier.", **PAGING}, schemas)]


def _attachment(query: Query, extension: str) -> str:
    years = "-".join(map(str, query.annees))
    return f"inline; filename*=UTF-8''{quote(f'{query.restitution}_{years}.{extension}')}"
