"""What is wrong of an edition is seen by its control, at the level of its thresholds; what blocks is not published."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import Catalogue, catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.edition.check import Controle, check, kept
from sanoscope.edition.opening import certificate
from sanoscope.edition.release import release
from sanoscope.edition.stores import fingerprint
from sanoscope.errors import SanoscopeError
from sanoscope.formats.registry import layout_of
from sanoscope.intake.receive import receive
from sanoscope.workspace import Workspace
from tests.pmsi import put, rsa, write

A, B, C, D = "290000017", "290000025", "350000014", "350000022"

FAULTS: list[Mapping[str, str | int]] = [
    {"n": 30, "age_ans": 125},
    {"n": 5, "sexe": 9},
    {"n": 12, "duree": 400},
    {"n": 40, "mois_sortie": 9},
    {"n": 60, "ghm": "99X99Z"},
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """« avant », published, and « apres », with a fault for each control.

    Stays of « apres », by month: 2022 to December, A 1000 in January and 1000 in July, B 1000 (1500 in « avant »),
    C 1200, D 300 (its file is cut off); 2023, A to June, 1110 in January and 40 in September, B to June, 1500, D to
    March, 300; nothing of C. In « avant », A had 1000 in 2023.
    """
    root = tmp_path_factory.mktemp("controles")
    place = workspaces.create(root / "espace")
    first, then = root / "1", root / "2"
    write(first, f"{A}.2022.12.rsa", [{"n": 1000}, {"n": 1000, "mois_sortie": 7}])
    write(first, f"{B}.2022.12.rsa", [{"n": 1500}])
    write(first, f"{C}.2022.12.rsa", [{"n": 1200}])
    (first / f"{D}.2022.12.rsa").write_bytes(rsa(D, 2022, [{"n": 301}])[:-30])
    write(first, f"{A}.2023.6.rsa", [{"n": 1000}])
    write(first, f"{B}.2023.6.rsa", [{"n": 1500}])
    write(first, f"{D}.2023.3.rsa", [{"n": 300}])
    receive(place, [first])
    build(place, catalogue(), name="avant", care=QUICK, secret=1)
    publication.publish(place.editions, "avant")
    write(then, f"{B}.2022.12.rsa", [{"n": 1000}])
    write(then, f"{A}.2023.6.rsa", [{"n": 999}, {"n": 4, "duree": 0}, *FAULTS])
    blank = {"cle_sejour": "1", "mpp": "04", "duree_sous_sequence": 2, "sexe": "1", "age_ans": 50, "code_geo": "29000"}
    path = put(then, f"{A}.2022.12.rapss", "rapss", [{**blank, "mois_fin_sous_sequence": 3, "n": 1000}])
    lines, at = path.read_bytes().splitlines(keepends=True), layout_of("rapss", 2022)["mois_fin_sous_sequence"]
    torn = [line[: at.start - 1] + b" " * (at.end - at.start + 1) + line[at.end :] for line in lines[:25]]
    path.write_bytes(b"".join([*torn, *lines[25:]]))
    receive(place, [then])
    build(place, catalogue(), name="apres", care=QUICK, secret=1, before="avant")
    return place


@pytest.fixture
def place(planted: Workspace, tmp_path: Path) -> Workspace:
    """A copy that a test may spoil."""
    shutil.copytree(planted.root, tmp_path / "copie", symlinks=True)
    return workspaces.load(tmp_path / "copie")


def only(*codes: str) -> Catalogue:
    """The catalogue with some of its controls alone."""
    return replace(catalogue(), controles=tuple(c for c in catalogue().controles if c.code in codes))


def thresholds(place: Workspace, *rows: str) -> None:
    (place.reference / "controles.csv").write_text("\n".join(["code,niveau,seuil", *rows]) + "\n", encoding="utf-8")


def seen(place: Workspace, code: str, champ: str = "mco") -> Controle:
    """What the one control finds of a field of « apres »."""
    found = check(place.editions, "apres", only(code), place.settings)
    return next(c for c in found if c.nom.startswith(f"{champ.upper()}, "))


PLANTED = [
    # code, level as shipped, what it says, per cent by hand
    ("fichiers-tronques", "bloque", f"1 sur 4 : {D}", 25.0),
    ("etablissements-absents", "alerte", f"1 sur 4 en 2022, 26,7 % des séjours : {C}", 100 * 1200 / 4500),
    ("etablissements-en-retard", "alerte", f"1 sur 3 en 2023, 10,2 % des séjours : {D}", 100 * 300 / 2950),
    ("rupture-edition", "bloque", "2022, cumul de 1 mois : -12,5 %", 12.5),
    ("rupture-edition-etablissement", "alerte", f"{B} 2022, cumul de 1 mois : -33,3 %", 100 / 3),
    ("rupture-annee", "alerte", "2023, cumul de 1 mois : +26,5 %", 100 * 610 / 2300),
    ("rupture-annee-etablissement", "note", "2 comparés", 50.0),
    ("age-impossible", "bloque", "2023 : 30 lignes (1,02 %)", 100 * 30 / 2950),
    ("sexe-impossible", "alerte", "2023 : 1 à 10 lignes", 100 * 5 / 2950),
    ("duree-impossible", "alerte", "2023 : 12 lignes (0,41 %)", 100 * 12 / 2950),
    ("mois-apres-transmission", "alerte", "2023 : 40 lignes (1,36 %)", 100 * 40 / 2950),
    ("etablissements-inconnus", "alerte", "4 établissements inconnus (100,00 %)", 100.0),
]


@pytest.mark.parametrize(("code", "level", "said", "measured"), PLANTED, ids=[row[0] for row in PLANTED])
def test_a_planted_fault_is_seen_at_each_level(
    place: Workspace, code: str, level: str, said: str, measured: float
) -> None:
    found = seen(place, code)
    assert (found.niveau, found.bon) == (level, level != "bloque")
    assert said in found.detail
    above, below = measured + 0.01, measured - 0.01
    for warns, blocks, wanted in ((above, above, "note"), (below, above, "alerte"), (below, below, "bloque")):
        thresholds(place, f"{code},alerte,{warns:.3f}", f"{code},bloque,{blocks:.3f}")
        assert seen(place, code).niveau == wanted, (warns, blocks)


def test_a_month_that_is_not_one_is_seen(place: Workspace) -> None:
    """25 sub-sequences of 1,000 have no month: 2.5 %, above the 1 % that blocks."""
    found = seen(place, "mois-impossible", "had")
    assert (found.niveau, found.detail) == ("bloque", "2022 : 25 lignes (2,50 %)")
    assert seen(place, "mois-impossible").niveau == "note"
    thresholds(place, "mois-impossible,bloque,3")
    assert seen(place, "mois-impossible", "had").niveau == "alerte"


def test_unknown_codes_are_a_share_of_lines(place: Workspace) -> None:
    """60 lines of 7,450 have a GHM that there is not."""
    found = seen(place, "codes-inconnus")
    assert found.niveau == "note"
    assert "60 lignes dont le code est inconnu (GHM) (0,81 %)" in found.detail
    for rows, wanted in ((("alerte,0.8",), "alerte"), (("alerte,0.5", "bloque,0.8"), "bloque")):
        thresholds(place, *(f"codes-inconnus,{row}" for row in rows))
        assert seen(place, "codes-inconnus").niveau == wanted


@pytest.mark.parametrize(
    ("row", "level", "said"),
    [
        ("2022,mco,sejours,4500,", "note", "égal au total attendu"),
        ("2022,mco,sejours,4507,", "note", "à 1 à 10 près"),
        ("2022,mco,sejours,4400,", "alerte", "à 2,27 % du total attendu"),
        ("2022,mco,sejours,4400,2", "bloque", "à 2,27 % du total attendu"),
        ("2022,mco,sejours,4400,3", "note", "à 2,27 % du total attendu"),
        ("2022,mco,sejours,3000,", "bloque", "à 50,00 % du total attendu"),
        ("2023,mco,sejours,3000,", "note", "l'année n'est pas entière"),
    ],
)
def test_a_national_total_is_compared_for_whole_years(place: Workspace, row: str, level: str, said: str) -> None:
    table = place.reference / "totaux_controle.csv"
    table.write_text(f"annee,champ,somme,valeur,tolerance\n{row}\n", encoding="utf-8")
    found = seen(place, "total-national")
    assert found.niveau == level
    assert said in found.detail


def test_an_establishment_that_is_gone_from_the_edition_blocks(place: Workspace) -> None:
    build(place, catalogue(), name="sans-2023", years=[2022], care=QUICK, secret=1, before="avant")
    shutil.rmtree(place.editions / "apres")
    shutil.rmtree(place.store / "mco" / "2022" / A)
    build(place, catalogue(), name="apres", care=QUICK, secret=1, before="avant")
    found = seen(place, "rupture-edition-etablissement")
    assert found.niveau == "bloque"
    assert f"{A} 2022, cumul de 1 mois : -100,0 %" in found.detail


# integrity -----------------------------------------------------------------------------------------------------------


def test_a_line_that_is_nowhere_blocks(place: Workspace) -> None:
    assert seen(place, "rapprochement").niveau == "note"
    manifest = manifests.read(place.editions / "apres")
    manifest.champs["mco"].rapprochement[0].lignes += 1
    manifests.write(place.editions / "apres", manifest)
    found = seen(place, "rapprochement")
    assert (found.niveau, found.detail) == ("bloque", "années en défaut : 2022")


def test_a_rollup_that_does_not_add_up_blocks(place: Workspace) -> None:
    assert seen(place, "agregats").niveau == "note"
    manifest = manifests.read(place.editions / "apres")
    own = manifest.champs["mco"]
    rollup = next(t.nom for t in own.tables if t.cube == "activite" and "mois" not in t.dimensions)
    path = place.editions / "apres" / manifests.database("mco", public=False)
    with duckdb.connect(str(path)) as store:
        store.execute(f'UPDATE "{rollup}" SET sejours = sejours + 1')
    own.empreinte = fingerprint(path)
    manifests.write(place.editions / "apres", manifest)
    found = seen(place, "agregats")
    assert found.niveau == "bloque"
    assert rollup in found.detail


def test_a_certificate_or_a_noise_that_is_not_of_what_is_served_blocks(place: Workspace) -> None:
    books = only("certificat", "bruites")
    assert {c.niveau for c in check(place.editions, "apres", books, place.settings)} == {"note"}
    path = certificate(place.editions / "apres", catalogue().champs["mco"], 2023)
    with np.load(path) as file:
        spoilt = {name: file[name] for name in file.files}
    np.savez_compressed(path, **{**spoilt, "faits": spoilt["faits"] + 1})
    wrong = [c for c in check(place.editions, "apres", only("certificat"), place.settings) if not c.bon]
    assert [(c.nom, c.sans_appel) for c in wrong] == [("MCO, certificat de 2023", True)]
    (place.editions / "apres" / "securise" / "cle-personnes").write_bytes(b"une autre clef, de 32 octets....")
    assert not all(c.bon for c in check(place.editions, "apres", only("bruites"), place.settings))


# what is said, kept, and done with it --------------------------------------------------------------------------------


def test_nothing_small_is_said(place: Workspace) -> None:
    """The 5 stays of no sex, and what a difference of few stays would tell, are « 1 à 10 »."""
    found = check(place.editions, "apres", catalogue(), place.settings)
    assert {c.niveau for c in found} == {"note", "alerte", "bloque"}
    told = [c.detail for c in found if c.code not in ("certificat", "bruites", "agregats")]
    assert not [text for text in told if re.search(r"(?<![\d ,])([1-9]|10) (lignes|séjours|retenues|exclues)", text)]
    assert any("1 à 10 lignes" in text for text in told)


def test_a_blocked_edition_stays_unpublished_unless_a_reason_is_given(place: Workspace) -> None:
    books = only("rupture-edition", "age-impossible")
    with pytest.raises(SanoscopeError) as blocked:
        release(place.editions, "apres", books, place.settings)
    assert blocked.value.code == "edition-bloquee"
    assert "[rupture-edition] MCO" in str(blocked.value)
    assert "--malgre-tout" in str(blocked.value)
    assert publication.served(place.editions) == "avant"
    release(place.editions, "apres", books, place.settings, malgre_tout=" B a corrigé\n2022 ")
    assert publication.served(place.editions) == "apres"
    record = [json.loads(line) for line in (place.editions / publication.HISTORY).read_text("utf-8").splitlines()]
    assert record[0].keys() == {"instant", "edition"}
    assert record[1]["malgre_tout"] == "B a corrigé 2022"
    assert record[1]["controles"] == ["age-impossible", "rupture-edition"]
    assert publication.rollback(place.editions) == "avant"
    lines = (place.editions / publication.HISTORY).read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines[:2]] == record
    assert (json.loads(lines[2])["edition"], json.loads(lines[2])["retour"]) == ("avant", True)


def test_no_reason_publishes_what_is_not_whole(place: Workspace) -> None:
    manifest = manifests.read(place.editions / "apres")
    manifest.champs["mco"].rapprochement[0].lignes += 1
    manifests.write(place.editions / "apres", manifest)
    with pytest.raises(SanoscopeError, match="ne peut pas être publiée") as blocked:
        release(place.editions, "apres", only("rapprochement"), place.settings, malgre_tout="urgent")
    assert blocked.value.code == "edition-bloquee"
    assert publication.served(place.editions) == "avant"


def test_controls_are_made_once_and_again_when_something_changed(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = only("sexe-impossible")
    assert kept(place.editions, "apres", books, place.settings) is None
    found = check(place.editions, "apres", books, place.settings)
    assert kept(place.editions, "apres", books, place.settings) == found
    publication.seal(place.editions, "apres")
    with monkeypatch.context() as patch:
        patch.setattr("sanoscope.edition.check.measure", lambda control, subject: 1 / 0)
        assert release(place.editions, "apres", books, place.settings) == found
    assert kept(place.editions, "apres", books, place.settings) is None, "another edition is published"
    check(place.editions, "apres", books, place.settings)
    thresholds(place, "sexe-impossible,bloque,0.1")
    assert kept(place.editions, "apres", books, place.settings) is None, "other thresholds"
    with pytest.raises(SanoscopeError, match="sexe-impossible"):
        release(place.editions, "apres", books, place.settings)


def test_an_operator_does_without_a_control_but_not_without_integrity(place: Workspace) -> None:
    thresholds(place, "age-impossible,sans,", "rupture-edition,bloque,")
    books = only("age-impossible", "rupture-edition")
    found = check(place.editions, "apres", books, place.settings)
    assert {c.code: c.niveau for c in found if c.nom.startswith("MCO")} == {"rupture-edition": "alerte"}
    for code in ("certificat", "rien"):
        thresholds(place, f"{code},sans,")
        with pytest.raises(SanoscopeError) as error:
            check(place.editions, "apres", catalogue(), place.settings)
        assert error.value.code == "controles-invalides"
    thresholds(place)
    (place.reference / "totaux_controle.csv").write_text("annee,champ,somme,valeur\n2022,mco,sejour,1\n", "utf-8")
    with pytest.raises(SanoscopeError, match="sejour"):
        check(place.editions, "apres", catalogue(), place.settings)
