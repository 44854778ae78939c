"""The open store of an edition: a twin of each year with its tracer, and the certificate that says so.

What is written in ``ouvert/`` is all that the open faces ever read. The true counts, the moves and their keys stay in
``securise/``.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sanoscope.catalogue.field import Champ, Feuillet
from sanoscope.disclosure.checker import Verdict, verify
from sanoscope.disclosure.lattice import Label, Lattice, membership
from sanoscope.disclosure.moves import NONE, Moves
from sanoscope.disclosure.protect import Care, Protection, protect
from sanoscope.disclosure.tracer import MODULUS, Opened, new_keys, opened
from sanoscope.edition.manifest import (
    DRAWS,
    SECURE,
    SILENT,
    SPREAD,
    THOUSAND,
    TRACER,
    ProtectionAnnee,
    TableCube,
)
from sanoscope.edition.sheets import COUNT, PEOPLE, Year, YearSheet, read_year
from sanoscope.edition.stores import both
from sanoscope.engine.duckdb_engine import DuckDBEngine
from sanoscope.workspace import Settings

AROUND, DECOYS = 5, 4
"""How far from the threshold groups are drawn to be hidden with those that must be, and how many of them for each."""


def certificate(place: Path, champ: Champ, annee: int) -> Path:
    """Return where an edition keeps the certificate of a field's year."""
    return place / SECURE / f"certificat-{champ.champ}-{annee}.npz"


def open_store(
    secure: DuckDBEngine,
    public: DuckDBEngine,
    champ: Champ,
    annees: list[int],
    place: Path,
    *,
    threshold: int,
    care: Care,
    before: Path | None,
    workers: int,
    secret: int,
    progress: Callable[[str], None],
) -> tuple[list[TableCube], list[ProtectionAnnee]]:
    """Protect each year, and write the open tables and the certificates; nothing where no sheet is published.

    Args:
        secure: the edition's secure store.
        public: the open store, empty.
        champ: the field.
        annees: years of the edition.
        place: directory of the edition.
        threshold: smallest count of people that may be shown.
        care: how much work each year is worth.
        before: directory of the edition published now; its moves are kept where they still can be made.
        workers: years protected at once.
        secret: what is drawn at random depends on it; 0 to draw it from the system's source of chance.
        progress: told what is being done, in French.
    """
    if not champ.publication.feuillets:
        store_silent(public, ())
        return [], []
    secret = secret or int(np.random.default_rng().integers(2**31))
    years = [read_year(secure, champ, annee, threshold) for annee in annees]

    def one(year: Year) -> tuple[dict[str, pl.DataFrame], NDArray[np.int64], ProtectionAnnee]:
        protection = protect(
            year.lattice,
            seed=secret + year.annee,
            before=_moves_before(before, champ, year),
            care=care,
            say=lambda step: progress(f"protection de {year.annee} : {step}"),
        )
        keys = new_keys(protection.moves)
        names, amounts = year.amounts()
        made = opened(
            year.lattice,
            protection.moves,
            protection.made,
            keys=keys,
            amounts=amounts,
            carriers=year.carriers(names),
            draws=DRAWS,
            seed=secret + 10_000 * year.annee,
        )
        _keep(certificate(place, champ, year.annee), year, protection, keys)
        silent = _silent(year.lattice, made, protection, np.random.default_rng(secret + 20_000 * year.annee))
        return _tables(champ, year, made, names), silent, _said(year, protection)

    with ThreadPoolExecutor(workers + 1) as pool:  # one more than processors: years do not end together
        results = list(pool.map(one, years))
    written = []
    for name in champ.publication.feuillets:
        whole = pl.concat([tables[name] for tables, _, _ in results], how="diagonal_relaxed")
        written += _write(public, champ, name, whole)
    store_silent(public, np.unique(np.concatenate([s for _, s, _ in results])))
    return written, [said for _, _, said in results]


def store_silent(public: DuckDBEngine, tracers: ArrayLike) -> None:
    """Write the tracers of the groups of which an open store says nothing."""
    public.store(SILENT, pl.DataFrame({"traceur": np.asarray(tracers, np.int64)}).to_arrow())


def _silent(of: Lattice, made: Opened, protection: Protection, random: np.random.Generator) -> NDArray[np.int64]:
    """Return the tracers of the nodes of which nothing is said: those that must be, and others drawn around them.

    A node is hidden because its count is at the threshold; were it alone to be, "nothing is said" would say that. A
    tracer names a node without a name: what has the same one is changed by the same moves, and hidden with it.
    """
    hidden = protection.hidden
    near = np.argwhere(protection.moved & (abs(of.values - of.threshold) <= AROUND) & (of.labels != Label.HIDDEN))
    decoys = random.permutation(len(near))[: DECOYS * len(hidden)]
    kept = np.concatenate([hidden, near[decoys]]) if len(hidden) else hidden
    return np.asarray(_nodes(of, made.cells, made.tracer)[kept[:, 0], kept[:, 1]] % MODULUS)


def _nodes(of: Lattice, cells: NDArray[np.int32], amounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return int64[row nodes, column nodes], the sums of an amount of base cells."""
    shape = of.rows.leaves, of.columns.leaves
    base = sparse.csr_matrix((amounts, (cells[:, 0], cells[:, 1])), shape=shape)
    return np.asarray((membership(of.rows) @ base @ membership(of.columns).T).toarray())


def _tables(champ: Champ, year: Year, made: Opened, names: list[str]) -> dict[str, pl.DataFrame]:
    """Return the open table of each sheet: one row an establishment and column, its counts side by side."""
    found = {}
    for number, sheet in enumerate(year.sheets):
        first, end = year.lattice.leaf_start[number], year.lattice.leaf_start[number + 1]
        own = (made.cells[:, 1] >= first) & (made.cells[:, 1] < end)
        cells = pl.DataFrame(
            {
                champ.ligne: np.array(year.rows, np.str_)[made.cells[own, 0]],
                "colonne": made.cells[own, 1].astype(np.int64) - first,
                PEOPLE: made.counts[own],
                TRACER: made.tracer[own],
                **{f"{SPREAD}{d}": np.rint(THOUSAND * made.spread[own, d]).astype(np.int64) for d in range(DRAWS)},
                **{n: made.amounts[own, names.index(n)] for n in sheet.feuillet.portees},
            }
        )
        columns = sheet.columns.with_row_index("colonne").with_columns(pl.col("colonne").cast(pl.Int64))
        table = _side_by_side(champ, sheet, cells.join(columns, on="colonne").drop("colonne"))
        found[sheet.nom] = table.select(pl.lit(year.annee, pl.Int16).alias("annee"), pl.all())
    return found


def _side_by_side(champ: Champ, sheet: YearSheet, cells: pl.DataFrame) -> pl.DataFrame:
    declared = sheet.feuillet
    keys = [champ.ligne, *(n for n in sheet.columns.columns if n != COUNT)]
    of = _leaves(champ, declared)
    parts = [pl.col(name).sum() for name in declared.portees]
    for name in [name for name in of if name not in declared.portees]:
        inside = pl.col(COUNT).is_in(of[name])
        parts.append((pl.col(PEOPLE) * inside).sum().alias(name))
        parts += [(pl.col(f"{SPREAD}{d}") * inside).sum().alias(f"{name}{SPREAD}{d}") for d in range(DRAWS)]
    for column in sorted(set(_tracers(champ, declared).values())):
        inside = pl.col(COUNT).is_in(of[column.removesuffix(TRACER)])
        parts.append(((pl.col(TRACER) * inside).sum() % MODULUS).alias(column))
    return cells.group_by(keys).agg(parts)


def _leaves(champ: Champ, declared: Feuillet) -> dict[str, tuple[str, ...]]:
    """Return the counts that make each sum of a sheet, or carry it; counts first."""
    counts = set(declared.comptes)
    sums = {name: (name,) if name in counts else champ.feuilles(name) for name in champ.sommes}
    return {name: of for name, of in sums.items() if set(of) <= counts} | declared.portees


def _tracers(champ: Champ, declared: Feuillet) -> dict[str, str]:
    """Return the column of each sum's tracer: what the same counts carry has the same one."""
    first: dict[frozenset[str], str] = {}
    return {name: first.setdefault(frozenset(of), name + TRACER) for name, of in _leaves(champ, declared).items()}


def finest(champ: Champ, name: str) -> str:
    """Return the open table that holds the finest rows of a sheet: its only one, unless these are not for anybody."""
    return name if champ.libre == champ.ligne else f"{name}__{champ.ligne}"


def _write(public: DuckDBEngine, champ: Champ, name: str, table: pl.DataFrame) -> list[TableCube]:
    """Write a sheet with what is known of its establishments, and what anybody may read of it as a table apart."""
    above = list(champ.dimensions[champ.ligne].parents)
    known = pl.DataFrame(pl.from_arrow(public.table("etablissements"))).select("annee", champ.ligne, *above).unique()
    whole = table.join(known, on=["annee", champ.ligne], how="left")
    if champ.libre == champ.ligne:
        return [_stored(public, champ, name, name, whole)]
    own = _stored(public, champ, name, finest(champ, name), whole).model_copy(update={"acces": "identifie"})
    return [_stored(public, champ, name, name, _for_anybody(champ, whole)), own]


def _stored(public: DuckDBEngine, champ: Champ, sheet: str, name: str, whole: pl.DataFrame) -> TableCube:
    """Write an open table of a sheet, sorted so that a filter skips most of it."""
    declared = champ.publication.feuillets[sheet]
    dimensions = [n for n in whole.columns if n in champ.dimensions]
    line = champ.ligne if champ.ligne in dimensions else champ.libre
    whole = whole.sort("annee", line, *declared.classe)
    public.store(name, whole.to_arrow())
    return TableCube(
        nom=name,
        cube=sheet,
        dimensions=dimensions,
        colonnes=dimensions,
        lignes=len(whole),
        sommes=_tracers(champ, declared),
        comptes=[n for n in _leaves(champ, declared) if n not in declared.portees],
    )


def _for_anybody(champ: Champ, whole: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a sheet added up to the finest that anybody is answered by: counts and tracers add up."""
    told = champ.avec_parents((champ.libre,))
    dimensions = [n for n in whole.columns if n in champ.dimensions]
    kept = [n for n in dimensions if champ.dimensions[n].axe != "etablissement" or n in told]
    figures = [
        pl.col(n).sum() % MODULUS if n.endswith(TRACER) else pl.col(n).sum()
        for n in whole.columns
        if n not in champ.dimensions
    ]
    return whole.group_by(kept).agg(figures)


def _keep(path: Path, year: Year, protection: Protection, keys: NDArray[np.int64]) -> None:
    """Write the certificate: for the secure side alone."""
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        path,
        lignes=np.array(year.rows, np.str_),
        colonnes=np.array(year.names, np.str_),
        mouvements=protection.moves,
        faits=protection.made,
        pas=protection.walk.steps,
        tus=protection.hidden,
        cles=keys,
    )


def audit_year(place: Path, champ: Champ, annee: int, settings: Settings) -> Verdict:
    """Verify the certificate of a year against both stores: what is served is what was certified.

    Args:
        place: directory of the edition.
        champ: the field.
        annee: the year.
        settings: memory and threads, and the threshold.
    """
    secure, public = both(place, champ.champ, settings)
    year = read_year(secure, champ, annee, settings.seuil)
    with np.load(certificate(place, champ, annee)) as kept:
        moves, steps, made, hidden = (kept[name] for name in ("mouvements", "pas", "faits", "tus"))
    year.lattice.labels[hidden[:, 0], hidden[:, 1]] = Label.HIDDEN
    counts, tracers = _served(public, champ, year)
    of = year.lattice
    nodes = membership(of.rows), membership(of.columns).T
    twin = np.asarray((nodes[0] @ counts @ nodes[1]).toarray())
    traced = np.asarray((nodes[0] @ tracers @ nodes[1]).toarray()) % MODULUS
    verdict = verify(of, moves, steps, made, twin, (traced == 0) & (of.values > 0))
    told = ~np.isin(traced[hidden[:, 0], hidden[:, 1]], public.table(SILENT)["traceur"].to_numpy())
    apart = sum(_apart(public, champ, sheet.nom) for sheet in year.sheets)
    return replace(verdict, exposed=verdict.exposed + int(told.sum()), astray=verdict.astray + apart)


def _apart(public: DuckDBEngine, champ: Champ, sheet: str) -> int:
    """Return how many rows that anybody may read are not the sums of a sheet's finest rows."""
    if champ.libre == champ.ligne:
        return 0
    whole, served = (pl.DataFrame(pl.from_arrow(public.table(name))) for name in (finest(champ, sheet), sheet))
    made = _for_anybody(champ, whole).select(served.columns)
    return sum(a.join(b, on=made.columns, how="anti").height for a, b in ((made, served), (served, made)))


def _served(public: DuckDBEngine, champ: Champ, year: Year) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Return what the open tables hold, int64[row leaves, column leaves]: counts, and tracers."""
    parts = []
    for sheet, start in zip(year.sheets, year.lattice.leaf_start, strict=False):
        names = [name for name in sheet.columns.columns if name != COUNT]
        table = pl.DataFrame(pl.from_arrow(public.table(finest(champ, sheet.nom)))).filter(
            pl.col("annee") == year.annee
        )
        columns = sheet.columns.with_row_index("colonne")
        rows = pl.DataFrame({champ.ligne: year.rows}, {champ.ligne: pl.String}).with_row_index("ligne")
        for count in sheet.feuillet.comptes:
            own = columns.filter(pl.col(COUNT) == count).select(*names, "colonne")
            found = table.join(own, on=names).join(rows, on=champ.ligne)
            parts.append(
                found.select(
                    pl.col("ligne").cast(pl.Int64),
                    pl.col("colonne").cast(pl.Int64) + start,
                    pl.col(count).alias(PEOPLE),
                    pl.col(count + TRACER).alias(TRACER),
                )
            )
    cells = pl.concat(parts)
    at = cells["ligne"].to_numpy(), cells["colonne"].to_numpy()
    shape = year.lattice.rows.leaves, year.lattice.columns.leaves
    return tuple(sparse.csr_matrix((cells[n].to_numpy(), at), shape=shape) for n in (PEOPLE, TRACER))


def _moves_before(place: Path | None, champ: Champ, year: Year) -> Moves | None:
    """Return the moves of the edition before in the numbering of this one; those whose cells are gone are left out."""
    if place is None or not certificate(place, champ, year.annee).is_file():
        return None
    with np.load(certificate(place, champ, year.annee)) as kept:
        moves, rows, columns = kept["mouvements"], kept["lignes"], kept["colonnes"]
    if moves.shape[1] != 2 + 2 * len(year.sheets):
        return None
    now_rows = _renumbered(rows, np.array(year.rows, np.str_))
    now_columns = _renumbered(columns, np.array(year.names, np.str_))
    known = np.concatenate([now_rows[moves[:, :2]], now_columns[moves[:, 2:]]], axis=1).astype(np.int32)
    gone = ((known == NONE) & (moves != NONE)).any(axis=1)
    return np.asarray(known[~gone])


def _renumbered(old: NDArray[np.str_], new: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the new number of each old name, `NONE` for those that are gone and, last, for `NONE` itself."""
    if not len(new):
        return np.full(len(old) + 1, NONE)
    order = np.argsort(new)
    at = np.clip(np.searchsorted(new[order], old), 0, len(new) - 1)
    found = np.where(new[order][at] == old, order[at], NONE)
    return np.append(found, NONE)


def _said(year: Year, protection: Protection) -> ProtectionAnnee:
    """What the manifest says of a protection: counts of nodes, none of people."""
    of = year.lattice
    small, span = of.small, protection.walk.span[of.small]
    lost = protection.moved & of.large
    error = np.abs(protection.twin - of.values)[lost] / of.values[lost]
    return ProtectionAnnee(
        annee=year.annee,
        groupes=int((of.values > 0).sum()),
        petits=int(small.sum()),
        approches=int(lost.sum()),
        une_valeur=int((span == 0).sum()),
        dix_valeurs=int((span >= of.threshold - 2).sum()),
        tailles_tues=int((of.labels == Label.HIDDEN).sum()),
        reunions_petites=protection.small_unions,
        mouvements=len(protection.moves),
        erreur_mediane=round(float(np.median(error)) if len(error) else 0.0, 4),
    )
