"""Which layout a year and a code give, what is said when they do not agree, and what the data may not hold."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sanoscope.errors import InputFileError
from sanoscope.formats.layout import Layout
from sanoscope.formats.registry import _check, kinds, layout_for, layout_of, layouts
from sanoscope.intake.decode import MAIN_TABLE
from sanoscope.intake.names import FIELD_OF, READ, SHARED
from tests.formats import test_positions, test_positions_champs

ALL_YEARS = range(2011, 2027)


@pytest.mark.parametrize("year", ALL_YEARS)
@pytest.mark.parametrize("kind", ["rsa", "ano", "rss"])
def test_every_year_has_its_layout(kind: str, year: int) -> None:
    assert year in layout_of(kind, year).years


@pytest.mark.parametrize("kind", kinds())
def test_every_layout_names_its_source(kind: str) -> None:
    assert all(len(layout.source) > 10 for layout in layouts(kind))


def test_a_year_admits_the_layout_of_the_next_year_and_no_older_one() -> None:
    assert layout_for("rsa", year=2022, version="227").version == "227"
    assert layout_for("rsa", year=2022, version="228").version == "228"
    with pytest.raises(InputFileError) as error:
        layout_for("rsa", year=2023, version="227")
    assert error.value.code == "format-discordant"
    assert error.value.allowed == ("228",)
    assert "2022" in error.value.message and "2023" in error.value.message
    assert "devrait être au format 228" in error.value.message
    assert error.value.todo


@pytest.mark.parametrize(
    ("year", "version", "code"),
    [(2023, "999", "format-inconnu"), (2010, "218", "format-annee"), (2022, "229", "format-discordant")],
)
def test_what_is_not_known_says_what_is(year: int, version: str, code: str) -> None:
    with pytest.raises(InputFileError) as error:
        layout_for("rsa", year=year, version=version)
    assert error.value.code == code
    assert error.value.allowed


def test_a_year_has_a_grouped_and_an_ungrouped_rss() -> None:
    assert [layout_for("rss", year=2024, version=v).version for v in ("122", "022")] == ["122", "022"]
    with pytest.raises(InputFileError, match="122 ou 022"):
        layout_for("rss", year=2024, version="121")


@pytest.mark.parametrize("code", ["", "   ", "014"])
def test_the_chaining_file_is_known_by_its_year_alone(code: str) -> None:
    """No source publishes the codes of the ANO, and files in use leave it blank."""
    assert layout_for("ano", year=2023, version=code).years == (2022, 2023, 2024, 2025, 2026)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputFileError) as error:
        layouts("rsf")
    assert (error.value.code, error.value.allowed) == ("fichier-inconnu", kinds())


@pytest.mark.parametrize("kind", kinds())
def test_admitted_years_are_those_just_before(kind: str) -> None:
    for layout in layouts(kind):
        assert all(year + 1 in layout.years and year not in layout.years for year in layout.admitted)
        assert bool(layout.admitted) == layout.coded


IDENTIFIES = (
    r"immatriculation|date de naissance|\bnom d|prénom|identifiant|identification|chiffrée|empreinte|liaison"
    r"|administratif|filler"
)
"""What, in an official label, names a person, or means nothing."""
LINKS = {"codes_retour", "delai"}
"""What is kept although its label has such a word: return codes, and the days since a date that nobody knows."""


def test_what_identifies_a_person_is_never_kept() -> None:
    every = [f for kind in kinds() for v in layouts(kind) for part in (v, *v.zones) for f in part.fields]
    named = [f for f in every if re.search(IDENTIFIES, f.label.lower()) and f.name not in LINKS]
    assert len({f.name for f in named}) > 20, "the pattern must find some"
    assert {f.name for f in named if f.stored} == set()


def test_what_links_records_is_kept() -> None:
    assert all(v[name].stored for v in layouts("ano") for name in ("numero_anonyme", "cle_rsa", "codes_retour"))
    assert all(v["cle_rsa"].stored for v in layouts("rsa"))
    assert all(v["numero_rss"].stored for v in layouts("rss"))


def broken(what: str) -> Layout:
    good = layout_of("rsa", 2023)
    sexe, actes = good["sexe"], good.zones[-1]
    fields = {
        "moved": tuple(replace(f, start=60) if f is sexe else f for f in good.fields),
        "longer": tuple(replace(f, length=2) if f is sexe else f for f in good.fields),
        "named twice": tuple(replace(f, name="provenance") if f is sexe else f for f in good.fields),
        "date of one": tuple(replace(f, type="date") if f is sexe else f for f in good.fields),
        "outside": (*good.fields, replace(sexe, name="x", start=263)),
    }
    zones = {
        "no counter": replace(actes, counter="nb_rien"),
        "counter not a number": replace(actes, counter="sexe"),
        "no owner": replace(actes, owner="rien"),
        "no counter of the owner": replace(actes, owner_counter="dp"),
        "narrow": replace(actes, width=23),
    }
    if what in fields:
        return replace(good, fields=fields[what])
    return replace(good, zones=(*good.zones[:-1], zones[what]))


@pytest.mark.parametrize(
    "what",
    [
        *("moved", "longer", "named twice", "date of one", "outside"),
        *("no counter", "counter not a number", "no owner", "no counter of the owner", "narrow"),
    ],
)
def test_a_layout_that_contradicts_itself_is_not_loaded(what: str) -> None:
    _check(layout_of("rsa", 2023))
    with pytest.raises(ValueError, match="rsa 228"):
        _check(broken(what))


def test_the_replay_of_published_tables_writes_where_we_read(shared: Path) -> None:
    """An RSA and an ANO of 2023 written by somebody else's program: each column it puts is one of ours."""
    text = (shared / "replay.py").read_text(encoding="utf-8")
    for matrix, kind in (("lines", "rsa"), ("ano", "ano")):
        puts = {int(at): int(size) for at, size in re.findall(rf"put\({matrix}, (\d+), .*?, (\d+)\)\n", text)}
        ours = {f.start: f for f in layout_of(kind, 2023).fields if f.start in puts}
        assert ours.keys() == puts.keys()
        # the replay writes a code of 4 in the 6 characters of the principal diagnosis
        assert {f.name for at, f in ours.items() if f.length != puts[at]} <= {"dp"}
        if kind == "ano":
            names = [f.name for f in ours.values()]
            assert names == ["finess", "mois", "annee_fichier", "codes_retour", "numero_anonyme", "delai", "cle_rsa"]


def test_the_documentation_says_which_kinds_of_file_are_read_and_of_which_years() -> None:
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) ([^|]+) \|[^|]+\| (\d+)–(\d+) \|[^|]+\| `(\w+)` \|", text, flags=re.MULTILINE
    )
    told = {kind: (champ.lower(), int(first), int(last), table) for kind, champ, _, first, last, table in rows}
    years = {kind: sorted({year for v in layouts(kind) for year in v.years}) for kind in kinds()}
    assert all(of == list(range(of[0], of[-1] + 1)) for of in years.values()), "a year in the middle is missing"
    assert told == {kind: (FIELD_OF[kind], of[0], of[-1], MAIN_TABLE[kind]) for kind, of in years.items()}
    extensions = {kind: re.findall(r"`\.([\w.]+)`", shown) for kind, _, shown, *_ in rows}
    for kind, shown in extensions.items():
        assert shown and all(READ.get(name) == kind or kind in SHARED.get(name, ()) for name in shown)


def test_the_documentation_says_what_each_kind_of_file_was_tested_with() -> None:
    """The last column of the same table: the workbooks, and the two other descriptions, that tests compare with."""
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]+) \|$", text, flags=re.MULTILINE))
    books: dict[str, set[str]] = {kind: set() for kind in kinds()}
    for kind, _, book, *_ in (*test_positions.OFFICIAL, *test_positions_champs.OFFICIAL):
        books[kind] |= set(re.findall(r"20\d\d", book))
    described = {"rsa", "ano", "rss", *(row[0] for row in test_positions_champs.TABLES)}
    for kind in kinds():
        sources = [f"classeurs {', '.join(sorted(books[kind]))}"] if books[kind] else []
        sources += ["pmsixml"] if kind in test_positions.TAGS else []
        sources += ["formats_pmeasyr"] if kind in described else []
        assert told[kind] == " ; ".join(sources), kind


def test_the_documentation_says_the_same() -> None:
    """Each line of the table of docs/formats.md is a version: kind, years, code, width of the fixed part."""
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| (\w+) \| ([\d ]+) \| ([\w-]+) \| (\d+) \|", text, flags=re.MULTILINE))
    assert told == {
        (v.kind, " ".join(map(str, v.years)), v.version, str(v.width)) for kind in kinds() for v in layouts(kind)
    }
