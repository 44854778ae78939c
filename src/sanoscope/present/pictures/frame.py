"""What all pictures share: title, description, source line, fonts, numbers in French, patterns."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap
from typing import Any, TypeAlias

from sanoscope.present.numbers import NARROW_SPACE
from sanoscope.present.pictures.palette import Palette
from sanoscope.query.table import Table

Spec: TypeAlias = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""Its first name ships with the renderer: a picture is the same on every machine, without the network."""
WIDTH = 640
"""Of the plot (px)."""
SCALE_LABELS = 62
"""Width kept for the labels of a vertical scale (px)."""
APPROXIMATE_POINTS = "Point creux : valeur approchée."
LOCALE = {"decimal": ",", "thousands": NARROW_SPACE, "grouping": [3], "currency": ["", "\u00a0€"]}
CHARACTER = 6.1
"""Mean width of a character of 12 px (px), to fold lines."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be drawn.

    Attributes:
        spec: Vega-Lite specification, data included.
        title: what it shows.
        description: the same in words, with the figures that matter: what is read where it is not seen.
        behind: the same figures as a table.
    """

    spec: Spec
    title: str
    description: str
    behind: Table


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


def source(table: Table, slug: str, *, ground: bool = False) -> str:
    """Return the source line of a picture; of a map, with that of the outlines under it."""
    said = f"Source : Sanoscope, {slug}, édition {table.edition} ({table.state}) du {table.made}. PMSI."
    return f"{said} Fond : Natural Earth." if ground else said


def framed(
    layers: Sequence[Spec],
    heading: Heading,
    palette: Palette,
    *,
    height: int,
    width: int = WIDTH,
    left: int = 0,
    below: int = 52,
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
        more: further members of the specification.
    """
    folded = [line for text in heading.lines if text for line in wrap(text, int((width + left) / CHARACTER))]
    return {
        "$schema": SCHEMA,
        "description": heading.description,
        "title": {"text": wrap(heading.title, int((width + left) / 8.2)), "subtitle": folded},
        "width": width,
        "height": height,
        "layer": [*layers, _source(heading.source, left, height + below, palette.quiet)],
        "config": config(palette),
        "usermeta": {"theme": palette.theme, "motifs": [asdict(motif) for motif in palette.motifs]},
        **(more or {}),
    }


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
        "padding": 16,
        "aria": False,
        "view": {"stroke": None},
        "title": {
            **text,
            "anchor": "start",
            "frame": "bounds",
            "fontSize": 16,
            "fontWeight": "bold",
            "lineHeight": 20,
            "offset": 14,
            "subtitleColor": palette.quiet,
            "subtitleFont": FONT,
            "subtitleFontSize": 12,
            "subtitleLineHeight": 16,
            "subtitlePadding": 6,
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
