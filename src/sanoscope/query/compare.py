"""An answer set beside another: the year before, the région around, the whole country.

Both are answers that anyone may ask for; a comparison is worked out from what both show, rounded as they show it, and
so says nothing that a reader could not work out himself. Exact beside exact gives exact; an estimate gives an estimate,
as uncertain as both together; what is masked gives nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from sanoscope.catalogue.field import Mesure
from sanoscope.catalogue.restitution import Restitution
from sanoscope.catalogue.source import MesurePubliee
from sanoscope.edition.edition import Edition, Etablissement, Residence
from sanoscope.errors import CriterionError
from sanoscope.query.criteria import COMPARISONS, Query, Zone
from sanoscope.query.rounding import margin_shown, to_uncertainty
from sanoscope.query.table import Figure, Kind, Label, Measured, State, Table
from sanoscope.sentence import Name, Sentence, Value, joined

Key: TypeAlias = tuple[str, ...]
Item = TypeVar("Item")

NAMES = ("raison_sociale", "libelle_")
"""Columns that name a row, by the beginning of their name."""

HOW = Sentence(
    "Les écarts sont calculés sur les chiffres montrés : exacts quand les deux le sont, approchés avec la somme de "
    "leurs incertitudes quand l'un est approché, « s. » quand l'un est masqué."
)
GAPS = {
    "n-1": Sentence("%(mesure)s, écart"),
    "region": Sentence("%(mesure)s, écart à la région"),
    "france": Sentence("%(mesure)s, écart à la France"),
}
PARTS = {"region": Sentence("%(mesure)s, part régionale"), "france": Sentence("%(mesure)s, part nationale")}


@dataclass(frozen=True, slots=True)
class Reference:
    """What an answer is set beside.

    Attributes:
        query: the question it answers.
        kind: one of `COMPARISONS`.
        name: in words.
        whole: its rows are the same establishments, with the same figures: each row is set beside its total.
    """

    query: Query
    kind: str
    name: str
    whole: bool


def reference(query: Query, restitution: Restitution, edition: Edition) -> Reference:
    """Return what a query asks to be compared with.

    Raises:
        CriterionError: ``sans-comparaison``: there is no such year or zone, or it is the one asked about.
    """
    own = replace(query, comparer="")
    if restitution.genre == "transmissions":
        raise _nothing(query, Sentence("ce tableau n'a pas de chiffres à comparer"))
    source = edition.manifest.source
    if source and not set(source.moyennes) & set(restitution.mesures):
        raise _nothing(query, Sentence("une source publiée se donne telle quelle"))
    if query.comparer == "n-1":
        if restitution.precedente:
            raise _nothing(query, Sentence("le tableau montre déjà l'année précédente"))
        years = tuple(year - 1 for year in query.annees if year - 1 in edition.manifest.annees)
        if not years:
            raise _nothing(query, Sentence("l'édition n'a pas d'année avant %(annee)s", annee=str(query.annees[0])))
        name = str(years[0]) if len(query.annees) == 1 else Sentence("année précédente")
        return Reference(replace(own, annees=years), "n-1", name, whole=False)
    by_residence = restitution.criteres.zone == "residence"
    if not restitution.criteres.zone:
        raise _nothing(query, Sentence("cette restitution n'a pas de zone"))
    if query.comparer == "region":
        region = _region(query, edition, by_residence=by_residence)
        if not region:
            raise _nothing(query, Sentence("la question ne porte pas sur une seule région"))
        zone, name = Zone("region", region), Name(edition.libelles.get("region", {}).get(region, region))
    else:
        zone, name = Zone(), Name("France")
    other = replace(own, zone=zone)
    if not by_residence:  # of residents, an establishment picks rows: the zone alone changes
        other = replace(other, etablissement="", panier=(), ght="")
    if other == own:
        raise _nothing(query, Sentence("la question porte déjà sur %(zone)s", zone=name))
    return Reference(other, query.comparer, name, whole=not by_residence and "finess" in restitution.lignes)


def possible(query: Query, restitution: Restitution, edition: Edition) -> tuple[str, ...]:
    """Return the comparisons that a question may be given."""
    found = []
    for kind in COMPARISONS:
        try:
            reference(replace(query, comparer=kind), restitution, edition)
        except CriterionError:
            continue
        found.append(kind)
    return tuple(found)


def _nothing(query: Query, why: str) -> CriterionError:
    return CriterionError(
        "sans-comparaison",
        Sentence("comparer=%(comparer)s : %(why)s.", comparer=query.comparer, why=why),
        todo=Sentence("Retirez « comparer », ou choisissez une autre comparaison."),
    )


def _region(query: Query, edition: Edition, *, by_residence: bool) -> str:
    """Return the région that holds the zone or the establishments of a question; "" for none or several."""
    picked = query.panier or ((query.etablissement,) if query.etablissement else ())
    if picked and not by_residence:
        found = {edition.finess[finess].region for finess in picked}
    elif query.ght and not by_residence:
        found = {e.region for e in edition.finess.values() if e.ght == query.ght}
    else:
        found = _regions_of(query.zone, edition)
    found.discard("?")
    return found.pop() if len(found) == 1 else ""


def _regions_of(zone: Zone, edition: Edition) -> set[str]:
    places: list[Residence | Etablissement] = [*edition.residences.values(), *edition.finess.values()]
    match zone.kind:
        case "france":
            return set()
        case "recrutement":
            return {edition.finess[zone.code].region}
        case "zonage":
            codes = edition.zonages[zone.zonage][zone.code][1]
            return {place.region for place in places if place.code_geo in codes}
        case kind:
            return {place.region for place in places if getattr(place, kind, "") == zone.code}


# the cells ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its state, its figure where it is exact or estimated, the margin of an estimate if known."""

    state: State
    figure: Figure = None
    margin: Figure = None

    def shown(self, decimals: int) -> "Cell":
        """Return it as it is shown: rounded to its digits, or to its uncertainty."""
        if self.figure is None:
            return self
        if self.state is State.EXACT:
            return Cell(self.state, round(self.figure, decimals) if decimals else int(self.figure))
        around = None if self.margin is None else margin_shown(self.figure, float(self.margin), decimals)
        near = to_uncertainty(self.figure, None if self.margin is None else float(self.margin), decimals)
        return Cell(self.state, near, around)


def _cells(column: Measured) -> list[Cell]:
    nothing = (None,) * len(column.states)
    estimates, margins = column.estimates or nothing, column.margins or nothing
    every = zip(column.states, column.values, estimates, margins, strict=True)
    return [Cell(state, near if value is None else value, around) for state, value, near, around in every]


def _column(like: Measured, cells: Sequence[Cell]) -> Measured:
    """Return a column of cells, titled as another."""
    near = [cell.figure if cell.state is State.APPROXIMATE else None for cell in cells]
    around = [cell.margin for cell in cells]
    return replace(
        like,
        values=tuple(cell.figure if cell.state is State.EXACT else None for cell in cells),
        states=tuple(cell.state for cell in cells),
        estimates=tuple(near) if any(figure is not None for figure in near) else (),
        margins=tuple(around) if any(margin is not None for margin in around) else (),
    )


def difference(one: Cell, other: Cell) -> Cell:
    """Return one less other, as far as what both show tells it."""
    state = _together(one, other)
    if one.figure is None or other.figure is None or state not in (State.EXACT, State.APPROXIMATE):
        return Cell(state)
    return Cell(state, one.figure - other.figure, _added(one, other) if state is State.APPROXIMATE else None)


def growth(one: Cell, other: Cell) -> Cell:
    """Return by how much one is above other, in hundredths of other, as far as what both show tells it."""
    found = ratio(one, other)
    return found if found.figure is None else replace(found, figure=found.figure - 100)


def ratio(one: Cell, other: Cell) -> Cell:
    """Return one in hundredths of other, as far as what both show tells it.

    The margin of an estimate holds every ratio of two figures that are within their own margins; where the divisor may
    be zero, it is unknown.
    """
    state = _together(one, other)
    if one.figure is None or other.figure is None or state not in (State.EXACT, State.APPROXIMATE):
        return Cell(state)
    if not other.figure:
        return Cell(State.NOT_APPLICABLE)
    figure = 100 * one.figure / other.figure
    around = None
    if state is State.APPROXIMATE and _added(one, other) is not None:
        up, down = _margin(one), _margin(other)
        if other.figure > down:
            highest = 100 * (one.figure + up) / (other.figure - down)
            lowest = 100 * (one.figure - up) / (other.figure + down)
            around = max(highest - figure, figure - lowest)
    return Cell(state, figure, around)


def _together(one: Cell, other: Cell) -> State:
    """Return the state of what is worked out from two cells: that of the one that tells the least."""
    states = {one.state, other.state}
    for state in (State.NOT_AVAILABLE, State.NOT_APPLICABLE):
        if state in states:
            return state
    if states & {State.MASKED, State.SECRET}:
        return State.SECRET
    return State.APPROXIMATE if State.APPROXIMATE in states else State.EXACT


def _margin(cell: Cell) -> float:
    return float(cell.margin or 0)


def _added(one: Cell, other: Cell) -> Figure:
    """Return the margins of two cells together; None where that of an estimate is unknown."""
    unknown = any(cell.state is State.APPROXIMATE and cell.margin is None for cell in (one, other))
    return None if unknown else _margin(one) + _margin(other)


# the columns --------------------------------------------------------------------------------------------------------


def beside(
    own: Table,
    other: Table,
    of: Reference,
    mesures: Mapping[str, Mesure | MesurePubliee],
    dimensions: Sequence[str],
) -> Table:
    """Return an answer with, beside each measure, that of the other answer and how they differ.

    Where the reference is a whole, its figures are a row after each total, and only the differences are columns.

    Args:
        own, other: the answers.
        of: what the other one is.
        mesures: measures that are compared, by name.
        dimensions: columns of codes that tell one row from another, besides the year.
    """
    rows = _Rows(own, other, of, dimensions)
    figures: list[Measured] = []
    for figure in own.figures:
        theirs = next((column for column in other.figures if column.name == figure.name), None)
        mesure = mesures.get(figure.name)
        if theirs is None or mesure is None:  # the year before, that a restitution shows of itself; what has no mean
            mine = _cells(figure)
            figures.append(_column(figure, rows.with_whole(mine, [Cell(State.NOT_APPLICABLE)] * len(mine))))
            continue
        mine, found = _cells(figure), rows.found(_cells(theirs), zero=mesure.genre == "somme")
        figures.append(_column(figure, rows.with_whole(mine, found)))
        if not of.whole:
            figures.append(_column(_titled_reference(figure, of), found))
        work, titled = _worked(figure, mesure, of)
        pairs = zip(mine, found, strict=True)
        worked = [work(one.shown(figure.decimals), two.shown(figure.decimals)) for one, two in pairs]
        figures.append(_column(titled, rows.with_whole(worked, [Cell(State.NOT_APPLICABLE)] * len(worked))))
    return replace(
        own,
        title=joined(" — ", [own.title, Sentence("comparé à : %(quoi)s", quoi=of.name)]),
        labels=rows.labels(),
        figures=tuple(figures),
        kinds=rows.kinds(),
        notes=(*own.notes, *(note for note in other.notes if note not in own.notes), HOW),
        table_used=", ".join(dict.fromkeys((own.table_used, other.table_used))),
    )


def _titled_reference(figure: Measured, of: Reference) -> Measured:
    suffix = of.kind.replace("-", "")
    return replace(figure, name=f"{figure.name}_{suffix}", title=joined(", ", [figure.title, of.name]))


def _worked(
    figure: Measured, mesure: Mesure | MesurePubliee, of: Reference
) -> tuple[Callable[[Cell, Cell], Cell], Measured]:
    """Return how two cells of a measure are compared, and the column that says it."""
    both: dict[str, Value] = {"mesure": figure.title, "reference": of.name}
    if mesure.genre not in ("somme", "distinct"):
        unit = Sentence("points") if figure.unit == "%" else figure.unit
        said = Sentence("%(mesure)s : valeur de la ligne moins celle de la comparaison (%(reference)s).", **both)
        name = f"{figure.name}_ecart"
        title = Sentence(GAPS[of.kind], mesure=figure.title)
        return difference, replace(figure, name=name, title=title, unit=unit, definition=said)
    if of.kind == "n-1":
        said = Sentence(
            "%(mesure)s : de combien la valeur dépasse celle de la comparaison (%(reference)s), en pour cent.", **both
        )
        name, title, work = "evolution", Sentence("%(mesure)s, évolution", mesure=figure.title), growth
    else:
        said = Sentence(
            "%(mesure)s : valeur de la ligne en pour cent de celle de la comparaison (%(reference)s).", **both
        )
        name, title, work = "part", Sentence(PARTS[of.kind], mesure=figure.title), ratio
    titled = replace(figure, name=f"{figure.name}_{name}", title=title, unit="%", decimals=1, definition=said)
    return work, titled


class _Rows:
    """The rows of an answer, each with its place in the other one; after each total, that of the whole if it is one."""

    def __init__(self, own: Table, other: Table, of: Reference, dimensions: Sequence[str]) -> None:
        self.own, self.of = own, of
        shift = 1 if of.kind == "n-1" else 0
        places = {key: row for row, key in enumerate(_keys(other, dimensions, str(of.query.annees[0])))}
        years = set(map(str, of.query.annees))
        keys = _keys(own, dimensions, str(of.query.annees[0] + shift))
        self.places: list[int | None] = []
        self.absent: list[State] = []
        """State of what is set beside a row that the other answer lacks: nothing there, or nothing known."""
        several = any(kind == "detail" for kind in other.kinds) and "finess" not in dimensions
        for year, *codes in keys:
            before = str(int(year) - shift)
            wanted = (
                before,
                *("" if of.whole and name == "finess" else c for name, c in zip(dimensions, codes, strict=True)),
            )
            self.places.append(places.get(wanted))
            self.absent.append(State.EXACT if several and before in years else State.NOT_AVAILABLE)

    def found(self, cells: Sequence[Cell], *, zero: bool) -> list[Cell]:
        """Return the cell of the other answer beside each row; of a sum that has no such row, zero."""
        nothing = Cell(State.EXACT, 0) if zero else Cell(State.NOT_APPLICABLE)
        missing = [nothing if state is State.EXACT else Cell(state) for state in self.absent]
        return [m if place is None else cells[place] for place, m in zip(self.places, missing, strict=True)]

    def labels(self) -> tuple[Label, ...]:
        """Return the labels, with those of the whole: its name where that of an establishment would be."""
        named = next((label.name for label in self.own.labels if label.name.startswith(NAMES)), "")
        found = []
        for label in self.own.labels:
            whole = [self.of.name] * len(label.values) if label.name == named else label.values
            found.append(replace(label, values=tuple(self.with_whole(label.values, whole))))
        return tuple(found)

    def kinds(self) -> tuple[Kind, ...]:
        """Return the kinds of the rows, with those of the whole."""
        return tuple(self.with_whole(self.own.kinds, self.own.kinds))

    def with_whole(self, values: Sequence[Item], whole: Sequence[Item]) -> list[Item]:
        """Return values with, after that of each total, the one that is beside it if the reference is a whole."""
        if not self.of.whole:
            return list(values)
        found: list[Item] = []
        for kind, value, other in zip(self.own.kinds, values, whole, strict=True):
            found += [value, other] if kind == "total" else [value]
        return found


def _keys(table: Table, dimensions: Sequence[str], year: str) -> list[Key]:
    """Return what tells each row from the others: its year, its codes."""
    by_name = {label.name: label.values for label in table.labels}
    years = by_name.get("annee", (year,) * len(table))
    return list(zip(years, *(by_name[name] for name in dimensions), strict=True))
