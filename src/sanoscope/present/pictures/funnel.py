"""The funnel: a proportion of each row against its size, with the mean and control limits around it."""

from collections.abc import Sequence
from math import sqrt
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
from sanoscope.present.pictures.ground import last_year, of_last_year
from sanoscope.present.pictures.palette import Palette
from sanoscope.present.pictures.values import (
    NothingToDrawError,
    Value,
    column,
    extract,
    measured,
    names,
    value,
    values,
)
from sanoscope.query.table import Measured, Table
from sanoscope.sentence import Number, Sentence, joined

OUTSIDE, WITHIN = Sentence("Hors des limites à 99,8 %"), Sentence("Dans les limites")
LIMITS_DRAWN = Sentence("Courbes : limites de contrôle à 95 % (tirets) et 99,8 % autour de la moyenne (trait plein).")
LIMITS = ((1.96, "95 %"), (3.09, "99,8 %"))
"""Control limits of a funnel, in standard errors (Spiegelhalter, Statistics in Medicine 24, 2005, 1185-1202)."""


def funnel(table: Table, measure: str, size: str, palette: Palette, slug: str) -> Picture:
    """Draw a proportion (%) of each row against its size, with the mean of the table and control limits around it.

    Of several years, the last is drawn.

    Limits are those of a binomial proportion: mean ± z·√(mean·(1 − mean)/n), z = 1.96 and 3.09 (see `LIMITS`). They are
    drawn where the table's total is published; nothing of them is computed from a row.

    Raises:
        NothingToDrawError: no row has both figures published.
    """
    figure, by = measured(table, measure), measured(table, size)
    rows = of_last_year(table)
    pairs = [(v, n) for row in rows if (v := value(figure, row)) and (n := value(by, row)) and n.figure > 0]
    if not pairs:
        values(figure, rows)
        raise NothingToDrawError(
            Sentence("Aucune ligne n'a à la fois %(title)s et %(title2)s publiés.", title=figure.title, title2=by.title)
        )
    mean = _mean(table, figure)
    largest = max(n.figure for _, n in pairs) * 1.04
    limits = _limits(mean, largest) if mean is not None and figure.unit == "%" else []
    named = names(table)
    data = []
    for v, n in pairs:
        said = {"nom": named[v.row], "dit": with_unit(v.text, figure), "dit_taille": n.text}
        outside = bool(limits) and mean is not None and _outside(v, n.figure, mean)
        data.append(
            {
                **said,
                "valeur": v.figure,
                "taille": n.figure,
                "approche": v.approximate or n.approximate,
                "place": OUTSIDE if outside else WITHIN,
            }
        )
    hidden = len(rows) - len(pairs)
    said_lines = [table.title]
    if hidden:
        said_lines.append(Sentence("%(n)s lignes sans les deux valeurs publiées ne sont pas dessinées.", n=hidden))
    if any(d["approche"] for d in data):
        said_lines.append(APPROXIMATE_POINTS)
    if limits:
        said_lines.append(LIMITS_DRAWN)
    title = joined(
        "",
        [
            Sentence("%(mesure)s selon l'effectif (%(taille)s)", mesure=heading(figure), taille=by.title),
            last_year(table),
        ],
    )
    out = sum(1 for d in data if d["place"] == OUTSIDE)
    described = [Sentence("Nuage de %(n)s points. %(titre)s.", n=len(data), titre=title)]
    if mean is not None:
        said_mean = with_unit(Number(mean, figure.decimals), figure)
        described.append(Sentence("Moyenne : %(valeur)s.", valeur=said_mean))
    if limits:
        described.append(Sentence("%(n)s hors des limites à 99,8 %%.", n=out))
    head = Heading(title, tuple(said_lines), joined(" ", described), source(table, slug))
    spec = framed(
        _funnel_layers(data, limits, mean, largest, figure, by, palette),
        head,
        palette,
        height=400,
        left=SCALE_LABELS,
        above=30 if limits else 0,
    )
    return Picture(spec, head, extract(table, [v.row for v, _ in pairs], [figure, by]))


def _mean(table: Table, figure: Measured) -> float | None:
    """Return the figure of the table's only total, or of its last year's, if it is published."""
    totals, year = [row for row, kind in enumerate(table.kinds) if kind == "total"], column(table, "annee")
    if year and totals:
        totals = [row for row in totals if year.values[row] == max(year.values)]
    found = value(figure, totals[0]) if len(totals) == 1 else None
    return found.figure if found else None


def _limits(mean: float, largest: float) -> list[dict[str, object]]:
    """Return the points of the limits (%), closer where they bend most."""
    found: list[dict[str, object]] = []
    for z, name in LIMITS:
        for step in range(1, 61):
            n = largest * (step / 60) ** 2
            around = z * _error(mean, n)
            low, high = max(0.0, mean - around), min(100.0, mean + around)
            found.append({"n": round(n, 2), "bas": round(low, 4), "haut": round(high, 4), "limite": name})
    return found


def _error(mean: float, n: float) -> float:
    """Return the standard error of a proportion (both in %)."""
    return sqrt(max(0.0, mean * (100 - mean)) / n)


def _outside(v: Value, n: float, mean: float) -> bool:
    """Tell whether a figure lies beyond the widest limits, wherever it is within its own uncertainty."""
    return abs(v.figure - mean) - float(v.margin or 0) > LIMITS[-1][0] * _error(mean, n)


def _funnel_layers(
    data: Sequence[dict[str, Any]],
    limits: Sequence[dict[str, object]],
    mean: float | None,
    largest: float,
    figure: Measured,
    by: Measured,
    palette: Palette,
) -> list[Spec]:
    drawn = [d["valeur"] for d in data] + ([mean] if mean is not None else [])
    low, high = min(drawn), max(drawn)
    room = 0.2 * (high - low) or 0.2 * high or 1
    scale = {"domain": [max(0.0, low - room), high + room], "nice": True, "clamp": False}
    x = {
        "field": "taille",
        "type": "quantitative",
        "title": heading(by),
        "scale": {"domain": [0, largest], "nice": False},
        "axis": {"grid": False, "tickCount": 6},
    }
    y = {
        "field": "valeur",
        "type": "quantitative",
        "title": None,
        "scale": scale,
        "axis": {"tickCount": 6, "domain": False, "ticks": False, "minExtent": SCALE_LABELS, "maxExtent": SCALE_LABELS},
    }
    layers: list[Spec] = []
    if limits:
        for edge in ("bas", "haut"):
            dash = {"condition": {"test": "datum.limite === '95 %'", "value": [5, 4]}, "value": [1, 0]}
            encoding = {"x": {**x, "field": "n"}, "y": {**y, "field": edge}, "detail": {"field": "limite"}}
            mark = {"type": "line", "clip": True, "stroke": palette.border, "strokeWidth": 1.4}
            layers.append(
                {"data": {"values": list(limits)}, "mark": mark, "encoding": {**encoding, "strokeDash": dash}}
            )
    if mean is not None:
        mark = {"type": "rule", "color": palette.text, "strokeWidth": 1.4}
        layers.append(
            {"data": {"values": [{"moyenne": mean}]}, "mark": mark, "encoding": {"y": {**y, "field": "moyenne"}}}
        )
    places = [WITHIN, OUTSIDE]
    legend = {"title": None, "orient": "top", "symbolSize": 80} if limits else None
    colour = {
        "field": "place",
        "type": "nominal",
        "scale": {"domain": places, "range": [palette.mark, palette.second]},
        "legend": legend,
    }
    shape = {**colour, "scale": {"domain": places, "range": ["circle", "diamond"]}}
    hollow = {"condition": {"test": "datum.approche", "value": palette.background}, **colour}
    said = tooltip(("nom", Sentence("Ligne")), ("dit", figure.title), ("dit_taille", by.title))
    point = {"type": "point", "size": 70, "opacity": 0.9, "strokeWidth": 1.6}
    encoding = {"x": x, "y": y, "stroke": colour, "fill": hollow, "shape": shape, "tooltip": said}
    layers.append({"data": {"values": list(data)}, "mark": point, "encoding": encoding})
    return layers
