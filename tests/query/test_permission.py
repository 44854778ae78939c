"""Who may ask what: nothing outside the grants is answered, a refusal tells nothing, more rights never give less."""

from dataclasses import replace
from functools import cache
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanoscope.access.scope import DOMAINS, EVERYTHING, FRANCE, OPEN, WITHIN, Grant, Perimeter, Scope
from sanoscope.catalogue.load import Catalogue, catalogue
from sanoscope.edition.edition import Edition
from sanoscope.errors import ForbiddenError, SanoscopeError
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import Table

IDENTIFIED = ["cartographie-activite-mco", "cartographie-activite-smr"]
"""Two tables whose zones are of establishments, closed here for the sake of it."""

STRANGER = "990000999"
ACTIVITY = frozenset({"activite"})


@cache
def books() -> Catalogue:
    """The catalogue, some of its tables for identified readers alone."""
    closed = {slug: catalogue().restitution(slug).model_copy(update={"acces": "identifie"}) for slug in IDENTIFIED}
    return replace(catalogue(), restitutions={**catalogue().restitutions, **closed})


def perimeters(edition: Edition) -> list[Perimeter]:
    """Every perimeter of one or two codes, of each kind, strangers among them."""
    known = {
        kind: [*sorted({getattr(one, kind) for one in edition.finess.values()})[:3], "99"]
        for kind in ("region", "departement", "ght")
    }
    known["etablissement"] = [*sorted(edition.finess)[:3], STRANGER]
    found = [FRANCE]
    for kind, codes in known.items():
        found += [Perimeter(kind, frozenset({a, b})) for a, b in product(codes, codes) if a <= b]  # type: ignore[arg-type]
    return found


@st.composite
def grants(draw: st.DrawFn, edition: Edition) -> frozenset[Grant]:
    made = set()
    kinds = ["region", "departement", "ght", "etablissement"] * 2 + ["france"]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=2)):
        perimeter = draw(st.sampled_from([one for one in perimeters(edition) if one.kind == kind]))
        profile = draw(st.sampled_from([name for name, kinds in WITHIN.items() if perimeter.kind in kinds]))
        domains = draw(st.sampled_from([frozenset(DOMAINS), ACTIVITY, ACTIVITY, frozenset({"medicaments"})]))
        made.add(Grant(profile, perimeter, domains))
    return frozenset(made)


@st.composite
def criteria(draw: st.DrawFn, edition: Edition) -> list[tuple[str, str]]:
    """Criteria of a question, known and unknown, inside and outside any perimeter."""
    finess = [*sorted(edition.finess)[:4], STRANGER]
    places = {f"{k}:{getattr(one, k)}" for one in edition.finess.values() for k in ("region", "departement")}
    wishes = {
        "zone": ["france", *sorted(places), "region:99", "departement:zz", "region:", "territoire:A"],
        "etablissement": finess,
        "panier": [",".join(pair) for pair in product(finess, finess)],
        "ght": [*sorted({one.ght for one in edition.finess.values()}), "ailleurs"],
        "comparer": ["n-1", "region", "france"],
        "annee": [*map(str, edition.manifest.annees), "1900"],
    }
    names = draw(st.sets(st.sampled_from(sorted(wishes)), min_size=1, max_size=2))
    return [(name, draw(st.sampled_from(wishes[name]))) for name in sorted(names)]


def ask(edition: Edition, slug: str, pairs: list[tuple[str, str]], scope: Scope) -> Table:
    query = parse(pairs, books().restitution(slug), edition, scope)
    return answer(query, scope, books(), edition)


def told(edition: Edition, slug: str, pairs: list[tuple[str, str]], scope: Scope) -> Table | str:
    try:
        return ask(edition, slug, pairs, scope)
    except SanoscopeError as error:
        return error.code


def holds(grant: Grant, finess: str, edition: Edition) -> bool:
    """Tell whether an establishment is in the perimeter of a grant; worked out without the code under test."""
    if grant.perimeter.kind == "france":
        return True
    if grant.perimeter.kind == "etablissement":
        return finess in grant.perimeter.codes
    return getattr(edition.finess[finess], grant.perimeter.kind) in grant.perimeter.codes


MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(data=st.data())
def test_no_row_is_outside_the_grants(public: Edition, data: st.DataObject) -> None:
    slug, scope = data.draw(st.sampled_from(IDENTIFIED)), Scope(data.draw(grants(public)))
    table = told(public, slug, data.draw(criteria(public)), scope)
    if isinstance(table, str):
        return
    (finess,) = [label.values for label in table.labels if label.name == "finess"]
    shown = {code for code in finess if code in public.finess}
    held = [grant for grant in scope.grants if "activite" in grant.domains]
    assert any(all(holds(grant, code, public) for code in shown) for grant in held)


@MANY
@given(data=st.data())
def test_more_rights_answer_the_same_and_more(public: Edition, data: st.DataObject) -> None:
    slug = data.draw(st.sampled_from([*IDENTIFIED, "casemix-mco"]))
    few, more = data.draw(grants(public)), data.draw(grants(public))
    pairs = data.draw(criteria(public))
    first, then, all_ = (told(public, slug, pairs, scope) for scope in (Scope(few), Scope(few | more), EVERYTHING))
    if first != "acces-refuse":
        assert then == first
    if then != "acces-refuse":
        assert all_ == then


@MANY
@given(data=st.data())
def test_a_refusal_does_not_tell_what_there_is(public: Edition, data: st.DataObject) -> None:
    """An establishment outside is refused as one that nobody knows is, whatever else is asked."""
    slug, scope = data.draw(st.sampled_from(IDENTIFIED)), Scope(data.draw(grants(public)))
    outside = data.draw(st.sampled_from(sorted(public.finess)))
    rest = [pair for pair in data.draw(criteria(public)) if pair[0] not in ("etablissement", "panier")]

    def refusal(finess: str) -> str:
        try:
            ask(public, slug, [*rest, ("etablissement", finess)], scope)
        except ForbiddenError as error:
            return str(error)
        except SanoscopeError:
            return "looked up"
        return "answered"

    if refusal(outside) not in ("looked up", "answered"):
        assert refusal("980000998") == refusal(outside)


@pytest.mark.parametrize("slug", ["casemix-mco", "taux-de-recours-mco"])
def test_small_counts_are_for_the_secure_profile_alone(slug: str, edition: Edition, public: Edition) -> None:
    one = next(iter(public.finess.values()))
    region = Perimeter("region", frozenset({one.region}))
    identified = Scope(frozenset({Grant("national", FRANCE, frozenset(DOMAINS)), Grant("regional", region, ACTIVITY)}))
    secure = Scope(frozenset({Grant("securise", region, ACTIVITY)}))
    here, there = [("zone", f"region:{one.region}")], [("zone", "france")]
    for scope, pairs in ((OPEN, here), (identified, here), (secure, there), (secure, [*here, ("comparer", "france")])):
        with pytest.raises(ForbiddenError, match="version complète"):
            ask(edition, slug, pairs, scope)
        with pytest.raises(ForbiddenError, match="version complète"):
            parse([*pairs, ("version", "complete")], catalogue().restitution(slug), edition, scope)
    assert ask(edition, slug, here, secure).figures
    assert parse(here, catalogue().restitution(slug), edition, secure).criteria()["version"] == "complete"
    assert ask(public, slug, here, secure) == ask(public, slug, here, OPEN)


def test_a_grant_is_checked_as_it_is_made() -> None:
    for profile, perimeter, domains in (
        ("national", Perimeter("region", frozenset({"53"})), ACTIVITY),
        ("regional", FRANCE, ACTIVITY),
        ("securise", FRANCE, frozenset()),
        ("securise", FRANCE, frozenset({"tout"})),
    ):
        with pytest.raises(ValueError):
            Grant(profile, perimeter, domains)  # type: ignore[arg-type]
    for kind, codes in (("france", {"53"}), ("region", set())):
        with pytest.raises(ValueError, match="perimeter"):
            Perimeter(kind, frozenset(codes))  # type: ignore[arg-type]


def test_inside_a_perimeter_a_question_is_answered(public: Edition) -> None:
    one = sorted(public.finess.values(), key=lambda e: e.finess)[0]
    profiles = {
        "region": "regional",
        "departement": "regional",
        "ght": "etablissement",
        "etablissement": "etablissement",
    }
    ways = {
        "region": [("zone", f"region:{one.region}"), ("zone", f"departement:{one.departement}")],
        "departement": [("zone", f"departement:{one.departement}"), ("etablissement", one.finess)],
        "ght": [("ght", one.ght), ("panier", one.finess)],
        "etablissement": [("etablissement", one.finess), ("panier", one.finess)],
    }
    for kind, pairs in ways.items():
        code = one.finess if kind == "etablissement" else getattr(one, kind)
        grant = Grant(profiles[kind], Perimeter(kind, frozenset({code})), ACTIVITY)  # type: ignore[arg-type]
        for pair in pairs:
            query = parse([pair], books().restitution(IDENTIFIED[0]), public, Scope(frozenset({grant})))
            assert dict([pair]).items() <= query.criteria().items()
        with pytest.raises(ForbiddenError) as caught:
            parse([], books().restitution(IDENTIFIED[0]), public, Scope(frozenset({grant})))
        assert caught.value.allowed == (str(grant.perimeter),)
