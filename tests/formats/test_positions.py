"""Every position of every layout: against the official sheets where they exist, and against two other descriptions."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sanoscope.formats.layout import Field, Layout
from sanoscope.formats.registry import layouts
from tests.formats.descriptions import Described, disagreements, official, official_item, pmeasyr, pmsixml

ALL_YEARS = range(2011, 2027)

# kind, version, workbook, sheet, column of the sizes, characters before the first one
OFFICIAL = [
    ("rsa", "223", "formats_anonymes_mco_2017.xlsx", "LAMDA N-1 RSA", 2, 9),
    ("rsa", "224", "formats_anonymes_mco_2017.xlsx", "RSA 224", 2, 0),
    ("rsa", "226", "formats_anonymes_mco_2022_M3.xlsx", "LAMDA N-1 RSA", 2, 0),
    ("rsa", "227", "formats_anonymes_mco_2022_M3.xlsx", "RSA", 2, 0),
    ("rsa", "227", "formats_anonymes_mco_2023.xlsx", "LAMDA N-1 RSA", 2, 0),
    ("rsa", "228", "formats_anonymes_mco_2023.xlsx", "RSA", 2, 0),
    ("ano", "ano-2015", "formats_anonymes_mco_2017.xlsx", "LAMDA N-1 ANO", 1, 9),
    ("ano", "ano-2017", "formats_anonymes_mco_2017.xlsx", "ANO", 1, 0),
    ("ano", "ano-2020", "formats_anonymes_mco_2022_M3.xlsx", "LAMDA N-1 ANO_ES", 1, 0),
    ("ano", "ano-2022", "formats_anonymes_mco_2022_M3.xlsx", "ANO_ES", 1, 0),
    ("ano", "ano-2022", "formats_anonymes_mco_2023.xlsx", "ANO_ES", 1, 0),
    ("rss", "121", "formats_mco2022-2.xlsx", "RSS groupé format 121", 2, 0),
    ("rss", "021", "formats_mco2022-2.xlsx", "RSS non groupé format 021", 2, 0),
    ("rss", "122", "formats_mco_2024.xlsx", "RSS groupé format 122 ", 2, 0),
    ("rss", "022", "formats_mco_2024.xlsx", "RSS non groupé format 022 ", 2, 0),
    ("rss", "123", "formats_mco_2026(2).xlsx", "RSS groupé format 123", 2, 0),
    ("rss", "023", "formats_mco_2026(2).xlsx", "RSS non groupé format 023", 2, 0),
    ("vidhosp", "V014", "formats_mco2022-2.xlsx", "VID-HOSP", 1, 0),
    ("vidhosp", "V014", "formats_mco_2024.xlsx", "VID-HOSP", 1, 0),
    ("vidhosp", "V015", "formats_mco_2026(2).xlsx", "VID-HOSP", 1, 0),
]

FIRST = {
    "autorisations": r"^Type d'autorisation à portée",
    "radiotherapie": r"Code du supplément",
    "unites": r"(Numéro|N°) séquentiel d[ue] RUM$",
    "diagnostics": r"^DA n° ?1",
    "donnees": r"^DAD n° ?1",
    "actes": r"Délai depuis|Date de réalisation$",
    "dmt": r"^DMT n°1",
}
"""How the first field of each repeated zone is called in the sheets."""

NUMBER = {"cle_rsa 13-22", "cle_rsa 53-62", "cle_rsa 162-171"}
"""The key of a stay: « index du RSA » or « numéro séquentiel de séjour », by year and source."""

KNOWN = {
    # the sheet gives the last three fields the positions they have in the grouped format (185 to 192)
    ("official", "022"): {"passage_urgences 170-170", "reserve_1 171-174", "reserve_2 175-177"},
    # the sheet places the number of tumours at 179-180 and the next field at 180 again: what follows is one too low
    ("official", "023"): {
        *("nb_tumeurs_radiotherapie 179-180", "radiotherapie_hypofractionnee 182-182", "dialyse_complexite 183-183"),
        *("dialyse_score 184-185", "nb_consultations_dialyse 186-186", "dialyse_duree_hebdomadaire 187-190"),
    },
    # « ART51 »
    **{("official", v): {"article_51 389-389"} for v in ("V014", "V015")},
    # « Séjour facturable », where ours says « Patient facturable »
    ("official", "ano-2015"): {"facturable 120-120"},
    # 80-96 was emptied by 2022: date of birth and filler instead of a number (ours is not kept); 128 has lost its label
    ("official", "ano-2020"): {"numero_anonyme_individuel 80-96", "retour_code_grand_regime 128-128"},
    # « Nombre de DAS du séjour »; in 2012 and 2013 a filler where pmsixml has the dialysis; in 2015, fillers again
    ("pmeasyr", "218"): {"nb_das 208-211"},
    ("pmeasyr", "219"): {"nb_das 215-218", "forfait_dialyse 103-106"},
    ("pmeasyr", "220"): {"nb_das 215-218", "forfait_dialyse 103-106"},
    ("pmeasyr", "222"): {
        *("nb_das 215-218", "admission_maison_naissance 103-103", "radiation_avastin 104-104"),
        *("radiation_alimta 105-105", "ghs_hors_innovation 134-137"),
    },
    **{("pmeasyr", v): {"nb_das 215-218"} for v in ("221", "223", "224")},
    # 195 is « Admission en provenance de maison de naissance », which pmsixml leaves blank: no official sheet to decide
    ("pmeasyr", "225"): {"reserve_2 195-195", "nb_das 215-218"},
    # the same label again in place of the diabetes of the official sheets of 2020, 2022 and 2023
    **{("pmeasyr", v): {"eligible_forfait_diabete 200-200"} for v in ("226", "227", "228")},
    ("pmeasyr", "229"): {"eligible_forfait_diabete 203-203", "nb_soins_intensifs_polyvalents 164-166"},
    # « N° de séjour », the older name of the same five characters
    ("pmeasyr", "ano-2020"): {"delai 97-101", "retour_facturation_18_euros 136-136"},
    ("pmeasyr", "ano-2022"): {"delai 157-161", "retour_facturation_18_euros 196-196"},
    # « Indice de gravité simplifié »
    **{("pmeasyr", str(v)): {"igs2 157-159"} for v in range(117, 123)},
    # a filler still, where the official sheet of 2026 has radiotherapy and dialysis
    ("pmeasyr", "123"): {
        *("igs2 157-159", "radiotherapie_complexe 193-193", "nb_tumeurs_radiotherapie 194-195"),
        *("radiotherapie_adaptative 196-196", "radiotherapie_hypofractionnee 197-197", "dialyse_complexite 198-198"),
        *("dialyse_score 199-200", "nb_consultations_dialyse 201-201", "dialyse_duree_hebdomadaire 202-205"),
    },
    # in 2011 the labels are one line off, and a filler of nine is before the number; the year 2013 stops at 177
    ("pmeasyr", "116"): {
        *("version 10-12", "retour_groupage 13-15", "finess 16-24", "version_rum 25-27"),
        *("numero_rss 28-47", "numero_administratif 48-67", "reserve_2 178-192", "igs2 157-159"),
    },
    # pmsixml has no marker of valves before 2013, and calls 192 a filler where the official sheet of 2017 does not
    ("pmsixml", "219"): {"pose_valve_aortique 132-132", "reserve_1 133-153"},
    ("pmsixml", "224"): {"supplement_defibrillateur 192-192", "reserve_2 193-200"},
    # pmsixml joins the act and its extension
    **{("pmsixml", str(v)): {"code_ccam 9-15", "extension_pmsi 16-18"} for v in range(117, 123)},
}
"""Where a description contradicts itself or another: what it says and why ours stands."""


def layout(kind: str, version: str) -> Layout:
    return next(v for v in layouts(kind) if v.version == version)


def unexpected(source: str, version: str, fields: Sequence[Field], described: list[Described]) -> set[str]:
    known = KNOWN.get((source, version), set()) | NUMBER
    return set(disagreements(fields, described)) - known


@pytest.mark.parametrize(("kind", "version", "book", "sheet", "column", "shift"), OFFICIAL)
def test_the_fixed_part_is_the_official_one(
    shared: Path, kind: str, version: str, book: str, sheet: str, column: int, shift: int
) -> None:
    ours = layout(kind, version)
    described = official(shared / "data" / "formats" / "official_xlsx" / book, sheet, column, shift=shift)
    described = [d for d in described if d.start <= ours.width]
    assert len(described) > 20, "la feuille n'a pas été comprise"
    assert unexpected("official", version, ours.fields, described) == set()
    if version not in {"022", "023"}:
        assert described[-1].end == ours.width


# the sheet of format 226 has the struck-out « 3 » and the « 4 » of the unit's number in one cell
@pytest.mark.parametrize(
    ("kind", "version", "book", "sheet", "column"),
    [row[:5] for row in OFFICIAL if row[0] != "ano" and row[1] != "226"],
)
def test_the_zones_are_the_official_ones(
    shared: Path, kind: str, version: str, book: str, sheet: str, column: int
) -> None:
    path = shared / "data" / "formats" / "official_xlsx" / book
    for zone in layout(kind, version).zones:
        items = official_item(path, sheet, column, first=FIRST[zone.name], count=len(zone.fields))
        assert disagreements(zone.fields, items) == [], zone.name
        assert items[-1].end == zone.width, zone.name


@pytest.mark.parametrize("year", ALL_YEARS)
@pytest.mark.parametrize(("kind", "table"), [("rsa", "rsa"), ("ano", "rsa_ano"), ("rss", "rum")])
def test_every_year_is_as_formats_pmeasyr_has_it(shared: Path, kind: str, table: str, year: int) -> None:
    ours = next(v for v in layouts(kind) if year in v.years)
    described = pmeasyr(shared / "data" / "formats" / "pmeasyr_formats.parquet", table, f"{year % 100:02d}")
    described = [d for d in described if d.end <= ours.width]
    assert len(described) > 20
    assert unexpected("pmeasyr", ours.version, ours.fields, described) == set()


@pytest.mark.parametrize("year", ALL_YEARS)
@pytest.mark.parametrize(("kind", "zone", "table"), [("rsa", "unites", "rsa_um"), ("rsa", "actes", "rsa_actes")])
def test_every_year_has_the_zone_widths_of_formats_pmeasyr(
    shared: Path, kind: str, zone: str, table: str, year: int
) -> None:
    """What tells apart the years 2012 to 2015, whose fixed parts are all of 223 characters."""
    ours = next(v for v in layouts(kind) if year in v.years)
    described = pmeasyr(shared / "data" / "formats" / "pmeasyr_formats.parquet", table, f"{year % 100:02d}")
    assert max(d.end for d in described) == next(z for z in ours.zones if z.name == zone).width


TAGS = {
    "rsa": {
        "": "RSA",
        "autorisations": "AG",
        "radiotherapie": "SR",
        "unites": "RU",
        "diagnostics": "DA",
        "actes": "ZA",
    },
    "rss": {"": "RUM", "diagnostics": "DA", "donnees": "DAD", "actes": "ZA"},
    "vidhosp": {"": "VH", "dmt": "DMT"},
}
UNDESCRIBED = {"123", "023"}
"""Versions that pmsixml does not have: only the official sheets of 2026 do."""


@pytest.mark.parametrize("ours", [v for kind in TAGS for v in layouts(kind)], ids=lambda v: f"{v.kind}-{v.version}")
def test_every_version_is_as_pmsixml_has_it(shared: Path, ours: Layout) -> None:
    path = shared / "data" / "formats" / "pmsixml" / f"{ours.kind}{ours.version}.csv"
    assert path.exists() == (ours.version not in UNDESCRIBED)
    if ours.version in UNDESCRIBED:
        return
    parts = {"": ours.fields} | {zone.name: zone.fields for zone in ours.zones}
    for name, tag in TAGS[ours.kind].items():
        described, fields = pmsixml(path, tag), parts.get(name, ())
        assert unexpected("pmsixml", ours.version, fields, described) == set(), name
        assert sum(d.length for d in described) == sum(f.length for f in fields), name


def test_every_known_difference_is_still_one() -> None:
    """A difference that no layout has any more must leave the list."""
    there = {
        (v.version, f"{f.name} {f.start}-{f.end}")
        for kind in ("rsa", "ano", "rss", "vidhosp")
        for v in layouts(kind)
        for fields in (v.fields, *(z.fields for z in v.zones))
        for f in fields
    }
    assert {(version, what) for (_, version), known in KNOWN.items() for what in known} <= there


OFFICIAL_2023 = ("formats_anonymes_mco_2023.xlsx", "RSA", 2)


@pytest.mark.parametrize("step", [-1, 1])
def test_no_field_can_move_by_one_character_unseen(shared: Path, step: int) -> None:
    """Even onto a neighbour of the same length: the labels tell them apart."""
    ours = layout("rsa", "228")
    book, sheet, column = OFFICIAL_2023
    described = official(shared / "data" / "formats" / "official_xlsx" / book, sheet, column)
    unseen = []
    for moved in ours.fields:
        fields = [replace(f, start=f.start + step) if f is moved else f for f in ours.fields]
        if not unexpected("official", "228", fields, described) and not (moved.name.startswith("reserve")):
            unseen.append(moved.name)
    assert unseen == []


def test_no_two_neighbours_can_be_swapped_unseen(shared: Path) -> None:
    ours = layout("rsa", "228")
    book, sheet, column = OFFICIAL_2023
    described = official(shared / "data" / "formats" / "official_xlsx" / book, sheet, column)
    sexe, mode = ours["sexe"], ours["mode_entree"]
    swapped = [replace(sexe, start=mode.start), replace(mode, start=sexe.start)]
    assert unexpected("official", "228", swapped, described) == {"sexe 60-60", "mode_entree 59-59"}


MEANINGS = {
    "ghm_lu": (31, 6),
    "ghm": (42, 6),
    "nb_rum": (51, 2),
    "age_ans": (53, 3),
    "age_jours": (56, 3),
    "sexe": (59, 1),
    "mode_entree": (60, 1),
    "provenance": (61, 1),
    "mois_sortie": (62, 2),
    "annee_sortie": (64, 4),
    "mode_sortie": (68, 1),
    "destination": (69, 1),
    "type_sejour": (70, 1),
    "duree": (71, 4),
    "code_geo": (75, 5),
    "code_postal": (80, 5),
    "poids": (85, 4),
    "age_gestationnel": (89, 2),
    "nb_seances": (94, 2),
    "ghs": (96, 4),
    "nb_autorisations": (114, 1),
    "nb_radiotherapie": (136, 1),
    "passage_urgences": (207, 1),
    "dp": (212, 6),
    "dr": (218, 6),
    "nb_das": (224, 4),
    "nb_zones_actes": (228, 5),
}
"""Read by eye in the official RSA sheet of 2023: that our *names* say what is there."""


@pytest.mark.parametrize(("name", "place"), MEANINGS.items())
def test_names_are_where_the_official_sheet_of_2023_has_them(name: str, place: tuple[int, int]) -> None:
    field = layout("rsa", "228")[name]
    assert (field.start, field.length) == place
