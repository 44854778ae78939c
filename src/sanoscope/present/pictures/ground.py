"""What all maps share: the outlines, the frames of the insets, where on them things lie."""

from collections.abc import Sequence

from sanoscope.present.pictures.frame import Heading, Spec, framed
from sanoscope.present.pictures.geometry import Geometry, Level, View
from sanoscope.present.pictures.palette import Palette
from sanoscope.present.pictures.values import column, details, years
from sanoscope.query.table import Measured, Table
from sanoscope.sentence import Sentence

WIDTH, HEIGHT = 620, 538
"""Of a map (px)."""
LEGEND = 100
"""About what the legend beside it takes (px)."""


def mapped(layers: Sequence[Spec], head: Heading, palette: Palette, geo: Geometry, at: View) -> Spec:
    """Return a specification over the outlines, which layers without data of their own draw."""
    more = {
        "data": {"values": geo.topology, "format": dict(geo.format)},
        "projection": {"type": "identity", "scale": at.scale, "translate": [at.dx, at.dy]},
    }
    return framed(layers, head, palette, width=WIDTH, height=HEIGHT, below=18, beside=LEGEND, more=more)


def frames(geo: Geometry, at: View, palette: Palette) -> list[Spec]:
    """Return the frames of the insets; none where a part of the map is enlarged."""
    if not at.whole:
        return []
    corners = [(*at(left, top), *at(right, bottom)) for left, top, right, bottom in geo.frames]
    data = [dict(zip(("x", "y", "x2", "y2"), corner, strict=True)) for corner in corners]
    mark = {"type": "rect", "filled": False, "stroke": palette.border, "strokeWidth": 0.8}
    encoding = {**pixels("x", "y"), "x2": {"field": "x2"}, "y2": {"field": "y2"}}
    return [{"data": {"values": data}, "mark": mark, "encoding": encoding}]


def ground(geo: Geometry, at: View, palette: Palette) -> list[Spec]:
    """Return the layers of a bare map."""
    mark = {"type": "geoshape", "fill": palette.land, "stroke": palette.border, "strokeWidth": 0.6, "clip": True}
    return [{"mark": mark}, *frames(geo, at, palette)]


def pixels(x: str, y: str) -> Spec:
    """Return channels of pixels: no scale, no axis."""
    return {
        "x": {"field": x, "type": "quantitative", "scale": None, "axis": None},
        "y": {"field": y, "type": "quantitative", "scale": None, "axis": None},
    }


def nice(most: float) -> list[float]:
    """Return three values for the legend of sizes: round, the largest one under the largest drawn."""
    power = 10.0 ** (len(str(int(most))) - 1)
    top = max(step * power for step in (1, 2, 5) if step * power <= most or step == 1)
    return [top, top / 4, top / 20] if top >= 20 else [top]


def format_of(figure: Measured) -> str:
    """Return how the legend of a measure writes its figures."""
    return f",.{figure.decimals}f"


def of_last_year(table: Table) -> list[int]:
    """Return the rows that are drawn: those of the last year, where there are several."""
    over, label = years(table), column(table, "annee")
    rows = details(table)
    return [row for row in rows if label.values[row] == over[-1]] if label and len(over) > 1 else rows


def last_year(table: Table) -> str:
    """Return what the title says of the year drawn, where several were asked for."""
    over = years(table)
    return Sentence(", %(annee)s (dernière année demandée)", annee=over[-1]) if len(over) > 1 else ""


def word(level: Level) -> str:
    """Return the name of a level, for sentences."""
    return Sentence("région") if level == "regions" else Sentence("département")
