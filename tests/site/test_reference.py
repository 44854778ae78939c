"""Nothing is undocumented: the generated reference has each thing, and each has a text that says something."""

import re
from dataclasses import fields
from functools import cache

import pytest
from scripts.reference import catalog, errors, measures, pages, restitutions, tools
from scripts.reference.layouts import described

from sanoscope.access.scope import OPEN
from sanoscope.api.routes import MEANINGS
from sanoscope.catalogue.load import catalogue
from sanoscope.formats.registry import kinds, layouts
from sanoscope.present.exports import FORMATS
from sanoscope.query.criteria import CRITERIA, DATE
from sanoscope.query.service import Service
from sanoscope.query.table import State
from sanoscope.workspace import Settings, Workspace

SENTENCE = re.compile(r".*[a-zà-ÿ]{2}.*[.!?…]", re.I | re.S)
"""What a text that says something is like: words, and an end."""


@cache
def written() -> dict[str, str]:
    return {page.name: page.markdown for page in pages()}


def said(text: str) -> bool:
    return bool(SENTENCE.fullmatch(text)) and len(text) >= 10


def rows(page: str, first: str) -> list[list[str]]:
    """The lines of the tables of a page whose first cell is a code."""
    lines = [
        re.split(r" (?<!\\)\| ", line.strip("| ")) for line in written()[page].splitlines() if line.startswith("| ")
    ]
    return [line for line in lines if line[0] == f"`{first}`"]


def test_every_page_has_its_own_name_and_a_title() -> None:
    names = [page.name for page in pages()]
    assert len(names) == len(set(names))
    assert all(page.title and "None" not in page.markdown.split() for page in pages())


def test_every_restitution_has_a_page_with_all_its_columns_and_criteria() -> None:
    books = catalogue()
    for slug, one in books.restitutions.items():
        page = f"restitutions/{slug}"
        assert said(one.objet), slug
        assert len(one.notice) > 200, slug
        for name, mesure in books.mesures(one).items():
            (row,) = [row for row in rows(page, name) if len(row) == 6]
            assert said(measures.definition(mesure)), (slug, name)
            assert all(cell not in ("", "–") for cell in row), (slug, name)
        for name in restitutions.taken(one):
            (row,) = [row for row in rows(page, name) if len(row) == 3]
            assert said(row[1]), (slug, name)
        assert f"sanoscope query {slug}" in written()[page]
        assert "../../manuel/" in written()[page]


def test_every_definition_is_written_as_a_sentence() -> None:
    """In the catalogue itself, not only where the reference puts a stop."""
    books = catalogue()
    told = {(n, m): x.definition for n, c in books.champs.items() for m, x in c.mesures.items()}
    told |= {(n, m): x.definition for n, s in books.sources.items() for m, x in s.mesures.items()}
    told |= {(s, r.nom): r.definition for s, one in books.restitutions.items() for r in one.rapports}
    told |= {(s, "objet"): one.objet for s, one in books.restitutions.items()}
    told |= {(s, "objet"): one.objet for s, one in books.fiches.items()}
    assert [name for name, text in told.items() if not (text.rstrip().endswith(".") and len(text) > 15)] == []


def test_every_field_of_the_catalogue_is_on_its_page() -> None:
    for name, champ in catalogue().champs.items():
        page = f"champs/{name}"
        for code, mesure in champ.mesures.items():
            assert any(measures.definition(mesure) in row for row in rows(page, code)), (name, code)
        for code, dimension in champ.dimensions.items():
            assert rows(page, code), (name, code)
            assert said(catalog.dimension(dimension, champ)), (name, code)
        for code, somme in champ.sommes.items():
            assert rows(page, code), (name, code)
            assert said(catalog.added(somme)), (name, code)
        for code in champ.distincts:
            assert rows(page, code), (name, code)
        for exclusion in champ.exclusions:
            assert said(rows(page, exclusion.code)[0][1])


def test_every_source_measure_fiche_and_control_is_documented() -> None:
    books = catalogue()
    for name, source in books.sources.items():
        for code, mesure in source.mesures.items():
            assert any(measures.definition(mesure) in row for row in rows(f"sources/{name}", code)), (name, code)
    for slug in books.fiches:
        assert f"`{slug}`" in written()["fiches"]
    for control in books.controles:
        (row,) = rows("controles", control.code)
        assert said(row[2])
        assert said(row[3])


def test_every_setting_is_documented() -> None:
    told = tools.settings()
    assert sorted(name for _, name, _, _ in told) == sorted(field.name for field in fields(Settings))
    for _, name, default, text in told:
        assert said(text), name
        assert any(row[1] == f"`{default}`" for row in rows("reglages", name)), name


def test_every_command_and_option_is_documented() -> None:
    commands = tools.commands()
    assert len(commands) > 30
    for one in commands:
        assert said(one.help), one.name
        (part,) = [part for part in written()["commandes"].split("\n## ") if part.startswith(f"{one.name}\n")]
        for param in one.params:
            assert said(param.help or ""), f"{one.name} {tools.named(param)} : dites ce que c'est, en une phrase"
            assert f"| `{tools.named(param)}` |" in part, (one.name, tools.named(param))


def test_every_error_code_is_documented_with_what_it_says_and_what_to_do() -> None:
    told = errors.collected()
    assert len(told) > 180
    assert errors.unresolved() == (), "le code d'une erreur ne se lit pas : écrivez-le, ou dites-le dans erreurs.yaml"
    for code, one in told.items():
        assert one.messages, f"{code} : que dit-elle ?"
        assert all(said(errors.sentence(message)) for message in one.messages), code
        assert said(errors.todo(one)), f"{code} : que faire ? Dites-le par « todo », ou dans erreurs.yaml"
        assert f'id="{code}"' in written()["codes-d-erreur"]


def test_what_is_written_by_hand_of_errors_is_still_needed() -> None:
    known = errors.raised()
    for code, (message, todo) in errors.by_hand().items():
        if not message:
            assert code in known, f"{code} : aucune erreur n'a ce code"
        assert todo, code


def test_every_error_code_in_a_message_of_the_code_is_found() -> None:
    """The collector is not blind: codes that tests of other parts know are there, from calls of each shape."""
    shapes = {"edition-introuvable", "connexion-refusee", "sauvegarde-impossible", "trop-d-essais", "panier-absent"}
    shapes |= {"methode-refusee", "archive-bombe", "non-numerique", "droit-inconnu", "non-lu", "catalogue-invalide"}
    assert shapes <= set(errors.collected())


def test_every_field_of_every_record_layout_is_documented() -> None:
    for kind in kinds():
        fields = described(kind)
        page = f"enregistrements/{kind}"
        assert {(zone, one.name) for layout in layouts(kind) for zone, one in _fields(layout)} == set(fields)
        for (zone, name), seen in fields.items():
            assert re.search(r"\w{2}", seen.one.label), (kind, zone, name)
            assert rows(page, name), (kind, zone, name)
            assert all(len(row) == 5 and row[1] != "–" and row[3] != "–" for row in rows(page, name)), (kind, name)
        for layout in layouts(kind):
            assert layout.source
            assert f"| `{layout.version}` |" in written()[page]


def _fields(layout):
    yield from (("", one) for one in layout.fields)
    yield from ((zone.name, one) for zone in layout.zones for one in zone.fields)


def test_positions_are_those_of_the_layout() -> None:
    """Read back from the page, they are where the data says: of the latest RSA, character by character."""
    latest = layouts("rsa")[-1]
    for one in latest.fields:
        (row, *_) = rows("enregistrements/rsa", one.name)
        place = f"{one.start}" if one.start == one.end else f"{one.start}–{one.end}"
        assert any(part.split(" (")[0] == place for part in row[3].split(" ; ")), one.name


def test_every_format_and_state_is_documented() -> None:
    for name in FORMATS:
        (row,) = rows("formats-d-export", name)
        assert said(row[4]), name
    for state in State:
        assert said(rows("formats-d-export", state.value)[0][2])


def test_every_criterion_has_a_meaning() -> None:
    assert all(said(MEANINGS[name]) for name in (*CRITERIA, DATE))


def test_every_operation_of_the_api_is_documented() -> None:
    told = tools.operations()
    assert len(told) > 8
    for method, path, one in told:
        assert f"## {method} {path}\n" in written()["api"]
        assert said(tools.sentence(one.get("summary", ""))), path
        for parameter in one.get("parameters", []):
            assert said(tools.sentence(tools.parameter(parameter))), (path, parameter["name"])


def test_a_thing_without_a_text_is_seen() -> None:
    assert not said("")
    assert not said("Ceci")
    assert not said("une suite de mots sans fin")
    assert said("Ceci en est une.")


@pytest.mark.parametrize("slug", list(catalogue().restitutions))
def test_what_a_page_shows_to_type_is_taken(slug: str) -> None:
    """The criteria of the examples are among those that the restitution takes, at levels that it has."""
    one = catalogue().restitutions[slug]
    for name, value in restitutions.example(one).items():
        assert name in restitutions.taken(one)
        assert value in one.criteres.regroupement


def test_the_examples_answer(small: Workspace) -> None:
    """Those of every open restitution that the small country has figures of."""
    service = Service(small, catalogue())
    answered = 0
    for slug, one in catalogue().restitutions.items():
        if one.acces == "libre" and not one.source and not one.indicateurs:
            service.ask(slug, list(restitutions.example(one).items()), OPEN)
            answered += 1
    assert answered > 40
