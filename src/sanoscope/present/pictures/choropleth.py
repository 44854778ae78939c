"""Choropleth: territories coloured by class, those that are not published told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sanoscope.present.numbers import heading, said, with_unit
from sanoscope.present.pictures import classes
from sanoscope.present.pictures.frame import Heading, Picture, Spec, source, tooltip
from sanoscope.present.pictures.geometry import Geometry, Level, View, geometry, view
from sanoscope.present.pictures.ground import HEIGHT, WIDTH, frames, last_year, mapped, of_last_year, word
from sanoscope.present.pictures.outlines import Outlines
from sanoscope.present.pictures.palette import HIDDEN, VEIL, Palette, pattern
from sanoscope.present.pictures.values import NothingToDrawError, column, extract, measured, value, values
from sanoscope.query.rounding import to_uncertainty
from sanoscope.query.table import Figure, Kind, Label, Measured, State, Table
from sanoscope.sentence import Sentence, joined

HIDDEN_CLASS, EMPTY_CLASS = Sentence("non publié"), Sentence("aucune ligne")
LEVELS: Mapping[Level, tuple[str, ...]] = {
    "departements": ("departement", "departement_residence"),
    "regions": ("region", "region_residence"),
}
"""Columns that hold a territory's code, by level."""


@dataclass(frozen=True, slots=True)
class Zone:
    """What is known of a territory: a figure with its text, or that it is not published."""

    code: str
    name: str
    figure: float | None
    approximate: bool
    text: str


def choropleth(
    table: Table,
    measure: str,
    level: Level,
    palette: Palette,
    slug: str,
    places: Mapping[str, str] | None = None,
    fond: Outlines | None = None,
) -> Picture:
    """Colour territories by a measure, in at most six classes.

    Args:
        table: by territory (a column of `LEVELS`); or by establishment, whose rows are then added up by territory:
            a territory one of whose rows is not published is not either, nor is any for a measure with a unit.
        measure: column drawn.
        level: of the territories.
        palette: colours.
        slug: of the restitution.
        places: territory of each FINESS.
        fond: outlines to draw instead of ours.

    Raises:
        NothingToDrawError: no row can be put in a territory, or no value may be drawn.
    """
    figure, rows = measured(table, measure), of_last_year(table)
    geo = fond.geometry if fond else geometry(level)
    zones, behind = _zones(table, figure, rows, level, geo, places or {})
    drawn = [z for z in zones if z.figure is not None and z.code in geo.places]
    if not drawn:
        values(figure, rows)
        raise NothingToDrawError(
            Sentence(
                "%(title)s : aucune valeur ne peut être placée par %(level)s.", title=figure.title, level=word(level)
            )
        )
    of = classes.limits([z.figure for z in drawn if z.figure is not None])
    called = classes.labels(of, figure.unit)
    data = [
        _zone_datum(z, figure, called[classes.place(z.figure, of)] if z.figure is not None else HIDDEN_CLASS)
        for z in zones
    ]
    title = joined(
        "", [Sentence("%(mesure)s par %(niveau)s", mesure=figure.title, niveau=word(level)), last_year(table)]
    )
    hidden = [z for z in zones if z.figure is None]
    unplaced = sum(1 for z in zones if z.figure is not None and z.code not in geo.places)
    lines = [table.title]
    if hidden:
        lines.append(Sentence("Grisé croisé : valeur masquée, secrète ou incomplète (%(n)s).", n=len(hidden)))
    if any(z.approximate for z in drawn):
        lines.append(Sentence("Voile rayé : valeur approchée, au moins en partie."))
    if unplaced:
        lines.append(Sentence("%(n)s lignes hors de ces territoires.", n=unplaced))
    if fond and fond.outside:
        lines.append(Sentence("%(n)s contours hors de la carte.", n=fond.outside))
    first, last = max(drawn, key=_figure), min(drawn, key=_figure)
    described = Sentence(
        "Carte. %(titre)s. %(n)s territoires en %(classes)s classes : %(noms)s. La plus grande valeur : %(premier)s, "
        "%(grande)s ; la plus petite publiée : %(dernier)s, %(petite)s.",
        titre=title,
        n=len(drawn),
        classes=len(called),
        noms=joined(" ; ", called),
        premier=first.name,
        grande=first.text,
        dernier=last.name,
        petite=last.text,
    )
    head = Heading(title, tuple(lines), joined(" ", [described, *lines[1:]]), source(table, slug, ground=geo.credit))
    at = view(geo, [z.code for z in zones], WIDTH, HEIGHT)
    near = any(z.approximate for z in drawn)
    layers = _zone_layers(data, called, geo, at, figure, palette, near=near, hidden=bool(hidden))
    return Picture(mapped(layers, head, palette, geo, at), head, behind)


def _figure(zone: Zone) -> float:
    return zone.figure or 0.0


def _zone_datum(zone: Zone, figure: Measured, name: str) -> dict[str, object]:
    said = with_unit(zone.text, figure)
    datum: dict[str, object] = {"code": zone.code, "nom": zone.name, "dit": said, "classe": name}
    if zone.figure is not None:
        datum |= {"valeur": zone.figure, "approche": zone.approximate}
    return datum


def _zones(
    table: Table, figure: Measured, rows: Sequence[int], level: Level, geo: Geometry, places: Mapping[str, str]
) -> tuple[list[Zone], Table]:
    """Return the territories of a table, and the table behind them."""
    own = column(table, *LEVELS[level])
    if own is not None:
        found = []
        for row in rows:
            v, code = value(figure, row), own.values[row]
            name = geo.places[code].name if code in geo.places else code
            text = v.text if v else said(figure, row)
            found.append(Zone(code, name, v.figure if v else None, v is not None and v.approximate, text))
        return found, extract(table, rows, [figure])
    finess = column(table, "finess")
    if finess is None:
        raise NothingToDrawError(
            Sentence(
                "Le tableau n'a ni %(level)s ni établissement : il ne se place pas sur une carte.", level=word(level)
            )
        )
    if figure.unit or figure.decimals:
        raise NothingToDrawError(
            Sentence(
                "%(title)s ne s'additionne pas : cette mesure ne se cartographie pas par somme.", title=figure.title
            )
        )
    grouped: dict[str, list[int]] = {}
    for row in rows:
        grouped.setdefault(places.get(finess.values[row], "?"), []).append(row)
    zones, summed = [], []
    for code, members in sorted(grouped.items()):
        together = _sum(figure, members)
        summed.append(together)
        name = geo.places[code].name if code in geo.places else Sentence("Lieu inconnu")
        text = said(together, 0)
        v = value(together, 0)
        zones.append(Zone(code, name, v.figure if v else None, bool(v and v.approximate), v.text if v else text))
    return zones, _summed(table, figure, zones, summed, level)


def zoned(
    table: Table, figure: Measured, rows: Sequence[int], level: Level, geo: Geometry, places: Mapping[str, str]
) -> tuple[Table, list[str]]:
    """Return the table behind the map of a measure, and the territory of each of its rows.

    Args and errors: as of `choropleth`.
    """
    zones, behind = _zones(table, figure, rows, level, geo, places)
    return behind, [zone.code for zone in zones]


def _sum(figure: Measured, rows: Sequence[int]) -> Measured:
    """Return the sum of published cells as a column of one: as uncertain as all of them, secret if one is not shown.

    Only what the table shows goes into it: a reader could add it up by hand.
    """
    parts = [value(figure, row) for row in rows]
    shown = [part for part in parts if part is not None]
    if len(shown) < len(parts):
        return _one(figure, State.SECRET)
    total = int(sum(part.figure for part in shown))
    if not any(part.approximate for part in shown):
        return _one(figure, State.EXACT, value=total)
    known = [part.margin for part in shown if part.approximate]
    around = None if None in known else sum(m for m in known if m is not None)
    rounded = to_uncertainty(total, around)
    return _one(figure, State.APPROXIMATE, estimate=rounded, margin=around)


def _one(
    figure: Measured, state: State, *, value: Figure = None, estimate: Figure = None, margin: Figure = None
) -> Measured:
    return replace(figure, states=(state,), values=(value,), estimates=(estimate,), margins=(margin,))


def _summed(table: Table, figure: Measured, zones: Sequence[Zone], parts: Sequence[Measured], level: Level) -> Table:
    """Return sums by territory as a table of their own."""
    whole = replace(
        figure,
        values=tuple(p.values[0] for p in parts),
        states=tuple(p.states[0] for p in parts),
        estimates=tuple(p.estimates[0] for p in parts),
        margins=tuple(p.margins[0] for p in parts),
    )
    labels = (
        Label(
            LEVELS[level][0],
            Sentence("Région") if level == "regions" else Sentence("Département"),
            tuple(z.code for z in zones),
        ),
        Label(f"libelle_{LEVELS[level][0]}", Sentence("Libellé"), tuple(z.name for z in zones)),
    )
    kinds: tuple[Kind, ...] = tuple("detail" for _ in zones)
    return replace(table, labels=labels, figures=(whole,), kinds=kinds)


def _zone_layers(
    data: Sequence[dict[str, object]],
    called: Sequence[str],
    geo: Geometry,
    at: View,
    figure: Measured,
    palette: Palette,
    *,
    near: bool,
    hidden: bool,
) -> list[Spec]:
    first = (len(palette.classes) - len(called)) // 2 if len(called) < 3 else 0
    step = (len(palette.classes) - 1) / max(1, len(called) - 1)
    fills = [palette.classes[round(i * step) if first == 0 else first + i] for i in range(len(called))]
    grey = {HIDDEN_CLASS: pattern(HIDDEN)} if hidden else {}
    if set(geo.places) - {datum["code"] for datum in data}:
        grey[EMPTY_CLASS] = palette.land
    order = [*called[::-1], *grey]
    colours = [*fills[::-1], *grey.values()]
    scale = {"domain": order, "range": colours}
    legend = {"title": heading(figure), "symbolType": "square", "symbolSize": 220, "orient": "right", "values": order}
    fields = ["nom", "dit", "classe", "valeur", "approche"]
    looked_up = [
        {"lookup": "id", "from": {"data": {"values": list(data)}, "key": "code", "fields": fields}},
        {"calculate": joined("", ["isValid(datum.classe) ? datum.classe : '", EMPTY_CLASS, "'"]), "as": "classe"},
        {"calculate": "isValid(datum.nom) ? datum.nom : datum.properties.nom", "as": "nom"},
        {"calculate": joined("", ["isValid(datum.dit) ? datum.dit : '", EMPTY_CLASS, "'"]), "as": "dit"},
    ]
    colour = {"field": "classe", "type": "nominal", "scale": scale, "legend": legend, "sort": None}
    told = tooltip(("nom", Sentence("Territoire")), ("dit", figure.title))
    outline = {"condition": {"test": "!isValid(datum.valeur)", "value": palette.border}, "value": palette.background}
    shape = {"type": "geoshape", "clip": True, "strokeJoin": "round"}
    layers: list[Spec] = [
        {
            "transform": looked_up,
            "mark": {**shape, "strokeWidth": 0.8},
            "encoding": {"fill": colour, "stroke": outline, "tooltip": told},
        },
    ]
    if near:
        veil = {**shape, "fill": pattern(VEIL), "stroke": None, "tooltip": None}
        layers.append({"transform": [*looked_up, {"filter": "datum.approche === true"}], "mark": veil})
    return [*layers, *frames(geo, at, palette)]
