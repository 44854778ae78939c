"""The open face of each field, as the catalogue declares it, against what its pages say."""

import pytest

from sanoscope.attack.face import Link, Ratio, Shares
from sanoscope.catalogue.load import catalogue
from sanoscope.cli.faces import exact, face_of

FIELDS = ("mco", "smr", "had", "psy", "sus", "actes")


NOISED = (
    "addictions-mco",
    "casemix-valorise",
    "caracteristiques-",
    "chirurgie-ambulatoire-mco",
    "diagnostics-par-ghm-mco",
    "flux-entrants-entre-etablissements-mco",
    "flux-entre-etablissements-mco",
    "gestes-marqueurs-mco",
    "hospitalisations-evitables-mco",
    "indicateurs-de-pilotage-",
    "profil-des-sejours-mco",
    "rehospitalisations-mco",
    "sante-perinatale-mco",
    "synthese-medicaments-dmi",
    "taux-de-",
    "zone-",
)
"""Told with a noise, or a part of what others show (docs/attaque.md)."""

ADDED = ("activite-infra-annuelle-", "analyse-croisee-", "flux-zones-")
"""Sums, by zone or over months, of what the tables of establishments, of residence and of months show."""


def test_every_masked_restitution_of_figures_is_attacked() -> None:
    asked = set()
    for champ in FIELDS:
        face = face_of(catalogue().champs[champ], catalogue())
        asked |= {one.slug for one in (*face.listings, *face.maps, *face.shares)}
    every = {r.slug for r in catalogue().restitutions.values() if r.acces != "securise" and r.genre == "activite"}
    assert asked <= every
    assert {slug for slug in every - asked if not slug.startswith((*NOISED, *ADDED))} == set()
    assert not {slug for slug in asked if slug.startswith((*NOISED, *ADDED))}


def test_every_ratio_and_every_count_of_the_open_side_is_known() -> None:
    for champ in FIELDS:
        face, declared = face_of(catalogue().champs[champ], catalogue()), catalogue().champs[champ]
        shown = {
            m
            for r in catalogue().restitutions.values()
            if r.champ == champ and r.acces != "securise" and r.genre == "activite" and exact(r, declared)
            for m in r.mesures
        }
        ratios = {m for m in shown if declared.mesures[m].genre == "rapport"} - {"ip_dms", "ip_dms_rogne"}  # noised
        assert {r.name for r in face.ratios} == ratios
        for sheet in declared.publication.feuillets.values():
            told = {*face.counted, *(r.numerator for r in face.ratios), *(r.others for r in face.ratios)}
            bounded = {name for people in face.riders.values() for name in people}
            assert set(sheet.comptes) <= told | bounded, champ


@pytest.mark.parametrize(
    ("champ", "people", "amounts", "counted"),
    [
        ("mco", {"sejours", "sejours_hc", "sejours_hp", "seances"}, set(), set()),
        ("smr", {"sejours"}, {"journees", "journees_hc", "journees_hp"}, {"sejours_hc", "sejours_hp"}),
        ("had", {"sejours"}, {"journees"}, set()),
        ("psy", {"prises_en_charge"}, {"journees_tc", "actes"}, {"complet", "partiel", "ambulatoire"}),
        ("sus", {"sejours"}, {"quantite_dispositifs"}, set()),
        ("actes", {"sejours"}, {"actes"}, {"sejours_hc", "sejours_hp"}),
    ],
)
def test_what_counts_people_and_what_does_not(
    champ: str, people: set[str], amounts: set[str], counted: set[str]
) -> None:
    face = face_of(catalogue().champs[champ], catalogue())
    assert set(face.people) == people
    assert set(face.amounts) == amounts
    assert set(face.counted) == people | counted


@pytest.mark.parametrize(
    ("champ", "levels"),
    [
        ("mco", {"racine", "cmd", "chapitre_dp", "cmd×chapitre_dp"}),
        ("smr", {"cm", "gn"}),
        ("had", {"mpp", "mpa", "mpp×mpa", "mpp×karnofsky"}),
        ("psy", {"nature", "forme_activite", "categorie_psy", "forme_activite×categorie_psy", "nature×categorie_psy"}),
        ("sus", {"ucd", "atc5", "atc1", "lpp", "categorie_lpp", "titre_lpp"}),
        ("actes", {"acte", "sous_chapitre", "chapitre_acte"}),
    ],
)
def test_levels_and_crossings(champ: str, levels: set[str]) -> None:
    assert levels <= {one.level for one in face_of(catalogue().champs[champ], catalogue()).listings}


def test_what_ties_the_sums_of_smr() -> None:
    face = face_of(catalogue().champs["smr"], catalogue())
    assert Link("sejours", ("sejours_hc", "sejours_hp")) in face.system_links
    assert Link("journees_hp", ("sejours_hp",), complete=False) in face.system_links
    assert Ratio("part_hommes", "hommes", "sejours", 100, others="femmes") in face.ratios
    assert face.shares == (Shares("parts-de-marche-smr", ("cm",), "journees", "part_de_marche", "sejours"),)


@pytest.mark.parametrize("champ", ["sus", "actes"])
def test_what_identified_readers_are_answered_is_asked_too(champ: str) -> None:
    """Groups by établissement, and any basket of them; the open tables take zones alone."""
    face = face_of(catalogue().champs[champ], catalogue())
    assert face.leaf == ("etablissement", "")
    assert face.baskets
    assert {(one.members, one.picks) for one in face.listings} == {(True, True), (False, False)}
    wholes = {("liste", "medicament"), ("liste", "dispositif")} if champ == "sus" else {("", "")}
    assert {one.total for one in face.listings} == {one.total for one in face.maps} == wholes
    assert all(one.slug.endswith("-par-etablissement") for one in face.maps)
