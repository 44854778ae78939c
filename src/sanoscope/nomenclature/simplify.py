"""Outlines with fewer points: borders that two zones share stay shared.

Rings are cut where three borders meet, or where one leaves another; each piece is simplified once, whatever its
direction, by the algorithm of Douglas and Peucker (Cartographica 10, 1973, 112-122).
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import cos, radians
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sanoscope.nomenclature.shapes import Shape

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = list[Point]

TOLERANCE = 300.0
"""Farthest that a border moves (m): less than a pixel of a map enlarged five times, where one is 400 m."""
METRES = 111_320.0
"""Of a degree of latitude."""


def simplified(rings: Sequence[Ring], tolerance: float = TOLERANCE) -> list[Ring]:
    """Return closed rings (degrees, first point = last) with fewer points; one too small to be a ring becomes empty."""
    ends = _ends(rings)
    done: dict[tuple[Point, ...], list[Point]] = {}
    return [_ring(ring, ends, done, tolerance) for ring in rings]


def _ends(rings: Sequence[Ring]) -> set[Point]:
    """Return the points where borders meet: those that have other than two neighbours in all rings together."""
    around: dict[Point, set[Point]] = {}
    for ring in rings:
        for one, other in pairwise(ring):
            if one != other:
                around.setdefault(one, set()).add(other)
                around.setdefault(other, set()).add(one)
    return {point for point, beside in around.items() if len(beside) != 2}


def _ring(ring: Ring, ends: set[Point], done: dict[tuple[Point, ...], list[Point]], tolerance: float) -> Ring:
    points = ring[:-1]
    first = next((i for i, point in enumerate(points) if point in ends), None)
    if first is None:  # an island: from its westernmost point, so that its neighbour begins there too
        first = points.index(min(points))
    turned = [*points[first:], *points[:first], points[first]]
    cuts = [i for i, point in enumerate(turned) if i in (0, len(turned) - 1) or point in ends]
    found: Ring = turned[:1]
    for start, end in pairwise(cuts):
        found += _piece(tuple(turned[start : end + 1]), done, tolerance)[1:]
    return found if len(found) >= 4 else []


def _piece(points: tuple[Point, ...], done: dict[tuple[Point, ...], list[Point]], tolerance: float) -> list[Point]:
    """Return a piece of border simplified, as its other direction was."""
    back = points[::-1]
    key = min(points, back)
    if key not in done:
        array = np.array(key)
        done[key] = [key[i] for i in np.flatnonzero(_kept(array, tolerance))]
    return done[key] if key == points else done[key][::-1]


def _kept(points: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    """Tell which points of a line stay: its ends, and whatever would be farther from it than the tolerance."""
    scale = METRES * np.array([cos(radians(float(points[:, 1].mean()))), 1.0])
    plane = points * scale
    kept = np.zeros(len(points), np.bool_)
    kept[[0, -1]] = True
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        away = _distances(plane[first + 1 : last], plane[first], plane[last])
        at = int(np.argmax(away))
        if away[at] > tolerance:
            middle = first + 1 + at
            kept[middle] = True
            spans += [(first, middle), (middle, last)]
    return kept


def _distances(points: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance of points to a segment, which may be a single point."""
    along = b - a
    length = float(along @ along)
    share = np.clip((points - a) @ along / length, 0.0, 1.0) if length else np.zeros(len(points))
    away = points - a - share[:, None] * along
    return np.asarray(np.hypot(away[:, 0], away[:, 1]))


def lighter(shapes: Sequence[Shape], tolerance: float = TOLERANCE) -> tuple[Shape, ...]:
    """Return zones with simpler outlines; a zone too small for any keeps its largest ring as it is."""
    parts = [polygons(shape) for shape in shapes]
    rings = iter(simplified([ring for zone in parts for polygon in zone for ring in polygon], tolerance))
    found = []
    for shape, zone in zip(shapes, parts, strict=True):
        smaller = [[next(rings) for _ in polygon] for polygon in zone]
        kept = [[ring for ring in polygon if ring] for polygon in smaller if polygon[0]]
        whole = kept or [[max((polygon[0] for polygon in zone), key=len)]]
        found.append(replace(shape, geometry={"type": "MultiPolygon", "coordinates": whole}))
    return tuple(found)


def polygons(shape: Shape) -> list[list[Ring]]:
    """Return the polygons of a zone, each an outer ring and its holes, of (longitude, latitude)."""
    given = shape.geometry["coordinates"]
    every = [given] if shape.geometry["type"] == "Polygon" else given
    return [[[(x, y) for x, y in ring] for ring in polygon] for polygon in every]
