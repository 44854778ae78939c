"""The pictures of an answer: each has an address with the criteria of its page, as SVG, PNG or specification.

``/restitutions/SLUG/graphique.svg`` (``.png``, ``.json``) and ``/restitutions/SLUG/carte.svg``; beside the criteria,
``theme=clair|sombre`` and ``genre``, one of those that the restitution declares. Routes are plain functions: they run
in threads, beside the event loop, where the renderer (0.1 to 1 s) stops nobody. What was drawn is kept by edition and
question.
"""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, Request, Response

from sanoscope.api.reader import reader, with_mark
from sanoscope.api.replies import cache_control, problem
from sanoscope.api.routes import closed, lasting
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, SanoscopeError, suggest
from sanoscope.present.html import Heading, Row, headings, rows
from sanoscope.present.numbers import Meaning, legend
from sanoscope.present.pictures.frame import Picture, said
from sanoscope.present.pictures.palette import PALETTES, Theme
from sanoscope.present.pictures.picture import carte, chart, fits, places_of
from sanoscope.present.pictures.render import to_png, to_svg
from sanoscope.present.pictures.values import NothingToDrawError
from sanoscope.query.criteria import DATE, Query
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.sentence import Sentence, joined
from sanoscope.web import language as languages
from sanoscope.web.grounds import Ground, chosen, grounds
from sanoscope.web.language import SOURCE, Language, marked
from sanoscope.web.looking import PLAIN, Look, address
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
    "barres": marked("premières valeurs"),
    "lignes": marked("au fil des années"),
    "pyramide": marked("par âge et sexe"),
    "nuage": marked("selon l'effectif"),
    "radar": marked("par domaine"),
    "nuage-croise": marked("une mesure par l'autre"),
    "points": marked("par établissement"),
    "codes": marked("par code géographique"),
    "departements": marked("par département"),
    "regions": marked("par région"),
    "flux": marked("des flux"),
}
"""What the ways to draw a chart or a map are called."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to draw a chart or a map: its name, the page that shows it so, whether it is this one."""

    name: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures behind a picture, as the cells of a page."""

    headings: Sequence[Heading]
    rows: Sequence[Row]
    legend: Sequence[Meaning]
    texts: int
    """Of the columns, how many are texts: the first ones."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture to place in a page.

    Attributes:
        kind: ``graphique`` or ``carte``.
        base: its address without extension and criteria; ``query`` these, genre included.
        ways: the ways to draw it, where there are several.
        title: what it shows; ``description`` the same in words; ``size`` about its width and height (px).
        figures: those behind it, where they are not in the answer's own table (sums by territory).
        reason: why there is nothing to draw; "" where there is.
    """

    kind: Kind
    base: str
    query: str
    ways: tuple[Way, ...] = ()
    title: str = ""
    description: str = ""
    size: tuple[int, int] = (0, 0)
    figures: Figures | None = None
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
    look: Look = PLAIN,
    loaded: Sequence[Ground] = (),
) -> list[Image]:
    """Return the pictures of an answer, for its page: the chart, then the map, of those that it declares.

    Raises:
        CriterionError: ``look`` asks for a chart or a map that the restitution does not declare.
        NotFoundError: it asks for outlines that changed.
    """
    own, path = in_language(table, spoken), f"/restitutions/{restitution.slug}"
    declared: dict[Kind, tuple[tuple[str, str], ...]] = {
        "graphique": tuple((GENRES[one.genre], one.genre) for one in restitution.graphiques),
        "carte": _maps(restitution, loaded),
    }
    found = []
    for kind, ways in declared.items():
        if not ways:
            continue
        asked = look.graphique if kind == "graphique" else look.carte
        fond = chosen(asked, loaded) if kind == "carte" else None
        genre = fond.genre if fond else asked
        base, criteria = f"{spoken.href(path)}/{kind}", query.canonical + (f"&genre={genre}" if genre else "")
        switch = tuple(
            Way(
                name,
                spoken.href(address(path, query, _looked(look, kind, value if number else ""))) + f"#{kind}",
                current=value == genre or not (number or genre),
            )
            for number, (name, value) in enumerate(ways)
        )
        image = Image(kind, base, criteria, switch if len(switch) > 1 else ())
        try:
            picture = _picture(kind, restitution, own, edition, genre, "clair", fond)
        except NothingToDrawError as nothing:
            found.append(replace(image, reason=nothing.message))
        else:
            figures = _figures(picture.behind, spoken) if _apart(picture.behind, table) else None
            shown = replace(image, title=picture.title, description=picture.description)
            found.append(replace(shown, size=picture.size, figures=figures))
    return found


def _looked(look: Look, kind: Kind, genre: str) -> Look:
    return replace(look, graphique=genre) if kind == "graphique" else replace(look, carte=genre)


def _apart(behind: Table, table: Table) -> bool:
    """Tell whether the figures behind a picture are others than those of the answer's own table."""
    return [label.name for label in behind.labels] != [label.name for label in table.labels]


def _figures(behind: Table, spoken: Language) -> Figures:
    return Figures(headings(behind), rows(behind, style(spoken)), legend(behind), len(behind.labels))


def _maps(restitution: Restitution, loaded: Sequence[Ground]) -> tuple[tuple[str, str], ...]:
    """Return the ways to draw the map of a restitution: name, genre."""
    declared = restitution.carte
    if declared is None:
        return ()
    own = ((GENRES[genre], genre) for genre in declared.genres)
    return (*own, *((g.title, g.genre) for g in loaded if fits(declared, g.outlines)))


def pictures(service: Service) -> APIRouter:
    """Return the routes of pictures on a service."""
    routes = APIRouter()
    kept: OrderedDict[tuple[str, ...], tuple[bytes, bytes]] = OrderedDict()
    lock = threading.Lock()

    def drawn(slug: str, kind: Kind, extension: str, request: Request) -> Response:
        items = request.query_params.multi_items()
        theme, genre = _choices(items)
        if extension not in WRITERS:
            raise CriterionError(
                "format-inconnu",
                Sentence("Format d'image « %(extension)s » inconnu.", extension=extension),
                allowed=WRITERS,
            )
        pairs = [(name, value) for name, value in items if name not in ("theme", "genre")]
        fond = chosen(genre, grounds(service.workspace)) if kind == "carte" else None
        exact = (fond is None or genre == fond.genre) and DATE not in dict(pairs)
        exact &= lasting(service, slug)
        genre = fond.genre if fond else genre
        query, table = service.ask(slug, pairs, reader(request).scope)
        table = with_mark(request, query, table)
        spoken = languages.of(request)
        key = (
            spoken.code,
            table.edition,
            *table.beside,
            slug,
            query.canonical,
            kind,
            genre,
            theme,
            extension,
            table.mark,
        )
        media, write = WRITERS[extension]
        with lock:
            found = kept.get(key)
        if found is None:
            restitution = service.catalogue.restitution(slug)
            own = in_language(table, spoken)
            picture = _picture(kind, restitution, own, service.edition(table.edition), genre, theme, fond)
            body = write(_said(picture, spoken))
            found = body, body if extension == "png" else gzip.compress(body, 6, mtime=0)
        if not table.mark:  # which says when: nobody asks for it twice
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
            **cache_control(query.edition if exact else "", own=closed(service, query)),
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


def _choices(items: list[tuple[str, str]]) -> tuple[Theme, str]:
    """Return the theme and the genre that are asked for."""
    themes = [value for name, value in items if name == "theme"] or ["clair"]
    genres = [value for name, value in items if name == "genre"] or [""]
    if len(themes) > 1 or len(genres) > 1:
        raise CriterionError(
            "critere-double", Sentence("Le thème ou le genre est donné deux fois."), todo=Sentence("Gardez-en un.")
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
    if table.mark:  # what a picture is of is written on it
        table = replace(table, title=joined(" ", [table.mark, table.title]))
    if kind == "graphique":
        return chart(table, restitution, genre=genre, theme=theme)
    return carte(table, restitution, places_of(edition), genre=genre, theme=theme, fond=fond.outlines if fond else None)
