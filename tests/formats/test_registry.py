"""Which layout a year and a code give, and what is said when they do not agree; lines written and read back."""

import numpy as np
import pytest

from sanoscope.errors import InputFileError
from sanoscope.formats.encode import encode
from sanoscope.formats.registry import kinds, layout_for, layout_of, layouts

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


@pytest.mark.parametrize(
    ("year", "version", "code"),
    [(2023, "999", "format-inconnu"), (2010, "218", "format-annee"), (2022, "229", "format-discordant")],
)
def test_what_is_not_known_says_what_is(year: int, version: str, code: str) -> None:
    with pytest.raises(InputFileError) as error:
        layout_for("rsa", year=year, version=version)
    assert error.value.code == code
    assert error.value.allowed


def test_what_identifies_a_person_is_never_kept() -> None:
    kept = {f.name for kind in kinds() for layout in layouts(kind) for f in layout.fields if f.stored}
    assert not {name for name in kept if "naissance" in name and "date" in name}
    assert not {"numero_administratif", "x_nia", "x_nimi", "x_ins", "x_ipp", "index_liaison"} & kept


def test_lines_are_written_where_the_layout_says() -> None:
    layout = layout_of("rsa", 2023)
    columns = {
        "finess": np.array(["290000017", "290000017"]),
        "duree": np.array([3, 12]),
        "nb_rum": np.array([1, 2]),
        "nb_das": np.array([0, 1]),
    }
    zones = {"unites": {"numero_rum": np.array([1, 1, 2])}, "diagnostics": {"code": np.array(["E119"])}}
    first, second = encode(layout, columns, count=2, zones=zones).split(b"\r\n")[:2]
    assert len(first) == 262 + 61
    assert len(second) == 262 + 2 * 61 + 6
    assert (first[0:9], first[9:12], first[70:74]) == (b"290000017", b"228", b"0003")
    assert second.endswith(b"E119  ")


@pytest.mark.parametrize(
    "columns",
    [
        {"duree": np.array([10000])},
        {"dp": np.array(["J189999"])},
        {"nb_rum": np.array([2])},
        {"invente": np.array([1])},
    ],
)
def test_what_does_not_fit_is_refused(columns: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        encode(layout_of("rsa", 2023), columns, count=1, zones={"unites": {"numero_rum": np.array([1])}})
