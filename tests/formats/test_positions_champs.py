"""The same for SMR, HAD and PSY: every position against the official sheets and against formats_pmeasyr."""

from dataclasses import replace
from pathlib import Path

import pytest

from sanoscope.formats.layout import Layout
from sanoscope.formats.registry import layouts
from tests.formats.descriptions import Described, disagreements, official, official_item, pmeasyr

SSR, SSR_23 = "formats_anonymes_ssr_2022_M3.xlsx", "formats_anonymes_ssr_2023.xlsx"
HAD, HAD_23 = "formats_anonymes_had_2022_M3.xlsx", "formats_anonymes_had_2023.xlsx"
PSY, PSY_23 = "formats_anonymes_psy_2022_M3.xlsx", "formats_anonymes_psy_2023.xlsx"

# kind, version, workbook, sheet, column of the sizes
OFFICIAL = [
    ("rha", "M64", SSR, "RHA", 6),
    ("rha", "M64", SSR_23, "RHA", 6),
    ("ssrha", "M40", SSR, "SHA", 2),
    ("ssrha", "M40", SSR_23, "SHA", 2),
    ("ano_smr", "ano-smr-2022", SSR, "ANO_ES", 1),
    ("ano_smr", "ano-smr-2022", SSR_23, "ANO_ES", 1),
    ("rapss", "H33", HAD, "LAMDA N-1 RAPSS ", 2),
    ("rapss", "H35", HAD, "RAPSS ex-DGF", 2),
    ("rapss", "H36", HAD, "RAPSS ex-OQN", 2),
    ("rapss", "H35", HAD_23, "LAMDA N-1 RAPSS ", 2),
    ("rapss", "H37", HAD_23, "RAPSS ex-DGF", 2),
    ("rapss", "H38", HAD_23, "RAPSS ex-OQN", 2),
    ("ano_had", "ano-had-2021", HAD, "LAMDA N-1 ANO_ES", 1),
    ("ano_had", "ano-had-2022", HAD, "ANO_ES", 1),
    ("ano_had", "ano-had-2022", HAD_23, "ANO_ES", 1),
    ("rpsa", "P39", PSY, "RPSA_ES", 2),
    ("rpsa", "P41", PSY_23, "RPSA_ES", 2),
    ("r3a", "P40", PSY, "R3A_ES", 1),
    ("r3a", "P42", PSY_23, "R3A_ES", 1),
    ("ano_psy", "ano-psy-2022", PSY, "ANO_ES", 1),
    ("ano_psy", "ano-psy-2022", PSY_23, "ANO_ES", 1),
    # the drugs come first in the sheets of FICHCOMP
    ("med_mco", "med-mco-2017", "formats_anonymes_mco_2017.xlsx", "FICHCOMP", 1),
    ("med_mco", "med-mco-2018", "formats_anonymes_mco_2022_M3.xlsx", "LAMDA N -1 FICHCOMP", 1),
    ("med_mco", "med-mco-2020", "formats_anonymes_mco_2022_M3.xlsx", "FICHCOMP", 1),
    ("med_mco", "med-mco-2020", "formats_anonymes_mco_2023.xlsx", "FICHCOMP", 1),
    ("med_smr", "med-smr-2022", SSR, "FICHCOMP", 1),
    ("med_smr", "med-smr-2022", SSR_23, "FICHCOMP", 1),
    ("med_had", "med-had-2021", HAD, "LAMDA N-1 FICHCOMPA", 1),
    ("med_had", "med-had-2021", HAD, "FICHCOMP", 1),
    ("med_had", "med-had-2021", HAD_23, "FICHCOMP", 1),
]

FIRST = {
    ("rha", "diagnostics"): r"^DAS n°1",
    ("rha", "csarr"): r"Acte CSARR n° 1 .*Code principal",
    # the first of the acts has no size for its last field
    ("rha", "ccam"): r"Acte CCAM n°nbCCAM .*Délai",
    ("ssrha", "groupages"): r"Zone de groupage n°1 ",
    ("rapss", "diagnostics_mpp"): r"DCMPP n°1",
    ("rapss", "diagnostics_mpa"): r"DCMPA n° 1",
    ("rapss", "diagnostics"): r"Diagnostic associé n° 1",
    ("rapss", "actes"): r"Acte CCAM n° 1 .*Délai",
    ("rapss", "groupage_etablissement"): r"version du format du RPSS",
    ("rapss", "ght_etablissement"): r"établissement : n° du GHT",
    ("rapss", "groupage"): r"PAPRICA : version",
    ("rapss", "ght"): r"PAPRICA : n° du GHT",
    ("rpsa", "diagnostics"): r"^Diagnostic ou facteur associé 1",
    ("rpsa", "actes"): r"Acte CCAM n° 1 .*Délai",
    ("r3a", "diagnostics"): r"^Diagnostics et facteurs",
}
"""How the first field of each zone is called in the sheets."""

KNOWN = {
    # « Filler Finalité principale », which stays for the weeks before the campaign of 2023
    ("official", "M64"): {"finalite_principale 154-159"},
    # emptied in the establishment's version: kept blank there
    ("official", "P39"): {"indicateur_sequence 117-117"},
    ("official", "P41"): {"indicateur_sequence 117-117"},
    ("official", "ano-had-2021"): {"date_naissance 89-96", "empreinte_numerique 530-561"},
    ("official", "ano-had-2022"): {"empreinte_numerique 687-718"},
    ("official", "ano-psy-2022"): {"empreinte_numerique 715-746"},
    # a filler of nine in the official sheets: a number of seventeen would not hold in it
    ("pmeasyr", "ano-smr-2020"): {"reserve_1 88-96"},
    ("pmeasyr", "ano-smr-2022"): {"reserve_2 148-156"},
    # « Diagnostic principal » for « DP »; the filler that ends the fixed part in the official sheets is not there
    ("pmeasyr", "H33"): {"dp 150-155"},
    ("pmeasyr", "H35"): {"dp 150-155", "reserve_3 156-164"},
    ("pmeasyr", "H37"): {"dp 150-155", "reserve_3 156-164", "passage_urgences 111-111"},
    ("pmeasyr", "rapss-2024"): {
        *("dp 150-155", "reserve_2 156-164", "passage_urgences 111-111"),
        *("no_facture 27-31", "facturable 32-32", "motif_non_facturation 33-33"),
    },
    # 106 is missing
    ("pmeasyr", "ano-had-2013"): {"exoneration_ticket_moderateur 106-106"},
    ("pmeasyr", "ano-had-2021"): {"retour_facturation_18_euros 140-140"},
    ("pmeasyr", "ano-had-2022"): {"retour_facturation_18_euros 200-200"},
    ("pmeasyr", "med-had-2021"): {"no_facture 32-36"},
    # « Identifiant de séjour », « N° de séjour »: the older names of the same characters; the number of the unit
    **{("pmeasyr", v): {"delai 73-77"} for v in ("P39", "P40", "P42", "r3a-2024")},
    **{("pmeasyr", v): {"delai 73-77", "no_um 155-158"} for v in ("P41", "rpsa-2024")},
    ("pmeasyr", "ano-psy-2022"): {"delai 157-161"},
    # « Clé RSA »; no filler after the last field
    ("pmeasyr", "med-mco-2017"): {"reserve_1 88-112"},
    ("pmeasyr", "med-mco-2018"): {"reserve_1 95-112"},
    ("pmeasyr", "med-mco-2020"): {"cle_rsa 27-36", "reserve_2 103-120"},
    ("pmeasyr", "dmi-mco-2017"): {"cle_rsa 27-36"},
}
"""Where a description contradicts itself or another: what it says and why ours stands."""

# kind, champ and table of formats_pmeasyr, and the years of it that agree on what they describe
TABLES = [
    ("rha", "ssr", "rha", range(2011, 2026)),
    ("ssrha", "ssr", "ssrha", range(2011, 2026)),
    ("ano_smr", "ssr", "rha_ano", range(2011, 2026)),
    ("med_smr", "ssr", "rha_med", range(2011, 2022)),
    ("rapss", "had", "rapss", range(2011, 2027)),
    ("ano_had", "had", "rapss_ano", [*range(2011, 2021), *range(2023, 2026)]),
    ("med_had", "had", "rapss_med", [*range(2011, 2021), *range(2023, 2026)]),
    ("rpsa", "psy", "rpsa", range(2012, 2026)),
    ("r3a", "psy", "r3a", range(2012, 2026)),
    ("ano_psy", "psy", "rpsa_ano", range(2012, 2026)),
    ("med_mco", "mco", "rsa_med", range(2011, 2027)),
    ("dmi_mco", "mco", "rsa_dmi", range(2011, 2027)),
]
VERSIONS = [
    *(
        (kind, next(v.version for v in layouts(kind) if year in v.years), champ, table, f"{year % 100:02d}")
        for kind, champ, table, years in TABLES
        for year in years
    ),
    # formats_pmeasyr has them under other years: docs/formats.md says why
    ("rapss", "H33", "had", "rapss", "20_H33"),
    ("ano_had", "ano-had-2021", "had", "rapss_ano", "22"),
]


def layout(kind: str, version: str) -> Layout:
    return next(v for v in layouts(kind) if v.version == version)


def sheet_of(shared: Path, book: str, sheet: str, column: int, width: int) -> list[Described]:
    described = official(shared / "data" / "formats" / "official_xlsx" / book, sheet, column)
    return [d for d in described if d.start <= width]


@pytest.mark.parametrize(("kind", "version", "book", "sheet", "column"), OFFICIAL)
def test_the_fixed_part_is_the_official_one(
    shared: Path, kind: str, version: str, book: str, sheet: str, column: int
) -> None:
    ours = layout(kind, version)
    described = sheet_of(shared, book, sheet, column, ours.width)
    assert len(described) > 14, "la feuille n'a pas été comprise"
    assert set(disagreements(ours.fields, described)) - KNOWN.get(("official", version), set()) == set()
    assert described[-1].end == ours.width


@pytest.mark.parametrize(
    ("kind", "version", "book", "sheet", "column"), [row for row in OFFICIAL if "ano" not in row[0]]
)
def test_the_zones_are_the_official_ones(
    shared: Path, kind: str, version: str, book: str, sheet: str, column: int
) -> None:
    path = shared / "data" / "formats" / "official_xlsx" / book
    for zone in layout(kind, version).zones:
        items = official_item(path, sheet, column, first=FIRST[kind, zone.name], count=len(zone.fields))
        assert disagreements(zone.fields, items) == [], zone.name
        assert items[-1].end == zone.width, zone.name


@pytest.mark.parametrize(("kind", "version", "champ", "table", "an"), VERSIONS)
def test_every_year_is_as_formats_pmeasyr_has_it(
    shared: Path, kind: str, version: str, champ: str, table: str, an: str
) -> None:
    ours = layout(kind, version)
    described = pmeasyr(shared / "data" / "formats" / "pmeasyr_formats.parquet", table, an, champ)
    described = [d for d in described if d.end <= ours.width]
    assert len(described) > 8
    assert set(disagreements(ours.fields, described)) - KNOWN.get(("pmeasyr", version), set()) == set()


# kind, zone, table of formats_pmeasyr, years; SMR only has its zones as tables
ZONES = [
    ("rha", "csarr", "rha_csarr", [2012, *range(2014, 2026)]),
    ("rha", "cdarr", "rha_csarr", [2011]),
    ("rha", "ccam", "rha_ccam", range(2011, 2026)),
    ("ssrha", "groupages", "ssrha_gme", range(2017, 2026)),
]


@pytest.mark.parametrize(
    ("kind", "zone", "table", "year"), [(k, z, t, year) for k, z, t, years in ZONES for year in years]
)
def test_the_zones_of_smr_are_as_formats_pmeasyr_has_them(
    shared: Path, kind: str, zone: str, table: str, year: int
) -> None:
    (ours,) = (z for v in layouts(kind) if year in v.years for z in v.zones if z.name == zone)
    described = pmeasyr(shared / "data" / "formats" / "pmeasyr_formats.parquet", table, f"{year % 100:02d}", "ssr")
    assert [(f.start, f.length) for f in ours.fields] == [(d.start, d.length) for d in described]


def test_every_known_difference_is_still_one() -> None:
    there = {(v.version, f"{f.name} {f.start}-{f.end}") for row in TABLES for v in layouts(row[0]) for f in v.fields}
    assert {(version, what) for (_, version), known in KNOWN.items() for what in known} <= there


@pytest.mark.parametrize(
    ("kind", "version", "book", "sheet", "column"), [row for row in OFFICIAL if row[1][0] in "MHP"]
)
@pytest.mark.parametrize("step", [-1, 1])
def test_no_field_can_move_by_one_character_unseen(
    shared: Path, kind: str, version: str, book: str, sheet: str, column: int, step: int
) -> None:
    """Even onto a neighbour of the same length: the labels tell them apart, or they were read by eye (`MEANINGS`)."""
    ours = layout(kind, version)
    described = sheet_of(shared, book, sheet, column, ours.width)
    moved = [replace(f, start=f.start + step) for f in ours.fields if not f.name.startswith("reserve")]
    unseen = {f.name for f in moved if not disagreements([f], described)}
    assert unseen - {name for (what, _), names in MEANINGS.items() if what == kind for name in names} == set()


MEANINGS = {
    ("rha", "M64"): {
        **{"gme_etablissement": (18, 7), "gme": (31, 7), "cle_sejour": (67, 7), "no_sequence": (74, 3)},
        **{"age_ans": (77, 3), "age_jours": (80, 3), "sexe": (83, 1), "code_geo": (84, 5), "code_postal": (89, 5)},
        **{"type_hospitalisation": (104, 1), "mode_entree": (121, 1), "provenance": (122, 1)},
        **{"mode_sortie": (123, 1), "destination": (124, 1), "numero_semaine": (125, 2)},
        **{"semaine_debut_sejour": (131, 1), "semaine_fin_sejour": (132, 1)},
        **{"mois_rhs": (137, 2), "annee_rhs": (139, 4), "journees_hors_we": (143, 5), "journees_we": (148, 2)},
        **{"finalite_principale": (154, 6), "manifestation_principale": (160, 6), "affection_etiologique": (166, 6)},
        **{"avq_habillage": (172, 1), "avq_deplacement": (173, 1), "avq_alimentation": (174, 1)},
        **{"avq_continence": (175, 1), "avq_comportement": (176, 1), "avq_relation": (177, 1)},
        **{"nb_das": (178, 2), "nb_csarr": (180, 3), "nb_ccam": (183, 2)},
    },
    ("rapss", "H38"): {
        **{"cle_sejour": (22, 5), "age_ans": (34, 3), "age_jours": (37, 3), "sexe": (40, 1), "code_geo": (41, 5)},
        **{"duree_sejour": (61, 4), "no_sequence": (75, 4), "mpp": (94, 2), "mpa": (96, 2), "karnofsky": (108, 3)},
        **{"facturable": (32, 1), "motif_non_facturation": (33, 1)},
        **{"nb_diagnostics_mpp": (117, 1), "nb_diagnostics_mpa": (118, 1), "nb_das": (119, 2)},
        **{"avq_habillage": (121, 1), "avq_deplacement": (122, 1), "avq_alimentation": (123, 1)},
        **{"avq_continence": (124, 1), "avq_comportement": (125, 1), "avq_relation": (126, 1)},
        **{"no_sous_sequence": (127, 4), "mois_fin_sous_sequence": (131, 2)},
        **{"derniere_sous_sequence": (145, 1), "derniere_sous_sequence_sejour": (146, 1)},
        **{"annee_fin_sous_sequence": (133, 4), "duree_sous_sequence": (141, 4), "dp": (150, 6)},
    },
    ("rpsa", "P41"): {
        **{"finess": (33, 9), "cle_patient": (57, 16), "cle_sejour": (101, 6), "forme_activite": (97, 4)},
        **{"no_secteur": (111, 5), "mode_legal": (116, 1), "mois_fin_sequence": (128, 2)},
        **{"annee_fin_sequence": (130, 4), "nb_jours_presence": (137, 3), "nb_demi_journees": (140, 3)},
        **{"premiere_sequence": (126, 1), "derniere_sequence": (127, 1)},
        **{"avq_habillage": (146, 1), "avq_deplacement": (147, 1), "avq_alimentation": (148, 1)},
        **{"avq_continence": (149, 1), "avq_comportement": (150, 1), "avq_relation": (151, 1)},
        **{"accompagnement_scolaire": (152, 1), "anomalie": (153, 1), "sans_autorisation": (154, 1)},
        **{"dp": (174, 6), "nb_das": (180, 2), "nb_actes": (182, 2)},
    },
    ("r3a", "P42"): {
        **{"cle_patient": (57, 16), "forme_activite": (97, 4), "date_acte": (115, 8), "nature_acte": (123, 2)},
        **{"lieu_acte": (125, 3), "modalite_acte": (128, 1), "categorie_intervenant": (129, 1)},
        **{"activite_liberale": (131, 1), "anomalie": (132, 1), "sans_autorisation": (133, 1)},
        **{"nb_intervenants": (130, 1), "dp": (158, 6), "nb_das": (164, 2)},
    },
    ("ano_smr", "ano-smr-2022"): {"codes_retour": (54, 9), "numero_anonyme": (63, 17), "cle_sejour": (162, 7)},
    ("ano_had", "ano-had-2022"): {"codes_retour": (63, 9), "numero_anonyme": (72, 17), "cle_sejour": (171, 5)},
    ("ano_psy", "ano-psy-2022"): {"codes_retour": (54, 9), "numero_anonyme": (63, 17), "cle_sejour": (162, 6)},
}
"""Read by eye in the official sheets of 2023: that our *names* say what is there."""


@pytest.mark.parametrize(("kind", "version"), MEANINGS)
def test_names_are_where_the_official_sheets_of_2023_have_them(kind: str, version: str) -> None:
    ours, meant = layout(kind, version), MEANINGS[kind, version]
    assert {name: (ours[name].start, ours[name].length) for name in meant} == meant
