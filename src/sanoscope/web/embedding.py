"""oEmbed 1.0: a site that is given the address of a result can show its table (``/oembed?url=``), in a frame.

Who reads the page of a result is told of it by ``<link rel="alternate" type="application/json+oembed">``.
"""

from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import orjson
from fastapi import APIRouter, Request, Response

from sanoscope.access.scope import OPEN
from sanoscope.api.reader import site_of
from sanoscope.api.replies import cache_control, problem
from sanoscope.errors import CriterionError, NotFoundError, SanoscopeError
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.sentence import Sentence
from sanoscope.web.asking import wished
from sanoscope.web.language import NAMES, SOURCE, Language, language
from sanoscope.web.looking import address, looking
from sanoscope.web.result import framed

JSON, XML = "application/json", "text/xml; charset=utf-8"
KINDS = {"json": JSON, "xml": XML}
WIDTH, HEIGHT = 800, 600
"""Of the frame, in pixels, where there is room."""

AGE = 300
"""Seconds that an answer may be kept, as pages are."""


def embedding(service: Service) -> APIRouter:
    """Return the provider on a service."""
    routes = APIRouter()

    @routes.get("/oembed")
    def oembed(
        request: Request, url: str = "", format: str = "json", maxwidth: str = "", maxheight: str = ""
    ) -> Response:
        if format not in KINDS:
            error = CriterionError(
                "format-inconnu", Sentence("Format « %(liste)s » inconnu.", liste=format[:40]), allowed=KINDS
            )
            return problem(error, 501)  # as the specification asks
        width, height = _side("maxwidth", maxwidth, WIDTH), _side("maxheight", maxheight, HEIGHT)
        site = site_of(request, service.workspace.settings)
        sites = {site, str(request.base_url).rstrip("/")}
        spoken, slug, pairs = _read(url, sites)
        frame, table = _shown(service, spoken, slug, pairs, site)
        title = spoken.say(table.title)
        told = {
            "version": "1.0",
            "type": "rich",
            "title": title,
            "html": framed(frame, title, width=str(width), height=height),
            "width": width,
            "height": height,
            "provider_name": "Sanoscope",
            "provider_url": f"{site}/",
            "cache_age": AGE,
        }
        body = orjson.dumps(told) if format == "json" else _xml(told)
        return Response(body, media_type=KINDS[format], headers=cache_control())

    return routes


def _read(url: str, sites: set[str]) -> tuple[Language, str, list[tuple[str, str]]]:
    """Return the language, the restitution and the criteria of the address of a result.

    Raises:
        NotFoundError: it is not the address of a result of this site.
    """
    parts = urlsplit(url)
    site = next((one for one in sites if url.startswith(f"{one}/")), "")
    path = url[len(site) :].partition("?")[0].partition("#")[0] if site else ""
    head, _, rest = path.removeprefix("/").partition("/")
    spoken = language(head if head in NAMES and head != SOURCE else SOURCE)
    path = f"/{rest}" if spoken.code != SOURCE else path
    slug = path.removeprefix("/restitutions/")
    if not path.startswith("/restitutions/") or not slug or "/" in slug or not parts.query:
        raise _unknown(url)
    return spoken, slug, parse_qsl(parts.query, keep_blank_values=True)


def _shown(service: Service, spoken: Language, slug: str, pairs: list[tuple[str, str]], site: str) -> tuple[str, Table]:
    """Return the address of the frame of a result, and its table.

    Raises:
        NotFoundError: there is no such result, or it is not for everybody.
    """
    try:
        sent, look = looking(pairs)
        restitution = service.catalogue.restitution(slug)
        given = wished(service, restitution, service.pinned(restitution, sent))
        query, table = service.ask(slug, given, OPEN)
    except (CriterionError, NotFoundError) as error:
        raise _unknown(slug, error) from error
    return site + address(spoken.href(f"/restitutions/{slug}/integrer"), query, look), table


def _unknown(said: str, error: SanoscopeError | None = None) -> NotFoundError:
    return NotFoundError(
        "adresse-inconnue",
        Sentence("« %(adresse)s » n'est pas l'adresse d'un résultat ouvert de ce site.", adresse=said[:200]),
        todo=error.message if error else Sentence("Donnez l'adresse de la page d'un résultat, avec ses critères."),
    )


def _side(name: str, text: str, most: int) -> int:
    """Return a side of the frame, in pixels.

    Raises:
        CriterionError: it is not a number of pixels.
    """
    if not text:
        return most
    if not (text.isascii() and text.isdigit() and len(text) < 7 and int(text)):
        raise CriterionError(
            "valeur-inconnue",
            Sentence("%(name)s : « %(valeur)s » n'est pas admis.", name=name, valeur=text[:40]),
            allowed=[Sentence("un nombre de pixels")],
        )
    return min(most, int(text))


def _xml(told: dict[str, object]) -> bytes:
    root = ET.Element("oembed")
    for name, value in told.items():
        ET.SubElement(root, name).text = str(value)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
