"""Pictures: what is drawn is what the table shows, no more; nothing masked has a shape; all is readable by all."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from sanoscope.catalogue.load import catalogue
from sanoscope.catalogue.restitution import Carte, Graphique
from sanoscope.nomenclature.reading import read_table
from sanoscope.nomenclature.reference import OWN
from sanoscope.nomenclature.tables import DEPARTEMENTS
from sanoscope.present.numbers import cell
from sanoscope.present.pictures import classes, picture
from sanoscope.present.pictures.bars import bars
from sanoscope.present.pictures.choropleth import choropleth
from sanoscope.present.pictures.circles import circles
from sanoscope.present.pictures.flows import flows
from sanoscope.present.pictures.frame import Picture
from sanoscope.present.pictures.funnel import funnel
from sanoscope.present.pictures.geometry import geometry
from sanoscope.present.pictures.lines import lines
from sanoscope.present.pictures.palette import CONTRAST, DARK, LIGHT, Palette, contrast
from sanoscope.present.pictures.pyramid import pyramid
from sanoscope.present.pictures.render import to_png, to_svg
from sanoscope.present.pictures.scatter import OTHERS, scatter
from sanoscope.present.pictures.values import NothingToDrawError, names
from sanoscope.query.table import Figure, Label, Measured, State, Table
from tests.present.tables import MISSING, A, E, M, S, every_state, measured

PALETTES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda p: p.theme)
Cell = tuple[State, Figure, Figure, Figure]
MASKED: Cell = (M, None, None, None)
SECRET: Cell = (S, None, None, None)


def exact(value: float) -> Cell:
    return (E, value, None, None)


def near(value: float, margin: float) -> Cell:
    return (A, None, value, margin)


def figure(name: str, cells: Sequence[Cell], *, unit: str = "", decimals: int = 0) -> Measured:
    states, values, estimates, margins = zip(*cells, strict=True)
    return measured(name, states, values, estimates=estimates, margins=margins, unit=unit, decimals=decimals)


def table(labels: dict[str, Sequence[str]], *figures: Measured, total: bool = False) -> Table:
    rows = len(figures[0].states)
    return Table(
        title="Essai — 2023",
        query="annee=2023",
        labels=tuple(Label(name, name.capitalize(), tuple(values)) for name, values in labels.items()),
        figures=figures,
        kinds=("detail",) * (rows - total) + ("total",) * total,
        edition="petite",
        state="en cours",
        made="2024-01-02",
    )


def of_hospitals(*cells: Cell) -> Table:
    codes = [f"29000000{i}" for i in range(len(cells))]
    return table({"finess": codes, "raison_sociale": [f"CH {c[-1]}" for c in codes]}, figure("sejours", cells))


def of_codes(*cells: Cell) -> Table:
    codes = [f"2900{i}" for i in range(len(cells))]
    return table({"code_geo": codes, "libelle_code_geo": [f"Commune {c}" for c in codes]}, figure("sejours", cells))


def of_departements(cells: dict[str, Cell]) -> Table:
    return table({"departement": list(cells)}, figure("sejours", list(cells.values())))


def of_ages(*cells: Cell) -> Table:
    ages = ["0 à 4 ans", "5 à 9 ans", "10 à 14 ans"]
    return table({"age5": [a for a in ages for _ in "12"], "sexe": list("121212")}, figure("sejours", cells))


def of_flows(*cells: Cell) -> Table:
    ends = [("53", "11"), ("11", "53"), ("53", "53"), ("93", "84")]
    zones = {"region_residence": [a for a, _ in ends], "region": [b for _, b in ends]}
    return table(zones, figure("sejours", cells))


def of_years(*cells: Cell) -> Table:
    years = ["2020", "2021", "2022", "2023"]
    return table({"annee": years, "cas": ["C"] * 4, "libelle_cas": ["Chirurgie"] * 4}, figure("sejours", cells))


def of_shares(*pairs: tuple[Cell, Cell]) -> Table:
    codes = [f"29000000{i}" for i in range(len(pairs))]
    shares = figure("part", [a for a, _ in pairs], unit="%", decimals=1)
    sizes = figure("sejours", [b for _, b in pairs])
    return table({"finess": codes, "raison_sociale": codes}, shares, sizes, total=True)


PLACES = {f"29000000{i}": "29" if i < 3 else "35" for i in range(9)} | {f"2900{i}": "29" for i in range(9)}
GENRES: dict[str, tuple[Callable[..., Table], int, Callable[[Table, Palette], Picture]]] = {
    "barres": (of_hospitals, 4, lambda t, p: bars(t, "sejours", 20, p, "essai")),
    "lignes": (of_years, 4, lambda t, p: lines(t, "sejours", 20, p, "essai")),
    "pyramide": (of_ages, 6, lambda t, p: pyramid(t, "sejours", p, "essai")),
    "points": (of_hospitals, 4, lambda t, p: circles(t, "sejours", p, "essai", PLACES)),
    "codes": (of_codes, 4, lambda t, p: circles(t, "sejours", p, "essai", PLACES)),
    "flux": (of_flows, 4, lambda t, p: flows(t, "sejours", p, "essai")),
    "sommes": (of_hospitals, 6, lambda t, p: choropleth(t, "sejours", "departements", p, "essai", PLACES)),
    "carte": (
        lambda *cells: of_departements(dict(zip(["29", "35", "2A", "971", "75", "01"], cells, strict=True))),
        6,
        lambda t, p: choropleth(t, "sejours", "departements", p, "essai"),
    ),
}
every_genre = pytest.mark.parametrize("genre", GENRES)


def rows_drawn(made: Picture) -> list[dict[str, Any]]:
    """Every datum of a specification that carries a figure."""
    found = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "valeur" in node or "largeur" in node:
                found.append(node)
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(made.spec["layer"])
    return found


def marks(made: Picture, role: str) -> list[dict[str, Any]]:
    """The items of a kind of mark, as the renderer places them."""
    found: list[dict[str, Any]] = []

    def walk(node: dict[str, Any], of: str) -> None:
        if of == role and node.get("items") is None:
            found.append(node)
        for child in node.get("items", []):
            walk(child, node.get("marktype", of) if node.get("role") == "mark" else "")

    walk(vl_convert.vegalite_to_scenegraph(made.spec, vl_version="6.4")["scenegraph"], "")
    return found


def looks(made: Picture) -> list[tuple[str, ...]]:
    """How each mark is painted."""
    roles = ("rect", "symbol", "shape", "trail", "line")
    items = [(role, item) for role in roles for item in marks(made, role)]
    return sorted((role, *(str(item.get(key)) for key in ("fill", "stroke", "opacity"))) for role, item in items)


# what is drawn is what is shown --------------------------------------------------------------------------------------


def test_bars_are_as_long_as_their_figures() -> None:
    made = bars(of_hospitals(exact(100), exact(400), near(203.4, 12)), "sejours", 20, LIGHT, "essai")
    lengths = [item["width"] for item in marks(made, "rect")]
    assert [length / lengths[0] for length in lengths] == pytest.approx([1, 200 / 400, 100 / 400])


def test_a_figure_is_drawn_as_rounded_as_the_table_shows_it() -> None:
    """Neither a ratio's further digits nor an estimate's are in the picture: sums could be found again from them."""
    shares = figure("part", [exact(41.83421), near(12.34567, 0.3)], unit="%", decimals=1)
    made = bars(table({"finess": ["a", "b"]}, shares), "part", 20, LIGHT, "essai")
    assert {datum["valeur"] for datum in rows_drawn(made)} == {41.8, 12.3}
    assert not re.search(r"41\.83|12\.34", json.dumps(made.spec))


@every_genre
def test_nothing_masked_has_a_shape(genre: str) -> None:
    """A picture is the same, byte for byte, whatever keeps a cell from being shown; and no datum is of such a row."""
    build, size, draw = GENRES[genre]
    cells = [exact(5000), near(1234, 10)] + [exact(300 + i) for i in range(size - 2)]
    svgs = set()
    for hidden in (MASKED, SECRET, (MISSING, None, None, None)):
        made = draw(build(*cells[:1], hidden, *cells[2:]), LIGHT)
        svgs.add(to_svg(made))
    assert len(svgs) == 1
    drawn = {datum.get("nom", datum.get("de")) for datum in rows_drawn(made)}
    full = {datum.get("nom", datum.get("de")) for datum in rows_drawn(draw(build(*cells), LIGHT))}
    if genre not in ("lignes", "pyramide"):
        assert drawn < full
    assert len(rows_drawn(made)) < len(rows_drawn(draw(build(*cells), LIGHT)))
    assert "1 à 10" not in svgs.pop().decode()


@every_genre
def test_what_is_approximate_is_drawn_differently(genre: str) -> None:
    build, size, draw = GENRES[genre]
    cells = [exact(5000)] + [exact(300 + i) for i in range(size - 1)]
    exactly, nearly = draw(build(*cells), LIGHT), draw(build((A, None, 5000, None), *cells[1:]), LIGHT)
    assert looks(exactly) != looks(nearly)
    assert any(text in " ".join(nearly.spec["title"]["subtitle"]) for text in ("approchée", "approché"))
    assert "approch" not in " ".join(exactly.spec["title"]["subtitle"])


@every_genre
def test_nothing_to_draw_says_why(genre: str) -> None:
    build, size, draw = GENRES[genre]
    with pytest.raises(NothingToDrawError, match="masquées"):
        draw(build(*[MASKED] * size), LIGHT)


def test_an_empty_table_has_no_picture() -> None:
    empty = replace(every_state(), labels=(Label("finess", "FINESS", ()),), figures=(), kinds=())
    with pytest.raises(NothingToDrawError, match="n'a pas de mesure"):
        bars(empty, "sejours", 20, LIGHT, "essai")


@every_genre
def test_the_table_behind_a_picture_has_its_figures(genre: str) -> None:
    build, size, draw = GENRES[genre]
    cells = [exact(5000), near(1234, 10), MASKED] + [exact(300 + i) for i in range(size - 3)]
    made = draw(build(*cells), LIGHT)
    column = made.behind.figures[0]
    shown = {cell(column, row) for row in range(len(made.behind))}
    said = {str(datum["dit"]).split(" (±")[0] for datum in rows_drawn(made)}
    assert said <= shown


def test_the_year_before_is_a_mark_on_the_bar() -> None:
    this, last = figure("part", [exact(40.0), exact(20.0)]), figure("part_n1", [exact(30.0), MASKED])
    made = bars(table({"finess": ["a", "b"]}, this, last), "part", 20, LIGHT, "essai")
    assert [datum.get("avant") for datum in made.spec["layer"][0]["data"]["values"]] == [30.0, None]


# genres --------------------------------------------------------------------------------------------------------------


def test_a_line_stops_where_a_year_is_not_published() -> None:
    made = lines(of_years(exact(100), MASKED, exact(120), exact(130)), "sejours", 20, LIGHT, "essai")
    assert [(d["annee"], d["segment"]) for d in made.spec["layer"][0]["data"]["values"]] == [
        ("2020", 0),
        ("2022", 1),
        ("2023", 1),
    ]


def test_men_are_on_the_left_and_women_on_the_right() -> None:
    made = pyramid(of_ages(*[exact(v) for v in (10, 20, 30, 40, 50, 60)]), "sejours", LIGHT, "essai")
    middle = made.spec["width"] / 2
    by_fill = {item["fill"]: item for item in marks(made, "rect")}
    assert by_fill[LIGHT.mark]["x"] < middle
    assert by_fill[LIGHT.second]["x"] == pytest.approx(middle)


def test_control_limits_are_those_of_a_proportion() -> None:
    """Mean 10 %, 100 stays: standard error 3 points; 95 % at 5.88 points, 99.8 % at 9.27 points."""
    rows = [(exact(19.0), exact(100)), (exact(19.4), exact(100)), (exact(10.0), exact(200))]
    made = funnel(of_shares(*rows), "part", "sejours", LIGHT, "essai")
    edges = {(d["n"], d["limite"]): d for layer in made.spec["layer"] for d in layer["data"]["values"] if "limite" in d}
    ((low, high),) = {
        (d["bas"], d["haut"]) for (n, z), d in edges.items() if z == "95 %" and n == max(n for n, _ in edges)
    }
    assert low == pytest.approx(10 - 1.96 * 30 / (104) ** 0.5, abs=1e-3)
    assert high == pytest.approx(10 + 1.96 * 30 / (104) ** 0.5, abs=1e-3)
    places = {d["valeur"]: d["place"] for d in rows_drawn(made)}
    assert places == {19.0: "Dans les limites", 19.4: "Hors des limites à 99,8 %"}


def test_an_approximate_figure_is_outside_only_if_all_of_it_is() -> None:
    """Mean 10 %, 100 stays, limit at 19.27 %."""
    rows = [(near(19.9, 0.5), exact(100)), (near(19.9, 1.0), exact(100)), (exact(10.0), exact(200))]
    made = funnel(of_shares(*rows), "part", "sejours", LIGHT, "essai")
    assert [d["place"].split()[0] for d in rows_drawn(made)] == ["Hors", "Dans"]


def test_a_hospital_without_both_figures_is_no_point() -> None:
    rows = [(exact(9.0), exact(100)), (exact(8.0), MASKED), (SECRET, exact(300)), (exact(10.0), exact(700))]
    made = funnel(of_shares(*rows), "part", "sejours", LIGHT, "essai")
    assert [(d["valeur"], d["taille"]) for d in rows_drawn(made)] == [(9.0, 100)]
    assert "2 lignes sans les deux valeurs" in " ".join(made.spec["title"]["subtitle"])


def test_limits_are_not_drawn_where_the_total_is_not_published() -> None:
    made = funnel(of_shares((exact(19.0), exact(100)), (MASKED, exact(200))), "part", "sejours", LIGHT, "essai")
    assert not any("limite" in d for layer in made.spec["layer"] for d in layer["data"]["values"])


def test_hospitals_are_added_up_by_departement_only_where_all_are_published() -> None:
    cells = [exact(100), exact(20), near(1000, 4), exact(5), exact(6), MASKED]
    codes = ["29", "29", "35", "35", "22", "22"]
    places = {f"29000000{i}": code for i, code in enumerate(codes)}
    made = choropleth(of_hospitals(*cells), "sejours", "departements", LIGHT, "essai", places)
    column = made.behind.figures[0]
    shown = {code: cell(column, row) for row, code in enumerate(made.behind.labels[0].values)}
    assert shown == {"22": "s.", "29": "120", "35": "≈ 1\u202f005"}


def test_a_ratio_is_not_added_up() -> None:
    shares = figure("part", [exact(40.0)], unit="%", decimals=1)
    with pytest.raises(NothingToDrawError, match="s'additionne pas"):
        choropleth(table({"finess": ["290000000"]}, shares), "part", "departements", LIGHT, "essai", PLACES)


def test_what_stays_in_its_zone_is_no_flow() -> None:
    made = flows(of_flows(exact(10), exact(20), exact(9999), exact(30)), "sejours", LIGHT, "essai")
    assert {(d["de"], d["vers"]) for d in rows_drawn(made)} == {
        ("Bretagne", "Île-de-France"),
        ("Île-de-France", "Bretagne"),
        ("Provence-Alpes-Côte d'Azur", "Auvergne-Rhône-Alpes"),
    }
    assert max(d["largeur"] for d in rows_drawn(made)) == 30


def test_circles_of_a_departement_do_not_hide_each_other() -> None:
    made = circles(of_hospitals(*[exact(v) for v in (900, 500, 400)]), "sejours", LIGHT, "essai", PLACES)
    spots = [(item["x"], item["y"], (item["size"] / 3.14159) ** 0.5) for item in marks(made, "symbol")]
    assert len(spots) == 3
    for i, (x, y, r) in enumerate(spots):
        assert all((x - a) ** 2 + (y - b) ** 2 >= (r + s) ** 2 for a, b, s in spots[i + 1 :])


def test_bars_of_classes_of_length_stay_in_their_order() -> None:
    lengths = table({"duree_classe": ["00", "01", "02"]}, figure("sejours", [exact(50), exact(20), exact(90)]))
    made = bars(lengths, "sejours", 20, LIGHT, "essai")
    assert [row["valeur"] for row in rows_drawn(made)][:3] == [50, 20, 90]
    assert "La plus grande : 02, 90 ; la plus petite montrée : 01, 20." in made.description


def test_circles_of_geographic_codes_say_so() -> None:
    made = circles(of_codes(exact(900), exact(500)), "sejours", LIGHT, "essai", PLACES)
    assert made.title.startswith("Sejours par code géographique")
    assert "Chaque cercle est un code géographique, près du centre de son département." in made.description
    assert len(marks(made, "symbol")) == 2


# classes -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=101))
def test_no_class_is_empty_and_there_are_at_most_six(values: list[int]) -> None:
    of = classes.limits(values)
    filled = {classes.place(v, of) for v in values}
    assert list(of) == sorted(set(of))
    assert len(of) < 6
    assert filled == set(range(len(of) + 1))
    assert len(classes.labels(of, "")) == len(of) + 1


def test_limits_are_round() -> None:
    of = classes.limits([1234, 2345, 3456, 4567, 5678, 6789, 7890, 8901, 9012, 10123, 11234, 12345])
    assert of == (2900.0, 5100.0, 7300.0, 9000.0, 11000.0)


# colours, words, files -----------------------------------------------------------------------------------------------


@PALETTES
def test_every_mark_stands_out_from_its_ground(palette: Palette) -> None:
    for colour in (palette.mark, palette.second, palette.border, *palette.classes, *palette.series):
        assert contrast(colour, palette.background) >= CONTRAST, colour
    for colour in (palette.text, palette.quiet):
        assert contrast(colour, palette.background) >= 4.5, colour
    lightness = [contrast(colour, palette.background) for colour in palette.classes]
    assert all(b / a > 1.15 for a, b in pairwise(lightness))


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@PALETTES
@every_genre
def test_a_picture_is_the_same_each_time_and_says_what_it_is(genre: str, palette: Palette) -> None:
    build, size, draw = GENRES[genre]
    cells = [exact(5000), near(1234, 10), MASKED] + [exact(300 + i) for i in range(size - 3)]
    made = draw(build(*cells), palette)
    svg = to_svg(made).decode()
    assert svg == to_svg(draw(build(*cells), palette)).decode()
    assert made.title in svg
    assert "édition petite (en cours)" in svg
    assert re.search(r"<desc[^>]*>(.*?)</desc>", svg)
    assert svg.startswith("<svg")
    assert 'role="img"' in svg
    assert not re.findall(r'(?:href|src)="', svg)
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(re.findall(r'id="([^"]+)"', svg))
    png = to_png(made)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") > 1000


def test_numbers_are_written_in_french() -> None:
    svg = to_svg(bars(of_hospitals(exact(12345), exact(4000)), "sejours", 20, LIGHT, "essai")).decode()
    assert "12\u202f345" in svg
    assert "10\u202f000" in svg


def test_names_that_begin_alike_begin_with_their_codes() -> None:
    alike = "Insuffisances cardiaques et états de choc circulatoire, niveau"
    codes = ["05M091", "05M092", "05C101"]
    labels = table(
        {"ghm": codes, "libelle_ghm": [f"{alike} 1", f"{alike} 2", "Chirurgie de remplacement valvulaire"]},
        figure("sejours", [exact(20), exact(30), exact(40)]),
    )
    assert names(labels) == [f"05M091 · {alike} 1", f"05M092 · {alike} 2", "Chirurgie de remplacement valvulaire"]


def test_what_is_said_of_a_row_and_changes_does_not_break_its_line() -> None:
    whole = table({"annee": ["2022", "2023"], "finess": ["a", "a"]}, figure("sejours", [exact(20), exact(30)]))
    classed = replace(whole, labels=(*whole.labels, Label("classe", "Classe", ("A", "B"), "Classe.", tells=False)))
    told = lines(classed, "sejours", 20, LIGHT, "essai").description
    assert told == lines(whole, "sejours", 20, LIGHT, "essai").description
    assert "a : 20 en 2022, 30 en 2023" in told


def test_a_name_is_text_and_nothing_else() -> None:
    names = ["<script>alert(1)</script>", "datum.valeur | 1"]
    sly = table({"finess": ["a", "b"], "raison_sociale": names}, figure("sejours", [exact(20), exact(30)]))
    svg = to_svg(bars(sly, "sejours", 20, LIGHT, "essai")).decode()
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


# geometry ------------------------------------------------------------------------------------------------------------


def test_every_departement_and_region_has_its_place() -> None:
    known = dict(read_table(DEPARTEMENTS, OWN / "departements.csv").select("code", "region").iter_rows())
    departements, regions = geometry("departements").places, geometry("regions").places
    assert set(departements) == set(known)
    assert set(regions) == set(known.values())
    for code, place in departements.items():
        left, top, right, bottom = regions[known[code]].bounds
        assert left <= place.x <= right
        assert top <= place.y <= bottom


def test_the_geometry_is_small() -> None:
    assert sum(len(json.dumps(geometry(level).topology)) for level in ("departements", "regions")) < 150_000


@every_genre
def test_a_page_keeps_about_the_place_that_a_picture_takes(genre: str) -> None:
    make, count, draw = GENRES[genre]
    made = draw(make(*[exact(100 + 10 * i) for i in range(count)]), LIGHT)
    shown = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', to_svg(made).decode())
    assert shown
    assert made.size == pytest.approx((float(shown[1]), float(shown[2])), rel=0.1)


# declarations --------------------------------------------------------------------------------------------------------


def test_several_years_make_lines_of_bars() -> None:
    casemix = catalogue().restitution("casemix-mco")
    made = picture.chart(of_years(*[exact(v) for v in (100, 110, 120, 130)]), casemix)
    assert made.spec["layer"][0]["mark"]["type"] == "line"


def test_each_declared_genre_is_drawn() -> None:
    """Genres without a restitution yet are drawn by the same door."""
    casemix = catalogue().restitution("casemix-mco")
    ages = casemix.model_copy(update={"graphiques": (Graphique(genre="pyramide", mesure="sejours"),)})
    assert "Pyramide" in picture.chart(of_ages(*[exact(v) for v in range(20, 26)]), ages).description
    deaths = casemix.model_copy(update={"graphiques": (Graphique(genre="nuage", mesure="part", effectif="sejours"),)})
    shares = of_shares((exact(1.0), exact(50)), (exact(1.0), exact(50)))
    assert "Nuage" in picture.chart(shares, deaths).description
    moves = casemix.model_copy(update={"carte": Carte(genres=("flux",), mesure="sejours")})
    assert (
        "flux"
        in picture.carte(
            of_flows(*[exact(v) for v in (10, 20, 30, 40)]), moves, {"departements": {}, "regions": {}}
        ).description
    )


def test_a_funnel_says_its_size() -> None:
    with pytest.raises(ValueError, match="effectif"):
        Graphique(genre="nuage", mesure="part")


# the crossed scatter ------------------------------------------------------------------------------------------------

CROSSED = Graphique(
    genre="nuage-croise", mesure="ip_dms", abscisse="occupation", effectif="sejours", couleur="categorie"
)


def of_crossed(
    cells: Sequence[tuple[Cell, Cell, Cell]], categories: Sequence[str] = (), beside: tuple[str, ...] = ()
) -> Table:
    codes = [f"29000000{i:x}" for i in range(len(cells))]
    labels = {"finess": codes, "raison_sociale": [f"CH {c[-1]}" for c in codes]}
    labels["categorie"] = list(categories) or ["CH"] * len(cells)
    ups, alongs, sizes = zip(*cells, strict=True)
    figures = figure("ip_dms", ups, decimals=2), figure("occupation", alongs, unit="%", decimals=1)
    return replace(table(labels, *figures, figure("sejours", sizes)), beside=beside)


@PALETTES
def test_a_crossed_scatter_draws_what_both_columns_show_and_nothing_masked(palette: Palette) -> None:
    shown = (exact(1.04), exact(85.04), exact(1200))
    cells = [
        shown,
        (near(0.9, 0.01), exact(70), exact(300)),
        (MASKED, exact(60), exact(50)),
        (exact(1), SECRET, exact(50)),
        (exact(1), exact(50), MASKED),
    ]
    drawn = scatter(of_crossed(cells, ["CH", "PRIVÉ", "CH", "CH", "CH"], ("sae-2022",)), CROSSED, palette, "essai")
    (layer, _) = drawn.spec["layer"]
    points = [(d["abscisse"], d["valeur"], d["taille"], d["groupe"]) for d in layer["data"]["values"]]
    assert points == [(85.0, 1.04, 1200, "CH"), (70.0, 0.9, 300, "PRIVÉ")]
    assert [d["approche"] for d in layer["data"]["values"]] == [False, True]
    assert layer["encoding"]["x"]["title"] == "Occupation (%)"
    assert layer["encoding"]["y"]["title"] == "Ip_dms"
    assert "3 lignes sans tous les chiffres publiés ne sont pas dessinées." in drawn.spec["title"]["subtitle"]
    assert "Nuage de 2 points." in drawn.description
    assert "Occupation (%) : de 70,0 à 85,0." in drawn.description
    assert "Indicateurs : édition sae-2022." in drawn.head.source
    svg = to_svg(drawn).decode()
    assert " style=" not in svg
    assert len(drawn.behind) == 2


def test_a_crossed_scatter_tells_its_colours_by_shape_and_the_rarest_together() -> None:
    cells = [(exact(1 + i / 10), exact(50 + i), exact(100)) for i in range(9)]
    kinds = ["A", "A", "B", "B", "C", "C", "D", "E", "F"]
    drawn = scatter(of_crossed(cells, [*kinds[:8], "G"]), CROSSED, LIGHT, "essai")
    encoding = drawn.spec["layer"][0]["encoding"]
    domain, colours = encoding["stroke"]["scale"]["domain"], encoding["stroke"]["scale"]["range"]
    assert len(domain) == len(set(colours)) == len(set(encoding["shape"]["scale"]["range"])) == 6
    assert domain[:3] == ["A", "B", "C"]
    seven = scatter(of_crossed(cells, ["A", "A", "B", "C", "D", "E", "F", "G", "G"]), CROSSED, LIGHT, "essai")
    assert seven.spec["layer"][0]["encoding"]["stroke"]["scale"]["domain"][-1] == OTHERS


def test_a_crossed_scatter_without_a_point_says_why() -> None:
    with pytest.raises(NothingToDrawError, match="masquées ou secrètes"):
        scatter(of_crossed([(MASKED, exact(1), exact(1))]), CROSSED, LIGHT, "essai")
    with pytest.raises(NothingToDrawError, match="à la fois"):
        scatter(of_crossed([(MASKED, exact(1), exact(1)), (exact(1), SECRET, exact(1))]), CROSSED, LIGHT, "essai")
