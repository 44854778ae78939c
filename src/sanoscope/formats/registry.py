"""Which layout a line is in: by kind of file, by year, and by the version code in the line.

The layouts are data (``data/*.csv``, with the source of each in ``versions.csv``). A file of a year is in the layout
of that year. A decision of this house, which no source states as a rule: it may also be in that of the year after,
for files that next year's software wrote again (docs/formats.md has the evidence). It is never in an older one: that
would be a file made with outdated software. Only a line whose code is known can be told to be of another year.
"""

import csv
from functools import cache
from importlib.resources import files

from sanoscope.errors import InputFileError
from sanoscope.formats.layout import Field, FieldType, Layout, Zone

_TYPES: dict[str, FieldType] = {
    "texte": "text",
    "entier": "integer",
    "mois": "month",
    "date": "date",
    "date_mois": "dated",
    "presence": "presence",
}
_LENGTHS = {"date": 8, "dated": 8, "month": 2}
"""Characters of the fields whose type has only one length."""


Row = dict[str, str]


@cache
def kinds() -> tuple[str, ...]:
    """Return the kinds of file whose layout is known."""
    return tuple(dict.fromkeys(row["fichier"] for row in _rows("versions")))


@cache
def layouts(kind: str) -> tuple[Layout, ...]:
    """Return every layout of a kind, oldest first.

    Raises:
        InputFileError: ``fichier-inconnu``.
    """
    if kind not in kinds():
        raise InputFileError("fichier-inconnu", f"Aucun format connu pour « {kind} ».", allowed=kinds())
    fields: dict[tuple[str, str], list[Field]] = {}
    for row in _rows(kind):
        fields.setdefault((row["version"], row["zone"]), []).append(_field(row))
    zones = [row for row in _rows("zones") if row["fichier"] == kind]
    return tuple(_layout(row, fields, zones) for row in _rows("versions") if row["fichier"] == kind)


def layout_of(kind: str, year: int) -> Layout:
    """Return the official layout of a year; of several, the first whose code is known.

    Raises:
        InputFileError: ``format-annee``, with the years that are known.
    """
    official = sorted((layout for layout in layouts(kind) if year in layout.years), key=lambda v: not v.coded)
    if official:
        return official[0]
    years = sorted({year for layout in layouts(kind) for year in layout.years})
    raise InputFileError(
        "format-annee",
        f"Le format des fichiers « {kind} » de {year} n'est pas connu.",
        allowed=[str(year) for year in years],
        todo="Vérifiez l'année dans le nom du fichier, ou ajoutez le format (voir docs/formats.md).",
    )


def layout_for(kind: str, *, year: int, version: str) -> Layout:
    """Return the layout that a line claims, if its year admits it.

    Where the codes of a kind or of a year are not published, the year alone chooses and the code is not looked at,
    unless it is that of a layout that places things otherwise.

    Args:
        kind: kind of file.
        year: year of the file, from its name.
        version: code read in the line.

    Raises:
        InputFileError: ``format-annee`` (no layout for that year), ``format-inconnu`` (no such version),
            ``format-discordant`` (a version of other years).
    """
    layout_of(kind, year)
    known = {layout.version: layout for layout in layouts(kind) if layout.coded}
    layout = known.get(version)
    free = next((v for v in layouts(kind) if year in v.years and not v.coded), None)
    if free is not None and (layout is None or layout.fields == free.fields):
        return free
    if layout is None:
        raise InputFileError(
            "format-inconnu",
            f"Version de format « {version} » inconnue pour un fichier « {kind} ».",
            allowed=known,
            todo=f"Un fichier de {year} est au format {_expected(kind, year)}.",
        )
    if year not in layout.years and year not in layout.admitted:
        raise InputFileError(
            "format-discordant",
            f"La ligne est au format {version}, celui de {_years(layout)} ; le fichier est de {year} : "
            f"il devrait être au format {_expected(kind, year)}.",
            allowed=[v.version for v in layouts(kind) if year in v.years or year in v.admitted],
            todo="Vérifiez l'année dans le nom du fichier, ou refaites-le avec le logiciel de son année.",
        )
    return layout


def _rows(name: str) -> list[Row]:
    text = files("sanoscope.formats").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _field(row: Row) -> Field:
    return Field(
        name=row["champ"],
        start=int(row["debut"]),
        length=int(row["longueur"]),
        type=_TYPES[row["type"]],
        label=row["libelle"],
        stored=row["garde"] == "oui",
    )


def _layout(row: Row, fields: dict[tuple[str, str], list[Field]], zones: list[Row]) -> Layout:
    version, years = row["version"], tuple(int(year) for year in row["annees"].split())
    described = row["positions"] or version
    coded = row["controle"] == "oui"
    layout = Layout(
        kind=row["fichier"],
        version=version,
        coded=coded,
        years=years,
        admitted=tuple(sorted({year - 1 for year in years} - set(years))) if coded else (),
        width=int(row["largeur"]),
        fields=tuple(fields[described, ""]),
        zones=tuple(
            _zone(zone, fields[described, zone["zone"]]) for zone in zones if (described, zone["zone"]) in fields
        ),
        source=row["source"],
    )
    _check(layout)
    return layout


def _zone(row: Row, fields: list[Field]) -> Zone:
    return Zone(
        name=row["zone"],
        counter=row["compteur"],
        width=max(field.end for field in fields),
        fields=tuple(fields),
        owner=row["proprietaire"],
        owner_counter=row["compteur_proprietaire"],
    )


def _check(layout: Layout) -> None:
    """A layout must cover its fixed part and its zones character by character, and hold its counters.

    Raises:
        ValueError: what is wrong in the data; nothing is loaded.
    """
    what = f"{layout.kind} {layout.version}"
    _check_cover(f"{what}, partie fixe", layout.fields, layout.width)
    _check_names(what, layout.columns)
    before: dict[str, Zone] = {}
    counters = layout.fields
    for zone in layout.zones:
        _check_cover(f"{what}, {zone.name}", zone.fields, zone.width)
        if zone.once:
            counters += zone.fields
        else:
            _check_counter(f"{what}, {zone.name}", zone.counter, counters)
        if zone.owner:
            if zone.owner not in before:
                raise ValueError(f"{what}, {zone.name}: its owner, {zone.owner}, is not a zone before it")
            _check_counter(f"{what}, {zone.owner}", zone.owner_counter, before[zone.owner].fields)
        before[zone.name] = zone


def _check_cover(what: str, fields: tuple[Field, ...], width: int) -> None:
    position = 1
    for field in fields:
        if field.start != position or field.length < 1:
            raise ValueError(f"{what}: {field.name} at {field.start}, not {position}")
        if field.length != _LENGTHS.get(field.type, field.length):
            raise ValueError(f"{what}: {field.name} is a {field.type} of {field.length} characters")
        if field.type == "dated" and not field.name.startswith("date_"):
            raise ValueError(f"{what}: {field.name} gives a month and a year, and is not named date_…")
        position = field.end + 1
    if position != width + 1:
        raise ValueError(f"{what}: {position - 1} characters, not {width}")
    _check_names(what, fields)


def _check_names(what: str, fields: tuple[Field, ...]) -> None:
    if len({field.name for field in fields}) < len(fields):
        raise ValueError(f"{what}: a name is given twice")


def _check_counter(what: str, counter: str, fields: tuple[Field, ...]) -> None:
    if not any(field.name == counter and field.type == "integer" for field in fields):
        raise ValueError(f"{what}: no whole number named {counter}")


def _expected(kind: str, year: int) -> str:
    return " ou ".join(layout.version for layout in layouts(kind) if year in layout.years)


def _years(layout: Layout) -> str:
    years = layout.years
    return str(years[0]) if len(years) == 1 else f"{years[0]} à {years[-1]}"
