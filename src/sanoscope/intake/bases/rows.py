"""Tables of a base into rows in our words: first as the texts that a file would have, then typed as a file's are.

SQL writes each value as the characters of its field (`extract`); these are then read by the very functions that read
files (`typed`), so that the store cannot tell where a line came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sanoscope.errors import SanoscopeError, suggest
from sanoscope.formats.layout import Field, Layout
from sanoscope.intake.bases.base import Base, literal, quoted
from sanoscope.intake.bases.correspondance import (
    CHAINING,
    KINDS,
    OWNER,
    REQUIRED,
    STAYS,
    Colonne,
    TableDeBase,
    fields_of,
)
from sanoscope.intake.columns import Mask, column
from sanoscope.intake.decode import TYPE_REASONS

FINESS, YEAR, KEY, PRINT, RANK, OTHER, LINE = "#finess", "#annee", "#cle", "#h", "#rang", "#autre", "#ligne"
"""Columns of an extracted table: what tells the stay; the fingerprint of a row; among the rows of the same key, its
rank and whether they differ; its number in its establishment, from 1."""

PIECES = "#morceaux "
"""Begins the name of the column of the stays that has the items of a zone one after the other."""

NOT_KNOWN = "\x1e"
"""Before a code that the mapping's ``valeurs`` does not have."""

FINESS_FORM = "^[0-9][0-9AB][0-9]{7}$"

OWNER_FIELD = Field(OWNER, 1, 4, "integer", "Rang de l'unité dans le séjour")
_FINESS_FIELD = Field("finess", 1, 9, "text", "FINESS")
_KEY_FIELD = Field("cle_rsa", 1, 10, "text", "Numéro du séjour")
_YEAR_FIELD = Field("annee", 1, 4, "integer", "Année")

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_NUMBERS = ("integer", "month", "presence")
_DATES = ("date", "dated")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the base, of a year, as we take it.

    Attributes:
        name: ours; ``table`` the base's.
        declared: what the mapping says of it.
        layout: of its year.
        fields: the fields of ours that it fills, in the order of the layout.
        given: those of them that the base has, with where from.
        absent: those that it does not have.
        unused: columns of the base that the mapping does not use.
    """

    name: str
    table: str
    declared: TableDeBase
    layout: Layout
    fields: tuple[Field, ...]
    given: Mapping[str, Colonne]
    absent: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def sql(self) -> str:
        """How SQL names what is extracted of it."""
        return extracted(self.name)


@dataclass(frozen=True, slots=True)
class YearOfBase:
    """A year of the base: its stays, the zones of its stays, and their chaining if there is one.

    Attributes:
        annee: the year.
        stays, zones, chaining: its tables.
        pieces: by zone that a column of the stays has instead, that column.
    """

    annee: int
    stays: Sheet
    zones: Mapping[str, Sheet]
    pieces: Mapping[str, str]
    chaining: Sheet | None

    @property
    def beside(self) -> list[Sheet]:
        """The tables but that of the stays."""
        return [*self.zones.values(), *([self.chaining] if self.chaining else [])]


def extracted(name: str) -> str:
    """Return how SQL names what is extracted of a table of ours."""
    return quoted(f"extrait de {name}")


def sheet_of(name: str, declared: TableDeBase, base: Base, year: int, layout: Layout) -> Sheet | None:
    """Return a table of the base as we take it; None where it has not what the mapping requires of a chaining.

    Where a table beside the stays has not the columns that tell the establishment or the year, it is not of several.

    Raises:
        SanoscopeError: ``colonne-absente``, ``type-de-colonne``.
    """
    table = declared.name(year)
    held = {written.lower(): written for written in base.columns(table)}
    fields = fields_of(name, layout)
    if name not in KINDS and "rang_unite" in declared.colonnes:
        fields = (OWNER_FIELD, *fields)
    given, absent = {}, []
    for f in fields:
        taken = declared.colonnes.get(f.name)
        lacking = [of for of in taken.de if of.lower() not in held] if taken else [""]
        if taken and not lacking:
            given[f.name] = taken.model_copy(update={"de": tuple(held[of.lower()] for of in taken.de)})
        elif f.name in REQUIRED[name] and name == CHAINING:
            return None
        elif f.name in REQUIRED[name]:
            raise _no_column(table, lacking[0], f.name, held)
        elif f.name not in ("finess", "cle_rsa", "version"):
            absent.append(f.name)
    if name != STAYS or declared.by_year:
        key = declared.cle
        known = {role: of if of.lower() in held else "" for role, of in key.model_dump().items() if role != "sejour"}
        known |= {"etablissement": key.etablissement} if name == STAYS else {}
        declared = declared.model_copy(update={"cle": key.model_copy(update=known)})
    for wanted in (declared.cle.sejour, declared.cle.etablissement, declared.cle.annee):
        if wanted and wanted.lower() not in held:
            raise _no_column(table, wanted, "clé", held)
    used = {of.lower() for c in declared.colonnes.values() for of in c.de}
    used |= {declared.cle.sejour.lower(), declared.cle.etablissement.lower(), declared.cle.annee.lower()}
    unused = tuple(written for low, written in held.items() if low not in used)
    return Sheet(name, table, declared, layout, fields, given, tuple(absent), unused)


def _no_column(table: str, wanted: str, ours: str, held: Mapping[str, str]) -> SanoscopeError:
    return SanoscopeError(
        "colonne-absente",
        f"La table {table} n'a pas la colonne « {wanted} », d'où vient « {ours} ».",
        allowed=sorted(held.values()),
        todo=suggest(wanted.lower(), held) or "Corrigez la correspondance, ou la base.",
    )


# extraction --------------------------------------------------------------------------------------------------------


def extract(sheet: Sheet, base: Base, year: int, *, finess: str = "", pieces: Mapping[str, str] | None = None) -> None:
    """Write a table of the base as texts, sorted by establishment and stay, with what tells its rows.

    Args:
        sheet: the table.
        base: where it is.
        year: the year that is taken.
        finess: whose the rows are, where the table does not say it.
        pieces: by zone, the column of the stays that has its items.

    Raises:
        SanoscopeError: ``type-de-colonne``.
    """
    types, key = dict(base.columns(sheet.table)), sheet.declared.cle
    held = {written.lower(): written for written in types}

    def of_key(name: str, f: Field) -> str:
        return _text(Colonne(de=(held[name.lower()],)), f, types, sheet.table)

    said = literal(str(year))
    told = of_key(key.annee, _YEAR_FIELD) if key.annee else said
    texts = {
        FINESS: f"upper({of_key(key.etablissement, _FINESS_FIELD)})" if key.etablissement else literal(finess),
        YEAR: f"coalesce(nullif({told}, ''), {said})" if sheet.declared.by_year else told,
        KEY: of_key(key.sejour, _KEY_FIELD),
        **{f.name: _text(sheet.given[f.name], f, types, sheet.table) for f in sheet.fields if f.name in sheet.given},
        **{PIECES + zone: f"coalesce(CAST({quoted(of)} AS VARCHAR), '')" for zone, of in (pieces or {}).items()},
    }
    rows = (
        f"SELECT {', '.join(f'{text} AS {quoted(name)}' for name, text in texts.items())} FROM {base.view(sheet.table)}"
    )
    if key.annee and not sheet.declared.by_year:
        rows = f"SELECT * FROM ({rows}) WHERE {quoted(YEAR)} = {literal(str(year))}"
    _write(sheet.sql, rows, tuple(texts), base)


def extract_pieces(sheet: str, zone: str, stays: Sheet, base: Base) -> None:
    """Write the items of a zone that a column of the stays has one after the other.

    Args:
        sheet: how SQL names what is written.
        zone: the zone.
        stays: the stays, extracted with that column.
        base: where they are.
    """
    (of,) = (z for z in stays.layout.zones if z.name == zone)
    whole = quoted(PIECES + zone)
    fields = ", ".join(
        f"trim(substr({whole}, {f.start} + {of.width} * CAST(k AS BIGINT), {f.length})) AS {quoted(f.name)}"
        for f in of.fields
        if f.stored
    )
    count = f"CAST(ceil(length({whole}) / {of.width}.0) AS BIGINT)"
    rows = (
        f"SELECT {quoted(FINESS)}, {quoted(YEAR)}, {quoted(KEY)}, {fields} FROM (SELECT *, unnest(range(0, {count})) "
        f"AS k FROM {stays.sql})"
    )
    _write(sheet, rows, (FINESS, YEAR, KEY, *(f.name for f in of.fields if f.stored)), base)


def _write(sheet: str, rows: str, names: tuple[str, ...], base: Base) -> None:
    whole = ", ".join(quoted(name) for name in names)
    own = f"PARTITION BY {quoted(FINESS)}, {quoted(KEY)}"
    base.connection.execute(f"DROP TABLE IF EXISTS {sheet}")
    base.connection.execute(
        f"CREATE TABLE {sheet} AS SELECT *, row_number() OVER (PARTITION BY {quoted(FINESS)} ORDER BY {quoted(KEY)}, "
        f"{quoted(PRINT)}) AS {quoted(LINE)} FROM (SELECT *, row_number() OVER ({own} ORDER BY {quoted(PRINT)}) AS "
        f"{quoted(RANK)}, min({quoted(PRINT)}) OVER ({own}) <> max({quoted(PRINT)}) OVER ({own}) AS {quoted(OTHER)} "
        f"FROM (SELECT *, sha256(concat_ws(chr(31), {whole})) AS {quoted(PRINT)} FROM ({rows}))) "
        f"ORDER BY {quoted(FINESS)}, {quoted(LINE)}"
    )


def _text(taken: Colonne, f: Field, types: Mapping[str, str], table: str) -> str:
    """Return the SQL of the characters that a field would have."""
    if taken.constante is not None:
        found = literal(taken.constante)
    elif len(taken.de) == 1:
        found = _characters(taken.de[0], taken, f, types, table)
        found = f"coalesce(trim({found}), '')"
    else:
        parts = (_characters(of, taken, None, types, table) for of in taken.de)
        found = f"trim(concat({', '.join(f'''coalesce(nullif({part}, ''), ' ')''' for part in parts)}))"
    if taken.valeurs:
        words = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in taken.valeurs.items())
        blank = "" if "" in taken.valeurs else "WHEN '' THEN '' "
        other = literal(taken.sinon) if taken.sinon is not None else f"{literal(NOT_KNOWN)} || {found}"
        found = f"CASE {found} {blank}{words} ELSE {other} END"
    return found


def _characters(of: str, taken: Colonne, f: Field | None, types: Mapping[str, str], table: str) -> str:
    """Return the SQL of the characters of a column of the base; ``f`` is None where it is a part of a field."""
    name, kind = quoted(of), types[of]
    number = f is not None and f.type in _NUMBERS
    if kind in _INTEGERS:
        return _padded(name, f, taken)
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        whole = _padded(f"CAST({name} AS BIGINT)", f, taken)
        return f"CASE WHEN {name} = trunc({name}) AND abs({name}) < 1e15 THEN {whole} ELSE CAST({name} AS VARCHAR) END"
    if kind == "BOOLEAN":
        return f"CASE WHEN {name} THEN '1' WHEN NOT {name} THEN '0' END"
    if kind.startswith(("DATE", "TIMESTAMP")):
        return _of_date(name, taken)
    if kind != "VARCHAR" and not kind.startswith("ENUM"):
        raise SanoscopeError(
            "type-de-colonne",
            f"La colonne {of} de la table {table} est de type {kind} : ce n'est pas une valeur que l'on puisse lire.",
            allowed=("texte", "nombre", "date", "booléen"),
            todo="Donnez une autre colonne, ou refaites celle-ci en texte dans une vue de la base.",
        )
    text = f"CAST({name} AS VARCHAR)"
    if taken.date:
        day = f"try_strptime({text}, {literal(taken.date)})"
        return f"coalesce({_of_date(day, taken)}, {text})"
    if not number:
        return text
    text = f"replace(trim({text}), ',', '.')" if taken.decimale == "," else f"trim({text})"
    return f"regexp_replace({text}, '[.]0+$', '')"


def _padded(number: str, f: Field | None, taken: Colonne) -> str:
    """Return the SQL of a whole number: in a field of codes, with the zeros that a file would have before it."""
    text = f"CAST({number} AS VARCHAR)"
    if f is None or f.type != "text" or taken.valeurs:
        return text
    width = f"CAST(greatest(length({text}), {f.length}) AS INTEGER)"
    return f"CASE WHEN {number} < 0 THEN {text} ELSE lpad({text}, {width}, '0') END"


def _of_date(day: str, taken: Colonne) -> str:
    match taken.partie:
        case "mois":
            return f"CAST(month({day}) AS VARCHAR)"
        case "annee":
            return f"CAST(year({day}) AS VARCHAR)"
        case _:
            return f"strftime({day}, '%d%m%Y')"


# typing ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typed:
    """A column, and the rows that are not of its type.

    Attributes:
        values: as a file's.
        wrong: for each reason, (mask bool[rows], code, message).
    """

    values: pa.Array
    wrong: tuple[tuple[Mask, str, str], ...]


def typed(texts: pa.Array, f: Field) -> Typed:
    """Return a column as a file's field is read: its texts are put in as many characters, then read the same way."""
    unknown = np.asarray(pc.starts_with(texts, NOT_KNOWN))
    longer = np.asarray(pc.greater(pc.utf8_length(texts), f.length)) & ~unknown
    strange = longer & ~np.asarray(pc.match_substring_regex(texts, "^[0-9]*$")) & (f.type != "text")
    texts = pc.if_else(pa.array(unknown | longer), "", texts)
    pad = pc.utf8_lpad if f.type in _NUMBERS else pc.utf8_rpad
    values, bad = column(_matrix(pad(texts, f.length, " "), f.length), f)
    code, what = TYPE_REASONS[f.type]
    found = (
        (unknown, "code-inconnu", f"« {f.name} » a un code que la correspondance ne traduit pas"),
        (longer & ~strange, "longueur", f"« {f.name} » a plus de {f.length} caractères"),
        (bad | strange, code, f"« {f.name} » n'est pas {what}"),
    )
    return Typed(values, tuple(one for one in found if one[0].any()))


def blank(f: Field, rows: int) -> pa.Array:
    """Return the column of a field that the base does not have: as a file where it is blank."""
    return column(np.full((rows, f.length), ord(" "), np.uint8), f)[0]


def _matrix(padded: pa.Array, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return uint8[rows, width]: characters of texts that all have as many; ISO-8859-1, as a file."""
    whole = "".join(padded.to_pylist()) if not _ascii(padded, width) else None
    data = whole.encode("latin-1", "replace") if whole is not None else _bytes(padded, width)
    return np.frombuffer(data, np.uint8).reshape(len(padded), width)


def _ascii(padded: pa.Array, width: int) -> bool:
    return bool(pc.all(pc.equal(pc.binary_length(padded), width)).as_py() or not len(padded))


def _bytes(padded: pa.Array, width: int) -> bytes:
    flat = pa.concat_arrays([padded])  # an array of its own, from offset 0
    start = flat.offset * width
    data = flat.buffers()[2]
    return bytes(memoryview(data)[start : start + len(flat) * width]) if len(flat) and data else b""
