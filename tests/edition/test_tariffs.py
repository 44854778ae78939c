"""What stays are worth, computed by hand: GHM × GHS × bounds × extreme durations, three years, two sectors.

The tables below are invented and always run; those of `REAL` are worked out from the published tariffs, read in place.
"""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sanoscope.catalogue.load import catalogue
from sanoscope.edition.valued import Lines, forget_tariffs, valued_lines
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.memory import MemoryEngine
from sanoscope.nomenclature.importers import load_path
from sanoscope.nomenclature.reference import Reference, load_reference

CHAMP = catalogue().champs["mco"]
PUBLIC, PRIVATE, STRANGE, ISLAND = "290000017", "350000014", "220000012", "970100011"
PLACES = f"""finess,raison_sociale,categorie,secteur,departement
{PUBLIC},CHU,CHR/U,public,29
{PRIVATE},Clinique,PRIVE,prive,35
{ISLAND},CH,CH,public,971
"""
TARIFFS = """secteur,ghs,ghm,date_effet,borne_basse,borne_haute,tarif,forfait_exb,tarif_exb,tarif_exh
public,1001,04M053,2021-03-01,4,20,190000,0,9000,4000
public,1001,04M053,2022-03-01,4,20,200000,0,10000,5000
public,1001,04M053,2023-03-01,4,20,210000,0,11000,6000
public,1001,04M053,2024-03-01,5,18,220000,0,12000,7000
public,1002,04M053,2022-03-01,0,0,30000,0,0,0
public,2001,08C481,2022-03-01,3,10,500000,80000,0,20000
public,2001,08C481,2023-03-01,3,10,510000,81000,0,21000
public,2001,08C481,2024-03-01,3,10,520000,82000,0,22000
public,9605,28Z04Z,2022-03-01,0,0,35000,0,0,0
public,9605,28Z04Z,2023-03-01,0,0,36000,0,0,0
public,9605,28Z04Z,2024-03-01,0,0,37000,0,0,0
prive,1001,04M053,2022-03-01,4,20,100000,30000,0,2000
prive,1001,04M053,2023-03-01,4,20,110000,31000,0,3000
prive,1001,04M053,2024-03-01,4,20,120000,32000,0,4000
prive,,06K04J,2023-03-01,,,45000,,,
prive,,28Z04Z,2023-03-01,,,20000,,,
"""
SUPPLEMENTS = """secteur,supplement,date_effet,tarif
public,REA,2022-03-01,90000
public,REA,2023-03-01,95000
public,STF,2023-03-01,48000
public,9610,2023-03-01,60000
prive,REA,2023-03-01,70000
"""
COEFFICIENTS = "departement,date_effet,coefficient\n971,2022-03-01,12700\n"

# (finess, year, month, GHS, GHM, nights, more) → (GHS, EXB, EXH, supplements) in cents
Case = tuple[str, int, int, str, str, int, dict[str, Any], tuple[int, int, int, int]]
CASES: list[Case] = [
    # 2022, public, daily EXB: 4 nights short, 1 short, at the low bound, between, at the high bound, 1 over, 80 over
    (PUBLIC, 2022, 6, "1001", "04M053", 0, {}, (200000, 40000, 0, 0)),  # 4 × 100 €
    (PUBLIC, 2022, 6, "1001", "04M053", 3, {}, (200000, 10000, 0, 0)),  # 1 × 100 €
    (PUBLIC, 2022, 6, "1001", "04M053", 4, {}, (200000, 0, 0, 0)),
    (PUBLIC, 2022, 6, "1001", "04M053", 12, {}, (200000, 0, 0, 0)),
    (PUBLIC, 2022, 6, "1001", "04M053", 20, {}, (200000, 0, 0, 0)),
    (PUBLIC, 2022, 6, "1001", "04M053", 21, {}, (200000, 0, 5000, 0)),  # 1 × 50 €
    (PUBLIC, 2022, 6, "1001", "04M053", 100, {}, (200000, 0, 400000, 0)),  # 80 × 50 €
    # 2022, public, a lump sum under the bound, whatever is missing
    (PUBLIC, 2022, 3, "2001", "08C481", 0, {}, (500000, 80000, 0, 0)),
    (PUBLIC, 2022, 3, "2001", "08C481", 2, {}, (500000, 80000, 0, 0)),
    (PUBLIC, 2022, 3, "2001", "08C481", 3, {}, (500000, 0, 0, 0)),
    (PUBLIC, 2022, 3, "2001", "08C481", 11, {}, (500000, 0, 20000, 0)),
    # another GHS of the same GHM has neither the tariff nor the bounds
    (PUBLIC, 2022, 6, "1002", "04M053", 0, {}, (30000, 0, 0, 0)),
    # the campaign begins in March: January and February have the tariff of the year before
    (PUBLIC, 2022, 1, "1001", "04M053", 0, {}, (190000, 36000, 0, 0)),  # 4 × 90 €
    (PUBLIC, 2022, 2, "1001", "04M053", 22, {}, (190000, 0, 8000, 0)),  # 2 × 40 €
    (PUBLIC, 2022, 3, "1001", "04M053", 22, {}, (200000, 0, 10000, 0)),  # 2 × 50 €
    (PUBLIC, 2023, 2, "1001", "04M053", 1, {}, (200000, 30000, 0, 0)),  # 3 × 100 €
    (PUBLIC, 2023, 3, "1001", "04M053", 1, {}, (210000, 33000, 0, 0)),  # 3 × 110 €
    (PUBLIC, 2024, 2, "1001", "04M053", 4, {}, (210000, 0, 0, 0)),
    (PUBLIC, 2024, 3, "1001", "04M053", 4, {}, (220000, 12000, 0, 0)),  # the bound is now 5: 1 × 120 €
    (PUBLIC, 2024, 12, "1001", "04M053", 20, {}, (220000, 0, 14000, 0)),  # and 18: 2 × 70 €
    (PUBLIC, 2023, 7, "2001", "08C481", 1, {}, (510000, 81000, 0, 0)),
    (PUBLIC, 2024, 7, "2001", "08C481", 30, {}, (520000, 0, 440000, 0)),  # 20 × 220 €
    # private
    (PRIVATE, 2022, 6, "1001", "04M053", 1, {}, (100000, 30000, 0, 0)),
    (PRIVATE, 2023, 6, "1001", "04M053", 3, {}, (110000, 31000, 0, 0)),
    (PRIVATE, 2023, 6, "1001", "04M053", 25, {}, (110000, 0, 15000, 0)),  # 5 × 30 €
    (PRIVATE, 2024, 6, "1001", "04M053", 4, {}, (120000, 0, 0, 0)),
    (PRIVATE, 2024, 6, "1001", "04M053", 21, {}, (120000, 0, 4000, 0)),
    # by GHM alone: no bounds
    (PRIVATE, 2023, 6, "2222", "06K04J", 0, {}, (45000, 0, 0, 0)),
    (PRIVATE, 2023, 6, "0000", "06K04J", 90, {}, (45000, 0, 0, 0)),
    # no GHS is said: the smallest number
    (PUBLIC, 2022, 6, "0000", "04M053", 21, {}, (200000, 0, 5000, 0)),
    # sessions: as many times; one line may hold several, and one that says none is one
    (PUBLIC, 2022, 5, "9605", "28Z04Z", 0, {"nb_seances": 12}, (420000, 0, 0, 0)),
    (PUBLIC, 2023, 5, "9605", "28Z04Z", 0, {"nb_seances": 1}, (36000, 0, 0, 0)),
    (PUBLIC, 2024, 5, "9605", "28Z04Z", 0, {"nb_seances": 0}, (37000, 0, 0, 0)),
    (PRIVATE, 2023, 5, "9605", "28Z04Z", 0, {"nb_seances": 3}, (60000, 0, 0, 0)),
    # supplements: 3 days at 950 € and 2 at 480 €; the year before had no tariff of soins intensifs
    (PUBLIC, 2023, 6, "1001", "04M053", 9, {"nb_reanimation": 3, "nb_soins_intensifs": 2}, (210000, 0, 0, 381000)),
    (PUBLIC, 2022, 6, "1001", "04M053", 9, {"nb_reanimation": 3, "nb_soins_intensifs": 2}, (200000, 0, 0, 270000)),
    (PRIVATE, 2023, 6, "1001", "04M053", 30, {"nb_reanimation": 1}, (110000, 0, 30000, 70000)),
    # of two rays of 9610 and one of a code without a tariff: 2 × 600 €
    (PUBLIC, 2023, 6, "1001", "04M053", 9, {"rayons": {"9610": 2, "9999": 1}}, (210000, 0, 0, 120000)),
    # what the grouping program wrote wins: 2 nights short for it (tenths), a lump sum, nothing, 5 nights beyond
    (
        PUBLIC,
        2022,
        6,
        "1001",
        "04M053",
        0,
        {"sejour_inferieur_borne_basse": "2", "jours_exb": 20},
        (200000, 20000, 0, 0),
    ),
    (
        PUBLIC,
        2022,
        6,
        "1001",
        "04M053",
        1,
        {"sejour_inferieur_borne_basse": "2", "jours_exb": 15},
        (200000, 15000, 0, 0),
    ),
    (PUBLIC, 2022, 6, "2001", "08C481", 5, {"sejour_inferieur_borne_basse": "1"}, (500000, 80000, 0, 0)),
    (PUBLIC, 2022, 6, "1001", "04M053", 0, {"sejour_inferieur_borne_basse": "0"}, (200000, 0, 0, 0)),
    (
        PUBLIC,
        2022,
        6,
        "1001",
        "04M053",
        60,
        {"sejour_inferieur_borne_basse": "0", "jours_exh": 5},
        (200000, 0, 25000, 0),
    ),
    (PUBLIC, 2022, 6, "1001", "04M053", 60, {"jours_exh": 6}, (200000, 0, 30000, 0)),
    # overseas, 27 % more, each tariff to the cent: 2 540,00, 127,00; 500 € × 1.27 for a night beyond 10
    (ISLAND, 2022, 6, "1001", "04M053", 0, {}, (254000, 50800, 0, 0)),
    (ISLAND, 2022, 6, "2001", "08C481", 12, {}, (635000, 0, 50800, 0)),
]
NOTHING: list[tuple[str, Case]] = [
    ("ghs-9999", (PUBLIC, 2022, 6, "9999", "04M053", 5, {}, (0, 0, 0, 0))),
    ("chainage", (PUBLIC, 2022, 6, "1001", "04M053", 1, {"codes_retour": "000001000"}, (0, 0, 0, 0))),
    ("attente-droits", (PUBLIC, 2022, 6, "1001", "04M053", 5, {"facturable": "3"}, (0, 0, 0, 0))),
    ("non-facturable", (PUBLIC, 2022, 6, "1001", "04M053", 5, {"facturable": "0"}, (0, 0, 0, 0))),
    ("sans-secteur", (STRANGE, 2022, 6, "1001", "04M053", 5, {}, (0, 0, 0, 0))),
    ("sans-tarif", (PUBLIC, 2022, 6, "1001", "05M092", 5, {}, (0, 0, 0, 0))),
    ("sans-tarif", (PUBLIC, 2022, 6, "1003", "04M053", 5, {"nb_reanimation": 4}, (0, 0, 0, 0))),
    ("sans-tarif", (PUBLIC, 2025, 3, "1001", "04M053", 5, {}, (0, 0, 0, 0))),  # the last campaign is over
    ("sans-tarif", (PRIVATE, 2022, 2, "1001", "04M053", 5, {}, (0, 0, 0, 0))),  # the first has not begun
    # the first reason that fits
    ("ghs-9999", (PUBLIC, 2022, 6, "9999", "04M053", 5, {"codes_retour": "1", "facturable": "0"}, (0, 0, 0, 0))),
]
SPARED: list[Case] = [
    # a chaining that does not hold matters neither for newborns nor for radiotherapy
    (PUBLIC, 2022, 6, "1001", "04M053", 5, {"codes_retour": "1", "age_ans": 0, "age_jours": 3}, (200000, 0, 0, 0)),
    (PUBLIC, 2022, 6, "1001", "04M053", 5, {"facturable": "1"}, (200000, 0, 0, 0)),
]


def reference(root: Path, **tables: str) -> Reference:
    for name, text in tables.items():
        (root / f"{name}.csv").write_text(text, encoding="utf-8")
    return load_reference(root)


@pytest.fixture
def invented(tmp_path: Path) -> Reference:
    return reference(
        tmp_path,
        etablissements=PLACES,
        tarifs_ghs=TARIFFS,
        tarifs_supplements=SUPPLEMENTS,
        coefficients_geographiques=COEFFICIENTS,
    )


def worth(cases: list[Case], tables: Reference) -> list[dict[str, Any]]:
    """Return the cases as lines with what they are worth, the same from both engines."""
    declared = CHAMP.valorisation
    assert declared is not None
    assert declared.rayons is not None
    chained = ("codes_retour", "facturable")
    texts = dict.fromkeys(("sejour_inferieur_borne_basse", *chained), "")
    numbers = dict.fromkeys(
        ("jours_exb", "jours_exh", "nb_seances", "age_jours", *declared.supplements.values()), 0
    ) | {"age_ans": 50}
    lines, rays = [], []
    for rank, (finess, annee, mois, ghs, ghm, duree, more, _) in enumerate(cases):
        own = {"annee": annee, "finess": finess, "cle_rsa": str(rank), "_dossier": "d", "ligne": rank}
        own |= {"mois_sortie": mois, "ghs": ghs, "ghm": ghm, "duree": duree}
        rays += [("d", rank, code, many) for code, many in more.get("rayons", {}).items()]
        lines.append(own | texts | numbers | {name: value for name, value in more.items() if name != "rayons"})
    frame = pl.DataFrame(lines)
    engine = DuckDBEngine()
    engine.store("_chainage", frame.select("annee", "finess", "cle_rsa", *chained).to_arrow())
    engine.store("_lignes", frame.drop(chained).to_arrow())
    schema = {"_dossier": pl.String, "ligne": pl.Int64, "code_supplement": pl.String, "nb_supplements": pl.Int64}
    engine.store("_rayons", pl.DataFrame(rays, schema, orient="row").to_arrow())
    kept = tuple(frame.drop(*chained, "_dossier", "ligne").columns)
    told = Lines(kept, ("_dossier", "ligne"), chained=True, items=True)
    plan = valued_lines(engine, CHAMP, tables, told)
    found = engine.run(plan).to_pylist()
    names = ("_lignes", "_chainage", "_rayons", "_lieux", "_tarifs", "_supplements")
    plain = MemoryEngine({name: engine.table(name) for name in names}).run(plan).to_pylist()
    forget_tariffs(engine)

    def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(rows, key=lambda row: int(row["cle_rsa"]))

    assert in_order(found) == in_order(plain)
    return in_order(found)


def check(cases: list[Case], tables: Reference) -> None:
    for case, row in zip(cases, worth(cases, tables), strict=True):
        base, less, more, supplements = (10 * cents for cents in case[-1])
        shown = tuple(row[n] for n in ("montant_ghs", "montant_exb", "montant_exh", "montant_supplements"))
        assert shown == (base, less, more, supplements), case
        assert row["montant_total"] == base - less + more + supplements
        assert row["valorisation"] == "valorise"


def test_hand_computed_stays(invented: Reference) -> None:
    check([*CASES, *SPARED], invented)


def test_what_is_not_worth_anything_says_why(invented: Reference) -> None:
    rows = worth([case for _, case in NOTHING], invented)
    assert [row["valorisation"] for row in rows] == [why for why, _ in NOTHING]
    assert all(row[name] == 0 for row in rows for name in row if name.startswith("montant_"))


def test_the_single_scale_is_the_public_one(invented: Reference) -> None:
    """A private stay, one overseas and a public one of a month weigh the same; what the public has not, itself."""
    of = [
        (PRIVATE, 2022, 6, "1001", "04M053", 0, {}, (0, 0, 0, 0)),
        (ISLAND, 2022, 6, "1001", "04M053", 90, {}, (0, 0, 0, 0)),
        (PUBLIC, 2022, 6, "1001", "04M053", 9, {"nb_reanimation": 5}, (0, 0, 0, 0)),
        (PRIVATE, 2023, 6, "", "06K04J", 0, {}, (0, 0, 0, 0)),
    ]
    assert [row["montant_echelle"] for row in worth(of, invented)] == [2_000_000, 2_000_000, 2_000_000, 450_000]


def test_without_tariffs_nothing_is_worth_anything(tmp_path: Path) -> None:
    rows = worth(CASES, reference(tmp_path, etablissements=PLACES))
    assert {row["valorisation"] for row in rows} == {"sans-tarif"}


REAL: list[Case] = [
    # 15M06A, GHS 5907, bounds 3 and 6: 3 nights short at 390,33 €; 1; at both bounds; 3 over at 88,55 €
    (PUBLIC, 2022, 6, "5907", "15M06A", 0, {}, (133402, 117099, 0, 0)),
    (PUBLIC, 2022, 6, "5907", "15M06A", 2, {}, (133402, 39033, 0, 0)),
    (PUBLIC, 2022, 6, "5907", "15M06A", 3, {}, (133402, 0, 0, 0)),
    (PUBLIC, 2022, 6, "5907", "15M06A", 6, {}, (133402, 0, 0, 0)),
    (PUBLIC, 2022, 6, "5907", "15M06A", 9, {}, (133402, 0, 26565, 0)),
    (PUBLIC, 2023, 6, "5907", "15M06A", 0, {}, (142698, 125259, 0, 0)),  # 3 × 417,53
    (PUBLIC, 2023, 2, "5907", "15M06A", 0, {}, (133402, 117099, 0, 0)),  # still the campaign of 2022
    (
        PUBLIC,
        2024,
        6,
        "5907",
        "15M06A",
        0,
        {"sejour_inferieur_borne_basse": "2", "jours_exb": 20},
        (150941, 88330, 0, 0),
    ),
    # 01C034, GHS 0025, bounds 12 and 124: 11 × 409,11; 6 × 303,66; 1 × 450,98; 1 × 334,74
    (PUBLIC, 2022, 12, "0025", "01C034", 1, {}, (1639147, 450021, 0, 0)),
    (PUBLIC, 2022, 12, "0025", "01C034", 130, {}, (1639147, 0, 182196, 0)),
    (PUBLIC, 2024, 3, "0025", "01C034", 11, {}, (1806912, 45098, 0, 0)),
    (PUBLIC, 2024, 3, "0025", "01C034", 125, {}, (1806912, 0, 33474, 0)),
    # 04M053, GHS 1144, no low bound, 23: 17 × 148,20; then 7 × 167,69 and 4 days of réanimation at 996,82
    (PUBLIC, 2022, 6, "1144", "04M053", 40, {}, (466126, 0, 251940, 0)),
    (PUBLIC, 2024, 6, "1144", "04M053", 30, {"nb_reanimation": 4}, (527413, 0, 117383, 398728)),
    (PUBLIC, 2022, 2, "1144", "04M053", 10, {}, (462606, 0, 0, 0)),
    # hémodialyse: 5 × 351,02, 12 × 375,48
    (PUBLIC, 2022, 6, "9605", "28Z04Z", 0, {"nb_seances": 5}, (175510, 0, 0, 0)),
    (PUBLIC, 2023, 6, "9605", "28Z04Z", 0, {"nb_seances": 12}, (450576, 0, 0, 0)),
    # private, by GHM: the lists have no bounds
    (PRIVATE, 2022, 6, "1144", "04M053", 40, {}, (258640, 0, 0, 0)),
    (PRIVATE, 2023, 6, "1144", "04M053", 1, {}, (272150, 0, 0, 0)),
    (PRIVATE, 2024, 6, "1144", "04M053", 23, {}, (279340, 0, 0, 0)),
]


def test_hand_computed_stays_at_the_published_tariffs(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "etablissements.csv").write_text(PLACES, encoding="utf-8")
    of = shared / "data/reference"
    for name in (
        "2022GHMGHS.csv",
        "2023GHMGHS.csv",
        "2024GHMGHS.csv",
        "nomensland/tarifs_mco_ghs.json.gz",
        "nomensland/tarifs_mco_supplements.json.gz",
    ):
        (report,) = load_path(of / name, tmp_path)
        assert not report.error
    check(REAL, load_reference(tmp_path))
