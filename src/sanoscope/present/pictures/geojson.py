"""The rows of an answer where they are: GeoJSON (RFC 7946), in degrees, for whoever draws his own map.

Nothing is left out: a row that a map does not draw (masked, without a known place) is there with its state, and without
a geometry where it has no place. Outlines are those of our maps, to half a kilometre.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import CriterionError, NotFoundError
from sanoscope.nomenclature.lambert import to_degrees
from sanoscope.present.exports import document
from sanoscope.present.pictures.choropleth import zoned
from sanoscope.present.pictures.flows import ORIGINS
from sanoscope.present.pictures.geometry import Geometry, Level, geometry
from sanoscope.present.pictures.ground import of_last_year
from sanoscope.present.pictures.outlines import CORNER, UNIT
from sanoscope.present.pictures.picture import Places
from sanoscope.present.pictures.values import NothingToDrawError, column, extract, measured
from sanoscope.query.table import Measured, Table
from sanoscope.sentence import Sentence

Shape = dict[str, Any]

DECIMALS = 4
"""Of a degree: ten metres, far finer than the outlines."""


@dataclass(frozen=True, slots=True)
class Map:
    """The rows of an answer on a map.

    Attributes:
        genre: the way that it is drawn; ``figure`` the column drawn; ``credit`` of the outlines.
        features: a feature a row.
        behind: the rows as a table.
    """

    genre: str
    figure: Measured
    credit: str
    features: Sequence[Shape]
    behind: Table


def geojson(table: Table, restitution: Restitution, places: Places, genre: str = "") -> Map:
    """Return an answer on a map, as its restitution declares it.

    Args:
        table: the answer; of several years, the last one is taken.
        restitution: what it answers.
        places: territory of each FINESS and geographic code, by level.
        genre: one of those that the restitution declares; "" for the first.

    Raises:
        NotFoundError: ``carte-absente``: the restitution declares none.
        NothingToDrawError: the table's rows have no place.
        CriterionError: ``genre-inconnu``: it does not declare this one.
    """
    declared = restitution.carte
    if declared is None:
        raise NotFoundError(
            "carte-absente",
            Sentence("« %(slug)s » n'a pas de carte.", slug=restitution.slug),
            todo=Sentence("Ses chiffres se demandent à /api/v1/restitutions/%(slug)s/donnees.", slug=restitution.slug),
        )
    genre = genre or declared.genres[0]
    if genre not in declared.genres:
        raise CriterionError(
            "genre-inconnu",
            Sentence("Carte « %(genre)s » inconnue.", genre=genre[:40]),
            allowed=declared.genres,
            criterion="genre",
        )
    figure, rows = measured(table, declared.mesure), of_last_year(table)
    if genre in ("points", "codes"):
        behind = extract(table, rows, [figure])
        shapes = _points(behind, places["departements"])
        level: Level = "departements"
    elif genre == "flux":
        behind = extract(table, rows, [figure])
        shapes, level = _lines(behind)
    else:
        level = "regions" if genre == "regions" else "departements"
        behind, codes = zoned(table, figure, rows, level, geometry(level), places[level])
        known = zones(level)
        shapes = [(code, known.get(code)) for code in codes]
    told = [{name: value for name, value in row.items() if name != "genre"} for row in document(behind)["lignes"]]
    features = [
        {"type": "Feature", "id": code, "geometry": shape, "properties": properties}
        for (code, shape), properties in zip(shapes, told, strict=True)
    ]
    return Map(genre, behind.figures[0], geometry(level).credit, features, behind)


def _points(table: Table, departements: Mapping[str, str]) -> list[tuple[str, Shape | None]]:
    """Return the code and the point of each row: the centre of its département."""
    label = column(table, "finess", "code_geo")
    if label is None:
        raise NothingToDrawError(
            Sentence("Le tableau n'est ni par établissement ni par code géographique : il n'y a pas de point à placer.")
        )
    known = centres("departements")
    found: list[tuple[str, Shape | None]] = []
    for code in label.values:
        at = known.get(departements.get(code, "?"))
        found.append((code, {"type": "Point", "coordinates": at} if at else None))
    return found


def _lines(table: Table) -> tuple[list[tuple[str, Shape | None]], Level]:
    """Return the codes and the line of each row, from where it comes to where it goes, and the level of both."""
    origin = column(table, *ORIGINS)
    target, level = ORIGINS[origin.name] if origin else ("", "departements")
    to = column(table, target)
    if origin is None or to is None:
        raise NothingToDrawError(Sentence("Des flux demandent un tableau par origine et destination."))
    known = centres(level)
    found: list[tuple[str, Shape | None]] = []
    for start, end in zip(origin.values, to.values, strict=True):
        ends = [known[code] for code in (start, end) if code in known]
        line = {"type": "LineString", "coordinates": ends} if len(ends) == 2 else None
        found.append((f"{start}>{end}", line))
    return found, level


@cache
def zones(level: Level) -> Mapping[str, Shape]:
    """Return the outlines of the territories of a level, each a MultiPolygon in degrees."""
    return {code: {"type": "MultiPolygon", "coordinates": parts} for code, parts in _parts(level).items()}


@cache
def centres(level: Level) -> Mapping[str, tuple[float, float]]:
    """Return the longitude and the latitude of the centre of each territory: of its largest part."""
    found = {}
    for code, parts in _parts(level).items():
        sized = [_area_and_centre(np.array(polygon[0])) for polygon in parts]
        x, y = max(sized, key=lambda pair: abs(pair[0]))[1]
        found[code] = (round(x, DECIMALS), round(y, DECIMALS))
    return found


Parts = list[list[list[tuple[float, float]]]]


@cache
def _parts(level: Level) -> Mapping[str, Parts]:
    geo = geometry(level)
    far = _overseas(level)
    found = {code: parts for code, parts in _mainland(geo).items() if code not in far}
    return dict(sorted((found | far).items()))


def _mainland(geo: Geometry) -> dict[str, Parts]:
    """Return the outlines of our map in degrees, as if all of it were the mainland."""
    arcs = [_degrees(np.cumsum(np.array(arc, np.float64), axis=0)) for arc in geo.topology["arcs"]]

    def ring(numbers: Sequence[int]) -> list[tuple[float, float]]:
        points: list[tuple[float, float]] = []
        for number in numbers:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            points += arc if not points else arc[1:]
        return points

    return {
        zone["id"]: [_turned([ring(one) for one in polygon]) for polygon in zone["arcs"]]
        for zone in geo.topology["objects"]["zones"]["geometries"]
        if not zone["properties"]["encart"]
    }


def _degrees(points: Any) -> list[tuple[float, float]]:
    longitudes, latitudes = to_degrees(CORNER[0] + UNIT * points[:, 0], CORNER[1] - UNIT * points[:, 1])
    return list(zip(longitudes.round(DECIMALS).tolist(), latitudes.round(DECIMALS).tolist(), strict=True))


def _overseas(level: Level) -> dict[str, Parts]:
    text = files("sanoscope.present.pictures").joinpath("geo", "outre-mer.json").read_text(encoding="utf-8")
    named = "region" if level == "regions" else "departement"
    return {
        zone[named]: [_turned([[(x, y) for x, y in ring] for ring in polygon]) for polygon in zone["coordinates"]]
        for zone in json.loads(text)
    }


def _turned(polygon: list[list[tuple[float, float]]]) -> list[list[tuple[float, float]]]:
    """Return a polygon whose outline goes counterclockwise, its holes the other way (RFC 7946, 3.1.6)."""
    outline, *holes = polygon
    return [_going(outline, left=True), *(_going(hole, left=False) for hole in holes)]


def _going(ring: list[tuple[float, float]], *, left: bool) -> list[tuple[float, float]]:
    return ring if (_area_and_centre(np.array(ring))[0] > 0) == left else ring[::-1]


def _area_and_centre(points: Any) -> tuple[float, tuple[float, float]]:
    """Return the signed area of a closed ring (square degrees, counterclockwise above 0) and its centroid."""
    x, y = points[:-1, 0], points[:-1, 1]
    following_x, following_y = points[1:, 0], points[1:, 1]
    cross = x * following_y - following_x * y
    area = float(cross.sum()) / 2
    if not area:
        return 0.0, (float(x.mean()), float(y.mean()))
    middle = ((x + following_x) * cross).sum() / (6 * area), ((y + following_y) * cross).sum() / (6 * area)
    return area, (float(middle[0]), float(middle[1]))
