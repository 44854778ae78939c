"""What is worked out of indicators: nothing built tells a count from 1 to 10; gaps and wrong sums are told."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.catalogue.source import MesurePubliee
from sanoscope.edition import publication
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.edition.published import build_published
from sanoscope.edition.worked_out import shown, with_gaps, wrong_sums
from sanoscope.engine.plan import Scan
from sanoscope.query.service import Service
from sanoscope.query.table import State
from tests.published import COSTS, OVERRUNS, received

SOURCE = "depassements-honoraires"


def measure(**said: object) -> MesurePubliee:
    return MesurePubliee.model_validate({"libelle": "", "definition": "", **said})


def cells(**columns: list[float | None]) -> pl.DataFrame:
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
    states = (pl.when(pl.col(n).is_null()).then(pl.lit("indisponible")).otherwise(pl.lit("exact")) for n in columns)
    return frame.with_columns(state.alias(f"{n}_etat") for n, state in zip(columns, states, strict=True))


ACTS = {
    "actes": measure(personnes=11),
    "dont": measure(personnes=11, parmi="actes"),
    "part": measure(porte=["actes", "dont"]),
    "montant": measure(porte=["dont"]),
}


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12))
def test_no_count_from_1_to_10_is_left_nor_what_tells_it(rows: list[tuple[int, int]]) -> None:
    whole = [float(max(pair)) for pair in rows]
    part = [float(min(pair)) for pair in rows]
    rate = [p / w if w else 0.0 for p, w in zip(part, whole, strict=True)]
    found = shown(cells(actes=whole, dont=part, part=rate, montant=[23.0 * p for p in part]), ACTS)
    for row, total, of in zip(found.iter_rows(named=True), whole, part, strict=True):
        small, left = {0 < total < 11, 0 < of < 11}, 0 < total - of < 11
        assert row["actes"] == (None if 0 < total < 11 else total)
        assert row["dont"] == (None if 0 < of < 11 or left else of)
        assert (row["part"] is None) == (True in small or left)
        assert (row["montant"] is None) == (0 < of < 11 or left)
        for name in ACTS:
            assert (row[name] is None) == (row[f"{name}_etat"] in ("masque", "secret"))
        assert row["dont_etat"] == ("masque" if 0 < of < 11 else "secret" if left else "exact")


def test_one_or_two_people_are_not_said_to_be_1_to_10() -> None:
    own = {"medecins": measure(personnes=3), "revenu": measure(porte=["medecins"])}
    found = shown(cells(medecins=[0, 1, 2, 3, None], revenu=[0, 1, 2, 3, 4]), own)
    assert found["medecins"].to_list() == [0, None, None, 3, None]
    assert found["medecins_etat"].to_list() == ["exact", "secret", "secret", "exact", "indisponible"]
    assert found["revenu"].to_list() == [0, None, None, 3, 4]


def test_a_gap_is_to_the_only_other_row() -> None:
    frame = cells(cout=[4000, 3200, 100, None, 5, 0, 7]).with_columns(
        groupe=pl.Series(["A", "A", "B", "B", "C", "D", "D"]), secteur=pl.Series(["1", "2", "1", "2", "1", "1", "2"])
    )
    frame = frame.with_columns(pl.lit(None, pl.Float64).alias("ecart"), pl.lit("indisponible").alias("ecart_etat"))
    found = with_gaps(frame, {"ecart": measure(ecart="cout", entre="secteur")}, ["groupe", "secteur"])
    assert found["ecart"].to_list() == [25.0, -20.0, None, None, None, -100.0, None]
    assert found["ecart_etat"].to_list() == ["exact"] * 2 + ["sans_objet"] * 3 + ["exact", "sans_objet"]


def test_a_sum_that_is_not_one_is_counted() -> None:
    own = {"tout": measure(somme=["a", "b"]), "a": measure(), "b": measure()}
    frame = cells(tout=[10, 11, 11.5, 20, None], a=[4, 4, 4, None, 1], b=[6, 6, 6, 6, 1])
    assert wrong_sums(frame, own) == {"tout": 1}
    assert wrong_sums(frame.head(2), own) == {}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    place = workspaces.create(Path(tmp_path_factory.mktemp("couts")) / "espace")
    wrong = COSTS.format(group="ghm", first="DG", code="05M092", other="06C081").replace("4000;3780", "4000;3700")
    assert received(place, {"depassements_honoraires_2023.csv": OVERRUNS, "enc_mco_2023.csv": wrong}).clean
    for source in (SOURCE, "enc-mco"):
        build_published(place, catalogue(), source, name=source)
        publication.publish(place.editions, source)
    return Service(place, catalogue())


def opened(service: Service, name: str) -> Edition:
    place = service.workspace
    return open_edition(place.editions, name, settings=place.settings, public=True)


def test_the_open_store_does_not_hold_what_is_not_shown(service: Service) -> None:
    rows = opened(service, SOURCE).of("mco").engine.run(Scan("publie_finess_specialite")).to_pylist()
    assert len(rows) == 5
    figures = {value for row in rows for value in row.values() if isinstance(value, float)}
    hidden = {5.0, 450.0, 0.5, 693.0, 90000.0, 99.0, 60.0, 2.0, 95000.0, 7.0, 801.0, 352.0, 43.9}
    assert figures & hidden == {5.0, 90000.0}, "the 5 practitioners of one row, the fees of another"
    (small,) = (row for row in rows if row["specialite"] == "04")
    assert (small["actes_en_depassement"], small["actes_en_depassement_etat"]) == (None, "masque")
    (large,) = (row for row in rows if row["specialite"] == "11")
    assert large["montant_depassements"] is None


def test_a_total_over_a_masked_count_is_never_exact(service: Service) -> None:
    _, table = service.ask(SOURCE, [("annee", "2023")], OPEN)
    (acts,) = (one for one in table.figures if one.name == "actes_factures")
    assert acts.states[-1] is State.APPROXIMATE
    assert (acts.values[-1], acts.estimates[-1], acts.margins[-1]) == (None, 4000 + 500 + 700 + 900 + 5.5, 4.5)
    for name in ("actes_en_depassement", "montant_depassements", "honoraires_factures"):
        (one,) = (figure for figure in table.figures if figure.name == name)
        assert one.states[-1] is State.NOT_AVAILABLE, name


def test_sums_that_are_wrong_are_in_the_manifest(service: Service) -> None:
    assert opened(service, "enc-mco").manifest.champs["mco"].codes_inconnus["sommes fausses (cout_complet)"] == 1


@pytest.mark.parametrize(
    "said",
    [
        {"ecart": "cout"},
        {"ecart": "cout", "entre": "secteur", "de": "t.c"},
        {"parmi": "actes"},
        {"personnes": -1},
    ],
)
def test_a_measure_that_makes_no_sense_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        measure(**said)
