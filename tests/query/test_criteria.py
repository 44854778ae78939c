"""A question is checked once: what is unknown says what is allowed, what is equal has one canonical form."""

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError
from sanoscope.query.criteria import Query, parse

ACTIVITIES = ["aso:M", "cas:X", "doac:D10", "racine:04M05", "ghm:28Z04Z", "ghm:99X99Z", "cmd:28"]
CARTO, CASEMIX, PARTS = "cartographie-activite-mco", "casemix-mco", "parts-de-marche-mco"


def ask(public: Edition, slug: str, **criteria: str) -> Query:
    return parse(criteria.items(), catalogue().restitution(slug), public, OPEN)


@pytest.mark.parametrize(
    ("slug", "criteria", "code", "allowed"),
    [
        (CARTO, {"anne": "2023"}, "critere-inconnu", "annee"),
        (CARTO, {"regroupement": "racine"}, "critere-inconnu", "activite"),
        (CARTO, {"annee": "2019"}, "valeur-inconnue", "2023"),
        (CARTO, {"annee": "deux mille"}, "valeur-inconnue", "2023"),
        (PARTS, {"annee": "2022,2023"}, "combinaison", "2023"),
        (CARTO, {"mois": "13"}, "valeur-inconnue", "12"),
        (CARTO, {"mois": "-1"}, "valeur-inconnue", "1"),
        (CARTO, {"zone": "departement:99"}, "valeur-inconnue", "departement:29"),
        (CARTO, {"zone": "bretagne"}, "valeur-inconnue", "region:CODE"),
        (CARTO, {"zone": "france:29"}, "valeur-inconnue", "france"),
        (CARTO, {"etablissement": "290000099"}, "valeur-inconnue", "290000001"),
        (CARTO, {"etablissement": "29'; drop table"}, "valeur-inconnue", "290000001"),
        (CARTO, {"panier": "290000001,xx"}, "valeur-inconnue", "290000001"),
        (CARTO, {"etablissement": "290000001", "panier": "290000002"}, "combinaison", None),
        (CARTO, {"secteur": "mixte"}, "valeur-inconnue", "public"),
        (CARTO, {"activite": "doac:D99"}, "valeur-inconnue", "doac:D01"),
        (CARTO, {"activite": "D01"}, "valeur-inconnue", "doac:CODE"),
        (CASEMIX, {"regroupement": "gme"}, "valeur-inconnue", "racine"),
    ],
)
def test_what_is_refused_says_what_is_allowed(
    public: Edition, slug: str, criteria: dict[str, str], code: str, allowed: str | None
) -> None:
    with pytest.raises(CriterionError) as error:
        ask(public, slug, **criteria)
    assert error.value.code == code
    assert allowed is None or allowed in error.value.allowed


def test_a_criterion_given_twice_is_refused(public: Edition) -> None:
    with pytest.raises(CriterionError, match="deux fois"):
        parse([("annee", "2022"), ("annee", "2023")], catalogue().restitution(CARTO), public, OPEN)


def test_the_same_question_has_one_form(public: Edition) -> None:
    first = ask(public, CARTO, annee="2023,2022", zone="departement:29", panier="290000002, 290000001", mois="12")
    second = ask(public, CARTO, panier="290000001,290000002,290000001", zone="departement:29", annee="2022,2023")
    assert first == second
    assert first.canonical == "annee=2022,2023&zone=departement:29&panier=290000001,290000002"


def test_without_anything_it_is_the_last_year_of_france(public: Edition) -> None:
    assert ask(public, CARTO).canonical == "annee=2024"
    assert ask(public, CASEMIX).canonical == "annee=2024&regroupement=racine"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_a_hostile_value_is_an_error_not_an_accident(public: Edition, name: str, value: str) -> None:
    for criterion in (name, "zone", "activite", "panier", "annee", "ght"):
        try:
            ask(public, CARTO, **{criterion: value})
        except CriterionError as error:
            assert error.message


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_the_canonical_form_gives_the_same_question_back(public: Edition, data: st.DataObject) -> None:
    slug, criteria = data.draw(questions(public))
    query = ask(public, slug, **criteria)
    pairs = [tuple(part.split("=", 1)) for part in query.canonical.split("&")]
    again = parse([(n, unquote(v)) for n, v in pairs], catalogue().restitution(slug), public, OPEN)  # type: ignore[misc]
    assert again == query


def questions(public: Edition) -> st.SearchStrategy[tuple[str, dict[str, str]]]:
    """Questions of every shape that an edition can answer."""
    finess = sorted(public.finess)
    years = [str(year) for year in public.manifest.annees]
    optional = {
        "mois": st.sampled_from([str(m) for m in range(1, 13)]),
        "secteur": st.sampled_from(["public", "prive"]),
        "categorie": st.sampled_from(["CH", "PRIVE", "?"]),
        "ght": st.sampled_from(["GHT 29", "GHT 35"]),
        "activite": st.sampled_from(
            ["aso:M", "cas:X", "doac:D10", "racine:04M05", "ghm:28Z04Z", "ghm:99X99Z", "cmd:28"]
        ),
    }
    zones = ["region:53", "departement:29", "departement:35", "territoire:T29O", "code_geo:29000", "departement:22"]
    carto = st.fixed_dictionaries(
        {"annee": st.lists(st.sampled_from(years), min_size=1, max_size=3, unique=True).map(",".join)},
        optional={**optional, "zone": st.sampled_from(zones[:4]), "panier": baskets(finess)},
    )
    parts = st.fixed_dictionaries(
        {"annee": st.sampled_from(years)},
        optional={
            **optional,
            "zone": st.sampled_from(zones),
            "etablissement": st.sampled_from(finess),
            "regroupement": st.sampled_from(["aso", "cas", "doac", "gp", "ga", "cmd", "racine"]),
        },
    )
    levels = {"regroupement": st.sampled_from(["racine", "cmd", "doac", "gp", "ga", "cas", "ghm"])}
    casemix = st.tuples(carto, st.fixed_dictionaries({}, optional=levels)).map(lambda both: {**both[0], **both[1]})
    return st.one_of(
        st.tuples(st.just(CARTO), carto), st.tuples(st.just(CASEMIX), casemix), st.tuples(st.just(PARTS), parts)
    )


def baskets(finess: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(finess), min_size=1, max_size=4, unique=True).map(",".join)
