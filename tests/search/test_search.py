"""The search: what is written is found, what is mistyped too, every link is one that the answer accepts."""

import random
import string
import threading
from dataclasses import replace
from typing import cast
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import Edition, Etablissement
from sanoscope.errors import CriterionError, NotFoundError
from sanoscope.nomenclature.reference import load_reference
from sanoscope.nomenclature.systems import NOMENCLATURES
from sanoscope.query.answer import answer
from sanoscope.query.criteria import Zone, parse
from sanoscope.query.fiches import compose
from sanoscope.query.service import Service
from sanoscope.search.entries import Entry, Kind, entries
from sanoscope.search.find import LONGEST, MOST, Search
from sanoscope.search.index import Index
from sanoscope.search.links import Links
from sanoscope.web.search import precise
from sanoscope.workspace import Workspace


@pytest.fixture(scope="module")
def search(small: Workspace) -> Search:
    return Search(Service(small, catalogue()))


@pytest.fixture(scope="module")
def found(public: Edition) -> list[Entry]:
    return entries(catalogue(), public)


class Changed:
    """An edition but for some of what it holds."""

    def __init__(self, edition: Edition, **changes: object) -> None:
        self.edition = edition
        self.changes = changes

    def __getattr__(self, name: str) -> object:
        return self.changes[name] if name in self.changes else getattr(self.edition, name)


def codes(search: Search, text: str, kind: Kind) -> list[str]:
    return [result.entry.code for result in search.find(text, 20).groups.get(kind, ())]


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("appendicectomie", Kind.ACTIVITY, "06C08"),
        ("appendicetomie", Kind.ACTIVITY, "06C08"),
        ("APENDICECTOMIES compliquees", Kind.ACTIVITY, "06C08"),
        ("appendicectomiescompliquées", Kind.ACTIVITY, "06C08"),
        ("ACCOUCHEMENTS UNIQUES VOIE BASSE", Kind.ACTIVITY, "14Z13"),
        ("04m05", Kind.ACTIVITY, "04M05"),
        ("racine 04M05", Kind.ACTIVITY, "04M05"),
        ("290000001", Kind.ESTABLISHMENT, "290000001"),
        ("hopital 3", Kind.ESTABLISHMENT, "290000004"),
        ("hôpitl 3", Kind.ESTABLISHMENT, "290000004"),
        ("finistere", Kind.ZONE, "29"),
        ("Finsitère", Kind.ZONE, "29"),
        ("departement 29", Kind.ZONE, "29"),
        ("ile et vilaine", Kind.ZONE, "35"),
        ("st denis", Kind.ZONE, "93"),
        ("cartografie", Kind.RESTITUTION, "cartographie-activite-mco"),
        ("part de marché", Kind.MEASURE, "part_de_marche"),
        ("duree moyenne", Kind.MEASURE, "dms"),
    ],
)
def test_what_readers_write_is_found(search: Search, text: str, kind: Kind, code: str) -> None:
    assert code in codes(search, text, kind)


@pytest.mark.parametrize("text", ["brest chru", "CHU Brest", "chru de brest", "bresst chru"])
def test_a_hospital_is_found_by_its_town_in_any_order(text: str) -> None:
    names = ["CHRU de Brest", "CH de Quimper", "Clinique de Brest", "CHU de Rennes"]
    index = Index([Entry(Kind.ESTABLISHMENT, "finess", name, name) for name in names], [True] * 4)
    assert [entry.name for entry in index.find(text, 10).entries[Kind.ESTABLISHMENT]] == ["CHRU de Brest"]


def test_every_code_is_found_first_by_its_level_and_code(search: Search, found: list[Entry]) -> None:
    for entry in found:
        results = [result.entry for result in search.find(precise(entry)).groups[entry.kind]]
        elided = entry.code in ("D", "L")  # "d'" and "l'" are words that say nothing
        assert entry in results if elided else results[0] == entry, precise(entry)


def test_any_code_system_that_an_edition_names_is_found(public: Edition) -> None:
    labels = {**public.libelles, "cim10": {"A41.9": "Sepsis, sans précision", "?": "Inconnu"}}
    made = entries(catalogue(), cast(Edition, Changed(public, libelles=labels)))
    (sepsis,) = [entry for entry in made if entry.level == "cim10"]
    assert (sepsis.kind, sepsis.code, sepsis.name) == (Kind.ACTIVITY, "A41.9", "Sepsis, sans précision")


def with_every_nomenclature(edition: Edition) -> Edition:
    """Return the edition as one whose fields have a dimension of every nomenclature."""
    own = load_reference()
    labels = {level: own.labels(level) for one in NOMENCLATURES.values() for level in (one.name, *one.levels)}
    every = {**labels, **edition.libelles}
    return cast(Edition, Changed(edition, libelles=every, codes=lambda level: frozenset(every.get(level, ()))))


@pytest.mark.parametrize(
    ("text", "level", "code", "title"),
    [
        ("F32.1", "dp", "F321", "Diagnostic principal (CIM-10)"),
        ("f321", "dp", "F321", "Diagnostic principal (CIM-10)"),
        ("schizophrénie paranoide", "dp", "F200", "Diagnostic principal (CIM-10)"),
        ("F20-F29", "bloc_dp", "F20-F29", "Bloc de diagnostics"),
        ("troubles de l'humeur", "categorie_psy", "F30-F39", "Catégorie de diagnostics"),
        ("0147SC2", "gme", "0147SC2", "Groupe médico-économique (GME)"),
        ("avc hemiplegie 0147", "", "", ""),
        ("accidents vasculaires hemiplegie", "gn", "0147", "Groupe nosologique (GN)"),
        ("cm 04", "cm", "04", "Catégorie majeure (CM)"),
        ("HHQE005", "acte", "HHQE005", "Acte (CCAM)"),
        ("coloscopie totale", "acte", "HHQE005", "Acte (CCAM)"),
        ("mpp soins palliatifs", "mpp", "04", "Mode de prise en charge principal (MPP)"),
        ("mpa 25", "mpa", "25", "Mode de prise en charge associé (MPA)"),
        ("hospitalisation de jour", "forme_activite", "20", "Forme d'activité"),
        ("ALQ+183", "csarr", "ALQ+183", "Acte de réadaptation (CSARR)"),
        ("paclitaxel", "atc5", "L01CD01", "Substance (ATC)"),
    ],
)
def test_codes_of_the_four_fields_are_found_by_code_or_words(
    public: Edition, text: str, level: str, code: str, title: str
) -> None:
    made = entries(catalogue(), with_every_nomenclature(public))
    results = Index(made, [False] * len(made)).find(text, 10)
    found = {(e.level, e.code): e.level_title for e in results.entries.get(Kind.ACTIVITY, ())} if results.exact else {}
    if level:
        assert found[level, code] == title
    else:
        assert not found  # un mot qui n'est nulle part : rien n'est dit exact


def test_a_level_that_no_restitution_takes_leads_nowhere_until_one_does(public: Edition) -> None:
    edition = with_every_nomenclature(public)
    made = {(e.level, e.code): e for e in entries(catalogue(), edition)}
    links = Links(catalogue(), edition, list(made.values()))
    csarr = next(entry for (level, _), entry in made.items() if level == "csarr")
    assert links.of(made["gme", "0147SC2"]) == links.of(csarr) == ()
    (first, *_) = links.of(made["racine", "06C08"])
    restitution = catalogue().restitution(first.slug)
    assert "racine" in restitution.criteres.activite
    # the same catalogue, the level taken away
    less = tuple(level for level in restitution.criteres.activite if level != "racine")
    criteria = restitution.criteres.model_copy(update={"activite": less})
    one = restitution.model_copy(update={"criteres": criteria})
    changed = replace(catalogue(), restitutions={one.slug: one})
    assert Links(changed, edition, list(made.values())).of(made["racine", "06C08"]) == ()


def test_every_link_is_accepted_as_it_is_and_answered(search: Search, public: Edition, found: list[Entry]) -> None:
    links = search._ready(search.service.edition()).links
    answered: set[tuple[str, str, str]] = set()
    linked = 0
    for entry in found:
        for link in links.of(entry):
            linked += 1
            if link.fiche:
                continue
            restitution = catalogue().restitution(link.slug)
            query = parse(parse_qsl(link.query), restitution, public, OPEN)
            if entry.criterion:
                assert query.canonical == link.query
                assert query.criteria()[entry.criterion] == entry.written
            if (link.slug, entry.criterion, entry.level) not in answered:  # one answer of each is enough, and quick
                answered.add((link.slug, entry.criterion, entry.level))
                answer(query, OPEN, catalogue(), public)
    assert linked > 1000


def test_every_fiche_that_is_linked_is_about_the_entry_and_has_answers(search: Search, found: list[Entry]) -> None:
    links = search._ready(search.service.edition()).links
    asked: set[tuple[str, str]] = set()
    for entry in found:
        for link in (link for link in links.of(entry) if link.fiche):
            if not entry.criterion or (link.slug, entry.level) in asked:
                assert entry.criterion or link.address == f"/fiches/{link.slug}"
                continue
            asked.add((link.slug, entry.level))
            sheet = compose(search.service, link.slug, parse_qsl(link.query), OPEN)
            assert sheet.subject.code in (entry.code, entry.written)
            assert sheet.canonical.startswith(link.query)
            assert sheet.tables
    assert {slug for slug, _ in asked} == set(catalogue().fiches) - {"fiche-nationale", "fiche-etablissement"}


def test_where_nothing_is_linked_no_open_restitution_answers(
    search: Search, public: Edition, found: list[Entry]
) -> None:
    links = search._ready(search.service.edition()).links
    one_of_each = {(entry.criterion, entry.level): entry for entry in found if entry.criterion}
    for entry in one_of_each.values():
        linked = {link.slug for link in links.of(entry)}
        for slug, restitution in catalogue().restitutions.items():
            if slug not in linked:
                with pytest.raises((CriterionError, NotFoundError)):
                    query = parse([(entry.criterion, entry.written)], restitution, public, OPEN)
                    answer(query, OPEN, catalogue(), public)
    assert links.of(one_of_each["activite", "gme"]) == ()


def test_an_establishment_is_asked_for_a_year_that_it_sent(search: Search, public: Edition) -> None:
    for finess in public.finess:
        (result,) = search.find(finess).groups[Kind.ESTABLISHMENT]
        years = {year for year, sent in public.etablissements if sent == finess}
        assert all(int(dict(parse_qsl(link.query))["annee"]) == max(years) for link in result.links)


def mistyped(word: str, rng: random.Random) -> str:
    """The word with one letter left out, added, changed or exchanged with the next; the first and last stay."""
    place = rng.randrange(1, len(word) - 1)
    letter = rng.choice(string.ascii_lowercase)
    before, here, after = word[:place], word[place], word[place + 1 :]
    swapped = before + after[0] + here + after[1:]
    return rng.choice([before + after, before + letter + here + after, before + letter + after, swapped])


def test_one_wrong_letter_still_finds_the_name(search: Search, found: list[Entry]) -> None:
    """Of words of 8 letters or more that begin as no other name's do, mistyped once, 98 in 100 find their name."""
    names: dict[str, set[str]] = {}
    alike: dict[str, set[str]] = {}
    for entry in found:
        for word in entry.name.lower().split():
            names.setdefault(word, set()).add(entry.name)
            alike.setdefault(word[:5], set()).add(entry.name)
    rare = sorted(word for word, of in names.items() if len(alike[word[:5]]) == 1 and len(word) >= 8 and word.isalpha())
    assert len(rare) > 100
    rng = random.Random(1)
    missed = []
    for word in rng.choices(rare, k=1000):
        text = mistyped(word, rng)
        results = search.find(text)
        if not names[word] & {result.entry.name for of in results.groups.values() for result in of}:
            missed.append((word, text))
    assert len(missed) <= 20, missed


SYNTAX = [
    '"',
    "*",
    "^",
    ":",
    "-",
    "+",
    "(",
    ")",
    "{",
    "}",
    "AND",
    "OR",
    "NOT",
    "NEAR(",
    "code",
    "nom :",
    "'",
    ";",
    "--",
    "%",
    "_",
]


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        st.text(max_size=LONGEST),
        st.lists(
            st.sampled_from([*SYNTAX, "chirurgie", "06c08", "\x00", "🙂", "\u202e", "½", "Ⅷ", "中"]), max_size=20
        ).map(" ".join),
    )
)
def test_nothing_hostile_breaks_it(search: Search, text: str) -> None:
    try:
        results = search.find(text)
    except CriterionError as error:
        assert error.code in ("recherche-vide", "recherche-longue")
        assert error.todo
    else:
        assert all(len(of) <= 10 for of in results.groups.values())
        assert results.text.isprintable()


@pytest.mark.parametrize(
    ("text", "limit", "code"),
    [
        ("", 10, "recherche-vide"),
        ("  \t\n", 10, "recherche-vide"),
        ("🙂 — !", 10, "recherche-vide"),
        ("a" * (LONGEST + 1), 10, "recherche-longue"),
        ("chirurgie", 0, "valeur-inconnue"),
        ("chirurgie", MOST + 1, "valeur-inconnue"),
    ],
)
def test_what_cannot_be_looked_for_is_an_error_that_teaches(search: Search, text: str, limit: int, code: str) -> None:
    with pytest.raises(CriterionError) as raised:
        search.find(text, limit)
    assert raised.value.code == code
    assert raised.value.todo or raised.value.allowed


def test_what_is_like_nothing_finds_nothing(search: Search) -> None:
    assert len(search.find("xyzzyqwv")) == 0


def test_a_misspelling_is_not_said_to_be_exact(search: Search) -> None:
    assert search.find("appendicectomies").exact
    assert not search.find("apendicectomies").exact


def test_the_best_are_taken_in_turn_from_each_kind(search: Search) -> None:
    results = search.find("chirurgie", MOST)
    best = results.best(4)
    assert len(best) == 4
    assert set(best.groups) == set(list(results.groups)[:4])
    for kind, of in best.groups.items():
        assert of == results.groups[kind][: len(of)]


def test_threads_share_one_index(small: Workspace) -> None:
    search = Search(Service(small, catalogue()))
    texts = ["appendicectomie", "finistere", "hopital", "chirugie", "dms"] * 8
    random.Random(1).shuffle(texts)
    alone = {text: Search(search.service).find(text) for text in set(texts)}
    wrong: list[str] = []

    def look(text: str) -> None:
        if search.find(text) != alone[text]:
            wrong.append(text)

    threads = [threading.Thread(target=look, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(search._kept) == 1


def test_only_the_open_store_is_read(search: Search) -> None:
    assert search.service.edition().public
    assert {public for _, public in search.service._editions} == {True}


def test_a_zone_of_a_free_zoning_is_found(public: Edition) -> None:
    zonings = {"bassins": {"B1": ("Bassin brestois", frozenset({"29000"}))}}
    made = entries(catalogue(), cast(Edition, Changed(public, zonages=zonings)))
    (zone,) = [entry for entry in made if entry.level == "zonage"]
    assert (zone.value, zone.written) == (Zone("zonage", "B1", "bassins"), "zonage:bassins:B1")
    assert Index(made, [True] * len(made)).find("bassin bretois", 5).entries[Kind.ZONE] == (zone,)


def test_unknown_names_are_found_by_code(public: Edition, search: Search) -> None:
    unknown = [e for e in public.finess.values() if not e.connu]
    assert unknown
    assert isinstance(unknown[0], Etablissement)
    assert codes(search, unknown[0].finess, Kind.ESTABLISHMENT) == [unknown[0].finess]
