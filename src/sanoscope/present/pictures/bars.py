"""Bars: the largest values of a measure, with the year before as a mark where the table has it."""

from collections.abc import Sequence

from sanoscope.present.numbers import heading, with_unit
from sanoscope.present.pictures.frame import WIDTH, Heading, Picture, Spec, framed, source, tooltip
from sanoscope.present.pictures.palette import APPROXIMATE, Palette, pattern
from sanoscope.present.pictures.values import Value, column, details, extract, measured, names, not_drawn, value, values
from sanoscope.query.table import Measured, Table
from sanoscope.sentence import Sentence, joined

LABELS = 300
"""Width kept for the labels of bars (px)."""
CHARACTERS = 46
"""Most characters of a label: as many as have room."""
BAR = 24
"""Height of a bar and its blank (px)."""
ORDERED = "duree_classe"
"""The classes whose bars stay in their own order."""
APPROXIMATE_BARS = Sentence("Hachures : valeur approchée, et son incertitude (trait fin).")


def bars(table: Table, measure: str, first: int, palette: Palette, slug: str) -> Picture:
    """Draw the largest values of a measure, one bar a row, with the year before as a mark where the table has it.

    Raises:
        NothingToDrawError: no value may be drawn.
    """
    figure, rows = measured(table, measure), details(table)
    shown = sorted(values(figure, rows), key=lambda v: -v.figure)[:first]
    largest, smallest = shown[0], shown[-1]
    if column(table, ORDERED):
        shown.sort(key=lambda v: v.row)
    named = names(table)
    before = next((f for f in table.figures if f.name == f"{measure}_n1"), None)
    labels = _labels([named[v.row] for v in shown])
    data = [_bar(v, named[v.row], label, figure, before) for v, label in zip(shown, labels, strict=True)]
    previous = before is not None and any("avant" in datum for datum in data)
    kept = [v.row for v in shown]
    lines = [table.title, not_drawn(figure, rows)]
    if any(v.approximate for v in shown):
        lines.append(APPROXIMATE_BARS)
    if before is not None and previous:
        lines.append(Sentence("Trait vertical : %(mesure)s.", mesure=before.title))
    title = Sentence("%(mesure)s : toutes les lignes", mesure=figure.title)
    if len(shown) < len(rows):
        title = Sentence(
            "%(mesure)s : les %(n)s premières valeurs sur %(total)s", mesure=figure.title, n=len(shown), total=len(rows)
        )
    described = Sentence(
        "Graphique en barres. %(titre)s. La plus grande : %(premiere)s, %(grande)s ; la plus petite montrée : "
        "%(derniere)s, %(petite)s.",
        titre=title,
        premiere=named[largest.row],
        grande=with_unit(largest.text, figure),
        derniere=named[smallest.row],
        petite=with_unit(smallest.text, figure),
    )
    head = Heading(title, tuple(lines), joined(" ", filter(None, [described, *lines[1:]])), source(table, slug))
    layers = _bar_layers(data, figure, palette, previous=previous)
    spec = framed(layers, head, palette, height=BAR * len(data), width=WIDTH - 50, left=LABELS)
    drawn = [figure, *([before] if before is not None else [])]
    return Picture(spec, head, extract(table, kept, drawn))


def _bar(v: Value, name: str, label: str, figure: Measured, before: Measured | None) -> dict[str, object]:
    said = with_unit(v.text, figure)
    datum: dict[str, object] = {"nom": name, "ligne": label, **v.datum(), "dit": said}
    past = value(before, v.row) if before is not None else None
    if past is not None:
        datum |= {"avant": past.figure, "dit_avant": with_unit(past.text, figure)}
    end = max(v.figure + float(v.margin or 0), past.figure if past is not None else 0.0)
    return {**datum, "bout": end}


def _labels(named: Sequence[str]) -> list[str]:
    """Return names cut to the room there is, still told apart: by the renderer it would take it half a second.

    Those that are alike once cut end in characters without width.
    """
    cut = [name if len(name) <= CHARACTERS else f"{name[: CHARACTERS - 1].rstrip()}…" for name in named]
    return [label + "\u200b" * cut[:rank].count(label) for rank, label in enumerate(cut)]


def _bar_layers(data: Sequence[dict[str, object]], figure: Measured, palette: Palette, *, previous: bool) -> list[Spec]:
    y = {
        "field": "ligne",
        "type": "nominal",
        "sort": [datum["ligne"] for datum in data],
        "title": None,
        "axis": {
            "labelLimit": 0,
            "minExtent": LABELS,
            "maxExtent": LABELS,
            "ticks": False,
            "domain": False,
            "labelPadding": 8,
        },
    }
    axis = {"tickCount": 5, "domain": False, "ticks": False}
    x = {"field": "valeur", "type": "quantitative", "title": heading(figure), "axis": axis}
    said = [("nom", Sentence("Ligne")), ("dit", figure.title)] + (
        [("dit_avant", Sentence("Un an avant"))] if previous else []
    )
    approached = {"test": "datum.approche", "value": pattern(APPROXIMATE)}
    highest = max(float(str(d["bout"])) for d in data)
    x["scale"] = {"domain": [0, highest * 1.14 or 1], "nice": False, "zero": True}
    y_only, x_only = {"y": y}, {"x": x, "y": y}
    whole: Spec = {"data": {"values": list(data)}}
    layers: list[Spec] = [
        {
            **whole,
            "mark": {"type": "bar", "height": {"band": 0.7}, "strokeWidth": 1.2, "stroke": palette.mark},
            "encoding": {**x_only, "fill": {"condition": approached, "value": palette.mark}, "tooltip": tooltip(*said)},
        },
        {
            **whole,
            "transform": [{"filter": "isValid(datum.haut)"}],
            "mark": {"type": "rule", "color": palette.text, "strokeWidth": 1.2},
            "encoding": {**y_only, "x": {**x, "field": "bas"}, "x2": {"field": "haut"}},
        },
        {
            **whole,
            "mark": {"type": "text", "align": "left", "dx": 6},
            "encoding": {**y_only, "x": {**x, "field": "bout"}, "text": {"field": "court"}},
        },
    ]
    if previous:
        mark = {"type": "tick", "color": palette.second, "thickness": 2.5, "height": {"band": 0.95}}
        layers.insert(
            1,
            {
                **whole,
                "transform": [{"filter": "isValid(datum.avant)"}],
                "mark": mark,
                "encoding": {**y_only, "x": {**x, "field": "avant"}},
            },
        )
    return layers
