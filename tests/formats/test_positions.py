"""Every position of every layout, against the official workbooks where they exist, and against a second source."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from sanoscope.formats.layout import Layout
from sanoscope.formats.registry import layout_of, layouts

Spans = list[tuple[int, int]]

ERRATA = {
    # the sheet gives the last three fields the positions they have in the grouped format (185 to 192)
    ("rss", "022"): ["passage_urgences", "reserve_1", "reserve_2"],
    # the sheet places the number of tumours at 179-180 and the next field at 180 again: all that follows is one too low
    ("rss", "023"): ["dialyse_complexite", "dialyse_score", "nb_consultations_dialyse", "dialyse_duree_hebdomadaire"],
}
"""Where an official sheet contradicts itself: our fields follow its lengths."""

# (kind, version, workbook, sheet, column of size: start and end follow)
OFFICIAL = [
    ("rsa", "224", "formats_anonymes_mco_2017.xlsx", "RSA 224", 2),
    ("rsa", "227", "formats_anonymes_mco_2022_M3.xlsx", "RSA", 2),
    ("rsa", "228", "formats_anonymes_mco_2023.xlsx", "RSA", 2),
    ("ano", "ano-2017", "formats_anonymes_mco_2017.xlsx", "ANO", 1),
    ("ano", "ano-2022", "formats_anonymes_mco_2022_M3.xlsx", "ANO_ES", 1),
    ("ano", "ano-2022", "formats_anonymes_mco_2023.xlsx", "ANO_ES", 1),
    ("rss", "121", "formats_mco2022-2.xlsx", "RSS groupé format 121", 2),
    ("rss", "021", "formats_mco2022-2.xlsx", "RSS non groupé format 021", 2),
    ("rss", "122", "formats_mco_2024.xlsx", "RSS groupé format 122 ", 2),
    ("rss", "022", "formats_mco_2024.xlsx", "RSS non groupé format 022 ", 2),
    ("rss", "123", "formats_mco_2026(2).xlsx", "RSS groupé format 123", 2),
    ("rss", "023", "formats_mco_2026(2).xlsx", "RSS non groupé format 023", 2),
    ("vidhosp", "V014", "formats_mco_2024.xlsx", "VID-HOSP", 1),
    ("vidhosp", "V015", "formats_mco_2026(2).xlsx", "VID-HOSP", 1),
]


def number(cell: object) -> int | None:
    text = str(cell).strip() if cell is not None else ""
    return int(float(text)) if re.fullmatch(r"\d+(\.0)?", text) else None


def official_spans(path: Path, sheet: str, column: int) -> tuple[Spans, Spans]:
    """Return (start, length) of every field that a sheet places, in order, and those of its fillers."""
    spans: Spans = []
    fillers: Spans = []
    for row in openpyxl.load_workbook(path, data_only=True, read_only=True)[sheet].iter_rows(values_only=True):
        size, start, end = (number(row[column + i]) if len(row) > column + i else None for i in range(3))
        if start is not None and end is not None and end >= start and (not spans or start > spans[-1][0]):
            assert size in (None, end - start + 1), f"{sheet} : la feuille se contredit en {start}"
            spans.append((start, end - start + 1))
            if "filler" in str(row[0]).lower():
                fillers.append(spans[-1])
    return spans, fillers


def misplaced(layout: Layout, official: Spans, fillers: Spans) -> list[str]:
    """Return our fields that no official field begins at or ends with.

    One of our fields may join consecutive official ones (a GHM is four of them), or lie inside a filler: the
    establishment's version of a file leaves blank what the national one fills.
    """
    starts = {start for start, _ in official}
    ends = {start + length - 1 for start, length in official}

    def is_placed(start: int, end: int) -> bool:
        inside = any(first <= start and end <= first + length - 1 for first, length in fillers)
        return inside or (start in starts and end in ends)

    return [f.name for f in layout.fields if not is_placed(f.start, f.end)]


@pytest.mark.parametrize(("kind", "version", "workbook", "sheet", "column"), OFFICIAL)
def test_positions_are_the_official_ones(
    shared: Path, kind: str, version: str, workbook: str, sheet: str, column: int
) -> None:
    layout = next(v for v in layouts(kind) if v.version == version)
    path = shared / "data" / "formats" / "official_xlsx" / workbook
    spans, fillers = official_spans(path, sheet, column)
    official = [s for s in spans if s[0] <= layout.width]
    assert len(official) > 20, "la feuille n'a pas été comprise"
    assert misplaced(layout, official, fillers) == ERRATA.get((kind, version), [])
    if (kind, version) not in ERRATA:
        assert official[-1][0] + official[-1][1] - 1 == layout.width


def test_the_comparison_sees_a_shift_of_one_character(shared: Path) -> None:
    layout = layout_of("rsa", 2023)
    path = shared / "data" / "formats" / "official_xlsx" / "formats_anonymes_mco_2023.xlsx"
    official, fillers = official_spans(path, "RSA", 2)
    moved = tuple(replace(f, start=f.start + 1) if f.name == "duree" else f for f in layout.fields)
    assert misplaced(replace(layout, fields=moved), official, fillers) == ["duree"]


@pytest.mark.parametrize("year", range(2011, 2027))
@pytest.mark.parametrize(("kind", "table"), [("rsa", "rsa"), ("ano", "rsa_ano"), ("rss", "rum")])
def test_every_year_agrees_with_a_second_description(shared: Path, kind: str, table: str, year: int) -> None:
    """formats_pmeasyr places every field of every year; where it has no position, lengths are added up."""
    name = f"{year % 100:02d}" if (table, year) != ("rum", 2015) else "15_117"
    frame = pl.read_parquet(shared / "data" / "formats" / "pmeasyr_formats.parquet").filter(
        (pl.col("champ") == "mco") & (pl.col("table") == table) & (pl.col("an").is_in([name, f"{year % 100:02d}"]))
    )
    rows = frame.select("position", "longueur", "nom").rows()
    if frame["position"].null_count() > len(frame) / 2:
        lengths = frame["longueur"].fill_null(0).to_list()
        rows = [
            (1 + sum(lengths[:i]), length, row[2]) for i, (length, row) in enumerate(zip(lengths, rows, strict=True))
        ]
    layout = layout_of(kind, year)
    spans = sorted({(p, n) for p, n, _ in rows if p and n and p + n - 1 <= layout.width})
    fillers = [(p, n) for p, n, name in rows if p and n and name.upper().startswith("FIL")]
    assert len(spans) > 20
    kept = {f.name for f in layout.fields if f.stored}
    wrong = [name for name in misplaced(layout, spans, fillers) if name in kept]
    assert wrong == KNOWN_DIFFERENCES.get((kind, year), [])


KNOWN_DIFFERENCES = {
    # the second description of 2011 puts a filler of nine before the number, pmsixml's rss115 and rss116 do not
    ("rss", 2011): ["numero_rss"],
}


@pytest.mark.parametrize("layout", layouts("rsa"), ids=lambda v: v.version)
def test_zones_of_the_rsa_agree_with_a_second_description(shared: Path, layout: Layout) -> None:
    """pmsixml gives each zone as a list of lengths."""
    zones = {"AG": "autorisations", "SR": "radiotherapie", "RU": "unites", "DA": "diagnostics", "ZA": "actes"}
    path = shared / "data" / "formats" / "pmsixml" / f"rsa{layout.version}.csv"
    lengths: dict[str, list[int]] = {}
    for row in csv.reader(path.open(encoding="utf-8"), delimiter=";"):
        if len(row) > 3 and row[0] in zones and row[3].strip().isdigit():
            lengths.setdefault(zones[row[0]], []).append(int(row[3]))
    assert {z.name: [f.length for f in z.fields] for z in layout.zones} == lengths
