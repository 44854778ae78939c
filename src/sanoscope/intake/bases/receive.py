"""Taking an existing base of stays into the store: for each establishment and year, what its files would have given.

A year at a time, its tables are written as texts, sorted, in a working database on disk; then each establishment's rows
are typed and written a block at a time. The fingerprint of an establishment's year is that of its rows, so that the
same base again changes nothing and a base that changed makes new transmissions of what changed, and of that alone.
"""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa

from sanoscope.errors import SanoscopeError, suggest
from sanoscope.formats.registry import layout_of
from sanoscope.intake.bases.base import Base, literal, opened, quoted
from sanoscope.intake.bases.correspondance import CHAINING, KINDS, STAYS, Acces, Colonne, Correspondance
from sanoscope.intake.bases.report import BaseReport
from sanoscope.intake.bases.rows import (
    FINESS,
    FINESS_FORM,
    KEY,
    LINE,
    PRINT,
    Sheet,
    YearOfBase,
    extract,
    extract_pieces,
    extracted,
    sheet_of,
)
from sanoscope.intake.bases.write import Rows, contents
from sanoscope.intake.names import Key
from sanoscope.intake.quarantine import RowQuarantine
from sanoscope.intake.reading import FileReport
from sanoscope.intake.sources import Refusal
from sanoscope.intake.store import RECORD, place_of, read_record
from sanoscope.workspace import UNFINISHED, Workspace

ROWS = 20_000
"""Rows that are typed at once."""

YEARS = range(2006, 2100)
"""Years that a table may be of."""


def receive_base(
    workspace: Workspace, mapping: Correspondance, where: Acces, folder: Path, now: str
) -> tuple[list[FileReport], BaseReport]:
    """Take a base into the store.

    Args:
        workspace: where; its store is held by the caller.
        mapping: what the base's tables and columns are.
        where: the base, its path relative to ``folder``.
        now: the moment of this intake (ISO 8601).

    Raises:
        SanoscopeError: the base or one of its tables is not as the mapping says.
    """
    work = workspace.store / f"{UNFINISHED}{uuid4().hex}.duckdb"
    settings = workspace.settings
    try:
        with opened(where, folder, work, memory=settings.memoire, threads=settings.processus) as base:
            return _Import(workspace, mapping, base, now).run()
    finally:
        for left in work.parent.glob(f"{work.stem}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


class _Import:
    """A base on its way into the store."""

    def __init__(self, workspace: Workspace, mapping: Correspondance, base: Base, now: str) -> None:
        self.workspace, self.mapping, self.base, self.now = workspace, mapping, base, now
        self.report = BaseReport(f"{base.path.name} ({base.forme}), correspondance {mapping.correspondance}")
        self.files: list[FileReport] = []
        self.lost = RowQuarantine(workspace.quarantine)

    def run(self) -> tuple[list[FileReport], BaseReport]:
        found = self._years()
        years = [self._year(year, alone=len(found) == 1) for year in found]
        self._say_unused(years)
        for year in years:
            self._take(year)
        self.report.hors.update(self.lost.reasons)
        name = f"{self.mapping.champ}/base-{self.mapping.correspondance}-{self.now[:19].replace(':', '')}.csv"
        if self.lost.reasons:
            self.report.place = name
        self.lost.commit(self.workspace.quarantine / name)
        return self.files, self.report

    # what there is -------------------------------------------------------------------------------------------------

    def _years(self) -> list[int]:
        """Return the years to take.

        Raises:
            SanoscopeError: ``table-absente``, ``annee-absente``.
        """
        declared, wanted = self.mapping.tables[STAYS], self.mapping.annees
        if declared.by_year:
            found = [year for year in YEARS if self.base.has(declared.name(year))]
            if not found:
                raise self._no_table(declared.table)
        else:
            found = self._years_in(declared.table, declared.cle.annee)
        if missing := sorted(set(wanted) - set(found)):
            raise SanoscopeError(
                "annee-absente",
                f"La base n'a pas de séjours de {', '.join(map(str, missing))}.",
                allowed=map(str, found),
                todo="Corrigez « annees » dans la correspondance.",
            )
        return [year for year in found if not wanted or year in wanted]

    def _years_in(self, table: str, column: str) -> list[int]:
        """Return the years of a table of several; lines of none are refused, those of years not asked for counted."""
        if not self.base.has(table):
            raise self._no_table(table)
        held = {written.lower(): written for written in self.base.columns(table)}
        if not column or column.lower() not in held:
            raise SanoscopeError(
                "colonne-absente",
                f"La table {table} n'a pas la colonne « {column} », d'où vient l'année.",
                allowed=sorted(held.values()),
                todo=suggest(column.lower(), held) or "Corrigez « cle.annee » dans la correspondance.",
            )
        name = quoted(held[column.lower()])
        text = f"regexp_replace(trim(CAST({name} AS VARCHAR)), '[.]0+$', '')"
        rows = self.base.connection.execute(
            f"SELECT {text} AS annee, count(*) FROM {self.base.view(table)} GROUP BY 1 ORDER BY 1"
        ).fetchall()
        years = {year: int(n) for year, n in rows if year and year.isdigit() and int(year) in YEARS}
        if not rows:
            self._refuse_table(table)
        odd = f"({name} IS NULL OR {text} NOT IN ({', '.join(map(literal, years)) or literal('')}))"
        self._lose(
            f"SELECT * FROM {self.base.view(table)} WHERE {odd}", "annee-invalide", "année absente ou impossible"
        )
        wanted = self.mapping.annees
        self.report.laissees += sum(n for year, n in years.items() if wanted and int(year) not in wanted)
        return sorted(map(int, years))

    def _no_table(self, wanted: str) -> SanoscopeError:
        return SanoscopeError(
            "table-absente",
            f"La base n'a pas de table « {wanted} ».",
            allowed=sorted(self.base.tables),
            todo=suggest(wanted.lower(), self.base.tables) or "Corrigez « table » dans la correspondance.",
        )

    def _year(self, year: int, *, alone: bool) -> YearOfBase:
        """Return what there is of a year; what the base lacks is noted.

        Raises:
            SanoscopeError: ``cle-insuffisante``, and those of `sheet_of`.
        """
        tables, base = self.mapping.tables, self.base
        stays = tables[STAYS]
        if "annee_sortie" not in stays.colonnes:
            own = Colonne(de=(stays.cle.annee,)) if stays.cle.annee else Colonne(constante=str(year))
            stays = stays.model_copy(update={"colonnes": {**stays.colonnes, "annee_sortie": own}})
        layout = layout_of(KINDS[STAYS], year)
        found = sheet_of(STAYS, stays, base, year, layout)
        assert found is not None
        columns = {written.lower(): written for written in base.columns(found.table)}
        zones: dict[str, Sheet] = {}
        pieces: dict[str, str] = {}
        for zone in (z.name for z in layout.zones):
            declared = tables.get(zone)
            if declared and declared.morceaux.lower() in columns:
                pieces[zone] = columns[declared.morceaux.lower()]
            elif declared and declared.table and base.has(declared.name(year)):
                sheet = sheet_of(zone, declared, base, year, layout)
                assert sheet is not None
                zones[zone] = sheet
            else:
                self._lacks(zone, year)
        chaining = None
        if (declared := tables.get(CHAINING)) and base.has(declared.name(year)):
            chaining = sheet_of(CHAINING, declared, base, year, layout_of(KINDS[CHAINING], year))
        if chaining is None:
            self._lacks(CHAINING, year)
        made = YearOfBase(year, found, zones, pieces, chaining)
        for sheet in made.beside:
            if not (alone or sheet.declared.by_year or sheet.declared.cle.annee):
                raise _no_key(sheet, "annee", "de plusieurs années")
        for sheet in (found, *made.beside):
            for name in sheet.absent:
                self._lacks(name if sheet is found else f"{sheet.name}.{name}", year)
        return made

    def _lacks(self, what: str, year: int) -> None:
        self.report.absentes.setdefault(what, []).append(year)

    def _say_unused(self, years: list[YearOfBase]) -> None:
        """Note what the mapping does not use: tables, and columns of those that it uses."""
        used = {sheet.table.lower() for year in years for sheet in (year.stays, *year.beside)}
        for year in years:
            pieces = {name.lower() for name in year.pieces.values()}
            for sheet in (year.stays, *year.beside):
                left = tuple(c for c in sheet.unused if sheet is not year.stays or c.lower() not in pieces)
                if left:
                    self.report.inutiles[sheet.table] = left
        for table in sorted(set(self.base.tables) - used):
            self.report.inutiles[table] = tuple(self.base.columns(table))

    # what is taken -------------------------------------------------------------------------------------------------

    def _take(self, year: YearOfBase) -> None:
        base, stays = self.base, year.stays
        extract(stays, base, year.annee, pieces=year.pieces)
        known = self._rows(
            f"SELECT {quoted(FINESS)}, max(TRY_CAST(mois_sortie AS INTEGER)) FILTER (TRY_CAST(mois_sortie AS INTEGER) "
            f"BETWEEN 1 AND 12) FROM {stays.sql} WHERE regexp_matches({quoted(FINESS)}, {literal(FINESS_FORM)}) "
            "GROUP BY 1 ORDER BY 1"
        )
        if not self._rows(f"SELECT 1 FROM {stays.sql} LIMIT 1"):
            self._refuse_table(stays.table)
        odd = f"NOT regexp_matches({quoted(FINESS)}, {literal(FINESS_FORM)})"
        self._lose(
            f"SELECT * FROM {stays.sql} WHERE {odd}", "finess-invalide", "le FINESS n'a pas la forme d'un FINESS"
        )
        for zone in year.pieces:
            extract_pieces(extracted(zone), zone, stays, base)
        for sheet in year.beside:
            extract(sheet, base, year.annee, finess=self._only(sheet, [finess for finess, _ in known], year.annee))
        for zone in (*year.zones, *year.pieces):
            self._compare(year, zone)
        if year.chaining:
            listed = ", ".join(literal(finess) for finess, _ in known) or "NULL"
            alone = f"SELECT * FROM {year.chaining.sql} WHERE coalesce({quoted(FINESS)} NOT IN ({listed}), true)"
            self._lose(alone, "sans-sejour", "chaînage d'un établissement qui n'a pas de séjour")
        for finess, month in known:
            self._establishment(year, Key(finess, year.annee, self.mapping.mois.get(year.annee) or month or 12))

    def _only(self, sheet: Sheet, known: list[str], year: int) -> str:
        """Return whose the rows of a table are that does not say it.

        Raises:
            SanoscopeError: ``cle-insuffisante``.
        """
        if sheet.declared.cle.etablissement:
            return ""
        if len(known) > 1:
            raise _no_key(sheet, "etablissement", f"de {len(known)} établissements en {year}")
        return known[0] if known else ""

    def _compare(self, year: YearOfBase, zone: str) -> None:
        """Note items of no stay, and stays that do not have as many items as they say."""
        (of,) = (z for z in year.stays.layout.zones if z.name == zone)
        items, stays = extracted(zone), year.stays.sql
        both = f"({quoted(FINESS)}, {quoted(KEY)})"
        ((orphans,),) = self._rows(f"SELECT count(*) FROM {items} WHERE {both} NOT IN (SELECT {both} FROM {stays})")
        self.report.orphelins.update({zone: orphans} if orphans else {})
        if of.counter in year.stays.given:
            key = f"{quoted(FINESS)}, {quoted(KEY)}"
            ((wrong,),) = self._rows(
                f"SELECT count(*) FROM {stays} LEFT JOIN (SELECT {key}, count(*) AS n FROM {items} GROUP BY ALL) "
                f"USING ({key}) WHERE coalesce(n, 0) <> coalesce(TRY_CAST({quoted(of.counter)} AS BIGINT), 0)"
            )
            self.report.ecarts.update({zone: wrong} if wrong else {})

    def _establishment(self, year: YearOfBase, key: Key) -> None:
        zones = (*year.zones, *year.pieces)
        absent = [*year.stays.absent, *(f"{z}.{c}" for z, sheet in year.zones.items() for c in sheet.absent)]
        absent += [z.name for z in year.stays.layout.zones if z.name not in zones]
        absent += [] if year.chaining else [CHAINING]
        whole = self._print(key, absent, [year.stays.sql, *(extracted(zone) for zone in zones)])
        self._keep(self._set(year.stays, key, absent, year), whole)
        if year.chaining:
            of = [*year.chaining.absent]
            # the stays are part of what a chaining is of: it is sent again with them
            self._keep(self._set(year.chaining, key, of), self._print(key, [*of, whole], [year.chaining.sql]))

    def _set(self, sheet: Sheet, key: Key, absent: list[str], year: YearOfBase | None = None) -> Rows:
        return Rows(self.workspace, self.blocks, sheet, key, absent, year, self.report.nom, self.now)

    def _keep(self, given: Rows, whole: str) -> None:
        kind = given.sheet.layout.kind
        place = self.workspace.store / place_of(kind=kind, key=given.key, sha256=whole)
        if (place / RECORD).is_file():
            self.files.append(FileReport(str(given.key), stored=read_record(place), known=True))
        elif record := given.write(whole):
            self.files.append(FileReport(str(given.key), stored=record))

    def _print(self, key: Key, absent: list[str], sheets: list[str]) -> str:
        """Return the fingerprint of an establishment's rows of some tables."""
        found = hashlib.sha256("\n".join((str(key), *absent)).encode())
        for sheet in sheets:
            found.update(f"\n{sheet}\n".encode())
            own = f"{quoted(FINESS)} = {literal(key.finess)}"
            for block in self.blocks(f"SELECT {quoted(PRINT)} FROM {sheet} WHERE {own} ORDER BY {quoted(LINE)}"):
                found.update("".join(block.column(0).to_pylist()).encode())
        return found.hexdigest()

    # small things --------------------------------------------------------------------------------------------------

    def blocks(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a question, some at a time."""
        yield from self.base.connection.cursor().sql(sql).to_arrow_reader(ROWS)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.base.connection.execute(sql).fetchall()
        return found

    def _refuse_table(self, table: str) -> None:
        label = f"{self.base.path.name}, table {table}"
        message = f"{label} : la table est vide. Vérifiez l'export, puis relancez la réception."
        self.files.append(FileReport(label, refusal=Refusal(label, "table-vide", message)))

    def _lose(self, sql: str, code: str, message: str) -> None:
        """Refuse lines that are of no establishment or year."""
        for block in self.blocks(sql):
            rows = np.arange(block.num_rows)
            self.lost.add(rows + 1, code, message, contents(block, rows))


def _no_key(sheet: Sheet, role: str, what: str) -> SanoscopeError:
    return SanoscopeError(
        "cle-insuffisante",
        f"La base est {what}, et la table {sheet.table} ne dit pas duquel sont ses lignes.",
        allowed=(f"cle: {{{role}: UNE COLONNE}}",),
        todo=f"Dites « cle.{role} » de la table « {sheet.name} » dans la correspondance, ou coupez la base.",
    )
