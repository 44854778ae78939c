"""Loaded outlines in the plane of our maps: what they are taken for, where they lie, how they are drawn."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sanoscope.catalogue.load import catalogue
from sanoscope.nomenclature.lambert import to_degrees
from sanoscope.nomenclature.shapes import Shape, read_shapes
from sanoscope.nomenclature.simplify import lighter
from sanoscope.present.pictures import picture
from sanoscope.present.pictures.geometry import geometry
from sanoscope.present.pictures.outlines import centres, in_crown, outlines
from sanoscope.query.table import Label
from tests.present.tables import every_state

CARTOGRAPHIE = catalogue().restitution("cartographie-activite-mco")


def square(code: str, x: float, y: float, size: float = 0.4) -> Shape:
    """A zone of some degrees around a point."""
    west, south, east, north = x - size, y - size, x + size, y + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return Shape(code, f"Zone {code}", {"type": "Polygon", "coordinates": [ring]})


def around(level: str, *codes: str) -> list[Shape]:
    """Squares around the centres of our own territories (mainland)."""
    found = []
    for code in codes:
        place = geometry("regions" if level == "regions" else "departements").places[code]
        x, y = to_degrees(np.array([40_000 + place.x * 500.0]), np.array([7_125_000 - place.y * 500.0]))
        found.append(square(code, float(x[0]), float(y[0])))
    return found


@pytest.mark.parametrize("level", ["departements", "regions"])
def test_codes_that_are_of_both_levels_are_told_apart_by_where_they_lie(level: str) -> None:
    made = outlines("essai", around(level, "44", "53", "76"))  # Loire-Atlantique or Grand Est, Mayenne or Bretagne…
    assert made
    assert made.what == level


def test_geographic_codes_are_recognised_and_anything_else_is_not_drawn() -> None:
    made = outlines("essai", [square("29200", -4.49, 48.39, 0.05), square("2A000", 8.74, 41.93, 0.05)])
    assert made
    assert made.what == "code_geo"
    assert outlines("essai", [square("bassin-1", 2, 48)]) is None
    assert outlines("essai", [square("29", 7.0, 44.0)]) is None  # a code of ours, far from where it should be
    assert outlines("essai", []) is None


def test_overseas_is_in_its_inset_and_what_is_elsewhere_is_outside() -> None:
    madrid = square("99000", -3.7, 40.4)
    made = outlines("essai", [square("29200", -4.49, 48.39), square("9D000", 55.5, -21.1), madrid])
    assert made
    assert made.outside == 1
    left, top, right, bottom = geometry("departements").frames[3]
    here = made.geometry.places["9D000"]
    assert left < here.x < right
    assert top < here.y < bottom


def test_paris_is_in_its_inset_as_our_own() -> None:
    for code, place in geometry("departements").places.items():
        if place.inset:
            moved = in_crown(replace(place, inset=None), code)
            assert moved.inset == pytest.approx(place.inset, abs=3)
    rennes = geometry("departements").places["35"]
    assert in_crown(rennes, "35") == rennes


# in a map ------------------------------------------------------------------------------------------------------------


def hospitals() -> Any:
    """A table of three hospitals in Finistère, all published."""
    table = every_state()
    figure = replace(table.figures[2], values=(5, 10, 20), states=table.figures[2].states[:3], estimates=(), margins=())
    labels = (Label("finess", "FINESS", ("1", "2", "3")), Label("raison_sociale", "Nom", ("A", "B", "C")))
    return replace(table, labels=labels, figures=(replace(figure, name="sejours"),), kinds=("detail",) * 3)


PLACES: picture.Places = {
    "departements": {"1": "29", "2": "29", "3": "29"},
    "regions": {},
    "code_geo": {"1": "29200", "2": "29000", "3": "29999"},
}


def test_hospitals_are_at_the_centre_of_their_code_where_it_has_an_outline() -> None:
    fond = outlines("codes", [square("29200", -4.49, 48.39, 0.05), square("29000", -4.10, 48.0, 0.05)])
    assert fond
    known = centres(fond, PLACES["code_geo"])
    assert sorted(known) == ["1", "2"]
    made = picture.carte(hospitals(), CARTOGRAPHIE, PLACES, fond=fond)
    spots = {d["nom"]: (d["x"], d["y"]) for d in made.spec["layer"][-3]["data"]["values"]}
    assert spots["A"][0] < spots["B"][0]  # Brest is west of Quimper
    assert spots["A"][1] < spots["B"][1]  # and north of it
    assert "1 sont au centre du département" in made.description
    assert "« codes »" in str(made.spec)


def test_a_choropleth_draws_the_loaded_borders_and_says_whose_they_are() -> None:
    fond = outlines("miens", around("departements", "29", "35"))
    assert fond
    made = picture.carte(hospitals(), CARTOGRAPHIE, PLACES, fond=fond)
    assert made.spec["data"]["format"] == {"type": "json", "property": "features"}
    assert {f["id"] for f in made.spec["data"]["values"]["features"]} == {"29", "35"}
    assert "Fond : « miens »." in str(made.spec)
    assert "35" in made.description


# real files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "what", "count"),
    [
        ("departements-avec-outre-mer.geojson.gz", "departements", 101),
        ("regions-avec-outre-mer.geojson.gz", "regions", 18),
        ("atih_metropole_fondpmsi2017_z.shp", "code_geo", 5642),
    ],
)
def test_published_outlines_are_drawn_where_ours_are(shared: Path, name: str, what: str, count: int) -> None:
    made = outlines("essai", lighter(read_shapes(shared / "data" / "geo" / name)))
    assert made
    assert (made.what, len(made.geometry.places), made.outside) == (what, count, 0)
    if made.what != "code_geo":
        for code, own in geometry(made.what).places.items():
            here = made.geometry.places[code]
            assert abs(here.x - own.x) + abs(here.y - own.y) < 20, code  # 10 km
    else:
        left, top, right, bottom = geometry("departements").places["29"].bounds
        brest = made.geometry.places["29200"]
        assert left < brest.x < right
        assert top < brest.y < bottom
