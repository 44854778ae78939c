"""Outlines with fewer points: shared borders stay shared, nothing moves far, nothing disappears."""

from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path

from sanoscope.nomenclature.shapes import Shape, read_shapes
from sanoscope.nomenclature.simplify import Ring, lighter, polygons, simplified

WEST = [(2.0, 48.0), (2.1, 48.0), (2.1, 48.02), (2.1005, 48.04), (2.1, 48.06), (2.1, 48.1), (2.0, 48.1), (2.0, 48.0)]
EAST = [(2.2, 48.1), (2.1, 48.1), (2.1, 48.06), (2.1005, 48.04), (2.1, 48.02), (2.1, 48.0), (2.2, 48.0), (2.2, 48.1)]
"""Two neighbours; a bump of 37 m (0.0005° at 48°) in the border between them."""


def test_a_shared_border_is_simplified_once_for_both() -> None:
    west, east = simplified([WEST, EAST])
    assert set(west) == {(2.0, 48.0), (2.1, 48.0), (2.1, 48.1), (2.0, 48.1)}
    assert set(east) == {(2.2, 48.0), (2.1, 48.0), (2.1, 48.1), (2.2, 48.1)}


def test_a_bump_larger_than_the_tolerance_stays_in_both() -> None:
    west, east = simplified([WEST, EAST], tolerance=30)
    assert (2.1005, 48.04) in west
    assert (2.1005, 48.04) in east


def test_an_island_within_a_zone_fits_its_hole() -> None:
    island = [(2.4, 48.4), (2.5, 48.41), (2.6, 48.4), (2.6, 48.6), (2.4, 48.6), (2.4, 48.4)]
    hole = [*island[3:-1], *island[:4]][::-1]
    inside, around = simplified([island, hole], tolerance=2_000)
    assert set(inside) == set(around)
    assert (2.5, 48.41) not in inside


def test_a_zone_too_small_keeps_its_outline() -> None:
    tiny = [[2.0, 48.0], [2.001, 48.0], [2.001, 48.001], [2.0, 48.0]]
    (kept,) = lighter([Shape("1", "Île", {"type": "Polygon", "coordinates": [tiny]})])
    assert polygons(kept) == [[[(2.0, 48.0), (2.001, 48.0), (2.001, 48.001), (2.0, 48.0)]]]


def far(point: tuple[float, float], ring: Ring) -> float:
    """How far a point is from a line (m), in the plane of its own latitude."""
    shrink = cos(radians(point[1]))
    best = float("inf")
    for (ax, ay), (bx, by) in pairwise(ring):
        dx, dy, px, py = (bx - ax) * shrink, by - ay, (point[0] - ax) * shrink, point[1] - ay
        share = max(0.0, min(1.0, (px * dx + py * dy) / (dx * dx + dy * dy or 1.0)))
        best = min(best, hypot(px - share * dx, py - share * dy))
    return best * 111_320


def test_the_published_departements_are_much_lighter_and_move_by_300_metres_at_most(shared: Path) -> None:
    before = read_shapes(shared / "data" / "geo" / "departements-avec-outre-mer.geojson.gz")
    after = {shape.code: polygons(shape) for shape in lighter(before)}
    assert len(after) == 101
    counts = [sum(len(r) for s in given for p in s for r in p) for given in (map(polygons, before), after.values())]
    assert counts[0] > 5 * counts[1]
    for shape in (s for s in before if s.code in ("29", "48", "75")):
        largest = max((p[0] for p in polygons(shape)), key=len)
        kept = max((p[0] for p in after[shape.code]), key=len)
        assert max(far(point, kept) for point in largest[::25]) < 303  # the scale is that of each piece's own latitude
