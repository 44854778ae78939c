"""What all pictures share: title, description, source line, fonts, patterns, and their words in another language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from textwrap import wrap
from typing import Any, TypeAlias

from sanoscope.present.numbers import NARROW_SPACE
from sanoscope.present.pictures.palette import Palette
from sanoscope.query.table import Table
from sanoscope.sentence import Number, Sentence, Value, joined

Spec: TypeAlias = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""Its first name ships with the renderer: a picture is the same on every machine, without the network."""
WIDTH = 640
"""Of the plot (px)."""
SCALE_LABELS = 62
"""Width kept for the labels of a vertical scale (px)."""
APPROXIMATE_POINTS = Sentence("Point creux : valeur approchée.")
LOCALE = {"decimal": ",", "thousands": NARROW_SPACE, "grouping": [3], "currency": ["", "\u00a0€"]}
ROOM = "largeur"
"""Of `usermeta`: width that the title and its lines may take (px)."""
SIZE = "taille"
"""Of `usermeta`: about how large the whole is drawn, width and height (px): a page keeps that place for it."""
PADDING, TITLE_LINE, SUBTITLE_LINE, SUBTITLE_GAP, OFFSET = 16, 20, 16, 6, 14
"""Around the whole; of the title and the lines under it: heights, what is between them and before the plot (px)."""
CHARACTER = 6.1
"""Mean width of a character of 12 px (px), to fold lines."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be drawn.

    Attributes:
        spec: Vega-Lite specification, data included.
        head: what is written around it.
        behind: the same figures as a table.
    """

    spec: Spec
    head: "Heading"
    behind: Table

    @property
    def title(self) -> str:
        """What it shows."""
        return self.head.title

    @property
    def size(self) -> tuple[int, int]:
        """About how large it is drawn: width, height (px)."""
        width, height = self.spec["usermeta"][SIZE]
        return width, height

    @property
    def description(self) -> str:
        """The same in words, with the figures that matter: what is read where it is not seen."""
        return self.head.description


@dataclass(frozen=True, slots=True)
class Heading:
    """What is written around a plot.

    Attributes:
        title: what is shown, in one line.
        lines: below it: the question, what the signs mean.
        description: the picture in words.
        source: where the figures come from.
    """

    title: str
    lines: tuple[str, ...]
    description: str
    source: str


def source(table: Table, slug: str, *, ground: str = "") -> str:
    """Return the source line of a picture; of a map, with that of the outlines under it."""
    said = Sentence(
        "Source : Sanoscope, %(slug)s, édition %(nom)s (%(etat)s) du %(jour)s. PMSI.",
        slug=slug,
        nom=table.edition,
        etat=Sentence(table.state),
        jour=date.fromisoformat(table.made),
    )
    parts = [said]
    if table.beside:
        parts.append(Sentence("Indicateurs : édition %(noms)s.", noms=", ".join(table.beside)))
    if ground:
        parts.append(Sentence("Fond : %(fond)s.", fond=ground))
    return joined(" ", parts) if len(parts) > 1 else said


def framed(
    layers: Sequence[Spec],
    heading: Heading,
    palette: Palette,
    *,
    height: int,
    width: int = WIDTH,
    left: int = 0,
    below: int = 52,
    beside: int = 0,
    above: int = 0,
    more: Mapping[str, Any] | None = None,
) -> Spec:
    """Return a whole specification around layers.

    Args:
        layers: the marks.
        heading: what is written around.
        palette: colours.
        height, width: of the plot (px).
        left: width taken by the labels of the vertical axis (px): the source line begins there.
        below: how far under the plot the source line is (px).
        beside, above: about what a legend takes to the right of the plot, or over it (px).
        more: further members of the specification.
    """
    title = _folded(heading, width + left)
    lines = len(title["text"]) * TITLE_LINE + len(title["subtitle"]) * SUBTITLE_LINE
    size = [width + left + beside + 2 * PADDING, height + below + above + lines + SUBTITLE_GAP + OFFSET + 2 * PADDING]
    return {
        "$schema": SCHEMA,
        "description": heading.description,
        "title": title,
        "width": width,
        "height": height,
        "layer": [*layers, _source(heading.source, left, height + below, palette.quiet)],
        "config": config(palette),
        "usermeta": {
            "theme": palette.theme,
            "motifs": [asdict(motif) for motif in palette.motifs],
            ROOM: width + left,
            SIZE: size,
        },
        **(more or {}),
    }


def said(picture: Picture, say: Callable[[Value], str], *, decimal: str, group: str) -> Picture:
    """Return a picture in another language: its sentences said again, its figures with other separators.

    Args:
        picture: in French.
        say: from a sentence to what it is in that language.
        decimal, group: before decimals, between thousands.
    """
    written = picture.head
    head = Heading(say(written.title), tuple(map(say, written.lines)), say(written.description), say(written.source))
    own = {name: _said(part, say) for name, part in picture.spec.items() if name in ("layer", "encoding")}
    number = {**LOCALE, "decimal": decimal, "thousands": group}
    spec = {
        **picture.spec,
        **own,
        "description": head.description,
        "title": _folded(head, picture.spec["usermeta"][ROOM]),
        "config": {**picture.spec["config"], "locale": {"number": number}},
    }
    return Picture(spec, head, picture.behind)


def _said(part: Any, say: Callable[[Value], str]) -> Any:
    """Return a part of a specification with its sentences said again."""
    match part:
        case Sentence() | Number():
            return say(part)
        case dict():
            return {name: _said(value, say) for name, value in part.items()}
        case list() | tuple():
            return [_said(value, say) for value in part]
        case _:
            return part


def _folded(heading: Heading, room: int) -> Spec:
    """Return the title and the lines below it, folded to the room there is (px)."""
    lines = [line for text in heading.lines if text for line in wrap(text, int(room / CHARACTER))]
    return {"text": wrap(heading.title, int(room / 8.2)), "subtitle": lines}


def _source(text: str, left: int, y: int, colour: str) -> Spec:
    mark = {"type": "text", "align": "left", "baseline": "top", "fontSize": 11, "color": colour, "text": text}
    return {"data": {"values": [{}]}, "mark": mark, "encoding": {"x": {"value": -left}, "y": {"value": y}}}


def config(palette: Palette) -> Spec:
    """Return the look of pictures in a palette."""
    text = {"color": palette.text, "font": FONT}
    return {
        "background": palette.background,
        "font": FONT,
        "locale": {"number": LOCALE},
        "padding": PADDING,
        "aria": False,
        "view": {"stroke": None},
        "title": {
            **text,
            "anchor": "start",
            "frame": "bounds",
            "fontSize": 16,
            "fontWeight": "bold",
            "lineHeight": TITLE_LINE,
            "offset": OFFSET,
            "subtitleColor": palette.quiet,
            "subtitleFont": FONT,
            "subtitleFontSize": 12,
            "subtitleLineHeight": SUBTITLE_LINE,
            "subtitlePadding": SUBTITLE_GAP,
        },
        "axis": {
            "labelColor": palette.text,
            "titleColor": palette.quiet,
            "titleFontWeight": "normal",
            "titleFontSize": 12,
            "labelFontSize": 12,
            "gridColor": palette.rule,
            "domainColor": palette.border,
            "tickColor": palette.border,
            "titlePadding": 10,
        },
        "legend": {
            "labelColor": palette.text,
            "titleColor": palette.text,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "bold",
            "symbolStrokeWidth": 1,
            "rowPadding": 5,
            "labelLimit": 260,
            "titleLimit": 260,
        },
        "text": {"color": palette.text, "font": FONT, "fontSize": 12},
        "style": {"guide-label": {"font": FONT}, "guide-title": {"font": FONT}},
    }


def tooltip(*fields: tuple[str, str]) -> list[Spec]:
    """Return what is said of a mark: (field, title) of texts."""
    return [{"field": field, "title": title, "type": "nominal"} for field, title in fields]
