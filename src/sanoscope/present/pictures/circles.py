"""Circles at the places of establishments, or of geographic codes of residence, as large as their figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, pi, sin, sqrt
from typing import Any

from sanoscope.present.numbers import heading, with_unit
from sanoscope.present.pictures.frame import Heading, Picture, Spec, source, tooltip
from sanoscope.present.pictures.geometry import Place, View, geometry, view
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
from sanoscope.present.pictures.outlines import Outlines, centres, in_crown
from sanoscope.present.pictures.palette import APPROXIMATE, Palette, pattern
from sanoscope.present.pictures.values import NothingToDrawError, column, extract, measured, names, value, values
from sanoscope.query.table import Measured, Table
from sanoscope.sentence import Sentence, joined

LARGEST, LARGEST_NEAR = 17.0, 26.0
"""Radius of the largest circle (px): on the whole map, on a part of it."""


@dataclass(frozen=True, slots=True)
class _Named:
    """What a circle is, in words.

    Attributes:
        one: its name; ``title`` of the map.
        near: where it is, around the centre of its département; ``at``, where outlines tell its own place.
        nowhere: how many have no known place.
    """

    one: Sentence
    title: Sentence
    near: Sentence
    at: Sentence
    nowhere: Sentence


_WORDS = {
    "finess": _Named(
        Sentence("Établissement"),
        Sentence("%(mesure)s par établissement"),
        Sentence("Chaque cercle est un établissement, près du centre de son département."),
        Sentence("Chaque cercle est un établissement, près du centre de son code géographique."),
        Sentence("%(n)s établissements sans département connu."),
    ),
    "code_geo": _Named(
        Sentence("Code géographique"),
        Sentence("%(mesure)s par code géographique"),
        Sentence("Chaque cercle est un code géographique, près du centre de son département."),
        Sentence("Chaque cercle est un code géographique, en son centre."),
        Sentence("%(n)s codes géographiques sans département connu."),
    ),
}
"""By the column that names circles."""


def circles(
    table: Table,
    measure: str,
    palette: Palette,
    slug: str,
    places: Mapping[str, str],
    codes_geo: Mapping[str, str] | None = None,
    fond: Outlines | None = None,
) -> Picture:
    """Draw a circle for each establishment or geographic code, as large as its figure, in its département.

    Circles of a département are moved apart so that each is seen: their exact place means nothing.

    Args:
        table: by establishment, or by geographic code.
        measure: column drawn.
        palette: colours.
        slug: of the restitution.
        places: département of each FINESS and geographic code.
        codes_geo: geographic code of each.
        fond: outlines of geographic codes: what has one is drawn around its centre instead.

    Raises:
        NothingToDrawError: no value may be drawn, or nothing has a known place.
    """
    figure, rows = measured(table, measure), of_last_year(table)
    what = next((name for name in _WORDS if column(table, name)), "")
    label = column(table, what)
    if label is None:
        raise NothingToDrawError(
            Sentence("Le tableau n'est ni par établissement ni par code géographique : il n'y a pas de point à placer.")
        )
    said_of, known_as = _WORDS[what], label.values
    geo = geometry("departements")
    found = [v for v in values(figure, rows) if v.figure > 0]
    placed = [v for v in found if places.get(known_as[v.row], "?") in geo.places]
    if not placed:
        raise NothingToDrawError(Sentence("Rien de ce qui est publié n'a de département connu."))
    codes = {v.row: places[known_as[v.row]] for v in placed}
    at = view(geo, sorted(set(codes.values())), WIDTH, HEIGHT)
    most = max(v.figure for v in placed)
    largest = LARGEST if at.whole else LARGEST_NEAR
    named = names(table)
    known = centres(fond, codes_geo or {}) if fond else {}
    data: list[dict[str, Any]] = []
    for code in sorted(set(codes.values())):
        own = sorted((v for v in placed if codes[v.row] == code), key=lambda v: -v.figure)
        here = geo.places[code]
        spots = [in_crown(known[f], code) if (f := known_as[v.row]) in known else here for v in own]
        middles = [_middle(spot, at) for spot in spots]
        for v, (x, y) in zip(own, _apart([largest * sqrt(v.figure / most) for v in own], middles), strict=True):
            said = {"nom": named[v.row], "ou": here.name, "dit": with_unit(v.text, figure)}
            data.append({**said, "valeur": v.figure, "approche": v.approximate, "x": x, "y": y})
    data.sort(key=lambda d: -float(str(d["valeur"])))
    title = joined("", [Sentence(said_of.title, mesure=figure.title), last_year(table)])
    hidden = sum(1 for row in rows if value(figure, row) is None)
    lines = [table.title, _where(said_of, known, [known_as[v.row] for v in placed])]
    if hidden:
        lines.append(Sentence("%(n)s valeurs non publiées, non dessinées.", n=hidden))
    if len(placed) < len(found):
        lines.append(Sentence(said_of.nowhere, n=len(found) - len(placed)))
    if any(v.approximate for v in placed):
        lines.append(Sentence("Cercle rayé : valeur approchée."))
    if at.whole and any(geo.places[code].inset for code in codes.values()):
        lines.append(Sentence("Paris et la petite couronne sont dans l'encart."))
    top = joined(", ", (joined(" ", [d["nom"], f"({d['ou']})", d["dit"]]) for d in data[:3]))
    described = Sentence(
        "Carte. %(titre)s : %(n)s cercles. Les plus grands : %(noms)s.", titre=title, n=len(data), noms=top
    )
    described = joined(" ", [described, *lines[1:]])
    head = Heading(
        title,
        tuple(lines),
        described,
        source(table, slug, ground=f"{geo.credit}, {fond.geometry.credit}" if fond else geo.credit),
    )
    layers = [*ground(geo, at, palette), *_circles(data, most, largest, figure, said_of, palette, at)]
    return Picture(mapped(layers, head, palette, geo, at), head, extract(table, [v.row for v in placed], [figure]))


def _where(said_of: _Named, known: Mapping[str, Place], drawn: Sequence[str]) -> str:
    """Return in words where circles are."""
    if not known:
        return said_of.near
    elsewhere = sum(1 for one in drawn if one not in known)
    if not elsewhere:
        return said_of.at
    return joined(
        " ", [said_of.at, Sentence("Sans contour du leur, %(n)s sont au centre du département.", n=elsewhere)]
    )


def _middle(place: Place, at: View) -> tuple[float, float]:
    """Return where a place is drawn: in its inset on the whole map (px)."""
    return at(*place.inset) if at.whole and place.inset else at(place.x, place.y)


def _circles(
    data: Sequence[dict[str, Any]],
    most: float,
    largest: float,
    figure: Measured,
    said_of: _Named,
    palette: Palette,
    at: View,
) -> list[Spec]:
    size = {
        "field": "valeur",
        "type": "quantitative",
        "scale": {"domain": [0, most], "range": [0, pi * largest**2], "zero": True},
        "legend": {
            "title": heading(figure),
            "orient": "right",
            "values": nice(most),
            "format": format_of(figure),
            "symbolFillColor": palette.mark,
            "symbolStrokeColor": palette.background,
        },
    }
    fill = {"condition": {"test": "datum.approche", "value": pattern(APPROXIMATE)}, "value": palette.mark}
    stroke = {"condition": {"test": "datum.approche", "value": palette.mark}, "value": palette.background}
    said = tooltip(("nom", said_of.one), ("ou", Sentence("Département")), ("dit", figure.title))
    layers: list[Spec] = [
        {
            "data": {"values": list(data)},
            "mark": {"type": "circle", "opacity": 0.95, "strokeWidth": 1},
            "encoding": {**pixels("x", "y"), "size": size, "fill": fill, "stroke": stroke, "tooltip": said},
        }
    ]
    if not at.whole:
        mark = {"type": "text", "fontSize": 11, "color": palette.quiet, "clip": True}
        encoding = {**pixels("x", "y"), "text": {"field": "ou"}}
        layers.append({"data": {"values": _territories(data, most, largest)}, "mark": mark, "encoding": encoding})
    return layers


def _territories(data: Sequence[dict[str, Any]], most: float, largest: float) -> list[dict[str, Any]]:
    """Return where to write the name of each département: in the middle, under its circles."""
    under: dict[str, dict[str, Any]] = {}
    for d in data:
        reach = d["y"] + largest * sqrt(d["valeur"] / most) + 12
        first = under.setdefault(d["ou"], {"ou": d["ou"], "x": d["x"], "y": reach})
        first["y"] = max(first["y"], round(reach, 1))
    return list(under.values())


def _apart(radii: Sequence[float], middles: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return centres for circles, each as near to its own as it can along a spiral, none over another (px)."""
    placed: list[tuple[float, float, float]] = []
    steps: dict[tuple[float, float], int] = {}
    for radius, centre in zip(radii, middles, strict=True):
        free, step = False, steps.get(centre, 0)
        while not free:
            dx, dy = _spiral(step)
            x, y, free = centre[0] + dx, centre[1] + dy, True
            for a, b, r in placed:
                apart = radius + r + 0.6
                if (x - a) * (x - a) + (y - b) * (y - b) < apart * apart:
                    free = False
                    step += 1
                    break
        placed.append((x, y, radius))
        steps[centre] = step // 2
    return [(round(x, 1), round(y, 1)) for x, y, _ in placed]


@cache
def _spiral(step: int) -> tuple[float, float]:
    """Return a place of the spiral that circles are moved along (px from its middle)."""
    turn, reach = step * pi * (3 - sqrt(5)), 1.6 * sqrt(step)
    return reach * cos(turn), reach * sin(turn)
