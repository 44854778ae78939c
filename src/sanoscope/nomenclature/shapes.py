"""Outlines of zones that an operator loads: GeoJSON or shapefile in, one plain GeoJSON (WGS84) a zoning out.

GeoJSON is RFC 7946: longitudes and latitudes. A shapefile says its projection in its ``.prj``; Lambert-93 and plain
degrees are taken, and no other.
"""

import gzip
import json
import re
import struct
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapefile  # type: ignore[import-untyped]

from sanoscope.errors import InputFileError
from sanoscope.nomenclature.lambert import to_degrees
from sanoscope.workspace import put

SUFFIXES = (".shp", ".geojson", ".geojson.gz")
BESIDE = (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qpj", ".qix", ".xml")
"""Files that go with a shapefile."""
MAX_BYTES = 1 << 30
"""Largest GeoJSON that is read, decompressed (bytes)."""
DIGITS = 5
"""Of degrees kept: about a metre."""
CODES = re.compile(r"^(code|cod|insee|zone|id)(_|$|geo|dep|reg|com|insee)", re.I)
LABELS = re.compile(r"^(lib|nom|name)", re.I)


@dataclass(frozen=True, slots=True)
class Shape:
    """A zone: its code, its label, its outline (a GeoJSON Polygon or MultiPolygon, degrees)."""

    code: str
    libelle: str
    geometry: dict[str, Any]


def is_shapes(path: Path) -> bool:
    """Tell whether a file is one of outlines, by its name."""
    return path.name.lower().endswith(SUFFIXES)


def goes_with_shapes(path: Path) -> bool:
    """Tell whether a file is a part of the shapefile beside it."""
    return path.suffix.lower() in BESIDE and any(path.with_suffix(s).is_file() for s in (".shp", ".SHP"))


def read_shapes(path: Path) -> tuple[Shape, ...]:
    """Return the zones of a file, by code.

    Raises:
        InputFileError: it cannot be read, has no column of codes, an unknown projection, or outlines that are none.
    """
    if not path.is_file():
        raise InputFileError("fichier-introuvable", f"« {path} » n'existe pas.", todo="Vérifiez le chemin.")
    try:
        found = _shapefile(path) if path.suffix.lower() == ".shp" else _geojson(path)
    except InputFileError:
        raise
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        RecursionError,
        struct.error,
        shapefile.ShapefileException,
        shapefile.PossiblyCorruptFileHeader,
    ) as error:
        raise _unreadable(path, str(error) or type(error).__name__) from error
    if not found:
        raise _unreadable(path, "aucune zone")
    return _coded(path, found)


def write_shapes(shapes: Iterable[Shape], path: Path) -> None:
    """Write zones as GeoJSON, put in place at once."""
    features = [
        {"type": "Feature", "properties": {"code": s.code, "libelle": s.libelle}, "geometry": s.geometry}
        for s in shapes
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))
    put(path, text + "\n")


# reading ------------------------------------------------------------------------------------------------------------

Properties = dict[str, str]


def _geojson(path: Path) -> list[tuple[Properties, dict[str, Any]]]:
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"plus de {MAX_BYTES} octets une fois décompressé")
    document = json.loads(data)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise ValueError("une FeatureCollection est attendue")
    lambert = _named_lambert(path, document.get("crs"))
    return [
        (_texts(feature.get("properties") or {}), _in_degrees(path, feature["geometry"], lambert=lambert))
        for feature in document["features"]
    ]


def _named_lambert(path: Path, crs: Any) -> bool:
    """Tell whether the ``crs`` member (GeoJSON of 2008) names Lambert-93; without one, it is degrees."""
    if crs is None:
        return False
    name = str(crs["properties"]["name"])
    if name.endswith(("CRS84", "4326", "4171")):
        return False
    if name.endswith("2154"):
        return True
    raise _projection(path, name)


def _shapefile(path: Path) -> list[tuple[Properties, dict[str, Any]]]:
    lambert = _is_lambert(path)
    code_page = path.with_suffix(".cpg")
    encoding = code_page.read_text(encoding="ascii").strip() if code_page.is_file() else "utf-8"
    with warnings.catch_warnings():
        warnings.simplefilter("error", shapefile.PossiblyCorruptFileHeader)
        return _polygons(path, encoding, lambert=lambert)


def _polygons(path: Path, encoding: str, *, lambert: bool) -> list[tuple[Properties, dict[str, Any]]]:
    with shapefile.Reader(str(path), encoding=encoding) as reader:
        if reader.shapeType not in (shapefile.POLYGON, shapefile.POLYGONZ, shapefile.POLYGONM):
            raise ValueError(f"des polygones sont attendus, pas {reader.shapeTypeName}")
        return [
            (_texts(entry.record.as_dict()), _in_degrees(path, dict(entry.shape.__geo_interface__), lambert=lambert))
            for entry in reader.iterShapeRecords()
        ]


def _is_lambert(path: Path) -> bool:
    """Tell whether the projection file beside a shapefile says Lambert-93 rather than degrees."""
    beside = path.with_suffix(".prj")
    if not beside.is_file():
        raise _projection(path, "non dite : le fichier .prj manque")
    text = beside.read_text(encoding="latin-1")
    if text.startswith("GEOGCS") and re.search(r"WGS_?(19)?84|RGF_?(19)?93|ETRS", text):
        return False
    if re.search(r'^PROJCS\["[^"]*(RGF93|RGF_1993)[^"]*Lambert[-_ ]?93', text, re.I):
        return True
    raise _projection(path, text[:60])


def _texts(properties: dict[str, Any]) -> Properties:
    return {name: str(value).strip() for name, value in properties.items() if value is not None}


def _in_degrees(path: Path, geometry: dict[str, Any], *, lambert: bool) -> dict[str, Any]:
    """Return an outline in rounded degrees."""
    kind = geometry["type"]
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"Polygon ou MultiPolygon attendu, pas {kind}")
    polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    done = [[_ring(path, ring, lambert=lambert) for ring in polygon] for polygon in polygons]
    return {"type": kind, "coordinates": done[0] if kind == "Polygon" else done}


def _ring(path: Path, ring: Sequence[Sequence[float]], *, lambert: bool) -> list[list[float]]:
    points = np.array([point[:2] for point in ring], dtype=np.float64)
    if points.ndim != 2 or len(points) < 4 or not np.isfinite(points).all():
        raise ValueError("un contour n'est pas une suite d'au moins quatre points")
    x, y = to_degrees(points[:, 0], points[:, 1]) if lambert else (points[:, 0], points[:, 1])
    if np.abs(x).max() > 180 or np.abs(y).max() > 90:
        raise _projection(path, "des coordonnées ne sont pas des degrés")
    return np.column_stack([x, y]).round(DIGITS).tolist()  # type: ignore[no-any-return]


def _coded(path: Path, found: Sequence[tuple[Properties, dict[str, Any]]]) -> tuple[Shape, ...]:
    """Return zones by the first column that reads like a code and tells them apart."""
    columns = list(found[0][0])
    for column in (name for name in columns if CODES.match(name)):
        codes = [properties.get(column, "") for properties, _ in found]
        if all(codes) and len(set(codes)) == len(codes):
            label = next((name for name in columns if LABELS.match(name)), column)
            shapes = [Shape(p[column], p.get(label, p[column]), g) for p, g in found]
            return tuple(sorted(shapes, key=lambda shape: shape.code))
    raise InputFileError(
        "code-introuvable",
        f"{path.name} : aucune colonne n'est un code qui distingue ses {len(found)} zones.",
        allowed=columns,
        todo="Nommez « code » la colonne des codes et « libelle » celle des noms.",
    )


def _projection(path: Path, what: str) -> InputFileError:
    return InputFileError(
        "projection-inconnue",
        f"{path.name} : projection {what}.",
        allowed=["WGS84 (degrés)", "Lambert-93 (EPSG:2154)"],
        todo="Convertissez ce fichier, par exemple avec QGIS ou ogr2ogr -t_srs EPSG:4326.",
    )


def _unreadable(path: Path, why: str) -> InputFileError:
    return InputFileError(
        "fond-illisible",
        f"{path.name} ne se lit pas comme un fond de carte ({why}).",
        todo="Attendus : GeoJSON (compressé par gzip ou non) ou shapefile avec ses fichiers .shx, .dbf et .prj.",
    )
