"""Outlines that the operator loaded, put in the plane of our maps: other borders, or places of geographic codes.

They are taken for what their codes are: départements or régions, told apart by where they lie (every code of a région
is one of a département too), or PMSI geographic codes. The mainland is in Lambert-93; overseas fills the insets of our
own maps. A zone that lies in neither is outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from math import cos, hypot, radians
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl

from sanoscope.nomenclature.lambert import to_plane
from sanoscope.nomenclature.places import UNKNOWN, departement_of_code_geo
from sanoscope.nomenclature.shapes import Shape
from sanoscope.nomenclature.simplify import Point, Ring, polygons
from sanoscope.present.pictures.geometry import Box, Geometry, Level, Place, geometry

What: TypeAlias = Level | Literal["code_geo"]

UNIT = 500.0
"""Metres of the map's unit."""
CORNER = (40_000.0, 7_125_000.0)
"""Upper left corner of the map in Lambert-93 (m), as in scripts/geometry.py."""
MAINLAND: Box = (-5.6, 41.0, 10.0, 51.5)
OVERSEAS: Mapping[str, Box] = {
    "971": (-62.0, 15.7, -60.9, 16.7),
    "972": (-61.4, 14.3, -60.7, 15.0),
    "973": (-55.0, 2.0, -51.4, 6.2),
    "974": (55.1, -21.5, 55.9, -20.8),
    "976": (44.9, -13.1, 45.4, -12.5),
}
"""West, south, east, north (degrees) of what is drawn in each inset."""
NEAR = 120.0
"""Units (60 km) that the middle of a département may be from ours at most, by the mean of all."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Outlines ready for a map.

    Attributes:
        name: of their file.
        what: what their codes are.
        geometry: their territories, in the plane of our maps.
        outside: zones that lie neither in metropolitan France nor in an inset.
    """

    name: str
    what: What
    geometry: Geometry
    outside: int


def outlines(name: str, shapes: Sequence[Shape]) -> Outlines | None:
    """Return the outlines of a file for our maps; None where its codes are of no territory that we draw."""
    placed = _placed(shapes)
    places = {code: _place(by_name, rings) for code, (by_name, rings) in placed.items()}
    what = _what(places)
    if what is None:
        return None
    own = geometry("regions" if what == "regions" else "departements")
    features = [_feature(c, n, rings) for c, (n, rings) in placed.items()]
    frames = own.frames[: len(OVERSEAS)]
    if what == "departements" and _crown().keys() <= placed.keys():
        features += [_feature(c, placed[c][0], _in_copy(placed[c][1])) for c in _crown()]
        places = {code: in_crown(place, code) for code, place in places.items()}
        frames = own.frames
    topology = {"type": "FeatureCollection", "features": features}
    drawn = Geometry(topology, places, frames, {"type": "json", "property": "features"}, f"« {name} »")
    return Outlines(name, what, drawn, len(shapes) - len(placed))


def _what(places: Mapping[str, Place]) -> What | None:
    """Return what codes are: the level whose territories lie where they do, else geographic codes, else none."""
    levels: tuple[Level, ...] = ("departements", "regions")
    far = {level: _away(places, geometry(level)) for level in levels}
    known = [level for level in levels if far[level] is not None]
    if known:
        nearest = min(known, key=lambda level: far[level] or 0.0)
        return nearest if (far[nearest] or 0.0) < NEAR else None
    codes = pl.Series("code", list(places), dtype=pl.String).to_frame()
    found = codes.select(departement_of_code_geo(pl.col("code")) != UNKNOWN).to_series()
    return "code_geo" if len(found) and bool(found.all()) else None


def _away(places: Mapping[str, Place], own: Geometry) -> float | None:
    """Return how far territories are from ours of the same codes (mean, units); None if a code is not one of ours."""
    if not places or not places.keys() <= own.places.keys():
        return None
    apart = [hypot(place.x - own.places[code].x, place.y - own.places[code].y) for code, place in places.items()]
    return sum(apart) / len(apart)


# in the plane --------------------------------------------------------------------------------------------------------

Zones: TypeAlias = dict[str, tuple[str, list[list[Ring]]]]
"""By code: a name and polygons."""


def _placed(shapes: Sequence[Shape]) -> Zones:
    """Return the zones that are on our map, in its units."""
    by_area: dict[str, Zones] = {}
    for shape in shapes:
        parts = polygons(shape)
        area = _area_of(parts)
        if area is not None:
            by_area.setdefault(area, {})[shape.code] = (shape.libelle, parts)
    boxes = dict(zip(OVERSEAS, geometry("departements").frames, strict=False))
    found: Zones = {}
    for area, zones in by_area.items():
        move = _on_mainland if not area else partial(_in_inset, seen=_bounds(zones), box=boxes[area])
        for code, (name, parts) in zones.items():
            found[code] = name, [[move(ring) for ring in polygon] for polygon in parts]
    return dict(sorted(found.items()))


def _area_of(parts: Sequence[Sequence[Ring]]) -> str | None:
    """Return the inset that a zone lies in, "" for the mainland, None for elsewhere: by the middle of its outline."""
    points = [point for polygon in parts for point in polygon[0]]
    x, y = ((min(axis) + max(axis)) / 2 for axis in zip(*points, strict=True))
    for area, (west, south, east, north) in {"": MAINLAND, **OVERSEAS}.items():
        if west <= x <= east and south <= y <= north:
            return area
    return None


def _on_mainland(ring: Ring) -> Ring:
    degrees = np.array(ring)
    x, y = to_plane(degrees[:, 0], degrees[:, 1])
    across, down = ((x - CORNER[0]) / UNIT).round(1), ((CORNER[1] - y) / UNIT).round(1)
    return list(zip(across.tolist(), down.tolist(), strict=True))


def _bounds(zones: Zones) -> Box:
    points = np.array([point for _, parts in zones.values() for polygon in parts for point in polygon[0]])
    (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return west, south, east, north


def _in_inset(ring: Ring, *, seen: Box, box: Box) -> Ring:
    """Return a ring of degrees as large as it fits in an inset with all that lies in it."""
    west, south, east, north = seen
    shrink = cos(radians((south + north) / 2))
    left, top, right, bottom = box
    blank = 16.0  # as around our own: 8 km
    wide, high = max((east - west) * shrink, 1e-6), max(north - south, 1e-6)
    scale = min((right - left - 2 * blank) / wide, (bottom - top - 2 * blank) / high)
    middle, centre = ((west + east) / 2, (south + north) / 2), ((left + right) / 2, (top + bottom) / 2)
    return [
        (round(centre[0] + scale * (x - middle[0]) * shrink, 1), round(centre[1] - scale * (y - middle[1]), 1))
        for x, y in ring
    ]


def _place(name: str, parts: Sequence[Sequence[Ring]]) -> Place:
    """Return where a zone is: the centre of its largest part, its bounds."""
    x, y = max((_area_and_centre(polygon[0]) for polygon in parts), key=lambda pair: pair[0])[1]
    every = np.array([point for polygon in parts for point in polygon[0]])
    (left, top), (right, bottom) = every.min(axis=0).tolist(), every.max(axis=0).tolist()
    return Place(name, x, y, (left, top, right, bottom))


def _area_and_centre(ring: Ring) -> tuple[float, tuple[float, float]]:
    """Return the area and the centroid of a ring (shoelace, from its first point)."""
    x0, y0 = ring[0]
    points = np.array(ring) - (x0, y0)
    x, y, next_x, next_y = points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1]
    cross = x * next_y - next_x * y
    area = float(cross.sum()) / 2
    if not area:
        return 0.0, (x0, y0)
    shift = ((x + next_x) * cross).sum() / (6 * area), ((y + next_y) * cross).sum() / (6 * area)
    return abs(area), (round(x0 + float(shift[0]), 2), round(y0 + float(shift[1]), 2))


def _feature(code: str, name: str, parts: Sequence[Sequence[Ring]]) -> dict[str, Any]:
    shape = {"type": "MultiPolygon", "coordinates": parts}
    return {"type": "Feature", "id": code, "properties": {"nom": name}, "geometry": shape}


def centres(of: Outlines, codes: Mapping[str, str]) -> dict[str, Place]:
    """Return where each establishment is: the place of its geographic code, for those whose code has an outline.

    Args:
        of: outlines of geographic codes.
        codes: geographic code of each FINESS.
    """
    places = of.geometry.places
    return {finess: places[code] for finess, code in codes.items() if code in places}


def in_crown(place: Place, departement: str) -> Place:
    """Return a place with its centre in the inset of Paris, if it is in a département that is drawn there."""
    return replace(place, inset=_copied((place.x, place.y))) if departement in _crown() else place


def _copied(point: Point) -> Point:
    """Return where a point of Paris and its inner ring is in their inset."""
    crown = _crown().values()
    middles, copies = np.array([(p.x, p.y) for p in crown]), np.array([p.inset for p in crown])
    scale = float(np.ptp(copies, axis=0).sum() / np.ptp(middles, axis=0).sum())
    x, y = copies.mean(axis=0) + scale * (np.array(point) - middles.mean(axis=0))
    return round(float(x), 1), round(float(y), 1)


def _in_copy(parts: Sequence[Sequence[Ring]]) -> list[list[Ring]]:
    return [[[_copied(point) for point in ring] for ring in polygon] for polygon in parts]


@cache
def _crown() -> Mapping[str, Place]:
    """Return the départements that have an inset beside their place, as our own map has them."""
    return {code: place for code, place in geometry("departements").places.items() if place.inset}
