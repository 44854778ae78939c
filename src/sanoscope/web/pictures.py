"""The pictures of an answer: each has an address with the criteria of its page, as SVG, PNG or specification.

``/restitutions/SLUG/graphique.svg`` (``.png``, ``.json``) and ``/restitutions/SLUG/carte.svg``; beside the criteria,
``theme=clair|sombre`` and, of a map, ``genre``. Routes are plain functions: they run in threads, beside the event loop,
where the renderer (0.1 to 1 s) stops nobody. What was drawn is kept by edition and question.
"""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, Request, Response

from sanoscope.access.scope import OPEN
from sanoscope.api.routes import problem
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, SanoscopeError, suggest
from sanoscope.present.pictures.frame import Picture, said
from sanoscope.present.pictures.palette import PALETTES, Theme
from sanoscope.present.pictures.picture import Places, carte, chart, fits
from sanoscope.present.pictures.render import to_png, to_svg
from sanoscope.present.pictures.values import NothingToDrawError
from sanoscope.query.criteria import Query
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.sentence import Sentence
from sanoscope.web import language as languages
from sanoscope.web.grounds import Ground, chosen, grounds
from sanoscope.web.language import SOURCE, Language, marked
from sanoscope.web.tableau import in_language, style

Kind: TypeAlias = Literal["graphique", "carte"]

KEPT = 300
"""Drawn pictures kept in memory (a few hundred kilobytes each at most)."""


def _spec(picture: Picture) -> bytes:
    return orjson.dumps(picture.spec)


WRITERS: dict[str, tuple[str, Callable[[Picture], bytes]]] = {
    "svg": ("image/svg+xml", to_svg),
    "png": ("image/png", to_png),
    "json": ("application/json", _spec),
}
"""Media type and writer of each extension."""

PACKED = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
"""Headers of what is sent as it was packed once: packing a map takes longer than finding it."""

GENRES = {
    "points": marked("par établissement"),
    "departements": marked("par département"),
    "regions": marked("par région"),
    "flux": marked("des flux"),
}
"""What a map that may be drawn in several ways is called in each."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture to place in a page.

    Attributes:
        kind: ``graphique`` or ``carte``.
        title: what it shows; ``description`` the same in words, for ``alt``.
        query: criteria of its addresses: ``/restitutions/SLUG/KIND.svg?QUERY``.
        base: the address without extension and criteria.
        ways: other ways to draw the same map: (name, criteria).
        reason: why there is nothing to draw; "" where there is.
    """

    kind: Kind
    title: str
    description: str
    base: str
    query: str
    ways: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    def address(self, extension: str, theme: str = "") -> str:
        """Return the address of the picture as a file."""
        return f"{self.base}.{extension}?{self.query}" + (f"&theme={theme}" if theme else "")


def images(
    restitution: Restitution,
    query: Query,
    table: Table,
    edition: Edition,
    spoken: Language,
    loaded: Sequence[Ground] = (),
) -> list[Image]:
    """Return the pictures of an answer, for its page: the chart, then the map, of those that it declares."""
    found = []
    base = spoken.href(f"/restitutions/{restitution.slug}")
    kinds: list[Kind] = ["graphique"] if restitution.graphique else []
    for kind in [*kinds, *(["carte"] if restitution.carte else [])]:
        ways: tuple[tuple[str, str], ...] = ()
        if kind == "carte" and restitution.carte:
            declared = restitution.carte
            others: list[tuple[str, str]] = [(GENRES[g], g) for g in declared.genres[1:]]
            others += [(g.title, g.genre) for g in loaded if fits(declared, g.outlines)]
            ways = tuple((name, f"{query.canonical}&genre={genre}") for name, genre in others)
        here: Kind = "carte" if kind == "carte" else "graphique"
        try:
            picture = _picture(here, restitution, in_language(table, spoken), edition, "", "clair")
        except NothingToDrawError as nothing:
            found.append(Image(here, "", "", f"{base}/{kind}", query.canonical, ways, nothing.message))
        else:
            said = (picture.title, picture.description)
            found.append(Image(here, *said, f"{base}/{kind}", query.canonical, ways))
    return found


def pictures(service: Service) -> APIRouter:
    """Return the routes of pictures on a service."""
    routes = APIRouter()
    kept: OrderedDict[tuple[str, ...], tuple[bytes, bytes]] = OrderedDict()
    lock = threading.Lock()

    def drawn(slug: str, kind: Kind, extension: str, request: Request) -> Response:
        items = request.query_params.multi_items()
        theme, genre = _choices(kind, items)
        if extension not in WRITERS:
            raise CriterionError(
                "format-inconnu",
                Sentence("Format d'image « %(extension)s » inconnu.", extension=extension),
                allowed=WRITERS,
            )
        pairs = [(name, value) for name, value in items if name not in ("theme", "genre")]
        fond = chosen(genre, grounds(service.workspace)) if genre else None
        exact = fond is None or genre == fond.genre
        genre = fond.genre if fond else genre
        query, table = service.ask(slug, pairs, OPEN)
        spoken = languages.of(request)
        key = (spoken.code, table.edition, slug, query.canonical, kind, genre, theme, extension)
        media, write = WRITERS[extension]
        with lock:
            found = kept.get(key)
        if found is None:
            restitution = service.catalogue.restitution(slug)
            own = in_language(table, spoken)
            picture = _picture(kind, restitution, own, service.edition(table.edition), genre, theme, fond)
            body = write(_said(picture, spoken))
            found = body, body if extension == "png" else gzip.compress(body, 6, mtime=0)
        with lock:
            kept[key] = found
            kept.move_to_end(key)
            while len(kept) > KEPT:
                kept.popitem(last=False)
        name = quote(f"{slug}_{kind}.{extension}")
        shown = urlencode({k: v for k, v in (("genre", genre), ("theme", theme if theme != "clair" else "")) if v})
        path = spoken.href(f"/restitutions/{slug}/{kind}.{extension}")
        canonical = f"{path}?{query.canonical}" + (f"&{shown}" if shown else "")
        headers = {
            "Content-Disposition": f"inline; filename*=UTF-8''{name}",
            "Cache-Control": "public, max-age=31536000, immutable"
            if query.edition and exact
            else "public, max-age=300",
            "Link": f'<{canonical}>; rel="canonical"',
        }
        if extension == "png" or "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(found[0], media_type=media, headers=headers)
        return Response(found[1], media_type=media, headers=headers | PACKED)

    def answer(slug: str, kind: Kind, extension: str, request: Request) -> Response:
        try:
            return drawn(slug, kind, extension, request)
        except SanoscopeError as error:
            return problem(error)

    @routes.get("/restitutions/{slug}/graphique.{extension}")
    def chart_file(slug: str, extension: str, request: Request) -> Response:
        return answer(slug, "graphique", extension, request)

    @routes.get("/restitutions/{slug}/carte.{extension}")
    def map_file(slug: str, extension: str, request: Request) -> Response:
        return answer(slug, "carte", extension, request)

    return routes


def _said(picture: Picture, spoken: Language) -> Picture:
    """Return a picture in a language."""
    if spoken.code == SOURCE:
        return picture
    written = style(spoken)
    return said(picture, spoken.say, decimal=written.decimal, group=written.group)


def _choices(kind: Kind, items: list[tuple[str, str]]) -> tuple[Theme, str]:
    """Return the theme and the genre that are asked for."""
    themes = [value for name, value in items if name == "theme"] or ["clair"]
    genres = [value for name, value in items if name == "genre"] or [""]
    if len(themes) > 1 or len(genres) > 1:
        raise CriterionError(
            "critere-double", Sentence("Le thème ou le genre est donné deux fois."), todo=Sentence("Gardez-en un.")
        )
    if kind == "graphique" and genres[0]:
        raise CriterionError(
            "critere-inconnu", Sentence("Un graphique n'a pas de genre à choisir."), todo=Sentence("Retirez « genre ».")
        )
    for theme in PALETTES:
        if theme == themes[0]:
            return theme, genres[0]
    raise CriterionError(
        "theme-inconnu",
        Sentence("Thème « %(theme)s » inconnu.", theme=themes[0]),
        allowed=PALETTES,
        todo=suggest(themes[0], PALETTES),
    )


def _picture(
    kind: Kind,
    restitution: Restitution,
    table: Table,
    edition: Edition,
    genre: str,
    theme: Theme,
    fond: Ground | None = None,
) -> Picture:
    if kind == "graphique":
        return chart(table, restitution, theme)
    known = edition.finess.items()
    places: Places = {
        "departements": {finess: one.departement for finess, one in known},
        "regions": {finess: one.region for finess, one in known},
        "code_geo": {finess: one.code_geo for finess, one in known},
    }
    return carte(table, restitution, places, genre=genre, theme=theme, fond=fond.outlines if fond else None)
