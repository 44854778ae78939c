"""Services of SMR, HAD and psychiatry: how many, how large, and whom a hospital sends them."""

import numpy as np
import polars as pl
import pytest

from sanoscope.demo.activity import Activity
from sanoscope.demo.admissions import Admissions, Catchment, admissions
from sanoscope.demo.casemix import draw_casemix
from sanoscope.demo.country import THOUSANDS, draw_country
from sanoscope.demo.had import MODES
from sanoscope.demo.products import DEVICES, DRUGS, draw_products, ucd13
from sanoscope.demo.services import LINES_A_STAY, LINES_OF_FIELDS, Service, draw_activities, services_of, stays_a_year
from sanoscope.demo.stays import Hospital, Stays, draw_stays
from sanoscope.nomenclature.reference import load_reference

MONTHS = {2022: 12, 2023: 12, 2024: 9}


@pytest.fixture(scope="module")
def drawn() -> tuple[Stays, dict[str, Activity]]:
    """A hospital of 40,000 lines and the three services beside it, of 300 stays a year each."""
    casemix = draw_casemix(1)
    hospital = Hospital(0, "299999001", casemix.volumes, np.array([0.6, 0.4]), 0.0)
    codes, people = np.array([b"29000", b"29200"]), np.array([20_000.0, 10_000.0])
    rng = np.random.default_rng(5)
    lines = {2022: 15_000, 2023: 15_000, 2024: 10_000}
    stays = draw_stays(rng, hospital, casemix, codes, people, lines=lines, months=MONTHS)
    services = [
        (Service(champ, finess, 10_000 + number, "299999001", 1.0), 300)
        for number, (champ, finess) in enumerate([("smr", "299999501"), ("had", "299999601"), ("psy", "299999701")])
    ]
    activities = draw_activities(services, hospital, stays, codes, people, months=MONTHS, seed=1)
    return stays, {service.champ: activity for service, activity in activities}


def test_populated_departements_have_the_three_fields() -> None:
    country = draw_country(1)
    services, rows = services_of(country)
    hospitals = set(country.establishments["finess"])
    assert rows["finess"].is_unique().all()
    assert not hospitals & set(rows["finess"])
    assert rows["raison_sociale"].is_unique().all()
    assert rows["raison_sociale"].str.ends_with("(fictif)").all()
    assert {service.feeder for service in services} <= hospitals
    assert {service.finess for service in services} <= hospitals | set(rows["finess"])
    assert {service.finess for service in services} & hospitals
    places = dict(pl.concat([country.establishments, rows]).select("finess", "departement").iter_rows())
    populated = {departement for departement, thousands in THOUSANDS.items() if thousands >= 600}
    for champ in LINES_OF_FIELDS:
        assert populated <= {places[s.finess] for s in services if s.champ == champ}, champ
    kinds = dict(rows.group_by("categorie").len().iter_rows())
    assert set(kinds) == {"PRIVE", "PSPH/EBNL", "CH"}


def test_the_other_fields_are_small_beside_mco() -> None:
    """Stays are as many as the lines wanted; a year of SMR is 4 lines for 100 of MCO."""
    services, _ = services_of(draw_country(1))
    planned = dict.fromkeys(LINES_OF_FIELDS, 0.0)
    for beside in stays_a_year(services, 500_000).values():
        for service, stays in beside:
            planned[service.champ] += stays * LINES_A_STAY[service.champ]
    for champ, share in LINES_OF_FIELDS.items():
        assert planned[champ] == pytest.approx(500_000 * share, rel=0.05)
    assert 0.05 < sum(LINES_OF_FIELDS.values()) < 0.1


def test_stays_have_the_lines_that_were_counted_on(drawn: tuple[Stays, dict[str, Activity]]) -> None:
    _, activities = drawn
    for champ, activity in activities.items():
        lines = sum(len(part.until(year, 12).years) for part in activity.lines for year in (2022, 2023))
        assert lines / 600 == pytest.approx(LINES_A_STAY[champ], rel=0.2), champ


def test_care_goes_with_age_and_sex() -> None:
    """Of people sent at 30, only women have the modes of pregnancy; of those sent at 80, nobody."""
    count = 4_000
    sexes = np.tile([1, 2], count // 2)

    def modes(age: int) -> np.ndarray:
        people = Admissions(
            np.arange(count, dtype=np.uint64),
            sexes,
            np.full(count, age),
            np.full(count, b"29000"),
            np.full(count, 8_100),
            np.full(count, b"1"),
            np.zeros(count, bool),
        )
        place = Hospital(0, "299999001", np.ones(1), np.ones(1), 0.0)
        catchment = Catchment(place, 10_000, np.array([b"29000"]), np.array([1_000.0]))
        rng = np.random.default_rng(1)
        profiles = list(MODES.values())
        got, which = admissions(rng, catchment, profiles, people, most=1, stays={2022: count}, months=MONTHS)
        assert (got.numbers == people.numbers).all()
        return np.isin(np.array(list(MODES))[which], ["19", "21"])

    young, old = modes(30), modes(80)
    assert young[sexes == 2].mean() > 0.2
    assert not young[sexes == 1].any()
    assert not old.any()


def test_hospitals_send_patients_the_day_they_leave(drawn: tuple[Stays, dict[str, Activity]]) -> None:
    """In both files the number is the same, and the days of the chaining tell that one stay follows the other."""
    stays, activities = drawn
    exits = set(
        zip(stays.chaining["numero_anonyme"], stays.chaining["delai"].astype(int) + stays.fixed["duree"], strict=True)
    )
    followed = {}
    for champ, activity in activities.items():
        entries = zip(activity.chaining["numero_anonyme"], activity.chaining["delai"].astype(int), strict=True)
        followed[champ] = np.mean([entry in exits for entry in entries])
    assert 0.3 < followed["smr"] < 0.75
    assert 0.1 < followed["had"] < 0.7
    assert 0.05 < followed["psy"] < 0.4


def test_some_patients_go_from_mco_to_smr_then_to_had(drawn: tuple[Stays, dict[str, Activity]]) -> None:
    stays, activities = drawn
    mco = set(stays.chaining["numero_anonyme"])
    smr, had = (set(activities[champ].chaining["numero_anonyme"]) for champ in ("smr", "had"))
    assert len(mco & smr & had) > 10
    lines = activities["had"].lines[0]
    provenance = dict(zip(*np.unique(lines.columns["provenance"], return_counts=True), strict=True))
    assert set(provenance) == {b"", b"1", b"2"}


def test_whom_a_hospital_sends_and_who_dies_there_does_not_come_back(drawn: tuple[Stays, dict[str, Activity]]) -> None:
    stays, activities = drawn
    order = np.argsort(stays.exits)
    latest = dict(zip(stays.chaining["numero_anonyme"][order].tolist(), stays.exits[order].tolist(), strict=True))
    for champ in ("smr", "had"):
        lines, chaining = activities[champ].lines[0].columns, activities[champ].chaining
        sent = np.unique(lines["cle_sejour"][lines["provenance"] == b"1"])
        dead = np.unique(lines["cle_sejour"][lines["mode_sortie"] == b"9"])
        keys = np.intersect1d(sent, dead) - 1
        assert len(keys) > 5, champ
        origin = np.array([10_000 + int(n[1:]) % 20_000 for n in chaining["numero_anonyme"][keys].tolist()])
        entries = chaining["delai"][keys].astype(int) - origin
        last = [latest[n] for n in chaining["numero_anonyme"][keys].tolist()]
        assert (np.array(last) <= entries).all(), champ


def test_a_transmission_is_cumulative_and_never_empty(drawn: tuple[Stays, dict[str, Activity]]) -> None:
    for activity in drawn[1].values():
        half, whole = ({f.kind: f.lines for f in activity.transmission(2022, month)} for month in (6, 12))
        assert set(half) == set(whole)
        assert all(0 < half[kind] < whole[kind] for kind in whole)
        assert activity.transmission(2019, 12) == []


def test_products_are_those_of_the_stays_of_their_transmission(drawn: tuple[Stays, dict[str, Activity]]) -> None:
    """Devices are those of surgical stays; the key is that of the RSA line in the same transmission."""
    stays, _ = drawn
    drugs, devices = draw_products(np.random.default_rng(1), stays)
    assert 0.01 < len(drugs.stays) / len(stays.numbers) < 0.1
    assert 0.005 < len(devices.stays) / len(stays.numbers) < 0.1
    assert set(stays.fixed["ghm"][devices.stays].astype("S3")) <= {
        f"{cmd}{kind}".encode() for cmd in DEVICES for kind in "CK"
    }
    reference = load_reference()
    assert set(DRUGS) <= set(reference["ucd"]["ucd"])
    assert {code for of in DEVICES.values() for code in of} <= set(reference["lpp"]["lpp"])
    for products in (drugs, devices):
        (file,) = products.transmission(stays, 2023, 6)
        of = products.stays[stays.sent_by(2023, 6)[products.stays]]
        sent = stays.until(2023, 6)
        keys = [int(line[26:36]) for line in file.text.decode().splitlines()]
        assert (sent.numbers[np.array(keys) - 1] == stays.numbers[of]).all()
        assert file.lines == len(keys) > 50


def test_ucd_codes_end_with_the_check_figure_of_their_ean() -> None:
    assert ucd13("9220364") == "3400892203645"
