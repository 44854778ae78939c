"""Outlines of zones: what is read of GeoJSON and shapefiles, where it lies, what is refused and why."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapefile

from sanoscope.errors import InputFileError
from sanoscope.nomenclature.importers import load_path
from sanoscope.nomenclature.lambert import to_degrees, to_plane
from sanoscope.nomenclature.reference import load_reference
from sanoscope.nomenclature.shapes import read_shapes
from sanoscope.present.pictures.geometry import geometry

SQUARE = [[2.0, 48.0], [3.0, 48.0], [3.0, 49.0], [2.0, 48.0]]
LAMBERT = 'PROJCS["RGF93_Lambert_93",GEOGCS["GCS_RGF93",DATUM["D_RGF_1993"]]]'
DEGREES = 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]]'


def geojson(path: Path, *features: dict[str, Any], **more: Any) -> Path:
    text = json.dumps({"type": "FeatureCollection", "features": list(features), **more})
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def zone(ring: list[list[float]] = SQUARE, kind: str = "Polygon", **properties: str) -> dict[str, Any]:
    coordinates = [ring] if kind == "Polygon" else [[ring]]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def shapes(path: Path, ring: list[list[float]], projection: str) -> Path:
    with shapefile.Writer(str(path), shapeType=shapefile.POLYGON) as writer:
        writer.field("gid", "N")
        writer.field("code_pmsi", "C", 5)
        writer.field("libgeo_cp", "C", 50)
        writer.poly([ring])
        writer.record(1, "29200", "Brest")
    path.with_suffix(".prj").write_text(projection)
    return path


def test_lambert_93_is_that_of_published_points() -> None:
    """The origin of the projection, and a point of Paris (EPSG:2154)."""
    x, y = to_plane(np.array([3.0, 2.3522]), np.array([46.5, 48.8566]))
    assert x == pytest.approx([700_000, 652_469.02], abs=0.01)
    assert y == pytest.approx([6_600_000, 6_862_035.26], abs=0.01)
    back = to_degrees(x, y)
    assert back[0] == pytest.approx([3.0, 2.3522], abs=1e-9)
    assert back[1] == pytest.approx([46.5, 48.8566], abs=1e-9)


@pytest.mark.parametrize("name", ["mes zones.geojson", "mes zones.geojson.gz"])
def test_geojson_is_taken_under_the_name_of_its_file(tmp_path: Path, name: str) -> None:
    path = geojson(tmp_path / name, zone(code="B", nom="Bé"), zone(kind="MultiPolygon", code="A", nom="A"))
    (report,) = load_path(path, tmp_path / "reference")
    assert (report.form, report.rows, report.error) == ("fond de carte", {"formes/mes-zones": 2}, "")
    kept = json.loads((tmp_path / "reference" / "formes" / "mes-zones.geojson").read_text())
    assert [f["properties"] for f in kept["features"]] == [
        {"code": "A", "libelle": "A"},
        {"code": "B", "libelle": "Bé"},
    ]
    assert load_path(path, tmp_path / "reference")[0].replaced == {"formes/mes-zones": 2}
    load_reference(tmp_path / "reference")


def test_a_shapefile_in_lambert_93_is_put_in_degrees(tmp_path: Path) -> None:
    path = shapes(tmp_path / "zones.shp", [[652469, 6862035], [653000, 6862035], [653000, 6863000]], LAMBERT)
    (shape,) = read_shapes(path)
    assert (shape.code, shape.libelle) == ("29200", "Brest")
    assert [2.3522, 48.8566] in shape.geometry["coordinates"][0]


def test_the_parts_of_a_shapefile_are_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "fonds"
    folder.mkdir()
    shapes(folder / "zones.shp", SQUARE, DEGREES)
    assert [(r.path.name, r.error) for r in load_path(folder, tmp_path / "reference")] == [("zones.shp", "")]
    (folder / "seul.dbf").write_bytes(b"x")
    assert any(r.error for r in load_path(folder, tmp_path / "reference"))


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_a_torn_shapefile_is_refused(tmp_path: Path, part: str) -> None:
    torn = shapes(tmp_path / "zones.shp", SQUARE, DEGREES).with_suffix(part)
    torn.write_bytes(torn.read_bytes()[: 40 if part != ".dbf" else 20])
    (report,) = load_path(tmp_path / "zones.shp", tmp_path / "reference")
    assert "ne se lit pas comme un fond de carte" in report.error
    assert not (tmp_path / "reference" / "formes").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"type": "FeatureCollection", "features": [', "ne se lit pas"),
        ("[]", "FeatureCollection est attendue"),
        ('{"type": "FeatureCollection", "features": []}', "aucune zone"),
        ('{"type": "FeatureCollection", "features": [{"properties": {"code": "1"}, "geometry": null}]}', "se lit pas"),
        (json.dumps({"type": "FeatureCollection", "features": [zone(code="1")] * 2}), "qui distingue ses 2 zones"),
        (json.dumps({"type": "FeatureCollection", "features": [zone(couleur="1")]}), "Nommez « code »"),
        (json.dumps({"type": "FeatureCollection", "features": [zone([[2, 48], [3, 48]], code="1")]}), "quatre points"),
        (
            json.dumps({"type": "FeatureCollection", "features": [zone([[7e5, 6.6e6]] * 4, code="1")]}),
            "ne sont pas des degrés",
        ),
        ('{"type": "FeatureCollection", "features": ' + "[" * 100_000, "se lit pas"),
    ],
)
def test_what_is_not_a_map_is_refused_with_its_reason(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "zones.geojson"
    path.write_text(text)
    (report,) = load_path(path, tmp_path / "reference")
    assert why in report.error


@pytest.mark.parametrize("projection", ["", 'PROJCS["NTF_Lambert_II"]'])
def test_another_projection_is_refused(tmp_path: Path, projection: str) -> None:
    path = shapes(tmp_path / "zones.shp", SQUARE, projection)
    if not projection:
        path.with_suffix(".prj").unlink()
    with pytest.raises(InputFileError, match="Lambert-93"):
        read_shapes(path)


def test_the_pmsi_zones_are_where_their_towns_are(shared: Path) -> None:
    zones = {shape.code: shape for shape in read_shapes(shared / "data" / "geo" / "atih_metropole_fondpmsi2017_z.shp")}
    assert len(zones) == 5642
    assert zones["29200"].libelle == "BREST"
    for code, (longitude, latitude) in {"29200": (-4.486, 48.390), "67000": (7.752, 48.573)}.items():
        geometry_of = zones[code].geometry
        rings = geometry_of["coordinates"] if geometry_of["type"] == "Polygon" else geometry_of["coordinates"][0]
        points = np.array(rings[0])
        assert points[:, 0].min() < longitude < points[:, 0].max()
        assert points[:, 1].min() < latitude < points[:, 1].max()


def test_a_torn_copy_of_them_is_refused(shared: Path, tmp_path: Path) -> None:
    for path in (shared / "data" / "geo").glob("atih_metropole_fondpmsi2017_z.*"):
        shutil.copyfile(path, tmp_path / path.name)
    torn = tmp_path / "atih_metropole_fondpmsi2017_z.shp"
    torn.write_bytes(torn.read_bytes()[:1_000_000])
    with pytest.raises(InputFileError, match="ne se lit pas"):
        read_shapes(torn)


def test_our_departements_lie_where_the_published_ones_do(shared: Path) -> None:
    """The centre of each of ours (mainland) is within the bounds of the same in another source."""
    others = {s.code: s for s in read_shapes(shared / "data" / "geo" / "departements-avec-outre-mer.geojson.gz")}
    assert len(others) == 101
    for code, place in geometry("departements").places.items():
        assert others[code].libelle == place.name
        if code.startswith("97"):
            continue
        x, y = to_degrees(np.array([40_000 + place.x * 500.0]), np.array([7_125_000 - place.y * 500.0]))
        coordinates = others[code].geometry["coordinates"]
        rings = [coordinates[0]] if others[code].geometry["type"] == "Polygon" else [p[0] for p in coordinates]
        points = np.vstack([np.array(ring) for ring in rings])
        assert points[:, 0].min() < x[0] < points[:, 0].max(), code
        assert points[:, 1].min() < y[0] < points[:, 1].max(), code
