"""The radar of a profile: for each establishment, the mean place of the indicators of each domain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import cos, pi, sin
from typing import Any

from sanoscope.present.pictures.frame import Heading, Picture, Spec, framed, source, tooltip
from sanoscope.present.pictures.lines import SHAPES
from sanoscope.present.pictures.palette import Palette
from sanoscope.present.pictures.values import NothingToDrawError, column
from sanoscope.query.profile import oriented
from sanoscope.query.table import Label, Measured, State, Table
from sanoscope.sentence import Name, Number, Sentence, joined

MOST = 10
"""The place of the best."""
RINGS = (2, 4, 6, 8, 10)
HEIGHT, PLOT = 400, 600
"""Of the plot (px)."""
ROOM = 11.8
"""How far the plot goes from its middle, up and down, in places."""

MEAN_SAID = Sentence("Moyenne des déciles des indicateurs du domaine qui ont un sens, le mieux à 10.")
COUNT_SAID = Sentence("Indicateurs du domaine dont cette moyenne est faite.")


@dataclass(frozen=True, slots=True)
class Series:
    """An establishment: its FINESS, its name, and of each domain the mean place (None for none) and of how many."""

    finess: str
    name: str
    means: tuple[float | None, ...]
    counts: tuple[int, ...]


def radar(table: Table, palette: Palette, slug: str) -> Picture:
    """Draw the mean place of the indicators of each domain, an axis a domain, a line an establishment.

    Indicators of which more is neither better nor worse do not count; the best are at 10, whatever their direction. A
    domain of which nothing is published keeps its axis, and says so.

    Raises:
        NothingToDrawError: the table is no profile, or no indicator of it has a place.
    """
    domains, senses = column(table, "domaine"), column(table, "sens")
    if domains is None or senses is None:
        raise NothingToDrawError(Sentence("Un radar demande un profil, par domaine."))
    axes = list(dict.fromkeys(domains.values))
    every = [_series(table, figure, domains, senses, axes) for figure in table.figures if _of(figure)]
    drawn = [one for one in every if any(mean is not None for mean in one.means)]
    if not drawn:
        raise NothingToDrawError(Sentence("Aucun indicateur de ce profil n'a de décile : il n'y a rien à dessiner."))
    title = Sentence("Position moyenne des indicateurs de chaque domaine parmi les déciles du groupe")
    lines = (
        table.title,
        Sentence("1 : les moins bien placés ; 10 : les mieux placés. Les indicateurs sans sens ne comptent pas."),
    )
    described = joined(" ", [joined("", [title, "."]), *(_described(one, axes) for one in drawn)])
    head = Heading(title, lines, described, source(table, slug))
    layers = [*_ground(axes, drawn, palette), *_drawn(drawn, axes, palette)]
    above = 30 if len(drawn) > 1 else 0
    spec = framed(layers, head, palette, height=HEIGHT, width=PLOT, below=16, above=above)
    return Picture(spec, head, _behind(table, axes, drawn))


def _of(figure: Measured) -> str:
    """Return the FINESS of a column of places; "" of any other column."""
    kind, _, finess = figure.name.partition("_")
    return finess if kind == "decile" else ""


def _series(table: Table, figure: Measured, domains: Label, senses: Label, axes: Sequence[str]) -> Series:
    finess = _of(figure)
    titles = {one.name: one.title for one in table.figures if one.name.startswith("valeur_")}
    name = titles[f"valeur_{finess}"]
    if list(titles.values()).count(name) > 1:  # two that are called the same are told apart
        name = f"{name} ({finess})"
    places: dict[str, list[int]] = {axis: [] for axis in axes}
    for row, place in enumerate(figure.values):
        best = oriented(int(place), senses.values[row]) if place is not None else None
        if best is not None:
            places[domains.values[row]].append(best)
    means = tuple(round(sum(of) / len(of), 1) if of else None for of in places.values())
    return Series(finess, Name(name), means, tuple(map(len, places.values())))


def _described(one: Series, axes: Sequence[str]) -> Sentence:
    """Return the means of an establishment in words."""
    told = joined(
        ", ",
        (
            Sentence("%(domaine)s : %(valeur)s", domaine=axis, valeur=Number(mean, 1))
            if mean is not None
            else Sentence("%(domaine)s (non publié)", domaine=axis)
            for axis, mean in zip(axes, one.means, strict=True)
        ),
    )
    return joined("", [one.name, ". ", told, "."])


def _behind(table: Table, axes: Sequence[str], drawn: Sequence[Series]) -> Table:
    """Return the figures that the lines are made of: a row for each domain."""
    figures = []
    for one in drawn:
        states = tuple(State.EXACT if mean is not None else State.NOT_AVAILABLE for mean in one.means)
        mean, count = (
            Sentence("Position moyenne, %(nom)s", nom=one.name),
            Sentence("Indicateurs, %(nom)s", nom=one.name),
        )
        exact = tuple(State.EXACT for _ in axes)
        figures.append(Measured(f"moyenne_{one.finess}", mean, "", 1, MEAN_SAID, one.means, states))
        figures.append(Measured(f"indicateurs_{one.finess}", count, "", 0, COUNT_SAID, one.counts, exact))
    labels = (Label("domaine", Sentence("Domaine"), tuple(axes)),)
    return replace(table, labels=labels, figures=tuple(figures), kinds=tuple("detail" for _ in axes))


def _point(axis: int, axes: int, away: float) -> dict[str, float]:
    """Return where a place on an axis lies; the first axis goes up, the others follow clockwise."""
    angle = pi / 2 - 2 * pi * axis / axes
    return {"x": round(away * cos(angle), 3), "y": round(away * sin(angle), 3)}


def _place(field: str, wide: float) -> Spec:
    return {"field": field, "type": "quantitative", "axis": None, "scale": {"domain": [-wide, wide], "nice": False}}


X, Y = _place("x", ROOM * PLOT / HEIGHT), _place("y", ROOM)
IN_ORDER = {"field": "ordre", "type": "quantitative"}


def _ground(axes: Sequence[str], drawn: Sequence[Series], palette: Palette) -> Iterator[Spec]:
    """Yield rings, axes, their names and the figures of the rings."""
    n = len(axes)
    rings = [{"anneau": ring, "ordre": i, **_point(i % n, n, ring)} for ring in RINGS for i in range(n + 1)]
    line: Spec = {"type": "line", "stroke": palette.rule, "strokeWidth": 1}
    detail = {"field": "anneau", "type": "nominal"}
    yield {"data": {"values": rings}, "mark": line, "encoding": {"x": X, "y": Y, "detail": detail, "order": IN_ORDER}}
    ends = [{**_point(i, n, MOST), "x0": 0, "y0": 0} for i in range(n)]
    rule = {"type": "rule", "color": palette.border, "strokeWidth": 1}
    encoding = {"x": X, "y": Y, "x2": {"field": "x0"}, "y2": {"field": "y0"}}
    yield {"data": {"values": ends}, "mark": rule, "encoding": encoding}
    figures = [{"dit": str(ring), **_point(0, n, ring)} for ring in RINGS]
    mark: Spec = {"type": "text", "align": "left", "dx": 5, "dy": 6, "fontSize": 11, "color": palette.quiet}
    said = {"field": "dit", "type": "nominal"}
    yield {"data": {"values": figures}, "mark": mark, "encoding": {"x": X, "y": Y, "text": said}}
    for i, axis in enumerate(axes):
        told = any(one.means[i] is not None for one in drawn)
        at = _point(i, n, MOST + 0.7)
        align = "center" if abs(at["x"]) < 1 else "left" if at["x"] > 0 else "right"
        text = axis if told else Sentence("%(domaine)s (non publié)", domaine=axis)
        name: Spec = {"type": "text", "align": align, "fontSize": 13, "fontWeight": "bold" if told else "normal"}
        name["color"] = palette.text if told else palette.quiet
        yield {"data": {"values": [{"dit": text, **at}]}, "mark": name, "encoding": {"x": X, "y": Y, "text": said}}


def _drawn(drawn: Sequence[Series], axes: Sequence[str], palette: Palette) -> Iterator[Spec]:
    """Yield a closed line for each establishment, over the axes that it has a place on, and its points."""
    points: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for one in drawn:
        own = [
            {
                "serie": one.name,
                "domaine": axis,
                "dit": Number(mean, 1),
                **_point(i, len(axes), mean),
            }
            for i, (axis, mean) in enumerate(zip(axes, one.means, strict=True))
            if mean is not None
        ]
        points += own
        lines += [{**at, "ordre": i} for i, at in enumerate([*own, own[0]])]
    series = [one.name for one in drawn]
    legend = {"title": None, "symbolSize": 90, "orient": "top", "columns": 2} if len(drawn) > 1 else None
    colours = {"domain": series, "range": list(palette.series[: len(series)])}
    shapes = {"domain": series, "range": list(SHAPES[: len(series)])}
    colour = {"field": "serie", "type": "nominal", "scale": colours, "legend": legend}
    shape = {"field": "serie", "type": "nominal", "scale": shapes, "legend": legend}
    yield {
        "data": {"values": lines},
        "mark": {"type": "line", "strokeWidth": 2.4, "strokeJoin": "round"},
        "encoding": {"x": X, "y": Y, "stroke": colour, "order": IN_ORDER},
    }
    said = tooltip(("serie", Sentence("Établissement")), ("domaine", Sentence("Domaine")), ("dit", MEAN_SAID))
    yield {
        "data": {"values": points},
        "mark": {"type": "point", "size": 90, "strokeWidth": 2, "opacity": 1},
        "encoding": {
            "x": X,
            "y": Y,
            "stroke": colour,
            "fill": {"value": palette.background},
            "shape": shape,
            "tooltip": said,
        },
    }
