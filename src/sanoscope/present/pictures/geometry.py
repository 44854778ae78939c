"""The outlines of départements and régions, in the plane, with where to put what happens in each.

The files of ``geo/`` are made by ``scripts/geometry.py``, which says where they come from. Coordinates are half
kilometres from the upper left corner; overseas and the inner ring of Paris are drawn in insets.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

Level: TypeAlias = Literal["departements", "regions"]
Box: TypeAlias = tuple[float, float, float, float]

WIDTH, HEIGHT = 2480, 2150
"""Of the whole map, in its own unit."""
CLOSEST = 5.0
"""Most that a part of the map is enlarged: outlines are not drawn for more."""


@dataclass(frozen=True, slots=True)
class Place:
    """A territory.

    Attributes:
        name: its name.
        x, y: its centre (of its largest part).
        bounds: left, top, right, bottom.
        inset: its centre in an enlarged inset, where it has one beside its place in the map.
    """

    name: str
    x: float
    y: float
    bounds: Box
    inset: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Geometry:
    """Territories of a level.

    Attributes:
        topology: TopoJSON, object ``zones`` (id: code); or GeoJSON.
        places: by code.
        frames: of the insets: left, top, right, bottom.
        format: how the renderer reads ``topology`` (Vega-Lite).
        credit: whose outlines they are, for the source line.
    """

    topology: Any
    places: Mapping[str, Place]
    frames: tuple[Box, ...]
    format: Mapping[str, str] = field(default_factory=lambda: {"type": "topojson", "feature": "zones"})
    credit: str = "Natural Earth"


@dataclass(frozen=True, slots=True)
class View:
    """What part of the map is shown: pixels = scale × unit + shift."""

    scale: float
    dx: float
    dy: float
    whole: bool

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the map is drawn (px)."""
        return round(self.scale * x + self.dx, 1), round(self.scale * y + self.dy, 1)


@cache
def geometry(level: Level) -> Geometry:
    """Return the territories of a level."""
    text = files("sanoscope.present.pictures").joinpath("geo", f"{level}.json").read_text(encoding="utf-8")
    topology = json.loads(text)
    arcs = [_absolute(arc) for arc in topology["arcs"]]
    zones = topology["objects"]["zones"]["geometries"]
    insets = {z["id"]: (z["properties"]["x"], z["properties"]["y"]) for z in zones if z["properties"]["encart"]}
    places = {}
    for zone in zones:
        said = zone["properties"]
        if not said["encart"]:
            numbers = {a if a >= 0 else ~a for polygon in zone["arcs"] for ring in polygon for a in ring}
            bounds = _bounds([point for number in numbers for point in arcs[number]])
            places[zone["id"]] = Place(said["nom"], said["x"], said["y"], bounds, insets.get(zone["id"]))
    lines = topology["objects"].pop("cadres")["geometries"][0]["arcs"]
    return Geometry(topology, places, tuple(_bounds(arcs[line[0]]) for line in lines))


def _bounds(points: list[tuple[int, int]]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _absolute(arc: list[list[int]]) -> list[tuple[int, int]]:
    x = y = 0
    found = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        found.append((x, y))
    return found


def view(of: Geometry, codes: Collection[str], width: int, height: int) -> View:
    """Return what shows some territories as large as they fit in a frame (px); the whole map for none."""
    bounds = [of.places[code].bounds for code in codes if code in of.places] or [(0, 0, WIDTH, HEIGHT)]
    left, top = min(b[0] for b in bounds), min(b[1] for b in bounds)
    right, bottom = max(b[2] for b in bounds), max(b[3] for b in bounds)
    whole = min(width / WIDTH, height / HEIGHT)
    scale = 0.92 * min(width / max(1, right - left), height / max(1, bottom - top))
    scale = max(whole, min(scale, CLOSEST * whole))
    if scale < 1.3 * whole:
        return View(whole, (width - whole * WIDTH) / 2, (height - whole * HEIGHT) / 2, whole=True)
    return View(scale, width / 2 - scale * (left + right) / 2, height / 2 - scale * (top + bottom) / 2, whole=False)
