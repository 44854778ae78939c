"""The crossed scatter: each row by two of its columns, coloured by a third, as large as a fourth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sanoscope.catalogue.restitution import Graphique
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
from sanoscope.query.table import Label, Measured, Table
from sanoscope.sentence import Number, Sentence, joined

OTHERS = Sentence("Autres")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
"""One for each colour: a point is told by its shape as well."""
TITLE_BESIDE = 22
"""What the title of the vertical axis takes beside its labels (px)."""
ONE_SIZE = 70
SIZES = (40, 700)
"""Area of a point (px²): where all are alike; the smallest and the largest where they are not."""


@dataclass(frozen=True, slots=True)
class _Point:
    """A row that has all its figures."""

    x: Value
    y: Value
    size: Value | None

    @property
    def approximate(self) -> bool:
        return self.x.approximate or self.y.approximate


def scatter(table: Table, declared: Graphique, palette: Palette, slug: str) -> Picture:
    """Draw each row by two columns; of several years, the last.

    A point that would need a figure that is not published is not drawn, and is counted.

    Raises:
        NothingToDrawError: no row has all the figures published.
    """
    along, up = measured(table, declared.abscisse), measured(table, declared.mesure)
    by = measured(table, declared.effectif) if declared.effectif else None
    rows = of_last_year(table)
    points = _points(rows, along, up, by)
    if not points:
        values(up, rows)
        values(along, rows)
        raise NothingToDrawError(
            Sentence("Aucune ligne n'a à la fois %(title)s et %(title2)s publiés.", title=up.title, title2=along.title)
        )
    label = column(table, declared.couleur) if declared.couleur else None
    groups = _groups(label, [point.y.row for point in points], len(palette.series))
    named = names(table)
    data = [
        {
            "nom": named[point.y.row],
            "dit": with_unit(point.y.text, up),
            "dit_abscisse": with_unit(point.x.text, along),
            "valeur": point.y.figure,
            "abscisse": point.x.figure,
            "approche": point.approximate,
            "groupe": groups[point.y.row],
            **({"taille": point.size.figure, "dit_taille": point.size.text} if point.size else {}),
        }
        for point in points
    ]
    head = _heading(table, slug, along, up, by, points, len(rows) - len(points))
    order = sorted(dict.fromkeys(groups.values()), key=lambda group: (group == OTHERS, str(group)))
    layer = _layer(data, along, up, by, label, order, palette)
    spec = framed(
        [layer], head, palette, height=420, left=SCALE_LABELS + TITLE_BESIDE, above=30 if label else 0, below=60
    )
    figures = [figure for figure in (up, along, by) if figure is not None]
    return Picture(spec, head, extract(table, [point.y.row for point in points], figures))


def _points(rows: Sequence[int], along: Measured, up: Measured, by: Measured | None) -> list[_Point]:
    found = []
    for row in rows:
        x, y, size = value(along, row), value(up, row), value(by, row) if by else None
        if x is not None and y is not None and (by is None or size is not None):
            found.append(_Point(x, y, size))
    return found


def _groups(label: Label | None, rows: Sequence[int], most: int) -> dict[int, str]:
    """Return what colours each row; beyond what colours tell apart, the rarest together."""
    if label is None:
        return dict.fromkeys(rows, "")
    count = Counter(label.values[row] for row in rows)
    kept = set(count) if len(count) <= most else {text for text, _ in count.most_common(most - 1)}
    return {row: label.values[row] if label.values[row] in kept else OTHERS for row in rows}


def _heading(
    table: Table,
    slug: str,
    along: Measured,
    up: Measured,
    by: Measured | None,
    points: Sequence[_Point],
    hidden: int,
) -> Heading:
    title = joined(
        "", [Sentence("%(mesure)s selon %(autre)s", mesure=heading(up), autre=heading(along)), last_year(table)]
    )
    lines = [table.title]
    if hidden:
        lines.append(Sentence("%(n)s lignes sans tous les chiffres publiés ne sont pas dessinées.", n=hidden))
    if any(point.approximate for point in points):
        lines.append(APPROXIMATE_POINTS)
    if by:
        lines.append(Sentence("Surface d'un point : %(mesure)s.", mesure=heading(by)))
    said = [Sentence("Nuage de %(n)s points. %(titre)s.", n=len(points), titre=title)]
    for figure, drawn in ((up, [p.y.figure for p in points]), (along, [p.x.figure for p in points])):
        low, high = (Number(bound, figure.decimals) for bound in (min(drawn), max(drawn)))
        said.append(Sentence("%(mesure)s : de %(bas)s à %(haut)s.", mesure=heading(figure), bas=low, haut=high))
    return Heading(title, tuple(lines), joined(" ", said), source(table, slug))


def _layer(
    data: list[dict[str, Any]],
    along: Measured,
    up: Measured,
    by: Measured | None,
    label: Label | None,
    order: Sequence[str],
    palette: Palette,
) -> Spec:
    def axis(field: str, figure: Measured, **more: Any) -> Spec:
        scale = {"zero": False, "nice": True, "padding": 12}
        shown = {"grid": False, "tickCount": 6, **more}
        return {"field": field, "type": "quantitative", "title": heading(figure), "scale": scale, "axis": shown}

    beside = {"grid": True, "domain": False, "ticks": False, "minExtent": SCALE_LABELS, "maxExtent": SCALE_LABELS}
    legend = {"title": None, "orient": "top", "symbolSize": 80} if label else None
    colour = {
        "field": "groupe",
        "type": "nominal",
        "scale": {"domain": list(order), "range": list(palette.series[: len(order)])},
        "legend": legend,
    }
    shape = {**colour, "scale": {"domain": list(order), "range": list(SHAPES[: len(order)])}}
    said = [("nom", Sentence("Ligne")), ("dit", up.title), ("dit_abscisse", along.title)]
    said += [("dit_taille", by.title)] if by else []
    said += [("groupe", label.title)] if label else []
    encoding = {
        "x": axis("abscisse", along),
        "y": axis("valeur", up, **beside),
        "stroke": colour,
        "fill": {"condition": {"test": "datum.approche", "value": palette.background}, **colour},
        "shape": shape,
        "tooltip": tooltip(*said),
    }
    if by:
        scale = {"range": list(SIZES)}
        encoding["size"] = {"field": "taille", "type": "quantitative", "scale": scale, "legend": None}
    mark = {"type": "point", "size": ONE_SIZE, "opacity": 0.85, "strokeWidth": 1.6}
    return {"data": {"values": data}, "mark": mark, "encoding": encoding}
