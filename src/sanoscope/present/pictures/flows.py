"""Flows from zone to zone, wider towards where they go."""

from collections.abc import Sequence
from typing import Any

from sanoscope.present.numbers import heading, with_unit
from sanoscope.present.pictures.frame import Heading, Picture, Spec, source, tooltip
from sanoscope.present.pictures.geometry import Geometry, Level, geometry, view
from sanoscope.present.pictures.ground import (
    HEIGHT,
    WIDTH,
    format_of,
    ground,
    last_year,
    mapped,
    nice,
    of_last_year,
    pixels,
)
from sanoscope.present.pictures.palette import Palette
from sanoscope.present.pictures.values import NothingToDrawError, Value, column, extract, measured, value, values
from sanoscope.query.table import Label, Measured, Table
from sanoscope.sentence import Sentence, joined

FLOWS = 60
"""Most flows in one picture."""
STEPS = 16
"""Parts of a flow's curve."""


ORIGINS: dict[str, tuple[str, Level]] = {
    "departement_residence": ("departement", "departements"),
    "region_residence": ("region", "regions"),
}
"""Columns of codes of the zones of origin: the column of those of destination, and the level of both."""


def flows(table: Table, measure: str, palette: Palette, slug: str) -> Picture:
    """Draw the largest flows from a zone of origin to a zone of destination; a flow widens towards where it goes.

    The table has two columns of `ORIGINS`. What stays in its zone is not drawn.

    Raises:
        NothingToDrawError: no flow may be drawn.
    """
    figure, rows = measured(table, measure), of_last_year(table)
    origin = column(table, *ORIGINS)
    target, level = ORIGINS[origin.name] if origin else ("", "departements")
    to = column(table, target)
    if origin is None or to is None:
        raise NothingToDrawError(Sentence("Des flux demandent un tableau par origine et destination."))
    geo = geometry(level)

    def moves(row: int) -> bool:
        ends = (origin.values[row], to.values[row])
        return ends[0] != ends[1] and all(code in geo.places for code in ends)

    going = [row for row in rows if moves(row)]
    found = sorted((v for v in values(figure, going) if v.figure > 0), key=lambda v: -v.figure)
    if not found:
        raise NothingToDrawError(Sentence("Tous les flux publiés sont nuls."))
    kept = found[:FLOWS]
    ends = {code for v in kept for code in (origin.values[v.row], to.values[v.row])}
    at = view(geo, sorted(ends), WIDTH, HEIGHT)
    data = []
    for number, v in enumerate(kept):
        start, end = geo.places[origin.values[v.row]], geo.places[to.values[v.row]]
        said = {"flux": number, "de": start.name, "vers": end.name, "dit": with_unit(v.text, figure)}
        curve = _curve(at(start.x, start.y), at(end.x, end.y))
        for i, (x, y) in enumerate(curve):
            width = v.figure * (0.12 + 0.88 * i / STEPS)
            data.append({**said, "approche": v.approximate, "x": x, "y": y, "largeur": round(width, 3), "pas": i})
    between = Sentence("%(mesure)s : flux entre départements", mesure=figure.title)
    if level == "regions":
        between = Sentence("%(mesure)s : flux entre régions", mesure=figure.title)
    title = joined("", [between, last_year(table)])
    lines = [table.title, Sentence("Un flux s'élargit vers sa destination ; ce qui reste sur place n'est pas dessiné.")]
    if len(kept) < len(found):
        lines.append(Sentence("Les %(n)s plus grands sur %(total)s publiés.", n=len(kept), total=len(found)))
    hidden = sum(1 for row in going if value(figure, row) is None)
    if hidden:
        lines.append(Sentence("%(n)s flux non publiés, non dessinés.", n=hidden))
    if any(v.approximate for v in kept):
        lines.append(Sentence("Flux clair : valeur approchée."))
    top = joined(" ; ", (_said(v, origin, to, geo) for v in kept[:5]))
    described = Sentence("Carte de flux. %(titre)s. Les plus grands : %(noms)s.", titre=title, noms=top)
    described = joined(" ", [described, *lines[1:]])
    head = Heading(title, tuple(lines), described, source(table, slug, ground=geo.credit))
    layers = [*ground(geo, at, palette), _trails(data, kept[0].figure, figure, palette)]
    return Picture(mapped(layers, head, palette, geo, at), head, extract(table, [v.row for v in kept], [figure]))


def _said(v: Value, origin: Label, target: Label, geo: Geometry) -> str:
    start, end = geo.places[origin.values[v.row]].name, geo.places[target.values[v.row]].name
    return Sentence("%(de)s vers %(vers)s, %(valeur)s", de=start, vers=end, valeur=v.text)


def _curve(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Return the points of an arc, always bent to the left of its way: two opposite flows do not lie on each other."""
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    bent = (middle[0] + 0.18 * (end[1] - start[1]), middle[1] - 0.18 * (end[0] - start[0]))
    points = []
    for i in range(STEPS + 1):
        t = i / STEPS
        weights = ((1 - t) ** 2, 2 * t * (1 - t), t**2)
        x, y = (sum(w * p[axis] for w, p in zip(weights, (start, bent, end), strict=True)) for axis in (0, 1))
        points.append((round(x, 1), round(y, 1)))
    return points


def _trails(data: Sequence[dict[str, Any]], most: float, figure: Measured, palette: Palette) -> Spec:
    size = {
        "field": "largeur",
        "type": "quantitative",
        "scale": {"domain": [0, most], "range": [0, 14], "zero": True},
        "legend": {"title": heading(figure), "orient": "right", "values": nice(most), "format": format_of(figure)},
    }
    opacity = {"condition": {"test": "datum.approche", "value": 0.45}, "value": 0.85}
    said = tooltip(("de", Sentence("De")), ("vers", Sentence("Vers")), ("dit", figure.title))
    channels = {**pixels("x", "y"), "size": size, "opacity": opacity, "tooltip": said}
    detail = {"detail": {"field": "flux", "type": "nominal"}, "order": {"field": "pas", "type": "quantitative"}}
    mark = {"type": "trail", "color": palette.mark}
    return {"data": {"values": list(data)}, "mark": mark, "encoding": {**channels, **detail}}
