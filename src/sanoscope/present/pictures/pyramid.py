"""The pyramid: a measure by age and sex, men on the left and women on the right."""

from collections.abc import Sequence
from typing import Any

from sanoscope.present.numbers import heading, with_unit
from sanoscope.present.pictures.bars import APPROXIMATE_BARS
from sanoscope.present.pictures.frame import Heading, Picture, Spec, framed, source, tooltip
from sanoscope.present.pictures.palette import APPROXIMATE, APPROXIMATE_SECOND, Palette, pattern
from sanoscope.present.pictures.values import NothingToDrawError, column, details, extract, measured, not_drawn, values
from sanoscope.query.table import Measured, Table
from sanoscope.sentence import Sentence, joined

MEN, WOMEN = Sentence("Hommes"), Sentence("Femmes")


def pyramid(table: Table, measure: str, palette: Palette, slug: str) -> Picture:
    """Draw a measure by age and sex, men on the left and women on the right.

    The table has a column ``age5``, in order from the youngest, and a column ``sexe`` (1 or 2).

    Raises:
        NothingToDrawError: no value may be drawn, or the table is not by age and sex.
    """
    figure, rows = measured(table, measure), details(table)
    age, sex = column(table, "libelle_age5", "age5"), column(table, "sexe")
    if age is None or sex is None:
        raise NothingToDrawError(Sentence("Une pyramide demande un tableau par âge et par sexe."))
    found = [v for v in values(figure, rows) if sex.values[v.row] in ("1", "2")]
    order = list(dict.fromkeys(age.values[row] for row in rows))[::-1]
    data: list[dict[str, Any]] = []
    for v in found:
        side, name = (-1, MEN) if sex.values[v.row] == "1" else (1, WOMEN)
        said = {"age": age.values[v.row], "sexe": name, "dit": with_unit(v.text, figure)}
        datum = {**said, **v.datum(), "cote": side * v.figure}
        if v.margin is not None:
            datum |= {"cote_bas": side * max(0.0, v.figure - v.margin), "cote_haut": side * (v.figure + v.margin)}
        data.append(datum)
    said_lines = [table.title, not_drawn(figure, rows)]
    if any(v.approximate for v in found):
        said_lines.append(APPROXIMATE_BARS)
    title = Sentence("%(mesure)s par âge et par sexe", mesure=figure.title)
    largest = max(data, key=lambda d: abs(float(str(d["cote"]))))
    described = Sentence(
        "Pyramide des âges. %(titre)s. La plus grande valeur : %(sexe)s, %(age)s, %(valeur)s.",
        titre=title,
        sexe=largest["sexe"],
        age=largest["age"],
        valeur=largest["dit"],
    )
    head = Heading(title, tuple(said_lines), joined(" ", filter(None, [described, said_lines[1]])), source(table, slug))
    spec = framed(
        _pyramid_layers(data, order, figure, palette), head, palette, height=20 * len(order), left=90, above=30
    )
    return Picture(spec, head, extract(table, [v.row for v in found], [figure]))


def _pyramid_layers(
    data: Sequence[dict[str, Any]], order: Sequence[str], figure: Measured, palette: Palette
) -> list[Spec]:
    most = max(max(abs(d["cote"]), abs(d.get("cote_haut", 0))) for d in data) * 1.02 or 1
    y = {
        "field": "age",
        "type": "ordinal",
        "sort": list(order),
        "scale": {"domain": list(order)},
        "title": None,
        "axis": {"ticks": False, "domain": False, "labelPadding": 8, "minExtent": 90, "maxExtent": 90},
    }
    x = {
        "field": "cote",
        "type": "quantitative",
        "title": heading(figure),
        "scale": {"domain": [-most, most], "nice": False},
        "axis": {"labelExpr": "format(abs(datum.value), ',')", "tickCount": 7, "domain": False, "ticks": False},
    }
    colours = {"domain": [MEN, WOMEN], "range": [palette.mark, palette.second]}
    colour = {"field": "sexe", "type": "nominal", "scale": colours, "legend": {"title": None, "orient": "top"}}
    approached = [
        {"test": joined("", ["datum.approche && datum.sexe === '", MEN, "'"]), "value": pattern(APPROXIMATE)},
        {"test": "datum.approche", "value": pattern(APPROXIMATE_SECOND)},
    ]
    said = tooltip(("age", Sentence("Âge")), ("sexe", Sentence("Sexe")), ("dit", figure.title))
    whole: Spec = {"data": {"values": list(data)}}
    return [
        {
            **whole,
            "mark": {"type": "bar", "height": {"band": 0.82}, "strokeWidth": 1},
            "encoding": {
                "x": x,
                "y": y,
                "fill": {"condition": approached, **colour},
                "stroke": {**colour, "legend": None},
                "tooltip": said,
            },
        },
        {
            **whole,
            "transform": [{"filter": "isValid(datum.cote_haut)"}],
            "mark": {"type": "rule", "color": palette.text, "strokeWidth": 1.2},
            "encoding": {"y": y, "x": {**x, "field": "cote_bas"}, "x2": {"field": "cote_haut"}},
        },
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "color": palette.border},
            "encoding": {"x": {"datum": 0, "type": "quantitative"}},
        },
    ]
