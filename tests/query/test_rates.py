"""Rates: crude, standardised, their intervals, against computations made apart from ours."""

import csv
import math
import shutil
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition, in_memory
from sanoscope.edition.population import AGES, STRATA, weights
from sanoscope.engine.plan import Scan
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.rates import interval
from sanoscope.query.table import State, Table
from sanoscope.workspace import Workspace

OLDEST = 95
FIELDS = [("mco", "sejours"), ("smr", "sejours"), ("had", "sejours"), ("psy", "prises_en_charge")]


def ask(edition: Edition, scope: Scope, slug: str, **criteria: str) -> Table:
    query = parse(criteria.items(), catalogue().restitution(slug), edition, scope)
    return answer(query, scope, catalogue(), edition)


def column(table: Table, name: str) -> dict[str, float | None]:
    """The figures of a measure, estimates too, by the code of the row; the total under ""."""
    figure = next(f for f in table.figures if f.name == name)
    estimates = figure.estimates or (None,) * len(table)
    codes = table.labels[0].values
    pairs = zip(codes, figure.values, estimates, strict=True)
    return {code: value if value is not None else estimate for code, value, estimate in pairs}


def test_intervals_are_those_of_epitools() -> None:
    """``ageadjust.direct`` of R's epitools 0.5-10.1, on the example of Fay and Feuer (1997) that its manual gives."""
    count = np.array([107, 141, 60, 40, 39, 25])
    people = np.array([230061, 329449, 114920, 39487, 14208, 3052])
    standard = np.array([63986.6, 186263.6, 157302.2, 97647.0, 47572.6, 12262.6])
    each = standard / people / standard.sum()
    rate, variance = (count * each).sum(), (count * each**2).sum()
    low, high = interval(np.array([rate]), np.array([variance]), np.array([each.max()]))
    found = [1e5 * value for value in (rate, low[0], high[0])]
    assert found == pytest.approx([92.3045255332, 80.4417498507, 105.7633457493], rel=1e-11)


def test_the_interval_of_a_crude_rate_is_that_of_a_poisson_count() -> None:
    """Garwood's exact bounds for 10 events are 4.795 and 18.390; for none, 0 and 3.689."""
    low, high = interval(np.array([10.0, 0.0]), np.array([10.0, 0.0]), np.ones(2))
    assert np.c_[low, high].round(3).tolist() == [[4.795, 18.390], [0.0, 3.689]]


def test_a_stratum_without_inhabitants_joins_the_one_before() -> None:
    own, france = np.full(len(STRATA), 100), np.full(len(STRATA), 1000)
    own[[0, 5, 6, len(AGES) - 1]] = 0
    made = weights(own, france)
    assert made.merged == 4
    assert made.weights[4] == made.weights[5] == made.weights[6] == pytest.approx(3 * made.weights[7])
    assert made.weights[0] == made.weights[1] == pytest.approx(2 * made.weights[7])
    # a zone that is France, whatever its scale, is its own standard
    assert weights(france, 3 * france).weights == pytest.approx(np.ones(len(STRATA)))


@pytest.fixture(scope="session")
def independent(small: Workspace) -> dict[tuple[str, str], Counter[tuple[str, str, str]]]:
    """MCO stays read from the store line by line: (year, département) → (sex, age, CMD) → stays."""
    found: dict[tuple[str, str], Counter[tuple[str, str, str]]] = defaultdict(Counter)
    files = sorted(small.store.rglob("sejours*.parquet"))
    files = [f for f in files if "rsa" in f.parent.name or "mco" in str(f)]
    assert files
    for path in files:
        for line in pl.read_parquet(path).iter_rows(named=True):
            cmd = line["ghm"][:2]
            if cmd in ("90", "28") or (line["type_sejour"] or "").strip() == "B":
                continue
            age = min(OLDEST, 5 * ((line["age_ans"] or 0) // 5))
            found[str(line["annee"]), line["code_geo"][:2]][line["sexe"], f"{age:02}", cmd] += 1
    return found


@pytest.fixture(scope="session")
def people(small: Workspace) -> dict[tuple[str, str], Counter[tuple[str, str]]]:
    """The population table read apart: (year of activity, département or "" for France) → (sex, age) → inhabitants."""
    found: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    with (small.reference / "population.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for zone in (row["code_geo"][:2], ""):
                stratum = row["sexe"], f"{int(row['age']):02}"
                found[str(int(row["annee"]) + 2), zone][stratum] += int(row["population"])
    return found


@pytest.mark.parametrize("annee", ["2022", "2023", "2024"])
@pytest.mark.parametrize("cmd", ["", "04", "08"])
def test_standardised_rates_are_those_of_an_independent_computation(
    edition: Edition,
    independent: dict[tuple[str, str], Counter[tuple[str, str, str]]],
    people: dict[tuple[str, str], Counter[tuple[str, str]]],
    annee: str,
    cmd: str,
) -> None:
    criteria = {"annee": annee} | ({"activite": f"cmd:{cmd}"} if cmd else {})
    table = ask(edition, SECURE, "taux-de-recours-mco", **criteria)
    rates, crude = column(table, "taux_standardise"), column(table, "taux_brut")
    france = people[annee, ""]
    whole = math.fsum(france.values())
    for zone in ("29", "35"):
        own = people[annee, zone]
        stays: Counter[tuple[str, str]] = Counter()
        for (sexe, age, group), count in independent[annee, zone].items():
            if cmd in ("", group):
                stays[sexe, age] += count
        expected = 1000 * math.fsum(count / own[s] * france[s] for s, count in stays.items()) / whole
        assert rates[zone] == pytest.approx(expected, rel=1e-9)
        assert crude[zone] == pytest.approx(1000 * sum(stays.values()) / sum(own.values()), rel=1e-9)


@pytest.mark.skipif(not shutil.which("Rscript"), reason="R n'est pas installé (Rscript)")
def test_standardised_rates_are_those_of_r(
    edition: Edition,
    independent: dict[tuple[str, str], Counter[tuple[str, str, str]]],
    people: dict[tuple[str, str], Counter[tuple[str, str]]],
    tmp_path: Path,
) -> None:
    """R's epitools, given the strata of the Finistère, finds the rate and the interval of the answer."""
    if subprocess.run(["Rscript", "-e", "library(epitools)"], capture_output=True, check=False).returncode:
        pytest.skip("le paquet epitools de R n'est pas installé")
    own, france = people["2023", "29"], people["2023", ""]
    stays: Counter[tuple[str, str]] = Counter()
    for (sexe, age, _), count in independent["2023", "29"].items():
        stays[sexe, age] += count
    rows = [f"{stays[s]},{own[s]},{france[s]}" for s in STRATA]
    (tmp_path / "strates.csv").write_text("count,pop,std\n" + "\n".join(rows) + "\n")
    script = (
        "library(epitools); d <- read.csv(commandArgs(TRUE)[1]);"
        "cat(format(1000 * ageadjust.direct(d$count, d$pop, stdpop = d$std), digits = 15))"
    )
    out = subprocess.run(
        ["Rscript", "-e", script, str(tmp_path / "strates.csv")], capture_output=True, text=True, check=True
    ).stdout
    table = ask(edition, SECURE, "taux-de-recours-mco", annee="2023")
    names = ("taux_brut", "taux_standardise", "taux_bas", "taux_haut")
    assert [float(v) for v in out.split()] == pytest.approx([column(table, n)["29"] for n in names], rel=1e-9)


@pytest.mark.parametrize(("champ", "count"), FIELDS)
def test_every_field_has_rates_and_memory_gives_the_same(edition: Edition, champ: str, count: str) -> None:
    for slug in (f"taux-de-recours-{champ}", f"taux-de-patients-{champ}", f"zone-de-recrutement-{champ}"):
        table, plain = (ask(e, SECURE, slug, annee="2023") for e in (edition, in_memory(edition.of(champ))))
        assert [(f.name, f.values, f.states) for f in table.figures] == [
            (f.name, f.values, f.states) for f in plain.figures
        ]
    table = ask(edition, SECURE, f"taux-de-recours-{champ}", annee="2023")
    counts, inhabitants, rates = (column(table, n) for n in (count, "population", "taux_brut"))
    for zone in ("29", "35", ""):
        assert rates[zone] == pytest.approx(1000 * counts[zone] / inhabitants[zone])  # type: ignore[operator]
    standard = column(table, "taux_standardise")
    assert standard[""] == pytest.approx(rates[""])  # France is its own reference
    assert column(table, "indice_france")[""] == pytest.approx(100)


@pytest.mark.parametrize(("champ", "count"), FIELDS)
def test_what_is_open_of_rates_is_near_the_truth_and_never_exact_where_it_is_noised(
    edition: Edition, public: Edition, champ: str, count: str
) -> None:
    slug = f"taux-de-recours-{champ}"
    for annee in ("2022", "2023", "2024"):
        true, told = ask(edition, SECURE, slug, annee=annee), ask(public, OPEN, slug, annee=annee)
        figure = next(f for f in told.figures if f.name == "taux_standardise")
        assert State.EXACT not in figure.states
        near, exact, sizes = column(told, "taux_standardise"), column(true, "taux_standardise"), column(true, count)
        for row, code in enumerate(told.labels[0].values):
            if figure.states[row] is State.APPROXIMATE:
                size = sizes[code] or 0
                assert size >= 11, code
                assert abs((near[code] or 0) - (exact[code] or 0)) <= 10 * 12 / size * (exact[code] or 0), code
            elif code not in ("?",):
                assert figure.states[row] in (State.MASKED, State.SECRET), code


def test_one_to_ten_is_said_of_counts_and_never_of_their_rates(public: Edition) -> None:
    masked = 0
    for group in ("02", "03", "07", "09"):
        told = ask(public, OPEN, "taux-de-recours-mco", annee="2023", activite=f"cmd:{group}")
        counted = next(f for f in told.figures if f.name == "sejours")
        rates = [f for f in told.figures if catalogue().champs["mco"].mesures[f.name].genre == "taux"]
        assert len(rates) >= 5
        for row in (row for row, state in enumerate(counted.states) if state is State.MASKED):
            masked += 1
            unknown = told.labels[0].values[row] == "?"  # has no population, and no région
            assert unknown or all(f.states[row] is State.SECRET for f in rates), (group, row)
        assert not any(State.MASKED in f.states for f in rates), group
    assert masked


def test_a_year_whose_population_is_not_known_has_no_rate_and_says_so(edition: Edition) -> None:
    slug = "taux-de-recours-mco"
    lacking = in_memory(edition.of("mco"))
    object.__setattr__(lacking, "population", type(edition.population)({}))
    table = ask(lacking, SECURE, slug, annee="2023")
    figures = {f.name: f for f in table.figures}
    assert set(figures["taux_standardise"].states) == {State.NOT_AVAILABLE}
    assert set(figures["sejours"].states) == {State.EXACT}
    assert any("population de 2021" in note for note in table.notes)


def test_a_patient_of_several_fields_counts_once(edition: Edition, small: Workspace) -> None:
    """The same persons read from the tables of each field, apart from the field that puts them together."""
    persons: dict[str, set[str]] = defaultdict(set)
    fields = {"mco": "ghm", "smr": "gme", "had": "mpp", "psy": "forme_activite"}
    for champ, leaf in fields.items():
        table = f"patients_residence__annee__code_geo__{leaf}__age5__sexe"
        for row in edition.of(champ).engine.run(Scan(table)).to_pylist():
            if row["annee"] == 2023:
                persons[champ.upper()].add(row["numero_anonyme"])
                persons[row["departement_residence"]].add(row["numero_anonyme"])
    by_zone = column(ask(edition, SECURE, "taux-de-recours-tous-champs", annee="2023"), "patients_zone")
    by_field = column(
        ask(edition, SECURE, "taux-de-recours-tous-champs", annee="2023", regroupement="champ"), "patients_zone"
    )
    assert {zone: by_zone[zone] for zone in ("29", "35", "22")} == {z: len(persons[z]) for z in ("29", "35", "22")}
    assert {champ.upper(): len(persons[champ.upper()]) for champ in fields} == {c: v for c, v in by_field.items() if c}
    everyone = set().union(*(persons[champ.upper()] for champ in fields))
    assert by_zone[""] == by_field[""] == len(everyone) < sum(len(persons[c.upper()]) for c in fields)
