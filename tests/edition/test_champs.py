"""Each field by hand: a few lines in, the table out. What counts, what is left out, what a unit is."""

from pathlib import Path
from typing import Any

import pytest

from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition.build import build
from sanoscope.edition.check import check
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.intake.receive import receive
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.workspace import Workspace
from tests.pmsi import put, write

ONE, TWO = "290000017", "350000014"


def rha(stay: int, **fields: str | int) -> dict[str, str | int]:
    plain: dict[str, str | int] = {
        "cle_sejour": f"{stay:07d}",
        "gme": "0127SC1",
        "type_hospitalisation": "1",
        "sexe": "1",
        "age_ans": 70,
        "code_geo": "29000",
        "mois_rhs": 1,
        "annee_rhs": 2023,
        "journees_hors_we": 5,
        "journees_we": 2,
        "nb_csarr": 0,
    }
    scores = {"habillage": 2, "deplacement": 2, "alimentation": 1, "continence": 1, "comportement": 1, "relation": 1}
    return {**plain, **{f"avq_{name}": score for name, score in scores.items()}, **fields}


def built(place: Workspace, folder: Path) -> Workspace:
    report = receive(place, [folder])
    assert report.clean, [str(r) for r in report.refused]
    build(place, catalogue(), name="essai", care=QUICK, secret=1)
    return place


def ask(place: Workspace, slug: str, scope: Scope = SECURE, **criteria: str) -> list[dict[str, Any]]:
    """The rows of an answer: codes, exact figures (None where there is none), and the totals under the code ""."""
    edition: Edition = open_edition(place.editions, "essai", settings=place.settings, public=scope.masked)
    query = parse(criteria.items(), catalogue().restitution(slug), edition, scope)
    table = answer(query, scope, catalogue(), edition)
    columns = {label.name: label.values for label in table.labels} | {f.name: f.values for f in table.figures}
    return [{name: values[row] for name, values in columns.items()} for row in range(len(table))]


@pytest.fixture
def smr(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Two hospitals; a complete stay of three weeks, a partial one of two GME, one in error, one of unknown type."""
    whole = [rha(1, mois_rhs=1), rha(1, mois_rhs=1), rha(1, mois_rhs=2, journees_hors_we=3, journees_we=0)]
    day = {"type_hospitalisation": "2", "journees_we": 0, "sexe": "2", "age_ans": 50}
    parts = [rha(2, gme="0127JA0", **day), rha(2, gme="0147JA0", mois_rhs=3, **day)]
    error, odd = rha(3, gme="9001Z00"), rha(4, type_hospitalisation="9")
    put(tmp_path / "smr", f"{ONE}.2023.12.rha", "rha", [*whole, *parts, error, odd])
    put(tmp_path / "smr", f"{TWO}.2023.12.rha", "rha", [rha(n, code_geo="35000", nb_csarr=14) for n in range(20)])
    chained = [("1", "A"), ("2", "A"), ("3", "B")]
    rows = [{"cle_sejour": f"{int(k):07d}", "numero_anonyme": p, "codes_retour": "000000000"} for k, p in chained]
    put(tmp_path / "smr", f"{ONE}.2023.12.ano", "ano_smr", rows)
    return built(workspace, tmp_path / "smr")


def test_smr_days_stays_and_people(smr: Workspace) -> None:
    one = ask(smr, "casemix-smr", regroupement="cm", etablissement=ONE)
    assert [row["cm"] for row in one] == ["01", ""]
    (row, total) = one
    # 7 + 7 + 3 days complete; 5 + 5 partial; the week in error and that of unknown type are left out
    assert (row["journees"], row["journees_hc"], row["journees_hp"]) == (27, 17, 10)
    # the complete stay once, the partial one once for each of its two GME
    assert row["sejours"] == 3
    # the stays 1 and 2 are of one person; that of the stay in error is not counted
    assert row["patients"] == total["patients"] == 1
    assert row["age_moyen"] == pytest.approx((17 * 70 + 10 * 50) / 27)
    (two, _) = ask(smr, "statistiques-smr-par-gme", regroupement="gn", etablissement=TWO)
    assert (two["gn"], two["journees"], two["avq_physique"], two["avq_relationnel"]) == ("0127", 140, 6, 2)
    assert two["actes_csarr_par_jour"] == 2


def test_smr_months_cumulate_and_count_a_stay_once(smr: Workspace) -> None:
    by_month = {m: ask(smr, "casemix-smr", regroupement="cm", etablissement=ONE, mois=m)[0] for m in ("1", "2", "3")}
    assert [row["journees"] for row in by_month.values()] == [19, 22, 27]
    assert [row["sejours"] for row in by_month.values()] == [2, 2, 3]


def test_smr_market_shares_are_of_days(smr: Workspace) -> None:
    rows = ask(smr, "parts-de-marche-smr", zone="departement:29")
    assert [(r["finess"], r["journees"], r["part_de_marche"]) for r in rows] == [(ONE, 27, 100), ("", 27, 100)]


def test_smr_hides_few_people_however_many_days(smr: Workspace) -> None:
    (row, _) = ask(smr, "casemix-smr", OPEN, regroupement="cm", etablissement=ONE)
    assert row["sejours"] is row["journees"] is row["age_moyen"] is None  # three stays, 27 days
    assert ask(smr, "casemix-smr", OPEN, regroupement="cm")[-1]["sejours"]


def test_every_line_is_counted_or_excluded_by_name(smr: Workspace) -> None:
    edition = open_edition(smr.editions, "essai", settings=smr.settings)
    (year,) = edition.of("smr").champ.rapprochement
    assert (year.lignes, year.retenues, year.exclusions) == (27, 25, {"cm-90": 1, "type-inconnu": 1})
    assert all(control.bon for control in check(smr.editions, "essai", catalogue(), smr.settings))


def test_had_groups_are_modes_and_karnofsky(workspace: Workspace, tmp_path: Path) -> None:
    def part(stay: int, days: int, **fields: str | int) -> dict[str, str | int]:
        modes = {"ghpc": "0611", "mpp": "04", "mpa": "07", "karnofsky": "040"}
        plain = {"cle_sejour": f"{stay:05d}", **modes, "sexe": "2", "age_ans": 80}
        when = {"code_geo": "29000", "mois_fin_sous_sequence": 2, "annee_fin_sous_sequence": 2023}
        return {**plain, **when, "duree_sous_sequence": days, **fields}

    lines = [part(1, 10), part(1, 5, karnofsky="030"), part(2, 3)]
    lines += [part(3, 4, mpp="09", mpa="00", ghpc="1234"), part(4, 9, mpp="")]
    put(tmp_path / "had", f"{ONE}.2023.12.rapss", "rapss", lines)
    place = built(workspace, tmp_path / "had")
    rows = ask(place, "casemix-had", regroupement="mpp")
    assert [(r["mpp"], r["journees"], r["sejours"]) for r in rows] == [("04", 18, 3), ("09", 4, 1), ("", 22, 4)]
    rows = ask(place, "casemix-had", regroupement="ghpc")
    assert [(r["ghpc"], r["journees"], r["sejours"]) for r in rows] == [("0611", 18, 3), ("1234", 4, 1), ("", 22, 4)]
    rows = ask(place, "statistiques-had-par-karnofsky", activite="mpp:04")
    assert [(r["karnofsky"], r["journees"]) for r in rows] == [("030", 5), ("040", 13), ("", 18)]
    rows = ask(place, "statistiques-had-par-mpp")
    assert [(r["mpp"], r["mpa"], r["journees"]) for r in rows if r["mpa"]] == [("04", "07", 18), ("09", "00", 4)]


def test_psychiatry_counts_days_half_days_acts_and_patients_of_an_establishment(
    workspace: Workspace, tmp_path: Path
) -> None:
    who = {"sexe": "1", "age_ans": 40, "code_geo": "29000", "dp": "F200"}
    when = {"mois_fin_sequence": 5, "annee_fin_sequence": 2023}

    def sequence(patient: str, form: str, days: int, halves: int = 0) -> dict[str, str | int]:
        counted = {"nb_jours_presence": days, "nb_demi_journees": halves}
        return {**who, **when, **counted, "cle_patient": patient, "forme_activite": form, "cle_sejour": "1"}

    act = {**who, "cle_patient": "A", "forme_activite": "30", "date_acte": "15032023", "nature_acte": "E"}
    lines = [sequence("A", "01", 30), sequence("A", "01", 10), sequence("B", "20", 4, 3), sequence("C", "", 1)]
    put(tmp_path / "psy", f"{ONE}.2023.12.rpsa", "rpsa", lines)
    put(tmp_path / "psy", f"{ONE}.2023.12.r3a", "r3a", [act, act, {**act, "dp": "F321"}])
    place = built(workspace, tmp_path / "psy")
    rows = ask(place, "casemix-psy", regroupement="nature")
    counted = ("nature", "prises_en_charge", "journees_tc", "journees_tp", "demi_journees_tp", "actes")
    assert [tuple(r[name] for name in counted) for r in rows] == [
        ("1", 1, 40, 0, 0, 0),
        ("2", 1, 0, 4, 3, 0),
        ("3", 2, 0, 0, 0, 3),  # patient A once for each diagnosis
        ("", 4, 40, 4, 3, 3),
    ]
    rows = ask(place, "statistiques-psy-par-diagnostic", regroupement="dp")
    assert [(r["dp"], r["prises_en_charge"], r["actes"]) for r in rows[:-1]] == [("F200", 3, 2), ("F321", 1, 1)]
    assert [r["actes"] for r in ask(place, "casemix-psy", regroupement="nature", mois="3")][-1] == 3


def test_products_are_counted_by_stay_quantity_and_amount(workspace: Workspace, tmp_path: Path) -> None:
    def drug(stay: int, code: str, quantity: int, amount: int = 100_000) -> dict[str, str | int]:
        when = {"mois_administration": 3, "type_prestation": "06"}
        return {"cle_rsa": stay, "code_ucd": code, "quantite_milliemes": quantity, "montant_milliemes": amount, **when}

    thirteen = "3400890000240"  # the same product as the seven digits 9000024
    lines = [drug(1, thirteen, 1500), drug(1, "9000024", 500), drug(2, "9000024", 1000), drug(3, "9000024", 0)]
    put(tmp_path / "p", f"{ONE}.2023.12.MCO.med", "med_mco", lines)
    device = {"cle_rsa": 1, "code_lpp": "3100156", "nb_poses": 2, "montant_milliemes": 7_000_000, "mois_pose": 3}
    put(tmp_path / "p", f"{ONE}.2023.12.dmi", "dmi_mco", [device])
    place = built(workspace, tmp_path / "p")
    (row, total) = ask(place, "medicaments-en-sus", regroupement="ucd")
    assert (row["ucd"], row["sejours"], row["quantite_medicaments"], row["montant"]) == ("9000024", 2, 3.0, 300.0)
    assert total["montant"] == 300.0
    (row, _) = ask(place, "dmi-en-sus", regroupement="lpp")
    assert (row["lpp"], row["sejours"], row["quantite_dispositifs"], row["montant"]) == ("3100156", 1, 2, 7000.0)
    assert ask(place, "medicaments-en-sus", OPEN, regroupement="ucd")[0]["montant"] is None  # two stays
    assert ask(place, "medicaments-en-sus-par-etablissement")[0]["finess"] == ONE


def test_acts_are_counted_by_execution_and_by_stay(workspace: Workspace, tmp_path: Path) -> None:
    """A scan is ACQK001 (01.01), a median nerve AHPA009 (01.05), a spinal anaesthesia AFLB010 (18.01)."""
    rows: list[dict[str, str | int]] = [
        {"duree": 2, "actes": "ACQK001/1/2 ACQK001 AHPA009/1 AHPA009/4"},  # the scan twice, then once more: 3 acts
        {"duree": 0, "actes": "AHPA009", "mois_sortie": 3},
        {"duree": 4, "actes": "AFLB010/4"},  # the anaesthetist's activity alone
        {"duree": 1, "actes": "ZZZZ999"},  # in no nomenclature
        {"duree": 1, "actes": "AHPA009", "ghm": "90Z00Z"},
        {"duree": 1, "actes": "AHPA009", "type_sejour": "B"},
        {"duree": 9},  # no act
    ]
    write(tmp_path / "a", f"{ONE}.2023.12.rsa", rows)
    write(tmp_path / "a", f"{TWO}.2023.12.rsa", [{"duree": 1, "actes": "AHPA009/1/0", "n": 12}])
    place = built(workspace, tmp_path / "a")
    counted = ("sejours", "part_hp", "dms", "actes")
    here = ask(place, "actes-mco-par-etablissement", regroupement="acte", etablissement=ONE)
    one = {r["acte"]: r for r in here if r["finess"]}
    assert {code: tuple(row[name] for name in counted) for code, row in one.items()} == {
        "ACQK001": (1, 0, 2, 3),
        "AHPA009": (2, 50, 1, 2),  # two nights and none
        "ZZZZ999": (1, 0, 1, 1),
    }
    (nerve,) = [r for r in ask(place, "statistiques-mco-par-acte", regroupement="acte") if r["acte"] == "AHPA009"]
    assert (nerve["sejours"], nerve["actes"]) == (14, 14)  # those whose line says 0 times count once
    chapters = ask(place, "statistiques-mco-par-acte", regroupement="sous_chapitre", activite="chapitre_acte:01")
    assert [(r["sous_chapitre"], r["sejours"], r["actes"]) for r in chapters] == [
        ("01.01", 1, 3),
        ("01.05", 14, 14),
        ("", 15, 17),
    ]
    (year,) = open_edition(place.editions, "essai", settings=place.settings).of("actes").champ.rapprochement
    left_out = {"cmd-90": 1, "pie-prestataire": 1, "sans-code": 0, "autre-activite": 2}
    assert (year.lignes, year.retenues, year.exclusions) == (21, 17, left_out)
    assert all(control.bon for control in check(place.editions, "essai", catalogue(), place.settings))


def test_a_field_that_an_edition_has_not_says_so(smr: Workspace) -> None:
    with pytest.raises(Exception, match="n'a pas le champ MCO"):
        ask(smr, "casemix-mco")


def test_who_has_sent_what(smr: Workspace) -> None:
    for scope in (OPEN, SECURE):
        rows = ask(smr, "suivi-des-transmissions-smr", scope)
        assert [(r["finess"], r["periode"], r["chainage"], r["mois_transmis"]) for r in rows] == [
            (ONE, "M12", "oui", 12),
            (TWO, "M12", "non", 12),
        ]
