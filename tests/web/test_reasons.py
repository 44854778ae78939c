"""Why an account is answered or is not: what is told, right by right, is what the service then does."""

from datetime import timedelta
from functools import cache
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanoscope.access.accounts import Account
from sanoscope.access.rights import Right, today
from sanoscope.access.scope import DOMAINS, FRANCE, Grant, Perimeter, Scope
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, ForbiddenError, SanoscopeError
from sanoscope.query.service import Service
from sanoscope.web.reasons import Why, why
from sanoscope.workspace import Workspace
from tests.query.test_permission import IDENTIFIED, books, criteria, grants

SLUGS = [*IDENTIFIED, "casemix-mco", "taux-de-recours-mco", "statistiques-psy-par-acte", "actes-mco-par-etablissement"]
JEANNE = Account("j", "jeanne", "ARS", "2026-01-01", "", "", "")
DAYS = [(0, 0, ""), (-9, 9, ""), (1, 9, ""), (-9, -1, ""), (-9, 9, "2026-01-02T00:00:00+00:00")]
"""First and last day from today, when it was withdrawn: those that hold, then those that do not."""


@cache
def service(place: Workspace, *, complete: bool) -> Service:
    return Service(place, books(), complete=complete)


def right(grant: Grant, start: int = 0, end: int = 0, withdrawn: str = "") -> Right:
    return Right("d", "ARS", grant, today() + timedelta(start), today() + timedelta(end), "m", withdrawn)


def explained(place: Workspace, address: str, *rights: Right, complete: bool = False, closed: str = "") -> Why:
    account = Account("j", "jeanne", "ARS", "2026-01-01", closed, "", "")
    return why(service(place, complete=complete), account, rights, address, sites=["https://stats.exemple.fr"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_told_is_what_is_done(small: Workspace, public: Edition, data: st.DataObject) -> None:
    asked = service(small, complete=data.draw(st.booleans()))
    slug = data.draw(st.sampled_from(SLUGS))
    pairs = data.draw(criteria(public)) + data.draw(st.sampled_from([[], [], [("version", "complete")]]))
    rights = [
        right(grant, *data.draw(st.sampled_from(DAYS)))
        for grant in sorted(data.draw(st.one_of(st.just(frozenset()), grants(public))), key=str)
    ]
    told = why(asked, JEANNE, rights, f"/api/v1/restitutions/{slug}/donnees?{urlencode(pairs)}")
    scope = Scope(frozenset(one.grant for one in rights if one.holds(today())))
    try:
        asked.question(slug, pairs, scope)
        done = ""
    except SanoscopeError as error:
        done = error.code
    assert (told.refused.code if told.refused else "") == (done if done in ("acces-refuse", "version-absente") else "")
    if told.wrong is None and done != "version-absente":  # which this service says before it looks at perimeters
        opens = told.free or any(not lacks for _, lacks in told.rights)
        assert opens == (done != "acces-refuse"), (told.rights, done)
        assert bool(told.free or told.needed)
    elif told.refused is None:
        assert told.wrong.code == done


BRETAGNE = Grant("regional", Perimeter("region", frozenset({"53"})), frozenset({"activite"}))
FINISTERE = Grant("securise", Perimeter("departement", frozenset({"29"})), frozenset({"activite"}))
QUALITY = Grant("securise", FRANCE, frozenset({"qualite"}))
IDENTIFIED_HERE = f"/restitutions/{IDENTIFIED[0]}?annee=2023&zone=departement:29"


def test_each_right_says_what_it_lacks(small: Workspace) -> None:
    rights = right(BRETAGNE), right(FINISTERE, -9, -1), right(QUALITY), right(FINISTERE)
    told = explained(small, "/restitutions/casemix-mco?annee=2023&zone=departement:22&version=complete", *rights)
    first, past, quality, here = ([str(one) for one in lacks] for _, lacks in told.rights)
    assert len(first) == 1
    assert "profil sécurisé" in first[0]
    assert [text[:9] for text in past] == ["il a fini", "rien de c"]
    assert quality == ["il n'est pas du domaine « activité »"]
    assert "département 29" in here[0]
    assert [str(one) for one in told.needed][1:] == [
        "le profil sécurisé",
        "un périmètre qui contient zone=departement:22",
    ]
    assert isinstance(told.refused, ForbiddenError)
    same = explained(small, IDENTIFIED_HERE, *rights)
    assert (same.refused, same.rights[0][1]) == (None, ())


@pytest.mark.parametrize(
    "address",
    [
        IDENTIFIED_HERE,
        f"https://stats.exemple.fr/en{IDENTIFIED_HERE}",
        f"/restitutions/{IDENTIFIED[0]}/donnees?format=csv&annee=2023&zone=departement:29",
        f"/api/v1/restitutions/{IDENTIFIED[0]}/donnees?annee=2023&zone=departement:29&format=json",
        f"/restitutions/{IDENTIFIED[0]}/graphique.svg?annee=2023&zone=departement:29&theme=sombre",
        f"{IDENTIFIED_HERE}&tri=sejours&page=toutes",
    ],
)
def test_every_address_of_an_answer_is_understood(small: Workspace, address: str) -> None:
    assert explained(small, address, right(BRETAGNE)).refused is None
    for rights, closed in (((), ""), ((right(QUALITY),), ""), ((right(BRETAGNE),), "2026-02-02")):
        told = explained(small, address, *rights, closed=closed)
        assert (told.refused is not None, told.free) == (True, False)


def test_what_is_for_everybody_says_so(small: Workspace) -> None:
    for address in (
        "/restitutions/casemix-mco?annee=2023",
        f"/restitutions/{IDENTIFIED[0]}",
        f"/restitutions/{IDENTIFIED[0]}/formulaire?annee=2023",
        "/fiches/fiche-regionale?region=53",
    ):
        told = explained(small, address, closed="2026-02-02")
        assert (told.refused, told.free) == (None, True), address
    shared = explained(
        small, IDENTIFIED_HERE.replace("?", "/integrer?"), right(Grant("national", FRANCE, frozenset(DOMAINS)))
    )
    assert (shared.place.kind, shared.refused is None) == ("partage", False)


@pytest.mark.parametrize(
    "address", ["", "/", "/plan", "https://ailleurs.fr/restitutions/casemix-mco", "//a/restitutions/b", "restitutions"]
)
def test_other_addresses_are_refused(small: Workspace, address: str) -> None:
    with pytest.raises(CriterionError) as caught:
        explained(small, address)
    assert caught.value.code == "adresse-sans-question"


def test_a_question_that_does_not_work_says_why(small: Workspace) -> None:
    told = explained(small, "/restitutions/casemix-mco?annee=1900")
    assert (told.refused, told.wrong and told.wrong.code) == (None, "valeur-inconnue")
    told = explained(small, f"/api/v1/restitutions/{IDENTIFIED[0]}/donnees?anne=2023", right(BRETAGNE))
    assert (told.refused, told.wrong and told.wrong.code) == (None, "critere-inconnu")
    told = explained(small, f"/api/v1/restitutions/{IDENTIFIED[0]}/donnees?anne=2023", right(QUALITY))
    assert told.refused is not None
