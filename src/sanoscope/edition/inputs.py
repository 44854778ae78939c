"""The lines of a field, as the build sees them: one table of the transmissions that count, and their chaining."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa

from sanoscope.catalogue.field import Codes, Listes, Valorisation
from sanoscope.edition.rules import mentioned
from sanoscope.edition.sent import Sent
from sanoscope.edition.valued import ITEMS, Lines, forget_tariffs, valued_lines
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.engine.plan import Aggregate, Binary, Column, Constant, Derive, Filter, In, LeftJoin, Plan, Scan
from sanoscope.errors import SanoscopeError
from sanoscope.formats.registry import layouts
from sanoscope.intake.decode import MAIN_TABLE
from sanoscope.nomenclature.reference import Reference

OF_LINE = ("_dossier", "ligne")
"""What tells of which line an item is: its file, its number there."""


class Inputs:
    """What a field is built from: ``_lignes``, and ``_chainage`` where there is one.

    Attributes:
        chained: there is a chaining.

    Args:
        engine: where they are shown.
        sent: the field, its files, those that count.
        work: directory of the edition, where they are gathered.
    """

    def __init__(self, engine: DuckDBEngine, sent: Sent, work: Path) -> None:
        self.engine, self.sent, self.work = engine, sent, work
        self.champ = sent.champ
        self.used = mentioned(self.champ)
        self.chaining = self._parts(self.champ.chainage.fichier) if self.champ.chainage else []
        self.chained = bool(self.chaining)

    def show(self, reference: Reference) -> None:
        """Show the lines, with the columns that the field reads, and their chaining.

        Args:
            reference: where the lists are that tell lines, if any does.
        """
        if self.chained:
            told = self.champ.valorisation.chainage if self.champ.valorisation else ()
            self.engine.see("_recues", self.chaining, dict.fromkeys(told, pa.string()))
            self._gather("_chainage", Scan("_recues"), "_recues")
        self.engine.see("_entieres", self._parts(*self.champ.fichiers), self._columns(), directory=OF_LINE[0])
        if self.champ.zone:
            self._show_items()
        elif self.champ.listes:
            self._show_listed(self.champ.listes, reference)
        else:
            valued = self.champ.valorisation
            of_line = OF_LINE if valued and valued.rayons else ()
            kept = tuple((name, Column(name)) for name in (*self._kept(), *of_line))
            self._gather("_lignes", Derive(Scan("_entieres"), kept), "_entieres")
        if self.champ.valorisation:
            self._show_valued(self.champ.valorisation, reference)

    def lines(self, annee: int) -> int:
        """Return how many lines the files of a year have; where lists tell them, how many are shown."""
        if self.champ.listes:
            own = Filter(Scan("_lignes"), Binary("=", Column("annee"), Constant(annee)))
            return self.engine.count(own)
        return self.sent.lines(annee)

    def forget(self) -> None:
        """Forget the lines and their chaining."""
        for name in ("_lignes", *(("_chainage",) if self.chained else ())):
            self.engine.drop_view(name)
            self._gathered(name).unlink()

    def _show_valued(self, declared: Valorisation, reference: Reference) -> None:
        """Show the lines with what each is worth."""
        rays = declared.rayons
        zone = bool(rays and self._show_zone(ITEMS, rays.zone))
        lines = Lines(self._kept(), OF_LINE if rays else (), chained=self.chained, items=zone)
        plan = valued_lines(self.engine, self.champ, reference, lines)
        path = self._gathered("_lignes")
        self.engine.write(plan, path.with_suffix(".valeurs"))
        forget_tariffs(self.engine)
        for view in ("_lignes", *((ITEMS,) if zone else ())):
            self.engine.drop_view(view)
        path.with_suffix(".valeurs").replace(path)
        self.engine.see("_lignes", [path])

    def _show_items(self) -> None:
        """Show the items of the field's zone as lines, each with the columns of the line that it is part of."""
        items = self._show_zone("_elements", self.champ.zone)
        taken = self._kept(but=items)
        whole = LeftJoin(Scan("_elements"), Scan("_entieres"), OF_LINE, taken)
        kept = (*(name for name in items if name in self.used), *taken)
        columns = tuple((name, Column(name)) for name in kept)
        self._gather("_lignes", Derive(whole, columns), "_elements", "_entieres")

    def _show_listed(self, declared: Listes, reference: Reference) -> None:
        """Show as lines the stays that are in lists, once for each list.

        Raises:
            SanoscopeError: ``rapprochement``: a stay of a list is nowhere, or twice.
        """
        lists = reference[declared.table].filter(pl.col("code") != "").select(declared.colonne, "nature", "code")
        found = [self._members(lists, declared.colonne, nature, of) for nature, of in declared.natures.items()]
        members = pl.concat(found).unique().sort(*OF_LINE, declared.colonne)
        self.engine.store("_listes", members.to_arrow())
        taken = self._kept(but=(declared.colonne,))
        whole = LeftJoin(Scan("_listes"), Scan("_entieres"), OF_LINE, taken)
        columns = tuple((name, Column(name)) for name in (declared.colonne, *taken))
        self._gather("_lignes", Derive(whole, columns), "_entieres")
        self.engine.drop("_listes")
        if (shown := self.engine.count(Scan("_lignes"))) != len(members):
            raise SanoscopeError(
                "rapprochement",
                f"{self.champ.libelle} : {len(members)} séjours dans des listes, {shown} lignes.",
                todo="Signalez-le : aucune ligne ne doit se perdre.",
            )

    def _members(self, lists: pl.DataFrame, name: str, nature: str, of: Codes) -> pl.DataFrame:
        """Return (*OF_LINE, name): the lines that have a code of a kind that begins as one of a list."""
        view = "_elements" if of.zone else "_entieres"
        if of.zone and not self._show_zone(view, of.zone):
            return pl.DataFrame(schema=dict.fromkeys((*OF_LINE, name), pl.String) | {OF_LINE[1]: pl.Int64})
        met = pl.DataFrame(pl.from_arrow(self.engine.run(Aggregate(Scan(view), ((of.de,),), ())))).drop_nulls()
        own = lists.filter(pl.col("nature") == nature).select(name, pl.col("code").alias("_debut"))
        pairs = met.join(own, how="cross").filter(pl.col(of.de).str.starts_with(pl.col("_debut"))).drop("_debut")
        having = In(Column(of.de), tuple(sorted(set(pairs[of.de]))))
        columns = tuple((n, Column(n)) for n in (*OF_LINE, of.de))
        lines = pl.DataFrame(pl.from_arrow(self.engine.run(Derive(Filter(Scan(view), having), columns))))
        lines = lines.with_columns(pl.col(OF_LINE[1]).cast(pl.Int64))
        if of.zone:
            self.engine.drop_view(view)
        return lines.join(pairs.unique(), on=of.de).select(*OF_LINE, name)

    def _show_zone(self, view: str, zone: str) -> tuple[str, ...]:
        """Show the items of a zone and return their columns; () where no file has any."""
        columns, files = self._columns(zone), self._parts(*self.champ.fichiers, table=zone)
        if files:
            self.engine.see(view, files, columns, directory=OF_LINE[0])
        return tuple(columns) if files else ()

    def _kept(self, but: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the columns of whole lines that the field reads, but for some."""
        return tuple(name for name in ("annee", *self._columns()) if name in self.used and name not in but)

    def _columns(self, zone: str = "") -> dict[str, pa.DataType]:
        """Return the columns that some layout of the field's files has: a year's file may lack them.

        Those of the lines themselves, or of a zone of theirs.
        """
        every = [layout for kind in self.champ.fichiers for layout in layouts(kind)]
        zones = [z.fields for layout in every for z in layout.zones if z.name == zone]
        once = [z.fields for layout in every for z in layout.zones if z.once]  # fields of the line, wherever they are
        parts = zones if zone else [*(layout.fields for layout in every), *once]
        fields = {f.name: f for part in parts for f in part if f.stored}
        found = {name: pa.string() if f.type == "text" else pa.int64() for name, f in fields.items()}
        # without chaining nothing is known of what comes after a stay
        unknown = {"suite_jours": pa.int64(), "suite_finess": pa.string()} if self.champ.suites else {}
        return found if self.chained else found | unknown

    def _parts(self, *kinds: str, table: str = "") -> list[Path]:
        """Return the files of a table of the transmissions; "" is the main one of each kind."""
        found: list[Path] = []
        for file in (t.fichiers[kind] for t in self.sent.transmissions for kind in kinds if kind in t.fichiers):
            directory, name = self.sent.files[file], table or MAIN_TABLE[file.kind]
            found += sorted([*directory.glob(f"{name}.parquet"), *directory.glob(f"{name}~*.parquet")])
        return found

    def _gather(self, name: str, plan: Plan, *views: str) -> None:
        """Show rows that are read many times, from one file of their own; forget what they come from."""
        path = self._gathered(name)
        self.engine.write(plan, path)
        for view in views:
            self.engine.drop_view(view)
        self.engine.see(name, [path])

    def _gathered(self, name: str) -> Path:
        return self.work / f"{self.champ.champ}{name}.parquet"
