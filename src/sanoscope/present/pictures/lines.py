"""Lines over the years, one a row; a line stops where a year is not published."""

from collections.abc import Sequence
from typing import Any

from sanoscope.present.numbers import heading, with_unit
from sanoscope.present.pictures.frame import (
    APPROXIMATE_POINTS,
    SCALE_LABELS,
    Heading,
    Picture,
    Spec,
    framed,
    source,
    tooltip,
)
from sanoscope.present.pictures.palette import Palette
from sanoscope.present.pictures.values import (
    NothingToDrawError,
    column,
    details,
    extract,
    measured,
    names,
    not_drawn,
    values,
    years,
)
from sanoscope.query.table import Measured, Table
from sanoscope.sentence import Sentence, joined

LINES = 6
"""Most lines in one picture: more are not told apart."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")


def lines(table: Table, measure: str, first: int, palette: Palette, slug: str) -> Picture:
    """Draw a measure over the years, one line a row; a line stops where a year is not published.

    Raises:
        NothingToDrawError: no value may be drawn, or the table is of one year.
    """
    figure, rows, over = measured(table, measure), details(table), years(table)
    year = column(table, "annee")
    if year is None or len(over) < 2:
        raise NothingToDrawError(
            Sentence("Une évolution demande plusieurs années : donnez par exemple annee=2022,2023.")
        )
    keys = _series(table)
    found = values(figure, rows)
    latest: dict[str, tuple[str, float]] = {}
    for v in found:
        latest[keys[v.row]] = max(latest.get(keys[v.row], ("", 0.0)), (year.values[v.row], v.figure))
    kept = sorted(latest, key=lambda key: (latest[key][0], latest[key][1]), reverse=True)[: min(first, LINES)]
    named = names(table)
    label = {keys[row]: named[row] for row in rows}
    data: list[dict[str, Any]] = []
    for key in kept:
        mine = sorted((v for v in found if keys[v.row] == key), key=lambda v: year.values[v.row])
        for v, segment in zip(mine, _segments([over.index(year.values[v.row]) for v in mine]), strict=True):
            said = {"serie": label[key], "annee": year.values[v.row], "segment": segment}
            data.append({**said, **v.datum(), "dit": with_unit(v.text, figure)})
    said_lines = [table.title, not_drawn(figure, [r for r in rows if keys[r] in kept])]
    said_lines += [note for note in table.notes if " est en cours" in note]
    if any(datum["approche"] for datum in data):
        said_lines.append(APPROXIMATE_POINTS)
    every = len({keys[row] for row in rows})
    title = Sentence("%(mesure)s, %(debut)s à %(fin)s", mesure=heading(figure), debut=over[0], fin=over[-1])
    if len(kept) < every:
        title = Sentence("%(titre)s : %(n)s lignes sur %(total)s", titre=title, n=len(kept), total=every)
    described = [Sentence("Courbes. %(titre)s.", titre=title)]
    for key in kept:
        points = [d for d in data if d["serie"] == label[key]]
        told = joined(", ", (Sentence("%(valeur)s en %(annee)s", valeur=d["dit"], annee=d["annee"]) for d in points))
        described.append(Sentence("%(ligne)s : %(valeurs)s.", ligne=label[key], valeurs=told))
    whole = joined(" ", filter(None, [*described, said_lines[1]]))
    head = Heading(title, tuple(said_lines), whole, source(table, slug))
    layers = _line_layers(data, [label[key] for key in kept], over, figure, palette)
    picked = [v.row for v in found if keys[v.row] in kept]
    spec = framed(layers, head, palette, height=340, left=SCALE_LABELS, width=540, below=38, beside=106)
    return Picture(spec, head, extract(table, sorted(picked), [figure]))


def _series(table: Table) -> list[str]:
    """Return what tells a row's line from another's: its codes, all but the year."""
    labels = [label for label in table.labels if label.tells and label.name != "annee"]
    return ["\n".join(label.values[row] for label in labels) for row in range(len(table))]


def _segments(positions: Sequence[int]) -> list[int]:
    """Return a number for each point, the same as its predecessor's where no year lies between them."""
    numbers: list[int] = []
    for i, position in enumerate(positions):
        follows = i > 0 and position == positions[i - 1] + 1
        numbers.append(numbers[-1] + (0 if follows else 1) if numbers else 0)
    return numbers


def _line_layers(
    data: Sequence[dict[str, object]], series: Sequence[str], over: Sequence[str], figure: Measured, palette: Palette
) -> list[Spec]:
    x = {
        "field": "annee",
        "type": "ordinal",
        "title": None,
        "scale": {"domain": list(over), "type": "point", "padding": 0.3},
        "axis": {"labelAngle": 0, "labelPadding": 8, "ticks": False},
    }
    y = {
        "field": "valeur",
        "type": "quantitative",
        "title": None,
        "axis": {"tickCount": 6, "domain": False, "ticks": False, "minExtent": SCALE_LABELS, "maxExtent": SCALE_LABELS},
    }
    legend = {"title": None, "symbolSize": 90, "orient": "right", "labelLimit": 250}
    colours = {"domain": list(series), "range": list(palette.series[: len(series)])}
    shapes = {"domain": list(series), "range": list(SHAPES[: len(series)])}
    colour = {"field": "serie", "type": "nominal", "scale": colours, "legend": legend}
    shape = {"field": "serie", "type": "nominal", "scale": shapes, "legend": legend}
    hollow = {"condition": {"test": "datum.approche", "value": palette.background}, **colour}
    said = tooltip(("serie", Sentence("Ligne")), ("annee", Sentence("Année")), ("dit", figure.title))
    picked = {"name": "choisie", "select": {"type": "point", "fields": ["serie"]}, "bind": "legend"}
    opacity = {"condition": {"param": "choisie", "value": 1}, "value": 0.15}
    segment = {"field": "segment", "type": "nominal"}
    whole: Spec = {"data": {"values": list(data)}}
    return [
        {
            **whole,
            "params": [picked],
            "mark": {"type": "line", "strokeWidth": 2.2},
            "encoding": {"x": x, "y": y, "stroke": colour, "detail": segment, "opacity": opacity},
        },
        {
            **whole,
            "mark": {"type": "point", "size": 80, "strokeWidth": 2},
            "encoding": {
                "x": x,
                "y": y,
                "stroke": colour,
                "fill": hollow,
                "shape": shape,
                "opacity": opacity,
                "tooltip": said,
            },
        },
    ]
