"""Lines over the years, one a row; a line stops where a year is not published."""

from collections.abc import Sequence

from sanoscope.present.numbers import heading
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
        raise NothingToDrawError("Une évolution demande plusieurs années : donnez par exemple annee=2022,2023.")
    keys = _series(table)
    found = values(figure, rows)
    latest: dict[str, tuple[str, float]] = {}
    for v in found:
        latest[keys[v.row]] = max(latest.get(keys[v.row], ("", 0.0)), (year.values[v.row], v.figure))
    kept = sorted(latest, key=lambda key: (latest[key][0], latest[key][1]), reverse=True)[: min(first, LINES)]
    named = names(table)
    label = {keys[row]: named[row] for row in rows}
    data = []
    for key in kept:
        mine = sorted((v for v in found if keys[v.row] == key), key=lambda v: year.values[v.row])
        for v, segment in zip(mine, _segments([over.index(year.values[v.row]) for v in mine]), strict=True):
            said = {"serie": label[key], "annee": year.values[v.row], "segment": segment}
            data.append({**said, **v.datum(), "dit": f"{v.text} {figure.unit}".strip()})
    said_lines = [table.title, not_drawn(figure, [r for r in rows if keys[r] in kept])]
    said_lines += [note for note in table.notes if " est en cours" in note]
    if any(datum["approche"] for datum in data):
        said_lines.append(APPROXIMATE_POINTS)
    every = len({keys[row] for row in rows})
    title = f"{heading(figure)}, {over[0]} à {over[-1]}" + (
        f" : {len(kept)} lignes sur {every}" if len(kept) < every else ""
    )
    described = f"Courbes. {title}. " + " ".join(
        f"{label[key]} : " + ", ".join(f"{d['dit']} en {d['annee']}" for d in data if d["serie"] == label[key]) + "."
        for key in kept
    )
    head = Heading(title, tuple(said_lines), f"{described} {said_lines[1]}".strip(), source(table, slug))
    layers = _line_layers(data, [label[key] for key in kept], over, figure, palette)
    picked = [v.row for v in found if keys[v.row] in kept]
    spec = framed(layers, head, palette, height=340, left=SCALE_LABELS, width=540, below=38)
    return Picture(spec, title, head.description, extract(table, sorted(picked), [figure]))


def _series(table: Table) -> list[str]:
    """Return what tells a row's line from another's: its codes, all but the year."""
    labels = [label for label in table.labels if label.name not in ("annee", "periode")]
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
    said = tooltip(("serie", "Ligne"), ("annee", "Année"), ("dit", figure.title))
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
