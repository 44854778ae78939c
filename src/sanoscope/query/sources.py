"""Which table answers a sum of a question, and its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sanoscope.catalogue.field import Champ, Mesure
from sanoscope.disclosure.tracer import MODULUS
from sanoscope.edition.edition import Edition
from sanoscope.edition.manifest import TableCube
from sanoscope.edition.noised import SMALL
from sanoscope.errors import CriterionError
from sanoscope.nomenclature.places import UNKNOWN
from sanoscope.query.noised import CELLS, Told, carrier_of, columns_of, published, sums_told, told
from sanoscope.query.planner import Question, choose, choose_open, spreads, sums_plan
from sanoscope.query.states import Ints, Sums, margins
from sanoscope.sentence import Sentence

VIEW = "@"
"""Between a sum and the people it is of, where they are not those asked for: ``sejours@partout``."""

EVERYWHERE, CONSUMED, PRODUCED, INSIDE = "partout", "consomme", "produit", "sur_place"
"""Whose a sum may be: of the zone's people wherever they go; the same, of no establishment picked; of anyone, in the
zone's establishments; of the zone's people in its establishments."""

_FLOWS = {
    "fuite": (CONSUMED, INSIDE),
    "attractivite": (PRODUCED, INSIDE),
    "autosuffisance": (CONSUMED, INSIDE),
    "solde": (CONSUMED, PRODUCED),
}


@dataclass(frozen=True, slots=True)
class Source:
    """What answers a sum.

    Attributes:
        table: the table.
        asked: what is asked of it.
        kind: of a noised table, the kind of groups that rows are; "" for any other.
        folded: two rows of dimensions are the same zones, of residence and of establishments: those that agree count.
    """

    table: TableCube
    asked: Question
    kind: str = ""
    folded: bool = False


def source_of(name: str, asked: Question, cube: str, edition: Edition, champ: Champ) -> Source | None:
    """Return what answers a sum: in an open edition the lattice, else a noised group, else a union of such; or None.

    Args:
        name: the sum.
        asked: the question.
        cube: the base cube that the restitution is answered from, in a secure edition.
        edition, champ: where, and of what field.
    """
    if not edition.public:
        return Source(choose(asked, cube, edition), asked)
    if table := choose_open(asked, (name,), edition).get(name):
        return Source(table, asked)
    found = published(name, asked, edition, champ, unions=True) if name in champ.sommes else None
    return Source(found[0], asked, found[1]) if found else None


def read_rows(source: Source, names: Sequence[str], edition: Edition, champ: Champ) -> Told:
    """Return the rows of sums of one table: with their tracers and spreads, or what says that they are small."""
    if source.kind:
        columns = dict.fromkeys(column for name in names for column in columns_of(name, source.table, champ))
        return told(source.asked, source.table, source.kind, tuple(columns), edition)
    plan = sums_plan(source.asked, source.table, tuple(names), public=edition.public)
    rows = edition.engine.run(plan)
    if not rows.num_rows:
        return Told([], {})
    keys = list(zip(*(rows[name].to_pylist() for name in ("annee", *source.asked.rows)), strict=True))
    return Told(keys, {m.name: rows[m.name].to_numpy().astype(np.int64) for m in plan.measures})


def sums_of(
    name: str,
    source: Source,
    columns: Mapping[str, Ints],
    cells: int,
    edition: Edition,
    champ: Champ,
    *,
    threshold: int,
) -> Sums:
    """Return a sum in each cell, from the columns of its table; what is not there is nothing.

    Args:
        name: the sum.
        source: what answers it.
        columns: int64[cells] by column of its table, as `read_rows` gives them.
        cells: how many there are.
        edition, champ: where, and of what field.
        threshold: smallest count that is told.
    """

    def column(of: str) -> Ints:
        return columns.get(of, np.zeros(cells, np.int64))

    never = np.zeros(cells, np.bool_)
    if not edition.public:
        return Sums(column(name), never, np.zeros(cells), never)
    if source.kind:
        carrier = carrier_of(name, source.table, champ)
        told_ = {of: column(of) for of in (name, carrier, carrier + SMALL, CELLS)}
        return sums_told(told_, name, carrier, threshold=threshold)
    tracer = column(source.table.sommes[name]) % MODULUS
    around = margins([column(s) for s in spreads(name, source.table)], cells)
    return Sums(column(name), tracer != 0, np.where(tracer != 0, around, 0.0), edition.silent(tracer))


def folded(read: Told, asked: Question, champ: Champ) -> Told:
    """Return, of rows by zone of residence and of establishments, those where both are the same, by that zone.

    Two zones that are not known are not the same.
    """
    pairs = [
        (asked.rows.index(n) + 1, asked.rows.index(of.lieu) + 1)
        for n in asked.rows
        if (of := champ.dimensions[n]).lieu and of.lieu in asked.rows
    ]
    kept = [row for row, key in enumerate(read.keys) if all(key[a] == key[b] != UNKNOWN for a, b in pairs)]
    dropped = {b for _, b in pairs}
    keys = [tuple(v for at, v in enumerate(read.keys[row]) if at not in dropped) for row in kept]
    return Told(keys, {name: values[kept] for name, values in read.columns.items()})


def viewed(asked: Question, view: str, champ: Champ) -> Question:
    """Return the question of other people: see `EVERYWHERE`.

    Raises:
        CriterionError: ``non-publie``: establishments have no such zones.
    """
    if view in (EVERYWHERE, CONSUMED):
        kept = tuple((n, values) for n, values in asked.conditions if champ.dimensions[n].axe != "etablissement")
        return replace(asked, conditions=kept, shown=None, selected=False)
    if view == PRODUCED:
        rows = tuple(_place(n, champ) for n in asked.rows)
        return replace(asked, rows=rows, conditions=tuple((_place(n, champ), v) for n, v in asked.conditions))
    if view == INSIDE:
        rows = tuple(dict.fromkeys(o for n in asked.rows for o in (n, _place(n, champ))))
        conditions = dict.fromkeys(o for n, v in asked.conditions for o in ((n, v), (_place(n, champ), v)))
        return replace(asked, rows=rows, conditions=tuple(conditions))
    return asked


def _place(name: str, champ: Champ) -> str:
    """Return the dimension of establishments that has the zones of one of residence; itself for any other."""
    dimension = champ.dimensions[name]
    if dimension.axe != "residence":
        return name
    if not dimension.lieu:
        raise CriterionError(
            "non-publie",
            Sentence(
                "La production d'une zone se demande par département ou par région ; par territoire, en accès sécurisé."
            ),
            allowed=["france", "region:CODE", "departement:CODE"],
            criterion="zone",
        )
    return dimension.lieu


def needed_sums(mesures: Sequence[Mesure], champ: Champ) -> tuple[str, ...]:
    """Return the sums that measures are made of, each with `VIEW` and whose it is."""
    names: list[str] = []
    for mesure in mesures:
        match mesure.genre:
            case "rapport" | "indice":
                names += [mesure.numerateur, mesure.denominateur]
            case "ecart_type":
                names += [mesure.nombre, mesure.somme, mesure.carres]
            case "somme":
                names.append(view_of(mesure.de, everywhere=mesure.partout))
            case "part":
                names += [mesure.de, *([view_of(mesure.de, everywhere=True)] if mesure.dans == "partout" else [])]
            case "taux" if mesure.de in champ.sommes and not mesure.standardise:
                names.append(view_of(mesure.de, everywhere=mesure.partout))
            case "flux":
                names += [mesure.de + VIEW + view for view in _FLOWS.get(mesure.sens, (mesure.sens,))]
    return tuple(dict.fromkeys(names))


def view_of(name: str, *, everywhere: bool) -> str:
    """Return the name of a sum, everywhere or as asked."""
    return name + VIEW + EVERYWHERE if everywhere else name
